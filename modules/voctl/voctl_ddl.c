/* voctl_ddl.c: the SQL that stores a table: staging, order, indexes, swap. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_load.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "vo_sql.h"

#define LOCK_TRIES 60

/* Names used while loading; they cannot be a user's, which the prefix of
 * PostgreSQL names derived from TAP names never has. */
static const char *staging(const voctl_target_t *t, apr_pool_t *pool)
{
    return apr_pstrcat(pool, vo_sql_ident(t->pg_schema, pool), ".",
                       vo_sql_ident(apr_pstrcat(pool, "~rows ", t->pg_table,
                                                NULL), pool), NULL);
}

static const char *fresh_name(const voctl_target_t *t, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "~new ", t->pg_table, NULL);
}

static const char *fresh(const voctl_target_t *t, apr_pool_t *pool)
{
    return apr_pstrcat(pool, vo_sql_ident(t->pg_schema, pool), ".",
                       vo_sql_ident(fresh_name(t, pool), pool), NULL);
}

static const char *final(const voctl_target_t *t, apr_pool_t *pool)
{
    return apr_pstrcat(pool, vo_sql_ident(t->pg_schema, pool), ".",
                       vo_sql_ident(t->pg_table, pool), NULL);
}

static const char *copy_type(const voctl_column_t *col, apr_pool_t *pool)
{
    int is_array;
    const voctl_type_t *type = voctl_type(col->oid, &is_array);

    return apr_pstrcat(pool, type->pg_name, is_array ? "[]" : "", NULL);
}

/* The columns, separated by commas: with the type to be sent, or cast to the
 * type of the table when it differs, or bare. */
typedef enum { BARE, WITH_TYPE, CAST } list_e;
static const char *column_list(const voctl_target_t *t, list_e how,
                               apr_pool_t *pool)
{
    const voctl_plan_t *plan = t->plan;
    apr_array_header_t *parts = apr_array_make(pool, plan->ncolumns * 3,
                                               sizeof(const char *));
    int i;

    for (i = 0; i < plan->ncolumns; ++i) {
        const voctl_column_t *col = &plan->columns[i];
        const char *name = vo_sql_ident(col->pg_column, pool);
        const char *sent = copy_type(col, pool);

        if (how == WITH_TYPE) {
            name = apr_pstrcat(pool, name, " ", sent, NULL);
        }
        else if (how == CAST && strcmp(sent, col->pg_type)) {
            name = apr_pstrcat(pool, name, "::", col->pg_type, " AS ", name,
                               NULL);
        }
        APR_ARRAY_PUSH(parts, const char *) = name;
    }
    if (plan->hpx) {
        APR_ARRAY_PUSH(parts, const char *)
            = apr_pstrcat(pool, vo_sql_ident(plan->hpx, pool),
                          how == WITH_TYPE ? " bigint" : "", NULL);
    }
    return apr_array_pstrcat(pool, parts, ',');
}

vo_err_t *voctl_ddl_staging(voctl_t *ctl, const voctl_target_t *t)
{
    apr_pool_t *pool = ctl->pool;

    return voctl_exec(ctl, apr_pstrcat(pool, "CREATE UNLOGGED TABLE ",
                                       staging(t, pool), " (",
                                       column_list(t, WITH_TYPE, pool), ")"
                                       " WITH (autovacuum_enabled = false)",
                                       NULL));
}

const char *voctl_ddl_copy(const voctl_target_t *t, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "COPY ", staging(t, pool), " FROM STDIN"
                       " (FORMAT binary, FREEZE)", NULL);
}

/* The columns called so in the files, as SQL; they are there, as
 * voctl_ddl_check has seen. */
static const char *ident_list(const voctl_target_t *t,
                              const apr_array_header_t *columns,
                              apr_pool_t *pool)
{
    apr_array_header_t *parts = apr_array_make(pool, columns->nelts,
                                               sizeof(const char *));
    int i;

    for (i = 0; i < columns->nelts; ++i) {
        int at = voctl_plan_find(t->plan, APR_ARRAY_IDX(columns, i,
                                                        const char *));

        APR_ARRAY_PUSH(parts, const char *)
            = vo_sql_ident(t->plan->columns[at].pg_column, pool);
    }
    return apr_array_pstrcat(pool, parts, ',');
}

static vo_err_t *check_columns(const voctl_target_t *t,
                               const apr_array_header_t *columns,
                               apr_pool_t *pool)
{
    int i;

    for (i = 0; i < columns->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(columns, i, const char *);
        int at = voctl_plan_find(t->plan, name);

        if (at < 0) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "There is no column %s to be indexed.", name);
        }
        t->plan->columns[at].is_indexed |= i == 0;
    }
    return NULL;
}

