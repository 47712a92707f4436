"""test_images.py: outside programs and clients search for images."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import pytest
import pyvo
import pyvo.dal.sia2
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from pyvohttpd.obscore import wrong_columns
from pyvohttpd.seed_images import IMAGES
from pyvohttpd.xmltree import VOTable

# newer versions of pyvo have it under this name too
SIA2Service = getattr(pyvo.dal, "SIA2Service", pyvo.dal.sia2.SIAService)
SIA1 = "/vo/siap/pix-dr1"
SIA2 = "/vo/siap2/pix-dr1"
VALID = [i for i in IMAGES if i["is_valid"]]
STAGES = "TMV TME TMS TMC CPV CAP AVV QGE QPO MDQ OBS"


def dids(*obs):
    return {i["did"] for i in VALID if i["obs_id"] in obs}


# --- ObsTAP ---------------------------------------------------------------------

@pytest.mark.parametrize("release", ["pix-dr1", "demo-dr1"])
def test_taplint(vo, stilts, release):
    rc, text = stilts("taplint", "tapurl=%s/vo/tap/%s" % (vo.url, release),
                      "stages=" + STAGES, "report=EWFIS")
    assert rc == 0, text
    assert re.search(
        r"Totals: Errors: 0; Warnings: 0;.* Failures: 0", text), text
    # it has found the model declared, and looked at the table
    assert "Checking against ObsCore DM 1.1" in text
    assert re.search(r"ivoa.ObsCore columns: 30/30 required", text), text


def test_obscore_columns(vo):
    r = vo.post("/vo/tap/pix-dr1/sync", {
        "LANG": "ADQL", "QUERY": "SELECT TOP 1 * FROM ivoa.ObsCore"})
    assert wrong_columns(VOTable(r.content)) == []


# --- votlint --------------------------------------------------------------------

@pytest.mark.parametrize("path", [
    SIA2 + "/query", SIA2 + "/query?MAXREC=0", SIA2 + "/query?MAXREC=2",
    SIA2 + "/query?RESPONSEFORMAT=votable/b2",
    SIA2 + "/query?POS=CIRCLE+150+2+1&BAND=5e-7",
    SIA2 + "/query?POS=nonsense", SIA1 + "?FORMAT=METADATA",
    SIA1 + "?POS=150,2&SIZE=1", SIA1 + "?POS=150,2&SIZE=1&VERB=0",
    SIA1 + "?POS=150,2&SIZE=1&VERB=3", SIA1 + "?POS=150,2&SIZE=1&NAXIS=50",
    SIA1 + "?POS=150,2&SIZE=1&MAXREC=1", SIA1 + "?POS=150",
])
def test_votlint(vo, stilts, out, path):
    doc = out / "images.vot"
    doc.write_bytes(vo.get(path).content)
    rc, text = stilts("votlint", "votable=%s" % doc)
    assert rc == 0 and not text.strip(), text


# --- STILTS ---------------------------------------------------------------------

@pytest.mark.parametrize("kind,url,column", [
    ("sia1", SIA1 + "?", "obs_publisher_did"),
    ("sia2", SIA2 + "/query", "obs_publisher_did"),
    ("sia", SIA1 + "?", "obs_publisher_did"),
])
def test_stilts_cone(vo, stilts, out, kind, url, column):
    table = out / ("cone-%s.csv" % kind)
    rc, text = stilts("cone", "serviceurl=%s%s" % (vo.url, url),
                      "servicetype=%s" % kind, "lon=150.1", "lat=2",
                      "radius=0.01", "out=%s" % table)
    assert rc == 0, text
    found = Table.read(table, format="csv")
    assert set(found[column]) == dids("tile-102")


def test_stilts_coneskymatch(vo, stilts, out):
    """Many positions, as astronomers' scripts ask."""
    where = out / "where.csv"
    where.write_text("ra,dec\n150.1,2\n0.02,45\n10,10\n")
    table = out / "match.csv"
    rc, text = stilts("coneskymatch", "in=%s" % where, "ifmt=csv",
                      "serviceurl=%s%s/query" % (vo.url, SIA2),
                      "servicetype=sia2", "ra=ra", "dec=dec", "sr=0.01",
                      "find=all", "out=%s" % table)
    assert rc == 0, text
    assert set(Table.read(table, format="csv")["obs_publisher_did"]) == dids(
        "tile-102", "tile-103")


