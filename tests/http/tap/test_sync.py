"""test_sync.py: synchronous TAP 1.1 queries: parameters, limits, documents."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import html
import io
import json
import re

import pytest
from astropy.io import fits
from astropy.io.votable import parse as parse_votable

from pyvohttpd import seed
from pyvohttpd.jobs import run, until
from pyvohttpd.xmltree import VOTable

DR1 = "/vo/tap/test-dr1"
COLS = seed.stars()


def rows_of(response):
    """A CSV answer, which is UTF-8 (RFC 7111) though requests thinks not."""
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.content.decode("utf-8"))))


def without_date(text):
    return "\n".join(line for line in text.splitlines()
                     if 'name="request_date"' not in line)


def error(response, status=400):
    """The message of an error document."""
    assert response.status_code == status, response.text
    if response.headers["Content-Type"].startswith("text/plain"):
        assert response.text.strip()
        return response.text
    t = VOTable(response.content)
    assert t.status() == ["ERROR"]
    assert t.resources[0].get("type") == "results"
    assert len(t.resources) == 1 and not t.tables
    assert t.message()
    return t.message()


# --- asking ----------------------------------------------------------------

def test_get_post_and_multipart_agree(vo):
    params = {"LANG": "ADQL", "QUERY": "SELECT TOP 5 object_id, name, 'a+b &c'"
              " AS t FROM test.Stars ORDER BY object_id"}
    url = DR1 + "/sync"
    got = vo.get(url, **params)
    assert got.status_code == 200
    assert got.headers["Content-Type"] == "application/x-votable+xml"
    want = without_date(got.text)
    assert want.count("<TR>") == 5 and "a+b &amp;c" in want
    posted = vo.post(url, params)
    assert without_date(posted.text) == want
    multi = vo.post(url, files={k: (None, v) for k, v in params.items()})
    assert multi.request.headers["Content-Type"].startswith("multipart/")
    assert without_date(multi.text) == want
    mixed = vo.post(url + "?LANG=ADQL", {"QUERY": params["QUERY"]})
    assert without_date(mixed.text) == want


def test_names_are_case_insensitive_and_unknown_ones_ignored(vo):
    r = vo.get(DR1 + "/sync", lang="adql", Query="SELECT TOP 1 1 AS one FROM"
               " test.Stars", rEsPoNsEfOrMaT="csv", wibble="x", **{"a%b": "1"})
    assert rows_of(r) == [["one"], ["1"]]


@pytest.mark.parametrize("lang", ["ADQL", "ADQL-2.0", "ADQL-2.1", "adql-2.1"])
def test_languages(vo, lang):
    r = vo.get(DR1 + "/sync", LANG=lang, FORMAT="csv",
               QUERY="SELECT COUNT(*) AS n FROM test.Stars")
    assert rows_of(r) == [["n"], ["5000"]]


@pytest.mark.parametrize("params, words", [
    ({"LANG": "ADQL"}, ["QUERY"]),
    ({"LANG": "ADQL", "QUERY": "  "}, ["QUERY"]),
    ({"LANG": "FOO", "QUERY": "SELECT 1"}, ["LANG", "FOO", "ADQL-2.1"]),
    ({"LANG": "ADQL-3.0", "QUERY": "SELECT 1"}, ["LANG", "ADQL-3.0"]),
    ({"LANG": "ADQL", "QUERY": ["SELECT 1", "SELECT 2"]},
     ["QUERY", "only once"]),
    ({"QUERY": "SELECT 1", "MAXREC": ["5", "5"]}, ["MAXREC", "only once"]),
    ({"QUERY": "SELECT 1", "MAXREC": "-1"}, ["MAXREC", "-1"]),
    ({"QUERY": "SELECT 1", "MAXREC": "abc"}, ["MAXREC", "abc"]),
    ({"QUERY": "SELECT 1", "MAXREC": "1.5"}, ["MAXREC"]),
    ({"QUERY": "SELECT 1", "RESPONSEFORMAT": "foo"},
     ["RESPONSEFORMAT", "foo", "csv"]),
    ({"QUERY": "SELECT 1", "FORMAT": "image/png"}, ["image/png"]),
    ({"QUERY": "SELECT 1", "RUNID": "x" * 65}, ["RUNID", "64"]),
    ({"QUERY": "SELECT 1", "UPLOAD": "t,http://x/"}, ["UPLOAD", "http://x/"]),
    ({"QUERY": "SELECT * FROMtest.Stars"}, ["line 1, column 10", "space"]),
    ({"QUERY": "SELECT *\nFROM test.Starz"}, ["line 2, column 6", "Stars"]),
    ({"QUERY": "SELECT magg FROM test.Stars"}, ["column 8", "mag"]),
    ({"QUERY": "SELECT \u201cmag\u201d FROM test.Stars"}, ["column 8"]),
    ({"QUERY": "SELECT 1/0 FROM test.Stars"}, ["division by zero", "CASE"]),
    ({"QUERY": "SELECT 2147483647+1 FROM test.Stars"}, ["range", "BIGINT"]),
    ({"QUERY": "SELECT SQRT(-1.0*object_id) FROM test.Stars"},
     ["square root"]),
])
def test_usage_errors(vo, params, words):
    r = vo.get(DR1 + "/sync", **params)
    text = error(r)
    for word in words:
        assert word in text
    # and as plain text for who asked for CSV
    if "FORMAT" not in params and "RESPONSEFORMAT" not in params:
        r = vo.get(DR1 + "/sync", RESPONSEFORMAT="csv", **params)
        assert r.headers["Content-Type"].startswith("text/plain")
        for word in words:
            assert word in r.text


def test_query_as_a_file(vo):
    r = vo.post(DR1 + "/sync", data={"LANG": "ADQL"},
                files={"QUERY": ("q.adql", b"SELECT 1")})
    assert r.status_code == 400 and "as a file" in error(r)


def test_bad_encoding(vo):
    for raw in ("QUERY=%zz", "QUERY=%ff", "QUERY=SELECT%00"):
        got = vo.raw(("GET %s/sync?%s HTTP/1.0\r\n\r\n" % (DR1, raw)).encode())
        assert got.split(b" ")[1] == b"400"
        t = VOTable(got.split(b"\r\n\r\n", 1)[1])
        assert t.status() == ["ERROR"] and "QUERY" in t.message()
    # the name of a release comes back in the message: still XML
    r = vo.request("GET", vo.url + "/vo/tap/%ff%fe%3Cb%3E/sync")
    assert "release" in error(r, 404)


def test_request_and_version_of_tap_1_0(vo):
    r = vo.get(DR1 + "/sync", REQUEST="doQuery", VERSION="1.0", LANG="ADQL",
               QUERY="SELECT COUNT(*) FROM test.Stars", FORMAT="csv")
    assert rows_of(r)[1] == ["5000"]
    r = vo.get(DR1 + "/sync", REQUEST="getCapabilities")
    assert r.status_code == 303
    assert r.headers["Location"] == vo.url + DR1 + "/capabilities"
    # TAP 1.1, 2.7: "the service must ignore the spurious parameter, must
    # respond to the request normally"
    for request in ("getCapabilities", "doSomething"):
        r = vo.get(DR1 + "/sync", REQUEST=request, FORMAT="csv",
                   QUERY="SELECT COUNT(*) FROM test.Stars")
        assert r.status_code == 200 and rows_of(r)[1] == ["5000"]


def test_runid_is_logged(vo, conf_now):
    conf_now('CustomLog "%s" "%%{vo-runid}n"\n' % (vo.dir / "httpd/logs/runs"))
    r = vo.get(DR1 + "/sync", RUNID="night-\u00e9", FORMAT="csv",
               QUERY="SELECT COUNT(*) FROM test.Stars")
    assert r.status_code == 200
    # httpd logs a request after its answer has left
    until(lambda: "night-\\xc3\\xa9" in
          (vo.dir / "httpd/logs/runs").read_text().splitlines())


# --- formats -----------------------------------------------------------------

FORMATS = [
    (None, "application/x-votable+xml"),
    ("votable", "application/x-votable+xml"),
    ("application/x-votable+xml", "application/x-votable+xml"),
    ("text/xml", "text/xml"),
    # DALI 1.1, 3.4.3: "the response that delivers that content must set that
    # media type in the Content-Type header"
    ("application/xml", "application/xml"),
    ("image/fits", "image/fits"),
    ("text/json", "text/json"),
    ("application/x-votable+xml;serialization=BINARY2",
     "application/x-votable+xml;serialization=BINARY2"),
    ("Application/X-VOTable+XML; Serialization=tabledata",
     "application/x-votable+xml;serialization=TABLEDATA"),
    ("csv", "text/csv;charset=utf-8;header=present"),
    ("text/csv", "text/csv;charset=utf-8;header=present"),
    ("text/csv; header=absent", "text/csv;charset=utf-8;header=absent"),
    ("tsv",
     "text/tab-separated-values;charset=utf-8"),
    ("text/tab-separated-values", "text/tab-separated-values;charset=utf-8"),
    ("fits", "application/fits"),
    ("application/fits", "application/fits"),
    ("json", "application/json"),
    ("text", "text/plain"),
    ("html", "text/html"),
]


@pytest.mark.parametrize("name", ["RESPONSEFORMAT", "FORMAT"])
@pytest.mark.parametrize("value, media_type", FORMATS)
def test_media_types(tap, name, value, media_type):
    r = tap("SELECT TOP 3 id, x FROM tap.Bulk", **({name: value} if value
                                                   else {}))
    assert r.status_code == 200, r.text
    got = r.headers["Content-Type"].replace(" ", "")
    assert got.lower().startswith(media_type.lower())
    assert int(r.headers["Content-Length"]) == len(r.content)


def test_letters_beyond_ascii(vo, tap):
    """ADQL 2.1 section 4.4.1: case is folded by Unicode's rules."""
    if vo.sql("SHOW lc_ctype")[0][0] == "C":
        pytest.skip("this cluster was made when its LC_CTYPE was C yet")
    r = tap("SELECT TOP 1 LOWER('ÀÉÑΩЖ'), UPPER('àéñωж'), ivo_nocasematch("
            "'Straße É', '%SSE é'), ivo_nocasematch('ÉTOILE', 'étoile'), "
            "ivo_hasword('Étoile du Nord', 'étoile') FROM tap.Bulk WHERE "
            "'Ñandú' ILIKE 'ñAND_' AND 'Ñandú' NOT LIKE 'ñand_'",
            FORMAT="text/csv;header=absent")
    assert r.text.strip() == "àéñωж,ÀÉÑΩЖ,0,1,1"


