/* voctl_photospec.c: voctl photospec: array columns served as spectra. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_photospec.h"

#include <string.h>

#include <apr_strings.h>

#include "meta/vo_meta_load.h"
#include "ssap/vo_photospec.h"
#include "vo_num.h"
#include "vo_sql.h"

const apr_getopt_option_t voctl_photospec_options[] = {
    { "table", 't', 1, "TABLE  the table, as in queries" },
    { "ids", 'i', 1, "COLUMN[,COLUMN...]  what tells a row: integers, or one "
                     "text" },
    { "flux", 1001, 1, "COLUMN  flux densities per frequency, unit Jy, mJy, "
                       "uJy or nJy" },
    { "mag", 1002, 1, "COLUMN  or AB magnitudes, 99 where nothing was "
                      "detected" },
    { "error", 1003, 1, "COLUMN  their errors" },
    { "relative", 1004, 0, "the errors are a fraction of the flux" },
    { "flags", 1005, 1, "COLUMN  their flags, 0 is good" },
    { "limits", 1006, 1, "MAG,MAG...  AB magnitudes that can be detected, by "
                         "array position" },
    { "title", 1007, 1, "TEXT  what was measured" },
    { "aperture", 1008, 1, "ARCSEC  its diameter, about" },
    { "times", 1009, 1, "MJD,MJD  of the first and the last observation" },
    { "remove", 1010, 0, "no longer serve them" },
    { NULL, 0, 0, NULL },
};

static vo_err_t *store(voctl_t *ctl, const char *release,
                       const voctl_photospec_t *s)
{
    const char *params[14] = {
        release, s->name, s->title, s->table, NULL, s->kind, s->value,
        s->error, s->is_relative ? "t" : "f", s->flags, NULL, s->aperture,
        s->t_min, s->t_max,
    };

    params[4] = vo_sql_array(voctl_split(s->ids, ctl->pool), ctl->pool);
    params[10] = s->limits ? vo_sql_array(voctl_split(s->limits, ctl->pool),
                                          ctl->pool) : NULL;
    VO_TRY(voctl_query(NULL, ctl, "DELETE FROM vo.photospec WHERE release_id"
                                  " = $1 AND name = $2", 2, params,
                       ctl->pool));
    return voctl_query(NULL, ctl,
        "INSERT INTO vo.photospec (release_id, name, title, table_name,"
        " id_columns, kind, value_column, error_column, is_relative,"
        " flag_column, limits, aperture, t_min, t_max, place)"
        " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
        " coalesce(max(place) + 1, 0) FROM vo.photospec WHERE release_id = $1",
        14, params, ctl->pool);
}

static vo_err_t *bad(voctl_t *ctl, const char *what, const char *why)
{
    return vo_err_make(ctl->pool, VO_ERR_USAGE, "%s: %s.", what, why);
}

static vo_err_t *check_ids(voctl_t *ctl, const vo_photospec_t *spec)
{
    int i;

    for (i = 0; i < spec->nids; ++i) {
        const vo_column_t *c = spec->ids[i];

        if (!vo_photospec_is_id(c)) {
            return bad(ctl, c->field.name, "an id is an integer or a text");
        }
        if (spec->nids > 1 && vo_photospec_is_text(c)) {
            return bad(ctl, c->field.name, "a text must be the only id");
        }
    }
    return NULL;
}

/* Is an array with a place for each of the filters? */
static vo_err_t *check_array(voctl_t *ctl, const vo_column_t *c, int most)
{
    if (c && (c->field.size == VO_SCALAR || c->field.type == VO_TYPE_CHAR)) {
        return bad(ctl, c->field.name, "it is no array of numbers");
    }
    if (c && c->field.size > 0 && c->field.size < most) {
        return bad(ctl, c->field.name, "it has fewer elements than the survey"
                                       " has filters");
    }
    return NULL;
}

static int last_position(const vo_release_t *rel, const vo_photospec_t *spec,
                         apr_pool_t *pool)
{
    int i, n, last = 0;
    const vo_filter_t **filters = vo_photospec_filters(&n, rel, spec, pool);

    for (i = 0; i < n; ++i) {
        last = filters[i]->position > last ? filters[i]->position : last;
    }
    return last;
}

