/* voctl_render_fits.c: FITS files of the demo's images, and their headers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_render.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <fitsio.h>

#include "voctl_demo.h"

#define TILE 100       /* pixels, about: cutouts read few of these */
#define QUANTIZE 4.0f  /* steps in a sigma of the noise, as the survey has it */
#define PSF_SIZE 25    /* pixels */
#define BETA 3.5       /* of the PSF, see voctl_profile.c */

/* ---- names and times ------------------------------------------------------*/

const char *render_tile_name(int tile, apr_pool_t *pool)
{
    return apr_psprintf(pool, "demo-%02d", tile + 1);
}

/* Start of an exposure, MJD. */
static double start(const render_frame_t *f, int exposure)
{
    const truth_tile_t *tile = &f->truth->tiles[f->tile];
    double exptime = truth_filters[f->filter].exptime / TRUTH_EXPOSURES;

    return tile->mjd[f->filter] + exposure * (exptime + TRUTH_READOUT) / 86400;
}

static void calendar(struct tm *tm, double mjd)
{
    time_t t = (time_t)floor((mjd - 40587) * 86400 + 0.5);

    gmtime_r(&t, tm);
}

static const char *iso(double mjd, apr_pool_t *pool)
{
    char text[32];
    struct tm tm;

    calendar(&tm, mjd);
    text[strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm)] = '\0';
    return apr_pstrdup(pool, text);
}

static const char *exposure_name(const render_frame_t *f, int exposure,
                                 apr_pool_t *pool)
{
    char text[32];
    struct tm tm;

    calendar(&tm, start(f, exposure));
    text[strftime(text, sizeof(text), "demo-%Y%m%d-%H%M%S_proc", &tm)] = '\0';
    return apr_pstrdup(pool, text);
}

const char *render_frame_name(const render_frame_t *f, apr_pool_t *pool)
{
    if (f->exposure >= 0) {
        return exposure_name(f, f->exposure, pool);
    }
    return apr_psprintf(pool, "%s-%s_swp", render_tile_name(f->tile, pool),
                        truth_filters[f->filter].name);
}

/* ---- a file under construction --------------------------------------------*/

typedef struct fits_t {
    fitsfile *file;
    int status;       /* cfitsio's: the first error, nothing is done after */
    const char *path, *part;
    apr_pool_t *pool;
} fits_t;

static vo_err_t *fits_begin(fits_t *f, const char *path, apr_pool_t *pool)
{
    memset(f, 0, sizeof(*f));
    f->pool = pool;
    f->path = path;
    f->part = apr_pstrcat(pool, path, RENDER_PART, NULL);
    apr_file_remove(f->part, pool);
    fits_create_diskfile(&f->file, f->part, &f->status);
    return NULL;
}

static void put_text(fits_t *f, const char *name, const char *value,
                     const char *comment)
{
    fits_write_key_str(f->file, name, value, comment, &f->status);
}

static void put_int(fits_t *f, const char *name, long value,
                    const char *comment)
{
    fits_write_key_lng(f->file, name, value, comment, &f->status);
}

/* With so many significant digits that nothing is lost that matters. */
static void put_number(fits_t *f, const char *name, double value,
                       const char *comment)
{
    fits_write_key_dbl(f->file, name, value, -14, comment, &f->status);
}

static void put_comment(fits_t *f, const char *text)
{
    fits_write_comment(f->file, text, &f->status);
}

/* CHECKSUM and DATASUM without the day in their comments, so that the same
 * image always is the same file (FITS 4.0, section 4.4.2.7). */
static void put_checksums(fits_t *f)
{
    unsigned long data = 0, hdu = 0;
    char text[32];

    put_text(f, "CHECKSUM", "0000000000000000", "HDU checksum");
    put_text(f, "DATASUM", "0         ", "data unit checksum");
    fits_set_hdustruc(f->file, &f->status);
    fits_flush_file(f->file, &f->status);
    fits_get_chksum(f->file, &data, &hdu, &f->status);
    snprintf(text, sizeof(text), "%-10lu", data);
    fits_modify_key_str(f->file, "DATASUM", text, "&", &f->status);
    fits_get_chksum(f->file, &data, &hdu, &f->status);
    fits_encode_chksum(hdu, 1, text);
    fits_modify_key_str(f->file, "CHECKSUM", text, "&", &f->status);
}

