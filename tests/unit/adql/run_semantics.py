"""run_semantics.py: translated queries against brute force on the same rows.

Usage: run_semantics.py TOOL PGTREE [COUNT [SEED]]

Random rows (clusters at the poles, at RA 0 and elsewhere, some without a
position) go into a private PostgreSQL with pgsky; random conditions are
evaluated there through the translator and here in plain Python, with SQL's
three-valued logic.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import math
import random
import re
import sys

import psycopg2

import adql_places
import adql_random
import adql_rows
from adql_sql import NAMES, SCHEMA, Cluster, Translator, execute
from adql_truth import (CENTERS, distance, in_polygon, k_and, k_not, k_or,
                        less, less_equal, near, regular_polygon)


class World:
    """The rows, here and in the database."""

    def __init__(self, cursor):
        self.cursor = cursor
        cursor.execute(SCHEMA)
        self.objects, self.gaia, self.tiles = [], [], []
        for i in range(500):
            ra, dec = near(*random.choice(CENTERS),
                           random.choice([0.01, 0.5, 3.0]))
            if random.random() < 0.06:
                ra, dec = random.choice([(None, dec), (ra, None),
                                         (None, None)])
            mags = [random.choice([99.0, None] + [random.uniform(15, 25)] * 6)
                    for _ in range(12)]
            errs = random.choice([None] + [[
                random.choice([None, random.randint(0, 40) / 64])
                for _ in range(random.choice([12, 12, 12, 5, 0]))]] * 6)
            self.objects.append({'tile_id': random.randint(1, 9),
                                 'number': i, 'ra': ra, 'dec': dec,
                                 'mag': mags if i % 17 else None,
                                 'err': errs,
                                 'flag': random.choice([None, True, False]),
                                 'pm': random.choice(
                                     [None, random.randint(-8, 8) / 4])})
        for i in range(150):
            o = random.choice(self.objects)
            ra, dec = (near(o['ra'], o['dec'], random.choice([0.001, 0.05]))
                       if o['ra'] is not None and o['dec'] is not None
                       and random.random() < 0.7
                       else near(*random.choice(CENTERS), 2))
            if random.random() < 0.05:
                ra = None
            self.gaia.append({'number': i, 'tile_id': random.randint(1, 9),
                              'ra': ra, 'dec': dec,
                              'err': random.choice([0.001, 0.02, None])})
        for i in range(60):
            ra, dec = near(*random.choice(CENTERS), 3)
            self.tiles.append({'id': i, 'ra': ra, 'dec': dec,
                               'r': random.choice([0.2, 1.0, 2.5, None])})
        for o in self.objects:
            cursor.execute(
                'INSERT INTO demo_dr1.magabdualobj (tile_id, number, '
                'alpha_j2000, delta_j2000, mag_auto, mag_err_auto, is_good, '
                'pmra, hpx) VALUES (%s, %s, %s, %s, %s::real[], %s::real[], '
                '%s, %s, '
                'sky_hpx(%s::float8, %s::float8))',
                (o['tile_id'], o['number'], o['ra'], o['dec'], o['mag'],
                 o['err'], o['flag'], o['pm'], o['ra'], o['dec']))
        for g in self.gaia:
            cursor.execute(
                'INSERT INTO demo_dr1.xmatch_gaia (tile_id, number, source, '
                'ra, dec, err, hpx) VALUES (%s, %s, %s, %s, %s, %s, '
                'sky_hpx(%s::float8, %s::float8))',
                (g['tile_id'], g['number'], g['number'], g['ra'], g['dec'],
                 g['err'], g['ra'], g['dec']))
        for t in self.tiles:
            cursor.execute(
                'INSERT INTO demo_dr1.tileimage (tile_id, ra, dec, s_region, '
                'hpx) VALUES (%s, %s, %s, sky_circle(%s::float8, %s::float8, '
                '%s::float8), sky_hpx(%s::float8, %s::float8))',
                (t['id'], t['ra'], t['dec'], t['ra'], t['dec'], t['r'],
                 t['ra'], t['dec']))
        cursor.execute('ANALYZE')
        # what the database holds is a float4
        cursor.execute('SELECT number, mag_auto::float8[] '
                       'FROM demo_dr1.magabdualobj')
        for number, mags in cursor.fetchall():
            self.objects[number]['mag'] = mags


# ---- random conditions: pairs of ADQL text and a Python function ----------

def cone(p='POINT(alpha_j2000, delta_j2000)', ra='ra', dec='dec'):
    """A constant circle in one of its many spellings."""
    ra0, dec0 = near(*random.choice(CENTERS), 2)
    r = random.choice([0.003, 0.1, 0.7, 2.0, 5.0, 40.0, 120.0])
    if random.random() < 0.3:
        p = p.replace('POINT(', "POINT('ICRS', ")
    circle = random.choice(['CIRCLE(%r, %r, %r)', "CIRCLE('ICRS', %r, %r, %r)",
                            'CIRCLE(POINT(%r, %r), %r)']) % (ra0, dec0, r)
    inside = 'CONTAINS(%s, %s)' % (p, circle)
    if random.random() < 0.3:
        inside = 'INTERSECTS(%s)' % ', '.join(random.sample([p, circle], 2))
    center = 'POINT(%r, %r)' % (ra0, dec0)

    def le(o):
        return less_equal(distance(o[ra], o[dec], ra0, dec0), r)

    pick = random.randint(0, 9)
    pos = ['1=%s', '%s=1', '%s<>0', '0<>%s', '%s!=0', '%s>0'][pick % 6]
    neg = ['0=%s', '%s=0', '%s<>1', '1<>%s', '%s<1', '%s!=1'][pick % 6]
    d = 'DISTANCE(%s)' % ', '.join(random.sample([p, center], 2))
    if pick == 6:
        d = 'DISTANCE(%s, %r, %r)' % (p[p.rfind('(') + 1:-1].replace(
            "'ICRS', ", ''), ra0, dec0)
    kind = random.randint(0, 6)
    if kind <= 1:
        return pos % inside, le
    if kind == 2:
        return neg % inside, lambda o: k_not(le(o))
    if kind == 3:
        return '%s <= %r' % (d, r), le
    if kind == 4:
        return '%r >= %s' % (r, d), le
    if kind == 5:
        return '%s < %r' % (d, r), lambda o: less(
            distance(o[ra], o[dec], ra0, dec0), r)
    return '%s > %r' % (d, r), lambda o: k_not(le(o))


def polygon():
    corners = regular_polygon(*near(*random.choice(CENTERS), 1),
                              random.choice([0.05, 1.0, 8.0]),
                              random.randint(3, 7))
    if random.random() < 0.5:
        corners.reverse()
    text = 'POLYGON(%s)' % ', '.join('%r, %r' % c for c in corners)
    return ('1=CONTAINS(POINT(alpha_j2000, delta_j2000), %s)' % text,
            lambda o: in_polygon(o['ra'], o['dec'], corners))


def plain():
    v = random.randint(1, 9)
    i = random.randint(1, 12)
    m = random.uniform(15, 25)
    return random.choice([
        ('tile_id > %d' % v, lambda o: o['tile_id'] > v),
        ('pmra <= %r' % (v / 4 - 1), lambda o: less_equal(o['pm'],
                                                          v / 4 - 1)),
        ('mag_auto[%d] < %r' % (i, m), lambda o: o['mag'] and less(
            o['mag'][i - 1], m)),
        ('is_good = 1', lambda o: o['flag']),
        ('pmra IS NULL', lambda o: o['pm'] is None),
        ('tile_id IN (%d, 3)' % v, lambda o: o['tile_id'] in (v, 3)),
        ('pmra NOT IN (0.5, %r)' % (v / 4), lambda o: None
            if o['pm'] is None else o['pm'] not in (0.5, v / 4)),
        ('pmra BETWEEN -1 AND %d' % v, lambda o: k_and(
            less_equal(-1, o['pm']), less_equal(o['pm'], v)))])


def condition(depth):
    if depth == 0:
        return random.choice([cone, cone, polygon, plain]
                             + adql_places.CONDITIONS)()
    kind = random.randint(0, 3)
    a, fa = condition(depth - 1)
    if kind == 0:
        return 'NOT (%s)' % a, lambda o: k_not(fa(o))
    b, fb = condition(depth - 1)
    if kind == 1:
        return '(%s) OR (%s)' % (a, b), lambda o: k_or(fa(o), fb(o))
    return '%s AND (%s)' % ('(%s)' % a, b), lambda o: k_and(fa(o), fb(o))


# ---- kinds of test: each gives ADQL and the rows expected -----------------

def t_where(w):
    text, fn = condition(random.randint(0, 3))
    return ('SELECT number FROM MagABDualObj WHERE ' + text,
            [(o['number'],) for o in w.objects if fn(o) is True])


def t_derived(w):
    text, fn = condition(random.randint(0, 2))
    inner, fi = plain()
    frm = random.choice([
        'SELECT q.number FROM (SELECT * FROM MagABDualObj WHERE %s) AS q '
        'WHERE %s',
        'WITH q AS (SELECT * FROM MagABDualObj WHERE %s) SELECT number FROM q '
        'WHERE %s',
        'SELECT n FROM (SELECT number AS n, r.* FROM (SELECT tile_id, pmra, '
        'is_good, mag_auto, number, alpha_j2000, delta_j2000 FROM '
        'MagABDualObj WHERE %s) AS r) AS q WHERE %s'])
    return (frm % (inner, text),
            [(o['number'],) for o in w.objects
             if fi(o) is True and fn(o) is True])


def t_value(w):
    text, fn = random.choice([cone, polygon])()
    return ('SELECT number, CASE WHEN %s THEN 1 WHEN NOT %s THEN 0 END '
            'FROM MagABDualObj' % (text, text),
            [(o['number'], None if fn(o) is None else int(fn(o)))
             for o in w.objects])


def t_select_value(w):
    ra0, dec0 = near(*random.choice(CENTERS), 2)
    r = random.choice([0.1, 1.0, 10.0])

    def fn(o):
        d = distance(o['ra'], o['dec'], ra0, dec0)
        return None if d is None else int(d <= r)

    return ('SELECT number, CONTAINS(POINT(alpha_j2000, delta_j2000), '
            'CIRCLE(%r, %r, %r)) FROM MagABDualObj' % (ra0, dec0, r),
            [(o['number'], fn(o)) for o in w.objects])


def match_text(r_text):
    """Ways to say that a and b are no further apart than R."""
    a, b = 'POINT(a.alpha_j2000, a.delta_j2000)', 'POINT(b.ra, b.dec)'
    return random.choice([
        '1=CONTAINS(%s, CIRCLE(b.ra, b.dec, %s))' % (a, r_text),
        'CONTAINS(%s, CIRCLE(%s, %s))=1' % (b, a, r_text),
        'DISTANCE(%s, %s) <= %s' % (a, b, r_text),
        '%s >= DISTANCE(b.ra, b.dec, a.alpha_j2000, a.delta_j2000)' % r_text])


def t_join(w):
    r = random.choice([0.002, 0.03, 0.3])
    is_own = random.random() < 0.3
    on = match_text('b.err' if is_own else repr(r))
    extra, fx = '', lambda o: True
    if random.random() < 0.5:
        cut = random.randint(2, 8)
        extra = ' AND b.tile_id <= %d' % cut
        fx = lambda g: g['tile_id'] <= cut  # noqa: E731

    def fits(o, g):
        d = distance(o['ra'], o['dec'], g['ra'], g['dec'])
        return less_equal(d, g['err'] if is_own else r) is True and fx(g)

    pairs = [(o['number'], g['number']) for o in w.objects for g in w.gaia
             if fits(o, g)]
    kind = random.randint(0, 6)
    a, b = 'MagABDualObj AS a', 'xmatch_gaia AS b'
    if kind == 0:
        frm = random.choice(['%s JOIN %s ON ' % (a, b), '%s JOIN %s ON '
                             % (b, a)]) + on + extra
    elif kind == 1:
        frm = '%s, %s WHERE ' % tuple(random.sample([a, b], 2)) + on + extra
    elif kind in (2, 3):
        some = {p[0] for p in pairs}
        pairs += [(o['number'], None) for o in w.objects
                  if o['number'] not in some]
        frm = ('%s LEFT JOIN %s ON ' % (a, b) if kind == 2
               else '%s RIGHT OUTER JOIN %s ON ' % (b, a)) + on + extra
    elif kind in (4, 5):
        some = {p[1] for p in pairs}
        pairs += [(None, g['number']) for g in w.gaia
                  if g['number'] not in some]
        frm = ('%s LEFT JOIN %s ON ' % (b, a) if kind == 4
               else '%s RIGHT JOIN %s ON ' % (a, b)) + on + extra
    else:
        frm = ('(SELECT * FROM xmatch_gaia WHERE tile_id > 0) AS b JOIN %s '
               'ON ' % a) + on + extra
    return 'SELECT a.number, b.number FROM ' + frm, pairs


def t_exists(w):
    r = random.choice([0.002, 0.03, 0.3])
    is_not = random.random() < 0.5

    def fn(o):
        return any(less_equal(distance(o['ra'], o['dec'], g['ra'], g['dec']),
                              r) is True for g in w.gaia) != is_not

    return ('SELECT a.number FROM MagABDualObj AS a WHERE %sEXISTS (SELECT * '
            'FROM xmatch_gaia AS b WHERE %s)' % ('NOT ' if is_not else '',
                                                 match_text(repr(r))),
            [(o['number'],) for o in w.objects if fn(o)])


def t_three(w):
    r = random.choice([0.02, 0.2])
    text, fn = cone('POINT(b.ra, b.dec)')
    rows = []
    for o in w.objects:
        for g in w.gaia:
            d = distance(o['ra'], o['dec'], g['ra'], g['dec'])
            if d is None or d > r or fn(g) is not True:
                continue
            rows += [(o['number'], g['number'], t['id']) for t in w.tiles
                     if distance(g['ra'], g['dec'], t['ra'], t['dec']) <= 1]
    return ('SELECT a.number, b.number, c.tile_id FROM MagABDualObj AS a, '
            'xmatch_gaia AS b, TileImage AS c WHERE %s AND %s AND '
            'DISTANCE(POINT(c.ra, c.dec), POINT(b.ra, b.dec)) <= 1'
            % (match_text(repr(r)), text), rows)


def t_region(w):
    ra0, dec0 = near(*random.choice(CENTERS), 2)
    r = random.choice([0.1, 1.5])
    rows = []
    kind = random.randint(0, 2)
    for t in w.tiles:
        if t['r'] is None:
            continue
        d = distance(t['ra'], t['dec'], ra0, dec0)
        if kind == 0:
            is_in = d <= t['r']
        elif kind == 1:
            is_in = d <= t['r'] + r
        else:
            is_in = not d + t['r'] <= r
        if is_in:
            rows.append((t['id'],))
    text = ['1=CONTAINS(POINT(%r, %r), s_region)' % (ra0, dec0),
            'INTERSECTS(s_region, CIRCLE(%r, %r, %r))=1' % (ra0, dec0, r),
            '0=CONTAINS(s_region, CIRCLE(%r, %r, %r))' % (ra0, dec0, r)]
    return 'SELECT tile_id FROM TileImage WHERE ' + text[kind], rows


def t_region_join(w):
    rows = [(o['number'], t['id']) for o in w.objects for t in w.tiles
            if less_equal(distance(o['ra'], o['dec'], t['ra'], t['dec']),
                          t['r']) is True]
    return ('SELECT a.number, t.tile_id FROM MagABDualObj AS a JOIN TileImage '
            'AS t ON 1=CONTAINS(POINT(a.alpha_j2000, a.delta_j2000), '
            't.s_region)', rows)


def t_arrays(w):
    i, j = random.sample(range(12), 2)
    k = random.uniform(-3, 3)
    rows = []
    for o in w.objects:
        m = o['mag']
        if m is None:
            rows.append((o['number'],) + (None,) * 6)
            continue
        good = [x for x in m if x is not None]
        diff = None if m[i] is None or m[j] is None else m[i] - m[j]
        rows.append((o['number'], diff, len(good), max(good), min(good),
                     sum(good) / len(good),
                     None if m[i] is None else (m[i] * 2 - k)))
    return ('SELECT number, mag_auto[%d] - mag_auto[%d], arr_count(mag_auto), '
            'arr_max(mag_auto), arr_min(mag_auto), arr_avg(mag_auto), '
            '(mag_auto * 2 - %r)[%d] FROM MagABDualObj'
            % (i + 1, j + 1, k, i + 1), rows)


def t_groups(w):
    cut = random.randint(1, 70)
    groups = {}
    for o in w.objects:
        groups.setdefault(o['tile_id'] * 2 + 1, []).append(o)
    rows = []
    for key, members in groups.items():
        pms = [o['pm'] for o in members if o['pm'] is not None]
        if len(members) > cut:
            rows.append((key, len(members), len(pms), sum(pms),
                         sum(pms) / len(pms), max(pms), len(set(pms))))
    return ('SELECT tile_id * 2 + 1 AS k, COUNT(*), COUNT(pmra), SUM(pmra), '
            'AVG(pmra), MAX(pmra), COUNT(DISTINCT pmra) FROM MagABDualObj '
            'GROUP BY tile_id * 2 + 1 HAVING COUNT(*) > %d' % cut, rows)


def t_sets(w):
    ta, fa = condition(1)
    tb, fb = condition(0)
    a = [o['tile_id'] for o in w.objects if fa(o) is True]
    b = [o['tile_id'] for o in w.objects if fb(o) is True]
    op = random.choice(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'])
    out = {'UNION': set(a) | set(b), 'EXCEPT': set(a) - set(b),
           'INTERSECT': set(a) & set(b), 'UNION ALL': a + b}[op]
    order = random.choice(['', ' ORDER BY 1', ' ORDER BY tile_id DESC',
                           ' ORDER BY ABS(tile_id - 4), tile_id'])
    return ('SELECT tile_id FROM MagABDualObj WHERE %s %s SELECT tile_id FROM '
            'MagABDualObj WHERE %s%s' % (ta, op, tb, order),
            [(x,) for x in out])


def t_order(w):
    top, skip = random.randint(0, 40), random.randint(0, 480)
    all_rows = sorted(w.objects, key=lambda o: (-o['tile_id'], o['number']))
    rows = [(o['number'], o['tile_id']) for o in all_rows][skip:skip + top]
    return ('SELECT TOP %d number, tile_id AS t FROM MagABDualObj ORDER BY t '
            'DESC, 1 OFFSET %d' % (top, skip), rows)


# ---- functions: what they give, from Python's mathematics and from the notes

VALUES = [
    ('ABS(-3)', 3), ('ABS(-2.5)', 2.5), ('CEILING(2.1)', 3.0),
    ('CEILING(-2.1)', -2.0), ('FLOOR(-2.1)', -3.0),
    ('DEGREES(1)', math.degrees(1)), ('RADIANS(180)', math.pi),
    ('EXP(1)', math.e), ('LOG(10)', math.log(10)), ('LOG10(1000)', 3.0),
    ('MOD(7, 3)', 1), ('MOD(-7, 3)', -1), ('MOD(7, -3)', 1),
    ('MOD(7.5, 2)', 1.5), ('MOD(-7.5, 2)', -1.5), ('PI()', math.pi),
    ('POWER(2, 10)', 1024.0), ('POWER(2, -1)', 0.5), ('SQRT(2)', 2 ** 0.5),
    ('ROUND(2.567, 2)', 2.57), ('ROUND(1234.5, -2)', 1200.0),
    ('ROUND(2.5)', 3.0), ('ROUND(2.5, 0)', 3.0), ('ROUND(-0.5)', -1.0),
    ('ROUND(2.4)', 2.0), ('ROUND(-2.6)', -3.0), ('TRUNCATE(2.9)', 2.0),
    ('TRUNCATE(-2.9)', -2.0), ('TRUNCATE(2.567, 2)', 2.56),
    ('TRUNCATE(1234.5, -2)', 1200.0),
    ('ACOS(0.5)', math.acos(0.5)), ('ASIN(0.5)', math.asin(0.5)),
    ('ATAN(2)', math.atan(2)), ('ATAN2(1, -2)', math.atan2(1, -2)),
    ('COS(1)', math.cos(1)), ('SIN(1)', math.sin(1)),
    ('TAN(1)', math.tan(1)), ('COT(1)', 1 / math.tan(1)),
    ('7 / 2', 3), ('-7 / 2', -3), ('7 / 2.', 3.5), ('1 - 2 - 3', -4),
    ('2 + 3 * 4', 14), ('- - 3', 3), ('2000000000 + 3000000000', 5000000000),
    ("'a' || 'b' || 1", 'ab1'), ("LOWER('ABC')", 'abc'),
    ("UPPER('abc')", 'ABC'), ("'it''s'", "it's"), ('COALESCE(NULL, 2)', 2),
    ("COALESCE(NULL, 'x')", 'x'), ('SQRT(NULL)', None), ('1 + NULL', None),
    ('CAST(2.7 AS INTEGER)', 3), ("CAST('12' AS BIGINT)", 12),
    ("CAST(12 AS VARCHAR)", '12'), ("CAST('abcdef' AS VARCHAR(3))", 'abc'),
    ("CAST('ab' AS CHAR(4))", 'ab  '), ("CAST('1.5' AS REAL)", 1.5),
    ("CAST(CAST('2020-01-02T03:04:05Z' AS TIMESTAMP) AS VARCHAR)",
     '2020-01-02T03:04:05'),
    ("CAST(CAST('2020-01-02T03:04:05.25' AS TIMESTAMP) AS CHAR(22))",
     '2020-01-02T03:04:05.25'),
    ("'at ' || CAST('2020-01-02' AS TIMESTAMP)", 'at 2020-01-02T00:00:00'),
    ("ivo_hasword('photometry/spectroscopy', 'SPECTROSCOPY')", 1),
    ("ivo_hasword('J-PLUS/J-PAS at http://x.org/survey.fits', 'j-pas')", 1),
    ("ivo_hasword('see http://x.org/survey.fits', 'survey fits x')", 1),
    ("ivo_hasword('flux -1.5 mag', '1.5')", 1),
    ("ivo_hasword('photometry/spectroscopy', 'spec')", 0),
    ("ivo_hasword('any text', '/')", 0), ("ivo_hasword(NULL, 'x')", None),
    ('bitwise_and(13, 7)', 5), ('bitwise_or(-8, 3)', -5),
    ('bitwise_xor(6, 3)', 5), ('bitwise_not(5)', -6),
    ('bitwise_and(NULL, 1)', None),
    (r"ivo_nocasematch('J\0', 'j\0')", 1),
    ("CAST('12.3 45.6' AS POINT)", [12.3, 45.6]),
    ("CAST('12.3 45.6 1' AS CIRCLE)", [12.3, 45.6, 1.0]),
    ('CASE 2 WHEN 1 THEN 10 WHEN 2 THEN 20 END', 20),
    ('CASE 3 WHEN 1 THEN 10 END', None),
    ('AREA(CIRCLE(1, 2, 180))', 129600 / math.pi),
    ('AREA(POLYGON(0,0, 90,0, 0,90))', 129600 / math.pi / 8),
    ('AREA(POINT(1, 2))', 0.0), ('COORD1(POINT(12, 34))', 12.0),
    ('COORD2(CENTROID(CIRCLE(12, 34, 1)))', 34.0),
    ('DISTANCE(0, 0, 0, 90)', 90.0), ('DISTANCE(10, 0, 190, 0)', 180.0),
    ('DISTANCE(POINT(359, 0), POINT(1, 0))', 2.0),
    ('CONTAINS(POINT(0, 90), POLYGON(0,80, 90,80, 180,80, 270,80))', 1),
    ('CONTAINS(POINT(0, -90), POLYGON(0,80, 90,80, 180,80, 270,80))', 0),
    ('CONTAINS(POINT(1, 1), CIRCLE(1, 2, 1))', 1),
    ('CONTAINS(CIRCLE(1, 1, 1), CIRCLE(1, 1, 2))', 1),
    ('CONTAINS(CIRCLE(1, 1, 2), CIRCLE(1, 1, 1))', 0),
    ('INTERSECTS(CIRCLE(0, 0, 1), CIRCLE(1.9, 0, 1))', 1),
    ('INTERSECTS(CIRCLE(0, 0, 1), CIRCLE(2.1, 0, 1))', 0),
    ("COORDSYS(POINT(1, 2))", 'ICRS'), ('POINT(1, 2)', [1.0, 2.0]),
    ('CIRCLE(1, 2, 3)', [1.0, 2.0, 3.0]),
    ("REGION('Circle ICRS 1 2 3')", 'Circle ICRS 1 2 3'),
    # the catalogue of user-defined functions gives these
    ('ivo_healpix_index(0, 1, 1)', 4),
    ('ivo_healpix_index(17, 1, 1)', 81609757711),
    ('ivo_healpix_index(17, 359, -1)', 73009064944),
    ('ivo_healpix_index(17, POINT(1, 1))', 81609757711),
    ('ivo_healpix_center(0, 6)', [180.0, 0.0]),
    ("ivo_to_jd('2000-01-02T12:00:00')", 2451546.0),
    ("ivo_to_mjd('2000-01-02T12:00:00')", 51545.5),
    ('ivo_interval_overlaps(-2, 2, 2, 3)', 1),
    ('ivo_interval_overlaps(-2, 55.3, 3, 2)', 0),
    ("ivo_nocasematch('Star', 'sT%')", 1),
    ("ivo_nocasematch('Star', 'x%')", 0),
    ("ivo_hasword('Big Dog Star', 'star BIG')", 1),
    ("ivo_hasword('Big Dog Star', 'cat')", 0),
    ("ivo_hashlist_has('Radio#Optical', 'optical')", 1),
    ("ivo_hashlist_has('Radio#Optical', 'opt')", 0),
    ("ivo_hashlist_has('Radio#Optical', 'Radio#Optical')", 0)
] + adql_rows.VALUES


def check_values(translate, cursor):
    """Returns how many are right and how many are not."""
    right = 0
    for text, want in VALUES:
        res = translate('SELECT TOP 1 %s FROM TileImage' % text)
        try:
            assert 'error' not in res, res.get('error')
            got = execute(cursor, res)[0][0]
            if isinstance(want, float):
                assert isinstance(got, float) \
                    and abs(got - want) <= 1e-12 * max(1, abs(want)), got
            elif isinstance(want, list):
                assert all(abs(g - x) < 1e-12 for g, x in zip(got, want)), got
            else:
                assert type(got) is type(want) and got == want, repr(got)
            right += 1
        except Exception as err:
            print('FAILED %s: %s, not %s\n  %s' % (text, err, want,
                                                   res.get('sql')))
    # random numbers: in range, and not all the same
    res = translate('SELECT RAND(), RAND(7), ivo_normal_random(3, 0) '
                    'FROM MagABDualObj')
    rows = execute(cursor, res)
    if all(0 <= r[0] < 1 and 0 <= r[1] < 1 and r[2] == 3 for r in rows) \
            and len({r[0] for r in rows}) > 100:
        right += 1
    else:
        print('FAILED: random numbers')
    return right, len(VALUES) + 1 - right


def check_plans(translate, cursor):
    """Cones, cross-matches and regions must go through an index."""
    cursor.execute(
        'CREATE SCHEMA big; CREATE TABLE big.t AS SELECT * FROM '
        'demo_dr1.magabdualobj LIMIT 0; INSERT INTO big.t (number, '
        'alpha_j2000, delta_j2000, hpx) SELECT i, r, d, sky_hpx(r, d) FROM '
        '(SELECT i, random() * 360 AS r, degrees(asin(2 * random() - 1)) AS '
        'd FROM generate_series(1, 100000) AS i) AS x; CREATE INDEX ON '
        'big.t (hpx); ANALYZE big.t; CREATE TABLE big.r AS SELECT sky_circle('
        'alpha_j2000, delta_j2000, 0.1) AS s_region FROM big.t LIMIT 20000; '
        'CREATE INDEX ON big.r USING gist (s_region); ANALYZE big.r')
    right = wrong = 0
    for adql, index in (
            ('SELECT number FROM MagABDualObj WHERE 1=CONTAINS(POINT('
             'alpha_j2000, delta_j2000), CIRCLE(10, 20, 0.1))', 't_hpx_idx'),
            ('SELECT number FROM MagABDualObj WHERE 1=CONTAINS(POINT('
             'alpha_j2000, delta_j2000), POLYGON(10,10, 11,10, 11,11)) AND '
             'number > 3', 't_hpx_idx'),
            ('SELECT u.id, a.number FROM TAP_UPLOAD.mine AS u JOIN '
             'MagABDualObj AS a ON 1=CONTAINS(POINT(a.alpha_j2000, '
             'a.delta_j2000), CIRCLE(u.ra, u.dec, 1/3600.))', 't_hpx_idx'),
            ('SELECT u.id, a.number FROM MagABDualObj AS a RIGHT JOIN '
             'TAP_UPLOAD.mine AS u ON DISTANCE(u.ra, u.dec, a.alpha_j2000, '
             'a.delta_j2000) < 0.001', 't_hpx_idx'),
            ('SELECT name FROM TileImage WHERE 1=CONTAINS(POINT(10, 20), '
             's_region)', 'r_s_region_idx'),
            ('SELECT name FROM TileImage WHERE INTERSECTS(s_region, '
             'CIRCLE(10, 20, 0.2)) = 1', 'r_s_region_idx')):
        res = translate(adql)
        res['sql'] = res['sql'].replace('"demo_dr1"."magabdualobj"',
                                        'big.t')
        res['sql'] = res['sql'].replace('"demo_dr1"."tileimage"', 'big.r')
        res['sql'] = res['sql'].replace('t0."name"', "''::text")
        cursor.execute('DEALLOCATE ALL')
        types = ', '.join(NAMES[oid] for oid, _ in res['params'])
        values = ', '.join("'%s'" % text for _, text in res['params'])
        cursor.execute('PREPARE q(%s) AS %s' % (types, res['sql']))
        cursor.execute('EXPLAIN EXECUTE q(%s)' % values)
        plan = '\n'.join(row[0] for row in cursor.fetchall())
        if index in plan and 'Seq Scan on t' not in plan \
                and 'Seq Scan on r' not in plan:
            right += 1
        else:
            wrong += 1
            print('FAILED: no index\n  %s\n%s' % (adql, plan))
    return right, wrong


def check_declared(translate, cursor):
    """Every function that capabilities announce runs and gives its type."""
    args = {'INTEGER': '2', 'BIGINT': '3', 'NUMERIC': '1',
            'TEXT': "'ICRS'", 'TIMESTAMP': "'2020-01-01'",
            'POINT': 'POINT(1, 2)', 'GEOMETRY': 'CIRCLE(1, 2, 3)',
            'MOC': "MOC('1/3')", 'ARRAY': 'flux'}
    gives = {'INTEGER': [('int', None)], 'BIGINT': [('long', None)],
             'DOUBLE': [('double', None)], 'TEXT': [('char', '*')],
             'POINT': [('double', '2')], 'GEOMETRY': [('double', '3')],
             'MOC': [('char', '*')], 'INTEGER ARRAY': [('int', '*')],
             'DOUBLE ARRAY': [('double', '12'), ('double', '6')]}
    right = wrong = 0
    for form in translate.forms():
        name, given, result = re.fullmatch(r'(\w+)\((.*)\) -> (.+)',
                                           form).groups()
        call = '%s(%s)' % (name, ', '.join(
            '%d.5' % i if a.endswith(' DOUBLE') else args[a.split()[-1]]
            for i, a in enumerate(given.split(', '))))
        res = translate('SELECT %s FROM MagABDualObj' % call)
        try:
            assert 'error' not in res, res.get('error')
            execute(cursor, res)
            got = res['fields'][0]['datatype'], res['fields'][0]['arraysize']
            assert got in gives[result], got
            right += 1
        except Exception as err:
            wrong += 1
            print('FAILED: %s\n  %s: %s' % (form, call, err))
    return right, wrong


KINDS = [t_where, t_where, t_derived, t_value, t_select_value, t_join,
         t_join, t_exists, t_three, t_region, t_region_join, t_arrays,
         t_groups, t_sets, t_order] + adql_rows.KINDS + adql_places.KINDS


def check_runs(translate, cursor, count=250):
    """Random well-typed queries: PostgreSQL may complain of their data, of
    nothing else."""
    right = wrong = refused = 0
    cursor.execute('SET statement_timeout = 10000')
    for _ in range(count):
        adql = adql_random.query()
        res = translate(adql)
        if 'error' in res:
            refused += 1
            continue
        try:
            execute(cursor, res)
            right += 1
        except (psycopg2.DataError, psycopg2.errors.QueryCanceled):
            right += 1
        except Exception as err:
            wrong += 1
            print('FAILED: %s\n  %s\n  %s' % (err, adql, res['sql']))
    cursor.execute('RESET statement_timeout')
    if refused > 0.2 * count:
        wrong += 1
        print('FAILED: %d of %d random queries refused' % (refused, count))
    return right, wrong


def same(x, y):
    if isinstance(x, list) and isinstance(y, list):
        return len(x) == len(y) and all(map(same, x, y))
    if isinstance(x, float) or isinstance(y, float):
        return x is not None and y is not None \
            and abs(x - y) <= 1e-5 * max(1.0, abs(x), abs(y))
    return x == y


def key(row):
    return [(x is None, round(x, 3) if isinstance(x, float)
             else str(x) if isinstance(x, list) else x or 0) for x in row]


def main():
    tool, tree = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    random.seed(int(sys.argv[4]) if len(sys.argv) > 4 else 20261120)
    cluster = Cluster(tree)
    translate = Translator(tool)
    passed = failed = nonempty = 0
    kinds = {}
    try:
        world = World(cluster.cursor)
        for check in (check_values, check_declared, check_plans,
                      check_runs):
            right, wrong = check(translate, cluster.cursor)
            print('%s: %d right, %d wrong' % (check.__name__, right, wrong))
            passed += right
            failed += wrong
        for i in range(count):
            kind = KINDS[i % len(KINDS)]
            adql, want = kind(world)
            res = translate(adql)
            try:
                assert 'error' not in res, res.get('error')
                got = execute(cluster.cursor, res)
                if kind is not t_order:
                    got, want = sorted(got, key=key), sorted(want, key=key)
                assert len(got) == len(want), '%d rows instead of %d' % (
                    len(got), len(want))
                for g, x in zip(got, want):
                    assert all(map(same, g, x)), '%s instead of %s' % (g, x)
                passed += 1
                nonempty += bool(want)
                kinds[kind.__name__] = kinds.get(kind.__name__, 0) + 1
            except Exception as err:
                failed += 1
                print('FAILED %s: %s\n  %s\n  %s\n  %s' % (
                    kind.__name__, err, adql, res.get('sql'),
                    res.get('params')))
    finally:
        translate.close()
        cluster.stop()
    print(' '.join('%s %d' % k for k in sorted(kinds.items())))
    print('%d of the queries have rows' % nonempty)
    # a test that finds nothing proves nothing
    if nonempty < 0.6 * count:
        failed += 1
        print('FAILED: too few queries have rows')
    print('%d passed, %d failed' % (passed, failed))
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
