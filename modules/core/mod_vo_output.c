/* mod_vo_output.c: the sink into httpd's filters, and error documents. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

APLOG_USE_MODULE(vo);

#define RETRY_AFTER "5" /* s, told with 503 */

struct vo_response_t {
    request_rec *r;
    apr_bucket_brigade *bb;
    vo_out_t *out;
    int is_ended; /* EOS has been passed */
};

static vo_err_t *gone(request_rec *r)
{
    return vo_err_make(r->pool, VO_ERR_GONE, "The client has left.");
}

/* Pass BB down and empty it. r->output_filters is read anew each time, for
 * filters may remove themselves. */
static vo_err_t *pass(vo_response_t *resp)
{
    request_rec *r = resp->r;
    apr_status_t rv = ap_pass_brigade(r->output_filters, resp->bb);

    apr_brigade_cleanup(resp->bb);
    return rv != APR_SUCCESS || r->connection->aborted ? gone(r) : NULL;
}

static void append(vo_response_t *resp, apr_bucket *b)
{
    APR_BRIGADE_INSERT_TAIL(resp->bb, b);
}

/* A client that reads too slowly holds a connection to the database. Is the
 * time over? If not, no wait for it is to last longer than what is left. */
static int is_too_slow(request_rec *r)
{
    const vo_request_t *req = vo_request(r);
    apr_socket_t *sock = vo_own_socket(r);
    apr_interval_time_t left, most;

    if (!req->read_until) {
        return 0;
    }
    left = req->read_until - apr_time_now();
    if (left <= 0) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      VOLOGNO(1025) "the client has not read the result of a "
                      "query in twice the time that may take: cut off");
        r->connection->aborted = 1;
        return 1;
    }
    if (sock && apr_socket_timeout_get(sock, &most) == APR_SUCCESS
        && (most < 0 || most > left)) {
        apr_socket_timeout_set(sock, left);
    }
    return 0;
}

static vo_err_t *to_filters(void *baton, const char *data, apr_size_t len)
{
    vo_response_t *resp = baton;
    apr_bucket_alloc_t *ba = resp->r->connection->bucket_alloc;

    if (resp->is_ended || is_too_slow(resp->r)) {
        return gone(resp->r);
    }
    append(resp, apr_bucket_transient_create(data, len, ba));
    if (resp->r->header_only) {
        /* the headers are all there is to say */
        append(resp, apr_bucket_eos_create(ba));
        resp->is_ended = 1;
        pass(resp);
        return gone(resp->r);
    }
    return pass(resp);
}

vo_out_t *vo_response_begin(request_rec *r, const char *media_type)
{
    vo_request_t *req = vo_request(r);
    vo_response_t *resp = req->response;

    if (!resp) {
        resp = apr_pcalloc(r->pool, sizeof(*resp));
        resp->r = r;
        resp->bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
        resp->out = vo_out_create(to_filters, resp, r->pool);
        req->response = resp;
    }
    r->status = HTTP_OK;
    r->status_line = NULL;
    ap_set_content_type(r, media_type);
    return resp->out;
}

void vo_name_table(request_rec *r, const vo_tablefmt_t *fmt)
{
    apr_table_setn(r->headers_out, "Content-Disposition",
                   apr_pstrcat(r->pool, "inline; filename=\"result.",
                               fmt->extension, "\"", NULL));
}

int vo_response_end(request_rec *r, vo_out_t *out)
{
    vo_response_t *resp = vo_request(r)->response;
    apr_bucket_alloc_t *ba = r->connection->bucket_alloc;

    if (!resp->is_ended) {
        /* data and EOS together, so that the length becomes known */
        if (out->used) {
            append(resp, apr_bucket_transient_create(out->buf, out->used, ba));
            out->used = 0;
            out->has_flushed = 1;
        }
        append(resp, apr_bucket_eos_create(ba));
        resp->is_ended = 1;
        if (pass(resp)) {
            ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                          VOLOGNO(1020) "the client left before the end");
        }
    }
    return OK;
}

