/* vo_read_csv.c: comma- and tab-separated values, types found by looking. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 4180. The first record is the header; a '#' in front of it is ignored,
 * as are whole comment lines before it. An empty cell is NULL, "" is an empty
 * text (or NULL in a table of one column, where it keeps the line from being
 * empty). A column becomes boolean (true, false), int, long, double, timestamp
 * or text, whatever holds all its values; digits with a leading zero and
 * integers beyond 64 bits stay text, since a number would lose them. */
#include <stdlib.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_read.h"

#define CHUNK 65536
#define MAX_FIELDS 1600 /* PostgreSQL's limit of columns */

enum { /* what all values of a column could be */
    CAN_BOOL = 1,
    CAN_INT = 2,
    CAN_LONG = 4,
    CAN_DOUBLE = 8,
    CAN_TIME = 16,
    CAN_ANY = 31
};

typedef struct span_t {
    apr_size_t start;
    int len;
    int is_quoted;
} span_t;

typedef struct csv_t {
    gzFile file;
    char sep;
    char buf[CHUNK];
    int at, end;
    char *text; /* the record, unquoted */
    apr_size_t used, cap;
    span_t spans[MAX_FIELDS];
    int nspans;
    apr_int64_t line;       /* of the record's start */
    apr_int64_t next_line;
    apr_off_t total;        /* bytes after decompression */
    apr_off_t data_start;   /* of the first record behind the header */
    apr_int64_t data_line;
    unsigned *can;          /* per column */
    char *has_values, *is_wide;
} csv_t;

/* ---- records ---- */

static int next_char(csv_t *csv)
{
    if (csv->at == csv->end) {
        csv->end = gzread(csv->file, csv->buf, CHUNK);
        csv->at = 0;
        if (csv->end <= 0) {
            csv->end = 0;
            return -1;
        }
    }
    csv->total++;
    return (unsigned char)csv->buf[csv->at++];
}

static void unread(csv_t *csv)
{
    csv->at--;
    csv->total--;
}

static void put(csv_t *csv, apr_pool_t *pool, int c)
{
    if (csv->used == csv->cap) {
        char *grown = apr_palloc(pool, csv->cap * 2 + 4096);

        memcpy(grown, csv->text, csv->used);
        csv->text = grown;
        csv->cap = csv->cap * 2 + 4096;
    }
    csv->text[csv->used++] = (char)c;
}

/* Take the plain characters that follow, without looking at each twice. */
static void put_plain(csv_t *csv, apr_pool_t *pool)
{
    const char *from = csv->buf + csv->at, *end = csv->buf + csv->end;
    const char *p = from;
    apr_size_t n;

    while (p < end && *p != csv->sep && *p != '\n' && *p != '\r' && *p != '"'
           && *p) {
        ++p;
    }
    n = (apr_size_t)(p - from);
    if (csv->used + n > csv->cap) {
        char *grown;

        csv->cap = 2 * (csv->used + n);
        grown = apr_palloc(pool, csv->cap);
        memcpy(grown, csv->text, csv->used);
        csv->text = grown;
    }
    memcpy(csv->text + csv->used, from, n);
    csv->used += n;
    csv->at += (int)n;
    csv->total += (apr_off_t)n;
}

/* Errors in a record are told by line, which an editor shows. */
static vo_err_t *line_error(const vo_reader_t *r, const char *what)
{
    const csv_t *csv = r->state;

    return vo_file_error(r, "line %" APR_INT64_T_FMT " (row %" APR_INT64_T_FMT
                            "): %s",
                         csv->line, (apr_int64_t)(r->nread + 1), what);
}

/* The inside of a quoted cell, after its opening quote. */
static vo_err_t *read_quoted(vo_reader_t *r)
{
    csv_t *csv = r->state;
    int c;

    for (;;) {
        c = next_char(csv);
        if (c < 0) {
            return line_error(r, "a quoted cell does not end");
        }
        if (c == '\n') {
            csv->next_line++;
        }
        if (c == '"') {
            c = next_char(csv);
            if (c != '"') {
                if (c >= 0) {
                    unread(csv);
                }
                return NULL;
            }
        }
        put(csv, r->pool, c);
        if (csv->used > VO_CELL_MAX) {
            return line_error(r, "the line is too long");
        }
    }
}

