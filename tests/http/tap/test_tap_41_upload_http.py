"""test_tap_41_upload_http.py: tables fetched from allowed addresses."""
# SPDX-License-Identifier: GPL-3.0-or-later
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from test_tap_40_upload import ASYNC, SYNC, refusal, rows, simple, wait_for


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        port = self.server.server_port
        self.server.asked.append(self.path)
        hops = {"/moved": "/table", "/local": "http://localhost:%d/table" % port,
                "/file": "file:///etc/passwd", "/loop": "/loop"}
        if self.path in hops:
            self.send_response(302)
            self.send_header("Location", hops[self.path])
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"gone")
            return
        data = simple({"/table": 3, "/big": 5000}.get(self.path, 0))
        known = self.path in ("/table", "/big", "/cut")
        self.send_response(200 if known else 404)
        self.send_header("Content-Length",
                         str(len(data) + 9 * (self.path == "/cut")))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def origin():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def allowed(vo_conf, origin):
    vo_conf('<Location "/vo/tap">\nTAPUploadFrom 127.0.0.1 localhost\n'
            'TAPUploadLimit 50000 1000\n</Location>')
    return origin


def get(vo, origin, path, host="127.0.0.1", expect=400):
    r = vo.get(SYNC, LANG="ADQL", QUERY="SELECT * FROM TAP_UPLOAD.t",
               UPLOAD="t,http://%s:%d%s" % (host, origin.server_port, path))
    assert r.status_code == expect, r.text
    return r


def test_default_is_none(vo, origin):
    assert "does not fetch" in refusal(get(vo, origin, "/table"))
    assert not origin.asked


@pytest.mark.parametrize("path", ["/table", "/moved"])
def test_fetched(vo, allowed, path):
    assert len(rows(get(vo, allowed, path, expect=200)).rows) == 3


def test_declared(vo):
    text = vo.get("/vo/tap/test-dr1/capabilities").text
    assert "#upload-http\"" in text and "#upload-https\"" in text


@pytest.mark.parametrize("path,word", [
    ("/nothing", "404"), ("/local", "private"), ("/file", "no URL"),
    ("/loop", "redirections"), ("/cut", "not fetched")])
def test_not_fetched(vo, allowed, path, word):
    text = refusal(get(vo, allowed, path))
    assert word in text and "root:" not in text


def test_names_of_private_addresses(vo, allowed):
    before = len(allowed.asked)
    assert "private network" in refusal(get(vo, allowed, "/table",
                                            "localhost"))
    assert "not among" in refusal(get(vo, allowed, "/table", "127.0.0.2"))
    assert "not among" in refusal(get(vo, allowed, "/table", "[::1]"))
    assert len(allowed.asked) == before


def test_too_large(vo, allowed):
    assert "too large" in refusal(get(vo, allowed, "/big", expect=413))


def test_async(vo, allowed):
    r = vo.post(ASYNC, {"LANG": "ADQL", "QUERY": "SELECT * FROM TAP_UPLOAD.t",
                        "PHASE": "RUN", "UPLOAD": "t,http://127.0.0.1:%d/table"
                        % allowed.server_port})
    job = r.headers["Location"]
    assert wait_for(vo, job) == "COMPLETED", vo.get(job).text
    assert len(rows(vo.get(job + "/results/result")).rows) == 3


@pytest.mark.parametrize("line", ["none 127.0.0.1", "http://x/", "a*b", "*"])
def test_bad_directive(vo, line):
    ok, text = vo.configtest("TAPUploadFrom " + line)
    assert not ok and "TAPUploadFrom '" in text
