FUZZERS += fuzz_adql
fuzz_adql_SRCS := tests/unit/adql/adql_model.c
