/* voctl_render.h: the demo's images as files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_RENDER_H
#define VOCTL_RENDER_H

#include "voctl.h"
#include "voctl_paint.h"

/*
 * Below DIR every tile has a folder "demo-05" with, for each filter,
 *   demo-05-rSDSS_swp.fits.fz        the coadd
 *   demo-05-rSDSS_swp.weight.fits.fz its weights, 1/variance of the sky
 *   demo-05-rSDSS_swp.mask.fits.fz   its mask, PAINT_ bits
 *   demo-05-rSDSS_swp.psf.fits       the PSF
 *   demo-05-rSDSS_swp.jpg            a preview
 * and demo-05.rgb.jpg. The first tile also has the exposures of some filters,
 * demo-20150304-213000_proc.fits.fz with the same beside it. The file SKY says
 * what the images show: those of another sky are replaced, those of the same
 * are kept, so that an interrupted run can be gone on with.
 */

/* Make the images of the first NTILES tiles below DIR (made if need be). */
vo_err_t *voctl_render(voctl_t *ctl, const truth_t *truth, const char *dir,
                       int ntiles, int jobs);

/* ---- between the parts of it ---------------------------------------------*/

typedef enum { RENDER_SCIENCE, RENDER_WEIGHT, RENDER_MASK } render_kind_e;

typedef struct render_frame_t {
    const truth_t *truth;
    int tile, filter;
    int exposure; /* -1: the coadd */
} render_frame_t;

/* "demo-05" */
const char *render_tile_name(int tile, apr_pool_t *pool);
/* The name of a frame without folder and ending: "demo-05-rSDSS_swp",
 * "demo-20150304-213000_proc". */
const char *render_frame_name(const render_frame_t *f, apr_pool_t *pool);

/* Seconds a frame's counts are the sum of: coadds are normalised to 1. */
double render_exptime(const render_frame_t *f);

/* Write the pixels, weights or mask of IMAGE as a compressed FITS file. All of
 * these write PATH at once or not at all. */
vo_err_t *render_fits(const char *path, const render_frame_t *f,
                      render_kind_e kind, const paint_image_t *image,
                      apr_pool_t *pool);
vo_err_t *render_fits_psf(const char *path, const render_frame_t *f,
                          apr_pool_t *pool);
#define RENDER_PART ".part" /* ends the name of a file that is not complete */

/* Write a grey JPEG of the image, at most 600 x 600 pixels. */
vo_err_t *render_preview(const char *path, const render_frame_t *f,
                         const paint_image_t *image, apr_pool_t *pool);
/* One in colour, of the red, green and blue coadds in FILES. */
vo_err_t *render_rgb(const char *path, const render_frame_t rgb[3],
                     const char *const files[3], apr_pool_t *pool);

#endif
