/* vo_adql_reprint.c: a tree back to ADQL text, for the round-trip tests. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

static void query(adql_ctx_t *c, const adql_query_t *q);
static void expr(adql_ctx_t *c, const adql_node_t *n);

static void name_tok(adql_ctx_t *c, const adql_tok_t *tok)
{
    if (tok->op) {
        adql_put_ident(c, tok->text);
    }
    else {
        adql_put(c, tok->text);
    }
}

static void name(adql_ctx_t *c, const adql_name_t *n)
{
    int i;

    for (i = 0; i < n->n; ++i) {
        if (i) {
            adql_put(c, ".");
        }
        name_tok(c, &n->part[i]);
    }
}

static void string(adql_ctx_t *c, const char *text)
{
    const char *p;

    adql_put(c, "'");
    for (p = text; *p; ++p) {
        adql_putn(c, p, 1);
        if (*p == '\'') {
            adql_put(c, "'");
        }
    }
    adql_put(c, "'");
}

static void list(adql_ctx_t *c, const adql_node_t *n, const char *glue)
{
    for (; n; n = n->next) {
        expr(c, n);
        if (n->next) {
            adql_put(c, glue);
        }
    }
}

/* The tree forgets parentheses except as a mark; it is enough to keep it. */
static void expr(adql_ctx_t *c, const adql_node_t *n)
{
    static const char *const ops[] = {
        "", " = ", " <> ", " < ", " <= ", " > ", " >= ",
        " + ", " - ", " * ", " / ", " || "
    };
    const adql_node_t *p;
    int is_paren = n->is_paren && n->kind != N_SUBQ;

    if (is_paren) {
        adql_put(c, "(");
    }
    switch (n->kind) {
    case N_NUM:
        adql_put(c, n->text);
        break;
    case N_STR:
        string(c, n->text);
        break;
    case N_NULL:
        adql_put(c, "NULL");
        break;
    case N_COL:
        name(c, n->name);
        break;
    case N_FUNC:
        adql_put(c, n->text);
        adql_put(c, n->is_distinct ? "(DISTINCT " : "(");
        if (n->is_star) {
            adql_put(c, "*");
        }
        list(c, n->list, ", ");
        adql_put(c, ")");
        break;
    case N_BIN:
    case N_CMP:
        expr(c, n->a);
        adql_put(c, ops[n->op]);
        expr(c, n->b);
        break;
    case N_NEG:
    case N_POS:
        adql_put(c, n->kind == N_NEG ? "- " : "+ ");
        expr(c, n->a);
        break;
    case N_ELEM:
    case N_SLICE:
        expr(c, n->a);
        adql_put(c, "[");
        if (n->name) {
            name_tok(c, &n->name->part[0]);
            adql_put(c, "::");
            name_tok(c, &n->name->part[1]);
        }
        else {
            expr(c, n->b);
        }
        if (n->c) {
            adql_put(c, " : ");
            expr(c, n->c);
        }
        adql_put(c, "]");
        break;
    case N_CAST:
        adql_put(c, "CAST(");
        expr(c, n->a);
        adql_put(c, " AS ");
        adql_put(c, n->text);
        if (n->len >= 0) {
            adql_putf(c, "(%d)", n->len);
        }
        adql_put(c, ")");
        break;
    case N_CASE:
        adql_put(c, "CASE ");
        if (n->a) {
            expr(c, n->a);
            adql_put(c, " ");
        }
        for (p = n->list; p; p = p->next) {
            adql_put(c, "WHEN ");
            expr(c, p->a);
            adql_put(c, " THEN ");
            expr(c, p->b);
            adql_put(c, " ");
        }
        if (n->b) {
            adql_put(c, "ELSE ");
            expr(c, n->b);
            adql_put(c, " ");
        }
        adql_put(c, "END");
        break;
    case N_AND:
        list(c, n->list, " AND ");
        break;
    case N_OR:
        list(c, n->list, " OR ");
        break;
    case N_NOT:
        adql_put(c, "NOT ");
        expr(c, n->a);
        break;
    case N_BETWEEN:
        expr(c, n->a);
        adql_put(c, n->is_not ? " NOT BETWEEN " : " BETWEEN ");
        expr(c, n->b);
        adql_put(c, " AND ");
        expr(c, n->c);
        break;
    case N_IN:
    case N_INSUB:
        expr(c, n->a);
        adql_put(c, n->is_not ? " NOT IN (" : " IN (");
        list(c, n->list, ", ");
        if (n->query) {
            query(c, n->query);
        }
        adql_put(c, ")");
        break;
    case N_LIKE:
        expr(c, n->a);
        adql_put(c, n->is_not ? " NOT" : "");
        adql_put(c, n->op ? " ILIKE " : " LIKE ");
        expr(c, n->b);
        break;
    case N_ISNULL:
        expr(c, n->a);
        adql_put(c, n->is_not ? " IS NOT NULL" : " IS NULL");
        break;
    case N_SUBQ:
    case N_EXISTS:
        adql_put(c, n->kind == N_EXISTS ? "EXISTS (" : "(");
        query(c, n->query);
        adql_put(c, ")");
        break;
    case N_STAR:
        if (n->name) {
            name(c, n->name);
            adql_put(c, ".");
        }
        adql_put(c, "*");
        break;
    case N_ITEM:
        expr(c, n->a);
        if (n->alias.text) {
            adql_put(c, " AS ");
            name_tok(c, &n->alias);
        }
        break;
    case N_ORDER:
        expr(c, n->a);
        adql_put(c, n->op ? " DESC" : "");
        break;
    case N_WHEN:
    case N_MERGED:
        break;
    }
    if (is_paren) {
        adql_put(c, ")");
    }
}

