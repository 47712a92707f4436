/* mod_soda_sync.c: cutouts at once, SODA 1.0 section 2.1. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_soda_int.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "soda/vo_soda_pack.h"

APLOG_USE_MODULE(soda);

#define RETRY_AFTER "10" /* s */

int soda_fail(request_rec *r, const vo_err_t *err)
{
    vo_out_t *out;
    vo_err_t *bad;

    if (err->kind == VO_ERR_GONE) {
        return soda_fns.respond_error(r, NULL, err);
    }
    out = soda_fns.response_begin(r, "text/plain; charset=utf-8");
    if (out->has_flushed) {
        return soda_fns.response_abort(r, out, err);
    }
    soda_fns.log_error(r, err);
    vo_out_discard(out);
    bad = vo_out_puts(out, vo_dali_clean_text(r->pool,
                                              vo_soda_error(err, r->pool)));
    if (!bad) {
        bad = vo_out_puts(out, "\n");
    }
    if (bad) {
        return soda_fns.respond_error(r, NULL, bad);
    }
    r->status = err->http;
    if (err->http == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
    }
    return soda_fns.response_end(r, out);
}

void soda_disposition(request_rec *r, const char *what, const char *filename)
{
    char *name = apr_pstrdup(r->pool, filename), *p;

    for (p = name; *p; ++p) {
        if (*p < 0x20 || *p > 0x7E || *p == '"' || *p == '\\') {
            *p = '_';
        }
    }
    apr_table_setn(r->headers_out, "Content-Disposition",
                   apr_psprintf(r->pool, "%s; filename=\"%s\"", what, name));
}

int soda_answer(request_rec *r, vo_soda_made_t *made)
{
    vo_out_t *out = soda_fns.response_begin(r, made->media_type);
    vo_err_t *err;

    soda_disposition(r, "inline", made->filename);
    err = vo_soda_write(out, made, r->pool);
    if (err) {
        apr_table_unset(r->headers_out, "Content-Disposition");
        return soda_fail(r, err);
    }
    return soda_fns.response_end(r, out);
}

static vo_err_t *unknown(request_rec *r, const vo_release_t *rel,
                         const char *id)
{
    return vo_err_make(r->pool, VO_ERR_NOTFOUND, "Release %s has no image"
                       " \"%.200s\".", rel->id, id);
}

static int one_cut(request_rec *r, const vo_release_t *rel,
                   const vo_soda_cut_t *cut, const vo_soda_query_t *q,
                   const vo_soda_limits_t *limits)
{
    vo_soda_made_t made;
    vo_err_t *err;

    if (!cut->image) {
        return soda_fail(r, unknown(r, rel, cut->id));
    }
    err = vo_soda_read(&made, cut, &q->how, rel, limits, NULL, r->pool);
    if (err) {
        return soda_fail(r, err);
    }
    return made.npieces ? soda_answer(r, &made) : HTTP_NO_CONTENT;
}

static void log_bad(void *baton, const vo_err_t *err)
{
    soda_fns.log_error(baton, err);
}

/* Several cuts in one answer: an archive of as many files, and what became of
 * each. */
static int many_cuts(request_rec *r, const vo_release_t *rel,
                     const apr_array_header_t *cuts,
                     const vo_soda_query_t *q,
                     const vo_soda_limits_t *limits)
{
    vo_out_t *out = soda_fns.response_begin(r, VO_TAR_TYPE);
    vo_soda_pack_t *pack = vo_soda_pack_create(out, VO_PACK_TAR,
                                               r->request_time, log_bad, r,
                                               r->pool);
    vo_err_t *err = NULL;
    int i;

    soda_disposition(r, "attachment", "cutouts.tar");
    for (i = 0; !err && i < cuts->nelts; ++i) {
        err = vo_soda_pack_cut(pack, i,
                               &APR_ARRAY_IDX(cuts, i, vo_soda_cut_t),
                               &q->how, rel, limits, NULL);
    }
    if (!err) {
        err = vo_soda_pack_end(pack);
    }
    if (err) {
        apr_table_unset(r->headers_out, "Content-Disposition");
        return soda_fail(r, err);
    }
    return soda_fns.response_end(r, out);
}

int soda_sync(request_rec *r, const vo_release_t *rel)
{
    soda_conf_t conf = soda_conf(r);
    soda_look_t look = {r, conf.timeout_ms};
    const vo_dali_params_t *params;
    apr_array_header_t *cuts;
    vo_soda_query_t q;
    vo_err_t *err;

    err = soda_fns.params(&params, r);
    if (!err) {
        err = vo_soda_parse(&q, params, &conf.limits, r->pool);
    }
    if (!err) {
        err = vo_soda_plan(&cuts, &q, rel, soda_look, &look, r->pool);
    }
    if (err) {
        return soda_fail(r, err);
    }
    return cuts->nelts == 1
               ? one_cut(r, rel, &APR_ARRAY_IDX(cuts, 0, vo_soda_cut_t), &q,
                         &conf.limits)
               : many_cuts(r, rel, cuts, &q, &conf.limits);
}
