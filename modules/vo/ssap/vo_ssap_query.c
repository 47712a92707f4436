/* vo_ssap_query.c: the parameters of a spectrum search, read. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSAP 1.1 sections 4.1 and 8 */
#include "vo_ssap.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"

const vo_ssap_format_t vo_ssap_formats[VO_SSAP_NFORMATS] = {
    {"application/x-votable+xml", "votable", 13},
    {"application/fits", "fits", 12},
};

#define ALL_FORMATS ((1U << VO_SSAP_NFORMATS) - 1)

/* What is being read. */
typedef struct reader_t {
    vo_ssap_query_t *query;
    const vo_release_t *rel;
    const vo_dali_params_t *params;
    const vo_ssap_limits_t *limits;
    apr_pool_t *pool;
} reader_t;

/* --- values -------------------------------------------------------------- */

static int is_number(const char *text, double *value)
{
    return vo_num_to_double(text, (int)strlen(text), value)
           && isfinite(*value);
}

/* Wavelength bands by the words of VOResource (section 3.2.1, waveband), m. */
static const struct {
    const char *word;
    double lo, hi;
} bands[] = {
    {"radio", 1e-2, INFINITY},     {"millimeter", 1e-4, 1e-2},
    {"infrared", 1e-6, 1e-4},      {"optical", 3e-7, 1e-6},
    {"uv", 1e-7, 3e-7},            {"euv", 1e-8, 1e-7},
    {"x-ray", 1.2e-11, 1e-8},      {"gamma-ray", 0, 1.2e-11},
};

/* A wavelength, the name of a filter of the release, or a word for a band. */
static int read_band(const void *rel, const char *text, double *lo, double *hi)
{
    const vo_filter_t *filter;
    size_t i;

    if (is_number(text, lo)) {
        *hi = *lo;
        return *lo >= 0;
    }
    filter = vo_release_filter(rel, NULL, text);
    if (filter && filter->wavelength > 0 && filter->width > 0) {
        *lo = (filter->wavelength - filter->width / 2) * 1e-10;
        *hi = (filter->wavelength + filter->width / 2) * 1e-10;
        return 1;
    }
    for (i = 0; i < sizeof(bands) / sizeof(*bands); ++i) {
        if (!strcasecmp(text, bands[i].word)) {
            *lo = bands[i].lo;
            *hi = bands[i].hi;
            return 1;
        }
    }
    return 0;
}

static vo_err_t *usage(const reader_t *rd, const char *name, const char *value,
                       const char *allowed)
{
    return vo_err_make(rd->pool, VO_ERR_USAGE,
                       "%s has the value \"%.60s\"; it can be %s.", name,
                       value, allowed);
}

/* --- one reader per parameter -------------------------------------------- */

static vo_err_t *read_request(reader_t *rd, const char *text)
{
    return strcasecmp(text, "queryData")
               ? usage(rd, "REQUEST", text, "queryData") : NULL;
}

static vo_err_t *read_version(reader_t *rd, const char *text)
{
    double v;

    return !is_number(text, &v) || v < 1 || v >= 1.2
               ? usage(rd, "VERSION", text, "1.0 or 1.1") : NULL;
}

static vo_err_t *read_pos(reader_t *rd, const char *text)
{
    char *copy = apr_pstrdup(rd->pool, text), *comma, *frame;
    vo_ssap_query_t *q = rd->query;

    frame = strchr(copy, ';');
    if (frame) {
        *frame++ = '\0';
        if (strcasecmp(frame, "ICRS")) {
            return vo_err_make(rd->pool, VO_ERR_USAGE,
                               "POS is in the frame \"%.40s\"; only ICRS is"
                               " known here.", frame);
        }
    }
    comma = strchr(copy, ',');
    if (comma) {
        *comma++ = '\0';
    }
    if (!comma || !is_number(copy, &q->ra) || !is_number(comma, &q->dec)
        || q->ra < 0 || q->ra > 360 || q->dec < -90 || q->dec > 90) {
        return usage(rd, "POS", text, "ra,dec: degrees, ICRS, from 0 to 360"
                                      " and from -90 to 90");
    }
    q->has_pos = 1;
    return NULL;
}

/* A diameter. */
static vo_err_t *read_size(reader_t *rd, const char *text)
{
    double size;

    if (!is_number(text, &size) || size < 0) {
        return usage(rd, "SIZE", text, "a diameter in degrees, 0 or more");
    }
    rd->query->radius = size < 360 ? size / 2 : 180;
    return NULL;
}

static vo_err_t *read_band_param(reader_t *rd, const char *text)
{
    const char *qualifier;

    VO_TRY(vo_ssap_ranges(&rd->query->band, &qualifier, "BAND", text,
                          read_band, rd->rel, rd->pool));
    return qualifier && strcasecmp(qualifier, "observer")
               ? usage(rd, "BAND", text, "in the frame of the observer, in m, "
                                         "or the name of a filter")
               : NULL;
}

static vo_err_t *read_time(reader_t *rd, const char *text)
{
    const char *qualifier;

    return vo_ssap_ranges(&rd->query->time, &qualifier, "TIME", text,
                          vo_ssap_time, NULL, rd->pool);
}

/* Words and media types; bit I stands for vo_ssap_formats[I]. */
static const struct {
    const char *word;
    unsigned formats;
} format_words[] = {
    {"all", ALL_FORMATS}, {"compliant", ALL_FORMATS}, {"native", 0},
    {"graphic", 0},       {"votable", 1},             {"xml", 1},
    {"text/xml", 1},      {"application/x-votable+xml", 1},
    {"fits", 2},          {"application/fits", 2},    {"image/fits", 0},
};

