"""test_siap_20_sia2.py: Simple Image Access 2.0 on a release with images."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io

import pytest

from pyvohttpd.obscore import wrong_columns
from pyvohttpd.seed_images import IMAGES, slow_images
from pyvohttpd.xmltree import VOT, VOTable, parse

BASE = "/vo/siap2/pix-dr1"
QUERY = BASE + "/query"
VALID = [i for i in IMAGES if i["is_valid"]]
STANDARD = ("POS BAND TIME POL FOV SPATRES SPECRP EXPTIME TIMERES ID"
            " COLLECTION FACILITY INSTRUMENT DPTYPE CALIB TARGET FORMAT"
            " MAXREC RESPONSEFORMAT").split()


def found(vo, **params):
    """The identifiers an answer holds."""
    r = vo.get(QUERY, RESPONSEFORMAT="csv", **params)
    assert r.status_code == 200, r.text
    rows = list(csv.DictReader(io.StringIO(r.text)))
    dids = [row["obs_publisher_did"] for row in rows]
    assert len(set(dids)) == len(dids)
    return set(dids)


def want(test):
    return {i["did"] for i in VALID if test(i)}


def lo(i):
    return (i["wave"] - i["width"] / 2) * 1e-10


def hi(i):
    return (i["wave"] + i["width"] / 2) * 1e-10


# --- the answer ----------------------------------------------------------------

def test_everything_without_parameters(vo):
    r = vo.get(QUERY)
    assert r.status_code == 200
    assert r.headers["Content-Type"].startswith("application/x-votable+xml")
    table = VOTable(r.content)
    assert table.status() == ["OK"]
    assert set(table.column("obs_publisher_did")) == want(lambda i: True)
    assert wrong_columns(table) == []
    assert {"filter_name", "depth", "tile_id"} <= set(table.names)


def test_rows_are_those_of_tap(vo):
    """The values of each row are what ObsTAP says."""
    t = vo.post("/vo/tap/pix-dr1/sync", {
        "LANG": "ADQL", "FORMAT": "votable",
        "QUERY": "SELECT * FROM ivoa.obscore ORDER BY obs_publisher_did"})
    tap = VOTable(t.content)
    sia = VOTable(vo.get(QUERY).content)
    assert sia.names == tap.names
    key = sia.names.index("obs_publisher_did")
    assert sorted(sia.rows, key=lambda row: row[key]) == tap.rows


# --- each parameter -------------------------------------------------------------

POS = [  # value, obs_ids of the footprints met (known by hand)
    ("CIRCLE 150 2 0.01", {"tile-101", "exp-0"}),
    ("CIRCLE 150.05 2 0.02", {"tile-101", "tile-102", "exp-0"}),
    # the tiles' half width is 0.083 degrees, turned by 15 degrees
    ("CIRCLE 0.02 45.3 0.25", {"tile-103"}),
    ("CIRCLE 359.98 45 0.01", {"tile-103"}),
    ("CIRCLE 300 90 0.01", {"tile-104"}),
    ("CIRCLE 10 10 1", set()),
    ("RANGE 149.99 150.01 1.99 2.01", {"tile-101", "exp-0"}),
    ("RANGE 359.9 0.1 44 46", {"tile-103"}),
    ("RANGE 0 360 89 +Inf", {"tile-104"}),
    ("RANGE -Inf +Inf -Inf +Inf", {"tile-101", "tile-102", "tile-103",
                                   "tile-104", "exp-0"}),
    ("POLYGON 149.99 1.99 150.01 1.99 150 2.01", {"tile-101", "exp-0"}),
    # over the pole, and the other way round
    ("POLYGON 0 89.97 120 89.97 240 89.97", {"tile-104"}),
    ("POLYGON 240 89.97 120 89.97 0 89.97", {"tile-104"}),
    ("POLYGON 359 44 1 44 1 46 359 46", {"tile-103"}),
    ("circle 150 2 0", {"tile-101", "exp-0"}),
]


@pytest.mark.parametrize("value,obs", POS)
def test_pos(vo, value, obs):
    assert found(vo, POS=value) == want(lambda i: i["obs_id"] in obs)


INTERVALS = [
    ("BAND", "4.9e-7 5.9e-7", lambda i: lo(i) <= 5.9e-7 and hi(i) >= 4.9e-7),
    ("BAND", "3.5e-7", lambda i: i["filter_name"] == "u"),
    ("BAND", "-Inf 3.7e-7", lambda i: i["filter_name"] == "u"),
    ("BAND", "6e-7 +Inf", lambda i: i["filter_name"] == "r"),
    ("BAND", "1 2", lambda i: False),
    ("TIME", "58000 58000.0001", lambda i: i["t_min"] == 58000.0),
    ("TIME", "58001 +Inf",
     lambda i: i["t_min"] + i["exptime"] / 86400 >= 58001),
    ("TIME", "-Inf 57999", lambda i: False),
    ("FOV", "0.2 0.3", lambda i: True),
    ("FOV", "1 2", lambda i: False),
    ("SPATRES", "4.05 4.15", lambda i: i["fwhm"] == 4.1),
    ("SPATRES", "4.4", lambda i: i["fwhm"] == 4.4),
    ("SPECRP", "-Inf 4", lambda i: i["wave"] / i["width"] <= 4),
    ("EXPTIME", "150 +Inf", lambda i: i["exptime"] >= 150),
    ("EXPTIME", "33 100", lambda i: 33 <= i["exptime"] <= 100),
    ("TIMERES", "-Inf +Inf", lambda i: False),  # nowhere known
]


@pytest.mark.parametrize("name,value,test", INTERVALS)
def test_interval(vo, name, value, test):
    assert found(vo, **{name: value}) == want(test)


DID = VALID[4]["did"]
WORDS = [
    ("ID", DID, lambda i: i["did"] == DID),
    ("ID", DID.upper(), lambda i: i["did"] == DID),
    ("ID", "ivo://nobody/x", lambda i: False),
    ("COLLECTION", "PIX", lambda i: True),
    ("COLLECTION", "pix", lambda i: False),
    ("FACILITY", "Test Observatory", lambda i: True),
    ("INSTRUMENT", "PixCam", lambda i: True),
    ("INSTRUMENT", "Pix", lambda i: False),
    ("DPTYPE", "image", lambda i: True),
    ("DPTYPE", "cube", lambda i: False),
    ("CALIB", "2", lambda i: i["calib_level"] == 2),
    ("CALIB", "0", lambda i: False),
    ("TARGET", "tile-102", lambda i: i["obs_id"] == "tile-102"),
    ("FORMAT", "application/x-votable+xml;content=datalink", lambda i: True),
    ("FORMAT", "image/fits", lambda i: False),
    ("POL", "I", lambda i: False),
    ("COLLECTION", "", lambda i: True),  # as if not given
    ("BAND", "", lambda i: True),
    ("UNKNOWN", "x", lambda i: True),
]


@pytest.mark.parametrize("name,value,test", WORDS)
def test_word(vo, name, value, test):
    assert found(vo, **{name: value}) == want(test)


def test_polarisation(vo):
    """POL is one of pol_states, by its whole name."""
    vo.sql("UPDATE pix_dr1.vo_image SET pol_states = '/I/XX/' WHERE image_id ="
           " 1; UPDATE pix_dr1.vo_image SET pol_states = '/POLI/' WHERE"
           " image_id = 2")
    try:
        by_id = {i["id"]: i["did"] for i in IMAGES}
        assert found(vo, POL="I") == {by_id[1]}
        assert found(vo, POL="XX") == {by_id[1]}
        assert found(vo, POL="POLI") == {by_id[2]}
        assert found(vo, POL=["POLI", "XX"]) == {by_id[1], by_id[2]}
        assert found(vo, POL="Q") == set()
        table = VOTable(vo.get(QUERY).content)
        assert dict(zip(table.column("obs_publisher_did"),
                        table.column("pol_xel"))) == {
            i["did"]: {1: "2", 2: "1"}.get(i["id"], "0") for i in VALID}
    finally:
        vo.sql("UPDATE pix_dr1.vo_image SET pol_states = NULL")


def test_only_images_and_cubes(vo):
    """A table of the release is in ObsTAP, not here."""
    vo.sql("UPDATE pix_dr1.vo_image SET product_type = 'measurements' WHERE"
           " image_id = 1; UPDATE pix_dr1.vo_image SET product_type = 'cube'"
           " WHERE image_id = 2")
    try:
        by_id = {i["id"]: i["did"] for i in IMAGES}
        assert found(vo) == want(lambda i: i["id"] != 1)
        assert found(vo, DPTYPE="measurements") == set()
        assert found(vo, DPTYPE="cube") == {by_id[2]}
        assert found(vo, DPTYPE=["cube", "image"]) == want(
            lambda i: i["id"] != 1)
    finally:
        vo.sql("UPDATE pix_dr1.vo_image SET product_type = 'image'")


def test_null_satisfies_nothing(vo):
    vo.sql("UPDATE pix_dr1.vo_image SET t_max = NULL, em_min = NULL, instrument"
           " = NULL, footprint_id = NULL WHERE image_id = 1")
    try:
        first = {i["did"] for i in IMAGES if i["id"] == 1}
        assert first <= found(vo)
        assert not first & found(vo, TIME="-Inf +Inf")
        assert not first & found(vo, BAND="-Inf +Inf")
        assert not first & found(vo, INSTRUMENT="PixCam")
        assert not first & found(vo, POS="RANGE 0 360 -90 90")
        assert not first & found(vo, FOV="-Inf +Inf")
    finally:
        i = IMAGES[0]
        vo.sql("UPDATE pix_dr1.vo_image SET t_max = %s, em_min = %s,"
               " instrument = 'PixCam', footprint_id = 1 WHERE image_id = 1",
               (i["t_min"] + i["exptime"] / 86400, lo(i)))


# --- several --------------------------------------------------------------------

def test_repeated_values_are_alternatives(vo):
    assert found(vo, POS=["CIRCLE 150.1 2 0.01", "CIRCLE 0 45 0.01"]) == want(
        lambda i: i["obs_id"] in ("tile-102", "tile-103"))
    assert found(vo, BAND=["3.5e-7", "6.9e-7"]) == want(
        lambda i: i["filter_name"] in "ur")
    assert found(vo, CALIB=["2", "4"]) == want(lambda i: i["calib_level"] == 2)
    assert found(vo, TARGET=["tile-101", "tile-104"], ID=[DID]) == want(
        lambda i: i["did"] == DID and i["obs_id"] in ("tile-101", "tile-104"))
    # some hundred positions, of which two meet something
    many = ["CIRCLE %d -60 0.1" % k for k in range(120)]
    many += ["CIRCLE 150.1 2 0.01", "POLYGON 0 44 0.5 45 0 46"]
    assert found(vo, POS=many) == want(
        lambda i: i["obs_id"] in ("tile-102", "tile-103"))


def test_different_parameters_restrict(vo):
    assert found(vo, POS="CIRCLE 150 2 0.01", BAND="6.2e-7", CALIB="3") == want(
        lambda i: i["obs_id"] == "tile-101" and i["filter_name"] == "r")
    assert found(vo, pos="CIRCLE 150 2 0.01", band="6.2e-7",
                 EXPTIME="-Inf 50") == want(lambda i: i["obs_id"] == "exp-0")


# --- rows, formats, methods -----------------------------------------------------

def test_maxrec(vo):
    table = VOTable(vo.get(QUERY, MAXREC=3).content)
    assert len(table.rows) == 3 and table.status() == ["OK", "OVERFLOW"]
    table = VOTable(vo.get(QUERY, MAXREC=len(VALID)).content)
    assert len(table.rows) == len(VALID) and table.status() == ["OK"]
    table = VOTable(vo.get(QUERY, MAXREC=0).content)
    assert not table.rows and table.status() == ["OK", "OVERFLOW"]
    assert wrong_columns(table) == []


def test_operators_limit(vo, conf_now):
    conf_now("<Location /vo/siap2>\nSIAPMaxRec 2\n</Location>")
    for params in ({}, {"MAXREC": 100}):
        table = VOTable(vo.get(QUERY, **params).content)
        assert len(table.rows) == 2 and table.status() == ["OK", "OVERFLOW"]


def test_formats(vo):
    for name, media in (("votable/b2", "application/x-votable+xml"),
                        ("fits", "application/fits"), ("csv", "text/csv"),
                        ("json", "application/json")):
        r = vo.get(QUERY, RESPONSEFORMAT=name)
        assert r.status_code == 200
        assert r.headers["Content-Type"].startswith(media)


def test_post_and_other_methods(vo):
    r = vo.post(QUERY, {"POS": "CIRCLE 150.1 2 0.01", "BAND": "3.5e-7"})
    assert VOTable(r.content).column("obs_id") == ["tile-102"]
    assert vo.request("HEAD", QUERY).status_code == 200
    r = vo.request("OPTIONS", QUERY)
    assert r.status_code == 200 and "POST" in r.headers["Allow"]
    assert vo.request("PUT", QUERY, data="x").status_code == 405
    assert vo.get(BASE).status_code == 404
    assert vo.get(BASE + "/queries").status_code == 404
    assert vo.get(BASE + "/tables").status_code == 404


# --- errors ---------------------------------------------------------------------

BAD = [
    ("POS", "BOX 1 2 3 4", "CIRCLE"), ("POS", "CIRCLE 1 2", "radius"),
    ("POS", "CIRCLE 1 2 3 4", "radius"), ("POS", "CIRCLE 361 2 3", "360"),
    ("POS", "CIRCLE 1 91 3", "90"), ("POS", "CIRCLE 1 2 -3", "adius"),
    ("POS", "CIRCLE ICRS 1 2 3", "number"), ("POS", "1,2", "CIRCLE"),
    ("POS", "CIRCLE 1 2 NaN", "number"), ("POS", "CIRCLE 1 2 Inf", "adius"),
    ("POS", "RANGE 1 2 4 3", "RANGE"), ("POS", "RANGE 1 2 3", "RANGE"),
    ("POS", "POLYGON 1 2 3 4 5", "POLYGON"),
    ("POS", "POLYGON 1 2 3 4 5 6 7", "POLYGON"),
    ("POS", "POLYGON 0 0 180 0 90 10", "180"),
    ("BAND", "abc", "-Inf"), ("BAND", "1 2 3", "-Inf"),
    ("BAND", "2 1", "smaller"), ("BAND", "NaN", "number"),
    ("TIME", "2020-01-01", "number"), ("FOV", "1..2", "number"),
    ("CALIB", "high", "integer"), ("CALIB", "1.5", "integer"),
    ("POL", "Z", "POLA"), ("POL", "i", "one of I, Q"),
    ("MAXREC", "-1", "MAXREC"), ("RESPONSEFORMAT", "png", "csv"),
]


@pytest.mark.parametrize("name,value,word", BAD)
def test_usage_fault(vo, name, value, word):
    r = vo.get(QUERY, **{name: value})
    assert r.status_code == 400
    table = VOTable(r.content)
    assert table.status() == ["ERROR"] and not table.tables
    assert table.message().startswith("UsageFault: ")
    assert name in table.message() and word in table.message()


def test_one_bad_value_of_several(vo):
    r = vo.get(QUERY, BAND=["1e-7", "x"], RESPONSEFORMAT="csv")
    assert r.status_code == 400
    assert r.headers["Content-Type"].startswith("text/plain")
    assert r.text.startswith("UsageFault: BAND")


def test_slow_query_is_transient(vo, conf_now):
    """What took too long is told with the word the standard has for it."""
    conf_now("<Location /vo/siap2>\nSIAPTimeout 1\n</Location>")
    with slow_images(vo, 4):
        r = vo.get(QUERY, MAXREC=1)
    assert r.status_code >= 400
    assert VOTable(r.content).message().startswith("TransientFault: ")
    assert found(vo) == want(lambda i: True)


def test_who_may_not_see(vo):
    assert vo.get("/vo/siap2/pix-private/query").status_code == 404
    assert vo.get("/vo/siap2/nothing/query").status_code == 404
    r = vo.get("/vo/siap2/test-dr1/query")
    assert r.status_code == 404 and "no images" in r.text


# --- the service about itself ---------------------------------------------------

def self_description(data):
    """{parameter: (PARAM, options)} and what is said of the service."""
    for res in parse(data).findall(VOT + "RESOURCE"):
        if res.get("name") == "this":
            assert res.get("type") == "meta"
            assert res.get("utype") == "adhoc:service"
            said = {p.get("name"): p.get("value")
                    for p in res.findall(VOT + "PARAM")}
            group = res.find(VOT + "GROUP")
            assert group.get("name") == "inputParams"
            return said, {
                p.get("name"): (p, [o.get("value") for o in
                                    p.iter(VOT + "OPTION")])
                for p in group.findall(VOT + "PARAM")}
    raise AssertionError("the service does not describe itself")


@pytest.mark.parametrize("params", [{}, {"MAXREC": 0},
                                    {"POS": "CIRCLE 150 2 0.01"}])
def test_describes_itself(vo, params):
    said, inputs = self_description(vo.get(QUERY, **params).content)
    assert said["standardID"] == "ivo://ivoa.net/std/SIA#query-2.0"
    assert said["accessURL"] == vo.url + QUERY
    assert list(inputs) == STANDARD
    assert inputs["COLLECTION"][1] == ["PIX"]
    assert inputs["FACILITY"][1] == ["Test Observatory"]
    assert inputs["INSTRUMENT"][1] == ["PixCam"]
    assert inputs["DPTYPE"][1] == ["image"]
    assert inputs["CALIB"][1] == ["2", "3"]
    assert inputs["FORMAT"][1] == ["application/x-votable+xml;content="
                                   "datalink"]
    assert inputs["TARGET"][1] == [] and "POLA" in inputs["POL"][1]
    units = {n: p.get("unit") for n, (p, _) in inputs.items()
             if p.get("unit")}
    assert units == {"BAND": "m", "TIME": "d", "FOV": "deg",
                     "SPATRES": "arcsec", "EXPTIME": "s", "TIMERES": "s"}
    assert inputs["BAND"][0].get("xtype") == "interval"
    assert inputs["CALIB"][0].get("datatype") == "int"


def test_capabilities(vo):
    r = vo.get(BASE + "/capabilities")
    assert r.status_code == 200
    ids = {}
    for cap in parse(r.content):
        ids[cap.get("standardID")] = cap.find("interface")
    iface = ids["ivo://ivoa.net/std/SIA#query-2.0"]
    assert iface.get("version") == "2.0" and iface.get("role") == "std"
    assert iface.find("accessURL").text == vo.url + QUERY
    assert "ivo://ivoa.net/std/VOSI#availability" in ids
    assert "ivo://ivoa.net/std/VOSI#tables-1.1" not in ids
    assert "true" in vo.get(BASE + "/availability").text


def test_listed_with_releases_that_have_images(vo):
    name = "ivo://ivoa.net/std/SIA#query-2.0"
    assert name in vo.get("/vo/pix-dr1/capabilities").text
    assert name not in vo.get("/vo/test-dr1/capabilities").text
