# mod_tap: TAP 1.1
MODULES += tap
tap_SRCS := modules/tap/mod_tap.c modules/tap/mod_tap_sync.c \
    modules/tap/mod_tap_query.c modules/tap/mod_tap_async.c \
    modules/tap/mod_tap_upload.c \
    modules/tap/mod_tap_examples.c modules/tap/mod_tap_page.c
