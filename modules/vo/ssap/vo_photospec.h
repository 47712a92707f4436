/* vo_photospec.h: spectra of catalogue objects, one point per filter. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_PHOTOSPEC_H
#define VO_PHOTOSPEC_H

#include <apr_tables.h>

#include "../image/vo_image.h"
#include "../meta/vo_meta.h"
#include "../vo_err.h"

/*
 * The operator marks array columns of a table (vo_photospec_t, `voctl
 * photospec`); then each of its rows has a spectrum, made when it is asked
 * for. It is called RELEASE-IVOID?photospec/NAME/ID[/ID...], ids being those of
 * the row, percent-encoded.
 *
 * Flux densities are per frequency: in the unit of the column, or in uJy where
 * the column holds AB magnitudes (a magnitude of 90 or more, NaN and NULL mean
 * that nothing was detected).
 */

typedef struct vo_specpoint_t {
    const vo_filter_t *filter;
    double flux, error;  /* NaN: none */
    int is_limit;        /* nothing was detected: FLUX, if any, is the most
                            there can be */
    int flags;           /* of the catalogue; -1 unknown */
} vo_specpoint_t;

typedef struct vo_spectrum_t {
    const vo_photospec_t *spec;
    const char *did;
    const char *target;  /* name of the object: its ids joined by "-" */
    double ra, dec;      /* degrees, ICRS */
    int npoints;
    vo_specpoint_t *points; /* by wavelength */
} vo_spectrum_t;

/* What all spectra of a kind cover; wavelengths in m. */
typedef struct vo_specrange_t {
    int n;               /* filters */
    double lo, hi;       /* where the first begins, where the last ends */
    double width;        /* of a filter, typically (median) */
    double res_power;    /* wavelength over width, typically */
} vo_specrange_t;

/* The filters of SPEC that have a wavelength and width, in order of wavelength:
 * *N of them, in POOL. */
const vo_filter_t **vo_photospec_filters(int *n, const vo_release_t *rel,
                                         const vo_photospec_t *spec,
                                         apr_pool_t *pool);

void vo_photospec_range(vo_specrange_t *range, const vo_release_t *rel,
                        const vo_photospec_t *spec, apr_pool_t *pool);

/* Unit of the flux densities, and how many Jy it is; 0 for a unit that is none
 * of Jy, mJy, uJy, nJy. */
const char *vo_photospec_unit(const vo_photospec_t *spec);
double vo_photospec_jansky(const vo_photospec_t *spec);

/* The spectra of REL called NAME, or NULL. */
const vo_photospec_t *vo_photospec_named(const vo_release_t *rel,
                                         const char *name);

/* Can an id be of that column: is it one of integers or text? */
int vo_photospec_is_id(const vo_column_t *column);
int vo_photospec_is_text(const vo_column_t *column);

/* What all identifiers of SPEC begin with, up to the ids of the row. */
const char *vo_photospec_prefix(const vo_release_t *rel,
                                const vo_photospec_t *spec, apr_pool_t *pool);

/* Does DID name a spectrum REL could have? Its kind and the ids of the row
 * (spec->nids texts) are then set, in POOL; an id that the column cannot hold
 * is none. */
int vo_photospec_parse(const vo_photospec_t **spec, const char ***ids,
                       const vo_release_t *rel, const char *did,
                       apr_pool_t *pool);

/* The same for the name of an object, which has no kind: its ids in SPEC. */
int vo_photospec_target(const char ***ids, const vo_photospec_t *spec,
                        const char *name, apr_pool_t *pool);

/* Find the spectra of SPEC whose ids are in ROWS (const char **): *SPECTRA is
 * an array of vo_spectrum_t in the same order, did NULL where there is no such
 * row. One query; RUN and BATON as for vo_image_find. */
vo_err_t *vo_photospec_find(apr_array_header_t **spectra,
                            const vo_release_t *rel,
                            const vo_photospec_t *spec,
                            const apr_array_header_t *rows,
                            vo_image_run_t *run, void *baton,
                            apr_pool_t *pool);

/* Columns of ROWS as array parameters: PARAMS[nids] and OIDS[nids] are set. */
void vo_photospec_id_params(const char **params, unsigned *oids,
                            const vo_photospec_t *spec,
                            const apr_array_header_t *rows, apr_pool_t *pool);

/* "unnest($FIRST::..., ...) WITH ORDINALITY AS k(k0, ..., n) JOIN table AS t ON
 * ..." for those parameters, $FIRST the first of them; in POOL. */
const char *vo_photospec_id_sql(const vo_photospec_t *spec, int first,
                                apr_pool_t *pool);

/* One point from what the columns hold (NaN for NULL). */
void vo_photospec_point(vo_specpoint_t *point, const vo_photospec_t *spec,
                        const vo_filter_t *filter, double value, double error,
                        int flags);

#endif
