# Tests of the ADQL translator; adql_tool is for tests in Python and by hand.
ADQL_MODEL := tests/unit/adql/adql_model.c
ADQL_TOOL := $(BUILD)/tests/adql_tool

UNIT_TESTS += test_vo_adql_parse test_vo_adql_sql test_vo_adql_unit
test_vo_adql_parse_SRCS := $(ADQL_MODEL)
test_vo_adql_sql_SRCS := $(ADQL_MODEL)

$(ADQL_TOOL): tests/unit/adql/adql_tool.c $(ADQL_MODEL) \
    tests/unit/adql/adql_model.h $$(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -Itests/unit/adql -o $@ $< \
	    $(ADQL_MODEL) $(LIBVO) $(LIB_LIBS_CACHED)

CHECK_LAYERS += check-adql
check-adql: $(ADQL_TOOL) pgtree ## shared sets, and ADQL against brute force
	$(Q)$(PYTHON) tests/unit/adql/run_shared.py $(ADQL_TOOL)
	$(Q)$(PYTHON) tests/unit/adql/run_semantics.py $(ADQL_TOOL) $(PGTREE)

.PHONY: check-adql
