/* test_vo_vosi.c: VOSI documents, read back with libxml2 and XPath. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "xml/vo_vosi.h"

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
    xmlCleanupParser();
    return 0;
}

/* A document being written and then asked. */
typedef struct doc_t {
    vo_out_mem_t mem;
    vo_out_t *out;
    xmlDocPtr xml;
    xmlXPathContextPtr ctx;
} doc_t;

static void doc_open(doc_t *d)
{
    memset(d, 0, sizeof(*d));
    d->out = vo_out_to_memory(&d->mem, pool);
}

static void doc_read(doc_t *d)
{
    static const char *const ns[][2] = {
        { "av", "http://www.ivoa.net/xml/VOSIAvailability/v1.0" },
        { "cap", "http://www.ivoa.net/xml/VOSICapabilities/v1.0" },
        { "tab", "http://www.ivoa.net/xml/VOSITables/v1.0" },
        { "xsi", "http://www.w3.org/2001/XMLSchema-instance" }
    };
    size_t i;

    assert_null(vo_out_flush(d->out));
    d->xml = xmlReadMemory(d->mem.data, (int)d->mem.len, "doc.xml", NULL,
                           XML_PARSE_NONET);
    assert_non_null(d->xml);
    d->ctx = xmlXPathNewContext(d->xml);
    for (i = 0; i < sizeof(ns) / sizeof(ns[0]); ++i) {
        xmlXPathRegisterNs(d->ctx, BAD_CAST ns[i][0], BAD_CAST ns[i][1]);
    }
}

static void doc_close(doc_t *d)
{
    xmlXPathFreeContext(d->ctx);
    xmlFreeDoc(d->xml);
}

/* The string value of EXPR. */
static const char *ask(doc_t *d, const char *expr)
{
    xmlXPathObjectPtr found = xmlXPathEval(BAD_CAST expr, d->ctx);
    xmlChar *text;
    const char *copy;

    assert_non_null(found);
    text = xmlXPathCastToString(found);
    copy = apr_pstrdup(pool, (const char *)text);
    xmlFree(text);
    xmlXPathFreeObject(found);
    return copy;
}

#define assert_xpath(d, expr, text) assert_string_equal(ask(d, expr), text)

static void test_availability_up(void **state)
{
    vo_vosi_avail_t a = { 1, 0, 0, 0, NULL };
    doc_t d;

    (void)state;
    a.up_since = apr_time_from_sec(1767225600); /* 2026-01-01 00:00 UTC */
    doc_open(&d);
    assert_null(vo_vosi_availability(d.out, &a));
    doc_read(&d);
    assert_xpath(&d, "name(/*)", "vosi:availability");
    assert_xpath(&d, "/av:availability/av:available", "true");
    assert_xpath(&d, "/av:availability/av:upSince", "2026-01-01T00:00:00Z");
    /* every child is qualified */
    assert_xpath(&d, "count(/*/*) = count(/*/av:*)", "true");
    assert_xpath(&d, "count(/*/*)", "2");
    doc_close(&d);
}

static void test_availability_down(void **state)
{
    vo_vosi_avail_t a = { 0, 0, 0, 0, "no <database> & no hope" };
    doc_t d;

    (void)state;
    a.up_since = apr_time_from_sec(1);
    a.down_at = apr_time_from_sec(951782400); /* 2000-02-29 00:00 UTC */
    a.back_at = apr_time_from_sec(951868799);
    doc_open(&d);
    assert_null(vo_vosi_availability(d.out, &a));
    doc_read(&d);
    assert_xpath(&d, "//av:available", "false");
    assert_xpath(&d, "local-name(/*/*[2])", "upSince");
    assert_xpath(&d, "/*/*[3]", "2000-02-29T00:00:00Z");
    assert_xpath(&d, "/*/*[4]", "2000-02-29T23:59:59Z");
    assert_xpath(&d, "/*/*[5]", "no <database> & no hope");
    doc_close(&d);
}

