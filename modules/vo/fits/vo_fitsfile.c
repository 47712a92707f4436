/* vo_fitsfile.c: opening FITS files, their headers, plain images. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 sections 3 and 4 */
#include "vo_fitsfile_int.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../table/vo_fits_head.h"

#define MAX_HDUS 10000
#define GZ_BUFFER 16384
#define MAX_PIXELS (APR_INT64_C(1) << 40) /* of an image */

vo_err_t *vo_fits_damaged(const vo_fitsfile_t *file, apr_pool_t *pool,
                          const char *format, ...)
{
    va_list ap;
    const char *text;

    va_start(ap, format);
    text = apr_pvsprintf(pool, format, ap);
    va_end(ap);
    return vo_err_fault(pool, APR_EGENERAL, "The file is damaged.", "%s: %s",
                        file->name, text);
}

vo_err_t *vo_fits_pread(vo_fitsfile_t *file, void *to, apr_size_t len,
                        apr_off_t offset, apr_pool_t *pool)
{
    char *p = to;

    if (!file->is_plain
        && gzseek(file->gz, (z_off_t)offset, SEEK_SET) != (z_off_t)offset) {
        return vo_fits_damaged(file, pool, "cut off before byte %"
                               APR_INT64_T_FMT, (apr_int64_t)offset);
    }
    while (len) {
        apr_size_t part = len < 1 << 30 ? len : 1 << 30;
        ssize_t n = file->is_plain ? pread(file->fd, p, part, offset)
                                   : gzread(file->gz, p, (unsigned)part);

        if (n < 0 && file->is_plain && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 && file->is_plain
                       ? vo_err_fault(pool, APR_FROM_OS_ERROR(errno),
                                      "The file cannot be read.", "%s",
                                      file->name)
                       : vo_fits_damaged(file, pool, "cut off at byte %"
                                         APR_INT64_T_FMT,
                                         (apr_int64_t)offset);
        }
        p += n;
        len -= (apr_size_t)n;
        offset += n;
    }
    return NULL;
}

apr_int64_t vo_fits_product(const apr_int64_t *n, int naxes)
{
    apr_int64_t all = 1;
    int i;

    for (i = 0; i < naxes; ++i) {
        all *= n[i];
    }
    return all;
}

/* ---- opening ---------------------------------------------------------- */

static apr_status_t close_file(void *data)
{
    vo_fitsfile_t *file = data;

    if (file->gz) {
        gzclose(file->gz);
    }
    if (file->fd >= 0) {
        close(file->fd);
    }
    return APR_SUCCESS;
}

/* Look for the next HDU; *FOUND is 0 when there is none. */
static vo_err_t *next_hdu(int *found, vo_fitsfile_t *file)
{
    vo_fits_hdu_t hdu, *last = NULL;
    apr_int64_t len;
    int got;

    *found = 0;
    if (file->is_complete) {
        return NULL;
    }
    memset(&hdu, 0, sizeof(hdu));
    if (file->hdus->nelts) {
        last = APR_ARRAY_IDX(file->hdus, file->hdus->nelts - 1,
                             vo_fits_hdu_t *);
        hdu.start = last->next;
        if (file->hdus->nelts >= MAX_HDUS) {
            return vo_fits_damaged(file, file->pool, "too many HDUs");
        }
    }
    if (gzseek(file->gz, (z_off_t)hdu.start, SEEK_SET)
        != (z_off_t)hdu.start) {
        file->is_complete = 1;
        return NULL;
    }
    got = vo_fits_cards_read(&hdu.head, file->gz, last == NULL,
                             VO_FITS_MAX_CARDS, file->pool);
    if (!got && !last) {
        return vo_err_make(file->pool, VO_ERR_USAGE,
                           "It is not a FITS file.");
    }
    if (!got) {
        file->is_complete = 1;
        return NULL;
    }
    len = got < 0 ? -1 : vo_fits_cards_data(&hdu.head);
    if (len < 0 || len > APR_INT64_MAX / 4 - hdu.start) {
        return vo_fits_damaged(file, file->pool, "header of HDU %d %s",
                               file->hdus->nelts + 1,
                               got < 0 ? "is cut off or too long"
                                       : "makes no sense");
    }
    hdu.data = hdu.start
               + (hdu.head.ncards * VO_FITS_CARD + VO_FITS_BLOCK)
                     / VO_FITS_BLOCK * VO_FITS_BLOCK;
    hdu.next = hdu.data + len;
    APR_ARRAY_PUSH(file->hdus, vo_fits_hdu_t *)
        = apr_pmemdup(file->pool, &hdu, sizeof(hdu));
    *found = 1;
    return NULL;
}

