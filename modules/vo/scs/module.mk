VO_SRCS += modules/vo/scs/vo_cone.c
