/* voctl_imgread.c: voctl images: what a file says, read in a worker. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <apr_strings.h>

#include "fits/vo_fitsfile.h"
#include "fits/vo_wcs.h"
#include "vo_num.h"
#include "voctl_images.h"

#define BLOCK (1 << 20)

const voctl_image_column_t voctl_image_columns[IMG_COLUMNS] = {
    [IMG_PRODUCT_TYPE] = {"product_type", "text"},
    [IMG_SUBTYPE] = {"product_subtype", "text"},
    [IMG_CALIB_LEVEL] = {"calib_level", "integer"},
    [IMG_COLLECTION] = {"collection", "text"},
    [IMG_OBS_ID] = {"obs_id", "text"},
    [IMG_TILE_ID] = {"tile_id", "bigint"},
    [IMG_FILTER] = {"filter_name", "text"},
    [IMG_FILTER_ID] = {"filter_id", "integer"},
    [IMG_TITLE] = {"title", "text"},
    [IMG_TARGET] = {"target_name", "text"},
    [IMG_NAXIS] = {"naxis", "integer[]"},
    [IMG_SCALE] = {"scale", "double precision[]"},
    [IMG_PROJECTION] = {"projection", "text"},
    [IMG_CRPIX] = {"crpix", "double precision[]"},
    [IMG_CRVAL] = {"crval", "double precision[]"},
    [IMG_CD] = {"cd", "double precision[]"},
    [IMG_FRAME] = {"frame", "text"},
    [IMG_EQUINOX] = {"equinox", "double precision"},
    [IMG_EXPTIME] = {"exptime", "double precision"},
    [IMG_T_MIN] = {"t_min", "double precision"},
    [IMG_T_MAX] = {"t_max", "double precision"},
    [IMG_T_RESOLUTION] = {"t_resolution", "double precision"},
    [IMG_T_XEL] = {"t_xel", "bigint"},
    [IMG_FWHM] = {"fwhm", "double precision"},
    [IMG_DEPTH] = {"depth", "double precision"},
    [IMG_ZERO_POINT] = {"zero_point", "double precision"},
    [IMG_EM_MIN] = {"em_min", "double precision"},
    [IMG_EM_MAX] = {"em_max", "double precision"},
    [IMG_EM_RES_POWER] = {"em_res_power", "double precision"},
    [IMG_EM_XEL] = {"em_xel", "bigint"},
    [IMG_UCD] = {"o_ucd", "text"},
    [IMG_UNIT] = {"o_unit", "text"},
    [IMG_POL_STATES] = {"pol_states", "text"},
    [IMG_POL_XEL] = {"pol_xel", "bigint"},
    [IMG_FACILITY] = {"facility", "text"},
    [IMG_INSTRUMENT] = {"instrument", "text"},
    [IMG_CREATED] = {"created", "timestamp"},
    [IMG_MEDIA_TYPE] = {"media_type", "text"},
    [IMG_HDU] = {"hdu", "integer"},
};

const char *voctl_img_name(const voctl_imgjob_t *job,
                           const voctl_imgfile_t *file, apr_pool_t *pool)
{
    return apr_pstrcat(pool, APR_ARRAY_IDX(job->roots, file->root,
                                           voctl_imgroot_t).path,
                       "/", file->path, NULL);
}

vo_err_t *voctl_img_checksum(const char **text, const char *name,
                             apr_pool_t *pool)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0, i;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    void *block = malloc(BLOCK);
    ssize_t n = -1;
    int code;
    char *out;

    if (fd >= 0 && md && block && EVP_DigestInit_ex(md, EVP_sha256(), NULL)) {
        while ((n = read(fd, block, BLOCK)) > 0
               || (n < 0 && errno == EINTR)) {
            EVP_DigestUpdate(md, block, n > 0 ? (size_t)n : 0);
        }
    }
    code = errno;
    if (n == 0) {
        EVP_DigestFinal_ex(md, digest, &length);
    }
    EVP_MD_CTX_free(md);
    free(block);
    if (fd >= 0) {
        close(fd);
    }
    if (!length) {
        vo_err_t *err = vo_err_make(pool, VO_ERR_FAULT, "It cannot be read");

        err->aprerr = APR_FROM_OS_ERROR(code);
        return err;
    }
    *text = out = apr_pcalloc(pool, 7 + 2 * length + 1);
    memcpy(out, "sha256:", 7);
    for (i = 0; i < length; ++i) {
        out[7 + 2 * i] = hex[digest[i] >> 4];
        out[8 + 2 * i] = hex[digest[i] & 15];
    }
    return NULL;
}

vo_err_t *voctl_img_one_sentence(const vo_err_t *err, const char *name,
                                 apr_pool_t *pool)
{
    const char *text = err->text, *detail = err->detail;
    size_t n = strlen(text), len = strlen(name);

    n -= n && text[n - 1] == '.';
    if (detail && !strncmp(detail, name, len)) {
        detail += len + strspn(detail + len, ": ");
    }
    return vo_err_make(pool, err->kind, "%.*s%s%s", (int)n, text,
                       detail && *detail ? ": " : "", detail ? detail : "");
}

/* --- images -------------------------------------------------------------- */

