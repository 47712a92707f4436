/* test_vo_image_url.c: identifiers survive the way into an address. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>

#include "image/vo_image_url.h"

static void test_urls(void **state)
{
    apr_pool_t *pool;
    vo_release_t rel = {0};

    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    rel.id = "d-1";
    assert_string_equal(vo_image_url_value("a b&c=d+e#f%g?h\xc3\xa9", pool),
                        "a%20b%26c%3Dd%2Be%23f%25g?h%C3%A9");
    assert_string_equal(
        vo_image_links_url("http://h/vo", &rel, "ivo://a/r?x%20y.fits", pool),
        "http://h/vo/datalink/d-1/links?ID=ivo://a/r?x%2520y.fits");
    assert_string_equal(
        vo_image_file_url("http://h/vo", &rel, "ivo://a/r?x", 0, pool),
        "http://h/vo/siap/d-1/get_file?ID=ivo://a/r?x");
    assert_string_equal(
        vo_image_file_url("http://h/vo", &rel, "ivo://a/r?x", 7, pool),
        "http://h/vo/siap/d-1/get_file?ID=ivo://a/r?x&PRODUCT=7");
    assert_string_equal(vo_image_soda_url("http://h/vo", &rel, "async", pool),
                        "http://h/vo/soda/d-1/async");
    apr_pool_destroy(pool);
    apr_terminate();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
