"""adql_random.py: random well-typed ADQL over the model's tables."""
# SPDX-License-Identifier: GPL-3.0-or-later
import random

# columns of the model by kind
TABLES = {
    'MagABDualObj': {
        'num': ['tile_id', 'NUMBER', 'alpha_j2000', 'delta_j2000',
                'class_star', 'pmra'],
        'text': ['name'], 'array': ['flags', 'mag_auto', 'mag_err_auto',
                                    'flux'],
        'time': ['observed'], 'bool': ['is_good'], 'geom': []},
    'demo.xmatch_gaia': {
        'num': ['tile_id', 'number', 'Source', 'ra', 'dec', 'gmag', 'err'],
        'text': [], 'array': [], 'time': [], 'bool': [], 'geom': []},
    'TILEIMAGE': {
        'num': ['tile_id', 'filter_id', 'ra', 'dec', 'fwhmg'],
        'text': ['name'], 'array': [], 'time': [], 'bool': [],
        'geom': ['s_region', 'center']},
    'filter': {'num': ['filter_id', 'wavelength'], 'text': ['"name"'],
               'array': [], 'time': [], 'bool': [], 'geom': []},
    'TAP_UPLOAD.mine': {'num': ['id', 'ra', 'dec'], 'text': [], 'array': [],
                        'time': [], 'bool': [], 'geom': []},
}
BASE = list(TABLES)
TABLES['unnest'] = {'num': ['v', 'place', 'filter_id', 'wavelength'],
                    'text': ['filter'], 'array': [], 'time': [], 'bool': [],
                    'geom': []}
POSITION = {'MagABDualObj': ('alpha_j2000', 'delta_j2000'),
            'demo.xmatch_gaia': ('ra', 'dec'), 'TILEIMAGE': ('ra', 'dec'),
            'TAP_UPLOAD.mine': ('ra', 'dec')}

pick = random.choice


def chance(p):
    return random.random() < p


