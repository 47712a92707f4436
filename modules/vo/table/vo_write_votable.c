/* vo_write_votable.c: VOTable documents, and their TABLEDATA form. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.4 (REC 2019-10-21), DALI 1.1 section 4.4 */
#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_votable.h"

/* The namespace is the same from 1.3 to 1.5. */
const char *const vo_votable_versions[] = {"1.3", "1.4", "1.5", NULL};
#define VOTABLE_NS "http://www.ivoa.net/xml/VOTable/v1.3"

static vo_err_t *put_root(vo_out_t *out, const char *version)
{
    VO_TRY(vo_out_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<VOTABLE"));
    VO_TRY(vo_vot_attr(out, "version", version));
    return vo_out_puts(out, " xmlns=\"" VOTABLE_NS "\">\n");
}

/* NAME as an XML name that is not in USED yet; it is entered there. */
static const char *make_id(apr_hash_t *used, const char *name,
                           apr_pool_t *pool)
{
    char *id = apr_pstrcat(pool, apr_isalpha(*name) ? "" : "_", name, NULL);
    const char *tried;
    char *p;
    int n;

    for (p = id; *p; ++p) {
        if (!apr_isalnum(*p) || (unsigned char)*p > 127) {
            *p = '_';
        }
    }
    for (n = 2, tried = id; apr_hash_get(used, tried, APR_HASH_KEY_STRING);
         ++n) {
        tried = apr_psprintf(pool, "%s_%d", id, n);
    }
    apr_hash_set(used, tried, APR_HASH_KEY_STRING, "");
    return tried;
}

/* The version the document is to have. */
static const char *version_of(const vo_tabledoc_t *doc)
{
    const char *asked = doc->version      ? NULL
                        : doc->media_type ? strstr(doc->media_type, "version=")
                                          : NULL;
    int i;

    for (i = 0; asked && vo_votable_versions[i]; ++i) {
        if (!strncmp(asked + 8, vo_votable_versions[i], 3)) {
            return vo_votable_versions[i];
        }
    }
    return doc->version ? doc->version : VO_VOTABLE_VERSION;
}

static int has_timesys(const vo_tabledoc_t *doc)
{
    return strcmp(version_of(doc), "1.4") >= 0;
}

/* Is there a COOSYS or TIMESYS REF? */
static int is_frame(const vo_tabledoc_t *doc, const char *ref)
{
    int i;

    for (i = 0; i < doc->ncoosys; ++i) {
        if (!strcmp(doc->coosys[i].id, ref)) {
            return 1;
        }
    }
    for (i = 0; i < doc->ntimesys && has_timesys(doc); ++i) {
        if (!strcmp(doc->timesys[i].id, ref)) {
            return 1;
        }
    }
    return 0;
}

int64_t vo_null_int(const vo_field_t *field, vo_type_e type)
{
    int64_t least, most, value;

    vo_type_range(type, &least, &most);
    if (field->null_value
        && vo_num_to_int64(field->null_value, (int)strlen(field->null_value),
                           &value)
        && value >= least && value <= most) {
        return value;
    }
    return type == VO_TYPE_UBYTE ? most : least;
}

/* BINARY and integers within arrays have no other way to say NULL. Bytes have
 * no number to spare for it: 255 is one like the others. */
static int needs_null(const vo_field_t *field, const vo_shape_t *shape,
                      vo_vot_e how)
{
    if (shape->type == VO_TYPE_UBYTE && shape->size == VO_VARIABLE) {
        return field->null_value && field->pg_oid != VO_OID_BYTEA;
    }
    return vo_type_is_int(shape->type)
           && (how == VO_VOT_BINARY || shape->size != VO_SCALAR
               || field->null_value)
           && !(shape->size != VO_SCALAR && field->pg_oid == VO_OID_BYTEA);
}

/* What VOTable says of FIELD, as SHAPE is said otherwise. */
static const char *datatype_of(const vo_field_t *field,
                               const vo_shape_t *shape)
{
    switch (field->as) {
    case VO_AS_BIT:
        return "bit";
    case VO_AS_COMPLEX:
        return shape->type == VO_TYPE_FLOAT ? "floatComplex" : "doubleComplex";
    default:
        return vo_type_name(shape->type);
    }
}

static const char *arraysize_of(const vo_field_t *field,
                                const vo_shape_t *shape)
{
    const char *x = shape->arraysize;

    return field->as != VO_AS_COMPLEX || !x ? x
           : !strncmp(x, "2x", 2)           ? x + 2
                                            : NULL;
}

static vo_err_t *put_field(vo_writer_t *w, const vo_field_t *field,
                           const vo_shape_t *shape, const char *id,
                           vo_vot_e how)
{
    vo_out_t *out = w->out;
    int has_ref = field->ref && is_frame(w->doc, field->ref);
    char null[VO_NUM_SIZE];

    VO_TRY(vo_out_puts(out, "<FIELD"));
    VO_TRY(vo_vot_attr(out, "ID", id));
    VO_TRY(vo_vot_attr(out, "name", field->name));
    VO_TRY(vo_vot_attr(out, "datatype", datatype_of(field, shape)));
    VO_TRY(vo_vot_attr(out, "arraysize", arraysize_of(field, shape)));
    VO_TRY(vo_vot_attr(out, "xtype", field->xtype));
    VO_TRY(vo_vot_attr(out, "unit", field->unit));
    VO_TRY(vo_vot_attr(out, "ucd", field->ucd));
    VO_TRY(vo_vot_attr(out, "utype", field->utype));
    VO_TRY(vo_vot_attr(out, "ref", has_ref ? field->ref : NULL));
    if (!needs_null(field, shape, how)
        && (!field->description || !*field->description)) {
        return vo_out_puts(out, "/>\n");
    }
    VO_TRY(vo_out_puts(out, ">\n"));
    VO_TRY(vo_vot_description(out, field->description));
    if (needs_null(field, shape, how)) {
        vo_num_from_int64(null, vo_null_int(field, shape->type));
        VO_TRY(vo_out_puts(out, "<VALUES"));
        VO_TRY(vo_vot_attr(out, "null", null));
        VO_TRY(vo_out_puts(out, "/>\n"));
    }
    return vo_out_puts(out, "</FIELD>\n");
}

static vo_err_t *put_resource_head(vo_writer_t *w)
{
    const vo_tabledoc_t *doc = w->doc;
    vo_out_t *out = w->out;
    int i;

    VO_TRY(put_root(out, version_of(doc)));
    VO_TRY(vo_out_puts(out, "<RESOURCE type=\"results\""));
    VO_TRY(vo_vot_attr(out, "utype", doc->utype));
    VO_TRY(vo_out_puts(out, ">\n"));
    VO_TRY(vo_vot_description(out, doc->resource_description));
    VO_TRY(vo_vot_status(out, "OK", NULL));
    for (i = 0; i < doc->ninfos; ++i) {
        VO_TRY(vo_vot_info(out, &doc->infos[i]));
    }
    for (i = 0; !doc->utype && i < doc->nparams; ++i) {
        VO_TRY(vo_vot_param(w, &doc->params[i]));
    }
    for (i = 0; i < doc->ncoosys; ++i) {
        VO_TRY(vo_out_puts(out, "<COOSYS"));
        VO_TRY(vo_vot_attr(out, "ID", doc->coosys[i].id));
        VO_TRY(vo_vot_attr(out, "system", doc->coosys[i].system));
        VO_TRY(vo_vot_attr(out, "equinox", doc->coosys[i].equinox));
        VO_TRY(vo_vot_attr(out, "epoch", doc->coosys[i].epoch));
        if (!strcmp(version_of(doc), "1.5")) {
            VO_TRY(vo_vot_attr(out, "refposition",
                               doc->coosys[i].refposition));
        }
        VO_TRY(vo_out_puts(out, "/>\n"));
    }
    for (i = 0; i < doc->ntimesys && has_timesys(doc); ++i) {
        VO_TRY(vo_out_puts(out, "<TIMESYS"));
        VO_TRY(vo_vot_attr(out, "ID", doc->timesys[i].id));
        VO_TRY(vo_vot_attr(out, "timeorigin", doc->timesys[i].timeorigin));
        VO_TRY(vo_vot_attr(out, "timescale", doc->timesys[i].timescale));
        VO_TRY(vo_vot_attr(out, "refposition", doc->timesys[i].refposition));
        VO_TRY(vo_out_puts(out, "/>\n"));
    }
    return NULL;
}

vo_err_t *vo_votable_head(vo_writer_t *w, const vo_shape_t *shapes,
                          vo_vot_e how)
{
    const vo_tabledoc_t *doc = w->doc;
    apr_hash_t *used = apr_hash_make(w->pool);
    const char **ids = apr_pcalloc(w->pool, ((apr_size_t)doc->nfields + 1)
                                                * sizeof(*ids));
    int i;

    w->ids = ids;
    apr_hash_set(used, "Error", APR_HASH_KEY_STRING, "");
    for (i = 0; i < doc->ninfos; ++i) {
        if (doc->infos[i].id) {
            apr_hash_set(used, doc->infos[i].id, APR_HASH_KEY_STRING, "");
        }
    }
    for (i = 0; i < doc->ncoosys; ++i) {
        apr_hash_set(used, doc->coosys[i].id, APR_HASH_KEY_STRING, "");
    }
    for (i = 0; i < doc->ntimesys; ++i) {
        apr_hash_set(used, doc->timesys[i].id, APR_HASH_KEY_STRING, "");
    }
    for (i = 0; i < doc->ndescriptors; ++i) {
        if (doc->descriptors[i].id) {
            apr_hash_set(used, doc->descriptors[i].id, APR_HASH_KEY_STRING,
                         "");
        }
    }
    VO_TRY(put_resource_head(w));
    VO_TRY(vo_out_puts(w->out, "<TABLE"));
    VO_TRY(vo_vot_attr(w->out, "name", doc->name));
    VO_TRY(vo_vot_attr(w->out, "utype", doc->utype));
    VO_TRY(vo_out_puts(w->out, ">\n"));
    VO_TRY(vo_vot_description(w->out, doc->description));
    for (i = 0; doc->utype && i < doc->nparams; ++i) {
        VO_TRY(vo_vot_param(w, &doc->params[i]));
    }
    for (i = 0; i < doc->nfields; ++i) {
        ids[i] = make_id(used, doc->fields[i].name, w->pool);
        VO_TRY(put_field(w, &doc->fields[i], &shapes[i], ids[i], how));
    }
    for (i = 0; i < doc->ngroups; ++i) {
        VO_TRY(vo_vot_group(w, &doc->groups[i]));
    }
    for (i = 0; i < doc->nlinks; ++i) {
        VO_TRY(vo_out_puts(w->out, "<LINK"));
        VO_TRY(vo_vot_attr(w->out, "content-role", doc->links[i].role));
        VO_TRY(vo_vot_attr(w->out, "title", doc->links[i].title));
        VO_TRY(vo_vot_attr(w->out, "href", doc->links[i].href));
        VO_TRY(vo_out_puts(w->out, "/>\n"));
    }
    VO_TRY(vo_out_puts(w->out, "<DATA>\n"));
    return vo_out_puts(w->out,
                       how == VO_VOT_TABLEDATA ? "<TABLEDATA>\n"
                       : how == VO_VOT_BINARY
                           ? "<BINARY>\n<STREAM encoding=\"base64\">\n"
                           : "<BINARY2>\n<STREAM encoding=\"base64\">\n");
}

/* Cone search 1.03 section 2.3: INFO with ID and name Error and the message as
 * value, under VOTABLE. */
static vo_err_t *put_scs_error(vo_out_t *out, const char *text)
{
    vo_info_t info = {"Error", text, NULL, NULL, "Error"};

    return vo_vot_info(out, &info);
}

vo_err_t *vo_votable_tail(vo_writer_t *w, vo_vot_e how, vo_done_e done,
                          const vo_err_t *err)
{
    vo_out_t *out = w->out;

    VO_TRY(vo_out_puts(out, how == VO_VOT_TABLEDATA ? "</TABLEDATA>\n"
                            : how == VO_VOT_BINARY
                                ? "</STREAM>\n</BINARY>\n"
                                : "</STREAM>\n</BINARY2>\n"));
    VO_TRY(vo_out_puts(out, "</DATA>\n</TABLE>\n"));
    if (err) {
        VO_TRY(vo_vot_status(out, "ERROR", vo_err_public(err, w->pool)));
    }
    else if (done == VO_DONE_OVERFLOW) {
        VO_TRY(vo_vot_status(out, "OVERFLOW", NULL));
    }
    VO_TRY(vo_out_puts(out, "</RESOURCE>\n"));
    VO_TRY(vo_vot_descriptors(w));
    if (err && w->doc->is_scs) {
        VO_TRY(put_scs_error(out, vo_err_public(err, w->pool)));
    }
    return vo_out_puts(out, "</VOTABLE>\n");
}

vo_err_t *vo_votable_error(vo_out_t *out, const vo_err_t *err, int is_scs,
                           apr_pool_t *pool)
{
    const char *text = vo_err_public(err, pool);

    VO_TRY(put_root(out, VO_VOTABLE_VERSION));
    if (is_scs) {
        VO_TRY(put_scs_error(out, text));
    }
    VO_TRY(vo_out_puts(out, "<RESOURCE type=\"results\">\n"));
    VO_TRY(vo_vot_status(out, "ERROR", text));
    return vo_out_puts(out, "</RESOURCE>\n</VOTABLE>\n");
}

/* ---- TABLEDATA ---- */

static const vo_style_t style = {
    "NaN", "+Inf", "-Inf", NULL, "?", "", " ", "", 0, 0, 1, vo_xml_text,
};

typedef struct td_t {
    vo_tcol_t *cols;
    apr_size_t need;
    vo_rowbuf_t row;
} td_t;

static vo_err_t *td_begin(vo_writer_t *w)
{
    td_t *td = apr_pcalloc(w->pool, sizeof(*td));

    w->state = td;
    VO_TRY(vo_tcols_make(&td->cols, &td->need, w, &style, &td->row));
    return vo_votable_head(w, vo_shapes(w->doc, w->pool), VO_VOT_TABLEDATA);
}

static vo_err_t *td_row(vo_writer_t *w, const vo_cell_t *cells)
{
    td_t *td = w->state;
    int i, n = w->doc->nfields;
    char *p;

    VO_TRY(vo_rowbuf_begin(&td->row, vo_row_room(cells, n, td->need), &p));
    memcpy(p, "<TR>", 4);
    p += 4;
    for (i = 0; i < n; ++i) {
        const vo_tcol_t *col = &td->cols[i];

        if (cells[i].len < 0 && !col->null_cell_len) {
            memcpy(p, "<TD/>", 5);
            p += 5;
            continue;
        }
        memcpy(p, "<TD>", 4);
        p += 4;
        if (cells[i].len < 0) {
            memcpy(p, col->null_cell, (apr_size_t)col->null_cell_len);
            p += col->null_cell_len;
        }
        else if (!(p = col->put(col, p, cells[i].data, cells[i].len))) {
            return vo_cell_error(w, i, td->row.reason);
        }
        memcpy(p, "</TD>", 5);
        p += 5;
    }
    memcpy(p, "</TR>\n", 6);
    w->nrows++;
    return vo_rowbuf_end(&td->row, p + 6);
}

static vo_err_t *td_end(vo_writer_t *w, vo_done_e done)
{
    return vo_votable_tail(w, VO_VOT_TABLEDATA, done, NULL);
}

static vo_err_t *td_fail(vo_writer_t *w, const vo_err_t *err)
{
    return vo_votable_tail(w, VO_VOT_TABLEDATA, VO_DONE_OK, err);
}

static const char *const aliases[] = {
    "application/x-votable+xml", "text/xml",        "votable/td",
    "application/x-votable",     "application/xml", "xml",
    "votabletd",                 "vot",             "votable/tabledata",
    "votable_tabledata",         "votable-tabledata", "votable-td",
    "votable_plain",             NULL,
};

const vo_tablefmt_t vo_fmt_votable = {
    .name = "votable",
    .media_type = "application/x-votable+xml",
    .extension = "vot",
    .ivoid = "ivo://ivoa.net/std/TAPRegExt#output-votable-td",
    .aliases = aliases,
    .is_votable = 1,
    .tells_failure = 1,
    .begin = td_begin,
    .row = td_row,
    .end = td_end,
    .fail = td_fail,
};
