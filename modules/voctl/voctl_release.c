/* voctl_release.c: voctl release: making releases, opening, retiring them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "adql/vo_adql.h"
#include "voctl_filters.h"

const apr_getopt_option_t voctl_release_options[] = {
    { "survey", 256, 1, "NAME  its TAP schema and filter set; default: the id "
                        "up to its first '-'" },
    { "title", 257, 1, "TEXT  one line" },
    { "description", 258, 1, "TEXT  a paragraph" },
    { "ivoid", 259, 1, "URI  IVOA identifier" },
    { "release-version", 260, 1, "TEXT  e.g. DR1" },
    { "doi", 261, 1, "DOI  of the data" },
    { "publisher", 262, 1, "NAME  of the institution" },
    { "creator", 263, 1, "NAME  of the survey team" },
    { "contact-name", 264, 1, "NAME  whom to ask" },
    { "contact-email", 265, 1, "ADDRESS  where to ask" },
    { "reference-url", 266, 1, "URL  of a page about the data" },
    { "rights", 267, 1, "TEXT  terms of use" },
    { "reader-group", 268, 1, "GROUP  httpd group that may read it while "
                              "private" },
    { "embargo", 269, 1, "DATE  private until then (ISO 8601), \"\" for none" },
    { "filters", 270, 1, "FILE.csv  filters of the survey, see voctl help "
                         "filters" },
    { NULL, 0, 0, NULL },
};

/* Options that are columns of vo.release, as text. */
static const struct {
    const char *option, *column;
} fields[] = {
    { "title", "title" }, { "description", "description" },
    { "ivoid", "ivoid" }, { "release-version", "version" }, { "doi", "doi" },
    { "publisher", "publisher" }, { "creator", "creator" },
    { "contact-name", "contact_name" }, { "contact-email", "contact_email" },
    { "reference-url", "reference_url" }, { "rights", "rights" },
    { "reader-group", "reader_group" },
};

/* "demo-dr1" becomes "demo_dr1". */
static const char *pg_schema_of(const char *id, apr_pool_t *pool)
{
    char *out = apr_pstrdup(pool, id);
    char *p;

    for (p = out; *p; ++p) {
        *p = apr_isalnum(*p) ? (char)apr_tolower(*p) : '_';
    }
    return out;
}

static vo_err_t *check_names(const char *id, const char *survey,
                             apr_pool_t *pool)
{
    const char *p;

    if (strlen(id) > 48 || !*id
        || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") != strlen(id)
        || !apr_isalnum(*id)) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "\"%s\" cannot name a release: it appears in URLs "
                           "and has at most 48 small letters, digits, '.', "
                           "'_', '-', a letter or digit first.", id);
    }
    for (p = survey; apr_isalnum(*p) || *p == '_'; ++p) {
        continue;
    }
    if (*p || !apr_isalpha(*survey) || strlen(survey) > 48
        || vo_adql_is_reserved(survey)) {
        return vo_err_hint(pool,
            vo_err_make(pool, VO_ERR_USAGE,
                        "\"%s\" cannot name a survey: it is the schema in "
                        "queries, so at most 48 letters, digits and '_', a "
                        "letter first, and no reserved word of ADQL.", survey),
            "Choose another with --survey.");
    }
    return NULL;
}

/* Every release verb ends so: "done" or what a dry run would have done. */
static vo_err_t *finish(voctl_t *ctl, const char *id, const char *what)
{
    VO_TRY(voctl_commit(ctl));
    voctl_say(ctl, "%s: %s%s", id, what,
              ctl->is_dry_run ? " (dry run: nothing changed)" : "");
    return NULL;
}

/* Set the columns that options were given for. */
static vo_err_t *apply_fields(voctl_t *ctl, const char *id)
{
    const char *params[2];
    PGresult *res;
    size_t i;

    params[0] = id;
    for (i = 0; i < sizeof(fields) / sizeof(*fields); ++i) {
        params[1] = voctl_opt(ctl, fields[i].option);
        if (params[1]) {
            VO_TRY(voctl_query(&res, ctl,
                apr_psprintf(ctl->pool, "UPDATE vo.release SET %s ="
                             " nullif($2, ''), updated = now()"
                             " WHERE release_id = $1", fields[i].column),
                2, params, ctl->pool));
        }
    }
    params[1] = voctl_opt(ctl, "embargo");
    if (params[1]) {
        VO_TRY(voctl_query(&res, ctl,
            "UPDATE vo.release SET embargo_until = nullif($2, '')::timestamptz,"
            " updated = now() WHERE release_id = $1", 2, params, ctl->pool));
    }
    return NULL;
}

