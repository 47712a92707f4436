/* test_vo_wire.c: PostgreSQL's cells, base64 and calendar. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include <apr_general.h>

#include "table/vo_base64.h"
#include "table/vo_read.h"
#include "table/vo_wire.h"

/* Dates against libc's proleptic Gregorian calendar. */
static void test_calendar(void **state)
{
    int64_t days;

    (void)state;
    for (days = -365000; days < 2921940; days += 97) { /* 1000 to 9999 */
        time_t t = (time_t)(days + 10957) * 86400;
        struct tm tm;
        char want[32], got[40];
        int n;

        gmtime_r(&t, &tm);
        strftime(want, sizeof(want), "%Y-%m-%d", &tm);
        n = vo_wire_print_date(got, days);
        got[n] = '\0';
        assert_string_equal(got, want);
        assert_true(vo_wire_day_number(tm.tm_year + 1900, tm.tm_mon + 1,
                                       tm.tm_mday)
                    == days);
    }
}

static void check_time(const char *text, int64_t usec, const char *printed)
{
    char buf[41];
    int64_t got = 1;

    if (!vo_parse_time(text, (int)strlen(text), &got) || got != usec) {
        fail_msg("%s: %lld", text, (long long)got);
    }
    buf[vo_wire_print_time(buf, usec)] = '\0';
    assert_string_equal(buf, printed);
}

static void test_times(void **state)
{
    static const char *const bad[] = {
        "2020",                "2020-1-1",           "2020-02-30",
        "2021-02-29",          "2020-00-01",         "2020-01-01T",
        "2020-01-01T24:00:00", "2020-01-01T1:00:00", "2020-01-01T00:60",
        "2020-01-01X00:00:00", "0000-01-01",         "2020-01-01T00:00:00Q",
        "20200101T000000",     "2020-01-01T00:00:00+1",
    };
    int64_t usec;
    size_t i;

    (void)state;
    check_time("2000-01-01", 0, "2000-01-01T00:00:00");
    check_time("2000-01-01T00:00:00.000001Z", 1, "2000-01-01T00:00:00.000001");
    check_time("1999-12-31 23:59:59.5", -500000, "1999-12-31T23:59:59.5");
    check_time("2000-01-01T02:00:00+02:00", 0, "2000-01-01T00:00:00");
    check_time("1999-12-31T19:30-0430", 0, "2000-01-01T00:00:00");
    check_time("2000-02-29T12:00", INT64_C(5140800000000),
               "2000-02-29T12:00:00");
    for (i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        if (vo_parse_time(bad[i], (int)strlen(bad[i]), &usec)) {
            fail_msg("\"%s\" was taken for a time", bad[i]);
        }
    }
}

static void check_text_time(const char *text, const char *want)
{
    char buf[80];

    buf[vo_wire_timestamp(buf, text, (int)strlen(text))] = '\0';
    assert_string_equal(buf, want);
}

static void test_text_times(void **state)
{
    (void)state;
    check_text_time("2020-01-02 03:04:05", "2020-01-02T03:04:05");
    check_text_time("2020-01-02 03:04:05.25+00", "2020-01-02T03:04:05.25");
    check_text_time("2020-01-01 01:00:00.5+02", "2019-12-31T23:00:00.5");
    check_text_time("2019-12-31 20:00:00-03:30", "2019-12-31T23:30:00");
    check_text_time("2020-01-02", "2020-01-02");
    check_text_time("infinity", "");
}

/* numeric as numeric_send() makes it, worked out by hand. */
static void test_numeric(void **state)
{
    static const struct {
        int len;
        unsigned char data[20];
        const char *text;
        double value;
    } cases[] = {
        {8, {0, 0, 0, 0, 0, 0, 0, 0}, "0", 0},
        {12, {0, 2, 0, 1, 0, 0, 0, 0, 0, 1, 9, 41}, "12345", 12345},
        {12, {0, 2, 0, 0, 64, 0, 0, 2, 0, 12, 19, 136}, "-12.50", -12.5},
        {10, {0, 1, 255, 255, 0, 0, 0, 6, 0, 10}, "0.001000", 0.001},
        {10, {0, 1, 0, 2, 0, 0, 0, 0, 0, 3}, "300000000", 3e8},
    };
    char buf[400];
    double v;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        const char *data = (const char *)cases[i].data;
        int n = vo_wire_text(buf, VO_PG_NUMERIC, data, cases[i].len);

        assert_true(n >= 0);
        buf[n] = '\0';
        assert_string_equal(buf, cases[i].text);
        assert_true(vo_wire_double(&v, VO_PG_NUMERIC, data, cases[i].len));
        assert_true(v == cases[i].value);
    }
    assert_int_equal(vo_wire_text(buf, VO_PG_NUMERIC, "\0\5\0\0\0\0\0\0", 8),
                     -1);
    assert_int_equal(vo_wire_text(buf, VO_PG_NUMERIC, "abc", 3), -1);
}

