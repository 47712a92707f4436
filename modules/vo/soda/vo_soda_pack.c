/* vo_soda_pack.c: many cutouts in one archive, with a manifest. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_soda_pack.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "../fits/vo_card.h"
#include "../vo_num.h"

#define MANIFEST "manifest.csv"

static const char *const words[] = {
    [VO_PACK_OK] = "ok",     [VO_PACK_OUTSIDE] = "outside",
    [VO_PACK_MISSING] = "missing", [VO_PACK_ERROR] = "error",
};

typedef struct row_t {
    const char *id, *region, *file, *message; /* NULL: none */
    vo_pack_status_e status;
    int is_known;
} row_t;

struct vo_soda_pack_t {
    vo_out_t *out;
    vo_pack_e kind;
    int has_primary;          /* of a MEF: it is written */
    apr_time_t time;
    apr_array_header_t *rows; /* row_t by number of the input */
    apr_hash_t *done;         /* number of the input -> file taken over */
    vo_soda_log_t *log;
    void *baton;
    apr_pool_t *pool, *scratch;
};

vo_soda_pack_t *vo_soda_pack_create(vo_out_t *out, vo_pack_e kind,
                                    apr_time_t time,
                                    vo_soda_log_t *log, void *baton,
                                    apr_pool_t *pool)
{
    vo_soda_pack_t *pack = apr_pcalloc(pool, sizeof(*pack));

    pack->out = out;
    pack->kind = kind;
    pack->time = time;
    pack->log = log;
    pack->baton = baton;
    pack->rows = apr_array_make(pool, 64, sizeof(row_t));
    pack->done = apr_hash_make(pool);
    pack->pool = pool;
    apr_pool_create(&pack->scratch, pool);
    return pack;
}

static row_t *row_of(vo_soda_pack_t *pack, int input)
{
    row_t *row;

    while (pack->rows->nelts <= input) {
        memset(apr_array_push(pack->rows), 0, sizeof(row_t));
    }
    row = &APR_ARRAY_IDX(pack->rows, input, row_t);
    row->is_known = 1;
    return row;
}

static const char *keep(const vo_soda_pack_t *pack, const char *text)
{
    return text ? apr_pstrdup(pack->pool, text) : NULL;
}

void vo_soda_pack_note(vo_soda_pack_t *pack, int input, const char *id,
                       const char *region, vo_pack_status_e status,
                       const char *message)
{
    row_t *row = row_of(pack, input);

    row->id = keep(pack, id);
    row->region = keep(pack, region);
    row->status = status;
    row->message = keep(pack, message);
}

/* Nothing before the first cut: what is wrong with all of them shall still
 * become an error. */
static vo_err_t *begin_mef(vo_soda_pack_t *pack)
{
    if (pack->has_primary) {
        return NULL;
    }
    pack->has_primary = 1;
    return vo_cutout_write_primary(pack->out, NULL, 0, pack->scratch);
}

/* Put what was read into the archive. */
static vo_err_t *add_made(const char **file, vo_soda_pack_t *pack, int input,
                          vo_soda_made_t *made, vo_err_t **bad)
{
    vo_out_mem_t mem;
    vo_out_t *out;

    if (pack->kind == VO_PACK_MEF) {
        *file = apr_psprintf(pack->pool, "%05d_", input + 1);
        VO_TRY(begin_mef(pack));
        return vo_soda_write_extensions(pack->out, made, *file,
                                        pack->scratch);
    }
    memset(&mem, 0, sizeof(mem));
    out = vo_out_to_memory(&mem, pack->scratch);
    *bad = vo_soda_write(out, made, pack->scratch);
    if (!*bad) {
        *bad = vo_out_flush(out);
    }
    if (*bad) {
        return NULL;
    }
    *file = apr_psprintf(pack->pool, "%05d_%.90s", input + 1, made->filename);
    return vo_tar_file(pack->out, *file, mem.data, mem.len, pack->time);
}

/* "00017_tile-101_r.fits" is the file of input 16. */
static int take_over(void *baton, const char *name)
{
    vo_soda_pack_t *pack = baton;
    int *input = apr_palloc(pack->pool, sizeof(*input));
    int64_t n;

    if (!vo_num_to_int64(name, (int)strcspn(name, "_"), &n) || n < 1
        || n > APR_INT32_MAX) {
        return 0; /* the manifest, which is made anew */
    }
    *input = (int)n - 1;
    apr_hash_set(pack->done, input, sizeof(*input), keep(pack, name));
    return 1;
}

vo_err_t *vo_soda_pack_resume(vo_soda_pack_t *pack, int fd)
{
    return pack->kind == VO_PACK_TAR
               ? vo_tar_salvage(pack->out, fd, take_over, pack) : NULL;
}

vo_err_t *vo_soda_pack_cut(vo_soda_pack_t *pack, int input,
                           const vo_soda_cut_t *cut, const vo_soda_how_t *how,
                           const vo_release_t *rel,
                           const vo_soda_limits_t *limits,
                           vo_soda_files_t *files)
{
    const char *region = cut->region->text, *file = NULL;
    vo_soda_made_t made;
    vo_err_t *bad;

    if (!cut->image) {
        vo_soda_pack_note(pack, input, cut->id, region, VO_PACK_MISSING,
                          "there is no such image");
        return NULL;
    }
    file = apr_hash_get(pack->done, &input, sizeof(input));
    if (file) {
        vo_soda_pack_note(pack, input, cut->id, region, VO_PACK_OK, NULL);
        APR_ARRAY_IDX(pack->rows, input, row_t).file = file;
        return NULL;
    }
    bad = vo_soda_read(&made, cut, how, rel, limits, files, pack->scratch);
    if (!bad && made.npieces) {
        VO_TRY(add_made(&file, pack, input, &made, &bad));
    }
    if (bad) {
        pack->log(pack->baton, bad);
    }
    vo_soda_pack_note(pack, input, cut->id, region,
                      bad    ? VO_PACK_ERROR
                      : file ? VO_PACK_OK
                             : VO_PACK_OUTSIDE,
                      bad ? vo_err_public(bad, pack->scratch) : NULL);
    APR_ARRAY_IDX(pack->rows, input, row_t).file = file;
    apr_pool_clear(pack->scratch);
    return NULL;
}

