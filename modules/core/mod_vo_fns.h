/* mod_vo_fns.h: the functions of mod_vo and mod_vosi, fetched as one record. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_VO_FNS_H
#define MOD_VO_FNS_H

#include <http_log.h>

#include "mod_vo.h"
#include "mod_vo_jobs.h"

/* Every optional function of mod_vo.h and mod_vo_jobs.h: its name, and what a
 * protocol module calls it. */
#define VO_FNS(X)                                                             \
    X(vo_snapshot_get, snapshot_get)                                          \
    X(vo_release_visible, release_visible)                                    \
    X(vo_release_for, release_for)                                            \
    X(vo_security_method, security_method)                                    \
    X(vo_offer_login, offer_login)                                            \
    X(vo_db_open, db_open)                                                    \
    X(vo_db_close, db_close)                                                  \
    X(vo_query, query)                                                        \
    X(vo_database_answers, database_answers)                                  \
    X(vo_params, params)                                                      \
    X(vo_params_with_files, params_with_files)                                \
    X(vo_path_below, path_below)                                              \
    X(vo_base_url, base_url)                                                  \
    X(vo_service_url, service_url)                                            \
    X(vo_service_url_at, service_url_at)                                      \
    X(vo_answer_describe, answer_describe)                                    \
    X(vo_response_begin, response_begin)                                      \
    X(vo_name_table, name_table)                                              \
    X(vo_response_end, response_end)                                          \
    X(vo_response_abort, response_abort)                                      \
    X(vo_respond_error, respond_error)                                        \
    X(vo_respond_old_error, respond_old_error)                                \
    X(vo_log_error, log_error)                                                \
    X(vo_route, route)                                                        \
    X(vo_stream, stream)                                                      \
    X(vo_uws_handle, uws_handle)                                              \
    X(vo_job_result, job_result)                                              \
    X(vo_jobs_told, jobs_told)                                                \
    X(vosi_handle, vosi_handle) /* NULL without mod_vosi */

#define VO_FNS_MEMBER(full, brief) APR_OPTIONAL_FN_TYPE(full) *brief;
typedef struct vo_fns_t {
    VO_FNS(VO_FNS_MEMBER)
} vo_fns_t;
#undef VO_FNS_MEMBER

/* Fill FNS in post_config, when every module has registered its own. Returns
 * OK, or says on behalf of NAME ("mod_tap") what is missing and returns what
 * post_config shall return. The file says APLOG_USE_MODULE. */
static inline int vo_fns_fetch(vo_fns_t *fns, server_rec *s,
                               const char *name)
{
#define VO_FNS_FETCH(full, brief) fns->brief = APR_RETRIEVE_OPTIONAL_FN(full);
    VO_FNS(VO_FNS_FETCH)
#undef VO_FNS_FETCH
    if (!fns->query || !fns->uws_handle) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     VOLOGNO(1101) "%s needs mod_vo; add this line before it: "
                     "LoadModule vo_module modules/mod_vo.so (Debian: a2enmod"
                     " vo)", name);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

#endif
