/* vo_spectral.c: the wavelengths of the planes of a cube. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 8.4; Greisen et al. 2006, A&A 446, 747 */
#include "vo_spectral.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define C 299792458.0          /* m/s */
#define H 6.62607015e-34       /* J s */
#define EV 1.602176634e-19     /* J */

typedef double wave_fn_t(double v, double rest);

static double from_wave(double v, double rest)
{
    (void)rest;
    return v;
}

/* Greisen et al., equation 65: the refraction of air. */
static double from_awav(double v, double rest)
{
    double um2 = v * 1e6 * v * 1e6;

    (void)rest;
    return v * (1 + 1e-6 * (287.6155 + 1.62887 / um2 + 0.01360 / (um2 * um2)));
}

static double from_freq(double v, double rest)
{
    (void)rest;
    return C / v;
}

static double from_wavn(double v, double rest)
{
    (void)rest;
    return 1 / v;
}

static double from_ener(double v, double rest)
{
    (void)rest;
    return H * C / v;
}

static double from_vrad(double v, double rest)
{
    return C / (rest * (1 - v / C));
}

static double from_vopt(double v, double rest)
{
    return rest * (1 + v / C);
}

static double from_velo(double v, double rest)
{
    double b = v / C;

    return rest * sqrt((1 + b) / (1 - b));
}

/* The kinds of axes; REST is the keyword of what a velocity refers to. */
static const struct {
    const char *name;
    const char *unit;  /* SI */
    const char *rest;
    wave_fn_t *wave;
} kinds[] = {
    {"WAVE", "m", NULL, from_wave},       {"AWAV", "m", NULL, from_awav},
    {"FREQ", "Hz", NULL, from_freq},      {"WAVN", "/m", NULL, from_wavn},
    {"ENER", "J", NULL, from_ener},       {"VRAD", "m/s", "RESTFRQ",
                                           from_vrad},
    {"VOPT", "m/s", "RESTWAV", from_vopt}, {"VELO", "m/s", "RESTWAV",
                                            from_velo},
};

static const struct {
    const char *name, *unit;
    double factor;
} units[] = {
    {"m", "m", 1},          {"cm", "m", 1e-2},     {"mm", "m", 1e-3},
    {"um", "m", 1e-6},      {"micron", "m", 1e-6}, {"nm", "m", 1e-9},
    {"Angstrom", "m", 1e-10}, {"angstrom", "m", 1e-10}, {"A", "m", 1e-10},
    {"Hz", "Hz", 1},        {"kHz", "Hz", 1e3},    {"MHz", "Hz", 1e6},
    {"GHz", "Hz", 1e9},     {"THz", "Hz", 1e12},   {"m-1", "/m", 1},
    {"/m", "/m", 1},        {"1/m", "/m", 1},      {"cm-1", "/m", 100},
    {"J", "J", 1},          {"eV", "J", EV},       {"keV", "J", 1e3 * EV},
    {"m/s", "m/s", 1},      {"m s-1", "m/s", 1},   {"km/s", "m/s", 1e3},
    {"km s-1", "m/s", 1e3},
};

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

static int kind_of(const char *ctype)
{
    int i;

    for (i = 0; i < COUNT(kinds); ++i) {
        if (!strncmp(ctype, kinds[i].name, 4)
            && (!ctype[4] || ctype[4] == ' ' || ctype[4] == '-')) {
            return i;
        }
    }
    return -1;
}

static double number(const vo_fits_cards_t *head, const char *key, int axis,
                     double deflt)
{
    char name[32];

    snprintf(name, sizeof(name), "%s%d", key, axis + 1);
    vo_fits_cards_double(head, name, &deflt);
    return deflt;
}

/* Scale of the axis: CDELT, or CD of the axis with itself. */
static double increment(const vo_fits_cards_t *head, int axis)
{
    double cdelt = number(head, "CDELT", axis, NAN);
    char name[32];

    if (isnan(cdelt)) {
        cdelt = 1;
        snprintf(name, sizeof(name), "CD%d_%d", axis + 1, axis + 1);
        vo_fits_cards_double(head, name, &cdelt);
    }
    return cdelt;
}

static vo_err_t *read_axis(vo_spectral_t *s, const vo_fitsimg_t *image,
                           int kind, apr_pool_t *pool)
{
    const vo_fits_cards_t *head = image->head;
    const char *unit, *code = s->ctype + 4;
    char name[32];
    double factor = 1;
    int i;

    snprintf(name, sizeof(name), "CUNIT%d", s->axis + 1);
    unit = vo_fits_cards_string(head, name);
    for (i = 0; unit && i < COUNT(units); ++i) {
        if (!strcmp(unit, units[i].name)
            && !strcmp(kinds[kind].unit, units[i].unit)) {
            factor = units[i].factor;
            break;
        }
    }
    s->is_log = !strncmp(code, "-LOG", 4);
    if ((unit && i == COUNT(units)) || (*code == '-' && !s->is_log)) {
        return vo_err_make(pool, VO_ERR_USAGE, "BAND: the image's axis %.8s in"
                           " %.16s is not understood", s->ctype,
                           unit ? unit : kinds[kind].unit);
    }
    s->rest = 1;
    if (kinds[kind].rest
        && !vo_fits_cards_double(head, kinds[kind].rest, &s->rest)) {
        return vo_err_make(pool, VO_ERR_USAGE, "BAND: the image has velocities"
                           " but no %s", kinds[kind].rest);
    }
    s->crpix = number(head, "CRPIX", s->axis, 0);
    s->crval = number(head, "CRVAL", s->axis, 0) * factor;
    s->cdelt = increment(head, s->axis) * factor;
    return NULL;
}

vo_err_t *vo_spectral_find(vo_spectral_t *s, const vo_fitsimg_t *image,
                           apr_pool_t *pool)
{
    int i;

    memset(s, 0, sizeof(*s));
    for (i = 0; i < image->naxes; ++i) {
        char name[32];
        const char *ctype;
        int kind;

        snprintf(name, sizeof(name), "CTYPE%d", i + 1);
        ctype = vo_fits_cards_string(image->head, name);
        kind = ctype ? kind_of(ctype) : -1;
        if (kind >= 0) {
            s->axis = i;
            s->ctype = ctype;
            return read_axis(s, image, kind, pool);
        }
    }
    s->axis = -1;
    return NULL;
}

double vo_spectral_wave(const vo_spectral_t *s, double pixel)
{
    double w = (pixel - s->crpix) * s->cdelt, v;

    v = s->is_log ? s->crval * exp(w / s->crval) : s->crval + w;
    v = kinds[kind_of(s->ctype)].wave(v, s->rest);
    return v > 0 && isfinite(v) ? v : NAN;
}

void vo_spectral_planes(apr_int64_t *first, apr_int64_t *count,
                        const vo_spectral_t *s, apr_int64_t n, double lo,
                        double hi)
{
    apr_int64_t i;

    *first = *count = 0;
    for (i = 0; i < n; ++i) {
        double a = vo_spectral_wave(s, (double)i + 0.5);
        double b = vo_spectral_wave(s, (double)i + 1.5);
        double least = fmin(a, b), most = fmax(a, b);

        if (isnan(a + b)
            || !(lo < hi ? most > lo && least < hi
                         : least <= lo && lo < most)) {
            continue;
        }
        if (!*count) {
            *first = i;
        }
        *count = i + 1 - *first;
    }
}
