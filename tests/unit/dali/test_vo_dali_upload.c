/* test_vo_dali_upload.c: values of UPLOAD. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "dali/vo_dali_upload.h"

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

static void put(vo_dali_params_t *params, const char *name, const char *value,
                int fd)
{
    vo_dali_param_t *param;

    assert_null(vo_dali_params_new(params, &param));
    param->name = name;
    param->value = value;
    param->len = strlen(value);
    param->is_file = fd >= 0;
    param->fd = fd;
}

/* The uploads of VALUES (NULL-ended) in a request with the files p (as file
 * descriptor 100) and q (101) and the text r. */
static vo_err_t *uploads(apr_array_header_t **found, const char *const *values)
{
    vo_dali_params_t *params = vo_dali_params_create(pool);

    for (; *values; ++values) {
        put(params, "upload", *values, -1);
    }
    put(params, "p", "", 100);
    put(params, "q", "", 101);
    put(params, "r", "a,b\n1,2\n", -1);
    return vo_dali_uploads(found, params, pool);
}

/* What they are, as "name=fd ...". */
static const char *listed(const char *const *values)
{
    apr_array_header_t *found;
    vo_err_t *err = uploads(&found, values);
    const char *text = "";
    int i;

    if (err) {
        fail_msg("%s: %s", values[0], err->text);
    }
    for (i = 0; i < found->nelts; ++i) {
        const vo_dali_upload_t *up = &APR_ARRAY_IDX(found, i,
                                                    vo_dali_upload_t);

        text = apr_psprintf(pool, "%s%s%s=%d", text, i ? " " : "", up->name,
                            up->fd);
    }
    return text;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_forms(void **state)
{
    (void)state;
    assert_string_equal(listed(LIST("a,param:p")), "a=100");
    assert_string_equal(listed(LIST("a,param:p", "B_1,PARAM:q")),
                        "a=100 B_1=101");
    assert_string_equal(listed(LIST("a,param:p;b,param:q")), "a=100 b=101");
    assert_string_equal(listed(LIST(" a, param:p; b,param:q;")),
                        "a=100 b=101");
    assert_string_equal(listed(LIST("a,param:p;b,param:p", "c,param:q")),
                        "a=100 b=100 c=101");
    assert_string_equal(listed(LIST("", "")), "");
}

/* A semicolon that begins no other pair belongs to the URI. */
static void test_semicolon(void **state)
{
    apr_array_header_t *found;

    (void)state;
    assert_null(uploads(&found, LIST("a,http://x/y;v=1,2;b", "b,https://z")));
    assert_int_equal(found->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(found, 0, vo_dali_upload_t).url,
                        "http://x/y;v=1,2;b");
    assert_int_equal(APR_ARRAY_IDX(found, 0, vo_dali_upload_t).fd, -1);
    assert_string_equal(APR_ARRAY_IDX(found, 1, vo_dali_upload_t).url,
                        "https://z");
}

/* A part without a filename is a parameter; its text becomes a file. */
static void test_text_part(void **state)
{
    apr_array_header_t *found;
    char buf[20];

    (void)state;
    assert_null(uploads(&found, LIST("t,param:r")));
    assert_int_equal(pread(APR_ARRAY_IDX(found, 0, vo_dali_upload_t).fd, buf,
                           sizeof(buf), 0), 8);
    assert_memory_equal(buf, "a,b\n1,2\n", 8);
}

static void test_refused(void **state)
{
    static const struct {
        const char *value, *text;
    } bad[] = {
        {"a", "name,uri"},
        {"a;b,param:p", "name,uri"},
        {",param:p", "cannot be the name"},
        {"1a,param:p", "cannot be the name"},
        {"_a,param:p", "cannot be the name"},
        {"a-b,param:p", "cannot be the name"},
        {"a b,param:p", "cannot be the name"},
        {"\"a\",param:p", "cannot be the name"},
        {"TAP_UPLOAD.a,param:p", "cannot be the name"},
        {"Select,param:p", "reserved"},
        {"a,param:p;A,param:q", "two tables"},
        {"a,param:P", "no such part"},
        {"a,param:", "no such part"},
        {"a,ftp://x/y", "does not fetch"},
        {"a,file:///etc/passwd", "does not fetch"},
        {"a,", "does not fetch"},
    };
    apr_array_header_t *found;
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        vo_err_t *err = uploads(&found, LIST(bad[i].value));

        if (!err) {
            fail_msg("accepted: %s", bad[i].value);
        }
        assert_int_equal(err->http, 400);
        if (!strstr(err->text, bad[i].text)) {
            fail_msg("%s: %s", bad[i].value, err->text);
        }
    }
}

static void test_too_many(void **state)
{
    const char *values[VO_DALI_MAX_UPLOADS + 2];
    apr_array_header_t *found;
    int i;

    (void)state;
    for (i = 0; i <= VO_DALI_MAX_UPLOADS; ++i) {
        values[i] = apr_psprintf(pool, "t%d,param:p", i);
    }
    values[i] = NULL;
    assert_int_equal(uploads(&found, values)->kind, VO_ERR_LIMIT);
    values[i - 1] = NULL;
    assert_null(uploads(&found, values));
    assert_int_equal(found->nelts, VO_DALI_MAX_UPLOADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_semicolon),
        cmocka_unit_test(test_text_part),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_many),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
