# Benchmarks: ratios in one run against the raw limit; never part of check.
# A fragment appends its target to BENCHES.
BENCHES ?=
bench: ## every benchmark, as ratios against the raw limit
	@$(MAKE) --no-print-directory deps-bench
	@$(MAKE) --no-print-directory all pgtree
	@tests/bench/run.sh $(BUILD)/bench $(sort $(BENCHES))
.PHONY: bench
