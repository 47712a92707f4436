/* vo_binary_cells.c: PostgreSQL's binary cells into BINARY and FITS cells. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "vo_write.h"

static char *refuse(const vo_bcol_t *col, const char *reason)
{
    col->row->reason = reason;
    return NULL;
}

/* ---- scalars ---- */

static char *put_same2(const vo_bcol_t *col, char *p, const char *s, int len)
{
    if (len != 2) {
        return refuse(col, "the cell is not 2 bytes long");
    }
    memcpy(p, s, 2);
    return p + 2;
}

static char *put_same4(const vo_bcol_t *col, char *p, const char *s, int len)
{
    if (len != 4) {
        return refuse(col, "the cell is not 4 bytes long");
    }
    memcpy(p, s, 4);
    return p + 4;
}

static char *put_same8(const vo_bcol_t *col, char *p, const char *s, int len)
{
    if (len != 8) {
        return refuse(col, "the cell is not 8 bytes long");
    }
    memcpy(p, s, 8);
    return p + 8;
}

static char *put_bool(const vo_bcol_t *col, char *p, const char *s, int len)
{
    if (len != 1) {
        return refuse(col, "the cell is not 1 byte long");
    }
    *p = *s ? 'T' : 'F';
    return p + 1;
}

static char *put_int(const vo_bcol_t *col, char *p, const char *s, int len)
{
    int64_t v;

    if (!vo_wire_int64(&v, col->kind, s, len) || v < col->least
        || v > col->most) {
        return refuse(col, "the number does not fit the type");
    }
    switch (col->width) {
    case 1:
        *p = (char)v;
        break;
    case 2:
        vo_put16(p, (unsigned)v & 0xFFFF);
        break;
    case 4:
        vo_put32(p, (uint32_t)v);
        break;
    default:
        vo_put64(p, (uint64_t)v);
    }
    return p + col->width;
}

static char *put_real(const vo_bcol_t *col, char *p, const char *s, int len)
{
    double v;

    if (!vo_wire_double(&v, col->kind, s, len)) {
        return refuse(col, "the cell is no number");
    }
    if (col->width == 4) {
        vo_put_float(p, (float)v);
    }
    else {
        vo_put_double(p, v);
    }
    return p + col->width;
}

/* ---- text ---- */

/* FITS 4.0 section 7.3.3.1 lets a character column hold ASCII text only: any
 * other character becomes one '?', a control character a blank. In place. */
static int make_ascii(char *p, int len)
{
    int i, n = 0;

    for (i = 0; i < len; ++i) {
        unsigned char c = (unsigned char)p[i];

        if (c >= 0x20 && c < 0x7F) {
            p[n++] = (char)c;
        }
        else if (c < 0x80) {
            p[n++] = ' ';
        }
        else if (c >= 0xC0) { /* first byte of a character */
            p[n++] = '?';
        }
    }
    return n;
}

static char *put_string(const vo_bcol_t *col, char *p, const char *s, int len)
{
    int n;

    if (col->kind == VO_PG_TEXT) {
        memcpy(p + 4, s, (apr_size_t)len);
        n = len;
    }
    else {
        n = vo_wire_text(p + 4, col->kind, s, len);
        if (n < 0) {
            return refuse(col, "the cell has no text form");
        }
    }
    if (col->is_ascii) {
        n = make_ascii(p + 4, n);
    }
    vo_put32(p, (uint32_t)n);
    return p + 4 + n;
}

static char *put_char(const vo_bcol_t *col, char *p, const char *s, int len)
{
    if (len > 1) {
        return refuse(col, "a single character was announced");
    }
    *p = len ? *s : '\0';
    if (col->is_ascii && len) {
        make_ascii(p, 1);
    }
    return p + 1;
}

/* Text at S as UCS-2; what does not fit 16 bits becomes U+FFFD. Returns the
 * number of characters. */
