/* mod_tap_sync.c: a synchronous query, TAP 1.1 sections 2.1 and 3. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_int.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

#include "adql/vo_adql.h"

APLOG_USE_MODULE(tap);

#define MAX_RUNID 64 /* characters, DALI 1.1 section 3.4.6 */
#define MAX_INFOS 16
#define COOSYS_ID "ICRS"
#define BINARY2_TYPE "application/x-votable+xml;serialization=BINARY2"

/* One query on its way from parameters to a document. */
typedef struct tap_job_t {
    request_rec *r;
    const vo_release_t *rel;
    tap_conf_t conf;
    const vo_dali_params_t *params;
    const vo_tablefmt_t *fmt;
    const char *media_type;
    const char *query;
    int version;             /* of ADQL: 20, 21 */
    apr_int64_t maxrec;      /* rows to be sent at most */
    vo_adql_result_t *sql;
    vo_tabledoc_t doc;
    vo_info_t infos[MAX_INFOS];
    vo_coosys_t coosys;
    vo_out_t *out;           /* NULL before the answer has begun */
    vo_writer_t *writer;     /* NULL before its begin() succeeded */
} tap_job_t;

/* --- parameters ------------------------------------------------------------------- */

static vo_err_t *read_format(tap_job_t *job)
{
    const char *value, *old;

    VO_TRY(vo_dali_param_one(&value, job->params, "RESPONSEFORMAT"));
    VO_TRY(vo_dali_param_one(&old, job->params, "FORMAT"));
    if (!value || !*value) {
        value = old;
    }
    if (job->conf.is_binary2
        && (!value || !*value || !strcasecmp(value, "votable")
            || !strcasecmp(value, "application/x-votable+xml"))) {
        value = BINARY2_TYPE;
    }
    return vo_tablefmt_find(&job->fmt, &job->media_type, value, job->r->pool);
}

static vo_err_t *read_lang(tap_job_t *job)
{
    static const struct {
        const char *name;
        int version;
    } langs[] = {{"ADQL", 21}, {"ADQL-2.1", 21}, {"ADQL-2.0", 20}};
    const char *value;
    vo_err_t *err;
    apr_size_t i;

    VO_TRY(vo_dali_param_one(&value, job->params, "LANG"));
    job->version = langs[0].version;
    if (!value || !*value) {
        return NULL; /* scripts forget it, and there is only one language */
    }
    for (i = 0; i < sizeof(langs) / sizeof(langs[0]); ++i) {
        if (!strcasecmp(value, langs[i].name)) {
            job->version = langs[i].version;
            return NULL;
        }
    }
    err = vo_err_make(job->r->pool, VO_ERR_USAGE,
                      "LANG '%.40s' is not known to this service.", value);
    err->hint = "It speaks ADQL, ADQL-2.0 and ADQL-2.1.";
    return err;
}

static vo_err_t *read_runid(tap_job_t *job)
{
    const char *value, *p;
    int n = 0;

    VO_TRY(vo_dali_param_one(&value, job->params, "RUNID"));
    if (!value || !*value) {
        return NULL;
    }
    for (p = value; *p; ++p) {
        n += ((unsigned char)*p & 0xC0) != 0x80;
    }
    if (n > MAX_RUNID) {
        return vo_err_make(job->r->pool, VO_ERR_USAGE,
                           "RUNID may have at most %d characters; it has %d.",
                           MAX_RUNID, n);
    }
    apr_table_setn(job->r->notes, "vo-runid", value); /* %{vo-runid}n */
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, job->r,
                  VOLOGNO(1110) "RUNID %s", value);
    return NULL;
}

static vo_err_t *read_params(tap_job_t *job)
{
    apr_pool_t *pool = job->r->pool;
    const char *value;
    vo_err_t *err;

    VO_TRY(read_lang(job));
    VO_TRY(read_runid(job));
    VO_TRY(vo_dali_param_int(&job->maxrec, job->params, "MAXREC", 0,
                             APR_INT64_MAX, job->conf.maxrec_default));
    if (job->maxrec > job->conf.maxrec_hard) {
        job->maxrec = job->conf.maxrec_hard;
    }
    value = vo_dali_param_nth(job->params, "UPLOAD", 0);
    if (value && *value) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "This service does not take uploads of tables.");
    }
    VO_TRY(vo_dali_param_one(&job->query, job->params, "QUERY"));
    if (job->query && job->query[strspn(job->query, " \t\r\n")]) {
        return NULL;
    }
    err = vo_err_make(pool, VO_ERR_USAGE, "The parameter QUERY is missing.");
    err->hint = "For example: QUERY=SELECT TOP 5 * FROM TAP_SCHEMA.tables";
    return err;
}

