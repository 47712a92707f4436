/* mod_vosi.c: VOSI 1.1, the documents by which services describe themselves. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <ap_provider.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <scoreboard.h>

#include "mod_vo_conf.h"
#include "mod_vo_fns.h"
#include "xml/vo_vosi.h"

APLOG_USE_MODULE(vosi);

#define VOSI_MEDIA_TYPE "text/xml"
#define DEFAULT_PROBE_INTERVAL 3 /* s */
#define DEFAULT_PROBE_TIMEOUT 2  /* s */

/* ---- what mod_vo offers ----------------------------------------------- */

static vo_fns_t fns;

/* ---- configuration ---------------------------------------------------- */

typedef struct vosi_dir_t {
    int probe_interval; /* s an answer of the database is believed */
    int probe_timeout;  /* s it may take */
} vosi_dir_t;

/* What the last probe of a server's database said, per child. */
typedef struct vosi_server_t {
    apr_thread_mutex_t *lock; /* NULL before child_init */
    apr_time_t probed;        /* 0 = never */
    apr_time_t up_since;      /* when it was seen to be back, 0 = always was */
    int is_up;
    const char *note;         /* constant text, or NULL */
} vosi_server_t;

static void *create_dir(apr_pool_t *pool, char *path)
{
    vosi_dir_t *d = apr_palloc(pool, sizeof(*d));

    (void)path;
    d->probe_interval = VO_UNSET;
    d->probe_timeout = VO_UNSET;
    return d;
}

static void *merge_dir(apr_pool_t *pool, void *outerv, void *innerv)
{
    vosi_dir_t *d = apr_palloc(pool, sizeof(*d));
    const vosi_dir_t *outer = outerv, *inner = innerv;

    VO_INHERIT(d, outer, inner, probe_interval, VO_UNSET);
    VO_INHERIT(d, outer, inner, probe_timeout, VO_UNSET);
    return d;
}

static void *create_server(apr_pool_t *pool, server_rec *s)
{
    (void)s;
    return apr_pcalloc(pool, sizeof(vosi_server_t));
}

static const vo_conf_int_t probe_interval = {
    APR_OFFSETOF(vosi_dir_t, probe_interval), 0, 3600, "seconds"
};
static const vo_conf_int_t probe_timeout = {
    APR_OFFSETOF(vosi_dir_t, probe_timeout), 1, 3600, "seconds"
};

