/* vo_ssap.h: the parameters, the SQL and the columns of a spectrum search. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SSAP_H
#define VO_SSAP_H

#include "../dali/vo_dali_param.h"
#include "../table/vo_table.h"
#include "../vo_out.h"
#include "../vo_sql.h"
#include "vo_photospec.h"

/*
 * Simple Spectral Access Protocol 1.1 (REC 2012-02-10) over the photo-spectra
 * of a release (vo_photospec.h). Most of what is asked is the same for all
 * spectra of a kind (wavelengths, times, calibration): it decides which kinds
 * are searched at all. Position and names become SQL, the cone as in vo_cone.h.
 * Every object gives a row per kind and format.
 */
#define VO_SSAP_STANDARD_ID "ivo://ivoa.net/std/SSA"

/* The formats spectra come in. */
typedef struct vo_ssap_format_t {
    const char *media_type;
    const char *word;        /* as FORMAT of the search and of a spectrum */
    int estimate;            /* kbyte */
} vo_ssap_format_t;
#define VO_SSAP_NFORMATS 2
extern const vo_ssap_format_t vo_ssap_formats[VO_SSAP_NFORMATS];

/* An interval, ends included; open ends are infinite. */
typedef struct vo_ssap_range_t {
    double lo, hi;
} vo_ssap_range_t;

/* What is asked for. */
typedef struct vo_ssap_query_t {
    int is_metadata;          /* FORMAT=METADATA */
    int has_pos;
    double ra, dec, radius;   /* degrees */
    unsigned formats;         /* bit I: vo_ssap_formats[I] */
    apr_array_header_t *band; /* vo_ssap_range_t, m; NULL: any */
    apr_array_header_t *time; /* MJD; NULL: any */
    double specrp;            /* at least; 0: any */
    apr_array_header_t *dids; /* const char *; NULL: any */
    apr_array_header_t *targets;
    int is_empty;             /* nothing can be what is asked for */
    apr_int64_t top;          /* 0: all */
    apr_int64_t maxrec;
} vo_ssap_query_t;

/* What the service limits. */
typedef struct vo_ssap_limits_t {
    double default_size;      /* diameter, degrees */
    apr_int64_t default_maxrec, maxrec;
} vo_ssap_limits_t;

/* Read PARAMS; parameters that are not known do not matter, bad values are
 * usage errors. Everything in POOL. */
vo_err_t *vo_ssap_read(vo_ssap_query_t *query, const vo_release_t *rel,
                       const vo_dali_params_t *params,
                       const vo_ssap_limits_t *limits, apr_pool_t *pool);

/* The columns of the answer, pg_oid set: *N of them in POOL. The one of
 * publisher DIDs is called VO_SSAP_DID; positions refer to a COOSYS of ID
 * VO_SSAP_COOSYS. */
#define VO_SSAP_DID "publisher_did"
#define VO_SSAP_COOSYS "icrs"
vo_field_t *vo_ssap_fields(int *n, apr_pool_t *pool);

/* Fill REQ's SQL, parameters and max_rows; URL is where the service is. SQL is
 * NULL when the answer is known to be empty. */
vo_err_t *vo_ssap_request(vo_sql_req_t *req, const vo_ssap_query_t *query,
                          const vo_release_t *rel, const char *url,
                          apr_pool_t *pool);

/* --- the service's description of itself --------------------------------- */

/* "INPUT:" and what can be asked with, for FORMAT=METADATA; *N in POOL. */
const vo_param_t *vo_ssap_inputs(int *n, const vo_ssap_limits_t *limits,
                                 apr_pool_t *pool);

/* A capability of type ssap:SimpleSpectralAccess at URL; the test query is
 * around RA, DEC (NaN: none). SECURITY as for vo_vosi_security. */
vo_err_t *vo_ssap_capability(vo_out_t *out, const char *url,
                             const char *security,
                             const vo_ssap_limits_t *limits, double ra,
                             double dec, apr_pool_t *pool);

/* --- values -------------------------------------------------------------- */

/* Read TEXT, a list of numbers and ranges "1,2/3,/4", with an optional
 * qualifier behind ";"; *RANGES (vo_ssap_range_t) in POOL. READ reads one value
 * and may widen it to an interval; it returns 0 for what it does not know. */
typedef int vo_ssap_value_fn_t(const void *baton, const char *text, double *lo,
                               double *hi);
vo_err_t *vo_ssap_ranges(apr_array_header_t **ranges, const char **qualifier,
                         const char *name, const char *text,
                         vo_ssap_value_fn_t *read, const void *baton,
                         apr_pool_t *pool);

/* An ISO 8601 time as an interval of MJD: "2000" is all of the year. */
int vo_ssap_time(const void *unused, const char *text, double *lo, double *hi);

/* Do RANGES (NULL: anything) meet LO to HI? Not if these are unknown. */
int vo_ssap_meets(const apr_array_header_t *ranges, double lo, double hi);

#endif
