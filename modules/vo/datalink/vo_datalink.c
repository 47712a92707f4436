/* vo_datalink.c: a table of links, from identifiers to document. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DataLink 1.1 (REC 2023-12-15), sections 2 and 3 */
#include "vo_datalink.h"

#include <string.h>

#include <apr_strings.h>

#include "../xml/vo_vosi.h"
#include "vo_datalink_int.h"

#define BATCH 200 /* identifiers looked up at a time */

const char *vo_datalink_media_type(const vo_tablefmt_t *fmt,
                                   const char *media_type, apr_pool_t *pool)
{
    static const char votable[] = "application/x-votable+xml";

    return fmt->is_votable
           && !strncmp(media_type, votable, sizeof(votable) - 1)
               ? apr_pstrcat(pool, media_type, ";content=datalink", NULL)
               : media_type;
}

const char *vo_datalink_error(const vo_err_t *err, apr_pool_t *pool)
{
    static const char *const labels[] = {
        [VO_ERR_USAGE] = "UsageFault",
        [VO_ERR_NOTFOUND] = "NotFoundFault",
        [VO_ERR_AUTH] = "DefaultFault",
        [VO_ERR_LIMIT] = "UsageFault",
        [VO_ERR_BUSY] = "TransientFault",
        [VO_ERR_TIMEOUT] = "TransientFault",
        [VO_ERR_GONE] = "DefaultFault",
        [VO_ERR_FAULT] = "FatalFault",
    };

    return apr_pstrcat(pool, labels[err->kind], ": ", err->text, NULL);
}

/* --- the document -------------------------------------------------------- */

/* What the service itself is asked with: DataLink 1.1, section 4.4. */
static void describe_self(vo_datalink_t *dl)
{
    static const vo_param_t params[] = {
        {"ID", VO_TYPE_CHAR, "*", .ucd = "meta.id;meta.main",
         .description = "Publisher DID of a dataset; may be repeated"},
        {"RESPONSEFORMAT", VO_TYPE_CHAR, "*", .ucd = "meta.code.mime",
         .description = "Format of the table of links"},
    };
    vo_descriptor_t *self = apr_pcalloc(dl->pool, sizeof(*self));

    self->is_self = 1;
    self->name = "links";
    self->description = "The service that has made this list";
    self->standard_id = VO_DATALINK_ID;
    self->access_url = apr_pstrcat(dl->pool, dl->base, "/datalink/",
                                   dl->rel->id, "/links", NULL);
    self->content_type = VO_DATALINK_TYPE;
    self->nparams = (int)(sizeof(params) / sizeof(*params));
    self->params = params;
    dl->doc.ndescriptors = 1;
    dl->doc.descriptors = self;
}

/* Sync and async of the first image, then of the second ... */
static const vo_descriptor_t *next_service(void *baton, int i)
{
    vo_datalink_t *dl = baton;
    vo_descriptor_t *d;

    if (i >= 2 * dl->cuts->nelts) {
        return NULL;
    }
    apr_pool_clear(dl->services_pool);
    d = apr_palloc(dl->services_pool, sizeof(*d));
    vo_datalink_soda(d, dl->base, dl->rel, i & 1, NULL,
                     &APR_ARRAY_IDX(dl->cuts, i / 2, vo_soda_ranges_t),
                     vo_datalink_service_id(i & 1, i / 2 + 1,
                                            dl->services_pool),
                     dl->services_pool);
    return d;
}

vo_datalink_t *vo_datalink_create(const char *base, const vo_release_t *rel,
                                  const vo_tablefmt_t *fmt,
                                  const char *media_type, apr_pool_t *pool)
{
    vo_datalink_t *dl = apr_pcalloc(pool, sizeof(*dl));
    vo_info_t *infos = apr_pcalloc(pool, 2 * sizeof(*infos));

    dl->base = base;
    dl->rel = rel;
    dl->fmt = fmt;
    dl->cuts = apr_array_make(pool, 16, sizeof(vo_soda_ranges_t));
    dl->texts = apr_hash_make(pool);
    dl->pool = pool;
    apr_pool_create(&dl->services_pool, pool);
    infos[0].name = "standardID";
    infos[0].value = VO_DATALINK_ID;
    infos[1].name = "publisher";
    infos[1].value = rel->publisher;
    dl->doc.name = "links";
    dl->doc.fields = vo_datalink_fields(&dl->doc.nfields, pool);
    dl->doc.ninfos = rel->publisher ? 2 : 1;
    dl->doc.infos = infos;
    dl->doc.media_type = media_type;
    dl->doc.more_descriptors = next_service;
    dl->doc.more_baton = dl;
    describe_self(dl);
    return dl;
}

vo_err_t *vo_datalink_begin(vo_datalink_t *dl, vo_out_t *out)
{
    dl->writer = vo_writer_create(dl->fmt, &dl->doc, out, dl->pool);
    return dl->fmt->begin(dl->writer);
}

