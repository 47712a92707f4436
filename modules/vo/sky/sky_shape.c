/* sky_shape.c: making shapes and looking into them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int sky_fail(sky_err_t *err, int code, const char *format, ...)
{
    va_list ap;

    if (err != NULL) {
        err->code = code;
        err->position = -1;
        va_start(ap, format);
        vsnprintf(err->text, sizeof(err->text), format, ap);
        va_end(ap);
    }
    return -1;
}

static sky_shape_t *new_shape(const sky_alloc_t *a, int kind, uint32_t n,
                              size_t payload, sky_err_t *err)
{
    size_t size = sizeof(sky_shape_t) + payload;
    sky_shape_t *s;

    if (size > UINT32_C(0x3fffffff)) {
        sky_fail(err, SKY_ERR_VALUE, "the region is too large: %zu bytes, "
                 "at most %u", size, 0x3fffffffu);
        return NULL;
    }
    s = a->alloc(a->baton, size);
    if (s == NULL) {
        sky_fail(err, SKY_ERR_MEMORY, "no memory for a region of %zu bytes",
                 size);
        return NULL;
    }
    memset(s, 0, size);
    s->kind = (uint32_t)kind;
    s->size = (uint32_t)size;
    s->n = n;
    return s;
}

static int check_position(double ra_deg, double dec_deg, sky_err_t *err)
{
    if (!isfinite(ra_deg)) {
        return sky_fail(err, SKY_ERR_VALUE,
                        "longitude %g is not a finite number", ra_deg);
    }
    if (!(dec_deg >= -90.0 && dec_deg <= 90.0)) {
        return sky_fail(err, SKY_ERR_VALUE, "latitude %.17g is outside "
                        "[-90, 90]", dec_deg);
    }
    return 0;
}

sky_shape_t *sky_make_point(const sky_alloc_t *a, double ra_deg,
                            double dec_deg, sky_err_t *err)
{
    sky_shape_t *s;

    if (check_position(ra_deg, dec_deg, err) != 0) {
        return NULL;
    }
    s = new_shape(a, SKY_POINT, 1, 2 * sizeof(double), err);
    if (s != NULL) {
        s->d[0] = sky_wrap360(ra_deg);
        s->d[1] = dec_deg;
        sky_vec(s->d[0], dec_deg, s->cap);
    }
    return s;
}

sky_shape_t *sky_make_circle(const sky_alloc_t *a, double ra_deg,
                             double dec_deg, double radius_deg,
                             sky_err_t *err)
{
    sky_shape_t *s;

    if (check_position(ra_deg, dec_deg, err) != 0) {
        return NULL;
    }
    if (!(radius_deg >= 0.0 && radius_deg <= 180.0)) {
        sky_fail(err, SKY_ERR_VALUE, "radius %.17g is outside [0, 180]",
                 radius_deg);
        return NULL;
    }
    s = new_shape(a, SKY_CIRCLE, 1, 3 * sizeof(double), err);
    if (s != NULL) {
        s->d[0] = sky_wrap360(ra_deg);
        s->d[1] = dec_deg;
        s->d[2] = radius_deg;
        sky_vec(s->d[0], dec_deg, s->cap);
        s->cap[3] = radius_deg * SKY_RAD;
    }
    return s;
}

sky_shape_t *sky_make_polygon(const sky_alloc_t *a, int n,
                              const double *radec_deg, sky_err_t *err)
{
    sky_shape_t *s;
    int i;

    while (n > 3
           && sky_wrap360(radec_deg[0]) == sky_wrap360(radec_deg[2 * n - 2])
           && radec_deg[1] == radec_deg[2 * n - 1]) {
        n--;                    /* closed explicitly */
    }
    if (n < 3 || n > SKY_MAX_VERTICES) {
        sky_fail(err, SKY_ERR_VALUE, "a polygon of %d vertices; 3 to %d are "
                 "needed", n, SKY_MAX_VERTICES);
        return NULL;
    }
    for (i = 0; i < n; i++) {
        if (check_position(radec_deg[2 * i], radec_deg[2 * i + 1], err)
            != 0) {
            return NULL;
        }
    }
    s = new_shape(a, SKY_POLYGON, (uint32_t)n,
                  (3 + 8 * (size_t)n) * sizeof(double), err);
    if (s == NULL) {
        return NULL;
    }
    for (i = 0; i < n; i++) {
        s->d[2 * i] = sky_wrap360(radec_deg[2 * i]);
        s->d[2 * i + 1] = radec_deg[2 * i + 1];
    }
    return sky_poly_setup(s, err) == 0 ? s : NULL;
}

