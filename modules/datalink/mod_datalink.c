/* mod_datalink.c: the links of data products, DataLink 1.1. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ap_provider.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "mod_vo_conf.h"
#include "mod_vo_fns.h"
#include "datalink/vo_datalink.h"
#include "vo_num.h"

APLOG_USE_MODULE(datalink);

#define DEFAULT_MAX_IDS 10000
#define DEFAULT_TIMEOUT 60 /* s, of each query */
#define LINKS "links"

static vo_fns_t fns; /* what mod_vo and mod_vosi offer */

/* ---- configuration ---------------------------------------------------- */

typedef struct datalink_dir_t {
    int max_ids;
    int timeout; /* s */
} datalink_dir_t;

static void *create_dir(apr_pool_t *pool, char *path)
{
    datalink_dir_t *d = apr_palloc(pool, sizeof(*d));

    (void)path;
    d->max_ids = VO_UNSET;
    d->timeout = VO_UNSET;
    return d;
}

static void *merge_dir(apr_pool_t *pool, void *outerv, void *innerv)
{
    datalink_dir_t *d = apr_palloc(pool, sizeof(*d));
    const datalink_dir_t *outer = outerv, *inner = innerv;

    VO_INHERIT(d, outer, inner, max_ids, VO_UNSET);
    VO_INHERIT(d, outer, inner, timeout, VO_UNSET);
    return d;
}

/* The settings for this request, defaults filled in. */
static datalink_dir_t settings(request_rec *r)
{
    datalink_dir_t d = *(datalink_dir_t *)ap_get_module_config(
        r->per_dir_config, &datalink_module);

    d.max_ids = vo_conf_or(d.max_ids, DEFAULT_MAX_IDS);
    d.timeout = vo_conf_or(d.timeout, DEFAULT_TIMEOUT);
    return d;
}

static const vo_conf_int_t max_ids = {
    APR_OFFSETOF(datalink_dir_t, max_ids), 1, 1000000, "identifiers"
};
static const vo_conf_int_t timeout = {
    APR_OFFSETOF(datalink_dir_t, timeout), 1, 86400, "seconds"
};

