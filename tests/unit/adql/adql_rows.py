"""adql_rows.py: arrays as rows, frames, epochs, MOCs and FULL JOINs.

Each kind gives ADQL and the rows that Python, astropy and healpy find for it
in the same world as run_semantics.py.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import math
import random

import astropy.units as u
import healpy
import numpy as np
from astropy.coordinates import SkyCoord

from adql_truth import (CENTERS, cross, distance, dot, k_and, less,
                        less_equal, near, vector)

FILTERS = ['uJAVA', 'J0378', 'J0395', 'J0410', 'J0430', 'gSDSS', 'J0515',
           'rSDSS', 'J0660', 'iSDSS', 'J0861', 'zSDSS']
FRAMES = {'FK4': 'fk4noeterms', 'B1950': 'fk4noeterms',
          'GALACTIC': 'galactic', 'galactic geocenter': 'galactic',
          'ECLIPTIC': 'barycentricmeanecliptic',
          'SUPER_GALACTIC': 'supergalactic'}


def fact(k):
    """filter, filter_id, wavelength, width of place K, as in the model."""
    if k >= 12:
        return None, None, None, None
    return (FILTERS[k], 1 + (k * 5) % 12, 3500 + 500.5 * k if k else None,
            100.0 + k if k else None)


# ---- UNNEST ---------------------------------------------------------------

def elements(o):
    """mag, err, place, filter, filter_id, wavelength, width."""
    m, e = o['mag'] or [], o['err'] or []
    return [(m[k] if k < len(m) else None, e[k] if k < len(e) else None,
             k + 1) + fact(k) for k in range(max(len(m), len(e)))]


def on_element(alias):
    m, k = random.uniform(15, 25), random.randint(1, 12)
    return random.choice([
        ('%s.mag_auto < %r' % (alias, m), lambda o, r: less(r[0], m)),
        ("%s.filter = '%s'" % (alias, FILTERS[k - 1]),
         lambda o, r: r[3] and r[3] == FILTERS[k - 1]),
        ('%s.place >= %d' % (alias, k), lambda o, r: r[2] >= k),
        ('%s.wavelength BETWEEN 5000 AND %r' % (alias, 500.0 * (k + 7)),
         lambda o, r: k_and(less_equal(5000, r[5]),
                            less_equal(r[5], 500.0 * (k + 7)))),
        ('a.tile_id = %s.filter_id' % alias,
         lambda o, r: r[4] is not None and o['tile_id'] == r[4]),
        ('%s.e IS NULL AND a.pmra > 0' % alias,
         lambda o, r: k_and(r[1] is None, less(0, o['pm'])))])


def t_unnest(w):
    text, fn = on_element('u')
    ra, dec = near(*random.choice(CENTERS), 1)
    radius = random.choice([1.0, 5.0, 30.0])
    array = 'UNNEST(a.mag_auto, a.mag_err_auto) AS u (mag_auto, e)'
    kind = random.randint(0, 4)
    frm = ['MagABDualObj AS a, %s WHERE %s AND ' % (array, text),
           'MagABDualObj AS a JOIN %s ON %s WHERE ' % (array, text),
           'MagABDualObj AS a JOIN %s WHERE %s AND ' % (array, text),
           'MagABDualObj AS a LEFT JOIN %s ON %s WHERE ' % (array, text),
           'MagABDualObj a LEFT OUTER JOIN %s WHERE ' % array][kind]
    rows = []
    for o in w.objects:
        d = distance(o['ra'], o['dec'], ra, dec)
        if d is None or d > radius:
            continue
        found = [(o['number'],) + r for r in elements(o)
                 if kind == 4 or fn(o, r) is True]
        if kind >= 3 and not found:
            found = [(o['number'],) + (None,) * 7]
        rows += found
    return ('SELECT a.number, u.mag_auto, u.e, u.place, u.filter, '
            'u.filter_id, u.wavelength, u.width FROM %s1=CONTAINS(POINT('
            'a.alpha_j2000, a.delta_j2000), CIRCLE(%r, %r, %r))'
            % (frm, ra, dec, radius), rows)


def t_unnest_query(w):
    """Elements of an outer query's row; of a derived table; of a join."""
    k, m = random.randint(1, 11), random.uniform(15, 25)
    kind = random.randint(0, 4)
    if kind == 0:
        return ('SELECT a.number, (SELECT MAX(u.mag_auto) FROM UNNEST('
                'a.mag_auto) AS u WHERE u.place > %d) AS m FROM MagABDualObj '
                'AS a' % k,
                [(o['number'], max([x for x in (o['mag'] or [])[k:]
                                    if x is not None], default=None))
                 for o in w.objects])
    if kind == 1:
        return ('SELECT a.number FROM MagABDualObj AS a WHERE NOT EXISTS ('
                'SELECT * FROM UNNEST(a.mag_auto) AS u WHERE u.mag_auto > '
                '%r)' % m,
                [(o['number'],) for o in w.objects
                 if not any(x is not None and x > m
                            for x in o['mag'] or [])])
    if kind == 2:
        groups = {}
        for o in w.objects:
            for r in elements(o):
                if r[0] is not None and r[0] < 90:
                    groups.setdefault(r[3:6:2], []).append(r[0])
        return ('SELECT u.filter, u.wavelength, COUNT(*), AVG(u.m) FROM '
                '(SELECT * FROM MagABDualObj) AS a, UNNEST(a.mag_auto) AS '
                'u (m) WHERE u.m < 90 GROUP BY u.filter, u.wavelength',
                [key + (len(v), sum(v) / len(v))
                 for key, v in groups.items()])
    if kind == 3:
        return ('SELECT a.number, d, u.place FROM MagABDualObj a, UNNEST('
                'a.mag_auto - a.mag_auto[%d], a.mag_auto) AS u (d) WHERE '
                'u.mag_auto > d' % k,
                [(o['number'], x - o['mag'][k - 1], i + 1)
                 for o in w.objects for i, x in enumerate(o['mag'] or [])
                 if x is not None and o['mag'][k - 1] is not None
                 and x > x - o['mag'][k - 1]])
    r = random.choice([0.01, 0.1])
    rows = [(o['number'], g['number'], e[2]) for o in w.objects
            for g in w.gaia if less_equal(distance(
                o['ra'], o['dec'], g['ra'], g['dec']), r) is True
            for e in elements(o) if less(e[0], m)]
    return ('SELECT a.number, b.number, u.place FROM xmatch_gaia AS b JOIN '
            '(MagABDualObj AS a JOIN UNNEST(a.mag_auto, a.mag_err_auto) AS u)'
            ' ON DISTANCE(a.alpha_j2000, a.delta_j2000, b.ra, b.dec) <= %r '
            'AND u.mag_auto < %r' % (r, m)
            if random.random() < 0.5 else
            'SELECT a.number, b.number, u.place FROM xmatch_gaia AS b JOIN '
            'MagABDualObj AS a ON DISTANCE(a.alpha_j2000, a.delta_j2000, '
            'b.ra, b.dec) <= %r, UNNEST(a.mag_auto, a.mag_err_auto) AS u '
            'WHERE u.mag_auto < %r' % (r, m), rows)


