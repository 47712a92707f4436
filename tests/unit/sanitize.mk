# The same tests under sanitizers and valgrind, built beside the plain ones.
ASAN_BUILD := $(BUILD)/asan
ASAN_LIB = $(shell $(CC) -print-file-name=libasan.so)
ASAN_MAKE = $(MAKE) --no-print-directory BUILD=$(ASAN_BUILD) OPT="-O1 -g" \
    SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"

# httpd itself is not built so: the library is preloaded, and what httpd and
# its libraries never free is not reported; test_memory.py counts instead.
check-asan: ## unit, voctl and http tests with address and undefined-behaviour sanitizers
	@ASAN_OPTIONS=detect_leaks=1 VO_SHARE=$(abspath sql) $(ASAN_MAKE) check-unit check-wcs check-voctl
	@ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 \
	    HTTPD_PRELOAD="$(ASAN_LIB)" $(ASAN_MAKE) check-http
	@ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 \
	    HTTPD_PRELOAD="$(ASAN_LIB)" $(ASAN_MAKE) check-http T=faults/long

check-valgrind: $$(addprefix $$(UNIT_BIN)/,$$(UNIT_TESTS)) ## unit tests under valgrind
	@UNDER="valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite" \
	    tests/unit/run.sh $(UNIT_TESTS:%=$(UNIT_BIN)/%)

.PHONY: check-asan check-valgrind
