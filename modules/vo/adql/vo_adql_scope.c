/* vo_adql_scope.c: what the names of a query stand for. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* A name as typed against a name as published: regular ones without regard to
 * case, delimited ones exactly (ADQL 2.1 section 2.1.2). */
static int matches(const adql_tok_t *tok, const char *name)
{
    return tok->op ? !strcmp(tok->text, name) : !strcasecmp(tok->text, name);
}

/* ---- range variables -------------------------------------------------- */

int adql_rv_ncols(const adql_rv_t *rv)
{
    return rv->table ? rv->table->ncolumns : rv->query->nout;
}

const char *adql_rv_col(const adql_rv_t *rv, int colno)
{
    if (colno < 0 || colno >= adql_rv_ncols(rv)) {
        return NULL;
    }
    return rv->table ? rv->table->columns[colno]->field.name
                     : rv->query->out[colno].name;
}

/* Column of RV called TOK: its number, -1 if there is none. */
static int rv_find(const adql_rv_t *rv, const adql_tok_t *tok)
{
    int i;

    if (rv->table) {
        const vo_column_t *col = vo_table_column(rv->table, tok->text);

        if (col && (!tok->op || !strcmp(col->field.name, tok->text))) {
            return col->index;
        }
        if (!tok->op) {
            return -1;
        }
    }
    for (i = 0; i < adql_rv_ncols(rv); ++i) {
        if (matches(tok, adql_rv_col(rv, i))) {
            return i;
        }
    }
    return -1;
}

static int is_named(const adql_rv_t *rv, const adql_name_t *name, int nparts)
{
    const adql_tok_t *last = &name->part[nparts - 1];

    /* an alias in delimited form also hears its exact regular spelling */
    if (rv->is_quoted ? strcmp(last->text, rv->name)
                      : !matches(last, rv->name)) {
        return 0;
    }
    if (nparts == 1) {
        return 1;
    }
    return rv->schema && matches(&name->part[nparts - 2], rv->schema);
}

/* The table that the first NPARTS parts of NAME stand for, looking outwards. */
adql_rv_t *adql_find_rv(adql_ctx_t *c, adql_query_t *q,
                        const adql_name_t *name, int nparts)
{
    adql_rv_t *rv, *found;

    for (; q; q = q->parent) {
        found = NULL;
        for (rv = q->rvs; rv; rv = rv->next) {
            if (rv->id < q->rv_lo || rv->id >= q->rv_hi
                || !is_named(rv, name, nparts)) {
                continue;
            }
            if (found) {
                adql_fail(c, name->part[0].off, "'%s' is ambiguous: two "
                          "tables of FROM are called so.",
                          name->part[nparts - 1].text);
                adql_hint(c, "Give them different names: FROM t AS a, t AS "
                          "b.");
                return found;
            }
            found = rv;
        }
        if (found) {
            return found;
        }
    }
    return NULL;
}

adql_node_t *adql_col_node(adql_ctx_t *c, adql_rv_t *rv, int colno, int off,
                           int end)
{
    adql_node_t *n = adql_node(c, N_COL, off, end);

    n->rv = rv;
    n->colno = colno;
    if (rv->table) {
        const vo_column_t *col = rv->table->columns[colno];

        adql_column_type(&n->ty, col);
        n->meta = &col->field;
    }
    else {
        const adql_out_t *out = &rv->query->out[colno];

        n->ty = out->ty;
        n->meta = out->expr->meta;
        n->unit = out->expr->unit;
        n->ucd = out->expr->ucd;
    }
    if (n->meta && !n->unit) {
        n->unit = n->meta->unit;
    }
    if (n->meta && !n->ucd) {
        n->ucd = n->meta->ucd;
    }
    return n;
}

/* ---- columns of a FROM tree ------------------------------------------- */

static void add_scol(adql_scols_t *s, const char *name, adql_node_t *node)
{
    s->col[s->n].name = name;
    s->col[s->n++].node = node;
}

