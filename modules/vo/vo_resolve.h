/* vo_resolve.h: the position of an object by its name, from a name service. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_RESOLVE_H
#define VO_RESOLVE_H

#include "vo_err.h"

/* A name service is an address with %s where the name (percent-encoded) goes,
 * "https://cds.unistra.fr/cgi-bin/nph-sesame/-oI/SNV?%s". NULL if TEMPLATE is
 * one, else what is wrong with it. */
const char *vo_resolve_check(const char *template, apr_pool_t *pool);

/* Find the first position (degrees, ICRS J2000) in ANSWER, text as CDS's Sesame
 * gives it: "%J 83.63 22.01 ..." in a line, or <jradeg> and <jdedeg> in XML.
 * Returns 0, or -1 if there is none. */
int vo_resolve_read(const char *answer, double *ra, double *dec);

/* Ask the service TEMPLATE where NAME is. Only its own host is asked, for at
 * most 5 s and 64 KiB. Errors: VO_ERR_USAGE with the name if it knows no such
 * object, VO_ERR_BUSY if it does not answer. */
vo_err_t *vo_resolve(const char *template, const char *name, double *ra,
                     double *dec, apr_pool_t *pool);

#endif
