"""test_tap_82_patience.py: who needs no query never waits for those who do."""
# SPDX-License-Identifier: GPL-3.0-or-later
import concurrent.futures
import os
import select
import signal
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from pyvohttpd import jobs, seed
from pyvohttpd.jobs import ASYNC, Job, until
from pyvohttpd.xmltree import VOTable, parse

TAP = "/vo/tap/job-dr1"
QUICK = "SELECT TOP 1 id FROM job.Numbers"
# a connection taken, and nothing of the processor
SLEEP = "SELECT id, z FROM job.Sleep"
DOCUMENTS = [TAP + "/capabilities", TAP + "/availability", TAP + "/tables",
             TAP + "/examples", TAP + "/async", "/health",
             "/vo/job-dr1/capabilities", "/vo/job-dr1/availability"]
AVAILABLE = "{http://www.ivoa.net/xml/VOSIAvailability/v1.0}available"
RUNNING = ("SELECT count(*) FROM pg_stat_activity WHERE usename = 'vo_web'"
           " AND wait_event = 'PgSleep'")
# httpd has two processes of 32 threads and 24 connections here: 20 and 28 each
ALL_RUN, ALL_HELD = 40, 56
# what httpd itself says of having no more processes to make
FULL = ["AH03490", "AH10159", "AH00484", "AH00485"]
SOON = 2        # s, on a machine that does other things too


@pytest.fixture(scope="module", autouse=True)
def release(vo):
    jobs.make_release(vo)
    conn = vo.connect()
    with conn.cursor() as cur:
        cur.execute("CREATE VIEW job_dr1.sleep AS SELECT 1 AS id,"
                    " (pg_sleep(120) IS NULL)::int AS z")
        seed._table(cur, jobs.RELEASE, 3, "job.Sleep", "sleep",
                    [jobs.ID, jobs.Z])
    conn.close()
    until(lambda: b"job.Sleep" in vo.get(TAP + "/tables").content)
    yield
    jobs.drop_release(vo)


def running(vo):
    return vo.sql(RUNNING)[0][0]


def sync(vo, query=QUICK, timeout=30, **params):
    """On a connection of its own, which may fall to any process of httpd."""
    return requests.get(vo.url + TAP + "/sync", timeout=timeout,
                        params=dict(params, LANG="ADQL", QUERY=query))


def ask(vo, n, query=SLEEP):
    """N clients that have sent a query and read nothing: sockets."""
    path = requests.Request("GET", vo.url + TAP + "/sync", params={
        "LANG": "ADQL", "QUERY": query}).prepare().path_url
    host, port = vo.url.split("//")[1].split(":")
    made = []
    for _ in range(n):
        made.append(socket.create_connection((host, int(port)), 10))
        made[-1].sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
                          % path).encode())
    return made


def answered(sockets):
    return select.select(sockets, [], [], 0)[0]


@contextmanager
def filled(vo):
    """Every process has all the slow queries it takes, and as many that wait;
    those that were refused meanwhile, and those that were not."""
    refused, held = [], []
    try:
        deadline = time.monotonic() + 30
        while running(vo) < ALL_RUN or len(held) < ALL_HELD:
            assert time.monotonic() < deadline
            held += ask(vo, 8)
            time.sleep(0.3)     # httpd makes another process in a second
            refused += answered(held)
            held = [s for s in held if s not in refused]
        yield refused, held
    finally:
        for s in refused + held:
            s.close()
        until(lambda: running(vo) == 0)


def documents_come(vo):
    for url in DOCUMENTS:
        start = time.monotonic()
        r = requests.get(vo.url + url, timeout=SOON)
        assert r.status_code == 200, (url, r.text)
        assert time.monotonic() - start < SOON, url
        if url.endswith("/availability"):
            assert parse(r.content).findtext(AVAILABLE) == "true", url


# --- more queries than there is room for --------------------------------------

def test_documents_when_more_ask_than_there_are_threads(vo, conf_now,
                                                        expect_log):
    conf_now("VOPoolWait 60")
    expect_log("VO1022", *FULL)
    with filled(vo) as (refused, held):
        more = ask(vo, 100)
        until(lambda: len(answered(more)) == 100, SOON)
        for s in refused + more:
            head = s.recv(65536).decode("latin-1").lower()
            assert head.startswith("http/1.1 503") and "retry-after:" in head
            s.close()
        time.sleep(4.1)         # what is known is stale by now
        documents_come(vo)
        r = sync(vo, timeout=SOON)
        assert r.status_code == 503 and int(r.headers["Retry-After"]) > 0
        assert "try again" in VOTable(r.content).message()
        assert not answered(held)
    assert sync(vo).status_code == 200