class Maker:
    """Writes expressions over the tables (ALIAS, TABLE) in view."""

    def __init__(self, tables):
        self.tables = tables

    def column(self, kind):
        found = ['%s.%s' % (alias, c) for alias, table in self.tables
                 for c in TABLES[table][kind]]
        return pick(found) if found else None

    def num(self, d):
        if d <= 0 or chance(0.2):
            return pick([self.column('num'), self.column('num'),
                         str(random.randint(0, 30)), '2.5', '1e-2', '0.5'])
        k = random.randint(0, 20)
        if k == 18:
            return pick(["ivo_hms_to_degrees('1:2:%d')", 'COORD1(ivo_epoch_'
                         'prop_pos(10, 20, 5, %d, NULL, NULL, 2000, 2010))',
                         'ivo_epoch_prop(1, 2, NULL, 3, 4, NULL, 5, %d)[2]',
                         "gavo_match('a%d', 'a')"]) % random.randint(0, 9)
        if k == 19 and self.column('array'):
            return 'arr_sum(arr_map(%s, %s))' % (
                pick(['x', 'x * 2', 'x - %s' % self.num(0),
                      'COALESCE(x, 0)']), self.array(0))
        if k == 20 and self.column('array'):
            return ('(SELECT MAX(z.v) FROM UNNEST(%s) AS z(v) WHERE %s)'
                    % (self.array(0), self.cond(0)))
        if k < 5:
            return '%s %s %s' % (self.num(d - 1), pick('+-*'),
                                 self.num(d - 1))
        if k == 5:
            return '(%s)' % self.num(d - 1)
        if k == 6:
            return '-%s' % self.num(0)
        if k == 7:
            return '%s(%s)' % (pick(['ABS', 'floor', 'CEILING', 'Sin', 'COS',
                                     'ATAN', 'RADIANS', 'DEGREES']),
                               self.num(d - 1))
        if k == 8:
            return 'ROUND(%s, %d)' % (self.num(d - 1), random.randint(-2, 3))
        if k == 9:
            return 'COALESCE(%s, %s)' % (self.num(d - 1), self.num(d - 1))
        if k == 10:
            return 'CAST(%s AS %s)' % (
                self.num(d - 1), pick(['REAL', 'DOUBLE PRECISION']))
        if k == 11 and self.column('array'):
            return pick(['%s[%d]', '%s[jplus::%s]', 'arr_avg(%s)',
                         'arr_count(%s)', 'arr_max(%s)']).replace(
                '%d', str(random.randint(1, 12))).replace(
                '::%s', '::rSDSS') % self.array(0)
        if k == 12:
            return 'CASE WHEN %s THEN %s ELSE %s END' % (
                self.cond(d - 1), self.num(d - 1), self.num(d - 1))
        if k == 13:
            return pick(['CONTAINS', 'INTERSECTS']) + '(%s, %s)' % (
                self.geom(d - 1), self.geom(d - 1))
        if k == 14:
            return 'DISTANCE(%s, %s)' % (self.point(), self.point())
        if k == 15:
            return pick(['COORD1', 'COORD2']) + '(%s)' % self.point()
        if k == 16:
            return 'AREA(%s)' % self.geom(d - 1)
        return 'MOD(%s, 7)' % self.num(d - 1)

    def text(self, d):
        if d <= 0 or chance(0.4):
            return self.column('text') or "'abc'"
        return pick([lambda: "%s || %s" % (self.text(d - 1),
                                           self.text(d - 1)),
                     lambda: '%s(%s)' % (pick(['LOWER', 'UPPER']),
                                         self.text(d - 1)),
                     lambda: 'COALESCE(%s, %s)' % (self.text(d - 1),
                                                   "'it''s'"),
                     lambda: 'CAST(%s AS VARCHAR(%d))' % (
                         pick([self.num, self.text])(d - 1),
                         random.randint(1, 9)),
                     lambda: "CASE WHEN %s THEN 'x%%_' ELSE %s END" % (
                         self.cond(d - 1), self.text(d - 1))])()

    def array(self, d):
        base = self.column('array')
        if not base:
            return None
        if d <= 0 or chance(0.4):
            return base
        return pick(['(%s + %s)' % (self.array(d - 1), self.array(d - 1)),
                     '(%s * %s)' % (self.array(d - 1), self.num(d - 1)),
                     '(%s - %s)' % (self.num(0), self.array(d - 1)),
                     '(-%s)' % self.array(d - 1),
                     'arr_map(x / 2, %s)' % self.array(d - 1)])

    def point(self):
        places = [(a, POSITION[t]) for a, t in self.tables if t in POSITION]
        if places and chance(0.7):
            a, (ra, dec) = pick(places)
            return "POINT(%s%s.%s, %s.%s)" % (
                pick(['', "'ICRS', ", '', "'GALACTIC', "]), a, ra, a, dec)
        return pick(['POINT(10, 5)', 'POINT(3 * 2, 10/4.)',
                     'CENTROID(CIRCLE(4, 2, 1))', "CAST('8 4' AS POINT)",
                     "POINT('FK4', 3, 80)", "ivo_geom_transform('ICRS', "
                     "'ECLIPTIC', POINT(7, 8))",
                     'gavo_apply_pm(1, 2, 1e-4, 0, 10)'])

    def geom(self, d):
        k = random.randint(0, 11)
        if k < 2:
            return self.point()
        if k == 9:
            return 'MOC(%d, %s)' % (random.randint(0, 6), self.geom(0))
        if k == 10:
            return pick(["MOC('2/1-9 4/')", "moc_union(MOC('1/3'), MOC(3, %s))"
                         % self.geom(0), "moc_minus(MOC('1/3-5'), MOC('3/'))"])
        if k == 11:
            return "BOX('GALACTIC', 4, %s, 5, 6)" % pick(['3', '-80'])
        if k == 2:
            return 'CIRCLE(%s, %s)' % (self.point(), pick(['1', '0.5', '3']))
        if k == 3:
            return 'CIRCLE(%d, %d, %s)' % (random.randint(0, 20),
                                           random.randint(0, 10),
                                           pick(['1', '1/3600.', '8']))
        if k == 4:
            return 'POLYGON(0,0, 10,0, 10,10)'
        if k == 5:
            return "REGION('Box ICRS 5 5 2 2')"
        if k == 6:
            return 'BOX(%s, 2, 3)' % self.point()
        if k == 7:
            return 'POLYGON(%s, POINT(40, 1), POINT(41, 30))' % self.point()
        return self.column('geom') or 'POINT(1, 1)'

    def cond(self, d):
        if d > 0 and chance(0.45):
            return pick(['%s AND %s', '(%s OR %s)', 'NOT (%s) AND %s']) % (
                self.cond(d - 1), self.cond(d - 1))
        k = random.randint(0, 13)
        op = pick(['=', '<>', '!=', '<', '<=', '>', '>='])
        if k < 2:
            return '%s %s %s' % (self.num(d), op, self.num(d))
        if k == 2:
            return '%s %s %s' % (self.text(d), op, self.text(d))
        if k == 3:
            return '%s%s BETWEEN %s AND %s' % (
                self.num(d), pick(['', ' NOT']), self.num(0), self.num(0))
        if k == 4:
            return '%s%s IN (%s)' % (
                self.num(d), pick(['', ' NOT']),
                ', '.join(self.num(0) if chance(0.2)
                          else pick(['1', '-2', '2.5', '7'])
                          for _ in range(random.randint(1, 4))))
        if k == 5:
            return "%s%s %s '%s'" % (self.text(d), pick(['', ' NOT']),
                                     pick(['LIKE', 'ILIKE']),
                                     pick(['n1%', '%_', 'a\\%']))
        if k == 6:
            return '%s IS%s NULL' % (self.num(d), pick(['', ' NOT']))
        if k == 7 and self.column('time'):
            return "%s %s '2020-01-0%d'" % (self.column('time'), op,
                                            random.randint(1, 9))
        if k == 8 and self.column('bool'):
            return '%s %s %s' % (self.column('bool'), pick(['=', '<>']),
                                 pick(['1', '0', "'true'"]))
        if k == 9:
            return 'DISTANCE(%s, %s) %s %s' % (
                self.point(), self.point(), pick(['<', '<=', '>']),
                pick(['1', '0.01', self.num(0)]))
        if k == 10:
            return '%sEXISTS (%s)' % (pick(['', 'NOT ']),
                                      select(0, 0, self.tables))
        if k == 11:
            return '%s%s IN (%s)' % (self.num(0), pick(['', ' NOT']),
                                     select(0, 1, self.tables))
        return '%s = %s(%s, %s)' % (pick('01'), pick(['CONTAINS',
                                                      'INTERSECTS']),
                                    self.geom(d), self.geom(d))

    def value(self, d):
        return pick([self.num, self.num, self.num, self.text, self.geom,
                     self.array])(d) or '1'


