/* vo_adql_udf.c: functions that a template does not describe. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_strings.h>

#include "sky/sky.h"

#define MAX_NAMES 10 /* asked of the resolver for one query */

static int is_named(const adql_node_t *n, const char *name)
{
    return !strcmp(n->func->name, name);
}

/* ---- frames ------------------------------------------------------------- */

/* Names of the vocabulary only, with regard to case (UDF catalogue 1.2). */
static void check_transform(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *arg = n->list;
    int i, k;

    for (i = 0; i < 2 && !c->err; ++i, arg = arg->next) {
        const char *list = NULL;

        for (k = 0; k < SKY_FRAMES; ++k) {
            const char *name = sky_frame_name(k);

            if (!strcmp(arg->text, name)) {
                break;
            }
            list = list ? apr_pstrcat(c->pool, list, ", ", name, NULL) : name;
        }
        if (k == SKY_FRAMES) {
            adql_fail(c, arg->off, "There is no reference frame '%s'.",
                      arg->text);
            adql_hint(c, "Frames are %s.", list);
        }
    }
    if (!c->err && n->ty.geom == G_MOC) {
        adql_fail(c, arg->off, "A MOC cannot be turned to another frame.");
    }
}

/* ---- MOCs --------------------------------------------------------------- */

static void check_order(adql_ctx_t *c, const adql_node_t *order)
{
    double v;

    if (order->ty.cls != T_INT && order->ty.cls != T_NULL) {
        adql_fail(c, order->off, "The order is an integer; this is %s.",
                  adql_type_name(&order->ty));
    }
    else if (adql_fold(order, &v) && (v < 0 || v > SKY_ORDER)) {
        adql_fail(c, order->off, "The order %g is outside [0, %d].", v,
                  SKY_ORDER);
    }
}

static void check_moc(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *arg = n->list;

    if (n->len == 1) {
        if (arg->kind != N_STR) {
            adql_fail(c, arg->off, "%s of one argument takes the text of a "
                      "MOC, a literal; this is %s.", n->text,
                      adql_type_name(&arg->ty));
            adql_hint(c, "Write MOC('3/1-4 4/100') or MOC(order, region).");
            return;
        }
        adql_const_shape(c, n); /* an impossible one is told now */
        return;
    }
    check_order(c, arg);
    arg = arg->next;
    if (!c->err && arg->ty.cls != T_GEOM && arg->ty.cls != T_NULL) {
        adql_fail(c, arg->off, "Argument 2 of %s is %s; it must be a "
                  "geometry.", n->text, adql_type_name(&arg->ty));
    }
}

/* ---- names -------------------------------------------------------------- */

static adql_node_t *number(adql_ctx_t *c, const adql_node_t *at, double v)
{
    adql_node_t *n = adql_node(c, N_NUM, at->off, at->end);

    n->text = adql_format(c, v < 0 ? -v : v);
    adql_set_type(&n->ty, OID_FLOAT8);
    if (v < 0) {
        adql_node_t *neg = adql_node_op(c, N_NEG, 0, n, NULL);

        neg->ty = n->ty;
        return neg;
    }
    return n;
}

/* ivo_simbadpoint('name') becomes POINT(ra, dec), so that it can use indexes
 * like any other. */
static void resolve_name(adql_ctx_t *c, adql_node_t *n)
{
    const adql_node_t *name = n->list;
    double ra, dec;
    vo_err_t *err;

    if (!*name->text || strlen(name->text) > 200) {
        adql_fail(c, name->off, "The name of an object has 1 to 200 bytes.");
        return;
    }
    if (++c->nnames > MAX_NAMES) {
        adql_fail_kind(c, VO_ERR_LIMIT, name->off, "More than %d names are to "
                       "be resolved.", MAX_NAMES);
        return;
    }
    err = c->env->resolve(c->env->resolve_baton, name->text, &ra, &dec,
                          c->pool);
    if (err) {
        if (!c->err) {
            c->err = err;
            vo_err_at(err, c->text, name->off);
        }
        return;
    }
    n->list = number(c, name, ra);
    n->list->next = number(c, name, dec);
    n->len = 2;
    n->func = adql_func_find("point");
}

/* ---- the doors ---------------------------------------------------------- */

void adql_check_special(adql_ctx_t *c, adql_node_t *n)
{
    if (is_named(n, "ivo_geom_transform")) {
        check_transform(c, n);
    }
    else if (is_named(n, "moc")) {
        check_moc(c, n);
    }
    else if (is_named(n, "moc_agg")) {
        check_order(c, n->list);
    }
    else if (n->func->flags & F_NAMES) {
        resolve_name(c, n);
    }
}

static void print_order(adql_ctx_t *c, const adql_node_t *order)
{
    adql_put(c, "(");
    adql_print_as(c, order, OID_INT4);
    adql_put(c, ")::integer");
}

/* The cells of positions are in a column already, or are asked for. */
static void print_cell(adql_ctx_t *c, const adql_node_t *n)
{
    adql_point_t p;

    if (!adql_point(c, n, &p)) { /* NULL */
        memset(&p, 0, sizeof(p));
        p.how = P_EXPR;
        p.expr = n;
    }
    if (p.rv) {
        adql_print_hpx(c, p.rv, p.hpx);
        return;
    }
    adql_put(c, "sky_hpx(");
    adql_print_lon(c, &p);
    adql_put(c, ", ");
    adql_print_lat(c, &p);
    adql_put(c, ")");
}

int adql_print_udf(adql_ctx_t *c, const adql_node_t *n)
{
    if (is_named(n, "arr_map")) {
        adql_print_map(c, n);
    }
    else if (is_named(n, "moc") && n->len == 1) {
        const char *shape = adql_const_shape(c, n);

        adql_put_param(c, 0, shape ? shape : "");
        adql_put(c, "::sky_region");
    }
    else if (is_named(n, "moc")) {
        adql_put(c, "sky_moc_of(");
        print_order(c, n->list);
        adql_put(c, ", ");
        adql_print_geom(c, n->list->next);
        adql_put(c, ")");
    }
    else if (is_named(n, "moc_agg")) {
        adql_put(c, "sky_region(sky_moc_agg(");
        print_cell(c, n->list->next);
        adql_put(c, ", ");
        print_order(c, n->list);
        adql_put(c, "))");
    }
    else {
        return 0;
    }
    return 1;
}
