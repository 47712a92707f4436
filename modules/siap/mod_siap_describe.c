/* mod_siap_describe.c: what a document says besides its rows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_siap_int.h"

#include <apr_strings.h>

#define COOSYS_ID "ICRS"
#define MAX_INFOS 8

static void add_info(vo_tabledoc_t *doc, vo_info_t *infos, const char *name,
                     const char *value)
{
    if (value && *value) {
        infos[doc->ninfos].name = name;
        infos[doc->ninfos++].value = value;
    }
}

void siap_describe(vo_tabledoc_t *doc, request_rec *r, const vo_release_t *rel,
                   const char *standard_id, int nfields, vo_field_t *fields,
                   const vo_descriptor_t *self)
{
    static const vo_coosys_t icrs = {COOSYS_ID, "ICRS", NULL,
                                     "BARYCENTER"};
    apr_pool_t *pool = r->pool;
    vo_info_t *infos = apr_pcalloc(pool, MAX_INFOS * sizeof(*infos));
    vo_answer_t answer = {rel, siap_fns.base_url(r), nfields, fields};
    int i;

    doc->resource_description = rel->title;
    doc->nfields = nfields;
    doc->fields = fields;
    doc->infos = infos;
    add_info(doc, infos, "standardID", standard_id);
    add_info(doc, infos, "server_software", "mod_vo");
    add_info(doc, infos, "ivoid", rel->ivoid);
    add_info(doc, infos, "publisher", rel->publisher);
    add_info(doc, infos, "release", rel->id);
    add_info(doc, infos, "citation", rel->doi);
    add_info(doc, infos, "reference_url", rel->reference_url);
    add_info(doc, infos, "rights", rel->rights);
    doc->ncoosys = 1;
    doc->coosys = &icrs;
    for (i = 0; i < nfields; ++i) {
        const char *ucd = fields[i].ucd;

        if (ucd && (!strncasecmp(ucd, "pos.eq", 6)
                    || !strncasecmp(ucd, "pos.outline", 11)
                    || !strncasecmp(ucd, "POS_EQ_", 7))) {
            fields[i].ref = COOSYS_ID;
        }
    }
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
