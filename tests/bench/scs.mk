BENCHES += bench-scs
$(BUILD)/bench/bench_scs: tests/bench/bench_scs.c $(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -o $@ $< $(LIBVO) $(LIB_LIBS_CACHED)
bench-scs: all pgtree $(BUILD)/bench/bench_scs ## cone searches against the raw limit
	@VO_BUILD=$(BUILD) tests/bench/bench_scs.sh
.PHONY: bench-scs
