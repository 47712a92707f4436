"""test_async.py: asynchronous jobs by STILTS, pyvo and astroquery."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import pytest
import pyvo
from astropy.io.votable import parse_single_table

QUERY = ("SELECT TOP 20 tile_id, number, alpha_j2000 FROM demo.MagABDualObj"
         " ORDER BY tile_id, number")
BASE = "/vo/tap/demo-dr1"


@pytest.fixture
def truth(vo):
    return vo.sql("SELECT tile_id, number, alpha_j2000"
                  " FROM demo_dr1.magabdualobj ORDER BY 1, 2 LIMIT 20")


def same(table, truth):
    """Do the rows of an astropy table agree?"""
    names = [n for n in table.colnames]
    got = [(int(r[names[0]]), int(r[names[1]]), float(r[names[2]]))
           for r in table]
    return got == [tuple(r) for r in truth]


@pytest.mark.parametrize("release", ["demo-dr1", "tycho2"])
def test_taplint(vo, stilts, release):
    stages = "CPV CAP QAS UWS"
    rc, text = stilts("taplint", "tapurl=%s/vo/tap/%s" % (vo.url, release),
                      "stages=" + stages, "report=EWF")
    assert rc == 0, text
    for stage in stages.split():
        assert "Section " + stage in text
    assert re.search(r"Errors: 0; Warnings: 0; Failures: 0", text), text


def test_stilts_tapquery(vo, stilts, out, truth):
    path = out / "async.vot"
    rc, text = stilts("tapquery", "tapurl=" + vo.url + BASE, "adql=" + QUERY,
                      "sync=false", "poll=100", "ofmt=votable",
                      "out=%s" % path)
    assert rc == 0, text
    assert same(parse_single_table(str(path)).to_table(), truth)


def test_pyvo_run_async(vo, truth):
    service = pyvo.dal.TAPService(vo.url + BASE)
    assert same(service.run_async(QUERY).to_table(), truth)


def test_pyvo_submit_job(vo, truth):
    service = pyvo.dal.TAPService(vo.url + BASE)
    job = service.submit_job(QUERY, maxrec=20)
    assert job.phase == "PENDING" and job.owner is None
    job.execution_duration = 100
    assert job.execution_duration.to_value("s") == 100
    job.run()
    job.wait(phases=["COMPLETED", "ERROR"], timeout=30)
    assert job.phase == "COMPLETED"
    again = pyvo.dal.AsyncTAPJob(job.url)    # resumed by its address
    assert same(again.fetch_result().to_table(), truth)
    job.delete()
    with pytest.raises(Exception):
        pyvo.dal.AsyncTAPJob(job.url)


def test_pyvo_error(vo):
    service = pyvo.dal.TAPService(vo.url + BASE)
    job = service.submit_job("SELECT nope FROM demo.MagABDualObj")
    job.run().wait(phases=["COMPLETED", "ERROR"], timeout=30)
    assert job.phase == "ERROR"
    with pytest.raises(pyvo.dal.DALQueryError):
        job.raise_if_error()     # which does not tell the message
    assert b"nope" in vo.request("GET", job.url + "/error").content
    job.delete()


def test_pyvo_abort(vo):
    service = pyvo.dal.TAPService(vo.url + BASE)
    job = service.submit_job("SELECT COUNT(*) AS n FROM demo.MagABDualObj AS a"
                             " JOIN demo.MagABDualObj AS b"
                             " ON a.alpha_j2000 + b.delta_j2000 > 0")
    job.run()
    job.abort()
    assert job.phase == "ABORTED"
    job.delete()


def test_astroquery_launch_job_async(vo, truth):
    from astroquery.utils.tap.core import TapPlus
    tap = TapPlus(url=vo.url + BASE, verbose=False)
    job = tap.launch_job_async(QUERY, verbose=False)
    assert job.get_phase() == "COMPLETED"
    assert same(job.get_results(), truth)
