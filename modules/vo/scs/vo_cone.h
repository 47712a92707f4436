/* vo_cone.h: the columns and the SQL of a cone search. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_CONE_H
#define VO_CONE_H

#include <apr_tables.h>

#include "../meta/vo_meta.h"
#include "../table/vo_table.h"
#include "../vo_err.h"
#include "../vo_sql.h"

/*
 * Simple Cone Search 1.03 on a table with an hpx column. The cone becomes
 * ranges of cells (modules/vo/sky); they travel as array parameters, so the
 * text is the same for every cone on a table at one verbosity, and is prepared
 * once per connection. Only rows in border ranges are tested exactly.
 */

enum { VO_CONE_MIN_VERB = 1, VO_CONE_VERB = 2, VO_CONE_MAX_VERB = 3 };

/* Can TABLE be searched so: published for it, with position and hpx? */
int vo_cone_serves(const vo_table_t *table);

typedef struct vo_cone_t {
    int nfields;
    vo_field_t *fields;       /* of the answer, pg_oid set */
    int id, ra, dec;          /* places in fields of the three main columns */
    const char *sql;
    const char *prepare_name; /* changes whenever the answer could */
} vo_cone_t;

/* The columns at VERB (1: only the three main ones; 2: the principal ones too,
 * or all where none is marked so; 3: all). The three come first:
 *   ID_MAIN         char: the table's identifier; where it has none, its
 *                   columns of UCD meta.id or meta.id.part (only those with
 *                   meta.main, if any) joined by "-", else the cell number of
 *                   the position
 *   POS_EQ_RA_MAIN  double, deg
 *   POS_EQ_DEC_MAIN double, deg
 * in UCD1 as SCS 1.03 section 2.2 demands; no other column keeps a UCD that
 * claims to be one of the three. COOSYS_ID is the ref of ra and dec, NULL for
 * none. Everything lives in POOL. */
vo_cone_t *vo_cone_make(const vo_table_t *table, int verb,
                        const char *coosys_id, apr_pool_t *pool);

/* Fill REQ's SQL, parameters, prepare_name and max_rows for a cone of RADIUS
 * degrees (0 to 180) around RA (0 to 360), DEC, of MAXREC rows at most. The
 * boundary belongs to the cone. Parameters live in POOL. */
vo_err_t *vo_cone_request(vo_sql_req_t *req, const vo_cone_t *cone,
                          double ra_deg, double dec_deg, double radius_deg,
                          apr_int64_t maxrec, apr_pool_t *pool);

/* FROM and WHERE of such a search, the table called t, for SQL that selects
 * something else of it with the same parameters $1 to $6; in POOL. */
const char *vo_cone_from_sql(const vo_table_t *table, apr_pool_t *pool);

/* Push to TO (of vo_descriptor_t) a cone search of TABLE at URL around each row
 * of a result, if both its position columns are among FIELDS; the radius is the
 * user's to choose. */
void vo_cone_descriptor(apr_array_header_t *to, const vo_table_t *table,
                        int nfields, const vo_field_t *fields,
                        const char *url, apr_pool_t *pool);

/* The SQL that finds the position of some row of TABLE, in POOL. */
const char *vo_cone_sample_sql(const vo_table_t *table, apr_pool_t *pool);

#endif
