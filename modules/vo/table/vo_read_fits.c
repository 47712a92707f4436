/* vo_read_fits.c: FITS binary tables, through cfitsio. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 7.3. Rows are read as raw bytes, many at a time: FITS and
 * PostgreSQL agree on the byte order, so most cells are copied. cfitsio finds
 * the table, checks the header, undoes gzip, and reads the heap. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include <apr_strings.h>
#include <fitsio.h>

#include "../vo_num.h"
#include "vo_read.h"

#define CHUNK_BYTES 1048576

typedef struct fcol_t {
    char letter;        /* of the TFORM */
    int is_heap;        /* P or Q */
    apr_int64_t repeat; /* elements in the row; of a descriptor always 1 */
    int width;          /* bytes of an element; characters of a string */
    apr_size_t offset;  /* in the row */
    double scale, zero;
    int is_scaled;      /* the value is scale * raw + zero, a double */
    apr_uint64_t add;   /* unsigned conventions: added to the integer */
    int has_null;
    apr_int64_t null;
    int is_unsigned64;
} fcol_t;

typedef struct fits_t {
    fitsfile *file;
    fcol_t *cols;
    apr_size_t row_bytes;
    apr_int64_t nrows, chunk_rows, chunk_at, chunk_end; /* rows, from 0 */
    unsigned char *chunk;
    apr_int64_t heap_bytes;
    unsigned char *heap; /* of one cell */
    apr_size_t heap_cap;
} fits_t;

static vo_err_t *fits_error(vo_reader_t *r, int status, const char *what)
{
    char text[FLEN_STATUS], line[FLEN_ERRMSG], last[FLEN_ERRMSG] = "";

    fits_get_errstatus(status, text);
    while (fits_read_errmsg(line)) {
        apr_cpystrn(last, line, sizeof(last));
    }
    return vo_file_error(r, "%s: %s%s%s", what, text, *last ? ": " : "", last);
}

/* ---- the header ---- */

/* The string value of KEY, trimmed, in the pool; NULL when absent or empty. */
static const char *get_string(vo_reader_t *r, const char *key)
{
    fits_t *f = r->state;
    char *value = NULL, *end;
    const char *copy = NULL;
    int status = 0;

    fits_write_errmark();
    if (!fits_read_key_longstr(f->file, key, &value, NULL, &status) && value) {
        end = value + strlen(value);
        while (end > value && isspace((unsigned char)end[-1])) {
            --end;
        }
        *end = '\0';
        copy = *value ? apr_pstrdup(r->pool, value) : NULL;
    }
    if (value) {
        fits_free_memory(value, &status);
    }
    fits_clear_errmark();
    return copy;
}

static const char *get_column_string(vo_reader_t *r, const char *name, int i)
{
    return get_string(r, apr_psprintf(r->pool, "%s%d", name, i + 1));
}

static int get_number(vo_reader_t *r, const char *name, int i, double *value)
{
    fits_t *f = r->state;
    int status = 0;

    fits_write_errmark();
    fits_read_key(f->file, TDOUBLE, apr_psprintf(r->pool, "%s%d", name, i + 1),
                  value, NULL, &status);
    fits_clear_errmark();
    return status == 0;
}

static int letter_width(char letter)
{
    switch (letter) {
    case 'L':
    case 'B':
    case 'A':
    case 'X':
        return 1;
    case 'I':
        return 2;
    case 'J':
    case 'E':
        return 4;
    case 'K':
    case 'D':
    case 'C':
        return 8;
    case 'M':
        return 16;
    default:
        return 0;
    }
}