static vo_err_t *fits_end(fits_t *f)
{
    char text[FLEN_STATUS];
    int closed = 0;

    if (f->file) {
        fits_close_file(f->file, &closed);
    }
    if (f->status || closed) {
        fits_get_errstatus(f->status ? f->status : closed, text);
        apr_file_remove(f->part, f->pool);
        return vo_err_make(f->pool, VO_ERR_FAULT, "Cannot write %s: %s.",
                           f->path, text);
    }
    if (rename(f->part, f->path)) {
        return vo_err_fault(f->pool, APR_FROM_OS_ERROR(errno),
                            "Cannot rename a file.", "%s", f->part);
    }
    return NULL;
}

/* ---- headers --------------------------------------------------------------*/

static void put_wcs(fits_t *h, const render_frame_t *f)
{
    const truth_tile_t *tile = &f->truth->tiles[f->tile];
    double scale = f->truth->pixel / 3600;
    double middle = (f->truth->naxis + 1) / 2.0;
    int dx = 0, dy = 0;

    if (f->exposure >= 0) {
        paint_shift(f->truth, f->exposure, &dx, &dy);
    }
    put_number(h, "EQUINOX", 2000, "Mean equinox");
    put_number(h, "MJD-OBS", start(f, f->exposure > 0 ? f->exposure : 0),
               "Modified Julian date at start");
    put_text(h, "RADESYS", "ICRS", "Astrometric system");
    put_text(h, "CTYPE1", "RA---TAN", "WCS projection type for this axis");
    put_text(h, "CUNIT1", "deg", "Axis unit");
    put_number(h, "CRVAL1", tile->ra, "World coordinate on this axis");
    put_number(h, "CRPIX1", middle - dx, "Reference pixel on this axis");
    put_number(h, "CD1_1", -scale, "Linear projection matrix");
    put_number(h, "CD1_2", 0, "Linear projection matrix");
    put_text(h, "CTYPE2", "DEC--TAN", "WCS projection type for this axis");
    put_text(h, "CUNIT2", "deg", "Axis unit");
    put_number(h, "CRVAL2", tile->dec, "World coordinate on this axis");
    put_number(h, "CRPIX2", middle - dy, "Reference pixel on this axis");
    put_number(h, "CD2_1", 0, "Linear projection matrix");
    put_number(h, "CD2_2", scale, "Linear projection matrix");
}

double render_exptime(const render_frame_t *f)
{
    return f->exposure < 0 ? 1 : truth_filters[f->filter].exptime
                                     / TRUTH_EXPOSURES;
}

static void put_origin(fits_t *h, const render_frame_t *f)
{
    double made = start(f, 0) + 30;

    put_text(h, "SOFTNAME", "voctl", "The software that made those data");
    put_text(h, "SOFTVERS", VOCTL_VERSION, "Version of the software");
    put_text(h, "AUTHOR", "mod_vo", "Who ran the software");
    put_text(h, "ORIGIN", "Example Observatory", "Where it was done");
    put_text(h, "DATE", iso(made, h->pool),
             "When it is said to be made (UTC)");
    put_comment(h, "A made-up sky: not an observation");
    put_text(h, "OBJECT", render_tile_name(f->tile, h->pool),
             "name of observed object");
    put_text(h, "TELESCOP", "Demo80", "Telescope Model");
    put_text(h, "INSTRUME", "Demo80Cam", "Custom. Name of instrument");
    put_text(h, "FILTER", truth_filters[f->filter].name,
             "Filter used for this observation");
}

