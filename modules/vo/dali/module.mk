# executing SQL, and the parameters of a request
VO_SRCS += modules/vo/vo_sql.c modules/vo/dali/vo_dali_param.c \
    modules/vo/dali/vo_tap_caps.c \
    modules/vo/dali/vo_dali_multipart.c modules/vo/dali/vo_dali_upload.c \
    modules/vo/dali/vo_dali_examples.c modules/vo/dali/vo_tap_explain.c
UNIT_TESTS += test_vo_dali_param test_vo_dali_multipart \
    test_vo_dali_upload test_vo_tar test_vo_fetch test_vo_sql test_vo_tap_caps \
    test_vo_tap_explain test_vo_dali_examples
