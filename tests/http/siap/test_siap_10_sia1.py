"""test_siap_10_sia1.py: Simple Image Access 1.0 on a release with images."""
# SPDX-License-Identifier: GPL-3.0-or-later
import urllib.parse

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from pyvohttpd.seed_images import (DID, IMAGES, SCALE, SIZE, header, path)
from pyvohttpd.xmltree import VOT, VOTable, parse

BASE = "/vo/siap/pix-dr1"
VALID = [i for i in IMAGES if i["is_valid"]]
# The UCDs of section 4.2: datatype, and whether arraysize is given
MUST = {
    "VOX:Image_Title": ("char", True), "POS_EQ_RA_MAIN": ("double", False),
    "POS_EQ_DEC_MAIN": ("double", False), "VOX:Image_Naxes": ("int", False),
    "VOX:Image_Naxis": ("int", True), "VOX:Image_Scale": ("double", True),
    "VOX:Image_Format": ("char", True),
    "VOX:Image_AccessReference": ("char", True),
}
SHOULD = {
    "INST_ID": ("char", True), "VOX:Image_MJDateObs": ("double", False),
    "VOX:STC_CoordRefFrame": ("char", True),
    "VOX:STC_CoordEquinox": ("double", False),
    "VOX:WCS_CoordProjection": ("char", True),
    "VOX:WCS_CoordRefPixel": ("double", True),
    "VOX:WCS_CoordRefValue": ("double", True),
    "VOX:WCS_CDMatrix": ("double", True), "VOX:BandPass_ID": ("char", True),
    "VOX:BandPass_Unit": ("char", True),
    "VOX:BandPass_RefValue": ("double", False),
    "VOX:BandPass_HiLimit": ("double", False),
    "VOX:BandPass_LoLimit": ("double", False),
    "VOX:Image_PixFlags": ("char", True), "VOX:Image_FileSize": ("int", False),
}


def ask(vo, **params):
    r = vo.get(BASE, **params)
    assert r.status_code == 200, r.text
    assert r.headers["Content-Type"].startswith("text/xml")
    table = VOTable(r.content)
    assert "ERROR" not in table.status(), table.message()
    return table


def rows(table):
    """Rows as {UCD: value}, other columns by name."""
    keys = [f.get("ucd") if f.get("ucd", "").startswith(("VOX:", "POS_", "INST"))
            else f.get("name") for f in table.fields]
    return [dict(zip(keys, row)) for row in table.rows]


def fits_dids(vo, **params):
    found = [r["obs_publisher_did"] for r in
             rows(ask(vo, FORMAT="image/fits", **params))]
    assert len(set(found)) == len(found)
    return set(found)


def want(*obs):
    return {i["did"] for i in VALID if i["obs_id"] in obs}


# --- the answer ---------------------------------------------------------------

