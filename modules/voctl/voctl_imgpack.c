/* voctl_imgpack.c: voctl images: files recompressed for fast cutouts. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_imgpack.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include <fitsio.h>

#include "fits/vo_fitsfile.h"

/* --- is it needed -------------------------------------------------------- */

static int is_square(const vo_fitsimg_t *image, int tile)
{
    int i, is = image->compression != NULL;

    for (i = 0; i < 2; ++i) {
        is &= image->tile[i] == tile
              || (image->naxis[i] < tile && image->tile[i] == image->naxis[i]);
    }
    return is;
}

static int is_large(const vo_fitsimg_t *image, int tile)
{
    return image->naxes >= 2
           && (image->naxis[0] > tile || image->naxis[1] > tile);
}

/* Whether one of the images is large and not in square tiles. */
static vo_err_t *look(int *is_needed, const char *name, int tile,
                      apr_pool_t *pool)
{
    const vo_fits_cards_t *cards;
    vo_fitsfile_t *file;
    int hdu;

    *is_needed = 0;
    VO_TRY(vo_fitsfile_open(&file, name, pool));
    for (hdu = 1;; ++hdu) {
        const vo_fitsimg_t *image;
        vo_err_t *err;

        VO_TRY(vo_fitsfile_head(&cards, file, hdu));
        if (!cards) {
            return NULL;
        }
        err = vo_fitsfile_image(&image, file, hdu);
        if (err && err->kind != VO_ERR_NOTFOUND) {
            return err;
        }
        *is_needed |= !err && is_large(image, tile) && !is_square(image, tile);
    }
}

/* --- compressing --------------------------------------------------------- */

typedef struct packer_t {
    fitsfile *in, *plain, *out;
    const voctl_pack_t *pack;
    int status;
} packer_t;

static apr_status_t close_packer(void *data)
{
    packer_t *p = data;
    fitsfile **files[3] = {&p->in, &p->plain, &p->out};
    int i;

    for (i = 0; i < 3; ++i) {
        int status = 0;

        if (*files[i]) {
            fits_close_file(*files[i], &status);
            *files[i] = NULL;
        }
    }
    return APR_SUCCESS;
}

/* How the current image of FROM is to be compressed. */
static void choose(packer_t *p, fitsfile *from)
{
    long tile[VO_FITS_MAX_AXES] = {0};
    int bitpix = 0, naxis = 0;
    int is_exact, method, i;

    fits_get_img_type(from, &bitpix, &p->status);
    fits_get_img_dim(from, &naxis, &p->status);
    fits_get_img_size(from, VO_FITS_MAX_AXES, tile, &p->status);
    for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
        long most = i < 2 ? p->pack->tile : 1;

        tile[i] = tile[i] < most ? tile[i] : most;
    }
    is_exact = bitpix > 0 || p->pack->quantize <= 0;
    method = bitpix == LONGLONG_IMG || (bitpix < 0 && is_exact) ? GZIP_2
                                                                : RICE_1;
    fits_set_compression_type(p->out, method, &p->status);
    fits_set_tile_dim(p->out, naxis, tile, &p->status);
    fits_set_quantize_level(p->out, is_exact ? 0 : (float)p->pack->quantize,
                            &p->status);
    fits_set_quantize_dither(p->out, SUBTRACTIVE_DITHER_2, &p->status);
}

/* The compressed HDU just written. cfitsio calls Rice with DITHER_2 RICE_ONE,
 * so that its older versions refuse it; the standard (table 36) knows RICE_1
 * only. */
static void finish_hdu(packer_t *p)
{
    char type[FLEN_VALUE] = "";
    int status = 0;

    fits_set_compression_type(p->out, 0, &p->status);
    fits_read_key(p->out, TSTRING, "ZCMPTYPE", type, NULL, &status);
    if (!status && !strcmp(type, "RICE_ONE")) {
        fits_modify_key_str(p->out, "ZCMPTYPE", "RICE_1", "&", &p->status);
    }
    fits_write_chksum(p->out, &p->status);
}

