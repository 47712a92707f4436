/* mod_vo_uws_files.c: files sent with a job, and what other jobs made. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include "mod_vo_jobs_int.h"

#include <errno.h>
#include <unistd.h>

#include <apr_strings.h>

#define PIECE 65536

int vo_uws_has_files(const vo_dali_params_t *posted)
{
    int i;

    for (i = 0; i < posted->nparams; ++i) {
        if (posted->params[i].fd >= 0) {
            return 1;
        }
    }
    return 0;
}

vo_err_t *vo_uws_keep_files(request_rec *r, PGconn *conn, const char *id,
                            const vo_dali_params_t *posted)
{
    return vo_job_keep_files(conn, id, posted, vo_request(r)->max_file_bytes,
                             r->pool);
}

vo_err_t *vo_uws_name_files(request_rec *r, const vo_job_t *job,
                            vo_dali_params_t *params)
{
    vo_err_t *err;
    vo_db_t *db;

    /* what no parameter names is of no use to the job */
    if (!strcasestr(job->form, "param%3A")) {
        return NULL;
    }
    VO_TRY(vo_db_open(&db, r));
    err = vo_job_name_files(db->conn, job->id, params);
    vo_db_close(db);
    return err;
}

static vo_err_t *put_file(vo_out_t *out, const vo_dali_param_t *file,
                          apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, PIECE);
    apr_size_t at = 0;

    while (at < file->len) {
        ssize_t n = pread(file->fd, buf, PIECE, (off_t)at);

        if (n <= 0) {
            return vo_err_fault(pool, n < 0 ? errno : APR_EOF,
                                "The file cannot be read.",
                                "a temporary file");
        }
        VO_TRY(vo_out_write(out, buf, (apr_size_t)n));
        at += (apr_size_t)n;
    }
    return NULL;
}

int vo_uws_send_file(int *found, request_rec *r, const vo_job_t *job,
                     const char *name)
{
    vo_dali_params_t *files = vo_dali_params_create(r->pool);
    vo_err_t *err;
    vo_out_t *out;
    vo_db_t *db;

    *found = 0;
    err = vo_db_open(&db, r);
    if (!err) {
        err = vo_job_fetch_files(db->conn, job->id, name, files);
        vo_db_close(db);
    }
    *found = err || files->nparams;
    if (err) {
        return vo_respond_error(r, NULL, err);
    }
    if (!*found) {
        return OK;
    }
    /* somebody's bytes: no browser is to take them for a page of ours */
    out = vo_response_begin(r, "application/octet-stream");
    apr_table_setn(r->headers_out, "Content-Disposition", "attachment");
    apr_table_setn(r->headers_out, "Cache-Control", "no-cache, private");
    err = put_file(out, &files->params[0], r->pool);
    return err ? vo_response_abort(r, out, err) : vo_response_end(r, out);
}

vo_err_t *vo_job_result(const char **path, request_rec *r, const char *service,
                        const vo_release_t *rel, const char *id)
{
    const char *file;
    vo_err_t *err;
    vo_db_t *db;

    VO_TRY(vo_db_open(&db, r));
    err = vo_job_result_file(&file, db->conn, service, rel->id, id, r->user,
                             r->pool);
    vo_db_close(db);
    VO_TRY(err);
    *path = vo_result_path(file, r->pool);
    return NULL;
}