static void test_capabilities(void **state)
{
    vo_vosi_cone_t cone = { "https://h/vo/cone/r/t?a=1&", "Stars <3 & more",
                            0.5, 1000, 83.63, -22.01, 0.25,
                            "ivo://ivoa.net/sso#BasicAA" };
    doc_t d;

    (void)state;
    doc_open(&d);
    assert_null(vo_vosi_caps_begin(d.out));
    assert_null(vo_vosi_cap_cone(d.out, &cone));
    assert_null(vo_vosi_cap_self(d.out, "https://h/vo/cone/r/t?a&b", 1,
                                 "ivo://ivoa.net/sso#cookie"));
    assert_null(vo_vosi_cap_self(d.out, "https://h/o", 0,
                                 "ivo://ivoa.net/sso#cookie"));
    assert_null(vo_vosi_cap_examples(d.out, "https://h/ex", NULL));
    assert_null(vo_vosi_caps_end(d.out));
    doc_read(&d);
    assert_xpath(&d, "count(/cap:capabilities/capability)", "7");
    assert_xpath(&d, "count(//capability/interface[@role='std'])", "7");
    assert_xpath(&d, "string(/*/capability[1]/@xsi:type)", "cs:ConeSearch");
    assert_xpath(&d, "/*/capability[1]/description", "Stars <3 & more");
    assert_xpath(&d, "/*/capability[1]//accessURL[@use='base']",
                 "https://h/vo/cone/r/t?a=1&");
    assert_xpath(&d, "/*/capability[1]/maxSR", "0.5");
    assert_xpath(&d, "/*/capability[1]/maxRecords", "1000");
    assert_xpath(&d, "/*/capability[1]/verbosity", "true");
    assert_xpath(&d, "number(/*/capability[1]/testQuery/ra)", "83.63");
    assert_xpath(&d, "number(/*/capability[1]/testQuery/dec)", "-22.01");
    assert_xpath(&d, "number(/*/capability[1]/testQuery/sr)", "0.25");
    assert_xpath(&d, "local-name(//maxSR/preceding-sibling::*[1])",
                 "interface");
    assert_xpath(&d, "count(//param[@use='required'][@std='true'])", "3");
    assert_xpath(&d, "string(//param[name='SR']/unit)", "deg");
    /* behind the address of the cone search, and of tables; never of the
     * capabilities */
    assert_xpath(&d, "count(//securityMethod)", "2");
    assert_xpath(&d, "string(//capability[@standardID='" VO_VOSI_TABLES
                 "']/interface/accessURL/following-sibling::*[1]/@standardID)",
                 "ivo://ivoa.net/sso#cookie");
    assert_xpath(&d, "string(/*/capability[1]/interface/accessURL/following-"
                     "sibling::*[1][self::securityMethod]/@standardID)",
                 "ivo://ivoa.net/sso#BasicAA");
    assert_xpath(&d, "count(//unit[.=''] | //ucd[.=''])", "0");
    assert_xpath(&d, "//capability[@standardID='" VO_VOSI_TABLES
                 "']//accessURL[@use='full']",
                 "https://h/vo/cone/r/t?a&b/tables");
    assert_xpath(&d, "//capability[@standardID='" VO_VOSI_CAPABILITIES
                 "']//accessURL", "https://h/vo/cone/r/t?a&b/capabilities");
    assert_xpath(&d, "//capability[@standardID='" VO_VOSI_AVAILABILITY
                 "']//accessURL", "https://h/vo/cone/r/t?a&b/availability");
    assert_xpath(&d, "count(//capability[@standardID='" VO_VOSI_TABLES "'])",
                 "1");
    assert_xpath(&d, "//interface[@xsi:type='vr:WebBrowser']/accessURL",
                 "https://h/ex");
    doc_close(&d);
}

/* demo.Stars, demo."my table" and TAP_SCHEMA.tables, with a key. */
static const vo_release_t *make_release(void)
{
    static const char *const from[] = { "star" }, *const to[] = { "id" };
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "demo-dr1");
    vo_schema_t *schema = vo_release_add_schema(meta, rel, "demo");
    vo_table_t *t;
    vo_column_t *c;

    schema->description = "A & B";
    vo_release_add_schema(meta, rel, "TAP_SCHEMA");
    t = vo_release_add_table(meta, rel, "demo", "Stars", "demo_dr1", "stars");
    t->description = "Stars";
    c = vo_table_add_column(meta, t, "id", VO_TYPE_LONG, NULL, "id", "bigint");
    c->is_indexed = 1;
    t->id = c;
    c = vo_table_add_column(meta, t, "ra", VO_TYPE_DOUBLE, NULL, "ra",
                            "double precision");
    c->field.unit = "deg";
    c->field.ucd = "pos.eq.ra;meta.main";
    c->field.description = "Right ascension";
    c = vo_table_add_column(meta, t, "MAG", VO_TYPE_FLOAT, "12", "mag",
                            "real[]");
    c->field.ucd = "";
    c = vo_table_add_column(meta, t, "s_region", VO_TYPE_CHAR, "*", "s_region",
                            "sky_region");
    c->field.xtype = "adql:REGION";
    c = vo_table_add_column(meta, t, "select", VO_TYPE_INT, NULL, "select",
                            "integer");
    c->adql_name = "\"select\"";
    t = vo_release_add_table(meta, rel, "demo", "my \"t", "demo_dr1", "my");
    t->tap_name = "demo.\"my \"\"t\"";
    vo_table_add_column(meta, t, "star", VO_TYPE_LONG, NULL, "star", "bigint");
    vo_release_add_key(meta, rel, "k1", t->tap_name, "demo.Stars", 1, from,
                       to)->description = "its star";
    t = vo_release_add_table(meta, rel, "TAP_SCHEMA", "columns", "demo_dr1",
                             "tap_columns");
    c = vo_table_add_column(meta, t, "size", VO_TYPE_INT, NULL, "size",
                            "integer");
    c->adql_name = "\"size\"";
    c->is_std = 1;
    return rel;
}

