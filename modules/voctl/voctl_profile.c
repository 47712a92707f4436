/* voctl_profile.c: the shapes of stars and galaxies as sums of Gaussians. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_profile.h"

#include <math.h>

typedef struct gauss_t {
    double share, variance;
} gauss_t;

#define PSF_PARTS 4
#define NOISE_AREA 3.434509   /* of the PSF below, FWHM^2 */
#define PSF_VARIANCE 0.366289 /* FWHM^2 */

/* Moffat of beta 3.5 and FWHM 1. */
static const gauss_t psf[PSF_PARTS] = {
    { 0.111192, 0.092421 }, { 0.466122, 0.196503 }, { 0.352780, 0.463651 },
    { 0.069906, 1.442660 },
};

/* Of half-light radius 1. */
static const gauss_t disc[] = {
    { 0.008187, 0.014728 }, { 0.094828, 0.108254 }, { 0.421081, 0.474905 },
    { 0.475904, 1.659949 },
};
static const gauss_t old[] = {
    { 0.024531, 0.001023 }, { 0.092343, 0.013088 }, { 0.214362, 0.110385 },
    { 0.336901, 0.845469 }, { 0.331863, 7.775058 },
};
static const gauss_t point[] = { { 1, 0 } };

static const struct {
    const gauss_t *parts;
    int n;
} kinds[] = { /* indexed by profile_e */
    { point, 1 }, { disc, 4 }, { old, 5 },
};

int profile_parts(profile_e kind, double radius, double axis_ratio,
                  double fwhm, profile_part_t *parts)
{
    const gauss_t *g = kinds[kind].parts;
    int i, k, n = 0;

    for (i = 0; i < kinds[kind].n; ++i) {
        double major = g[i].variance * radius * radius;
        double minor = major * axis_ratio * axis_ratio;

        for (k = 0; k < PSF_PARTS; ++k) {
            double blur = psf[k].variance * fwhm * fwhm;

            parts[n].share = g[i].share * psf[k].share;
            parts[n].major = major + blur;
            parts[n++].minor = minor + blur;
        }
    }
    return n;
}

/* Of an elliptical Gaussian: the integral over the radius is closed, the one
 * over the angle a mean of four, as the ellipse is symmetric. */
static double inside(double major, double minor, double radius)
{
    static const double cos2[4] = { 0.961939766, 0.691341716, 0.308658284,
                                    0.038060234 }; /* of pi/16, 3 pi/16 ... */
    double sum = 0, r2 = radius * radius / 2;
    int i;

    if (major - minor < 0.05 * major) {
        return 1 - exp(-r2 / sqrt(major * minor));
    }
    for (i = 0; i < 4; ++i) {
        double u = cos2[i] / major + (1 - cos2[i]) / minor;

        sum += (1 - exp(-r2 * u)) / u;
    }
    return sum / 4 / sqrt(major * minor);
}

double profile_inside(const profile_part_t *parts, int n, double radius)
{
    double sum = 0;
    int i;

    for (i = 0; i < n; ++i) {
        sum += parts[i].share * inside(parts[i].major, parts[i].minor,
                                       radius);
    }
    return sum < 1 ? sum : 1;
}

double profile_noise_area(double fwhm)
{
    return NOISE_AREA * fwhm * fwhm;
}

double profile_psf_variance(double fwhm)
{
    return PSF_VARIANCE * fwhm * fwhm;
}
