"""test_tap_90_compress.py: gzip and brotli by httpd's own filters."""
# SPDX-License-Identifier: GPL-3.0-or-later
import gzip
import re
import subprocess
import zlib

import pytest
import requests

from pyvohttpd.jobs import run
from pyvohttpd.server import TOP
from pyvohttpd.xmltree import VOTable

MODULES = "/usr/lib/apache2/modules"
QUERY = "SELECT TOP 20000 id, x, note FROM tap.Bulk ORDER BY id"
LATE = "SELECT id, note, 1/k AS y FROM tap.Bulk"


@pytest.fixture(scope="module", autouse=True)
def filters(vo, vo_conf):
    """What vo.conf does when the modules are there: it has been read without
    them, so its section is read again."""
    text = (TOP / "conf" / "vo.conf").read_text()
    section = text[text.index("# --- compression"):]
    section = section[:section.index("</IfModule>\n\n") + 12]
    vo_conf("".join(
        "<IfModule !%s_module>\nLoadModule %s_module %s/mod_%s.so\n"
        "</IfModule>\n" % (m, m, MODULES, m)
        for m in ("filter", "deflate", "brotli")) + section)


def raw(vo, url, accept, **params):
    """The answer with its body as it travels."""
    r = requests.get(url if "://" in url else vo.url + url, stream=True,
                     params=params, headers={"Accept-Encoding": accept})
    return r, r.raw.read(decode_content=False)


def unbrotli(data):
    return subprocess.run(["brotli", "-dc"], input=data, stdout=-1,
                          check=True).stdout


def same(data):
    """Without the second of the request, which FITS tells too."""
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", b"", data)


@pytest.mark.parametrize("accept, encoding, undo", [
    ("gzip", "gzip", gzip.decompress), ("br", "br", unbrotli),
    ("gzip, br", "gzip", gzip.decompress), ("identity", None, bytes)])
@pytest.mark.parametrize("fmt", ["votable", "votable/b2", "csv", "json",
                                 "fits", "tsv"])
def test_encodings(vo, tap, fmt, accept, encoding, undo):
    params = dict(LANG="ADQL", QUERY=QUERY, FORMAT=fmt)
    plain = vo.get(tap.url + "/sync", **params).content
    r, data = raw(vo, tap.url + "/sync", accept, **params)
    assert r.status_code == 200
    assert r.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in r.headers["Vary"] or not encoding
    assert same(undo(data)) == same(plain)
    if encoding:
        assert len(data) < len(plain) / 2


def test_documents_of_the_service(vo, tap):
    for path in ("/tables", "/capabilities", "/examples", ""):
        r, data = raw(vo, tap.url + path, "gzip")
        assert r.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(data) == vo.get(tap.url + path).content


def test_result_of_a_job(vo, tap):
    job = run(vo, QUERY, tap.url + "/async", FORMAT="csv")
    assert job.wait() == "COMPLETED"
    plain = job.get("/results/result",
                    headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    url = job.url + "/results/result"
    r, data = raw(vo, url, "gzip")
    assert gzip.decompress(data) == plain.content
    assert r.headers["Content-Encoding"] == "gzip"
    assert r.headers["ETag"] != plain.headers["ETag"]
    # who has it does not get it again, compressed or not
    for accept, have in (("gzip", r), ("identity", plain)):
        again = requests.get(url, headers={
            "Accept-Encoding": accept, "If-None-Match": have.headers["ETag"]})
        assert again.status_code == 304 and again.content == b""
    assert requests.get(url, headers={
        "If-None-Match": '"other-gzip"'}).status_code == 200
    # parts are of the plain file for who accepts no coding
    part = requests.get(url, headers={"Range": "bytes=100-199",
                                      "Accept-Encoding": "identity"})
    assert part.status_code == 206 and part.content == plain.content[100:200]


def test_errors(vo, tap):
    r, data = raw(vo, tap.url + "/sync", "gzip", QUERY="SELECT")
    assert r.status_code == 400
    text = gzip.decompress(data) if "Content-Encoding" in r.headers else data
    assert VOTable(text).status() == ["ERROR"]


def test_a_late_error_is_still_told(vo, tap):
    _, data = raw(vo, tap.url + "/sync", "gzip", LANG="ADQL", QUERY=LATE,
                  MAXREC="200000")
    assert VOTable(gzip.decompress(data)).status() == ["OK", "ERROR"]


def test_a_late_error_still_breaks_the_connection(vo, tap):
    try:
        _, data = raw(vo, tap.url + "/sync", "gzip", LANG="ADQL", QUERY=LATE,
                      MAXREC="200000", FORMAT="csv")
    except (requests.RequestException, Exception) as e:
        assert "IncompleteRead" in repr(e) or "Connection" in repr(e) \
            or "Protocol" in repr(e)
        return
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(data)
