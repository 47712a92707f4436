/* vo_fetch.h: a file from an address that the operator allows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FETCH_H
#define VO_FETCH_H

#include <apr_tables.h>

#include "vo_err.h"

typedef struct vo_fetch_rules_t {
    const apr_array_header_t *hosts; /* const char *: "host", "*.domain" or an
                                        address "192.0.2.1", "2001:db8::1" */
    apr_off_t max_bytes;
    int timeout_s;                   /* for all of it */
} vo_fetch_rules_t;

/* May HOST, a name or an address without brackets, be asked? */
int vo_fetch_is_allowed(const vo_fetch_rules_t *rules, const char *host);

/* Is the address in SA (struct sockaddr *) one of a private network, this
 * machine's own, or none of a single machine? */
int vo_fetch_is_private(const void *sa);

/* Append what URL (http or https) gives to FD; *SIZE bytes. Redirections are
 * followed a few times, each to an allowed host. A name that means a private
 * address is refused; an address that RULES list themselves is not. Errors:
 * VO_ERR_USAGE for what is refused or not there, VO_ERR_LIMIT with http 413. */
vo_err_t *vo_fetch(int fd, apr_off_t *size, const char *url,
                   const vo_fetch_rules_t *rules, apr_pool_t *pool);

#endif
