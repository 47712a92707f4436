/* mod_soda_download.c: files, cutouts and pictures by simple addresses. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ROOT/siap/RELEASE/get_...: the addresses that scripts of archives of this
 * kind use. `id` is the number of a tile, `filter` the number or the name of a
 * filter; names of parameters are compared without regard to case.
 */
#include "mod_soda_int.h"

#include <math.h>

#include <apr_portable.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "fits/vo_card.h"
#include "fits/vo_psf.h"
#include "image/vo_imgfile.h"
#include "vo_num.h"

APLOG_USE_MODULE(soda);

#define MAX_SIDE 10.0     /* degrees of a cutout */
#define PREVIEW_SIDE 1000 /* pixels of a picture of a whole tile */
#define PREVIEW_TIMES 20  /* a tile may have so many times the pixels of a
                             cutout to have its picture made */

/* One request. */
typedef struct get_t {
    request_rec *r;
    const vo_release_t *rel;
    const vo_dali_params_t *params;
    soda_conf_t conf;
    soda_look_t look;
    int is_bare;    /* only images are wanted, no products of theirs */
} get_t;

/* ---- parameters ------------------------------------------------------- */

/* Of an empty value nothing is said. */
static vo_err_t *text_of(const char **value, const get_t *g, const char *name)
{
    VO_TRY(vo_dali_param_one(value, g->params, name));
    if (*value && !**value) {
        *value = NULL;
    }
    return NULL;
}

static vo_err_t *missing(const get_t *g, const char *name, const char *what)
{
    return vo_err_make(g->r->pool, VO_ERR_USAGE, "%s is missing; it is %s",
                       name, what);
}

/* The filter asked for, by number or by name, into KEY. */
static vo_err_t *filter_key(vo_image_key_t *key, const get_t *g)
{
    const char *filter;
    int64_t id;

    VO_TRY(text_of(&filter, g, "filter"));
    if (filter && vo_num_to_int64(filter, (int)strlen(filter), &id)
        && id >= 0 && id <= APR_INT32_MAX) {
        key->filter_id = (int)id;
    }
    else {
        key->filter_name = filter;
    }
    return NULL;
}

static vo_err_t *find(apr_array_header_t **found, get_t *g,
                      const vo_image_key_t *key)
{
    vo_image_key_t mine = *key;

    mine.is_bare = g->is_bare;
    return vo_image_find(found, g->rel, &mine, soda_look, &g->look,
                         g->r->pool);
}

/* --- the image that is meant ------------------------------------------- */

static int same_filter(const vo_image_t *a, const vo_image_t *b)
{
    return a->filter_id == b->filter_id
           && (a->filter_name == b->filter_name
               || (a->filter_name && b->filter_name
                   && !strcmp(a->filter_name, b->filter_name)));
}

static const char *filters_of(const apr_array_header_t *found,
                              apr_pool_t *pool)
{
    const char *names = "";
    int i;

    for (i = 0; i < found->nelts; ++i) {
        const vo_image_t *image = &APR_ARRAY_IDX(found, i, vo_image_t);

        if (image->filter_name
            && (!i || !same_filter(image, &APR_ARRAY_IDX(found, i - 1,
                                                         vo_image_t)))) {
            names = apr_psprintf(pool, "%s%s%s (%d)", names,
                                 *names ? ", " : "", image->filter_name,
                                 image->filter_id);
        }
    }
    return *names ? names : "none";
}

static vo_err_t *no_such_image(get_t *g, apr_int64_t tile)
{
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    apr_array_header_t *found;
    vo_err_t *err;

    key.tile_id = tile;
    VO_TRY(find(&found, g, &key));
    if (!found->nelts) {
        return vo_err_make(g->r->pool, VO_ERR_NOTFOUND, "Release %s has no"
                           " images of a tile %" APR_INT64_T_FMT ".",
                           g->rel->id, tile);
    }
    err = vo_err_make(g->r->pool, VO_ERR_NOTFOUND, "Tile %" APR_INT64_T_FMT
                      " has no image in this filter.", tile);
    return vo_err_hint(g->r->pool, err, "There are %s",
                       filters_of(found, g->r->pool));
}

static vo_err_t *tile_of(apr_int64_t *tile, const get_t *g)
{
    const char *id;

    VO_TRY(text_of(&id, g, "id"));
    *tile = -1;
    if (id && (!vo_num_to_int64(id, (int)strlen(id), tile) || *tile < 0)) {
        return vo_err_make(g->r->pool, VO_ERR_USAGE, "id: \"%.40s\" is not the"
                           " number of a tile", id);
    }
    return NULL;
}

