FUZZERS += fuzz_siap
