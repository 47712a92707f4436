"""plugin.py: the fixtures every layer of tests with a server shares."""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import shutil

import pytest

from . import seed
from .server import BUILD, Sibling, VoServer


def make_server(name, fill, digest):
    """A running server below build/tests/NAME, filled once by FILL(server);
    begun anew when DIGEST is not that of the last time."""
    given = os.environ.get("VO_TEST_SERVER")
    server = VoServer(given or BUILD / "tests" / name, {"VO_FSYNC": "off"})
    stamp = server.dir / "seeded"
    if given:
        server.read()
        if not stamp.exists():
            fill(server)
            stamp.write_text(digest)
        return server, False
    if server.dir.exists():
        server.stop()
        if not stamp.exists() or stamp.read_text() != digest:
            shutil.rmtree(server.dir)
        else:
            for left in (server.dir / "httpd" / "extra.d").glob("*.conf"):
                left.unlink()
    try:
        server.pg_start()
        if not stamp.exists():
            fill(server)
            stamp.write_text(digest)
        server.httpd_start()
    except BaseException:
        server.stop()
        raise
    return server, True


@pytest.fixture(scope="session")
def vo():
    server, ours = make_server("http", seed.fill, seed.digest())
    yield server
    if ours:
        server.stop()


def _configurer(vo, request):
    names = []

    def add(text, name=None):
        name = name or "test-%s-%d" % (
            re.sub(r"\W", "-", request.node.name), len(names))
        if name not in names:
            names.append(name)
        vo.configure(name, text)

    yield add
    for name in names:
        vo.configure(name, None)


@pytest.fixture(scope="module")
def vo_conf(vo, request):
    """Lines added to the configuration until the end of the module."""
    yield from _configurer(vo, request)


@pytest.fixture
def conf_now(vo, request):
    """The same until the end of the test."""
    yield from _configurer(vo, request)


@pytest.fixture
def expect_log(vo):
    """Texts of log lines this test provokes."""
    expected = []

    def expect(*texts):
        expected.extend(texts)

    expect.texts = expected
    return expect


@pytest.fixture(autouse=True)
def quiet_log(vo, expect_log):
    """Every test fails on log lines it did not announce."""
    vo.log.mark()
    yield
    bad = vo.log.unexpected(expect_log.texts)
    assert not bad, "unexpected lines in error_log:\n" + "\n".join(bad)


@pytest.fixture
def sibling(vo, request):
    """sibling(drop=[...], before="...", extra="...") -> (started, text)."""
    made = []

    def start(**kw):
        s = Sibling(vo, BUILD / "tests" / ("sibling-%d" % len(made)))
        made.append(s)
        started, text = s.start(**kw)
        start.server = s.server
        return started, text

    yield start
    for s in made:
        s.stop()


def pytest_terminal_summary(terminalreporter):
    """The closing line `make check` looks for."""
    stats = terminalreporter.stats
    count = {k: len(stats.get(k, ())) for k in
             ("passed", "failed", "error", "skipped", "xfailed")}
    terminalreporter.write_line("%d passed, %d failed, %d skipped" % (
        count["passed"] + count["xfailed"],
        count["failed"] + count["error"], count["skipped"]))
