/* mod_tap_query.c: parameters, translation and document of a query. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_query.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "vo_resolve.h"

#define MAX_RUNID 64 /* characters, DALI 1.1 section 3.4.6 */
#define BINARY2_TYPE "application/x-votable+xml;serialization=BINARY2"

/* --- parameters ---------------------------------------------------------- */

vo_err_t *tap_query_format(tap_query_t *q)
{
    const char *value, *old;

    VO_TRY(vo_dali_param_one(&value, q->params, "RESPONSEFORMAT"));
    VO_TRY(vo_dali_param_one(&old, q->params, "FORMAT"));
    if (!value || !*value) {
        value = old;
    }
    if (q->conf.is_binary2
        && (!value || !*value || !strcasecmp(value, "votable")
            || !strcasecmp(value, "application/x-votable+xml"))) {
        value = BINARY2_TYPE;
    }
    return vo_tablefmt_find(&q->fmt, &q->media_type, value, q->pool);
}

static vo_err_t *read_lang(tap_query_t *q)
{
    static const struct {
        const char *name;
        int version;
    } langs[] = {{"ADQL", 21}, {"ADQL-2.1", 21}, {"ADQL-2.0", 20}};
    const char *value;
    vo_err_t *err;
    apr_size_t i;

    VO_TRY(vo_dali_param_one(&value, q->params, "LANG"));
    q->version = langs[0].version;
    if (!value || !*value) {
        return NULL; /* scripts forget it, and there is only one language */
    }
    for (i = 0; i < sizeof(langs) / sizeof(langs[0]); ++i) {
        if (!strcasecmp(value, langs[i].name)) {
            q->version = langs[i].version;
            return NULL;
        }
    }
    err = vo_err_make(q->pool, VO_ERR_USAGE,
                      "LANG '%.40s' is not known to this service.", value);
    err->hint = "It speaks ADQL, ADQL-2.0 and ADQL-2.1.";
    return err;
}

static vo_err_t *read_runid(tap_query_t *q)
{
    const char *value, *p;
    int n = 0;

    VO_TRY(vo_dali_param_one(&value, q->params, "RUNID"));
    if (!value || !*value) {
        return NULL;
    }
    for (p = value; *p; ++p) {
        n += ((unsigned char)*p & 0xC0) != 0x80;
    }
    if (n > MAX_RUNID) {
        return vo_err_make(q->pool, VO_ERR_USAGE,
                           "RUNID may have at most %d characters; it has %d.",
                           MAX_RUNID, n);
    }
    q->run_id = value;
    return NULL;
}

/* EXPLAIN: 1 or 0, or as words. */
static vo_err_t *read_explain(tap_query_t *q)
{
    static const struct {
        const char *word;
        int is_explain;
    } words[] = {{"", 0}, {"0", 0}, {"false", 0}, {"1", 1}, {"true", 1}};
    const char *value;
    apr_size_t i;

    VO_TRY(vo_dali_param_one(&value, q->params, "EXPLAIN"));
    for (i = 0; value && i < sizeof(words) / sizeof(words[0]); ++i) {
        if (!strcasecmp(value, words[i].word)) {
            q->is_explain = words[i].is_explain;
            return q->is_explain ? vo_tap_explain_may(q->fmt, q->pool) : NULL;
        }
    }
    return !value ? NULL
                  : vo_err_make(q->pool, VO_ERR_USAGE,
                                "EXPLAIN '%.40s' must be 1 or 0.", value);
}

static vo_err_t *read_params(tap_query_t *q)
{
    apr_pool_t *pool = q->pool;
    vo_err_t *err;

    VO_TRY(read_lang(q));
    VO_TRY(read_runid(q));
    VO_TRY(read_explain(q));
    VO_TRY(vo_dali_param_int(&q->maxrec, q->params, "MAXREC", 0,
                             APR_INT64_MAX, q->conf.maxrec_default));
    if (q->maxrec > q->conf.maxrec_hard) {
        q->maxrec = q->conf.maxrec_hard;
    }
    VO_TRY(vo_dali_param_one(&q->query, q->params, "QUERY"));
    if (q->query && q->query[strspn(q->query, " \t\r\n")]) {
        return NULL;
    }
    err = vo_err_make(pool, VO_ERR_USAGE, "The parameter QUERY is missing.");
    err->hint = vo_dali_param_file(q->params, "QUERY")
                    ? "It came as a file; send its text (curl -F "
                      "'QUERY=<file')."
                    : "For example: QUERY=SELECT TOP 5 * FROM "
                      "TAP_SCHEMA.tables";
    return err;
}

/* --- the document -------------------------------------------------------- */

/* Say where the data are from, and what the columns are. */
static void describe(tap_query_t *q)
{
    vo_origin_t origin = {0};

    origin.rel = q->rel;
    origin.protocol = VO_TAP_STANDARD_ID;
    origin.software = "mod_vo/" VO_VERSION;
    origin.server = q->url;
    origin.query = q->query;
    origin.date = q->now;
    q->doc.ninfos = vo_origin_infos(q->infos, &origin, q->pool);
    q->doc.infos = q->infos;
    q->doc.name = "result";
    q->doc.resource_description = q->rel->title;
    q->doc.media_type = q->media_type;
    q->doc.nfields = q->sql->nfields;
    q->doc.fields = q->sql->fields;
    vo_tabledoc_describe(&q->doc, q->sql->fields, q->rel, q->pool);
}

/* What services can do with the rows. A job made before they were asked has
 * kept no address for them. */
