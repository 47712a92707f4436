"""test_demo_images.py: the demo's images by clients, from search to pixels."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io
import re
import shutil
import subprocess
import warnings
from urllib.parse import quote

import numpy as np
import pytest
import pyvo
import pyvo.dal.sia2
import requests
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS
from pyvo.dal.adhoc import DatalinkResults, SodaQuery

SIA2Service = getattr(pyvo.dal, "SIA2Service", pyvo.dal.sia2.SIAService)
SIAP = "/vo/siap/demo-dr1"
SODA = "ivo://ivoa.net/std/SODA#sync-1.0"
TILES = 5  # of which there are images: see conftest.py
FILTERS = ("uJAVA J0378 J0395 J0410 J0430 gSDSS J0515 rSDSS J0660 iSDSS J0861"
           " zSDSS").split()


def ask(vo, query):
    r = vo.get("/vo/tap/demo-dr1/sync", LANG="ADQL", FORMAT="csv", QUERY=query)
    assert r.status_code == 200, r.text
    return list(csv.DictReader(io.StringIO(r.text)))


def get(url):
    return requests.get(url, timeout=60)


@pytest.fixture(scope="module")
def star(vo):
    """A bright star that is not saturated and stands alone on tile 5."""
    rows = ask(vo, "SELECT d.alpha_j2000 AS ra, d.delta_j2000 AS de,"
               " tile_id, mag_psfcor[demo::rSDSS] AS mag,"
               " mag_err_psfcor[demo::rSDSS] AS err FROM demo.MagABDualObj AS"
               " d WHERE tile_id = 85049 AND class_star > 0.95 AND"
               " mag_psfcor[demo::rSDSS] BETWEEN 13.5 AND 22"
               " AND flags[demo::rSDSS] = 0 AND mask_flags[demo::rSDSS] = 0"
               " ORDER BY mag")
    ra, dec, mag = (np.array([float(r[k]) for r in rows])
                    for k in ("ra", "de", "mag"))
    others = ask(vo, "SELECT alpha_j2000 AS ra, delta_j2000 AS de,"
                 " mag_auto[demo::rSDSS] AS mag FROM demo.MagABDualObj"
                 " WHERE tile_id = 85049")
    ora, odec, omag = (np.array([float(r[k]) for r in others])
                       for k in ("ra", "de", "mag"))
    for i in range(len(rows)):
        far = np.hypot((ora - ra[i]) * np.cos(np.radians(dec[i])),
                       odec - dec[i]) * 3600
        near = (far < 130) & (omag < mag[i] + 6)
        if near.sum() == 1 and np.hypot(ra[i] - 150, dec[i] - 32) < 0.6:
            return rows[i]
    pytest.fail("no star stands alone")


def measure(hdu, star):
    """Flux within 2 FWHM, as a magnitude, and the offset from the position in
    pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(hdu.header)
    x, y = wcs.all_world2pix(float(star["ra"]), float(star["de"]), 0)
    fwhm = (hdu.header["HIERARCH OAJ PRO FWHMMEAN"] / 3600
            / abs(hdu.header["CD1_1"]))
    gy, gx = np.indices(hdu.data.shape)
    r = np.hypot(gx - x, gy - y)
    light = hdu.data.astype("f8")
    total = light[r < 2 * fwhm].sum()
    w = light * np.exp(-r ** 2 / fwhm ** 2)
    cx, cy = (w * gx).sum() / w.sum(), (w * gy).sum() / w.sum()
    return (hdu.header["MAGZERO"] - 2.5 * np.log10(total),
            np.hypot(cx - x, cy - y) * 2)


def check_star(data, star):
    """The star is in the FITS file at its place and as bright as it should;
    a Moffat function of beta 3.5 has 94 % within 2 FWHM."""
    with fits.open(io.BytesIO(data)) as hdus:
        hdu = [h for h in hdus if h.data is not None][0]
        mag, off = measure(hdu, star)
    assert off < 0.5
    assert mag + 2.5 * np.log10(0.97) == pytest.approx(
        float(star["mag"]), abs=0.06 + 3 * float(star["err"]))


