/* voctl_imgtable.c: voctl images: visibilities, event lists, spectra. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include <fitsio.h>

#include "fits/vo_fitsfile.h"
#include "sky/sky.h"
#include "vo_num.h"
#include "voctl_images.h"

#define MAX_VALUES 1000000   /* of a column that are looked at */
#define ARCSEC (1. / 3600)

/*
 * Columns are read with cfitsio: this happens in a worker, where the worst
 * file can only end the worker, and headers were read by vo_fitsfile first.
 */
typedef struct table_t {
    fitsfile *fits;
    const char **v;
    const voctl_imgjob_t *job;
    voctl_imghead_t *head;
    apr_pool_t *pool;
} table_t;

/* --- columns ------------------------------------------------------------- */

/* Go to the table called NAME. */
static int go_to(table_t *t, const char *name)
{
    int status = 0;

    fits_movnam_hdu(t->fits, BINARY_TBL, (char *)name, 0, &status);
    return status == 0;
}

static int column_of(table_t *t, const char *name)
{
    int status = 0, column = 0;

    fits_get_colnum(t->fits, CASEINSEN, (char *)name, &column, &status);
    return status == 0 ? column : 0;
}

/* The numbers of column NAME, nulls as NaN; NULL when there are none. */
static double *numbers_of(table_t *t, const char *name, long *n)
{
    int status = 0, column = column_of(t, name), type;
    double null = NAN, *values;
    long rows = 0, repeat = 0;

    fits_get_num_rows(t->fits, &rows, &status);
    fits_get_coltype(t->fits, column, &type, &repeat, NULL, &status);
    if (!column || status || rows < 1 || repeat < 1 || type == TSTRING
        || repeat > MAX_VALUES) {
        return NULL;
    }
    *n = rows < MAX_VALUES / repeat ? rows * repeat
                                    : MAX_VALUES / repeat * repeat;
    values = apr_palloc(t->pool, sizeof(*values) * (size_t)*n);
    fits_read_col(t->fits, TDOUBLE, column, 1, 1, *n, &null, values, NULL,
                  &status);
    return status ? NULL : values;
}

/* Least and greatest of column NAME; 0 when there are none. */
static int range_of(table_t *t, const char *name, double *lo, double *hi)
{
    long n, i;
    double *values = numbers_of(t, name, &n);

    *lo = DBL_MAX;
    *hi = -DBL_MAX;
    for (i = 0; values && i < n; ++i) {
        if (isfinite(values[i])) {
            *lo = fmin(*lo, values[i]);
            *hi = fmax(*hi, values[i]);
        }
    }
    return *lo <= *hi;
}

static const char *first_text(table_t *t, const char *name)
{
    char text[FLEN_VALUE] = "", *texts[1] = {text};
    int status = 0, column = column_of(t, name), type;
    long repeat = 0;

    fits_get_coltype(t->fits, column, &type, &repeat, NULL, &status);
    if (column && !status && type == TSTRING && repeat < FLEN_VALUE) {
        fits_read_col(t->fits, TSTRING, column, 1, 1, 1, NULL, texts, NULL,
                      &status);
    }
    return column && !status && *text ? apr_pstrdup(t->pool, text) : NULL;
}

/* --- places -------------------------------------------------------------- */

/* Degrees of a number or of "h:m:s" (FACTOR 15) or "d:m:s" (1). */
static double angle(const char *text, double factor, apr_pool_t *pool)
{
    char *rest, *part, *state;
    double v, unit = 1, sum = 0;
    int sign = 1;

    if (!text || vo_num_to_double(text, (int)strlen(text), &v)) {
        return text ? v : NAN;
    }
    rest = apr_pstrdup(pool, text + (*text == '-' || *text == '+'));
    sign = *text == '-' ? -1 : 1;
    for (part = apr_strtok(rest, ": ", &state); part;
         part = apr_strtok(NULL, ": ", &state)) {
        if (!vo_num_to_double(part, (int)strlen(part), &v) || v < 0) {
            return NAN;
        }
        sum += v * unit;
        unit /= 60;
    }
    return sign * sum * factor;
}

vo_err_t *voctl_img_place(const char **v, const voctl_imgjob_t *job,
                          const voctl_imghead_t *head, apr_pool_t *pool)
{
    double ra = angle(voctl_imgmap_get(job->map, head, "ra", pool), 15, pool);
    double dec = angle(voctl_imgmap_get(job->map, head, "dec", pool), 1, pool);
    double diameter = angle(voctl_imgmap_get(job->map, head, "aperture",
                                             pool), 1, pool);

    return isnan(ra) || isnan(dec)
               ? NULL
               : voctl_img_circle(v, ra, dec, diameter > 0 ? diameter / 2
                                                           : ARCSEC, pool);
}

