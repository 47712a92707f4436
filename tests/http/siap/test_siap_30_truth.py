"""test_siap_30_truth.py: searches of 5000 random footprints against brute force.

The truth is sphere.py's, on its own polygons; what changes when the region is
made a little larger or smaller lies too near to a boundary to be asked."""
# SPDX-License-Identifier: GPL-3.0-or-later
import collections
import csv
import io
import sys

import numpy as np
import pytest

from pyvohttpd import sphere
from pyvohttpd.seed_footprints import LAT, LON, N, POLYS

TINY = 1e-6     # relative change of a region
MARGIN = 2e-4   # degrees, where sampled points decide
MOST_LEFT_OUT = 0.02
SEEDS = range(15)


def by_corners(fn):
    """FN over the polygons, those with the same number of corners at once."""
    out = np.zeros(N, bool)
    counts = np.array([len(p) for p in POLYS])
    for n in np.unique(counts):
        which = np.flatnonzero(counts == n)
        out[which] = fn(np.array([POLYS[i] for i in which]))
    return out


def tiles(r):
    assert r.status_code == 200, r.text
    got = np.zeros(N, bool)
    ids = [int(row["tile_id"]) for row in csv.DictReader(io.StringIO(r.text))]
    assert len(ids) == len(set(ids))
    got[ids] = True
    return got


def sia2(vo, value):
    return tiles(vo.get("/vo/siap2/brute-dr1/query", POS=value,
                        RESPONSEFORMAT="csv"))


def sia1(vo, lon, lat, width, height, intersect):
    return tiles(vo.get("/vo/siap/brute-dr1", INTERSECT=intersect, VERB="3",
                        POS="%.17g,%.17g" % (lon, lat), RESPONSEFORMAT="csv",
                        SIZE="%.17g,%.17g" % (width, height)))


def adql(vo, condition):
    return tiles(vo.post("/vo/tap/brute-dr1/sync", {
        "LANG": "ADQL", "FORMAT": "csv",
        "QUERY": "SELECT tile_id FROM ivoa.obscore WHERE " + condition}))


def compare(got, smaller, larger, seen):
    """GOT is the truth wherever a smaller and a larger region agree."""
    sure = smaller == larger
    wrong = np.flatnonzero(sure & (got != smaller))
    assert not len(wrong), "wrong: %r" % wrong[:10]
    count = seen[sys._getframe(1).f_code.co_name]
    count += (N, (~sure).sum(), (got & sure).sum())


@pytest.fixture(scope="module")
def seen():
    """By test: pairs asked, left out, and surely found."""
    return collections.defaultdict(lambda: np.zeros(3, int))


def place(rng):
    """Somewhere, often near a pole, RA 0 or a footprint."""
    kind = rng.integers(4)
    i = rng.integers(N)
    if kind == 0:
        return rng.uniform(0, 360), rng.choice([-1, 1]) * (
            90 - rng.uniform(0, 3))
    if kind == 1:
        return rng.uniform(-1, 1) % 360, rng.uniform(-60, 60)
    return ((LON[i] + rng.normal(0, 1)) % 360,
            float(np.clip(LAT[i] + rng.normal(0, 1), -90, 90)))


# --- SIAP 2.0 and ADQL ----------------------------------------------------------

@pytest.mark.parametrize("seed", SEEDS)
def test_circle(brute, seen, seed):
    rng = np.random.default_rng(seed)
    lon, lat = place(rng)
    radius = 10 ** rng.uniform(-3, 1.9)
    text = "%.17g %.17g %.17g" % (lon, lat, radius)
    sure = [by_corners(lambda p: sphere.meets_circle(p, lon, lat, r))
            for r in (radius * (1 - TINY), radius * (1 + TINY))]
    compare(sia2(brute, "CIRCLE " + text), *sure, seen)
    if seed % 4 == 0:
        compare(adql(brute, "1 = INTERSECTS(s_region, CIRCLE(%s))"
                     % text.replace(" ", ", ")), *sure, seen)


