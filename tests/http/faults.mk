# The fault tests again and again: what goes wrong only sometimes shows here.
FAULT_ROUNDS ?= 5
HEAP_PROBE := $(BUILD)/tests/heap_probe.so
$(HEAP_PROBE): tests/http/faults/heap_probe.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) -std=c99 $(VO_DEFS) -O1 -g $(WARN) -fPIC -shared \
	    -o $@ $<
check-http check-faults: $(HEAP_PROBE)

check-faults: modules voctl pgtree ## fault tests, FAULT_ROUNDS times (5)
	@for i in $$(seq $(FAULT_ROUNDS)); do echo "round $$i"; \
	    VO_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q \
	        -p no:cacheprovider tests/http/faults tests/http/tap/test_faults.py \
	        || exit 1; done
.PHONY: check-faults
