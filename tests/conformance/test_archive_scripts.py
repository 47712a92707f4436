"""test_archive_scripts.py: requests in the way the users of the J-PLUS archive
send them, answers read as their scripts read them."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io
import xml.etree.ElementTree as ET

import pytest

SYNC = "/vo/tap/demo-dr1/sync"
NS = {"v": "http://www.ivoa.net/xml/VOTable/v1.3"}
N = 12


def ask(vo, query, form="votable", **more):
    """As those scripts do: POST, TAP 1.0 words, the old FORMAT."""
    data = dict({"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": form,
                 "VERSION": "1.0", "QUERY": query}, **more)
    return vo.post(SYNC, data=data)


def table(vo, query, **more):
    """FIELDs and rows by a plain XML parser."""
    r = ask(vo, query, **more)
    assert r.status_code == 200, r.text
    root = ET.fromstring(r.content)
    results = root.findall("v:RESOURCE[@type='results']", NS)
    assert len(results) == 1
    status = results[0].find("v:INFO[@name='QUERY_STATUS']", NS)
    assert status.get("value") in ("OK", "OVERFLOW")
    fields = results[0].findall("v:TABLE/v:FIELD", NS)
    rows = [[td.text for td in tr.findall("v:TD", NS)]
            for tr in results[0].iter("{%s}TR" % NS["v"])]
    return fields, rows


def csv_rows(vo, query, **more):
    r = ask(vo, query, "csv", **more)
    assert r.status_code == 200, r.text
    assert r.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(r.text)))


def types(fields):
    return [(f.get("name"), f.get("datatype"), f.get("arraysize"))
            for f in fields]


@pytest.fixture(scope="module")
def truth(vo):
    """SQL on the stored tables."""
    return lambda text: vo.sql(text.replace("demo.", "demo_dr1."))


def test_scalars_and_arrays(vo, truth):
    fields, rows = table(
        vo, "SELECT TOP 2 0, class_star, mag_auto, flags[5], flags"
            " FROM demo.magabdualobj")
    assert [t[1:] for t in types(fields)] == [
        ("int", None), ("float", None), ("float", "12"), ("short", None),
        ("short", "12")]
    assert [f.get("name") for f in fields][1:3] == ["CLASS_STAR", "MAG_AUTO"]
    assert len(rows) == 2
    for zero, _, mags, flag, flags in rows:
        assert zero == "0" and len(mags.split()) == N
        assert flag == flags.split()[4]
        assert all(0 < float(m) <= 99 for m in mags.split())


def test_csv_has_the_declared_case_and_no_preamble(vo):
    rows = csv_rows(vo, "select top 3 tile_id, NUMBER, alpha_j2000,"
                        " delta_j2000 as My_Dec, mag_auto"
                        " from DEMO.MAGABDUALOBJ")
    assert rows[0] == ["TILE_ID", "NUMBER", "ALPHA_J2000", "My_Dec",
                       "MAG_AUTO"]
    assert len(rows) == 4
    raw = ask(vo, "SELECT TOP 1 tile_id FROM demo.MagABDualObj", "csv").text
    assert "#" not in raw and raw.splitlines()[0] == "TILE_ID"


def test_unqualified_filter(vo, truth):
    rows = csv_rows(vo, "SELECT * FROM filter")
    assert rows[0][:2] == ["filter_id", "name"]
    assert len(rows) == 1 + N
    assert {r[1] for r in rows[1:]} == {
        "uJAVA", "J0378", "J0395", "J0410", "J0430", "gSDSS", "J0515",
        "rSDSS", "J0660", "iSDSS", "J0861", "zSDSS"}


def test_join_with_a_cross_match(vo, truth):
    sources = [r[0] for r in truth(
        "SELECT source FROM demo.xmatch_tycho2 ORDER BY source LIMIT 5")]
    rows = csv_rows(
        vo, "SELECT b.Source, a.tile_id, a.number, a.flux_auto,"
            " a.flux_relerr_auto FROM demo.FNuDualObj AS a"
            " JOIN demo.xmatch_tycho2 AS b ON a.tile_id=b.tile_id AND"
            " a.NUMBER=b.NUMBER WHERE b.Source IN (%s)"
            % ", ".join(str(s) for s in sources))
    expected = truth(
        "SELECT b.source, a.tile_id, a.number FROM demo.fnudualobj a JOIN"
        " demo.xmatch_tycho2 b USING (tile_id, number) WHERE b.source IN (%s)"
        % ", ".join(str(s) for s in sources))
    assert rows[0][0].lower() == "source"
    assert sorted((int(r[0]), int(r[1]), int(r[2])) for r in rows[1:]) \
        == sorted(expected)
    assert len(rows) > 1


def test_filter_names_as_indices(vo, truth):
    """Positions in the arrays do not follow filter_id."""
    place = dict(truth("SELECT name, position FROM vo.filter"
                       " WHERE survey = 'demo'"))
    ids = dict(truth("SELECT name, filter_id FROM vo.filter"
                     " WHERE survey = 'demo'"))
    assert sorted(place, key=place.get) != sorted(ids, key=ids.get)
    rows = csv_rows(
        vo, "SELECT TOP 20 tile_id, number, mag_psfcor[demo::rSDSS] AS"
            " mag_rSDSS, mag_psfcor[demo::uJAVA] AS mag_uJAVA"
            " FROM demo.MagABDualObj WHERE flags[demo::J0660] = 0"
            " AND mag_psfcor[demo::rSDSS] < 99")
    assert rows[0] == ["TILE_ID", "NUMBER", "mag_rSDSS", "mag_uJAVA"]
    assert len(rows) == 21
    for tile, number, r, u in rows[1:]:
        mags, flags = truth(
            "SELECT mag_psfcor, flags FROM demo.magabdualobj WHERE tile_id ="
            " %s AND number = %s" % (tile, number))[0]
        assert float(r) == pytest.approx(mags[place["rSDSS"] - 1], rel=1e-6)
        assert float(u) == pytest.approx(mags[place["uJAVA"] - 1], rel=1e-6)
        assert flags[place["J0660"] - 1] == 0


def test_narrow_band_excess(vo, truth):
    place = dict(truth("SELECT name, position FROM vo.filter"
                       " WHERE survey = 'demo'"))
    n = csv_rows(vo, "SELECT COUNT(*) AS n FROM demo.MagABDualObj AS m WHERE"
                     " m.MAG_APER_3_0[demo::rSDSS] -"
                     " m.MAG_APER_3_0[demo::J0660] > 0.5 AND"
                     " m.MAG_APER_3_0[demo::J0660] < 99")
    expected = truth(
        "SELECT count(*) FROM demo.magabdualobj WHERE mag_aper_3_0[%d] -"
        " mag_aper_3_0[%d] > 0.5 AND mag_aper_3_0[%d] < 99"
        % (place["rSDSS"], place["J0660"], place["J0660"]))[0][0]
    assert n == [["n"], [str(expected)]]


@pytest.mark.parametrize("point, circle", [
    ("POINT('ICRS', alpha_j2000, delta_j2000)", "CIRCLE('ICRS', %s, %s, %s)"),
    ("POINT(alpha_j2000, delta_j2000)", "CIRCLE(%s, %s, %s)"),
    ("POINT('', m.ALPHA_J2000, m.DELTA_J2000)", "CIRCLE('', %s, %s, %s)")])
@pytest.mark.parametrize("form", ["1=CONTAINS(%s, %s)", "CONTAINS(%s, %s) = 1"])
def test_cone_in_adql(vo, truth, form, point, circle):
    where = form % (point, circle % (150.2, 30.1, 0.2))
    rows = csv_rows(vo, "SELECT tile_id, number FROM demo.MagABDualObj AS m"
                        " WHERE " + where)
    expected = truth("SELECT tile_id, number FROM demo.magabdualobj WHERE"
                     " sky_distance(alpha_j2000, delta_j2000, 150.2, 30.1)"
                     " <= 0.2")
    assert sorted((int(a), int(b)) for a, b in rows[1:]) == sorted(expected)
    assert len(expected) > 10


def test_closest_source(vo, truth):
    """The nearest object of an arcsecond cone, with every filter aliased."""
    ra, dec = truth("SELECT alpha_j2000, delta_j2000 FROM demo.magabdualobj"
                    " ORDER BY tile_id, number LIMIT 1")[0]
    names = [r[0] for r in truth("SELECT name FROM vo.filter WHERE survey ="
                                 " 'demo' ORDER BY position")]
    columns = ", ".join("m.mag_auto[demo::%s] AS %s" % (n, n) for n in names)
    rows = csv_rows(
        vo, "SELECT TOP 1 m.tile_id, m.number, %s, DISTANCE(POINT('ICRS',"
            " m.alpha_j2000, m.delta_j2000), POINT('ICRS', %r, %r)) AS dist"
            " FROM demo.MagABDualObj AS m WHERE 1=CONTAINS(POINT('ICRS',"
            " m.alpha_j2000, m.delta_j2000), CIRCLE('ICRS', %r, %r, %r))"
            " ORDER BY dist" % (columns, ra, dec, ra, dec, 2 / 3600))
    assert rows[0] == ["TILE_ID", "NUMBER"] + names + ["dist"]
    assert float(rows[1][-1]) < 1e-9


@pytest.mark.parametrize("query, expected", [
    ("SELECT tile_id, name FROM demo.TileImage WHERE filter_id = 9",
     "SELECT tile_id, name FROM demo.tileimage WHERE filter_id = 9"),
    ("SELECT tile_id, name FROM demo.TileImage WHERE tile_id IN"
     " (85001, 85013)", "SELECT tile_id, name FROM demo.tileimage WHERE"
     " tile_id IN (85001, 85013)"),
    ("SELECT t.tile_id, t.name FROM demo.TileImage t WHERE t.ref_tile_id ="
     " t.tile_id", "SELECT tile_id, name FROM demo.tileimage WHERE"
     " ref_tile_id = tile_id")])
def test_tiles(vo, truth, query, expected):
    rows = csv_rows(vo, query)
    assert sorted((int(a), b) for a, b in rows[1:]) == sorted(truth(expected))
    assert len(rows) > 1


def test_other_tables_join_by_tile_and_number(vo, truth):
    rows = csv_rows(
        vo, "SELECT TOP 50 m.tile_id, m.number, z.*, s.* FROM"
            " demo.MagABDualObj m JOIN demo.PhotoZLephare z ON m.tile_id ="
            " z.tile_id AND m.number = z.number JOIN demo.StarGalClass s ON"
            " s.tile_id = m.tile_id AND s.number = m.number")
    assert len(rows) == 51
    at = [i for i, n in enumerate(rows[0]) if n.lower().startswith("tile_id")]
    assert len(at) == 3
    for row in rows[1:]:
        assert len({row[i] for i in at}) == 1


def test_single_image_catalogue(vo, truth):
    rows = csv_rows(vo, "SELECT COUNT(*) AS n FROM demo.MagABSingleObj WHERE"
                        " filter_id = 1")
    assert int(rows[1][0]) == truth(
        "SELECT count(*) FROM demo.magabsingleobj WHERE filter_id = 1")[0][0]


def test_whole_table_with_maxrec(vo):
    rows = csv_rows(vo, "SELECT * FROM demo.MagABDualObj", MAXREC=100)
    assert len(rows) == 101
    assert rows[0][:2] == ["TILE_ID", "NUMBER"]


def test_scalars_have_no_array_shape(vo):
    for name in ("MagABDualObj", "FNuDualObj", "TileImage", "Filter",
                 "xmatch_tycho2", "PhotoZLephare", "StarGalClass",
                 "MagABSingleObj"):
        fields, _ = table(vo, "SELECT TOP 1 * FROM demo." + name)
        for column, dtype, size in types(fields):
            assert size != "1", (name, column)
            assert dtype == "char" or size in (None, "12"), (name, column)
            assert dtype != "char" or size, (name, column)
            assert "." not in column


def test_error_says_what_and_where(vo):
    r = ask(vo, "SELECT * FROMdemo.TileImage")
    assert r.status_code == 400
    root = ET.fromstring(r.content)
    info = root.find("v:RESOURCE[@type='results']/v:INFO"
                     "[@name='QUERY_STATUS']", NS)
    assert info.get("value") == "ERROR"
    assert "line 1, column 10" in info.text
    assert "FROM" in info.text


def test_error_is_no_csv_with_200(vo):
    r = ask(vo, "SELECT nothing FROM demo.TileImage", "csv")
    assert r.status_code == 400
    assert not r.headers["Content-Type"].startswith("text/csv")
    assert "nothing" in r.text


def test_cone_url_of_the_archive(vo, truth):
    r = vo.get("/vo/cone/demo-dr1/MagABDualObj", RA=150.2, DEC=30.1, SR=0.2)
    root = ET.fromstring(r.content)
    assert len(list(root.iter("{%s}TR" % NS["v"]))) == truth(
        "SELECT count(*) FROM demo.magabdualobj WHERE"
        " sky_distance(alpha_j2000, delta_j2000, 150.2, 30.1) <= 0.2")[0][0]
