/* vo_err.c: making, wrapping and printing errors. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_err.h"

#include <stdarg.h>

#include <apr_strings.h>

static int default_http(vo_err_kind_e kind)
{
    static const short status[] = {
        [VO_ERR_USAGE] = 400,   [VO_ERR_NOTFOUND] = 404, [VO_ERR_AUTH] = 403,
        [VO_ERR_LIMIT] = 400,   [VO_ERR_BUSY] = 503,     [VO_ERR_TIMEOUT] = 400,
        [VO_ERR_GONE] = 400,    [VO_ERR_FAULT] = 500,
    };
    return status[kind];
}

static vo_err_t *make(apr_pool_t *pool, vo_err_kind_e kind)
{
    vo_err_t *err = apr_pcalloc(pool, sizeof(*err));

    err->kind = kind;
    err->http = default_http(kind);
    err->offset = -1;
    return err;
}

vo_err_t *vo_err_make(apr_pool_t *pool, vo_err_kind_e kind,
                      const char *fmt, ...)
{
    vo_err_t *err = make(pool, kind);
    va_list ap;

    va_start(ap, fmt);
    err->text = apr_pvsprintf(pool, fmt, ap);
    va_end(ap);
    return err;
}

vo_err_t *vo_err_fault(apr_pool_t *pool, apr_status_t aprerr,
                       const char *text, const char *detail_fmt, ...)
{
    vo_err_t *err = make(pool, VO_ERR_FAULT);
    va_list ap;

    err->aprerr = aprerr;
    err->text = apr_pstrdup(pool, text);
    va_start(ap, detail_fmt);
    err->detail = apr_pvsprintf(pool, detail_fmt, ap);
    va_end(ap);
    return err;
}

vo_err_t *vo_err_wrap(apr_pool_t *pool, const vo_err_t *err,
                      const char *fmt, ...)
{
    vo_err_t *outer = make(pool, err->kind);
    va_list ap;

    outer->http = err->http;
    outer->aprerr = err->aprerr;
    outer->prev = err;
    va_start(ap, fmt);
    outer->text = apr_pvsprintf(pool, fmt, ap);
    va_end(ap);
    return outer;
}

vo_err_t *vo_err_hint(apr_pool_t *pool, vo_err_t *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    err->hint = apr_pvsprintf(pool, fmt, ap);
    va_end(ap);
    return err;
}

vo_err_t *vo_err_at(vo_err_t *err, const char *text, int offset)
{
    int i;

    err->offset = offset;
    err->line = 1;
    err->column = 1;
    for (i = 0; i < offset && text[i]; ++i) {
        if (text[i] == '\n') {
            ++err->line;
            err->column = 1;
        }
        else if (((unsigned char)text[i] & 0xC0) != 0x80) {
            ++err->column; /* UTF-8 continuation bytes are not characters */
        }
    }
    return err;
}

const char *vo_err_public(const vo_err_t *err, apr_pool_t *pool)
{
    const char *place = "";
    const char *hint = "";

    if (err->line > 0) {
        place = apr_psprintf(pool, " (line %d, column %d)", err->line,
                             err->column);
    }
    if (err->hint) {
        hint = apr_pstrcat(pool, " ", err->hint, NULL);
    }
    return apr_pstrcat(pool, err->text, place, hint, NULL);
}

const char *vo_err_private(const vo_err_t *err, apr_pool_t *pool)
{
    const char *out = vo_err_public(err, pool);
    char buf[128];

    for (; err; err = err->prev) {
        if (err->detail) {
            out = apr_pstrcat(pool, out, ": ", err->detail, NULL);
        }
        if (err->aprerr != APR_SUCCESS) {
            out = apr_pstrcat(pool, out, ": ",
                              apr_strerror(err->aprerr, buf, sizeof(buf)),
                              NULL);
        }
        if (err->prev) {
            out = apr_pstrcat(pool, out, ": ", err->prev->text, NULL);
        }
    }
    return out;
}
