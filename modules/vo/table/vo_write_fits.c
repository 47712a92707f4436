/* vo_write_fits.c: a table as a FITS binary table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 7.3. The header counts the rows, so they are spooled first:
 * in memory while they are few, then in an unlinked temporary file. Columns of
 * varying length wait in their place behind their length; when all are known a
 * text column becomes one of fixed width if that wastes little, and everything
 * else goes to the heap. */
#include <stdlib.h>

#include <apr_cstr.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_fits_head.h"
#include "vo_write.h"

#define SPOOL_SIZE 262144 /* bytes kept in memory */
#define MAX_COLUMNS 999   /* FITS 4.0 section 7.3.1, TFIELDS */
#define ALWAYS_FIXED 64   /* text up to this width is never on the heap */

typedef struct column_t {
    apr_int64_t sum; /* elements in all rows, for columns of varying length */
    apr_uint32_t max;
    int width;       /* bytes of an element */
    int fixed;       /* bytes in a row; 0 = varying */
    int is_heap;     /* written as a descriptor */
    const char *name;
} column_t;

typedef struct fits_t {
    vo_bcol_t *cols;
    column_t *columns;
    apr_size_t need;
    vo_rowbuf_t row;
    char *spool;
    apr_size_t used, cap;
    apr_file_t *file;      /* what did not fit the spool, or NULL */
    apr_off_t spooled;     /* bytes in the file */
    int is_varying;        /* some column is */
    const char *status;    /* OVERFLOW, ERROR or NULL */
    const char *message;
} fits_t;

/* ---- spooling ---- */

static vo_err_t *file_fault(vo_writer_t *w, apr_status_t rv, const char *what)
{
    char buf[120];

    return vo_err_fault(w->pool, rv, "The server has no room for a FITS answer",
                        "temporary file for FITS: %s: %s", what,
                        apr_strerror(rv, buf, sizeof(buf)));
}

static vo_err_t *open_spool(vo_writer_t *w)
{
    fits_t *fits = w->state;
    const char *dir;
    char *path;
    apr_status_t rv = apr_temp_dir_get(&dir, w->pool);

    if (rv) {
        return file_fault(w, rv, "no temporary directory");
    }
    path = apr_pstrcat(w->pool, dir, "/vo-fits-XXXXXX", NULL);
    rv = apr_file_mktemp(&fits->file, path,
                         APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE
                             | APR_FOPEN_EXCL | APR_FOPEN_BINARY,
                         w->pool);
    if (rv) {
        return file_fault(w, rv, path);
    }
    apr_file_remove(path, w->pool);
    return NULL;
}

static vo_err_t *spill(vo_writer_t *w)
{
    fits_t *fits = w->state;
    apr_status_t rv;

    if (!fits->file) {
        VO_TRY(open_spool(w));
    }
    rv = apr_file_write_full(fits->file, fits->spool, fits->used, NULL);
    if (rv) {
        return file_fault(w, rv, "writing");
    }
    fits->spooled += (apr_off_t)fits->used;
    fits->used = 0;
    return NULL;
}

static vo_err_t *grow(vo_writer_t *w, apr_size_t room)
{
    fits_t *fits = w->state;

    if (fits->used) {
        VO_TRY(spill(w));
    }
    if (room > fits->cap) {
        fits->cap = 2 * room;
        fits->spool = apr_palloc(w->pool, fits->cap);
    }
    return NULL;
}

/* Spooled bytes again, from the first to the last. */
typedef struct replay_t {
    vo_writer_t *w;
    apr_off_t left; /* in the file */
    char *buf;
    apr_size_t cap, at, end;
    int is_tail; /* the part in memory was handed out */
} replay_t;

static vo_err_t *replay_start(replay_t *r, vo_writer_t *w, apr_pool_t *pool)
{
    fits_t *fits = w->state;
    apr_off_t zero = 0;

    memset(r, 0, sizeof(*r));
    r->w = w;
    r->left = fits->spooled;
    if (fits->file) {
        apr_status_t rv = apr_file_seek(fits->file, APR_SET, &zero);

        if (rv) {
            return file_fault(w, rv, "seeking");
        }
    }
    r->cap = VO_OUT_SIZE;
    r->buf = apr_palloc(pool, r->cap);
    return NULL;
}

