/* vo_adql_array.c: elements, slices and arithmetic of array columns. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* After the IVOA wiki page ADQLVectorMath: elements are numbered from 1. */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_strings.h>

/* Subscript by name: the position of a filter in arrays, 0 after an error. */
static int filter_position(adql_ctx_t *c, adql_node_t *n, const char *survey,
                           const char *name, int off)
{
    const vo_release_t *rel = c->env->release;
    const vo_filter_t *filter = vo_release_filter(rel, survey, name);
    int i;

    if (!filter) {
        adql_no_filter(c, n, survey, name, off);
        return 0;
    }
    for (i = 0; !survey && i < rel->nfilters; ++i) {
        if (!strcasecmp(rel->filters[i].name, name)
            && rel->filters[i].position != filter->position) {
            adql_fail(c, off, "The filter '%s' is ambiguous: %s and %s have "
                      "it.", name, filter->survey, rel->filters[i].survey);
            adql_hint(c, "Write %s::%s.", filter->survey, name);
            return 0;
        }
    }
    return filter->position;
}

/* A subscript is within the array; N gives its length if that is known. */
static void check_bound(adql_ctx_t *c, const adql_node_t *sub, int size)
{
    apr_int64_t i;

    if (c->err || sub->kind != N_NUM) {
        return;
    }
    i = apr_strtoi64(sub->text, NULL, 10);
    if (i < 1 || (size > 0 && i > size)) {
        if (size > 0) {
            adql_fail(c, sub->off, "There is no element %s: the array has "
                      "elements 1 to %d.", sub->text, size);
        }
        else {
            adql_fail(c, sub->off, "Elements are numbered from 1.");
        }
    }
}

void adql_check_elem(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    int size;

    adql_check_value(c, q, n->a);
    if (c->err) {
        return;
    }
    if (n->a->ty.cls != T_ARRAY && n->a->ty.oid != OID_TEXT_A) {
        adql_fail(c, n->a->off, "[ ] takes an element of an array; this is "
                  "%s.", adql_type_name(&n->a->ty));
        return;
    }
    size = n->a->ty.size;
    if (!n->name && !n->c && n->b->kind == N_COL && n->b->name->n == 1
        && !adql_resolve(c, q, n->b) && !c->err) {
        /* a bare filter name */
        n->name = n->b->name;
        n->len = filter_position(c, n, NULL, n->name->part[0].text,
                                 n->b->off);
    }
    else if (n->name) {
        n->len = filter_position(c, n, n->name->part[0].text,
                                 n->name->part[1].text,
                                 n->name->part[1].off);
    }
    else {
        adql_node_t *sub;

        for (sub = n->b; sub && !c->err; sub = sub == n->b ? n->c : NULL) {
            adql_check_value(c, q, sub);
            if (!c->err && sub->ty.cls != T_INT && sub->ty.cls != T_NULL) {
                adql_fail(c, sub->off, "A subscript is an integer; this is "
                          "%s.", adql_type_name(&sub->ty));
            }
            check_bound(c, sub, n->kind == N_ELEM || sub == n->b ? size : 0);
        }
    }
    if (c->err) {
        return;
    }
    if (n->name && size > 0 && n->len > size) {
        adql_fail(c, n->name->part[0].off, "The filter has position %d, the "
                  "array only %d elements.", n->len, size);
        return;
    }
    n->unit = n->a->unit;
    n->ucd = n->a->ucd;
    n->meta = n->a->meta;
    if (n->kind == N_ELEM) {
        vo_type_e vo = n->a->ty.vo;

        adql_set_type(&n->ty, n->a->ty.oid == OID_TEXT_A
                                  ? OID_TEXT
                                  : adql_element_oid(n->a->ty.oid));
        if (vo == VO_TYPE_UBYTE) {
            n->ty.vo = vo;
        }
        return;
    }
    n->ty = n->a->ty;
    n->ty.size = VO_VARIABLE;
    n->ty.arraysize = "*";
    if (n->b->kind == N_NUM && n->c->kind == N_NUM && size > 0) {
        apr_int64_t lo = apr_strtoi64(n->b->text, NULL, 10);
        apr_int64_t hi = apr_strtoi64(n->c->text, NULL, 10);

        hi = hi > size ? size : hi;
        if (hi < lo) {
            adql_fail(c, n->b->off, "The slice [%s:%s] is empty.",
                      n->b->text, n->c->text);
            return;
        }
        n->ty.size = (int)(hi - lo + 1);
        n->ty.arraysize = apr_psprintf(c->pool, "%d", n->ty.size);
    }
}

