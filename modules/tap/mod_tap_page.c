/* mod_tap_page.c: a page for people who open the service in a browser. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_int.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "uws/vo_uws.h"
#include "xml/vo_xml.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;"
    "padding:0 1em;color:#222}\n"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2em 1em "
    ".2em 0;vertical-align:top;border-bottom:1px solid #ddd}\n"
    "textarea{width:100%;height:6em;font:14px monospace}code{font-size:14px}\n"
    "</style>\n<title>";

static vo_err_t *list_releases(vo_out_t *out, request_rec *r)
{
    const vo_meta_t *meta;
    int i;

    VO_TRY(tap_fns.snapshot_get(&meta, r));
    VO_TRY(vo_out_puts(out, head));
    VO_TRY(vo_out_puts(out, "TAP services</title>\n</head>\n<body>\n"
                            "<h1>Table Access Protocol</h1>\n"
                            "<p>One service per release:</p>\n<ul>\n"));
    for (i = 0; i < meta->nreleases; ++i) {
        const vo_release_t *rel = meta->releases[i];

        if (tap_fns.release_visible(r, rel)) {
            VO_TRY(vo_xml_put(out, "<li><a href=\"",
                              tap_fns.service_url(r, &tap_service, rel, NULL),
                              "\">"));
            VO_TRY(vo_xml_put(out, "", rel->id, "</a> "));
            VO_TRY(vo_xml_put(out, "", rel->title, "</li>\n"));
        }
    }
    return vo_out_puts(out, "</ul>\n</body>\n</html>\n");
}

/* A first query that will work: some rows of the first table. */
static const char *example_query(const vo_release_t *rel, apr_pool_t *pool)
{
    const char *name = rel->ntables ? rel->tables[0]->tap_name : "TAP_SCHEMA."
                                                                 "tables";

    return apr_pstrcat(pool, "SELECT TOP 10 * FROM ", name, NULL);
}

/* The address of a page with the columns of TABLE, of the service at URL. */
static const char *columns_url(const char *url, const vo_table_t *table,
                               apr_pool_t *pool)
{
    const char *name = "", *rest = table->tap_name, *quote;

    while ((quote = strchr(rest, '\'')) != NULL) { /* doubled in ADQL */
        name = apr_pstrcat(pool, name,
                           apr_pstrndup(pool, rest,
                                        (apr_size_t)(quote - rest)),
                           "''", NULL);
        rest = quote + 1;
    }
    name = apr_pstrcat(pool, "SELECT column_name, datatype, arraysize, unit, "
                       "ucd, description, indexed\nFROM TAP_SCHEMA.columns\n"
                       "WHERE table_name = '", name, rest,
                       "'\nORDER BY column_index", NULL);
    return apr_pstrcat(pool, url, "/sync?", vo_uws_form_add(
        "LANG=ADQL&RESPONSEFORMAT=html", "QUERY", name, pool), NULL);
}

static vo_err_t *list_tables(vo_out_t *out, const vo_release_t *rel,
                             const char *url, apr_pool_t *pool)
{
    int i;

    VO_TRY(vo_out_puts(out, "<h2>Tables</h2>\n<table>\n<tr><th>Name</th>"
                            "<th>Columns</th><th>Rows</th><th>Description</th>"
                            "</tr>\n"));
    for (i = 0; i < rel->ntables; ++i) {
        const vo_table_t *table = rel->tables[i];

        VO_TRY(vo_xml_put(out, "<tr><td><code>", table->tap_name,
                          "</code></td>"));
        VO_TRY(vo_xml_put(out, "<td><a href=\"", columns_url(url, table, pool),
                          "\">"));
        VO_TRY(vo_out_printf(out, "%d</a></td>", table->ncolumns));
        VO_TRY(table->nrows >= 0
                   ? vo_out_printf(out, "<td>%" APR_INT64_T_FMT "</td>",
                                   table->nrows)
                   : vo_out_puts(out, "<td></td>"));
        VO_TRY(vo_xml_put(out, "<td>", table->description, "</td></tr>\n"));
    }
    return vo_out_puts(out, "</table>\n");
}

static vo_err_t *release_page(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel)
{
    const char *url = tap_fns.service_url(r, &tap_service, rel, NULL);
    const char *title = rel->title && *rel->title ? rel->title : rel->id;

    VO_TRY(vo_out_puts(out, head));
    VO_TRY(vo_xml_put(out, "", title, " (TAP)</title>\n</head>\n<body>\n"));
    VO_TRY(vo_xml_put(out, "<h1>", title, "</h1>\n"));
    VO_TRY(vo_xml_put(out, "<p>", rel->description, "</p>\n"));
    VO_TRY(vo_xml_put(out, "<p>This is a TAP service. Give its address to "
                           "TOPCAT, STILTS or pyvo:<br><code>", url,
                      "</code></p>\n"));
    VO_TRY(vo_xml_put(out, "<form action=\"", url,
                      "/sync\" method=\"get\">\n"
                      "<input type=\"hidden\" name=\"LANG\" value=\"ADQL\">\n"
                      "<input type=\"hidden\" name=\"RESPONSEFORMAT\" "
                      "value=\"html\">\n"
                      "<textarea name=\"QUERY\" aria-label=\"ADQL query\">"));
    VO_TRY(vo_xml_put(out, "", example_query(rel, r->pool), "</textarea>\n"));
    VO_TRY(vo_out_puts(out, "<p><label>Rows at most <input "
                            "name=\"MAXREC\" value=\"1000\" size=\"8\">"
                            "</label> <button>Run</button> "
                            "<button name=\"EXPLAIN\" value=\"1\">Explain"
                            "</button></p>\n<p>With the parameter "
                            "<code>EXPLAIN=1</code> a query is not run: its "
                            "columns, SQL, plan and estimated number of rows "
                            "are told, as VOTable, JSON, text or a page.</p>\n"
                            "</form>\n"));
    VO_TRY(vo_xml_put(out, "<p><a href=\"", url,
                      "/examples\">Example queries</a></p>\n"));
    if (tap_fns.vosi_handle) {
        VO_TRY(vo_xml_put(out, "<p><a href=\"", url,
                          "/tables\">tables</a> "));
        VO_TRY(vo_xml_put(out, "<a href=\"", url,
                          "/capabilities\">capabilities</a> "));
        VO_TRY(vo_xml_put(out, "<a href=\"", url,
                          "/availability\">availability</a></p>\n"));
    }
    VO_TRY(list_tables(out, rel, url, r->pool));
    return vo_out_puts(out, "</body>\n</html>\n");
}

int tap_page(request_rec *r, const vo_release_t *rel)
{
    vo_out_t *out = tap_fns.response_begin(r, "text/html;charset=utf-8");
    vo_err_t *err = rel ? release_page(out, r, rel) : list_releases(out, r);

    return err ? tap_fns.respond_error(r, NULL, err)
               : tap_fns.response_end(r, out);
}