vo_err_t *vo_fitsfile_open(vo_fitsfile_t **opened, const char *name,
                           apr_pool_t *pool)
{
    vo_fitsfile_t *file = apr_pcalloc(pool, sizeof(*file));
    struct stat st;
    int copy, found;

    file->name = name;
    file->pool = pool;
    file->fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    apr_pool_cleanup_register(pool, file, close_file, apr_pool_cleanup_null);
    file->hdus = apr_array_make(pool, 4, sizeof(vo_fits_hdu_t *));
    if (file->fd < 0 || fstat(file->fd, &st)) {
        return vo_err_fault(pool, APR_FROM_OS_ERROR(errno),
                            "The file cannot be opened.", "%s", name);
    }
    if (!S_ISREG(st.st_mode)) {
        return vo_err_fault(pool, APR_EGENERAL, "The file cannot be opened.",
                            "%s is not a regular file", name);
    }
    file->size = st.st_size;
    copy = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    file->gz = copy < 0 ? NULL : gzdopen(copy, "rb");
    if (!file->gz) {
        if (copy >= 0) {
            close(copy);
        }
        return vo_err_fault(pool, APR_ENOMEM, "The file cannot be opened.",
                            "%s", name);
    }
    gzbuffer(file->gz, GZ_BUFFER);
    file->is_plain = gzdirect(file->gz);
    *opened = file;
    return next_hdu(&found, file);
}

static vo_err_t *find_hdu(vo_fits_hdu_t **hdu, vo_fitsfile_t *file, int n)
{
    int found = 1;

    *hdu = NULL;
    while (n > 0 && found && file->hdus->nelts < n) {
        VO_TRY(next_hdu(&found, file));
    }
    if (n > 0 && file->hdus->nelts >= n) {
        *hdu = APR_ARRAY_IDX(file->hdus, n - 1, vo_fits_hdu_t *);
    }
    return NULL;
}

vo_err_t *vo_fitsfile_head(const vo_fits_cards_t **head, vo_fitsfile_t *file,
                           int n)
{
    vo_fits_hdu_t *hdu;

    VO_TRY(find_hdu(&hdu, file, n));
    *head = hdu ? &hdu->head : NULL;
    return NULL;
}

/* ---- the header of an image ------------------------------------------- */

/* Keywords that tell the structure of a file or of its compression; a '#'
 * stands for a number. FITS 4.0 sections 4.4.1, 7.3 and 10.1. */
static const char *const structure[] = {
    "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS#", "PCOUNT", "GCOUNT",
    "EXTEND", "GROUPS", "END", "CHECKSUM", "DATASUM", "THEAP",
};
static const char *const compression[] = {
    "TFIELDS", "TTYPE#", "TFORM#", "TUNIT#", "TNULL#", "TSCAL#", "TZERO#",
    "TDISP#", "TDIM#", "ZIMAGE", "ZCMPTYPE", "ZBITPIX", "ZNAXIS", "ZNAXIS#",
    "ZTILE#", "ZNAME#", "ZVAL#", "ZMASKCMP", "ZSIMPLE", "ZTENSION", "ZEXTEND",
    "ZBLOCKED", "ZPCOUNT", "ZGCOUNT", "ZHECKSUM", "ZDATASUM", "ZQUANTIZ",
    "ZDITHER0", "ZSCALE", "ZZERO", "ZBLANK", "FZALGOR", "FZQVALUE",
    "FZQMETHD", "FZDTHRSD", "FZINT2F", "FZHSCALE", "FZTILE",
};

