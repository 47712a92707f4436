"""sky_q3c.py: cones and a cross-match on 10^6 rows, pgsky against q3c.

Both tables hold the same rows, each in its own index's order. Every figure is
the median of queries that take turns among the candidates, so that a busy
machine is busy for all. libpq's environment says which database.
"""
import sys
import time

import numpy as np
import psycopg2

ROWS, OUTER, CONES = 1000000, 10000, 200
BUDGET = 4          # ranges of a cone: see the README's performance section
conn = psycopg2.connect("")
conn.autocommit = True
cur = conn.cursor()


def setup():
    cur.execute("CREATE EXTENSION IF NOT EXISTS pgsky")
    cur.execute("CREATE EXTENSION IF NOT EXISTS q3c")
    cur.execute("SELECT to_regclass('bench_outer') IS NOT NULL")
    if cur.fetchone()[0]:
        return
    for sql in (
        "SELECT setseed(0.5)",
        f"""CREATE TEMP TABLE s AS SELECT i AS id, random() * 360 AS ra,
            degrees(asin(2 * random() - 1)) AS dec
            FROM generate_series(1, {ROWS}) i""",
        "CREATE TABLE bench_sky AS SELECT sky_hpx(ra, dec) AS hpx, * FROM s"
        " ORDER BY 1",
        "CREATE INDEX ON bench_sky (hpx)",
        "CREATE TABLE bench_q3c AS SELECT * FROM s"
        " ORDER BY q3c_ang2ipix(ra, dec)",
        "CREATE INDEX ON bench_q3c (q3c_ang2ipix(ra, dec))",
        "VACUUM ANALYZE bench_sky", "VACUUM ANALYZE bench_q3c",
        f"""CREATE TABLE bench_outer AS SELECT id, ra + 0.0001 AS ra, dec
            FROM s ORDER BY random() LIMIT {OUTER}""",
        "VACUUM ANALYZE bench_outer",
    ):
        cur.execute(sql)


def literal(ra, dec, r):
    """The WHERE that the ADQL translator writes for a constant cone."""
    cur.execute("SELECT lo, hi, is_border FROM"
                " sky_ranges(sky_circle(%s, %s, %s), %s)",
                (ra, dec, r, BUDGET))
    found = cur.fetchall()
    inner = [f"hpx >= {a} AND hpx < {b}" for a, b, rim in found if not rim]
    rim = [f"hpx >= {a} AND hpx < {b}" for a, b, rim in found if rim]
    if rim:
        inner.append(f"({' OR '.join(rim)}) AND"
                     f" sky_distance(ra, dec, {ra}, {dec}) <= {r}")
    return "SELECT id FROM bench_sky WHERE " + " OR ".join(inner)


def race(candidates, rounds, turn):
    """Median milliseconds of each, and the rows."""
    times = {name: [] for name in candidates}
    rows = {name: [] for name in candidates}
    # in short turns: the first query after q3c_radial_query pays some ms for
    # the memory that its planning took, whichever query that is
    for first in range(0, rounds, turn):
        for name, make in candidates.items():
            for k in range(first, min(first + turn, rounds)):
                sql = make(k)
                start = time.perf_counter()
                cur.execute(sql)
                got = cur.fetchall()
                times[name].append((time.perf_counter() - start) * 1e3)
                rows[name].append(sorted(got))
    return {n: float(np.median(t[len(t) // 10:])) for n, t in times.items()}, \
        rows


setup()
cur.execute("SET plan_cache_mode = force_generic_plan")
cur.execute("PREPARE cone(float8, float8, float8) AS SELECT id"
            f" FROM sky_ranges(sky_circle($1, $2, $3), {BUDGET}) r"
            " JOIN bench_sky ON sky_hpx_in(hpx, r.lo, r.hi)"
            " WHERE sky_distance(ra, dec, $1, $2) <= $3")
rng = np.random.default_rng(20261120)
missed = []


def need(name, ratio, least):
    print(f"    {name:44}{ratio:8.2f}  (at least {least:g})"
          f"{'' if ratio >= least else '  MISSED'}")
    if ratio < least:
        missed.append(name)


print(f"{ROWS} rows; cones: median ms of {CONES}, budget {BUDGET}")
for radius in (0.01, 0.1, 1.0):
    at = np.column_stack([
        rng.uniform(0, 360, CONES),
        np.degrees(np.arcsin(rng.uniform(-1, 1, CONES)))])
    text = [literal(ra, dec, radius) for ra, dec in at]
    t, rows = race({
        "literal ranges": lambda k: text[k],
        "prepared sky_ranges": lambda k:
            f"EXECUTE cone({at[k][0]}, {at[k][1]}, {radius})",
        "q3c_join": lambda k: "SELECT id FROM bench_q3c WHERE q3c_join("
            f"{at[k][0]}, {at[k][1]}, ra, dec, {radius})",
        "q3c_radial_query": lambda k: "SELECT id FROM bench_q3c WHERE"
            f" q3c_radial_query(ra, dec, {at[k][0]}, {at[k][1]}, {radius})",
    }, CONES, 20)
    assert rows["literal ranges"] == rows["prepared sky_ranges"] \
        == rows["q3c_join"]
    print(f"  {radius} deg: " + ", ".join(f"{n} {v:.3f}"
                                          for n, v in t.items()))
    need("literal against q3c_radial_query",
         t["q3c_radial_query"] / t["literal ranges"], 3)
    need("literal against q3c_join",
         t["q3c_join"] / t["literal ranges"], 1)
    need("prepared against q3c_join",
         t["q3c_join"] / t["prepared sky_ranges"], 1)

cur.execute("RESET plan_cache_mode")
R = 1 / 3600
OURS = f"""SELECT count(*) FROM bench_outer a JOIN LATERAL
    (SELECT b_.* FROM sky_ranges(a.ra, a.dec, {R}) r
     JOIN bench_sky b_ ON sky_hpx_in(b_.hpx, r.lo, r.hi)) b
    ON sky_distance(a.ra, a.dec, b.ra, b.dec) <= {R}"""
THEIRS = f"""SELECT count(*) FROM bench_outer a JOIN bench_q3c b
    ON q3c_join(a.ra, a.dec, b.ra, b.dec, {R})"""
for jit in ("off", "on"):
    cur.execute(f"SET jit = {jit}")
    t, rows = race({"pgsky": lambda k: OURS, "q3c_join": lambda k: THEIRS},
                   21, 1)
    assert rows["pgsky"] == rows["q3c_join"]
    print(f"cross-match {OUTER} x {ROWS} at 1 arcsec, jit {jit}: "
          + ", ".join(f"{n} {v:.1f} ms" for n, v in t.items()))
    need("pgsky against q3c_join", t["q3c_join"] / t["pgsky"], 1.5)
start = time.perf_counter()
cur.execute("SELECT count(sky_coverage(sky_circle(i * 0.07, i * 0.03 - 75,"
            " 0.1), 4)) FROM generate_series(1, 5000) i")
print(f"coverage of a 0.1 deg cone by {BUDGET} ranges:"
      f" {(time.perf_counter() - start) * 1e6 / 5000:.1f} us")
sys.exit(bool(missed))
