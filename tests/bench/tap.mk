BENCHES += bench-tap
bench-tap: all pgtree ## synchronous TAP against COPY, pgbench and static files
	@VO_BUILD=$(BUILD) tests/bench/bench_tap.sh
.PHONY: bench-tap