/* The circle around the points of columns RA and DEC. */
static vo_err_t *place_by_points(table_t *t, int *found)
{
    long n, m, i;
    double *ra = numbers_of(t, "RA", &n), *dec = numbers_of(t, "DEC", &m);
    double x = 0, y = 0, z = 0, lon, lat, radius = ARCSEC;
    const double rad = 3.14159265358979323846 / 180;

    *found = 0;
    for (i = 0; ra && dec && n == m && i < n; ++i) {
        if (isfinite(ra[i]) && fabs(dec[i]) <= 90) {
            x += cos(dec[i] * rad) * cos(ra[i] * rad);
            y += cos(dec[i] * rad) * sin(ra[i] * rad);
            z += sin(dec[i] * rad);
            *found = 1;
        }
    }
    if (!*found) {
        return NULL;
    }
    lon = fmod(atan2(y, x) / rad + 360, 360);
    lat = atan2(z, hypot(x, y)) / rad;
    for (i = 0; i < n; ++i) {
        if (isfinite(ra[i]) && fabs(dec[i]) <= 90) {
            radius = fmax(radius, sky_distance(lon, lat, ra[i], dec[i]));
        }
    }
    return voctl_img_circle(t->v, lon, lat, fmin(radius, 180), t->pool);
}

/* --- kinds --------------------------------------------------------------- */

static void set_time_range(table_t *t, const char *column)
{
    double lo, hi;

    if (range_of(t, column, &lo, &hi) && lo > 0 && hi < 200000) {
        t->v[IMG_T_MIN] = voctl_img_number(lo, t->pool);
        t->v[IMG_T_MAX] = voctl_img_number(hi, t->pool);
    }
}

/* OIFITS (Pauls et al. 2005; Duvert et al. 2017 for version 2). */
static vo_err_t *visibilities(table_t *t)
{
    static const char *const data[] = {"OI_VIS2", "OI_VIS", "OI_T3"};
    const char *instrument;
    double lo, hi, ra, dec;
    long n;
    size_t i;

    t->v[IMG_UCD] = NULL;
    voctl_img_describe(t->v, t->job, t->head, t->pool);
    t->v[IMG_PRODUCT_TYPE] = "visibility";
    t->v[IMG_MEDIA_TYPE] = "application/x-oifits";
    t->v[IMG_UCD] = "stat.fourier";
    t->v[IMG_SUBTYPE] = "oifits";
    for (i = 0; i < sizeof(data) / sizeof(*data); ++i) {
        if (go_to(t, data[i]) && range_of(t, "MJD", &lo, &hi)) {
            set_time_range(t, "MJD");
            break;
        }
    }
    if (go_to(t, "OI_WAVELENGTH") && range_of(t, "EFF_WAVE", &lo, &hi)) {
        double *wide = numbers_of(t, "EFF_BAND", &n);

        t->v[IMG_EM_MIN] = voctl_img_number(lo, t->pool);
        t->v[IMG_EM_MAX] = voctl_img_number(hi, t->pool);
        if (wide && n > 0 && wide[0] > 0) {
            t->v[IMG_EM_RES_POWER] = voctl_img_number(lo / wide[0], t->pool);
        }
        instrument = vo_fits_cards_string(t->head->primary, "INSTRUME");
        if (!instrument) {
            char text[FLEN_VALUE] = "";
            int status = 0;

            fits_read_key(t->fits, TSTRING, "INSNAME", text, NULL, &status);
            t->v[IMG_INSTRUMENT] = status ? NULL : apr_pstrdup(t->pool, text);
        }
    }
    if (!go_to(t, "OI_TARGET")) {
        return vo_err_make(t->pool, VO_ERR_USAGE, "It has no OI_TARGET.");
    }
    t->v[IMG_TARGET] = first_text(t, "TARGET");
    t->v[IMG_TITLE] = t->v[IMG_TARGET] ? t->v[IMG_TARGET] : t->v[IMG_TITLE];
    if (!range_of(t, "RAEP0", &ra, &hi) || !range_of(t, "DECEP0", &dec, &hi)) {
        return NULL;
    }
    return voctl_img_circle(t->v, fmod(ra + 360, 360), dec, ARCSEC, t->pool);
}

static vo_err_t *events(table_t *t)
{
    int found;

    voctl_img_describe(t->v, t->job, t->head, t->pool);
    t->v[IMG_PRODUCT_TYPE] = "event";
    t->v[IMG_MEDIA_TYPE] = "application/fits";
    t->v[IMG_UCD] = "phot.count";
    VO_TRY(place_by_points(t, &found));
    return found ? NULL : voctl_img_place(t->v, t->job, t->head, t->pool);
}

