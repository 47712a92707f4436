"""test_ssap_10_query.py: searching the spectra of a release, SSAP 1.1.

What is expected is computed from the seeded table.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import numpy as np
import pytest

from pyvohttpd import seed
from pyvohttpd.xmltree import VOT, VOTable

SSAP = "/vo/ssap/test-dr1"
COLS = seed.stars()
PREFIX = "ivo://x-unregistered/test-dr1?photospec/auto/"

# SSAP 1.1: what must be there, and what a client may count on
UTYPES = """Query.Score Access.Reference Access.Format Access.Size
Dataset.DataModel Dataset.Length DataID.Title DataID.Creator DataID.Collection
DataID.CreatorDID DataID.DataSource DataID.CreationType Curation.Publisher
Curation.PublisherDID Curation.Reference CoordSys.SpaceFrame.Name
Char.FluxAxis.Ucd Char.FluxAxis.Unit Char.SpectralAxis.Ucd
Char.SpectralAxis.Unit Char.SpatialAxis.Coverage.Location.Value
Char.SpatialAxis.Coverage.Bounds.Extent Char.TimeAxis.Coverage.Location.Value
Char.TimeAxis.Coverage.Bounds.Extent Char.SpectralAxis.Coverage.Location.Value
Char.SpectralAxis.Coverage.Bounds.Extent
Char.SpectralAxis.Coverage.Bounds.Start Char.SpectralAxis.Coverage.Bounds.Stop
Char.FluxAxis.Calibration Char.SpectralAxis.Calibration
Char.SpectralAxis.Resolution Target.Name Target.Pos""".split()


class Answer(VOTable):
    """Rows as dicts by utype, without the prefix."""

    def __init__(self, data):
        super().__init__(data)
        self.utypes = [f.get("utype") for f in self.fields]
        assert {n for n, u in zip(self.names, self.utypes)
                if not (u or "").startswith("ssa:")} == {"ra", "dec"}
        self.found = [{(u or "ssa:" + n)[4:]: v for n, u, v in
                       zip(self.names, self.utypes, row)}
                      for row in self.rows]

    def objects(self):
        """Names of the objects, each with its rows' formats."""
        out = {}
        for row in self.found:
            out.setdefault(row["Target.Name"], []).append(
                row["Access.Format"])
        return out


def query(vo, **params):
    r = vo.get(SSAP, REQUEST="queryData", **params)
    assert r.status_code == 200, r.text
    assert r.headers["Content-Type"] == "application/x-votable+xml"
    return Answer(r.content)


def error(vo, path=SSAP, **params):
    """The message of an error document, under 200 as SSAP has it."""
    r = vo.get(path, **params)
    assert r.status_code == 200
    t = VOTable(r.content)
    assert t.status() == ["ERROR"] and not t.tables
    return t.message()


def inside(ra, dec, size):
    """Names of the objects within a circle of diameter SIZE."""
    a, d = np.radians(COLS["ra"]), np.radians(COLS["dec"])
    a0, d0 = np.radians(ra), np.radians(dec)
    dist = 2 * np.arcsin(np.sqrt(
        np.sin((d - d0) / 2) ** 2
        + np.cos(d) * np.cos(d0) * np.sin((a - a0) / 2) ** 2))
    return {str(i) for i in
            COLS["object_id"][np.degrees(dist) <= size / 2 + 1e-9]}


@pytest.mark.parametrize("ra, dec, size", [
    (180, 0, 0.5), (0, 0, 0.3), (359.99, 0, 0.2), (0, 90, 4), (123, -90, 3),
    (40, 30, 1), (10, 10, 0.001), (77, -89, 30)])
def test_cone(vo, ra, dec, size):
    """SIZE is a diameter; both formats of every object, linked."""
    t = query(vo, POS="%s,%s" % (ra, dec), SIZE=size)
    got = t.objects()
    assert set(got) == inside(ra, dec, size)
    for formats in got.values():
        assert sorted(formats) == ["application/fits",
                                   "application/x-votable+xml"]


def test_default_size(vo, conf_now):
    assert set(query(vo, POS="40,30").objects()) == inside(40, 30, 1 / 60)
    conf_now("SSAPSize 0.6")
    assert set(query(vo, POS="40,30").objects()) == inside(40, 30, 0.6)


