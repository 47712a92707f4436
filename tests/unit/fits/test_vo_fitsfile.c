/* test_vo_fitsfile.c: our reader of FITS images against cfitsio's. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <fitsio.h>

#include "fits/vo_fitsfile.h"

#define NX 137
#define NY 91

static apr_pool_t *pool;
static char path[64];

/* ---- files made by cfitsio -------------------------------------------- */

typedef struct kind_t {
    int bitpix, compression; /* 0: none */
    long tile[3];
    float quantize;          /* level; 0 of floats: lossless */
    int dither;
    int naxes;
} kind_t;

/* An image with a gradient, noise, a star and (floats) some NaN. */
static double value(int x, int y, int z, int bitpix)
{
    double r = (double)(rand() % 1000) / 100;

    if (bitpix < 0 && x % 29 == 3 && y % 31 == 5) {
        return 0.0 / 0.0;
    }
    if (bitpix < 0 && x % 23 == 7 && y % 11 == 2) {
        return 0;
    }
    return x * 0.3 + y * 0.2 + z + r + (x == NX / 2 && y == NY / 2 ? 100 : 0);
}

static int cfitsio_type(int bitpix)
{
    return bitpix == 8    ? TBYTE
           : bitpix == 16 ? TSHORT
           : bitpix == 32 ? TINT
           : bitpix == 64 ? TLONGLONG
           : bitpix < -32 ? TDOUBLE
                          : TFLOAT;
}

static void write_pixels(fitsfile *f, int bitpix, const double *from, long n,
                         int *status)
{
    void *to = malloc((size_t)n * 8);
    long i;

    for (i = 0; i < n; ++i) {
        switch (bitpix) {
        case 8:
            ((unsigned char *)to)[i] = (unsigned char)from[i];
            break;
        case 16:
            ((short *)to)[i] = (short)from[i];
            break;
        case 32:
            ((int *)to)[i] = (int)(1000 * from[i]);
            break;
        case 64:
            ((long long *)to)[i] = (long long)(1e12 * from[i]);
            break;
        case -32:
            ((float *)to)[i] = (float)from[i];
            break;
        default:
            ((double *)to)[i] = from[i];
            break;
        }
    }
    fits_write_img(f, cfitsio_type(bitpix), 1, n, to, status);
    free(to);
}

static void write_file(const kind_t *k)
{
    long naxes[3] = {NX, NY, 3}, n = NX * NY * (k->naxes == 3 ? 3 : 1), i;
    double *pixels = malloc((size_t)n * sizeof(double));
    fitsfile *f;
    int status = 0;

    srand(7);
    for (i = 0; i < n; ++i) {
        pixels[i] = value((int)(i % NX), (int)(i / NX % NY),
                          (int)(i / NX / NY), k->bitpix);
        if (k->compression == PLIO_1) { /* noise overruns cfitsio's buffer */
            pixels[i] = (double)(i % NX / 20 * (i / NX / 17) % 4);
        }
    }
    unlink(path);
    fits_create_diskfile(&f, path, &status);
    if (k->compression) {
        fits_set_compression_type(f, k->compression, &status);
        fits_set_tile_dim(f, k->naxes, (long *)k->tile, &status);
        fits_set_quantize_level(f, k->quantize, &status);
        if (k->dither) {
            fits_set_quantize_dither(f, k->dither, &status);
            fits_set_dither_seed(f, 4321, &status);
        }
    }
    fits_create_img(f, k->bitpix, k->naxes, naxes, &status);
    if (k->bitpix == 16) {
        double bzero = 32768, bscale = 1;
        fits_write_key(f, TDOUBLE, "BZERO", &bzero, NULL, &status);
        fits_write_key(f, TDOUBLE, "BSCALE", &bscale, NULL, &status);
        fits_set_bscale(f, 1, 0, &status);
    }
    fits_write_key(f, TSTRING, "OBJECT", "it's", "a comment", &status);
    write_pixels(f, k->bitpix, pixels, n, &status);
    fits_close_file(f, &status);
    assert_int_equal(status, 0);
    free(pixels);
}

