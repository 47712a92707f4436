/* adql_model.h: a small published release for the tests of the translator. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ADQL_MODEL_H
#define ADQL_MODEL_H

#include "adql/vo_adql.h"

/* A release like the demo archive's (schema demo, filters of survey jplus,
 * TAP_SCHEMA) with one uploaded table, in POOL. */
void adql_model(vo_adql_env_t *env, apr_pool_t *pool);

#endif
