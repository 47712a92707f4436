/* vo_soda.c: the parameters of a cutout, and the images that are meant. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SODA 1.0 sections 3 and 4 */
#include "vo_soda.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"

#define MULTIVALUED "MultiValuedParamNotSupported"
#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

/* ---- single values ---------------------------------------------------- */

/* The value of parameter P by name or alias, NULL when absent or empty. Given
 * twice it is an error with a label of its own. */
static vo_err_t *value_of(const char **value, const vo_dali_params_t *params,
                          vo_soda_param_e p, apr_pool_t *pool)
{
    const vo_soda_param_t *param = &vo_soda_params[p];
    int i;

    *value = NULL;
    for (i = 0; i < params->nparams; ++i) {
        const vo_dali_param_t *got = &params->params[i];

        if (got->is_file
            || (strcasecmp(got->name, param->name)
                && (!param->alias || strcasecmp(got->name, param->alias)))
            || !*got->value) {
            continue;
        }
        if (*value) {
            return vo_err_make(pool, VO_ERR_USAGE, MULTIVALUED ": %s may be"
                               " given once.", param->name);
        }
        *value = got->value;
    }
    return NULL;
}

/* One of the parameter's words; *INDEX -1 when it is not given. */
static vo_err_t *word_of(int *index, const vo_dali_params_t *params,
                         vo_soda_param_e p, apr_pool_t *pool)
{
    const char *const *options = vo_soda_params[p].options;
    const char *value, *all = "";
    int i;

    *index = -1;
    VO_TRY(value_of(&value, params, p, pool));
    for (i = 0; value && options[i]; ++i) {
        if (!strcasecmp(value, options[i])) {
            *index = i;
            return NULL;
        }
        all = apr_pstrcat(pool, all, *all ? ", " : "", options[i], NULL);
    }
    return value ? vo_err_make(pool, VO_ERR_USAGE, "%s: \"%.40s\" is none of"
                               " %s", vo_soda_params[p].name, value, all)
                 : NULL;
}

static vo_err_t *number_of(double *to, const vo_dali_params_t *params,
                           vo_soda_param_e p, double least, double most,
                           apr_pool_t *pool)
{
    const char *value;
    double v;

    VO_TRY(value_of(&value, params, p, pool));
    if (!value) {
        return NULL;
    }
    if (!vo_num_to_double(value, (int)strlen(value), &v) || !(v >= least)
        || !(v <= most)) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s: \"%.40s\" is not a number"
                           " from %g to %g", vo_soda_params[p].name, value,
                           least, most);
    }
    *to = v;
    return NULL;
}

static vo_err_t *size_of(int *to, const vo_dali_params_t *params,
                         vo_soda_param_e p, apr_pool_t *pool)
{
    double v = 0;

    VO_TRY(number_of(&v, params, p, 1, VO_SODA_MAX_SIZE, pool));
    *to = (int)v;
    return NULL;
}

/* N numbers with blanks or commas between them. */
static int read_numbers(double *to, int n, const char *text)
{
    int i;

    for (i = 0; i < n; ++i) {
        apr_size_t len;

        text += strspn(text, " \t,");
        len = strcspn(text, " \t,");
        if (!len || !vo_num_to_double(text, (int)len, &to[i])) {
            return 0;
        }
        text += len;
    }
    return !text[strspn(text, " \t,")];
}

/* Both media types and short names are understood: FORMAT=png. */
static vo_err_t *format_of(vo_soda_format_e *to,
                           const vo_dali_params_t *params, apr_pool_t *pool)
{
    static const struct {
        const char *name;
        vo_soda_format_e format;
    } names[] = {
        {"image/fits", VO_SODA_FITS}, {"application/fits", VO_SODA_FITS},
        {"fits", VO_SODA_FITS},       {"image/png", VO_SODA_PNG},
        {"png", VO_SODA_PNG},         {"image/jpeg", VO_SODA_JPEG},
        {"jpeg", VO_SODA_JPEG},       {"jpg", VO_SODA_JPEG},
    };
    const char *value;
    int i;

    VO_TRY(value_of(&value, params, VO_SODA_FORMAT, pool));
    for (i = 0; value && i < COUNT(names); ++i) {
        if (!strcasecmp(value, names[i].name)) {
            *to = names[i].format;
            return NULL;
        }
    }
    return value ? vo_err_make(pool, VO_ERR_USAGE, "RESPONSEFORMAT: \"%.60s\""
                               " is none of image/fits, image/png,"
                               " image/jpeg", value)
                 : NULL;
}

