/* pgsky_region.c: the type sky_region: input, output, construction. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

static void *take(void *baton, size_t size)
{
    (void)baton;
    return palloc_extended(size, MCXT_ALLOC_NO_OOM);
}

const sky_alloc_t pgsky_alloc = { take, NULL };

void pgsky_raise(const sky_err_t *err)
{
    int code = ERRCODE_INVALID_PARAMETER_VALUE;

    switch (err->code) {
    case SKY_ERR_SYNTAX:
        code = ERRCODE_INVALID_TEXT_REPRESENTATION;
        break;
    case SKY_ERR_UNSUPPORTED:
        code = ERRCODE_FEATURE_NOT_SUPPORTED;
        break;
    case SKY_ERR_MEMORY:
        code = ERRCODE_OUT_OF_MEMORY;
        break;
    default:
        break;
    }
    ereport(ERROR, (errcode(code), errmsg("%s", err->text)));
}

const sky_shape_t *pgsky_shape(const pgsky_region_t *region)
{
    if (VARSIZE(region) < sizeof(*region) + 8
        || region->format != PGSKY_FORMAT) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("not a sky_region of this version")));
    }
    return (const sky_shape_t *)(const void *)(region + 1);
}

pgsky_region_t *pgsky_wrap(const sky_shape_t *shape)
{
    Size size = sizeof(pgsky_region_t) + sky_shape_size(shape);
    pgsky_region_t *region = palloc(size);

    SET_VARSIZE(region, size);
    region->format = PGSKY_FORMAT;
    memcpy(region + 1, shape, sky_shape_size(shape));
    return region;
}

Datum pgsky_made(const sky_shape_t *shape, const sky_err_t *err)
{
    if (shape == NULL) {
        pgsky_raise(err);
    }
    return PointerGetDatum(pgsky_wrap(shape));
}

typedef struct {
    Size size;                  /* of the value as passed */
    void *value;                /* a copy of it, to compare with */
    pgsky_region_t *region;     /* detoasted */
} cached_t;

const sky_shape_t *pgsky_cached_shape(FunctionCallInfo fcinfo, int n)
{
    struct varlena *v = (struct varlena *)PG_GETARG_POINTER(n);
    cached_t *c = fcinfo->flinfo != NULL ? fcinfo->flinfo->fn_extra : NULL;
    MemoryContext old;
    Size size;

    if (fcinfo->flinfo == NULL || VARATT_IS_EXTERNAL_EXPANDED(v)) {
        return PG_GETARG_SHAPE(n);
    }
    size = VARSIZE_ANY(v);
    if (c != NULL && c->size == size && memcmp(c->value, v, size) == 0) {
        return pgsky_shape(c->region);
    }
    old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    if (c == NULL) {
        c = palloc0(sizeof(*c));
        fcinfo->flinfo->fn_extra = c;
    }
    if (c->value != NULL) {
        pfree(c->value);
        pfree(c->region);
        c->value = NULL;
        c->size = 0;
    }
    c->region = (pgsky_region_t *)PG_DETOAST_DATUM_COPY(PointerGetDatum(v));
    c->value = palloc(size);
    memcpy(c->value, v, size);
    c->size = size;
    MemoryContextSwitchTo(old);
    return pgsky_shape(c->region);
}

void pgsky_check_position(double ra_deg, double dec_deg)
{
    if (!isfinite(ra_deg)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("longitude %g is not a finite number",
                               ra_deg)));
    }
    if (!(dec_deg >= -90.0 && dec_deg <= 90.0)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("latitude %.17g is outside [-90, 90]",
                               dec_deg)));
    }
}

/* ---- text and binary --------------------------------------------------- */

PG_FUNCTION_INFO_V1(pgsky_in_text);
Datum pgsky_in_text(PG_FUNCTION_ARGS)
{
    sky_err_t err;

    return pgsky_made(sky_parse(&pgsky_alloc, PG_GETARG_CSTRING(0), &err),
                      &err);
}

