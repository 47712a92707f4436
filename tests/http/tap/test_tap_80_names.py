"""test_tap_80_names.py: ivo_simbadpoint and the operator's name service."""
# SPDX-License-Identifier: GPL-3.0-or-later
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from test_tap_40_upload import ASYNC, SYNC, refusal, rows, wait_for

QUERY = ("SELECT TOP 1 COORD1(ivo_simbadpoint('%s')) AS ra, COORD2("
         "ivo_simbadpoint('%s')) AS de FROM test.Stars")


class Sesame(BaseHTTPRequestHandler):
    def do_GET(self):
        name = unquote(self.path.partition("?")[2])
        self.server.asked.append(self.path)
        said = {"M 31": "# M 31\n%J 10.68470833 +41.26875 = 00:42:44.33\n",
                "a&b=c'/?": "%J 1.5 -2.5\n", "long": "x" * 100000}
        data = said.get(name, "#!SIMBAD: nothing found\n").encode()
        self.send_response(500 if name == "broken" else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def service():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sesame)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def known(vo_conf, service):
    vo_conf('<Location "/vo/tap">\nTAPNameResolver '
            "http://127.0.0.1:%d/sesame?%%s\n</Location>"
            % service.server_port)
    return service


def ask(vo, name, query=QUERY):
    name = name.replace("'", "''")
    return vo.get(SYNC, LANG="ADQL", QUERY=query.replace("%s", name))


def test_off_by_default(vo, service):
    r = ask(vo, "M 31")
    assert r.status_code == 400
    assert "does not resolve the names of objects" in refusal(r)
    assert "simbadpoint" not in vo.get(
        "/vo/tap/test-dr1/capabilities").text
    assert not service.asked


def test_declared(vo, known):
    text = vo.get("/vo/tap/test-dr1/capabilities").text
    assert "<form>ivo_simbadpoint(identifier TEXT) -&gt; POINT</form>" in text


@pytest.mark.parametrize("name,ra,dec", [("M 31", 10.68470833, 41.26875),
                                         ("a&b=c'/?", 1.5, -2.5)])
def test_resolved(vo, known, name, ra, dec):
    r = ask(vo, name)
    assert r.status_code == 200, r.text
    assert [float(v) for v in rows(r).rows[0]] == [ra, dec]


def test_unknown(vo, known):
    r = ask(vo, "no such thing")
    assert r.status_code == 400
    assert "knows no object 'no such thing'" in refusal(r)


@pytest.mark.parametrize("name", ["broken", "long"])
def test_no_answer(vo, known, name, expect_log):
    expect_log("could not be asked for")
    r = ask(vo, name)
    assert r.status_code == 503
    text = refusal(r)
    assert "does not answer" in text and "127.0.0.1" not in text


def test_a_wrong_query_asks_nobody(vo, known):
    before = len(known.asked)
    r = vo.get(SYNC, LANG="ADQL", QUERY="SELECT nothing FROM test.Stars WHERE "
               "1=CONTAINS(POINT(ra, de), CIRCLE(ivo_simbadpoint(name), 1))")
    assert r.status_code == 400 and len(known.asked) == before


def test_async(vo, known):
    r = vo.post(ASYNC, {"LANG": "ADQL", "PHASE": "RUN",
                        "QUERY": QUERY.replace("%s", "M 31")})
    job = r.headers["Location"]
    assert wait_for(vo, job) == "COMPLETED", vo.get(job).text
    assert float(rows(vo.get(job + "/results/result")).rows[0][1]) == 41.26875


@pytest.mark.parametrize("line", ["http://x/", "ftp://x/%s", "x"])
def test_bad_directive(vo, line):
    ok, text = vo.configtest("TAPNameResolver " + line)
    assert not ok and "TAPNameResolver '" in text