/* TFORM: [repeat]letter, or [repeat]P|Q letter(max); for text rAw. */
static vo_err_t *parse_form(vo_reader_t *r, fcol_t *c, int i)
{
    const char *form = get_column_string(r, "TFORM", i), *p = form;

    if (!form) {
        return vo_file_error(r, "column %d has no TFORM", i + 1);
    }
    c->repeat = 1;
    if (isdigit((unsigned char)*p)) {
        c->repeat = 0;
        while (isdigit((unsigned char)*p) && c->repeat < INT32_MAX) {
            c->repeat = c->repeat * 10 + (*p++ - '0');
        }
    }
    if (*p == 'P' || *p == 'Q') {
        c->is_heap = *p++ == 'P' ? 8 : 16;
        if (c->repeat > 1) {
            return vo_file_error(r, "column %d has the impossible TFORM "
                                    "\"%s\"",
                                 i + 1, form);
        }
    }
    c->letter = *p ? *p++ : '?';
    c->width = letter_width(c->letter);
    if (!c->width || c->repeat >= INT32_MAX) {
        return vo_file_error(r, "column %d has the unknown TFORM \"%s\"",
                             i + 1, form);
    }
    if (c->letter == 'A' && !c->is_heap) {
        int width = 0;

        while (isdigit((unsigned char)*p) && width < 1000000) {
            width = width * 10 + (*p++ - '0');
        }
        c->width = width && width <= c->repeat ? width : (int)c->repeat;
    }
    return NULL;
}

static apr_size_t cell_bytes(const fcol_t *c)
{
    apr_size_t n = (apr_size_t)c->repeat;

    if (c->is_heap) {
        return n * (apr_size_t)c->is_heap;
    }
    if (c->letter == 'X') {
        return (n + 7) / 8;
    }
    return c->letter == 'A' ? n : n * (apr_size_t)c->width;
}

/* "(2,3)" as "2x3"; for text the first axis is the width of a string. */
static const char *parse_dims(vo_reader_t *r, fcol_t *c, int i)
{
    const char *dims = get_column_string(r, "TDIM", i);
    apr_int64_t product = 1;
    char *x, *p, *end;

    if (!dims || *dims != '(' || c->is_heap || !strchr(dims, ',')) {
        return NULL;
    }
    x = p = apr_pstrdup(r->pool, dims + 1);
    for (;; ++p) {
        apr_int64_t n = apr_strtoi64(p, &end, 10);

        if (end == p || n < 1 || n > INT32_MAX
            || (product *= n) > c->repeat) {
            return NULL;
        }
        p = end;
        if (*p == ')') {
            *p = '\0';
            break;
        }
        if (*p != ',') {
            return NULL;
        }
        *p = 'x';
    }
    if (product != c->repeat) {
        return NULL;
    }
    for (p = end = x; *p; ++p) { /* cfitsio writes blanks between */
        if (*p != ' ') {
            *end++ = *p;
        }
    }
    *end = '\0';
    if (c->letter == 'A') {
        c->width = (int)apr_strtoi64(x, NULL, 10);
    }
    return x;
}

/* TZERO and TSCAL: the unsigned conventions of section 5.2.5, or a scale. */
static void parse_scale(vo_reader_t *r, fcol_t *c, int i)
{
    double null;

    c->scale = 1;
    get_number(r, "TSCAL", i, &c->scale);
    get_number(r, "TZERO", i, &c->zero);
    if (strchr("BIJK", c->letter) && get_number(r, "TNULL", i, &null)) {
        fits_t *f = r->state;
        LONGLONG exact = 0;
        int status = 0;

        fits_read_key(f->file, TLONGLONG,
                      apr_psprintf(r->pool, "TNULL%d", i + 1), &exact, NULL,
                      &status);
        c->null = exact;
        c->has_null = !status;
    }
    if (c->scale == 1 && c->zero == 0) {
        return;
    }
    if (!strchr("BIJKED", c->letter)) {
        return;
    }
    c->is_scaled = 1;
    if (c->scale != 1) {
        return;
    }
    if (c->letter == 'B' && c->zero == -128) {
        c->add = (apr_uint64_t)-128;
        c->is_scaled = 0;
    }
    else if ((c->letter == 'I' && c->zero == 32768)
             || (c->letter == 'J' && c->zero == 2147483648.0)) {
        c->add = (apr_uint64_t)c->zero;
        c->is_scaled = 0;
    }
    else if (c->letter == 'K' && c->zero == 9223372036854775808.0) {
        c->is_unsigned64 = 1;
        c->is_scaled = 0;
    }
}

