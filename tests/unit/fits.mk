# World coordinates against astropy; wcs_tool is for tests in Python.
WCS_TOOL := $(BUILD)/tests/wcs_tool

$(WCS_TOOL): tests/unit/fits/wcs_tool.c $$(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -o $@ $< $(LIBVO) $(LIB_LIBS_CACHED)

CHECK_LAYERS += check-wcs
check-wcs: $(WCS_TOOL) ## world coordinates against astropy
	$(Q)$(PYTHON) tests/unit/fits/run_astropy.py $(WCS_TOOL)

.PHONY: check-wcs