static vo_err_t *add(voctl_t *ctl, const char *id)
{
    const char *survey = voctl_opt(ctl, "survey");
    const char *schema = pg_schema_of(id, ctl->pool);
    const char *params[5];
    PGresult *res;

    if (!survey) {
        survey = apr_pstrmemdup(ctl->pool, id, strcspn(id, "-"));
    }
    VO_TRY(check_names(id, survey, ctl->pool));
    VO_TRY(voctl_connect(ctl));
    VO_TRY(voctl_exec(ctl, "BEGIN"));
    params[0] = id;
    params[1] = survey;
    params[2] = voctl_opt(ctl, "title") ? voctl_opt(ctl, "title") : id;
    params[3] = apr_pstrcat(ctl->pool, "vo_read_", schema, NULL);
    params[4] = schema;
    /* before taking on vo_owner, who may not make roles */
    VO_TRY(voctl_query(&res, ctl, "SELECT vo.make_reader($1)", 1, params + 3,
                       ctl->pool));
    VO_TRY(voctl_exec(ctl, "SET LOCAL ROLE vo_owner"));
    VO_TRY(voctl_query(&res, ctl,
        "INSERT INTO vo.release (release_id, survey, title, reader_role,"
        " pg_schema) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING RETURNING 1", 5, params, ctl->pool));
    if (PQntuples(res) == 0) {
        return vo_err_hint(ctl->pool,
            vo_err_make(ctl->pool, VO_ERR_FAULT,
                        "There is a release %s (or one stored in schema %s) "
                        "already.", id, schema),
            "Change it with voctl release set.");
    }
    VO_TRY(apply_fields(ctl, id));
    VO_TRY(voctl_query(&res, ctl, "SELECT vo.make_release($1)", 1, params,
                       ctl->pool));
    if (voctl_opt(ctl, "filters")) {
        VO_TRY(voctl_filters_store(ctl, survey, voctl_opt(ctl, "filters")));
    }
    return finish(ctl, id, "added, staged");
}

vo_err_t *voctl_release_add(voctl_t *ctl, int argc, const char *const *argv)
{
    (void)argc;
    return voctl_abort(ctl, add(ctl, argv[0]));
}

/* The state of release ID, locked against others changing it. */
static vo_err_t *lock_release(const char **state, const char **survey,
                              voctl_t *ctl, const char *id)
{
    PGresult *res;

    VO_TRY(voctl_begin(ctl));
    VO_TRY(voctl_query(&res, ctl, "SELECT state, survey FROM vo.release"
                                  " WHERE release_id = $1 FOR UPDATE",
                       1, &id, ctl->pool));
    if (PQntuples(res) == 0) {
        return vo_err_hint(ctl->pool,
                           vo_err_make(ctl->pool, VO_ERR_NOTFOUND,
                                       "There is no release %s.", id),
                           "See voctl release list.");
    }
    *state = PQgetvalue(res, 0, 0);
    *survey = PQgetvalue(res, 0, 1);
    return NULL;
}

static vo_err_t *set(voctl_t *ctl, const char *id)
{
    const char *state, *survey;

    if (voctl_opt(ctl, "survey")) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "The survey of a release cannot be changed: its "
                           "tables are named by it.");
    }
    VO_TRY(lock_release(&state, &survey, ctl, id));
    VO_TRY(apply_fields(ctl, id));
    if (voctl_opt(ctl, "filters")) {
        VO_TRY(voctl_filters_store(ctl, survey, voctl_opt(ctl, "filters")));
    }
    return finish(ctl, id, "changed");
}

vo_err_t *voctl_release_set(voctl_t *ctl, int argc, const char *const *argv)
{
    (void)argc;
    return voctl_abort(ctl, set(ctl, argv[0]));
}

