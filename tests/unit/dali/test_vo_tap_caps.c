/* test_vo_tap_caps.c: the TAPRegExt capability, read back by libxml2. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <apr_hash.h>
#include <apr_strings.h>
#include <libxml/parser.h>

#include "adql/vo_adql.h"
#include "dali/vo_tap_caps.h"
#include "table/vo_table.h"

static apr_pool_t *pool;

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    return apr_pool_create(&pool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    xmlCleanupParser();
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static xmlDocPtr document(const char *url, const vo_tap_limits_t *limits)
{
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);
    xmlDocPtr doc;

    assert_null(vo_out_puts(out, "<c xmlns:vs=\"urn:vs\" xmlns:xsi=\""
                                 "http://www.w3.org/2001/XMLSchema-instance\""
                                 ">"));
    assert_null(vo_tap_capability(out, url, limits, pool));
    assert_null(vo_out_puts(out, "</c>"));
    assert_null(vo_out_flush(out));
    doc = xmlReadMemory(mem.data, (int)mem.len, "c.xml", NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    return doc;
}

static xmlNodePtr next_element(xmlNodePtr node)
{
    while (node && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

static xmlNodePtr child(xmlNodePtr node, const char *name)
{
    xmlNodePtr c;

    for (c = next_element(node->children); c; c = next_element(c->next)) {
        if (!strcmp((const char *)c->name, name)) {
            return c;
        }
    }
    return NULL;
}

/* Text of NODE in the pool. */
static const char *text_of(xmlNodePtr node)
{
    xmlChar *content = xmlNodeGetContent(node);
    const char *copy = apr_pstrdup(pool, (const char *)content);

    xmlFree(content);
    return copy;
}

static const vo_tap_limits_t some = {5, 7, 11, 13, 17, 19, 23, 29, 0, 0,
                                     NULL};

/* TAPRegExt 1.0, section 2: the order is part of the schema. */
static void test_order(void **state)
{
    static const char *const order[] = {
        "interface", "language", "outputFormat", "uploadMethod",
        "retentionPeriod", "executionDuration", "outputLimit", "uploadLimit",
        NULL};
    xmlDocPtr doc = document("http://x/tap", &some);
    xmlNodePtr cap = next_element(xmlDocGetRootElement(doc)->children);
    xmlNodePtr c;
    int at = -1;

    (void)state;
    assert_string_equal(cap->name, "capability");
    assert_null(cap->ns);
    for (c = next_element(cap->children); c; c = next_element(c->next)) {
        if (at < 0 || strcmp((const char *)c->name, order[at])) {
            ++at;
            assert_non_null(order[at]);
            assert_string_equal(c->name, order[at]);
        }
    }
    assert_null(order[at + 1]);
    xmlFreeDoc(doc);
}

/* The model is told only where the table is; it comes before the language. */
static void test_data_model(void **state)
{
    vo_tap_limits_t limits = some;
    xmlDocPtr doc = document("u", &limits);
    xmlNodePtr cap = next_element(xmlDocGetRootElement(doc)->children), model;
    xmlChar *id;

    (void)state;
    assert_null(child(cap, "dataModel"));
    xmlFreeDoc(doc);
    limits.has_obscore = 1;
    doc = document("u", &limits);
    cap = next_element(xmlDocGetRootElement(doc)->children);
    model = child(cap, "dataModel");
    assert_string_equal(text_of(model), "ObsCore-1.1");
    id = xmlGetProp(model, (const xmlChar *)"ivo-id");
    assert_string_equal((const char *)id,
                        "ivo://ivoa.net/std/ObsCore#core-1.1");
    xmlFree(id);
    assert_string_equal((const char *)next_element(model->next)->name,
                        "language");
    xmlFreeDoc(doc);
}