PG_FUNCTION_INFO_V1(pgsky_from_text);
Datum pgsky_from_text(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));

    return pgsky_made(sky_parse(&pgsky_alloc, given, &err), &err);
}

static char *stcs(const sky_shape_t *s)
{
    char *text = sky_format_stcs(&pgsky_alloc, s);

    if (text == NULL) {
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
                        errmsg("out of memory")));
    }
    return text;
}

PG_FUNCTION_INFO_V1(pgsky_out_text);
Datum pgsky_out_text(PG_FUNCTION_ARGS)
{
    PG_RETURN_CSTRING(stcs(PG_GETARG_SHAPE(0)));
}

PG_FUNCTION_INFO_V1(pgsky_stcs);
Datum pgsky_stcs(PG_FUNCTION_ARGS)
{
    PG_RETURN_TEXT_P(cstring_to_text(stcs(PG_GETARG_SHAPE(0))));
}

PG_FUNCTION_INFO_V1(pgsky_dali_text);
Datum pgsky_dali_text(PG_FUNCTION_ARGS)
{
    char *text = sky_format_dali(&pgsky_alloc, PG_GETARG_SHAPE(0));

    if (text == NULL) {
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
                        errmsg("out of memory")));
    }
    PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* On the wire: kind, then its defining values; everything derived is made
 * again, so a hostile client cannot send an inconsistent block. */
static void send_shape(StringInfo buf, const sky_shape_t *s)
{
    int i, n, kind = sky_shape_kind(s);
    const double *d = sky_shape_numbers(s, &n);
    const sky_span_t *spans;

    pq_sendint8(buf, (uint8)kind);
    if (kind == SKY_MOC) {
        spans = sky_shape_spans(s, &n);
        pq_sendint32(buf, (uint32)sky_shape_moc_order(s));
        pq_sendint32(buf, (uint32)n);
        for (i = 0; i < n; i++) {
            pq_sendint64(buf, (uint64)spans[i].lo);
            pq_sendint64(buf, (uint64)spans[i].hi);
        }
        return;
    }
    if (kind == SKY_UNION) {
        n = sky_shape_member_count(s);
        pq_sendint32(buf, (uint32)n);
        for (i = 0; i < n; i++) {
            send_shape(buf, sky_shape_member(s, i));
        }
        return;
    }
    pq_sendint32(buf, (uint32)n);
    for (i = 0; i < n; i++) {
        pq_sendfloat8(buf, d[i]);
    }
}

static sky_shape_t *bad_binary(void)
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                    errmsg("not a binary sky_region")));
    return NULL;
}

static sky_shape_t *receive_shape(StringInfo buf, int depth, sky_err_t *err)
{
    int kind = pq_getmsgbyte(buf), order = 0, i, n;
    double *d;

    if (kind == SKY_MOC) {
        order = (int)pq_getmsgint(buf, 4);
    }
    n = (int)pq_getmsgint(buf, 4);
    if (n < 0 || n > buf->len - buf->cursor) {
        return bad_binary();
    }
    if (kind == SKY_MOC) {
        sky_span_t *spans = palloc((Size)(n + 1) * sizeof(*spans));

        for (i = 0; i < n; i++) {
            spans[i].lo = pq_getmsgint64(buf);
            spans[i].hi = pq_getmsgint64(buf);
        }
        return sky_make_moc(&pgsky_alloc, n, spans, order, err);
    }
    if (kind == SKY_UNION) {
        const sky_shape_t **m = palloc((Size)(n + 1) * sizeof(*m));

        if (depth > SKY_MAX_DEPTH) {
            return bad_binary();
        }
        for (i = 0; i < n; i++) {
            m[i] = receive_shape(buf, depth + 1, err);
            if (m[i] == NULL) {
                return NULL;
            }
        }
        return sky_make_union(&pgsky_alloc, n, m, err);
    }
    d = palloc((Size)(n + 1) * sizeof(*d));
    for (i = 0; i < n; i++) {
        d[i] = pq_getmsgfloat8(buf);
    }
    if (kind == SKY_POINT && n == 2) {
        return sky_make_point(&pgsky_alloc, d[0], d[1], err);
    }
    if (kind == SKY_CIRCLE && n == 3) {
        return sky_make_circle(&pgsky_alloc, d[0], d[1], d[2], err);
    }
    if (kind == SKY_RANGE && n == 4) {
        return sky_make_range(&pgsky_alloc, d[0], d[1], d[2], d[3], err);
    }
    if ((kind == SKY_POLYGON || kind == SKY_BOX) && n % 2 == 0) {
        return sky_make_polygon(&pgsky_alloc, n / 2, d, err);
    }
    return bad_binary();
}

