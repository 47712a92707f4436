/* test_vo_fetch.c: which hosts and addresses are asked for uploads. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <apr_general.h>

#include "vo_fetch.h"

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

static vo_fetch_rules_t rules(void)
{
    static const char *const hosts[] = {"data.example", "*.archive.example",
                                        "192.0.2.7", "2001:db8::1"};
    vo_fetch_rules_t made = {NULL, 1000, 5};
    apr_array_header_t *list = apr_array_make(pool, 4, sizeof(char *));
    size_t i;

    for (i = 0; i < sizeof(hosts) / sizeof(*hosts); ++i) {
        APR_ARRAY_PUSH(list, const char *) = hosts[i];
    }
    made.hosts = list;
    return made;
}

static void test_allowed(void **state)
{
    static const char *const good[] = {"data.example", "DATA.Example",
        "a.archive.example", "b.a.ARCHIVE.example", "192.0.2.7",
        "2001:db8::1"};
    static const char *const bad[] = {"", "example", "data.example.", "xdata."
        "example", "data.example.evil", "archive.example", ".archive.example",
        "xarchive.example", "192.0.2.70", "192.0.2.8", "localhost"};
    vo_fetch_rules_t r = rules(), none = {NULL, 1000, 5};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(*good); ++i) {
        if (!vo_fetch_is_allowed(&r, good[i])) {
            fail_msg("refused: %s", good[i]);
        }
        assert_false(vo_fetch_is_allowed(&none, good[i]));
    }
    for (i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        if (vo_fetch_is_allowed(&r, bad[i])) {
            fail_msg("allowed: %s", bad[i]);
        }
    }
}

static int is_private(const char *text)
{
    struct sockaddr_in v4 = {0};
    struct sockaddr_in6 v6 = {0};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        return vo_fetch_is_private(&v4);
    }
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    v6.sin6_family = AF_INET6;
    return vo_fetch_is_private(&v6);
}

static void test_private(void **state)
{
    static const char *const closed[] = {"0.0.0.0", "10.1.2.3", "127.0.0.1",
        "127.255.255.255", "100.64.0.1", "100.127.255.255", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.0.0.8",
        "198.18.0.1", "198.19.255.255", "224.0.0.1", "255.255.255.255", "::",
        "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1",
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"};
    static const char *const open[] = {"8.8.8.8", "100.63.255.255",
        "100.128.0.0", "172.15.0.1", "172.32.0.1", "169.253.0.1",
        "192.167.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255",
        "2001:4860::1", "2a00::1", "::ffff:8.8.8.8"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(closed) / sizeof(*closed); ++i) {
        if (!is_private(closed[i])) {
            fail_msg("taken for public: %s", closed[i]);
        }
    }
    for (i = 0; i < sizeof(open) / sizeof(*open); ++i) {
        if (is_private(open[i])) {
            fail_msg("taken for private: %s", open[i]);
        }
    }
}

static void test_urls(void **state)
{
    static const struct {
        const char *url, *text;
    } bad[] = {
        {"http://", "no URL"},
        {"ftp://data.example/x", "only http"},
        {"file:///etc/passwd", "no URL"},
        {"http://other.example/", "not among"},
        {"http://data.example@other.example/", "names a user"},
        {"http://u:p@data.example/", "names a user"},
        {"http://data.example.other/", "not among"},
        {"http://2130706433/", "not among"},   /* 127.0.0.1 as one number */
        {"http://[::1]/", "not among"},
    };
    vo_fetch_rules_t r = rules();
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        apr_off_t size;
        vo_err_t *err = vo_fetch(-1, &size, bad[i].url, &r, pool);

        if (!err) {
            fail_msg("fetched: %s", bad[i].url);
        }
        if (!strstr(err->text, bad[i].text)) {
            fail_msg("%s: %s", bad[i].url, err->text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_private),
        cmocka_unit_test(test_urls),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