static const command_rec commands[] = {
    AP_INIT_TAKE1("VOProbeInterval", vo_conf_set_int,
                  VO_CONF_INT(probe_interval),
                  RSRC_CONF | ACCESS_CONF,
                  "Seconds for which /availability believes the last answer of "
                  "the database before it asks again; default 3."),
    AP_INIT_TAKE1("VOProbeTimeout", vo_conf_set_int,
                  VO_CONF_INT(probe_timeout),
                  RSRC_CONF | ACCESS_CONF,
                  "Seconds within which the database has to answer when "
                  "/availability asks it; default 2."),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

/* ---- availability ----------------------------------------------------- */

/* Fill AVAIL from the last probe, or from a new one when that is too old. The
 * lock is not held while asking: a slow database delays only who asks. */
static void probe(request_rec *r, const vo_service_t *svc,
                  vo_vosi_avail_t *avail)
{
    vosi_server_t *s = ap_get_module_config(r->server->module_config,
                                            &vosi_module);
    const vosi_dir_t *d = ap_get_module_config(r->per_dir_config,
                                               &vosi_module);
    int interval = d->probe_interval == VO_UNSET ? DEFAULT_PROBE_INTERVAL
                                                 : d->probe_interval;
    int timeout = d->probe_timeout == VO_UNSET ? DEFAULT_PROBE_TIMEOUT
                                               : d->probe_timeout;
    vo_err_t *err;
    int is_fresh;

    apr_thread_mutex_lock(s->lock);
    is_fresh = s->probed
               && r->request_time < s->probed + apr_time_from_sec(interval);
    apr_thread_mutex_unlock(s->lock);
    if (!is_fresh) {
        apr_time_t now;

        err = fns.database_answers(r, timeout);
        if (err) {
            fns.log_error(r, err);
        }
        now = apr_time_now();
        apr_thread_mutex_lock(s->lock);
        if (!err && s->probed && !s->is_up) {
            s->up_since = now;
        }
        s->is_up = !err;
        s->probed = now;
        apr_thread_mutex_unlock(s->lock);
    }
    apr_thread_mutex_lock(s->lock);
    avail->is_available = s->is_up;
    avail->up_since = s->up_since;
    apr_thread_mutex_unlock(s->lock);
    if (!avail->is_available) {
        avail->up_since = 0;
        avail->note = "The database cannot be reached.";
        return;
    }
    if (!avail->up_since && ap_exists_scoreboard_image()) {
        avail->up_since = ap_get_scoreboard_global()->restart_time;
    }
    if (svc && svc->probe && (err = svc->probe(r))) {
        fns.log_error(r, err);
        avail->is_available = 0;
        avail->note = err->text;
    }
}

static int answer_availability(request_rec *r, const vo_service_t *svc)
{
    vo_vosi_avail_t avail;
    vo_out_t *out;
    vo_err_t *err;

    memset(&avail, 0, sizeof(avail));
    probe(r, svc, &avail);
    apr_table_setn(r->headers_out, "Cache-Control", "no-cache, private");
    out = fns.response_begin(r, VOSI_MEDIA_TYPE);
    err = vo_vosi_availability(out, &avail);
    return err ? fns.respond_error(r, NULL, err) : fns.response_end(r, out);
}

/* ---- capabilities ----------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const vo_service_t *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* Every loaded service, by name. */
static apr_array_header_t *services(apr_pool_t *pool)
{
    apr_array_header_t *names = ap_list_provider_names(
        pool, VO_SERVICE_GROUP, VO_SERVICE_VERSION);
    apr_array_header_t *found = apr_array_make(pool, names->nelts,
                                               sizeof(vo_service_t *));
    int i;

    for (i = 0; i < names->nelts; ++i) {
        APR_ARRAY_PUSH(found, const vo_service_t *) = ap_lookup_provider(
            VO_SERVICE_GROUP,
            APR_ARRAY_IDX(names, i, ap_list_provider_names_t).provider_name,
            VO_SERVICE_VERSION);
    }
    qsort(found->elts, (size_t)found->nelts, sizeof(vo_service_t *), by_name);
    return found;
}

/* The capabilities SVC itself has for REL: one set, or one per table. */
static vo_err_t *put_service(vo_out_t *out, request_rec *r,
                             const vo_service_t *svc, const vo_release_t *rel)
{
    int i;

    if (!svc->is_per_table) {
        if (svc->serves && !svc->serves(rel, NULL)) {
            return NULL;
        }
        return svc->capabilities(out, r, rel, NULL,
                                 fns.service_url(r, svc, rel, NULL));
    }
    for (i = 0; i < rel->ntables; ++i) {
        if (svc->serves(rel, rel->tables[i])) {
            VO_TRY(svc->capabilities(
                out, r, rel, rel->tables[i],
                fns.service_url(r, svc, rel, rel->tables[i])));
        }
    }
    return NULL;
}

static vo_err_t *put_capabilities(vo_out_t *out, request_rec *r,
                                  const vo_service_t *svc,
                                  const vo_release_t *rel,
                                  const vo_table_t *table)
{
    const char *security = fns.security_method(r, rel);

    VO_TRY(vo_vosi_caps_begin(out));
    if (svc) {
        const char *url = fns.service_url(r, svc, rel, table);

        VO_TRY(svc->capabilities(out, r, rel, table, url));
        VO_TRY(vo_vosi_cap_self(out, url, svc->has_tables, security));
        if (svc->has_examples) {
            VO_TRY(vo_vosi_cap_examples(
                out, apr_pstrcat(r->pool, url, "/examples", NULL), security));
        }
    }
    else {
        apr_array_header_t *all = services(r->pool);
        int i;

        for (i = 0; i < all->nelts; ++i) {
            VO_TRY(put_service(out, r,
                               APR_ARRAY_IDX(all, i, const vo_service_t *),
                               rel));
        }
        VO_TRY(vo_vosi_cap_self(
            out, apr_pstrcat(r->pool, fns.base_url(r), "/",
                             ap_escape_uri(r->pool, rel->id), NULL), 1,
            security));
    }
    return vo_vosi_caps_end(out);
}

static int answer_capabilities(request_rec *r, const vo_service_t *svc,
                               const vo_release_t *rel,
                               const vo_table_t *table)
{
    vo_out_t *out = fns.response_begin(r, VOSI_MEDIA_TYPE);
    vo_err_t *err = put_capabilities(out, r, svc, rel, table);

    fns.offer_login(r);
    return err ? fns.respond_error(r, NULL, err) : fns.response_end(r, out);
}

/* ---- tables ----------------------------------------------------------- */

/* NAME is what follows "tables/", or NULL. */
static vo_err_t *put_tables(vo_out_t **out, request_rec *r,
                            const vo_release_t *rel, const vo_table_t *only,
                            const char *name)
{
    const vo_dali_params_t *params;
    const char *detail;
    vo_vosi_detail_e level = VO_VOSI_MAX;

    if (name) {
        const vo_table_t *table = vo_vosi_find_table(rel, name);

        if (!table || (only && table != only)) {
            return vo_err_make(r->pool, VO_ERR_NOTFOUND,
                               "There is no table \"%s\" here; names are"
                               " written as in the list of tables", name);
        }
        *out = fns.response_begin(r, VOSI_MEDIA_TYPE);
        return vo_vosi_table(*out, rel, table);
    }
    VO_TRY(fns.params(&params, r));
    VO_TRY(vo_dali_param_one(&detail, params, "detail"));
    if (detail && !strcasecmp(detail, "min")) {
        level = VO_VOSI_MIN;
    }
    else if (detail && *detail && strcasecmp(detail, "max")) {
        return vo_err_make(r->pool, VO_ERR_USAGE, "detail is \"%s\"; it can be"
                           " min or max", detail);
    }
    /* TapPlus sends neither parameter nor header by which to know it, and is
     * the one client here that sends no User-Agent. */
    if (level == VO_VOSI_MAX
        && !apr_table_get(r->headers_in, "User-Agent")) {
        level = VO_VOSI_TAPPLUS;
    }
    *out = fns.response_begin(r, VOSI_MEDIA_TYPE);
    apr_table_mergen(r->headers_out, "Vary", "User-Agent");
    return vo_vosi_tableset(*out, rel, only, level);
}

static int answer_tables(request_rec *r, const vo_release_t *rel,
                         const vo_table_t *table, const char *name)
{
    vo_out_t *out = NULL;
    vo_err_t *err = put_tables(&out, r, rel, table, name);

    return err ? fns.respond_error(r, NULL, err) : fns.response_end(r, out);
}

/* ---- handlers --------------------------------------------------------- */

/* What VOSI resources are called below a service; DECLINED for others. REL is
 * NULL when there is no snapshot: only availability has an answer then. */
static int vosi_handle(request_rec *r, const vo_service_t *svc,
                       const vo_release_t *rel, const vo_table_t *table,
                       const char *what)
{
    int is_caps = !strcmp(what, "capabilities");
    int is_avail = !strcmp(what, "availability");
    int is_tables = !strcmp(what, "tables");
    int is_table = !strncmp(what, "tables/", 7) && what[7];

    if (!is_caps && !is_avail
        && ((!is_tables && !is_table) || (svc && !svc->has_tables))) {
        return DECLINED;
    }
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS) {
        apr_table_setn(r->headers_out, "Allow", "GET, HEAD, OPTIONS");
        return OK;
    }
    if (r->method_number != M_GET) {
        return HTTP_METHOD_NOT_ALLOWED;
    }
    if (is_avail) {
        return answer_availability(r, svc);
    }
    if (!rel) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    return is_caps ? answer_capabilities(r, svc, rel, table)
                   : answer_tables(r, rel, table, is_table ? what + 7 : NULL);
}

