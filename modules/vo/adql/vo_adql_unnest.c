/* vo_adql_unnest.c: arrays as rows (UNNEST), and by element (arr_map). */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * FROM t, UNNEST(t.mag, t.mag_err) AS u gives a row for each place of the
 * arrays, side by side; shorter ones are NULL at the end. Its columns are
 * called as the arrays (or as the names behind the alias say), then come
 *   place                               from 1
 *   filter filter_id wavelength width   of the filter with that position, when
 *                                       the arrays have a place for each filter
 * A row of t without elements is left out; t LEFT JOIN UNNEST(...) AS u keeps
 * it. The arrays are those of tables further left, or of an outer query.
 *
 * arr_map(expression, array) gives the array of what the expression is for each
 * element, called x there (IVOA wiki, ADQLVectorMath).
 */
#include "adql/vo_adql_ast.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#define MAX_ARRAYS 100

/* ---- the filters of arrays --------------------------------------------- */

static const char *name_of(adql_ctx_t *c, const vo_filter_t *f)
{
    (void)c;
    return f->name;
}

static const char *id_of(adql_ctx_t *c, const vo_filter_t *f)
{
    return apr_itoa(c->pool, f->filter_id);
}

static const char *wavelength_of(adql_ctx_t *c, const vo_filter_t *f)
{
    return isnan(f->wavelength) ? NULL : adql_format(c, f->wavelength);
}

static const char *width_of(adql_ctx_t *c, const vo_filter_t *f)
{
    return isnan(f->width) ? NULL : adql_format(c, f->width);
}

/* What UNNEST tells of a filter. */
static const struct {
    const char *name;
    unsigned oid;
    const char *unit, *ucd;
    const char *(*text)(adql_ctx_t *c, const vo_filter_t *f);
} facts[] = {
    {"filter", OID_TEXT, NULL, "meta.id;instr.filter", name_of},
    {"filter_id", OID_INT4, NULL, "meta.id;instr.filter", id_of},
    {"wavelength", OID_FLOAT8, "Angstrom", "em.wl.effective", wavelength_of},
    {"width", OID_FLOAT8, "Angstrom", "instr.bandwidth", width_of}
};

#define NFACTS ((int)(sizeof(facts) / sizeof(*facts)))

/* The published column that the values of N come from, or NULL. */
static const adql_node_t *source(const adql_node_t *n)
{
    const adql_node_t *k, *found;

    while (n && n->kind == N_COL && n->rv && !n->rv->table) {
        n = n->rv->query->out[n->colno].expr;
    }
    if (!n || n->kind == N_COL) {
        return n && n->rv ? n : NULL;
    }
    found = source(n->a);
    found = found ? found : source(n->b);
    for (k = n->list; k && !found; k = k->next) {
        found = source(k);
    }
    return found;
}

/* The survey whose filters count the places of ARGS, and their number; NULL if
 * they are not one for each filter. It is that of the arrays' schema, else that
 * of the release, else the only one there is. */
static const char *survey_of(adql_ctx_t *c, const adql_node_t *args, int *n)
{
    const vo_release_t *rel = c->env->release;
    const adql_node_t *col = source(args), *arg;
    const char *name[3] = {NULL, NULL, NULL}, *survey = NULL;
    int i, k;

    name[0] = col ? col->rv->table->schema : NULL;
    name[1] = rel->survey;
    name[2] = rel->nfilters ? rel->filters[0].survey : NULL;
    for (i = 1; i < rel->nfilters; ++i) {
        if (strcasecmp(rel->filters[i].survey, rel->filters[0].survey)) {
            name[2] = NULL;
        }
    }
    *n = 0;
    for (k = 0; k < 3 && !*n; ++k) {
        survey = name[k];
        for (i = 0; survey && i < rel->nfilters; ++i) {
            const vo_filter_t *f = &rel->filters[i];

            if (!strcasecmp(f->survey, survey) && f->position > *n) {
                *n = f->position;
            }
        }
    }
    for (arg = args; arg; arg = arg->next) {
        if (arg->ty.size > 0 && arg->ty.size != *n) {
            return NULL;
        }
    }
    return *n ? survey : NULL;
}

