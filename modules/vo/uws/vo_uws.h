/* vo_uws.h: jobs of the Universal Worker Service 1.1: phases, values, XML. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_UWS_H
#define VO_UWS_H

#include <apr_tables.h>

#include "../dali/vo_dali_param.h"
#include "../vo_err.h"
#include "../vo_out.h"

/* --- phases -------------------------------------------------------------- */

typedef enum {
    VO_PHASE_PENDING,
    VO_PHASE_QUEUED,
    VO_PHASE_EXECUTING,
    VO_PHASE_COMPLETED,
    VO_PHASE_ERROR,
    VO_PHASE_ABORTED,
    VO_PHASE_UNKNOWN,
    VO_PHASE_HELD,
    VO_PHASE_SUSPENDED,
    VO_PHASE_ARCHIVED,
    VO_PHASE_COUNT
} vo_phase_e;

/* The word of PHASE, and the phase of WORD (exact case) or -1. */
const char *vo_phase_name(vo_phase_e phase);
int vo_phase_parse(const char *word);

typedef enum {
    VO_BY_CLIENT, /* asked for by PHASE=RUN or PHASE=ABORT */
    VO_BY_SERVER
} vo_by_e;

/* May a job go from FROM to TO? UWS 1.1, section 2.1.3. */
int vo_phase_may(vo_phase_e from, vo_phase_e to, vo_by_e by);

/* The phases from which a job may go to TO as a PostgreSQL array literal,
 * "{PENDING,HELD}", in POOL. */
const char *vo_phase_sources(vo_phase_e to, vo_by_e by, apr_pool_t *pool);

/* Will it change without the client: does WAIT block (UWS 1.1, 2.2.1.1)? */
int vo_phase_is_active(vo_phase_e phase);

/* Is the job over? */
int vo_phase_is_final(vo_phase_e phase);

/* --- values -------------------------------------------------------------- */

/* Read an ISO 8601 date or date-time in UTC ("2026-11-20",
 * "2026-11-20T12:00:00.5Z", the Z may be missing) and write it as
 * "2026-11-20T12:00:00.500Z" to *TIME in POOL. NAME is told in the usage error
 * for anything else. */
vo_err_t *vo_uws_time(const char **time, const char *name, const char *text,
                      apr_pool_t *pool);

/* Read a whole number of at least MIN (seconds, jobs); what is beyond 2^31-1 is
 * taken for that. */
vo_err_t *vo_uws_count(int *value, const char *name, const char *text, int min,
                       apr_pool_t *pool);

/* The usage error for a PHASE that is none: it tells those there are. */
vo_err_t *vo_uws_no_phase(const char *phase, apr_pool_t *pool);

/* The filters of a job list (UWS 1.1, section 2.2.2.1): PHASE (repeatable),
 * AFTER, LAST. Bad values are usage errors. */
typedef struct vo_uws_filter_t {
    unsigned phases;   /* bit 1 << vo_phase_e */
    const char *after; /* as vo_uws_time writes it, or NULL */
    int last;          /* 0 = all */
} vo_uws_filter_t;
vo_err_t *vo_uws_filter(vo_uws_filter_t *filter,
                        const vo_dali_params_t *params, apr_pool_t *pool);

/* FORM ("a=b&c=d", "" for none) with NAME=VALUE added, percent-encoded, in
 * POOL: how parameters and settings of a job are kept. */
const char *vo_uws_form_add(const char *form, const char *name,
                            const char *value, apr_pool_t *pool);

/* FORM with the parameters POSTED merged into it: one that may be given once
 * replaces what it was, in its place; those for which IS_REPEATABLE(name) holds
 * (NULL: none) are appended. Names that CONTROLS (NULL-ended) lists and
 * uploaded files are left out. The same single-valued name twice in POSTED is a
 * usage error (DALI 1.1, section 3.4). */
vo_err_t *vo_uws_form_merge(const char **merged, const char *form,
                            const vo_dali_params_t *posted,
                            int (*is_repeatable)(const char *name),
                            const char *const *controls, apr_pool_t *pool);

/* --- a job --------------------------------------------------------------- */

/* What vo.job holds of one job. Texts are NULL when absent; times are ISO 8601
 * UTC with milliseconds and Z. */
