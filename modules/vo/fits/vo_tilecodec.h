/* vo_tilecodec.h: the compressions of tiles of images, decoding. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_TILECODEC_H
#define VO_TILECODEC_H

#include <apr.h>

/*
 * FITS 4.0, section 10.4. Each decodes the LEN bytes at FROM into N whole
 * numbers, in the machine's order, of WIDTH bytes (1, 2 or 4; 1 is unsigned,
 * the others are signed), never reading or writing beyond either; 0 when FROM
 * holds less than that or is wrong, and TO is then in any state.
 */

/* RICE_1, blocks of BLOCK pixels. N may be less than what was encoded: the rest
 * is not looked at. */
int vo_rice_decode(void *to, apr_size_t n, int width, int block,
                   const unsigned char *from, apr_size_t len);

/* PLIO_1: 32-bit numbers from 0 to 2^24. */
int vo_plio_decode(apr_int32_t *to, apr_size_t n, const unsigned char *from,
                   apr_size_t len);

/* GZIP_1, by zlib or gzip: CAP bytes at most into TO, as they are; *GOT is how
 * many there were. */
int vo_gzip_decode(void *to, apr_size_t cap, apr_size_t *got,
                   const unsigned char *from, apr_size_t len);

/* Undo the shuffling of GZIP_2: N values of WIDTH bytes whose bytes of most
 * significance come first at FROM. */
void vo_unshuffle(unsigned char *to, const unsigned char *from, apr_size_t n,
                  int width);

/* How quantised floating point was dithered: FITS 4.0, section 10.2. */
typedef enum { VO_DITHER_NONE, VO_DITHER_1, VO_DITHER_2 } vo_dither_e;

typedef struct vo_quant_t {
    double scale, zero;
    int has_null;
    apr_int32_t null;      /* becomes NaN */
    vo_dither_e dither;
    apr_int64_t seed;      /* ZDITHER0 plus the number of the tile from 0 */
} vo_quant_t;

/* N numbers at FROM as floating point; TO may be FROM for floats. */
void vo_unquantize_float(float *to, const apr_int32_t *from, apr_size_t n,
                         const vo_quant_t *quant);
void vo_unquantize_double(double *to, const apr_int32_t *from, apr_size_t n,
                          const vo_quant_t *quant);

#endif
