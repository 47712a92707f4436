/* vo_job_int.h: shared by the files of the job store only. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_JOB_INT_H
#define VO_JOB_INT_H

#include "vo_job_store.h"

/* Run SQL with N text parameters. *RES is to be cleared by the caller, also
 * when nothing came. */
vo_err_t *vo_job_exec(PGresult **res, PGconn *conn, const char *sql, int n,
                      const char *const *params, apr_pool_t *pool);

/* The same for a statement whose rows only count: *N_ROWS of them (NULL: never
 * mind). */
vo_err_t *vo_job_exec_count(int *nrows, PGconn *conn, const char *sql, int n,
                            const char *const *params, apr_pool_t *pool);

/* Columns of a job, in the order vo_job_from_row reads them. */
extern const char vo_job_columns[];

/* Row I of RES, whose columns begin with vo_job_columns. */
vo_job_t *vo_job_from_row(const PGresult *res, int i, apr_pool_t *pool);

/* A number as text. */
const char *vo_job_itoa(apr_int64_t n, apr_pool_t *pool);

#define ISO(column)                                                           \
    "to_char(" column " AT TIME ZONE 'UTC', "                                 \
    "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

#endif
