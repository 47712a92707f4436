/* vo_job_store.c: what requests do with jobs in PostgreSQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_job_int.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "../vo_num.h"
#include "../vo_sql.h"

/* --- statements ---------------------------------------------------------- */

vo_err_t *vo_job_sql_error(PGconn *conn, PGresult *res, apr_pool_t *pool)
{
    const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
    vo_err_t *err;

    if (!state || PQstatus(conn) == CONNECTION_BAD || !strncmp(state, "57", 2)
        || !strncmp(state, "53", 2) || !strncmp(state, "40", 2)) {
        err = vo_err_make(pool, VO_ERR_BUSY, "The database is not available; "
                                             "try again later.");
        err->detail = apr_pstrdup(pool, res ? PQresultErrorMessage(res)
                                            : PQerrorMessage(conn));
    }
    else if (!strcmp(state, "42P01")) {
        err = vo_err_fault(pool, APR_EGENERAL, "Jobs are not set up here.",
                           "there is no table vo.job: run 'voctl init'");
    }
    else {
        err = vo_err_fault(pool, APR_EGENERAL, "The job could not be handled.",
                           "%s", PQresultErrorMessage(res));
    }
    PQclear(res);
    return err;
}

vo_err_t *vo_job_exec(PGresult **res, PGconn *conn, const char *sql, int n,
                      const char *const *params, apr_pool_t *pool)
{
    int attempt;

    *res = NULL;
    for (attempt = 0; attempt < 2; ++attempt) {
        ExecStatusType status;

        if (PQstatus(conn) == CONNECTION_BAD) {
            vo_sql_reset(conn, 0);
        }
        PQclear(*res);
        *res = PQexecParams(conn, sql, n, NULL, params, NULL, NULL, 0);
        status = PQresultStatus(*res);
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
            return NULL;
        }
        if (PQstatus(conn) == CONNECTION_OK) {
            break;
        }
    }
    return vo_job_sql_error(conn, *res, pool);
}

vo_err_t *vo_job_exec_count(int *nrows, PGconn *conn, const char *sql, int n,
                            const char *const *params, apr_pool_t *pool)
{
    PGresult *res;

    VO_TRY(vo_job_exec(&res, conn, sql, n, params, pool));
    if (nrows) {
        *nrows = PQntuples(res);
    }
    PQclear(res);
    return NULL;
}

const char *vo_job_itoa(apr_int64_t n, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, n);
}

/* --- a job from a row ---------------------------------------------------- */

const char vo_job_columns[] =
    " job_id, service, release_id, owner, client, is_public, run_id, form,"
    " settings, phase, " ISO("created") ", " ISO("started") ", " ISO("ended")
    ", " ISO("destruction") ","
    " CASE WHEN forecast_s >= 0 AND phase IN ('PENDING', 'QUEUED', 'EXECUTING')"
    " THEN " ISO("(greatest(coalesce(started, now())"
                 " + forecast_s * interval '1 s', now()))") " END,"
    " duration, attempts, forecast_rows, forecast_s, nrows,"
    " extract(epoch FROM coalesce(ended, clock_timestamp()) - started),"
    " result_file, result_type, result_size, result_parts, error_text,"
    " is_transient ";

static const char *text(const PGresult *res, int i, int *col, apr_pool_t *pool)
{
    int c = (*col)++;

    return PQgetisnull(res, i, c) ? NULL
                                  : apr_pstrdup(pool, PQgetvalue(res, i, c));
}

static apr_int64_t integer(const PGresult *res, int i, int *col,
                           apr_int64_t deflt)
{
    int c = (*col)++;
    int64_t n;

    return vo_num_to_int64(PQgetvalue(res, i, c), PQgetlength(res, i, c), &n)
               ? n
               : deflt;
}

static double number(const PGresult *res, int i, int *col, double deflt)
{
    int c = (*col)++;
    double x;

    return vo_num_to_double(PQgetvalue(res, i, c), PQgetlength(res, i, c), &x)
               ? x
               : deflt;
}

