/* pgsky_line.c: cells, distances, ranges: the number line in SQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"

PG_FUNCTION_INFO_V1(pgsky_hpx);
Datum pgsky_hpx(PG_FUNCTION_ARGS)
{
    double ra = PG_GETARG_FLOAT8(0), dec = PG_GETARG_FLOAT8(1);
    int64 hpx = sky_hpx(ra, dec);

    if (hpx < 0) {
        pgsky_check_position(ra, dec);
    }
    PG_RETURN_INT64(hpx);
}

static void check_order(int order)
{
    if (order < 0 || order > SKY_ORDER) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("order %d is outside [0, 29]", order)));
    }
}

PG_FUNCTION_INFO_V1(pgsky_hpx_at);
Datum pgsky_hpx_at(PG_FUNCTION_ARGS)
{
    int order = PG_GETARG_INT32(0);
    double ra = PG_GETARG_FLOAT8(1), dec = PG_GETARG_FLOAT8(2);

    check_order(order);
    pgsky_check_position(ra, dec);
    PG_RETURN_INT64(sky_hpx_at(order, ra, dec));
}

PG_FUNCTION_INFO_V1(pgsky_hpx_center);
Datum pgsky_hpx_center(PG_FUNCTION_ARGS)
{
    int order = PG_GETARG_INT32(0);
    int64 cell = PG_GETARG_INT64(1);
    double ra, dec;
    sky_err_t err;

    check_order(order);
    if (sky_cell_center(order, cell, &ra, &dec) != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("cell %lld is outside [0, 12 * 4^%d)",
                               (long long)cell, order)));
    }
    return pgsky_made(sky_make_point(&pgsky_alloc, ra, dec, &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_distance);
Datum pgsky_distance(PG_FUNCTION_ARGS)
{
    double d1 = PG_GETARG_FLOAT8(1), d2 = PG_GETARG_FLOAT8(3);

    PG_RETURN_FLOAT8(sky_distance(PG_GETARG_FLOAT8(0), d1,
                                  PG_GETARG_FLOAT8(2), d2));
}

PG_FUNCTION_INFO_V1(pgsky_bearing);
Datum pgsky_bearing(PG_FUNCTION_ARGS)
{
    PG_RETURN_FLOAT8(sky_bearing(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1),
                                 PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)));
}

/* NaN when a region has no centre, as an empty MOC. */
static void center(const sky_shape_t *s, double c[2])
{
    int n;

    if (sky_shape_kind(s) == SKY_POINT || sky_shape_kind(s) == SKY_CIRCLE) {
        memcpy(c, sky_shape_numbers(s, &n), 2 * sizeof(double));
    }
    else if (sky_centroid(s, &c[0], &c[1]) != 0) {
        c[0] = c[1] = NAN;
    }
}

PG_FUNCTION_INFO_V1(pgsky_distance_regions);
Datum pgsky_distance_regions(PG_FUNCTION_ARGS)
{
    double a[2], b[2];

    center(PG_GETARG_SHAPE(0), a);
    center(PG_GETARG_SHAPE(1), b);
    PG_RETURN_FLOAT8(sky_distance(a[0], a[1], b[0], b[1]));
}

PG_FUNCTION_INFO_V1(pgsky_in);
Datum pgsky_in(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(sky_contains_point(pgsky_cached_shape(fcinfo, 2),
                                      PG_GETARG_FLOAT8(0),
                                      PG_GETARG_FLOAT8(1)));
}

PG_FUNCTION_INFO_V1(pgsky_hpx_in);
Datum pgsky_hpx_in(PG_FUNCTION_ARGS)
{
    int64 hpx = PG_GETARG_INT64(0);

    PG_RETURN_BOOL(hpx >= PG_GETARG_INT64(1) && hpx < PG_GETARG_INT64(2));
}

/* The operators of sky_bound. Not of LANGUAGE internal: those are found by
 * name anew at every start of an index scan, which took a third of a join. */
PG_FUNCTION_INFO_V1(pgsky_bound_ge);
Datum pgsky_bound_ge(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(PG_GETARG_INT64(0) >= PG_GETARG_INT64(1));
}

PG_FUNCTION_INFO_V1(pgsky_bound_lt);
Datum pgsky_bound_lt(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(PG_GETARG_INT64(0) < PG_GETARG_INT64(1));
}

PG_FUNCTION_INFO_V1(pgsky_bound_cmp);
Datum pgsky_bound_cmp(PG_FUNCTION_ARGS)
{
    int64 a = PG_GETARG_INT64(0), b = PG_GETARG_INT64(1);

    PG_RETURN_INT32((a > b) - (a < b));
}

/* ---- ranges ------------------------------------------------------------ */

static int cover(const sky_shape_t *s, int budget, sky_range_t **out)
{
    int n;

    if (budget < 1 || budget > PGSKY_MAX_BUDGET) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("budget %d is outside [1, %d]", budget,
                               PGSKY_MAX_BUDGET)));
    }
    *out = palloc((Size)budget * sizeof(**out));
    n = sky_coverage(s, budget, *out, budget);
    if (n < 0) {
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
                        errmsg("out of memory")));
    }
    return n;
}

