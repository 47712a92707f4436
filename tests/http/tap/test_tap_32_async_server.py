"""test_tap_32_async_server.py: directives about workers, many who wait."""
# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import threading
import time

import pytest
import requests

from pyvohttpd import jobs
from pyvohttpd.jobs import ASYNC, run, submit, until

TINY = "SELECT TOP 1 id FROM job.Numbers"


@pytest.fixture(scope="module", autouse=True)
def release(vo):
    jobs.make_release(vo)
    yield
    jobs.drop_release(vo)


def workers(vo):
    """How many workers there are, each with a connection to the queue."""
    return vo.sql("SELECT count(*) FROM pg_stat_activity"
                  " WHERE application_name = 'mod_vo worker'")[0][0]


def test_number_of_workers(vo, conf_now):
    until(lambda: workers(vo) == 2)
    conf_now("VOJobWorkers 5", "workers")
    until(lambda: workers(vo) == 5)
    conf_now("VOJobWorkers 0", "workers")
    until(lambda: workers(vo) == 0)
    job = run(vo, TINY)
    time.sleep(1)
    assert job.phase == "QUEUED"       # for another host to take
    conf_now("VOJobWorkers 1", "workers")
    assert job.wait() == "COMPLETED"


def test_a_database_that_cannot_be_reached(vo, conf_now, expect_log):
    expect_log("VO1213")
    conf_now('VOJobDatabase "host=/nowhere dbname=vo"', "database")
    job = run(vo, TINY)
    time.sleep(0.5)
    assert job.phase == "QUEUED"
    conf_now("VOJobDatabase \"%s\"" % vo.env["VO_WEB_DSN"], "database")
    assert job.wait() == "COMPLETED"


def test_folder_of_results(vo, conf_now):
    folder = vo.dir / "httpd" / "run" / "other-results"
    conf_now('VOResultDir "%s"' % folder)
    job = run(vo, TINY, FORMAT="csv")
    assert job.wait() == "COMPLETED"
    assert [p.name for p in folder.iterdir() if job.id in p.name]
    assert not [f for f in jobs.result_files(vo) if job.id in f]
    assert job.get("/results/result").text.split() == ["id", "1"]
    assert (folder.stat().st_mode & 0o077) == 0
    for p in folder.iterdir():
        assert (p.stat().st_mode & 0o077) == 0


@pytest.mark.parametrize("line, word", [
    ("VOJobWorkers -1", "-1"), ("VOJobWorkers 257", "257"),
    ("VOJobNice 20", "20"), ("VOJobNice -1", "-1"),
    ("<VirtualHost *:1>\nVOJobNice 1\n</VirtualHost>", "VirtualHost"),
    ("VOJobWorkers two", "two"), ("VOResultDir here/there", "here/there"),
    ("<VirtualHost *:1>\nVOJobWorkers 1\n</VirtualHost>", "VirtualHost"),
    ('<VirtualHost *:1>\nVOResultDir /tmp\n</VirtualHost>', "VirtualHost"),
    ('<VirtualHost *:1>\nVOJobDatabase x\n</VirtualHost>', "VirtualHost"),
])
def test_bad_values_are_refused(vo, line, word):
    accepted, text = vo.configtest(line)
    assert not accepted and word in text


def test_a_folder_that_cannot_be_made(sibling):
    started, text = sibling(extra='VOResultDir "/proc/none"')
    assert not started
    assert "VO1000" in text and "VOResultDir '/proc/none'" in text


def test_many_who_wait_leave_threads_for_others(vo):
    """Half of a child's threads may wait; the rest are told to come again."""
    job = submit(vo)
    got = []

    def wait():
        try:
            got.append(requests.get(job.url + "?WAIT=3", timeout=30,
                                    headers={"Connection": "close"}
                                    ).status_code)
        except requests.RequestException as e:
            got.append(e)

    threads = [threading.Thread(target=wait) for _ in range(60)]
    for t in threads:
        t.start()
    time.sleep(0.3)
    start = time.monotonic()
    assert vo.get("/vo/tap/job-dr1/sync", LANG="ADQL", QUERY=TINY
                  ).status_code == 200
    assert time.monotonic() - start < 1.5
    for t in threads:
        t.join()
    assert got == [200] * 60


def test_web_pages_of_other_origins_may_delete(vo):
    r = vo.request("OPTIONS", ASYNC + "/" + "0" * 32, headers={
        "Origin": "https://x.example", "Access-Control-Request-Method":
        "DELETE"})
    assert r.status_code in (200, 204)
    assert "DELETE" in r.headers["Access-Control-Allow-Methods"]


def test_no_supervisor_of_old_configurations_is_left(vo):
    for i in range(5):
        vo.configure("again", "# %d" % i)
    vo.configure("again", None)
    until(lambda: workers(vo) == 2)
    with open(vo.env["VO_HTTPD_PID"]) as f:
        parent = f.read().strip()
    mine = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", parent],
                          capture_output=True, text=True, check=True).stdout
    assert "Z" not in mine
    assert run(vo, TINY).wait() == "COMPLETED"
