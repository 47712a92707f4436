/* pgsky_rel.c: contains and intersects, and what the planner asks of them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <math.h>

#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

#define WHOLE_SKY 41252.96124941927     /* square degrees */

/* ---- contains, intersects ---------------------------------------------- */

PG_FUNCTION_INFO_V1(pgsky_contains);
Datum pgsky_contains(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(sky_contains(PG_GETARG_SHAPE(1), PG_GETARG_SHAPE(0)));
}

PG_FUNCTION_INFO_V1(pgsky_contains_op);
Datum pgsky_contains_op(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(sky_contains(PG_GETARG_SHAPE(0), PG_GETARG_SHAPE(1)));
}

PG_FUNCTION_INFO_V1(pgsky_intersects);
Datum pgsky_intersects(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(sky_intersects(PG_GETARG_SHAPE(0), PG_GETARG_SHAPE(1)));
}

/* ---- planner: which index, how many rows ------------------------------- */

/* The area of a constant region argument, or a guess. */
static double constant_area(Node *arg)
{
    Const *c = (Const *)arg;

    if (!IsA(arg, Const) || c->constisnull) {
        return -1.0;
    }
    return sky_area(pgsky_shape(DatumGetRegion(c->constvalue)));
}

static double clamp(double s)
{
    return s < 1e-8 ? 1e-8 : s > 1.0 ? 1.0 : s;
}

/* Regions of a column are taken as small: the constant's part of the sky,
 * and a floor for the size of what is stored. */
static double relation_selectivity(List *args)
{
    ListCell *cell;

    foreach (cell, args) {
        double area = constant_area(lfirst(cell));

        if (area >= 0.0) {
            return clamp(area / WHOLE_SKY + 1e-5);
        }
    }
    return 1e-5;
}

/* A condition on GiST by the operator of STRATEGY instead of the function. */
static Node *gist_condition(SupportRequestIndexCondition *req, List *args,
                            int column_is, const int strategy[2])
{
    Expr *clause;
    Node *other;
    Oid type, op;

    if (list_length(args) != 2 || req->indexarg != column_is) {
        return NULL;
    }
    other = list_nth(args, 1 - req->indexarg);
    if (!is_pseudo_constant_for_index(req->root, other, req->index)) {
        return NULL;
    }
    type = exprType(list_nth(args, req->indexarg));
    op = get_opfamily_member(req->opfamily, type, type,
                             strategy[req->indexarg]);
    if (!OidIsValid(op)) {
        return NULL;
    }
    clause = make_opclause(op, BOOLOID, false,
                           (Expr *)list_nth(args, req->indexarg),
                           (Expr *)other, InvalidOid, InvalidOid);
    req->lossy = false;
    return (Node *)list_make1(clause);
}

static List *call_args(Node *node)
{
    if (node != NULL && IsA(node, FuncExpr)) {
        return ((FuncExpr *)node)->args;
    }
    if (node != NULL && IsA(node, OpExpr)) {
        return ((OpExpr *)node)->args;
    }
    return NIL;
}

/* By which operator a call with the column as argument 0 or 1 can use the
 * index: strategies of rectangles, as in core. */
static const int contains_strategy[2] = { RTContainedByStrategyNumber,
                                          RTContainsStrategyNumber };
static const int intersects_strategy[2] = { RTOverlapStrategyNumber,
                                            RTOverlapStrategyNumber };

static Node *relation_support(Node *raw, const int strategy[2])
{
    if (IsA(raw, SupportRequestSelectivity)) {
        SupportRequestSelectivity *req = (SupportRequestSelectivity *)raw;

        req->selectivity = relation_selectivity(req->args);
        return raw;
    }
    if (IsA(raw, SupportRequestIndexCondition)) {
        SupportRequestIndexCondition *req =
            (SupportRequestIndexCondition *)raw;

        return gist_condition(req, call_args(req->node), req->indexarg,
                              strategy);
    }
    return NULL;
}

PG_FUNCTION_INFO_V1(pgsky_contains_support);
Datum pgsky_contains_support(PG_FUNCTION_ARGS)
{
    PG_RETURN_POINTER(relation_support((Node *)PG_GETARG_POINTER(0),
                                       contains_strategy));
}

PG_FUNCTION_INFO_V1(pgsky_intersects_support);
Datum pgsky_intersects_support(PG_FUNCTION_ARGS)
{
    PG_RETURN_POINTER(relation_support((Node *)PG_GETARG_POINTER(0),
                                       intersects_strategy));
}

/* The operators' own estimators. */
PG_FUNCTION_INFO_V1(pgsky_sel);
Datum pgsky_sel(PG_FUNCTION_ARGS)
{
    PG_RETURN_FLOAT8(relation_selectivity((List *)PG_GETARG_POINTER(2)));
}

PG_FUNCTION_INFO_V1(pgsky_join_sel);
Datum pgsky_join_sel(PG_FUNCTION_ARGS)
{
    (void) fcinfo;
    PG_RETURN_FLOAT8(1e-5);
}

