/* vo_adql_geom.c: conditions on geometry, and how they use the index. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A position against a constant shape becomes ranges of the table's order-29
 * cell column: inside for sure, or on the border and then tested exactly. The
 * column is NULL where the position is, so the condition is NULL there too and
 * its negation stays right.
 */
#include "adql/vo_adql_ast.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "sky/sky.h"

#define MAX_HIDDEN 16

static int is_func(const adql_node_t *n, const char *name)
{
    return n && n->kind == N_FUNC && n->func && !strcmp(n->func->name, name);
}

/* Argument I after an optional coordinate system, and how many there are. */
const adql_node_t *adql_geom_arg(const adql_node_t *n, int i, int *nargs)
{
    const adql_node_t *arg = n->list;
    int is_poly = is_func(n, "polygon"), has_system;

    *nargs = n->len;
    has_system = arg && n->len > 1
        && (arg->kind == N_STR
            || (arg->kind == N_NULL
                && ((is_func(n, "point") && n->len == 3)
                    || (is_func(n, "circle") && n->len == 4)
                    || (is_func(n, "box") && n->len == 5)
                    || (is_poly && n->len % 2 == 1))));
    if (has_system) {
        arg = arg->next;
        --*nargs;
    }
    for (; arg && i > 0; --i) {
        arg = arg->next;
    }
    return arg;
}

/* ---- constants -------------------------------------------------------- */

typedef struct num_t {
    int is_int;
    apr_int64_t i;
    double d;
} num_t;

static int fold(const adql_node_t *n, num_t *v);

static void set_double(num_t *v, double d)
{
    v->is_int = 0;
    v->d = d;
}

static int fold_binary(const adql_node_t *n, num_t *v)
{
    num_t x, y;

    if (!fold(n->a, &x) || !fold(n->b, &y)) {
        return 0;
    }
    if (x.is_int && y.is_int && fabs(x.d) < 1e9 && fabs(y.d) < 1e9) {
        if (n->op == OP_DIV && !y.i) {
            return 0;
        }
        v->is_int = 1;
        v->i = n->op == OP_ADD ? x.i + y.i : n->op == OP_SUB ? x.i - y.i
            : n->op == OP_MUL ? x.i * y.i : x.i / y.i;
        v->d = (double)v->i;
        return n->op != OP_CAT;
    }
    switch (n->op) {
    case OP_ADD: set_double(v, x.d + y.d); break;
    case OP_SUB: set_double(v, x.d - y.d); break;
    case OP_MUL: set_double(v, x.d * y.d); break;
    case OP_DIV: set_double(v, x.d / y.d); break;
    default: return 0;
    }
    return isfinite(v->d);
}

static int fold_func(const adql_node_t *n, num_t *v)
{
    static const struct {
        const char *name;
        double (*fn)(double);
        double scale;
    } fns[] = {
        {"sqrt", sqrt, 1}, {"abs", fabs, 1}, {"sin", sin, 1},
        {"cos", cos, 1}, {"tan", tan, 1}, {"asin", asin, 1},
        {"acos", acos, 1}, {"atan", atan, 1}, {"exp", exp, 1},
        {"log", log, 1}, {"log10", log10, 1}, {"floor", floor, 1},
        {"ceiling", ceil, 1}, {"radians", NULL, 3.14159265358979323846 / 180},
        {"degrees", NULL, 180 / 3.14159265358979323846}
    };
    num_t x, y;
    size_t i;

    if (is_func(n, "pi")) {
        set_double(v, 3.14159265358979323846);
        return 1;
    }
    if (is_func(n, "coord1") || is_func(n, "coord2")) {
        adql_point_t p;

        if (!adql_point(NULL, n->list, &p) || p.how != P_CONST) {
            return 0;
        }
        set_double(v, is_func(n, "coord1") ? p.ra : p.dec);
        return 1;
    }
    if (is_func(n, "power") && fold(n->list, &x) && fold(n->list->next, &y)) {
        set_double(v, pow(x.d, y.d));
        return isfinite(v->d);
    }
    for (i = 0; i < sizeof(fns) / sizeof(*fns); ++i) {
        if (is_func(n, fns[i].name) && fold(n->list, &x)) {
            set_double(v, fns[i].fn ? fns[i].fn(x.d) : x.d * fns[i].scale);
            return isfinite(v->d);
        }
    }
    return 0;
}

