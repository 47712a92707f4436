/* voctl_fold.h: making one array column of the columns NAME_<filter>. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_FOLD_H
#define VOCTL_FOLD_H

#include "voctl_plan.h"

/* Replace every set of two or more columns NAME_<filter> in PLAN by one array
 * column NAME where the first of them stood, elements at the filters'
 * positions. What the columns have in common of their UCD stays; a filter's
 * name in the description becomes "each filter". */
vo_err_t *voctl_fold_columns(voctl_plan_t *plan, int nfilters,
                             const vo_filter_t *filters, apr_pool_t *pool);

#endif
