/* vo_soda_write.c: the file that a cut becomes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_soda.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../fits/vo_card.h"
#include "../image/vo_imgfile.h"
#include "../vo_num.h"

#define JPEG_QUALITY 90
#define MIN_CELL 64 /* pixels of the pictures of a sheet, at least */

/* ---- FITS, an HDU for each -------------------------------------------- */

/* The name of an extension: PREFIX, the filter, and what it is. */
static const char *extname(const vo_soda_piece_t *piece, const char *prefix,
                           const char *what, apr_pool_t *pool)
{
    const char *name = piece->image->filter_name;
    char *made, *p;

    made = apr_pstrcat(pool, prefix, name ? name : what ? "" : "IMAGE",
                       name && what ? "_" : "", what ? what : "", NULL);
    for (p = made; *p; ++p) {
        if (*p < 0x20 || *p > 0x7E || *p == '\'') {
            *p = '_';
        }
    }
    return made;
}

static vo_err_t *write_one(vo_out_t *out, vo_cutout_t *cut,
                           const vo_imgfile_t *file, vo_hdu_opts_t *opts,
                           apr_pool_t *pool)
{
    const vo_box_t *box = &cut->box;

    opts->history = apr_psprintf(
        pool, "Pixels [%" APR_INT64_T_FMT ":%" APR_INT64_T_FMT ",%"
        APR_INT64_T_FMT ":%" APR_INT64_T_FMT "] of %s", box->x + 1,
        box->x + box->nx, box->y + 1, box->y + box->ny,
        vo_imgfile_name(file));
    return vo_cutout_write(out, cut, opts, pool);
}

static vo_err_t *write_extras(vo_out_t *out, const vo_soda_piece_t *piece,
                              const char *prefix, apr_pool_t *pool)
{
    vo_hdu_opts_t opts = {1, 0, NULL, NULL};

    if (piece->weight) {
        opts.extname = extname(piece, prefix, "WEIGHT", pool);
        VO_TRY(write_one(out, piece->weight,
                         &vo_image_product(piece->image,
                                           VO_PRODUCT_WEIGHT)->file,
                         &opts, pool));
    }
    if (piece->mask) {
        opts.extname = extname(piece, prefix, "MASK", pool);
        VO_TRY(write_one(out, piece->mask,
                         &vo_image_product(piece->image,
                                           VO_PRODUCT_MASK)->file,
                         &opts, pool));
    }
    return NULL;
}

/* PIECE as a primary HDU (PREFIX is NULL) or as an extension, and what comes
 * with it. */
static vo_err_t *write_piece(vo_out_t *out, const vo_soda_piece_t *piece,
                             const char *prefix, apr_pool_t *pool)
{
    vo_hdu_opts_t opts = {0};

    opts.is_extension = prefix != NULL;
    opts.has_extensions = piece->weight || piece->mask;
    opts.extname = prefix ? extname(piece, prefix, NULL, pool) : NULL;
    VO_TRY(write_one(out, piece->cut, &piece->image->file, &opts, pool));
    return write_extras(out, piece, prefix ? prefix : "", pool);
}

vo_err_t *vo_soda_write_extensions(vo_out_t *out, vo_soda_made_t *made,
                                   const char *prefix, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < made->npieces; ++i) {
        VO_TRY(write_piece(out, &made->pieces[i], prefix, pool));
    }
    return NULL;
}

static vo_err_t *write_mef(vo_out_t *out, vo_soda_made_t *made,
                           apr_pool_t *pool)
{
    if (made->npieces == 1) {
        return write_piece(out, &made->pieces[0], NULL, pool);
    }
    VO_TRY(vo_cutout_write_primary(out, NULL, 0, pool));
    return vo_soda_write_extensions(out, made, "", pool);
}

/* ---- FITS, a cube ----------------------------------------------------- */

/* Of which the cube has its own: it is of floats and has three axes. */
static const char *const replaced[] = {"BSCALE  ", "BZERO   ", "BLANK   ",
                                       "WCSAXES ", "FILTER  "};

/* Cards of the cube: those of the first image, and the third axis: paper III,
 * section 6, a coordinate for each plane in a table. */