static int ucs2(char *p, const unsigned char *s, int len)
{
    const unsigned char *end = s + len;
    int n = 0;

    while (s < end) {
        unsigned c = *s++;

        if (c >= 0xC0) {
            int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;

            c &= 0x3FU >> more;
            for (; more && s < end && (*s & 0xC0) == 0x80; --more) {
                c = c << 6 | (*s++ & 0x3F);
            }
        }
        vo_put16(p + 2 * n, c > 0xFFFF ? 0xFFFD : c);
        ++n;
    }
    return n;
}

static char *put_unicode(const vo_bcol_t *col, char *p, const char *s, int len)
{
    int n = VO_WIRE_TEXT_SIZE(len);
    char *text = NULL;

    if (col->kind != VO_PG_TEXT) {
        text = malloc((apr_size_t)n);
        n = text ? vo_wire_text(text, col->kind, s, len) : -1;
        if (n < 0) {
            free(text);
            return refuse(col, "the cell has no text form");
        }
        s = text;
        len = n;
    }
    n = ucs2(p + 4, (const unsigned char *)s, len);
    free(text);
    vo_put32(p, (uint32_t)n);
    return p + 4 + 2 * n;
}

/* ---- arrays ---- */

/* Behind N elements: their count in front, or the missing ones. */
static char *finish_array(const vo_bcol_t *col, char *p, char *start, int n)
{
    if (col->shape.size == VO_VARIABLE) {
        vo_put32(start, (uint32_t)(col->is_pairs ? n / 2 : n));
        return p;
    }
    for (; n < col->shape.size; ++n) {
        memcpy(p, col->null_el, (apr_size_t)col->width);
        p += col->width;
    }
    return p;
}

static char *put_bytes(const vo_bcol_t *col, char *p, const char *s, int len)
{
    char *start = p;

    if (col->shape.size == VO_VARIABLE) {
        p += 4;
    }
    else if (len > col->shape.size) {
        return refuse(col, "the array is longer than its arraysize");
    }
    memcpy(p, s, (apr_size_t)len);
    return finish_array(col, p + len, start, len);
}

static char *put_array(const vo_bcol_t *col, char *p, const char *s, int len)
{
    const int width = col->width, is_same = col->in_width == width;
    vo_pgarray_t array;
    char *start = p;
    const char *data = NULL;
    int i, n;

    if (!vo_pgarray_open(&array, s, len)) {
        return refuse(col, "the array is malformed");
    }
    if (col->shape.size == VO_VARIABLE) {
        p += 4;
    }
    else if (array.n > col->shape.size) {
        return refuse(col, "the array is longer than its arraysize");
    }
    for (i = 0; i < array.n; ++i) {
        n = vo_pgarray_next(&array, &data);
        if (n == -1) {
            if (col->shape.type == VO_TYPE_UBYTE) {
                return refuse(col, "NULL inside an unsignedByte array");
            }
            memcpy(p, col->null_el, (apr_size_t)width);
        }
        else if (is_same && n == width) {
            if (width == 4) {
                memcpy(p, data, 4);
            }
            else if (width == 8) {
                memcpy(p, data, 8);
            }
            else {
                memcpy(p, data, (apr_size_t)width);
            }
        }
        else if (n < 0 || is_same) {
            return refuse(col, "the array is malformed");
        }
        else if (col->shape.type == VO_TYPE_BOOLEAN) {
            if (!put_bool(col, p, data, n)) {
                return NULL;
            }
        }
        else if (vo_type_is_int(col->shape.type)
                     ? !put_int(col, p, data, n)
                     : !put_real(col, p, data, n)) {
            return NULL;
        }
        p += width;
    }
    return finish_array(col, p, start, array.n);
}

/* Booleans as bits, the first the most significant; NULL is 0. */
static char *put_bit(const vo_bcol_t *col, char *p, const char *s, int len)
{
    if (len != 1) {
        return refuse(col, "the cell is not 1 byte long");
    }
    *p = (char)(*s ? 0x80 : 0);
    return p + 1;
}

