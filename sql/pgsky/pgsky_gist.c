/* pgsky_gist.c: GiST over regions by boxes around them on the unit sphere. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <float.h>
#include <math.h>

#include "access/gist.h"
#include "access/stratnum.h"

/* What the index stores: min x, y, z, max x, y, z, rounded outwards. */
typedef struct {
    float4 v[6];
} pgsky_key_t;

#define DatumGetKey(d) ((pgsky_key_t *)DatumGetPointer(d))

static pgsky_key_t *key_of(const sky_shape_t *s)
{
    pgsky_key_t *key = palloc(sizeof(*key));
    double b[6];
    int k;

    sky_shape_bounds(s, b);
    for (k = 0; k < 3; k++) {
        key->v[k] = nextafterf((float)b[k], -2.0f);
        key->v[k + 3] = nextafterf((float)b[k + 3], 2.0f);
    }
    return key;
}

static bool key_overlaps(const pgsky_key_t *a, const pgsky_key_t *b)
{
    int k;

    for (k = 0; k < 3; k++) {
        if (a->v[k] > b->v[k + 3] || b->v[k] > a->v[k + 3]) {
            return false;
        }
    }
    return true;
}

static bool key_contains(const pgsky_key_t *a, const pgsky_key_t *b)
{
    int k;

    for (k = 0; k < 3; k++) {
        if (a->v[k] > b->v[k] || a->v[k + 3] < b->v[k + 3]) {
            return false;
        }
    }
    return true;
}

static void key_extend(pgsky_key_t *a, const pgsky_key_t *b)
{
    int k;

    for (k = 0; k < 3; k++) {
        a->v[k] = b->v[k] < a->v[k] ? b->v[k] : a->v[k];
        a->v[k + 3] = b->v[k + 3] > a->v[k + 3] ? b->v[k + 3] : a->v[k + 3];
    }
}

/* Half the surface: unlike the volume it is not zero for flat boxes. */
static double key_size(const pgsky_key_t *a)
{
    double x = a->v[3] - a->v[0], y = a->v[4] - a->v[1];
    double z = a->v[5] - a->v[2];

    return x * y + y * z + z * x;
}

PG_FUNCTION_INFO_V1(pgsky_key_in);
Datum pgsky_key_in(PG_FUNCTION_ARGS)
{
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("sky_key lives in indexes only")));
    PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(pgsky_key_out);
Datum pgsky_key_out(PG_FUNCTION_ARGS)
{
    const pgsky_key_t *key = DatumGetKey(PG_GETARG_DATUM(0));

    PG_RETURN_CSTRING(psprintf("(%.9g, %.9g, %.9g, %.9g, %.9g, %.9g)",
                               key->v[0], key->v[1], key->v[2], key->v[3],
                               key->v[4], key->v[5]));
}

PG_FUNCTION_INFO_V1(pgsky_gist_compress);
Datum pgsky_gist_compress(PG_FUNCTION_ARGS)
{
    GISTENTRY *entry = (GISTENTRY *)PG_GETARG_POINTER(0), *made;

    if (!entry->leafkey) {
        PG_RETURN_POINTER(entry);
    }
    made = palloc(sizeof(*made));
    gistentryinit(*made,
                  PointerGetDatum(key_of(pgsky_shape(
                      DatumGetRegion(entry->key)))),
                  entry->rel, entry->page, entry->offset, false);
    PG_RETURN_POINTER(made);
}

PG_FUNCTION_INFO_V1(pgsky_gist_consistent);
Datum pgsky_gist_consistent(PG_FUNCTION_ARGS)
{
    GISTENTRY *entry = (GISTENTRY *)PG_GETARG_POINTER(0);
    StrategyNumber strategy = (StrategyNumber)PG_GETARG_UINT16(2);
    bool *recheck = (bool *)PG_GETARG_POINTER(4);
    const pgsky_key_t *key = DatumGetKey(entry->key);
    const sky_shape_t *shape = PG_GETARG_SHAPE(1);
    pgsky_key_t *query = key_of(shape);

    *recheck = true;
    /* boxes are around bounding circles, so one shape may hold another whose
     * box sticks out; of points and circles the box is exact */
    if (strategy == RTContainsStrategyNumber
        && (sky_shape_kind(shape) == SKY_POINT
            || sky_shape_kind(shape) == SKY_CIRCLE)) {
        PG_RETURN_BOOL(key_contains(key, query));
    }
    PG_RETURN_BOOL(key_overlaps(key, query));
}

