"""test_image_40_faults.py: requests whose database or client dies."""
# SPDX-License-Identifier: GPL-3.0-or-later
import concurrent.futures
import os
import time
from urllib.parse import urlencode

import pytest

from pyvohttpd.clients import (ask, blocked, httpds, kill_backends, locked,
                               open_files, reset, rest)
from pyvohttpd.jobs import until
from pyvohttpd.seed_images import IMAGES, large_image, path

U, R = IMAGES[0], IMAGES[2]
CUT_URL = "/vo/soda/pix-dr1/sync?" + urlencode({
    "ID": R["did"], "CIRCLE": "150 2 0.0103"})

LOOKING = [
    (CUT_URL, "text/plain"),
    ("/vo/siap/pix-dr1/get_fits?id=101&filter=u", "text/plain"),
    ("/vo/siap/pix-dr1/get_graphic_cutout?ra=150&dec=2&width=0.01",
     "text/plain"),
    ("/vo/siap2/pix-dr1/query?POS=CIRCLE+150+2+1", "votable"),
    ("/vo/siap/pix-dr1?POS=150,2&SIZE=1", "xml"),
    ("/vo/datalink/pix-dr1/links?" + urlencode({"ID": U["did"]}), "votable"),
]


@pytest.mark.parametrize("url, kind", LOOKING)
def test_backend_killed_in_a_request(vo, expect_log, url, kind):
    expect_log("VO1022")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with locked(vo):
            answer = pool.submit(vo.get, url)
            until(lambda: blocked(vo))

            def kill():
                kill_backends(vo, blocked(vo))
                return answer.done()

            until(kill, 15)
        r = answer.result()
    assert r.status_code == 503 or "/siap/pix-dr1?" in url, r.text
    assert int(r.headers["Retry-After"]) > 0
    assert kind in r.headers["Content-Type"]
    for secret in ("pg_", "SELECT", "terminat", "vo_image"):
        assert secret not in r.text
    assert vo.get(url).status_code == 200


@pytest.mark.parametrize("url, kind", LOOKING)
def test_client_gone_while_images_are_looked_up(vo, url, kind):
    del kind
    with locked(vo):
        s = ask(vo, url)
        until(lambda: blocked(vo))
        reset(s)
        until(lambda: not blocked(vo), 4)
    assert vo.get(url).status_code == 200


@pytest.fixture
def large(vo):
    """The address of a file of 100 MB, and its size."""
    with large_image(vo) as (did, size):
        yield "/vo/siap/pix-dr1/get_file?" + urlencode({"ID": did}), size


def test_clients_that_stop_reading(vo, large):
    """They keep a connection each, and nobody else from anything."""
    url, size = large
    idle = [ask(vo, url) for _ in range(60)]
    try:
        for s in idle:
            assert s.recv(100).startswith(b"HTTP/1.1 200")
        start = time.monotonic()
        for _ in range(20):
            assert vo.get(CUT_URL).status_code == 200
        assert vo.get("/health").status_code == 200
        assert time.monotonic() - start < 10
        # one that goes on gets all of it
        got = len(rest(idle[0]))
        assert size - 200 < got < size + 1000
    finally:
        for s in idle:
            reset(s)
    until(lambda: open_files(vo) == 0, 10)


def test_clients_that_leave(vo, large):
    url, _ = large
    for i in range(60):
        s = ask(vo, url if i % 2 else CUT_URL)
        if i % 3:
            s.recv(1000)
        reset(s)
    assert vo.get(CUT_URL).status_code == 200
    until(lambda: open_files(vo) == 0, 10)


# --- many pixels at a time ----------------------------------------------------

@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_file_cut_off_while_it_is_sent(vo, conf_now, expect_log, coding):
    """That client notices; nobody else does, whatever reads the file: the
    system itself, or a filter such as compression or TLS."""
    expect_log("AH10298")       # the filter's own
    expect_log("AH03490")       # children of two restarts wait for clients
    conf_now("".join(
        "<IfModule !%s_module>\nLoadModule %s_module /usr/lib/apache2/modules/"
        "mod_%s.so\n</IfModule>\n" % (m, m, m) for m in ("filter", "deflate"))
        + '<Location "/vo/siap">\nSetOutputFilter DEFLATE\n</Location>')
    with large_image(vo) as (did, size):
        with open(path(vo, "large.fits"), "r+b") as f:
            f.seek(28800)       # noise, that it stays large
            f.writelines(os.urandom(1 << 20) for _ in range(64))
        s = ask(vo, "/vo/siap/pix-dr1/get_file?" + urlencode({"ID": did}),
                "Accept-Encoding: " + coding)
        children = set(httpds(vo))
        assert s.recv(100).startswith(b"HTTP/1.1 200")
        time.sleep(0.3)
        os.truncate(path(vo, "large.fits"), 5000)
        assert len(rest(s)) < size // 2
        s.close()
        assert children <= set(httpds(vo))
    assert vo.get(CUT_URL).status_code == 200


def test_large_cutouts_take_turns(vo, conf_now):
    """One whose client reads slowly holds its pixels; another waits for them,
    and small ones pass by."""
    conf_now('<Location "/vo/soda">\nSODAProcessPixels 30000000\n</Location>')
    with large_image(vo) as (did, size):
        url = "/vo/soda/pix-dr1/sync?" + urlencode({"ID": did})
        slow = ask(vo, url)
        assert slow.recv(100).startswith(b"HTTP/1.1 200")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            other = pool.submit(vo.get, url)
            assert vo.get(CUT_URL).status_code == 200
            time.sleep(0.7)
            assert not other.done()
            reset(slow)
            r = other.result(8)
        assert r.status_code == 200 and abs(len(r.content) - size) <= 2880