COUNT = [0]


def select(d, nout, outer=()):
    """A SELECT; NOUT numeric columns, or anything if it is 0."""
    tables = []
    for _ in range(pick([1, 1, 2, 2, 3])):
        COUNT[0] += 1
        tables.append(('a%d' % COUNT[0], pick(BASE)))
    frm = '%s AS %s' % tables[0][::-1]
    for i, (alias, table) in enumerate(tables[1:], 1):
        inside = Maker(tables[:i + 1])
        kind = random.randint(0, 3)
        if kind == 0:
            frm += ', %s %s' % (table, alias)
        else:
            frm += ' %s JOIN %s AS %s ON %s' % (
                pick(['', 'INNER', 'LEFT', 'RIGHT OUTER', 'FULL']), table,
                alias, inside.cond(1))
    # a join sees no table before the comma
    near = Maker(tables[:1] if ',' in frm else tables)
    if near.column('array') and chance(0.25):
        COUNT[0] += 1
        frm += (', UNNEST(%s, %s) AS a%d(v)' if ',' in frm or chance(0.5)
                else ' LEFT JOIN UNNEST(%s, %s) a%d (v)') % (
            near.array(0), near.array(1), COUNT[0])
        tables.append(('a%d' % COUNT[0], 'unnest'))
    m = Maker(tables + list(outer))
    own = Maker(tables)
    text = 'SELECT %s' % pick(['', '', 'TOP 5 '])
    tail = ''
    if chance(0.7):
        tail += ' WHERE ' + m.cond(d)
    if chance(0.2):
        key = own.num(1)
        if not set(key) & set('.'):
            key = own.column('num')
        items = [key] if nout == 1 else [key, 'COUNT(*)', 'MIN(%s)'
                                         % own.text(0), 'SUM(%s)'
                                         % own.num(1)]
        tail += ' GROUP BY ' + key
        if chance(0.5):
            tail += ' HAVING MAX(%s) > 0' % own.num(1)
        if chance(0.5):
            tail += ' ORDER BY %s' % pick(['1', key + ' DESC'])
    else:
        items = [m.num(d) for _ in range(nout)] or [
            m.value(d) for _ in range(random.randint(1, 4))]
        if nout == 0 and chance(0.15):
            items.append('*')
        if chance(0.3):
            tail += ' ORDER BY %s%s' % (own.num(1), pick(['', ' DESC']))
            if tail.split(' ORDER BY ')[1][0].isdigit():
                tail = tail.split(' ORDER BY ')[0]
    return text + ', '.join(items) + ' FROM ' + frm + tail


def query():
    k = random.randint(0, 7)
    if k == 0:
        n = random.randint(1, 3)
        return '%s %s %s' % (select(1, n), pick(['UNION', 'UNION ALL',
                                                 'EXCEPT', 'INTERSECT']),
                             select(1, n).split(' ORDER BY')[0]) \
            if chance(0.5) else '(%s) UNION (%s) ORDER BY 1' % (
                select(1, n), select(1, n))
    if k == 1:
        return 'SELECT q.* FROM (%s) AS q' % select(2, 0)
    if k == 2:
        return 'WITH q AS (%s) SELECT * FROM q, q AS r' % select(2, 0)
    text = select(2, 0)
    if k == 3 and ' ORDER BY ' not in text:
        text = text.replace('SELECT ', 'SELECT DISTINCT ', 1)
        if chance(0.5):
            return 'SELECT q.* FROM (%s) AS q' % text
    if k == 4 and ' ORDER BY ' not in text:
        return 'SELECT * FROM (%s %s %s) AS q' % (
            text, pick(['UNION', 'EXCEPT', 'UNION ALL']), text)
    return text
