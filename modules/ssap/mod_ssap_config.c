/* mod_ssap_config.c: the directives of mod_ssap. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_ssap_int.h"

#include "mod_vo_conf.h"

#define DEFAULT_SIZE (1.0 / 60) /* degrees */
#define DEFAULT_MAXREC 10000
#define DEFAULT_MAXREC_HARD 1000000
#define DEFAULT_TIMEOUT 60      /* s */

typedef struct ssap_dir_t { /* VO_UNSET: not set here */
    double size;            /* degrees */
    apr_int64_t maxrec, maxrec_hard;
    int timeout;            /* s */
} ssap_dir_t;

void *ssap_create_dir(apr_pool_t *pool, char *path)
{
    ssap_dir_t *d = apr_palloc(pool, sizeof(*d));

    (void)path;
    d->size = VO_UNSET;
    d->maxrec = VO_UNSET;
    d->maxrec_hard = VO_UNSET;
    d->timeout = VO_UNSET;
    return d;
}

void *ssap_merge_dir(apr_pool_t *pool, void *outerv, void *innerv)
{
    ssap_dir_t *d = apr_palloc(pool, sizeof(*d));
    const ssap_dir_t *outer = outerv, *inner = innerv;

    VO_INHERIT(d, outer, inner, size, VO_UNSET);
    VO_INHERIT(d, outer, inner, maxrec, VO_UNSET);
    VO_INHERIT(d, outer, inner, maxrec_hard, VO_UNSET);
    VO_INHERIT(d, outer, inner, timeout, VO_UNSET);
    return d;
}

ssap_conf_t ssap_conf(request_rec *r)
{
    const ssap_dir_t *d = ap_get_module_config(r->per_dir_config,
                                               &ssap_module);
    ssap_conf_t conf;

    conf.limits.default_size = d->size < 0 ? DEFAULT_SIZE : d->size;
    conf.limits.default_maxrec = d->maxrec < 0 ? DEFAULT_MAXREC : d->maxrec;
    conf.limits.maxrec = d->maxrec_hard < 0 ? DEFAULT_MAXREC_HARD
                                            : d->maxrec_hard;
    conf.timeout = vo_conf_or(d->timeout, DEFAULT_TIMEOUT);
    return conf;
}

static int is_count(const char *text, apr_int64_t max, apr_int64_t *n)
{
    return vo_num_to_int64(text, (int)strlen(text), n) && *n >= 1 && *n <= max;
}

static const char *set_size(cmd_parms *cmd, void *dirv, const char *arg)
{
    double v;

    if (!vo_num_to_double(arg, (int)strlen(arg), &v) || !(v > 0 && v <= 360)) {
        return apr_psprintf(cmd->pool, "%s: \"%s\" is not an angle in degrees"
                            " above 0 and up to 360", cmd->cmd->name, arg);
    }
    ((ssap_dir_t *)dirv)->size = v;
    return NULL;
}

static const char *set_maxrec(cmd_parms *cmd, void *dirv, const char *deflt,
                              const char *hard)
{
    ssap_dir_t *d = dirv;

    if (!is_count(deflt, 1000000000, &d->maxrec)
        || !is_count(hard, 1000000000, &d->maxrec_hard)
        || d->maxrec > d->maxrec_hard) {
        return apr_psprintf(cmd->pool, "%s: \"%s %s\" must be two numbers of"
                            " rows from 1 to 1000000000, the first not above"
                            " the second", cmd->cmd->name, deflt, hard);
    }
    return NULL;
}

static const vo_conf_int_t timeout = {
    APR_OFFSETOF(ssap_dir_t, timeout), 1, 86400, "seconds"
};

const command_rec ssap_commands[] = {
    AP_INIT_TAKE1("SSAPSize", set_size, NULL, RSRC_CONF | ACCESS_CONF,
                  "Diameter in degrees of a search with POS but without SIZE, "
                  "above 0 and up to 360; default one arcminute."),
    AP_INIT_TAKE2("SSAPMaxRec", set_maxrec, NULL, RSRC_CONF | ACCESS_CONF,
                  "Rows of a spectrum search: what a client gets that does not "
                  "ask, and the most; default 10000 1000000."),
    AP_INIT_TAKE1("SSAPTimeout", vo_conf_set_int, VO_CONF_INT(timeout),
                  RSRC_CONF | ACCESS_CONF,
                  "Seconds after which the query of a spectrum search is "
                  "stopped; default 60."),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
