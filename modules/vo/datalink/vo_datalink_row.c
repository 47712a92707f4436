/* vo_datalink_row.c: the columns of links, and the links of an image. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DataLink 1.1 (REC 2023-12-15), section 3 */
#include "vo_datalink.h"

#include <string.h>

#include <apr_strings.h>

#include "../image/vo_image_url.h"
#include "../table/vo_wire.h"
#include "../vo_num.h"
#include "vo_datalink_int.h"

enum {
    COL_ID,
    COL_ACCESS_URL,
    COL_SERVICE_DEF,
    COL_ERROR,
    COL_DESCRIPTION,
    COL_SEMANTICS,
    COL_TYPE,
    COL_LENGTH,
    COL_QUALIFIER,
    COL_LOCAL,
    COL_AUTH,
    COL_AUTHORIZED,
    COL_COUNT
};

#define TEXT VO_TYPE_CHAR, VO_VARIABLE, "*"

static const vo_field_t columns[COL_COUNT] = {
    [COL_ID] = {"ID", TEXT, .ucd = "meta.id;meta.main",
                .description = "Identifier that was asked for"},
    [COL_ACCESS_URL] = {"access_url", TEXT, .ucd = "meta.ref.url",
                        .description = "Link to the data or service"},
    [COL_SERVICE_DEF] = {"service_def", TEXT, .ucd = "meta.ref",
                         .description = "Which service below"},
    [COL_ERROR] = {"error_message", TEXT, .ucd = "meta.code.error",
                   .description = "Why there is no link"},
    [COL_DESCRIPTION] = {"description", TEXT, .ucd = "meta.note",
                         .description = "What the link leads to"},
    [COL_SEMANTICS] = {"semantics", TEXT, .ucd = "meta.code",
                       .description = "Term of http://www.ivoa.net/rdf/"
                                      "datalink/core"},
    [COL_TYPE] = {"content_type", TEXT, .ucd = "meta.code.mime",
                  .description = "Media type of what the link gives"},
    [COL_LENGTH] = {"content_length", VO_TYPE_LONG, VO_SCALAR, NULL,
                    .unit = "byte", .ucd = "phys.size;meta.file",
                    .description = "Size of what the link gives"},
    [COL_QUALIFIER] = {"content_qualifier", TEXT,
                       .description = "Nature of the content, a term of"
                                      " http://www.ivoa.net/rdf/product-type"},
    [COL_LOCAL] = {"local_semantics", TEXT, .ucd = "meta.id.assoc",
                   .description = "Kind of link in the words of the archive"},
    [COL_AUTH] = {"link_auth", TEXT, .ucd = "meta.code",
                  .description = "Whether the link requires authentication"},
    [COL_AUTHORIZED] = {"link_authorized", VO_TYPE_BOOLEAN, VO_SCALAR, NULL,
                        .ucd = "meta.code",
                        .description = "Whether the caller may use the link"},
};

vo_field_t *vo_datalink_fields(int *n, apr_pool_t *pool)
{
    vo_field_t *fields = apr_pmemdup(pool, columns, sizeof(columns));
    int i;

    for (i = 0; i < COL_COUNT; ++i) {
        fields[i].pg_oid = fields[i].type == VO_TYPE_LONG ? VO_OID_INT8
                           : fields[i].type == VO_TYPE_BOOLEAN ? VO_OID_BOOL
                                                               : VO_OID_TEXT;
    }
    *n = COL_COUNT;
    return fields;
}

/* --- rows ---------------------------------------------------------------- */

static void put_text(vo_cell_t *cell, const char *text)
{
    cell->data = text;
    cell->len = text && *text ? (int)strlen(text) : -1;
}

/* BUF has VO_NUM_SIZE bytes. */
static void put_length(vo_cell_t *cell, char *buf, apr_int64_t length,
                       int is_binary)
{
    cell->data = buf;
    if (length < 0) {
        cell->len = -1;
    }
    else if (is_binary) {
        vo_put64(buf, (uint64_t)length);
        cell->len = 8;
    }
    else {
        cell->len = vo_num_from_int64(buf, length);
    }
}

