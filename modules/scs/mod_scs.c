/* mod_scs.c: Simple Cone Search 1.03 on every table published for it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <apr_lib.h>
#include <apr_strings.h>
#include <ap_provider.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "mod_vo_conf.h"
#include "mod_vo_fns.h"
#include "scs/vo_cone.h"
#include "table/vo_tabledoc.h"
#include "uws/vo_uws.h"
#include "vo_num.h"
#include "xml/vo_vosi.h"

APLOG_USE_MODULE(scs);

#define DEFAULT_MAX_RADIUS 180.0
#define DEFAULT_MAX_REC 100000
#define DEFAULT_TIMEOUT 60 /* s */

/* ---- what mod_vo and mod_vosi offer ----------------------------------- */

static vo_fns_t fns;

/* ---- configuration ---------------------------------------------------- */

typedef struct scs_dir_t {
    double max_radius; /* degrees */
    int max_rec;       /* rows */
    int timeout;       /* s */
} scs_dir_t;

static void *create_dir(apr_pool_t *pool, char *path)
{
    scs_dir_t *d = apr_palloc(pool, sizeof(*d));

    (void)path;
    d->max_radius = VO_UNSET;
    d->max_rec = VO_UNSET;
    d->timeout = VO_UNSET;
    return d;
}

static void *merge_dir(apr_pool_t *pool, void *outerv, void *innerv)
{
    scs_dir_t *d = apr_palloc(pool, sizeof(*d));
    const scs_dir_t *outer = outerv, *inner = innerv;

    VO_INHERIT(d, outer, inner, max_radius, VO_UNSET);
    VO_INHERIT(d, outer, inner, max_rec, VO_UNSET);
    VO_INHERIT(d, outer, inner, timeout, VO_UNSET);
    return d;
}

/* The settings for this request, defaults filled in. */
static scs_dir_t settings(request_rec *r)
{
    scs_dir_t d = *(scs_dir_t *)ap_get_module_config(r->per_dir_config,
                                                     &scs_module);

    if (d.max_radius < 0) {
        d.max_radius = DEFAULT_MAX_RADIUS;
    }
    d.max_rec = vo_conf_or(d.max_rec, DEFAULT_MAX_REC);
    d.timeout = vo_conf_or(d.timeout, DEFAULT_TIMEOUT);
    return d;
}

static const char *set_radius(cmd_parms *cmd, void *dirv, const char *arg)
{
    scs_dir_t *d = dirv;
    double v;

    if (!vo_num_to_double(arg, (int)strlen(arg), &v) || !(v > 0 && v <= 180)) {
        return apr_psprintf(cmd->pool, "%s: \"%s\" is not an angle in degrees"
                            " above 0 and up to 180", cmd->cmd->name, arg);
    }
    d->max_radius = v;
    return NULL;
}

static const vo_conf_int_t max_rec = {
    APR_OFFSETOF(scs_dir_t, max_rec), 1, 1000000000, "rows"
};
static const vo_conf_int_t timeout = {
    APR_OFFSETOF(scs_dir_t, timeout), 1, 86400, "seconds"
};

