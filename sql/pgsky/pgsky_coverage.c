/* pgsky_coverage.c: MOCs of shapes and their algebra, as regions. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

/* sky_moc_of(order, region) */
PG_FUNCTION_INFO_V1(pgsky_moc_of);
Datum pgsky_moc_of(PG_FUNCTION_ARGS)
{
    sky_err_t err;

    return pgsky_made(sky_moc_of(&pgsky_alloc, PG_GETARG_SHAPE(1),
                                 PG_GETARG_INT32(0), &err), &err);
}

static const sky_span_t *spans_of(const sky_shape_t *s, int *n, int *order)
{
    if (sky_shape_kind(s) != SKY_MOC) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a MOC is needed here"),
                        errhint("Make one of another shape at an order.")));
    }
    *order = sky_shape_moc_order(s) > *order ? sky_shape_moc_order(s)
                                             : *order;
    return sky_shape_spans(s, n);
}

static Datum combine(FunctionCallInfo fcinfo,
                     int (*with)(const sky_span_t *a, int na,
                                 const sky_span_t *b, int nb,
                                 sky_span_t *out))
{
    int na, nb, n, order = 0;
    const sky_span_t *a = spans_of(PG_GETARG_SHAPE(0), &na, &order);
    const sky_span_t *b = spans_of(PG_GETARG_SHAPE(1), &nb, &order);
    sky_span_t *out = palloc_extended((Size)(na + nb + 1) * sizeof(*out),
                                      MCXT_ALLOC_HUGE);
    sky_err_t err;

    n = with(a, na, b, nb, out);
    return pgsky_made(sky_make_moc(&pgsky_alloc, n, out, order, &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_moc_union);
Datum pgsky_moc_union(PG_FUNCTION_ARGS)
{
    return combine(fcinfo, sky_moc_or);
}

PG_FUNCTION_INFO_V1(pgsky_moc_intersect);
Datum pgsky_moc_intersect(PG_FUNCTION_ARGS)
{
    return combine(fcinfo, sky_moc_and);
}

PG_FUNCTION_INFO_V1(pgsky_moc_minus);
Datum pgsky_moc_minus(PG_FUNCTION_ARGS)
{
    return combine(fcinfo, sky_moc_difference);
}
