/* vo_tap_explain.c: what a query would do, told without running it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_tap_explain.h"

#include <apr_strings.h>

#include "../vo_num.h"

/* --- the plan ------------------------------------------------------------ */

vo_tap_plan_t *vo_tap_plan_create(apr_pool_t *pool)
{
    vo_tap_plan_t *plan = apr_pcalloc(pool, sizeof(*plan));

    plan->lines = apr_array_make(pool, 16, sizeof(const char *));
    plan->rows = plan->cost = -1;
    plan->pool = pool;
    return plan;
}

const char *vo_tap_plan_sql(const vo_adql_result_t *sql, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < sql->ntables; ++i) {
        if (!strcasecmp(sql->tables[i]->schema, "TAP_SCHEMA")) {
            return apr_pstrcat(pool, "EXPLAIN (COSTS OFF) ", sql->sql, NULL);
        }
    }
    return apr_pstrcat(pool, "EXPLAIN ", sql->sql, NULL);
}

/* The first line: "... (cost=0.00..35.50 rows=2550 width=4)". */
static void read_numbers(vo_tap_plan_t *plan, const char *line)
{
    static const char *const words[] = {"..", "rows="};
    double *values[] = {&plan->cost, &plan->rows};
    const char *costs = strstr(line, "(cost=");
    int i;

    for (i = 0; costs && i < 2; ++i) {
        const char *at = strstr(costs, words[i]);

        if (at) {
            at += strlen(words[i]);
            vo_num_to_double(at, (int)strspn(at, "0123456789."), values[i]);
        }
    }
}

vo_err_t *vo_tap_plan_row(void *baton, const vo_cell_t *cells, int nfields)
{
    vo_tap_plan_t *plan = baton;
    const char *line;

    if (nfields < 1 || cells[0].len < 0) {
        return NULL;
    }
    line = apr_pstrmemdup(plan->pool, cells[0].data,
                          (apr_size_t)cells[0].len);
    if (!plan->lines->nelts) {
        read_numbers(plan, line);
    }
    APR_ARRAY_PUSH(plan->lines, const char *) = line;
    return NULL;
}

apr_int64_t vo_tap_explained_rows(const vo_tap_explained_t *what)
{
    double rows = what->plan->rows;

    return (apr_int64_t)(rows < (double)what->maxrec ? rows
                                                     : (double)what->maxrec);
}

/* --- telling it ---------------------------------------------------------- */

static const char *number(double value, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_double(buf, value);
    return buf;
}

static const char *rows_of(const vo_tap_explained_t *what, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT,
                        vo_tap_explained_rows(what));
}

/* As it stands in the text: what a parameter is. */
static const char *parameters(const vo_adql_result_t *sql, apr_pool_t *pool)
{
    const char *text = "";
    int i;

    for (i = 0; i < sql->nparams; ++i) {
        text = apr_psprintf(pool, "%s%s$%d = %s", text, i ? "\n" : "", i + 1,
                            sql->params[i] ? sql->params[i] : "NULL");
    }
    return text;
}

static const char *lines_of(const vo_tap_plan_t *plan, apr_pool_t *pool)
{
    return apr_array_pstrcat(pool, plan->lines, '\n');
}

int vo_tap_explain_infos(vo_info_t *infos, const vo_tap_explained_t *what,
                         apr_pool_t *pool)
{
    int n = 0;

    memset(infos, 0, VO_TAP_EXPLAIN_INFOS * sizeof(*infos));
    infos[n].name = "sql";
    infos[n++].value = what->sql->sql;
    if (what->sql->nparams) {
        infos[n].name = "sql_parameters";
        infos[n++].value = parameters(what->sql, pool);
    }
    infos[n].name = "plan";
    infos[n++].value = lines_of(what->plan, pool);
    if (what->plan->rows >= 0) {
        infos[n].name = "estimated_rows";
        infos[n++].value = rows_of(what, pool);
        infos[n].name = "estimated_cost";
        infos[n++].value = number(what->plan->cost, pool);
    }
    return n;
}

static vo_err_t *put_text(vo_out_t *out, const vo_tap_explained_t *what,
                          apr_pool_t *pool)
{
    const vo_adql_result_t *sql = what->sql;
    int i;

    if (what->plan->rows >= 0) {
        VO_TRY(vo_out_printf(out, "Estimated rows: %s\nEstimated cost: %s\n\n",
                             rows_of(what, pool),
                             number(what->plan->cost, pool)));
    }
    VO_TRY(vo_out_puts(out, "Columns:\n"));
    for (i = 0; i < sql->nfields; ++i) {
        const vo_field_t *f = &sql->fields[i];

        VO_TRY(vo_out_printf(out, "  %s %s%s%s%s%s%s\n", f->name,
                             vo_type_name(f->type), f->arraysize ? "[" : "",
                             f->arraysize ? f->arraysize : "",
                             f->arraysize ? "]" : "", f->unit ? ", " : "",
                             f->unit ? f->unit : ""));
    }
    VO_TRY(vo_out_printf(out, "\nSQL:\n%s\n", sql->sql));
    if (sql->nparams) {
        VO_TRY(vo_out_printf(out, "%s\n", parameters(sql, pool)));
    }
    return vo_out_printf(out, "\nPlan:\n%s\n", lines_of(what->plan, pool));
}

