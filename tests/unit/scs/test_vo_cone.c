/* test_vo_cone.c: columns, SQL and parameters of a cone search. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scs/vo_cone.h"
#include "sky/sky.h"

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

static vo_column_t *add(vo_meta_t *meta, vo_table_t *t, const char *name,
                        vo_type_e type, const char *arraysize, unsigned oid,
                        const char *pg_type, const char *ucd, int principal)
{
    vo_column_t *c = vo_table_add_column(meta, t, name, type, arraysize, name,
                                         pg_type);

    c->field.pg_oid = oid;
    c->field.ucd = ucd;
    c->is_principal = principal;
    return c;
}

/* A table with an integer identifier, real positions, and columns that claim
 * to be main ones too. */
static vo_table_t *make_table(void)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "demo-dr1");
    vo_table_t *t;

    vo_release_add_schema(meta, rel, "demo");
    t = vo_release_add_table(meta, rel, "demo", "Stars", "demo_dr1", "st\"rs");
    t->id = add(meta, t, "id", VO_TYPE_LONG, NULL, 20, "bigint",
                "meta.id;meta.main", 1);
    add(meta, t, "MAG", VO_TYPE_FLOAT, "12", 1021, "real[]", "phot.mag", 1);
    t->ra = add(meta, t, "RA", VO_TYPE_FLOAT, NULL, 700, "real",
                "pos.eq.ra;meta.main", 1);
    t->dec = add(meta, t, "DE", VO_TYPE_DOUBLE, NULL, 701, "double precision",
                 "pos.eq.dec;meta.main", 1);
    add(meta, t, "ra2", VO_TYPE_DOUBLE, NULL, 701, "double precision",
        "pos.eq.ra;meta.main", 0);
    add(meta, t, "other", VO_TYPE_CHAR, "*", 25, "text",
        "META.ID;meta.main", 0);
    add(meta, t, "s_region", VO_TYPE_CHAR, "*", 99999, "sky_region",
        NULL, 0)->field.xtype = "adql:REGION";
    add(meta, t, "shape", VO_TYPE_DOUBLE, "*", 99999, "sky.sky_region",
        NULL, 0)->field.xtype = "polygon";
    t->pg_hpx = "hpx";
    t->is_cone = 1;
    return t;
}

static void test_serves(void **state)
{
    vo_table_t *t = make_table();

    (void)state;
    assert_true(vo_cone_serves(t));
    t->is_cone = 0;
    assert_false(vo_cone_serves(t));
    t = make_table();
    t->pg_hpx = NULL;
    assert_false(vo_cone_serves(t));
    t = make_table();
    t->ra = NULL;
    assert_false(vo_cone_serves(t));
}

/* Only whole position columns of the table, under whatever name, will do. */
static void test_descriptor(void **state)
{
    vo_table_t *t = make_table();
    apr_array_header_t *to = apr_array_make(pool, 1, sizeof(vo_descriptor_t));
    vo_field_t fields[3] = {t->id->field, t->dec->field, t->ra->field};
    const vo_descriptor_t *d;

    (void)state;
    fields[2].name = "renamed";
    vo_cone_descriptor(to, t, 2, fields, "http://h/c", pool);
    assert_int_equal(to->nelts, 0);
    vo_cone_descriptor(to, t, 3, fields, "http://h/c", pool);
    assert_int_equal(to->nelts, 1);
    d = &APR_ARRAY_IDX(to, 0, vo_descriptor_t);
    assert_string_equal(d->access_url, "http://h/c");
    assert_int_equal(d->nparams, 3);
    assert_string_equal(d->params[0].column, "renamed");
    assert_string_equal(d->params[1].column, "DE");
    assert_null(d->params[2].column);
    fields[2].column = NULL;
    vo_cone_descriptor(to, t, 3, fields, "http://h/c", pool);
    assert_int_equal(to->nelts, 1);
}

static int count_ucd(const vo_cone_t *c, const char *ucd)
{
    int i, n = 0;

    for (i = 0; i < c->nfields; ++i) {
        n += c->fields[i].ucd && !strcasecmp(c->fields[i].ucd, ucd);
    }
    return n;
}