static char *put_bits(const vo_bcol_t *col, char *p, const char *s, int len)
{
    vo_pgarray_t array;
    const char *data = NULL;
    int i, n;

    if (!vo_pgarray_open(&array, s, len)) {
        return refuse(col, "the array is malformed");
    }
    n = col->shape.size;
    if (n == VO_VARIABLE) {
        n = array.n;
        vo_put32(p, (uint32_t)n);
        p += 4;
    }
    else if (array.n > n) {
        return refuse(col, "the array is longer than its arraysize");
    }
    memset(p, 0, (apr_size_t)(n + 7) / 8);
    for (i = 0; i < array.n; ++i) {
        if (vo_pgarray_next(&array, &data) == 1 && *data) {
            p[i / 8] = (char)(p[i / 8] | 0x80 >> i % 8);
        }
    }
    return p + (n + 7) / 8;
}

/* An array in a text column: PostgreSQL's own text for it. */
static char *put_literal(const vo_bcol_t *col, char *p, const char *s, int len)
{
    vo_pgarray_t array;
    const char *data = NULL;
    char *q = p + 4, *word = malloc(VO_WIRE_TEXT_SIZE((apr_size_t)len));
    int i, j, n, end;

    if (!word || !vo_pgarray_open(&array, s, len)) {
        free(word);
        return refuse(col, "the array is malformed");
    }
    *q++ = '{';
    for (i = 0; i < array.n; ++i) {
        int is_quoted = col->kind == VO_PG_TEXT;

        n = vo_pgarray_next(&array, &data);
        if (i) {
            *q++ = ',';
        }
        if (n == -1) {
            memcpy(q, "NULL", 4);
            q += 4;
            continue;
        }
        end = n < 0 ? -1 : vo_wire_text(word, col->kind, data, n);
        if (end < 0) {
            free(word);
            return refuse(col, "the array is malformed");
        }
        if (is_quoted) {
            *q++ = '"';
        }
        for (j = 0; j < end; ++j) {
            if (is_quoted && (word[j] == '"' || word[j] == '\\')) {
                *q++ = '\\';
            }
            *q++ = word[j];
        }
        if (is_quoted) {
            *q++ = '"';
        }
    }
    *q++ = '}';
    free(word);
    n = (int)(q - p) - 4;
    if (col->is_ascii) {
        n = make_ascii(p + 4, n);
    }
    vo_put32(p, (uint32_t)n);
    return p + 4 + n;
}

/* ---- choosing ---- */

static int kind_width(vo_pg_kind_e kind)
{
    switch (kind) {
    case VO_PG_INT2:
        return 2;
    case VO_PG_INT4:
    case VO_PG_FLOAT4:
        return 4;
    case VO_PG_INT8:
    case VO_PG_FLOAT8:
        return 8;
    default:
        return 0;
    }
}

/* Are the bytes on the wire those of the document? */
static int is_same(const vo_bcol_t *col)
{
    int is_float = col->kind == VO_PG_FLOAT4 || col->kind == VO_PG_FLOAT8;

    return kind_width(col->kind) == col->width
           && (vo_type_is_int(col->shape.type) ? !is_float : is_float);
}

static void choose(vo_bcol_t *col, const vo_pgtype_t *pg)
{
    if (vo_type_is_text(col->shape.type)) {
        col->put = pg->element                             ? put_literal
                   : col->shape.size == VO_SCALAR          ? put_char
                   : col->shape.type == VO_TYPE_UNICODE    ? put_unicode
                                                           : put_string;
    }
    else if (col->is_bit) {
        col->put = pg->element ? put_bits : put_bit;
    }
    else if (pg->element) {
        col->put = put_array;
        col->in_width = is_same(col) ? col->width : -1;
    }
    else if (pg->kind == VO_PG_BYTEA) {
        col->put = put_bytes;
    }
    else if (pg->kind == VO_PG_BOOL) {
        col->put = put_bool;
    }
    else if (is_same(col) && col->field->type == col->shape.type) {
        col->put = col->width == 2   ? put_same2
                   : col->width == 4 ? put_same4
                                     : put_same8;
    }
    else {
        col->put = vo_type_is_int(col->shape.type) ? put_int : put_real;
    }
}

