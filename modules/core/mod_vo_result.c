/* mod_vo_result.c: results of jobs as files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include "mod_vo_jobs_int.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

APLOG_USE_MODULE(vo);

#define TEMP_SUFFIX ".part"
#define TIDY_AGE apr_time_from_sec(5) /* of a file that may be nobody's */

/* --- writing ------------------------------------------------------------- */

const char *vo_result_path(const char *name, apr_pool_t *pool)
{
    return apr_pstrcat(pool, vo_jobs_global.result_dir, "/", name, NULL);
}

static vo_err_t *write_failed(const vo_result_t *result, int code)
{
    int is_full = code == ENOSPC || code == EDQUOT;

    return vo_err_fault(result->pool, code,
                        is_full ? "The service has no room left for results; "
                                  "try again later."
                                : "The result could not be written.",
                        "%s", result->temp_path);
}

static vo_err_t *to_file(void *baton, const char *data, apr_size_t len)
{
    vo_result_t *result = baton;

    if (result->max_size
        && result->size + (apr_int64_t)len > result->max_size) {
        vo_err_t *err = vo_err_make(result->pool, VO_ERR_LIMIT,
                                    "The result is larger than %"
                                    APR_INT64_T_FMT " bytes, which is the "
                                    "limit.", result->max_size);

        return vo_err_hint(result->pool, err,
                           "Ask for fewer rows or columns.");
    }
    result->size += (apr_int64_t)len;
    while (len) {
        ssize_t n = write(result->fd, data, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return write_failed(result, errno);
        }
        data += n;
        len -= (apr_size_t)n;
    }
    return NULL;
}

vo_err_t *vo_result_create(vo_result_t **made, const vo_job_t *job,
                           apr_int64_t max_size, apr_pool_t *pool)
{
    vo_result_t *result = apr_pcalloc(pool, sizeof(*result));

    /* each attempt has its own file, so two workers cannot meet in one */
    result->name = apr_psprintf(pool, "%s.%d-%" APR_TIME_T_FMT, job->id,
                                job->attempts, apr_time_now());
    result->path = vo_result_path(result->name, pool);
    result->temp_path = apr_pstrcat(pool, result->path, TEMP_SUFFIX, NULL);
    result->max_size = max_size;
    result->pool = pool;
    result->fd = open(result->temp_path,
                      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                      0600);
    if (result->fd < 0) {
        return write_failed(result, errno);
    }
    result->out = vo_out_create(to_file, result, pool);
    *made = result;
    return NULL;
}

/* "ID.ATTEMPT", with the suffix of an unfinished one if IS_TEMP. */
static int is_result_name(const char *name, int is_temp)
{
    apr_size_t len = strlen(name), suffix = sizeof(TEMP_SUFFIX) - 1;

    return len > 33 && strspn(name, "0123456789abcdef") == 32
           && name[32] == '.'
           && (!is_temp || !strcmp(name + len - suffix, TEMP_SUFFIX));
}

static apr_status_t close_fd(void *data)
{
    close((int)(intptr_t)data);
    return APR_SUCCESS;
}

int vo_result_earlier(const vo_job_t *job, apr_pool_t *pool)
{
    const char *stem = apr_pstrcat(pool, job->id, ".", NULL), *path = NULL;
    apr_off_t most = 0;
    apr_finfo_t info;
    apr_dir_t *dir;
    int fd;

    if (job->attempts < 2
        || apr_dir_open(&dir, vo_jobs_global.result_dir, pool)
               != APR_SUCCESS) {
        return -1;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_SIZE, dir)
           == APR_SUCCESS) {
        if (info.name && is_result_name(info.name, 1)
            && !strncmp(info.name, stem, strlen(stem)) && info.size > most) {
            most = info.size;
            path = vo_result_path(info.name, pool);
        }
    }
    apr_dir_close(dir);
    fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd >= 0) {
        apr_pool_cleanup_register(pool, (void *)(intptr_t)fd, close_fd,
                                  apr_pool_cleanup_null);
    }
    return fd;
}

void vo_result_leave(vo_result_t *result)
{
    if (result->fd >= 0) {
        close(result->fd);
        result->fd = -1;
    }
}

