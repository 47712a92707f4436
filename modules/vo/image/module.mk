# data products of a release: what is known of them, and their files
VO_SRCS += modules/vo/image/vo_image.c modules/vo/image/vo_imgfile.c \
    modules/vo/image/vo_image_url.c
UNIT_TESTS += test_vo_imgfile test_vo_image_url
