/* voctl_load.h: loading one table of a release, from wherever rows come. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_LOAD_H
#define VOCTL_LOAD_H

#include "table/vo_table.h"
#include "voctl.h"
#include "voctl_plan.h"

/* Rows with a description: a file, or a generator. */
typedef struct voctl_source_t {
    const char *name;  /* in messages */
    const vo_tableinfo_t *info;
    /* as vo_reader_next */
    vo_err_t *(*next)(void *baton, const vo_cell_t **cells);
    void (*progress)(void *baton, apr_int64_t *done, apr_int64_t *all);
    void *baton;
} voctl_source_t;

typedef enum { VOCTL_NEW, VOCTL_REPLACE, VOCTL_APPEND } voctl_mode_e;

typedef struct voctl_load_t {
    const char *release;
    const char *table;       /* "MagABDualObj", or "schema.Table" */
    voctl_mode_e mode;       /* when the table is there already */
    int is_cone;             /* 0, 1, or -1: when there is a position */
    voctl_planopts_t plan;   /* filters are filled in by voctl_load */
    apr_array_header_t *key;     /* columns of the unique key, or NULL */
    apr_array_header_t *indexes; /* of apr_array_header_t * of columns */
    int index;               /* table_index; -1: after the others */
    int nsources;
    const vo_tableinfo_t *const *infos;
    const char *const *names;
    /* Open source I anew, in POOL. */
    vo_err_t *(*open)(voctl_source_t *source, void *baton, int i,
                      apr_pool_t *pool);
    void *baton;
} voctl_load_t;

/* What is known about where the table goes, and its plan. */
typedef struct voctl_target_t {
    const char *release, *survey, *reader_role, *pg_schema;
    const char *schema;      /* TAP schema */
    const char *tap_name;    /* "demo.MagABDualObj" */
    const char *pg_table;
    int exists;              /* it is published already */
    int is_appending;        /* and its rows stay */
    apr_int64_t nrows;       /* rows loaded now */
    apr_int64_t nrows_before;
    voctl_plan_t *plan;
    const voctl_load_t *load;
} voctl_target_t;

/* Load. Everything happens in one transaction: after an error, or when the
 * process dies, the database is as it was. */
vo_err_t *voctl_load(voctl_t *ctl, const voctl_load_t *load);

/* ---- its parts ---------------------------------------------------------- */

/* voctl_copy.c: send every row of every source into the staging table (with a
 * dry run: only check them). */
vo_err_t *voctl_copy_rows(voctl_t *ctl, voctl_target_t *t,
                          voctl_progress_t *progress);

/* voctl_ddl.c */
/* Are the columns to be indexed there? Notes which they are in the plan. */
vo_err_t *voctl_ddl_check(voctl_t *ctl, const voctl_target_t *t);
vo_err_t *voctl_ddl_staging(voctl_t *ctl, const voctl_target_t *t);
const char *voctl_ddl_copy(const voctl_target_t *t, apr_pool_t *pool);
vo_err_t *voctl_ddl_store(voctl_t *ctl, const voctl_target_t *t,
                          voctl_progress_t *progress);
vo_err_t *voctl_ddl_swap(voctl_t *ctl, const voctl_target_t *t);
/* After the commit: mark every page as visible to all, so that index-only
 * scans work and the first readers need not write. */
void voctl_ddl_settle(voctl_t *ctl, const voctl_target_t *t);

/* voctl_publish.c */
/* Do the foreign keys name columns that are there? */
vo_err_t *voctl_publish_check(voctl_t *ctl, const voctl_target_t *t);
/* Make TAP_SCHEMA say what the table is now. */
vo_err_t *voctl_publish(voctl_t *ctl, const voctl_target_t *t);
/* Take types, statistics and names of the published table into the plan. */
vo_err_t *voctl_match_existing(voctl_t *ctl, voctl_target_t *t);

#endif