@pytest.mark.parametrize("fmt, name", [
    ("votable", "vot"), ("votable/b2", "vot"), ("fits", "fits"), ("csv", "csv"),
    ("tsv", "tsv"), ("json", "json"), ("html", "html"), ("text", "txt")])
def test_names_for_saving(vo, tap, fmt, name):
    want = 'inline; filename="result.%s"' % name
    r = tap("SELECT TOP 1 id FROM tap.Bulk", FORMAT=fmt)
    assert r.headers["Content-Disposition"] == want
    bad = tap("SELECT TOP 1 1/(id-id) FROM tap.Bulk", FORMAT=fmt)
    assert bad.status_code == 400
    assert "Content-Disposition" not in bad.headers
    if fmt == "fits":
        job = run(vo, "SELECT TOP 1 id FROM tap.Bulk", tap.url + "/async",
                  FORMAT=fmt)
        assert job.wait() == "COMPLETED"
        assert job.get("/results/result").headers[
            "Content-Disposition"] == want


def test_responseformat_wins_over_format(tap):
    r = tap("SELECT TOP 1 id FROM tap.Bulk", RESPONSEFORMAT="csv",
            FORMAT="fits")
    assert r.headers["Content-Type"].startswith("text/csv")


KIND_NAMES = ["b", "i2", "i4", "i8", "f4", "f8", "t", "v", "ts", "a2", "a4",
              "a8"]
