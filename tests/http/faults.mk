# The fault tests again and again: what goes wrong only sometimes shows here.
FAULT_ROUNDS ?= 5
check-faults: modules voctl pgtree ## fault tests, FAULT_ROUNDS times (5)
	@for i in $$(seq $(FAULT_ROUNDS)); do echo "round $$i"; \
	    VO_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q \
	        -p no:cacheprovider tests/http/faults tests/http/tap/test_faults.py \
	        || exit 1; done
.PHONY: check-faults