static int same(const void *a, const void *b, apr_int64_t n, int bitpix)
{
    apr_int64_t i;

    if (bitpix > 0) {
        return !memcmp(a, b, (size_t)(n * VO_FITS_BYTES(bitpix)));
    }
    for (i = 0; i < n; ++i) {
        double x = bitpix == -32 ? ((const float *)a)[i]
                                 : ((const double *)a)[i];
        double y = bitpix == -32 ? ((const float *)b)[i]
                                 : ((const double *)b)[i];
        if (x != y && !(x != x && y != y)) {
            return 0;
        }
    }
    return 1;
}

static void compare_section(const vo_fitsimg_t *image, fitsfile *f,
                            apr_pool_t *p)
{
    apr_int64_t first[VO_FITS_MAX_AXES] = {0}, size[VO_FITS_MAX_AXES];
    long lo[3] = {1, 1, 1}, hi[3] = {1, 1, 1}, inc[3] = {1, 1, 1};
    apr_int64_t n = 1;
    int i, any, status = 0;
    void *ours, *theirs;
    double nan = 0.0 / 0.0;
    float nanf_ = 0.0F / 0.0F;
    vo_err_t *err;

    for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
        first[i] = rand() % image->naxis[i];
        size[i] = 1 + rand() % (image->naxis[i] - first[i]);
        if (rand() % 4 == 0) {
            first[i] = 0;
            size[i] = image->naxis[i];
        }
        n *= size[i];
        if (i < 3) {
            lo[i] = (long)first[i] + 1;
            hi[i] = (long)(first[i] + size[i]);
        }
    }
    ours = apr_palloc(p, (apr_size_t)n * 8);
    theirs = apr_palloc(p, (apr_size_t)n * 8);
    err = vo_fitsfile_read(image, first, size, ours, p);
    if (err) {
        fail_msg("%s", vo_err_private(err, p));
    }
    fits_set_bscale(f, 1, 0, &status);
    fits_read_subset(f, cfitsio_type(image->bitpix), lo, hi, inc,
                     image->bitpix == -64 ? (void *)&nan
                     : image->bitpix < 0 ? (void *)&nanf_ : NULL,
                     theirs, &any, &status);
    assert_int_equal(status, 0);
    assert_true(same(ours, theirs, n, image->bitpix));
}

static void compare(const char *name)
{
    vo_fitsfile_t *file;
    const vo_fitsimg_t *image;
    fitsfile *f;
    int status = 0, i;
    apr_pool_t *p;
    vo_err_t *err;

    apr_pool_create(&p, pool);
    err = vo_fitsfile_open(&file, name, p);
    if (!err) {
        err = vo_fitsfile_image(&image, file, 0);
    }
    if (err) {
        fail_msg("%s", vo_err_private(err, p));
    }
    fits_open_diskfile(&f, name, READONLY, &status);
    fits_movabs_hdu(f, image->hdu, NULL, &status);
    assert_int_equal(status, 0);
    for (i = 0; i < 60; ++i) {
        compare_section(image, f, p);
    }
    fits_close_file(f, &status);
    apr_pool_destroy(p);
}

