/* test_voctl_paint.c: profiles hold their light, pixels have it and noise. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../modules/voctl/voctl_paint.h"

#define PIXEL 20.0 /* arcsec: small images */

/* Light of the parts at a place along and across the major axis. */
static double surface(const profile_part_t *p, int n, double x, double y)
{
    double sum = 0;
    int i;

    for (i = 0; i < n; ++i) {
        sum += p[i].share / (2 * M_PI * sqrt(p[i].major * p[i].minor))
               * exp(-x * x / (2 * p[i].major) - y * y / (2 * p[i].minor));
    }
    return sum;
}

/* The closed forms against sums over a fine grid. */
static void shares_are_integrals(void **state)
{
    static const struct {
        profile_e kind;
        double radius, ratio, fwhm, aperture;
    } cases[] = {
        { PROFILE_POINT, 0, 1, 1.2, 1.5 }, { PROFILE_POINT, 0, 1, 7, 1.5 },
        { PROFILE_DISC, 3, 0.4, 1.2, 1.5 }, { PROFILE_DISC, 3, 0.25, 7, 5 },
        { PROFILE_OLD, 4, 0.5, 2, 6 },
    };
    const double step = 0.05;
    size_t c;

    (void)state;
    for (c = 0; c < sizeof(cases) / sizeof(*cases); ++c) {
        profile_part_t parts[PROFILE_MAX];
        double a = cases[c].aperture, sum = 0, shares = 0, x, y;
        int i, n = profile_parts(cases[c].kind, cases[c].radius,
                                 cases[c].ratio, cases[c].fwhm, parts);

        for (i = 0; i < n; ++i) {
            shares += parts[i].share;
        }
        assert_true(fabs(shares - 1) < 1e-5);
        for (y = -a; y < a; y += step) {
            for (x = -a; x < a; x += step) {
                double u = x + step / 2, v = y + step / 2;

                if (u * u + v * v < a * a) {
                    sum += surface(parts, n, u, v) * step * step;
                }
            }
        }
        assert_true(fabs(profile_inside(parts, n, a) / sum - 1) < 0.02);
        assert_true(fabs(profile_inside(parts, n, 1e4) - 1) < 0.01);
    }
}

/* What the sums of Gaussians stand for: a Moffat function of beta 3.5, half of
 * the light of a galaxy within its radius, the FWHM where it should be. */
static void profiles_are_what_they_say(void **state)
{
    profile_part_t parts[PROFILE_MAX];
    double alpha = 0.5 / sqrt(pow(2, 1 / 3.5) - 1), r, sum = 0;
    int n = profile_parts(PROFILE_POINT, 0, 1, 1, parts);

    (void)state;
    for (r = 0.2; r < 3; r += 0.2) {
        double want = 1 - pow(1 + r * r / alpha / alpha, -2.5);

        assert_true(fabs(profile_inside(parts, n, r) - want) < 0.005);
    }
    assert_true(fabs(surface(parts, n, 0.5, 0) / surface(parts, n, 0, 0) - 0.5)
                < 1e-4);
    for (r = 0.005; r < 10; r += 0.01) { /* 1 / integral of its square */
        sum += pow(surface(parts, n, r, 0), 2) * 2 * M_PI * r * 0.01;
    }
    assert_true(fabs(profile_noise_area(1) * sum - 1) < 1e-3);
    sum = 0;
    for (r = 0.005; r < 15; r += 0.01) {
        sum += surface(parts, n, r, 0) * M_PI * r * r * r * 0.01;
    }
    assert_true(fabs(profile_psf_variance(1) / sum - 1) < 1e-3);
    n = profile_parts(PROFILE_DISC, 2, 1, 1e-3, parts);
    assert_true(fabs(profile_inside(parts, n, 2) - 0.5) < 1e-3);
    /* exponential: 1 - (1 + x) exp(-x), x = 1.678 r */
    assert_true(fabs(profile_inside(parts, n, 1) - 0.2057) < 0.01);
    n = profile_parts(PROFILE_OLD, 2, 1, 1e-3, parts);
    assert_true(fabs(profile_inside(parts, n, 2) - 0.5) < 1e-3);
}

