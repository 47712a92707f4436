/* vo_reader.c: opening tables of any format, and putting rows together. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "vo_read.h"

/* ---- rows ---- */

void vo_row_init(vo_rowmake_t *row, int ncells, apr_pool_t *pool)
{
    apr_size_t n = (apr_size_t)ncells + 1;

    row->pool = pool;
    row->cap = 4096;
    row->buf = apr_palloc(pool, row->cap);
    row->cells = apr_pcalloc(pool, n * sizeof(*row->cells));
    row->starts = apr_pcalloc(pool, n * sizeof(*row->starts));
    vo_row_restart(row);
}

char *vo_row_space(vo_rowmake_t *row, apr_size_t len)
{
    if (row->used + len > row->cap) {
        char *grown;

        row->cap = 2 * (row->used + len);
        grown = apr_palloc(row->pool, row->cap);
        memcpy(grown, row->buf, row->used);
        row->buf = grown;
    }
    return row->buf + row->used;
}

void vo_row_add(vo_rowmake_t *row, apr_size_t len)
{
    row->starts[row->n] = row->used;
    row->cells[row->n++].len = (int)len;
    row->used += len;
}

void vo_row_add_null(vo_rowmake_t *row)
{
    row->starts[row->n] = row->used;
    row->cells[row->n++].len = -1;
}

const vo_cell_t *vo_row_cells(vo_rowmake_t *row)
{
    int i;

    for (i = 0; i < row->n; ++i) {
        row->cells[i].data = row->buf + row->starts[i];
    }
    return row->cells;
}

/* Bytes of the UTF-8 character at P, 0 when it is none. */
static int utf8_length(const unsigned char *p, const unsigned char *end)
{
    unsigned code;
    int i, n;

    if (*p < 0x80) {
        return 1;
    }
    n = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
    if (*p < 0xC2 || *p > 0xF4 || end - p < n) {
        return 0;
    }
    code = *p & (0x7FU >> n);
    for (i = 1; i < n; ++i) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (p[i] & 0x3FU);
    }
    return (n == 3 && (code < 0x800 || (code >= 0xD800 && code < 0xE000)))
                   || (n == 4 && (code < 0x10000 || code > 0x10FFFF))
               ? 0
               : n;
}

void vo_row_add_text(vo_rowmake_t *row, const char *text, apr_size_t len)
{
    const unsigned char *s = (const unsigned char *)text, *end;
    unsigned char *p = (unsigned char *)vo_row_space(row, 2 * len + 1);
    unsigned char *start = p;
    int n;

    for (end = s + len; s < end && *s; s += n) {
        n = utf8_length(s, end);
        if (!n) {
            *p++ = (unsigned char)(0xC0 | *s >> 6);
            *p++ = (unsigned char)(0x80 | (*s & 0x3F));
            n = 1;
            continue;
        }
        memcpy(p, s, (apr_size_t)n);
        p += n;
    }
    vo_row_add(row, (apr_size_t)(p - start));
}

int vo_array_head(char *p, unsigned oid, int n, int has_null)
{
    vo_put32(p, n ? 1 : 0);
    vo_put32(p + 4, (uint32_t)has_null);
    vo_put32(p + 8, oid);
    if (!n) {
        return 12;
    }
    vo_put32(p + 12, (uint32_t)n);
    vo_put32(p + 16, 1);
    return VO_ARRAY_HEAD;
}

/* ---- types ---- */

unsigned vo_element_oid(unsigned oid)
{
    const vo_pgtype_t *pg = vo_pgtype(oid);

    return pg->element ? pg->element : oid;
}

unsigned vo_field_oid(const vo_field_t *field)
{
    static const struct {
        unsigned scalar, array;
    } oids[] = {
        [VO_TYPE_BOOLEAN] = {VO_OID_BOOL, VO_OID_BOOL_ARRAY},
        [VO_TYPE_UBYTE] = {VO_OID_INT2, VO_OID_INT2_ARRAY},
        [VO_TYPE_SHORT] = {VO_OID_INT2, VO_OID_INT2_ARRAY},
        [VO_TYPE_INT] = {VO_OID_INT4, VO_OID_INT4_ARRAY},
        [VO_TYPE_LONG] = {VO_OID_INT8, VO_OID_INT8_ARRAY},
        [VO_TYPE_CHAR] = {VO_OID_TEXT, VO_OID_TEXT},
        [VO_TYPE_UNICODE] = {VO_OID_TEXT, VO_OID_TEXT},
        [VO_TYPE_FLOAT] = {VO_OID_FLOAT4, VO_OID_FLOAT4_ARRAY},
        [VO_TYPE_DOUBLE] = {VO_OID_FLOAT8, VO_OID_FLOAT8_ARRAY},
    };

    if (vo_type_is_text(field->type)) {
        if (field->xtype
            && (!strcmp(field->xtype, "timestamp")
                || !strcmp(field->xtype, "adql:TIMESTAMP"))) {
            return VO_OID_TIMESTAMP;
        }
        if (field->arraysize && strchr(field->arraysize, 'x')) {
            return VO_OID_TEXT_ARRAY;
        }
    }
    return field->size == VO_SCALAR ? oids[field->type].scalar
                                    : oids[field->type].array;
}

