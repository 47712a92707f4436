/* vo_tap_explain.h: what a query would do, told without running it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_TAP_EXPLAIN_H
#define VO_TAP_EXPLAIN_H

#include <apr_tables.h>

#include "../adql/vo_adql.h"
#include "../table/vo_table.h"
#include "../vo_out.h"

/* What the planner says of a query. */
typedef struct vo_tap_plan_t {
    apr_array_header_t *lines; /* const char *: the plan, indented */
    double rows, cost;         /* of the whole; -1: not told */
    apr_pool_t *pool;
} vo_tap_plan_t;

/* An empty plan in POOL. */
vo_tap_plan_t *vo_tap_plan_create(apr_pool_t *pool);

/* The statement that asks for the plan of SQL, in POOL; its parameters are
 * those of SQL. Of a query that reads TAP_SCHEMA no numbers are asked for: its
 * tables are stored with those of other releases, and the costs would tell how
 * much there is of them. */
const char *vo_tap_plan_sql(const vo_adql_result_t *sql, apr_pool_t *pool);

/* Take a row of its answer; row() of vo_sql_req_t, PLAN being the plan. */
vo_err_t *vo_tap_plan_row(void *plan, const vo_cell_t *cells, int nfields);

/* What is told of a query. */
typedef struct vo_tap_explained_t {
    const vo_adql_result_t *sql;
    const vo_tap_plan_t *plan;
    apr_int64_t maxrec;        /* rows it would give at most */
} vo_tap_explained_t;

/* The planner's estimate of the rows given, MAXREC considered; -1: none. */
apr_int64_t vo_tap_explained_rows(const vo_tap_explained_t *what);

/* Can the explanation be written in FMT? A usage error if not. */
vo_err_t *vo_tap_explain_may(const vo_tablefmt_t *fmt, apr_pool_t *pool);

/* Write it for a format that is no VOTable: as JSON, or as text, which HTML
 * puts into a page. POOL is for temporary data. */
vo_err_t *vo_tap_explain(vo_out_t *out, const vo_tablefmt_t *fmt,
                         const vo_tap_explained_t *what, apr_pool_t *pool);

/* The same as INFO elements for a VOTable that has the columns and no rows:
 * sql, sql_parameters, plan, estimated_rows, estimated_cost. At most
 * VO_TAP_EXPLAIN_INFOS are put to INFOS, in POOL; returns how many. */
#define VO_TAP_EXPLAIN_INFOS 5
int vo_tap_explain_infos(vo_info_t *infos, const vo_tap_explained_t *what,
                         apr_pool_t *pool);

#endif