static int flag(const PGresult *res, int i, int *col)
{
    return *PQgetvalue(res, i, (*col)++) == 't';
}

vo_job_t *vo_job_from_row(const PGresult *res, int i, apr_pool_t *pool)
{
    vo_job_t *job = apr_pcalloc(pool, sizeof(*job));
    int c = 0, phase;

    job->id = text(res, i, &c, pool);
    job->service = text(res, i, &c, pool);
    job->release = text(res, i, &c, pool);
    job->owner = text(res, i, &c, pool);
    job->client = text(res, i, &c, pool);
    job->is_public = flag(res, i, &c);
    job->run_id = text(res, i, &c, pool);
    job->form = text(res, i, &c, pool);
    job->settings = text(res, i, &c, pool);
    phase = vo_phase_parse(PQgetvalue(res, i, c++));
    job->phase = phase < 0 ? VO_PHASE_UNKNOWN : (vo_phase_e)phase;
    job->created = text(res, i, &c, pool);
    job->started = text(res, i, &c, pool);
    job->ended = text(res, i, &c, pool);
    job->destruction = text(res, i, &c, pool);
    job->quote = text(res, i, &c, pool);
    job->duration = (int)integer(res, i, &c, 0);
    job->attempts = (int)integer(res, i, &c, 0);
    job->is_forecast = !PQgetisnull(res, i, c);
    job->forecast_rows = integer(res, i, &c, -1);
    job->forecast_s = number(res, i, &c, -1);
    job->nrows = integer(res, i, &c, 0);
    job->elapsed_s = number(res, i, &c, 0);
    job->result_file = text(res, i, &c, pool);
    job->result_type = text(res, i, &c, pool);
    job->result_size = integer(res, i, &c, 0);
    job->result_parts = text(res, i, &c, pool);
    job->error_text = text(res, i, &c, pool);
    job->is_transient = flag(res, i, &c);
    return job;
}

/* --- making -------------------------------------------------------------- */

static vo_err_t *full_queue(apr_pool_t *pool)
{
    vo_err_t *err = vo_err_make(pool, VO_ERR_LIMIT,
                                "There are too many jobs in the queue; try "
                                "again later.");

    err->http = 503;
    return err;
}

/* Which limit was it? */
static vo_err_t *met_limit(PGconn *conn, const char *client,
                           const vo_job_limits_t *limits, apr_pool_t *pool)
{
    static const char sql[] =
        "SELECT count(*) FROM vo.job WHERE client = $1"
        " AND phase IN ('PENDING', 'QUEUED', 'EXECUTING')";
    PGresult *res;
    vo_err_t *err;
    int64_t n = 0;

    VO_TRY(vo_job_exec(&res, conn, sql, 1, &client, pool));
    vo_num_to_int64(PQgetvalue(res, 0, 0), PQgetlength(res, 0, 0), &n);
    PQclear(res);
    if (limits->per_client > 0 && n >= limits->per_client) {
        err = vo_err_make(pool, VO_ERR_LIMIT,
                          "You have %d unfinished jobs, which is the limit.",
                          (int)n);
        err->http = 429;
        return vo_err_hint(pool, err, "Wait for some of them to end, or delete "
                                      "some.");
    }
    return full_queue(pool);
}

/* $1 of both limits; they come last in every list of parameters. */
#define BELOW_QUEUE(n)                                                        \
    " (" n "::int = 0 OR " n "::int > (SELECT count(*) FROM vo.job"          \
    " WHERE phase IN ('QUEUED', 'EXECUTING') AND queued IS NOT NULL))"
/* seconds asked for, 0 = no limit, and the most */
#define CLAMPED(n, most)                                                      \
    " CASE WHEN " most "::int = 0 THEN " n "::int"                            \
    " WHEN " n "::int = 0 OR " n "::int > " most "::int"                      \
    " THEN " most "::int ELSE " n "::int END"

