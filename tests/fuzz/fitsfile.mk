FUZZERS += fuzz_fitsfile
