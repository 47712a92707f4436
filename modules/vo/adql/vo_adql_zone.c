/* vo_adql_zone.c: conditions on columns that the cell index can serve too. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Not all who look for a place say so with a shape. Limits on the columns of
 * the position are a box on the sky; its ranges of cells are added to WHERE,
 * where they change nothing but the plan. Conditions on ivo_healpix_index of
 * the position are ranges of cells as they stand.
 */
#include "adql/vo_adql_ast.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "sky/sky.h"

#define MAX_CELLS 200    /* of one IN */
#define MARGIN 1e-9      /* degrees, much more than numbers are rounded by */
#define RAD (3.14159265358979323846 / 180)

static void put_side(adql_ctx_t *c, const adql_point_t *p, const char *op,
                     apr_int64_t cell)
{
    adql_print_hpx(c, p->rv, p->hpx);
    adql_put(c, op);
    adql_put_int8(c, cell);
}

static void put_between(adql_ctx_t *c, const adql_point_t *p, apr_int64_t lo,
                        apr_int64_t hi)
{
    adql_put(c, "(");
    put_side(c, p, " >= ", lo);
    adql_put(c, " AND ");
    put_side(c, p, " < ", hi);
    adql_put(c, ")");
}

/* ---- limits on the columns of a position -------------------------------- */

typedef struct limits_t {
    double lo, hi;
} limits_t;

static void limit(limits_t *l, int op, double v)
{
    if (op != OP_LT && op != OP_LE && v > l->lo) {
        l->lo = v;
    }
    if (op != OP_GT && op != OP_GE && v < l->hi) {
        l->hi = v;
    }
}

static int is_column(const adql_node_t *n, const adql_rv_t *rv, int colno)
{
    return n->kind == N_COL && n->rv == rv && n->colno == colno;
}

/* What the conditions N, all of which hold, say of a column. */
static void find_limits(const adql_node_t *n, const adql_rv_t *rv, int colno,
                        limits_t *l)
{
    const adql_node_t *one;
    double v;

    if (n->kind == N_AND) {
        for (one = n->list; one; one = one->next) {
            find_limits(one, rv, colno, l);
        }
    }
    else if (n->kind == N_BETWEEN && !n->is_not
             && is_column(n->a, rv, colno)) {
        if (adql_fold(n->b, &v)) {
            limit(l, OP_GE, v);
        }
        if (adql_fold(n->c, &v)) {
            limit(l, OP_LE, v);
        }
    }
    else if (n->kind == N_CMP && n->op != OP_NE) {
        if (is_column(n->a, rv, colno) && adql_fold(n->b, &v)) {
            limit(l, n->op, v);
        }
        else if (is_column(n->b, rv, colno) && adql_fold(n->a, &v)) {
            limit(l, adql_flip(n->op), v);
        }
    }
}

static void print_box(adql_ctx_t *c, adql_rv_t *rv, const limits_t *lon,
                      const limits_t *lat)
{
    double south = fmax(lat->lo - MARGIN, -90);
    double north = fmin(lat->hi + MARGIN, 90);
    adql_point_t p;
    adql_range_t *r;
    int i, n;

    /* a quarter of the sky and more is read faster from one end to the other;
     * no position is beyond these longitudes, whichever way they are counted */
    if (lon->lo < -360 || lon->hi > 720 || lon->lo > lon->hi || south > north
        || (lon->hi - lon->lo) / 360
           * (sin(north * RAD) - sin(south * RAD)) / 2 > 0.25) {
        return;
    }
    n = adql_cover_shape(c, apr_pstrcat(c->pool, "RANGE ",
                                        adql_format(c, lon->lo - MARGIN), " ",
                                        adql_format(c, lon->hi + MARGIN), " ",
                                        adql_format(c, south), " ",
                                        adql_format(c, north), NULL), &r);
    if (n > 0) {
        memset(&p, 0, sizeof(p));
        p.rv = rv;
        p.hpx = -1;
        for (i = 0; i < n; ++i) {
            adql_put(c, i ? " OR " : " AND (");
            put_between(c, &p, r[i].lo, r[i].hi);
        }
        adql_put(c, ")");
    }
}

/* Behind Q's WHERE: the cells of the boxes in it. */
void adql_print_boxes(adql_ctx_t *c, adql_query_t *q)
{
    adql_rv_t *rv;

    for (rv = q->rvs; rv && q->where; rv = rv->next) {
        const vo_table_t *t = rv->table;
        limits_t lon = {-1e9, 1e9}, lat = {-1e9, 1e9};

        if (t && t->pg_hpx && t->ra && t->dec) {
            find_limits(q->where, rv, t->ra->index, &lon);
            find_limits(q->where, rv, t->dec->index, &lat);
            if (lat.lo > -1e9 && lat.hi < 1e9) {
                print_box(c, rv, &lon, &lat);
            }
        }
    }
}

