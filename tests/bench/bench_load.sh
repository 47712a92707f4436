#!/bin/bash
# bench_load.sh: voctl load of a FITS file against the same rows by psql: COPY
# BINARY into an unlogged table, CREATE TABLE AS ... ORDER BY hpx, CREATE INDEX,
# ANALYZE, with the same settings, on the same server, in turns. Environment:
# VO_BENCH_ROWS (10^6), VO_BENCH_TURNS (3).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${VO_BUILD:-$top/build}
dir=$build/bench/load
rows=${VO_BENCH_ROWS:-1000000}
turns=${VO_BENCH_TURNS:-3}
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$dir"
export VO_BUILD=$build
"$top/tests/demo/server.sh" "$dir/server" pg-start
trap '"$top/tests/demo/server.sh" "$dir/server" pg-stop' EXIT
# shellcheck disable=SC1091
. "$dir/server/env"
export VO_DSN PGHOST PGPORT PGUSER PGDATABASE
export PGOPTIONS="-c client_min_messages=warning"
voctl=$build/bin/voctl
psql() { "$VO_PG_BIN/psql" -qAtX -v ON_ERROR_STOP=1 "$@"; }
now() { date +%s%N; }

fits=$dir/rows-$rows.fits
[ -s "$fits" ] || "$python" - "$fits" "$rows" <<'PY'
# 22 columns, two of them 12 floats, in no order on the sky
import sys
import numpy as np
from astropy.table import Table
path, n = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(22)
t = Table()
t["id"] = rng.permutation(n).astype(np.int64)
t["ra"] = rng.uniform(0, 360, n)
t["dec"] = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
for i in range(5):
    t[f"d{i}"] = rng.normal(0, 1, n)
for i in range(6):
    t[f"f{i}"] = rng.normal(0, 1, n).astype(np.float32)
for i in range(4):
    t[f"i{i}"] = rng.integers(0, 10**6, n).astype(np.int32)
for i in range(2):
    t[f"s{i}"] = rng.integers(0, 1000, n).astype(np.int16)
t["mag"] = rng.normal(20, 2, (n, 12)).astype(np.float32)
t["mag_err"] = rng.uniform(0, 1, (n, 12)).astype(np.float32)
t.write(path, overwrite=True)
PY
"$voctl" init -q
"$voctl" release add bench-dr1 --title "Rows to be loaded" -q 2> /dev/null || true
"$voctl" load bench-dr1 t "$fits" --replace -q --key id
# the rows as the file has them, cell number included, ready for COPY
psql -c "COPY (SELECT * FROM bench_dr1.t ORDER BY (id::bigint * 2654435761) % 4294967296) TO STDOUT (FORMAT binary)" > "$dir/rows.bin"
settings="SET work_mem = '256MB'; SET maintenance_work_mem = '256MB'; SET jit = off; SET max_parallel_workers_per_gather = 2; SET max_parallel_maintenance_workers = 2"

raw() {
    psql -c "DROP TABLE IF EXISTS bench_dr1.raw, bench_dr1.sorted" -c CHECKPOINT
    local start
    start=$(now)
    psql -c "$settings" \
        -c "BEGIN" \
        -c "CREATE UNLOGGED TABLE bench_dr1.raw (LIKE bench_dr1.t)" \
        -c "\\copy bench_dr1.raw FROM '$dir/rows.bin' (FORMAT binary)" \
        -c "CREATE TABLE bench_dr1.sorted AS SELECT * FROM bench_dr1.raw ORDER BY hpx" \
        -c "CREATE INDEX ON bench_dr1.sorted (hpx)" \
        -c "CREATE UNIQUE INDEX ON bench_dr1.sorted (id)" \
        -c "ANALYZE bench_dr1.sorted" \
        -c "DROP TABLE bench_dr1.raw" \
        -c "COMMIT"
    echo $((($(now) - start) / 1000000))
}
loaded() {
    psql -c CHECKPOINT
    local start
    start=$(now)
    "$voctl" load bench-dr1 t "$fits" --replace -q --key id
    echo $((($(now) - start) / 1000000))
}
r=() l=()
for _ in $(seq "$turns"); do r+=("$(raw)"); l+=("$(loaded)"); done
printf '%s\n' "${r[*]}" "${l[*]}" | awk -v n="$rows" '
    { m = $1; for (i = 2; i <= NF; i++) if ($i < m) m = $i; best[NR] = m }
    END {
        printf "%-44s %10s %12s\n", "best of the turns", "s", "rows/s"
        printf "%-44s %10.2f %12.0f\n", "raw: COPY BINARY, sort, index", best[1] / 1000, n * 1000 / best[1]
        printf "%-44s %10.2f %12.0f\n", "voctl load from FITS", best[2] / 1000, n * 1000 / best[2]
        printf "ratio %.2f (wanted: at least 0.50)\n", best[1] / best[2]
    }'
psql -c "DROP TABLE IF EXISTS bench_dr1.raw, bench_dr1.sorted"
