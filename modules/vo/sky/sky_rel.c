/* sky_rel.c: which shapes contain or meet which. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A circle is compared with another shape by the distances of its centre from
 * the other's boundary; polygons and ranges by cutting one boundary where the
 * other crosses it and asking about the middle of each piece; MOCs and unions
 * by cells.
 */

#include "sky_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 8                 /* levels below a cell that is on a border */
#define CELL_BUDGET 64          /* ranges to begin a comparison by cells */

static int is_simple(const sky_shape_t *s)
{
    return s->kind <= SKY_RANGE;
}

/* A range of every direction. */
static int is_everything(const sky_shape_t *s)
{
    if (s->kind == SKY_CIRCLE) {
        return s->d[2] >= 180.0;
    }
    return s->kind == SKY_RANGE && s->d[1] - s->d[0] >= 360.0
           && s->d[2] <= -90.0 && s->d[3] >= 90.0;
}

/* ---- distances from a direction to a boundary -------------------------- */

/* Nearest and farthest (radians) of the parallel at LAT between LON1 and
 * LON2 from the direction RA, DEC. */
static void parallel_distance(const sky_shape_t *s, double lat, double ra,
                              double dec, double *near, double *far)
{
    double span = s->d[1] - s->d[0], d, d1, d2;
    int i;

    for (i = 0; i < 2; i++) {
        double dist = sky_distance(ra, dec, s->d[i], lat) * SKY_RAD;

        *near = dist < *near ? dist : *near;
        *far = dist > *far ? dist : *far;
    }
    /* on the same meridian, and across the pole */
    d = sky_wrap360(ra - s->d[0]);
    if (d <= span) {
        d1 = fabs(dec - lat) * SKY_RAD;
        *near = d1 < *near ? d1 : *near;
        *far = d1 > *far ? d1 : *far;
    }
    d = sky_wrap360(ra + 180.0 - s->d[0]);
    if (d <= span) {
        d2 = sky_distance(ra, dec, ra + 180.0, lat) * SKY_RAD;
        *near = d2 < *near ? d2 : *near;
        *far = d2 > *far ? d2 : *far;
    }
}

/* Nearest point of the boundary of a polygon or range to P, and (for
 * distances up to pi / 2 only) the farthest; NEAR is pi, FAR 0 if there is no
 * boundary. */
static void boundary_distance(const sky_shape_t *s, const double p[3],
                              double *near, double *far)
{
    double ra, dec, d;
    uint32_t i, j;

    *near = SKY_PI;
    *far = 0.0;
    if (s->kind == SKY_RANGE) {
        sky_arc_t arc[4];
        int k, n = sky_arcs(s, arc, 4);

        sky_vec_radec(p, &ra, &dec);
        if (s->d[3] < 90.0) {
            parallel_distance(s, s->d[3], ra, dec, near, far);
        }
        if (s->d[2] > -90.0) {
            parallel_distance(s, s->d[2], ra, dec, near, far);
        }
        for (k = 0; k < n; k++) {
            double a[3], b[3];

            if (arc[k].n[2] == 0.0) {
                double t = 0.0, step = arc[k].t / 2.0;

                /* in two halves, since an arc here is below pi */
                for (; t < arc[k].t; t += step) {
                    sky_arc_point(&arc[k], t, a);
                    sky_arc_point(&arc[k], t + step, b);
                    d = sky_arc_distance(p, a, b, arc[k].n);
                    *near = d < *near ? d : *near;
                    d = sky_angle(p, a);
                    *far = d > *far ? d : *far;
                    d = sky_angle(p, b);
                    *far = d > *far ? d : *far;
                    if (step <= 0.0) {
                        break;
                    }
                }
            }
        }
        return;
    }
    for (i = 0; i < s->n; i++) {
        const double *v = sky_poly_vertex(s);

        j = i + 1 < s->n ? i + 1 : 0;
        d = sky_arc_distance(p, v + 3 * i, v + 3 * j,
                             sky_poly_normal(s) + 3 * i);
        *near = d < *near ? d : *near;
        d = sky_angle(p, v + 3 * i);
        *far = d > *far ? d : *far;
    }
}