def t_map(w):
    k, v = random.randint(1, 12), random.randint(1, 9)

    def some(fn):
        return lambda x, o: None if x is None else fn(x, o)

    expr, fn = random.choice([
        ('x * %d' % v, some(lambda x, o: x * v)),
        ('POWER(10, -0.4 * (x - 20))',
         some(lambda x, o: 10 ** (-0.4 * (x - 20)))),
        ('COALESCE(x, -%d)' % v, lambda x, o: -v if x is None else x),
        ('CASE WHEN x > 90 THEN NULL ELSE x - pmra END',
         some(lambda x, o: None if x > 90 or o['pm'] is None
              else x - o['pm'])),
        ('tile_id', lambda x, o: o['tile_id']),
        ('ABS(x - a.mag_auto[%d])' % k,
         some(lambda x, o: None if o['mag'][k - 1] is None
              else abs(x - o['mag'][k - 1])))])
    rows = []
    for o in w.objects:
        m = o['mag'] and [fn(x, o) for x in o['mag']]
        good = [x for x in m or [] if x is not None]
        rows.append((o['number'], m, m and m[k - 1],
                     sum(good) if good else None,
                     [2 * x if x is not None else None for x in m]
                     if m else None))
    text = 'arr_map(%s, mag_auto)' % expr
    return ('SELECT number, %s, (%s)[%d], arr_sum(%s), arr_map(x + x, %s) '
            'FROM MagABDualObj AS a' % (text, text, k, text, text), rows)