# --- searches -------------------------------------------------------------------

@pytest.mark.parametrize("kind,path", [
    ("sia1", SIAP + "?"),
    ("sia2", "/vo/siap2/demo-dr1/query?DPTYPE=image&")])
def test_stilts_cone(vo, stilts, out, kind, path):
    table = out / "demo-cone.csv"
    rc, text = stilts("cone", "serviceurl=%s%s" % (vo.url, path),
                      "servicetype=" + kind, "lon=150", "lat=32",
                      "radius=0.001", "out=%s" % table)
    assert rc == 0, text
    rows = list(csv.DictReader(table.open()))
    # SIAP 1.0 has a row for each format
    assert {r["obs_id"] for r in rows} == {"demo-05"}
    assert len({r["obs_publisher_did"] for r in rows}) == 12


def test_images_and_tables_have_the_same_numbers(vo):
    rows = ask(vo, "SELECT o.obs_id, t.name, f.name AS filter, o.filter_name"
               " FROM ivoa.obscore AS o JOIN demo.TileImage AS t ON o.tile_id"
               " = t.tile_id JOIN demo.Filter AS f ON f.filter_id ="
               " t.filter_id WHERE o.dataproduct_subtype = 'coadd' AND"
               " abs(o.s_ra - t.ra) < 1e-6 AND abs(o.depth - t.depth3arc5s) <"
               " 1e-4 AND abs(o.zero_point - t.zeropoint) < 1e-4")
    assert len(rows) == TILES * 12
    for row in rows:
        assert row["filter"] == row["filter_name"]
        assert row["name"] == "%s-%s_swp" % (row["obs_id"], row["filter"])


# --- from a search to pixels ------------------------------------------------------

def test_pyvo_sia1_to_file(vo, star):
    service = pyvo.dal.SIAService(vo.url + SIAP + "?")
    found = service.search(pos=(float(star["ra"]), float(star["de"])), size=0.05,
                           format="image/fits")
    row, = [r for r in found if r.bandpass_id == "rSDSS"
            and r["obs_id"] == "demo-05"]
    # (getdataset asks the net for a vocabulary)
    check_star(get(row.getdataurl()).content, star)
    check_star(get(row["cutout"]).content, star)


def test_pyvo_sia2_datalink_soda(vo, star):
    service = SIA2Service(vo.url + "/vo/siap2/demo-dr1")
    ra, dec = float(star["ra"]) * u.deg, float(star["de"]) * u.deg
    found = service.search(pos=(ra, dec, 0.001 * u.deg), calib_level=3,
                           band=(6.2e-7, 6.3e-7))
    row, = [r for r in found if r["filter_name"] == "rSDSS"
            and r["obs_id"] == "demo-05"]
    links = row.getdatalink()
    by = {}
    for link in links:
        by.setdefault(link.semantics, []).append(link)
    assert set(by) >= {"#this", "#weight", "#preview", "#auxiliary",
                       "#cutout"}
    check_star(get(by["#this"][0].access_url).content, star)
    for link in by["#weight"] + by["#auxiliary"] + by["#preview"]:
        r = get(link.access_url)
        assert r.status_code == 200
        assert len(r.content) == link.content_length
        assert r.headers["Content-Type"] == link.content_type
    circle = (ra, dec, 0.03 * u.deg)
    soda = SodaQuery.from_resource(
        by["#cutout"][0], links.get_adhocservice_by_ivoid(SODA), circle=circle)
    assert soda["ID"] == row.obs_publisher_did
    check_star(soda.execute_stream().read(), star)
    check_star(row.processed(circle=circle).read(), star)


