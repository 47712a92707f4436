/* vo_read_votable.c: VOTable documents in every serialisation. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.0 to 1.5. libxml2's push parser calls us for every element: no
 * tree is built, so a stream of any length passes through. A document type
 * is let pass, but nothing is loaded for it, and one that declares entities
 * is refused. */
#include <stdlib.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include "vo_base64.h"
#include "vo_read.h"

#define CHUNK 65536
#define MAX_FIELDS 4096

typedef enum {
    IN_NOTHING,
    IN_TABLEDATA,
    IN_BINARY,
    IN_BINARY2,
    IN_FITS
} data_e;

typedef struct bytes_t { /* grows in the reader's pool */
    char *data;
    apr_size_t used, cap;
} bytes_t;

typedef struct group_t {
    vo_group_t group;
    const char **refs; /* IDs until the fields are known */
    int nrefs;
} group_t;

typedef struct vot_t {
    vo_reader_t *r;
    gzFile file;
    xmlParserCtxtPtr parser;
    apr_off_t total;
    int is_eof;
    vo_err_t *err;        /* what a callback found wrong */
    /* where we are */
    int ntables;          /* TABLE elements seen */
    int is_in_table, is_done; /* in, behind the wanted one */
    int is_ready;         /* its fields are complete */
    data_e data;
    int in_td, in_stream, in_tr;
    int is_gzipped;
    /* text being collected */
    bytes_t text;
    int wants_text;
    const char **text_goes; /* DESCRIPTION of what */
    const char *status;     /* QUERY_STATUS ERROR: its text is awaited */
    /* the table */
    vo_field_t *fields;
    vo_rcol_t *cols;
    const char **ids;
    int nfields, cap;
    vo_field_t *field;    /* the FIELD we are in */
    const char *datatype; /* its word */
    group_t *groups;
    int ngroups, group_cap;
    int group_depth;
    apr_array_header_t *params;
    const char *coosys_id; /* the first one */
    int extnum;
    /* rows of TABLEDATA waiting: cells as (length, bytes) */
    bytes_t rows;
    apr_size_t at;
    int ncells;
    apr_int64_t nrows, nhanded; /* parsed, handed out */
    vo_rowmake_t cell;
    /* BINARY waiting */
    bytes_t bin;
    apr_size_t bin_at;
    vo_unbase64_t unbase64;
    bytes_t packed; /* gzip before it is inflated */
    apr_size_t packed_at;
    z_stream inflate;
    int is_inflating, is_inflated;
    /* FITS */
    apr_file_t *fits_file;
    char *fits_path;
    void *fits; /* the state of the FITS reader */
} vot_t;

/* ---- small helpers ---- */

static void stop(vot_t *v, vo_err_t *err)
{
    if (!v->err) {
        v->err = err;
        xmlStopParser(v->parser);
    }
}

static void *append(vo_reader_t *r, bytes_t *b, apr_size_t len)
{
    if (b->used + len > b->cap) {
        char *grown;

        b->cap = 2 * (b->used + len) + 1024;
        grown = apr_palloc(r->pool, b->cap);
        if (b->used) {
            memcpy(grown, b->data, b->used);
        }
        b->data = grown;
    }
    return b->data + b->used;
}

/* Attribute NAME of a SAX2 attribute list, copied to the pool, or NULL. */
static const char *attr(vot_t *v, int n, const xmlChar **a, const char *name)
{
    int i;

    for (i = 0; i < n; ++i, a += 5) {
        if (!strcmp((const char *)a[0], name)) {
            return apr_pstrmemdup(v->r->pool, (const char *)a[3],
                                  (apr_size_t)(a[4] - a[3]));
        }
    }
    return NULL;
}

static const char *non_empty(const char *text)
{
    return text && *text ? text : NULL;
}

static void want_text(vot_t *v, const char **goes)
{
    v->text.used = 0;
    v->wants_text = 1;
    v->text_goes = goes;
}

static const char *take_text(vot_t *v)
{
    const char *s = v->text.data, *end = s + v->text.used;

    v->wants_text = 0;
    while (s < end && strchr(" \t\r\n", *s)) {
        ++s;
    }
    while (end > s && strchr(" \t\r\n", end[-1])) {
        --end;
    }
    return end > s ? apr_pstrmemdup(v->r->pool, s, (apr_size_t)(end - s))
                   : NULL;
}

