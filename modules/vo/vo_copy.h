/* vo_copy.h: rows into a table by COPY in PostgreSQL's binary format. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_COPY_H
#define VO_COPY_H

#include <stdint.h>

#include <libpq-fe.h>

#include "vo_err.h"

/* Bytes that grow as needed, big-endian as the wire wants them; running out of
 * memory ends the process, as in APR's pools under httpd. Begin with zeros. */
typedef struct vo_buf_t {
    char *data;
    size_t len, cap;
} vo_buf_t;
void vo_buf_room(vo_buf_t *buf, size_t more);
void vo_buf_free(vo_buf_t *buf);
void vo_buf_put(vo_buf_t *buf, const void *data, size_t n);
void vo_buf_put16(vo_buf_t *buf, int value);
void vo_buf_put32(vo_buf_t *buf, int32_t value);
void vo_buf_put64(vo_buf_t *buf, int64_t value);
/* A value with its length before it; LEN -1 is NULL. */
void vo_buf_put_cell(vo_buf_t *buf, const char *data, int len);
void vo_buf_put_float(vo_buf_t *buf, float value);
void vo_buf_put_double(vo_buf_t *buf, double value);

/* One COPY ... FROM STDIN (FORMAT binary). A row is written to buf: the number
 * of its cells with vo_buf_put16, then each of them with its length. */
typedef struct vo_copy_t {
    PGconn *conn;   /* not in pipeline mode; NULL: nothing is sent */
    vo_buf_t buf;
    /* Say what the server said while DOING; RES may be NULL. */
    vo_err_t *(*error)(PGconn *conn, const PGresult *res, const char *doing,
                       apr_pool_t *pool);
    apr_pool_t *pool;
} vo_copy_t;

/* Start the statement SQL and put the head of the stream; COPY's conn, error
 * and pool have been set. After an error nothing is to be ended. */
vo_err_t *vo_copy_begin(vo_copy_t *copy, const char *sql);

/* Send what is in the buffer if that is much; *IS_SENT tells (may be NULL). */
vo_err_t *vo_copy_flush(vo_copy_t *copy, int *is_sent);

/* Tell the server that all was sent, or that ERR has happened here, and free
 * the buffer. Returns ERR, or what the server says. */
vo_err_t *vo_copy_end(vo_copy_t *copy, vo_err_t *err);

#endif
