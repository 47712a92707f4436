"""test_tap_50_describe.py: what a result says besides its rows."""
# SPDX-License-Identifier: GPL-3.0-or-later

from pyvohttpd.jobs import run
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
