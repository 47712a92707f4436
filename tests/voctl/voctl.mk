# Tests of voctl against a private PostgreSQL below build/tests/voctl.
CHECK_LAYERS += check-voctl
META_DUMP := $(BUILD)/tests/voctl/meta_dump
check-voctl: voctl pgsky pgtree $(META_DUMP) ## voctl: loading, releases, checks (private PostgreSQL)
	@VO_BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -q -p no:cacheprovider \
	    tests/voctl

$(META_DUMP): tests/voctl/meta_dump.c $$(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -o $@ $< $(LIBVO) $(LIB_LIBS_CACHED)

.PHONY: check-voctl
