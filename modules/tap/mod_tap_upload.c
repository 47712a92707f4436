/* mod_tap_upload.c: tables that come with a query, TAP 1.1 section 2.5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_query.h"

#include <apr_portable.h>
#include <apr_strings.h>

#include "dali/vo_dali_multipart.h"
#include "dali/vo_dali_upload.h"
#include "vo_fetch.h"

#define FETCH_S 30 /* for one table */

/* The job of this service whose result URL is, or NULL. */
static const char *own_job(const tap_query_t *q, const char *url)
{
    const char *jobs = apr_pstrcat(q->pool, q->url, "/async/", NULL);
    vo_uws_path_t path;

    if (strncmp(url, jobs, strlen(jobs))
        || vo_uws_path(&path, url + strlen(jobs), q->pool)) {
        return NULL;
    }
    return path.what == VO_UWS_RESULTS && path.child
                   && !strcmp(path.child, "result")
               ? path.id : NULL;
}

/* Open the result of the job ID as the table ONE; *LEFT bytes may come. */
static vo_err_t *open_result(tap_query_t *q, const char *id,
                             vo_dali_upload_t *one, apr_off_t *left)
{
    const char *path;
    apr_finfo_t info;
    apr_file_t *file;
    vo_err_t *err = q->result_of(q, &path, id);

    if (!err && apr_file_open(&file, path, APR_READ, 0, q->pool)) {
        err = vo_err_make(q->pool, VO_ERR_NOTFOUND, "The result of the job "
                          "'%s' is not there any more.", id);
    }
    if (err) {
        return err->kind == VO_ERR_NOTFOUND || err->kind == VO_ERR_USAGE
                   ? vo_err_make(q->pool, VO_ERR_USAGE, "UPLOAD: table %s: %s",
                                 one->name, err->text)
                   : err;
    }
    if (apr_file_info_get(&info, APR_FINFO_SIZE, file) || info.size > *left) {
        err = vo_err_make(q->pool, VO_ERR_LIMIT, "UPLOAD: table %s: the result "
                          "of the job '%s' is too large: the uploaded tables "
                          "of a request may have %" APR_INT64_T_FMT " bytes in "
                          "all.", one->name, id, q->conf.upload_bytes);
        err->http = 413;
        return err;
    }
    *left -= info.size;
    apr_os_file_get(&one->fd, file);
    return NULL;
}

/* Get the table ONE from its address; *LEFT bytes may come. */
static vo_err_t *fetch(tap_query_t *q, vo_dali_upload_t *one, apr_off_t *left)
{
    vo_fetch_rules_t rules = {q->conf.upload_hosts, *left, FETCH_S};
    const char *id = own_job(q, one->url);
    apr_off_t size = 0;

    if (id) {
        return open_result(q, id, one, left);
    }
    if (!rules.hosts) {
        vo_err_t *err = vo_dali_upload_refused(one->name, one->url, q->pool);

        return vo_err_hint(q->pool, err, "%s. The address of a job's result, "
                           "%s/async/JOB/results/result, is taken too.",
                           err->hint, q->url);
    }
    VO_TRY(vo_dali_temp_file(&one->fd, q->pool));
    VO_TRY(vo_fetch(one->fd, &size, one->url, &rules, q->pool));
    *left -= size;
    return NULL;
}

vo_err_t *tap_upload_open(tap_query_t *q)
{
    const char *value = vo_dali_param_nth(q->params, "UPLOAD", 0);
    apr_array_header_t *found;
    apr_off_t left = q->conf.upload_bytes;
    int i;

    if (!value) {
        return NULL;
    }
    if (*value && !q->conf.upload_bytes) {
        return vo_err_make(q->pool, VO_ERR_USAGE,
                           "This service does not take uploads of tables.");
    }
    VO_TRY(vo_dali_uploads(&found, q->params, q->pool));
    for (i = 0; i < q->params->nparams; ++i) {
        left -= q->params->params[i].is_file
                    ? (apr_off_t)q->params->params[i].len : 0;
    }
    q->uploads = apr_palloc(q->pool, sizeof(*q->uploads)
                                         * (apr_size_t)(found->nelts + 1));
    q->upload_tables = apr_palloc(q->pool,
                                  sizeof(*q->upload_tables)
                                      * (apr_size_t)(found->nelts + 1));
    for (i = 0; i < found->nelts; ++i) {
        vo_dali_upload_t *one = &APR_ARRAY_IDX(found, i, vo_dali_upload_t);

        if (one->url) {
            VO_TRY(fetch(q, one, &left));
        }
        VO_TRY(vo_upload_open(&q->uploads[i], one->name, one->fd, i + 1,
                              q->conf.upload_bytes, q->conf.upload_rows,
                              q->pool));
        q->upload_tables[i] = vo_upload_table(q->uploads[i]);
        q->nuploads = i + 1;
    }
    return NULL;
}

vo_err_t *tap_upload_setup(void *baton, PGconn *conn)
{
    tap_query_t *q = baton;
    int i;

    for (i = 0; i < q->nuploads; ++i) {
        VO_TRY(vo_upload_store(q->uploads[i], conn, q->rel->reader_role));
    }
    return NULL;
}
