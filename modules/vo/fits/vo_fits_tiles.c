/* vo_fits_tiles.c: reading sections of tile-compressed images. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 10.1 */
#include "vo_fitsfile_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "vo_tilecodec.h"

#define MAX_FIELDS 999
#define MAX_ROW (1 << 20) /* bytes of the table's rows */
#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

/* How the numbers of a tile are kept. */
typedef enum { CODEC_RICE, CODEC_GZIP, CODEC_GZIP2, CODEC_PLIO, CODEC_NONE }
    codec_e;

static const struct {
    const char *name;
    codec_e codec;
} codecs[] = {
    {"RICE_1", CODEC_RICE},  {"RICE_ONE", CODEC_RICE},
    {"GZIP_1", CODEC_GZIP},  {"GZIP_2", CODEC_GZIP2},
    {"PLIO_1", CODEC_PLIO},  {"NOCOMPRESS", CODEC_NONE},
};

/* A column of the table; OFFSET -1: there is none. */
typedef struct column_t {
    const char *name;
    apr_int64_t offset; /* in the row */
    char type;          /* of TFORM: 'P' and 'Q' are descriptors */
    int width;          /* bytes of an element (of what a descriptor is to) */
} column_t;

enum { COL_DATA, COL_GZIP, COL_RAW, COL_SCALE, COL_ZERO, COL_BLANK, COL_COUNT };

struct vo_fits_tiles_t {
    codec_e codec;
    int bytepix, block;         /* of Rice */
    apr_int64_t ntiles[VO_FITS_MAX_AXES], rows; /* tiles per axis, in all */
    apr_int64_t row_len;        /* NAXIS1 of the table */
    apr_off_t heap;
    apr_int64_t heap_len;
    column_t cols[COL_COUNT];
    int is_quantized;
    vo_quant_t quant;           /* where it is the same for all tiles */
    apr_int64_t seed;           /* ZDITHER0 */
};

/* ---- the header ------------------------------------------------------- */

static int type_width(char type)
{
    switch (type) {
    case 'L':
    case 'B':
    case 'A':
        return 1;
    case 'I':
        return 2;
    case 'J':
    case 'E':
        return 4;
    case 'K':
    case 'D':
    case 'C':
    case 'P':
        return 8;
    case 'M':
    case 'Q':
        return 16;
    default:
        return 0;
    }
}

/* Read TFORMn into COL and add its bytes to *OFFSET. */
static int read_form(column_t *col, const char *form, apr_int64_t *offset)
{
    apr_int64_t repeat = 0;
    int has_repeat = 0;

    for (; form && apr_isdigit(*form); ++form) {
        has_repeat = 1;
        repeat = repeat * 10 + (*form - '0');
        if (repeat > MAX_ROW) {
            return 0;
        }
    }
    if (!form || !*form) {
        return 0;
    }
    col->offset = *offset;
    col->type = *form;
    col->width = *form == 'P' || *form == 'Q' ? type_width(form[1])
                                              : type_width(*form);
    repeat = has_repeat ? repeat : 1;
    *offset += *form == 'X' ? (repeat + 7) / 8 : repeat * type_width(*form);
    if (!repeat) {
        col->offset = -1;
    }
    return *offset <= MAX_ROW
           && (*form == 'X' || type_width(*form))
           && ((*form != 'P' && *form != 'Q') || col->width);
}

