/* vo_read_fits_cells.c: cells of FITS binary tables into PostgreSQL's. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 7.3.3 */
#include <apr_strings.h>

#include "vo_read_fits.h"

static int is_null_int(const vo_fcol_t *c, apr_int64_t v)
{
    return c->has_null && v == c->null;
}

static apr_int64_t raw_int(const vo_fcol_t *c, const unsigned char *p)
{
    switch (c->letter) {
    case 'B':
        return *p;
    case 'I':
        return (int16_t)vo_get16(p);
    case 'J':
        return (int32_t)vo_get32(p);
    default:
        return (apr_int64_t)vo_get64(p);
    }
}

/* One number at P as PostgreSQL has it, at OUT; returns its bytes, 0 for NULL,
 * -1 when it does not fit. */
static int put_number(const vo_fcol_t *c, char *out, const unsigned char *p)
{
    apr_int64_t v;

    if (strchr("EDCM", c->letter)) {
        if (!c->is_scaled) {
            int n = c->letter == 'E' || c->letter == 'C' ? 4 : 8;

            memcpy(out, p, (apr_size_t)n);
            return n;
        }
        vo_put_double(out, (c->letter == 'E' ? (double)vo_get_float(p)
                                             : vo_get_double(p))
                                   * c->scale
                               + c->zero);
        return 8;
    }
    v = raw_int(c, p);
    if (is_null_int(c, v)) {
        return 0;
    }
    if (c->is_scaled) {
        vo_put_double(out, (double)v * c->scale + c->zero);
        return 8;
    }
    if (c->is_unsigned64) {
        if (v >= 0) { /* at least 2^63 */
            return -1;
        }
        v -= INT64_MIN;
    }
    v += (apr_int64_t)c->add;
    switch (c->letter) {
    case 'B':
        vo_put16(out, (unsigned)v & 0xFFFF);
        return 2;
    case 'I':
        if (!c->add) {
            vo_put16(out, (unsigned)v & 0xFFFF);
            return 2;
        }
        vo_put32(out, (uint32_t)v);
        return 4;
    case 'J':
        if (!c->add) {
            vo_put32(out, (uint32_t)v);
            return 4;
        }
        /* fall through */
    default:
        vo_put64(out, (uint64_t)v);
        return 8;
    }
}

/* A logical or bit: 1, 0, -1 NULL, -2 wrong. */
static int truth(const vo_fcol_t *c, const unsigned char *p, apr_int64_t i)
{
    if (c->letter == 'X') {
        return p[i / 8] >> (7 - i % 8) & 1;
    }
    switch (p[i]) {
    case 'T':
    case 1: /* astropy 5.2 writes this on the heap */
        return 1;
    case 'F':
        return 0;
    case 0:
    case ' ':
        return -1;
    default:
        return -2;
    }
}

/* N elements at P as a cell; an array unless it is a scalar column. */
vo_err_t *vo_fits_elements(vo_reader_t *r, int i, const unsigned char *p,
                           apr_int64_t n)
{
    vo_fits_t *f = r->state;
    const vo_fcol_t *c = &f->cols[i];
    const vo_field_t *field = &r->info.fields[i];
    int is_array = field->size != VO_SCALAR, has_null = 0;
    int is_bool = field->type == VO_TYPE_BOOLEAN;
    int is_complex = c->letter == 'C' || c->letter == 'M';
    int step = is_complex ? c->width / 2 : c->width;
    char *start, *q;
    apr_int64_t k;

    n *= is_complex ? 2 : 1;
    start = q = vo_row_space(&r->row,
                             VO_ARRAY_HEAD + (apr_size_t)n * 12 + 16);
    if (is_array) {
        q += vo_array_head(q, vo_element_oid(field->pg_oid), (int)n, 0);
    }
    for (k = 0; k < n; ++k) {
        char *at = is_array ? q + 4 : q;
        int len;

        if (is_bool) {
            int t = truth(c, p, k);

            if (t == -2) {
                return vo_row_error(r, i, "the byte 0x%02x is no logical "
                                          "value",
                                    p[k]);
            }
            *at = (char)t;
            len = t >= 0;
        }
        else {
            len = put_number(c, at, p + k * step);
            if (len < 0) {
                return vo_row_error(r, i, "the unsigned integer does not fit "
                                          "63 bits");
            }
        }
        if (!is_array) {
            if (len) {
                vo_row_add(&r->row, (apr_size_t)len);
            }
            else {
                vo_row_add_null(&r->row);
            }
            return NULL;
        }
        has_null |= !len;
        vo_put32(q, len ? (uint32_t)len : (uint32_t)-1);
        q += 4 + len;
    }
    vo_put32(start + 4, (uint32_t)has_null);
    vo_row_add(&r->row, (apr_size_t)(q - start));
    return NULL;
}

/* Text ends at a NUL; trailing blanks are padding. */
static int text_length(const unsigned char *p, int width)
{
    const unsigned char *nul = memchr(p, '\0', (apr_size_t)width);
    int len = nul ? (int)(nul - p) : width;

    while (len && p[len - 1] == ' ') {
        --len;
    }
    return len;
}

/* The BYTES of strings of WIDTH at P as one text, each with the blanks that
 * make it so long. */
