"""test_access_30_jobs.py: jobs of private releases, and whose they are."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from pyvohttpd.access import ANA, EVA, GUS, GROUPS, LUIS
from pyvohttpd.jobs import UWS, Job, run, submit, until
from pyvohttpd.seed_images import IMAGES
from pyvohttpd.xmltree import VOTable, parse

pytestmark = pytest.mark.usefixtures("auth", "refused")

ASYNC = "/vo/tap/test-private/async"
PUBLIC = "/vo/tap/test-dr1/async"
QUERY = "SELECT TOP 3 object_id, mag FROM test.Stars"
RESTS = ("", "/phase", "/results", "/results/result", "/parameters",
         "/error", "/owner", "/quote")


def asked(vo, job, auth):
    return [vo.request("GET", job.url + rest, auth=auth).status_code
            for rest in RESTS]


@pytest.fixture
def job(vo):
    job = run(vo, QUERY, ASYNC, kw={"auth": ANA})
    assert job.wait() == "COMPLETED", job.get().text
    return job


def test_only_readers_make_jobs(vo):
    for auth, code in ((None, 401), (EVA, 403), (GUS, 403)):
        r = vo.post(ASYNC, {"LANG": "ADQL", "QUERY": QUERY}, auth=auth)
        assert r.status_code == code
        assert "Location" not in r.headers
    assert not vo.sql("SELECT FROM vo.job WHERE release_id = 'test-private'"
                      " AND owner IS DISTINCT FROM 'ana'")


def test_a_job_is_its_owners(vo, job):
    assert job.get("/owner").text == "ana" == job.value("ownerId")
    rows = VOTable(job.get("/results/result", headers={
        "Accept-Encoding": "identity"}).content)
    assert rows.names == ["object_id", "mag"]
    assert asked(vo, job, ANA)[:3] == [200] * 3
    assert asked(vo, job, LUIS) == [403] * 8    # a reader, not the owner
    assert asked(vo, job, EVA) == [403] * 8
    assert asked(vo, job, None) == [401] * 8
    for auth, code in ((None, 401), (EVA, 403), (LUIS, 403)):
        other = Job(vo, job.url, auth=auth)
        assert other.delete().status_code == code
        assert other.post("/phase", PHASE="ABORT").status_code == code
        assert other.post(ACTION="DELETE").status_code == code
    assert job.phase == "COMPLETED"


def test_a_published_job_is_for_readers(vo, job):
    assert job.post(ACTION="PUBLISH").status_code == 303
    assert asked(vo, job, LUIS)[:4] == [200] * 4
    assert asked(vo, job, EVA) == [403] * 8
    assert asked(vo, job, None) == [401] * 8


def test_lists(vo, job):
    def ids(auth):
        r = vo.request("GET", ASYNC, auth=auth)
        return r.status_code, {
            e.get("id") for e in parse(r.content).iter(UWS + "jobref")}

    assert job.id in ids(ANA)[1]
    assert ids(LUIS) == (200, set())
    assert ids(EVA) == (403, set()) and ids(None) == (401, set())


def test_results_as_uploads(vo, job):
    """A reader's table for another query of the same release, nobody else's."""
    query = {"LANG": "ADQL", "QUERY": "SELECT COUNT(*) AS n FROM TAP_UPLOAD.t",
             "UPLOAD": "t,%s/results/result" % job.url,
             "RESPONSEFORMAT": "csv"}
    sync = "/vo/tap/%s/sync"
    r = vo.post(sync % "test-private", query, auth=ANA)
    assert (r.status_code, r.text.split()) == (200, ["n", "3"])
    assert vo.post(sync % "test-private", query, auth=LUIS).status_code == 400
    assert vo.post(sync % "test-private", query).status_code == 401
    # by way of a public release nobody comes near it
    for auth in (None, EVA, LUIS):
        r = vo.post(sync % "test-dr1", query, auth=auth)
        assert r.status_code == 400 and "object_id" not in r.text


def test_out_of_the_group(vo, job):
    """Who is a reader no longer reads no longer, not even what they made."""
    groups = vo.dir / "auth" / "groups"
    waiting = submit(vo, ASYNC, kw={"auth": ANA}, LANG="ADQL", QUERY=QUERY)
    try:
        groups.write_text(GROUPS.replace("ana ", ""))
        assert asked(vo, job, ANA) == [403] * 8
        assert waiting.post("/phase", PHASE="RUN").status_code == 403
        assert waiting.delete().status_code == 403
        assert vo.post(ASYNC, {"QUERY": QUERY}, auth=ANA).status_code == 403
    finally:
        groups.write_text(GROUPS)
    assert waiting.post("/phase", PHASE="RUN").status_code == 303
    assert waiting.wait() == "COMPLETED"


def test_a_release_that_closes(vo):
    """Jobs of nobody's were open to who had their address; those end there."""
    job = run(vo, QUERY, "/vo/tap/test-dr2/async")
    mine = run(vo, QUERY, "/vo/tap/test-dr2/async", kw={"auth": ANA})
    assert job.wait() == mine.wait() == "COMPLETED"
    vo.sql("UPDATE vo.release SET state = 'private', reader_group = 'team'"
           " WHERE release_id = 'test-dr2'")
    try:
        until(lambda: all(asked(vo, job, None)[0] == 401 for _ in range(4)))
        assert asked(vo, job, None) == [401] * 8
        assert asked(vo, job, EVA) == [403] * 8
        assert asked(vo, job, LUIS)[:4] == [200] * 4
        assert asked(vo, mine, ANA)[:4] == [200] * 4
        vo.sql("UPDATE vo.release SET state = 'retired' WHERE release_id ="
               " 'test-dr2'")
        until(lambda: all(asked(vo, job, None)[0] == 404 for _ in range(4)))
        assert asked(vo, mine, ANA) == [404] * 8
    finally:
        vo.sql("UPDATE vo.release SET state = 'public', reader_group = NULL"
               " WHERE release_id = 'test-dr2'")
    until(lambda: all(asked(vo, job, None)[0] == 200 for _ in range(4)))


