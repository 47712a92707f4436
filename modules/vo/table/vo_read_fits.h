/* vo_read_fits.h: the FITS reader's state; private to modules/vo/table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_READ_FITS_H
#define VO_READ_FITS_H

#include "vo_fits_cards.h"
#include "vo_read.h"

typedef struct vo_fcol_t {
    char letter;        /* of the TFORM */
    int is_heap;        /* P or Q */
    apr_int64_t repeat; /* elements in the row; of a descriptor always 1 */
    int width;          /* bytes of an element; characters of a string */
    int is_whole;       /* strings that stay one text */
    apr_size_t offset;  /* in the row */
    double scale, zero;
    int is_scaled;      /* the value is scale * raw + zero, a double */
    apr_uint64_t add;   /* unsigned conventions: added to the integer */
    int has_null;
    apr_int64_t null;
    int is_unsigned64;
} vo_fcol_t;

typedef struct vo_fits_t {
    gzFile file, heap_file; /* rows in order; cells of the heap */
    vo_fits_cards_t head;   /* of the table */
    apr_int64_t data_start, heap_start; /* bytes in the file */
    vo_fcol_t *cols;
    apr_size_t row_bytes;
    apr_int64_t nrows, chunk_rows, chunk_at, chunk_end; /* rows, from 0 */
    unsigned char *chunk;
    apr_int64_t heap_bytes;
    unsigned char *heap; /* of one cell */
    apr_size_t heap_cap;
} vo_fits_t;

/* Append column I of the row being read to it. P is where the cell begins in
 * the row: N elements, BYTES characters (NULL when blank), or a descriptor. */
vo_err_t *vo_fits_elements(vo_reader_t *r, int i, const unsigned char *p,
                           apr_int64_t n);
void vo_fits_text(vo_reader_t *r, int i, const unsigned char *p,
                  apr_int64_t bytes);
vo_err_t *vo_fits_heap(vo_reader_t *r, int i, const unsigned char *p);

#endif
