/* vo_adql_select.c: whole queries as SQL: columns, sets, limits, WITH. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

/* Does SQL give exactly the type text, not character varying? */
static int is_exact_text(const adql_node_t *n)
{
    switch (n->kind) {
    case N_STR: case N_CAST: case N_BIN: case N_ELEM: case N_SUBQ:
        return 1;
    case N_FUNC:
        return strcmp(n->func->name, "coalesce") != 0;
    case N_COL:
        return !n->rv->table
               || strncmp(n->rv->table->columns[n->colno]->pg_type
                          ? n->rv->table->columns[n->colno]->pg_type : "",
                          "character", 9) != 0;
    default:
        return 0;
    }
}

static void print_out(adql_ctx_t *c, const adql_out_t *out, int is_output)
{
    const adql_node_t *n = out->expr;

    if (out->ty.cls == T_GEOM) {
        if (is_output && n->ty.cls != T_NULL) {
            adql_node_t as = *n;

            as.ty.geom = out->ty.geom;
            adql_print_geom_out(c, &as);
        }
        else if (is_output) {
            adql_print_as(c, n, out->ty.geom == G_REGION ? OID_TEXT
                                                         : OID_FLOAT8_A);
        }
        else {
            adql_put(c, out->is_text ? "sky_stcs(" : "");
            adql_print_geom(c, n);
            adql_put(c, out->is_text ? ")" : "");
        }
    }
    else if (out->ty.cls == T_TEXT && n->ty.cls == T_TEXT
             && !is_exact_text(n)) {
        adql_put(c, "(");
        adql_print_expr(c, n);
        adql_put(c, ")::text");
    }
    else {
        adql_print_as(c, n, out->ty.oid);
    }
}

static void print_limit(adql_ctx_t *c, const adql_query_t *q,
                        apr_int64_t limit)
{
    if (q->top >= 0 && (limit < 0 || q->top < limit)) {
        limit = q->top;
    }
    if (limit >= 0) {
        adql_putf(c, " LIMIT %" APR_INT64_T_FMT, limit);
    }
    if (q->offset >= 0) {
        adql_putf(c, " OFFSET %" APR_INT64_T_FMT, q->offset);
    }
}

static void print_select(adql_ctx_t *c, adql_query_t *q, int is_named,
                         int is_output)
{
    adql_query_t *grouped = q->is_agg ? q : NULL;
    adql_query_t *outer = c->grouped;
    const adql_node_t *n;
    int i;

    c->grouped = NULL; /* a subquery may stand among OUTER's values */
    adql_grouping(c, grouped);
    adql_put(c, q->is_distinct ? "SELECT DISTINCT " : "SELECT ");
    for (i = 0; i < q->nout; ++i) {
        adql_put(c, i ? ", " : "");
        print_out(c, &q->out[i], is_output);
        adql_put(c, " AS ");
        if (is_named) {
            adql_put_ident(c, q->out[i].name);
        }
        else {
            adql_putf(c, "c%d", i + 1);
        }
    }
    for (i = 0; i < q->nhidden && !is_named; ++i) {
        adql_put(c, ", ");
        adql_print_hpx(c, q->hidden[i].rv, q->hidden[i].hpx);
        adql_putf(c, " AS h%d", i + 1);
    }
    adql_grouping(c, NULL);
    adql_print_from(c, q);
    for (n = q->group; n; n = n->next) {
        adql_put(c, n == q->group ? " GROUP BY " : ", ");
        adql_print_expr(c, n);
    }
    adql_grouping(c, grouped);
    if (q->having) {
        adql_put(c, " HAVING ");
        adql_print_expr(c, q->having);
    }
    for (n = q->order; n; n = n->next) {
        adql_put(c, n == q->order ? " ORDER BY " : ", ");
        for (i = 0; i < q->nout; ++i) {
            if (adql_same(q->out[i].expr, n->a)) {
                break;
            }
        }
        /* by number where it is a result: SELECT DISTINCT wants it so */
        if (i < q->nout && (q->is_distinct || n->a->kind != N_COL)) {
            adql_putf(c, "%d", i + 1);
        }
        else {
            adql_print_expr(c, n->a);
        }
        adql_put(c, n->op ? " DESC" : "");
    }
    adql_grouping(c, NULL);
    c->grouped = outer;
}

static void print_body(adql_ctx_t *c, adql_query_t *q, int is_named,
                       int is_output, apr_int64_t limit)
{
    static const char *const sets[] = {
        "", " UNION ", " EXCEPT ", " INTERSECT ", ""
    };
    const adql_node_t *n;

    if (q->set_op == SET_NONE) {
        print_select(c, q, is_named, is_output);
    }
    else {
        adql_put(c, "(");
        print_body(c, q->left, is_named, is_output, -1);
        adql_put(c, ")");
        if (q->right) {
            adql_put(c, sets[q->set_op]);
            adql_put(c, q->is_all ? "ALL (" : "(");
            print_body(c, q->right, is_named, is_output, -1);
            adql_put(c, ")");
        }
        for (n = q->order; n; n = n->next) {
            adql_put(c, n == q->order ? " ORDER BY " : ", ");
            adql_putf(c, n->op ? "%d DESC" : "%d", n->len);
        }
    }
    print_limit(c, q, limit);
}

static void print_cte(adql_ctx_t *c, const adql_cte_t *cte, int id)
{
    for (; cte && cte->id != id; cte = cte->next) {
    }
    if (cte) {
        adql_putf(c, id ? ", w%d AS (" : "WITH w%d AS (", id);
        print_body(c, cte->query, 0, 0, -1);
        adql_put(c, ")");
    }
}

/* IS_TOP: the outermost query, with the user's names and at most LIMIT rows
 * (-1: all). */
void adql_print_query(adql_ctx_t *c, adql_query_t *q, int is_top,
                      apr_int64_t limit)
{
    int i;

    for (i = 0; is_top && i < c->next_cte; ++i) {
        print_cte(c, c->ctes, i);
    }
    if (is_top && c->next_cte) {
        adql_put(c, " ");
    }
    print_body(c, q, is_top, is_top, limit);
}
