/* test_sky_shape.c: shapes: membership, area, centre, relations. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_test.h"

#define WHOLE 41252.96124941928

static void values_out_of_range_are_named(void **state)
{
    static const double two[] = { 1, 2, 3, 4 }, same[] = { 1, 2, 1, 2, 3, 4 };
    static const double opposite[] = { 0, 0, 180, 0, 90, 45 };
    static const double bad[] = { 1, 2, 3, 95, 5, 6 };
    sky_span_t span = { 5, 4 };
    sky_err_t err;

    (void)state;
    assert_null(sky_make_point(&heap, 10, 90.5, &err));
    assert_int_equal(err.code, SKY_ERR_VALUE);
    assert_non_null(strstr(err.text, "90.5"));
    assert_non_null(strstr(err.text, "[-90, 90]"));
    assert_null(sky_make_point(&heap, NAN, 0, &err));
    assert_null(sky_make_circle(&heap, 1, 2, 180.5, &err));
    assert_non_null(strstr(err.text, "180.5"));
    assert_non_null(strstr(err.text, "[0, 180]"));
    assert_null(sky_make_circle(&heap, 1, 2, -0.1, &err));
    assert_null(sky_make_polygon(&heap, 2, two, &err));
    assert_null(sky_make_polygon(&heap, 3, opposite, &err));
    assert_non_null(strstr(err.text, "180 degrees apart"));
    assert_null(sky_make_polygon(&heap, 3, bad, &err));
    assert_null(sky_make_box(&heap, 1, 2, 0, 1, &err));
    assert_null(sky_make_box(&heap, 1, 2, 1, 180, &err));
    assert_null(sky_make_range(&heap, 1, 2, 5, 4, &err));
    assert_null(sky_make_moc(&heap, 1, &span, 0, &err));
    assert_null(sky_make_moc(&heap, 0, NULL, 30, &err));
    assert_null(sky_make_union(&heap, 0, NULL, &err));
    /* a double vertex is no harm */
    assert_non_null(sky_make_polygon(&heap, 3, same, &err));
}

static void blocks_may_move(void **state)
{
    const char *text = "union (polygon 10 10 20 10 20 20 circle 100 20 1 "
                       "moc 3/1 range 1 2 3 4)";
    const sky_shape_t *s = shape(text);
    size_t size = sky_shape_size(s);
    sky_shape_t *copy = malloc(size);
    int i;

    (void)state;
    memcpy(copy, s, size);
    memset((void *)(uintptr_t)s, 0xff, size);
    assert_int_equal(sky_shape_member_count(copy), 4);
    assert_int_equal(sky_shape_kind(sky_shape_member(copy, 2)), SKY_MOC);
    assert_int_equal(sky_shape_kind(sky_shape_member(copy, 3)), SKY_RANGE);
    assert_true(sky_contains_point(copy, 18, 12));
    assert_false(sky_contains_point(copy, 12, 18));
    assert_true(sky_contains_point(copy, 100, 20.5));
    for (i = 0; i < 4; i++) {
        assert_true(sky_shape_size(sky_shape_member(copy, i)) % 8 == 0);
    }
    free(copy);
}

/* ---- membership against another method --------------------------------- */

/* In the plane touching the sphere at the centre great circles are lines. */
static void gnomonic(double ra0, double dec0, double ra, double dec,
                     double *x, double *y)
{
    double c = sin(dec0 * RAD) * sin(dec * RAD)
               + cos(dec0 * RAD) * cos(dec * RAD) * cos((ra - ra0) * RAD);

    *x = cos(dec * RAD) * sin((ra - ra0) * RAD) / c;
    *y = (cos(dec0 * RAD) * sin(dec * RAD)
          - sin(dec0 * RAD) * cos(dec * RAD) * cos((ra - ra0) * RAD)) / c;
}

static int in_plane(int n, const double *v, double x, double y)
{
    int i, k, in = 0;

    for (i = 0, k = n - 1; i < n; k = i++) {
        if ((v[2 * i + 1] > y) != (v[2 * k + 1] > y)
            && x < (v[2 * k] - v[2 * i]) * (y - v[2 * i + 1])
                   / (v[2 * k + 1] - v[2 * i + 1]) + v[2 * i]) {
            in = !in;
        }
    }
    return in;
}

