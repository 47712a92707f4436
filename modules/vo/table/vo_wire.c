/* vo_wire.c: the cells PostgreSQL sends, its text and its binary format. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_wire.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "../vo_num.h"

static const vo_pgtype_t types[] = {
    {16, "boolean", VO_PG_BOOL, 0},
    {17, "bytea", VO_PG_BYTEA, 0},
    {18, "\"char\"", VO_PG_TEXT, 0},
    {19, "name", VO_PG_TEXT, 0},
    {20, "bigint", VO_PG_INT8, 0},
    {21, "smallint", VO_PG_INT2, 0},
    {23, "integer", VO_PG_INT4, 0},
    {25, "text", VO_PG_TEXT, 0},
    {26, "oid", VO_PG_OID, 0},
    {114, "json", VO_PG_TEXT, 0},
    {142, "xml", VO_PG_TEXT, 0},
    {700, "real", VO_PG_FLOAT4, 0},
    {701, "double precision", VO_PG_FLOAT8, 0},
    {705, "unknown", VO_PG_TEXT, 0},
    {1000, "boolean[]", VO_PG_BOOL, 16},
    {1003, "name[]", VO_PG_TEXT, 19},
    {1005, "smallint[]", VO_PG_INT2, 21},
    {1007, "integer[]", VO_PG_INT4, 23},
    {1009, "text[]", VO_PG_TEXT, 25},
    {1014, "character[]", VO_PG_TEXT, 1042},
    {1015, "character varying[]", VO_PG_TEXT, 1043},
    {1016, "bigint[]", VO_PG_INT8, 20},
    {1021, "real[]", VO_PG_FLOAT4, 700},
    {1022, "double precision[]", VO_PG_FLOAT8, 701},
    {1042, "character", VO_PG_TEXT, 0},
    {1043, "character varying", VO_PG_TEXT, 0},
    {1082, "date", VO_PG_DATE, 0},
    {1114, "timestamp without time zone", VO_PG_TIMESTAMP, 0},
    {1115, "timestamp without time zone[]", VO_PG_TIMESTAMP, 1114},
    {1182, "date[]", VO_PG_DATE, 1082},
    {1184, "timestamp with time zone", VO_PG_TIMESTAMPTZ, 0},
    {1185, "timestamp with time zone[]", VO_PG_TIMESTAMPTZ, 1184},
    {1231, "numeric[]", VO_PG_NUMERIC, 1700},
    {1700, "numeric", VO_PG_NUMERIC, 0},
    {2950, "uuid", VO_PG_UUID, 0},
    {3802, "jsonb", VO_PG_JSONB, 0},
};

const vo_pgtype_t *vo_pgtype(unsigned oid)
{
    static const vo_pgtype_t unknown = {0, "unknown", VO_PG_OTHER, 0};
    apr_size_t i;

    for (i = 0; i < sizeof(types) / sizeof(*types); ++i) {
        if (types[i].oid == oid) {
            return &types[i];
        }
    }
    return &unknown;
}

int vo_type_width(vo_type_e type)
{
    static const signed char width[] = {
        [VO_TYPE_BOOLEAN] = 1, [VO_TYPE_UBYTE] = 1,   [VO_TYPE_SHORT] = 2,
        [VO_TYPE_INT] = 4,     [VO_TYPE_LONG] = 8,    [VO_TYPE_CHAR] = 1,
        [VO_TYPE_UNICODE] = 2, [VO_TYPE_FLOAT] = 4,   [VO_TYPE_DOUBLE] = 8,
    };
    return width[type];
}

void vo_type_range(vo_type_e type, int64_t *least, int64_t *most)
{
    switch (type) {
    case VO_TYPE_UBYTE:
        *least = 0;
        *most = UCHAR_MAX;
        break;
    case VO_TYPE_SHORT:
        *least = INT16_MIN;
        *most = INT16_MAX;
        break;
    case VO_TYPE_INT:
        *least = INT32_MIN;
        *most = INT32_MAX;
        break;
    case VO_TYPE_LONG:
        *least = INT64_MIN;
        *most = INT64_MAX;
        break;
    default:
        *least = *most = 0;
    }
}

static int is_number_kind(vo_pg_kind_e kind)
{
    return kind >= VO_PG_INT2 && kind <= VO_PG_NUMERIC;
}

static int can_become(const vo_pgtype_t *pg, const vo_field_t *field,
                      int is_binary)
{
    int is_array = field->size != VO_SCALAR;

    if (vo_type_is_text(field->type)) {
        return pg->kind != VO_PG_OTHER || !is_binary;
    }
    if (pg->kind == VO_PG_BYTEA) {
        return field->type == VO_TYPE_UBYTE && is_array;
    }
    if (!pg->element != !is_array) {
        return 0;
    }
    switch (field->type) {
    case VO_TYPE_BOOLEAN:
        return pg->kind == VO_PG_BOOL;
    case VO_TYPE_FLOAT:
    case VO_TYPE_DOUBLE:
        return is_number_kind(pg->kind);
    default:
        return is_number_kind(pg->kind) && pg->kind != VO_PG_FLOAT4
               && pg->kind != VO_PG_FLOAT8;
    }
}

vo_err_t *vo_pgtype_check(const vo_field_t *field, int is_binary,
                          apr_pool_t *pool)
{
    const vo_pgtype_t *pg = vo_pgtype(field->pg_oid);

    if (can_become(pg, field, is_binary)) {
        return NULL;
    }
    return vo_err_fault(
        pool, APR_EINVAL, "A column cannot be written in its published type",
        "column \"%s\": PostgreSQL type %s (oid %u) cannot become VOTable "
        "%s%s%s",
        field->name, pg->name, field->pg_oid, vo_type_name(field->type),
        field->arraysize ? " with arraysize " : "",
        field->arraysize ? field->arraysize : "");
}

int vo_pgarray_open(vo_pgarray_t *array, const char *data, int len)
{
    const unsigned char *p = (const unsigned char *)data;
    int ndim, i;
    int64_t n = 1;

    if (len < 12) {
        return 0;
    }
    ndim = (int)vo_get32(p);
    if (ndim < 0 || ndim > 6 || len < 12 + 8 * ndim) {
        return 0;
    }
    for (i = 0; i < ndim; ++i) {
        int32_t dim = (int32_t)vo_get32(p + 12 + 8 * i);

        if (dim < 0 || (n *= dim) > len) {
            return 0;
        }
    }
    array->n = ndim ? (int)n : 0;
    array->p = p + 12 + 8 * ndim;
    array->end = p + len;
    return array->n <= (array->end - array->p) / 4;
}

/* The civil date of a day number counted from 2000-01-01, by the 400-year
 * cycle of the Gregorian calendar (proleptic, as PostgreSQL). */
