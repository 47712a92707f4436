/* test_vo_dali_multipart.c: bodies in pieces of every size. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "dali/vo_dali_multipart.h"

#define BIG (1 << 20)

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

/* Feed DATA in pieces of CHUNK bytes, each in memory of its own size, so that
 * a reader going beyond is seen by valgrind and ASan. */
static vo_err_t *read_all(vo_dali_params_t *p, const char *type,
                          const char *data, apr_size_t len, apr_size_t chunk)
{
    vo_dali_multipart_t *m;
    apr_size_t at;

    VO_TRY(vo_dali_multipart_begin(&m, p, type, BIG, BIG));
    for (at = 0; at < len; at += chunk) {
        apr_size_t n = len - at < chunk ? len - at : chunk;

        VO_TRY(vo_dali_multipart_feed(m, apr_pmemdup(pool, data + at, n), n));
    }
    return vo_dali_multipart_end(m);
}

/* The bytes of a file, NUL-terminated. */
static const char *content(const vo_dali_param_t *file)
{
    char *data = apr_pcalloc(pool, file->len + 2);

    assert_true(file->fd >= 0);
    assert_int_equal(pread(file->fd, data, file->len + 1, 0), file->len);
    return data;
}

static const char body[] =
    "preamble to be ignored\r\n"
    "--BouND\r\n"
    "Content-Disposition: form-data; name=\"QUERY\"\r\n\r\n"
    "SELECT 1\r\n--not the end\r\n"
    "--BouND\r\n"
    "content-disposition: form-data; filename=\"a;b \\\"c\\\".xml\"; "
    "name=tab\r\n"
    "Content-Type: application/x-votable+xml\r\n\r\n"
    "bin\0ary\r\n"
    "--BouND  \r\n"
    "Content-Disposition: form-data; name=\"LANG\"\r\n\r\n"
    "\r\n"
    "--BouND--\r\nepilogue";

static void test_every_chunk(void **state)
{
    static const char *const types[] = {
        "multipart/form-data; boundary=BouND",
        "multipart/form-data; charset=utf-8; boundary=\"BouND\"",
        "Multipart/Form-Data;BOUNDARY=BouND;x=y",
    };
    apr_size_t i, chunk;

    (void)state;
    for (chunk = 1; chunk <= sizeof(body); ++chunk) {
        vo_dali_params_t *p = vo_dali_params_create(pool);
        const vo_dali_param_t *file;
        vo_err_t *err;

        i = chunk % 3;
        err = read_all(p, types[i], body, sizeof(body) - 1, chunk);
        if (err) {
            fail_msg("%s by %d: %s", types[i], (int)chunk, err->text);
        }
        assert_int_equal(p->nparams, 3);
        assert_string_equal(vo_dali_param_nth(p, "query", 0),
                            "SELECT 1\r\n--not the end");
        assert_string_equal(vo_dali_param_nth(p, "lang", 0), "");
        assert_null(vo_dali_param_nth(p, "tab", 0));
        file = vo_dali_param_file(p, "tab");
        assert_non_null(file);
        assert_int_equal(file->len, 7);
        assert_memory_equal(content(file), "bin\0ary", 7);
        assert_string_equal(file->filename, "a;b \"c\".xml");
        assert_string_equal(file->media_type, "application/x-votable+xml");
    }
}

/* Cut anywhere before the last boundary it must be an error, never a crash. */
static void test_cut(void **state)
{
    apr_size_t len, last = 0;

    (void)state;
    for (len = 0; len + 9 <= sizeof(body) - 1; ++len) {
        if (!memcmp(body + len, "--BouND--", 9)) {
            last = len;
        }
    }
    assert_true(last > 0);
    for (len = 0; len < last + 9; ++len) {
        vo_dali_params_t *p = vo_dali_params_create(pool);
        vo_err_t *err = read_all(p, "multipart/form-data; boundary=BouND",
                                 body, len, 1 + len % 19);

        if (!err) {
            fail_msg("accepted %d bytes", (int)len);
        }
        assert_int_equal(err->kind, VO_ERR_USAGE);
    }
}

