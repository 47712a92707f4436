#!/bin/bash
# run.sh: run fuzzers BIN/NAME for SECONDS each; new inputs stay below BIN.
set -u
bin=$(mkdir -p "$1" && cd "$1" && pwd) seconds=$2; shift 2
top=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
for f in "$@"; do
    mkdir -p "$bin/found/$f"
    kept=$top/corpus/${f#fuzz_}
    mkdir -p "$bin/empty"; [ -d "$kept" ] || kept=$bin/empty
    if (cd "$bin" && "./$f" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$bin/$f-" "found/$f" "$kept") > "$bin/$f.log" 2>&1; then
        echo "$f: $(grep -h number_of_executed_units "$bin/$f.log" | grep -oE '[0-9]+') inputs, no finding"
        passed=$((passed + 1))
    else
        echo "$f: FINDING"; tail -40 "$bin/$f.log"; failed=$((failed + 1))
    fi
done
echo "fuzzers: $passed passed, $failed failed"
[ $failed = 0 ]
