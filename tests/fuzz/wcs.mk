FUZZERS += fuzz_wcs
