/* mod_vo.c: hooks of the core module, and what it refuses to start without. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

APLOG_USE_MODULE(vo);

/* In a server's record there is only what lives in the process. */
typedef struct vo_server_conf_t {
    vo_state_t *state; /* made in child_init */
} vo_server_conf_t;

static void *server_conf_create(apr_pool_t *pool, server_rec *s)
{
    (void)s;
    return apr_pcalloc(pool, sizeof(vo_server_conf_t));
}

vo_state_t *vo_state(server_rec *s)
{
    vo_server_conf_t *conf = ap_get_module_config(s->module_config,
                                                  &vo_module);

    return conf->state;
}

vo_request_t *vo_request(request_rec *r)
{
    vo_request_t *req = ap_get_module_config(r->request_config, &vo_module);

    if (!req) {
        req = apr_pcalloc(r->pool, sizeof(*req));
        ap_set_module_config(r->request_config, &vo_module, req);
    }
    return req;
}

/* --- start-up ------------------------------------------------------------ */

/* Does a directive NAME with an argument beginning with PREFIX (without regard
 * to case) occur anywhere below TREE? */
static int configured(const ap_directive_t *tree, const char *name,
                      const char *prefix)
{
    for (; tree; tree = tree->next) {
        if (!strcasecmp(tree->directive, name)) {
            const char *arg = tree->args + strspn(tree->args, " \t\"'");

            if (!strncasecmp(arg, prefix, strlen(prefix))) {
                return 1;
            }
        }
        if (tree->first_child && configured(tree->first_child, name, prefix)) {
            return 1;
        }
    }
    return 0;
}

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    vo_jobs_pre_config();
    return OK;
}

/* MISSING is why httpd cannot start, or NULL. */
static int start_or_say(const char *missing, server_rec *s)
{
    if (missing) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, VOLOGNO(1000) "%s",
                     missing);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

/* httpd's modules that look users up in a database keep a connection to the
 * end of the request, beside the one of the query; if all threads have the
 * first and wait for the second they wait for ever. */
static void warn_of_users_in_database(server_rec *s)
{
    int threads = 1;

    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    if ((configured(ap_conftree, "AuthDBDUserPWQuery", "")
         || configured(ap_conftree, "AuthzDBDQuery", ""))
        && vo_gate_width() <= 2 * threads) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     VOLOGNO(1006) "users are looked up in a database: each of "
                     "the %d threads of a process may need two connections, so "
                     "DBDMax must be more than %d, it is %d", threads,
                     2 * threads, vo_gate_width());
    }
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *s)
{
    const char *missing = vo_dbd_functions();

    (void)plog;
    (void)ptemp;
    /* IVOA note SoftID 1.0: software tells itself in the Server header */
    ap_add_version_component(pconf, "mod_vo/" VO_VERSION);
    if (!missing && configured(ap_conftree, "SetHandler", "vo-")
        && !configured(ap_conftree, "DBDriver", "pgsql")) {
        missing = "mod_vo needs a PostgreSQL database: add 'DBDriver pgsql' "
                  "and a DBDParams line that says how to connect";
    }
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
        warn_of_users_in_database(s);
    }
    if (!missing && vo_gate_width() < 2) {
        missing = "mod_vo keeps one connection for itself: DBDMax must be at "
                  "least 2";
    }
    return start_or_say(missing, s);
}

/* The processes that execute jobs are made when every module is ready, for they
 * call them. */
static int post_config_last(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *s)
{
    (void)plog;
    (void)ptemp;
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
               ? OK : start_or_say(vo_jobs_start(pconf, s), s);
}

/* Are handlers of ours set in S, or for all servers? */
static int is_serving(const ap_directive_t *tree, const server_rec *s)
{
    for (; tree; tree = tree->next) {
        int is_other = !strcasecmp(tree->directive, "<VirtualHost")
                       && (!s->defn_name || strcmp(tree->filename, s->defn_name)
                           || tree->line_num != (int)s->defn_line_number);

        if (!strcasecmp(tree->directive, "SetHandler")
            && !strncasecmp(tree->args + strspn(tree->args, " \t\"'"), "vo-",
                            3)) {
            return 1;
        }
        if (!is_other && tree->first_child
            && is_serving(tree->first_child, s)) {
            return 1;
        }
    }
    return 0;
}