sky_shape_t *sky_make_box(const sky_alloc_t *a, double ra_deg, double dec_deg,
                          double width_deg, double height_deg, sky_err_t *err)
{
    static const int sign[4][2] = { { 1, -1 }, { 1, 1 }, { -1, 1 },
                                    { -1, -1 } };
    double c[3], east[3], north[3], p[3], radec[8], sa, ca, sd, cd, w, h;
    sky_shape_t *s;
    int i, k;

    if (check_position(ra_deg, dec_deg, err) != 0) {
        return NULL;
    }
    if (!(width_deg > 0.0 && width_deg < 180.0)) {
        sky_fail(err, SKY_ERR_VALUE, "box width %.17g is outside (0, 180)",
                 width_deg);
        return NULL;
    }
    if (!(height_deg > 0.0 && height_deg < 180.0)) {
        sky_fail(err, SKY_ERR_VALUE, "box height %.17g is outside (0, 180)",
                 height_deg);
        return NULL;
    }
    ra_deg = sky_wrap360(ra_deg);
    sincos(ra_deg * SKY_RAD, &sa, &ca);
    sincos(dec_deg * SKY_RAD, &sd, &cd);
    sky_vec(ra_deg, dec_deg, c);
    east[0] = -sa;
    east[1] = ca;
    east[2] = 0.0;
    north[0] = -sd * ca;
    north[1] = -sd * sa;
    north[2] = cd;
    /* sides at right angles to the arms: a rectangle in the tangent plane */
    w = tan(0.5 * width_deg * SKY_RAD);
    h = tan(0.5 * height_deg * SKY_RAD);
    for (i = 0; i < 4; i++) {
        for (k = 0; k < 3; k++) {
            p[k] = c[k] + sign[i][0] * w * east[k]
                   + sign[i][1] * h * north[k];
        }
        sky_vec_radec(p, &radec[2 * i], &radec[2 * i + 1]);
    }
    s = sky_make_polygon(a, 4, radec, err);
    if (s != NULL) {
        s->kind = SKY_BOX;
    }
    return s;
}

/* The smallest known circle around a range: about a point on its middle
 * meridian, or about the pole when it is wider than half a turn. */
static void range_cap(sky_shape_t *s)
{
    double lon1 = s->d[0], lon2 = s->d[1], lat1 = s->d[2], lat2 = s->d[3];
    double half = 0.5 * (lon2 - lon1), best = 180.0, lat = 0.0, ra = 0.0;
    int i;

    for (i = 0; i < 2; i++) {
        double pole = i == 0 ? 90.0 - lat1 : 90.0 + lat2;

        if (pole < best) {
            best = pole;
            lat = i == 0 ? 90.0 : -90.0;
        }
    }
    if (half < 90.0) {
        double mid = 0.5 * (lat1 + lat2), far = 0.0, top, d1, d2;

        /* the corners, and the bulge of the wider parallel */
        d1 = sky_distance(0.0, mid, half, lat1);
        d2 = sky_distance(0.0, mid, half, lat2);
        top = 0.5 * (lat2 - lat1);
        far = d1 > d2 ? d1 : d2;
        far = far > top ? far : top;
        if (far < best) {
            best = far;
            lat = mid;
            ra = lon1 + half;
        }
    }
    sky_vec(ra, lat, s->cap);
    s->cap[3] = (best + 1e-10) * SKY_RAD;
}

