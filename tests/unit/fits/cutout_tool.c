/* cutout_tool.c: cutouts and pictures by hand, for test_cutout.py. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cutout_tool cut FILE HDU NAME VALUE > FITS    NAME: CIRCLE, POLYGON, POS, or
 *                                               BOX with "ra dec width height"
 *                                               (degrees), "ra dec WxH" pixels
 * cutout_tool box FILE HDU NAME VALUE           the pixels: x y nx ny clipped
 * cutout_tool grey FILE HDU STRETCH LIMITS > PNG
 * cutout_tool jpeg FILE HDU STRETCH LIMITS > JPEG
 * cutout_tool limits FILE HDU LIMITS            lo and hi
 * cutout_tool rgb Q ALPHA STRETCH BALANCE FILE FILE FILE > PNG
 *     BALANCE "1 1 1"; STRETCH 0: from the noise, less the background
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "fits/vo_cutout.h"
#include "fits/vo_picture.h"

static vo_err_t *to_stdout(void *baton, const char *data, apr_size_t len)
{
    (void)baton;
    fwrite(data, 1, len, stdout);
    return NULL;
}

static vo_err_t *open_image(const vo_fitsimg_t **image, const char *name,
                            int hdu, apr_pool_t *pool)
{
    vo_fitsfile_t *file;

    VO_TRY(vo_fitsfile_open(&file, name, pool));
    return vo_fitsfile_image(image, file, hdu);
}

static vo_err_t *read_region(vo_region_t *region, const char *name,
                             const char *value, apr_pool_t *pool)
{
    if (strcmp(name, "BOX")) {
        return vo_region_parse(region, name, value, pool);
    }
    memset(region, 0, sizeof(*region));
    region->kind = VO_REGION_BOX;
    if (sscanf(value, "%lf %lf %dx%d", &region->ra, &region->dec, &region->nx,
               &region->ny) == 4) {
        return NULL;
    }
    region->nx = region->ny = 0;
    sscanf(value, "%lf %lf %lf %lf", &region->ra, &region->dec,
           &region->width, &region->height);
    return NULL;
}

static vo_err_t *cut(int argc, char **argv, vo_out_t *out, apr_pool_t *pool)
{
    vo_hdu_opts_t opts = {0};
    const vo_fitsimg_t *image;
    vo_region_t region;
    vo_cutout_t *made;
    vo_wcs_t *wcs;

    (void)argc;
    VO_TRY(open_image(&image, argv[2], (int)strtol(argv[3], NULL, 10), pool));
    VO_TRY(read_region(&region, argv[4], argv[5], pool));
    VO_TRY(vo_cutout_wcs(&wcs, image, pool));
    VO_TRY(vo_cutout_plan(&made, image, &region, wcs, pool));
    if (!strcmp(argv[1], "box")) {
        vo_box_t none = {0}, *box = made ? &made->box : &none;

        return vo_out_printf(out, "%d %d %d %d %d\n", (int)box->x, (int)box->y,
                             (int)box->nx, (int)box->ny, box->is_clipped);
    }
    if (!made) {
        return vo_err_make(pool, VO_ERR_NOTFOUND, "no overlap");
    }
    VO_TRY(vo_cutout_read(made, &region, wcs, 1 << 30, pool));
    opts.history = "cut by a test";
    return vo_cutout_write(out, made, &opts, pool);
}

static vo_err_t *read_all(float **v, int *nx, int *ny, const char *name,
                          int hdu, apr_pool_t *pool)
{
    vo_region_t all = {0};
    const vo_fitsimg_t *image;
    vo_cutout_t *made;

    VO_TRY(open_image(&image, name, hdu, pool));
    VO_TRY(vo_cutout_plan(&made, image, &all, NULL, pool));
    VO_TRY(vo_cutout_read(made, NULL, NULL, 1 << 30, pool));
    *v = vo_cutout_float(made, pool);
    *nx = (int)made->box.nx;
    *ny = (int)made->box.ny;
    return NULL;
}

static vo_err_t *grey(int argc, char **argv, vo_out_t *out, apr_pool_t *pool)
{
    vo_stretch_t stretch;
    vo_picture_t *picture;
    float *v;
    int nx, ny;

    (void)argc;
    VO_TRY(vo_stretch_parse(&stretch, argv[4], argv[5], pool));
    VO_TRY(read_all(&v, &nx, &ny, argv[2], (int)strtol(argv[3], NULL, 10),
                    pool));
    picture = vo_picture_grey(v, nx, ny, &stretch, pool);
    return !strcmp(argv[1], "jpeg") ? vo_picture_jpeg(out, picture, 90, pool)
                                    : vo_picture_png(out, picture, pool);
}

static vo_err_t *limits(int argc, char **argv, vo_out_t *out, apr_pool_t *pool)
{
    vo_stretch_t stretch;
    double lo, hi;
    float *v;
    int nx, ny;

    (void)argc;
    VO_TRY(vo_stretch_parse(&stretch, NULL, argv[4], pool));
    VO_TRY(read_all(&v, &nx, &ny, argv[2], (int)strtol(argv[3], NULL, 10),
                    pool));
    vo_stretch_limits(&lo, &hi, &stretch, v, (apr_size_t)nx * (apr_size_t)ny,
                      pool);
    return vo_out_printf(out, "%.9g %.9g\n", lo, hi);
}

static vo_err_t *rgb(int argc, char **argv, vo_out_t *out, apr_pool_t *pool)
{
    vo_lupton_t lupton = VO_LUPTON_DEFAULT;
    const float *v[3];
    float *one;
    int nx, ny, i;

    (void)argc;
    lupton.q = strtod(argv[2], NULL);
    lupton.alpha = strtod(argv[3], NULL);
    lupton.stretch = strtod(argv[4], NULL);
    sscanf(argv[5], "%lf %lf %lf", &lupton.factor[0], &lupton.factor[1],
           &lupton.factor[2]);
    for (i = 0; i < 3; ++i) {
        if (lupton.stretch > 0) {
            lupton.background[i] = 0;
        }
        VO_TRY(read_all(&one, &nx, &ny, argv[6 + i], 0, pool));
        v[i] = one;
    }
    return vo_picture_png(out, vo_picture_rgb(v, nx, ny, &lupton, pool), pool);
}

static const struct {
    const char *name;
    int argc;
    vo_err_t *(*run)(int argc, char **argv, vo_out_t *out, apr_pool_t *pool);
} verbs[] = {
    {"cut", 6, cut},   {"box", 6, cut},       {"grey", 6, grey},
    {"jpeg", 6, grey}, {"limits", 5, limits}, {"rgb", 9, rgb},
};

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    vo_err_t *err = NULL;
    vo_out_t *out;
    size_t i;
    int code = 2;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    out = vo_out_create(to_stdout, NULL, pool);
    for (i = 0; i < sizeof(verbs) / sizeof(*verbs); ++i) {
        if (argc > 1 && !strcmp(argv[1], verbs[i].name)
            && argc == verbs[i].argc) {
            err = verbs[i].run(argc, argv, out, pool);
            if (!err) {
                err = vo_out_flush(out);
            }
            if (err) {
                fprintf(stderr, "%s\n", vo_err_private(err, pool));
            }
            code = err ? 1 : 0;
            break;
        }
    }
    if (code == 2) {
        fprintf(stderr, "see the top of cutout_tool.c\n");
    }
    apr_pool_destroy(pool);
    apr_terminate();
    return code;
}