static vo_err_t *read_columns(vo_fits_tiles_t *t, const vo_fitsimg_t *image)
{
    static const char *const names[COL_COUNT] = {
        "COMPRESSED_DATA", "GZIP_COMPRESSED_DATA", "UNCOMPRESSED_DATA",
        "ZSCALE", "ZZERO", "ZBLANK",
    };
    const vo_fits_cards_t *head = image->head;
    vo_fitsfile_t *file = image->file;
    apr_int64_t nfields = 0, offset = 0;
    char key[24];
    int i, k;

    for (k = 0; k < COL_COUNT; ++k) {
        t->cols[k].offset = -1;
        t->cols[k].name = names[k];
    }
    vo_fits_cards_int(head, "TFIELDS", &nfields);
    for (i = 1; i <= (int)nfields && nfields <= MAX_FIELDS; ++i) {
        const char *name, *form;
        column_t col;

        snprintf(key, sizeof(key), "TTYPE%d", i);
        name = vo_fits_cards_string(head, key);
        snprintf(key, sizeof(key), "TFORM%d", i);
        form = vo_fits_cards_string(head, key);
        if (!read_form(&col, form, &offset)) {
            return vo_fits_damaged(file, file->pool, "HDU %d: %s is %.20s",
                                   image->hdu, key, form ? form : "missing");
        }
        for (k = 0; name && k < COL_COUNT; ++k) {
            if (!strcasecmp(name, names[k])) {
                col.name = names[k];
                t->cols[k] = col;
            }
        }
    }
    if (offset != t->row_len) {
        return vo_fits_damaged(file, file->pool, "HDU %d: rows of %"
                               APR_INT64_T_FMT " bytes, columns of %"
                               APR_INT64_T_FMT, image->hdu, t->row_len,
                               offset);
    }
    for (k = COL_DATA; k <= COL_RAW; ++k) {
        if (t->cols[k].offset >= 0 && t->cols[k].type != 'P'
            && t->cols[k].type != 'Q') {
            return vo_fits_damaged(file, file->pool, "HDU %d: column %s is no"
                                   " descriptor", image->hdu, names[k]);
        }
    }
    return t->cols[COL_DATA].offset < 0
               ? vo_fits_damaged(file, file->pool, "HDU %d: no column"
                                 " COMPRESSED_DATA", image->hdu)
               : NULL;
}

/* BYTEPIX and BLOCKSIZE of Rice. */
static vo_err_t *read_options(vo_fits_tiles_t *t, const vo_fitsimg_t *image)
{
    vo_fitsfile_t *file = image->file;
    char key[24];
    int i;

    t->bytepix = 4;
    t->block = 32;
    for (i = 1; i <= 16; ++i) {
        const char *name;
        apr_int64_t n = 0;

        snprintf(key, sizeof(key), "ZNAME%d", i);
        name = vo_fits_cards_string(image->head, key);
        if (!name) {
            break;
        }
        snprintf(key, sizeof(key), "ZVAL%d", i);
        if (!vo_fits_cards_int(image->head, key, &n)) {
            continue;
        }
        if (n < 0 || n > APR_INT32_MAX) {
            n = 0;
        }
        if (!strcasecmp(name, "BLOCKSIZE")) {
            t->block = (int)n;
        }
        else if (!strcasecmp(name, "BYTEPIX")) {
            t->bytepix = (int)n;
        }
    }
    if (t->codec == CODEC_RICE
        && (t->block < 1 || t->block > 256
            || (t->bytepix != 1 && t->bytepix != 2 && t->bytepix != 4))) {
        return vo_fits_damaged(file, file->pool, "HDU %d: RICE_1 of %d bytes"
                               " in blocks of %d", image->hdu, t->bytepix,
                               t->block);
    }
    return NULL;
}

static vo_err_t *read_quantization(vo_fits_tiles_t *t,
                                   const vo_fitsimg_t *image)
{
    static const struct {
        const char *name;
        vo_dither_e dither;
    } methods[] = {
        {"NO_DITHER", VO_DITHER_NONE},
        {"SUBTRACTIVE_DITHER_1", VO_DITHER_1},
        {"SUBTRACTIVE_DITHER_2", VO_DITHER_2},
    };
    const vo_fits_cards_t *head = image->head;
    const char *method = vo_fits_cards_string(head, "ZQUANTIZ");
    vo_fitsfile_t *file = image->file;
    apr_int64_t n = 0;
    int i, k;

    t->quant.scale = 1;
    for (k = COL_SCALE; k <= COL_BLANK; ++k) {
        const column_t *col = &t->cols[k];

        if (col->offset >= 0 && !strchr(k == COL_BLANK ? "BIJ" : "DE",
                                        col->type)) {
            return vo_fits_damaged(file, file->pool, "HDU %d: %s is of type"
                                   " %c", image->hdu, col->name, col->type);
        }
    }
    t->is_quantized = image->bitpix < 0
                      && (t->cols[COL_SCALE].offset >= 0
                          || vo_fits_cards_double(head, "ZSCALE",
                                                  &t->quant.scale));
    vo_fits_cards_double(head, "ZZERO", &t->quant.zero);
    if (vo_fits_cards_int(head, "ZBLANK", &n) && n >= -2147483647 - 1
        && n <= 2147483647) {
        t->quant.has_null = 1;
        t->quant.null = (apr_int32_t)n;
    }
    for (i = 0; method && i < COUNT(methods); ++i) {
        if (!strcmp(method, methods[i].name)) {
            t->quant.dither = methods[i].dither;
            break;
        }
    }
    if (method && i == COUNT(methods) && t->is_quantized
        && strcmp(method, "NONE")) {
        return vo_err_make(file->pool, VO_ERR_USAGE, "Images quantised by"
                           " %.20s are not understood.", method);
    }
    t->seed = 1;
    vo_fits_cards_int(head, "ZDITHER0", &t->seed);
    if (t->seed < 1 || t->seed > VO_FITS_MAX_TILE) {
        return vo_fits_damaged(file, file->pool, "HDU %d: ZDITHER0 is %"
                               APR_INT64_T_FMT, image->hdu, t->seed);
    }
    return NULL;
}

