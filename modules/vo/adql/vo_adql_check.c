/* vo_adql_check.c: the types of expressions, and whether they fit. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <errno.h>
#include <string.h>

#include <apr_strings.h>

static int is_string(const adql_node_t *n)
{
    return n->ty.cls == T_TEXT || n->ty.cls == T_NULL || n->ty.cls == T_NONE;
}

static int is_numeric(const adql_node_t *n)
{
    return adql_is_number(&n->ty) || n->ty.cls == T_NULL
           || n->ty.cls == T_NONE;
}

/* Text of a literal beside a timestamp becomes one. */
static void as_time(adql_ctx_t *c, adql_node_t *n)
{
    const char *iso;

    if (n->kind != N_STR || n->ty.cls != T_TEXT) {
        return;
    }
    if (!adql_time_text(c, n->text, &iso)) {
        adql_fail(c, n->off, "'%s' is not a timestamp.", n->text);
        adql_hint(c, "Write YYYY-MM-DD or YYYY-MM-DDThh:mm:ss, as in "
                  "'2026-03-01T22:15:00'.");
        return;
    }
    adql_set_type(&n->ty, OID_TIMESTAMP);
}

static void as_bool(adql_ctx_t *c, adql_node_t *n)
{
    static const char *const words[] = {
        "true", "t", "1", "yes", "false", "f", "0", "no"
    };
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(*words); ++i) {
        if (!strcasecmp(n->text, words[i])) {
            adql_set_type(&n->ty, OID_BOOL);
            n->text = i < 4 ? "t" : "f";
            return;
        }
    }
    adql_fail(c, n->off, "'%s' is neither 'true' nor 'false'.", n->text);
}

static void mismatch(adql_ctx_t *c, const adql_node_t *a,
                     const adql_node_t *b)
{
    const adql_node_t *text = a->ty.cls == T_TEXT ? a : b;

    adql_fail(c, b->off, "A comparison of %s with %s makes no sense.",
              adql_type_name(&a->ty), adql_type_name(&b->ty));
    if (text->kind == N_STR && (adql_is_number(&a->ty)
                                || adql_is_number(&b->ty))) {
        adql_hint(c, "Numbers are written without quotes.");
    }
    else if (text->ty.cls == T_TEXT) {
        adql_hint(c, "Strings stand in single quotes; CAST converts types.");
    }
}

/* May A and B be compared? Literals take the type of the other side. */
static void comparable(adql_ctx_t *c, adql_node_t *a, adql_node_t *b)
{
    adql_class_e x = a->ty.cls, y = b->ty.cls;

    if (c->err || x == T_NULL || y == T_NULL || x == T_NONE || y == T_NONE) {
        return;
    }
    if (x == T_GEOM || y == T_GEOM) {
        adql_fail(c, x == T_GEOM ? a->off : b->off, "Geometries are not "
                  "compared with operators.");
        adql_hint(c, "Use 1=CONTAINS(a, b), 1=INTERSECTS(a, b) or "
                  "DISTANCE(a, b) < r.");
    }
    else if (x == T_ARRAY || y == T_ARRAY) {
        const adql_node_t *arr = x == T_ARRAY ? a : b;

        adql_fail(c, arr->off, "This is a whole array (arraysize %s); "
                  "arrays are not compared as a whole.", arr->ty.arraysize);
        adql_hint(c, "Take an element, name[1] or name[survey::filter], or "
                  "arr_max, arr_min, arr_avg ... of it.");
    }
    else if (x == T_TIME && y == T_TEXT) {
        as_time(c, b);
    }
    else if (y == T_TIME && x == T_TEXT) {
        as_time(c, a);
    }
    else if (x == T_BOOL && y == T_TEXT && b->kind == N_STR) {
        as_bool(c, b);
    }
    else if (y == T_BOOL && x == T_TEXT && a->kind == N_STR) {
        as_bool(c, a);
    }
    else if ((x == T_BOOL && y == T_INT) || (x == T_INT && y == T_BOOL)) {
        return;
    }
    else if (x != y && !(adql_is_number(&a->ty) && adql_is_number(&b->ty))) {
        mismatch(c, a, b);
    }
    else if (x == T_OTHER) {
        adql_fail(c, a->off, "Values of this type are not compared.");
    }
}

