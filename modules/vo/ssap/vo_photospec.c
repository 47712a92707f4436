/* vo_photospec.c: the spectra that array columns of a catalogue are. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_photospec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "../image/vo_image_url.h"
#include "../table/vo_wire.h"
#include "../vo_num.h"

#define ANGSTROM 1e-10
#define AB_ZERO_UJY 23.9    /* AB magnitude of 1 uJy */
#define NOT_DETECTED 90.0   /* and above: 99, or 90 of older catalogues */
#define LN10_04 0.92103403719761827 /* ln(10) / 2.5 */

/* --- filters and units --------------------------------------------------- */

static int by_wavelength(const void *av, const void *bv)
{
    const vo_filter_t *a = *(const vo_filter_t *const *)av;
    const vo_filter_t *b = *(const vo_filter_t *const *)bv;

    return (a->wavelength > b->wavelength) - (a->wavelength < b->wavelength);
}

static int by_value(const void *av, const void *bv)
{
    const double *a = av, *b = bv;

    return (*a > *b) - (*a < *b);
}

const vo_filter_t **vo_photospec_filters(int *n, const vo_release_t *rel,
                                         const vo_photospec_t *spec,
                                         apr_pool_t *pool)
{
    const vo_filter_t **found = apr_palloc(
        pool, sizeof(*found) * (apr_size_t)(rel->nfilters + 1));
    int i;

    *n = 0;
    for (i = 0; i < rel->nfilters; ++i) {
        const vo_filter_t *f = &rel->filters[i];

        /* the position in an array is that among the table's own survey */
        if (!strcasecmp(f->survey, spec->table->schema) && f->wavelength > 0
            && f->width > 0) {
            found[(*n)++] = f;
        }
    }
    qsort(found, (size_t)*n, sizeof(*found), by_wavelength);
    return found;
}

void vo_photospec_range(vo_specrange_t *range, const vo_release_t *rel,
                        const vo_photospec_t *spec, apr_pool_t *pool)
{
    const vo_filter_t **filters = vo_photospec_filters(&range->n, rel, spec,
                                                       pool);
    int i, n = range->n;
    double *width = apr_palloc(pool, sizeof(double) * (apr_size_t)(n + 1));
    double *power = apr_palloc(pool, sizeof(double) * (apr_size_t)(n + 1));

    range->lo = range->hi = range->width = range->res_power = NAN;
    for (i = 0; i < n; ++i) {
        double lo = filters[i]->wavelength - filters[i]->width / 2;
        double hi = filters[i]->wavelength + filters[i]->width / 2;

        range->lo = i && range->lo <= lo * ANGSTROM ? range->lo
                                                    : lo * ANGSTROM;
        range->hi = i && range->hi >= hi * ANGSTROM ? range->hi
                                                    : hi * ANGSTROM;
        width[i] = filters[i]->width * ANGSTROM;
        power[i] = filters[i]->wavelength / filters[i]->width;
    }
    if (n) {
        qsort(width, (size_t)n, sizeof(*width), by_value);
        qsort(power, (size_t)n, sizeof(*power), by_value);
        range->width = width[n / 2];
        range->res_power = power[n / 2];
    }
}

static const struct {
    const char *unit;
    double jansky;
} flux_units[] = {
    { "Jy", 1 }, { "mJy", 1e-3 }, { "uJy", 1e-6 }, { "nJy", 1e-9 },
};

const char *vo_photospec_unit(const vo_photospec_t *spec)
{
    return spec->is_mag ? "uJy" : spec->value->field.unit;
}

double vo_photospec_jansky(const vo_photospec_t *spec)
{
    const char *unit = vo_photospec_unit(spec);
    size_t i;

    for (i = 0; unit && i < sizeof(flux_units) / sizeof(*flux_units); ++i) {
        if (!strcmp(unit, flux_units[i].unit)) {
            return flux_units[i].jansky;
        }
    }
    return 0;
}

static double flux_of_mag(double mag)
{
    return pow(10, (AB_ZERO_UJY - mag) / 2.5);
}

