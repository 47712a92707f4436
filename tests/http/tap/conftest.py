"""conftest.py: a release with many rows and one with every kind of NULL."""
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import pytest

from pyvohttpd import seed
from pyvohttpd.xmltree import VOTable

BULK_ROWS = 120000

BULK = [
    ("id", "int", None, None, None, "meta.id;meta.main", 1, 1, "integer",
     "Number of the row"),
    ("k", "int", None, None, None, None, 1, 0, "integer",
     "Zero in row 100000, else 1"),
    ("x", "double", None, None, None, None, 1, 0, "double precision",
     "A number"),
    ("note", "char", "*", None, None, None, 0, 0, "text", "Forty characters"),
]

# name, datatype, arraysize, xtype, PostgreSQL type, a value
KINDS = [
    ("b", "boolean", None, None, "boolean", "true"),
    ("i2", "short", None, None, "smallint", "-7"),
    ("i4", "int", None, None, "integer", "2147483647"),
    ("i8", "long", None, None, "bigint", "-9007199254740993"),
    ("f4", "float", None, None, "real", "0.1"),
    ("f8", "double", None, None, "double precision", "0.1"),
    ("t", "char", "*", None, "text", "a,b\"c\"<d>&é"),
    ("v", "char", "4*", None, "character varying(4)", "abc"),
    ("ts", "char", "*", "timestamp", "timestamp without time zone",
     "2020-02-29 23:59:58.25"),
    ("a2", "short", "3", None, "smallint[]", "{1,2,3}"),
    ("a4", "float", "3", None, "real[]", "{1.5,2.5,3.5}"),
    ("a8", "double", "3", None, "double precision[]", "{1.5,-2.5,1e300}"),
]


@pytest.fixture(scope="session")
def tap_release(vo):
    """The release tap-dr1 and its URL below the server."""
    conn = vo.connect()
    conn.autocommit = False
    with conn, conn.cursor() as cur:
        cur.execute("DELETE FROM vo.release WHERE release_id = 'tap-dr1';"
                    "DROP SCHEMA IF EXISTS tap_dr1 CASCADE")
        schema = seed._release(cur, "tap-dr1", survey="tap")
        cur.execute(
            "CREATE TABLE tap_dr1.bulk AS SELECT g AS id,"
            " CASE g WHEN 100000 THEN 0 ELSE 1 END AS k, g / 7.0::float8 AS x,"
            " repeat('x', 40) AS note FROM generate_series(1, %s) g;"
            " ANALYZE tap_dr1.bulk", (BULK_ROWS,))
        seed._table(cur, "tap-dr1", 0, "tap.Bulk", "bulk", BULK)
        cur.execute("CREATE TABLE tap_dr1.kinds (id integer, %s)" % ", ".join(
            "%s %s" % (k[0], k[4]) for k in KINDS))
        cur.execute(
            "INSERT INTO tap_dr1.kinds VALUES (1, %s), (2, %s)" % (
                ", ".join(["%s"] * len(KINDS)),
                ", ".join(["NULL"] * len(KINDS))), [k[5] for k in KINDS])
        seed._table(cur, "tap-dr1", 1, "tap.Kinds", "kinds",
                    [("id", "int", None, None, None, "meta.id;meta.main", 1, 1,
                      "integer", "Number of the row")]
                    + [(n, d, s, x, None, None, 1, 0, p, "A " + p)
                       for n, d, s, x, p, _ in KINDS])
        assert schema == "tap_dr1"
    conn.close()
    deadline = time.monotonic() + 5
    while vo.get("/vo/tap/tap-dr1/capabilities").status_code != 200:
        assert time.monotonic() < deadline, "the release does not appear"
        time.sleep(0.1)
    yield "/vo/tap/tap-dr1"
    vo.sql("DELETE FROM vo.release WHERE release_id = 'tap-dr1';"
           "DROP SCHEMA tap_dr1 CASCADE")


@pytest.fixture
def tap(vo, tap_release):
    """tap(query, **params): the answer of /sync, a requests.Response."""
    def ask(query, release=tap_release, **params):
        return vo.get(release + "/sync", LANG="ADQL", QUERY=query, **params)

    ask.url = tap_release
    return ask


@pytest.fixture
def table(tap):
    """table(query, **params): the VOTable of a query that works."""
    def ask(query, **params):
        r = tap(query, **params)
        assert r.status_code == 200, r.text
        t = VOTable(r.content)
        assert len(t.tables) == 1
        assert t.status()[0] == "OK"
        return t

    return ask
