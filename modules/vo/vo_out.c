/* vo_out.c: the buffered output sink. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_out.h"

#include <stdarg.h>
#include <stdio.h>

#include <apr_strings.h>

vo_out_t *vo_out_create(vo_out_fn_t *send, void *baton, apr_pool_t *pool)
{
    vo_out_t *out = apr_pcalloc(pool, sizeof(*out));

    out->buf = apr_palloc(pool, VO_OUT_SIZE);
    out->send = send;
    out->baton = baton;
    out->pool = pool;
    return out;
}

vo_err_t *vo_out_flush(vo_out_t *out)
{
    apr_size_t len = out->used;

    if (!len) {
        return NULL;
    }
    out->used = 0;
    out->has_flushed = 1;
    return out->send(out->baton, out->buf, len);
}

void vo_out_discard(vo_out_t *out)
{
    out->total -= (apr_off_t)out->used;
    out->used = 0;
}

vo_err_t *vo_out_write_long(vo_out_t *out, const void *data, apr_size_t len)
{
    const char *p = data;

    while (len) {
        apr_size_t room = VO_OUT_SIZE - out->used;
        apr_size_t n = len < room ? len : room;

        memcpy(out->buf + out->used, p, n);
        out->used += n;
        out->total += (apr_off_t)n;
        p += n;
        len -= n;
        if (out->used == VO_OUT_SIZE) {
            VO_TRY(vo_out_flush(out));
        }
    }
    return NULL;
}

vo_err_t *vo_out_printf(vo_out_t *out, const char *fmt, ...)
{
    char small[1024];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    if (n < 0) {
        return vo_err_fault(out->pool, APR_EGENERAL, "Text formatting failed",
                            "vsnprintf on '%s'", fmt);
    }
    if ((apr_size_t)n < sizeof(small)) {
        return vo_out_write(out, small, (apr_size_t)n);
    }
    else {
        apr_pool_t *tmp;
        char *text;
        vo_err_t *err;

        apr_pool_create(&tmp, out->pool);
        va_start(ap, fmt);
        text = apr_pvsprintf(tmp, fmt, ap);
        va_end(ap);
        err = vo_out_write(out, text, (apr_size_t)n);
        apr_pool_destroy(tmp);
        return err;
    }
}

/* What XML has instead of the character at TEXT, of which LEFT bytes are there:
 * NULL when it may stay; *SIZE is its length in bytes then. */
static const char *xml_instead(const char *text, apr_size_t left,
                               apr_size_t *size)
{
    const unsigned char *c = (const unsigned char *)text;

    *size = 1;
    switch (*c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case 0xEF: /* U+FFFE and U+FFFF are no characters */
        if (left > 2 && c[1] == 0xBF && c[2] >= 0xBE) {
            *size = 3;
            return "\xEF\xBF\xBD";
        }
        return NULL;
    default:
        return *c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r'
                   ? "\xEF\xBF\xBD" : NULL;
    }
}

vo_err_t *vo_out_xml(vo_out_t *out, const char *text, apr_size_t len)
{
    apr_size_t i, size, from = 0;

    for (i = 0; i < len; ++i) {
        const char *instead = xml_instead(text + i, len - i, &size);

        if (instead) {
            VO_TRY(vo_out_write(out, text + from, i - from));
            VO_TRY(vo_out_puts(out, instead));
            from = i + size;
            i = from - 1;
        }
    }
    return vo_out_write(out, text + from, len - from);
}

vo_err_t *vo_out_json(vo_out_t *out, const char *text, apr_size_t len)
{
    apr_size_t i, from = 0;

    VO_TRY(vo_out_puts(out, "\""));
    for (i = 0; i < len; ++i) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20 || c == '"' || c == '\\') {
            VO_TRY(vo_out_write(out, text + from, i - from));
            VO_TRY(vo_out_printf(out, c < 0x20 ? "\\u%04x" : "\\%c", c));
            from = i + 1;
        }
    }
    VO_TRY(vo_out_write(out, text + from, len - from));
    return vo_out_puts(out, "\"");
}

static vo_err_t *mem_send(void *baton, const char *data, apr_size_t len)
{
    vo_out_mem_t *mem = baton;

    if (mem->len + len + 1 > mem->cap) {
        apr_size_t cap = (mem->len + len + 1) * 2;
        char *grown = apr_palloc(mem->pool, cap);

        memcpy(grown, mem->data, mem->len);
        mem->data = grown;
        mem->cap = cap;
    }
    memcpy(mem->data + mem->len, data, len);
    mem->len += len;
    mem->data[mem->len] = '\0';
    return NULL;
}

vo_out_t *vo_out_to_memory(vo_out_mem_t *mem, apr_pool_t *pool)
{
    mem->pool = pool;
    mem->len = 0;
    mem->cap = 1;
    mem->data = apr_pcalloc(pool, 1);
    return vo_out_create(mem_send, mem, pool);
}
