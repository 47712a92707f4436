/* mod_tap_int.h: shared by the files of mod_tap only. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_TAP_INT_H
#define MOD_TAP_INT_H

#include <httpd.h>

#include <http_config.h>

#include "dali/vo_tap_caps.h"
#include "mod_vo_fns.h"

extern module tap_module;

/* What mod_vo and mod_vosi offer, fetched again after each restart. */
extern vo_fns_t tap_fns;

extern const vo_service_t tap_service;
extern const vo_jobtype_t tap_jobtype; /* mod_tap_async.c */

/* The settings of a request, defaults applied. */
typedef struct tap_conf_t {
    apr_int64_t maxrec_default, maxrec_hard; /* TAPMaxRec, rows */
    apr_int64_t upload_bytes, upload_rows;   /* TAPUploadLimit; 0 bytes: none */
    const apr_array_header_t *upload_hosts;  /* TAPUploadFrom, or NULL */
    const char *resolver;                    /* TAPNameResolver, or NULL */
    int timeout_s;                           /* TAPTimeout */
    int is_binary2;                          /* TAPVOTable BINARY2 */
} tap_conf_t;
tap_conf_t tap_conf(request_rec *r);

/* Handlers: /sync of REL; its /examples; the page of REL, or of all releases
 * when NULL. */
int tap_sync(request_rec *r, const vo_release_t *rel);
int tap_examples(request_rec *r, const vo_release_t *rel);
int tap_page(request_rec *r, const vo_release_t *rel);

#endif
