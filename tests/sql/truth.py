"""truth.py: the extension against healpy and astropy.

Asks a database with pgsky in it (libpq's environment says which) and compares
with what those two packages compute. Prints one line per check.
"""
import sys
import warnings

import astropy.units as u
import healpy
import numpy as np
import psycopg2
from astropy.coordinates import (FK5, Angle, BarycentricMeanEcliptic,
                                 FK4NoETerms, Galactic, SkyCoord,
                                 Supergalactic, angular_separation)
from astropy.time import Time

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

# frames: plain rotations, as astropy has them
for name, frame in (("FK5", FK5()), ("FK4", FK4NoETerms()),
                    ("GALACTIC", Galactic()),
                    ("ECLIPTIC", BarycentricMeanEcliptic()),
                    ("SUPER_GALACTIC", Supergalactic())):
    off = 0
    for one, other in ((name, "ICRS"), ("ICRS", name)):
        cur.execute("SELECT sky_ra(p), sky_dec(p) FROM (SELECT sky_transform("
                    "%s, %s, sky_point(a, b)) AS p, n FROM unnest(%s::float8[]"
                    ", %s::float8[]) WITH ORDINALITY t(a, b, n)) x ORDER BY n",
                    (one, other, ra.tolist(), dec.tolist()))
        got = np.array(cur.fetchall())
        if one == "ICRS":
            want = a.transform_to(frame).spherical
        else:
            want = SkyCoord(ra, dec, unit="deg", frame=frame).icrs.spherical
        off = max(off, np.degrees(angular_separation(
            np.radians(got[:, 0]), np.radians(got[:, 1]), want.lon.rad,
            want.lat.rad)).max())
    check(f"{name} and ICRS turn as in astropy", off < 1e-11,
          f"off by {off:.1e} deg at most")

# epochs: a straight line through space, drawn by astropy's Cartesian
# coordinates; its own apply_space_motion adds the light's travel time
n = 2000
sra, sdec = ra[:n], np.clip(dec[:n], -89.9, 89.9)
plx, rv = rng.uniform(0.5, 500, n), rng.normal(0, 60, n)
pma, pmd = rng.normal(0, 800, (2, n))
years = rng.uniform(-300, 300, n)
cur.execute("SELECT sky_epoch_prop(a, b, c, d, e, f, 2000, 2000 + g) FROM "
            "unnest(" + ", ".join(["%s::float8[]"] * 7) + ") WITH ORDINALITY "
            "t(a, b, c, d, e, f, g, n) ORDER BY n",
            [x.tolist() for x in (sra, sdec, plx, pma, pmd, rv, years)])
got = np.array([row[0] for row in cur.fetchall()])
star = SkyCoord(sra * u.deg, sdec * u.deg, distance=(1000 / plx) * u.pc,
                pm_ra_cosdec=pma * u.mas / u.yr, pm_dec=pmd * u.mas / u.yr,
                radial_velocity=rv * u.km / u.s,
                obstime=Time(2000, format="jyear"))
line = star.cartesian
moved = SkyCoord(line.without_differentials()
                 + line.differentials["s"] * (years * u.yr),
                 representation_type="cartesian").spherical
off = np.degrees(angular_separation(
    np.radians(got[:, 0]), np.radians(got[:, 1]), moved.lon.rad,
    moved.lat.rad)).max()
check("sky_epoch_prop is a straight line", off < 1e-11,
      f"off by {off:.1e} deg at most")
off = np.abs(got[:, 2] * moved.distance.to_value(u.pc) / 1000 - 1).max()
check("its parallax too", off < 1e-11, f"off by {off:.1e} at most")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of dubious years and small parallaxes
    theirs = star.apply_space_motion(
        new_obstime=Time(2000 + years, format="jyear"))
off = np.degrees(angular_separation(
    np.radians(got[:, 0]), np.radians(got[:, 1]), theirs.ra.rad,
    theirs.dec.rad))
path = np.hypot(pma, pmd) / 3.6e6 * np.abs(years)
light = path * (np.hypot(rv, np.hypot(pma, pmd) / plx * 4.74) / 299792.458)
check("and astropy's motion but for the light's travel time",
      (off < 3 * light + 1e-8).all(), f"off by {off.max() * 3.6e6:.3f} mas at "
      f"most, {np.median(off) * 3.6e6:.4f} in the middle")
cur.execute("SELECT x[4], x[5], x[6] FROM (SELECT sky_epoch_prop(v[1], v[2], "
            "v[3], v[4], v[5], v[6], 2000, 2000 - g) AS x, n FROM unnest("
            "%s::float8[]) WITH ORDINALITY t(g, n), LATERAL (SELECT "
            "(%s::float8[])[(n - 1) * 6 + 1:n * 6] AS v) s) q ORDER BY n",
            (years.tolist(), got.ravel().tolist()))
back = np.array(cur.fetchall())
off = np.abs(back - np.column_stack([pma, pmd, rv])).max()
check("and back again", off < 1e-5, f"off by {off:.1e}")

# sexagesimal text, as astropy writes and reads it
for name, unit in (("hms", u.hourangle), ("dms", u.deg)):
    values = np.concatenate([ra[:500] / (15 if name == "hms" else 1),
                             -dec[:500] if name == "dms" else []])
    texts = [t for sep in (":", "fromunit")
             for t in Angle(values, unit).to_string(unit, sep=sep,
                                                    precision=6)]
    got = column(f"SELECT sky_{name}(a) FROM unnest(%s::text[]) WITH "
                 "ORDINALITY t(a, n) ORDER BY n", texts)
    off = np.abs(got.astype(float) - Angle(texts, unit).deg).max()
    check(f"sky_{name} reads as astropy's Angle", off < 1e-10,
          f"off by {off:.1e} deg at most")

# MOCs of discs: healpy's cells by centre are in, and its inclusive ones hold
# all of ours
missed = extra = 0
for radius in (0.3, 2, 11, 50):
    for k in range(10):
        order = int(np.clip(np.log2(60 / radius) + 3, 3, 12))
        vec = healpy.ang2vec(ra[k * 31], dec[k * 31], lonlat=True)
        cur.execute("SELECT array_agg(c) FROM (SELECT generate_series("
                    "lower(r) >> s, (upper(r) >> s) - 1) AS c FROM (SELECT "
                    "unnest(sky_multirange(sky_moc_of(%s, sky_circle(%s, %s, "
                    "%s)))) AS r, 2 * (29 - %s) AS s) x) y",
                    (order, ra[k * 31], dec[k * 31], radius, order))
        ours = set(cur.fetchone()[0])
        hair = healpy.nside2resol(2**order) / 100
        disc = [set(healpy.query_disc(2**order, vec, np.radians(radius) + i
                                      * hair, inclusive=i, nest=True,
                                      fact=16 if i else 4).tolist())
                for i in (0, 1)]
        missed += len(disc[0] - ours)
        extra += len(ours - disc[1])
check("the MOC of a disc lies between healpy's two", missed + extra == 0,
      f"{missed} missed, {extra} too many")

print(f"truth: {sum(results)} passed, {len(results) - sum(results)} failed")
sys.exit(not all(results))
