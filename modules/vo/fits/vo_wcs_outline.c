/* vo_wcs_outline.c: size of pixels and outline of images on the sky. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_wcs.h"

#include <math.h>

#include "../sky/sky.h"

#define DEG (3.14159265358979323846 / 180)
#define TOLERANCE 0.1 /* pixel */
#define MAX_DEPTH 6   /* of halving an edge: 64 parts */

void vo_wcs_scale(vo_wcs_t *wcs, double x, double y, double scale[2])
{
    double at[8] = {x - 0.5, y, x + 0.5, y, x, y - 0.5, x, y + 0.5};
    int i;

    vo_wcs_to_sky(wcs, 4, at, at);
    for (i = 0; i < 2; ++i) {
        const double *p = at + 4 * i;

        scale[i] = isnan(p[0] + p[2]) ? NAN
                                      : sky_distance(p[0], p[1], p[2], p[3]);
    }
}

typedef struct outline_t {
    vo_wcs_t *wcs;
    double tolerance; /* degrees */
    double *radec;
    int n;
    int is_outside;
} outline_t;

static void to_vector(double v[3], const double *radec)
{
    v[0] = cos(radec[1] * DEG) * cos(radec[0] * DEG);
    v[1] = cos(radec[1] * DEG) * sin(radec[0] * DEG);
    v[2] = sin(radec[1] * DEG);
}

/* Degrees between point P and the great circle through A and B. */
static double off_circle(const double *a, const double *b, const double *p)
{
    double u[3], v[3], w[3], n[3], length;

    to_vector(u, a);
    to_vector(v, b);
    to_vector(w, p);
    n[0] = u[1] * v[2] - u[2] * v[1];
    n[1] = u[2] * v[0] - u[0] * v[2];
    n[2] = u[0] * v[1] - u[1] * v[0];
    length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    if (length < 1e-15) {
        return sky_distance(a[0], a[1], p[0], p[1]);
    }
    return fabs(asin((n[0] * w[0] + n[1] * w[1] + n[2] * w[2]) / length))
           / DEG;
}

/* Write the point of the sky at A, and what is needed between A and B (pixels)
 * but not B. SKY_A and SKY_B are where they are on the sky. */
static void follow(outline_t *o, const double *a, const double *sky_a,
                   const double *b, const double *sky_b, int depth)
{
    double between[6];
    int i, is_straight = 1;

    for (i = 0; i < 3; ++i) { /* three: an S crosses its chord in the middle */
        between[2 * i] = a[0] + (i + 1) * (b[0] - a[0]) / 4;
        between[2 * i + 1] = a[1] + (i + 1) * (b[1] - a[1]) / 4;
    }
    if (vo_wcs_to_sky(o->wcs, 3, between, between)) {
        o->is_outside = 1;
        return;
    }
    for (i = 0; i < 3; ++i) {
        is_straight &= off_circle(sky_a, sky_b, between + 2 * i)
                       <= o->tolerance;
    }
    is_straight &= sky_distance(sky_a[0], sky_a[1], sky_b[0], sky_b[1]) < 45;
    if (is_straight || depth == MAX_DEPTH) {
        o->radec[2 * o->n] = sky_a[0];
        o->radec[2 * o->n++ + 1] = sky_a[1];
    }
    else {
        double middle[2] = {(a[0] + b[0]) / 2, (a[1] + b[1]) / 2};

        follow(o, a, sky_a, middle, between + 2, depth + 1);
        follow(o, middle, between + 2, b, sky_b, depth + 1);
    }
}

static void *from_pool(void *pool, size_t size)
{
    return apr_palloc(pool, size);
}

/* That the middle of the image and points near its corners are on the smaller
 * side of the outline, which counts as inside, and that this side is about as
 * large as pixels of area PIXEL make believe. */
static vo_err_t *check_inside(const outline_t *o, int nx, int ny, double pixel,
                              apr_pool_t *pool)
{
    double at[10] = {0.5 + nx / 2., 0.5 + ny / 2., 1, 1, nx, 1, nx, ny, 1, ny};
    sky_alloc_t alloc = {from_pool, pool};
    sky_shape_t *shape;
    sky_err_t err;
    int i, is_inside;

    shape = sky_make_polygon(&alloc, o->n, o->radec, &err);
    if (!shape) {
        return vo_err_make(pool, VO_ERR_USAGE, "The outline of the image is no"
                           " polygon: %s", err.text);
    }
    vo_wcs_to_sky(o->wcs, 5, at, at);
    is_inside = sky_area(shape) > 0.05 * pixel * nx * ny;
    for (i = 0; i < 5; ++i) {
        is_inside &= sky_contains_point(shape, at[2 * i], at[2 * i + 1]);
    }
    return is_inside ? NULL
                     : vo_err_make(pool, VO_ERR_USAGE,
                                   "The outline of the image does not say what"
                                   " is inside: it covers half the sky or"
                                   " more, or its coordinates fold.");
}

vo_err_t *vo_wcs_outline(double **radec, int *n, vo_wcs_t *wcs, int nx, int ny,
                         apr_pool_t *pool)
{
    const double pixels[8] = {0.5, 0.5, nx + 0.5, 0.5, nx + 0.5, ny + 0.5,
                              0.5, ny + 0.5};
    double corners[8], scale[2];
    outline_t o = {wcs, 0, NULL, 0, 0};
    int i;

    if (nx < 1 || ny < 1) {
        return vo_err_make(pool, VO_ERR_USAGE, "The image is empty.");
    }
    o.radec = apr_palloc(pool, 2 * VO_WCS_OUTLINE_MAX * sizeof(*o.radec));
    vo_wcs_scale(wcs, 0.5 + nx / 2., 0.5 + ny / 2., scale);
    o.tolerance = TOLERANCE * (scale[0] < scale[1] ? scale[0] : scale[1]);
    o.is_outside = vo_wcs_to_sky(wcs, 4, pixels, corners) > 0
                   || isnan(o.tolerance);
    for (i = 0; i < 4 && !o.is_outside; ++i) {
        int next = (i + 1) % 4;

        follow(&o, pixels + 2 * i, corners + 2 * i, pixels + 2 * next,
               corners + 2 * next, 0);
    }
    if (o.is_outside) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "An edge of the image lies outside the sky.");
    }
    VO_TRY(check_inside(&o, nx, ny, scale[0] * scale[1], pool));
    *radec = o.radec;
    *n = o.n;
    return NULL;
}