static const kind_t kinds[] = {
    {8, 0, {0}, 0, 0, 2},
    {16, 0, {0}, 0, 0, 2},
    {32, 0, {0}, 0, 0, 3},
    {64, 0, {0}, 0, 0, 2},
    {-32, 0, {0}, 0, 0, 3},
    {-64, 0, {0}, 0, 0, 2},
    {8, RICE_1, {40, 30, 1}, 0, 0, 2},
    {16, RICE_1, {NX, 1, 1}, 0, 0, 2},
    {16, RICE_1, {50, 50, 1}, 0, 0, 3},
    {32, RICE_1, {64, 64, 2}, 0, 0, 3},
    {8, GZIP_1, {40, 30, 1}, 0, 0, 2},
    {16, GZIP_1, {50, 50, 1}, 0, 0, 2},
    {32, GZIP_1, {50, 50, 1}, 0, 0, 2},
    {16, GZIP_2, {50, 50, 1}, 0, 0, 2},
    {32, GZIP_2, {50, 50, 1}, 0, 0, 2},
    {16, PLIO_1, {50, 50, 1}, 0, 0, 2},
    {32, PLIO_1, {NX, 1, 1}, 0, 0, 2},
    {-32, RICE_1, {50, 50, 1}, 16, SUBTRACTIVE_DITHER_1, 2},
    {-32, RICE_1, {NX, NY, 1}, 4, SUBTRACTIVE_DITHER_2, 3},
    {-32, RICE_1, {NX, 1, 1}, 4, NO_DITHER, 2},
    {-64, RICE_1, {50, 50, 2}, 16, SUBTRACTIVE_DITHER_2, 3},
    {-64, RICE_1, {50, 50, 1}, 16, SUBTRACTIVE_DITHER_1, 2},
    {-32, GZIP_1, {50, 50, 1}, 16, SUBTRACTIVE_DITHER_1, 2},
    {-32, GZIP_2, {50, 50, 1}, 16, SUBTRACTIVE_DITHER_1, 2},
    {-32, GZIP_1, {50, 50, 1}, 0, 0, 2},
    {-32, GZIP_2, {50, 50, 1}, 0, 0, 2},
    {-64, GZIP_2, {50, 50, 1}, 0, 0, 2},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void test_kinds(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(kinds); ++i) {
        print_message("kind %d: BITPIX %d, compression %d\n", (int)i,
                      kinds[i].bitpix, kinds[i].compression);
        write_file(&kinds[i]);
        compare(path);
    }
}

/* ---- header ----------------------------------------------------------- */

static int has_card(const vo_fitsimg_t *image, const char *key)
{
    int i;

    for (i = 0; i < image->ncards; ++i) {
        if (!strncmp(image->cards + 80 * i, key, strlen(key))) {
            return 1;
        }
    }
    return 0;
}

static void test_header(void **state)
{
    static const kind_t k = {-32, RICE_1, {50, 50, 1},
                             16, SUBTRACTIVE_DITHER_1, 2};
    const vo_fitsimg_t *image;
    const vo_fits_cards_t *head;
    vo_fitsfile_t *file;

    (void)state;
    write_file(&k);
    assert_null(vo_fitsfile_open(&file, path, pool));
    assert_null(vo_fitsfile_image(&image, file, 0));
    assert_int_equal(image->hdu, 2);
    assert_int_equal(image->bitpix, -32);
    assert_int_equal(image->naxes, 2);
    assert_int_equal(image->naxis[0], NX);
    assert_int_equal(image->naxis[1], NY);
    assert_int_equal(image->tile[0], 50);
    assert_string_equal(image->compression, "RICE_1");
    assert_int_equal(image->nstruct, 4);
    assert_true(has_card(image, "OBJECT  = 'it''s"));
    assert_true(has_card(image, "NAXIS1  =                  137"));
    assert_false(has_card(image, "ZIMAGE"));
    assert_false(has_card(image, "ZTILE1"));
    assert_false(has_card(image, "TFORM1"));
    assert_false(has_card(image, "XTENSION"));
    assert_false(has_card(image, "PCOUNT"));
    assert_null(vo_fitsfile_head(&head, file, 1));
    assert_non_null(head);
    assert_null(vo_fitsfile_head(&head, file, 3));
    assert_null(head);
    assert_int_equal(vo_fitsfile_image(&image, file, 1)->kind,
                     VO_ERR_NOTFOUND);
    assert_int_equal(vo_fitsfile_image(&image, file, 9)->kind,
                     VO_ERR_NOTFOUND);
}

/* ---- files that lie --------------------------------------------------- */

