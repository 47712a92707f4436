# SODA: what needs no request
VO_SRCS += $(addprefix modules/vo/soda/,vo_soda_param.c vo_soda.c \
    vo_soda_read.c vo_soda_write.c vo_soda_pack.c vo_soda_bulk.c)