static void set_descriptors(tap_query_t *q)
{
    vo_answer_t answer = {q->rel, q->base_url, q->sql->nfields,
                          q->sql->fields};

    if (q->base_url) {
        tap_fns.answer_describe(&q->doc, &answer, q->pool);
    }
}

/* --- running ------------------------------------------------------------- */

static vo_err_t *begin_document(tap_query_t *q)
{
    vo_writer_t *writer;

    q->out = q->open(q);
    writer = vo_writer_create(q->fmt, &q->doc, q->out, q->pool);
    VO_TRY(writer->fmt->begin(writer));
    q->writer = writer;
    return NULL;
}

static vo_err_t *on_begin(void *baton, int nfields, const unsigned *oids)
{
    tap_query_t *q = baton;
    int i;

    if (nfields != q->sql->nfields) {
        return vo_err_fault(q->pool, APR_EGENERAL,
                            "The query could not be translated; this is a "
                            "fault of the service.",
                            "%d columns instead of %d from: %s", nfields,
                            q->sql->nfields, q->sql->sql);
    }
    for (i = 0; i < nfields; ++i) {
        q->sql->fields[i].pg_oid = oids[i];
    }
    return begin_document(q);
}

static vo_err_t *on_row(void *baton, const vo_cell_t *cells, int nfields)
{
    vo_writer_t *writer = ((tap_query_t *)baton)->writer;

    (void)nfields;
    return writer->fmt->row(writer, cells);
}

/* What every statement of Q has in common. */
static void prepare_request(vo_sql_req_t *req, tap_query_t *q)
{
    memset(req, 0, sizeof(*req));
    req->role = q->rel->reader_role;
    req->timeout_ms = q->timeout_ms;
    req->nparams = q->sql->nparams;
    req->params = q->sql->params;
    req->param_oids = q->sql->param_oids;
    if (q->nuploads) {
        req->setup = tap_upload_setup;
        req->setup_baton = q;
    }
}

vo_err_t *tap_query_plan(tap_query_t *q, vo_tap_plan_t **plan)
{
    vo_sql_req_t req;
    vo_sql_done_t done;

    *plan = vo_tap_plan_create(q->pool);
    prepare_request(&req, q);
    req.is_small = 1;
    req.sql = vo_tap_plan_sql(q->sql, q->pool);
    req.max_rows = -1;
    req.row = vo_tap_plan_row;
    req.baton = *plan;
    return q->exec(q, &req, &done);
}

static vo_err_t *explain(tap_query_t *q)
{
    vo_tap_explained_t what = {.sql = q->sql, .maxrec = q->maxrec};
    vo_tap_plan_t *plan;

    VO_TRY(tap_query_plan(q, &plan));
    what.plan = plan;
    if (!q->fmt->is_votable) {
        q->out = q->open(q);
        return vo_tap_explain(q->out, q->fmt, &what, q->pool);
    }
    q->doc.ninfos += vo_tap_explain_infos(q->infos + q->doc.ninfos, &what,
                                          q->pool);
    VO_TRY(begin_document(q));
    return q->fmt->end(q->writer, VO_DONE_OK);
}

vo_err_t *tap_exec_pooled(tap_query_t *q, const vo_sql_req_t *req,
                          vo_sql_done_t *done)
{
    return tap_fns.query(q->baton, req, done);
}

vo_err_t *tap_result_of_request(tap_query_t *q, const char **path,
                                const char *id)
{
    return tap_fns.job_result(path, q->baton, tap_service.name, q->rel, id);
}

vo_err_t *tap_query_run(tap_query_t *q)
{
    vo_sql_req_t req;
    vo_sql_done_t done = {0};

    if (q->is_explain) {
        return explain(q);
    }
    if (q->maxrec == 0) {
        /* DALI 1.1, 3.4.4: the metadata, and that there may be more */
        VO_TRY(begin_document(q));
        return q->fmt->end(q->writer, VO_DONE_OVERFLOW);
    }
    prepare_request(&req, q);
    req.is_binary = q->fmt->is_binary;
    req.is_small = q->sql->is_small;
    req.sql = q->sql->sql;
    req.max_rows = q->maxrec;
    req.begin = on_begin;
    req.row = on_row;
    req.baton = q;
    VO_TRY(q->exec(q, &req, &done));
    return q->fmt->end(q->writer, done.is_overflow ? VO_DONE_OVERFLOW
                                                   : VO_DONE_OK);
}

static vo_err_t *resolve(void *baton, const char *name, double *ra,
                         double *dec, apr_pool_t *pool)
{
    return vo_resolve(((tap_query_t *)baton)->conf.resolver, name, ra, dec,
                      pool);
}

vo_err_t *tap_query_prepare(tap_query_t *q)
{
    vo_adql_env_t env = {0};
    apr_pool_t *scratch;
    vo_err_t *err;

    VO_TRY(read_params(q));
    VO_TRY(tap_upload_open(q));
    env.release = q->rel;
    env.maxrec = q->maxrec;
    env.nextra = q->nuploads;
    env.extra = q->upload_tables;
    env.version = q->version;
    env.resolve = q->conf.resolver ? resolve : NULL;
    env.resolve_baton = q;
    apr_pool_create(&scratch, q->pool);
    err = vo_adql_translate(&q->sql, q->query, &env, q->pool, scratch);
    apr_pool_destroy(scratch);
    if (err) {
        return err;
    }
    describe(q);
    set_descriptors(q);
    return NULL;
}
