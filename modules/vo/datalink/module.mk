# the links of data products, and the descriptors of services for them
VO_SRCS += modules/vo/datalink/vo_datalink.c \
    modules/vo/datalink/vo_datalink_row.c \
    modules/vo/datalink/vo_datalink_object.c \
    modules/vo/datalink/vo_datalink_soda.c
UNIT_TESTS += test_vo_datalink
