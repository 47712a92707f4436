/* voctl_plan.h: what a file's columns become in the archive. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_PLAN_H
#define VOCTL_PLAN_H

#include "table/vo_table.h"
#include "voctl_conv.h"
#include "voctl_metafile.h"

typedef struct voctl_column_t {
    vo_field_t field;        /* as published */
    const char *adql_name;   /* quoted where a query must quote it */
    const char *pg_column;   /* unquoted */
    const char *pg_type;     /* of the table */
    unsigned oid;            /* of the rows sent to PostgreSQL */
    unsigned elem;           /* of a folded column's elements, else 0 */
    int nsources;            /* columns of the file it is made of */
    const char **sources;    /* their names; NULL: a filter without one */
    const char *timesys;     /* time frame, see vo_timesys_parse; or NULL */
    int is_principal, is_std;
    int is_indexed;          /* first column of an index */
    voctl_stats_t stats;
} voctl_column_t;

typedef struct voctl_plan_t {
    int ncolumns;
    voctl_column_t *columns;
    int ra, dec, id;         /* columns, or -1 */
    const char *hpx;         /* name of the cell number, NULL without ra */
    int ngroups;
    vo_group_t *groups;      /* of published columns */
    const char *description, *utype;
    double epoch;            /* Julian year, 0 unknown */
} voctl_plan_t;

typedef struct voctl_planopts_t {
    const char *ra, *dec, *id;    /* as told, or NULL */
    const char *description, *epoch;
    int is_without_position;
    int is_folding;
    int nfilters;
    const vo_filter_t *filters;
    const voctl_metafile_t *meta; /* never NULL */
} voctl_planopts_t;

/* Make the plan for NFILES tables, described by INFOS and called FILES in
 * messages, which must have the same columns; numbers of different width take
 * the wider type. */
vo_err_t *voctl_plan_make(voctl_plan_t **plan, int nfiles,
                          const vo_tableinfo_t *const *infos,
                          const char *const *files,
                          const voctl_planopts_t *opts, apr_pool_t *pool);

/* The column called NAME (any case), -1 when there is none. */
int voctl_plan_find(const voctl_plan_t *plan, const char *name);

/* NAME as a table or column of PostgreSQL: small letters, at most 63 bytes,
 * never the name of a system column. */
const char *voctl_pg_name(const char *name, apr_pool_t *pool);

#endif
