"""test_tap_50_describe.py: what a result says besides its rows."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import pytest

from pyvohttpd.jobs import run, until
from pyvohttpd.xmltree import VOT, VOTable, parse

DR1 = "/vo/tap/test-dr1"


def descriptors(data):
    """{name: (address, {parameter: (ref or None, value)})} of a document."""
    found = {}
    for res in parse(data).findall(VOT + "RESOURCE"):
        if res.get("utype") == "adhoc:service":
            assert res.get("type") == "meta"
            said = {p.get("name"): p.get("value")
                    for p in res.findall(VOT + "PARAM")}
            group, = res.findall(VOT + "GROUP")
            assert group.get("name") == "inputParams"
            found[res.get("name")] = (
                said["accessURL"],
                {p.get("name"): (p.get("ref"), p.get("value"))
                 for p in group.findall(VOT + "PARAM")})
    return found


def ask(vo, query, **params):
    r = vo.get(DR1 + "/sync", LANG="ADQL", QUERY=query, **params)
    assert r.status_code == 200, r.text
    return r.content


# --- services for the rows ---------------------------------------------------

def test_cone_descriptor(vo):
    """Where both position columns of a table published for cone searches are
    in the result, under any name, its cone search comes with it."""
    doc = ask(vo, "SELECT TOP 3 object_id, s.RA AS r, s.Dec FROM test.Stars s"
              " ORDER BY object_id")
    found = descriptors(doc)
    url, params = found["cone search of test.Stars"]
    assert url == vo.url + "/vo/cone/test-dr1/Stars"
    table = VOTable(doc)
    assert params == {"RA": (table.field("r").get("ID"), ""),
                      "DEC": (table.field("Dec").get("ID"), ""),
                      "SR": (None, "")}
    # what it tells to do gives that row
    row = dict(zip(table.names, table.rows[1]))
    near = vo.get("/vo/cone/test-dr1/Stars", RA=row["r"], DEC=row["Dec"],
                  SR="0.0001")
    assert row["object_id"] in [r[0] for r in VOTable(near.content).rows]


def test_no_descriptor_without_position(vo):
    for query in ("SELECT TOP 1 RA FROM test.Stars",
                  "SELECT TOP 1 RA + 1 AS RA, Dec FROM test.Stars",
                  "SELECT AVG(RA) AS RA, AVG(Dec) AS Dec FROM test.Stars",
                  "SELECT TOP 1 * FROM test.Plain"):
        assert descriptors(ask(vo, query)) == {}


def test_descriptors_of_jobs(vo):
    query = "SELECT TOP 3 RA, Dec FROM test.Stars"
    job = run(vo, query, DR1 + "/async")
    assert job.wait() == "COMPLETED"
    assert descriptors(job.get("/results/result").content) == descriptors(ask(vo, query))


# --- the document ------------------------------------------------------------

@pytest.fixture
def declared(vo):
    """test.Stars with a time frame, a group and terms of use."""
    vo.sql("UPDATE vo.tap_columns SET timesys = 'UTC TOPOCENTER' WHERE"
           " release_id = 'test-dr1' AND column_name = 'observed';"
           "INSERT INTO vo.tap_groups (release_id, table_name, group_index,"
           " name, ucd, columns) VALUES ('test-dr1', 'test.Stars', 7,"
           " 'brightness', 'phot.mag', '{mag,MAG_AUTO,FLAGS}');"
           "UPDATE vo.release SET rights = 'https://x.test/by', reference_url"
           " = 'https://x.test/dr1' WHERE release_id = 'test-dr1'")
    until(lambda: b"https://x.test/by" in ask(
        vo, "SELECT TOP 1 mag FROM test.Stars"))
    yield
    vo.sql("UPDATE vo.tap_columns SET timesys = NULL WHERE"
           " release_id = 'test-dr1';"
           "DELETE FROM vo.tap_groups WHERE group_index = 7;"
           "UPDATE vo.release SET rights = NULL, reference_url = NULL"
           " WHERE release_id = 'test-dr1'")
    until(lambda: b"https://x.test/by" not in ask(
        vo, "SELECT TOP 1 mag FROM test.Stars"))


def test_frames_groups_and_links(vo, declared):
    doc = ask(vo, "SELECT TOP 2 observed AS t, mag AS m, FLAGS, RA, s_region,"
              " RA + 1 AS x FROM test.Stars")
    table = VOTable(doc)
    time, = table.root.iter(VOT + "TIMESYS")
    assert dict(time.attrib) == {"ID": table.field("t").get("ref"),
                                 "timescale": "UTC",
                                 "refposition": "TOPOCENTER"}
    place, = table.root.iter(VOT + "COOSYS")
    assert place.get("system") == "ICRS"
    assert [f.get("ref") for f in table.fields] == [
        time.get("ID"), None, None, place.get("ID"), place.get("ID"), None]
    group, = [g for g in table.root.iter(VOT + "GROUP")
              if g.get("name") == "brightness"]
    assert [r.get("ref") for r in group] == [table.field("m").get("ID"),
                                             table.field("FLAGS").get("ID")]
    assert group.get("ucd") == "phot.mag"
    link, = table.root.iter(VOT + "LINK")
    assert link.get("href") == "https://x.test/dr1"
    # the cone search of the table tells the same of its columns
    cone = vo.get("/vo/cone/test-dr1/Stars", RA=180, DEC=0, SR=1, VERB=3)
    root = VOTable(cone.content)
    assert root.field("observed").get("ref") \
        == next(root.root.iter(VOT + "TIMESYS")).get("ID")
    assert "brightness" in [g.get("name") for g in root.root.iter(VOT
                                                                  + "GROUP")]


def test_origin_of_the_data(vo, declared):
    """Names of the IVOA note Data Origin in the VO."""
    query = "SELECT TOP 1 mag FROM test.Stars"
    infos = {n: v for n, v, _ in VOTable(ask(vo, query)).infos}
    assert infos["publisher"] == "Test Observatory"
    assert infos["service_protocol"] == "ivo://ivoa.net/std/TAP"
    assert infos["server_software"] == "mod_vo/0.1"
    assert infos["query"] == query
    assert infos["citation"] == "10.5072/test"
    assert infos["rights_uri"] == "https://x.test/by"
    assert infos["reference_url"] == "https://x.test/dr1"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d",
                        infos["request_date"])
    assert re.fullmatch(r"20\d\d-.*", infos["last_update_date"])
    r = vo.get("/vo/cone/test-dr1/Stars", RA=180, DEC=0, SR=0.1)
    infos = {n: v for n, v, _ in VOTable(r.content).infos}
    assert infos["service_protocol"] == "ivo://ivoa.net/std/ConeSearch"
    assert vo.request("GET", infos["request"]).status_code == 200
    assert "RA=180" in infos["request"]


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5"])
def test_version_asked_for(vo, version):
    fmt = "application/x-votable+xml;version=" + version
    r = vo.get(DR1 + "/sync", LANG="ADQL", RESPONSEFORMAT=fmt,
               QUERY="SELECT TOP 1 RA FROM test.Stars")
    assert r.headers["Content-Type"] == fmt
    assert parse(r.content).get("version") == version
    r = vo.get(DR1 + "/sync", LANG="ADQL", QUERY="SELECT 1",
               RESPONSEFORMAT="votable;version=2.0")
    assert r.status_code == 400 and "1.5" in VOTable(r.content).message()
