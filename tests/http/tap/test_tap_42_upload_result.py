"""test_tap_42_upload_result.py: results of jobs as tables of other queries, by
their address, whatever hosts tables may be fetched from."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from test_tap_40_upload import ASYNC, SYNC, refusal, wait_for


def finished(vo, query, **more):
    """The address of the result of a job that has run."""
    r = vo.post(ASYNC, dict(LANG="ADQL", QUERY=query, PHASE="RUN", **more))
    job = r.headers["Location"]
    assert wait_for(vo, job) == "COMPLETED", vo.get(job).text
    return job + "/results/result"


COUNTED = ("SELECT COUNT(*) AS n, SUM(t.object_id) AS total FROM TAP_UPLOAD.t AS t"
           " JOIN TAP_UPLOAD.u AS u ON t.object_id = u.object_id")


@pytest.mark.parametrize("form", ["votable", "votable/b2", "fits", "csv"])
def test_result_of_a_job(vo, form):
    url = finished(vo, "SELECT TOP 5 object_id FROM test.Stars ORDER BY object_id",
                   RESPONSEFORMAT=form)
    ids = [int(i) for i in vo.get(SYNC, LANG="ADQL", FORMAT="csv", QUERY=
           "SELECT TOP 5 object_id FROM test.Stars ORDER BY object_id"
           ).text.split()[1:]]
    params = {"LANG": "ADQL", "QUERY": COUNTED, "RESPONSEFORMAT": "csv",
              "UPLOAD": "t,%s;u,%s" % (url, url)}
    expected = ["n,total", "%d,%d" % (len(ids), sum(ids))]
    assert vo.get(SYNC, **params).text.split() == expected
    again = finished(vo, COUNTED, RESPONSEFORMAT="csv",
                     UPLOAD=params["UPLOAD"])
    assert vo.get(again).text.split() == expected


def test_result_that_is_not_there(vo):
    query = "SELECT TOP 1 object_id FROM test.Stars"
    url = finished(vo, query, RESPONSEFORMAT="json")
    job = url[:-len("/results/result")]

    def ask(address):
        r = vo.get(SYNC, LANG="ADQL", QUERY="SELECT * FROM TAP_UPLOAD.t",
                   UPLOAD="t," + address)
        assert r.status_code == 400
        return refusal(r)

    assert "VOTable" in ask(url)                # JSON is not read
    assert "does not fetch" in ask(job + "/results/other")
    assert "does not fetch" in ask(job)
    vo.request("DELETE", job)
    assert "no job" in ask(url)
    assert "no job" in ask(url.replace(job.rpartition("/")[2], "x"))
    pending = vo.post(ASYNC, {"LANG": "ADQL", "QUERY": query}
                      ).headers["Location"]
    assert "it is PENDING" in ask(pending + "/results/result")


def test_result_too_large(vo, conf_now):
    url = finished(vo, "SELECT TOP 50 * FROM test.Stars")
    conf_now('<Location "/vo/tap">\nTAPUploadLimit 500 1000\n</Location>')
    r = vo.get(SYNC, LANG="ADQL", QUERY="SELECT * FROM TAP_UPLOAD.t",
               UPLOAD="t," + url)
    assert r.status_code == 413 and "500 bytes" in refusal(r)
