/* vo_sia1_param.c: reading the parameters of SIAP 1.0. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIAP 1.0 (REC 2009-11-11), section 4.1 */
#include "vo_sia1.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../sky/sky.h"
#include "../vo_num.h"

#define MAX_NAXIS 100000.0

static const char *const intersects[] = {"COVERS", "ENCLOSED", "CENTER",
                                         "OVERLAPS", NULL};
static const char *const verbs[] = {"0", "1", "2", "3", NULL};
static const char *const modes[] = {"archival", "cutout", NULL};
static const char *const formats[] = {"ALL",        "GRAPHIC",   "METADATA",
                                      "image/fits", "image/png", "image/jpeg",
                                      NULL};
static const char *const frames[] = {"ICRS", "FK5", "FK4",
                                     "ECL",  "GAL", "SGAL", NULL};

/* Indexed as frames. */
static const struct {
    int frame;       /* of sky.h */
    double equinox;  /* the only one it is offered at; 0: it has none */
} frame_info[] = {
    {SKY_ICRS, 0},        {SKY_FK5, 2000},    {SKY_FK4, 1950},
    {SKY_ECLIPTIC, 2000}, {SKY_GALACTIC, 0}, {SKY_SUPER_GALACTIC, 0},
};

/* Projections of FITS (Calabretta and Greisen 2002, and those of distortions
 * in common use). */
static const char projections[] =
    " AZP SZP TAN STG SIN ARC ZPN ZEA AIR CYP CEA CAR MER COP COE COD COO SFL"
    " PAR MOL AIT BON PCO TSC CSC QSC HPX XPH TPV ";

/* Every parameter, as it is described; those that concern generated images are
 * marked: giving one asks for cutouts. */
typedef enum {
    P_POS, P_SIZE, P_FORMAT, P_INTERSECT, P_VERB, P_MODE, P_NAXIS, P_CFRAME,
    P_EQUINOX, P_CRPIX, P_CRVAL, P_CDELT, P_ROTANG, P_PROJ, P_COUNT
} param_e;

static const struct {
    const char *name;
    vo_type_e type;
    const char *arraysize, *unit, *ucd, *value;
    int is_generation;
    const char *const *options;
    const char *description;
} inputs[P_COUNT] = {
    [P_POS] = {"POS", VO_TYPE_DOUBLE, "2", "deg", "pos.eq", NULL, 0, NULL,
               "Centre of the region: right ascension, declination, ICRS"},
    [P_SIZE] = {"SIZE", VO_TYPE_DOUBLE, "2", "deg", "phys.angSize", NULL, 0,
                NULL, "Size of the region: width along right ascension and "
                "height, or one number for both; angles on the sky; 0: images "
                "that hold the centre"},
    [P_FORMAT] = {"FORMAT", VO_TYPE_CHAR, "*", NULL, "meta.code.mime", "ALL",
                  0, formats, "Media types wanted, separated by commas, or "
                  "ALL, GRAPHIC, METADATA"},
    [P_INTERSECT] = {"INTERSECT", VO_TYPE_CHAR, "*", NULL, NULL, "OVERLAPS",
                     0, intersects, "How footprint and region are to meet: "
                     "the image covers the region, is enclosed in it, holds "
                     "its centre, overlaps it"},
    [P_VERB] = {"VERB", VO_TYPE_INT, NULL, NULL, NULL, "2", 0, verbs,
                "How many columns, from 0 (the least) to 3 (all)"},
    [P_MODE] = {"MODE", VO_TYPE_CHAR, "*", NULL, NULL, "archival", 0, modes,
                "Whole images, or cutouts of the region"},
    [P_NAXIS] = {"NAXIS", VO_TYPE_INT, "2", "pixel", NULL, NULL, 1, NULL,
                 "Cutouts: width and height, times CDELT"},
    [P_CFRAME] = {"CFRAME", VO_TYPE_CHAR, "*", NULL, NULL, "ICRS", 1, frames,
                  "Cutouts: the frame CRVAL is in"},
    [P_EQUINOX] = {"EQUINOX", VO_TYPE_DOUBLE, NULL, "yr", NULL, NULL, 1, NULL,
                   "Cutouts: equinox of CFRAME, 2000 for FK5 and ECL, 1950 for"
                   " FK4"},
    [P_CRPIX] = {"CRPIX", VO_TYPE_DOUBLE, "2", "pixel", NULL, NULL, 1, NULL,
                 "Cutouts: the pixel at CRVAL; it is always the middle"},
    [P_CRVAL] = {"CRVAL", VO_TYPE_DOUBLE, "2", "deg", NULL, NULL, 1, NULL,
                 "Cutouts: their centre in CFRAME; default POS"},
    [P_CDELT] = {"CDELT", VO_TYPE_DOUBLE, "2", "deg/pixel", NULL, NULL, 1,
                 NULL, "Cutouts: scale; pixels are those of the image"},
    [P_ROTANG] = {"ROTANG", VO_TYPE_DOUBLE, NULL, "deg", NULL, NULL, 1, NULL,
                  "Cutouts: rotation; it is that of the image"},
    [P_PROJ] = {"PROJ", VO_TYPE_CHAR, "3", NULL, NULL, NULL, 1, NULL,
                "Cutouts: projection; it is that of the image"},
};

