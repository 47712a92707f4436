# Cutouts against cfitsio reading the same sections.
BENCHES += bench-cutout
BENCH_CUTOUT := $(BUILD)/bench/cutout_tool
$(BENCH_CUTOUT): tests/bench/bench_cutout.c $$(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -o $@ $< $(LIBVO) $(LIB_LIBS_CACHED)
bench-cutout: all pgtree $(BENCH_CUTOUT) ## cutouts, pictures and lists of positions
	@VO_BUILD=$(BUILD) $(PYTHON) -B tests/bench/bench_cutout.py
.PHONY: bench-cutout