static void add_whole(vo_reader_t *r, const unsigned char *p, int width,
                      apr_int64_t bytes)
{
    /* behind where the text goes, which is twice as long at most */
    char *whole = vo_row_space(&r->row, 3 * (apr_size_t)bytes + 2)
                  + 2 * bytes + 1;
    apr_int64_t at;
    int len = 0;

    memset(whole, ' ', (apr_size_t)bytes);
    for (at = 0; width && at + width <= bytes; at += width) {
        int n = text_length(p + at, width);

        memcpy(whole + at, p + at, (apr_size_t)n);
        len = n ? (int)at + n : len;
    }
    if (len) {
        vo_row_add_text(&r->row, whole, (apr_size_t)len);
    }
    else {
        vo_row_add_null(&r->row);
    }
}

/* Text, NULL when blank; strings of an array likewise. */
void vo_fits_text(vo_reader_t *r, int i, const unsigned char *p,
                  apr_int64_t bytes)
{
    vo_fits_t *f = r->state;
    const vo_fcol_t *c = &f->cols[i];
    int width = c->is_heap ? (int)bytes : c->width, k, n, has_null = 0;
    apr_size_t used;
    char *start;

    if (r->info.fields[i].pg_oid == VO_OID_TIMESTAMP) {
        int64_t usec;
        int len = text_length(p, width);

        if (len && vo_parse_time((const char *)p, len, &usec)) {
            vo_put64(vo_row_space(&r->row, 8), (uint64_t)usec);
            vo_row_add(&r->row, 8);
        }
        else {
            vo_row_add_null(&r->row);
        }
        return;
    }
    if (c->is_whole) {
        add_whole(r, p, width, bytes);
        return;
    }
    if (r->info.fields[i].pg_oid != VO_OID_TEXT_ARRAY) {
        int len = text_length(p, width);

        if (len) {
            vo_row_add_text(&r->row, (const char *)p, (apr_size_t)len);
        }
        else {
            vo_row_add_null(&r->row);
        }
        return;
    }
    n = width ? (int)(bytes / width) : 0;
    used = r->row.used;
    start = vo_row_space(&r->row, VO_ARRAY_HEAD);
    r->row.used += (apr_size_t)vo_array_head(start, VO_OID_TEXT, n, 0);
    for (k = 0; k < n; ++k) {
        int len = text_length(p + k * width, width);
        apr_size_t at = r->row.used;

        vo_row_space(&r->row, 4 + 2 * (apr_size_t)width + 1);
        r->row.used += 4;
        if (len) {
            vo_row_add_text(&r->row, (const char *)p + k * width,
                            (apr_size_t)len);
            len = r->row.cells[--r->row.n].len;
        }
        vo_put32(r->row.buf + at, len ? (uint32_t)len : (uint32_t)-1);
        has_null |= !len;
    }
    vo_put32(r->row.buf + used + 4, (uint32_t)has_null);
    r->row.starts[r->row.n] = used;
    r->row.cells[r->row.n++].len = (int)(r->row.used - used);
}

/* The BYTES a descriptor points to. */
static vo_err_t *read_heap(vo_reader_t *r, int i, apr_int64_t offset,
                           apr_int64_t bytes)
{
    vo_fits_t *f = r->state;

    if ((apr_size_t)bytes > f->heap_cap) {
        f->heap_cap = 2 * (apr_size_t)bytes;
        f->heap = apr_palloc(r->pool, f->heap_cap);
    }
    if (gzseek(f->heap_file, (z_off_t)(f->heap_start + offset), SEEK_SET) < 0
        || gzread(f->heap_file, f->heap, (unsigned)bytes) != (int)bytes) {
        return vo_row_error(r, i, "the heap cannot be read, the file may be "
                                  "cut off");
    }
    return NULL;
}

vo_err_t *vo_fits_heap(vo_reader_t *r, int i, const unsigned char *p)
{
    vo_fits_t *f = r->state;
    const vo_fcol_t *c = &f->cols[i];
    apr_int64_t n, offset, bytes;

    n = c->is_heap == 8 ? (apr_int64_t)(int32_t)vo_get32(p)
                        : (apr_int64_t)vo_get64(p);
    offset = c->is_heap == 8 ? (apr_int64_t)vo_get32(p + 4)
                             : (apr_int64_t)vo_get64(p + 8);
    if (n < 0 || n > VO_CELL_MAX) {
        return vo_row_error(r, i, "a descriptor says %" APR_INT64_T_FMT
                                  " elements",
                            n);
    }
    bytes = c->letter == 'X' ? (n + 7) / 8 : n * c->width;
    if (bytes > VO_CELL_MAX) {
        return vo_row_error(r, i, "a cell has %" APR_INT64_T_FMT " bytes",
                            bytes);
    }
    if (offset < 0 || offset > f->heap_bytes
        || bytes > f->heap_bytes - offset) {
        return vo_row_error(r, i, "a descriptor points outside the heap");
    }
    if (n) {
        VO_TRY(read_heap(r, i, offset, bytes));
    }
    if (c->letter == 'A') {
        vo_fits_text(r, i, n ? f->heap : (const unsigned char *)"", n);
        return NULL;
    }
    return vo_fits_elements(r, i, f->heap, n);
}