vo_err_t *voctl_ddl_check(voctl_t *ctl, const voctl_target_t *t)
{
    const voctl_load_t *load = t->load;
    voctl_plan_t *plan = t->plan;
    int i;

    if (load->key) {
        VO_TRY(check_columns(t, load->key, ctl->pool));
    }
    for (i = 0; i < load->indexes->nelts; ++i) {
        VO_TRY(check_columns(t, APR_ARRAY_IDX(load->indexes, i,
                                              apr_array_header_t *),
                             ctl->pool));
    }
    for (i = 0; i < plan->ncolumns; ++i) {
        voctl_column_t *col = &plan->columns[i];

        /* the position is indexed by its cell number */
        col->is_indexed |= (plan->hpx && (i == plan->ra || i == plan->dec))
                           || !strcmp(col->pg_type, "sky_region");
    }
    return NULL;
}

/* Create an index over COLUMNS, an SQL list; PostgreSQL chooses its name. */
static vo_err_t *make_index(voctl_t *ctl, const voctl_target_t *t,
                            const char *unique, const char *method,
                            const char *columns)
{
    apr_pool_t *pool = ctl->pool;

    return voctl_exec(ctl, apr_pstrcat(pool, "CREATE ", unique, "INDEX ON ",
                                       fresh(t, pool), " USING ", method, " (",
                                       columns, ") WITH (fillfactor = 100)",
                                       NULL));
}

static vo_err_t *make_indexes(voctl_t *ctl, const voctl_target_t *t)
{
    const voctl_load_t *load = t->load;
    const voctl_plan_t *plan = t->plan;
    apr_pool_t *pool = ctl->pool;
    int i;

    if (plan->hpx) {
        VO_TRY(make_index(ctl, t, "", "btree", vo_sql_ident(plan->hpx, pool)));
    }
    if (load->key) {
        VO_TRY(make_index(ctl, t, "UNIQUE ", "btree",
                          ident_list(t, load->key, pool)));
    }
    for (i = 0; i < load->indexes->nelts; ++i) {
        VO_TRY(make_index(ctl, t, "", "btree",
                          ident_list(t, APR_ARRAY_IDX(load->indexes, i,
                                                      apr_array_header_t *),
                                     pool)));
    }
    if (plan->id >= 0 && !plan->columns[plan->id].is_indexed) {
        plan->columns[plan->id].is_indexed = 1;
        VO_TRY(make_index(ctl, t, "", "btree",
                          vo_sql_ident(plan->columns[plan->id].pg_column,
                                       pool)));
    }
    for (i = 0; i < plan->ncolumns; ++i) {
        if (!strcmp(plan->columns[i].pg_type, "sky_region")) {
            VO_TRY(make_index(ctl, t, "", "gist",
                              vo_sql_ident(plan->columns[i].pg_column, pool)));
        }
    }
    return NULL;
}

/* An index of the table that is to be extended, taken over when the caller
 * names none. */
static vo_err_t *copy_indexes(voctl_t *ctl, const voctl_target_t *t)
{
    apr_pool_t *pool = ctl->pool;
    const char *params[1];
    PGresult *res;
    int row;

    params[0] = final(t, pool);
    VO_TRY(voctl_query(&res, ctl,
        "SELECT format('CREATE %sINDEX ON ', CASE WHEN indisunique THEN"
        " 'UNIQUE ' ELSE '' END), substring(pg_get_indexdef(indexrelid) FROM"
        " 'USING .*$') FROM pg_index WHERE indrelid = $1::regclass"
        " ORDER BY indexrelid", 1, params, pool));
    for (row = 0; row < PQntuples(res); ++row) {
        VO_TRY(voctl_exec(ctl, apr_pstrcat(pool, PQgetvalue(res, row, 0),
                                           fresh(t, pool), " ",
                                           PQgetvalue(res, row, 1), NULL)));
    }
    return NULL;
}

/* Rows in order into the new table. */
static vo_err_t *sort_rows(voctl_t *ctl, const voctl_target_t *t)
{
    const voctl_plan_t *plan = t->plan;
    apr_pool_t *pool = ctl->pool;
    const char *order = "", *old = "";

    if (plan->hpx) {
        order = apr_pstrcat(pool, " ORDER BY ", vo_sql_ident(plan->hpx, pool),
                            NULL);
    }
    else if (t->load->key) {
        order = apr_pstrcat(pool, " ORDER BY ",
                            ident_list(t, t->load->key, pool), NULL);
    }
    if (t->is_appending) {
        old = apr_pstrcat(pool, " UNION ALL SELECT ",
                          column_list(t, BARE, pool), " FROM ",
                          final(t, pool), NULL);
    }
    return voctl_exec(ctl, apr_pstrcat(pool, "CREATE TABLE ", fresh(t, pool),
                                       " AS SELECT ",
                                       column_list(t, CAST, pool), " FROM ",
                                       staging(t, pool), old, order, NULL));
}