static char *cube_cards(int *ncards, const vo_soda_made_t *made,
                        apr_pool_t *pool)
{
    vo_hdu_opts_t opts = {0};
    int i, k, n, has_cd = 0;
    char *from = vo_cutout_cards(&n, made->pieces[0].cut, &opts, pool);
    char *cards = apr_palloc(pool, (apr_size_t)(n + 16 + made->npieces)
                                       * VO_FITS_CARD), *p = cards;

#define PUT(...) (vo_card_put(p, __VA_ARGS__), p += VO_FITS_CARD)
    PUT("WCSAXES = %20d", 3);
    for (i = 0; i < n; ++i, from += VO_FITS_CARD) {
        for (k = 0; k < (int)(sizeof(replaced) / sizeof(*replaced))
                    && strncmp(from, replaced[k], 8); ++k) {
        }
        if (k < (int)(sizeof(replaced) / sizeof(*replaced))) {
            continue;
        }
        has_cd |= !strncmp(from, "CD1_1   ", 8);
        memcpy(p, from, VO_FITS_CARD);
        p += VO_FITS_CARD;
    }
    PUT("CTYPE3  = 'WAVE-TAB'           / wavelength in vacuum, by plane");
    PUT("CUNIT3  = 'm       '");
    PUT("CRPIX3  = %20s", "1.0");
    PUT("CRVAL3  = %20s", "1.0");
    PUT("%-8s= %20s", has_cd ? "CD3_3" : "CDELT3", "1.0");
    PUT("PS3_0   = 'WCS-TABLE'          / extension with the coordinates");
    PUT("PS3_1   = 'WAVELENGTH'         / its column");
    PUT("PV3_1   = %20s / EXTVER", "1");
    PUT("PV3_2   = %20s / EXTLEVEL", "1");
    PUT("PV3_3   = %20s / axis of the array", "1");
    for (i = 0; i < made->npieces && i < 99999; ++i) {
        PUT("FILT%-4d= '%-8.60s'", i + 1,
            extname(&made->pieces[i], "", NULL, pool));
    }
#undef PUT
    *ncards = (int)((p - cards) / VO_FITS_CARD);
    return cards;
}

/* The table of wavelengths, in the middle of each filter. */
static vo_err_t *write_wavelengths(vo_out_t *out, const vo_soda_made_t *made,
                                   apr_pool_t *pool)
{
    double *waves = apr_palloc(pool, (apr_size_t)made->npieces
                                         * sizeof(*waves));
    char cards[9 * VO_FITS_CARD], *p = cards;
    vo_hdu_t hdu = {0};
    int i, n = made->npieces;

    for (i = 0; i < n; ++i) {
        const vo_image_t *image = made->pieces[i].image;

        waves[i] = (image->em_min + image->em_max) / 2;
    }
    vo_fits_swap(waves, n, -64);
#define PUT(...) (vo_card_put(p, __VA_ARGS__), p += VO_FITS_CARD)
    PUT("TFIELDS = %20d", 1);
    PUT("EXTNAME = 'WCS-TABLE'");
    PUT("EXTVER  = %20d", 1);
    PUT("EXTLEVEL= %20d", 1);
    PUT("TTYPE1  = 'WAVELENGTH'");
    PUT("TFORM1  = '%dD'", n);
    PUT("TDIM1   = '(1,%d)'", n);
    PUT("TUNIT1  = 'm       '");
#undef PUT
    hdu.is_extension = 1;
    hdu.xtension = "BINTABLE";
    hdu.bitpix = 8;
    hdu.naxes = 2;
    hdu.naxis[0] = 8 * n;
    hdu.naxis[1] = 1;
    hdu.cards = cards;
    hdu.ncards = (int)((p - cards) / VO_FITS_CARD);
    hdu.data = waves;
    hdu.len = (apr_size_t)n * sizeof(*waves);
    return vo_fits_hdu_write(out, &hdu, pool);
}

/* Do all pieces have the same pixels of the same sky? */
static int is_aligned(const vo_soda_made_t *made)
{
    const vo_cutout_t *one = made->pieces[0].cut, *cut;
    int i;

    for (i = 1; i < made->npieces; ++i) {
        cut = made->pieces[i].cut;
        if (cut->box.x != one->box.x || cut->box.y != one->box.y
            || cut->box.nx != one->box.nx || cut->box.ny != one->box.ny
            || cut->image->naxis[0] != one->image->naxis[0]
            || cut->image->naxis[1] != one->image->naxis[1]) {
            return 0;
        }
    }
    return 1;
}