def test_columns(vo):
    t = query(vo, POS="40,30", SIZE=0.1)
    assert {"ssa:" + u for u in UTYPES} <= set(t.utypes)
    assert len(t.utypes) == len(set(t.utypes)) + 1
    assert ("SERVICE_PROTOCOL", "1.1", "SSAP") in t.infos
    assert t.resources[0].get("type") == "results"
    row = t.found[0]
    assert row["Dataset.DataModel"] == "Spectrum-1.0"
    assert row["Curation.PublisherDID"] == PREFIX + row["Target.Name"]
    assert row["DataID.DataSource"] == "survey"
    assert row["DataID.CreationType"] == "catalogExtraction"
    assert row["Curation.Publisher"] == "Test Observatory"
    assert int(row["Dataset.Length"]) == 12
    i = list(COLS["object_id"]).index(int(row["Target.Name"]))
    where = "%r %r" % (float(COLS["ra"][i]), float(COLS["dec"][i]))
    assert [float(v) for v in where.split()] == [
        float(v) for v in row["Target.Pos"].split()] == [
            float(row["ra"]), float(row["dec"])]
    lo, hi = 4000 - 110, 9500 + 55  # the filters 12 and 1
    assert float(row["Char.SpectralAxis.Coverage.Bounds.Start"]) == (
        pytest.approx(lo * 1e-10))
    assert float(row["Char.SpectralAxis.Coverage.Bounds.Stop"]) == (
        pytest.approx(hi * 1e-10))
    assert float(row["Char.SpectralAxis.Coverage.Bounds.Extent"]) == (
        pytest.approx((hi - lo) * 1e-10))
    assert float(row["Char.SpectralAxis.Coverage.Location.Value"]) == (
        pytest.approx((hi + lo) / 2 * 1e-10))
    assert float(row["Char.SpatialAxis.Coverage.Bounds.Extent"]) == (
        pytest.approx(0.001))
    assert float(row["Char.TimeAxis.Coverage.Location.Value"]) == 58050
    assert {r["Association.Type"] for r in t.found} == {"MultiFormat"}
    assert len({r["Association.ID"] for r in t.found}) == len(t.objects())


@pytest.mark.parametrize("fmt, formats", [
    ("all", "fv"), ("ALL", "fv"), ("compliant", "fv"), ("native", ""),
    ("graphic", ""), ("votable", "v"), ("xml", "v"), ("FITS", "f"),
    ("application/fits", "f"), ("application/x-votable+xml", "v"),
    ("text/xml,application/fits", "fv"), ("image/png", ""), ("", "fv")])
def test_format(vo, fmt, formats):
    t = query(vo, POS="40,30", SIZE=0.1, FORMAT=fmt)
    assert t.status() == ["OK"]
    kinds = {"application/fits": "f", "application/x-votable+xml": "v"}
    assert "".join(sorted({kinds[r["Access.Format"]]
                           for r in t.found})) == formats
    assert len(t.rows) == len(formats)


@pytest.mark.parametrize("band, found", [
    ("5e-7", True), ("5.05e-7/5.2e-7", True), ("1e-6/", False), ("/4e-7", True),
    ("9.6e-7", False), ("1e-3,5e-7", True), ("/", True), ("F3", True),
    ("Optical", True), ("radio", False), ("5e-7;observer", True),
    # between two filters there is nothing
    ("5.25e-7", False), ("5.2e-7/5.3e-7", False)])
def test_band(vo, band, found):
    t = query(vo, POS="40,30", SIZE=0.1, BAND=band)
    assert bool(t.rows) == found


@pytest.mark.parametrize("when, found", [
    ("2017", True), ("2016", False), ("2017-09", True), ("2017-08", False),
    ("2017-09-03/2017-09-05", True), ("2017-09-04", True),
    ("2017-12-13", True), ("2017-12-14", False), ("/2017-09-03", False),
    ("2017-12-12T00:00:00Z/", True), ("2018/", False), ("2010,2017", True),
    ("2017-09-03T23:59:59.5", False), ("2017-09-04T00:00", True)])