static const command_rec commands[] = {
    AP_INIT_TAKE1("DataLinkMaxIds", vo_conf_set_int, VO_CONF_INT(max_ids),
                  RSRC_CONF | ACCESS_CONF,
                  "Most identifiers whose links one request gets; there being "
                  "more is told as OVERFLOW; default 10000."),
    AP_INIT_TAKE1("DataLinkTimeout", vo_conf_set_int, VO_CONF_INT(timeout),
                  RSRC_CONF | ACCESS_CONF,
                  "Seconds after which a look-up of identifiers is stopped; "
                  "default 60."),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

/* ---- the service ------------------------------------------------------ */

static vo_err_t *capabilities(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel, const vo_table_t *table,
                              const char *url)
{
    (void)table;
    return vo_datalink_capability(out, url, fns.security_method(r, rel));
}

static int has_soda(void)
{
    return ap_lookup_provider(VO_SERVICE_GROUP, "soda", VO_SERVICE_VERSION)
           != NULL;
}

/* Links and cutouts of the images among the rows of a result. */
static void descriptors(apr_array_header_t *to, const vo_answer_t *answer,
                        apr_pool_t *pool)
{
    const char *column = vo_datalink_column(answer->rel, answer->nfields,
                                            answer->fields);

    int i;

    if (column) {
        vo_datalink_descriptor(to, answer->base_url, answer->rel, column,
                               pool);
    }
    for (i = 0; column && has_soda() && i < 2; ++i) {
        vo_datalink_soda(apr_array_push(to), answer->base_url, answer->rel, i,
                         column, NULL, NULL, pool);
    }
}

/* Others have nothing to link to. */
static int serves(const vo_release_t *rel, const vo_table_t *table)
{
    (void)table;
    return rel->obscore || rel->nphotospecs;
}

static const char *const standard_ids[] = { VO_DATALINK_ID, NULL };

static const vo_service_t service = {
    .name = "datalink",
    .segment = "datalink",
    .title = "DataLink",
    .standard_ids = standard_ids,
    .serves = serves,
    .capabilities = capabilities,
    .descriptors = descriptors,
};

/* ---- links ------------------------------------------------------------ */

typedef struct links_t {
    request_rec *r;
    int timeout_ms;
} links_t;

static vo_err_t *run_query(void *baton, const vo_sql_req_t *req,
                           vo_sql_done_t *done)
{
    links_t *links = baton;
    vo_sql_req_t mine = *req;

    mine.timeout_ms = links->timeout_ms;
    return fns.query(links->r, &mine, done);
}

/* What is wrong with the request as a whole: DataLink 1.1, section 3.4. */
static int answer_error(request_rec *r, const vo_err_t *err)
{
    vo_err_t *labelled = apr_pmemdup(r->pool, err, sizeof(*err));

    labelled->text = vo_datalink_error(err, r->pool);
    return fns.respond_error(r, NULL, labelled);
}

static vo_err_t *read_request(apr_array_header_t **ids,
                              const vo_tablefmt_t **fmt,
                              const char **media_type, request_rec *r)
{
    const vo_dali_params_t *params;
    const char *format;

    VO_TRY(fns.params(&params, r));
    VO_TRY(vo_dali_param_one(&format, params, "RESPONSEFORMAT"));
    VO_TRY(vo_tablefmt_find(fmt, media_type, format, r->pool));
    *media_type = vo_datalink_media_type(*fmt, *media_type, r->pool);
    *ids = vo_dali_param_all(params, "ID");
    return NULL;
}

static int answer_links(request_rec *r, const vo_release_t *rel)
{
    datalink_dir_t d = settings(r);
    links_t links = { r, d.timeout * 1000 };
    const vo_tablefmt_t *fmt;
    const char *media_type;
    apr_array_header_t *ids;
    vo_datalink_t *dl;
    vo_out_t *out;
    int is_overflow;
    vo_err_t *err;

    err = read_request(&ids, &fmt, &media_type, r);
    if (err) {
        return answer_error(r, err);
    }
    is_overflow = ids->nelts > d.max_ids;
    if (is_overflow) {
        ids->nelts = d.max_ids;
    }
    dl = vo_datalink_create(fns.base_url(r), rel, fmt, media_type, r->pool);
    dl->has_soda = has_soda();
    out = fns.response_begin(r, media_type);
    err = vo_datalink_begin(dl, out);
    if (!err) {
        err = vo_datalink_rows(dl, ids, run_query, &links);
    }
    if (!err) {
        err = vo_datalink_end(dl, is_overflow ? VO_DONE_OVERFLOW
                                              : VO_DONE_OK);
    }
    if (!err) {
        return fns.response_end(r, out);
    }
    if (!out->has_flushed || err->kind == VO_ERR_GONE) {
        return answer_error(r, err);
    }
    if (!fmt->tells_failure || fmt->fail(dl->writer, err)) {
        return fns.response_abort(r, out, err);
    }
    fns.log_error(r, err);
    return fns.response_end(r, out);
}

/* ---- handler ---------------------------------------------------------- */

static const vo_resource_t resources[] = {
    {LINKS, answer_links, NULL},
    {NULL, NULL, NULL}
};

static const vo_route_t route = {
    &service, "data products", resources, answer_error
};

static int handler(request_rec *r)
{
    return r->handler && !strcmp(r->handler, "vo-datalink")
               ? fns.route(r, &route) : DECLINED;
}

/* ---- life ------------------------------------------------------------- */

static int post_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp,
                       server_rec *s)
{
    (void)conf;
    (void)log;
    (void)temp;
    return vo_fns_fetch(&fns, s, "mod_datalink");
}

static void register_hooks(apr_pool_t *pool)
{
    ap_register_provider(pool, VO_SERVICE_GROUP, service.name,
                         VO_SERVICE_VERSION, &service);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

VO_DECLARE_MODULE(datalink) = {
    STANDARD20_MODULE_STUFF,
    create_dir,
    merge_dir,
    NULL,
    NULL,
    commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