def test_a_release_that_goes_while_a_job_waits(vo):
    waiting = submit(vo, ASYNC, kw={"auth": ANA}, LANG="ADQL", QUERY=QUERY)
    vo.sql("UPDATE vo.release SET state = 'staged' WHERE release_id ="
           " 'test-private'")
    try:
        vo.sql("UPDATE vo.job SET phase = 'QUEUED' WHERE job_id = %s",
               (waiting.id,))
        vo.sql("NOTIFY vo_job")
        until(lambda: waiting.row("phase") == ("ERROR",))
    finally:
        vo.sql("UPDATE vo.release SET state = 'private' WHERE release_id ="
               " 'test-private'")
    until(lambda: all(asked(vo, waiting, ANA)[0] == 200 for _ in range(4)))
    assert "There is no release" in waiting.get("/error").text


def test_signed_in_at_a_public_release(vo):
    """Who says who they are has jobs of their own there too."""
    mine = run(vo, QUERY, PUBLIC, kw={"auth": EVA})
    assert mine.wait() == "COMPLETED"
    assert mine.get("/owner").text == "eva"
    assert asked(vo, mine, None) == [403] * 8
    assert asked(vo, mine, ANA) == [403] * 8
    anybody = run(vo, QUERY, PUBLIC)
    assert anybody.wait() == "COMPLETED" and anybody.get("/owner").text == ""
    r = vo.post(PUBLIC, {"LANG": "ADQL", "QUERY": QUERY}, auth=("eva", "no"))
    assert r.status_code == 401


def test_cutouts(vo):
    """SODA, whose identifier is a private image's."""
    did = IMAGES[0]["did"].replace("pix-dr1", "pix-private")
    path, cut = "/vo/soda/pix-private/async", {"ID": did,
                                               "CIRCLE": "150 2 0.005"}
    assert vo.post(path, cut).status_code == 401
    assert vo.post(path, cut, auth=EVA).status_code == 403
    job = submit(vo, path, cut, kw={"auth": ANA}, PHASE="RUN")
    assert job.wait() == "COMPLETED", job.get("/error").text
    results = parse(job.get("/results").content)
    url = results.find(UWS + "result").get(
        "{http://www.w3.org/1999/xlink}href")
    assert vo.request("GET", url, auth=ANA).content[:6] == b"SIMPLE"
    assert vo.request("GET", url).status_code == 401
    assert vo.request("GET", url, auth=EVA).status_code == 403
    assert vo.request("GET", url, auth=LUIS).status_code == 403
    # by a public release there is no such image, whoever asks
    for auth in (None, EVA, ANA):
        r = vo.request("GET", "/vo/soda/pix-dr1/sync", params=cut, auth=auth)
        assert r.status_code == 404
