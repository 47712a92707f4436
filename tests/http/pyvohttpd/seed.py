"""seed.py: small releases with every kind of column, made without voctl load.

Positions and cell numbers come from numpy and healpy, so that what the modules
answer is compared with another implementation. `rows(...)` gives the truth back
to the tests.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import io
from pathlib import Path

import healpy
import numpy as np

from .server import TOP

NSTARS = 5000
NSIDE = 2 ** 29
LIMITS = [21.0, 21.5, None] + [22.0] * 9  # of spectra, by array position


def stars():
    """The table test.Stars as a dict of columns: all of the sky, a crowd at
    (180, 0), both poles, both sides of RA 0, and a cross of rows at exact
    distances from (40, 30)."""
    rng = np.random.default_rng(20261120)
    n = NSTARS
    ra = rng.uniform(0, 360, n)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    ra[:1000] = 180 + rng.uniform(-1, 1, 1000)
    dec[:1000] = rng.uniform(-1, 1, 1000)
    ra[1000:1010] = [0, 0, 359.9999, 0.0001, 360 - 1e-9, 1e-9, 0.01, 359.99,
                     359.95, 0.05]
    dec[1000:1010] = [0, 1e-9, 0, 0, 0, 0, 0.01, -0.01, 0.02, -0.02]
    ra[1010:1014] = [0, 123, 300, 77]
    dec[1010:1014] = [90, -90, 89.9999, -89.9999]
    ra[1014:1018] = 40
    dec[1014:1018] = [30, 30.25, 29.75, 30.5]
    mag = np.round(rng.uniform(10, 25, n), 3).astype("f4")
    return {
        "object_id": np.arange(1, n + 1) + 9007199254740992,
        "ra": ra, "dec": dec,
        "mag": [None if i % 17 == 0 else float(m) for i, m in enumerate(mag)],
        "mag_auto": [[round(float(m) + k / 8, 4) if (i + k) % 5 else 99.0
                      for k in range(12)] for i, m in enumerate(mag)],
        "flags": [[int((i * k) % 7) for k in range(12)] for i in range(n)],
        "name": ["HD <%d> & \"Co\"" % i if i % 3 else None for i in range(n)],
        "is_variable": [bool(i % 2) if i % 11 else None for i in range(n)],
        "observed": ["2024-02-29 12:%02d:00.5" % (i % 60) for i in range(n)],
        "hpx": healpy.ang2pix(NSIDE, ra, dec, nest=True, lonlat=True),
    }


# Column descriptions: name, datatype, arraysize, xtype, unit, ucd, principal,
# indexed, pg_type, description.
STARS = [
    ("object_id", "long", None, None, None, "meta.id;meta.main", 1, 1,
     "bigint", "Identifier"),
    ("RA", "double", None, None, "deg", "pos.eq.ra;meta.main", 1, 0,
     "double precision", "Right ascension, ICRS"),
    ("Dec", "double", None, None, "deg", "pos.eq.dec;meta.main", 1, 0,
     "double precision", "Declination, ICRS"),
    ("mag", "float", None, None, "mag", "phot.mag;em.opt.R", 1, 0,
     "real", "Magnitude, R & friends"),
    ("MAG_AUTO", "float", "12", None, "mag", "phot.mag", 1, 0,
     "real[]", "Magnitudes, one per filter"),
    ("FLAGS", "short", "12", None, None, "meta.code.qual", 0, 0,
     "smallint[]", "Flags, one per filter"),
    ("name", "char", "*", None, None, "meta.id", 0, 0,
     "text", "Name as people write it"),
    ("is_variable", "boolean", None, None, None, "meta.code;src.var", 0, 0,
     "boolean", "Does it vary"),
    ("observed", "char", "*", "timestamp", None, "time.epoch", 0, 0,
     "timestamp without time zone", "When it was seen"),
    ("s_region", "char", "*", "adql:REGION", None, "pos.outline;obs.field", 0,
     0, "sky_region", "Circle around it"),
]

OBJECTS = [
    ("TILE_ID", "int", None, None, None, "meta.id", 1, 1, "integer",
     "Identifier of the tile"),
    ("NUMBER", "int", None, None, None, "meta.id.part", 1, 1, "integer",
     "Number within the tile"),
    ("ALPHA_J2000", "double", None, None, "deg", "pos.eq.ra;meta.main", 1, 0,
     "double precision", "Right ascension, ICRS"),
    ("DELTA_J2000", "double", None, None, "deg", "pos.eq.dec;meta.main", 1, 0,
     "double precision", "Declination, ICRS"),
]

PLAIN = [
    ("plain_id", "int", None, None, None, "meta.id;meta.main", 1, 1,
     "integer", "Identifier"),
    ("star", "long", None, None, None, "meta.id.cross", 1, 0, "bigint",
     "The star it is about"),
    ("note", "char", "*", None, None, "meta.note", 0, 0, "text", "Remark"),
]

ODD = [
    ('"id of it"', "char", "8", None, None, "meta.id;meta.main", 1, 1,
     "character varying(8)", "Identifier with blanks in its name"),
    ('"select"', "double", None, None, "deg", "pos.eq.ra;meta.main", 1, 0,
     "double precision", "Right ascension under a reserved word"),
    ("de", "double", None, None, "deg", "pos.eq.dec;meta.main", 1, 0,
     "double precision", "Declination"),
]


def bare(name):
    return name.strip('"')


def _release(cur, rid, state="public", embargo=None, survey="test"):
    schema = rid.replace("-", "_")
    cur.execute(
        "INSERT INTO vo.release (release_id, survey, title, description,"
        " state, embargo_until, reader_role, pg_schema, publisher, doi)"
        " VALUES (%s, %s, %s, 'Made for tests', %s, %s, %s, %s,"
        " 'Test Observatory', '10.5072/test')",
        (rid, survey, "Release " + rid, state, embargo, "vo_read_" + schema,
         schema))
    cur.execute("SELECT vo.make_reader(%s)", ("vo_read_" + schema,))
    cur.execute("SET LOCAL ROLE vo_owner; SELECT vo.make_release(%s);"
                "RESET ROLE", (rid,))
    return schema


def _table(cur, rid, index, tap_name, pg_table, columns, cone=None,
           epoch=None):
    """Describe TAP_NAME; CONE is (ra, dec, id) by column_name."""
    schema = rid.replace("-", "_")
    ra, dec, main = cone or (None, None, None)
    cur.execute(
        "INSERT INTO vo.tap_tables (release_id, schema_name, table_name,"
        " description, table_index, pg_schema, pg_table, ra_column,"
        " dec_column, id_column, hpx_column, epoch, is_cone)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (rid, tap_name.split(".")[0], tap_name, "Table " + pg_table, index,
         schema, pg_table, ra, dec, main, "hpx" if cone else None, epoch,
         cone is not None))
    for i, (name, dtype, size, xtype, unit, ucd, principal, indexed, pg_type,
            text) in enumerate(columns):
        cur.execute(
            "INSERT INTO vo.tap_columns (release_id, table_name, column_name,"
            " datatype, arraysize, xtype, size, description, unit, ucd,"
            " indexed, principal, column_index, pg_column, pg_type)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
            " %s)",
            (rid, tap_name, name, dtype, size, xtype,
             int(size) if size and size.isdigit() else None, text, unit, ucd,
             indexed, principal, i, bare(name).lower(), pg_type))
    cur.execute("GRANT SELECT ON %s.%s TO vo_read_%s" % (
        schema, '"%s"' % pg_table, schema))


def _make_stars(cur, schema, limit=NSTARS):
    cols = stars()
    cur.execute(
        "CREATE TABLE %s.stars (object_id bigint, ra double precision, dec"
        " double precision, mag real, mag_auto real[], flags smallint[], name"
        " text, is_variable boolean, observed timestamp, hpx bigint, s_region"
        " sky.sky_region)" % schema)
    text = io.StringIO()
    order = np.argsort(cols["hpx"][:limit], kind="stable")
    names = [n for n in cols]
    for i in order:
        row = []
        for n in names:
            v = cols[n][i]
            if v is None:
                row.append("\\N")
            elif isinstance(v, list):
                row.append("{%s}" % ",".join(repr(x) for x in v))
            elif isinstance(v, (bool, str)):
                row.append(str(v))
            else:
                row.append(repr(v.item() if hasattr(v, "item") else v))
        text.write("\t".join(row) + "\n")
    text.seek(0)
    cur.copy_expert("COPY %s.stars (%s) FROM STDIN" % (
        schema, ", ".join(names)), text)
    cur.execute("UPDATE %s.stars SET s_region = sky.sky_circle(ra, dec, 0.01)"
                " WHERE object_id %% 5 > 0" % schema)
    cur.execute("CREATE INDEX ON %s.stars (hpx); CREATE INDEX ON %s.stars"
                " (object_id); ANALYZE %s.stars" % (schema, schema, schema))


def _make_all(cur):
    dr1 = _release(cur, "test-dr1")
    _make_stars(cur, dr1)
    _table(cur, "test-dr1", 0, "test.Stars", "stars", STARS,
           ("RA", "Dec", "object_id"), 2016.0)
    cur.execute(
        "CREATE TABLE {0}.objects AS SELECT (1 + object_id / 100 %% 50)::int"
        " AS tile_id, object_id::int %% 100 AS number, ra AS alpha_j2000,"
        " dec AS delta_j2000, hpx FROM (SELECT object_id - 9007199254740992"
        " AS object_id, ra, dec, hpx FROM {0}.stars) s ORDER BY hpx;"
        "CREATE INDEX ON {0}.objects (hpx); ANALYZE {0}.objects"
        .format(dr1).replace("%%", "%"))
    _table(cur, "test-dr1", 1, "test.Objects", "objects", OBJECTS,
           ("ALPHA_J2000", "DELTA_J2000", None))
    cur.execute(
        "CREATE TABLE {0}.plain AS SELECT g AS plain_id, 9007199254740992 + g"
        " AS star, 'note ' || g AS note FROM generate_series(1, 20) g"
        .format(dr1))
    _table(cur, "test-dr1", 2, "test.Plain", "plain", PLAIN)
    cur.execute(
        'CREATE TABLE {0}."my table" AS SELECT (\'id\' || g)::varchar(8) AS'
        ' "id of it", g::float8 AS "select", -g::float8 AS de, sky.sky_hpx(g,'
        ' -g) AS hpx FROM generate_series(0, 80) g'.format(dr1))
    _table(cur, "test-dr1", 3, 'test."my table"', "my table", ODD,
           ('"select"', "de", '"id of it"'))
    cur.execute(
        "INSERT INTO vo.tap_keys (release_id, key_id, from_table,"
        " target_table, description) VALUES ('test-dr1', 'plain_star',"
        " 'test.Plain', 'test.Stars', 'The star of a remark');"
        "INSERT INTO vo.tap_key_columns (release_id, key_id, from_column,"
        " target_column) VALUES ('test-dr1', 'plain_star', 'star',"
        " 'object_id')")
    cur.execute("INSERT INTO vo.filter (survey, name, filter_id, position,"
                " wavelength, width, svo_id)"
                " SELECT 'test', 'F' || g, 13 - g, g, 10000 - 500 * g,"
                " 100 + 10 * g, CASE WHEN g > 1 THEN 'Test/F.' || g END"
                " FROM generate_series(1, 12) g")
    # magnitudes as spectra: wavelengths go down with the position in the array
    cur.execute("INSERT INTO vo.photospec (release_id, name, title,"
                " table_name, id_columns, kind, value_column, flag_column,"
                " limits, aperture, t_min, t_max) VALUES ('test-dr1', 'auto',"
                " 'AUTO', 'test.Stars', '{object_id}', 'mag', 'MAG_AUTO',"
                " 'FLAGS', %s, 3.6, 58000, 58100)", (LIMITS,))
    # the same names in another release, with other rows
    dr2 = _release(cur, "test-dr2")
    _make_stars(cur, dr2, 1200)
    _table(cur, "test-dr2", 0, "test.Stars", "stars", STARS,
           ("RA", "Dec", "object_id"), 2016.0)
    for rid, state, embargo in (
            ("test-private", "private", None),
            ("test-staged", "staged", None),
            ("test-retired", "retired", None),
            ("test-embargo", "public", "2100-01-01")):
        hidden = _release(cur, rid, state, embargo)
        cur.execute("CREATE TABLE {0}.stars AS SELECT * FROM {1}.stars"
                    " LIMIT 10".format(hidden, dr2))
        _table(cur, rid, 0, "test.Stars", "stars", STARS,
               ("RA", "Dec", "object_id"))


def digest_of(paths):
    """A text that changes with the contents of the files PATHS."""
    sha = hashlib.sha1()
    for path in paths:
        sha.update(Path(path).read_bytes())
    return sha.hexdigest()


def digest():
    """Changes when a server has to be filled anew."""
    return digest_of([__file__, Path(__file__).with_name("seed_images.py")]
                     + sorted((TOP / "sql").glob("*/*.sql")))


def fill(server):
    """Schema and releases."""
    server.voctl("init")
    conn = server.connect()
    conn.autocommit = False
    with conn, conn.cursor() as cur:
        _make_all(cur)
    conn.close()
    from .seed_images import fill_images  # it needs this module
    fill_images(server)
