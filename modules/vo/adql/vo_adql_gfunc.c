/* vo_adql_gfunc.c: geometry functions: their arguments and their SQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* ADQL 2.1, "Geometrical functions". The SQL functions are those of the
 * extension pgsky; inside expressions every geometry is a sky_region. */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_strings.h>

#include "sky/sky.h"

static int is_named(const adql_node_t *n, const char *name)
{
    return !strcmp(n->func->name, name);
}

/* ---- checking --------------------------------------------------------- */

/* The frame that the constructor N names, SKY_ICRS if none, -1 if it is not
 * known. FK5 and J2000 are taken as ICRS, as in STC-S; what follows the frame
 * (GEOCENTER ...) means nothing here. */
int adql_frame(const adql_node_t *n)
{
    static const char *const none[] = {"", "UNKNOWN", "UNKNOWNFRAME"};
    int nargs, frame;
    const char *text;
    size_t len, i;

    adql_geom_arg(n, 0, &nargs);
    if (nargs == n->len || n->list->kind != N_STR) {
        return SKY_ICRS;
    }
    text = n->list->text + strspn(n->list->text, " ");
    len = strcspn(text, " ");
    for (i = 0; i < sizeof(none) / sizeof(*none); ++i) {
        if (strlen(none[i]) == len && !strncasecmp(text, none[i], len)) {
            return SKY_ICRS;
        }
    }
    frame = sky_frame(text, len);
    return frame == SKY_FK5 ? SKY_ICRS : frame;
}

static void check_system(adql_ctx_t *c, const adql_node_t *n)
{
    int nargs, frame = adql_frame(n);

    if (frame < 0) {
        adql_fail(c, n->list->off, "The coordinate system '%s' is not "
                  "offered.", n->list->text);
        adql_hint(c, "There are ICRS, FK5, FK4, GALACTIC, ECLIPTIC and "
                  "SUPER_GALACTIC.");
    }
    else if (frame != SKY_ICRS
             && adql_geom_arg(n, 0, &nargs)->ty.cls == T_GEOM) {
        adql_fail(c, n->list->off, "A shape made of points has their "
                  "coordinate system.");
        adql_hint(c, "Give it to the points, as in POINT('%s', lon, lat).",
                  n->list->text);
    }
}

static void need_number(adql_ctx_t *c, const adql_node_t *arg,
                        const char *what, double lo, double hi)
{
    double v;

    if (c->err || arg->ty.cls == T_NULL) {
        return;
    }
    if (!adql_is_number(&arg->ty)) {
        adql_fail(c, arg->off, "The %s is a number of degrees; this is %s.",
                  what, adql_type_name(&arg->ty));
    }
    else if (adql_fold(arg, &v) && (v < lo || v > hi)) {
        adql_fail(c, arg->off, "The %s %g is outside [%g, %g] degrees.",
                  what, v, lo, hi);
    }
}

static void need_geom(adql_ctx_t *c, const adql_node_t *n,
                      const adql_node_t *arg, int is_point)
{
    if (c->err || arg->ty.cls == T_NULL) {
        return;
    }
    if (arg->ty.cls != T_GEOM) {
        adql_fail(c, arg->off, "%s needs a geometry here; this is %s.",
                  n->text, adql_type_name(&arg->ty));
        adql_hint(c, "Make one, as in POINT(ra, dec).");
    }
    else if (is_point && arg->ty.geom != G_POINT
             && arg->ty.geom != G_REGION) {
        adql_fail(c, arg->off, "%s needs a point here; this is %s.", n->text,
                  adql_type_name(&arg->ty));
        adql_hint(c, "CENTROID(...) makes a point of any geometry.");
    }
}

static void lon_lat(adql_ctx_t *c, const adql_node_t *lon)
{
    need_number(c, lon, "longitude", -1e6, 1e6);
    need_number(c, lon->next, "latitude", -90, 90);
}

