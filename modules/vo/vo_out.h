/* vo_out.h: a buffered output sink with a late first flush. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_OUT_H
#define VO_OUT_H

#include <string.h>

#include <apr_pools.h>

#include "vo_err.h"

/*
 * Writers put bytes here; nothing leaves before VO_OUT_SIZE bytes are there or
 * the document is closed, so that an error in the first 64 KiB can still become
 * a clean error document: vo_out_discard() forgets what was written. Once
 * something has left (has_flushed), the document can only be ended honestly.
 */
#define VO_OUT_SIZE 65536

typedef struct vo_out_t vo_out_t;

/* Take LEN bytes at DATA, which stay valid only during the call. A client that
 * left is reported as VO_ERR_GONE. */
typedef vo_err_t *vo_out_fn_t(void *baton, const char *data, apr_size_t len);

struct vo_out_t {
    char *buf;         /* VO_OUT_SIZE bytes */
    apr_size_t used;   /* bytes waiting in buf */
    apr_off_t total;   /* bytes accepted so far, waiting ones included */
    int has_flushed;   /* something has left already */
    vo_out_fn_t *send; /* where a full buffer goes */
    void *baton;
    apr_pool_t *pool;
};

/* Make a sink in POOL that hands full buffers to SEND. */
vo_out_t *vo_out_create(vo_out_fn_t *send, void *baton, apr_pool_t *pool);

/* Send what waits. */
vo_err_t *vo_out_flush(vo_out_t *out);

/* Forget what waits; only legal while has_flushed is 0. */
void vo_out_discard(vo_out_t *out);

/* The slow path of vo_out_write. */
vo_err_t *vo_out_write_long(vo_out_t *out, const void *data, apr_size_t len);

/* Append LEN bytes. */
static inline vo_err_t *vo_out_write(vo_out_t *out, const void *data,
                                     apr_size_t len)
{
    if (len <= VO_OUT_SIZE - out->used) {
        memcpy(out->buf + out->used, data, len);
        out->used += len;
        out->total += (apr_off_t)len;
        return NULL;
    }
    return vo_out_write_long(out, data, len);
}

/* Append a NUL-terminated string. */
static inline vo_err_t *vo_out_puts(vo_out_t *out, const char *text)
{
    return vo_out_write(out, text, strlen(text));
}

/* Make room for LEN (<= VO_OUT_SIZE) contiguous bytes and set *P to them; the
 * caller then says with vo_out_commit() how many it used. */
static inline vo_err_t *vo_out_reserve(vo_out_t *out, apr_size_t len, char **p)
{
    if (len > VO_OUT_SIZE - out->used) {
        VO_TRY(vo_out_flush(out));
    }
    *p = out->buf + out->used;
    return NULL;
}

static inline void vo_out_commit(vo_out_t *out, apr_size_t len)
{
    out->used += len;
    out->total += (apr_off_t)len;
}

/* Append formatted text (any length). */
vo_err_t *vo_out_printf(vo_out_t *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Append TEXT with & < > " escaped for XML text and attributes; characters
 * XML 1.0 cannot hold become U+FFFD. TEXT is UTF-8, LEN bytes. */
vo_err_t *vo_out_xml(vo_out_t *out, const char *text, apr_size_t len);

/* Append TEXT as a JSON string, in quotes. TEXT is UTF-8, LEN bytes. */
vo_err_t *vo_out_json(vo_out_t *out, const char *text, apr_size_t len);

/* A sink that collects everything in memory, for tests and small documents;
 * *data (NUL-terminated after vo_out_flush) and *len grow in POOL. */
typedef struct vo_out_mem_t {
    char *data;
    apr_size_t len, cap;
    apr_pool_t *pool;
} vo_out_mem_t;
vo_out_t *vo_out_to_memory(vo_out_mem_t *mem, apr_pool_t *pool);

#endif
