/* vo_read_cells.c: VOTable cells, TABLEDATA and BINARY, into PostgreSQL's. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.4 sections 2.1, 5.1, 5.3 and 6 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_read.h"

/* ---- what a FIELD means ---- */

/* Datatypes VOTable has beyond those of TAP_SCHEMA. */
static int parse_datatype(vo_rcol_t *col, vo_field_t *field, const char *word)
{
    int type;

    col->factor = 1;
    if (!strcmp(word, "bit")) {
        field->as = VO_AS_BIT;
        field->type = VO_TYPE_BOOLEAN;
        col->elem = VO_ELEM_BIT;
        col->width = 1;
        return 1;
    }
    if (!strcmp(word, "floatComplex") || !strcmp(word, "doubleComplex")) {
        field->as = VO_AS_COMPLEX;
        field->type = *word == 'f' ? VO_TYPE_FLOAT : VO_TYPE_DOUBLE;
        col->elem = VO_ELEM_FLOAT;
        col->width = *word == 'f' ? 4 : 8;
        col->factor = 2;
        return 1;
    }
    type = vo_type_parse(word);
    if (type < 0) {
        return 0;
    }
    field->type = (vo_type_e)type;
    col->elem = field->type == VO_TYPE_BOOLEAN   ? VO_ELEM_BOOL
                : field->type == VO_TYPE_CHAR    ? VO_ELEM_CHAR
                : field->type == VO_TYPE_UNICODE ? VO_ELEM_UNICODE
                : vo_type_is_int(field->type)    ? VO_ELEM_INT
                                                 : VO_ELEM_FLOAT;
    col->width = vo_type_width(field->type);
    return 1;
}

/* Whether "n", "n*", "*", "axb", "axbx*" is well-formed; blanks about it are
 * dropped in place. */
static int is_arraysize(const char *x)
{
    int is_number = 0;

    for (; *x; ++x) {
        if (*x >= '0' && *x <= '9') {
            is_number = 1;
        }
        else if (*x == '*') {
            return x[1] == '\0';
        }
        else if (*x != 'x' || !is_number) {
            return 0;
        }
        else {
            is_number = 0;
        }
    }
    return is_number;
}

static int parse_shape(vo_rcol_t *col, vo_field_t *field, apr_pool_t *pool)
{
    const char *x = field->arraysize;

    if (x && (!*x || !strcmp(x, "1"))) {
        x = field->arraysize = NULL;
    }
    if (x && (strlen(x) > 60 || !is_arraysize(x))) {
        return 0;
    }
    if (x && col->elem >= VO_ELEM_CHAR && strchr(x, 'x')) {
        int64_t item;

        if (!vo_num_to_int64(x, (int)(strchr(x, 'x') - x), &item) || item < 1
            || item > VO_CELL_MAX) {
            return 0;
        }
        col->item = (int)item;
    }
    field->size = vo_arraysize_parse(x);
    col->n = field->size == VO_SCALAR ? 1 : field->size;
    col->is_array = field->size != VO_SCALAR;
    if (field->size > VO_CELL_MAX / 16) {
        return 0;
    }
    if (col->factor == 2) {
        field->arraysize = x ? apr_pstrcat(pool, "2x", x, NULL) : "2";
        field->size = col->n < 0 ? VO_VARIABLE : 2 * col->n;
        col->is_array = 1;
    }
    return 1;
}

int vo_rcol_make(vo_rcol_t *col, vo_field_t *field, const char *datatype,
                 int is_exact, apr_pool_t *pool)
{
    memset(col, 0, sizeof(*col));
    if (!parse_datatype(col, field, datatype)
        || !parse_shape(col, field, pool)) {
        return 0;
    }
    vo_type_range(field->type, &col->least, &col->most);
    if (field->null_value && col->elem == VO_ELEM_INT) {
        col->has_null = vo_num_to_int64(field->null_value,
                                        (int)strlen(field->null_value),
                                        &col->null);
    }
    if (!is_exact) {
        field->as = VO_AS_IS;
    }
    field->pg_oid = vo_field_oid(field);
    if (is_exact && col->item && field->pg_oid == VO_OID_TEXT_ARRAY) {
        field->pg_oid = VO_OID_TEXT;
        col->is_whole = 1;
    }
    col->oid = vo_element_oid(field->pg_oid);
    col->is_time = field->pg_oid == VO_OID_TIMESTAMP;
    col->out_width = field->type == VO_TYPE_UBYTE ? 2 : col->width;
    return 1;
}

/* ---- one element ---- */

