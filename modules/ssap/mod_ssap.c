/* mod_ssap.c: SSAP 1.1 and the spectra it finds. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_ssap_int.h"

#include <math.h>

#include <ap_provider.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "datalink/vo_datalink.h"
#include "scs/vo_cone.h"
#include "ssap/vo_spectrum.h"
#include "table/vo_tabledoc.h"
#include "vo_num.h"

APLOG_USE_MODULE(ssap);

static vo_fns_t fns; /* what mod_vo and mod_vosi offer */

/* ---- the service ------------------------------------------------------ */

static int serves(const vo_release_t *rel, const vo_table_t *table)
{
    (void)table;
    return rel->nphotospecs > 0;
}

static vo_err_t *ignore_begin(void *baton, int nfields, const unsigned *oids)
{
    (void)baton;
    (void)nfields;
    (void)oids;
    return NULL;
}

static vo_err_t *take_position(void *baton, const vo_cell_t *cells,
                               int nfields)
{
    double *radec = baton;
    int i;

    for (i = 0; i < 2 && i < nfields; ++i) {
        if (cells[i].len > 0) {
            vo_num_to_double(cells[i].data, cells[i].len, &radec[i]);
        }
    }
    return NULL;
}

static vo_err_t *capabilities(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel, const vo_table_t *table,
                              const char *url)
{
    ssap_conf_t conf = ssap_conf(r);
    double radec[2] = { NAN, NAN };
    vo_sql_req_t req = { 0 };
    vo_sql_done_t done;

    (void)table;
    if (rel->nphotospecs) {
        vo_err_t *err;

        req.role = rel->reader_role;
        req.timeout_ms = 2000;
        req.is_small = 1;
        req.sql = vo_cone_sample_sql(rel->photospecs[0].table, r->pool);
        req.max_rows = 1;
        req.begin = ignore_begin;
        req.row = take_position;
        req.baton = radec;
        err = fns.query(r, &req, &done);
        if (err) { /* the document must come all the same */
            fns.log_error(r, err);
        }
    }
    return vo_ssap_capability(out, url, fns.security_method(r, rel),
                              &conf.limits, radec[0], radec[1], r->pool);
}

static const char *const standard_ids[] = { VO_SSAP_STANDARD_ID, NULL };

static const vo_service_t service = {
    .name = "ssap",
    .segment = "ssap",
    .title = "Simple Spectral Access",
    .standard_ids = standard_ids,
    .serves = serves,
    .capabilities = capabilities,
};

/* ---- errors ----------------------------------------------------------- */

static int answer_error(request_rec *r, const vo_err_t *err)
{
    static const vo_old_error_t old = { 0, NULL };

    return fns.respond_old_error(r, &old, err);
}

/* ---- the search ------------------------------------------------------- */

static void describe(vo_tabledoc_t *doc, request_rec *r,
                     const vo_release_t *rel, vo_field_t **fields)
{
    static const vo_coosys_t coosys = {.id = VO_SSAP_COOSYS,
                                       .system = "ICRS"};
    vo_info_t *infos = apr_pcalloc(r->pool, sizeof(*infos)
                                                * (VO_ORIGIN_INFOS + 1));
    apr_array_header_t *services = apr_array_make(r->pool, 1,
                                                  sizeof(vo_descriptor_t));
    vo_origin_t origin = { 0 };

    memset(doc, 0, sizeof(*doc));
    *fields = vo_ssap_fields(&doc->nfields, r->pool);
    infos[0].name = "SERVICE_PROTOCOL";
    infos[0].value = "1.1";
    infos[0].text = "SSAP";
    origin.rel = rel;
    origin.protocol = VO_SSAP_STANDARD_ID;
    origin.software = "mod_vo/" VO_VERSION;
    origin.server = fns.service_url(r, &service, rel, NULL);
    origin.date = r->request_time;
    doc->name = "spectra";
    doc->resource_description = apr_pstrcat(
        r->pool, "Photo-spectra of objects of ", rel->title, NULL);
    doc->fields = *fields;
    doc->ninfos = 1 + vo_origin_infos(infos + 1, &origin, r->pool);
    doc->infos = infos;
    doc->ncoosys = 1;
    doc->coosys = &coosys;
    if (ap_lookup_provider(VO_SERVICE_GROUP, "datalink",
                           VO_SERVICE_VERSION)) {
        vo_datalink_descriptor(services, fns.base_url(r), rel, VO_SSAP_DID,
                               r->pool);
    }
    doc->ndescriptors = services->nelts;
    doc->descriptors = (const vo_descriptor_t *)services->elts;
}

