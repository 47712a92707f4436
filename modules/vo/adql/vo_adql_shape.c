/* vo_adql_shape.c: what can be told wrong before any name is looked up. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

static void value(adql_ctx_t *c, adql_node_t *n);
static void cond(adql_ctx_t *c, adql_node_t *n);

static int is_cond(const adql_node_t *n)
{
    switch (n->kind) {
    case N_AND: case N_OR: case N_NOT: case N_CMP: case N_BETWEEN:
    case N_IN: case N_INSUB: case N_LIKE: case N_ISNULL: case N_EXISTS:
        return 1;
    default:
        return 0;
    }
}

static int is_call(const adql_node_t *n, const char *name)
{
    return n->kind == N_FUNC && !strcasecmp(n->text, name);
}

static int is_geometry(const adql_node_t *n)
{
    return n->kind == N_FUNC && n->func && (n->func->flags & F_CONSTRUCTOR);
}

/* How many arguments a geometry constructor takes, by ADQL 2.1, after the
 * deprecated coordinate system is dropped. */
static void geometry_args(adql_ctx_t *c, adql_node_t *n)
{
    int nargs, is_ok = 1;
    const adql_node_t *first = adql_geom_arg(n, 0, &nargs);
    const char *form = "";

    if (is_call(n, "point")) {
        is_ok = nargs == 2;
        form = "POINT(lon, lat)";
    }
    else if (is_call(n, "circle")) {
        is_ok = nargs == 3 || (nargs == 2 && first->kind != N_NUM);
        form = "CIRCLE(lon, lat, radius) or CIRCLE(point, radius)";
    }
    else if (is_call(n, "box")) {
        is_ok = nargs == 4 || (nargs == 3 && first->kind != N_NUM);
        form = "BOX(lon, lat, width, height) or BOX(point, width, height)";
    }
    else if (is_call(n, "polygon")) {
        int is_number = first && first->kind == N_NUM;

        is_ok = (nargs >= 6 && nargs % 2 == 0)
                || (nargs >= 3 && !is_number);
        form = "POLYGON(lon1, lat1, lon2, lat2, lon3, lat3, ...) or "
               "POLYGON(point1, point2, point3, ...)";
    }
    else if (is_call(n, "region")) {
        is_ok = nargs == 1 && n->list->kind == N_STR;
        form = "REGION('...') with a string literal";
    }
    if (!is_ok && nargs == 1 && is_call(n, "region")) {
        adql_fail(c, first->off, "REGION takes a string literal, nothing "
                  "that is to be computed.");
    }
    else if (!is_ok) {
        adql_fail(c, n->off, "%s has the wrong number of arguments (%d).",
                  n->text, n->len);
    }
    if (!is_ok) {
        adql_hint(c, "Write %s.", form);
    }
}

static void call(adql_ctx_t *c, adql_node_t *n)
{
    const adql_func_t *f = adql_func_find(n->text);
    adql_node_t *arg;

    n->func = f;
    if (!f) {
        adql_no_function(c, n);
        return;
    }
    if ((f->flags & F_NAMES) && c->env && !c->env->resolve) {
        adql_fail(c, n->off, "%s is not offered: this service does not "
                  "resolve the names of objects.", n->text);
        adql_hint(c, "Write POINT(ra, dec) with the position in degrees.");
        return;
    }
    if (n->is_star && strcmp(f->name, "count")) {
        adql_fail(c, n->off, "Only COUNT takes a *.");
    }
    else if (n->is_distinct && !(f->flags & F_AGG)) {
        adql_fail(c, n->off, "DISTINCT stands only inside aggregate "
                  "functions; %s is none.", n->text);
    }
    else if (!n->is_star
             && (n->len < f->min || (f->max >= 0 && n->len > f->max))) {
        if (f->min == f->max) {
            adql_fail(c, n->off, "%s takes %d argument%s, not %d.", n->text,
                      f->min, f->min == 1 ? "" : "s", n->len);
        }
        else if (f->max < 0) {
            adql_fail(c, n->off, "%s takes at least %d argument%s, not %d.",
                      n->text, f->min, f->min == 1 ? "" : "s", n->len);
        }
        else {
            adql_fail(c, n->off, "%s takes %d to %d arguments, not %d.",
                      n->text, f->min, f->max, n->len);
        }
    }
    if (c->err) {
        return;
    }
    for (arg = n->list; arg; arg = arg->next) {
        value(c, arg);
    }
    if (f->flags & F_CONSTRUCTOR) {
        geometry_args(c, n);
    }
}

static void cast_type(adql_ctx_t *c, const adql_node_t *n)
{
    static const char *const types[] = {
        "INTEGER", "SMALLINT", "BIGINT", "REAL", "DOUBLE PRECISION", "CHAR",
        "VARCHAR", "TIMESTAMP", "POINT", "CIRCLE", "POLYGON"
    };
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(*types); ++i) {
        if (!strcasecmp(n->text, types[i])) {
            if (n->len >= 0 && strncasecmp(n->text, "CHAR", 4)
                && strncasecmp(n->text, "VARCHAR", 7)) {
                adql_fail(c, n->off, "The type %s has no length.", n->text);
            }
            if (n->len == 0) {
                adql_fail(c, n->off, "The length of a string is at least "
                          "1.");
            }
            return;
        }
    }
    adql_fail(c, n->off, "CAST does not know the type %s.", n->text);
    adql_hint(c, "Types are INTEGER, SMALLINT, BIGINT, REAL, DOUBLE "
              "PRECISION, CHAR(n), VARCHAR(n), TIMESTAMP, POINT, CIRCLE and "
              "POLYGON.");
}

