/* vo_frame.c: celestial frames of FITS headers, turned to ICRS and back. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_frame.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define DEG (PI / 180)
#define ARCSEC (DEG / 3600)
#define JD_J2000 2451545.0
#define JD_B1950 2433282.42345905

/* --- matrices, row by row ------------------------------------------------ */

static void set_unit(double *m)
{
    int i;

    for (i = 0; i < 9; ++i) {
        m[i] = i % 4 == 0;
    }
}

/* OUT = A B; OUT may be either. */
static void multiply(double *out, const double *a, const double *b)
{
    double t[9];
    int i, j;

    for (i = 0; i < 3; ++i) {
        for (j = 0; j < 3; ++j) {
            t[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j]
                           + a[3 * i + 2] * b[6 + j];
        }
    }
    memcpy(out, t, sizeof(t));
}

static void transpose(double *out, const double *a)
{
    double t[9];
    int i;

    for (i = 0; i < 9; ++i) {
        t[i] = a[i % 3 * 3 + i / 3];
    }
    memcpy(out, t, sizeof(t));
}

/* Rotations by AXIS 0 1 2 (x y z), the frame turning by ANGLE radians: M
 * becomes R M. */
static void rotate(double *m, int axis, double angle)
{
    double r[9], c = cos(angle), s = sin(angle);
    int a = (axis + 1) % 3, b = (axis + 2) % 3;

    set_unit(r);
    r[3 * a + a] = r[3 * b + b] = c;
    r[3 * a + b] = s;
    r[3 * b + a] = -s;
    multiply(m, r, m);
}

/* The inverse of a matrix that is nearly a rotation. */
static void invert(double *out, const double *m)
{
    double t[9], det;
    int i, j;

    for (i = 0; i < 3; ++i) {
        for (j = 0; j < 3; ++j) {
            int a = (j + 1) % 3, b = (j + 2) % 3;
            int c = (i + 1) % 3, d = (i + 2) % 3;

            t[3 * i + j] = m[3 * a + c] * m[3 * b + d]
                           - m[3 * a + d] * m[3 * b + c];
        }
    }
    det = m[0] * t[0] + m[1] * t[3] + m[2] * t[6];
    for (i = 0; i < 9; ++i) {
        out[i] = t[i] / det;
    }
}

/* --- precession ---------------------------------------------------------- */

/* Sum of C[i] T^i, in arcseconds to radians. */
static double polynomial(const double *c, int n, double t)
{
    double sum = 0;

    while (n--) {
        sum = sum * t + c[n];
    }
    return sum * ARCSEC;
}

/* Mean obliquity, IAU 2006, T Julian centuries since J2000. */
static double obliquity(double t)
{
    static const double c[] = {84381.406, -46.836769, -0.0001831, 0.00200340,
                               -0.000000576, -0.0000000434};

    return polynomial(c, 6, t);
}

/* ICRS to mean equator and equinox of date: bias and precession by the four
 * Fukushima-Williams angles (Hilton et al. 2006). */
static void bias_precession(double *m, double t)
{
    static const double gamma[] = {-0.052928, 10.556378, 0.4932044,
                                   -0.00031238, -0.000002788, 0.0000000260};
    static const double phi[] = {84381.412819, -46.811016, 0.0511268,
                                 0.00053289, -0.000000440, -0.0000000176};
    static const double psi[] = {-0.041775, 5038.481484, 1.5584175,
                                 -0.00018522, -0.000026452, -0.0000000148};

    set_unit(m);
    rotate(m, 2, polynomial(gamma, 6, t));
    rotate(m, 0, polynomial(phi, 6, t));
    rotate(m, 2, -polynomial(psi, 6, t));
    rotate(m, 0, -obliquity(t));
}

/* ICRS to FK5 of EQUINOX, a Julian year. */
static void icrs_to_fk5(double *m, double equinox)
{
    double bias[9], precession[9];

    set_unit(m);
    rotate(m, 2, -0.0229 * ARCSEC);
    rotate(m, 1, 0.0091 * ARCSEC);
    rotate(m, 0, 0.0199 * ARCSEC);
    if (equinox != 2000) {
        bias_precession(bias, 0);
        bias_precession(precession, (equinox - 2000) / 100);
        transpose(bias, bias);
        multiply(precession, precession, bias);
        multiply(m, precession, m);
    }
}