def t_histogram(w):
    lo, n = random.randint(-12, 4) / 4, random.randint(1, 9)
    hi = lo + random.randint(1, 20) / 4
    groups = {}
    for o in w.objects:
        h = groups.setdefault(o['tile_id'], [0] * (n + 2))
        v = o['pm']
        edges = [lo + i * (hi - lo) / n for i in range(n)] + [hi]
        h[0 if v is None else sum(v >= e for e in edges)] += 1
    return ('SELECT tile_id, %s_histogram(pmra, %r, %r, %d) FROM '
            'MagABDualObj GROUP BY tile_id'
            % (random.choice(['ivo', 'gavo']), lo, hi, n),
            list(groups.items()))


# ---- FULL JOIN without an equality ----------------------------------------

def t_full(w):
    r, cut = random.choice([0.002, 0.03]), random.randint(1, 9)
    kind = random.randint(0, 2)
    text, fn = [
        ('DISTANCE(a.alpha_j2000, a.delta_j2000, b.ra, b.dec) <= %r' % r,
         lambda o, g: less_equal(distance(o['ra'], o['dec'], g['ra'],
                                          g['dec']), r)),
        ('DISTANCE(POINT(a.alpha_j2000, a.delta_j2000), POINT(b.ra, b.dec)) '
         '<= %r AND b.tile_id < %d' % (r, cut),
         lambda o, g: k_and(less_equal(distance(
             o['ra'], o['dec'], g['ra'], g['dec']), r),
             g['tile_id'] < cut)),
        ('a.number BETWEEN b.number - 1 AND b.number AND a.tile_id > %d'
         % cut,
         lambda o, g: g['number'] - 1 <= o['number'] <= g['number']
         and o['tile_id'] > cut)][kind]
    rows = [(o['number'], g['number']) for o in w.objects for g in w.gaia
            if fn(o, g) is True]
    left, right = {p[0] for p in rows}, {p[1] for p in rows}
    rows += [(o['number'], None) for o in w.objects
             if o['number'] not in left]
    rows += [(None, g['number']) for g in w.gaia
             if g['number'] not in right]
    a, b = random.sample(['MagABDualObj AS a', random.choice([
        'xmatch_gaia AS b', '(SELECT * FROM xmatch_gaia) AS b'])], 2)
    if random.random() < 0.3:
        return ('SELECT a.number, b.number, c.filter_id FROM %s FULL JOIN %s '
                'ON %s, filter AS c WHERE a.tile_id > 4'
                % (a, b, text), [])
    where, keep = random.choice([
        ('', lambda p: True), (' WHERE a.number IS NULL',
                               lambda p: p[0] is None),
        (' WHERE b.number > 20', lambda p: p[1] is not None and p[1] > 20)])
    return ('SELECT a.number, b.number FROM %s FULL OUTER JOIN %s ON %s%s'
            % (a, b, text, where), [p for p in rows if keep(p)])


# ---- frames ---------------------------------------------------------------

def turned(frame, lon, lat):
    c = SkyCoord(lon, lat, unit='deg', frame=FRAMES[frame]).icrs
    return float(c.ra.deg), float(c.dec.deg)


