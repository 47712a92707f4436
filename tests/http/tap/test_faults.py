"""test_faults.py: late errors, clients that leave, limits, attacks."""
# SPDX-License-Identifier: GPL-3.0-or-later
import concurrent.futures
import socket
import time
from pathlib import Path

import pytest
import requests

from pyvohttpd.heap import Heap
from pyvohttpd.xmltree import VOTable

SLOW = ("SELECT COUNT(*) AS n FROM tap.Bulk AS a, tap.Bulk AS b"
        " WHERE a.x < b.x")
ACTIVE = ("SELECT count(*) FROM pg_stat_activity WHERE usename = 'vo_web'"
          " AND state <> 'idle' AND query LIKE '%%%s%%'")


def active(vo, table="bulk"):
    return vo.sql(ACTIVE % table)[0][0]


def wait_until(what, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


# --- errors after the first bytes have left -----------------------------------

LATE = "SELECT id, note, 1/k AS y FROM tap.Bulk"


def test_late_error_in_votable(tap):
    r = tap(LATE, MAXREC="200000")
    assert r.status_code == 200
    t = VOTable(r.content)         # well-formed, one document
    assert t.status() == ["OK", "ERROR"]
    assert "division by zero" in t.message()
    assert len(t.rows) == 99999


def test_late_error_in_binary2(tap):
    r = tap(LATE, MAXREC="200000", FORMAT="votable/b2")
    t = VOTable(r.content)
    assert t.status() == ["OK", "ERROR"]
    assert "division by zero" in t.message()


@pytest.mark.parametrize("fmt", ["csv", "tsv"])
def test_late_error_breaks_the_connection(tap, fmt):
    with pytest.raises((requests.exceptions.ChunkedEncodingError,
                        requests.exceptions.ConnectionError)):
        tap(LATE, MAXREC="200000", FORMAT=fmt)


def test_late_error_in_json_is_no_valid_whole(tap):
    try:
        text = tap(LATE, MAXREC="200000", FORMAT="json").text
    except requests.exceptions.RequestException:
        return
    assert "division by zero" in text


def test_late_error_in_fits_is_an_error_document(tap):
    """FITS is spooled, so nothing has left when the error comes."""
    r = tap(LATE, MAXREC="200000", FORMAT="fits")
    assert r.status_code == 400 and "division by zero" in r.text


def test_early_error_is_a_clean_document(tap):
    r = tap("SELECT TOP 20 id, 1/(id - 10) AS y FROM tap.Bulk")
    assert r.status_code == 400
    t = VOTable(r.content)
    assert t.status() == ["ERROR"] and not t.tables


# --- time ------------------------------------------------------------------------

def test_timeout(vo, tap, conf_now):
    conf_now("TAPTimeout 1")
    start = time.monotonic()
    r = tap(SLOW)
    took = time.monotonic() - start
    assert r.status_code == 400
    t = VOTable(r.content)
    assert t.status() == ["ERROR"]
    assert "longer than 1 s" in t.message()
    assert 0.9 < took < 3
    assert active(vo) == 0
    # the connection it used is good again, and has no limit left on it
    assert tap("SELECT TOP 1 id FROM tap.Bulk").status_code == 200


def leave(vo, path, how):
    """Start a request, wait for its query to run, leave."""
    host = vo.url.split("//")[1].split(":")
    s = socket.create_connection((host[0], int(host[1])), 10)
    s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path).encode())
    assert wait_until(lambda: active(vo) > 0, 5), "the query never ran"
    if how == "reset":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     b"\1\0\0\0\0\0\0\0")
    s.close()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_client_gone_means_query_cancelled(vo, tap, how):
    path = requests.Request("GET", vo.url + tap.url + "/sync", params={
        "LANG": "ADQL", "QUERY": SLOW}).prepare().path_url
    leave(vo, path, how)
    start = time.monotonic()
    assert wait_until(lambda: active(vo) == 0, 3), "it still runs"
    assert time.monotonic() - start < 1
    assert tap("SELECT TOP 1 id FROM tap.Bulk").status_code == 200


def test_client_gone_while_reading(vo, tap):
    """A client that stops in the middle of a long answer."""
    query = "SELECT a.id, a.note FROM tap.Bulk AS a, tap.Bulk AS b"
    with requests.get(vo.url + tap.url + "/sync", stream=True, params={
            "QUERY": query, "FORMAT": "csv", "MAXREC": "9000000"}) as r:
        assert r.status_code == 200
        assert len(r.raw.read(200000)) == 200000
        assert active(vo) > 0
    assert wait_until(lambda: active(vo) == 0, 2), "it still runs"


