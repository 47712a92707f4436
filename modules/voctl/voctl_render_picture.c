/* voctl_render_picture.c: pictures of the demo's images, grey and in colour. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <fitsio.h>

#include "fits/vo_picture.h"

#define PREVIEW 600    /* pixels at most */
#define COLOUR 1680
#define QUALITY 88     /* of JPEG */

/* Means over squares of pixels, so that NAXIS becomes at most MOST; *SIZE is
 * what it becomes. */
static float *shrink(const float *pixels, int naxis, int most, int *size,
                     apr_pool_t *pool)
{
    int k = (naxis + most - 1) / most, n = naxis / k, x, y, i, j;
    float *to = apr_palloc(pool, sizeof(*to) * (apr_size_t)n * (apr_size_t)n);

    for (y = 0; y < n; ++y) {
        for (x = 0; x < n; ++x) {
            double sum = 0;

            for (j = 0; j < k; ++j) {
                const float *row = pixels + (size_t)(y * k + j)
                                                * (size_t)naxis;

                for (i = 0; i < k; ++i) {
                    sum += row[x * k + i];
                }
            }
            to[(size_t)y * (size_t)n + (size_t)x] = (float)(sum / (k * k));
        }
    }
    *size = n;
    return to;
}

static vo_err_t *to_file(void *baton, const char *data, apr_size_t len)
{
    apr_file_t *file = baton;
    apr_status_t rv = apr_file_write_full(file, data, len, NULL);

    return rv == APR_SUCCESS
               ? NULL : vo_err_fault(apr_file_pool_get(file), rv,
                                     "Cannot write a picture.", "write");
}

static vo_err_t *write_jpeg(const char *path, const vo_picture_t *picture,
                            apr_pool_t *pool)
{
    const char *part = apr_pstrcat(pool, path, RENDER_PART, NULL);
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, part, APR_FOPEN_WRITE
                                    | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE,
                                    APR_FPROT_OS_DEFAULT, pool);
    vo_out_t *out;

    if (rv != APR_SUCCESS) {
        return vo_err_fault(pool, rv, "Cannot write a picture.", "%s", part);
    }
    out = vo_out_create(to_file, file, pool);
    VO_TRY(vo_picture_jpeg(out, picture, QUALITY, pool));
    VO_TRY(vo_out_flush(out));
    rv = apr_file_close(file);
    if (rv == APR_SUCCESS) {
        rv = apr_file_rename(part, path, pool);
    }
    return rv == APR_SUCCESS
               ? NULL : vo_err_fault(pool, rv, "Cannot write a picture.", "%s",
                                     path);
}

vo_err_t *render_preview(const char *path, const render_frame_t *f,
                         const paint_image_t *image, apr_pool_t *pool)
{
    vo_stretch_t stretch;
    float *small;
    int n;

    VO_TRY(vo_stretch_parse(&stretch, NULL, NULL, pool));
    small = shrink(image->pixels, f->truth->naxis, PREVIEW, &n, pool);
    return write_jpeg(path, vo_picture_grey(small, n, n, &stretch, pool),
                      pool);
}

/* The pixels of the coadd at PATH, shrunk. */
static vo_err_t *read_coadd(float **pixels, int *size, const char *path,
                            int naxis, apr_pool_t *pool)
{
    LONGLONG n = (LONGLONG)naxis * naxis;
    float *all = malloc(sizeof(*all) * (size_t)n);
    long first[2] = { 1, 1 };
    char text[FLEN_STATUS];
    fitsfile *file = NULL;
    int status = 0, closed = 0;

    fits_open_diskfile(&file, path, READONLY, &status);
    fits_movabs_hdu(file, 2, NULL, &status);
    if (all) {
        fits_read_pix(file, TFLOAT, first, n, NULL, all, NULL, &status);
    }
    if (file) {
        fits_close_file(file, &closed);
    }
    if (status || !all) {
        free(all);
        fits_get_errstatus(status, text);
        return vo_err_make(pool, VO_ERR_FAULT, "Cannot read %s: %s.", path,
                           status ? text : "no memory");
    }
    *pixels = shrink(all, naxis, COLOUR, size, pool);
    free(all);
    return NULL;
}

vo_err_t *render_rgb(const char *path, const render_frame_t rgb[3],
                     const char *const files[3], apr_pool_t *pool)
{
    vo_lupton_t lupton = VO_LUPTON_DEFAULT;
    double zero_point[3], wavelength[3];
    float *bands[3];
    int i, n = 0;

    for (i = 0; i < 3; ++i) {
        const truth_t *truth = rgb[i].truth;

        VO_TRY(read_coadd(&bands[i], &n, files[i], truth->naxis, pool));
        zero_point[i] = truth->tiles[rgb[i].tile].zeropoint[rgb[i].filter];
        wavelength[i] = truth_filters[rgb[i].filter].wavelength * 1e-10;
    }
    vo_lupton_balance(lupton.factor, zero_point, wavelength);
    return write_jpeg(path, vo_picture_rgb((const float *const *)bands, n, n,
                                           &lupton, pool), pool);
}
