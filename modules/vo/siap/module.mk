# image searches: SIAP 1.0 and 2.0
VO_SRCS += modules/vo/siap/vo_sia2.c modules/vo/siap/vo_sia2_self.c
UNIT_TESTS += test_vo_sia2