/* The integer V at P as wide as PostgreSQL wants it. */
static void put_int(const vo_rcol_t *col, char *p, int64_t v)
{
    char all[8];

    vo_put64(all, (uint64_t)v);
    memcpy(p, all + 8 - col->out_width, (apr_size_t)col->out_width);
}

static int is_truth(const char *s, int len, const char *words)
{
    static const char *const long_true = "true", *const long_false = "false";
    const char *word = *words == 'T' ? long_true : long_false;

    return (len == 1 && strchr(words, *s))
           || ((apr_size_t)len == strlen(word)
               && !strncasecmp(s, word, (apr_size_t)len));
}

/* The element S as binary at P. Returns 1, 0 for NULL, -1 for nonsense. */
static int text_element(const vo_rcol_t *col, char *p, const char *s, int len)
{
    int64_t whole;
    double real;

    switch (col->elem) {
    case VO_ELEM_BOOL:
    case VO_ELEM_BIT:
        if (is_truth(s, len, "Tt1")) {
            *p = 1;
            return 1;
        }
        *p = 0;
        return is_truth(s, len, "Ff0") ? 1 : len == 1 && *s == '?' ? 0 : -1;
    case VO_ELEM_INT:
        if (!vo_num_to_int64(s, len, &whole)) {
            return -1;
        }
        if (col->has_null && whole == col->null) {
            return 0;
        }
        if (len > 2 && s[0] == '0' && (s[1] | 32) == 'x') { /* bit pattern */
            if (col->out_width == 4 && whole <= UINT32_MAX) {
                whole = (int32_t)(uint32_t)whole;
            }
            else if (col->out_width == 2 && col->most == INT16_MAX
                     && whole <= UINT16_MAX) {
                whole = (int16_t)(uint16_t)whole;
            }
        }
        if (whole < col->least || whole > col->most) {
            return -1;
        }
        put_int(col, p, whole);
        return 1;
    default:
        if (!vo_num_to_double(s, len, &real)) {
            return -1;
        }
        if (col->width == 4) {
            vo_put_float(p, (float)real);
        }
        else {
            vo_put_double(p, real);
        }
        return 1;
    }
}

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void trim(const char **s, int *len)
{
    while (*len && is_space(**s)) {
        ++*s;
        --*len;
    }
    while (*len && is_space((*s)[*len - 1])) {
        --*len;
    }
}

/* ---- text cells ---- */

static const char *text_array(vo_rowmake_t *row, const vo_rcol_t *col,
                              const char *s, int len)
{
    const char *end = s + len, *word;
    char *start, *p;
    int n = 0, has_null = 0, got;
    /* at most one element per two characters, but bits may be run together */
    apr_size_t most = col->elem == VO_ELEM_BIT ? (apr_size_t)len
                                               : (apr_size_t)len / 2 + 1;

    start = vo_row_space(row, VO_ARRAY_HEAD + most * 12);
    p = start + VO_ARRAY_HEAD;
    while (s < end) {
        if (is_space(*s)) {
            ++s;
            continue;
        }
        word = s;
        do {
            ++s;
        } while (s < end && !is_space(*s) && col->elem != VO_ELEM_BIT);
        got = text_element(col, p + 4, word, (int)(s - word));
        if (got < 0) {
            return "an element is no value of the type, or out of range";
        }
        vo_put32(p, got ? (uint32_t)col->out_width : (uint32_t)-1);
        p += 4 + (got ? col->out_width : 0);
        has_null |= !got;
        ++n;
    }
    if (col->n > 0 && n != col->n * col->factor) {
        return "the array has another length than arraysize says";
    }
    if (n % col->factor) {
        return "half a complex number";
    }
    if (!n) { /* an array without elements has a shorter head */
        vo_row_add(row, (apr_size_t)vo_array_head(start, col->oid, 0, 0));
        return NULL;
    }
    vo_array_head(start, col->oid, n, has_null);
    vo_row_add(row, (apr_size_t)(p - start));
    return NULL;
}

/* Bytes of the first N characters of UTF-8 at S. */
static int chars_length(const char *s, int len, int n)
{
    int i = 0;

    while (i < len && n) {
        ++i;
        while (i < len && (s[i] & 0xC0) == 0x80) {
            ++i;
        }
        --n;
    }
    return i;
}

/* The same as one text: NULs that pad them become blanks, those behind the last
 * of them nothing. */
static const char *add_whole(vo_rowmake_t *row, const char *s, int len)
{
    char *copy;
    int i;

    while (len && !s[len - 1]) {
        --len;
    }
    copy = malloc((apr_size_t)len + 1);
    if (!copy) {
        return "memory is short";
    }
    for (i = 0; i < len; ++i) {
        copy[i] = s[i] ? s[i] : ' ';
    }
    vo_row_add_text(row, copy, (apr_size_t)len);
    free(copy);
    return NULL;
}

