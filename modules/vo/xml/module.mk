VO_SRCS += modules/vo/xml/vo_xml.c modules/vo/xml/vo_vosi.c \
    modules/vo/xml/vo_vosi_tables.c
UNIT_TESTS += test_vo_vosi
