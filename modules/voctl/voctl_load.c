/* voctl_load.c: loading one table of a release in one transaction. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "adql/vo_adql.h"

/* Read what vo.release says, and keep others from loading the same table. */
static vo_err_t *find_release(voctl_t *ctl, voctl_target_t *t)
{
    const char *params[1];
    PGresult *res;

    params[0] = t->load->release;
    VO_TRY(voctl_query(&res, ctl, "SELECT release_id, survey, reader_role,"
                                  " pg_schema FROM vo.release"
                                  " WHERE release_id = $1 FOR KEY SHARE",
                       1, params, ctl->pool));
    if (PQntuples(res) == 0) {
        return vo_err_hint(ctl->pool,
                           vo_err_make(ctl->pool, VO_ERR_NOTFOUND,
                                       "There is no release %s.", params[0]),
                           "Make it with voctl release add.");
    }
    t->release = PQgetvalue(res, 0, 0);
    t->survey = PQgetvalue(res, 0, 1);
    t->reader_role = PQgetvalue(res, 0, 2);
    t->pg_schema = PQgetvalue(res, 0, 3);
    return NULL;
}

static vo_err_t *name_table(voctl_t *ctl, voctl_target_t *t)
{
    apr_pool_t *pool = ctl->pool;
    const char *point = strchr(t->load->table, '.');
    const char *table = point ? point + 1 : t->load->table;
    const char *params[2];
    PGresult *res;

    t->schema = point ? apr_pstrmemdup(pool, t->load->table,
                                       (apr_size_t)(point - t->load->table))
                      : t->survey;
    t->pg_table = voctl_pg_name(table, pool);
    if (!*table || !*t->schema || strchr(table, '"')) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "\"%s\" cannot name a table.", t->load->table);
    }
    if (!strcasecmp(t->schema, "TAP_SCHEMA")
        || !strcasecmp(t->schema, "TAP_UPLOAD")
        || !strncmp(t->pg_table, "tap_", 4)) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "%s.%s: schemas TAP_SCHEMA and TAP_UPLOAD and "
                           "tables tap_... are the service's own.", t->schema,
                           table);
    }
    t->tap_name = apr_pstrcat(pool, vo_adql_name(t->schema, pool), ".",
                              vo_adql_name(table, pool), NULL);
    params[0] = t->release;
    params[1] = t->tap_name;
    VO_TRY(voctl_query(&res, ctl,
        "SELECT table_name FROM vo.tap_tables WHERE release_id = $1"
        " AND lower(table_name) = lower($2)", 2, params, pool));
    t->exists = PQntuples(res) > 0;
    if (t->exists && t->load->mode == VOCTL_NEW) {
        return vo_err_hint(pool,
            vo_err_make(pool, VO_ERR_USAGE, "%s is published already.",
                        PQgetvalue(res, 0, 0)),
            "Say --replace or --append.");
    }
    t->is_appending = t->exists && t->load->mode == VOCTL_APPEND;
    if (t->exists) {
        t->tap_name = PQgetvalue(res, 0, 0);
    }
    params[0] = apr_pstrcat(pool, "mod_vo ", t->pg_schema, ".", t->pg_table,
                            NULL);
    VO_TRY(voctl_query(&res, ctl,
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", 1, params,
        pool));
    if (*PQgetvalue(res, 0, 0) != 't') {
        return vo_err_make(pool, VO_ERR_BUSY,
                           "Another voctl is loading %s.", t->tap_name);
    }
    return NULL;
}