def test_row_of_an_image(vo):
    table = ask(vo, POS="150,2", SIZE="0.01", VERB="3")
    assert table.status() == ["OK"]
    image = VALID[2]  # tile 101 in r
    row, = [r for r in rows(table) if r["obs_publisher_did"] == image["did"]
            and r["VOX:Image_Format"] == "image/fits"]
    wcs = WCS(header(image["ra"], image["dec"]))
    assert row["VOX:Image_Title"] == "tile-101 r"
    assert float(row["POS_EQ_RA_MAIN"]) == image["ra"]
    assert float(row["POS_EQ_DEC_MAIN"]) == image["dec"]
    assert row["VOX:Image_Naxes"] == "2"
    assert row["VOX:Image_Naxis"] == "%d %d" % (SIZE, SIZE)
    assert np.allclose([float(v) for v in row["VOX:Image_Scale"].split()],
                       [SCALE, SCALE])
    assert np.allclose([float(v) for v in row["VOX:WCS_CDMatrix"].split()],
                       wcs.wcs.cd.ravel())
    assert np.allclose([float(v) for v in row["VOX:WCS_CoordRefPixel"].split()],
                       wcs.wcs.crpix)
    assert np.allclose([float(v) for v in row["VOX:WCS_CoordRefValue"].split()],
                       wcs.wcs.crval)
    assert row["VOX:WCS_CoordProjection"] == "TAN"
    assert row["VOX:STC_CoordRefFrame"] == "ICRS"
    assert row["VOX:BandPass_ID"] == "r"
    assert row["VOX:BandPass_Unit"] == "meters"
    assert np.isclose(float(row["VOX:BandPass_RefValue"]), 6.25e-7)
    assert np.isclose(float(row["VOX:BandPass_HiLimit"]), 6.95e-7)
    assert np.isclose(float(row["VOX:BandPass_LoLimit"]), 5.55e-7)
    assert np.isclose(float(row["VOX:Image_MJDateObs"]),
                      image["t_min"] + image["exptime"] / 86400 / 2,
                      rtol=0, atol=1e-9)
    assert row["INST_ID"] == "PixCam"
    assert int(row["VOX:Image_FileSize"]) == path(vo, image).stat().st_size
    assert row["VOX:Image_AccessReference"] == (
        vo.url + BASE + "/get_file?ID=" + image["did"])
    assert row["VOX:Image_PixFlags"] == "C"


def test_preview_is_a_row_of_its_own(vo):
    found = rows(ask(vo, POS="150.1,2", SIZE="0", VERB="2"))
    own = [r for r in found if r["obs_publisher_did"].endswith("/102_g.fits")]
    assert sorted(r["VOX:Image_Format"] for r in own) == ["image/fits",
                                                          "image/png"]
    png = [r for r in own if r["VOX:Image_Format"] == "image/png"][0]
    assert png["VOX:Image_PixFlags"] == "V"
    assert "/get_file?ID=%stiles/102_g.fits&PRODUCT=" % DID in (
        png["VOX:Image_AccessReference"])


@pytest.mark.parametrize("verb,ucds", [("0", MUST), ("1", {**MUST, **SHOULD}),
                                       ("2", {**MUST, **SHOULD}),
                                       ("3", {**MUST, **SHOULD})])
def test_verbosity(vo, verb, ucds):
    table = ask(vo, POS="150,2", SIZE="0.01", VERB=verb)
    for ucd, (datatype, is_array) in ucds.items():
        f = table.field(table.by_ucd(ucd))
        assert f.get("datatype") == datatype
        assert (f.get("arraysize") is not None) == is_array
    if verb == "0":
        assert {f.get("ucd") for f in table.fields} == set(MUST)
    if verb == "1":
        assert {f.get("ucd") for f in table.fields} == set(ucds)
    assert ("zero_point" in table.names) == (verb == "3")
    assert len(table.names) == len(set(table.names))


def test_default_verbosity_has_identifiers(vo):
    table = ask(vo, POS="150,2", SIZE="0.01")
    assert "obs_publisher_did" in table.names
    assert "cutout" in table.names


# --- the region ---------------------------------------------------------------

