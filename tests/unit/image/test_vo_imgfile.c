/* test_vo_imgfile.c: files of a release are opened, nothing else is. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "image/vo_imgfile.h"

static apr_pool_t *pool;
static char dir[] = "/tmp/vo-imgfile-XXXXXX";
static vo_root_t root;
static vo_release_t rel;

static void put(const char *name, const char *what)
{
    FILE *f = fopen(apr_pstrcat(pool, dir, "/", name, NULL), "w");

    assert_non_null(f);
    fputs(what, f);
    fclose(f);
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    assert_non_null(mkdtemp(dir));
    assert_int_equal(mkdir(apr_pstrcat(pool, dir, "/in", NULL), 0700), 0);
    put("secret", "secret");
    put("in/a.fits", "12345");
    assert_int_equal(symlink("../secret",
                             apr_pstrcat(pool, dir, "/in/out", NULL)), 0);
    assert_int_equal(symlink("a.fits",
                             apr_pstrcat(pool, dir, "/in/link", NULL)), 0);
    root.id = 3;
    root.path = apr_pstrcat(pool, dir, "/in", NULL);
    rel.id = "t";
    rel.nroots = 1;
    rel.roots = &root;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(apr_pstrcat(pool, dir, "/in/a.fits", NULL));
    unlink(apr_pstrcat(pool, dir, "/in/out", NULL));
    unlink(apr_pstrcat(pool, dir, "/in/link", NULL));
    unlink(apr_pstrcat(pool, dir, "/secret", NULL));
    rmdir(root.path);
    rmdir(dir);
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static vo_err_t *try_open(int root_id, const char *path, apr_int64_t size,
                          const char **name)
{
    vo_imgfile_t file = {0};
    int fd;

    file.root_id = root_id;
    file.path = path;
    file.size = size;
    return vo_imgfile_open(&fd, name, NULL, &rel, &file, pool);
}

static void test_opens(void **state)
{
    const char *name;
    char buf[8] = "";
    FILE *f;

    (void)state;
    assert_null(try_open(3, "a.fits", 5, &name));
    f = fopen(name, "r");
    assert_non_null(f);
    assert_int_equal(fread(buf, 1, sizeof(buf), f), 5);
    fclose(f);
    assert_string_equal(buf, "12345");
    assert_null(try_open(3, "link", 5, NULL));
}

static void test_refuses(void **state)
{
    static const struct {
        int root_id;
        const char *path;
        apr_int64_t size;
    } bad[] = {
        {3, "../secret", 6},   {3, "out", 6},        {3, "/etc/passwd", 1},
        {3, "a.fits", 4},      {2, "a.fits", 5},     {3, "none.fits", 5},
        {3, ".", 4096},        {3, "a.fits/b", 5},   {3, NULL, 5},
        {3, "in/../../secret", 6},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        vo_err_t *err = try_open(bad[i].root_id, bad[i].path, bad[i].size,
                                 NULL);

        assert_non_null(err);
        assert_int_equal(err->kind, VO_ERR_FAULT);
        assert_null(strstr(vo_err_public(err, pool), dir));
    }
}

/* The root may be / itself. */
static void test_root_of_all(void)
{
    const char *kept = root.path;

    root.path = "/";
    assert_null(try_open(3, apr_pstrcat(pool, kept + 1, "/a.fits", NULL), 5,
                         NULL));
    root.path = kept;
}

/* A root so deep that its place cannot be told lets nothing out. */
static void test_root_without_name(void)
{
    char step[201];
    int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), i;
    const char *kept = root.path;

    memset(step, 'd', sizeof(step) - 1);
    step[sizeof(step) - 1] = '\0';
    assert_int_equal(chdir(dir), 0);
    for (i = 0; i < 21; ++i) {
        assert_int_equal(mkdir(step, 0700), 0);
        assert_int_equal(chdir(step), 0);
    }
    put("deep", "12345");
    assert_int_equal(symlink(apr_pstrcat(pool, dir, "/deep", NULL), "out"), 0);
    root.path = ".";
    assert_non_null(try_open(3, "out", 5, NULL));
    root.path = kept;
    unlink("out");
    for (i = 0; i < 21; ++i) {
        assert_int_equal(chdir(".."), 0);
        assert_int_equal(rmdir(step), 0);
    }
    assert_int_equal(fchdir(home), 0);
    close(home);
    unlink(apr_pstrcat(pool, dir, "/deep", NULL));
}

/* As under a kernel, a container or valgrind that has no openat2. */
static void test_without_openat2(void **state)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};

    /* for the rest of this program, which is why it is the last test */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
        skip();
    }
    assert_int_equal(syscall(SYS_openat2, -1, "", NULL, 0), -1);
    test_opens(state);
    test_refuses(state);
    test_root_of_all();
    test_root_without_name();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_without_openat2),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
