FUZZERS += fuzz_multipart