static vo_err_t *read_format(reader_t *rd, const char *text)
{
    char *last, *word;
    vo_ssap_query_t *q = rd->query;
    size_t i;

    if (!*text) {
        return NULL;
    }
    q->formats = 0;
    for (word = apr_strtok(apr_pstrdup(rd->pool, text), ",", &last); word;
         word = apr_strtok(NULL, ",", &last)) {
        if (!strcasecmp(word, "metadata")) {
            q->is_metadata = 1;
            continue;
        }
        for (i = 0; i < sizeof(format_words) / sizeof(*format_words); ++i) {
            if (!strcasecmp(word, format_words[i].word)) {
                q->formats |= format_words[i].formats;
                break;
            }
        }
        /* a media type that nothing has is no mistake */
        if (i == sizeof(format_words) / sizeof(*format_words)
            && !strchr(word, '/')) {
            return usage(rd, "FORMAT", word, "all, compliant, native, graphic,"
                         " votable, fits, xml, metadata or a media type");
        }
    }
    return NULL;
}

static vo_err_t *read_specrp(reader_t *rd, const char *text)
{
    return !is_number(text, &rd->query->specrp) || rd->query->specrp < 0
               ? usage(rd, "SPECRP", text, "a resolving power, lambda over"
                                           " delta lambda") : NULL;
}

static apr_array_header_t *split(const reader_t *rd, const char *text)
{
    apr_array_header_t *parts = apr_array_make(rd->pool, 2,
                                               sizeof(const char *));
    char *last, *part;

    for (part = apr_strtok(apr_pstrdup(rd->pool, text), ",", &last); part;
         part = apr_strtok(NULL, ",", &last)) {
        APR_ARRAY_PUSH(parts, const char *) = part;
    }
    return parts;
}

static vo_err_t *read_did(reader_t *rd, const char *text)
{
    rd->query->dids = split(rd, text);
    return NULL;
}

static vo_err_t *read_target(reader_t *rd, const char *text)
{
    rd->query->targets = split(rd, text);
    return NULL;
}

/* Does NAME begin with TEXT, or is it its IVOID? (SSAP 1.1 section 4.1.1.) */
static vo_err_t *read_collection(reader_t *rd, const char *text)
{
    const vo_release_t *rel = rd->rel;
    const char *names[] = {rel->title, rel->id, rel->survey, rel->ivoid};
    size_t i, len = strlen(text);

    for (i = 0; i < sizeof(names) / sizeof(*names); ++i) {
        if (names[i] && !strncasecmp(names[i], text, len)) {
            return NULL;
        }
    }
    rd->query->is_empty = 1;
    return NULL;
}

/* Everything here is calibrated. */
static vo_err_t *read_calib(reader_t *rd, const char *name, const char *text)
{
    static const char *const words[] = {"absolute", "any", "relative",
                                        "normalized", "calibrated",
                                        "uncalibrated"};
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(*words); ++i) {
        if (!strcasecmp(text, words[i])) {
            rd->query->is_empty |= i > 1;
            return NULL;
        }
    }
    return usage(rd, name, text, "absolute, relative, normalized or any");
}

static vo_err_t *read_fluxcalib(reader_t *rd, const char *text)
{
    return read_calib(rd, "FLUXCALIB", text);
}

static vo_err_t *read_wavecalib(reader_t *rd, const char *text)
{
    return read_calib(rd, "WAVECALIB", text);
}

/* All spectra changed when the release did. */
static vo_err_t *read_mtime(reader_t *rd, const char *text)
{
    double mjd = (double)rd->rel->updated / APR_USEC_PER_SEC / 86400 + 40587;
    apr_array_header_t *ranges;
    const char *qualifier;

    VO_TRY(vo_ssap_ranges(&ranges, &qualifier, "MTIME", text, vo_ssap_time,
                          NULL, rd->pool));
    rd->query->is_empty |= !vo_ssap_meets(ranges, mjd, mjd);
    return NULL;
}

static const struct {
    const char *name;
    vo_err_t *(*read)(reader_t *rd, const char *text);
} readers[] = {
    {"REQUEST", read_request},       {"VERSION", read_version},
    {"POS", read_pos},               {"SIZE", read_size},
    {"BAND", read_band_param},       {"TIME", read_time},
    {"FORMAT", read_format},         {"SPECRP", read_specrp},
    {"TARGETNAME", read_target},     {"PUBDID", read_did},
    {"CREATORDID", read_did},        {"COLLECTION", read_collection},
    {"FLUXCALIB", read_fluxcalib},   {"WAVECALIB", read_wavecalib},
    {"MTIME", read_mtime},
};

vo_err_t *vo_ssap_read(vo_ssap_query_t *query, const vo_release_t *rel,
                       const vo_dali_params_t *params,
                       const vo_ssap_limits_t *limits, apr_pool_t *pool)
{
    reader_t rd = {query, rel, params, limits, pool};
    size_t i;

    memset(query, 0, sizeof(*query));
    query->formats = ALL_FORMATS;
    query->radius = limits->default_size / 2;
    for (i = 0; i < sizeof(readers) / sizeof(*readers); ++i) {
        const char *text;

        VO_TRY(vo_dali_param_one(&text, params, readers[i].name));
        if (text && *text) {
            VO_TRY(readers[i].read(&rd, text));
        }
    }
    if (!query->has_pos) { /* SIZE alone says nothing */
        query->radius = 180;
    }
    VO_TRY(vo_dali_param_int(&query->top, params, "TOP", 1, APR_INT64_MAX, 0));
    VO_TRY(vo_dali_param_int(&query->maxrec, params, "MAXREC", 0,
                             APR_INT64_MAX, limits->default_maxrec));
    if (query->maxrec > limits->maxrec) {
        query->maxrec = limits->maxrec;
    }
    return NULL;
}