/* Where each image has a number of its own, that tells the filter too: leave
 * only the images of FOUND that have it, if they are of one filter. */
static void narrow(apr_array_header_t *found, apr_int64_t tile)
{
    vo_image_t *images = (vo_image_t *)found->elts;
    int i, n = 0, first = -1;

    for (i = 0; i < found->nelts; ++i) {
        if (images[i].tile_id == tile) {
            if (first >= 0 && !same_filter(&images[i], &images[first])) {
                return;
            }
            first = first < 0 ? i : first;
        }
    }
    for (i = 0; i < found->nelts && first >= 0; ++i) {
        if (images[i].tile_id == tile) {
            images[n++] = images[i];
        }
    }
    found->nelts = first < 0 ? found->nelts : n;
}

/* The images of the tile and filter asked for; those whose calibration is best
 * come first among equals. */
static vo_err_t *find_images(apr_array_header_t **found, get_t *g)
{
    vo_image_key_t key = VO_IMAGE_KEY_ANY;

    VO_TRY(tile_of(&key.tile_id, g));
    if (key.tile_id < 0) {
        return missing(g, "id", "the number of a tile");
    }
    VO_TRY(filter_key(&key, g));
    VO_TRY(find(found, g, &key));
    if (key.filter_id < 0 && !key.filter_name) {
        narrow(*found, key.tile_id);
    }
    return (*found)->nelts ? NULL : no_such_image(g, key.tile_id);
}

/* The one image: several filters are an error. */
static vo_err_t *find_image(const vo_image_t **image, get_t *g)
{
    apr_array_header_t *found;
    int i;

    VO_TRY(find_images(&found, g));
    *image = &APR_ARRAY_IDX(found, 0, vo_image_t);
    for (i = 1; i < found->nelts; ++i) {
        const vo_image_t *other = &APR_ARRAY_IDX(found, i, vo_image_t);

        if (!same_filter(*image, other)) {
            return missing(g, "filter",
                           apr_psprintf(g->r->pool, "one of %s",
                                        filters_of(found, g->r->pool)));
        }
        if (other->calib_level > (*image)->calib_level) {
            *image = other;
        }
    }
    return NULL;
}

/* ---- whole files ------------------------------------------------------ */

