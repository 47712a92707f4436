/* test_sky_text.c: DALI and STC-S text, and numbers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_test.h"

static void both_forms(void **state)
{
    static const struct {
        const char *in, *stcs, *dali;
    } row[] = {
        { "point 10.5 -20.25", "Position ICRS 10.5 -20.25",
          "point 10.5 -20.25" },
        { "POSITION ICRS GEOCENTER SPHERICAL2 10 20", "Position ICRS 10 20",
          "point 10 20" },
        { "Circle ICRS TOPOCENTER 147.6 69.9 0.4",
          "Circle ICRS 147.6 69.9 0.4", "circle 147.6 69.9 0.4" },
        { "circle FK5 10 20 1", "Circle ICRS 10 20 1", "circle 10 20 1" },
        { "circle J2000 10,20,1 unit deg", "Circle ICRS 10 20 1",
          "circle 10 20 1" },
        { "circle -10 +20 1e-3", "Circle ICRS 350 20 0.001",
          "circle 350 20 0.001" },
        { " polygon 10 10\t20 10\n20 20 ", "Polygon ICRS 10 10 20 10 20 20",
          "polygon 10 10 20 10 20 20" },
        { "polygon 10 10 20 10 20 20 10 10",
          "Polygon ICRS 10 10 20 10 20 20", "polygon 10 10 20 10 20 20" },
        { "range 350 10 -5 5", "PositionInterval ICRS 350 -5 10 5",
          "range 350 10 -5 5" },
        { "range 0 360 -90 90", "PositionInterval ICRS 0 -90 360 90",
          "range 0 360 -90 90" },
        { "PositionInterval ICRS 10 20 30 40",
          "PositionInterval ICRS 10 20 30 40", "range 10 30 20 40" },
        { "AllSky ICRS", "Circle ICRS 0 0 180", "circle 0 0 180" },
        { "3/1-4 5/6", "MOC 3/1-4 5/6", "moc 3/1-4 5/6" },
        { "moc 1/0-3 8/", "MOC 0/0 8/", "moc 0/0 8/" },
        { "UNION ICRS ( CIRCLE 10 20 1 Union (POSITION 30 40 MOC 3/1) "
          "POLYGON 1 1 2 1 2 2)",
          "Union ICRS (Circle 10 20 1 Position 30 40 MOC 3/1 "
          "Polygon 1 1 2 1 2 2)",
          "union (circle 10 20 1 point 30 40 moc 3/1 "
          "polygon 1 1 2 1 2 2)" }
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        const sky_shape_t *s = shape(row[i].in);

        assert_string_equal(sky_format_stcs(&heap, s), row[i].stcs);
        assert_string_equal(sky_format_dali(&heap, s), row[i].dali);
        /* what was written reads back as the same block */
        assert_memory_equal(shape(row[i].stcs), s, sky_shape_size(s));
        assert_memory_equal(shape(row[i].dali), s, sky_shape_size(s));
    }
}

/* STC 1.33: sides at right angles to the arms; corners by astropy
 * (SkyOffsetFrame, gnomonic) */
static void boxes(void **state)
{
    const double *d;
    int n, i;
    static const double want[8] = { 5, -4.9810693937, 5, 4.9810693937,
                                    355, 4.9810693937, 355, -4.9810693937 };

    (void)state;
    d = sky_shape_numbers(shape("BOX ICRS 0 0 10 10"), &n);
    assert_int_equal(n, 8);
    for (i = 0; i < 8; i++) {
        assert_near(d[i], want[i], 1e-9);
    }
    assert_int_equal(sky_shape_kind(shape("box 1 2 3 4")), SKY_BOX);
}

/* astropy 5.2: galactic to ICRS */
static void galactic(void **state)
{
    const double *d;
    int n;

    (void)state;
    d = sky_shape_numbers(shape("circle GALACTIC 0 0 1"), &n);
    assert_near(d[0], 266.404988286545, 1e-10);
    assert_near(d[1], -28.936177761791, 1e-10);
    d = sky_shape_numbers(shape("position galactic 120 35"), &n);
    assert_near(d[0], 209.812950397395, 1e-10);
    assert_near(d[1], 81.738600222959, 1e-10);
    d = sky_shape_numbers(shape("polygon galactic 0 0 1 0 1 1"), &n);
    assert_near(d[0], 266.404988286545, 1e-10);
}