static void tref(adql_ctx_t *c, const adql_tref_t *t)
{
    static const char *const joins[] = {
        " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "
    };

    if (t->kind == R_JOIN) {
        int is_nested = t->right->kind == R_JOIN;

        tref(c, t->left);
        adql_put(c, t->is_natural ? " NATURAL" : "");
        adql_put(c, joins[t->join]);
        adql_put(c, is_nested ? "(" : "");
        tref(c, t->right);
        adql_put(c, is_nested ? ")" : "");
        if (t->on) {
            adql_put(c, " ON ");
            expr(c, t->on);
        }
        if (t->using_list) {
            adql_put(c, " USING (");
            list(c, t->using_list, ", ");
            adql_put(c, ")");
        }
        return;
    }
    if (t->kind == R_SUB) {
        adql_put(c, "(");
        query(c, t->query);
        adql_put(c, ")");
    }
    else if (t->kind == R_UNNEST) {
        name(c, t->name);
        adql_put(c, "(");
        list(c, t->args, ", ");
        adql_put(c, ")");
    }
    else {
        name(c, t->name);
    }
    if (t->alias.text) {
        adql_put(c, " AS ");
        name_tok(c, &t->alias);
    }
    if (t->names) {
        adql_put(c, " (");
        list(c, t->names, ", ");
        adql_put(c, ")");
    }
}

/* Needs parentheses as an operand of set operator OP (SET_...). */
static int is_operand_paren(const adql_query_t *q, int op, int is_right)
{
    if (q->order || q->offset >= 0 || q->set_op == SET_PAREN) {
        return 1;
    }
    if (q->set_op == SET_NONE) {
        return 0;
    }
    return is_right || (op == SET_INTERSECT && q->set_op != SET_INTERSECT);
}

static void operand(adql_ctx_t *c, const adql_query_t *q, int op,
                    int is_right)
{
    int is_paren = is_operand_paren(q, op, is_right);

    adql_put(c, is_paren ? "(" : "");
    query(c, q);
    adql_put(c, is_paren ? ")" : "");
}

static void query(adql_ctx_t *c, const adql_query_t *q)
{
    static const char *const sets[] = {
        "", " UNION ", " EXCEPT ", " INTERSECT ", ""
    };
    const adql_cte_t *cte;
    const adql_tref_t *t;

    for (cte = q->ctes; cte; cte = cte->next) {
        adql_put(c, cte == q->ctes ? "WITH " : ", ");
        name_tok(c, &cte->name);
        adql_put(c, " AS (");
        query(c, cte->query);
        adql_put(c, cte->next ? ")" : ") ");
    }
    if (q->set_op == SET_PAREN) {
        adql_put(c, "(");
        query(c, q->left);
        adql_put(c, ")");
    }
    else if (q->set_op) {
        operand(c, q->left, q->set_op, 0);
        adql_put(c, sets[q->set_op]);
        adql_put(c, q->is_all ? "ALL " : "");
        operand(c, q->right, q->set_op, 1);
    }
    else {
        adql_put(c, q->is_distinct ? "SELECT DISTINCT " : "SELECT ");
        if (q->top >= 0) {
            adql_putf(c, "TOP %" APR_INT64_T_FMT " ", q->top);
        }
        list(c, q->items, ", ");
        adql_put(c, " FROM ");
        for (t = q->from; t; t = t->next) {
            tref(c, t);
            adql_put(c, t->next ? ", " : "");
        }
        if (q->where) {
            adql_put(c, " WHERE ");
            expr(c, q->where);
        }
        if (q->group) {
            adql_put(c, " GROUP BY ");
            list(c, q->group, ", ");
        }
        if (q->having) {
            adql_put(c, " HAVING ");
            expr(c, q->having);
        }
    }
    if (q->order) {
        adql_put(c, " ORDER BY ");
        list(c, q->order, ", ");
    }
    if (q->offset >= 0) {
        adql_putf(c, " OFFSET %" APR_INT64_T_FMT, q->offset);
    }
}

const char *adql_reprint_query(adql_ctx_t *c, const adql_query_t *q)
{
    query(c, q);
    adql_putn(c, "", 1);
    return c->sql;
}
