/* mod_siap_describe.c: what a document says besides its rows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_siap_int.h"

#include <apr_strings.h>

#include "table/vo_tabledoc.h"
#include "uws/vo_uws.h"

static const char *request_url(const char *url, const vo_dali_params_t *params,
                               apr_pool_t *pool)
{
    const char *form = "";
    int i;

    for (i = 0; i < params->nparams; ++i) {
        form = vo_uws_form_add(form, params->params[i].name,
                               params->params[i].value, pool);
    }
    return apr_pstrcat(pool, url, "?", form, NULL);
}

void siap_describe(vo_tabledoc_t *doc, request_rec *r, const vo_release_t *rel,
                   const char *url, const char *standard_id,
                   const vo_dali_params_t *params, int nfields,
                   vo_field_t *fields, const vo_descriptor_t *self)
{
    apr_pool_t *pool = r->pool;
    vo_info_t *infos = apr_pcalloc(pool, VO_ORIGIN_INFOS * sizeof(*infos));
    vo_answer_t answer = {rel, siap_fns.base_url(r), nfields, fields};
    vo_origin_t origin = {0};

    origin.rel = rel;
    origin.protocol = standard_id;
    origin.software = "mod_vo/" VO_VERSION;
    origin.server = url;
    origin.request = request_url(url, params, pool);
    origin.date = r->request_time;
    doc->resource_description = rel->title;
    doc->nfields = nfields;
    doc->fields = fields;
    doc->ninfos = vo_origin_infos(infos, &origin, pool);
    doc->infos = infos;
    vo_tabledoc_describe(doc, fields, rel, pool);
    siap_fns.answer_describe(doc, &answer, pool);
    if (self) {
        vo_descriptor_t *all = apr_palloc(
            pool, sizeof(*all) * ((apr_size_t)doc->ndescriptors + 1));

        all[0] = *self;
        if (doc->ndescriptors) {
            memcpy(all + 1, doc->descriptors,
                   sizeof(*all) * (apr_size_t)doc->ndescriptors);
        }
        doc->descriptors = all;
        ++doc->ndescriptors;
    }
}
