#!/bin/bash
# run.sh: run the benchmark targets one after the other and keep the tables.
set -u
out=$1; shift
mkdir -p "$out"
{
    echo "machine: $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-), $(nproc) cores, $(date -u +%F)"
    for b in "$@"; do
        printf '\n## %s\n' "$b"
        make --no-print-directory "$b" 2>&1 || echo "$b failed"
    done
} | tee "$out/table.txt"
echo "kept in $out/table.txt"
