/* voctl_filters.h: the filters of a survey. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_FILTERS_H
#define VOCTL_FILTERS_H

#include "meta/vo_meta.h"
#include "voctl.h"

/* Make vo.filter hold exactly the filters of FILE (CSV, or any table the
 * readers know) for SURVEY. Within a transaction. */
vo_err_t *voctl_filters_store(voctl_t *ctl, const char *survey,
                              const char *file);

/* The same with N FILTERS at hand; their survey member is not looked at. */
vo_err_t *voctl_filters_put(voctl_t *ctl, const char *survey, int n,
                            const vo_filter_t *filters);

#endif
