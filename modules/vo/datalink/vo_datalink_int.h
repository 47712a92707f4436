/* vo_datalink_int.h: shared within modules/vo/datalink. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_DATALINK_INT_H
#define VO_DATALINK_INT_H

#include "vo_datalink.h"

/* The columns of a table of links, *N of them, in POOL. */
vo_field_t *vo_datalink_fields(int *n, apr_pool_t *pool);

/* Remember what can be cut out of IMAGE until the end of the document; the
 * number to tell it by, from 1. */
int vo_datalink_keep(vo_datalink_t *dl, const vo_image_t *image);

/* XML ID of the descriptor of SERVICE (see vo_soda_services) for dataset N. */
const char *vo_datalink_service_id(int service, int n, apr_pool_t *pool);

#endif