/* ---- metadata ---- */

static void start_field(vot_t *v, int n, const xmlChar **a)
{
    vo_field_t *f;

    if (v->nfields == MAX_FIELDS) {
        stop(v, vo_file_error(v->r, "the table has more than %d columns",
                              MAX_FIELDS));
        return;
    }
    if (v->nfields == v->cap) {
        int cap = v->cap ? 2 * v->cap : 32;
        vo_field_t *fields = apr_pcalloc(v->r->pool, sizeof(*fields)
                                                         * (apr_size_t)cap);
        vo_rcol_t *cols = apr_pcalloc(v->r->pool,
                                      sizeof(*cols) * (apr_size_t)cap);
        const char **ids = apr_pcalloc(v->r->pool,
                                       sizeof(*ids) * (apr_size_t)cap);

        if (v->nfields) {
            memcpy(fields, v->fields, sizeof(*fields) * (apr_size_t)v->cap);
            memcpy(cols, v->cols, sizeof(*cols) * (apr_size_t)v->cap);
            memcpy(ids, v->ids, sizeof(*ids) * (apr_size_t)v->cap);
        }
        v->fields = fields;
        v->cols = cols;
        v->ids = ids;
        v->cap = cap;
    }
    f = v->field = &v->fields[v->nfields];
    v->ids[v->nfields++] = attr(v, n, a, "ID");
    f->name = non_empty(attr(v, n, a, "name"));
    if (!f->name) {
        f->name = non_empty(v->ids[v->nfields - 1]);
    }
    if (!f->name) {
        f->name = apr_psprintf(v->r->pool, "col%d", v->nfields);
    }
    f->arraysize = attr(v, n, a, "arraysize");
    f->xtype = non_empty(attr(v, n, a, "xtype"));
    f->unit = non_empty(attr(v, n, a, "unit"));
    f->ucd = non_empty(attr(v, n, a, "ucd"));
    f->utype = non_empty(attr(v, n, a, "utype"));
    f->ref = non_empty(attr(v, n, a, "ref"));
    v->datatype = attr(v, n, a, "datatype");
}

static void end_field(vot_t *v)
{
    vo_field_t *f = v->field;
    const char *word = v->datatype ? v->datatype : "";

    v->field = NULL;
    if (!vo_rcol_make(&v->cols[v->nfields - 1], f, word, v->r->pool)) {
        stop(v, vo_file_error(v->r, "column %d \"%s\": datatype \"%s\" with "
                                    "arraysize \"%s\" is not understood",
                              v->nfields, f->name, word,
                              f->arraysize ? f->arraysize : ""));
    }
}

static void start_group(vot_t *v, int n, const xmlChar **a)
{
    group_t *g;

    if (v->group_depth++) {
        return; /* columns of a nested group count for the outer one */
    }
    if (v->ngroups == v->group_cap) {
        int cap = v->group_cap ? 2 * v->group_cap : 8;
        group_t *groups = apr_pcalloc(v->r->pool,
                                      sizeof(*groups) * (apr_size_t)cap);

        if (v->ngroups) {
            memcpy(groups, v->groups,
                   sizeof(*groups) * (apr_size_t)v->ngroups);
        }
        v->groups = groups;
        v->group_cap = cap;
    }
    g = &v->groups[v->ngroups++];
    memset(g, 0, sizeof(*g));
    g->group.name = non_empty(attr(v, n, a, "name"));
    g->group.ucd = non_empty(attr(v, n, a, "ucd"));
    g->group.utype = non_empty(attr(v, n, a, "utype"));
}

static void add_field_ref(vot_t *v, const char *ref)
{
    group_t *g = &v->groups[v->ngroups - 1];

    if (ref && g->nrefs < MAX_FIELDS) {
        if (!(g->nrefs & (g->nrefs - 1))) { /* full at every power of two */
            const char **refs = apr_palloc(
                v->r->pool,
                sizeof(*refs) * (g->nrefs ? 2 * (apr_size_t)g->nrefs : 1));

            if (g->nrefs) {
                memcpy(refs, g->refs, sizeof(*refs) * (apr_size_t)g->nrefs);
            }
            g->refs = refs;
        }
        g->refs[g->nrefs++] = ref;
    }
}