static int is_listed(const char *card, const char *const *names, int n)
{
    int i, k;

    for (i = 0; i < n; ++i) {
        const char *name = names[i];

        for (k = 0; name[k] && name[k] != '#' && card[k] == name[k]; ++k) {
        }
        if (name[k] == '#') {
            int digits = 0;

            while (k + digits < 8 && apr_isdigit(card[k + digits])) {
                ++digits;
            }
            k += digits;
            if (!digits) {
                continue;
            }
        }
        else if (name[k]) {
            continue;
        }
        if (k == 8 || card[k] == ' ') {
            return 1;
        }
    }
    return 0;
}

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

static char *int_card(char *p, const char *key, apr_int64_t value)
{
    char card[VO_FITS_CARD * 2];

    snprintf(card, sizeof(card), "%-8s= %20" APR_INT64_T_FMT, key, value);
    memset(p, ' ', VO_FITS_CARD);
    memcpy(p, card, strlen(card));
    return p + VO_FITS_CARD;
}

static int is_true(const vo_fits_cards_t *head, const char *key)
{
    const char *value = vo_fits_cards_string(head, key);

    return value && *value == 'T';
}

/* Add to P what the image inherits of the primary header (INHERIT, FITS 4.0
 * section 4.4.2.6): its keywords that the image has not; returns the end. */
static char *inherit(char *p, const vo_fits_cards_t *head,
                     const vo_fits_cards_t *primary)
{
    int i, is_taken = 0;

    for (i = 0; i < primary->ncards; ++i) {
        const char *key = vo_fits_cards_keyword(primary, i);
        const char *card = primary->cards + i * VO_FITS_CARD;

        if (strncmp(card, "CONTINUE", 8)) {
            is_taken = key && !is_listed(card, structure, COUNT(structure))
                       && !apr_hash_get(head->keys, key, APR_HASH_KEY_STRING);
        }
        if (is_taken) {
            memcpy(p, card, VO_FITS_CARD);
            p += VO_FITS_CARD;
        }
    }
    return p;
}

/* The header as if it were that of a plain image. */
static void describe(vo_fitsimg_t *image)
{
    const vo_fits_cards_t *head = image->head, *primary;
    char *cards, *p, key[24];
    int i;

    primary = &APR_ARRAY_IDX(image->file->hdus, 0, vo_fits_hdu_t *)->head;
    if (primary == head || !is_true(head, "INHERIT")) {
        primary = NULL;
    }
    cards = p = apr_palloc(
        head->pool, (apr_size_t)(head->ncards + 2 + image->naxes
                                 + (primary ? primary->ncards : 0))
                        * VO_FITS_CARD);
    p = int_card(p, "BITPIX", image->bitpix);
    p = int_card(p, "NAXIS", image->naxes);
    for (i = 0; i < image->naxes; ++i) {
        snprintf(key, sizeof(key), "NAXIS%d", i + 1);
        p = int_card(p, key, image->naxis[i]);
    }
    image->nstruct = 2 + image->naxes;
    image->cards = cards;
    for (i = 0; i < head->ncards; ++i) {
        const char *card = head->cards + i * VO_FITS_CARD;

        if (is_listed(card, structure, COUNT(structure))
            || (image->compression
                && (is_listed(card, compression, COUNT(compression))
                    || !memcmp(card, "EXTNAME = 'COMPRESSED_IMAGE'", 28)))) {
            continue;
        }
        memcpy(p, card, VO_FITS_CARD);
        p += VO_FITS_CARD;
    }
    if (primary) {
        p = inherit(p, head, primary);
    }
    image->ncards = (int)((p - cards) / VO_FITS_CARD);
}

