/* vo_cutout.c: sections of images with their headers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 8, SODA 1.0 section 3 */
#include "vo_cutout.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_card.h"
#include "vo_spectral.h"

/* Pixels of a box times corners of a polygon: some ten seconds. */
#define MAX_COMPARISONS ((apr_int64_t)10000000000)

/* ---- what and where --------------------------------------------------- */

vo_err_t *vo_cutout_wcs(vo_wcs_t **wcs, const vo_fitsimg_t *image,
                        apr_pool_t *pool)
{
    return vo_wcs_parse(wcs, image->cards, image->ncards, pool);
}

static void count_pixels(vo_cutout_t *cut)
{
    int i;

    cut->npixels = 1;
    for (i = 0; i < cut->image->naxes; ++i) {
        cut->npixels *= cut->size[i];
    }
}

static void set_section(vo_cutout_t *cut)
{
    int i;

    for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
        cut->size[i] = cut->image->naxis[i];
    }
    cut->first[cut->axis[0]] = cut->box.x;
    cut->size[cut->axis[0]] = cut->box.nx;
    cut->first[cut->axis[1]] = cut->box.y;
    cut->size[cut->axis[1]] = cut->box.ny;
    count_pixels(cut);
}

vo_err_t *vo_cutout_band(int *is_empty, vo_cutout_t *cut, double lo, double hi,
                         apr_pool_t *pool)
{
    vo_spectral_t s;

    *is_empty = 0;
    VO_TRY(vo_spectral_find(&s, cut->image, pool));
    if (s.axis < 0 || s.axis == cut->axis[0] || s.axis == cut->axis[1]) {
        return NULL;
    }
    vo_spectral_planes(&cut->first[s.axis], &cut->size[s.axis], &s,
                       cut->image->naxis[s.axis], lo, hi);
    *is_empty = !cut->size[s.axis];
    count_pixels(cut);
    return NULL;
}

vo_err_t *vo_cutout_plan(vo_cutout_t **planned, const vo_fitsimg_t *image,
                         const vo_region_t *region, vo_wcs_t *wcs,
                         apr_pool_t *pool)
{
    vo_cutout_t *cut = apr_pcalloc(pool, sizeof(*cut));
    const int *axis = wcs ? vo_wcs_info(wcs)->axis : NULL;

    *planned = NULL;
    cut->image = image;
    cut->axis[0] = axis ? axis[0] : 0;
    cut->axis[1] = axis ? axis[1] : 1;
    if (image->naxes < 2 || cut->axis[0] >= image->naxes
        || cut->axis[1] >= image->naxes) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "The image has no two celestial axes.");
    }
    VO_TRY(vo_region_on_image(&cut->box, region, wcs,
                              image->naxis[cut->axis[0]],
                              image->naxis[cut->axis[1]], pool));
    if (!cut->box.nx) {
        return NULL;
    }
    set_section(cut);
    *planned = cut;
    return NULL;
}

vo_err_t *vo_cutout_like(vo_cutout_t **made, const vo_fitsimg_t *image,
                         const vo_cutout_t *other, apr_pool_t *pool)
{
    vo_cutout_t *cut = apr_pcalloc(pool, sizeof(*cut));
    int i;

    cut->image = image;
    for (i = 0; i < 2; ++i) {
        cut->axis[i] = other->axis[i];
        if (cut->axis[i] >= image->naxes
            || image->naxis[cut->axis[i]]
                   != other->image->naxis[cut->axis[i]]) {
            return vo_err_fault(pool, APR_EGENERAL,
                                "The weight or mask does not fit the image.",
                                "HDU %d has other axes than the image",
                                image->hdu);
        }
    }
    cut->box = other->box;
    set_section(cut);
    *made = cut;
    return NULL;
}

/* ---- pixels ----------------------------------------------------------- */

static apr_int64_t pixel_int(const vo_cutout_t *cut, apr_int64_t i)
{
    switch (cut->image->bitpix) {
    case 8:
        return ((const unsigned char *)cut->pixels)[i];
    case 16:
        return ((const apr_int16_t *)cut->pixels)[i];
    case 32:
        return ((const apr_int32_t *)cut->pixels)[i];
    default:
        return ((const apr_int64_t *)cut->pixels)[i];
    }
}