/* ---- the manifest ----------------------------------------------------- */

static vo_err_t *put_text(vo_out_t *out, const char *text)
{
    if (!text) {
        return NULL;
    }
    if (!strpbrk(text, ",\"\r\n")) {
        return vo_out_puts(out, text);
    }
    VO_TRY(vo_out_puts(out, "\""));
    for (; *text; ++text) {
        VO_TRY(vo_out_write(out, text, 1));
        if (*text == '"') {
            VO_TRY(vo_out_write(out, text, 1));
        }
    }
    return vo_out_puts(out, "\"");
}

static vo_err_t *put_row(vo_out_t *out, int input, const row_t *row)
{
    VO_TRY(vo_out_printf(out, "%d,", input + 1));
    VO_TRY(put_text(out, row->id));
    VO_TRY(vo_out_puts(out, ","));
    VO_TRY(put_text(out, row->region));
    VO_TRY(vo_out_printf(out, ",%s,", words[row->status]));
    VO_TRY(put_text(out, row->file));
    VO_TRY(vo_out_puts(out, ","));
    VO_TRY(put_text(out, row->message));
    return vo_out_puts(out, "\r\n");
}

/* The columns of text, in order. */
enum { COL_ID, COL_REGION, COL_STATUS, COL_FILE, COL_MESSAGE, COL_COUNT };
static const char *const columns[COL_COUNT] = {"id", "region", "status",
                                               "file", "message"};

static const char *cell(const row_t *row, int column)
{
    const char *cells[COL_COUNT] = {row->id, row->region, words[row->status],
                                    row->file, row->message};

    return cells[column] ? cells[column] : "";
}

/* The same as a binary table with columns as wide as they need be. */
static vo_err_t *write_table(vo_soda_pack_t *pack)
{
    int width[COL_COUNT], len = 4, n = 0, i, k;
    char cards[(4 + 2 * COL_COUNT) * VO_FITS_CARD], *p = cards, *data;
    vo_hdu_t hdu = {0};

    for (k = 0; k < COL_COUNT; ++k) {
        width[k] = 1;
        for (i = 0; i < pack->rows->nelts; ++i) {
            int w = (int)strlen(cell(&APR_ARRAY_IDX(pack->rows, i, row_t), k));

            width[k] = w > width[k] ? w : width[k];
        }
        len += width[k];
    }
#define PUT(...) (vo_card_put(p, __VA_ARGS__), p += VO_FITS_CARD)
    PUT("TFIELDS = %20d", COL_COUNT + 1);
    PUT("EXTNAME = 'MANIFEST'");
    PUT("TTYPE1  = 'input   '");
    PUT("TFORM1  = '1J      '");
    for (k = 0; k < COL_COUNT; ++k) {
        PUT("TTYPE%d  = '%-8s'", k + 2, columns[k]);
        PUT("TFORM%d  = '%dA'", k + 2, width[k]);
    }
#undef PUT
    data = apr_pcalloc(pack->scratch, (apr_size_t)len
                                          * (apr_size_t)pack->rows->nelts + 1);
    for (i = 0; i < pack->rows->nelts; ++i) {
        const row_t *row = &APR_ARRAY_IDX(pack->rows, i, row_t);
        char *to = data + (apr_size_t)n * (apr_size_t)len;
        apr_int32_t number = i + 1;

        if (!row->is_known) {
            continue;
        }
        ++n;
        vo_fits_swap(&number, 1, 32);
        memcpy(to, &number, 4);
        to += 4;
        for (k = 0; k < COL_COUNT; ++k) {
            memcpy(to, cell(row, k), strlen(cell(row, k)));
            to += width[k];
        }
    }
    hdu.is_extension = 1;
    hdu.xtension = "BINTABLE";
    hdu.bitpix = 8;
    hdu.naxes = 2;
    hdu.naxis[0] = len;
    hdu.naxis[1] = n;
    hdu.cards = cards;
    hdu.ncards = (int)((p - cards) / VO_FITS_CARD);
    hdu.data = data;
    hdu.len = (apr_size_t)len * (apr_size_t)n;
    VO_TRY(begin_mef(pack));
    return vo_fits_hdu_write(pack->out, &hdu, pack->scratch);
}

vo_err_t *vo_soda_pack_end(vo_soda_pack_t *pack)
{
    vo_out_mem_t mem;
    vo_out_t *out;
    int i;

    if (pack->kind == VO_PACK_MEF) {
        return write_table(pack);
    }
    memset(&mem, 0, sizeof(mem));
    out = vo_out_to_memory(&mem, pack->scratch);
    VO_TRY(vo_out_puts(out, "input,id,region,status,file,message\r\n"));
    for (i = 0; i < pack->rows->nelts; ++i) {
        const row_t *row = &APR_ARRAY_IDX(pack->rows, i, row_t);

        if (row->is_known) {
            VO_TRY(put_row(out, i, row));
        }
    }
    VO_TRY(vo_out_flush(out));
    VO_TRY(vo_tar_file(pack->out, MANIFEST, mem.data, mem.len, pack->time));
    return vo_tar_end(pack->out);
}
