/* mod_vo.h: what mod_vo offers to the protocol modules. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_VO_H
#define MOD_VO_H

#include <libpq-fe.h>

#include <apr_optional.h>
#include <httpd.h>

#include "dali/vo_dali_param.h"
#include "meta/vo_meta.h"
#include "table/vo_table.h"
#include "vo_err.h"
#include "vo_out.h"
#include "vo_sql.h"

/*
 * mod_vo holds what must exist once per process: the snapshot of what is
 * published, the policy of database handles, the output sink, cross-origin
 * rules and the address of the service. Protocol modules fetch the functions
 * below with APR_RETRIEVE_OPTIONAL_FN in post_config (all modules have
 * registered theirs by then; again after each restart) and refuse to start when
 * they are absent. Every function may be called from any request thread; what
 * it returns lives as long as the request (r->pool) unless said otherwise.
 *
 * URLs are ROOT/SEGMENT/RELEASE/..., ROOT being VORoot ("/vo") and SEGMENT the
 * service's own ("tap"). mod_vo answers URIs whose handler begins with "vo-"
 * without touching the file system and adds the CORS headers, also to errors.
 */

/* Of the software, as the Server header tells it. */
#define VO_VERSION "0.1"

/* Tag of a log message, unique in the project: "VO1234: ". */
#define VOLOGNO(n) "VO" #n ": "

/* Use in place of AP_DECLARE_MODULE: exports NAME_module, the only symbol a
 * module shows (everything is compiled with hidden visibility). Files that log
 * say APLOG_USE_MODULE(NAME) at their top, this one too. */
#define VO_DECLARE_MODULE(name)                                               \
    module __attribute__((visibility("default"))) name##_module

/* --- services ------------------------------------------------------------ */

/*
 * A protocol announces itself with
 *   ap_register_provider(p, VO_SERVICE_GROUP, svc->name, VO_SERVICE_VERSION,
 *                        &svc)
 * and is then listed by VOSI, the registry and the portal. The version changes
 * with the struct.
 */
#define VO_SERVICE_GROUP "vo-service"
#define VO_SERVICE_VERSION "1"

/* A result on its way to a client, for services that can do more with it. */
typedef struct vo_answer_t {
    const vo_release_t *rel;
    const char *base_url;     /* as vo_base_url said when it was asked for */
    int nfields;
    const vo_field_t *fields; /* field->column tells what each is made of */
} vo_answer_t;

typedef struct vo_service_t vo_service_t;
struct vo_service_t {
    const char *name;         /* provider's name: "tap" */
    const char *segment;      /* path below the root: "tap", "cone" */
    const char *title;        /* for people: "Table Access Protocol" */
    const char *const *standard_ids; /* IVOIDs, NULL-ended */
    int is_per_table;         /* ROOT/SEGMENT/RELEASE/TABLE, else /RELEASE */
    int has_tables;           /* offers /tables below its URL */
    int has_examples;         /* offers /examples below its URL */
    /* Does it serve TABLE (NULL for services per release) of REL? Absent:
     * every release. */
    int (*serves)(const vo_release_t *rel, const vo_table_t *table);
    /* Write the protocol's own <capability> elements, VOSI's excluded: they
     * are unprefixed, in no namespace; prefixes vs, vr, xsi are declared on
     * the root element, any other (tr) is declared on the element itself. URL
     * is where the service is (no trailing slash). TABLE is NULL for services
     * per release. */
    vo_err_t *(*capabilities)(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel, const vo_table_t *table,
                              const char *url);
    /* Can it work now? NULL: asking the database is enough. */
    vo_err_t *(*probe)(request_rec *r);
    /* Push to TO, an array of vo_descriptor_t, what this service can do with
     * the rows of ANSWER (a links service: when there is a column
     * obs_publisher_did), everything in POOL. There is no request: it is called
     * in worker processes too; vo_service_url_at makes addresses. NULL:
     * nothing. */
    void (*descriptors)(apr_array_header_t *to, const vo_answer_t *answer,
                        apr_pool_t *pool);
};

/* --- what is published --------------------------------------------------- */

/* The snapshot this request works with, the same during all of it; released
 * with r->pool. A change in the database is seen within 5 s. While the database
 * is down, hangs or is slow the last snapshot goes on being used; the error
 * (VO_ERR_BUSY) comes only when there has been none. No connection of the pool
 * is needed, and a second is the longest it takes once there is a snapshot. */
APR_DECLARE_OPTIONAL_FN(vo_err_t *, vo_snapshot_get,
                        (const vo_meta_t **meta, request_rec *r));

/* May this request see REL? It may when REL is public and past its embargo, or
 * when its user is among the readers of a private one and `Require vo-release`
 * applies here. The only function that decides this. */
APR_DECLARE_OPTIONAL_FN(int, vo_release_visible,
                        (request_rec *r, const vo_release_t *rel));

/* The release called ID, if the request may see it; else a VO_ERR_NOTFOUND
 * that names the ones it may see. */
