/* test_vo_dali_param.c: decoding and reading parameters. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "dali/vo_dali_param.h"

static apr_pool_t *pool;

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    return apr_pool_create(&pool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static vo_err_t *form(vo_dali_params_t **params, const char *text)
{
    *params = vo_dali_params_create(pool);
    return vo_dali_params_add_form(*params, text, strlen(text));
}

static void test_form(void **state)
{
    vo_dali_params_t *p;
    const char *value;

    (void)state;
    assert_null(form(&p, "query=SELECT+1%2C%202&&Lang=ADQL&empty=&flag&a=b=c"));
    assert_int_equal(p->nparams, 5);
    assert_null(vo_dali_param_one(&value, p, "QUERY"));
    assert_string_equal(value, "SELECT 1, 2");
    assert_null(vo_dali_param_one(&value, p, "LANG"));
    assert_string_equal(value, "ADQL");
    assert_null(vo_dali_param_one(&value, p, "empty"));
    assert_string_equal(value, "");
    assert_null(vo_dali_param_one(&value, p, "flag"));
    assert_string_equal(value, "");
    assert_null(vo_dali_param_one(&value, p, "a"));
    assert_string_equal(value, "b=c");
    assert_null(vo_dali_param_one(&value, p, "absent"));
    assert_null(value);
}

/* The whole body is the length given, not what follows it. */
static void test_form_length(void **state)
{
    vo_dali_params_t *p = vo_dali_params_create(pool);
    const char *value;

    (void)state;
    assert_null(vo_dali_params_add_form(p, "a=12%41zz", 7));
    assert_null(vo_dali_param_one(&value, p, "a"));
    assert_string_equal(value, "12A");
    assert_int_equal(p->nparams, 1);
}

static void test_repeated(void **state)
{
    vo_dali_params_t *p;
    const char *value;
    vo_err_t *err;

    (void)state;
    assert_null(form(&p, "MAXREC=5&maxrec=5&UPLOAD=a,x&upload=b,y"));
    err = vo_dali_param_one(&value, p, "MAXREC");
    assert_non_null(err);
    assert_int_equal(err->kind, VO_ERR_USAGE);
    assert_non_null(strstr(err->text, "MAXREC"));
    assert_string_equal(vo_dali_param_nth(p, "UPLOAD", 0), "a,x");
    assert_string_equal(vo_dali_param_nth(p, "UPLOAD", 1), "b,y");
    assert_null(vo_dali_param_nth(p, "UPLOAD", 2));
}

static void test_order_of_sources(void **state)
{
    vo_dali_params_t *p;

    (void)state;
    assert_null(form(&p, "u=1"));
    assert_null(vo_dali_params_add_form(p, "U=2", 3));
    assert_string_equal(vo_dali_param_nth(p, "u", 0), "1");
    assert_string_equal(vo_dali_param_nth(p, "u", 1), "2");
}

static void test_bad_text(void **state)
{
    static const char *const bad[] = {
        "q=%",          /* percent without digits */
        "q=%4",
        "q=%zz",
        "q=%00",        /* NUL */
        "q=%ff",        /* no UTF-8 lead byte */
        "q=%c3",        /* cut */
        "q=%c0%80",     /* overlong NUL */
        "q=%e0%80%af",  /* overlong slash */
        "q=%ed%a0%80",  /* surrogate */
        "q=%f4%90%80%80", /* beyond U+10FFFF */
        "%ff=1",
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        vo_dali_params_t *p;
        vo_err_t *err = form(&p, bad[i]);

        if (!err) {
            fail_msg("accepted: %s", bad[i]);
        }
        assert_int_equal(err->kind, VO_ERR_USAGE);
        /* the message itself must be fit for an XML document */
        assert_ptr_equal(vo_dali_clean_text(pool, err->text), err->text);
    }
}

static void test_good_text(void **state)
{
    vo_dali_params_t *p;

    (void)state;
    assert_null(form(&p, "q=%c3%a9%e2%82%ac%f0%9f%8c%8c%ed%9f%bf%f4%8f%bf%bf"));
    assert_string_equal(vo_dali_param_nth(p, "q", 0),
                        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8c\xed\x9f\xbf"
                        "\xf4\x8f\xbf\xbf");
}

