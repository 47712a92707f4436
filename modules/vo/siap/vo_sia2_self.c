/* vo_sia2_self.c: how a SIA 2.0 service describes itself. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIA 2.0 (REC 2015-12-23), sections 2.1.21 and 3.1.2 */
#include "vo_sia2.h"

#include <string.h>

#include <apr_strings.h>

#include "../meta/vo_column_sql.h"
#include "../vo_num.h"

#define MAX_OPTIONS 100 /* more values of one parameter are not listed */

/* --- the values there are ------------------------------------------------- */

typedef struct gather_t {
    vo_sia2_options_t *options;
    apr_array_header_t *found[VO_SIA2_NPARAMS]; /* const char * */
    apr_pool_t *pool;
} gather_t;

static vo_err_t *gather_begin(void *baton, int nfields, const unsigned *oids)
{
    (void)baton;
    (void)nfields;
    (void)oids;
    return NULL;
}

/* Rows are (number of the parameter, value), in that order. */
static vo_err_t *gather_row(void *baton, const vo_cell_t *cells, int nfields)
{
    gather_t *g = baton;
    apr_array_header_t *list;
    int64_t i;

    if (nfields != 2 || cells[0].len < 0 || cells[1].len < 0
        || !vo_num_to_int64(cells[0].data, cells[0].len, &i) || i < 0
        || i >= VO_SIA2_NPARAMS) {
        return NULL;
    }
    if (!g->found[i]) {
        g->found[i] = apr_array_make(g->pool, 8, sizeof(char *));
    }
    list = g->found[i];
    APR_ARRAY_PUSH(list, const char *) = apr_pstrmemdup(
        g->pool, cells[1].data, (apr_size_t)cells[1].len);
    APR_ARRAY_PUSH(list, const char *) = NULL;
    --list->nelts; /* there, but not counted */
    g->options->values[i] = list->nelts <= MAX_OPTIONS
                                ? (const char *const *)list->elts : NULL;
    return NULL;
}

/* One pass over the images: each grouping set has the values of a column, and
 * NULL in all others. */
void vo_sia2_options_request(vo_sql_req_t *req, vo_sia2_options_t *options,
                             const vo_release_t *rel, apr_pool_t *pool)
{
    const char *which = "CASE", *value = "coalesce(", *sets = "";
    const char *type = NULL;
    gather_t *g = apr_pcalloc(pool, sizeof(*g));
    int i, n = 0;

    memset(options, 0, sizeof(*options));
    g->options = options;
    g->pool = pool;
    for (i = 0; i < VO_SIA2_NPARAMS; ++i) {
        const vo_sia2_param_t *param = &vo_sia2_params[i];
        const vo_column_t *column = vo_table_column(rel->obscore,
                                                    param->column);
        const char *sql;

        if (!param->is_listed || !column) {
            continue;
        }
        sql = vo_column_name(column, "o", pool);
        which = apr_psprintf(pool, "%s WHEN grouping(%s) = 0 THEN %d", which,
                             sql, i);
        value = apr_pstrcat(pool, value, n ? ", " : "", sql, "::text", NULL);
        sets = apr_pstrcat(pool, sets, n ? ", (" : "(", sql, ")", NULL);
        if (!strcmp(param->column, "dataproduct_type")) {
            type = sql;
        }
        ++n;
    }
    req->role = rel->reader_role;
    req->is_small = 1;
    req->sql = apr_pstrcat(
        pool, "SELECT ", which, " END, ", value, ") FROM ",
        vo_sql_ident(rel->obscore->pg_schema, pool), ".",
        vo_sql_ident(rel->obscore->pg_table, pool), " AS o WHERE ",
        type ? type : "'image'", " IN ('image', 'cube')"
        " GROUP BY GROUPING SETS (", sets, ") ORDER BY 1, 2", NULL);
    req->max_rows = VO_SIA2_NPARAMS * 10 * MAX_OPTIONS;
    req->begin = gather_begin;
    req->row = gather_row;
    req->baton = g;
}