static vo_err_t *read_filters(voctl_t *ctl, voctl_target_t *t,
                              voctl_planopts_t *opts)
{
    vo_filter_t *filters;
    PGresult *res;
    int i;

    VO_TRY(voctl_query(&res, ctl,
        "SELECT name, filter_id, position FROM vo.filter"
        " WHERE lower(survey) = lower($1) ORDER BY position", 1, &t->survey,
        ctl->pool));
    opts->nfilters = PQntuples(res);
    filters = apr_pcalloc(ctl->pool, sizeof(*filters)
                                         * (size_t)(opts->nfilters + 1));
    for (i = 0; i < opts->nfilters; ++i) {
        filters[i].survey = t->survey;
        filters[i].name = PQgetvalue(res, i, 0);
        filters[i].filter_id = (int)apr_atoi64(PQgetvalue(res, i, 1));
        filters[i].position = (int)apr_atoi64(PQgetvalue(res, i, 2));
    }
    opts->filters = filters;
    return NULL;
}

static void say_plan(const voctl_t *ctl, const voctl_target_t *t)
{
    const voctl_plan_t *plan = t->plan;
    int i;

    for (i = 0; i < plan->ncolumns; ++i) {
        const voctl_column_t *col = &plan->columns[i];

        voctl_say(ctl, "  %-24s %-20s %-10s %s%s", col->adql_name,
                  col->elem ? apr_psprintf(ctl->pool, "%s, folded",
                                           col->pg_type) : col->pg_type,
                  col->field.unit ? col->field.unit : "",
                  col->field.ucd ? col->field.ucd : "",
                  i == plan->ra ? "  <- right ascension"
                  : i == plan->dec ? "  <- declination"
                  : i == plan->id ? "  <- identifier" : "");
    }
}

static vo_err_t *load_all(voctl_t *ctl, voctl_target_t *t)
{
    const voctl_load_t *load = t->load;
    voctl_planopts_t opts = load->plan;
    voctl_progress_t *progress;
    apr_time_t start = apr_time_now();
    double seconds;

    VO_TRY(voctl_begin(ctl));
    VO_TRY(find_release(ctl, t));
    VO_TRY(name_table(ctl, t));
    VO_TRY(read_filters(ctl, t, &opts));
    VO_TRY(voctl_plan_make(&t->plan, load->nsources, load->infos, load->names,
                           &opts, ctl->pool));
    if (t->is_appending) {
        VO_TRY(voctl_match_existing(ctl, t));
    }
    VO_TRY(voctl_ddl_check(ctl, t));
    VO_TRY(voctl_publish_check(ctl, t));
    if (load->is_cone > 0 && t->plan->ra < 0) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "Cone search needs a position; %s has none.",
                           t->tap_name);
    }
    if (ctl->is_dry_run) {
        voctl_say(ctl, "%s would be stored as %s.%s:", t->tap_name,
                  t->pg_schema, t->pg_table);
        say_plan(ctl, t);
    }
    else {
        VO_TRY(voctl_ddl_staging(ctl, t));
    }
    progress = voctl_progress_start(ctl, apr_pstrcat(ctl->pool, t->tap_name,
                                                     ": reading", NULL));
    VO_TRY(voctl_copy_rows(ctl, t, progress));
    if (!ctl->is_dry_run) {
        VO_TRY(voctl_ddl_store(ctl, t, progress));
        VO_TRY(voctl_ddl_swap(ctl, t));
        VO_TRY(voctl_publish(ctl, t));
    }
    VO_TRY(voctl_commit(ctl));
    if (!ctl->is_dry_run) {
        voctl_ddl_settle(ctl, t);
    }
    voctl_progress_end(progress);
    seconds = (double)(apr_time_now() - start) / APR_USEC_PER_SEC;
    voctl_say(ctl, "%s: %" APR_INT64_T_FMT " rows, %d columns%s in %.1f s%s",
              t->tap_name, t->nrows, t->plan->ncolumns,
              t->plan->hpx ? " in hpx order" : "", seconds,
              ctl->is_dry_run ? " (dry run: nothing changed)" : "");
    return NULL;
}

vo_err_t *voctl_load(voctl_t *ctl, const voctl_load_t *load)
{
    voctl_target_t t = { 0 };

    t.load = load;
    VO_TRY(voctl_connect(ctl));
    return voctl_abort(ctl, load_all(ctl, &t));
}