static void resolve_groups(vot_t *v)
{
    vo_tableinfo_t *info = &v->r->info;
    int i, j, k;

    info->groups = apr_pcalloc(v->r->pool, sizeof(vo_group_t)
                                               * ((apr_size_t)v->ngroups + 1));
    for (i = 0; i < v->ngroups; ++i) {
        group_t *g = &v->groups[i];
        vo_group_t *out = &info->groups[info->ngroups];

        *out = g->group;
        out->columns = apr_pcalloc(v->r->pool, sizeof(char *)
                                                   * ((apr_size_t)g->nrefs
                                                      + 1));
        for (j = 0; j < g->nrefs; ++j) {
            for (k = 0; k < v->nfields; ++k) {
                if (v->ids[k] && !strcmp(v->ids[k], g->refs[j])) {
                    out->columns[out->ncolumns++] = v->fields[k].name;
                    break;
                }
            }
        }
        info->ngroups += out->ncolumns > 0;
    }
}

static void add_param(vot_t *v, int n, const xmlChar **a)
{
    vo_info_t *info;

    if (v->params->nelts > 10000) {
        return;
    }
    info = apr_array_push(v->params);
    memset(info, 0, sizeof(*info));
    info->name = attr(v, n, a, "name");
    info->value = attr(v, n, a, "value");
    info->ucd = attr(v, n, a, "ucd");
    info->id = attr(v, n, a, "ID");
    if (info->name && info->value && !strcmp(info->name, "QUERY_STATUS")
        && !strcmp(info->value, "ERROR")) {
        v->status = "";
        want_text(v, NULL);
    }
}

static void start_coosys(vot_t *v, int n, const xmlChar **a)
{
    const char *id = attr(v, n, a, "ID");

    if (!v->coosys_id) {
        v->coosys_id = id ? id : "";
        v->r->info.system = non_empty(attr(v, n, a, "system"));
        v->r->info.epoch = non_empty(attr(v, n, a, "epoch"));
    }
}

/* ---- elements ---- */

static void start_table(vot_t *v, int n, const xmlChar **a)
{
    const char *nrows;

    if (v->is_done || v->ntables++ != v->r->opts.table) {
        return;
    }
    v->is_in_table = 1;
    v->r->info.name = non_empty(attr(v, n, a, "name"));
    nrows = attr(v, n, a, "nrows");
    if (nrows) {
        char *end;
        apr_int64_t count = apr_strtoi64(nrows, &end, 10);

        v->r->info.nrows = end > nrows && !*end && count >= 0 ? count : -1;
    }
}

static void start_data(vot_t *v, data_e data)
{
    if (!v->nfields) {
        stop(v, vo_file_error(v->r, "the table has data but no FIELD"));
        return;
    }
    v->data = data;
    v->is_ready = 1;
    v->r->info.nfields = v->nfields; /* errors name columns */
    v->r->info.fields = v->fields;
}

static void start_stream(vot_t *v, int n, const xmlChar **a)
{
    const char *href = attr(v, n, a, "href");
    const char *encoding = attr(v, n, a, "encoding");

    if (href && *href) {
        stop(v, vo_file_error(v->r, "the data are elsewhere (href=\"%s\"); "
                                    "only data inside the document are read",
                              href));
        return;
    }
    if (encoding && !strcmp(encoding, "gzip")) {
        v->is_gzipped = 1;
    }
    else if (encoding && strcmp(encoding, "base64")) {
        stop(v, vo_file_error(v->r, "STREAM encoding \"%s\" is not read",
                              encoding));
        return;
    }
    v->in_stream = 1;
}