const vo_param_t *vo_sia1_inputs(int *n, apr_pool_t *pool)
{
    vo_param_t *made = apr_pcalloc(pool, P_COUNT * sizeof(*made));
    int i;

    for (i = 0; i < P_COUNT; ++i) {
        made[i].name = apr_pstrcat(pool, "INPUT:", inputs[i].name, NULL);
        made[i].type = inputs[i].type;
        made[i].arraysize = inputs[i].arraysize;
        made[i].unit = inputs[i].unit;
        made[i].ucd = inputs[i].ucd;
        made[i].value = inputs[i].value;
        made[i].options = inputs[i].options;
        made[i].description = inputs[i].description;
    }
    *n = P_COUNT;
    return made;
}

/* --- values --------------------------------------------------------------- */

/* The value of parameter I, NULL when it is absent or empty. */
static vo_err_t *value_of(const char **value, const vo_dali_params_t *params,
                          param_e i)
{
    VO_TRY(vo_dali_param_one(value, params, inputs[i].name));
    if (*value && !(*value)[strspn(*value, " \t")]) {
        *value = NULL;
    }
    return NULL;
}

static vo_err_t *bad_value(param_e i, const char *text, const char *wanted,
                           apr_pool_t *pool)
{
    return vo_err_make(pool, VO_ERR_USAGE, "%s must be %s; it is '%.60s'.",
                       inputs[i].name, wanted, text);
}

/* Up to MAX numbers in TEXT, separated by a comma (or, from careless clients,
 * by blanks); how many, 0 when there is anything else. */
static int numbers(double *values, int max, const char *text)
{
    int n = 0;

    for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
        int len = (int)strcspn(text, ", \t");

        if (n == max || !vo_num_to_double(text, len, &values[n])
            || !isfinite(values[n])) {
            return 0;
        }
        ++n;
        text += len;
        text += strspn(text, " \t");
        if (*text == ',' && !*++text) {
            return 0;
        }
    }
    return n;
}

/* One or two numbers, the second like the first where there is one; *IS_SET
 * tells whether any was given. */
static vo_err_t *pair(double values[2], int *is_set, param_e i, int least,
                      const vo_dali_params_t *params, const char *wanted,
                      apr_pool_t *pool)
{
    const char *text;
    int n;

    VO_TRY(value_of(&text, params, i));
    *is_set = text != NULL;
    if (!text) {
        return NULL;
    }
    n = numbers(values, 2, text);
    if (n < least || !n) {
        return bad_value(i, text, wanted, pool);
    }
    if (n == 1) {
        values[1] = values[0];
    }
    return NULL;
}

/* The place of the word given for I among OPTIONS in any case, DEFLT when none
 * is given. */
static vo_err_t *word(int *place, param_e i, int deflt,
                      const char *const *options,
                      const vo_dali_params_t *params, apr_pool_t *pool)
{
    const char *text, *names = "";
    int k;

    *place = deflt;
    VO_TRY(value_of(&text, params, i));
    if (!text) {
        return NULL;
    }
    for (k = 0; options[k]; ++k) {
        if (!strcasecmp(text, options[k])) {
            *place = k;
            return NULL;
        }
        names = apr_pstrcat(pool, names, k ? ", " : "", options[k], NULL);
    }
    return bad_value(i, text, apr_pstrcat(pool, "one of ", names, NULL), pool);
}

