# FITS images: reading, cutting, pictures
FITS_GEN := $(BUILD)/gen/fits
VO_SRCS += $(addprefix modules/vo/fits/,vo_fitsfile.c vo_fits_tiles.c \
    vo_tilecodec.c)
VO_GEN_SRCS += $(FITS_GEN)/vo_fits_random.c
$(FITS_GEN)/vo_fits_random.c: modules/vo/fits/vo_fits_random.awk
	@mkdir -p $(FITS_GEN)
	$(Q)echo "  AWK $<"; awk -f $< > $@
UNIT_TESTS += test_vo_fitsfile
# world coordinates
VO_SRCS += modules/vo/fits/vo_frame.c modules/vo/fits/vo_wcs.c \
    modules/vo/fits/vo_wcs_outline.c
UNIT_TESTS += test_vo_wcs