/* Elements that count inside the wanted table. */
static void start_in_table(vot_t *v, const char *name, int n,
                           const xmlChar **a)
{
    if (!strcmp(name, "FIELD")) {
        start_field(v, n, a);
    }
    else if (!strcmp(name, "VALUES")) {
        if (v->field && !v->field->null_value) {
            v->field->null_value = non_empty(attr(v, n, a, "null"));
        }
    }
    else if (!strcmp(name, "GROUP")) {
        start_group(v, n, a);
    }
    else if (!strcmp(name, "FIELDref") && v->group_depth) {
        add_field_ref(v, attr(v, n, a, "ref"));
    }
    else if (!strcmp(name, "DESCRIPTION")) {
        want_text(v, v->field ? &v->field->description
                     : v->group_depth
                         ? &v->groups[v->ngroups - 1].group.description
                         : &v->r->info.description);
    }
    else if (!strcmp(name, "TABLEDATA")) {
        start_data(v, IN_TABLEDATA);
    }
    else if (!strcmp(name, "BINARY")) {
        start_data(v, IN_BINARY);
    }
    else if (!strcmp(name, "BINARY2")) {
        start_data(v, IN_BINARY2);
    }
    else if (!strcmp(name, "FITS")) {
        const char *extnum = attr(v, n, a, "extnum");

        v->extnum = extnum ? (int)apr_strtoi64(extnum, NULL, 10) : -1;
        start_data(v, IN_FITS);
    }
    else if (!strcmp(name, "STREAM") && v->data > IN_TABLEDATA) {
        start_stream(v, n, a);
    }
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *prefix,
                     const xmlChar *uri, int nns, const xmlChar **ns,
                     int nattrs, int ndefaulted, const xmlChar **attrs)
{
    vot_t *v = ctx;
    const char *name = (const char *)local;

    (void)prefix;
    (void)uri;
    (void)nns;
    (void)ns;
    (void)ndefaulted;
    if (v->err) {
        return;
    }
    if (v->data == IN_TABLEDATA && v->is_in_table) { /* the busy place */
        if (!strcmp(name, "TD")) {
            v->in_td = v->in_tr;
            v->text.used = 0;
            if (attr(v, nattrs, attrs, "encoding")) {
                stop(v, vo_row_error(v->r, -1, "TD with an encoding is not "
                                               "read"));
            }
        }
        else if (!strcmp(name, "TR")) {
            v->in_tr = 1;
            v->ncells = 0;
            v->r->nread = v->nrows; /* for messages; set right by next() */
            vo_row_restart(&v->cell);
        }
        return;
    }
    if (!strcmp(name, "TABLE")) {
        start_table(v, nattrs, attrs);
    }
    else if (!strcmp(name, "COOSYS")) {
        start_coosys(v, nattrs, attrs);
    }
    else if (!strcmp(name, "INFO")
             || (!strcmp(name, "PARAM") && !v->group_depth)) {
        add_param(v, nattrs, attrs);
    }
    else if (v->is_in_table) {
        start_in_table(v, name, nattrs, attrs);
    }
}

static void end_cell(vot_t *v)
{
    const char *why;

    v->in_td = 0;
    if (v->ncells == v->nfields) {
        stop(v, vo_row_error(v->r, -1, "there are more cells than the %d "
                                       "FIELDs",
                             v->nfields));
        return;
    }
    why = vo_rcol_text(&v->cell, &v->cols[v->ncells], v->text.data,
                       (int)v->text.used);
    if (why) {
        stop(v, vo_row_error(v->r, v->ncells, "%s: \"%.*s\"", why,
                             v->text.used < 60 ? (int)v->text.used : 60,
                             v->text.data));
        return;
    }
    v->ncells++;
}

/* Keep the row: its cells' lengths, then their bytes. */
static void end_row(vot_t *v)
{
    apr_size_t lengths = sizeof(int) * (apr_size_t)v->nfields;
    const vo_cell_t *cells;
    char *p;
    int i;

    v->in_tr = 0;
    if (v->ncells != v->nfields) {
        stop(v, vo_row_error(v->r, -1, "there are %d cells for %d FIELDs",
                             v->ncells, v->nfields));
        return;
    }
    cells = vo_row_cells(&v->cell);
    p = append(v->r, &v->rows, lengths + v->cell.used);
    for (i = 0; i < v->nfields; ++i) {
        memcpy(p + sizeof(int) * (apr_size_t)i, &cells[i].len, sizeof(int));
    }
    p += lengths;
    for (i = 0; i < v->nfields; ++i) {
        if (cells[i].len > 0) {
            memcpy(p, cells[i].data, (apr_size_t)cells[i].len);
            p += cells[i].len;
        }
    }
    v->rows.used = (apr_size_t)(p - v->rows.data);
    v->nrows++;
}