def t_frame(w):
    """Constant shapes: they use the index as any other."""
    frame = random.choice(list(FRAMES))
    ra, dec = near(*random.choice(CENTERS), 1)
    there = SkyCoord(ra, dec, unit='deg').transform_to(FRAMES[frame])
    lon, lat = float(there.spherical.lon.deg), float(there.spherical.lat.deg)
    r = random.choice([0.1, 1.0, 20.0])
    p = 'POINT(alpha_j2000, delta_j2000)'
    text = random.choice([
        "1=CONTAINS(%s, CIRCLE('%s', %r, %r, %r))" % (p, frame, lon, lat, r),
        "DISTANCE(%s, POINT('%s', %r, %r)) <= %r" % (p, frame, lon, lat, r),
        "1=CONTAINS(%s, CIRCLE(POINT('%s', %r, %r), %r))" % (
            p, frame, lon, lat, r),
        "1=CONTAINS(POINT('%s', %r, %r), CIRCLE(%s, %r))" % (
            frame, lon, lat, p, r),
        "1=INTERSECTS(REGION('Circle %s %r %r %r'), %s)" % (
            frame, lon, lat, r, p)])
    return ('SELECT number FROM MagABDualObj WHERE ' + text,
            [(o['number'],) for o in w.objects
             if less_equal(distance(o['ra'], o['dec'], ra, dec), r)])


def t_frame_rows(w):
    """Every row's position is of another frame, or is turned to it."""
    frame = random.choice(list(FRAMES))
    name = {'B1950': 'FK4'}.get(frame, frame.upper().split()[0])
    some = [o for o in w.objects if o['ra'] is not None
            and o['dec'] is not None]
    lon, lat = [o['ra'] for o in some], [o['dec'] for o in some]
    c = SkyCoord(lon, lat, unit='deg', frame=FRAMES[frame]).icrs
    there = SkyCoord(lon, lat, unit='deg').transform_to(FRAMES[frame])
    back = np.column_stack([there.spherical.lon.deg,
                            there.spherical.lat.deg])
    to = {o['number']: ((float(a), float(d)), list(map(float, b)))
          for o, a, d, b in zip(some, c.ra.deg, c.dec.deg, back)}
    ra, dec = random.choice(list(to.values()))[0]
    r = random.choice([0.5, 5.0, 60.0])
    rows = []
    for o in w.objects:
        if o['number'] not in to:
            rows.append((o['number'],) + (None,) * 4)
            continue
        (a, d), b = to[o['number']]
        rows.append((o['number'], [a, d], b, d,
                     int(distance(a, d, ra, dec) <= r)))
    p = "POINT('%s', alpha_j2000, delta_j2000)" % frame
    inside = random.choice([
        'CONTAINS(%s, CIRCLE(%r, %r, %r))' % (p, ra, dec, r),
        'CONTAINS(POINT(%r, %r), CIRCLE(\'%s\', alpha_j2000, delta_j2000, '
        '%r))' % (ra, dec, frame, r),
        "CONTAINS(CENTROID(CIRCLE('%s', alpha_j2000, delta_j2000, 1)), "
        'CIRCLE(%r, %r, %r))' % (frame, ra, dec, r)])
    return ("SELECT number, %s, ivo_geom_transform('ICRS', '%s', POINT("
            'alpha_j2000, delta_j2000)), COORD2(%s), %s FROM MagABDualObj'
            % (p, name, p, inside), rows)


# ---- epochs ---------------------------------------------------------------

def moved(ra, dec, plx, pmra, pmdec, rv, years):
    """A straight line in Cartesian coordinates, in units of the distance."""
    r = vector(ra, dec)
    a, d = math.radians(ra), math.radians(dec)
    east = (-math.sin(a), math.cos(a), 0.0)
    north = cross(r, east)
    mas = math.radians(1 / 3.6e6)
    out = (plx or 0) * mas * (rv or 0) / (149597870.7 / 31557600)
    p = tuple(r[i] + years * ((pmra or 0) * mas * east[i] + (pmdec or 0)
              * mas * north[i] + out * r[i]) for i in range(3))
    return (math.degrees(math.atan2(p[1], p[0])) % 360, math.degrees(
        math.atan2(p[2], math.sqrt(p[0] ** 2 + p[1] ** 2))))


