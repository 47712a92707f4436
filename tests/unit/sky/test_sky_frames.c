/* test_sky_frames.c: frames, epochs, sexagesimal text, MOCs of shapes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_test.h"

/* The numbers are astropy 5.2's (FK4NoETerms, BarycentricMeanEcliptic). */
static void frames_are_astropys(void **state)
{
    static const struct {
        int frame;
        double lon, lat, ra, dec;
    } t[] = {
        { SKY_FK5, 10, 20, 9.999991497746, 19.999998470513 },
        { SKY_FK5, 200, -70, 199.999976992025, -69.999999515276 },
        { SKY_FK4, 10, 20, 10.658965342027, 20.273892221699 },
        { SKY_FK4, 200, -70, 200.909867245436, -70.260851929344 },
        { SKY_GALACTIC, 10, 20, 254.284943584151, -9.782228772216 },
        { SKY_GALACTIC, 310, 5.5, 205.737313951626, -56.663187109093 },
        { SKY_ECLIPTIC, 10, 20, 0.845873287285, 22.253494660740 },
        { SKY_ECLIPTIC, 310, 5.5, 310.935201339829, -12.437540185146 },
        { SKY_SUPER_GALACTIC, 10, 20, 355.993009274640, 73.774156063840 },
        { SKY_SUPER_GALACTIC, 200, -70, 106.461329177019, -35.561997225027 },
        { SKY_ICRS, 10, 20, 10, 20 }
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
        double lon = t[i].lon, lat = t[i].lat;

        sky_turn(t[i].frame, SKY_ICRS, &lon, &lat);
        assert_near(lon, t[i].ra, 1e-10);
        assert_near(lat, t[i].dec, 1e-10);
        sky_turn(SKY_ICRS, t[i].frame, &lon, &lat);
        assert_near(lon, t[i].lon, 1e-10);
        assert_near(lat, t[i].lat, 1e-10);
    }
}

static void frames_have_names(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < SKY_FRAMES; i++) {
        const char *name = sky_frame_name(i);

        assert_int_equal(sky_frame(name, strlen(name)), i);
    }
    assert_null(sky_frame_name(SKY_FRAMES));
    assert_int_equal(sky_frame("b1950", 5), SKY_FK4);
    assert_int_equal(sky_frame("galactic and more", 8), SKY_GALACTIC);
    assert_int_equal(sky_frame("GALACTI", 7), -1);
    assert_int_equal(sky_frame("", 0), -1);
}

static const sky_shape_t *turn(const char *text, int from, int to)
{
    sky_err_t err;
    const sky_shape_t *s = sky_parse(&heap, text, &err);

    assert_non_null(s);
    return sky_transform(&heap, s, from, to, &err);
}

/* The examples of the catalogue of user-defined functions 1.2. */
static void shapes_turn(void **state)
{
    static const double corners[] = {
        266.44721, -23.107310, 264.95088, -23.434037, 267.09936, -24.051919
    };
    const sky_shape_t *s;
    const double *d;
    int n, i;

    (void)state;
    d = sky_shape_numbers(turn("point 120 -23", SKY_ICRS, SKY_GALACTIC), &n);
    assert_near(d[0], 241.121831182, 1e-9);
    assert_near(d[1], 3.62785788087, 1e-9);
    d = sky_shape_numbers(turn("circle 189.70303055 22.96240006 3", SKY_FK4,
                               SKY_GALACTIC), &n);
    assert_near(d[0], 275.00025405, 1e-8);
    assert_near(d[1], 84.99996154, 1e-8);
    assert_near(d[2], 3, 0);
    d = sky_shape_numbers(turn("polygon 5 3 4 4 4.5 2", SKY_GALACTIC,
                               SKY_FK5), &n);
    assert_int_equal(n, 6);
    for (i = 0; i < n; i++) {
        assert_near(d[i], corners[i], 1e-5);
    }
    s = turn("box icrs 10 10 2 2", SKY_ICRS, SKY_GALACTIC);
    assert_int_equal(sky_shape_kind(s), SKY_POLYGON);
    assert_near(sky_area(s), sky_area(turn("box icrs 10 10 2 2", 0, 0)),
                1e-10);
    s = turn("union (point 0 0 circle 3 4 1)", SKY_GALACTIC, SKY_ICRS);
    assert_int_equal(sky_shape_member_count(s), 2);
    assert_int_equal(sky_contains_point(s, 266.404988286545,
                                        -28.936177761791), 0);
    assert_null(turn("moc 3/4", SKY_ICRS, SKY_FK4));
    assert_null(turn("range 1 2 3 4", SKY_ICRS, SKY_FK4));
    assert_non_null(turn("moc 3/4", SKY_ICRS, SKY_ICRS));
}

