/* vo_sia2.h: the parameters of SIA 2.0, the SQL and the columns of a search. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SIA2_H
#define VO_SIA2_H

#include <apr_tables.h>

#include "../dali/vo_dali_param.h"
#include "../meta/vo_meta.h"
#include "../table/vo_table.h"
#include "../vo_err.h"
#include "../vo_sql.h"

/*
 * A search is a SELECT on the release's ivoa.obscore: every column, images and
 * cubes only, and a condition for each parameter that is given. Repeated values
 * are alternatives; where the metadata is NULL a condition does not hold (SIA
 * 2.0, section 2.1). One table says what each parameter is compared with; the
 * reader of parameters, the SQL and the service's description of itself follow
 * it. The text of the SQL depends on which parameters there are and how often,
 * values travel as parameters.
 */
#define VO_SIA2_STANDARD_ID "ivo://ivoa.net/std/SIA#query-2.0"

typedef enum {
    VO_SIA2_SHAPE,   /* CIRCLE, RANGE, POLYGON: meets the region */
    VO_SIA2_OVERLAP, /* interval: meets the interval from column to upper */
    VO_SIA2_WITHIN,  /* interval: holds the value */
    VO_SIA2_STATE,   /* a polarisation state: is one of "/I/Q/" */
    VO_SIA2_IVOID,   /* equal without regard to case */
    VO_SIA2_TEXT,    /* equal */
    VO_SIA2_INT      /* equal */
} vo_sia2_kind_e;

typedef struct vo_sia2_param_t {
    const char *name;
    vo_sia2_kind_e kind;
    const char *column, *upper; /* of ObsCore; upper: VO_SIA2_OVERLAP */
    int is_listed;              /* its values are few: they are listed */
    const char *description;
} vo_sia2_param_t;

/* In the order of the standard. */
#define VO_SIA2_NPARAMS 17
extern const vo_sia2_param_t vo_sia2_params[VO_SIA2_NPARAMS];

/* The states POL may ask for, in the order of ObsCore 1.1, NULL-ended. */
extern const char *const vo_sia2_states[];

/*
 * Fill REQ's SQL, parameters, prepare_name and max_rows for what PARAMS ask of
 * REL, MAXREC rows at most, and FIELDS[NFIELDS] with the columns of the answer;
 * everything in POOL. A value that cannot be read is a usage error that says
 * what it should be.
 */
vo_err_t *vo_sia2_request(vo_sql_req_t *req, int *nfields,
                          vo_field_t **fields, const vo_release_t *rel,
                          const vo_dali_params_t *params, apr_int64_t maxrec,
                          apr_pool_t *pool);

/* ERR with one of the words before its text with which errors of SIA 2.0 and
 * SODA 1.0 begin: UsageFault, TransientFault, FatalFault, DefaultFault. */
const vo_err_t *vo_sia2_fault(const vo_err_t *err, apr_pool_t *pool);

/* --- the service's description of itself ---------------------------------- */

/* The values there are of each listed parameter, NULL-ended; NULL: not known,
 * or too many to be listed. */
typedef struct vo_sia2_options_t {
    const char *const *values[VO_SIA2_NPARAMS];
} vo_sia2_options_t;

/* Fill REQ so that running it finds them in REL and leaves them in OPTIONS, in
 * POOL. */
void vo_sia2_options_request(vo_sql_req_t *req, vo_sia2_options_t *options,
                             const vo_release_t *rel, apr_pool_t *pool);

/* A copy of OPTIONS in POOL. */
vo_sia2_options_t *vo_sia2_options_copy(const vo_sia2_options_t *options,
                                        apr_pool_t *pool);

/* The service at URL, of REL, as the descriptor "this" (SIA 2.0, section
 * 2.1.21); MAX_REC rows is the most it gives. OPTIONS may be NULL. */
vo_descriptor_t *vo_sia2_self(const char *url, const vo_release_t *rel,
                              const vo_sia2_options_t *options,
                              apr_int64_t max_rec, apr_pool_t *pool);

#endif