static void errors_name_the_place(void **state)
{
    static const struct {
        const char *text;
        int code, position;
    } bad[] = {
        { "", SKY_ERR_SYNTAX, 0 },
        { "sphere 1 2 3", SKY_ERR_SYNTAX, 0 },
        { "circle 1 2", SKY_ERR_SYNTAX, 10 },
        { "circle 1 2 x", SKY_ERR_SYNTAX, 11 },
        { "circle 1 2 3 4", SKY_ERR_SYNTAX, 13 },
        { "circle 1 2 NaN", SKY_ERR_SYNTAX, 11 },
        { "circle 1 2 inf", SKY_ERR_SYNTAX, 11 },
        { "circle 1 2 1e999", SKY_ERR_SYNTAX, 11 },
        { "circle 1 2 0x10", SKY_ERR_SYNTAX, 11 },
        { "circle GEO_C 1 2 3", SKY_ERR_UNSUPPORTED, 7 },
        { "circle ICRS 1 2 3 unit rad", SKY_ERR_UNSUPPORTED, 23 },
        { "polygon 1 2 3 4", SKY_ERR_SYNTAX, 8 },
        { "polygon 1 2 3 4 5 6 7", SKY_ERR_SYNTAX, 8 },
        { "ELLIPSE ICRS 1 2 3 4 5", SKY_ERR_UNSUPPORTED, 0 },
        { "NOT (CIRCLE 1 2 3)", SKY_ERR_UNSUPPORTED, 0 },
        { "Intersection ICRS (circle 1 2 3 circle 1 2 3)",
          SKY_ERR_UNSUPPORTED, 0 },
        { "union icrs circle 1 2 3", SKY_ERR_SYNTAX, 11 },
        { "union (circle 1 2 3", SKY_ERR_SYNTAX, 19 },
        { "union ()", SKY_ERR_VALUE, -1 },
        { "range galactic 1 2 3 4", SKY_ERR_UNSUPPORTED, -1 },
        { "point 1 91", SKY_ERR_VALUE, -1 },
        { "circle 1 2 181", SKY_ERR_VALUE, -1 },
        { "moc 3/768", SKY_ERR_SYNTAX, 9 },
        { "3/1 circle", SKY_ERR_SYNTAX, 4 }
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sky_err_t err;

        memset(&err, 'x', sizeof(err));
        if (sky_parse(&heap, bad[i].text, &err) != NULL) {
            fail_msg("%s was accepted", bad[i].text);
        }
        if (err.code != bad[i].code || err.position != bad[i].position) {
            fail_msg("%s: code %d at %d: %s", bad[i].text, err.code,
                     err.position, err.text);
        }
        assert_true(strlen(err.text) > 10);
        /* and without anybody listening */
        assert_null(sky_parse(&heap, bad[i].text, NULL));
    }
}

static void unions_cannot_nest_without_end(void **state)
{
    char text[2048] = "";
    sky_err_t err;
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        strncat(text, "union (", sizeof(text) - strlen(text) - 1);
    }
    assert_null(sky_parse(&heap, text, &err));
    assert_non_null(strstr(err.text, "nested deeper than 8"));
}

static void *nothing(void *baton, size_t size)
{
    int *left = baton;

    return (*left)-- > 0 ? test_take(NULL, size) : NULL;
}

