/* sky_moc_text.c: the ASCII and JSON forms of a MOC (MOC 2.0, 4.3). */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- writing ---------------------------------------------------------- */

typedef struct {
    int order;                  /* the order being written */
    int is_json;
    int is_any;                 /* of this order something was written */
    int64_t first;              /* run of cells not yet written, or -1 */
    int64_t last;
    char *at;                   /* NULL while only counting */
    size_t len;
    int groups;
} writer_t;

static void emit(writer_t *w, const char *text)
{
    size_t n = strlen(text);

    if (w->at != NULL) {
        memcpy(w->at + w->len, text, n + 1);
    }
    w->len += n;
}

static void open_order(writer_t *w, int order)
{
    char buf[32];

    if (w->is_json) {
        snprintf(buf, sizeof(buf), "%s\"%d\":[", w->groups ? "," : "",
                 order);
    }
    else {
        snprintf(buf, sizeof(buf), "%s%d/", w->groups ? " " : "", order);
    }
    emit(w, buf);
    w->groups++;
}

static void flush_run(writer_t *w)
{
    char buf[64];
    int64_t p;

    if (w->first < 0) {
        return;
    }
    if (!w->is_any) {
        open_order(w, w->order);
    }
    if (w->is_json) {
        for (p = w->first; p <= w->last; p++) {
            snprintf(buf, sizeof(buf), "%s%" PRId64, w->is_any ? "," : "",
                     p);
            emit(w, buf);
            w->is_any = 1;
        }
    }
    else if (w->first == w->last) {
        snprintf(buf, sizeof(buf), "%s%" PRId64, w->is_any ? " " : "",
                 w->first);
        emit(w, buf);
    }
    else {
        snprintf(buf, sizeof(buf), "%s%" PRId64 "-%" PRId64,
                 w->is_any ? " " : "", w->first, w->last);
        emit(w, buf);
    }
    w->is_any = 1;
    w->first = -1;
}

static int write_cell(void *baton, int order, int64_t ipix)
{
    writer_t *w = baton;

    if (order != w->order) {
        return 0;
    }
    if (w->first >= 0 && ipix == w->last + 1) {
        w->last = ipix;
        return 0;
    }
    flush_run(w);
    w->first = w->last = ipix;
    return 0;
}

static int mark_order(void *baton, int order, int64_t ipix)
{
    (void)ipix;
    *(uint32_t *)baton |= UINT32_C(1) << order;
    return 0;
}

static void write_all(writer_t *w, const sky_span_t *spans, int n, int order)
{
    uint32_t used = 0;
    int o;

    w->len = 0;
    w->groups = 0;
    if (w->is_json) {
        emit(w, "{");
    }
    sky_moc_cells(spans, n, mark_order, &used);
    for (o = 0; o <= SKY_ORDER; o++) {
        w->is_any = 0;
        w->first = -1;
        w->order = o;
        if (used >> o & 1) {
            sky_moc_cells(spans, n, write_cell, w);
            flush_run(w);
        }
        else if (o == order) {
            open_order(w, o);   /* says the resolution */
            w->is_any = 1;
        }
        if (w->is_any && w->is_json) {
            emit(w, "]");
        }
    }
    if (w->is_json) {
        emit(w, "}");
    }
}

static char *moc_format(const sky_alloc_t *a, const sky_span_t *spans, int n,
                        int order, int is_json)
{
    writer_t w;
    char *text;

    memset(&w, 0, sizeof(w));
    w.is_json = is_json;
    write_all(&w, spans, n, order);
    text = a->alloc(a->baton, w.len + 1);
    if (text != NULL) {
        text[0] = '\0';
        w.at = text;
        write_all(&w, spans, n, order);
    }
    return text;
}

char *sky_moc_format(const sky_alloc_t *a, const sky_span_t *spans, int n,
                     int order)
{
    return moc_format(a, spans, n, order, 0);
}

char *sky_moc_format_json(const sky_alloc_t *a, const sky_span_t *spans,
                          int n, int order)
{
    return moc_format(a, spans, n, order, 1);
}

/* ---- reading ---------------------------------------------------------- */

typedef struct {
    const char *text;
    const char *p;
    sky_span_t *out;            /* NULL while only counting */
    int n;
    int max_order;
    sky_err_t *err;
} reader_t;

static int bad(reader_t *r, const char *what)
{
    sky_fail(r->err, SKY_ERR_SYNTAX, "MOC text, byte %ld: %s",
             (long)(r->p - r->text), what);
    if (r->err != NULL) {
        r->err->position = (int)(r->p - r->text);
    }
    return -1;
}

static int is_blank(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r';
}

static void skip(reader_t *r)
{
    while (is_blank(*r->p)) {
        r->p++;
    }
}