static void check_constructor(adql_ctx_t *c, adql_node_t *n)
{
    int nargs, n_pos;
    const adql_node_t *arg = adql_geom_arg(n, 0, &nargs);
    adql_geom_e geom = G_POLYGON;

    if (nargs < n->len && n->list->kind == N_STR) {
        check_system(c, n);
    }
    if (is_named(n, "point")) {
        geom = G_POINT;
        lon_lat(c, arg);
    }
    else if (is_named(n, "circle") || is_named(n, "box")) {
        int nsizes = is_named(n, "circle") ? 1 : 2;

        geom = nsizes == 1 ? G_CIRCLE : G_POLYGON;
        n_pos = nargs - nsizes;
        if (n_pos == 1) {
            need_geom(c, n, arg, 1);
            arg = arg->next;
        }
        else {
            lon_lat(c, arg);
            arg = arg->next->next;
        }
        for (; arg; arg = arg->next) {
            need_number(c, arg, nsizes == 1 ? "radius" : "size", 0,
                        nsizes == 1 ? 180 : 360);
        }
    }
    else if (is_named(n, "polygon")) {
        int is_points = arg->ty.cls == T_GEOM;

        if (!is_points && nargs % 2) {
            adql_fail(c, n->off, "A polygon of numbers needs pairs of them.");
        }
        for (; arg && !c->err; arg = is_points ? arg->next
                                               : arg->next->next) {
            if (is_points) {
                need_geom(c, n, arg, 1);
            }
            else {
                lon_lat(c, arg);
            }
        }
    }
    else {
        geom = G_REGION;
    }
    adql_set_type(&n->ty, OID_TEXT);
    n->ty.cls = T_GEOM;
    n->ty.geom = geom;
    if (!c->err) {
        adql_const_shape(c, n); /* an impossible one is told now */
    }
}

static void check_healpix(adql_ctx_t *c, adql_node_t *n)
{
    const adql_node_t *order = n->list;
    adql_point_t p;
    double v;
    int shift;

    if (order->ty.cls != T_INT && order->ty.cls != T_NULL) {
        adql_fail(c, order->off, "The order is an integer; this is %s.",
                  adql_type_name(&order->ty));
    }
    else if (adql_fold(order, &v) && (v < 0 || v > 29)) {
        adql_fail(c, order->off, "The order %g is outside [0, 29].", v);
    }
    else if (n->len == 2) {
        need_geom(c, n, order->next, 1);
    }
    else {
        lon_lat(c, order->next);
    }
    adql_indexed_cell(c, n, &p, &shift); /* subqueries pass the cells on */
    adql_set_type(&n->ty, OID_INT8);
}

void adql_check_geom_func(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    adql_node_t *arg = n->list;

    (void)q;
    n->unit = n->func->unit;
    if (n->func->flags & F_CONSTRUCTOR) {
        check_constructor(c, n);
        return;
    }
    if (is_named(n, "ivo_healpix_index")) {
        check_healpix(c, n);
        return;
    }
    if (is_named(n, "distance") && n->len != 2) {
        if (n->len == 3) {
            adql_fail(c, n->off, "DISTANCE takes 2 points or 4 numbers, not "
                      "3 arguments.");
            return;
        }
        lon_lat(c, arg);
        lon_lat(c, arg->next->next);
    }
    else {
        int is_point = is_named(n, "distance") || is_named(n, "coord1")
                       || is_named(n, "coord2");

        for (; arg && !c->err; arg = arg->next) {
            need_geom(c, n, arg, is_point);
        }
    }
    if (is_named(n, "contains") || is_named(n, "intersects")) {
        adql_set_type(&n->ty, OID_INT4);
    }
    else if (is_named(n, "coordsys")) {
        adql_set_type(&n->ty, OID_TEXT);
    }
    else if (is_named(n, "centroid")) {
        adql_set_type(&n->ty, OID_TEXT);
        n->ty.cls = T_GEOM;
        n->ty.geom = G_POINT;
    }
    else {
        adql_set_type(&n->ty, OID_FLOAT8);
        if (is_named(n, "distance")) {
            n->ucd = "pos.angDistance";
        }
    }
}

/* ---- printing --------------------------------------------------------- */

static void print_point_args(adql_ctx_t *c, const adql_point_t *p)
{
    adql_print_lon(c, p);
    adql_put(c, ", ");
    adql_print_lat(c, p);
}

