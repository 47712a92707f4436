/* test_vo_sia2.c: the SQL and the description of SIA 2.0 searches. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "siap/vo_sia2.h"

static apr_pool_t *pool;
static vo_release_t *rel;

static void add(vo_meta_t *meta, vo_table_t *t, const char *name,
                vo_type_e type, const char *pg_type, const char *unit)
{
    vo_table_add_column(meta, t, name, type,
                        type == VO_TYPE_CHAR ? "*" : NULL, name, pg_type)
        ->field.unit = unit;
}

/* ivoa.obscore with the columns parameters are compared with, and one more. */
static int set_up(void **state)
{
    vo_meta_t *meta;
    vo_table_t *t;
    int i;

    (void)state;
    apr_initialize();
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return 1;
    }
    meta = vo_meta_create(pool);
    rel = vo_meta_add_release(meta, "a-dr1");
    rel->reader_role = "reader";
    t = vo_release_add_table(meta, rel, "ivoa", "obscore", "a_dr1", "o\"bs");
    for (i = 0; i < VO_SIA2_NPARAMS; ++i) {
        const vo_sia2_param_t *p = &vo_sia2_params[i];
        int is_number = p->kind == VO_SIA2_OVERLAP
                        || p->kind == VO_SIA2_WITHIN;

        add(meta, t, p->column, is_number ? VO_TYPE_DOUBLE : VO_TYPE_CHAR,
            p->kind == VO_SIA2_SHAPE ? "sky_region" : "text",
            is_number ? "u" : NULL);
        if (p->upper) {
            add(meta, t, p->upper, VO_TYPE_DOUBLE, "double precision", "u");
        }
    }
    add(meta, t, "own", VO_TYPE_DOUBLE, "double precision", NULL);
    rel->obscore = t;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static vo_err_t *request(vo_sql_req_t *req, const char *form, int maxrec)
{
    vo_dali_params_t *params = vo_dali_params_create(pool);
    vo_field_t *fields;
    int nfields;

    memset(req, 0, sizeof(*req));
    assert_null(vo_dali_params_add_form(params, form, strlen(form)));
    return vo_sia2_request(req, &nfields, &fields, rel, params, maxrec, pool);
}

/* What follows WHERE, of a search by FORM. */
static const char *where(vo_sql_req_t *req, const char *form)
{
    assert_null(request(req, form, 10));
    return strstr(req->sql, " WHERE ") + 7;
}

static void test_conditions(void **state)
{
    static const struct {
        const char *form, *sql;
    } cases[] = {
        {"", " LIMIT $1"},
        {"BAND=1+2", " AND (o.\"em_min\" <= $2 AND o.\"em_max\" >= $1)"
                     " LIMIT $3"},
        {"FOV=3", " AND o.\"s_fov\" BETWEEN $1 AND $2 LIMIT $3"},
        {"POL=I", " AND strpos(o.\"pol_states\", $1) > 0 LIMIT $2"},
        {"ID=ivo://a/b", " AND lower(o.\"obs_publisher_did\") = lower($1)"
                         " LIMIT $2"},
        {"CALIB=1&calib=2", " AND (o.\"calib_level\" = $1 OR"
                            " o.\"calib_level\" = $2) LIMIT $3"},
        {"POS=CIRCLE+1+2+3&TARGET=M31",
         " AND sky_intersects(o.\"s_region\", sky_region($1))"
         " AND o.\"target_name\" = $2 LIMIT $3"},
    };
    vo_sql_req_t req;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        assert_string_equal(
            where(&req, cases[i].form),
            apr_pstrcat(pool, "o.\"dataproduct_type\" IN ('image', 'cube')",
                        cases[i].sql, NULL));
    }
}

static void test_values(void **state)
{
    vo_sql_req_t req;

    (void)state;
    where(&req, "BAND=-Inf+5e-7");
    assert_string_equal(req.params[0], "-Infinity");
    assert_string_equal(req.params[1], "5e-07");
    assert_string_equal(req.params[2], "11");
    assert_int_equal(req.max_rows, 10);
    assert_string_equal(req.role, "reader");
    where(&req, "POS=range+-Inf+20+30+%2bInf");
    assert_string_equal(req.params[0], "range 0 20 30 90");
    where(&req, "POS=POLYGON+1+2+3+4+5+-6");
    assert_string_equal(req.params[0], "polygon 1 2 3 4 5 -6");
    /* a quote goes where it can do no harm */
    where(&req, "TARGET=o'clock");
    assert_string_equal(req.params[0], "o'clock");
}

