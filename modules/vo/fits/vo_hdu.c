/* vo_hdu.c: writing an HDU with its checksums. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 4.4 */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "vo_card.h"
#include "vo_cutout.h"
#include "vo_fits_sum.h"

#define BLOCK 2880
#define ZEROS "0000000000000000"

void vo_card_put(char *card, const char *format, ...)
{
    char text[3 * VO_FITS_CARD];
    va_list ap;
    apr_size_t n;

    va_start(ap, format);
    apr_vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    n = strlen(text);
    memset(card, ' ', VO_FITS_CARD);
    memcpy(card, text, n < VO_FITS_CARD ? n : VO_FITS_CARD);
}

/* The structural cards at P; returns their end. */
static char *put_structure(char *p, const vo_hdu_t *hdu)
{
    int i;

#define PUT(...) (vo_card_put(p, __VA_ARGS__), p += VO_FITS_CARD)
    if (hdu->is_extension) {
        PUT("XTENSION= '%-8s'           / extension",
            hdu->xtension ? hdu->xtension : "IMAGE");
    }
    else {
        PUT("SIMPLE  = %20s / FITS 4.0", "T");
    }
    PUT("BITPIX  = %20d / bits of a pixel", hdu->bitpix);
    PUT("NAXIS   = %20d / number of axes", hdu->naxes);
    for (i = 0; i < hdu->naxes; ++i) {
        PUT("NAXIS%-3d= %20" APR_INT64_T_FMT, i + 1, hdu->naxis[i]);
    }
    if (hdu->is_extension) {
        PUT("PCOUNT  = %20d / no parameters", 0);
        PUT("GCOUNT  = %20d / one group", 1);
    }
    else if (hdu->has_extensions) {
        PUT("EXTEND  = %20s / extensions follow", "T");
    }
#undef PUT
    return p;
}

vo_err_t *vo_fits_hdu_write(vo_out_t *out, const vo_hdu_t *hdu,
                            apr_pool_t *scratch)
{
    static const char zeros[BLOCK];
    apr_size_t room = (apr_size_t)(hdu->ncards + hdu->naxes + 12)
                          * VO_FITS_CARD + BLOCK;
    char *head = apr_palloc(scratch, room), *p, *sum_card, code[17];
    apr_uint32_t data_sum, sum;
    apr_size_t len;

    data_sum = vo_fits_sum(0, hdu->data, hdu->len / 4 * 4);
    if (hdu->len % 4) {
        char rest[4] = {0};

        memcpy(rest, (const char *)hdu->data + hdu->len / 4 * 4,
               hdu->len % 4);
        data_sum = vo_fits_sum(data_sum, rest, 4);
    }
    p = put_structure(head, hdu);
    memcpy(p, hdu->cards, (apr_size_t)hdu->ncards * VO_FITS_CARD);
    p += (apr_size_t)hdu->ncards * VO_FITS_CARD;
    sum_card = p;
    vo_card_put(p, "CHECKSUM= '" ZEROS "'   / of the whole HDU");
    p += VO_FITS_CARD;
    vo_card_put(p, "DATASUM = '%u'%*s / of the data", data_sum,
                data_sum > 9999999 ? 0 : 6, "");
    p += VO_FITS_CARD;
    vo_card_put(p, "END");
    p += VO_FITS_CARD;
    len = ((apr_size_t)(p - head) + BLOCK - 1) / BLOCK * BLOCK;
    memset(p, ' ', len - (apr_size_t)(p - head));
    sum = vo_fits_sum(data_sum, head, len);
    vo_fits_sum_encode(code, sum);
    memcpy(sum_card + 11, code, 16);
    VO_TRY(vo_out_write(out, head, len));
    if (!hdu->len) {
        return NULL;
    }
    VO_TRY(vo_out_write(out, hdu->data, hdu->len));
    return vo_out_write(out, zeros,
                        (BLOCK - hdu->len % BLOCK) % BLOCK);
}
