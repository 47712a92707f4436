/* vo_imgfile.c: opening a registered file, and nothing else, below a root. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_imgfile.h"

#include <errno.h>
#include <fcntl.h>
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

/* A descriptor of PATH below ROOT, or -1 and errno. */
static int open_beneath(const char *root, const char *path)
{
    struct open_how how;
    int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd, code;

    if (dir < 0) {
        return -1;
    }
    memset(&how, 0, sizeof(how));
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
    code = errno;
    close(dir);
    errno = code;
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