static void civil(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 730425; /* days since 0000-03-01 */
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = (int)(z - era * 146097);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;

    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

int64_t vo_wire_day_number(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int yoe = (int)(y - era * 400);
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 730425;
}

int vo_wire_print_date(char *buf, int64_t days)
{
    int64_t year;
    int month, day;

    if (days == INT32_MAX || days == INT32_MIN) {
        return 0;
    }
    civil(days, &year, &month, &day);
    return snprintf(buf, 40, "%s%04lld-%02d-%02d", year < 0 ? "-" : "",
                    (long long)(year < 0 ? -year : year), month, day);
}

int vo_wire_print_time(char *buf, int64_t usec)
{
    const int64_t day = INT64_C(86400000000);
    int64_t days, rest;
    int n, seconds, micros;

    if (usec == INT64_MAX || usec == INT64_MIN) {
        return 0;
    }
    days = usec / day - (usec % day < 0);
    rest = usec - days * day;
    seconds = (int)(rest / 1000000);
    micros = (int)(rest % 1000000);
    n = vo_wire_print_date(buf, days);
    n += snprintf(buf + n, 40 - (apr_size_t)n, "T%02d:%02d:%02d",
                  seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (micros) {
        n += snprintf(buf + n, 40 - (apr_size_t)n, ".%06d", micros);
        while (buf[n - 1] == '0') {
            --n;
        }
    }
    return n;
}

static int64_t zone_seconds(const char *p, const char *end)
{
    int sign = *p == '-' ? -1 : 1;
    int part[3] = {0, 0, 0}, i;

    ++p;
    for (i = 0; i < 3 && p < end; ++i, ++p) {
        while (p < end && *p >= '0' && *p <= '9') {
            part[i] = part[i] * 10 + (*p++ - '0');
        }
    }
    return sign * (part[0] * INT64_C(3600) + part[1] * 60 + part[2]);
}

int vo_wire_timestamp(char *buf, const char *text, int len)
{
    const char *end = text + len, *zone = NULL, *p;
    int year, month, day, h = 0, m = 0, s = 0, n;
    char head[40];

    if (len && (*text == 'i' || *text == '-')) { /* infinity */
        return 0;
    }
    for (p = text + (len < 10 ? len : 10); p < end; ++p) {
        if (*p == '+' || *p == '-') {
            zone = p;
            break;
        }
    }
    n = (int)((zone ? zone : end) - text);
    if (zone && zone_seconds(zone, end) && n < (int)sizeof(head)) {
        memcpy(head, text, (apr_size_t)n);
        head[n] = '\0';
        if (sscanf(head, "%d-%d-%d%*1[ T]%d:%d:%d", &year, &month, &day, &h, &m,
                   &s) == 6) {
            const char *dot = strchr(head, '.');
            int64_t t = vo_wire_day_number(year, month, day) * 86400 + h * 3600
                        + m * 60 + s - zone_seconds(zone, end);
            int k = vo_wire_print_time(buf, t * 1000000);

            if (dot) {
                memcpy(buf + k, dot, strlen(dot));
                k += (int)strlen(dot);
            }
            return k;
        }
    }
    memcpy(buf, text, (apr_size_t)n);
    if (n > 10 && buf[10] == ' ') {
        buf[10] = 'T';
    }
    return n;
}

/* numeric: base 10000 digits with the weight of the first (PostgreSQL's
 * numeric_send). The text is exact, to its display scale. */
static int numeric_text(char *buf, const char *data, int len)
{
    int ndigits, weight, sign, dscale, i, n = 0;
    const char *p = data + 8;

    if (len < 8) {
        return -1;
    }
    ndigits = (int16_t)vo_get16(data);
    weight = (int16_t)vo_get16(data + 2);
    sign = vo_get16(data + 4);
    dscale = vo_get16(data + 6);
    if (sign >= 0xC000) {
        const char *word = sign == 0xC000   ? "NaN"
                           : sign == 0xD000 ? "Infinity"
                                            : "-Infinity";
        n = (int)strlen(word);
        memcpy(buf, word, (apr_size_t)n);
        return n;
    }
    /* A value whose digits are not all there would need more room than LEN
     * promises (1e1000 has one digit): refuse those beyond 60 places. */
    if (ndigits < 0 || len < 8 + 2 * ndigits || dscale > 4 * ndigits + 30
        || weight > ndigits + 6) {
        return -1;
    }
    if (sign == 0x4000) {
        buf[n++] = '-';
    }
    if (weight < 0) {
        buf[n++] = '0';
    }
    for (i = 0; i <= weight; ++i) {
        int d = i < ndigits ? vo_get16(p + 2 * i) : 0;

        n += snprintf(buf + n, 8, i ? "%04d" : "%d", d % 10000);
    }
    if (dscale > 0) {
        int from = n + 1;

        buf[n++] = '.';
        for (i = weight + 1; n - from < dscale; ++i) {
            int d = i >= 0 && i < ndigits ? vo_get16(p + 2 * i) : 0;

            n += snprintf(buf + n, 8, "%04d", d % 10000);
        }
        n = from + dscale;
    }
    return n;
}

static int numeric_double(double *value, const char *data, int len)
{
    int ndigits, weight, sign, i;
    char text[VO_NUM_SIZE + 24];
    int n = 0;

    if (len < 8) {
        return 0;
    }
    ndigits = (int16_t)vo_get16(data);
    weight = (int16_t)vo_get16(data + 2);
    sign = vo_get16(data + 4);
    if (sign >= 0xC000) {
        *value = sign == 0xC000 ? NAN : sign == 0xD000 ? INFINITY : -INFINITY;
        return 1;
    }
    if (ndigits < 0 || len < 8 + 2 * ndigits) {
        return 0;
    }
    /* 24 significant digits are more than any double needs in practice */
    if (sign == 0x4000) {
        text[n++] = '-';
    }
    text[n++] = '0';
    for (i = 0; i < ndigits && i < 7; ++i) {
        n += snprintf(text + n, 8, "%04d", vo_get16(data + 8 + 2 * i) % 10000);
    }
    n += snprintf(text + n, 16, "e%d", 4 * (weight + 1 - i));
    return vo_num_to_double(text, n, value);
}

int vo_wire_double(double *value, vo_pg_kind_e kind, const char *data, int len)
{
    int64_t whole;

    switch (kind) {
    case VO_PG_FLOAT4:
        if (len != 4) {
            return 0;
        }
        *value = (double)vo_get_float(data);
        return 1;
    case VO_PG_FLOAT8:
        if (len != 8) {
            return 0;
        }
        *value = vo_get_double(data);
        return 1;
    case VO_PG_NUMERIC:
        return numeric_double(value, data, len);
    default:
        if (!vo_wire_int64(&whole, kind, data, len)) {
            return 0;
        }
        *value = (double)whole;
        return 1;
    }
}

int vo_wire_int64(int64_t *value, vo_pg_kind_e kind, const char *data, int len)
{
    char text[512];
    int n;

    switch (kind) {
    case VO_PG_INT2:
        *value = len == 2 ? (int16_t)vo_get16(data) : 0;
        return len == 2;
    case VO_PG_INT4:
        *value = len == 4 ? (int32_t)vo_get32(data) : 0;
        return len == 4;
    case VO_PG_OID:
        *value = len == 4 ? (int64_t)vo_get32(data) : 0;
        return len == 4;
    case VO_PG_INT8:
        *value = len == 8 ? (int64_t)vo_get64(data) : 0;
        return len == 8;
    case VO_PG_NUMERIC:
        if (VO_WIRE_TEXT_SIZE(len) > (int)sizeof(text)
            || (n = numeric_text(text, data, len)) < 0) {
            return 0;
        }
        if (memchr(text, '.', (apr_size_t)n)) { /* 12.00 is an integer */
            while (text[n - 1] == '0') {
                --n;
            }
            n -= text[n - 1] == '.';
        }
        return vo_num_to_int64(text, n, value);
    default:
        return 0;
    }
}

static int hex_text(char *buf, const char *data, int len)
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = 0; i < len; ++i) {
        buf[2 * i] = digits[(unsigned char)data[i] >> 4];
        buf[2 * i + 1] = digits[(unsigned char)data[i] & 15];
    }
    return 2 * len;
}

