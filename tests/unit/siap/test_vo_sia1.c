/* test_vo_sia1.c: parameters, regions and SQL of SIAP 1.0 searches. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "siap/vo_sia1.h"

static apr_pool_t *pool;

static int set_up(void **state)
{
    (void)state;
    apr_initialize();
    return apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static vo_err_t *try_form(vo_sia1_query_t *q, const char *form)
{
    vo_dali_params_t *params = vo_dali_params_create(pool);

    assert_null(vo_dali_params_add_form(params, form, strlen(form)));
    return vo_sia1_read(q, params, pool);
}

static void test_read(void **state)
{
    vo_sia1_query_t q;

    (void)state;
    assert_null(try_form(&q, "POS=10,-20&SIZE=3,4&INTERSECT=enclosed"));
    assert_true(q.ra == 10 && q.dec == -20 && q.width == 3 && q.height == 4);
    assert_int_equal(q.intersect, VO_SIA1_ENCLOSED);
    assert_int_equal(q.verb, 2);
    assert_null(q.formats);
    assert_false(q.is_cutout || q.is_metadata || q.is_one_format);
    assert_null(try_form(&q, "pos=10+-20&size=3&verb=0"));
    assert_true(q.dec == -20 && q.height == 3);
    assert_int_equal(q.intersect, VO_SIA1_OVERLAPS);
    assert_int_equal(q.verb, 0);
}

static void test_formats(void **state)
{
    static const struct {
        const char *value, *formats;
        int is_one;
    } cases[] = {
        {"ALL", NULL, 0},
        {"image/fits", "{image/fits}", 0},
        {"image/png,ALL", NULL, 0},
        {"Application/FITS,image/jpg", "{image/fits,image/jpeg}", 0},
        {"GRAPHIC", "{image/png,image/jpeg,image/gif}", 0},
        {"GRAPHIC-jpeg,png", "{image/jpeg,image/png}", 1},
        {"text/html", "{}", 0},
        {"text/\"}', x", NULL, -1},
    };
    vo_sia1_query_t q;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        vo_err_t *err = try_form(&q, apr_pstrcat(
            pool, "POS=1,2&SIZE=0&FORMAT=", cases[i].value, NULL));

        assert_int_equal(err != NULL, cases[i].is_one < 0);
        if (err) {
            continue;
        }
        if (cases[i].formats) {
            assert_string_equal(q.formats, cases[i].formats);
        }
        else {
            assert_null(q.formats);
        }
        assert_int_equal(q.is_one_format, cases[i].is_one);
    }
    assert_null(try_form(&q, "FORMAT=metadata&POS=x"));
    assert_true(q.is_metadata);
}

/* Regions worked out by hand; cos(60) is 1/2. */
static void test_region(void **state)
{
    static const struct {
        double ra, dec, width, height;
        const char *region;
    } cases[] = {
        {10, 60, 1, 2, "range 9 11 59 61"},
        {0.5, 60, 1, 2, "range 359.5 1.5 59 61"},
        {10, 60, 360, 10, "range 0 360 55 65"},
        {10, 0, 0, 0, "range 10 10 0 0"},
        {10, 0, 360, 360, "range 0 360 -90 90"},
        /* over a pole: what is beyond it is on the other side */
        {10, 60, 1, 80, "union ( range 189 191 80 90 range 9 11 20 90 )"},
        {200, -60, 1, 80,
         "union ( range 19 21 -90 -80 range 199 201 -100 -20 )"},
        /* both sides together are all around */
        {10, 60, 100, 80, "union ( range 0 360 80 90 range 270 110 20 80 )"},
    };
    const char *region;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        double want[8], got[8];
        const char *p, *q;
        int n = 0, m = 0;

        assert_null(vo_sia1_region(&region, cases[i].ra, cases[i].dec,
                                   cases[i].width, cases[i].height, pool));
        /* the same words, and numbers to 1e-9 */
        for (p = cases[i].region, q = region; *p; ) {
            char *end_p, *end_q;

            if ((*p >= '0' && *p <= '9') || *p == '-') {
                want[n++] = strtod(p, &end_p);
                got[m++] = strtod(q, &end_q);
                p = end_p;
                q = end_q;
            }
            else if (*p == ' ' || *q == ' ' || *q == ',') {
                p += *p == ' ';
                q += *q == ' ' || *q == ',';
            }
            else {
                assert_int_equal(*p++, *q++);
            }
        }
        assert_int_equal(n, m);
        while (n-- > 0) {
            /* no latitude is below -90 */
            assert_true(fabs(fmax(want[n], -90) - got[n]) < 1e-9);
        }
    }
}

