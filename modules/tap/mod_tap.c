/* mod_tap.c: TAP 1.1, configuration and dispatch. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_int.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "vo_resolve.h"

APLOG_USE_MODULE(tap);

#define DEFAULT_MAXREC 100000
#define DEFAULT_MAXREC_HARD 10000000
#define DEFAULT_TIMEOUT 60 /* s */
#define DEFAULT_UPLOAD_BYTES (100 * 1024 * 1024)
#define DEFAULT_UPLOAD_ROWS 1000000
#define MAX_UPLOAD_BYTES (APR_INT64_C(1) << 40)
#define MAX_TIMEOUT 604800 /* s: a week, fits an int in ms */

/* Written while httpd configures itself, before there are threads. */
vo_fns_t tap_fns;

/* --- configuration ------------------------------------------------------- */

typedef struct tap_dir_conf_t { /* VO_UNSET: not set here */
    apr_int64_t maxrec_default, maxrec_hard;
    apr_int64_t upload_bytes, upload_rows;
    const apr_array_header_t *upload_hosts; /* const char *; NULL: not set */
    const char *resolver;                   /* "": none; NULL: not set */
    int timeout_s;
    int is_binary2;
} tap_dir_conf_t;

static void *dir_conf_create(apr_pool_t *pool, char *dir)
{
    tap_dir_conf_t *conf = apr_palloc(pool, sizeof(*conf));

    (void)dir;
    conf->maxrec_default = VO_UNSET;
    conf->maxrec_hard = VO_UNSET;
    conf->upload_bytes = VO_UNSET;
    conf->upload_rows = VO_UNSET;
    conf->upload_hosts = NULL;
    conf->resolver = NULL;
    conf->timeout_s = VO_UNSET;
    conf->is_binary2 = VO_UNSET;
    return conf;
}

static void *dir_conf_merge(apr_pool_t *pool, void *outer, void *inner)
{
    tap_dir_conf_t *to = apr_palloc(pool, sizeof(*to));
    const tap_dir_conf_t *base = outer, *add = inner;

    VO_INHERIT(to, base, add, maxrec_default, VO_UNSET);
    VO_INHERIT(to, base, add, maxrec_hard, VO_UNSET);
    VO_INHERIT(to, base, add, upload_bytes, VO_UNSET);
    VO_INHERIT(to, base, add, upload_rows, VO_UNSET);
    VO_INHERIT(to, base, add, upload_hosts, NULL);
    VO_INHERIT(to, base, add, resolver, NULL);
    VO_INHERIT(to, base, add, timeout_s, VO_UNSET);
    VO_INHERIT(to, base, add, is_binary2, VO_UNSET);
    return to;
}

tap_conf_t tap_conf(request_rec *r)
{
    const tap_dir_conf_t *dir = ap_get_module_config(r->per_dir_config,
                                                     &tap_module);
    tap_conf_t conf;

    conf.maxrec_hard = dir->maxrec_hard == VO_UNSET ? DEFAULT_MAXREC_HARD
                                                    : dir->maxrec_hard;
    conf.maxrec_default = dir->maxrec_default == VO_UNSET
                              ? DEFAULT_MAXREC
                              : dir->maxrec_default;
    conf.timeout_s = dir->timeout_s == VO_UNSET ? DEFAULT_TIMEOUT
                                                : dir->timeout_s;
    conf.is_binary2 = dir->is_binary2 == 1;
    conf.upload_bytes = dir->upload_bytes == VO_UNSET ? DEFAULT_UPLOAD_BYTES
                                                      : dir->upload_bytes;
    conf.upload_rows = dir->upload_rows == VO_UNSET ? DEFAULT_UPLOAD_ROWS
                                                    : dir->upload_rows;
    conf.upload_hosts = dir->upload_hosts && dir->upload_hosts->nelts
                            ? dir->upload_hosts : NULL;
    conf.resolver = dir->resolver && *dir->resolver ? dir->resolver : NULL;
    return conf;
}

