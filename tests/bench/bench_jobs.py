"""bench_jobs.py: asynchronous jobs: how long a tiny one takes from its POST to
COMPLETED, how many end per second, and how much slower synchronous queries are
while every worker is busy. The limit is the same query by /sync in the same
run. Run by `make bench-jobs`; VO_BUILD tells where things are built."""
# SPDX-License-Identifier: GPL-3.0-or-later
import statistics
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "http"))

from pyvohttpd import jobs  # noqa: E402
from pyvohttpd.server import BUILD, VoServer  # noqa: E402

TINY = "SELECT TOP 1 id FROM job.Numbers"
BUSY = ("SELECT COUNT(*) AS n FROM job.Numbers AS a JOIN job.Numbers AS b"
        " ON a.id + b.id > 0")
SYNC = "/vo/tap/job-dr1/sync"
N = 100


def measure(call, n=N):
    """Median and 95th percentile of CALL's time in ms."""
    times = []
    for _ in range(n):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    return statistics.median(times), times[int(0.95 * n)]


def tiny_job(vo):
    job = jobs.run(vo, TINY, FORMAT="csv")
    while True:
        phase = job.phase
        if phase == "COMPLETED":
            return
        assert phase in ("QUEUED", "EXECUTING"), phase
        time.sleep(0.002)


def sync(vo):
    assert vo.get(SYNC, LANG="ADQL", QUERY=TINY, FORMAT="csv").ok


def show(what, figures):
    print("%-44s median %7.1f ms   95%% %7.1f ms" % ((what,) + figures))


def rate(vo):
    """Jobs per second, submitted by 8 clients."""
    def client():
        for _ in range(N // 8):
            made.append(jobs.run(vo, TINY, FORMAT="csv"))

    made = []
    start = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for job in made:
        job.wait()
    return len(made) / (time.perf_counter() - start)


def beside_busy(vo, workers, idle):
    """Synchronous queries while so many WORKERS compute; beside the same when
    jobs are not nice."""
    for nice in (10, 0):
        vo.configure("jobs", "VOJobWorkers %d\nVOJobNice %d" % (workers, nice))
        busy = [jobs.run(vo, BUSY) for _ in range(workers)]
        for job in busy:
            job.wait("EXECUTING")
        times = measure(lambda: sync(vo))
        for job in busy:
            job.delete()
        show("tiny query by /sync, %d jobs, niceness %d" % (workers, nice),
             times)
        print("%-44s %14.2f" % ("slower than idle by a factor of",
                                times[0] / idle[0]))


def list_of_jobs(vo, n):
    """A user's list of N jobs with parameters of ordinary length."""
    vo.configure("users", jobs.passwords(vo, "ann"))
    vo.sql("INSERT INTO vo.job (job_id, service, release_id, owner, client,"
           " phase, form, destruction, duration) SELECT md5(g::text), 'tap',"
           " 'job-dr1', 'ann', 'user ann', 'COMPLETED', repeat('x', 500),"
           " now() + interval '1 day', 60 FROM generate_series(1, %s) g", (n,))
    vo.sql("ANALYZE vo.job")

    def ask():
        r = vo.request("GET", jobs.ASYNC, auth=("ann", "ann-secret"))
        assert r.text.count("<uws:jobref") == n

    show("list of %d jobs" % n, measure(ask, 20))


def main():
    vo = VoServer(BUILD / "bench" / "jobs", {"VO_FSYNC": "on"})
    vo.pg_start()
    try:
        vo.voctl("init")
        vo.httpd_start()
        jobs.make_release(vo)
        sync(vo)
        tiny_job(vo)
        idle = measure(lambda: sync(vo))
        show("tiny query by /sync", idle)
        tiny = measure(lambda: tiny_job(vo))
        show("tiny job, POST to COMPLETED", tiny)
        print("%-44s %14.1f" % ("tiny jobs per second, 8 clients", rate(vo)))
        for workers in (2, 8):
            beside_busy(vo, workers, idle)
        list_of_jobs(vo, 10000)
    finally:
        vo.stop()


if __name__ == "__main__":
    main()