def test_slow_client_gets_everything(vo, tap):
    r = requests.get(vo.url + tap.url + "/sync", stream=True, params={
        "QUERY": "SELECT id, note FROM tap.Bulk", "FORMAT": "csv",
        "MAXREC": "200000"})
    size = 0
    for i, part in enumerate(r.iter_content(1 << 18)):
        size += len(part)
        time.sleep(0.05)
    assert size == sum(len("%d,%s\r\n" % (i, "x" * 40))
                       for i in range(1, 120001)) + len("id,note\r\n")


# --- database ----------------------------------------------------------------------

def test_killed_backends_are_not_noticed(vo, tap, expect_log):
    expect_log("VO1213")        # of a worker that was just asking for jobs
    for _ in range(3):
        assert tap("SELECT TOP 1 id FROM tap.Bulk").status_code == 200
        vo.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE usename = 'vo_web'")
        assert tap("SELECT TOP 1 id FROM tap.Bulk").status_code == 200


def test_killed_in_the_middle(vo, tap, expect_log):
    expect_log("VO1022")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(tap, SLOW)
        assert wait_until(lambda: active(vo) > 0, 5)
        # both the query and its repetition on a fresh connection
        def kill():
            vo.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE usename = 'vo_web' AND state = 'active'")
            return answer.done()

        assert wait_until(kill, 10)
        r = answer.result()
    assert r.status_code == 503
    assert r.headers["Retry-After"]
    assert VOTable(r.content).status() == ["ERROR"]
    assert "SELECT" not in r.text and "pg_" not in r.text


def test_many_at_once(vo, tap):
    def ask(i):
        r = requests.get(vo.url + tap.url + "/sync", params={
            "FORMAT": "csv",
            "QUERY": "SELECT id, x FROM tap.Bulk WHERE id = %d" % i})
        return r.status_code, r.text.splitlines()[1].split(",")[0]

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        for i, got in enumerate(pool.map(ask, range(1, 401)), 1):
            assert got == (200, str(i))


def test_releases_do_not_leak_into_each_other(vo):
    def ask(i):
        rid = "test-dr%d" % (1 + i % 2)
        r = requests.get(vo.url + "/vo/tap/%s/sync" % rid, params={
            "FORMAT": "csv", "QUERY": "SELECT COUNT(*) AS n FROM test.Stars"})
        return rid, r.text.split()[1]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = set(pool.map(ask, range(200)))
    assert got == {("test-dr1", "5000"), ("test-dr2", "1200")}


def test_answers_while_every_connection_is_busy(vo, tap, conf_now,
                                                expect_log):
    """More slow queries than the pool has connections: what needs no query
    is answered at once, and the waiting ones go when their clients go."""
    conf_now("VOPoolWait 60")           # nobody is refused meanwhile
    expect_log("AH03490", "AH10159")    # httpd's, about making a process more
    path = requests.Request("GET", vo.url + tap.url + "/sync", params={
        "QUERY": SLOW}).prepare().path_url
    host, port = vo.url.split("//")[1].split(":")
    busy = [socket.create_connection((host, int(port)), 10)
            for _ in range(28)]
    try:
        for s in busy:
            s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path).encode())
        assert wait_until(lambda: active(vo) >= 20, 10)
        time.sleep(4.1)                 # what is known is stale by now
        for url in (tap.url + "/capabilities", "/health"):
            # a connection of its own each: it may fall to any process
            assert requests.get(vo.url + url, timeout=2).status_code == 200
    finally:
        for s in busy:
            s.close()
    assert wait_until(lambda: active(vo) == 0, 10)
    assert tap("SELECT TOP 1 id FROM tap.Bulk").status_code == 200


# --- what may not be reached ----------------------------------------------------------

