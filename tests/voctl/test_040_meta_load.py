"""vo_meta_load: the snapshot in C holds what the tables of schema vo say."""
import json
import subprocess

import pytest

from conftest import BUILD


def dump(voctl, dsn=None):
    return subprocess.run(
        [str(BUILD / "tests/voctl/meta_dump"), dsn or voctl.env["VO_WEB_DSN"]],
        capture_output=True, text=True, timeout=60)


def without_null(value):
    """The lists are written with a null in front."""
    if isinstance(value, list):
        return [without_null(v) for v in
                (value[1:] if value and value[0] is None else value)]
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items()}
    return value


@pytest.fixture(scope="module")
def loaded(voctl, tmp_path_factory):
    d = tmp_path_factory.mktemp("meta")
    (d / "f.csv").write_text("name,position,filter_id\nb,2,1\na,1,9\n")
    (d / "t.csv").write_text("name,order,ra,dec,MAG_a,MAG_b\n"
                             "x,1,1,2,3,4\ny,2,,,5,\n")
    (d / "u.csv").write_text("N,O\nx,1\n")
    (d / "t.ini").write_text("[table]\ndescription=T t\nepoch=2015.5\n"
                             "[column MAG]\nunit=mag\nucd=phot.mag\n")
    (d / "u.ini").write_text("[key u_t]\nfrom = N, O\ntarget = snap.T\n"
                             "to = name, order\n")
    r = voctl.release("--survey", "snap", "--filters", d / "f.csv", "--doi",
                      "10.1/2", "--reader-group", "team", "--embargo",
                      "2040-01-01T00:00:00Z")
    voctl("load", r, "T", d / "t.csv", "--fold", "--meta", d / "t.ini",
          "--id", "name").ok()
    voctl("load", r, "U", d / "u.csv", "--meta", d / "u.ini").ok()
    voctl("release", "private", r).ok()
    return r


def test_snapshot(voctl, loaded):
    p = dump(voctl)
    assert p.returncode == 0, p.stderr
    meta = without_null(json.loads(p.stdout))
    assert meta["serial"] == meta["now"] == voctl.sql(
        "SELECT serial FROM vo.meta_serial")[0][0]
    assert meta["idle"] == 1
    assert [r["id"] for r in meta["releases"]] == [
        r[0] for r in voctl.sql('SELECT release_id FROM vo.release ORDER BY'
                                ' release_id COLLATE "C"')]
    rel, = [r for r in meta["releases"] if r["id"] == loaded]
    assert rel["state"] == 1 and rel["survey"] == "snap"
    assert rel["doi"] == "10.1/2" and rel["reader_group"] == "team"
    assert rel["reader_role"] == "vo_read_" + loaded
    assert rel["embargo"] == 2208988800 * 10**6
    assert rel["filters"] == [["a", 1, 9], ["b", 2, 1]]
    assert rel["schemas"] == ["snap", "TAP_SCHEMA"]
    assert [t["tap_name"] for t in rel["tables"]] == [
        "snap.T", "snap.U"] + ["TAP_SCHEMA." + t for t in (
            "schemas", "tables", "columns", "keys", "key_columns")]
    key, = [k for k in rel["keys"] if k["id"] == "u_t"]
    assert key == {"id": "u_t", "n": 2, "from": "snap.U", "target": "snap.T",
                   "from_columns": ["N", "O"],
                   "target_columns": ["name", '"order"']}
    assert len(rel["keys"]) == 6
    t = rel["tables"][0]
    columns = t.pop("columns")
    assert t == {"index": 0, "schema": "snap", "name": "T", "type": "table",
                 "tap_name": "snap.T", "description": "T t",
                 "pg_schema": loaded, "pg_table": "t", "pg_hpx": "hpx",
                 "ra": "ra", "dec": "dec", "id": "name", "epoch": 2015.5,
                 "nrows": 2, "is_cone": 1}
    assert [c["name"] for c in columns] == ["name", "order", "ra", "dec",
                                            "MAG"]
    assert columns[1]["adql_name"] == '"order"'
    assert columns[4] == {
        "index": 4, "size": 2, "oid": 1007, "flags": [0, 1, 0], "name": "MAG",
        "adql_name": "MAG", "datatype": "int", "arraysize": "2",
        "xtype": None, "unit": "mag", "ucd": "phot.mag", "utype": None,
        "description": None, "pg_column": "mag", "pg_type": "integer[]",
        "min": 3, "max": 5, "fill": 1}
    assert columns[2]["fill"] == 0.5 and columns[2]["flags"][0] == 1
    assert [c["index"] for c in columns] == [0, 1, 2, 3, 4]


def test_snapshot_agrees_with_every_column(voctl, loaded):
    meta = without_null(json.loads(dump(voctl).stdout))
    got = {(r["id"], t["tap_name"], c["adql_name"]):
           (c["datatype"], c["arraysize"], c["unit"], c["ucd"], c["pg_type"],
            c["flags"], c["oid"])
           for r in meta["releases"] for t in r["tables"]
           for c in t["columns"]}
    want = {row[:3]: row[3:8] + ([*row[8:11]], row[11]) for row in voctl.sql(
        "SELECT c.release_id, table_name, column_name, datatype, arraysize,"
        " unit, ucd, c.pg_type, indexed, principal, std, a.atttypid::bigint"
        " FROM vo.tap_columns c JOIN vo.tap_tables t"
        " USING (release_id, table_name) JOIN pg_attribute a ON a.attrelid ="
        " format('%I.%I', t.pg_schema, pg_table)::regclass AND attname ="
        " pg_column")}
    assert got == want and len(got) > 35


def test_not_set_up(voctl):
    p = dump(voctl, voctl.dsn.replace("dbname=vo", "dbname=postgres"))
    assert p.returncode == 1 and "voctl init" in p.stderr
    p = dump(voctl, voctl.env["VO_WEB_DSN"].replace("user=vo_web",
                                                    "user=nobody_here"))
    assert p.returncode == 1 and p.stderr
