/* sky_geom.c: directions as vectors, distances, arcs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <math.h>

double sky_wrap360(double deg)
{
    if (deg >= 0.0 && deg < 360.0) {
        return deg;
    }
    deg = fmod(deg, 360.0);
    if (deg < 0.0) {
        deg += 360.0;
    }
    return deg >= 360.0 ? 0.0 : deg + 0.0;
}

void sky_vec(double ra_deg, double dec_deg, double v[3])
{
    double sa, ca, sd, cd;

    sincos(ra_deg * SKY_RAD, &sa, &ca);
    sincos(dec_deg * SKY_RAD, &sd, &cd);
    v[0] = cd * ca;
    v[1] = cd * sa;
    v[2] = sd;
}

void sky_vec_radec(const double v[3], double *ra_deg, double *dec_deg)
{
    double rho = hypot(v[0], v[1]);

    *ra_deg = rho > 0.0 ? sky_wrap360(atan2(v[1], v[0]) / SKY_RAD) : 0.0;
    *dec_deg = atan2(v[2], rho) / SKY_RAD;
}

double sky_norm(double v[3])
{
    double len = sqrt(sky_dot(v, v));

    if (len > 0.0) {
        v[0] /= len;
        v[1] /= len;
        v[2] /= len;
    }
    return len;
}

double sky_angle(const double a[3], const double b[3])
{
    double c[3];

    sky_cross(a, b, c);
    return atan2(sqrt(sky_dot(c, c)), sky_dot(a, b));
}

void sky_axes(const double n[3], double u[3], double v[3])
{
    double axis[3] = { 0.0, 0.0, 0.0 };
    int i = fabs(n[0]) < fabs(n[1]) ? 0 : 1;

    if (fabs(n[2]) < fabs(n[i])) {
        i = 2;
    }
    axis[i] = 1.0;
    sky_cross(n, axis, u);
    sky_norm(u);
    sky_cross(n, u, v);
}

void sky_edge_normal(const double a[3], const double b[3], double n[3])
{
    double d[3] = { b[0] - a[0], b[1] - a[1], b[2] - a[2] };

    /* a x (b - a) keeps its digits where a x b loses them (short edges) */
    sky_cross(a, d, n);
    sky_norm(n);
}

double sky_arc_distance(const double p[3], const double a[3],
                        const double b[3], const double n[3])
{
    double t[3], da, db;

    sky_cross(n, p, t);
    if (sky_dot(t, a) <= 0.0 && sky_dot(t, b) >= 0.0) {
        double s = fabs(sky_dot(n, p));

        return s < 1.0 ? asin(s) : SKY_PI / 2;
    }
    da = sky_chord2(p, a);
    db = sky_chord2(p, b);
    da = 0.5 * sqrt(da < db ? da : db);
    return 2.0 * asin(da < 1.0 ? da : 1.0);
}

double sky_distance(double ra1_deg, double dec1_deg,
                    double ra2_deg, double dec2_deg)
{
    double dra = fabs(ra2_deg - ra1_deg), sa, ca, sd, cd, ss, cs, cc, h, g;

    if (dra >= 360.0) {
        dra = fmod(dra, 360.0);
    }
    if (dra == 0.0) {
        /* one meridian: exact, so that points on a rim drawn along it count
         * as being on it */
        return fabs(dec2_deg - dec1_deg);
    }
    if (dec1_deg == 0.0 && dec2_deg == 0.0) {
        return dra > 180.0 ? 360.0 - dra : dra;
    }
    sincos(dra * (0.5 * SKY_RAD), &sa, &ca);
    sincos((dec2_deg - dec1_deg) * (0.5 * SKY_RAD), &sd, &cd);
    sincos((dec2_deg + dec1_deg) * (0.5 * SKY_RAD), &ss, &cs);
    /* cos d1 cos d2, without cancellation near the poles */
    cc = (cs - sd) * (cs + sd);
    h = sd * sd + cc * sa * sa;
    if (!(h >= 0.5)) {
        return asin(sqrt(h < 0.0 ? 0.0 : h)) * (2.0 / SKY_RAD);
    }
    g = ss * ss + cc * ca * ca;
    return acos(sqrt(g < 0.0 ? 0.0 : g > 1.0 ? 1.0 : g)) * (2.0 / SKY_RAD);
}

double sky_bearing(double ra1_deg, double dec1_deg,
                   double ra2_deg, double dec2_deg)
{
    double sa, ca, sd, cd, ha, s1, c1, s2, c2, x, y;

    sincos((ra2_deg - ra1_deg) * SKY_RAD, &sa, &ca);
    sincos((dec2_deg - dec1_deg) * SKY_RAD, &sd, &cd);
    sincos(dec1_deg * SKY_RAD, &s1, &c1);
    sincos(dec2_deg * SKY_RAD, &s2, &c2);
    ha = sin((ra2_deg - ra1_deg) * (0.5 * SKY_RAD));
    /* c1 s2 - s1 c2 ca, in a form that holds for near points */
    x = sd + 2.0 * s1 * c2 * ha * ha;
    y = c2 * sa;
    if (x == 0.0 && y == 0.0) {
        return 0.0;
    }
    return sky_wrap360(atan2(y, x) / SKY_RAD);
}