/* Point *P to the next bytes and set *LEN to their number; 0 at the end. */
static vo_err_t *replay_more(replay_t *r, const char **p, apr_size_t *len)
{
    fits_t *fits = r->w->state;

    if (r->left) {
        apr_size_t n = r->left < (apr_off_t)r->cap ? (apr_size_t)r->left
                                                   : r->cap;
        apr_status_t rv = apr_file_read_full(fits->file, r->buf, n, NULL);

        if (rv) {
            return file_fault(r->w, rv, "reading");
        }
        r->left -= (apr_off_t)n;
        *p = r->buf;
        *len = n;
        return NULL;
    }
    *p = fits->spool;
    *len = r->is_tail ? 0 : fits->used;
    r->is_tail = 1;
    return NULL;
}

/* Hand LEN bytes of the spool to the sink, or drop them. */
static vo_err_t *replay_copy(replay_t *r, const char **p, apr_size_t *have,
                             apr_size_t len, int is_dropped)
{
    while (len) {
        apr_size_t n;

        if (!*have) {
            VO_TRY(replay_more(r, p, have));
            if (!*have) {
                return file_fault(r->w, APR_EOF, "the spool is short");
            }
        }
        n = len < *have ? len : *have;
        if (!is_dropped) {
            VO_TRY(vo_out_write(r->w->out, *p, n));
        }
        *p += n;
        *have -= n;
        len -= n;
    }
    return NULL;
}

/* The count in front of a cell of varying length. */
static vo_err_t *replay_count(replay_t *r, const char **p, apr_size_t *have,
                              apr_uint32_t *count)
{
    char bytes[4];
    int i;

    for (i = 0; i < 4; ++i) {
        if (!*have) {
            VO_TRY(replay_more(r, p, have));
            if (!*have) {
                return file_fault(r->w, APR_EOF, "the spool is short");
            }
        }
        bytes[i] = *(*p)++;
        --*have;
    }
    *count = vo_get32(bytes);
    return NULL;
}

/* ---- rows ---- */

static vo_err_t *fits_begin(vo_writer_t *w)
{
    fits_t *fits = apr_pcalloc(w->pool, sizeof(*fits));
    int i, n = w->doc->nfields;

    w->state = fits;
    if (n > MAX_COLUMNS) {
        return vo_err_make(w->pool, VO_ERR_LIMIT,
                           "A FITS table has at most %d columns, this one "
                           "would have %d; ask for another RESPONSEFORMAT",
                           MAX_COLUMNS, n);
    }
    VO_TRY(vo_bcols_make(&fits->cols, &fits->need, w, VO_BIN_FITS,
                         &fits->row));
    fits->columns = apr_pcalloc(w->pool,
                                (apr_size_t)n * sizeof(*fits->columns));
    for (i = 0; i < n; ++i) {
        const vo_bcol_t *col = &fits->cols[i];
        column_t *column = &fits->columns[i];

        column->width = col->width;
        if (col->shape.size == VO_VARIABLE) {
            fits->is_varying = 1;
        }
        else {
            column->fixed = col->null_len;
        }
    }
    fits->cap = 16384;
    fits->spool = apr_palloc(w->pool, fits->cap);
    return NULL;
}

static vo_err_t *fits_row(vo_writer_t *w, const vo_cell_t *cells)
{
    fits_t *fits = w->state;
    int i, n = w->doc->nfields;
    apr_size_t room = fits->need;
    char *p;

    for (i = 0; i < n; ++i) {
        room += cells[i].len > 0 ? (apr_size_t)cells[i].len * VO_BIN_GROWTH
                                 : 0;
    }
    if (fits->used + room > fits->cap) {
        if (fits->cap < SPOOL_SIZE) { /* most answers are small */
            char *spool = apr_palloc(w->pool, SPOOL_SIZE);

            memcpy(spool, fits->spool, fits->used);
            fits->spool = spool;
            fits->cap = SPOOL_SIZE;
        }
        if (fits->used + room > fits->cap) {
            VO_TRY(grow(w, room));
        }
    }
    p = fits->spool + fits->used;
    for (i = 0; i < n; ++i) {
        const vo_bcol_t *col = &fits->cols[i];
        column_t *column = &fits->columns[i];
        char *start = p;

        if (cells[i].len < 0) {
            memcpy(p, col->null_cell, (apr_size_t)col->null_len);
            p += col->null_len;
            continue;
        }
        p = col->put(col, p, cells[i].data, cells[i].len);
        if (!p) {
            return vo_cell_error(w, i, fits->row.reason);
        }
        if (!column->fixed) {
            apr_uint32_t count = vo_get32(start);

            column->sum += count;
            column->max = count > column->max ? count : column->max;
        }
    }
    fits->used = (apr_size_t)(p - fits->spool);
    w->nrows++;
    return NULL;
}