/* At every verbosity: one of each main UCD, of the type the standard wants. */
static void test_main_columns(void **state)
{
    static const char *const bad[] = { "meta.id;meta.main",
                                       "pos.eq.ra;meta.main",
                                       "pos.eq.dec;meta.main" };
    vo_table_t *t = make_table();
    int verb;
    size_t i;

    (void)state;
    for (verb = 1; verb <= 3; ++verb) {
        vo_cone_t *c = vo_cone_make(t, verb, "sys", pool);
        const vo_field_t *id = &c->fields[c->id], *ra = &c->fields[c->ra],
                         *dec = &c->fields[c->dec];

        assert_int_equal(count_ucd(c, "ID_MAIN"), 1);
        assert_int_equal(count_ucd(c, "POS_EQ_RA_MAIN"), 1);
        assert_int_equal(count_ucd(c, "POS_EQ_DEC_MAIN"), 1);
        for (i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
            assert_int_equal(count_ucd(c, bad[i]), 0);
        }
        assert_string_equal(id->name, "id");
        assert_string_equal(id->ucd, "ID_MAIN");
        assert_int_equal(id->type, VO_TYPE_CHAR);
        assert_string_equal(id->arraysize, "*");
        assert_int_equal(id->pg_oid, 25);
        assert_string_equal(ra->name, "RA");
        assert_string_equal(ra->ucd, "POS_EQ_RA_MAIN");
        assert_int_equal(ra->type, VO_TYPE_DOUBLE);
        assert_int_equal(ra->size, VO_SCALAR);
        assert_null(ra->arraysize);
        assert_string_equal(ra->unit, "deg");
        assert_string_equal(ra->ref, "sys");
        assert_string_equal(dec->name, "DE");
        assert_string_equal(dec->ucd, "POS_EQ_DEC_MAIN");
        assert_string_equal(dec->unit, "deg");
        assert_non_null(strstr(c->sql, "t.\"id\"::text"));
        assert_non_null(strstr(c->sql, "t.\"RA\"::float8"));
        assert_null(strstr(c->sql, "\"DE\"::float8"));
        assert_non_null(strstr(c->sql, "\"demo_dr1\".\"st\"\"rs\" AS t"));
    }
}

static void test_verbosity(void **state)
{
    vo_table_t *t = make_table();
    vo_cone_t *c = vo_cone_make(t, 1, NULL, pool);
    int i;

    (void)state;
    assert_int_equal(c->nfields, 3);
    c = vo_cone_make(t, 2, NULL, pool);
    assert_int_equal(c->nfields, 4);
    assert_string_equal(c->fields[3].name, "MAG");
    assert_string_equal(c->fields[3].arraysize, "12");
    assert_int_equal(c->fields[3].pg_oid, 1021);
    c = vo_cone_make(t, 3, NULL, pool);
    assert_int_equal(c->nfields, 8);
    assert_string_equal(c->fields[4].name, "ra2");
    assert_string_equal(c->fields[4].ucd, "pos.eq.ra");
    assert_string_equal(c->fields[5].ucd, "meta.id");
    /* regions leave in the form their type names */
    assert_non_null(strstr(c->sql, "sky_stcs(t.\"s_region\")"));
    assert_non_null(strstr(c->sql, "sky_dali(t.\"shape\")"));
    assert_int_equal(c->fields[6].pg_oid, 25);
    assert_int_equal(c->fields[7].pg_oid, 1022);
    /* the model itself is untouched */
    assert_string_equal(t->columns[4]->field.ucd, "pos.eq.ra;meta.main");
    for (i = 0; i < t->ncolumns; ++i) {
        t->columns[i]->is_principal = 0;
    }
    assert_int_equal(vo_cone_make(t, 2, NULL, pool)->nfields, 8);
}

/* Without one identifier: the several there are, else the cell. */
static void test_made_up_id(void **state)
{
    vo_table_t *t = make_table();
    vo_cone_t *c;

    (void)state;
    t->id = NULL;
    c = vo_cone_make(t, 1, NULL, pool);
    assert_string_equal(c->fields[0].name, "cone_id");
    assert_non_null(strstr(c->sql, "concat_ws('-', t.\"id\", t.\"other\")"));
    t->columns[0]->field.ucd = "meta.id.part";
    t->columns[5]->field.ucd = "meta.id";
    c = vo_cone_make(t, 1, NULL, pool);
    assert_non_null(strstr(c->sql, "concat_ws('-', t.\"id\", t.\"other\")"));
    t->columns[5]->field.ucd = "meta.id;meta.main";
    c = vo_cone_make(t, 1, NULL, pool);
    assert_non_null(strstr(c->sql, "concat_ws('-', t.\"other\")"));
    t->columns[0]->field.ucd = NULL;
    t->columns[5]->field.ucd = "meta.identity";
    c = vo_cone_make(t, 1, NULL, pool);
    assert_non_null(strstr(c->sql, "t.\"hpx\"::text"));
    assert_string_equal(c->fields[0].ucd, "ID_MAIN");
    assert_int_equal(c->fields[0].type, VO_TYPE_CHAR);
}

