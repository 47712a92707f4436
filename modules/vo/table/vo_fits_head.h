/* vo_fits_head.h: FITS header cards as they are written. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FITS_HEAD_H
#define VO_FITS_HEAD_H

#include "vo_table.h"

#define VO_FITS_BLOCK 2880

/* A header being built in memory: cards of 80 characters. */
typedef struct vo_fits_head_t {
    vo_out_mem_t mem;
    vo_out_t *out;
} vo_fits_head_t;

void vo_fits_head_init(vo_fits_head_t *head, apr_pool_t *pool);

/* Cards with a value: logical T, integer, or string (any length, by the
 * CONTINUE convention of FITS 4.0 section 4.2.1.2). COMMENT may be NULL. A
 * string that is NULL or empty makes no card. Characters that are not ASCII
 * become '?'. */
vo_err_t *vo_fits_true(vo_fits_head_t *head, const char *key,
                       const char *comment);
vo_err_t *vo_fits_int(vo_fits_head_t *head, const char *key, apr_int64_t value,
                      const char *comment);
vo_err_t *vo_fits_string(vo_fits_head_t *head, const char *key,
                         const char *value, const char *comment);
/* A number; none that is not finite. */
vo_err_t *vo_fits_double(vo_fits_head_t *head, const char *key, double value,
                         const char *comment);
/* HISTORY or COMMENT text, broken into as many cards as it takes. */
vo_err_t *vo_fits_note(vo_fits_head_t *head, const char *key,
                       const char *text);
/* END, and blanks to the end of the block; the bytes are in head->mem. */
vo_err_t *vo_fits_head_end(vo_fits_head_t *head);

#endif
