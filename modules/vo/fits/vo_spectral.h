/* vo_spectral.h: the wavelengths of the planes of a cube. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SPECTRAL_H
#define VO_SPECTRAL_H

#include "vo_fitsfile.h"

/*
 * FITS 4.0, section 8.4: an axis of the kind WAVE, AWAV, FREQ, WAVN, ENER,
 * VRAD, VOPT or VELO, linear or -LOG, in its usual units. Wavelengths are those
 * in vacuum, metres.
 */
typedef struct vo_spectral_t {
    int axis;              /* from 0; -1: there is none */
    const char *ctype;
    double crpix, crval, cdelt; /* in SI units */
    double rest;           /* Hz or m, of velocities */
    int is_log;
} vo_spectral_t;

/* The spectral axis of IMAGE. VO_ERR_USAGE for one that is not understood. */
vo_err_t *vo_spectral_find(vo_spectral_t *s, const vo_fitsimg_t *image,
                           apr_pool_t *pool);

/* The wavelength at a place of the axis in FITS pixels (1 is the middle of the
 * first plane); NaN where there is none. */
double vo_spectral_wave(const vo_spectral_t *s, double pixel);

/* The planes that have something of LO .. HI metres (of one wavelength, LO
 * being HI, the one it is in): *FIRST from 0, *COUNT 0 for none. There are
 * N. */
void vo_spectral_planes(apr_int64_t *first, apr_int64_t *count,
                        const vo_spectral_t *s, apr_int64_t n, double lo,
                        double hi);

#endif
