/* vo_read_votable_xml.c: the elements of a VOTable as the parser meets them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.0 to 1.5 */
#include <stdlib.h>

#include <apr_strings.h>

#include "vo_read_votable.h"

/* ---- small helpers ---- */

static void stop(vo_vot_t *v, vo_err_t *err)
{
    if (!v->err) {
        v->err = err;
        xmlStopParser(v->parser);
    }
}

void *vo_bytes_space(vo_reader_t *r, vo_bytes_t *b, apr_size_t len)
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
static const char *attr(vo_vot_t *v, int n, const xmlChar **a, const char *name)
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

static void want_text(vo_vot_t *v, const char **goes)
{
    v->text.used = 0;
    v->wants_text = 1;
    v->text_goes = goes;
}

static const char *take_text(vo_vot_t *v)
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

static void start_field(vo_vot_t *v, int n, const xmlChar **a)
{
    vo_field_t *f;

    if (v->nfields == VO_VOT_FIELDS) {
        stop(v, vo_file_error(v->r, "the table has more than %d columns",
                              VO_VOT_FIELDS));
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

static void end_field(vo_vot_t *v)
{
    vo_field_t *f = v->field;
    const char *word = v->datatype ? v->datatype : "";

    v->field = NULL;
    if (!vo_rcol_make(&v->cols[v->nfields - 1], f, word, v->r->opts.is_exact,
                      v->r->pool)) {
        stop(v, vo_file_error(v->r, "column %d \"%s\": datatype \"%s\" with "
                                    "arraysize \"%s\" is not understood",
                              v->nfields, f->name, word,
                              f->arraysize ? f->arraysize : ""));
    }
}

static void start_group(vo_vot_t *v, int n, const xmlChar **a)
{
    vo_vgroup_t *g;

    if (v->group_depth++) {
        return; /* columns of a nested group count for the outer one */
    }
    if (v->ngroups == v->group_cap) {
        int cap = v->group_cap ? 2 * v->group_cap : 8;
        vo_vgroup_t *groups = apr_pcalloc(v->r->pool,
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

static void add_field_ref(vo_vot_t *v, const char *ref)
{
    vo_vgroup_t *g = &v->groups[v->ngroups - 1];

    if (ref && g->nrefs < VO_VOT_FIELDS) {
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

void vo_vot_groups(vo_vot_t *v)
{
    vo_tableinfo_t *info = &v->r->info;
    int i, j, k;

    info->groups = apr_pcalloc(v->r->pool, sizeof(vo_group_t)
                                               * ((apr_size_t)v->ngroups + 1));
    for (i = 0; i < v->ngroups; ++i) {
        vo_vgroup_t *g = &v->groups[i];
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

static void add_param(vo_vot_t *v, int n, const xmlChar **a)
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

static void start_coosys(vo_vot_t *v, int n, const xmlChar **a)
{
    vo_coosys_t one = {0};

    one.id = attr(v, n, a, "ID");
    one.system = non_empty(attr(v, n, a, "system"));
    one.equinox = non_empty(attr(v, n, a, "equinox"));
    one.epoch = non_empty(attr(v, n, a, "epoch"));
    one.refposition = non_empty(attr(v, n, a, "refposition"));
    if (!v->coosys_id) {
        v->coosys_id = one.id ? one.id : "";
        v->r->info.system = one.system;
        v->r->info.epoch = one.epoch;
    }
    if (one.id && one.system && v->coosys->nelts < VO_VOT_FRAMES) {
        APR_ARRAY_PUSH(v->coosys, vo_coosys_t) = one;
        v->r->info.ncoosys = v->coosys->nelts;
        v->r->info.coosys = (const vo_coosys_t *)v->coosys->elts;
    }
}

static void start_timesys(vo_vot_t *v, int n, const xmlChar **a)
{
    vo_timesys_t one = {0};

    one.id = attr(v, n, a, "ID");
    one.timescale = non_empty(attr(v, n, a, "timescale"));
    one.refposition = non_empty(attr(v, n, a, "refposition"));
    one.timeorigin = non_empty(attr(v, n, a, "timeorigin"));
    if (one.id && one.timescale && one.refposition
        && v->timesys->nelts < VO_VOT_FRAMES) {
        APR_ARRAY_PUSH(v->timesys, vo_timesys_t) = one;
        v->r->info.ntimesys = v->timesys->nelts;
        v->r->info.timesys = (const vo_timesys_t *)v->timesys->elts;
    }
}

/* ---- elements ---- */

static void start_table(vo_vot_t *v, int n, const xmlChar **a)
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

static void start_data(vo_vot_t *v, vo_vdata_e data)
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

static void start_stream(vo_vot_t *v, int n, const xmlChar **a)
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
static void start_in_table(vo_vot_t *v, const char *name, int n,
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
        start_data(v, VO_IN_TABLEDATA);
    }
    else if (!strcmp(name, "BINARY")) {
        start_data(v, VO_IN_BINARY);
    }
    else if (!strcmp(name, "BINARY2")) {
        start_data(v, VO_IN_BINARY2);
    }
    else if (!strcmp(name, "FITS")) {
        const char *extnum = attr(v, n, a, "extnum");

        v->extnum = extnum ? (int)apr_strtoi64(extnum, NULL, 10) : -1;
        start_data(v, VO_IN_FITS);
    }
    else if (!strcmp(name, "STREAM") && v->data > VO_IN_TABLEDATA) {
        start_stream(v, n, a);
    }
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *prefix,
                     const xmlChar *uri, int nns, const xmlChar **ns,
                     int nattrs, int ndefaulted, const xmlChar **attrs)
{
    vo_vot_t *v = ctx;
    const char *name = (const char *)local;

    (void)prefix;
    (void)uri;
    (void)nns;
    (void)ns;
    (void)ndefaulted;
    if (v->err) {
        return;
    }
    if (v->data == VO_IN_TABLEDATA && v->is_in_table) { /* the busy place */
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
    else if (!strcmp(name, "TIMESYS")) {
        start_timesys(v, nattrs, attrs);
    }
    else if (!strcmp(name, "INFO")
             || (!strcmp(name, "PARAM") && !v->group_depth)) {
        add_param(v, nattrs, attrs);
    }
    else if (v->is_in_table) {
        start_in_table(v, name, nattrs, attrs);
    }
}

static void end_cell(vo_vot_t *v)
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
        const vo_field_t *f = &v->fields[v->ncells];

        stop(v, vo_row_error(v->r, v->ncells, "%s: \"%.*s\" as %s%s%s", why,
                             v->text.used < 60 ? (int)v->text.used : 60,
                             v->text.data, vo_type_name(f->type),
                             f->arraysize ? " with arraysize " : "",
                             f->arraysize ? f->arraysize : ""));
        return;
    }
    v->ncells++;
}

/* Keep the row: its cells' lengths, then their bytes. */
static void end_row(vo_vot_t *v)
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
    p = vo_bytes_space(v->r, &v->rows, lengths + v->cell.used);
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
    vo_vot_t *v = ctx;
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
static void on_stream_text(vo_vot_t *v, const char *text, apr_size_t len)
{
    vo_bytes_t *to = v->is_gzipped ? &v->packed : &v->bin;
    unsigned char *out = vo_bytes_space(v->r, to, len / 4 * 3 + 4);
    apr_ssize_t n = vo_unbase64(&v->unbase64, out, text, len);

    if (n < 0) {
        stop(v, vo_file_error(v->r, "the STREAM is not base64"));
        return;
    }
    to->used += (apr_size_t)n;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
    vo_vot_t *v = ctx;

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
        memcpy(vo_bytes_space(v->r, &v->text, (apr_size_t)len), text,
               (apr_size_t)len);
        v->text.used += (apr_size_t)len;
    }
}

/* A document that declares entities is up to no good. */
static void on_entity(void *ctx, const xmlChar *name, int type,
                      const xmlChar *public_id, const xmlChar *system_id,
                      xmlChar *content)
{
    vo_vot_t *v = ctx;

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
    vo_vot_t *v = ctx;
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
                          v->is_in_table && v->data != VO_IN_NOTHING
                              ? apr_psprintf(v->r->pool,
                                             " (behind row %" APR_INT64_T_FMT
                                             ")",
                                             v->nrows)
                              : ""));
}

void vo_vot_handlers(xmlSAXHandler *sax)
{
    memset(sax, 0, sizeof(*sax));
    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = on_start;
    sax->endElementNs = on_end;
    sax->characters = on_text;
    sax->ignorableWhitespace = on_text;
    sax->cdataBlock = on_text;
    sax->entityDecl = on_entity;
    sax->getEntity = on_get_entity;
    sax->internalSubset = on_doctype;
    sax->serror = on_error;
}
