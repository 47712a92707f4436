/* vo_cutout.h: sections of images with their headers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_CUTOUT_H
#define VO_CUTOUT_H

#include "../vo_out.h"
#include "vo_fitsfile.h"
#include "vo_region.h"

/*
 * A cutout has the pixels of the image as they are in it, never resampled, and
 * its header with the reference pixel moved: CRPIX of every alternate
 * coordinate system, LTV and CNPIX. Other axes than the celestial ones are kept
 * whole unless told otherwise.
 */
typedef struct vo_cutout_t {
    const vo_fitsimg_t *image;
    apr_int64_t first[VO_FITS_MAX_AXES], size[VO_FITS_MAX_AXES];
    int axis[2];         /* the celestial ones, from 0 */
    vo_box_t box;        /* on these */
    apr_int64_t npixels;
    void *pixels;        /* machine order, of image->bitpix; NULL: not read */
    int has_blank;       /* a BLANK of our own choice is needed */
    apr_int64_t blank;
} vo_cutout_t;

/* The WCS of IMAGE; VO_ERR_USAGE or VO_ERR_NOTFOUND when it has none. */
vo_err_t *vo_cutout_wcs(vo_wcs_t **wcs, const vo_fitsimg_t *image,
                        apr_pool_t *pool);

/* Find what REGION is on IMAGE; *CUT is NULL when they do not overlap. WCS may
 * be NULL for the whole image. Nothing is read yet. */
vo_err_t *vo_cutout_plan(vo_cutout_t **cut, const vo_fitsimg_t *image,
                         const vo_region_t *region, vo_wcs_t *wcs,
                         apr_pool_t *pool);

/* Keep of a cube only the planes that have something of LO .. HI metres; of an
 * image without a spectral axis nothing changes. *IS_EMPTY: none has. */
vo_err_t *vo_cutout_band(int *is_empty, vo_cutout_t *cut, double lo, double hi,
                         apr_pool_t *pool);

/* The same section of another image of as many pixels (weight, mask). */
vo_err_t *vo_cutout_like(vo_cutout_t **cut, const vo_fitsimg_t *image,
                         const vo_cutout_t *other, apr_pool_t *pool);

/* Read the pixels into POOL; where REGION is a polygon those outside of it
 * become NaN, or BLANK. VO_ERR_LIMIT above MAX_PIXELS. */
vo_err_t *vo_cutout_read(vo_cutout_t *cut, const vo_region_t *region,
                         vo_wcs_t *wcs, apr_int64_t max_pixels,
                         apr_pool_t *pool);

/* The first plane as physical values, machine order, NaN where blank. */
float *vo_cutout_float(const vo_cutout_t *cut, apr_pool_t *pool);

/* How an HDU is to be written. */
typedef struct vo_hdu_opts_t {
    int is_extension;       /* else it is the primary */
    int has_extensions;     /* of a primary: others follow */
    const char *extname;    /* replaces EXTNAME; NULL: as it is */
    const char *history;    /* a HISTORY card's text, or NULL */
} vo_hdu_opts_t;

/* The cards behind the structural ones, 80 characters each, in POOL. */
char *vo_cutout_cards(int *ncards, const vo_cutout_t *cut,
                      const vo_hdu_opts_t *opts, apr_pool_t *pool);

/* Write the HDU with checksums. The pixels are swapped in place: they are gone
 * afterwards. */
vo_err_t *vo_cutout_write(vo_out_t *out, vo_cutout_t *cut,
                          const vo_hdu_opts_t *opts, apr_pool_t *scratch);

/* An empty primary HDU in front of extensions; CARDS (80 characters each,
 * NCARDS of them, may be 0) go into it. */
vo_err_t *vo_cutout_write_primary(vo_out_t *out, const char *cards,
                                  int ncards, apr_pool_t *scratch);

/*
 * Write an HDU of NAXES axes: the structural cards, NCARDS cards at CARDS, and
 * LEN bytes of data, in the order of FITS, all with checksums.
 */
typedef struct vo_hdu_t {
    int is_extension, has_extensions;
    const char *xtension;   /* NULL: IMAGE */
    int bitpix, naxes;
    apr_int64_t naxis[VO_FITS_MAX_AXES];
    const char *cards;
    int ncards;
    const void *data;
    apr_size_t len;
} vo_hdu_t;
vo_err_t *vo_fits_hdu_write(vo_out_t *out, const vo_hdu_t *hdu,
                            apr_pool_t *scratch);

#endif