/* Metres of one UNIT, 0 when it is no length. */
static double metres(const char *unit)
{
    static const struct {
        const char *name;
        double metres;
    } units[] = {{"Angstrom", 1e-10}, {"Angstroms", 1e-10}, {"A", 1e-10},
                 {"nm", 1e-9}, {"um", 1e-6}, {"micron", 1e-6}, {"m", 1}};
    size_t i;

    for (i = 0; unit && i < sizeof(units) / sizeof(*units); ++i) {
        if (!strcasecmp(unit, units[i].name)) {
            return units[i].metres;
        }
    }
    return 0;
}

static const char *const wave_names[] = {"WAVE", "WAVELENGTH", "LAMBDA",
                                         "LOGLAM", "WL"};

static vo_err_t *spectrum(table_t *t, int wave)
{
    char key[24], unit[FLEN_VALUE] = "";
    double lo, hi, scale;
    int status = 0, column = column_of(t, wave_names[wave]);

    voctl_img_describe(t->v, t->job, t->head, t->pool);
    t->v[IMG_PRODUCT_TYPE] = "spectrum";
    t->v[IMG_MEDIA_TYPE] = "application/fits";
    apr_snprintf(key, sizeof(key), "TUNIT%d", column);
    fits_read_key(t->fits, TSTRING, key, unit, NULL, &status);
    scale = status ? 1e-10 : metres(unit);
    if (range_of(t, wave_names[wave], &lo, &hi)) {
        long n;

        if (!strcmp(wave_names[wave], "LOGLAM")) {
            lo = pow(10, lo);
            hi = pow(10, hi);
            scale = 1e-10;
        }
        if (scale > 0) {
            t->v[IMG_EM_MIN] = voctl_img_number(lo * scale, t->pool);
            t->v[IMG_EM_MAX] = voctl_img_number(hi * scale, t->pool);
        }
        if (numbers_of(t, wave_names[wave], &n)) {
            t->v[IMG_EM_XEL] = apr_psprintf(t->pool, "%ld", n);
        }
    }
    return voctl_img_place(t->v, t->job, t->head, t->pool);
}

/* --- the file ------------------------------------------------------------ */

static apr_status_t close_fits(void *fits)
{
    int status = 0;

    fits_close_file(fits, &status);
    return APR_SUCCESS;
}

/* The table HDU, from 2, if it is of a kind that is known. */
static vo_err_t *look_at(int *found, table_t *t, int hdu)
{
    const char *extname = vo_fits_cards_string(t->head->own, "EXTNAME");
    const char *class1 = vo_fits_cards_string(t->head->own, "HDUCLAS1");
    int status = 0;
    size_t i;

    fits_movabs_hdu(t->fits, hdu, NULL, &status);
    if (status) {
        return vo_err_make(t->pool, VO_ERR_USAGE, "HDU %d cannot be read"
                           " (cfitsio error %d).", hdu, status);
    }
    *found = 1;
    t->v[IMG_HDU] = apr_psprintf(t->pool, "%d", hdu);
    if (extname && !strcmp(extname, "OI_TARGET")) {
        t->v[IMG_HDU] = "1";
        return visibilities(t);
    }
    if ((extname && !strcasecmp(extname, "EVENTS"))
        || (class1 && !strcasecmp(class1, "EVENTS"))) {
        return events(t);
    }
    for (i = 0; i < sizeof(wave_names) / sizeof(*wave_names); ++i) {
        if (column_of(t, wave_names[i])
            && (column_of(t, "FLUX") || column_of(t, "FLUX_*"))) {
            return spectrum(t, (int)i);
        }
    }
    *found = 0;
    return NULL;
}

vo_err_t *voctl_img_table(int *found, const char **v,
                          const voctl_imgjob_t *job, const char *name,
                          vo_fitsfile_t *file, voctl_imghead_t *head,
                          apr_pool_t *pool)
{
    table_t t = {NULL, v, job, head, pool};
    int hdu, status = 0;

    *found = 0;
    for (hdu = 2; !*found; ++hdu) {
        const vo_fits_cards_t *cards;
        const char *type;

        VO_TRY(vo_fitsfile_head(&cards, file, hdu));
        if (!cards) {
            break;
        }
        type = vo_fits_cards_string(cards, "XTENSION");
        if (!type || strcmp(type, "BINTABLE")) {
            continue;
        }
        if (!t.fits) {
            fits_open_diskfile(&t.fits, name, READONLY, &status);
            if (status) {
                return vo_err_make(pool, VO_ERR_USAGE, "It cannot be read"
                                   " (cfitsio error %d).", status);
            }
            apr_pool_cleanup_register(pool, t.fits, close_fits,
                                      apr_pool_cleanup_null);
        }
        head->own = cards;
        VO_TRY(look_at(found, &t, hdu));
    }
    return NULL;
}
