/* vo_adql_match.c: FROM and WHERE, and cross-matches that use the index. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A condition DISTANCE(a, b) < r between two tables, in ON or WHERE, is turned
 * round: for each row of the driving table the few ranges of cells around it
 * are looked up in the cell index of the other one,
 *   LATERAL (SELECT b_.* FROM sky_ranges(a.ra, a.dec, r) AS r_(lo, hi)
 *            JOIN b AS b_ ON sky_hpx_in(b_.hpx, r_.lo, r_.hi))
 * The ranges of one row are disjoint, so a pair comes out once; the exact
 * condition stays where it was. Inner joins are taken apart for this, since
 * their order is free; outer joins keep theirs.
 */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_strings.h>

#define MAX_ATOMS 60
#define MAX_FULL 3

typedef struct atom_t {
    adql_tref_t *ref;
    adql_gpred_t match;      /* how == GP_NONE: an ordinary table */
    const adql_point_t *from; /* the driving point of MATCH */
    apr_uint64_t deps;       /* atoms that MATCH needs before */
    int has_filter, is_done;
} atom_t;

typedef struct plan_t {
    adql_ctx_t *c;
    adql_query_t *q;
    int natoms, is_too_many;
    atom_t atom[MAX_ATOMS];
    apr_array_header_t *conds; /* adql_node_t * */
} plan_t;

static void print_tref(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t);

/* ---- taking FROM and WHERE apart --------------------------------------- */

static void add_conds(plan_t *p, adql_node_t *n)
{
    adql_node_t *one;

    if (n->kind == N_AND) {
        for (one = n->list; one; one = one->next) {
            add_conds(p, one);
        }
    }
    else {
        APR_ARRAY_PUSH(p->conds, adql_node_t *) = n;
    }
}

static void collect(plan_t *p, adql_tref_t *t)
{
    if (t->kind == R_JOIN && t->join == J_INNER && !t->is_merging) {
        collect(p, t->left);
        collect(p, t->right);
        if (t->on) {
            add_conds(p, t->on);
        }
        return;
    }
    if (p->natoms == MAX_ATOMS) {
        p->is_too_many = 1;
        return;
    }
    memset(&p->atom[p->natoms], 0, sizeof(atom_t));
    p->atom[p->natoms++].ref = t;
}

/* The atoms of P whose columns N uses; all bits if that is hard to say. */
static apr_uint64_t uses(const plan_t *p, const adql_node_t *n)
{
    apr_uint64_t mask = 0;
    const adql_node_t *k;
    int i;

    if (!n) {
        return 0;
    }
    if (n->query) {
        return ~(apr_uint64_t)0;
    }
    if (n->kind == N_COL && n->rv && n->rv->owner == p->q) {
        for (i = 0; i < p->natoms; ++i) {
            if (n->rv->id >= p->atom[i].ref->rv_lo
                && n->rv->id < p->atom[i].ref->rv_hi) {
                return (apr_uint64_t)1 << i;
            }
        }
        return ~(apr_uint64_t)0;
    }
    mask = uses(p, n->a) | uses(p, n->b) | uses(p, n->c);
    for (k = n->list; k; k = k->next) {
        mask |= uses(p, k);
    }
    return mask;
}

/* The atoms whose arrays an UNNEST in T takes. */
static apr_uint64_t lateral(const plan_t *p, const adql_tref_t *t)
{
    apr_uint64_t mask = 0;
    const adql_node_t *arg;

    for (arg = t->args; arg; arg = arg->next) {
        mask |= uses(p, arg);
    }
    if (t->kind == R_JOIN) {
        mask |= lateral(p, t->left) | lateral(p, t->right);
    }
    return mask;
}

static int atom_of(const plan_t *p, const adql_rv_t *rv)
{
    int i;

    for (i = 0; rv && rv->owner == p->q && i < p->natoms; ++i) {
        if (p->atom[i].ref->rv == rv && rv->table) {
            return i;
        }
    }
    return -1;
}

static apr_uint64_t needs(const plan_t *p, const adql_point_t *from,
                          const adql_gpred_t *g)
{
    return uses(p, from->lon) | uses(p, from->lat)
           | (g->has_radius ? 0 : uses(p, g->radius));
}

/* Would atom I, driven by DEPS, wait for itself? */
static int is_cyclic(const plan_t *p, int i, apr_uint64_t deps)
{
    apr_uint64_t seen = deps, todo = deps;
    int k;

    while (todo) {
        apr_uint64_t more = 0;

        for (k = 0; k < p->natoms; ++k) {
            if (todo & ((apr_uint64_t)1 << k)) {
                more |= p->atom[k].deps;
            }
        }
        todo = more & ~seen;
        seen |= more;
    }
    return (seen >> i) & 1;
}