SELECT_KINDS = "SELECT * FROM tap.Kinds ORDER BY id"


def test_kinds_and_nulls_in_votable(tap):
    for fmt in ("votable", "votable/b2"):
        names = ["id"] + [k for k in KIND_NAMES
                          # this astropy reads only ASCII text in BINARY2
                          if k != "t" or fmt == "votable"]
        r = tap("SELECT %s FROM tap.Kinds ORDER BY id" % ", ".join(names),
                FORMAT=fmt)
        t = parse_votable(io.BytesIO(r.content)).get_first_table().array
        full, empty = t[0], t[1]
        assert full["b"] and full["i2"] == -7 and full["i4"] == 2147483647
        assert full["i8"] == -9007199254740993
        assert full["f8"] == 0.1 and abs(full["f4"] - 0.1) < 1e-8
        assert str(full["v"]) == "abc"
        if "t" in names:
            assert str(full["t"]) == "a,b\"c\"<d>&é"
        assert str(full["ts"]) == "2020-02-29T23:59:58.25"
        assert list(full["a2"]) == [1, 2, 3]
        assert list(full["a4"]) == [1.5, 2.5, 3.5]
        assert list(full["a8"]) == [1.5, -2.5, 1e300]
        assert empty["id"] == 2
        for name in ("b", "i2", "i4", "i8", "f4", "f8"):
            assert empty.mask[t.dtype.names.index(name)] or \
                str(empty[name]) == "nan", name
        for name in ("v", "ts"):
            assert str(empty[name]) in ("", "--"), name
        for name in ("a2", "a4", "a8"):
            assert all(str(v) in ("nan", "--") for v in empty[name]), name