static vo_type_e type_of(const fcol_t *c)
{
    if (c->is_scaled) {
        return VO_TYPE_DOUBLE;
    }
    switch (c->letter) {
    case 'L':
    case 'X':
        return VO_TYPE_BOOLEAN;
    case 'B':
        return c->add ? VO_TYPE_SHORT : VO_TYPE_UBYTE;
    case 'I':
        return c->add ? VO_TYPE_INT : VO_TYPE_SHORT;
    case 'J':
        return c->add ? VO_TYPE_LONG : VO_TYPE_INT;
    case 'K':
        return VO_TYPE_LONG;
    case 'A':
        return VO_TYPE_CHAR;
    case 'E':
    case 'C':
        return VO_TYPE_FLOAT;
    default:
        return VO_TYPE_DOUBLE;
    }
}

static void settle_shape(vo_reader_t *r, const fcol_t *c, vo_field_t *field,
                         const char *dims)
{
    int is_complex = c->letter == 'C' || c->letter == 'M';

    field->type = type_of(c);
    if (c->is_heap) {
        field->arraysize = is_complex ? "2x*" : "*";
    }
    else if (c->letter == 'A') {
        field->arraysize = dims ? dims
                           : c->width < c->repeat
                               ? apr_psprintf(r->pool, "%dx%d", c->width,
                                              (int)c->repeat / c->width)
                               : apr_itoa(r->pool, (int)c->repeat);
        if (c->repeat == 0) {
            field->arraysize = "*";
        }
    }
    else if (is_complex) {
        field->arraysize = apr_psprintf(r->pool, c->repeat == 1 ? "2" : "2x%d",
                                        (int)c->repeat);
    }
    else if (dims || c->repeat != 1) {
        field->arraysize = dims ? dims : apr_itoa(r->pool, (int)c->repeat);
        if (c->repeat == 0) {
            field->arraysize = "*";
        }
    }
    field->size = vo_arraysize_parse(field->arraysize);
}

static vo_err_t *read_column(vo_reader_t *r, int i)
{
    fits_t *f = r->state;
    fcol_t *c = &f->cols[i];
    vo_field_t *field = &r->info.fields[i];
    const char *dims;

    VO_TRY(parse_form(r, c, i));
    dims = parse_dims(r, c, i);
    parse_scale(r, c, i);
    c->offset = f->row_bytes;
    f->row_bytes += cell_bytes(c);
    field->name = get_column_string(r, "TTYPE", i);
    if (!field->name) {
        field->name = apr_psprintf(r->pool, "col%d", i + 1);
    }
    settle_shape(r, c, field, dims);
    field->unit = get_column_string(r, "TUNIT", i);
    field->ucd = get_column_string(r, "TUCD", i);
    field->utype = get_column_string(r, "TUTYP", i);
    field->xtype = get_column_string(r, "TXTYP", i);
    field->description = get_column_string(r, "TCOMM", i);
    if (c->has_null && !c->is_scaled) {
        field->null_value = apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                                         c->null + (apr_int64_t)c->add);
    }
    field->pg_oid = vo_field_oid(field);
    return NULL;
}