/* ---- states --------------------------------------------------------------*/

/* From which states each may be reached; staying is always allowed. */
static const struct {
    const char *state, *from[3];
} transitions[] = {
    { "staged", { "private", "retired", NULL } },
    { "private", { "staged", "public", NULL } },
    { "public", { "staged", "private", NULL } },
    { "retired", { "private", "public", NULL } },
};

static vo_err_t *move(voctl_t *ctl, const char *id, const char *to)
{
    const char *params[2];
    const char *state, *survey;
    PGresult *res;
    size_t i;
    int j, is_allowed;

    VO_TRY(lock_release(&state, &survey, ctl, id));
    is_allowed = !strcmp(state, to);
    for (i = 0; i < sizeof(transitions) / sizeof(*transitions); ++i) {
        for (j = 0; !strcmp(transitions[i].state, to)
                    && transitions[i].from[j]; ++j) {
            is_allowed |= !strcmp(transitions[i].from[j], state);
        }
    }
    if (!is_allowed) {
        return vo_err_make(ctl->pool, VO_ERR_FAULT,
                           "%s is %s, which cannot become %s.", id, state, to);
    }
    VO_TRY(apply_fields(ctl, id));
    params[0] = id;
    params[1] = to;
    VO_TRY(voctl_query(&res, ctl,
        "UPDATE vo.release SET state = $2, updated = now()"
        " WHERE release_id = $1 RETURNING reader_group", 2, params,
        ctl->pool));
    if (!strcmp(to, "private") && PQgetisnull(res, 0, 0)) {
        return vo_err_hint(ctl->pool,
            vo_err_make(ctl->pool, VO_ERR_USAGE,
                        "Nobody could read %s: a private release needs a "
                        "group of readers.", id), "Give --reader-group.");
    }
    return finish(ctl, id, apr_psprintf(ctl->pool, "%s -> %s", state, to));
}

vo_err_t *voctl_release_open(voctl_t *ctl, int argc, const char *const *argv)
{
    (void)argc;
    return voctl_abort(ctl, move(ctl, argv[0], "public"));
}

vo_err_t *voctl_release_private(voctl_t *ctl, int argc,
                                const char *const *argv)
{
    (void)argc;
    return voctl_abort(ctl, move(ctl, argv[0], "private"));
}

vo_err_t *voctl_release_stage(voctl_t *ctl, int argc, const char *const *argv)
{
    (void)argc;
    return voctl_abort(ctl, move(ctl, argv[0], "staged"));
}

vo_err_t *voctl_release_retire(voctl_t *ctl, int argc,
                               const char *const *argv)
{
    (void)argc;
    return voctl_abort(ctl, move(ctl, argv[0], "retired"));
}

vo_err_t *voctl_release_list(voctl_t *ctl, int argc, const char *const *argv)
{
    PGresult *res;
    int row;

    (void)argc;
    (void)argv;
    VO_TRY(voctl_connect(ctl));
    VO_TRY(voctl_query(&res, ctl,
        "SELECT release_id, state || CASE WHEN embargo_until > now() THEN"
        " ' (embargo to ' || to_char(embargo_until, 'YYYY-MM-DD') || ')'"
        " ELSE '' END, survey, count(t.*) FILTER (WHERE schema_name <>"
        " 'TAP_SCHEMA'), coalesce(sum(t.nrows), 0), r.title"
        " FROM vo.release r LEFT JOIN vo.tap_tables t USING (release_id)"
        " GROUP BY release_id ORDER BY release_id", 0, NULL, ctl->pool));
    voctl_say(ctl, "%-20s %-10s %-10s %6s %12s  %s", "release", "state",
              "survey", "tables", "rows", "title");
    for (row = 0; row < PQntuples(res); ++row) {
        voctl_say(ctl, "%-20s %-10s %-10s %6s %12s  %s",
                  PQgetvalue(res, row, 0), PQgetvalue(res, row, 1),
                  PQgetvalue(res, row, 2), PQgetvalue(res, row, 3),
                  PQgetvalue(res, row, 4), PQgetvalue(res, row, 5));
    }
    return NULL;
}
