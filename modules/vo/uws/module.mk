# jobs: UWS 1.1 and their table
VO_SRCS += modules/vo/uws/vo_uws.c modules/vo/uws/vo_uws_path.c \
    modules/vo/uws/vo_uws_parts.c \
    modules/vo/uws/vo_uws_xml.c \
    modules/vo/uws/vo_job_store.c modules/vo/uws/vo_job_work.c \
    modules/vo/uws/vo_job_upload.c
UNIT_TESTS += test_vo_uws