static double off_line(int n, const double *v, double x, double y)
{
    double min = 1e9;
    int i, k;

    for (i = 0, k = n - 1; i < n; k = i++) {
        double dx = v[2 * i] - v[2 * k], dy = v[2 * i + 1] - v[2 * k + 1];
        double d = fabs((x - v[2 * k]) * dy - (y - v[2 * k + 1]) * dx)
                   / hypot(dx, dy);

        min = d < min ? d : min;
    }
    return min;
}

static void polygons_by_brute_force(void **state)
{
    double v[64], p[64];
    int i, k, n, tested = 0;

    (void)state;
    for (i = 0; i < 3000; i++) {
        double ra, dec, size = pow(10, uniform_in(-6, 1.8));
        const sky_shape_t *s;
        int turn = i % 2 ? 1 : -1;      /* both windings */

        any_direction(&ra, &dec);
        if (i % 5 == 0) {
            dec = i % 10 ? 90 : -90;    /* around a pole */
        }
        if (i % 5 == 1) {
            ra = 0;                     /* over longitude 0 */
        }
        n = 3 + i % 29;
        for (k = 0; k < n; k++) {
            offset(ra, dec, size * uniform_in(0.1, 1), turn * 360.0 * k / n,
                   &v[2 * k], &v[2 * k + 1]);
            gnomonic(ra, dec, v[2 * k], v[2 * k + 1], &p[2 * k],
                     &p[2 * k + 1]);
        }
        s = sky_make_polygon(&heap, n, v, NULL);
        assert_non_null(s);
        for (k = 0; k < 60; k++) {
            double ra2, dec2, x, y;

            offset(ra, dec, 1.2 * size * sqrt(uniform()), 360 * uniform(),
                   &ra2, &dec2);
            if (sky_distance(ra, dec, ra2, dec2) > 85) {
                continue;
            }
            gnomonic(ra, dec, ra2, dec2, &x, &y);
            if (off_line(n, p, x, y) > 1e-13) {
                assert_int_equal(sky_contains_point(s, ra2, dec2),
                                 in_plane(n, p, x, y));
                tested++;
            }
        }
        /* far away */
        assert_false(sky_contains_point(s, ra + 180, -dec));
        for (k = 0; k < n; k++) {
            assert_true(sky_contains_point(s, v[2 * k], v[2 * k + 1]));
        }
        free_all(NULL);
    }
    assert_true(tested > 100000);
}

/* Polygons that no hemisphere holds: bands around the sky. */
static void wide_polygons(void **state)
{
    double v[80];
    const sky_shape_t *band, *cap;
    int i, turn;

    (void)state;
    for (turn = 0; turn < 2; turn++) {
        /* a ring of 20 vertices at +5 and back at -5, cut at longitude 0 */
        for (i = 0; i < 20; i++) {
            int at = turn ? 39 - i : i, back = turn ? i : 39 - i;

            v[2 * at] = v[2 * back] = 1 + 358.0 * i / 19;
            v[2 * at + 1] = 5;
            v[2 * back + 1] = -5;
        }
        band = sky_make_polygon(&heap, 40, v, NULL);
        assert_non_null(band);
        for (i = 0; i < 20000; i++) {
            double ra, dec;

            any_direction(&ra, &dec);
            if (fabs(dec) > 5.2 || ra < 0.99 || ra > 359.01) {
                assert_false(sky_contains_point(band, ra, dec));
            }
            if (fabs(dec) < 5 && ra > 1.01 && ra < 358.99) {
                assert_true(sky_contains_point(band, ra, dec));
            }
        }
        assert_near(sky_area(band), 358 * 2 * sin(5 * RAD) / RAD, 40);
        /* beyond a hemisphere the other side is the smaller one */
        for (i = 0; i < 36; i++) {
            v[2 * i] = turn ? 350 - 10 * i : 10 * i;
            v[2 * i + 1] = -30;
        }
        cap = sky_make_polygon(&heap, 36, v, NULL);
        assert_false(sky_contains_point(cap, 77, 40));
        assert_true(sky_contains_point(cap, 77, -40));
        assert_true(sky_contains_point(cap, 0, -90));
        assert_near(sky_area(cap), WHOLE * 0.25, 30);
    }
}

