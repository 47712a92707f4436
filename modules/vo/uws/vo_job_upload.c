/* vo_job_upload.c: the files of a job's parameters, the table vo.job_upload. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_job_int.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "../dali/vo_dali_multipart.h"
#include "../vo_sql.h"

#define PIECE (1024 * 1024)
#define BINARY 1

static vo_err_t *plain(PGconn *conn, const char *sql, apr_pool_t *pool)
{
    PGresult *res;

    VO_TRY(vo_job_exec(&res, conn, sql, 0, NULL, pool));
    PQclear(res);
    return NULL;
}

/* --- keeping ---------------------------------------- */

static vo_err_t *keep_piece(PGconn *conn, const char *id, const char *part,
                            int piece, const char *data, int len,
                            apr_pool_t *pool)
{
    const char *params[4] = {id, part, vo_job_itoa(piece, pool), data};
    const int lengths[4] = {0, 0, 0, len};
    static const int formats[4] = {0, 0, 0, BINARY};
    PGresult *res = PQexecParams(conn, "INSERT INTO vo.job_upload VALUES"
                                       " ($1, $2, $3, $4)", 4, NULL, params,
                                 lengths, formats, 0);

    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        return vo_job_sql_error(conn, res, pool);
    }
    PQclear(res);
    return NULL;
}

static vo_err_t *keep_part(PGconn *conn, const char *id,
                           const vo_dali_param_t *part, char *buf,
                           apr_pool_t *pool)
{
    const char *params[2] = {id, part->name};
    apr_size_t at = 0;
    PGresult *res;
    int piece = 0;

    VO_TRY(vo_job_exec(&res, conn, "DELETE FROM vo.job_upload"
                                   " WHERE job_id = $1 AND part = $2", 2,
                       params, pool));
    PQclear(res);
    do { /* an empty file has one empty piece */
        apr_size_t n = part->len - at < PIECE ? part->len - at : PIECE;
        ssize_t got = pread(part->fd, buf, n, (off_t)at);

        if (got < 0 || (apr_size_t)got != n) {
            return vo_err_fault(pool, got < 0 ? errno : APR_EOF,
                                "The upload cannot be kept",
                                "a temporary file cannot be read");
        }
        VO_TRY(keep_piece(conn, id, part->name, piece++, buf, (int)n, pool));
        at += n;
    } while (at < part->len);
    return NULL;
}

static vo_err_t *check_size(PGconn *conn, const char *id, apr_off_t max_bytes,
                            apr_pool_t *pool)
{
    const char *params[2] = {id, vo_job_itoa(max_bytes, pool)};
    vo_err_t *err = NULL;
    int ntoo_many;

    VO_TRY(vo_job_exec_count(&ntoo_many, conn,
                             "SELECT FROM vo.job_upload WHERE job_id = $1"
                             " HAVING sum(length(bytes)) > $2::bigint", 2,
                             params, pool));
    if (ntoo_many) {
        err = vo_err_make(pool, VO_ERR_LIMIT,
                          "The uploaded tables of a job may have at most %"
                          APR_OFF_T_FMT " bytes", max_bytes);
        err->http = 413;
    }
    return err;
}

vo_err_t *vo_job_keep_files(PGconn *conn, const char *id,
                            const vo_dali_params_t *posted,
                            apr_off_t max_bytes, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, PIECE);
    vo_err_t *err;
    int i;

    VO_TRY(plain(conn, "BEGIN", pool));
    err = NULL;
    for (i = 0; !err && i < posted->nparams; ++i) {
        if (posted->params[i].fd >= 0) {
            err = keep_part(conn, id, &posted->params[i], buf, pool);
        }
    }
    if (!err) {
        err = check_size(conn, id, max_bytes, pool);
    }
    if (err) {
        plain(conn, "ROLLBACK", pool);
        return err;
    }
    return plain(conn, "COMMIT", pool);
}

/* --- giving back ---------------------------------------- */

static vo_err_t *add_file(vo_dali_params_t *params, const char *name,
                          vo_dali_param_t **part)
{
    VO_TRY(vo_dali_params_new(params, part));
    (*part)->name = (*part)->filename = apr_pstrdup(params->pool, name);
    (*part)->value = "";
    (*part)->is_file = 1;
    return NULL;
}

vo_err_t *vo_job_name_files(PGconn *conn, const char *id,
                            vo_dali_params_t *params)
{
    vo_err_t *err = NULL;
    vo_dali_param_t *part;
    PGresult *res;
    int i;

    VO_TRY(vo_job_exec(&res, conn, "SELECT part FROM vo.job_upload"
                                   " WHERE job_id = $1 AND piece = 0"
                                   " ORDER BY part", 1, &id, params->pool));
    for (i = 0; !err && i < PQntuples(res); ++i) {
        const char *name = PQgetvalue(res, i, 0);

        if (!vo_dali_param_nth(params, name, 0)) {
            err = add_file(params, name, &part);
        }
    }
    PQclear(res);
    return err;
}

static vo_err_t *add_piece(const PGresult *res, vo_dali_params_t *params,
                           vo_dali_param_t **part)
{
    const char *name = PQgetvalue(res, 0, 0);
    int len = PQgetlength(res, 0, 1);

    if (!*part || strcmp((*part)->name, name)) {
        VO_TRY(add_file(params, name, part));
        VO_TRY(vo_dali_temp_file(&(*part)->fd, params->pool));
    }
    (*part)->len += (apr_size_t)len;
    return vo_dali_temp_write((*part)->fd, PQgetvalue(res, 0, 1),
                              (apr_size_t)len, params->pool);
}

vo_err_t *vo_job_fetch_files(PGconn *conn, const char *id, const char *part,
                             vo_dali_params_t *params)
{
    const char *values[2] = {id, part};
    vo_dali_param_t *now = NULL;
    vo_err_t *err = NULL;
    PGresult *res;

    if (PQstatus(conn) == CONNECTION_BAD) {
        vo_sql_reset(conn, 0);
    }
    if (!PQsendQueryParams(conn, "SELECT part, bytes FROM vo.job_upload"
                                 " WHERE job_id = $1 AND part = coalesce($2,"
                                 " part) ORDER BY part, piece", 2, NULL,
                           values, NULL, NULL, BINARY)
        || !PQsetSingleRowMode(conn)) {
        return vo_job_sql_error(conn, NULL, params->pool);
    }
    while ((res = PQgetResult(conn)) != NULL) {
        ExecStatusType status = PQresultStatus(res);

        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) {
            err = vo_job_sql_error(conn, res, params->pool);
            continue; /* which has cleared it */
        }
        if (!err && status == PGRES_SINGLE_TUPLE) {
            err = add_piece(res, params, &now);
        }
        PQclear(res);
    }
    return err;
}
