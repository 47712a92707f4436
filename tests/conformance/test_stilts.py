"""test_stilts.py: what STILTS, xmllint and fitsverify say of our answers."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
from urllib.parse import quote

import pytest

from pyvohttpd import xmltree

CS = "http://www.ivoa.net/xml/ConeSearch/v1.0"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

STAGES = "TMV TME TMS TMC CPV CAP AVV QGE QPO MDQ EXA"


@pytest.mark.parametrize("release", ["demo-dr1", "tycho2", "test-dr1"])
def test_taplint(vo, stilts, release):
    rc, text = stilts("taplint", "tapurl=%s/vo/tap/%s" % (vo.url, release),
                      "stages=" + STAGES, "report=EWF")
    assert rc == 0, text
    for stage in STAGES.split():
        assert "Section " + stage in text
    assert re.search(r"Errors: 0; Warnings: 0; Failures: 0", text), text


# --- VOSI ---------------------------------------------------------------------

DOCUMENTS = [
    base + what
    for base in ("/vo/demo-dr1/", "/vo/test-dr1/", "/vo/tap/demo-dr1/",
                 "/vo/cone/demo-dr1/MagABDualObj/")
    for what in ("capabilities", "availability", "tables",
                 "tables?detail=min")
] + ["/vo/%s/demo-dr1/%s" % (service, what)
     for service in ("siap", "siap2", "ssap", "datalink")
     for what in ("capabilities", "availability")
] + ["/vo/demo-dr1/tables/demo.TileImage",
     "/vo/test-dr1/tables/" + quote('test."my table"')]


# Types of capabilities whose schema STILTS has not: prefix, namespace, their own
# children in order, and those of testQuery.
FOREIGN = {
    "cs:ConeSearch": (
        CS, ["maxSR", "maxRecords", "verbosity", "testQuery"],
        ["ra", "dec", "sr"]),
    "sia:SimpleImageAccess": (
        "http://www.ivoa.net/xml/SIA/v1.1",
        ["imageServiceType", "maxRecords", "testQuery"], ["pos", "size"]),
    "ssap:SimpleSpectralAccess": (
        "http://www.ivoa.net/xml/SSA/v1.1",
        ["complianceLevel", "dataSource", "creationType", "supportedFrame",
         "maxSearchRadius", "maxRecords", "defaultMaxRecords", "testQuery"],
        ["pos", "size", "queryDataCmd"]),
}


def without_foreign_types(data):
    """What only a schema STILTS has not can tell goes, the rest is validated as
    a plain capability."""
    root = xmltree.parse(data)
    for cap in root.iter("capability"):
        kind = cap.get(XSI_TYPE)
        if kind in FOREIGN:
            namespace, children, query = FOREIGN[kind]
            assert cap.nsmap[kind.split(":")[0]] == namespace
            own = [c for c in cap if c.tag not in
                   ("validationLevel", "description", "interface")]
            assert [c.tag for c in own] == children
            assert [c.tag for c in own[-1]] == query
            for c in own:
                cap.remove(c)
            del cap.attrib[XSI_TYPE]
    return xmltree.etree.tostring(root)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_vosi_schema(vo, stilts, out, path):
    r = vo.get(path)
    assert r.status_code == 200
    doc = out / "vosi.xml"
    doc.write_bytes(without_foreign_types(r.content))
    rc, text = stilts("xsdvalidate", "uselocals=true", "doc=%s" % doc)
    assert rc == 0 and "ERROR" not in text, text


def test_schema_check_can_fail(vo, stilts, out):
    doc = out / "bad.xml"
    doc.write_bytes(vo.get("/vo/demo-dr1/tables").content.replace(
        b"<dataType", b"<dateType").replace(b"</dataType", b"</dateType"))
    rc, text = stilts("xsdvalidate", "uselocals=true", "doc=%s" % doc)
    assert rc != 0 and "ERROR" in text


# --- VOTable and FITS -----------------------------------------------------------

def votlint(stilts, path):
    rc, text = stilts("votlint", "votable=%s" % path)
    assert rc == 0, text
    return [ln for ln in text.splitlines()
            if re.match(r"(ERROR|WARNING|INFO)", ln)]


CONE = "/vo/cone/demo-dr1/%s"
WIDE = {"RA": 150, "DEC": 30, "SR": 3}
TAP = "/vo/tap/demo-dr1/sync"
VOTABLES = [
    ("cone1", CONE % "MagABDualObj", dict(WIDE, VERB=1)),
    ("cone2", CONE % "MagABDualObj", dict(WIDE, VERB=2, MAXREC=100)),
    ("cone3", CONE % "TileImage", dict(WIDE, VERB=3)),
    ("cone-none", CONE % "MagABDualObj", {"RA": 1, "DEC": -80, "SR": 0}),
    ("cone-error", CONE % "MagABDualObj", {"RA": "as3f"}),
    ("cone-binary2", CONE % "MagABDualObj", dict(
        WIDE, VERB=3, MAXREC=50, RESPONSEFORMAT="application/"
        "x-votable+xml;serialization=BINARY2")),
    ("stars", "/vo/cone/tycho2/Stars", {"RA": 10, "DEC": 10, "SR": 2,
                                        "VERB": 3}),
    ("odd-names", "/vo/cone/test-dr1/my%20table",
     {"RA": 10, "DEC": -10, "SR": 5}),
    ("nulls", "/vo/cone/test-dr1/Stars",
     {"RA": 180, "DEC": 0, "SR": 1, "VERB": 3}),
    ("tap-td", TAP, {"QUERY": "SELECT TOP 100 * FROM demo.MagABDualObj"}),
    ("tap-b", TAP, {"QUERY": "SELECT TOP 100 * FROM demo.MagABDualObj",
                    "RESPONSEFORMAT": "application/x-votable+xml;"
                    "serialization=BINARY"}),
    ("tap-b2", TAP, {"QUERY": "SELECT TOP 100 * FROM demo.TileImage",
                     "RESPONSEFORMAT": "application/x-votable+xml;"
                     "serialization=BINARY2"}),
    ("tap-overflow", TAP, {"QUERY": "SELECT * FROM demo.TileImage",
                           "MAXREC": 3}),
    ("tap-empty", TAP, {"QUERY": "SELECT * FROM demo.TileImage",
                        "MAXREC": 0}),
    ("tap-error", TAP, {"QUERY": "SELECT * FROMdemo.TileImage"}),
    ("tap-expressions", TAP, {
        "QUERY": "SELECT TOP 5 alpha_j2000 + 1, 'x' || 'y', COUNT(*) FROM"
                 " demo.MagABDualObj GROUP BY alpha_j2000"}),
    ("tap-schema", TAP, {"QUERY": "SELECT * FROM TAP_SCHEMA.columns"}),
    ("no-release", "/vo/tap/nowhere/sync", {"QUERY": "SELECT 1"}),
]


@pytest.mark.parametrize("name, path, params", VOTABLES,
                         ids=[v[0] for v in VOTABLES])
def test_votlint(vo, stilts, out, name, path, params):
    if "tap" in path:
        params = dict(params, LANG="ADQL")
    r = vo.get(path, **params)
    doc = out / (name + ".vot")
    doc.write_bytes(r.content)
    complaints = votlint(stilts, doc)
    if name.startswith(("cone", "stars", "odd", "nulls")):
        # SCS 1.03 wants UCD1 there; votlint knows only UCD1+
        complaints = [c for c in complaints if not re.search(
            "ID_MAIN|POS_EQ_RA_MAIN|POS_EQ_DEC_MAIN", c)]
    assert not complaints


def test_votlint_can_complain(vo, stilts, out):
    doc = out / "bad.vot"
    doc.write_bytes(vo.get(CONE % "TileImage", **WIDE).content.replace(
        b'datatype="double"', b'datatype="dubble"'))
    assert votlint(stilts, doc)


@pytest.mark.parametrize("path, params", [
    (CONE % "MagABDualObj", dict(WIDE, VERB=3)),
    ("/vo/cone/test-dr1/Stars", {"RA": 180, "DEC": 0, "SR": 1, "VERB": 3}),
    (TAP, {"LANG": "ADQL", "QUERY": "SELECT * FROM demo.TileImage"}),
    (TAP, {"LANG": "ADQL", "QUERY": "SELECT * FROM demo.Filter",
           "MAXREC": 0}),
    (TAP, {"LANG": "ADQL", "QUERY": "SELECT * FROM TAP_SCHEMA.tables"})])
def test_fitsverify(vo, run, out, path, params):
    r = vo.get(path, RESPONSEFORMAT="fits", **params)
    assert r.status_code == 200
    assert r.headers["Content-Type"] == "application/fits"
    doc = out / "table.fits"
    doc.write_bytes(r.content)
    rc, text = run("fitsverify", doc)
    assert rc == 0, text
    assert re.search(r"found 0 warning.* and 0 error", text), text


# --- clients -------------------------------------------------------------------

def rows_of(text):
    return len(text.strip().splitlines()) - 1


def test_stilts_cone(vo, stilts):
    rc, text = stilts("cone", "serviceurl=%s/vo/cone/demo-dr1/MagABDualObj?"
                      % vo.url, "lon=150", "lat=30", "radius=0.5",
                      "servicetype=cone", "verb=3", "ofmt=csv", "out=-")
    assert rc == 0, text
    expected = vo.sql("SELECT count(*) FROM demo_dr1.magabdualobj WHERE"
                      " sky_distance(alpha_j2000, delta_j2000, 150, 30) <= 0.5"
                      )[0][0]
    assert rows_of(text) == expected > 10
    assert "mag_auto" in text.splitlines()[0].lower()


def test_stilts_multicone(vo, stilts, out):
    """One request per row of a local table."""
    where = vo.sql("SELECT alpha_j2000, delta_j2000 FROM demo_dr1.magabdualobj"
                   " ORDER BY 1 LIMIT 5")
    table = out / "where.csv"
    table.write_text("ra,dec\n" + "".join("%r,%r\n" % p for p in where))
    rc, text = stilts("coneskymatch", "serviceurl=%s/vo/cone/demo-dr1/"
                      "MagABDualObj?" % vo.url, "in=%s" % table, "ifmt=csv",
                      "ra=ra", "dec=dec", "sr=0.0003", "find=best",
                      "parallel=1", "ofmt=csv", "out=-")
    assert rc == 0, text
    assert rows_of("\n".join(ln for ln in text.splitlines()
                             if "," in ln)) == 5


@pytest.mark.parametrize("query", [
    "SELECT TOP 2 0, class_star, mag_auto, flags[5], flags FROM"
    " demo.magabdualobj",
    "SELECT * FROM filter",
    "SELECT COUNT(*) AS n FROM demo.MagABDualObj WHERE 1=CONTAINS(POINT("
    "'ICRS', alpha_j2000, delta_j2000), CIRCLE('ICRS', 150, 30, 0.5))"])
def test_stilts_tapquery(vo, stilts, query):
    rc, text = stilts("tapquery", "sync=true", "ofmt=csv", "out=-",
                      "tapurl=%s/vo/tap/demo-dr1" % vo.url, "adql=" + query)
    assert rc == 0, text
    assert rows_of(text) >= 1


def test_stilts_tells_our_error(vo, stilts):
    rc, text = stilts("tapquery", "sync=true", "ofmt=csv", "out=-",
                      "tapurl=%s/vo/tap/demo-dr1" % vo.url,
                      "adql=SELECT * FROMdemo.TileImage", "parse=false")
    assert rc != 0
    assert "FROMdemo" in text or "line 1" in text