/* The shape by NAXIS, or ZNAXIS when PREFIX is "Z". */
static vo_err_t *read_shape(vo_fitsimg_t *image, const char *prefix)
{
    const vo_fits_cards_t *head = image->head;
    vo_fitsfile_t *file = image->file;
    apr_int64_t n = 0, all = 1;
    char key[24];
    int i;

    snprintf(key, sizeof(key), "%sBITPIX", prefix);
    vo_fits_cards_int(head, key, &n);
    if (n != 8 && n != 16 && n != 32 && n != 64 && n != -32 && n != -64) {
        return vo_fits_damaged(file, file->pool, "HDU %d: %s is %"
                               APR_INT64_T_FMT, image->hdu, key, n);
    }
    image->bitpix = (int)n;
    n = -1;
    snprintf(key, sizeof(key), "%sNAXIS", prefix);
    vo_fits_cards_int(head, key, &n);
    if (n < 0 || n > VO_FITS_MAX_AXES) {
        return vo_err_make(file->pool, VO_ERR_USAGE, "Images of %"
                           APR_INT64_T_FMT " axes are not understood.", n);
    }
    image->naxes = (int)n;
    for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
        n = i < image->naxes ? -1 : 1;
        snprintf(key, sizeof(key), "%sNAXIS%d", prefix, i + 1);
        if (i < image->naxes) {
            vo_fits_cards_int(head, key, &n);
        }
        if (n < 0 || (n && all > MAX_PIXELS / n)) {
            return vo_fits_damaged(file, file->pool, "HDU %d: %s is %"
                                   APR_INT64_T_FMT, image->hdu, key, n);
        }
        all *= n;
        image->naxis[i] = image->tile[i] = n;
    }
    return NULL;
}

/* Does the HDU hold an image: *IMAGE is NULL if not. */
static vo_err_t *read_image(vo_fitsimg_t **made, vo_fitsfile_t *file,
                            vo_fits_hdu_t *hdu, int n)
{
    const vo_fits_cards_t *head = &hdu->head;
    const char *type = vo_fits_cards_string(head, "XTENSION");
    vo_fitsimg_t *image;
    int is_compressed;

    *made = hdu->image;
    is_compressed = type && !strcmp(type, "BINTABLE")
                    && is_true(head, "ZIMAGE");
    if (hdu->image || (type && strcmp(type, "IMAGE") && !is_compressed)
        || is_true(head, "GROUPS")) {
        return NULL;
    }
    image = apr_pcalloc(file->pool, sizeof(*image));
    image->file = file;
    image->hdu = n;
    image->head = head;
    image->data = hdu->data;
    VO_TRY(read_shape(image, is_compressed ? "Z" : ""));
    if (!image->naxes || !vo_fits_product(image->naxis, image->naxes)) {
        return NULL;
    }
    image->bscale = 1;
    vo_fits_cards_double(head, "BSCALE", &image->bscale);
    vo_fits_cards_double(head, "BZERO", &image->bzero);
    image->has_blank = image->bitpix > 0
                       && vo_fits_cards_int(head, "BLANK", &image->blank);
    if (is_compressed) {
        VO_TRY(vo_fits_tiles_init(image));
    }
    else if (file->is_plain
             && hdu->data + vo_fits_product(image->naxis, image->naxes)
                                * VO_FITS_BYTES(image->bitpix) > file->size) {
        return vo_fits_damaged(file, file->pool, "HDU %d is cut off", n);
    }
    describe(image);
    *made = hdu->image = image;
    return NULL;
}

