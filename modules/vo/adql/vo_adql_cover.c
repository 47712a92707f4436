/* vo_adql_cover.c: constant shapes as text and as ranges of cells. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_strings.h>

#include "sky/sky.h"

/* Ranges of a shape: few plan fast, many read fewer rows in vain. Four won for
 * cones of 0.01 to 1 degree (tests/bench/sky_q3c.py); others are longer. */
#define CIRCLE_BUDGET 4
#define SHAPE_BUDGET 16
#define MAX_BUDGET 256

static void *from_pool(void *baton, size_t size)
{
    return apr_palloc(baton, size);
}

/* The value of a literal's text; 0 if it does not fit a double. */
int adql_number(const char *text, double *value)
{
    const char *end = text + strlen(text);

    return sky_parse_number(text, end, value) == end;
}

/* The shortest text that reads back as VALUE. */
const char *adql_format(adql_ctx_t *c, double value)
{
    char buf[32];
    int n = sky_format_number(value, buf);

    return apr_pstrmemdup(c->pool, buf, (apr_size_t)n);
}

/* A growing text: shapes may have many thousand corners. */
typedef struct text_t {
    char *buf;
    size_t len, size;
} text_t;

static void put_text(adql_ctx_t *c, text_t *t, const char *piece, size_t n)
{
    if (t->len + n + 1 > t->size) {
        size_t size = 2 * (t->len + n) + 128;
        char *grown = apr_palloc(c->pool, size);

        if (t->len) {
            memcpy(grown, t->buf, t->len);
        }
        t->buf = grown;
        t->size = size;
    }
    memcpy(t->buf + t->len, piece, n);
    t->len += n;
    t->buf[t->len] = '\0';
}

static void put_number(adql_ctx_t *c, text_t *t, double value)
{
    char buf[33] = " ";

    put_text(c, t, buf, 1 + (size_t)sky_format_number(value, buf + 1));
}

/* Fold all numbers of the arguments from ARG on behind WORD. */
static const char *numbers(adql_ctx_t *c, const char *word,
                           const adql_node_t *arg)
{
    text_t text = {NULL, 0, 0};
    double v;

    put_text(c, &text, word, strlen(word));
    for (; arg; arg = arg->next) {
        adql_point_t p;

        if (arg->ty.cls == T_GEOM) {
            if (!adql_point(c, arg, &p) || p.how != P_CONST) {
                return NULL;
            }
            put_number(c, &text, p.ra);
            put_number(c, &text, p.dec);
        }
        else if (adql_fold(arg, &v)) {
            put_number(c, &text, v);
        }
        else {
            return NULL;
        }
    }
    return text.buf;
}

static sky_shape_t *shape_of(adql_ctx_t *c, const char *text, int off)
{
    sky_alloc_t alloc = {from_pool, c->pool};
    sky_err_t err;
    sky_shape_t *shape;

    memset(&err, 0, sizeof(err));
    shape = sky_parse(&alloc, text, &err);
    if (!shape) {
        adql_fail(c, off, "This shape is not possible: %s", err.text);
    }
    return shape;
}

static const char *centroid(adql_ctx_t *c, const adql_node_t *n)
{
    const char *inner = adql_const_shape(c, n->list);
    sky_shape_t *shape = inner ? shape_of(c, inner, n->off) : NULL;
    text_t text = {NULL, 0, 0};
    double ra, dec;

    if (!shape || sky_centroid(shape, &ra, &dec)) {
        return NULL;
    }
    put_text(c, &text, "POSITION ICRS", 13);
    put_number(c, &text, ra);
    put_number(c, &text, dec);
    return text.buf;
}

static const char *transformed(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *from = n->list, *to = from->next;
    const char *inner = adql_const_shape(c, to->next);
    sky_shape_t *shape = inner ? shape_of(c, inner, n->off) : NULL;
    sky_alloc_t alloc = {from_pool, c->pool};
    sky_err_t err;

    if (shape) {
        shape = sky_transform(&alloc, shape,
                              sky_frame(from->text, strlen(from->text)),
                              sky_frame(to->text, strlen(to->text)), &err);
        if (!shape) {
            adql_fail(c, n->off, "This shape is not possible: %s", err.text);
        }
    }
    return shape ? sky_format_stcs(&alloc, shape) : NULL;
}