sky_shape_t *sky_make_range(const sky_alloc_t *a, double lon1_deg,
                            double lon2_deg, double lat1_deg,
                            double lat2_deg, sky_err_t *err)
{
    sky_shape_t *s;
    double span;

    if (check_position(lon1_deg, lat1_deg, err) != 0
        || check_position(lon2_deg, lat2_deg, err) != 0) {
        return NULL;
    }
    if (lat1_deg > lat2_deg) {
        sky_fail(err, SKY_ERR_VALUE, "the lower latitude %.17g of a range is "
                 "above the upper %.17g", lat1_deg, lat2_deg);
        return NULL;
    }
    span = lon2_deg - lon1_deg;
    s = new_shape(a, SKY_RANGE, 1, 4 * sizeof(double), err);
    if (s == NULL) {
        return NULL;
    }
    if (span >= 360.0) {
        s->d[0] = 0.0;
        s->d[1] = 360.0;
    }
    else {
        s->d[0] = sky_wrap360(lon1_deg);
        s->d[1] = sky_wrap360(lon2_deg);
        if (s->d[1] < s->d[0] || (s->d[1] == s->d[0] && span != 0.0)) {
            s->d[1] += 360.0;
        }
        if (lon2_deg == 360.0 && s->d[1] == 0.0) {
            s->d[1] = 360.0;
        }
    }
    s->d[2] = lat1_deg;
    s->d[3] = lat2_deg;
    range_cap(s);
    return s;
}

sky_shape_t *sky_make_moc(const sky_alloc_t *a, int n,
                          const sky_span_t *spans, int order, sky_err_t *err)
{
    sky_shape_t *s;
    sky_span_t *to;
    int have;

    if (order < 0 || order > SKY_ORDER) {
        sky_fail(err, SKY_ERR_VALUE, "MOC order %d is outside [0, 29]",
                 order);
        return NULL;
    }
    s = new_shape(a, SKY_MOC, (uint32_t)n, (size_t)n * sizeof(sky_span_t),
                  err);
    if (s == NULL) {
        return NULL;
    }
    to = (sky_span_t *)s->d;
    if (n > 0) {
        memcpy(to, spans, (size_t)n * sizeof(sky_span_t));
    }
    n = sky_moc_normalize(to, n);
    if (n < 0) {
        sky_fail(err, SKY_ERR_VALUE, "a MOC range is reversed or outside "
                 "[0, 12 * 4^29)");
        return NULL;
    }
    s->n = (uint32_t)n;
    s->size = (uint32_t)(sizeof(*s) + (size_t)n * sizeof(sky_span_t));
    have = sky_moc_order(to, n);
    s->flags = (uint32_t)(have > order ? have : order);
    s->cap[2] = 1.0;
    s->cap[3] = SKY_PI;
    if (n > 0 && to[n - 1].hi - to[0].lo < (int64_t)1 << 58) {
        /* the smallest cell that holds all of it, if there is one */
        int o = SKY_ORDER, shift = 0, i;
        sky_cell_t cell;

        while (o > 0 && to[0].lo >> shift != (to[n - 1].hi - 1) >> shift) {
            o--;
            shift += 2;
        }
        if (to[0].lo >> shift == (to[n - 1].hi - 1) >> shift) {
            sky_cell_make(&cell, o, to[0].lo >> shift);
            for (i = 0; i < 3; i++) {
                s->cap[i] = cell.v[0][i] + cell.v[1][i] + cell.v[2][i]
                            + cell.v[3][i];
            }
            sky_norm(s->cap);
            s->cap[3] = 0.0;
            for (i = 0; i < 4; i++) {
                double r = sky_angle(s->cap, cell.v[i]) + cell.sag;

                s->cap[3] = r > s->cap[3] ? r : s->cap[3];
            }
        }
    }
    return s;
}

