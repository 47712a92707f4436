"""test_tap_34_async_nice.py: jobs give way to those somebody waits for. Truth is
what the kernel says of the processes (proc(5), sched(7))."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
from pathlib import Path

import pytest

from pyvohttpd import jobs
from pyvohttpd.jobs import run, until

# 500 million pairs of rows, by a plan that parallel processes can share
PAIRS = ("SELECT COUNT(*) AS n FROM job.Numbers AS a JOIN job.Numbers AS b"
         " ON MOD(a.id, 5) = MOD(b.id, 5)")


@pytest.fixture(scope="module", autouse=True)
def release(vo):
    jobs.make_release(vo)
    yield
    jobs.drop_release(vo)


def nice(pid):
    """Niceness of the process."""
    stat = Path("/proc/%d/stat" % pid).read_text()
    return int(stat.rpartition(")")[2].split()[16])


def group_nice(pid, without):
    """Niceness of its session; WITHOUT where the kernel knows of none."""
    try:
        text = Path("/proc/%d/autogroup" % pid).read_text()
    except OSError:
        return without
    found = re.search(r"nice (-?\d+)", text)
    return int(found[1]) if found else without


def backends(vo, kind):
    return [row[0] for row in vo.sql(
        "SELECT pid FROM pg_stat_activity WHERE state = 'active'"
        " AND application_name = 'mod_vo job' AND backend_type = %s"
        " AND query LIKE '%%numbers%%'", (kind,))]


def children(pid):
    text = Path("/proc/%d/task/%d/children" % (pid, pid)).read_text()
    return [int(p) for p in text.split()]


def workers(vo):
    """Processes that execute jobs: httpd's grandchildren."""
    httpd = int((vo.dir / "httpd" / "run" / "httpd.pid").read_text())
    return [w for child in children(httpd) for w in children(child)]


def is_ready(vo, expected):
    """Have two workers a connection for jobs, and is all of it so nice? One that
    had a job before a restart may end a little later."""
    waiting = vo.sql("SELECT pid FROM pg_stat_activity"
                     " WHERE application_name = 'mod_vo job'")
    try:
        pids = [pid for pid, in waiting] + workers(vo)
        return len(waiting) == 2 and all(
            nice(p) == expected and group_nice(p, expected) == expected
            for p in pids)
    except (FileNotFoundError, ProcessLookupError):
        return False    # one that was there has ended


@pytest.mark.parametrize("directive, expected", [
    (None, 10), ("VOJobNice 0", 0), ("VOJobNice 17", 17)])
def test_niceness_of_jobs(vo, conf_now, directive, expected):
    if directive:
        conf_now(directive, "nice")
    # workers see to it before they have a job, one after the other: the kernel
    # takes one such change in 0.1 s
    until(lambda: is_ready(vo, expected))
    job = run(vo, PAIRS)
    try:
        pid, = until(lambda: backends(vo, "client backend"))
        assert nice(pid) == expected
        assert group_nice(pid, expected) == expected
    finally:
        job.delete()
    # whoever asks for an answer now is not concerned
    text = vo.get("/vo/tap/job-dr1/sync", LANG="ADQL", FORMAT="csv",
                  QUERY="SELECT TOP 1 id FROM job.Numbers").text
    assert text.split() == ["id", "1"]
    for pid, in vo.sql("SELECT pid FROM pg_stat_activity WHERE usename ="
                       " 'vo_web' AND application_name NOT LIKE 'mod_vo%'"):
        assert nice(pid) == 0 and group_nice(pid, 0) == 0


def reconnect(vo):
    """Workers have new settings of their role from here on."""
    vo.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
           " WHERE application_name = 'mod_vo job'")
    until(lambda: not vo.sql("SELECT FROM pg_stat_activity WHERE"
                             " application_name = 'mod_vo job'"))


def test_parallel_processes_are_nice_too(vo):
    # the leader is kept from doing all of it before the others are there
    vo.sql("ALTER ROLE vo_web SET min_parallel_table_scan_size = 0;"
           "ALTER ROLE vo_web SET parallel_setup_cost = 0;"
           "ALTER ROLE vo_web SET parallel_leader_participation = off")
    reconnect(vo)
    job = run(vo, PAIRS)
    try:
        pids = until(lambda: backends(vo, "parallel worker"))
        assert {nice(pid) for pid in pids} == {10}
    finally:
        job.delete()
        vo.sql("ALTER ROLE vo_web RESET min_parallel_table_scan_size;"
               "ALTER ROLE vo_web RESET parallel_setup_cost;"
               "ALTER ROLE vo_web RESET parallel_leader_participation")
        reconnect(vo)


def test_a_database_without_the_function(vo, conf_now, expect_log):
    """An operator installed new modules and has not yet run voctl init."""
    expect_log("VO1214")
    vo.sql("ALTER FUNCTION sky.sky_nice(int) RENAME TO sky_nice_kept")
    try:
        conf_now("VOJobWorkers 1", "fresh")
        for _ in range(2):
            assert run(vo, "SELECT TOP 1 id FROM job.Numbers").wait() \
                == "COMPLETED"
    finally:
        vo.sql("ALTER FUNCTION sky.sky_nice_kept(int) RENAME TO sky_nice")
    conf_now("VOJobWorkers 2", "fresh")