/* Points and numbers, separated by commas. */
static void print_list(adql_ctx_t *c, const adql_node_t *arg)
{
    for (; arg; arg = arg->next) {
        if (arg->ty.cls == T_GEOM) {
            adql_print_geom(c, arg);
        }
        else {
            adql_print_as(c, arg, OID_FLOAT8);
        }
        adql_put(c, arg->next ? ", " : "");
    }
}

static void print_plain(adql_ctx_t *c, const adql_node_t *n)
{
    int nargs;
    const adql_node_t *arg = adql_geom_arg(n, 0, &nargs);

    if (is_named(n, "polygon")) { /* a missing corner: no polygon */
        adql_put(c, "CASE WHEN num_nulls(");
        print_list(c, arg);
        adql_put(c, ") = 0 THEN sky_polygon(VARIADIC ARRAY[");
        print_list(c, arg);
        adql_put(c, "]) END");
        return;
    }
    adql_put(c, "sky_");
    adql_put(c, n->func->name);
    adql_put(c, "(");
    if (is_named(n, "region")) {
        adql_print_as(c, arg, OID_TEXT);
    }
    else {
        print_list(c, arg);
    }
    adql_put(c, ")");
}

static void print_constructor(adql_ctx_t *c, const adql_node_t *n)
{
    int frame = adql_frame(n);

    if (frame == SKY_ICRS) {
        print_plain(c, n);
        return;
    }
    adql_putf(c, "sky_transform('%s', 'ICRS', ", sky_frame_name(frame));
    print_plain(c, n);
    adql_put(c, ")");
}

/* A column that holds geometry in one of the ways the metadata know. */
static void print_column(adql_ctx_t *c, const adql_node_t *n)
{
    static const char *const from_array[] = {
        "sky_point(", "sky_point(", "sky_circle(", "sky_polygon(VARIADIC ",
        "sky_polygon(VARIADIC "
    };
    int is_array = n->ty.oid == OID_FLOAT8_A || n->ty.oid == OID_FLOAT4_A;
    const char *pg = n->rv->table
        ? n->rv->table->columns[n->colno]->pg_type : "sky_region";

    if (is_array) {
        adql_put(c, from_array[n->ty.geom]);
        adql_print_expr(c, n);
        adql_put(c, n->ty.oid == OID_FLOAT4_A ? "::double precision[])"
                                              : ")");
    }
    else if (pg && !strcmp(pg, "sky_region")) {
        adql_print_expr(c, n);
    }
    else {
        adql_put(c, "sky_region(");
        adql_print_expr(c, n);
        adql_put(c, "::text)");
    }
}

/* N as a sky_region. */
void adql_print_geom(adql_ctx_t *c, const adql_node_t *n)
{
    const char *shape;

    if (n->ty.cls == T_NULL) {
        adql_put(c, "NULL::sky_region");
        return;
    }
    shape = adql_const_shape(c, n);
    if (shape) {
        adql_put_param(c, 0, shape);
        adql_put(c, "::sky_region");
        return;
    }
    switch (n->kind) {
    case N_COL:
        print_column(c, n);
        break;
    case N_CAST:
        adql_putf(c, "sky_cast_%s(", n->ty.geom == G_POINT ? "point"
                  : n->ty.geom == G_CIRCLE ? "circle" : "polygon");
        adql_print_as(c, n->a, OID_TEXT);
        adql_put(c, ")");
        break;
    case N_FUNC:
        if (n->func->flags & F_CONSTRUCTOR) {
            print_constructor(c, n);
        }
        else if (is_named(n, "centroid")) {
            adql_put(c, "sky_centroid(");
            adql_print_geom(c, n->list);
            adql_put(c, ")");
        }
        else {
            adql_print_func(c, n);
        }
        break;
    default:
        adql_print_expr(c, n);
    }
}

static void print_relation(adql_ctx_t *c, const adql_node_t *n)
{
    adql_node_t one, cmp;
    adql_gpred_t g;

    memset(&one, 0, sizeof(one));
    one.kind = N_NUM;
    one.text = "1";
    memset(&cmp, 0, sizeof(cmp));
    cmp.kind = N_CMP;
    cmp.op = OP_EQ;
    cmp.a = (adql_node_t *)n;
    cmp.b = &one;
    adql_put(c, "(");
    if (adql_gpred(c, &cmp, &g)) {
        adql_print_gpred(c, &g);
    }
    adql_put(c, ")::integer");
}

