/* voctl_profile.h: the shapes of stars and galaxies as sums of Gaussians. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_PROFILE_H
#define VOCTL_PROFILE_H

/*
 * A sum of Gaussians convolved with a sum of Gaussians is a sum of Gaussians:
 * so what a galaxy looks like through the atmosphere, and how much of it an
 * aperture holds, is known in closed form, for the catalogue and for the
 * pixels alike. The parts were fitted by least squares to a Moffat function of
 * beta 3.5 (the PSF, with the pixel in it), an exponential disc and a de
 * Vaucouleurs profile. Plain C: no I/O, no state.
 */
#define PROFILE_MAX 20

typedef enum { PROFILE_POINT, PROFILE_DISC, PROFILE_OLD } profile_e;

typedef struct profile_part_t {
    double share;        /* of the light; all parts make 1 */
    double major, minor; /* variances along the axes, arcsec^2 */
} profile_part_t;

/* The parts of an object of half-light RADIUS (arcsec) along its major axis,
 * AXIS_RATIO minor to major, seen through a PSF of FWHM (arcsec). Returns how
 * many, at most PROFILE_MAX. */
int profile_parts(profile_e kind, double radius, double axis_ratio,
                  double fwhm, profile_part_t *parts);

/* Share of the light within a circle of RADIUS arcsec around the centre. */
double profile_inside(const profile_part_t *parts, int n, double radius);

/* Noise-equivalent area of the PSF, arcsec^2: the best measurement of a point
 * source has the noise of the sky on this area. */
double profile_noise_area(double fwhm);

/* Variance of the PSF along one axis, arcsec^2. */
double profile_psf_variance(double fwhm);

#endif