/* Send FILE by sendfile, whole or a range of it, as httpd would send it. */
static int send_file(get_t *g, const vo_imgfile_t *file)
{
    request_rec *r = g->r;
    apr_bucket_brigade *bb;
    apr_time_t mtime;
    apr_file_t *os_file;
    apr_status_t rv;
    vo_err_t *err;
    int fd, rc;

    err = vo_imgfile_open(&fd, NULL, &mtime, g->rel, file, r->pool);
    if (err) {
        return soda_fail(r, err);
    }
    rv = apr_os_file_put(&os_file, &fd, APR_READ | APR_BINARY
                                            | APR_SENDFILE_ENABLED, r->pool);
    if (rv != APR_SUCCESS) {
        return soda_fail(r, vo_err_fault(r->pool, rv, "The file is not"
                                         " available.", "apr_os_file_put"));
    }
    ap_set_content_type(r, file->media_type ? file->media_type
                                            : "application/octet-stream");
    soda_disposition(r, "attachment", vo_imgfile_name(file));
    ap_update_mtime(r, mtime);
    ap_set_last_modified(r);
    apr_table_setn(r->headers_out, "ETag",
                   apr_psprintf(r->pool, "\"%" APR_UINT64_T_HEX_FMT "-%"
                                APR_UINT64_T_HEX_FMT "\"",
                                (apr_uint64_t)file->size,
                                (apr_uint64_t)mtime));
    ap_set_accept_ranges(r);
    ap_set_content_length(r, (apr_off_t)file->size);
    rc = ap_meets_conditions(r);
    if (rc != OK) {
        r->status = rc;
    }
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    if (rc == OK) {
        /* Compression and TLS would map it, and a file that is cut off while
         * it is mapped kills the process. */
        apr_bucket_file_enable_mmap(
            apr_brigade_insert_file(bb, os_file, 0, (apr_off_t)file->size,
                                    r->pool), 0);
    }
    APR_BRIGADE_INSERT_TAIL(
        bb, apr_bucket_eos_create(r->connection->bucket_alloc));
    rv = ap_pass_brigade(r->output_filters, bb);
    return rv == APR_SUCCESS || r->connection->aborted
                   || r->status != HTTP_OK
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static int get_fits(get_t *g)
{
    const vo_image_t *image;
    vo_err_t *err;

    g->is_bare = 1;
    err = find_image(&image, g);
    if (!err && !image->file.path) {
        err = vo_err_make(g->r->pool, VO_ERR_NOTFOUND,
                          "It has no file of its own.");
    }
    return err ? soda_fail(g->r, err) : send_file(g, &image->file);
}

static int send_product(get_t *g, vo_product_e kind)
{
    const vo_product_t *product = NULL;
    apr_array_header_t *found;
    const vo_image_t *image;
    vo_err_t *err;
    int i;

    if (kind == VO_PRODUCT_WEIGHT) {
        err = find_image(&image, g);
        product = err ? NULL : vo_image_product(image, kind);
    }
    else { /* of the whole tile, perhaps */
        err = find_images(&found, g);
        for (i = 0; !err && !product && i < found->nelts; ++i) {
            product = vo_image_product(&APR_ARRAY_IDX(found, i, vo_image_t),
                                       kind);
        }
    }
    if (!err && !product) {
        err = vo_err_make(g->r->pool, VO_ERR_NOTFOUND,
                          "There is no %s of this image.",
                          vo_product_kinds[kind].name);
    }
    return err ? soda_fail(g->r, err) : send_file(g, &product->file);
}

static int get_weight(get_t *g)
{
    return send_product(g, VO_PRODUCT_WEIGHT);
}

static int get_psf_file(get_t *g)
{
    return send_product(g, VO_PRODUCT_PSF);
}

/* The registered picture of what is asked for: *PRODUCT NULL when there is
 * none. HOW and CUT tell what one is to be made of then. */
static vo_err_t *find_picture(const vo_product_t **product, vo_soda_cut_t *cut,
                              vo_soda_how_t *how, get_t *g)
{
    apr_array_header_t *found;
    const char *band;
    int i;

    *product = NULL;
    VO_TRY(vo_soda_parse_how(how, g->params, VO_SODA_PNG, g->r->pool));
    VO_TRY(text_of(&band, g, "band"));
    if (!band || strcasecmp(band, "RGB")) {
        VO_TRY(find_image(&cut->image, g));
        cut->images = &cut->image;
        cut->nimages = 1;
        *product = vo_image_product(cut->image, VO_PRODUCT_PREVIEW);
        return NULL;
    }
    how->rgb = how->rgb ? how->rgb : "";
    VO_TRY(find_images(&found, g));
    for (i = 0; !*product && i < found->nelts; ++i) {
        *product = vo_image_product(&APR_ARRAY_IDX(found, i, vo_image_t),
                                    VO_PRODUCT_RGB);
    }
    if (!*product) {
        VO_TRY(vo_soda_choose(cut, how, found, g->r->pool));
        cut->image = cut->images[0];
    }
    return NULL;
}

static int get_graphic_image(get_t *g)
{
    const vo_product_t *product = NULL;
    vo_soda_cut_t cut = {0};
    vo_soda_how_t how;
    vo_picture_t *picture;
    vo_out_t *out;
    vo_err_t *err = find_picture(&product, &cut, &how, g);

    if (!err && !product) {
        err = vo_soda_preview(&picture, &cut, &how, g->rel,
                              how.sizex ? how.sizex : PREVIEW_SIDE,
                              PREVIEW_TIMES * g->conf.limits.max_pixels,
                              g->r->pool);
    }
    if (err) {
        return soda_fail(g->r, err);
    }
    if (product) {
        return send_file(g, &product->file);
    }
    out = soda_fns.response_begin(g->r, "image/png");
    err = vo_picture_png(out, picture, g->r->pool);
    return err ? soda_fail(g->r, err) : soda_fns.response_end(g->r, out);
}

/* By publisher DID, for DataLink: vo_image_file_url. */
static int get_file(get_t *g)
{
    apr_pool_t *pool = g->r->pool;
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    apr_array_header_t *found, *dids = apr_array_make(pool, 1,
                                                      sizeof(const char *));
    const vo_image_t *image;
    const char *id;
    apr_int64_t product = 0;
    vo_err_t *err = text_of(&id, g, "ID");
    int i;

    if (!err && !id) {
        err = missing(g, "ID", "the publisher DID of an image");
    }
    if (!err) {
        err = vo_dali_param_int(&product, g->params, "PRODUCT", 0,
                                APR_INT64_MAX, 0);
    }
    if (!err) {
        APR_ARRAY_PUSH(dids, const char *) = id;
        key.dids = dids;
        err = find(&found, g, &key);
    }
    if (err) {
        return soda_fail(g->r, err);
    }
    image = vo_image_by_did(found, id);
    if (image && !product && image->link) {
        apr_table_setn(g->r->headers_out, "Location",
                       apr_pstrcat(pool, soda_fns.base_url(g->r), "/",
                                   image->link, NULL));
        return HTTP_SEE_OTHER;
    }
    if (image && !product) {
        return send_file(g, &image->file);
    }
    for (i = 0; image && i < image->nproducts; ++i) {
        if (image->products[i].id == product) {
            return send_file(g, &image->products[i].file);
        }
    }
    return soda_fail(g->r, image ? vo_err_make(pool, VO_ERR_NOTFOUND,
                                               "The image has no product %"
                                               APR_INT64_T_FMT ".", product)
                                 : vo_err_make(pool, VO_ERR_NOTFOUND,
                                               "Release %s has no image"
                                               " \"%.200s\".", g->rel->id,
                                               id));
}

/* ---- cutouts ---------------------------------------------------------- */

static vo_err_t *angle(double *to, const get_t *g, const char *name,
                       double min, double max, double deflt)
{
    int is_set;

    VO_TRY(vo_dali_param_double(to, &is_set, g->params, name, min, max,
                                deflt));
    return is_set || !isnan(deflt)
               ? NULL
               : missing(g, name,
                         apr_psprintf(g->r->pool,
                                      "a number of degrees from %g to %g",
                                      min, max));
}

static vo_err_t *read_box(vo_region_t *region, const get_t *g)
{
    region->kind = VO_REGION_BOX;
    VO_TRY(angle(&region->ra, g, "ra", 0, 360, NAN));
    VO_TRY(angle(&region->dec, g, "dec", -90, 90, NAN));
    VO_TRY(angle(&region->width, g, "width", 1e-6, MAX_SIDE, NAN));
    return angle(&region->height, g, "height", 1e-6, MAX_SIDE, region->width);
}

static int answer_cut(get_t *g, vo_soda_cut_t *cut, const vo_soda_how_t *how)
{
    const vo_image_t *image = cut->image;
    apr_pool_t *pool = g->r->pool;
    vo_soda_made_t made;
    vo_err_t *err;

    cut->id = image->did;
    cut->name = apr_psprintf(pool, "%s_%s_%.5f%+.5f", image->obs_id,
                             how->rgb         ? "rgb"
                             : cut->nimages > 1 ? "all"
                             : image->filter_name ? image->filter_name
                                                  : "image",
                             cut->region->ra, cut->region->dec);
    err = vo_soda_read(&made, cut, how, g->rel, &g->conf.limits, NULL,
                       pool);
    if (!err && !made.npieces) {
        err = vo_err_make(pool, VO_ERR_NOTFOUND, "The cutout around %.6f %+.6f"
                          " is outside of the image %s.", cut->region->ra,
                          cut->region->dec, image->obs_id);
    }
    return err ? soda_fail(g->r, err) : soda_answer(g->r, &made);
}

/* Several filters at once: filter=all or a list. */
static int is_list(const char *filter)
{
    return filter && (!strcasecmp(filter, "all") || strchr(filter, ','));
}

/* The images of the tile HOW wants, or the one of the filter. */
static vo_err_t *choose(vo_soda_cut_t *cut, vo_soda_how_t *how, get_t *g)
{
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    apr_array_header_t *found;
    const char *filter;

    VO_TRY(text_of(&filter, g, "filter"));
    if (!is_list(filter) && !how->filters && !how->rgb) {
        VO_TRY(find_image(&cut->image, g));
        cut->images = &cut->image;
        cut->nimages = 1;
        return NULL;
    }
    if (is_list(filter) && !how->rgb) {
        how->filters = filter;
    }
    VO_TRY(tile_of(&key.tile_id, g));
    if (key.tile_id < 0) {
        return missing(g, "id", "the number of a tile");
    }
    VO_TRY(find(&found, g, &key));
    if (!found->nelts) {
        return no_such_image(g, key.tile_id);
    }
    VO_TRY(vo_soda_choose(cut, how, found, g->r->pool));
    cut->image = cut->images[0];
    return NULL;
}

static int get_fits_cutout(get_t *g)
{
    vo_soda_cut_t cut = {0};
    vo_region_t region = {0};
    vo_soda_how_t how;
    vo_err_t *err;

    cut.region = &region;
    err = vo_soda_parse_how(&how, g->params, VO_SODA_FITS, g->r->pool);
    if (!err) {
        g->is_bare = !how.has_weight && !how.has_mask;
        err = read_box(&region, g);
    }
    if (!err) {
        err = choose(&cut, &how, g);
    }
    return err ? soda_fail(g->r, err) : answer_cut(g, &cut, &how);
}

/* The tile whose centre is nearest among those that show the position. */
static vo_err_t *find_there(apr_array_header_t **found, get_t *g,
                            const vo_region_t *region)
{
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    int i;

    VO_TRY(tile_of(&key.tile_id, g));
    if (key.tile_id < 0) {
        key.has_position = 1;
        key.ra = region->ra;
        key.dec = region->dec;
        VO_TRY(find(found, g, &key));
        for (i = 0; i < (*found)->nelts; ++i) {
            const vo_image_t *image = &APR_ARRAY_IDX(*found, i, vo_image_t);

            if (image->tile_id >= 0) {
                key.tile_id = image->tile_id;
                key.subtype = image->subtype;
                break;
            }
        }
        if (key.tile_id < 0) {
            return vo_err_make(g->r->pool, VO_ERR_NOTFOUND, "No tile of"
                               " release %s shows the position %.6f %+.6f.",
                               g->rel->id, region->ra, region->dec);
        }
        key.has_position = 0;
    }
    VO_TRY(find(found, g, &key));
    return (*found)->nelts ? NULL : no_such_image(g, key.tile_id);
}

static int get_graphic_cutout(get_t *g)
{
    const char *band, *filter;
    vo_soda_cut_t cut = {0};
    vo_region_t region = {0};
    apr_array_header_t *found;
    vo_soda_how_t how;
    vo_err_t *err;

    cut.region = &region;
    err = vo_soda_parse_how(&how, g->params, VO_SODA_PNG, g->r->pool);
    if (!err) {
        g->is_bare = 1;
        err = read_box(&region, g);
    }
    if (!err) {
        err = text_of(&band, g, "band");
    }
    if (!err) {
        err = text_of(&filter, g, "filter");
    }
    if (!err) {
        err = find_there(&found, g, &region);
    }
    if (!err && how.format == VO_SODA_FITS) {
        err = vo_err_make(g->r->pool, VO_ERR_USAGE, "format: a picture is png"
                          " or jpeg; get_fits_cutout gives FITS");
    }
    if (!err) {
        if (!how.rgb && !how.filters && (!filter
                                         || (band
                                             && !strcasecmp(band, "RGB")))) {
            how.rgb = "";
        }
        if (!how.rgb && !how.filters) {
            how.filters = filter;
        }
        err = vo_soda_choose(&cut, &how, found, g->r->pool);
    }
    if (err) {
        return soda_fail(g->r, err);
    }
    cut.image = cut.images[0];
    return answer_cut(g, &cut, &how);
}

/* ---- PSF -------------------------------------------------------------- */

/* The PSF of the image at the position: the model evaluated there, NULL if the
 * product is no model. PIXEL is where it is. */
static vo_err_t *psf_there(vo_psf_t **psf, double pixel[2], get_t *g,
                           const vo_image_t *image,
                           const vo_product_t *product)
{
    apr_pool_t *pool = g->r->pool;
    const vo_fitsimg_t *fits;
    vo_fitsfile_t *file;
    const char *name;
    vo_wcs_t *wcs;
    int fd;

    VO_TRY(angle(&pixel[0], g, "ra", 0, 360, NAN));
    VO_TRY(angle(&pixel[1], g, "dec", -90, 90, NAN));
    VO_TRY(vo_imgfile_open(&fd, &name, NULL, g->rel, &image->file, pool));
    VO_TRY(vo_fitsfile_open(&file, name, pool));
    VO_TRY(vo_fitsfile_image(&fits, file, image->file.hdu));
    VO_TRY(vo_cutout_wcs(&wcs, fits, pool));
    vo_wcs_to_pixels(wcs, 1, pixel, pixel);
    if (!(pixel[0] >= 0.5 && pixel[1] >= 0.5
          && pixel[0] <= (double)fits->naxis[0] + 0.5
          && pixel[1] <= (double)fits->naxis[1] + 0.5)) {
        return vo_err_make(pool, VO_ERR_NOTFOUND, "The position is outside of"
                           " the image %s.", image->obs_id);
    }
    VO_TRY(vo_imgfile_open(&fd, &name, NULL, g->rel, &product->file, pool));
    VO_TRY(vo_fitsfile_open(&file, name, pool));
    return vo_psf_at(psf, file, pixel[0], pixel[1], pool);
}

static int answer_psf(get_t *g, const vo_image_t *image, vo_psf_t *psf,
                      const double pixel[2])
{
    char cards[4 * VO_FITS_CARD];
    vo_out_t *out = soda_fns.response_begin(g->r, "image/fits");
    vo_err_t *err;

    vo_card_put(cards, "OBJECT  = 'PSF     '");
    vo_card_put(cards + VO_FITS_CARD, "X_IMAGE = %20.10G / where it was"
                " evaluated", pixel[0]);
    vo_card_put(cards + 2 * VO_FITS_CARD, "Y_IMAGE = %20.10G", pixel[1]);
    vo_card_put(cards + 3 * VO_FITS_CARD, "PSF_SAMP= %20.10G / pixels of the"
                " image in one of these", psf->sampling);
    soda_disposition(g->r, "inline",
                     apr_psprintf(g->r->pool, "%s_%s_psf.fits", image->obs_id,
                                  image->filter_name ? image->filter_name
                                                     : "image"));
    err = vo_psf_write(out, psf, cards, 4, g->r->pool);
    return err ? soda_fail(g->r, err) : soda_fns.response_end(g->r, out);
}

static int get_psf_by_position(get_t *g)
{
    const vo_product_t *product = NULL;
    const vo_image_t *image;
    vo_psf_t *psf = NULL;
    double pixel[2];
    vo_err_t *err = find_image(&image, g);

    if (!err) {
        product = vo_image_product(image, VO_PRODUCT_PSF);
        err = product && image->file.path
                  ? psf_there(&psf, pixel, g, image, product)
                  : vo_err_make(g->r->pool, VO_ERR_NOTFOUND,
                                "There is no psf of this image.");
    }
    if (err) {
        return soda_fail(g->r, err);
    }
    return psf ? answer_psf(g, image, psf, pixel)
               : send_file(g, &product->file);
}

/* ---- dispatch --------------------------------------------------------- */

static const struct {
    const char *name;
    int (*get)(get_t *g);
} gets[] = {
    {"get_fits", get_fits},
    {"get_weight", get_weight},
    {"get_fits_cutout", get_fits_cutout},
    {"get_psf_file", get_psf_file},
    {"get_psf_by_position", get_psf_by_position},
    {"get_graphic_image", get_graphic_image},
    {"get_graphic_cutout", get_graphic_cutout},
    {"get_file", get_file},
};

int soda_download(request_rec *r)
{
    get_t g = {0};
    const char *path = soda_fns.path_below(r, "siap"), *id;
    apr_size_t i = 0, n = sizeof(gets) / sizeof(*gets);
    vo_err_t *err;

    if (!path || *path != '/') {
        return HTTP_NOT_FOUND;
    }
    ++path;
    id = ap_getword(r->pool, &path, '/');
    while (i < n && strcmp(path, gets[i].name)) {
        ++i;
    }
    if (i == n) {
        return soda_fail(r, vo_err_make(r->pool, VO_ERR_NOTFOUND, "There is no"
                                        " resource '%.60s'.", path));
    }
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS) {
        return DECLINED;
    }
    if (r->method_number != M_GET && r->method_number != M_POST) {
        return HTTP_METHOD_NOT_ALLOWED;
    }
    g.r = r;
    g.conf = soda_conf(r);
    g.look.r = r;
    g.look.timeout_ms = g.conf.timeout_ms;
    err = soda_fns.release_for(&g.rel, r, id);
    if (!err && !g.rel->obscore) {
        err = vo_err_make(r->pool, VO_ERR_NOTFOUND,
                          "Release %s has no images.", g.rel->id);
    }
    if (!err) {
        err = soda_fns.params(&g.params, r);
    }
    return err ? soda_fail(r, err) : gets[i].get(&g);
}