/* sky_in(ra, dec, region): the region's part of the sky. */
PG_FUNCTION_INFO_V1(pgsky_in_support);
Datum pgsky_in_support(PG_FUNCTION_ARGS)
{
    Node *raw = (Node *)PG_GETARG_POINTER(0);

    if (IsA(raw, SupportRequestSelectivity)) {
        SupportRequestSelectivity *req = (SupportRequestSelectivity *)raw;
        double area = list_length(req->args) == 3
                      ? constant_area(lthird(req->args)) : -1.0;

        req->selectivity = area >= 0.0 ? clamp(area / WHOLE_SKY) : 1e-4;
        PG_RETURN_POINTER(req);
    }
    PG_RETURN_POINTER(NULL);
}

/* ---- hpx in [lo, hi) --------------------------------------------------- */

/* Tables hold a part of the sky only, in clumps: a range is counted as
 * holding this many times its share of the whole line. */
#define CLUMPING 10.0

/* The part of a table in a range that is not known yet: a row's own small
 * circle or one of the few ranges of a cone. */
#define HPX_IN 1e-6

static double hpx_in_selectivity(List *args)
{
    Const *lo, *hi;

    if (list_length(args) == 3 && IsA(lsecond(args), Const)
        && IsA(lthird(args), Const)) {
        lo = lsecond(args);
        hi = lthird(args);
        if (!lo->constisnull && !hi->constisnull) {
            double len = (double)DatumGetInt64(hi->constvalue)
                         - (double)DatumGetInt64(lo->constvalue);

            return clamp(CLUMPING * len / (double)SKY_HPX_END);
        }
    }
    return HPX_IN;
}

/* One end of a range: the product of both is HPX_IN. */
PG_FUNCTION_INFO_V1(pgsky_bound_sel);
Datum pgsky_bound_sel(PG_FUNCTION_ARGS)
{
    (void) fcinfo;
    PG_RETURN_FLOAT8(sqrt(HPX_IN));
}

/* The type sky_bound lives in the schema of the function, wherever the
 * extension was put. */
static Oid bound_type(Oid function)
{
    return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
                           CStringGetDatum("sky_bound"),
                           ObjectIdGetDatum(get_func_namespace(function)));
}

/* hpx >= lo, hpx < hi as conditions on a B-tree: with ends that are known now
 * by the operators of int8, whose estimates use the table's histogram. */
static List *hpx_in_condition(SupportRequestIndexCondition *req, List *args)
{
    List *conds = NIL;
    int i;

    for (i = 1; i <= 2; i++) {
        Expr *bound = list_nth(args, i);
        bool is_known = IsA(bound, Const);
        Oid type = is_known ? INT8OID : bound_type(req->funcid);
        Oid op = get_opfamily_member(req->opfamily, INT8OID, type,
                                     i == 1 ? BTGreaterEqualStrategyNumber
                                            : BTLessStrategyNumber);

        if (!OidIsValid(op)
            || !is_pseudo_constant_for_index(req->root, (Node *)bound,
                                             req->index)) {
            return NIL;
        }
        if (!is_known) {
            bound = (Expr *)makeRelabelType(bound, type, -1, InvalidOid,
                                            COERCE_EXPLICIT_CAST);
        }
        conds = lappend(conds, make_opclause(op, BOOLOID, false,
                                             linitial(args), bound,
                                             InvalidOid, InvalidOid));
    }
    req->lossy = false;
    return conds;
}

PG_FUNCTION_INFO_V1(pgsky_hpx_in_support);
Datum pgsky_hpx_in_support(PG_FUNCTION_ARGS)
{
    Node *raw = (Node *)PG_GETARG_POINTER(0);

    if (IsA(raw, SupportRequestSelectivity)) {
        SupportRequestSelectivity *req = (SupportRequestSelectivity *)raw;

        req->selectivity = hpx_in_selectivity(req->args);
        PG_RETURN_POINTER(req);
    }
    if (IsA(raw, SupportRequestIndexCondition)) {
        SupportRequestIndexCondition *req =
            (SupportRequestIndexCondition *)raw;
        List *args = call_args(req->node);

        if (list_length(args) != 3 || req->indexarg != 0) {
            PG_RETURN_POINTER(NULL);
        }
        PG_RETURN_POINTER(hpx_in_condition(req, args));
    }
    PG_RETURN_POINTER(NULL);
}

/* sky_ranges: rows of one call. */
PG_FUNCTION_INFO_V1(pgsky_ranges_support);
Datum pgsky_ranges_support(PG_FUNCTION_ARGS)
{
    Node *raw = (Node *)PG_GETARG_POINTER(0);

    if (IsA(raw, SupportRequestRows)) {
        SupportRequestRows *req = (SupportRequestRows *)raw;
        List *args = call_args(req->node);

        req->rows = 1.2;
        if (list_length(args) == 3 && IsA(lthird(args), Const)
            && !((Const *)lthird(args))->constisnull
            && DatumGetFloat8(((Const *)lthird(args))->constvalue) > 0.02) {
            req->rows = SKY_ROW_RANGES;
        }
        PG_RETURN_POINTER(req);
    }
    PG_RETURN_POINTER(NULL);
}
