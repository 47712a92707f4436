/* voctl_imgshape.c: voctl images: footprints, and numbers as text. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "fits/vo_wcs.h"
#include "sky/sky.h"
#include "vo_num.h"
#include "voctl_images.h"

#define BUDGET 32       /* ranges of a cover */
#define SAMPLE_ORDER 6  /* cells by which images without outline are found */
#define RAD (180 / 3.14159265358979323846)

static void *from_pool(void *pool, size_t size)
{
    return apr_palloc(pool, size);
}

const char *voctl_img_number(double v, apr_pool_t *pool)
{
    char buf[VO_NUM_SIZE];

    if (!isfinite(v)) {
        return NULL;
    }
    vo_num_from_double(buf, v);
    return apr_pstrdup(pool, buf);
}

const char *voctl_img_numbers(const double *v, int n, apr_pool_t *pool)
{
    const char *text = "{";
    int i;

    for (i = 0; i < n; ++i) {
        const char *number = voctl_img_number(v[i], pool);

        text = apr_pstrcat(pool, text, i ? "," : "",
                           number ? number : "NULL", NULL);
    }
    return apr_pstrcat(pool, text, "}", NULL);
}

/* The ranges as PostgreSQL writes a multirange. */
static const char *cover_text(const sky_shape_t *shape, apr_pool_t *pool)
{
    sky_range_t ranges[BUDGET];
    int i, n = sky_coverage(shape, BUDGET, ranges, BUDGET);
    const char *text = "{";

    for (i = 0; i < n; ++i) {
        text = apr_psprintf(pool, "%s%s[%" APR_INT64_T_FMT ",%"
                            APR_INT64_T_FMT ")", text, i ? "," : "",
                            (apr_int64_t)ranges[i].lo,
                            (apr_int64_t)ranges[i].hi);
    }
    return apr_pstrcat(pool, text, "}", NULL);
}

static vo_err_t *set_shape(const char **v, const sky_shape_t *shape,
                           double ra, double dec, double fov,
                           apr_pool_t *pool)
{
    sky_alloc_t alloc = {from_pool, pool};

    v[IMG_REGION] = sky_format_dali(&alloc, shape);
    v[IMG_COVER] = cover_text(shape, pool);
    v[IMG_RA] = voctl_img_number(ra, pool);
    v[IMG_DEC] = voctl_img_number(dec, pool);
    v[IMG_FOV] = voctl_img_number(fov, pool);
    return NULL;
}

vo_err_t *voctl_img_circle(const char **v, double ra, double dec,
                           double radius, apr_pool_t *pool)
{
    sky_alloc_t alloc = {from_pool, pool};
    sky_err_t err;
    sky_shape_t *shape = sky_make_circle(&alloc, ra, dec, radius, &err);

    if (!shape) {
        return vo_err_make(pool, VO_ERR_USAGE, "Its position is none: %s",
                           err.text);
    }
    return set_shape(v, shape, ra, dec, 2 * radius, pool);
}

/*
 * An image of the whole sky, or with edges beyond it, has no outline: the
 * cells whose centres or corners lie on pixels.
 */
static vo_err_t *by_cells(const char **v, vo_wcs_t *wcs, int nx, int ny,
                          apr_pool_t *pool)
{
    sky_alloc_t alloc = {from_pool, pool};
    int64_t cell, ncells = (int64_t)12 << (2 * SAMPLE_ORDER);
    int shift = 2 * (SKY_ORDER - SAMPLE_ORDER), n = 0, i;
    sky_span_t *spans = apr_palloc(pool, sizeof(*spans) * (size_t)ncells);
    double at[10], center[3], radius;
    sky_shape_t *shape;
    sky_err_t err;

    for (cell = 0; cell < ncells; ++cell) {
        sky_cell_center(SAMPLE_ORDER, cell, &at[8], &at[9]);
        sky_cell_corners(SAMPLE_ORDER, cell, at);
        vo_wcs_to_pixels(wcs, 5, at, at);
        for (i = 0; i < 5; ++i) {
            double x = at[2 * i], y = at[2 * i + 1];

            if (x >= 0.5 && x <= nx + 0.5 && y >= 0.5 && y <= ny + 0.5) {
                spans[n].lo = cell << shift;
                spans[n++].hi = (cell + 1) << shift;
                break;
            }
        }
    }
    shape = n ? sky_make_moc(&alloc, n, spans, SAMPLE_ORDER, &err) : NULL;
    if (!shape) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "No part of the image is on the sky.");
    }
    sky_shape_cap(shape, center, &radius);
    return set_shape(v, shape,
                     fmod(atan2(center[1], center[0]) * RAD + 360, 360),
                     asin(fmax(-1, fmin(1, center[2]))) * RAD,
                     fmin(360, 2 * radius * RAD), pool);
}

vo_err_t *voctl_img_outline(const char **v, vo_wcs_t *wcs, int nx, int ny,
                            apr_pool_t *pool)
{
    double middle[2] = {0.5 + nx / 2., 0.5 + ny / 2.}, fov = 0, *vertices;
    sky_alloc_t alloc = {from_pool, pool};
    sky_shape_t *shape;
    sky_err_t why;
    int i, n;

    if (vo_wcs_outline(&vertices, &n, wcs, nx, ny, pool)) {
        return by_cells(v, wcs, nx, ny, pool);
    }
    shape = sky_make_polygon(&alloc, n, vertices, &why);
    if (!shape || vo_wcs_to_sky(wcs, 1, middle, middle)) {
        return vo_err_make(pool, VO_ERR_USAGE, "Its outline makes no sense%s"
                           "%s", shape ? "" : ": ", shape ? "" : why.text);
    }
    for (i = 0; i < n; ++i) {
        fov = fmax(fov, 2 * sky_distance(middle[0], middle[1], vertices[2 * i],
                                         vertices[2 * i + 1]));
    }
    return set_shape(v, shape, middle[0], middle[1], fov, pool);
}