static void value(adql_ctx_t *c, adql_node_t *n)
{
    adql_node_t *p;

    if (c->err) {
        return;
    }
    if (is_cond(n)) {
        adql_fail(c, n->off, "A condition (true or false) stands where a "
                  "value is needed.");
        adql_hint(c, "CASE WHEN condition THEN 1 ELSE 0 END makes a value "
                  "of it.");
        return;
    }
    switch (n->kind) {
    case N_FUNC:
        call(c, n);
        break;
    case N_CAST:
        cast_type(c, n);
        value(c, n->a);
        break;
    case N_BIN:
        value(c, n->a);
        value(c, n->b);
        if (!c->err && n->op == OP_CAT
            && (is_geometry(n->a) || is_geometry(n->b))) {
            adql_fail(c, is_geometry(n->a) ? n->a->off : n->b->off,
                      "|| joins strings; this is a geometry.");
        }
        break;
    case N_CASE:
        if (n->a) {
            value(c, n->a);
        }
        for (p = n->list; p; p = p->next) {
            if (n->a) {
                value(c, p->a);
            }
            else {
                cond(c, p->a);
            }
            value(c, p->b);
        }
        if (n->b) {
            value(c, n->b);
        }
        break;
    case N_SUBQ:
        adql_shape_query(c, n->query);
        break;
    default:
        if (n->a) {
            value(c, n->a);
        }
        if (n->b) {
            value(c, n->b);
        }
        if (n->c) {
            value(c, n->c);
        }
    }
}

static void cond(adql_ctx_t *c, adql_node_t *n)
{
    adql_node_t *p;

    if (c->err) {
        return;
    }
    if (!is_cond(n)) {
        value(c, n);
        if (is_call(n, "contains") || is_call(n, "intersects")) {
            adql_fail(c, n->off, "%s gives 1 or 0 and must be compared with "
                      "one of them.", n->text);
            adql_hint(c, "Write 1=%s(...).", n->text);
        }
        else if (is_call(n, "distance")) {
            adql_fail(c, n->off, "%s gives degrees and must be compared with "
                      "something.", n->text);
            adql_hint(c, "Write DISTANCE(...) < radius.");
        }
        else {
            adql_fail(c, n->off, "A condition is needed here, this is a "
                      "value.");
            adql_hint(c, "Compare it with something: = <> < > <= >= BETWEEN "
                      "IN LIKE IS NULL.");
        }
        return;
    }
    switch (n->kind) {
    case N_AND:
    case N_OR:
        for (p = n->list; p; p = p->next) {
            cond(c, p);
        }
        break;
    case N_NOT:
        cond(c, n->a);
        break;
    case N_EXISTS:
        adql_shape_query(c, n->query);
        break;
    default:
        value(c, n->a);
        if (n->b) {
            value(c, n->b);
        }
        if (n->c) {
            value(c, n->c);
        }
        for (p = n->list; p; p = p->next) {
            value(c, p);
        }
        if (n->query) {
            adql_shape_query(c, n->query);
        }
    }
}

static void unnest(adql_ctx_t *c, adql_tref_t *t)
{
    const adql_tok_t *tok = &t->name->part[0];
    adql_node_t *arg, *name;

    if (strcasecmp(tok->text, "unnest")) {
        adql_fail(c, tok->off, "There is no table function '%s'.", tok->text);
        adql_hint(c, "UNNEST(array, ...) AS name makes a row of each element "
                  "of arrays.");
    }
    else if (!t->alias.text) {
        adql_fail(c, t->end, "UNNEST in FROM needs a name.");
        adql_hint(c, "Write UNNEST(array, ...) AS name.");
    }
    name = t->names;
    for (arg = t->args; arg; arg = arg->next) {
        value(c, arg);
        name = name ? name->next : NULL;
    }
    if (name) {
        adql_fail(c, name->off, "There are more names than arrays in "
                  "UNNEST.");
    }
}

static void from(adql_ctx_t *c, adql_tref_t *t)
{
    for (; t && !c->err; t = t->next) {
        if (t->kind == R_SUB) {
            adql_shape_query(c, t->query);
        }
        else if (t->kind == R_UNNEST) {
            unnest(c, t);
        }
        else if (t->kind == R_JOIN) {
            from(c, t->left);
            from(c, t->right);
            if (t->on) {
                cond(c, t->on);
            }
            if (t->is_natural && (t->on || t->using_list)) {
                adql_fail(c, t->right->off, "A NATURAL join has no ON and "
                          "no USING.");
            }
        }
    }
}

void adql_shape_query(adql_ctx_t *c, adql_query_t *q)
{
    adql_node_t *n;
    adql_cte_t *cte;

    if (c->err) {
        return;
    }
    if (++c->nquery > ADQL_MAX_NESTING) {
        adql_fail_kind(c, VO_ERR_LIMIT, q->off,
                       "Queries are nested more than %d deep.",
                       ADQL_MAX_NESTING);
    }
    for (cte = q->ctes; cte && !c->err; cte = cte->next) {
        adql_shape_query(c, cte->query);
    }
    if (q->left && !c->err) {
        --c->nquery; /* operands stand side by side */
        adql_shape_query(c, q->left);
        if (q->right) {
            adql_shape_query(c, q->right);
        }
        ++c->nquery;
    }
    for (n = q->items; n && !c->err; n = n->next) {
        if (n->kind == N_ITEM) {
            value(c, n->a);
        }
    }
    from(c, q->from);
    if (q->where) {
        cond(c, q->where);
    }
    for (n = q->group; n && !c->err; n = n->next) {
        value(c, n);
    }
    if (q->having) {
        cond(c, q->having);
    }
    for (n = q->order; n && !c->err; n = n->next) {
        value(c, n->a);
    }
    --c->nquery;
}
