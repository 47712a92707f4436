"""test_vosi.py: availability, capabilities and tables."""
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import os
import signal
import time
from urllib.parse import quote

import pytest

from pyvohttpd import seed, xmltree

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
AVAIL = "{http://www.ivoa.net/xml/VOSIAvailability/v1.0}"
CAPS = "{http://www.ivoa.net/xml/VOSICapabilities/v1.0}"
TABLES = "{http://www.ivoa.net/xml/VOSITables/v1.0}"
CONE = "ivo://ivoa.net/std/ConeSearch"
VOSI = "ivo://ivoa.net/std/VOSI#"

WHERE = ["/vo/test-dr1", "/vo/cone/test-dr1/Stars"]


def document(vo, path, **params):
    r = vo.get(path, **params)
    assert r.status_code == 200, (path, r.text)
    assert r.headers["Content-Type"].split(";")[0] in (
        "text/xml", "application/xml")
    return xmltree.parse(r.content)


@pytest.mark.parametrize("where", WHERE)
def test_availability(vo, where):
    root = document(vo, where + "/availability")
    assert root.tag == AVAIL + "availability"
    assert root.findtext(AVAIL + "available") == "true"
    since = root.findtext(AVAIL + "upSince")
    age = time.time() - time.mktime(
        time.strptime(since + " UTC", "%Y-%m-%dT%H:%M:%SZ %Z")) \
        + time.timezone
    assert -5 < age < 86400, since


@pytest.mark.parametrize("where", WHERE)
def test_capabilities_name_themselves(vo, where):
    """Each VOSI end point is listed, complete, reachable and not qualified."""
    root = document(vo, where + "/capabilities")
    assert root.tag == CAPS + "capabilities"
    assert {c.tag for c in root} == {"capability"}
    for what, name in (("capabilities", "capabilities"),
                       ("availability", "availability"),
                       ("tables-1.1", "tables")):
        caps = root.xpath("capability[@standardID='%s']" % (VOSI + what))
        assert len(caps) == 1, what
        url = caps[0].find("interface/accessURL")
        assert url.get("use") == "full"
        assert url.text == vo.url + where + "/" + name
        assert caps[0].find("interface").get("role") == "std"
        assert vo.get(url.text).status_code == 200


def test_release_lists_every_cone_search(vo):
    root = document(vo, "/vo/test-dr1/capabilities")
    cones = root.xpath("capability[@standardID='%s']" % CONE)
    urls = [c.findtext("interface/accessURL") for c in cones]
    base = vo.url + "/vo/cone/test-dr1/"
    assert urls == [base + "Stars?", base + "Objects?", base + "my%20table?"]


def test_cone_test_query_finds_something(vo):
    """SCS 1.03: the test query must return at least one row."""
    root = document(vo, "/vo/test-dr1/capabilities")
    for cap in root.xpath("capability[@standardID='%s']" % CONE):
        url = cap.findtext("interface/accessURL")
        q = {k: cap.findtext("testQuery/" + k.lower())
             for k in ("RA", "DEC", "SR")}
        r = vo.request("GET", url, params=q)
        assert len(xmltree.VOTable(r.content).rows) >= 1, url
        assert float(q["SR"]) <= float(cap.findtext("maxSR"))


def test_tables_describe_what_was_published(vo):
    root = document(vo, "/vo/test-dr1/tables")
    assert root.tag == TABLES + "tableset"
    assert [s.findtext("name") for s in root.findall("schema")] == [
        "test", "TAP_SCHEMA"]
    test = root.find("schema")
    assert [t.findtext("name") for t in test.findall("table")] == [
        "test.Stars", "test.Objects", "test.Plain", 'test."my table"']
    stars = test.find("table")
    for column, told in zip(stars.findall("column"), seed.STARS, strict=True):
        name, dtype, size, xtype, unit, ucd, _, indexed, _, text = told
        assert column.findtext("name") == name
        assert column.findtext("description") == text
        assert column.findtext("unit") == unit
        assert column.findtext("ucd") == ucd
        t = column.find("dataType")
        assert t.get(XSI_TYPE) == "vs:VOTableType"
        assert (t.text, t.get("arraysize"), t.get("extendedType")) == (
            dtype, size, xtype)
        flags = [f.text for f in column.findall("flag")]
        assert ("indexed" in flags) == bool(indexed)
        assert ("primary" in flags) == (name == "object_id")
    key = test.findall("table")[2].find("foreignKey")
    assert key.findtext("targetTable") == "test.Stars"
    assert key.findtext("fkColumn/fromColumn") == "star"
    assert key.findtext("fkColumn/targetColumn") == "object_id"
    odd = test.findall("table")[3]
    assert [c.findtext("name") for c in odd.findall("column")] == [
        '"id of it"', '"select"', "de"]