/* The current HDU of p->in to the end of p->out. */
static void pack_hdu(packer_t *p, const vo_fitsimg_t *image)
{
    int status = 0;

    if (!image || !is_large(image, p->pack->tile)
        || is_square(image, p->pack->tile)) {
        fits_copy_hdu(p->in, p->out, 0, &p->status);
    }
    else if (!image->compression) {
        choose(p, p->in);
        fits_img_compress(p->in, p->out, &p->status);
    }
    else { /* by way of memory */
        fits_create_file(&p->plain, "mem://", &p->status);
        fits_img_decompress(p->in, p->plain, &p->status);
        if (!p->status) {
            choose(p, p->plain);
            fits_img_compress(p->plain, p->out, &p->status);
        }
        if (p->plain) {
            fits_close_file(p->plain, &status);
            p->plain = NULL;
        }
    }
    finish_hdu(p);
}

static vo_err_t *pack_all(packer_t *p, vo_fitsfile_t *file, apr_pool_t *pool)
{
    const vo_fits_cards_t *cards;
    int hdu;

    for (hdu = 1; !p->status; ++hdu) {
        const vo_fitsimg_t *image = NULL;
        vo_err_t *err;

        VO_TRY(vo_fitsfile_head(&cards, file, hdu));
        if (!cards) {
            break;
        }
        err = vo_fitsfile_image(&image, file, hdu);
        if (err && err->kind != VO_ERR_NOTFOUND) {
            return err;
        }
        fits_movabs_hdu(p->in, hdu, NULL, &p->status);
        pack_hdu(p, err ? NULL : image);
    }
    /* a new empty primary is there when the first was an image */
    fits_movabs_hdu(p->out, 1, NULL, &p->status);
    fits_write_chksum(p->out, &p->status);
    if (p->status) {
        char text[FLEN_STATUS];

        fits_get_errstatus(p->status, text);
        return vo_err_make(pool, VO_ERR_FAULT, "It cannot be compressed: %s",
                           text);
    }
    return NULL;
}

/* SOURCE in square tiles as TEMPORARY. */
static vo_err_t *write_packed(const char *temporary, const char *name,
                              const voctl_pack_t *pack, apr_pool_t *pool)
{
    packer_t *p = apr_pcalloc(pool, sizeof(*p));
    vo_fitsfile_t *file;
    vo_err_t *err;
    int status = 0;

    p->pack = pack;
    apr_pool_cleanup_register(pool, p, close_packer, apr_pool_cleanup_null);
    VO_TRY(vo_fitsfile_open(&file, name, pool));
    fits_open_diskfile(&p->in, name, READONLY, &p->status);
    fits_create_diskfile(&p->out, temporary, &p->status);
    err = pack_all(p, file, pool);
    if (!err) {
        fits_close_file(p->out, &status);
        p->out = NULL;
    }
    return err || !status ? err
                          : vo_err_make(pool, VO_ERR_FAULT, "It cannot be"
                                        " written (cfitsio error %d).",
                                        status);
}

/* --- comparing ----------------------------------------------------------- */

static vo_err_t *differs(apr_pool_t *pool)
{
    return vo_err_make(pool, VO_ERR_FAULT, "Its pixels are not the same after"
                       " compression: it is left as it is.");
}

/* N pixels of BITPIX at X and Y are equal; all NaN are. */
static int are_equal(const void *x, const void *y, apr_int64_t n, int bitpix)
{
    apr_int64_t i;
    int is = 1;

    if (bitpix > 0) {
        return !memcmp(x, y, (size_t)n * VO_FITS_BYTES(bitpix));
    }
    for (i = 0; i < n && is; ++i) {
        double a = bitpix == -32 ? ((const float *)x)[i]
                                 : ((const double *)x)[i];
        double b = bitpix == -32 ? ((const float *)y)[i]
                                 : ((const double *)y)[i];

        is = a == b || (isnan(a) && isnan(b));
    }
    return is;
}