static int fold(const adql_node_t *n, num_t *v)
{
    switch (n->kind) {
    case N_NUM:
        v->is_int = !strpbrk(n->text, ".eE") && strlen(n->text) < 18;
        v->i = v->is_int ? apr_strtoi64(n->text, NULL, 10) : 0;
        return adql_number(n->text, &v->d);
    case N_POS:
        return fold(n->a, v);
    case N_NEG:
        if (!fold(n->a, v)) {
            return 0;
        }
        v->i = -v->i;
        v->d = -v->d;
        return 1;
    case N_BIN:
        return fold_binary(n, v);
    case N_FUNC:
        return fold_func(n, v);
    default:
        return 0;
    }
}

/* The value of an expression of literals; whole numbers divide as such. */
int adql_fold(const adql_node_t *n, double *value)
{
    num_t v;

    if (!fold(n, &v)) {
        return 0;
    }
    *value = v.d;
    return 1;
}

/* ---- points ----------------------------------------------------------- */

/* Are columns LON and LAT of RV its position, with a column of cells? Then
 * which one it is (see adql_point_t), else 0. A query without grouping passes
 * the cells of its own tables on, if asked while it is checked. */
static int cells_of(adql_ctx_t *c, adql_rv_t *rv, int lon, int lat)
{
    const vo_table_t *t = rv->table;
    adql_query_t *q = rv->query;
    const adql_node_t *x, *y;
    int inner, i;

    if (rv->owner->is_grouping) {
        return 0;
    }
    if (t) {
        return t->pg_hpx && t->ra && t->dec && lon == t->ra->index
               && lat == t->dec->index ? -1 : 0;
    }
    if (!q || q->set_op != SET_NONE || q->is_distinct || q->is_agg) {
        return 0;
    }
    x = q->out[lon].expr;
    y = q->out[lat].expr;
    if (x->kind != N_COL || y->kind != N_COL || x->rv != y->rv
        || x->rv->owner != q) {
        return 0;
    }
    inner = cells_of(c, x->rv, x->colno, y->colno);
    for (i = 0; inner && i < q->nhidden; ++i) {
        if (q->hidden[i].rv == x->rv && q->hidden[i].hpx == inner) {
            return i + 1;
        }
    }
    if (!inner || !c || c->sql_len || q->nhidden == MAX_HIDDEN) {
        return 0; /* too late: the query may be printed already */
    }
    if (!q->hidden) {
        q->hidden = apr_palloc(c->pool, sizeof(*q->hidden) * MAX_HIDDEN);
    }
    q->hidden[q->nhidden].rv = x->rv;
    q->hidden[q->nhidden].hpx = inner;
    return ++q->nhidden;
}

/* LON and LAT as a point. */
void adql_pair(adql_ctx_t *c, const adql_node_t *lon, const adql_node_t *lat,
               adql_point_t *p)
{
    memset(p, 0, sizeof(*p));
    if (adql_fold(lon, &p->ra) && adql_fold(lat, &p->dec)) {
        p->how = P_CONST;
        p->lon = lon;
        p->lat = lat;
        return;
    }
    p->how = P_PAIR;
    p->lon = lon;
    p->lat = lat;
    if (lon->kind == N_COL && lat->kind == N_COL && lon->rv == lat->rv) {
        p->hpx = cells_of(c, lon->rv, lon->colno, lat->colno);
        p->rv = p->hpx ? lon->rv : NULL;
    }
}

/* The longitude and latitude of the constructor N as a pair, if they are in
 * ICRS or constant and can be turned to it. */
static int pair_of(adql_ctx_t *c, const adql_node_t *n, adql_point_t *p)
{
    int nargs, frame = adql_frame(n);
    const adql_node_t *first = adql_geom_arg(n, 0, &nargs);

    adql_pair(c, first, first->next, p);
    if (frame > SKY_ICRS && p->how == P_CONST && fabs(p->dec) <= 90) {
        sky_turn(frame, SKY_ICRS, &p->ra, &p->dec);
        return 1;
    }
    return frame == SKY_ICRS;
}

/* Take N apart as a point; C may be NULL. Returns 0 if it is none. */
int adql_point(adql_ctx_t *c, const adql_node_t *n, adql_point_t *p)
{
    int nargs;

    if (is_func(n, "point") && pair_of(c, n, p)) {
        return 1;
    }
    if (is_func(n, "centroid") && is_func(n->list, "circle")) {
        const adql_node_t *first = adql_geom_arg(n->list, 0, &nargs);

        if (nargs == 2) {
            return adql_point(c, first, p);
        }
        if (pair_of(c, n->list, p)) {
            return 1;
        }
    }
    if (n->ty.cls != T_GEOM || n->ty.geom != G_POINT) {
        return 0;
    }
    memset(p, 0, sizeof(*p));
    p->how = P_EXPR;
    p->expr = n;
    return 1;
}

