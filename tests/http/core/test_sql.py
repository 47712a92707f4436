"""test_sql.py: vo_sql_run on a real connection: what lasts and what does not."""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import subprocess

import pytest

from pyvohttpd.server import BUILD

STATE = ("SELECT current_user, current_setting('role'),"
         " current_setting('statement_timeout'), current_setting('jit'),"
         " current_setting('transaction_read_only'),"
         " current_setting('timezone')")
CLEAN = "raw vo_web|none|0|on|off|UTC"
READER = "vo_read_test_dr1"


class Line:
    def __init__(self, text):
        self.raw = text
        self.status = text.split(" ", 1)[0]
        m = re.match(r"\w+ syncs=(\d+) begin=(\d+) rows=(\d+) overflow=(\d) ms=(\d+)"
                     r" pipeline=(\d) tx=(\d) first=(.*) text=(.*)$", text)
        if m:
            (self.syncs, self.begin, self.rows, self.overflow, self.ms,
             self.pipeline, self.tx) = map(int, m.groups()[:7])
            self.first, self.text = m.groups()[7:]
            # whatever happened, the connection is idle again
            assert self.pipeline == 0 and self.tx == 0, text


@pytest.fixture(scope="session")
def tool():
    """The program beside this file, which `make check-http` builds."""
    return BUILD / "tests" / "sql_tool"


@pytest.fixture
def sql(vo, tool):
    def run(*commands):
        env = dict(os.environ, SQL_TOOL_ADMIN=vo.env["VO_DSN"])
        done = subprocess.run([tool, vo.env["VO_WEB_DSN"], *commands],
                              capture_output=True, text=True, timeout=60,
                              env=env, check=False)
        assert done.returncode == 0, done.stderr
        return [Line(x) for x in done.stdout.splitlines()]

    return run


def test_settings_hold_for_the_query_and_no_longer(sql):
    a, b, c = sql("role=" + READER, "timeout=7000", "small=1", "run:" + STATE,
                  "raw:" + STATE, "run:" + STATE)
    assert a.first == "%s|%s|7s|off|on|UTC" % (READER, READER)
    assert b.raw == CLEAN
    assert c.first == a.first


def test_jit_only_off_when_small(sql):
    a, b = sql("small=0", "run:SELECT current_setting('jit')", "small=1",
               "run:SELECT current_setting('jit')")
    assert (a.first, b.first) == ("on", "off")


@pytest.mark.parametrize("settings, query, status", [
    ((), "SELECT 1/0", "usage"),
    ((), "SELECT 1/(g - 500) FROM generate_series(1, 1000) g", "usage"),
    ((), "SELECT nonsense", "fault"),
    ((), "SELECT 1 FROM test_dr2.stars", "fault"),
    ((), "CREATE TABLE test_dr1.x (a int)", "fault"),
    (("timeout=200",), "SELECT pg_sleep(5)", "timeout"),
    (("gone=200",), "SELECT pg_sleep(5)", "gone"),
    (("stop=3",), "SELECT g FROM generate_series(1, 3000000) g", "gone"),
    (("max=10",), "SELECT g FROM generate_series(1, 3000000) g", "ok"),
])
def test_nothing_is_left_behind(sql, settings, query, status):
    a, b, c = sql("role=" + READER, "timeout=5000", *settings, "run:" + query,
                  "raw:" + STATE, "gone=-1", "stop=-1", "max=-1",
                  "run:SELECT 42")
    assert a.status == status, a.raw
    assert a.ms < 2000
    assert b.raw == CLEAN
    assert (c.status, c.first) == ("ok", "42")