def test_who_waited_long_enough_is_told(vo, conf_now, expect_log):
    """VOPoolWait, from the first of those that wait to the last."""
    conf_now("VOPoolWait 3")
    expect_log("VO1022", *FULL)
    start = time.monotonic()
    with filled(vo) as (_, held):
        until(lambda: len(answered(held)) == len(held) - ALL_RUN)
        assert time.monotonic() - start > 3
        documents_come(vo)


def test_short_queries_take_turns(vo, expect_log):
    """Nobody is refused while the queue moves, however long it is."""
    expect_log(*FULL)
    with concurrent.futures.ThreadPoolExecutor(500) as pool:
        codes = list(pool.map(lambda _: sync(vo).status_code, range(500)))
    assert codes == [200] * 500


def test_jobs_while_queries_take_all_they_may(vo, conf_now, expect_log):
    conf_now("VOPoolWait 60")
    expect_log("VO1022", *FULL)
    with filled(vo):
        start = time.monotonic()
        r = requests.post(vo.url + ASYNC, timeout=SOON, allow_redirects=False,
                          data={"QUERY": QUICK, "LANG": "ADQL",
                                "FORMAT": "csv", "PHASE": "RUN"})
        assert r.status_code == 303, r.text
        job = Job(vo, r.headers["Location"])
        until(lambda: requests.get(job.url + "/phase", timeout=SOON).text
              == "COMPLETED")
        assert requests.get(job.url + "/results/result", timeout=SOON
                            ).text.split() == ["id", "1"]
        assert requests.delete(job.url, timeout=SOON, allow_redirects=False
                               ).status_code == 303
        assert time.monotonic() - start < 4 * SOON


def test_who_waits_for_a_job_makes_room(vo, conf_now, expect_log):
    """WAIT holds a thread, so it ends early when threads become scarce."""
    conf_now("VOJobWait 60\nVOPoolWait 60")
    expect_log("VO1022", *FULL)
    job = jobs.submit(vo, QUERY=SLEEP, LANG="ADQL", PHASE="RUN")
    job.wait("EXECUTING")
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        waiting = [pool.submit(requests.get, job.url, timeout=60,
                               params={"WAIT": 50, "PHASE": "EXECUTING"})
                   for _ in range(100)]
        # as many as there is room for wait, the others are answered
        until(lambda: sum(w.done() for w in waiting) >= 100 - ALL_HELD)
        documents_come(vo)
        held = ask(vo, ALL_RUN)
        until(lambda: sum(w.done() for w in waiting)
              >= 100 - (ALL_HELD - ALL_RUN))
        documents_come(vo)
        for s in held:
            s.close()
        job.post("/phase", PHASE="ABORT")
        assert {w.result().status_code for w in waiting} == {200}


# --- a database that hangs ------------------------------------------------------

