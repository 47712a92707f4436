/* sky_poly.c: polygons of great-circle edges. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A polygon carries a direction q, away from all its edges, whose side is
 * known. A point is inside when the meridian from it to q crosses an odd
 * number of edges (odd or even turned round when q itself is inside). Half-
 * open comparison of one number per vertex keeps vertices from being counted
 * twice.
 */

#include "sky_int.h"

#include <math.h>
#include <string.h>

const double *sky_poly_vertex(const sky_shape_t *s)
{
    return s->d + 2 * (size_t)s->n + 3;
}

const double *sky_poly_normal(const sky_shape_t *s)
{
    return s->d + 5 * (size_t)s->n + 3;
}

/* Signed area of a spherical triangle, positive when counter-clockwise seen
 * from outside. Differences keep the digits of small triangles. */
static double triangle(const double a[3], const double b[3],
                       const double c[3])
{
    double ab[3], ac[3], x[3];
    int k;

    for (k = 0; k < 3; k++) {
        ab[k] = b[k] - a[k];
        ac[k] = c[k] - a[k];
    }
    sky_cross(ab, ac, x);
    return 2.0 * atan2(sky_dot(a, x), 1.0 + sky_dot(a, b) + sky_dot(b, c)
                       + sky_dot(c, a));
}

/* Sum of the triangles from Q over all edges. */
static double fan(const sky_shape_t *s, const double q[3])
{
    const double *v = sky_poly_vertex(s);
    double sum = 0.0;
    uint32_t i, j;

    for (i = 0; i < s->n; i++) {
        j = i + 1 < s->n ? i + 1 : 0;
        sum += triangle(q, v + 3 * i, v + 3 * j);
    }
    return sum;
}

/* Distance of the line through Q and its antipode from the boundary. */
static double clearance(const sky_shape_t *s, const double q[3])
{
    const double *v = sky_poly_vertex(s), *n = sky_poly_normal(s);
    double min = SKY_PI, opp[3] = { -q[0], -q[1], -q[2] };
    uint32_t i, j;

    for (i = 0; i < s->n; i++) {
        double d1, d2;

        j = i + 1 < s->n ? i + 1 : 0;
        d1 = sky_arc_distance(q, v + 3 * i, v + 3 * j, n + 3 * i);
        d2 = sky_arc_distance(opp, v + 3 * i, v + 3 * j, n + 3 * i);
        d1 = d1 < d2 ? d1 : d2;
        min = d1 < min ? d1 : min;
    }
    return min;
}

/* Net turns of the boundary around Q, +1 for counter-clockwise. */
static int turns(const sky_shape_t *s, const double q[3])
{
    const double *v = sky_poly_vertex(s);
    double e1[3], e2[3], sum = 0.0;
    uint32_t i, j;

    sky_axes(q, e1, e2);
    for (i = 0; i < s->n; i++) {
        double x1, y1, x2, y2;

        j = i + 1 < s->n ? i + 1 : 0;
        x1 = sky_dot(v + 3 * i, e1);
        y1 = sky_dot(v + 3 * i, e2);
        x2 = sky_dot(v + 3 * j, e1);
        y2 = sky_dot(v + 3 * j, e2);
        sum += atan2(x1 * y2 - y1 * x2, x1 * x2 + y1 * y2);
    }
    return (int)lround(sum / (2.0 * SKY_PI));
}

/* Find q for a polygon too wide for a hemisphere, and whether it is inside:
 * the directions tried are spread evenly; one clear of n edges exists. */
static void find_far_side(sky_shape_t *s)
{
    double best = -1.0, q[3], sum;
    double *keep = s->d + 2 * (size_t)s->n;
    int i, w, has_q, has_opp, tries = 200;

    for (i = 0; i < tries; i++) {
        double z = (i + 0.5) / tries, r = sqrt(1.0 - z * z), d;

        q[0] = r * cos(2.399963229728653 * i);
        q[1] = r * sin(2.399963229728653 * i);
        q[2] = z;
        d = clearance(s, q);
        if (d > best) {
            best = d;
            memcpy(keep, q, sizeof(q));
        }
    }
    /* of the part to the left of the boundary: area and which of q, -q */
    sum = fan(s, keep);
    w = turns(s, keep);
    has_opp = sum < 0.0;
    has_q = w + has_opp;
    if (has_opp) {
        sum += 4.0 * SKY_PI;
    }
    /* the smaller side is inside */
    s->flags = (uint32_t)((sum > 2.0 * SKY_PI) ^ (has_q & 1));
}

int sky_poly_setup(sky_shape_t *s, sky_err_t *err)
{
    double *q = s->d + 2 * (size_t)s->n, *v = q + 3;
    double *n = v + 3 * (size_t)s->n, m[3] = { 0.0, 0.0, 0.0 }, r = 0.0;
    uint32_t i, j;
    int k;

    for (i = 0; i < s->n; i++) {
        sky_vec(s->d[2 * i], s->d[2 * i + 1], v + 3 * i);
        for (k = 0; k < 3; k++) {
            m[k] += v[3 * i + k];
        }
    }
    for (i = 0; i < s->n; i++) {
        j = i + 1 < s->n ? i + 1 : 0;
        if (sky_dot(v + 3 * i, v + 3 * j) < -1.0 + 1e-15) {
            return sky_fail(err, SKY_ERR_VALUE, "polygon vertices %u and %u "
                            "are 180 degrees apart; their edge could lie "
                            "anywhere", i + 1, j + 1);
        }
        sky_edge_normal(v + 3 * i, v + 3 * j, n + 3 * i);
    }
    if (sky_norm(m) > 1e-6) {
        for (i = 0; i < s->n; i++) {
            double d = sky_angle(m, v + 3 * i);

            r = d > r ? d : r;
        }
    }
    else {
        r = SKY_PI;
    }
    if (r < SKY_PI / 2 - 0.01) {
        double e[3];

        /* all in one hemisphere, edges too, so the far side is outside; a
         * q at right angles keeps the digits of what is small */
        sky_axes(m, q, e);
        for (k = 0; k < 3; k++) {
            q[k] = r < SKY_PI / 4 ? q[k] : -m[k];
            s->cap[k] = m[k];
        }
        s->cap[3] = r + 1e-15;
        s->flags = 0;
        return 0;
    }
    find_far_side(s);
    s->cap[3] = SKY_PI;
    /* inside or outside could be anywhere: no smaller circle is claimed */
    sky_poly_moment(s, m);
    if (sky_norm(m) < 1e-9) {
        m[0] = m[1] = 0.0;
        m[2] = 1.0;
    }
    memcpy(s->cap, m, sizeof(m));
    return 0;
}

