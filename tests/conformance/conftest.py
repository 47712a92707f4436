"""conftest.py: a server with the demo release, and the outside programs."""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "http"))

from pyvohttpd import seed  # noqa: E402
from pyvohttpd.plugin import (conf_now, expect_log,  # noqa: E402,F401
                              make_server, pytest_terminal_summary, quiet_log,
                              sibling, vo_conf)
from pyvohttpd.server import BUILD  # noqa: E402

ROWS = os.environ.get("VO_DEMO_ROWS", "20000")


def fill(server):
    """The seeded releases, with their odd names, and the demo's."""
    seed.fill(server)
    # five tiles of little images, and the tables as data products
    server.voctl("demo", "--rows", ROWS, "--images",
                 server.dir / "demo-images", "--tiles", "5", "--pixel", "10")


def digest():
    sources = [__file__] + sorted(
        (seed.TOP / "modules" / "voctl").glob("voctl_*.c"))
    return seed.digest() + ROWS + seed.digest_of(sources)


@pytest.fixture(scope="session")
def vo():
    server, ours = make_server("conformance", fill, digest())
    yield server
    if ours:
        server.stop()


@pytest.fixture(scope="session")
def java_home(tmp_path_factory):
    """STILTS keeps files in the home directory: not in the user's."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(java_home):
    """Run a program; (exit code, all that it printed)."""
    def call(*args, input=None, timeout=300):
        env = dict(os.environ, HOME=str(java_home),
                   JAVA_OPTIONS="-Djava.awt.headless=true",
                   _JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -Xshare:auto"
                                 " -Duser.home=%s" % java_home)
        done = subprocess.run([str(a) for a in args], input=input, env=env,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout,
                              check=False)
        text = done.stdout.decode("utf-8", "replace")
        lines = [ln for ln in text.splitlines()
                 if not ln.startswith("Picked up _JAVA_OPTIONS")]
        return done.returncode, "\n".join(lines)
    return call


@pytest.fixture
def stilts(run):
    if not shutil.which("stilts"):
        pytest.fail("stilts is not installed: make deps-test")

    def call(*args, **kw):
        return run("stilts", *args, **kw)
    return call


@pytest.fixture(scope="session")
def out():
    """A folder for the documents that outside programs read."""
    folder = BUILD / "tests" / "conformance-files"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
