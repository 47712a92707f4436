/* mod_vo_int.h: shared by the files of mod_vo only. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_VO_INT_H
#define MOD_VO_INT_H

#include <httpd.h>

#include <apr_dbd.h>
#include <apr_tables.h>
#include <http_config.h>
#include <mod_dbd.h>

#include "mod_vo.h"
#include "mod_vo_jobs_int.h"

/* --- mod_vo_config.c ----------------------------------------------------- */

/* One record per server and per section; NULL and VO_UNSET are "not set". */
typedef struct vo_dir_conf_t {
    const char *root;            /* VORoot: "/vo"; "" is the server's root */
    const char *base_url;        /* VOBaseURL, "" = derive */
    int is_forwarded_trusted;    /* VOTrustForwarded */
    const apr_array_header_t *origins; /* VOCorsOrigins: const char *, one "*"
                                          for all, none for nobody */
    int max_params;              /* VOMaxParams, bytes */
    int pool_wait;               /* VOPoolWait, s */
    const char *login;           /* VOLogin, "" = none */
    vo_jobs_conf_t jobs;
} vo_dir_conf_t;

extern const command_rec vo_cmds[];
void *vo_dir_conf_create(apr_pool_t *pool, char *dir);
void *vo_dir_conf_merge(apr_pool_t *pool, void *outer, void *inner);

/* The settings of the request, defaults applied. */
const char *vo_conf_root(request_rec *r);
const char *vo_conf_base_url(request_rec *r); /* NULL = derive */
int vo_conf_trusts_forwarded(request_rec *r);
int vo_conf_allows_origin(request_rec *r, const char *origin, int *is_any);
int vo_conf_max_params(request_rec *r);
int vo_conf_pool_wait(request_rec *r);
const char *vo_conf_login(request_rec *r); /* absolute, NULL = none */

/* Does SetHandler give the request to one of our modules? Known before the
 * handler's own phase. */
int vo_is_ours(request_rec *r);

/* --- mod_vo_snapshot.c --------------------------------------------------- */

typedef struct vo_state_t vo_state_t; /* per server and process */
typedef struct vo_snap_t vo_snap_t;   /* a snapshot with its references */

/* In child_init, when mod_dbd is ready and vo_gate_init was called. */
vo_state_t *vo_state_create(server_rec *s, apr_pool_t *pchild);

/* Have a thread keep ST fresh, and read for the first time what is published,
 * so that no request has to wait for that. Waits some seconds at most. Without
 * threads, and if this is not called, who needs it reads. */
void vo_state_start(vo_state_t *st, apr_pool_t *pchild);

/* NULL, or VO_ERR_BUSY if the database did not answer when it was last asked.
 * Asks and waits for nothing. */
vo_err_t *vo_database_last(request_rec *r);

int vo_health_handler(request_rec *r);

/* --- mod_vo_db.c --------------------------------------------------------- */

/* Fetch mod_dbd's functions; NULL, or a sentence saying what is missing. */
const char *vo_dbd_functions(void);

/* A connection of the pool of S, without asking the gate; errors are in POOL.
 * Given back with vo_dbd_close. */
vo_err_t *vo_dbd_open(ap_dbd_t **dbd, PGconn **conn, server_rec *s,
                      apr_pool_t *pool);
void vo_dbd_close(ap_dbd_t *dbd, server_rec *s);

/* Has the client closed its connection? */
int vo_is_client_gone(request_rec *r);

/* The socket of R; NULL of a stream of HTTP/2, which shares one. */
apr_socket_t *vo_own_socket(request_rec *r);

/* --- mod_vo_gate.c ------------------------------------------------------- */

/* Connections a process may have. */
int vo_gate_width(void);

/* Connections of the smallest pool that is configured. */
int vo_gate_width(void);

/* In child_init. */
void vo_gate_init(apr_pool_t *pchild, server_rec *s);

/* A connection is taken and kept for good. */
void vo_gate_keep(void);

/* Before a connection is asked of mod_dbd: wait for one to be left, VOPoolWait
 * at most, or not at all while nothing moves and too many wait (VO_ERR_BUSY).
 * If mod_dbd will have to make one, which only one request at a time may ask
 * for, *IS_OPENING is set: vo_gate_opened then tells whether it could.
 * vo_gate_leave when it is given back, or there was none to be had. */
