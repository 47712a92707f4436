/* test_vo_resolve.c: addresses and answers of name services. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>

#include "vo_resolve.h"

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

static void test_addresses(void **state)
{
    static const char *const good[] = {
        "https://cds.unistra.fr/cgi-bin/nph-sesame/-oI/SNV?%s",
        "http://127.0.0.1:81/%s/x", "HTTP://[::1]:81/?a=%s&b=%20"
    };
    static const char *const bad[] = {
        "", "ftp://a/%s", "cds.unistra.fr/%s", "http:///%s", "http://a/",
        "http://a/%s/%s", "http://%s/", "http://me@a/%s"
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(*good); ++i) {
        assert_null(vo_resolve_check(good[i], pool));
    }
    for (i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        assert_non_null(vo_resolve_check(bad[i], pool));
    }
}

/* After answers of CDS's Sesame: -oI, -ox, and to a name it does not know. */
static void test_answers(void **state)
{
    static const char text[] =
        "# M31\t#Q22523669\n#=S=Simbad (via url):    1\n%@ 1575544\n"
        "%I.0 M  31\n%C.0 AGN\n%J 10.68470833 +41.26875000 = 00:42:44.33 "
        "+41:16:07.5\n%V v -300.0\n";
    static const char xml[] =
        "<?xml version=\"1.0\"?><Sesame><Target><name>x</name><Resolver "
        "name=\"S\"><jpos>05:34</jpos><jradeg> 83.6324 </jradeg><jdedeg>"
        "-22.01740</jdedeg></Resolver></Target></Sesame>";
    static const char *const none[] = {
        "", "# nothing\n#!SIMBAD: No known catalog could be found\n", "%J ",
        "%J 10", "%J 10 x", "%J 361 2", "%J 1 91", "%J nan 1",
        "<jradeg>1</jradeg>", "<jradeg></jradeg><jdedeg>1</jdedeg>",
        "<jdedeg>1</jdedeg><jradeg>1</jradeg>"
    };
    double ra, dec;
    size_t i;

    (void)state;
    assert_int_equal(vo_resolve_read(text, &ra, &dec), 0);
    assert_true(ra == 10.68470833 && dec == 41.26875);
    assert_int_equal(vo_resolve_read(xml, &ra, &dec), 0);
    assert_true(ra == 83.6324 && dec == -22.0174);
    for (i = 0; i < sizeof(none) / sizeof(*none); ++i) {
        assert_int_equal(vo_resolve_read(none[i], &ra, &dec), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_answers),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
