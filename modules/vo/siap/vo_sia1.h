/* vo_sia1.h: parameters of SIAP 1.0, the SQL and the columns of a search. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SIA1_H
#define VO_SIA1_H

#include "../dali/vo_dali_param.h"
#include "../meta/vo_meta.h"
#include "../table/vo_table.h"
#include "../vo_err.h"
#include "../vo_sql.h"

/*
 * Simple Image Access 1.0 (REC 2009-11-11) on the images of a release. What is
 * searched is their exact footprint, never their centre. A row is an image in
 * one format: the file itself, or its preview. With parameters for generated
 * images (NAXIS, CRVAL ...) or MODE=cutout the rows are cutouts of the same
 * images, in FITS, PNG and JPEG; pixels are cut, not resampled, so CDELT,
 * ROTANG and PROJ are read and the row tells what really comes.
 */
#define VO_SIA1_STANDARD_ID "ivo://ivoa.net/std/SIA"
#define VO_SIA1_MAX_VERB 3

typedef enum {
    VO_SIA1_COVERS,   /* the image covers the region */
    VO_SIA1_ENCLOSED, /* the image is inside the region */
    VO_SIA1_CENTER,   /* the image holds the centre of the region */
    VO_SIA1_OVERLAPS  /* they have a point in common */
} vo_sia1_intersect_e;

typedef struct vo_sia1_query_t {
    int is_metadata;          /* FORMAT=METADATA: nothing else was read */
    double ra, dec;           /* POS, degrees, ICRS */
    double width, height;     /* SIZE, degrees on the sky */
    vo_sia1_intersect_e intersect;
    int verb;                 /* 0 to VO_SIA1_MAX_VERB */
    const char *formats;      /* media types wanted as text of an array; NULL:
                                 all */
    int is_one_format;        /* of each image only the first there is */
    int is_cutout;
    double cut_ra, cut_dec;   /* centre of the cutouts, ICRS */
    double cut_width, cut_height; /* degrees */
} vo_sia1_query_t;

/* Read PARAMS. Usage errors name the parameter and what is allowed. */
vo_err_t *vo_sia1_read(vo_sia1_query_t *query, const vo_dali_params_t *params,
                       apr_pool_t *pool);

/*
 * The region of POS and SIZE (section 4.1.1) as sky_region() reads it: WIDTH is
 * an angle on the sky, so the region spans WIDTH / cos(dec) of right ascension.
 * What would lie beyond a pole lies on the other side of it.
 */
vo_err_t *vo_sia1_region(const char **region, double ra, double dec,
                         double width, double height, apr_pool_t *pool);

/* The columns of an answer at VERB, in POOL. */
void vo_sia1_fields(int *nfields, vo_field_t **fields,
                    const vo_release_t *rel, int verb, apr_pool_t *pool);

/* Fill REQ's SQL, parameters, prepare_name and max_rows, of MAXREC rows at
 * most; the columns are those of vo_sia1_fields. */
vo_err_t *vo_sia1_request(vo_sql_req_t *req, const vo_release_t *rel,
                          const vo_sia1_query_t *query, apr_int64_t maxrec,
                          apr_pool_t *pool);

/* What the service takes, as the PARAMs INPUT:POS ... of FORMAT=METADATA. */
const vo_param_t *vo_sia1_inputs(int *n, apr_pool_t *pool);

/* The SQL that finds the centre of some image of REL, in POOL. */
const char *vo_sia1_sample_sql(const vo_release_t *rel, apr_pool_t *pool);

/* --- capability (SimpleDALRegExt 1.1, section 3.2) ------------------------ */

typedef struct vo_sia1_cap_t {
    const char *url;         /* complete, ends in ? or & */
    const char *description; /* or NULL */
    apr_int64_t max_records;
    double test_ra, test_dec; /* a query that finds something */
    double test_size;
    const char *security;    /* as for vo_vosi_security */
} vo_sia1_cap_t;

vo_err_t *vo_sia1_capability(vo_out_t *out, const vo_sia1_cap_t *cap);

#endif