static int parse_count(const char *text, apr_int64_t max, apr_int64_t *n)
{
    char *end;

    *n = apr_strtoi64(text, &end, 10);
    return end != text && !*end && *n > 0 && *n <= max;
}

static const char *set_maxrec(cmd_parms *cmd, void *dir, const char *deflt,
                              const char *hard)
{
    tap_dir_conf_t *conf = dir;
    apr_int64_t d, h;

    if (!parse_count(deflt, APR_INT32_MAX, &d)
        || !parse_count(hard ? hard : deflt, APR_INT32_MAX, &h) || d > h) {
        return apr_psprintf(cmd->pool,
                            "TAPMaxRec '%s %s' must be one or two numbers of "
                            "rows, from 1 to %d, the first not above the "
                            "second",
                            deflt, hard ? hard : "", APR_INT32_MAX);
    }
    conf->maxrec_default = d;
    conf->maxrec_hard = h;
    return NULL;
}

static const char *set_timeout(cmd_parms *cmd, void *dir, const char *value)
{
    apr_int64_t n;

    if (!parse_count(value, MAX_TIMEOUT, &n)) {
        return apr_psprintf(cmd->pool,
                            "TAPTimeout '%s' must be a number of seconds, from "
                            "1 to %d",
                            value, MAX_TIMEOUT);
    }
    ((tap_dir_conf_t *)dir)->timeout_s = (int)n;
    return NULL;
}

static const char *set_upload_limit(cmd_parms *cmd, void *dir,
                                    const char *bytes, const char *rows)
{
    tap_dir_conf_t *conf = dir;
    apr_int64_t b = 0, n = DEFAULT_UPLOAD_ROWS;
    int is_none = !strcasecmp(bytes, "none");

    if ((is_none && rows)
        || (!is_none && !parse_count(bytes, MAX_UPLOAD_BYTES, &b))
        || (rows && !parse_count(rows, APR_INT32_MAX, &n))) {
        return apr_psprintf(cmd->pool,
                            "TAPUploadLimit '%s%s%s' must be 'none', or a "
                            "number of bytes and perhaps one of rows, each "
                            "from 1", bytes, rows ? " " : "",
                            rows ? rows : "");
    }
    conf->upload_bytes = b;
    conf->upload_rows = n;
    return NULL;
}

static int is_host(const char *text)
{
    const char *p = !strncmp(text, "*.", 2) ? text + 2 : text;

    return *p
           && strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789.-:") == strlen(p);
}

static const char *set_upload_from(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[])
{
    apr_array_header_t *hosts = apr_array_make(cmd->pool, argc + 1,
                                               sizeof(const char *));
    int i;

    for (i = 0; i < argc; ++i) {
        int is_none = !strcasecmp(argv[i], "none");

        if (is_none ? argc > 1 : !is_host(argv[i])) {
            return apr_psprintf(cmd->pool,
                                "TAPUploadFrom '%s' must be 'none' alone, or "
                                "host names, addresses, or *.domain", argv[i]);
        }
        if (!is_none) {
            APR_ARRAY_PUSH(hosts, const char *) = argv[i];
        }
    }
    if (!argc) {
        return "TAPUploadFrom needs 'none' or a list of hosts";
    }
    ((tap_dir_conf_t *)dir)->upload_hosts = hosts;
    return NULL;
}

static const char *set_resolver(cmd_parms *cmd, void *dir, const char *value)
{
    int is_none = !strcasecmp(value, "none");
    const char *wrong = is_none ? NULL : vo_resolve_check(value, cmd->pool);

    if (wrong) {
        return apr_psprintf(cmd->pool, "TAPNameResolver '%s' must be 'none' "
                            "or the address of a name service: %s", value,
                            wrong);
    }
    ((tap_dir_conf_t *)dir)->resolver = is_none ? "" : value;
    return NULL;
}

