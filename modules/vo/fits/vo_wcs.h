/* vo_wcs.h: world coordinates of FITS images, by wcslib. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_WCS_H
#define VO_WCS_H

#include <apr_pools.h>

#include "../vo_err.h"

/*
 * FITS 4.0, section 8. Pixels are FITS pixels: the centre of the first one is
 * (1, 1), an image of NX x NY covers 0.5 .. NX + 0.5, 0.5 .. NY + 0.5. The sky
 * is ICRS in degrees, whatever the frame of the header (vo_frame.h).
 *
 * A vo_wcs_t lives in its pool and is for one thread at a time; wcslib keeps
 * its work in it. There is no other state, so threads with their own objects
 * do not meet.
 */
typedef struct vo_wcs_t vo_wcs_t;

typedef struct vo_wcs_info_t {
    int axis[2];            /* image axes, from 0, of the two below */
    const char *projection; /* "TAN", "TPV", "SIP" (TAN with SIP), "ZPN" ... */
    const char *frame;      /* "ICRS", "FK5" ...: see vo_frame.h */
    double equinox;         /* years, NaN where the frame has none */
    int is_distorted;       /* SIP, TPV or alike: CD says not all */
    double crpix[2];        /* the reference pixel */
    double crval[2];        /* its longitude and latitude in the frame */
    double cd[4];           /* CD1_1 CD1_2 CD2_1 CD2_2, degrees per pixel,
                             * rows longitude, latitude */
} vo_wcs_info_t;

/*
 * Read the celestial axes of the primary WCS from NCARDS cards of 80
 * characters each, one behind the other. Cards that say nothing about
 * coordinates are ignored; so are other axes (spectral, Stokes ...) as long as
 * they are separable. CARDS is not kept.
 *
 * As other software does, and unlike the letter of the conventions: SIP
 * coefficients count although CTYPE lacks "-SIP", PV besides SIP does not, and
 * PVi_m with -TAN are those of TPV.
 *
 * Errors: VO_ERR_NOTFOUND when the header has no celestial axes, VO_ERR_USAGE
 * when they make no sense or are of a kind that is not known.
 */
vo_err_t *vo_wcs_parse(vo_wcs_t **wcs, const char *cards, int ncards,
                       apr_pool_t *pool);

const vo_wcs_info_t *vo_wcs_info(const vo_wcs_t *wcs);

/* Turn N points, pairs of numbers, from pixels to ICRS or from ICRS to pixels
 * on the two celestial axes. A point that has none becomes NaN, NaN; returns
 * the number of those. FROM and TO may be the same. */
int vo_wcs_to_sky(vo_wcs_t *wcs, int n, const double *pixels, double *radec);
int vo_wcs_to_pixels(vo_wcs_t *wcs, int n, const double *radec,
                     double *pixels);

/* Size of the pixel at X, Y along both axes, in degrees on the sky with all
 * distortion; NaN where there is no sky. */
void vo_wcs_scale(vo_wcs_t *wcs, double x, double y, double scale[2]);

/*
 * The outline of an image of NX x NY pixels: a polygon of *N vertices (ra, dec
 * pairs in POOL) from pixel (0.5, 0.5) along the x axis, first with the four
 * corners and with as many points between them as are needed for its great
 * circles to follow the edges to 0.1 pixel; at most VO_WCS_OUTLINE_MAX.
 *
 * Errors: VO_ERR_USAGE when an edge lies outside the sky, or the image is so
 * large that an outline does not say what is inside (half the sky or more).
 */
#define VO_WCS_OUTLINE_MAX 256
vo_err_t *vo_wcs_outline(double **radec, int *n, vo_wcs_t *wcs, int nx, int ny,
                         apr_pool_t *pool);

#endif
