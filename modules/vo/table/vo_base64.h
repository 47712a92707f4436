/* vo_base64.h: base64 of long streams; private to modules/vo/table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_BASE64_H
#define VO_BASE64_H

#include <stdint.h>

#include <apr_pools.h>

/* Two letters for every 12 bits. */
typedef struct vo_base64_t {
    char pair[4096][2];
} vo_base64_t;

vo_base64_t *vo_base64_make(apr_pool_t *pool);

/* Encode LEN bytes (with padding when LEN is no multiple of 3) to P, which has
 * room for (LEN + 2) / 3 * 4. Returns the end. RFC 4648 section 4. */
char *vo_base64_encode(const vo_base64_t *table, char *p, const void *data,
                       apr_size_t len);

/* A decoder that takes its text in pieces and skips white space. */
typedef struct vo_unbase64_t {
    uint32_t bits;
    int nbits;
    int is_padded; /* '=' was seen: nothing but '=' may follow */
} vo_unbase64_t;

/* Decode LEN characters to OUT (room for LEN / 4 * 3 + 3 bytes). Returns how
 * many bytes came out, or -1 for a character that is not base64. */
apr_ssize_t vo_unbase64(vo_unbase64_t *state, unsigned char *out,
                        const char *text, apr_size_t len);

#endif
