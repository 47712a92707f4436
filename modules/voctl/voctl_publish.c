/* voctl_publish.c: what TAP_SCHEMA says of a table just loaded. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "vo_num.h"

#define MAX_PARAMS 24

/* The parameters of one statement, as text. */
typedef struct params_t {
    const char *values[MAX_PARAMS];
    int n;
    apr_pool_t *pool;
} params_t;

static void add_text(params_t *p, const char *value)
{
    p->values[p->n++] = value && *value ? value : NULL;
}

static void add_int(params_t *p, apr_int64_t value)
{
    p->values[p->n++] = apr_psprintf(p->pool, "%" APR_INT64_T_FMT, value);
}

static void add_double(params_t *p, double value)
{
    char *text = apr_palloc(p->pool, VO_NUM_SIZE);

    vo_num_from_double(text, value);
    p->values[p->n++] = isnan(value) ? NULL : text;
}

static vo_err_t *run(voctl_t *ctl, const char *sql, const params_t *p)
{
    return voctl_query(NULL, ctl, sql, p->n, p->values, p->pool);
}

static void start(params_t *p, const voctl_target_t *t, apr_pool_t *pool)
{
    p->n = 0;
    p->pool = pool;
    add_text(p, t->release);
    add_text(p, t->tap_name);
}

static const char *name_at(const voctl_plan_t *plan, int at)
{
    return at < 0 ? NULL : plan->columns[at].adql_name;
}

static vo_err_t *publish_table(voctl_t *ctl, const voctl_target_t *t,
                               apr_pool_t *pool)
{
    const voctl_plan_t *plan = t->plan;
    const voctl_load_t *load = t->load;
    params_t p;

    start(&p, t, pool);
    add_text(&p, t->schema);
    VO_TRY(run(ctl, "INSERT INTO vo.tap_schemas (release_id, schema_name,"
                    " schema_index) SELECT $1, $3, count(*) FROM vo.tap_schemas"
                    " WHERE release_id = $1 AND $2 <> ''"
                    " ON CONFLICT DO NOTHING", &p));
    add_text(&p, plan->description);
    add_text(&p, plan->utype);
    add_text(&p, t->pg_schema);
    add_text(&p, t->pg_table);
    add_int(&p, t->nrows);
    add_text(&p, name_at(plan, plan->ra));
    add_text(&p, name_at(plan, plan->dec));
    add_text(&p, name_at(plan, plan->id));
    add_text(&p, plan->hpx);
    add_double(&p, plan->epoch > 0 ? plan->epoch : NAN);
    add_text(&p, (load->is_cone < 0 ? plan->ra >= 0 : load->is_cone) ? "t"
                                                                     : "f");
    p.values[p.n++] = load->index < 0 ? NULL : apr_itoa(pool, load->index);
    return run(ctl,
        "INSERT INTO vo.tap_tables (release_id, table_name, schema_name,"
        " description, utype, pg_schema, pg_table, nrows, ra_column,"
        " dec_column, id_column, hpx_column, epoch, is_cone, table_index)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
        " coalesce($15::int, (SELECT coalesce(max(table_index) + 1, 0)"
        " FROM vo.tap_tables WHERE release_id = $1 AND schema_name = $3)))"
        " ON CONFLICT (release_id, table_name) DO UPDATE SET"
        " description = excluded.description, utype = excluded.utype,"
        " pg_table = excluded.pg_table, nrows = excluded.nrows,"
        " ra_column = excluded.ra_column, dec_column = excluded.dec_column,"
        " id_column = excluded.id_column, hpx_column = excluded.hpx_column,"
        " epoch = excluded.epoch, is_cone = excluded.is_cone,"
        " table_index = CASE WHEN $15 IS NULL THEN tap_tables.table_index"
        " ELSE excluded.table_index END", &p);
}

/* TAP's "size": the length of a one-dimensional array of fixed length. */
static int one_length(const char *arraysize)
{
    return arraysize && *arraysize
                   && strspn(arraysize, "0123456789") == strlen(arraysize)
               ? vo_arraysize_parse(arraysize) : 0;
}