static void print_side(adql_ctx_t *c, const adql_point_t *p, int is_lat)
{
    if (p->how == P_CONST) {
        adql_put_double(c, is_lat ? p->dec : p->ra);
    }
    else if (p->how == P_PAIR) {
        adql_print_as(c, is_lat ? p->lat : p->lon, OID_FLOAT8);
    }
    else {
        adql_put(c, is_lat ? "sky_dec(" : "sky_ra(");
        adql_print_geom(c, p->expr);
        adql_put(c, ")");
    }
}

void adql_print_lon(adql_ctx_t *c, const adql_point_t *p)
{
    print_side(c, p, 0);
}

void adql_print_lat(adql_ctx_t *c, const adql_point_t *p)
{
    print_side(c, p, 1);
}

/* ---- recognising conditions ------------------------------------------- */

int adql_flip(int op)
{
    switch (op) {
    case OP_LT: return OP_GT;
    case OP_LE: return OP_GE;
    case OP_GT: return OP_LT;
    case OP_GE: return OP_LE;
    default: return op;
    }
}

static int holds(double x, int op, double y)
{
    switch (op) {
    case OP_EQ: return x == y;
    case OP_NE: return x != y;
    case OP_LT: return x < y;
    case OP_LE: return x <= y;
    case OP_GT: return x > y;
    default: return x >= y;
    }
}

/* CONTAINS or INTERSECTS of X and Y: points in circles are distances. */
static void relate(adql_ctx_t *c, int is_contains, const adql_node_t *x,
                   const adql_node_t *y, adql_gpred_t *g)
{
    g->how = is_contains ? GP_CONTAINS : GP_INTERSECTS;
    g->x = x;
    g->y = y;
    if (!is_contains && x->ty.geom != G_POINT && y->ty.geom == G_POINT) {
        g->x = y;
        g->y = x;
    }
    if (g->x->ty.geom != G_POINT) {
        return;
    }
    g->how = GP_CONTAINS;
    if (is_func(g->y, "circle") && adql_point(c, g->x, &g->p1)) {
        int nargs;
        const adql_node_t *first = adql_geom_arg(g->y, 0, &nargs);

        if (nargs == 2) {
            if (!adql_point(c, first, &g->p2)) {
                return;
            }
            g->radius = first->next;
        }
        else {
            if (!pair_of(c, g->y, &g->p2)) {
                return;
            }
            g->radius = first->next->next;
        }
        g->how = GP_DISTANCE;
        g->op = OP_LE;
        g->has_radius = adql_fold(g->radius, &g->r);
    }
}

static int distance_points(adql_ctx_t *c, const adql_node_t *n,
                           adql_point_t *p1, adql_point_t *p2)
{
    const adql_node_t *a = n->list;

    if (n->len == 4) {
        adql_pair(c, a, a->next, p1);
        adql_pair(c, a->next->next, a->next->next->next, p2);
        return 1;
    }
    return adql_point(c, a, p1) && adql_point(c, a->next, p2);
}

/* DISTANCE(...) in N, also in other units, as in DISTANCE(a, b) * 3600 or
 * IN_UNIT(DISTANCE(a, b), 'arcsec'): then N is *SCALE times as much. */
static const adql_node_t *scaled_distance(const adql_node_t *n, double *scale)
{
    double v;

    for (*scale = 1; !is_func(n, "distance"); ) {
        if (is_func(n, "in_unit") && n->alias.text
            && adql_number(n->alias.text, &v)) {
            *scale = n->op == OP_DIV ? *scale / v : *scale * v;
            n = n->list;
        }
        else if (n->kind == N_BIN && n->op == OP_MUL && adql_fold(n->b, &v)) {
            *scale *= v;
            n = n->a;
        }
        else if (n->kind == N_BIN && n->op == OP_MUL && adql_fold(n->a, &v)) {
            *scale *= v;
            n = n->b;
        }
        else if (n->kind == N_BIN && n->op == OP_DIV && adql_fold(n->b, &v)
                 && v != 0) {
            *scale /= v;
            n = n->a;
        }
        else {
            return NULL;
        }
    }
    return isfinite(*scale) && *scale > 1e-100 ? n : NULL;
}

