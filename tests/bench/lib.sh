# lib.sh: what the benchmarks share: a PostgreSQL of their own, a release to
# fill. Sourced; VO_BUILD tells where things are built.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${VO_BUILD:-$top/build}
case $build in /*) ;; *) build=$top/$build ;; esac
export VO_BUILD=$build VO_FSYNC=off
server=$top/tests/demo/server.sh

# Start PostgreSQL in $build/bench/NAME, $dir from here on; everything in there
# is stopped when the script ends.
bench_start() {
    dir=$build/bench/$1
    mkdir -p "$dir"
    trap '"$server" "$dir" stop' EXIT
    "$server" "$dir" pg-start
    # shellcheck disable=SC1091
    . "$dir/env"
    "$build/bin/voctl" --dsn "$VO_DSN" init >/dev/null
}

sql() { "$VO_PG_BIN/psql" -qAtX -v ON_ERROR_STOP=1 -d "$VO_DSN" "$@"; }

# Is the table bench.NAME there, filled with so many ROWS before?
has_rows() {
    [ "$(sql -c "SELECT count(*) FROM pg_class WHERE oid =
        to_regclass('bench.$1') AND reltuples = $2")" = 1 ]
}

# SQL that begins a transaction with an empty release "bench", which what
# follows is to fill and COMMIT.
new_release() {
    cat <<'END'
BEGIN;
SET LOCAL client_min_messages = warning;
DROP SCHEMA IF EXISTS bench CASCADE;
DELETE FROM vo.release WHERE release_id = 'bench';
INSERT INTO vo.release (release_id, survey, title, state, reader_role,
    pg_schema) VALUES ('bench', 'bench', 'Benchmark', 'public',
    'vo_read_bench', 'bench');
SELECT vo.make_reader('vo_read_bench');
SET LOCAL ROLE vo_owner;
SELECT vo.make_release('bench');
RESET ROLE;
SELECT setseed(0.5);
END
}
