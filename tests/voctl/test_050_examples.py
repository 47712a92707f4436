"""voctl examples: what a release shows, from a file."""
import pytest

FILE = """\
-- a comment before the first example

-- example near: Around a position
-- Rows within
-- a degree;
-- no more.
--
-- A second paragraph.

SELECT * FROM exa.T
WHERE 1 = CONTAINS(POINT(ra, dec), -- a comment of the query
                   CIRCLE(10, 20, 1));

-- example all-2: Everything & more
SELECT COUNT(*) FROM exa.T
"""


@pytest.fixture(scope="module")
def release(voctl, tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "a.csv"
    path.write_text("id,ra,dec\n1,10,20\n2,30,40\n")
    r = voctl.release("--survey", "exa")
    voctl("load", r, "T", path, "--key", "id").ok()
    return r


def stored(voctl, release):
    return voctl.sql("SELECT example_id, name, description, query FROM"
                     " vo.example WHERE release_id = %s ORDER BY place",
                     release)


def test_load_and_replace(voctl, release, tmp_path):
    path = tmp_path / "e.adql"
    path.write_text(FILE)
    assert "2 examples" in voctl("examples", release, path).ok().out
    near, everything = stored(voctl, release)
    assert near == (
        "near", "Around a position",
        "Rows within\na degree;\nno more.\n\nA second paragraph.",
        "SELECT * FROM exa.T\nWHERE 1 = CONTAINS(POINT(ra, dec),"
        " -- a comment of the query\n                   CIRCLE(10, 20, 1))")
    assert everything == ("all-2", "Everything & more", None,
                          "SELECT COUNT(*) FROM exa.T")
    path.write_text("-- example one: One\nSELECT id FROM exa.T\n")
    voctl("examples", release, path, "--dry-run").ok()
    assert len(stored(voctl, release)) == 2
    voctl("examples", release, path).ok()
    assert [e[0] for e in stored(voctl, release)] == ["one"]


@pytest.mark.parametrize("text, words", [
    ("SELECT 1", ["line 1", "-- example ID: NAME"]),
    ("-- example x\nSELECT 1", ["line 1", "ID: NAME"]),
    ("-- example 1: a\nSELECT 1", ["line 1", "letter first"]),
    ("-- example a b: a\nSELECT 1", ["line 1"]),
    ("-- example a:\nSELECT 1", ["line 1"]),
    ("-- example a: A\n-- words\n", ["example a has no query"]),
    ("-- example a: A\nSELECT id FROM exa.T\n-- example a: B\n",
     ["line 3", "a is there already"]),
    ("-- example a: A\nSELECT id\nFROM exa.U\n",
     ["Example a", "exa.U", "line 2, column 6"]),
    ("-- example a: A\nSELECT * FROM TAP_UPLOAD.x\n", ["Example a"]),
])
def test_refused(voctl, release, tmp_path, text, words):
    path = tmp_path / "e.adql"
    path.write_text(text)
    before = stored(voctl, release)
    voctl("examples", release, path).fails(*words)
    assert stored(voctl, release) == before


def test_refused_place(voctl, release, tmp_path):
    voctl("examples", release, tmp_path / "none").fails("none")
    path = tmp_path / "e.adql"
    path.write_text("-- example a: A\nSELECT 1\n")
    voctl("examples", "nowhere", path).fails("no release nowhere")


def test_check_finds_a_stale_one(voctl, release, tmp_path):
    path = tmp_path / "e.adql"
    path.write_text("-- example a: A\nSELECT id FROM exa.T\n")
    voctl("examples", release, path).ok()
    assert "ok   the examples are queries" in voctl("check", release).ok().out
    voctl.sql("UPDATE vo.example SET query = 'SELECT idd FROM exa.T'"
              " WHERE release_id = %s", release)
    r = voctl("check", release)
    assert r.rc == 1 and "FAIL the examples are queries" in r.out
    assert "a: " in r.out and "idd" in r.out