vo_err_t *vo_datalink_end(vo_datalink_t *dl, vo_done_e done)
{
    return dl->fmt->end(dl->writer, done);
}

vo_err_t *vo_datalink_capability(vo_out_t *out, const char *url,
                                 const char *security)
{
    VO_TRY(vo_out_puts(out, " <capability standardID=\"" VO_DATALINK_ID "\">\n"
                       "  <interface xsi:type=\"vs:ParamHTTP\""
                       " role=\"std\" version=\"1.1\">\n"
                       "   <accessURL use=\"base\">"));
    VO_TRY(vo_out_xml(out, url, strlen(url)));
    VO_TRY(vo_out_puts(out, "/links</accessURL>\n"));
    VO_TRY(vo_vosi_security(out, security));
    return vo_out_puts(
        out, "   <queryType>GET</queryType>\n"
             "   <queryType>POST</queryType>\n"
             "   <resultType>" VO_DATALINK_TYPE "</resultType>\n"
             "   <param std=\"true\" use=\"required\">\n"
             "    <name>ID</name>\n"
             "    <description>Publisher DID of a dataset; may be repeated"
             "</description>\n"
             "    <ucd>meta.id;meta.main</ucd>\n"
             "    <dataType>string</dataType>\n"
             "   </param>\n"
             "   <param std=\"true\" use=\"optional\">\n"
             "    <name>RESPONSEFORMAT</name>\n"
             "    <description>Format of the table of links"
             "</description>\n"
             "    <dataType>string</dataType>\n"
             "   </param>\n"
             "  </interface>\n"
             " </capability>\n");
}

/* --- rows ---------------------------------------------------------------- */

/* A copy of TEXT that lasts, the same for the same text. */
static const char *lasting(vo_datalink_t *dl, const char *text)
{
    const char *copy;

    if (!text) {
        return NULL;
    }
    copy = apr_hash_get(dl->texts, text, APR_HASH_KEY_STRING);
    if (!copy) {
        copy = apr_pstrdup(dl->pool, text);
        apr_hash_set(dl->texts, copy, APR_HASH_KEY_STRING, copy);
    }
    return copy;
}

int vo_datalink_keep(vo_datalink_t *dl, const vo_image_t *image)
{
    vo_soda_ranges_t *cut = apr_array_push(dl->cuts);

    cut->did = apr_pstrdup(dl->pool, image->did);
    cut->region = lasting(dl, image->region);
    cut->ra = image->ra;
    cut->dec = image->dec;
    cut->fov = image->fov;
    cut->em_min = image->em_min;
    cut->em_max = image->em_max;
    return dl->cuts->nelts;
}

const char *vo_datalink_service_id(int service, int n, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s-%d", vo_soda_services[service].id, n);
}

static vo_err_t *put_batch(vo_datalink_t *dl, const apr_array_header_t *ids,
                           vo_image_run_t *run, void *baton,
                           apr_pool_t *scratch)
{
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    apr_array_header_t *images;
    vo_object_t *objects;
    int i;

    key.dids = ids;
    key.with_invalid = 1; /* gone from searches, not from history */
    key.max = ids->nelts;
    VO_TRY(vo_image_find(&images, dl->rel, &key, run, baton, scratch));
    VO_TRY(vo_datalink_objects(&objects, dl, ids, run, baton, scratch));
    for (i = 0; i < ids->nelts; ++i) {
        const char *id = APR_ARRAY_IDX(ids, i, const char *);
        const vo_image_t *image = vo_image_by_did(images, id);

        VO_TRY(image                 ? vo_datalink_image(dl, id, image, scratch)
               : objects[i].spectrum ? vo_datalink_object(dl, id, &objects[i],
                                                          scratch)
                                     : vo_datalink_unknown(dl, id, scratch));
    }
    return NULL;
}

vo_err_t *vo_datalink_rows(vo_datalink_t *dl, const apr_array_header_t *ids,
                           vo_image_run_t *run, void *baton)
{
    apr_hash_t *seen = apr_hash_make(dl->pool);
    apr_array_header_t *batch;
    apr_pool_t *scratch;
    vo_err_t *err = NULL;
    int i;

    apr_pool_create(&scratch, dl->pool);
    batch = apr_array_make(dl->pool, BATCH, sizeof(const char *));
    for (i = 0; i < ids->nelts && !err; ++i) {
        const char *id = APR_ARRAY_IDX(ids, i, const char *);

        if (!apr_hash_get(seen, id, APR_HASH_KEY_STRING)) {
            apr_hash_set(seen, id, APR_HASH_KEY_STRING, id);
            APR_ARRAY_PUSH(batch, const char *) = id;
        }
        if (batch->nelts == BATCH || (batch->nelts && i == ids->nelts - 1)) {
            err = put_batch(dl, batch, run, baton, scratch);
            apr_array_clear(batch);
            if (!err) { /* else it lives there */
                apr_pool_clear(scratch);
            }
        }
    }
    return err;
}
