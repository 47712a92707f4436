/* mod_vo_access.c: who may read a private release: Require vo-release. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <ap_provider.h>
#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_auth.h>
#include <mod_session.h>
#include <util_filter.h>

/*
 * httpd says who somebody is, by any of its modules. Which groups that user is
 * in is httpd's to know too: there is no store of users here. Every module that
 * knows groups (mod_authz_groupfile, _dbm, _dbd, mod_authnz_ldap, ...) offers a
 * provider for `Require group NAMES`, whose arguments are an expression of
 * httpd's, evaluated anew for each request. So
 *   Require vo-release group
 * has one such line parsed when httpd starts, `Require group %{note:...}`, and
 * asks it about the readers of any release by setting the note first. Where a
 * group has another spelling than its name the operator writes it:
 *   Require vo-release ldap-group cn=%{note:vo-readers},ou=groups,o=archive
 *
 * The answer is about a release, not about an address: what a request may see
 * is always decided by vo_release_visible for the release in question. What
 * httpd is told by the provider decides only whether somebody is asked who they
 * are (401) or sent away (403), before any work. If no `Require vo-release`
 * applied to a request, or httpd knows no user, private releases do not exist.
 */
#define NOTE "vo-readers"
#define DEFAULT_PROVIDER "group"

struct vo_require_t {
    const authz_provider *groups; /* who knows the groups of a user */
    const char *args;             /* of its own Require line */
    const void *parsed;           /* what it made of them */
};

static const char *parse_require(cmd_parms *cmd, const char *line,
                                 const void **parsed)
{
    vo_require_t *require = apr_pcalloc(cmd->pool, sizeof(*require));
    const char *name = ap_getword_conf(cmd->pool, &line);

    if (!*name) {
        name = DEFAULT_PROVIDER;
    }
    require->args = *line ? line : "%{note:" NOTE "}";
    require->groups = strcasecmp(name, VO_ACCESS_PROVIDER)
                          ? ap_lookup_provider(AUTHZ_PROVIDER_GROUP, name,
                                               AUTHZ_PROVIDER_VERSION)
                          : NULL;
    *parsed = require;
    if (!require->groups) {
        return apr_psprintf(cmd->pool, "Require " VO_ACCESS_PROVIDER " '%s': "
                            "no module that is loaded has 'Require %s'; for "
                            "'group' it is LoadModule authz_groupfile_module "
                            "modules/mod_authz_groupfile.so", name, name);
    }
    return require->groups->parse_require_line
               ? require->groups->parse_require_line(cmd, require->args,
                                                     &require->parsed)
               : NULL;
}

/* --- decisions ------------------------------------------------------------ */

/* Is REL one that its readers may read, and nobody else? */
static int has_readers(request_rec *r, const vo_release_t *rel)
{
    return (rel->state == VO_STATE_PRIVATE || rel->state == VO_STATE_PUBLIC)
           && !vo_release_is_open(rel, r->request_time) && rel->reader_group
           && *rel->reader_group;
}

static int is_reader(request_rec *r, const vo_release_t *rel)
{
    vo_request_t *req = vo_request(r);
    const vo_require_t *require = req->require;
    authz_status status;
    const char *known;

    if (!require || !r->user || !has_readers(r, rel)) {
        return 0;
    }
    if (!req->readable) {
        req->readable = apr_table_make(r->pool, 4);
    }
    known = apr_table_get(req->readable, rel->id);
    if (!known) {
        apr_table_setn(r->notes, NOTE, rel->reader_group);
        status = require->groups->check_authorization(r, require->args,
                                                      require->parsed);
        apr_table_unset(r->notes, NOTE);
        known = status == AUTHZ_GRANTED ? "yes" : "no";
        apr_table_setn(req->readable, rel->id, known);
    }
    return !strcmp(known, "yes");
}

int vo_release_visible(request_rec *r, const vo_release_t *rel)
{
    return vo_release_is_open(rel, r->request_time) || is_reader(r, rel);
}