/* The column called NAME (NULL: none) of SPEC's table. */
static vo_err_t *find_column(const vo_column_t **column, voctl_t *ctl,
                             const vo_photospec_t *spec, const char *name)
{
    *column = name ? vo_table_column(spec->table, name) : NULL;
    return name && !*column
               ? bad(ctl, name, apr_pstrcat(ctl->pool, spec->table->tap_name,
                                            " has no such column", NULL))
               : NULL;
}

/* The table called NAME, qualified or not, if it has positions. */
static vo_err_t *find_table(const vo_table_t **table, voctl_t *ctl,
                            const vo_release_t *rel, const char *name)
{
    const char *dot = strchr(name, '.');

    *table = dot ? vo_release_table(
        rel, apr_pstrmemdup(ctl->pool, name, (apr_size_t)(dot - name)),
        dot + 1, NULL) : vo_release_table(rel, NULL, name, NULL);
    if (!*table) {
        return bad(ctl, name, "there is no such table");
    }
    return !(*table)->ra || !(*table)->dec || !(*table)->pg_hpx
               ? bad(ctl, name, "the table has no positions") : NULL;
}

/* What httpd will make of FROM; it is completed with the names as published. */
static vo_err_t *check(voctl_t *ctl, const vo_release_t *rel,
                       voctl_photospec_t *from)
{
    apr_array_header_t *ids = voctl_split(from->ids, ctl->pool);
    const vo_column_t **columns = apr_palloc(
        ctl->pool, sizeof(*columns) * (apr_size_t)(ids->nelts + 1));
    vo_photospec_t spec = { 0 };
    int i, last;

    VO_TRY(find_table(&spec.table, ctl, rel, from->table));
    from->ids = "";
    for (i = 0; i < ids->nelts; ++i) {
        VO_TRY(find_column(&columns[i], ctl, &spec,
                           APR_ARRAY_IDX(ids, i, const char *)));
        from->ids = apr_pstrcat(ctl->pool, from->ids, i ? "," : "",
                                columns[i]->adql_name, NULL);
    }
    spec.nids = ids->nelts;
    spec.ids = columns;
    spec.is_mag = !strcmp(from->kind, "mag");
    VO_TRY(find_column(&spec.value, ctl, &spec, from->value));
    VO_TRY(find_column(&spec.error, ctl, &spec, from->error));
    VO_TRY(find_column(&spec.flags, ctl, &spec, from->flags));
    VO_TRY(check_ids(ctl, &spec));
    if (vo_photospec_jansky(&spec) <= 0) {
        return bad(ctl, from->value, "its unit must be Jy, mJy, uJy or nJy");
    }
    last = last_position(rel, &spec, ctl->pool);
    if (!last) {
        return bad(ctl, spec.table->schema,
                   "no filter of this survey has a wavelength and a width");
    }
    VO_TRY(check_array(ctl, spec.value, last));
    VO_TRY(check_array(ctl, spec.error, last));
    VO_TRY(check_array(ctl, spec.flags, last));
    from->table = spec.table->tap_name;
    from->value = spec.value->adql_name;
    from->error = spec.error ? spec.error->adql_name : NULL;
    from->flags = spec.flags ? spec.flags->adql_name : NULL;
    return NULL;
}

vo_err_t *voctl_photospec_put(voctl_t *ctl, const char *release,
                              const voctl_photospec_t *spec)
{
    voctl_photospec_t mine = *spec;
    const vo_release_t *rel;
    vo_meta_t *meta;

    VO_TRY(voctl_connect(ctl));
    VO_TRY(vo_meta_load(&meta, ctl->conn, ctl->pool));
    rel = vo_meta_release(meta, release);
    if (!rel) {
        return vo_err_make(ctl->pool, VO_ERR_NOTFOUND,
                           "There is no release %s.", release);
    }
    VO_TRY(check(ctl, rel, &mine));
    VO_TRY(voctl_begin(ctl));
    VO_TRY(store(ctl, release, &mine));
    return voctl_commit(ctl);
}

