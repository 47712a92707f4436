"""test_scs.py: Simple Cone Search 1.03, against all rows by numpy."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io
import threading

import numpy as np
import pytest
import requests
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.io.votable import parse as parse_votable

from pyvohttpd import seed
from pyvohttpd.xmltree import VOT, VOTable

STARS = "/vo/cone/test-dr1/Stars"
COLS = seed.stars()
SKY = SkyCoord(COLS["ra"], COLS["dec"], unit="deg")


def truth(ra, dec, sr):
    """Identifiers within SR, and those too near the boundary to tell."""
    d = SkyCoord(ra, dec, unit="deg").separation(SKY).deg
    inside = {str(i) for i in COLS["object_id"][d <= sr - 1e-10]}
    edge = {str(i) for i in COLS["object_id"][np.abs(d - sr) < 1e-10]}
    return inside, edge


def cone(vo, path=STARS, **params):
    r = vo.get(path, **params)
    assert r.status_code == 200, r.text
    assert r.headers["Content-Type"] == "application/x-votable+xml"
    return VOTable(r.content)


def ids(table):
    return table.column(table.by_ucd("ID_MAIN"))


def without_date(r):
    return [ln for ln in r.text.splitlines() if "request_date" not in ln]


CONES = [(180, 0, 0.1), (180, 0, 2), (0, 0, 0.05), (360, 0, 0.05),
         (359.9999, 0.0001, 0.02), (10, 90, 1), (200, -90, 0.5),
         (77, -89.5, 1), (40, 30, 0.25), (120, 45, 20), (266, -29, 100),
         (0, 0, 180), (12.3, -45.6, 179.5), (40, 30, 1e-6)]


@pytest.mark.parametrize("ra, dec, sr", CONES)
def test_finds_exactly_the_rows_inside(vo, ra, dec, sr):
    t = cone(vo, RA=ra, DEC=dec, SR=sr)
    found = ids(t)
    assert len(found) == len(set(found))
    inside, edge = truth(ra, dec, sr)
    assert inside <= set(found) <= inside | edge
    assert t.status() == ["OK"]


def test_random_cones(vo):
    rng = np.random.default_rng(1)
    for _ in range(60):
        ra = rng.uniform(0, 360)
        dec = float(np.degrees(np.arcsin(rng.uniform(-1, 1))))
        sr = 10 ** rng.uniform(-2, 2)
        found = set(ids(cone(vo, RA=ra, DEC=dec, SR=sr, VERB=1)))
        inside, edge = truth(ra, dec, sr)
        assert inside <= found <= inside | edge, (ra, dec, sr)


def test_boundary_belongs_to_the_cone(vo):
    for sr, n in ((0.25, 3), (0.5, 4), (0.2499999, 1)):
        assert len(cone(vo, RA=40, DEC=30, SR=sr).rows) == n


def test_radius_zero_is_no_error(vo):
    t = cone(vo, RA=0, DEC=90, SR=0)
    assert t.status() == ["OK"] and len(t.fields) >= 3
    t = cone(vo, RA=1.5, DEC=1.5, SR=0)
    assert t.rows == [] and t.status() == ["OK"]
    assert not [n for n, *_ in t.infos if n == "Error"]


@pytest.mark.parametrize("verb, names", [
    (1, ["object_id", "RA", "Dec"]),
    (2, ["object_id", "RA", "Dec", "mag", "MAG_AUTO"]),
    (None, ["object_id", "RA", "Dec", "mag", "MAG_AUTO"]),
    (3, [c[0] for c in seed.STARS])])
def test_verbosity(vo, verb, names):
    params = {"RA": 180, "DEC": 0, "SR": 1}
    if verb:
        params["VERB"] = verb
    t = cone(vo, **params)
    assert t.names == names
    for ucd, dtype in (("ID_MAIN", "char"), ("POS_EQ_RA_MAIN", "double"),
                       ("POS_EQ_DEC_MAIN", "double")):
        f = t.field(t.by_ucd(ucd))
        assert f.get("datatype") == dtype
        assert f.get("arraysize") == ("*" if dtype == "char" else None)
    assert not [f for f in t.fields if (f.get("ucd") or "").endswith(
        "meta.main")]
    assert t.field("RA").get("unit") == t.field("Dec").get("unit") == "deg"
    assert "" not in ids(t)


def test_document(vo):
    """One RESOURCE, one TABLE, ICRS with the epoch, all FIELDs described."""
    t = cone(vo, RA=180, DEC=0, SR=1, VERB=3)
    assert len(t.resources) == 1 and len(t.tables) == 1
    coosys = t.root.findall(".//" + VOT + "COOSYS")
    assert [(c.get("system"), c.get("epoch")) for c in coosys] == [
        ("ICRS", "J2016")]
    for name in ("RA", "Dec"):
        assert t.field(name).get("ref") == coosys[0].get("ID")
    for f in t.fields:
        assert f.findtext(VOT + "DESCRIPTION")
    assert t.field("MAG_AUTO").get("arraysize") == "12"
    assert t.field("mag").get("arraysize") is None


def test_values(vo):
    """Every cell of every row is what was stored."""
    t = cone(vo, RA=180, DEC=0, SR=0.3, VERB=3)
    assert len(t.rows) > 20
    where = {str(v): i for i, v in enumerate(COLS["object_id"])}
    for row in t.rows:
        i = where[row[0]]
        assert float(row[1]) == COLS["ra"][i]
        assert float(row[2]) == COLS["dec"][i]
        if COLS["mag"][i] is None:
            assert row[3] in ("", "NaN")
        else:
            assert np.float32(row[3]) == np.float32(COLS["mag"][i])
        assert [np.float32(x) for x in row[4].split()] == [
            np.float32(x) for x in COLS["mag_auto"][i]]
        assert [int(x) for x in row[5].split()] == COLS["flags"][i]
        assert row[6] == (COLS["name"][i] or "")
        assert row[7].lower() in {None: ("", "?"), True: ("true", "t", "1"),
                                  False: ("false", "f", "0")}[
                                      COLS["is_variable"][i]]
        assert row[8] == COLS["observed"][i].replace(" ", "T")
        assert row[9].startswith("Circle ICRS") or row[9] == ""


@pytest.mark.parametrize("params, word", [
    ({}, "RA"), ({"RA": 1}, "DEC"), ({"RA": 1, "DEC": 1}, "SR"),
    ({"RA": "as3f", "DEC": 1, "SR": 1}, "as3f"),
    ({"RA": 1, "DEC": 91, "SR": 1}, "91"),
    ({"RA": 1, "DEC": -90.0001, "SR": 1}, "-90"),
    ({"RA": 361, "DEC": 1, "SR": 1}, "361"),
    ({"RA": -1, "DEC": 1, "SR": 1}, "-1"),
    ({"RA": 1, "DEC": 1, "SR": -1}, "-1"),
    ({"RA": 1, "DEC": 1, "SR": 181}, "181"),
    ({"RA": "10:20:30", "DEC": 1, "SR": 1}, "10:20:30"),
    ({"RA": "NaN", "DEC": 1, "SR": 1}, "NaN"),
    ({"RA": "1e400", "DEC": 1, "SR": 1}, "1e400"),
    ({"RA": "0x10", "DEC": 1, "SR": 1}, "0x10"),
    ({"RA": 1, "DEC": "", "SR": 1}, "DEC"),
    ({"RA": [1, 1], "DEC": 1, "SR": 1}, "RA"),
    ({"RA": 1, "DEC": 1, "SR": 1, "VERB": 9}, "9"),
    ({"RA": 1, "DEC": 1, "SR": 1, "VERB": "x"}, "x"),
    ({"RA": 1, "DEC": 1, "SR": 1, "MAXREC": -1}, "-1"),
    ({"RA": 1, "DEC": 1, "SR": 1, "RESPONSEFORMAT": "nonsense"}, "nonsense"),
    ({"RA": "<x>&\"'", "DEC": 1, "SR": 1}, "<x>&"),
])
def test_bad_input(vo, params, word):
    """SCS 1.03, 2.3: a VOTable under 200 with one element called Error; DALI's
    status besides."""
    r = vo.get(STARS, **params)
    assert r.status_code == 200
    assert r.headers["Content-Type"] in ("text/xml",
                                         "application/x-votable+xml")
    t = VOTable(r.content)
    errors = [e for e in t.root.iter() if e.get("name") == "Error"
              or e.get("ID") == "Error"]
    assert len(errors) == 1
    assert errors[0].tag == VOT + "INFO"
    assert errors[0].getparent().tag in (VOT + "VOTABLE", VOT + "RESOURCE")
    assert word in errors[0].get("value")
    assert t.status() == ["ERROR"] and word in t.message()
    assert len(t.resources) == 1 and not t.tables


@pytest.mark.parametrize("params", [
    {"ra": 180, "dec": 0, "sr": 0.5}, {"Ra": "1.8e2", "dEC": "+0", "SR": ".5"},
    {"RA": " 180 ", "DEC": "-0", "SR": "0.5", "cat": "x", "RUNID": "42"}])
def test_spellings(vo, params):
    inside, _ = truth(180, 0, 0.5)
    assert set(ids(cone(vo, **params))) == inside


def test_raw_plus_sign(vo):
    r = vo.get(STARS + "?RA=+180&DEC=%2B0&SR=0.5")
    assert set(ids(VOTable(r.content))) == truth(180, 0, 0.5)[0]


def test_post(vo):
    query = {"RA": 180, "DEC": 0, "SR": 0.5}
    r = vo.post(STARS, data=query)
    assert without_date(r) == without_date(vo.get(STARS, **query))
    r = vo.post(STARS, files={k: (None, str(v)) for k, v in query.items()})
    assert set(ids(VOTable(r.content))) == truth(180, 0, 0.5)[0]


@pytest.mark.parametrize("maxrec, n, overflow", [
    (0, 0, True), (1, 1, True), (99, 99, True), (10 ** 9, None, False)])
def test_maxrec(vo, maxrec, n, overflow):
    t = cone(vo, RA=180, DEC=0, SR=0.5, MAXREC=maxrec)
    inside, _ = truth(180, 0, 0.5)
    assert len(inside) > 100
    assert len(t.rows) == (len(inside) if n is None else n)
    assert t.status()[-1] == ("OVERFLOW" if overflow else "OK")
    assert set(ids(t)) <= inside


def test_maxrec_that_just_fits(vo):
    inside, _ = truth(180, 0, 0.5)
    t = cone(vo, RA=180, DEC=0, SR=0.5, MAXREC=len(inside))
    assert len(t.rows) == len(inside) and t.status() == ["OK"]


def test_limits_of_the_configuration(vo, conf_now):
    conf_now('<Location "/vo/cone/test-dr1">\nSCSMaxRec 7\nSCSMaxRadius 2.5\n'
            '</Location>')
    t = cone(vo, RA=180, DEC=0, SR=2)
    assert len(t.rows) == 7 and t.status()[-1] == "OVERFLOW"
    assert len(cone(vo, RA=180, DEC=0, SR=2, MAXREC=100).rows) == 7
    r = vo.get(STARS, RA=180, DEC=0, SR=2.6)
    assert VOTable(r.content).status() == ["ERROR"] and "2.5" in r.text
    caps = vo.get(STARS + "/capabilities").text
    assert "<maxSR>2.5</maxSR>" in caps
    assert "<maxRecords>7</maxRecords>" in caps
    # the other release has the defaults still
    assert len(cone(vo, "/vo/cone/test-dr2/Stars", RA=180, DEC=0,
                    SR=2).rows) > 7


@pytest.mark.parametrize("line", [
    "SCSMaxRadius 0", "SCSMaxRadius 180.1", "SCSMaxRadius wide",
    "SCSMaxRec 0", "SCSMaxRec 1e9", "SCSTimeout 0", "SCSTimeout 86401",
    "SCSTimeout"])
def test_bad_directives(vo, line):
    ok, text = vo.configtest(line)
    assert not ok and line.split()[0] in text


def test_formats(vo):
    query = {"RA": 180, "DEC": 0, "SR": 0.3, "VERB": 3}
    inside, _ = truth(180, 0, 0.3)

    r = vo.get(STARS, RESPONSEFORMAT="csv", **query)
    assert r.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(r.text)))
    assert {row["object_id"] for row in rows} == inside
    assert list(rows[0]) == [c[0] for c in seed.STARS]

    r = vo.get(STARS, RESPONSEFORMAT="text/xml", **query)
    assert r.headers["Content-Type"] == "text/xml"
    assert set(ids(VOTable(r.content))) == inside

    r = vo.get(STARS, **query, RESPONSEFORMAT=(
        "application/x-votable+xml; serialization=BINARY2"))
    t = parse_votable(io.BytesIO(r.content)).get_first_table().to_table()
    assert set(t["object_id"]) == inside
    assert t["MAG_AUTO"].shape == (len(inside), 12)

    r = vo.get(STARS, RESPONSEFORMAT="fits", **query)
    with fits.open(io.BytesIO(r.content)) as hdus:
        assert set(hdus[1].data["object_id"]) == inside


def test_head(vo):
    r = vo.request("HEAD", STARS, params={"RA": 1, "DEC": 1, "SR": 1})
    assert r.status_code == 200 and r.content == b""
    assert r.headers["Content-Type"] == "application/x-votable+xml"


def test_methods(vo):
    for method in ("PUT", "DELETE", "PATCH"):
        r = vo.request(method, STARS)
        assert r.status_code == 405
        assert {"GET", "POST"} <= set(r.headers["Allow"].replace(
            ",", " ").split())
    r = vo.request("OPTIONS", STARS, headers={
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET"})
    assert r.status_code in (200, 204)
    assert r.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", ["stars", "STARS", "test.Stars",
                                  "TEST.stars", "Stars/"])
def test_table_names(vo, name):
    t = cone(vo, "/vo/cone/test-dr1/" + name, RA=180, DEC=0, SR=0.5)
    assert set(ids(t)) == truth(180, 0, 0.5)[0]


@pytest.mark.parametrize("path", [
    "/vo/cone", "/vo/cone/", "/vo/cone/test-dr1", "/vo/cone/test-dr1/",
    "/vo/cone/test-dr1/Plain", "/vo/cone/test-dr1/tap_tables",
    "/vo/cone/test-dr1/TAP_SCHEMA.tables", "/vo/cone/test-dr1/pg_class",
    "/vo/cone/test-dr1/test_dr2.stars", "/vo/cone/test-private/Stars",
    "/vo/cone/test-embargo/Stars", "/vo/cone/test-staged/Stars",
    "/vo/cone/test-retired/Stars", "/vo/cone/TEST-DR1/Stars",
    "/vo/cone/test-dr1/Stars/nothing", "/vo/cone/test-dr1/Stars/sync"])
def test_what_is_not_there(vo, path):
    r = vo.get(path, RA=180, DEC=0, SR=1)
    assert r.status_code == 404
    assert "Circle ICRS" not in r.text


def test_unknown_table_names_the_known(vo):
    r = vo.get("/vo/cone/test-dr1/Nope", RA=180, DEC=0, SR=1)
    assert r.status_code == 404
    assert "Nope" in r.text and "test.Stars" in r.text


def test_releases_do_not_mix(vo):
    """The same table name in two releases: each its own rows."""
    one = set(ids(cone(vo, RA=180, DEC=0, SR=180)))
    two = set(ids(cone(vo, "/vo/cone/test-dr2/Stars", RA=180, DEC=0, SR=180)))
    assert len(one) == seed.NSTARS and len(two) == 1200
    assert two < one


def test_identifier_of_several_columns(vo):
    """No single identifier: the pair of columns, unique over the table."""
    t = cone(vo, "/vo/cone/test-dr1/Objects", RA=0, DEC=0, SR=180)
    found = ids(t)
    assert len(found) == seed.NSTARS == len(set(found))
    i, j = t.names.index("TILE_ID"), t.names.index("NUMBER")
    for row, main in zip(t.rows, found):
        assert main == row[i] + "-" + row[j]


def test_odd_names(vo):
    t = cone(vo, "/vo/cone/test-dr1/my%20table", RA=10, DEC=-10, SR=1.5)
    assert t.names == ["id of it", "select", "de"]
    assert sorted(ids(t)) == ["id10", "id11", "id9"]
    for f in t.fields:
        assert " " not in f.get("ID", "")


@pytest.mark.parametrize("value", [
    "1;DROP TABLE test_dr1.stars", "1' OR '1'='1", "1)--", "{1,2}",
    "1%00", "pg_sleep(5)"])
def test_injection(vo, value):
    for name in ("RA", "DEC", "SR", "MAXREC", "VERB"):
        params = {"RA": 1, "DEC": 1, "SR": 1, name: value}
        t = VOTable(vo.get(STARS, **params).content)
        assert t.status() == ["ERROR"], (name, value)
    assert vo.sql("SELECT count(*) FROM test_dr1.stars") == [(seed.NSTARS,)]


def test_many_clients_at_once(vo):
    """Role and parameters of one request never reach another."""
    failed = []

    def work(k):
        try:
            for i in range(25):
                path = "/vo/cone/test-dr%d/Stars" % (1 + (i + k) % 2)
                ra, sr = (180, 0.5) if (i + k) % 3 else (120, 30)
                r = vo.get(path, RA=ra, DEC=0, SR=sr, VERB=1 + i % 3)
                found = set(ids(VOTable(r.content)))
                inside, _ = truth(ra, 0, sr)
                if (i + k) % 2:
                    inside = {o for o in inside if int(o)
                              <= COLS["object_id"][1199]}
                if found != inside:
                    failed.append((path, ra, sr, len(found), len(inside)))
        except Exception as e:  # told below, threads cannot raise
            failed.append(repr(e))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failed, failed[:3]


def test_table_loaded_anew(vo):
    """A table replaced under prepared statements, with another type."""
    vo.sql("CREATE TABLE test_dr2.again AS SELECT * FROM test_dr2.stars")
    before = len(cone(vo, "/vo/cone/test-dr2/Stars", RA=0, DEC=0,
                      SR=180).rows)
    try:
        for _ in range(12):  # every pooled connection has it prepared
            cone(vo, "/vo/cone/test-dr2/Stars", RA=0, DEC=0, SR=1)
        vo.sql("BEGIN; ALTER TABLE test_dr2.stars RENAME TO old;"
               "ALTER TABLE test_dr2.again RENAME TO stars;"
               "DELETE FROM test_dr2.stars WHERE object_id % 2 = 0;"
               "GRANT SELECT ON test_dr2.stars TO vo_read_test_dr2; COMMIT")
        for _ in range(12):
            t = cone(vo, "/vo/cone/test-dr2/Stars", RA=0, DEC=0, SR=180)
            assert len(t.rows) == before / 2
    finally:
        vo.sql("DROP TABLE IF EXISTS test_dr2.again;"
               "DO $$ BEGIN IF to_regclass('test_dr2.old') IS NOT NULL THEN"
               " DROP TABLE test_dr2.stars;"
               " ALTER TABLE test_dr2.old RENAME TO stars; END IF; END $$")


@pytest.fixture
def late_fault(vo):
    """test_dr2.stars with a row in the last ranges that cannot be computed."""
    last = vo.sql("SELECT object_id FROM test_dr2.stars ORDER BY hpx DESC"
                  " LIMIT 1")[0][0]
    vo.sql("BEGIN; ALTER TABLE test_dr2.stars RENAME TO kept;"
           "CREATE VIEW test_dr2.stars AS SELECT object_id, ra, dec,"
           " (1 / (object_id - %d))::real AS mag, mag_auto, flags, name,"
           " is_variable, observed, hpx, s_region FROM test_dr2.kept;"
           "GRANT SELECT ON test_dr2.stars TO vo_read_test_dr2; COMMIT" % last)
    yield
    vo.sql("BEGIN; DROP VIEW test_dr2.stars;"
           "ALTER TABLE test_dr2.kept RENAME TO stars; COMMIT")


LATE = "/vo/cone/test-dr2/Stars"
SKY_WIDE = {"RA": 0, "DEC": 0, "SR": 180, "VERB": 3}


def test_fault_before_anything_left(vo, late_fault, expect_log):
    """A clean error document, not half a table."""
    row = vo.sql("SELECT ra, dec FROM test_dr2.kept ORDER BY hpx DESC"
                 " LIMIT 1")[0]
    expect_log("division by zero")
    r = vo.get(LATE, RA=row[0], DEC=row[1], SR=0.001, VERB=3)
    t = VOTable(r.content)
    assert t.status() == ["ERROR"] and not t.tables


def test_fault_after_rows_have_left(vo, late_fault, expect_log):
    """The table is closed and tells that it is not whole."""
    expect_log("division by zero")
    r = vo.get(LATE, **SKY_WIDE)
    assert r.status_code == 200
    t = VOTable(r.content)
    assert 100 < len(t.rows) < 1200
    assert t.status() == ["OK", "ERROR"]
    assert "division" in t.message()


def test_fault_after_csv_has_left(vo, late_fault, expect_log):
    """CSV cannot tell: the connection breaks, so that no client is content
    with a part."""
    expect_log("division by zero")
    with pytest.raises(requests.RequestException):
        r = vo.get(LATE, RESPONSEFORMAT="csv", **SKY_WIDE)
        assert len(r.text.splitlines()) == 1201, "a part passed for the whole"


def test_slow_query_is_stopped(vo, conf_now, expect_log):
    """SCSTimeout, met by a table that is locked."""
    conf_now("SCSTimeout 1")
    expect_log("took longer")
    conn = vo.connect()
    conn.autocommit = False
    try:
        conn.cursor().execute("LOCK TABLE test_dr2.stars")
        r = vo.get("/vo/cone/test-dr2/Stars", RA=0, DEC=0, SR=1)
    finally:
        conn.rollback()
        conn.close()
    assert r.status_code >= 400
    assert VOTable(r.content).status() == ["ERROR"]
    assert "1 s" in r.text
    assert len(cone(vo, "/vo/cone/test-dr2/Stars", RA=180, DEC=0,
                    SR=1).rows) > 1


def test_plan_uses_the_index(vo):
    """The statement as sent, with a generic plan: an index scan per range."""
    sql = """
        PREPARE c AS SELECT t.object_id FROM unnest((SELECT $1::int8[]),
        (SELECT $2::int8[]), (SELECT $3::bool[])) AS r(lo, hi, border) JOIN
        test_dr1.stars AS t ON sky_hpx_in(t.hpx, r.lo, r.hi) WHERE NOT
        r.border OR sky_distance(t.ra, t.dec, $4::float8, $5::float8)
        <= $6::float8 LIMIT (SELECT $7::int8);
        SET plan_cache_mode = force_generic_plan;
        EXPLAIN EXECUTE c('{1}', '{2}', '{t}', 1, 1, 1, 1)"""
    plan = "\n".join(row[0] for row in vo.sql(sql))
    assert "Index Scan" in plan and "hpx" in plan
    assert "Seq Scan on stars" not in plan


def test_without_mod_vosi(sibling):
    started, text = sibling(drop=["mod_vosi.so"])
    assert started, text
    server = sibling.server
    assert len(cone(server, RA=180, DEC=0, SR=0.5).rows) > 1
    assert server.get(STARS + "/capabilities").status_code == 404


def test_refuses_to_start_without_mod_vo(sibling):
    started, text = sibling(drop=["mod_vo.so", "mod_vosi.so", "mod_tap.so"])
    assert not started
    assert "LoadModule vo_module" in text and " needs mod_vo" in text