/* Strings of fixed length back to back; blanks at their ends are padding. */
static void add_strings(vo_rowmake_t *row, const vo_rcol_t *col, const char *s,
                        int len)
{
    apr_size_t used = row->used, at;
    int n = 0, has_null = 0;

    vo_row_space(row, VO_ARRAY_HEAD);
    row->used += VO_ARRAY_HEAD;
    while (len) {
        int bytes = chars_length(s, len, col->item), k = bytes;
        const char *nul = memchr(s, '\0', (apr_size_t)bytes);

        k = nul ? (int)(nul - s) : bytes;
        while (k && s[k - 1] == ' ') {
            --k;
        }
        at = row->used;
        vo_row_space(row, 4);
        row->used += 4;
        vo_row_add_text(row, s, (apr_size_t)k);
        k = row->cells[--row->n].len;
        vo_put32(row->buf + at, k ? (uint32_t)k : (uint32_t)-1);
        has_null |= !k;
        s += bytes;
        len -= bytes;
        ++n;
    }
    if (!n) {
        row->used = used + 12;
    }
    vo_array_head(row->buf + used, VO_OID_TEXT, n, has_null);
    row->starts[row->n] = used;
    row->cells[row->n++].len = (int)(row->used - used);
}

static const char *add_chars(vo_rowmake_t *row, const vo_rcol_t *col,
                             const char *s, int len)
{
    int64_t usec;

    if (col->is_time) {
        trim(&s, &len);
        if (!len) {
            vo_row_add_null(row);
            return NULL;
        }
        if (!vo_parse_time(s, len, &usec)) {
            return "the text is no timestamp";
        }
        vo_put64(vo_row_space(row, 8), (uint64_t)usec);
        vo_row_add(row, 8);
        return NULL;
    }
    if (col->is_whole) {
        return add_whole(row, s, len);
    }
    if (col->item) {
        add_strings(row, col, s, len);
        return NULL;
    }
    vo_row_add_text(row, s, (apr_size_t)len);
    return NULL;
}

const char *vo_rcol_text(vo_rowmake_t *row, const vo_rcol_t *col,
                         const char *s, int len)
{
    int got;

    if (!len) {
        vo_row_add_null(row);
        return NULL;
    }
    if (col->elem >= VO_ELEM_CHAR) {
        return add_chars(row, col, s, len);
    }
    trim(&s, &len);
    if (!len) {
        vo_row_add_null(row);
        return NULL;
    }
    if (col->is_array) {
        return text_array(row, col, s, len);
    }
    got = text_element(col, vo_row_space(row, 8), s, len);
    if (got < 0) {
        return "the text is no value of the type, or out of range";
    }
    if (got) {
        vo_row_add(row, (apr_size_t)col->out_width);
    }
    else {
        vo_row_add_null(row);
    }
    return NULL;
}

/* ---- binary cells ---- */

/* Element K at P. Returns 1, 0 for NULL, -1 for nonsense. */
static int binary_element(const vo_rcol_t *col, char *out,
                          const unsigned char *p, int64_t k)
{
    const unsigned char *at = p + k * col->width;
    int64_t whole;

    switch (col->elem) {
    case VO_ELEM_BIT: /* astropy 5.2 writes a single bit as 0x08 */
        *out = col->is_array ? (char)(p[k / 8] >> (7 - k % 8) & 1) : *p != 0;
        return 1;
    case VO_ELEM_BOOL:
        *out = *at == 'T' || *at == 't' || *at == '1';
        return *out || *at == 'F' || *at == 'f' || *at == '0'    ? 1
               : *at == 0 || *at == ' ' || *at == '?'            ? 0
                                                                 : -1;
    case VO_ELEM_INT:
        if (col->has_null || col->out_width != col->width) {
            whole = col->width == 1   ? *at
                    : col->width == 2 ? (int16_t)vo_get16(at)
                    : col->width == 4 ? (int32_t)vo_get32(at)
                                      : (int64_t)vo_get64(at);
            if (col->has_null && whole == col->null) {
                return 0;
            }
            put_int(col, out, whole);
            return 1;
        }
        memcpy(out, at, (apr_size_t)col->width);
        return 1;
    default:
        memcpy(out, at, (apr_size_t)col->width);
        return 1;
    }
}