typedef struct vo_job_t {
    const char *id;          /* 32 hexadecimal digits */
    const char *service;     /* "tap" */
    const char *release;     /* release id */
    const char *owner;       /* authenticated user */
    const char *client;      /* whose limits it counts for */
    int is_public;
    const char *run_id;
    const char *form;        /* parameters, urlencoded */
    const char *settings;    /* of the service, urlencoded */
    vo_phase_e phase;
    const char *created, *started, *ended, *destruction, *quote;
    int duration;            /* s, 0 = no limit */
    int attempts;            /* times it was taken by a worker */
    apr_int64_t forecast_rows; /* the planner's estimate, -1 = none */
    double forecast_s;       /* < 0 = none */
    int is_forecast;         /* an estimate was asked for already */
    apr_int64_t nrows;       /* rows written so far */
    double elapsed_s;        /* of execution so far */
    const char *result_file, *result_type;
    apr_int64_t result_size; /* bytes */
    const char *result_parts; /* of several results: see below */
    const char *error_text;
    int is_transient;        /* may work another time */
} vo_job_t;

/* A new job id: 128 random bits as hexadecimal digits, in POOL. */
vo_err_t *vo_uws_new_id(const char **id, apr_pool_t *pool);

/* Could ID be one? */
int vo_uws_is_id(const char *id);

/* --- several results ------------------------------------------------------ */

/*
 * A job has one result, called "result", or several, which lie one behind the
 * other in its file. What the parts are is kept as text: a line for each, with
 * its name, media type and size between tabs.
 */
typedef struct vo_job_part_t {
    const char *name;       /* letters, digits and "-_." */
    const char *media_type;
    apr_int64_t offset, size;
} vo_job_part_t;

/* PARTS (vo_job_part_t, each where the one before it ends) as text in POOL. */
const char *vo_uws_parts_text(const apr_array_header_t *parts,
                              apr_pool_t *pool);

/* Read one part at *TEXT into PART, whose offset is that of the one before plus
 * its size (begin with zeros), and move *TEXT behind it. 0 at the end. */
int vo_uws_parts_next(vo_job_part_t *part, const char **text,
                      apr_pool_t *pool);

/* The result called NAME of JOB, "result" being the whole file where there are
 * no parts; 0 when there is none. */
int vo_uws_part_find(vo_job_part_t *part, const vo_job_t *job,
                     const char *name, apr_pool_t *pool);

/* --- paths --------------------------------------------------------------- */

/* The resources of jobs, UWS 1.1 section 2.2. */
typedef enum {
    VO_UWS_LIST,
    VO_UWS_JOB,
    VO_UWS_PHASE,
    VO_UWS_DURATION,
    VO_UWS_DESTRUCTION,
    VO_UWS_QUOTE,
    VO_UWS_OWNER,
    VO_UWS_ERROR,
    VO_UWS_PARAMETERS,
    VO_UWS_RESULTS,
    VO_UWS_COUNT
} vo_uws_what_e;

typedef struct vo_uws_path_t {
    vo_uws_what_e what;
    const char *id;    /* of a job, perhaps none there is; NULL: the list */
    const char *child; /* one parameter or result, or NULL */
} vo_uws_path_t;

/* What REST means, which follows "async/" in the path: "", "ID", "ID/phase",
 * "ID/results/result" and so on; a slash may end it. VO_ERR_NOTFOUND when there
 * is no such resource. Everything lives in POOL or in REST. */
vo_err_t *vo_uws_path(vo_uws_path_t *path, const char *rest, apr_pool_t *pool);

/* --- XML ----------------------------------------------------------------- */

/* The documents of UWS 1.1, appendix A. URL is the address of the job, no
 * trailing slash; PARAMS are its parameters, its files by reference. */
vo_err_t *vo_uws_put_job(vo_out_t *out, const vo_job_t *job,
                         const vo_dali_params_t *params, const char *url);
vo_err_t *vo_uws_put_parameters(vo_out_t *out, const vo_dali_params_t *params,
                                const char *url);
vo_err_t *vo_uws_put_results(vo_out_t *out, const vo_job_t *job,
                             const char *url);

/* A job list: head, one reference per job, tail. JOBS_URL is the address of the
 * list; of a job id, owner, run_id, phase and created are used. HAS_USER 0: a
 * comment tells why nothing is listed. */
vo_err_t *vo_uws_put_list_head(vo_out_t *out, int has_user);
vo_err_t *vo_uws_put_list_job(vo_out_t *out, const vo_job_t *job,
                              const char *jobs_url);
vo_err_t *vo_uws_put_list_tail(vo_out_t *out);

#endif
