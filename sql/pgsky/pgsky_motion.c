/* pgsky_motion.c: frames, epochs and sexagesimal text. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

static int frame_of(const text *name)
{
    int frame = sky_frame(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));

    if (frame < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("there is no frame \"%s\"",
                               text_to_cstring(name))));
    }
    return frame;
}

/* sky_transform(from, to, region) */
PG_FUNCTION_INFO_V1(pgsky_transform);
Datum pgsky_transform(PG_FUNCTION_ARGS)
{
    int from = frame_of(PG_GETARG_TEXT_PP(0));
    int to = frame_of(PG_GETARG_TEXT_PP(1));
    sky_err_t err;

    return pgsky_made(sky_transform(&pgsky_alloc, PG_GETARG_SHAPE(2), from,
                                    to, &err), &err);
}

/* ra, dec, parallax, pmra, pmdec, radial velocity, from, to: nulls are unknown
 * values, but position and epochs must be there. */
static void propagate(FunctionCallInfo fcinfo, double out[SKY_ASTROMETRY])
{
    double in[SKY_ASTROMETRY];
    int i;

    for (i = 0; i < 8; i++) {
        if (PG_ARGISNULL(i) && (i < 2 || i > 5)) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("a star needs a position and two epochs "
                                   "to be moved")));
        }
        if (i < SKY_ASTROMETRY) {
            in[i] = PG_ARGISNULL(i) ? NAN : PG_GETARG_FLOAT8(i);
        }
    }
    pgsky_check_position(in[0], in[1]);
    if (sky_epoch_prop(in, PG_GETARG_FLOAT8(7) - PG_GETARG_FLOAT8(6), out)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a star of this motion cannot be followed "
                               "from epoch %g to %g", PG_GETARG_FLOAT8(6),
                               PG_GETARG_FLOAT8(7))));
    }
}

PG_FUNCTION_INFO_V1(pgsky_epoch_prop_pos);
Datum pgsky_epoch_prop_pos(PG_FUNCTION_ARGS)
{
    double out[SKY_ASTROMETRY];
    sky_err_t err;

    propagate(fcinfo, out);
    return pgsky_made(sky_make_point(&pgsky_alloc, out[0], out[1], &err),
                      &err);
}

PG_FUNCTION_INFO_V1(pgsky_epoch_prop);
Datum pgsky_epoch_prop(PG_FUNCTION_ARGS)
{
    double out[SKY_ASTROMETRY];
    Datum value[SKY_ASTROMETRY];
    bool nulls[SKY_ASTROMETRY];
    int dims = SKY_ASTROMETRY, lower = 1, i;

    propagate(fcinfo, out);
    for (i = 0; i < SKY_ASTROMETRY; i++) {
        nulls[i] = isnan(out[i]);
        value[i] = Float8GetDatum(out[i]);
    }
    PG_RETURN_ARRAYTYPE_P(construct_md_array(value, nulls, 1, &dims, &lower,
                                             FLOAT8OID, sizeof(float8),
                                             FLOAT8PASSBYVAL,
                                             TYPALIGN_DOUBLE));
}

static Datum read_degrees(FunctionCallInfo fcinfo,
                          double (*read)(const char *text, const char *end))
{
    text *t = PG_GETARG_TEXT_PP(0);
    double v = read(VARDATA_ANY(t), VARDATA_ANY(t) + VARSIZE_ANY_EXHDR(t));

    if (isnan(v)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_FLOAT8(v);
}

PG_FUNCTION_INFO_V1(pgsky_hms);
Datum pgsky_hms(PG_FUNCTION_ARGS)
{
    return read_degrees(fcinfo, sky_hms_degrees);
}

PG_FUNCTION_INFO_V1(pgsky_dms);
Datum pgsky_dms(PG_FUNCTION_ARGS)
{
    return read_degrees(fcinfo, sky_dms_degrees);
}