/* Statements are kept where one plan is good for all values. */
static void test_names(void **state)
{
    vo_sql_req_t one, two, other, wide, many;

    (void)state;
    where(&one, "POS=CIRCLE+1+2+3");
    where(&two, "POS=CIRCLE+4+5+6");
    where(&other, "POS=CIRCLE+4+5+6&CALIB=1");
    where(&wide, "TIME=1+2");
    where(&many, "ID=1&ID=2&ID=3&ID=4&ID=5&ID=6&ID=7&ID=8&ID=9");
    assert_non_null(one.prepare_name);
    assert_string_equal(one.prepare_name, two.prepare_name);
    assert_string_not_equal(one.prepare_name, other.prepare_name);
    assert_null(wide.prepare_name);
    assert_null(many.prepare_name);
}

static void test_select_list(void **state)
{
    vo_sql_req_t req;

    (void)state;
    assert_null(request(&req, "", 10));
    assert_int_equal(strncmp(req.sql, "SELECT sky_stcs(o.\"s_region\"),", 30),
                     0);
    assert_non_null(strstr(req.sql, ",o.\"own\" FROM \"a_dr1\".\"o\"\"bs\" AS"
                                    " o WHERE "));
}

static void test_errors(void **state)
{
    static const char *const bad[] = {
        "POS=CIRCLE+1", "POS=SQUARE+1+2+3", "POS=CIRCLE+1+2+3x",
        "POS=CIRCLE", "BAND=x", "BAND=2+1", "BAND=1,2", "CALIB=1.0", "POL=i",
        "POS=RANGE+1+2+3+-4",
    };
    vo_sql_req_t req;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        vo_err_t *err = request(&req, bad[i], 10);

        assert_non_null(err);
        assert_int_equal(err->kind, VO_ERR_USAGE);
        assert_int_equal(strncmp(vo_sia2_fault(err, pool)->text,
                                 "UsageFault: ", 12), 0);
    }
}

static void test_fault_words(void **state)
{
    vo_err_t *err = vo_err_make(pool, VO_ERR_BUSY, "later");

    (void)state;
    assert_string_equal(vo_sia2_fault(err, pool)->text,
                        "TransientFault: later");
    assert_string_equal(err->text, "later");
    err = vo_err_fault(pool, 0, "broken", "secret");
    assert_string_equal(vo_sia2_fault(err, pool)->text,
                        "FatalFault: broken");
}

static void test_self(void **state)
{
    static const char *const values[] = {"a", "b", NULL};
    vo_sia2_options_t options = {{NULL}}, *copy;
    const vo_descriptor_t *d;

    (void)state;
    options.values[10] = values; /* COLLECTION */
    copy = vo_sia2_options_copy(&options, pool);
    assert_string_equal(copy->values[10][1], "b");
    assert_null(copy->values[10][2]);
    assert_null(copy->values[11]);
    d = vo_sia2_self("http://x/query", rel, copy, 7, pool);
    assert_int_equal(d->nparams, VO_SIA2_NPARAMS + 2);
    assert_string_equal(d->name, "this");
    assert_string_equal(d->params[10].name, "COLLECTION");
    assert_string_equal(d->params[10].options[0], "a");
    assert_string_equal(d->params[1].unit, "u");
    assert_null(d->params[1].ucd);
    assert_null(vo_sia2_self("u", rel, NULL, 7, pool)->params[10].options);
}

/* Rows of what the query for options finds. */
static void test_options(void **state)
{
    static const vo_cell_t rows[][2] = {
        {{"10", 2}, {"one", 3}}, {{"10", 2}, {"two", 3}},
        {{"11", 2}, {NULL, -1}}, {{"16", 2}, {"image/fits", 10}},
        {{"99", 2}, {"x", 1}},
    };
    vo_sia2_options_t options;
    vo_sql_req_t req = {0};
    size_t i;

    (void)state;
    vo_sia2_options_request(&req, &options, rel, pool);
    assert_non_null(strstr(req.sql, "GROUP BY GROUPING SETS"
                                    " ((o.\"obs_collection\"), ("));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        assert_null(req.row(req.baton, rows[i], 2));
    }
    assert_string_equal(options.values[10][0], "one");
    assert_string_equal(options.values[10][1], "two");
    assert_null(options.values[10][2]);
    assert_null(options.values[11]);
    assert_string_equal(options.values[16][0], "image/fits");
    /* too many to be listed */
    for (i = 0; i < 200; ++i) {
        assert_null(req.row(req.baton, rows[0], 2));
    }
    assert_null(options.values[10]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions), cmocka_unit_test(test_values),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_select_list),
        cmocka_unit_test(test_errors),     cmocka_unit_test(test_fault_words),
        cmocka_unit_test(test_self),       cmocka_unit_test(test_options),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
