#!/bin/bash
# run.sh: run each unit test program given, go on after a failure, sum up.
# UNDER may hold a wrapper such as valgrind.
set -u
passed=0 failed=0
for t in "$@"; do
    echo "--- ${t##*/}"
    # shellcheck disable=SC2086
    if ${UNDER-} "$t"; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAILED: $t"
    fi
done
echo "unit programs: $passed passed, $failed failed"
[ $failed = 0 ]