static void test_limits_and_url(void **state)
{
    vo_tap_limits_t open = {5, 7, 0, 13, 0, 0, 0, 0, 0, 0, NULL};
    xmlDocPtr doc = document("http://x/a&b<c", &some);
    xmlNodePtr cap = next_element(xmlDocGetRootElement(doc)->children);
    xmlNodePtr limit = child(cap, "outputLimit");

    (void)state;
    assert_string_equal(text_of(child(child(cap, "interface"), "accessURL")),
                        "http://x/a&b<c");
    assert_string_equal(text_of(child(limit, "default")), "5");
    assert_string_equal(text_of(child(limit, "hard")), "7");
    limit = child(cap, "executionDuration");
    assert_string_equal(text_of(child(limit, "default")), "11");
    assert_string_equal(text_of(child(limit, "hard")), "13");
    limit = child(cap, "uploadLimit");
    assert_string_equal(text_of(child(limit, "default")), "29");
    assert_string_equal(text_of(child(limit, "hard")), "23");
    xmlFreeDoc(doc);

    doc = document("http://x/tap", &open);
    cap = next_element(xmlDocGetRootElement(doc)->children);
    limit = child(cap, "executionDuration");
    assert_null(child(limit, "default"));
    assert_null(child(cap, "uploadMethod"));
    assert_null(child(cap, "uploadLimit"));
    assert_string_equal(text_of(child(limit, "hard")), "13");
    xmlFreeDoc(doc);
}

/* Whatever is listed can be asked for, and means that format; nothing twice. */
static void test_formats(void **state)
{
    const vo_tablefmt_t *const *all = vo_tablefmt_all();
    xmlDocPtr doc = document("http://x/tap", &some);
    xmlNodePtr cap = next_element(xmlDocGetRootElement(doc)->children);
    xmlNodePtr c, word;
    apr_hash_t *seen = apr_hash_make(pool);
    int n = 0;

    (void)state;
    for (c = next_element(cap->children); c; c = next_element(c->next)) {
        if (strcmp((const char *)c->name, "outputFormat")) {
            continue;
        }
        assert_non_null(all[n]);
        for (word = next_element(c->children); word;
             word = next_element(word->next)) {
            const char *text = text_of(word);
            const vo_tablefmt_t *fmt;

            assert_null(vo_tablefmt_find(&fmt, NULL, text, pool));
            assert_ptr_equal(fmt, all[n]);
            assert_null(apr_hash_get(seen, text, APR_HASH_KEY_STRING));
            apr_hash_set(seen, text, APR_HASH_KEY_STRING, text);
        }
        ++n;
    }
    assert_null(all[n]);
    xmlFreeDoc(doc);
}

/* Every feature of the translator, grouped by type, each type once. */
static void test_features(void **state)
{
    const vo_adql_feature_t *features = vo_adql_features(0, pool);
    xmlDocPtr doc = document("http://x/tap", &some);
    xmlNodePtr cap = next_element(xmlDocGetRootElement(doc)->children);
    xmlNodePtr lang = child(cap, "language"), c, f;
    apr_hash_t *types = apr_hash_make(pool);
    int n = 0, want = 0, i;

    (void)state;
    while (features[want].type) {
        ++want;
    }
    assert_true(want > 20);
    for (c = next_element(lang->children); c; c = next_element(c->next)) {
        xmlChar *type;

        if (strcmp((const char *)c->name, "languageFeatures")) {
            continue;
        }
        type = xmlGetNoNsProp(c, (const xmlChar *)"type");
        assert_null(apr_hash_get(types, type, APR_HASH_KEY_STRING));
        apr_hash_set(types, apr_pstrdup(pool, (char *)type),
                     APR_HASH_KEY_STRING, "");
        for (f = next_element(c->children); f; f = next_element(f->next)) {
            const char *form = text_of(child(f, "form"));

            for (i = 0; i < want; ++i) {
                if (!strcmp(features[i].type, (char *)type)
                    && !strcmp(features[i].form, form)) {
                    break;
                }
            }
            assert_true(i < want);
            ++n;
        }
        xmlFree(type);
    }
    assert_int_equal(n, want);
    xmlFreeDoc(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_data_model),
        cmocka_unit_test(test_limits_and_url),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_features),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
