/* pgsky_array.c: arithmetic on arrays, as in the IVOA note ADQLVectorMath. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/float.h"

/* An array of numbers, walked element by element. */
typedef struct {
    const char *at;             /* the next value that is not null */
    const bits8 *nulls;         /* NULL: there are none */
    int n;
    int i;                      /* elements passed */
    Oid type;
    bool is_double;             /* results need float8 */
} walk_t;

static void walk_start(walk_t *w, ArrayType *a)
{
    Oid type = ARR_ELEMTYPE(a);

    if (ARR_NDIM(a) > 1) {
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("an array of one dimension is needed, not "
                               "of %d", ARR_NDIM(a))));
    }
    if (type != FLOAT4OID && type != FLOAT8OID && type != INT2OID
        && type != INT4OID && type != INT8OID) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("an array of numbers is needed")));
    }
    w->at = ARR_DATA_PTR(a);
    w->nulls = ARR_NULLBITMAP(a);
    w->n = ArrayGetNItems(ARR_NDIM(a), ARR_DIMS(a));
    w->i = 0;
    w->type = type;
    w->is_double = type != FLOAT4OID;
}

#define TAKE(type)                                                          \
    do {                                                                    \
        type value_;                                                        \
        memcpy(&value_, w->at, sizeof(value_));                             \
        w->at += sizeof(value_);                                            \
        *v = (double)value_;                                                \
    } while (0)

/* The next element; false if it is null. */
static inline bool walk_next(walk_t *w, double *v)
{
    int i = w->i++;

    if (w->nulls != NULL && !(w->nulls[i / 8] & (1 << (i % 8)))) {
        return false;
    }
    switch (w->type) {
    case FLOAT4OID:
        TAKE(float4);
        break;
    case FLOAT8OID:
        TAKE(float8);
        break;
    case INT2OID:
        TAKE(int16);
        break;
    case INT4OID:
        TAKE(int32);
        break;
    default:
        TAKE(int64);
        break;
    }
    return true;
}

/* ---- one number of an array -------------------------------------------- */

typedef struct {
    int n;
    double sum;
    double min;
    double max;
    double mean;
    double m2;                  /* sum of squares about the mean */
} stat_t;

static void statistics(ArrayType *a, stat_t *s, bool with_spread)
{
    walk_t w;
    double v;

    memset(s, 0, sizeof(*s));
    walk_start(&w, a);
    while (w.i < w.n) {
        if (!walk_next(&w, &v)) {
            continue;
        }
        s->n++;
        s->sum += v;
        /* NaN is the largest, as PostgreSQL orders it */
        if (s->n == 1 || v < s->min || isnan(s->min)) {
            s->min = v;
        }
        if (s->n == 1 || v > s->max || isnan(v)) {
            s->max = v;
        }
        if (with_spread) {
            double d = v - s->mean;

            s->mean += d / s->n;
            s->m2 += d * (v - s->mean);
        }
    }
}

#define RETURN_AS_ELEMENT(a, v)                                             \
    do {                                                                    \
        if (ARR_ELEMTYPE(a) == FLOAT4OID) {                                 \
            PG_RETURN_FLOAT4((float4)(v));                                  \
        }                                                                   \
        PG_RETURN_FLOAT8(v);                                                \
    } while (0)

PG_FUNCTION_INFO_V1(pgsky_arr_sum);
Datum pgsky_arr_sum(PG_FUNCTION_ARGS)
{
    ArrayType *a = PG_GETARG_ARRAYTYPE_P(0);
    stat_t s;

    statistics(a, &s, false);
    if (s.n == 0) {
        PG_RETURN_NULL();
    }
    RETURN_AS_ELEMENT(a, s.sum);
}

PG_FUNCTION_INFO_V1(pgsky_arr_avg);
Datum pgsky_arr_avg(PG_FUNCTION_ARGS)
{
    ArrayType *a = PG_GETARG_ARRAYTYPE_P(0);
    stat_t s;

    statistics(a, &s, false);
    if (s.n == 0) {
        PG_RETURN_NULL();
    }
    RETURN_AS_ELEMENT(a, s.sum / s.n);
}