static void literal(adql_ctx_t *c, adql_node_t *n)
{
    if (n->kind == N_STR) {
        adql_set_type(&n->ty, OID_TEXT);
        return;
    }
    if (strpbrk(n->text, ".eE")) {
        double v;

        adql_set_type(&n->ty, OID_FLOAT8);
        if (strlen(n->text) > 300) {
            adql_fail(c, n->off, "This number has too many digits.");
        }
        else if (!adql_number(n->text, &v)) {
            adql_fail(c, n->off, "The number %s does not fit a double.",
                      n->text);
        }
        return;
    }
    errno = 0;
    if (apr_strtoi64(n->text, NULL, 10) > APR_INT32_MAX || errno) {
        adql_set_type(&n->ty, errno ? OID_FLOAT8 : OID_INT8);
        if (strlen(n->text) > 300) {
            adql_fail(c, n->off, "This number has too many digits.");
        }
    }
    else {
        adql_set_type(&n->ty, OID_INT4);
    }
}

static void binary(adql_ctx_t *c, adql_node_t *n)
{
    adql_node_t *a = n->a, *b = n->b;

    if (n->op == OP_CAT) {
        if (a->ty.cls == T_GEOM || b->ty.cls == T_GEOM || a->ty.cls == T_ARRAY
            || b->ty.cls == T_ARRAY) {
            const adql_node_t *bad = a->ty.cls == T_GEOM
                || a->ty.cls == T_ARRAY ? a : b;

            adql_fail(c, bad->off, "|| joins strings; this is %s.",
                      adql_type_name(&bad->ty));
        }
        adql_set_type(&n->ty, OID_TEXT);
        return;
    }
    if (a->ty.cls == T_ARRAY || b->ty.cls == T_ARRAY) {
        adql_check_array_bin(c, n);
        return;
    }
    if (!is_numeric(a) || !is_numeric(b)) {
        const adql_node_t *bad = is_numeric(a) ? b : a;

        adql_fail(c, bad->off, "Arithmetic needs numbers; this is %s.",
                  adql_type_name(&bad->ty));
        if (bad->ty.cls == T_TEXT && bad->kind == N_STR) {
            adql_hint(c, "Numbers are written without quotes; strings are "
                      "joined by ||.");
        }
        return;
    }
    if (a->ty.cls == T_NULL && b->ty.cls == T_NULL) {
        adql_set_type(&n->ty, OID_FLOAT8);
        return;
    }
    adql_set_type(&n->ty, adql_is_number(&a->ty) && adql_is_number(&b->ty)
                              ? adql_wider(a->ty.oid, b->ty.oid)
                              : adql_is_number(&a->ty) ? a->ty.oid
                                                       : b->ty.oid);
    if ((n->op == OP_ADD || n->op == OP_SUB) && a->unit && b->unit
        && !strcmp(a->unit, b->unit)) {
        n->unit = a->unit;
    }
}