def test_kinds_and_nulls_in_fits(tap):
    r = tap(SELECT_KINDS, FORMAT="fits")
    with fits.open(io.BytesIO(r.content)) as hdus:
        hdus.verify("exception")
        d, cols = hdus[1].data, hdus[1].columns
        assert d["i8"][0] == -9007199254740993
        assert d["v"][0] == "abc" and d["t"][0].startswith("a,b\"c\"<d>&")
        assert list(d["a8"][0]) == [1.5, -2.5, 1e300]
        for name in ("i2", "i4", "i8"):
            assert d[name][1] == cols[name].null, name
        assert str(d["f8"][1]) == "nan" and d["t"][1] == ""
        assert d["ts"][0] == "2020-02-29T23:59:58.25"


def test_kinds_and_nulls_in_text_formats(tap):
    rows = rows_of(tap(SELECT_KINDS, FORMAT="csv"))
    assert rows[0] == ["id"] + KIND_NAMES
    assert rows[1][2:10] == ["-7", "2147483647", "-9007199254740993", "0.1",
                             "0.1", "a,b\"c\"<d>&é", "abc",
                             "2020-02-29T23:59:58.25"]
    assert rows[2] == ["2"] + [""] * 12
    lines = tap(SELECT_KINDS, FORMAT="tsv").text.splitlines()
    assert lines[2].split("\t") == ["2"] + [""] * 12
    doc = json.loads(tap(SELECT_KINDS, FORMAT="json").text)
    assert doc["data"][1] == [2] + [None] * 12
    assert doc["data"][0][7] == "a,b\"c\"<d>&é"
    assert doc["data"][0][10:] == [[1, 2, 3], [1.5, 2.5, 3.5],
                                   [1.5, -2.5, 1e300]]
    assert "&lt;d&gt;" in tap(SELECT_KINDS, FORMAT="html").text


def test_csv_has_no_preamble_and_published_case(vo):
    r = vo.get(DR1 + "/sync", QUERY="SELECT TOP 1 ra, DEC, mag_auto, mag AS"
               " Mag_R FROM test.Stars", FORMAT="csv")
    assert r.text.splitlines()[0] == "RA,Dec,MAG_AUTO,Mag_R"


def test_metadata_flow_through(vo):
    r = vo.get(DR1 + "/sync", QUERY="SELECT TOP 1 s.RA, MAG_AUTO, mag_auto[5]"
               " AS one, COUNT(*) AS n, observed FROM test.Stars AS s GROUP BY"
               " ra, mag_auto, observed")
    t = VOTable(r.content)
    ra, arr, one, n, ts = t.fields
    assert (ra.get("unit"), ra.get("ucd"), ra.get("arraysize")) == \
        ("deg", "pos.eq.ra;meta.main", None)
    assert (arr.get("datatype"), arr.get("arraysize")) == ("float", "12")
    assert (one.get("name"), one.get("arraysize"), one.get("unit")) == \
        ("one", None, "mag")
    assert (n.get("datatype"), n.get("arraysize")) == ("long", None)
    assert (ts.get("xtype"), ts.get("arraysize")) == ("timestamp", "*")
    coosys = [e for e in t.root.iter() if e.tag.endswith("COOSYS")]
    assert [(c.get("system"), c.get("epoch")) for c in coosys] == \
        [("ICRS", "J2016")]
    assert ra.get("ref") == coosys[0].get("ID")


def test_document_says_what_it_is(vo):
    query = "SELECT TOP 1 name FROM test.Stars WHERE name < 'a & \"b\"'"
    r = vo.get(DR1 + "/sync", QUERY=query)
    infos = {n: v for n, v, _ in VOTable(r.content).infos}
    assert infos["QUERY"] == query
    assert infos["standardID"] == "ivo://ivoa.net/std/TAP"
    assert infos["server"] == vo.url + DR1
    assert infos["publisher"] == "Test Observatory"
    assert infos["release"] == "test-dr1"


