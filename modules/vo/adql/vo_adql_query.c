/* vo_adql_query.c: the clauses of a query: columns, groups, order, sets. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* ---- output columns --------------------------------------------------- */

void adql_add_out(adql_ctx_t *c, adql_query_t *q, const char *name,
                    adql_node_t *expr, int is_named)
{
    adql_out_t *out;

    if (q->nout >= ADQL_MAX_OUTPUTS) {
        adql_fail_kind(c, VO_ERR_LIMIT, q->off, "The query has more than %d "
                       "columns.", ADQL_MAX_OUTPUTS);
        return;
    }
    if (!(q->nout & (q->nout - 1))) { /* full at every power of two */
        size_t n = q->nout ? (size_t)q->nout * 2 : 1;
        adql_out_t *grown = apr_palloc(c->pool, n * sizeof(*grown));

        if (q->nout) {
            memcpy(grown, q->out, (size_t)q->nout * sizeof(*grown));
        }
        q->out = grown;
    }
    out = &q->out[q->nout++];
    out->name = name;
    out->expr = expr;
    out->ty = expr->ty;
    if (out->ty.cls == T_GEOM) { /* from here on a sky_region, see print_out */
        out->ty.oid = OID_TEXT;
    }
    out->is_named = (short)is_named;
    out->is_text = 0;
}

static void expand_tref(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t,
                        const adql_node_t *star)
{
    adql_scols_t *s = adql_tref_cols(c, t);
    int i;

    for (i = 0; i < s->n && !c->err; ++i) {
        adql_node_t *col = apr_pmemdup(c->pool, s->col[i].node,
                                       sizeof(*col));

        col->off = star->off;
        col->end = star->end;
        adql_add_out(c, q, s->col[i].name, col, 1);
    }
}

static void expand_star(adql_ctx_t *c, adql_query_t *q, adql_node_t *star)
{
    adql_tref_t *t;
    adql_rv_t *rv;
    int i;

    if (!star->name) {
        for (t = q->from; t; t = t->next) {
            expand_tref(c, q, t, star);
        }
        return;
    }
    rv = adql_find_rv(c, q, star->name, star->name->n);
    if (c->err) {
        return;
    }
    if (!rv || rv->owner != q) {
        adql_fail(c, star->off, "'%s' is not a table of this FROM.",
                  star->name->part[star->name->n - 1].text);
        return;
    }
    for (i = 0; i < adql_rv_ncols(rv) && !c->err; ++i) {
        adql_add_out(c, q, adql_rv_col(rv, i),
                adql_col_node(c, rv, i, star->off, star->end), 1);
    }
}

/* A name for an expression without one: of its function or column. */
const char *adql_default_name(adql_ctx_t *c, const adql_node_t *n,
                                int number, int *is_named)
{
    *is_named = 0;
    switch (n->kind) {
    case N_COL:
        *is_named = 1;
        return adql_rv_col(n->rv, n->colno);
    case N_MERGED:
        return adql_default_name(c, n->a, number, is_named);
    case N_ELEM:
        if (n->a->kind == N_COL && n->name) {
            return apr_pstrcat(c->pool, adql_rv_col(n->a->rv, n->a->colno),
                               "_", n->name->part[n->name->n - 1].text, NULL);
        }
        if (n->a->kind == N_COL && n->b->kind == N_NUM) {
            return apr_pstrcat(c->pool, adql_rv_col(n->a->rv, n->a->colno),
                               "_", n->b->text, NULL);
        }
        break;
    case N_FUNC: {
        char *name = apr_pstrdup(c->pool, n->text), *p;

        for (p = name; *p; ++p) {
            *p = (char)apr_tolower(*p);
        }
        return name;
    }
    default:
        break;
    }
    return apr_psprintf(c->pool, "col%d", number);
}

/* Names of a result are unique without regard to case: a second one gets a
 * number. */
void adql_unique_names(adql_ctx_t *c, adql_query_t *q)
{
    apr_hash_t *seen = NULL;
    int i, n;

    if (q->nout < 2) {
        return;
    }
    seen = apr_hash_make(c->pool);
    for (i = 0; i < q->nout; ++i) {
        const char *name = q->out[i].name;

        for (n = 2; ; ++n) {
            char *key = apr_pstrdup(c->pool, name), *p;

            for (p = key; *p; ++p) {
                *p = (char)apr_tolower(*p);
            }
            if (!apr_hash_get(seen, key, APR_HASH_KEY_STRING)) {
                apr_hash_set(seen, key, APR_HASH_KEY_STRING, key);
                break;
            }
            name = apr_psprintf(c->pool, "%s_%d", q->out[i].name, n);
        }
        q->out[i].name = name;
    }
}

