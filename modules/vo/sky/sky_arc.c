/* sky_arc.c: boundaries as arcs of circles, and where they meet. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <math.h>
#include <string.h>

/* The great-circle arc from A to B with unit normal N. */
static void great_arc(const double a[3], const double b[3],
                      const double n[3], sky_arc_t *arc)
{
    memcpy(arc->n, n, sizeof(arc->n));
    memcpy(arc->u, a, sizeof(arc->u));
    sky_cross(n, a, arc->v);
    arc->h = 0.0;
    arc->s = 1.0;
    arc->t = atan2(sky_dot(b, arc->v), sky_dot(b, a));
}

/* The parallel at LAT from LON, eastwards over SPAN. */
static void parallel(double lon_deg, double span_deg, double lat_deg,
                     sky_arc_t *arc)
{
    double s, c;

    sincos(lon_deg * SKY_RAD, &s, &c);
    memset(arc, 0, sizeof(*arc));
    arc->n[2] = 1.0;
    arc->u[0] = c;
    arc->u[1] = s;
    arc->v[0] = -s;
    arc->v[1] = c;
    arc->h = sin(lat_deg * SKY_RAD);
    arc->s = cos(lat_deg * SKY_RAD);
    arc->t = span_deg * SKY_RAD;
}

static void meridian(double lon_deg, double lat1_deg, double lat2_deg,
                     sky_arc_t *arc)
{
    double a[3], b[3], n[3], s, c;

    sincos(lon_deg * SKY_RAD, &s, &c);
    n[0] = s;
    n[1] = -c;
    n[2] = 0.0;
    sky_vec(lon_deg, lat1_deg, a);
    sky_vec(lon_deg, lat2_deg, b);
    great_arc(a, b, n, arc);
    arc->t = (lat2_deg - lat1_deg) * SKY_RAD;
}

/* The boundary of a polygon or range; returns the number of arcs. */
int sky_arcs(const sky_shape_t *s, sky_arc_t *out, int cap)
{
    const double *d = s->d;
    int n = 0, i, j;

    if (s->kind == SKY_RANGE) {
        if (cap < 4) {
            return 0;
        }
        if (d[3] < 90.0) {
            parallel(d[0], d[1] - d[0], d[3], &out[n++]);
        }
        if (d[2] > -90.0) {
            parallel(d[0], d[1] - d[0], d[2], &out[n++]);
        }
        if (d[1] - d[0] < 360.0) {
            meridian(d[0], d[2], d[3], &out[n++]);
            meridian(d[1], d[2], d[3], &out[n++]);
        }
        return n;
    }
    for (i = 0; i < (int)s->n && i < cap; i++) {
        const double *v = sky_poly_vertex(s);

        j = i + 1 < (int)s->n ? i + 1 : 0;
        great_arc(v + 3 * i, v + 3 * j, sky_poly_normal(s) + 3 * i,
                  &out[i]);
    }
    return (int)s->n < cap ? (int)s->n : cap;
}

void sky_arc_point(const sky_arc_t *arc, double t, double p[3])
{
    double st, ct;
    int k;

    sincos(t, &st, &ct);
    for (k = 0; k < 3; k++) {
        p[k] = arc->h * arc->n[k]
               + arc->s * (ct * arc->u[k] + st * arc->v[k]);
    }
}

/* The place of a point of the arc's circle on the arc, or -1. */
static double place_on(const sky_arc_t *arc, const double p[3])
{
    double t = atan2(sky_dot(p, arc->v), sky_dot(p, arc->u));
    double eps = SKY_EPS / (arc->s > SKY_EPS ? arc->s : 1.0);

    if (t < -eps) {
        t += 2.0 * SKY_PI;
    }
    if (t <= arc->t + eps) {
        return t > 0.0 ? t : 0.0;
    }
    return t >= 2.0 * SKY_PI - eps ? 0.0 : -1.0;
}

static int is_on_circle(const sky_arc_t *arc, const double p[3])
{
    double d = sky_dot(arc->n, p) - arc->h;

    return fabs(d) <= SKY_EPS * (arc->s > 1e-3 ? arc->s : 1e-3);
}

/* Where B meets A: places on A in T; returns their number. */
int sky_arc_meet(const sky_arc_t *a, const sky_arc_t *b, double t[6])
{
    double x[3], p[3], g = sky_dot(a->n, b->n), sin2, base[3], len2, place;
    int n = 0, k, sign;

    sky_cross(a->n, b->n, x);
    sin2 = sky_dot(x, x);
    if (sin2 > 1e-24) {
        double ca = (a->h - g * b->h) / sin2, cb = (b->h - g * a->h) / sin2;

        for (k = 0; k < 3; k++) {
            base[k] = ca * a->n[k] + cb * b->n[k];
        }
        len2 = 1.0 - sky_dot(base, base);
        if (len2 > -1e-15) {
            double f = sqrt((len2 > 0.0 ? len2 : 0.0) / sin2);

            for (sign = -1; sign <= 1; sign += 2) {
                for (k = 0; k < 3; k++) {
                    p[k] = base[k] + sign * f * x[k];
                }
                place = place_on(a, p);
                if (place >= 0.0 && place_on(b, p) >= 0.0) {
                    t[n++] = place;
                }
            }
        }
    }
    /* arcs of one circle, and those that only just touch */
    for (k = 0; k < 2; k++) {
        sky_arc_point(b, k == 0 ? 0.0 : b->t, p);
        if (is_on_circle(a, p)) {
            place = place_on(a, p);
            if (place >= 0.0) {
                t[n++] = place;
            }
        }
    }
    for (k = 0; k < 2; k++) {
        sky_arc_point(a, k == 0 ? 0.0 : a->t, p);
        if (is_on_circle(b, p) && place_on(b, p) >= 0.0) {
            t[n++] = k == 0 ? 0.0 : a->t;
        }
    }
    return n;
}