static int can_drive(const plan_t *p, int i, const adql_point_t *from,
                     const adql_gpred_t *g)
{
    apr_uint64_t deps;

    if (i < 0 || p->atom[i].match.how != GP_NONE || from->how != P_PAIR) {
        return 0;
    }
    deps = needs(p, from, g);
    return !(deps >> MAX_ATOMS) && !((deps >> i) & 1)
           && !is_cyclic(p, i, deps);
}

static void set_match(plan_t *p, int i, const adql_gpred_t *g, int is_first)
{
    atom_t *a = &p->atom[i];

    a->match = *g;
    a->from = is_first ? &a->match.p2 : &a->match.p1;
    a->deps = needs(p, a->from, g);
}

/* How many rows does an atom give, for choosing who drives? */
static double rows(const atom_t *a)
{
    double n = a->ref->rv && a->ref->rv->table
        && a->ref->rv->table->nrows >= 0
        ? (double)a->ref->rv->table->nrows : 10000;

    return a->has_filter ? n / 1000 : n;
}

static int find_matches(plan_t *p)
{
    int k, i, j, count = 0;

    for (i = 0; i < p->natoms; ++i) {
        p->atom[i].deps = lateral(p, p->atom[i].ref)
                          & ~((apr_uint64_t)1 << i);
    }
    for (k = 0; k < p->conds->nelts; ++k) {
        const adql_node_t *n = APR_ARRAY_IDX(p->conds, k, adql_node_t *);
        apr_uint64_t mask = uses(p, n);

        for (i = 0; i < p->natoms; ++i) {
            if (mask == (apr_uint64_t)1 << i && n->kind != N_ISNULL) {
                p->atom[i].has_filter = 1;
            }
        }
    }
    for (k = 0; k < p->conds->nelts; ++k) {
        adql_gpred_t g;
        int first, second;

        if (!adql_gpred(p->c, APR_ARRAY_IDX(p->conds, k, adql_node_t *), &g)
            || g.how != GP_DISTANCE || g.is_negated) {
            continue;
        }
        i = atom_of(p, g.p1.rv);
        j = atom_of(p, g.p2.rv);
        first = can_drive(p, i, &g.p2, &g);
        second = can_drive(p, j, &g.p1, &g);
        if (first && second) {
            first = rows(&p->atom[i]) >= rows(&p->atom[j]);
        }
        if (first) {
            set_match(p, i, &g, 1);
            ++count;
        }
        else if (second) {
            set_match(p, j, &g, 0);
            ++count;
        }
    }
    return count;
}

/* ---- printing --------------------------------------------------------- */

static void print_table(adql_ctx_t *c, const vo_table_t *t)
{
    adql_put_ident(c, t->pg_schema);
    adql_put(c, ".");
    adql_put_ident(c, t->pg_table);
}

static void print_driven(adql_ctx_t *c, const adql_rv_t *rv,
                         const adql_gpred_t *g, const adql_point_t *from)
{
    adql_put(c, "LATERAL (SELECT b_.* FROM sky_ranges(");
    adql_print_lon(c, from);
    adql_put(c, ", ");
    adql_print_lat(c, from);
    adql_put(c, ", ");
    if (g->has_radius) {
        adql_put_double(c, g->r);
    }
    else {
        adql_print_as(c, g->radius, OID_FLOAT8);
    }
    adql_put(c, ") AS r_(lo, hi) JOIN ");
    print_table(c, rv->table);
    adql_put(c, " AS b_ ON sky_hpx_in(b_.");
    adql_put_ident(c, rv->table->pg_hpx);
    adql_put(c, ", r_.lo, r_.hi)) AS ");
    adql_print_rv(c, rv);
}

/* In the outer join T, can the inner side (a table with an index) be driven by
 * the other? */
static int outer_match(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t,
                       const adql_tref_t *driven, adql_gpred_t *g,
                       const adql_point_t **from)
{
    plan_t p;
    int k;

    if (driven->kind != R_TABLE || !driven->rv->table || !t->on
        || t->is_natural || t->using_list) {
        return 0;
    }
    p.c = c;
    p.q = q;
    p.natoms = 0;
    p.is_too_many = 0;
    p.conds = apr_array_make(c->pool, 4, sizeof(adql_node_t *));
    collect(&p, t->left);
    collect(&p, t->right);
    p.conds->nelts = 0;
    add_conds(&p, t->on);
    for (k = 0; k < p.conds->nelts && !p.is_too_many; ++k) {
        int i;

        if (!adql_gpred(c, APR_ARRAY_IDX(p.conds, k, adql_node_t *), g)
            || g->how != GP_DISTANCE || g->is_negated) {
            continue;
        }
        for (i = 0; i < 2; ++i) {
            const adql_point_t *to = i ? &g->p2 : &g->p1;

            *from = i ? &g->p1 : &g->p2;
            if (to->rv == driven->rv
                && can_drive(&p, atom_of(&p, to->rv), *from, g)) {
                return 1;
            }
        }
    }
    return 0;
}