/* ---- the document ---- */

static char form_letter(vo_type_e type)
{
    static const char letter[] = {
        [VO_TYPE_BOOLEAN] = 'L', [VO_TYPE_UBYTE] = 'B', [VO_TYPE_SHORT] = 'I',
        [VO_TYPE_INT] = 'J',     [VO_TYPE_LONG] = 'K',  [VO_TYPE_CHAR] = 'A',
        [VO_TYPE_UNICODE] = 'A', [VO_TYPE_FLOAT] = 'E', [VO_TYPE_DOUBLE] = 'D',
    };
    return letter[type];
}

/* Fixed width or heap? The descriptor alone takes 16 bytes. */
static void settle_columns(vo_writer_t *w)
{
    fits_t *fits = w->state;
    int i;

    for (i = 0; i < w->doc->nfields; ++i) {
        column_t *column = &fits->columns[i];
        apr_int64_t padded = (apr_int64_t)column->max * w->nrows;

        if (column->fixed) {
            continue;
        }
        if (fits->cols[i].shape.type == VO_TYPE_CHAR
            && (column->max <= ALWAYS_FIXED
                || padded <= 2 * (column->sum + 16 * w->nrows))) {
            column->fixed = column->max ? (int)column->max : 1;
            continue;
        }
        column->is_heap = 1;
        column->fixed = 16;
    }
}

/* NAME with letters, digits and underscores only (FITS 4.0 section 7.3.2,
 * TTYPE). */
static const char *plain_name(const char *name, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, name), *p;

    for (p = copy; *p; ++p) {
        if (!apr_isalnum(*p) || (unsigned char)*p > 127) {
            *p = '_';
        }
    }
    return copy;
}

/* TTYPE is compared without case: a second RA is RA_2. */
static void settle_names(vo_writer_t *w)
{
    fits_t *fits = w->state;
    int i, j, k;

    for (i = 0; i < w->doc->nfields; ++i) {
        const char *name = plain_name(w->doc->fields[i].name, w->pool);

        fits->columns[i].name = name;
        for (j = 0, k = 2; j < i; ++j) {
            if (!apr_cstr_casecmp(fits->columns[j].name,
                                  fits->columns[i].name)) {
                fits->columns[i].name = apr_psprintf(w->pool, "%s_%d", name,
                                                     k++);
                j = -1;
            }
        }
    }
}

/* How a program may print the values (FITS 4.0, section 7.3.4): every digit a
 * number has, angles with a fixed point. NULL for what is no number. */
static const char *display(const vo_field_t *field, vo_type_e type)
{
    static const char *const forms[] = {
        [VO_TYPE_UBYTE] = "I3",       [VO_TYPE_SHORT] = "I6",
        [VO_TYPE_INT] = "I11",        [VO_TYPE_LONG] = "I20",
        [VO_TYPE_FLOAT] = "G14.7E2",  [VO_TYPE_DOUBLE] = "G23.16E3",
    };

    if (type == VO_TYPE_DOUBLE && field->unit && field->ucd
        && !strcmp(field->unit, "deg") && !strncmp(field->ucd, "pos.", 4)) {
        return "F15.10";
    }
    return (size_t)type < sizeof(forms) / sizeof(forms[0]) ? forms[type]
                                                           : NULL;
}

static const char *key(char *buf, const char *name, int i)
{
    apr_snprintf(buf, 9, "%s%d", name, i + 1);
    return buf;
}