vo_err_t *vo_datalink_row(vo_datalink_t *dl, const char *id,
                          const vo_link_t *link)
{
    vo_cell_t cells[COL_COUNT];
    char length[VO_NUM_SIZE];
    int is_public = vo_release_is_open(dl->rel, apr_time_now());

    put_text(&cells[COL_ID], id);
    if (!*id) { /* it is a value, if an odd one */
        cells[COL_ID].len = 0;
    }
    put_text(&cells[COL_ACCESS_URL], link->access_url);
    put_text(&cells[COL_SERVICE_DEF], link->service_def);
    put_text(&cells[COL_ERROR], link->error);
    put_text(&cells[COL_DESCRIPTION], link->description);
    put_text(&cells[COL_SEMANTICS], link->semantics);
    put_text(&cells[COL_TYPE], link->content_type);
    put_length(&cells[COL_LENGTH], length, link->content_length,
               dl->fmt->is_binary);
    put_text(&cells[COL_QUALIFIER], link->content_qualifier);
    put_text(&cells[COL_LOCAL], link->local_semantics);
    /* of a link that is none there is nothing to say */
    put_text(&cells[COL_AUTH], link->error ? NULL
                               : is_public ? "false" : "true");
    cells[COL_AUTHORIZED].data = dl->fmt->is_binary ? "\1" : "t";
    cells[COL_AUTHORIZED].len = link->error ? -1 : 1;
    return dl->fmt->row(dl->writer, cells);
}

vo_err_t *vo_datalink_unknown(vo_datalink_t *dl, const char *id,
                              apr_pool_t *scratch)
{
    vo_link_t link = {.semantics = "#this", .content_length = -1};

    link.error = apr_psprintf(scratch, "NotFoundFault: release %s has no data"
                              " product with this identifier", dl->rel->id);
    return vo_datalink_row(dl, id, &link);
}

/* The term for a dataproduct_type of ObsCore, or NULL: those of its words that
 * are in the vocabulary too. */
static const char *qualifier(const char *product_type)
{
    static const char *const terms[] = {
        "#image", "#cube", "#spectrum", "#sed", "#timeseries", "#visibility",
        "#event-list", "#measurements", "#light-curve", "#spectral-cube",
        "#time-cube", "#polarization-cube", "#dynamic-spectrum", NULL
    };
    int i;

    if (product_type && !strcmp(product_type, "event")) {
        return "#event-list";
    }
    for (i = 0; product_type && terms[i]; ++i) {
        if (!strcmp(terms[i] + 1, product_type)) {
            return terms[i];
        }
    }
    return NULL;
}

static vo_err_t *put_this(vo_datalink_t *dl, const char *id,
                          const vo_image_t *image, apr_pool_t *scratch)
{
    vo_link_t link = {.semantics = "#this"};

    link.access_url = image->file.path
        ? vo_image_file_url(dl->base, dl->rel, image->did, 0, scratch)
        : apr_pstrcat(scratch, dl->base, "/", image->link, NULL);
    link.description = image->title ? image->title : image->obs_id;
    link.content_type = image->file.media_type;
    link.content_length = image->file.path ? image->file.size : -1;
    link.content_qualifier = qualifier(image->product_type);
    link.local_semantics = image->subtype;
    return vo_datalink_row(dl, id, &link);
}

static vo_err_t *put_product(vo_datalink_t *dl, const char *id,
                             const vo_image_t *image,
                             const vo_product_t *product, apr_pool_t *scratch)
{
    const vo_product_kind_t *kind = &vo_product_kinds[product->kind];
    vo_link_t link = {.semantics = kind->semantics};

    link.access_url = vo_image_file_url(dl->base, dl->rel, image->did,
                                        product->id, scratch);
    link.description = product->description ? product->description
                                            : kind->description;
    link.content_type = product->file.media_type;
    link.content_length = product->file.size;
    link.content_qualifier = product->file.media_type
                             && !strncmp(product->file.media_type, "image/", 6)
                                 ? "#image" : NULL;
    link.local_semantics = kind->name;
    return vo_datalink_row(dl, id, &link);
}

/* NAME is the DID of another image. Names that nothing here has are left to
 * the headers: they would be errors of no use, hundreds for a coadd. */
