# SODA: what needs no request
VO_SRCS += modules/vo/soda/vo_soda_param.c