static void child_init(apr_pool_t *pchild, server_rec *main)
{
    server_rec *s;

    vo_gate_init(pchild, main);
    for (s = main; s; s = s->next) {
        vo_server_conf_t *conf = ap_get_module_config(s->module_config,
                                                      &vo_module);

        conf->state = vo_state_create(s, pchild);
        /* beside virtual hosts the main server is hardly ever asked */
        if (conf->state && (s != main || !s->next)
            && is_serving(ap_conftree, s)) {
            vo_state_start(conf->state, pchild);
        }
    }
}

/* --- requests ------------------------------------------------------------ */

/* Our URIs are no files: nothing is looked up in the file system; <Location>
 * alone governs them. */
static int translate_name(request_rec *r)
{
    if (!vo_is_ours(r)) {
        return DECLINED;
    }
    r->filename = apr_pstrcat(r->pool, "vo:", r->uri, NULL);
    return OK;
}

static int map_to_storage(request_rec *r)
{
    return r->filename && !strncmp(r->filename, "vo:", 3) ? OK : DECLINED;
}

static int handler(request_rec *r)
{
    return !strcmp(r->handler, "vo-health") ? vo_health_handler(r) : DECLINED;
}

static void register_hooks(apr_pool_t *pool)
{
    static const char *const dbd[] = {"mod_dbd.c", NULL};

    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_post_config(post_config_last, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_child_init(child_init, dbd, NULL, APR_HOOK_MIDDLE);
    ap_hook_translate_name(translate_name, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_header_parser(vo_cors_header_parser, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
    vo_access_hooks(pool);
    APR_REGISTER_OPTIONAL_FN(vo_snapshot_get);
    APR_REGISTER_OPTIONAL_FN(vo_release_visible);
    APR_REGISTER_OPTIONAL_FN(vo_release_for);
    APR_REGISTER_OPTIONAL_FN(vo_security_method);
    APR_REGISTER_OPTIONAL_FN(vo_offer_login);
    APR_REGISTER_OPTIONAL_FN(vo_db_open);
    APR_REGISTER_OPTIONAL_FN(vo_db_close);
    APR_REGISTER_OPTIONAL_FN(vo_query);
    APR_REGISTER_OPTIONAL_FN(vo_database_answers);
    APR_REGISTER_OPTIONAL_FN(vo_params);
    APR_REGISTER_OPTIONAL_FN(vo_params_with_files);
    APR_REGISTER_OPTIONAL_FN(vo_path_below);
    APR_REGISTER_OPTIONAL_FN(vo_base_url);
    APR_REGISTER_OPTIONAL_FN(vo_stream);
    APR_REGISTER_OPTIONAL_FN(vo_route);
    APR_REGISTER_OPTIONAL_FN(vo_respond_old_error);
    APR_REGISTER_OPTIONAL_FN(vo_service_url);
    APR_REGISTER_OPTIONAL_FN(vo_service_url_at);
    APR_REGISTER_OPTIONAL_FN(vo_answer_describe);
    APR_REGISTER_OPTIONAL_FN(vo_response_begin);
    APR_REGISTER_OPTIONAL_FN(vo_name_table);
    APR_REGISTER_OPTIONAL_FN(vo_response_end);
    APR_REGISTER_OPTIONAL_FN(vo_response_abort);
    APR_REGISTER_OPTIONAL_FN(vo_respond_error);
    APR_REGISTER_OPTIONAL_FN(vo_log_error);
    APR_REGISTER_OPTIONAL_FN(vo_uws_handle);
    APR_REGISTER_OPTIONAL_FN(vo_job_result);
    APR_REGISTER_OPTIONAL_FN(vo_jobs_told);
}

VO_DECLARE_MODULE(vo) = {
    STANDARD20_MODULE_STUFF,
    vo_dir_conf_create,
    vo_dir_conf_merge,
    server_conf_create,
    NULL, /* a virtual host has its own snapshot */
    vo_cmds,
    register_hooks,
    AP_MODULE_FLAG_NONE,
};
