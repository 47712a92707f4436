/* vo_meta_load.c: reading what is published from PostgreSQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_meta_load.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "../vo_num.h"

/* Times come as microseconds since 1970, so no date is ever parsed. */
#define EPOCH_US(column) \
    "(extract(epoch FROM " column ") * 1000000)::bigint"

typedef struct loader_t {
    PGconn *conn;
    vo_meta_t *meta;
    apr_pool_t *pool; /* of the snapshot */
    apr_pool_t *tmp;
} loader_t;

static apr_status_t clear_result(void *result)
{
    PQclear(result);
    return APR_SUCCESS;
}

/* Is RES, the answer to SQL on CONN, a good one? */
static vo_err_t *good(const PGresult *res, PGconn *conn, const char *sql,
                      apr_pool_t *pool)
{
    ExecStatusType status = PQresultStatus(res);
    const char *state;

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        return NULL;
    }
    state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    /* undefined_table, invalid_schema_name; undefined_column: an older one */
    if (state && (!strcmp(state, "42P01") || !strcmp(state, "3F000")
                  || !strcmp(state, "42703"))) {
        return vo_err_fault(pool, APR_SUCCESS,
                            "The archive's database is not set up.",
                            "run voctl init: %s", PQerrorMessage(conn));
    }
    return vo_err_fault(pool, APR_SUCCESS,
                        "The archive's metadata cannot be read.", "%s in: %s",
                        PQerrorMessage(conn), sql);
}

/* Run SQL; *RES is cleared with POOL. */
static vo_err_t *query(PGresult **res, PGconn *conn, const char *sql,
                       apr_pool_t *pool)
{
    *res = PQexec(conn, sql);
    if (*res) {
        apr_pool_cleanup_register(pool, *res, clear_result,
                                  apr_pool_cleanup_null);
    }
    return good(*res, conn, sql, pool);
}

/* A cell as text in the snapshot's pool; NULL for NULL. */
static const char *text(const loader_t *l, PGresult *res, int row, int col)
{
    return PQgetisnull(res, row, col)
               ? NULL : apr_pstrdup(l->pool, PQgetvalue(res, row, col));
}

static apr_int64_t integer(PGresult *res, int row, int col, apr_int64_t other)
{
    return PQgetisnull(res, row, col)
               ? other : apr_strtoi64(PQgetvalue(res, row, col), NULL, 10);
}

static double number(PGresult *res, int row, int col, double other)
{
    return PQgetisnull(res, row, col)
               ? other : strtod(PQgetvalue(res, row, col), NULL);
}

static int flag(PGresult *res, int row, int col)
{
    const char *value = PQgetvalue(res, row, col);

    return *value == '1' || *value == 't';
}

/* The name without the quotes a query needs around it. */
static const char *bare(const loader_t *l, const char *name)
{
    char *out, *p;

    if (*name != '"') {
        return name;
    }
    out = p = apr_pstrdup(l->pool, name + 1);
    for (++name; *name && !(*name == '"' && name[1] != '"'); ++name) {
        *p++ = *name;
        name += *name == '"';
    }
    *p = '\0';
    return out;
}

/* The table's own part of a qualified name: after the first point that is not
 * inside quotes. */
static const char *unqualified(const char *name)
{
    const char *p;
    int is_quoted = 0;

    for (p = name; *p; ++p) {
        if (*p == '"') {
            is_quoted = !is_quoted;
        }
        else if (*p == '.' && !is_quoted) {
            return p + 1;
        }
    }
    return name;
}

static vo_state_e state_of(const char *word)
{
    static const struct {
        const char *word;
        vo_state_e state;
    } states[] = {
        { "staged", VO_STATE_STAGED },
        { "private", VO_STATE_PRIVATE },
        { "public", VO_STATE_PUBLIC },
    };
    size_t i;

    for (i = 0; i < sizeof(states) / sizeof(*states); ++i) {
        if (!strcmp(states[i].word, word)) {
            return states[i].state;
        }
    }
    return VO_STATE_RETIRED; /* the one that shows least */
}

