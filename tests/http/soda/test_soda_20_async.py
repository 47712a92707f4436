"""test_soda_20_async.py: cutouts in jobs, and around lists of positions."""
# SPDX-License-Identifier: GPL-3.0-or-later
import collections
import csv
import io
import os
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.table import Table
from astropy.wcs import WCS

from pyvohttpd import jobs
from pyvohttpd.jobs import UWS, XLINK, submit, until
from pyvohttpd.seed_images import DID, FILTERS, IMAGES, TILES, path

SYNC = "/vo/soda/pix-dr1/sync"
ASYNC = "/vo/soda/pix-dr1/async"
TAN, RICE = IMAGES[0], IMAGES[2]


def run(vo, files=None, **params):
    if files:
        r = vo.request("POST", ASYNC, data=dict(params, PHASE="RUN"),
                       files=files)
        assert r.status_code == 303, r.text
        return jobs.Job(vo, r.headers["Location"])
    return submit(vo, ASYNC, PHASE="RUN", **params)


def finished(job):
    assert job.wait() == "COMPLETED", job.get().text
    return {e.get("id"): e for e in job.doc("/results").iter(UWS + "result")}


# --- a result for each cut ---------------------------------------------------

def test_one_cut(vo):
    job = run(vo, ID=TAN["did"], CIRCLE="150 2 0.0103")
    results = finished(job)
    assert list(results) == ["result"]
    r = job.get("/results/result")
    sync = vo.get(SYNC, ID=TAN["did"], CIRCLE="150 2 0.0103")
    assert r.content == sync.content
    assert r.headers["Content-Type"] == "image/fits"
    assert job.info("rows") == "1"


