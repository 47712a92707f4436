/* fuzz_fitsfile.c: any bytes as a FITS file: opened, cut, made a picture. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever the file says, it must come back with pixels or with an error that
 * carries a message; and what is cut must be FITS again. The last bytes of the
 * input choose the section. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "fits/vo_cutout.h"
#include "fits/vo_picture.h"
#include "fits/vo_psf.h"

#define MOST (1 << 20) /* pixels of a cut */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    apr_initialize();
    return 0;
}

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* A section of the image, as if of the sky. */
static vo_cutout_t *choose(const vo_fitsimg_t *image, const uint8_t *tail,
                           apr_pool_t *pool)
{
    vo_region_t all = {0};
    vo_cutout_t *cut;
    int i;

    if (vo_cutout_plan(&cut, image, &all, NULL, pool)) {
        return NULL;
    }
    for (i = 0; i < 2; ++i) {
        apr_int64_t n = image->naxis[i];
        apr_int64_t *at = i ? &cut->box.y : &cut->box.x;
        apr_int64_t *len = i ? &cut->box.ny : &cut->box.nx;

        *at = n * tail[2 * i] / 256;
        *len = 1 + (n - *at - 1) * tail[2 * i + 1] / 256;
        cut->first[i] = *at;
        cut->size[i] = *len;
    }
    cut->npixels = 1;
    for (i = 0; i < image->naxes; ++i) {
        cut->npixels *= cut->size[i];
    }
    return cut;
}

static vo_err_t *try_image(const vo_fitsimg_t *image, const uint8_t *tail,
                           apr_pool_t *pool)
{
    vo_hdu_opts_t opts = {0};
    vo_stretch_t stretch;
    vo_out_mem_t mem;
    vo_cutout_t *cut;
    vo_region_t region;
    vo_wcs_t *wcs;
    vo_out_t *out;
    int is_empty;

    if (!vo_cutout_wcs(&wcs, image, pool)) {
        vo_region_parse(&region, "CIRCLE", "150 2 0.01", pool);
        VO_TRY(vo_cutout_plan(&cut, image, &region, wcs, pool));
        vo_region_parse(&region, "POLYGON", "149.99 2 150 2.01 150.003 1.99",
                        pool);
        VO_TRY(vo_cutout_plan(&cut, image, &region, wcs, pool));
        if (cut) {
            vo_cutout_read(cut, &region, wcs, MOST, pool);
        }
    }
    cut = choose(image, tail, pool);
    if (!cut) {
        return NULL;
    }
    VO_TRY(vo_cutout_band(&is_empty, cut, 4e-7, 6e-7, pool));
    if (is_empty) {
        return NULL;
    }
    VO_TRY(vo_cutout_read(cut, NULL, NULL, MOST, pool));
    VO_TRY(vo_stretch_parse(&stretch, NULL, tail[0] & 1 ? "zscale" : NULL,
                            pool));
    vo_picture_grey(vo_cutout_float(cut, pool), (int)cut->box.nx,
                    (int)cut->box.ny, &stretch, pool);
    memset(&mem, 0, sizeof(mem));
    out = vo_out_to_memory(&mem, pool);
    VO_TRY(vo_cutout_write(out, cut, &opts, pool));
    VO_TRY(vo_out_flush(out));
    check(mem.len % 2880 == 0 && !memcmp(mem.data, "SIMPLE  =", 9));
    return NULL;
}

static vo_err_t *try_file(const char *name, const uint8_t *tail,
                          apr_pool_t *pool)
{
    const vo_fitsimg_t *image;
    vo_fitsfile_t *file;
    vo_psf_t *psf;
    int hdu;

    VO_TRY(vo_fitsfile_open(&file, name, pool));
    vo_psf_at(&psf, file, tail[0], tail[1], pool);
    for (hdu = 1; hdu < 5; ++hdu) {
        vo_err_t *err = vo_fitsfile_image(&image, file, hdu);

        if (!err) {
            err = try_image(image, tail, pool);
        }
        if (err && err->kind != VO_ERR_NOTFOUND && err->kind != VO_ERR_LIMIT) {
            return err;
        }
    }
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t whole[4] = {0, 255, 0, 255};
    const uint8_t *tail = size > 4 ? data + size - 4 : whole;
    apr_pool_t *pool;
    vo_err_t *err;
    int fd = memfd_create("image", 0);

    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    apr_pool_create(&pool, NULL);
    err = try_file(apr_psprintf(pool, "/proc/self/fd/%d", fd), tail, pool);
    check(!err || *vo_err_public(err, pool));
    apr_pool_destroy(pool);
    close(fd);
    return 0;
}
