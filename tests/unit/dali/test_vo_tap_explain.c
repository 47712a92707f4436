/* test_vo_tap_explain.c: what is told of a query that is not run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "dali/vo_tap_explain.h"

static apr_pool_t *pool;

static vo_tap_plan_t *plan_of(const char *const *lines, int n)
{
    vo_tap_plan_t *plan = vo_tap_plan_create(pool);
    int i;

    for (i = 0; i < n; ++i) {
        vo_cell_t cell = {lines[i], (int)strlen(lines[i])};

        assert_null(vo_tap_plan_row(plan, &cell, 1));
    }
    return plan;
}

static void test_numbers(void **state)
{
    static const char *const lines[] = {
        "Limit  (cost=0.25..35.50 rows=2550 width=4)",
        "  ->  Seq Scan on t  (cost=0.00..1e9 rows=7 width=4)"};
    static const char *const bare[] = {"Result"};
    vo_tap_plan_t *plan = plan_of(lines, 2);
    vo_tap_explained_t what = {NULL, plan, 100};

    (void)state;
    assert_int_equal(plan->lines->nelts, 2);
    assert_true(plan->rows == 2550 && plan->cost == 35.5);
    assert_int_equal(vo_tap_explained_rows(&what), 100);
    what.maxrec = 5000;
    assert_int_equal(vo_tap_explained_rows(&what), 2550);
    plan = plan_of(bare, 1);
    assert_true(plan->rows == -1 && plan->cost == -1);
}

/* A release with a table of its own and TAP_SCHEMA. */
static const vo_adql_result_t *translate(const char *query)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "r");
    vo_adql_env_t env = {.release = rel, .maxrec = 10, .version = 21};
    vo_adql_result_t *sql;
    vo_table_t *t;

    vo_release_add_schema(meta, rel, "s");
    vo_release_add_schema(meta, rel, "TAP_SCHEMA");
    t = vo_release_add_table(meta, rel, "s", "t", "r", "t");
    vo_table_add_column(meta, t, "a", VO_TYPE_DOUBLE, NULL, "a",
                        "double precision")->field.pg_oid = 701;
    t = vo_release_add_table(meta, rel, "TAP_SCHEMA", "tables", "r",
                             "tap_tables");
    vo_table_add_column(meta, t, "n", VO_TYPE_CHAR, "*", "n",
                        "text")->field.pg_oid = 25;
    assert_null(vo_adql_translate(&sql, query, &env, pool, pool));
    return sql;
}

/* Costs of what is stored with other releases stay untold. */
static void test_shared_tables_have_no_costs(void **state)
{
    static const struct {
        const char *query;
        int is_shared;
    } cases[] = {
        {"SELECT a FROM s.t", 0},
        {"SELECT n FROM TAP_SCHEMA.tables", 1},
        {"SELECT n FROM tables", 1},
        {"SELECT a FROM s.t WHERE EXISTS (SELECT 1 FROM tap_schema.tables)",
         1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        const char *sql = vo_tap_plan_sql(translate(cases[i].query), pool);

        assert_int_equal(!strncmp(sql, "EXPLAIN (COSTS OFF) SELECT", 26),
                         cases[i].is_shared);
        assert_int_equal(!strncmp(sql, "EXPLAIN SELECT", 14),
                         !cases[i].is_shared);
    }
}

static const char *written(const char *format)
{
    static const char *const lines[] = {
        "Limit  (cost=0.00..2.00 rows=3 width=4)", "  Filter: x = '\"<&>'"};
    const vo_tablefmt_t *fmt;
    vo_tap_explained_t what;
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);

    what.sql = translate("SELECT a AS \"q\"\"<\" FROM s.t WHERE a > 1.5");
    what.plan = plan_of(lines, 2);
    what.maxrec = 10;
    assert_null(vo_tablefmt_find(&fmt, NULL, format, pool));
    assert_null(vo_tap_explain_may(fmt, pool));
    assert_null(vo_tap_explain(out, fmt, &what, pool));
    assert_null(vo_out_flush(out));
    return mem.data;
}

static void test_forms(void **state)
{
    const vo_tablefmt_t *fmt;
    const char *text;

    (void)state;
    text = written("json");
    assert_non_null(strstr(text, "\"estimated_rows\": 3,"));
    assert_non_null(strstr(text, "\"name\": \"q\\\"<\""));
    assert_non_null(strstr(text, "\"arraysize\": null"));
    assert_non_null(strstr(text, "\"  Filter: x = '\\\"<&>'\""));
    text = written("text");
    assert_non_null(strstr(text, "Estimated rows: 3\n"));
    assert_non_null(strstr(text, "  q\"< double\n"));
    assert_non_null(strstr(text, "  Filter: x = '\"<&>'\n"));
    text = written("html");
    assert_non_null(strstr(text, "Filter: x = '&quot;&lt;&amp;&gt;'"));
    assert_null(vo_tablefmt_find(&fmt, NULL, "csv", pool));
    assert_non_null(vo_tap_explain_may(fmt, pool));
}

static void test_infos(void **state)
{
    static const char *const lines[] = {"Limit (cost=0..2.5 rows=3 width=4)",
                                        "  x"};
    vo_info_t infos[VO_TAP_EXPLAIN_INFOS];
    vo_tap_explained_t what;
    int n;

    (void)state;
    what.sql = translate("SELECT a FROM s.t WHERE a > 1.5");
    what.plan = plan_of(lines, 2);
    what.maxrec = 10;
    n = vo_tap_explain_infos(infos, &what, pool);
    assert_int_equal(n, 5);
    assert_string_equal(infos[0].name, "sql");
    assert_string_equal(infos[1].value, "$1 = 1.5");
    assert_string_equal(infos[2].value,
                        "Limit (cost=0..2.5 rows=3 width=4)\n  x");
    assert_string_equal(infos[3].value, "3");
    assert_string_equal(infos[4].value, "2.5");
    what.plan = plan_of(lines + 1, 1);
    assert_int_equal(vo_tap_explain_infos(infos, &what, pool), 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_shared_tables_have_no_costs),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_infos),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