static vo_err_t *load_releases(loader_t *l)
{
    PGresult *res;
    int row;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, survey, title, description, ivoid, version, doi,"
        " publisher, creator, contact_name, contact_email, reference_url,"
        " rights, state, " EPOCH_US("embargo_until") ", reader_group,"
        " reader_role, " EPOCH_US("updated") ", pg_schema"
        " FROM vo.release ORDER BY release_id", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        vo_release_t *rel = vo_meta_add_release(l->meta,
                                                PQgetvalue(res, row, 0));
        const char **const fields[] = {
            &rel->survey, &rel->title, &rel->description, &rel->ivoid,
            &rel->version, &rel->doi, &rel->publisher, &rel->creator,
            &rel->contact_name, &rel->contact_email, &rel->reference_url,
            &rel->rights,
        };
        size_t i;

        for (i = 0; i < sizeof(fields) / sizeof(*fields); ++i) {
            *fields[i] = text(l, res, row, (int)i + 1);
        }
        rel->state = state_of(PQgetvalue(res, row, 13));
        rel->embargo_until = integer(res, row, 14, 0);
        rel->reader_group = text(l, res, row, 15);
        rel->reader_role = text(l, res, row, 16);
        rel->updated = integer(res, row, 17, 0);
        rel->pg_schema = text(l, res, row, 18);
    }
    return NULL;
}

/* The release named in column 0 of a row; all queries join vo.release, so it
 * is there. */
static vo_release_t *release_of(const loader_t *l, PGresult *res, int row)
{
    return apr_hash_get(l->meta->by_id, PQgetvalue(res, row, 0),
                        APR_HASH_KEY_STRING);
}

static vo_err_t *load_filters(loader_t *l)
{
    PGresult *res;
    int row;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, f.survey, name, filter_id, position, wavelength,"
        " width, color, svo_id FROM vo.filter f"
        " JOIN vo.release r ON lower(r.survey) = lower(f.survey)"
        " ORDER BY release_id, position", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        vo_filter_t *f = vo_release_add_filter(
            l->meta, release_of(l, res, row), PQgetvalue(res, row, 1),
            PQgetvalue(res, row, 2), (int)integer(res, row, 3, 0),
            (int)integer(res, row, 4, 0));

        f->wavelength = number(res, row, 5, NAN);
        f->width = number(res, row, 6, NAN);
        f->color = text(l, res, row, 7);
        f->svo_id = text(l, res, row, 8);
    }
    return NULL;
}

static vo_err_t *load_schemas(loader_t *l)
{
    PGresult *res;
    int row;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, schema_name, description, utype"
        " FROM vo.tap_schemas"
        " ORDER BY release_id, schema_index, schema_name", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        vo_schema_t *schema = vo_release_add_schema(
            l->meta, release_of(l, res, row), PQgetvalue(res, row, 1));

        schema->description = text(l, res, row, 2);
        schema->utype = text(l, res, row, 3);
    }
    return NULL;
}

