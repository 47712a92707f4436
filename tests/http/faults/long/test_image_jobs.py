"""test_image_jobs.py: lists of cutouts while something dies; very many
cutouts."""
# SPDX-License-Identifier: GPL-3.0-or-later
import collections
import concurrent.futures
import contextlib
import csv
import http.client
import io
import os
import re
import signal
import subprocess
import tarfile
from urllib.parse import urlencode

import pytest

from pyvohttpd import jobs
from pyvohttpd.clients import (ask, blocked, children, kill_backends, locked,
                               open_files, rest, usage)
from pyvohttpd.heap import Heap
from pyvohttpd.jobs import until
from pyvohttpd.seed_images import IMAGES, TILES, large_image

SYNC = "/vo/soda/pix-dr1/sync"
ASYNC = "/vo/soda/pix-dr1/async"
U, R = IMAGES[0], IMAGES[2]
CUT = {"ID": R["did"], "CIRCLE": "150 2 0.0103"}
CUT_URL = SYNC + "?" + urlencode(CUT)
POSITIONS = 800


# --- bulk jobs -------------------------------------------------------------------

def bulk(vo, n=POSITIONS):
    """A job that cuts around N positions on three tiles; it takes seconds."""
    places = ["%r,%r" % (ra, dec) for _, ra, dec in TILES[:3]]
    rows = "ra,dec\n" + "".join(places[i % 3] + "\n" for i in range(n))
    r = vo.request("POST", ASYNC, files={"list": rows}, data={
        "UPLOAD": "t,param:list", "PIXELS": "60", "FILTERS": "r",
        "FORMAT": "png", "SIZEX": "400", "PHASE": "RUN"})
    assert r.status_code == 303, r.text
    return jobs.Job(vo, r.headers["Location"])


def cutting(vo, n=POSITIONS):
    """A bulk job that has made some, and not yet all of them."""
    job = bulk(vo, n)
    until(lambda: int(job.info("rows") or 0) > 50)
    assert job.phase == "EXECUTING"
    return job


def complete(vo, job, n=POSITIONS):
    """JOB ended once, with one whole result and nothing left over; how many
    times it was begun."""
    assert job.wait(seconds=90) == "COMPLETED", job.value("message")
    data = job.get("/results/result").content
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        names = tar.getnames()
        rows = list(csv.DictReader(io.TextIOWrapper(
            tar.extractfile("manifest.csv"))))
    assert names[-1] == "manifest.csv" and len(set(names)) == n + 1
    assert [int(r["input"]) for r in rows] == list(range(1, n + 1))
    assert {r["status"] for r in rows} == {"ok"}
    until(lambda: len([f for f in jobs.result_files(vo) if job.id in f]) == 1)
    assert not jobs.backends(vo)
    attempts, = job.row("attempts")
    vo.request("DELETE", job.url)
    until(lambda: not [f for f in jobs.result_files(vo) if job.id in f])
    return attempts


def executing(job):
    """The process that executes JOB."""
    def find():
        boss = int(job.row("worker")[0].split()[1])
        for pid in children(boss):
            with contextlib.suppress(OSError):
                fds = "/proc/%d/fd/" % pid
                if any(job.id in os.readlink(fds + f)
                       for f in os.listdir(fds)):
                    return pid
        return None

    return until(find)


def test_bulk_worker_killed(vo, expect_log):
    expect_log("VO1201")
    job = cutting(vo)
    os.kill(executing(job), signal.SIGKILL)
    assert complete(vo, job) == 2


def test_bulk_over_a_graceful_restart(vo):
    job = cutting(vo)
    vo.configure("faults", "# nothing new")
    assert complete(vo, job) == 1
    vo.configure("faults", None)


def test_bulk_over_a_stop(vo):
    job = cutting(vo)
    vo.script("httpd-stop")
    assert job.row("phase, attempts") == ("QUEUED", 0)
    vo.httpd_start()
    complete(vo, job)


