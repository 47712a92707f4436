/* test_vo_wcs.c: world coordinates: astropy's numbers, hostile headers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "fits/vo_wcs.h"
#include "sky/sky.h"

#define CARD 80
#define MAX_CARDS 64

static apr_pool_t *pool;

typedef struct header_t {
    char cards[MAX_CARDS * CARD];
    int n;
} header_t;

static void add(header_t *h, const char *text)
{
    memset(h->cards + CARD * h->n, ' ', CARD);
    memcpy(h->cards + CARD * h->n++, text, strlen(text));
}

static void begin(header_t *h, const char *const *more)
{
    static const char *const common[] = {
        "CRVAL1  = 150.0", "CRVAL2  = 30.0", "CRPIX1  = 1000.3",
        "CRPIX2  = 993.0", "CD1_1   = -0.96E-4", "CD1_2   = 0.28E-4",
        "CD2_1   = 0.28E-4", "CD2_2   = 0.96E-4", NULL};
    int i;

    h->n = 0;
    add(h, "COMMENT   world coordinates");
    for (i = 0; common[i]; ++i) {
        add(h, common[i]);
    }
    for (i = 0; more[i]; ++i) {
        add(h, more[i]);
    }
}

/* Pixel (1, 2000) by astropy 5.2.1: all_pix2world and SkyCoord.icrs. */
static const struct {
    const char *projection, *frame;
    const char *cards[12];
    double ra, dec;
} truth[] = {
    {"TAN", "ICRS", {"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'"},
     150.143430572860, 30.068613722013},
    {"TPV", "ICRS",
     {"CTYPE1  = 'RA---TPV'", "CTYPE2  = 'DEC--TPV'", "PV1_1   = 1.001",
      "PV1_2   = 2.0E-4", "PV1_4   = 0.01", "PV1_7   = 0.05",
      "PV2_1   = 0.999", "PV2_4   = -0.02", "PV2_9   = 0.03"},
     150.143878222916, 30.068481925339},
    {"SIP", "ICRS",
     {"CTYPE1  = 'RA---TAN-SIP'", "CTYPE2  = 'DEC--TAN-SIP'", "A_ORDER = 2",
      "B_ORDER = 2", "A_2_0   = 2.0E-6", "A_1_1   = -1.0E-6",
      "B_0_2   = 3.0E-6"},
     150.143196371195, 30.068990118899},
    {"TAN", "FK5",
     {"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "RADESYS = 'FK5'",
      "EQUINOX = 1975.0"},
     150.503489756581, 29.947687068196},
    {"TAN", "FK4",
     {"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "EQUINOX = 1950.0"},
     150.862999214162, 29.826341379506},
    {"ZEA", "GALACTIC", {"CTYPE1  = 'GLON-ZEA'", "CTYPE2  = 'GLAT-ZEA'"},
     116.354372615587, 65.985031393712},
};

static void test_truth(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(truth) / sizeof(*truth); ++i) {
        double at[2] = {1, 2000}, back[2], scale[2];
        vo_wcs_t *wcs = NULL;
        header_t h;

        begin(&h, truth[i].cards);
        assert_null(vo_wcs_parse(&wcs, h.cards, h.n, pool));
        assert_string_equal(vo_wcs_info(wcs)->projection,
                            truth[i].projection);
        assert_string_equal(vo_wcs_info(wcs)->frame, truth[i].frame);
        assert_int_equal(vo_wcs_to_sky(wcs, 1, at, at), 0);
        assert_true(sky_distance(at[0], at[1], truth[i].ra, truth[i].dec)
                    < 1e-9);
        assert_int_equal(vo_wcs_to_pixels(wcs, 1, at, back), 0);
        assert_true(fabs(back[0] - 1) < 1e-6 && fabs(back[1] - 2000) < 1e-6);
        vo_wcs_scale(wcs, 1000.3, 993, scale);
        assert_true(fabs(scale[0] / 1e-4 - 1) < 2e-3
                    && fabs(scale[1] / 1e-4 - 1) < 2e-3);
        assert_true(fabs(vo_wcs_info(wcs)->cd[0] + 0.96e-4) < 1e-15
                    && fabs(vo_wcs_info(wcs)->cd[1] - 0.28e-4) < 1e-15);
    }
}

