# Unit tests: one cmocka program per UNIT_TESTS name, from tests/unit/*/NAME.c.
# A fragment may set NAME_LIBS and NAME_SRCS (more objects' sources).
UNIT_BIN := $(BUILD)/tests/unit
UNIT_TESTS += test_vo_err test_vo_meta test_vo_resolve

check-unit: $$(addprefix $$(UNIT_BIN)/,$$(UNIT_TESTS)) ## unit tests (no server, no database)
	@tests/unit/run.sh $(UNIT_TESTS:%=$(UNIT_BIN)/%)

$(UNIT_BIN)/%: $$(firstword $$(wildcard tests/unit/*/$$*.c tests/unit/$$*.c)) $$(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -Itests/unit -MMD -MP -o $@ $< \
	    $($*_SRCS) $(LIBVO) -lcmocka $(LIB_LIBS_CACHED) $($*_LIBS)

.PHONY: check-unit
