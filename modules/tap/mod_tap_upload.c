/* mod_tap_upload.c: tables that come with a query, TAP 1.1 section 2.5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_query.h"

#include <apr_strings.h>

#include "dali/vo_dali_upload.h"

vo_err_t *tap_upload_open(tap_query_t *q)
{
    const char *value = vo_dali_param_nth(q->params, "UPLOAD", 0);
    apr_array_header_t *found;
    int i;

    if (!value) {
        return NULL;
    }
    if (*value && !q->conf.upload_bytes) {
        return vo_err_make(q->pool, VO_ERR_USAGE,
                           "This service does not take uploads of tables.");
    }
    VO_TRY(vo_dali_uploads(&found, q->params, q->pool));
    q->uploads = apr_palloc(q->pool, sizeof(*q->uploads)
                                         * (apr_size_t)(found->nelts + 1));
    q->upload_tables = apr_palloc(q->pool,
                                  sizeof(*q->upload_tables)
                                      * (apr_size_t)(found->nelts + 1));
    for (i = 0; i < found->nelts; ++i) {
        const vo_dali_upload_t *one = &APR_ARRAY_IDX(found, i,
                                                     vo_dali_upload_t);

        VO_TRY(vo_upload_open(&q->uploads[i], one->name, one->fd, i + 1,
                              q->conf.upload_rows, q->pool));
        q->upload_tables[i] = vo_upload_table(q->uploads[i]);
        q->nuploads = i + 1;
    }
    return NULL;
}

vo_err_t *tap_upload_setup(void *baton, PGconn *conn)
{
    tap_query_t *q = baton;
    int i;

    for (i = 0; i < q->nuploads; ++i) {
        VO_TRY(vo_upload_store(q->uploads[i], conn, q->rel->reader_role));
    }
    return NULL;
}
