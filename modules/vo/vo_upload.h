/* vo_upload.h: a file from outside as a table of one transaction. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_UPLOAD_H
#define VO_UPLOAD_H

#include <libpq-fe.h>

#include "meta/vo_meta.h"
#include "vo_err.h"

/*
 * Opening reads the head of the file and describes the table, which is enough
 * to translate a query; storing makes it in PostgreSQL. The login takes on the
 * role vo_upload for that, which may make temporary tables and nothing else.
 */
#define VO_UPLOAD_SCHEMA "TAP_UPLOAD"

typedef struct vo_upload_t vo_upload_t;

/* The table NAME from FD, an open regular file of any format vo_reader_open
 * knows, which must stay open as long as the upload is used. NUMBER tells the
 * uploads of one transaction apart. A compressed file may become MAX_BYTES
 * (VO_ERR_LIMIT with http 413 beyond); more than MAX_ROWS rows are an error of
 * vo_upload_store; 0 is no limit. Usage errors name the table, row and column.
 */
vo_err_t *vo_upload_open(vo_upload_t **upload, const char *name, int fd,
                         int number, apr_int64_t max_bytes,
                         apr_int64_t max_rows, apr_pool_t *pool);

/* As a query sees it: TAP_UPLOAD.NAME with the columns of the file, a position
 * when vo_position_guess finds one. Lives in the upload's pool. */
const vo_table_t *vo_upload_table(const vo_upload_t *upload);

/* Make the table on CONN, in an open transaction at whose end it is dropped,
 * with its rows, its index and statistics, readable by ROLE (or NULL). May be
 * called again, on another connection. VO_ERR_LIMIT with http 413 for too many
 * rows. */
vo_err_t *vo_upload_store(vo_upload_t *upload, PGconn *conn, const char *role);

#endif
