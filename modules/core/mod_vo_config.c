/* mod_vo_config.c: the directives VO*, and their values for a request. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <ap_expr.h>
#include <http_core.h>

#define DEFAULT_ROOT "/vo"
#define DEFAULT_MAX_PARAMS (2 * 1024 * 1024)
#define MIN_MAX_PARAMS 1024
#define DEFAULT_POOL_WAIT 10 /* s */
#define MAX_POOL_WAIT 3600

void *vo_dir_conf_create(apr_pool_t *pool, char *dir)
{
    vo_dir_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)dir;
    conf->is_forwarded_trusted = VO_UNSET;
    conf->max_params = VO_UNSET;
    conf->pool_wait = VO_UNSET;
    vo_jobs_conf_init(&conf->jobs);
    return conf;
}

void *vo_dir_conf_merge(apr_pool_t *pool, void *outer, void *inner)
{
    vo_dir_conf_t *to = apr_palloc(pool, sizeof(*to));
    const vo_dir_conf_t *base = outer, *add = inner;

    VO_INHERIT(to, base, add, root, NULL);
    VO_INHERIT(to, base, add, base_url, NULL);
    VO_INHERIT(to, base, add, is_forwarded_trusted, VO_UNSET);
    VO_INHERIT(to, base, add, origins, NULL);
    VO_INHERIT(to, base, add, max_params, VO_UNSET);
    VO_INHERIT(to, base, add, pool_wait, VO_UNSET);
    VO_INHERIT(to, base, add, login, NULL);
    vo_jobs_conf_merge(&to->jobs, &base->jobs, &add->jobs);
    return to;
}

/* --- directives ---------------------------------------------------------- */

static const char *set_root(cmd_parms *cmd, void *dir, const char *value)
{
    vo_dir_conf_t *conf = dir;
    apr_size_t len = strlen(value);

    if (*value != '/' || strpbrk(value, "?#%\"<> ") || strstr(value, "//")) {
        return apr_psprintf(cmd->pool,
                            "VORoot '%s' must be a URL path such as /vo",
                            value);
    }
    while (len > 0 && value[len - 1] == '/') {
        --len;
    }
    conf->root = apr_pstrndup(cmd->pool, value, len);
    return NULL;
}

static const char *set_base_url(cmd_parms *cmd, void *dir, const char *value)
{
    vo_dir_conf_t *conf = dir;
    apr_size_t len = strlen(value);

    if (!strcasecmp(value, "none")) {
        conf->base_url = "";
        return NULL;
    }
    if ((strncasecmp(value, "http://", 7) && strncasecmp(value, "https://", 8))
        || strpbrk(value, "?#\"<> ")) {
        return apr_psprintf(cmd->pool,
                            "VOBaseURL '%s' must be 'none' or an absolute "
                            "http or https URL without query",
                            value);
    }
    while (value[len - 1] == '/') {
        --len;
    }
    conf->base_url = apr_pstrndup(cmd->pool, value, len);
    return NULL;
}

static const char *set_trust_forwarded(cmd_parms *cmd, void *dir, int flag)
{
    (void)cmd;
    ((vo_dir_conf_t *)dir)->is_forwarded_trusted = flag;
    return NULL;
}

static int is_origin(const char *text)
{
    const char *host = strstr(text, "://");

    return host && host > text && host[3] && !strpbrk(host + 3, "/?#*\"<> ");
}

static const char *set_origins(cmd_parms *cmd, void *dir, int argc,
                               char *const argv[])
{
    vo_dir_conf_t *conf = dir;
    apr_array_header_t *origins = apr_array_make(cmd->pool, argc,
                                                 sizeof(const char *));
    int i;

    if (!argc) {
        return "VOCorsOrigins needs '*', 'none' or a list of origins";
    }
    for (i = 0; i < argc; ++i) {
        int is_word = !strcmp(argv[i], "*") || !strcasecmp(argv[i], "none");

        if (is_word ? argc > 1 : !is_origin(argv[i])) {
            return apr_psprintf(cmd->pool,
                                "VOCorsOrigins '%s': allowed are '*' or 'none' "
                                "alone, or origins such as "
                                "https://portal.example",
                                argv[i]);
        }
        if (strcasecmp(argv[i], "none")) {
            APR_ARRAY_PUSH(origins, const char *) = argv[i];
        }
    }
    conf->origins = origins;
    return NULL;
}

static const char *set_max_params(cmd_parms *cmd, void *dir, const char *value)
{
    vo_dir_conf_t *conf = dir;
    char *end;
    apr_int64_t n = apr_strtoi64(value, &end, 10);

    if (*end || end == value || n < MIN_MAX_PARAMS || n > APR_INT32_MAX) {
        return apr_psprintf(cmd->pool,
                            "VOMaxParams '%s' must be a number of bytes, from "
                            "%d to %d",
                            value, MIN_MAX_PARAMS, APR_INT32_MAX);
    }
    conf->max_params = (int)n;
    return NULL;
}

