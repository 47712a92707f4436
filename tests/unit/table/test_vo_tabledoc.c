/* test_vo_tabledoc.c: frames, groups and origin of a result. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "table/vo_tabledoc.h"

static apr_pool_t *pool;

static const vo_column_t *add(vo_meta_t *meta, vo_table_t *t, const char *name,
                              const char *ucd, const char *timesys)
{
    vo_column_t *c = vo_table_add_column(meta, t, name, VO_TYPE_DOUBLE, NULL,
                                         name, "double precision");

    c->field.ucd = ucd;
    c->timesys = timesys;
    return c;
}

/* Two tables with positions of epochs A and B, and times. */
static vo_release_t *make_release(double a, double b)
{
    static const char *const columns[] = {"mag", "gone", "T"};
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "r");
    double epochs[] = {a, b};
    int i;

    vo_release_add_schema(meta, rel, "s");
    for (i = 0; i < 2; ++i) {
        vo_table_t *t = vo_release_add_table(meta, rel, "s", i ? "b" : "a",
                                             "r", i ? "b" : "a");

        t->ra = add(meta, t, "ra", "pos.eq.ra;meta.main", NULL);
        t->dec = add(meta, t, "dec", "pos.eq.dec;meta.main", NULL);
        add(meta, t, "mag", "phot.mag", NULL);
        add(meta, t, "t", "time.epoch", i ? "TDB BARYCENTER MJD-origin"
                                          : "UTC TOPOCENTER");
        add(meta, t, "u", "time.epoch", "UTC TOPOCENTER");
        t->epoch = epochs[i];
        vo_table_add_group(meta, t, "g", 3, columns);
    }
    rel->reference_url = "http://h/";
    return rel;
}

static vo_tabledoc_t describe(vo_field_t *fields, int n,
                              const vo_release_t *rel)
{
    vo_tabledoc_t doc;

    memset(&doc, 0, sizeof(doc));
    doc.nfields = n;
    doc.fields = fields;
    vo_tabledoc_describe(&doc, fields, rel, pool);
    return doc;
}

static vo_field_t of(const vo_release_t *rel, int table, int column)
{
    return rel->tables[table]->columns[column]->field;
}

static void test_epochs(void **state)
{
    vo_release_t *rel = make_release(2000, 2016);
    vo_field_t fields[5] = {of(rel, 0, 0), of(rel, 1, 1), of(rel, 0, 2),
                            of(rel, 0, 1), {0}};
    vo_tabledoc_t doc;

    (void)state;
    fields[4].name = "computed";
    fields[4].ucd = "pos.eq.ra";
    doc = describe(fields, 5, rel);
    assert_int_equal(doc.ncoosys, 3);
    assert_string_equal(doc.coosys[0].epoch, "J2000");
    assert_string_equal(doc.coosys[1].epoch, "J2016");
    assert_null(doc.coosys[2].epoch);
    assert_string_equal(fields[0].ref, doc.coosys[0].id);
    assert_string_equal(fields[1].ref, doc.coosys[1].id);
    assert_null(fields[2].ref);
    assert_string_equal(fields[3].ref, doc.coosys[0].id);
    assert_string_equal(fields[4].ref, doc.coosys[2].id);
    assert_string_not_equal(doc.coosys[0].id, doc.coosys[1].id);

    rel = make_release(2000, 2000);
    fields[0] = of(rel, 0, 0);
    fields[1] = of(rel, 1, 1);
    fields[2] = fields[4];
    doc = describe(fields, 3, rel);
    assert_int_equal(doc.ncoosys, 1);
    assert_string_equal(fields[2].ref, doc.coosys[0].id);
}

static void test_times(void **state)
{
    vo_release_t *rel = make_release(2000, 2016);
    vo_field_t fields[4] = {of(rel, 0, 3), of(rel, 1, 3), of(rel, 1, 4),
                            of(rel, 0, 2)};
    vo_tabledoc_t doc = describe(fields, 4, rel);

    (void)state;
    assert_int_equal(doc.ncoosys, 0);
    assert_int_equal(doc.ntimesys, 2);
    assert_string_equal(doc.timesys[0].timescale, "UTC");
    assert_string_equal(doc.timesys[0].refposition, "TOPOCENTER");
    assert_null(doc.timesys[0].timeorigin);
    assert_string_equal(doc.timesys[1].timeorigin, "MJD-origin");
    assert_string_equal(fields[0].ref, doc.timesys[0].id);
    assert_string_equal(fields[1].ref, doc.timesys[1].id);
    assert_string_equal(fields[2].ref, doc.timesys[0].id);
    assert_null(fields[3].ref);
}

