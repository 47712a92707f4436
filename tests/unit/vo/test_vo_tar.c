/* test_vo_tar.c: archives that were not finished are gone on with. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>

#include "vo_tar.h"

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

/* An archive of files "1_a" (600 bytes), "2_b" (512), "3_c" (0). */
static void make(vo_out_mem_t *mem)
{
    static char data[600];
    vo_out_t *out;

    memset(mem, 0, sizeof(*mem));
    memset(data, 'x', sizeof(data));
    out = vo_out_to_memory(mem, pool);
    assert_null(vo_tar_file(out, "1_a", data, 600, 0));
    assert_null(vo_tar_file(out, "2_b", data, 512, 0));
    assert_null(vo_tar_file(out, "3_c", data, 0, 0));
    assert_null(vo_tar_end(out));
    assert_null(vo_out_flush(out));
    assert_int_equal(mem->len, 512 + 1024 + 512 + 512 + 512 + 1024);
}

static int told(void *baton, const char *name)
{
    char *names = baton;

    if (*name == '3') {
        return 0;
    }
    strncat(names, name, 16);
    strncat(names, " ", 2);
    return 1;
}

/* What is salvaged of the first LEN bytes of ARCHIVE; *SAME: is it a copy of
 * its beginning? */
static apr_size_t salvage(const vo_out_mem_t *archive, apr_size_t len,
                          char names[64])
{
    FILE *f = tmpfile();
    vo_out_mem_t mem = {0};
    vo_out_t *out = vo_out_to_memory(&mem, pool);

    assert_non_null(f);
    assert_int_equal(fwrite(archive->data, 1, len, f), len);
    fflush(f);
    *names = '\0';
    assert_null(vo_tar_salvage(out, fileno(f), told, names));
    assert_null(vo_out_flush(out));
    fclose(f);
    assert_true(mem.len <= len);
    assert_true(!mem.len || !memcmp(mem.data, archive->data, mem.len));
    return mem.len;
}

static void test_every_length(void **state)
{
    vo_out_mem_t archive;
    char names[64];
    apr_size_t len;

    (void)state;
    make(&archive);
    for (len = 0; len <= archive.len; ++len) {
        apr_size_t got = salvage(&archive, len, names);

        assert_int_equal(got, len < 1536 ? 0 : len < 2560 ? 1536 : 2560);
        assert_string_equal(names, len < 1536 ? ""
                                   : len < 2560 ? "1_a " : "1_a 2_b ");
    }
}

static void test_damage(void **state)
{
    vo_out_mem_t archive;
    char names[64];

    (void)state;
    make(&archive);
    archive.data[1536 + 130] ^= 1; /* the size of the second file */
    assert_int_equal(salvage(&archive, archive.len, names), 1536);
    archive.data[0] = '?';         /* the name of the first */
    assert_int_equal(salvage(&archive, archive.len, names), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_damage),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
