/* test_vo_dali_examples.c: the document of example queries. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <libxml/parser.h>

#include "dali/vo_dali_examples.h"

static apr_pool_t *pool;

static vo_release_t *make_release(vo_meta_t **made)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "r");
    vo_table_t *t;

    vo_release_add_schema(meta, rel, "s");
    t = vo_release_add_table(meta, rel, "s", "t", "r", "t");
    vo_table_add_column(meta, t, "a", VO_TYPE_DOUBLE, NULL, "a",
                        "double precision")->field.pg_oid = 701;
    t->tap_name = "s.t";
    *made = meta;
    return rel;
}

static const char *written(const vo_release_t *rel, int *nleft_out)
{
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);
    xmlDocPtr doc;

    assert_null(vo_dali_examples(out, rel, "http://h/sync", nleft_out, pool));
    assert_null(vo_out_flush(out));
    doc = xmlReadMemory(mem.data, (int)mem.len, NULL, NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    xmlFreeDoc(doc);
    return mem.data;
}

static void test_given(void **state)
{
    vo_meta_t *meta;
    vo_release_t *rel = make_release(&meta);
    const char *text;
    int n;

    (void)state;
    vo_release_add_example(meta, rel, "one", "A & B", "First.\n\n\n<i>",
                           "SELECT a FROM s.t WHERE a < 1 AND 'x\"' = 'y'");
    vo_release_add_example(meta, rel, "two", "Gone", NULL, "SELECT b FROM s.t");
    text = written(rel, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, "<h2 property=\"name\">A &amp; B</h2>"));
    assert_non_null(strstr(text, "<p>First.</p>\n<p>&lt;i&gt;</p>"));
    assert_non_null(strstr(text, "<span property=\"table\">s.t</span>"));
    assert_non_null(strstr(text, "QUERY=SELECT"));
    assert_null(strstr(text, "Gone"));
}

/* Without any: those that follow from the tables; no table has a position. */
static void test_none_given(void **state)
{
    vo_meta_t *meta;
    vo_release_t *rel = make_release(&meta);
    const char *text;
    int n;

    (void)state;
    text = written(rel, &n);
    assert_non_null(strstr(text, "SELECT TOP 10 *\nFROM s.t</pre>"));
    assert_null(strstr(text, "CIRCLE"));
    /* there is no TAP_SCHEMA here */
    assert_int_equal(n, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_none_given),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