static vo_err_t *column_cards(vo_fits_head_t *head, vo_writer_t *w, int i)
{
    fits_t *fits = w->state;
    const vo_bcol_t *col = &fits->cols[i];
    const column_t *column = &fits->columns[i];
    const vo_field_t *field = col->field;
    char letter = form_letter(col->shape.type), buf[12];
    const char *form, *x = col->shape.arraysize;

    VO_TRY(vo_fits_string(head, key(buf, "TTYPE", i), column->name, NULL));
    form = column->is_heap
               ? apr_psprintf(w->pool, "1Q%c(%u)", letter, column->max)
               : apr_psprintf(w->pool, "%d%c", column->fixed / col->width,
                              letter);
    VO_TRY(vo_fits_string(head, key(buf, "TFORM", i), form, NULL));
    VO_TRY(vo_fits_string(head, key(buf, "TUNIT", i), field->unit, NULL));
    if (!column->is_heap && x && strchr(x, 'x')
        && !vo_type_is_text(col->shape.type)) {
        char *dims = apr_pstrcat(w->pool, "(", x, ")", NULL), *p = dims;

        while ((p = strchr(p, 'x'))) {
            *p = ',';
        }
        VO_TRY(vo_fits_string(head, key(buf, "TDIM", i), dims, NULL));
    }
    if (vo_type_is_int(col->shape.type) && field->pg_oid != VO_OID_BYTEA) {
        VO_TRY(vo_fits_int(head, key(buf, "TNULL", i),
                           vo_null_int(field, col->shape.type), NULL));
    }
    VO_TRY(vo_fits_string(head, key(buf, "TDISP", i),
                          field->pg_oid == VO_OID_BYTEA
                              ? NULL : display(field, col->shape.type), NULL));
    VO_TRY(vo_fits_string(head, key(buf, "TUCD", i), field->ucd, NULL));
    VO_TRY(vo_fits_string(head, key(buf, "TUTYP", i), field->utype, NULL));
    VO_TRY(vo_fits_string(head, key(buf, "TXTYP", i), field->xtype, NULL));
    return vo_fits_string(head, key(buf, "TCOMM", i), field->description,
                          NULL);
}

static vo_err_t *history(vo_fits_head_t *head, vo_writer_t *w)
{
    const vo_tabledoc_t *doc = w->doc;
    int i;

    if (doc->description) {
        VO_TRY(vo_fits_note(head, "COMMENT", doc->description));
    }
    for (i = 0; i < doc->ncoosys; ++i) {
        const vo_coosys_t *sys = &doc->coosys[i];

        VO_TRY(vo_fits_note(head, "HISTORY",
                            apr_pstrcat(w->pool, "COOSYS ", sys->system,
                                        sys->epoch ? " epoch " : "",
                                        sys->epoch ? sys->epoch : "", NULL)));
    }
    for (i = 0; i < doc->ninfos; ++i) {
        const vo_info_t *info = &doc->infos[i];

        VO_TRY(vo_fits_note(
            head, "HISTORY",
            apr_pstrcat(w->pool, info->name, " = ",
                        info->value ? info->value : "", info->text ? " / " : "",
                        info->text ? info->text : "", NULL)));
    }
    return NULL;
}

static vo_err_t *put_headers(vo_writer_t *w, apr_int64_t row_bytes,
                             apr_int64_t heap_bytes)
{
    fits_t *fits = w->state;
    vo_fits_head_t head;
    int i;

    vo_fits_head_init(&head, w->pool);
    VO_TRY(vo_fits_true(&head, "SIMPLE", "FITS standard"));
    VO_TRY(vo_fits_int(&head, "BITPIX", 8, NULL));
    VO_TRY(vo_fits_int(&head, "NAXIS", 0, NULL));
    VO_TRY(vo_fits_true(&head, "EXTEND", "the table is in HDU 1"));
    VO_TRY(vo_fits_head_end(&head));
    VO_TRY(vo_out_write(w->out, head.mem.data, head.mem.len));

    vo_fits_head_init(&head, w->pool);
    VO_TRY(vo_fits_string(&head, "XTENSION", "BINTABLE", "binary table"));
    VO_TRY(vo_fits_int(&head, "BITPIX", 8, NULL));
    VO_TRY(vo_fits_int(&head, "NAXIS", 2, NULL));
    VO_TRY(vo_fits_int(&head, "NAXIS1", row_bytes, "bytes per row"));
    VO_TRY(vo_fits_int(&head, "NAXIS2", w->nrows, "rows"));
    VO_TRY(vo_fits_int(&head, "PCOUNT", heap_bytes, "bytes of the heap"));
    VO_TRY(vo_fits_int(&head, "GCOUNT", 1, NULL));
    VO_TRY(vo_fits_int(&head, "TFIELDS", w->doc->nfields, "columns"));
    VO_TRY(vo_fits_string(&head, "EXTNAME", w->doc->name, NULL));
    VO_TRY(vo_fits_string(&head, "QSTATUS", fits->status ? fits->status : "OK",
                          "status of the query"));
    for (i = 0; i < w->doc->nfields; ++i) {
        VO_TRY(column_cards(&head, w, i));
    }
    VO_TRY(history(&head, w));
    if (fits->message) {
        VO_TRY(vo_fits_note(&head, "COMMENT", fits->message));
    }
    VO_TRY(vo_fits_head_end(&head));
    return vo_out_write(w->out, head.mem.data, head.mem.len);
}

