"""test_tap_30_async.py: every resource of asynchronous jobs (UWS 1.1)."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
import time

import pytest

from pyvohttpd import jobs
from pyvohttpd.jobs import ASYNC, SLOW, UWS, XLINK, Job, run, submit, until
from pyvohttpd.xmltree import VOTable, parse

NUMBERS = "SELECT TOP 5 id, note FROM job.Numbers ORDER BY id"
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


@pytest.fixture(scope="module", autouse=True)
def release(vo):
    jobs.make_release(vo)
    yield
    jobs.drop_release(vo)


def post(vo, **params):
    return vo.request("POST", ASYNC, data=params)


# --- life -----------------------------------------------------------------

def test_an_empty_job(vo):
    job = submit(vo)
    assert re.fullmatch("[0-9a-f]{32}", job.id)
    assert job.url == vo.url + ASYNC + "/" + job.id
    doc = job.doc()
    assert doc.tag == UWS + "job" and doc.get("version") == "1.1"
    assert job.value("jobId") == job.id
    assert job.phase == "PENDING" == job.value("phase")
    assert job.value("ownerId") is None and job.get("/owner").text == ""
    assert job.value("startTime") is None and job.value("endTime") is None
    assert ISO.match(job.value("creationTime"))
    assert job.get("/destruction").text == job.value("destruction")
    assert ISO.match(job.value("destruction"))
    assert job.get("/executionduration").text == "3600"
    assert job.get("/quote").text == ""
    assert job.params() == [] and job.doc("/results").tag == UWS + "results"
    for rest in ("/phase", "/owner", "/quote", "/destruction",
                 "/executionduration"):
        assert job.get(rest).headers["Content-Type"].startswith("text/plain")
    assert job.get("/error").status_code == 404
    assert job.get("/results/result").status_code == 404


def test_step_by_step(vo):
    job = submit(vo)
    r = job.post("/parameters", LANG="ADQL", QUERY="SELECT 1")
    assert r.status_code == 303 and r.headers["Location"] == job.url
    job.post("/parameters", query=NUMBERS, FORMAT="csv", x="a & b")
    assert job.params() == [("LANG", "ADQL"), ("query", NUMBERS),
                            ("FORMAT", "csv"), ("x", "a & b")]
    assert job.get("/parameters/QUERY").text == NUMBERS
    assert job.get("/parameters/NONE").status_code == 404
    assert job.post("/phase", PHASE="RUN").headers["Location"] == job.url
    assert job.wait() == "COMPLETED"
    assert job.post("/parameters", QUERY="SELECT 2").status_code == 403
    r = job.get("/results/result")
    assert r.text.splitlines()[:2] == ["id,note", "1," + 200 * "x"]
    assert len(r.text.splitlines()) == 6
    result, = job.doc("/results").iter(UWS + "result")
    assert result.get("id") == "result"
    assert result.get("mime-type") == r.headers["Content-Type"]
    assert int(result.get("size")) == len(r.content)
    assert result.get(XLINK + "href") == job.url + "/results/result"
    started, ended = job.value("startTime"), job.value("endTime")
    assert job.value("creationTime") <= started <= ended
    assert job.info("rows") == "5"


@pytest.mark.parametrize("fmt", ["csv", "votable", "fits", "votable/b2",
                                 "tsv", "json"])
def test_the_result_is_that_of_sync(vo, fmt):
    job = run(vo, NUMBERS, RESPONSEFORMAT=fmt)
    assert job.wait() == "COMPLETED"
    want = vo.get("/vo/tap/job-dr1/sync", LANG="ADQL", QUERY=NUMBERS,
                  RESPONSEFORMAT=fmt)
    got = job.get("/results/result")
    assert got.headers["Content-Type"] == want.headers["Content-Type"]

    def plain(content):
        return re.sub(rb"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d", b"DATE", content)
    assert plain(got.content) == plain(want.content)


def test_maxrec_and_overflow(vo):
    job = run(vo, "SELECT id FROM job.Numbers", MAXREC="7")
    assert job.wait() == "COMPLETED"
    t = VOTable(job.get("/results/result").content)
    assert len(t.rows) == 7 and t.status() == ["OK", "OVERFLOW"]
    job = run(vo, "SELECT id FROM job.Numbers WHERE id < 0")
    assert job.wait() == "COMPLETED"
    t = VOTable(job.get("/results/result").content)
    assert len(t.tables) == 1 and t.rows == []


def test_labels_are_kept_and_shown(vo):
    job = submit(vo, RUNID="my run <1>", OWNER="somebody", QUEUE="long",
                 DESCRIPTION="for the paper")
    assert job.value("runId") == "my run <1>"
    assert job.info("label") == "somebody" and job.info("queue") == "long"
    assert ("DESCRIPTION", "for the paper") in job.params()
    job.post("/parameters", runid="second")
    assert job.value("runId") == "second"
    assert [p for p in job.params() if p[0].upper() == "RUNID"] == [
        ("runid", "second")]
    assert job.value("ownerId") is None   # a label is no identity
    assert post(vo, RUNID="x" * 64).status_code == 303
    assert post(vo, RUNID="x" * 65).status_code == 400


# --- errors ------------------------------------------------------------------

@pytest.mark.parametrize("params, words", [
    ({}, "QUERY"),
    ({"QUERY": "SELECT x FRM y"}, "line 1"),
    ({"QUERY": "SELECT nope FROM job.Numbers"}, "nope"),
    ({"QUERY": "SELECT 1/(id-id) AS x FROM job.Numbers"}, "zero"),
    ({"QUERY": NUMBERS, "LANG": "FOO"}, "FOO"),
    ({"QUERY": NUMBERS, "MAXREC": "-1"}, "MAXREC"),
    ({"QUERY": NUMBERS, "FORMAT": "xyz"}, "xyz"),
    ({"QUERY": "SELECT * FROM vo.job"}, "vo.job"),
])
def test_a_bad_query_is_the_jobs_error(vo, params, words):
    job = submit(vo, data=dict({"LANG": "ADQL", "PHASE": "RUN"}, **params))
    assert job.wait() == "ERROR"
    e = job.doc().find(UWS + "errorSummary")
    assert e.get("type") == "fatal" and e.get("hasDetail") == "true"
    assert words in e.find(UWS + "message").text
    r = job.get("/error")
    assert r.status_code == 200
    t = VOTable(r.content)
    assert t.status() == ["ERROR"] and words in t.message()
    assert t.message() == e.find(UWS + "message").text
    assert job.get("/results/result").status_code == 404
    assert list(job.doc("/results")) == []


def test_the_error_comes_in_the_format(vo):
    job = run(vo, "SELECT x", FORMAT="csv")
    assert job.wait() == "ERROR"
    r = job.get("/error")
    assert r.status_code == 200
    assert r.headers["Content-Type"].startswith("text/plain")
    assert "line 1" in r.text


def test_usage_errors(vo):
    job = submit(vo)
    for rest, data, status in [
            ("/phase", {"PHASE": "run"}, 400), ("/phase", {}, 400),
            ("/executionduration", {"EXECUTIONDURATION": "soon"}, 400),
            ("/executionduration", {"EXECUTIONDURATION": "-1"}, 400),
            ("/executionduration", {}, 400),
            ("/destruction", {"DESTRUCTION": "tomorrow"}, 400),
            ("", {"ACTION": "BURN"}, 400), ("", {"PHASE": "RUN"}, 400),
            ("", {"ACTION": "PUBLISH"}, 400)]:
        assert job.post(rest, **data).status_code == status, (rest, data)
    assert vo.request("POST", ASYNC, data="RUNID=a&runid=b", headers={
        "Content-Type": "application/x-www-form-urlencoded",
    }).status_code == 400
    assert post(vo, PHASE="ABORT").status_code == 400
    assert job.get("?WAIT=x").status_code == 400
    for query in ("PHASE=BAD", "LAST=0", "LAST=x", "AFTER=x"):
        assert vo.get(ASYNC + "?" + query).status_code == 400
    assert job.phase == "PENDING"


def test_usage_errors_tell_what_is_allowed(vo):
    job = submit(vo)

    def text(r):
        assert r.status_code == 400
        return VOTable(r.content).message()
    assert "RUN or ABORT" in text(job.post("/phase", PHASE="run"))
    assert "'run'" in text(job.post("/phase", PHASE="run"))
    for r in (vo.get(ASYNC + "?PHASE=DONE"), job.get("?WAIT=1&PHASE=DONE")):
        for word in ("'DONE'", "PENDING", "QUEUED", "EXECUTING", "COMPLETED",
                     "ERROR", "ABORTED", "HELD", "SUSPENDED", "ARCHIVED"):
            assert word in text(r), word
    # a job cannot be made by GET
    assert "POST" in text(vo.get(ASYNC + "?QUERY=SELECT+1&PHASE=RUN"))


def test_more_than_can_be_is_not_wrong(vo):
    job = submit(vo, EXECUTIONDURATION="9" * 20)
    assert job.get("/executionduration").text == "86400"
    assert vo.get(ASYNC + "?LAST=99999999999").status_code == 200
    assert job.get("?WAIT=99999999999&PHASE=QUEUED").status_code == 200
    assert vo.get(ASYNC + "?PHASE=&LAST=&AFTER=").status_code == 200


def test_what_is_not_there(vo):
    job = submit(vo)
    other = job.url.replace("job-dr1", "test-dr1")
    for url in (job.url[:-1], job.url + "0", job.url.upper(),
                ASYNC + "/" + "0" * 32, ASYNC + "/..%2f..", other,
                job.url + "/nothing", job.url + "/results/other",
                job.url + "/phase/x", "/vo/tap/test-private/async",
                job.url + "/%00"):
        assert vo.get(url).status_code == 404, url
    for rest, method in (("", "PUT"), ("/quote", "POST"), ("/owner", "POST"),
                         ("/results", "POST"), ("/error", "DELETE"),
                         ("/phase", "DELETE")):
        r = vo.request(method, job.url + rest)
        assert r.status_code == 405 and "GET" in r.headers["Allow"], rest
    assert vo.request("DELETE", ASYNC).status_code == 405


# --- running and stopping ---------------------------------------------------------

def test_run_twice_and_after_the_end(vo):
    job = run(vo, NUMBERS)
    assert job.post("/phase", PHASE="RUN").status_code == 303
    assert job.wait() == "COMPLETED"
    assert job.row("attempts") == (1,)
    assert job.post("/phase", PHASE="RUN").status_code == 403
    assert job.post("/phase", PHASE="ABORT").status_code == 303
    assert job.phase == "COMPLETED"


def test_abort_before_it_runs(vo):
    job = submit(vo)
    assert job.post("/phase", PHASE="ABORT").status_code == 303
    assert job.phase == "ABORTED"
    # TAP 1.1, 5.1.3: "As with errors, the client should look at the error
    # resource to find out what went wrong."
    r = job.get("/error")
    assert r.status_code == 200
    t = VOTable(r.content)
    assert t.status() == ["ERROR"] and "aborted" in t.message()
    r = job.get("/results/result")
    assert r.status_code == 404 and "/error" in VOTable(r.content).message()
    assert job.post("/phase", PHASE="RUN").status_code == 403


def test_abort_cancels_the_query_within_a_second(vo):
    job = run(vo)
    job.wait("EXECUTING")
    until(lambda: jobs.backends(vo))
    start = time.monotonic()
    job.post("/phase", PHASE="ABORT")
    assert job.phase == "ABORTED"
    until(lambda: not jobs.backends(vo), 1)
    assert time.monotonic() - start < 1
    until(lambda: not [f for f in jobs.result_files(vo) if job.id in f])
    assert job.phase == "ABORTED" and job.value("endTime")
    # and the worker goes on
    assert run(vo, NUMBERS).wait() == "COMPLETED"


def test_execution_duration(vo):
    job = submit(vo, LANG="ADQL", QUERY=SLOW)
    assert job.post("/executionduration",
                    EXECUTIONDURATION="1").status_code == 303
    assert job.get("/executionduration").text == "1"
    job.post("/phase", PHASE="RUN")
    assert job.wait() == "ABORTED"
    assert "1 s" in job.value("message")
    assert job.doc().find(UWS + "errorSummary").get("hasDetail") == "true"
    assert VOTable(job.get("/error").content).message() == job.value("message")
    assert job.post("/executionduration",
                    EXECUTIONDURATION="9").status_code == 403
    job = submit(vo)
    for posted, want in (("0", "86400"), ("99999999", "86400"), ("5", "5")):
        job.post("/executionduration", EXECUTIONDURATION=posted)
        assert job.get("/executionduration").text == want
        assert job.value("executionDuration") == want


def test_destruction(vo):
    job = submit(vo)
    job.post("/destruction", DESTRUCTION="2020-01-02T03:04:05Z")
    assert job.get().status_code == 404
    job = submit(vo)
    job.post("/destruction", DESTRUCTION="2999-01-01")
    assert job.get("/destruction").text < "2999"
    soon = vo.sql("SELECT to_char((now() + interval '1 hour') AT TIME ZONE"
                  " 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')")[0][0]
    job.post("/destruction", DESTRUCTION=soon)
    assert job.get("/destruction").text == soon + ".000Z"


def test_the_sweeper_takes_result_and_row(vo):
    job = run(vo, NUMBERS)
    assert job.wait() == "COMPLETED"
    assert [f for f in jobs.result_files(vo) if job.id in f]
    job.post("/destruction", DESTRUCTION="2020-01-01")
    assert job.get("/results/result").status_code == 404
    until(lambda: not [f for f in jobs.result_files(vo) if job.id in f], 15)
    assert vo.sql("SELECT count(*) FROM vo.job WHERE job_id = %s",
                  (job.id,)) == [(0,)]


@pytest.mark.parametrize("how", ["DELETE", "ACTION"])
def test_delete(vo, how):
    job = run(vo, NUMBERS)
    assert job.wait() == "COMPLETED"
    r = job.delete() if how == "DELETE" else job.post(ACTION="DELETE")
    assert r.status_code == 303 and r.headers["Location"] == vo.url + ASYNC
    assert job.get().status_code == 404 == job.get("/phase").status_code
    assert not [f for f in jobs.result_files(vo) if job.id in f]


def test_delete_while_it_runs(vo):
    job = run(vo)
    job.wait("EXECUTING")
    until(lambda: jobs.backends(vo))
    job.delete()
    until(lambda: not jobs.backends(vo), 1)
    until(lambda: not [f for f in jobs.result_files(vo) if job.id in f])


# --- waiting ------------------------------------------------------------------------

def test_wait(vo):
    job = run(vo)
    start = time.monotonic()
    doc = parse(job.get("?WAIT=20&PHASE=COMPLETED").content)
    assert doc.findtext(UWS + "phase") in ("QUEUED", "EXECUTING")
    assert time.monotonic() - start < 1
    phase = doc.findtext(UWS + "phase")
    while phase in ("QUEUED", "EXECUTING"):
        doc = parse(job.get("?WAIT=20&PHASE=" + phase).content)
        assert doc.findtext(UWS + "phase") != phase
        phase = doc.findtext(UWS + "phase")
    assert phase == "COMPLETED"
    assert 1.5 < time.monotonic() - start < 15
    start = time.monotonic()
    job.get("?WAIT=-1")             # nothing to wait for
    assert time.monotonic() - start < 1
    job = submit(vo)
    start = time.monotonic()
    assert b"PENDING" in job.get("?WAIT=1").content
    assert 0.9 < time.monotonic() - start < 2


# --- results -------------------------------------------------------------------------

def test_result_over_http(vo):
    job = run(vo, "SELECT id, note FROM job.Numbers ORDER BY id",
              FORMAT="csv")
    assert job.wait() == "COMPLETED"
    url = job.url + "/results/result"
    whole = vo.get(url)
    assert len(whole.content) > 10 ** 7 and whole.status_code == 200
    assert int(whole.headers["Content-Length"]) == len(whole.content)
    part = vo.request("GET", url, headers={"Range": "bytes=1000-1999"})
    assert part.status_code == 206
    assert part.content == whole.content[1000:2000]
    tag = whole.headers["ETag"]
    assert tag.startswith('"')
    r = vo.request("GET", url, headers={"If-None-Match": tag})
    assert r.status_code == 304 and not r.content
    rest = vo.request("GET", url, headers={"Range": "bytes=10000000-",
                                           "If-Range": tag})
    assert rest.status_code == 206
    assert rest.content == whole.content[10000000:]
    head = vo.request("HEAD", url)
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    assert not head.content
    assert vo.request("GET", url, headers={"Origin": "http://x.example"}
                      ).headers["Access-Control-Allow-Origin"] == "*"


# --- forecast -------------------------------------------------------------------------

def test_quote_and_estimate(vo):
    job = submit(vo, LANG="ADQL", QUERY="SELECT id FROM job.Numbers")
    quote = job.get("/quote").text
    assert ISO.match(quote) and quote >= job.value("creationTime")
    assert job.value("quote")[:16] == quote[:16]
    assert 40000 < int(job.info("estimatedRows")) < 60000
    assert float(job.info("estimatedSeconds")) > 0
    job.post("/parameters", MAXREC="10")
    assert job.info("estimatedRows") in ("10", "11")
    job.post("/parameters", QUERY="SELECT nope")
    assert job.get("/quote").text == ""
    assert job.phase == "PENDING"


def test_progress(vo):
    job = run(vo)
    rows = until(lambda: int(job.info("rows") or 0))
    assert 0 < rows <= jobs.SLOW_ROWS and job.phase in ("EXECUTING",
                                                        "COMPLETED")
    assert job.wait() == "COMPLETED"
    assert job.info("rows") == str(jobs.SLOW_ROWS)
    assert 20 < float(job.info("rowsPerSecond")) < 60


# --- limits ----------------------------------------------------------------------------

def test_jobs_per_user(vo, conf_now):
    conf_now("VOJobsPerUser 3")
    vo.sql("DELETE FROM vo.job")
    made = [submit(vo) for _ in range(3)]
    r = post(vo)
    assert r.status_code == 429 and int(r.headers["Retry-After"]) > 0
    assert "3" in VOTable(r.content).message()
    made[0].post("/phase", PHASE="ABORT")
    assert post(vo).status_code == 303


def test_length_of_the_queue(vo, conf_now):
    conf_now("VOJobQueue 2")
    vo.sql("DELETE FROM vo.job")
    slow = [run(vo), run(vo)]
    waiting = submit(vo, LANG="ADQL", QUERY=NUMBERS)   # no place is needed
    for r in (post(vo, LANG="ADQL", QUERY=NUMBERS, PHASE="RUN"),
              waiting.post("/phase", PHASE="RUN")):
        assert r.status_code == 503 and int(r.headers["Retry-After"]) > 0
    slow[0].delete()
    slow[1].delete()
    assert waiting.post("/phase", PHASE="RUN").status_code == 303
    assert waiting.wait() == "COMPLETED"


def test_a_result_that_is_too_large(vo, conf_now):
    conf_now("VOJobMaxBytes 1000000")
    job = run(vo, "SELECT * FROM job.Numbers")
    assert job.wait() == "ERROR"
    assert "1000000 bytes" in job.value("message")
    assert not [f for f in jobs.result_files(vo) if job.id in f]


# --- the list ----------------------------------------------------------------------------

def test_nobodys_jobs_are_not_listed(vo):
    submit(vo)
    r = vo.get(ASYNC)
    doc = parse(r.content)
    assert doc.tag == UWS + "jobs" and doc.get("version") == "1.1"
    assert len(doc) == 0
    # whoever reads it is told why
    assert "user" in r.text.split("<uws:jobs")[0]


def test_plain_requests_script(vo):
    """The way the archive's own scripts go."""
    import requests
    base = vo.url + "/vo/tap/job-dr1"
    r = requests.post(base + "/async", data={
        "REQUEST": "doQuery", "LANG": "ADQL", "VERSION": "1.0",
        "FORMAT": "csv", "MAXREC": "3", "OWNER": "me", "RUNID": "a run",
        "QUEUE": "short", "QUERY": "SELECT id FROM job.Numbers ORDER BY id"},
        timeout=20)
    assert r.status_code == 200         # the job, by way of the redirect
    job = r.url
    requests.post(job + "/phase", data={"PHASE": "RUN"}, timeout=20)
    until(lambda: requests.get(job + "/phase", timeout=20).text
          not in ("QUEUED", "EXECUTING"))
    assert requests.get(job + "/phase", timeout=20).text == "COMPLETED"
    assert requests.get(job + "/error", timeout=20).status_code == 404
    r = requests.get(job + "/results/result", timeout=20)
    assert r.text.split() == ["id", "1", "2", "3"]
    assert requests.delete(job, timeout=20).status_code == 200
    assert requests.get(job, timeout=20).status_code == 404


def test_error_that_quotes_a_cut_character(vo):
    """Messages quote so many bytes of what was sent; the last character may be
    cut, and is not stored so. U+FFFF is UTF-8 but not of XML."""
    job = submit(vo, LANG="x" + 30 * "\u00e9", PHASE="RUN",
                 QUERY="SELECT id FROM job.Numbers")
    assert job.wait() == "ERROR"
    text = VOTable(job.get("/error").content).message()
    assert "LANG" in text and "x\u00e9" in text
    assert VOTable(vo.get("/vo/tap/job-dr1/sync", LANG="ADQL", QUERY="SELECT"
                          " '\uffff' FROM job.Nothing").content).message()
