# Fuzzers: FUZZERS names, each tests/fuzz/NAME.c with LLVMFuzzerTestOneInput
# and a corpus below tests/fuzz/corpus/NAME (without the fuzz_ prefix).
FUZZ_SECONDS ?= 1200
FUZZ_SHORT ?= 10
FUZZ_BUILD := $(BUILD)/fuzz
FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_MAKE = $(MAKE) --no-print-directory BUILD=$(FUZZ_BUILD) CC=clang \
    OPT="-O1 -g" SANITIZE="$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link"

$(BUILD)/bin-fuzz/%: tests/fuzz/%.c $$(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -fsanitize=fuzzer $(FUZZ_FLAGS) \
	    -Itests/unit -o $@ $< $($*_SRCS) $(LIBVO) $(LIB_LIBS_CACHED)

fuzzers: $$(addprefix $(BUILD)/bin-fuzz/,$$(FUZZERS))

check-fuzz: ## every fuzzer for some seconds, from its kept corpus
	@$(FUZZ_MAKE) fuzzers
	@tests/fuzz/run.sh $(FUZZ_BUILD)/bin-fuzz $(FUZZ_SHORT) $(FUZZERS)
fuzz: ## every fuzzer for FUZZ_SECONDS
	@$(FUZZ_MAKE) fuzzers
	@tests/fuzz/run.sh $(FUZZ_BUILD)/bin-fuzz $(FUZZ_SECONDS) $(FUZZERS)

CHECK_LAYERS += check-fuzz
.PHONY: fuzzers check-fuzz fuzz