/* Keywords that describe the data rather than the file's structure. */
static void read_keywords(vo_reader_t *r)
{
    fits_t *f = r->state;
    int n = 0, i, status = 0;
    vo_info_t *params;

    fits_get_hdrspace(f->file, &n, NULL, &status);
    params = apr_pcalloc(r->pool, sizeof(*params) * ((apr_size_t)n + 1));
    for (i = 1; i <= n; ++i) {
        char card[FLEN_CARD], key[FLEN_KEYWORD], value[FLEN_VALUE];
        int len;

        status = 0;
        if (fits_read_record(f->file, i, card, &status)
            || fits_get_keyclass(card) < TYP_REFSYS_KEY
            || fits_get_keyname(card, key, &len, &status)
            || fits_parse_value(card, value, NULL, &status) || !*value) {
            continue;
        }
        params[r->info.nparams].name = apr_pstrdup(r->pool, key);
        params[r->info.nparams].value = *value == '\''
                                            ? get_string(r, key)
                                            : apr_pstrdup(r->pool, value);
        if (params[r->info.nparams].value) {
            r->info.nparams++;
        }
    }
    r->info.params = params;
    r->info.system = get_string(r, "RADESYS");
}

static vo_err_t *read_header(vo_reader_t *r)
{
    fits_t *f = r->state;
    LONGLONG naxis1 = 0, naxis2 = 0, pcount = 0;
    int n = 0, i, status = 0;

    fits_get_num_cols(f->file, &n, &status);
    fits_read_key(f->file, TLONGLONG, "NAXIS1", &naxis1, NULL, &status);
    fits_read_key(f->file, TLONGLONG, "NAXIS2", &naxis2, NULL, &status);
    fits_read_key(f->file, TLONGLONG, "PCOUNT", &pcount, NULL, &status);
    if (status) {
        return fits_error(r, status, "broken table header");
    }
    r->info.nfields = n;
    r->info.fields = apr_pcalloc(r->pool, sizeof(vo_field_t)
                                              * ((apr_size_t)n + 1));
    f->cols = apr_pcalloc(r->pool, sizeof(fcol_t) * ((apr_size_t)n + 1));
    for (i = 0; i < n; ++i) {
        VO_TRY(read_column(r, i));
    }
    if (f->row_bytes != (apr_size_t)naxis1) {
        return vo_file_error(r, "the columns need %lu bytes per row, NAXIS1 "
                                "says %lld",
                             (unsigned long)f->row_bytes, (long long)naxis1);
    }
    if (naxis1 > VO_CELL_MAX) {
        return vo_file_error(r, "a row has %lld bytes", (long long)naxis1);
    }
    r->info.nrows = f->nrows = naxis2;
    r->info.name = get_string(r, "EXTNAME");
    f->heap_bytes = pcount;
    f->chunk_rows = naxis1 ? CHUNK_BYTES / naxis1 : 1000;
    f->chunk_rows = f->chunk_rows ? f->chunk_rows : 1;
    f->chunk = apr_palloc(r->pool,
                          (apr_size_t)f->chunk_rows * f->row_bytes + 1);
    read_keywords(r);
    return NULL;
}

/* ---- cells ---- */

static int is_null_int(const fcol_t *c, apr_int64_t v)
{
    return c->has_null && v == c->null;
}

