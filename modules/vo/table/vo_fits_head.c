/* vo_fits_head.c: FITS header cards. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 4 */
#include "vo_fits_head.h"

#include <math.h>
#include <stdio.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"

#define CARD 80
#define STRING_MAX 67 /* characters between the quotes, one left for & */

void vo_fits_head_init(vo_fits_head_t *head, apr_pool_t *pool)
{
    head->out = vo_out_to_memory(&head->mem, pool);
}

static vo_err_t *put_card(vo_fits_head_t *head, const char *text)
{
    char card[CARD];
    apr_size_t len = strlen(text), i;

    len = len < CARD ? len : CARD;
    memcpy(card, text, len);
    memset(card + len, ' ', CARD - len);
    for (i = 0; i < len; ++i) {
        if (card[i] < 0x20 || card[i] > 0x7E) {
            card[i] = ' ';
        }
    }
    return vo_out_write(head->out, card, CARD);
}

vo_err_t *vo_fits_true(vo_fits_head_t *head, const char *key,
                       const char *comment)
{
    char card[CARD * 2];

    snprintf(card, sizeof(card), "%-8s= %20s / %s", key, "T",
             comment ? comment : "");
    return put_card(head, card);
}

vo_err_t *vo_fits_int(vo_fits_head_t *head, const char *key, apr_int64_t value,
                      const char *comment)
{
    char card[CARD * 2];

    snprintf(card, sizeof(card), "%-8s= %20lld%s%s", key, (long long)value,
             comment ? " / " : "", comment ? comment : "");
    return put_card(head, card);
}

vo_err_t *vo_fits_double(vo_fits_head_t *head, const char *key, double value,
                         const char *comment)
{
    char number[VO_NUM_SIZE + 2], card[CARD * 2], *p;

    if (!isfinite(value)) {
        return NULL;
    }
    vo_num_from_double(number, value);
    for (p = number; *p; ++p) {
        *p = (char)apr_toupper(*p);
    }
    if (!strpbrk(number, ".E")) {
        memcpy(p, ".0", 3); /* FITS 4.0 section 4.2.4: else an integer */
    }
    snprintf(card, sizeof(card), "%-8s= %20s%s%s", key, number,
             comment ? " / " : "", comment ? comment : "");
    return put_card(head, card);
}

/* The ASCII form of TEXT, one '?' for each other character. */
static char *to_ascii(const char *text, apr_pool_t *pool)
{
    char *copy = apr_palloc(pool, strlen(text) + 1), *p = copy;

    for (; *text; ++text) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x80) {
            if (c >= 0xC0) {
                *p++ = '?';
            }
        }
        else {
            *p++ = c < 0x20 || c == 0x7F ? ' ' : (char)c;
        }
    }
    *p = '\0';
    return copy;
}

vo_err_t *vo_fits_string(vo_fits_head_t *head, const char *key,
                         const char *value, const char *comment)
{
    const char *s;
    int is_first = 1;

    if (!value || !*value) {
        return NULL;
    }
    s = to_ascii(value, head->mem.pool);
    while (is_first || *s) {
        char card[2 * CARD], *p;
        int n = 0;

        p = card
            + snprintf(card, sizeof(card), is_first ? "%-8s= '" : "%-8s  '",
                       is_first ? key : "CONTINUE");
        while (*s && n < STRING_MAX - (*s == '\'')) {
            if (*s == '\'') {
                *p++ = '\'';
                ++n;
            }
            *p++ = *s++;
            ++n;
        }
        if (*s) {
            *p++ = '&';
        }
        for (; is_first && n < 8; ++n) {
            *p++ = ' ';
        }
        *p++ = '\'';
        *p = '\0';
        if (comment && !*s && p - card + 3 + (int)strlen(comment) <= CARD) {
            snprintf(p, sizeof(card) - (apr_size_t)(p - card), " / %s",
                     comment);
        }
        VO_TRY(put_card(head, card));
        is_first = 0;
    }
    return NULL;
}

vo_err_t *vo_fits_note(vo_fits_head_t *head, const char *key,
                       const char *text)
{
    const char *s = to_ascii(text, head->mem.pool);

    do {
        char card[2 * CARD];
        int n = (int)strlen(s);

        n = n < CARD - 8 ? n : CARD - 8;
        snprintf(card, sizeof(card), "%-8s%.*s", key, n, s);
        VO_TRY(put_card(head, card));
        s += n;
    } while (*s);
    return NULL;
}

vo_err_t *vo_fits_head_end(vo_fits_head_t *head)
{
    VO_TRY(put_card(head, "END"));
    while (head->out->total % VO_FITS_BLOCK) {
        VO_TRY(put_card(head, ""));
    }
    return vo_out_flush(head->out);
}