/* Read one record into spans. *IS_END is set when there is none. */
static vo_err_t *read_record(vo_reader_t *r, int *is_end)
{
    csv_t *csv = r->state;
    span_t *span = csv->spans;
    int c = next_char(csv);

    csv->used = 0;
    csv->nspans = 0;
    csv->line = csv->next_line;
    *is_end = c < 0;
    if (c < 0) {
        int code;
        const char *what = gzerror(csv->file, &code);

        return code == Z_OK || code == Z_STREAM_END ? NULL
                                                    : line_error(r, what);
    }
    span->start = 0;
    span->is_quoted = 0;
    for (;; c = next_char(csv)) {
        if (c == csv->sep || c == '\n' || c < 0) {
            if (c != csv->sep && csv->used > span->start && !span->is_quoted
                && csv->text[csv->used - 1] == '\r') {
                csv->used--;
            }
            span->len = (int)(csv->used - span->start);
            csv->nspans++;
            if (c != csv->sep) {
                csv->next_line++;
                return NULL;
            }
            if (csv->nspans == MAX_FIELDS) {
                return line_error(r, "there are more than 1600 cells");
            }
            span = &csv->spans[csv->nspans];
            span->start = csv->used;
            span->is_quoted = 0;
        }
        else if (c == '"' && csv->used == span->start && !span->is_quoted
                 && csv->sep != '\t') {
            span->is_quoted = 1;
            VO_TRY(read_quoted(r));
        }
        else if (c == 0) {
            return line_error(r, "there is a NUL byte");
        }
        else if (span->is_quoted && c == '\r') {
            continue; /* before the line feed */
        }
        else if (span->is_quoted && c != ' ') {
            return line_error(r, "there is text behind a closing quote");
        }
        else if (!span->is_quoted) {
            put(csv, r->pool, c);
            put_plain(csv, r->pool);
            if (csv->used > VO_CELL_MAX) {
                return line_error(r, "the line is too long");
            }
        }
    }
}

static int is_blank_record(const csv_t *csv)
{
    return csv->nspans == 1 && !csv->spans[0].len && !csv->spans[0].is_quoted;
}

/* The next record that is one: blank lines are skipped. */
static vo_err_t *next_record(vo_reader_t *r, int *is_end)
{
    csv_t *csv = r->state;

    do {
        VO_TRY(read_record(r, is_end));
    } while (!*is_end && is_blank_record(csv));
    return NULL;
}

static void trim(const char **s, int *len)
{
    while (*len && apr_isspace(**s)) {
        ++*s;
        --*len;
    }
    while (*len && apr_isspace((*s)[*len - 1])) {
        --*len;
    }
}

/* ---- the header ---- */

/* Names of the record just read, without a leading '#'. */
static char **take_names(vo_reader_t *r)
{
    csv_t *csv = r->state;
    char **names = apr_palloc(r->pool, sizeof(*names)
                                           * (apr_size_t)csv->nspans);
    int i;

    for (i = 0; i < csv->nspans; ++i) {
        const char *s = csv->text + csv->spans[i].start;
        int len = csv->spans[i].len;

        if (!i && len >= 3 && !memcmp(s, "\xEF\xBB\xBF", 3)) {
            s += 3;
            len -= 3;
        }
        if (!i && len && *s == '#') {
            ++s;
            --len;
        }
        trim(&s, &len);
        names[i] = apr_pstrmemdup(r->pool, s, (apr_size_t)len);
    }
    return names;
}

static int is_comment(const csv_t *csv)
{
    const char *s = csv->text;

    return csv->spans[0].len && !csv->spans[0].is_quoted
           && (*s == '#'
               || (csv->spans[0].len > 3 && !memcmp(s, "\xEF\xBB\xBF#", 4)));
}