static int is_segment(const char *word, apr_pool_t *pool)
{
    apr_array_header_t *names = ap_list_provider_names(
        pool, VO_SERVICE_GROUP, VO_SERVICE_VERSION);
    int i;

    for (i = 0; i < names->nelts; ++i) {
        const vo_service_t *svc = ap_lookup_provider(
            VO_SERVICE_GROUP,
            APR_ARRAY_IDX(names, i, ap_list_provider_names_t).provider_name,
            VO_SERVICE_VERSION);

        if (!strcmp(svc->segment, word)) {
            return 1;
        }
    }
    return 0;
}

/* The release in the address of R, or NULL: ROOT/RELEASE/... or
 * ROOT/SEGMENT/RELEASE/... */
static const vo_release_t *named(request_rec *r)
{
    const char *root = vo_conf_root(r), *path = r->uri, *word;
    const vo_release_t *rel = NULL;
    apr_size_t len = strlen(root);
    const vo_meta_t *meta;

    if (strncmp(path, root, len) || path[len] != '/'
        || vo_snapshot_get(&meta, r)) {
        return NULL;
    }
    path += len + 1;
    word = ap_getword(r->pool, &path, '/');
    if (!is_segment(word, r->pool)) {
        rel = vo_meta_release(meta, word);
    }
    /* downloads are below a segment that need not be a service's */
    return rel ? rel : vo_meta_release(meta, ap_getword(r->pool, &path, '/'));
}

/* Called before httpd knows who asks, and again after. What has no readers
 * (staged, retired, unknown) is left to the handler, which says of all of it
 * that it is not there. */
static authz_status check_release(request_rec *r, const char *line,
                                  const void *parsed)
{
    vo_request_t *req = vo_request(r);
    const vo_release_t *rel;

    (void)line;
    req->require = parsed;
    rel = named(r);
    if (!rel || !has_readers(r, rel) || !ap_auth_type(r)
        || is_reader(r, rel)) {
        return AUTHZ_GRANTED;
    }
    req->refused = rel;
    return r->user ? AUTHZ_DENIED : AUTHZ_DENIED_NO_USER;
}

static const authz_provider provider = {check_release, parse_require};

/* --- who asks ------------------------------------------------------------- */

/* Somebody who has signed in by mod_auth_form. */
static int has_session(request_rec *r)
{
    APR_OPTIONAL_FN_TYPE(ap_session_load) *load
        = APR_RETRIEVE_OPTIONAL_FN(ap_session_load);
    APR_OPTIONAL_FN_TYPE(ap_session_get) *get
        = APR_RETRIEVE_OPTIONAL_FN(ap_session_get);
    const char *realm = ap_auth_name(r), *user = NULL;
    session_rec *session = NULL;

    if (!load || !get || !realm || strcasecmp(ap_auth_type(r), "form")
        || load(r, &session) != APR_SUCCESS || !session) {
        return 0;
    }
    get(r, session, apr_pstrcat(r->pool, realm, "-" MOD_SESSION_USER, NULL),
        &user);
    return user != NULL;
}

/* Who says who they are is believed or told otherwise, also where anybody may
 * enter: their jobs are theirs, and lists show what they may read. */
static int force_authn(request_rec *r)
{
    return vo_is_ours(r) && vo_request(r)->require && ap_auth_type(r)
                   && (apr_table_get(r->headers_in, "Authorization")
                       || has_session(r))
               ? OK
               : DECLINED;
}

/* Tell the client who it is taken for, and caches whom the answer is for. */
static void tell_user(request_rec *r, int is_known)
{
    if (vo_request(r)->require) {
        apr_table_mergen(r->err_headers_out, "Vary", "Authorization, Cookie");
    }
    if (is_known && r->user) {
        apr_table_setn(r->err_headers_out, "X-VO-Authenticated", r->user);
        apr_table_setn(r->headers_out, "Cache-Control", "private");
    }
}

static int fixups(request_rec *r)
{
    if (!r->main && vo_is_ours(r)) {
        tell_user(r, 1);
    }
    return DECLINED;
}

/* --- challenges ----------------------------------------------------------- */

#define SSO "ivo://ivoa.net/sso#"

/* AuthType, and what the IVOA calls it (SSO 2.0, section 3). */
static const struct {
    const char *auth_type, *id;
} methods[] = {
    {"Basic", SSO "BasicAA"},
    {"form", SSO "cookie"},
};

