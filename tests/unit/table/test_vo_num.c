/* test_vo_num.c: numbers to text and back, against libc. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vo_num.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t bits_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, 8);
    return bits;
}

/* Every double comes back from its text, and the text is no longer than any
 * of printf's that does. */
static void test_double_round_trip(void **state)
{
    uint64_t seed = 88172645463325252u;
    int i;

    (void)state;
    for (i = 0; i < 200000; ++i) {
        uint64_t bits = next_random(&seed);
        double v, back;
        char buf[VO_NUM_SIZE], shorter[64];
        int len;

        memcpy(&v, &bits, 8);
        if (!isfinite(v)) {
            continue;
        }
        len = vo_num_from_double(buf, v);
        assert_int_equal(len, strlen(buf));
        assert_true(bits_of(strtod(buf, NULL)) == bits);
        assert_true(vo_num_to_double(buf, len, &back));
        assert_true(bits_of(back) == bits);
        snprintf(shorter, sizeof(shorter), "%.15g", v);
        if (strtod(shorter, NULL) == v) {
            assert_string_equal(buf, shorter);
        }
    }
}

static void test_float_round_trip(void **state)
{
    uint64_t seed = 42;
    int i;

    (void)state;
    for (i = 0; i < 100000; ++i) {
        uint32_t bits = (uint32_t)next_random(&seed);
        float v;
        char buf[VO_NUM_SIZE];

        memcpy(&v, &bits, 4);
        if (isfinite(v)) {
            vo_num_from_float(buf, v);
            assert_true(strtof(buf, NULL) == v);
            assert_true(strlen(buf) <= 15);
        }
    }
}

/* Decimal texts of all lengths and exponents, correctly rounded as libc's. */
static void test_parse_like_libc(void **state)
{
    uint64_t seed = 7;
    int i;

    (void)state;
    for (i = 0; i < 300000; ++i) {
        char text[64];
        double v = 0, want;
        int n, digits = 1 + (int)(next_random(&seed) % 25), j;

        n = 0;
        if (next_random(&seed) % 2) {
            text[n++] = "+-"[next_random(&seed) % 2];
        }
        for (j = 0; j < digits; ++j) {
            if (j == digits / 2) {
                text[n++] = '.';
            }
            text[n++] = (char)('0' + next_random(&seed) % 10);
        }
        if (next_random(&seed) % 2) {
            n += snprintf(text + n, 8, "e%d",
                          (int)(next_random(&seed) % 660) - 330);
        }
        text[n] = '\0';
        want = strtod(text, NULL);
        assert_true(vo_num_to_double(text, n, &v));
        if (bits_of(v) != bits_of(want)) {
            fail_msg("%s: %.17g, not %.17g", text, v, want);
        }
    }
}

static void test_special_doubles(void **state)
{
    static const char *const bad[] = {
        "",    " ",   "x",     "1x",   "1 2",  "--1",  "1e",  "1e+", "0x10",
        ".",   "+",   "e5",    "1.2.3", "nanx", "infi", "1,5", "NaN1",
    };
    char buf[VO_NUM_SIZE];
    double v = 1;
    size_t i;

    (void)state;
    assert_true(vo_num_to_double(" NaN ", 5, &v) && isnan(v));
    assert_true(vo_num_to_double("nan", 3, &v) && isnan(v));
    assert_true(vo_num_to_double("+Inf", 4, &v) && v == INFINITY);
    assert_true(vo_num_to_double("-Infinity", 9, &v) && v == -INFINITY);
    assert_true(vo_num_to_double("1e999", 5, &v) && v == INFINITY);
    assert_true(vo_num_to_double("1D2", 3, &v) && v == 100);
    assert_true(vo_num_to_double("-0", 2, &v) && v == 0 && signbit(v));
    assert_true(vo_num_to_double("4.9e-324", 8, &v) && v == 4.9e-324);
    v = 17;
    for (i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        if (vo_num_to_double(bad[i], (int)strlen(bad[i]), &v)) {
            fail_msg("\"%s\" was taken for a number", bad[i]);
        }
        assert_true(v == 17);
    }
    vo_num_from_double(buf, -INFINITY);
    assert_string_equal(buf, "-Infinity");
    vo_num_from_double(buf, NAN);
    assert_string_equal(buf, "NaN");
    vo_num_from_double(buf, 0.1);
    assert_string_equal(buf, "0.1");
}

/* Only as many bytes as told are looked at. */
static void test_length_counts(void **state)
{
    double v;
    int64_t n;

    (void)state;
    assert_true(vo_num_to_double("123456", 3, &v) && v == 123);
    assert_true(vo_num_to_int64("123456", 3, &n) && n == 123);
}

static void test_locale(void **state)
{
    char buf[VO_NUM_SIZE];
    double v = 0;

    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
        print_message("no locale with a decimal comma here\n");
    }
    vo_num_from_double(buf, 1.5);
    assert_string_equal(buf, "1.5");
    assert_true(vo_num_to_double("1.2345678901234567890123", 24, &v)
                && v == 1.2345678901234567890123);
    setlocale(LC_NUMERIC, "C");
}

static void test_integers(void **state)
{
    static const struct {
        const char *text;
        int ok;
        int64_t value;
    } cases[] = {
        {"0", 1, 0},
        {" -7 ", 1, -7},
        {"+7", 1, 7},
        {"9223372036854775807", 1, INT64_MAX},
        {"-9223372036854775808", 1, INT64_MIN},
        {"9223372036854775808", 0, 0},
        {"-9223372036854775809", 0, 0},
        {"99999999999999999999", 0, 0},
        {"0x1F", 1, 31},
        {"-0x10", 1, -16},
        {"0xFFFFFFFFFFFFFFFF", 1, -1},
        {"0x1FFFFFFFFFFFFFFFF", 0, 0},
        {"0x", 0, 0},
        {"", 0, 0},
        {"-", 0, 0},
        {"1.0", 0, 0},
        {"1 2", 0, 0},
    };
    uint64_t seed = 3;
    char buf[VO_NUM_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        int64_t v = 5;
        int ok = vo_num_to_int64(cases[i].text, (int)strlen(cases[i].text),
                                 &v);

        if (ok != cases[i].ok || (ok && v != cases[i].value)) {
            fail_msg("\"%s\": %d, %lld", cases[i].text, ok, (long long)v);
        }
    }
    for (i = 0; i < 100000; ++i) {
        int64_t v = (int64_t)(next_random(&seed) >> next_random(&seed) % 64);
        int64_t back = 0;
        char want[32];
        int len;

        v = i % 2 ? -v : v;
        len = vo_num_from_int64(buf, v);
        snprintf(want, sizeof(want), "%lld", (long long)v);
        assert_string_equal(buf, want);
        assert_true(vo_num_to_int64(buf, len, &back) && back == v);
    }
    vo_num_from_int64(buf, INT64_MIN);
    assert_string_equal(buf, "-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_double_round_trip),
        cmocka_unit_test(test_float_round_trip),
        cmocka_unit_test(test_parse_like_libc),
        cmocka_unit_test(test_special_doubles),
        cmocka_unit_test(test_length_counts),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_integers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
