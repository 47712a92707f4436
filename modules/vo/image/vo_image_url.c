/* vo_image_url.c: the addresses of images, their files and services. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_image_url.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

const char *vo_image_url_value(const char *text, apr_pool_t *pool)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(pool, 3 * strlen(text) + 1), *p = out;

    for (; *text; ++text) {
        unsigned char c = (unsigned char)*text;

        if ((c < 0x80 && apr_isalnum(c)) || strchr("-._~:/,!*()'$;@?", c)) {
            *p++ = (char)c;
        }
        else {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
    }
    *p = '\0';
    return out;
}

const char *vo_image_links_url(const char *base, const vo_release_t *rel,
                               const char *did, apr_pool_t *pool)
{
    return apr_pstrcat(pool, base, "/datalink/", rel->id, "/links?ID=",
                       vo_image_url_value(did, pool), NULL);
}

const char *vo_image_file_url(const char *base, const vo_release_t *rel,
                              const char *did, apr_int64_t product,
                              apr_pool_t *pool)
{
    const char *url = apr_pstrcat(pool, base, "/siap/", rel->id,
                                  "/get_file?ID=",
                                  vo_image_url_value(did, pool), NULL);

    return product ? apr_psprintf(pool, "%s&PRODUCT=%" APR_INT64_T_FMT, url,
                                  product)
                   : url;
}

const char *vo_image_soda_url(const char *base, const vo_release_t *rel,
                              const char *path, apr_pool_t *pool)
{
    return apr_pstrcat(pool, base, "/soda/", rel->id, "/", path, NULL);
}
