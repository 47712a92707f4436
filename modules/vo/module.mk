# libvo.a: everything that knows neither httpd nor a request
VO_SRCS += modules/vo/vo_err.c modules/vo/vo_out.c modules/vo/vo_copy.c modules/vo/vo_tar.c modules/vo/vo_nice.c modules/vo/vo_cancel.c \
    modules/vo/vo_upload.c modules/vo/vo_fetch.c \
    modules/vo/vo_resolve.c
LIB_LIBS += -Wl,--as-needed -lcurl
DEB_PACKAGES_BUILD += libcurl4-openssl-dev