vo_err_t *voctl_ddl_store(voctl_t *ctl, const voctl_target_t *t,
                          voctl_progress_t *progress)
{
    apr_pool_t *pool = ctl->pool;

    VO_TRY(voctl_exec(ctl, "SET LOCAL work_mem = '256MB';"
                           "SET LOCAL maintenance_work_mem = '256MB';"
                           "SET LOCAL jit = off;"
                           "SET LOCAL max_parallel_workers_per_gather = 2;"
                           "SET LOCAL max_parallel_maintenance_workers = 2"));
    voctl_progress_phase(progress, apr_pstrcat(pool, t->tap_name, ": sorting",
                                               NULL));
    VO_TRY(sort_rows(ctl, t));
    VO_TRY(voctl_exec(ctl, apr_pstrcat(pool, "DROP TABLE ", staging(t, pool),
                                       NULL)));
    voctl_progress_phase(progress, apr_pstrcat(pool, t->tap_name, ": indexing",
                                               NULL));
    if (t->is_appending && !t->load->key && t->load->indexes->nelts == 0) {
        VO_TRY(copy_indexes(ctl, t));
    }
    else {
        VO_TRY(make_indexes(ctl, t));
    }
    voctl_progress_phase(progress, apr_pstrcat(pool, t->tap_name,
                                               ": analyzing", NULL));
    return voctl_exec(ctl, apr_pstrcat(pool, "ANALYZE ", fresh(t, pool),
                                       NULL));
}

/* Lock the old table without making every new reader queue behind us while a
 * long query of an old one runs: try for a moment, let go, try again. */
static vo_err_t *lock_old(voctl_t *ctl, const voctl_target_t *t)
{
    vo_err_t *err = NULL;
    int i;

    for (i = 0; i < LOCK_TRIES; ++i) {
        VO_TRY(voctl_exec(ctl, "SAVEPOINT swap;"
                               "SET LOCAL lock_timeout = '2s'"));
        err = voctl_exec(ctl, apr_pstrcat(ctl->pool, "LOCK TABLE ",
                                          final(t, ctl->pool),
                                          " IN ACCESS EXCLUSIVE MODE", NULL));
        if (!err) {
            return voctl_exec(ctl, "RELEASE SAVEPOINT swap;"
                                   "SET LOCAL lock_timeout = 0");
        }
        VO_TRY(voctl_exec(ctl, "ROLLBACK TO SAVEPOINT swap"));
        apr_sleep(apr_time_from_sec(1));
    }
    return vo_err_wrap(ctl->pool, err, "%s is in use all the time",
                       t->tap_name);
}

/* Give the indexes of the table now in place names that say what they are. */
static vo_err_t *name_indexes(voctl_t *ctl, const voctl_target_t *t)
{
    const char *params[1];
    PGresult *res;
    int row;

    params[0] = final(t, ctl->pool);
    VO_TRY(voctl_query(&res, ctl,
        "SELECT format('ALTER INDEX %s RENAME TO %I', indexrelid::regclass,"
        " left(c.relname, 24) || '_' || left(x.cols, 16) || '_' ||"
        " indexrelid::bigint)"
        " FROM pg_index i JOIN pg_class c ON c.oid = indrelid,"
        " LATERAL (SELECT string_agg(attname, '_' ORDER BY n) AS cols"
        " FROM unnest(indkey) WITH ORDINALITY k(num, n) JOIN pg_attribute a"
        " ON a.attrelid = indrelid AND a.attnum = num) x"
        " WHERE indrelid = $1::regclass", 1, params, ctl->pool));
    for (row = 0; row < PQntuples(res); ++row) {
        VO_TRY(voctl_exec(ctl, PQgetvalue(res, row, 0)));
    }
    return NULL;
}

vo_err_t *voctl_ddl_swap(voctl_t *ctl, const voctl_target_t *t)
{
    apr_pool_t *pool = ctl->pool;

    if (t->exists) {
        VO_TRY(lock_old(ctl, t));
        VO_TRY(voctl_exec(ctl, apr_pstrcat(pool, "DROP TABLE ", final(t, pool),
                                           NULL)));
    }
    VO_TRY(voctl_exec(ctl, apr_pstrcat(pool, "ALTER TABLE ", fresh(t, pool),
                                       " RENAME TO ",
                                       vo_sql_ident(t->pg_table, pool),
                                       NULL)));
    VO_TRY(name_indexes(ctl, t));
    return voctl_exec(ctl, apr_pstrcat(pool, "GRANT SELECT ON ",
                                       final(t, pool), " TO ",
                                       vo_sql_ident(t->reader_role, pool),
                                       NULL));
}

void voctl_ddl_settle(voctl_t *ctl, const voctl_target_t *t)
{
    /* Nothing depends on it, so a failure (someone else's lock) is no error. */
    PGresult *res = PQexec(ctl->conn, apr_pstrcat(
        ctl->pool, "VACUUM (SKIP_LOCKED, INDEX_CLEANUP OFF, TRUNCATE OFF) ",
        final(t, ctl->pool), NULL));

    PQclear(res);
}