APR_DECLARE_OPTIONAL_FN(vo_err_t *, vo_release_for,
                        (const vo_release_t **rel, request_rec *r,
                         const char *id));

/* How a client signs in to read REL, as the identifier of a securityMethod, or
 * NULL: it need not, or how is not known. */
APR_DECLARE_OPTIONAL_FN(const char *, vo_security_method,
                        (request_rec *r, const vo_release_t *rel));

/* Put the challenges of this place on an answer that needs no user, by which
 * clients learn that they may sign in (draft of SSO 2.1). Nothing where one
 * cannot. */
APR_DECLARE_OPTIONAL_FN(void, vo_offer_login, (request_rec *r));

/* --- database ------------------------------------------------------------ */

typedef struct vo_db_t {
    PGconn *conn;      /* idle, outside a transaction */
    void *dbd;         /* mod_dbd's handle */
    request_rec *r;
} vo_db_t;

/* Does the database answer now? It is asked beside the pool, so a pool that is
 * in use does not matter; VO_ERR_BUSY when no answer comes in MOST s. */
APR_DECLARE_OPTIONAL_FN(vo_err_t *, vo_database_answers,
                        (request_rec *r, int most));

/* Take a connection from mod_dbd's pool; given back with r->pool or earlier by
 * vo_db_close. VO_ERR_BUSY when there is none, or the database did not answer
 * when it was last asked (the reason is private text). */
APR_DECLARE_OPTIONAL_FN(vo_err_t *, vo_db_open,
                        (vo_db_t **db, request_rec *r));
APR_DECLARE_OPTIONAL_FN(void, vo_db_close, (vo_db_t *db));

/* vo_sql_run on a connection of the pool, cancelled when the client leaves
 * (req->is_gone may be NULL: it is filled in, and so is base_url). A client to
 * which rows are still being sent after twice req->timeout_ms is cut off, for
 * it keeps the connection from others. Use this
 * rather than vo_sql_run: what is prepared per connection is then known to one
 * executor only. */
APR_DECLARE_OPTIONAL_FN(vo_err_t *, vo_query,
                        (request_rec *r, const vo_sql_req_t *req,
                         vo_sql_done_t *done));

/* --- request ------------------------------------------------------------- */

/* The parameters of the request: query string, then the body of a POST
 * (application/x-www-form-urlencoded or multipart/form-data). 413 beyond
 * VOMaxParams bytes, 415 for another type of body. Read once, kept. */
APR_DECLARE_OPTIONAL_FN(vo_err_t *, vo_params,
                        (const vo_dali_params_t **params, request_rec *r));

/* Before vo_params: this request may bring files, MAX bytes in all (parts of
 * multipart/form-data with a filename, see vo_dali_multipart.h), which do not
 * count for VOMaxParams. */
APR_DECLARE_OPTIONAL_FN(void, vo_params_with_files,
                        (request_rec *r, apr_off_t max));

/* The part of the path after ROOT/SEGMENT, unescaped: "/RELEASE/rest", "/" or
 * "" (NULL when the URI is not below it). */
APR_DECLARE_OPTIONAL_FN(const char *, vo_path_below,
                        (request_rec *r, const char *segment));

/* Address of the root as the client sees it, no trailing slash:
 * "https://host/vo". From VOBaseURL, or the Host of the request (X-Forwarded-*
 * with VOTrustForwarded) and VORoot. */
APR_DECLARE_OPTIONAL_FN(const char *, vo_base_url, (request_rec *r));

/* Address of a service: base/SEGMENT/RELEASE[/TABLE], percent-encoded. TABLE
 * NULL for services per release; its TAP schema is written only if another
 * table has the same name. */
APR_DECLARE_OPTIONAL_FN(const char *, vo_service_url,
                        (request_rec *r, const vo_service_t *svc,
                         const vo_release_t *rel, const vo_table_t *table));

/* The same without a request, BASE_URL being what vo_base_url said, in POOL. */
APR_DECLARE_OPTIONAL_FN(const char *, vo_service_url_at,
                        (apr_pool_t *pool, const char *base_url,
                         const vo_service_t *svc, const vo_release_t *rel,
                         const vo_table_t *table));

/* --- answer -------------------------------------------------------------- */

/* Begin the answer (status 200, Content-Type MEDIA_TYPE); headers leave with
 * the first flush of the sink. Of a HEAD request only headers leave: once they
 * have, writing returns VO_ERR_GONE, as when the client has left. */
APR_DECLARE_OPTIONAL_FN(vo_out_t *, vo_response_begin,
                        (request_rec *r, const char *media_type));

/* Say what a table in FMT is called when somebody saves it, "result.csv"; an
 * error document has no such name. To be called before the first flush. */
APR_DECLARE_OPTIONAL_FN(void, vo_name_table,
                        (request_rec *r, const vo_tablefmt_t *fmt));

/* Give DOC the descriptors that every loaded service has for ANSWER. To be
 * called before the writer begins, in a request or in a worker. */
