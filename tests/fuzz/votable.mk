FUZZERS += fuzz_votable