@pytest.mark.parametrize("seed", SEEDS)
def test_polygon(brute, seen, seed):
    rng = np.random.default_rng(1000 + seed)
    lon, lat = place(rng)
    size = 10 ** rng.uniform(-2, 1.5)
    n = int(rng.integers(3, 9))
    while True:
        angles = np.sort(rng.uniform(0, 360, n))[::-1]
        gaps = -np.diff(np.append(angles, angles[0] - 360))
        if gaps.min() > 5 and gaps.max() < 170:
            break
    one = np.ones(n)

    def poly(scale):
        return sphere.around(lon * one, lat * one, angles, size * scale * one)

    corners = np.stack(sphere.lonlat(poly(1)), axis=-1)
    if seed % 2:
        corners = corners[::-1]  # any winding
    text = " ".join("%.17g" % v for v in corners.ravel())
    sure = [by_corners(lambda p: sphere.meets_polygon(p, poly(s)))
            for s in (1 - TINY, 1 + TINY)]
    compare(sia2(brute, "POLYGON " + text), *sure, seen)
    if seed % 4 == 0:
        compare(adql(brute, "1 = INTERSECTS(POLYGON(%s), s_region)"
                     % text.replace(" ", ", ")), *sure, seen)


@pytest.mark.parametrize("seed", SEEDS)
def test_range(brute, seen, seed):
    rng = np.random.default_rng(2000 + seed)
    lon, lat = place(rng)
    half = min(10 ** rng.uniform(-2, 2.3), 180)
    tall = 10 ** rng.uniform(-2, 1.5)
    lat1, lat2 = max(lat - tall, -90), min(lat + tall, 90)
    if half < 180:
        text = "%.17g %.17g" % ((lon - half) % 360, (lon + half) % 360)
    else:
        text = "0 360" if seed % 2 else "-Inf +Inf"
    text += " %.17g %s" % (lat1, "+Inf" if lat2 == 90 else "%.17g" % lat2)

    def truth(grow):
        box = (lon, half + grow if half < 180 else 180,
               max(lat1 - grow, -90), min(lat2 + grow, 90))
        return by_corners(lambda p: sphere.meets_range(p, box))

    compare(sia2(brute, "RANGE " + text), truth(-TINY), truth(TINY), seen)


@pytest.mark.parametrize("seed", range(10))
def test_point_in_adql(brute, seen, seed):
    lon, lat = place(np.random.default_rng(3000 + seed))
    p = sphere.vec(lon, lat)
    deep = by_corners(lambda q: sphere.depths(q, p) >= TINY)
    near = by_corners(lambda q: sphere.depths(q, p) >= -TINY)
    compare(adql(brute, "1 = CONTAINS(POINT(%.17g, %.17g), s_region)"
                 % (lon, lat)), deep, near, seen)


# --- SIAP 1.0 -------------------------------------------------------------------

def parts(lon, lat, width, height):
    """The region of POS and SIZE as ranges that may overlap: the angle along
    right ascension is on the sky, and what is beyond a pole folds over."""
    half = min(width / 2 / np.cos(np.radians(lat)), 180) if abs(
        lat) < 90 else 180
    top, bottom = lat + height / 2, lat - height / 2
    found = [(lon, half, max(bottom, -90), min(top, 90))]
    if top > 90:
        found.append((lon + 180, half, max(180 - top, -90), 90))
    if bottom < -90:
        found.append((lon + 180, half, -90, min(-180 - bottom, 90)))
    return found


def boundary(poly, n=64):
    """Points on the edges of a polygon (corners included)."""
    t = np.linspace(0, 1, n, endpoint=False)[:, None]
    a, b = sphere.edges(poly)
    return sphere.unit(np.concatenate([
        p * (1 - t) + q * t for p, q in zip(a, b)]))


