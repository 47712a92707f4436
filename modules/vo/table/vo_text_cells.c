/* vo_text_cells.c: PostgreSQL's text cells into the text formats. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_write.h"

static char *put_word(char *p, const char *word)
{
    apr_size_t len = strlen(word);

    memcpy(p, word, len);
    return p + len;
}

static char *refuse(const vo_tcol_t *col, const char *reason)
{
    col->row->reason = reason;
    return NULL;
}

char *vo_xml_text(char *p, const char *s, int len)
{
    const char *end = s + len;

    for (; s < end; ++s) {
        unsigned char c = (unsigned char)*s;

        if (c > '>') {
            if (c == 0xEF && end - s > 2 && (unsigned char)s[1] == 0xBF
                && (unsigned char)s[2] >= 0xBE) { /* U+FFFE, U+FFFF */
                p = put_word(p, "\xEF\xBF\xBD");
                s += 2;
                continue;
            }
            *p++ = (char)c;
        }
        else if (c == '&') {
            p = put_word(p, "&amp;");
        }
        else if (c == '<') {
            p = put_word(p, "&lt;");
        }
        else if (c == '>') {
            p = put_word(p, "&gt;");
        }
        else if (c == '\r') { /* a bare one would be read as a line feed */
            p = put_word(p, "&#13;");
        }
        else if (c < 0x20 && c != '\t' && c != '\n') {
            p = put_word(p, "\xEF\xBF\xBD");
        }
        else {
            *p++ = (char)c;
        }
    }
    return p;
}

static char *put_raw(const vo_tcol_t *col, char *p, const char *s, int len)
{
    (void)col;
    memcpy(p, s, (apr_size_t)len);
    return p + len;
}

/* Digits that may not fit the published type; numeric's 12.00 is 12. */
static char *put_int_checked(const vo_tcol_t *col, char *p, const char *s,
                             int len)
{
    const char *dot = memchr(s, '.', (apr_size_t)len);
    int64_t v;

    if (dot) {
        const char *end = s + len;

        while (end[-1] == '0') {
            --end;
        }
        len = (int)(end - s) - (end[-1] == '.');
    }
    if (!vo_num_to_int64(s, len, &v) || v < col->least || v > col->most) {
        return refuse(col, "the number does not fit the type");
    }
    return put_raw(col, p, s, len);
}

/* Is this the spelling of NaN or an infinity? */
static inline int is_special(const char *s, int len)
{
    return len > 2 && (s[0] > '9' || s[1] == 'I');
}

static char *put_special(const vo_tcol_t *col, char *p, const char *s)
{
    const char *word = *s == 'N'   ? col->style->nan
                       : *s == 'I' ? col->style->plus_inf
                                   : col->style->minus_inf;
    return put_word(p, word);
}

static char *put_float(const vo_tcol_t *col, char *p, const char *s, int len)
{
    if (is_special(s, len)) {
        return put_special(col, p, s);
    }
    memcpy(p, s, (apr_size_t)len);
    return p + len;
}

static char *put_bool(const vo_tcol_t *col, char *p, const char *s, int len)
{
    if (col->is_bit) {
        *p = len && *s == 't' ? '1' : '0';
        return p + 1;
    }
    if (len && *s == 't') {
        memcpy(p, "true", 4);
        return p + 4;
    }
    memcpy(p, "false", 5);
    return p + 5;
}

static char *put_text(const vo_tcol_t *col, char *p, const char *s, int len)
{
    return col->style->text(p, s, len);
}

/* A boolean as text: t is true. */
static char *put_bool_text(const vo_tcol_t *col, char *p, const char *s,
                           int len)
{
    int is_true = len && *s == 't';

    return col->style->text(p, is_true ? "true" : "false", is_true ? 4 : 5);
}

static char *put_bytea_text(const vo_tcol_t *col, char *p, const char *s,
                            int len)
{
    int skip = len >= 2 && s[0] == '\\' && s[1] == 'x' ? 2 : 0;

    return col->style->text(p, s + skip, len - skip);
}

static char *put_time(const vo_tcol_t *col, char *p, const char *s, int len)
{
    char quote = col->style->quote;

    if (quote) {
        *p++ = quote;
    }
    p += vo_wire_timestamp(p, s, len);
    if (quote) {
        *p++ = quote;
    }
    return p;
}

