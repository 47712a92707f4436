/* mod_vo_request.c: parameters, paths and addresses of a request. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

#include "dali/vo_dali_multipart.h"

#define FORM "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data"
#define CHUNK 65536

/* --- parameters ---------------------------------------------------------- */

static vo_err_t *too_large(request_rec *r, apr_off_t max, const char *what)
{
    vo_err_t *err = vo_err_make(r->pool, VO_ERR_LIMIT,
                                "The %s of a request may have at most "
                                "%" APR_OFF_T_FMT " bytes.", what, max);

    err->http = HTTP_REQUEST_ENTITY_TOO_LARGE;
    r->connection->keepalive = AP_CONN_CLOSE; /* the rest is not read */
    return err;
}

/* Make the body ready to be read; *IS_THERE tells whether there is one. */
static vo_err_t *open_body(request_rec *r, int *is_there)
{
    if (ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK) != OK) {
        return vo_err_make(r->pool, VO_ERR_USAGE,
                           "The body of the request cannot be read.");
    }
    *is_there = ap_should_client_block(r);
    return NULL;
}

static vo_err_t *cut_body(request_rec *r)
{
    r->connection->keepalive = AP_CONN_CLOSE;
    return vo_err_make(r->pool, VO_ERR_USAGE,
                       "The body of the request ended early.");
}

/* Read a body of multipart/form-data as it comes, MAX bytes without files. */
static vo_err_t *read_multipart(vo_dali_params_t *params, request_rec *r,
                                const char *type, int max)
{
    apr_off_t max_files = vo_request(r)->max_file_bytes;
    vo_dali_multipart_t *multipart;
    vo_err_t *err;
    int is_there = 0;
    long n;
    char *buf;

    VO_TRY(open_body(r, &is_there));
    if (!is_there) {
        return NULL;
    }
    if (r->remaining > max_files + max) {
        return max_files > 0 ? too_large(r, max_files, "uploaded tables")
                             : too_large(r, max, "parameters");
    }
    err = vo_dali_multipart_begin(&multipart, params, type, max, max_files);
    buf = apr_palloc(r->pool, CHUNK);
    while (!err && (n = ap_get_client_block(r, buf, CHUNK)) != 0) {
        err = n < 0 ? cut_body(r)
                    : vo_dali_multipart_feed(multipart, buf, (apr_size_t)n);
    }
    if (!err) {
        err = vo_dali_multipart_end(multipart);
    }
    if (err) {
        r->connection->keepalive = AP_CONN_CLOSE; /* the rest is not read */
    }
    return err;
}

/* Read the body, at most MAX bytes, into r->pool. */
static vo_err_t *read_body(request_rec *r, int max, const char **body,
                           apr_size_t *len)
{
    apr_size_t cap = r->remaining > 0 ? (apr_size_t)r->remaining + 1 : 8192;
    char *buf;
    int is_there = 0;
    long n;

    *body = "";
    *len = 0;
    VO_TRY(open_body(r, &is_there));
    if (!is_there) {
        return NULL;
    }
    if (r->remaining > max) {
        return too_large(r, max, "parameters");
    }
    cap = r->remaining > 0 ? (apr_size_t)r->remaining + 1 : 8192;
    buf = apr_palloc(r->pool, cap);
    for (;;) {
        if (*len == cap) {
            char *grown;

            if (cap > (apr_size_t)max) {
                return too_large(r, max, "parameters");
            }
            grown = apr_palloc(r->pool, 2 * cap);
            memcpy(grown, buf, *len);
            buf = grown;
            cap *= 2;
        }
        n = ap_get_client_block(r, buf + *len, cap - *len);
        if (n < 0) {
            return cut_body(r);
        }
        if (n == 0) {
            break;
        }
        *len += (apr_size_t)n;
        if (*len > (apr_size_t)max) {
            return too_large(r, max, "parameters");
        }
    }
    *body = buf;
    return NULL;
}

static int is_type(const char *content_type, const char *type)
{
    apr_size_t len = strlen(type);

    return !strncasecmp(content_type, type, len)
           && (!content_type[len] || strchr("; \t", content_type[len]));
}

