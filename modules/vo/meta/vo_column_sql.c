/* vo_column_sql.c: published columns as parts of a select list. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_column_sql.h"

#include <string.h>

#include <apr_strings.h>

#include "../vo_sql.h"

#define OID_TEXT 25u
#define OID_FLOAT8_ARRAY 1022u

const char *vo_column_name(const vo_column_t *column, const char *alias,
                           apr_pool_t *pool)
{
    return apr_pstrcat(pool, alias, ".",
                       vo_sql_ident(column->pg_column, pool), NULL);
}

const char *vo_column_output(vo_field_t *field, const vo_column_t *column,
                             const char *alias, apr_pool_t *pool)
{
    const char *sql = vo_column_name(column, alias, pool);
    int is_dali;

    *field = column->field;
    if (!column->pg_type || !strstr(column->pg_type, "sky_region")) {
        return sql;
    }
    is_dali = field->xtype && field->type == VO_TYPE_DOUBLE;
    field->pg_oid = is_dali ? OID_FLOAT8_ARRAY : OID_TEXT;
    return apr_pstrcat(pool, is_dali ? "sky_dali(" : "sky_stcs(", sql, ")",
                       NULL);
}