/* Cards of the image's world coordinates that are no number make CD alone
 * wrong as a scale; it is measured at the middle. */
static void set_wcs(const char **v, vo_wcs_t *wcs, const double *scale,
                    apr_pool_t *pool)
{
    const vo_wcs_info_t *info = vo_wcs_info(wcs);

    v[IMG_PROJECTION] = apr_pstrdup(pool, info->projection);
    v[IMG_FRAME] = info->frame;
    v[IMG_EQUINOX] = voctl_img_number(info->equinox, pool);
    v[IMG_CRPIX] = voctl_img_numbers(info->crpix, 2, pool);
    v[IMG_CRVAL] = voctl_img_numbers(info->crval, 2, pool);
    v[IMG_CD] = voctl_img_numbers(info->cd, 4, pool);
    v[IMG_SCALE] = voctl_img_numbers(scale, 2, pool);
}

static const char *naxis_text(const vo_fitsimg_t *image, apr_pool_t *pool)
{
    const char *text = "{";
    int i;

    for (i = 0; i < image->naxes && i < 4; ++i) {
        text = apr_psprintf(pool, "%s%s%" APR_INT64_T_FMT, text, i ? "," : "",
                            image->naxis[i]);
    }
    return apr_pstrcat(pool, text, "}", NULL);
}

/* What the last pixel needs is there: the file is not cut off. */
static vo_err_t *check_end(const vo_fitsimg_t *image, apr_pool_t *pool)
{
    apr_int64_t first[VO_FITS_MAX_AXES], size[VO_FITS_MAX_AXES];
    double pixel; /* of any type */
    int i;

    for (i = 0; i < VO_FITS_MAX_AXES; ++i) {
        first[i] = image->naxis[i] - 1;
        size[i] = 1;
    }
    return vo_fitsfile_read(image, first, size, &pixel, pool);
}

/* The kind of data an image of N axes longer than 1 is. */
static const char *image_type(const vo_fitsimg_t *image)
{
    int i, n = 0;

    for (i = 0; i < image->naxes; ++i) {
        n += image->naxis[i] > 1;
    }
    return n <= 1 ? "spectrum" : n == 2 ? "image" : "cube";
}

/* Metres of VALUE on a spectral axis of KIND ("WAVE", "AWAV", "FREQ") with
 * UNIT (FITS WCS paper III); NaN for another. */
