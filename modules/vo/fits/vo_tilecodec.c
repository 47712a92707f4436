/* vo_tilecodec.c: the compressions of tiles of images, decoding. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 sections 10.2 and 10.4, appendix I */
#include "vo_tilecodec.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "vo_fits_random.h"

/* ---- Rice ------------------------------------------------------------- */

/* Bits from the most significant on; those waiting are at the top of WORD. */
typedef struct bits_t {
    const unsigned char *p, *end;
    apr_uint64_t word;
    int n;          /* bits waiting */
    int missing;    /* bytes that were asked for beyond the end */
} bits_t;

/* At least 56 bits wait afterwards; beyond the end they are zeros. */
static inline void fill(bits_t *b)
{
    if (b->end - b->p >= 8) {
        apr_uint64_t next;
        int bytes = (63 - b->n) >> 3;

        memcpy(&next, b->p, 8);
        b->word |= __builtin_bswap64(next) >> b->n;
        b->p += bytes;
        b->n += 8 * bytes;
        return;
    }
    while (b->n < 56) { /* never 64: shifts by all bits mean nothing */
        if (b->p < b->end) {
            b->word |= (apr_uint64_t)*b->p++ << (56 - b->n);
        }
        else {
            ++b->missing;
        }
        b->n += 8;
    }
}

/* N bits, 1 to 32; as many wait. */
static inline apr_uint32_t take(bits_t *b, int n)
{
    apr_uint32_t v = (apr_uint32_t)(b->word >> (64 - n));

    b->word <<= n;
    b->n -= n;
    return v;
}

/* Did it take more than there was? */
static int is_over(const bits_t *b)
{
    return b->missing * 8 > b->n;
}

/* The differences of a block into TO, mapped to signed ones. */
static int rice_block(bits_t *b, apr_uint32_t *to, int n, int fs_bits,
                      int fs_max, int width)
{
    int fs, i;

    fill(b);
    fs = (int)take(b, fs_bits) - 1;
    if (fs < 0) {
        memset(to, 0, (apr_size_t)n * sizeof(*to));
        return 1;
    }
    if (fs > fs_max) {
        return 0;
    }
    for (i = 0; i < n; ++i) {
        apr_uint32_t v;

        if (b->n < 32) {
            fill(b);
        }
        if (fs == fs_max) {
            v = take(b, 8 * width);
        }
        else {
            apr_uint32_t zeros = 0;

            while (!b->word || (v = (apr_uint32_t)__builtin_clzll(b->word))
                                   >= (apr_uint32_t)b->n) {
                zeros += (apr_uint32_t)b->n; /* all that wait are zeros */
                b->word <<= b->n;
                b->n = 0;
                fill(b);
                if (b->missing > 16) {
                    return 0;
                }
            }
            zeros += v;
            b->word <<= v;
            b->word <<= 1;
            b->n -= (int)v + 1;
            if (b->n < fs) {
                fill(b);
            }
            v = fs ? (zeros << fs) | take(b, fs) : zeros;
        }
        to[i] = v & 1 ? ~(v >> 1) : v >> 1;
    }
    return 1;
}

#define UNDO(type)                                                            \
    do {                                                                      \
        type *out = (type *)to + done;                                        \
        for (i = 0; i < m; ++i) {                                             \
            last += diff[i];                                                  \
            out[i] = (type)last;                                              \
        }                                                                     \
    } while (0)

int vo_rice_decode(void *to, apr_size_t n, int width, int block,
                   const unsigned char *from, apr_size_t len)
{
    enum { MOST = 256 };
    int fs_bits = width == 1 ? 3 : width == 2 ? 4 : 5;
    int fs_max = width == 1 ? 6 : width == 2 ? 14 : 25;
    bits_t b = {from, from + len, 0, 0, 0};
    apr_uint32_t last, diff[MOST];
    apr_size_t done = 0;

    if ((width != 1 && width != 2 && width != 4) || block < 1
        || block > MOST) {
        return 0;
    }
    fill(&b);
    last = take(&b, 8 * width);
    while (done < n) {
        int m = n - done < (apr_size_t)block ? (int)(n - done) : block, i;

        if (!rice_block(&b, diff, m, fs_bits, fs_max, width) || is_over(&b)) {
            return 0;
        }
        switch (width) {
        case 1:
            UNDO(unsigned char);
            break;
        case 2:
            UNDO(apr_int16_t);
            break;
        default:
            UNDO(apr_int32_t);
            break;
        }
        done += (apr_size_t)m;
    }
    return 1;
}

/* ---- PLIO ------------------------------------------------------------- */

typedef struct plio_t {
    apr_int32_t *to;
    apr_size_t n, at;
    apr_int32_t high;
} plio_t;

/* COUNT pixels of VALUE, as far as there is room. */
static void run(plio_t *p, apr_size_t count, apr_int32_t value)
{
    count = count < p->n - p->at ? count : p->n - p->at;
    while (count--) {
        p->to[p->at++] = value;
    }
}

