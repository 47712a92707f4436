"""adql_sql.py: a private PostgreSQL and a way to run translated queries."""
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import shutil
import subprocess
import tempfile

import psycopg2

NAMES = {16: 'boolean', 20: 'bigint', 21: 'smallint', 23: 'integer',
         25: 'text', 700: 'real', 701: 'double precision', 0: 'unknown',
         1114: 'timestamp', 1000: 'boolean[]', 1005: 'smallint[]',
         1007: 'integer[]', 1009: 'text[]', 1016: 'bigint[]',
         1021: 'real[]', 1022: 'double precision[]'}


class Cluster:
    """PostgreSQL from TREE (build/pg), in a directory of its own."""

    def __init__(self, tree):
        self.bin = os.path.abspath(os.path.join(tree, 'bin'))
        # the path of a socket is short by law
        self.dir = tempfile.mkdtemp(prefix='adql-pg-')
        self.user = []
        if os.geteuid() == 0:
            self.user = ['setpriv', '--reuid=nobody', '--regid=nogroup',
                         '--clear-groups']
            shutil.chown(self.dir, 'nobody', 'nogroup')
        self.run('initdb', '-D', self.dir + '/data', '-U', 'postgres',
                 '-A', 'trust', '--no-sync')
        self.run('pg_ctl', '-D', self.dir + '/data', '-w', '-s', '-o',
                 "-c listen_addresses='' -c fsync=off -c jit=off -k "
                 + self.dir, '-l', self.dir + '/log', 'start')
        self.db = psycopg2.connect(host=self.dir, user='postgres',
                                   dbname='postgres')
        self.db.autocommit = True
        self.cursor = self.db.cursor()
        self.cursor.execute('CREATE EXTENSION pgsky')

    def run(self, program, *args):
        subprocess.run(self.user + [os.path.join(self.bin, program)]
                       + list(args), check=True, cwd='/',
                       stdout=subprocess.DEVNULL)

    def stop(self):
        self.db.close()
        self.run('pg_ctl', '-D', self.dir + '/data', '-s', '-m', 'immediate',
                 'stop')
        shutil.rmtree(self.dir, ignore_errors=True)


class Translator:
    """One adql_tool process: queries in, JSON out."""

    def __init__(self, tool):
        self.tool = tool
        self.proc = subprocess.Popen([tool, '-j'], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)

    def __call__(self, adql):
        self.proc.stdin.write(adql.encode() + b'\0')
        self.proc.stdin.flush()
        return json.loads(self.proc.stdout.readline())

    def forms(self):
        """Of all functions that are announced."""
        return subprocess.run([self.tool, '-f'], stdout=subprocess.PIPE,
                              check=True).stdout.decode().splitlines()

    def close(self):
        self.proc.stdin.close()
        self.proc.wait()


def execute(cursor, res):
    """Run what the translator gave, with its parameters; list of rows. The
    types that arrive must be the ones it promised."""
    types = ', '.join(NAMES[oid] for oid, _ in res['params'])
    values = ', '.join("'%s'" % text.replace("'", "''")
                       for _, text in res['params'])
    cursor.execute('DEALLOCATE ALL')
    cursor.execute('PREPARE q%s AS %s' % ('(%s)' % types if types else '',
                                          res['sql']))
    cursor.execute('EXECUTE q%s' % ('(%s)' % values if values else ''))
    got = [d.type_code for d in cursor.description]
    want = [f['oid'] for f in res['fields']]
    assert got == want, 'types %s instead of %s' % (got, want)
    assert [d.name for d in cursor.description] == \
        [f['name'][:63] for f in res['fields']]
    return cursor.fetchall()


SCHEMA = """
CREATE SCHEMA demo_dr1; CREATE SCHEMA tap;
CREATE TABLE demo_dr1.magabdualobj (tile_id int, number int,
    alpha_j2000 float8, delta_j2000 float8, class_star real, flags int2[],
    mag_auto real[], mag_err_auto real[], flux float8[],
    name varchar(20), pmra real, is_good bool, observed timestamp,
    hpx int8);
CREATE TABLE demo_dr1.xmatch_gaia (tile_id int, number int, source int8,
    ra float8, "dec" float8, gmag float8, err float8, hpx int8);
CREATE TABLE demo_dr1.tileimage (tile_id int, filter_id int, name text,
    ra float8, "dec" float8, fwhmg real, s_region sky_region,
    center float8[], hpx int8);
CREATE TABLE demo_dr1.filter (filter_id int, name text, wavelength float8);
CREATE TABLE tap.tables (schema_name text, table_name text, table_type text,
    description text, table_index int);
CREATE TABLE tap.columns (table_name text, column_name text, datatype text,
    arraysize text, size int, description text);
CREATE TEMP TABLE mine (id int, ra float8, "dec" float8);
CREATE INDEX ON demo_dr1.magabdualobj (hpx);
CREATE INDEX ON demo_dr1.xmatch_gaia (hpx);
CREATE INDEX ON demo_dr1.tileimage (hpx);
CREATE INDEX ON demo_dr1.tileimage USING gist (s_region);
"""
