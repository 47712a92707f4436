"""test_tap_31_async_owner.py: jobs that belong to somebody."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from pyvohttpd import jobs
from pyvohttpd.jobs import ASYNC, UWS, XLINK, Job, run, submit
from pyvohttpd.xmltree import parse

QUERY = "SELECT TOP 2 id FROM job.Numbers ORDER BY id"

ANN, BOB = ({"auth": (name, name + "-secret")} for name in ("ann", "bob"))


@pytest.fixture(scope="module", autouse=True)
def release(vo):
    jobs.make_release(vo)
    yield
    jobs.drop_release(vo)


@pytest.fixture(scope="module", autouse=True)
def users(vo, vo_conf, release):
    """Ann and Bob have passwords; who sends none is let in as nobody."""
    vo_conf(jobs.passwords(vo, "ann", "bob"))


def listed(vo, query="", kw=ANN):
    r = vo.request("GET", ASYNC + query, **kw)
    assert r.status_code == 200, r.text
    return parse(r.content).findall(UWS + "jobref")


def test_an_owner_is_the_authenticated_user(vo, expect_log):
    expect_log("AH01617")
    job = run(vo, QUERY, kw=ANN, OWNER="bob")
    assert job.get("/owner").text == "ann" == job.value("ownerId")
    assert job.info("label") == "bob"
    assert job.wait() == "COMPLETED"
    assert job.get("/results/result").status_code == 200
    assert vo.request("GET", ASYNC, auth=("ann", "wrong")).status_code == 401


def test_others_may_do_nothing(vo):
    job = run(vo, QUERY, kw=ANN)
    job.wait()
    for kw in (BOB, {}):
        other = Job(vo, job.url, **kw)
        for rest in ("", "/phase", "/results/result", "/parameters", "/error"):
            assert other.get(rest).status_code == 403, rest
        assert other.post("/phase", PHASE="ABORT").status_code == 403
        assert other.post("/destruction",
                          DESTRUCTION="2020-01-01").status_code == 403
        assert other.post(ACTION="PUBLISH").status_code == 403
        assert other.delete().status_code == 403
    assert job.phase == "COMPLETED"


def test_a_public_job_can_be_read(vo):
    job = run(vo, QUERY, kw=ANN)
    job.wait()
    assert job.info("public") == "false"
    assert job.post(ACTION="PUBLISH").status_code == 303
    assert job.info("public") == "true"
    stranger = Job(vo, job.url)
    assert stranger.phase == "COMPLETED"
    assert stranger.get("/results/result").status_code == 200
    assert stranger.delete().status_code == 403
    assert job.id not in [e.get("id") for e in listed(vo, kw=BOB)]
    assert job.post(ACTION="UNPUBLISH").status_code == 303
    assert stranger.get().status_code == 403


def test_nobodys_job_is_open_to_who_knows_its_address(vo):
    job = submit(vo)
    ann = Job(vo, job.url, **ANN)
    assert ann.phase == "PENDING" and ann.get("/owner").text == ""
    assert job.id not in [e.get("id") for e in listed(vo)]


def test_results_as_uploads_of_those_who_may_read_them(vo):
    """TAP_UPLOAD by the address of a result: the rules of reading it."""
    theirs = run(vo, QUERY, kw=ANN)
    theirs.wait()

    def use(kw):
        job = run(vo, "SELECT COUNT(*) AS n FROM TAP_UPLOAD.t", kw=kw,
                  UPLOAD="t,%s/results/result" % theirs.url, FORMAT="csv")
        if job.wait() == "COMPLETED":
            return job.get("/results/result").text.split()
        return job.value("message")

    assert use(ANN) == ["n", "2"]
    for kw in (BOB, {}):
        assert "no job" in use(kw)
    theirs.post(ACTION="PUBLISH")
    for kw in (BOB, {}):
        assert use(kw) == ["n", "2"]


def test_list_and_filters(vo):
    vo.sql("DELETE FROM vo.job")
    made = [submit(vo, kw=ANN, RUNID="r%d" % i) for i in range(4)]
    theirs = submit(vo, kw=BOB)
    made[1].post("/phase", PHASE="ABORT")
    run(vo, QUERY, kw=ANN).wait()
    refs = listed(vo)
    assert [e.get("id") for e in refs][:4] == [j.id for j in made]
    assert len(refs) == 5
    assert refs[0].get(XLINK + "href") == made[0].url
    assert refs[0].findtext(UWS + "runId") == "r0"
    assert refs[0].findtext(UWS + "ownerId") == "ann"
    assert refs[1].findtext(UWS + "phase") == "ABORTED"
    assert [e.get("id") for e in listed(vo, kw=BOB)] == [theirs.id]
    assert len(listed(vo, "?PHASE=PENDING")) == 3
    assert len(listed(vo, "?PHASE=PENDING&PHASE=ABORTED")) == 4
    assert listed(vo, "?PHASE=ARCHIVED") == []
    last = listed(vo, "?LAST=2&PHASE=PENDING")
    assert [e.get("id") for e in last] == [made[3].id, made[2].id]
    after = refs[2].findtext(UWS + "creationTime")
    # created is finer than the millisecond that is told
    ids = [e.get("id") for e in listed(vo, "?AFTER=" + after)]
    assert made[3].id in ids and made[0].id not in ids
    assert listed(vo, "?AFTER=2100-01-01") == []
    # of this release only
    assert vo.request("GET", ASYNC.replace("job-dr1", "test-dr1"), **ANN
                      ).content.count(b"jobref") == 0


def test_limits_are_each_users_own(vo, conf_now):
    vo.sql("DELETE FROM vo.job")
    conf_now("VOJobsPerUser 2")
    for kw in (ANN, BOB, {}):
        for _ in range(2):
            submit(vo, kw=kw)
        assert vo.request("POST", ASYNC, data={}, **kw).status_code == 429


def test_a_long_list(vo):
    """10 000 jobs: all are there, in the order they were made (how soon:
    `make bench-jobs`)."""
    vo.sql("INSERT INTO vo.job (job_id, service, release_id, owner, client,"
           " phase, created, destruction, duration) SELECT lpad(to_hex(g), 32,"
           " '0'), 'tap', 'job-dr1', 'ann', 'user ann', 'COMPLETED',"
           " clock_timestamp() + g * interval '1 ms', clock_timestamp()"
           " + interval '1 day', 0 FROM generate_series(1, 10000) g;"
           "ANALYZE vo.job")
    r = vo.request("GET", ASYNC, **ANN)
    refs = [j.get("id") for j in parse(r.content).findall(UWS + "jobref")]
    made = [i for i in refs if i.startswith("0" * 20)]
    assert len(made) == 10000 and set(made) == {"%032x" % (g + 1)
                                                for g in range(10000)}
    assert made in (sorted(made), sorted(made, reverse=True))
    assert len(listed(vo, "?LAST=5")) == 5
    vo.sql("DELETE FROM vo.job WHERE job_id LIKE '00000000%'")
