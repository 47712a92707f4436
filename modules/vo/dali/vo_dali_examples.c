/* vo_dali_examples.c: the document of example queries. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DALI 1.1 (REC 2017-05-17) section 2.3; TAP 1.1 section 2.8 */
#include <math.h>

#include <apr_strings.h>

#include "../adql/vo_adql.h"
#include "../uws/vo_uws.h"
#include "../xml/vo_xml.h"
#include "vo_dali_examples.h"

#define VOCABULARY "http://www.ivoa.net/rdf/examples#"

static const char head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!DOCTYPE html>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
    "<meta name=\"viewport\" content=\"width=device-width\"/>\n<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;"
    "padding:0 1em;color:#222}\n"
    "pre{background:#f4f4f4;padding:.7em 1em;overflow-x:auto;font-size:14px}\n"
    "</style>\n";

/* Blank lines part paragraphs. */
static vo_err_t *put_paragraphs(vo_out_t *out, const char *s)
{
    while (s && *(s += strspn(s, "\n"))) {
        const char *end = strstr(s, "\n\n");
        apr_size_t len = end ? (apr_size_t)(end - s) : strlen(s);

        VO_TRY(vo_out_puts(out, "<p>"));
        VO_TRY(vo_out_xml(out, s, len));
        VO_TRY(vo_out_puts(out, "</p>\n"));
        s += len;
    }
    return NULL;
}

/* The tables a query reads, each once. */
static vo_err_t *put_tables(vo_out_t *out, const vo_adql_result_t *sql)
{
    int i, j;

    for (i = 0; i < sql->ntables; ++i) {
        for (j = 0; j < i && sql->tables[j] != sql->tables[i]; ++j) {
            continue;
        }
        if (j == i) {
            VO_TRY(vo_xml_put(out, i ? ", " : "<p>Reads ", NULL, ""));
            VO_TRY(vo_xml_put(out, "<span property=\"table\">",
                              sql->tables[i]->tap_name, "</span>"));
        }
    }
    return i ? vo_out_puts(out, "</p>\n") : NULL;
}

static vo_err_t *put_example(vo_out_t *out, const vo_example_t *example,
                             const vo_adql_result_t *sql,
                             const char *sync_url, apr_pool_t *scratch)
{
    const char *form = vo_uws_form_add("LANG=ADQL&RESPONSEFORMAT=html"
                                       "&MAXREC=100", "QUERY", example->query,
                                       scratch);

    VO_TRY(vo_xml_put(out, "<div typeof=\"example\" id=\"", example->id,
                      "\" "));
    VO_TRY(vo_xml_put(out, "resource=\"#", example->id, "\">\n"));
    VO_TRY(vo_xml_put(out, "<h2 property=\"name\">", example->name, "</h2>\n"));
    VO_TRY(put_paragraphs(out, example->description));
    VO_TRY(vo_xml_put(out, "<pre property=\"query\">", example->query,
                      "</pre>\n"));
    VO_TRY(put_tables(out, sql));
    VO_TRY(vo_xml_put(out, "<p><a href=\"", sync_url, "?"));
    return vo_xml_put(out, "", form, "\">Run it</a></p>\n</div>\n");
}

/* --- examples that follow from the tables -------------------------------- */

/* Half way between the least and the greatest value, as a query has it. */
static const char *middle(const vo_column_t *column, apr_pool_t *pool)
{
    double value = (column->min + column->max) / 2;

    return apr_psprintf(pool, "%.2f", isfinite(value) ? value : 0);
}

static void add(apr_array_header_t *to, const char *id, const char *name,
                const char *query)
{
    vo_example_t *e = apr_array_push(to);

    e->id = id;
    e->name = name;
    e->description = NULL;
    e->query = query;
}

/* In what ADQL 2.0 and 2.1 have in common. */
static apr_array_header_t *examples_of_tables(const vo_release_t *rel,
                                              apr_pool_t *pool)
{
    apr_array_header_t *made = apr_array_make(pool, 3, sizeof(vo_example_t));
    const vo_table_t *any = NULL, *placed = NULL;
    int i;

    for (i = rel->ntables - 1; i >= 0; --i) {
        const vo_table_t *t = rel->tables[i];

        if (strcmp(t->schema, "TAP_SCHEMA")) {
            any = t;
            placed = t->ra && t->dec && t->pg_hpx ? t : placed;
        }
    }
    if (any) {
        add(made, "rows", apr_pstrcat(pool, "Some rows of ", any->tap_name,
                                      NULL),
            apr_pstrcat(pool, "SELECT TOP 10 *\nFROM ", any->tap_name, NULL));
    }
    if (placed) {
        add(made, "cone", apr_pstrcat(pool, "Rows of ", placed->tap_name,
                                      " around a position", NULL),
            apr_pstrcat(pool, "SELECT TOP 100 *\nFROM ", placed->tap_name,
                        "\nWHERE 1 = CONTAINS(POINT('ICRS', ",
                        placed->ra->adql_name, ", ", placed->dec->adql_name,
                        "),\n                   CIRCLE('ICRS', ",
                        middle(placed->ra, pool), ", ",
                        middle(placed->dec, pool), ", 0.1))", NULL));
    }
    add(made, "tables", "What there is", "SELECT table_name, description\n"
                                         "FROM TAP_SCHEMA.tables\n"
                                         "ORDER BY table_name");
    return made;
}

/* --- the document -------------------------------------------------------- */

vo_err_t *vo_dali_examples(vo_out_t *out, const vo_release_t *rel,
                           const char *sync_url, int *nleft_out,
                           apr_pool_t *scratch)
{
    apr_array_header_t *made = examples_of_tables(rel, scratch);
    const vo_example_t *examples = rel->nexamples ? rel->examples
                                   : (const vo_example_t *)made->elts;
    int n = rel->nexamples ? rel->nexamples : made->nelts;
    const char *title = rel->title && *rel->title ? rel->title : rel->id;
    vo_adql_env_t env = {.release = rel, .maxrec = -1, .version = 21};
    int i, nwritten = 0;

    VO_TRY(vo_out_puts(out, head));
    VO_TRY(vo_xml_put(out, "<title>Example queries: ", title,
                      "</title>\n</head>\n"));
    VO_TRY(vo_out_puts(out, "<body vocab=\"" VOCABULARY "\">\n"));
    VO_TRY(vo_xml_put(out, "<h1>", title, ": example queries</h1>\n"));
    for (i = 0; i < n; ++i) {
        apr_pool_t *pool;
        vo_adql_result_t *sql;
        vo_err_t *err;

        apr_pool_create(&pool, scratch);
        err = NULL;
        if (!vo_adql_translate(&sql, examples[i].query, &env, pool, pool)) {
            err = put_example(out, &examples[i], sql, sync_url, pool);
            ++nwritten;
        }
        apr_pool_destroy(pool);
        VO_TRY(err);
    }
    if (nleft_out) {
        *nleft_out = n - nwritten;
    }
    return vo_out_puts(out, "</body>\n</html>\n");
}