vo_err_t *vo_job_insert(PGconn *conn, const vo_job_t *job, int retention,
                        const vo_job_limits_t *limits, apr_pool_t *pool)
{
    static const char sql[] =
        "WITH made AS (INSERT INTO vo.job (job_id, service, release_id, owner,"
        " client, run_id, form, settings, phase, duration, destruction, queued)"
        " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9,"
        CLAMPED("$10", "$15") ","
        " least(coalesce($11::timestamptz, now() + $12::int * interval '1 s'),"
        " now() + $16::int * interval '1 s'),"
        " CASE WHEN $9 = 'QUEUED' THEN clock_timestamp() END"
        " WHERE ($13::int = 0 OR $13::int > (SELECT count(*) FROM vo.job"
        " WHERE client = $5 AND phase IN ('PENDING', 'QUEUED', 'EXECUTING')))"
        " AND ($9 <> 'QUEUED' OR" BELOW_QUEUE("$14") ")"
        " ON CONFLICT (job_id) DO UPDATE SET run_id = excluded.run_id"
        " RETURNING phase)"
        " SELECT CASE WHEN phase = 'QUEUED'"
        " THEN pg_notify('" VO_JOB_CHANNEL_WORK "', '')::text END FROM made";
    const char *params[16];
    int n;

    params[0] = job->id;
    params[1] = job->service;
    params[2] = job->release;
    params[3] = job->owner;
    params[4] = job->client;
    params[5] = job->run_id;
    params[6] = job->form ? job->form : "";
    params[7] = job->settings ? job->settings : "";
    params[8] = vo_phase_name(job->phase);
    params[9] = vo_job_itoa(job->duration, pool);
    params[10] = job->destruction;
    params[11] = vo_job_itoa(retention, pool);
    params[12] = vo_job_itoa(limits->per_client, pool);
    params[13] = vo_job_itoa(limits->queue, pool);
    params[14] = vo_job_itoa(limits->max_duration, pool);
    params[15] = vo_job_itoa(limits->max_retention, pool);
    VO_TRY(vo_job_exec_count(&n, conn, sql, 16, params, pool));
    return n ? NULL : met_limit(conn, job->client, limits, pool);
}

/* --- reading ------------------------------------------------------------- */

vo_err_t *vo_job_get(vo_job_t **job, PGconn *conn, const char *service,
                     const char *release, const char *id, apr_pool_t *pool)
{
    const char *sql = apr_pstrcat(pool, "SELECT", vo_job_columns,
                                  "FROM vo.job WHERE job_id = $1"
                                  " AND service = $2 AND release_id = $3"
                                  " AND destruction > now()",
                                  NULL);
    const char *params[3];
    PGresult *res;

    params[0] = id;
    params[1] = service;
    params[2] = release;
    VO_TRY(vo_job_exec(&res, conn, sql, 3, params, pool));
    *job = PQntuples(res) ? vo_job_from_row(res, 0, pool) : NULL;
    PQclear(res);
    return NULL;
}

vo_err_t *vo_job_result_file(const char **file, PGconn *conn,
                             const char *service, const char *release,
                             const char *id, const char *user,
                             apr_pool_t *pool)
{
    vo_job_t *job = NULL;

    if (vo_uws_is_id(id)) {
        VO_TRY(vo_job_get(&job, conn, service, release, id, pool));
    }
    if (!job || (job->owner && !job->is_public
                 && (!user || strcmp(job->owner, user)))) {
        return vo_err_make(pool, VO_ERR_NOTFOUND, "There is no job '%.40s' of"
                           " yours at this release's service '%s'.", id,
                           service);
    }
    if (job->phase != VO_PHASE_COMPLETED || !job->result_file) {
        return vo_err_make(pool, VO_ERR_USAGE, "The job '%s' has no result;"
                           " it is %s.", id, vo_phase_name(job->phase));
    }
    *file = job->result_file;
    return NULL;
}

vo_err_t *vo_job_phase(int *phase, PGconn *conn, const char *id,
                       apr_pool_t *pool)
{
    PGresult *res;

    VO_TRY(vo_job_exec(&res, conn, "SELECT phase FROM vo.job WHERE job_id = $1",
                       1, &id, pool));
    *phase = PQntuples(res) ? vo_phase_parse(PQgetvalue(res, 0, 0)) : -1;
    PQclear(res);
    return NULL;
}