vo_err_t *vo_fitsfile_image(const vo_fitsimg_t **image, vo_fitsfile_t *file,
                            int n)
{
    vo_fitsimg_t *found = NULL;
    vo_fits_hdu_t *hdu;
    int i;

    for (i = n ? n : 1; !found; ++i) {
        VO_TRY(find_hdu(&hdu, file, i));
        if (!hdu) {
            break;
        }
        VO_TRY(read_image(&found, file, hdu, i));
        if (n) {
            break;
        }
    }
    *image = found;
    return found ? NULL
                 : vo_err_make(file->pool, VO_ERR_NOTFOUND,
                               n ? "HDU %d of the file is no image."
                                 : "The file has no image.", n);
}

/* ---- pixels ----------------------------------------------------------- */

void vo_fits_swap(void *p, apr_int64_t n, int bitpix)
{
    apr_int64_t i;

    switch (VO_FITS_BYTES(bitpix)) {
    case 2: {
        apr_uint16_t *v = p;
        for (i = 0; i < n; ++i) {
            v[i] = __builtin_bswap16(v[i]);
        }
        break;
    }
    case 4: {
        apr_uint32_t *v = p;
        for (i = 0; i < n; ++i) {
            v[i] = __builtin_bswap32(v[i]);
        }
        break;
    }
    case 8: {
        apr_uint64_t *v = p;
        for (i = 0; i < n; ++i) {
            v[i] = __builtin_bswap64(v[i]);
        }
        break;
    }
    default:
        break;
    }
}

/* Rows of a plain image, those that lie side by side in the file at once. */
static vo_err_t *read_plain(const vo_fitsimg_t *image,
                            const apr_int64_t *first, const apr_int64_t *size,
                            char *to, apr_pool_t *pool)
{
    apr_int64_t at[VO_FITS_MAX_AXES] = {0}, bytes, run, offset, stride;
    int k = 0, i;

    bytes = VO_FITS_BYTES(image->bitpix);
    run = size[0];
    while (k + 1 < image->naxes && size[k] == image->naxis[k]) {
        run *= size[++k];
    }
    for (;;) {
        offset = 0;
        stride = bytes;
        for (i = 0; i < image->naxes; ++i) {
            offset += (first[i] + at[i]) * stride;
            stride *= image->naxis[i];
        }
        VO_TRY(vo_fits_pread(image->file, to, (apr_size_t)(run * bytes),
                             image->data + offset, pool));
        to += run * bytes;
        for (i = k + 1; i < image->naxes && ++at[i] == size[i]; ++i) {
            at[i] = 0;
        }
        if (i >= image->naxes) {
            return NULL;
        }
    }
}

vo_err_t *vo_fitsfile_read(const vo_fitsimg_t *image, const apr_int64_t *first,
                           const apr_int64_t *size, void *to,
                           apr_pool_t *scratch)
{
    int i;

    for (i = 0; i < image->naxes; ++i) {
        if (first[i] < 0 || size[i] < 1
            || size[i] > image->naxis[i] - first[i]) {
            return vo_err_fault(scratch, APR_EINVAL,
                                "The section is not in the image.",
                                "%s: axis %d", image->file->name, i + 1);
        }
    }
    if (image->tiles) {
        return vo_fits_tiles_read(image, first, size, to, scratch);
    }
    VO_TRY(read_plain(image, first, size, to, scratch));
    vo_fits_swap(to, vo_fits_product(size, image->naxes), image->bitpix);
    return NULL;
}

#define TO_FLOAT(type)                                                        \
    do {                                                                      \
        const type *v = from;                                                 \
        for (i = 0; i < n; ++i) {                                             \
            to[i] = (float)(image->bzero + image->bscale * (double)v[i]);     \
        }                                                                     \
        for (i = 0; image->has_blank && i < n; ++i) {                         \
            if ((apr_int64_t)v[i] == image->blank) {                          \
                to[i] = NAN;                                                  \
            }                                                                 \
        }                                                                     \
    } while (0)

