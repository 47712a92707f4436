"""adql_places.py: places asked for without a shape, and groups of places.

Limits on the columns of a position, distances in other units, HEALPix cells:
pairs of ADQL text and a Python function of a row, as in run_semantics.py.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import random

import healpy

from adql_truth import (CENTERS, distance, k_and, k_not, k_or, less,
                        less_equal, near)


def equal(x, y):
    return None if x is None else x == y


def cell_of(o, order):
    """The number that healpy has for the position of O."""
    if o['ra'] is None or o['dec'] is None:
        return None
    return int(healpy.ang2pix(2 ** order, o['ra'], o['dec'], nest=True,
                              lonlat=True))


def scaled():
    """A distance in other units, or between two."""
    ra0, dec0 = near(*random.choice(CENTERS), 2)
    r = random.choice([0.1, 0.75, 2.0, 5.0])
    d = 'DISTANCE(alpha_j2000, delta_j2000, %r, %r)' % (ra0, dec0)
    op, fn = random.choice([('<', less), ('<=', less_equal)])

    def dist(o):
        return distance(o['ra'], o['dec'], ra0, dec0)

    if random.random() < 0.4:
        low = r * random.choice([0, 0.5])
        no = random.random() < 0.3
        return ('%s %sBETWEEN %r AND %r' % (d, 'NOT ' if no else '', low, r),
                lambda o: (k_not if no else lambda x: x)(k_and(
                    less_equal(low, dist(o)), less_equal(dist(o), r))))
    text = random.choice(['%s*3600 %s %r' % (d, op, r * 3600),
                          '60.0*%s*2 %s %r' % (d, op, r * 120),
                          '(%s)/0.5 %s %r' % (d, op, r * 2),
                          "IN_UNIT(%s, 'arcmin') %s %r" % (d, op, r * 60),
                          '%s*3600 %s %r+tile_id*0' % (d, op, r * 3600)])
    return text, lambda o: fn(dist(o), r)


def box():
    """Limits on the columns of the position."""
    ra0, dec0 = near(*random.choice(CENTERS), 2)
    w, h = random.choice([(0.1, 0.1), (3.0, 1.0), (60.0, 4.0), (0, 0)])
    if not w and random.random() < 0.5:
        w = h = 1e-3
    lo, hi = ra0 - w, ra0 + w
    if random.random() < 0.3:
        lo, hi = lo - 360, hi + 5
    south, north = dec0 - h, dec0 + h
    parts = [
        (random.choice(['alpha_j2000 >= %r', '%r <= alpha_j2000']) % lo,
         lambda o: less_equal(lo, o['ra'])),
        (random.choice(['alpha_j2000 < %r', '%r > alpha_j2000']) % hi,
         lambda o: less(o['ra'], hi)),
        ('delta_j2000 BETWEEN %r AND %r' % (south, north),
         lambda o: k_and(less_equal(south, o['dec']),
                         less_equal(o['dec'], north)))]
    random.shuffle(parts)

    def fn(o):
        return k_and(parts[0][1](o), k_and(parts[1][1](o), parts[2][1](o)))

    return ' AND '.join(p[0] for p in parts), fn


def cell():
    """The cell of a position compared with literals, by healpy's numbers."""
    order = random.choice([0, 1, 4, 9, 29])

    def at(o):
        return cell_of(o, order)

    v = at(dict(zip(('ra', 'dec'), near(*random.choice(CENTERS), 1))))
    if random.random() < 0.1:
        v = random.choice([-1, -7, 12 * 4 ** order, 4 * 10 ** 18])
    pair = ('POINT(alpha_j2000, delta_j2000)' if random.random() < 0.5
            else 'alpha_j2000, delta_j2000')
    text = 'ivo_healpix_index(%d, %s)' % (order, pair)
    kind = random.randint(0, 4)
    if kind == 0:
        return random.choice(['%s = %d' % (text, v), '%s BETWEEN %d AND %d'
                              % (text, v, v)]), lambda o: equal(at(o), v)
    if kind == 1:
        return '%s <> %d' % (text, v), lambda o: k_not(equal(at(o), v))
    if kind == 2:
        return '%d >= %s' % (v, text), lambda o: less_equal(at(o), v)
    if kind == 3:
        return '%s > %d' % (text, v), lambda o: k_not(less_equal(at(o), v))
    no = random.random() < 0.5
    return ('%s %sIN (3, %d)' % (text, 'NOT ' if no else '', v),
            lambda o: (k_not if no else lambda x: x)(k_or(
                equal(at(o), 3), equal(at(o), v))))


CONDITIONS = [scaled, box, cell]


def t_place_groups(w):
    """What is grouped by is not the table's row any more: no column of cells
    stands beside it."""
    groups = {}
    kind = random.randint(0, 3)
    text, fn = random.choice(CONDITIONS)()
    if kind == 0:
        for o in w.objects:
            groups.setdefault((o['ra'], o['dec']), []).append(o)
        return ('SELECT MIN(number), COUNT(*) FROM MagABDualObj GROUP BY '
                'alpha_j2000, delta_j2000 HAVING '
                + text.replace('tile_id', 'COUNT(*)'),
                [(min(o['number'] for o in v), len(v))
                 for v in groups.values() if fn(v[0]) is True])
    if kind == 1:
        for o in w.objects:
            groups.setdefault(o['tile_id'], []).append(fn(o) is True)
        return ('SELECT tile_id, SUM(CASE WHEN %s THEN 1 ELSE 0 END) FROM '
                'MagABDualObj GROUP BY tile_id' % text,
                [(k, sum(v)) for k, v in groups.items()])
    if kind == 2:
        order = random.randint(0, 3)
        for o in w.objects:
            groups.setdefault(cell_of(o, order), []).append(o)
        value = 'ivo_healpix_index(%d, alpha_j2000, delta_j2000)' % order
        v = random.randint(0, 12 * 4 ** order)
        test, fn = random.choice([('> %d', lambda x: x > v),
                                  ('<> %d', lambda x: x != v),
                                  ('NOT IN (%d)', lambda x: x != v)])
        return ('SELECT %s + 1, COUNT(*) FROM MagABDualObj GROUP BY %s HAVING '
                '%s %s ORDER BY %s' % (value, value, value, test % v, value),
                [(k + 1, len(x)) for k, x in groups.items()
                 if k is not None and fn(k)])
    ra0, dec0 = near(*random.choice(CENTERS), 2)
    value = ('CONTAINS(POINT(alpha_j2000, delta_j2000), CIRCLE(%r, %r, 1.50))'
             % (ra0, dec0))
    for o in w.objects:
        d = distance(o['ra'], o['dec'], ra0, dec0)
        groups.setdefault(None if d is None else int(d <= 1.5), []).append(o)
    return ('SELECT %s, COUNT(*) FROM MagABDualObj GROUP BY %s HAVING %s = 1 '
            'OR %s IS NULL ORDER BY %s' % (value, value, value, value, value),
            [(k, len(x)) for k, x in groups.items() if k != 0])


KINDS = [t_place_groups] * 2