PG_FUNCTION_INFO_V1(pgsky_recv);
Datum pgsky_recv(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    StringInfo buf = (StringInfo)PG_GETARG_POINTER(0);

    return pgsky_made(receive_shape(buf, 0, &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_send);
Datum pgsky_send(PG_FUNCTION_ARGS)
{
    StringInfoData buf;

    pq_begintypsend(&buf);
    send_shape(&buf, PG_GETARG_SHAPE(0));
    PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* ---- construction ------------------------------------------------------ */

PG_FUNCTION_INFO_V1(pgsky_point);
Datum pgsky_point(PG_FUNCTION_ARGS)
{
    sky_err_t err;

    return pgsky_made(sky_make_point(&pgsky_alloc, PG_GETARG_FLOAT8(0),
                                     PG_GETARG_FLOAT8(1), &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_circle);
Datum pgsky_circle(PG_FUNCTION_ARGS)
{
    sky_err_t err;

    return pgsky_made(sky_make_circle(&pgsky_alloc, PG_GETARG_FLOAT8(0),
                                      PG_GETARG_FLOAT8(1),
                                      PG_GETARG_FLOAT8(2), &err), &err);
}

/* The position of a region that must be a point. */
static const double *position(const sky_shape_t *s)
{
    int n;

    if (sky_shape_kind(s) != SKY_POINT) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a point is needed here, not %s", stcs(s))));
    }
    return sky_shape_numbers(s, &n);
}

PG_FUNCTION_INFO_V1(pgsky_circle_at);
Datum pgsky_circle_at(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    const double *c = position(PG_GETARG_SHAPE(0));

    return pgsky_made(sky_make_circle(&pgsky_alloc, c[0], c[1],
                                      PG_GETARG_FLOAT8(1), &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_box);
Datum pgsky_box(PG_FUNCTION_ARGS)
{
    sky_err_t err;

    return pgsky_made(sky_make_box(&pgsky_alloc, PG_GETARG_FLOAT8(0),
                                   PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2),
                                   PG_GETARG_FLOAT8(3), &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_box_at);
Datum pgsky_box_at(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    const double *c = position(PG_GETARG_SHAPE(0));

    return pgsky_made(sky_make_box(&pgsky_alloc, c[0], c[1],
                                   PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2),
                                   &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_range);
Datum pgsky_range(PG_FUNCTION_ARGS)
{
    sky_err_t err;

    return pgsky_made(sky_make_range(&pgsky_alloc, PG_GETARG_FLOAT8(0),
                                     PG_GETARG_FLOAT8(1),
                                     PG_GETARG_FLOAT8(2),
                                     PG_GETARG_FLOAT8(3), &err), &err);
}

/* The numbers of a float8[]; NULL elements are an error. */
static double *numbers(ArrayType *array, int *n)
{
    if (ARR_NDIM(array) > 1 || array_contains_nulls(array)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a region needs a simple array of numbers "
                               "without nulls")));
    }
    *n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    return (double *)ARR_DATA_PTR(array);
}

static Datum polygon_of(const double *d, int n)
{
    sky_err_t err;

    if (n % 2 != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a polygon of %d numbers; pairs of longitude "
                               "and latitude are needed", n)));
    }
    return pgsky_made(sky_make_polygon(&pgsky_alloc, n / 2, d, &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_polygon);
Datum pgsky_polygon(PG_FUNCTION_ARGS)
{
    int n;
    double *d = numbers(PG_GETARG_ARRAYTYPE_P(0), &n);

    return polygon_of(d, n);
}

static void need_count(int n, int want, const char *what)
{
    if (n != want) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a %s of %d numbers; %d are needed", what, n,
                               want)));
    }
}

