/* vo_datalink.h: the links of data products, DataLink 1.1. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_DATALINK_H
#define VO_DATALINK_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "../image/vo_image.h"
#include "../meta/vo_meta.h"
#include "../table/vo_table.h"
#include "../vo_err.h"

/*
 * DataLink 1.1 (REC 2023-12-15). A table of links is written as identifiers are
 * looked up, some hundred at a time: publisher DIDs of images and of the
 * spectra of catalogue objects (see ../ssap/vo_photospec.h); all that is kept
 * until its end is what the descriptors of each image's cutouts say, which
 * follow the table. BASE is the address of VORoot, see vo_image_url.h.
 */

#define VO_DATALINK_ID "ivo://ivoa.net/std/DataLink#links-1.1"
#define VO_DATALINK_TYPE "application/x-votable+xml;content=datalink"
#define VO_DATALINK_SYNC "ivo://ivoa.net/std/SODA#sync-1.0"
#define VO_DATALINK_ASYNC "ivo://ivoa.net/std/SODA#async-1.0"

/* One link; absent texts are NULL. Exactly one of access_url, service_def and
 * error is there. */
typedef struct vo_link_t {
    const char *access_url;
    const char *service_def;     /* XML ID of a descriptor */
    const char *error;           /* begins with a label: "NotFoundFault: " */
    const char *description;
    const char *semantics;       /* "#this" */
    const char *content_type;
    apr_int64_t content_length;  /* bytes, -1 unknown */
    const char *content_qualifier; /* "#image" */
    const char *local_semantics; /* our own word: "mask" */
} vo_link_t;

/* What can be cut out of a dataset. */
typedef struct vo_soda_ranges_t {
    const char *did;
    const char *region;      /* footprint as DALI text, or NULL */
    double ra, dec, fov;     /* a circle around it: centre and diameter; NaN
                                unknown */
    double em_min, em_max;   /* m; NaN unknown */
} vo_soda_ranges_t;

/* A table of links on its way. */
typedef struct vo_datalink_t {
    const char *base;
    const vo_release_t *rel;
    const vo_tablefmt_t *fmt;
    int has_soda;             /* cutouts can be had; the caller's to set */
    vo_tabledoc_t doc;
    vo_writer_t *writer;      /* after begin */
    apr_array_header_t *cuts; /* vo_soda_ranges_t of the images so far */
    apr_hash_t *texts;        /* what they share: text -> itself */
    apr_pool_t *services_pool; /* of the descriptor being written */
    apr_pool_t *pool;
} vo_datalink_t;

/* The media type of links in FMT: MEDIA_TYPE, which is the client's wish if
 * IS_WISH, with content=datalink for VOTables of VOTable's own type. */
const char *vo_datalink_media_type(const vo_tablefmt_t *fmt,
                                   const char *media_type, apr_pool_t *pool);

/* Make a table in POOL. Its document describes columns and service. */
vo_datalink_t *vo_datalink_create(const char *base, const vo_release_t *rel,
                                  const vo_tablefmt_t *fmt,
                                  const char *media_type, apr_pool_t *pool);

/* Begin the document at OUT. */
vo_err_t *vo_datalink_begin(vo_datalink_t *dl, vo_out_t *out);

/* Write the links of all of IDS (const char *), in this order; an identifier
 * named again has its links already. RUN and BATON as for vo_image_find. */
vo_err_t *vo_datalink_rows(vo_datalink_t *dl, const apr_array_header_t *ids,
                           vo_image_run_t *run, void *baton);

/* End the document. */
vo_err_t *vo_datalink_end(vo_datalink_t *dl, vo_done_e done);

/* --- parts --------------------------------------------------------------- */

/* Write one row. */
vo_err_t *vo_datalink_row(vo_datalink_t *dl, const char *id,
                          const vo_link_t *link);

/* Write the links of IMAGE, asked for as ID. */
vo_err_t *vo_datalink_image(vo_datalink_t *dl, const char *id,
                            const vo_image_t *image, apr_pool_t *scratch);

/* Write the row of an ID that is not known. */
vo_err_t *vo_datalink_unknown(vo_datalink_t *dl, const char *id,
                              apr_pool_t *scratch);

/* Text of ERR behind the label its kind has in DataLink 1.1, section 3.4, in
 * POOL. */
const char *vo_datalink_error(const vo_err_t *err, apr_pool_t *pool);

/* Write the capability of the links below URL, where the service is, see
 * vo_vosi.h: DataLink 1.1, section 2.2. SECURITY as for vo_vosi_security. */
vo_err_t *vo_datalink_capability(vo_out_t *out, const char *url,
                                 const char *security);

/* --- descriptors for other results --------------------------------------- */

/* The name of the column among the fields of a result of REL that holds
 * publisher DIDs of images (obs_publisher_did of ivoa.obscore, or made of it),
 * or NULL. */
const char *vo_datalink_column(const vo_release_t *rel, int nfields,
                               const vo_field_t *fields);

/* Push to TO (of vo_descriptor_t) the links of each row, found by COLUMN. */
void vo_datalink_descriptor(apr_array_header_t *to, const char *base,
                            const vo_release_t *rel, const char *column,
                            apr_pool_t *pool);

/* The two resources of SODA 1.0: is_async picks one. */
typedef struct vo_soda_service_t {
    const char *path;        /* below the service: "sync" */
    const char *standard_id;
    const char *id;          /* XML ID, or its beginning: "soda-sync" */
    const char *description;
} vo_soda_service_t;
extern const vo_soda_service_t vo_soda_services[2];

/* Make the descriptor of SERVICE (0 sync, 1 async) in POOL: for the rows of a
 * result, found by COLUMN; or, LIMITS not NULL, for that one dataset, with the
 * range of each parameter and XML ID ID. */
void vo_datalink_soda(vo_descriptor_t *d, const char *base,
                      const vo_release_t *rel, int service, const char *column,
                      const vo_soda_ranges_t *limits, const char *id,
                      apr_pool_t *pool);

#endif
