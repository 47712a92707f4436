/* vo_fits_sum.c: the checksums of FITS. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 appendix J */
#include "vo_fits_sum.h"

#include <string.h>

static apr_uint64_t fold(apr_uint64_t sum)
{
    while (sum >> 32) {
        sum = (sum & 0xFFFFFFFFU) + (sum >> 32);
    }
    return sum;
}

apr_uint32_t vo_fits_sum(apr_uint32_t sum, const void *data, apr_size_t len)
{
    const unsigned char *p = data, *end = p + len / 4 * 4;
    apr_uint64_t all = sum;
    apr_uint32_t word;

    while (p < end) {
        const unsigned char *stop = end - p > 1 << 24 ? p + (1 << 24) : end;

        for (; p < stop; p += 4) {
            memcpy(&word, p, 4);
            all += __builtin_bswap32(word);
        }
        all = fold(all);
    }
    return (apr_uint32_t)fold(all);
}

/* Letters and digits only. */
static int is_excluded(int c)
{
    return (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60);
}

void vo_fits_sum_encode(char text[17], apr_uint32_t sum)
{
    apr_uint32_t value = ~sum;
    char raw[16];
    int i, j, is_bad;

    for (i = 0; i < 4; ++i) {
        int byte = (int)(value >> (24 - 8 * i) & 0xFF), c[4];

        for (j = 0; j < 4; ++j) {
            c[j] = byte / 4 + '0';
        }
        c[0] += byte % 4;
        do {
            is_bad = 0;
            for (j = 0; j < 4; j += 2) {
                if (is_excluded(c[j]) || is_excluded(c[j + 1])) {
                    ++c[j];
                    --c[j + 1];
                    is_bad = 1;
                }
            }
        } while (is_bad);
        for (j = 0; j < 4; ++j) {
            raw[4 * j + i] = (char)c[j];
        }
    }
    for (i = 0; i < 16; ++i) {
        text[i] = raw[(i + 15) % 16];
    }
    text[16] = '\0';
}