static vo_err_t *publish_column(voctl_t *ctl, const voctl_target_t *t, int i,
                                apr_pool_t *pool)
{
    const voctl_column_t *col = &t->plan->columns[i];
    const vo_field_t *f = &col->field;
    int size = one_length(f->arraysize);
    params_t p;

    start(&p, t, pool);
    add_text(&p, col->adql_name);
    add_text(&p, vo_type_name(f->type));
    add_text(&p, f->arraysize);
    add_text(&p, f->xtype);
    p.values[p.n++] = size > 0 ? apr_itoa(pool, size) : NULL;
    add_text(&p, f->description);
    add_text(&p, f->utype);
    add_text(&p, f->unit);
    add_text(&p, f->ucd);
    add_int(&p, col->is_indexed);
    add_int(&p, col->is_principal);
    add_int(&p, col->is_std);
    add_int(&p, i);
    add_text(&p, col->pg_column);
    add_text(&p, col->pg_type);
    add_double(&p, col->stats.min);
    add_double(&p, col->stats.max);
    add_double(&p, t->nrows ? (double)col->stats.nfilled / (double)t->nrows
                            : NAN);
    add_text(&p, col->timesys);
    return run(ctl,
        "INSERT INTO vo.tap_columns (release_id, table_name, column_name,"
        " datatype, arraysize, xtype, size, description, utype, unit, ucd,"
        " indexed, principal, std, column_index, pg_column, pg_type, min, max,"
        " fill, timesys) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
        " $12, $13,"
        " $14, $15, $16, $17, $18, $19, $20, $21)", &p);
}

static vo_err_t *publish_group(voctl_t *ctl, const voctl_target_t *t, int i,
                               apr_pool_t *pool)
{
    const vo_group_t *group = &t->plan->groups[i];
    int j;

    /* one row, columns appended: no array text is ever built here */
    for (j = 0; j < group->ncolumns; ++j) {
        int at = voctl_plan_find(t->plan, group->columns[j]);
        params_t p;

        start(&p, t, pool);
        add_int(&p, i);
        add_text(&p, group->name);
        add_text(&p, group->description);
        add_text(&p, group->ucd);
        add_text(&p, group->utype);
        add_text(&p, name_at(t->plan, at));
        VO_TRY(run(ctl,
            "INSERT INTO vo.tap_groups (release_id, table_name, group_index,"
            " name, description, ucd, utype, columns) VALUES ($1, $2, $3, $4,"
            " $5, $6, $7, ARRAY[$8]) ON CONFLICT (release_id, table_name,"
            " group_index) DO UPDATE SET"
            " columns = tap_groups.columns || excluded.columns", &p));
    }
    return NULL;
}

/* The published spelling of table NAME and of its column COLUMN. */
static vo_err_t *find_target(const char **table, const char **column,
                             voctl_t *ctl, const voctl_target_t *t,
                             const char *name, const char *wanted,
                             apr_pool_t *pool)
{
    const char *params[4];
    PGresult *res;

    params[0] = t->release;
    params[1] = name;
    params[2] = wanted;
    params[3] = t->schema;
    VO_TRY(voctl_query(&res, ctl,
        "SELECT table_name, column_name FROM vo.tap_columns"
        " WHERE release_id = $1 AND lower(table_name) IN (lower($2),"
        " lower($4 || '.' || $2)) AND lower(trim('\"' FROM column_name))"
        " = lower(trim('\"' FROM $3))", 4, params, pool));
    if (PQntuples(res) == 0) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "A key refers to %s(%s), which is not published.",
                           name, wanted);
    }
    *table = PQgetvalue(res, 0, 0);
    *column = PQgetvalue(res, 0, 1);
    return NULL;
}

vo_err_t *voctl_publish_check(voctl_t *ctl, const voctl_target_t *t)
{
    const apr_array_header_t *keys = t->load->plan.meta->keys;
    const char *table, *column;
    int i, j;

    for (i = 0; i < keys->nelts; ++i) {
        const voctl_metakey_t *k = &APR_ARRAY_IDX(keys, i, voctl_metakey_t);

        for (j = 0; j < k->from->nelts; ++j) {
            const char *from = APR_ARRAY_IDX(k->from, j, const char *);

            if (voctl_plan_find(t->plan, from) < 0) {
                return vo_err_make(ctl->pool, VO_ERR_USAGE,
                                   "Key %s: %s has no column %s.", k->id,
                                   t->tap_name, from);
            }
            if (strcasecmp(k->target, t->tap_name)) { /* not to itself */
                VO_TRY(find_target(&table, &column, ctl, t, k->target,
                                   APR_ARRAY_IDX(k->to, j, const char *),
                                   ctl->pool));
            }
        }
    }
    return NULL;
}

