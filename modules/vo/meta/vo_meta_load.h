/* vo_meta_load.h: reading what is published from PostgreSQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_META_LOAD_H
#define VO_META_LOAD_H

#include <libpq-fe.h>

#include "vo_meta.h"

/*
 * Build *META, the snapshot of every release in vo.release whatever its state
 * (who may see it is the caller's business), in POOL, which should be one of
 * its own: the whole snapshot goes when it is destroyed.
 *
 * CONN must be idle, outside a transaction, and allowed to read schema vo (the
 * login vo_web is). All queries see one state of the database, and
 * (*META)->serial belongs to that state. Columns get pg_oid from their type;
 * their field.name is the bare name, adql_name is the one of TAP_SCHEMA.
 *
 * Errors: VO_ERR_FAULT, also when schema vo is missing ("voctl init").
 */
vo_err_t *vo_meta_load(vo_meta_t **meta, PGconn *conn, apr_pool_t *pool);

/* The number that changes when anything published does: compare it with
 * meta->serial to know whether a snapshot is still good. One indexed row; CONN
 * as above, but a transaction may be open; waits a minute at most. */
vo_err_t *vo_meta_serial(apr_int64_t *serial, PGconn *conn, apr_pool_t *pool);

/* The same on an idle connection, waiting at most MOST for the answer:
 * VO_ERR_BUSY when there is none by then. The question then stays on its way,
 * and the next call waits for its answer instead of asking again. */
vo_err_t *vo_meta_serial_within(apr_int64_t *serial, PGconn *conn,
                                apr_interval_time_t most, apr_pool_t *pool);

#endif
