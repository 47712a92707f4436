/* vo_wire.h: the cells PostgreSQL sends, its text and its binary format. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_WIRE_H
#define VO_WIRE_H

#include <stdint.h>
#include <string.h>

#include "vo_table.h"

/* Types of PostgreSQL by object identifier (pg_type.dat, fixed for ever). */
enum {
    VO_OID_BOOL = 16,
    VO_OID_BYTEA = 17,
    VO_OID_CHAR = 18,
    VO_OID_NAME = 19,
    VO_OID_INT8 = 20,
    VO_OID_INT2 = 21,
    VO_OID_INT4 = 23,
    VO_OID_TEXT = 25,
    VO_OID_FLOAT4 = 700,
    VO_OID_FLOAT8 = 701,
    VO_OID_BOOL_ARRAY = 1000,
    VO_OID_INT2_ARRAY = 1005,
    VO_OID_INT4_ARRAY = 1007,
    VO_OID_TEXT_ARRAY = 1009,
    VO_OID_INT8_ARRAY = 1016,
    VO_OID_FLOAT4_ARRAY = 1021,
    VO_OID_FLOAT8_ARRAY = 1022,
    VO_OID_BPCHAR = 1042,
    VO_OID_VARCHAR = 1043,
    VO_OID_DATE = 1082,
    VO_OID_TIMESTAMP = 1114,
    VO_OID_TIMESTAMPTZ = 1184,
    VO_OID_NUMERIC = 1700
};

/* What a value is made of, for both formats. */
typedef enum {
    VO_PG_OTHER, /* only its text form is understood */
    VO_PG_BOOL,
    VO_PG_INT2,
    VO_PG_INT4,
    VO_PG_INT8,
    VO_PG_OID,
    VO_PG_FLOAT4,
    VO_PG_FLOAT8,
    VO_PG_NUMERIC,
    VO_PG_TEXT,
    VO_PG_JSONB,
    VO_PG_UUID,
    VO_PG_BYTEA,
    VO_PG_DATE,
    VO_PG_TIMESTAMP,
    VO_PG_TIMESTAMPTZ
} vo_pg_kind_e;

typedef struct vo_pgtype_t {
    unsigned oid;
    const char *name;   /* as PostgreSQL writes it */
    vo_pg_kind_e kind;  /* of the value, or of one element */
    unsigned element;   /* element's oid when it is an array, else 0 */
} vo_pgtype_t;

/* The type with this oid; an unknown one is VO_PG_OTHER, named "unknown". */
const vo_pgtype_t *vo_pgtype(unsigned oid);

/* Can a cell of type PG become FIELD? Returns NULL, or a fault naming both.
 * IS_BINARY says which format the cell comes in. */
vo_err_t *vo_pgtype_check(const vo_field_t *field, int is_binary,
                          apr_pool_t *pool);

/* Whether a field of this type holds integers. */
static inline int vo_type_is_int(vo_type_e type)
{
    return type == VO_TYPE_UBYTE || type == VO_TYPE_SHORT
           || type == VO_TYPE_INT || type == VO_TYPE_LONG;
}

/* Whether it holds text. */
static inline int vo_type_is_text(vo_type_e type)
{
    return type == VO_TYPE_CHAR || type == VO_TYPE_UNICODE;
}

/* Bytes of one element in BINARY and FITS. */
int vo_type_width(vo_type_e type);

/* Smallest and largest integer of a type (0 and 0 for other types). */
void vo_type_range(vo_type_e type, int64_t *least, int64_t *most);

/* Big-endian bytes. */
static inline uint16_t vo_get16(const void *data)
{
    const unsigned char *p = data;

    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t vo_get32(const void *data)
{
    uint32_t v;

    memcpy(&v, data, 4);
    return __builtin_bswap32(v);
}

static inline uint64_t vo_get64(const void *data)
{
    uint64_t v;

    memcpy(&v, data, 8);
    return __builtin_bswap64(v);
}

static inline void vo_put16(void *data, unsigned v)
{
    unsigned char *p = data;

    p[0] = (unsigned char)(v >> 8);
    p[1] = (unsigned char)v;
}

static inline void vo_put32(void *data, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(data, &v, 4);
}

static inline void vo_put64(void *data, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(data, &v, 8);
}

static inline double vo_get_double(const void *data)
{
    uint64_t bits = vo_get64(data);
    double v;

    memcpy(&v, &bits, 8);
    return v;
}

static inline void vo_put_double(void *data, double v)
{
    uint64_t bits;

    memcpy(&bits, &v, 8);
    vo_put64(data, bits);
}

static inline float vo_get_float(const void *data)
{
    uint32_t bits = vo_get32(data);
    float v;

    memcpy(&v, &bits, 4);
    return v;
}

static inline void vo_put_float(void *data, float v)
{
    uint32_t bits;

    memcpy(&bits, &v, 4);
    vo_put32(data, bits);
}

/* A binary array: header checked, ready to walk. */
typedef struct vo_pgarray_t {
    const unsigned char *p, *end; /* the elements still to come */
    int n;                        /* elements in all dimensions */
} vo_pgarray_t;

/* Open the binary array of LEN bytes at DATA. Returns 0 when it is broken. */
int vo_pgarray_open(vo_pgarray_t *array, const char *data, int len);

/* The next element: its length (-1 NULL) with *DATA set; -2 at the end or when
 * the array is broken. */
static inline int vo_pgarray_next(vo_pgarray_t *array, const char **data)
{
    int len;

    if (array->end - array->p < 4) {
        return -2;
    }
    len = (int)vo_get32(array->p);
    array->p += 4;
    if (len < 0) {
        return -1;
    }
    if (len > array->end - array->p) {
        return -2;
    }
    *data = (const char *)array->p;
    array->p += len;
    return len;
}

/* Room that vo_wire_text() needs for LEN bytes of a value. */
#define VO_WIRE_TEXT_SIZE(len) (4 * (len) + 64)

/* The text of one binary value (no array) of kind KIND, in the forms the VO
 * wants (true, ISO 8601 with T). Writes at most VO_WIRE_TEXT_SIZE(LEN) bytes
 * and returns how many, or -1 when the bytes are no such value. */
int vo_wire_text(char *buf, vo_pg_kind_e kind, const char *data, int len);

/* A binary number of any kind as double or integer. Return 1, or 0 when it is
 * none or does not fit. */
int vo_wire_double(double *value, vo_pg_kind_e kind, const char *data,
                   int len);
int vo_wire_int64(int64_t *value, vo_pg_kind_e kind, const char *data,
                  int len);

/* PostgreSQL's text of a timestamp ("2020-01-02 03:04:05.5+00") in DALI's form
 * (T, no zone; other zones are turned into UTC). Writes to BUF at most
 * LEN + 16 bytes and returns how many. */
int vo_wire_timestamp(char *buf, const char *text, int len);

/* Microseconds since 2000-01-01 as DALI text, at most 40 bytes, no NUL;
 * returns the length, 0 for +-infinity. */
int vo_wire_print_time(char *buf, int64_t usec);
/* Days since 2000-01-01 as YYYY-MM-DD. */
int vo_wire_print_date(char *buf, int64_t days);

/* Days from 2000-01-01 to a date of the proleptic Gregorian calendar. */
int64_t vo_wire_day_number(int64_t year, int month, int day);

/* Walk the elements of PostgreSQL's array literal {a,"b c",NULL}: *P moves from
 * just behind the first brace; the element, unescaped, goes to BUF (as long as
 * the literal). Returns its length, -1 for NULL, -2 at the end. */
int vo_wire_literal_next(const char **p, const char *end, char *buf);

#endif
