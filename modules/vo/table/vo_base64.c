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

/* What a character stands for; the larger ones are no digits. */
enum { BAD = 64, BLANK, PADDING };

static const unsigned char values[256] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 65, 65, 64, 64, 65, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    65, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 66, 64, 64,
    64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64,
    64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
};

apr_ssize_t vo_unbase64(vo_unbase64_t *state, unsigned char *out,
                        const char *text, apr_size_t len)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + len;
    unsigned char *p = out;

    while (s < end) {
        unsigned v;

        while (!state->nbits && !state->is_padded && end - s >= 4) {
            unsigned a = values[s[0]], b = values[s[1]], c = values[s[2]],
                     d = values[s[3]];

            if ((a | b | c | d) >= BAD) {
                break;
            }
            v = a << 18 | b << 12 | c << 6 | d;
            p[0] = (unsigned char)(v >> 16);
            p[1] = (unsigned char)(v >> 8);
            p[2] = (unsigned char)v;
            p += 3;
            s += 4;
        }
        if (s == end) {
            break;
        }
        v = values[*s++];
        if (v == BLANK) {
            continue;
        }
        if (v == PADDING) {
            state->is_padded = 1;
            continue;
        }
        if (v == BAD || state->is_padded) {
            return -1;
        }
        state->bits = state->bits << 6 | v;
        state->nbits += 6;
        if (state->nbits >= 8) {
            state->nbits -= 8;
            *p++ = (unsigned char)(state->bits >> state->nbits);
        }
    }
    return p - out;
}
