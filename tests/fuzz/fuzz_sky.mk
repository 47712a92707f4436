FUZZERS += fuzz_sky_parse
