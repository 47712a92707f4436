/* vo_fitsfile_int.h: shared by the files that read FITS images. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FITSFILE_INT_H
#define VO_FITSFILE_INT_H

#include <zlib.h>

#include <apr_tables.h>

#include "vo_fitsfile.h"

struct vo_fitsfile_t {
    const char *name;         /* for the log */
    int fd;
    gzFile gz;                /* on a copy of fd; headers are read by it */
    int is_plain;             /* not compressed as a whole: use fd */
    apr_off_t size;           /* of a plain file */
    apr_array_header_t *hdus; /* vo_fits_hdu_t: those found so far */
    int is_complete;          /* there are no more */
    apr_pool_t *pool;
};

typedef struct vo_fits_hdu_t {
    vo_fits_cards_t head;
    apr_off_t start, data, next; /* of the header, its data, the next HDU */
    vo_fitsimg_t *image;         /* once asked for */
} vo_fits_hdu_t;

/* The error of a file that is not what it says: FORMAT is for the log. */
vo_err_t *vo_fits_damaged(const vo_fitsfile_t *file, apr_pool_t *pool,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Read LEN bytes at OFFSET of the (uncompressed) file, all or an error. */
vo_err_t *vo_fits_pread(vo_fitsfile_t *file, void *to, apr_size_t len,
                        apr_off_t offset, apr_pool_t *pool);

/* Set image->tiles and what belongs to it from the header of a compressed
 * image, whose pixels' shape is known. */
vo_err_t *vo_fits_tiles_init(vo_fitsimg_t *image);

/* vo_fitsfile_read of a tile-compressed image. */
vo_err_t *vo_fits_tiles_read(const vo_fitsimg_t *image,
                             const apr_int64_t *first, const apr_int64_t *size,
                             void *to, apr_pool_t *scratch);

/* The product of naxes elements; they are known to be sane. */
apr_int64_t vo_fits_product(const apr_int64_t *n, int naxes);

#endif
