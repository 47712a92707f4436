/* test_vo_photospec.c: points, identifiers and ranges of spectra. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "ssap/vo_photospec.h"
#include "ssap/vo_spectrum.h"

static apr_pool_t *pool;
static vo_release_t *rel;
static vo_photospec_t *flux, *mag;
static double limits[] = {20, NAN};

static int setup(void **state)
{
    vo_meta_t *meta;
    vo_table_t *t;
    const vo_column_t **ids;
    vo_filter_t *f;

    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    meta = vo_meta_create(pool);
    rel = vo_meta_add_release(meta, "x-1");
    vo_release_add_schema(meta, rel, "x");
    t = vo_release_add_table(meta, rel, "x", "T", "x_1", "t");
    ids = apr_palloc(pool, 2 * sizeof(*ids));
    ids[0] = vo_table_add_column(meta, t, "a", VO_TYPE_INT, NULL, "a",
                                 "integer");
    ids[1] = vo_table_add_column(meta, t, "b", VO_TYPE_CHAR, "*", "b", "text");
    f = vo_release_add_filter(meta, rel, "X", "red", 1, 1);
    f->wavelength = 8000;
    f->width = 1000;
    f = vo_release_add_filter(meta, rel, "x", "blue", 2, 2);
    f->wavelength = 4000;
    f->width = 100;
    vo_release_add_filter(meta, rel, "x", "unknown", 3, 3);
    f = vo_release_add_filter(meta, rel, "y", "other", 4, 1);
    f->wavelength = 1;
    f->width = 1;
    /* room for both: the array of them may move */
    vo_release_add_photospec(meta, rel, "f", t);
    vo_release_add_photospec(meta, rel, "m", t);
    flux = &rel->photospecs[0];
    mag = &rel->photospecs[1];
    flux->value = vo_table_add_column(meta, t, "flux", VO_TYPE_FLOAT, "2",
                                      "flux", "real[]");
    ((vo_column_t *)flux->value)->field.unit = "mJy";
    flux->nids = 2;
    flux->ids = ids;
    flux->is_relative = 1;
    mag->is_mag = 1;
    mag->nids = 1;
    mag->ids = ids + 1;
    mag->nlimits = 2;
    mag->limits = limits;
    return 0;
}

static void test_range(void **state)
{
    vo_specrange_t r;
    const vo_filter_t **filters;
    int n;

    (void)state;
    filters = vo_photospec_filters(&n, rel, flux, pool);
    assert_int_equal(n, 2);
    assert_string_equal(filters[0]->name, "blue");
    vo_photospec_range(&r, rel, flux, pool);
    assert_int_equal(r.n, 2);
    assert_float_equal(r.lo * 1e10, 3950, 1e-6);
    assert_float_equal(r.hi * 1e10, 8500, 1e-6);
}

static void test_points(void **state)
{
    const vo_filter_t *red = &rel->filters[0], *blue = &rel->filters[1];
    vo_specpoint_t p;

    (void)state;
    assert_float_equal(vo_photospec_jansky(flux), 1e-3, 0);
    assert_float_equal(vo_photospec_jansky(mag), 1e-6, 0);
    vo_photospec_point(&p, flux, red, -2, 0.5, 3);
    assert_float_equal(p.flux, -2, 0);
    assert_float_equal(p.error, 1, 0);
    assert_int_equal(p.is_limit, 0);
    assert_int_equal(p.flags, 3);
    vo_photospec_point(&p, flux, red, NAN, 1, -1);
    assert_true(p.is_limit && isnan(p.flux) && isnan(p.error));

    /* 23.9 AB is 1 uJy; 0.1 mag are 9.21 % */
    vo_photospec_point(&p, mag, red, 18.9, 0.1, 0);
    assert_float_equal(p.flux, 100, 1e-9);
    assert_float_equal(p.error, 9.21034037, 1e-6);
    vo_photospec_point(&p, mag, red, 18.9, 99, 0);
    assert_true(isnan(p.error) && !p.is_limit);
    vo_photospec_point(&p, mag, red, 99, 99, 0);
    assert_true(p.is_limit && isnan(p.error));
    assert_float_equal(p.flux, pow(10, 3.9 / 2.5), 1e-9);
    vo_photospec_point(&p, mag, blue, 99, 99, 0);
    assert_true(p.is_limit && isnan(p.flux));

    /* 1 mJy at 4000 A: 1e-26 * c / lambda^2 */
    assert_float_equal(vo_spectrum_per_wavelength(flux, blue, 1) * 1e15,
                       1e-26 * 2.99792458e18 / 1.6e7 * 1e15, 1e-9);
}

static void test_identifiers(void **state)
{
    static const struct {
        const char *did;
        int n;
        const char *ids[2];
    } cases[] = {
        {"ivo://x-unregistered/x-1?photospec/f/12/a", 2, {"12", "a"}},
        {"IVO://X-Unregistered/x-1?photospec/f/-1/a%20b%2F%25", 2,
         {"-1", "a b/%"}},
        {"ivo://x-unregistered/x-1?photospec/m/a/b", 1, {"a/b"}},
        {"ivo://x-unregistered/x-1?photospec/f/12", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/f/12/", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/f//a", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/f/1.0/a", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/f/012/a", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/f/2147483648/a", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/f/1/a%zz", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/g/1/a", 0, {NULL}},
        {"ivo://x-unregistered/x-1?photospec/f", 0, {NULL}},
        {"ivo://x-unregistered/x-2?photospec/f/1/a", 0, {NULL}},
        {"", 0, {NULL}},
    };
    const vo_photospec_t *spec;
    const char **ids;
    size_t i;
    int k;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        int is_one = vo_photospec_parse(&spec, &ids, rel, cases[i].did, pool);

        assert_int_equal(is_one, cases[i].n > 0);
        for (k = 0; k < cases[i].n; ++k) {
            assert_string_equal(ids[k], cases[i].ids[k]);
        }
    }
    assert_true(vo_photospec_target(&ids, flux, "-3-a-b", pool));
    assert_string_equal(ids[0], "-3");
    assert_string_equal(ids[1], "a-b");
    assert_false(vo_photospec_target(&ids, flux, "3", pool));
    assert_false(vo_photospec_target(&ids, flux, "x-a", pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_identifiers),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