static vo_err_t *publish_key(voctl_t *ctl, const voctl_target_t *t,
                             const voctl_metakey_t *key, apr_pool_t *pool)
{
    int j;

    for (j = 0; j < key->from->nelts; ++j) {
        const char *from = APR_ARRAY_IDX(key->from, j, const char *);
        const char *to = APR_ARRAY_IDX(key->to, j, const char *);
        const char *table = NULL, *column = NULL;
        int at = voctl_plan_find(t->plan, from);
        params_t p;

        VO_TRY(find_target(&table, &column, ctl, t, key->target, to, pool));
        start(&p, t, pool);
        add_text(&p, key->id);
        if (j == 0) {
            add_text(&p, table);
            add_text(&p, key->description);
            VO_TRY(run(ctl, "INSERT INTO vo.tap_keys (release_id, from_table,"
                            " key_id, target_table, description)"
                            " VALUES ($1, $2, $3, $4, $5)", &p));
            p.n = 3;
        }
        p.values[1] = name_at(t->plan, at);
        add_text(&p, column);
        add_int(&p, j);
        VO_TRY(run(ctl, "INSERT INTO vo.tap_key_columns (release_id,"
                        " from_column, key_id, target_column, place)"
                        " VALUES ($1, $2, $3, $4, $5)", &p));
    }
    return NULL;
}

/* Rows were added: only numbers change, what the publisher said stays. */
static vo_err_t *publish_append(voctl_t *ctl, const voctl_target_t *t,
                                apr_pool_t *pool)
{
    const voctl_plan_t *plan = t->plan;
    params_t p;
    int i;

    start(&p, t, pool);
    add_int(&p, t->nrows);
    VO_TRY(run(ctl, "UPDATE vo.tap_tables SET nrows = nrows + $3"
                    " WHERE release_id = $1 AND table_name = $2", &p));
    for (i = 0; i < plan->ncolumns; ++i) {
        start(&p, t, pool);
        add_text(&p, plan->columns[i].adql_name);
        add_double(&p, plan->columns[i].stats.min);
        add_double(&p, plan->columns[i].stats.max);
        add_int(&p, plan->columns[i].stats.nfilled);
        add_int(&p, t->nrows);
        add_int(&p, t->nrows_before);
        add_int(&p, plan->columns[i].is_indexed);
        VO_TRY(run(ctl,
            "UPDATE vo.tap_columns SET min = least(min, $4::float8),"
            " max = greatest(max, $5::float8),"
            " indexed = greatest(indexed, $9::int), fill = (coalesce(fill, 0)"
            " * $8::float8 + $6::float8) / nullif($7::float8 + $8::float8, 0)"
            " WHERE release_id = $1 AND table_name = $2 AND column_name = $3",
            &p));
    }
    return NULL;
}

static vo_err_t *publish_new(voctl_t *ctl, const voctl_target_t *t,
                             apr_pool_t *pool)
{
    const apr_array_header_t *keys = t->load->plan.meta->keys;
    params_t p;
    int i;

    VO_TRY(publish_table(ctl, t, pool));
    start(&p, t, pool);
    VO_TRY(run(ctl, "DELETE FROM vo.tap_columns WHERE release_id = $1"
                    " AND table_name = $2", &p));
    VO_TRY(run(ctl, "DELETE FROM vo.tap_groups WHERE release_id = $1"
                    " AND table_name = $2", &p));
    VO_TRY(run(ctl, "DELETE FROM vo.tap_keys WHERE release_id = $1"
                    " AND from_table = $2", &p));
    for (i = 0; i < t->plan->ncolumns; ++i) {
        VO_TRY(publish_column(ctl, t, i, pool));
    }
    for (i = 0; i < t->plan->ngroups; ++i) {
        VO_TRY(publish_group(ctl, t, i, pool));
    }
    for (i = 0; i < keys->nelts; ++i) {
        VO_TRY(publish_key(ctl, t, &APR_ARRAY_IDX(keys, i, voctl_metakey_t),
                           pool));
    }
    /* keys of others that pointed at a column which is gone */
    return run(ctl,
        "DELETE FROM vo.tap_keys k WHERE release_id = $1 AND target_table = $2"
        " AND EXISTS (SELECT FROM vo.tap_key_columns kc WHERE"
        " (kc.release_id, kc.key_id) = ($1, k.key_id) AND NOT EXISTS (SELECT"
        " FROM vo.tap_columns c WHERE (c.release_id, c.table_name,"
        " c.column_name) = ($1, $2, kc.target_column)))", &p);
}