/* A document without rows. */
static int answer_empty(request_rec *r, const vo_tabledoc_t *doc,
                        const vo_tablefmt_t *fmt, int is_overflow)
{
    vo_out_t *out = fns.response_begin(r, doc->media_type);
    vo_writer_t *writer = vo_writer_create(fmt, doc, out, r->pool);
    vo_err_t *err = fmt->begin(writer);

    if (!err) {
        err = fmt->end(writer, is_overflow ? VO_DONE_OVERFLOW : VO_DONE_OK);
    }
    return err ? answer_error(r, err) : fns.response_end(r, out);
}

static int search(request_rec *r, const vo_release_t *rel)
{
    ssap_conf_t conf = ssap_conf(r);
    const vo_tablefmt_t *fmt;
    const vo_dali_params_t *params;
    const char *format;
    vo_ssap_query_t query;
    vo_sql_req_t req = { 0 };
    vo_stream_t stream = { 0 };
    vo_tabledoc_t doc;
    vo_field_t *fields;
    vo_err_t *err;

    err = fns.params(&params, r);
    if (!err) {
        err = vo_ssap_read(&query, rel, params, &conf.limits, r->pool);
    }
    if (!err) {
        err = vo_dali_param_one(&format, params, "RESPONSEFORMAT");
    }
    if (err) {
        return answer_error(r, err);
    }
    describe(&doc, r, rel, &fields);
    err = vo_tablefmt_find(&fmt, &doc.media_type, format, r->pool);
    if (!err && query.is_metadata) {
        doc.params = vo_ssap_inputs(&doc.nparams, &conf.limits, r->pool);
        return answer_empty(r, &doc, fmt, 0);
    }
    req.role = rel->reader_role;
    req.timeout_ms = conf.timeout * 1000;
    if (!err) {
        err = vo_ssap_request(&req, &query, rel,
                              fns.service_url(r, &service, rel, NULL),
                              r->pool);
    }
    if (err) {
        return answer_error(r, err);
    }
    if (!req.sql || !query.maxrec) {
        return answer_empty(r, &doc, fmt, req.sql != NULL);
    }
    stream.req = &req;
    stream.doc = &doc;
    stream.fields = fields;
    stream.fmt = fmt;
    stream.media_type = doc.media_type;
    stream.answer_error = answer_error;
    return fns.stream(r, &stream);
}

/* ---- spectra ---------------------------------------------------------- */

typedef struct run_t {
    request_rec *r;
    int timeout_ms;
} run_t;

static vo_err_t *run_query(void *baton, const vo_sql_req_t *req,
                           vo_sql_done_t *done)
{
    run_t *run = baton;
    vo_sql_req_t mine = *req;

    mine.timeout_ms = run->timeout_ms;
    return fns.query(run->r, &mine, done);
}

static vo_err_t *find_spectrum(const vo_spectrum_t **spectrum, request_rec *r,
                               const vo_release_t *rel, const char *did)
{
    run_t run = { r, ssap_conf(r).timeout * 1000 };
    apr_array_header_t *rows = apr_array_make(r->pool, 1,
                                              sizeof(const char **));
    apr_array_header_t *spectra;
    const vo_photospec_t *spec;
    const char **ids;

    if (!did || !*did) {
        return vo_err_make(r->pool, VO_ERR_USAGE, "ID is missing; it is the"
                           " publisher DID of a spectrum.");
    }
    *spectrum = NULL;
    if (vo_photospec_parse(&spec, &ids, rel, did, r->pool)) {
        APR_ARRAY_PUSH(rows, const char **) = ids;
        VO_TRY(vo_photospec_find(&spectra, rel, spec, rows, run_query, &run,
                                 r->pool));
        *spectrum = &APR_ARRAY_IDX(spectra, 0, vo_spectrum_t);
    }
    if (!*spectrum || !(*spectrum)->did) {
        return vo_err_make(r->pool, VO_ERR_NOTFOUND, "Release %s has no"
                           " spectrum with the identifier \"%.200s\".",
                           rel->id, did);
    }
    return NULL;
}

