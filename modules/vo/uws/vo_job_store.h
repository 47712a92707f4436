/* vo_job_store.h: jobs in PostgreSQL, the table vo.job. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_JOB_STORE_H
#define VO_JOB_STORE_H

#include <libpq-fe.h>

#include <apr_tables.h>

#include "vo_uws.h"

/*
 * Every function is one statement (so one transaction) on CONN, which is idle
 * and outside a transaction, its login being allowed to write vo.job. A dead
 * connection is reset and the statement sent once more: each of them may be run
 * twice. Errors: VO_ERR_BUSY when the database does not answer, VO_ERR_FAULT
 * when it refuses. Strings that come back live in POOL.
 *
 * Changes are made only where the phase allows them, in the statement itself;
 * *DONE tells whether it did.
 */

/* Channels of NOTIFY: work has come, and a job (the payload is its id) is no
 * longer wanted. */
#define VO_JOB_CHANNEL_WORK "vo_job"
#define VO_JOB_CHANNEL_STOP "vo_job_stop"

/* --- for requests --------------------------------------------------------- */

typedef struct vo_job_limits_t {
    int per_client;       /* unfinished jobs of a client, 0 = no limit */
    int queue;            /* queued jobs in all, 0 = no limit */
    int max_duration;     /* s; also what 0 becomes; 0 = no limit */
    int max_retention;    /* s from now to destruction */
} vo_job_limits_t;

/* Insert JOB: id, service, release, owner, client, run_id, form, settings,
 * phase (PENDING or QUEUED), duration and destruction (a time, or NULL for
 * RETENTION seconds from now) are used, clamped to LIMITS. A limit met is a
 * VO_ERR_LIMIT with http 429 (the client's) or 503 (the queue's). */
vo_err_t *vo_job_insert(PGconn *conn, const vo_job_t *job, int retention,
                        const vo_job_limits_t *limits, apr_pool_t *pool);

/* The job ID of SERVICE and RELEASE; *JOB is NULL when there is none. */
vo_err_t *vo_job_get(vo_job_t **job, PGconn *conn, const char *service,
                     const char *release, const char *id, apr_pool_t *pool);

/* Only its phase, -1 when there is no such job. */
vo_err_t *vo_job_phase(int *phase, PGconn *conn, const char *id,
                       apr_pool_t *pool);

/* Hand to EACH the jobs of OWNER (not NULL) that FILTER lets pass, the newest
 * first when filter->last, else the oldest. JOB lives during the call. */
vo_err_t *vo_job_list(PGconn *conn, const char *service, const char *release,
                      const char *owner, const vo_uws_filter_t *filter,
                      vo_err_t *(*each)(void *baton, const vo_job_t *job),
                      void *baton, apr_pool_t *pool);

/* PHASE=RUN and PHASE=ABORT. */
vo_err_t *vo_job_run(int *done, PGconn *conn, const char *id,
                     const vo_job_limits_t *limits, apr_pool_t *pool);
vo_err_t *vo_job_abort(int *done, PGconn *conn, const char *id,
                       apr_pool_t *pool);

/* New parameters, if it is PENDING and its form is still OLD_FORM. */
vo_err_t *vo_job_set_form(int *done, PGconn *conn, const char *id,
                          const char *old_form, const char *form,
                          const char *run_id, apr_pool_t *pool);

/* Seconds of execution, clamped, if it has not been queued yet. */
vo_err_t *vo_job_set_duration(int *done, PGconn *conn, const char *id,
                              int duration, const vo_job_limits_t *limits,
                              apr_pool_t *pool);

/* When it is destroyed, clamped. */
vo_err_t *vo_job_set_destruction(int *done, PGconn *conn, const char *id,
                                 const char *time,
                                 const vo_job_limits_t *limits,
                                 apr_pool_t *pool);

vo_err_t *vo_job_set_public(int *done, PGconn *conn, const char *id,
                            int is_public, apr_pool_t *pool);

/* The planner's estimate; ROWS -1 when there can be none. */
vo_err_t *vo_job_set_forecast(PGconn *conn, const char *id, apr_int64_t rows,
                              double seconds, apr_pool_t *pool);

/* Forget it. *FILE is the name of its result or NULL; a worker that executes it
 * is told. */