def test_time(vo, when, found):
    """MJD 58000 is 2017-09-04, 58100 is 2017-12-13."""
    t = query(vo, POS="40,30", SIZE=0.1, TIME=when)
    assert bool(t.rows) == found


@pytest.mark.parametrize("params, found", [
    ({"SPECRP": "10"}, True), ({"SPECRP": "1000"}, False),
    ({"COLLECTION": "Release test"}, True), ({"COLLECTION": "RELEASE"}, True),
    ({"COLLECTION": "other"}, False), ({"FLUXCALIB": "absolute"}, True),
    ({"FLUXCALIB": "any"}, True), ({"FLUXCALIB": "relative"}, False),
    ({"WAVECALIB": "Absolute"}, True), ({"WAVECALIB": "relative"}, False),
    ({"MTIME": "1999"}, False), ({"MTIME": "2000/"}, True),
    ({"VERSION": "1.1"}, True), ({"VERSION": "1.0"}, True),
    ({"UNKNOWN": "x", "SPATRES": "y", "APERTURE": "", "COMPRESS": ""}, True),
    ({"request": "QUERYDATA"}, True)])
def test_other_parameters(vo, params, found):
    r = vo.get(SSAP, **dict({"POS": "40,30", "SIZE": 0.1}, **params))
    t = Answer(r.content)
    assert t.status() == ["OK"] and bool(t.rows) == found


def test_names(vo):
    ids = [str(COLS["object_id"][i]) for i in (3, 77, 4999)]
    t = query(vo, TARGETNAME=",".join(ids + ["nobody", "12"]))
    assert set(t.objects()) == set(ids)
    for name in ("PUBDID", "CREATORDID"):
        t = query(vo, **{name: PREFIX + ids[0]})
        assert set(t.objects()) == {ids[0]}
    t = query(vo, PUBDID=",".join(PREFIX + i for i in ids), FORMAT="fits")
    assert len(t.rows) == 3
    for bad in ("ivo://x-unregistered/test-dr1?photospec/nope/1", "x",
                PREFIX, PREFIX + "1.5", PREFIX + "0x1", PREFIX + "1/2",
                PREFIX + "99999999999999999999"):
        t = query(vo, PUBDID=bad)
        assert not t.rows and t.status() == ["OK"]
    # together with a position both count
    t = query(vo, PUBDID=PREFIX + ids[0], POS="%r,%r" % (
        float(COLS["ra"][3]), float(COLS["dec"][3])), SIZE=0.01)
    assert set(t.objects()) == {ids[0]}
    assert not query(vo, PUBDID=PREFIX + ids[0], POS="180,0", SIZE=2).rows or (
        ids[0] in inside(180, 0, 2))


def test_top(vo):
    """The nearest, nearest first."""
    t = query(vo, POS="180,0", SIZE=2, FORMAT="fits", TOP=5)
    a, d = COLS["ra"][:1000] - 180, COLS["dec"][:1000]
    nearest = np.argsort(a * a * np.cos(np.radians(d)) ** 2 + d * d)[:5]
    assert [r["Target.Name"] for r in t.found] == [
        str(COLS["object_id"][i]) for i in nearest]
    scores = [float(r["Query.Score"]) for r in t.found]
    assert scores == sorted(scores, reverse=True)
    assert t.status() == ["OK"]
    t = query(vo, POS="180,0", SIZE=2, TOP=5, MAXREC=3)
    assert len(t.rows) == 3 and t.status()[-1] == "OVERFLOW"


def test_maxrec(vo, conf_now):
    n = len(inside(180, 0, 0.5))
    t = query(vo, POS="180,0", SIZE=0.5, FORMAT="fits", MAXREC=n)
    assert len(t.rows) == n and t.status() == ["OK"]
    t = query(vo, POS="180,0", SIZE=0.5, FORMAT="fits", MAXREC=n - 1)
    assert len(t.rows) == n - 1 and t.status() == ["OK", "OVERFLOW"]
    t = query(vo, MAXREC=0)
    assert not t.rows and t.status()[-1] == "OVERFLOW"
    conf_now('<Location "/vo/ssap/test-dr1">\nSSAPMaxRec 4 6\n</Location>')
    assert len(query(vo, POS="180,0", SIZE=1).rows) == 4
    assert len(query(vo, POS="180,0", SIZE=1, MAXREC=100).rows) == 6


