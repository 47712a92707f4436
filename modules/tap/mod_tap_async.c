/* mod_tap_async.c: asynchronous queries, TAP 1.1 section 2.2. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_query.h"

#include <apr_strings.h>

#include "mod_vo_jobs.h"
#include "vo_num.h"

#define LOOK_EVERY 4096      /* rows between looks at the outside */
#define COST_S 2e-6          /* seconds per unit of the planner's cost: it can
                                be no more than a rough guess */

static int is_repeatable(const char *name)
{
    return !strcasecmp(name, "UPLOAD");
}

/* --- settings kept with a job -------------------------------------------- */

static const char *settings(request_rec *r, const vo_release_t *rel)
{
    tap_conf_t conf = tap_conf(r);
    char buf[VO_NUM_SIZE];
    const char *form;
    int i;

    form = vo_uws_form_add("", "url",
                           tap_fns.service_url(r, &tap_service, rel, NULL),
                           r->pool);
    vo_num_from_int64(buf, conf.maxrec_default);
    form = vo_uws_form_add(form, "maxrec", buf, r->pool);
    vo_num_from_int64(buf, conf.maxrec_hard);
    form = vo_uws_form_add(form, "maxrec_hard", buf, r->pool);
    vo_num_from_int64(buf, conf.upload_bytes);
    form = vo_uws_form_add(form, "upload_bytes", buf, r->pool);
    vo_num_from_int64(buf, conf.upload_rows);
    form = vo_uws_form_add(form, "upload_rows", buf, r->pool);
    for (i = 0; conf.upload_hosts && i < conf.upload_hosts->nelts; ++i) {
        form = vo_uws_form_add(form, "upload_from",
                               APR_ARRAY_IDX(conf.upload_hosts, i,
                                             const char *), r->pool);
    }
    if (conf.resolver) {
        form = vo_uws_form_add(form, "resolver", conf.resolver, r->pool);
    }
    return vo_uws_form_add(form, "binary2", conf.is_binary2 ? "1" : "0",
                           r->pool);
}

static vo_err_t *read_settings(tap_query_t *q,
                               const vo_dali_params_t *kept)
{
    apr_array_header_t *hosts;
    const char *host;
    apr_int64_t n;
    int i;

    VO_TRY(vo_dali_param_one(&q->url, kept, "url"));
    VO_TRY(vo_dali_param_one(&q->base_url, kept, "base_url"));
    VO_TRY(vo_dali_param_int(&q->conf.maxrec_default, kept, "maxrec", 0,
                             APR_INT64_MAX, 0));
    VO_TRY(vo_dali_param_int(&q->conf.maxrec_hard, kept, "maxrec_hard", 0,
                             APR_INT64_MAX, 0));
    VO_TRY(vo_dali_param_int(&q->conf.upload_bytes, kept, "upload_bytes", 0,
                             APR_INT64_MAX, 0));
    VO_TRY(vo_dali_param_int(&q->conf.upload_rows, kept, "upload_rows", 0,
                             APR_INT64_MAX, 0));
    hosts = apr_array_make(q->pool, 2, sizeof(const char *));
    for (i = 0; (host = vo_dali_param_nth(kept, "upload_from", i)); ++i) {
        APR_ARRAY_PUSH(hosts, const char *) = host;
    }
    q->conf.upload_hosts = i ? hosts : NULL;
    VO_TRY(vo_dali_param_one(&q->conf.resolver, kept, "resolver"));
    VO_TRY(vo_dali_param_int(&n, kept, "binary2", 0, 1, 0));
    q->conf.is_binary2 = (int)n;
    return NULL;
}

/* --- running in a worker ------------------------------------------------- */

typedef struct watch_t {
    const vo_sql_req_t *req;
    vo_jobrun_t *run;
} watch_t;

static vo_err_t *watched_begin(void *baton, int nfields, const unsigned *oids)
{
    const vo_sql_req_t *req = ((watch_t *)baton)->req;

    return req->begin ? req->begin(req->baton, nfields, oids) : NULL;
}