PG_FUNCTION_INFO_V1(pgsky_arr_min);
Datum pgsky_arr_min(PG_FUNCTION_ARGS)
{
    ArrayType *a = PG_GETARG_ARRAYTYPE_P(0);
    stat_t s;

    statistics(a, &s, false);
    if (s.n == 0) {
        PG_RETURN_NULL();
    }
    RETURN_AS_ELEMENT(a, s.min);
}

PG_FUNCTION_INFO_V1(pgsky_arr_max);
Datum pgsky_arr_max(PG_FUNCTION_ARGS)
{
    ArrayType *a = PG_GETARG_ARRAYTYPE_P(0);
    stat_t s;

    statistics(a, &s, false);
    if (s.n == 0) {
        PG_RETURN_NULL();
    }
    RETURN_AS_ELEMENT(a, s.max);
}

PG_FUNCTION_INFO_V1(pgsky_arr_count);
Datum pgsky_arr_count(PG_FUNCTION_ARGS)
{
    stat_t s;

    statistics(PG_GETARG_ARRAYTYPE_P(0), &s, false);
    PG_RETURN_INT32(s.n);
}

/* Of the sample (n - 1), as SQL's STDDEV; null for fewer than two. */
PG_FUNCTION_INFO_V1(pgsky_arr_stddev);
Datum pgsky_arr_stddev(PG_FUNCTION_ARGS)
{
    ArrayType *a = PG_GETARG_ARRAYTYPE_P(0);
    stat_t s;

    statistics(a, &s, true);
    if (s.n < 2) {
        PG_RETURN_NULL();
    }
    RETURN_AS_ELEMENT(a, sqrt(s.m2 / (s.n - 1)));
}

/* ---- element by element ------------------------------------------------ */

enum { ADD, SUB, MUL, DIV };

static inline double operate(int op, double a, double b)
{
    switch (op) {
    case ADD:
        return a + b;
    case SUB:
        return a - b;
    case MUL:
        return a * b;
    default:
        if (b == 0.0) {
            float_zero_divide_error();
        }
        return a / b;
    }
}

static void need_same(const walk_t *a, const walk_t *b)
{
    if (a->n != b->n) {
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("arrays of %d and %d elements cannot be "
                               "combined", a->n, b->n)));
    }
}

typedef struct {
    ArrayType *array;
    char *at;
    bits8 *nulls;
    bool is_double;
    int i;
} build_t;

/* Room for N elements; with a null bitmap only when some may be null. */
static void build_start(build_t *b, int n, bool is_double, bool with_nulls)
{
    Size head = with_nulls ? ARR_OVERHEAD_WITHNULLS(1, n)
                           : ARR_OVERHEAD_NONULLS(1);
    Size size = head + (Size)n * (is_double ? 8 : 4);
    ArrayType *a;

    memset(b, 0, sizeof(*b));
    b->is_double = is_double;
    if (n == 0) {
        b->array = construct_empty_array(is_double ? FLOAT8OID : FLOAT4OID);
        return;
    }
    a = palloc0(size);
    a->ndim = 1;
    a->dataoffset = with_nulls ? (int32)head : 0;
    a->elemtype = is_double ? FLOAT8OID : FLOAT4OID;
    ARR_DIMS(a)[0] = n;
    ARR_LBOUND(a)[0] = 1;
    b->array = a;
    b->at = ARR_DATA_PTR(a);
    b->nulls = ARR_NULLBITMAP(a);
}

static inline void build_next(build_t *b, bool is_set, double v)
{
    int i = b->i++;

    if (!is_set) {
        return;                 /* its bit stays 0 */
    }
    if (b->nulls != NULL) {
        b->nulls[i / 8] |= (bits8)(1 << (i % 8));
    }
    if (b->is_double) {
        memcpy(b->at, &v, sizeof(v));
        b->at += sizeof(v);
    }
    else {
        float4 f = (float4)v;

        memcpy(b->at, &f, sizeof(f));
        b->at += sizeof(f);
    }
}

