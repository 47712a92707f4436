/* voctl_conv.c: PostgreSQL binary cells: types, values, conversion. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_conv.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "table/vo_wire.h"
#include "vo_num.h"

static const voctl_type_t types[] = {
    { OID_BOOL, 1000, "boolean", 0, 0, VO_TYPE_BOOLEAN },
    { OID_BYTEA, 0, "bytea", 0, 0, VO_TYPE_UBYTE },
    { OID_INT2, 1005, "smallint", 1, 1, VO_TYPE_SHORT },
    { OID_INT4, 1007, "integer", 1, 2, VO_TYPE_INT },
    { OID_INT8, 1016, "bigint", 1, 3, VO_TYPE_LONG },
    { OID_FLOAT4, 1021, "real", 1, 4, VO_TYPE_FLOAT },
    { OID_FLOAT8, 1022, "double precision", 1, 5, VO_TYPE_DOUBLE },
    { OID_TEXT, 1009, "text", 0, 0, VO_TYPE_CHAR },
    { OID_VARCHAR, 1015, "character varying", 0, 0, VO_TYPE_CHAR },
    { OID_BPCHAR, 1014, "character", 0, 0, VO_TYPE_CHAR },
    { OID_DATE, 1182, "date", 0, 0, VO_TYPE_CHAR },
    { OID_TIMESTAMP, 1115, "timestamp without time zone", 0, 0,
      VO_TYPE_CHAR },
};
#define NTYPES (sizeof(types) / sizeof(*types))

const voctl_type_t *voctl_type(unsigned oid, int *is_array)
{
    size_t i;

    if (is_array) {
        *is_array = 0;
    }
    for (i = 0; i < NTYPES; ++i) {
        if (types[i].oid == oid || (oid && types[i].array_oid == oid)) {
            if (is_array) {
                *is_array = types[i].oid != oid;
            }
            return &types[i];
        }
    }
    return NULL;
}

const voctl_type_t *voctl_type_named(const char *pg_name)
{
    size_t i;

    for (i = 0; i < NTYPES; ++i) {
        if (!strcmp(types[i].pg_name, pg_name)) {
            return &types[i];
        }
    }
    return NULL;
}

const voctl_type_t *voctl_type_common(const voctl_type_t *a,
                                      const voctl_type_t *b)
{
    if (a == b) {
        return a;
    }
    if (!a->is_number || !b->is_number) {
        return NULL;
    }
    if ((a->oid == OID_FLOAT4) != (b->oid == OID_FLOAT4)) {
        return voctl_type(OID_FLOAT8, NULL); /* real holds 24 bits only */
    }
    return a->rank > b->rank ? a : b;
}

/* ---- bytes ---------------------------------------------------------------*/

int32_t voctl_get32(const char *data)
{
    uint32_t v;

    memcpy(&v, data, 4);
    return (int32_t)__builtin_bswap32(v);
}

int64_t voctl_get64(const char *data)
{
    uint64_t v;

    memcpy(&v, data, 8);
    return (int64_t)__builtin_bswap64(v);
}

static int16_t get16(const char *data)
{
    return (int16_t)((unsigned char)data[0] << 8 | (unsigned char)data[1]);
}

/* ---- values --------------------------------------------------------------*/

typedef struct value_t {
    enum { V_NULL, V_INT, V_REAL, V_TEXT } kind;
    int64_t i;
    double d;        /* of V_INT too */
    const char *text;
    int len;
} value_t;

static value_t decode(const char *data, int len, unsigned oid)
{
    value_t v = { V_TEXT, 0, NAN, data, len };

    if (len < 0) {
        v.kind = V_NULL;
        return v;
    }
    switch (oid) {
    case OID_INT2:
        v.kind = V_INT;
        v.i = get16(data);
        break;
    case OID_INT4:
        v.kind = V_INT;
        v.i = voctl_get32(data);
        break;
    case OID_INT8:
        v.kind = V_INT;
        v.i = voctl_get64(data);
        break;
    case OID_FLOAT4: {
        int32_t bits = voctl_get32(data);
        float f;

        memcpy(&f, &bits, 4);
        v.kind = V_REAL;
        v.d = f;
        return v;
    }
    case OID_FLOAT8: {
        int64_t bits = voctl_get64(data);

        memcpy(&v.d, &bits, 8);
        v.kind = V_REAL;
        return v;
    }
    default:
        return v;
    }
    v.d = (double)v.i;
    return v;
}

double voctl_cell_number(const vo_cell_t *cell, unsigned oid)
{
    return decode(cell->data, cell->len, oid).d;
}