def test_cancel_is_repeated(sql, vo):
    """The server ignores a cancel that comes between two messages; here a
    function swallows the first."""
    vo.sql("CREATE FUNCTION sky.stubborn() RETURNS int LANGUAGE plpgsql AS"
           " $$ BEGIN PERFORM pg_sleep(20); RETURN 1;"
           " EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(20);"
           " RETURN 2; END $$")
    try:
        a, b = sql("role=" + READER, "gone=100",
                   "run:SELECT sky.stubborn()", "gone=-1", "run:SELECT 42")
        assert a.status == "gone" and a.ms < 2000
        assert b.first == "42"
    finally:
        vo.sql("DROP FUNCTION sky.stubborn()")


def test_messages(sql):
    zero, role, slow = sql(
        "role=" + READER, "run:SELECT 1/0", "run:SELECT 1 FROM test_dr2.stars",
        "timeout=300", "run:SELECT pg_sleep(3)")
    assert "division by zero" in zero.text
    assert "test_dr2" not in role.text and "permission" not in role.text
    assert "0.3 s" in slow.text


@pytest.mark.parametrize("rows, maximum, n, overflow", [
    (10, -1, 10, 0), (10, 10, 10, 0), (11, 10, 10, 1), (1000, 10, 10, 1),
    (0, 10, 0, 0), (1, 0, 0, 1), (0, 0, 0, 0),
])
def test_max_rows(sql, rows, maximum, n, overflow):
    a, = sql("max=%d" % maximum,
             "run:SELECT g FROM generate_series(1, %d) g" % rows)
    assert (a.status, a.rows, a.overflow, a.begin) == ("ok", n, overflow, 1)


def test_begin_comes_without_rows_too(sql):
    a, = sql("run:SELECT 1 AS a, 2 AS b WHERE false")
    assert (a.status, a.begin, a.rows) == ("ok", 1, 0)


def test_dead_connection_is_opened_again(sql):
    a, k, b, c = sql("role=" + READER, "run:SELECT 1", "kill", "run:SELECT 2",
                     "run:SELECT 3")
    assert [x.status for x in (a, k, b, c)] == ["ok", "killed", "ok", "ok"]
    assert (b.first, c.first) == ("2", "3")


def test_prepared_statements(sql, vo):
    lines = sql("role=" + READER, "prepare=one",
                "run:SELECT count(*) FROM test_dr1.plain",
                "run:SELECT count(*) FROM test_dr1.plain",
                "raw:SELECT count(*) FROM pg_prepared_statements WHERE name"
                " LIKE 'one%'", "kill",
                "run:SELECT count(*) FROM test_dr1.plain")
    assert [x.first for x in lines if hasattr(x, "first")] == ["20"] * 3
    assert lines[2].raw == "raw 1"


def test_prepared_statement_whose_table_changed(sql, vo):
    """The plan's columns are other ones now: prepared anew, not an error."""
    vo.sql("CREATE TABLE test_dr1.changes AS SELECT 1 AS a;"
           "GRANT SELECT ON test_dr1.changes TO vo_read_test_dr1")
    try:
        a, _, b = sql("role=" + READER, "prepare=changes",
                      "run:SELECT * FROM test_dr1.changes",
                      "admin:ALTER TABLE test_dr1.changes ADD b int DEFAULT 2",
                      "run:SELECT * FROM test_dr1.changes")
        assert (a.first, b.first) == ("1", "1|2")
    finally:
        vo.sql("DROP TABLE test_dr1.changes")


def test_session_settings_of_others_do_not_matter(sql):
    a, b = sql("raw:SELECT set_config('datestyle', 'German', false)",
               "run:SELECT timestamp '2020-01-31 00:00:00', '\\x00ff'::bytea,"
               " 0.1::float4")
    assert b.first == "2020-01-31 00:00:00|\\x00ff|0.1"


def test_one_round_trip(sql):
    """Role, limits and query travel together: one Sync each, and one more for
    what a new connection is told."""
    lines = sql("role=" + READER, "timeout=5000", "run:SELECT 1",
                "run:SELECT 2", "prepare=p", "run:SELECT 3", "run:SELECT 3")
    assert [x.syncs for x in lines] == [2, 1, 1, 1]
