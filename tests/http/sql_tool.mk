# The program tests/http/core/test_sql.py drives vo_sql_run with.
$(BUILD)/tests/sql_tool: tests/http/core/sql_tool.c $(BUILD)/lib/libvo.a
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -MMD -MP -o $@ $< \
	    $(BUILD)/lib/libvo.a $(LIB_LIBS_CACHED)

check-http: $(BUILD)/tests/sql_tool
