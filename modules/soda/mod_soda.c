/* mod_soda.c: cutouts of images (SODA 1.0) and downloads of their files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_soda_int.h"

#include <string.h>

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "mod_vo_conf.h"
#include "xml/vo_vosi.h"

APLOG_USE_MODULE(soda);

#define SODA_SYNC_ID "ivo://ivoa.net/std/SODA#sync-1.0"
#define SODA_ASYNC_ID "ivo://ivoa.net/std/SODA#async-1.0"
#define DEFAULT_MAX_PIXELS 30000000
#define DEFAULT_PROCESS_PIXELS 100000000
#define DEFAULT_MAX_CUTS 1000
#define DEFAULT_MAX_BULK 100000
#define DEFAULT_UPLOAD_BYTES 104857600
#define DEFAULT_LOOK_S 30 /* s */

/* Written while httpd configures itself, before there are threads. */
vo_fns_t soda_fns;

/* ---- configuration ---------------------------------------------------- */

typedef struct soda_dir_t { /* VO_UNSET: not set here */
    int max_pixels, process_pixels, max_cuts, max_bulk, upload_bytes, timeout;
} soda_dir_t;

static void *create_dir(apr_pool_t *pool, char *path)
{
    soda_dir_t *d = apr_palloc(pool, sizeof(*d));

    (void)path;
    d->max_pixels = VO_UNSET;
    d->process_pixels = VO_UNSET;
    d->max_cuts = VO_UNSET;
    d->max_bulk = VO_UNSET;
    d->upload_bytes = VO_UNSET;
    d->timeout = VO_UNSET;
    return d;
}

static void *merge_dir(apr_pool_t *pool, void *outerv, void *innerv)
{
    soda_dir_t *d = apr_palloc(pool, sizeof(*d));
    const soda_dir_t *outer = outerv, *inner = innerv;

    VO_INHERIT(d, outer, inner, max_pixels, VO_UNSET);
    VO_INHERIT(d, outer, inner, process_pixels, VO_UNSET);
    VO_INHERIT(d, outer, inner, max_cuts, VO_UNSET);
    VO_INHERIT(d, outer, inner, max_bulk, VO_UNSET);
    VO_INHERIT(d, outer, inner, upload_bytes, VO_UNSET);
    VO_INHERIT(d, outer, inner, timeout, VO_UNSET);
    return d;
}

soda_conf_t soda_conf(request_rec *r)
{
    const soda_dir_t *d = ap_get_module_config(r->per_dir_config,
                                               &soda_module);
    soda_conf_t conf;

    conf.limits.max_pixels = vo_conf_or(d->max_pixels, DEFAULT_MAX_PIXELS);
    conf.limits.max_cuts = vo_conf_or(d->max_cuts, DEFAULT_MAX_CUTS);
    conf.limits.admit = soda_admit;
    conf.limits.baton = r;
    conf.process_pixels = vo_conf_or(d->process_pixels,
                                     DEFAULT_PROCESS_PIXELS);
    conf.max_bulk = vo_conf_or(d->max_bulk, DEFAULT_MAX_BULK);
    conf.upload_bytes = vo_conf_or(d->upload_bytes, DEFAULT_UPLOAD_BYTES);
    conf.timeout_ms = 1000 * vo_conf_or(d->timeout, DEFAULT_LOOK_S);
    return conf;
}

#define OFFSET(field) APR_OFFSETOF(soda_dir_t, field)
static const vo_conf_int_t max_pixels = {OFFSET(max_pixels), 1, 2000000000,
                                         "pixels"};
static const vo_conf_int_t process_pixels = {OFFSET(process_pixels), 1,
                                             2000000000, "pixels"};
static const vo_conf_int_t max_cuts = {OFFSET(max_cuts), 1, 1000000,
                                       "cutouts"};
static const vo_conf_int_t max_bulk = {OFFSET(max_bulk), 1, 10000000,
                                       "positions"};
static const vo_conf_int_t upload_bytes = {OFFSET(upload_bytes), 1, 2000000000,
                                           "bytes"};
static const vo_conf_int_t timeout = {OFFSET(timeout), 1, 86400, "seconds"};

#define NUMBER(name, conf, help)                                              \
    AP_INIT_TAKE1(name, vo_conf_set_int, VO_CONF_INT(conf),                   \
                  RSRC_CONF | ACCESS_CONF, help)

