/* vo_column_sql.h: published columns as parts of a select list. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_COLUMN_SQL_H
#define VO_COLUMN_SQL_H

#include "vo_meta.h"

/* COLUMN of the table called ALIAS, quoted: t."hpx". */
const char *vo_column_name(const vo_column_t *column, const char *alias,
                           apr_pool_t *pool);

/* The expression that gives COLUMN in a form writers know. *FIELD becomes what
 * comes of it, its pg_oid set. Regions, no wire type, come in the form their
 * xtype names (DALI 1.1, section 3.3), else as STC-S. */
const char *vo_column_output(vo_field_t *field, const vo_column_t *column,
                             const char *alias, apr_pool_t *pool);

#endif
