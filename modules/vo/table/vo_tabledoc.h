/* vo_tabledoc.h: what a result says besides its rows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_TABLEDOC_H
#define VO_TABLEDOC_H

#include <apr_time.h>

#include "vo_table.h"

/*
 * Describe DOC, whose fields are FIELDS, from the published columns these are
 * made of (field->column), in POOL:
 * - the frame of positions and outlines: a COOSYS per epoch of their tables;
 *   what is computed gets the epoch on which all tables agree;
 * - the time frame of columns that have one declared: a TIMESYS each;
 * - GROUPs of the tables, with the columns that are there;
 * - a LINK to the page about the release.
 * Replaces what DOC had of these, and the fields' ref.
 */
void vo_tabledoc_describe(vo_tabledoc_t *doc, vo_field_t *fields,
                          const vo_release_t *rel, apr_pool_t *pool);

/* Read a declared time frame, "TIMESCALE REFPOSITION [ORIGIN]": for instance
 * "UTC TOPOCENTER" (timestamps) or "TDB BARYCENTER MJD-origin" (days). The
 * words are those of VOTable 1.4, section 3.4; ORIGIN may be a Julian date. A
 * usage error tells what is allowed. */
vo_err_t *vo_timesys_parse(vo_timesys_t *timesys, const char *text,
                           apr_pool_t *pool);

/* How a result came to be, for the INFOs of the IVOA note "Data Origin in the
 * VO" 1.2. NULL: not told. */
typedef struct vo_origin_t {
    const vo_release_t *rel;
    const char *protocol;  /* IVOID of the standard */
    const char *software;  /* "mod_vo/0.1" */
    const char *server;    /* address of the service */
    const char *request;   /* whole address, of a simple protocol */
    const char *query;     /* in a formal language */
    apr_time_t date;       /* when it was asked */
} vo_origin_t;

/* Fill INFOS, room for VO_ORIGIN_INFOS, with what is known of ORIGIN; texts
 * live in POOL. Returns how many. */
#define VO_ORIGIN_INFOS 20
int vo_origin_infos(vo_info_t *infos, const vo_origin_t *origin,
                    apr_pool_t *pool);

#endif
