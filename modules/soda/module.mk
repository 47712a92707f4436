# mod_soda: cutouts (SODA 1.0) and direct downloads
MODULES += soda
soda_SRCS := modules/soda/mod_soda.c modules/soda/mod_soda_sync.c \
    modules/soda/mod_soda_async.c modules/soda/mod_soda_gate.c \
    modules/soda/mod_soda_download.c
