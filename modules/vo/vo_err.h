/* vo_err.h: the one error type of mod_vo. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_ERR_H
#define VO_ERR_H

#include <apr_errno.h>
#include <apr_pools.h>

/*
 * An error is a chain of vo_err_t, NULL meaning success. It carries two texts:
 * the public one may be shown to anybody and names what was wrong, where, and
 * what is allowed; the private one may hold SQL, paths and host names and goes
 * only to the log. The form it takes for a client (VOTable, text, HTTP status)
 * is decided once, at the edge.
 */
typedef enum {
    VO_ERR_USAGE,    /* the caller's input is wrong: 400 */
    VO_ERR_NOTFOUND, /* no such release, table, job: 404 */
    VO_ERR_AUTH,     /* 401 or 403 */
    VO_ERR_LIMIT,    /* a limit of the service was met: 413, 429, 400 */
    VO_ERR_BUSY,     /* try again later: 503 */
    VO_ERR_TIMEOUT,  /* the query took longer than allowed */
    VO_ERR_GONE,     /* the client left; nobody to tell */
    VO_ERR_FAULT     /* our side is broken: 500 */
} vo_err_kind_e;

typedef struct vo_err_t vo_err_t;
struct vo_err_t {
    vo_err_kind_e kind;
    int http;             /* status for a synchronous answer */
    const char *text;     /* public, one or more sentences */
    const char *hint;     /* public suggestion, or NULL */
    const char *detail;   /* private, for the log, or NULL */
    apr_status_t aprerr;  /* APR_SUCCESS when there is none */
    int offset;           /* byte offset in the query, from 0; -1 = none */
    int line, column;     /* from 1, column in characters; 0 = none */
    const vo_err_t *prev; /* what caused it, or NULL */
};

/* Make an error with the usual HTTP status of KIND; the text is formatted in
 * POOL, where the error lives too. Never returns NULL. */
vo_err_t *vo_err_make(apr_pool_t *pool, vo_err_kind_e kind,
                      const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A fault: PUBLIC is shown, the formatted text is private. */
vo_err_t *vo_err_fault(apr_pool_t *pool, apr_status_t aprerr,
                       const char *text, const char *detail_fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Put ERR behind a new public text (same kind and status), in POOL. */
vo_err_t *vo_err_wrap(apr_pool_t *pool, const vo_err_t *err,
                      const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Set the suggestion of ERR (copied to POOL) and return ERR. */
vo_err_t *vo_err_hint(apr_pool_t *pool, vo_err_t *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Set the place of ERR: byte OFFSET in TEXT (NUL-terminated UTF-8), from which
 * line and column are counted. Returns ERR. */
vo_err_t *vo_err_at(vo_err_t *err, const char *text, int offset);

/* The public sentence: text, place ("line 1, column 9") and hint, in POOL. */
const char *vo_err_public(const vo_err_t *err, apr_pool_t *pool);

/* The private sentence: every text and detail of the chain, in POOL. */
const char *vo_err_private(const vo_err_t *err, apr_pool_t *pool);

/* Pass an error up. */
#define VO_TRY(expr)                                                          \
    do {                                                                      \
        vo_err_t *vo_try_err_ = (expr);                                       \
        if (vo_try_err_)                                                      \
            return vo_try_err_;                                               \
    } while (0)

#endif
