MODULES += siap
siap_SRCS := modules/siap/mod_siap.c modules/siap/mod_siap_describe.c \
    modules/siap/mod_siap_v1.c modules/siap/mod_siap_v2.c \
    modules/siap/mod_siap_options.c