vo_err_t *voctl_photospec_check(apr_array_header_t *problems, voctl_t *ctl,
                                const char *release, const vo_release_t *rel,
                                apr_pool_t *pool)
{
    PGresult *res;
    int i, n;

    VO_TRY(voctl_query(&res, ctl, "SELECT name, table_name FROM vo.photospec"
                                  " WHERE release_id = $1 ORDER BY place", 1,
                       &release, pool));
    for (i = 0; i < PQntuples(res); ++i) {
        const char *name = PQgetvalue(res, i, 0);
        const vo_photospec_t *spec = rel ? vo_photospec_named(rel, name)
                                         : NULL;

        if (!spec) {
            APR_ARRAY_PUSH(problems, const char *) = apr_psprintf(
                pool, "%s: %s or one of its columns is missing", name,
                PQgetvalue(res, i, 1));
            continue;
        }
        vo_photospec_filters(&n, rel, spec, pool);
        if (!n) {
            APR_ARRAY_PUSH(problems, const char *) = apr_psprintf(
                pool, "%s: no filter has a wavelength and a width", name);
        }
    }
    return NULL;
}

static vo_err_t *take_away(voctl_t *ctl, const char *const *argv)
{
    PGresult *res;

    VO_TRY(voctl_connect(ctl));
    VO_TRY(voctl_begin(ctl));
    VO_TRY(voctl_query(&res, ctl, "DELETE FROM vo.photospec WHERE release_id ="
                                  " $1 AND name = $2 RETURNING 1", 2, argv,
                       ctl->pool));
    if (!PQntuples(res)) {
        return vo_err_make(ctl->pool, VO_ERR_NOTFOUND, "Release %s has no"
                           " spectra called %s.", argv[0], argv[1]);
    }
    return voctl_commit(ctl);
}

/* Numbers with commas between, as many as N (0: any). */
static vo_err_t *check_numbers(voctl_t *ctl, const char *option, int n)
{
    const char *text = voctl_opt(ctl, option);
    apr_array_header_t *parts = voctl_split(text, ctl->pool);
    double v;
    int i;

    for (i = 0; text && i < parts->nelts; ++i) {
        const char *part = APR_ARRAY_IDX(parts, i, const char *);

        if (!vo_num_to_double(part, (int)strlen(part), &v)) {
            return bad(ctl, apr_pstrcat(ctl->pool, "--", option, " ", part,
                                        NULL), "a number is expected");
        }
    }
    return text && n && parts->nelts != n
               ? bad(ctl, apr_pstrcat(ctl->pool, "--", option, " ", text,
                                      NULL),
                     apr_psprintf(ctl->pool, "%d numbers are expected", n))
               : NULL;
}

vo_err_t *voctl_photospec(voctl_t *ctl, int argc, const char *const *argv)
{
    voctl_photospec_t spec = { 0 };
    const char *flux = voctl_opt(ctl, "flux"), *mag = voctl_opt(ctl, "mag");
    apr_array_header_t *times;

    (void)argc;
    if (voctl_opt(ctl, "remove")) {
        return voctl_abort(ctl, take_away(ctl, argv));
    }
    spec.name = argv[1];
    spec.title = voctl_opt(ctl, "title");
    spec.table = voctl_opt(ctl, "table");
    spec.ids = voctl_opt(ctl, "ids");
    if (!spec.table || !spec.ids || !flux == !mag) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "--table, --ids, and one of --flux and --mag are"
                           " needed.");
    }
    VO_TRY(check_numbers(ctl, "limits", 0));
    VO_TRY(check_numbers(ctl, "aperture", 1));
    VO_TRY(check_numbers(ctl, "times", 2));
    spec.kind = flux ? "flux" : "mag";
    spec.value = flux ? flux : mag;
    spec.error = voctl_opt(ctl, "error");
    spec.flags = voctl_opt(ctl, "flags");
    spec.is_relative = voctl_opt(ctl, "relative") != NULL;
    spec.limits = voctl_opt(ctl, "limits");
    spec.aperture = voctl_opt(ctl, "aperture");
    times = voctl_split(voctl_opt(ctl, "times"), ctl->pool);
    if (times->nelts) {
        spec.t_min = APR_ARRAY_IDX(times, 0, const char *);
        spec.t_max = APR_ARRAY_IDX(times, 1, const char *);
    }
    VO_TRY(voctl_abort(ctl, voctl_photospec_put(ctl, argv[0], &spec)));
    voctl_say(ctl, "%s: spectra \"%s\" of %s", argv[0], spec.name, spec.table);
    return NULL;
}