static double wavelength(double value, const char *kind, const char *unit)
{
    static const struct {
        const char *unit;
        double factor; /* to m or Hz */
    } units[] = {{"m", 1}, {"mm", 1e-3}, {"um", 1e-6}, {"nm", 1e-9},
                 {"Angstrom", 1e-10}, {"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6},
                 {"GHz", 1e9}};
    int is_freq = !strncmp(kind, "FREQ", 4);
    size_t i;

    if (!unit) {
        unit = is_freq ? "Hz" : "m";
    }
    for (i = 0; i < sizeof(units) / sizeof(*units); ++i) {
        if (!strcasecmp(unit, units[i].unit)
            && is_freq == (strstr(unit, "Hz") != NULL)) {
            value *= units[i].factor;
            return is_freq ? 299792458. / value : value;
        }
    }
    return NAN;
}

/* What the spectral axis of a cube or spectrum covers, if it is linear. */
static void set_spectral(const char **v, const vo_fitsimg_t *image,
                         apr_pool_t *pool)
{
    int i;

    for (i = 0; i < image->naxes; ++i) {
        const char *n = apr_psprintf(pool, "%d", i + 1), *kind;
        const char *unit = vo_fits_cards_string(
            image->head, apr_pstrcat(pool, "CUNIT", n, NULL));
        double crval = NAN, crpix = 1, step = NAN, a, b;

        kind = vo_fits_cards_string(image->head,
                                    apr_pstrcat(pool, "CTYPE", n, NULL));
        if (!kind || image->naxis[i] < 2 || strlen(kind) > 4
            || (strcmp(kind, "WAVE") && strcmp(kind, "AWAV")
                && strcmp(kind, "FREQ"))) {
            continue;
        }
        vo_fits_cards_double(image->head, apr_pstrcat(pool, "CRVAL", n, NULL),
                             &crval);
        vo_fits_cards_double(image->head, apr_pstrcat(pool, "CRPIX", n, NULL),
                             &crpix);
        if (!vo_fits_cards_double(image->head,
                                  apr_pstrcat(pool, "CDELT", n, NULL),
                                  &step)) {
            vo_fits_cards_double(image->head,
                                 apr_pstrcat(pool, "CD", n, "_", n, NULL),
                                 &step);
        }
        a = wavelength(crval + (0.5 - crpix) * step, kind, unit);
        b = wavelength(crval + ((double)image->naxis[i] + 0.5 - crpix) * step,
                       kind, unit);
        if (a > 0 && b > 0) {
            v[IMG_EM_MIN] = voctl_img_number(fmin(a, b), pool);
            v[IMG_EM_MAX] = voctl_img_number(fmax(a, b), pool);
        }
        v[IMG_EM_XEL] = apr_psprintf(pool, "%" APR_INT64_T_FMT,
                                     image->naxis[i]);
    }
}

/* *WCS is NULL for an image without celestial coordinates. */
static vo_err_t *read_image(const char **v, vo_wcs_t **wcs,
                            const voctl_imgjob_t *job,
                            const vo_fitsimg_t *image, voctl_imghead_t *head,
                            apr_pool_t *pool)
{
    double scale[2] = {NAN, NAN};
    vo_err_t *err = vo_wcs_parse(wcs, image->cards, image->ncards, pool);

    if (err && err->kind != VO_ERR_NOTFOUND) {
        return err;
    }
    if (err) {
        *wcs = NULL;
    }
    else {
        const int *axis = vo_wcs_info(*wcs)->axis;

        if (axis[0] >= image->naxes || axis[1] >= image->naxes) {
            return vo_err_make(pool, VO_ERR_USAGE, "Its coordinates are of"
                               " axes that it has not.");
        }
        vo_wcs_scale(*wcs, 0.5 + (double)image->naxis[axis[0]] / 2,
                     0.5 + (double)image->naxis[axis[1]] / 2, scale);
        set_wcs(v, *wcs, scale, pool);
        VO_TRY(voctl_img_outline(v, *wcs, (int)image->naxis[axis[0]],
                                 (int)image->naxis[axis[1]], pool));
    }
    VO_TRY(check_end(image, pool));
    head->scale = scale[0] * 3600;
    v[IMG_PRODUCT_TYPE] = image_type(image);
    v[IMG_NAXIS] = naxis_text(image, pool);
    v[IMG_HDU] = apr_psprintf(pool, "%d", image->hdu);
    v[IMG_MEDIA_TYPE] = "image/fits";
    voctl_img_describe(v, job, head, pool);
    set_spectral(v, image, pool);
    return *wcs || strcmp(v[IMG_PRODUCT_TYPE], "spectrum")
               ? NULL : voctl_img_place(v, job, head, pool);
}

static void add_progenitors(voctl_answer_t *answer, const voctl_imgjob_t *job,
                            const voctl_imghead_t *head, apr_pool_t *pool)
{
    apr_array_header_t *names = voctl_imgmap_all(job->map, head,
                                                 "progenitors", pool);
    int i;

    for (i = 0; i < names->nelts; ++i) {
        const char *name = voctl_img_text(APR_ARRAY_IDX(names, i,
                                                         const char *), pool);

        voctl_answer_add(answer, 1, &name);
    }
}

/* One image or other data product. */
static void add_values(voctl_answer_t *answer, const char **v,
                       apr_pool_t *pool)
{
    int i;

    for (i = 0; i < IMG_COLUMNS; ++i) {
        v[i] = voctl_img_text(v[i], pool);
    }
    voctl_answer_add(answer, IMG_VALUES, v);
}

/* --- files --------------------------------------------------------------- */

/* One record for every HDU that is a data product or belongs to one. */
static vo_err_t *read_science(const voctl_imgjob_t *job, const char *name,
                              const voctl_imgfile_t *file,
                              voctl_answer_t *answer, apr_pool_t *pool)
{
    voctl_imghead_t head = {NULL, NULL, file->path, NAN, 0};
    int hdu, kind, nfound = 0, found;
    const vo_fits_cards_t *cards;
    const char *v[IMG_VALUES];
    vo_fitsfile_t *fits;

    VO_TRY(vo_fitsfile_open(&fits, name, pool));
    VO_TRY(vo_fitsfile_head(&head.primary, fits, 1));
    for (hdu = 1;; ++hdu) {
        const vo_fitsimg_t *image;
        vo_wcs_t *wcs;
        vo_err_t *err;

        VO_TRY(vo_fitsfile_head(&cards, fits, hdu));
        if (!cards) {
            break;
        }
        err = vo_fitsfile_image(&image, fits, hdu);
        if (err && err->kind == VO_ERR_NOTFOUND) {
            continue; /* a table, or a header without data */
        }
        VO_TRY(err);
        head.own = image->head;
        memset(v, 0, sizeof(v));
        kind = voctl_imgmap_hdu_kind(job->map, &head, pool);
        v[IMG_KIND] = kind < 0 ? "science" : vo_product_kinds[kind].name;
        VO_TRY(read_image(v, &wcs, job, image, &head, pool));
        if (kind < 0 && !wcs && !v[IMG_REGION]) {
            continue; /* no science without a place on the sky */
        }
        add_values(answer, v, pool);
        if (kind < 0) {
            add_progenitors(answer, job, &head, pool);
        }
        ++nfound;
    }
    if (!nfound) {
        memset(v, 0, sizeof(v));
        v[IMG_KIND] = "science";
        head.own = head.primary;
        VO_TRY(voctl_img_table(&found, v, job, name, fits, &head, pool));
        if (!found) {
            return vo_err_make(pool, VO_ERR_NOTFOUND, "It holds no image with"
                               " celestial coordinates, spectrum, event list"
                               " or visibilities.");
        }
        add_values(answer, v, pool);
    }
    return NULL;
}

/* Observation and filter by the header, for want of a telling name. */
static void identify(const char **obs_id, const char **filter,
                     const voctl_imgjob_t *job, const voctl_imgfile_t *file,
                     const vo_fits_cards_t *own,
                     const vo_fits_cards_t *primary, apr_pool_t *pool)
{
    voctl_imghead_t head = {own, primary, file->path, NAN, 0};
    const char *v[IMG_VALUES] = {NULL};

    voctl_img_describe(v, job, &head, pool);
    *obs_id = v[IMG_OBS_ID];
    *filter = v[IMG_FILTER];
}

/* One record, {hdu, media type, obs_id, filter}, for every part of a file that
 * belongs to an image. */
static vo_err_t *read_product(const voctl_imgjob_t *job, const char *name,
                              const voctl_imgfile_t *file,
                              voctl_answer_t *answer, apr_pool_t *pool)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
        {".txt", "text/plain"}, {".pdf", "application/pdf"},
        {".html", "text/html"},
    };
    const char *v[4] = {"1", NULL, NULL, NULL};
    const vo_fits_cards_t *cards, *primary;
    vo_fitsfile_t *fits;
    size_t i, n = strlen(file->path);
    int hdu, nimages = 0;

    for (i = 0; i < sizeof(types) / sizeof(*types); ++i) {
        size_t len = strlen(types[i].ending);

        if (n > len && !strcasecmp(file->path + n - len, types[i].ending)) {
            v[1] = types[i].type;
            voctl_answer_add(answer, 4, v);
            return NULL;
        }
    }
    VO_TRY(vo_fitsfile_open(&fits, name, pool));
    VO_TRY(vo_fitsfile_head(&primary, fits, 1));
    for (hdu = 1;; ++hdu) {
        const vo_fitsimg_t *image;
        vo_err_t *err;

        VO_TRY(vo_fitsfile_head(&cards, fits, hdu));
        if (!cards) {
            break;
        }
        err = vo_fitsfile_image(&image, fits, hdu);
        if (!err) {
            VO_TRY(check_end(image, pool));
            v[0] = apr_psprintf(pool, "%d", hdu);
            v[1] = "image/fits";
            identify(&v[2], &v[3], job, file, image->head, primary, pool);
            voctl_answer_add(answer, 4, v);
            ++nimages;
        }
        else if (err->kind != VO_ERR_NOTFOUND) {
            return err;
        }
    }
    if (!nimages) {
        v[1] = "application/fits";
        identify(&v[2], &v[3], job, file, primary, NULL, pool);
        voctl_answer_add(answer, 4, v);
    }
    return NULL;
}

vo_err_t *voctl_img_read(const voctl_imgjob_t *job,
                         const voctl_imgfile_t *file, voctl_answer_t *answer,
                         apr_pool_t *pool)
{
    const char *name = voctl_img_name(job, file, pool), *checksum = NULL;
    size_t n = strlen(name);

    if (n > 4 && !strcasecmp(name + n - 4, ".bz2")) {
        return vo_err_make(pool, VO_ERR_USAGE, "Files compressed by bzip2 are"
                           " not read: unpack it, or have it --recompress'd.");
    }
    if (job->has_checksums) {
        VO_TRY(voctl_img_checksum(&checksum, name, pool));
    }
    voctl_answer_add(answer, 1, &checksum);
    return file->kind == VOCTL_IMG_SCIENCE
               ? read_science(job, name, file, answer, pool)
               : read_product(job, name, file, answer, pool);
}