/* ---- cells of another order --------------------------------------------- */

/* Is N the cell of a position with an index? Then *SHIFT is how many bits of
 * its order-29 cell are too many. */
int adql_indexed_cell(adql_ctx_t *c, const adql_node_t *n, adql_point_t *p,
                      int *shift)
{
    const adql_node_t *at;
    double order;

    if (n->kind != N_FUNC || !n->func
        || strcmp(n->func->name, "ivo_healpix_index")
        || !adql_fold(n->list, &order) || order < 0 || order > SKY_ORDER
        || order != floor(order)) {
        return 0;
    }
    at = n->list->next;
    if (n->len == 3) {
        adql_pair(c, at, at->next, p);
    }
    else if (!adql_point(c, at, p)) {
        return 0;
    }
    *shift = 2 * (SKY_ORDER - (int)order);
    return p->rv != NULL;
}

/* The first order-29 cell of the cell that the literal N names (of the one
 * after it, if IS_NEXT), kept just outside the sky when it is outside. */
static int literal_cell(const adql_node_t *n, int shift, int is_next,
                        apr_int64_t *cell)
{
    int is_minus = n->kind == N_NEG;
    apr_int64_t v, end = SKY_HPX_END >> shift;

    n = is_minus ? n->a : n;
    if (n->kind != N_NUM || n->ty.cls != T_INT) {
        return 0;
    }
    v = apr_strtoi64(n->text, NULL, 10);
    v = is_minus ? -v : v;
    v = v < -2 ? -2 : v > end ? end : v;
    v = v + is_next > end ? end : v + is_next;
    *cell = v * ((apr_int64_t)1 << shift);
    return 1;
}

static int print_cell_compare(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *value = n->b;
    adql_point_t p;
    apr_int64_t lo, hi;
    int shift, op = n->op;

    if (!adql_indexed_cell(c, n->a, &p, &shift)) {
        value = n->a;
        op = adql_flip(op);
        if (!adql_indexed_cell(c, n->b, &p, &shift)) {
            return 0;
        }
    }
    if (!literal_cell(value, shift, 0, &lo)
        || !literal_cell(value, shift, 1, &hi)) {
        return 0;
    }
    switch (op) {
    case OP_EQ:
    case OP_NE:
        adql_put(c, op == OP_NE ? "(NOT " : "");
        put_between(c, &p, lo, hi);
        adql_put(c, op == OP_NE ? ")" : "");
        break;
    default:
        adql_put(c, "(");
        put_side(c, &p, op == OP_LT || op == OP_LE ? " < " : " >= ",
                 op == OP_LT || op == OP_GE ? lo : hi);
        adql_put(c, ")");
    }
    return 1;
}

static int print_cell_in(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *value;
    adql_point_t p;
    apr_int64_t lo, hi;
    int shift;

    if (n->len > MAX_CELLS || !adql_indexed_cell(c, n->a, &p, &shift)) {
        return 0;
    }
    for (value = n->list; value; value = value->next) {
        if (!literal_cell(value, shift, 0, &lo)) {
            return 0;
        }
    }
    adql_put(c, n->is_not ? "(NOT (" : "(");
    for (value = n->list; value; value = value->next) {
        literal_cell(value, shift, 0, &lo);
        literal_cell(value, shift, 1, &hi);
        put_between(c, &p, lo, hi);
        adql_put(c, value->next ? " OR " : "");
    }
    adql_put(c, n->is_not ? "))" : ")");
    return 1;
}

/* Print the condition N if it is one on the cell of a position with an index;
 * 0 if it is not. */
int adql_print_cell_cond(adql_ctx_t *c, const adql_node_t *n)
{
    adql_point_t p;
    apr_int64_t lo, hi;
    int shift;

    if (adql_has_group(c, n)) {
        return 0;
    }
    if (n->kind == N_CMP) {
        return print_cell_compare(c, n);
    }
    if (n->kind == N_IN) {
        return print_cell_in(c, n);
    }
    if (n->kind != N_BETWEEN || !adql_indexed_cell(c, n->a, &p, &shift)
        || !literal_cell(n->b, shift, 0, &lo)
        || !literal_cell(n->c, shift, 1, &hi)) {
        return 0;
    }
    adql_put(c, n->is_not ? "(NOT " : "");
    put_between(c, &p, lo, hi);
    adql_put(c, n->is_not ? ")" : "");
    return 1;
}
