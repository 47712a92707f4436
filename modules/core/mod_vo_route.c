/* mod_vo_route.c: from the path of a request to a resource of a service. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

static APR_OPTIONAL_FN_TYPE(vosi_handle) *vosi(void)
{
    return APR_RETRIEVE_OPTIONAL_FN(vosi_handle);
}

static int is_named(const vo_resource_t *resource, const char *rest)
{
    apr_size_t len = strlen(resource->name);

    return !strncmp(rest, resource->name, len)
           && (!rest[len] || (resource->tree && rest[len] == '/'));
}

/* Is the method one that RESOURCE has? If not, *RC is what the handler
 * returns. */
static int accepts(request_rec *r, int *rc)
{
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, M_OPTIONS, -1);
    if (r->method_number == M_GET || r->method_number == M_POST) {
        return 1;
    }
    *rc = r->method_number == M_OPTIONS ? DECLINED : HTTP_METHOD_NOT_ALLOWED;
    return 0;
}

/* What a service has instead of REST. */
static vo_err_t *no_resource(const vo_route_t *route, const char *rest,
                             apr_pool_t *pool)
{
    const vo_resource_t *resource;
    const char *names = "";

    for (resource = route->resources; resource->name; ++resource) {
        if (*resource->name) {
            names = apr_pstrcat(pool, names, *names ? ", " : "",
                                resource->name, NULL);
        }
    }
    return vo_err_hint(pool,
                       vo_err_make(pool, VO_ERR_NOTFOUND,
                                   "There is no resource '%.60s' of %s", rest,
                                   route->service->title),
                       "There are: %s%scapabilities, availability", names,
                       *names ? ", " : "");
}

int vo_route(request_rec *r, const vo_route_t *route)
{
    const vo_service_t *svc = route->service;
    const vo_resource_t *resource;
    const vo_release_t *rel = NULL;
    const char *path = vo_path_below(r, svc->segment), *id;
    int rc = DECLINED;
    vo_err_t *err;

    if (!path || *path != '/') {
        return HTTP_NOT_FOUND;
    }
    ++path;
    id = ap_getword(r->pool, &path, '/');
    err = vo_release_for(&rel, r, id);
    if (err && err->kind == VO_ERR_BUSY && vosi()
        && !strcmp(path, "availability")) {
        return vosi()(r, svc, NULL, NULL, path);
    }
    if (!err && svc->serves && !svc->serves(rel, NULL)) {
        err = vo_err_make(r->pool, VO_ERR_NOTFOUND, "Release %s has no %s.",
                          rel->id, route->wares);
    }
    if (err) {
        return route->answer_error(r, err);
    }
    for (resource = route->resources; resource->name; ++resource) {
        const char *rest = path + strlen(resource->name);

        if (is_named(resource, path) && resource->tree) {
            return resource->tree(r, rel, rest + (*rest == '/'));
        }
        if (is_named(resource, path)) {
            return accepts(r, &rc) ? resource->answer(r, rel) : rc;
        }
    }
    rc = vosi() ? vosi()(r, svc, rel, NULL, path) : DECLINED;
    return rc == DECLINED && r->method_number != M_OPTIONS
               ? route->answer_error(r, no_resource(route, path, r->pool))
               : rc;
}
