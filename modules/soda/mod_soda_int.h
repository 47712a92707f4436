/* mod_soda_int.h: shared by the files of mod_soda. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_SODA_INT_H
#define MOD_SODA_INT_H

#include <httpd.h>
#include <http_config.h>

#include "mod_vo_fns.h"
#include "soda/vo_soda.h"

extern module soda_module;

extern vo_fns_t soda_fns; /* what mod_vo and mod_vosi offer */
extern const vo_service_t soda_service;
extern const vo_jobtype_t soda_jobtype;

/* The settings of a request, defaults filled in. */
typedef struct soda_conf_t {
    vo_soda_limits_t limits; /* SODAMaxPixels, SODAMaxCuts */
    int process_pixels;      /* SODAProcessPixels: of requests at a time */
    int max_bulk;            /* SODAMaxBulk: positions of a job */
    int upload_bytes;        /* SODAUploadBytes */
    int timeout_ms;          /* SODATimeout: of each look-up */
} soda_conf_t;
soda_conf_t soda_conf(request_rec *r);

/* For vo_image_find: a vo_image_run_t whose baton is a soda_look_t. */
typedef struct soda_look_t {
    request_rec *r;
    int timeout_ms;
} soda_look_t;
vo_err_t *soda_look(void *baton, const vo_sql_req_t *req,
                    vo_sql_done_t *done);

/* Answer with ERR as text, SODA 1.0 section 4.2; a handler's return value. */
int soda_fail(request_rec *r, const vo_err_t *err);

/* Answer with what was read; a handler's return value. */
int soda_answer(request_rec *r, vo_soda_made_t *made);

/* Content-Disposition: WHAT is "inline" or "attachment". */
void soda_disposition(request_rec *r, const char *what, const char *filename);

/* Of limits: the pixels of requests (the baton) that one process holds at a
 * time. To be made ready in each child. */
void soda_gate_init(apr_pool_t *pchild, server_rec *s);
vo_err_t *soda_admit(void *baton, apr_int64_t npixels, apr_pool_t *pool);

/* SODA's synchronous resource. */
int soda_sync(request_rec *r, const vo_release_t *rel);

/* The direct downloads ROOT/siap/RELEASE/get_...: a handler. */
int soda_download(request_rec *r);

#endif