static Datum build_end(build_t *b)
{
    if (b->at != NULL) {
        SET_VARSIZE(b->array, b->at - (char *)b->array);
    }
    return PointerGetDatum(b->array);
}

static Datum array_array(FunctionCallInfo fcinfo, int op)
{
    walk_t a, b;
    build_t out;

    walk_start(&a, PG_GETARG_ARRAYTYPE_P(0));
    walk_start(&b, PG_GETARG_ARRAYTYPE_P(1));
    need_same(&a, &b);
    build_start(&out, a.n, a.is_double || b.is_double,
                a.nulls != NULL || b.nulls != NULL);
    while (a.i < a.n) {
        double x = 0.0, y = 0.0;
        bool is_a = walk_next(&a, &x), is_b = walk_next(&b, &y);

        build_next(&out, is_a && is_b,
                   is_a && is_b ? operate(op, x, y) : 0.0);
    }
    return build_end(&out);
}

/* A number does not widen the array: mag_auto - 0.5 stays real[]. */
static Datum array_scalar(FunctionCallInfo fcinfo, int op, int which)
{
    double s = PG_GETARG_FLOAT8(1 - which), x = 0.0;
    build_t out;
    walk_t a;

    walk_start(&a, PG_GETARG_ARRAYTYPE_P(which));
    build_start(&out, a.n, a.is_double, a.nulls != NULL);
    while (a.i < a.n) {
        bool is_a = walk_next(&a, &x);

        build_next(&out, is_a, !is_a ? 0.0
                               : which == 0 ? operate(op, x, s)
                                            : operate(op, s, x));
    }
    return build_end(&out);
}

#define ARRAY_OPERATION(name, op)                                           \
    PG_FUNCTION_INFO_V1(pgsky_arr_##name);                                  \
    Datum pgsky_arr_##name(PG_FUNCTION_ARGS)                                \
    {                                                                       \
        return array_array(fcinfo, op);                                     \
    }                                                                       \
    PG_FUNCTION_INFO_V1(pgsky_arr_##name##_number);                         \
    Datum pgsky_arr_##name##_number(PG_FUNCTION_ARGS)                       \
    {                                                                       \
        return array_scalar(fcinfo, op, 0);                                 \
    }                                                                       \
    PG_FUNCTION_INFO_V1(pgsky_number_arr_##name);                           \
    Datum pgsky_number_arr_##name(PG_FUNCTION_ARGS)                         \
    {                                                                       \
        return array_scalar(fcinfo, op, 1);                                 \
    }

ARRAY_OPERATION(add, ADD)
ARRAY_OPERATION(sub, SUB)
ARRAY_OPERATION(mul, MUL)
ARRAY_OPERATION(div, DIV)

PG_FUNCTION_INFO_V1(pgsky_arr_neg);
Datum pgsky_arr_neg(PG_FUNCTION_ARGS)
{
    double x = 0.0;
    build_t out;
    walk_t a;

    walk_start(&a, PG_GETARG_ARRAYTYPE_P(0));
    build_start(&out, a.n, a.is_double, a.nulls != NULL);
    while (a.i < a.n) {
        bool is_a = walk_next(&a, &x);

        build_next(&out, is_a, -x);
    }
    return build_end(&out);
}

/* Pairs with a null are left out; null when nothing is left. */
PG_FUNCTION_INFO_V1(pgsky_arr_dot);
Datum pgsky_arr_dot(PG_FUNCTION_ARGS)
{
    double sum = 0.0;
    walk_t a, b;
    int n = 0;

    walk_start(&a, PG_GETARG_ARRAYTYPE_P(0));
    walk_start(&b, PG_GETARG_ARRAYTYPE_P(1));
    need_same(&a, &b);
    while (a.i < a.n) {
        double x, y;
        bool is_a = walk_next(&a, &x), is_b = walk_next(&b, &y);

        if (is_a && is_b) {
            sum += x * y;
            n++;
        }
    }
    if (n == 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_FLOAT8(sum);
}
