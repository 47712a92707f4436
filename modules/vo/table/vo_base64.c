/* vo_base64.c: base64 of long streams. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_base64.h"

#include <string.h>

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

vo_base64_t *vo_base64_make(apr_pool_t *pool)
{
    vo_base64_t *table = apr_palloc(pool, sizeof(*table));
    int i;

    for (i = 0; i < 4096; ++i) {
        table->pair[i][0] = letters[i >> 6];
        table->pair[i][1] = letters[i & 63];
    }
    return table;
}

char *vo_base64_encode(const vo_base64_t *table, char *p, const void *data,
                       apr_size_t len)
{
    const unsigned char *s = data, *end = s + len;

    for (; end - s >= 8; s += 6, p += 8) { /* reads 8 bytes, uses 6 */
        uint64_t v;

        memcpy(&v, s, 8);
        v = __builtin_bswap64(v);
        memcpy(p, table->pair[v >> 52], 2);
        memcpy(p + 2, table->pair[v >> 40 & 4095], 2);
        memcpy(p + 4, table->pair[v >> 28 & 4095], 2);
        memcpy(p + 6, table->pair[v >> 16 & 4095], 2);
    }
    for (; end - s >= 3; s += 3, p += 4) {
        unsigned v = (unsigned)(s[0] << 16 | s[1] << 8 | s[2]);

        memcpy(p, table->pair[v >> 12], 2);
        memcpy(p + 2, table->pair[v & 4095], 2);
    }
    if (s < end) {
        unsigned v = (unsigned)(s[0] << 16 | (end - s == 2 ? s[1] << 8 : 0));

        memcpy(p, table->pair[v >> 12], 2);
        p[2] = end - s == 2 ? letters[v >> 6 & 63] : '=';
        p[3] = '=';
        p += 4;
    }
    return p;
}

static int value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

apr_ssize_t vo_unbase64(vo_unbase64_t *state, unsigned char *out,
                        const char *text, apr_size_t len)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + len;
    unsigned char *p = out;

    for (; s < end; ++s) {
        int v;

        if (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t') {
            continue;
        }
        if (*s == '=') {
            state->is_padded = 1;
            continue;
        }
        v = state->is_padded ? -1 : value_of(*s);
        if (v < 0) {
            return -1;
        }
        state->bits = state->bits << 6 | (uint32_t)v;
        state->nbits += 6;
        if (state->nbits >= 8) {
            state->nbits -= 8;
            *p++ = (unsigned char)(state->bits >> state->nbits);
        }
    }
    return p - out;
}