static const command_rec commands[] = {
    NUMBER("SODAMaxPixels", max_pixels,
           "Most pixels one cutout may have, all its filters, weights and "
           "masks together: what it takes of memory is a few times as many "
           "times four bytes; default 30000000."),
    NUMBER("SODAProcessPixels", process_pixels,
           "Most pixels that the cutouts being made by one httpd process have "
           "at a time (some 8 bytes each); a request that finds more waits for "
           "up to 10 seconds and is then told to try again; default "
           "100000000."),
    NUMBER("SODAMaxCuts", max_cuts,
           "Most cutouts one request may ask for: images times regions times "
           "bands; default 1000."),
    NUMBER("SODAMaxBulk", max_bulk,
           "Most positions of a job that cuts around a list of them; default "
           "100000."),
    NUMBER("SODAUploadBytes", upload_bytes,
           "Bytes that a list of positions sent with a job may have; default "
           "104857600."),
    NUMBER("SODATimeout", timeout,
           "Seconds after which a look-up of images is stopped; default 30."),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

/* ---- the service ------------------------------------------------------ */

static vo_err_t *put_param(vo_out_t *out, const vo_soda_param_t *p)
{
    VO_TRY(vo_out_printf(out, "   <param std=\"%s\" use=\"%s\">\n    <name>%s"
                         "</name>\n    <description>",
                         p->is_standard ? "true" : "false",
                         p == &vo_soda_params[VO_SODA_ID] ? "required"
                                                          : "optional",
                         p->name));
    VO_TRY(vo_out_xml(out, p->description, strlen(p->description)));
    VO_TRY(vo_out_puts(out, "</description>\n"));
    if (p->unit) {
        VO_TRY(vo_out_printf(out, "    <unit>%s</unit>\n", p->unit));
    }
    VO_TRY(vo_out_printf(out, "    <ucd>%s</ucd>\n", p->ucd));
    return vo_out_printf(out, "    <dataType>%s</dataType>\n   </param>\n",
                         !strcmp(p->datatype, "char")  ? "string"
                         : !strcmp(p->datatype, "int") ? "integer"
                                                       : "real");
}

static vo_err_t *put_capability(vo_out_t *out, const char *id,
                                const char *url, const char *word,
                                const char *security)
{
    int i;

    VO_TRY(vo_out_printf(out, " <capability standardID=\"%s\">\n"
                         "  <interface xsi:type=\"vs:ParamHTTP\""
                         " role=\"std\" version=\"1.0\">\n"
                         "   <accessURL use=\"%s\">", id,
                         !strcmp(word, "sync") ? "base" : "full"));
    VO_TRY(vo_out_xml(out, url, strlen(url)));
    VO_TRY(vo_out_printf(out, "/%s</accessURL>\n", word));
    VO_TRY(vo_vosi_security(out, security));
    VO_TRY(vo_out_puts(out, !strcmp(word, "sync")
                                ? "   <queryType>GET</queryType>\n" : ""));
    VO_TRY(vo_out_puts(out, "   <queryType>POST</queryType>\n"));
    for (i = 0; i < VO_SODA_COUNT; ++i) {
        VO_TRY(put_param(out, &vo_soda_params[i]));
    }
    for (i = 0; !strcmp(word, "async") && i < VO_BULK_COUNT; ++i) {
        VO_TRY(put_param(out, &vo_bulk_params[i]));
    }
    return vo_out_puts(out, "  </interface>\n </capability>\n");
}

static vo_err_t *capabilities(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel, const vo_table_t *table,
                              const char *url)
{
    const char *security = soda_fns.security_method(r, rel);

    (void)table;
    VO_TRY(put_capability(out, SODA_SYNC_ID, url, "sync", security));
    return put_capability(out, SODA_ASYNC_ID, url, "async", security);
}

static int serves(const vo_release_t *rel, const vo_table_t *table)
{
    (void)table;
    return rel->obscore != NULL;
}

static const char *const standard_ids[] = {SODA_SYNC_ID, SODA_ASYNC_ID, NULL};

const vo_service_t soda_service = {
    .name = "soda",
    .segment = "soda",
    .title = "Server-side Operations for Data Access",
    .standard_ids = standard_ids,
    .serves = serves,
    .capabilities = capabilities,
};

/* ---- handler ---------------------------------------------------------- */

vo_err_t *soda_look(void *baton, const vo_sql_req_t *req, vo_sql_done_t *done)
{
    soda_look_t *look = baton;
    vo_sql_req_t mine = *req;

    mine.timeout_ms = look->timeout_ms;
    return soda_fns.query(look->r, &mine, done);
}

static int jobs(request_rec *r, const vo_release_t *rel, const char *rest)
{
    const char *url = soda_fns.service_url(r, &soda_service, rel, NULL);

    soda_fns.params_with_files(r, soda_conf(r).upload_bytes);
    return soda_fns.uws_handle(r, &soda_jobtype, rel,
                               apr_pstrcat(r->pool, url, "/async", NULL),
                               rest);
}

static const vo_resource_t resources[] = {
    {"sync", soda_sync, NULL},
    {"async", NULL, jobs},
    {NULL, NULL, NULL}
};

static const vo_route_t route = {
    &soda_service, "images", resources, soda_fail
};

static int handler(request_rec *r)
{
    if (!r->handler) {
        return DECLINED;
    }
    if (!strcmp(r->handler, "vo-download")) {
        return soda_download(r);
    }
    return strcmp(r->handler, "vo-soda") ? DECLINED
                                         : soda_fns.route(r, &route);
}

/* ---- life ------------------------------------------------------------- */

static int post_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp,
                       server_rec *s)
{
    (void)conf;
    (void)log;
    (void)temp;
    return vo_fns_fetch(&soda_fns, s, "mod_soda");
}

static void register_hooks(apr_pool_t *pool)
{
    ap_register_provider(pool, VO_SERVICE_GROUP, soda_service.name,
                         VO_SERVICE_VERSION, &soda_service);
    ap_register_provider(pool, VO_JOBTYPE_GROUP, soda_jobtype.name,
                         VO_JOBTYPE_VERSION, &soda_jobtype);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(soda_gate_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

VO_DECLARE_MODULE(soda) = {
    STANDARD20_MODULE_STUFF,
    create_dir,
    merge_dir,
    NULL,
    NULL,
    commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