static vo_err_t *watched_row(void *baton, const vo_cell_t *cells, int nfields)
{
    watch_t *watch = baton;
    vo_jobrun_t *run = watch->run;

    if (++run->nrows % LOOK_EVERY == 0 && run->is_stopped(run->baton)) {
        return vo_err_make(run->pool, VO_ERR_GONE, "The job was stopped.");
    }
    return watch->req->row(watch->req->baton, cells, nfields);
}

static int watched_is_gone(void *baton)
{
    const watch_t *watch = baton;

    return watch->run->is_stopped(watch->run->baton);
}

static vo_out_t *open_result(tap_query_t *q)
{
    vo_jobrun_t *run = q->baton;

    run->media_type = q->media_type;
    return run->out;
}

static vo_err_t *exec_in_worker(tap_query_t *q, const vo_sql_req_t *req,
                                vo_sql_done_t *done)
{
    vo_jobrun_t *run = q->baton;
    watch_t watch = {req, run};
    vo_sql_req_t inner = *req;

    inner.begin = watched_begin;
    inner.row = watched_row;
    inner.is_gone = watched_is_gone;
    inner.baton = &watch;
    inner.base_url = run->base_url;
    return vo_sql_run(run->conn, &inner, done, run->pool);
}

static vo_err_t *result_of(tap_query_t *q, const char **path, const char *id)
{
    vo_jobrun_t *run = q->baton;

    return run->result_of(path, run->baton, tap_service.name, id);
}

static vo_err_t *run_job(vo_jobrun_t *run)
{
    tap_query_t q = {0};

    q.pool = run->pool;
    q.rel = run->rel;
    q.params = run->params;
    q.now = apr_time_now();
    q.timeout_ms = run->timeout_ms;
    q.open = open_result;
    q.exec = exec_in_worker;
    q.result_of = result_of;
    q.baton = run;
    VO_TRY(read_settings(&q, run->settings));
    VO_TRY(tap_query_format(&q));
    VO_TRY(tap_query_prepare(&q));
    return tap_query_run(&q);
}

/* --- what the planner thinks --------------------------------------------- */

static vo_err_t *forecast(request_rec *r, const vo_dali_params_t *params,
                          const vo_dali_params_t *kept,
                          const vo_release_t *rel, apr_int64_t *rows,
                          double *seconds)
{
    vo_tap_explained_t what = {0};
    vo_tap_plan_t *plan;
    tap_query_t q = {0};

    q.pool = r->pool;
    q.rel = rel;
    q.params = params;
    q.now = r->request_time;
    q.timeout_ms = 2000;
    q.exec = tap_exec_pooled;
    q.result_of = tap_result_of_request;
    q.baton = r;
    VO_TRY(read_settings(&q, kept));
    q.conf.upload_hosts = NULL; /* nothing is fetched for a mere estimate */
    VO_TRY(tap_query_format(&q));
    VO_TRY(tap_query_prepare(&q));
    VO_TRY(tap_query_plan(&q, &plan));
    if (plan->rows < 0 || plan->cost < 0) {
        return vo_err_make(r->pool, VO_ERR_USAGE, "There is no estimate.");
    }
    what.plan = plan;
    what.maxrec = q.maxrec;
    *rows = vo_tap_explained_rows(&what);
    *seconds = plan->cost * COST_S;
    return NULL;
}

static const vo_tablefmt_t *error_format(const vo_dali_params_t *params,
                                         apr_pool_t *pool)
{
    tap_query_t q = {0};

    q.pool = pool;
    q.params = params;
    return tap_query_format(&q) ? NULL : q.fmt;
}

const vo_jobtype_t tap_jobtype = {
    .name = "tap",
    .is_repeatable = is_repeatable,
    .settings = settings,
    .forecast = forecast,
    .error_format = error_format,
    .run = run_job,
};
