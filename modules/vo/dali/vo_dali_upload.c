/* vo_dali_upload.c: the parameter UPLOAD, DALI 1.1 section 3.4.5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_dali_upload.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../adql/vo_adql.h"
#include "vo_dali_multipart.h"

#define MAX_NAME 63
#define PARAM "param:"

/* The regular identifier that begins at P, its length. */
static apr_size_t identifier(const char *p)
{
    apr_size_t n = 0;

    if (apr_isalpha(*p)) {
        while (apr_isalnum(p[n]) || p[n] == '_') {
            ++n;
        }
    }
    return n;
}

/* Does "name,scheme:" follow? A semicolon may be part of a URI too. */
static int is_next_pair(const char *p)
{
    apr_size_t n;

    p += strspn(p, " ");
    n = identifier(p);
    if (!n || p[n] != ',') {
        return 0;
    }
    p += n + 1;
    while (apr_isalnum(*p) || *p == '+' || *p == '-' || *p == '.') {
        ++p;
    }
    return *p == ':';
}

static vo_err_t *check_name(const apr_array_header_t *uploads,
                            const char *name, apr_pool_t *pool)
{
    vo_err_t *err;
    int i;

    if (!*name || identifier(name) != strlen(name)
        || strlen(name) > MAX_NAME) {
        err = vo_err_make(pool, VO_ERR_USAGE,
                          "UPLOAD: '%.70s' cannot be the name of a table.",
                          name);
        err->hint = "A name is a letter followed by letters, digits and "
                    "underscores, without TAP_UPLOAD.";
        return err;
    }
    if (vo_adql_is_reserved(name)) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "UPLOAD: '%s' is a reserved word of ADQL and cannot "
                           "be the name of a table.", name);
    }
    for (i = 0; i < uploads->nelts; ++i) {
        if (!strcasecmp(APR_ARRAY_IDX(uploads, i, vo_dali_upload_t).name,
                        name)) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "UPLOAD: two tables are called '%s'.", name);
        }
    }
    return NULL;
}

/* Some clients send a table as a part without a filename, which reads as a
 * plain parameter. */
static vo_err_t *from_text(vo_dali_upload_t *up,
                           const vo_dali_params_t *params, apr_pool_t *pool)
{
    const char *text = NULL;
    int i;

    for (i = 0; i < params->nparams && !text; ++i) {
        if (!params->params[i].is_file
            && !strcmp(params->params[i].name, up->part)) {
            text = params->params[i].value;
        }
    }
    if (text) {
        VO_TRY(vo_dali_temp_file(&up->fd, pool));
        VO_TRY(vo_dali_temp_write(up->fd, text, strlen(text), pool));
    }
    return NULL;
}

vo_err_t *vo_dali_upload_refused(const char *name, const char *uri,
                                 apr_pool_t *pool)
{
    vo_err_t *err = vo_err_make(pool, VO_ERR_USAGE,
                                "UPLOAD: table %s is to come from '%.80s', "
                                "which this service does not fetch.", name,
                                uri);

    err->hint = "Send it in the request, as a part of a multipart/form-data "
                "body, and name the part: UPLOAD=name,param:part";
    return err;
}

static vo_err_t *find_part(vo_dali_upload_t *up, const char *uri,
                           const vo_dali_params_t *params, apr_pool_t *pool)
{
    const vo_dali_param_t *file;

    if (!strncasecmp(uri, "http:", 5) || !strncasecmp(uri, "https:", 6)) {
        up->url = apr_pstrdup(pool, uri);
        return NULL;
    }
    if (strncasecmp(uri, PARAM, strlen(PARAM))) {
        return vo_dali_upload_refused(up->name, uri, pool);
    }
    up->part = apr_pstrdup(pool, uri + strlen(PARAM));
    file = vo_dali_param_file(params, up->part);
    if (file) {
        up->fd = file->fd;
    }
    else {
        VO_TRY(from_text(up, params, pool));
    }
    return up->fd >= 0
               ? NULL
               : vo_err_make(pool, VO_ERR_USAGE,
                             "UPLOAD: table %s is to be in the part '%.60s' of "
                             "the request, but there is no such part.",
                             up->name, up->part);
}

/* One pair, LEN bytes at TEXT. */
static vo_err_t *add_pair(apr_array_header_t *uploads, const char *text,
                          apr_size_t len, const vo_dali_params_t *params,
                          apr_pool_t *pool)
{
    vo_dali_upload_t up = {NULL, NULL, -1, NULL};
    char *pair = apr_pstrmemdup(pool, text, len);
    char *comma = strchr(pair, ',');

    if (!comma) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "UPLOAD '%.80s' is not of the form name,uri.",
                           pair);
    }
    if (uploads->nelts == VO_DALI_MAX_UPLOADS) {
        return vo_err_make(pool, VO_ERR_LIMIT,
                           "A request may upload at most %d tables.",
                           VO_DALI_MAX_UPLOADS);
    }
    *comma = '\0';
    up.name = pair + strspn(pair, " ");
    VO_TRY(check_name(uploads, up.name, pool));
    VO_TRY(find_part(&up, comma + 1 + strspn(comma + 1, " "), params,
                     pool));
    APR_ARRAY_PUSH(uploads, vo_dali_upload_t) = up;
    return NULL;
}

vo_err_t *vo_dali_uploads(apr_array_header_t **uploads,
                          const vo_dali_params_t *params, apr_pool_t *pool)
{
    const char *p;
    int i;

    *uploads = apr_array_make(pool, 2, sizeof(vo_dali_upload_t));
    for (i = 0; (p = vo_dali_param_nth(params, "UPLOAD", i)) != NULL; ++i) {
        while (*p) {
            const char *end = strchr(p, ';');

            while (end && end[1] && !is_next_pair(end + 1)) {
                end = strchr(end + 1, ';');
            }
            if (!end) {
                end = p + strlen(p);
            }
            VO_TRY(add_pair(*uploads, p, (apr_size_t)(end - p), params,
                            pool));
            p = end + (*end == ';');
        }
    }
    return NULL;
}