static vo_err_t *set_fields(vo_reader_t *r, char **names, int n)
{
    int i, j;

    r->info.nfields = n;
    r->info.fields = apr_pcalloc(r->pool, sizeof(vo_field_t) * (apr_size_t)n);
    for (i = 0; i < n; ++i) {
        if (!*names[i]) {
            return vo_file_error(r, "column %d has no name in the header",
                                 i + 1);
        }
        for (j = 0; j < i; ++j) {
            if (!strcmp(names[i], names[j])) {
                return vo_file_error(r, "columns %d and %d are both called "
                                        "\"%s\"",
                                     j + 1, i + 1, names[i]);
            }
        }
        r->info.fields[i].name = names[i];
    }
    return NULL;
}

/* The header is the first line without '#', unless the comment line just
 * before has as many names as that line has cells and that line holds a
 * number. */
static vo_err_t *read_header(vo_reader_t *r)
{
    csv_t *csv = r->state;
    char **comment = NULL;
    int ncomment = 0, is_end, i;
    apr_off_t start = 0;
    apr_int64_t start_line = 1;

    for (;;) {
        start = csv->total;
        start_line = csv->next_line;
        VO_TRY(next_record(r, &is_end));
        if (is_end) {
            break;
        }
        if (!is_comment(csv)) {
            break;
        }
        comment = take_names(r);
        ncomment = csv->nspans;
    }
    csv->data_start = start;
    csv->data_line = start_line;
    if (is_end) {
        return comment ? set_fields(r, comment, ncomment)
                       : vo_file_error(r, "has no header line");
    }
    for (i = 0; comment && ncomment == csv->nspans && i < ncomment; ++i) {
        double v;

        if (vo_num_to_double(csv->text + csv->spans[i].start,
                             csv->spans[i].len, &v)) {
            return set_fields(r, comment, ncomment);
        }
    }
    csv->data_start = csv->total;
    csv->data_line = csv->next_line;
    return set_fields(r, take_names(r), csv->nspans);
}

/* ---- types ---- */

static int is_word(const char *s, int len, const char *word)
{
    return (apr_size_t)len == strlen(word)
           && !strncasecmp(s, word, (apr_size_t)len);
}

static int has_leading_zero(const char *s, int len)
{
    if (len && (*s == '-' || *s == '+')) {
        ++s;
        --len;
    }
    return len > 1 && *s == '0' && apr_isdigit(s[1]);
}

static unsigned classify(const char *s, int len)
{
    int64_t whole;
    double real;

    if (apr_isdigit(*s) || *s == '-' || *s == '+' || *s == '.') {
        int i, is_digits = 1;

        if (len >= 10 && vo_parse_time(s, len, &whole)) {
            return CAN_TIME;
        }
        if (has_leading_zero(s, len)) {
            return 0;
        }
        for (i = *s == '-' || *s == '+'; i < len; ++i) {
            is_digits &= apr_isdigit(s[i]) != 0;
        }
        if (is_digits && i > (*s == '-' || *s == '+')) {
            return !vo_num_to_int64(s, len, &whole) ? 0
                   : whole >= INT32_MIN && whole <= INT32_MAX
                       ? CAN_INT | CAN_LONG | CAN_DOUBLE
                       : CAN_LONG | CAN_DOUBLE;
        }
        return vo_num_to_double(s, len, &real) ? CAN_DOUBLE : 0;
    }
    if (is_word(s, len, "true") || is_word(s, len, "false")) {
        return CAN_BOOL;
    }
    return vo_num_to_double(s, len, &real) ? CAN_DOUBLE : 0;
}

static vo_err_t *check_width(vo_reader_t *r)
{
    csv_t *csv = r->state;

    if (csv->nspans == r->info.nfields) {
        return NULL;
    }
    return line_error(r, apr_psprintf(r->pool, "%d cells where the header has "
                                               "%d",
                                      csv->nspans, r->info.nfields));
}

