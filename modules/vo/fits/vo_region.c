/* vo_region.c: regions of the sky on the pixels of an image. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DALI 1.1 section 3.3, SODA 1.0 section 3 */
#include "vo_region.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "../vo_num.h"

#define MAX_NUMBERS 20000
#define CIRCLE_POINTS 128
#define EDGE_POINTS 16
#define RANGE_POINTS 64
#define GRID 64
#define EDGE 1e-6 /* of a pixel: touching it by less is touching it not */
#define RAD (3.14159265358979323846 / 180)

static void *from_pool(void *baton, size_t size)
{
    return apr_palloc(baton, size);
}

/* ---- reading ---------------------------------------------------------- */

typedef struct numbers_t {
    double *v;
    int n;
} numbers_t;

static vo_err_t *read_numbers(numbers_t *to, const char *name,
                              const char *text, apr_pool_t *pool)
{
    apr_array_header_t *all = apr_array_make(pool, 8, sizeof(double));

    for (;;) {
        apr_size_t len;
        double v;

        text += strspn(text, " \t\r\n");
        len = strcspn(text, " \t\r\n");
        if (!len) {
            break;
        }
        if (!vo_num_to_double(text, (int)len, &v) || isnan(v)) {
            return vo_err_make(pool, VO_ERR_USAGE, "%s: \"%.*s\" is not a"
                               " number", name,
                               (int)(len < 40 ? len : 40), text);
        }
        if (all->nelts == MAX_NUMBERS) {
            return vo_err_make(pool, VO_ERR_USAGE, "%s has more than %d"
                               " numbers", name, MAX_NUMBERS);
        }
        APR_ARRAY_PUSH(all, double) = v;
        text += len;
    }
    to->v = (double *)(void *)all->elts;
    to->n = all->nelts;
    return NULL;
}

static vo_err_t *need_finite(const numbers_t *n, const char *name,
                             apr_pool_t *pool)
{
    int i;

    for (i = 0; i < n->n; ++i) {
        if (isinf(n->v[i])) {
            return vo_err_make(pool, VO_ERR_USAGE, "%s: its numbers must be"
                               " finite", name);
        }
    }
    return NULL;
}

static vo_err_t *make_circle(vo_region_t *region, const sky_alloc_t *a,
                             numbers_t *n, const char *name, apr_pool_t *pool)
{
    sky_err_t bad;

    if (n->n != 3) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s: a circle has three"
                           " numbers, longitude, latitude and radius in"
                           " degrees; there are %d", name, n->n);
    }
    VO_TRY(need_finite(n, name, pool));
    if (n->v[2] <= 0) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s: the radius must be above"
                           " 0; it is %g", name, n->v[2]);
    }
    region->kind = VO_REGION_CIRCLE;
    region->shape = sky_make_circle(a, n->v[0], n->v[1], n->v[2], &bad);
    return region->shape ? NULL
                         : vo_err_make(pool, VO_ERR_USAGE, "%s: %s", name,
                                       bad.text);
}

static vo_err_t *make_polygon(vo_region_t *region, const sky_alloc_t *a,
                              numbers_t *n, const char *name,
                              apr_pool_t *pool)
{
    sky_err_t bad;

    if (n->n < 6 || n->n % 2) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s: a polygon has three or"
                           " more corners of longitude and latitude in"
                           " degrees; there are %d numbers", name, n->n);
    }
    VO_TRY(need_finite(n, name, pool));
    region->kind = VO_REGION_POLYGON;
    region->shape = sky_make_polygon(a, n->n / 2, n->v, &bad);
    return region->shape ? NULL
                         : vo_err_make(pool, VO_ERR_USAGE, "%s: %s", name,
                                       bad.text);
}

