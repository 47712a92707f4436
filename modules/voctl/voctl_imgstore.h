/* voctl_imgstore.h: voctl images: what its statements share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_IMGSTORE_H
#define VOCTL_IMGSTORE_H

#include "voctl_images.h"

/* Comments of flags that are ours, and go away by themselves, begin so. */
#define VOCTL_IMG_OURS "voctl images: "

/* Run SQL, prepared once as NAME, with N text parameters; *RES (may be NULL)
 * lives in POOL. */
vo_err_t *voctl_img_sql(PGresult **res, voctl_imgjob_t *job, const char *name,
                        const char *sql, int n, const char *const *params,
                        apr_pool_t *pool);
apr_status_t voctl_img_clear(void *res); /* PQclear as a cleanup */
const char *voctl_img_int(apr_int64_t v, apr_pool_t *pool);

/* Add the roots of the release to job->roots. */
vo_err_t *voctl_img_roots(voctl_imgjob_t *job);

/* One row of vo_product; IMAGE NULL: of all images of OBS_ID. */
vo_err_t *voctl_img_put_product(voctl_imgjob_t *job,
                                const voctl_imgfile_t *file, int kind,
                                const char *image, const char *obs_id,
                                const char *hdu, const char *media_type,
                                const char *checksum, apr_pool_t *pool);

#endif