PG_FUNCTION_INFO_V1(pgsky_point_array);
Datum pgsky_point_array(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    int n;
    double *d = numbers(PG_GETARG_ARRAYTYPE_P(0), &n);

    need_count(n, 2, "point");
    return pgsky_made(sky_make_point(&pgsky_alloc, d[0], d[1], &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_circle_array);
Datum pgsky_circle_array(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    int n;
    double *d = numbers(PG_GETARG_ARRAYTYPE_P(0), &n);

    need_count(n, 3, "circle");
    return pgsky_made(sky_make_circle(&pgsky_alloc, d[0], d[1], d[2], &err),
                      &err);
}

/* The elements of a sky_region[]. */
static const sky_shape_t **members(ArrayType *array, int *n)
{
    const sky_shape_t **m;
    Datum *value;
    bool *is_null;
    int i;

    deconstruct_array(array, ARR_ELEMTYPE(array), -1, false,
                      TYPALIGN_DOUBLE, &value, &is_null, n);
    m = palloc((Size)(*n + 1) * sizeof(*m));
    for (i = 0; i < *n; i++) {
        if (is_null[i]) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("region %d is null", i + 1)));
        }
        m[i] = pgsky_shape(DatumGetRegion(value[i]));
    }
    return m;
}

PG_FUNCTION_INFO_V1(pgsky_polygon_points);
Datum pgsky_polygon_points(PG_FUNCTION_ARGS)
{
    int i, n;
    const sky_shape_t **m = members(PG_GETARG_ARRAYTYPE_P(0), &n);
    double *d = palloc((Size)(2 * n + 1) * sizeof(*d));

    for (i = 0; i < n; i++) {
        memcpy(d + 2 * i, position(m[i]), 2 * sizeof(double));
    }
    return polygon_of(d, 2 * n);
}

PG_FUNCTION_INFO_V1(pgsky_union);
Datum pgsky_union(PG_FUNCTION_ARGS)
{
    sky_err_t err;
    int n;
    const sky_shape_t **m = members(PG_GETARG_ARRAYTYPE_P(0), &n);

    return pgsky_made(sky_make_union(&pgsky_alloc, n, m, &err), &err);
}

/* CAST('10 20 1' AS CIRCLE): the numbers of a DALI value, or a region text of
 * that kind. */
static Datum cast_text(text *t, const char *word, int kind)
{
    char *given = text_to_cstring(t), *p = given;
    const sky_shape_t *s;
    sky_err_t err;

    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') {
        p++;
    }
    if ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == '.') {
        p = psprintf("%s %s", word, p);
    }
    s = sky_parse(&pgsky_alloc, p, &err);
    if (s != NULL && sky_shape_kind(s) != kind
        && !(kind == SKY_POLYGON && sky_shape_is_polygon(s))) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                        errmsg("\"%.60s\" is not a %s", given, word)));
    }
    return pgsky_made(s, &err);
}

PG_FUNCTION_INFO_V1(pgsky_cast_point);
Datum pgsky_cast_point(PG_FUNCTION_ARGS)
{
    return cast_text(PG_GETARG_TEXT_PP(0), "point", SKY_POINT);
}

PG_FUNCTION_INFO_V1(pgsky_cast_circle);
Datum pgsky_cast_circle(PG_FUNCTION_ARGS)
{
    return cast_text(PG_GETARG_TEXT_PP(0), "circle", SKY_CIRCLE);
}