static void test_broken_arrays(void **state)
{
    static const char lying[] = "\0\0\0\1\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff"
                                "\0\0\0\1\0\0\0\4\0\0\0\1";
    static const char short_one[] = "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1"
                                    "\0\0\0\1\0\0\0\4\0\0";
    vo_pgarray_t array;
    const char *data;

    (void)state;
    assert_false(vo_pgarray_open(&array, lying, (int)sizeof(lying) - 1));
    assert_false(vo_pgarray_open(&array, lying, 11));
    assert_true(vo_pgarray_open(&array, short_one,
                                (int)sizeof(short_one) - 1));
    assert_int_equal(vo_pgarray_next(&array, &data), -2);
}

static void test_literal(void **state)
{
    const char *text = "{a,\"b,\\\"c\\\\\",NULL,\"NULL\",\"\"}";
    const char *p = text, *end = text + strlen(text);
    static const char *const want[] = {"a", "b,\"c\\", NULL, "NULL", ""};
    char buf[64];
    int i;

    (void)state;
    for (i = 0; i < 5; ++i) {
        int n = vo_wire_literal_next(&p, end, buf);

        if (!want[i]) {
            assert_int_equal(n, -1);
            continue;
        }
        assert_true(n >= 0);
        buf[n] = '\0';
        assert_string_equal(buf, want[i]);
    }
    assert_int_equal(vo_wire_literal_next(&p, end, buf), -2);
}

/* RFC 4648 section 10, and every length in random pieces. */
static void test_base64(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""},           {"f", "Zg=="},      {"fo", "Zm8="},
        {"foo", "Zm9v"},    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    apr_pool_t *pool;
    vo_base64_t *table;
    unsigned char data[300], back[400];
    char text[500];
    size_t i, len, at;

    (void)state;
    apr_pool_create(&pool, NULL);
    table = vo_base64_make(pool);
    for (i = 0; i < sizeof(vectors) / sizeof(*vectors); ++i) {
        char *end = vo_base64_encode(table, text, vectors[i][0],
                                     strlen(vectors[i][0]));
        *end = '\0';
        assert_string_equal(text, vectors[i][1]);
    }
    for (len = 0; len < sizeof(data); ++len) {
        vo_unbase64_t decoder = {0, 0, 0};
        size_t n, got = 0;

        for (i = 0; i < len; ++i) {
            data[i] = (unsigned char)(i * 37 + len);
        }
        n = (size_t)(vo_base64_encode(table, text, data, len) - text);
        assert_int_equal(n, (len + 2) / 3 * 4);
        for (at = 0; at < n; at += i) {
            apr_ssize_t k;

            i = 1 + (at * 7 + len) % 11;
            i = i < n - at ? i : n - at;
            k = vo_unbase64(&decoder, back + got, text + at, i);
            assert_true(k >= 0);
            got += (size_t)k;
        }
        assert_int_equal(got, len);
        assert_memory_equal(back, data, len);
    }
    {
        vo_unbase64_t decoder = {0, 0, 0};

        assert_int_equal(vo_unbase64(&decoder, back, "Zg==Zg", 6), -1);
        memset(&decoder, 0, sizeof(decoder));
        assert_int_equal(vo_unbase64(&decoder, back, "Z-g=", 4), -1);
    }
    apr_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar),      cmocka_unit_test(test_times),
        cmocka_unit_test(test_text_times),    cmocka_unit_test(test_numeric),
        cmocka_unit_test(test_broken_arrays), cmocka_unit_test(test_literal),
        cmocka_unit_test(test_base64),
    };

    apr_initialize();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
