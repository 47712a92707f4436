/* vo_fits_cards.c: FITS headers as they are read. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 sections 4.1 to 4.4 */
#include "vo_fits_cards.h"

#include <stdio.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_fits_head.h"

/* The keyword of the card at P, trimmed, in POOL. */
static const char *keyword(const char *p, apr_pool_t *pool)
{
    int len = 8;

    while (len && p[len - 1] == ' ') {
        --len;
    }
    return apr_pstrmemdup(pool, p, (apr_size_t)len);
}

static int has_value(const char *card)
{
    return card[8] == '=' && card[9] == ' ';
}

static void index_cards(vo_fits_cards_t *head)
{
    int i;

    head->keys = apr_hash_make(head->pool);
    for (i = 0; i < head->ncards; ++i) {
        const char *card = head->cards + i * VO_FITS_CARD;
        const char *key = keyword(card, head->pool);

        if (has_value(card)
            && !apr_hash_get(head->keys, key, APR_HASH_KEY_STRING)) {
            apr_hash_set(head->keys, key, APR_HASH_KEY_STRING, card);
        }
    }
}

int vo_fits_cards_read(vo_fits_cards_t *head, gzFile file, int is_primary,
                       int max, apr_pool_t *pool)
{
    apr_size_t used = 0, cap = 0;
    int block, i;

    memset(head, 0, sizeof(*head));
    head->pool = pool;
    for (block = 0; block < max / (VO_FITS_BLOCK / VO_FITS_CARD); ++block) {
        int n;

        if (used + VO_FITS_BLOCK > cap) {
            char *grown = apr_palloc(pool, 2 * cap + 4 * VO_FITS_BLOCK);

            if (used) {
                memcpy(grown, head->cards, used);
            }
            cap = 2 * cap + 4 * VO_FITS_BLOCK;
            head->cards = grown;
        }
        n = gzread(file, head->cards + used, VO_FITS_BLOCK);
        if (!block
            && (n < 9
                || memcmp(head->cards, is_primary ? "SIMPLE  =" : "XTENSION=",
                          9))) {
            return 0;
        }
        if (n != VO_FITS_BLOCK) {
            return -1;
        }
        for (i = 0; i < VO_FITS_BLOCK / VO_FITS_CARD; ++i) {
            if (!memcmp(head->cards + used + i * VO_FITS_CARD, "END     ",
                        8)) {
                head->ncards = (int)(used / VO_FITS_CARD) + i;
                index_cards(head);
                return 1;
            }
        }
        used += VO_FITS_BLOCK;
    }
    return -1;
}

/* Append the string that begins at the quote P, at most up to END, to OUT;
 * returns the end of what was written, NULL when the quote does not close. */
static char *take_string(char *out, const char *p, const char *end)
{
    char *start = out;

    for (++p; p < end; ++p) {
        if (*p == '\'') {
            if (p + 1 == end || p[1] != '\'') {
                while (out > start && out[-1] == ' ') {
                    --out;
                }
                return out;
            }
            ++p;
        }
        *out++ = *p;
    }
    return NULL;
}

static const char *first_letter(const char *card, int from)
{
    const char *p = card + from, *end = card + VO_FITS_CARD;

    while (p < end && *p == ' ') {
        ++p;
    }
    return p;
}

static const char *long_string(const vo_fits_cards_t *head, const char *card)
{
    const char *end = head->cards + head->ncards * VO_FITS_CARD, *next;
    apr_size_t n = 1;
    char *text, *p;

    for (next = card + VO_FITS_CARD;
         next < end && !memcmp(next, "CONTINUE", 8); next += VO_FITS_CARD) {
        ++n;
    }
    text = apr_palloc(head->pool, n * VO_FITS_CARD + 1);
    p = take_string(text, first_letter(card, 10), card + VO_FITS_CARD);
    while (p && p > text && p[-1] == '&' && --n) {
        const char *quote;

        card += VO_FITS_CARD;
        quote = first_letter(card, 8);
        if (quote == card + VO_FITS_CARD || *quote != '\'') {
            break;
        }
        p = take_string(p - 1, quote, card + VO_FITS_CARD);
    }
    if (!p) {
        return NULL;
    }
    while (p > text && p[-1] == ' ') {
        --p;
    }
    *p = '\0';
    for (p = text; *p; ++p) { /* FITS is ASCII; anything else is a mistake */
        if (*p < 0x20 || *p > 0x7E) {
            *p = '?';
        }
    }
    return *text ? text : NULL;
}

