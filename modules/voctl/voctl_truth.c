/* voctl_truth.c: the made-up sky of the demo: what is there, what is seen. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_truth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "voctl_dice.h"
#include "voctl_profile.h"

#define RAD (M_PI / 180)
#define HC_K 1.438777e8        /* hc/k in Angstrom kelvin (CODATA 2018) */
#define AB_UJY 23.9            /* AB magnitude of one microjansky */
#define HALF_WIDTH (TRUTH_TILE_WIDTH / 2)
#define AUTO_SHARE 0.97        /* of the light in a Kron-like aperture */
#define AUTO_STAR 6.2          /* its area for a star, FWHM^2 */
#define AUTO_GALAXY 28.0       /* what a galaxy adds, radius^2 b/a */
#define APERTURE 1.5           /* arcsec, radius */
#define GAIN_NOISE 0.02        /* uJy of an electron, to the noise of a star */
#define SATURATE 8000          /* uJy in a pixel, of the reference filter */
#define EDGE_ARCSEC 55.5       /* seen by fewer exposures */
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

enum { FOR_OBJECT = 1, FOR_TILE, FOR_SEEN };

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

void truth_corners(const truth_t *truth, int t, double radec[8])
{
    static const int sign[4][2] = { { -1, -1 }, { 1, -1 }, { 1, 1 },
                                    { -1, 1 } };
    double half = truth->naxis * truth->pixel / 7200;
    int k;

    for (k = 0; k < 4; ++k) {
        deproject(truth->tiles[t].ra, truth->tiles[t].dec, sign[k][0] * half,
                  sign[k][1] * half, &radec[2 * k], &radec[2 * k + 1]);
    }
}

int truth_edge(const truth_t *truth)
{
    int edge = (int)(EDGE_ARCSEC / truth->pixel);

    return edge > 0 ? edge : 1;
}

int truth_pixel(const truth_t *truth, int t, double ra, double dec, double *x,
                double *y)
{
    const truth_tile_t *tile = &truth->tiles[t];
    double xi, eta;

    if (!project(tile->ra, tile->dec, ra, dec, &xi, &eta)) {
        return 0;
    }
    *x = (truth->naxis + 1) / 2.0 - xi * 3600 / truth->pixel;
    *y = (truth->naxis + 1) / 2.0 + eta * 3600 / truth->pixel;
    return 1;
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

static void make_tile(truth_tile_t *tile, uint64_t seed, int t, double pixel)
{
    dice_t dice = dice_for(seed, FOR_TILE, (uint64_t)t, 0);
    double mjd = 57000 + floor(dice_between(&dice, 0, 1500)) + 0.9;
    int k;

    tile_centre(t, &tile->ra, &tile->dec);
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        const truth_filter_t *f = &truth_filters[k];
        double depth = f->depth + 0.12 * dice_normal(&dice);
        double noise = truth_flux(depth) / 5; /* of a star's flux */

        tile->depth[k] = depth;
        tile->fwhm[k] = pixel * (2.25 + 0.35 * fabs(dice_normal(&dice))
                                            * pow(f->wavelength / 6254, -0.2));
        tile->zeropoint[k] = 21.5 + 2.2 * f->width / 1400
                             + 0.05 * dice_normal(&dice);
        tile->sky[k] = noise / sqrt(profile_noise_area(tile->fwhm[k]));
        tile->gain[k] = truth_flux(tile->zeropoint[k]) / (GAIN_NOISE * noise);
        /* in other filters so that saturated stars come out white */
        tile->saturate[k] = SATURATE * pow(f->wavelength / 6254, 1.5)
                            / truth_flux(tile->zeropoint[k]);
        tile->mjd[k] = mjd;
        mjd += TRUTH_EXPOSURES * (f->exptime / TRUTH_EXPOSURES
                                  + TRUTH_READOUT) / 86400;
    }
}

/* ---- objects --------------------------------------------------------------*/

static double star_temperature(dice_t *dice)
{
    double u = dice_uniform(dice);

    /* mostly cool dwarfs, a tail of hot ones */
    return u < 0.9 ? 3200 + 3800 * pow(dice_uniform(dice), 1.5)
                   : dice_between(dice, 7000, 14000);
}

/* Numbers grow by SLOPE dex per magnitude between BRIGHT and FAINT. */
static double magnitude(dice_t *dice, double slope, double bright,
                        double faint)
{
    double lo = pow(10, slope * (bright - faint));

    return faint + log10(dice_between(dice, lo, 1)) / slope;
}

static void make_star(truth_object_t *o, dice_t *dice, double mag)
{
    o->temperature = star_temperature(dice);
    o->axis_ratio = 1;
    shine(o, mag);
}

