# Tables: writers and readers
VO_SRCS += modules/vo/vo_num.c
VO_SRCS += $(addprefix modules/vo/table/,vo_wire.c vo_text_cells.c \
    vo_binary_cells.c vo_tablefmt.c vo_base64.c vo_fits_head.c \
    vo_fits_cards.c vo_write_votable.c vo_votable_parts.c vo_write_binary.c \
    vo_write_csv.c vo_write_json.c \
    vo_write_html.c vo_write_text.c vo_write_fits.c vo_reader.c \
    vo_read_cells.c vo_read_csv.c vo_read_fits.c vo_read_fits_cells.c \
    vo_read_votable.c vo_read_votable_xml.c \
    vo_position.c vo_tabledoc.c)

# Every format against other software. The tool reads too, so it and its tests
# are one target.
TABLE_TOOL := $(BUILD)/tests/table_tool
$(TABLE_TOOL): tests/unit/table/table_tool.c $(BUILD)/lib/libvo.a
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -MMD -MP -o $@ $< \
	    $(BUILD)/lib/libvo.a $(LIB_LIBS_CACHED)

check-table: $(TABLE_TOOL) ## every table format, with astropy and STILTS
	$(Q)TABLE_TOOL=$(abspath $(TABLE_TOOL)) $(PYTHON) -m pytest -q -rs \
	    -p no:cacheprovider tests/unit/table

$(BUILD)/tests/bench_table: tests/bench/bench_table.c $(BUILD)/lib/libvo.a
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -MMD -MP -o $@ $< \
	    $(BUILD)/lib/libvo.a $(LIB_LIBS_CACHED)

bench-table: $(BUILD)/tests/bench_table ## cost of a row in each format
	$(Q)$<



UNIT_TESTS += test_vo_num test_vo_wire test_vo_tabledoc
check-unit: check-table
.PHONY: check-table bench-table