static void check_items(adql_ctx_t *c, adql_query_t *q)
{
    adql_node_t *item;

    q->in_clause = CL_SELECT;
    for (item = q->items; item && !c->err; item = item->next) {
        int is_named = 1;
        const char *name = item->alias.text;

        if (item->kind == N_STAR) {
            expand_star(c, q, item);
            continue;
        }
        adql_check_value(c, q, item->a);
        if (c->err) {
            return;
        }
        if (!name) {
            name = adql_default_name(c, item->a, q->nout + 1, &is_named);
        }
        adql_add_out(c, q, name, item->a, is_named);
    }
}

/* ---- groups ----------------------------------------------------------- */

/* Output column by number, or by a name that no column of FROM has. */
static adql_node_t *by_output(adql_ctx_t *c, adql_query_t *q, adql_node_t *n,
                              const char *clause)
{
    int i, found = -1;

    if (n->kind == N_NUM && !n->is_paren) {
        if (strpbrk(n->text, ".eE")) {
            adql_fail(c, n->off, "%s takes a column, an expression or the "
                      "number of a column.", clause);
            return n;
        }
        i = (int)apr_strtoi64(n->text, NULL, 10);
        if (i < 1 || i > q->nout || strlen(n->text) > 6) {
            adql_fail(c, n->off, "There is no column number %s: the query "
                      "has %d column%s.", n->text, q->nout,
                      q->nout == 1 ? "" : "s");
            return n;
        }
        return q->out[i - 1].expr;
    }
    if (n->kind != N_COL || n->name->n != 1) {
        return NULL;
    }
    for (i = 0; i < q->nout; ++i) {
        const adql_tok_t *tok = &n->name->part[0];

        if (tok->op ? strcmp(tok->text, q->out[i].name)
                    : strcasecmp(tok->text, q->out[i].name)) {
            continue;
        }
        if (found >= 0 && !adql_same(q->out[i].expr, q->out[found].expr)) {
            adql_fail(c, n->off, "'%s' is ambiguous: two columns of the "
                      "result are called so.", tok->text);
            return n;
        }
        found = found < 0 ? i : found;
    }
    return found < 0 ? NULL : q->out[found].expr;
}

int adql_has_query(const adql_node_t *n)
{
    const adql_node_t *p;

    if (!n) {
        return 0;
    }
    for (p = n->list; p; p = p->next) {
        if (adql_has_query(p)) {
            return 1;
        }
    }
    return n->query || adql_has_query(n->a) || adql_has_query(n->b)
           || adql_has_query(n->c);
}

/* Lists are compared with one another, so none may be very long. */
static void check_length(adql_ctx_t *c, const adql_node_t *n,
                         const char *clause)
{
    int count;

    for (count = 0; n; n = n->next) {
        if (++count > ADQL_MAX_OUTPUTS) {
            adql_fail_kind(c, VO_ERR_LIMIT, n->off, "%s has more than %d "
                           "terms.", clause, ADQL_MAX_OUTPUTS);
            return;
        }
    }
}

static void check_group(adql_ctx_t *c, adql_query_t *q)
{
    adql_node_t **link;

    check_length(c, q->group, "GROUP BY");
    check_length(c, q->order, "ORDER BY");

    q->in_clause = CL_GROUP;
    for (link = &q->group; *link && !c->err; link = &(*link)->next) {
        adql_node_t *n = *link, *use = NULL;

        if (n->kind == N_COL && n->name->n == 1) {
            /* a column of FROM goes before a name given in SELECT */
            if (!adql_resolve(c, q, n) && !c->err) {
                use = by_output(c, q, n, "GROUP BY");
            }
        }
        else if (n->kind == N_NUM) {
            use = by_output(c, q, n, "GROUP BY");
        }
        if (use && !c->err) {
            adql_node_t *copy = apr_pmemdup(c->pool, use, sizeof(*copy));

            copy->next = n->next;
            *link = n = copy;
        }
        else {
            adql_check_value(c, q, n);
        }
        if (c->err) {
            return;
        }
        if (n->has_agg) {
            adql_fail(c, n->off, "An aggregate cannot stand in GROUP BY.");
        }
        else if (adql_has_query(n)) {
            adql_fail(c, n->off, "A subquery cannot stand in GROUP BY.");
            adql_hint(c, "Give it a name in a subquery of FROM.");
        }
        else if (n->ty.cls == T_GEOM) {
            adql_fail(c, n->off, "A geometry cannot stand in GROUP BY.");
        }
    }
    if (q->group) {
        q->is_agg = 1;
    }
}

