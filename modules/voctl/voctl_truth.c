/* voctl_truth.c: the made-up sky of the demo: what is there, what is seen. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_truth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RAD (M_PI / 180)
#define HC_K 1.438777e8        /* hc/k in Angstrom kelvin (CODATA 2018) */
#define AB_UJY 23.9            /* AB magnitude of one microjansky */
#define HALF_WIDTH (TRUTH_TILE_WIDTH / 2)
#define EDGE_PIXELS 100        /* measured, but marked in the mask */
#define DETECTION 5.0          /* sigma in the reference filter */

/* Central wavelengths and widths: J-PLUS filter system (Cenarro et al. 2019,
 * A&A 622, A176, table 3); depths are like that survey's. */
const truth_filter_t truth_filters[TRUTH_FILTERS] = {
    { "uJAVA", 5, 3485, 508, "#7e00db", 21.6, 405 },
    { "J0378", 6, 3785, 168, "#8a2be2", 21.5, 405 },
    { "J0395", 7, 3950, 100, "#8300b5", 21.4, 240 },
    { "J0410", 8, 4100, 200, "#7e00db", 21.5, 177 },
    { "J0430", 9, 4300, 200, "#3d00ff", 21.5, 165 },
    { "gSDSS", 2, 4803, 1409, "#00a9ff", 22.0, 60 },
    { "J0515", 10, 5150, 200, "#00ff28", 21.5, 150 },
    { "rSDSS", 1, 6254, 1388, "#ff8d00", 22.0, 63 },
    { "J0660", 11, 6600, 138, "#ff0000", 21.4, 756 },
    { "iSDSS", 3, 7668, 1535, "#c40000", 21.6, 69 },
    { "J0861", 12, 8610, 400, "#8b0000", 20.7, 285 },
    { "zSDSS", 4, 9114, 1409, "#610000", 20.8, 90 },
};

/* ---- numbers by chance, addressed by what they are for ------------------- */

enum { FOR_OBJECT = 1, FOR_TILE, FOR_SEEN };

typedef struct dice_t {
    uint64_t state;
} dice_t;

