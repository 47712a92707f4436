"""test_soda_30_hostile.py: jobs and bodies that a clumsy or hostile user
sends: each ends, and says what is wrong."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io
import tarfile

import pytest

from pyvohttpd import jobs
from pyvohttpd.seed_images import IMAGES

SYNC = "/vo/soda/pix-dr1/sync"
ASYNC = "/vo/soda/pix-dr1/async"
DID = IMAGES[0]["did"]
POSITION = b"ra,dec\n150,2\n"


def run(vo, table=None, **params):
    r = vo.request("POST", ASYNC, data=dict(params, PHASE="RUN"),
                   files={"list": table} if table is not None else None)
    assert r.status_code == 303, r.text
    return jobs.Job(vo, r.headers["Location"])


def fails(job, *words):
    assert job.wait() == "ERROR"
    text = job.get("/error").text
    assert text.startswith("UsageError: "), text
    for word in words:
        assert word in text, text


@pytest.mark.parametrize("params, word", [
    ({}, "ID is missing"), ({"ID": "x"}, "no image"),
    ({"ID": DID.replace("pix-dr1", "pix-private")}, "no image"),
    ({"ID": DID, "CIRCLE": "150 2 -1"}, "above 0"),
    ({"UPLOAD": "garbage", "PIXELS": "9"}, "name,uri"),
    ({"UPLOAD": "t,param:no", "PIXELS": "9"}, "no such part"),
    ({"UPLOAD": "t,file:///etc/passwd", "PIXELS": "9"}, "does not fetch"),
    ({"UPLOAD": "t,http://127.0.0.1:1/x", "PIXELS": "9"}, "does not fetch"),
    ({"JOB": "nothing", "PIXELS": "9"}, "no job 'nothing' of yours"),
    ({"JOB": "../../etc/passwd", "PIXELS": "9"}, "no job"),
])
def test_bad_jobs(vo, params, word):
    fails(run(vo, **params), word)


@pytest.mark.parametrize("params, word", [
    ({"PIXELS": "0"}, "from 1 to 20000"), ({"PIXELS": "-1"}, "from 1 to"),
    ({"PIXELS": "1e9"}, "from 1 to"), ({"PIXELS": "9x"}, "from 1 to"),
    ({"PIXELS": "20001"}, "from 1 to"), ({"PIXELS": ""}, "WIDTH is missing"),
    ({"WIDTH": "NaN"}, "WIDTH"), ({"WIDTH": "400"}, "from 1e-06 to 10"),
    ({"WIDTH": "-1"}, "WIDTH"), ({"WIDTH": "1", "PIXELS": "9"}, "both"),
    ({"PIXELS": "9", "PACK": "zip"}, "tar nor mef"),
])
def test_bad_sizes(vo, params, word):
    fails(run(vo, POSITION, UPLOAD="t,param:list", **params), word)


@pytest.mark.parametrize("table, word", [
    (b"", "empty"), (b"\0" * 100, "neither FITS nor VOTable"),
    (b"ra,dec\nx,y\n", "no position"), (b"ra,dec\n150,2,3\n", "3 cells"),
    (b"ra,dec,ra\n1,2,3\n", "both called"), (b"<VOTABLE>", "XML"),
    (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM"
     b" 'file:///etc/passwd'>]><VOTABLE>&x;</VOTABLE>", "entit"),
    (b"SIMPLE  =                    T".ljust(2880), "does not end"),
    (b"\x1f\x8b\x08\x00", "empty or cannot be read"),
    ("ra,dec\n150,2\n".encode("utf-16"), "neither"),
    (b"a" * 1000000, "no position"),
], ids=lambda v: repr(v[:12]))
def test_bad_tables(vo, table, word):
    fails(run(vo, table, UPLOAD="t,param:list", PIXELS="9"), word)


def test_positions_that_are_none(vo):
    """They are told of in the manifest; the others are cut."""
    table = (b"ra,dec\nNaN,2\n150,NaN\n1e308,2\n150,95\n-210,2\n510,2\n"
             b"150,2\n")
    job = run(vo, table, UPLOAD="t,param:list", PIXELS="9", FILTERS="u")
    assert job.wait() == "COMPLETED"
    data = io.BytesIO(job.get("/results/result").content)
    with tarfile.open(fileobj=data) as tar:
        rows = list(csv.DictReader(io.TextIOWrapper(
            tar.extractfile("manifest.csv"))))
        assert len(tar.getnames()) == 1 + sum(
            r["status"] == "ok" for r in rows)
    assert [r["input"] for r in rows] == list("1234567")
    assert rows[-1]["status"] == "ok"
    assert not {"ok"} & {r["status"] for r in rows[:4]}


@pytest.mark.parametrize("body, media_type, status, word", [
    ('{"ID": "x"}', "application/json", 415, "multipart/form-data"),
    (b"--x\r\nContent-Disp", "multipart/form-data; boundary=x", 400,
     "no end of its header"),
    (b"--x\r\n", "multipart/form-data", 400, "boundary"),
    ("ID=" + "x" * 3000000, "application/x-www-form-urlencoded", 413,
     "2097152 bytes"),
    ("a=1&" * 100000, "application/x-www-form-urlencoded", 400,
     "20000 parameters"),
    ("ID=%s&" % DID * 1001, "application/x-www-form-urlencoded", 400,
     "the 1000 one request"),
], ids=["json", "cut off", "no boundary", "large", "many", "many IDs"])
def test_bodies(vo, body, media_type, status, word):
    for url in (SYNC, "/vo/siap/pix-dr1/get_fits_cutout"):
        r = vo.post(url, body, headers={"Content-Type": media_type})
        if url == SYNC or status != 400 or "multipart" in media_type:
            assert r.status_code == status and word in r.text, (url, r.text)
        assert r.status_code >= 400
        assert r.headers["Content-Type"].startswith("text/plain")