static const char *set_votable(cmd_parms *cmd, void *dir, const char *value)
{
    int is_binary2 = !strcasecmp(value, "BINARY2");

    if (!is_binary2 && strcasecmp(value, "TABLEDATA")) {
        return apr_psprintf(cmd->pool,
                            "TAPVOTable '%s' must be TABLEDATA or BINARY2",
                            value);
    }
    ((tap_dir_conf_t *)dir)->is_binary2 = is_binary2;
    return NULL;
}

#define ANYWHERE (RSRC_CONF | ACCESS_CONF)

static const command_rec cmds[] = {
    AP_INIT_TAKE12("TAPMaxRec", set_maxrec, NULL, ANYWHERE,
                   "Rows a query gives when the client sends no MAXREC, and "
                   "the most it can ask for (one number: both). Default: "
                   "100000 10000000."),
    AP_INIT_TAKE1("TAPTimeout", set_timeout, NULL, ANYWHERE,
                  "Seconds after which a synchronous query is stopped; a "
                  "client that has not read its rows in twice the time is cut "
                  "off (asynchronous jobs may be read at any speed). Default: "
                  "60."),
    AP_INIT_TAKE12("TAPUploadLimit", set_upload_limit, NULL, ANYWHERE,
                   "Bytes that the tables uploaded by a request may have in "
                   "all, and rows each may have; none: no uploads are taken. "
                   "Default: 104857600 1000000."),
    AP_INIT_TAKE_ARGV("TAPUploadFrom", set_upload_from, NULL, ANYWHERE,
                      "Hosts from which tables to be uploaded may be fetched "
                      "by http and https, when a request gives their "
                      "addresses: names, *.domain, or numerical addresses, "
                      "which alone may be of private networks; or none. "
                      "Results of the service's own jobs may be named in any "
                      "case. Default: none."),
    AP_INIT_TAKE1("TAPNameResolver", set_resolver, NULL, ANYWHERE,
                  "Address of the name service that ivo_simbadpoint('name') "
                  "asks, as CDS's Sesame at https://cds.unistra.fr/cgi-bin/"
                  "nph-sesame/-oI/SNV?%s, with %s for the name; or none: the "
                  "function is not offered. Default: none."),
    AP_INIT_TAKE1("TAPVOTable", set_votable, NULL, ANYWHERE,
                  "Serialisation of VOTables when the client does not say: "
                  "TABLEDATA or BINARY2. Default: TABLEDATA."),
    {NULL}};

/* --- the service --------------------------------------------------------- */

static vo_err_t *capabilities(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel, const vo_table_t *table,
                              const char *url)
{
    tap_conf_t conf = tap_conf(r);
    vo_tap_limits_t limits = {0};
    vo_jobs_told_t told;

    (void)table;
    tap_fns.jobs_told(&told, r);
    limits.has_obscore = rel->obscore != NULL;
    limits.maxrec_default = conf.maxrec_default;
    limits.maxrec_hard = conf.maxrec_hard;
    limits.duration = told.duration;
    limits.max_duration = told.max_duration;
    limits.retention = told.retention;
    limits.max_retention = told.max_retention;
    limits.upload_bytes = conf.upload_bytes;
    limits.upload_rows = conf.upload_rows;
    limits.has_names = conf.resolver != NULL;
    limits.security = tap_fns.security_method(r, rel);
    return vo_tap_capability(out, url, &limits, r->pool);
}

static const char *const standard_ids[] = {VO_TAP_STANDARD_ID, NULL};

const vo_service_t tap_service = {
    .name = "tap",
    .segment = "tap",
    .title = "Table Access Protocol",
    .standard_ids = standard_ids,
    .has_tables = 1,
    .has_examples = 1,
    .capabilities = capabilities,
};

/* --- dispatch ------------------------------------------------------------ */

static int not_found(request_rec *r, const char *what)
{
    vo_err_t *err = vo_err_make(r->pool, VO_ERR_NOTFOUND,
                                "This TAP service has no resource '%.60s'.",
                                what);

    err->hint = "It has sync, async, tables, examples, capabilities and "
                "availability.";
    return tap_fns.respond_error(r, NULL, err);
}

