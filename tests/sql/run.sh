#!/bin/bash
# run.sh: pg_regress and the comparison with healpy on a cluster of their own.
#
#   run.sh PGTREE OUT        SQL_UPDATE=1 takes the results as expected
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
pgtree=$(cd "$1" && pwd) out=$2
tests="install upgrade region line moc array number motion relation plan nice"
mkdir -p "$out"
out=$(cd "$out" && pwd)
VO_FSYNC=off "$top/tests/demo/server.sh" "$out" pg-start || exit 1
trap '"$top/tests/demo/server.sh" "$out" pg-stop' EXIT
. "$out/env"
export PGHOST PGPORT PGUSER
passed=0 failed=0
count() { if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }

regress=$("$pgtree/bin/pg_config" --pgxs)
regress=${regress%/src/makefiles/pgxs.mk}/src/test/regress/pg_regress
[ -x "$regress" ] || regress=/usr/lib/postgresql/15/lib/pgxs/src/test/regress/pg_regress
mkdir -p "$out/regress"
PGDATABASE=postgres "$pgtree/bin/psql" -qX -c 'DROP DATABASE IF EXISTS regression' > "$out/drop.log" 2>&1
PGDATABASE=postgres "$pgtree/bin/psql" -qX -c 'CREATE DATABASE regression' || exit 1
(cd "$out/regress" && "$regress" --inputdir="$top/tests/sql" --outputdir="$out/regress" \
    --bindir="$pgtree/bin" --use-existing --host="$PGHOST" --port="$PGPORT" --user="$PGUSER" \
    --dbname=regression $tests) 2>&1 | tee "$out/regress.log" | grep -v '^(using'
if [ -n "${SQL_UPDATE-}" ]; then
    cp "$out"/regress/results/*.out "$top/tests/sql/expected/"
fi
for t in $tests; do
    grep -qE "^test $t +\.\.\. ok" "$out/regress.log"
    count $?
done
[ -s "$out/regress/regression.diffs" ] && [ $failed != 0 ] && cat "$out/regress/regression.diffs"

PGDATABASE=regression "${PYTHON:-/usr/bin/python3}" "$top/tests/sql/truth.py"
count $?

printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
