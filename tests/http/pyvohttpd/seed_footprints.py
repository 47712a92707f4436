"""seed_footprints.py: a release with 5000 random footprints, brute-dr1.

POLYS are their corners as unit vectors, counter-clockwise, LON and LAT their
centres, SIZES the radius of the circle around. Image i has tile_id i.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from psycopg2.extras import execute_values

from . import sphere
from .seed import _release

N = 5000
RELEASE = "brute-dr1"


def _make_footprints():
    """Half are rectangles, half have 3 to 7 corners on a circle; everywhere on
    the sky, and many near the poles and RA 0."""
    rng = np.random.default_rng(20261126)
    lon = rng.uniform(0, 360, N)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, N)))
    lat[:300] = 90 - rng.uniform(0, 2, 300) ** 2
    lat[300:600] = -90 + rng.uniform(0, 2, 300) ** 2
    lon[600:1200] = rng.uniform(-2, 2, 600) % 360
    lat[600:1200] = rng.uniform(-60, 60, 600)
    size = 10 ** rng.uniform(-1.3, 0.7, N)    # radius of the circle around
    polys = []
    for i in range(N):
        if i % 2:
            tall = rng.uniform(10, 80)
            angles = np.array([tall, 180 - tall, 180 + tall, 360 - tall])
        else:
            while True:
                angles = np.sort(rng.uniform(0, 360, rng.integers(3, 8)))
                gaps = np.diff(np.append(angles, angles[0] + 360))
                if 8 < gaps.min() and gaps.max() < 170:
                    break
        angles = angles[::-1] + rng.uniform(0, 360)
        one = np.full(len(angles), 1.0)
        polys.append(sphere.around(lon[i] * one, lat[i] * one, angles,
                                   size[i] * one))
    return lon, lat, size, polys


LON, LAT, SIZES, POLYS = _make_footprints()


def fill_footprints(vo):
    """The release, anew."""
    conn = vo.connect()
    conn.autocommit = False
    rows = []
    for i in range(N):
        lon, lat = sphere.lonlat(POLYS[i])
        text = "polygon " + " ".join(
            "%.17g %.17g" % (x, y) for x, y in zip(lon, lat))
        rows.append((i, text, LON[i], LAT[i], 2 * SIZES[i]))
    with conn, conn.cursor() as cur:
        cur.execute("DROP SCHEMA IF EXISTS brute_dr1 CASCADE; DELETE FROM"
                    " vo.release WHERE release_id = 'brute-dr1'")
        schema = _release(cur, RELEASE, survey="pix")
        cur.execute("SET LOCAL ROLE vo_owner; SELECT vo.make_images(%s);"
                    "RESET ROLE", (RELEASE,))
        execute_values(cur, "INSERT INTO %s.vo_footprint (footprint_id, region,"
                       " cover, ra, dec, fov) SELECT v.i, sky.sky_region(v.t),"
                       " int8multirange(int8range(0, 1)), v.ra, v.de, v.fov"
                       " FROM (VALUES %%s) v(i, t, ra, de, fov)" % schema,
                       rows, page_size=1000)
        cur.execute("INSERT INTO {0}.vo_image (image_id, publisher_did,"
                    " product_type, calib_level, collection, obs_id, tile_id,"
                    " footprint_id, naxis, scale, link, media_type) SELECT"
                    " footprint_id, 'ivo://x/' || footprint_id, 'image', 2,"
                    " 'C', 'o', footprint_id, footprint_id, '{{10,10}}',"
                    " '{{1,1}}', 'x', 'image/fits' FROM {0}.vo_footprint;"
                    " ANALYZE {0}.vo_image; ANALYZE {0}.vo_footprint"
                    .format(schema))
    conn.close()


def drop_footprints(vo):
    vo.sql("DROP SCHEMA brute_dr1 CASCADE; DELETE FROM vo.release WHERE"
           " release_id = 'brute-dr1'")