void vo_fits_to_float(float *to, const void *from, apr_int64_t n,
                      const vo_fitsimg_t *image)
{
    apr_int64_t i;

    switch (image->bitpix) {
    case 8:
        TO_FLOAT(unsigned char);
        break;
    case 16:
        TO_FLOAT(apr_int16_t);
        break;
    case 32:
        TO_FLOAT(apr_int32_t);
        break;
    case 64:
        TO_FLOAT(apr_int64_t);
        break;
    case -32: {
        const float *v = from;
        int is_same = image->bscale == 1 && image->bzero == 0;
        for (i = 0; i < n; ++i) {
            to[i] = is_same ? v[i]
                            : (float)(image->bzero + image->bscale * v[i]);
        }
        break;
    }
    default: {
        const double *v = from;
        for (i = 0; i < n; ++i) {
            to[i] = (float)(image->bzero + image->bscale * v[i]);
        }
        break;
    }
    }
}

vo_err_t *vo_fitsfile_read_float(const vo_fitsimg_t *image,
                                 const apr_int64_t *first,
                                 const apr_int64_t *size, float *to,
                                 apr_pool_t *scratch)
{
    apr_int64_t n = 1;
    void *raw = to;
    int i;

    for (i = 0; i < image->naxes; ++i) {
        n *= size[i] > 0 ? size[i] : 0;
    }
    if (image->bitpix != -32) {
        raw = apr_palloc(scratch, (apr_size_t)(n
                                               * VO_FITS_BYTES(image->bitpix)));
    }
    VO_TRY(vo_fitsfile_read(image, first, size, raw, scratch));
    vo_fits_to_float(to, raw, n, image);
    return NULL;
}

/* Add HEIGHT rows at FROM, the first being row Y of the image, to the sums. */
static void add_rows(double *sums, int *counts, const float *from,
                     apr_int64_t y, apr_int64_t height, apr_int64_t width,
                     int factor, int nx)
{
    apr_int64_t x, row;

    for (row = 0; row < height; ++row) {
        apr_int64_t at = (y + row) / factor * nx;

        for (x = 0; x < width; ++x) {
            float v = *from++;

            if (isfinite(v)) {
                sums[at + x / factor] += v;
                ++counts[at + x / factor];
            }
        }
    }
}

vo_err_t *vo_fitsfile_shrink(float **to, int *nx, int *ny,
                             const vo_fitsimg_t *image, int factor,
                             apr_pool_t *pool)
{
    apr_int64_t first[VO_FITS_MAX_AXES] = {0}, size[VO_FITS_MAX_AXES], height;
    apr_size_t n, k;
    apr_pool_t *scratch;
    double *sums;
    float *rows;
    int *counts, i;

    *nx = (int)((image->naxis[0] + factor - 1) / factor);
    *ny = (int)((image->naxis[1] + factor - 1) / factor);
    n = (apr_size_t)*nx * (apr_size_t)*ny;
    *to = apr_palloc(pool, n * sizeof(**to));
    sums = apr_pcalloc(pool, n * sizeof(*sums));
    counts = apr_pcalloc(pool, n * sizeof(*counts));
    for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
        size[i] = i ? 1 : image->naxis[0];
    }
    height = image->tiles && image->tile[1] > 1 ? image->tile[1] : 64;
    apr_pool_create(&scratch, pool);
    for (; first[1] < image->naxis[1]; first[1] += height) {
        size[1] = height < image->naxis[1] - first[1]
                      ? height : image->naxis[1] - first[1];
        rows = apr_palloc(scratch, (apr_size_t)(size[0] * size[1])
                                       * sizeof(*rows));
        VO_TRY(vo_fitsfile_read_float(image, first, size, rows, scratch));
        add_rows(sums, counts, rows, first[1], size[1], size[0], factor, *nx);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    for (k = 0; k < n; ++k) {
        (*to)[k] = counts[k] ? (float)(sums[k] / counts[k]) : NAN;
    }
    return NULL;
}