def test_bulk_while_postgresql_restarts(vo, expect_log):
    expect_log("VO1211", "VO1213", "VO10", "VO1002")
    job = cutting(vo)
    vo.script("pg-stop")
    vo.script("pg-start")
    complete(vo, job)


def test_backend_of_a_bulk_job_killed(vo, expect_log):
    expect_log("VO1211")
    with locked(vo):
        job = bulk(vo, 300)
        kill_backends(vo, until(lambda: blocked(vo)))
    complete(vo, job, 300)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs"
                    " root")
def test_full_disk(vo, conf_now, expect_log):
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
        many = {"ID": [i["did"] for i in IMAGES[:12]], "PHASE": "RUN"}
        for job in (bulk(vo, 600), jobs.submit(vo, ASYNC, data=many)):
            assert job.wait() == "ERROR"
            assert "no room" in job.value("message")
            e = job.doc().find(jobs.UWS + "errorSummary")
            assert e.get("type") == "transient"
            assert not [f for f in folder.iterdir() if job.id in f.name
                        and f.stat().st_size > 100000]
        small = jobs.submit(vo, ASYNC, PHASE="RUN", **CUT)
        assert small.wait() == "COMPLETED"
        assert small.get("/results/result").content == vo.get(
            CUT_URL).content
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


# --- very many -----------------------------------------------------------

def test_large_cutouts_wait_not_for_ever(vo, conf_now, expect_log):
    expect_log("VO1021", "VO1022")
    conf_now('<Location "/vo/soda">\nSODAProcessPixels 30000000\n</Location>')
    with large_image(vo) as (did, _):
        url = SYNC + "?" + urlencode({"ID": did})
        slow = ask(vo, url)
        assert slow.recv(100).startswith(b"HTTP/1.1 200")
        r = vo.get(url)
        assert r.status_code == 503 and "try again later" in r.text
        assert int(r.headers["Retry-After"]) > 0
        slow.close()
        until(lambda: vo.get(url).status_code == 200)


def test_five_hundred_at_once(vo):
    """Each gets its cutout, or is told to come again."""
    whole = vo.get(CUT_URL).content
    sockets = [ask(vo, CUT_URL) for _ in range(500)]
    seen = collections.Counter()
    for s in sockets:
        head, _, body = rest(s).partition(b"\r\n\r\n")
        s.close()
        status = int(head.split()[1])
        seen[status] += 1
        if status == 200:
            assert body == whole
        else:
            assert status == 503 and b"Retry-After" in head
    assert seen[200] > 400, seen
    until(lambda: open_files(vo) == 0, 10)
    assert vo.get(CUT_URL).content == whole


def test_five_thousand_cutouts(vo):
    """Neither descriptors nor memory are left behind."""
    urls = [CUT_URL, CUT_URL + "&FORMAT=png&FILTERS=all",
            CUT_URL + "&FILTERS=all&WEIGHT=1",
            "/vo/siap/pix-dr1/get_fits?id=101&filter=u",
            "/vo/siap/pix-dr1/get_graphic_cutout?ra=150&dec=2&width=0.02",
            CUT_URL + "&FILTERS=nothing",
            SYNC + "?" + urlencode({"ID": U["did"],
                                    "POLYGON": "150 2 150.02 2 150 2.02"}),
            CUT_URL + "&CIRCLE=150+2+0.02"]

    def some(n):
        host = re.match(r"http://([^/]+)", vo.url).group(1)
        for k in range(n // 100):
            c = http.client.HTTPConnection(host, timeout=30)
            for i in range(100):
                c.request("GET", urls[(k + i) % len(urls)])
                r = c.getresponse()
                r.read()
                assert r.status in (200, 400)
            c.close()

    def many(n):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(some, [n // 8] * 8))

    with Heap(vo): # its quarantine is small where there is one
        many(2400)
        before = usage(vo)
        many(5600)
        after = usage(vo)
        both = set(before) & set(after)
        assert both
        for pid in both:
            assert after[pid][0] <= before[pid][0] + 4, (before, after)
            assert after[pid][1] <= before[pid][1] + 12000, (before, after)
        assert open_files(vo) == 0