static vo_err_t *load_tables(loader_t *l)
{
    PGresult *res;
    int row;

    VO_TRY(query(&res, l->conn,
        "SELECT t.release_id, schema_name, table_name, pg_schema, pg_table,"
        " table_type, t.description, t.utype, nrows, hpx_column, epoch, is_cone"
        " FROM vo.tap_tables t"
        " JOIN vo.tap_schemas USING (release_id, schema_name)"
        " ORDER BY t.release_id, schema_index, schema_name, table_index,"
        " table_name", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        const char *tap_name = text(l, res, row, 2);
        vo_table_t *t = vo_release_add_table(
            l->meta, release_of(l, res, row), PQgetvalue(res, row, 1),
            bare(l, unqualified(tap_name)), PQgetvalue(res, row, 3),
            PQgetvalue(res, row, 4));

        t->tap_name = tap_name;
        t->type = text(l, res, row, 5);
        t->description = text(l, res, row, 6);
        t->utype = text(l, res, row, 7);
        t->nrows = integer(res, row, 8, -1);
        t->pg_hpx = text(l, res, row, 9);
        t->epoch = number(res, row, 10, 0);
        t->is_cone = flag(res, row, 11);
    }
    return NULL;
}

/* The table of TAP_NAME; *CACHE is the one found last, as rows are sorted. */
static vo_table_t *table_of(vo_release_t *rel, const char *tap_name,
                            vo_table_t **cache)
{
    int i;

    if (*cache && !strcmp((*cache)->tap_name, tap_name)) {
        for (i = 0; i < rel->ntables; ++i) {
            if (rel->tables[i] == *cache) {
                return *cache;
            }
        }
    }
    for (i = 0; i < rel->ntables; ++i) {
        if (!strcmp(rel->tables[i]->tap_name, tap_name)) {
            return *cache = rel->tables[i];
        }
    }
    return NULL;
}

static vo_err_t *load_columns(loader_t *l)
{
    vo_table_t *cache = NULL;
    PGresult *res;
    int row;

    VO_TRY(query(&res, l->conn,
        "SELECT c.release_id, c.table_name, column_name, datatype, arraysize,"
        " pg_column, pg_type, xtype, unit, ucd, c.utype, c.description,"
        " coalesce(to_regtype(pg_type), to_regtype('sky.' || pg_type))::oid,"
        " indexed, principal, std, min, max, fill,"
        " column_name = ra_column, column_name = dec_column,"
        " column_name = id_column, timesys"
        " FROM vo.tap_columns c JOIN vo.tap_tables USING"
        " (release_id, table_name)"
        " ORDER BY release_id, table_name, column_index, column_name", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        vo_release_t *rel = release_of(l, res, row);
        vo_table_t *t = table_of(rel, PQgetvalue(res, row, 1), &cache);
        const char *adql_name = text(l, res, row, 2);
        int type = vo_type_parse(PQgetvalue(res, row, 3));
        vo_column_t *c;

        if (!t || type < 0) {
            return vo_err_fault(l->tmp, APR_SUCCESS,
                                "The archive's metadata cannot be read.",
                                "%s: column %s of %s: datatype \"%s\"",
                                rel->id, adql_name, PQgetvalue(res, row, 1),
                                PQgetvalue(res, row, 3));
        }
        c = vo_table_add_column(l->meta, t, bare(l, adql_name),
                                (vo_type_e)type, text(l, res, row, 4),
                                PQgetvalue(res, row, 5),
                                PQgetvalue(res, row, 6));
        c->adql_name = adql_name;
        c->field.xtype = text(l, res, row, 7);
        c->field.unit = text(l, res, row, 8);
        c->field.ucd = text(l, res, row, 9);
        c->field.utype = text(l, res, row, 10);
        c->field.description = text(l, res, row, 11);
        c->field.pg_oid = (unsigned)integer(res, row, 12, 0);
        c->is_indexed = flag(res, row, 13);
        c->is_principal = flag(res, row, 14);
        c->is_std = flag(res, row, 15);
        c->min = number(res, row, 16, NAN);
        c->max = number(res, row, 17, NAN);
        c->fill = number(res, row, 18, NAN);
        c->timesys = text(l, res, row, 22);
        if (flag(res, row, 19)) {
            t->ra = c;
        }
        if (flag(res, row, 20)) {
            t->dec = c;
        }
        if (flag(res, row, 21)) {
            t->id = c;
        }
    }
    return NULL;
}

static vo_err_t *load_keys(loader_t *l)
{
    apr_array_header_t *from = apr_array_make(l->tmp, 4, sizeof(char *));
    apr_array_header_t *to = apr_array_make(l->tmp, 4, sizeof(char *));
    PGresult *res;
    int row, nrows;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, key_id, from_table, target_table, description,"
        " utype, from_column, target_column"
        " FROM vo.tap_keys JOIN vo.tap_key_columns USING (release_id, key_id)"
        " ORDER BY release_id, key_id, place, from_column", l->tmp));
    nrows = PQntuples(res);
    for (row = 0; row < nrows; ++row) {
        vo_release_t *rel = release_of(l, res, row);
        vo_key_t *key;

        APR_ARRAY_PUSH(from, const char *) = PQgetvalue(res, row, 6);
        APR_ARRAY_PUSH(to, const char *) = PQgetvalue(res, row, 7);
        if (row + 1 < nrows && release_of(l, res, row + 1) == rel
            && !strcmp(PQgetvalue(res, row, 1), PQgetvalue(res, row + 1, 1))) {
            continue; /* one more pair of the same key */
        }
        key = vo_release_add_key(l->meta, rel, PQgetvalue(res, row, 1),
                                 PQgetvalue(res, row, 2),
                                 PQgetvalue(res, row, 3), from->nelts,
                                 (const char *const *)from->elts,
                                 (const char *const *)to->elts);
        key->description = text(l, res, row, 4);
        key->utype = text(l, res, row, 5);
        apr_array_clear(from);
        apr_array_clear(to);
    }
    return NULL;
}