int adql_is_distance(const adql_node_t *n)
{
    double scale;

    return scaled_distance(n, &scale) != NULL;
}

/* N divided by SCALE. */
static const adql_node_t *divided(adql_ctx_t *c, const adql_node_t *n,
                                  double scale)
{
    adql_node_t *by = adql_node(c, N_NUM, n->off, n->end), *all;

    by->text = adql_format(c, scale);
    adql_set_type(&by->ty, OID_FLOAT8);
    all = adql_node_op(c, N_BIN, OP_DIV, (adql_node_t *)n, by);
    adql_set_type(&all->ty, OID_FLOAT8);
    return all;
}

/* Is N a condition on geometry that has a form of its own in SQL? */
int adql_gpred(adql_ctx_t *c, const adql_node_t *n, adql_gpred_t *g)
{
    const adql_node_t *f, *other;
    int op;
    double v, scale;

    memset(g, 0, sizeof(*g));
    if (n->kind != N_CMP) {
        return 0;
    }
    f = n->a;
    other = n->b;
    op = n->op;
    if (f->kind != N_FUNC || !(f->func->flags & F_GEOM)) {
        f = n->b;
        other = n->a;
        op = adql_flip(op);
    }
    if (is_func(f, "contains") || is_func(f, "intersects")) {
        int one, zero;

        if (!adql_fold(other, &v)) {
            return 0;
        }
        one = holds(1, op, v);
        zero = holds(0, op, v);
        if (one == zero) {
            return 0;
        }
        relate(c, is_func(f, "contains"), f->list, f->list->next, g);
        g->is_negated = zero;
        return 1;
    }
    if (n->op == OP_EQ || n->op == OP_NE) {
        return 0;
    }
    f = scaled_distance(n->a, &scale);
    other = f ? n->b : n->a;
    op = f ? n->op : adql_flip(n->op);
    f = f ? f : scaled_distance(n->b, &scale);
    if (!f || adql_is_distance(other)
        || !distance_points(c, f, &g->p1, &g->p2)) {
        return 0;
    }
    g->how = GP_DISTANCE;
    g->is_negated = op == OP_GT || op == OP_GE;
    g->op = op == OP_GT ? OP_LE : op == OP_GE ? OP_LT : op;
    g->radius = other;
    g->has_radius = adql_fold(other, &g->r);
    if (scale != 1) {
        g->r /= scale;
        g->radius = g->has_radius ? other : divided(c, other, scale);
    }
    return 1;
}

/* While N is checked: let subqueries pass on the cells it will want, and catch
 * the slip that makes a radius nothing. */
void adql_note_positions(adql_ctx_t *c, const adql_node_t *n)
{
    adql_gpred_t g;
    adql_point_t p;

    if (!adql_gpred(c, n, &g)) {
        return;
    }
    if (g.how == GP_CONTAINS) {
        adql_point(c, g.x, &p);
    }
    else if (g.how == GP_DISTANCE && g.has_radius && g.r == 0
             && g.radius->kind == N_BIN && g.radius->op == OP_DIV) {
        adql_fail(c, g.radius->off, "This radius is 0, because the division "
                  "of whole numbers gives a whole number.");
        adql_hint(c, "Write it with a decimal point, as in 1/3600.0.");
    }
}

/* ---- printing conditions ---------------------------------------------- */

void adql_print_hpx(adql_ctx_t *c, const adql_rv_t *rv, int hpx)
{
    adql_print_rv(c, rv);
    if (hpx < 0) {
        adql_put(c, ".");
        adql_put_ident(c, rv->table->pg_hpx);
    }
    else {
        adql_putf(c, ".h%d", hpx);
    }
}

/* ( hpx >= lo AND hpx < hi ) OR ... of one kind; returns how many. */
static int print_ranges(adql_ctx_t *c, const adql_point_t *p,
                        const adql_range_t *r, int n, int is_border)
{
    int i, count = 0;

    for (i = 0; i < n; ++i) {
        if (!r[i].is_border == !is_border) {
            adql_put(c, count++ ? " OR (" : "(");
            adql_print_hpx(c, p->rv, p->hpx);
            adql_put(c, " >= ");
            adql_put_int8(c, r[i].lo);
            adql_put(c, " AND ");
            adql_print_hpx(c, p->rv, p->hpx);
            adql_put(c, " < ");
            adql_put_int8(c, r[i].hi);
            adql_put(c, ")");
        }
    }
    return count;
}

