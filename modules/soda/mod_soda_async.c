/* mod_soda_async.c: cutouts in jobs, SODA 1.0 section 2.2, and by the list. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_soda_int.h"

#include <string.h>

#include <apr_strings.h>

#include "dali/vo_dali_multipart.h"
#include "dali/vo_dali_upload.h"
#include "soda/vo_soda_bulk.h"
#include "vo_num.h"

APLOG_USE_MODULE(soda);

/* ---- parameters and settings ------------------------------------------ */

static int is_repeatable(const char *name)
{
    int p = vo_soda_param_find(name);

    return !strcasecmp(name, "UPLOAD")
           || (p >= 0 && vo_soda_params[p].is_repeatable);
}

static const char *add_number(const char *form, const char *name,
                              apr_int64_t n, apr_pool_t *pool)
{
    char buf[VO_NUM_SIZE];

    vo_num_from_int64(buf, n);
    return vo_uws_form_add(form, name, buf, pool);
}

static const char *settings(request_rec *r, const vo_release_t *rel)
{
    soda_conf_t conf = soda_conf(r);
    const char *form;

    (void)rel;
    form = add_number("", "max_pixels", conf.limits.max_pixels, r->pool);
    form = add_number(form, "max_cuts", conf.limits.max_cuts, r->pool);
    form = add_number(form, "max_bulk", conf.max_bulk, r->pool);
    form = add_number(form, "upload_bytes", conf.upload_bytes, r->pool);
    return add_number(form, "timeout_ms", conf.timeout_ms, r->pool);
}

static vo_err_t *read_settings(soda_conf_t *conf, const vo_dali_params_t *kept)
{
    apr_int64_t n;

    VO_TRY(vo_dali_param_int(&conf->limits.max_pixels, kept, "max_pixels", 0,
                             APR_INT64_MAX, 0));
    VO_TRY(vo_dali_param_int(&n, kept, "max_cuts", 0, APR_INT32_MAX, 0));
    conf->limits.max_cuts = (int)n;
    VO_TRY(vo_dali_param_int(&n, kept, "max_bulk", 0, APR_INT32_MAX, 0));
    conf->max_bulk = (int)n;
    VO_TRY(vo_dali_param_int(&n, kept, "upload_bytes", 0, APR_INT32_MAX, 0));
    conf->upload_bytes = (int)n;
    VO_TRY(vo_dali_param_int(&n, kept, "timeout_ms", 0, APR_INT32_MAX, 0));
    conf->timeout_ms = (int)n;
    return NULL;
}

/* ---- in a worker ------------------------------------------------------ */

typedef struct work_t {
    vo_jobrun_t *run;
    soda_conf_t conf;
} work_t;

static vo_err_t *look(void *baton, const vo_sql_req_t *req,
                      vo_sql_done_t *done)
{
    work_t *w = baton;
    vo_sql_req_t mine = *req;

    mine.timeout_ms = w->conf.timeout_ms;
    mine.base_url = w->run->base_url;
    return vo_sql_run(w->run->conn, &mine, done, w->run->pool);
}

static void log_bad(void *baton, const vo_err_t *err)
{
    const work_t *w = baton;

    ap_log_error(APLOG_MARK,
                 err->kind == VO_ERR_FAULT ? APLOG_ERR : APLOG_INFO,
                 err->aprerr, w->run->server, VOLOGNO(1801) "job %s: %s",
                 w->run->job->id, vo_err_private(err, w->run->pool));
}

static int is_stopped(void *baton, int ndone)
{
    work_t *w = baton;

    w->run->nrows = ndone;
    return w->run->is_stopped(w->run->baton);
}

/* ---- a result for each cut -------------------------------------------- */

static void push_part(vo_jobrun_t *run, const char *name,
                      const char *media_type, apr_off_t start)
{
    vo_job_part_t *part = apr_array_push(run->parts);

    memset(part, 0, sizeof(*part));
    part->name = name;
    part->media_type = media_type;
    part->offset = (apr_int64_t)start;
    part->size = (apr_int64_t)(run->out->total - start);
}

/* What there is instead of a file: SODA 1.0, section 4.1. */
static vo_err_t *put_text(vo_jobrun_t *run, const vo_err_t *err,
                          const char **media_type)
{
    *media_type = "text/plain";
    VO_TRY(vo_out_puts(run->out, vo_soda_error(err, run->pool)));
    return vo_out_puts(run->out, "\n");
}

static vo_err_t *put_cut(work_t *w, const vo_soda_cut_t *cut,
                         const vo_soda_how_t *how, const char **media_type,
                         apr_pool_t *pool)
{
    vo_jobrun_t *run = w->run;
    vo_soda_made_t made;
    vo_err_t *err;

    if (!cut->image) {
        return put_text(run, vo_err_make(pool, VO_ERR_NOTFOUND, "Release %s"
                                         " has no image \"%.200s\".",
                                         run->rel->id, cut->id), media_type);
    }
    err = vo_soda_read(&made, cut, how, run->rel, &w->conf.limits, NULL, pool);
    if (!err && !made.npieces) {
        err = vo_err_make(pool, VO_ERR_USAGE, "The image \"%.200s\" has"
                          " nothing of what is asked for.", cut->id);
    }
    if (err) {
        log_bad(w, err);
        return put_text(run, err, media_type);
    }
    *media_type = made.media_type;
    return vo_soda_write(run->out, &made, pool);
}