void vo_photospec_point(vo_specpoint_t *point, const vo_photospec_t *spec,
                        const vo_filter_t *filter, double value, double error,
                        int flags)
{
    double limit = filter->position <= spec->nlimits
                       ? spec->limits[filter->position - 1] : NAN;

    memset(point, 0, sizeof(*point));
    point->filter = filter;
    point->flags = flags;
    if (!isfinite(value) || (spec->is_mag && value >= NOT_DETECTED)) {
        point->is_limit = 1;
        point->error = NAN;
        /* in the unit of the column */
        point->flux = flux_of_mag(limit) * 1e-6 / vo_photospec_jansky(spec);
        return;
    }
    if (spec->is_mag) {
        point->flux = flux_of_mag(value);
        point->error = error >= 0 && error < NOT_DETECTED
                           ? point->flux * LN10_04 * error : NAN;
        return;
    }
    point->flux = value;
    point->error = !(error >= 0) || !isfinite(error) ? NAN
                   : spec->is_relative               ? fabs(value) * error
                                                     : error;
}

/* --- identifiers --------------------------------------------------------- */

const vo_photospec_t *vo_photospec_named(const vo_release_t *rel,
                                         const char *name)
{
    int i;

    for (i = 0; i < rel->nphotospecs; ++i) {
        if (!strcmp(rel->photospecs[i].name, name)) {
            return &rel->photospecs[i];
        }
    }
    return NULL;
}

static int is_integer(const vo_column_t *c)
{
    return !strcmp(c->pg_type, "smallint") || !strcmp(c->pg_type, "integer")
           || !strcmp(c->pg_type, "bigint");
}

int vo_photospec_is_text(const vo_column_t *c)
{
    return !strcmp(c->pg_type, "text") || !strncmp(c->pg_type, "character", 9);
}

int vo_photospec_is_id(const vo_column_t *c)
{
    return is_integer(c) || vo_photospec_is_text(c);
}

/* Spectra of a release that has no identifier of its own are identified too,
 * if by a word that nobody resolves. */
static const char *root_of(const vo_release_t *rel, apr_pool_t *pool)
{
    return apr_pstrcat(pool, rel->ivoid ? rel->ivoid
                                        : "ivo://x-unregistered/",
                       rel->ivoid ? "" : rel->id, "?photospec/", NULL);
}

const char *vo_photospec_prefix(const vo_release_t *rel,
                                const vo_photospec_t *spec, apr_pool_t *pool)
{
    return apr_pstrcat(pool, root_of(rel, pool), spec->name, "/", NULL);
}

/* Does COLUMN hold TEXT? Of a number, in the one form it is printed in. */
static int fits_column(const vo_column_t *c, const char *text)
{
    apr_int64_t most = !strcmp(c->pg_type, "smallint") ? APR_INT16_MAX
                       : !strcmp(c->pg_type, "integer") ? APR_INT32_MAX
                                                        : APR_INT64_MAX;
    apr_int64_t v;
    char buf[VO_NUM_SIZE];

    if (!is_integer(c)) {
        return *text != '\0';
    }
    if (!vo_num_to_int64(text, (int)strlen(text), &v) || v > most
        || v < -most - 1) {
        return 0;
    }
    vo_num_from_int64(buf, v);
    return !strcmp(buf, text);
}

/* Cut TEXT at SEPARATOR into the ids of SPEC; the last has all that is left. */
static int split_ids(const char **ids, const vo_photospec_t *spec, char *text,
                     char separator)
{
    int i;

    for (i = 0; i < spec->nids; ++i) {
        char *end = i < spec->nids - 1 ? strchr(text + 1, separator)
                                       : text + strlen(text);

        if (!*text || !end) {
            return 0;
        }
        ids[i] = text;
        text = *end ? end + 1 : end;
        *end = '\0';
    }
    return 1;
}