/* The phases of FILTER as a PostgreSQL array literal. */
static const char *phase_array(unsigned bits, apr_pool_t *pool)
{
    const char *list = "{";
    int i;

    for (i = 0; i < VO_PHASE_COUNT; ++i) {
        if (bits >> i & 1) {
            list = apr_pstrcat(pool, list, list[1] ? "," : "",
                               vo_phase_name((vo_phase_e)i), NULL);
        }
    }
    return apr_pstrcat(pool, list, "}", NULL);
}

vo_err_t *vo_job_list(PGconn *conn, const char *service, const char *release,
                      const char *owner, const vo_uws_filter_t *filter,
                      vo_err_t *(*each)(void *baton, const vo_job_t *job),
                      void *baton, apr_pool_t *pool)
{
    const char *sql = apr_pstrcat(
        pool,
        "SELECT job_id, run_id, phase, " ISO("created") " FROM vo.job"
        " WHERE service = $1 AND release_id = $2 AND owner = $3"
        " AND phase = ANY($4::text[]) AND destruction > now()"
        " AND ($5::timestamptz IS NULL OR created > $5::timestamptz)"
        " ORDER BY created ", filter->last ? "DESC" : "ASC",
        " LIMIT nullif($6::int, 0)", NULL);
    const char *params[6];
    vo_err_t *err = NULL;
    PGresult *res;
    int i;

    params[0] = service;
    params[1] = release;
    params[2] = owner;
    params[3] = phase_array(filter->phases, pool);
    params[4] = filter->after;
    params[5] = vo_job_itoa(filter->last, pool);
    VO_TRY(vo_job_exec(&res, conn, sql, 6, params, pool));
    for (i = 0; i < PQntuples(res) && !err; ++i) {
        vo_job_t job = {0};
        int phase = vo_phase_parse(PQgetvalue(res, i, 2));

        job.id = PQgetvalue(res, i, 0);
        job.run_id = PQgetisnull(res, i, 1) ? NULL : PQgetvalue(res, i, 1);
        job.owner = owner;
        job.phase = phase < 0 ? VO_PHASE_UNKNOWN : (vo_phase_e)phase;
        job.created = PQgetvalue(res, i, 3);
        err = each(baton, &job);
    }
    PQclear(res);
    return err;
}

/* --- changing ------------------------------------------------------------ */

vo_err_t *vo_job_run(int *done, PGconn *conn, const char *id,
                     const vo_job_limits_t *limits, apr_pool_t *pool)
{
    static const char sql[] =
        "WITH run AS (UPDATE vo.job SET phase = 'QUEUED',"
        " queued = clock_timestamp() WHERE job_id = $1"
        " AND phase = ANY($2::text[]) AND" BELOW_QUEUE("$3")
        " RETURNING job_id)"
        " SELECT pg_notify('" VO_JOB_CHANNEL_WORK "', '') FROM run";
    const char *params[3];
    int phase;

    params[0] = id;
    params[1] = vo_phase_sources(VO_PHASE_QUEUED, VO_BY_CLIENT, pool);
    params[2] = vo_job_itoa(limits->queue, pool);
    VO_TRY(vo_job_exec_count(done, conn, sql, 3, params, pool));
    if (*done) {
        return NULL;
    }
    VO_TRY(vo_job_phase(&phase, conn, id, pool));
    if (phase >= 0
        && vo_phase_may((vo_phase_e)phase, VO_PHASE_QUEUED, VO_BY_CLIENT)) {
        return full_queue(pool);
    }
    return NULL;
}