static void test_tables_full(void **state)
{
    const vo_release_t *rel = make_release();
    doc_t d;

    (void)state;
    doc_open(&d);
    assert_null(vo_vosi_tableset(d.out, rel, NULL, VO_VOSI_MAX));
    doc_read(&d);
    assert_xpath(&d, "name(/*)", "vosi:tableset");
    assert_xpath(&d, "count(/tab:tableset/schema)", "2");
    assert_xpath(&d, "/*/schema[1]/name", "demo");
    assert_xpath(&d, "/*/schema[1]/description", "A & B");
    assert_xpath(&d, "/*/schema[2]/name", "TAP_SCHEMA");
    assert_xpath(&d, "/*/schema[1]/table[1]/name", "demo.Stars");
    assert_xpath(&d, "string(/*/schema[1]/table[1]/@type)", "table");
    assert_xpath(&d, "/*/schema[1]/table[2]/name", "demo.\"my \"\"t\"");
    assert_xpath(&d, "count(//table[1]/column[flag='indexed'])", "1");
    assert_xpath(&d, "//column[flag='primary']/name", "id");
    assert_xpath(&d, "//column[name='ra']/unit", "deg");
    assert_xpath(&d, "//column[name='ra']/ucd", "pos.eq.ra;meta.main");
    assert_xpath(&d, "local-name(//column[name='ra']/*[2])", "description");
    assert_xpath(&d, "count(//column[name='ra']/dataType/@arraysize)", "0");
    assert_xpath(&d, "//column[name='MAG']/dataType", "float");
    assert_xpath(&d, "string(//column[name='MAG']/dataType/@arraysize)", "12");
    assert_xpath(&d, "count(//column[name='MAG']/ucd)", "0");
    assert_xpath(&d, "string(//column[name='s_region']/dataType"
                 "/@extendedType)", "adql:REGION");
    assert_xpath(&d, "count(//dataType[@xsi:type='vs:VOTableType'])", "7");
    assert_xpath(&d, "//table[1]/column[5]/name", "\"select\"");
    assert_xpath(&d, "//schema[2]//column/name", "\"size\"");
    assert_xpath(&d, "string(//schema[2]//column/@std)", "true");
    assert_xpath(&d, "//table[2]/foreignKey/targetTable", "demo.Stars");
    assert_xpath(&d, "//foreignKey/fkColumn/fromColumn", "star");
    assert_xpath(&d, "//foreignKey/fkColumn/targetColumn", "id");
    assert_xpath(&d, "//foreignKey/description", "its star");
    doc_close(&d);
}

static void test_tables_min_and_only(void **state)
{
    const vo_release_t *rel = make_release();
    const vo_table_t *table = rel->tables[1];
    doc_t d;

    (void)state;
    doc_open(&d);
    assert_null(vo_vosi_tableset(d.out, rel, NULL, VO_VOSI_MIN));
    doc_read(&d);
    assert_xpath(&d, "count(//table)", "3");
    assert_xpath(&d, "count(//column | //foreignKey)", "0");
    doc_close(&d);

    doc_open(&d);
    assert_null(vo_vosi_tableset(d.out, rel, table, VO_VOSI_MAX));
    doc_read(&d);
    assert_xpath(&d, "count(/*/schema)", "1");
    assert_xpath(&d, "count(//table)", "1");
    /* the key's target is not in this document */
    assert_xpath(&d, "count(//foreignKey)", "0");
    doc_close(&d);

    doc_open(&d);
    assert_null(vo_vosi_table(d.out, rel, table));
    doc_read(&d);
    assert_xpath(&d, "name(/tab:table)", "vosi:table");
    assert_xpath(&d, "string(/tab:table/@type)", "table");
    assert_xpath(&d, "/*/name", "demo.\"my \"\"t\"");
    assert_xpath(&d, "count(/*/column)", "1");
    assert_xpath(&d, "count(/*/foreignKey)", "1");
    doc_close(&d);
}

static void test_find_table(void **state)
{
    const vo_release_t *rel = make_release();
    int i;

    (void)state;
    for (i = 0; i < rel->ntables; ++i) {
        assert_ptr_equal(vo_vosi_find_table(rel, rel->tables[i]->tap_name),
                         rel->tables[i]);
    }
    assert_ptr_equal(vo_vosi_find_table(rel, "DEMO.stars"), rel->tables[0]);
    assert_null(vo_vosi_find_table(rel, "Stars"));
    assert_null(vo_vosi_find_table(rel, "demo.Star"));
    assert_null(vo_vosi_find_table(rel, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_availability_up),
        cmocka_unit_test(test_availability_down),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_tables_full),
        cmocka_unit_test(test_tables_min_and_only),
        cmocka_unit_test(test_find_table)
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