static void on_end(void *ctx, const xmlChar *local, const xmlChar *prefix,
                   const xmlChar *uri)
{
    vot_t *v = ctx;
    const char *name = (const char *)local;

    (void)prefix;
    (void)uri;
    if (v->err) {
        return;
    }
    if (v->in_td && !strcmp(name, "TD")) {
        end_cell(v);
    }
    else if (v->in_tr && !strcmp(name, "TR")) {
        end_row(v);
    }
    else if (v->wants_text
             && (!strcmp(name, "DESCRIPTION") || !strcmp(name, "INFO"))) {
        const char *text = take_text(v);

        if (v->text_goes) {
            *v->text_goes = text;
        }
        if (v->status && !strcmp(name, "INFO")) {
            stop(v, vo_file_error(v->r, "is an error document: %s",
                                  text ? text : "QUERY_STATUS is ERROR"));
        }
    }
    else if (!v->is_in_table) {
        return;
    }
    else if (v->field && !strcmp(name, "FIELD")) {
        end_field(v);
    }
    else if (v->group_depth && !strcmp(name, "GROUP")) {
        v->group_depth--;
    }
    else if (!strcmp(name, "STREAM")) {
        v->in_stream = 0;
    }
    else if (!strcmp(name, "TABLE")) {
        v->is_in_table = 0;
        v->is_done = 1;
        v->is_ready = 1;
    }
}

/* base64 to bytes: to the decoder's buffer, or to the file of a FITS stream. */
static void on_stream_text(vot_t *v, const char *text, apr_size_t len)
{
    bytes_t *to = v->is_gzipped ? &v->packed : &v->bin;
    unsigned char *out = append(v->r, to, len / 4 * 3 + 4);
    apr_ssize_t n = vo_unbase64(&v->unbase64, out, text, len);

    if (n < 0) {
        stop(v, vo_file_error(v->r, "the STREAM is not base64"));
        return;
    }
    to->used += (apr_size_t)n;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
    vot_t *v = ctx;

    if (v->err) {
        return;
    }
    if (v->in_stream) {
        on_stream_text(v, (const char *)text, (apr_size_t)len);
    }
    else if (v->in_td || v->wants_text) {
        if (v->text.used + (apr_size_t)len > VO_CELL_MAX) {
            stop(v, vo_row_error(v->r, -1, "a cell is too long"));
            return;
        }
        memcpy(append(v->r, &v->text, (apr_size_t)len), text,
               (apr_size_t)len);
        v->text.used += (apr_size_t)len;
    }
}

/* A document that declares entities is up to no good. */
static void on_entity(void *ctx, const xmlChar *name, int type,
                      const xmlChar *public_id, const xmlChar *system_id,
                      xmlChar *content)
{
    vot_t *v = ctx;

    (void)type;
    (void)public_id;
    (void)system_id;
    (void)content;
    stop(v, vo_file_error(v->r, "declares the XML entity \"%.60s\"; documents "
                                "with entities are not read",
                          (const char *)name));
}

/* Only the five of XML itself. */
static xmlEntityPtr on_get_entity(void *ctx, const xmlChar *name)
{
    (void)ctx;
    return xmlGetPredefinedEntity(name);
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *id,
                       const xmlChar *uri)
{
    (void)ctx;
    (void)name;
    (void)id;
    (void)uri;
}

static void on_error(void *ctx, xmlErrorPtr error)
{
    vot_t *v = ctx;
    char *message, *end;

    if (v->err || !error || error->level < XML_ERR_ERROR
        || error->domain == XML_FROM_NAMESPACE) {
        return;
    }
    message = apr_pstrdup(v->r->pool, error->message ? error->message : "?");
    end = message + strlen(message);
    while (end > message && end[-1] == '\n') {
        *--end = '\0';
    }
    stop(v, vo_file_error(v->r, "line %d: not well-formed XML: %s%s",
                          error->line, message,
                          v->is_in_table && v->data != IN_NOTHING
                              ? apr_psprintf(v->r->pool,
                                             " (behind row %" APR_INT64_T_FMT
                                             ")",
                                             v->nrows)
                              : ""));
}