static void put_quality(fits_t *h, const render_frame_t *f)
{
    const truth_tile_t *tile = &f->truth->tiles[f->tile];
    double count = truth_flux(tile->zeropoint[f->filter]);
    double sky = tile->sky[f->filter], noise; /* in 1 arcsec^2, uJy */
    double fwhm = tile->fwhm[f->filter];

    if (f->exposure >= 0) {
        sky *= sqrt(TRUTH_EXPOSURES);
    }
    noise = sky * f->truth->pixel / count * render_exptime(f);
    put_number(h, "HIERARCH OAJ QC NCMODE", 0, "Mode (ADU)");
    put_number(h, "HIERARCH OAJ QC NCMIDPT", 0, "Level estim (ADU)");
    put_number(h, "HIERARCH OAJ QC NCNOISE", noise, "Noise estim (ADU)");
    put_number(h, "HIERARCH OAJ PRO FWHMSEXT", fwhm * 1.04,
               "FWHM arcsec estimated with SE");
    put_number(h, "HIERARCH OAJ PRO FWHMSRMS", fwhm * 0.03,
               "rms in FWHM with SE");
    put_number(h, "HIERARCH OAJ PRO FWHMMEAN", fwhm, "PSFex FWHM");
    put_number(h, "HIERARCH OAJ PRO FWHMBETA", BETA, "PSFex beta");
    put_number(h, "HIERARCH OAJ PRO ELLIPMEAN", 0, "PSFex Ellip");
    put_number(h, "HIERARCH OAJ PRO LIMMAG",
               truth_mag(5 * sky * sqrt(M_PI * 1.5 * 1.5)),
               "5 sigma in 3 arcsec, AB mag");
}

static void put_combination(fits_t *h, const render_frame_t *f)
{
    double exptime = truth_filters[f->filter].exptime;
    int e;

    put_int(h, "NCOMBINE", TRUTH_EXPOSURES, NULL);
    put_number(h, "TEXPOSED", exptime, NULL);
    put_number(h, "EFECTIME", exptime, NULL);
    put_number(h, "TEXPSUM", exptime, "Maximum equivalent exposure time (s)");
    put_text(h, "HIERARCH OAJ PRO PIPVERS", VOCTL_VERSION, NULL);
    put_text(h, "HIERARCH OAJ PRO REFIMAGE", exposure_name(f, 0, h->pool),
             "Reference image");
    put_number(h, "HIERARCH OAJ PRO REFAIRMASS",
               1.05 + 0.03 * f->filter, "Reference image airmass");
    put_text(h, "HIERARCH OAJ PRO REFDATEOBS",
             iso(start(f, 0), h->pool),
             "Reference image date");
    for (e = 0; e < TRUTH_EXPOSURES; ++e) {
        put_text(h, apr_psprintf(h->pool, "HIERARCH OAJ PRO SWCMB%d", e + 1),
                 exposure_name(f, e, h->pool), NULL);
        put_number(h, apr_psprintf(h->pool, "HIERARCH OAJ PRO SWSCALE%d",
                                   e + 1), TRUTH_EXPOSURES / exptime, NULL);
    }
}

static void put_header(fits_t *h, const render_frame_t *f, render_kind_e kind)
{
    const truth_tile_t *tile = &f->truth->tiles[f->tile];
    double t = render_exptime(f);

    put_wcs(h, f);
    put_number(h, "EXPTIME", t, f->exposure < 0 ? "Normalized exposure time"
                                                : "Exposure time (s)");
    if (f->exposure >= 0) {
        put_text(h, "DATE-OBS",
                 iso(start(f, f->exposure), h->pool),
                 "Start of the exposure (UTC)");
    }
    if (kind == RENDER_SCIENCE) {
        put_text(h, "BUNIT", "adu", NULL);
        put_number(h, "GAIN", tile->gain[f->filter] / t,
                   "Maximum equivalent gain (e-/ADU)");
        put_number(h, "SATURATE", tile->saturate[f->filter] * t,
                   "Saturation Level (ADU)");
        put_number(h, "MAGZERO", tile->zeropoint[f->filter] + 2.5 * log10(t),
                   "AB magnitude of 1 ADU");
    }
    if (f->exposure < 0) {
        put_text(h, "COMBINET", "WEIGHTED", "How exposures were combined");
    }
    put_origin(h, f);
    put_number(h, "PIXSCALE", f->truth->pixel, "arcsec");
    if (f->exposure < 0) {
        put_int(h, "TILE_ID", demo_image_id(f->tile, f->filter),
                "TileImage.tile_id in the catalogue");
    }
    put_int(h, "FILTERID", truth_filters[f->filter].filter_id,
            "Filter in the catalogue");
    if (kind == RENDER_SCIENCE) {
        put_quality(h, f);
        if (f->exposure < 0) {
            put_combination(h, f);
        }
    }
    else if (kind == RENDER_WEIGHT) {
        put_comment(h, "Weights: 1 / variance of the sky, 0 where no data");
    }
    else {
        put_comment(h, "Bits: 1 not in every exposure, 2 bad column, "
                       "4 saturated");
    }
}