/* --- the region ----------------------------------------------------------- */

#define POS_FORM "two numbers, right ascension from 0 to 360 and declination"  \
    " from -90 to 90 in degrees, ICRS, separated by a comma"
#define SIZE_FORM "one or two numbers of degrees from 0 to 360, separated by" \
    " a comma"

static vo_err_t *read_region(vo_sia1_query_t *q,
                             const vo_dali_params_t *params, apr_pool_t *pool)
{
    double pos[2], size[2];
    const char *text;
    int has_pos, has_size;

    VO_TRY(pair(pos, &has_pos, P_POS, 2, params, POS_FORM, pool));
    VO_TRY(pair(size, &has_size, P_SIZE, 1, params, SIZE_FORM, pool));
    if (!has_pos || !has_size) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s is missing; it is %s.",
                           has_pos ? "SIZE" : "POS",
                           has_pos ? SIZE_FORM : POS_FORM);
    }
    VO_TRY(value_of(&text, params, P_POS));
    if (!(pos[0] >= 0 && pos[0] <= 360 && fabs(pos[1]) <= 90)) {
        return bad_value(P_POS, text, POS_FORM, pool);
    }
    VO_TRY(value_of(&text, params, P_SIZE));
    if (!(size[0] >= 0 && size[0] <= 360 && size[1] >= 0 && size[1] <= 360)) {
        return bad_value(P_SIZE, text, SIZE_FORM, pool);
    }
    q->ra = pos[0];
    q->dec = pos[1];
    q->width = size[0];
    q->height = size[1];
    return NULL;
}

static void *from_pool(void *baton, size_t size)
{
    return apr_palloc(baton, size);
}

static double normal(double ra)
{
    return ra < 0 ? ra + 360 : ra >= 360 ? ra - 360 : ra;
}

/* The parts of a region as they are found. */
typedef struct parts_t {
    sky_alloc_t alloc;
    sky_shape_t *parts[3];
    int n;
    sky_err_t why; /* of the part that could not be made */
} parts_t;

/* Add the range around RA, HALF wide on each side (180 or more: all around). */
static void add_range(parts_t *p, double ra, double half, double lat1,
                      double lat2)
{
    sky_shape_t *part =
        half >= 180 ? sky_make_range(&p->alloc, 0, 360, lat1, lat2, &p->why)
                    : sky_make_range(&p->alloc, normal(ra - half),
                                     normal(ra + half), lat1, lat2, &p->why);

    if (part) {
        p->parts[p->n++] = part;
    }
}

vo_err_t *vo_sia1_region(const char **region, double ra, double dec,
                         double width, double height, apr_pool_t *pool)
{
    double cosine = cos(dec * (M_PI / 180));
    double half = width / 2 < 180 * cosine ? width / 2 / cosine : 180;
    double north = fmin(dec + height / 2, 90);
    double south = fmax(dec - height / 2, -90);
    /* what lies beyond a pole reaches down to here on the other side */
    double folded_north = 180 - (dec + height / 2);
    double folded_south = -180 - (dec - height / 2);
    double other = ra < 180 ? ra + 180 : ra - 180;
    parts_t p = {{from_pool, pool}, {NULL}, 0, {0}};
    sky_shape_t *shape;

    /* Both sides together are all around when each is half a turn. */
    if (half < 180 && folded_north < 90) {
        add_range(&p, other, half > 90 ? 180 : half, fmax(folded_north, -90),
                  90);
        north = half > 90 ? fmax(folded_north, -90) : north;
    }
    if (half < 180 && folded_south > -90) {
        add_range(&p, other, half > 90 ? 180 : half, -90,
                  fmin(folded_south, 90));
        south = half > 90 ? fmin(folded_south, 90) : south;
    }
    if (south <= north) {
        add_range(&p, ra, half, south, north);
    }
    shape = p.n > 1 ? sky_make_union(&p.alloc, p.n,
                                     (const sky_shape_t *const *)p.parts,
                                     &p.why)
                    : p.parts[0];
    if (!shape || p.why.code) {
        return vo_err_fault(pool, APR_EGENERAL,
                            "The region cannot be searched.",
                            "POS %.17g,%.17g SIZE %.17g,%.17g: %s", ra, dec,
                            width, height, p.why.text);
    }
    *region = sky_format_dali(&p.alloc, shape);
    return NULL;
}

