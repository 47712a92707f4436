"""test_tap_70_explain.py: EXPLAIN=1, what a query would do."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from pyvohttpd.jobs import run
from pyvohttpd.xmltree import VOT, VOTable

DR1 = "/vo/tap/test-dr1"
QUERY = "SELECT RA, mag AS m FROM test.Stars WHERE mag < 15 AND name = 'a&<'"


def ask(vo, query=QUERY, release=DR1, explain="1", **params):
    return vo.get(release + "/sync", LANG="ADQL", QUERY=query,
                  EXPLAIN=explain, **params)


def planned(vo, query):
    """The rows PostgreSQL itself expects for SQL of the same meaning."""
    (plan,), = vo.sql("EXPLAIN (FORMAT JSON) " + query)
    return plan[0]["Plan"]["Plan Rows"]


def test_json(vo):
    said = ask(vo, RESPONSEFORMAT="json").json()
    assert [c["name"] for c in said["columns"]] == ["RA", "m"]
    assert said["columns"][0]["unit"] == "deg"
    assert said["columns"][1]["ucd"] == "phot.mag;em.opt.R"
    assert said["columns"][1]["datatype"] == "float"
    assert said["sql"].startswith("SELECT ") and "test_dr1" in said["sql"]
    # values travel as parameters
    assert "a&<" in said["sql_parameters"] and "a&<" not in said["sql"]
    assert "Limit" in said["plan"][0]
    assert any("stars" in line for line in said["plan"])
    assert said["estimated_cost"] > 0


def test_the_estimate_is_the_planners(vo):
    want = planned(vo, "SELECT * FROM test_dr1.stars WHERE mag < 15")
    query = "SELECT * FROM test.Stars WHERE mag < 15"
    said = ask(vo, query, RESPONSEFORMAT="json").json()
    assert abs(said["estimated_rows"] - want) <= 1 and want > 100
    said = ask(vo, query, RESPONSEFORMAT="json", MAXREC="10").json()
    assert said["estimated_rows"] == 10


@pytest.mark.parametrize("fmt", ["", "votable", "votable/b2"])
def test_votable(vo, fmt):
    """The columns as the query gives them, and no rows."""
    told = VOTable(ask(vo, RESPONSEFORMAT=fmt).content)
    given = VOTable(vo.get(DR1 + "/sync", LANG="ADQL", QUERY=QUERY,
                           MAXREC=0).content)
    assert [dict(f.attrib) for f in told.fields] \
        == [dict(f.attrib) for f in given.fields]
    assert told.rows == [] and told.status() == ["OK"]
    infos = {n: v for n, v, _ in told.infos}
    assert "test_dr1" in infos["sql"] and "Limit" in infos["plan"]
    assert float(infos["estimated_rows"]) >= 0
    assert infos["QUERY"] == QUERY
    assert told.tables[0].find(VOT + "DATA") is not None


@pytest.mark.parametrize("fmt, media_type", [
    ("text", "text/plain"), ("html", "text/html")])
def test_text(vo, fmt, media_type):
    r = ask(vo, RESPONSEFORMAT=fmt)
    assert r.headers["Content-Type"].startswith(media_type)
    for word in ("Estimated rows: ", "RA double, deg", "SQL:", "Plan:"):
        assert word in r.text
    assert ("a&<" in r.text) == (fmt == "text")


def test_nothing_is_run(vo):
    """It would fail, or take minutes, if it were."""
    query = "SELECT COUNT(*) FROM test.Stars a, test.Stars b, test.Stars c" \
        " WHERE 1 = a.object_id / (b.object_id - b.object_id)"
    assert vo.get(DR1 + "/sync", LANG="ADQL", QUERY=query).status_code == 400
    r = ask(vo, query, RESPONSEFORMAT="json")
    assert r.status_code == 200 and r.json()["estimated_rows"] == 1


@pytest.mark.parametrize("explain", ["0", "false", ""])
def test_not_asked(vo, explain):
    t = VOTable(ask(vo, "SELECT TOP 2 * FROM test.Stars",
                    explain=explain).content)
    assert len(t.rows) == 2


@pytest.mark.parametrize("params, words", [
    ({"EXPLAIN": "maybe"}, ["EXPLAIN", "maybe"]),
    ({"EXPLAIN": ["1", "1"]}, ["EXPLAIN", "once"]),
    ({"EXPLAIN": "1", "RESPONSEFORMAT": "csv"}, ["csv", "json"]),
    ({"EXPLAIN": "1", "RESPONSEFORMAT": "fits"}, ["fits", "votable"]),
    ({"EXPLAIN": "1", "QUERY": "SELECT * FROM test.Starz"},
     ["Starz", "Stars"]),
])
def test_errors(vo, params, words):
    r = vo.get(DR1 + "/sync", **dict({"LANG": "ADQL", "QUERY": QUERY},
                                     **params))
    assert r.status_code == 400
    for word in words:
        assert word in r.text


def test_no_other_release_shows(vo):
    """Not its tables, and not how many there are: TAP_SCHEMA is stored with
    that of all releases."""
    assert ask(vo, "SELECT * FROM test_private.stars").status_code == 400
    r = ask(vo, "SELECT * FROM TAP_SCHEMA.columns JOIN test.Stars ON 1 = 1",
            RESPONSEFORMAT="json")
    assert r.status_code == 200, r.text
    assert "cost=" not in r.text and "rows=" not in r.text
    assert r.json()["estimated_rows"] is None
    for word in ("private", "dr2", "staged"):
        assert word not in r.text
    assert vo.get("/vo/tap/test-private/sync", LANG="ADQL", EXPLAIN="1",
                  QUERY="SELECT 1 FROM TAP_SCHEMA.tables").status_code == 404


def test_of_a_job(vo):
    job = run(vo, QUERY, DR1 + "/async", EXPLAIN="1", RESPONSEFORMAT="json")
    assert job.wait() == "COMPLETED"
    said = job.get("/results/result")
    assert said.headers["Content-Type"] == "application/json"
    assert said.json() == ask(vo, RESPONSEFORMAT="json").json()


def test_with_an_upload(vo):
    table = b"a,b\n1,2\n3,4\n"
    r = vo.post(DR1 + "/sync", {"LANG": "ADQL", "EXPLAIN": "1",
                                "QUERY": "SELECT a + b AS c FROM TAP_UPLOAD.t",
                                "RESPONSEFORMAT": "json",
                                "UPLOAD": "t,param:f"},
                files={"f": ("t.csv", table)})
    assert r.status_code == 200, r.text
    assert [c["name"] for c in r.json()["columns"]] == ["c"]