REGIONS = [  # POS, SIZE, INTERSECT, which observations
    ("150,2", "0.01", None, {"tile-101", "exp-0"}),
    ("150,2", "0", None, {"tile-101", "exp-0"}),
    ("150.05,2", "0.01", "OVERLAPS", {"tile-101", "tile-102", "exp-0"}),
    # tiles are 0.1667 degrees wide, turned by 15 degrees: they reach 0.102
    # degrees north; exp-0 is 0.03 degrees north of them
    ("150,2.2", "0.1", None, set()),
    ("150,2.12", "0.4,0.02", "overlaps", {"exp-0"}),
    ("149.98,2.12", "0.01,0.4", "overlaps", {"tile-101", "exp-0"}),
    ("150.1,2.2", "0.5,0.2", None, {"tile-101", "tile-102", "exp-0"}),
    ("150,2.25", "0.05", None, set()),
    ("150,2", "0.05", "COVERS", {"tile-101", "exp-0"}),
    ("150,2", "0.3", "COVERS", set()),
    ("150,2", "0.3", "ENCLOSED", {"tile-101", "exp-0"}),
    ("150,2", "0.19", "ENCLOSED", set()),
    ("150,2", "1", "ENCLOSED", {"tile-101", "tile-102", "exp-0"}),
    ("150,2", "1", "CENTER", {"tile-101", "exp-0"}),
    ("150.2,2", "1", "CENTER", set()),
    ("150.2,2", "0.5", "OVERLAPS", {"tile-101", "tile-102", "exp-0"}),
    # RA 0 from both sides
    ("0,45", "0.01", None, {"tile-103"}),
    ("359.95,45", "0.1", None, {"tile-103"}),
    ("360,45", "0.5", "ENCLOSED", {"tile-103"}),
    # the pole lies in tile 104; what is beyond it is on the other side
    ("0,90", "0.1", None, {"tile-104"}),
    ("123,89.8", "0.2", None, {"tile-104"}),
    ("303,89.8", "0.5", None, {"tile-104"}),
    ("0,90", "0.5", "ENCLOSED", {"tile-104"}),
    ("303,89.9", "0.5", "CENTER", set()),
    # the whole sky
    ("10,-30", "360", None, {"tile-101", "tile-102", "tile-103", "tile-104",
                             "exp-0"}),
    ("10,-30", "360,360", "ENCLOSED", {"tile-101", "tile-102", "tile-103",
                                       "tile-104", "exp-0"}),
    # 127 degrees of right ascension to both sides, up to 45 degrees north
    ("150,-45", "180", None, {"tile-101", "tile-102", "exp-0"}),
    ("200,-45", "180", None, {"tile-101", "tile-102", "exp-0"}),
    ("240,-45", "180", None, {"tile-101", "tile-102", "tile-103", "exp-0"}),
]


@pytest.mark.parametrize("pos,size,intersect,obs", REGIONS)
def test_region(vo, pos, size, intersect, obs):
    params = {"INTERSECT": intersect} if intersect else {}
    assert fits_dids(vo, POS=pos, SIZE=size, **params) == want(*obs)


def test_names_without_regard_to_case(vo):
    assert fits_dids(vo, pos="150,2", size="0.01", intersect="center") == want(
        "tile-101", "exp-0")


# --- formats ------------------------------------------------------------------

@pytest.mark.parametrize("value,formats", [
    ("ALL", {"image/fits", "image/png"}), ("all", {"image/fits", "image/png"}),
    ("image/fits", {"image/fits"}), ("IMAGE/FITS", {"image/fits"}),
    ("application/fits", {"image/fits"}), ("image/png", {"image/png"}),
    ("image/fits,image/png", {"image/fits", "image/png"}),
    ("GRAPHIC", {"image/png"}), ("GRAPHIC-ALL", {"image/png"}),
    ("GRAPHIC-jpeg,png", {"image/png"}), ("graphic-gif", set()),
    ("image/jpeg", set()), ("text/html", set()),
    ("text/html,image/fits", {"image/fits"}),
])
def test_format(vo, value, formats):
    table = ask(vo, POS="150.1,2", SIZE="0.01", FORMAT=value)
    assert set(table.column(table.by_ucd("VOX:Image_Format"))) == formats
    assert table.status() == ["OK"]


def test_one_best_graphic_format(vo):
    """GRAPHIC-list is a choice: of each image the first there is."""
    found = rows(ask(vo, POS="150.1,2", SIZE="0.02", MODE="cutout",
                     FORMAT="GRAPHIC-jpeg,png"))
    assert found and {r["VOX:Image_Format"] for r in found} == {"image/jpeg"}
    found = rows(ask(vo, POS="150.1,2", SIZE="0.02", MODE="cutout",
                     FORMAT="GRAPHIC"))
    assert {r["VOX:Image_Format"] for r in found} == {"image/jpeg",
                                                      "image/png"}


