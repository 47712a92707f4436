"""voctl init and the life of a release."""
import select

import psycopg2
import pytest


def test_init_again_changes_nothing(voctl):
    release = voctl.release()
    before = voctl.sql("SELECT * FROM vo.schema_version ORDER BY file")
    assert [row[0] for row in before] == sorted(row[0] for row in before)
    out = voctl("init").ok().out
    assert "applied" not in out and out.count("unchanged") == len(before)
    assert voctl.sql("SELECT * FROM vo.schema_version ORDER BY file") == before
    assert voctl.sql("SELECT state FROM vo.release WHERE release_id = %s",
                     release) == [("staged",)]


def test_init_dry_run(voctl, server):
    conn = voctl.connect()
    with conn.cursor() as cur:
        cur.execute("CREATE DATABASE empty")
    dsn = voctl.dsn.replace("dbname=vo", "dbname=empty")
    voctl("--dsn", dsn, "init", "--dry-run").ok()
    other = psycopg2.connect(dsn)
    with other.cursor() as cur:
        cur.execute("SELECT to_regnamespace('vo')")
        assert cur.fetchone() == (None,)
    other.close()
    voctl("--dsn", dsn, "release", "list").fails("voctl init")
    with conn.cursor() as cur:
        cur.execute("DROP DATABASE empty")


def test_init_updates_the_extension(voctl):
    """A database of the first version of pgsky gets the present one."""
    conn = voctl.connect()
    with conn.cursor() as cur:
        cur.execute("CREATE DATABASE old")
    dsn = voctl.dsn.replace("dbname=vo", "dbname=old")
    other = psycopg2.connect(dsn)
    other.autocommit = True
    with other.cursor() as cur:
        cur.execute("CREATE SCHEMA sky; CREATE EXTENSION pgsky SCHEMA sky "
                    "VERSION '1.0'")
        voctl("--dsn", dsn, "init").ok()
        cur.execute("SELECT installed_version = default_version FROM "
                    "pg_available_extensions WHERE name = 'pgsky'")
        assert cur.fetchone() == (True,)
    other.close()
    with conn.cursor() as cur:
        cur.execute("DROP DATABASE old")


def test_life(voctl):
    release = voctl.release("--survey", "life", "--doi", "10.1234/x")

    def state():
        return voctl.sql("SELECT state FROM vo.release WHERE release_id = %s",
                         release)[0][0]

    assert state() == "staged"
    voctl("release", "retire", release).fails("cannot become", rc=1)
    voctl("release", "private", release).fails("group", rc=2)
    assert state() == "staged"
    voctl("release", "private", release, "--reader-group", "team",
          "--embargo", "2100-01-01").ok()
    assert state() == "private"
    out = voctl("release", "list").ok().out
    assert "private (embargo to 2100-01-01)" in out
    voctl("release", "open", release, "--embargo", "", "-n").ok()
    assert state() == "private"
    voctl("release", "open", release, "--embargo", "").ok()
    assert state() == "public"
    voctl("release", "retire", release).ok()
    assert state() == "retired"
    voctl("release", "open", release).fails("cannot become")
    voctl("release", "stage", release).ok()
    assert voctl.sql("SELECT doi, reader_group, embargo_until FROM vo.release"
                     " WHERE release_id = %s", release) == \
        [("10.1234/x", "team", None)]


@pytest.mark.parametrize("name", ["A", "a b", "../x", "a/b", "", "-x",
                                  "x" * 49])
def test_bad_release_names(voctl, name):
    voctl("release", "add", "--", name).fails("cannot name a release", rc=2)


@pytest.mark.parametrize("survey", ["select", "my-survey", "2mass", ""])
def test_bad_survey_names(voctl, survey):
    voctl("release", "add", "ok-dr1", "--survey", survey).fails(
        "cannot name a survey", rc=2)


def test_the_same_twice(voctl):
    release = voctl.release()
    voctl("release", "add", release).fails("already", rc=1)
    voctl("release", "set", "nowhere", "--title", "x").fails(
        "There is no release nowhere", rc=1)


def test_usage(voctl):
    voctl("frobnicate").fails("no verb", rc=2)
    voctl("load", "r").fails("something is missing", rc=2)
    voctl("release", "add", "a", "b").fails("too many", rc=2)
    voctl("release", "list", "--nonsense").fails("nonsense", rc=2)
    assert voctl("version").ok().out.startswith("voctl (mod_vo)")
    out = voctl("help").ok().out
    for verb in ("init", "release add", "load", "check", "demo", "filters"):
        assert f"  {verb} " in out
    assert "--fold" in voctl("help", "load").ok().out
    assert "--fold" in voctl("load", "--help").ok().out


def test_wrong_database(voctl):
    voctl("--dsn", "host=/nowhere", "release", "list").fails(
        "Cannot connect", "--dsn", rc=1)