static vo_err_t *write_cube(vo_out_t *out, vo_soda_made_t *made,
                            apr_pool_t *pool)
{
    const vo_box_t *box = &made->pieces[0].cut->box;
    apr_size_t plane = (apr_size_t)(box->nx * box->ny);
    vo_hdu_t hdu = {0};
    float *data;
    int i;

    if (!is_aligned(made)) {
        return vo_err_make(pool, VO_ERR_USAGE, "LAYOUT: the filters of this"
                           " tile do not share their pixels, so they are no"
                           " cube; ask for mef");
    }
    for (i = 0; i < made->npieces; ++i) {
        if (isnan(made->pieces[i].image->em_min
                  + made->pieces[i].image->em_max)) {
            return vo_err_make(pool, VO_ERR_USAGE, "LAYOUT: the wavelength of"
                               " filter %s is not known, so there is no cube;"
                               " ask for mef",
                               extname(&made->pieces[i], "", NULL, pool));
        }
    }
    data = apr_palloc(pool, plane * (apr_size_t)made->npieces
                                * sizeof(*data));
    for (i = 0; i < made->npieces; ++i) {
        memcpy(data + (apr_size_t)i * plane,
               vo_cutout_float(made->pieces[i].cut, pool),
               plane * sizeof(*data));
    }
    vo_fits_swap(data, (apr_int64_t)plane * made->npieces, -32);
    hdu.has_extensions = 1;
    hdu.bitpix = -32;
    hdu.naxes = 3;
    hdu.naxis[0] = box->nx;
    hdu.naxis[1] = box->ny;
    hdu.naxis[2] = made->npieces;
    hdu.cards = cube_cards(&hdu.ncards, made, pool);
    hdu.data = data;
    hdu.len = plane * (apr_size_t)made->npieces * sizeof(*data);
    VO_TRY(vo_fits_hdu_write(out, &hdu, pool));
    VO_TRY(write_wavelengths(out, made, pool));
    for (i = 0; i < made->npieces; ++i) {
        VO_TRY(write_extras(out, &made->pieces[i], "", pool));
    }
    return NULL;
}

/* ---- pictures --------------------------------------------------------- */

static vo_picture_t *grey(const vo_soda_piece_t *piece,
                          const vo_soda_how_t *how, apr_pool_t *pool)
{
    const vo_box_t *box = &piece->cut->box;

    return vo_picture_grey(vo_cutout_float(piece->cut, pool), (int)box->nx,
                           (int)box->ny, &how->stretch, pool);
}

/* How the three images are put together. */
static vo_lupton_t lupton_of(const vo_image_t *const images[3],
                             const vo_soda_how_t *how)
{
    vo_lupton_t lupton = how->lupton;
    double zero_point[3], wave[3];
    int i;

    for (i = 0; i < 3; ++i) {
        zero_point[i] = images[i]->zero_point;
        wave[i] = (images[i]->em_min + images[i]->em_max) / 2;
    }
    if (!how->has_balance) {
        vo_lupton_balance(lupton.factor, zero_point, wave);
    }
    return lupton;
}

static vo_err_t *colour(vo_picture_t **picture, const vo_soda_made_t *made,
                        apr_pool_t *pool)
{
    const vo_box_t *box = &made->pieces[0].cut->box;
    const vo_image_t *images[3];
    vo_lupton_t lupton;
    const float *rgb[3];
    int i;

    if (!is_aligned(made)) {
        return vo_err_make(pool, VO_ERR_USAGE, "RGB: these filters do not"
                           " share their pixels");
    }
    for (i = 0; i < 3; ++i) {
        images[i] = made->pieces[i].image;
        rgb[i] = vo_cutout_float(made->pieces[i].cut, pool);
    }
    lupton = lupton_of(images, made->how);
    *picture = vo_picture_rgb(rgb, (int)box->nx, (int)box->ny, &lupton, pool);
    return NULL;
}

/* Small images asked for large become many pixels: no more than may be cut. */
static vo_err_t *sheet(vo_picture_t **picture, const vo_soda_made_t *made,
                       apr_pool_t *pool)
{
    const vo_soda_how_t *how = made->how;
    const vo_picture_t **all = apr_palloc(pool, (apr_size_t)made->npieces
                                                    * sizeof(*all));
    int columns = (int)ceil(sqrt(made->npieces)), width = 0, height = 0, i;

    for (i = 0; i < made->npieces; ++i) {
        all[i] = grey(&made->pieces[i], how, pool);
        width = all[i]->width > width ? all[i]->width : width;
        height = all[i]->height > height ? all[i]->height : height;
    }
    if (width < MIN_CELL && height < MIN_CELL) {
        int times = MIN_CELL / (width > height ? width : height) + 1;

        width *= times;
        height *= times;
    }
    width = how->sizex ? how->sizex : width;
    height = how->sizey ? how->sizey : height;
    if ((apr_int64_t)width * height > made->max_pixels / made->npieces) {
        return vo_err_make(pool, VO_ERR_LIMIT, "The picture is too large: %d"
                           " images of %d x %d pixels; at most %"
                           APR_INT64_T_FMT " pixels are allowed in all. Ask"
                           " for fewer filters or a smaller SIZEX, SIZEY.",
                           made->npieces, width, height, made->max_pixels);
    }
    *picture = vo_picture_sheet(all, made->npieces, columns, width, height,
                                pool);
    return NULL;
}

