# image searches: SIAP 1.0 and 2.0
VO_SRCS += modules/vo/siap/vo_sia2.c modules/vo/siap/vo_sia2_self.c \
    modules/vo/siap/vo_sia1.c modules/vo/siap/vo_sia1_param.c \
    modules/vo/siap/vo_sia1_caps.c
UNIT_TESTS += test_vo_sia1 test_vo_sia2
