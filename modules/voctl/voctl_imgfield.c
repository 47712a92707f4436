/* voctl_imgfield.c: voctl images: fields of an image from map and header. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "dali/vo_dali_param.h"
#include "vo_num.h"
#include "voctl_images.h"

/* A field of the map that goes as it is to a column: what type it must be. */
static const struct {
    const char *field;
    int column;
    char type; /* t text, n number, p positive number, i integer */
} plain[] = {
    {"collection", IMG_COLLECTION, 't'}, {"obs_id", IMG_OBS_ID, 't'},
    {"tile_id", IMG_TILE_ID, 'i'},       {"title", IMG_TITLE, 't'},
    {"target", IMG_TARGET, 't'},         {"exptime", IMG_EXPTIME, 'p'},
    {"fwhm", IMG_FWHM, 'p'},             {"depth", IMG_DEPTH, 'n'},
    {"zero_point", IMG_ZERO_POINT, 'n'}, {"unit", IMG_UNIT, 't'},
    {"ucd", IMG_UCD, 't'},               {"facility", IMG_FACILITY, 't'},
    {"instrument", IMG_INSTRUMENT, 't'}, {"calib_level", IMG_CALIB_LEVEL, 'i'},
    {"subtype", IMG_SUBTYPE, 't'},       {"em_min", IMG_EM_MIN, 'p'},
    {"em_max", IMG_EM_MAX, 'p'},         {"pol_states", IMG_POL_STATES, 't'},
    {"product_type", IMG_PRODUCT_TYPE, 't'},
};

static double to_number(const char *text)
{
    double v;

    return text && vo_num_to_double(text, (int)strlen(text), &v) ? v : NAN;
}

/* TEXT if it is of TYPE, else NULL: a header may say anything. */
static const char *of_type(const char *text, char type, apr_pool_t *pool)
{
    apr_int64_t whole;
    double v;

    if (!text || type == 't') {
        return text;
    }
    v = to_number(text);
    if (type == 'i') {
        int64_t i;

        if (vo_num_to_int64(text, (int)strlen(text), &i)) {
            whole = i;
        }
        else if (fabs(v) < 1e15 && v == floor(v)) {
            whole = (apr_int64_t)v;
        }
        else {
            return NULL;
        }
        return apr_psprintf(pool, "%" APR_INT64_T_FMT, whole);
    }
    return isfinite(v) && (type == 'n' || v > 0) ? voctl_img_number(v, pool)
                                                 : NULL;
}

/* --- times --------------------------------------------------------------- */

/* Days of the Gregorian calendar as a Modified Julian Date. */
static double mjd_of(int year, int month, int day)
{
    int a = (14 - month) / 12, y = year + 4800 - a, m = month + 12 * a - 3;

    return day + (153 * m + 2) / 5 + 365 * y + y / 4 - y / 100 + y / 400
           - 32045 - 2400001;
}

/* The N digits at P as a number, -1 when they are none. */
static int digits(const char *p, int n)
{
    int v = 0;

    while (n--) {
        if (!apr_isdigit(*p)) {
            return -1;
        }
        v = 10 * v + *p++ - '0';
    }
    return v;
}

/* MJD of a number, "YYYY-MM-DD[Thh:mm:ss[.s]]" or "DD/MM/YY", or NaN. */
static double to_mjd(const char *text)
{
    double v = to_number(text), seconds = 0;
    int year, month, day;

    if (!text || isfinite(v)) {
        return v > 0 && v < 200000 ? v : NAN;
    }
    if (strlen(text) >= 10 && text[4] == '-' && text[7] == '-') {
        year = digits(text, 4);
        month = digits(text + 5, 2);
        day = digits(text + 8, 2);
        if (text[10] == 'T' || text[10] == ' ') {
            int hour = strlen(text) >= 16 ? digits(text + 11, 2) : -1;
            int minute = hour < 0 ? -1 : digits(text + 14, 2);

            if (hour < 0 || minute < 0) {
                return NAN;
            }
            if (text[16] == ':') {
                seconds = to_number(text + 17);
            }
            seconds += 3600. * hour + 60. * minute;
        }
    }
    else if (strlen(text) == 8 && text[2] == '/' && text[5] == '/') {
        day = digits(text, 2);
        month = digits(text + 3, 2);
        year = 1900 + digits(text + 6, 2);
    }
    else {
        return NAN;
    }
    return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31
               ? mjd_of(year, month, day) + seconds / 86400
               : NAN;
}