vo_err_t *vo_job_delete(int *done, const char **file, PGconn *conn,
                        const char *id, apr_pool_t *pool);

/* The name of the file with the result of the finished job ID, which USER
 * (NULL: nobody known) may read. VO_ERR_NOTFOUND when there is no such job, or
 * it is somebody else's; VO_ERR_USAGE when it has no result. */
vo_err_t *vo_job_result_file(const char **file, PGconn *conn,
                             const char *service, const char *release,
                             const char *id, const char *user,
                             apr_pool_t *pool);

/* Keep the files of POSTED with the job ID, in place of those of the same name;
 * a transaction of its own. More than MAX_BYTES in all are a VO_ERR_LIMIT with
 * http 413. */
vo_err_t *vo_job_keep_files(PGconn *conn, const char *id,
                            const vo_dali_params_t *posted,
                            apr_off_t max_bytes, apr_pool_t *pool);

/* Add the files kept with the job ID to PARAMS by name alone, without what is
 * in them; those called like a parameter are left out. */
vo_err_t *vo_job_name_files(PGconn *conn, const char *id,
                            vo_dali_params_t *params);

/* --- for workers ---------------------------------------------------------- */

/* Listen on both channels. */
vo_err_t *vo_job_listen(PGconn *conn, apr_pool_t *pool);

/* Let the backend of CONN, and the parallel workers of its queries, give way to
 * others until it ends: NICE is a niceness from 0 to 19, never less than
 * before. *DONE: 1 when the kernel has taken all of it, 0 when to call
 * again. */
vo_err_t *vo_job_nice(int *done, PGconn *conn, int nice, apr_pool_t *pool);

/* Take the job that is next, clients taking turns, or one whose lease has run
 * out; *JOB is
 * NULL when there is nothing to do. WORKER is unique; the lease lasts LEASE_S.
 * A job taken MAX_ATTEMPTS times already ends in ERROR instead. */
vo_err_t *vo_job_take(vo_job_t **job, PGconn *conn, const char *worker,
                      int lease_s, int max_attempts, apr_pool_t *pool);

/* WORKER is known to be dead: its job may be taken at once. */
vo_err_t *vo_job_release(PGconn *conn, const char *worker, apr_pool_t *pool);

/* Renew the lease and tell the progress; *IS_MINE is 0 when the job has been
 * aborted, deleted or taken by another: nothing more may come of it. */
vo_err_t *vo_job_renew(int *is_mine, PGconn *conn, const char *id,
                       const char *worker, int lease_s, apr_int64_t nrows,
                       apr_pool_t *pool);

/* Add the files kept with the job ID to PARAMS, as vo_dali_multipart.h does;
 * PART not NULL: only the one of that name. */
vo_err_t *vo_job_fetch_files(PGconn *conn, const char *id, const char *part,
                             vo_dali_params_t *params);

/* It is done: JOB's id, nrows and what it says of the result are used. *DONE 0:
 * it was not WORKER's any more, the file is nobody's. */
vo_err_t *vo_job_complete(int *done, PGconn *conn, const vo_job_t *job,
                          const char *worker, apr_pool_t *pool);

/* It ended in PHASE (ERROR or ABORTED), TEXT saying why. */
vo_err_t *vo_job_fail(int *done, PGconn *conn, const char *id,
                      const char *worker, vo_phase_e phase, const char *text,
                      int is_transient, apr_pool_t *pool);

/* Back into the queue, not before DELAY_S seconds from now. IS_OUR_STOP: the
 * server is being stopped, the attempt does not count. */
vo_err_t *vo_job_requeue(int *done, PGconn *conn, const char *id,
                         const char *worker, int delay_s, int is_our_stop,
                         apr_pool_t *pool);

/* Forget the jobs whose time has come; *FILES (const char *) are their result
 * files. */
vo_err_t *vo_job_sweep(apr_array_header_t **files, PGconn *conn,
                       apr_pool_t *pool);

/* Is FILE the result of any job, or of an attempt at one that is not done? */
vo_err_t *vo_job_has_file(int *has, PGconn *conn, const char *file,
                          apr_pool_t *pool);

/* The server's own words of the error in RES as a vo_err_t, RES being cleared:
 * for what else runs plain statements. */
vo_err_t *vo_job_sql_error(PGconn *conn, PGresult *res, apr_pool_t *pool);

#endif