/* The same examples for epochs. */
static void stars_move(void **state)
{
    static const double nan_ = NAN;
    const struct {
        double in[6], from, to, ra, dec;
    } t[] = {
        { { 7.606083572, 11.79044105, 125, 300, -428.8, 52.51 }, 2016, 1992.25,
          7.604061404627978, 11.7932703828279 },
        { { 7.606083572, 11.79044105, 125, 300, -428.8, 52.51 }, 2016, 1875,
          7.594068213694308, 11.807251375203935 },
        { { 7.606083572, 11.79044105, 125, 300, -428.8, nan_ }, 2016, 1875,
          7.594079587029898, 11.807235464326332 },
        { { 7.606083572, 11.79044105, 125, 300, nan_, nan_ }, 2016, 1875,
          7.594080321498365, 11.790440798509207 },
        /* "approximative": the note takes a small parallax */
        { { 7.606083572, 11.79044105, nan_, 300, -428.8, 52.51 }, 2016, 1875,
          7.594079587020846, 11.807235464339055 }
    };
    double out[6], back[6];
    size_t i;
    int k;

    (void)state;
    for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
        assert_int_equal(sky_epoch_prop(t[i].in, t[i].to - t[i].from, out),
                         0);
        assert_near(out[0], t[i].ra, i == 4 ? 2e-11 : 1e-13);
        assert_near(out[1], t[i].dec, i == 4 ? 2e-11 : 1e-13);
    }
    assert_int_equal(isnan(out[2]) && isnan(out[5]), 1);
    for (i = 0; i < 1000; i++) { /* straight motion can be undone */
        double in[6], years = uniform_in(-500, 500);

        any_direction(&in[0], &in[1]);
        in[2] = uniform_in(0.1, 800);
        in[3] = uniform_in(-5000, 5000);
        in[4] = uniform_in(-5000, 5000);
        in[5] = uniform_in(-200, 200);
        assert_int_equal(sky_epoch_prop(in, years, out), 0);
        assert_int_equal(sky_epoch_prop(out, -years, back), 0);
        assert_near(sky_distance(in[0], in[1], back[0], back[1]), 0, 1e-11);
        for (k = 2; k < 6; k++) {
            assert_near(in[k], back[k], 1e-6);
        }
    }
    out[0] = 0;
    out[1] = 91;
    assert_int_equal(sky_epoch_prop(out, 1, back), -1);
}

static double hms(const char *text)
{
    return sky_hms_degrees(text, text + strlen(text));
}

static double dms(const char *text)
{
    return sky_dms_degrees(text, text + strlen(text));
}