/* Is the method one this resource has? If not (or when it is OPTIONS), *RC is
 * what the handler returns. */
static int accepts(request_rec *r, int also_post, int *rc)
{
    if (also_post) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, M_OPTIONS,
                                  -1);
    }
    else {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    }
    if (r->method_number == M_GET
        || (also_post && r->method_number == M_POST)) {
        return 1;
    }
    if (r->method_number != M_OPTIONS) {
        *rc = HTTP_METHOD_NOT_ALLOWED;
        return 0;
    }
    apr_table_setn(r->headers_out, "Allow",
                   also_post ? "GET, HEAD, POST, OPTIONS"
                             : "GET, HEAD, OPTIONS");
    *rc = OK;
    return 0;
}

/* REST is what follows the release in the path. */
static int dispatch(request_rec *r, const vo_release_t *rel, const char *rest)
{
    int rc;

    if (!strcmp(rest, "sync")) {
        return accepts(r, 1, &rc) ? tap_sync(r, rel) : rc;
    }
    if (!strncmp(rest, "async", 5) && (!rest[5] || rest[5] == '/')) {
        const char *url = tap_fns.service_url(r, &tap_service, rel, NULL);

        tap_fns.params_with_files(r, tap_conf(r).upload_bytes);
        return tap_fns.uws_handle(r, &tap_jobtype, rel,
                                  apr_pstrcat(r->pool, url, "/async", NULL),
                                  rest + 5 + (rest[5] == '/'));
    }
    if (!strcmp(rest, "examples")) {
        return accepts(r, 0, &rc) ? tap_examples(r, rel) : rc;
    }
    if (!*rest) {
        return accepts(r, 0, &rc) ? tap_page(r, rel) : rc;
    }
    rc = tap_fns.vosi_handle ? tap_fns.vosi_handle(r, &tap_service, rel, NULL,
                                                   rest)
                             : DECLINED;
    if (rc != DECLINED || r->method_number == M_OPTIONS) {
        return rc;
    }
    return not_found(r, rest);
}

static int handler(request_rec *r)
{
    const vo_release_t *rel;
    const char *path, *slash, *id;
    vo_err_t *err;

    if (strcmp(r->handler, "vo-tap")) {
        return DECLINED;
    }
    path = tap_fns.path_below(r, tap_service.segment);
    if (!path) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      VOLOGNO(1100) "'SetHandler vo-tap' is in a <Location> "
                      "that is not VORoot/tap");
        return HTTP_NOT_FOUND;
    }
    path += *path == '/';
    if (!*path) {
        int rc;

        return accepts(r, 0, &rc) ? tap_page(r, NULL) : rc;
    }
    slash = path + strcspn(path, "/");
    id = apr_pstrndup(r->pool, path, (apr_size_t)(slash - path));
    slash += *slash == '/';
    err = tap_fns.release_for(&rel, r, id);
    if (err && err->kind == VO_ERR_BUSY && tap_fns.vosi_handle
        && !strcmp(slash, "availability")) {
        return tap_fns.vosi_handle(r, &tap_service, NULL, NULL, slash);
    }
    return err ? tap_fns.respond_error(r, NULL, err) : dispatch(r, rel, slash);
}

/* --- start-up ------------------------------------------------------------ */

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    return vo_fns_fetch(&tap_fns, s, "mod_tap");
}

static void register_hooks(apr_pool_t *pool)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_register_provider(pool, VO_SERVICE_GROUP, tap_service.name,
                         VO_SERVICE_VERSION, &tap_service);
    ap_register_provider(pool, VO_JOBTYPE_GROUP, tap_jobtype.name,
                         VO_JOBTYPE_VERSION, &tap_jobtype);
}

VO_DECLARE_MODULE(tap) = {
    STANDARD20_MODULE_STUFF,
    dir_conf_create,
    dir_conf_merge,
    NULL,
    NULL,
    cmds,
    register_hooks,
    AP_MODULE_FLAG_NONE,
};