static vo_err_t *put_progenitor(vo_datalink_t *dl, const char *id,
                                const char *name, apr_pool_t *scratch)
{
    vo_link_t link = {.semantics = "#progenitor", .content_length = -1,
                      .content_type = VO_DATALINK_TYPE,
                      .local_semantics = "progenitor"};

    if (strncmp(name, "ivo://", 6)) {
        return NULL;
    }
    link.access_url = vo_image_links_url(dl->base, dl->rel, name, scratch);
    link.description = apr_pstrcat(scratch, "Made from ", name, NULL);
    return vo_datalink_row(dl, id, &link);
}

vo_err_t *vo_datalink_documentation(vo_datalink_t *dl, const char *id,
                                    apr_pool_t *scratch)
{
    const vo_release_t *rel = dl->rel;
    vo_link_t link = {.semantics = "#documentation", .content_length = -1};

    if (rel->reference_url) {
        link.access_url = rel->reference_url;
        link.description = apr_pstrcat(scratch, "About ",
                                       rel->title ? rel->title : rel->id,
                                       NULL);
        link.local_semantics = "reference";
        VO_TRY(vo_datalink_row(dl, id, &link));
    }
    if (rel->doi) {
        link.access_url = apr_pstrcat(
            scratch, "https://doi.org/",
            vo_image_url_value(strncmp(rel->doi, "doi:", 4) ? rel->doi
                                                            : rel->doi + 4,
                               scratch), NULL);
        link.description = apr_pstrcat(scratch, "DOI of ",
                                       rel->title ? rel->title : rel->id,
                                       NULL);
        link.content_type = "text/html";
        link.local_semantics = "doi";
        VO_TRY(vo_datalink_row(dl, id, &link));
    }
    return NULL;
}

/* Only VOTables have a place for the descriptors that say how. */
static vo_err_t *put_cutouts(vo_datalink_t *dl, const char *id,
                             const vo_image_t *image, apr_pool_t *scratch)
{
    vo_link_t link = {.semantics = "#cutout", .content_length = -1,
                      .content_type = "image/fits",
                      .local_semantics = "cutout"};
    int i, n;

    if (!dl->has_soda || !dl->fmt->is_votable || !image->file.path
        || !image->region || !image->product_type
        || (strcmp(image->product_type, "image")
            && strcmp(image->product_type, "cube"))) {
        return NULL;
    }
    n = vo_datalink_keep(dl, image);
    link.content_qualifier = qualifier(image->product_type);
    for (i = 0; i < 2; ++i) {
        link.service_def = vo_datalink_service_id(i, n, scratch);
        link.description = vo_soda_services[i].description;
        VO_TRY(vo_datalink_row(dl, id, &link));
    }
    return NULL;
}

/* An image flagged invalid is gone from searches and downloads, not from
 * history. */
static vo_err_t *put_invalid(vo_datalink_t *dl, const char *id,
                             const vo_image_t *image, apr_pool_t *scratch)
{
    vo_link_t link = {.semantics = "#this", .content_length = -1};

    link.description = image->title ? image->title : image->obs_id;
    link.error = apr_pstrcat(scratch, "NotFoundFault: this data product was"
                             " flagged invalid", image->comment ? ": " : "",
                             image->comment ? image->comment : "", NULL);
    link.content_type = image->file.media_type;
    link.content_qualifier = qualifier(image->product_type);
    return vo_datalink_row(dl, id, &link);
}

vo_err_t *vo_datalink_image(vo_datalink_t *dl, const char *id,
                            const vo_image_t *image, apr_pool_t *scratch)
{
    int i;

    if (!image->is_valid) {
        return put_invalid(dl, id, image, scratch);
    }
    VO_TRY(put_this(dl, id, image, scratch));
    for (i = 0; i < image->nproducts; ++i) {
        VO_TRY(put_product(dl, id, image, &image->products[i], scratch));
    }
    VO_TRY(put_cutouts(dl, id, image, scratch));
    for (i = 0; i < image->nprogenitors; ++i) {
        VO_TRY(put_progenitor(dl, id, image->progenitors[i], scratch));
    }
    return vo_datalink_documentation(dl, id, scratch);
}
