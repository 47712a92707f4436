VO_SRCS += modules/vo/meta/vo_meta.c modules/vo/meta/vo_meta_load.c \
    modules/vo/meta/vo_column_sql.c
