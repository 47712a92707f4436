/* vo_job_work.c: what workers do with jobs in PostgreSQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_job_int.h"

#include <apr_strings.h>

vo_err_t *vo_job_listen(PGconn *conn, apr_pool_t *pool)
{
    VO_TRY(vo_job_exec_count(NULL, conn, "LISTEN " VO_JOB_CHANNEL_WORK, 0, NULL,
                             pool));
    return vo_job_exec_count(NULL, conn, "LISTEN " VO_JOB_CHANNEL_STOP, 0, NULL,
                             pool);
}

vo_err_t *vo_job_nice(int *done, PGconn *conn, int nice, apr_pool_t *pool)
{
    const char *param = vo_job_itoa(nice, pool);

    return vo_job_exec_count(done, conn, "SELECT WHERE sky.sky_nice($1::int)",
                             1, &param, pool);
}

/* Jobs nobody could finish: each time its worker died or lost the database. */
static vo_err_t *give_up(PGconn *conn, int max_attempts, apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE vo.job SET phase = 'ERROR', ended = clock_timestamp(),"
        " worker = NULL, lease = NULL, is_transient = true,"
        " error_text = format('The job was interrupted %s times and is not"
        " tried again.', attempts)"
        " WHERE phase IN ('QUEUED', 'EXECUTING') AND attempts >= $1::int"
        " AND (lease IS NULL OR lease < clock_timestamp())";
    const char *param = vo_job_itoa(max_attempts, pool);

    return vo_job_exec_count(NULL, conn, sql, 1, &param, pool);
}

/* A job that may be taken, $3 being how often one may. */
#define READY                                                                 \
    " phase IN ('QUEUED', 'EXECUTING')"                                       \
    " AND (phase = 'QUEUED' OR lease < clock_timestamp())"                    \
    " AND (not_before IS NULL OR not_before < clock_timestamp())"             \
    " AND attempts < $3::int "

/* Clients take turns: first who has the fewest jobs running, then who has
 * waited longest since a job of theirs was started. */
#define TURNS                                                                 \
    "(SELECT client, (SELECT count(*) FROM vo.job e WHERE e.client = w.client"\
    " AND e.phase = 'EXECUTING' AND e.lease >= clock_timestamp()) AS running,"\
    " (SELECT max(started) FROM vo.job s WHERE s.client = w.client) AS served"\
    " FROM vo.job w WHERE" READY "GROUP BY client)"

vo_err_t *vo_job_take(vo_job_t **job, PGconn *conn, const char *worker,
                      int lease_s, int max_attempts, apr_pool_t *pool)
{
    const char *sql = apr_pstrcat(
        pool,
        "UPDATE vo.job SET phase = 'EXECUTING', worker = $1, nrows = 0,"
        " lease = clock_timestamp() + $2::int * interval '1 s',"
        " started = coalesce(started, clock_timestamp()),"
        " attempts = attempts + 1"
        " WHERE job_id = (SELECT job_id FROM vo.job AS j JOIN " TURNS
        " AS turn USING (client) WHERE" READY
        "ORDER BY running, served NULLS FIRST, queued LIMIT 1"
        " FOR UPDATE OF j SKIP LOCKED) RETURNING",
        vo_job_columns, NULL);
    const char *params[3];
    PGresult *res;

    params[0] = worker;
    params[1] = vo_job_itoa(lease_s, pool);
    params[2] = vo_job_itoa(max_attempts, pool);
    VO_TRY(vo_job_exec(&res, conn, sql, 3, params, pool));
    *job = PQntuples(res) ? vo_job_from_row(res, 0, pool) : NULL;
    PQclear(res);
    return *job ? NULL : give_up(conn, max_attempts, pool);
}

vo_err_t *vo_job_release(PGconn *conn, const char *worker, apr_pool_t *pool)
{
    return vo_job_exec_count(NULL, conn,
                             "UPDATE vo.job SET lease = clock_timestamp()"
                             " WHERE phase = 'EXECUTING' AND worker = $1",
                             1, &worker, pool);
}

vo_err_t *vo_job_renew(int *is_mine, PGconn *conn, const char *id,
                       const char *worker, int lease_s, apr_int64_t nrows,
                       apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE vo.job SET lease = clock_timestamp() + $3::int * interval"
        " '1 s', nrows = $4::bigint WHERE job_id = $1 AND worker = $2"
        " AND phase = 'EXECUTING' RETURNING 1";
    const char *params[4];

    params[0] = id;
    params[1] = worker;
    params[2] = vo_job_itoa(lease_s, pool);
    params[3] = vo_job_itoa(nrows, pool);
    return vo_job_exec_count(is_mine, conn, sql, 4, params, pool);
}