static void sniff_record(vo_reader_t *r)
{
    csv_t *csv = r->state;
    int i, j;

    for (i = 0; i < r->info.nfields; ++i) {
        const char *s = csv->text + csv->spans[i].start;
        int len = csv->spans[i].len;

        for (j = 0; !csv->is_wide[i] && j < len; ++j) {
            csv->is_wide[i] = (unsigned char)s[j] > 0x7F;
        }
        trim(&s, &len);
        if (!len && csv->spans[i].is_quoted && r->info.nfields > 1) {
            csv->can[i] = 0; /* an empty text, no NULL */
        }
        if (!len || !csv->can[i]) {
            csv->has_values[i] |= csv->spans[i].is_quoted;
            continue;
        }
        csv->has_values[i] = 1;
        csv->can[i] &= classify(s, len);
    }
}

static void settle_type(vo_field_t *f, unsigned can, int is_wide)
{
    f->size = VO_SCALAR;
    if (can & CAN_BOOL) {
        f->type = VO_TYPE_BOOLEAN;
    }
    else if (can & CAN_INT) {
        f->type = VO_TYPE_INT;
    }
    else if (can & CAN_LONG) {
        f->type = VO_TYPE_LONG;
    }
    else if (can & CAN_DOUBLE) {
        f->type = VO_TYPE_DOUBLE;
    }
    else {
        f->type = is_wide ? VO_TYPE_UNICODE : VO_TYPE_CHAR;
        f->size = VO_VARIABLE;
        f->arraysize = "*";
        f->xtype = can & CAN_TIME ? "timestamp" : NULL;
    }
}

static vo_err_t *sniff(vo_reader_t *r)
{
    csv_t *csv = r->state;
    apr_size_t n = (apr_size_t)r->info.nfields;
    int i, is_end;

    csv->can = apr_palloc(r->pool, n * sizeof(*csv->can));
    csv->has_values = apr_pcalloc(r->pool, n);
    csv->is_wide = apr_pcalloc(r->pool, n);
    for (i = 0; i < r->info.nfields; ++i) {
        csv->can[i] = CAN_ANY;
    }
    for (r->nread = 0;; r->nread++) {
        if (r->opts.sniff_rows && r->nread >= r->opts.sniff_rows) {
            break;
        }
        VO_TRY(next_record(r, &is_end));
        if (is_end) {
            r->info.nrows = r->nread;
            break;
        }
        if (r->opts.max_bytes && csv->total > r->opts.max_bytes) {
            return line_error(r, "the file is larger than allowed");
        }
        VO_TRY(check_width(r));
        sniff_record(r);
    }
    r->nread = 0;
    for (i = 0; i < r->info.nfields; ++i) {
        settle_type(&r->info.fields[i],
                    csv->has_values[i] ? csv->can[i] : 0, csv->is_wide[i]);
    }
    return NULL;
}

/* ---- the reader ---- */

static vo_err_t *rewind_to_data(vo_reader_t *r)
{
    csv_t *csv = r->state;

    if (gzseek(csv->file, (z_off_t)csv->data_start, SEEK_SET) < 0) {
        return vo_file_error(r, "cannot be read twice");
    }
    csv->at = csv->end = 0;
    csv->total = csv->data_start;
    csv->next_line = csv->data_line;
    return NULL;
}

static vo_err_t *open_text(vo_reader_t *r, char sep)
{
    csv_t *csv = apr_pcalloc(r->pool, sizeof(*csv));

    r->state = csv;
    csv->sep = sep;
    csv->next_line = 1;
    csv->cap = 4096;
    csv->text = apr_palloc(r->pool, csv->cap);
    csv->file = gzopen(r->path, "rb");
    if (!csv->file) {
        return vo_file_error(r, "cannot be opened");
    }
    gzbuffer(csv->file, 2 * CHUNK);
    VO_TRY(read_header(r));
    VO_TRY(rewind_to_data(r));
    VO_TRY(sniff(r));
    return rewind_to_data(r);
}