def t_motion(w):
    plx = random.choice([None, 1.5, 300.0])
    pmdec = random.choice([None, -2500.0, 40.0])
    rv = random.choice([None, -110.0, 30.0])
    epochs = random.choice([(2000, 2016.0), (1991.25, 1500), (2016, 2100)])
    rows, args = [], []
    for o in w.objects:
        if o['ra'] is not None and o['dec'] is not None:
            to = moved(o['ra'], o['dec'], plx, o['pm'] and o['pm'] * 1000,
                       pmdec, rv, epochs[1] - epochs[0])
            rows.append((o['number'], distance(*to, o['ra'], o['dec']),
                         to[1]))
    args = ', '.join('NULL' if x is None else repr(x) for x in (pmdec, rv)
                     + epochs)
    call = ('ivo_epoch_prop_pos(alpha_j2000, delta_j2000, %s, pmra * 1000, '
            '%s)' % ('NULL' if plx is None else repr(plx), args))
    return ('SELECT number, DISTANCE(%s, POINT(alpha_j2000, delta_j2000)), '
            '(%s)[2] FROM MagABDualObj WHERE alpha_j2000 IS NOT NULL AND '
            'delta_j2000 IS NOT NULL'
            % (call, call.replace('prop_pos', 'prop')), rows)


# ---- MOCs -----------------------------------------------------------------

def cell(order, o):
    if o['ra'] is None or o['dec'] is None:
        return None
    return int(healpy.ang2pix(2 ** order, o['ra'], o['dec'], nest=True,
                              lonlat=True))


def random_moc():
    """Cells of one order: some with rows, some without."""
    order = random.choice([1, 4, 7])
    cells = set()
    for _ in range(random.randint(1, 30)):
        ra, dec = near(*random.choice(CENTERS), 4)
        cells.add(cell(order, {'ra': ra, 'dec': dec}))
    return order, cells


def t_moc(w):
    order, cells = random_moc()
    order2, cells2 = random_moc()
    one = "MOC('%d/%s')" % (order, ' '.join(map(str, cells)))
    two = "MOC('%d/%s')" % (order2, ','.join(map(str, sorted(cells2))))
    text, fn = random.choice([
        (one, lambda x, y: x),
        ('moc_union(%s, %s)' % (one, two), lambda x, y: x or y),
        ('gavo_mocunion(%s, %s)' % (one, two), lambda x, y: x or y),
        ('moc_intersect(%s, %s)' % (one, two), lambda x, y: x and y),
        ('moc_minus(%s, %s)' % (one, two), lambda x, y: x and not y)])
    p = 'POINT(alpha_j2000, delta_j2000)'

    def has(o):
        a, b = cell(order, o), cell(order2, o)
        return None if a is None else int(fn(a in cells, b in cells2))

    if random.random() < 0.5:
        v = random.choice([0, 1])
        return ('SELECT number FROM MagABDualObj WHERE %d=CONTAINS(%s, %s)'
                % (v, p, text),
                [(o['number'],) for o in w.objects if has(o) == v])
    return ('SELECT number, CONTAINS(%s, %s) FROM MagABDualObj' % (p, text),
            [(o['number'], has(o)) for o in w.objects])