static void cast(adql_ctx_t *c, adql_node_t *n)
{
    static const struct {
        const char *word;
        unsigned oid;
        adql_geom_e geom;
    } targets[] = {
        {"INTEGER", OID_INT4, G_NONE}, {"SMALLINT", OID_INT2, G_NONE},
        {"BIGINT", OID_INT8, G_NONE}, {"REAL", OID_FLOAT4, G_NONE},
        {"DOUBLE PRECISION", OID_FLOAT8, G_NONE}, {"CHAR", OID_TEXT, G_NONE},
        {"VARCHAR", OID_TEXT, G_NONE},
        {"TIMESTAMP", OID_TIMESTAMP, G_NONE}, {"POINT", OID_TEXT, G_POINT},
        {"CIRCLE", OID_TEXT, G_CIRCLE}, {"POLYGON", OID_TEXT, G_POLYGON}
    };
    adql_class_e from = n->a->ty.cls;
    int is_ok = 1;
    size_t i = 0;

    while (i + 1 < sizeof(targets) / sizeof(*targets)
           && strcasecmp(n->text, targets[i].word)) {
        ++i;
    }
    adql_set_type(&n->ty, targets[i].oid);
    if (targets[i].geom != G_NONE) {
        n->ty.cls = T_GEOM;
        n->ty.geom = targets[i].geom;
        is_ok = from == T_TEXT;
    }
    else if (targets[i].oid == OID_TIMESTAMP) {
        is_ok = from == T_TEXT || from == T_TIME;
        as_time(c, n->a);
    }
    else if (targets[i].oid == OID_TEXT) {
        is_ok = from != T_ARRAY && from != T_OTHER;
        if (!strcasecmp(n->text, "CHAR") && n->len < 0) {
            n->len = 1; /* SQL-92: CHAR is CHAR(1) */
        }
        if (n->len > 0) {
            int is_fixed = !strcasecmp(n->text, "CHAR");

            n->ty.size = is_fixed ? n->len : VO_VARIABLE;
            n->ty.arraysize = apr_psprintf(c->pool, is_fixed ? "%d" : "%d*",
                                           n->len);
        }
    }
    else {
        is_ok = from == T_INT || from == T_REAL || from == T_TEXT
                || from == T_BOOL;
    }
    if (!is_ok && from != T_NULL && from != T_NONE) {
        adql_fail(c, n->a->off, "CAST cannot make %s of %s.", n->text,
                  adql_type_name(&n->a->ty));
    }
    n->unit = n->a->unit;
    n->ucd = n->a->ucd;
}

static void case_expr(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_node_t *w;

    memset(&n->ty, 0, sizeof(n->ty));
    n->ty.cls = T_NULL;
    if (n->a) {
        adql_check_value(c, q, n->a);
    }
    for (w = n->list; w && !c->err; w = w->next) {
        if (n->a) {
            adql_check_value(c, q, w->a);
            comparable(c, n->a, w->a);
        }
        else {
            adql_check_cond(c, q, w->a);
        }
        adql_check_value(c, q, w->b);
        if (!c->err && adql_unite(&n->ty, &w->b->ty)) {
            adql_fail(c, w->b->off, "The results of CASE have different "
                      "types: %s, then %s.", adql_type_name(&n->ty),
                      adql_type_name(&w->b->ty));
        }
        n->has_agg |= w->a->has_agg | w->b->has_agg;
    }
    if (n->b && !c->err) {
        adql_check_value(c, q, n->b);
        if (!c->err && adql_unite(&n->ty, &n->b->ty)) {
            adql_fail(c, n->b->off, "The ELSE of CASE has another type: %s, "
                      "not %s.", adql_type_name(&n->b->ty),
                      adql_type_name(&n->ty));
        }
    }
}

static void subquery(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_query_t *sub = n->query;

    adql_check_query(c, sub, q);
    if (!c->err && n->kind != N_EXISTS && sub->nout != 1) {
        adql_fail(c, sub->off, "A subquery %s gives one column, not %d.",
                  n->kind == N_SUBQ ? "used as a value" : "after IN",
                  sub->nout);
    }
}

static void in_list(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_node_t *p;

    for (p = n->list; p && !c->err; p = p->next) {
        adql_check_value(c, q, p);
        comparable(c, n->a, p);
        n->has_agg |= p->has_agg;
    }
}

/* DISTANCE(...) BETWEEN x AND y: two comparisons, which use the index. */
static void two_limits(adql_ctx_t *c, adql_node_t *n)
{
    adql_node_t *lo = adql_node_op(c, N_CMP, OP_GE, n->a, n->b);
    adql_node_t *hi = adql_node_op(c, N_CMP, OP_LE, n->a, n->c);

    lo->ty = hi->ty = n->ty;
    adql_note_positions(c, hi);
    n->kind = N_AND;
    n->list = lo;
    lo->next = n->tail = hi;
    n->a = n->b = n->c = NULL;
}

