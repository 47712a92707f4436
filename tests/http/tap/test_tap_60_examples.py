"""test_tap_60_examples.py: /examples, DALI 1.1 section 2.3 and TAP 1.1 2.8."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from pyvohttpd.jobs import until
from pyvohttpd.xmltree import VOTable, parse

DR1 = "/vo/tap/test-dr1"
VOCAB = "http://www.ivoa.net/rdf/examples#"
XHTML = "{http://www.w3.org/1999/xhtml}"
NAME = "<b>All</b> & \"more\""
QUERY = "SELECT TOP 3 *\nFROM test.Stars -- <&>\nJOIN test.Plain" \
    " ON star = object_id\nWHERE RA < 180"


def read(data):
    """Every example as RDFa Lite says it: a list of {property: [texts]}."""
    root = parse(data)
    around, = root.xpath("//*[@vocab]")
    assert around.get("vocab") == VOCAB
    examples = root.xpath("//*[@typeof='example']")
    found = []
    for e in examples:
        assert around in e.iterancestors() and e.get("resource") \
            == "#" + e.get("id")
        said = {"id": [e.get("id")]}
        for p in e.xpath(".//*[@property]"):
            assert len(p) == 0 and not p.get("href") and not p.get("src")
            said.setdefault(p.get("property"), []).append(p.text)
        found.append(said)
    assert len({e["id"][0] for e in found}) == len(found)
    return found


@pytest.fixture
def examples(vo):
    """examples(rows...): the release has these, seen when it returns."""
    def put(*rows):
        vo.sql("DELETE FROM vo.example")
        for i, row in enumerate(rows):
            vo.sql("INSERT INTO vo.example (release_id, place, example_id,"
                   " name, description, query) VALUES ('test-dr1', %s, %s,"
                   " %s, %s, %s)", (i,) + row)
        until(lambda: [e["id"][0] for e in
                       read(vo.get(DR1 + "/examples").content)]
              == ([row[0] for row in rows if "Gone" not in row[3]]
                  or ["rows", "cone", "tables"]))
    yield put
    put()


def test_document(vo, examples):
    examples(("b", NAME, "One.\n\nTwo <2>.", QUERY),
             ("a", "Second", None, "SELECT 1 AS one FROM TAP_SCHEMA.tables"))
    r = vo.get(DR1 + "/examples")
    assert r.headers["Content-Type"] == "application/xhtml+xml"
    assert read(r.content) == [
        {"id": ["b"], "name": [NAME], "query": [QUERY],
         "table": ["test.Stars", "test.Plain"]},
        {"id": ["a"], "name": ["Second"],
         "query": ["SELECT 1 AS one FROM TAP_SCHEMA.tables"],
         "table": ["TAP_SCHEMA.tables"]}]
    root = parse(r.content)
    paragraphs = [p.text for p in root.iter(XHTML + "p")]
    assert "One." in paragraphs and "Two <2>." in paragraphs
    # what "Run it" leads to is the query's answer
    link, = root.xpath("//*[@id='b']//*[@href]")
    assert link.get("href").startswith(vo.url + DR1 + "/sync?")
    answer = vo.request("GET", link.get("href"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert vo.request("HEAD", DR1 + "/examples").status_code == 200
    assert vo.request("POST", DR1 + "/examples").status_code == 405
    assert '"%s/examples"' % (vo.url + DR1) in vo.get(DR1).text


def test_stale_ones_are_left_out(vo, examples):
    examples(("a", "Gone", None, "SELECT * FROM test.Gone"),
             ("b", "There", None, "SELECT * FROM test.Stars"))
    assert [e["id"] for e in read(vo.get(DR1 + "/examples").content)] \
        == [["b"]]


def test_capabilities_tell(vo):
    root = parse(vo.get(DR1 + "/capabilities").content)
    assert [c.findtext("interface/accessURL")
            for c in root.iter("capability")
            if c.get("standardID") == "ivo://ivoa.net/std/DALI#examples"] \
        == [vo.url + DR1 + "/examples"]


def test_examples_of_tables(vo, examples):
    """Where the operator has given none, and each of them runs."""
    examples()
    found = read(vo.get(DR1 + "/examples").content)
    assert [e["table"] for e in found] == [["test.Stars"], ["test.Stars"],
                                           ["TAP_SCHEMA.tables"]]
    for e in found:
        r = vo.get(DR1 + "/sync", LANG="ADQL-2.0", QUERY=e["query"][0])
        assert VOTable(r.content).status()[0] == "OK", r.text


def test_releases_are_apart(vo, examples):
    examples(("a", "There", None, "SELECT * FROM test.Stars"))
    found = read(vo.get("/vo/tap/test-dr2/examples").content)
    assert found[0]["id"] == ["rows"]
