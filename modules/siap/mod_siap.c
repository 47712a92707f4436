/* mod_siap.c: Simple Image Access 1.0 and 2.0: configuration, paths, life. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_siap_int.h"
#include "mod_vo_conf.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "vo_num.h"

APLOG_USE_MODULE(siap);

#define DEFAULT_MAX_REC 100000
#define DEFAULT_TIMEOUT 60 /* s */

vo_fns_t siap_fns;

/* --- configuration -------------------------------------------------------- */

static void *create_dir(apr_pool_t *pool, char *path)
{
    siap_conf_t *d = apr_palloc(pool, sizeof(*d));

    (void)path;
    d->max_rec = VO_UNSET;
    d->timeout = VO_UNSET;
    return d;
}

static void *merge_dir(apr_pool_t *pool, void *outerv, void *innerv)
{
    siap_conf_t *d = apr_palloc(pool, sizeof(*d));
    const siap_conf_t *outer = outerv, *inner = innerv;

    VO_INHERIT(d, outer, inner, max_rec, VO_UNSET);
    VO_INHERIT(d, outer, inner, timeout, VO_UNSET);
    return d;
}

siap_conf_t siap_conf(request_rec *r)
{
    siap_conf_t d = *(siap_conf_t *)ap_get_module_config(r->per_dir_config,
                                                         &siap_module);

    d.max_rec = vo_conf_or(d.max_rec, DEFAULT_MAX_REC);
    d.timeout = vo_conf_or(d.timeout, DEFAULT_TIMEOUT);
    return d;
}

static const vo_conf_int_t max_rec = {
    APR_OFFSETOF(siap_conf_t, max_rec), 1, 1000000000, "rows"
};
static const vo_conf_int_t timeout = {
    APR_OFFSETOF(siap_conf_t, timeout), 1, 86400, "seconds"
};

static const command_rec commands[] = {
    AP_INIT_TAKE1("SIAPMaxRec", vo_conf_set_int, VO_CONF_INT(max_rec),
                  RSRC_CONF | ACCESS_CONF,
                  "Most rows a search for images returns, whatever MAXREC asks "
                  "for; there being more is told as OVERFLOW; default "
                  "100000."),
    AP_INIT_TAKE1("SIAPTimeout", vo_conf_set_int, VO_CONF_INT(timeout),
                  RSRC_CONF | ACCESS_CONF,
                  "Seconds after which the query of a search for images is "
                  "stopped; default 60."),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

vo_err_t *siap_params(const vo_tablefmt_t **fmt, const char **media_type,
                      apr_int64_t *maxrec, request_rec *r,
                      const vo_dali_params_t *params)
{
    siap_conf_t conf = siap_conf(r);
    const char *format;

    VO_TRY(vo_dali_param_one(&format, params, "RESPONSEFORMAT"));
    VO_TRY(vo_tablefmt_find(fmt, media_type, format, r->pool));
    VO_TRY(vo_dali_param_int(maxrec, params, "MAXREC", 0, APR_INT64_MAX,
                             conf.max_rec));
    if (*maxrec > conf.max_rec) {
        *maxrec = conf.max_rec;
    }
    return NULL;
}

/* --- handler -------------------------------------------------------------- */

int siap_serves(const vo_release_t *rel, const vo_table_t *table)
{
    (void)table;
    return rel->obscore != NULL;
}

static int answer_error(request_rec *r, const vo_err_t *err)
{
    return siap_fns.respond_error(r, NULL, err);
}

static const vo_resource_t v1_resources[] = {
    {"", siap_v1_search, NULL},
    {NULL, NULL, NULL}
};
static const vo_resource_t v2_resources[] = {
    {"query", siap_v2_search, NULL},
    {NULL, NULL, NULL}
};

/* Words of SetHandler, and what they lead to. */
static const struct {
    const char *handler;
    vo_route_t route;
} versions[] = {
    {"vo-siap", {&siap_v1, "images", v1_resources, answer_error}},
    {"vo-siap2", {&siap_v2, "images", v2_resources, answer_error}},
};
#define NVERSIONS (sizeof(versions) / sizeof(versions[0]))

static int handler(request_rec *r)
{
    apr_size_t i;

    for (i = 0; i < NVERSIONS; ++i) {
        if (r->handler && !strcmp(r->handler, versions[i].handler)) {
            return siap_fns.route(r, &versions[i].route);
        }
    }
    return DECLINED;
}

/* --- life ----------------------------------------------------------------- */

static int post_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp,
                       server_rec *s)
{
    (void)conf;
    (void)log;
    (void)temp;
    return vo_fns_fetch(&siap_fns, s, "mod_siap");
}

static void child_init(apr_pool_t *pool, server_rec *s)
{
    if (!siap_options_init(pool)) {
        ap_log_error(APLOG_MARK, APLOG_ALERT, 0, s,
                     VOLOGNO(1701) "cannot make a mutex");
    }
}

static void register_hooks(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < NVERSIONS; ++i) {
        ap_register_provider(pool, VO_SERVICE_GROUP,
                             versions[i].route.service->name,
                             VO_SERVICE_VERSION, versions[i].route.service);
    }
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

VO_DECLARE_MODULE(siap) = {
    STANDARD20_MODULE_STUFF,
    create_dir,
    merge_dir,
    NULL,
    NULL,
    commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
