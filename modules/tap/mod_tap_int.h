/* mod_tap_int.h: shared by the files of mod_tap only. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_TAP_INT_H
#define MOD_TAP_INT_H

#include <httpd.h>

#include <http_config.h>

#include "dali/vo_tap_caps.h"
#include "mod_vo.h"
#include "mod_vo_jobs.h"

extern module tap_module;

/* What mod_vo and mod_vosi offer, fetched again after each restart. */
typedef struct tap_fns_t {
    APR_OPTIONAL_FN_TYPE(vo_snapshot_get) *snapshot_get;
    APR_OPTIONAL_FN_TYPE(vo_release_visible) *release_visible;
    APR_OPTIONAL_FN_TYPE(vo_release_for) *release_for;
    APR_OPTIONAL_FN_TYPE(vo_query) *query;
    APR_OPTIONAL_FN_TYPE(vo_params) *params;
    APR_OPTIONAL_FN_TYPE(vo_params_with_files) *params_with_files;
    APR_OPTIONAL_FN_TYPE(vo_path_below) *path_below;
    APR_OPTIONAL_FN_TYPE(vo_base_url) *base_url;
    APR_OPTIONAL_FN_TYPE(vo_service_url) *service_url;
    APR_OPTIONAL_FN_TYPE(vo_answer_describe) *answer_describe;
    APR_OPTIONAL_FN_TYPE(vo_response_begin) *response_begin;
    APR_OPTIONAL_FN_TYPE(vo_response_end) *response_end;
    APR_OPTIONAL_FN_TYPE(vo_response_abort) *response_abort;
    APR_OPTIONAL_FN_TYPE(vo_respond_error) *respond_error;
    APR_OPTIONAL_FN_TYPE(vo_log_error) *log_error;
    APR_OPTIONAL_FN_TYPE(vo_uws_handle) *uws_handle;
    APR_OPTIONAL_FN_TYPE(vo_jobs_told) *jobs_told;
    APR_OPTIONAL_FN_TYPE(vosi_handle) *vosi_handle; /* NULL: no mod_vosi */
} tap_fns_t;
extern tap_fns_t tap_fns;

extern const vo_service_t tap_service;
extern const vo_jobtype_t tap_jobtype; /* mod_tap_async.c */

/* The settings of a request, defaults applied. */
typedef struct tap_conf_t {
    apr_int64_t maxrec_default, maxrec_hard; /* TAPMaxRec, rows */
    apr_int64_t upload_bytes, upload_rows;   /* TAPUploadLimit; 0 bytes: none */
    const apr_array_header_t *upload_hosts;  /* TAPUploadFrom, or NULL */
    int timeout_s;                           /* TAPTimeout */
    int is_binary2;                          /* TAPVOTable BINARY2 */
} tap_conf_t;
tap_conf_t tap_conf(request_rec *r);

/* Handlers: /sync of REL; the page of REL, or of all releases when NULL. */
int tap_sync(request_rec *r, const vo_release_t *rel);
int tap_page(request_rec *r, const vo_release_t *rel);

#endif