static adql_scol_t *find_scol(adql_ctx_t *c, adql_scols_t *s,
                              const adql_tok_t *tok, int off)
{
    adql_scol_t *found = NULL;
    int i;

    for (i = 0; i < s->n; ++i) {
        if (matches(tok, s->col[i].name)) {
            if (found) {
                adql_fail(c, off, "Column '%s' of the join is ambiguous.",
                          tok->text);
                return found;
            }
            found = &s->col[i];
        }
    }
    return found;
}

/* The shared column of a NATURAL or USING join (SQL-92 section 7.5). */
static adql_node_t *merge(adql_ctx_t *c, const adql_tref_t *t,
                          adql_node_t *left, adql_node_t *right)
{
    adql_node_t *n;

    if (t->join == J_RIGHT) {
        return right;
    }
    if (t->join != J_FULL) {
        return left;
    }
    n = adql_node_op(c, N_MERGED, 0, left, right);
    n->ty = left->ty;
    adql_unite(&n->ty, &right->ty);
    n->meta = left->meta;
    n->unit = left->unit;
    n->ucd = left->ucd;
    return n;
}

static void join_equal(adql_ctx_t *c, adql_tref_t *t, adql_node_t *left,
                       adql_node_t *right, const char *name)
{
    adql_node_t *cmp = adql_node_op(c, N_CMP, OP_EQ, left, right);
    adql_type_t ty = left->ty;

    if (adql_unite(&ty, &right->ty) || ty.cls == T_GEOM
        || ty.cls == T_ARRAY) {
        adql_fail(c, t->off, "The join cannot compare the columns '%s': one "
                  "is %s, the other %s.", name, adql_type_name(&left->ty),
                  adql_type_name(&right->ty));
        if (t->is_natural) {
            adql_hint(c, "Write USING (...) with the columns to compare.");
        }
    }
    cmp->off = t->off;
    cmp->ty.cls = T_COND;
    t->on = t->on ? adql_node_bool(c, N_AND, t->on, cmp) : cmp;
}

adql_scols_t *adql_tref_cols(adql_ctx_t *c, adql_tref_t *t)
{
    adql_scols_t *s, *l, *r;
    char *used;
    int i, j;

    if (t->cols) {
        return t->cols;
    }
    s = t->cols = apr_pcalloc(c->pool, sizeof(*s));
    if (t->kind != R_JOIN) {
        int n = adql_rv_ncols(t->rv);

        s->col = apr_palloc(c->pool, sizeof(*s->col) * (size_t)(n + 1));
        for (i = 0; i < n; ++i) {
            add_scol(s, adql_rv_col(t->rv, i),
                     adql_col_node(c, t->rv, i, t->off, t->end));
        }
        return s;
    }
    l = adql_tref_cols(c, t->left);
    r = adql_tref_cols(c, t->right);
    s->col = apr_palloc(c->pool, sizeof(*s->col) * (size_t)(l->n + r->n + 1));
    used = apr_pcalloc(c->pool, (size_t)(l->n + r->n + 1));
    for (i = 0; i < l->n && (t->is_natural || t->using_list); ++i) {
        adql_tok_t tok = {0, 0, l->col[i].name, 0};
        adql_scol_t *right = NULL;

        if (t->is_natural) {
            right = find_scol(c, r, &tok, t->off);
        }
        else {
            const adql_node_t *u;

            for (u = t->using_list; u && !right; u = u->next) {
                if (matches(&u->name->part[0], tok.text)) {
                    right = find_scol(c, r, &u->name->part[0], u->off);
                }
            }
        }
        if (right && !c->err) {
            join_equal(c, t, l->col[i].node, right->node, tok.text);
            add_scol(s, tok.text, merge(c, t, l->col[i].node, right->node));
            used[i] = 1;
            used[l->n + (right - r->col)] = 1;
        }
    }
    for (i = 0; i < l->n; ++i) {
        if (!used[i]) {
            add_scol(s, l->col[i].name, l->col[i].node);
        }
    }
    for (j = 0; j < r->n; ++j) {
        if (!used[l->n + j]) {
            add_scol(s, r->col[j].name, r->col[j].node);
        }
    }
    return s;
}