static void check_grouped(adql_ctx_t *c, adql_query_t *q,
                          const adql_node_t *n);

static void check_grouped_from(adql_ctx_t *c, adql_query_t *q,
                               const adql_tref_t *t)
{
    for (; t; t = t->next) {
        const adql_node_t *arg;

        for (arg = t->args; arg; arg = arg->next) {
            check_grouped(c, q, arg);
        }
        if (t->kind == R_JOIN) {
            check_grouped_from(c, q, t->left);
            check_grouped_from(c, q, t->right);
            check_grouped(c, q, t->on);
        }
    }
}

/* The same in a subquery SUB that refers to columns of Q. */
static void check_grouped_in(adql_ctx_t *c, adql_query_t *q,
                             const adql_query_t *sub)
{
    const adql_node_t *n;
    int i;

    if (sub->left) {
        check_grouped_in(c, q, sub->left);
        if (sub->right) {
            check_grouped_in(c, q, sub->right);
        }
        return;
    }
    for (i = 0; i < sub->nout; ++i) {
        check_grouped(c, q, sub->out[i].expr);
    }
    check_grouped_from(c, q, sub->from);
    check_grouped(c, q, sub->where);
    check_grouped(c, q, sub->having);
    for (n = sub->group; n; n = n->next) {
        check_grouped(c, q, n);
    }
    for (n = sub->order; n; n = n->next) {
        check_grouped(c, q, n->a);
    }
}

/* Every column outside aggregates must be grouped by. */
static void check_grouped(adql_ctx_t *c, adql_query_t *q,
                          const adql_node_t *n)
{
    const adql_node_t *p;

    if (c->err || !n) {
        return;
    }
    for (p = q->group; p; p = p->next) {
        if (adql_same(p, n)) {
            return;
        }
    }
    if (n->kind == N_FUNC && n->func && (n->func->flags & F_AGG)
        && n->has_agg) {
        return;
    }
    if (n->query) {
        check_grouped_in(c, q, n->query);
    }
    if (n->kind == N_COL) {
        if (n->rv && n->rv->owner == q) {
            adql_fail(c, n->off, "Column '%s' must stand in GROUP BY or "
                      "inside an aggregate function.",
                      adql_rv_col(n->rv, n->colno));
        }
        return;
    }
    check_grouped(c, q, n->a);
    check_grouped(c, q, n->b);
    check_grouped(c, q, n->c);
    for (p = n->list; p; p = p->next) {
        check_grouped(c, q, p);
    }
}

/* ---- order ------------------------------------------------------------ */

static void check_sortable(adql_ctx_t *c, const adql_node_t *n)
{
    if (!c->err && (n->ty.cls == T_GEOM || n->ty.cls == T_OTHER)) {
        adql_fail(c, n->off, "A result cannot be ordered by %s.",
                  adql_type_name(&n->ty));
    }
}

static void check_order(adql_ctx_t *c, adql_query_t *q)
{
    adql_node_t *o;

    q->in_clause = CL_ORDER;
    for (o = q->order; o && !c->err; o = o->next) {
        adql_node_t *use = by_output(c, q, o->a, "ORDER BY");

        if (use && !c->err) {
            int off = o->a->off;

            o->a = apr_pmemdup(c->pool, use, sizeof(*use));
            o->a->off = off;
        }
        else {
            adql_check_value(c, q, o->a);
        }
        check_sortable(c, o->a);
        if (!c->err && q->is_distinct) {
            int i;

            for (i = 0; i < q->nout; ++i) {
                if (adql_same(q->out[i].expr, o->a)) {
                    break;
                }
            }
            if (i == q->nout) {
                adql_fail(c, o->a->off, "With SELECT DISTINCT the order must "
                          "be by columns of the result.");
            }
        }
    }
}

/* After a set operator the result's own columns are in view: by name or number
 * (then O->len becomes the column's number), or in an expression (then -1 is
 * returned). */
static int check_set_order(adql_ctx_t *c, adql_query_t *q)
{
    adql_node_t *o;

    check_length(c, q->order, "ORDER BY");
    for (o = q->order; o && !c->err; o = o->next) {
        adql_node_t *use = by_output(c, q, o->a, "ORDER BY");
        int i;

        if (c->err) {
            return 0;
        }
        if (!use) {
            return -1;
        }
        check_sortable(c, use);
        for (i = 0; i < q->nout; ++i) {
            if (q->out[i].expr == use) {
                o->len = i + 1;
                break;
            }
        }
    }
    return 0;
}

