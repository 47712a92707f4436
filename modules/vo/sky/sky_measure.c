/* sky_measure.c: area and centre of shapes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <math.h>
#include <stdlib.h>

#define SQ_DEG (1.0 / (SKY_RAD * SKY_RAD))
#define UNION_BUDGET 4000       /* ranges that measure overlapping members */

/* 1 if no two members have a point in common. */
static int is_disjoint(const sky_shape_t *s)
{
    int i, k, n = sky_shape_member_count(s);

    if (n > 64) {
        return 0;               /* pairs would cost more than cells */
    }
    for (i = 0; i < n; i++) {
        for (k = i + 1; k < n; k++) {
            if (sky_intersects(sky_shape_member(s, i),
                               sky_shape_member(s, k))) {
                return 0;
            }
        }
    }
    return 1;
}

static void cell_moment(int order, int64_t ipix, double weight, double m[3])
{
    double ra, dec, v[3];
    int k;

    if (order < 5) {
        for (k = 0; k < 4; k++) {
            cell_moment(order + 1, 4 * ipix + k, weight, m);
        }
        return;
    }
    sky_cell_center(order, ipix, &ra, &dec);
    sky_vec(ra, dec, v);
    for (k = 0; k < 3; k++) {
        m[k] += weight * v[k] * ldexp(1.0, -2 * order) * (SKY_PI / 3.0);
    }
}

typedef struct {
    double m[3];
    double weight;
} sum_t;

static int add_cell(void *baton, int order, int64_t ipix)
{
    sum_t *sum = baton;

    cell_moment(order, ipix, sum->weight, sum->m);
    return 0;
}

/* Area (steradian) and moment of a union by its cells; border ones count
 * half. Returns the area. */
static double by_cells(const sky_shape_t *s, double m[3])
{
    sky_range_t *r = malloc(UNION_BUDGET * sizeof(*r));
    double area = 0.0;
    sum_t sum = { { 0.0, 0.0, 0.0 }, 0.0 };
    int i, n;

    if (r == NULL) {
        return NAN;
    }
    n = sky_coverage(s, UNION_BUDGET, r, UNION_BUDGET);
    for (i = 0; i < n; i++) {
        sky_span_t span = { r[i].lo, r[i].hi };

        sum.weight = r[i].is_border ? 0.5 : 1.0;
        area += sum.weight * sky_moc_area(&span, 1) / SQ_DEG;
        sky_moc_cells(&span, 1, add_cell, &sum);
    }
    free(r);
    for (i = 0; i < 3; i++) {
        m[i] = sum.m[i];
    }
    return area;
}

static double range_area(const sky_shape_t *s)
{
    double half = 0.5 * (s->d[3] - s->d[2]) * SKY_RAD;
    double mid = 0.5 * (s->d[3] + s->d[2]) * SKY_RAD;

    /* sin b - sin a without cancellation */
    return (s->d[1] - s->d[0]) * SKY_RAD * 2.0 * sin(half) * cos(mid);
}

double sky_area(const sky_shape_t *shape)
{
    double half, area = 0.0, m[3];
    int i;

    switch (shape->kind) {
    case SKY_CIRCLE:
        half = sin(0.5 * shape->cap[3]);
        return 4.0 * SKY_PI * half * half * SQ_DEG;
    case SKY_POLYGON:
    case SKY_BOX:
        return sky_poly_area(shape) * SQ_DEG;
    case SKY_RANGE:
        return range_area(shape) * SQ_DEG;
    case SKY_MOC:
        return sky_moc_area((const sky_span_t *)shape->d, (int)shape->n);
    case SKY_UNION:
        if (!is_disjoint(shape)) {
            return by_cells(shape, m) * SQ_DEG;
        }
        for (i = 0; i < (int)shape->n; i++) {
            area += sky_area(sky_shape_member(shape, i));
        }
        return area;
    default:
        return 0.0;
    }
}

static void range_moment(const sky_shape_t *s, double m[3])
{
    double l1 = s->d[0] * SKY_RAD, l2 = s->d[1] * SKY_RAD;
    double b1 = s->d[2] * SKY_RAD, b2 = s->d[3] * SKY_RAD;
    double cos2 = 0.5 * (b2 - b1) + 0.25 * (sin(2.0 * b2) - sin(2.0 * b1));

    m[0] = cos2 * (sin(l2) - sin(l1));
    m[1] = cos2 * (cos(l1) - cos(l2));
    m[2] = 0.5 * (l2 - l1) * (sin(b2) - sin(b1)) * (sin(b2) + sin(b1));
}

/* The moment, or for shapes without area any direction of weight 0. */
static void moment(const sky_shape_t *s, double m[3])
{
    sum_t sum = { { 0.0, 0.0, 0.0 }, 1.0 };
    int i, k;

    m[0] = m[1] = m[2] = 0.0;
    switch (s->kind) {
    case SKY_CIRCLE:
        for (k = 0; k < 3; k++) {
            double sr = sin(s->cap[3]);

            m[k] = SKY_PI * sr * sr * s->cap[k];
        }
        break;
    case SKY_POLYGON:
    case SKY_BOX:
        sky_poly_moment(s, m);
        break;
    case SKY_RANGE:
        range_moment(s, m);
        break;
    case SKY_MOC:
        sky_moc_cells((const sky_span_t *)s->d, (int)s->n, add_cell, &sum);
        for (k = 0; k < 3; k++) {
            m[k] = sum.m[k];
        }
        break;
    case SKY_UNION:
        if (!is_disjoint(s)) {
            by_cells(s, m);
            break;
        }
        for (i = 0; i < (int)s->n; i++) {
            double part[3];

            moment(sky_shape_member(s, i), part);
            for (k = 0; k < 3; k++) {
                m[k] += part[k];
            }
        }
        break;
    default:
        break;
    }
}

int sky_centroid(const sky_shape_t *shape, double *ra_deg, double *dec_deg)
{
    double m[3], area;
    int i, k, n;

    if (shape->kind == SKY_POINT || shape->kind == SKY_CIRCLE) {
        *ra_deg = shape->d[0];
        *dec_deg = shape->d[1];
        return 0;
    }
    if (shape->kind == SKY_MOC && shape->n == 0) {
        return -1;
    }
    moment(shape, m);
    area = sky_area(shape) / SQ_DEG;
    if (!(sky_dot(m, m) > 1e-24 * area * area) || area == 0.0) {
        if (area > 0.0) {
            return -1;
        }
        /* points and lines: the mean of what they are made of */
        m[0] = m[1] = m[2] = 0.0;
        n = sky_shape_member_count(shape);
        for (i = 0; i < n; i++) {
            for (k = 0; k < 3; k++) {
                m[k] += sky_shape_member(shape, i)->cap[k];
            }
        }
        if (sky_norm(m) < 1e-9) {
            return -1;
        }
    }
    sky_vec_radec(m, ra_deg, dec_deg);
    return 0;
}