/* splitmix64 (Steele, Lea, Flood 2014): every seed gives a good stream. */
static uint64_t roll(dice_t *dice)
{
    uint64_t z = dice->state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static dice_t dice_for(uint64_t seed, int what, uint64_t a, uint64_t b)
{
    dice_t dice = { seed };

    dice.state = roll(&dice) ^ (uint64_t)what;
    dice.state = roll(&dice) ^ a;
    dice.state = roll(&dice) ^ b;
    roll(&dice);
    return dice;
}

/* In [0, 1). */
static double uniform(dice_t *dice)
{
    return (double)(roll(dice) >> 11) * 0x1p-53;
}

static double between(dice_t *dice, double lo, double hi)
{
    return lo + (hi - lo) * uniform(dice);
}

/* Mean 0, variance 1 (Box and Muller). */
static double normal(dice_t *dice)
{
    double r = sqrt(-2 * log(1 - uniform(dice)));

    return r * cos(2 * M_PI * uniform(dice));
}

/* ---- light ----------------------------------------------------------------*/

double truth_mag(double flux)
{
    return AB_UJY - 2.5 * log10(flux);
}

double truth_flux(double mag)
{
    return pow(10, 0.4 * (AB_UJY - mag));
}

/* f_nu of a blackbody, any scale. */
static double planck(double wavelength, double temperature)
{
    return 1 / (pow(wavelength, 3)
                * expm1(HC_K / (wavelength * temperature)));
}

/* f_nu of an object's continuum at a rest wavelength, 1 at 5500 A. */
static double continuum(const truth_object_t *o, double wavelength)
{
    double old = planck(wavelength, o->temperature)
                 / planck(5500, o->temperature);
    double young = pow(wavelength / 5500, -0.3);

    if (!o->is_galaxy) {
        return old;
    }
    /* the break at 4000 A, and what little gets through at the Lyman limit */
    if (wavelength < 4000) {
        old *= 0.55;
    }
    if (wavelength < 912) {
        young *= 0.05;
        old = 0;
    }
    return old * (1 - o->young) + young * o->young;
}

/* f_nu through a filter: the continuum averaged over seven points of its band,
 * and the lines that fall inside. */
static double through(const truth_object_t *o, const truth_filter_t *f)
{
    static const double lines[][2] = { /* rest A, strength to H alpha */
        { 6563, 1.0 }, { 5007, 0.5 }, { 4861, 0.3 }, { 3727, 0.6 },
    };
    double sum = 0, z1 = 1 + o->redshift;
    int k;
    size_t i;

    for (k = -3; k <= 3; ++k) {
        sum += continuum(o, (f->wavelength + k * f->width / 7) / z1) / 7;
    }
    for (i = 0; o->is_galaxy && i < sizeof(lines) / sizeof(*lines); ++i) {
        double seen = lines[i][0] * z1;

        if (fabs(seen - f->wavelength) < f->width / 2) {
            sum += continuum(o, lines[i][0]) * o->line_width * lines[i][1]
                   * z1 / f->width;
        }
    }
    return sum;
}

/* Set the magnitudes so that the one in the reference filter is MAG. */
static void shine(truth_object_t *o, double mag)
{
    double reference = through(o, &truth_filters[TRUTH_REFERENCE]);
    int k;

    for (k = 0; k < TRUTH_FILTERS; ++k) {
        o->mag[k] = mag - 2.5 * log10(through(o, &truth_filters[k])
                                      / reference);
    }
}

/* ---- tiles ----------------------------------------------------------------*/

/* Tiles lie on the gnomonic projection about their own centre; centres are
 * spaced evenly in declination and in right ascension times its cosine. */
static void tile_centre(int t, double *ra, double *dec)
{
    *dec = TRUTH_DEC + TRUTH_TILE_STEP * (t / 3 - 1);
    *ra = TRUTH_RA + TRUTH_TILE_STEP * (t % 3 - 1) / cos(*dec * RAD);
}

/* Degrees east and north of the tile's centre; 0 when behind the sky. */
static int project(double ra0, double dec0, double ra, double dec, double *xi,
                   double *eta)
{
    double dra = (ra - ra0) * RAD;
    double sd = sin(dec * RAD), cd = cos(dec * RAD);
    double s0 = sin(dec0 * RAD), c0 = cos(dec0 * RAD);
    double w = s0 * sd + c0 * cd * cos(dra);

    if (w <= 0) {
        return 0;
    }
    *xi = cd * sin(dra) / w / RAD;
    *eta = (c0 * sd - s0 * cd * cos(dra)) / w / RAD;
    return 1;
}

static void deproject(double ra0, double dec0, double xi, double eta,
                      double *ra, double *dec)
{
    double x = xi * RAD, y = eta * RAD;
    double s0 = sin(dec0 * RAD), c0 = cos(dec0 * RAD);

    *ra = ra0 + atan2(x, c0 - y * s0) / RAD;
    *dec = atan2((s0 + y * c0) * cos((*ra - ra0) * RAD), c0 - y * s0) / RAD;
}

void truth_corners(int t, double radec[8])
{
    static const int sign[4][2] = { { -1, -1 }, { 1, -1 }, { 1, 1 },
                                    { -1, 1 } };
    double ra0, dec0;
    int k;

    tile_centre(t, &ra0, &dec0);
    for (k = 0; k < 4; ++k) {
        deproject(ra0, dec0, sign[k][0] * HALF_WIDTH, sign[k][1] * HALF_WIDTH,
                  &radec[2 * k], &radec[2 * k + 1]);
    }
}

static int on_tile(int t, double ra, double dec, double *xi, double *eta)
{
    double ra0, dec0;

    tile_centre(t, &ra0, &dec0);
    return project(ra0, dec0, ra, dec, xi, eta) && fabs(*xi) < HALF_WIDTH
           && fabs(*eta) < HALF_WIDTH;
}

int truth_in_field(double ra, double dec)
{
    double xi, eta;
    int t;

    for (t = 0; t < TRUTH_TILES; ++t) {
        if (on_tile(t, ra, dec, &xi, &eta)) {
            return 1;
        }
    }
    return 0;
}

static void make_tile(truth_tile_t *tile, uint64_t seed, int t)
{
    dice_t dice = dice_for(seed, FOR_TILE, (uint64_t)t, 0);
    double mjd = 57000 + floor(between(&dice, 0, 1500)) + 0.9;
    int k;

    tile_centre(t, &tile->ra, &tile->dec);
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        tile->depth[k] = truth_filters[k].depth + 0.12 * normal(&dice);
        tile->fwhm[k] = 1.0 + 0.25 * fabs(normal(&dice))
                        * pow(truth_filters[k].wavelength / 6254, -0.2);
        tile->zeropoint[k] = 21.5 + 2.2 * truth_filters[k].width / 1400
                             + 0.05 * normal(&dice);
        tile->mjd[k] = mjd;
        mjd += 3 * (truth_filters[k].exptime / 3 + 15) / 86400;
    }
}

