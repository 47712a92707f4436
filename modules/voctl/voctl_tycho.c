/* voctl_tycho.c: Tycho-2 stars out of an index file of astrometry.net. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file is a FITS file of tables with one byte column each, named after what
 * it holds (the files' own COMMENT cards describe it):
 *   kdtree_range_stars  7 doubles: lowest x y z, highest x y z, scale
 *   kdtree_data_stars   3 unsigned 32-bit integers a star; (n / scale) + lowest
 *                       are the components of the unit vector
 *   MAG_VT              a proper FITS column of floats
 * All but the last are little-endian in the -littleendian packages, whatever
 * machine reads them.
 */
#include "voctl_tycho.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <fitsio.h>

#define DEFAULT_DIR "/usr/share/astrometry"

static vo_err_t *fits_error(const char *file, int status, apr_pool_t *pool)
{
    char text[FLEN_STATUS];

    fits_get_errstatus(status, text);
    return vo_err_make(pool, VO_ERR_FAULT, "%s: %s", file, text);
}

/* All bytes of the table whose only column is NAME. */
static vo_err_t *read_column(const unsigned char **data, long *nrows,
                             fitsfile *fits, const char *file,
                             const char *name, long width, apr_pool_t *pool)
{
    int status = 0, nhdus = 0, i;

    fits_get_num_hdus(fits, &nhdus, &status);
    for (i = 2; i <= nhdus && !status; ++i) {
        char ttype[FLEN_VALUE] = "";
        long naxis1 = 0;
        unsigned char *bytes;

        fits_movabs_hdu(fits, i, NULL, &status);
        fits_read_key(fits, TSTRING, "TTYPE1", ttype, NULL, &status);
        if (status || strcmp(ttype, name)) {
            continue;
        }
        fits_read_key(fits, TLONG, "NAXIS1", &naxis1, NULL, &status);
        fits_get_num_rows(fits, nrows, &status);
        if (status || naxis1 != width || *nrows <= 0) {
            break;
        }
        bytes = apr_palloc(pool, (apr_size_t)(naxis1 * *nrows));
        fits_read_tblbytes(fits, 1, 1, (LONGLONG)naxis1 * *nrows, bytes,
                           &status);
        *data = bytes;
        return status ? fits_error(file, status, pool) : NULL;
    }
    return status ? fits_error(file, status, pool)
                  : vo_err_make(pool, VO_ERR_FAULT,
                                "%s has no table %s with %ld bytes a row.",
                                file, name, width);
}