# --- limits --------------------------------------------------------------------

@pytest.mark.parametrize("top, maxrec, n, overflow", [
    (None, 5, 5, True), (10, 5, 5, True), (5, 10, 5, False),
    (5, 5, 5, False), (1, 1, 1, False), (2, 1, 1, True), (0, 5, 0, False),
    (None, 120000, 120000, False), (None, 119999, 119999, True),
    (5, 0, 0, True), (None, 0, 0, True),
])
def test_top_and_maxrec(table, top, maxrec, n, overflow):
    t = table("SELECT %s id FROM tap.Bulk" % (
        "" if top is None else "TOP %d" % top), MAXREC=str(maxrec))
    assert len(t.rows) == n
    assert t.status() == (["OK", "OVERFLOW"] if overflow else ["OK"])
    assert t.names == ["id"]


def test_overflow_with_order_and_offset(table):
    t = table("SELECT id FROM tap.Bulk ORDER BY id DESC OFFSET 119990",
              MAXREC="9")
    assert t.rows[0] == ["10"] and len(t.rows) == 9
    assert t.status() == ["OK", "OVERFLOW"]
    t = table("SELECT id FROM tap.Bulk ORDER BY id DESC OFFSET 119990",
              MAXREC="10")
    assert len(t.rows) == 10 and t.status() == ["OK"]


@pytest.mark.parametrize("fmt", [f for f, _ in FORMATS if f])
def test_maxrec_0_in_every_format(tap, fmt):
    r = tap("SELECT id, x, note FROM tap.Bulk", MAXREC="0", FORMAT=fmt)
    assert r.status_code == 200
    if fmt == "csv":
        assert r.text.strip() == "id,x,note"
    if fmt == "fits":
        with fits.open(io.BytesIO(r.content)) as hdus:
            assert len(hdus[1].data) == 0 and hdus[1].columns.names == \
                ["id", "x", "note"]


def test_maxrec_0_still_checks_the_query(tap):
    assert "Bulkk" in error(tap("SELECT * FROM tap.Bulkk", MAXREC="0"))


def test_default_and_hard_limit(vo, tap, conf_now):
    conf_now("TAPMaxRec 3 7")
    for params, n, status in (({}, 3, ["OK", "OVERFLOW"]),
                              ({"MAXREC": "5"}, 5, ["OK", "OVERFLOW"]),
                              ({"MAXREC": "100"}, 7, ["OK", "OVERFLOW"]),
                              ({"MAXREC": "9" * 30}, 7, ["OK", "OVERFLOW"])):
        t = VOTable(tap("SELECT id FROM tap.Bulk", **params).content)
        assert (len(t.rows), t.status()) == (n, status)


def test_zero_rows(table, tap):
    t = table("SELECT id, note FROM tap.Bulk WHERE id < 0")
    assert t.rows == [] and t.names == ["id", "note"] and t.status() == ["OK"]
    assert tap("SELECT id FROM tap.Bulk WHERE id < 0",
               FORMAT="csv").text.strip() == "id"


# --- HTTP -----------------------------------------------------------------------

def test_head(vo, tap):
    for query, status in (("SELECT TOP 1 id FROM tap.Bulk", 200),
                          ("SELECT id FROM tap.Bulk", 200),
                          ("SELECT nonsense", 400)):
        url = tap.url + "/sync"
        head = vo.request("HEAD", url, params={"QUERY": query,
                                               "FORMAT": "csv"})
        get = tap(query, FORMAT="csv")
        assert head.status_code == get.status_code == status
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert head.content == b""
    # the connection is still good
    assert tap("SELECT TOP 1 id FROM tap.Bulk").status_code == 200


def test_methods(vo):
    for method in ("PUT", "DELETE", "PATCH"):
        r = vo.request(method, DR1 + "/sync")
        assert r.status_code == 405
        assert {"GET", "POST"} <= set(r.headers["Allow"].split(","))
    assert vo.post(DR1 + "/").status_code == 405
    r = vo.request("OPTIONS", DR1 + "/sync")
    assert r.status_code == 200 and "POST" in r.headers["Allow"]


