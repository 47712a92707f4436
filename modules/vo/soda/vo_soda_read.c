/* vo_soda_read.c: the files of a cut, and what is read of them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_soda.h"

#include <string.h>

#include <apr_strings.h>

#include "../image/vo_imgfile.h"

/* What is open and counted while a cut is read. */
typedef struct reading_t {
    const vo_release_t *rel;
    const vo_soda_cut_t *cut;
    const vo_soda_how_t *how;
    apr_int64_t left;    /* pixels that may still be read */
    const vo_soda_limits_t *limits;
    apr_pool_t *pool;
} reading_t;

static vo_err_t *open_fits(const vo_fitsimg_t **fits, reading_t *r,
                           const vo_imgfile_t *where)
{
    vo_fitsfile_t *file;
    const char *name;
    int fd;

    VO_TRY(vo_imgfile_open(&fd, &name, NULL, r->rel, where, r->pool));
    VO_TRY(vo_fitsfile_open(&file, name, r->pool));
    return vo_fitsfile_image(fits, file, where->hdu);
}

/* Read CUT if there is still room for it. */
static vo_err_t *read_cutout(reading_t *r, vo_cutout_t *cut,
                             const vo_region_t *region, vo_wcs_t *wcs)
{
    if (cut->npixels > r->left) {
        return vo_err_make(r->pool, VO_ERR_LIMIT, "The cutout is too large: %"
                           APR_INT64_T_FMT " x %" APR_INT64_T_FMT " pixels of"
                           " %d image%s; at most %" APR_INT64_T_FMT " pixels"
                           " are allowed in all, with weights and masks.",
                           cut->box.nx, cut->box.ny, r->cut->nimages,
                           r->cut->nimages == 1 ? "" : "s",
                           r->limits->max_pixels);
    }
    r->left -= cut->npixels;
    return vo_cutout_read(cut, region, wcs, cut->npixels, r->pool);
}

/* The same section of the product of KIND; *CUT is NULL when there is none. */
static vo_err_t *read_product(vo_cutout_t **cut, reading_t *r,
                              const vo_soda_piece_t *piece, vo_product_e kind)
{
    const vo_product_t *product = vo_image_product(piece->image, kind);
    const vo_fitsimg_t *fits;

    *cut = NULL;
    if (!product && r->cut->nimages == 1) {
        return vo_err_make(r->pool, VO_ERR_USAGE, "%s: the image has none.",
                           kind == VO_PRODUCT_WEIGHT ? "WEIGHT" : "MASK");
    }
    if (!product) {
        return NULL;
    }
    VO_TRY(open_fits(&fits, r, &product->file));
    VO_TRY(vo_cutout_like(cut, fits, piece->cut, r->pool));
    return read_cutout(r, *cut, NULL, NULL);
}

/* Read IMAGE into PIECE; piece->cut stays NULL when it does not overlap. */
static vo_err_t *read_piece(vo_soda_piece_t *piece, reading_t *r,
                            const vo_image_t *image)
{
    const vo_region_t *region = r->cut->region;
    vo_wcs_t *wcs = NULL;

    if (!image->file.path) {
        return vo_err_make(r->pool, VO_ERR_USAGE, "\"%s\" is no image; nothing"
                           " can be cut from it.", image->did);
    }
    piece->image = image;
    VO_TRY(open_fits(&piece->fits, r, &image->file));
    if (region->kind != VO_REGION_ALL) {
        VO_TRY(vo_cutout_wcs(&wcs, piece->fits, r->pool));
    }
    VO_TRY(vo_cutout_plan(&piece->cut, piece->fits, region, wcs, r->pool));
    if (!piece->cut) {
        return NULL;
    }
    VO_TRY(read_cutout(r, piece->cut, region, wcs));
    if (r->how->has_weight) {
        VO_TRY(read_product(&piece->weight, r, piece, VO_PRODUCT_WEIGHT));
    }
    if (r->how->has_mask) {
        VO_TRY(read_product(&piece->mask, r, piece, VO_PRODUCT_MASK));
    }
    return NULL;
}

static const struct {
    const char *media_type, *suffix;
} formats[] = {
    [VO_SODA_FITS] = {"image/fits", ".fits"},
    [VO_SODA_PNG] = {"image/png", ".png"},
    [VO_SODA_JPEG] = {"image/jpeg", ".jpg"},
};

vo_err_t *vo_soda_read(vo_soda_made_t *made, const vo_soda_cut_t *cut,
                       const vo_soda_how_t *how, const vo_release_t *rel,
                       const vo_soda_limits_t *limits, apr_pool_t *pool)
{
    reading_t r = {rel, cut, how, limits->max_pixels, limits, pool};
    int i;

    memset(made, 0, sizeof(*made));
    made->cut = cut;
    made->how = how;
    made->media_type = formats[how->format].media_type;
    made->filename = apr_pstrcat(pool, cut->name, formats[how->format].suffix,
                                 NULL);
    made->pieces = apr_pcalloc(pool, ((apr_size_t)cut->nimages + 1)
                                         * sizeof(*made->pieces));
    for (i = 0; i < cut->nimages; ++i) {
        VO_TRY(read_piece(&made->pieces[made->npieces], &r, cut->images[i]));
        if (made->pieces[made->npieces].cut) {
            ++made->npieces;
        }
        else {
            memset(&made->pieces[made->npieces], 0, sizeof(*made->pieces));
        }
    }
    if (how->rgb && made->npieces < 3) {
        made->npieces = 0;
    }
    return NULL;
}
