# The same tests under sanitizers and valgrind, built beside the plain ones.
ASAN_BUILD := $(BUILD)/asan
ASAN_LIB = $(shell $(CC) -print-file-name=libasan.so)
ASAN_MAKE = $(MAKE) --no-print-directory BUILD=$(ASAN_BUILD) OPT="-O1 -g" \
    SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"

check-asan: pgtree ## unit and http tests with address and undefined-behaviour sanitizers
	@mkdir -p $(ASAN_BUILD)
	@ln -sfn ../pg $(ASAN_BUILD)/pg
	@ASAN_OPTIONS=detect_leaks=1 $(ASAN_MAKE) check-unit
	@$(ASAN_MAKE) modules
	@ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 VO_BUILD=$(ASAN_BUILD) \
	    VO_VOCTL=$(abspath $(BUILD))/bin/voctl \
	    HTTPD_PRELOAD="$(ASAN_LIB)" $(MAKE) --no-print-directory check-http

check-valgrind: $$(addprefix $$(UNIT_BIN)/,$$(UNIT_TESTS)) ## unit tests under valgrind
	@UNDER="valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite" \
	    tests/unit/run.sh $(UNIT_TESTS:%=$(UNIT_BIN)/%)

.PHONY: check-asan check-valgrind
