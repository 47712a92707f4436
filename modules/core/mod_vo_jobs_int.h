/* mod_vo_jobs_int.h: shared by mod_vo's files about jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_VO_JOBS_INT_H
#define MOD_VO_JOBS_INT_H

#include <sys/types.h>

#include <http_config.h>

#include "mod_vo_jobs.h"

/* --- mod_vo_jobs.c: configuration and the supervisor --------------------- */

/* Per server and section; VO_UNSET is "not set". */
typedef struct vo_jobs_conf_t {
    int per_client;                /* VOJobsPerUser */
    int queue;                     /* VOJobQueue */
    int duration, max_duration;    /* VOJobDuration, s */
    int retention, max_retention;  /* VOJobRetention, s */
    int max_wait;                  /* VOJobWait, s */
    apr_int64_t max_bytes;         /* VOJobMaxBytes */
} vo_jobs_conf_t;

void vo_jobs_conf_init(vo_jobs_conf_t *conf);
void vo_jobs_conf_merge(vo_jobs_conf_t *to, const vo_jobs_conf_t *outer,
                        const vo_jobs_conf_t *inner);

/* The settings of the request, defaults applied. */
vo_jobs_conf_t vo_jobs_conf(request_rec *r);

/* Setters of the directives, for the table in mod_vo_config.c. */
const char *vo_set_job_number(cmd_parms *cmd, void *dir, const char *value);
const char *vo_set_job_times(cmd_parms *cmd, void *dir, const char *deflt,
                             const char *most);
const char *vo_set_job_max_bytes(cmd_parms *cmd, void *dir, const char *value);
const char *vo_set_job_workers(cmd_parms *cmd, void *dir, const char *value);
const char *vo_set_job_nice(cmd_parms *cmd, void *dir, const char *value);
const char *vo_set_job_database(cmd_parms *cmd, void *dir, const char *value);
const char *vo_set_result_dir(cmd_parms *cmd, void *dir, const char *value);

#define VO_JOBS_CMDS(where)                                                   \
    AP_INIT_TAKE1("VOJobWorkers", vo_set_job_workers, NULL, RSRC_CONF,        \
                  "Processes that execute asynchronous jobs; 0 leaves them "  \
                  "to other hosts that share the database and VOResultDir. "  \
                  "Default: 2."),                                             \
    AP_INIT_TAKE1("VOJobNice", vo_set_job_nice, NULL, RSRC_CONF,              \
                  "Niceness of jobs, from 0 to 19: how far their processes, " \
                  "in a database of the same machine too, give way to those " \
                  "somebody waits for. Default: 10."),                        \
    AP_INIT_TAKE1("VOJobDatabase", vo_set_job_database, NULL, RSRC_CONF,      \
                  "Database of the workers as libpq's connection string. "    \
                  "Default: the first DBDParams."),                           \
    AP_INIT_TAKE1("VOResultDir", vo_set_result_dir, NULL, RSRC_CONF,          \
                  "Folder of the results of asynchronous jobs. Default: "     \
                  "vo-results in httpd's run-time folder."),                  \
    AP_INIT_TAKE1("VOJobsPerUser", vo_set_job_number,                         \
                  (void *)APR_OFFSETOF(vo_jobs_conf_t, per_client), where,    \
                  "Unfinished jobs a user, or an address without one, may "   \
                  "have; 0 is no limit. Default: 500."),                      \
    AP_INIT_TAKE1("VOJobQueue", vo_set_job_number,                            \
                  (void *)APR_OFFSETOF(vo_jobs_conf_t, queue), where,         \
                  "Jobs that may wait or run in all; 0 is no limit. "         \
                  "Default: 10000."),                                         \
    AP_INIT_TAKE1("VOJobWait", vo_set_job_number,                             \
                  (void *)APR_OFFSETOF(vo_jobs_conf_t, max_wait), where,      \
                  "Seconds a request with WAIT is held at most. Default: "    \
                  "30."),                                                     \
    AP_INIT_TAKE12("VOJobDuration", vo_set_job_times,                         \
                   (void *)APR_OFFSETOF(vo_jobs_conf_t, duration), where,     \
                   "Seconds a job may run when the client does not say, and " \
                   "the most it can ask for (one number: both; 0 is no "      \
                   "limit). Default: 3600 86400."),                           \
    AP_INIT_TAKE12("VOJobRetention", vo_set_job_times,                        \
                   (void *)APR_OFFSETOF(vo_jobs_conf_t, retention), where,    \
                   "Seconds a job and its result are kept when the client "   \
                   "does not say, and the most it can ask for (one number: "  \
                   "both). Default: 604800 2592000."),                        \
    AP_INIT_TAKE1("VOJobMaxBytes", vo_set_job_max_bytes, NULL, where,         \
                  "Bytes the result of a job may have; 0 is no limit. "       \
                  "Default: 10737418240.")

