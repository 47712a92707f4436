BENCHES += bench-jobs
bench-jobs: all pgtree ## asynchronous jobs: latency, rate, and what sync keeps
	@VO_BUILD=$(BUILD) $(PYTHON) -B tests/bench/bench_jobs.py
.PHONY: bench-jobs
