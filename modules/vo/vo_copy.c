/* vo_copy.c: rows into a table by COPY in PostgreSQL's binary format. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/vo_wire.h"

#define SEND_SIZE (256 * 1024)

/* --- bytes ---------------------------------------------------------------- */

void vo_buf_room(vo_buf_t *buf, size_t more)
{
    if (buf->cap - buf->len < more) {
        buf->cap = (buf->len + more) * 2;
        buf->data = realloc(buf->data, buf->cap);
        if (!buf->data) {
            fputs("out of memory\n", stderr);
            abort();
        }
    }
}

void vo_buf_free(vo_buf_t *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof(*buf));
}

void vo_buf_put(vo_buf_t *buf, const void *data, size_t n)
{
    vo_buf_room(buf, n);
    memcpy(buf->data + buf->len, data, n);
    buf->len += n;
}

void vo_buf_put16(vo_buf_t *buf, int value)
{
    vo_buf_room(buf, 2);
    vo_put16(buf->data + buf->len, (unsigned)value);
    buf->len += 2;
}

void vo_buf_put32(vo_buf_t *buf, int32_t value)
{
    vo_buf_room(buf, 4);
    vo_put32(buf->data + buf->len, (uint32_t)value);
    buf->len += 4;
}

void vo_buf_put64(vo_buf_t *buf, int64_t value)
{
    vo_buf_room(buf, 8);
    vo_put64(buf->data + buf->len, (uint64_t)value);
    buf->len += 8;
}

void vo_buf_put_cell(vo_buf_t *buf, const char *data, int len)
{
    vo_buf_room(buf, (size_t)(len > 0 ? len : 0) + 4);
    vo_put32(buf->data + buf->len, (uint32_t)len);
    if (len > 0) {
        memcpy(buf->data + buf->len + 4, data, (size_t)len);
    }
    buf->len += 4 + (size_t)(len > 0 ? len : 0);
}

void vo_buf_put_float(vo_buf_t *buf, float value)
{
    char bytes[4];

    vo_put_float(bytes, value);
    vo_buf_put_cell(buf, bytes, 4);
}

void vo_buf_put_double(vo_buf_t *buf, double value)
{
    char bytes[8];

    vo_put_double(bytes, value);
    vo_buf_put_cell(buf, bytes, 8);
}

/* --- COPY ----------------------------------------------------------------- */

vo_err_t *vo_copy_begin(vo_copy_t *copy, const char *sql)
{
    static const char signature[] = "PGCOPY\n\377\r\n";
    vo_err_t *err = NULL;

    if (copy->conn) {
        PGresult *res = PQexec(copy->conn, sql);

        if (PQresultStatus(res) != PGRES_COPY_IN) {
            err = copy->error(copy->conn, res, "Starting the copy",
                              copy->pool);
        }
        PQclear(res);
        VO_TRY(err);
    }
    vo_buf_put(&copy->buf, signature, sizeof(signature)); /* its NUL belongs */
    vo_buf_put32(&copy->buf, 0);                          /* flags */
    vo_buf_put32(&copy->buf, 0);                          /* no extension */
    return NULL;
}

static vo_err_t *send_all(vo_copy_t *copy)
{
    if (copy->conn
        && PQputCopyData(copy->conn, copy->buf.data, (int)copy->buf.len)
               != 1) {
        return copy->error(copy->conn, NULL, "Sending rows", copy->pool);
    }
    copy->buf.len = 0;
    return NULL;
}

vo_err_t *vo_copy_flush(vo_copy_t *copy, int *is_sent)
{
    int is_much = copy->buf.len >= SEND_SIZE;

    if (is_sent) {
        *is_sent = is_much;
    }
    return is_much ? send_all(copy) : NULL;
}

vo_err_t *vo_copy_end(vo_copy_t *copy, vo_err_t *err)
{
    PGresult *res;

    if (!err) {
        vo_buf_put16(&copy->buf, -1);
        err = send_all(copy);
    }
    if (copy->conn) {
        PQputCopyEnd(copy->conn, err ? "the sender gave up" : NULL);
        while ((res = PQgetResult(copy->conn)) != NULL) {
            if (PQresultStatus(res) != PGRES_COMMAND_OK && !err) {
                err = copy->error(copy->conn, res,
                                  "The database refuses the rows",
                                  copy->pool);
            }
            PQclear(res);
        }
    }
    vo_buf_free(&copy->buf);
    return err;
}