int sky_near_boundary(const sky_shape_t *s, const double p[3], double eps)
{
    double near, far;

    if (sky_shape_is_polygon(s)) {
        return sky_poly_near(s, p, eps);
    }
    boundary_distance(s, p, &near, &far);
    return near <= eps;
}

/* ---- circles ----------------------------------------------------------- */

static int circle_in_circle(const sky_shape_t *outer,
                            const sky_shape_t *inner)
{
    double d = sky_distance(outer->d[0], outer->d[1], inner->d[0],
                            inner->d[1]);

    return outer->d[2] >= 180.0
           || d + inner->d[2] <= outer->d[2] + SKY_EPS / SKY_RAD;
}

/* X is a polygon or range. */
static int circle_has_shape(const sky_shape_t *c, const sky_shape_t *x)
{
    double opp[3] = { -c->cap[0], -c->cap[1], -c->cap[2] }, near, far;

    if (c->d[2] >= 180.0) {
        return 1;
    }
    if (is_everything(x)) {
        return 0;
    }
    if (c->cap[3] <= SKY_PI / 2) {
        boundary_distance(x, c->cap, &near, &far);
        if (far > c->cap[3] + SKY_EPS) {
            return 0;
        }
    }
    else {
        boundary_distance(x, opp, &near, &far);
        if (near < SKY_PI - c->cap[3] - SKY_EPS) {
            return 0;
        }
    }
    return !sky_has_vec(x, opp) || SKY_PI - c->cap[3] < SKY_EPS;
}

static int shape_has_circle(const sky_shape_t *x, const sky_shape_t *c)
{
    double near, far;

    if (is_everything(x)) {
        return 1;
    }
    if (c->d[2] >= 180.0 || !sky_has_vec(x, c->cap)) {
        return 0;
    }
    boundary_distance(x, c->cap, &near, &far);
    return near >= c->cap[3] - SKY_EPS;
}

static int circle_meets_shape(const sky_shape_t *c, const sky_shape_t *x)
{
    double near, far;

    if (c->d[2] >= 180.0 || sky_has_vec(x, c->cap)) {
        return 1;
    }
    boundary_distance(x, c->cap, &near, &far);
    return near <= c->cap[3] + SKY_EPS;
}

/* ---- polygons and ranges ----------------------------------------------- */

typedef struct {
    sky_arc_t *a;
    sky_arc_t *b;
    double *cut;
    int na;
    int nb;
} arcs_t;

