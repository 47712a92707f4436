BENCHES += bench-adql
$(BUILD)/tests/bench_adql: tests/bench/bench_adql.c $$(ADQL_MODEL) $$(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -Itests/unit/adql -o $@ $< \
	    $(ADQL_MODEL) $(LIBVO) $(LIB_LIBS_CACHED)
bench-adql: $(BUILD)/tests/bench_adql ## time from ADQL to SQL
	$(Q)$<
.PHONY: bench-adql