/* Make Q, a set operation ordered by expressions, SELECT * FROM (the set). */
static void wrap_set(adql_ctx_t *c, adql_query_t *q)
{
    adql_query_t *set = apr_pmemdup(c->pool, q, sizeof(*q));
    adql_query_t *outer = adql_query(c, q->off);

    outer->end = q->end;
    outer->ctes = q->ctes;
    outer->order = q->order;
    outer->offset = q->offset;
    outer->items = adql_node(c, N_STAR, q->off, q->off);
    outer->from = adql_tref(c, R_SUB, q->off, q->end);
    outer->from->query = set;
    outer->from->alias.text = "result";
    outer->parent = q->parent;
    set->order = NULL;
    set->offset = -1;
    set->ctes = NULL;
    *q = *outer;
}

/* ---- sets ------------------------------------------------------------- */

static void unite(adql_ctx_t *c, adql_query_t *q)
{
    int i;

    if (q->left->nout != q->right->nout) {
        adql_fail(c, q->right->off, "Both sides of a set operator need the "
                  "same number of columns: there are %d and %d.",
                  q->left->nout, q->right->nout);
        return;
    }
    q->nout = q->left->nout;
    q->out = apr_pmemdup(c->pool, q->left->out,
                         sizeof(*q->out) * (size_t)q->nout);
    for (i = 0; i < q->nout && !c->err; ++i) {
        adql_type_t right = q->right->out[i].ty;

        /* a bare NULL was made a string only for want of a type */
        if (q->left->out[i].expr->ty.cls == T_NULL
            && q->out[i].ty.cls == T_TEXT) {
            q->out[i].ty.cls = T_NULL;
        }
        if (q->right->out[i].expr->ty.cls == T_NULL && right.cls == T_TEXT) {
            right.cls = T_NULL;
        }
        if (adql_unite(&q->out[i].ty, &right)) {
            adql_fail(c, q->right->out[i].expr->off, "Column %d is %s on the "
                      "left of the set operator and %s here.", i + 1,
                      adql_type_name(&q->left->out[i].ty),
                      adql_type_name(&q->right->out[i].ty));
        }
        else if (q->out[i].ty.cls == T_NULL) {
            adql_set_type(&q->out[i].ty, OID_TEXT);
        }
    }
}

/* Every operand delivers the type the whole has. */
static void push_types(adql_query_t *q, const adql_out_t *out)
{
    int i;

    for (i = 0; i < q->nout; ++i) {
        q->out[i].ty = out[i].ty;
    }
    if (q->left) {
        push_types(q->left, out);
    }
    if (q->right) {
        push_types(q->right, out);
    }
}

/* Geometries have no order, so rows that are compared carry their text. */
static void pass_text(adql_query_t *q)
{
    int i;

    for (i = 0; i < q->nout; ++i) {
        q->out[i].is_text = q->out[i].ty.cls == T_GEOM;
    }
    if (q->left) {
        pass_text(q->left);
    }
    if (q->right) {
        pass_text(q->right);
    }
}

static int has_text(const adql_query_t *q)
{
    int i;

    for (i = 0; i < q->nout; ++i) {
        if (q->out[i].is_text) {
            return 1;
        }
    }
    return 0;
}

/* ---- the whole -------------------------------------------------------- */

static void check_ctes(adql_ctx_t *c, adql_query_t *q)
{
    adql_cte_t *cte, *next, *known;

    for (cte = q->ctes; cte && !c->err; cte = next) {
        next = cte->next;
        for (known = c->ctes; known; known = known->next) {
            if (!strcasecmp(known->name.text, cte->name.text)) {
                adql_fail(c, cte->name.off, "WITH defines '%s' twice.",
                          cte->name.text);
                return;
            }
        }
        if (c->next_cte >= ADQL_MAX_CTES) {
            adql_fail_kind(c, VO_ERR_LIMIT, cte->name.off, "WITH defines "
                           "more than %d names.", ADQL_MAX_CTES);
            return;
        }
        adql_check_query(c, cte->query, NULL);
        cte->id = c->next_cte++;
        cte->next = c->ctes;
        c->ctes = cte;
    }
}