@pytest.mark.parametrize("path", [
    "/vo/tap/test-dr1/async/0", "/vo/tap/test-private/examples",
    "/vo/tap/test-dr1/sync/x", "/vo/tap/test-dr1/nothing",
    "/vo/tap/nothing", "/vo/tap/nothing/sync", "/vo/tap/TEST-DR1/sync",
    "/vo/tap/test-private/sync", "/vo/tap/test-staged/sync",
    "/vo/tap/test-retired/tables", "/vo/tap/test-embargo/sync",
])
def test_what_is_not_there(vo, path):
    text = error(vo.get(path, QUERY="SELECT TOP 1 1 AS a FROM test.Stars"),
                 404)
    for hidden in ("private", "staged", "retired", "embargo"):
        assert hidden in path or hidden not in text


def test_hidden_and_absent_releases_look_the_same(vo):
    a = vo.get("/vo/tap/test-private/sync").text
    b = vo.get("/vo/tap/test-nothing/sync").text
    assert a.replace("test-private", "X") == b.replace("test-nothing", "X")
    assert "test-dr1" in a and "test-embargo" not in a


def test_result_for_people_says_what_was_asked(vo):
    query = "SELECT TOP 1 1 AS a FROM test.Stars WHERE '<b>' <> 'x'"
    page = vo.get(DR1 + "/sync", QUERY=query, FORMAT="html").text
    said = html.unescape(re.search("<pre>(.*?)</pre>", page, re.S).group(1))
    assert said == query and "<b>" not in page
    title = vo.sql("SELECT title FROM vo.release WHERE release_id ="
                   " 'test-dr1'")[0][0]
    assert "<h1>%s</h1>" % html.escape(title) in page


def test_page_for_people(vo):
    for path in (DR1, DR1 + "/"):
        r = vo.get(path)
        assert r.status_code == 200
        assert r.headers["Content-Type"].startswith("text/html")
        assert "test.Stars" in r.text and vo.url + DR1 in r.text
        # the number of columns of each table leads to them
        links = re.findall(r'<a href="([^"]*)">(\d+)</a>', r.text)
        assert len(links) == len(re.findall("<td><code>", r.text))
        for url, n in links:
            page = vo.get(html.unescape(url))
            assert page.status_code == 200
            assert "<p>%s row" % n in page.text
    r = vo.get("/vo/tap")
    assert vo.url + DR1 in r.text and "test-private" not in r.text


def test_body_of_another_type(vo):
    r = vo.post(DR1 + "/sync", "<x/>", headers={"Content-Type": "text/xml"})
    assert "multipart" in error(r, 415)


def test_cut_multipart(vo):
    r = vo.post(DR1 + "/sync", b"--B\r\nContent-Disposition: form-data;"
                b" name=\"QUERY\"\r\n\r\nSELECT", headers={
                    "Content-Type": "multipart/form-data; boundary=B"})
    assert "multipart" in error(r)


def test_long_query_by_post(vo):
    values = ", ".join(str(9007199254740992 + i) for i in range(1, 6000))
    r = vo.post(DR1 + "/sync", {
        "LANG": "ADQL", "FORMAT": "csv", "MAXREC": "10",
        "QUERY": "SELECT COUNT(*) AS n FROM test.Stars WHERE object_id IN"
                 " (%s)" % values})
    assert rows_of(r)[1] == ["5000"]


# --- values -----------------------------------------------------------------------

def test_all_rows_arrive_once(tap):
    rows = rows_of(tap("SELECT id, x FROM tap.Bulk", FORMAT="csv",
                       MAXREC="1000000"))[1:]
    assert len(rows) == 120000
    assert {int(r[0]) for r in rows} == set(range(1, 120001))
    assert all(float(x) == int(i) / 7.0 for i, x in rows)


def test_values_against_the_truth(vo):
    r = vo.get(DR1 + "/sync", QUERY="SELECT object_id, ra, dec, mag, mag_auto,"
               " mag_auto[test::F2] AS f2 FROM test.Stars ORDER BY object_id",
               MAXREC="10000", FORMAT="json")
    doc = json.loads(r.text)["data"]
    assert len(doc) == 5000
    for i, (oid, ra, dec, mag, arr, f2) in enumerate(doc):
        assert oid == COLS["object_id"][i]
        assert (ra, dec) == (COLS["ra"][i], COLS["dec"][i])
        want = COLS["mag"][i]
        assert mag is None if want is None else abs(mag - want) < 1e-5
        assert arr == pytest.approx(COLS["mag_auto"][i], rel=1e-6)
        assert f2 == arr[1]