int vo_wire_text(char *buf, vo_pg_kind_e kind, const char *data, int len)
{
    int64_t whole;
    int n, i;

    switch (kind) {
    case VO_PG_TEXT:
    case VO_PG_OTHER:
        memcpy(buf, data, (apr_size_t)len);
        return len;
    case VO_PG_JSONB: /* one byte of version */
        n = len > 0 ? len - 1 : 0;
        memcpy(buf, data + (len - n), (apr_size_t)n);
        return n;
    case VO_PG_BOOL:
        if (len != 1) {
            return -1;
        }
        memcpy(buf, *data ? "true" : "false", 5);
        return *data ? 4 : 5;
    case VO_PG_FLOAT4:
        return len == 4 ? vo_num_from_float(buf, vo_get_float(data)) : -1;
    case VO_PG_FLOAT8:
        return len == 8 ? vo_num_from_double(buf, vo_get_double(data)) : -1;
    case VO_PG_NUMERIC:
        return numeric_text(buf, data, len);
    case VO_PG_UUID:
        if (len != 16) {
            return -1;
        }
        for (i = 0, n = 0; i < 16; ++i) {
            if (i == 4 || i == 6 || i == 8 || i == 10) {
                buf[n++] = '-';
            }
            n += hex_text(buf + n, data + i, 1);
        }
        return n;
    case VO_PG_BYTEA:
        return hex_text(buf, data, len);
    case VO_PG_DATE:
        return len == 4 ? vo_wire_print_date(buf, (int32_t)vo_get32(data)) : -1;
    case VO_PG_TIMESTAMP:
    case VO_PG_TIMESTAMPTZ:
        return len == 8 ? vo_wire_print_time(buf, (int64_t)vo_get64(data)) : -1;
    default:
        return vo_wire_int64(&whole, kind, data, len)
                   ? vo_num_from_int64(buf, whole)
                   : -1;
    }
}

int vo_wire_literal_next(const char **p, const char *end, char *buf)
{
    const char *s = *p;
    int n = 0, is_quoted = 0;

    while (s < end && (*s == '{' || *s == ',' || *s == '}')) {
        ++s;
    }
    if (s == end) {
        *p = s;
        return -2;
    }
    if (*s == '"') {
        is_quoted = 1;
        for (++s; s < end && *s != '"'; ++s) {
            if (*s == '\\' && s + 1 < end) {
                ++s;
            }
            buf[n++] = *s;
        }
        s += s < end;
    }
    else {
        for (; s < end && *s != ',' && *s != '}'; ++s) {
            buf[n++] = *s;
        }
    }
    *p = s;
    return !is_quoted && n == 4 && !memcmp(buf, "NULL", 4) ? -1 : n;
}