static double le_double(const unsigned char *p)
{
    uint64_t bits = 0;
    double value;
    int i;

    for (i = 7; i >= 0; --i) {
        bits = bits << 8 | p[i];
    }
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static vo_err_t *read_parts(voctl_tycho_t *tycho, fitsfile *fits,
                            apr_pool_t *pool)
{
    const unsigned char *range = NULL;
    long n = 0, m = 0, seven = 0;
    int i;

    VO_TRY(read_column(&range, &seven, fits, tycho->file, "kdtree_range_stars",
                       8, pool));
    VO_TRY(read_column(&tycho->xyz, &n, fits, tycho->file,
                       "kdtree_data_stars", 12, pool));
    VO_TRY(read_column(&tycho->mag, &m, fits, tycho->file, "MAG_VT", 4, pool));
    if (seven != 7 || n != m || n > 10000000) {
        return vo_err_make(pool, VO_ERR_FAULT,
                           "%s: its tables do not belong together.",
                           tycho->file);
    }
    for (i = 0; i < 3; ++i) {
        tycho->origin[i] = le_double(range + 8 * i);
    }
    tycho->scale = le_double(range + 48);
    tycho->n = (int)n;
    return NULL;
}

/* The index file for the smallest fields holds the most stars; its number is
 * the lowest. */
static const char *find_file(const char *dir, apr_pool_t *pool)
{
    const char *best = NULL;
    apr_finfo_t info;
    apr_dir_t *d;

    if (apr_dir_open(&d, dir, pool) != APR_SUCCESS) {
        return NULL;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        if (!strncmp(info.name, "index-tycho2-", 13)
            && strstr(info.name, ".littleendian.fits")
            && (!best || strcmp(info.name, best) < 0)) {
            best = apr_pstrdup(pool, info.name);
        }
    }
    apr_dir_close(d);
    return best ? apr_pstrcat(pool, dir, "/", best, NULL) : NULL;
}

vo_err_t *voctl_tycho_read(voctl_tycho_t **out, const char *dir,
                           apr_pool_t *pool)
{
    voctl_tycho_t *tycho = apr_pcalloc(pool, sizeof(*tycho));
    fitsfile *fits;
    vo_err_t *err;
    int status = 0;

    *out = NULL;
    tycho->file = find_file(dir ? dir : DEFAULT_DIR, pool);
    if (!tycho->file) {
        return NULL;
    }
    fits_open_diskfile(&fits, tycho->file, READONLY, &status);
    if (status) {
        return fits_error(tycho->file, status, pool);
    }
    err = read_parts(tycho, fits, pool);
    fits_close_file(fits, &status);
    if (!err) {
        *out = tycho;
    }
    return err;
}

/* An even number in [0, 1) for the K-th property of star I: splitmix64. */
static double chance(apr_uint64_t seed, int i, int k)
{
    apr_uint64_t z = seed + 0x9E3779B97F4A7C15u * ((apr_uint64_t)i * 3
                                                   + (apr_uint64_t)k + 1);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

voctl_tycho_t *voctl_tycho_invent(int n, apr_uint64_t seed, apr_pool_t *pool)
{
    voctl_tycho_t *tycho = apr_pcalloc(pool, sizeof(*tycho));
    unsigned char *xyz = apr_palloc(pool, 12 * (apr_size_t)n);
    unsigned char *mags = apr_palloc(pool, 4 * (apr_size_t)n);
    int i, k;

    for (i = 0; i < n; ++i) {
        double z = 2 * chance(seed, i, 0) - 1;
        double phi = 2 * M_PI * chance(seed, i, 1);
        double r = sqrt(1 - z * z);
        double v[3] = { r * cos(phi), r * sin(phi), z };
        float mag = (float)(12 + log10(chance(seed, i, 2) + 1e-5) / 0.45);
        uint32_t bits;

        for (k = 0; k < 3; ++k) {
            uint32_t u = (uint32_t)((v[k] + 1) * INT32_MAX);

            xyz[12 * i + 4 * k] = (unsigned char)u;
            xyz[12 * i + 4 * k + 1] = (unsigned char)(u >> 8);
            xyz[12 * i + 4 * k + 2] = (unsigned char)(u >> 16);
            xyz[12 * i + 4 * k + 3] = (unsigned char)(u >> 24);
        }
        memcpy(&bits, &mag, sizeof(bits));
        mags[4 * i] = (unsigned char)(bits >> 24);
        mags[4 * i + 1] = (unsigned char)(bits >> 16);
        mags[4 * i + 2] = (unsigned char)(bits >> 8);
        mags[4 * i + 3] = (unsigned char)bits;
    }
    tycho->file = "invented";
    tycho->n = n;
    tycho->xyz = xyz;
    tycho->mag = mags;
    tycho->origin[0] = tycho->origin[1] = tycho->origin[2] = -1;
    tycho->scale = INT32_MAX;
    return tycho;
}

void voctl_tycho_star(const voctl_tycho_t *tycho, int i,
                      voctl_tycho_star_t *star)
{
    const unsigned char *p = tycho->xyz + 12 * (size_t)i;
    const unsigned char *m = tycho->mag + 4 * (size_t)i;
    uint32_t bits = (uint32_t)m[0] << 24 | (uint32_t)m[1] << 16
                    | (uint32_t)m[2] << 8 | m[3];
    double v[3];
    float mag;
    int k;

    for (k = 0; k < 3; ++k, p += 4) {
        uint32_t n = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16
                     | (uint32_t)p[1] << 8 | p[0];

        v[k] = tycho->origin[k] + n / tycho->scale;
    }
    memcpy(&mag, &bits, sizeof(mag));
    star->ra = atan2(v[1], v[0]) * 180 / M_PI;
    star->ra += star->ra < 0 ? 360 : 0;
    star->dec = atan2(v[2], hypot(v[0], v[1])) * 180 / M_PI;
    star->mag = mag;
}