vo_err_t *vo_job_abort(int *done, PGconn *conn, const char *id,
                       apr_pool_t *pool)
{
    static const char sql[] =
        "WITH stop AS (UPDATE vo.job SET phase = 'ABORTED',"
        " ended = clock_timestamp(), worker = NULL, lease = NULL"
        " WHERE job_id = $1 AND phase = ANY($2::text[]) RETURNING job_id)"
        " SELECT pg_notify('" VO_JOB_CHANNEL_STOP "', job_id) FROM stop";
    const char *params[2];

    params[0] = id;
    params[1] = vo_phase_sources(VO_PHASE_ABORTED, VO_BY_CLIENT, pool);
    return vo_job_exec_count(done, conn, sql, 2, params, pool);
}

vo_err_t *vo_job_set_form(int *done, PGconn *conn, const char *id,
                          const char *old_form, const char *form,
                          const char *run_id, apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE vo.job SET form = $3, run_id = $4, forecast_rows = NULL,"
        " forecast_s = NULL WHERE job_id = $1 AND phase = 'PENDING'"
        " AND form = $2 RETURNING 1";
    const char *params[4];

    params[0] = id;
    params[1] = old_form;
    params[2] = form;
    params[3] = run_id;
    return vo_job_exec_count(done, conn, sql, 4, params, pool);
}

vo_err_t *vo_job_set_duration(int *done, PGconn *conn, const char *id,
                              int duration, const vo_job_limits_t *limits,
                              apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE vo.job SET duration =" CLAMPED("$2", "$3")
        " WHERE job_id = $1 AND phase IN ('PENDING', 'HELD') RETURNING 1";
    const char *params[3];

    params[0] = id;
    params[1] = vo_job_itoa(duration, pool);
    params[2] = vo_job_itoa(limits->max_duration, pool);
    return vo_job_exec_count(done, conn, sql, 3, params, pool);
}

vo_err_t *vo_job_set_destruction(int *done, PGconn *conn, const char *id,
                                 const char *time,
                                 const vo_job_limits_t *limits,
                                 apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE vo.job SET destruction = least($2::timestamptz,"
        " greatest(destruction, now() + $3::int * interval '1 s'))"
        " WHERE job_id = $1 RETURNING 1";
    const char *params[3];

    params[0] = id;
    params[1] = time;
    params[2] = vo_job_itoa(limits->max_retention, pool);
    return vo_job_exec_count(done, conn, sql, 3, params, pool);
}

vo_err_t *vo_job_set_public(int *done, PGconn *conn, const char *id,
                            int is_public, apr_pool_t *pool)
{
    const char *params[2];

    params[0] = id;
    params[1] = is_public ? "t" : "f";
    return vo_job_exec_count(done, conn,
                             "UPDATE vo.job SET is_public = $2::boolean"
                             " WHERE job_id = $1 RETURNING 1",
                             2, params, pool);
}

vo_err_t *vo_job_set_forecast(PGconn *conn, const char *id, apr_int64_t rows,
                              double seconds, apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE vo.job SET forecast_rows = $2::bigint,"
        " forecast_s = $3::float8 WHERE job_id = $1";
    char buf[VO_NUM_SIZE];
    const char *params[3];

    vo_num_from_double(buf, seconds);
    params[0] = id;
    params[1] = vo_job_itoa(rows, pool);
    params[2] = buf;
    return vo_job_exec_count(NULL, conn, sql, 3, params, pool);
}

vo_err_t *vo_job_delete(int *done, const char **file, PGconn *conn,
                        const char *id, apr_pool_t *pool)
{
    static const char sql[] =
        "WITH gone AS (DELETE FROM vo.job WHERE job_id = $1"
        " RETURNING job_id, phase, result_file)"
        " SELECT result_file, CASE WHEN phase = 'EXECUTING' THEN"
        " pg_notify('" VO_JOB_CHANNEL_STOP "', job_id)::text END FROM gone";
    PGresult *res;

    VO_TRY(vo_job_exec(&res, conn, sql, 1, &id, pool));
    *done = PQntuples(res);
    *file = *done && !PQgetisnull(res, 0, 0)
                ? apr_pstrdup(pool, PQgetvalue(res, 0, 0))
                : NULL;
    PQclear(res);
    return NULL;
}