int vo_photospec_parse(const vo_photospec_t **spec, const char ***ids,
                       const vo_release_t *rel, const char *did,
                       apr_pool_t *pool)
{
    const char *root = root_of(rel, pool), *rest, *slash;
    int i;

    if (strncasecmp(did, root, strlen(root))) {
        return 0;
    }
    rest = did + strlen(root);
    slash = strchr(rest, '/');
    *spec = slash ? vo_photospec_named(
        rel, apr_pstrmemdup(pool, rest, (apr_size_t)(slash - rest))) : NULL;
    if (!*spec) {
        return 0;
    }
    *ids = apr_palloc(pool, sizeof(**ids) * (apr_size_t)(*spec)->nids);
    if (!split_ids(*ids, *spec, apr_pstrdup(pool, slash + 1), '/')) {
        return 0;
    }
    for (i = 0; i < (*spec)->nids; ++i) {
        (*ids)[i] = apr_punescape_url(pool, (*ids)[i], NULL, NULL, 0);
        if (!(*ids)[i] || !fits_column((*spec)->ids[i], (*ids)[i])) {
            return 0;
        }
    }
    return 1;
}

int vo_photospec_target(const char ***ids, const vo_photospec_t *spec,
                        const char *name, apr_pool_t *pool)
{
    int i;

    *ids = apr_palloc(pool, sizeof(**ids) * (apr_size_t)spec->nids);
    if (!split_ids(*ids, spec, apr_pstrdup(pool, name), '-')) {
        return 0;
    }
    for (i = 0; i < spec->nids; ++i) {
        if (!fits_column(spec->ids[i], (*ids)[i])) {
            return 0;
        }
    }
    return 1;
}

void vo_photospec_id_params(const char **params, unsigned *oids,
                            const vo_photospec_t *spec,
                            const apr_array_header_t *rows, apr_pool_t *pool)
{
    int i, k;

    for (k = 0; k < spec->nids; ++k) {
        apr_array_header_t *texts = apr_array_make(pool, rows->nelts + 1,
                                                   sizeof(const char *));

        for (i = 0; i < rows->nelts; ++i) {
            APR_ARRAY_PUSH(texts, const char *) = APR_ARRAY_IDX(
                rows, i, const char **)[k];
        }
        params[k] = vo_sql_array(texts, pool);
        oids[k] = is_integer(spec->ids[k]) ? VO_OID_INT8_ARRAY
                                           : VO_OID_TEXT_ARRAY;
    }
}

const char *vo_photospec_id_sql(const vo_photospec_t *spec, int first,
                                apr_pool_t *pool)
{
    const char *lists = "", *names = "", *on = "";
    int k;

    for (k = 0; k < spec->nids; ++k) {
        lists = apr_psprintf(pool, "%s%s$%d::%s", lists, k ? ", " : "",
                             first + k,
                             is_integer(spec->ids[k]) ? "int8[]" : "text[]");
        names = apr_psprintf(pool, "%sk%d, ", names, k);
        on = apr_psprintf(pool, "%s%st.%s = k.k%d", on, k ? " AND " : "",
                          vo_sql_ident(spec->ids[k]->pg_column, pool), k);
    }
    return apr_pstrcat(pool, "unnest(", lists, ") WITH ORDINALITY AS k(",
                       names, "n) JOIN ",
                       vo_sql_ident(spec->table->pg_schema, pool), ".",
                       vo_sql_ident(spec->table->pg_table, pool),
                       " AS t ON ", on, NULL);
}

/* --- finding ------------------------------------------------------------- */

typedef struct finder_t {
    const vo_release_t *rel;
    const vo_photospec_t *spec;
    const apr_array_header_t *rows;
    apr_array_header_t *spectra;
    const vo_filter_t **filters;
    int nfilters;
    apr_pool_t *pool;
} finder_t;

/* Element N (from 1) of the array in CELL; NaN where it has none. */
static double element(const vo_cell_t *cell, int n)
{
    const char *p = cell->data, *end = p + (cell->len > 0 ? cell->len : 0);
    double v;

    for (; p < end; ++p) {
        const char *from = p + (*p == '{');

        for (p = from; p < end && *p != ',' && *p != '}'; ++p) {
        }
        if (--n == 0) {
            return vo_num_to_double(from, (int)(p - from), &v) ? v : NAN;
        }
    }
    return NAN;
}

