/* vo_fitsfile.h: images in FITS files, read without trusting the files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FITSFILE_H
#define VO_FITSFILE_H

#include "../table/vo_fits_cards.h"
#include "../vo_err.h"

/*
 * A reader of our own and not cfitsio: cfitsio 4.2 writes beyond its buffers or
 * exits on hostile headers and tiles, and that would take httpd with it. Here
 * every length is checked against the file before it is used, whatever the
 * header says, and memory is that of the tiles and the section asked for.
 *
 * Understood are images of 8, 16, 32 and 64 bits, whole numbers and floating
 * point, in plain files, whole files compressed by gzip, and tile-compressed
 * images (FITS 4.0, section 10) by RICE_1, GZIP_1, GZIP_2, PLIO_1 and
 * NOCOMPRESS, quantised or not.
 *
 * An object belongs to one thread at a time. Errors: VO_ERR_FAULT "The file is
 * damaged" for a file that is cut off or contradicts itself, VO_ERR_USAGE for a
 * good file of a kind that is not understood, VO_ERR_NOTFOUND for an HDU or an
 * image that is not there.
 */

#define VO_FITS_MAX_AXES 6

/* Most pixels a tile of a compressed image may have, most cards a header. */
#define VO_FITS_MAX_TILE (1 << 23)
#define VO_FITS_MAX_CARDS 36000

typedef struct vo_fitsfile_t vo_fitsfile_t;
typedef struct vo_fits_tiles_t vo_fits_tiles_t;

typedef struct vo_fitsimg_t {
    vo_fitsfile_t *file;
    int hdu;                  /* from 1, the primary */
    int bitpix;               /* of the pixels: 8 16 32 64 -32 -64 */
    int naxes;
    apr_int64_t naxis[VO_FITS_MAX_AXES]; /* 1 beyond naxes */
    double bscale, bzero;     /* value = bzero + bscale * pixel */
    int has_blank;            /* whole numbers only */
    apr_int64_t blank;
    const char *compression;  /* "RICE_1" ..., NULL: none */
    apr_int64_t tile[VO_FITS_MAX_AXES];  /* naxis when there is none */
    apr_off_t data;           /* offset of the data in the file */
    const vo_fits_cards_t *head; /* as it is in the file */
    /* The header of the image as if it were not compressed: cards of 80
     * characters, without END; the first NSTRUCT are BITPIX, NAXIS, NAXIS1 ...
     * and none of the others is about the structure of the file (SIMPLE,
     * XTENSION, PCOUNT, CHECKSUM, TFORM1, ZTILE1 ...); what it inherits of the
     * primary header comes last. */
    const char *cards;
    int ncards, nstruct;
    vo_fits_tiles_t *tiles;
} vo_fitsimg_t;

/* Open NAME, as vo_imgfile_open made it or as an operator gave it; closed with
 * POOL. VO_ERR_FAULT when it cannot be opened, VO_ERR_USAGE "not a FITS file"
 * when it is none. */
vo_err_t *vo_fitsfile_open(vo_fitsfile_t **file, const char *name,
                           apr_pool_t *pool);

/* The header of HDU, from 1. *HEAD is NULL when there are fewer. */
vo_err_t *vo_fitsfile_head(const vo_fits_cards_t **head, vo_fitsfile_t *file,
                           int hdu);

/* The image in HDU; 0: the first HDU that holds one. */
vo_err_t *vo_fitsfile_image(const vo_fitsimg_t **image, vo_fitsfile_t *file,
                            int hdu);

/* Bytes of a pixel. */
#define VO_FITS_BYTES(bitpix) ((bitpix) < 0 ? -(bitpix) / 8 : (bitpix) / 8)

/*
 * Read SIZE pixels of each axis from FIRST (from 0) into TO, the first axis
 * running fastest, as the machine has them: unsigned char, apr_int16_t,
 * _int32_t, _int64_t, float or double by image->bitpix, without BSCALE and
 * BZERO. Both arrays have VO_FITS_MAX_AXES elements, the section must lie in
 * the image. Pixels that are null in a quantised image are NaN. SCRATCH is for
 * tiles.
 */
vo_err_t *vo_fitsfile_read(const vo_fitsimg_t *image, const apr_int64_t *first,
                           const apr_int64_t *size, void *to,
                           apr_pool_t *scratch);

/* The same as physical values (BSCALE, BZERO; BLANK is NaN). */
vo_err_t *vo_fitsfile_read_float(const vo_fitsimg_t *image,
                                 const apr_int64_t *first,
                                 const apr_int64_t *size, float *to,
                                 apr_pool_t *scratch);

/* The first plane of the image made smaller: each value of *TO, NX x NY in
 * POOL, is the mean of FACTOR x FACTOR pixels (fewer at the far edges), NaN
 * where all are blank. Memory is that of some rows of the image. */
vo_err_t *vo_fitsfile_shrink(float **to, int *nx, int *ny,
                             const vo_fitsimg_t *image, int factor,
                             apr_pool_t *pool);

/* N pixels of BITPIX at FROM as physical values. */
void vo_fits_to_float(float *to, const void *from, apr_int64_t n,
                      const vo_fitsimg_t *image);

/* Swap N pixels of BITPIX at P between the machine's order and that of FITS. */
void vo_fits_swap(void *p, apr_int64_t n, int bitpix);

#endif