/* --- the document ------------------------------------------------------------------ */

static void add_info(tap_job_t *job, const char *name, const char *value,
                     const char *ucd)
{
    if (value && *value && job->doc.ninfos < MAX_INFOS) {
        vo_info_t *info = &job->infos[job->doc.ninfos++];

        info->name = name;
        info->value = value;
        info->ucd = ucd;
    }
}

/* Say where the data are from, in the words of the IVOA note "Data Origin in
 * the VO" 1.1. */
static void describe(tap_job_t *job)
{
    const vo_release_t *rel = job->rel;
    apr_pool_t *pool = job->r->pool;
    const char *date;
    apr_time_exp_t t;
    int i;

    apr_time_exp_gmt(&t, job->r->request_time);
    date = apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d",
                        t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                        t.tm_min, t.tm_sec);
    job->doc.infos = job->infos;
    add_info(job, "standardID", VO_TAP_STANDARD_ID, NULL);
    add_info(job, "QUERY", job->query, NULL);
    add_info(job, "request_date", date, NULL);
    add_info(job, "server_software", "mod_vo", NULL);
    add_info(job, "server",
             tap_fns.service_url(job->r, &tap_service, rel, NULL), NULL);
    add_info(job, "ivoid", rel->ivoid, NULL);
    add_info(job, "publisher", rel->publisher, NULL);
    add_info(job, "contact", rel->contact_email, NULL);
    add_info(job, "release", rel->id, NULL);
    add_info(job, "resource_version", rel->version, NULL);
    add_info(job, "creator", rel->creator, NULL);
    add_info(job, "citation", rel->doi, "meta.bib");
    add_info(job, "reference_url", rel->reference_url, NULL);
    add_info(job, "rights", rel->rights, NULL);
    job->doc.name = "result";
    job->doc.resource_description = rel->title;
    job->doc.media_type = job->media_type;
    job->doc.nfields = job->sql->nfields;
    job->doc.fields = job->sql->fields;
    for (i = 0; i < job->sql->nfields; ++i) {
        vo_field_t *field = &job->sql->fields[i];

        if (field->ucd && !field->ref
            && !strncasecmp(field->ucd, "pos.eq", 6)) {
            field->ref = COOSYS_ID;
            job->doc.ncoosys = 1;
        }
    }
}

/* The frame of positions: their epoch is told when all tables agree. */
static void set_coosys(tap_job_t *job)
{
    double epoch = 0;
    int i, is_mixed = 0;

    for (i = 0; i < job->sql->ntables; ++i) {
        const vo_table_t *table = job->sql->tables[i];

        if (table->ra) {
            is_mixed = is_mixed || (epoch > 0 && epoch != table->epoch);
            epoch = table->epoch;
        }
    }
    job->coosys.id = COOSYS_ID;
    job->coosys.system = "ICRS";
    job->coosys.epoch = epoch > 0 && !is_mixed
                            ? apr_psprintf(job->r->pool, "J%.10g", epoch)
                            : NULL;
    job->doc.coosys = &job->coosys;
}

/* --- running ------------------------------------------------------------------------ */

static vo_err_t *begin_document(tap_job_t *job)
{
    vo_writer_t *writer;

    job->out = tap_fns.response_begin(job->r, job->media_type);
    writer = vo_writer_create(job->fmt, &job->doc, job->out, job->r->pool);
    VO_TRY(writer->fmt->begin(writer));
    job->writer = writer;
    return NULL;
}

static vo_err_t *on_begin(void *baton, int nfields, const unsigned *oids)
{
    tap_job_t *job = baton;
    int i;

    if (nfields != job->sql->nfields) {
        return vo_err_fault(job->r->pool, APR_EGENERAL,
                            "The query could not be translated; this is a "
                            "fault of the service.",
                            "%d columns instead of %d from: %s", nfields,
                            job->sql->nfields, job->sql->sql);
    }
    for (i = 0; i < nfields; ++i) {
        job->sql->fields[i].pg_oid = oids[i];
    }
    return begin_document(job);
}

