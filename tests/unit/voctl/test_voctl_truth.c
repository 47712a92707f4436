/* test_voctl_truth.c: the made-up sky is reproducible and makes sense. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "../../../modules/voctl/voctl_truth.h"

#define N 5000
#define G 5 /* gSDSS */
#define J0660 8

static const truth_star_t star = { 4711, 150.2, 32.1, 9.5 };

static void same_seed_same_sky(void **state)
{
    truth_t *a = truth_create(7, 3.0, N, 1, &star);
    truth_t *b = truth_create(7, 3.0, N, 1, &star);
    truth_t *c = truth_create(8, 3.0, N, 1, &star);
    truth_seen_t x, y;
    int i, nsame = 0;

    (void)state;
    memset(&x, 0, sizeof(x));
    memset(&y, 0, sizeof(y));
    assert_memory_equal(a->objects, b->objects, N * sizeof(*a->objects));
    for (i = 0; i < N; ++i) {
        assert_int_equal(truth_see(a, 4, i, &x), truth_see(b, 4, i, &y));
        assert_memory_equal(&x, &y, sizeof(x));
        nsame += a->objects[i].ra == c->objects[i].ra;
    }
    assert_int_equal(nsame, 1); /* the real star */
    /* more objects leave the first ones as they were */
    truth_free(b);
    b = truth_create(7, 3.0, 2 * N, 1, &star);
    assert_memory_equal(a->objects, b->objects, N * sizeof(*a->objects));
    truth_free(a);
    truth_free(b);
    truth_free(c);
}

static void real_stars_are_kept(void **state)
{
    truth_t *t = truth_create(7, 3.0, 10, 1, &star);

    (void)state;
    assert_true(t->objects[0].ra == star.ra && t->objects[0].dec == star.dec);
    assert_true(t->objects[0].source == 4711);
    assert_true(fabs(t->objects[0].mag[TRUTH_REFERENCE] - 9.5) < 1e-9);
    assert_true(t->objects[1].source == 0);
    truth_free(t);
}

/* A blackbody's colour follows from Planck's law: g - r of 5772 K. */
static double planck_colour(double temperature, double l1, double l2)
{
    const double h = 6.62607015e-34, c = 299792458.0, k = 1.380649e-23;
    double nu1 = c / l1, nu2 = c / l2;
    double f1 = nu1 * nu1 * nu1 / expm1(h * nu1 / (k * temperature));
    double f2 = nu2 * nu2 * nu2 / expm1(h * nu2 / (k * temperature));

    return -2.5 * log10(f1 / f2);
}

static void stars_are_blackbodies(void **state)
{
    truth_t *t = truth_create(7, 3.0, N, 0, NULL);
    int i, n = 0;

    (void)state;
    for (i = 0; i < N; ++i) {
        const truth_object_t *o = &t->objects[i];

        if (!o->is_galaxy) {
            double want = planck_colour(o->temperature, 4803e-10, 6254e-10);
            double got = o->mag[G] - o->mag[TRUTH_REFERENCE];

            /* the band's width moves it a little */
            assert_true(fabs(got - want) < 0.08);
            assert_true(o->redshift == 0 && o->radius == 0);
            ++n;
        }
    }
    assert_true(n > N / 5 && n < N / 2);
    truth_free(t);
}

/* H alpha of a galaxy at rest falls into J0660, the narrow band made for it. */
static void lines_shine_in_narrow_bands(void **state)
{
    truth_t *t = truth_create(7, 3.0, 20 * N, 0, NULL);
    double sum_near = 0, sum_far = 0;
    int i, near = 0, far = 0;

    (void)state;
    for (i = 0; i < t->nobjects; ++i) {
        const truth_object_t *o = &t->objects[i];
        double excess = o->mag[TRUTH_REFERENCE] - o->mag[J0660];

        if (o->is_galaxy && o->line_width > 30) {
            if (o->redshift < 0.014) { /* 6531 to 6669 A */
                sum_near += excess;
                ++near;
            }
            else if (o->redshift > 0.025 && o->redshift < 0.2) {
                sum_far += excess;
                ++far;
            }
        }
    }
    assert_true(near > 20 && far > 1000);
    assert_true(sum_near / near > sum_far / far + 0.15);
    truth_free(t);
}

/* Measured minus true, over its error, has mean 0 and variance 1. */
static void errors_are_what_they_say(void **state)
{
    truth_t *t = truth_create(7, 3.0, N, 0, NULL);
    truth_seen_t seen;
    double sum = 0, sum2 = 0, d;
    int tile, i, n = 0;

    (void)state;
    for (tile = 0; tile < TRUTH_TILES; ++tile) {
        for (i = 0; i < N; ++i) {
            if (truth_see(t, tile, i, &seen)) {
                /* not the filter of detection, which chooses */
                d = (seen.psf[G] - truth_flux(t->objects[i].mag[G]))
                    / seen.psf_err[G];
                sum += d;
                sum2 += d * d;
                ++n;
            }
        }
    }
    assert_true(n > N / 2);
    assert_true(fabs(sum / n) < 5 / sqrt(n));
    assert_true(fabs(sum2 / n - 1) < 7 / sqrt(n));
    truth_free(t);
}

static void tiles_cover_the_field(void **state)
{
    truth_t *t = truth_create(7, 3.0, N, 0, NULL);
    truth_seen_t seen;
    double radec[8];
    int i, tile, ntwice = 0;

    (void)state;
    for (i = 0; i < N; ++i) {
        int n = 0;

        assert_true(truth_in_field(t->objects[i].ra, t->objects[i].dec));
        for (tile = 0; tile < TRUTH_TILES; ++tile) {
            if (truth_see(t, tile, i, &seen)) {
                ++n;
                assert_true(seen.x > 0 && seen.x < t->naxis + 1);
                assert_true(seen.y > 0 && seen.y < t->naxis + 1);
                assert_true(fabs(seen.dec - t->objects[i].dec) < 4 / 3600.);
            }
        }
        assert_true(n <= 4);
        ntwice += n > 1;
    }
    assert_true(ntwice > N / 50 && ntwice < N / 5);
    truth_corners(t, 4, radec); /* the middle one: its width at its centre */
    assert_true(fabs(radec[5] - radec[1] - TRUTH_TILE_WIDTH) < 0.02);
    assert_false(truth_in_field(TRUTH_RA + 180, TRUTH_DEC));
    assert_false(truth_in_field(TRUTH_RA, -90));
    truth_free(t);
}

static void magnitudes(void **state)
{
    (void)state;
    assert_true(fabs(truth_mag(3631e6) - 0.0) < 1e-4); /* 3631 Jy is AB 0 */
    assert_true(fabs(truth_flux(23.9) - 1) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_sky),
        cmocka_unit_test(real_stars_are_kept),
        cmocka_unit_test(stars_are_blackbodies),
        cmocka_unit_test(lines_shine_in_narrow_bands),
        cmocka_unit_test(errors_are_what_they_say),
        cmocka_unit_test(tiles_cover_the_field),
        cmocka_unit_test(magnitudes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
