/* vo_tap_caps.h: how a TAP service describes itself, TAPRegExt 1.0. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_TAP_CAPS_H
#define VO_TAP_CAPS_H

#include "../vo_out.h"

#define VO_TAP_STANDARD_ID "ivo://ivoa.net/std/TAP"

typedef struct vo_tap_limits_t {
    apr_int64_t maxrec_default, maxrec_hard; /* rows */
    /* of asynchronous jobs, s; the first of two is what a client gets that does
     * not ask, the second the most; 0 is no limit */
    int duration, max_duration;
    int retention, max_retention;
    apr_int64_t upload_bytes, upload_rows;   /* 0 bytes: takes no uploads */
    int has_names;                           /* names of objects resolved */
    int has_obscore;                         /* there is ivoa.obscore */
    const char *security;                    /* as for vo_vosi_security */
} vo_tap_limits_t;

/* Write the tr:TableAccess <capability> of a service at URL (no trailing
 * slash). Languages, features and formats come from the tables of the ADQL
 * translator and of the writers. Element order is TAPRegExt 1.0's, section 2;
 * the prefix tr is declared on the element. SCRATCH is for temporary data. */
vo_err_t *vo_tap_capability(vo_out_t *out, const char *url,
                            const vo_tap_limits_t *limits,
                            apr_pool_t *scratch);

#endif