def t_moc_agg(w):
    """The cells of rows; the order is one at which few touch."""
    order = random.choice([3, 8, 11])
    groups = {}
    for o in w.objects:
        cells = groups.setdefault(o['tile_id'], set())
        if cell(order, o) is not None:
            cells.add(cell(order, o))
    p = random.choice(['POINT(q.alpha_j2000, q.delta_j2000)',
                       "POINT('ICRS', q.alpha_j2000 + 0, q.delta_j2000)"])
    area = 129600 / math.pi / 12 / 4 ** order
    o = random.choice(w.objects)
    known = random.choice([x for x in w.objects if cell(order, x)
                           is not None])
    return ('SELECT r.tile_id, AREA(r.m), CONTAINS(POINT(%r, %r), r.m) FROM '
            '(SELECT q.tile_id, moc_agg(%d, %s) AS m FROM MagABDualObj AS q '
            'GROUP BY q.tile_id) AS r WHERE r.tile_id <> %d'
            % (known['ra'], known['dec'], order, p, o['tile_id']),
            [(k, len(cells) * area, int(cell(order, known) in cells))
             for k, cells in groups.items() if k != o['tile_id']])


KINDS = [t_unnest, t_unnest, t_unnest_query, t_unnest_query, t_map, t_map,
         t_histogram, t_full, t_frame, t_frame_rows, t_motion, t_moc,
         t_moc_agg]

# ---- what the notes give, and DaCHS's names -------------------------------

STAR = 'ivo_epoch_prop_pos(7.606083572, 11.79044105, '
VALUES = [
    (STAR + '125, 300, -428.8, 52.51, 2016.0, 1992.25)',
     [7.604061404627978, 11.7932703828279]),
    (STAR + '125, 300, -428.8, 52.51, 2016.0, 1875.0)',
     [7.594068213694308, 11.807251375203935]),
    (STAR + '125, 300, -428.8, NULL, 2016.0, 1875.0)',
     [7.594079587029898, 11.807235464326332]),
    (STAR + '125, 300, NULL, NULL, 2016.0, 1875.0)',
     [7.594080321498365, 11.790440798509207]),
    ("ivo_hms_to_degrees('3:34:45.4')", 53.68916666666667),
    ("ivo_hms_to_degrees('3h34m45.4s')", 53.68916666666667),
    ("ivo_hms_to_degrees('nonsense')", None),
    ("ivo_dms_to_degrees('42:9:6.768')", 42.15188),
    ("ivo_dms_to_degrees('42D9M6.768S')", 42.15188),
    ("ivo_dms_to_degrees('-00:15:00')", -0.25),
    ("ivo_dms_to_degrees('+0d15m0s')", 0.25),
    ("COORD1(ivo_geom_transform('ICRS', 'GALACTIC', POINT(120, -23)))",
     241.12183118260333),
    ("gavo_transform('ICRS', 'ICRS', CIRCLE(1, 2, 3))", [1.0, 2.0, 3.0]),
    ("gavo_to_jd('2000-01-02T12:00:00')", 2451546.0),
    ("gavo_to_mjd('2000-01-02T12:00:00')", 51545.5),
    ("gavo_normal_random(3, 0)", 3.0),
    ("gavo_match('^a+b$', 'aaab')", 1), ("gavo_match('^b', 'ab')", 0),
    ("gavo_getauthority('ivo://org.gavo.dc/foo/bar#baz')", 'org.gavo.dc'),
    ("gavo_urlescape('a b&c')", 'a%20b%26c'),
    ('gavo_apply_pm(10, 0, 0.001, 0.0005, 10)',
     [10 + math.degrees(math.atan(math.radians(0.01))),
      math.degrees(math.atan(math.radians(0.005)
                             / math.hypot(1, math.radians(0.01))))]),
    ("MOC('3/4-7 9')", '2/1 3/9'), ('MOC(0, CIRCLE(0, 0, 180))', '0/0-11'),
    ("moc_union(MOC('3/4-6'), MOC('3/7'))", '2/1 3/'),
    ("moc_minus(MOC('0/0-11'), MOC('0/1-11'))", '0/0'),
    ("AREA(MOC('0/0'))", 129600 / math.pi / 12),
    ("INTERSECTS(MOC('0/0'), CIRCLE(45, 20, 1))", 1),
    ("CONTAINS(MOC('1/1'), MOC('0/0'))", 1),
]