static void print_distance(adql_ctx_t *c, const adql_gpred_t *g)
{
    if (g->p1.how == P_EXPR && g->p2.how == P_EXPR) {
        adql_put(c, "sky_distance(");
        adql_print_geom(c, g->p1.expr);
        adql_put(c, ", ");
        adql_print_geom(c, g->p2.expr);
    }
    else {
        adql_put(c, "sky_distance(");
        print_side(c, &g->p1, 0);
        adql_put(c, ", ");
        print_side(c, &g->p1, 1);
        adql_put(c, ", ");
        print_side(c, &g->p2, 0);
        adql_put(c, ", ");
        print_side(c, &g->p2, 1);
    }
    adql_put(c, g->op == OP_LT ? ") < " : ") <= ");
    if (g->has_radius) {
        adql_put_double(c, g->r);
    }
    else {
        adql_print_as(c, g->radius, OID_FLOAT8);
    }
}

static void print_exact(adql_ctx_t *c, const adql_gpred_t *g,
                        const adql_point_t *p, const char *shape)
{
    if (!shape) {
        print_distance(c, g);
        return;
    }
    adql_put(c, "sky_in(");
    print_side(c, p, 0);
    adql_put(c, ", ");
    print_side(c, p, 1);
    adql_put(c, ", ");
    adql_put_param(c, 0, shape);
    adql_put(c, "::sky_region)");
}

/* The whole condition for a position with an index and a constant shape. */
static void print_covered(adql_ctx_t *c, const adql_gpred_t *g,
                          const adql_point_t *p, const char *shape,
                          const adql_range_t *r, int n)
{
    int i, nborder = 0;

    for (i = 0; i < n; ++i) {
        nborder += r[i].is_border;
    }
    adql_put(c, "(");
    if (print_ranges(c, p, r, n, 0) && nborder) {
        adql_put(c, " OR ");
    }
    if (nborder) {
        adql_put(c, "((");
        print_ranges(c, p, r, n, 1);
        adql_put(c, ") AND ");
        print_exact(c, g, p, shape);
        adql_put(c, ")");
    }
    if (!n) { /* an empty shape: false, or NULL without a position */
        adql_print_hpx(c, p->rv, p->hpx);
        adql_put(c, " < 0");
    }
    adql_put(c, ")");
}

static void print_point_in(adql_ctx_t *c, const adql_gpred_t *g)
{
    adql_point_t p;
    const char *shape = adql_const_shape(c, g->y);
    adql_range_t *r;

    if (shape && adql_point(c, g->x, &p) && p.how != P_EXPR) {
        if (p.rv) {
            int n = adql_cover_shape(c, shape, &r);

            print_covered(c, g, &p, shape, r, n);
        }
        else {
            print_exact(c, g, &p, shape);
        }
        return;
    }
    adql_put(c, "sky_contains(");
    adql_print_geom(c, g->x);
    adql_put(c, ", ");
    adql_print_geom(c, g->y);
    adql_put(c, ")");
}

void adql_print_gpred(adql_ctx_t *c, const adql_gpred_t *g)
{
    adql_put(c, g->is_negated ? "(NOT " : "");
    if (g->how == GP_DISTANCE) {
        const adql_point_t *p = g->p1.rv && g->p2.how == P_CONST ? &g->p1
            : g->p2.rv && g->p1.how == P_CONST ? &g->p2 : NULL;
        const adql_point_t *center = p == &g->p1 ? &g->p2 : &g->p1;

        if (p && g->has_radius && g->r >= 0 && g->r <= 180
            && fabs(center->dec) <= 90) {
            adql_range_t *r;
            int n = adql_cover_circle(c, center->ra, center->dec, g->r, &r);

            print_covered(c, g, p, NULL, r, n);
        }
        else {
            adql_put(c, "(");
            print_distance(c, g);
            adql_put(c, ")");
        }
    }
    else if (g->how == GP_CONTAINS && g->x->ty.geom == G_POINT) {
        print_point_in(c, g);
    }
    else {
        adql_put(c, g->how == GP_CONTAINS ? "sky_contains("
                                          : "sky_intersects(");
        adql_print_geom(c, g->x);
        adql_put(c, ", ");
        adql_print_geom(c, g->y);
        adql_put(c, ")");
    }
    adql_put(c, g->is_negated ? ")" : "");
}
