/* bench_cutout.c: a tile, and the bare rates of reading sections of it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cutout_tool make FILE SIZE TILEX TILEY    a float image of stars and noise,
 *                                           tile-compressed by RICE_1 (TILEX 0:
 *                                           not compressed)
 * cutout_tool cfitsio FILE N SECONDS        open, read a section of N x N
 * cutout_tool libvo FILE N SECONDS          pixels somewhere, close: times per
 *                                           second; libvo makes the whole
 *                                           cutout, header, WCS, checksums
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <fitsio.h>

#include "fits/vo_cutout.h"

static unsigned seed = 1;

static unsigned next(void)
{
    seed = seed * 1664525U + 1013904223U;
    return seed >> 8;
}

/* About normal, sigma 1. */
static float noise(void)
{
    int i;
    float sum = 0;

    for (i = 0; i < 4; ++i) {
        sum += (float)(next() & 0xFFFF) / 65536.0F - 0.5F;
    }
    return sum * 1.732F;
}

static int check(int status)
{
    if (status) {
        fits_report_error(stderr, status);
        exit(1);
    }
    return 0;
}

static void key(fitsfile *f, const char *name, double v, int *status)
{
    fits_write_key(f, TDOUBLE, name, &v, NULL, status);
}

static int make(char **argv)
{
    long n = strtol(argv[3], NULL, 10), naxes[2], row, i;
    long tile[2];
    long band;   /* rows written at once: whole tiles */
    float *rows;
    double cd = 0.55 / 3600;
    fitsfile *f;
    int status = 0;

    naxes[0] = naxes[1] = n;
    tile[0] = strtol(argv[4], NULL, 10);
    tile[1] = strtol(argv[5], NULL, 10);
    band = tile[1] ? tile[1] : 1;
    rows = malloc((size_t)(n * band) * sizeof(*rows));
    remove(argv[2]);
    fits_create_diskfile(&f, argv[2], &status);
    if (tile[0]) {
        fits_set_compression_type(f, RICE_1, &status);
        fits_set_tile_dim(f, 2, tile, &status);
        fits_set_quantize_level(f, 4, &status);
        fits_set_quantize_dither(f, SUBTRACTIVE_DITHER_1, &status);
    }
    fits_create_img(f, FLOAT_IMG, 2, naxes, &status);
    fits_write_key(f, TSTRING, "CTYPE1", "RA---TAN", NULL, &status);
    fits_write_key(f, TSTRING, "CTYPE2", "DEC--TAN", NULL, &status);
    key(f, "CRPIX1", (double)(n + 1) / 2, &status);
    key(f, "CRPIX2", (double)(n + 1) / 2, &status);
    key(f, "CRVAL1", 150, &status);
    key(f, "CRVAL2", 30, &status);
    key(f, "CD1_1", -cd, &status);
    key(f, "CD1_2", 0, &status);
    key(f, "CD2_1", 0, &status);
    key(f, "CD2_2", cd, &status);
    for (i = 0; i < 200; ++i) { /* as many cards as real tiles have */
        char name[16];

        snprintf(name, sizeof(name), "KEY%ld", i);
        key(f, name, (double)i / 7, &status);
    }
    check(status);
    for (row = 0; row < n; ++row) {
        float *line = rows + row % band * n;

        for (i = 0; i < n; ++i) {
            double dx = (double)(i % 190) - 95, dy = (double)(row % 230) - 115;
            double r2 = dx * dx + dy * dy;

            line[i] = 20 + 3 * noise()
                      + (r2 < 200 ? (float)(900 * exp(-r2 / 6)) : 0);
        }
        if (row % band == band - 1 || row == n - 1) {
            fits_write_img(f, TFLOAT, row / band * band * n + 1,
                           (row % band + 1) * n, rows, &status);
            check(status);
        }
    }
    fits_close_file(f, &status);
    free(rows);
    return check(status);
}

static void by_cfitsio(const char *name, long n, float *to)
{
    long lo[2], hi[2], inc[2] = {1, 1}, naxes[2];
    fitsfile *f;
    int status = 0, any, i, naxis = 0;

    fits_open_diskfile(&f, name, READONLY, &status);
    fits_get_img_dim(f, &naxis, &status);
    if (!naxis) {
        fits_movabs_hdu(f, 2, NULL, &status);
    }
    fits_get_img_size(f, 2, naxes, &status);
    check(status);
    for (i = 0; i < 2; ++i) {
        lo[i] = 1 + (long)(next() % (unsigned)(naxes[i] - n));
        hi[i] = lo[i] + n - 1;
    }
    fits_read_subset(f, TFLOAT, lo, hi, inc, NULL, to, &any, &status);
    fits_close_file(f, &status);
    check(status);
}

static vo_err_t *forget(void *baton, const char *data, apr_size_t len)
{
    (void)baton;
    (void)data;
    (void)len;
    return NULL;
}

static vo_err_t *by_libvo(const char *name, long n, apr_pool_t *pool)
{
    vo_region_t region = {0};
    vo_hdu_opts_t opts = {0};
    const vo_fitsimg_t *image;
    vo_fitsfile_t *file;
    vo_cutout_t *cut;
    vo_wcs_t *wcs;
    vo_out_t *out = vo_out_create(forget, NULL, pool);

    VO_TRY(vo_fitsfile_open(&file, name, pool));
    VO_TRY(vo_fitsfile_image(&image, file, 0));
    VO_TRY(vo_cutout_wcs(&wcs, image, pool));
    region.kind = VO_REGION_BOX;
    region.ra = 150 + ((next() % 1000) / 1000.0 - 0.5);
    region.dec = 30 + ((next() % 1000) / 1000.0 - 0.5);
    region.nx = region.ny = (int)n;
    VO_TRY(vo_cutout_plan(&cut, image, &region, wcs, pool));
    VO_TRY(vo_cutout_read(cut, &region, wcs, 1 << 30, pool));
    VO_TRY(vo_cutout_write(out, cut, &opts, pool));
    return vo_out_flush(out);
}

static int rate(char **argv)
{
    long n = strtol(argv[3], NULL, 10), count = 0;
    double seconds = strtod(argv[4], NULL);
    float *to = malloc((size_t)(n * n) * sizeof(*to));
    int is_libvo = !strcmp(argv[1], "libvo");
    apr_time_t start = apr_time_now(), end;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    seed = (unsigned)start;
    do {
        if (is_libvo) {
            vo_err_t *err = by_libvo(argv[2], n, pool);

            if (err) {
                fprintf(stderr, "%s\n", vo_err_private(err, pool));
                return 1;
            }
            apr_pool_clear(pool);
        }
        else {
            by_cfitsio(argv[2], n, to);
        }
        ++count;
        end = apr_time_now();
    } while ((double)(end - start) < 1e6 * seconds);
    printf("%.1f\n", (double)count * 1e6 / (double)(end - start));
    free(to);
    return 0;
}

int main(int argc, char **argv)
{
    apr_initialize();
    if (argc == 6 && !strcmp(argv[1], "make")) {
        return make(argv);
    }
    if (argc == 5 && (!strcmp(argv[1], "cfitsio")
                      || !strcmp(argv[1], "libvo"))) {
        return rate(argv);
    }
    fprintf(stderr, "see the top of bench_cutout.c\n");
    return 2;
}
