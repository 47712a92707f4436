"""test_jobs.py: what happens to jobs when something dies under them."""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import signal
import subprocess
import threading

import pytest

from pyvohttpd import jobs
from pyvohttpd.jobs import ASYNC, SLOW, run, until



@pytest.fixture(scope="module", autouse=True)
def release(vo):
    jobs.make_release(vo)
    yield
    jobs.drop_release(vo)


def slow(vo, query=SLOW):
    """A job that executes, some rows being written."""
    job = run(vo, query, FORMAT="csv")
    job.wait("EXECUTING")
    until(lambda: jobs.backends(vo))
    return job


def supervisor(job):
    return int(job.row("worker")[0].split()[1])


def writer_of(job, pid):
    """Does process PID have the unfinished result of JOB open?"""
    fds = "/proc/%s/fd" % pid
    try:
        return any(job.id in os.readlink(fds + "/" + fd)
                   for fd in os.listdir(fds))
    except OSError:     # it ended meanwhile
        return False


def executing_pid(job):
    """The process that executes JOB, a child of the one its worker's name
    tells."""
    def find():
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(supervisor(job))],
            capture_output=True, text=True, check=False).stdout.split()
        return [int(pid) for pid in children if writer_of(job, pid)]

    return until(find)[0]


def lines(text):
    return text.replace("\r\n", "\n")


def completed_once(vo, job, rows=jobs.SLOW_ROWS, seconds=40):
    """JOB ended well, with one exact result and nothing left over."""
    assert job.wait(seconds=seconds) == "COMPLETED", job.value("message")
    assert lines(job.get("/results/result").text) == "id,z\n" + "".join(
        "%d,0\n" % i for i in range(1, rows + 1))
    until(lambda: len([f for f in jobs.result_files(vo) if job.id in f]) == 1)
    until(lambda: not jobs.backends(vo))


def test_worker_killed(vo, expect_log):
    expect_log("VO1201")
    job = slow(vo)
    os.kill(executing_pid(job), signal.SIGKILL)
    completed_once(vo, job)
    assert job.row("attempts") == (2,)


def test_worker_killed_each_time(vo, expect_log):
    """The job itself may be what kills: it is given up, and says so."""
    expect_log("VO1201")
    job = slow(vo)
    for attempt in (1, 2, 3):
        until(lambda: job.row("attempts, phase") == (attempt, "EXECUTING"))
        until(lambda: jobs.backends(vo))
        os.kill(executing_pid(job), signal.SIGKILL)
    assert job.wait() == "ERROR"
    assert "interrupted 3 times" in job.value("message")
    e = job.doc().find(jobs.UWS + "errorSummary")
    assert e.get("type") == "transient"
    assert job.get("/error").status_code == 200
    until(lambda: not jobs.backends(vo))
    assert run(vo, "SELECT TOP 1 id FROM job.Numbers").wait() == "COMPLETED"


def test_backend_of_a_query_killed(vo, expect_log):
    expect_log("VO1211")
    job = slow(vo)
    vo.sql("SELECT pg_terminate_backend(%s)", (jobs.backends(vo)[0],))
    completed_once(vo, job)


def test_every_backend_killed(vo, expect_log):
    expect_log("VO1211", "VO1213", "VO10")
    job = slow(vo)
    vo.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
           " WHERE usename = 'vo_web'")
    completed_once(vo, job)


def test_postgresql_restarted(vo, expect_log):
    expect_log("VO1211", "VO1213", "VO10", "VO1002")
    job = slow(vo)
    queued = [run(vo, SLOW, FORMAT="csv") for _ in range(3)]
    vo.script("pg-stop")
    vo.script("pg-start")
    for j in [job] + queued:
        completed_once(vo, j)


def test_graceful_restart(vo):
    """A restart neither kills nor doubles a job."""
    job = slow(vo)
    name = job.row("worker")
    vo.configure("faults", "# nothing new")
    assert job.row("worker, attempts") == name + (1,)
    completed_once(vo, job)
    assert job.row("attempts") == (1,)
    vo.configure("faults", None)
    assert run(vo, "SELECT TOP 1 id FROM job.Numbers").wait() == "COMPLETED"