APR_DECLARE_OPTIONAL_FN(void, vo_answer_describe,
                        (vo_tabledoc_t *doc, const vo_answer_t *answer,
                         apr_pool_t *pool));

/* End it. The handler returns what this returns. */
APR_DECLARE_OPTIONAL_FN(int, vo_response_end, (request_rec *r, vo_out_t *out));

/* End it badly after it has begun to leave: FORMAT could not tell (CSV), so
 * the connection is broken for the client to notice. ERR is logged. The handler
 * returns what this returns. */
APR_DECLARE_OPTIONAL_FN(int, vo_response_abort,
                        (request_rec *r, vo_out_t *out, const vo_err_t *err));

/* Answer with the error document of ERR in FMT (NULL: VOTable); status is
 * err->http. Faults are logged at error with their private text, the rest at
 * info. If an answer has begun but nothing has left, it is forgotten. If it has
 * left this is vo_response_abort. The handler returns what this returns. */
APR_DECLARE_OPTIONAL_FN(int, vo_respond_error,
                        (request_rec *r, const vo_tablefmt_t *fmt,
                         const vo_err_t *err));

/*
 * The same in protocols older than DALI (SCS 1.03 section 2.3, SIAP 1.0 section
 * 4.3, SSAP 1.1 section 4.4): bad input is told in a VOTable under status 200.
 * What is our fault has its own status, so that no cache keeps it.
 */
typedef struct vo_old_error_t {
    int is_scs;             /* with an INFO named Error */
    const char *media_type; /* NULL: that of a VOTable */
} vo_old_error_t;
APR_DECLARE_OPTIONAL_FN(int, vo_respond_old_error,
                        (request_rec *r, const vo_old_error_t *old,
                         const vo_err_t *err));

/* Log ERR as vo_respond_error does, answering nothing. */
APR_DECLARE_OPTIONAL_FN(void, vo_log_error,
                        (request_rec *r, const vo_err_t *err));

/*
 * The whole way of a search: run REQ and answer with its rows as DOC in FMT.
 * What goes wrong before anything has left is answered by answer_error (NULL:
 * vo_respond_error in FMT); later the document tells, or the connection breaks.
 */
typedef struct vo_stream_t {
    const vo_sql_req_t *req;    /* its is_binary, begin, row and baton are not
                                   looked at */
    const vo_tabledoc_t *doc;
    vo_field_t *fields;         /* those of doc: they get their pg_oid */
    const vo_tablefmt_t *fmt;
    const char *media_type;
    int is_overflow;            /* tell it though none is left out: MAXREC=0 */
    int (*answer_error)(request_rec *r, const vo_err_t *err);
    /* How errors are worded, early without answer_error and late; NULL: as they
     * are. */
    const vo_err_t *(*worded)(const vo_err_t *err, apr_pool_t *pool);
} vo_stream_t;

/* The handler returns what this returns. */
APR_DECLARE_OPTIONAL_FN(int, vo_stream,
                        (request_rec *r, const vo_stream_t *what));

/* --- resources ----------------------------------------------------------- */

/* One resource below the URL of a service per release. */
typedef struct vo_resource_t {
    const char *name; /* "sync"; "" is the URL itself */
    /* Either of these, returning what a handler returns: a GET, HEAD or POST of
     * the resource, or any request of it or of REST below it. */
    int (*answer)(request_rec *r, const vo_release_t *rel);
    int (*tree)(request_rec *r, const vo_release_t *rel, const char *rest);
} vo_resource_t;

typedef struct vo_route_t {
    const vo_service_t *service;    /* !is_per_table */
    const char *wares;              /* what a release lacks that it does not
                                       serve: "images" */
    const vo_resource_t *resources; /* ended by a NULL name */
    /* Of a request that finds no resource. */
    int (*answer_error)(request_rec *r, const vo_err_t *err);
} vo_route_t;

/* Find the release and the resource of ROOT/SEGMENT/RELEASE/... and let it
 * answer; the rest is VOSI's. The handler returns what this returns. */
APR_DECLARE_OPTIONAL_FN(int, vo_route,
                        (request_rec *r, const vo_route_t *route));

/* --- offered by mod_vosi ------------------------------------------------- */

/* Answer WHAT ("capabilities", "availability", "tables", "tables/NAME") below
 * the URL of a service; a handler's return value (DECLINED: no such resource).
 * TABLE is NULL for services per release. */
APR_DECLARE_OPTIONAL_FN(int, vosi_handle,
                        (request_rec *r, const vo_service_t *svc,
                         const vo_release_t *rel, const vo_table_t *table,
                         const char *what));

/* --- configuration ------------------------------------------------------- */

/* For merging per-directory records: FIELD of the inner section where it is
 * set, else of the outer one. Unset is UNSET, never a default; defaults are
 * applied by the getters. */
#define VO_UNSET (-1)
#define VO_INHERIT(to, outer, inner, field, unset)                            \
    ((to)->field = (inner)->field != (unset) ? (inner)->field                 \
                                             : (outer)->field)

#endif