/* ---- images ---------------------------------------------------------------*/

/* Width of the compressed tiles: about TILE and, if there is one, a divisor of
 * NAXIS, as some readers (Aladin 12) stumble over tiles cut by the
 * border. */
static long tile_width(int naxis)
{
    int d;

    for (d = 0; d <= TILE / 4; ++d) {
        if (naxis % (TILE + d) == 0) {
            return TILE + d;
        }
        if (naxis % (TILE - d) == 0) {
            return TILE - d;
        }
    }
    return TILE;
}

vo_err_t *render_fits(const char *path, const render_frame_t *f,
                      render_kind_e kind, const paint_image_t *image,
                      apr_pool_t *pool)
{
    long naxes[2], tiles[2], first[2] = { 1, 1 };
    LONGLONG n = (LONGLONG)f->truth->naxis * f->truth->naxis;
    const char *file = strrchr(path, '/');
    int is_mask = kind == RENDER_MASK;
    fits_t h;

    naxes[0] = naxes[1] = f->truth->naxis;
    tiles[0] = tiles[1] = tile_width(f->truth->naxis);
    VO_TRY(fits_begin(&h, path, pool));
    fits_set_tile_dim(h.file, 2, tiles, &h.status);
    if (kind == RENDER_SCIENCE) {
        fits_set_compression_type(h.file, RICE_1, &h.status);
        fits_set_quantize_level(h.file, QUANTIZE, &h.status);
        fits_set_quantize_method(h.file, SUBTRACTIVE_DITHER_1, &h.status);
        fits_set_dither_seed(h.file, 1 + f->tile * TRUTH_FILTERS + f->filter,
                             &h.status);
    }
    else { /* few values: gzip is smaller, and nothing is lost */
        fits_set_compression_type(h.file, GZIP_1, &h.status);
        fits_set_quantize_level(h.file, 0, &h.status);
    }
    fits_create_img(h.file, is_mask ? SHORT_IMG : FLOAT_IMG, 2, naxes,
                    &h.status);
    put_header(&h, f, kind);
    put_text(&h, "FILENAME", file ? file + 1 : path, NULL);
    fits_write_pix(h.file, is_mask ? TSHORT : TFLOAT, first, n,
                   is_mask ? (void *)image->mask
                           : kind == RENDER_WEIGHT ? (void *)image->weights
                                                   : (void *)image->pixels,
                   &h.status);
    put_checksums(&h);
    return fits_end(&h);
}

vo_err_t *render_fits_psf(const char *path, const render_frame_t *f,
                          apr_pool_t *pool)
{
    long naxes[2] = { PSF_SIZE, PSF_SIZE }, first[2] = { 1, 1 };
    float pixels[PSF_SIZE * PSF_SIZE];
    const char *file = strrchr(path, '/');
    double fwhm = f->truth->tiles[f->tile].fwhm[f->filter];
    fits_t h;

    paint_psf(f->truth, f->tile, f->filter, PSF_SIZE, pixels);
    VO_TRY(fits_begin(&h, path, pool));
    fits_create_img(h.file, FLOAT_IMG, 2, naxes, &h.status);
    put_origin(&h, f);
    put_number(&h, "PSF_FWHM", fwhm / f->truth->pixel, "FWHM (pixels)");
    put_number(&h, "PSF_SAMP", 1, "Pixels of the image in one of this");
    put_number(&h, "PIXSCALE", f->truth->pixel, "arcsec");
    put_number(&h, "HIERARCH OAJ PRO FWHMMEAN", fwhm, "PSFex FWHM");
    put_number(&h, "HIERARCH OAJ PRO FWHMBETA", BETA, "PSFex beta");
    put_text(&h, "FILENAME", file ? file + 1 : path, NULL);
    fits_write_pix(h.file, TFLOAT, first, PSF_SIZE * PSF_SIZE, pixels,
                   &h.status);
    put_checksums(&h);
    return fits_end(&h);
}