static void boundaries_belong(void **state)
{
    (void)state;
    assert_true(sky_contains_point(shape("circle 10 19 1"), 10, 20));
    assert_true(sky_contains_point(shape("circle 10 19 1"), 10, 18));
    assert_false(sky_contains_point(shape("circle 10 19 1"), 10,
                                    20.000000000001));
    assert_true(sky_contains_point(shape("circle 0 0 90"), 90, 0));
    assert_true(sky_contains_point(shape("circle 0 0 180"), 180, 0));
    assert_true(sky_contains_point(shape("polygon 0 0 10 0 10 10 0 10"), 5,
                                   0));
    assert_true(sky_contains_point(shape("polygon 0 0 10 0 10 10 0 10"), 10,
                                   3));
    assert_false(sky_contains_point(shape("polygon 0 0 10 0 10 10 0 10"),
                                    10.0000001, 3));
    assert_true(sky_contains_point(shape("range 350 10 -5 5"), 350, 5));
    assert_true(sky_contains_point(shape("range 350 10 -5 5"), 10, -5));
    assert_true(sky_contains_point(shape("range 350 10 -5 5"), 0, 0));
    assert_true(sky_contains_point(shape("range 350 10 -5 5"), -360, 0));
    assert_false(sky_contains_point(shape("range 350 10 -5 5"), 10.001, 0));
    assert_false(sky_contains_point(shape("range 10 350 -5 5"), 0, 0));
    assert_true(sky_contains_point(shape("range 10 20 80 90"), 200, 90));
    assert_true(sky_contains_point(shape("point 10 20"), 370, 20));
    assert_false(sky_contains_point(shape("point 10 20"), 10, 20.0000001));
    assert_false(sky_contains_point(shape("circle 10 20 1"), NAN, 20));
    assert_false(sky_contains_point(shape("circle 10 89 5"), 10, 91));
}

/* ---- measures ---------------------------------------------------------- */

static void areas(void **state)
{
    int i;

    (void)state;
    assert_near(sky_area(shape("circle 3 4 180")), WHOLE, 1e-8);
    assert_near(sky_area(shape("circle 3 4 90")), WHOLE / 2, 1e-8);
    assert_near(sky_area(shape("circle 3 4 1e-6")), M_PI * 1e-12, 1e-24);
    assert_near(sky_area(shape("polygon 0 0 90 0 0 90")), WHOLE / 8, 1e-8);
    assert_near(sky_area(shape("range 10 20 -90 90")), WHOLE / 36, 1e-8);
    assert_near(sky_area(shape("range 350 10 0 30")), WHOLE / 72, 1e-8);
    assert_near(sky_area(shape("moc 0/5")), WHOLE / 12, 1e-8);
    assert_near(sky_area(shape("point 1 2")), 0, 0);
    assert_near(sky_area(shape("union (moc 0/5 circle 0 80 1)")),
                WHOLE / 12 + sky_area(shape("circle 0 80 1")), 1e-8);
    assert_near(sky_area(shape("union (circle 10 10 1 circle 10 10 1)")),
                sky_area(shape("circle 10 10 1")), 0.01);
    /* a box is flat when small, at any place */
    for (i = 0; i < 200; i++) {
        double ra, dec, w = pow(10, uniform_in(-6, -1));

        any_direction(&ra, &dec);
        assert_near(sky_area(sky_make_box(&heap, ra, dec, w, 2 * w, NULL))
                    / (2 * w * w), 1, 1e-5);
    }
    /* Eriksson 1990: the rectangle with half arms a, b in the tangent plane */
    assert_near(sky_area(shape("box 0 0 20 30")) * RAD * RAD,
                4 * asin(sin(10 * RAD) * sin(15 * RAD)), 1e-12);
}

static void centroid_is(const char *text, double ra, double dec)
{
    double r, d;

    assert_int_equal(sky_centroid(shape(text), &r, &d), 0);
    assert_near(sky_distance(r, d, ra, dec), 0, 1e-7);
}