/* Fact K of the N filters of SURVEY, in the order of places, as a parameter. */
static void put_fact(adql_ctx_t *c, const char *survey, int n, int k)
{
    const vo_release_t *rel = c->env->release;
    const char **text = apr_pcalloc(c->pool, sizeof(*text) * (size_t)n);
    adql_array_text_t array = {NULL, 0, 0};
    int i;

    for (i = 0; i < rel->nfilters; ++i) {
        const vo_filter_t *f = &rel->filters[i];

        if (!strcasecmp(f->survey, survey)) {
            text[f->position - 1] = facts[k].text(c, f);
        }
    }
    for (i = 0; i < n; ++i) {
        adql_array_add(c, &array, text[i] ? text[i] : "NULL",
                       text[i] && facts[k].oid == OID_TEXT);
    }
    adql_put_param(c, facts[k].oid == OID_TEXT ? OID_TEXT_A
                                               : adql_array_oid(facts[k].oid),
                   adql_array_end(c, &array));
}

/* ---- UNNEST ------------------------------------------------------------ */

/* A query that is nothing but its columns. */
static adql_query_t *columns_only(adql_ctx_t *c, adql_query_t *parent,
                                  int off)
{
    adql_query_t *q = adql_query(c, off);

    q->is_checked = 1;
    q->is_scope = 1;
    q->parent = parent;
    q->in_clause = CL_SELECT;
    return q;
}

static void element_type(adql_type_t *ty, const adql_type_t *array)
{
    adql_set_type(ty, array->oid == OID_TEXT_A
                          ? OID_TEXT : adql_element_oid(array->oid));
    if (array->vo == VO_TYPE_UBYTE) {
        ty->vo = VO_TYPE_UBYTE;
    }
}

/* A column of elements of ARRAY. */
static void add_elements(adql_ctx_t *c, adql_query_t *to, const char *name,
                         adql_node_t *array, int is_named)
{
    adql_node_t *n = adql_node(c, N_ELEM, array->off, array->end);

    n->a = array;
    n->unit = array->unit;
    n->ucd = array->ucd;
    n->meta = array->meta;
    element_type(&n->ty, &array->ty);
    adql_add_out(c, to, name, n, is_named);
}

static void add_plain(adql_ctx_t *c, adql_query_t *to, const char *name,
                      unsigned oid, const char *unit, const char *ucd)
{
    adql_node_t *n = adql_node(c, N_NULL, to->off, to->off);

    adql_set_type(&n->ty, oid);
    n->unit = unit;
    n->ucd = ucd;
    adql_add_out(c, to, name, n, 1);
}

static int is_array(const adql_node_t *n)
{
    return n->ty.cls == T_ARRAY || n->ty.oid == OID_TEXT_A;
}

void adql_bind_unnest(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    int hi = q->rv_hi, clause = q->in_clause, count = 0, n, k;
    adql_node_t *arg;
    const adql_node_t *given = t->names;

    q->rv_hi = c->next_rv; /* what stands further left */
    q->in_clause = CL_FROM;
    t->query = columns_only(c, q, t->off);
    for (arg = t->args; arg && !c->err; arg = arg->next) {
        const char *name = NULL;
        int is_named = 1;

        adql_check_value(c, q, arg);
        if (c->err) {
            break;
        }
        if (!is_array(arg)) {
            adql_fail(c, arg->off, "UNNEST takes arrays; this is %s.",
                      adql_type_name(&arg->ty));
        }
        else if (adql_has_query(arg)) {
            adql_fail(c, arg->off, "A subquery cannot stand in UNNEST.");
        }
        else if (++count > MAX_ARRAYS) {
            adql_fail_kind(c, VO_ERR_LIMIT, arg->off, "UNNEST takes at most "
                           "%d arrays.", MAX_ARRAYS);
        }
        if (given) {
            name = given->name->part[0].text;
            given = given->next;
        }
        if (!name && !c->err) {
            name = adql_default_name(c, arg, count, &is_named);
        }
        add_elements(c, t->query, name, arg, is_named);
    }
    q->rv_hi = hi;
    q->in_clause = clause;
    if (c->err) {
        return;
    }
    add_plain(c, t->query, "place", OID_INT4, NULL, "meta.number");
    if (survey_of(c, t->args, &n)) {
        for (k = 0; k < NFACTS; ++k) {
            add_plain(c, t->query, facts[k].name, facts[k].oid,
                      facts[k].unit, facts[k].ucd);
        }
    }
    adql_unique_names(c, t->query);
}