static void make_galaxy(truth_object_t *o, dice_t *dice)
{
    double mag = magnitude(dice, 0.35, 12, 22.3);

    o->is_galaxy = 1;
    o->redshift = 0.004 + 0.18 * pow(10, 0.13 * (mag - 20))
                              * fabs(dice_normal(dice));
    o->young = dice_uniform(dice) < 0.35 ? dice_between(dice, 0, 0.1)
                                    : dice_between(dice, 0.2, 0.9);
    o->line_width = 90 * o->young * dice_uniform(dice);
    o->temperature = dice_between(dice, 4200, 5000);
    o->radius = 0.4 + 1.1 * pow(10, -0.14 * (mag - 20))
                          * dice_between(dice, 0.2, 1.2);
    o->axis_ratio = dice_between(dice, 0.25, 1);
    o->angle = dice_between(dice, 0, 180);
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

        o->dec = asin(dice_between(&dice, s0, s1)) / RAD;
        o->ra = TRUTH_RA + dice_between(&dice, -width, width);
    } while (!truth_in_field(o->ra, o->dec));
    if (dice_uniform(&dice) < 0.3) {
        make_star(o, &dice, magnitude(&dice, 0.2, 11, 22.3));
    }
    else {
        make_galaxy(o, &dice);
    }
}