static void print_distance(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *a = n->list;
    adql_point_t p1, p2;

    adql_put(c, "sky_distance(");
    if (n->len == 4) {
        for (; a; a = a->next) {
            adql_print_as(c, a, OID_FLOAT8);
            adql_put(c, a->next ? ", " : "");
        }
    }
    else if (adql_point(c, a, &p1) && adql_point(c, a->next, &p2)
             && (p1.how != P_EXPR || p2.how != P_EXPR)) {
        print_point_args(c, &p1);
        adql_put(c, ", ");
        print_point_args(c, &p2);
    }
    else {
        adql_print_geom(c, a);
        adql_put(c, ", ");
        adql_print_geom(c, a->next);
    }
    adql_put(c, ")");
}

/* Functions that give numbers or strings; geometries go through above. */
void adql_print_geom_func(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *a = n->list;
    adql_point_t p;
    int shift;

    if (n->ty.cls == T_GEOM) {
        adql_print_geom(c, n);
    }
    else if (is_named(n, "contains") || is_named(n, "intersects")) {
        print_relation(c, n);
    }
    else if (is_named(n, "distance")) {
        print_distance(c, n);
    }
    else if (is_named(n, "area")) {
        adql_put(c, "sky_area(");
        adql_print_geom(c, a);
        adql_put(c, ")");
    }
    else if (is_named(n, "coordsys")) {
        adql_put(c, "CASE WHEN ");
        adql_print_geom(c, a);
        adql_put(c, " IS NOT NULL THEN 'ICRS'::text END");
    }
    else if (is_named(n, "coord1") || is_named(n, "coord2")) {
        if (!adql_point(c, a, &p)) {
            memset(&p, 0, sizeof(p));
            p.how = P_EXPR;
            p.expr = a;
        }
        if (is_named(n, "coord1")) {
            adql_print_lon(c, &p);
        }
        else {
            adql_print_lat(c, &p);
        }
    }
    else if (adql_indexed_cell(c, n, &p, &shift)) {
        adql_put(c, "(");
        adql_print_hpx(c, p.rv, p.hpx);
        adql_putf(c, " >> %d)", shift);
    }
    else { /* ivo_healpix_index */
        adql_put(c, "sky_hpx((");
        adql_print_as(c, a, OID_INT4);
        adql_put(c, ")::integer, ");
        if (n->len == 3) {
            adql_print_as(c, a->next, OID_FLOAT8);
            adql_put(c, ", ");
            adql_print_as(c, a->next->next, OID_FLOAT8);
        }
        else {
            if (!adql_point(c, a->next, &p)) {
                memset(&p, 0, sizeof(p));
                p.how = P_EXPR;
                p.expr = a->next;
            }
            print_point_args(c, &p);
        }
        adql_put(c, ")");
    }
}

/* N as the outermost SELECT delivers it: numbers as DALI wants them, or
 * STC-S or MOC text. */
void adql_print_geom_out(adql_ctx_t *c, const adql_node_t *n)
{
    int is_array = n->kind == N_COL
        && (n->ty.oid == OID_FLOAT8_A || n->ty.oid == OID_FLOAT4_A);

    if (is_array && n->ty.geom != G_REGION) {
        adql_print_expr(c, n);
        adql_put(c, n->ty.oid == OID_FLOAT4_A ? "::double precision[]" : "");
        return;
    }
    if (n->ty.geom == G_MOC) { /* without the word before it */
        adql_put(c, "substr(sky_dali_text(");
        adql_print_geom(c, n);
        adql_put(c, "), 5)");
        return;
    }
    adql_put(c, n->ty.geom == G_POINT || n->ty.geom == G_CIRCLE
                || n->ty.geom == G_POLYGON ? "sky_dali(" : "sky_stcs(");
    adql_print_geom(c, n);
    adql_put(c, ")");
}