/* PostgreSQL joins fully only where an equality pairs the rows. */
static int has_equality(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    plan_t p;
    int k;

    p.c = c;
    p.q = q;
    p.natoms = 2;
    p.conds = apr_array_make(c->pool, 4, sizeof(adql_node_t *));
    p.atom[0].ref = t->left;
    p.atom[1].ref = t->right;
    add_conds(&p, t->on);
    for (k = 0; k < p.conds->nelts; ++k) {
        const adql_node_t *n = APR_ARRAY_IDX(p.conds, k, adql_node_t *);

        if (n->kind == N_CMP && n->op == OP_EQ
            && (uses(&p, n->a) | uses(&p, n->b)) == 3
            && uses(&p, n->a) != 3 && uses(&p, n->b) != 3) {
            return 1;
        }
    }
    return 0;
}

/* The name in SQL of column I of RV, with its cells behind the others. */
static const char *sql_column(adql_ctx_t *c, const adql_rv_t *rv, int i)
{
    int n = adql_rv_ncols(rv);

    if (rv->table) {
        return i < n ? rv->table->columns[i]->pg_column
            : i == n ? rv->table->pg_hpx : NULL;
    }
    return i < n ? apr_psprintf(c->pool, "c%d", i + 1)
        : i - n < rv->query->nhidden ? apr_psprintf(c->pool, "h%d", i - n + 1)
        : NULL;
}

enum { AS_NULL, AS_COLUMN, AS_NAMED, AS_TABLE };

/* All columns of the tables inside T: nothing but NULL; themselves, called as
 * the whole join calls them (AS_NAMED); or each table again out of that. */
static void print_columns(adql_ctx_t *c, adql_query_t *q, const adql_tref_t *t,
                          int join, int how, int *count)
{
    const adql_rv_t *rv;
    const char *name;
    int i;

    for (rv = q->rvs; rv; rv = rv->next) {
        if (rv->id < t->rv_lo || rv->id >= t->rv_hi) {
            continue;
        }
        adql_put(c, how == AS_TABLE ? " CROSS JOIN LATERAL (SELECT " : "");
        for (i = 0; (name = sql_column(c, rv, i)); ++i) {
            if (how == AS_TABLE) {
                adql_putf(c, "%sj%d.r%d_%d AS ", i ? ", " : "", join, rv->id,
                          i);
                adql_put_ident(c, name);
                continue;
            }
            adql_put(c, (*count)++ ? ", " : "");
            if (how == AS_NULL) {
                adql_put(c, "NULL");
                continue;
            }
            adql_print_rv(c, rv);
            adql_put(c, ".");
            adql_put_ident(c, name);
            if (how == AS_NAMED) {
                adql_putf(c, " AS r%d_%d", rv->id, i);
            }
        }
        if (how == AS_TABLE) {
            adql_put(c, ") AS ");
            adql_print_rv(c, rv);
        }
    }
}

/* A FULL JOIN that PostgreSQL cannot do: the LEFT JOIN, and the rows of the
 * right side that no row on the left fits. Both sides are printed twice, which
 * must not add up. */
static void print_full(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    adql_tref_t half = *t;
    adql_gpred_t g;
    const adql_point_t *from = NULL;
    int count = 0, join = t->rv_lo;

    if (++c->nfull > MAX_FULL) {
        adql_fail_kind(c, VO_ERR_LIMIT, t->off, "More than %d FULL JOINs "
                       "without an equality are nested.", MAX_FULL);
        return;
    }
    half.join = J_LEFT;
    half.next = NULL;
    adql_put(c, "LATERAL (SELECT ");
    print_columns(c, q, t->left, 0, AS_NAMED, &count);
    print_columns(c, q, t->right, 0, AS_NAMED, &count);
    adql_put(c, " FROM ");
    print_tref(c, q, &half);
    adql_put(c, " UNION ALL SELECT ");
    count = 0;
    print_columns(c, q, t->left, 0, AS_NULL, &count);
    print_columns(c, q, t->right, 0, AS_COLUMN, &count);
    adql_put(c, " FROM ");
    print_tref(c, q, t->right);
    adql_put(c, " WHERE NOT EXISTS (SELECT FROM ");
    if (outer_match(c, q, t, t->left, &g, &from)) {
        print_driven(c, t->left->rv, &g, from);
    }
    else {
        print_tref(c, q, t->left);
    }
    adql_put(c, " WHERE ");
    adql_print_expr(c, t->on);
    adql_putf(c, ")) AS j%d", join);
    print_columns(c, q, t->left, join, AS_TABLE, &count);
    print_columns(c, q, t->right, join, AS_TABLE, &count);
    --c->nfull;
}

