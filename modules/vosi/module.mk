MODULES += vosi
vosi_SRCS := modules/vosi/mod_vosi.c