def test_supervisor_killed(vo, expect_log):
    expect_log("VO1203")
    job = slow(vo)
    os.kill(supervisor(job), signal.SIGKILL)
    completed_once(vo, job)
    assert job.row("attempts") == (1,)
    assert run(vo, "SELECT TOP 1 id FROM job.Numbers").wait() == "COMPLETED"


def test_httpd_stopped_and_started(vo):
    """A stop gives the job back; nothing of ours stays behind."""
    job = slow(vo, jobs.SLOWER)
    pid = executing_pid(job)
    vo.script("httpd-stop")
    until(lambda: not os.path.exists("/proc/%d" % pid), 5)
    assert job.row("phase, attempts") == ("QUEUED", 0)
    assert not jobs.backends(vo)
    vo.httpd_start()
    completed_once(vo, job, jobs.SLOWER_ROWS)
    assert job.row("attempts") == (1,)


def test_httpd_killed(vo, expect_log):
    expect_log("AH00")
    job = slow(vo, jobs.SLOWER)
    pid = executing_pid(job)
    with open(vo.env["VO_HTTPD_PID"]) as f:
        parent = int(f.read())
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True,
        text=True, check=True).stdout.split()
    os.kill(parent, signal.SIGKILL)
    for child in children:
        if int(child) != supervisor(job):
            os.kill(int(child), signal.SIGKILL)
    until(lambda: not os.path.exists("/proc/%d" % pid), 5)
    assert job.row("phase, attempts") == ("QUEUED", 0)
    vo.httpd_start()
    completed_once(vo, job, jobs.SLOWER_ROWS)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs"
                    " root")
def test_full_disk(vo, conf_now, expect_log, tmp_path):
    expect_log("VO1211")
    folder = vo.dir / "small-results"
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "none", folder],
        capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no tmpfs can be mounted here: " + done.stderr)
    try:
        conf_now('VOResultDir "%s"' % folder)
        job = run(vo, "SELECT * FROM job.Numbers")
        assert job.wait() == "ERROR"
        assert "no room" in job.value("message")
        e = job.doc().find(jobs.UWS + "errorSummary")
        assert e.get("type") == "transient"
        assert not list(folder.iterdir())
        small = run(vo, "SELECT TOP 1 id FROM job.Numbers")
        assert small.wait() == "COMPLETED"
        assert small.get("/results/result").status_code == 200
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def test_many_jobs_by_many_clients(vo):
    """200 jobs submitted at once by 20 clients all end right."""
    made, failed = [], []

    def client(n):
        try:
            for i in range(10):
                made.append((n * 10 + i, run(
                    vo, "SELECT id FROM job.Numbers WHERE id = %d"
                    % (n * 10 + i + 1), FORMAT="csv")))
        except Exception as e:   # told in the main thread
            failed.append(e)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failed and len(made) == 200
    assert len({j.id for _, j in made}) == 200
    for n, job in made:
        assert job.wait(seconds=60) == "COMPLETED"
        assert lines(job.get("/results/result").text) == "id\n%d\n" % (n + 1)
    assert vo.sql("SELECT count(*), max(attempts) FROM vo.job WHERE phase ="
                  " 'COMPLETED' AND nrows = 1 AND form LIKE '%%WHERE%%'"
                  " AND destruction > now()")[0] >= (200, 1)
    assert vo.sql("SELECT max(attempts) FROM vo.job WHERE form LIKE"
                  " '%WHERE%'") == [(1,)]


def test_nothing_is_left(vo):
    """No zombie below httpd, no lease, no unfinished file."""
    with open(vo.env["VO_HTTPD_PID"]) as f:
        parent = f.read().strip()

    def zombies():
        out = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", parent],
                             capture_output=True, text=True, check=True)
        return {line.split()[0] for line in out.stdout.splitlines()
                if line.split()[1].startswith("Z")}

    # httpd's parent looks for ended children once a second
    seen = zombies()
    until(lambda: not zombies() & seen)
    assert vo.sql("SELECT count(*) FROM vo.job WHERE lease IS NOT NULL"
                  " AND phase <> 'EXECUTING'") == [(0,)]
    until(lambda: not [f for f in jobs.result_files(vo)
                       if f.endswith(".part")])
    assert vo.get(ASYNC).status_code == 200
