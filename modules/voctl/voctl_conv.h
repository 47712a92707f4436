/* voctl_conv.h: PostgreSQL binary cells: types, values, conversion. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_CONV_H
#define VOCTL_CONV_H

#include <stdint.h>

#include "table/vo_table.h"
#include "vo_copy.h"

enum { /* PostgreSQL's type oids, fixed for ever (pg_type.dat) */
    OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23,
    OID_TEXT = 25, OID_FLOAT4 = 700, OID_FLOAT8 = 701, OID_BPCHAR = 1042,
    OID_VARCHAR = 1043, OID_DATE = 1082, OID_TIMESTAMP = 1114
};

typedef struct voctl_type_t {
    unsigned oid, array_oid; /* array_oid 0: none is offered */
    const char *pg_name;     /* as format_type() prints it */
    int is_number;
    int rank;                /* among numbers: which holds which */
    vo_type_e type;          /* VOTable's, by default */
} voctl_type_t;

/* The type of OID, which may be an array's (*IS_ARRAY set), or NULL. */
const voctl_type_t *voctl_type(unsigned oid, int *is_array);
/* The type called so in PostgreSQL ("real", "integer"...), or NULL. */
const voctl_type_t *voctl_type_named(const char *pg_name);
/* The type every value of A and B fits: for numbers the wider, float8 for an
 * integer beside a float; NULL when they have nothing in common. */
const voctl_type_t *voctl_type_common(const voctl_type_t *a,
                                      const voctl_type_t *b);

int32_t voctl_get32(const char *data);
int64_t voctl_get64(const char *data);

/* What is known of the values of a column. */
typedef struct voctl_stats_t {
    double min, max;  /* of numbers that are not NaN; NaN when there are none */
    int64_t nfilled;  /* rows with anything but NULL or NaN */
} voctl_stats_t;
void voctl_stats_init(voctl_stats_t *stats);

/* The value of a number's CELL, NaN for NULL or what is no number. */
double voctl_cell_number(const vo_cell_t *cell, unsigned oid);

/* Append CELL of type FROM (scalar or array) as one of type TO, length first,
 * and count it in STATS (may be NULL). Returns NULL, or what is wrong, with the
 * value, in POOL. */
const char *voctl_convert(vo_buf_t *buf, const vo_cell_t *cell,
                          unsigned from, unsigned to, voctl_stats_t *stats,
                          apr_pool_t *pool);

/* Append an array of ELEM whose N elements are CELLS of the types FROM
 * (a NULL cell pointer: a NULL element); all NULL makes a NULL array. */
const char *voctl_fold(vo_buf_t *buf, int n, const vo_cell_t *const *cells,
                       const unsigned *from, unsigned elem,
                       voctl_stats_t *stats, apr_pool_t *pool);

#endif