static int read_int(reader_t *r, int64_t *v)
{
    if (*r->p < '0' || *r->p > '9') {
        return bad(r, "a number is expected");
    }
    for (*v = 0; *r->p >= '0' && *r->p <= '9'; r->p++) {
        if (*v > INT64_MAX / 20) {
            return bad(r, "a number too large");
        }
        *v = *v * 10 + (*r->p - '0');
    }
    return 0;
}

static int take_order(reader_t *r, int64_t v)
{
    if (v > SKY_ORDER) {
        return bad(r, "an order above 29");
    }
    r->max_order = v > r->max_order ? (int)v : r->max_order;
    return 0;
}

static int take_cells(reader_t *r, int order, int64_t lo, int64_t hi)
{
    int shift = 2 * (SKY_ORDER - order);

    if (hi < lo) {
        return bad(r, "a reversed range");
    }
    if (hi >= (int64_t)12 << (2 * order)) {
        return bad(r, "a cell number beyond 12 * 4^order");
    }
    if (r->out != NULL) {
        r->out[r->n].lo = lo << shift;
        r->out[r->n].hi = (hi + 1) << shift;
    }
    if (r->n == INT32_MAX / 32) {
        return bad(r, "too many cells");
    }
    r->n++;
    return 0;
}

static int read_ascii(reader_t *r)
{
    int order = -1;
    int64_t a, b;

    for (skip(r); *r->p != '\0'; skip(r)) {
        if (read_int(r, &a) != 0) {
            return -1;
        }
        b = a;
        if (*r->p == '/') {
            if (take_order(r, a) != 0) {
                return -1;
            }
            order = (int)a;
            r->p++;
            continue;
        }
        if (order < 0) {
            return bad(r, "an order and \"/\" are expected first");
        }
        if (*r->p == '-') {
            r->p++;
            if (read_int(r, &b) != 0) {
                return -1;
            }
        }
        if (*r->p != '\0' && !is_blank(*r->p)) {
            return bad(r, "a blank is expected");
        }
        if (take_cells(r, order, a, b) != 0) {
            return -1;
        }
    }
    return r->max_order < 0 ? bad(r, "no order at all") : 0;
}

static int expect(reader_t *r, char c)
{
    char what[] = "'?' is expected";

    while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r') {
        r->p++;
    }
    if (*r->p != c) {
        what[1] = c;
        return bad(r, what);
    }
    r->p++;
    return 0;
}

static int peek(reader_t *r)
{
    while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r') {
        r->p++;
    }
    return *r->p;
}

/* {"3":[1,2],"8":[]} or the same inside {"s":...} */
static int read_json(reader_t *r, int depth)
{
    int64_t order, v;

    if (expect(r, '{') != 0) {
        return -1;
    }
    r->max_order = r->max_order < 0 ? 0 : r->max_order;
    while (peek(r) != '}') {
        if (expect(r, '"') != 0) {
            return -1;
        }
        if (*r->p == 's' && depth == 0) {
            r->p++;
            if (expect(r, '"') != 0 || expect(r, ':') != 0
                || read_json(r, 1) != 0) {
                return -1;
            }
            break;
        }
        if (read_int(r, &order) != 0 || take_order(r, order) != 0
            || expect(r, '"') != 0 || expect(r, ':') != 0
            || expect(r, '[') != 0) {
            return -1;
        }
        while (peek(r) != ']') {
            if (read_int(r, &v) != 0
                || take_cells(r, (int)order, v, v) != 0) {
                return -1;
            }
            if (peek(r) == ',') {
                r->p++;
            }
            else if (peek(r) != ']') {
                return bad(r, "',' or ']' is expected");
            }
        }
        r->p++;
        if (peek(r) == ',') {
            r->p++;
        }
        else if (peek(r) != '}') {
            return bad(r, "',' or '}' is expected");
        }
    }
    if (expect(r, '}') != 0) {
        return -1;
    }
    return depth == 0 && peek(r) != '\0' ? bad(r, "text after the end") : 0;
}

static int read_any(reader_t *r)
{
    r->p = r->text;
    r->n = 0;
    r->max_order = -1;
    skip(r);
    if (*r->p == '{') {
        return read_json(r, 0);
    }
    if (*r->p == 't') {
        return bad(r, "a time MOC; only space is meant here");
    }
    if (*r->p == 's') {
        r->p++;
    }
    return read_ascii(r);
}

int sky_moc_parse(const sky_alloc_t *a, const char *text,
                  sky_span_t **spans, int *order, sky_err_t *err)
{
    reader_t r;

    memset(&r, 0, sizeof(r));
    r.text = text;
    r.err = err;
    if (read_any(&r) != 0) {
        return -1;
    }
    r.out = a->alloc(a->baton, ((size_t)r.n + 1) * sizeof(sky_span_t));
    if (r.out == NULL) {
        return sky_fail(err, SKY_ERR_MEMORY, "no memory for %d ranges", r.n);
    }
    read_any(&r);
    *spans = r.out;
    *order = r.max_order;
    return sky_moc_normalize(r.out, r.n);
}
