/* vo_adql_ast.c: building trees, comparing them, running the parser. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "adql/adql.h"

/* ---- errors ----------------------------------------------------------- */

static void fail_va(adql_ctx_t *c, vo_err_kind_e kind, int off,
                    const char *fmt, va_list ap)
{
    if (!c->err) {
        c->err = vo_err_make(c->pool, kind, "%s",
                             apr_pvsprintf(c->pool, fmt, ap));
        vo_err_at(c->err, c->text, off < 0 ? 0 : off);
    }
}

void adql_fail(adql_ctx_t *c, int off, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fail_va(c, VO_ERR_USAGE, off, fmt, ap);
    va_end(ap);
}

void adql_fail_kind(adql_ctx_t *c, vo_err_kind_e kind, int off,
                    const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fail_va(c, kind, off, fmt, ap);
    va_end(ap);
}

/* Only the first hint after the first error counts. */
void adql_hint(adql_ctx_t *c, const char *fmt, ...)
{
    va_list ap;

    if (c->err && !c->err->hint) {
        va_start(ap, fmt);
        vo_err_hint(c->pool, c->err, "%s", apr_pvsprintf(c->pool, fmt, ap));
        va_end(ap);
    }
}

/* ---- nodes ------------------------------------------------------------ */

adql_node_t *adql_node(adql_ctx_t *c, adql_kind_e kind, int off, int end)
{
    adql_node_t *n = apr_pcalloc(c->pool, sizeof(*n));

    n->kind = kind;
    n->off = off;
    n->end = end;
    n->depth = 1;
    return n;
}

static void set_depth(adql_ctx_t *c, adql_node_t *n, const adql_node_t *child)
{
    if (child && child->depth >= n->depth) {
        n->depth = (short)(child->depth + 1);
        if (n->depth > ADQL_MAX_DEPTH) {
            adql_fail_kind(c, VO_ERR_LIMIT, n->off,
                           "An expression is nested more than %d deep.",
                           ADQL_MAX_DEPTH);
            n->depth = ADQL_MAX_DEPTH;
        }
    }
}

adql_node_t *adql_node_op(adql_ctx_t *c, adql_kind_e kind, int op,
                          adql_node_t *a, adql_node_t *b)
{
    adql_node_t *n = adql_node(c, kind, a->off, b ? b->end : a->end);

    n->op = (short)op;
    n->a = a;
    n->b = b;
    set_depth(c, n, a);
    set_depth(c, n, b);
    return n;
}

adql_node_t *adql_node_tok(adql_ctx_t *c, adql_kind_e kind,
                           const adql_tok_t *tok)
{
    adql_node_t *n = adql_node(c, kind, tok->off, tok->end);

    n->len = -1;
    n->text = tok->text
        ? tok->text
        : apr_pstrmemdup(c->pool, c->text + tok->off,
                         (apr_size_t)(tok->end - tok->off));
    return n;
}

/* AND and OR are lists, so that a thousand terms are no deeper than two. */
adql_node_t *adql_node_bool(adql_ctx_t *c, adql_kind_e kind, adql_node_t *a,
                            adql_node_t *b)
{
    adql_node_t *n = a;

    if (a->kind != kind || a->is_paren) {
        n = adql_node(c, kind, a->off, a->end);
        n->list = n->tail = a;
        set_depth(c, n, a);
    }
    n->tail->next = b;
    n->tail = b;
    n->end = b->end;
    set_depth(c, n, b);
    return n;
}

adql_node_t *adql_node_func(adql_ctx_t *c, const adql_tok_t *name,
                            adql_list_t *args, int end)
{
    adql_node_t *n = adql_node(c, N_FUNC, name->off, end);
    const adql_node_t *arg;

    n->text = name->text;
    if (args) {
        n->list = args->first;
        n->len = args->n;
        for (arg = args->first; arg; arg = arg->next) {
            set_depth(c, n, arg);
        }
    }
    return n;
}

adql_list_t *adql_list_add(adql_ctx_t *c, adql_list_t *list,
                           adql_node_t *node)
{
    if (!list) {
        list = apr_pcalloc(c->pool, sizeof(*list));
        list->first = node;
    }
    else {
        list->last->next = node;
    }
    list->last = node;
    ++list->n;
    return list;
}