static vo_err_t *load_groups(loader_t *l)
{
    apr_array_header_t *names = apr_array_make(l->tmp, 16, sizeof(char *));
    vo_table_t *cache = NULL;
    PGresult *res;
    int row, nrows;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, table_name, group_index, name, description, ucd,"
        " utype, c.column_name FROM vo.tap_groups,"
        " unnest(columns) WITH ORDINALITY AS c(column_name, place)"
        " ORDER BY release_id, table_name, group_index, place", l->tmp));
    nrows = PQntuples(res);
    for (row = 0; row < nrows; ++row) {
        vo_release_t *rel = release_of(l, res, row);
        vo_table_t *t = table_of(rel, PQgetvalue(res, row, 1), &cache);
        const vo_column_t *c = t ? vo_table_column(
            t, bare(l, text(l, res, row, 7))) : NULL;
        vo_group_t *group;

        if (c) {
            APR_ARRAY_PUSH(names, const char *) = c->field.name;
        }
        if (row + 1 < nrows && release_of(l, res, row + 1) == rel
            && !strcmp(PQgetvalue(res, row, 1), PQgetvalue(res, row + 1, 1))
            && !strcmp(PQgetvalue(res, row, 2), PQgetvalue(res, row + 1, 2))) {
            continue;
        }
        if (t && names->nelts) {
            group = vo_table_add_group(l->meta, t, text(l, res, row, 3),
                                       names->nelts,
                                       (const char *const *)names->elts);
            group->description = text(l, res, row, 4);
            group->ucd = text(l, res, row, 5);
            group->utype = text(l, res, row, 6);
        }
        apr_array_clear(names);
    }
    return NULL;
}

static vo_err_t *load_roots(loader_t *l)
{
    PGresult *res;
    int row, i;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, root_id, rtrim(path, '/') FROM vo.image_root"
        " ORDER BY release_id, root_id", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        vo_release_t *rel = release_of(l, res, row);

        if (!rel->roots) {
            rel->roots = apr_pcalloc(l->pool, sizeof(*rel->roots)
                                              * (apr_size_t)PQntuples(res));
        }
        rel->roots[rel->nroots].id = (int)integer(res, row, 1, 0);
        rel->roots[rel->nroots++].path = text(l, res, row, 2);
    }
    for (i = 0; i < l->meta->nreleases; ++i) {
        vo_release_t *rel = l->meta->releases[i];

        rel->obscore = vo_release_table(rel, "ivoa", "obscore", NULL);
    }
    return NULL;
}

static vo_err_t *load_examples(loader_t *l)
{
    PGresult *res;
    int row;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, example_id, name, description, query"
        " FROM vo.example ORDER BY release_id, place, example_id", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        vo_release_add_example(l->meta, release_of(l, res, row),
                               PQgetvalue(res, row, 1),
                               PQgetvalue(res, row, 2), text(l, res, row, 3),
                               PQgetvalue(res, row, 4));
    }
    return NULL;
}

