/* test_vo_meta.c: building a snapshot and finding things in it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "meta/vo_meta.h"

static apr_pool_t *pool;

static void arraysizes(void **state)
{
    (void)state;
    assert_int_equal(vo_arraysize_parse(NULL), VO_SCALAR);
    assert_int_equal(vo_arraysize_parse(""), VO_SCALAR);
    assert_int_equal(vo_arraysize_parse("12"), 12);
    assert_int_equal(vo_arraysize_parse("2x3"), 6);
    assert_int_equal(vo_arraysize_parse("2x*"), VO_VARIABLE);
    assert_int_equal(vo_arraysize_parse("*"), VO_VARIABLE);
    assert_int_equal(vo_arraysize_parse("16*"), VO_VARIABLE);
    assert_int_equal(vo_type_parse("unicodeChar"), VO_TYPE_UNICODE);
    assert_int_equal(vo_type_parse("varchar"), -1);
    assert_string_equal(vo_type_name(VO_TYPE_DOUBLE), "double");
}

static void names_fold_case(void **state)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "demo-dr1");
    vo_table_t *t = vo_release_add_table(meta, rel, "demo", "MagABDualObj",
                                         "demo_dr1", "magabdualobj");
    int n, i;

    (void)state;
    for (i = 0; i < 100; ++i) {
        vo_table_add_column(meta, t, apr_psprintf(pool, "Col%d", i),
                            VO_TYPE_FLOAT, i ? NULL : "12", "c", "real");
    }
    vo_release_add_table(meta, rel, "other", "magabdualobj", "x", "y");
    assert_ptr_equal(vo_meta_release(meta, "demo-dr1"), rel);
    assert_null(vo_meta_release(meta, "DEMO-dr1"));
    assert_ptr_equal(vo_release_table(rel, "DEMO", "magabDUALobj", NULL), t);
    assert_null(vo_release_table(rel, NULL, "MagABDualObj", &n));
    assert_int_equal(n, 2);
    assert_string_equal(vo_table_column(t, "COL77")->field.name, "Col77");
    assert_null(vo_table_column(t, "col100"));
    assert_int_equal(vo_table_column(t, "col0")->field.size, 12);
    assert_int_equal(t->ncolumns, 100);
    assert_string_equal(t->tap_name, "demo.MagABDualObj");
}

static void filters_by_survey(void **state)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "r");

    (void)state;
    vo_release_add_filter(meta, rel, "jplus", "rSDSS", 1, 8);
    vo_release_add_filter(meta, rel, "jplus", "uJAVA", 5, 1);
    assert_int_equal(vo_release_filter(rel, "JPLUS", "rSDSS")->position, 8);
    assert_int_equal(vo_release_filter(rel, NULL, "UJAVA")->filter_id, 5);
    assert_null(vo_release_filter(rel, "jpas", "rSDSS"));
}

static void loaded_values_start_unknown(void **state)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "r");
    vo_table_t *t = vo_release_add_table(meta, rel, "s", "t", "p", "t");
    vo_column_t *c = vo_table_add_column(meta, t, "size", VO_TYPE_INT, NULL,
                                         "size", "integer");

    (void)state;
    assert_string_equal(c->adql_name, "size");
    assert_true(isnan(c->min) && isnan(c->max) && isnan(c->fill));
    assert_int_equal(t->nrows, -1);
    assert_null(t->pg_hpx);
}

/* Public and past its embargo, to the microsecond. */
static void open_releases(void **state)
{
    static const struct {
        vo_state_e state;
        apr_time_t until;
        int is_open;
    } all[] = {
        { VO_STATE_PUBLIC, 0, 1 },       { VO_STATE_PUBLIC, 999, 1 },
        { VO_STATE_PUBLIC, 1000, 1 },    { VO_STATE_PUBLIC, 1001, 0 },
        { VO_STATE_PRIVATE, 0, 0 },      { VO_STATE_PRIVATE, 999, 0 },
        { VO_STATE_STAGED, 0, 0 },       { VO_STATE_RETIRED, 0, 0 },
        { VO_STATE_STAGED, 999, 0 },     { VO_STATE_RETIRED, 999, 0 },
    };
    vo_release_t *rel = vo_meta_add_release(vo_meta_create(pool), "r");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(all) / sizeof(*all); ++i) {
        rel->state = all[i].state;
        rel->embargo_until = all[i].until;
        assert_int_equal(vo_release_is_open(rel, 1000), all[i].is_open);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arraysizes),
        cmocka_unit_test(names_fold_case),
        cmocka_unit_test(filters_by_survey),
        cmocka_unit_test(open_releases),
        cmocka_unit_test(loaded_values_start_unknown),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
