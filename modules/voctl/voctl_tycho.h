/* voctl_tycho.h: Tycho-2 stars out of an index file of astrometry.net. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_TYCHO_H
#define VOCTL_TYCHO_H

#include <apr_pools.h>

#include "vo_err.h"

typedef struct voctl_tycho_t {
    const char *file; /* where they come from */
    int n;
    const unsigned char *xyz;   /* 12 bytes a star */
    const unsigned char *mag;   /* 4 bytes, big-endian float: V_T */
    double origin[3], scale;
} voctl_tycho_t;

typedef struct voctl_tycho_star_t {
    double ra, dec; /* degrees, J2000 */
    double mag;     /* V_T */
} voctl_tycho_star_t;

/* Read the richest index file of Debian's astrometry-data-tycho2-* packages
 * that is installed below DIR (NULL: where the packages put it); *TYCHO is NULL
 * when there is none. Everything lives in POOL, 16 bytes a star. */
vo_err_t *voctl_tycho_read(voctl_tycho_t **tycho, const char *dir,
                           apr_pool_t *pool);

/* N stars evenly over the sky, following from SEED, in the same form: for a
 * machine without the packages. */
voctl_tycho_t *voctl_tycho_invent(int n, apr_uint64_t seed, apr_pool_t *pool);

/* Star I, from 0. */
void voctl_tycho_star(const voctl_tycho_t *tycho, int i,
                      voctl_tycho_star_t *star);

#endif