def test_metadata(vo):
    table = ask(vo, FORMAT="METADATA", POS="nonsense")
    assert table.status() == ["OK"] and table.rows == []
    resource = table.root.find(VOT + "RESOURCE")
    inputs = {p.get("name"): p for p in resource.findall(VOT + "PARAM")}
    assert set(inputs) == {"INPUT:" + n for n in (
        "POS SIZE FORMAT INTERSECT VERB MODE NAXIS CFRAME EQUINOX CRPIX CRVAL"
        " CDELT ROTANG PROJ").split()}
    assert all(p.find(VOT + "DESCRIPTION").text for p in inputs.values())
    assert inputs["INPUT:INTERSECT"].get("value") == "OVERLAPS"
    assert [o.get("value") for o in inputs["INPUT:INTERSECT"].iter(
        VOT + "OPTION")] == ["COVERS", "ENCLOSED", "CENTER", "OVERLAPS"]
    for ucd, (datatype, _) in {**MUST, **SHOULD}.items():
        assert table.field(table.by_ucd(ucd)).get("datatype") == datatype


# --- cutouts ------------------------------------------------------------------

def split_url(url):
    parts = urllib.parse.urlsplit(url)
    return parts.path, urllib.parse.parse_qs(parts.query)


def test_cutouts_in_the_rows(vo):
    """Each row has the address of what was searched, cut out."""
    found = rows(ask(vo, POS="0,45", SIZE="0.02,0.01", FORMAT="image/fits"))
    assert len(found) == 3
    for row in found:
        where, query = split_url(row["cutout"])
        assert where == "/vo/soda/pix-dr1/sync"
        assert query["ID"] == [row["obs_publisher_did"]]
        word, *numbers = query["POS"][0].split()
        half = 0.01 / np.cos(np.radians(45))
        assert word == "RANGE"
        assert np.allclose([float(v) for v in numbers],
                           [360 - half, half, 44.995, 45.005])
        _, query = split_url(row["cutout_picture"])
        assert query["RESPONSEFORMAT"] == ["image/png"]
    for row in rows(ask(vo, POS="150,2", SIZE="0")):
        assert row["cutout"] == "" and row["cutout_picture"] == ""


def test_generated_images(vo):
    """Parameters of generated images ask for cutouts, in three formats."""
    table = ask(vo, POS="150.1,2", SIZE="0.02", NAXIS="30,20", CDELT="-0.001",
                VERB="2")
    found = [r for r in rows(table) if r["obs_id"] == "tile-102"]
    assert sorted(r["VOX:Image_Format"] for r in found) == sorted(
        ["image/fits", "image/jpeg", "image/png"] * 3)
    for row in found:
        assert row["VOX:Image_Title"].startswith("Cutout of tile-102")
        where, query = split_url(row["VOX:Image_AccessReference"])
        assert where == "/vo/soda/pix-dr1/sync"
        if row["VOX:Image_Format"] != "image/fits":
            assert query["RESPONSEFORMAT"] == [row["VOX:Image_Format"]]
        lon1, lon2, lat1, lat2 = map(float, query["POS"][0].split()[1:])
        assert np.isclose(lat2 - lat1, 0.020)
        assert np.isclose((lon2 - lon1) * np.cos(np.radians(2)), 0.030)
        # 0.03 x 0.02 degrees turned by 15 degrees, in pixels of 2 arcsec
        c, s = np.cos(np.radians(15)), np.sin(np.radians(15))
        assert row["VOX:Image_Naxis"] == "%d %d" % (
            np.ceil((0.03 * c + 0.02 * s) / SCALE),
            np.ceil((0.03 * s + 0.02 * c) / SCALE))