int sky_poly_near(const sky_shape_t *s, const double p[3], double eps)
{
    const double *v = sky_poly_vertex(s), *n = sky_poly_normal(s);
    uint32_t i, j;

    for (i = 0; i < s->n; i++) {
        if (fabs(sky_dot(n + 3 * i, p)) <= 2.0 * eps) {
            j = i + 1 < s->n ? i + 1 : 0;
            if (sky_arc_distance(p, v + 3 * i, v + 3 * j, n + 3 * i)
                <= eps) {
                return 1;
            }
        }
    }
    return 0;
}

int sky_poly_has(const sky_shape_t *s, const double p[3])
{
    const double *q = s->d + 2 * (size_t)s->n, *v = q + 3;
    const double *n = v + 3 * (size_t)s->n;
    double w[3], side, prev;
    int in = (int)s->flags;
    uint32_t i, j;

    if (s->cap[3] < SKY_PI / 2) {
        double reach = 2.0 * sin(0.5 * s->cap[3]) + 1e-12;

        if (sky_chord2(p, s->cap) > reach * reach) {
            return 0;
        }
    }
    sky_cross(q, p, w);
    if (sky_dot(w, w) < 1e-28) {
        double e[3];

        sky_axes(q, w, e);     /* at q or opposite: any meridian will do */
    }
    prev = sky_dot(w, v + 3 * (s->n - 1));
    for (i = 0; i < s->n; i++, prev = side) {
        side = sky_dot(w, v + 3 * i);
        if ((prev < 0.0) != (side < 0.0)) {
            int east;

            j = i > 0 ? i - 1 : s->n - 1;
            east = sky_dot(q, n + 3 * j) >= 0.0;
            /* east-going edges meet the meridian of p, not the opposite
             * one, when they go from its west to its east */
            if (east == (prev < 0.0)
                && (sky_dot(p, n + 3 * j) < 0.0) == east) {
                in ^= 1;
            }
        }
    }
    return in || sky_poly_near(s, p, 1e-15);
}

double sky_poly_area(const sky_shape_t *s)
{
    double area;

    if (s->cap[3] < SKY_PI / 2) {
        return fabs(fan(s, sky_poly_vertex(s)));
    }
    /* windings of a self-crossing one may add up to several spheres */
    area = fmod(fan(s, s->d + 2 * (size_t)s->n), 4.0 * SKY_PI);
    if (area < 0.0) {
        area += 4.0 * SKY_PI;
    }
    return area <= 2.0 * SKY_PI ? area : 4.0 * SKY_PI - area;
}

/* The integral of the direction over the inside: half the sum over edges of
 * their length times their normal (Stokes), turned to point inwards. */
static void edge_moment(const sky_shape_t *s, double m[3])
{
    const double *v = sky_poly_vertex(s), *n = sky_poly_normal(s);
    int is_small = s->cap[3] < SKY_PI / 2;
    double area = fan(s, is_small ? v : s->d + 2 * (size_t)s->n), sign;
    uint32_t i, j;
    int k;

    m[0] = m[1] = m[2] = 0.0;
    for (i = 0; i < s->n; i++) {
        double len;

        j = i + 1 < s->n ? i + 1 : 0;
        len = 0.5 * sqrt(sky_chord2(v + 3 * i, v + 3 * j));
        len = asin(len < 1.0 ? len : 1.0);
        for (k = 0; k < 3; k++) {
            m[k] += len * n[3 * i + k];
        }
    }
    if (!is_small) {
        area = area < 0.0 ? 2.0 * SKY_PI + area : 2.0 * SKY_PI - area;
    }
    sign = area < 0.0 ? -1.0 : 1.0;
    for (k = 0; k < 3; k++) {
        m[k] *= sign;
    }
}

/* The same for small ones, where the sum over edges would lose its digits:
 * triangles from the first vertex, as if they were flat. */
static void flat_moment(const sky_shape_t *s, double m[3])
{
    const double *v = sky_poly_vertex(s);
    double d[3] = { 0.0, 0.0, 0.0 }, sum = 0.0;
    uint32_t i;
    int k;

    for (i = 1; i + 1 < s->n; i++) {
        const double *a = v + 3 * i, *b = a + 3;
        double t = triangle(v, a, b);

        sum += t;
        for (k = 0; k < 3; k++) {
            d[k] += t * ((a[k] - v[k]) + (b[k] - v[k])) / 3.0;
        }
    }
    for (k = 0; k < 3; k++) {
        m[k] = sum < 0.0 ? -(sum * v[k] + d[k]) : sum * v[k] + d[k];
    }
}

void sky_poly_moment(const sky_shape_t *s, double m[3])
{
    if (s->cap[3] < 1e-4) {
        flat_moment(s, m);
    }
    else {
        edge_moment(s, m);
    }
}