/* The columns called by the elements of LIST ("a","b" with 0x1f between), N of
 * them; NULL if TABLE lacks one. */
static const vo_column_t **columns_of(loader_t *l, const vo_table_t *table,
                                      const char *list, int *n)
{
    apr_array_header_t *found = apr_array_make(l->pool, 2,
                                               sizeof(vo_column_t *));
    char *last, *name;

    for (name = apr_strtok(apr_pstrdup(l->tmp, list), "\x1f", &last); name;
         name = apr_strtok(NULL, "\x1f", &last)) {
        const vo_column_t *c = vo_table_column(table, bare(l, name));

        if (!c) {
            return NULL;
        }
        APR_ARRAY_PUSH(found, const vo_column_t *) = c;
    }
    *n = found->nelts;
    return *n ? (const vo_column_t **)found->elts : NULL;
}

/* The column of TABLE in a field of RES; *IS_LOST when it has none so
 * called. */
static const vo_column_t *column_at(loader_t *l, const vo_table_t *table,
                                    PGresult *res, int row, int field,
                                    int *is_lost)
{
    const char *name = text(l, res, row, field);
    const vo_column_t *c = name ? vo_table_column(table, bare(l, name)) : NULL;

    *is_lost |= name && !c;
    return c;
}

static void read_limits(loader_t *l, vo_photospec_t *spec, const char *list)
{
    apr_array_header_t *limits = apr_array_make(l->pool, 12, sizeof(double));
    char *last, *word;

    for (word = apr_strtok(apr_pstrdup(l->tmp, list), ",", &last); word;
         word = apr_strtok(NULL, ",", &last)) {
        double *limit = apr_array_push(limits);

        if (!vo_num_to_double(word, (int)strlen(word), limit)) {
            *limit = NAN;
        }
    }
    spec->nlimits = limits->nelts;
    spec->limits = (double *)limits->elts;
}

/* Those whose table or columns are missing now are left out. */
static vo_err_t *load_photospecs(loader_t *l)
{
    PGresult *res;
    int row;

    VO_TRY(query(&res, l->conn,
        "SELECT release_id, name, table_name, title, kind, value_column,"
        " error_column, flag_column, is_relative::int, aperture, t_min, t_max,"
        " array_to_string(id_columns, E'\\x1f'),"
        " array_to_string(limits, ',', 'NaN')"
        " FROM vo.photospec ORDER BY release_id, place, name", l->tmp));
    for (row = 0; row < PQntuples(res); ++row) {
        vo_release_t *rel = release_of(l, res, row);
        vo_table_t *cache = NULL;
        vo_table_t *table = table_of(rel, PQgetvalue(res, row, 2), &cache);
        const vo_column_t **ids, *value, *error, *flags;
        vo_photospec_t *spec;
        int nids, is_lost = 0;

        if (!table || !table->ra || !table->dec || !table->pg_hpx
            || !(ids = columns_of(l, table, PQgetvalue(res, row, 12),
                                  &nids))) {
            continue;
        }
        value = column_at(l, table, res, row, 5, &is_lost);
        error = column_at(l, table, res, row, 6, &is_lost);
        flags = column_at(l, table, res, row, 7, &is_lost);
        if (is_lost) {
            continue;
        }
        spec = vo_release_add_photospec(l->meta, rel, PQgetvalue(res, row, 1),
                                        table);
        spec->title = text(l, res, row, 3);
        spec->is_mag = !strcmp(PQgetvalue(res, row, 4), "mag");
        spec->value = value;
        spec->error = error;
        spec->flags = flags;
        spec->is_relative = flag(res, row, 8);
        spec->aperture = number(res, row, 9, NAN);
        spec->t_min = number(res, row, 10, NAN);
        spec->t_max = number(res, row, 11, NAN);
        spec->nids = nids;
        spec->ids = ids;
        read_limits(l, spec, PQgetvalue(res, row, 13));
    }
    return NULL;
}

