/* vo_region.c: regions of the sky on the pixels of an image. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DALI 1.1 section 3.3, SODA 1.0 section 3 */
#include "vo_region.h"

#include <math.h>
#include <stdlib.h>
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

static void trace_polygon(outline_t *o, const double *at, int n, int pieces)
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
        for (k = 1; d > 0 && k < pieces; ++k) {
            double t = (double)k / pieces;

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
        trace_polygon(o, numbers, n / 2, EDGE_POINTS);
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

/* ---- which pixels are inside ------------------------------------------ */

#define UNSURE 2   /* near an edge: to be looked at itself */
#define NEAR 1.5   /* pixels */
#define SEGMENT 32 /* pixels: so long are the pieces of edges, about */

/* Look at each pixel that is UNSURE, or at all of them. */
static void look_at(unsigned char *inside, const vo_region_t *region,
                    vo_wcs_t *wcs, const vo_box_t *box, int is_all,
                    apr_pool_t *pool)
{
    double *at = apr_palloc(pool, (apr_size_t)box->nx * 2 * sizeof(double));
    apr_int64_t *place = apr_palloc(pool,
                                    (apr_size_t)box->nx * sizeof(*place));
    apr_int64_t x, y;
    int i, n;

    for (y = 0; y < box->ny; ++y) {
        unsigned char *row = inside + y * box->nx;

        for (x = n = 0; x < box->nx; ++x) {
            if (is_all || row[x] == UNSURE) {
                at[2 * n] = (double)(box->x + x + 1);
                at[2 * n + 1] = (double)(box->y + y + 1);
                place[n++] = x;
            }
        }
        if (n) {
            vo_wcs_to_sky(wcs, n, at, at);
        }
        for (i = 0; i < n; ++i) {
            row[place[i]] = (unsigned char)(
                !isnan(at[2 * i])
                && sky_contains_point(region->shape, at[2 * i],
                                      at[2 * i + 1]));
        }
    }
}

/* The edges of a polygon as short straight pieces on the pixels; 0 when they
 * are not all there. */
static int trace_finely(outline_t *o, const vo_region_t *region, vo_wcs_t *wcs,
                        const vo_box_t *box, apr_pool_t *pool)
{
    int n, pieces = 1, i;
    const double *corners = sky_shape_numbers(region->shape, &n);
    double *at = apr_pmemdup(pool, corners, (apr_size_t)n * sizeof(*at));
    apr_size_t room;

    n /= 2;
    if (vo_wcs_to_pixels(wcs, n, at, at)) {
        return 0;
    }
    for (i = 0; i < n; ++i) {
        const double *a = at + 2 * i, *b = at + 2 * ((i + 1) % n);
        double len = hypot(a[0] - b[0], a[1] - b[1]) / SEGMENT + 1;

        pieces = len > pieces ? (int)fmin(len, 1e5) : pieces;
    }
    room = (apr_size_t)n * (apr_size_t)pieces;
    if (room > 1 << 18) {
        return 0;
    }
    o->at = apr_palloc(pool, room * 2 * sizeof(double));
    o->is_corner = apr_palloc(pool, room);
    o->n = 0;
    trace_polygon(o, corners, n, pieces);
    return project(o, wcs, (double)(box->x + box->nx),
                   (double)(box->y + box->ny), pool);
}

/* V within 0 and N - 1. */
static apr_int64_t within(double v, apr_int64_t n)
{
    return v > 0 ? v < (double)(n - 1) ? (apr_int64_t)v : n - 1 : 0;
}

/* Mark what is near the piece from A to B. */
static void mark_unsure(unsigned char *inside, const vo_box_t *box,
                        const double *a, const double *b)
{
    double x0 = (double)(box->x + 1), y0 = (double)(box->y + 1);
    double lo = fmin(a[1], b[1]) - NEAR - y0, hi = fmax(a[1], b[1]) + NEAR - y0;
    double left = fmin(a[0], b[0]) - NEAR - x0;
    double right = fmax(a[0], b[0]) + NEAR - x0;
    apr_int64_t y, last = within(floor(hi), box->ny), x, end;

    if (hi < 0 || right < 0 || lo > (double)box->ny
        || left > (double)box->nx) {
        return;
    }
    for (y = within(ceil(lo), box->ny); y <= last; ++y) {
        double from = left, to = right, slope;

        if (fabs(b[1] - a[1]) > 2 * NEAR) { /* not all of it is near the row */
            double at = (double)y + y0 - a[1];

            slope = (b[0] - a[0]) / (b[1] - a[1]);
            from = a[0] - x0 + slope * at - NEAR * (1 + fabs(slope));
            to = a[0] - x0 + slope * at + NEAR * (1 + fabs(slope));
            from = fmax(from, left);
            to = fmin(to, right);
        }
        if (to < 0 || from > (double)box->nx) {
            continue;
        }
        end = within(ceil(to), box->nx);
        for (x = within(floor(from), box->nx); x <= end; ++x) {
            inside[y * box->nx + x] = UNSURE;
        }
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Set each row by where the pieces cross it: even-odd. */
static void fill(unsigned char *inside, const outline_t *o,
                 const vo_box_t *box, apr_pool_t *pool)
{
    double *cross = apr_palloc(pool, (apr_size_t)o->n * sizeof(*cross));
    apr_int64_t x, y;
    int i, n, k;

    for (y = 0; y < box->ny; ++y) {
        unsigned char *row = inside + y * box->nx;
        double at = (double)(box->y + 1 + y);

        for (i = n = 0; i < o->n; ++i) {
            const double *a = o->at + 2 * i;
            const double *b = o->at + 2 * ((i + 1) % o->n);

            if ((a[1] > at) != (b[1] > at)) {
                cross[n++] = a[0] + (at - a[1]) / (b[1] - a[1])
                                        * (b[0] - a[0]);
            }
        }
        qsort(cross, (size_t)n, sizeof(*cross), by_value);
        for (x = k = 0; x < box->nx; ++x) {
            while (k < n && cross[k] <= (double)(box->x + 1 + x)) {
                ++k;
            }
            row[x] = k & 1;
        }
    }
}

apr_int64_t vo_region_mask(unsigned char *inside, const vo_region_t *region,
                           vo_wcs_t *wcs, const vo_box_t *box,
                           apr_pool_t *scratch)
{
    apr_int64_t out = 0, k;
    int is_traced = 0, i;
    outline_t o;

    if (region->kind == VO_REGION_POLYGON
        && trace_finely(&o, region, wcs, box, scratch)) {
        is_traced = 1;
        fill(inside, &o, box, scratch);
        for (i = 0; i < o.n; ++i) {
            mark_unsure(inside, box, o.at + 2 * i,
                        o.at + 2 * ((i + 1) % o.n));
        }
    }
    look_at(inside, region, wcs, box, !is_traced, scratch);
    for (k = 0; k < box->nx * box->ny; ++k) {
        out += !inside[k];
    }
    return out;
}