static const command_rec commands[] = {
    AP_INIT_TAKE1("SCSMaxRadius", set_radius, NULL, RSRC_CONF | ACCESS_CONF,
                  "Largest radius of a cone search in degrees, above 0 and up "
                  "to 180; a larger one is an error; default 180."),
    AP_INIT_TAKE1("SCSMaxRec", vo_conf_set_int, VO_CONF_INT(max_rec),
                  RSRC_CONF | ACCESS_CONF,
                  "Most rows a cone search returns, whatever MAXREC asks for; "
                  "there being more is told as OVERFLOW; default 100000."),
    AP_INIT_TAKE1("SCSTimeout", vo_conf_set_int, VO_CONF_INT(timeout),
                  RSRC_CONF | ACCESS_CONF,
                  "Seconds after which the query of a cone search is stopped; "
                  "default 60."),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

/* ---- the service ------------------------------------------------------ */

static int serves(const vo_release_t *rel, const vo_table_t *table)
{
    (void)rel;
    return vo_cone_serves(table);
}

/* A position in the table, so that the test query finds something. */
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

static vo_err_t *ignore_begin(void *baton, int nfields, const unsigned *oids)
{
    (void)baton;
    (void)nfields;
    (void)oids;
    return NULL;
}

/* The document must come even when the database does not: then the largest
 * cone around the origin is as good a test as any. */
static void sample_position(request_rec *r, const vo_release_t *rel,
                            const vo_table_t *table, vo_vosi_cone_t *cone)
{
    double radec[2] = { -1, 0 };
    vo_sql_req_t req;
    vo_sql_done_t done;
    vo_err_t *err;

    memset(&req, 0, sizeof(req));
    req.role = rel->reader_role;
    req.timeout_ms = 2000;
    req.is_small = 1;
    req.sql = vo_cone_sample_sql(table, r->pool);
    req.max_rows = 1;
    req.begin = ignore_begin;
    req.row = take_position;
    req.baton = radec;
    err = fns.query(r, &req, &done);
    if (err) {
        fns.log_error(r, err);
    }
    if (radec[0] >= 0) {
        cone->test_ra_deg = radec[0];
        cone->test_dec_deg = radec[1];
        cone->test_sr_deg = cone->max_sr_deg < 0.001 ? cone->max_sr_deg
                                                     : 0.001;
    }
    else {
        cone->test_sr_deg = cone->max_sr_deg;
    }
}

static vo_err_t *capabilities(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel, const vo_table_t *table,
                              const char *url)
{
    scs_dir_t d = settings(r);
    vo_vosi_cone_t cone;

    memset(&cone, 0, sizeof(cone));
    cone.url = apr_pstrcat(r->pool, url, "?", NULL);
    cone.description = apr_psprintf(r->pool, "Cone search on %s",
                                    table->tap_name);
    cone.max_sr_deg = d.max_radius;
    cone.max_records = d.max_rec;
    cone.security = fns.security_method(r, rel);
    sample_position(r, rel, table, &cone);
    return vo_vosi_cap_cone(out, &cone);
}

static const char *const standard_ids[] = { VO_VOSI_CONE, NULL };

static void descriptors(apr_array_header_t *to, const vo_answer_t *answer,
                        apr_pool_t *pool);

static const vo_service_t service = {
    .name = "cone",
    .segment = "cone",
    .title = "Simple Cone Search",
    .standard_ids = standard_ids,
    .is_per_table = 1,
    .has_tables = 1,
    .serves = serves,
    .capabilities = capabilities,
    .descriptors = descriptors,
};

/* Around the position of a row, in each searched table the row is of. */
static void descriptors(apr_array_header_t *to, const vo_answer_t *answer,
                        apr_pool_t *pool)
{
    const vo_release_t *rel = answer->rel;
    int i;

    for (i = 0; i < rel->ntables; ++i) {
        const vo_table_t *table = rel->tables[i];

        if (vo_cone_serves(table)) {
            vo_cone_descriptor(to, table, answer->nfields, answer->fields,
                               fns.service_url_at(pool, answer->base_url,
                                                  &service, rel, table), pool);
        }
    }
}

/* ---- the search ------------------------------------------------------- */

typedef struct search_t {
    double ra_deg, dec_deg, radius_deg;
    int verb;
    apr_int64_t maxrec;
    const vo_tablefmt_t *fmt;
    const char *media_type;
} search_t;

static vo_err_t *angle(double *value, const vo_dali_params_t *params,
                       const char *name, double min, double max,
                       apr_pool_t *pool)
{
    int is_set;

    VO_TRY(vo_dali_param_double(value, &is_set, params, name, min, max, 0));
    return is_set ? NULL
                  : vo_err_make(pool, VO_ERR_USAGE, "%s is missing; it is a"
                                " number of degrees, ICRS, from %g to %g",
                                name, min, max);
}

static vo_err_t *read_search(search_t *s, const vo_dali_params_t *params,
                             const scs_dir_t *d, apr_pool_t *pool)
{
    apr_int64_t verb;
    const char *format;

    VO_TRY(angle(&s->ra_deg, params, "RA", 0, 360, pool));
    VO_TRY(angle(&s->dec_deg, params, "DEC", -90, 90, pool));
    VO_TRY(angle(&s->radius_deg, params, "SR", 0, d->max_radius, pool));
    VO_TRY(vo_dali_param_int(&verb, params, "VERB", VO_CONE_MIN_VERB,
                             VO_CONE_MAX_VERB, VO_CONE_VERB));
    s->verb = (int)verb;
    VO_TRY(vo_dali_param_int(&s->maxrec, params, "MAXREC", 0, APR_INT64_MAX,
                             d->max_rec));
    if (s->maxrec > d->max_rec) {
        s->maxrec = d->max_rec;
    }
    VO_TRY(vo_dali_param_one(&format, params, "RESPONSEFORMAT"));
    return vo_tablefmt_find(&s->fmt, &s->media_type, format, pool);
}

static void describe(vo_tabledoc_t *doc, request_rec *r,
                     const vo_dali_params_t *params, const vo_cone_t *cone,
                     const vo_release_t *rel, const vo_table_t *table,
                     const char *media_type)
{
    vo_info_t *infos = apr_pcalloc(r->pool, (VO_ORIGIN_INFOS + 1)
                                                * sizeof(*infos));
    vo_origin_t origin = {0};
    const char *form = "";
    int i, n;

    for (i = 0; i < params->nparams; ++i) {
        form = vo_uws_form_add(form, params->params[i].name,
                               params->params[i].value, r->pool);
    }
    origin.rel = rel;
    origin.protocol = VO_VOSI_CONE;
    origin.software = "mod_vo/" VO_VERSION;
    origin.server = fns.service_url(r, &service, rel, table);
    origin.request = apr_pstrcat(r->pool, origin.server, "?", form, NULL);
    origin.date = r->request_time;
    n = vo_origin_infos(infos, &origin, r->pool);
    infos[n].name = "publication_id";
    infos[n++].value = rel->doi ? rel->doi : rel->ivoid ? rel->ivoid : rel->id;
    doc->name = table->tap_name;
    doc->description = table->description;
    doc->nfields = cone->nfields;
    doc->fields = cone->fields;
    doc->ninfos = n;
    doc->infos = infos;
    doc->media_type = media_type;
    doc->is_scs = 1;
    vo_tabledoc_describe(doc, cone->fields, rel, r->pool);
}

static int answer_error(request_rec *r, const vo_err_t *err)
{
    static const vo_old_error_t old = {1, NULL};

    return fns.respond_old_error(r, &old, err);
}

static int search_table(request_rec *r, const vo_release_t *rel,
                        const vo_table_t *table)
{
    scs_dir_t d = settings(r);
    const vo_dali_params_t *params;
    search_t s;
    vo_cone_t *cone;
    vo_tabledoc_t doc;
    vo_sql_req_t req;
    vo_stream_t stream;
    vo_err_t *err;

    err = fns.params(&params, r);
    if (!err) {
        err = read_search(&s, params, &d, r->pool);
    }
    if (err) {
        return answer_error(r, err);
    }
    cone = vo_cone_make(table, s.verb, NULL, r->pool);
    memset(&doc, 0, sizeof(doc));
    describe(&doc, r, params, cone, rel, table, s.media_type);
    memset(&req, 0, sizeof(req));
    req.role = rel->reader_role;
    req.timeout_ms = d.timeout * 1000;
    err = vo_cone_request(&req, cone, s.ra_deg, s.dec_deg, s.radius_deg,
                          s.maxrec, r->pool);
    if (err) {
        return answer_error(r, err);
    }
    memset(&stream, 0, sizeof(stream));
    stream.req = &req;
    stream.doc = &doc;
    stream.fields = cone->fields;
    stream.fmt = s.fmt;
    stream.media_type = s.media_type;
    stream.is_overflow = !s.maxrec;
    stream.answer_error = answer_error;
    return fns.stream(r, &stream);
}

/* ---- handler ---------------------------------------------------------- */

/* The table NAME ("Stars" or "demo.Stars", any case) if it can be searched. */
static vo_err_t *find_table(const vo_table_t **table, const vo_release_t *rel,
                            const char *name, apr_pool_t *pool)
{
    const char *dot = strrchr(name, '.'), *names = "";
    int i, nfound = 0;

    *table = vo_release_table(rel, NULL, name, &nfound);
    if (!*table && dot) {
        *table = vo_release_table(rel,
                                  apr_pstrmemdup(pool, name,
                                                 (apr_size_t)(dot - name)),
                                  dot + 1, &nfound);
    }
    if (*table && vo_cone_serves(*table)) {
        return NULL;
    }
    for (i = 0; i < rel->ntables; ++i) {
        if (vo_cone_serves(rel->tables[i])) {
            names = apr_pstrcat(pool, names, *names ? ", " : "",
                                rel->tables[i]->tap_name, NULL);
        }
    }
    return vo_err_hint(pool,
                       vo_err_make(pool, VO_ERR_NOTFOUND,
                                   "Release %s has no table \"%s\" for cone"
                                   " searches", rel->id, name),
                       *names ? "There are: %s" : "There is none%s", names);
}

static int handler(request_rec *r)
{
    const char *path, *word, *id, *name;
    const vo_release_t *rel = NULL;
    const vo_table_t *table;
    int status = DECLINED;
    vo_err_t *err;

    if (!r->handler || strcmp(r->handler, "vo-scs")) {
        return DECLINED;
    }
    path = fns.path_below(r, service.segment);
    if (!path || *path != '/') {
        return HTTP_NOT_FOUND;
    }
    ++path;
    id = ap_getword(r->pool, &path, '/');
    name = ap_getword(r->pool, &path, '/');
    word = path;
    err = fns.release_for(&rel, r, id);
    if (err && err->kind == VO_ERR_BUSY && fns.vosi_handle
        && !strcmp(word, "availability")) {
        return fns.vosi_handle(r, &service, NULL, NULL, word);
    }
    if (!err) {
        err = find_table(&table, rel, name, r->pool);
    }
    if (err) {
        return fns.respond_error(r, NULL, err);
    }
    if (*word) {
        if (fns.vosi_handle) {
            status = fns.vosi_handle(r, &service, rel, table, word);
        }
        return status == DECLINED && r->method_number != M_OPTIONS
                   ? HTTP_NOT_FOUND
                   : status;
    }
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, -1);
    if (r->method_number == M_OPTIONS) {
        return DECLINED;
    }
    if (r->method_number != M_GET && r->method_number != M_POST) {
        return HTTP_METHOD_NOT_ALLOWED;
    }
    return search_table(r, rel, table);
}

/* ---- life ------------------------------------------------------------- */

static int post_config(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp,
                       server_rec *s)
{
    (void)conf;
    (void)log;
    (void)temp;
    return vo_fns_fetch(&fns, s, "mod_scs");
}

static void register_hooks(apr_pool_t *pool)
{
    ap_register_provider(pool, VO_SERVICE_GROUP, service.name,
                         VO_SERVICE_VERSION, &service);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

VO_DECLARE_MODULE(scs) = {
    STANDARD20_MODULE_STUFF,
    create_dir,
    merge_dir,
    NULL,
    NULL,
    commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
