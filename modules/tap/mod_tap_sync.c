/* mod_tap_sync.c: a synchronous query, TAP 1.1 sections 2.1 and 3. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_query.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

APLOG_USE_MODULE(tap);

/* A query whose document is the answer of a request. */
typedef struct sync_t {
    request_rec *r;
    tap_query_t q;
} sync_t;

static vo_out_t *open_answer(tap_query_t *q)
{
    tap_fns.name_table(q->baton, q->fmt);
    return tap_fns.response_begin(q->baton, q->media_type);
}

static vo_err_t *run(sync_t *s)
{
    VO_TRY(tap_query_prepare(&s->q));
    if (s->q.run_id) {
        apr_table_setn(s->r->notes, "vo-runid", s->q.run_id); /* %{vo-runid}n */
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, s->r,
                      VOLOGNO(1110) "RUNID %s", s->q.run_id);
    }
    ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, s->r, VOLOGNO(1111) "SQL: %s",
                  s->q.sql->sql);
    return tap_query_run(&s->q);
}

/* End the answer, or turn ERR into one. */
static int finish(sync_t *s, vo_err_t *err)
{
    const tap_query_t *q = &s->q;

    if (!err) {
        return tap_fns.response_end(s->r, q->out);
    }
    if (!q->writer || !q->out->has_flushed || err->kind == VO_ERR_GONE) {
        return tap_fns.respond_error(s->r, q->fmt, err);
    }
    if (!q->fmt->tells_failure) {
        return tap_fns.response_abort(s->r, q->out, err);
    }
    tap_fns.log_error(s->r, err);
    err = q->fmt->fail(q->writer, err);
    return err ? tap_fns.response_abort(s->r, q->out, err)
               : tap_fns.response_end(s->r, q->out);
}

/* Does a client of TAP 1.0 want the capabilities? 1.1 has no REQUEST, and what
 * it has not is ignored (section 2.7). */
static int wants_capabilities(const sync_t *s)
{
    const char *value = vo_dali_param_nth(s->q.params, "REQUEST", 0);

    return value && !strcasecmp(value, "getCapabilities")
           && !vo_dali_param_nth(s->q.params, "QUERY", 0);
}

static int redirect(sync_t *s)
{
    const char *url = tap_fns.service_url(s->r, &tap_service, s->q.rel,
                                          NULL);

    apr_table_setn(s->r->headers_out, "Location",
                   apr_pstrcat(s->r->pool, url, "/capabilities", NULL));
    return HTTP_SEE_OTHER;
}

int tap_sync(request_rec *r, const vo_release_t *rel)
{
    sync_t s = {0};
    vo_err_t *err;

    s.r = r;
    s.q.pool = r->pool;
    s.q.rel = rel;
    s.q.conf = tap_conf(r);
    s.q.url = tap_fns.service_url(r, &tap_service, rel, NULL);
    s.q.base_url = tap_fns.base_url(r);
    s.q.now = r->request_time;
    s.q.timeout_ms = s.q.conf.timeout_s * 1000;
    s.q.open = open_answer;
    s.q.exec = tap_exec_pooled;
    s.q.result_of = tap_result_of_request;
    s.q.baton = r;
    tap_fns.params_with_files(r, s.q.conf.upload_bytes);
    err = tap_fns.params(&s.q.params, r);
    if (!err) {
        err = tap_query_format(&s.q);
    }
    if (!err && wants_capabilities(&s)) {
        return redirect(&s);
    }
    if (!err) {
        err = run(&s);
    }
    return finish(&s, err);
}