static double number(const vo_cell_t *cell)
{
    double v;

    return cell->len > 0 && vo_num_to_double(cell->data, cell->len, &v) ? v
                                                                        : NAN;
}

static vo_err_t *read_spectrum(void *baton, const vo_cell_t *c, int nfields)
{
    const finder_t *f = baton;
    int at = (int)number(&c[0]) - 1, i;
    const char **ids = APR_ARRAY_IDX(f->rows, at, const char **);
    vo_spectrum_t *s = &APR_ARRAY_IDX(f->spectra, at, vo_spectrum_t);

    (void)nfields;
    s->spec = f->spec;
    s->did = vo_photospec_prefix(f->rel, f->spec, f->pool);
    s->target = "";
    for (i = 0; i < f->spec->nids; ++i) {
        s->did = apr_pstrcat(f->pool, s->did, i ? "/" : "",
                             vo_image_url_value(ids[i], f->pool), NULL);
        s->target = apr_pstrcat(f->pool, s->target, i ? "-" : "", ids[i],
                                NULL);
    }
    s->ra = number(&c[1]);
    s->dec = number(&c[2]);
    s->npoints = f->nfilters;
    s->points = apr_palloc(f->pool, sizeof(*s->points)
                                        * (apr_size_t)(f->nfilters + 1));
    for (i = 0; i < f->nfilters; ++i) {
        int place = f->filters[i]->position;
        double flags = element(&c[5], place);

        vo_photospec_point(&s->points[i], f->spec, f->filters[i],
                           element(&c[3], place), element(&c[4], place),
                           isnan(flags) ? -1 : (int)flags);
    }
    return NULL;
}

static vo_err_t *ignore_begin(void *baton, int nfields, const unsigned *oids)
{
    (void)baton;
    (void)nfields;
    (void)oids;
    return NULL;
}

static const char *array_sql(const vo_column_t *column, const char *type,
                             apr_pool_t *pool)
{
    return column ? apr_pstrcat(pool, "t.",
                                vo_sql_ident(column->pg_column, pool), "::",
                                type, NULL)
                  : "NULL";
}

vo_err_t *vo_photospec_find(apr_array_header_t **spectra,
                            const vo_release_t *rel,
                            const vo_photospec_t *spec,
                            const apr_array_header_t *rows,
                            vo_image_run_t *run, void *baton,
                            apr_pool_t *pool)
{
    const char **params = apr_palloc(pool, sizeof(*params)
                                               * (apr_size_t)spec->nids);
    unsigned *oids = apr_palloc(pool, sizeof(*oids) * (apr_size_t)spec->nids);
    finder_t finder = {rel, spec, rows, NULL, NULL, 0, pool};
    vo_sql_req_t req = {0};
    vo_sql_done_t done;

    finder.spectra = apr_array_make(pool, rows->nelts + 1,
                                    sizeof(vo_spectrum_t));
    finder.spectra->nelts = rows->nelts;
    memset(finder.spectra->elts, 0,
           sizeof(vo_spectrum_t) * (size_t)rows->nelts);
    *spectra = finder.spectra;
    if (!rows->nelts) {
        return NULL;
    }
    finder.filters = vo_photospec_filters(&finder.nfilters, rel, spec, pool);
    vo_photospec_id_params(params, oids, spec, rows, pool);
    req.role = rel->reader_role;
    req.is_small = 1;
    req.sql = apr_pstrcat(
        pool, "SELECT k.n, t.", vo_sql_ident(spec->table->ra->pg_column, pool),
        "::float8, t.", vo_sql_ident(spec->table->dec->pg_column, pool),
        "::float8, ", array_sql(spec->value, "float8[]", pool), ", ",
        array_sql(spec->error, "float8[]", pool), ", ",
        array_sql(spec->flags, "int8[]", pool), " FROM ",
        vo_photospec_id_sql(spec, 1, pool), NULL);
    req.nparams = spec->nids;
    req.params = params;
    req.param_oids = oids;
    req.max_rows = -1;
    req.begin = ignore_begin;
    req.row = read_spectrum;
    req.baton = &finder;
    return run(baton, &req, &done);
}
