MODULES += ssap
ssap_SRCS := modules/ssap/mod_ssap.c modules/ssap/mod_ssap_config.c
