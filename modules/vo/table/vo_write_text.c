/* vo_write_text.c: a table in aligned columns, to read in a terminal. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows are not collected, so the width of a column comes from its type and
 * name; a longer value pushes the rest of its line. */
#include "vo_write.h"

#include <apr_strings.h>

typedef struct text_t {
    vo_tcol_t *cols;
    int *widths;
    apr_size_t need;
    vo_rowbuf_t row;
} text_t;

static char *plain_text(char *p, const char *s, int len)
{
    const char *end = s + len;

    for (; s < end; ++s) {
        *p++ = (unsigned char)*s < 0x20 || *s == 0x7F ? ' ' : *s;
    }
    return p;
}

static const vo_style_t style = {
    "NaN", "+Inf", "-Inf", "null", "null", "", " ", "", 0, 0, 0, plain_text,
};

static int is_right(const vo_tcol_t *col)
{
    return !vo_type_is_text(col->type) && col->size == VO_SCALAR;
}

/* Characters, not bytes, of UTF-8 text. */
static int count_chars(const char *s, int len)
{
    int i, n = 0;

    for (i = 0; i < len; ++i) {
        n += (s[i] & 0xC0) != 0x80;
    }
    return n;
}

static int width_of(const vo_tcol_t *col)
{
    static const signed char scalar[] = {
        [VO_TYPE_BOOLEAN] = 5, [VO_TYPE_UBYTE] = 3,   [VO_TYPE_SHORT] = 6,
        [VO_TYPE_INT] = 11,    [VO_TYPE_LONG] = 20,   [VO_TYPE_CHAR] = 1,
        [VO_TYPE_UNICODE] = 1, [VO_TYPE_FLOAT] = 13,  [VO_TYPE_DOUBLE] = 22,
    };
    int name = count_chars(col->field->name, (int)strlen(col->field->name));
    int width = 16;

    if (vo_type_is_text(col->type)) {
        if (col->kind == VO_PG_TIMESTAMP || col->kind == VO_PG_TIMESTAMPTZ) {
            width = 23;
        }
        else if (col->size >= 0) {
            width = col->size > 40 ? 40 : col->size ? col->size : 1;
        }
    }
    else {
        width = scalar[col->type];
        if (col->size != VO_SCALAR) {
            width = 8 * (col->size > 0 && col->size < 10 ? col->size : 10);
        }
    }
    return name > width ? name : width;
}

/* Set LEN bytes at P, already there, into their column; the last one is not
 * filled up. */
static char *align(const vo_tcol_t *col, int width, int is_last, char *p,
                   int len)
{
    int fill = width - count_chars(p, len);

    if (fill <= 0 || (is_last && !is_right(col))) {
        return p + len;
    }
    if (is_right(col)) {
        memmove(p + fill, p, (apr_size_t)len);
        memset(p, ' ', (apr_size_t)fill);
    }
    else {
        memset(p + len, ' ', (apr_size_t)fill);
    }
    return p + len + fill;
}

static vo_err_t *text_begin(vo_writer_t *w)
{
    text_t *text = apr_pcalloc(w->pool, sizeof(*text));
    int i, n = w->doc->nfields;
    char *p, *line;
    apr_size_t room = 16;

    w->state = text;
    VO_TRY(vo_tcols_make(&text->cols, &text->need, w, &style, &text->row));
    text->widths = apr_pcalloc(w->pool, (apr_size_t)n * sizeof(int));
    for (i = 0; i < n; ++i) {
        text->widths[i] = width_of(&text->cols[i]);
        room += (apr_size_t)text->widths[i] + strlen(w->doc->fields[i].name)
                + 4;
    }
    text->need += room;
    p = line = apr_palloc(w->pool, 2 * room);
    for (i = 0; i < n; ++i) {
        const char *name = w->doc->fields[i].name;
        apr_size_t len = strlen(name);

        if (i) {
            *p++ = ' ';
            *p++ = ' ';
        }
        memcpy(p, name, len);
        p = align(&text->cols[i], text->widths[i], i == n - 1, p, (int)len);
    }
    *p++ = '\n';
    for (i = 0; i < n; ++i) {
        if (i) {
            *p++ = ' ';
            *p++ = ' ';
        }
        memset(p, '-', (apr_size_t)text->widths[i]);
        p += text->widths[i];
    }
    *p++ = '\n';
    return vo_out_write(w->out, line, (apr_size_t)(p - line));
}

static vo_err_t *text_row(vo_writer_t *w, const vo_cell_t *cells)
{
    text_t *text = w->state;
    int i, n = w->doc->nfields;
    char *p;

    VO_TRY(vo_rowbuf_begin(&text->row, vo_row_room(cells, n, text->need), &p));
    for (i = 0; i < n; ++i) {
        const vo_tcol_t *col = &text->cols[i];
        char *from;

        if (i) {
            *p++ = ' ';
            *p++ = ' ';
        }
        from = p;
        if (cells[i].len >= 0) {
            p = col->put(col, p, cells[i].data, cells[i].len);
            if (!p) {
                return vo_cell_error(w, i, text->row.reason);
            }
        }
        p = align(col, text->widths[i], i == n - 1, from, (int)(p - from));
    }
    *p++ = '\n';
    w->nrows++;
    return vo_rowbuf_end(&text->row, p);
}

static vo_err_t *text_end(vo_writer_t *w, vo_done_e done)
{
    return done == VO_DONE_OVERFLOW
               ? vo_out_puts(w->out, "OVERFLOW: there are more rows\n")
               : NULL;
}

static vo_err_t *text_fail(vo_writer_t *w, const vo_err_t *err)
{
    VO_TRY(vo_out_puts(w->out, "ERROR: "));
    VO_TRY(vo_out_puts(w->out, vo_err_public(err, w->pool)));
    return vo_out_puts(w->out, "\n");
}

static const char *const aliases[] = {"text/plain", "txt", "ascii", NULL};

const vo_tablefmt_t vo_fmt_text = {
    .name = "text",
    .media_type = "text/plain;charset=utf-8",
    .extension = "txt",
    .aliases = aliases,
    .tells_failure = 1,
    .begin = text_begin,
    .row = text_row,
    .end = text_end,
    .fail = text_fail,
};
