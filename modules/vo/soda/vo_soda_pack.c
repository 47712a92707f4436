/* vo_soda_pack.c: many cutouts in one archive, with a manifest. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_soda_pack.h"

#include <string.h>

#include <apr_strings.h>

#define MANIFEST "manifest.csv"

static const char *const words[] = {
    [VO_PACK_OK] = "ok",           [VO_PACK_OUTSIDE] = "outside",
    [VO_PACK_PRIVATE] = "private", [VO_PACK_MISSING] = "missing",
    [VO_PACK_ERROR] = "error",
};

typedef struct row_t {
    const char *id, *region, *file, *message; /* NULL: none */
    vo_pack_status_e status;
    int is_known;
} row_t;

struct vo_soda_pack_t {
    vo_out_t *out;
    apr_time_t time;
    apr_array_header_t *rows; /* row_t by number of the input */
    int next;
    vo_soda_log_t *log;
    void *baton;
    apr_pool_t *pool, *scratch;
};

vo_soda_pack_t *vo_soda_pack_create(vo_out_t *out, apr_time_t time,
                                    vo_soda_log_t *log, void *baton,
                                    apr_pool_t *pool)
{
    vo_soda_pack_t *pack = apr_pcalloc(pool, sizeof(*pack));

    pack->out = out;
    pack->time = time;
    pack->log = log;
    pack->baton = baton;
    pack->rows = apr_array_make(pool, 64, sizeof(row_t));
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

/* Read CUT and put its file into the archive: *FILE stays NULL when nothing
 * overlaps. */
static vo_err_t *add_file(const char **file, vo_soda_pack_t *pack, int input,
                          const vo_soda_cut_t *cut, const vo_soda_how_t *how,
                          const vo_release_t *rel,
                          const vo_soda_limits_t *limits, vo_err_t **bad)
{
    vo_soda_made_t made;
    vo_out_mem_t mem;
    vo_out_t *out;

    memset(&mem, 0, sizeof(mem));
    out = vo_out_to_memory(&mem, pack->scratch);
    *bad = vo_soda_read(&made, cut, how, rel, limits, pack->scratch);
    if (*bad || !made.npieces) {
        return NULL;
    }
    *bad = vo_soda_write(out, &made, pack->scratch);
    if (!*bad) {
        *bad = vo_out_flush(out);
    }
    if (*bad) {
        return NULL;
    }
    *file = apr_psprintf(pack->pool, "%05d_%.90s", input + 1, made.filename);
    return vo_tar_file(pack->out, *file, mem.data, mem.len, pack->time);
}

vo_err_t *vo_soda_pack_input(vo_soda_pack_t *pack, int input,
                             const vo_soda_cut_t *cut,
                             const vo_soda_how_t *how, const vo_release_t *rel,
                             const vo_soda_limits_t *limits)
{
    const char *region = cut->region->text, *file = NULL;
    vo_err_t *err, *bad = NULL;

    if (!cut->image) {
        vo_soda_pack_note(pack, input, cut->id, region, VO_PACK_MISSING,
                          "there is no such image");
        return NULL;
    }
    err = add_file(&file, pack, input, cut, how, rel, limits, &bad);
    if (err) {
        return err; /* in scratch, which lives as long as the pack */
    }
    if (bad) {
        pack->log(pack->baton, bad);
    }
    vo_soda_pack_note(pack, input, cut->id, region,
                      bad      ? VO_PACK_ERROR
                      : file ? VO_PACK_OK
                               : VO_PACK_OUTSIDE,
                      bad ? vo_err_public(bad, pack->scratch) : NULL);
    APR_ARRAY_IDX(pack->rows, input, row_t).file = file;
    apr_pool_clear(pack->scratch);
    return NULL;
}

vo_err_t *vo_soda_pack_cut(vo_soda_pack_t *pack, const vo_soda_cut_t *cut,
                           const vo_soda_how_t *how, const vo_release_t *rel,
                           const vo_soda_limits_t *limits)
{
    return vo_soda_pack_input(pack, pack->next++, cut, how, rel, limits);
}

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

vo_err_t *vo_soda_pack_end(vo_soda_pack_t *pack)
{
    vo_out_mem_t mem;
    vo_out_t *out;
    int i;

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
