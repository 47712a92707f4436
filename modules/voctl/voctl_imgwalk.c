/* voctl_imgwalk.c: voctl images: which files there are below a folder. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "dali/vo_dali_param.h"
#include "voctl_images.h"

#define MAX_DEPTH 40

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in folder NAME, sorted; hidden ones and what editors and our own
 * --recompress leave are not looked at. */
static vo_err_t *list(apr_array_header_t *names, const char *name,
                      apr_pool_t *pool)
{
    struct dirent *entry;
    DIR *dir = opendir(name);

    if (!dir) {
        vo_err_t *err = vo_err_make(pool, VO_ERR_FAULT, "Cannot read %s",
                                    name);

        err->aprerr = APR_FROM_OS_ERROR(errno);
        return err;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (*entry->d_name != '.') {
            APR_ARRAY_PUSH(names, const char *)
                = apr_pstrdup(pool, entry->d_name);
        }
    }
    closedir(dir);
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), by_name);
    return NULL;
}

static void add_file(voctl_imgjob_t *job, int root, const char *path,
                     const struct stat *st)
{
    const char *ending, *stem;
    voctl_imgfile_t *file;
    int kind = voctl_imgmap_kind(job->map, path, &stem, job->ctl->pool);

    voctl_img_stem(path, &ending, job->ctl->pool);
    if (kind == VOCTL_IMG_IGNORED
        || (kind == VOCTL_IMG_SCIENCE && !*ending)) {
        ++job->nother;
        return;
    }
    if (!vo_dali_is_text(path, strlen(path))) {
        ++job->nbroken;
        fprintf(stderr, "voctl: %s/%s: the name is not UTF-8\n",
                APR_ARRAY_IDX(job->roots, root, voctl_imgroot_t).path, path);
        return;
    }
    file = apr_array_push(job->files);
    memset(file, 0, sizeof(*file));
    file->root = root;
    file->path = path;
    file->stem = stem;
    file->kind = kind;
    file->size = st->st_size;
    file->mtime = (double)st->st_mtim.tv_sec
                  + (double)st->st_mtim.tv_nsec / 1e9;
}

static vo_err_t *walk(voctl_imgjob_t *job, int root, const char *folder,
                      int depth)
{
    const voctl_imgroot_t *r = &APR_ARRAY_IDX(job->roots, root,
                                              voctl_imgroot_t);
    apr_pool_t *pool = job->ctl->pool, *scratch;
    apr_array_header_t *names;
    vo_err_t *err = NULL;
    int i;

    if (depth > MAX_DEPTH) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s/%s: folders lie more than"
                           " %d deep.", r->path, folder, MAX_DEPTH);
    }
    apr_pool_create(&scratch, pool);
    names = apr_array_make(scratch, 64, sizeof(const char *));
    err = list(names, apr_pstrcat(scratch, r->path, "/", folder, NULL),
               scratch);
    for (i = 0; i < names->nelts && !err; ++i) {
        const char *path = apr_pstrcat(pool, folder, *folder ? "/" : "",
                                       APR_ARRAY_IDX(names, i, const char *),
                                       NULL);
        struct stat st;

        /* httpd follows no link that leaves the root; none is followed here,
         * so that no file has two names */
        if (lstat(apr_pstrcat(scratch, r->path, "/", path, NULL), &st)) {
            continue; /* gone in this moment */
        }
        if (S_ISDIR(st.st_mode)) {
            err = walk(job, root, path, depth + 1);
        }
        else if (S_ISREG(st.st_mode)) {
            add_file(job, root, path, &st);
        }
        else {
            ++job->nother;
        }
    }
    if (err) {
        return err; /* in scratch, which lives in pool */
    }
    apr_pool_destroy(scratch);
    return NULL;
}

vo_err_t *voctl_img_walk(voctl_imgjob_t *job, int root, const char *folder)
{
    return walk(job, root, folder, 0);
}
