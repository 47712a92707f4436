"""test_image_30_private.py: what is private stays so, by every way to it; and
what the services say of a release that has no images."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
from urllib.parse import quote

import pytest

from pyvohttpd.addresses import ADDRESSES
from pyvohttpd.jobs import until
from pyvohttpd.seed_images import IMAGES
from pyvohttpd.xmltree import VOTable

U = IMAGES[0]
PRIVATE = U["did"].replace("pix-dr1", "pix-private")

def answer(vo, method, release, path, params):
    """Everything of an answer, its release's name taken out."""
    did = U["did"].replace("pix-dr1", release)
    r = vo.request(method, "/vo/" + path % release, params={
        k: did if v == "DID" else v for k, v in params.items()})
    return (r.status_code, r.text.replace(release, "X"), {
        k: v for k, v in r.headers.items()
        if k not in ("Date", "Keep-Alive", "Connection")})


@pytest.mark.parametrize("path, params", ADDRESSES)
def test_private_release_is_as_none(vo, path, params):
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        hidden = answer(vo, method, "pix-private", path, params)
        assert hidden == answer(vo, method, "pix-nothing", path, params), (
            method, path)
        assert hidden[0] >= 400 or method == "OPTIONS"


def plain(text, did):
    """TEXT without DID, in whatever spelling, and the times it tells."""
    for spelling in (did, quote(did), quote(did, safe=""),
                     quote(did, safe="/:")):
        text = text.replace(spelling, "X")
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z?", "T", text)


@pytest.mark.parametrize("path, name", [
    ("soda/pix-dr1/sync", "ID"), ("siap/pix-dr1/get_file", "ID"),
    ("siap2/pix-dr1/query", "ID"), ("datalink/pix-dr1/links", "ID"),
    ("ssap/pix-dr1", "PUBDID"), ("ssap/pix-dr1/spectrum", "ID")])
def test_private_image_is_as_none(vo, path, name):
    """By the service of a public release."""
    made_up = PRIVATE.replace("tiles/101_u", "tiles/999_u")
    a = vo.get("/vo/" + path, **{name: PRIVATE})
    b = vo.get("/vo/" + path, **{name: made_up})
    assert a.status_code == b.status_code
    assert plain(a.text, PRIVATE) == plain(b.text, made_up)
    assert "101_u" not in plain(a.text, PRIVATE)


def test_embargo(vo):
    """What was public and is so no longer is forgotten, the files too."""
    urls = ["/vo/siap/pix-dr1/get_fits?id=101&filter=u",
            "/vo/siap2/pix-dr1/query?POS=CIRCLE+150+2+1",
            "/vo/datalink/pix-dr1/links?ID=" + quote(U["did"]),
            "/vo/soda/pix-dr1/sync?ID=" + quote(U["did"])]
    etag = vo.get(urls[0]).headers["ETag"]
    def statuses():
        return {vo.request("GET", url, headers={"If-None-Match": etag}
                           ).status_code for url in urls}

    vo.voctl("release", "set", "pix-dr1", "--embargo", "2999-01-01")
    try:
        until(lambda: statuses() == {404}, 10)
        for url in urls:
            r = vo.get(url)
            assert "There is no release 'pix-dr1' here" in r.text.replace(
                "&apos;", "'")
    finally:
        vo.voctl("release", "set", "pix-dr1", "--embargo", "")
    until(lambda: statuses() == {200, 304}, 10)


# --- a release without images -------------------------------------------------

@pytest.mark.parametrize("path, params", [
    a for a in ADDRESSES if a[0].startswith(("soda", "siap", "datalink",
                                             "ssap"))])
def test_release_without_images(vo, path, params):
    r = vo.get("/vo/" + path % "test-dr2", **params)
    assert r.status_code == 404
    text = (VOTable(r.content).message()
            if "votable" in r.headers["Content-Type"] else r.text)
    assert re.search(r"Release test-dr2 has no (images|spectra|data products)"
                     r"|There is no resource", text)


def test_nothing_says_there_are_images(vo):
    for url in ("/vo/test-dr2/capabilities", "/vo/tap/test-dr2/capabilities",
                "/vo/tap/test-dr2/tables", "/vo/test-dr2/tables"):
        text = vo.get(url).text.lower()
        for word in ("sia", "soda", "datalink", "ssap", "obscore"):
            assert word not in text.replace("association", ""), (url, word)
    r = vo.post("/vo/soda/test-dr2/async", {"ID": U["did"]})
    assert r.status_code == 404
