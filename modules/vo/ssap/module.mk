# spectra made of the filters of a catalogue, and their searches
VO_SRCS += modules/vo/ssap/vo_photospec.c modules/vo/ssap/vo_spectrum.c \
    modules/vo/ssap/vo_spectrum_fits.c modules/vo/ssap/vo_ssap_query.c \
    modules/vo/ssap/vo_ssap_value.c modules/vo/ssap/vo_ssap_sql.c \
    modules/vo/ssap/vo_ssap_self.c
UNIT_TESTS += test_vo_photospec test_vo_ssap