static void test_cutouts(void **state)
{
    vo_sia1_query_t q;

    (void)state;
    assert_null(try_form(&q, "POS=10,20&SIZE=1&NAXIS=100,50&CDELT=-.01,.02"));
    assert_true(q.is_cutout && q.cut_ra == 10 && q.cut_dec == 20);
    assert_true(fabs(q.cut_width - 1) < 1e-12);
    assert_true(fabs(q.cut_height - 1) < 1e-12);
    assert_null(try_form(&q, "POS=10,20&SIZE=.5&MODE=cutout"));
    assert_true(q.is_cutout && q.cut_width == .5);
    /* the galactic centre and the north galactic pole (Reid and Brunthaler
     * 2004, appendix) */
    assert_null(try_form(&q, "POS=1,2&SIZE=1&CFRAME=GAL&CRVAL=0,0"));
    assert_true(fabs(q.cut_ra - 266.40499) < 1e-4);
    assert_true(fabs(q.cut_dec + 28.93617) < 1e-4);
    assert_null(try_form(&q, "POS=1,2&SIZE=1&CFRAME=GAL&CRVAL=0,90"));
    assert_true(fabs(q.cut_ra - 192.85948) < 1e-4);
    assert_true(fabs(q.cut_dec - 27.12825) < 1e-4);
    assert_non_null(try_form(&q, "POS=1,2&SIZE=0&MODE=cutout"));
}

static void test_sql(void **state)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "a-dr1");
    vo_sia1_query_t q;
    vo_sql_req_t one = {0}, two = {0};
    vo_field_t *fields;
    int n, i, ndid = 0;

    (void)state;
    rel->pg_schema = "a_dr1";
    rel->reader_role = "reader";
    rel->obscore = vo_release_add_table(meta, rel, "ivoa", "obscore", "a_dr1",
                                        "o");
    vo_table_add_column(meta, (vo_table_t *)rel->obscore, "obs_publisher_did",
                        VO_TYPE_CHAR, "*", "obs_publisher_did", "text");
    assert_null(try_form(&q, "POS=10,60&SIZE=1,2&INTERSECT=COVERS"));
    assert_null(vo_sia1_request(&one, rel, &q, 5, pool));
    assert_non_null(strstr(one.sql, "sky_contains(sky_region($1), f.region)"
                                    " LIMIT $4"));
    assert_string_equal(one.params[3], "6");
    assert_string_equal(one.params[9], "a-dr1");
    assert_null(one.params[1]);
    assert_null(try_form(&q, "POS=30,6&SIZE=1,2&INTERSECT=COVERS"));
    assert_null(vo_sia1_request(&two, rel, &q, 5, pool));
    assert_string_equal(one.prepare_name, two.prepare_name);
    assert_null(try_form(&q, "POS=30,6&SIZE=0&INTERSECT=CENTER"));
    assert_null(vo_sia1_request(&two, rel, &q, 5, pool));
    assert_string_equal(two.params[0], "point 30 6");
    assert_null(two.params[4]); /* there is nothing to cut */
    vo_sia1_fields(&n, &fields, rel, 2, pool);
    for (i = 0; i < n; ++i) {
        assert_true(fields[i].pg_oid > 0);
        ndid += fields[i].column == rel->obscore->columns[0];
    }
    assert_int_equal(ndid, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),    cmocka_unit_test(test_formats),
        cmocka_unit_test(test_region),  cmocka_unit_test(test_cutouts),
        cmocka_unit_test(test_sql),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
