/* test_sky_cover.c: coverage against brute force. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_test.h"

/* What the ranges say of a cell: -1 none, 0 interior, 1 border. */
static int state_of(const sky_range_t *r, int n, int64_t hpx)
{
    int i;

    for (i = 0; i < n; i++) {
        if (hpx >= r[i].lo && hpx < r[i].hi) {
            return r[i].is_border;
        }
    }
    return -1;
}

static void check_list(const sky_range_t *r, int n, int budget)
{
    int i;

    assert_in_range(n, 1, budget);
    for (i = 0; i < n; i++) {
        assert_true(r[i].lo >= 0 && r[i].lo < r[i].hi
                    && r[i].hi <= SKY_HPX_END);
        if (i > 0) {
            assert_true(r[i].lo >= r[i - 1].hi);
            assert_false(r[i].lo == r[i - 1].hi
                         && r[i].is_border == r[i - 1].is_border);
        }
    }
}

/* Directions on purpose where HEALPix changes its rules. */
static void awkward(int i, double *ra, double *dec)
{
    any_direction(ra, dec);
    switch (i % 9) {
    case 0:
        *dec = 90.0 - pow(10.0, uniform_in(-9, 1));
        break;
    case 1:
        *dec = -90.0 + pow(10.0, uniform_in(-9, 1));
        break;
    case 2:
        *ra = 45.0 * (int)(8 * uniform());
        break;
    case 3:
        *dec = asin(2.0 / 3.0) / RAD;
        break;
    case 4:
        *ra = 360.0 - pow(10.0, uniform_in(-9, 0));
        break;
    default:
        break;
    }
}

/* The truth about a circle is the distance from its centre by the formula of
 * the vectors, not the library's. */
static double dist(double ra1, double dec1, double ra2, double dec2)
{
    double a = cos(dec1 * RAD), b = cos(dec2 * RAD);
    double x = a * cos(ra1 * RAD) - b * cos(ra2 * RAD);
    double y = a * sin(ra1 * RAD) - b * sin(ra2 * RAD);
    double z = sin(dec1 * RAD) - sin(dec2 * RAD);
    double chord = 0.5 * sqrt(x * x + y * y + z * z);

    return 2.0 * asin(chord < 1.0 ? chord : 1.0) / RAD;
}

static void circles_by_brute_force(void **state)
{
    sky_range_t r[40], row[SKY_ROW_RANGES];
    int i, k;

    (void)state;
    for (i = 0; i < 6000; i++) {
        double ra, dec, radius = pow(10.0, uniform_in(-5.6, 2.23));
        int budget = 1 + (int)(40 * uniform()), n, m;

        awkward(i, &ra, &dec);
        if (i % 50 == 0) {
            radius = 0.01 / 3600;
        }
        if (i % 50 == 1) {
            radius = 170;
        }
        n = sky_circle_ranges(ra, dec, radius, budget, r);
        check_list(r, n, budget);
        m = sky_row_ranges(ra, dec, radius, row);
        check_list(row, m, SKY_ROW_RANGES);
        for (k = 0; k < 40; k++) {
            double d = k % 4 ? radius * 1.3 * uniform()
                             : radius * (1 + 1e-6 * (uniform() - 0.5));
            double ra2, dec2;
            int64_t hpx;
            int at;

            d = d > 180 ? 180 : d;
            offset(ra, dec, d, 360 * uniform(), &ra2, &dec2);
            d = dist(ra, dec, ra2, dec2);
            hpx = sky_hpx(ra2, dec2);
            at = state_of(r, n, hpx);
            if (d < radius * (1 - 1e-9) - 1e-13) {
                assert_true(at >= 0);
                assert_true(state_of(row, m, hpx) >= 0);
            }
            if (d > radius * (1 + 1e-9) + 1e-13) {
                assert_true(at != 0);
            }
        }
    }
}

static double area_of(const sky_range_t *r, int n)
{
    double cells = 0.0;
    int i;

    for (i = 0; i < n; i++) {
        cells += (double)(r[i].hi - r[i].lo);
    }
    return cells / (double)SKY_HPX_END * 41252.96124941928;
}