/* Newcomb's precession from EQUINOX, a Besselian year, to 1950. */
static void precess_besselian(double *m, double equinox)
{
    double t = (equinox - 1850) / 1000, dt = 0.1 - t;
    double linear = 23035.545 + (139.720 + 0.060 * t) * t;
    double zeta[4], z[4], theta[4];

    zeta[0] = z[0] = theta[0] = 0;
    zeta[1] = z[1] = linear;
    zeta[2] = 30.240 - 0.27 * t;
    zeta[3] = 17.995;
    z[2] = 109.480 + 0.39 * t;
    z[3] = 18.325;
    theta[1] = 20051.12 - (85.29 + 0.37 * t) * t;
    theta[2] = -42.65 - 0.37 * t;
    theta[3] = -41.8;
    set_unit(m);
    rotate(m, 2, -polynomial(zeta, 4, dt));
    rotate(m, 1, polynomial(theta, 4, dt));
    rotate(m, 2, -polynomial(z, 4, dt));
}

static double besselian_jd(double year)
{
    return 2415020.31352 + (year - 1900) * 365.242198781;
}

/* FK4 without E-terms to FK5 J2000, for objects at rest seen at JD. */
static void fk4_to_fk5(double *m, double equinox, double jd)
{
    static const double murray[9] = {
        0.9999256794956877, -0.0111814832204662, -0.0048590038153592,
        0.0111814832391717, 0.9999374848933135, -0.0000271625947142,
        0.0048590037723143, -0.0000271702937440, 0.9999881946023742};
    static const double rate[9] = { /* 1e-6 per Julian century */
        -0.0026455262, -1.1539918689, 2.1111346190,
        1.1540628161, -0.0129042997, 0.0236021478,
        -2.1112979048, -0.0056024448, 0.0102587734};
    double precession[9];
    double t = (2000 + (jd - JD_J2000) / 365.25 - 1950) / 100;
    int i;

    for (i = 0; i < 9; ++i) {
        m[i] = murray[i] + rate[i] * 1e-6 * t;
    }
    precess_besselian(precession, equinox);
    multiply(m, m, precession);
}

/* E-terms of aberration (Seidelmann 1992, Explanatory Supplement). */
static void set_eterms(double *e, double equinox)
{
    static const double ecliptic[] = {84381.448, -46.8150, -0.00059, 0.001813};
    static const double perigee[] = {1015489.951, 6190.67, 1.65, 0.012};
    double jd = besselian_jd(equinox);
    double t = (jd - JD_B1950) / 36525;
    double k = 0.0056932 * DEG * (0.01673011 - (0.00004193 + 0.000000126 * t)
                                                   * t);
    double g = polynomial(perigee, 4, t);
    double o = polynomial(ecliptic, 4, (jd - JD_J2000) / 36525);

    e[0] = k * sin(g);
    e[1] = -k * cos(g) * cos(o);
    e[2] = -k * cos(g) * sin(o);
}

/* --- frames -------------------------------------------------------------- */

static void set_equatorial(vo_frame_t *f, const char *radesys, double equinox,
                           double mjd_obs)
{
    if (!*radesys) {
        radesys = isnan(equinox) ? "ICRS" : equinox < 1984 ? "FK4" : "FK5";
    }
    if (!strcmp(radesys, "ICRS")) {
        f->name = "ICRS";
        f->is_icrs = 1;
    }
    else if (!strcmp(radesys, "FK5")) {
        f->name = "FK5";
        f->equinox = isnan(equinox) ? 2000 : equinox;
        icrs_to_fk5(f->from_icrs, f->equinox);
        transpose(f->to_icrs, f->from_icrs);
    }
    else if (!strcmp(radesys, "FK4") || !strcmp(radesys, "FK4-NO-E")) {
        double j2000[9];

        f->has_eterms = !radesys[3];
        f->name = f->has_eterms ? "FK4" : "FK4-NO-E";
        f->equinox = isnan(equinox) ? 1950 : equinox;
        if (f->has_eterms) {
            set_eterms(f->eterms, f->equinox);
        }
        fk4_to_fk5(f->to_icrs, f->equinox,
                   isnan(mjd_obs) ? besselian_jd(f->equinox)
                                  : mjd_obs + 2400000.5);
        icrs_to_fk5(j2000, 2000);
        transpose(j2000, j2000);
        multiply(f->to_icrs, j2000, f->to_icrs);
        invert(f->from_icrs, f->to_icrs);
    }
}

