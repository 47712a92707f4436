BENCHES += bench-upload
bench-upload: all pgtree ## cross-match of an uploaded table with 10^6 stars
	@VO_BUILD=$(BUILD) PYTHON=$(PYTHON) tests/bench/bench_upload.sh
.PHONY: bench-upload