/* The grid of tiles. */
static vo_err_t *read_grid(vo_fits_tiles_t *t, vo_fitsimg_t *image)
{
    vo_fitsfile_t *file = image->file;
    apr_int64_t pixels = 1;
    char key[24];
    int i;

    t->rows = 1;
    for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
        apr_int64_t n = i ? 1 : image->naxis[0];

        snprintf(key, sizeof(key), "ZTILE%d", i + 1);
        vo_fits_cards_int(image->head, key, &n);
        if (i >= image->naxes) {
            n = 1;
        }
        if (n < 1) {
            return vo_fits_damaged(file, file->pool, "HDU %d: %s is %"
                                   APR_INT64_T_FMT, image->hdu, key, n);
        }
        n = n < image->naxis[i] ? n : image->naxis[i];
        image->tile[i] = n;
        t->ntiles[i] = (image->naxis[i] + n - 1) / n;
        t->rows *= t->ntiles[i];
        pixels *= n;
        if (pixels > VO_FITS_MAX_TILE) {
            return vo_err_make(file->pool, VO_ERR_USAGE, "Images compressed in"
                               " tiles of more than %d pixels are not"
                               " understood.", VO_FITS_MAX_TILE);
        }
    }
    return NULL;
}

static apr_int64_t table_int(const vo_fits_cards_t *head, const char *key,
                             apr_int64_t deflt)
{
    vo_fits_cards_int(head, key, &deflt);
    return deflt;
}

vo_err_t *vo_fits_tiles_init(vo_fitsimg_t *image)
{
    const vo_fits_cards_t *head = image->head;
    const char *name = vo_fits_cards_string(head, "ZCMPTYPE");
    vo_fitsfile_t *file = image->file;
    vo_fits_tiles_t *t = apr_pcalloc(file->pool, sizeof(*t));
    apr_int64_t nrows, pcount, theap;
    int i;

    for (i = 0; name && i < COUNT(codecs); ++i) {
        if (!strcmp(name, codecs[i].name)) {
            t->codec = codecs[i].codec;
            break;
        }
    }
    if (!name || i == COUNT(codecs)) {
        return vo_err_make(file->pool, VO_ERR_USAGE, "Images compressed by"
                           " %.20s are not understood.",
                           name ? name : "nothing known");
    }
    image->compression = name;
    t->row_len = table_int(head, "NAXIS1", -1);
    nrows = table_int(head, "NAXIS2", -1);
    pcount = table_int(head, "PCOUNT", 0);
    VO_TRY(read_grid(t, image));
    if (t->row_len < 8 || t->row_len > MAX_ROW || nrows != t->rows
        || pcount < 0 || table_int(head, "BITPIX", 0) != 8
        || table_int(head, "NAXIS", 0) != 2
        || table_int(head, "GCOUNT", 1) != 1) {
        return vo_fits_damaged(file, file->pool, "HDU %d: %" APR_INT64_T_FMT
                               " tiles, rows %" APR_INT64_T_FMT " of %"
                               APR_INT64_T_FMT " bytes", image->hdu, t->rows,
                               nrows, t->row_len);
    }
    theap = table_int(head, "THEAP", t->row_len * nrows);
    if (theap < t->row_len * nrows || theap > t->row_len * nrows + pcount) {
        return vo_fits_damaged(file, file->pool, "HDU %d: THEAP is %"
                               APR_INT64_T_FMT, image->hdu, theap);
    }
    t->heap = image->data + theap;
    t->heap_len = t->row_len * nrows + pcount - theap;
    if (file->is_plain && t->heap + t->heap_len > file->size) {
        return vo_fits_damaged(file, file->pool, "HDU %d is cut off",
                               image->hdu);
    }
    VO_TRY(read_columns(t, image));
    VO_TRY(read_options(t, image));
    VO_TRY(read_quantization(t, image));
    image->tiles = t;
    return NULL;
}