static apr_int64_t raw_int(const fcol_t *c, const unsigned char *p)
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
static int put_number(const fcol_t *c, char *out, const unsigned char *p)
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
static int truth(const fcol_t *c, const unsigned char *p, apr_int64_t i)
{
    if (c->letter == 'X') {
        return p[i / 8] >> (7 - i % 8) & 1;
    }
    switch (p[i]) {
    case 'T':
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
static vo_err_t *add_elements(vo_reader_t *r, int i, const unsigned char *p,
                              apr_int64_t n)
{
    fits_t *f = r->state;
    const fcol_t *c = &f->cols[i];
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

/* Text, NULL when blank; strings of an array likewise. */
static void add_text(vo_reader_t *r, int i, const unsigned char *p,
                     apr_int64_t bytes)
{
    fits_t *f = r->state;
    const fcol_t *c = &f->cols[i];
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

/* cfitsio's name of a type as it is on disk. */
static int memory_type(char letter)
{
    switch (letter) {
    case 'L':
    case 'B':
    case 'X':
        return TBYTE;
    case 'I':
        return TSHORT;
    case 'J':
        return TINT;
    case 'K':
        return TLONGLONG;
    case 'E':
        return TFLOAT;
    case 'D':
        return TDOUBLE;
    case 'C':
        return TCOMPLEX;
    default:
        return TDBLCOMPLEX;
    }
}

/* Swap N numbers of WIDTH bytes back to the order of the file. */
static void swap_numbers(unsigned char *p, apr_int64_t n, int width)
{
    apr_int64_t i;

    for (i = 0; i < n; ++i, p += width) {
        if (width == 2) {
            unsigned char c = p[0];

            p[0] = p[1];
            p[1] = c;
        }
        else if (width == 4) {
            uint32_t v;

            memcpy(&v, p, 4);
            vo_put32(p, v);
        }
        else if (width == 8) {
            uint64_t v;

            memcpy(&v, p, 8);
            vo_put64(p, v);
        }
    }
}

/* The elements a descriptor points to, as they are in the file. */
static vo_err_t *read_heap(vo_reader_t *r, int i, apr_int64_t n)
{
    fits_t *f = r->state;
    const fcol_t *c = &f->cols[i];
    apr_size_t bytes = (apr_size_t)n * (apr_size_t)c->width + 8;
    LONGLONG row = (LONGLONG)r->nread + 1;
    int status = 0, any = 0;

    if (bytes > f->heap_cap) {
        f->heap_cap = 2 * bytes;
        f->heap = apr_palloc(r->pool, f->heap_cap);
    }
    memset(f->heap, 0, bytes);
    if (c->letter == 'A') {
        char *text = (char *)f->heap, *list[1];

        list[0] = text;
        fits_read_col(f->file, TSTRING, i + 1, row, 1, 1, NULL, list, &any,
                      &status);
    }
    else if (c->letter == 'L') {
        fits_read_col(f->file, TLOGICAL, i + 1, row, 1, n, NULL, f->heap, &any,
                      &status);
        if (!status) {
            apr_int64_t k;

            for (k = 0; k < n; ++k) {
                f->heap[k] = f->heap[k] == 1   ? 'T'
                             : f->heap[k] == 0 ? 'F'
                                               : '\0';
            }
        }
    }
    else if (c->letter == 'X') {
        fits_read_col(f->file, TBYTE, i + 1, row, 1, (n + 7) / 8, NULL,
                      f->heap, &any, &status);
    }
    else {
        fits_set_tscale(f->file, i + 1, 1.0, 0.0, &status);
        fits_read_col(f->file, memory_type(c->letter), i + 1, row, 1, n, NULL,
                      f->heap, &any, &status);
        if (c->letter == 'C' || c->letter == 'M') {
            swap_numbers(f->heap, 2 * n, c->width / 2);
        }
        else {
            swap_numbers(f->heap, n, c->width);
        }
    }
    if (status) {
        char text[FLEN_STATUS];

        fits_get_errstatus(status, text);
        fits_clear_errmsg();
        return vo_row_error(r, i, "the heap cannot be read: %s", text);
    }
    return NULL;
}

static vo_err_t *add_heap(vo_reader_t *r, int i, const unsigned char *p)
{
    fits_t *f = r->state;
    const fcol_t *c = &f->cols[i];
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
    if (offset < 0 || offset > f->heap_bytes
        || bytes > f->heap_bytes - offset) {
        return vo_row_error(r, i, "a descriptor points outside the heap");
    }
    if (n) {
        VO_TRY(read_heap(r, i, n));
    }
    if (c->letter == 'A') {
        add_text(r, i, n ? f->heap : (const unsigned char *)"", n);
        return NULL;
    }
    return add_elements(r, i, f->heap, n);
}

/* ---- the reader ---- */

static vo_err_t *fill(vo_reader_t *r)
{
    fits_t *f = r->state;
    apr_int64_t n = f->nrows - f->chunk_end;
    int status = 0;

    n = n < f->chunk_rows ? n : f->chunk_rows;
    if (f->row_bytes) {
        fits_read_tblbytes(f->file, (LONGLONG)f->chunk_end + 1, 1,
                           (LONGLONG)n * (LONGLONG)f->row_bytes, f->chunk,
                           &status);
    }
    if (status) {
        return fits_error(r, status,
                          apr_psprintf(r->pool, "rows from %" APR_INT64_T_FMT
                                                " on cannot be read, the file "
                                                "may be cut off",
                                       (apr_int64_t)(f->chunk_end + 1)));
    }
    f->chunk_at = f->chunk_end;
    f->chunk_end += n;
    return NULL;
}

static vo_err_t *fits_next(vo_reader_t *r, const vo_cell_t **cells)
{
    fits_t *f = r->state;
    const unsigned char *p;
    int i;

    *cells = NULL;
    if (r->nread >= f->nrows) {
        return NULL;
    }
    if (r->nread >= f->chunk_end) {
        VO_TRY(fill(r));
    }
    p = f->chunk + (apr_size_t)(r->nread - f->chunk_at) * f->row_bytes;
    vo_row_restart(&r->row);
    for (i = 0; i < r->info.nfields; ++i) {
        const fcol_t *c = &f->cols[i];

        if (c->is_heap && c->repeat) {
            VO_TRY(add_heap(r, i, p + c->offset));
        }
        else if (c->letter == 'A') {
            add_text(r, i, p + c->offset, c->is_heap ? 0 : c->repeat);
        }
        else {
            VO_TRY(add_elements(r, i, p + c->offset,
                                c->is_heap ? 0 : c->repeat));
        }
    }
    *cells = vo_row_cells(&r->row);
    return NULL;
}

/* Move to binary table number WANTED, or to HDU (from 0) if not negative. */
static vo_err_t *find_table(vo_reader_t *r, int wanted, int hdu)
{
    fits_t *f = r->state;
    int status = 0, type = 0, i, found = 0, ascii = 0;

    if (hdu >= 0) {
        if (fits_movabs_hdu(f->file, hdu + 1, &type, &status)
            || type != BINARY_TBL) {
            return vo_file_error(r, "HDU %d is no binary table", hdu);
        }
        return NULL;
    }
    for (i = 1; !fits_movabs_hdu(f->file, i, &type, &status); ++i) {
        ascii += type == ASCII_TBL;
        if (type == BINARY_TBL && found++ == wanted) {
            return NULL;
        }
    }
    if (status != END_OF_FILE) {
        return fits_error(r, status, apr_psprintf(r->pool, "HDU %d is broken",
                                                  i - 1));
    }
    fits_clear_errmsg();
    return vo_file_error(r, "holds %d binary table%s%s; table %d was asked for",
                         found, found == 1 ? "" : "s",
                         ascii ? " (ASCII tables are not read)" : "",
                         wanted + 1);
}

vo_err_t *vo_fits_attach(vo_reader_t *r, const char *path, int hdu)
{
    fits_t *f = apr_pcalloc(r->pool, sizeof(*f));
    int status = 0;

    r->state = f;
    if (fits_open_diskfile(&f->file, path, READONLY, &status)) {
        f->file = NULL;
        return fits_error(r, status, "cannot be opened as FITS");
    }
    VO_TRY(find_table(r, r->opts.table, hdu));
    return read_header(r);
}

static vo_err_t *open_fits(vo_reader_t *r)
{
    return vo_fits_attach(r, r->path, -1);
}

static void fits_progress(const vo_reader_t *r, apr_off_t *done,
                          apr_off_t *all)
{
    const fits_t *f = r->state;

    *done = (apr_off_t)r->nread * (apr_off_t)f->row_bytes;
    *all = (apr_off_t)f->nrows * (apr_off_t)f->row_bytes;
}

static void fits_close(vo_reader_t *r)
{
    fits_t *f = r->state;
    int status = 0;

    if (f && f->file) {
        fits_close_file(f->file, &status);
        fits_clear_errmsg();
    }
}

const vo_readfmt_t vo_readfmt_fits = {"fits", open_fits, fits_next,
                                      fits_progress, fits_close};