/* ---- objects --------------------------------------------------------------*/

static double star_temperature(dice_t *dice)
{
    double u = uniform(dice);

    /* mostly cool dwarfs, a tail of hot ones */
    return u < 0.9 ? 3200 + 3800 * pow(uniform(dice), 1.5)
                   : between(dice, 7000, 14000);
}

/* Numbers grow by SLOPE dex per magnitude between BRIGHT and FAINT. */
static double magnitude(dice_t *dice, double slope, double bright,
                        double faint)
{
    double lo = pow(10, slope * (bright - faint));

    return faint + log10(between(dice, lo, 1)) / slope;
}

static void make_star(truth_object_t *o, dice_t *dice, double mag)
{
    o->temperature = star_temperature(dice);
    o->axis_ratio = 1;
    shine(o, mag);
}

static void make_galaxy(truth_object_t *o, dice_t *dice)
{
    double mag = magnitude(dice, 0.45, 14.5, 22.3);

    o->is_galaxy = 1;
    o->redshift = 0.004 + 0.18 * pow(10, 0.13 * (mag - 20))
                              * fabs(normal(dice));
    o->young = uniform(dice) < 0.35 ? between(dice, 0, 0.1)
                                    : between(dice, 0.2, 0.9);
    o->line_width = 90 * o->young * uniform(dice);
    o->temperature = between(dice, 4200, 5000);
    o->radius = 0.4 + 1.1 * pow(10, -0.14 * (mag - 20)) * uniform(dice);
    o->axis_ratio = between(dice, 0.25, 1);
    o->angle = between(dice, 0, 180);
    shine(o, mag);
}

static void make_object(truth_object_t *o, uint64_t seed, int i,
                        const truth_star_t *star)
{
    dice_t dice = dice_for(seed, FOR_OBJECT, (uint64_t)i, 0);
    double half = TRUTH_TILE_STEP + HALF_WIDTH;

    memset(o, 0, sizeof(*o));
    if (star) {
        o->ra = star->ra;
        o->dec = star->dec;
        o->source = star->source;
        make_star(o, &dice, star->mag);
        return;
    }
    do { /* evenly on the sphere, inside the tiles */
        double s0 = sin((TRUTH_DEC - half) * RAD);
        double s1 = sin((TRUTH_DEC + half) * RAD);
        double width = half / cos((TRUTH_DEC + half) * RAD);

        o->dec = asin(between(&dice, s0, s1)) / RAD;
        o->ra = TRUTH_RA + between(&dice, -width, width);
    } while (!truth_in_field(o->ra, o->dec));
    if (uniform(&dice) < 0.3) {
        make_star(o, &dice, magnitude(&dice, 0.2, 11, 22.3));
    }
    else {
        make_galaxy(o, &dice);
    }
}

truth_t *truth_create(uint64_t seed, int nobjects, int nstars,
                      const truth_star_t *stars)
{
    truth_t *truth = calloc(1, sizeof(*truth));
    int i;

    if (!truth) {
        return NULL;
    }
    truth->objects = malloc(sizeof(*truth->objects) * (size_t)(nobjects + 1));
    if (!truth->objects) {
        free(truth);
        return NULL;
    }
    truth->seed = seed;
    truth->nobjects = nobjects;
    for (i = 0; i < TRUTH_TILES; ++i) {
        make_tile(&truth->tiles[i], seed, i);
    }
    for (i = 0; i < nobjects; ++i) {
        make_object(&truth->objects[i], seed, i,
                    i < nstars ? &stars[i] : NULL);
    }
    return truth;
}

void truth_free(truth_t *truth)
{
    if (truth) {
        free(truth->objects);
        free(truth);
    }
}

/* ---- measuring ------------------------------------------------------------*/

/* One flux as measured: noise of the sky over an area of AREA times that of a
 * 3 arcsec aperture, noise of the object itself, and the calibration's. */