/* Set before there are threads; the same for all virtual hosts. */
typedef struct vo_jobs_global_t {
    int nworkers;           /* VO_UNSET = default */
    int nice;               /* VO_UNSET = default */
    const char *database;   /* conninfo */
    const char *result_dir; /* absolute */
} vo_jobs_global_t;
extern vo_jobs_global_t vo_jobs_global;

void vo_jobs_pre_config(void);

/* Make the folder of results and start the supervisor; a sentence when it
 * cannot be done. */
const char *vo_jobs_start(apr_pool_t *pconf, server_rec *s);

void vo_jobs_told(vo_jobs_told_t *told, request_rec *r);

/* --- mod_vo_worker.c ----------------------------------------------------- */

/* Execute jobs until told to stop; NAME is this worker's, OLD_NAME the one of a
 * worker that died in its place (or NULL). FD ends when the supervisor does,
 * HTTPD is httpd's parent. */
void vo_worker(server_rec *s, const char *name, const char *old_name, int fd,
               pid_t httpd, apr_pool_t *pool);

/* --- mod_vo_result.c ----------------------------------------------------- */

/* The result of JOB being written by a worker. */
typedef struct vo_result_t {
    const char *name;       /* in the folder of results */
    const char *path, *temp_path;
    int fd;
    apr_int64_t size, max_size; /* bytes; 0 = no limit */
    vo_out_t *out;
    apr_pool_t *pool;
} vo_result_t;

vo_err_t *vo_result_create(vo_result_t **result, const vo_job_t *job,
                           apr_int64_t max_size, apr_pool_t *pool);
/* The largest unfinished file of JOB's earlier attempts, open for reading until
 * POOL is cleared, or -1. */
int vo_result_earlier(const vo_job_t *job, apr_pool_t *pool);
/* It is not finished, but the job will be tried again: close it. */
void vo_result_leave(vo_result_t *result);
/* All is written: flush, make it durable, give it its name. */
vo_err_t *vo_result_finish(vo_result_t *result);
/* It is not wanted: remove it under either name. */
void vo_result_discard(vo_result_t *result);
/* Remove the result called NAME. */
void vo_result_remove(const char *name, apr_pool_t *pool);
/* Remove files nobody owns: left by workers that died. IS_TEMP: look only at
 * unfinished ones, which are few. */
void vo_result_tidy(PGconn *conn, int is_temp, apr_pool_t *pool);
/* Where the result called NAME is, in POOL. */
const char *vo_result_path(const char *name, apr_pool_t *pool);
/* Answer with PART of the result of JOB. */
int vo_result_send(request_rec *r, const vo_job_t *job,
                   const vo_job_part_t *part);

/* --- mod_vo_uws_files.c -------------------------------------------------- */

/* Did files come with the request? Keep them with the job ID, on a connection
 * of the pool; they may have the bytes the request may have, in all. */
int vo_uws_has_files(const vo_dali_params_t *posted);
vo_err_t *vo_uws_keep_files(request_rec *r, PGconn *conn, const char *id,
                            const vo_dali_params_t *posted);
/* Add the files of JOB to its parameters PARAMS, by name alone. */
vo_err_t *vo_uws_name_files(request_rec *r, const vo_job_t *job,
                            vo_dali_params_t *params);
/* Answer with the file NAME of JOB. *FOUND 0: there is none, and nothing is
 * sent. */
int vo_uws_send_file(int *found, request_rec *r, const vo_job_t *job,
                     const char *name);

/* --- mod_vo_uws.c -------------------------------------------------------- */

vo_err_t *vo_job_result(const char **path, request_rec *r, const char *service,
                        const vo_release_t *rel, const char *id);
int vo_uws_handle(request_rec *r, const vo_jobtype_t *type,
                  const vo_release_t *rel, const char *url, const char *rest);

#endif