static vo_err_t *make_range(vo_region_t *region, const sky_alloc_t *a,
                            numbers_t *n, const char *name, apr_pool_t *pool)
{
    static const double limits[] = {0, 360, -90, 90};
    sky_err_t bad;
    int i;

    if (n->n != 4) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s: a range has four numbers,"
                           " two longitudes and two latitudes in degrees;"
                           " there are %d", name, n->n);
    }
    for (i = 0; i < 4; ++i) {
        if (isinf(n->v[i])) {
            n->v[i] = limits[i];
        }
    }
    region->kind = VO_REGION_RANGE;
    region->shape = sky_make_range(a, n->v[0], n->v[1], n->v[2], n->v[3],
                                   &bad);
    return region->shape ? NULL
                         : vo_err_make(pool, VO_ERR_USAGE, "%s: %s", name,
                                       bad.text);
}

static const struct {
    const char *name;
    vo_err_t *(*make)(vo_region_t *region, const sky_alloc_t *a,
                      numbers_t *n, const char *name, apr_pool_t *pool);
} shapes[] = {
    {"CIRCLE", make_circle},
    {"POLYGON", make_polygon},
    {"RANGE", make_range},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

vo_err_t *vo_region_parse(vo_region_t *region, const char *name,
                          const char *text, apr_pool_t *pool)
{
    sky_alloc_t alloc = {from_pool, pool};
    const char *word = name, *rest = text;
    numbers_t n;
    apr_size_t i, len = strlen(name);

    memset(region, 0, sizeof(*region));
    region->text = apr_pstrcat(pool, name, " ", text, NULL);
    if (!strcasecmp(name, "POS")) {
        word = text + strspn(text, " \t\r\n");
        len = strcspn(word, " \t\r\n");
        rest = word + len;
    }
    for (i = 0; i < COUNT(shapes); ++i) {
        if (strlen(shapes[i].name) == len
            && !strncasecmp(shapes[i].name, word, len)) {
            VO_TRY(read_numbers(&n, name, rest, pool));
            return shapes[i].make(region, &alloc, &n, name, pool);
        }
    }
    return vo_err_make(pool, VO_ERR_USAGE, "%s: \"%.*s\" is no shape; there are"
                       " CIRCLE, RANGE and POLYGON", name,
                       (int)(len < 40 ? len : 40), word);
}

/* ---- the outline of a region ------------------------------------------ */

/* Points along the outline, and which of them are corners. */
typedef struct outline_t {
    double *at; /* pairs */
    char *is_corner;
    int n;
} outline_t;

static void push(outline_t *o, double ra, double dec, int is_corner)
{
    o->at[2 * o->n] = ra;
    o->at[2 * o->n + 1] = dec;
    o->is_corner[o->n++] = (char)is_corner;
}

static void to_vector(double v[3], double ra, double dec)
{
    v[0] = cos(dec * RAD) * cos(ra * RAD);
    v[1] = cos(dec * RAD) * sin(ra * RAD);
    v[2] = sin(dec * RAD);
}

static void push_vector(outline_t *o, const double v[3], int is_corner)
{
    push(o, atan2(v[1], v[0]) / RAD, atan2(v[2], hypot(v[0], v[1])) / RAD,
         is_corner);
}

static void trace_circle(outline_t *o, const double *c)
{
    double z[3], e[3], nn[3], v[3], s = sin(c[2] * RAD), k = cos(c[2] * RAD);
    int i, j;

    to_vector(z, c[0], c[1]);
    e[0] = -sin(c[0] * RAD);
    e[1] = cos(c[0] * RAD);
    e[2] = 0;
    nn[0] = -sin(c[1] * RAD) * cos(c[0] * RAD);
    nn[1] = -sin(c[1] * RAD) * sin(c[0] * RAD);
    nn[2] = cos(c[1] * RAD);
    for (i = 0; i < CIRCLE_POINTS; ++i) {
        double a = 360.0 * i / CIRCLE_POINTS * RAD;

        for (j = 0; j < 3; ++j) {
            v[j] = k * z[j] + s * (cos(a) * nn[j] + sin(a) * e[j]);
        }
        push_vector(o, v, 0);
    }
}

static void trace_polygon(outline_t *o, const double *at, int n)
{
    double a[3], b[3], v[3];
    int i, j, k;

    for (i = 0; i < n; ++i) {
        int next = (i + 1) % n;
        double d;

        to_vector(a, at[2 * i], at[2 * i + 1]);
        to_vector(b, at[2 * next], at[2 * next + 1]);
        d = sky_distance(at[2 * i], at[2 * i + 1], at[2 * next],
                         at[2 * next + 1]) * RAD;
        push(o, at[2 * i], at[2 * i + 1], 1);
        for (k = 1; d > 0 && k < EDGE_POINTS; ++k) {
            double t = (double)k / EDGE_POINTS;

            for (j = 0; j < 3; ++j) {
                v[j] = (sin((1 - t) * d) * a[j] + sin(t * d) * b[j]) / sin(d);
            }
            push_vector(o, v, 0);
        }
    }
}

static void trace_range(outline_t *o, const double *r)
{
    double span = r[1] - r[0];
    int i;

    if (span < 0) {
        span += 360;
    }
    for (i = 0; i < RANGE_POINTS; ++i) {
        push(o, r[0] + span * i / RANGE_POINTS, r[2], i == 0);
    }
    for (i = 0; i < RANGE_POINTS; ++i) {
        push(o, r[0] + span, r[2] + (r[3] - r[2]) * i / RANGE_POINTS, i == 0);
    }
    for (i = 0; i < RANGE_POINTS; ++i) {
        push(o, r[0] + span - span * i / RANGE_POINTS, r[3], i == 0);
    }
    for (i = 0; i < RANGE_POINTS; ++i) {
        push(o, r[0], r[3] - (r[3] - r[2]) * i / RANGE_POINTS, i == 0);
    }
}

static void trace(outline_t *o, const vo_region_t *region, apr_pool_t *pool)
{
    int n;
    const double *numbers = sky_shape_numbers(region->shape, &n);
    int room = CIRCLE_POINTS + 4 * RANGE_POINTS + n / 2 * EDGE_POINTS;

    o->at = apr_palloc(pool, (apr_size_t)room * 2 * sizeof(double));
    o->is_corner = apr_palloc(pool, (apr_size_t)room);
    o->n = 0;
    switch (region->kind) {
    case VO_REGION_CIRCLE:
        trace_circle(o, numbers);
        break;
    case VO_REGION_POLYGON:
        trace_polygon(o, numbers, n / 2);
        break;
    default:
        trace_range(o, numbers);
        break;
    }
}

/* ---- its box on the pixels -------------------------------------------- */

typedef struct extent_t {
    double lo[2], hi[2];
} extent_t;

/* The outline in pixels (O's places become those). 0 when some of it is not on
 * the plane of the image, or an inverse leads astray. */
static int project(outline_t *o, vo_wcs_t *wcs, double nx, double ny,
                   apr_pool_t *pool)
{
    double *sky = apr_pmemdup(pool, o->at,
                              (apr_size_t)o->n * 2 * sizeof(double));
    double *back = apr_palloc(pool, (apr_size_t)o->n * 2 * sizeof(double));
    double scale[2];
    int i;

    if (vo_wcs_to_pixels(wcs, o->n, o->at, o->at)) {
        return 0;
    }
    vo_wcs_scale(wcs, (nx + 1) / 2, (ny + 1) / 2, scale);
    vo_wcs_to_sky(wcs, o->n, o->at, back);
    for (i = 0; i < o->n; ++i) {
        double x = o->at[2 * i], y = o->at[2 * i + 1];

        if (x > -1 && y > -1 && x < nx + 2 && y < ny + 2
            && !(sky_distance(sky[2 * i], sky[2 * i + 1], back[2 * i],
                              back[2 * i + 1])
                 < 0.1 * (scale[0] + scale[1]))) {
            return 0;
        }
    }
    return 1;
}

/* How far the outline reaches along AXIS in the direction SIGN: between its
 * points it is taken for a parabola. */
static double reach(const outline_t *o, int axis, int sign)
{
    double best = -HUGE_VAL, y0, y1, y2, bend;
    int i, at = 0;

    for (i = 0; i < o->n; ++i) {
        double v = sign * o->at[2 * i + axis];

        if (v > best) {
            best = v;
            at = i;
        }
    }
    y0 = sign * o->at[2 * ((at + o->n - 1) % o->n) + axis];
    y1 = best;
    y2 = sign * o->at[2 * ((at + 1) % o->n) + axis];
    bend = 2 * y1 - y0 - y2;
    if (!o->is_corner[at] && bend > 0) {
        best += (y2 - y0) * (y2 - y0) / (8 * bend);
    }
    return sign * best;
}

/* Where the outline cannot be projected: look at a grid of pixels, and take the
 * cells around those that are inside. */
static int find_on_grid(extent_t *e, const vo_region_t *region, vo_wcs_t *wcs,
                        double nx, double ny, apr_pool_t *pool)
{
    double *at = apr_palloc(pool, (GRID + 1) * 2 * sizeof(double));
    double *sky = apr_palloc(pool, (GRID + 1) * 2 * sizeof(double));
    int i, j, found = 0;

    for (j = 0; j <= GRID; ++j) {
        for (i = 0; i <= GRID; ++i) {
            at[2 * i] = 0.5 + nx * i / GRID;
            at[2 * i + 1] = 0.5 + ny * j / GRID;
        }
        vo_wcs_to_sky(wcs, GRID + 1, at, sky);
        for (i = 0; i <= GRID; ++i) {
            double x = at[2 * i], y = at[2 * i + 1];

            if (isnan(sky[2 * i])
                || !sky_contains_point(region->shape, sky[2 * i],
                                       sky[2 * i + 1])) {
                continue;
            }
            if (!found++) {
                e->lo[0] = e->hi[0] = x;
                e->lo[1] = e->hi[1] = y;
            }
            e->lo[0] = x < e->lo[0] ? x : e->lo[0];
            e->hi[0] = x > e->hi[0] ? x : e->hi[0];
            e->lo[1] = y < e->lo[1] ? y : e->lo[1];
            e->hi[1] = y > e->hi[1] ? y : e->hi[1];
        }
    }
    e->lo[0] -= nx / GRID;
    e->hi[0] += nx / GRID;
    e->lo[1] -= ny / GRID;
    e->hi[1] += ny / GRID;
    return found;
}

/* Pixels FROM to TO, FITS's count, of N. */
static void clip(apr_int64_t *first, apr_int64_t *count, int *is_clipped,
                 double from, double to, apr_int64_t n)
{
    if (from < 1) {
        *is_clipped = 1;
        from = 1;
    }
    if (to > (double)n) {
        *is_clipped = 1;
        to = (double)n;
    }
    *first = *count = 0;
    if (from <= to) {
        *first = (apr_int64_t)from - 1;
        *count = (apr_int64_t)to - *first;
    }
}

/* Does a region whose box was clipped touch the image at all? */
static int touches(const vo_region_t *region, vo_wcs_t *wcs, apr_int64_t nx,
                   apr_int64_t ny, apr_pool_t *pool)
{
    sky_alloc_t alloc = {from_pool, pool};
    sky_shape_t *edge;
    double *radec;
    int n;

    if (vo_wcs_outline(&radec, &n, wcs, (int)nx, (int)ny, pool)) {
        return 1;
    }
    edge = sky_make_polygon(&alloc, n, radec, NULL);
    return !edge || sky_intersects(region->shape, edge);
}

static vo_err_t *box_of_shape(vo_box_t *box, const vo_region_t *region,
                              vo_wcs_t *wcs, apr_int64_t nx, apr_int64_t ny,
                              apr_pool_t *pool)
{
    outline_t o;
    extent_t e;
    int axis;

    trace(&o, region, pool);
    if (project(&o, wcs, (double)nx, (double)ny, pool)) {
        for (axis = 0; axis < 2; ++axis) {
            e.lo[axis] = reach(&o, axis, -1);
            e.hi[axis] = reach(&o, axis, 1);
        }
    }
    else if (!find_on_grid(&e, region, wcs, (double)nx, (double)ny, pool)) {
        return NULL;
    }
    clip(&box->x, &box->nx, &box->is_clipped, floor(e.lo[0] + 0.5 + EDGE),
         ceil(e.hi[0] - 0.5 - EDGE), nx);
    clip(&box->y, &box->ny, &box->is_clipped, floor(e.lo[1] + 0.5 + EDGE),
         ceil(e.hi[1] - 0.5 - EDGE), ny);
    if (box->nx && box->ny && box->is_clipped
        && !touches(region, wcs, nx, ny, pool)) {
        box->nx = 0;
    }
    return NULL;
}

static vo_err_t *box_of_box(vo_box_t *box, const vo_region_t *region,
                            vo_wcs_t *wcs, apr_int64_t nx, apr_int64_t ny)
{
    const vo_wcs_info_t *info = vo_wcs_info(wcs);
    double at[2] = {region->ra, region->dec}, back[2], n[2], first[2];
    double size[2] = {region->width, region->height};
    double scale[2] = {hypot(info->cd[0], info->cd[2]),
                       hypot(info->cd[1], info->cd[3])};
    int i;

    vo_wcs_to_pixels(wcs, 1, at, at);
    vo_wcs_to_sky(wcs, 1, at, back);
    if (isnan(at[0]) || isnan(back[0])
        || sky_distance(region->ra, region->dec, back[0], back[1])
               > scale[0] + scale[1]) {
        return NULL;
    }
    for (i = 0; i < 2; ++i) {
        n[i] = size[i] > 0 ? rint(size[i] / scale[i])
                           : i ? region->ny : region->nx;
        n[i] = n[i] < 1 ? 1 : n[i];
        first[i] = ceil(at[i] - 1 - n[i] / 2);
    }
    clip(&box->x, &box->nx, &box->is_clipped, first[0] + 1, first[0] + n[0],
         nx);
    clip(&box->y, &box->ny, &box->is_clipped, first[1] + 1, first[1] + n[1],
         ny);
    return NULL;
}

vo_err_t *vo_region_on_image(vo_box_t *box, const vo_region_t *region,
                             vo_wcs_t *wcs, apr_int64_t nx, apr_int64_t ny,
                             apr_pool_t *scratch)
{
    memset(box, 0, sizeof(*box));
    if (region->kind == VO_REGION_ALL) {
        box->nx = nx;
        box->ny = ny;
        return NULL;
    }
    VO_TRY(region->kind == VO_REGION_BOX
               ? box_of_box(box, region, wcs, nx, ny)
               : box_of_shape(box, region, wcs, nx, ny, scratch));
    if (!box->nx || !box->ny) {
        box->nx = box->ny = 0;
    }
    return NULL;
}

apr_int64_t vo_region_mask(unsigned char *inside, const vo_region_t *region,
                           vo_wcs_t *wcs, const vo_box_t *box,
                           apr_pool_t *scratch)
{
    double *at = apr_palloc(scratch,
                            (apr_size_t)box->nx * 2 * sizeof(double));
    apr_int64_t out = 0, x, y;

    for (y = 0; y < box->ny; ++y) {
        for (x = 0; x < box->nx; ++x) {
            at[2 * x] = (double)(box->x + x + 1);
            at[2 * x + 1] = (double)(box->y + y + 1);
        }
        vo_wcs_to_sky(wcs, (int)box->nx, at, at);
        for (x = 0; x < box->nx; ++x) {
            int is_in = !isnan(at[2 * x])
                        && sky_contains_point(region->shape, at[2 * x],
                                              at[2 * x + 1]);

            inside[y * box->nx + x] = (unsigned char)is_in;
            out += !is_in;
        }
    }
    return out;
}
