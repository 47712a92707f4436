/* mod_vo_cors.c: who may read answers from other origins, decided first. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <http_protocol.h>

#define ALLOW_METHODS "GET, HEAD, POST, DELETE, OPTIONS"
#define ALLOW_SECONDS "86400"
#define EXPOSED "Accept-Ranges, Content-Disposition, Content-Length, "        \
    "Content-Range, ETag, Location, Retry-After, WWW-Authenticate, "          \
    "X-VO-Authenticated"

/*
 * The Fetch standard's CORS protocol. Runs before authentication, since a
 * preflight carries no credentials, and fills err_headers_out, so that error
 * documents can be read by pages too.
 */
int vo_cors_header_parser(request_rec *r)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");
    const char *wanted;
    int is_any, is_allowed;

    if (r->main || !vo_is_ours(r)) {
        return DECLINED;
    }
    /* errors and tables repeat what they were sent: text is never a page */
    apr_table_setn(r->err_headers_out, "X-Content-Type-Options", "nosniff");
    is_allowed = vo_conf_allows_origin(r, origin ? origin : "", &is_any);
    if (!is_any) {
        apr_table_mergen(r->err_headers_out, "Vary", "Origin");
    }
    if (is_any) {
        apr_table_setn(r->err_headers_out, "Access-Control-Allow-Origin", "*");
    }
    else if (origin && is_allowed) {
        apr_table_setn(r->err_headers_out, "Access-Control-Allow-Origin",
                       origin);
        apr_table_setn(r->err_headers_out, "Access-Control-Allow-Credentials",
                       "true");
    }
    if (is_allowed) {
        apr_table_setn(r->err_headers_out, "Access-Control-Expose-Headers",
                       EXPOSED);
    }
    if (r->method_number != M_OPTIONS || !origin
        || !apr_table_get(r->headers_in, "Access-Control-Request-Method")) {
        return DECLINED;
    }
    if (is_allowed) {
        apr_table_setn(r->err_headers_out, "Access-Control-Allow-Methods",
                       ALLOW_METHODS);
        wanted = apr_table_get(r->headers_in, "Access-Control-Request-Headers");
        if (wanted) {
            apr_table_setn(r->err_headers_out, "Access-Control-Allow-Headers",
                           wanted);
        }
        apr_table_setn(r->err_headers_out, "Access-Control-Max-Age",
                       ALLOW_SECONDS);
    }
    r->status = HTTP_NO_CONTENT;
    return DONE;
}