static double measure(dice_t *dice, double flux, double depth, double area,
                      double *err)
{
    double sky = truth_flux(depth) / 5 * sqrt(area);

    *err = sqrt(sky * sky + flux * sky * 0.02 + pow(0.004 * flux, 2));
    return flux + *err * normal(dice);
}

/* Share of the light of an object of half-light RADIUS within 1.5 arcsec. */
static double inside_aperture(double radius, double fwhm)
{
    double size = sqrt(radius * radius + 0.25 * fwhm * fwhm);

    return 1 - pow(0.5, pow(1.5 / size, 2));
}

static void see_filter(const truth_object_t *o, const truth_tile_t *tile,
                       int k, dice_t *dice, truth_seen_t *seen)
{
    double flux = truth_flux(o->mag[k]);
    double share = inside_aperture(o->radius, tile->fwhm[k]);
    double area = 1 + pow(2 * o->radius, 2);
    double depth = tile->depth[k];

    seen->flux[k] = measure(dice, 0.97 * flux, depth, area,
                            &seen->flux_err[k]);
    seen->aper[k] = measure(dice, share * flux, depth, 1, &seen->aper_err[k]);
    seen->psf[k] = measure(dice, flux, depth, 0.8, &seen->psf_err[k]);
    seen->flags[k] = (o->mag[k] < tile->zeropoint[k] - 10.5 ? 4 : 0)
                     | (uniform(dice) < 0.03 ? 1 : 0);
}

static void classify(const truth_object_t *o, const truth_tile_t *tile,
                     dice_t *dice, truth_seen_t *seen)
{
    double signal = seen->flux[TRUTH_REFERENCE]
                    / seen->flux_err[TRUTH_REFERENCE];
    double blur = 4 / signal; /* how little a faint object tells */
    double star = o->radius > 0 ? -1 : 1;
    double size = sqrt(pow(tile->fwhm[TRUTH_REFERENCE], 2)
                       + pow(1.7 * o->radius, 2));
    double z_err = 0.006 + 0.25 / signal;

    seen->fwhm = size * (1 + 0.3 / signal * normal(dice));
    seen->class_star = 1 / (1 + exp(-6 * (star + blur * normal(dice))));
    seen->prob_star = 1 / (1 + exp(-5 * (star + 0.6 * blur * normal(dice))));
    seen->photoz = fabs(o->redshift + z_err * (1 + o->redshift)
                                          * normal(dice));
    seen->photoz_err = z_err * (1 + o->redshift);
    seen->odds = exp(-pow(z_err / 0.05, 2));
}

int truth_see(const truth_t *truth, int t, int i, truth_seen_t *seen)
{
    const truth_object_t *o = &truth->objects[i];
    const truth_tile_t *tile = &truth->tiles[t];
    dice_t dice;
    double xi, eta, blur;
    int k, is_edge;

    /* cheap first: most objects are on other tiles */
    if (fabs(o->dec - tile->dec) > HALF_WIDTH * 1.1
        || !on_tile(t, o->ra, o->dec, &xi, &eta)) {
        return 0;
    }
    dice = dice_for(truth->seed, FOR_SEEN, (uint64_t)i, (uint64_t)t);
    seen->x = (TRUTH_NAXIS + 1) / 2.0 - xi * 3600 / TRUTH_PIXEL;
    seen->y = (TRUTH_NAXIS + 1) / 2.0 + eta * 3600 / TRUTH_PIXEL;
    is_edge = seen->x < EDGE_PIXELS || seen->x > TRUTH_NAXIS - EDGE_PIXELS
              || seen->y < EDGE_PIXELS || seen->y > TRUTH_NAXIS - EDGE_PIXELS;
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        see_filter(o, tile, k, &dice, seen);
        seen->mask[k] = is_edge;
    }
    if (seen->flux[TRUTH_REFERENCE]
        < DETECTION * seen->flux_err[TRUTH_REFERENCE]) {
        return 0;
    }
    classify(o, tile, &dice, seen);
    blur = 0.02 + tile->fwhm[TRUTH_REFERENCE] / 2
                      * seen->flux_err[TRUTH_REFERENCE]
                      / seen->flux[TRUTH_REFERENCE];
    seen->dec = o->dec + blur / 3600 * normal(&dice);
    seen->ra = o->ra + blur / 3600 * normal(&dice) / cos(o->dec * RAD);
    return 1;
}
