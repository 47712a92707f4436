/* mod_vo_jobs.h: what mod_vo offers to protocols with asynchronous jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_VO_JOBS_H
#define MOD_VO_JOBS_H

#include "mod_vo.h"
#include "uws/vo_job_store.h"
#include "uws/vo_uws.h"

/*
 * Jobs live in the table vo.job. Requests only write there; worker processes,
 * which a supervisor below httpd's parent keeps running, take them, execute
 * them and leave the result as a file in VOResultDir. A protocol says how its
 * jobs are executed with
 *   ap_register_provider(p, VO_JOBTYPE_GROUP, type->name, VO_JOBTYPE_VERSION,
 *                        &type)
 */
#define VO_JOBTYPE_GROUP "vo-job"
#define VO_JOBTYPE_VERSION "0"

/* One execution, in a worker process. */
typedef struct vo_jobrun_t {
    const vo_job_t *job;
    const vo_dali_params_t *params;   /* of the job */
    const vo_dali_params_t *settings; /* what settings() said */
    const vo_release_t *rel;
    const char *base_url;             /* of VORoot when the job was made */
    PGconn *conn;                     /* for vo_sql_run, idle */
    vo_out_t *out;                    /* into the result file */
    int timeout_ms;                   /* 0 = none */
    int (*is_stopped)(void *baton);   /* for vo_sql_req_t's is_gone */
    /* vo_job_result for the owner of this job. */
    vo_err_t *(*result_of)(const char **path, void *baton,
                           const char *service, const char *id);
    void *baton;
    int earlier;                      /* what an attempt that did not end had
                                         written, open for reading, or -1 */
    server_rec *server;
    apr_pool_t *pool;                 /* of this execution */
    /* said by run() */
    const char *media_type;           /* of the result */
    apr_int64_t nrows;                /* written so far, for the progress */
    apr_array_header_t *parts;        /* vo_job_part_t: several results, each
                                         written behind the other; NULL: one */
} vo_jobrun_t;

typedef struct vo_jobtype_t {
    const char *name; /* the service's: "tap" */
    /* May NAME be given several times? NULL: none may. */
    int (*is_repeatable)(const char *name);
    /* What of the configuration and of the address of R a job made by it needs
     * when it runs, as an urlencoded form (vo_uws_form_add). */
    const char *(*settings)(request_rec *r, const vo_release_t *rel);
    /* The planner's estimate of a job that has not run: its rows and seconds.
     * An error means there can be none. NULL: never. */
    vo_err_t *(*forecast)(request_rec *r, const vo_dali_params_t *params,
                          const vo_dali_params_t *settings,
                          const vo_release_t *rel, apr_int64_t *rows,
                          double *seconds);
    /* Errors are told as they are, as text/plain; or: */
    int tells_text;
    /* The format in which PARAMS want an error told, or NULL for VOTable. */
    const vo_tablefmt_t *(*error_format)(const vo_dali_params_t *params,
                                         apr_pool_t *pool);
    /* Write the result. VO_ERR_BUSY: the job is tried again; VO_ERR_GONE: it
     * was stopped; any other error is the job's. */
    vo_err_t *(*run)(vo_jobrun_t *run);
} vo_jobtype_t;

/* Answer a request below /async of a service, REST being what follows: "",
 * "ID", "ID/phase" and so on (UWS 1.1, section 2.2.3). URL is the address of
 * the job list. A handler's return value. */
APR_DECLARE_OPTIONAL_FN(int, vo_uws_handle,
                        (request_rec *r, const vo_jobtype_t *type,
                         const vo_release_t *rel, const char *url,
                         const char *rest));

/* The file *PATH with the result of the finished job ID of SERVICE and REL,
 * which the user of R may read. Errors as of vo_job_result_file. */
APR_DECLARE_OPTIONAL_FN(vo_err_t *, vo_job_result,
                        (const char **path, request_rec *r,
                         const char *service, const vo_release_t *rel,
                         const char *id));

/* The limits of jobs made by R, for capabilities: seconds of execution
 * (default, hard) and of retention (default, hard). */
typedef struct vo_jobs_told_t {
    int duration, max_duration;
    int retention, max_retention;
} vo_jobs_told_t;
APR_DECLARE_OPTIONAL_FN(void, vo_jobs_told,
                        (vo_jobs_told_t *told, request_rec *r));

#endif
