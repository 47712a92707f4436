/* vo_fits_cards.h: FITS headers as they are read; for vo/table and vo/fits. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FITS_CARDS_H
#define VO_FITS_CARDS_H

#include <zlib.h>

#include <apr_hash.h>
#include <apr_pools.h>

#define VO_FITS_CARD 80

/* One header. It is our own and not cfitsio's, because a hostile header can
 * make cfitsio 4.2 write beyond its buffers (found by fuzzing) and uploads
 * come from anybody. */
typedef struct vo_fits_cards_t {
    char *cards;      /* ncards times 80 characters, no NUL */
    int ncards;       /* without END */
    apr_hash_t *keys; /* keyword -> its first card */
    apr_pool_t *pool;
} vo_fits_cards_t;

/* Cards that a header may have at most, about 40 MB. */
#define VO_FITS_CARDS_MAX 504000

/* Read the next header from FILE, which stands at its first card, into POOL.
 * Returns 1; 0 when there is none (the end, or trailing bytes that are no
 * HDU); -1 when it is cut off, has no END or more than MAX cards. */
int vo_fits_cards_read(vo_fits_cards_t *head, gzFile file, int is_primary,
                       int max, apr_pool_t *pool);

/* The value of KEY: a string without quotes and trailing blanks (CONTINUE
 * cards included), or the word of another value. NULL when absent or empty.
 * In the header's pool. */
const char *vo_fits_cards_string(const vo_fits_cards_t *head, const char *key);

/* The value as a number; 0 when absent or none, *VALUE then unchanged. */
int vo_fits_cards_int(const vo_fits_cards_t *head, const char *key,
                      apr_int64_t *value);
int vo_fits_cards_double(const vo_fits_cards_t *head, const char *key,
                         double *value);

/* Bytes of data behind this header, padding included (FITS 4.0 section
 * 4.4.1); -1 when the header makes no sense. */
apr_int64_t vo_fits_cards_data(const vo_fits_cards_t *head);

/* The keyword of card I if it describes the data and not the structure of the
 * file (no NAXIS, TFORM1, COMMENT...), else NULL. */
const char *vo_fits_cards_keyword(const vo_fits_cards_t *head, int i);

#endif