static int take_arcs(arcs_t *w, const sky_shape_t *a, const sky_shape_t *b)
{
    size_t na = a->n + 4, nb = b->n + 4, more = na > nb ? na : nb;

    w->a = malloc((na + nb) * sizeof(sky_arc_t)
                  + (6 * more + 2) * sizeof(double));
    if (w->a == NULL) {
        return -1;
    }
    w->b = w->a + na;
    w->cut = (double *)(void *)(w->b + nb);
    w->na = sky_arcs(a, w->a, (int)na);
    w->nb = sky_arcs(b, w->b, (int)nb);
    return 0;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* 1 if the middle of some piece of the boundary X, cut by Y, is (WANT) or is
 * not (!WANT) inside SHAPE, not counting what lies on its boundary. */
static int some_piece(const sky_arc_t *x, int nx, const sky_arc_t *y, int ny,
                      double *cut, const sky_shape_t *shape, int want)
{
    int i, k, n;
    double p[3];

    for (i = 0; i < nx; i++) {
        cut[0] = 0.0;
        cut[1] = x[i].t;
        n = 2;
        for (k = 0; k < ny; k++) {
            n += sky_arc_meet(&x[i], &y[k], cut + n);
        }
        qsort(cut, (size_t)n, sizeof(cut[0]), compare_double);
        for (k = 0; k + 1 < n; k++) {
            if ((cut[k + 1] - cut[k]) * x[i].s < 4.0 * SKY_EPS) {
                continue;
            }
            sky_arc_point(&x[i], 0.5 * (cut[k] + cut[k + 1]), p);
            if (sky_has_vec(shape, p) == want
                && !sky_near_boundary(shape, p, SKY_EPS)) {
                return 1;
            }
        }
    }
    return 0;
}

static int range_in_range(const sky_shape_t *outer, const sky_shape_t *inner)
{
    double eps = 1e-12, west, span = outer->d[1] - outer->d[0];

    if (inner->d[2] < outer->d[2] - eps || inner->d[3] > outer->d[3] + eps) {
        return 0;
    }
    if (span >= 360.0) {
        return 1;
    }
    west = sky_wrap360(inner->d[0] - outer->d[0] + eps) - eps;
    return west + inner->d[1] - inner->d[0] <= span + eps;
}

static int range_meets_range(const sky_shape_t *a, const sky_shape_t *b)
{
    double lo = a->d[2] > b->d[2] ? a->d[2] : b->d[2];
    double hi = a->d[3] < b->d[3] ? a->d[3] : b->d[3];

    if (lo > hi) {
        return 0;
    }
    if (hi >= 90.0 || lo <= -90.0) {
        return 1;               /* they share a pole */
    }
    return sky_wrap360(b->d[0] - a->d[0]) <= a->d[1] - a->d[0]
           || sky_wrap360(a->d[0] - b->d[0]) <= b->d[1] - b->d[0];
}

static int area_in_area(const sky_shape_t *outer, const sky_shape_t *inner)
{
    arcs_t w;
    int rc;

    if (is_everything(outer)) {
        return 1;
    }
    if (is_everything(inner) || take_arcs(&w, outer, inner) != 0) {
        return 0;
    }
    rc = !some_piece(w.b, w.nb, w.a, w.na, w.cut, outer, 0)
         && !some_piece(w.a, w.na, w.b, w.nb, w.cut, inner, 1);
    free(w.a);
    return rc;
}

static int area_meets_area(const sky_shape_t *a, const sky_shape_t *b)
{
    double p[3], t[6];
    arcs_t w;
    int i, k, rc = 0;

    if (is_everything(a) || is_everything(b)) {
        return 1;
    }
    if (take_arcs(&w, a, b) != 0) {
        return 1;
    }
    for (i = 0; i < w.na && !rc; i++) {
        sky_arc_point(&w.a[i], 0.0, p);
        rc = sky_has_vec(b, p);
        for (k = 0; k < w.nb && !rc; k++) {
            rc = sky_arc_meet(&w.a[i], &w.b[k], t) > 0;
        }
    }
    for (k = 0; k < w.nb && !rc; k++) {
        sky_arc_point(&w.b[k], 0.0, p);
        rc = sky_has_vec(a, p);
    }
    free(w.a);
    return rc;
}

/* ---- by cells ---------------------------------------------------------- */

static int center_in(const sky_shape_t *s, const sky_cell_t *cell)
{
    double c[3];
    int k;

    for (k = 0; k < 3; k++) {
        c[k] = cell->v[0][k] + cell->v[1][k] + cell->v[2][k] + cell->v[3][k];
    }
    sky_norm(c);
    return sky_has_vec(s, c);
}

/* Has the cell a point of S? Touching within the last level counts. */
static int cell_meets(const sky_shape_t *s, const sky_cell_t *cell, int depth)
{
    sky_cell_t child[4];
    int i, rc = sky_cell_test(s, cell);

    if (rc != SKY_BORDER) {
        return rc == SKY_IN;
    }
    if (depth == 0 || cell->order == SKY_ORDER || center_in(s, cell)) {
        return 1;
    }
    sky_cell_split(cell, child);
    for (i = 0; i < 4; i++) {
        if (cell_meets(s, &child[i], depth - 1)) {
            return 1;
        }
    }
    return 0;
}

/* Is all of the cell that is in INNER (all of it if NULL) also in OUTER? */
static int cell_within(const sky_shape_t *outer, const sky_shape_t *inner,
                       const sky_cell_t *cell, int depth)
{
    sky_cell_t child[4];
    int i, in = SKY_IN, out = sky_cell_test(outer, cell);

    if (out == SKY_IN) {
        return 1;
    }
    if (inner != NULL) {
        in = sky_cell_test(inner, cell);
        if (in == SKY_OUT) {
            return 1;
        }
    }
    if (in == SKY_IN && out == SKY_OUT) {
        return 0;
    }
    if ((inner == NULL || center_in(inner, cell))
        && !center_in(outer, cell)) {
        return 0;
    }
    if (depth == 0 || cell->order == SKY_ORDER) {
        return 1;
    }
    sky_cell_split(cell, child);
    for (i = 0; i < 4; i++) {
        if (!cell_within(outer, inner, &child[i], depth - 1)) {
            return 0;
        }
    }
    return 1;
}

typedef struct {
    const sky_shape_t *outer;
    const sky_shape_t *inner;
} pair_t;

static int visit_meets(void *baton, int order, int64_t ipix)
{
    sky_cell_t cell;

    sky_cell_make(&cell, order, ipix);
    return cell_meets(((pair_t *)baton)->outer, &cell, DEPTH);
}

static int visit_not_within(void *baton, int order, int64_t ipix)
{
    pair_t *pair = baton;
    sky_cell_t cell;

    sky_cell_make(&cell, order, ipix);
    return !cell_within(pair->outer, pair->inner, &cell, DEPTH);
}

static int cover_spans(const sky_shape_t *s, sky_span_t *out)
{
    sky_range_t r[CELL_BUDGET];
    int i, n = sky_coverage(s, CELL_BUDGET, r, CELL_BUDGET);

    for (i = 0; i < n; i++) {
        out[i].lo = r[i].lo;
        out[i].hi = r[i].hi;
    }
    return n;
}

/* Does S reach into the part of its cover that is (or is not) in the MOC? */
static int reaches(const sky_shape_t *s, const sky_shape_t *moc, int is_not)
{
    sky_span_t cover[CELL_BUDGET], *part;
    pair_t pair = { s, NULL };
    int n = cover_spans(s, cover), m, rc;

    part = malloc((moc->n + CELL_BUDGET + 1) * sizeof(*part));
    if (part == NULL) {
        return 1;
    }
    m = is_not ? sky_moc_difference(cover, n, (const sky_span_t *)moc->d,
                                    (int)moc->n, part)
               : sky_moc_and(cover, n, (const sky_span_t *)moc->d,
                             (int)moc->n, part);
    rc = sky_moc_cells(part, m, visit_meets, &pair);
    free(part);
    return rc != 0;
}

static int moc_relation(const sky_shape_t *a, const sky_shape_t *b,
                        int is_contains)
{
    const sky_span_t *x = (const sky_span_t *)a->d;
    const sky_span_t *y = (const sky_span_t *)b->d;
    sky_span_t *out = malloc((a->n + b->n + 1) * sizeof(*out));
    int n;

    if (out == NULL) {
        return !is_contains;
    }
    if (is_contains) {
        n = sky_moc_difference(y, (int)b->n, x, (int)a->n, out);
    }
    else {
        n = sky_moc_and(x, (int)a->n, y, (int)b->n, out);
    }
    free(out);
    return is_contains ? n == 0 : n > 0;
}

/* ---- the two questions ------------------------------------------------- */

static int apart(const sky_shape_t *a, const sky_shape_t *b)
{
    double reach = a->cap[3] + b->cap[3] + 1e-12, c;

    if (reach >= SKY_PI) {
        return 0;
    }
    c = 2.0 * sin(0.5 * reach) + 1e-14;
    return sky_chord2(a->cap, b->cap) > c * c;
}

int sky_contains(const sky_shape_t *outer, const sky_shape_t *inner)
{
    pair_t pair = { outer, inner };
    sky_span_t cover[CELL_BUDGET];
    int i, n;

    if (inner->kind == SKY_UNION) {
        for (i = 0; i < (int)inner->n; i++) {
            if (!sky_contains(outer, sky_shape_member(inner, i))) {
                return 0;
            }
        }
        return 1;
    }
    if (inner->kind == SKY_POINT
        || (inner->kind == SKY_CIRCLE && inner->d[2] == 0.0)) {
        return sky_contains_point(outer, inner->d[0], inner->d[1]);
    }
    if (inner->kind == SKY_MOC && inner->n == 0) {
        return 1;
    }
    if (outer->kind == SKY_POINT || apart(outer, inner)) {
        return 0;
    }
    if (outer->kind == SKY_UNION) {
        for (i = 0; i < (int)outer->n; i++) {
            if (sky_contains(sky_shape_member(outer, i), inner)) {
                return 1;
            }
        }
        if (inner->kind == SKY_MOC) {
            pair.inner = NULL;
            return !sky_moc_cells((const sky_span_t *)inner->d,
                                  (int)inner->n, visit_not_within, &pair);
        }
        n = cover_spans(inner, cover);
        return !sky_moc_cells(cover, n, visit_not_within, &pair);
    }
    if (outer->kind == SKY_MOC) {
        return inner->kind == SKY_MOC ? moc_relation(outer, inner, 1)
                                      : !reaches(inner, outer, 1);
    }
    if (inner->kind == SKY_MOC) {
        pair.inner = NULL;
        return !sky_moc_cells((const sky_span_t *)inner->d, (int)inner->n,
                              visit_not_within, &pair);
    }
    if (outer->kind == SKY_CIRCLE) {
        return inner->kind == SKY_CIRCLE ? circle_in_circle(outer, inner)
                                         : circle_has_shape(outer, inner);
    }
    if (inner->kind == SKY_CIRCLE) {
        return shape_has_circle(outer, inner);
    }
    if (outer->kind == SKY_RANGE && inner->kind == SKY_RANGE) {
        return range_in_range(outer, inner);
    }
    return area_in_area(outer, inner);
}

int sky_intersects(const sky_shape_t *a, const sky_shape_t *b)
{
    int i;

    if (b->kind < a->kind) {
        const sky_shape_t *swap = a;

        a = b;                  /* so that a is the simpler one */
        b = swap;
    }
    if (b->kind == SKY_UNION) {
        for (i = 0; i < (int)b->n; i++) {
            if (sky_intersects(a, sky_shape_member(b, i))) {
                return 1;
            }
        }
        return 0;
    }
    if (a->kind == SKY_POINT) {
        return sky_contains_point(b, a->d[0], a->d[1]);
    }
    if (apart(a, b)) {
        return 0;
    }
    if (b->kind == SKY_MOC) {
        return a->kind == SKY_MOC ? moc_relation(a, b, 0)
                                  : reaches(a, b, 0);
    }
    if (a->kind == SKY_CIRCLE) {
        if (b->kind == SKY_CIRCLE) {
            return sky_distance(a->d[0], a->d[1], b->d[0], b->d[1])
                   <= a->d[2] + b->d[2] + SKY_EPS / SKY_RAD;
        }
        return circle_meets_shape(a, b);
    }
    if (a->kind == SKY_RANGE && b->kind == SKY_RANGE) {
        return range_meets_range(a, b);
    }
    return is_simple(b) && area_meets_area(a, b);
}
