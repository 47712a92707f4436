/* vo_adql.c: the doors of the translator. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "adql/vo_adql_ast.h"

static vo_err_t *parse(adql_ctx_t *c, const char *text, int version,
                       const vo_adql_env_t *env, apr_pool_t *pool)
{
    adql_ctx_init(c, text, version, env, pool);
    if (!adql_parse(c)) {
        adql_shape_query(c, c->query);
    }
    return c->err;
}

vo_err_t *vo_adql_parse_only(const char *text, int version, apr_pool_t *pool)
{
    adql_ctx_t c;

    return parse(&c, text, version, NULL, pool);
}

vo_err_t *vo_adql_reprint(const char **adql, const char *text,
                          apr_pool_t *pool)
{
    adql_ctx_t c;
    vo_err_t *err = parse(&c, text, 21, NULL, pool);

    *adql = err ? NULL : adql_reprint_query(&c, c.query);
    return err;
}

/* Does every answer take about the same, short time? Then compiling the plan
 * never pays. */
static int is_small(const adql_ctx_t *c, const adql_query_t *q)
{
    if (q->set_op != SET_NONE || q->is_agg || q->is_distinct || q->order
        || q->from->next || q->from->kind != R_TABLE
        || !q->from->rv->table) {
        return 0;
    }
    if (!strcasecmp(q->from->rv->table->schema, "TAP_SCHEMA")) {
        return 1;
    }
    return (c->cone_area >= 0 && c->cone_area < 1)
           || (q->top >= 0 && q->top <= 1000 && !q->where && q->offset < 0);
}

static void copy_params(vo_adql_result_t *res, const adql_ctx_t *c,
                        apr_pool_t *pool)
{
    const char **texts = apr_palloc(pool, sizeof(*texts)
                                    * (size_t)(c->nparams + 1));
    unsigned *oids = apr_palloc(pool, sizeof(*oids)
                                * (size_t)(c->nparams + 1));
    int i;

    for (i = 0; i < c->nparams; ++i) {
        texts[i] = apr_pstrdup(pool, c->params[i].text);
        oids[i] = c->params[i].oid;
    }
    res->nparams = c->nparams;
    res->params = texts;
    res->param_oids = oids;
}

vo_err_t *vo_adql_translate(vo_adql_result_t **result, const char *text,
                            const vo_adql_env_t *env, apr_pool_t *result_pool,
                            apr_pool_t *scratch_pool)
{
    adql_ctx_t c;
    vo_adql_result_t *res;
    apr_int64_t limit = env->maxrec < 0 ? -1 : env->maxrec + 1;
    vo_err_t *err;

    *result = NULL;
    /* an error lives as long as a result would */
    err = parse(&c, text, env->version, env, scratch_pool);
    if (!err) {
        c.tables = apr_array_make(scratch_pool, 4,
                                  sizeof(const vo_table_t *));
        adql_check_query(&c, c.query, NULL);
        err = c.err;
    }
    if (!err) {
        adql_print_query(&c, c.query, 1, limit);
        adql_putn(&c, "", 1);
        err = c.err;
    }
    if (err) {
        vo_err_t *kept = apr_pmemdup(result_pool, err, sizeof(*err));

        kept->text = apr_pstrdup(result_pool, err->text);
        kept->hint = apr_pstrdup(result_pool, err->hint);
        kept->detail = apr_pstrdup(result_pool, err->detail);
        return kept;
    }
    res = apr_pcalloc(result_pool, sizeof(*res));
    res->sql = apr_pstrmemdup(result_pool, c.sql, c.sql_len - 1);
    copy_params(res, &c, result_pool);
    adql_check_fields(&c, c.query, res, result_pool);
    res->ntables = c.tables->nelts;
    res->tables = apr_pmemdup(result_pool, c.tables->elts,
                              sizeof(*res->tables)
                              * (size_t)(c.tables->nelts + 1));
    res->top = c.query->set_op == SET_NONE ? c.query->top : -1;
    res->is_small = is_small(&c, c.query);
    *result = res;
    return NULL;
}

/* ---- announcing ------------------------------------------------------- */

#define TAPREGEXT "ivo://ivoa.net/std/TAPRegExt#"

/* F under NAME, its own or an alias. */
static void announce(apr_array_header_t *all, const adql_func_t *f,
                     const char *name, apr_pool_t *pool)
{
    vo_adql_feature_t *one = apr_array_push(all);
    char *p, *form;

    one->type = apr_pstrcat(pool, TAPREGEXT, f->feature, NULL);
    one->description = f->about;
    if (f->form) { /* begins with the name */
        one->form = apr_pstrcat(pool, name, f->form + strlen(f->name), NULL);
        return;
    }
    form = apr_pstrdup(pool, name);
    for (p = form; *p; ++p) {
        *p = (char)apr_toupper(*p);
    }
    one->form = form;
}

const vo_adql_feature_t *vo_adql_features(int has_names, apr_pool_t *pool)
{
    static const vo_adql_feature_t words[] = {
        {TAPREGEXT "features-adql-string", "ILIKE", NULL},
        {TAPREGEXT "features-adql-common-table", "WITH", NULL},
        {TAPREGEXT "features-adql-sets", "UNION", NULL},
        {TAPREGEXT "features-adql-sets", "EXCEPT", NULL},
        {TAPREGEXT "features-adql-sets", "INTERSECT", NULL},
        {TAPREGEXT "features-adql-type", "CAST", NULL},
        {TAPREGEXT "features-adql-offset", "OFFSET", NULL}
    };
    apr_array_header_t *all = apr_array_make(pool, 64,
                                             sizeof(vo_adql_feature_t));
    const adql_alias_t *a;
    const adql_func_t *f;
    size_t i;

    for (f = adql_funcs; f->name; ++f) {
        if (f->feature && (has_names || !(f->flags & F_NAMES))) {
            announce(all, f, f->name, pool);
        }
    }
    for (a = adql_aliases; a->alias; ++a) {
        f = adql_func_find(a->name);
        if (has_names || !(f->flags & F_NAMES)) {
            announce(all, f, a->alias, pool);
        }
    }
    for (i = 0; i < sizeof(words) / sizeof(*words); ++i) {
        APR_ARRAY_PUSH(all, vo_adql_feature_t) = words[i];
    }
    memset(apr_array_push(all), 0, sizeof(vo_adql_feature_t));
    return (const vo_adql_feature_t *)all->elts;
}