/* One block of pixels of both, the size of a tile. */
static vo_err_t *compare_block(const vo_fitsimg_t *a, const vo_fitsimg_t *b,
                               const apr_int64_t *first,
                               const apr_int64_t *size, double quantize,
                               apr_pool_t *pool)
{
    apr_int64_t i, n = size[0] * size[1];
    double sum = 0, squares = 0, count = 0, limit;
    float *x, *y;

    if (a->bitpix > 0 || quantize <= 0) {
        size_t bytes = (size_t)n * VO_FITS_BYTES(a->bitpix);
        void *raw = apr_palloc(pool, bytes), *again = apr_palloc(pool, bytes);

        VO_TRY(vo_fitsfile_read(a, first, size, raw, pool));
        VO_TRY(vo_fitsfile_read(b, first, size, again, pool));
        return are_equal(raw, again, n, a->bitpix) ? NULL : differs(pool);
    }
    x = apr_palloc(pool, sizeof(*x) * (size_t)n);
    y = apr_palloc(pool, sizeof(*y) * (size_t)n);
    VO_TRY(vo_fitsfile_read_float(a, first, size, x, pool));
    VO_TRY(vo_fitsfile_read_float(b, first, size, y, pool));
    for (i = 0; i < n; ++i) {
        if (isfinite(x[i])) {
            sum += x[i];
            squares += (double)x[i] * x[i];
            ++count;
        }
    }
    sum = count > 0 ? sum / count : 0;
    limit = count > 0 ? sqrt(fmax(0, squares / count - sum * sum)) : 0;
    limit = 2 * limit / quantize + 1e-6 * fabs(sum);
    for (i = 0; i < n; ++i) {
        if (isnan(x[i]) != isnan(y[i])
            || (isfinite(x[i]) && fabs((double)x[i] - y[i]) > limit)) {
            return differs(pool);
        }
    }
    return NULL;
}

static vo_err_t *compare_image(const vo_fitsimg_t *a, const vo_fitsimg_t *b,
                               const voctl_pack_t *pack, apr_pool_t *pool)
{
    apr_int64_t first[VO_FITS_MAX_AXES] = {0}, size[VO_FITS_MAX_AXES];
    double q = is_square(b, pack->tile) ? pack->quantize : 0;
    apr_pool_t *scratch;
    int i;

    if (a->bitpix != b->bitpix || a->naxes != b->naxes
        || memcmp(a->naxis, b->naxis, sizeof(a->naxis))) {
        return differs(pool);
    }
    apr_pool_create(&scratch, pool);
    for (;;) {
        for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
            size[i] = i < 2 ? pack->tile : 1;
            size[i] = size[i] < a->naxis[i] - first[i] ? size[i]
                                                       : a->naxis[i]
                                                         - first[i];
        }
        VO_TRY(compare_block(a, b, first, size, q, scratch));
        apr_pool_clear(scratch);
        for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
            first[i] += size[i];
            if (first[i] < a->naxis[i]) {
                break;
            }
            first[i] = 0;
        }
        if (i == VO_FITS_MAX_AXES) {
            apr_pool_destroy(scratch);
            return NULL;
        }
    }
}

/* The next image of FILE behind HDU *HDU, NULL when there is none. */
static vo_err_t *next_image(const vo_fitsimg_t **image, int *hdu,
                            vo_fitsfile_t *file)
{
    const vo_fits_cards_t *cards;

    for (;;) {
        vo_err_t *err;

        *image = NULL;
        VO_TRY(vo_fitsfile_head(&cards, file, ++*hdu));
        if (!cards) {
            return NULL;
        }
        err = vo_fitsfile_image(image, file, *hdu);
        if (!err || err->kind != VO_ERR_NOTFOUND) {
            return err;
        }
    }
}

static vo_err_t *compare_files(const char *name, const char *packed,
                               const voctl_pack_t *pack, apr_pool_t *pool)
{
    const vo_fitsimg_t *a, *b;
    vo_fitsfile_t *x, *y;
    int i = 0, j = 0;

    VO_TRY(vo_fitsfile_open(&x, name, pool));
    VO_TRY(vo_fitsfile_open(&y, packed, pool));
    for (;;) {
        VO_TRY(next_image(&a, &i, x));
        VO_TRY(next_image(&b, &j, y));
        if (!a || !b) {
            return a || b ? differs(pool) : NULL;
        }
        VO_TRY(compare_image(a, b, pack, pool));
    }
}

/* --- putting it in place ------------------------------------------------- */

static vo_err_t *system_error(const char *what, apr_pool_t *pool)
{
    vo_err_t *err = vo_err_make(pool, VO_ERR_FAULT, "%s", what);

    err->aprerr = APR_FROM_OS_ERROR(errno);
    err->text = apr_psprintf(pool, "%s: %s", what, strerror(errno));
    return err;
}

/* Make the bytes and the name of FILE lasting. */
static int sync_name(const char *file, int flags)
{
    int fd = open(file, flags | O_CLOEXEC), failed = fd < 0 || fsync(fd);

    if (fd >= 0) {
        close(fd);
    }
    return failed;
}

static const char *folder_of(const char *name, apr_pool_t *pool)
{
    return apr_pstrmemdup(pool, name, (apr_size_t)(strrchr(name, '/') - name));
}

