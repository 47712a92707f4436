VO_SRCS += modules/vo/scs/vo_cone.c
UNIT_TESTS += test_vo_cone
