/* vo_image.h: the images of a release: what is known of each, finding them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_IMAGE_H
#define VO_IMAGE_H

#include <apr_tables.h>

#include "../meta/vo_meta.h"
#include "../vo_err.h"
#include "../vo_sql.h"

/*
 * `voctl images` registers data products in tables of the release (see
 * sql/schema/070_image.sql). A vo_image_t is one row of vo_image: an image,
 * cube, spectrum, event list or table with its file. A vo_product_t is what
 * belongs to it: weight, mask, PSF, preview ..., or, without an image, to all
 * images of its observation (the RGB picture of a tile). Searches go through
 * ivoa.obscore; DataLink, SODA and the direct downloads find single images
 * here.
 *
 * Absent numbers are NaN (double) or -1 (integers), absent texts NULL.
 */

/* Where a file is. */
typedef struct vo_imgfile_t {
    int root_id;            /* of rel->roots */
    const char *path;       /* relative to it */
    int hdu;                /* from 1, the primary */
    const char *media_type; /* "image/fits", "image/png" ... */
    apr_int64_t size;       /* bytes when it was registered */
    double mtime;           /* seconds since 1970, then */
    const char *checksum;   /* "sha256:hex" or NULL */
} vo_imgfile_t;

typedef enum {
    VO_PRODUCT_WEIGHT,
    VO_PRODUCT_MASK,
    VO_PRODUCT_NOISE,
    VO_PRODUCT_PSF,
    VO_PRODUCT_PREVIEW,
    VO_PRODUCT_THUMBNAIL,
    VO_PRODUCT_RGB,
    VO_PRODUCT_DOCUMENTATION,
    VO_PRODUCT_AUXILIARY,
    VO_PRODUCT_COUNT
} vo_product_e;

/* What the kinds are called in vo_product.kind and what DataLink calls them
 * (http://www.ivoa.net/rdf/datalink/core); indexed by vo_product_e. */
typedef struct vo_product_kind_t {
    const char *name;        /* "weight" */
    const char *semantics;   /* "#weight" */
    const char *description; /* "Weight map" */
} vo_product_kind_t;
extern const vo_product_kind_t vo_product_kinds[VO_PRODUCT_COUNT];

/* The kind called NAME, or -1. */
int vo_product_kind_find(const char *name);

typedef struct vo_product_t {
    apr_int64_t id;
    vo_product_e kind;
    const char *description; /* or NULL: that of the kind */
    vo_imgfile_t file;
} vo_product_t;

typedef struct vo_image_t {
    apr_int64_t id;
    const char *did;          /* publisher DID */
    const char *product_type; /* "image", "cube", "measurements" ... */
    const char *subtype;      /* "coadd", "single" ... */
    int calib_level;
    const char *collection, *obs_id;
    apr_int64_t tile_id;
    const char *filter_name;
    int filter_id;
    const char *title, *target_name;
    const char *region;       /* footprint as DALI text ("polygon ...") */
    double ra, dec, fov;      /* its centre and diameter, degrees */
    int naxes;
    int naxis[4];
    double scale[2];          /* degrees per pixel */
    double exptime, t_min, t_max;   /* s; MJD */
    double fwhm, depth, zero_point; /* arcsec; AB magnitudes */
    double em_min, em_max;    /* m */
    const char *o_ucd, *o_unit, *pol_states;
    const char *facility, *instrument;
    int is_valid;
    const char *comment;
    vo_imgfile_t file;        /* path NULL: it has a link */
    const char *link;         /* below the root of the services, or NULL */
    int nproducts;            /* valid ones */
    vo_product_t *products;   /* in order of kind and id */
    int nprogenitors;
    const char **progenitors; /* publisher DIDs where known, else names */
} vo_image_t;

/* Which images are looked for: all that is said must fit. */
typedef struct vo_image_key_t {
    const apr_array_header_t *dids; /* const char *: any of these, or NULL */
    apr_int64_t tile_id;            /* -1 any; images of an observation of
                                     * which one has this number: archives
                                     * number tiles, or each filter's image */
    int filter_id;                  /* -1 any */
    const char *filter_name;        /* NULL any; without regard to case */
    const char *subtype;            /* NULL any */
    int has_position;               /* the footprint holds ra, dec */
    double ra, dec;                 /* degrees, ICRS */
    int with_invalid;               /* those flagged invalid too */
    int max;                        /* at most so many; 0: 1000 */
    int is_bare;                    /* without products and progenitors, which
                                       cost another query */
} vo_image_key_t;

/* Nothing but what must fit is said. */
#define VO_IMAGE_KEY_ANY {NULL, -1, -1, NULL, NULL, 0, 0, 0, 0, 0, 0}

/*
 * Look for the images of REL that fit KEY. They come in order of tile,
 * wavelength and id; with a position those come first whose centre is nearest.
 * RUN executes a request as vo_query does in httpd and vo_sql_run elsewhere.
 * *IMAGES is an array of vo_image_t in POOL, empty where nothing fits or the
 * release has no images.
 */
typedef vo_err_t *vo_image_run_t(void *baton, const vo_sql_req_t *req,
                                 vo_sql_done_t *done);
vo_err_t *vo_image_find(apr_array_header_t **images, const vo_release_t *rel,
                        const vo_image_key_t *key, vo_image_run_t *run,
                        void *baton, apr_pool_t *pool);

/* The image of IMAGES (as found) with publisher DID, by exact match before one
 * without regard to case (IVOA Identifiers 2.0, section 2.6), or NULL. */
const vo_image_t *vo_image_by_did(const apr_array_header_t *images,
                                  const char *did);

/* The first product of KIND, or NULL. */
const vo_product_t *vo_image_product(const vo_image_t *image,
                                     vo_product_e kind);

#endif