vo_err_t *vo_soda_parse_how(vo_soda_how_t *how, const vo_dali_params_t *params,
                            vo_soda_format_e format, apr_pool_t *pool)
{
    static const vo_soda_how_t deflt = VO_SODA_HOW_DEFAULT;
    const char *stretch, *limits, *balance;
    int layout, on;

    *how = deflt;
    how->format = format;
    VO_TRY(format_of(&how->format, params, pool));
    VO_TRY(value_of(&how->filters, params, VO_SODA_FILTERS, pool));
    VO_TRY(word_of(&layout, params, VO_SODA_LAYOUT, pool));
    how->layout = layout >= 0                      ? (vo_layout_e)layout
                  : how->format == VO_SODA_FITS ? VO_LAYOUT_MEF
                                                   : VO_LAYOUT_SHEET;
    VO_TRY(word_of(&on, params, VO_SODA_WEIGHT, pool));
    how->has_weight = on == 1;
    VO_TRY(word_of(&on, params, VO_SODA_MASK, pool));
    how->has_mask = on == 1;
    VO_TRY(value_of(&stretch, params, VO_SODA_STRETCH, pool));
    VO_TRY(value_of(&limits, params, VO_SODA_LIMITS, pool));
    VO_TRY(vo_stretch_parse(&how->stretch, stretch, limits, pool));
    VO_TRY(value_of(&how->rgb, params, VO_SODA_RGB, pool));
    VO_TRY(number_of(&how->lupton.q, params, VO_SODA_Q, 0.001, 1000, pool));
    VO_TRY(number_of(&how->lupton.alpha, params, VO_SODA_ALPHA, 1e-6, 1e6,
                     pool));
    VO_TRY(value_of(&balance, params, VO_SODA_BALANCE, pool));
    if (balance) {
        how->has_balance = 1;
        if (!read_numbers(how->lupton.factor, 3, balance)) {
            return vo_err_make(pool, VO_ERR_USAGE, "BALANCE: \"%.40s\" is not"
                               " three numbers", balance);
        }
    }
    VO_TRY(size_of(&how->sizex, params, VO_SODA_SIZEX, pool));
    VO_TRY(size_of(&how->sizey, params, VO_SODA_SIZEY, pool));
    if (how->rgb && how->format == VO_SODA_FITS) {
        return vo_err_make(pool, VO_ERR_USAGE, "RGB needs a picture:"
                           " RESPONSEFORMAT image/png or image/jpeg");
    }
    if (how->layout == VO_LAYOUT_SHEET ? how->format == VO_SODA_FITS
                                       : how->format != VO_SODA_FITS) {
        return vo_err_make(pool, VO_ERR_USAGE, "LAYOUT: %s",
                           how->format == VO_SODA_FITS
                               ? "a sheet is a picture; RESPONSEFORMAT must be"
                                 " image/png or image/jpeg"
                               : "of pictures only a sheet can be made");
    }
    return NULL;
}

/* ---- the request ------------------------------------------------------ */

static vo_err_t *push_band(apr_array_header_t *bands, const char *text,
                           apr_pool_t *pool)
{
    double v[2];
    vo_band_t band;

    if (read_numbers(v, 1, text)) {
        v[1] = v[0]; /* DALI: a scalar is an interval */
    }
    else if (!read_numbers(v, 2, text) || isnan(v[0]) || isnan(v[1])) {
        return vo_err_make(pool, VO_ERR_USAGE, "BAND: \"%.40s\" is not an"
                           " interval of two wavelengths in metres", text);
    }
    if (!(v[0] <= v[1]) || v[1] < 0) {
        return vo_err_make(pool, VO_ERR_USAGE, "BAND: \"%.40s\" is no interval"
                           ": the first wavelength must not be above the"
                           " second, nor both be negative", text);
    }
    band.lo = v[0];
    band.hi = v[1];
    APR_ARRAY_PUSH(bands, vo_band_t) = band;
    return NULL;
}