static void test_bad(void **state)
{
    static const char *const types[] = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; xboundary=BouND",
        "multipart/form-data; boundary=other",
        "multipart/form-data; boundary="
        "0123456789012345678901234567890123456789012345678901234567890123456789"
        "1",
    };
    static const char nameless[] =
        "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n";
    vo_dali_params_t *p = vo_dali_params_create(pool);
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(types) / sizeof(types[0]); ++i) {
        if (!read_all(p, types[i], body, sizeof(body) - 1, 50)) {
            fail_msg("accepted: %s", types[i]);
        }
    }
    assert_non_null(read_all(p, "multipart/form-data; boundary=B", nameless,
                             sizeof(nameless) - 1, 7));
}

/* A file longer than the window, full of almost-boundaries. */
static void test_long_file(void **state)
{
    static const char first[] =
        "--B\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n";
    static const char almost[] = "\r\n-\r\n--\r\r\n--A";
    apr_size_t len = sizeof(first) - 1, n = 300000, i;
    char *text = apr_palloc(pool, len + n + 20);
    vo_dali_params_t *p = vo_dali_params_create(pool);
    const vo_dali_param_t *file;
    vo_err_t *err;

    (void)state;
    memcpy(text, first, len);
    for (i = 0; i < n; ++i) {
        text[len + i] = almost[i % (sizeof(almost) - 1)];
    }
    memcpy(text + len + n, "\r\n--B--", 7);
    err = read_all(p, "multipart/form-data; boundary=B", text, len + n + 7,
                   8191);
    assert_null(err);
    file = vo_dali_param_file(p, "f");
    assert_non_null(file);
    assert_int_equal(file->len, n);
    assert_memory_equal(content(file), text + len, n);
}

/* The name of nothing is left, and nothing is open behind the pool. */
static void test_file_goes(void **state)
{
    apr_pool_t *own;
    vo_dali_params_t *p;
    int fd;

    (void)state;
    apr_pool_create(&own, pool);
    p = vo_dali_params_create(own);
    assert_null(read_all(p, "multipart/form-data; boundary=BouND", body,
                         sizeof(body) - 1, 64));
    fd = vo_dali_param_file(p, "tab")->fd;
    assert_int_not_equal(fcntl(fd, F_GETFD), -1);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    apr_pool_destroy(own);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static vo_err_t *limited(apr_off_t max_text, apr_off_t max_files,
                         vo_dali_params_t **p)
{
    vo_dali_multipart_t *m;

    *p = vo_dali_params_create(pool);
    VO_TRY(vo_dali_multipart_begin(&m, *p,
                                   "multipart/form-data; boundary=BouND",
                                   max_text, max_files));
    VO_TRY(vo_dali_multipart_feed(m, body, sizeof(body) - 1));
    return vo_dali_multipart_end(m);
}

static void test_limits(void **state)
{
    vo_dali_params_t *p;
    vo_err_t *err;

    (void)state;
    assert_null(limited(BIG, 7, &p));
    err = limited(BIG, 6, &p);
    assert_non_null(err);
    assert_int_equal(err->http, 413);
    assert_non_null(strstr(err->text, "uploaded tables"));
    assert_non_null(strstr(err->text, "6 bytes"));
    err = limited(40, BIG, &p);
    assert_non_null(err);
    assert_int_equal(err->http, 413);
    assert_non_null(strstr(err->text, "parameters"));
    assert_null(limited(BIG, 0, &p)); /* not wanted: only its name is kept */
    assert_int_equal(vo_dali_param_file(p, "tab")->fd, -1);
    assert_int_equal(vo_dali_param_file(p, "tab")->len, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_chunk),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_long_file),
        cmocka_unit_test(test_file_goes),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