def test_tap_schema_describes_itself(voctl):
    release = voctl.release()
    views = {r[0] for r in voctl.sql(
        "SELECT table_name FROM vo.tap_tables WHERE release_id = %s", release)}
    assert views == {"TAP_SCHEMA." + t for t in (
        "schemas", "tables", "columns", "keys", "key_columns")}
    # TAP 1.1, section 4: the standard's columns, no more and no fewer
    want = {
        "schemas": "schema_name utype description schema_index",
        "tables": "schema_name table_name table_type utype description"
                  " table_index",
        "columns": "table_name column_name datatype arraysize xtype size"
                   " description utype unit ucd indexed principal std"
                   " column_index",
        "keys": "key_id from_table target_table description utype",
        "key_columns": "key_id from_column target_column",
    }
    for table, columns in want.items():
        stored = [r[0] for r in voctl.sql(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 ORDER BY attnum", f"{release}.tap_{table}")]
        assert stored == columns.split()
        described = voctl.sql(
            f"SELECT trim('\"' FROM column_name), datatype, std FROM"
            f" {release}.tap_columns WHERE table_name = %s"
            f" ORDER BY column_index", "TAP_SCHEMA." + table)
        assert [r[0] for r in described] == columns.split()
        for name, datatype, std in described:
            ints = ("size", "indexed", "principal", "std")
            assert datatype == ("int" if name in ints
                                or name.endswith("_index") else "char")
            assert std == 1
    assert voctl.sql(f"SELECT count(*) FROM {release}.tap_columns"
                     " WHERE column_name = '\"size\"'") == [(1,)]
    keys = voctl.sql(f"SELECT from_table, from_column, target_table,"
                     f" target_column FROM {release}.tap_keys JOIN"
                     f" {release}.tap_key_columns USING (key_id)")
    assert {(f.split(".")[1], fc) for f, fc, _, _ in keys} == {
        ("tables", "schema_name"), ("columns", "table_name"),
        ("keys", "from_table"), ("keys", "target_table"),
        ("key_columns", "key_id")}


def test_reader_sees_only_its_release(voctl):
    mine, other = voctl.release(), voctl.release()
    for r in (mine, other):
        voctl.sql(f"CREATE TABLE {r}.t AS SELECT 1 AS a;"
                  f"GRANT SELECT ON {r}.t TO vo_read_{r}")
    conn = voctl.connect("vo_web")
    cur = conn.cursor()
    cur.execute("SELECT count(*) FROM vo.release")  # what vo_web itself may
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cur.execute(f"SELECT * FROM {mine}.t")      # but not inherit
    cur.execute(f"SET ROLE vo_read_{mine}")
    cur.execute(f"SELECT a FROM {mine}.t")
    assert cur.fetchall() == [(1,)]
    cur.execute(f"SELECT count(*) FROM {mine}.tap_tables")
    assert cur.fetchone()[0] == 5
    cur.execute("SELECT sky_hpx(10, 20)")           # without a schema
    for query in (f"SELECT * FROM {other}.t",
                  f"SELECT * FROM {other}.tap_tables",
                  "SELECT * FROM vo.release", "SELECT * FROM vo.tap_tables",
                  f"INSERT INTO {mine}.t VALUES (2)",
                  f"DELETE FROM {mine}.tap_tables",
                  f"CREATE TABLE {mine}.x (a int)",
                  "CREATE TABLE public.x (a int)", "CREATE SCHEMA x",
                  "CREATE TEMPORARY TABLE x (a int)", "SELECT lo_creat(0)",
                  "SELECT pg_read_file('/etc/passwd')",
                  f"SELECT vo.make_release('{other}')",
                  f"SET ROLE vo_owner; SELECT * FROM vo.tap_tables"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cur.execute(query)
    conn.close()


def test_serial_moves_with_every_change(voctl):
    def serial():
        return voctl.sql("SELECT serial FROM vo.meta_serial")[0][0]

    start = serial()
    release = voctl.release()
    added = serial()
    assert added > start
    voctl("release", "set", release, "--title", "Another").ok()
    assert serial() > added
    before = serial()
    voctl("release", "set", release, "--title", "Third", "--dry-run").ok()
    voctl("release", "list").ok()
    assert serial() == before
    conn = voctl.connect()
    conn.cursor().execute("LISTEN vo_meta")
    voctl("release", "open", release).ok()
    for _ in range(50):  # a notification takes its own time
        select.select([conn], [], [], 0.1)
        conn.poll()
        if conn.notifies:
            break
    assert [n.channel for n in conn.notifies] == ["vo_meta"]
    conn.close()


FILTERS = "name,position,filter_id,wavelength,width,color\n"


def test_filters(voctl, tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(FILTERS + "g,1,7,4803,1409,#00ff00\nr,2,1,6254,,\n")
    voctl("filters", "fsurvey", path).ok()
    want = [("g", 1, 7, 4803.0, 1409.0, "#00ff00"),
            ("r", 2, 1, 6254.0, None, None)]
    query = ("SELECT name, position, filter_id, wavelength, width, color FROM"
             " vo.filter WHERE survey = 'fsurvey' ORDER BY position")
    assert voctl.sql(query) == want
    for text, word in ((FILTERS + "g,1,7,1,1,\nr,1,8,1,1,\n", "r"),
                       (FILTERS + "g,1,7,1,1,\nr,2,7,1,1,\n", "r"),
                       (FILTERS + "g,0,7,1,1,\n", "row 1"),
                       (FILTERS + ",1,7,1,1,\n", "row 1"),
                       ("name,position\ng,1\n", "filter_id")):
        path.write_text(text)
        voctl("filters", "fsurvey", path).fails(word)
        assert voctl.sql(query) == want
    path.write_text(FILTERS + "i,1,3,7668,1535,\n")
    voctl("filters", "fsurvey", path).ok()
    assert [r[0] for r in voctl.sql(query)] == ["i"]
