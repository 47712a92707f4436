/* pgsky_number.c: ADQL's number functions that PostgreSQL lacks. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <math.h>

#include "common/pg_prng.h"
#include "utils/float.h"

/* The nearest double to a whole number times 10^-N. Scaling by powers of ten
 * above 10^22 is not exact, but there nothing is left to round. */
static double at_digits(double x, int n, double (*whole)(double))
{
    double f, scaled, back;

    if (!isfinite(x) || x == 0.0) {
        return x;
    }
    if (n > 308 || fabs(x) >= 4503599627370496.0) {
        if (n >= 0) {
            return x;           /* a whole number, or all digits asked for */
        }
    }
    if (n < -308) {
        return 0.0;
    }
    f = pow(10.0, abs(n));
    scaled = n >= 0 ? x * f : x / f;
    if (!isfinite(scaled) || fabs(scaled) >= 4503599627370496.0) {
        return x;
    }
    /* 1.005 * 100 is 100.49999999999999: if the decimal number meant is
     * within rounding of a half or whole, take that */
    back = rint(scaled * 2.0) / 2.0;
    if (fabs(scaled - back) <= fabs(scaled) * 2.3e-16) {
        scaled = back;
    }
    scaled = whole(scaled);
    return n >= 0 ? scaled / f : scaled * f;
}

PG_FUNCTION_INFO_V1(pgsky_round);
Datum pgsky_round(PG_FUNCTION_ARGS)
{
    PG_RETURN_FLOAT8(at_digits(PG_GETARG_FLOAT8(0), PG_GETARG_INT32(1),
                               round));
}

PG_FUNCTION_INFO_V1(pgsky_truncate);
Datum pgsky_truncate(PG_FUNCTION_ARGS)
{
    PG_RETURN_FLOAT8(at_digits(PG_GETARG_FLOAT8(0), PG_GETARG_INT32(1),
                               trunc));
}

PG_FUNCTION_INFO_V1(pgsky_mod);
Datum pgsky_mod(PG_FUNCTION_ARGS)
{
    double y = PG_GETARG_FLOAT8(1);

    if (y == 0.0) {
        float_zero_divide_error();
    }
    PG_RETURN_FLOAT8(fmod(PG_GETARG_FLOAT8(0), y));
}

PG_FUNCTION_INFO_V1(pgsky_cot);
Datum pgsky_cot(PG_FUNCTION_ARGS)
{
    double t = tan(PG_GETARG_FLOAT8(0));

    if (t == 0.0) {
        float_zero_divide_error();
    }
    PG_RETURN_FLOAT8(1.0 / t);
}

/* ADQL's RAND(seed): the seed starts a series for this place in the query, so
 * that each row gets its own number and a repeated query the same ones. */
typedef struct {
    int32 seed;
    pg_prng_state state;
} series_t;

PG_FUNCTION_INFO_V1(pgsky_rand);
Datum pgsky_rand(PG_FUNCTION_ARGS)
{
    int32 seed = PG_GETARG_INT32(0);
    series_t *s = fcinfo->flinfo->fn_extra;

    if (s == NULL || s->seed != seed) {
        if (s == NULL) {
            s = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(*s));
            fcinfo->flinfo->fn_extra = s;
        }
        s->seed = seed;
        pg_prng_seed(&s->state, (uint64)(uint32)seed);
    }
    PG_RETURN_FLOAT8(pg_prng_double(&s->state));
}