/* ---- one tile --------------------------------------------------------- */

/* What is needed while the tiles of a section are read. */
typedef struct reading_t {
    const vo_fitsimg_t *image;
    vo_fitsfile_t *file;
    const vo_fits_tiles_t *t;
    unsigned char *row;
    unsigned char *packed;       /* as in the heap */
    apr_size_t packed_cap;
    unsigned char *raw;          /* numbers unpacked; behind them, unshuffled */
    apr_int32_t *quanta;         /* numbers before they are floats */
    void *pixels;                /* of the tile, of the image's type */
    apr_pool_t *pool;
} reading_t;

static apr_int64_t big_int(const unsigned char *p, int width)
{
    apr_uint64_t v = 0;
    int i;

    for (i = 0; i < width; ++i) {
        v = v << 8 | p[i];
    }
    return width == 1   ? (apr_int64_t)v
           : width == 2 ? (apr_int16_t)v
           : width == 4 ? (apr_int32_t)v
                        : (apr_int64_t)v;
}

static double big_float(const unsigned char *p, char type)
{
    apr_uint64_t v = (apr_uint64_t)big_int(p, type == 'E' ? 4 : 8);
    apr_uint32_t w = (apr_uint32_t)v;
    double d;
    float f;

    if (type == 'E') {
        memcpy(&f, &w, 4);
        return f;
    }
    memcpy(&d, &v, 8);
    return d;
}

/* Read what the descriptor in column K is to, at most MOST bytes, into
 * r->packed; *LEN is 0 when there is nothing. */
static vo_err_t *fetch(reading_t *r, int k, apr_size_t *len, apr_int64_t most)
{
    const column_t *col = &r->t->cols[k];
    apr_int64_t n, offset;
    int width;

    *len = 0;
    if (col->offset < 0) {
        return NULL;
    }
    width = col->type == 'P' ? 4 : 8;
    n = big_int(r->row + col->offset, width);
    offset = big_int(r->row + col->offset + width, width);
    if (!n) {
        return NULL;
    }
    if (n < 0 || n > most / col->width || offset < 0
        || offset > r->t->heap_len
        || n * col->width > r->t->heap_len - offset) {
        return vo_fits_damaged(r->file, r->pool, "HDU %d: a tile has %"
                               APR_INT64_T_FMT " elements at %"
                               APR_INT64_T_FMT " of a heap of %"
                               APR_INT64_T_FMT, r->image->hdu, n, offset,
                               r->t->heap_len);
    }
    n *= col->width;
    if ((apr_size_t)n > r->packed_cap) {
        r->packed_cap = (apr_size_t)n + (apr_size_t)n / 2;
        r->packed = apr_palloc(r->pool, r->packed_cap);
    }
    *len = (apr_size_t)n;
    return vo_fits_pread(r->file, r->packed, *len, r->t->heap + offset,
                         r->pool);
}

/* N whole numbers of WIDTH bytes at FROM as pixels of BITPIX, which may be as
 * wide or wider. The two may be the same place when they are as wide. */
static void widen(void *to, int bitpix, const void *from, int width,
                  apr_size_t n)
{
    apr_size_t i;

#define CONVERT(to_t, from_t)                                                 \
    for (i = 0; i < n; ++i) {                                                 \
        ((to_t *)to)[i] = (to_t)((const from_t *)from)[i];                    \
    }
#define CONVERT_FROM(to_t)                                                    \
    switch (width) {                                                          \
    case 1:                                                                   \
        CONVERT(to_t, unsigned char) break;                                   \
    case 2:                                                                   \
        CONVERT(to_t, apr_int16_t) break;                                     \
    case 4:                                                                   \
        CONVERT(to_t, apr_int32_t) break;                                     \
    default:                                                                  \
        CONVERT(to_t, apr_int64_t) break;                                     \
    }
    switch (bitpix) {
    case 8:
        CONVERT_FROM(unsigned char)
        break;
    case 16:
        CONVERT_FROM(apr_int16_t)
        break;
    case 64:
        CONVERT_FROM(apr_int64_t)
        break;
    default:
        CONVERT_FROM(apr_int32_t)
        break;
    }
#undef CONVERT
#undef CONVERT_FROM
}

/* PLIO knows no negative numbers, so cfitsio keeps unsigned 16-bit pixels
 * (BZERO 32768) as they are and not as FITS has them. */
