"""test_ssap_20_spectrum.py: the spectra themselves, as VOTable and FITS."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse as parse_votable

from pyvohttpd import seed
from pyvohttpd.xmltree import VOT, VOTable

SPECTRUM = "/vo/ssap/test-dr1/spectrum"
COLS = seed.stars()
PREFIX = "ivo://x-unregistered/test-dr1?photospec/auto/"


def truth(i):
    """Points of star I by wavelength: wavelength, width, flux (uJy), limit?,
    flags, filter."""
    out = []
    for k in range(11, -1, -1):
        mag, limit = np.float32(COLS["mag_auto"][i][k]), seed.LIMITS[k]
        is_limit = bool(mag >= 90)
        m = float(mag) if not is_limit else limit
        out.append((10000 - 500 * (k + 1), 100 + 10 * (k + 1),
                    np.nan if m is None else 10 ** ((23.9 - m) / 2.5),
                    is_limit, COLS["flags"][i][k], "F%d" % (k + 1)))
    return out


def did(i):
    return PREFIX + str(COLS["object_id"][i])


@pytest.mark.parametrize("i", [0, 1, 7, 1018, 4999])
def test_votable(vo, i):
    r = vo.get(SPECTRUM, ID=did(i))
    assert r.status_code == 200
    assert r.headers["Content-Type"] == "application/x-votable+xml"
    t = VOTable(r.content)
    table, = t.tables
    assert table.get("utype") == "spec:Spectrum"
    by = {f.get("utype"): f.get("name") for f in t.fields}
    prefix = "spec:Spectrum.Data."
    wave = t.column(by[prefix + "SpectralAxis.Value"])
    width = t.column(by[prefix + "SpectralAxis.Accuracy.BinSize"])
    flux = t.column(by[prefix + "FluxAxis.Value"])
    quality = t.column(by[prefix + "FluxAxis.Quality"])
    want = truth(i)
    assert [float(v) for v in wave] == [w[0] for w in want]
    assert [float(v) for v in width] == [w[1] for w in want]
    assert [float(v or "nan") for v in flux] == pytest.approx(
        [w[2] for w in want], rel=1e-12, nan_ok=True)
    assert [v == "true" for v in t.column("upper_limit")] == [
        w[3] for w in want]
    assert [int(v) for v in quality] == [w[4] for w in want]
    assert t.column("filter") == [w[5] for w in want]
    for w, v in zip(want, t.column("flux_lambda")):
        if v:  # f_lambda = f_nu c / lambda^2
            assert float(v) == pytest.approx(
                w[2] * 1e-29 * 2.99792458e18 / w[0] ** 2, rel=1e-12)
    for name, svo, curve in zip(t.column("filter"), t.column("svo_id"),
                                t.column("filter_curve")):
        assert svo == ("" if name == "F1" else "Test/F." + name[1:])
        assert curve.endswith("ID=" + svo) if svo else not curve


def test_metadata_of_a_votable(vo):
    root = VOTable(vo.get(SPECTRUM, ID=did(5)).content).tables[0]
    said = {p.get("utype"): p for p in root.findall(VOT + "PARAM")}
    for name in ("DataModel", "DataID.Title", "Curation.Publisher",
                 "Curation.PublisherDID", "Target.Name", "Target.Pos",
                 "Char.FluxAxis.Ucd", "Char.FluxAxis.Unit",
                 "Char.SpectralAxis.Ucd", "Char.SpectralAxis.Unit",
                 "Char.SpatialAxis.Coverage.Location.Value",
                 "Char.SpatialAxis.Coverage.Bounds.Extent",
                 "Char.TimeAxis.Coverage.Location.Value",
                 "Char.TimeAxis.Coverage.Bounds.Extent",
                 "Char.SpectralAxis.Coverage.Location.Value",
                 "Char.SpectralAxis.Coverage.Bounds.Extent",
                 "Char.SpectralAxis.Coverage.Bounds.Start",
                 "Char.SpectralAxis.Coverage.Bounds.Stop"):
        assert said["spec:Spectrum." + name].get("value"), name
    assert said["spec:Spectrum.Curation.PublisherDID"].get("value") == did(5)
    pos = said["spec:Spectrum.Target.Pos"]
    assert [float(v) for v in pos.get("value").split()] == [
        COLS["ra"][5], COLS["dec"][5]]
    assert pos.get("arraysize") == "2"


@pytest.mark.parametrize("i", [0, 1, 1018])
def test_fits(vo, i):
    r = vo.get(SPECTRUM, ID=did(i), FORMAT="fits")
    assert r.headers["Content-Type"] == "application/fits"
    assert r.headers["Content-Disposition"] == (
        'attachment; filename="auto-%d.fits"' % COLS["object_id"][i])
    with fits.open(io.BytesIO(r.content)) as hdus:
        hdus.verify("exception")
        head, data = hdus[1].header, hdus[1].data
        assert len(data) == 1 and head["VOCLASS"] == "SPECTRUM 1.00"
        assert head["OBJECT"] == str(COLS["object_id"][i])
        assert (head["RA"], head["DEC"]) == (COLS["ra"][i], COLS["dec"][i])
        assert head["DS_IDPUB"] == did(i)
        assert (head["TDMIN1"], head["TDMAX1"]) == pytest.approx((3890, 9555))
        utypes = {head["TUTYP%d" % (k + 1)]: k for k in range(9)
                  if "TUTYP%d" % (k + 1) in head}
        assert head["TUNIT%d" % (
            utypes["Spectrum.Data.FluxAxis.Value"] + 1)] == "uJy"
        want = truth(i)
        row = data[0]
        assert list(row["WAVE"]) == [w[0] for w in want]
        assert list(row["WIDTH"]) == [w[1] for w in want]
        np.testing.assert_allclose(row["FLUX"], [w[2] for w in want],
                                   rtol=1e-12)
        assert list(row["LIMIT"]) == [w[3] for w in want]
        assert list(row["QUALITY"]) == [w[4] for w in want]
        assert list(row["FILTER"]) == [w[5] for w in want]


def test_other_formats(vo):
    r = vo.get(SPECTRUM, ID=did(2), FORMAT="csv")
    rows = list(csv.DictReader(io.StringIO(r.text)))
    assert [row["filter"] for row in rows] == [w[5] for w in truth(2)]
    r = vo.get(SPECTRUM, ID=did(2), RESPONSEFORMAT="votable/b2")
    t = parse_votable(io.BytesIO(r.content)).get_first_table().to_table()
    np.testing.assert_allclose(
        np.ma.filled(t["flux"], np.nan), [w[2] for w in truth(2)], rtol=1e-12)


def test_found_ones_can_be_got(vo):
    """access_url of a search, as it stands in the document."""
    t = VOTable(vo.get("/vo/ssap/test-dr1", POS="40,30", SIZE=1).content)
    urls, types = t.column("access_url"), t.column("access_format")
    sizes = t.column("access_estsize")
    for url, media, size in zip(urls, types, sizes):
        r = vo.get(url)
        assert r.status_code == 200 and r.headers["Content-Type"] == media
        assert abs(len(r.content) / 1000 - int(size)) < 3


def test_equal_to_tap(vo):
    """The points are those of the catalogue as TAP gives it."""
    r = vo.post("/vo/tap/test-dr1/sync", {
        "QUERY": "SELECT object_id, mag_auto[7] FROM test.Stars WHERE"
                 " object_id < 9007199254741003", "FORMAT": "csv"})
    for oid, mag in list(csv.reader(io.StringIO(r.text)))[1:]:
        t = VOTable(vo.get(SPECTRUM, ID=PREFIX + oid).content)
        at = t.column("filter").index("F7")
        flux = float(t.column("flux")[at])
        if float(mag) < 90:
            # to_csv prints real to its 7 or 8 digits
            assert 23.9 - 2.5 * np.log10(flux) == pytest.approx(
                float(mag), abs=2e-6)


@pytest.mark.parametrize("params, status", [
    ({}, 400), ({"ID": ""}, 400), ({"ID": "x"}, 404),
    ({"ID": PREFIX + "1"}, 404), ({"ID": PREFIX + "x"}, 404),
    ({"ID": did(0), "FORMAT": "nonsense"}, 400),
    ({"ID": [did(0), did(1)]}, 400)])
def test_errors(vo, params, status):
    r = vo.get(SPECTRUM, **params)
    assert r.status_code == status
    assert VOTable(r.content).status() == ["ERROR"]


def test_head(vo):
    r = vo.request("HEAD", SPECTRUM, params={"ID": did(0), "FORMAT": "fits"})
    assert r.status_code == 200 and r.content == b""
    assert r.headers["Content-Type"] == "application/fits"
