/* pgsky_moc.c: MOCs as int8multirange. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include "utils/builtins.h"
#include "utils/multirangetypes.h"

/* int8multirange -> sky_region */
PG_FUNCTION_INFO_V1(pgsky_from_multirange);
Datum pgsky_from_multirange(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    int n;
    sky_span_t *spans = pgsky_spans(PG_GETARG_DATUM(0), &n);

    return pgsky_made(sky_make_moc(&pgsky_alloc, n, spans, 0, &err), &err);
}

/* sky_region -> int8multirange: a MOC as it is, others by their coverage. */
PG_FUNCTION_INFO_V1(pgsky_to_multirange);
Datum pgsky_to_multirange(PG_FUNCTION_ARGS)
{
    const sky_shape_t *s = PG_GETARG_SHAPE(0);
    sky_range_t range[32];
    sky_span_t spans[32];
    int i, n;

    if (sky_shape_kind(s) == SKY_MOC) {
        const sky_span_t *have = sky_shape_spans(s, &n);

        return pgsky_multirange(fcinfo, have, n);
    }
    n = sky_coverage(s, 32, range, 32);
    for (i = 0; i < n; i++) {
        spans[i].lo = range[i].lo;
        spans[i].hi = range[i].hi;
    }
    return pgsky_multirange(fcinfo, spans, n);
}

PG_FUNCTION_INFO_V1(pgsky_moc);
Datum pgsky_moc(PG_FUNCTION_ARGS)
{
    char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
    sky_span_t *spans;
    sky_err_t err;
    int order, n;

    n = sky_moc_parse(&pgsky_alloc, given, &spans, &order, &err);
    if (n < 0) {
        pgsky_raise(&err);
    }
    return pgsky_multirange(fcinfo, spans, n);
}

static void check_order(int order)
{
    if (order < 0 || order > SKY_ORDER) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("order %d is outside [0, 29]", order)));
    }
}

static Datum moc_text(Datum multirange, int order, bool is_json)
{
    int n;
    sky_span_t *spans = pgsky_spans(multirange, &n);
    char *out;

    if (order < 0) {
        order = sky_moc_order(spans, n);
    }
    out = is_json ? sky_moc_format_json(&pgsky_alloc, spans, n, order)
                  : sky_moc_format(&pgsky_alloc, spans, n, order);
    if (out == NULL) {
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
                        errmsg("out of memory")));
    }
    return PointerGetDatum(cstring_to_text(out));
}

PG_FUNCTION_INFO_V1(pgsky_moc_text);
Datum pgsky_moc_text(PG_FUNCTION_ARGS)
{
    if (PG_NARGS() > 1) {
        check_order(PG_GETARG_INT32(1));
    }
    return moc_text(PG_GETARG_DATUM(0),
                    PG_NARGS() > 1 ? PG_GETARG_INT32(1) : -1, false);
}

PG_FUNCTION_INFO_V1(pgsky_moc_json);
Datum pgsky_moc_json(PG_FUNCTION_ARGS)
{
    return moc_text(PG_GETARG_DATUM(0), -1, true);
}

PG_FUNCTION_INFO_V1(pgsky_moc_degrade);
Datum pgsky_moc_degrade(PG_FUNCTION_ARGS)
{
    int n, order = PG_GETARG_INT32(1);
    sky_span_t *spans = pgsky_spans(PG_GETARG_DATUM(0), &n), *out;

    check_order(order);
    out = palloc((Size)(n + 1) * sizeof(*out));
    n = sky_moc_degrade(spans, n, order, out);
    return pgsky_multirange(fcinfo, out, n);
}

PG_FUNCTION_INFO_V1(pgsky_moc_not);
Datum pgsky_moc_not(PG_FUNCTION_ARGS)
{
    int n;
    sky_span_t *spans = pgsky_spans(PG_GETARG_DATUM(0), &n), *out;

    out = palloc((Size)(n + 2) * sizeof(*out));
    n = sky_moc_not(spans, n, out);
    return pgsky_multirange(fcinfo, out, n);
}

PG_FUNCTION_INFO_V1(pgsky_moc_area);
Datum pgsky_moc_area(PG_FUNCTION_ARGS)
{
    int n;
    sky_span_t *spans = pgsky_spans(PG_GETARG_DATUM(0), &n);

    PG_RETURN_FLOAT8(sky_moc_area(spans, n));
}

/* ---- aggregate: the MOC of order K of many cells ------------------------ */

typedef struct {
    int order;
    int n;                      /* spans in use */
    int room;
    sky_span_t *span;           /* at order 29, the first N-DIRTY sorted */
} moc_state_t;

/* Rows mostly come in hpx order, so the last span usually grows. */
PG_FUNCTION_INFO_V1(pgsky_moc_add);
Datum pgsky_moc_add(PG_FUNCTION_ARGS)
{
    MemoryContext agg, old;
    moc_state_t *s;
    int64 hpx, lo, hi;
    int shift;

    if (!AggCheckCallContext(fcinfo, &agg)) {
        elog(ERROR, "sky_moc_add called outside an aggregate");
    }
    s = PG_ARGISNULL(0) ? NULL : (moc_state_t *)PG_GETARG_POINTER(0);
    if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) {
        if (s == NULL) {
            PG_RETURN_NULL();
        }
        PG_RETURN_POINTER(s);
    }
    if (s == NULL) {
        check_order(PG_GETARG_INT32(2));
        s = MemoryContextAllocZero(agg, sizeof(*s));
        s->order = PG_GETARG_INT32(2);
        s->room = 1024;
        s->span = MemoryContextAlloc(agg, (Size)s->room * sizeof(*s->span));
    }
    hpx = PG_GETARG_INT64(1);
    if (hpx < 0 || hpx >= SKY_HPX_END) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("cell %lld is outside [0, 12 * 4^29)",
                               (long long)hpx)));
    }
    shift = 2 * (SKY_ORDER - s->order);
    lo = (hpx >> shift) << shift;
    hi = lo + ((int64)1 << shift);
    if (s->n > 0 && lo >= s->span[s->n - 1].lo
        && lo <= s->span[s->n - 1].hi) {
        if (hi > s->span[s->n - 1].hi) {
            s->span[s->n - 1].hi = hi;
        }
        PG_RETURN_POINTER(s);
    }
    if (s->n == s->room) {
        s->n = sky_moc_normalize(s->span, s->n);
        if (s->n > s->room / 2) {
            old = MemoryContextSwitchTo(agg);
            s->room *= 2;
            s->span = repalloc_huge(s->span,
                                    (Size)s->room * sizeof(*s->span));
            MemoryContextSwitchTo(old);
        }
    }
    s->span[s->n].lo = lo;
    s->span[s->n++].hi = hi;
    PG_RETURN_POINTER(s);
}

PG_FUNCTION_INFO_V1(pgsky_moc_final);
Datum pgsky_moc_final(PG_FUNCTION_ARGS)
{
    moc_state_t *s;
    sky_span_t *copy;
    int n = 0;

    if (PG_ARGISNULL(0)) {
        return pgsky_multirange(fcinfo, NULL, 0);
    }
    s = (moc_state_t *)PG_GETARG_POINTER(0);
    copy = palloc_extended((Size)(s->n + 1) * sizeof(*copy),
                           MCXT_ALLOC_HUGE);
    memcpy(copy, s->span, (Size)s->n * sizeof(*copy));
    n = sky_moc_normalize(copy, s->n);
    return pgsky_multirange(fcinfo, copy, n);
}
