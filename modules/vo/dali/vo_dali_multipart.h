/* vo_dali_multipart.h: reading multipart/form-data as it arrives, RFC 7578. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_DALI_MULTIPART_H
#define VO_DALI_MULTIPART_H

#include "vo_dali_param.h"

/*
 * Parts become parameters in the order they come. Those with a filename are
 * files: their bytes go to an unlinked temporary file each, so that memory does
 * not grow with them, up to MAX_FILES bytes in all (a VO_ERR_LIMIT with http
 * 413 beyond it). With MAX_FILES 0 nothing is kept of a file but its name. All
 * else, and without MAX_FILES the files too, may have MAX_TEXT bytes.
 */
typedef struct vo_dali_multipart_t vo_dali_multipart_t;

/* Begin; the boundary is taken from CONTENT_TYPE. */
vo_err_t *vo_dali_multipart_begin(vo_dali_multipart_t **multipart,
                                  vo_dali_params_t *params,
                                  const char *content_type,
                                  apr_off_t max_text, apr_off_t max_files);

/* Take the next LEN bytes of the body. */
vo_err_t *vo_dali_multipart_feed(vo_dali_multipart_t *multipart,
                                 const char *data, apr_size_t len);

/* The body is over: an error unless its last boundary was seen. */
vo_err_t *vo_dali_multipart_end(vo_dali_multipart_t *multipart);

/* An unlinked temporary file, closed with POOL. */
vo_err_t *vo_dali_temp_file(int *fd, apr_pool_t *pool);

/* Append LEN bytes at DATA to it. */
vo_err_t *vo_dali_temp_write(int fd, const char *data, apr_size_t len,
                             apr_pool_t *pool);

#endif