/* Give all ranges at once: called for each row of a join, this must not look
 * up types or make memory contexts. Columns lo, hi and, if asked, is_border. */
static Datum give_ranges(FunctionCallInfo fcinfo, const sky_range_t *r, int n)
{
    ReturnSetInfo *rs = (ReturnSetInfo *)fcinfo->resultinfo;
    MemoryContext old;
    Tuplestorestate *store;
    bool is_null[3] = { false, false, false };
    Datum value[3];
    int i;

    if (rs == NULL || !IsA(rs, ReturnSetInfo)
        || !(rs->allowedModes & SFRM_Materialize)
        || rs->expectedDesc == NULL) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("ranges are rows: call this in FROM")));
    }
    old = MemoryContextSwitchTo(rs->econtext->ecxt_per_query_memory);
    store = tuplestore_begin_heap((rs->allowedModes
                                   & SFRM_Materialize_Random) != 0,
                                  false, work_mem);
    MemoryContextSwitchTo(old);
    for (i = 0; i < n; i++) {
        value[0] = Int64GetDatum(r[i].lo);
        value[1] = Int64GetDatum(r[i].hi);
        value[2] = BoolGetDatum(r[i].is_border != 0);
        tuplestore_putvalues(store, rs->expectedDesc, value, is_null);
    }
    rs->returnMode = SFRM_Materialize;
    rs->setResult = store;
    return (Datum)0;
}

PG_FUNCTION_INFO_V1(pgsky_ranges);
Datum pgsky_ranges(PG_FUNCTION_ARGS)
{
    double ra = PG_GETARG_FLOAT8(0), dec = PG_GETARG_FLOAT8(1);
    double radius = PG_GETARG_FLOAT8(2);
    sky_range_t range[SKY_ROW_RANGES];
    int n = sky_row_ranges(ra, dec, radius, range);

    if (n < 0) {
        pgsky_check_position(ra, dec);
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("radius %.17g is outside [0, 180]", radius)));
    }
    return give_ranges(fcinfo, range, n);
}

PG_FUNCTION_INFO_V1(pgsky_ranges_region);
Datum pgsky_ranges_region(PG_FUNCTION_ARGS)
{
    sky_range_t *range;
    int n = cover(PG_GETARG_SHAPE(0), PG_GETARG_INT32(1), &range);

    return give_ranges(fcinfo, range, n);
}

Datum pgsky_multirange(FunctionCallInfo fcinfo, const sky_span_t *spans,
                       int n)
{
    TypeCacheEntry *type = multirange_get_typcache(fcinfo,
                                                   INT8MULTIRANGEOID);
    RangeType **range = palloc((Size)(n + 1) * sizeof(*range));
    RangeBound lo, hi;
    int i;

    memset(&lo, 0, sizeof(lo));
    memset(&hi, 0, sizeof(hi));
    lo.inclusive = lo.lower = true;
    for (i = 0; i < n; i++) {
        lo.val = Int64GetDatum(spans[i].lo);
        hi.val = Int64GetDatum(spans[i].hi);
        range[i] = make_range(type->rngtype, &lo, &hi, false);
    }
    return MultirangeTypePGetDatum(make_multirange(INT8MULTIRANGEOID,
                                                   type->rngtype, n, range));
}

sky_span_t *pgsky_spans(Datum multirange, int *n)
{
    MultirangeType *mr = DatumGetMultirangeTypeP(multirange);
    TypeCacheEntry *type = lookup_type_cache(INT8RANGEOID,
                                             TYPECACHE_RANGE_INFO);
    RangeType **range;
    sky_span_t *spans;
    int i;

    multirange_deserialize(type, mr, n, &range);
    spans = palloc((Size)(*n + 1) * sizeof(*spans));
    for (i = 0; i < *n; i++) {
        RangeBound lo, hi;
        bool is_empty;

        range_deserialize(type, range[i], &lo, &hi, &is_empty);
        if (lo.infinite || hi.infinite) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("a range of cells must have both ends")));
        }
        /* int8 ranges are kept as [lo, hi) */
        spans[i].lo = DatumGetInt64(lo.val);
        spans[i].hi = DatumGetInt64(hi.val);
        if (spans[i].lo < 0 || spans[i].hi > SKY_HPX_END) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("cells %lld to %lld lie outside "
                                   "[0, 12 * 4^29)",
                                   (long long)spans[i].lo,
                                   (long long)spans[i].hi)));
        }
    }
    return spans;
}

PG_FUNCTION_INFO_V1(pgsky_coverage);
Datum pgsky_coverage(PG_FUNCTION_ARGS)
{
    sky_range_t *range;
    sky_span_t *spans;
    int i, n = cover(PG_GETARG_SHAPE(0), PG_GETARG_INT32(1), &range);

    spans = palloc((Size)(n + 1) * sizeof(*spans));
    for (i = 0; i < n; i++) {
        spans[i].lo = range[i].lo;
        spans[i].hi = range[i].hi;
    }
    return pgsky_multirange(fcinfo, spans, n);
}
