/* vo_dali_upload.h: the parameter UPLOAD, DALI 1.1 section 3.4.5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_DALI_UPLOAD_H
#define VO_DALI_UPLOAD_H

#include <apr_tables.h>

#include "vo_dali_param.h"

#define VO_DALI_MAX_UPLOADS 20 /* tables of one request */

/* A table that came with the request: TAP_UPLOAD.NAME. */
typedef struct vo_dali_upload_t {
    const char *name; /* an ADQL identifier */
    const char *part; /* name of the part of the body it is in, or NULL */
    int fd;           /* with its bytes; -1 for a URL */
    const char *url;  /* http or https: to be fetched, or NULL */
} vo_dali_upload_t;

/* The values of UPLOAD, each "name,uri" or, as TAP 1.0 wrote it,
 * "name,uri;name,uri", as vo_dali_upload_t in *UPLOADS. The URIs are param:, of
 * parts of the same body, http: or https:. Usage errors: a name that is no
 * regular identifier or is reserved or given twice, another scheme, a part that
 * is not there. */
vo_err_t *vo_dali_uploads(apr_array_header_t **uploads,
                          const vo_dali_params_t *params,
                          apr_pool_t *pool);

/* The error that URI is not fetched for table NAME. */
vo_err_t *vo_dali_upload_refused(const char *name, const char *uri,
                                 apr_pool_t *pool);

#endif
