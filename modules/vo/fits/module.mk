# FITS images: reading, cutting, pictures
FITS_GEN := $(BUILD)/gen/fits
VO_SRCS += $(addprefix modules/vo/fits/,vo_fitsfile.c vo_fits_tiles.c \
    vo_tilecodec.c vo_fits_sum.c vo_region.c vo_cutout.c vo_hdu.c \
    vo_stretch.c vo_picture.c vo_picture_write.c vo_psf.c \
    vo_spectral.c)
VO_GEN_SRCS += $(FITS_GEN)/vo_fits_random.c
$(FITS_GEN)/vo_fits_random.c: modules/vo/fits/vo_fits_random.awk
	@mkdir -p $(FITS_GEN)
	$(Q)echo "  AWK $<"; awk -f $< > $@
UNIT_TESTS += test_vo_fitsfile
# world coordinates
VO_SRCS += modules/vo/fits/vo_frame.c modules/vo/fits/vo_wcs.c \
    modules/vo/fits/vo_wcs_outline.c
UNIT_TESTS += test_vo_wcs

# Cutouts and pictures by hand, for the tests in Python.
CUTOUT_TOOL := $(BUILD)/tests/cutout_tool
$(CUTOUT_TOOL): tests/unit/fits/cutout_tool.c $(BUILD)/lib/libvo.a
	@mkdir -p $(@D)
	$(Q)echo "  CC $@"; $(CC) $(CFLAGS_ALL) -MMD -MP -o $@ $< \
	    $(BUILD)/lib/libvo.a $(LIB_LIBS_CACHED)

check-cutout: $(CUTOUT_TOOL) ## cutouts and pictures against astropy
	$(Q)CUTOUT_TOOL=$(abspath $(CUTOUT_TOOL)) $(PYTHON) -B -m pytest -q -rs \
	    -p no:cacheprovider tests/unit/fits
check-unit: check-cutout
.PHONY: check-cutout
