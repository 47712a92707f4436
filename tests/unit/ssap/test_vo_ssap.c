/* test_vo_ssap.c: times and ranges as SSAP writes them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <apr_general.h>

#include "ssap/vo_ssap.h"
#include "vo_num.h"

static apr_pool_t *pool;

static void test_times(void **state)
{
    static const struct {
        const char *text;
        double lo, hi; /* MJD; 0: an error */
    } cases[] = { /* MJD of 2000-01-01 is 51544 */
        {"2000", 51544, 51910},
        {"2000-02", 51575, 51604},
        {"2000-12", 51879, 51910},
        {"2000-01-02", 51545, 51546},
        {"2000-01-01T06", 51544.25, 51544.25 + 1 / 24.0},
        {"2000-01-01T06:00Z", 51544.25, 51544.25 + 1 / 1440.0},
        {"2000-01-01T12:00:00", 51544.5, 51544.5},
        {"2000-01-01T12:00:00.000Z", 51544.5, 51544.5},
        {"1858-11-17", 0.0, 1}, /* MJD 0 */
        {"20", 0, 0}, {"2000-", 0, 0}, {"2000-1", 0, 0}, {"2000-13", 0, 0},
        {"2000-02-30", 0, 0}, {"2001-02-29", 0, 0}, {"2000-01-01T24", 0, 0},
        {"2000-01-01 12:00", 0, 0}, {"2000-01-01T12:60", 0, 0},
        {"2000-01-01T12:00:61", 0, 0}, {"2000-01-01T12:00:00+01", 0, 0},
        {"2000-01-01T12:00:", 0, 0}, {"", 0, 0}, {"51544", 0, 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        double lo, hi;
        int ok = vo_ssap_time(NULL, cases[i].text, &lo, &hi);

        if (ok != (cases[i].hi > 0)) {
            fail_msg("%s: %d", cases[i].text, ok);
        }
        if (ok) {
            assert_true(fabs(lo - cases[i].lo) < 1e-8);
            assert_true(fabs(hi - cases[i].hi) < 1e-8);
            assert_true(lo == hi || hi < cases[i].hi);
        }
    }
}

static int read_number(const void *baton, const char *text, double *lo,
                       double *hi)
{
    (void)baton;
    if (!vo_num_to_double(text, (int)strlen(text), lo)) {
        return 0;
    }
    *hi = *lo;
    return 1;
}

static void test_ranges(void **state)
{
    static const struct {
        const char *text;
        int n; /* -1: an error */
        double value; /* one that is met; NAN: none */
        const char *qualifier;
    } cases[] = {
        {"1", 1, 1, NULL},       {"1,2", 2, 2, NULL},
        {"1/3", 1, 2, NULL},     {"/3", 1, -9, NULL},
        {"3/", 1, 1e9, NULL},    {"/", 1, 0, NULL},
        {"1/1", 1, 1, NULL},     {"5,1/3;source", 2, 2, "source"},
        {"3/1", -1, 0, NULL},    {"x", -1, 0, NULL},
        {"1,,2", -1, 0, NULL},   {"1/2/3", -1, 0, NULL},
        {"1,", -1, 0, NULL},     {";q", -1, 0, NULL},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        apr_array_header_t *ranges;
        const char *qualifier;
        vo_err_t *err = vo_ssap_ranges(&ranges, &qualifier, "P", cases[i].text,
                                       read_number, NULL, pool);

        if (!!err != (cases[i].n < 0)) {
            fail_msg("%s", cases[i].text);
        }
        if (err) {
            assert_int_equal(err->kind, VO_ERR_USAGE);
            continue;
        }
        assert_int_equal(ranges->nelts, cases[i].n);
        assert_true(vo_ssap_meets(ranges, cases[i].value, cases[i].value));
        if (cases[i].qualifier) {
            assert_string_equal(qualifier, cases[i].qualifier);
        }
        else {
            assert_null(qualifier);
        }
    }
    assert_true(vo_ssap_meets(NULL, NAN, NAN));
}

static void test_meets(void **state)
{
    apr_array_header_t *ranges;
    const char *qualifier;

    (void)state;
    assert_null(vo_ssap_ranges(&ranges, &qualifier, "P", "1/3,7", read_number,
                               NULL, pool));
    assert_true(vo_ssap_meets(ranges, 3, 4));
    assert_true(vo_ssap_meets(ranges, 0, 1));
    assert_true(vo_ssap_meets(ranges, 6, 8));
    assert_false(vo_ssap_meets(ranges, 4, 6));
    assert_false(vo_ssap_meets(ranges, NAN, NAN)); /* unknown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_meets),
    };
    int rc;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return rc;
}