static void test_too_many(void **state)
{
    vo_dali_params_t *p = vo_dali_params_create(pool);
    vo_err_t *err = NULL;
    int i;

    (void)state;
    for (i = 0; i < 20000; ++i) {
        assert_null(vo_dali_params_add_form(p, "a=1", 3));
    }
    err = vo_dali_params_add_form(p, "a=1", 3);
    assert_non_null(err);
    assert_int_equal(err->kind, VO_ERR_LIMIT);
}

static void test_int(void **state)
{
    static const struct {
        const char *text;
        apr_int64_t value; /* -99: an error is expected */
    } cases[] = {
        {"MAXREC=0", 0},         {"MAXREC=17", 17},    {"MAXREC=+17", 17},
        {"maxrec=%2B17", 17},    {"MAXREC=", 42},      {"OTHER=1", 42},
        {"MAXREC=-1", -99},      {"MAXREC=abc", -99},  {"MAXREC=1.5", -99},
        {"MAXREC=1e3", -99},     {"MAXREC=0x10", -99}, {"MAXREC=5 6", -99},
        {"MAXREC=9223372036854775807", APR_INT64_MAX},
        {"MAXREC=9223372036854775808", APR_INT64_MAX},
        {"MAXREC=99999999999999999999999", APR_INT64_MAX},
        {"MAXREC=-9223372036854775809", -99},
        {"MAXREC=5&MAXREC=6", -99},
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        vo_dali_params_t *p;
        apr_int64_t value;
        vo_err_t *err;

        assert_null(form(&p, cases[i].text));
        err = vo_dali_param_int(&value, p, "MAXREC", 0, APR_INT64_MAX, 42);
        if (cases[i].value == -99) {
            if (!err) {
                fail_msg("accepted: %s", cases[i].text);
            }
            assert_non_null(strstr(err->text, "MAXREC"));
        }
        else if (err || value != cases[i].value) {
            fail_msg("%s: %s", cases[i].text, err ? err->text : "other value");
        }
    }
}

static void test_int_range(void **state)
{
    vo_dali_params_t *p;
    apr_int64_t value;
    vo_err_t *err;

    (void)state;
    assert_null(form(&p, "VERB=4"));
    err = vo_dali_param_int(&value, p, "VERB", 1, 3, 2);
    assert_non_null(err);
    assert_non_null(strstr(err->text, "from 1 to 3"));
}

static void test_double(void **state)
{
    vo_dali_params_t *p;
    double value;
    int is_set;

    (void)state;
    assert_null(form(&p, "RA=1.5e2&DEC=+12.25&SR=nan&X=inf&Y=370&Z=0x10"));
    assert_null(vo_dali_param_double(&value, &is_set, p, "RA", 0, 360, -1));
    assert_true(value == 150 && is_set);
    assert_null(vo_dali_param_double(&value, &is_set, p, "DEC", -90, 90, -1));
    assert_true(value == 12.25 && is_set);
    assert_null(vo_dali_param_double(&value, &is_set, p, "absent", 0, 1, 0.5));
    assert_true(value == 0.5 && !is_set);
    assert_non_null(vo_dali_param_double(&value, NULL, p, "SR", 0, 180, 0));
    assert_non_null(vo_dali_param_double(&value, NULL, p, "X", 0, 1e308, 0));
    assert_non_null(vo_dali_param_double(&value, NULL, p, "Y", 0, 360, 0));
    assert_non_null(vo_dali_param_double(&value, NULL, p, "Z", 0, 360, 0));
}

static void test_clean_text(void **state)
{
    (void)state;
    assert_string_equal(vo_dali_clean_text(pool, "a\xff" "b\xc3\xa9\xc3"),
                        "a?b\xc3\xa9?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_form_length),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_order_of_sources),
        cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_good_text),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_int_range),
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_clean_text),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