/* ---- feeding ---- */

/* Give the parser the next piece of the file. */
static vo_err_t *feed(vot_t *v)
{
    char buf[CHUNK];
    vo_reader_t *r = v->r;
    int n = gzread(v->file, buf, CHUNK), code = 0;

    if (n < 0) {
        return vo_file_error(r, "cannot be decompressed: %s",
                             gzerror(v->file, &code));
    }
    v->total += n;
    if (r->opts.max_bytes && v->total > r->opts.max_bytes) {
        return vo_err_make(r->pool, VO_ERR_LIMIT,
                           "%s: has more than the %" APR_OFF_T_FMT
                           " bytes that are allowed",
                           r->path, r->opts.max_bytes);
    }
    v->is_eof = n == 0;
    code = xmlParseChunk(v->parser, buf, n, n == 0);
    if (v->err) {
        return v->err;
    }
    return code && code < XML_NS_ERR_XML_NAMESPACE
               ? vo_file_error(r, "not well-formed XML (libxml2 code %d)",
                               code)
               : NULL;
}

static vo_err_t *open_parser(vot_t *v)
{
    vo_reader_t *r = v->r;
    xmlSAXHandler sax;

    memset(&sax, 0, sizeof(sax));
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = on_start;
    sax.endElementNs = on_end;
    sax.characters = on_text;
    sax.ignorableWhitespace = on_text;
    sax.cdataBlock = on_text;
    sax.entityDecl = on_entity;
    sax.getEntity = on_get_entity;
    sax.internalSubset = on_doctype;
    sax.serror = on_error;
    v->file = gzopen(r->path, "rb");
    if (!v->file) {
        return vo_file_error(r, "cannot be opened");
    }
    gzbuffer(v->file, 2 * CHUNK);
    v->parser = xmlCreatePushParserCtxt(&sax, v, NULL, 0, NULL);
    if (!v->parser) {
        return vo_err_fault(r->pool, APR_ENOMEM, "Memory is short",
                            "xmlCreatePushParserCtxt");
    }
    /* NOENT: else &amp; in attributes arrives as &#38;. There are no other
     * entities, see on_entity. */
    xmlCtxtUseOptions(v->parser,
                      XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOENT);
    return NULL;
}

/* ---- FITS inside ---- */

static vo_err_t *spool_fault(vo_reader_t *r, apr_status_t rv)
{
    return vo_err_fault(r->pool, rv, "A temporary file cannot be written",
                        "for the FITS stream of %s", r->path);
}

/* Rows of compressed streams appear when they are asked for. */
static vo_err_t *inflate_some(vot_t *v, int *is_more);

/* Move the whole stream to a file, then read that. Column metadata are those
 * of the VOTable, the types those of the FITS file. */
static vo_err_t *open_fits_stream(vot_t *v)
{
    vo_reader_t *r = v->r;
    vo_tableinfo_t outer = r->info;
    const char *dir;
    apr_status_t rv = apr_temp_dir_get(&dir, r->pool);
    vo_err_t *err;
    int i, is_more = 1;

    v->fits_path = rv ? NULL : apr_pstrcat(r->pool, dir, "/vo-fits-XXXXXX",
                                           NULL);
    rv = rv ? rv : apr_file_mktemp(&v->fits_file, v->fits_path,
                                   APR_FOPEN_CREATE | APR_FOPEN_WRITE
                                       | APR_FOPEN_EXCL | APR_FOPEN_BINARY,
                                   r->pool);
    if (rv) {
        v->fits_path = NULL;
        return spool_fault(r, rv);
    }
    while (is_more) {
        if (v->is_gzipped) {
            VO_TRY(inflate_some(v, &is_more));
        }
        rv = apr_file_write_full(v->fits_file, v->bin.data, v->bin.used, NULL);
        if (rv) {
            return spool_fault(r, rv);
        }
        v->bin.used = 0;
        if (!v->is_eof) {
            VO_TRY(feed(v));
            is_more = 1;
        }
        else {
            is_more = v->bin.used || (v->is_gzipped && is_more);
        }
    }
    apr_file_close(v->fits_file);
    r->info.nrows = -1;
    r->info.nparams = 0;
    err = vo_fits_attach(r, v->fits_path, v->extnum);
    v->fits = r->state;
    r->state = v;
    VO_TRY(err);
    if (r->info.nfields != outer.nfields) {
        return vo_file_error(r, "the FITS stream has %d columns for %d "
                                "FIELDs",
                             r->info.nfields, outer.nfields);
    }
    for (i = 0; i < outer.nfields; ++i) {
        vo_field_t *f = &outer.fields[i];
        const vo_field_t *in = &r->info.fields[i];

        f->type = in->type;
        f->size = in->size;
        f->arraysize = in->arraysize;
        f->pg_oid = in->pg_oid;
        f->null_value = in->null_value;
    }
    outer.nrows = r->info.nrows;
    r->info = outer;
    return NULL;
}

