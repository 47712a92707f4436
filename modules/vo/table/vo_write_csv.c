/* vo_write_csv.c: comma- and tab-separated values. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV: RFC 4180, lines end in CR LF, nothing but one header line before the
 * rows. NULL is an empty cell, the empty string is "". Not-a-number is NaN,
 * infinities are Infinity and -Infinity, arrays are blank-separated with null
 * for a NULL integer. */
#include "vo_write.h"

#include <apr_strings.h>

typedef struct csv_t {
    vo_tcol_t *cols;
    apr_size_t need;
    vo_rowbuf_t row;
    const char *eol;
    char sep;
} csv_t;

static int needs_quotes(const char *s, int len)
{
    int i;

    if (!len || s[0] == ' ' || s[len - 1] == ' ') {
        return 1;
    }
    for (i = 0; i < len; ++i) {
        if (s[i] == ',' || s[i] == '"' || s[i] == '\n' || s[i] == '\r') {
            return 1;
        }
    }
    return 0;
}

static char *csv_text(char *p, const char *s, int len)
{
    const char *end = s + len;

    if (!needs_quotes(s, len)) {
        memcpy(p, s, (apr_size_t)len);
        return p + len;
    }
    *p++ = '"';
    for (; s < end; ++s) {
        if (*s == '"') {
            *p++ = '"';
        }
        *p++ = *s;
    }
    *p++ = '"';
    return p;
}

/* There is no quoting in TSV (IANA text/tab-separated-values): what would end
 * a cell becomes a blank. */
static char *tsv_text(char *p, const char *s, int len)
{
    const char *end = s + len;

    for (; s < end; ++s) {
        *p++ = *s == '\t' || *s == '\n' || *s == '\r' ? ' ' : *s;
    }
    return p;
}

static const vo_style_t csv_style = {
    "NaN", "Infinity", "-Infinity", "null", "null",
    "",    " ",        "",          0,      0,      0,     csv_text,
};

static const vo_style_t tsv_style = {
    "NaN", "Infinity", "-Infinity", "null", "null",
    "",    " ",        "",          0,      0,      0,     tsv_text,
};

static vo_err_t *csv_header(vo_writer_t *w, const vo_style_t *style)
{
    csv_t *csv = w->state;
    int i;

    for (i = 0; i < w->doc->nfields; ++i) {
        const char *name = w->doc->fields[i].name;
        apr_size_t len = strlen(name);
        char *buf = apr_palloc(w->pool, 2 * len + 2);
        char *end = style->text(buf, name, (int)len);

        if (i) {
            VO_TRY(vo_out_write(w->out, &csv->sep, 1));
        }
        VO_TRY(vo_out_write(w->out, buf, (apr_size_t)(end - buf)));
    }
    return vo_out_puts(w->out, csv->eol);
}

static vo_err_t *begin(vo_writer_t *w, const vo_style_t *style, char sep,
                       const char *eol)
{
    csv_t *csv = apr_pcalloc(w->pool, sizeof(*csv));
    const char *type = w->doc->media_type;

    w->state = csv;
    csv->sep = sep;
    csv->eol = eol;
    VO_TRY(vo_tcols_make(&csv->cols, &csv->need, w, style, &csv->row));
    if (type && strstr(type, "header=absent")) {
        return NULL;
    }
    return csv_header(w, style);
}

static vo_err_t *csv_begin(vo_writer_t *w)
{
    return begin(w, &csv_style, ',', "\r\n");
}

static vo_err_t *tsv_begin(vo_writer_t *w)
{
    return begin(w, &tsv_style, '\t', "\n");
}

static vo_err_t *csv_row(vo_writer_t *w, const vo_cell_t *cells)
{
    csv_t *csv = w->state;
    int i, n = w->doc->nfields;
    char *p;

    VO_TRY(vo_rowbuf_begin(&csv->row, vo_row_room(cells, n, csv->need), &p));
    for (i = 0; i < n; ++i) {
        const vo_tcol_t *col = &csv->cols[i];

        if (i) {
            *p++ = csv->sep;
        }
        if (cells[i].len >= 0) {
            p = col->put(col, p, cells[i].data, cells[i].len);
            if (!p) {
                return vo_cell_error(w, i, csv->row.reason);
            }
        }
        else if (n == 1 && csv->sep == ',') {
            memcpy(p, "\"\"", 2); /* an empty line would be no row */
            p += 2;
        }
    }
    for (i = 0; csv->eol[i]; ++i) {
        *p++ = csv->eol[i];
    }
    w->nrows++;
    return vo_rowbuf_end(&csv->row, p);
}

/* Neither format has a place to say more. */
static vo_err_t *csv_end(vo_writer_t *w, vo_done_e done)
{
    (void)w;
    (void)done;
    return NULL;
}

static vo_err_t *csv_fail(vo_writer_t *w, const vo_err_t *err)
{
    (void)w;
    (void)err;
    return NULL;
}

static const char *const csv_aliases[] = {"text/csv", "application/csv",
                                          "text/comma-separated-values", NULL};
static const char *const tsv_aliases[] = {"text/tab-separated-values",
                                          "text/tsv", "tab", NULL};

const vo_tablefmt_t vo_fmt_csv = {
    .name = "csv",
    .media_type = "text/csv;charset=utf-8;header=present",
    .extension = "csv",
    .aliases = csv_aliases,
    .begin = csv_begin,
    .row = csv_row,
    .end = csv_end,
    .fail = csv_fail,
};

const vo_tablefmt_t vo_fmt_tsv = {
    .name = "tsv",
    .media_type = "text/tab-separated-values;charset=utf-8",
    .extension = "tsv",
    .aliases = tsv_aliases,
    .begin = tsv_begin,
    .row = csv_row,
    .end = csv_end,
    .fail = csv_fail,
};