void adql_print_unnest(adql_ctx_t *c, const adql_tref_t *t)
{
    const adql_node_t *arg;
    int narrays = 0, n, i;
    const char *survey = survey_of(c, t->args, &n);

    for (arg = t->args; arg; arg = arg->next) {
        ++narrays;
    }
    adql_put(c, "LATERAL (SELECT ");
    for (i = 1; i <= narrays; ++i) {
        adql_putf(c, "u_.v%d AS c%d, ", i, i);
    }
    adql_putf(c, "u_.n::integer AS c%d", narrays + 1);
    for (i = 0; survey && i < NFACTS; ++i) {
        adql_put(c, ", (");
        put_fact(c, survey, n, i);
        adql_putf(c, ")[u_.n::integer] AS c%d", narrays + 2 + i);
    }
    adql_put(c, " FROM unnest(");
    for (arg = t->args; arg; arg = arg->next) {
        adql_print_expr(c, arg);
        adql_put(c, arg->next ? ", " : "");
    }
    adql_put(c, ") WITH ORDINALITY AS u_(");
    for (i = 1; i <= narrays; ++i) {
        adql_putf(c, "v%d, ", i);
    }
    adql_put(c, "n)) AS ");
    adql_print_rv(c, t->rv);
}

/* ---- arr_map ----------------------------------------------------------- */

void adql_check_map(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_node_t *expr = n->list, *array = expr->next;
    adql_query_t *scope;
    unsigned oid;

    if (n->rv) {
        return; /* checked before */
    }
    adql_check_value(c, q, array);
    if (c->err) {
        return;
    }
    if (array->ty.cls != T_ARRAY) {
        adql_fail(c, array->off, "Argument 2 of %s is %s; it must be an "
                  "array.", n->text, adql_type_name(&array->ty));
        return;
    }
    scope = columns_only(c, q, n->off);
    scope->rv_lo = c->next_rv;
    n->rv = adql_new_rv(c, scope, "arr_map", n->off);
    scope->rv_hi = c->next_rv;
    n->rv->query = columns_only(c, q, n->off);
    add_elements(c, n->rv->query, "x", array, 1);
    adql_check_value(c, scope, expr);
    if (c->err) {
        return;
    }
    if (expr->has_agg || adql_has_query(expr)) {
        adql_fail(c, expr->off, "Neither an aggregate nor a subquery can "
                  "stand in the expression of %s.", n->text);
        return;
    }
    oid = expr->ty.cls == T_NULL ? OID_FLOAT8 : expr->ty.oid;
    if (!adql_is_number(&expr->ty) && expr->ty.cls != T_NULL) {
        adql_fail(c, expr->off, "The expression of %s is %s; it must be a "
                  "number.", n->text, adql_type_name(&expr->ty));
        return;
    }
    adql_set_type(&n->ty, adql_array_oid(oid));
    n->ty.size = array->ty.size;
    n->ty.arraysize = array->ty.arraysize;
    n->unit = expr->unit;
    n->has_agg = array->has_agg;
}

/* ARRAY() keeps the order; it would make an empty array of a NULL one. */
void adql_print_map(adql_ctx_t *c, const adql_node_t *n)
{
    adql_put(c, "(SELECT ARRAY(SELECT ");
    adql_print_as(c, n->list, adql_element_oid(n->ty.oid));
    adql_put(c, " FROM unnest(a_.v) AS ");
    adql_print_rv(c, n->rv);
    adql_put(c, "(c1)) FROM (SELECT ");
    adql_print_expr(c, n->list->next);
    adql_put(c, " AS v) AS a_ WHERE a_.v IS NOT NULL)");
}