def sampled(ranges, n=200):
    """Points on the boundaries and inside of ranges."""
    out = []
    for mid, half, lat1, lat2 in ranges:
        lons = np.linspace(mid - half, mid + half, n)
        lats = np.linspace(lat1, lat2, n)
        for lat in (lat1, lat2, (lat1 + lat2) / 2):
            out.append(sphere.vec(lons, np.full(n, lat)))
        for lon in (mid - half, mid + half, mid):
            out.append(sphere.vec(np.full(n, lon), lats))
    return np.concatenate(out)


def enclosed(lon, lat, width, height):
    """Which footprints are inside: (surely, perhaps)."""
    ranges = parts(lon, lat, width, height)
    surely, perhaps = np.zeros(N, bool), np.zeros(N, bool)
    poles = sphere.vec(np.array([0, 0]), np.array([90, -90]))
    for i in range(N):
        points = boundary(POLYS[i])
        held = poles[sphere.depth(POLYS[i], poles) > 0]
        centre = sphere.vec(LON[i:i + 1], LAT[i:i + 1])
        points = np.concatenate([points, held, centre])
        least = np.max([sphere.range_depth(r, points) for r in ranges],
                       axis=0).min()
        surely[i], perhaps[i] = least > MARGIN, least > -MARGIN
    return surely, perhaps


def covers(lon, lat, width, height):
    """Which footprints cover the region."""
    points = sampled(parts(lon, lat, width, height))
    least = np.array([sphere.depth(p, points).min() for p in POLYS])
    return least > MARGIN, least > -MARGIN


def some_region(seed, low, high):
    rng = np.random.default_rng(seed)
    lon, lat = place(rng)
    return (lon, lat, 10 ** rng.uniform(low, high),
            10 ** rng.uniform(low, high))


@pytest.mark.parametrize("seed", SEEDS)
def test_overlaps(brute, seen, seed):
    lon, lat, width, height = some_region(4000 + seed, -2, 2.2)

    def truth(scale):
        found = np.zeros(N, bool)
        for r in parts(lon, lat, width * scale, height * scale):
            found |= by_corners(lambda p: sphere.meets_range(p, r))
        return found

    compare(sia1(brute, lon, lat, width, height, "OVERLAPS"),
            truth(1 - TINY), truth(1 + TINY), seen)


@pytest.mark.parametrize("seed", range(20))
def test_enclosed(brute, seen, seed):
    region = some_region(5000 + seed, 0, 2.2)
    compare(sia1(brute, *region, "ENCLOSED"), *enclosed(*region), seen)


@pytest.mark.parametrize("seed", SEEDS)
def test_covers(brute, seen, seed):
    region = some_region(6000 + seed, -2.5, 0)
    compare(sia1(brute, *region, "COVERS"), *covers(*region), seen)


@pytest.mark.parametrize("seed", SEEDS)
def test_center(brute, seen, seed):
    lon, lat, width, height = some_region(7000 + seed, -2, 2)
    p = sphere.vec(lon, lat)
    deep = by_corners(lambda q: sphere.depths(q, p) >= TINY)
    near = by_corners(lambda q: sphere.depths(q, p) >= -TINY)
    compare(sia1(brute, lon, lat, width, height, "CENTER"), deep, near, seen)


@pytest.mark.parametrize("intersect,all_of_them", [
    ("OVERLAPS", True), ("ENCLOSED", True), ("COVERS", False)])
def test_whole_sky(brute, intersect, all_of_them):
    for lon, lat in ((0, 0), (100, 77), (300, -90), (10, 45)):
        got = sia1(brute, lon, lat, 360, 360, intersect)
        assert got.all() if all_of_them else not got.any()


def test_enough_was_compared(seen):
    """The tests above were not empty."""
    assert len(seen) == 8
    for name, (asked, left_out, found) in seen.items():
        assert asked >= 10 * N, name
        assert found > 20, (name, found)
        assert left_out < MOST_LEFT_OUT * asked, (name, left_out)
    assert sum(count[2] for count in seen.values()) > 5000