static void lower(apr_int32_t *p, apr_size_t n, const vo_fitsimg_t *image)
{
    apr_size_t i;

    for (i = 0; image->bitpix == 16 && image->bzero == 32768 && i < n; ++i) {
        p[i] -= 32768;
    }
}

static vo_err_t *bad_tile(reading_t *r, apr_int64_t row)
{
    return vo_fits_damaged(r->file, r->pool, "HDU %d: tile %" APR_INT64_T_FMT
                           " cannot be decoded", r->image->hdu, row + 1);
}

/* The whole numbers of the tile (N, LEN bytes packed) into TO, as 32-bit ones
 * or, for images of whole numbers, as pixels. */
static int decode(reading_t *r, codec_e codec, void *to, int bitpix,
                  apr_size_t n, apr_size_t wanted, apr_size_t len)
{
    apr_size_t got = len;
    unsigned char *from = r->packed;
    int width;

    if (bitpix < 0 && (codec == CODEC_RICE || codec == CODEC_PLIO)) {
        return 0;
    }
    switch (codec) {
    case CODEC_RICE:
        if (r->t->bytepix * 8 == bitpix) {
            return vo_rice_decode(to, wanted, r->t->bytepix, r->t->block,
                                  r->packed, len);
        }
        if (!vo_rice_decode(r->raw, wanted, r->t->bytepix, r->t->block,
                            r->packed, len)) {
            return 0;
        }
        widen(to, bitpix, r->raw, r->t->bytepix, wanted);
        return 1;
    case CODEC_PLIO:
        if (!vo_plio_decode((apr_int32_t *)r->raw, wanted, r->packed, len)) {
            return 0;
        }
        lower((apr_int32_t *)r->raw, wanted, r->image);
        widen(to, bitpix, r->raw, 4, wanted);
        return 1;
    case CODEC_NONE:
        break;
    default:
        if (!vo_gzip_decode(r->raw, n * 8, &got, r->packed, len)) {
            return 0;
        }
        from = r->raw;
        break;
    }
    width = got == n ? 1 : got == 2 * n ? 2 : got == 4 * n ? 4
            : got == 8 * n ? 8 : 0;
    if (!width || (bitpix < 0 && width * 8 != -bitpix)) {
        return 0;
    }
    if (codec == CODEC_GZIP2 && width > 1) {
        vo_unshuffle(r->raw + 8 * n, r->raw, n, width);
        from = r->raw + 8 * n;
    }
    vo_fits_swap(from, (apr_int64_t)n, 8 * width);
    if (bitpix < 0) {
        memcpy(to, from, n * (apr_size_t)width);
    }
    else {
        widen(to, bitpix, from, width, n);
    }
    return 1;
}

static void unquantize(reading_t *r, apr_int64_t row, apr_size_t n)
{
    const column_t *cols = r->t->cols;
    vo_quant_t quant = r->t->quant;

    if (cols[COL_SCALE].offset >= 0) {
        quant.scale = big_float(r->row + cols[COL_SCALE].offset,
                                cols[COL_SCALE].type);
    }
    if (cols[COL_ZERO].offset >= 0) {
        quant.zero = big_float(r->row + cols[COL_ZERO].offset,
                               cols[COL_ZERO].type);
    }
    if (cols[COL_BLANK].offset >= 0) {
        quant.has_null = 1;
        quant.null = (apr_int32_t)big_int(r->row + cols[COL_BLANK].offset,
                                          cols[COL_BLANK].width);
    }
    quant.seed = r->t->seed + row;
    if (r->image->bitpix == -32) {
        vo_unquantize_float(r->pixels, r->quanta, n, &quant);
    }
    else {
        vo_unquantize_double(r->pixels, r->quanta, n, &quant);
    }
}

/* Decode the tile in ROW, N pixels of which the first WANTED are needed, into
 * r->pixels. */
static vo_err_t *read_tile(reading_t *r, apr_int64_t row, apr_size_t n,
                           apr_size_t wanted)
{
    int bitpix = r->image->bitpix;
    apr_int64_t most = (apr_int64_t)n * 16 + 4096;
    apr_size_t len;

    VO_TRY(vo_fits_pread(r->file, r->row, (apr_size_t)r->t->row_len,
                         r->image->data + row * r->t->row_len, r->pool));
    VO_TRY(fetch(r, COL_DATA, &len, most));
    if (len && r->t->is_quantized) {
        if (!decode(r, r->t->codec, r->quanta, 32, n, wanted, len)) {
            return bad_tile(r, row);
        }
        unquantize(r, row, wanted);
        return NULL;
    }
    if (len) {
        return decode(r, r->t->codec, r->pixels, bitpix, n, wanted, len)
                   ? NULL
                   : bad_tile(r, row);
    }
    VO_TRY(fetch(r, COL_GZIP, &len, most));
    if (len) {
        return decode(r, CODEC_GZIP, r->pixels, bitpix, n, wanted, len)
                   ? NULL
                   : bad_tile(r, row);
    }
    VO_TRY(fetch(r, COL_RAW, &len, most));
    return len && decode(r, CODEC_NONE, r->pixels, bitpix, n, wanted, len)
               ? NULL
               : bad_tile(r, row);
}