vo_err_t *vo_soda_parse(vo_soda_query_t *q, const vo_dali_params_t *params,
                        const vo_soda_limits_t *limits, apr_pool_t *pool)
{
    apr_int64_t n;
    int i;

    q->ids = apr_array_make(pool, 4, sizeof(const char *));
    q->regions = apr_array_make(pool, 4, sizeof(vo_region_t));
    q->bands = apr_array_make(pool, 2, sizeof(vo_band_t));
    VO_TRY(vo_soda_parse_how(&q->how, params, VO_SODA_FITS, pool));
    for (i = 0; i < params->nparams; ++i) {
        const vo_dali_param_t *p = &params->params[i];
        vo_region_t region;

        if (p->is_file || !*p->value) {
            continue;
        }
        switch (vo_soda_param_find(p->name)) {
        case VO_SODA_ID:
            APR_ARRAY_PUSH(q->ids, const char *) = p->value;
            break;
        case VO_SODA_CIRCLE:
        case VO_SODA_POLYGON:
        case VO_SODA_POS:
            VO_TRY(vo_region_parse(
                &region, vo_soda_params[vo_soda_param_find(p->name)].name,
                p->value, pool));
            APR_ARRAY_PUSH(q->regions, vo_region_t) = region;
            break;
        case VO_SODA_BAND:
            VO_TRY(push_band(q->bands, p->value, pool));
            break;
        default:
            break;
        }
        n = (apr_int64_t)q->ids->nelts
            * (q->regions->nelts ? q->regions->nelts : 1)
            * (q->bands->nelts ? q->bands->nelts : 1);
        if (n > limits->max_cuts || q->ids->nelts > limits->max_cuts) {
            return vo_err_make(pool, VO_ERR_LIMIT, "More cutouts are asked for"
                               " than the %d one request may have.",
                               limits->max_cuts);
        }
    }
    return q->ids->nelts ? NULL
                         : vo_err_make(pool, VO_ERR_USAGE, "ID is missing; it"
                                       " is the publisher DID of an image");
}

/* ---- images ----------------------------------------------------------- */

static int is_filter(const vo_image_t *image, const char *word,
                     apr_size_t len)
{
    int64_t id;

    if (image->filter_name && strlen(image->filter_name) == len
        && !strncasecmp(image->filter_name, word, len)) {
        return 1;
    }
    return image->filter_id >= 0 && vo_num_to_int64(word, (int)len, &id)
           && id == image->filter_id;
}

static const char *names_of(const apr_array_header_t *found, apr_pool_t *pool)
{
    const char *names = "";
    int i;

    for (i = 0; i < found->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(found, i, vo_image_t).filter_name;

        if (name) {
            names = apr_pstrcat(pool, names, *names ? ", " : "", name, NULL);
        }
    }
    return *names ? names : "none";
}

static int has_image(const vo_soda_cut_t *cut, const vo_image_t *image)
{
    int i = 0;

    while (i < cut->nimages && cut->images[i] != image) {
        ++i;
    }
    return i < cut->nimages;
}

/* The images whose filters LIST names, at least one, in its order; one that is
 * named again comes again only if that is meant (IS_REPEATED). */
static vo_err_t *pick(vo_soda_cut_t *cut, const char *list, const char *param,
                      int is_repeated, const apr_array_header_t *found,
                      apr_pool_t *pool)
{
    cut->images = apr_palloc(pool, (strlen(list) / 2 + 1)
                                       * sizeof(*cut->images));
    cut->nimages = 0;
    for (;;) {
        apr_size_t len;
        int i = 0;

        list += strspn(list, " \t,;");
        len = strcspn(list, " \t,;");
        if (!len) {
            break;
        }
        while (i < found->nelts
               && !is_filter(&APR_ARRAY_IDX(found, i, vo_image_t), list,
                             len)) {
            ++i;
        }
        if (i == found->nelts) {
            return vo_err_make(pool, VO_ERR_USAGE, "%s: the tile has no image"
                               " in a filter \"%.*s\"; there are %s", param,
                               (int)(len < 40 ? len : 40), list,
                               names_of(found, pool));
        }
        if (is_repeated
            || !has_image(cut, &APR_ARRAY_IDX(found, i, vo_image_t))) {
            cut->images[cut->nimages++] = &APR_ARRAY_IDX(found, i, vo_image_t);
        }
        list += len;
    }
    return cut->nimages ? NULL
                        : vo_err_make(pool, VO_ERR_USAGE, "%s names no filter;"
                                      " there are %s", param,
                                      names_of(found, pool));
}

