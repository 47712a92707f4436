/* vo_datalink_int.h: shared within modules/vo/datalink. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_DATALINK_INT_H
#define VO_DATALINK_INT_H

#include "../ssap/vo_photospec.h"
#include "vo_datalink.h"

/* The columns of a table of links, *N of them, in POOL. */
vo_field_t *vo_datalink_fields(int *n, apr_pool_t *pool);

/* Remember what can be cut out of IMAGE until the end of the document; the
 * number to tell it by, from 1. */
int vo_datalink_keep(vo_datalink_t *dl, const vo_image_t *image);

/* XML ID of the descriptor of SERVICE (see vo_soda_services) for dataset N. */
const char *vo_datalink_service_id(int service, int n, apr_pool_t *pool);

/* The links to what is written about the release. */
vo_err_t *vo_datalink_documentation(vo_datalink_t *dl, const char *id,
                                    apr_pool_t *scratch);

/* A catalogue object by the identifier of its spectrum. */
typedef struct vo_object_t {
    const vo_spectrum_t *spectrum; /* NULL: the identifier is another's */
    const char *image;             /* DID of one that shows it, or NULL */
} vo_object_t;

/* Those objects among IDS, by place, in POOL; a query for each kind of spectra
 * and one for the images. */
vo_err_t *vo_datalink_objects(vo_object_t **objects, vo_datalink_t *dl,
                              const apr_array_header_t *ids,
                              vo_image_run_t *run, void *baton,
                              apr_pool_t *pool);

/* Write the links of OBJECT, asked for as ID. */
vo_err_t *vo_datalink_object(vo_datalink_t *dl, const char *id,
                             const vo_object_t *object, apr_pool_t *scratch);

#endif