adql_name_t *adql_name_add(adql_ctx_t *c, adql_name_t *name,
                           const adql_tok_t *tok)
{
    if (!name) {
        name = apr_pcalloc(c->pool, sizeof(*name));
    }
    if (name->n == 4) {
        adql_fail(c, tok->off, "A name has at most four parts: "
                  "catalogue.schema.table.column.");
        return name;
    }
    name->part[name->n++] = *tok;
    return name;
}

adql_query_t *adql_query(adql_ctx_t *c, int off)
{
    adql_query_t *q = apr_pcalloc(c->pool, sizeof(*q));

    q->off = off;
    q->depth = 1;
    q->top = q->offset = -1;
    return q;
}

adql_query_t *adql_query_set(adql_ctx_t *c, int op, int is_all,
                             adql_query_t *left, adql_query_t *right)
{
    adql_query_t *q = adql_query(c, left->off);

    q->set_op = op;
    q->is_all = is_all;
    q->left = left;
    q->right = right;
    q->end = right ? right->end : left->end;
    q->depth = (short)(1 + (right && right->depth > left->depth
                            ? right->depth : left->depth));
    if (q->depth > ADQL_MAX_DEPTH) {
        adql_fail_kind(c, VO_ERR_LIMIT, left->off,
                       "More than %d set operators in a row.",
                       ADQL_MAX_DEPTH);
        q->depth = ADQL_MAX_DEPTH;
    }
    return q;
}

adql_tref_t *adql_tref(adql_ctx_t *c, adql_tref_e kind, int off, int end)
{
    adql_tref_t *t = apr_pcalloc(c->pool, sizeof(*t));

    t->kind = kind;
    t->off = off;
    t->end = end;
    t->depth = 1;
    return t;
}

adql_tref_t *adql_tref_join(adql_ctx_t *c, int join, adql_tref_t *left,
                            adql_tref_t *right)
{
    adql_tref_t *t = adql_tref(c, R_JOIN, left->off, right->end);

    t->join = (adql_join_e)(join & 255);
    t->is_natural = (join & 256) != 0;
    t->left = left;
    t->right = right;
    t->depth = (short)(1 + (left->depth > right->depth ? left->depth
                                                       : right->depth));
    if (t->depth > ADQL_MAX_NESTING) {
        adql_fail_kind(c, VO_ERR_LIMIT, right->off,
                       "More than %d joins in a row.", ADQL_MAX_NESTING);
        t->depth = ADQL_MAX_NESTING;
    }
    return t;
}

apr_int64_t adql_count(adql_ctx_t *c, const adql_tok_t *tok, const char *what)
{
    apr_int64_t n;

    errno = 0;
    n = apr_strtoi64(c->text + tok->off, NULL, 10);
    if (errno || tok->end - tok->off > 18) {
        adql_fail(c, tok->off, "%s is larger than any table.", what);
        return 0;
    }
    return n;
}

/* ---- equality --------------------------------------------------------- */

static int same_text(const char *x, const char *y)
{
    return x == y || (x && y && !strcmp(x, y));
}

static int same_name(const adql_name_t *x, const adql_name_t *y)
{
    int i;

    if (!x || !y || x->n != y->n) {
        return x == y;
    }
    for (i = 0; i < x->n; ++i) {
        int is_exact = x->part[i].op || y->part[i].op;

        if ((is_exact ? strcmp(x->part[i].text, y->part[i].text)
                      : strcasecmp(x->part[i].text, y->part[i].text))) {
            return 0;
        }
    }
    return 1;
}

static int same_list(const adql_node_t *x, const adql_node_t *y)
{
    for (; x && y; x = x->next, y = y->next) {
        if (!adql_same(x, y)) {
            return 0;
        }
    }
    return x == y;
}

