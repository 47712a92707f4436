/* vo_dali_param.h: the parameters of a request, after DALI 1.1 section 3. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_DALI_PARAM_H
#define VO_DALI_PARAM_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "../vo_err.h"

/*
 * Parameters in the order they came: from the query string, from a form body
 * (application/x-www-form-urlencoded) or from the parts of multipart/form-data.
 * Names are compared without regard to ASCII case, values are kept as they are;
 * repeated ones are kept in order. Unknown ones are for nobody to complain of.
 */
typedef struct vo_dali_param_t {
    const char *name;       /* as sent */
    const char *value;      /* decoded; NUL-terminated; "" when is_file */
    apr_size_t len;         /* of value, or of the file */
    const char *filename;   /* of a multipart part, or NULL */
    const char *media_type; /* of a multipart part, or NULL */
    int is_file;            /* a part with a filename: never a parameter */
    int fd;                 /* of an unlinked file with its bytes, closed with
                               the pool; -1 when there is none */
} vo_dali_param_t;

typedef struct vo_dali_params_t {
    int nparams;
    vo_dali_param_t *params;
    int cap;          /* room in params */
    apr_pool_t *pool; /* where everything lives */
} vo_dali_params_t;

/* Make an empty set in POOL. */
vo_dali_params_t *vo_dali_params_create(apr_pool_t *pool);

/* Add the pairs of TEXT, "a=b&c=d", LEN bytes: '+' is a blank, %xx a byte. A
 * bad %xx, a decoded NUL and text that is not UTF-8 are usage errors naming the
 * parameter. More than 20000 parameters are a VO_ERR_LIMIT. */
vo_err_t *vo_dali_params_add_form(vo_dali_params_t *params, const char *text,
                                  apr_size_t len);

/* Add a parameter with nothing in it, for the readers of bodies. */
vo_err_t *vo_dali_params_new(vo_dali_params_t *params,
                             vo_dali_param_t **added);

/* Is VALUE UTF-8 without NUL, and the usage error to be made if not. */
int vo_dali_is_text(const char *value, apr_size_t len);
vo_err_t *vo_dali_not_text(vo_dali_params_t *params, const char *name);

/* The value of NAME, which may be given once: *VALUE is NULL when absent. Given
 * twice it is a usage error, even with equal values (DALI 1.1, 3.4). */
vo_err_t *vo_dali_param_one(const char **value, const vo_dali_params_t *params,
                            const char *name);

/* The I-th value of NAME from 0, or NULL: for repeatable parameters. */
const char *vo_dali_param_nth(const vo_dali_params_t *params, const char *name,
                              int i);

/* All values of NAME in the order they came (const char *), maybe none. */
apr_array_header_t *vo_dali_param_all(const vo_dali_params_t *params,
                                      const char *name);

/* The uploaded part called NAME (exact), or NULL. */
const vo_dali_param_t *vo_dali_param_file(const vo_dali_params_t *params,
                                          const char *name);

/* NAME as an integer of MIN to MAX; absent or empty: *VALUE is DEFLT. Where MAX
 * is APR_INT64_MAX, there is no limit: larger ones are taken for it. */
vo_err_t *vo_dali_param_int(apr_int64_t *value, const vo_dali_params_t *params,
                            const char *name, apr_int64_t min, apr_int64_t max,
                            apr_int64_t deflt);

/* NAME as a finite decimal number of MIN to MAX; *IS_SET (may be NULL) tells
 * whether it was given; absent or empty: *VALUE is DEFLT. */
vo_err_t *vo_dali_param_double(double *value, int *is_set,
                               const vo_dali_params_t *params,
                               const char *name, double min, double max,
                               double deflt);

/* TEXT with every byte that is not part of valid UTF-8 replaced by '?', in
 * POOL: for what a client sent and a document quotes. */
const char *vo_dali_clean_text(apr_pool_t *pool, const char *text);

#endif