def test_all_of_them(vo):
    t = query(vo, FORMAT="votable", MAXREC=100000)
    assert set(t.objects()) == {str(i) for i in COLS["object_id"]}
    assert t.status() == ["OK"]


@pytest.mark.parametrize("params, word", [
    ({"REQUEST": "getData"}, "getData"), ({"VERSION": "2.0"}, "2.0"),
    ({"POS": "1"}, "POS"), ({"POS": "1,2,3"}, "POS"), ({"POS": "a,b"}, "POS"),
    ({"POS": "400,0"}, "400"), ({"POS": "0,91"}, "91"),
    ({"POS": "1,2;GALACTIC_II"}, "GALACTIC_II"), ({"SIZE": "-1"}, "SIZE"),
    ({"SIZE": "wide"}, "wide"), ({"BAND": "x"}, "BAND"),
    ({"BAND": "2/1"}, "2/1"), ({"BAND": "-1"}, "-1"),
    ({"BAND": "5e-7;source"}, "source"), ({"TIME": "2017-13"}, "2017-13"),
    ({"TIME": "yesterday"}, "yesterday"), ({"TIME": "2017-02-30"}, "30"),
    ({"TIME": "2018/2017"}, "2018/2017"), ({"FORMAT": "nice"}, "nice"),
    ({"SPECRP": "x"}, "SPECRP"), ({"TOP": "0"}, "TOP"),
    ({"MAXREC": "-1"}, "MAXREC"), ({"FLUXCALIB": "good"}, "good"),
    ({"MTIME": "x"}, "MTIME"), ({"POS": ["1,2", "1,2"]}, "POS"),
    ({"RESPONSEFORMAT": "nonsense"}, "nonsense")])
def test_bad_values(vo, params, word):
    assert word in error(vo, **params)


@pytest.mark.parametrize("value", [
    "1,2;DROP TABLE test_dr1.stars", "1' OR '1'='1", "{1,2}", "a\\\"b",
    PREFIX + "1' OR '1'='1", PREFIX + "{}", "'||pg_sleep(5)||'"])
def test_injection(vo, value):
    for name in ("POS", "SIZE", "BAND", "TIME", "PUBDID", "TARGETNAME",
                 "COLLECTION", "MAXREC", "FORMAT"):
        t = VOTable(vo.get(SSAP, **{name: value}).content)
        assert t.status()[0] == "ERROR" or not t.rows, name
    assert vo.sql("SELECT count(*) FROM test_dr1.stars") == [(seed.NSTARS,)]


def test_metadata(vo):
    r = vo.get(SSAP, REQUEST="queryData", FORMAT="METADATA", POS="180,0")
    t = Answer(r.content)
    assert t.status() == ["OK"] and not t.rows and t.fields
    inputs = {p.get("name")[6:]: p for p in t.root.iter(VOT + "PARAM")
              if p.get("name").startswith("INPUT:")}
    assert {"POS", "SIZE", "BAND", "TIME", "FORMAT", "SPECRP", "TARGETNAME",
            "PUBDID", "COLLECTION", "TOP", "MAXREC", "MTIME"} <= set(inputs)
    assert float(inputs["SIZE"].get("value")) == pytest.approx(1 / 60)
    # no other parameter matters then
    assert Answer(vo.get(SSAP, FORMAT="metadata", MAXREC="0").content).fields


def test_every_input_is_read(vo):
    """What the service says it can be asked, it reads."""
    t = Answer(vo.get(SSAP, FORMAT="metadata").content)
    for p in t.root.iter(VOT + "PARAM"):
        name = p.get("name")
        if not name.startswith("INPUT:") or name[6:] in (
                "TARGETNAME", "PUBDID", "CREATORDID", "COLLECTION"):
            continue
        assert "(((" in error(vo, **{name[6:]: "((("})