static void set_blank(vo_cutout_t *cut, apr_int64_t i)
{
    switch (cut->image->bitpix) {
    case 8:
        ((unsigned char *)cut->pixels)[i] = (unsigned char)cut->blank;
        break;
    case 16:
        ((apr_int16_t *)cut->pixels)[i] = (apr_int16_t)cut->blank;
        break;
    case 32:
        ((apr_int32_t *)cut->pixels)[i] = (apr_int32_t)cut->blank;
        break;
    case 64:
        ((apr_int64_t *)cut->pixels)[i] = cut->blank;
        break;
    case -32:
        ((float *)cut->pixels)[i] = NAN;
        break;
    default:
        ((double *)cut->pixels)[i] = NAN;
        break;
    }
}

static int is_used(const vo_cutout_t *cut, apr_int64_t value)
{
    apr_int64_t i;

    for (i = 0; i < cut->npixels; ++i) {
        if (pixel_int(cut, i) == value) {
            return 1;
        }
    }
    return 0;
}

/* A value for blank pixels of whole numbers that no pixel has: the least one,
 * or the greatest, or a neighbour of it. */
static void choose_blank(vo_cutout_t *cut)
{
    const vo_fitsimg_t *image = cut->image;
    int bits = image->bitpix, k;
    apr_int64_t least, most;

    cut->blank = image->blank;
    if (image->has_blank || bits < 0) {
        return;
    }
    least = bits == 8 ? 0 : -(APR_INT64_C(1) << (bits - 2)) * 2;
    most = bits == 8 ? 255 : -(least + 1);
    cut->has_blank = 1;
    for (k = 0; k < 256; ++k) {
        cut->blank = k % 2 ? most - k / 2 : least + k / 2;
        if (!is_used(cut, cut->blank)) {
            return;
        }
    }
    cut->blank = least;
}

static void mask(vo_cutout_t *cut, const vo_region_t *region, vo_wcs_t *wcs,
                 apr_pool_t *pool)
{
    unsigned char *inside = apr_palloc(
        pool, (apr_size_t)(cut->box.nx * cut->box.ny));
    apr_int64_t stride[VO_FITS_MAX_AXES], i, x, y, step = 1;
    int k;

    if (!vo_region_mask(inside, region, wcs, &cut->box, pool)) {
        return;
    }
    choose_blank(cut);
    for (k = 0; k < cut->image->naxes; ++k) {
        stride[k] = step;
        step *= cut->size[k];
    }
    for (i = 0; i < cut->npixels; ++i) {
        x = i / stride[cut->axis[0]] % cut->box.nx;
        y = i / stride[cut->axis[1]] % cut->box.ny;
        if (!inside[y * cut->box.nx + x]) {
            set_blank(cut, i);
        }
    }
}

/* Each pixel is compared with each corner; that shall not take for ever. */
static vo_err_t *mask_effort(const vo_cutout_t *cut, const vo_region_t *region,
                             apr_pool_t *pool)
{
    int n;

    if (!region || region->kind != VO_REGION_POLYGON) {
        return NULL;
    }
    sky_shape_numbers(region->shape, &n);
    if (cut->box.nx * cut->box.ny <= MAX_COMPARISONS / (n / 2)) {
        return NULL;
    }
    return vo_err_make(pool, VO_ERR_LIMIT, "POLYGON: %d corners are too many"
                       " for a cutout of %" APR_INT64_T_FMT " x %"
                       APR_INT64_T_FMT " pixels; at most %" APR_INT64_T_FMT
                       " are allowed for this size.", n / 2, cut->box.nx,
                       cut->box.ny,
                       MAX_COMPARISONS / (cut->box.nx * cut->box.ny));
}

