/* fuzz_sky_parse.c: region and MOC text, and all that a shape then does. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sky/sky.h"

#define BLOCKS 4096

typedef struct {
    void *block[BLOCKS];
    int n;
    size_t left;                /* bytes that may still be asked for */
} arena_t;

static void *take(void *baton, size_t size)
{
    arena_t *a = baton;
    void *p;

    if (a->n == BLOCKS || size > a->left) {
        return NULL;
    }
    p = malloc(size);
    if (p != NULL) {
        a->left -= size;
        a->block[a->n++] = p;
    }
    return p;
}

static void ensure(int is_true)
{
    if (!is_true) {
        abort();
    }
}

/* What is written must read back as the same block. */
static void round_trip(const sky_alloc_t *alloc, const sky_shape_t *s,
                       char *text)
{
    sky_err_t err;
    const sky_shape_t *back;

    if (text == NULL) {
        return;
    }
    back = sky_parse(alloc, text, &err);
    if (back == NULL) {
        ensure(err.code == SKY_ERR_MEMORY);
        return;
    }
    ensure(sky_shape_size(back) == sky_shape_size(s));
    /* a box reads back as the polygon it is */
    ensure(sky_shape_kind(back) == sky_shape_kind(s)
           || (sky_shape_is_polygon(back) && sky_shape_is_polygon(s)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena_t arena = { { NULL }, 0, (size_t)1 << 24 };
    sky_alloc_t alloc = { take, &arena };
    sky_range_t range[16];
    sky_shape_t *s;
    sky_err_t err;
    char *text;
    double ra, dec, b[6];
    int i, n;

    if (size > 4096) {
        return 0;
    }
    text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    s = sky_parse(&alloc, text, &err);
    if (s != NULL) {
        n = sky_coverage(s, 16, range, 16);
        ensure(n >= 0 && n <= 16);
        for (i = 0; i < n; i++) {
            ensure(range[i].lo >= 0 && range[i].lo < range[i].hi
                   && range[i].hi <= SKY_HPX_END
                   && (i == 0 || range[i].lo >= range[i - 1].hi));
        }
        if (sky_shape_member_count(s) < 20) {
            ensure(sky_area(s) >= 0.0);
            if (sky_centroid(s, &ra, &dec) == 0) {
                ensure(sky_hpx(ra, dec) >= 0);
                sky_contains_point(s, ra, dec);
            }
        }
        sky_shape_bounds(s, b);
        round_trip(&alloc, s, sky_format_stcs(&alloc, s));
        round_trip(&alloc, s, sky_format_dali(&alloc, s));
    }
    else {
        ensure(err.code != SKY_OK && err.text[0] != '\0');
        ensure(err.position <= (int)size);
    }
    while (arena.n > 0) {
        free(arena.block[--arena.n]);
    }
    free(text);
    return 0;
}