/* A circle around all members: about the mean of their centres. */
static void union_cap(sky_shape_t *s)
{
    double c[3] = { 0.0, 0.0, 0.0 }, r = 0.0;
    int i, k, n = sky_shape_member_count(s);

    for (i = 0; i < n; i++) {
        const sky_shape_t *m = sky_shape_member(s, i);

        for (k = 0; k < 3; k++) {
            c[k] += m->cap[k];
        }
    }
    if (sky_norm(c) < 1e-9) {
        c[0] = c[1] = 0.0;
        c[2] = 1.0;
    }
    for (i = 0; i < n; i++) {
        const sky_shape_t *m = sky_shape_member(s, i);
        double d = sky_angle(c, m->cap) + m->cap[3] + 1e-12;

        r = d > r ? d : r;
    }
    memcpy(s->cap, c, sizeof(c));
    s->cap[3] = r < SKY_PI ? r : SKY_PI;
}

sky_shape_t *sky_make_union(const sky_alloc_t *a, int n,
                            const sky_shape_t *const *shapes, sky_err_t *err)
{
    size_t payload = 0, at = 0;
    sky_shape_t *s;
    uint32_t members = 0;
    int i;

    if (n < 1) {
        sky_fail(err, SKY_ERR_VALUE, "a union of %d regions; at least 1 is "
                 "needed", n);
        return NULL;
    }
    for (i = 0; i < n; i++) {
        payload += shapes[i]->kind == SKY_UNION
                   ? shapes[i]->size - sizeof(sky_shape_t)
                   : shapes[i]->size;
        members += (uint32_t)sky_shape_member_count(shapes[i]);
    }
    s = new_shape(a, SKY_UNION, members, payload, err);
    if (s == NULL) {
        return NULL;
    }
    for (i = 0; i < n; i++) {
        const char *from = (const char *)shapes[i];
        size_t size = shapes[i]->size;

        if (shapes[i]->kind == SKY_UNION) {
            from += sizeof(sky_shape_t);
            size -= sizeof(sky_shape_t);
        }
        memcpy((char *)s->d + at, from, size);
        at += size;
    }
    union_cap(s);
    return s;
}

size_t sky_shape_size(const sky_shape_t *shape)
{
    return shape->size;
}

int sky_shape_kind(const sky_shape_t *shape)
{
    return (int)shape->kind;
}

int sky_shape_is_polygon(const sky_shape_t *shape)
{
    return shape->kind == SKY_POLYGON || shape->kind == SKY_BOX;
}

const double *sky_shape_numbers(const sky_shape_t *shape, int *count)
{
    switch (shape->kind) {
    case SKY_POINT:
        *count = 2;
        break;
    case SKY_CIRCLE:
        *count = 3;
        break;
    case SKY_POLYGON:
    case SKY_BOX:
        *count = (int)(2 * shape->n);
        break;
    case SKY_RANGE:
        *count = 4;
        break;
    default:
        *count = 0;
        return NULL;
    }
    return shape->d;
}

const sky_span_t *sky_shape_spans(const sky_shape_t *shape, int *count)
{
    if (shape->kind != SKY_MOC) {
        *count = 0;
        return NULL;
    }
    *count = (int)shape->n;
    return (const sky_span_t *)shape->d;
}

int sky_shape_moc_order(const sky_shape_t *shape)
{
    return shape->kind == SKY_MOC ? (int)shape->flags : SKY_ORDER;
}

int sky_shape_member_count(const sky_shape_t *shape)
{
    return shape->kind == SKY_UNION ? (int)shape->n : 1;
}

const sky_shape_t *sky_shape_member(const sky_shape_t *shape, int i)
{
    const char *at = (const char *)shape;

    if (shape->kind != SKY_UNION) {
        return shape;
    }
    at += sizeof(sky_shape_t);
    while (i-- > 0) {
        at += ((const sky_shape_t *)(const void *)at)->size;
    }
    return (const sky_shape_t *)(const void *)at;
}