static double middle(const vo_image_t *image)
{
    return (image->em_min + image->em_max) / 2;
}

int vo_soda_usual_rgb(const vo_image_t *rgb[3],
                      const apr_array_header_t *found)
{
    static const double wanted[3] = {760e-9, 620e-9, 480e-9};
    double broadest = 0;
    int i, k;

    for (i = 0; i < found->nelts; ++i) {
        const vo_image_t *image = &APR_ARRAY_IDX(found, i, vo_image_t);
        double width = image->em_max - image->em_min;

        broadest = width > broadest ? width : broadest;
    }
    for (k = 0; k < 3; ++k) {
        double nearest = HUGE_VAL;

        rgb[k] = NULL;
        for (i = 0; i < found->nelts; ++i) {
            const vo_image_t *image = &APR_ARRAY_IDX(found, i, vo_image_t);
            double off = fabs(middle(image) - wanted[k]);

            if (image->em_max - image->em_min >= 0.3 * broadest
                && off < nearest && (k < 1 || image != rgb[0])
                && (k < 2 || image != rgb[1])) {
                nearest = off;
                rgb[k] = image;
            }
        }
        if (!rgb[k]) {
            return 0;
        }
    }
    return 1;
}

static vo_err_t *pick_rgb(vo_soda_cut_t *cut, const char *list,
                          const apr_array_header_t *found, apr_pool_t *pool)
{
    if (*list) {
        VO_TRY(pick(cut, list, "RGB", 1, found, pool));
        return cut->nimages == 3
                   ? NULL
                   : vo_err_make(pool, VO_ERR_USAGE, "RGB: three filters are"
                                 " needed; there are %s",
                                 names_of(found, pool));
    }
    cut->images = apr_palloc(pool, 3 * sizeof(*cut->images));
    cut->nimages = 3;
    return vo_soda_usual_rgb(cut->images, found)
               ? NULL
               : vo_err_make(pool, VO_ERR_USAGE, "The tile has no three filters"
                             " for a colour picture; there are %s",
                             names_of(found, pool));
}

vo_err_t *vo_soda_choose(vo_soda_cut_t *cut, const vo_soda_how_t *how,
                         const apr_array_header_t *found, apr_pool_t *pool)
{
    int i;

    if (how->rgb) {
        return pick_rgb(cut, how->rgb, found, pool);
    }
    if (strcasecmp(how->filters, "all")) {
        return pick(cut, how->filters, "FILTERS", 0, found, pool);
    }
    cut->images = apr_palloc(pool, ((apr_size_t)found->nelts + 1)
                                       * sizeof(*cut->images));
    cut->nimages = found->nelts;
    for (i = 0; i < found->nelts; ++i) {
        cut->images[i] = &APR_ARRAY_IDX(found, i, vo_image_t);
    }
    return NULL;
}

/* The images to be cut for cut->image. */
static vo_err_t *find_others(vo_soda_cut_t *cut, const vo_soda_how_t *how,
                             const vo_release_t *rel, vo_image_run_t *run,
                             void *baton, apr_pool_t *pool)
{
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    apr_array_header_t *found;

    if (!how->filters && !how->rgb) {
        cut->images = apr_palloc(pool, sizeof(*cut->images));
        cut->images[0] = cut->image;
        cut->nimages = 1;
        return NULL;
    }
    if (cut->image->tile_id < 0) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s: the image belongs to no"
                           " tile, so it has no other filters",
                           how->rgb ? "RGB" : "FILTERS");
    }
    key.tile_id = cut->image->tile_id;
    key.subtype = cut->image->subtype;
    key.is_bare = !how->has_weight && !how->has_mask;
    VO_TRY(vo_image_find(&found, rel, &key, run, baton, pool));
    return vo_soda_choose(cut, how, found, pool);
}

