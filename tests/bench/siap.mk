BENCHES += bench-siap
$(BUILD)/bench/bench_siap: tests/bench/bench_siap.c $(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -o $@ $< $(LIBVO) $(LIB_LIBS_CACHED)
bench-siap: all pgtree $(BUILD)/bench/bench_scs $(BUILD)/bench/bench_siap ## searches for images against the raw limit
	@VO_BUILD=$(BUILD) tests/bench/bench_siap.sh
.PHONY: bench-siap
