FUZZERS += fuzz_params fuzz_uws