static vo_err_t *read_params(vo_dali_params_t *params, request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    int max = vo_conf_max_params(r);
    apr_size_t len, args_len = r->args ? strlen(r->args) : 0;
    const char *body;
    vo_err_t *err;

    if (args_len > (apr_size_t)max) {
        return too_large(r, max, "parameters");
    }
    VO_TRY(vo_dali_params_add_form(params, r->args ? r->args : "", args_len));
    if (r->method_number != M_POST) {
        return NULL;
    }
    if (type && is_type(type, MULTIPART)) {
        return read_multipart(params, r, type, max - (int)args_len);
    }
    VO_TRY(read_body(r, max - (int)args_len, &body, &len));
    if (!len) {
        return NULL;
    }
    if (!type || is_type(type, FORM)) {
        return vo_dali_params_add_form(params, body, len);
    }
    err = vo_err_make(r->pool, VO_ERR_USAGE,
                      "The body of a POST must be of type " FORM
                      " or " MULTIPART ".");
    err->http = HTTP_UNSUPPORTED_MEDIA_TYPE;
    return err;
}

vo_err_t *vo_params(const vo_dali_params_t **params, request_rec *r)
{
    vo_request_t *req = vo_request(r);

    if (!req->is_params_read) {
        vo_dali_params_t *made = vo_dali_params_create(r->pool);

        req->is_params_read = 1;
        req->params = made;
        req->params_err = read_params(made, r);
    }
    *params = req->params;
    return req->params_err;
}

void vo_params_with_files(request_rec *r, apr_off_t max)
{
    vo_request(r)->max_file_bytes = max;
}

/* --- paths and addresses ------------------------------------------------- */

const char *vo_path_below(request_rec *r, const char *segment)
{
    const char *root = vo_conf_root(r);
    const char *uri = r->uri;
    apr_size_t len = strlen(root);

    if (strncmp(uri, root, len) || uri[len] != '/') {
        return NULL;
    }
    uri += len + 1;
    len = strlen(segment);
    if (strncmp(uri, segment, len) || (uri[len] && uri[len] != '/')) {
        return NULL;
    }
    return uri + len;
}

/* What a proxy said, or NULL: the first of a list, if it holds nothing but
 * letters, digits and EXTRA. */
static const char *forwarded(request_rec *r, const char *header,
                             const char *extra)
{
    const char *value = apr_table_get(r->headers_in, header);
    char *first;
    const char *p;

    if (!value) {
        return NULL;
    }
    value += strspn(value, " \t");
    first = apr_pstrndup(r->pool, value, strcspn(value, ", \t"));
    for (p = first; *p; ++p) {
        if (!apr_isalnum(*p) && !strchr(extra, *p)) {
            return NULL;
        }
    }
    return *first ? first : NULL;
}

const char *vo_base_url(request_rec *r)
{
    const char *url = vo_conf_base_url(r);
    const char *root = vo_conf_root(r);
    const char *scheme, *host, *port;
    int is_standard;

    if (url) {
        return url;
    }
    if (!vo_conf_trusts_forwarded(r)
        || !(host = forwarded(r, "X-Forwarded-Host", ".-_:[]"))) {
        return ap_construct_url(r->pool, root, r);
    }
    scheme = forwarded(r, "X-Forwarded-Proto", "");
    if (!scheme || (strcmp(scheme, "http") && strcmp(scheme, "https"))) {
        scheme = ap_http_scheme(r);
    }
    port = forwarded(r, "X-Forwarded-Port", "");
    is_standard = !port || !strcmp(port, strcmp(scheme, "https") ? "80" : "443")
                  || strchr(*host == '[' ? strchr(host, ']') ? strchr(host, ']')
                                                             : host
                                         : host, ':');
    return apr_pstrcat(r->pool, scheme, "://", host, is_standard ? "" : ":",
                       is_standard ? "" : port, root, NULL);
}

const char *vo_service_url_at(apr_pool_t *pool, const char *base_url,
                              const vo_service_t *svc,
                              const vo_release_t *rel,
                              const vo_table_t *table)
{
    const char *url = apr_pstrcat(pool, base_url, "/", svc->segment, "/",
                                  ap_escape_path_segment(pool, rel->id), NULL);
    const char *name;
    int n;

    if (!table) {
        return url;
    }
    name = table->name;
    vo_release_table(rel, NULL, name, &n);
    if (n > 1) {
        name = table->tap_name;
    }
    return apr_pstrcat(pool, url, "/", ap_escape_path_segment(pool, name),
                       NULL);
}

const char *vo_service_url(request_rec *r, const vo_service_t *svc,
                           const vo_release_t *rel, const vo_table_t *table)
{
    return vo_service_url_at(r->pool, vo_base_url(r), svc, rel, table);
}