/* TEMPORARY becomes TO; NAME goes or stays as NAME.orig. Whenever this is cut
 * off, the image is there: as NAME, as TO, or as both. */
static vo_err_t *put_in_place(const char *temporary, const char *to,
                              const char *name, int is_kept, apr_pool_t *pool)
{
    const char *folder = folder_of(name, pool);
    const char *original = apr_pstrcat(pool, name, ".orig", NULL);
    struct stat st;

    if (stat(name, &st) || chmod(temporary, st.st_mode & 07777)
        || (chown(temporary, st.st_uid, st.st_gid) && geteuid() == 0)
        || sync_name(temporary, O_RDONLY)) {
        return system_error("It cannot be replaced", pool);
    }
    if (is_kept && link(name, original)) {
        return system_error("Its original cannot be kept", pool);
    }
    if (rename(temporary, to) || (strcmp(to, name) && unlink(name))
        || sync_name(folder, O_RDONLY | O_DIRECTORY)) {
        return system_error("It cannot be replaced", pool);
    }
    return NULL;
}

static int ends_in(const char *name, const char *ending)
{
    size_t n = strlen(name), len = strlen(ending);

    return n > len && !strcasecmp(name + n - len, ending);
}

/* NAME with ".fz" in the place of ".gz" or ".bz2", or behind it. */
static const char *packed_name(const char *name, apr_pool_t *pool)
{
    size_t n = strlen(name);

    if (ends_in(name, ".fz")) {
        return name;
    }
    n -= ends_in(name, ".gz") ? 3 : ends_in(name, ".bz2") ? 4 : 0;
    return apr_pstrcat(pool, apr_pstrmemdup(pool, name, n), ".fz", NULL);
}

/* Write what NAME, compressed by bzip2, holds to PLAIN. */
static vo_err_t *unzip(const char *plain, const char *name, apr_pool_t *pool)
{
    packer_t p = {NULL, NULL, NULL, NULL, 0};

    unlink(plain);
    fits_open_diskfile(&p.in, name, READONLY, &p.status);
    fits_create_diskfile(&p.out, plain, &p.status);
    fits_copy_file(p.in, p.out, 1, 1, 1, &p.status);
    close_packer(&p);
    return p.status ? vo_err_make(pool, VO_ERR_USAGE, "It cannot be unpacked"
                                  " (cfitsio error %d).", p.status)
                    : NULL;
}

/* NAME's pixels are those of the file SOURCE: pack them. */
static vo_err_t *pack_source(const char **out, const char *source,
                             const char *name, const char *hidden,
                             const voctl_pack_t *pack, apr_pool_t *pool)
{
    const char *to = packed_name(name, pool);
    const char *temporary = apr_pstrcat(pool, hidden, "fz", NULL);
    int is_needed;
    vo_err_t *err;

    VO_TRY(look(&is_needed, source, pack->tile, pool));
    if (!is_needed && source == name) {
        return NULL;
    }
    *out = to;
    if (strcmp(to, name) && access(to, F_OK) == 0) {
        /* left by a run that was cut off: the same pixels? */
        VO_TRY(compare_files(source, to, pack, pool));
        return pack->is_kept || unlink(name)
                   ? vo_err_make(pool, VO_ERR_FAULT, "%s is there already.",
                                 to)
                   : NULL;
    }
    unlink(temporary);
    err = write_packed(temporary, source, pack, pool);
    err = err ? err : compare_files(source, temporary, pack, pool);
    err = err ? err : put_in_place(temporary, to, name, pack->is_kept, pool);
    if (err) {
        unlink(temporary);
    }
    return err;
}

vo_err_t *voctl_img_pack(const char **out, const char *name,
                         const voctl_pack_t *pack, apr_pool_t *pool)
{
    const char *hidden = apr_pstrcat(pool, folder_of(name, pool), "/.",
                                     strrchr(name, '/') + 1, ".voctl-", NULL);
    const char *plain = apr_pstrcat(pool, hidden, "plain", NULL);
    vo_err_t *err;

    *out = NULL;
    if (!ends_in(name, ".bz2")) {
        return pack_source(out, name, name, hidden, pack, pool);
    }
    err = unzip(plain, name, pool);
    err = err ? err : pack_source(out, plain, name, hidden, pack, pool);
    unlink(plain);
    return err;
}