static void set_times(const char **v, const voctl_imgjob_t *job,
                      const voctl_imghead_t *head, apr_pool_t *pool)
{
    double from = to_mjd(voctl_imgmap_get(job->map, head, "t_min", pool));
    double to = to_mjd(voctl_imgmap_get(job->map, head, "t_max", pool));
    double created = to_mjd(voctl_imgmap_get(job->map, head, "created", pool));
    double exposed = to_number(v[IMG_EXPTIME]);

    if (isnan(to) || to < from) {
        to = from + (isfinite(exposed) ? exposed / 86400 : 0);
    }
    v[IMG_T_MIN] = voctl_img_number(from, pool);
    v[IMG_T_MAX] = voctl_img_number(to, pool);
    v[IMG_T_XEL] = v[IMG_T_MIN] ? "1" : NULL;
    v[IMG_T_RESOLUTION] = v[IMG_EXPTIME]; /* one sample, ObsCore 4.13 */
    if (isfinite(created)) {
        apr_time_exp_t t;

        apr_time_exp_gmt(&t, apr_time_from_sec((apr_time_t)(
                                 (created - 40587) * 86400 + 0.5)));
        v[IMG_CREATED] = apr_psprintf(pool, "%04d-%02d-%02d %02d:%02d:%02d",
                                      t.tm_year + 1900, t.tm_mon + 1,
                                      t.tm_mday, t.tm_hour, t.tm_min,
                                      t.tm_sec);
    }
}

/* --- filters ------------------------------------------------------------- */

static const vo_filter_t *find_filter(const voctl_imgjob_t *job,
                                      const char *name)
{
    int i;

    for (i = 0; i < job->nfilters; ++i) {
        if (!strcmp(job->filters[i].name, name)) {
            return &job->filters[i];
        }
    }
    for (i = 0; i < job->nfilters; ++i) {
        if (!strcasecmp(job->filters[i].name, name)) {
            return &job->filters[i];
        }
    }
    return NULL;
}

/* By the map, by name, by the first word ("z DECam SDSS c0004 ..."). */
static void set_filter(const char **v, const voctl_imgjob_t *job,
                       const voctl_imghead_t *head, apr_pool_t *pool)
{
    const char *name = voctl_imgmap_get(job->map, head, "filter", pool);
    const char *word, *meant;
    const vo_filter_t *filter;

    if (!name) {
        return;
    }
    word = apr_pstrmemdup(pool, name, strcspn(name, " "));
    meant = voctl_imgmap_filter(job->map, name);
    filter = find_filter(job, meant);
    if (!filter && meant == name) {
        meant = voctl_imgmap_filter(job->map, word);
        filter = find_filter(job, meant);
    }
    v[IMG_FILTER] = filter ? filter->name : voctl_img_text(meant, pool);
    if (!filter) {
        return;
    }
    v[IMG_FILTER_ID] = apr_psprintf(pool, "%d", filter->filter_id);
    v[IMG_EM_XEL] = v[IMG_EM_XEL] ? v[IMG_EM_XEL] : "1";
    if (filter->wavelength > 0 && filter->width > 0) {
        double half = filter->width / 2;

        v[IMG_EM_MIN] = voctl_img_number((filter->wavelength - half) / 1e10,
                                         pool);
        v[IMG_EM_MAX] = voctl_img_number((filter->wavelength + half) / 1e10,
                                         pool);
        v[IMG_EM_RES_POWER] = voctl_img_number(filter->wavelength
                                               / filter->width, pool);
    }
}

const char *voctl_img_text(const char *text, apr_pool_t *pool)
{
    char *copy, *p;

    if (!text) {
        return NULL;
    }
    copy = apr_pstrdup(pool, vo_dali_clean_text(pool, text));
    for (p = copy; *p; ++p) {
        *p = (unsigned char)*p < ' ' || *p == 127 ? '?' : *p;
    }
    return copy;
}

void voctl_img_describe(const char **v, const voctl_imgjob_t *job,
                        voctl_imghead_t *head, apr_pool_t *pool)
{
    const char *coadd, *stem = strrchr(head->path, '/');
    double combined;
    size_t i;

    head->is_coadd = 0;
    coadd = voctl_imgmap_get(job->map, head, "coadd", pool);
    combined = to_number(coadd);
    head->is_coadd = coadd && !(combined <= 1); /* NCOMBINE = 1 is none */
    for (i = 0; i < sizeof(plain) / sizeof(*plain); ++i) {
        const char *value = of_type(voctl_imgmap_get(job->map, head,
                                                     plain[i].field, pool),
                                    plain[i].type, pool);

        v[plain[i].column] = value ? voctl_img_text(value, pool)
                                   : v[plain[i].column];
    }
    stem = voctl_img_text(voctl_img_stem(stem ? stem + 1 : head->path, NULL,
                                          pool), pool);
    v[IMG_COLLECTION] = v[IMG_COLLECTION] ? v[IMG_COLLECTION] : job->survey;
    v[IMG_OBS_ID] = v[IMG_OBS_ID] ? v[IMG_OBS_ID] : stem;
    if (!v[IMG_CALIB_LEVEL] || strlen(v[IMG_CALIB_LEVEL]) != 1
        || *v[IMG_CALIB_LEVEL] > '4') {
        v[IMG_CALIB_LEVEL] = "2";
    }
    set_times(v, job, head, pool);
    set_filter(v, job, head, pool);
    if (!v[IMG_TITLE]) {
        v[IMG_TITLE] = apr_pstrcat(
            pool, v[IMG_TARGET] ? v[IMG_TARGET] : stem,
            v[IMG_FILTER] ? " " : "", v[IMG_FILTER] ? v[IMG_FILTER] : "",
            v[IMG_SUBTYPE] ? ", " : "",
            v[IMG_SUBTYPE] ? v[IMG_SUBTYPE] : "", NULL);
    }
}