static void circles_are_tight(void **state)
{
    static const double radius[] = { 0.01 / 3600, 1e-4, 0.01, 0.1, 1, 10,
                                     60, 120, 170 };
    sky_range_t r[32];
    size_t j;
    int i;

    (void)state;
    for (j = 0; j < sizeof(radius) / sizeof(radius[0]); j++) {
        double half = sin(0.5 * radius[j] * RAD), worst = 0.0;
        double area = 4 * 180 / RAD * half * half;

        for (i = 0; i < 300; i++) {
            double ra, dec, ratio;

            awkward(i, &ra, &dec);
            ratio = area_of(r, sky_circle_ranges(ra, dec, radius[j], 32, r))
                    / area;
            assert_true(ratio > 1 - 1e-6);
            worst = ratio > worst ? ratio : worst;
        }
        assert_true(worst < 1.3);
    }
}

static void point_circle_and_whole_sky(void **state)
{
    sky_range_t r[32];
    int n;

    (void)state;
    assert_int_equal(sky_coverage(shape("point 10 20"), 8, r, 32), 1);
    assert_true(r[0].lo == sky_hpx(10, 20) && r[0].hi == r[0].lo + 1);
    n = sky_circle_ranges(10, 20, 0, 8, r);
    assert_true(state_of(r, n, sky_hpx(10, 20)) == 1);
    assert_true(area_of(r, n) < 1e-11);
    n = sky_circle_ranges(10, 20, 180, 8, r);
    assert_int_equal(n, 1);
    assert_true(r[0].lo == 0 && r[0].hi == SKY_HPX_END && !r[0].is_border);
    assert_int_equal(sky_circle_ranges(10, 91, 1, 8, r), -1);
    assert_int_equal(sky_circle_ranges(10, 20, 181, 8, r), -1);
    assert_int_equal(sky_circle_ranges(10, 20, -1, 8, r), -1);
    assert_int_equal(sky_circle_ranges(10, 20, NAN, 8, r), -1);
    assert_int_equal(sky_coverage(shape("circle 1 2 3"), 8, r, 0), -1);
    /* the room given wins over the budget */
    assert_in_range(sky_coverage(shape("circle 1 2 3"), 30, r, 3), 1, 3);
    assert_int_equal(sky_row_ranges(0, -91, 1, r), -1);
}

/* Any shape: directions it has must be covered, interior ones it must have.
 * Directions are taken around its cap. */
static void check_shape(const sky_shape_t *s, int budget)
{
    sky_range_t *r = malloc((size_t)budget * sizeof(*r));
    int n = sky_coverage(s, budget, r, budget), i;
    double c[3], reach;

    check_list(r, n, budget);
    sky_shape_cap(s, c, &reach);
    for (i = 0; i < 300; i++) {
        double ra = atan2(c[1], c[0]) / RAD;
        double dec = atan2(c[2], hypot(c[0], c[1])) / RAD;
        int at;

        offset(ra, dec, 1.1 * sqrt(uniform()) * reach / RAD,
               360 * uniform(), &ra, &dec);
        at = state_of(r, n, sky_hpx(ra, dec));
        if (sky_contains_point(s, ra, dec)) {
            assert_true(at >= 0);
        }
        else {
            assert_true(at != 0);
        }
    }
    free(r);
}

static const sky_shape_t *star(double ra, double dec, double size, int n)
{
    double v[2 * 32];
    int i;

    for (i = 0; i < n; i++) {
        offset(ra, dec, size * uniform_in(0.2, 1), -360.0 * i / n, &v[2 * i],
               &v[2 * i + 1]);
    }
    return sky_make_polygon(&heap, n, v, NULL);
}

