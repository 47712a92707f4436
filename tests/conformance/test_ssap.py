"""test_ssap.py: what STILTS, pyvo and fitsverify make of our spectra."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import re
import warnings

import astropy.units as u
import numpy as np
import pytest
import pyvo
import requests
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.io.votable import parse

from pyvohttpd.xmltree import VOTable

SSAP = "/vo/ssap/demo-dr1"
CENTRE = SkyCoord(150, 32, unit="deg")


@pytest.fixture(scope="module")
def found(vo):
    return pyvo.dal.SSAService(vo.url + SSAP).search(
        pos=CENTRE, diameter=0.2 * u.deg)


@pytest.fixture(scope="module")
def catalogue(vo):
    """The rows of both tables by (tile, number), by TAP."""
    tap = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    rows = tap.search(
        "SELECT m.tile_id, m.number, m.alpha_j2000, m.delta_j2000,"
        " m.mag_aper_3_0, m.mag_err_aper_3_0, m.flags, f.flux_auto,"
        " f.flux_relerr_auto FROM demo.MagABDualObj AS m JOIN demo.FNuDualObj"
        " AS f USING (tile_id, number) WHERE 1 = CONTAINS(POINT("
        "m.alpha_j2000, m.delta_j2000), CIRCLE(150, 32, 0.1))")
    table = rows.to_table()
    for name in table.colnames:
        table.rename_column(name, name.lower())
    return {"%d-%d" % (r["tile_id"], r["number"]): r for r in table}


def test_search(found, catalogue):
    """Every object of the cone, by two kinds of measurement, in two formats."""
    assert catalogue and len(found) == 4 * len(catalogue)
    for record in found:
        name = record.getbyutype("ssa:Target.Name")
        row = catalogue[name]
        assert (record.ra, record.dec) == (row["alpha_j2000"],
                                           row["delta_j2000"])
        assert record.format in ("application/x-votable+xml",
                                 "application/fits")
        assert name in record.title and record.dateobs.jd > 2450000


def points(record):
    """Wavelengths, fluxes, errors and limits in a VOTable."""
    r = requests.get(record.getdataurl(), timeout=60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t = parse(io.BytesIO(r.content)).get_first_table().to_table()
    flux, err = (np.array(np.ma.filled(t[name], np.nan))
                 for name in ("flux", "flux_error"))
    return np.array(t["wavelength"]), flux, err, np.array(t["upper_limit"]), t


def test_spectra_are_the_rows_of_the_catalogue(found, catalogue):
    seen = {"auto": 0, "aper3": 0}
    nlimits = 0
    for record in found:
        if record.format != "application/x-votable+xml":
            continue
        row = catalogue[record.getbyutype("ssa:Target.Name")]
        kind = record.getbyutype("ssa:Curation.PublisherDID").split("/")[-3]
        wave, flux, err, limit, t = points(record)
        assert len(wave) == 12 and (np.diff(wave) > 0).all()
        seen[kind] += 1
        if kind == "auto":
            want = np.float64(row["flux_auto"])
            np.testing.assert_array_equal(flux, want)
            np.testing.assert_allclose(
                err, np.abs(want) * np.float64(row["flux_relerr_auto"]),
                rtol=1e-14)
            assert not limit.any()
        else:
            mag = np.float64(row["mag_aper_3_0"])
            there = mag < 90
            nlimits += (~there).sum()
            assert (limit == ~there).all()
            np.testing.assert_allclose(
                flux[there], 3630.7805477010024e6 * 10 ** (-0.4 * mag[there]),
                rtol=1e-12)
            np.testing.assert_allclose(
                err[there], flux[there] * np.log(10) / 2.5
                * np.float64(row["mag_err_aper_3_0"])[there], rtol=1e-12)
            assert (flux[~there] > 0).all() and np.isnan(err[~there]).all()
            assert (np.array(t["quality"]) == row["flags"]).all()
    assert seen == {"auto": len(catalogue), "aper3": len(catalogue)}
    assert nlimits > 5


def test_f_lambda(found):
    """By the units of astropy."""
    record = found[0]
    wave, flux, _, _, t = points(record)
    want = (flux * u.uJy).to(u.erg / u.s / u.cm ** 2 / u.AA,
                             u.spectral_density(wave * u.AA))
    np.testing.assert_allclose(np.array(t["flux_lambda"]), want.value,
                               rtol=1e-9)


def test_fits(found, run, out):
    n = 0
    for record in found:
        if record.format == "application/fits" and n < 8:
            n += 1
            path = out / "spectrum.fits"
            path.write_bytes(requests.get(record.getdataurl(),
                                          timeout=60).content)
            rc, text = run("fitsverify", path)
            assert rc == 0 and "0 warning" in text and "0 error" in text, text
            with fits.open(path) as hdus:
                assert hdus[1].header["OBJECT"] == record.getbyutype(
                    "ssa:Target.Name")
    assert n == 8


def votlint(stilts, path):
    rc, text = stilts("votlint", "votable=%s" % path)
    assert rc == 0, text
    assert not re.search(r"^(ERROR|WARNING)", text, re.M), text


@pytest.mark.parametrize("params", [
    {"POS": "150,32", "SIZE": 0.1}, {"POS": "150,32", "SIZE": 0.1, "TOP": 2},
    {"POS": "10,-80"}, {"POS": "x"}, {"FORMAT": "METADATA"},
    {"MAXREC": 3}, {"MAXREC": 0}, {"POS": "150,32", "RESPONSEFORMAT":
                                   "votable/b2"}])
def test_votlint(vo, stilts, out, params):
    doc = out / "ssap.vot"
    doc.write_bytes(vo.get(SSAP, REQUEST="queryData", **params).content)
    votlint(stilts, doc)


def test_votlint_of_spectra(vo, stilts, out, found):
    for i in (0, len(found) - 2):
        doc = out / "spectrum.vot"
        doc.write_bytes(vo.get(found[i].getdataurl()).content)
        votlint(stilts, doc)


def test_stilts_cone(vo, stilts, found):
    """STILTS's own client of the protocol; it takes a radius."""
    rc, text = stilts(
        "cone", "servicetype=ssa", "serviceurl=%s%s?" % (vo.url, SSAP),
        "lon=150", "lat=32", "radius=0.1", "ofmt=csv",
        "ocmd=keepcols 'ra dec access_url'")
    assert rc == 0, text
    lines = [ln for ln in text.splitlines() if ln.startswith("1")]
    assert len(lines) == len(found)
    assert lines[0].split(",")[2].startswith("http")


def test_datalink(vo, stilts, found):
    """The links of found spectra, as validators and people follow them."""
    dids = list(dict.fromkeys(r.getbyutype("ssa:Curation.PublisherDID")
                              for r in found))[:20]
    url = vo.url + "/vo/datalink/demo-dr1/links?" + "&".join(
        "ID=" + d for d in dids)
    _, text = stilts("datalinklint", "votable=" + url, "report=EWF",
                     "maxrepeat=999")
    assert re.search(r"Warnings: 0; Failures: 0", text), text
    bad = [ln for ln in text.splitlines() if re.match("[EWF]-", ln)
           and "'documentation'" not in ln]  # see test_datalink.py
    assert not bad, text
    t = VOTable(vo.get(url).content)
    assert set(t.column("ID")) == set(dids)
    assert t.column("semantics").count("#this") == 2 * len(dids)


def test_thousands_stream(vo):
    r = vo.get(SSAP, FORMAT="votable", MAXREC=30000)
    t = VOTable(r.content)
    assert len(t.rows) == 30000 and t.status()[-1] == "OVERFLOW"