void sky_shape_cap(const sky_shape_t *shape, double center[3],
                   double *radius_rad)
{
    memcpy(center, shape->cap, 3 * sizeof(double));
    *radius_rad = shape->cap[3];
}

void sky_shape_bounds(const sky_shape_t *shape, double bounds[6])
{
    double sr, cr;
    int k;

    sincos(shape->cap[3], &sr, &cr);
    for (k = 0; k < 3; k++) {
        double c = shape->cap[k], w = sr * sqrt(1.0 - (c > -1.0 && c < 1.0
                                                       ? c * c : 1.0));

        /* the extremes of c.p over the circle, and the axis if inside */
        bounds[k] = -c >= cr ? -1.0 : c * cr - w;
        bounds[k + 3] = c >= cr ? 1.0 : c * cr + w;
        bounds[k] -= 1e-12;
        bounds[k + 3] += 1e-12;
    }
}

static int range_has(const sky_shape_t *s, double ra_deg, double dec_deg,
                     double eps_deg)
{
    double d;

    if (dec_deg < s->d[2] - eps_deg || dec_deg > s->d[3] + eps_deg) {
        return 0;
    }
    if (fabs(dec_deg) == 90.0) {
        return 1;               /* a pole has every longitude */
    }
    d = sky_wrap360(ra_deg) - s->d[0];
    eps_deg /= cos(dec_deg * SKY_RAD);
    if (d < -eps_deg) {
        d += 360.0;
    }
    return d <= s->d[1] - s->d[0] + eps_deg || d >= 360.0 - eps_deg;
}

static int circle_has(const sky_shape_t *s, const double p[3], double ra_deg,
                      double dec_deg)
{
    double c2 = sky_chord2(p, s->cap), sr = sin(0.5 * s->cap[3]);
    double r2 = 4.0 * sr * sr;

    /* far from the rim the chord decides; on it, what sky_distance says */
    if (c2 < r2 * (1.0 - 1e-9) - 1e-13) {
        return 1;
    }
    if (c2 > r2 * (1.0 + 1e-9) + 1e-13) {
        return 0;
    }
    return sky_distance(ra_deg, dec_deg, s->d[0], s->d[1]) <= s->d[2];
}

/* P is the vector of the same direction. */
static int has(const sky_shape_t *s, const double p[3], double ra_deg,
               double dec_deg)
{
    int i;

    switch (s->kind) {
    case SKY_POINT:
        return sky_chord2(p, s->cap) < 1e-30;
    case SKY_CIRCLE:
        return circle_has(s, p, ra_deg, dec_deg);
    case SKY_POLYGON:
    case SKY_BOX:
        return sky_poly_has(s, p);
    case SKY_RANGE:
        return range_has(s, ra_deg, dec_deg, 1e-13);
    case SKY_MOC:
        return sky_moc_has((const sky_span_t *)s->d, (int)s->n,
                           sky_hpx(ra_deg, dec_deg));
    default:
        {
            const char *at = (const char *)s->d;

            for (i = 0; i < (int)s->n; i++) {
                const sky_shape_t *m = (const sky_shape_t *)(const void *)at;

                if (has(m, p, ra_deg, dec_deg)) {
                    return 1;
                }
                at += m->size;
            }
        }
        return 0;
    }
}

int sky_contains_point(const sky_shape_t *shape, double ra_deg,
                       double dec_deg)
{
    double p[3];

    if (!isfinite(ra_deg) || !(dec_deg >= -90.0 && dec_deg <= 90.0)) {
        return 0;
    }
    if (shape->kind == SKY_RANGE) {
        return range_has(shape, ra_deg, dec_deg, 1e-13);
    }
    sky_vec(sky_wrap360(ra_deg), dec_deg, p);
    return has(shape, p, ra_deg, dec_deg);
}

int sky_has_vec(const sky_shape_t *s, const double p[3])
{
    double ra, dec;

    sky_vec_radec(p, &ra, &dec);
    return has(s, p, ra, dec);
}