/* Open, and read all there is; whatever it says, it must come back. */
static vo_err_t *try_file(apr_pool_t *p)
{
    apr_int64_t first[VO_FITS_MAX_AXES] = {0};
    const vo_fitsimg_t *image;
    vo_fitsfile_t *file;
    void *to;

    VO_TRY(vo_fitsfile_open(&file, path, p));
    VO_TRY(vo_fitsfile_image(&image, file, 0));
    if (image->naxis[0] * image->naxis[1] > 1 << 22) {
        return NULL;
    }
    to = apr_palloc(p, (apr_size_t)(image->naxis[0] * image->naxis[1]
                                    * image->naxis[2] * 8));
    return vo_fitsfile_read(image, first, image->naxis, to, p);
}

static void write_bytes(const char *data, size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    fclose(f);
}

static char *slurp(size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *data;

    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    data = malloc(*len);
    assert_int_equal(fread(data, 1, *len, f), *len);
    fclose(f);
    return data;
}

/* Cut off anywhere before the last block a file is refused or, where only
 * padding is missing, read. */
static void test_truncated(void **state)
{
    size_t i, len, cut;

    (void)state;
    for (i = 0; i < COUNT(kinds); i += 3) {
        char *data;

        write_file(&kinds[i]);
        data = slurp(&len);
        for (cut = 0; cut + 2880 < len; cut += 1 + len / 23) {
            apr_pool_t *p;
            vo_err_t *err;

            apr_pool_create(&p, pool);
            write_bytes(data, cut);
            err = try_file(p);
            assert_non_null(err);
            assert_true(err->kind == VO_ERR_FAULT || err->kind == VO_ERR_USAGE
                        || err->kind == VO_ERR_NOTFOUND);
            if (cut > 5760 && err->kind == VO_ERR_FAULT) {
                assert_string_equal(err->text, "The file is damaged.");
            }
            apr_pool_destroy(p);
        }
        free(data);
    }
}

/* Any byte may be wrong: an error or wrong pixels, no crash. */
static void test_mutated(void **state)
{
    int nrounds = getenv("UNDER") ? 8 : 40; /* valgrind takes its time */
    size_t i, len;
    int round, m;

    (void)state;
    srand(11);
    for (i = 6; i < COUNT(kinds); ++i) {
        char *data, *copy;

        write_file(&kinds[i]);
        data = slurp(&len);
        copy = malloc(len);
        for (round = 0; round < nrounds; ++round) {
            apr_pool_t *p;

            apr_pool_create(&p, pool);
            memcpy(copy, data, len);
            for (m = 0; m < 1 + round % 8; ++m) {
                size_t at = round % 2 ? (size_t)rand() % len
                                      : 2880 + (size_t)rand() % 5760 % len;

                copy[at % len] = (char)(round % 4 == 2
                                            ? '0' + rand() % 10
                                            : rand() % 256);
            }
            write_bytes(copy, len);
            try_file(p);
            apr_pool_destroy(p);
        }
        free(data);
        free(copy);
    }
}

static void test_not_fits(void **state)
{
    (void)state;
    write_bytes("", 0);
    assert_int_equal(try_file(pool)->kind, VO_ERR_USAGE);
    write_bytes("hello, world", 12);
    assert_int_equal(try_file(pool)->kind, VO_ERR_USAGE);
    unlink(path);
    assert_int_equal(try_file(pool)->kind, VO_ERR_FAULT);
}

static void test_gzipped(void **state)
{
    char command[200], gz[80];

    (void)state;
    write_file(&kinds[4]);
    snprintf(command, sizeof(command), "gzip -kf %s", path);
    assert_int_equal(system(command), 0);
    snprintf(gz, sizeof(gz), "%s.gz", path);
    compare(gz);
    unlink(gz);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_header),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_mutated),
        cmocka_unit_test(test_not_fits),  cmocka_unit_test(test_gzipped),
    };
    int rc;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    snprintf(path, sizeof(path), "/tmp/test_vo_fitsfile_%d.fits",
             (int)getpid());
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    apr_pool_destroy(pool);
    apr_terminate();
    return rc;
}