static const char *set_pool_wait(cmd_parms *cmd, void *dir, const char *value)
{
    vo_dir_conf_t *conf = dir;
    char *end;
    apr_int64_t n = apr_strtoi64(value, &end, 10);

    if (*end || end == value || n < 0 || n > MAX_POOL_WAIT) {
        return apr_psprintf(cmd->pool,
                            "VOPoolWait '%s' must be a number of seconds, from "
                            "0 to %d", value, MAX_POOL_WAIT);
    }
    conf->pool_wait = (int)n;
    return NULL;
}

static const char *set_login(cmd_parms *cmd, void *dir, const char *value)
{
    vo_dir_conf_t *conf = dir;
    int is_none = !strcasecmp(value, "none");

    if (!is_none && ((*value != '/' && strncasecmp(value, "http://", 7)
                      && strncasecmp(value, "https://", 8))
                     || strpbrk(value, "\"<>\\ "))) {
        return apr_psprintf(cmd->pool,
                            "VOLogin '%s' must be 'none', an absolute http or "
                            "https URL, or a path of this server", value);
    }
    conf->login = is_none ? "" : value;
    return NULL;
}

#define ANYWHERE (RSRC_CONF | ACCESS_CONF)

const command_rec vo_cmds[] = {
    AP_INIT_TAKE1("VORoot", set_root, NULL, ANYWHERE,
                  "URL path below which the services are, as in <Location>: "
                  "VORoot/tap, VORoot/cone and so on. Default: /vo."),
    AP_INIT_TAKE1("VOBaseURL", set_base_url, NULL, ANYWHERE,
                  "Address of VORoot as clients see it, for instance "
                  "https://archive.example/vo behind a proxy, or none to take "
                  "it from each request. Default: none."),
    AP_INIT_FLAG("VOTrustForwarded", set_trust_forwarded, NULL, ANYWHERE,
                 "On: X-Forwarded-Proto, -Host and -Port of the request tell "
                 "the address clients see; only for servers that are reached "
                 "through a proxy alone. Default: Off."),
    AP_INIT_TAKE_ARGV("VOCorsOrigins", set_origins, NULL, ANYWHERE,
                      "Origins whose web pages may read the answers: * for "
                      "all (without credentials), none, or a list of origins "
                      "(with credentials). Default: *."),
    AP_INIT_TAKE1("VOMaxParams", set_max_params, NULL, ANYWHERE,
                  "Bytes that the parameters of a request, posted body "
                  "included, may have. Default: 2097152."),
    AP_INIT_TAKE1("VOPoolWait", set_pool_wait, NULL, ANYWHERE,
                  "Seconds a request waits for a database connection while all "
                  "of its process (DBDMax) are in use, before it is answered "
                  "503 with Retry-After; that comes at once when seven of "
                  "eight threads (ThreadsPerChild) have or await one and the "
                  "queries are slow. Default: 10."),
    AP_INIT_TAKE1("VOLogin", set_login, NULL, ANYWHERE,
                  "Where a client that posts username and password gets a "
                  "cookie (mod_auth_form's form-login-handler), as URL or as "
                  "path of this server: told where one may sign in, or none. "
                  "Default: none."),
    VO_JOBS_CMDS(ANYWHERE),
    {NULL}};

/* --- values -------------------------------------------------------------- */

static const vo_dir_conf_t *conf_of(request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &vo_module);
}

const char *vo_conf_root(request_rec *r)
{
    const char *root = conf_of(r)->root;

    return root ? root : DEFAULT_ROOT;
}

const char *vo_conf_base_url(request_rec *r)
{
    const char *url = conf_of(r)->base_url;

    return url && *url ? url : NULL;
}

int vo_conf_trusts_forwarded(request_rec *r)
{
    return conf_of(r)->is_forwarded_trusted == 1;
}

int vo_conf_allows_origin(request_rec *r, const char *origin, int *is_any)
{
    const apr_array_header_t *origins = conf_of(r)->origins;
    int i;

    *is_any = !origins
              || (origins->nelts == 1
                  && !strcmp(APR_ARRAY_IDX(origins, 0, const char *), "*"));
    if (*is_any) {
        return 1;
    }
    for (i = 0; i < origins->nelts; ++i) {
        if (!strcasecmp(APR_ARRAY_IDX(origins, i, const char *), origin)) {
            return 1;
        }
    }
    return 0;
}

int vo_conf_max_params(request_rec *r)
{
    int n = conf_of(r)->max_params;

    return n == VO_UNSET ? DEFAULT_MAX_PARAMS : n;
}

int vo_conf_pool_wait(request_rec *r)
{
    int n = conf_of(r)->pool_wait;

    return n == VO_UNSET ? DEFAULT_POOL_WAIT : n;
}

const char *vo_conf_login(request_rec *r)
{
    const char *login = conf_of(r)->login, *base = vo_base_url(r);
    apr_size_t host;

    if (!login || !*login) {
        return NULL;
    }
    host = (apr_size_t)(strstr(base, "://") + 3 - base);
    host += strcspn(base + host, "/");
    return *login == '/' ? apr_pstrcat(r->pool,
                                       apr_pstrmemdup(r->pool, base, host),
                                       login, NULL)
                         : login;
}

int vo_is_ours(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    const char *handler = core->handler, *why = NULL;

    if (core->expr_handler) {
        handler = ap_expr_str_exec(r, core->expr_handler, &why);
    }
    return !why && handler && !strncmp(handler, "vo-", 3);
}
