/* voctl_imgpack.h: voctl images: files recompressed for fast cutouts. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_IMGPACK_H
#define VOCTL_IMGPACK_H

#include "voctl_images.h"

typedef struct voctl_pack_t {
    int tile;           /* pixels a side */
    double quantize;    /* steps per noise level of floats; 0: lossless */
    int is_kept;        /* the original stays, as NAME.orig */
} voctl_pack_t;

/*
 * Write the images of the file called NAME in square tiles: *TO is the name of
 * the new file (".fz" at the end), which is put there at once and only after
 * its pixels were compared with the original's: whole numbers and lossless
 * ones must be equal, quantised ones within the noise of their tile divided by
 * PACK->quantize. HDUs that are no images are copied. The original goes, or
 * becomes NAME.orig. *TO is NULL when nothing is to be done: no image is
 * larger than a tile, or all are in such tiles already.
 *
 * cfitsio compresses; call it where a crash is no harm. A run that is killed
 * leaves the original, and perhaps a hidden file the next one overwrites.
 */
vo_err_t *voctl_img_pack(const char **to, const char *name,
                         const voctl_pack_t *pack, apr_pool_t *pool);

/* Do so with the files of JOB that it helps; tell how many and how large. */
vo_err_t *voctl_img_recompress(voctl_imgjob_t *job);

#endif