void adql_print_elem(adql_ctx_t *c, const adql_node_t *n)
{
    int is_plain = n->a->kind == N_COL;

    adql_put(c, is_plain ? "" : "(");
    adql_print_expr(c, n->a);
    adql_put(c, is_plain ? "[" : ")[");
    if (n->name) {
        adql_putf(c, "%d", n->len);
    }
    else if (n->b->kind == N_NUM) {
        adql_put(c, n->b->text);
    }
    else {
        adql_print_as(c, n->b, OID_INT4);
    }
    if (n->kind == N_SLICE) {
        adql_put(c, ":");
        if (n->c->kind == N_NUM) {
            adql_put(c, n->c->text);
        }
        else {
            adql_print_as(c, n->c, OID_INT4);
        }
    }
    adql_put(c, "]");
}

/* Component by component, as pgsky's arr_add and so on do it: integers become
 * doubles, a result is real only if all arrays are, a number does not widen. */
void adql_check_array_bin(adql_ctx_t *c, adql_node_t *n)
{
    const adql_node_t *a = n->a, *b = n->b ? n->b : n->a;
    const adql_node_t *arr = a->ty.cls == T_ARRAY ? a : b;
    const adql_node_t *bad = NULL;
    int is_real;

    if (a->ty.cls != T_ARRAY && !adql_is_number(&a->ty)
        && a->ty.cls != T_NULL) {
        bad = a;
    }
    if (b->ty.cls != T_ARRAY && !adql_is_number(&b->ty)
        && b->ty.cls != T_NULL) {
        bad = b;
    }
    if (a->ty.oid == OID_BOOL_A || b->ty.oid == OID_BOOL_A) {
        bad = a->ty.oid == OID_BOOL_A ? a : b;
    }
    if (bad) {
        adql_fail(c, bad->off, "Arithmetic on arrays needs numbers; this is "
                  "%s.", adql_type_name(&bad->ty));
        return;
    }
    if (a->ty.cls == T_ARRAY && b->ty.cls == T_ARRAY && a->ty.size > 0
        && b->ty.size > 0 && a->ty.size != b->ty.size) {
        adql_fail(c, b->off, "The arrays have different lengths, %d and %d.",
                  a->ty.size, b->ty.size);
        return;
    }
    is_real = (a->ty.oid == OID_FLOAT4_A || a->ty.cls != T_ARRAY)
              && (b->ty.oid == OID_FLOAT4_A || b->ty.cls != T_ARRAY);
    adql_set_type(&n->ty, is_real ? OID_FLOAT4_A : OID_FLOAT8_A);
    n->ty.size = arr->ty.size;
    n->ty.arraysize = arr->ty.arraysize;
    if (n->kind != N_BIN
        || ((n->op == OP_ADD || n->op == OP_SUB) && a->unit && b->unit
            && !strcmp(a->unit, b->unit))) {
        n->unit = a->unit;
    }
}

static void print_operand(adql_ctx_t *c, const adql_node_t *n)
{
    if (n->ty.cls == T_ARRAY) {
        adql_print_expr(c, n);
    }
    else {
        adql_print_as(c, n, OID_FLOAT8);
    }
}

void adql_print_array_bin(adql_ctx_t *c, const adql_node_t *n)
{
    static const char *const names[] = {
        [OP_ADD] = "arr_add(", [OP_SUB] = "arr_sub(",
        [OP_MUL] = "arr_mul(", [OP_DIV] = "arr_div("
    };

    if (n->kind == N_POS) {
        adql_print_as(c, n->a, n->ty.oid);
        return;
    }
    adql_put(c, n->kind == N_NEG ? "arr_neg(" : names[n->op]);
    print_operand(c, n->a);
    if (n->kind == N_BIN) {
        adql_put(c, ", ");
        print_operand(c, n->b);
    }
    adql_put(c, ")");
}