/* FORMAT and RESPONSEFORMAT mean the same here; FITS is the data model's. */
static vo_err_t *read_format(const vo_tablefmt_t **fmt, const char **type,
                             const vo_dali_params_t *params, apr_pool_t *pool)
{
    const char *format;

    VO_TRY(vo_dali_param_one(&format, params, "FORMAT"));
    if (!format || !*format) {
        VO_TRY(vo_dali_param_one(&format, params, "RESPONSEFORMAT"));
    }
    VO_TRY(vo_tablefmt_find(fmt, type, format, pool));
    if (!strcmp((*fmt)->name, "fits")) {
        *fmt = NULL;
        *type = VO_SPECTRUM_FITS_TYPE;
    }
    return NULL;
}

/* TEXT with nothing in it that is not fit for the name of a file. */
static const char *file_name(const char *text, apr_pool_t *pool)
{
    char *name = apr_pstrdup(pool, text), *p;

    for (p = name; *p; ++p) {
        if (!apr_isalnum(*p) && !strchr("-_.", *p)) {
            *p = '_';
        }
    }
    return name;
}

static int answer_spectrum(request_rec *r, const vo_release_t *rel)
{
    const vo_dali_params_t *params;
    const vo_spectrum_t *spectrum = NULL;
    const vo_tablefmt_t *fmt;
    const char *did, *type;
    vo_out_t *out;
    vo_err_t *err;

    err = fns.params(&params, r);
    if (!err) {
        err = vo_dali_param_one(&did, params, "ID");
    }
    if (!err) {
        err = read_format(&fmt, &type, params, r->pool);
    }
    if (!err) {
        err = find_spectrum(&spectrum, r, rel, did);
    }
    if (err) {
        return fns.respond_error(r, NULL, err);
    }
    out = fns.response_begin(r, type);
    apr_table_setn(r->headers_out, "Content-Disposition",
                   apr_psprintf(r->pool, "attachment; filename=\"%s-%s.%s\"",
                                spectrum->spec->name,
                                file_name(spectrum->target, r->pool),
                                fmt ? fmt->extension : "fits"));
    err = fmt ? vo_spectrum_table(out, rel, spectrum, fmt, type, r->pool)
              : vo_spectrum_fits(out, rel, spectrum, r->pool);
    return err ? fns.respond_error(r, NULL, err) : fns.response_end(r, out);
}

/* ---- handler ---------------------------------------------------------- */

static int no_resource(request_rec *r, const vo_err_t *err)
{
    return fns.respond_error(r, NULL, err);
}

static const vo_resource_t resources[] = {
    {"", search, NULL},
    {"spectrum", answer_spectrum, NULL},
    {NULL, NULL, NULL}
};

static const vo_route_t route = {
    &service, "spectra", resources, no_resource
};

static int handler(request_rec *r)
{
    return r->handler && !strcmp(r->handler, "vo-ssap")
               ? fns.route(r, &route) : DECLINED;
}

/* ---- life ------------------------------------------------------------- */

static int post_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp,
                       server_rec *s)
{
    (void)conf;
    (void)log;
    (void)temp;
    return vo_fns_fetch(&fns, s, "mod_ssap");
}

static void register_hooks(apr_pool_t *pool)
{
    ap_register_provider(pool, VO_SERVICE_GROUP, service.name,
                         VO_SERVICE_VERSION, &service);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

VO_DECLARE_MODULE(ssap) = {
    STANDARD20_MODULE_STUFF,
    ssap_create_dir,
    ssap_merge_dir,
    NULL,
    NULL,
    ssap_commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