/* ---- the reader ---- */

static vo_err_t *vot_open(vo_reader_t *r)
{
    vot_t *v = apr_pcalloc(r->pool, sizeof(*v));

    r->state = v;
    v->r = r;
    v->params = apr_array_make(r->pool, 8, sizeof(vo_info_t));
    VO_TRY(open_parser(v));
    vo_row_init(&v->cell, MAX_FIELDS, r->pool);
    append(r, &v->text, 1024);
    while (!v->is_ready && !v->is_eof) {
        VO_TRY(feed(v));
    }
    if (!v->is_ready) {
        return v->ntables
                   ? vo_file_error(r, "holds %d table%s; table %d was asked "
                                      "for",
                                   v->ntables, v->ntables == 1 ? "" : "s",
                                   r->opts.table + 1)
                   : vo_file_error(r, "holds no table");
    }
    if (!v->nfields) {
        return vo_file_error(r, "the table has no FIELD");
    }
    r->info.nfields = v->nfields;
    r->info.fields = v->fields;
    r->info.nparams = v->params->nelts;
    r->info.params = (vo_info_t *)v->params->elts;
    resolve_groups(v);
    return v->data == IN_FITS ? open_fits_stream(v) : NULL;
}

static vo_err_t *next_text_row(vot_t *v, const vo_cell_t **cells)
{
    vo_reader_t *r = v->r;
    apr_size_t lengths = sizeof(int) * (apr_size_t)v->nfields;
    const char *p;
    int i;

    while (v->at == v->rows.used) {
        v->at = v->rows.used = 0;
        if (v->is_eof) {
            return NULL;
        }
        VO_TRY(feed(v));
    }
    p = v->rows.data + v->at;
    for (i = 0; i < v->nfields; ++i) {
        memcpy(&r->row.cells[i].len, p + sizeof(int) * (apr_size_t)i,
               sizeof(int));
    }
    p += lengths;
    for (i = 0; i < v->nfields; ++i) {
        r->row.cells[i].data = p;
        p += r->row.cells[i].len > 0 ? r->row.cells[i].len : 0;
    }
    v->at = (apr_size_t)(p - v->rows.data);
    *cells = r->row.cells;
    return NULL;
}

/* Forget what was consumed of B up to *AT. */
static void shift(bytes_t *b, apr_size_t *at)
{
    if (*at) {
        memmove(b->data, b->data + *at, b->used - *at);
        b->used -= *at;
        *at = 0;
    }
}

static vo_err_t *inflate_some(vot_t *v, int *is_more)
{
    vo_reader_t *r = v->r;
    int code;

    *is_more = 0;
    if (!v->is_inflating) {
        if (inflateInit2(&v->inflate, 15 + 32) != Z_OK) {
            return vo_file_error(r, "the STREAM cannot be decompressed");
        }
        v->is_inflating = 1;
    }
    if (v->packed_at == v->packed.used || v->is_inflated) {
        return NULL;
    }
    v->inflate.next_out = append(r, &v->bin, CHUNK);
    v->inflate.avail_out = CHUNK;
    v->inflate.next_in = (Bytef *)v->packed.data + v->packed_at;
    v->inflate.avail_in = (uInt)(v->packed.used - v->packed_at);
    code = inflate(&v->inflate, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return vo_file_error(r, "the gzip STREAM is broken");
    }
    v->is_inflated = code == Z_STREAM_END;
    v->packed_at = v->packed.used - v->inflate.avail_in;
    v->bin.used += CHUNK - v->inflate.avail_out;
    *is_more = v->inflate.avail_out < CHUNK;
    shift(&v->packed, &v->packed_at);
    return NULL;
}