@pytest.mark.parametrize("query", [
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM pg_class",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM vo.release",
    "SELECT * FROM release",
    "SELECT * FROM test_dr2.stars",
    "SELECT * FROM test.Stars",
    "SELECT * FROM tap_dr1.bulk",
    "SELECT * FROM \"tap_dr1\".\"bulk\"",
    "SELECT * FROM public.x",
    "SELECT ctid FROM tap.Bulk",
    "SELECT xmin, tableoid FROM tap.Bulk",
    "SELECT hpx FROM tap.Bulk",
    "SELECT pg_read_file('/etc/passwd') FROM tap.Bulk",
    "SELECT pg_sleep(10) FROM tap.Bulk",
    "SELECT current_user FROM tap.Bulk",
    "SELECT set_config('role', 'vo_owner', false) FROM tap.Bulk",
    "SELECT id FROM tap.Bulk; DROP TABLE tap_dr1.bulk",
    "SELECT id FROM tap.Bulk; SELECT 1",
    "SELECT id::text FROM tap.Bulk",
    "SELECT * INTO x FROM tap.Bulk",
    "DELETE FROM tap.Bulk",
    "SELECT * FROM tap.Bulk /* */ ; --",
    "SELECT * FROM tap.Bulk FOR UPDATE",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "SELECT * FROM generate_series(1, 10)",
    "SELECT $1 FROM tap.Bulk",
    "WITH x AS (DELETE FROM tap.Bulk RETURNING *) SELECT * FROM x",
])
def test_not_reachable(vo, tap, query):
    r = tap(query)
    assert r.status_code == 400, r.text
    assert VOTable(r.content).status() == ["ERROR"]
    assert vo.sql("SELECT count(*) FROM tap_dr1.bulk") == [(120000,)]


@pytest.mark.parametrize("value", [
    "x'; DROP TABLE tap_dr1.bulk; --", "x'' OR ''1''=''1", "$$ || $1 $$",
    "\\'; SELECT 1; --", "%s %d %n", "a\tb\nc", "\u2019 OR 1=1",
])
def test_values_are_only_values(vo, tap, value):
    r = tap("SELECT COUNT(*) AS n FROM tap.Bulk WHERE note = '%s'"
            % value.replace("'", "''"), FORMAT="csv")
    assert (r.status_code, r.text.split()) == (200, ["n", "0"])


@pytest.mark.parametrize("alias", ['x" FROM pg_class; --', "a'b", "é", "$1"])
def test_aliases_are_only_names(tap, alias):
    r = tap('SELECT TOP 1 id AS "%s" FROM tap.Bulk' % alias.replace('"', '""'))
    assert r.status_code == 200, r.text
    assert VOTable(r.content).names == [alias]


def test_reader_role_is_the_last_barrier(vo):
    """Whatever the translator let through, the role reads its release only."""
    conn = vo.connect("VO_WEB_DSN")
    with conn.cursor() as cur:
        for statement in ("SELECT 1 FROM test_dr1.stars",
                          "SELECT 1 FROM tap_dr1.bulk",
                          "CREATE TABLE public.x (a int)"):
            with pytest.raises(Exception, match="permission denied"):
                cur.execute(statement)
        cur.execute("SET ROLE vo_read_test_dr1")
        cur.execute("SELECT 1 FROM test_dr1.stars LIMIT 1")
        for statement in ("SELECT 1 FROM test_dr2.stars",
                          "SELECT 1 FROM vo.release",
                          "DELETE FROM test_dr1.stars"):
            with pytest.raises(Exception, match="permission denied"):
                cur.execute(statement)
    conn.close()


def test_deep_and_long_queries_are_refused(tap, vo):
    deep = "SELECT " + "(" * 5000 + "1" + ")" * 5000 + " AS a FROM tap.Bulk"
    r = vo.post(tap.url + "/sync", {"QUERY": deep})
    assert r.status_code == 400
    assert VOTable(r.content).status() == ["ERROR"]
    r = vo.post(tap.url + "/sync", {"QUERY": "SELECT '" + "x" * 3000000 + "'"})
    assert r.status_code == 413
    assert tap("SELECT TOP 1 id FROM tap.Bulk").status_code == 200


def children(pid):
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            yield int(path.parent.name)


def test_memory_stays_flat(vo, tap):
    """The child's peak does not grow with the number of rows."""
    def peak():
        pid = int((vo.dir / "httpd/run/httpd.pid").read_text())
        return max(int(line.split()[1]) for p in children(pid)
                   for line in open("/proc/%d/status" % p)
                   if line.startswith("VmHWM"))

    query = ("SELECT a.id, a.x, a.note FROM tap.Bulk AS a, (SELECT TOP 6 id"
             " FROM tap.Bulk) AS b")
    with Heap(vo): # its quarantine is small where there is one
        for fmt in ("csv", "votable/b2"):
            tap("SELECT id FROM tap.Bulk", FORMAT=fmt, MAXREC="1000")
        before = peak()
        for fmt in ("csv", "votable", "votable/b2", "fits"):
            with requests.get(vo.url + tap.url + "/sync", stream=True, params={
                    "QUERY": query, "FORMAT": fmt, "MAXREC": "9000000"}) as r:
                size = sum(len(c) for c in r.iter_content(1 << 20))
            assert size > 25000000, (fmt, size)
        assert peak() - before < 16 * 1024