/* The statement is prepared under its name: equal names, equal statements. */
static void test_prepare_name(void **state)
{
    vo_table_t *t = make_table();
    vo_cone_t *a = vo_cone_make(t, 2, NULL, pool);
    vo_cone_t *b = vo_cone_make(t, 3, NULL, pool);
    vo_cone_t *c;

    (void)state;
    assert_string_equal(a->prepare_name,
                        vo_cone_make(t, 2, NULL, pool)->prepare_name);
    assert_string_not_equal(a->prepare_name, b->prepare_name);
    assert_true(strlen(a->prepare_name) < 64); /* PostgreSQL cuts longer */
    t->columns[1]->field.pg_oid = 1022;        /* loaded anew, wider */
    c = vo_cone_make(t, 2, NULL, pool);
    assert_string_equal(a->sql, c->sql);
    assert_string_not_equal(a->prepare_name, c->prepare_name);
}

/* "{1,2}" -> values; returns how many. */
static int read_array(const char *text, int64_t *values)
{
    int n = 0;

    assert_int_equal(*text, '{');
    ++text;
    while (*text && *text != '}') {
        char *end;

        values[n++] = strtoll(text, &end, 10);
        text = *end == ',' ? end + 1 : end;
    }
    assert_string_equal(text, "}");
    return n;
}

/* Every position in the cone lies in a range; in an interior one only such. */
static void check_cone(double ra, double dec, double radius)
{
    vo_table_t *t = make_table();
    vo_cone_t *c = vo_cone_make(t, 1, NULL, pool);
    vo_sql_req_t req;
    int64_t lo[64], hi[64];
    int n, i, k;

    memset(&req, 0, sizeof(req));
    assert_null(vo_cone_request(&req, c, ra, dec, radius, 10, pool));
    assert_int_equal(req.nparams, 7);
    assert_string_equal(req.params[6], "11");
    assert_int_equal(req.max_rows, 10);
    assert_string_equal(req.prepare_name, c->prepare_name);
    n = read_array(req.params[0], lo);
    assert_int_equal(read_array(req.params[1], hi), n);
    assert_int_equal(strlen(req.params[2]), 2 * n + 1);
    assert_true(n > 0);
    for (k = 0; k < 4000; ++k) {
        double pra, pdec;
        int64_t cell;
        int inside, found = -1;

        if (k % 2) { /* somewhere near */
            pdec = dec + radius * (rand() / (double)RAND_MAX * 4 - 2);
            pra = ra + radius * (rand() / (double)RAND_MAX * 4 - 2);
        }
        else { /* anywhere */
            pdec = rand() / (double)RAND_MAX * 180 - 90;
            pra = rand() / (double)RAND_MAX * 360;
        }
        if (pdec < -90 || pdec > 90) {
            continue;
        }
        cell = sky_hpx(pra, pdec);
        for (i = 0; i < n; ++i) {
            if (cell >= lo[i] && cell < hi[i]) {
                assert_int_equal(found, -1); /* no row twice */
                found = i;
            }
        }
        inside = sky_distance(ra, dec, pra, pdec) <= radius;
        if (inside) {
            assert_true(found >= 0);
        }
        if (found >= 0 && req.params[2][1 + 2 * found] == 'f') {
            assert_true(inside);
        }
    }
}

static void test_ranges(void **state)
{
    (void)state;
    srand(20261120);
    check_cone(10, 20, 0.1);
    check_cone(0, 0, 1);
    check_cone(360, 45, 5);
    check_cone(123, 90, 2);
    check_cone(123, -90, 30);
    check_cone(200, -30, 120);
    check_cone(266.4, -29, 180);
    check_cone(266.4, -29, 0);
}

/* A row exactly on the boundary is in, whatever the last bit says. */
static void test_boundary(void **state)
{
    vo_table_t *t = make_table();
    vo_sql_req_t req;
    double r;
    int i;

    (void)state;
    for (i = 1; i < 80; ++i) {
        double d = i / 10.0;

        memset(&req, 0, sizeof(req));
        assert_null(vo_cone_request(&req, vo_cone_make(t, 1, NULL, pool), 10,
                                    0.3, d, 10, pool));
        r = strtod(req.params[5], NULL);
        assert_true(sky_distance(10, 0.3, 10, 0.3 + d) <= r);
        assert_true(r - d < 1e-12);
    }
}

static void test_sample(void **state)
{
    (void)state;
    assert_string_equal(vo_cone_sample_sql(make_table(), pool),
                        "SELECT \"RA\"::float8,\"DE\"::float8 FROM"
                        " \"demo_dr1\".\"st\"\"rs\" WHERE \"hpx\" IS NOT NULL"
                        " LIMIT 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_serves),
        cmocka_unit_test(test_descriptor),
        cmocka_unit_test(test_main_columns),
        cmocka_unit_test(test_verbosity),
        cmocka_unit_test(test_made_up_id),
        cmocka_unit_test(test_prepare_name),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_boundary),
        cmocka_unit_test(test_sample)
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