vo_err_t *vo_cutout_read(vo_cutout_t *cut, const vo_region_t *region,
                         vo_wcs_t *wcs, apr_int64_t max_pixels,
                         apr_pool_t *pool)
{
    apr_pool_t *scratch;
    vo_err_t *err;

    if (cut->npixels > max_pixels) {
        return vo_err_make(pool, VO_ERR_LIMIT, "The cutout has %"
                           APR_INT64_T_FMT " pixels (%" APR_INT64_T_FMT " x %"
                           APR_INT64_T_FMT "); at most %" APR_INT64_T_FMT
                           " are allowed.", cut->npixels, cut->box.nx,
                           cut->box.ny, max_pixels);
    }
    cut->pixels = apr_palloc(
        pool, (apr_size_t)cut->npixels
                  * (apr_size_t)VO_FITS_BYTES(cut->image->bitpix));
    apr_pool_create(&scratch, pool);
    err = mask_effort(cut, region, pool);
    if (!err) {
        err = vo_fitsfile_read(cut->image, cut->first, cut->size, cut->pixels,
                               scratch);
    }
    if (!err && region && region->kind == VO_REGION_POLYGON) {
        mask(cut, region, wcs, scratch);
    }
    if (err) {
        return err; /* it lives in scratch, which lives in pool */
    }
    apr_pool_destroy(scratch);
    return NULL;
}

float *vo_cutout_float(const vo_cutout_t *cut, apr_pool_t *pool)
{
    apr_int64_t n = cut->box.nx * cut->box.ny, i;
    float *to = apr_palloc(pool, (apr_size_t)n * sizeof(*to));
    vo_fitsimg_t image = *cut->image;

    if (cut->has_blank) {
        image.has_blank = 1;
        image.blank = cut->blank;
    }
    if (cut->axis[0] == 0 && cut->axis[1] == 1) {
        vo_fits_to_float(to, cut->pixels, n, &image);
        return to;
    }
    for (i = 0; i < n; ++i) { /* the celestial axes are not the first two */
        apr_int64_t x = i % cut->box.nx, y = i / cut->box.nx, at = 0, step = 1;
        int k;

        for (k = 0; k < image.naxes; ++k) {
            at += step * (k == cut->axis[0] ? x : k == cut->axis[1] ? y : 0);
            step *= cut->size[k];
        }
        vo_fits_to_float(to + i,
                         (const char *)cut->pixels
                             + at * VO_FITS_BYTES(image.bitpix), 1, &image);
    }
    return to;
}

/* ---- header ----------------------------------------------------------- */

/* Keywords of an axis that say where a pixel is, and what a shift by N pixels
 * adds to them: SIGN * N. FITS 4.0 section 8.2; LTV is IRAF's, CNPIX that of
 * the Digitized Sky Survey. */
static const struct {
    const char *name;
    int sign, has_alternates;
} shifted[] = {
    {"CRPIX", -1, 1},
    {"LTV", -1, 0},
    {"CNPIX", 1, 0},
};

/* Keywords left out, whatever the image. */
static const char *const dropped[] = {"INHERIT ", "BLANK   ", "EXTNAME "};
enum { DROP_INHERIT, DROP_BLANK, DROP_EXTNAME };

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

/* By how much the value of CARD changes; 0: it does not. */
static double shift_of(const vo_cutout_t *cut, const char *card, int *axis)
{
    int i;

    for (i = 0; i < COUNT(shifted); ++i) {
        apr_size_t n = strlen(shifted[i].name);
        const char *p = card + n;

        if (strncmp(card, shifted[i].name, n) || !apr_isdigit(*p)
            || *p == '0') {
            continue;
        }
        *axis = *p++ - '1';
        if (shifted[i].has_alternates && apr_isupper(*p)) {
            ++p;
        }
        if ((p == card + 8 || (p < card + 8 && *p == ' ')) && card[8] == '='
            && *axis < cut->image->naxes) {
            return shifted[i].sign * (double)cut->first[*axis];
        }
    }
    return 0;
}

/* CARD with ADD added to its number, its comment kept. */
static void put_shifted(char *to, const char *card, double add)
{
    const char *end = card + VO_FITS_CARD, *p = card + 10, *word;
    char number[VO_NUM_SIZE + 2];
    double value;
    int n, len;

    while (p < end && *p == ' ') {
        ++p;
    }
    word = p;
    while (p < end && *p != ' ' && *p != '/') {
        ++p;
    }
    n = (int)(p - word);
    memcpy(to, card, VO_FITS_CARD);
    if (!n || !vo_num_to_double(word, n, &value)) {
        return;
    }
    len = vo_num_from_double(number, value + add);
    if (!strpbrk(number, ".eE")) {
        memcpy(number + len, ".0", 3);
    }
    for (len = 0; number[len]; ++len) {
        number[len] = (char)apr_toupper(number[len]);
    }
    while (p < end && *p != '/') {
        ++p;
    }
    vo_card_put(to, "%.8s= %20s %.*s", card, number, (int)(end - p), p);
}

