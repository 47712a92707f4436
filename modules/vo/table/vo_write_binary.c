/* vo_write_binary.c: VOTable with BINARY and BINARY2 streams. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.4 sections 5.3 and 5.4 */
#include <apr_strings.h>

#include "vo_base64.h"
#include "vo_write.h"

#define STAGE_SIZE 49152 /* bytes collected before they are encoded */
#define LINE_SIZE 3072   /* bytes of a line of base64 */

typedef struct bin_t {
    vo_bcol_t *cols;
    apr_size_t need;
    vo_rowbuf_t row;
    vo_base64_t *table;
    char *stage;
    apr_size_t used, cap;
    int nflags; /* bytes of NULL flags in front of a row */
    vo_vot_e how;
} bin_t;

/* Encode what is staged, all of it at the end, else whole groups of three. */
static vo_err_t *drain(vo_writer_t *w, int is_last)
{
    bin_t *bin = w->state;
    apr_size_t todo = is_last ? bin->used : bin->used - bin->used % 3;
    apr_size_t done = 0;
    char *p;

    while (done < todo) {
        apr_size_t n = todo - done < LINE_SIZE ? todo - done : LINE_SIZE;
        char *start;

        VO_TRY(vo_out_reserve(w->out, LINE_SIZE / 3 * 4 + 8, &start));
        p = vo_base64_encode(bin->table, start, bin->stage + done, n);
        *p++ = '\n';
        vo_out_commit(w->out, (apr_size_t)(p - start));
        done += n;
    }
    memmove(bin->stage, bin->stage + done, bin->used - done);
    bin->used -= done;
    return NULL;
}

static vo_err_t *begin(vo_writer_t *w, vo_vot_e how)
{
    bin_t *bin = apr_pcalloc(w->pool, sizeof(*bin));
    vo_shape_t *shapes;
    int i, n = w->doc->nfields;

    w->state = bin;
    bin->how = how;
    bin->nflags = how == VO_VOT_BINARY2 ? (n + 7) / 8 : 0;
    bin->table = vo_base64_make(w->pool);
    bin->cap = STAGE_SIZE;
    bin->stage = apr_palloc(w->pool, bin->cap);
    VO_TRY(vo_bcols_make(&bin->cols, &bin->need, w,
                         how == VO_VOT_BINARY2 ? VO_BIN_BINARY2
                                               : VO_BIN_BINARY,
                         &bin->row));
    shapes = apr_palloc(w->pool, ((apr_size_t)n + 1) * sizeof(*shapes));
    for (i = 0; i < n; ++i) {
        shapes[i] = bin->cols[i].shape;
    }
    return vo_votable_head(w, shapes, how);
}

static vo_err_t *binary_begin(vo_writer_t *w)
{
    return begin(w, VO_VOT_BINARY);
}

static vo_err_t *binary2_begin(vo_writer_t *w)
{
    return begin(w, VO_VOT_BINARY2);
}

static vo_err_t *grow(vo_writer_t *w, apr_size_t room)
{
    bin_t *bin = w->state;

    VO_TRY(drain(w, 0));
    if (bin->used + room > bin->cap) {
        char *stage = apr_palloc(w->pool, 2 * (bin->used + room));

        memcpy(stage, bin->stage, bin->used);
        bin->stage = stage;
        bin->cap = 2 * (bin->used + room);
    }
    return NULL;
}

static vo_err_t *bin_row(vo_writer_t *w, const vo_cell_t *cells)
{
    bin_t *bin = w->state;
    int i, n = w->doc->nfields;
    apr_size_t room = bin->need;
    char *p, *flags;

    for (i = 0; i < n; ++i) {
        room += cells[i].len > 0 ? (apr_size_t)cells[i].len * VO_BIN_GROWTH
                                 : 0;
    }
    if (bin->used + room > bin->cap) {
        VO_TRY(grow(w, room));
    }
    p = flags = bin->stage + bin->used;
    memset(p, 0, (apr_size_t)bin->nflags);
    p += bin->nflags;
    for (i = 0; i < n; ++i) {
        const vo_bcol_t *col = &bin->cols[i];

        if (cells[i].len < 0) {
            memcpy(p, col->null_cell, (apr_size_t)col->null_len);
            p += col->null_len;
            if (bin->nflags) {
                flags[i >> 3] = (char)(flags[i >> 3] | 0x80 >> (i & 7));
            }
            continue;
        }
        p = col->put(col, p, cells[i].data, cells[i].len);
        if (!p) {
            return vo_cell_error(w, i, bin->row.reason);
        }
    }
    bin->used = (apr_size_t)(p - bin->stage);
    w->nrows++;
    return NULL;
}

static vo_err_t *bin_end(vo_writer_t *w, vo_done_e done)
{
    bin_t *bin = w->state;

    VO_TRY(drain(w, 1));
    return vo_votable_tail(w, bin->how, done, NULL);
}

static vo_err_t *bin_fail(vo_writer_t *w, const vo_err_t *err)
{
    bin_t *bin = w->state;

    VO_TRY(drain(w, 1));
    return vo_votable_tail(w, bin->how, VO_DONE_OK, err);
}

static const char *const binary_aliases[] = {
    "votable/b", "votable/binary", "votable_binary", "votable-binary", NULL};
static const char *const binary2_aliases[] = {
    "votable/b2",      "votable/binary2", "votable_binary2",
    "votable-binary2", "votableb2",       "votable-b2", NULL};

const vo_tablefmt_t vo_fmt_binary = {
    .name = "binary",
    .media_type = "application/x-votable+xml;serialization=BINARY",
    .extension = "vot",
    .ivoid = "ivo://ivoa.net/std/TAPRegExt#output-votable-binary",
    .aliases = binary_aliases,
    .is_binary = 1,
    .is_votable = 1,
    .tells_failure = 1,
    .begin = binary_begin,
    .row = bin_row,
    .end = bin_end,
    .fail = bin_fail,
};

const vo_tablefmt_t vo_fmt_binary2 = {
    .name = "binary2",
    .media_type = "application/x-votable+xml;serialization=BINARY2",
    .extension = "vot",
    .ivoid = "ivo://ivoa.net/std/TAPRegExt#output-votable-binary2",
    .aliases = binary2_aliases,
    .is_binary = 1,
    .is_votable = 1,
    .tells_failure = 1,
    .begin = binary2_begin,
    .row = bin_row,
    .end = bin_end,
    .fail = bin_fail,
};