/* Two digits at P, or -1. */
static int two(const char *p)
{
    return apr_isdigit(p[0]) && apr_isdigit(p[1])
               ? (p[0] - '0') * 10 + (p[1] - '0')
               : -1;
}

/* "+hh:mm", "-hhmm", "Z" or nothing up to END: seconds east of UTC. */
static int parse_zone(const char *p, const char *end, int *seconds)
{
    int h, m = 0, sign = *p == '-' ? -1 : 1;

    *seconds = 0;
    if (p == end || ((*p == 'Z' || *p == 'z') && p + 1 == end)) {
        return 1;
    }
    if ((*p != '+' && *p != '-') || end - p < 3 || (h = two(p + 1)) < 0) {
        return 0;
    }
    p += 3;
    p += p < end && *p == ':';
    if (end - p == 2) {
        m = two(p);
    }
    else if (p != end) {
        return 0;
    }
    *seconds = sign * (h * 3600 + m * 60);
    return m >= 0;
}

static int days_in_month(int year, int month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30,
                                       31, 31, 30, 31, 30, 31};

    return month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0)
               ? 29
               : days[month - 1];
}

int vo_parse_time(const char *text, int len, int64_t *usec)
{
    const char *p = text, *end = text + len;
    int century, yy, month, day, h = 0, m = 0, s = 0, zone = 0;
    int64_t days, micros = 0, scale = 100000;
    int year;

    if (len < 10 || (century = two(p)) < 0 || (yy = two(p + 2)) < 0
        || p[4] != '-' || (month = two(p + 5)) < 1 || month > 12
        || p[7] != '-' || (day = two(p + 8)) < 1) {
        return 0;
    }
    year = century * 100 + yy;
    if (!year || day > days_in_month(year, month)) {
        return 0;
    }
    p += 10;
    if (p < end) {
        if ((*p != 'T' && *p != ' ' && *p != 't') || end - p < 6
            || (h = two(p + 1)) < 0 || h > 23 || p[3] != ':'
            || (m = two(p + 4)) < 0 || m > 59) {
            return 0;
        }
        p += 6;
        if (end - p >= 3 && *p == ':') {
            s = two(p + 1);
            if (s < 0 || s > 60) {
                return 0;
            }
            p += 3;
        }
        if (p < end && *p == '.') {
            for (++p; p < end && apr_isdigit(*p); ++p, scale /= 10) {
                micros += (*p - '0') * scale;
            }
        }
        if (!parse_zone(p, end, &zone)) {
            return 0;
        }
    }
    days = vo_wire_day_number(year, month, day);
    *usec = (days * 86400 + h * 3600 + m * 60 + s - zone) * INT64_C(1000000)
            + micros;
    return 1;
}

/* ---- errors ---- */

const char *vo_read_name(const vo_reader_t *r)
{
    return r->opts.name ? r->opts.name : r->path;
}

vo_err_t *vo_file_error(const vo_reader_t *r, const char *fmt, ...)
{
    va_list ap;
    const char *text;

    va_start(ap, fmt);
    text = apr_pvsprintf(r->pool, fmt, ap);
    va_end(ap);
    return vo_err_make(r->pool, VO_ERR_USAGE, "%s: %s", vo_read_name(r), text);
}

vo_err_t *vo_row_error(const vo_reader_t *r, int column, const char *fmt, ...)
{
    va_list ap;
    const char *text;

    va_start(ap, fmt);
    text = apr_pvsprintf(r->pool, fmt, ap);
    va_end(ap);
    if (column < 0) {
        return vo_err_make(r->pool, VO_ERR_USAGE,
                           "%s: row %" APR_INT64_T_FMT ": %s", vo_read_name(r),
                           (apr_int64_t)(r->nread + 1), text);
    }
    return vo_err_make(r->pool, VO_ERR_USAGE,
                       "%s: row %" APR_INT64_T_FMT ", column %d \"%s\": %s",
                       vo_read_name(r), (apr_int64_t)(r->nread + 1),
                       column + 1,
                       r->info.fields[column].name, text);
}

/* ---- opening ---- */

static const vo_readfmt_t *const formats[] = {
    &vo_readfmt_fits, &vo_readfmt_votable, &vo_readfmt_csv, &vo_readfmt_tsv};