static vo_err_t *csv_open(vo_reader_t *r)
{
    return open_text(r, ',');
}

static vo_err_t *tsv_open(vo_reader_t *r)
{
    return open_text(r, '\t');
}

/* Append the cell; 0 when the text is not of the column's type. */
static int add_cell(vo_rowmake_t *row, const vo_field_t *f, const char *s,
                    int len)
{
    char *p = vo_row_space(row, 8);
    int64_t whole;
    double real;

    if (f->pg_oid == VO_OID_TIMESTAMP) {
        if (!vo_parse_time(s, len, &whole)) {
            return 0;
        }
        vo_put64(p, (uint64_t)whole);
        vo_row_add(row, 8);
        return 1;
    }
    switch (f->type) {
    case VO_TYPE_BOOLEAN:
        *p = is_word(s, len, "true");
        if (!*p && !is_word(s, len, "false")) {
            return 0;
        }
        vo_row_add(row, 1);
        return 1;
    case VO_TYPE_INT:
    case VO_TYPE_LONG:
        if (!vo_num_to_int64(s, len, &whole)) {
            return 0;
        }
        if (f->type == VO_TYPE_LONG) {
            vo_put64(p, (uint64_t)whole);
            vo_row_add(row, 8);
            return 1;
        }
        if (whole < INT32_MIN || whole > INT32_MAX) {
            return 0;
        }
        vo_put32(p, (uint32_t)whole);
        vo_row_add(row, 4);
        return 1;
    default:
        if (!vo_num_to_double(s, len, &real)) {
            return 0;
        }
        vo_put_double(p, real);
        vo_row_add(row, 8);
        return 1;
    }
}

static vo_err_t *csv_next(vo_reader_t *r, const vo_cell_t **cells)
{
    csv_t *csv = r->state;
    int i, is_end;

    *cells = NULL;
    VO_TRY(next_record(r, &is_end));
    if (is_end) {
        return NULL;
    }
    if (r->opts.max_bytes && csv->total > r->opts.max_bytes) {
        return line_error(r, "the file is larger than allowed");
    }
    VO_TRY(check_width(r));
    vo_row_restart(&r->row);
    for (i = 0; i < r->info.nfields; ++i) {
        const vo_field_t *f = &r->info.fields[i];
        const span_t *span = &csv->spans[i];
        const char *s = csv->text + span->start;
        int len = span->len;

        if (f->pg_oid == VO_OID_TEXT) {
            if (!len && !span->is_quoted) {
                vo_row_add_null(&r->row);
                continue;
            }
            vo_row_add_text(&r->row, s, (apr_size_t)len);
            continue;
        }
        trim(&s, &len);
        if (!len) {
            vo_row_add_null(&r->row);
        }
        else if (!add_cell(&r->row, f, s, len)) {
            return vo_row_error(r, i,
                                "\"%.*s\" is no %s, as the values before are "
                                "(line %" APR_INT64_T_FMT ")",
                                len < 60 ? len : 60, s,
                                f->xtype ? f->xtype : vo_type_name(f->type),
                                csv->line);
        }
    }
    *cells = vo_row_cells(&r->row);
    return NULL;
}

static void csv_progress(const vo_reader_t *r, apr_off_t *done,
                         apr_off_t *all)
{
    const csv_t *csv = r->state;

    *done = gzoffset(csv->file);
    *all = r->size;
}

static void csv_close(vo_reader_t *r)
{
    csv_t *csv = r->state;

    if (csv && csv->file) {
        gzclose(csv->file);
    }
}

const vo_readfmt_t vo_readfmt_csv = {"csv", csv_open, csv_next, csv_progress,
                                     csv_close};
const vo_readfmt_t vo_readfmt_tsv = {"tsv", tsv_open, csv_next, csv_progress,
                                     csv_close};
