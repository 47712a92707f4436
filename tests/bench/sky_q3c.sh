#!/bin/bash
# sky_q3c.sh: run sky_q3c.py on a cluster of its own.   sky_q3c.sh OUT
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
VO_FSYNC=off "$top/tests/demo/server.sh" "$out" pg-start || exit 1
trap '"$top/tests/demo/server.sh" "$out" pg-stop' EXIT
. "$out/env"
export PGHOST PGPORT PGUSER PGDATABASE
"${PYTHON:-/usr/bin/python3}" "$top/tests/bench/sky_q3c.py"