def test_datalink_of_the_rows(vo):
    t = query(vo, POS="40,30", SIZE=0.1)
    meta, = [r for r in t.resources if r.get("type") == "meta"]
    said = {p.get("name"): p.get("value")
            for p in meta.findall(VOT + "PARAM")}
    assert said["accessURL"] == vo.url + "/vo/datalink/test-dr1/links"
    ref, = {p.get("ref") for p in meta.iter(VOT + "PARAM") if p.get("ref")}
    did, = [f for f in t.fields if f.get("ID") == ref]
    assert did.get("utype") == "ssa:Curation.PublisherDID"


def test_post_and_head(vo):
    params = {"REQUEST": "queryData", "POS": "40,30", "SIZE": "1"}
    assert vo.post(SSAP, data=params).content == vo.get(
        SSAP, **params).content
    r = vo.request("HEAD", SSAP, params=params)
    assert r.status_code == 200 and r.content == b""
    assert vo.request("PUT", SSAP).status_code == 405
    r = vo.request("OPTIONS", SSAP, headers={
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET"})
    assert r.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", [
    "/vo/ssap", "/vo/ssap/", "/vo/ssap/nowhere", "/vo/ssap/test-dr2",
    "/vo/ssap/test-private", "/vo/ssap/test-dr1/nothing",
    "/vo/ssap/test-dr1/spectrum/x"])
def test_what_is_not_there(vo, path):
    assert vo.get(path, POS="40,30").status_code == 404


@pytest.mark.parametrize("line", [
    "SSAPSize 0", "SSAPSize 361", "SSAPSize wide", "SSAPMaxRec 5",
    "SSAPMaxRec 5 4", "SSAPMaxRec 0 5", "SSAPTimeout 0", "SSAPTimeout x"])
def test_bad_directives(vo, line):
    ok, text = vo.configtest(line)
    assert not ok and line.split()[0] in text


def test_directives_merge(vo, conf_now):
    port = vo.url.rsplit(":", 1)[1]
    conf_now("""
SSAPMaxRec 2 9
SSAPSize 0.6
<Location "/vo/ssap">
    SSAPTimeout 7
</Location>
<VirtualHost 127.0.0.1:%s>
    ServerName main.test
</VirtualHost>
<VirtualHost 127.0.0.1:%s>
    ServerName other.test
    SSAPMaxRec 4 5
</VirtualHost>
""" % (port, port))
    for host, n in (("main.test", 2), ("other.test", 4)):
        r = vo.request("GET", SSAP, params={"POS": "180,0"},
                       headers={"Host": host})
        assert len(VOTable(r.content).rows) == n


def test_slow_query_is_stopped(vo, conf_now, expect_log):
    conf_now("SSAPTimeout 1")
    expect_log("took longer")
    conn = vo.connect()
    conn.autocommit = False
    try:
        conn.cursor().execute("LOCK TABLE test_dr1.stars")
        r = vo.get(SSAP, POS="40,30")
    finally:
        conn.rollback()
        conn.close()
    assert r.status_code >= 400
    assert VOTable(r.content).status() == ["ERROR"]


def test_vosi(vo):
    r = vo.get(SSAP + "/capabilities")
    assert "ssap:SimpleSpectralAccess" in r.text
    assert vo.url + SSAP + "?</accessURL>" in r.text
    assert "ivo://ivoa.net/std/SSA" in vo.get("/vo/test-dr1/capabilities").text
    assert "std/SSA" not in vo.get("/vo/test-dr2/capabilities").text
    assert ">true<" in vo.get(SSAP + "/availability").text


def wait_for(vo, status):
    """Until a change in the database is seen (5 s)."""
    end = time.monotonic() + 20
    while vo.get(SSAP, POS="40,30").status_code != status:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_column_away_for_a_while(vo):
    """Spectra of a column that is gone are gone, and come back with it."""
    assert query(vo, POS="40,30", SIZE=0.1).rows
    vo.sql("UPDATE vo.photospec SET value_column = 'lost'"
           " WHERE release_id = 'test-dr1'")
    try:
        wait_for(vo, 404)
    finally:
        vo.sql("UPDATE vo.photospec SET value_column = 'MAG_AUTO'"
               " WHERE release_id = 'test-dr1'")
    wait_for(vo, 200)
    assert query(vo, POS="40,30", SIZE=0.1).rows