truth_t *truth_create(uint64_t seed, double pixel, int nobjects, int nstars,
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
    truth->pixel = pixel;
    truth->naxis = (int)ceil(TRUTH_TILE_WIDTH * 3600 / pixel - 1e-9);
    truth->nobjects = nobjects;
    for (i = 0; i < TRUTH_TILES; ++i) {
        make_tile(&truth->tiles[i], seed, i, pixel);
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

profile_e truth_profile(const truth_object_t *o)
{
    return o->radius <= 0 ? PROFILE_POINT
                          : o->young < 0.1 ? PROFILE_OLD : PROFILE_DISC;
}

/* One flux as measured: noise of the sky over AREA arcsec^2, noise of the
 * object's own light, and the calibration's. */
static double measure(dice_t *dice, double flux, const truth_tile_t *tile,
                      int k, double area, double *err)
{
    double sky = tile->sky[k] * sqrt(area);
    double electron = truth_flux(tile->zeropoint[k]) / tile->gain[k];

    *err = sqrt(sky * sky + flux * electron + pow(0.004 * flux, 2));
    return flux + *err * dice_normal(dice);
}

/* Does a star saturate the pixel it falls on? DX and DY are its distance from
 * the centre of that pixel, in pixels. */
static int is_saturated(const truth_object_t *o, const truth_tile_t *tile,
                        int k, double pixel, double dx, double dy)
{
    profile_part_t parts[PROFILE_MAX];
    double peak = 0, r2 = (dx * dx + dy * dy) * pixel * pixel;
    double counts = pow(10, 0.4 * (tile->zeropoint[k] - o->mag[k]));
    int i, n;

    if (o->radius > 0 || counts < tile->saturate[k]) {
        return 0;
    }
    n = profile_parts(PROFILE_POINT, 0, 1, tile->fwhm[k], parts);
    for (i = 0; i < n; ++i) {
        peak += parts[i].share / (2 * M_PI * parts[i].major)
                * exp(-r2 / (2 * parts[i].major));
    }
    return counts * peak * pixel * pixel > tile->saturate[k];
}

static void see_filter(const truth_object_t *o, const truth_t *truth, int t,
                       int k, uint64_t i, truth_seen_t *seen)
{
    const truth_tile_t *tile = &truth->tiles[t];
    dice_t dice = dice_for(truth->seed, FOR_SEEN, i,
                           (uint64_t)(t * (TRUTH_FILTERS + 1) + k));
    profile_part_t parts[PROFILE_MAX];
    double flux = truth_flux(o->mag[k]), fwhm = tile->fwhm[k];
    int n = profile_parts(truth_profile(o), o->radius, o->axis_ratio, fwhm,
                          parts);

    seen->flux[k] = measure(&dice, AUTO_SHARE * flux, tile, k,
                            AUTO_STAR * fwhm * fwhm
                                + AUTO_GALAXY * o->radius * o->radius
                                      * o->axis_ratio, &seen->flux_err[k]);
    seen->aper[k] = measure(&dice,
                            profile_inside(parts, n, APERTURE) * flux, tile, k,
                            M_PI * APERTURE * APERTURE, &seen->aper_err[k]);
    seen->psf[k] = measure(&dice, flux, tile, k, profile_noise_area(fwhm),
                           &seen->psf_err[k]);
    seen->flags[k] = (is_saturated(o, tile, k, truth->pixel,
                                   seen->x - floor(seen->x + 0.5),
                                   seen->y - floor(seen->y + 0.5)) ? 4 : 0)
                     | (dice_uniform(&dice) < 0.03 ? 1 : 0);
}

/* Angle of the object's major axis on the tile, from north through east; at
 * the tile's centre it is that on the sky. */
double truth_angle(const truth_t *truth, int t, const truth_object_t *o)
{
    double x0, y0, x1, y1;

    truth_pixel(truth, t, o->ra, o->dec, &x0, &y0);
    truth_pixel(truth, t, o->ra, o->dec + 1e-3, &x1, &y1);
    return o->angle + atan2(x0 - x1, y1 - y0) / RAD;
}

static void shape(const truth_object_t *o, const truth_tile_t *tile,
                  double signal, dice_t *dice, truth_seen_t *seen)
{
    double psf = profile_psf_variance(tile->fwhm[TRUTH_REFERENCE]);
    double r2 = o->radius * o->radius;
    double size = sqrt(pow(tile->fwhm[TRUTH_REFERENCE], 2)
                       + pow(1.7 * o->radius, 2));
    double major = sqrt(psf + r2);
    double minor = sqrt(psf + r2 * o->axis_ratio * o->axis_ratio);
    double blur = 0.3 / signal;
    double round = major > minor ? minor / (major - minor) : 1e3;

    seen->fwhm = size * (1 + blur * dice_normal(dice));
    seen->major = major * (1 + blur * dice_normal(dice));
    seen->minor = fmin(seen->major, minor * (1 + blur * dice_normal(dice)));
    seen->angle = fmod(o->angle + 720 + blur * round / RAD
                                            * dice_normal(dice), 180);
}

static void classify(const truth_object_t *o, const truth_tile_t *tile,
                     dice_t *dice, truth_seen_t *seen)
{
    double signal = seen->flux[TRUTH_REFERENCE]
                    / seen->flux_err[TRUTH_REFERENCE];
    double blur = 4 / signal; /* how little a faint object tells */
    double star = o->radius > 0 ? -1 : 1;
    double z_err = 0.006 + 0.25 / signal;

    shape(o, tile, signal, dice, seen);
    seen->class_star = 1 / (1 + exp(-6 * (star + blur * dice_normal(dice))));
    seen->prob_star = 1 / (1 + exp(-5 * (star + 0.6 * blur
                                                    * dice_normal(dice))));
    seen->photoz = fabs(o->redshift + z_err * (1 + o->redshift)
                                          * dice_normal(dice));
    seen->photoz_err = z_err * (1 + o->redshift);
    seen->odds = exp(-pow(z_err / 0.05, 2));
}

int truth_see(const truth_t *truth, int t, int i, truth_seen_t *seen)
{
    const truth_object_t *o = &truth->objects[i];
    const truth_tile_t *tile = &truth->tiles[t];
    const int r = TRUTH_REFERENCE;
    double xi, eta, blur, edge = truth_edge(truth);
    dice_t dice;
    int k, is_edge;

    /* cheap first: most objects are on other tiles */
    if (fabs(o->dec - tile->dec) > HALF_WIDTH * 1.1
        || !on_tile(t, o->ra, o->dec, &xi, &eta)) {
        return 0;
    }
    truth_pixel(truth, t, o->ra, o->dec, &seen->x, &seen->y);
    see_filter(o, truth, t, r, (uint64_t)i, seen);
    if (seen->flux[r] < DETECTION * seen->flux_err[r]) {
        return 0;
    }
    is_edge = seen->x - 0.5 < edge || seen->x + 0.5 > truth->naxis - edge + 1
              || seen->y - 0.5 < edge
              || seen->y + 0.5 > truth->naxis - edge + 1;
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        if (k != r) {
            see_filter(o, truth, t, k, (uint64_t)i, seen);
        }
        seen->mask[k] = is_edge;
    }
    dice = dice_for(truth->seed, FOR_SEEN, (uint64_t)i,
                    (uint64_t)(t * (TRUTH_FILTERS + 1) + TRUTH_FILTERS));
    classify(o, tile, &dice, seen);
    blur = 0.02 + tile->fwhm[r] / 2 * seen->flux_err[r] / seen->flux[r];
    seen->dec = o->dec + blur / 3600 * dice_normal(&dice);
    seen->ra = o->ra + blur / 3600 * dice_normal(&dice) / cos(o->dec * RAD);
    truth_pixel(truth, t, seen->ra, seen->dec, &seen->x, &seen->y);
    return 1;
}