void voctl_stats_init(voctl_stats_t *stats)
{
    stats->min = stats->max = NAN;
    stats->nfilled = 0;
}

/* Take VALUE into min and max; returns whether it says anything. */
static int note(voctl_stats_t *stats, const value_t *v)
{
    if (v->kind == V_NULL || (v->kind == V_REAL && isnan(v->d))) {
        return 0;
    }
    if (v->kind != V_TEXT && stats) {
        if (!(v->d >= stats->min)) {
            stats->min = v->d;
        }
        if (!(v->d <= stats->max)) {
            stats->max = v->d;
        }
    }
    return 1;
}

static const char *wrong(const value_t *v, const char *pg_name,
                         apr_pool_t *pool)
{
    char num[VO_NUM_SIZE];

    if (v->kind == V_TEXT) {
        return apr_psprintf(pool, "\"%.*s\" is not of type %s",
                            v->len > 60 ? 60 : v->len, v->text, pg_name);
    }
    if (v->kind == V_INT) {
        vo_num_from_int64(num, v->i);
    }
    else {
        vo_num_from_double(num, v->d);
    }
    return apr_psprintf(pool, "%s does not fit type %s", num, pg_name);
}

/* Read a text as a number, as the type TO wants it; blank is NULL. */
static int parse_text(value_t *v, unsigned to)
{
    int n = v->len;

    while (n > 0 && strchr(" \t\r\n", v->text[n - 1])) {
        --n;
    }
    if (n == 0) {
        v->kind = V_NULL;
        return 1;
    }
    if (to != OID_FLOAT4 && to != OID_FLOAT8
        && vo_num_to_int64(v->text, n, &v->i)) {
        v->kind = V_INT;
        v->d = (double)v->i;
        return 1;
    }
    if (vo_num_to_double(v->text, n, &v->d)) {
        v->kind = V_REAL;
        return 1;
    }
    return 0;
}

/* Append a decoded value as type TO. */
static const char *encode(vo_buf_t *buf, value_t *v, unsigned to,
                          apr_pool_t *pool)
{
    static const double limits[][2] = {
        { INT16_MIN, INT16_MAX }, { INT32_MIN, INT32_MAX },
        { -0x1p63, 0x1.fffffffffffffp62 },
    };
    const voctl_type_t *type = voctl_type(to, NULL);
    char num[VO_NUM_SIZE];

    if (type->is_number && v->kind == V_TEXT && !parse_text(v, to)) {
        return wrong(v, type->pg_name, pool);
    }
    if (v->kind == V_NULL) {
        vo_buf_put32(buf, -1);
        return NULL;
    }
    if (type->is_number && type->rank <= 3) { /* integers */
        const double *range = limits[type->rank - 1];

        if (v->kind == V_REAL) {
            if (isnan(v->d)) {
                vo_buf_put32(buf, -1);
                return NULL;
            }
            if (v->d != floor(v->d) || v->d < range[0] || v->d > range[1]) {
                return wrong(v, type->pg_name, pool);
            }
            v->i = (int64_t)v->d;
        }
        else if (v->d < range[0] || (type->rank < 3 && v->d > range[1])) {
            return wrong(v, type->pg_name, pool);
        }
        if (to == OID_INT2) {
            vo_buf_put32(buf, 2);
            vo_buf_put16(buf, (int)v->i);
        }
        else if (to == OID_INT4) {
            vo_buf_put32(buf, 4);
            vo_buf_put32(buf, (int32_t)v->i);
        }
        else {
            vo_buf_put32(buf, 8);
            vo_buf_put64(buf, v->i);
        }
        return NULL;
    }
    if (to == OID_FLOAT4) {
        if (isfinite(v->d) && fabs(v->d) > FLT_MAX) {
            return wrong(v, type->pg_name, pool);
        }
        vo_buf_put_float(buf, (float)v->d);
        return NULL;
    }
    if (to == OID_FLOAT8) {
        vo_buf_put_double(buf, v->d);
        return NULL;
    }
    if (to == OID_TEXT && v->kind != V_TEXT) {
        int n = v->kind == V_INT ? vo_num_from_int64(num, v->i)
                                 : vo_num_from_double(num, v->d);

        vo_buf_put_cell(buf, num, n);
        return NULL;
    }
    return wrong(v, type->pg_name, pool);
}

/* The elements of the array CELL, one after the other: *P moves on. */
static vo_cell_t next_element(const char **p)
{
    vo_cell_t e;

    e.len = voctl_get32(*p);
    e.data = *p + 4;
    *p = e.data + (e.len > 0 ? e.len : 0);
    return e;
}