static void make_null(vo_bcol_t *col, apr_pool_t *pool)
{
    int64_t magic;
    int i, n = col->shape.size > 0 ? col->shape.size : 1;

    if (col->shape.type == VO_TYPE_FLOAT) {
        vo_put_float(col->null_el, NAN);
    }
    else if (col->shape.type == VO_TYPE_DOUBLE) {
        vo_put_double(col->null_el, NAN);
    }
    else if (vo_type_is_int(col->shape.type)) {
        char all[8];

        magic = vo_null_int(col->field, col->shape.type);
        vo_put64(all, (uint64_t)magic);
        memcpy(col->null_el, all + 8 - col->width, (apr_size_t)col->width);
    }
    if (col->kind == VO_PG_BYTEA) { /* bytes know no NULL: padding is 0 */
        memset(col->null_el, 0, sizeof(col->null_el));
    }
    if (col->shape.size == VO_VARIABLE) {
        col->null_len = 4;
        col->null_cell = apr_pcalloc(pool, 4);
        return;
    }
    if (col->is_bit) {
        col->null_len = (n + 7) / 8;
        col->null_cell = apr_pcalloc(pool, (apr_size_t)col->null_len);
        return;
    }
    col->null_len = n * col->width;
    col->null_cell = apr_palloc(pool, (apr_size_t)col->null_len);
    for (i = 0; i < n; ++i) {
        memcpy(col->null_cell + i * col->width, col->null_el,
               (apr_size_t)col->width);
    }
}

/* How the column is declared: text of fixed length as text of any length
 * (PostgreSQL counts characters, VOTable bytes, so padding could cut; and
 * astropy 5.2 reads "8*" as "8"), and single bytes as short where a NULL needs
 * a value of its own. */
static void settle_shape(vo_bcol_t *col, vo_bin_e how)
{
    vo_shape_t *shape = &col->shape;

    if (how == VO_BIN_FITS && shape->type == VO_TYPE_UNICODE) {
        shape->type = VO_TYPE_CHAR;
    }
    if (vo_type_is_text(shape->type)
        && (shape->size != VO_SCALAR || shape->type == VO_TYPE_UNICODE)) {
        shape->arraysize = "*";
        shape->size = VO_VARIABLE;
    }
    if (how != VO_BIN_BINARY2 && shape->type == VO_TYPE_UBYTE
        && shape->size == VO_SCALAR) {
        shape->type = VO_TYPE_SHORT;
    }
}

vo_err_t *vo_bcols_make(vo_bcol_t **cols, apr_size_t *need, vo_writer_t *w,
                        vo_bin_e how, vo_rowbuf_t *row)
{
    const vo_tabledoc_t *doc = w->doc;
    int i;

    row->out = w->out;
    row->pool = w->pool;
    *cols = apr_pcalloc(w->pool, (apr_size_t)doc->nfields * sizeof(**cols));
    *need = 64 + (apr_size_t)doc->nfields / 8;
    for (i = 0; i < doc->nfields; ++i) {
        vo_bcol_t *col = &(*cols)[i];
        const vo_pgtype_t *pg = vo_pgtype(doc->fields[i].pg_oid);

        VO_TRY(vo_pgtype_check(&doc->fields[i], 1, w->pool));
        col->field = &doc->fields[i];
        col->shape = vo_shape(col->field, w->pool);
        settle_shape(col, how);
        col->kind = pg->kind;
        col->width = vo_type_width(col->shape.type);
        col->is_ascii = how == VO_BIN_FITS;
        col->is_bit = how != VO_BIN_FITS && col->field->as == VO_AS_BIT;
        col->is_pairs = how != VO_BIN_FITS
                        && col->field->as == VO_AS_COMPLEX;
        col->row = row;
        vo_type_range(col->shape.type, &col->least, &col->most);
        if (col->field->type == VO_TYPE_UBYTE) {
            vo_type_range(VO_TYPE_UBYTE, &col->least, &col->most);
        }
        choose(col, pg);
        make_null(col, w->pool);
        *need += (apr_size_t)col->null_len + 80;
    }
    return NULL;
}