/* --- JSON ---------------------------------------------------------------- */

static vo_err_t *put_string(vo_out_t *out, const char *before,
                            const char *text)
{
    VO_TRY(vo_out_puts(out, before));
    return text ? vo_out_json(out, text, strlen(text))
                : vo_out_puts(out, "null");
}

static vo_err_t *put_list(vo_out_t *out, const char *name,
                          const char *const *texts, int n)
{
    int i;

    VO_TRY(vo_out_printf(out, ",\n\"%s\": [", name));
    for (i = 0; i < n; ++i) {
        VO_TRY(put_string(out, i ? ",\n  " : "\n  ", texts[i]));
    }
    return vo_out_puts(out, "]");
}

static vo_err_t *put_column(vo_out_t *out, const vo_field_t *f)
{
    VO_TRY(put_string(out, "{\"name\": ", f->name));
    VO_TRY(put_string(out, ", \"datatype\": ", vo_type_name(f->type)));
    VO_TRY(put_string(out, ", \"arraysize\": ", f->arraysize));
    VO_TRY(put_string(out, ", \"xtype\": ", f->xtype));
    VO_TRY(put_string(out, ", \"unit\": ", f->unit));
    VO_TRY(put_string(out, ", \"ucd\": ", f->ucd));
    VO_TRY(put_string(out, ", \"description\": ", f->description));
    return vo_out_puts(out, "}");
}

static vo_err_t *put_json(vo_out_t *out, const vo_tap_explained_t *what,
                          apr_pool_t *pool)
{
    const vo_adql_result_t *sql = what->sql;
    int i, is_told = what->plan->rows >= 0;

    VO_TRY(vo_out_printf(out, "{\"estimated_rows\": %s,\n"
                              "\"estimated_cost\": %s,\n",
                         is_told ? rows_of(what, pool) : "null",
                         is_told ? number(what->plan->cost, pool) : "null"));
    VO_TRY(vo_out_puts(out, "\"columns\": ["));
    for (i = 0; i < sql->nfields; ++i) {
        VO_TRY(vo_out_puts(out, i ? ",\n  " : "\n  "));
        VO_TRY(put_column(out, &sql->fields[i]));
    }
    VO_TRY(put_string(out, "],\n\"sql\": ", sql->sql));
    VO_TRY(put_list(out, "sql_parameters", sql->params, sql->nparams));
    VO_TRY(put_list(out, "plan", (const char *const *)what->plan->lines->elts,
                    what->plan->lines->nelts));
    return vo_out_puts(out, "}\n");
}

/* --- formats ------------------------------------------------------------- */

static vo_err_t *put_html(vo_out_t *out, const vo_tap_explained_t *what,
                          apr_pool_t *pool)
{
    vo_out_mem_t mem;
    vo_out_t *text = vo_out_to_memory(&mem, pool);

    VO_TRY(put_text(text, what, pool));
    VO_TRY(vo_out_flush(text));
    VO_TRY(vo_out_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                            "<meta charset=\"utf-8\">\n<title>Explained query"
                            "</title>\n</head>\n<body>\n<pre>\n"));
    VO_TRY(vo_out_xml(out, mem.data, mem.len));
    return vo_out_puts(out, "</pre>\n</body>\n</html>\n");
}

static const struct {
    const char *format;
    vo_err_t *(*put)(vo_out_t *out, const vo_tap_explained_t *what,
                     apr_pool_t *pool);
} writers[] = {
    {"json", put_json},
    {"text", put_text},
    {"html", put_html},
};

vo_err_t *vo_tap_explain_may(const vo_tablefmt_t *fmt, apr_pool_t *pool)
{
    const char *names = "votable";
    apr_size_t i;

    for (i = 0; i < sizeof(writers) / sizeof(writers[0]); ++i) {
        if (fmt->is_votable || !strcmp(writers[i].format, fmt->name)) {
            return NULL;
        }
        names = apr_pstrcat(pool, names, ", ", writers[i].format, NULL);
    }
    return vo_err_make(pool, VO_ERR_USAGE,
                       "An explanation cannot be written as %s; RESPONSEFORMAT "
                       "may be %s.", fmt->name, names);
}

vo_err_t *vo_tap_explain(vo_out_t *out, const vo_tablefmt_t *fmt,
                         const vo_tap_explained_t *what, apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(writers) / sizeof(writers[0]); ++i) {
        if (!strcmp(writers[i].format, fmt->name)) {
            return writers[i].put(out, what, pool);
        }
    }
    return vo_tap_explain_may(fmt, pool);
}