/* Memory running out at any point is reported, not fatal. */
static void no_memory(void **state)
{
    int i, left;
    sky_alloc_t poor = { nothing, &left };

    (void)state;
    for (i = 0; i < 50; i++) {
        sky_err_t err;
        sky_shape_t *s;

        left = i;
        s = sky_parse(&poor, "union galactic (polygon 1 1 2 1 2 2 circle 1 "
                      "2 3 box 1 1 2 2)", &err);
        if (s != NULL) {
            break;
        }
        assert_int_equal(err.code, SKY_ERR_MEMORY);
    }
    assert_in_range(i, 3, 20);
    left = 0;
    assert_null(sky_format_stcs(&poor, shape("union (moc 3/1 point 1 2)")));
}

/* The number V in as few digits as read back equal, by the C library. */
static void shortest(double v, char *buf)
{
    int digits;

    for (digits = 1; digits <= 17; digits++) {
        snprintf(buf, 32, "%.*g", digits, v);
        if (strtod(buf, NULL) == v) {
            return;
        }
    }
}

/* Numbers of the size of coordinates go a quicker way; it leads to the same. */
static void coordinates(void **state)
{
    static const double corner[] = {
        0.0078125, 0.25, 0.5, 1, 2, 256, 512, 360, 90, 0.1, 0.3, 9.995,
        99.99999999999999, 1e-2, 511.99999999999994, 0.9999999999999999,
        0.99999999999999989, 4.35, 179.99999999999997, 1.0000000000000002
    };
    char buf[32], want[32];
    long i, n = (long)(sizeof(corner) / sizeof(corner[0]));

    (void)state;
    srand(20261126);
    for (i = 0; i < 400000; i++) {
        double v = (rand() + rand() / (RAND_MAX + 1.0)) / RAND_MAX * 360;
        double ten = pow(10, i % 16);
        int len;

        v = i < n         ? corner[i]
            : i % 3 == 0  ? v
            : i % 3 == 1  ? floor(v * ten) / ten
                          : nextafter(floor(v), i % 2 ? 1e9 : -1e9);
        v = i % 5 == 0 ? -v : v;
        shortest(v, want);
        len = sky_format_number(v, buf);
        assert_int_equal(len, strlen(buf));
        if (strchr(want, 'e') == NULL) {
            assert_string_equal(buf, v == 0 ? "0" : want);
        }
        assert_true(strtod(buf, NULL) == v);
    }
}

static void numbers_read_as_strtod_does(void **state)
{
    static const char *const good[] = {
        "0", "-0", "1", "+1.5", ".5", "5.", "1e5", "1E-5", "123456789.125",
        "0.1", "359.99999999999994", "1e-320", "2.2250738585072014e-308",
        "9007199254740993", "12345678901234567890123", "1.7976931348623157e308",
        "0.000000000000000000000000000001", "6.123233995736766e-17"
    };
    char buf[64];
    size_t i;
    int k;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const char *end = good[i] + strlen(good[i]);
        double v;

        assert_ptr_equal(sky_parse_number(good[i], end, &v), end);
        assert_true(v == strtod(good[i], NULL));
    }
    for (k = 0; k < 100000; k++) {
        double v = (uniform() - 0.5) * pow(10, uniform_in(-30, 30)), back;
        int len, digits = 1 + k % 17;

        len = sky_format_number(v, buf);
        assert_int_equal(len, strlen(buf));
        assert_true(len < 32);
        assert_ptr_equal(sky_parse_number(buf, buf + len, &back), buf + len);
        assert_true(back == v);
        len = snprintf(buf, sizeof(buf), "%.*g", digits, v);
        assert_ptr_equal(sky_parse_number(buf, buf + len, &back), buf + len);
        assert_true(back == strtod(buf, NULL));
    }
    assert_null(sky_parse_number("", "", &(double){ 0 }));
    sky_format_number(-0.0, buf);
    assert_string_equal(buf, "0");
    sky_format_number(0.1, buf);
    assert_string_equal(buf, "0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms),
        cmocka_unit_test(boxes),
        cmocka_unit_test(galactic),
        cmocka_unit_test(errors_name_the_place),
        cmocka_unit_test(unions_cannot_nest_without_end),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(numbers_read_as_strtod_does),
        cmocka_unit_test(coordinates)
    };

    return cmocka_run_group_tests(tests, NULL, free_all);
}