def test_progenitors(vo):
    """From a coadd to the exposures it was made from."""
    row, = ask(vo, "SELECT obs_publisher_did AS did FROM ivoa.obscore WHERE"
               " obs_id = 'demo-01' AND filter_name = 'rSDSS'")
    links = DatalinkResults.from_result_url(
        vo.url + "/vo/datalink/demo-dr1/links?ID=" + quote(row["did"]))
    found = [k for k in links if k.semantics == "#progenitor"]
    assert len(found) == 3
    coadd = fits.open(io.BytesIO([get(k.access_url).content for k in links
                                  if k.semantics == "#this"][0]))[1]
    names = {coadd.header["HIERARCH OAJ PRO SWCMB%d" % i] for i in (1, 2, 3)}
    for link in found:
        inner = DatalinkResults.from_result_url(link.access_url)
        this, = [k for k in inner if k.semantics == "#this"]
        with fits.open(io.BytesIO(get(this.access_url).content)) as hdus:
            assert hdus[1].header["FILENAME"].replace(".fits.fz", "") in names
            assert hdus[1].header["FILTER"] == "rSDSS"


def test_archive_script(vo, star):
    """As users of the archive do: a CSV of numbers, then one URL each."""
    images = ask(vo, "SELECT tile_id, ref_tile_id, filter_id, name FROM"
                 " demo.TileImage WHERE ref_tile_id = 85049")
    assert len(images) == 12
    for row in images:
        for tile in (row["tile_id"], row["ref_tile_id"]):
            r = vo.get(SIAP + "/get_fits_cutout", id=tile, ra=star["ra"],
                       dec=star["de"], filter=row["filter_id"], width=0.05,
                       height=0.05)
            assert r.status_code == 200, r.text
            header = fits.getheader(io.BytesIO(r.content))
            assert row["name"].endswith(header["FILTER"] + "_swp")
            assert header["TILE_ID"] == int(row["tile_id"])
            if header["FILTER"] == "rSDSS":
                check_star(r.content, star)
        # its own number tells the filter
        for what in ("get_psf_file", "get_fits", "get_weight"):
            r = vo.get(SIAP + "/" + what, id=row["tile_id"])
            assert r.status_code == 200, r.text
            h = fits.open(io.BytesIO(r.content))[-1].header
            assert h["FILTER"] == header["FILTER"]


# --- fitsverify -----------------------------------------------------------------

@pytest.fixture(scope="module")
def did(vo):
    return ask(vo, "SELECT obs_publisher_did AS did FROM ivoa.obscore WHERE"
               " obs_id = 'demo-05' AND filter_name = 'rSDSS'")[0]["did"]


@pytest.mark.parametrize("params", [
    {"CIRCLE": "150 32 0.05"}, {"POS": "RANGE 149.9 150.1 31.9 32.1"},
    {"POLYGON": "149.9 31.9 150.1 31.9 150 32.1"}, {},
    {"CIRCLE": "150 32 0.05", "FILTERS": "all"},
    {"CIRCLE": "150.71 32.69 0.1"}])
def test_fitsverify_cutouts(vo, out, did, params):
    if not shutil.which("fitsverify"):
        pytest.fail("fitsverify is not installed: make deps-test")
    r = vo.get("/vo/soda/demo-dr1/sync", ID=did, **params)
    assert r.status_code == 200
    path = out / "cutout.fits"
    path.write_bytes(r.content)
    done = subprocess.run(["fitsverify", "-q", path], text=True,
                          capture_output=True, check=False)
    assert "verification OK" in done.stdout, done.stdout
    with fits.open(path, checksum=True) as hdus:
        assert len(hdus) == (13 if "FILTERS" in params else len(hdus))
        if "FILTERS" in params:
            assert [h.header["FILTER"] for h in hdus[1:]] == FILTERS


# --- datalinklint ---------------------------------------------------------------

def test_datalinklint(vo, stilts, out):
    rows = ask(vo, "SELECT TOP 120 obs_publisher_did AS did FROM ivoa.obscore")
    doc = out / "demo-links.vot"
    doc.write_bytes(vo.post("/vo/datalink/demo-dr1/links",
                            data={"ID": [r["did"] for r in rows]}).content)
    _, text = stilts("datalinklint", "votable=%s" % doc, "report=EWF",
                     "maxrepeat=9999")
    # a term that this STILTS's copy of the vocabulary is too old for
    bad = [ln for ln in text.splitlines() if re.match(r"[EWF]-", ln)
           and "Unknown predicate 'documentation'" not in ln]
    assert not bad, text