static void centroids(void **state)
{
    double ra, dec;
    int i;

    (void)state;
    centroid_is("point 10 20", 10, 20);
    centroid_is("circle 10 20 170", 10, 20);
    centroid_is("box 10 20 30 40", 10, 20);
    centroid_is("polygon 0 0 90 0 0 90", 45, 35.264389682754654);
    centroid_is("polygon 0 90 90 0 0 0", 45, 35.264389682754654);
    centroid_is("range 350 10 -5 5", 0, 0);
    centroid_is("range 0 360 -90 0", 0, -90);
    centroid_is("moc 0/4", 0, 0);
    centroid_is("union (circle 10 0 1 circle 20 0 1)", 15, 0);
    centroid_is("range 10 20 5 5", 15, 5);
    assert_int_equal(sky_centroid(shape("moc 3/"), &ra, &dec), -1);
    assert_int_equal(sky_centroid(shape("moc 0/0-11"), &ra, &dec), -1);
    assert_int_equal(sky_centroid(shape("range 0 360 -90 90"), &ra, &dec),
                     -1);
    /* tiny ones keep their digits */
    for (i = 0; i < 200; i++) {
        double v[6], mx, my, r, d;
        const sky_shape_t *s;

        any_direction(&ra, &dec);
        offset(ra, dec, 1e-4, 10, &v[0], &v[1]);
        offset(ra, dec, 1e-4, 130, &v[2], &v[3]);
        offset(ra, dec, 1e-4, 250, &v[4], &v[5]);
        s = sky_make_polygon(&heap, 3, v, NULL);
        assert_int_equal(sky_centroid(s, &mx, &my), 0);
        assert_near(sky_distance(mx, my, ra, dec), 0, 1e-12);
        sky_centroid(sky_make_box(&heap, ra, dec, 1e-5, 1e-5, NULL), &r, &d);
        assert_near(sky_distance(r, d, ra, dec), 0, 1e-12);
    }
}

/* ---- relations --------------------------------------------------------- */

static void pair_is(const char *a, const char *b, int contains, int inside,
                    int meets)
{
    const sky_shape_t *x = shape(a), *y = shape(b);

    if (sky_contains(x, y) != contains || sky_contains(y, x) != inside
        || sky_intersects(x, y) != meets || sky_intersects(y, x) != meets) {
        fail_msg("%s | %s: %d %d %d %d", a, b, sky_contains(x, y),
                 sky_contains(y, x), sky_intersects(x, y),
                 sky_intersects(y, x));
    }
}

