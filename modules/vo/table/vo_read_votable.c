/* vo_read_votable.c: VOTable documents in every serialisation. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.0 to 1.5. libxml2's push parser calls us for every element: no
 * tree is built, so a stream of any length passes through. A document type
 * is let pass, but nothing is loaded for it, and one that declares entities
 * is refused. */
#include <apr_strings.h>

#include "vo_read_votable.h"

#define CHUNK 65536

/* ---- feeding ---- */

/* Give the parser the next piece of the file. */
static vo_err_t *feed(vo_vot_t *v)
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
                           vo_read_name(r), r->opts.max_bytes);
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

static vo_err_t *open_parser(vo_vot_t *v)
{
    vo_reader_t *r = v->r;
    xmlSAXHandler sax;

    vo_vot_handlers(&sax);
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
                        "for the FITS stream of %s", vo_read_name(r));
}

/* Rows of compressed streams appear when they are asked for. */
static vo_err_t *inflate_some(vo_vot_t *v, int *is_more);

/* Move the whole stream to a file, then read that. Column metadata are those
 * of the VOTable, the types those of the FITS file. */
static vo_err_t *open_fits_stream(vo_vot_t *v)
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
    vo_vot_t *v = apr_pcalloc(r->pool, sizeof(*v));

    r->state = v;
    v->r = r;
    v->params = apr_array_make(r->pool, 8, sizeof(vo_info_t));
    v->coosys = apr_array_make(r->pool, 2, sizeof(vo_coosys_t));
    v->timesys = apr_array_make(r->pool, 2, sizeof(vo_timesys_t));
    VO_TRY(open_parser(v));
    vo_row_init(&v->cell, VO_VOT_FIELDS, r->pool);
    vo_bytes_space(r, &v->text, 1024);
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
    vo_vot_groups(v);
    return v->data == VO_IN_FITS ? open_fits_stream(v) : NULL;
}

static vo_err_t *next_text_row(vo_vot_t *v, const vo_cell_t **cells)
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
static void shift(vo_bytes_t *b, apr_size_t *at)
{
    if (*at) {
        memmove(b->data, b->data + *at, b->used - *at);
        b->used -= *at;
        *at = 0;
    }
}

static vo_err_t *inflate_some(vo_vot_t *v, int *is_more)
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
    v->inflate.next_out = vo_bytes_space(r, &v->bin, CHUNK);
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
static vo_err_t *decode_row(vo_vot_t *v, int *is_taken)
{
    vo_reader_t *r = v->r;
    const unsigned char *start, *end, *p, *flags;
    int i, nflags = v->data == VO_IN_BINARY2 ? (v->nfields + 7) / 8 : 0;

    *is_taken = 0;
    if (v->bin.used - v->bin_at < (apr_size_t)nflags + !nflags) {
        return NULL;
    }
    start = p = flags = (unsigned char *)v->bin.data + v->bin_at;
    end = (unsigned char *)v->bin.data + v->bin.used;
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

static vo_err_t *next_binary_row(vo_vot_t *v, const vo_cell_t **cells)
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
    vo_vot_t *v = r->state;

    *cells = NULL;
    switch (v->data) {
    case VO_IN_TABLEDATA:
        VO_TRY(next_text_row(v, cells));
        r->nread = v->nhanded;
        v->nhanded += *cells != NULL;
        break;
    case VO_IN_BINARY:
    case VO_IN_BINARY2:
        VO_TRY(next_binary_row(v, cells));
        break;
    case VO_IN_FITS:
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
    const vo_vot_t *v = r->state;

    *done = v->file ? gzoffset(v->file) : 0;
    *all = r->size;
}

static void vot_close(vo_reader_t *r)
{
    vo_vot_t *v = r->state;

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