vo_sia2_options_t *vo_sia2_options_copy(const vo_sia2_options_t *options,
                                        apr_pool_t *pool)
{
    vo_sia2_options_t *copy = apr_pcalloc(pool, sizeof(*copy));
    int i, k, n;

    for (i = 0; i < VO_SIA2_NPARAMS; ++i) {
        const char **list;

        if (!options->values[i]) {
            continue;
        }
        for (n = 0; options->values[i][n]; ++n) {
        }
        list = apr_pcalloc(pool, sizeof(*list) * ((apr_size_t)n + 1));
        for (k = 0; k < n; ++k) {
            list[k] = apr_pstrdup(pool, options->values[i][k]);
        }
        copy->values[i] = list;
    }
    return copy;
}

/* --- the descriptor ------------------------------------------------------- */

/* What a value of each kind is in VOTable (DALI 1.1, section 3.3), indexed by
 * vo_sia2_kind_e. */
static const struct {
    vo_type_e type;
    const char *arraysize, *xtype;
    int has_unit; /* the column's */
} kinds[] = {
    {VO_TYPE_CHAR, "*", NULL, 0},
    {VO_TYPE_DOUBLE, "2", "interval", 1},
    {VO_TYPE_DOUBLE, "2", "interval", 1},
    {VO_TYPE_CHAR, "*", NULL, 0},
    {VO_TYPE_CHAR, "*", NULL, 0},
    {VO_TYPE_CHAR, "*", NULL, 0},
    {VO_TYPE_INT, NULL, NULL, 0},
};

static void describe(vo_param_t *to, const vo_sia2_param_t *param,
                     const vo_table_t *obscore,
                     const char *const *options)
{
    const vo_column_t *column = vo_table_column(obscore, param->column);

    to->name = param->name;
    to->type = kinds[param->kind].type;
    to->arraysize = kinds[param->kind].arraysize;
    to->xtype = kinds[param->kind].xtype;
    to->description = param->description;
    to->options = param->kind == VO_SIA2_STATE ? vo_sia2_states : options;
    if (column && !param->upper) {
        to->ucd = column->field.ucd;
    }
    if (column && kinds[param->kind].has_unit) {
        to->unit = column->field.unit;
    }
}

static const char *const *format_names(apr_pool_t *pool)
{
    const vo_tablefmt_t *const *all = vo_tablefmt_all();
    const char **names;
    int n;

    for (n = 0; all[n]; ++n) {
    }
    names = apr_pcalloc(pool, sizeof(*names) * ((apr_size_t)n + 1));
    for (n = 0; all[n]; ++n) {
        names[n] = all[n]->name;
    }
    return names;
}

vo_descriptor_t *vo_sia2_self(const char *url, const vo_release_t *rel,
                              const vo_sia2_options_t *options,
                              apr_int64_t max_rec, apr_pool_t *pool)
{
    vo_param_t *params = apr_pcalloc(pool, sizeof(*params)
                                               * (VO_SIA2_NPARAMS + 2));
    vo_descriptor_t *d = apr_pcalloc(pool, sizeof(*d));
    int i, n = 0;

    for (i = 0; i < VO_SIA2_NPARAMS; ++i) {
        describe(&params[n++], &vo_sia2_params[i], rel->obscore,
                 options ? options->values[i] : NULL);
    }
    params[n].name = "MAXREC";
    params[n].type = VO_TYPE_LONG;
    params[n].description = "Number of rows wanted at most";
    params[n].min = "0";
    params[n++].max = apr_psprintf(pool, "%" APR_INT64_T_FMT, max_rec);
    params[n].name = "RESPONSEFORMAT";
    params[n].type = VO_TYPE_CHAR;
    params[n].arraysize = "*";
    params[n].description = "Format of the answer";
    params[n++].options = format_names(pool);
    d->name = "this";
    d->description = "This search for images";
    d->access_url = url;
    d->standard_id = VO_SIA2_STANDARD_ID;
    d->resource_id = rel->ivoid;
    d->nparams = n;
    d->params = params;
    return d;
}
