/* pgsky_histogram.c: the aggregate that counts values into bins; URL text. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define MAX_BINS 100000

typedef struct {
    double lower, upper;
    int nbins;
    int64 count[FLEXIBLE_ARRAY_MEMBER]; /* under, the bins, over */
} histogram_t;

static histogram_t *start(FunctionCallInfo fcinfo, MemoryContext agg)
{
    int nbins = PG_GETARG_INT32(4);
    histogram_t *h;

    if (nbins < 1 || nbins > MAX_BINS) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a histogram of %d bins: from 1 to %d are "
                               "allowed", nbins, MAX_BINS)));
    }
    h = MemoryContextAllocZero(agg, offsetof(histogram_t, count)
                                    + (Size)(nbins + 2) * sizeof(int64));
    h->lower = PG_GETARG_FLOAT8(2);
    h->upper = PG_GETARG_FLOAT8(3);
    h->nbins = nbins;
    if (!(h->lower < h->upper) || !isfinite(h->upper - h->lower)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("the limits of a histogram, %g and %g, must "
                               "ascend", h->lower, h->upper)));
    }
    return h;
}

/* adql_histogram_add(state, value, lower, upper, nbins): the catalogue of
 * user-defined functions counts nulls below; NaN is above all numbers, as
 * PostgreSQL orders it. */
PG_FUNCTION_INFO_V1(pgsky_histogram_add);
Datum pgsky_histogram_add(PG_FUNCTION_ARGS)
{
    MemoryContext agg;
    histogram_t *h;
    double v;
    int bin = 0;

    if (!AggCheckCallContext(fcinfo, &agg)) {
        elog(ERROR, "adql_histogram_add called outside an aggregate");
    }
    if (PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("a histogram needs limits and a number of "
                               "bins")));
    }
    h = PG_ARGISNULL(0) ? start(fcinfo, agg)
                        : (histogram_t *)PG_GETARG_POINTER(0);
    if (!PG_ARGISNULL(1)) {
        v = PG_GETARG_FLOAT8(1);
        if (isnan(v) || v >= h->upper) {
            bin = h->nbins + 1;
        }
        else if (v >= h->lower) {
            bin = 1 + (int)((v - h->lower) / (h->upper - h->lower)
                            * h->nbins);
            bin = bin > h->nbins ? h->nbins : bin;
        }
    }
    h->count[bin]++;
    PG_RETURN_POINTER(h);
}

PG_FUNCTION_INFO_V1(pgsky_histogram_final);
Datum pgsky_histogram_final(PG_FUNCTION_ARGS)
{
    histogram_t *h;
    Datum *value;
    int i;

    if (PG_ARGISNULL(0)) {
        PG_RETURN_NULL();
    }
    h = (histogram_t *)PG_GETARG_POINTER(0);
    value = palloc((Size)(h->nbins + 2) * sizeof(*value));
    for (i = 0; i < h->nbins + 2; i++) {
        if (h->count[i] > PG_INT32_MAX) {
            ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                            errmsg("a bin of the histogram has more than %d "
                                   "values", PG_INT32_MAX)));
        }
        value[i] = Int32GetDatum((int32)h->count[i]);
    }
    PG_RETURN_ARRAYTYPE_P(construct_array(value, h->nbins + 2, INT4OID,
                                          sizeof(int32), true,
                                          TYPALIGN_INT));
}

/* Percent-encoding of all but the unreserved characters (RFC 3986, section
 * 2.3) and the slash. */
PG_FUNCTION_INFO_V1(pgsky_urlescape);
Datum pgsky_urlescape(PG_FUNCTION_ARGS)
{
    text *t = PG_GETARG_TEXT_PP(0);
    const unsigned char *p = (const unsigned char *)VARDATA_ANY(t);
    int i, n = (int)VARSIZE_ANY_EXHDR(t);
    StringInfoData out;

    initStringInfo(&out);
    for (i = 0; i < n; i++) {
        if ((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'A' && p[i] <= 'Z')
            || (p[i] >= 'a' && p[i] <= 'z')
            || (p[i] != '\0' && strchr("-._~/", p[i]) != NULL)) {
            appendStringInfoCharMacro(&out, (char)p[i]);
        }
        else {
            appendStringInfo(&out, "%%%02X", p[i]);
        }
    }
    PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