static int array_count(const vo_cell_t *cell)
{
    int ndim = voctl_get32(cell->data), i, n = ndim > 0;

    for (i = 0; i < ndim; ++i) {
        n *= voctl_get32(cell->data + 12 + 8 * i);
    }
    return n;
}

static const char *array_data(const vo_cell_t *cell)
{
    return cell->data + 12 + 8 * voctl_get32(cell->data);
}

static void note_array(voctl_stats_t *stats, const vo_cell_t *cell,
                       unsigned elem)
{
    int n = array_count(cell), is_filled = 0;
    const char *p = array_data(cell);

    while (n-- > 0) {
        vo_cell_t e = next_element(&p);
        value_t v = decode(e.data, e.len, elem);

        is_filled |= note(stats, &v);
    }
    stats->nfilled += is_filled;
}

static const char *convert_array(vo_buf_t *buf, const vo_cell_t *cell,
                                 unsigned from, unsigned to, apr_pool_t *pool)
{
    int n = array_count(cell);
    const char *p = array_data(cell), *problem;
    size_t start = buf->len;

    vo_buf_put32(buf, 0); /* the length, known at the end */
    vo_buf_put(buf, cell->data, (size_t)(p - cell->data));
    vo_put32(buf->data + start + 12, to);
    while (n-- > 0) {
        vo_cell_t e = next_element(&p);
        value_t v = decode(e.data, e.len, from);

        problem = encode(buf, &v, to, pool);
        if (problem) {
            return problem;
        }
    }
    vo_put32(buf->data + start, (uint32_t)(buf->len - start - 4));
    return NULL;
}

const char *voctl_convert(vo_buf_t *buf, const vo_cell_t *cell,
                          unsigned from, unsigned to, voctl_stats_t *stats,
                          apr_pool_t *pool)
{
    const voctl_type_t *f, *t;
    int is_array, to_array;
    value_t v;

    if (cell->len < 0) {
        vo_buf_put32(buf, -1);
        return NULL;
    }
    f = voctl_type(from, &is_array);
    if (is_array) {
        if (stats) {
            note_array(stats, cell, f->oid);
        }
        if (from != to) {
            t = voctl_type(to, &to_array);
            if (!to_array) {
                return apr_psprintf(pool, "an array is not of type %s",
                                    t->pg_name);
            }
            return convert_array(buf, cell, f->oid, t->oid, pool);
        }
        vo_buf_put_cell(buf, cell->data, cell->len);
        return NULL;
    }
    v = decode(cell->data, cell->len, from);
    if (from == to) {
        vo_buf_put_cell(buf, cell->data, cell->len);
    }
    else {
        const char *problem = encode(buf, &v, to, pool);

        if (problem) {
            return problem;
        }
    }
    if (stats) {
        stats->nfilled += note(stats, &v);
    }
    return NULL;
}

const char *voctl_fold(vo_buf_t *buf, int n, const vo_cell_t *const *cells,
                       const unsigned *from, unsigned elem,
                       voctl_stats_t *stats, apr_pool_t *pool)
{
    size_t start = buf->len;
    int i, nnull = 0, is_filled = 0;

    vo_buf_put32(buf, 0);    /* the length, known at the end */
    vo_buf_put32(buf, 1);    /* one dimension */
    vo_buf_put32(buf, 0);    /* any NULL? */
    vo_buf_put32(buf, (int32_t)elem);
    vo_buf_put32(buf, n);
    vo_buf_put32(buf, 1);    /* first index */
    for (i = 0; i < n; ++i) {
        value_t v = { V_NULL, 0, NAN, NULL, -1 };

        if (cells[i] && cells[i]->len >= 0) {
            v = decode(cells[i]->data, cells[i]->len, from[i]);
        }
        nnull += v.kind == V_NULL;
        if (from[i] == elem && v.kind != V_NULL) {
            vo_buf_put_cell(buf, cells[i]->data, cells[i]->len);
        }
        else {
            const char *problem = encode(buf, &v, elem, pool);

            if (problem) {
                return problem;
            }
        }
        is_filled |= note(stats, &v);
    }
    if (nnull == n) {
        buf->len = start;
        vo_buf_put32(buf, -1);
        return NULL;
    }
    vo_put32(buf->data + start, (uint32_t)(buf->len - start - 4));
    vo_put32(buf->data + start + 8, nnull > 0);
    stats->nfilled += is_filled;
    return NULL;
}