/* UCS-2 at P as UTF-8 at OUT, up to a NUL; surrogate pairs are understood. */
static int from_ucs2(char *out, const unsigned char *p, int64_t n)
{
    char *q = out;
    int64_t i;

    for (i = 0; i < n; ++i) {
        unsigned c = vo_get16(p + 2 * i);

        if (!c) {
            break;
        }
        if (c >= 0xD800 && c < 0xDC00 && i + 1 < n) {
            unsigned low = vo_get16(p + 2 * i + 2);

            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                ++i;
            }
        }
        if (c >= 0xD800 && c < 0xE000) {
            c = 0xFFFD;
        }
        if (c < 0x80) {
            *q++ = (char)c;
        }
        else if (c < 0x800) {
            *q++ = (char)(0xC0 | c >> 6);
            *q++ = (char)(0x80 | (c & 0x3F));
        }
        else if (c < 0x10000) {
            *q++ = (char)(0xE0 | c >> 12);
            *q++ = (char)(0x80 | (c >> 6 & 0x3F));
            *q++ = (char)(0x80 | (c & 0x3F));
        }
        else {
            *q++ = (char)(0xF0 | c >> 18);
            *q++ = (char)(0x80 | (c >> 12 & 0x3F));
            *q++ = (char)(0x80 | (c >> 6 & 0x3F));
            *q++ = (char)(0x80 | (c & 0x3F));
        }
    }
    return (int)(q - out);
}

static const char *binary_text(vo_rowmake_t *row, const vo_rcol_t *col,
                               const unsigned char *p, int64_t n)
{
    const char *s = (const char *)p, *why;
    char *utf8 = NULL;
    int len = (int)n;

    if (col->elem == VO_ELEM_UNICODE) {
        utf8 = malloc((apr_size_t)n * 3 + 1);
        if (!utf8) {
            return "memory is short";
        }
        len = from_ucs2(utf8, p, n);
        s = utf8;
    }
    else if (!col->item) {
        const char *nul = memchr(s, '\0', (apr_size_t)len);

        len = nul ? (int)(nul - s) : len;
    }
    if (col->n > 0 && !col->item) { /* the padding of fixed text */
        while (len && s[len - 1] == ' ') {
            --len;
        }
    }
    if (len) {
        why = add_chars(row, col, s, len);
    }
    else {
        vo_row_add_null(row);
        why = NULL;
    }
    free(utf8);
    return why;
}

static const char *binary_array(vo_rowmake_t *row, const vo_rcol_t *col,
                                const unsigned char *p, int64_t n)
{
    char *start, *q;
    int has_null = 0, got;
    int64_t k;

    n *= col->factor;
    start = q = vo_row_space(row, VO_ARRAY_HEAD + (apr_size_t)n * 12);
    q += vo_array_head(start, col->oid, (int)n, 0);
    for (k = 0; k < n; ++k) {
        got = binary_element(col, q + 4, p, k);
        if (got < 0) {
            return "a boolean is neither true nor false";
        }
        vo_put32(q, got ? (uint32_t)col->out_width : (uint32_t)-1);
        q += 4 + (got ? col->out_width : 0);
        has_null |= !got;
    }
    vo_put32(start + 4, (uint32_t)has_null);
    vo_row_add(row, (apr_size_t)(q - start));
    return NULL;
}

apr_ssize_t vo_rcol_binary(vo_rowmake_t *row, const vo_rcol_t *col,
                           const unsigned char *p, const unsigned char *end,
                           int is_null, const char **why)
{
    int64_t n = col->n, bytes;
    int head = 0, got;

    if (n < 0) {
        if (end - p < 4) {
            return 0;
        }
        n = (int32_t)vo_get32(p);
        if (n < 0 || n > VO_CELL_MAX / 16) {
            *why = "the count in front of the cell is impossible";
            return -1;
        }
        head = 4;
        p += 4;
    }
    bytes = col->elem == VO_ELEM_BIT ? (n + 7) / 8 : n * col->width
                                                         * col->factor;
    if (end - p < bytes) {
        return 0;
    }
    *why = NULL;
    if (is_null) {
        vo_row_add_null(row);
    }
    else if (col->elem >= VO_ELEM_CHAR) {
        *why = binary_text(row, col, p, n);
    }
    else if (col->is_array) {
        *why = binary_array(row, col, p, n);
    }
    else {
        got = binary_element(col, vo_row_space(row, 8), p, 0);
        if (got > 0) {
            vo_row_add(row, (apr_size_t)col->out_width);
        }
        else if (!got) {
            vo_row_add_null(row);
        }
        else {
            *why = "a boolean is neither true nor false";
        }
    }
    return *why ? -1 : (apr_ssize_t)(bytes + head);
}
