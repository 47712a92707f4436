/* vo_imgfile.c: opening a registered file, and nothing else, below a root. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_imgfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include <apr_strings.h>

static apr_status_t close_fd(void *data)
{
    close((int)(intptr_t)data);
    return APR_SUCCESS;
}

static const char *root_path(const vo_release_t *rel, int root_id)
{
    int i;

    for (i = 0; i < rel->nroots; ++i) {
        if (rel->roots[i].id == root_id) {
            return rel->roots[i].path;
        }
    }
    return NULL;
}

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK)
#define FD_NAME 32 /* room for /proc/self/fd/N */

/* Close FD and keep errno. */
static void drop(int fd)
{
    int code = errno;

    close(fd);
    errno = code;
}

/* Where FD is now, to BUF of PATH_MAX; its length, 0 when it cannot be told. */
static size_t place_of(int fd, char *buf)
{
    char name[FD_NAME];
    ssize_t n;

    apr_snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    n = readlink(name, buf, PATH_MAX - 1);
    buf[n > 0 ? n : 0] = '\0';
    return n > 0 && n < PATH_MAX - 1 ? (size_t)n : 0;
}

/* What openat2 does, for kernels and containers without it: nothing is opened
 * for reading before it is known to be below DIR. */
static int open_checked(int dir, const char *path)
{
    char root[PATH_MAX], place[PATH_MAX], name[FD_NAME];
    int fd = openat(dir, path, O_PATH | O_CLOEXEC), file = -1;
    size_t len = place_of(dir, root);
    int is_told = len > 0; /* a place too long for PATH_MAX is not */

    if (fd < 0) {
        return -1;
    }
    if (is_told && root[len - 1] == '/') {
        --len; /* the root is / */
    }
    if (is_told && place_of(fd, place) > len && !memcmp(place, root, len)
        && place[len] == '/') {
        apr_snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
        file = open(name, FLAGS);
    }
    else {
        errno = EXDEV;
    }
    drop(fd);
    return file;
}

/* A descriptor of PATH below ROOT, or -1 and errno. */
static int open_beneath(const char *root, const char *path)
{
    struct open_how how;
    int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

    if (dir < 0) {
        return -1;
    }
    memset(&how, 0, sizeof(how));
    how.flags = FLAGS;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        fd = open_checked(dir, path);
    }
    drop(dir);
    return fd;
}

vo_err_t *vo_imgfile_open(int *fd, const char **name, apr_time_t *mtime,
                          const vo_release_t *rel, const vo_imgfile_t *file,
                          apr_pool_t *pool)
{
    const char *root = root_path(rel, file->root_id);
    struct stat st;

    if (!root || !file->path) {
        return vo_err_fault(pool, APR_EGENERAL, "The file is not available.",
                            "%s: root %d of %s is not registered",
                            rel->id, file->root_id,
                            file->path ? file->path : "?");
    }
    *fd = open_beneath(root, file->path);
    if (*fd < 0) {
        return vo_err_fault(pool, APR_FROM_OS_ERROR(errno),
                            "The file is not available.", "%s/%s", root,
                            file->path);
    }
    apr_pool_cleanup_register(pool, (void *)(intptr_t)*fd, close_fd,
                              apr_pool_cleanup_null);
    if (fstat(*fd, &st) || !S_ISREG(st.st_mode)) {
        return vo_err_fault(pool, APR_EGENERAL, "The file is not available.",
                            "%s/%s is not a regular file", root, file->path);
    }
    if ((apr_int64_t)st.st_size != file->size) {
        return vo_err_fault(pool, APR_EGENERAL, "The file is not available.",
                            "%s/%s has %" APR_INT64_T_FMT " bytes, %"
                            APR_INT64_T_FMT " when it was registered; run"
                            " voctl images", root, file->path,
                            (apr_int64_t)st.st_size, file->size);
    }
    if (name) {
        *name = apr_psprintf(pool, "/proc/self/fd/%d", *fd);
    }
    if (mtime) {
        *mtime = apr_time_from_sec(st.st_mtim.tv_sec)
                 + st.st_mtim.tv_nsec / 1000;
    }
    return NULL;
}

const char *vo_imgfile_name(const vo_imgfile_t *file)
{
    const char *slash = strrchr(file->path, '/');

    return slash ? slash + 1 : file->path;
}