int vo_response_abort(request_rec *r, vo_out_t *out, const vo_err_t *err)
{
    vo_response_t *resp = vo_request(r)->response;
    apr_bucket_alloc_t *ba = r->connection->bucket_alloc;

    vo_log_error(r, err);
    if (!resp->is_ended) {
        if (out->used) {
            append(resp, apr_bucket_transient_create(out->buf, out->used, ba));
            out->used = 0;
        }
        /* as mod_proxy tells of a broken backend: the last chunk is not sent */
        append(resp, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool,
                                            ba));
        append(resp, apr_bucket_eos_create(ba));
        resp->is_ended = 1;
        r->connection->keepalive = AP_CONN_CLOSE;
        pass(resp);
    }
    return OK;
}

/* --- errors -------------------------------------------------------------- */

void vo_log_error(request_rec *r, const vo_err_t *err)
{
    const char *text = vo_err_private(err, r->pool);

    switch (err->kind) {
    case VO_ERR_FAULT:
        ap_log_rerror(APLOG_MARK, APLOG_ERR, err->aprerr, r,
                      VOLOGNO(1021) "%s", text);
        break;
    case VO_ERR_BUSY:
        ap_log_rerror(APLOG_MARK, APLOG_ERR, err->aprerr, r,
                      VOLOGNO(1022) "%s", text);
        break;
    case VO_ERR_GONE:
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, VOLOGNO(1023) "%s",
                      text);
        break;
    default:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, VOLOGNO(1024) "%s", text);
    }
}

/* ERR with texts that are valid UTF-8, since they quote what the client sent
 * and go into an XML document. */
static const vo_err_t *clean(apr_pool_t *pool, const vo_err_t *err)
{
    vo_err_t *copy = apr_pmemdup(pool, err, sizeof(*err));

    copy->text = vo_dali_clean_text(pool, err->text);
    copy->hint = err->hint ? vo_dali_clean_text(pool, err->hint) : NULL;
    return copy;
}

/* Answer with the document of ERR: for a DALI service in FMT, for OLD in the
 * form that protocol has. */
static int respond_error(request_rec *r, const vo_tablefmt_t *fmt,
                         const vo_old_error_t *old, const vo_err_t *err)
{
    vo_response_t *resp = vo_request(r)->response;
    const char *media_type;
    vo_out_t *out;
    vo_err_t *worse;

    if (resp && resp->is_ended) {
        return OK; /* HEAD: what was to be said has been said */
    }
    if (err->kind == VO_ERR_GONE) {
        vo_log_error(r, err);
        r->connection->keepalive = AP_CONN_CLOSE;
        r->connection->aborted = 1;
        return OK;
    }
    if (resp && resp->out->has_flushed) {
        return vo_response_abort(r, resp->out, err);
    }
    vo_log_error(r, err);
    out = vo_response_begin(r, "text/plain");
    vo_out_discard(out);
    apr_table_unset(r->headers_out, "Content-Disposition");
    if (!fmt) {
        fmt = vo_tablefmt_all()[0];
    }
    worse = old && old->is_scs
                ? vo_table_scs_error_doc(out, clean(r->pool, err), &media_type,
                                         r->pool)
                : vo_table_error_doc(out, fmt, clean(r->pool, err),
                                     &media_type, r->pool);
    if (worse) {
        vo_log_error(r, worse);
        return worse->kind == VO_ERR_GONE ? OK : HTTP_INTERNAL_SERVER_ERROR;
    }
    ap_set_content_type(r, old && old->media_type ? old->media_type
                                                  : media_type);
    r->status = old ? HTTP_OK : err->http;
    if (err->http == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
    }
    return vo_response_end(r, out);
}

int vo_respond_error(request_rec *r, const vo_tablefmt_t *fmt,
                     const vo_err_t *err)
{
    return respond_error(r, fmt, NULL, err);
}

int vo_respond_old_error(request_rec *r, const vo_old_error_t *old,
                         const vo_err_t *err)
{
    int is_theirs = err->kind == VO_ERR_USAGE || err->kind == VO_ERR_LIMIT;

    return respond_error(r, NULL, is_theirs ? old : NULL, err);
}
