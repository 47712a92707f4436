/* vo_cancel.h: cancel a query without waiting for a server that hangs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_CANCEL_H
#define VO_CANCEL_H

#include <libpq-fe.h>

#include <apr_time.h>

/*
 * libpq's PQcancel makes a connection and waits for the server to close it,
 * without any limit. So a thread does that, which is left to itself when it
 * takes too long.
 */

/* Ask the server to cancel what CONN does. 1: it has taken that. 0: it has not
 * within MOST, or could not be asked; the request may still arrive, so CONN is
 * to be reset, or what comes next on it might be cancelled instead. */
int vo_cancel(PGconn *conn, apr_interval_time_t most);

#endif