static int plio_word(plio_t *p, int op, apr_int32_t data)
{
    switch (op) {
    case 0: /* zeros */
        run(p, (apr_size_t)data, 0);
        return 1;
    case 2: /* raise */
        p->high += data;
        return 1;
    case 3: /* lower */
        p->high -= data;
        return 1;
    case 4: /* high values */
        run(p, (apr_size_t)data, p->high);
        return 1;
    case 5: /* zeros and one high value */
        if (data > 0) {
            run(p, (apr_size_t)data - 1, 0);
            run(p, 1, p->high);
        }
        return 1;
    case 6: /* raise, one high value */
        p->high += data;
        run(p, 1, p->high);
        return 1;
    case 7:
        p->high -= data;
        run(p, 1, p->high);
        return 1;
    default:
        return 0;
    }
}

int vo_plio_decode(apr_int32_t *to, apr_size_t n, const unsigned char *from,
                   apr_size_t len)
{
    plio_t p = {to, n, 0, 1};
    apr_size_t nwords = len / 2, i, last;

#define WORD(k) ((apr_int32_t)(apr_int16_t)(from[2 * (k)] << 8                \
                                            | from[2 * (k) + 1]))
    if (nwords < 3) {
        return 0;
    }
    if (WORD(2) > 0) {
        last = (apr_size_t)WORD(2);
        i = 3;
    }
    else {
        if (nwords < 7 || WORD(1) < 0) {
            return 0;
        }
        last = ((apr_size_t)(WORD(4) & 0x7FFF) << 15)
               + (apr_size_t)(WORD(3) & 0x7FFF);
        i = (apr_size_t)WORD(1);
    }
    if (last > nwords) {
        return 0;
    }
    for (; i < last && p.at < n; ++i) {
        apr_int32_t word = WORD(i) & 0xFFFF, data = word & 0xFFF;
        int op = word >> 12;

        if (op == 1) { /* set, in two words */
            if (++i == last) {
                return 0;
            }
            p.high = (apr_int32_t)((apr_uint32_t)(WORD(i) & 0xFFFF) << 12)
                     + data;
        }
        else if (!plio_word(&p, op, data)) {
            return 0;
        }
        if (p.high < -(1 << 29) || p.high > 1 << 29) {
            return 0;
        }
    }
    run(&p, n, 0);
    return 1;
#undef WORD
}

/* ---- gzip ------------------------------------------------------------- */

int vo_gzip_decode(void *to, apr_size_t cap, apr_size_t *got,
                   const unsigned char *from, apr_size_t len)
{
    z_stream z;
    int rc;

    memset(&z, 0, sizeof(z));
    if (len > 1 << 30 || cap > 1 << 30 || inflateInit2(&z, 32 + 15) != Z_OK) {
        return 0;
    }
    z.next_in = (unsigned char *)from;
    z.avail_in = (unsigned)len;
    z.next_out = to;
    z.avail_out = (unsigned)cap;
    rc = inflate(&z, Z_FINISH);
    *got = cap - z.avail_out;
    inflateEnd(&z);
    return rc == Z_STREAM_END;
}

void vo_unshuffle(unsigned char *to, const unsigned char *from, apr_size_t n,
                  int width)
{
    apr_size_t i;
    int k;

    for (k = 0; k < width; ++k) {
        for (i = 0; i < n; ++i) {
            to[i * (apr_size_t)width + (apr_size_t)k]
                = from[(apr_size_t)k * n + i];
        }
    }
}

/* ---- quantised numbers ------------------------------------------------ */

#define ZERO_VALUE (-2147483646) /* of VO_DITHER_2: exactly 0 */

#define UNQUANTIZE(type)                                                      \
    do {                                                                      \
        apr_size_t i;                                                         \
        int k = 0, start = 0, is_dithered = quant->dither != VO_DITHER_NONE; \
        if (is_dithered) {                                                    \
            start = (int)((quant->seed - 1) % VO_FITS_NRANDOM);               \
            k = (int)(vo_fits_random[start] * 500);                           \
        }                                                                     \
        for (i = 0; i < n; ++i) {                                             \
            apr_int32_t v = from[i];                                          \
            if (quant->has_null && v == quant->null) {                        \
                to[i] = NAN;                                                  \
            }                                                                 \
            else if (!is_dithered) {                                          \
                to[i] = (type)((double)v * quant->scale + quant->zero);       \
            }                                                                 \
            else if (quant->dither == VO_DITHER_2 && v == ZERO_VALUE) {       \
                to[i] = 0;                                                    \
            }                                                                 \
            else {                                                            \
                to[i] = (type)(((double)v - vo_fits_random[k] + 0.5)          \
                               * quant->scale + quant->zero);                 \
            }                                                                 \
            if (is_dithered && ++k == VO_FITS_NRANDOM) {                      \
                start = start + 1 == VO_FITS_NRANDOM ? 0 : start + 1;         \
                k = (int)(vo_fits_random[start] * 500);                       \
            }                                                                 \
        }                                                                     \
    } while (0)

void vo_unquantize_float(float *to, const apr_int32_t *from, apr_size_t n,
                         const vo_quant_t *quant)
{
    UNQUANTIZE(float);
}

void vo_unquantize_double(double *to, const apr_int32_t *from, apr_size_t n,
                          const vo_quant_t *quant)
{
    UNQUANTIZE(double);
}
