"""test_tap_81_arrays.py: arrays as rows, MOCs and histograms, in documents."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io

import healpy
import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse_single_table

from pyvohttpd import seed

SYNC = "/vo/tap/test-dr1/sync"
COLS = seed.stars()
SPECTRUM = ("SELECT s.object_id, u.filter, u.filter_id, u.place, u.m, u.flag,"
            " u.wavelength FROM test.Stars AS s, UNNEST(s.MAG_AUTO, s.FLAGS) "
            "AS u (m, flag) WHERE s.object_id < 9007199254741002 AND u.m < 90")


def ask(vo, query, fmt="csv"):
    r = vo.get(SYNC, LANG="ADQL", QUERY=query, RESPONSEFORMAT=fmt)
    assert r.status_code == 200, r.text
    return r.content


def table(vo, query, fmt):
    data = io.BytesIO(ask(vo, query, fmt))
    if fmt == "fits":
        return fits.open(data)[1].data
    return parse_single_table(data).array


def spectrum():
    rows = []
    for i in range(9):
        for k, m in enumerate(COLS["mag_auto"][i]):
            if np.float32(m) < 90:
                rows.append((COLS["object_id"][i], "F%d" % (k + 1), 12 - k,
                             k + 1, np.float32(m), COLS["flags"][i][k]))
    return rows


@pytest.mark.parametrize("fmt", ["votable", "votable/b2", "fits"])
def test_photo_spectrum(vo, fmt):
    got = table(vo, SPECTRUM + " ORDER BY 1, 4", fmt)
    want = spectrum()
    assert len(got) == len(want) > 50
    for g, w in zip(got, want):
        assert tuple(g)[:6] == w
        assert g["wavelength"] == 10000 - 500 * w[3]  # as the seed has it
    if fmt != "fits":
        assert got.dtype["m"] == np.float32 and got.dtype["flag"] == np.int16


def test_one_object_in_order_of_filters(vo):
    """What a client plots: a point for each filter, none left out."""
    rows = list(csv.reader(io.StringIO(ask(
        vo, "SELECT u.filter, u.MAG_AUTO FROM test.Stars AS s LEFT JOIN "
        "UNNEST(s.MAG_AUTO) AS u WHERE s.object_id = 9007199254741000 ORDER "
        "BY u.place").decode())))
    assert rows[0] == ["filter", "MAG_AUTO"]
    assert [r[0] for r in rows[1:]] == ["F%d" % k for k in range(1, 13)]
    assert [float(r[1]) for r in rows[1:]] == COLS["mag_auto"][7]


@pytest.mark.parametrize("fmt", ["votable", "votable/b2", "fits"])
def test_moc(vo, fmt):
    """The MOC of a table is text of xtype moc: that of healpy's cells."""
    query = "SELECT moc_agg(4, POINT(RA, Dec)) AS m FROM test.Stars"
    got = table(vo, query, fmt)["m"][0]
    parts = {}
    for word in got.split():
        order, slash, cells = word.rpartition("/")
        last = int(order) if slash else last
        if cells:
            lo, _, hi = cells.partition("-")
            parts.setdefault(last, []).append((int(lo), int(hi or lo)))
    cells = {c * 4 ** (4 - order) + k for order, spans in parts.items()
             for lo, hi in spans for c in range(lo, hi + 1)
             for k in range(4 ** (4 - order))}
    want = healpy.ang2pix(16, COLS["ra"], COLS["dec"], nest=True, lonlat=True)
    assert cells == set(want.tolist())
    if fmt == "votable":
        assert b'datatype="char" arraysize="*" xtype="moc"' in ask(
            vo, query, fmt)


@pytest.mark.parametrize("fmt", ["votable", "votable/b2", "fits"])
def test_histogram(vo, fmt):
    got = table(vo, "SELECT ivo_histogram(mag, 12, 20, 8) AS h FROM "
                "test.Stars", fmt)["h"][0]
    mags = np.array([np.nan if m is None else np.float32(m)
                     for m in COLS["mag"]])
    counts = np.histogram(mags[mags < 20], bins=np.arange(12, 21))[0]
    want = [int(np.isnan(mags).sum() + (mags < 12).sum()), *counts,
            int((mags >= 20).sum())]
    assert list(got) == want and sum(want) == len(mags)


def test_full_join_without_equality(vo):
    """Both sides whole, and pairs that are near (the crowd at (180, 0))."""
    rows = list(csv.reader(io.StringIO(ask(
        vo, "SELECT a.object_id, b.object_id FROM (SELECT * FROM test.Stars "
        "WHERE object_id < 9007199254741100) AS a FULL JOIN (SELECT * FROM "
        "test.Stars WHERE object_id BETWEEN 9007199254741050 AND "
        "9007199254741200) AS b ON DISTANCE(a.RA, a.Dec, b.RA, b.Dec) < 0.02 "
        "AND a.object_id < b.object_id").decode())))[1:]
    ids = COLS["object_id"]
    a, b = ids < 9007199254741100, (ids >= 9007199254741050) & (
        ids <= 9007199254741200)
    vec = healpy.ang2vec(COLS["ra"], COLS["dec"], lonlat=True)
    chord = 2 * np.sin(np.radians(0.02) / 2)
    pairs = {(int(ids[i]), int(ids[j])) for i in np.flatnonzero(a)
             for j in np.flatnonzero(b) if ids[i] < ids[j]
             and np.linalg.norm(vec[i] - vec[j]) < chord}
    assert pairs
    want = {(str(i), str(j)) for i, j in pairs}
    want |= {(str(i), "") for i in ids[a] if i not in {p[0] for p in pairs}}
    want |= {("", str(j)) for j in ids[b] if j not in {p[1] for p in pairs}}
    assert {tuple(r) for r in rows} == want and len(rows) == len(want)


@pytest.mark.parametrize("fmt", ["votable", "votable/b2", "fits"])
def test_unit_of_an_array(vo, fmt):
    got = table(vo, "SELECT object_id, IN_UNIT(MAG_AUTO, 'mmag') AS m, "
                "arr_max(IN_UNIT(MAG_AUTO, 'mmag')) AS largest FROM test.Stars "
                "WHERE object_id < 9007199254741002 ORDER BY object_id", fmt)
    assert len(got) == 9
    for g, mags in zip(got, COLS["mag_auto"]):
        want = np.array(mags, np.float32).astype(float) * 1000
        np.testing.assert_allclose(np.asarray(g["m"], float), want, 1e-6)
        np.testing.assert_allclose(g["largest"], want.max(), 1e-6)


def test_unit_of_an_array_in_metadata(vo):
    field = parse_single_table(io.BytesIO(ask(
        vo, "SELECT TOP 1 IN_UNIT(MAG_AUTO, 'mmag') AS m FROM test.Stars",
        "votable"))).fields[0]
    assert str(field.unit) == "mmag" and field.datatype == "float"
    assert field.arraysize == "12"
