/* mod_vo_describe.c: what the loaded services can do with a result. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <stdlib.h>

#include <ap_provider.h>

static int by_name(const void *a, const void *b)
{
    const ap_list_provider_names_t *x = a, *y = b;

    return strcmp(x->provider_name, y->provider_name);
}

void vo_answer_describe(vo_tabledoc_t *doc, const vo_answer_t *answer,
                        apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 4,
                                               sizeof(vo_descriptor_t));
    apr_array_header_t *names = ap_list_provider_names(
        pool, VO_SERVICE_GROUP, VO_SERVICE_VERSION);
    int i;

    /* in an order that does not change with each start */
    qsort(names->elts, (size_t)names->nelts, (size_t)names->elt_size, by_name);
    for (i = 0; i < names->nelts; ++i) {
        const vo_service_t *svc = ap_lookup_provider(
            VO_SERVICE_GROUP,
            APR_ARRAY_IDX(names, i, ap_list_provider_names_t).provider_name,
            VO_SERVICE_VERSION);

        if (svc->descriptors) {
            svc->descriptors(found, answer, pool);
        }
    }
    doc->ndescriptors = found->nelts;
    doc->descriptors = (const vo_descriptor_t *)found->elts;
}