/* Try to take one row off the buffer: 1 taken, 0 too few bytes. */
static vo_err_t *decode_row(vot_t *v, int *is_taken)
{
    vo_reader_t *r = v->r;
    const unsigned char *start = (unsigned char *)v->bin.data + v->bin_at;
    const unsigned char *end = (unsigned char *)v->bin.data + v->bin.used;
    const unsigned char *p = start, *flags = start;
    int i, nflags = v->data == IN_BINARY2 ? (v->nfields + 7) / 8 : 0;

    *is_taken = 0;
    if (end - p < nflags || end == p) {
        return NULL;
    }
    p += nflags;
    vo_row_restart(&r->row);
    for (i = 0; i < v->nfields; ++i) {
        const char *why;
        int is_null = nflags && (flags[i >> 3] & 0x80 >> (i & 7));
        apr_ssize_t n = vo_rcol_binary(&r->row, &v->cols[i], p, end, is_null,
                                       &why);

        if (n < 0) {
            return vo_row_error(r, i, "%s", why);
        }
        if (!n && !(v->cols[i].n == 0)) {
            return NULL;
        }
        p += n;
    }
    v->bin_at += (apr_size_t)(p - start);
    *is_taken = p > start;
    return NULL;
}

static vo_err_t *next_binary_row(vot_t *v, const vo_cell_t **cells)
{
    vo_reader_t *r = v->r;
    int is_taken, is_more;

    for (;;) {
        VO_TRY(decode_row(v, &is_taken));
        if (is_taken) {
            v->nrows++;
            *cells = vo_row_cells(&r->row);
            return NULL;
        }
        shift(&v->bin, &v->bin_at);
        if (v->is_gzipped) {
            VO_TRY(inflate_some(v, &is_more));
            if (is_more) {
                continue;
            }
        }
        if (v->is_eof) {
            return v->bin.used ? vo_row_error(r, -1, "the STREAM ends within "
                                                     "the row")
                               : NULL;
        }
        VO_TRY(feed(v));
    }
}

static vo_err_t *vot_next(vo_reader_t *r, const vo_cell_t **cells)
{
    vot_t *v = r->state;

    *cells = NULL;
    switch (v->data) {
    case IN_TABLEDATA:
        VO_TRY(next_text_row(v, cells));
        r->nread = v->nhanded;
        v->nhanded += *cells != NULL;
        break;
    case IN_BINARY:
    case IN_BINARY2:
        VO_TRY(next_binary_row(v, cells));
        break;
    case IN_FITS:
        r->state = v->fits;
        v->err = vo_readfmt_fits.next(r, cells);
        r->state = v;
        return v->err;
    default:
        while (!v->is_eof) {
            VO_TRY(feed(v));
        }
    }
    if (!*cells && r->info.nrows >= 0 && r->info.nrows != r->nread) {
        return vo_file_error(r, "nrows says %" APR_INT64_T_FMT " rows, there "
                                "are %" APR_INT64_T_FMT,
                             r->info.nrows, r->nread);
    }
    return NULL;
}

static void vot_progress(const vo_reader_t *r, apr_off_t *done,
                         apr_off_t *all)
{
    const vot_t *v = r->state;

    *done = v->file ? gzoffset(v->file) : 0;
    *all = r->size;
}

static void vot_close(vo_reader_t *r)
{
    vot_t *v = r->state;

    if (!v) {
        return;
    }
    if (v->fits) {
        r->state = v->fits;
        vo_readfmt_fits.close(r);
        r->state = v;
    }
    if (v->fits_path) {
        apr_file_remove(v->fits_path, r->pool);
    }
    if (v->is_inflating) {
        inflateEnd(&v->inflate);
    }
    if (v->parser) {
        if (v->parser->myDoc) {
            xmlFreeDoc(v->parser->myDoc);
        }
        xmlFreeParserCtxt(v->parser);
    }
    if (v->file) {
        gzclose(v->file);
    }
}

const vo_readfmt_t vo_readfmt_votable = {"votable", vot_open, vot_next,
                                         vot_progress, vot_close};
