MODULES += scs
scs_SRCS := modules/scs/mod_scs.c