PG_FUNCTION_INFO_V1(pgsky_cast_polygon);
Datum pgsky_cast_polygon(PG_FUNCTION_ARGS)
{
    return cast_text(PG_GETARG_TEXT_PP(0), "polygon", SKY_POLYGON);
}

/* ---- looking into a region --------------------------------------------- */

PG_FUNCTION_INFO_V1(pgsky_dali);
Datum pgsky_dali(PG_FUNCTION_ARGS)
{
    int i, n;
    const double *d = sky_shape_numbers(PG_GETARG_SHAPE(0), &n);
    Datum *value;

    if (d == NULL) {
        PG_RETURN_NULL();       /* a MOC or union has no such array */
    }
    value = palloc((Size)n * sizeof(*value));
    for (i = 0; i < n; i++) {
        value[i] = Float8GetDatum(d[i]);
    }
    PG_RETURN_ARRAYTYPE_P(construct_array(value, n, FLOAT8OID,
                                          sizeof(float8), FLOAT8PASSBYVAL,
                                          TYPALIGN_DOUBLE));
}

/* Longitude or latitude of a point; of another region, of its centroid. */
static Datum coordinate(FunctionCallInfo fcinfo, int which)
{
    const sky_shape_t *s = PG_GETARG_SHAPE(0);
    double c[2];
    int n;

    if (sky_shape_kind(s) == SKY_POINT) {
        PG_RETURN_FLOAT8(sky_shape_numbers(s, &n)[which]);
    }
    if (sky_centroid(s, &c[0], &c[1]) != 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_FLOAT8(c[which]);
}

PG_FUNCTION_INFO_V1(pgsky_ra);
Datum pgsky_ra(PG_FUNCTION_ARGS)
{
    return coordinate(fcinfo, 0);
}

PG_FUNCTION_INFO_V1(pgsky_dec);
Datum pgsky_dec(PG_FUNCTION_ARGS)
{
    return coordinate(fcinfo, 1);
}

PG_FUNCTION_INFO_V1(pgsky_centroid);
Datum pgsky_centroid(PG_FUNCTION_ARGS)
{
    double ra, dec;
    sky_err_t err;

    if (sky_centroid(PG_GETARG_SHAPE(0), &ra, &dec) != 0) {
        PG_RETURN_NULL();
    }
    return pgsky_made(sky_make_point(&pgsky_alloc, ra, dec, &err), &err);
}

PG_FUNCTION_INFO_V1(pgsky_area);
Datum pgsky_area(PG_FUNCTION_ARGS)
{
    PG_RETURN_FLOAT8(sky_area(PG_GETARG_SHAPE(0)));
}

/* ---- order: for DISTINCT, GROUP BY and sets; it has no meaning ---------- */

static int compare(FunctionCallInfo fcinfo)
{
    const sky_shape_t *a = PG_GETARG_SHAPE(0), *b = PG_GETARG_SHAPE(1);
    size_t na = sky_shape_size(a), nb = sky_shape_size(b);

    return na != nb ? (na > nb) - (na < nb) : memcmp(a, b, na);
}

#define COMPARISON(name, op)                                                \
    PG_FUNCTION_INFO_V1(pgsky_##name);                                      \
    Datum pgsky_##name(PG_FUNCTION_ARGS)                                    \
    {                                                                       \
        PG_RETURN_BOOL(compare(fcinfo) op 0);                               \
    }

COMPARISON(eq, ==)
COMPARISON(ne, !=)
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)

PG_FUNCTION_INFO_V1(pgsky_cmp);
Datum pgsky_cmp(PG_FUNCTION_ARGS)
{
    PG_RETURN_INT32(compare(fcinfo));
}

PG_FUNCTION_INFO_V1(pgsky_hash);
Datum pgsky_hash(PG_FUNCTION_ARGS)
{
    const sky_shape_t *s = PG_GETARG_SHAPE(0);

    return hash_any((const unsigned char *)s, (int)sky_shape_size(s));
}
