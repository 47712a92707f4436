# mod_vo: what must exist once per process; load it before the others
MODULES += vo
vo_SRCS := modules/core/mod_vo.c modules/core/mod_vo_config.c \
    modules/core/mod_vo_snapshot.c modules/core/mod_vo_request.c \
    modules/core/mod_vo_cors.c modules/core/mod_vo_output.c \
    modules/core/mod_vo_jobs.c modules/core/mod_vo_worker.c \
    modules/core/mod_vo_result.c modules/core/mod_vo_uws.c \
    modules/core/mod_vo_uws_files.c \
    modules/core/mod_vo_describe.c modules/core/mod_vo_gate.c \
    modules/core/mod_vo_db.c modules/core/mod_vo_stream.c \
    modules/core/mod_vo_route.c modules/core/mod_vo_access.c
