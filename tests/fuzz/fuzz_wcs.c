/* fuzz_wcs.c: world coordinates of whatever header. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "fits/vo_wcs.h"

#define CARD 80

static apr_pool_t *pool;

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

/* Lines are cards: cut off or filled up with blanks. */
static char *cards_of(const uint8_t *data, size_t size, int *n,
                      apr_pool_t *request)
{
    char *cards = apr_palloc(request, (size + 1) * CARD);
    size_t i, at = 0;

    memset(cards, ' ', (size + 1) * CARD);
    *n = 0;
    for (i = 0; i < size; ++i) {
        if (data[i] == '\n') {
            ++*n;
            at = 0;
        }
        else if (at < CARD) {
            cards[(size_t)*n * CARD + at++] = (char)data[i];
        }
    }
    ++*n;
    return cards;
}

/* What has a place on the sky must say so by numbers that are on it, and an
 * outline must be a polygon. */
static void use(vo_wcs_t *wcs, apr_pool_t *request)
{
    double at[6] = {1, 1, 50.5, 50.5, 1e9, -1e9}, scale[2], *outline;
    int i, n;

    vo_wcs_to_sky(wcs, 3, at, at);
    for (i = 0; i < 3; ++i) {
        double ra = at[2 * i], dec = at[2 * i + 1];

        must(isnan(ra) == isnan(dec));
        must(isnan(ra) || (ra >= 0 && ra < 360 && fabs(dec) <= 90.0000001));
    }
    vo_wcs_to_pixels(wcs, 3, at, at);
    vo_wcs_scale(wcs, 50.5, 50.5, scale);
    if (!vo_wcs_outline(&outline, &n, wcs, 100, 100, request)) {
        must(n >= 3 && n <= VO_WCS_OUTLINE_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *request;
    vo_wcs_t *wcs;
    char *cards;
    int n;

    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    if (size > 20000) {
        return 0;
    }
    apr_pool_create(&request, pool);
    cards = cards_of(data, size, &n, request);
    if (!vo_wcs_parse(&wcs, cards, n, request)) {
        must(vo_wcs_info(wcs)->axis[0] != vo_wcs_info(wcs)->axis[1]);
        use(wcs, request);
    }
    apr_pool_destroy(request);
    return 0;
}
