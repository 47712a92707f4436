/* vo_image_url.h: the addresses of images, their files and services. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_IMAGE_URL_H
#define VO_IMAGE_URL_H

#include "vo_image.h"

/*
 * BASE is the address of VORoot without a slash at its end (vo_base_url of
 * mod_vo.h, base_url of a job). The one place where these are put together;
 * the view vo_obscore does the same in SQL.
 */

/* DataLink's links of the image: BASE/datalink/RELEASE/links?ID=DID. */
const char *vo_image_links_url(const char *base, const vo_release_t *rel,
                               const char *did, apr_pool_t *pool);

/* The whole file of the image with publisher DID, or of its product with id
 * PRODUCT (0: the image): BASE/siap/RELEASE/get_file?ID=DID[&PRODUCT=id]. */
const char *vo_image_file_url(const char *base, const vo_release_t *rel,
                              const char *did, apr_int64_t product,
                              apr_pool_t *pool);

/* SODA's synchronous resource of the release: BASE/soda/RELEASE/sync; PATH is
 * "sync" or "async". */
const char *vo_image_soda_url(const char *base, const vo_release_t *rel,
                              const char *path, apr_pool_t *pool);

/* TEXT percent-encoded as a value in a query string: letters, digits and
 * -._~:/,!*()'$;@? stay (RFC 3986, section 3.4, less & = +). */
const char *vo_image_url_value(const char *text, apr_pool_t *pool);

#endif