/* One galaxy alone: its light is all there, at its place, at its angle. */
static void light_is_drawn_where_it_belongs(void **state)
{
    truth_t *t = truth_create(7, PIXEL, 1, 0, NULL);
    truth_object_t *o = t->objects;
    double sum = 0, mx = 0, my = 0, xx = 0, xy = 0, yy = 0, x, y, angle;
    paint_t p;
    int i, j, k;

    (void)state;
    o->is_galaxy = 1;
    o->young = 0.5;
    o->ra = t->tiles[4].ra + 0.2;
    o->dec = t->tiles[4].dec - 0.1;
    o->radius = 40;
    o->axis_ratio = 0.4;
    o->angle = 30;
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        o->mag[k] = 13;
    }
    assert_true(paint_light(&p, t, 4, 5));
    assert_int_equal(p.width, t->naxis + 2 * truth_edge(t));
    for (j = 0; j < p.width; ++j) {
        for (i = 0; i < p.width; ++i) {
            double v = p.light[j * p.width + i];

            sum += v;
            mx += v * i;
            my += v * j;
            xx += v * i * i;
            xy += v * i * j;
            yy += v * j * j;
        }
    }
    mx /= sum;
    my /= sum;
    xx = xx / sum - mx * mx;
    xy = xy / sum - mx * my;
    yy = yy / sum - my * my;
    assert_true(fabs(sum / pow(10, 0.4 * (t->tiles[4].zeropoint[5] - 13)) - 1)
                < 2e-3);
    assert_true(truth_pixel(t, 4, o->ra, o->dec, &x, &y));
    assert_true(fabs(mx + 1 - p.margin - x) < 0.01);
    assert_true(fabs(my + 1 - p.margin - y) < 0.01);
    /* north is up and east left: from +y towards -x */
    angle = 0.5 * atan2(-2 * xy, yy - xx) * 180 / M_PI;
    assert_true(fabs(angle - 30) < 0.5);
    paint_free(&p);
    truth_free(t);
}

static void noise_is_what_weights_say(void **state)
{
    truth_t *t = truth_create(7, PIXEL, 0, 0, NULL);
    size_t n = (size_t)t->naxis * (size_t)t->naxis, i, good = 0;
    double sum[5] = { 0 }, edge = 0, bad = 0;
    paint_image_t a = { malloc(n * 4), malloc(n * 4), malloc(n * 2) };
    paint_image_t b = { malloc(n * 4), malloc(n * 4), malloc(n * 2) };
    paint_t p;
    int k;

    (void)state;
    assert_true(paint_light(&p, t, 0, 7));
    assert_true(paint_coadd(&p, &a) && paint_coadd(&p, &b));
    assert_memory_equal(a.pixels, b.pixels, n * 4);
    for (i = 0; i < n; ++i) {
        double z = a.pixels[i] * sqrt(a.weights[i]);

        edge += (a.mask[i] & PAINT_EDGE) != 0;
        bad += (a.mask[i] & PAINT_COLUMN) != 0;
        assert_true(a.weights[i] > 0 || a.pixels[i] == 0);
        good += a.weights[i] > 0;
        for (k = 1; a.weights[i] > 0 && k < 5; ++k) {
            sum[k] += pow(z, k);
        }
    }
    assert_true(good > n - 20);
    assert_true(fabs(sum[1] / good) < 5 / sqrt(good));
    assert_true(fabs(sum[2] / good - 1) < 5 * sqrt(2. / good));
    assert_true(fabs(sum[3] / good) < 5 * sqrt(15. / good));
    assert_true(fabs(sum[4] / good - 3) < 5 * sqrt(96. / good));
    /* all four borders */
    assert_true(fabs(edge / (4. * truth_edge(t) * t->naxis) - 1) < 0.05);
    assert_true(bad > 0);
    /* another tile's noise is another */
    p.tile = 1;
    assert_true(paint_coadd(&p, &b));
    assert_memory_not_equal(a.pixels, b.pixels, n * 4);
    paint_free(&p);
    free(a.pixels);
    free(a.weights);
    free(a.mask);
    free(b.pixels);
    free(b.weights);
    free(b.mask);
    truth_free(t);
}

/* Saturated in the picture is saturated in the catalogue. */
static void saturation_agrees(void **state)
{
    static const truth_star_t stars[] = { { 1, 150, 32, 6 },
                                          { 2, 150.3, 32.2, 17 } };
    truth_t *t = truth_create(7, PIXEL, 2, 2, stars);
    truth_seen_t seen;
    paint_t p;
    int k, i;

    (void)state;
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        assert_true(paint_light(&p, t, 4, k));
        for (i = 0; i < 2; ++i) {
            double x, y;
            int at;

            assert_true(truth_see(t, 4, i, &seen));
            truth_pixel(t, 4, stars[i].ra, stars[i].dec, &x, &y);
            at = ((int)floor(y + 0.5) - 1 + p.margin) * p.width
                 + (int)floor(x + 0.5) - 1 + p.margin;
            assert_int_equal(p.full[at], (seen.flags[k] & 4) / 4);
            assert_true(p.light[at] <= (float)t->tiles[4].saturate[k]);
            assert_int_equal(p.full[at], i == 0);
        }
        paint_free(&p);
    }
    truth_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_integrals),
        cmocka_unit_test(profiles_are_what_they_say),
        cmocka_unit_test(light_is_drawn_where_it_belongs),
        cmocka_unit_test(noise_is_what_weights_say),
        cmocka_unit_test(saturation_agrees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