def test_tables_equal_tap_schema(vo):
    """Names, order, types and flags are those of the stored metadata."""
    root = document(vo, "/vo/test-dr1/tables")
    told = [(t.findtext("name"), c.findtext("name"),
             c.findtext("dataType"), c.find("dataType").get("arraysize"),
             c.findtext("ucd"), c.get("std"))
            for t in root.iter("table") for c in t.findall("column")]
    stored = vo.sql(
        "SELECT table_name, column_name, datatype, arraysize, ucd,"
        " CASE c.std WHEN 1 THEN 'true' ELSE 'false' END"
        " FROM vo.tap_columns c JOIN vo.tap_tables t USING (release_id,"
        " table_name) JOIN vo.tap_schemas s USING (release_id, schema_name)"
        " WHERE release_id = 'test-dr1' ORDER BY schema_index, table_index,"
        " column_index")
    assert told == stored
    assert {"TAP_SCHEMA.schemas", "TAP_SCHEMA.tables", "TAP_SCHEMA.columns",
            "TAP_SCHEMA.keys", "TAP_SCHEMA.key_columns"} <= {
                t for t, *_ in told}


@pytest.mark.parametrize("detail, full", [
    ("min", False), ("MIN", False), ("max", True), ("Max", True),
    ("", True)])
def test_detail(vo, detail, full):
    root = document(vo, "/vo/test-dr1/tables", detail=detail)
    assert len(list(root.iter("table"))) == 9
    assert bool(list(root.iter("column"))) == full
    assert bool(list(root.iter("foreignKey"))) == full


def test_caches_know_on_what_tables_depend(vo):
    """Clients without User-Agent get a document of their own (TapPlus)."""
    for path in WHERE:
        vary = vo.get(path + "/tables").headers["Vary"]
        assert "User-Agent" in [v.strip() for v in vary.split(",")]


def test_bad_detail(vo):
    r = vo.get("/vo/test-dr1/tables", detail="some")
    assert r.status_code == 400
    assert "min" in r.text and "max" in r.text


def test_every_table_by_its_name(vo):
    """Names are taken exactly as printed, percent-encoded."""
    whole = document(vo, "/vo/test-dr1/tables", detail="max")
    names = [t.findtext("name") for t in whole.iter("table")]
    assert 'test."my table"' in names
    for table in whole.iter("table"):
        name = table.findtext("name")
        one = document(vo, "/vo/test-dr1/tables/" + quote(name, safe=""))
        assert one.tag == TABLES + "table"
        assert one.get("type") == table.get("type")
        assert [xmltree.tree(c) for c in one] == [
            xmltree.tree(c) for c in table], name


@pytest.mark.parametrize("name", ["Stars", "test.", "test.Star", "%00",
                                  "vo.release", "test.Stars/x"])
def test_unknown_table(vo, name):
    r = vo.get("/vo/test-dr1/tables/" + name)
    assert r.status_code in (400, 404), r.text


def test_tables_of_a_cone_search(vo):
    root = document(vo, "/vo/cone/test-dr1/Stars/tables")
    assert [t.findtext("name") for t in root.iter("table")] == ["test.Stars"]
    one = document(vo, "/vo/cone/test-dr1/Stars/tables/test.Stars")
    assert one.findtext("name") == "test.Stars"
    assert vo.get("/vo/cone/test-dr1/Stars/tables/test.Objects"
                  ).status_code == 404


@pytest.mark.parametrize("rid", ["test-private", "test-staged",
                                 "test-retired", "test-embargo", "no-such"])
@pytest.mark.parametrize("what", ["capabilities", "availability", "tables",
                                  "tables/test.Stars"])
def test_hidden_releases_are_absent(vo, rid, what):
    for path in ("/vo/%s/%s", "/vo/cone/%s/Stars/%s"):
        r = vo.get(path % (rid, what))
        assert r.status_code == 404
        told = r.text.replace('"%s"' % rid, "").replace("'%s'" % rid, "")
        for hidden in ("test-private", "test-staged", "test-retired",
                       "test-embargo"):
            assert hidden == rid or hidden not in told


@pytest.mark.parametrize("path", ["/vo/test-dr1", "/vo/test-dr1/",
                                  "/vo/test-dr1/nothing", "/vo/",
                                  "/vo/test-dr1/tablesx",
                                  "/vo/test-dr1/capabilities/x",
                                  "/vo/cone/test-dr1/Stars/examples"])
