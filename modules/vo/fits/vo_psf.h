/* vo_psf.h: models of the point spread function made by PSFEx. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_PSF_H
#define VO_PSF_H

#include "../vo_out.h"
#include "vo_fitsfile.h"

/*
 * A PSFEx file has a table PSF_DATA whose one cell is a stack of images, the
 * coefficients of a polynomial in the position of the star on the image: with
 * u = (x - POLZERO1) / POLSCAL1 and v alike, the PSF is the sum over j, i with
 * i + j <= POLDEG1 (i running faster) of u^i v^j times the next image.
 */
typedef struct vo_psf_t {
    int nx, ny;
    float *pixels;    /* rows from the bottom */
    double sampling;  /* image pixels of one pixel of the PSF */
} vo_psf_t;

/* The PSF at the pixel X, Y (FITS pixels of the image the model was made from),
 * in POOL; *PSF is NULL when FILE holds no such model. VO_ERR_FAULT "The file
 * is damaged", VO_ERR_USAGE for a model that depends on more than
 * position. */
vo_err_t *vo_psf_at(vo_psf_t **psf, vo_fitsfile_t *file, double x, double y,
                    apr_pool_t *pool);

/* Write PSF as an image with NCARDS cards at CARDS; the pixels are used up. */
vo_err_t *vo_psf_write(vo_out_t *out, vo_psf_t *psf, const char *cards,
                       int ncards, apr_pool_t *scratch);

#endif