@pytest.mark.parametrize("frame,name", [
    ("GAL", "galactic"), ("FK5", "fk5"), ("ECL", "barycentricmeanecliptic"),
    ("SGAL", "supergalactic"), ("ICRS", "icrs")])
def test_centre_in_other_frames(vo, frame, name):
    """CRVAL in CFRAME against astropy."""
    at = SkyCoord(150.02, 2.01, unit="deg", frame="icrs").transform_to(name)
    lon = at.spherical.lon.deg if name != "supergalactic" else at.sgl.deg
    lat = at.spherical.lat.deg if name != "supergalactic" else at.sgb.deg
    found = rows(ask(vo, POS="150,2", SIZE="0.02", CFRAME=frame,
                     CRVAL="%.12f,%.12f" % (lon, lat), FORMAT="image/fits"))
    assert found
    for row in found:
        # FK5 and the ecliptic differ from ICRS by 20 milliarcseconds
        assert abs(float(row["POS_EQ_RA_MAIN"]) - 150.02) < 2e-5
        assert abs(float(row["POS_EQ_DEC_MAIN"]) - 2.01) < 2e-5


def test_no_cutout_without_size(vo):
    table = VOTable(vo.get(BASE, POS="150,2", SIZE="0", NAXIS="20").content)
    assert table.status() == ["ERROR"] and "SIZE" in table.message()


# --- limits and errors --------------------------------------------------------

def test_overflow(vo):
    table = ask(vo, POS="150,2", SIZE="0.01", MAXREC="3")
    assert len(table.rows) == 3 and table.status() == ["OK", "OVERFLOW"]
    assert ask(vo, POS="20,2", SIZE="0.01").status() == ["OK"]


def test_operators_limit(vo, conf_now):
    conf_now("<Location /vo/siap>\nSIAPMaxRec 2\n</Location>")
    table = ask(vo, POS="150,2", SIZE="0.01")
    assert len(table.rows) == 2 and table.status() == ["OK", "OVERFLOW"]


@pytest.mark.parametrize("params,words", [
    ({"SIZE": "1"}, ["POS is missing"]), ({"POS": "1,2"}, ["SIZE is missing"]),
    ({"POS": "150", "SIZE": "1"}, ["POS", "'150'"]),
    ({"POS": "361,2", "SIZE": "1"}, ["POS", "360"]),
    ({"POS": "1,-91", "SIZE": "1"}, ["POS", "-90"]),
    ({"POS": "M31", "SIZE": "1"}, ["POS"]),
    ({"POS": "1,2,3", "SIZE": "1"}, ["POS"]),
    ({"POS": "1,2,", "SIZE": "1"}, ["POS"]),
    ({"POS": "nan,2", "SIZE": "1"}, ["POS"]),
    ({"POS": "1,2", "SIZE": "-1"}, ["SIZE"]),
    ({"POS": "1,2", "SIZE": "1,400"}, ["SIZE", "360"]),
    ({"POS": "1,2", "SIZE": "big"}, ["SIZE"]),
    ({"POS": "1,2", "SIZE": "1", "INTERSECT": "TOUCHES"},
     ["INTERSECT", "COVERS"]),
    ({"POS": "1,2", "SIZE": "1", "FORMAT": "cookies"}, ["FORMAT", "GRAPHIC"]),
    ({"POS": "1,2", "SIZE": "1", "VERB": "7"}, ["VERB", "3"]),
    ({"POS": "1,2", "SIZE": "1", "NAXIS": "1.5"}, ["NAXIS"]),
    ({"POS": "1,2", "SIZE": "1", "CFRAME": "B1950"}, ["CFRAME", "FK4"]),
    ({"POS": "1,2", "SIZE": "1", "CFRAME": "FK5", "EQUINOX": "1950"},
     ["EQUINOX", "2000"]),
    ({"POS": "1,2", "SIZE": "1", "CRVAL": "5"}, ["CRVAL"]),
    ({"POS": "1,2", "SIZE": "1", "CRVAL": "5,100"}, ["CRVAL", "90"]),
    ({"POS": "1,2", "SIZE": "1", "CDELT": "0"}, ["CDELT"]),
    ({"POS": "1,2", "SIZE": "1", "PROJ": "tan"}, ["PROJ"]),
    ({"POS": "1,2", "SIZE": "1", "PROJ": "TA"}, ["PROJ"]),
    ({"POS": "1,2", "SIZE": "1", "ROTANG": "x"}, ["ROTANG"]),
    ({"POS": ["1,2", "3,4"], "SIZE": "1"}, ["POS", "once"]),
    ({"POS": "1,2", "SIZE": "1", "MAXREC": "-4"}, ["MAXREC"]),
])
def test_bad_input_is_a_votable(vo, params, words):
    """Section 4.3: status 200, and the message as content."""
    r = vo.get(BASE, **params)
    assert r.status_code == 200
    assert r.headers["Content-Type"].startswith("text/xml")
    table = VOTable(r.content)
    assert table.status() == ["ERROR"] and not table.tables
    for word in words:
        assert word in table.message()


