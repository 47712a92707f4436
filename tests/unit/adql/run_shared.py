"""run_shared.py: the accept and reject sets that parsers of ADQL share.

Usage: run_shared.py TOOL [DATA]

DATA (default: the environment's VO_TEST_DATA, then ../shared/data) holds
adql/lyonetia/index.json, 413 valid and 82 invalid queries collected by the
IVOA, and adql/queryparser_tests.yaml with 23 pairs of ADQL and PostgreSQL.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import re
import subprocess
import sys

# Where we differ from the sets, and why. By uuid of the query.
UDF = ('ADQL 2.1, "User defined functions": they exist only where they are '
       'announced; this one is not ours')
DEVIATIONS = {
    '6d5e927e-59b3-11ec-beef-28d2445a8967': UDF,    # ivo_foo
    '760a0cdc-59b3-11ec-beef-28d2445a8967': UDF,    # ivo_foo
    '1cb90482-4d00-11e6-866d-736653f6053c': UDF,    # ivo_getstring
    '7928f365-6631-4415-be7d-29865f14c083': UDF,    # ESO_INTERSECTION
    '7f30606b-509a-491f-8b5a-5d712f37670c': UDF,    # eso_dateadd_sec
    '4b8bd9f4-611c-4d2e-8227-2525dee664d2': UDF,    # ESO_INTERSECTION
    '1084e068-8f31-4007-9d89-115dec609452': UDF,    # ESO_INTERSECTION
    '6794498f-1603-4a12-b0dd-e48be1acab4b': UDF,    # eso_dateadd_sec
    'd4c3a72c-4458-11e6-96e2-28b2bdcff70b':
        'appendix A, <qualified_join>: the join specification is optional in '
        'the grammar and missing in other, valid queries of the set; that '
        'INNER JOIN without one means nothing is told by the checker',
}


def run(tool, mode, queries):
    """One JSON object for each query."""
    text = b'\0'.join(q.encode() for q in queries) + b'\0'
    out = subprocess.run([tool] + mode, input=text, stdout=subprocess.PIPE,
                         check=True).stdout.decode()
    answers = [json.loads(line) for line in out.splitlines()]
    assert len(answers) == len(queries)
    return answers


def lyonetia(tool, path):
    queries = json.load(open(path))['queries']
    passed = failed = 0
    used = {}
    for q, a in zip(queries, run(tool, ['-p'],
                                 [q['adql'] for q in queries])):
        is_valid = 'error' not in a
        if is_valid == q['valid']:
            passed += 1
        elif q['uuid'] in DEVIATIONS:
            used[q['uuid']] = q
        else:
            failed += 1
            print('FAILED: %s %s is %s, but: %s\n  %s' % (
                q['file'], q['uuid'], 'valid' if q['valid'] else 'invalid',
                a.get('error', 'accepted'), ' '.join(q['adql'].split())))
        if 'error' in a and not 0 <= a['offset'] <= len(q['adql'].encode()):
            failed += 1
            print('FAILED: the position %d is outside the query %s' % (
                a['offset'], q['uuid']))
    for uuid in sorted(set(DEVIATIONS) - set(used)):
        failed += 1
        print('FAILED: the deviation %s is none any more' % uuid)
    print('lyonetia: %d of %d as its authors say; %d deviations:' % (
        passed, len(queries), len(used)))
    for uuid, q in sorted(used.items(), key=lambda i: i[1]['file']):
        print('  %-27s %s %s: %s' % (q['file'], uuid[:8],
              'valid' if q['valid'] else 'invalid', DEVIATIONS[uuid]))
    return passed, failed


def pairs_of(path):
    """The ADQL and SQL of adql_postgresql_tests: a list of two-item lists,
    one item a line."""
    text = open(path).read()
    text = text[text.index('adql_postgresql_tests:'):]
    text = text[:re.search(r'\n[a-z_]+:\n', text[10:]).start() + 10]
    items = re.findall(r'^        - (.*)$', text, re.M)
    return list(zip(items[::2], items[1::2]))


def names(sql):
    """Columns and tables of PostgreSQL text, folded, and its LIMIT."""
    words = {w.lower() for w in re.findall(r'\w+', sql)}
    limit = re.search(r'LIMIT (\d+)', sql)
    table = re.search(r'FROM\s+"?(\w+)"?\."?(\w+)"?', sql)
    return (words & {'ra', 'dec'}, tuple(t.lower() for t in table.groups()),
            limit and limit.group(1))


def queryparser(tool, path):
    pairs = pairs_of(path)
    passed = failed = 0
    for (adql, sql), a in zip(pairs, run(tool, ['-j'], [p[0]
                                                        for p in pairs])):
        if 'error' in a:
            failed += 1
            print('FAILED: %s\n  %s' % (adql, a['error']))
            continue
        # what is between SELECT and FROM also holds the output names
        ours = re.sub(r' AS "[^"]*"', '', a['sql'])
        theirs = re.sub(r' AS "?\w+"?', '', sql)
        if names(ours) == names(theirs):
            passed += 1
        else:
            failed += 1
            print('FAILED: %s\n  %s\n  %s' % (adql, names(ours),
                                              names(theirs)))
    print('queryparser: %d of %d pairs name the same columns, table and '
          'limit' % (passed, len(pairs)))
    return passed, failed


def main():
    tool = sys.argv[1]
    data = sys.argv[2] if len(sys.argv) > 2 else os.environ.get(
        'VO_TEST_DATA', '../shared/data')
    passed = failed = 0
    for name, fn in (('lyonetia/index.json', lyonetia),
                     ('queryparser_tests.yaml', queryparser)):
        path = os.path.join(data, 'adql', name)
        if not os.path.exists(path):
            print('skipped: %s is not there (set VO_TEST_DATA)' % path)
            continue
        p, f = fn(tool, path)
        passed += p
        failed += f
    print('%d passed, %d failed' % (passed, failed))
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