static void test_timesys_words(void **state)
{
    static const struct {
        const char *text;
        int is_good;
    } cases[] = {
        {"UTC TOPOCENTER", 1}, {" TDB\tBARYCENTER  JD-origin ", 1},
        {"TCB EMBARYCENTER 2455197.5", 1}, {"UNKNOWN UNKNOWN", 1},
        {"", 0}, {"UTC", 0}, {"TOPOCENTER UTC", 0}, {"UTC MARS", 0},
        {"utc TOPOCENTER", 0}, {"UTC TOPOCENTER today", 0},
        {"UTC TOPOCENTER 1 2", 0}, {"UTCX TOPOCENTER", 0},
    };
    vo_timesys_t timesys;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        vo_err_t *err = vo_timesys_parse(&timesys, cases[i].text, pool);

        assert_int_equal(!err, cases[i].is_good);
    }
}

/* Each table's groups, with the columns that are there, as they are called. */
static void test_groups(void **state)
{
    vo_release_t *rel = make_release(0, 0);
    vo_field_t fields[4] = {of(rel, 0, 2), of(rel, 1, 3), of(rel, 0, 3),
                            of(rel, 0, 0)};
    vo_tabledoc_t doc;

    (void)state;
    fields[0].name = "renamed";
    doc = describe(fields, 4, rel);
    assert_int_equal(doc.ngroups, 2);
    assert_int_equal(doc.groups[0].ncolumns, 2);
    assert_string_equal(doc.groups[0].columns[0], "renamed");
    assert_string_equal(doc.groups[0].columns[1], "t");
    assert_int_equal(doc.groups[1].ncolumns, 1);
    doc = describe(fields + 3, 1, rel);
    assert_int_equal(doc.ngroups, 0);
    assert_int_equal(doc.nlinks, 1);
    assert_string_equal(doc.links[0].href, "http://h/");
}

static const char *value_of(const vo_info_t *infos, int n, const char *name)
{
    int i;

    for (i = 0; i < n; ++i) {
        if (!strcmp(infos[i].name, name)) {
            return infos[i].value;
        }
    }
    return NULL;
}

static void test_origin(void **state)
{
    vo_release_t *rel = make_release(0, 0);
    vo_info_t infos[VO_ORIGIN_INFOS];
    vo_origin_t origin = {0};
    int n;

    (void)state;
    rel->rights = "https://creativecommons.org/licenses/by/4.0/";
    rel->publisher = "P";
    rel->doi = "10.1/x";
    rel->updated = apr_time_from_sec(86400);
    origin.rel = rel;
    origin.protocol = "ivo://x";
    origin.query = "SELECT 1";
    origin.date = apr_time_from_sec(1000000000);
    n = vo_origin_infos(infos, &origin, pool);
    assert_string_equal(value_of(infos, n, "publisher"), "P");
    assert_string_equal(value_of(infos, n, "service_protocol"), "ivo://x");
    assert_string_equal(value_of(infos, n, "query"), "SELECT 1");
    assert_string_equal(value_of(infos, n, "citation"), "10.1/x");
    assert_string_equal(value_of(infos, n, "rights_uri"), rel->rights);
    assert_string_equal(value_of(infos, n, "request_date"),
                        "2001-09-09T01:46:40");
    assert_string_equal(value_of(infos, n, "last_update_date"),
                        "1970-01-02T00:00:00");
    assert_null(value_of(infos, n, "rights"));
    assert_null(value_of(infos, n, "creator"));
    assert_null(value_of(infos, n, "request"));
    rel->rights = "Ask us";
    n = vo_origin_infos(infos, &origin, pool);
    assert_string_equal(value_of(infos, n, "rights"), "Ask us");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_timesys_words),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_origin),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