def test_no_such_resource(vo, path):
    assert vo.get(path).status_code == 404


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("what", ["capabilities", "availability", "tables"])
def test_methods(vo, where, what):
    path = where + "/" + what
    for method in ("POST", "PUT", "DELETE"):
        r = vo.request(method, path)
        assert r.status_code == 405, method
        assert "GET" in r.headers["Allow"] and "POST" not in r.headers["Allow"]
    r = vo.request("OPTIONS", path)
    assert r.status_code == 200
    assert sorted(r.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS"]
    head = vo.request("HEAD", path)
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Type"] == vo.get(path).headers["Content-Type"]


def test_open_to_web_pages(vo):
    r = vo.request("GET", "/vo/test-dr1/capabilities",
                   headers={"Origin": "https://elsewhere.example"})
    assert r.headers["Access-Control-Allow-Origin"] == "*"


def test_database_down_and_back(vo, conf_now, expect_log):
    """Down is told as available=false under 200; capabilities and tables go
    on; upSince is the time of the return."""
    expect_log("")
    conf_now("VOProbeInterval 0")
    before = document(vo, "/vo/test-dr1/availability")
    assert before.findtext(AVAIL + "available") == "true"
    tables = vo.get("/vo/test-dr1/tables").content
    vo.script("pg-stop")
    try:
        for where in WHERE:
            down = document(vo, where + "/availability")
            assert down.findtext(AVAIL + "available") == "false"
            assert down.find(AVAIL + "upSince") is None
            assert "database" in down.findtext(AVAIL + "note").lower()
        assert vo.get("/vo/test-dr1/tables").content == tables
        caps = document(vo, "/vo/test-dr1/capabilities")
        assert len(caps.xpath("capability[@standardID='%s']" % CONE)) == 3
        r = vo.get("/vo/cone/test-dr1/Stars", RA=1, DEC=1, SR=1)
        assert r.status_code == 503
        assert "QUERY_STATUS" in r.text
    finally:
        vo.script("pg-start")
    deadline = time.time() + 10
    while True:
        up = document(vo, "/vo/test-dr1/availability")
        if up.findtext(AVAIL + "available") == "true":
            break
        assert time.time() < deadline, "the database is not seen to be back"
        time.sleep(0.1)
    assert up.findtext(AVAIL + "upSince") >= before.findtext(AVAIL + "upSince")


def signal_all(pids, what):
    """To those of the processes that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)


def test_database_that_hangs(vo, conf_now, expect_log):
    """A database that accepts and says nothing is down, and told in time."""
    expect_log("")
    conf_now("VOProbeInterval 0")
    assert document(vo, "/vo/test-dr1/availability").findtext(
        AVAIL + "available") == "true"
    pids = [p for p, in vo.sql("SELECT pid FROM pg_stat_activity WHERE pid <>"
                               " pg_backend_pid()")]
    with open(vo.dir / "pg" / "postmaster.pid") as f:
        pids.append(int(f.readline()))
    time.sleep(2.1)  # the next request asks whether anything changed
    try:
        signal_all(pids, signal.SIGSTOP)
        for where in WHERE:
            start = time.time()
            down = document(vo, where + "/availability")
            assert down.findtext(AVAIL + "available") == "false"
            assert time.time() - start < 12
        assert vo.get("/vo/test-dr1/tables").status_code == 200
    finally:
        signal_all(pids, signal.SIGCONT)
    deadline = time.time() + 15
    while document(vo, "/vo/test-dr1/availability").findtext(
            AVAIL + "available") != "true":
        assert time.time() < deadline, "the database is not seen to be back"
        time.sleep(0.1)


def test_probe_is_cached(vo, conf_now):
    """Within VOProbeInterval the database is not asked again."""
    conf_now("VOProbeInterval 60")

    def asked():
        return vo.sql("SELECT sum(calls) FROM (SELECT xact_commit AS calls"
                      " FROM pg_stat_database WHERE datname = 'vo') s")[0][0]

    for _ in range(40):  # each child has its own memory
        document(vo, "/vo/test-dr1/availability")
    time.sleep(1.2)
    before = asked()
    for _ in range(200):
        document(vo, "/vo/test-dr1/availability")
    time.sleep(1.2)
    assert asked() - before < 60


@pytest.mark.parametrize("line, word", [
    ("VOProbeInterval x", "VOProbeInterval"),
    ("VOProbeInterval -1", "3600"),
    ("VOProbeTimeout 0", "VOProbeTimeout"),
    ("VOProbeTimeout 3601", "3600")])
def test_bad_directives(vo, line, word):
    ok, text = vo.configtest(line)
    assert not ok and word in text and line.split()[1] in text


def test_refuses_to_start_without_mod_vo(sibling):
    started, text = sibling(drop=["mod_vo.so"])
    assert not started
    assert "LoadModule vo_module" in text