vo_err_t *vo_gate_enter(int *is_opening, request_rec *r);
void vo_gate_opened(int is_there);
void vo_gate_leave(request_rec *r, int gives_back);

/* May a request hold its thread without a connection, to wait for something?
 * If so, vo_gate_unpark when it does not any more. */
int vo_gate_park(void);
void vo_gate_unpark(void);

/* Do more requests hold threads than ought to? Then those that only wait had
 * better go. */
int vo_gate_is_crowded(void);

/* --- mod_vo.c ------------------------------------------------------------ */

typedef struct vo_response_t vo_response_t; /* mod_vo_output.c */
typedef struct vo_require_t vo_require_t;   /* mod_vo_access.c */

/* What mod_vo keeps with a request. */
typedef struct vo_request_t {
    vo_snap_t *snap;
    const vo_dali_params_t *params;
    vo_err_t *params_err;
    int is_params_read;
    int is_brief;                /* 1: its queries take but a moment */
    apr_off_t max_file_bytes;    /* vo_params_with_files */
    apr_time_t read_until;       /* by the client, 0: when it likes */
    vo_response_t *response;
    const vo_require_t *require; /* the Require vo-release that applies, if
                                    any was met */
    const vo_release_t *refused; /* the private release httpd refuses */
    apr_table_t *readable;       /* private release: "yes", "no"; or NULL */
} vo_request_t;

vo_request_t *vo_request(request_rec *r);
vo_state_t *vo_state(server_rec *s);

extern module vo_module;

/* --- mod_vo_access.c ----------------------------------------------------- */

#define VO_ACCESS_PROVIDER "vo-release" /* Require vo-release */

/* In register_hooks. */
void vo_access_hooks(apr_pool_t *pool);

/* --- mod_vo_cors.c ------------------------------------------------------- */

int vo_cors_header_parser(request_rec *r);

/* --- the optional functions, see mod_vo.h -------------------------------- */

vo_err_t *vo_snapshot_get(const vo_meta_t **meta, request_rec *r);
int vo_release_visible(request_rec *r, const vo_release_t *rel);
vo_err_t *vo_release_for(const vo_release_t **rel, request_rec *r,
                         const char *id);
const char *vo_security_method(request_rec *r, const vo_release_t *rel);
void vo_offer_login(request_rec *r);
vo_err_t *vo_db_open(vo_db_t **db, request_rec *r);
void vo_db_close(vo_db_t *db);
vo_err_t *vo_query(request_rec *r, const vo_sql_req_t *req,
                   vo_sql_done_t *done);
vo_err_t *vo_database_answers(request_rec *r, int most);
vo_err_t *vo_params(const vo_dali_params_t **params, request_rec *r);
void vo_params_with_files(request_rec *r, apr_off_t max);
const char *vo_path_below(request_rec *r, const char *segment);
int vo_stream(request_rec *r, const vo_stream_t *what);
int vo_route(request_rec *r, const vo_route_t *route);
int vo_respond_old_error(request_rec *r, const vo_old_error_t *old,
                         const vo_err_t *err);
const char *vo_base_url(request_rec *r);
const char *vo_service_url(request_rec *r, const vo_service_t *svc,
                           const vo_release_t *rel, const vo_table_t *table);
const char *vo_service_url_at(apr_pool_t *pool, const char *base_url,
                              const vo_service_t *svc,
                              const vo_release_t *rel,
                              const vo_table_t *table);
void vo_answer_describe(vo_tabledoc_t *doc, const vo_answer_t *answer,
                        apr_pool_t *pool);
vo_out_t *vo_response_begin(request_rec *r, const char *media_type);
void vo_name_table(request_rec *r, const vo_tablefmt_t *fmt);
int vo_response_end(request_rec *r, vo_out_t *out);
int vo_response_abort(request_rec *r, vo_out_t *out, const vo_err_t *err);
int vo_respond_error(request_rec *r, const vo_tablefmt_t *fmt,
                     const vo_err_t *err);
void vo_log_error(request_rec *r, const vo_err_t *err);

#endif