static void known_pairs(void **state)
{
    (void)state;
    pair_is("circle 10 20 1", "circle 10 20.5 0.5", 1, 0, 1);
    pair_is("circle 10 20 1", "circle 10 20 1", 1, 1, 1);
    pair_is("circle 10 20 1", "circle 10 22 1", 0, 0, 1);
    pair_is("circle 10 20 1", "circle 10 22.0001 1", 0, 0, 0);
    pair_is("circle 10 20 180", "circle 190 -20 179", 1, 0, 1);
    pair_is("circle 0 0 100", "circle 180 0 100", 0, 0, 1);
    pair_is("circle 0 0 100", "circle 180 0 79", 0, 0, 0);
    pair_is("circle 0 0 100", "polygon 90 -5 101 0 90 5", 0, 0, 1);
    pair_is("circle 0 0 100", "polygon 90 -5 100 0 90 5", 1, 0, 1);
    pair_is("circle 0 0 100", "polygon 90 -5 99 0 90 5", 1, 0, 1);
    pair_is("circle 180 0 79", "polygon 90 -5 99 0 90 5", 0, 0, 0);
    pair_is("polygon 0 0 10 0 10 10 0 10", "polygon 0 0 10 0 10 10 0 10", 1,
            1, 1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "polygon 0 0 5 0 5 5 0 5", 1, 0,
            1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "polygon 2 2 5 2 5 5 2 5", 1, 0,
            1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "polygon 10 0 20 0 20 5 10 5", 0,
            0, 1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "polygon 11 0 20 0 20 5 11 5", 0,
            0, 0);
    /* crossing without a vertex of either in the other */
    pair_is("polygon 0 -1 10 -1 10 1 0 1", "polygon 4 -5 6 -5 6 5 4 5", 0, 0,
            1);
    /* a triangle in the notch of a U */
    pair_is("polygon 0 0 9 0 9 9 6 9 6 3 3 3 3 9 0 9",
            "polygon 4 5 5 5 4.5 6", 0, 0, 0);
    pair_is("polygon 0 0 9 0 9 9 6 9 6 3 3 3 3 9 0 9", "circle 4.5 6 1", 0, 0,
            0);
    pair_is("polygon 0 0 9 0 9 9 6 9 6 3 3 3 3 9 0 9", "circle 4.5 6 1.6", 0,
            0, 1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "circle 5 5 4.9", 1, 0, 1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "circle 5 5 5.1", 0, 0, 1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "circle 5 5 8", 0, 1, 1);
    pair_is("polygon 0 0 10 0 10 10 0 10", "circle 5 -1 0.9", 0, 0, 0);
    pair_is("range 350 10 -5 5", "circle 0 6 1", 0, 0, 1);
    pair_is("range 350 10 -5 5", "circle 0 6 0.999", 0, 0, 0);
    pair_is("range 350 10 -5 5", "circle 0 0 4.9", 1, 0, 1);
    pair_is("range 350 10 -5 5", "circle 0 0 12", 0, 1, 1);
    pair_is("range 0 360 80 90", "circle 0 90 10", 1, 1, 1);
    pair_is("range 0 360 -80 80", "circle 0 90 9.9", 0, 0, 0);
    pair_is("range 0 360 -80 80", "circle 0 0 100", 0, 0, 1);
    pair_is("range 0 360 -80 89", "circle 0 90 5", 0, 0, 1);
    pair_is("range 0 360 -90 89", "circle 0 90 1.5", 0, 0, 1);
    pair_is("range 10 20 80 90", "range 200 210 85 90", 0, 0, 1);
    pair_is("range 350 10 -5 5", "range 5 20 -5 5", 0, 0, 1);
    pair_is("range 350 10 -5 5", "range 355 5 -1 1", 1, 0, 1);
    pair_is("range 350 10 -5 5", "range 10 20 5 6", 0, 0, 1);
    pair_is("range 350 10 -5 5", "range 11 349 -5 5", 0, 0, 0);
    pair_is("range 350 10 -5 5", "polygon 355 -2 5 -2 5 2 355 2", 1, 0, 1);
    pair_is("range 350 10 -5 5", "polygon 340 -9 20 -9 20 9 340 9", 0, 1, 1);
    /* a great circle between two points of a parallel bulges over it */
    pair_is("range 350 10 0 50", "polygon 350 1 10 1 10 50 350 50", 0, 0, 1);
    pair_is("range 0 360 -90 90", "polygon 350 1 10 1 10 50", 1, 0, 1);
    pair_is("point 5 5", "polygon 0 0 10 0 10 10 0 10", 0, 1, 1);
    pair_is("point 5 5", "point 5 5", 1, 1, 1);
    pair_is("point 5 5", "point 5 5.1", 0, 0, 0);
    pair_is("circle 5 5 0", "circle 5 5 1", 0, 1, 1);
    pair_is("moc 3/1-4", "moc 4/5 6", 1, 0, 1);
    pair_is("moc 3/1-4", "moc 3/5", 0, 0, 0);
    pair_is("moc 3/", "moc 3/5", 0, 1, 0);
    pair_is("moc 0/4", "circle 0 0 10", 1, 0, 1);
    pair_is("moc 0/4", "circle 0 0 60", 0, 1, 1);
    pair_is("moc 0/4", "circle 0 0 40", 0, 0, 1);
    pair_is("moc 0/4", "circle 180 0 40", 0, 0, 0);
    pair_is("moc 0/4", "polygon 355 -5 5 -5 5 5 355 5", 1, 0, 1);
    pair_is("union (circle 10 0 1 circle 20 0 1)", "circle 20 0 0.5", 1, 0,
            1);
    pair_is("union (circle 10 0 1 circle 20 0 1)", "circle 15 0 1", 0, 0, 0);
    pair_is("union (range 0 10 0 10 range 10 20 0 10)", "circle 10 5 3", 1,
            0, 1);
    pair_is("union (range 0 10 0 10 range 11 20 0 10)", "circle 10 5 3", 0,
            0, 1);
    pair_is("union (circle 10 0 1 circle 20 0 1)", "circle 15 0 7", 0, 1, 1);
}

static const sky_shape_t *any_shape(double ra, double dec, double size)
{
    double v[20];
    int i, n;

    offset(ra, dec, 1.5 * size * uniform(), 360 * uniform(), &ra, &dec);
    switch ((int)(3 * uniform())) {
    case 0:
        return sky_make_circle(&heap, ra, dec, size * uniform_in(0.1, 1),
                               NULL);
    case 1:
        n = 3 + (int)(8 * uniform());
        for (i = 0; i < n; i++) {
            offset(ra, dec, size * uniform_in(0.2, 1), 360.0 * i / n,
                   &v[2 * i], &v[2 * i + 1]);
        }
        return sky_make_polygon(&heap, n, v, NULL);
    default:
        {
            double lat1 = dec - size * uniform(), lat2 = dec + size;
            double w = size * uniform() / cos(dec * RAD);

            return sky_make_range(&heap, ra - (w > 179 ? 179 : w),
                                  ra + (w > 179 ? 179 : w),
                                  lat1 < -90 ? -90 : lat1,
                                  lat2 > 90 ? 90 : lat2, NULL);
        }
    }
}

