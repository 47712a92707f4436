"""test_datalink_20_objects.py: the links of spectra of catalogue objects."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io
from urllib.parse import parse_qs, urlsplit

import pytest
from astropy.io import fits
from astropy.wcs import WCS

from pyvohttpd.seed_images import FILTERS, IMAGES, OBJECTS
from pyvohttpd.xmltree import VOTable

LINKS = "/vo/datalink/pix-dr1/links"
PREFIX = "ivo://test.example/pix-dr1?photospec/model/"


def did(o):
    return "%s%d/%d" % (PREFIX, o["tile_id"], o["number"])


def ask(vo, *dids):
    r = vo.post(LINKS, data={"ID": dids})
    assert r.status_code == 200, r.text
    t = VOTable(r.content)
    assert t.status() == ["OK"]
    return [dict(zip(t.names, row)) for row in t.rows]


@pytest.mark.parametrize("o", OBJECTS, ids=lambda o: str(o["number"]))
def test_links(vo, o):
    links = ask(vo, did(o))
    assert {k["ID"] for k in links} == {did(o)}
    this = [k for k in links if k["semantics"] == "#this"]
    assert {k["content_type"] for k in this} == {
        "application/x-votable+xml", "application/fits"}
    for k in this:
        assert k["content_qualifier"] == "#spectrum"
        r = vo.get(k["access_url"])
        assert r.status_code == 200
        assert r.headers["Content-Type"] == k["content_type"]
    cuts = [k for k in links if k["semantics"] == "#cutout"]
    if o["ra"] > 200:  # beside all tiles
        assert not cuts
    else:
        url = urlsplit(cuts[0]["access_url"])
        assert url.path == "/vo/soda/pix-dr1/sync"
        asked = parse_qs(url.query)
        ra, dec, radius = (float(v) for v in asked["CIRCLE"][0].split())
        assert (ra, dec) == (o["ra"], o["dec"]) and 0 < radius < 0.1
        assert asked["FILTERS"] == ["all"]
        image, = [i for i in IMAGES if i["did"] == asked["ID"][0]]
        # two coadds and an exposure show it: the coadd of nearest centre
        assert image["tile_id"] == (102 if o["ra"] > 150.05 else 101)
    assert [k for k in links if k["semantics"] == "#documentation"]


def test_among_images_and_failures(vo):
    """The order asked for, whatever they are."""
    dids = [IMAGES[3]["did"], did(OBJECTS[1]), PREFIX + "101/77",
            did(OBJECTS[0]), "nothing", IMAGES[0]["did"], PREFIX + "x/y",
            PREFIX.replace("model", "other") + "101/1"]
    links = ask(vo, *dids)
    order = [k["ID"] for k in links]
    assert [d for i, d in enumerate(order)
            if i == 0 or order[i - 1] != d] == dids
    bad = {k["ID"] for k in links if k["error_message"]}
    assert bad == {dids[2], dids[4], dids[6], dids[7]}


def test_spectrum(vo):
    """Flux densities with errors of their own, in the unit of the column."""
    for o in OBJECTS:
        r = vo.get("/vo/ssap/pix-dr1/spectrum", ID=did(o))
        t = VOTable(r.content)
        assert t.field("flux").get("unit") == "mJy"
        assert t.column("filter") == [f[0] for f in FILTERS]
        assert [float(w) for w in t.column("wavelength")] == [
            f[2] for f in FILTERS]
        assert t.column("upper_limit") == ["false", "false", "true"]
        for name, want in (("flux", o["flux"]), ("flux_error", o["err"])):
            assert [float(v) if v else None for v in t.column(name)] == want


def test_names_of_two_parts(vo):
    r = vo.get("/vo/ssap/pix-dr1", TARGETNAME="101-2", FORMAT="fits")
    t = VOTable(r.content)
    assert t.column("publisher_did") == [PREFIX + "101/2"]
    r = vo.get("/vo/ssap/pix-dr1", PUBDID=PREFIX + "101/1", FORMAT="fits")
    assert VOTable(r.content).column("target_name") == ["101-1"]
    # no times are known of these: none can be said to be within any
    r = vo.get("/vo/ssap/pix-dr1", TIME="2017")
    assert not VOTable(r.content).rows


def test_cutout_of_an_object(vo):
    """The link gives the object's surroundings in every filter of the tile."""
    links = ask(vo, did(OBJECTS[0]))
    url, = [k["access_url"] for k in links if k["semantics"] == "#cutout"]
    r = vo.get(url)
    assert r.status_code == 200 and r.headers["Content-Type"] == "image/fits"
    with fits.open(io.BytesIO(r.content)) as hdus:
        images = [h for h in hdus if h.data is not None]
        assert len(images) == len(FILTERS)
        for h in images:
            x, y = WCS(h.header).all_world2pix(OBJECTS[0]["ra"],
                                               OBJECTS[0]["dec"], 0)
            ny, nx = h.data.shape
            assert abs(x - (nx - 1) / 2) < 1 and abs(y - (ny - 1) / 2) < 1