const char *adql_const_shape(adql_ctx_t *c, const adql_node_t *n)
{
    static const struct {
        const char *name, *word;
    } words[] = {
        {"point", "POSITION"}, {"circle", "CIRCLE"}, {"box", "BOX"},
        {"polygon", "POLYGON"}
    };
    const char *text = NULL;
    int nargs;
    size_t i;

    if (c->err) {
        return NULL;
    }
    if (n->kind == N_CAST && n->a->kind == N_STR) {
        text = apr_pstrcat(c->pool, n->text, " ", n->a->text, NULL);
    }
    else if (n->kind == N_FUNC && !strcmp(n->func->name, "region")) {
        text = n->list->text;
    }
    else if (n->kind == N_FUNC && !strcmp(n->func->name, "moc")) {
        text = n->len == 1 && n->list->kind == N_STR
            ? apr_pstrcat(c->pool, "MOC ", n->list->text, NULL) : NULL;
    }
    else if (n->kind == N_FUNC
             && !strcmp(n->func->name, "ivo_geom_transform")) {
        return transformed(c, n);
    }
    else if (n->kind == N_FUNC && !strcmp(n->func->name, "centroid")) {
        return centroid(c, n);
    }
    for (i = 0; n->kind == N_FUNC && i < 4; ++i) {
        if (!strcmp(n->func->name, words[i].name)) {
            int frame = adql_frame(n);

            text = frame < 0 ? NULL
                : numbers(c, apr_pstrcat(c->pool, words[i].word, " ",
                                         sky_frame_name(frame), NULL),
                          adql_geom_arg(n, 0, &nargs));
        }
    }
    if (text && !shape_of(c, text, n->off)) {
        return NULL;
    }
    return text;
}

static int copy(adql_ctx_t *c, const sky_range_t *from, int n,
                adql_range_t **ranges)
{
    int i;

    *ranges = apr_palloc(c->pool, sizeof(**ranges) * (size_t)(n + 1));
    for (i = 0; i < n; ++i) {
        (*ranges)[i].lo = from[i].lo;
        (*ranges)[i].hi = from[i].hi;
        (*ranges)[i].is_border = from[i].is_border;
    }
    return n;
}

static int budget(adql_ctx_t *c, int usual)
{
    int n = c->env && c->env->cone_budget > 0 ? c->env->cone_budget : usual;

    return n > MAX_BUDGET ? MAX_BUDGET : n;
}

static void note_area(adql_ctx_t *c, double area)
{
    if (c->cone_area < 0 || area < c->cone_area) {
        c->cone_area = area;
    }
}

int adql_cover_circle(adql_ctx_t *c, double ra, double dec, double r,
                      adql_range_t **ranges)
{
    sky_range_t out[MAX_BUDGET];
    int n = sky_circle_ranges(ra, dec, r, budget(c, CIRCLE_BUDGET), out);

    if (n < 0) {
        adql_fail(c, 0, "The circle (%g, %g) of radius %g is not possible.",
                  ra, dec, r);
        return 0;
    }
    note_area(c, 3.15 * r * r);
    return copy(c, out, n, ranges);
}

int adql_cover_shape(adql_ctx_t *c, const char *text, adql_range_t **ranges)
{
    sky_range_t out[MAX_BUDGET];
    sky_shape_t *shape = shape_of(c, text, 0);
    int n = shape ? sky_coverage(shape, budget(c, SHAPE_BUDGET), out,
                                 MAX_BUDGET) : 0;

    if (n < 0) {
        adql_fail_kind(c, VO_ERR_FAULT, 0, "A shape could not be covered.");
        return 0;
    }
    if (shape) {
        note_area(c, sky_area(shape));
    }
    return copy(c, out, n, ranges);
}