/* What samples say must agree: a common point means intersects, a point of
 * one that is not in the other means not contained, and few samples may
 * disagree in the other direction. */
static void relations_by_samples(void **state)
{
    int i, k, near_misses = 0, asked = 0, yes = 0;

    (void)state;
    for (i = 0; i < 4000; i++) {
        double ra, dec, size = pow(10, uniform_in(-5, 1.6)), cap[3], r;
        const sky_shape_t *a, *b, *moc;
        int common = 0, only_b = 0, meets, has;

        any_direction(&ra, &dec);
        a = any_shape(ra, dec, size);
        b = any_shape(ra, dec, i % 3 ? size : 0.2 * size);
        assert_non_null(a);
        assert_non_null(b);
        sky_shape_cap(b, cap, &r);
        for (k = 0; k < 400; k++) {
            double ra2 = atan2(cap[1], cap[0]) / RAD;
            double dec2 = atan2(cap[2], hypot(cap[0], cap[1])) / RAD;

            offset(ra2, dec2, sqrt(uniform()) * r / RAD, 360 * uniform(),
                   &ra2, &dec2);
            if (sky_contains_point(b, ra2, dec2)) {
                common |= sky_contains_point(a, ra2, dec2);
                only_b |= !sky_contains_point(a, ra2, dec2);
            }
        }
        meets = sky_intersects(a, b);
        has = sky_contains(a, b);
        assert_int_equal(meets, sky_intersects(b, a));
        assert_false(common && !meets);
        assert_false(only_b && has);
        assert_false(has && !meets);
        asked += 2;
        yes += meets + has;
        near_misses += meets && !common;
        near_misses += !has && !only_b;
        /* the same question by cells: never less than the truth */
        if (i % 20 == 0) {
            sky_range_t rg[32];
            sky_span_t sp[32];
            int n = sky_coverage(b, 32, rg, 32);

            for (k = 0; k < n; k++) {
                sp[k].lo = rg[k].lo;
                sp[k].hi = rg[k].hi;
            }
            moc = sky_make_moc(&heap, n, sp, 0, NULL);
            assert_true(sky_contains(moc, b));
            assert_false(meets && !sky_intersects(a, moc));
            assert_false(sky_contains(a, moc) && !has);
        }
        free_all(NULL);
    }
    /* samples miss thin overlaps, but not often */
    assert_true(near_misses < asked / 20);
    assert_true(yes > asked / 5);
}

static void bounds_hold_the_shape(void **state)
{
    int i, k;

    (void)state;
    for (i = 0; i < 2000; i++) {
        double ra, dec, b[6], c[3], r;
        const sky_shape_t *s;

        any_direction(&ra, &dec);
        s = any_shape(ra, dec, pow(10, uniform_in(-5, 1.8)));
        sky_shape_bounds(s, b);
        sky_shape_cap(s, c, &r);
        for (k = 0; k < 50; k++) {
            double ra2, dec2, v[3];
            int j;

            offset(ra, dec, 3 * r * uniform() / RAD, 360 * uniform(), &ra2,
                   &dec2);
            if (!sky_contains_point(s, ra2, dec2)) {
                continue;
            }
            v[0] = cos(dec2 * RAD) * cos(ra2 * RAD);
            v[1] = cos(dec2 * RAD) * sin(ra2 * RAD);
            v[2] = sin(dec2 * RAD);
            for (j = 0; j < 3; j++) {
                assert_true(v[j] >= b[j] && v[j] <= b[j + 3]);
            }
            assert_true(v[0] * c[0] + v[1] * c[1] + v[2] * c[2]
                        >= cos(r) - 1e-12);
        }
        free_all(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_out_of_range_are_named),
        cmocka_unit_test(blocks_may_move),
        cmocka_unit_test(polygons_by_brute_force),
        cmocka_unit_test(wide_polygons),
        cmocka_unit_test(boundaries_belong),
        cmocka_unit_test(areas),
        cmocka_unit_test(centroids),
        cmocka_unit_test(known_pairs),
        cmocka_unit_test(relations_by_samples),
        cmocka_unit_test(bounds_hold_the_shape)
    };

    return cmocka_run_group_tests(tests, NULL, free_all);
}