static vo_err_t *load_all(loader_t *l)
{
    static vo_err_t *(*const steps[])(loader_t *) = {
        load_releases, load_filters, load_schemas, load_tables, load_columns,
        load_keys, load_groups, load_roots, load_examples,
        load_photospecs,
    };
    PGresult *res;
    size_t i;

    VO_TRY(query(&res, l->conn, "BEGIN ISOLATION LEVEL REPEATABLE READ"
                                " READ ONLY", l->tmp));
    VO_TRY(vo_meta_serial(&l->meta->serial, l->conn, l->tmp));
    for (i = 0; i < sizeof(steps) / sizeof(*steps); ++i) {
        VO_TRY(steps[i](l));
    }
    return query(&res, l->conn, "COMMIT", l->tmp);
}

/* The same fault in a pool that lives longer. */
static vo_err_t *keep(const vo_err_t *err, apr_pool_t *pool)
{
    return vo_err_fault(pool, err->aprerr, err->text, "%s",
                        err->detail ? err->detail : "");
}

vo_err_t *vo_meta_load(vo_meta_t **meta, PGconn *conn, apr_pool_t *pool)
{
    loader_t l;
    vo_err_t *err;

    l.conn = conn;
    l.meta = vo_meta_create(pool);
    l.pool = pool;
    apr_pool_create(&l.tmp, pool);
    err = load_all(&l);
    if (err) {
        err = keep(err, pool);
        if (PQtransactionStatus(conn) != PQTRANS_IDLE) {
            PQclear(PQexec(conn, "ROLLBACK"));
        }
    }
    else {
        *meta = l.meta;
    }
    apr_pool_destroy(l.tmp);
    return err;
}

/* Wait until CONN has an answer, at most MOST. */
static vo_err_t *await(PGconn *conn, apr_interval_time_t most,
                       apr_pool_t *pool)
{
    apr_time_t until = apr_time_now() + most;

    while (PQisBusy(conn)) {
        struct pollfd fd = {PQsocket(conn), POLLIN, 0};
        apr_interval_time_t left = until - apr_time_now();

        if (left <= 0) {
            return vo_err_make(pool, VO_ERR_BUSY,
                               "The database does not answer; try again "
                               "later.");
        }
        poll(&fd, 1, (int)apr_time_as_msec(left) + 1);
        if (!PQconsumeInput(conn)) {
            return vo_err_fault(pool, APR_SUCCESS,
                                "The database is not available.", "%s",
                                PQerrorMessage(conn));
        }
    }
    return NULL;
}

vo_err_t *vo_meta_serial_within(apr_int64_t *serial, PGconn *conn,
                                apr_interval_time_t most, apr_pool_t *pool)
{
    static const char sql[] = "SELECT serial FROM vo.meta_serial";
    vo_err_t *err = NULL;
    PGresult *res;

    if (PQtransactionStatus(conn) != PQTRANS_ACTIVE
        && !PQsendQuery(conn, sql)) {
        return good(NULL, conn, sql, pool);
    }
    VO_TRY(await(conn, most, pool));
    while ((res = PQgetResult(conn))) {
        vo_err_t *bad = good(res, conn, sql, pool);

        if (!bad && PQntuples(res) != 1) {
            bad = vo_err_fault(pool, APR_SUCCESS,
                               "The archive's database is not set up.",
                               "vo.meta_serial is empty: run voctl init");
        }
        if (!bad) {
            *serial = integer(res, 0, 0, 0);
        }
        err = err ? err : bad;
        PQclear(res);
    }
    return err;
}

vo_err_t *vo_meta_serial(apr_int64_t *serial, PGconn *conn, apr_pool_t *pool)
{
    return vo_meta_serial_within(serial, conn, apr_time_from_sec(60), pool);
}