/* Which format do the first bytes (decompressed) look like? */
static const vo_readfmt_t *look(const char *head, int len)
{
    const char *p = head, *end = head + len;
    int commas = 0, tabs = 0;

    if (len >= 9 && !memcmp(head, "SIMPLE  =", 9)) {
        return &vo_readfmt_fits;
    }
    if (len >= 4 && (!memcmp(head, "\xFF\xFE<\0", 4)
                     || !memcmp(head, "\xFE\xFF\0<", 4))) {
        return &vo_readfmt_votable; /* in UTF-16, as all XML may be */
    }
    if (len >= 3 && !memcmp(head, "\xEF\xBB\xBF", 3)) {
        p += 3;
    }
    while (p < end && apr_isspace(*p)) {
        ++p;
    }
    if (p == end || *p == '{' /* JSON */
        || memchr(head, '\0', (apr_size_t)len)) {
        return NULL;
    }
    if (*p == '<') {
        return &vo_readfmt_votable;
    }
    while (p < end && *p != '\n') {
        commas += *p == ',';
        tabs += *p++ == '\t';
    }
    return tabs > commas ? &vo_readfmt_tsv : &vo_readfmt_csv;
}

static vo_err_t *choose(vo_reader_t *r)
{
    char head[4096];
    apr_size_t i;
    gzFile file;
    int len;

    for (i = 0; r->opts.format && i < sizeof(formats) / sizeof(*formats);
         ++i) {
        if (!strcmp(formats[i]->name, r->opts.format)) {
            r->fmt = formats[i];
            return NULL;
        }
    }
    if (r->opts.format) {
        return vo_file_error(r, "unknown input format \"%s\"; allowed are "
                                "fits, votable, csv and tsv",
                             r->opts.format);
    }
    file = gzopen(r->path, "rb");
    if (!file) {
        return vo_file_error(r, "cannot be opened");
    }
    len = gzread(file, head, sizeof(head));
    gzclose(file);
    r->fmt = len > 0 ? look(head, len) : NULL;
    return r->fmt ? NULL
                  : vo_file_error(r, len > 0 ? "is neither FITS nor VOTable "
                                               "nor text with columns"
                                             : "is empty or cannot be read");
}

static apr_status_t cleanup(void *data)
{
    vo_reader_close(data);
    return APR_SUCCESS;
}

vo_err_t *vo_reader_open(vo_reader_t **reader, const char *path,
                         const vo_reader_opts_t *opts, apr_pool_t *pool)
{
    vo_reader_t *r = apr_pcalloc(pool, sizeof(*r));
    apr_finfo_t info;
    vo_err_t *err;
    int i;

    r->path = apr_pstrdup(pool, path);
    r->pool = pool;
    r->is_closed = 1;
    r->info.nrows = -1;
    if (opts) {
        r->opts = *opts;
    }
    if (apr_stat(&info, path, APR_FINFO_SIZE | APR_FINFO_TYPE, pool)
        || info.filetype != APR_REG) {
        return vo_file_error(r, "is not a readable file");
    }
    r->size = info.size;
    if (r->opts.max_bytes && r->size > r->opts.max_bytes) {
        return vo_err_make(pool, VO_ERR_LIMIT,
                           "%s: has %" APR_OFF_T_FMT " bytes, %" APR_OFF_T_FMT
                           " are allowed",
                           vo_read_name(r), r->size, r->opts.max_bytes);
    }
    VO_TRY(choose(r));
    r->is_closed = 0;
    apr_pool_cleanup_register(pool, r, cleanup, apr_pool_cleanup_null);
    err = r->fmt->open(r);
    if (err) {
        vo_reader_close(r);
        return err;
    }
    for (i = 0; i < r->info.nfields; ++i) {
        if (!r->info.fields[i].pg_oid) {
            r->info.fields[i].pg_oid = vo_field_oid(&r->info.fields[i]);
        }
    }
    vo_row_init(&r->row, r->info.nfields, pool);
    *reader = r;
    return NULL;
}

const vo_tableinfo_t *vo_reader_info(const vo_reader_t *reader)
{
    return &reader->info;
}

vo_err_t *vo_reader_next(vo_reader_t *reader, const vo_cell_t **cells)
{
    VO_TRY(reader->fmt->next(reader, cells));
    reader->nread += *cells != NULL;
    return NULL;
}

void vo_reader_progress(const vo_reader_t *reader, apr_off_t *done,
                        apr_off_t *all)
{
    reader->fmt->progress(reader, done, all);
}

void vo_reader_close(vo_reader_t *reader)
{
    if (!reader->is_closed) {
        reader->is_closed = 1;
        reader->fmt->close(reader);
    }
}