def test_harmless_extras(vo):
    """What generated images are asked with and cannot be had is no error."""
    assert ask(vo, POS="150,2", SIZE="0.02", CRPIX="1,1", ROTANG="30",
               PROJ="SIN", CFRAME="FK4", EQUINOX="1950", UNKNOWN="x").rows


def test_methods_and_paths(vo):
    r = vo.post(BASE, {"POS": "150.1,2", "SIZE": "0"})
    assert VOTable(r.content).rows
    assert vo.request("HEAD", BASE + "?POS=150,2&SIZE=1").status_code == 200
    assert vo.request("PUT", BASE, data="x").status_code == 405
    assert vo.get(BASE + "/nothing").status_code == 404
    assert vo.get("/vo/siap/pix-private", POS="1,2", SIZE="1").status_code == 404
    assert vo.get("/vo/siap/test-dr1", POS="1,2", SIZE="1").status_code == 404
    r = vo.get(BASE, POS="150,2", SIZE="0.01", RESPONSEFORMAT="csv")
    assert r.headers["Content-Type"].startswith("text/csv")


# --- the service --------------------------------------------------------------

def test_capabilities(vo):
    root = parse(vo.get(BASE + "/capabilities").content)
    cap, = [c for c in root if c.get("standardID") == "ivo://ivoa.net/std/SIA"]
    assert [e.tag for e in cap if e.tag not in ("description",
                                                "interface")] == [
        "imageServiceType", "maxRecords", "testQuery"]
    url = cap.find("interface/accessURL")
    assert url.get("use") == "base" and url.text == vo.url + BASE + "?"
    test = cap.find("testQuery")
    found = VOTable(vo.get(
        url.text + "POS=%s,%s&SIZE=%s,%s" % tuple(
            test.find(w).text for w in ("pos/long", "pos/lat", "size/long",
                                        "size/lat"))).content)
    assert found.rows
    assert "ivo://ivoa.net/std/SIA<" not in vo.get(
        "/vo/test-dr1/capabilities").text
    assert 'standardID="ivo://ivoa.net/std/SIA"' in vo.get(
        "/vo/pix-dr1/capabilities").text


def test_broken_database_is_not_a_success(vo, expect_log):
    """What is our fault has a status that no cache keeps."""
    expect_log("VO1021")
    vo.sql("REVOKE SELECT ON pix_dr1.vo_image FROM vo_read_pix_dr1")
    try:
        r = vo.get(BASE, POS="150,2", SIZE="0.01")
    finally:
        vo.sql("GRANT SELECT ON pix_dr1.vo_image TO vo_read_pix_dr1")
    assert r.status_code == 500
    assert VOTable(r.content).status() == ["ERROR"]