/* ---- columns ---------------------------------------------------------- */

static void become(adql_node_t *col, const adql_node_t *found)
{
    adql_node_t *next = col->next;
    adql_name_t *name = col->name;
    int off = col->off, end = col->end, is_paren = col->is_paren;

    *col = *found;
    col->next = next;
    col->name = name;
    col->off = off;
    col->end = end;
    col->is_paren = (unsigned char)is_paren;
}

static int resolve_here(adql_ctx_t *c, adql_query_t *q, adql_node_t *col)
{
    const adql_tok_t *tok = &col->name->part[0];
    adql_rv_t *rv, *found = NULL;
    int colno = -1;

    if (q->is_merging) {
        adql_tref_t *t;
        adql_scol_t *hit = NULL;

        for (t = q->from; t; t = t->next) {
            adql_scol_t *one;

            /* inside an ON only its own tables are in view */
            if (t->rv_lo >= q->rv_hi || t->rv_hi <= q->rv_lo) {
                continue;
            }
            if (q->in_clause == CL_FROM) {
                hit = NULL;
                break;
            }
            one = find_scol(c, adql_tref_cols(c, t), tok, col->off);
            if (one && hit) {
                adql_fail(c, col->off, "Column '%s' is ambiguous.",
                          tok->text);
                return 1;
            }
            hit = one ? one : hit;
        }
        if (hit) {
            become(col, hit->node);
            return 1;
        }
        if (q->in_clause != CL_FROM) {
            return 0;
        }
    }
    for (rv = q->rvs; rv; rv = rv->next) {
        int i;

        if (rv->id < q->rv_lo || rv->id >= q->rv_hi) {
            continue;
        }
        i = rv_find(rv, tok);
        if (i < 0) {
            continue;
        }
        if (found) {
            adql_fail(c, col->off, "Column '%s' is ambiguous: %s and %s have "
                      "it.", tok->text, found->name, rv->name);
            adql_hint(c, "Write %s.%s or %s.%s.", found->name, tok->text,
                      rv->name, tok->text);
            return 1;
        }
        found = rv;
        colno = i;
    }
    if (found) {
        become(col, adql_col_node(c, found, colno, col->off, col->end));
    }
    return found != NULL;
}

/* Turn COL into a reference to a column in view of Q; 0 = not found, and no
 * error was made. */
int adql_resolve(adql_ctx_t *c, adql_query_t *q, adql_node_t *col)
{
    adql_query_t *level;
    const adql_name_t *name = col->name;

    if (name->n == 1) {
        for (level = q; level && !c->err; level = level->parent) {
            if (resolve_here(c, level, col)) {
                return 1;
            }
        }
    }
    else {
        adql_rv_t *rv = adql_find_rv(c, q, name, name->n - 1);
        int colno = rv ? rv_find(rv, &name->part[name->n - 1]) : -1;

        if (colno >= 0) {
            become(col, adql_col_node(c, rv, colno, col->off, col->end));
            return 1;
        }
    }
    return 0;
}

/* ---- tables ----------------------------------------------------------- */

adql_rv_t *adql_new_rv(adql_ctx_t *c, adql_query_t *q, const char *name,
                       int off)
{
    adql_rv_t *rv = apr_pcalloc(c->pool, sizeof(*rv));

    rv->id = c->next_rv++;
    if (rv->id >= ADQL_MAX_TABLES) {
        adql_fail_kind(c, VO_ERR_LIMIT, off, "The query names more than %d "
                       "tables.", ADQL_MAX_TABLES);
    }
    rv->owner = q;
    rv->name = name;
    if (q->rvs_tail) {
        q->rvs_tail->next = rv;
    }
    else {
        q->rvs = rv;
    }
    q->rvs_tail = rv;
    return rv;
}