vo_err_t *vo_job_complete(int *done, PGconn *conn, const vo_job_t *job,
                          const char *worker, apr_pool_t *pool)
{
    /* also true when sent twice: the first may have been done unheard */
    static const char sql[] =
        "UPDATE vo.job SET phase = 'COMPLETED', ended = clock_timestamp(),"
        " lease = NULL, nrows = $3::bigint, result_file = $4,"
        " result_type = $5, result_size = $6::bigint, result_parts = $7"
        " WHERE job_id = $1"
        " AND worker = $2 AND (phase = 'EXECUTING'"
        " OR (phase = 'COMPLETED' AND result_file = $4)) RETURNING 1";
    const char *params[7];

    params[0] = job->id;
    params[1] = worker;
    params[2] = vo_job_itoa(job->nrows, pool);
    params[3] = job->result_file;
    params[4] = job->result_type;
    params[5] = vo_job_itoa(job->result_size, pool);
    params[6] = job->result_parts;
    return vo_job_exec_count(done, conn, sql, 7, params, pool);
}

vo_err_t *vo_job_fail(int *done, PGconn *conn, const char *id,
                      const char *worker, vo_phase_e phase, const char *text,
                      int is_transient, apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE vo.job SET phase = $3, ended = clock_timestamp(),"
        " lease = NULL, error_text = $4, is_transient = $5::boolean"
        " WHERE job_id = $1 AND worker = $2 AND phase = 'EXECUTING'"
        " RETURNING 1";
    const char *params[5];

    params[0] = id;
    params[1] = worker;
    params[2] = vo_phase_name(phase);
    params[3] = text;
    params[4] = is_transient ? "t" : "f";
    return vo_job_exec_count(done, conn, sql, 5, params, pool);
}

vo_err_t *vo_job_requeue(int *done, PGconn *conn, const char *id,
                         const char *worker, int delay_s, int is_our_stop,
                         apr_pool_t *pool)
{
    static const char sql[] =
        "WITH back AS (UPDATE vo.job SET phase = 'QUEUED', worker = NULL,"
        " lease = NULL, nrows = 0, attempts = attempts - $4::int,"
        " not_before = clock_timestamp() + $3::int * interval '1 s'"
        " WHERE job_id = $1 AND worker = $2 AND phase = 'EXECUTING'"
        " RETURNING job_id)"
        " SELECT pg_notify('" VO_JOB_CHANNEL_WORK "', '') FROM back";
    const char *params[4];

    params[0] = id;
    params[1] = worker;
    params[2] = vo_job_itoa(delay_s, pool);
    params[3] = is_our_stop ? "1" : "0";
    return vo_job_exec_count(done, conn, sql, 4, params, pool);
}

vo_err_t *vo_job_sweep(apr_array_header_t **files, PGconn *conn,
                       apr_pool_t *pool)
{
    static const char sql[] =
        "WITH gone AS (DELETE FROM vo.job WHERE destruction < now()"
        " RETURNING job_id, phase, result_file)"
        " SELECT result_file, CASE WHEN phase = 'EXECUTING' THEN"
        " pg_notify('" VO_JOB_CHANNEL_STOP "', job_id)::text END FROM gone";
    PGresult *res;
    int i;

    *files = apr_array_make(pool, 8, sizeof(const char *));
    VO_TRY(vo_job_exec(&res, conn, sql, 0, NULL, pool));
    for (i = 0; i < PQntuples(res); ++i) {
        if (!PQgetisnull(res, i, 0)) {
            APR_ARRAY_PUSH(*files, const char *) = apr_pstrdup(
                pool, PQgetvalue(res, i, 0));
        }
    }
    PQclear(res);
    return NULL;
}

vo_err_t *vo_job_has_file(int *has, PGconn *conn, const char *file,
                          apr_pool_t *pool)
{
    /* the name begins with the id of the job */
    static const char sql[] =
        "SELECT 1 FROM vo.job WHERE job_id = left($1, 32)"
        " AND (result_file = $1 OR phase IN ('QUEUED', 'EXECUTING'))";

    return vo_job_exec_count(has, conn, sql, 1, &file, pool);
}
