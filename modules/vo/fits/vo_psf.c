/* vo_psf.c: models of the point spread function made by PSFEx. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_psf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "vo_card.h"
#include "vo_cutout.h"
#include "vo_fitsfile_int.h"

#define MAX_HDUS 20
#define MAX_DEGREE 10
#define MAX_SIDE 512 /* pixels */

typedef struct model_t {
    apr_int64_t axis[3]; /* PSFAXIS1, 2, 3 */
    int naxes, degree;
    double zero[2], scale[2], sampling;
    apr_off_t data;
} model_t;

/* Where in FILE the model is: *HDU 0 when there is none. */
static vo_err_t *find_model(const vo_fits_cards_t **head, int *hdu,
                            vo_fitsfile_t *file)
{
    int i;

    for (i = 1; i <= MAX_HDUS; ++i) {
        const char *name;

        VO_TRY(vo_fitsfile_head(head, file, i));
        if (!*head) {
            break;
        }
        name = vo_fits_cards_string(*head, "EXTNAME");
        if (name && !strcmp(name, "PSF_DATA")) {
            *hdu = i;
            return NULL;
        }
    }
    *hdu = 0;
    return NULL;
}

static int int_of(const vo_fits_cards_t *head, const char *name, int i)
{
    apr_int64_t v = -1;
    char key[32];

    snprintf(key, sizeof(key), i ? "%s%d" : "%s", name, i);
    vo_fits_cards_int(head, key, &v);
    return v < -1 || v > APR_INT32_MAX ? -1 : (int)v;
}

static int read_axes(model_t *m, const vo_fits_cards_t *head)
{
    int i;

    for (i = 0; i < 3; ++i) {
        m->axis[i] = int_of(head, "PSFAXIS", i + 1);
        if (i == 2 && m->axis[i] < 0) {
            m->axis[i] = 1;
        }
        if (m->axis[i] < 1 || m->axis[i] > MAX_SIDE) {
            return 0;
        }
    }
    m->sampling = 1;
    vo_fits_cards_double(head, "PSF_SAMP", &m->sampling);
    return int_of(head, "NAXIS1", 0)
               == 4 * m->axis[0] * m->axis[1] * m->axis[2]
           && int_of(head, "NAXIS2", 0) == 1;
}

static vo_err_t *read_polynomial(model_t *m, const vo_fits_cards_t *head,
                                 vo_fitsfile_t *file, apr_pool_t *pool)
{
    apr_int64_t terms = 1;
    int i;

    m->naxes = int_of(head, "POLNAXIS", 0);
    m->degree = m->naxes > 0 ? int_of(head, "POLDEG", 1) : 0;
    if (m->naxes < 0 || m->naxes > 2 || int_of(head, "POLNGRP", 0) > 1) {
        return vo_err_make(pool, VO_ERR_USAGE, "The model of the PSF depends"
                           " on more than the position.");
    }
    for (i = 0; i < m->naxes; ++i) {
        char key[32];
        const char *name;

        snprintf(key, sizeof(key), "POLNAME%d", i + 1);
        name = vo_fits_cards_string(head, key);
        if (!name || !strstr(name, "_IMAGE") || name[0] != "XY"[i]) {
            return vo_err_make(pool, VO_ERR_USAGE, "The model of the PSF"
                               " depends on %.20s.", name ? name : "nothing"
                               " known");
        }
        snprintf(key, sizeof(key), "POLZERO%d", i + 1);
        vo_fits_cards_double(head, key, &m->zero[i]);
        m->scale[i] = 1;
        snprintf(key, sizeof(key), "POLSCAL%d", i + 1);
        vo_fits_cards_double(head, key, &m->scale[i]);
    }
    if (m->naxes == 2) {
        terms = (apr_int64_t)(m->degree + 1) * (m->degree + 2) / 2;
    }
    else if (m->naxes == 1) {
        terms = m->degree + 1;
    }
    return m->degree < 0 || m->degree > MAX_DEGREE || terms != m->axis[2]
                   || m->scale[0] * (m->naxes > 1 ? m->scale[1] : 1) == 0
               ? vo_fits_damaged(file, pool, "PSF: degree %d, %d images",
                                 m->degree, (int)m->axis[2])
               : NULL;
}

vo_err_t *vo_psf_at(vo_psf_t **made, vo_fitsfile_t *file, double x, double y,
                    apr_pool_t *pool)
{
    const vo_fits_cards_t *head = NULL;
    vo_fits_hdu_t *hdu;
    model_t m = {{0}, 0, 0, {0, 0}, {1, 1}, 1, 0};
    double u, v, vj = 1;
    vo_psf_t *psf;
    apr_size_t n, k;
    float *image;
    int number, i, j;

    *made = NULL;
    VO_TRY(find_model(&head, &number, file));
    if (!number) {
        return NULL;
    }
    if (!read_axes(&m, head)) {
        return vo_fits_damaged(file, pool, "PSF: its axes make no sense");
    }
    VO_TRY(read_polynomial(&m, head, file, pool));
    hdu = APR_ARRAY_IDX(file->hdus, number - 1, vo_fits_hdu_t *);
    n = (apr_size_t)(m.axis[0] * m.axis[1]);
    psf = apr_pcalloc(pool, sizeof(*psf));
    psf->nx = (int)m.axis[0];
    psf->ny = (int)m.axis[1];
    psf->sampling = m.sampling;
    psf->pixels = apr_pcalloc(pool, n * sizeof(*psf->pixels));
    image = apr_palloc(pool, n * sizeof(*image));
    u = (x - m.zero[0]) / m.scale[0];
    v = (y - m.zero[1]) / m.scale[1];
    m.data = hdu->data;
    for (j = 0; j <= (m.naxes > 1 ? m.degree : 0); ++j, vj *= v) {
        double term = vj;

        for (i = 0; i <= (m.naxes > 0 ? m.degree - j : 0); ++i, term *= u) {
            VO_TRY(vo_fits_pread(file, image, n * sizeof(*image), m.data,
                                 pool));
            vo_fits_swap(image, (apr_int64_t)n, -32);
            for (k = 0; k < n; ++k) {
                psf->pixels[k] += (float)(term * image[k]);
            }
            m.data += (apr_off_t)(n * sizeof(*image));
        }
    }
    *made = psf;
    return NULL;
}

vo_err_t *vo_psf_write(vo_out_t *out, vo_psf_t *psf, const char *cards,
                       int ncards, apr_pool_t *scratch)
{
    vo_hdu_t hdu = {0};

    hdu.bitpix = -32;
    hdu.naxes = 2;
    hdu.naxis[0] = psf->nx;
    hdu.naxis[1] = psf->ny;
    hdu.cards = cards;
    hdu.ncards = ncards;
    hdu.len = (apr_size_t)psf->nx * (apr_size_t)psf->ny * sizeof(float);
    vo_fits_swap(psf->pixels, (apr_int64_t)psf->nx * psf->ny, -32);
    hdu.data = psf->pixels;
    return vo_fits_hdu_write(out, &hdu, scratch);
}
