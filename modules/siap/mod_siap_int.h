/* mod_siap_int.h: what the files of mod_siap share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_SIAP_INT_H
#define MOD_SIAP_INT_H

#include <httpd.h>
#include <http_config.h>

#include "mod_vo_fns.h"
#include "siap/vo_sia2.h"

extern module siap_module;
extern vo_fns_t siap_fns;

typedef struct siap_conf_t {
    int max_rec; /* rows */
    int timeout; /* s */
} siap_conf_t;

/* The settings for this request, defaults filled in. */
siap_conf_t siap_conf(request_rec *r);

/* Is REL one with images? (TABLE is not looked at.) */
int siap_serves(const vo_release_t *rel, const vo_table_t *table);

/* The services, one per version of the standard, and what answers a GET or POST
 * to search REL by it. */
extern const vo_service_t siap_v1, siap_v2;
int siap_v1_search(request_rec *r, const vo_release_t *rel);
int siap_v2_search(request_rec *r, const vo_release_t *rel);

/* Fill DOC, zeroed before, with its columns, where the data are from (PARAMS
 * asked the service at URL), and what the loaded services can do with the rows;
 * SELF (may be NULL) comes first. */
void siap_describe(vo_tabledoc_t *doc, request_rec *r, const vo_release_t *rel,
                   const char *url, const char *standard_id,
                   const vo_dali_params_t *params, int nfields,
                   vo_field_t *fields, const vo_descriptor_t *self);

/* RESPONSEFORMAT and MAXREC, as DALI 1.1 has them. */
vo_err_t *siap_params(const vo_tablefmt_t **fmt, const char **media_type,
                      apr_int64_t *maxrec, request_rec *r,
                      const vo_dali_params_t *params);

/* --- values there are ----------------------------------------------------- */

/* Call in child_init. Returns 0 when there is no memory. */
int siap_options_init(apr_pool_t *pchild);

/* What values the listed parameters have in REL, in r->pool: as it was when the
 * release changed last or some minutes ago. NULL if it cannot be told now. */
const vo_sia2_options_t *siap_options(request_rec *r,
                                      const vo_release_t *rel);

#endif