static vo_err_t *on_row(void *baton, const vo_cell_t *cells, int nfields)
{
    vo_writer_t *writer = ((tap_job_t *)baton)->writer;

    (void)nfields;
    return writer->fmt->row(writer, cells);
}

static vo_err_t *run(tap_job_t *job)
{
    vo_sql_req_t req = {0};
    vo_sql_done_t done = {0};

    if (job->maxrec == 0) {
        /* DALI 1.1, 3.4.4: the metadata, and that there may be more */
        VO_TRY(begin_document(job));
        return job->fmt->end(job->writer, VO_DONE_OVERFLOW);
    }
    req.role = job->rel->reader_role;
    req.timeout_ms = job->conf.timeout_s * 1000;
    req.is_binary = job->fmt->is_binary;
    req.is_small = job->sql->is_small;
    req.sql = job->sql->sql;
    req.nparams = job->sql->nparams;
    req.params = job->sql->params;
    req.param_oids = job->sql->param_oids;
    req.max_rows = job->maxrec;
    req.begin = on_begin;
    req.row = on_row;
    req.baton = job;
    VO_TRY(tap_fns.query(job->r, &req, &done));
    return job->fmt->end(job->writer, done.is_overflow ? VO_DONE_OVERFLOW
                                                       : VO_DONE_OK);
}

static vo_err_t *prepare(tap_job_t *job)
{
    vo_adql_env_t env = {0};
    apr_pool_t *scratch;
    vo_err_t *err;

    VO_TRY(read_params(job));
    env.release = job->rel;
    env.maxrec = job->maxrec;
    env.version = job->version;
    apr_pool_create(&scratch, job->r->pool);
    err = vo_adql_translate(&job->sql, job->query, &env, job->r->pool,
                            scratch);
    apr_pool_destroy(scratch);
    if (err) {
        return err;
    }
    ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, job->r, VOLOGNO(1111) "SQL: %s",
                  job->sql->sql);
    describe(job);
    set_coosys(job);
    return NULL;
}

/* End the answer, or turn ERR into one. */
static int finish(tap_job_t *job, vo_err_t *err)
{
    if (!err) {
        return tap_fns.response_end(job->r, job->out);
    }
    if (!job->writer || !job->out->has_flushed || err->kind == VO_ERR_GONE) {
        return tap_fns.respond_error(job->r, job->fmt, err);
    }
    if (!job->fmt->tells_failure) {
        return tap_fns.response_abort(job->r, job->out, err);
    }
    tap_fns.log_error(job->r, err);
    err = job->fmt->fail(job->writer, err);
    return err ? tap_fns.response_abort(job->r, job->out, err)
               : tap_fns.response_end(job->r, job->out);
}

/* TAP 1.0 clients say what they want; 1.1 has no such parameter. *IS_OTHER is
 * set when it is the capabilities. */
static vo_err_t *read_request(tap_job_t *job, int *is_other)
{
    const char *value;

    *is_other = 0;
    VO_TRY(vo_dali_param_one(&value, job->params, "REQUEST"));
    if (!value || !*value || !strcasecmp(value, "doQuery")) {
        return NULL;
    }
    if (!strcasecmp(value, "getCapabilities")) {
        *is_other = 1;
        return NULL;
    }
    return vo_err_make(job->r->pool, VO_ERR_USAGE,
                       "REQUEST '%.40s' is not known; it is doQuery or "
                       "getCapabilities.", value);
}

static int redirect(tap_job_t *job)
{
    const char *url = tap_fns.service_url(job->r, &tap_service, job->rel,
                                          NULL);

    apr_table_setn(job->r->headers_out, "Location",
                   apr_pstrcat(job->r->pool, url, "/capabilities", NULL));
    return HTTP_SEE_OTHER;
}

int tap_sync(request_rec *r, const vo_release_t *rel)
{
    tap_job_t job = {0};
    vo_err_t *err;
    int is_other = 0;

    job.r = r;
    job.rel = rel;
    job.conf = tap_conf(r);
    err = tap_fns.params(&job.params, r);
    if (!err) {
        err = read_format(&job);
    }
    if (!err) {
        err = read_request(&job, &is_other);
    }
    if (is_other) {
        return redirect(&job);
    }
    if (!err) {
        err = prepare(&job);
    }
    if (!err) {
        err = run(&job);
    }
    return finish(&job, err);
}