static inline char *put_sep(const vo_tcol_t *col, char *p)
{
    *p = *col->style->separator;
    return p + 1;
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* Fill a fixed array up, or refuse one that is too long. */
static char *pad_array(const vo_tcol_t *col, char *p, int n)
{
    if (col->size > 0 && n != col->size) {
        if (n > col->size) {
            return refuse(col, "the array is longer than its arraysize");
        }
        for (; n < col->size; ++n) {
            if (n) {
                p = put_sep(col, p);
            }
            memcpy(p, col->null, (apr_size_t)col->null_len);
            p += col->null_len;
        }
    }
    return put_word(p, col->style->close);
}

/* bytea \x00ff becomes the bytes in decimal. */
static char *put_bytes(const vo_tcol_t *col, char *p, const char *s, int len)
{
    int i;

    if (len < 2 || s[0] != '\\' || s[1] != 'x') {
        return refuse(col, "bytea_output is not hex");
    }
    p = put_word(p, col->style->open);
    for (i = 2; i + 1 < len; i += 2) {
        int v = hex_digit(s[i]) << 4 | hex_digit(s[i + 1]);

        if (i > 2) {
            p = put_sep(col, p);
        }
        p += vo_num_from_int64(p, v & 255);
    }
    return pad_array(col, p, (len - 2) / 2);
}

/* One array element that is no plain number; S..END is the rest. */
static char *put_odd(const vo_tcol_t *col, char *p, const char *s, int len)
{
    if (len == 4 && s[0] == 'N' && s[1] == 'U') {
        memcpy(p, col->null, (apr_size_t)col->null_len);
        return p + col->null_len;
    }
    if (col->kind == VO_PG_BOOL) {
        return put_bool(col, p, s, len);
    }
    return put_special(col, p, s);
}

/* {1,NULL,3}: braces of inner dimensions carry nothing, the order is that of
 * VOTable already (last PostgreSQL index runs fastest). */
static char *put_array(const vo_tcol_t *col, char *p, const char *s, int len)
{
    const char *end = s + len;
    const char sep = *col->style->separator;
    int n = 0, is_checked = col->most != 0;

    p = put_word(p, col->style->open);
    if (s < end && *s == '[') { /* [0:2]={...} */
        while (s < end && *s != '=') {
            ++s;
        }
        ++s;
    }
    while (s < end) {
        char c = *s;
        const char *from;

        if (c == '{' || c == '}') {
            ++s;
            continue;
        }
        if (c == ',') {
            *p++ = sep;
            ++s;
            continue;
        }
        ++n;
        from = s;
        if ((c <= '9' && c != '-') || (c == '-' && s[1] <= '9')) {
            char *to = p;

            do {
                *p++ = c;
                c = *++s;
            } while (s < end && c != ',' && c != '}');
            if (is_checked
                && !put_int_checked(col, to, from, (int)(s - from))) {
                return NULL;
            }
        }
        else {
            while (s < end && *s != ',' && *s != '}') {
                ++s;
            }
            p = put_odd(col, p, from, (int)(s - from));
        }
    }
    return pad_array(col, p, n);
}

/* The VO form of one element of a text array (they come as their text). */
static int fix_element(const vo_tcol_t *col, char *buf, int len)
{
    char copy[64];

    if ((col->kind == VO_PG_TIMESTAMP || col->kind == VO_PG_TIMESTAMPTZ)
        && len < 40) {
        len = vo_wire_timestamp(copy, buf, len);
        memcpy(buf, copy, (apr_size_t)len);
    }
    return len;
}

/* An array of text as a list, or as the text PostgreSQL has for it: VOTable
 * knows no arrays of strings of varying length. */
static char *put_text_array(const vo_tcol_t *col, char *p, const char *s,
                            int len)
{
    const char *end = s + len;
    char *buf;
    int n = 0, k;

    if (!col->style->is_nested) {
        return col->style->text(p, s, len);
    }
    buf = malloc((apr_size_t)len + 64);
    if (!buf) {
        return refuse(col, "memory is short");
    }
    p = put_word(p, col->style->open);
    while ((k = vo_wire_literal_next(&s, end, buf)) != -2) {
        if (n++) {
            p = put_sep(col, p);
        }
        p = k < 0 ? put_word(p, col->style->null_other)
                  : col->style->text(p, buf, fix_element(col, buf, k));
    }
    free(buf);
    return put_word(p, col->style->close);
}

/* Does an integer kind fit the type without looking? */
static int needs_check(vo_pg_kind_e kind, vo_type_e type)
{
    static const signed char rank[] = {
        [VO_PG_INT2] = 2, [VO_PG_INT4] = 4, [VO_PG_OID] = 5,
        [VO_PG_INT8] = 8, [VO_PG_NUMERIC] = 9,
    };

    return vo_type_is_int(type) && kind >= VO_PG_INT2 && kind <= VO_PG_NUMERIC
           && rank[kind] > (type == VO_TYPE_UBYTE ? 1 : vo_type_width(type));
}

static void choose(vo_tcol_t *col, const vo_pgtype_t *pg)
{
    int is_text = vo_type_is_text(col->type);

    if (pg->element) {
        col->put = is_text ? put_text_array : put_array;
        return;
    }
    switch (pg->kind) {
    case VO_PG_BOOL:
        col->put = is_text ? put_bool_text : put_bool;
        break;
    case VO_PG_BYTEA:
        col->put = is_text ? put_bytea_text : put_bytes;
        break;
    case VO_PG_DATE:
    case VO_PG_TIMESTAMP:
    case VO_PG_TIMESTAMPTZ:
        col->put = put_time;
        break;
    default:
        col->put = is_text                                     ? put_text
                   : needs_check(col->kind, col->type)         ? put_int_checked
                   : pg->kind >= VO_PG_FLOAT4                  ? put_float
                                                               : put_raw;
    }
}

/* VOTable 1.4 section 4.1 lets any cell be empty, yet votlint and others count
 * the elements of fixed arrays. */
static void make_null_cell(vo_tcol_t *col, apr_pool_t *pool)
{
    apr_size_t n = col->size > 0 && !vo_type_is_text(col->type)
                           && !col->is_bit /* which knows no other NULL */
                       ? (apr_size_t)col->size
                       : 0;
    char *p = apr_palloc(pool, n * ((apr_size_t)col->null_len + 1) + 1);

    col->null_cell = p;
    while (n--) {
        memcpy(p, col->null, (apr_size_t)col->null_len);
        p += col->null_len;
        if (n) {
            *p++ = ' ';
        }
    }
    col->null_cell_len = (int)(p - col->null_cell);
}

vo_err_t *vo_tcols_make(vo_tcol_t **cols, apr_size_t *need, vo_writer_t *w,
                        const vo_style_t *style, vo_rowbuf_t *row)
{
    const vo_tabledoc_t *doc = w->doc;
    int i;

    row->out = w->out;
    row->pool = w->pool;
    *cols = apr_pcalloc(w->pool, (apr_size_t)doc->nfields * sizeof(**cols));
    *need = 256;
    for (i = 0; i < doc->nfields; ++i) {
        vo_tcol_t *col = &(*cols)[i];
        vo_shape_t shape = vo_shape(&doc->fields[i], w->pool);
        const vo_pgtype_t *pg = vo_pgtype(doc->fields[i].pg_oid);

        VO_TRY(vo_pgtype_check(&doc->fields[i], 0, w->pool));
        col->style = style;
        col->field = &doc->fields[i];
        col->type = shape.type;
        col->kind = pg->kind;
        col->size = shape.size;
        col->row = row;
        if (needs_check(pg->kind, shape.type)) {
            vo_type_range(shape.type, &col->least, &col->most);
        }
        col->is_bit = style->has_bits && col->field->as == VO_AS_BIT;
        col->null = col->is_bit ? "0" : style->null_other;
        if (shape.type == VO_TYPE_FLOAT || shape.type == VO_TYPE_DOUBLE) {
            col->null = style->nan;
        }
        else if (vo_type_is_int(shape.type)) {
            col->null = style->null_int
                            ? style->null_int
                            : apr_psprintf(w->pool, "%" APR_INT64_T_FMT,
                                           (apr_int64_t)vo_null_int(
                                               col->field, shape.type));
        }
        col->null_len = (int)strlen(col->null);
        choose(col, pg);
        make_null_cell(col, w->pool);
        *need += VO_TEXT_CELL;
        if (shape.size > 0) {
            *need += (apr_size_t)shape.size * ((apr_size_t)col->null_len + 1);
        }
    }
    return NULL;
}