const char *vo_security_method(request_rec *r, const vo_release_t *rel)
{
    const char *type = ap_auth_type(r);
    apr_size_t i;

    if (type && !vo_release_is_open(rel, r->request_time)) {
        for (i = 0; i < sizeof(methods) / sizeof(*methods); ++i) {
            if (!strcasecmp(type, methods[i].auth_type)) {
                return methods[i].id;
            }
        }
    }
    return NULL;
}

/* The challenge of who gives cookies for passwords (draft of SSO 2.1). */
static void challenge_cookie(request_rec *r)
{
    const char *url = vo_conf_login(r);

    if (url) {
        apr_table_addn(r->err_headers_out, "WWW-Authenticate",
                       apr_pstrcat(r->pool, "ivoa_cookie standard_id=\"" SSO
                                   "tls-with-password\", access_url=\"", url,
                                   "\"", NULL));
    }
}

void vo_offer_login(request_rec *r)
{
    if (vo_request(r)->require && ap_auth_type(r)) {
        ap_note_auth_failure(r); /* the challenge of AuthType's module */
        challenge_cookie(r);
    }
}

/* --- what is said to who may not enter ------------------------------------ */

#define FILTER "VO_REFUSED"

static vo_err_t *refusal(request_rec *r)
{
    const vo_release_t *rel = vo_request(r)->refused;
    vo_err_t *err;

    if (r->status == HTTP_FORBIDDEN) {
        err = rel && r->user
                  ? vo_err_make(r->pool, VO_ERR_AUTH, "User %s is not among "
                                "the readers of release %s.",
                                vo_dali_clean_text(r->pool, r->user), rel->id)
                  : vo_err_make(r->pool, VO_ERR_AUTH,
                                "You may not enter here.");
    }
    else if (apr_table_get(r->headers_in, "Authorization")) {
        err = vo_err_make(r->pool, VO_ERR_AUTH, "This user name and password "
                          "are not accepted%s%s.",
                          rel ? " for release " : "", rel ? rel->id : "");
    }
    else {
        err = vo_err_make(r->pool, VO_ERR_AUTH, "%s%s is not public.",
                          rel ? "Release " : "This", rel ? rel->id : "");
        err->hint = "Sign in to read it: send a user name and a password.";
    }
    err->http = r->status;
    return err;
}

static vo_err_t *to_brigade(void *baton, const char *data, apr_size_t len)
{
    apr_bucket_brigade *bb = baton;

    return apr_brigade_write(bb, NULL, NULL, data, len) == APR_SUCCESS
               ? NULL
               : vo_err_make(bb->p, VO_ERR_FAULT, "Out of memory.");
}

/* In place of httpd's page comes the error document of DALI 1.1, section 4.2 */
static apr_status_t refused_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    int is_end = !APR_BRIGADE_EMPTY(bb)
                 && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb));
    const char *media_type;
    vo_out_t *out;

    apr_brigade_cleanup(bb);
    if (!is_end) {
        return APR_SUCCESS;
    }
    ap_remove_output_filter(f);
    out = vo_out_create(to_brigade, bb, r->pool);
    if (!vo_table_error_doc(out, vo_tablefmt_all()[0], refusal(r),
                            &media_type, r->pool)
        && !vo_out_flush(out)) {
        ap_set_content_type(r, media_type);
    }
    APR_BRIGADE_INSERT_TAIL(
        bb, apr_bucket_eos_create(r->connection->bucket_alloc));
    return ap_pass_brigade(f->next, bb);
}

static void insert_error_filter(request_rec *r)
{
    if ((r->status != HTTP_UNAUTHORIZED && r->status != HTTP_FORBIDDEN)
        || !vo_is_ours(r)) {
        return;
    }
    tell_user(r, r->status == HTTP_FORBIDDEN);
    if (r->status == HTTP_UNAUTHORIZED && vo_request(r)->require) {
        challenge_cookie(r);
    }
    ap_add_output_filter(FILTER, NULL, r, r->connection);
}

void vo_access_hooks(apr_pool_t *pool)
{
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, VO_ACCESS_PROVIDER,
                              AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_URI);
    ap_hook_force_authn(force_authn, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(insert_error_filter, NULL, NULL,
                                APR_HOOK_MIDDLE);
    ap_register_output_filter(FILTER, refused_filter, NULL, AP_FTYPE_RESOURCE);
}