static void sexagesimal(void **state)
{
    static const char *const bad[] = {
        "", " ", "1", "1:2", "1:2:", "1:2:x", "1:60:0", "1:2:60", "1:2:3:4",
        "1h2:3", "1h2m3", "1:2m3s", "1d2m3s", "25:0:0", "12345", "1234567",
        "-1:2:3", "1:2:-3", "1:2:3e1", "1:2:3.4.5", "h2m3s", "1::3", "1 2 3",
        "24:00:01", "1:123:4"
    };
    static const char *const bad_dms[] = {
        "--1:2:3", "+-1:2:3", "-", "1h2m3s", "361:0:0", "- 1:2:3", "1:2:3s"
    };
    size_t i;

    (void)state;
    assert_near(hms("3:34:45.4"), 53.68916666666667, 1e-13);
    assert_near(hms("3h34m45.4s"), 53.68916666666667, 1e-13);
    assert_near(hms(" 3H34M45.4S "), 53.68916666666667, 1e-13);
    assert_near(hms("033445.4"), 53.68916666666667, 1e-13);
    assert_near(hms("240000"), 360, 0);
    assert_near(hms("0:0:0"), 0, 0);
    assert_near(dms("42:9:6.768"), 42.15188, 1e-13);
    assert_near(dms("42d9m6.768s"), 42.15188, 1e-13);
    assert_near(dms("42D9M6.768S"), 42.15188, 1e-13);
    assert_near(dms("-00:15:00"), -0.25, 0);
    assert_near(dms("+00:15:00"), 0.25, 0);
    assert_near(dms("-0d15m0s"), -0.25, 0);
    assert_near(dms("-894512"), -(89 + 45 / 60. + 12 / 3600.), 1e-13);
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(isnan(hms(bad[i])) != 0, 1);
    }
    for (i = 0; i < sizeof(bad_dms) / sizeof(*bad_dms); i++) {
        assert_int_equal(isnan(dms(bad_dms[i])) != 0, 1);
    }
}

/* The same place again and again. */
static void *give(void *baton, size_t size)
{
    return size <= 256 ? baton : NULL;
}

/* Cells whose centre is inside belong; none belongs that is far outside. */
static void mocs_of_shapes(void **state)
{
    static const char *const texts[] = {
        "circle 10 20 3", "circle 100 89.5 2", "circle 0 41.8 10",
        "polygon 350 -5 10 -5 10 5 350 5", "box icrs 200 -60 4 8",
        "range 350 20 -85 -70", "union (circle 10 20 1 circle 30 20 1)"
    };
    double room[32];
    const sky_alloc_t one = { give, room };
    size_t k;
    int64_t ipix;

    (void)state;
    for (k = 0; k < sizeof(texts) / sizeof(*texts); k++) {
        sky_err_t err;
        const sky_shape_t *s = sky_parse(&heap, texts[k], &err);
        const sky_shape_t *moc = sky_moc_of(&heap, s, 6, &err);
        const sky_span_t *span;
        double r, ra, dec;
        int n;

        assert_non_null(moc);
        assert_int_equal(sky_shape_moc_order(moc), 6);
        span = sky_shape_spans(moc, &n);
        for (ipix = 0; ipix < 12 << 12; ipix++) {
            int is_in = sky_moc_has(span, n, ipix << 46);
            const sky_shape_t *near;

            sky_cell_center(6, ipix, &ra, &dec);
            if (sky_contains_point(s, ra, dec)) {
                assert_int_equal(is_in, 1);
                continue;
            }
            r = sky_cell_radius(6, ipix) * 1.001;
            near = sky_make_circle(&one, ra, dec, r, &err);
            if (!sky_intersects(s, near)) {
                assert_int_equal(is_in, 0);
            }
        }
        free_all(NULL);
    }
}

static void mocs_are_limited(void **state)
{
    sky_err_t err;
    const sky_shape_t *s = sky_parse(&heap, "circle 10 20 30", &err);

    (void)state;
    assert_null(sky_moc_of(&heap, s, 29, &err));
    assert_int_equal(err.code, SKY_ERR_VALUE);
    assert_null(sky_moc_of(&heap, s, 30, &err));
    assert_non_null(sky_moc_of(&heap, s, 0, &err));
    s = sky_parse(&heap, "point 10 20", &err);
    s = sky_moc_of(&heap, s, 29, &err);
    assert_non_null(s);
    assert_int_equal(sky_contains_point(s, 10, 20), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(frames_are_astropys, free_all),
        cmocka_unit_test_teardown(frames_have_names, free_all),
        cmocka_unit_test_teardown(shapes_turn, free_all),
        cmocka_unit_test_teardown(stars_move, free_all),
        cmocka_unit_test_teardown(sexagesimal, free_all),
        cmocka_unit_test_teardown(mocs_of_shapes, free_all),
        cmocka_unit_test_teardown(mocs_are_limited, free_all)
    };

    return cmocka_run_group_tests_name("sky_frames", tests, NULL, NULL);
}