static adql_rv_t *new_rv(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    t->rv = adql_new_rv(c, q, t->alias.text, t->off);
    t->rv->is_quoted = t->alias.text && t->alias.op;
    return t->rv;
}

/* SCHEMA may be NULL: any. The release's tables and the uploaded ones. */
static const vo_table_t *find_table(adql_ctx_t *c, const adql_tok_t *schema,
                                    const adql_tok_t *tok, int *nfound)
{
    const vo_table_t *found;
    int i, n = 0;

    found = vo_release_table(c->env->release, schema ? schema->text : NULL,
                             tok->text, &n);
    if (n == 1 && (!matches(tok, found->name)
                   || (schema && !matches(schema, found->schema)))) {
        found = NULL;
        n = 0;
    }
    for (i = 0; i < c->env->nextra; ++i) {
        const vo_table_t *t = c->env->extra[i];

        if (schema && matches(tok, t->name) && matches(schema, t->schema)) {
            found = t;
            ++n;
        }
    }
    *nfound = n;
    return n == 1 ? found : NULL;
}

static void ambiguous_table(adql_ctx_t *c, const adql_tok_t *tok)
{
    const vo_release_t *rel = c->env->release;
    const char *list = NULL;
    int i;

    for (i = 0; i < rel->ntables; ++i) {
        if (!strcasecmp(rel->tables[i]->name, tok->text)) {
            list = list ? apr_pstrcat(c->pool, list, " or ",
                                      rel->tables[i]->tap_name, NULL)
                        : rel->tables[i]->tap_name;
        }
    }
    adql_fail(c, tok->off, "Table '%s' is in more than one schema.",
              tok->text);
    adql_hint(c, "Write %s.", list);
}

static void bind_table(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    const adql_name_t *name = t->name;
    const adql_tok_t *tok = &name->part[name->n - 1];
    const adql_cte_t *cte;
    adql_rv_t *rv = new_rv(c, q, t);
    int n;

    if (!rv->name) {
        rv->name = tok->text;
        rv->is_quoted = 0;
    }
    for (cte = c->ctes; cte && name->n == 1; cte = cte->next) {
        if (matches(tok, cte->name.text) && cte->query->nout) {
            rv->cte = cte;
            rv->query = cte->query;
            return;
        }
    }
    /* a catalogue in front is allowed and means nothing here */
    rv->table = find_table(c, name->n > 1 ? &name->part[name->n - 2] : NULL,
                           tok, &n);
    if (!rv->table) {
        if (n > 1) {
            ambiguous_table(c, tok);
        }
        else {
            adql_no_table(c, name);
        }
        return;
    }
    if (!t->alias.text) {
        rv->name = rv->table->name;
        rv->schema = rv->table->schema;
    }
    for (n = 0; n < c->tables->nelts; ++n) {
        if (APR_ARRAY_IDX(c->tables, n, const vo_table_t *) == rv->table) {
            return;
        }
    }
    APR_ARRAY_PUSH(c->tables, const vo_table_t *) = rv->table;
}

static int is_in(const adql_scols_t *s, const adql_tok_t *tok)
{
    int i;

    for (i = 0; i < s->n; ++i) {
        if (matches(tok, s->col[i].name)) {
            return 1;
        }
    }
    return 0;
}

static void check_using(adql_ctx_t *c, adql_tref_t *t)
{
    const adql_node_t *u;

    for (u = t->using_list; u && !c->err; u = u->next) {
        const adql_tok_t *tok = &u->name->part[0];
        int in_left = is_in(adql_tref_cols(c, t->left), tok);

        if (!in_left || !is_in(adql_tref_cols(c, t->right), tok)) {
            adql_fail(c, u->off, "USING needs a column of both tables; the "
                      "%s has no '%s'.", in_left ? "right" : "left",
                      tok->text);
        }
    }
}