static void polygons_ranges_and_unions(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 1500; i++) {
        double ra, dec, size = pow(10.0, uniform_in(-5, 1.9));
        const sky_shape_t *s[3];

        awkward(i, &ra, &dec);
        s[0] = star(ra, dec, size, 3 + i % 20);
        assert_non_null(s[0]);
        check_shape(s[0], 1 + i % 60);
        s[1] = sky_make_circle(&heap, ra + size, dec, size / 3, NULL);
        s[2] = sky_make_range(&heap, ra, ra + size,
                              dec - size < -90 ? -90 : dec - size, dec,
                              NULL);
        check_shape(s[2], 1 + i % 30);
        check_shape(sky_make_union(&heap, 3, s, NULL), 1 + i % 30);
        free_all(NULL);
    }
    check_shape(shape("range 0 360 -90 90"), 20);
    check_shape(shape("range 350 10 80 90"), 20);
    check_shape(shape("range 0 360 -1 1"), 50);
    check_shape(shape("polygon 0 -1 90 -1 180 -1 270 -1 270 1 180 1 90 1 "
                      "0 1"), 50);
}

/* Long and thin: 60 degrees by 0.1 arcsec. */
static void slivers(void **state)
{
    sky_range_t r[64];
    int i, n;

    (void)state;
    for (i = 0; i < 50; i++) {
        double v[6], ra, dec, ra2, dec2;
        const sky_shape_t *s;
        int k;

        any_direction(&v[0], &v[1]);
        offset(v[0], v[1], 60, 360 * uniform(), &v[2], &v[3]);
        offset(v[2], v[3], 0.1 / 3600, 360 * uniform(), &v[4], &v[5]);
        s = sky_make_polygon(&heap, 3, v, NULL);
        assert_non_null(s);
        n = sky_coverage(s, 64, r, 64);
        check_list(r, n, 64);
        for (k = 0; k < 100; k++) {
            double pa = sky_bearing(v[0], v[1], v[2], v[3]);

            /* directions on its long edge */
            offset(v[0], v[1], 60 * uniform(), pa, &ra, &dec);
            assert_true(state_of(r, n, sky_hpx(ra, dec)) >= 0);
            offset(ra, dec, 2, pa + 90, &ra2, &dec2);
            if (!sky_contains_point(s, ra2, dec2)) {
                assert_true(state_of(r, n, sky_hpx(ra2, dec2)) != 0);
            }
        }
    }
}

static void polygons_are_tight(void **state)
{
    sky_range_t r[32];
    double sum = 0.0;
    int i;

    (void)state;
    for (i = 0; i < 300; i++) {
        double ra, dec, ratio;
        const sky_shape_t *s;

        awkward(i, &ra, &dec);
        s = sky_make_box(&heap, ra, dec, 1.4, 1.4, NULL);
        ratio = area_of(r, sky_coverage(s, 32, r, 32)) / sky_area(s);
        assert_true(ratio > 1);
        assert_true(ratio < 1.35);
        sum += ratio;
    }
    assert_true(sum / 300 < 1.3);
}

static void mocs_are_exact(void **state)
{
    const sky_shape_t *s = shape("3/1 3 5 7 9 4/500-510 29/4000000000000000");
    sky_range_t r[32];
    int n = sky_coverage(s, 32, r, 32), i, m;
    const sky_span_t *spans = sky_shape_spans(s, &m);

    (void)state;
    assert_int_equal(n, m);
    for (i = 0; i < n; i++) {
        assert_true(r[i].lo == spans[i].lo && r[i].hi == spans[i].hi
                    && !r[i].is_border);
    }
    n = sky_coverage(s, 3, r, 32);
    check_list(r, n, 3);
    for (i = 0; i < m; i++) {
        assert_true(state_of(r, n, spans[i].lo) >= 0);
        assert_true(state_of(r, n, spans[i].hi - 1) >= 0);
    }
    assert_int_equal(sky_coverage(shape("moc 5/"), 8, r, 32), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_by_brute_force),
        cmocka_unit_test(circles_are_tight),
        cmocka_unit_test(point_circle_and_whole_sky),
        cmocka_unit_test(polygons_ranges_and_unions),
        cmocka_unit_test(slivers),
        cmocka_unit_test(polygons_are_tight),
        cmocka_unit_test(mocs_are_exact)
    };

    return cmocka_run_group_tests(tests, NULL, free_all);
}