int adql_same(const adql_node_t *x, const adql_node_t *y)
{
    if (x == y) {
        return 1;
    }
    if (!x || !y || x->kind != y->kind || x->op != y->op
        || x->is_not != y->is_not || x->is_distinct != y->is_distinct
        || x->is_star != y->is_star || x->len != y->len) {
        return 0;
    }
    if (x->kind == N_COL && x->rv && y->rv) {
        return x->rv == y->rv && x->colno == y->colno;
    }
    if (x->kind == N_FUNC || x->kind == N_CAST) {
        if (strcasecmp(x->text, y->text)) {
            return 0;
        }
    }
    else if (!same_text(x->text, y->text)) {
        return 0;
    }
    return same_name(x->name, y->name)
           && same_text(x->alias.text, y->alias.text)
           && adql_same(x->a, y->a) && adql_same(x->b, y->b)
           && adql_same(x->c, y->c) && same_list(x->list, y->list)
           && adql_same_query(x->query, y->query);
}

static int same_tref(const adql_tref_t *x, const adql_tref_t *y)
{
    for (; x && y; x = x->next, y = y->next) {
        if (x->kind != y->kind || x->join != y->join
            || x->is_natural != y->is_natural
            || !same_text(x->alias.text, y->alias.text)
            || !same_name(x->name, y->name)
            || !adql_same_query(x->query, y->query)
            || (x->kind == R_JOIN && (!same_tref(x->left, y->left)
                                      || !same_tref(x->right, y->right)))
            || !adql_same(x->on, y->on)
            || !same_list(x->using_list, y->using_list)
            || !same_list(x->args, y->args)
            || !same_list(x->names, y->names)) {
            return 0;
        }
    }
    return x == y;
}

int adql_same_query(const adql_query_t *x, const adql_query_t *y)
{
    const adql_cte_t *p, *q;

    if (x == y) {
        return 1;
    }
    if (!x || !y || x->set_op != y->set_op || x->is_all != y->is_all
        || x->is_distinct != y->is_distinct || x->top != y->top
        || x->offset != y->offset) {
        return 0;
    }
    for (p = x->ctes, q = y->ctes; p && q; p = p->next, q = q->next) {
        if (strcmp(p->name.text, q->name.text)
            || !adql_same_query(p->query, q->query)) {
            return 0;
        }
    }
    return p == NULL && q == NULL
           && adql_same_query(x->left, y->left)
           && adql_same_query(x->right, y->right)
           && same_list(x->items, y->items) && same_tref(x->from, y->from)
           && adql_same(x->where, y->where) && same_list(x->group, y->group)
           && adql_same(x->having, y->having)
           && same_list(x->order, y->order);
}

/* ---- running the parser ----------------------------------------------- */

void adql_ctx_init(adql_ctx_t *c, const char *text, int version,
                   const vo_adql_env_t *env, apr_pool_t *pool)
{
    memset(c, 0, sizeof(*c));
    c->pool = pool;
    c->text = text;
    c->version = version;
    c->env = env;
    c->cone_area = -1;
}

int adql_parse(adql_ctx_t *c)
{
    size_t len = strlen(c->text);
    void *parser;
    int pos = 0, tk = 1;

    if (len > ADQL_MAX_BYTES) {
        adql_fail_kind(c, VO_ERR_LIMIT, 0, "The query has %lu bytes; the "
                       "limit is %d.", (unsigned long)len, ADQL_MAX_BYTES);
        adql_hint(c, "Long lists of values are better uploaded as a table.");
        return -1;
    }
    c->len = (int)len;
    parser = adql_parser_new(c);
    while (tk > 0 && !c->err) {
        adql_tok_t tok;

        tk = adql_lex(c, &pos, &tok);
        if (tk < 0) {
            break;
        }
        adql_parser_feed(parser, tk, &tok);
        if (tk == TK_FROM || tk == TK_JOIN) {
            c->in_from = 1;
        }
        else if (tk == TK_SELECT || tk == TK_WHERE || tk == TK_GROUP
                 || tk == TK_HAVING || tk == TK_ORDER) {
            c->in_from = 0;
        }
        c->open += (tk == TK_LP) - (tk == TK_RP);
        c->prev2 = c->prev;
        c->prev2_tk = c->prev_tk;
        c->prev = tok;
        c->prev_tk = tk;
    }
    if (!c->err && !c->query) {
        adql_fail(c, 0, "This is not a query.");
    }
    return c->err ? -1 : 0;
}
