/* vo_uws_path.c: which resource of jobs a path means. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UWS 1.1 (REC 2016-10-24), section 2.2 */
#include <string.h>

#include <apr_strings.h>

#include "vo_uws.h"

static const struct {
    const char *name;
    vo_uws_what_e what;
    int has_children;
} resources[] = {
    {"phase", VO_UWS_PHASE, 0},
    {"executionduration", VO_UWS_DURATION, 0},
    {"destruction", VO_UWS_DESTRUCTION, 0},
    {"quote", VO_UWS_QUOTE, 0},
    {"owner", VO_UWS_OWNER, 0},
    {"error", VO_UWS_ERROR, 0},
    {"parameters", VO_UWS_PARAMETERS, 1},
    {"results", VO_UWS_RESULTS, 1},
};

vo_err_t *vo_uws_path(vo_uws_path_t *path, const char *rest, apr_pool_t *pool)
{
    const char *below = rest + strcspn(rest, "/");
    apr_size_t i, len;

    memset(path, 0, sizeof(*path));
    if (!*rest) {
        return NULL; /* the list */
    }
    path->what = VO_UWS_JOB;
    path->id = apr_pstrmemdup(pool, rest, (apr_size_t)(below - rest));
    below += *below == '/';
    if (!*below) {
        return NULL;
    }
    len = strcspn(below, "/");
    for (i = 0; i < sizeof(resources) / sizeof(resources[0]); ++i) {
        const char *child = below + len + (below[len] == '/');

        if (strlen(resources[i].name) == len
            && !strncmp(resources[i].name, below, len)
            && (!*child || resources[i].has_children)) {
            path->what = resources[i].what;
            path->child = *child ? child : NULL;
            return NULL;
        }
    }
    return vo_err_make(pool, VO_ERR_NOTFOUND,
                       "A job has no resource '%.40s'.", below);
}
