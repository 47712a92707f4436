# The sky line against q3c.
BENCHES += bench-sky
bench-sky: pgtree ## cones and a cross-match against q3c
	@PYTHON=$(PYTHON) VO_BUILD=$(BUILD) tests/bench/sky_q3c.sh $(BUILD)/bench/sky
.PHONY: bench-sky