/* Leave out the images that have nothing of BAND; one of which nothing is known
 * stays. */
static void keep_band(vo_soda_cut_t *cut, const vo_band_t *band,
                      apr_pool_t *pool)
{
    const vo_image_t **kept = apr_palloc(pool, ((apr_size_t)cut->nimages + 1)
                                                   * sizeof(*kept));
    int i, n = 0;

    for (i = 0; i < cut->nimages; ++i) {
        const vo_image_t *image = cut->images[i];

        if (!(image->em_min > band->hi) && !(image->em_max < band->lo)) {
            kept[n++] = image;
        }
    }
    cut->images = kept;
    cut->nimages = n;
}

const char *vo_soda_file_name(const char *text, apr_pool_t *pool)
{
    char *name = apr_pstrdup(pool, text), *p;

    for (p = name; *p; ++p) {
        if ((unsigned char)*p >= 0x80 || (!apr_isalnum(*p)
                                          && !strchr("-_+.", *p))) {
            *p = '_';
        }
    }
    return name;
}

static const char *name_of(const vo_soda_cut_t *cut, const vo_soda_how_t *how,
                           apr_pool_t *pool)
{
    const vo_image_t *image = cut->image;
    const char *name = image->obs_id;

    if (how->rgb) {
        name = apr_pstrcat(pool, name, "_rgb", NULL);
    }
    else if (!how->filters && image->filter_name) {
        name = apr_pstrcat(pool, name, "_", image->filter_name, NULL);
    }
    return vo_soda_file_name(name, pool);
}

vo_err_t *vo_soda_plan(apr_array_header_t **planned,
                       const vo_soda_query_t *q, const vo_release_t *rel,
                       vo_image_run_t *run, void *baton, apr_pool_t *pool)
{
    static const vo_region_t whole = {0};
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    apr_array_header_t *images, *cuts;
    int i, j, k;

    *planned = cuts = apr_array_make(pool, q->ids->nelts,
                                     sizeof(vo_soda_cut_t));
    key.dids = q->ids;
    key.max = q->ids->nelts;
    key.is_bare = !q->how.has_weight && !q->how.has_mask;
    VO_TRY(vo_image_find(&images, rel, &key, run, baton, pool));
    for (i = 0; i < q->ids->nelts; ++i) {
        vo_soda_cut_t cut = {0};

        cut.id = APR_ARRAY_IDX(q->ids, i, const char *);
        cut.image = vo_image_by_did(images, cut.id);
        cut.region = &whole;
        cut.name = "missing";
        if (cut.image) {
            VO_TRY(find_others(&cut, &q->how, rel, run, baton, pool));
            cut.name = name_of(&cut, &q->how, pool);
        }
        for (j = 0; j < q->regions->nelts || !j; ++j) {
            for (k = 0; k < q->bands->nelts || !k; ++k) {
                vo_soda_cut_t one = cut;

                if (j < q->regions->nelts) {
                    one.region = &APR_ARRAY_IDX(q->regions, j, vo_region_t);
                }
                if (k < q->bands->nelts && one.image) {
                    one.band = &APR_ARRAY_IDX(q->bands, k, vo_band_t);
                    keep_band(&one, one.band, pool);
                }
                APR_ARRAY_PUSH(cuts, vo_soda_cut_t) = one;
            }
        }
    }
    return NULL;
}

/* ---- errors ----------------------------------------------------------- */

const char *vo_soda_error(const vo_err_t *err, apr_pool_t *pool)
{
    const char *text = vo_err_public(err, pool), *label = "Error";

    if (!strncmp(text, MULTIVALUED, sizeof(MULTIVALUED) - 1)) {
        return text;
    }
    switch (err->kind) {
    case VO_ERR_USAGE:
    case VO_ERR_NOTFOUND:
    case VO_ERR_LIMIT:
        label = "UsageError";
        break;
    case VO_ERR_AUTH:
        label = err->http == 401 ? "AuthenticationError"
                                 : "AuthorizationError";
        break;
    case VO_ERR_BUSY:
        label = "ServiceUnavailable";
        break;
    default:
        break;
    }
    return apr_pstrcat(pool, label, ": ", text, NULL);
}