static int node_looks_at(const adql_node_t *n, const adql_tref_t *t)
{
    const adql_node_t *k;

    if (!n) {
        return 0;
    }
    for (k = n->list; k; k = k->next) {
        if (node_looks_at(k, t)) {
            return 1;
        }
    }
    return (n->kind == N_COL && n->rv && n->rv->id >= t->rv_lo
            && n->rv->id < t->rv_hi)
           || node_looks_at(n->a, t) || node_looks_at(n->b, t)
           || node_looks_at(n->c, t);
}

/* Does an UNNEST in T take arrays of OTHER? */
static int looks_at(const adql_tref_t *t, const adql_tref_t *other)
{
    const adql_node_t *arg;

    for (arg = t->args; arg; arg = arg->next) {
        if (node_looks_at(arg, other)) {
            return 1;
        }
    }
    return t->kind == R_JOIN
           && (looks_at(t->left, other) || looks_at(t->right, other));
}

static void bind_tref(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    t->rv_lo = c->next_rv;
    if (c->err) {
        return;
    }
    if (t->kind == R_TABLE) {
        bind_table(c, q, t);
    }
    else if (t->kind == R_SUB) {
        adql_check_query(c, t->query, q->parent);
        t->rv_lo = c->next_rv;
        new_rv(c, q, t)->query = t->query;
    }
    else if (t->kind == R_UNNEST) {
        adql_bind_unnest(c, q, t);
        t->rv_lo = c->next_rv; /* an arr_map inside has one of its own */
        new_rv(c, q, t)->query = t->query;
    }
    else {
        bind_tref(c, q, t->left);
        bind_tref(c, q, t->right);
        t->rv_lo = t->left->rv_lo;
        t->rv_hi = c->next_rv;
        t->is_merging = t->left->is_merging || t->right->is_merging
                        || t->is_natural || t->using_list;
        q->is_merging |= t->is_merging;
        if (c->err) {
            return;
        }
        if ((t->join == J_RIGHT || t->join == J_FULL)
            && looks_at(t->right, t->left)) {
            adql_fail(c, t->right->off, "UNNEST takes arrays of the table on "
                      "its left only in an inner or a LEFT JOIN.");
            return;
        }
        if (t->is_natural || t->using_list) {
            check_using(c, t);
            adql_tref_cols(c, t);
            if (!t->on && !c->err && t->is_natural && t->join != J_INNER) {
                adql_fail(c, t->off, "The tables of this NATURAL join share "
                          "no column.");
            }
        }
        else if (!t->on && t->right->kind == R_UNNEST
                 && t->join != J_FULL) {
            /* its elements are the row's own */
        }
        else if (!t->on) {
            adql_fail(c, t->right->off, "This JOIN has no condition.");
            adql_hint(c, "Add ON condition or USING (column), or write "
                      "NATURAL JOIN, or a comma for a cross product.");
        }
        else {
            int lo = q->rv_lo, hi = q->rv_hi;

            q->rv_lo = t->rv_lo;
            q->rv_hi = t->rv_hi;
            q->in_clause = CL_FROM;
            adql_check_cond(c, q, t->on);
            q->rv_lo = lo;
            q->rv_hi = hi;
        }
    }
    t->rv_hi = c->next_rv;
}

static void unique_names(adql_ctx_t *c, adql_query_t *q)
{
    const adql_rv_t *x, *y;

    for (x = q->rvs; x && !c->err; x = x->next) {
        for (y = x->next; y; y = y->next) {
            if (!strcmp(x->name, y->name)
                && (!x->schema || !y->schema
                    || !strcasecmp(x->schema, y->schema))) {
                adql_fail(c, q->from->off, "Two tables of FROM are called "
                          "'%s'.", x->name);
                adql_hint(c, "Give them different names: FROM %s AS a ... "
                          "%s AS b.", x->name, x->name);
                return;
            }
        }
    }
}

void adql_bind_from(adql_ctx_t *c, adql_query_t *q)
{
    adql_tref_t *t;

    q->rv_lo = c->next_rv;
    for (t = q->from; t && !c->err; t = t->next) {
        bind_tref(c, q, t);
    }
    q->rv_hi = c->next_rv;
    unique_names(c, q);
}