static vo_err_t *put_fill(vo_out_t *out, apr_size_t len)
{
    static const char bytes[256];

    while (len) {
        apr_size_t n = len < sizeof(bytes) ? len : sizeof(bytes);

        VO_TRY(vo_out_write(out, bytes, n));
        len -= n;
    }
    return NULL;
}

/* One pass over the spool: the rows (IS_HEAP 0), or what is on the heap. */
static vo_err_t *put_varying(vo_writer_t *w, apr_pool_t *pool, int is_heap)
{
    fits_t *fits = w->state;
    apr_int64_t row, offset = 0;
    apr_size_t have = 0, run = 0; /* bytes of fixed columns to pass on */
    const char *p = NULL;
    replay_t r;
    int i;

    VO_TRY(replay_start(&r, w, pool));
    for (row = 0; row < w->nrows; ++row) {
        for (i = 0; i < w->doc->nfields; ++i) {
            const column_t *column = &fits->columns[i];
            apr_uint32_t count = 0;
            apr_size_t bytes;
            char descriptor[16];

            if (fits->cols[i].shape.size != VO_VARIABLE) {
                run += (apr_size_t)column->fixed;
                continue;
            }
            VO_TRY(replay_copy(&r, &p, &have, run, is_heap));
            run = 0;
            VO_TRY(replay_count(&r, &p, &have, &count));
            bytes = (apr_size_t)count * (apr_size_t)column->width;
            VO_TRY(replay_copy(&r, &p, &have, bytes,
                               is_heap ? !column->is_heap : column->is_heap));
            if (is_heap) {
                continue;
            }
            if (!column->is_heap) {
                VO_TRY(put_fill(w->out, (apr_size_t)column->fixed - bytes));
                continue;
            }
            vo_put64(descriptor, count);
            vo_put64(descriptor + 8, count ? (apr_uint64_t)offset : 0);
            offset += (apr_int64_t)bytes;
            VO_TRY(vo_out_write(w->out, descriptor, 16));
        }
    }
    return replay_copy(&r, &p, &have, run, is_heap);
}

static vo_err_t *put_fixed(vo_writer_t *w, apr_pool_t *pool)
{
    replay_t r;
    const char *p;
    apr_size_t len;

    VO_TRY(replay_start(&r, w, pool));
    for (;;) {
        VO_TRY(replay_more(&r, &p, &len));
        if (!len) {
            return NULL;
        }
        VO_TRY(vo_out_write(w->out, p, len));
    }
}

static vo_err_t *put_document(vo_writer_t *w)
{
    fits_t *fits = w->state;
    apr_int64_t row_bytes = 0, heap_bytes = 0, all;
    int i;

    settle_columns(w);
    settle_names(w);
    for (i = 0; i < w->doc->nfields; ++i) {
        const column_t *column = &fits->columns[i];

        row_bytes += column->fixed;
        heap_bytes += column->is_heap ? column->sum * column->width : 0;
    }
    VO_TRY(put_headers(w, row_bytes, heap_bytes));
    if (fits->is_varying) {
        VO_TRY(put_varying(w, w->pool, 0));
        if (heap_bytes) {
            VO_TRY(put_varying(w, w->pool, 1));
        }
    }
    else {
        VO_TRY(put_fixed(w, w->pool));
    }
    all = row_bytes * w->nrows + heap_bytes;
    if (fits->file) {
        apr_file_close(fits->file);
        fits->file = NULL;
    }
    return put_fill(w->out,
                    (apr_size_t)((VO_FITS_BLOCK - all % VO_FITS_BLOCK)
                                 % VO_FITS_BLOCK));
}

static vo_err_t *fits_end(vo_writer_t *w, vo_done_e done)
{
    fits_t *fits = w->state;

    if (done == VO_DONE_OVERFLOW) {
        fits->status = "OVERFLOW";
        fits->message = "There are more rows than were asked for or allowed.";
    }
    return put_document(w);
}

static vo_err_t *fits_fail(vo_writer_t *w, const vo_err_t *err)
{
    fits_t *fits = w->state;

    fits->status = "ERROR";
    fits->message = vo_err_public(err, w->pool);
    return put_document(w);
}

static const char *const aliases[] = {"application/fits", "image/fits",
                                      "fits-basic", NULL};

const vo_tablefmt_t vo_fmt_fits = {
    .name = "fits",
    .media_type = "application/fits",
    .extension = "fits",
    .aliases = aliases,
    .is_binary = 1,
    .tells_failure = 1,
    .begin = fits_begin,
    .row = fits_row,
    .end = fits_end,
    .fail = fits_fail,
};
