/* pgsky.h: what the files of the PostgreSQL extension share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#ifndef PGSKY_H
#define PGSKY_H

#include "postgres.h"

#include "fmgr.h"

#include "sky.h"

/* A stored sky_region: the head keeps the shape at a multiple of 8. */
typedef struct {
    int32 vl_len_;              /* varlena header, do not touch */
    int32 format;               /* PGSKY_FORMAT */
} pgsky_region_t;

#define PGSKY_FORMAT 1
#define PGSKY_MAX_BUDGET 1000000

#define DatumGetRegion(d) ((pgsky_region_t *)PG_DETOAST_DATUM(d))
#define PG_GETARG_SHAPE(n) pgsky_shape(DatumGetRegion(PG_GETARG_DATUM(n)))

/* The shape inside a detoasted region; an unknown format is an error. */
const sky_shape_t *pgsky_shape(const pgsky_region_t *region);

/* A palloc'ed region around a copy of SHAPE. */
pgsky_region_t *pgsky_wrap(const sky_shape_t *shape);

/* palloc in the current context as the library's allocator. */
extern const sky_alloc_t pgsky_alloc;

/* Raise the library's error as PostgreSQL's. */
void pgsky_raise(const sky_err_t *err) pg_attribute_noreturn();

/* SHAPE, or raise ERR when it is NULL; as a Datum. */
Datum pgsky_made(const sky_shape_t *shape, const sky_err_t *err);

/* The shape of argument N, kept in the function's state as long as the caller
 * passes the same (detoasting and finding it costs more than using it). */
const sky_shape_t *pgsky_cached_shape(FunctionCallInfo fcinfo, int n);

/* Raise unless DEC is a latitude and RA finite. */
void pgsky_check_position(double ra_deg, double dec_deg);

/* int8multirange values. */
Datum pgsky_multirange(FunctionCallInfo fcinfo, const sky_span_t *spans,
                       int n);
sky_span_t *pgsky_spans(Datum multirange, int *n);

#endif /* PGSKY_H */