def test_one_result_for_each_cut(vo):
    ids = [TAN["did"], RICE["did"], DID + "nothing"]
    where = ["150 2 0.0103", "10 2 0.0103"]
    job = run(vo, ID=ids, CIRCLE=where, FORMAT="png")
    results = finished(job)
    assert list(results) == ["cut%d" % (i + 1) for i in range(6)]
    assert [e.get("mime-type") for e in results.values()] == [
        "image/png", "text/plain", "image/png", "text/plain", "text/plain",
        "text/plain"]
    for i, (name, e) in enumerate(results.items()):
        assert e.get(XLINK + "href") == job.url + "/results/" + name
        r = job.get("/results/" + name)
        assert r.headers["Content-Type"] == e.get("mime-type")
        assert len(r.content) == int(e.get("size"))
        sync = vo.get(SYNC, ID=ids[i // 2], CIRCLE=where[i % 2], FORMAT="png")
        if sync.status_code == 200:
            assert r.content == sync.content
        else:
            assert r.text.startswith("UsageError: ")
    # ranges and conditions hold for each of them
    url = job.url + "/results/cut3"
    whole = vo.request("GET", url)
    part = vo.request("GET", url, headers={"Range": "bytes=2-9"})
    assert part.status_code == 206 and part.content == whole.content[2:10]
    tag = {"If-None-Match": whole.headers["ETag"]}
    assert vo.request("GET", url, headers=tag).status_code == 304
    assert vo.request("GET", job.url + "/results/cut1",
                      headers=tag).status_code == 200
    assert vo.request("HEAD", url).headers["Content-Length"] == str(
        len(whole.content))
    for name in ("cut7", "result", "cut", "../cut1"):
        assert job.get("/results/" + name).status_code == 404
    assert job.delete().status_code == 303
    until(lambda: not [f for f in jobs.result_files(vo) if job.id in f])


@pytest.mark.parametrize("params, words", [
    ({}, "ID is missing"),
    ({"ID": DID + "nothing"}, "has no image"),
    ({"ID": TAN["did"], "CIRCLE": "1 2"}, "three numbers"),
    ({"ID": TAN["did"], "FORMAT": "gif"}, "image/png"),
    ({"JOB": "0" * 32, "WIDTH": "0.01"}, "no job"),
    ({"JOB": "x", "WIDTH": "0.01"}, "no job"),
    ({"JOB": "0" * 32}, "WIDTH is missing"),
    ({"JOB": "0" * 32, "PIXELS": "x"}, "PIXELS"),
    ({"JOB": "0" * 32, "PIXELS": "51", "WIDTH": "1"}, "cannot both"),
    ({"JOB": "0" * 32, "PIXELS": "51", "PACK": "zip"}, "PACK"),
    ({"JOB": "0" * 32, "PIXELS": "51", "PACK": "mef", "FORMAT": "png"},
     "tar only"),
    ({"UPLOAD": "t,http://x.invalid/", "PIXELS": "51"}, "UPLOAD"),
])
def test_errors(vo, params, words):
    job = run(vo, **params)
    assert job.wait() == "ERROR"
    r = job.get("/error")
    assert r.status_code == 200
    assert r.headers["Content-Type"].startswith("text/plain")
    assert r.text.startswith("UsageError: ") and words in r.text, r.text
    assert words in job.doc().find(".//" + UWS + "message").text


def test_single_values_stay_single(vo):
    r = vo.post(ASYNC, {"ID": TAN["did"], "FORMAT": ["png", "jpeg"]})
    assert r.status_code == 400


def test_private_release(vo):
    assert vo.post("/vo/soda/pix-private/async",
                   {"ID": TAN["did"]}).status_code == 404


# --- lists of positions ------------------------------------------------------

def positions():
    """Some around every tile, in no order; on none, at an edge, none."""
    rng = np.random.default_rng(5)
    out = []
    for _, ra, dec in TILES:
        for _ in range(6):
            x, y = rng.uniform(-0.04, 0.04, 2)
            out.append(((ra + x / np.cos(np.radians(dec))) % 360, dec + y))
    out[3] = (10.0, -30.0)
    out[5] = (150.0, 2.0812)
    out[7] = (np.nan, np.nan)
    order = rng.permutation(len(out))
    return [out[i] for i in order]


def uploads():
    """The same list as CSV, VOTable and FITS."""
    ra, dec = np.array(positions()).T
    t = Table({"note": ["x,%d" % i for i in range(len(ra))], "ra": ra,
               "dec": dec})
    t["ra"].unit = t["dec"].unit = "deg"
    out = {}
    for kind in ("csv", "votable", "fits"):
        f = io.BytesIO()
        if kind == "csv":
            rows = ["ra,dec"] + ["%r,%r" % p if p[0] == p[0] else ","
                                 for p in positions()]
            f.write("\n".join(rows).encode())
        else:
            t.write(f, format=kind)
        out[kind] = f.getvalue()
    return out


def truth(vo, image, ra, dec, size):
    with fits.open(path(vo, image)) as hdus:
        hdu = hdus[image["hdu"] - 1]
        try:
            return Cutout2D(hdu.data, SkyCoord(ra, dec, unit="deg"), size,
                            wcs=WCS(hdu.header)).data
        except Exception:
            return None


def nearest_tile(vo, ra, dec):
    """The tile that shows the position, of several the nearest."""
    best = None
    for tile, tra, tdec in TILES:
        image = next(i for i in IMAGES if i["tile_id"] == tile)
        with fits.open(path(vo, image)) as hdus:
            wcs = WCS(hdus[0].header)
        try:
            x, y = wcs.all_world2pix(ra, dec, 0)
        except Exception:
            continue
        far = SkyCoord(ra, dec, unit="deg").separation(
            SkyCoord(tra, tdec, unit="deg")).deg
        if -0.5 <= x <= 299.5 and -0.5 <= y <= 299.5 and far < 1 and (
                best is None or far < best[1]):
            best = tile, far
    return best and best[0]


def check_rows(vo, rows):
    """The manifest against the truth; (number, ra, dec, tile) of those cut."""
    made = []
    assert [int(r["input"]) for r in rows] == list(
        range(1, len(positions()) + 1))
    for row, (ra, dec) in zip(rows, positions()):
        if ra != ra:
            assert row["status"] == "error" and "no position" in row["message"]
            continue
        tile = nearest_tile(vo, ra, dec)
        if tile is None:
            assert row["status"] == "outside", row
            assert not row["file"]
            continue
        assert row["status"] == "ok", row
        assert row["region"].startswith("BOX %.8f %.8f" % (ra, dec))
        made.append((row, ra, dec, tile))
    assert len(made) > 15
    return made


@pytest.mark.parametrize("kind", ["csv", "votable", "fits"])
def test_bulk_of_an_upload(vo, kind):
    job = run(vo, {"list": ("list." + kind, uploads()[kind])},
              UPLOAD="t,param:list", PIXELS="21x15", FILTERS="r")
    finished(job)
    r = job.get("/results/result")
    assert r.headers["Content-Type"] == "application/x-tar"
    tar = tarfile.open(fileobj=io.BytesIO(r.content))
    rows = list(csv.DictReader(io.TextIOWrapper(
        tar.extractfile("manifest.csv"))))
    for row, ra, dec, tile in check_rows(vo, rows):
        image = next(i for i in IMAGES if i["tile_id"] == tile
                     and i["filter_name"] == "r")
        assert row["id"] == image["did"]
        want = truth(vo, image, ra, dec, (15, 21))
        with fits.open(tar.extractfile(row["file"])) as hdus:
            assert np.array_equal(hdus[0].data, want)
    assert len(tar.getnames()) == 1 + sum(r["status"] == "ok" for r in rows)
    assert job.info("rows") == str(len(rows))


def test_bulk_of_all_filters(vo):
    job = run(vo, {"list": uploads()["csv"]}, UPLOAD="t,param:list",
              WIDTH="0.0101", HEIGHT="0.0057")
    finished(job)
    tar = tarfile.open(fileobj=io.BytesIO(job.get("/results/result").content))
    rows = list(csv.DictReader(io.TextIOWrapper(
        tar.extractfile("manifest.csv"))))
    for row, ra, dec, tile in check_rows(vo, rows)[::4]:
        with fits.open(tar.extractfile(row["file"])) as hdus:
            assert [h.name for h in hdus[1:]] == [f[0] for f in FILTERS]
            for hdu in hdus[1:]:
                image = next(i for i in IMAGES if i["tile_id"] == tile
                             and i["filter_name"] == hdu.header["EXTNAME"])
                assert np.array_equal(hdu.data, truth(
                    vo, image, ra, dec, (0.0057 * u.deg, 0.0101 * u.deg)))


def test_bulk_as_one_file(vo):
    job = run(vo, {"list": uploads()["csv"]}, UPLOAD="t,param:list",
              PIXELS="9", FILTERS="u,r", PACK="mef")
    finished(job)
    r = job.get("/results/result")
    assert r.headers["Content-Type"] == "image/fits"
    hdus = fits.open(io.BytesIO(r.content), checksum=True)
    for hdu in hdus:
        assert hdu.verify_checksum() == 1 and hdu.verify_datasum() == 1
    names = [h.header.get("EXTNAME") for h in hdus]
    rows = [{c: str(row[c]) for c in hdus["MANIFEST"].columns.names}
            for row in hdus["MANIFEST"].data]
    for row, ra, dec, tile in check_rows(vo, rows):
        for name in "ur":
            image = next(i for i in IMAGES if i["tile_id"] == tile
                         and i["filter_name"] == name)
            hdu = hdus[names.index(row["file"] + name)]
            assert np.array_equal(hdu.data, truth(vo, image, ra, dec, (9, 9)))


def test_bulk_of_pictures(vo):
    job = run(vo, {"list": b"ra,dec\n150,2\n"}, UPLOAD="t,param:list",
              PIXELS="40", RGB="r g u", FORMAT="png")
    finished(job)
    tar = tarfile.open(fileobj=io.BytesIO(job.get("/results/result").content))
    data = tar.extractfile("00001_tile-101_rgb.png").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[25] == 2


def test_bulk_of_a_jobs_result(vo):
    query = jobs.run(
        vo, "SELECT s_ra, s_dec, obs_id FROM ivoa.obscore WHERE filter_name ="
        " 'r' AND dataproduct_subtype = 'coadd' ORDER BY obs_id",
        path="/vo/tap/pix-dr1/async", FORMAT="votable")
    assert query.wait() == "COMPLETED", query.get().text
    job = run(vo, JOB=query.id, PIXELS="5", FILTERS="r")
    finished(job)
    tar = tarfile.open(fileobj=io.BytesIO(job.get("/results/result").content))
    rows = list(csv.DictReader(io.TextIOWrapper(
        tar.extractfile("manifest.csv"))))
    assert [r["status"] for r in rows] == ["ok"] * 4
    assert [r["file"] for r in rows] == [
        "%05d_tile-%d_r.fits" % (i + 1, t[0]) for i, t in enumerate(TILES)]


def test_jobs_of_others(vo):
    """Not those of another owner, nor unfinished ones."""
    query = jobs.submit(vo, "/vo/tap/pix-dr1/async", LANG="ADQL",
                        QUERY="SELECT s_ra, s_dec FROM ivoa.obscore")
    job = run(vo, JOB=query.id, PIXELS="5")
    assert job.wait() == "ERROR" and "PENDING" in job.get("/error").text
    query.post("/phase", PHASE="RUN")
    assert query.wait() == "COMPLETED"
    vo.sql("UPDATE vo.job SET owner = 'somebody' WHERE job_id = %s",
           (query.id,))
    job = run(vo, JOB=query.id, PIXELS="5")
    assert job.wait() == "ERROR" and "no job" in job.get("/error").text


@pytest.mark.parametrize("table, words", [
    (b"a,b\n1,2\n", "no position"), (b"ra,dec\n", "position"),
    (b"\x00\x01nothing", "")])
def test_bad_tables(vo, table, words):
    job = run(vo, {"list": table}, UPLOAD="t,param:list", PIXELS="9")
    assert job.wait() == "ERROR"
    assert words in job.get("/error").text


def test_too_many_positions(vo, conf_now):
    conf_now('<Location "/vo/soda">\nSODAMaxBulk 3\n</Location>')
    job = run(vo, {"list": b"ra,dec\n" + b"150,2\n" * 4},
              UPLOAD="t,param:list", PIXELS="9")
    assert job.wait() == "ERROR"
    assert "the 3 positions" in job.get("/error").text


def test_abort_and_progress(vo):
    many = b"ra,dec\n" + b"150,2\n150.1,2\n0.02,45\n" * 15000
    job = run(vo, {"list": many}, UPLOAD="t,param:list", PIXELS="99")
    until(lambda: int(job.info("rows") or 0) > 10)
    assert job.phase == "EXECUTING"
    job.post("/phase", PHASE="ABORT")
    assert job.wait(seconds=5) == "ABORTED"
    until(lambda: not [f for f in jobs.result_files(vo) if job.id in f])


def test_a_killed_worker(vo, expect_log):
    """Another goes on where it stopped; the archive is whole."""
    expect_log("VO12")
    many = b"ra,dec\n" + b"150,2\n150.1,2\n0.02,45\n" * 6000
    assert many.count(b"\n") == 18001
    job = run(vo, {"list": many}, UPLOAD="t,param:list", PIXELS="90",
              FILTERS="r", FORMAT="png")
    job.wait("EXECUTING")
    until(lambda: [w for w in workers(vo) if holds(w, job.id) > 500000])
    time.sleep(1.1)             # files of the archive tell whole seconds
    for worker in workers(vo):
        if holds(worker, job.id):
            os.kill(worker, signal.SIGKILL)
            break
    else:
        pytest.skip("the job ended before its worker could be killed")
    assert job.wait(seconds=60) == "COMPLETED"
    assert job.info("attempts") == "2"
    tar = tarfile.open(fileobj=io.BytesIO(job.get("/results/result").content))
    rows = list(csv.DictReader(io.TextIOWrapper(
        tar.extractfile("manifest.csv"))))
    assert len(rows) == 18000 and {r["status"] for r in rows} == {"ok"}
    assert len(tar.getnames()) == len(set(tar.getnames())) == 18001
    # what the first attempt had made was kept, not made again
    made = collections.Counter(m.mtime for m in tar.getmembers())
    assert len(made) == 2 and made[min(made)] > 50
    for name in (tar.getnames()[0], tar.getnames()[-2]):
        assert tar.extractfile(name).read(8) == b"\x89PNG\r\n\x1a\n"


def workers(vo):
    """Processes below httpd's parent, of any depth."""
    found, more = [], [int(open(vo.env["VO_HTTPD_PID"]).read())]
    while more:
        out = subprocess.run(["pgrep", "-P", str(more.pop())],
                             capture_output=True, text=True).stdout
        more += [int(p) for p in out.split()]
        found += [int(p) for p in out.split()]
    return found


def holds(pid, name):
    """Bytes of the file that NAME is part of and the process has open."""
    for fd in Path("/proc/%d/fd" % pid).glob("*"):
        try:
            if name in os.readlink(fd):
                return os.stat(fd).st_size + 1
        except OSError:
            pass
    return 0