char *vo_cutout_cards(int *ncards, const vo_cutout_t *cut,
                      const vo_hdu_opts_t *opts, apr_pool_t *pool)
{
    const vo_fitsimg_t *image = cut->image;
    char *cards = apr_palloc(pool, (apr_size_t)(image->ncards + 8)
                                       * VO_FITS_CARD), *p = cards;
    int i, axis, moved[VO_FITS_MAX_AXES] = {0};
    int has_long = 0, tells_long = 0;

    if (opts->extname) {
        vo_card_put(p, "EXTNAME = '%-8.60s'", opts->extname);
        p += VO_FITS_CARD;
    }
    for (i = image->nstruct; i < image->ncards; ++i) {
        const char *card = image->cards + i * VO_FITS_CARD;
        double add;

        if ((!opts->is_extension && !strncmp(card, dropped[DROP_INHERIT], 8))
            || (opts->extname && !strncmp(card, dropped[DROP_EXTNAME], 8))
            || (image->bitpix < 0 && !strncmp(card, dropped[DROP_BLANK], 8))) {
            continue;
        }
        add = shift_of(cut, card, &axis);
        if (!strncmp(card, "CRPIX", 5) && card[6] == ' ' && card[8] == '='
            && apr_isdigit(card[5]) && card[5] > '0'
            && card[5] - '1' < VO_FITS_MAX_AXES) {
            moved[card[5] - '1'] = 1;
        }
        has_long |= !strncmp(card, "CONTINUE", 8);
        tells_long |= !strncmp(card, "LONGSTRN", 8);
        if (add != 0) {
            put_shifted(p, card, add);
        }
        else {
            memcpy(p, card, VO_FITS_CARD);
        }
        p += VO_FITS_CARD;
    }
    for (axis = 0; axis < image->naxes; ++axis) { /* absent it is 0 */
        if (!moved[axis] && cut->first[axis]) {
            vo_card_put(p, "CRPIX%-3d= %20" APR_INT64_T_FMT ".0", axis + 1,
                        -cut->first[axis]);
            p += VO_FITS_CARD;
        }
    }
    if (has_long && !tells_long) { /* fitsverify misses it */
        vo_card_put(p, "LONGSTRN= 'OGIP 1.0'           / long texts");
        p += VO_FITS_CARD;
    }
    if (cut->has_blank) {
        vo_card_put(p, "BLANK   = %20" APR_INT64_T_FMT
                    " / pixels outside of the region", cut->blank);
        p += VO_FITS_CARD;
    }
    if (opts->history) {
        vo_card_put(p, "HISTORY %.72s", opts->history);
        p += VO_FITS_CARD;
    }
    *ncards = (int)((p - cards) / VO_FITS_CARD);
    return cards;
}

vo_err_t *vo_cutout_write(vo_out_t *out, vo_cutout_t *cut,
                          const vo_hdu_opts_t *opts, apr_pool_t *scratch)
{
    vo_hdu_t hdu = {0};

    hdu.is_extension = opts->is_extension;
    hdu.has_extensions = opts->has_extensions;
    hdu.bitpix = cut->image->bitpix;
    hdu.naxes = cut->image->naxes;
    memcpy(hdu.naxis, cut->size, sizeof(hdu.naxis));
    hdu.cards = vo_cutout_cards(&hdu.ncards, cut, opts, scratch);
    vo_fits_swap(cut->pixels, cut->npixels, hdu.bitpix);
    hdu.data = cut->pixels;
    cut->pixels = NULL;
    hdu.len = (apr_size_t)cut->npixels
              * (apr_size_t)VO_FITS_BYTES(hdu.bitpix);
    return vo_fits_hdu_write(out, &hdu, scratch);
}

vo_err_t *vo_cutout_write_primary(vo_out_t *out, const char *cards, int ncards,
                                  apr_pool_t *scratch)
{
    vo_hdu_t hdu = {0};

    hdu.has_extensions = 1;
    hdu.bitpix = 8;
    hdu.cards = ncards ? cards : "";
    hdu.ncards = ncards;
    return vo_fits_hdu_write(out, &hdu, scratch);
}