/* ---- a section -------------------------------------------------------- */

/* Copy from the tile, which begins at pixel START and is SHAPE pixels large,
 * what is in the section. */
static void copy_part(const reading_t *r, char *to, const apr_int64_t *first,
                      const apr_int64_t *size, const apr_int64_t *start,
                      const apr_int64_t *shape)
{
    apr_int64_t lo[VO_FITS_MAX_AXES] = {0}, n[VO_FITS_MAX_AXES] = {0};
    apr_int64_t at[VO_FITS_MAX_AXES] = {0};
    int bytes = VO_FITS_BYTES(r->image->bitpix), naxes = r->image->naxes, i;

    for (i = 0; i < naxes; ++i) {
        apr_int64_t end = first[i] + size[i];

        lo[i] = first[i] > start[i] ? first[i] : start[i];
        end = end < start[i] + shape[i] ? end : start[i] + shape[i];
        n[i] = end - lo[i];
    }
    for (;;) {
        apr_int64_t from = 0, into = 0, fs = 1, ts = 1;

        for (i = 0; i < naxes; ++i) {
            from += (lo[i] + at[i] - start[i]) * fs;
            into += (lo[i] + at[i] - first[i]) * ts;
            fs *= shape[i];
            ts *= size[i];
        }
        memcpy(to + into * bytes, (const char *)r->pixels + from * bytes,
               (apr_size_t)(n[0] * bytes));
        for (i = 1; i < naxes && ++at[i] == n[i]; ++i) {
            at[i] = 0;
        }
        if (i >= naxes) {
            return;
        }
    }
}

vo_err_t *vo_fits_tiles_read(const vo_fitsimg_t *image,
                             const apr_int64_t *first, const apr_int64_t *size,
                             void *to, apr_pool_t *scratch)
{
    apr_int64_t tile[VO_FITS_MAX_AXES], most;
    reading_t r = {0};
    int i;

    r.image = image;
    r.file = image->file;
    r.t = image->tiles;
    r.pool = scratch;
    most = vo_fits_product(image->tile, image->naxes);
    r.row = apr_palloc(scratch, (apr_size_t)r.t->row_len);
    r.raw = apr_palloc(scratch, (apr_size_t)most * 16);
    if (r.t->is_quantized) {
        r.quanta = apr_palloc(scratch, (apr_size_t)most * 4);
    }
    r.pixels = apr_palloc(scratch, (apr_size_t)most
                                       * VO_FITS_BYTES(image->bitpix));
    for (i = 0; i < image->naxes; ++i) {
        tile[i] = first[i] / image->tile[i];
    }
    for (;;) {
        apr_int64_t start[VO_FITS_MAX_AXES], shape[VO_FITS_MAX_AXES];
        apr_int64_t row = 0, stride = 1, n = 1, wanted = 0, step = 1;

        for (i = 0; i < image->naxes; ++i) {
            apr_int64_t end = first[i] + size[i];

            start[i] = tile[i] * image->tile[i];
            shape[i] = image->naxis[i] - start[i] < image->tile[i]
                           ? image->naxis[i] - start[i]
                           : image->tile[i];
            end = end < start[i] + shape[i] ? end : start[i] + shape[i];
            wanted += (end - 1 - start[i]) * step;
            step *= shape[i];
            n *= shape[i];
            row += tile[i] * stride;
            stride *= r.t->ntiles[i];
        }
        VO_TRY(read_tile(&r, row, (apr_size_t)n, (apr_size_t)(wanted + 1)));
        copy_part(&r, to, first, size, start, shape);
        for (i = 0; i < image->naxes; ++i) {
            if (++tile[i] * image->tile[i] < first[i] + size[i]) {
                break;
            }
            tile[i] = first[i] / image->tile[i];
        }
        if (i >= image->naxes) {
            return NULL;
        }
    }
}
