"""truth.py: the extension against healpy and astropy.

Asks a database with pgsky in it (libpq's environment says which) and compares
with what those two packages compute. Prints one line per check.
"""
import sys

import astropy.units as u
import healpy
import numpy as np
import psycopg2
from astropy.coordinates import SkyCoord, angular_separation

rng = np.random.default_rng(20261120)
cur = psycopg2.connect("").cursor()
results = []


def check(name, ok, detail=""):
    results.append(bool(ok))
    print(f"{'ok' if ok else 'NOT OK':7}{name} {detail}")


def directions(n):
    ra = rng.uniform(0, 360, n)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    dec[:50] = 90 - 10.0 ** rng.uniform(-8, 0, 50)
    dec[50:100] = -dec[:50]
    return ra, dec


def column(sql, *args):
    cur.execute(sql, args)
    return np.array([row[0] for row in cur.fetchall()])


def unnest(function, *arrays):
    names = "abcdef"[:len(arrays)]
    return column(
        f"SELECT {function}({', '.join(names)}) FROM unnest("
        + ", ".join(["%s::float8[]"] * len(arrays))
        + f") WITH ORDINALITY t({', '.join(names)}, n) ORDER BY n",
        *[a.tolist() for a in arrays])


ra, dec = directions(20000)
ours = unnest("sky_hpx", ra, dec)
theirs = healpy.ang2pix(2**29, ra, dec, nest=True, lonlat=True)
check("sky_hpx is healpy's number", (ours == theirs).all(),
      f"{(ours != theirs).sum()} of {len(ra)} differ")

cells = rng.integers(0, 12 * 4**20, 5000)
ra9, dec9 = healpy.pix2ang(2**20, cells, nest=True, lonlat=True)
cur.execute("SELECT sky_ra(c), sky_dec(c) FROM (SELECT sky_hpx_center(20, i)"
            " AS c, n FROM unnest(%s::int8[]) WITH ORDINALITY t(i, n)) x"
            " ORDER BY n", (cells.tolist(),))
got = np.array(cur.fetchall())
sep = np.degrees(angular_separation(*np.radians(
    [ra9, dec9, got[:, 0], got[:, 1]])))
check("sky_hpx_center is healpy's direction", sep.max() < 1e-12,
      f"off by {sep.max():.1e} deg at most")

ra2, dec2 = directions(20000)
tiny = slice(0, 10000)
ra2[tiny] = ra[tiny] + rng.normal(0, 1e-6, 10000)
dec2[tiny] = np.clip(dec[tiny] + rng.normal(0, 1e-6, 10000), -90, 90)
a, b = SkyCoord(ra, dec, unit="deg"), SkyCoord(ra2, dec2, unit="deg")
diff = np.abs(unnest("sky_distance", ra, dec, ra2, dec2)
              - a.separation(b).deg)
check("sky_distance is astropy's separation", diff.max() < 1e-13,
      f"off by {diff.max():.1e} deg at most")
pa = unnest("sky_bearing", ra[100:], dec[100:], ra2[100:], dec2[100:])
diff = np.abs((pa - a[100:].position_angle(b[100:]).deg + 180) % 360 - 180)
# of two places rounded to 1e-14 degrees and 1e-6 apart
check("sky_bearing is astropy's position angle", np.median(diff) < 1e-9
      and diff.max() < 1e-2, f"median off by {np.median(diff):.1e} deg")

# every cell that healpy finds touching a disc is covered
worst = 0
for radius in (0.01, 0.5, 5, 40, 120):
    for k in range(20):
        order = int(np.clip(np.log2(60 / min(radius, 60)) + 4, 3, 17))
        want = healpy.query_disc(
            2**order, healpy.ang2vec(ra[k * 7], dec[k * 7], lonlat=True),
            np.radians(radius), inclusive=False, nest=True)
        cur.execute(
            "SELECT count(*) FROM unnest(%s::int8[]) p, sky_hpx_center(%s, p)"
            " c WHERE NOT sky_coverage(sky_circle(%s, %s, %s), 32)"
            " @> sky_hpx(sky_ra(c), sky_dec(c))",
            (want.tolist(), order, ra[k * 7], dec[k * 7], radius))
        worst += cur.fetchone()[0]
check("cell centres in a disc by healpy are covered", worst == 0,
      f"{worst} missed")

# a convex polygon: healpy's query_polygon at order 10
worst = 0
for k in range(40):
    centre = SkyCoord(ra[k + 300], dec[k + 300], unit="deg")
    corner = centre.directional_offset_by(
        np.array([0, 80, 200, 290]) * u.deg, 4 * u.deg)
    vec = healpy.ang2vec(corner.ra.deg, corner.dec.deg, lonlat=True)
    inside = healpy.query_polygon(2**10, vec, nest=True)
    around = healpy.query_disc(
        2**10, healpy.ang2vec(centre.ra.deg, centre.dec.deg, lonlat=True),
        np.radians(5), nest=True)
    lon, lat = healpy.pix2ang(2**10, around, nest=True, lonlat=True)
    numbers = np.column_stack([corner.ra.deg, corner.dec.deg]).ravel()
    got = column(
        "SELECT sky_in(a, b, p) FROM unnest(%s::float8[], %s::float8[])"
        " WITH ORDINALITY t(a, b, n), (SELECT sky_polygon(VARIADIC"
        " %s::float8[]) p) p ORDER BY n", lon.tolist(), lat.tolist(),
        numbers.tolist())
    worst += (got != np.isin(around, inside)).sum()
check("a polygon has the cells that healpy says", worst == 0,
      f"{worst} differ")

print(f"truth: {sum(results)} passed, {len(results) - sum(results)} failed")
sys.exit(not all(results))
