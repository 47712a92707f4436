/* vo_soda_read.c: the files of a cut, and what is read of them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_soda.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "../image/vo_imgfile.h"

/* What is open and counted while a cut is read. */
typedef struct reading_t {
    const vo_release_t *rel;
    const vo_soda_cut_t *cut;
    const vo_soda_how_t *how;
    apr_int64_t left;    /* pixels that may still be read */
    int is_admitted;     /* there is room for them */
    const vo_soda_limits_t *limits;
    vo_soda_files_t *files;
    apr_pool_t *pool;
} reading_t;

/* ---- open files ------------------------------------------------------- */

struct vo_soda_files_t {
    apr_hash_t *known; /* "root/hdu/path" -> entry_t */
    apr_pool_t *pool;
};

typedef struct entry_t {
    const vo_fitsimg_t *fits;
    vo_wcs_t *wcs;  /* once it was needed */
} entry_t;

vo_soda_files_t *vo_soda_files_create(apr_pool_t *pool)
{
    vo_soda_files_t *files = apr_palloc(pool, sizeof(*files));

    apr_pool_create(&files->pool, pool);
    files->known = apr_hash_make(files->pool);
    return files;
}

void vo_soda_files_close(vo_soda_files_t *files)
{
    apr_pool_clear(files->pool);
    files->known = apr_hash_make(files->pool);
}

static vo_err_t *open_in(entry_t **opened, const vo_release_t *rel,
                         const vo_imgfile_t *where, apr_pool_t *pool)
{
    entry_t *entry = apr_pcalloc(pool, sizeof(*entry));
    vo_fitsfile_t *file;
    const char *name;
    int fd;

    VO_TRY(vo_imgfile_open(&fd, &name, NULL, rel, where, pool));
    VO_TRY(vo_fitsfile_open(&file, name, pool));
    *opened = entry;
    return vo_fitsfile_image(&entry->fits, file, where->hdu);
}

static vo_err_t *open_fits(entry_t **entry, reading_t *r,
                           const vo_imgfile_t *where)
{
    const char *key;

    if (!r->files) {
        return open_in(entry, r->rel, where, r->pool);
    }
    key = apr_psprintf(r->pool, "%d/%d/%s", where->root_id, where->hdu,
                       where->path);
    *entry = apr_hash_get(r->files->known, key, APR_HASH_KEY_STRING);
    if (*entry) {
        return NULL;
    }
    VO_TRY(open_in(entry, r->rel, where, r->files->pool));
    apr_hash_set(r->files->known, apr_pstrdup(r->files->pool, key),
                 APR_HASH_KEY_STRING, *entry);
    return NULL;
}

/* ---- cuts ------------------------------------------------------------- */

/* Ask for the room of the whole cut, now that it is known how large the first
 * of its images is. */
static vo_err_t *ask_admission(reading_t *r, apr_int64_t npixels)
{
    const vo_soda_how_t *how = r->how;
    apr_int64_t most = r->limits->max_pixels;
    int n = r->cut->nimages * (1 + how->has_weight + how->has_mask);

    if (r->is_admitted || !r->limits->admit) {
        return NULL;
    }
    r->is_admitted = 1;
    npixels = npixels < most / n ? npixels * n : most;
    npixels += (apr_int64_t)how->sizex * how->sizey;
    return r->limits->admit(r->limits->baton, npixels, r->pool);
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
    VO_TRY(ask_admission(r, cut->npixels));
    r->left -= cut->npixels;
    return vo_cutout_read(cut, region, wcs, cut->npixels, r->pool);
}

/* The same section of the product of KIND; *CUT is NULL when there is none. */
static vo_err_t *read_product(vo_cutout_t **cut, reading_t *r,
                              const vo_soda_piece_t *piece, vo_product_e kind)
{
    const vo_product_t *product = vo_image_product(piece->image, kind);
    entry_t *entry;

    *cut = NULL;
    if (!product && r->cut->nimages == 1) {
        return vo_err_make(r->pool, VO_ERR_USAGE, "%s: the image has none.",
                           kind == VO_PRODUCT_WEIGHT ? "WEIGHT" : "MASK");
    }
    if (!product) {
        return NULL;
    }
    VO_TRY(open_fits(&entry, r, &product->file));
    VO_TRY(vo_cutout_like(cut, entry->fits, piece->cut, r->pool));
    return read_cutout(r, *cut, NULL, NULL);
}

/* Read IMAGE into PIECE; piece->cut stays NULL when it does not overlap. */
static vo_err_t *read_piece(vo_soda_piece_t *piece, reading_t *r,
                            const vo_image_t *image)
{
    const vo_region_t *region = r->cut->region;
    entry_t *entry;

    if (!image->file.path) {
        return vo_err_make(r->pool, VO_ERR_USAGE, "\"%s\" is no image; nothing"
                           " can be cut from it.", image->did);
    }
    piece->image = image;
    VO_TRY(open_fits(&entry, r, &image->file));
    if (region->kind != VO_REGION_ALL && !entry->wcs) {
        VO_TRY(vo_cutout_wcs(&entry->wcs, entry->fits,
                             r->files ? r->files->pool : r->pool));
    }
    piece->fits = entry->fits;
    VO_TRY(vo_cutout_plan(&piece->cut, piece->fits, region, entry->wcs,
                          r->pool));
    if (piece->cut && r->cut->band) {
        int is_empty;

        VO_TRY(vo_cutout_band(&is_empty, piece->cut, r->cut->band->lo,
                              r->cut->band->hi, r->pool));
        if (is_empty) {
            piece->cut = NULL;
        }
    }
    if (!piece->cut) {
        return NULL;
    }
    VO_TRY(read_cutout(r, piece->cut, region, entry->wcs));
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
                       const vo_soda_limits_t *limits, vo_soda_files_t *files,
                       apr_pool_t *pool)
{
    reading_t r = {rel, cut, how, limits->max_pixels, 0, limits, files, pool};
    int i;

    memset(made, 0, sizeof(*made));
    made->cut = cut;
    made->how = how;
    made->max_pixels = limits->max_pixels;
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