vo_err_t *vo_result_finish(vo_result_t *result)
{
    int fd = result->fd;

    VO_TRY(vo_out_flush(result->out));
    if (fdatasync(fd)) {
        return write_failed(result, errno);
    }
    result->fd = -1;
    if (close(fd) || rename(result->temp_path, result->path)) {
        return write_failed(result, errno);
    }
    return NULL;
}

void vo_result_discard(vo_result_t *result)
{
    if (result->fd >= 0) {
        close(result->fd);
        result->fd = -1;
    }
    unlink(result->temp_path);
    unlink(result->path);
}

/* --- removing ------------------------------------------------------------ */

void vo_result_remove(const char *name, apr_pool_t *pool)
{
    unlink(vo_result_path(name, pool));
}

void vo_result_tidy(PGconn *conn, int is_temp, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, vo_jobs_global.result_dir, pool) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_MTIME, dir)
           == APR_SUCCESS) {
        int has = 1;

        if (info.name && is_result_name(info.name, is_temp)
            && info.mtime < apr_time_now() - TIDY_AGE
            && !vo_job_has_file(&has, conn, info.name, pool) && !has) {
            unlink(vo_result_path(info.name, pool));
        }
    }
    apr_dir_close(dir);
}

/* --- serving ------------------------------------------------------------- */

/* mod_deflate and mod_brotli add to the ETag what they do to the file, and
 * leave it to nobody to know it again. */
static void forgive_encoding(request_rec *r)
{
    static const char *const suffixes[] = {"-gzip\"", "-br\""};
    const char *asked = apr_table_get(r->headers_in, "If-None-Match");
    char *text, *p;
    apr_size_t i;

    if (!asked) {
        return;
    }
    text = apr_pstrdup(r->pool, asked);
    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); ++i) {
        apr_size_t len = strlen(suffixes[i]);

        while ((p = strstr(text, suffixes[i])) != NULL) {
            memmove(p, p + len - 1, strlen(p + len - 1) + 1);
        }
    }
    apr_table_setn(r->headers_in, "If-None-Match", text);
}

int vo_result_send(request_rec *r, const vo_job_t *job,
                   const vo_job_part_t *part)
{
    const char *path = vo_result_path(job->result_file, r->pool);
    const vo_tablefmt_t *fmt;
    apr_bucket_brigade *bb;
    apr_file_t *file;
    apr_status_t rv;
    int rc;

    rv = apr_file_open(&file, path,
                       APR_READ | APR_BINARY | APR_SENDFILE_ENABLED,
                       APR_OS_DEFAULT, r->pool);
    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&r->finfo, APR_FINFO_NORM, file);
    }
    if (rv != APR_SUCCESS) {
        return vo_respond_error(
            r, NULL, vo_err_fault(r->pool, rv, "The result is lost; run the "
                                  "query again.", "%s", path));
    }
    if (part->size > r->finfo.size - part->offset) {
        return vo_respond_error(
            r, NULL, vo_err_fault(r->pool, APR_EGENERAL, "The result is lost;"
                                  " run the query again.", "%s is cut off",
                                  path));
    }
    ap_set_content_type(r, part->media_type);
    if (!vo_tablefmt_find(&fmt, NULL, part->media_type, r->pool)) {
        vo_name_table(r, fmt);
    }
    ap_update_mtime(r, r->finfo.mtime);
    ap_set_last_modified(r);
    /* a file never changes under its name, which no other will have */
    apr_table_setn(r->headers_out, "ETag",
                   apr_pstrcat(r->pool, "\"", job->result_file, "-", part->name,
                               "\"", NULL));
    ap_set_accept_ranges(r);
    ap_set_content_length(r, part->size);
    apr_table_setn(r->headers_out, "Cache-Control", "private");
    forgive_encoding(r);
    rc = ap_meets_conditions(r);
    if (rc != OK) {
        r->status = rc;
    }
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    if (rc == OK) {
        apr_brigade_insert_file(bb, file, part->offset, part->size, r->pool);
    }
    APR_BRIGADE_INSERT_TAIL(
        bb, apr_bucket_eos_create(r->connection->bucket_alloc));
    rv = ap_pass_brigade(r->output_filters, bb);
    return rv == APR_SUCCESS || r->connection->aborted
                   || r->status != HTTP_OK
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}