static void print_join(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    static const char *const words[] = {
        " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "
    };
    adql_tref_t *left = t->left, *right = t->right;
    adql_join_e join = t->join;
    adql_gpred_t g;
    const adql_point_t *from = NULL;

    if (join == J_RIGHT && outer_match(c, q, t, left, &g, &from)) {
        join = J_LEFT;
        left = t->right;
        right = t->left;
    }
    else if (join != J_LEFT || !outer_match(c, q, t, right, &g, &from)) {
        from = NULL;
    }
    if (join == J_FULL && t->on && !has_equality(c, q, t)) {
        print_full(c, q, t);
        return;
    }
    print_tref(c, q, left);
    adql_put(c, t->on || join != J_INNER ? words[join] : " CROSS JOIN ");
    if (from) {
        print_driven(c, right->rv, &g, from);
    }
    else {
        adql_put(c, right->kind == R_JOIN ? "(" : "");
        print_tref(c, q, right);
        adql_put(c, right->kind == R_JOIN ? ")" : "");
    }
    if (t->on) {
        adql_put(c, " ON ");
        adql_print_expr(c, t->on);
    }
    else if (join != J_INNER) {
        adql_put(c, " ON true");
    }
}

static void print_tref(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t)
{
    if (t->kind == R_JOIN) {
        print_join(c, q, t);
        return;
    }
    if (t->kind == R_UNNEST) {
        adql_print_unnest(c, t);
        return;
    }
    if (t->rv->table) {
        print_table(c, t->rv->table);
    }
    else if (t->rv->cte) {
        adql_putf(c, "w%d", t->rv->cte->id);
    }
    else {
        adql_put(c, "(");
        adql_print_query(c, t->query, 0, -1);
        adql_put(c, ")");
    }
    adql_put(c, " AS ");
    adql_print_rv(c, t->rv);
}

/* Tables in an order where each follows those that drive it. */
static void print_plan(plan_t *p)
{
    adql_ctx_t *c = p->c;
    apr_uint64_t done = 0;
    int n, i, k;

    adql_put(c, " FROM ");
    for (n = 0; n < p->natoms; ++n) {
        for (i = 0; i < p->natoms; ++i) {
            if (!p->atom[i].is_done && !(p->atom[i].deps & ~done)) {
                break;
            }
        }
        if (i == p->natoms) { /* excluded by is_cyclic() */
            adql_fail_kind(c, VO_ERR_FAULT, 0, "The join has no order.");
            return;
        }
        p->atom[i].is_done = 1;
        done |= (apr_uint64_t)1 << i;
        adql_put(c, n ? ", " : "");
        if (p->atom[i].match.how == GP_NONE) {
            print_tref(c, p->q, p->atom[i].ref);
        }
        else {
            print_driven(c, p->atom[i].ref->rv, &p->atom[i].match,
                         p->atom[i].from);
        }
    }
    for (k = 0; k < p->conds->nelts; ++k) {
        adql_put(c, k ? " AND " : " WHERE ");
        adql_print_expr(c, APR_ARRAY_IDX(p->conds, k, adql_node_t *));
    }
    adql_print_boxes(c, p->q);
}

/* Print FROM and WHERE of Q. Returns the number of driven tables. */
int adql_print_from(adql_ctx_t *c, adql_query_t *q)
{
    adql_tref_t *t;

    if (q->from->next || q->from->kind == R_JOIN || q->parent) {
        /* not on the stack: queries nest a hundred deep */
        plan_t *p = apr_palloc(c->pool, sizeof(*p));
        int n;

        p->c = c;
        p->q = q;
        p->natoms = 0;
        p->is_too_many = 0;
        p->conds = apr_array_make(c->pool, 8, sizeof(adql_node_t *));
        for (t = q->from; t; t = t->next) {
            collect(p, t);
        }
        if (q->where) {
            add_conds(p, q->where);
        }
        n = p->is_too_many ? 0 : find_matches(p);
        if (n) {
            print_plan(p);
            return n;
        }
    }
    adql_put(c, " FROM ");
    for (t = q->from; t; t = t->next) {
        print_tref(c, q, t);
        adql_put(c, t->next ? ", " : "");
    }
    if (q->where) {
        adql_put(c, " WHERE ");
        adql_print_expr(c, q->where);
        adql_print_boxes(c, q);
    }
    return 0;
}