static void check_select(adql_ctx_t *c, adql_query_t *q)
{
    adql_node_t *n;
    int i;

    adql_bind_from(c, q);
    if (q->where && !c->err) {
        q->in_clause = CL_WHERE;
        adql_check_cond(c, q, q->where);
    }
    if (!c->err) {
        check_items(c, q);
    }
    if (!c->err) {
        check_group(c, q);
    }
    if (q->having && !c->err) {
        q->in_clause = CL_HAVING;
        q->is_agg = 1;
        adql_check_cond(c, q, q->having);
    }
    if (!c->err) {
        check_order(c, q);
    }
    if (q->is_agg) {
        for (i = 0; i < q->nout && !c->err; ++i) {
            check_grouped(c, q, q->out[i].expr);
        }
        check_grouped(c, q, q->having);
        for (n = q->order; n && !c->err; n = n->next) {
            check_grouped(c, q, n->a);
        }
    }
    for (i = 0; i < q->nout && !c->err; ++i) {
        if (q->out[i].ty.cls == T_NULL) {
            adql_set_type(&q->out[i].ty, OID_TEXT);
        }
    }
    adql_unique_names(c, q);
    if (q->is_distinct) {
        pass_text(q);
    }
}

void adql_check_query(adql_ctx_t *c, adql_query_t *q, adql_query_t *parent)
{
    if (c->err || q->is_checked) {
        return;
    }
    q->is_checked = 1;
    q->parent = parent;
    if (q->ctes) {
        check_ctes(c, q);
    }
    if (q->set_op == SET_NONE) {
        check_select(c, q);
        return;
    }
    adql_check_query(c, q->left, parent);
    if (q->right) {
        adql_check_query(c, q->right, parent);
    }
    if (c->err) {
        return;
    }
    if (q->right) {
        unite(c, q);
        if (!c->err) {
            push_types(q, q->out);
        }
        if (!c->err && (!q->is_all || has_text(q->left)
                        || has_text(q->right))) {
            pass_text(q);
        }
    }
    else {
        q->nout = q->left->nout;
        q->out = q->left->out;
    }
    if (check_set_order(c, q)) {
        wrap_set(c, q);
        check_select(c, q);
    }
}

/* ---- result fields ---------------------------------------------------- */

void adql_check_fields(adql_ctx_t *c, adql_query_t *q,
                       vo_adql_result_t *res, apr_pool_t *result_pool)
{
    static const struct {
        const char *xtype, *arraysize;
        int size;
    } geoms[] = {
        {"adql:REGION", "*", VO_VARIABLE}, {"point", "2", 2},
        {"circle", "3", 3}, {"polygon", "*", VO_VARIABLE},
        {"adql:REGION", "*", VO_VARIABLE}, {"moc", "*", VO_VARIABLE}
    };
    int i;

    (void)c;
    res->nfields = q->nout;
    res->fields = apr_pcalloc(result_pool,
                              sizeof(*res->fields) * (size_t)(q->nout + 1));
    for (i = 0; i < q->nout; ++i) {
        const adql_out_t *out = &q->out[i];
        const adql_node_t *e = out->expr;
        vo_field_t *f = &res->fields[i];

        if (e->meta) {
            *f = *e->meta; /* utype, description, null value, reference */
        }
        f->name = out->name;
        f->type = out->ty.vo;
        f->size = out->ty.size;
        f->arraysize = out->ty.arraysize;
        f->pg_oid = out->ty.oid;
        f->unit = e->unit;
        f->ucd = e->ucd;
        if (e->kind != N_COL && e->kind != N_MERGED && e->kind != N_SUBQ) {
            f->xtype = NULL;
            f->as = VO_AS_IS;
        }
        if (e->meta && (f->type != e->meta->type || f->size != e->meta->size)) {
            f->as = VO_AS_IS;
        }
        if (out->ty.cls == T_TIME) {
            f->xtype = "timestamp";
            f->arraysize = "*";
        }
        if (out->ty.cls == T_GEOM) {
            f->xtype = geoms[out->ty.geom].xtype;
            f->arraysize = geoms[out->ty.geom].arraysize;
            f->size = geoms[out->ty.geom].size;
            if (out->ty.geom == G_POINT || out->ty.geom == G_CIRCLE
                || out->ty.geom == G_POLYGON) {
                f->type = VO_TYPE_DOUBLE;
                f->pg_oid = OID_FLOAT8_A;
            }
            else {
                f->type = VO_TYPE_CHAR;
                f->pg_oid = OID_TEXT;
                if (e->meta && e->meta->xtype && out->ty.geom != G_MOC) {
                    f->xtype = e->meta->xtype;
                }
            }
        }
        if (f->type == VO_TYPE_FLOAT || f->type == VO_TYPE_DOUBLE
            || (e->meta && e->meta->type != f->type)) {
            f->null_value = NULL;
        }
        f->name = apr_pstrdup(result_pool, f->name);
        f->arraysize = apr_pstrdup(result_pool, f->arraysize);
        f->xtype = apr_pstrdup(result_pool, f->xtype);
        f->unit = apr_pstrdup(result_pool, f->unit);
        f->ucd = apr_pstrdup(result_pool, f->ucd);
    }
}
