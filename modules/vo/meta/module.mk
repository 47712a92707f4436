VO_SRCS += modules/vo/meta/vo_meta.c