/* Check N and set what the checker sets. */
void adql_check_expr(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_node_t *p;

    if (c->err) {
        return;
    }
    switch (n->kind) {
    case N_NUM:
    case N_STR:
        literal(c, n);
        return;
    case N_NULL:
        n->ty.cls = T_NULL;
        return;
    case N_COL:
        if (!n->rv && !adql_resolve(c, q, n) && !c->err) {
            adql_no_column(c, q, n);
        }
        return;
    case N_FUNC:
        adql_check_func(c, q, n);
        return;
    case N_CASE:
        case_expr(c, q, n);
        break;
    case N_ELEM:
    case N_SLICE:
        adql_check_elem(c, q, n);
        break;
    case N_SUBQ:
        subquery(c, q, n);
        if (!c->err) {
            n->ty = n->query->out[0].ty;
            n->meta = n->query->out[0].expr->meta;
            n->unit = n->query->out[0].expr->unit;
            n->ucd = n->query->out[0].expr->ucd;
        }
        return;
    case N_AND:
    case N_OR:
        for (p = n->list; p && !c->err; p = p->next) {
            adql_check_cond(c, q, p);
            n->has_agg |= p->has_agg;
        }
        n->ty.cls = T_COND;
        return;
    case N_NOT:
        adql_check_cond(c, q, n->a);
        n->has_agg = n->a->has_agg;
        n->ty.cls = T_COND;
        return;
    case N_EXISTS:
        subquery(c, q, n);
        n->ty.cls = T_COND;
        return;
    default:
        if (n->a) {
            adql_check_value(c, q, n->a);
        }
        if (n->b) {
            adql_check_value(c, q, n->b);
        }
        if (n->c) {
            adql_check_value(c, q, n->c);
        }
    }
    if (c->err) {
        return;
    }
    n->has_agg |= (n->a && n->a->has_agg) || (n->b && n->b->has_agg)
                  || (n->c && n->c->has_agg);
    switch (n->kind) {
    case N_BIN:
        binary(c, n);
        break;
    case N_NEG:
    case N_POS:
        if (n->a->ty.cls == T_ARRAY) {
            adql_check_array_bin(c, n);
        }
        else if (!is_numeric(n->a)) {
            adql_fail(c, n->a->off, "A sign needs a number; this is %s.",
                      adql_type_name(&n->a->ty));
        }
        else {
            n->ty = n->a->ty;
            n->unit = n->a->unit;
            n->ucd = n->a->ucd;
            if (n->a->ty.cls == T_NULL) {
                adql_set_type(&n->ty, OID_FLOAT8);
            }
        }
        break;
    case N_CAST:
        cast(c, n);
        break;
    case N_CMP:
        comparable(c, n->a, n->b);
        n->ty.cls = T_COND;
        if (!c->err) {
            adql_note_positions(c, n);
        }
        break;
    case N_BETWEEN:
        comparable(c, n->a, n->b);
        comparable(c, n->a, n->c);
        n->ty.cls = T_COND;
        if (!c->err && !n->is_not && adql_is_distance(n->a)) {
            two_limits(c, n);
        }
        break;
    case N_IN:
        in_list(c, q, n);
        n->ty.cls = T_COND;
        break;
    case N_INSUB:
        subquery(c, q, n);
        if (!c->err) {
            adql_node_t *out = n->query->out[0].expr;
            adql_node_t shown = *out;

            shown.off = n->query->off;
            shown.kind = N_COL; /* no literal to convert */
            comparable(c, n->a, &shown);
            if (!c->err && n->a->ty.cls != shown.ty.cls
                && (n->a->ty.cls == T_TIME || shown.ty.cls == T_TIME)) {
                mismatch(c, n->a, &shown);
            }
        }
        n->ty.cls = T_COND;
        break;
    case N_LIKE:
        if (!is_string(n->a) || !is_string(n->b)) {
            const adql_node_t *bad = is_string(n->a) ? n->b : n->a;

            adql_fail(c, bad->off, "LIKE compares strings; this is %s.",
                      adql_type_name(&bad->ty));
        }
        n->ty.cls = T_COND;
        break;
    case N_ISNULL:
        n->ty.cls = T_COND;
        break;
    default:
        break;
    }
}

void adql_check_value(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_check_expr(c, q, n);
    if (!c->err && n->ty.cls == T_COND) {
        adql_fail(c, n->off, "A condition stands where a value is needed.");
    }
}

void adql_check_cond(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_check_expr(c, q, n);
    if (!c->err && n->ty.cls != T_COND) {
        adql_fail(c, n->off, "A condition is needed here, this is a value.");
    }
}