vo_err_t *voctl_publish(voctl_t *ctl, const voctl_target_t *t)
{
    apr_pool_t *pool;
    params_t p;
    vo_err_t *err;

    apr_pool_create(&pool, ctl->pool);
    err = t->is_appending ? publish_append(ctl, t, pool)
                          : publish_new(ctl, t, pool);
    if (!err) {
        start(&p, t, pool);
        p.n = 1;
        err = run(ctl, "UPDATE vo.release SET updated = now()"
                       " WHERE release_id = $1", &p);
    }
    apr_pool_destroy(pool);
    return err;
}

/* ---- appending -----------------------------------------------------------*/

/* Give COL the type of the stored column. */
static vo_err_t *take_type(voctl_t *ctl, const voctl_target_t *t,
                           voctl_column_t *col, const char *pg_type)
{
    size_t n = strlen(pg_type);
    int is_array = n > 2 && !strcmp(pg_type + n - 2, "[]"), has_array;
    const voctl_type_t *type;

    voctl_type(col->oid, &has_array);
    col->pg_type = pg_type;
    if (!strcmp(pg_type, "sky_region")) {
        return NULL;
    }
    type = voctl_type_named(is_array ? apr_pstrmemdup(ctl->pool, pg_type,
                                                      n - 2) : pg_type);
    if (!type || is_array != has_array) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "Column %s of %s is %s%s; what is to be appended "
                           "is not.", col->field.name, t->tap_name, pg_type,
                           "");
    }
    col->oid = is_array ? type->array_oid : type->oid;
    if (col->elem) {
        col->elem = type->oid;
    }
    return NULL;
}

vo_err_t *voctl_match_existing(voctl_t *ctl, voctl_target_t *t)
{
    voctl_plan_t *plan = t->plan;
    const char *params[2];
    PGresult *table, *columns;
    int i, row;

    params[0] = t->release;
    params[1] = t->tap_name;
    VO_TRY(voctl_query(&table, ctl,
        "SELECT pg_table, coalesce(nrows, 0), hpx_column, ra_column,"
        " dec_column, id_column FROM vo.tap_tables WHERE release_id = $1"
        " AND table_name = $2", 2, params, ctl->pool));
    VO_TRY(voctl_query(&columns, ctl,
        "SELECT column_name, trim('\"' FROM column_name), pg_column, pg_type"
        " FROM vo.tap_columns WHERE release_id = $1 AND table_name = $2",
        2, params, ctl->pool));
    t->pg_table = PQgetvalue(table, 0, 0);
    t->nrows_before = apr_atoi64(PQgetvalue(table, 0, 1));
    if (PQntuples(columns) != plan->ncolumns) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "%s has %d columns; what is to be appended has "
                           "%d.", t->tap_name, PQntuples(columns),
                           plan->ncolumns);
    }
    for (row = 0; row < PQntuples(columns); ++row) {
        i = voctl_plan_find(plan, PQgetvalue(columns, row, 1));
        if (i < 0) {
            return vo_err_make(ctl->pool, VO_ERR_USAGE,
                               "%s has a column %s; what is to be appended "
                               "has none.", t->tap_name,
                               PQgetvalue(columns, row, 1));
        }
        plan->columns[i].adql_name = PQgetvalue(columns, row, 0);
        plan->columns[i].pg_column = PQgetvalue(columns, row, 2);
        VO_TRY(take_type(ctl, t, &plan->columns[i],
                         PQgetvalue(columns, row, 3)));
    }
    plan->hpx = PQgetisnull(table, 0, 2) ? NULL : PQgetvalue(table, 0, 2);
    plan->ra = plan->dec = plan->id = -1;
    for (i = 0; i < plan->ncolumns; ++i) {
        const char *name = plan->columns[i].adql_name;

        plan->ra = strcmp(name, PQgetvalue(table, 0, 3)) ? plan->ra : i;
        plan->dec = strcmp(name, PQgetvalue(table, 0, 4)) ? plan->dec : i;
        plan->id = strcmp(name, PQgetvalue(table, 0, 5)) ? plan->id : i;
    }
    return NULL;
}