/* Edges of TAN are great circles: nothing is needed between the corners. */
static void test_outline(void **state)
{
    vo_wcs_t *wcs;
    header_t h;
    double *at, corner[2] = {0.5, 0.5};
    int n;

    (void)state;
    begin(&h, truth[0].cards);
    assert_null(vo_wcs_parse(&wcs, h.cards, h.n, pool));
    assert_null(vo_wcs_outline(&at, &n, wcs, 2000, 1500, pool));
    assert_int_equal(n, 4);
    vo_wcs_to_sky(wcs, 1, corner, corner);
    assert_true(at[0] == corner[0] && at[1] == corner[1]);
    begin(&h, truth[1].cards);
    assert_null(vo_wcs_parse(&wcs, h.cards, h.n, pool));
    assert_null(vo_wcs_outline(&at, &n, wcs, 20000, 15000, pool));
    assert_in_range(n, 8, VO_WCS_OUTLINE_MAX);
    assert_non_null(vo_wcs_outline(&at, &n, wcs, 0, 15000, pool));
}

/* A point behind the plane has no pixel; the others keep theirs. */
static void test_no_point(void **state)
{
    double at[4] = {330, -30, 150, 30};
    vo_wcs_t *wcs;
    header_t h;

    (void)state;
    begin(&h, truth[0].cards);
    assert_null(vo_wcs_parse(&wcs, h.cards, h.n, pool));
    assert_int_equal(vo_wcs_to_pixels(wcs, 2, at, at), 1);
    assert_true(isnan(at[0]) && isnan(at[1]));
    assert_true(fabs(at[2] - 1000.3) < 1e-9 && fabs(at[3] - 993) < 1e-9);
}

static void test_refused(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const wave[] = {"CTYPE1  = 'WAVE'", NULL};
    static const char *const tnx[] = {"CTYPE1  = 'RA---TNX'",
                                      "CTYPE2  = 'DEC--TNX'", NULL};
    static const char *const order[] = {
        "CTYPE1  = 'RA---TAN-SIP'", "CTYPE2  = 'DEC--TAN-SIP'",
        "A_ORDER = 2000000000", "B_ORDER = -7", NULL};
    static const char *const axes[] = {
        "CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "WCSAXES = 99", NULL};
    static const char *const *const bad[] = {none, wave, tnx, order, axes};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        vo_wcs_t *wcs;
        vo_err_t *err;
        header_t h;

        begin(&h, bad[i]);
        err = vo_wcs_parse(&wcs, h.cards, h.n, pool);
        assert_non_null(err);
        assert_int_equal(err->kind, i < 2 ? VO_ERR_NOTFOUND : VO_ERR_USAGE);
    }
}

/* Whatever a header says, there is an answer. */
static void test_hostile(void **state)
{
    static const char letters[] = "0123456789.-+EeD' =_ABPVCRTYX/\0\xff";
    int nrounds = getenv("UNDER") ? 500 : 20000; /* valgrind takes its time */
    int round, i;

    (void)state;
    srand(7);
    for (round = 0; round < nrounds; ++round) {
        double at[4] = {1, 2, 1e300, -5}, *outline;
        apr_pool_t *sub;
        vo_wcs_t *wcs;
        header_t h;
        int n;

        apr_pool_create(&sub, pool);
        begin(&h, truth[rand() % 6].cards);
        add(&h, "WCSAXES = 3");
        add(&h, "PV1_39  = 1");
        for (i = rand() % 12; i >= 0; --i) {
            h.cards[rand() % (CARD * h.n) / CARD * CARD + rand() % 30]
                = letters[(size_t)rand() % (sizeof(letters) - 1)];
        }
        if (!vo_wcs_parse(&wcs, h.cards, h.n, sub)) {
            vo_wcs_to_sky(wcs, 2, at, at);
            vo_wcs_to_pixels(wcs, 2, at, at);
            vo_wcs_outline(&outline, &n, wcs, 100, 100, sub);
        }
        apr_pool_destroy(sub);
    }
}

static int set_up(void **state)
{
    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truth), cmocka_unit_test(test_outline),
        cmocka_unit_test(test_no_point), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hostile)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