/* The release and what is asked of it in ROOT/RELEASE/WHAT: ROOT is known to
 * mod_vo alone, so each segment is tried as the one that follows it. */
static int split_path(request_rec *r, const char **id, const char **what)
{
    const char *p;

    for (p = strchr(r->uri, '/'); p && p[1]; p = strchr(p + 1, '/')) {
        const char *rest;

        *id = apr_pstrmemdup(r->pool, p + 1, strcspn(p + 1, "/"));
        rest = fns.path_below(r, *id);
        if (rest && *rest == '/') {
            *what = rest + 1;
            return 1;
        }
    }
    return 0;
}

static int handler(request_rec *r)
{
    const char *id, *what;
    const vo_release_t *rel = NULL;
    vo_err_t *err;
    int status;

    if (!r->handler || strcmp(r->handler, "vo-vosi")) {
        return DECLINED;
    }
    if (!split_path(r, &id, &what)) {
        return HTTP_NOT_FOUND;
    }
    err = fns.release_for(&rel, r, id);
    if (err && !(err->kind == VO_ERR_BUSY && !strcmp(what, "availability"))) {
        return fns.respond_error(r, NULL, err);
    }
    status = vosi_handle(r, NULL, rel, NULL, what);
    return status == DECLINED && r->method_number != M_OPTIONS
               ? HTTP_NOT_FOUND
               : status;
}

/* ---- life ------------------------------------------------------------- */

static int post_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp,
                       server_rec *s)
{
    (void)conf;
    (void)log;
    (void)temp;
    return vo_fns_fetch(&fns, s, "mod_vosi");
}

static void child_init(apr_pool_t *pool, server_rec *s)
{
    for (; s; s = s->next) {
        vosi_server_t *v = ap_get_module_config(s->module_config,
                                                &vosi_module);

        if (!v->lock /* a virtual host may share it */
            && apr_thread_mutex_create(&v->lock, APR_THREAD_MUTEX_DEFAULT,
                                       pool) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_ALERT, 0, s,
                         VOLOGNO(1501) "cannot make a mutex");
        }
    }
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    APR_REGISTER_OPTIONAL_FN(vosi_handle);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

VO_DECLARE_MODULE(vosi) = {
    STANDARD20_MODULE_STUFF,
    create_dir,
    merge_dir,
    create_server,
    NULL,
    commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