# --- pyvo -----------------------------------------------------------------------

@pytest.mark.parametrize("intersect,size,obs", [
    ("overlaps", 0.01, {"tile-101", "exp-0"}),
    ("covers", 0.05, {"tile-101", "exp-0"}),
    ("enclosed", 1.0, {"tile-101", "tile-102", "exp-0"}),
    ("center", 1.0, {"tile-101", "exp-0"}),
])
def test_pyvo_sia1(vo, intersect, size, obs):
    service = pyvo.dal.SIAService(vo.url + SIA1 + "?")
    found = service.search(pos=SkyCoord(150, 2, unit="deg"), size=size,
                           format="image/fits", intersect=intersect,
                           verbosity=3)
    assert {r["obs_publisher_did"] for r in found} == dids(*obs)
    for row in found:
        image, = [i for i in VALID if i["did"] == row["obs_publisher_did"]]
        assert row.format == "image/fits" and row.naxes == 2
        assert list(row.naxis) == [300 * u.pix, 300 * u.pix]
        assert abs(row.pos.ra.deg - image["ra"]) < 1e-9
        assert row.title and row.instr == "PixCam"
        assert row.getdataurl() == (vo.url + SIA1 + "/get_file?ID="
                                    + image["did"])
        assert abs(row.dateobs.mjd - image["t_min"]) < 0.01
        assert row.bandpass_id == image["filter_name"]
        # (pyvo's bandpass_unit does not know "meters", the standard's word)
        assert row.getbyucd("VOX:BandPass_LoLimit") * 1e10 < image["wave"]
        assert row.filesize > 0


def test_pyvo_sia1_graphics(vo):
    service = pyvo.dal.SIAService(vo.url + SIA1 + "?")
    found = service.search(pos=(150.1, 2), size=0, format="graphic")
    assert len(found) == 3 and {r.format for r in found} == {"image/png"}


def test_pyvo_sia1_error(vo):
    service = pyvo.dal.SIAService(vo.url + SIA1 + "?")
    query = service.create_query(pos=(150, 2), size=1)
    query["POS"] = "here"
    with pytest.raises(pyvo.dal.DALQueryError) as caught:
        query.execute()
    assert "POS" in str(caught.value)


def test_pyvo_sia2(vo):
    service = SIA2Service(vo.url + SIA2)
    found = service.search(pos=(150.1 * u.deg, 2 * u.deg, 0.01 * u.deg))
    assert {r.obs_publisher_did for r in found} == dids("tile-102")
    found = service.search(
        pos=(150 * u.deg, 2 * u.deg, 1 * u.deg), band=(6e-7, 7e-7),
        calib_level=3, exptime=(250 * u.s, 400 * u.s), data_type="image")
    assert {r.obs_publisher_did for r in found} == {
        i["did"] for i in VALID if i["filter_name"] == "r"
        and i["tile_id"] in (101, 102)}
    row = found[0]
    assert row.s_ra.unit == u.deg and row.t_exptime == 300 * u.s
    assert row.obs_collection == "PIX" and row.facility_name


def test_pyvo_sia2_all_shapes(vo):
    service = SIA2Service(vo.url + SIA2)
    shapes = [(150.1 * u.deg, 2 * u.deg, 0.01 * u.deg),
              (0, 0.1, 44, 46) * u.deg,
              (0, 89.97, 120, 89.97, 240, 89.97) * u.deg]
    for shape, obs in zip(shapes, ("tile-102", "tile-103", "tile-104")):
        found = service.search(pos=shape)
        assert {r.obs_publisher_did for r in found} == dids(obs)
    # all at once: alternatives
    found = service.search(pos=shapes)
    assert {r.obs_publisher_did for r in found} == dids(
        "tile-102", "tile-103", "tile-104")


def test_pyvo_sia2_error(vo):
    service = SIA2Service(vo.url + SIA2)
    with pytest.raises(pyvo.dal.DALQueryError) as caught:
        service.search(pos=(150 * u.deg, 2 * u.deg, 1 * u.deg),
                       collection="PIX", BAND="x")
    assert "UsageFault" in str(caught.value)