static vo_err_t *run_cuts(work_t *w)
{
    vo_jobrun_t *run = w->run;
    apr_array_header_t *cuts;
    apr_pool_t *scratch;
    vo_soda_query_t q;
    int i, nfound = 0;

    VO_TRY(vo_soda_parse(&q, run->params, &w->conf.limits, run->pool));
    VO_TRY(vo_soda_plan(&cuts, &q, run->rel, look, w, run->pool));
    for (i = 0; i < cuts->nelts; ++i) {
        nfound += APR_ARRAY_IDX(cuts, i, vo_soda_cut_t).image != NULL;
    }
    if (!nfound) {
        return vo_err_make(run->pool, VO_ERR_NOTFOUND, "Release %s has no"
                           " image \"%.200s\".", run->rel->id,
                           APR_ARRAY_IDX(q.ids, 0, const char *));
    }
    run->parts = apr_array_make(run->pool, cuts->nelts,
                                sizeof(vo_job_part_t));
    apr_pool_create(&scratch, run->pool);
    for (i = 0; i < cuts->nelts; ++i) {
        apr_off_t start = run->out->total;
        const char *media_type = NULL;

        if (is_stopped(w, i)) {
            return vo_err_make(run->pool, VO_ERR_GONE, "The job was stopped.");
        }
        VO_TRY(put_cut(w, &APR_ARRAY_IDX(cuts, i, vo_soda_cut_t), &q.how,
                       &media_type, scratch));
        push_part(run, cuts->nelts == 1
                           ? "result"
                           : apr_psprintf(run->pool, "cut%d", i + 1),
                  media_type, start);
        apr_pool_clear(scratch);
    }
    run->nrows = cuts->nelts;
    return NULL;
}

/* ---- by the list ------------------------------------------------------ */

/* The table of positions: the upload, or the result of a job. */
static vo_err_t *find_table(const char **path, const char **name, work_t *w)
{
    vo_jobrun_t *run = w->run;
    apr_array_header_t *uploads;
    const vo_dali_upload_t *one;
    const char *job;

    VO_TRY(vo_dali_param_one(&job, run->params, "JOB"));
    if (job && *job) {
        *name = "The result of the job";
        return run->result_of(path, run->baton, "tap", job);
    }
    VO_TRY(vo_dali_uploads(&uploads, run->params, run->pool));
    if (uploads->nelts != 1) {
        return vo_err_make(run->pool, VO_ERR_USAGE, "UPLOAD: one table of"
                           " positions is needed; there are %d",
                           uploads->nelts);
    }
    one = &APR_ARRAY_IDX(uploads, 0, vo_dali_upload_t);
    if (one->fd < 0) {
        return vo_dali_upload_refused(one->name, one->url, run->pool);
    }
    *name = apr_pstrcat(run->pool, "Table ", one->name, NULL);
    *path = apr_psprintf(run->pool, "/proc/self/fd/%d", one->fd);
    return NULL;
}

static int is_bulk(const vo_dali_params_t *params)
{
    const char *job = vo_dali_param_nth(params, "JOB", 0);
    const char *upload = vo_dali_param_nth(params, "UPLOAD", 0);

    return (job && *job) || (upload && *upload);
}

static vo_err_t *run_bulk(work_t *w)
{
    vo_jobrun_t *run = w->run;
    vo_soda_bulk_t bulk;
    const char *path, *name;

    memset(&bulk, 0, sizeof(bulk));
    bulk.rel = run->rel;
    bulk.limits = w->conf.limits;
    bulk.max = w->conf.max_bulk;
    bulk.earlier = run->earlier;
    bulk.run = look;
    bulk.run_baton = w;
    bulk.is_stopped = is_stopped;
    bulk.log = log_bad;
    bulk.baton = w;
    VO_TRY(vo_soda_bulk_parse(&bulk, run->params, run->pool));
    VO_TRY(find_table(&path, &name, w));
    VO_TRY(vo_soda_bulk_read(&bulk, path, name, w->conf.upload_bytes));
    run->media_type = vo_soda_bulk_type(&bulk);
    VO_TRY(vo_soda_bulk_write(&bulk, run->out));
    run->nrows = bulk.inputs->nelts;
    return NULL;
}

static vo_err_t *run_job(vo_jobrun_t *run)
{
    work_t w = {0};
    vo_err_t *err;

    w.run = run;
    err = read_settings(&w.conf, run->settings);
    if (!err) {
        err = is_bulk(run->params) ? run_bulk(&w) : run_cuts(&w);
    }
    if (err && err->kind != VO_ERR_GONE && err->kind != VO_ERR_BUSY) {
        /* the label goes with the text, wherever that is told */
        err->text = vo_soda_error(err, run->pool);
        err->hint = NULL;
        err->line = 0;
    }
    return err;
}

const vo_jobtype_t soda_jobtype = {
    .name = "soda",
    .is_repeatable = is_repeatable,
    .settings = settings,
    .tells_text = 1,
    .run = run_job,
};
