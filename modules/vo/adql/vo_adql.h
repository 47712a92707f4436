/* vo_adql.h: from ADQL text to checked, parameterised PostgreSQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_ADQL_H
#define VO_ADQL_H

#include "../meta/vo_meta.h"
#include "../vo_err.h"

/*
 * lex -> parse (byte positions) -> check (names, types, allow-list) -> print.
 * Only tables of the release (and of ENV->extra) can be named; every value of
 * the query travels as a parameter. Pure: no database, no state.
 *
 * ADQL 2.1 (REC 2023-12-15) with every optional feature, plus CASE, subqueries
 * as values, UNNEST in FROM (vo_adql_unnest.c), and the arrays of the IVOA
 * wiki's ADQLVectorMath (elements, slices, + - * /, arr_ functions; not
 * aggregates of whole arrays).
 *
 * The SQL calls the functions of the extension pgsky unqualified, so the
 * search_path must hold it. A position is a table's ra and dec with a column of
 * order-29 cells: constant shapes become ranges of that column, a cross-match
 * looks the larger table up by it (vo_adql_geom.c, vo_adql_match.c).
 *
 * A parameter with type 0 is a sky_region (cast in the text).
 */
typedef struct vo_adql_env_t {
    const vo_release_t *release;
    int nextra;
    const vo_table_t *const *extra; /* upload tables, schema TAP_UPLOAD */
    apr_int64_t maxrec;   /* rows wanted at most, -1 none: LIMIT maxrec + 1 */
    int version;          /* 20 or 21: LANG */
    int cone_budget;      /* ranges per constant shape, 0 = default */
    /* Where is the object NAME (degrees, ICRS)? NULL: names are not resolved.
     * Errors are of POOL and say so with the name in their text. */
    vo_err_t *(*resolve)(void *baton, const char *name, double *ra,
                         double *dec, apr_pool_t *pool);
    void *resolve_baton;
} vo_adql_env_t;

typedef struct vo_adql_result_t {
    const char *sql;
    int nparams;
    const char *const *params; /* text form, for PQexecParams */
    const unsigned *param_oids;
    int nfields;
    vo_field_t *fields;        /* pg_oid set to what the SQL delivers */
    int ntables;
    const vo_table_t *const *tables; /* the published tables it reads */
    apr_int64_t top;           /* TOP of the outermost SELECT, -1 none */
    int is_small;              /* constant-time shape: JIT is never worth it */
} vo_adql_result_t;

/* Translate TEXT. Errors carry byte offset, line, column and a hint. */
vo_err_t *vo_adql_translate(vo_adql_result_t **result, const char *text,
                            const vo_adql_env_t *env, apr_pool_t *result_pool,
                            apr_pool_t *scratch_pool);

/* Parse only (no names are looked up): NULL when TEXT is ADQL by grammar. */
vo_err_t *vo_adql_parse_only(const char *text, int version, apr_pool_t *pool);

/* Print the parsed query back as ADQL, for the round-trip tests. */
vo_err_t *vo_adql_reprint(const char **adql, const char *text,
                          apr_pool_t *pool);

/* What the service speaks, for TAPRegExt languageFeatures: rows of
 * {feature type id, form, description}, ended by a NULL type; generated from
 * the same tables the checker uses. HAS_NAMES: an ENV of this service has
 * resolve(). */
typedef struct vo_adql_feature_t {
    const char *type, *form, *description;
} vo_adql_feature_t;
const vo_adql_feature_t *vo_adql_features(int has_names, apr_pool_t *pool);

/* Is WORD reserved in ADQL 2.1 (any case)? */
int vo_adql_is_reserved(const char *word);

/* NAME as a query must write it: itself when it is a regular identifier and no
 * reserved word, else delimited by double quotes, in POOL. */
const char *vo_adql_name(const char *name, apr_pool_t *pool);

#endif