static void set_galactic(double *m)
{
    icrs_to_fk5(m, 2000);
    rotate(m, 2, 192.8594812065348 * DEG);
    rotate(m, 1, (90 - 27.12825118085622) * DEG);
    rotate(m, 2, (180 - 122.9319185680026) * DEG);
}

int vo_frame_set(vo_frame_t *f, const char *axis, const char *radesys,
                 double equinox, double mjd_obs)
{
    memset(f, 0, sizeof(*f));
    f->equinox = NAN;
    if (!strcmp(axis, "RA")) {
        set_equatorial(f, radesys, equinox, mjd_obs);
        return f->name ? 0 : -1;
    }
    if (!strcmp(axis, "GLON")) {
        f->name = "GALACTIC";
        set_galactic(f->from_icrs);
    }
    else if (!strcmp(axis, "SLON")) {
        f->name = "SUPERGALACTIC";
        set_galactic(f->from_icrs);
        rotate(f->from_icrs, 2, 47.37 * DEG);
        rotate(f->from_icrs, 1, (90 - 6.32) * DEG);
        rotate(f->from_icrs, 2, 90 * DEG);
    }
    else if (!strcmp(axis, "ELON")) {
        double t;

        f->name = "ECLIPTIC";
        f->equinox = isnan(equinox) ? 2000 : equinox;
        t = (f->equinox - 2000) / 100;
        bias_precession(f->from_icrs, t);
        rotate(f->from_icrs, 0, obliquity(t));
    }
    else {
        return -1;
    }
    transpose(f->to_icrs, f->from_icrs);
    return 0;
}

static void turn(const double *m, double *v)
{
    double x = v[0], y = v[1], z = v[2];
    int i;

    for (i = 0; i < 3; ++i) {
        v[i] = m[3 * i] * x + m[3 * i + 1] * y + m[3 * i + 2] * z;
    }
}

static void to_vector(double *v, double lon, double lat)
{
    v[0] = cos(lat * DEG) * cos(lon * DEG);
    v[1] = cos(lat * DEG) * sin(lon * DEG);
    v[2] = sin(lat * DEG);
}

static void to_angles(double *lon, double *lat, const double *v)
{
    *lon = atan2(v[1], v[0]) / DEG;
    *lon += *lon < 0 ? 360 : 0;
    *lon = *lon >= 360 ? 0 : *lon;
    *lat = atan2(v[2], hypot(v[0], v[1])) / DEG;
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void vo_frame_to_icrs(const vo_frame_t *f, double *lon, double *lat)
{
    double v[3];
    int i;

    to_vector(v, *lon, *lat);
    if (f->has_eterms) {
        double d = dot(f->eterms, v);

        for (i = 0; i < 3; ++i) {
            v[i] += d * v[i] - f->eterms[i];
        }
    }
    if (!f->is_icrs) {
        turn(f->to_icrs, v);
    }
    to_angles(lon, lat, v);
}

void vo_frame_from_icrs(const vo_frame_t *f, double *lon, double *lat)
{
    double v[3];
    int i, round;

    to_vector(v, *lon, *lat);
    if (!f->is_icrs) {
        turn(f->from_icrs, v);
    }
    if (f->has_eterms) { /* the inverse by iteration, as Seidelmann has it */
        double without[3], norm = sqrt(dot(v, v));

        for (i = 0; i < 3; ++i) {
            without[i] = v[i] /= norm;
        }
        for (round = 0; round < 10; ++round) {
            double d = dot(f->eterms, v);

            for (i = 0; i < 3; ++i) {
                v[i] = (without[i] + f->eterms[i]) / (1 + d);
            }
        }
    }
    to_angles(lon, lat, v);
}