PG_FUNCTION_INFO_V1(pgsky_gist_union);
Datum pgsky_gist_union(PG_FUNCTION_ARGS)
{
    GistEntryVector *v = (GistEntryVector *)PG_GETARG_POINTER(0);
    int *size = (int *)PG_GETARG_POINTER(1);
    pgsky_key_t *all = palloc(sizeof(*all));
    int i;

    *all = *DatumGetKey(v->vector[0].key);
    for (i = 1; i < v->n; i++) {
        key_extend(all, DatumGetKey(v->vector[i].key));
    }
    *size = sizeof(*all);
    PG_RETURN_POINTER(all);
}

PG_FUNCTION_INFO_V1(pgsky_gist_penalty);
Datum pgsky_gist_penalty(PG_FUNCTION_ARGS)
{
    GISTENTRY *have = (GISTENTRY *)PG_GETARG_POINTER(0);
    GISTENTRY *add = (GISTENTRY *)PG_GETARG_POINTER(1);
    float *penalty = (float *)PG_GETARG_POINTER(2);
    pgsky_key_t both = *DatumGetKey(have->key);

    key_extend(&both, DatumGetKey(add->key));
    *penalty = (float)(key_size(&both) - key_size(DatumGetKey(have->key)));
    PG_RETURN_POINTER(penalty);
}

PG_FUNCTION_INFO_V1(pgsky_gist_same);
Datum pgsky_gist_same(PG_FUNCTION_ARGS)
{
    bool *same = (bool *)PG_GETARG_POINTER(2);

    *same = memcmp(DatumGetKey(PG_GETARG_DATUM(0)),
                   DatumGetKey(PG_GETARG_DATUM(1)), sizeof(pgsky_key_t))
            == 0;
    PG_RETURN_POINTER(same);
}

typedef struct {
    double at;
    OffsetNumber offset;
} order_t;

static int compare_order(const void *a, const void *b)
{
    double x = ((const order_t *)a)->at, y = ((const order_t *)b)->at;

    return (x > y) - (x < y);
}

/* Sort along the axis where the middles are spread most, cut in the middle:
 * regions are small and alike, so finer schemes gain little. */
PG_FUNCTION_INFO_V1(pgsky_gist_picksplit);
Datum pgsky_gist_picksplit(PG_FUNCTION_ARGS)
{
    GistEntryVector *v = (GistEntryVector *)PG_GETARG_POINTER(0);
    GIST_SPLITVEC *out = (GIST_SPLITVEC *)PG_GETARG_POINTER(1);
    int n = v->n - 1, i, k, axis = 0, left = n / 2;
    order_t *order = palloc((Size)n * sizeof(*order));
    double best = -1.0;
    pgsky_key_t *l = NULL, *r = NULL;

    for (k = 0; k < 3; k++) {
        double lo = DBL_MAX, hi = -DBL_MAX;

        for (i = 1; i <= n; i++) {
            const pgsky_key_t *key = DatumGetKey(v->vector[i].key);
            double mid = (double)key->v[k] + key->v[k + 3];

            lo = mid < lo ? mid : lo;
            hi = mid > hi ? mid : hi;
        }
        if (hi - lo > best) {
            best = hi - lo;
            axis = k;
        }
    }
    for (i = 1; i <= n; i++) {
        const pgsky_key_t *key = DatumGetKey(v->vector[i].key);

        order[i - 1].at = (double)key->v[axis] + key->v[axis + 3];
        order[i - 1].offset = (OffsetNumber)i;
    }
    qsort(order, (size_t)n, sizeof(*order), compare_order);
    out->spl_left = palloc((Size)(n + 1) * sizeof(OffsetNumber));
    out->spl_right = palloc((Size)(n + 1) * sizeof(OffsetNumber));
    out->spl_nleft = out->spl_nright = 0;
    for (i = 0; i < n; i++) {
        const pgsky_key_t *key =
            DatumGetKey(v->vector[order[i].offset].key);
        pgsky_key_t **side = i < left ? &l : &r;

        if (*side == NULL) {
            *side = palloc(sizeof(**side));
            **side = *key;
        }
        else {
            key_extend(*side, key);
        }
        if (i < left) {
            out->spl_left[out->spl_nleft++] = order[i].offset;
        }
        else {
            out->spl_right[out->spl_nright++] = order[i].offset;
        }
    }
    out->spl_ldatum = PointerGetDatum(l);
    out->spl_rdatum = PointerGetDatum(r);
    PG_RETURN_POINTER(out);
}