static int within(double n)
{
    return n < 1 ? 1 : n > VO_SODA_MAX_SIZE ? VO_SODA_MAX_SIZE : (int)n;
}

/* The size asked for; one of the two keeps the shape. */
static vo_picture_t *resize(vo_picture_t *p, const vo_soda_how_t *how,
                            apr_pool_t *pool)
{
    int width = how->sizex, height = how->sizey;

    if (!width && !height) {
        return p;
    }
    if (!width) {
        width = within((double)height * p->width / p->height + 0.5);
    }
    if (!height) {
        height = within((double)width * p->height / p->width + 0.5);
    }
    return vo_picture_resize(p, width, height, pool);
}

static vo_err_t *write_picture(vo_out_t *out, vo_soda_made_t *made,
                               apr_pool_t *pool)
{
    vo_picture_t *picture = NULL;

    if (made->how->rgb) {
        VO_TRY(colour(&picture, made, pool));
        picture = resize(picture, made->how, pool);
    }
    else if (made->npieces > 1) {
        VO_TRY(sheet(&picture, made, pool));
    }
    else {
        picture = resize(grey(&made->pieces[0], made->how, pool), made->how,
                         pool);
    }
    return made->how->format == VO_SODA_PNG
               ? vo_picture_png(out, picture, pool)
               : vo_picture_jpeg(out, picture, JPEG_QUALITY, pool);
}

vo_err_t *vo_soda_write(vo_out_t *out, vo_soda_made_t *made, apr_pool_t *pool)
{
    if (made->how->format != VO_SODA_FITS) {
        return write_picture(out, made, pool);
    }
    return made->how->layout == VO_LAYOUT_CUBE ? write_cube(out, made, pool)
                                               : write_mef(out, made, pool);
}

/* ---- whole tiles ------------------------------------------------------ */

static vo_err_t *shrink(float **v, int size[2], apr_int64_t *left,
                        const vo_image_t *image, const vo_release_t *rel,
                        int most, apr_pool_t *pool)
{
    const vo_fitsimg_t *fits;
    vo_fitsfile_t *file;
    const char *name;
    apr_int64_t longest;
    int fd;

    VO_TRY(vo_imgfile_open(&fd, &name, NULL, rel, &image->file, pool));
    VO_TRY(vo_fitsfile_open(&file, name, pool));
    VO_TRY(vo_fitsfile_image(&fits, file, image->file.hdu));
    *left -= fits->naxis[0] * fits->naxis[1];
    if (*left < 0 || fits->naxes < 2) {
        return vo_err_make(pool, VO_ERR_LIMIT, "The image is too large to make"
                           " a picture of it at once.");
    }
    longest = fits->naxis[0] > fits->naxis[1] ? fits->naxis[0]
                                              : fits->naxis[1];
    return vo_fitsfile_shrink(v, &size[0], &size[1], fits,
                              (int)((longest + most - 1) / most), pool);
}

vo_err_t *vo_soda_preview(vo_picture_t **picture, const vo_soda_cut_t *cut,
                          const vo_soda_how_t *how, const vo_release_t *rel,
                          int most, apr_int64_t max_pixels, apr_pool_t *pool)
{
    int n = how->rgb ? 3 : 1, size[3][2], i;
    const float *rgb[3];
    vo_lupton_t lupton;
    float *v;

    for (i = 0; i < n; ++i) {
        VO_TRY(shrink(&v, size[i], &max_pixels, cut->images[i], rel, most,
                      pool));
        rgb[i] = v;
        if (size[i][0] != size[0][0] || size[i][1] != size[0][1]) {
            return vo_err_make(pool, VO_ERR_USAGE, "RGB: these filters do not"
                               " share their pixels");
        }
    }
    if (n == 1) {
        *picture = vo_picture_grey(rgb[0], size[0][0], size[0][1],
                                   &how->stretch, pool);
        return NULL;
    }
    lupton = lupton_of(cut->images, how);
    *picture = vo_picture_rgb(rgb, size[0][0], size[0][1], &lupton, pool);
    return NULL;
}