const char *vo_fits_cards_string(const vo_fits_cards_t *head, const char *key)
{
    const char *card = apr_hash_get(head->keys, key, APR_HASH_KEY_STRING);
    const char *p, *end;
    char *copy, *q;

    if (!card) {
        return NULL;
    }
    p = first_letter(card, 10);
    end = card + VO_FITS_CARD;
    if (p < end && *p == '\'') {
        return long_string(head, card);
    }
    copy = q = apr_palloc(head->pool, VO_FITS_CARD);
    while (p < end && *p != '/' && *p > ' ' && *p < 0x7F) {
        *q++ = *p++;
    }
    *q = '\0';
    return *copy ? copy : NULL;
}

int vo_fits_cards_int(const vo_fits_cards_t *head, const char *key,
                      apr_int64_t *value)
{
    const char *text = vo_fits_cards_string(head, key);
    int64_t v;

    if (!text || !vo_num_to_int64(text, (int)strlen(text), &v)) {
        return 0;
    }
    *value = v;
    return 1;
}

int vo_fits_cards_double(const vo_fits_cards_t *head, const char *key,
                         double *value)
{
    const char *text = vo_fits_cards_string(head, key);

    return text && vo_num_to_double(text, (int)strlen(text), value);
}

/* A * B unless that is negative or absurd: then -1. */
static apr_int64_t multiply(apr_int64_t a, apr_int64_t b)
{
    const apr_int64_t most = APR_INT64_C(1) << 60;

    return a < 0 || b < 0 || (b && a > most / b) ? -1 : a * b;
}

apr_int64_t vo_fits_cards_data(const vo_fits_cards_t *head)
{
    apr_int64_t naxis = -1, bitpix = 0, pcount = 0, gcount = 1, all = 1;
    const char *groups = vo_fits_cards_string(head, "GROUPS");
    int i;

    if (!vo_fits_cards_int(head, "NAXIS", &naxis) || naxis < 0 || naxis > 999
        || !vo_fits_cards_int(head, "BITPIX", &bitpix)) {
        return -1;
    }
    bitpix = bitpix < 0 ? -bitpix : bitpix;
    if (bitpix != 8 && bitpix != 16 && bitpix != 32 && bitpix != 64) {
        return -1;
    }
    if (!naxis) {
        return 0;
    }
    vo_fits_cards_int(head, "PCOUNT", &pcount);
    vo_fits_cards_int(head, "GCOUNT", &gcount);
    for (i = 1; i <= (int)naxis; ++i) {
        char key[16];
        apr_int64_t n = -1;

        snprintf(key, sizeof(key), "NAXIS%d", i);
        vo_fits_cards_int(head, key, &n);
        if (i == 1 && !n && groups && *groups == 'T') {
            continue; /* random groups */
        }
        all = multiply(all, n);
    }
    if (all < 0 || pcount < 0 || pcount >> 60) {
        return -1;
    }
    all = multiply(multiply(all + pcount, gcount), bitpix / 8);
    return all < 0 ? -1
                   : (all + VO_FITS_BLOCK - 1) / VO_FITS_BLOCK * VO_FITS_BLOCK;
}

const char *vo_fits_cards_keyword(const vo_fits_cards_t *head, int i)
{
    static const char *const structure[] = {
        "SIMPLE", "XTENSION", "BITPIX",   "NAXIS",    "PCOUNT",   "GCOUNT",
        "EXTEND", "TFIELDS",  "THEAP",    "EXTNAME",  "CHECKSUM", "DATASUM",
        "END",    "LONGSTRN", "CONTINUE", "COMMENT",  "HISTORY",  "",
    };
    static const char *const numbered[] = {
        "NAXIS", "TTYPE", "TFORM", "TUNIT", "TNULL", "TSCAL", "TZERO",
        "TDISP", "TDIM",  "TUCD",  "TUTYP", "TXTYP", "TCOMM",
    };
    const char *card = head->cards + i * VO_FITS_CARD;
    const char *key = keyword(card, head->pool), *p;
    apr_size_t k;

    if (!has_value(card)) {
        return NULL;
    }
    for (k = 0; k < sizeof(structure) / sizeof(*structure); ++k) {
        if (!strcmp(key, structure[k])) {
            return NULL;
        }
    }
    for (k = 0; k < sizeof(numbered) / sizeof(*numbered); ++k) {
        apr_size_t len = strlen(numbered[k]);

        if (!strncmp(key, numbered[k], len) && apr_isdigit(key[len])) {
            return NULL;
        }
    }
    for (p = key; *p; ++p) {
        if (!apr_isalnum(*p) && *p != '-' && *p != '_') {
            return NULL;
        }
    }
    return key;
}
