/* test_vo_sql.c: what of vo_sql needs no database (tests/http/core has the
 * rest). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>

#include "vo_sql.h"

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

static void test_ident(void **state)
{
    (void)state;
    assert_string_equal(vo_sql_ident("mag", pool), "\"mag\"");
    assert_string_equal(vo_sql_ident("", pool), "\"\"");
    assert_string_equal(vo_sql_ident("a\"; DROP TABLE x; --", pool),
                        "\"a\"\"; DROP TABLE x; --\"");
    assert_string_equal(vo_sql_ident("\"\"", pool), "\"\"\"\"\"\"");
    assert_string_equal(vo_sql_ident("\xc3\xa9t\xc3\xa9", pool),
                        "\"\xc3\xa9t\xc3\xa9\"");
}

/* A connection that cannot be opened is "try again later", with the reason for
 * the log alone. */
static void test_unreachable(void **state)
{
    PGconn *conn = PQconnectdb("host=/nonexistent/nowhere dbname=none");
    vo_sql_req_t req = {0};
    vo_sql_done_t done;
    vo_err_t *err;

    (void)state;
    req.sql = "SELECT 1";
    req.max_rows = -1;
    err = vo_sql_run(conn, &req, &done, pool);
    assert_non_null(err);
    assert_int_equal(err->kind, VO_ERR_BUSY);
    assert_int_equal(err->http, 503);
    assert_null(strstr(vo_err_public(err, pool), "nowhere"));
    assert_non_null(strstr(vo_err_private(err, pool), "nowhere"));
    PQfinish(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ident),
        cmocka_unit_test(test_unreachable),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
