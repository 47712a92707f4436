/* vo_write_html.c: a table as a page to read. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_write.h"

#include <apr_strings.h>

static const vo_style_t style = {
    "NaN", "+Inf", "-Inf", "null", "null", "", " ", "", 0, 0, 0, vo_xml_text,
};

typedef struct html_t {
    vo_tcol_t *cols;
    apr_size_t need;
    vo_rowbuf_t row;
} html_t;

static const char page_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>body{font:15px/1.4 system-ui,sans-serif;margin:1.5em;color:#222}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:left;"
    "vertical-align:top}"
    "th{position:sticky;top:0;background:#f4f4f6}"
    "th small{display:block;font-weight:400;color:#666}"
    "td.n{text-align:right;white-space:nowrap}"
    /* long arrays on one line, whole under the pointer */
    "td.a{max-width:24em;overflow:hidden;text-overflow:ellipsis;"
    "white-space:nowrap}td.a:hover{white-space:normal}"
    "td.z{background:#f8f8f8}"
    "pre{background:#f4f4f6;padding:.5em 1em;overflow-x:auto}"
    "tbody tr:hover{background:#eef3fb}.warn{color:#a40000}</style>\n";

static vo_err_t *put_text(vo_out_t *out, const char *before, const char *text,
                          const char *after)
{
    if (!text || !*text) {
        return NULL;
    }
    VO_TRY(vo_out_puts(out, before));
    VO_TRY(vo_out_xml(out, text, strlen(text)));
    return vo_out_puts(out, after);
}

/* The query that was asked, or NULL. */
static const char *query_of(const vo_tabledoc_t *doc)
{
    int i;

    for (i = 0; i < doc->ninfos; ++i) {
        if (!strcmp(doc->infos[i].name, "QUERY")) {
            return doc->infos[i].value;
        }
    }
    return NULL;
}

static vo_err_t *html_begin(vo_writer_t *w)
{
    html_t *html = apr_pcalloc(w->pool, sizeof(*html));
    const vo_tabledoc_t *doc = w->doc;
    const char *title = doc->resource_description ? doc->resource_description
                        : doc->name               ? doc->name
                                                  : "Query result";
    int i;

    w->state = html;
    VO_TRY(vo_tcols_make(&html->cols, &html->need, w, &style, &html->row));
    VO_TRY(vo_out_puts(w->out, page_head));
    VO_TRY(put_text(w->out, "<title>", title, "</title></head>\n<body>\n"));
    VO_TRY(put_text(w->out, "<h1>", title, "</h1>\n"));
    VO_TRY(put_text(w->out, "<p>", doc->description, "</p>\n"));
    VO_TRY(put_text(w->out, "<pre>", query_of(doc), "</pre>\n"));
    VO_TRY(vo_out_puts(w->out, "<table>\n<thead><tr>"));
    for (i = 0; i < w->doc->nfields; ++i) {
        const vo_field_t *field = &w->doc->fields[i];

        VO_TRY(vo_out_puts(w->out, "<th"));
        VO_TRY(put_text(w->out, " title=\"", field->description, "\""));
        VO_TRY(put_text(w->out, ">", field->name, ""));
        VO_TRY(put_text(w->out, "<small>", field->unit, "</small>"));
        VO_TRY(vo_out_puts(w->out, "</th>"));
    }
    return vo_out_puts(w->out, "</tr></thead>\n<tbody>\n");
}

static vo_err_t *html_row(vo_writer_t *w, const vo_cell_t *cells)
{
    html_t *html = w->state;
    int i, n = w->doc->nfields;
    char *p;

    VO_TRY(vo_rowbuf_begin(&html->row, vo_row_room(cells, n, html->need), &p));
    memcpy(p, "<tr>", 4);
    p += 4;
    for (i = 0; i < n; ++i) {
        const vo_tcol_t *col = &html->cols[i];
        const char *cell = vo_type_is_text(col->type) ? "<td>"
                           : col->size == VO_SCALAR   ? "<td class=n>"
                                                      : "<td class=a>";
        apr_size_t len = strlen(cell);

        if (cells[i].len < 0) {
            memcpy(p, "<td class=z></td>", 17);
            p += 17;
            continue;
        }
        memcpy(p, cell, len);
        p += len;
        p = col->put(col, p, cells[i].data, cells[i].len);
        if (!p) {
            return vo_cell_error(w, i, html->row.reason);
        }
        memcpy(p, "</td>", 5);
        p += 5;
    }
    memcpy(p, "</tr>\n", 6);
    w->nrows++;
    return vo_rowbuf_end(&html->row, p + 6);
}

static vo_err_t *close_page(vo_writer_t *w, const char *note)
{
    VO_TRY(vo_out_puts(w->out, "</tbody></table>\n"));
    VO_TRY(vo_out_printf(w->out, "<p>%" APR_INT64_T_FMT " row%s</p>\n",
                         w->nrows, w->nrows == 1 ? "" : "s"));
    VO_TRY(put_text(w->out, "<p class=\"warn\">", note, "</p>\n"));
    return vo_out_puts(w->out, "</body></html>\n");
}

static vo_err_t *html_end(vo_writer_t *w, vo_done_e done)
{
    return close_page(w, done == VO_DONE_OVERFLOW
                             ? "OVERFLOW: there are more rows than were asked "
                               "for or are allowed."
                             : NULL);
}

static vo_err_t *html_fail(vo_writer_t *w, const vo_err_t *err)
{
    return close_page(w, apr_pstrcat(w->pool, "ERROR: ",
                                     vo_err_public(err, w->pool), NULL));
}

static const char *const aliases[] = {"text/html", "application/xhtml+xml",
                                      NULL};

const vo_tablefmt_t vo_fmt_html = {
    .name = "html",
    .media_type = "text/html;charset=utf-8",
    .extension = "html",
    .aliases = aliases,
    .tells_failure = 1,
    .begin = html_begin,
    .row = html_row,
    .end = html_end,
    .fail = html_fail,
};