@contextmanager
def hung(vo, backends=True):
    """PostgreSQL stopped as by a debugger: it takes connections and is
    silent."""
    with open(vo.dir / "pg" / "postmaster.pid") as f:
        pids = [int(f.readline())]
    if backends:
        pids += [p for p, in vo.sql(
            "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def timed(call, *args, **kw):
    start = time.monotonic()
    r = call(*args, **kw)
    return r, time.monotonic() - start


def test_hanging_database(vo, conf_now, expect_log):
    """Documents go on; a query that is under way ends in time; later ones are
    refused at once; all is well as soon as it goes on."""
    conf_now("TAPTimeout 4")
    expect_log("VO10", "VO12", "AH02655", "AH00629", "AH00639")
    assert sync(vo).status_code == 200
    time.sleep(4.1)             # what is known is stale
    with concurrent.futures.ThreadPoolExecutor(8) as pool, hung(vo):
        first = [pool.submit(timed, sync, vo) for _ in range(8)]
        for _ in range(5):
            for url in (TAP + "/capabilities", TAP + "/tables"):
                r, took = timed(requests.get, vo.url + url, timeout=SOON)
                assert r.status_code == 200
            time.sleep(1)
        for _ in range(5):
            r, took = timed(sync, vo)
            assert r.status_code == 503 and took < SOON
            assert int(r.headers["Retry-After"]) > 0
            assert "database is not available" in VOTable(r.content).message()
        r = requests.get(vo.url + "/health", timeout=SOON)
        assert r.status_code == 503 and r.json()["database"] is False
        for r, took in (f.result() for f in first):
            assert r.status_code in (503, 504, 400), r.text
            assert took < 4 + 4 + 3 + 1 # limit, grace, a new connection
    until(lambda: sync(vo).status_code == 200, 5)
    assert requests.get(vo.url + "/health", timeout=SOON).status_code == 200


def test_first_request_of_a_process(vo, conf_now, expect_log):
    """A new process knows what is published before it is asked."""
    expect_log("VO10", "VO12")
    conf_now("# nothing")
    with hung(vo):
        r, took = timed(requests.get, vo.url + TAP + "/capabilities",
                        timeout=SOON)
        assert r.status_code == 200


def test_restart_while_the_database_hangs(vo, conf_now, expect_log):
    expect_log("VO10", "VO12", "AH0062", "AH0063", "AH03490")
    with hung(vo):
        time.sleep(0.5)
        start = time.monotonic()
        conf_now("# nothing")
        assert time.monotonic() - start < 15
        for url in (TAP + "/capabilities", "/health"):
            r, took = timed(requests.get, vo.url + url, timeout=10)
            assert r.status_code == 503, url
            assert took < 4
    until(lambda: sync(vo).status_code == 200, 5)


def test_hanging_postmaster(vo, expect_log):
    """No new connections: those there are go on."""
    expect_log("VO10", "VO12")
    assert sync(vo).status_code == 200
    with hung(vo, backends=False):
        for _ in range(10):
            r, took = timed(sync, vo, timeout=SOON)
            assert r.status_code == 200
        documents_come(vo)


def test_who_leaves_a_hanging_postmaster(vo, conf_now, expect_log):
    """It takes no cancel: the one connection for queries is given up for a new
    one, which cannot be had, rather than held."""
    expect_log("VO10", "VO12", "AH02655", "AH00629", "AH00639")
    conf_now("DBDKeep 2\nDBDMax 2\nVOPoolWait 50")
    held = ask(vo, 1)
    until(lambda: running(vo) == 1)
    with hung(vo, backends=False):
        held[0].close()
        r, took = timed(sync, vo, timeout=60)
        assert r.status_code == 503 and took < 12
        assert "database is not available" in VOTable(r.content).message()
    until(lambda: sync(vo).status_code == 200, 10)
    until(lambda: running(vo) == 0)


# --- clients that read slowly ---------------------------------------------------

@pytest.mark.parametrize("rate", [0, 2000])
def test_slow_reader_gives_up_its_connection(vo, conf_now, rate):
    """There is one connection for queries. Who reads a long result slowly, or
    not at all, keeps it for twice TAPTimeout, and not for httpd's Timeout."""
    conf_now("DBDKeep 2\nDBDMax 2\nVOPoolWait 50\nTAPTimeout 2")
    path = requests.Request("GET", vo.url + TAP + "/sync", params={
        "LANG": "ADQL", "FORMAT": "csv", "MAXREC": "9000000",
        "QUERY": "SELECT a.id, a.note FROM job.Numbers AS a, job.Numbers AS b"
        }).prepare().path_url
    host, port = vo.url.split("//")[1].split(":")
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect((host, int(port)))
        s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path).encode())
        assert s.recv(12) == b"HTTP/1.1 200"
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            other = pool.submit(timed, sync, vo, timeout=60)
            while not other.done():
                s.recv(max(1, rate // 10)) if rate else None
                time.sleep(0.1)
            r, took = other.result()
        assert r.status_code == 200
        assert 1.5 < took < 12


# --- graceful restarts ----------------------------------------------------------

def test_graceful_restarts_under_load(vo, expect_log):
    """Nobody notices: quick queries, a long result and documents go on."""
    expect_log(*FULL)
    stop = threading.Event()

    def quick(url):
        codes, longest = set(), 0
        while not stop.is_set():
            r, took = timed(requests.get, vo.url + url, timeout=30)
            codes.add(r.status_code)
            longest = max(longest, took)
        return codes, longest

    urls = [TAP + "/capabilities", TAP + "/sync?LANG=ADQL&QUERY="
            + QUICK.replace(" ", "+")] * 4
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        going = [pool.submit(quick, url) for url in urls]
        long = pool.submit(sync, vo, jobs.SLOWER, timeout=60, FORMAT="csv")
        for i in range(3):
            time.sleep(1)
            vo.configure("zz-restart", "# %d" % i)
        assert len(long.result().text.split()) == 1 + jobs.SLOWER_ROWS
        stop.set()
        for codes, longest in (g.result() for g in going):
            assert codes == {200}
            assert longest < 2 * SOON
    vo.configure("zz-restart", None)