/* --- formats -------------------------------------------------------------- */

/* What FORMAT may name, and the media type it means in our rows; NULL: one of
 * which there is nothing. */
static const struct {
    const char *word, *type;
} format_words[] = {
    {"image/fits", "image/fits"},
    {"application/fits", "image/fits"},
    {"image/x-fits", "image/fits"},
    {"fits", "image/fits"},
    {"image/png", "image/png"},
    {"png", "image/png"},
    {"image/jpeg", "image/jpeg"},
    {"image/jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"image/gif", "image/gif"},
    {"gif", "image/gif"},
};
#define NFORMAT_WORDS (sizeof(format_words) / sizeof(format_words[0]))
#define GRAPHICS "image/png,image/jpeg,image/gif"

/* The list of formats wanted is built here, in order, separated by commas. */
static vo_err_t *add_format(const char **list, const char *name,
                            const char *whole, apr_pool_t *pool)
{
    const char *type = NULL;
    apr_size_t i;

    for (i = 0; i < NFORMAT_WORDS && !type; ++i) {
        if (!strcasecmp(name, format_words[i].word)) {
            type = format_words[i].type;
        }
    }
    if (!type && !strchr(name, '/')) {
        return bad_value(P_FORMAT, whole, "ALL, GRAPHIC, METADATA, or media"
                         " types such as image/fits, image/png, image/jpeg,"
                         " separated by commas", pool);
    }
    if (type) { /* of others, text/html for instance, there is nothing */
        *list = apr_pstrcat(pool, *list, **list ? "," : "", type, NULL);
    }
    return NULL;
}

static vo_err_t *read_format(vo_sia1_query_t *q,
                             const vo_dali_params_t *params, apr_pool_t *pool)
{
    const char *text, *list = "";
    char *copy, *name, *last;
    int is_all = 0;

    VO_TRY(value_of(&text, params, P_FORMAT));
    if (!text) {
        return NULL;
    }
    copy = apr_pstrdup(pool, text);
    for (name = apr_strtok(copy, ", \t", &last); name;
         name = apr_strtok(NULL, ", \t", &last)) {
        if (q->is_one_format) { /* the rest of GRAPHIC-png,jpeg */
            VO_TRY(add_format(&list, name, text, pool));
        }
        else if (!strcasecmp(name, "METADATA")) {
            q->is_metadata = 1;
        }
        else if (!strcasecmp(name, "ALL")) {
            is_all = 1;
        }
        else if (!strcasecmp(name, "GRAPHIC")
                 || !strcasecmp(name, "GRAPHIC-ALL")) {
            list = apr_pstrcat(pool, list, *list ? "," : "", GRAPHICS, NULL);
        }
        else if (!strncasecmp(name, "GRAPHIC-", 8)) {
            q->is_one_format = 1;
            VO_TRY(add_format(&list, name + 8, text, pool));
        }
        else {
            VO_TRY(add_format(&list, name, text, pool));
        }
    }
    if (!is_all) {
        q->formats = apr_pstrcat(pool, "{", list, "}", NULL);
    }
    return NULL;
}

/* --- cutouts -------------------------------------------------------------- */

static int is_whole_pixels(const double naxis[2])
{
    int i;

    for (i = 0; i < 2; ++i) {
        if (!(naxis[i] >= 1 && naxis[i] <= MAX_NAXIS)
            || naxis[i] != floor(naxis[i])) {
            return 0;
        }
    }
    return 1;
}

/* CFRAME, EQUINOX and CRVAL: the centre. */
static vo_err_t *read_centre(vo_sia1_query_t *q,
                             const vo_dali_params_t *params, apr_pool_t *pool)
{
    double crval[2], equinox[2];
    const char *text;
    int frame, has_crval, has_equinox;

    VO_TRY(word(&frame, P_CFRAME, 0, frames, params, pool));
    VO_TRY(pair(equinox, &has_equinox, P_EQUINOX, 1, params,
                "a year such as 2000", pool));
    VO_TRY(pair(crval, &has_crval, P_CRVAL, 2, params,
                "two numbers of degrees, separated by a comma", pool));
    if (has_equinox && frame_info[frame].equinox > 0
        && equinox[0] != frame_info[frame].equinox) {
        VO_TRY(value_of(&text, params, P_EQUINOX));
        return bad_value(P_EQUINOX, text,
                         apr_psprintf(pool, "%.0f for %s",
                                      frame_info[frame].equinox,
                                      frames[frame]), pool);
    }
    q->cut_ra = q->ra;
    q->cut_dec = q->dec;
    if (!has_crval) {
        return NULL;
    }
    if (!(fabs(crval[0]) <= 360 && fabs(crval[1]) <= 90)) {
        VO_TRY(value_of(&text, params, P_CRVAL));
        return bad_value(P_CRVAL, text, "a longitude and a latitude from -90"
                         " to 90 in degrees, separated by a comma", pool);
    }
    sky_turn(frame_info[frame].frame, SKY_ICRS, &crval[0], &crval[1]);
    q->cut_ra = normal(crval[0]);
    q->cut_dec = crval[1];
    return NULL;
}

static vo_err_t *read_cutout(vo_sia1_query_t *q,
                             const vo_dali_params_t *params, apr_pool_t *pool)
{
    double naxis[2], cdelt[2], unused[2];
    const char *text;
    int mode, i, has_naxis, has_cdelt, is_set;

    VO_TRY(word(&mode, P_MODE, 0, modes, params, pool));
    q->is_cutout = mode == 1;
    for (i = 0; i < P_COUNT; ++i) {
        VO_TRY(value_of(&text, params, (param_e)i));
        q->is_cutout |= inputs[i].is_generation && text;
    }
    VO_TRY(pair(naxis, &has_naxis, P_NAXIS, 1, params,
                "one or two whole numbers of pixels", pool));
    VO_TRY(pair(cdelt, &has_cdelt, P_CDELT, 1, params,
                "one or two numbers of degrees per pixel", pool));
    VO_TRY(pair(unused, &is_set, P_CRPIX, 1, params,
                "one or two numbers of pixels", pool));
    VO_TRY(pair(unused, &is_set, P_ROTANG, 1, params,
                "a number of degrees", pool));
    VO_TRY(value_of(&text, params, P_PROJ));
    if (text && (strlen(text) != 3 || !apr_isalpha(*text)
                 || !strstr(projections,
                            apr_pstrcat(pool, " ", text, " ", NULL)))) {
        return bad_value(P_PROJ, text, "the three letters of a projection of"
                         " FITS such as TAN", pool);
    }
    VO_TRY(value_of(&text, params, P_NAXIS));
    if (has_naxis && !is_whole_pixels(naxis)) {
        return bad_value(P_NAXIS, text, "one or two whole numbers of pixels"
                         " from 1 to 100000", pool);
    }
    VO_TRY(value_of(&text, params, P_CDELT));
    if (has_cdelt && (cdelt[0] == 0 || cdelt[1] == 0)) {
        return bad_value(P_CDELT, text, "other than 0", pool);
    }
    VO_TRY(read_centre(q, params, pool));
    q->cut_width = q->width;
    q->cut_height = q->height;
    if (has_naxis && has_cdelt) {
        q->cut_width = fmin(fabs(naxis[0] * cdelt[0]), 360);
        q->cut_height = fmin(fabs(naxis[1] * cdelt[1]), 360);
    }
    if (q->is_cutout && !(q->cut_width > 0 && q->cut_height > 0)) {
        return vo_err_make(pool, VO_ERR_USAGE, "A cutout needs a SIZE above 0,"
                           " or NAXIS and CDELT.");
    }
    return NULL;
}

vo_err_t *vo_sia1_read(vo_sia1_query_t *query, const vo_dali_params_t *params,
                       apr_pool_t *pool)
{
    int place;

    memset(query, 0, sizeof(*query));
    query->verb = VO_SIA1_MAX_VERB;
    VO_TRY(read_format(query, params, pool));
    if (query->is_metadata) {
        return NULL; /* section 6.1: all others are ignored */
    }
    VO_TRY(read_region(query, params, pool));
    VO_TRY(word(&place, P_INTERSECT, VO_SIA1_OVERLAPS, intersects, params,
                pool));
    query->intersect = (vo_sia1_intersect_e)place;
    VO_TRY(word(&query->verb, P_VERB, 2, verbs, params, pool));
    return read_cutout(query, params, pool);
}
