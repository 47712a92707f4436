BENCHES += bench-load
bench-load: voctl pgsky pgtree ## voctl load against raw COPY, sort and index
	@VO_BUILD=$(abspath $(BUILD)) PYTHON=$(PYTHON) tests/bench/bench_load.sh
.PHONY: bench-load
