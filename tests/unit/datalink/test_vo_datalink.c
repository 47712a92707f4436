/* test_vo_datalink.c: tables of links without server or database. */
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

#include "datalink/vo_datalink.h"

static apr_pool_t *pool;
static vo_release_t rel = {.id = "d-1", .state = VO_STATE_PUBLIC};

/* How often S holds WORD. */
static int count(const char *s, const char *word)
{
    int n = 0;

    while ((s = strstr(s, word))) {
        ++n;
        s += strlen(word);
    }
    return n;
}

static vo_datalink_t *start(vo_out_mem_t *mem, vo_out_t **out,
                            const char *format)
{
    const vo_tablefmt_t *fmt;
    const char *type;
    vo_datalink_t *dl;

    memset(mem, 0, sizeof(*mem));
    *out = vo_out_to_memory(mem, pool);
    assert_null(vo_tablefmt_find(&fmt, &type, format, pool));
    dl = vo_datalink_create("http://h/vo", &rel, fmt, type, pool);
    dl->has_soda = 1;
    assert_null(vo_datalink_begin(dl, *out));
    return dl;
}

static vo_image_t an_image(void)
{
    vo_image_t image;

    memset(&image, 0, sizeof(image));
    image.did = "ivo://a/d-1?x.fits";
    image.product_type = "image";
    image.obs_id = "x";
    image.region = "polygon 1 1 2 1 2 2";
    image.ra = 1.5;
    image.dec = 1.5;
    image.fov = 3;
    image.em_min = image.em_max = NAN;
    image.is_valid = 1;
    image.file.path = "x.fits";
    image.file.media_type = "image/fits";
    image.file.size = 2880;
    return image;
}

static void test_image(void **state)
{
    vo_image_t image = an_image();
    vo_out_mem_t mem;
    vo_out_t *out;
    vo_datalink_t *dl = start(&mem, &out, "votable");

    (void)state;
    assert_null(vo_datalink_image(dl, image.did, &image, pool));
    dl->has_soda = 0; /* as if mod_soda were not there */
    assert_null(vo_datalink_image(dl, "ivo://a/d-1?z", &image, pool));
    dl->has_soda = 1;
    image.region = "circle 1 1 1";
    image.fov = NAN;
    assert_null(vo_datalink_image(dl, "ivo://a/d-1?y", &image, pool));
    assert_null(vo_datalink_end(dl, VO_DONE_OK));
    assert_null(vo_out_flush(out));
    assert_int_equal(count(mem.data, "<TR>"), 7);
    assert_int_equal(count(mem.data, "<MAX"), 4); /* nothing of NaN */
    assert_null(strstr(mem.data, "NaN"));
    assert_int_equal(count(mem.data, "<MAX value=\"1.5 1.5 1.5\"/>"), 2);
    assert_int_equal(count(mem.data, "<MAX value=\"1 1 2 1 2 2\"/>"), 2);
    assert_int_equal(count(mem.data, "ID=\"soda-"), 4);
}

/* A product that is another service's answer, of a kind nobody can cut. */
static void test_link(void **state)
{
    vo_image_t image = an_image();
    vo_out_mem_t mem;
    vo_out_t *out;
    vo_datalink_t *dl = start(&mem, &out, "votable");

    (void)state;
    memset(&image.file, 0, sizeof(image.file));
    image.product_type = "measurements";
    image.link = "tap/d-1";
    rel.state = VO_STATE_PRIVATE;
    assert_null(vo_datalink_image(dl, image.did, &image, pool));
    rel.state = VO_STATE_PUBLIC;
    rel.embargo_until = apr_time_now() + apr_time_from_sec(3600);
    assert_null(vo_datalink_image(dl, image.did, &image, pool));
    rel.embargo_until = 0;
    assert_null(vo_datalink_end(dl, VO_DONE_OK));
    assert_null(vo_out_flush(out));
    assert_int_equal(count(mem.data, "<TR>"), 2);
    assert_non_null(strstr(mem.data, "<TD>http://h/vo/tap/d-1</TD>"));
    assert_non_null(strstr(mem.data, "<TD>#measurements</TD>"));
    assert_int_equal(count(mem.data, "<TD>true</TD><TD>true</TD></TR>"), 2);
    assert_null(strstr(mem.data, "soda"));
}

/* No room for descriptors: no rows that would need them. */
static void test_csv(void **state)
{
    vo_image_t image = an_image();
    vo_out_mem_t mem;
    vo_out_t *out;
    vo_datalink_t *dl = start(&mem, &out, "csv");

    (void)state;
    assert_null(vo_datalink_image(dl, image.did, &image, pool));
    assert_null(vo_datalink_end(dl, VO_DONE_OK));
    assert_null(vo_out_flush(out));
    assert_int_equal(count(mem.data, "\n"), 2);
    assert_int_equal(count(mem.data, ",2880,#image,"), 1);
}

static vo_err_t *finds_nothing(void *baton, const vo_sql_req_t *req,
                               vo_sql_done_t *done)
{
    ++*(int *)baton;
    memset(done, 0, sizeof(*done));
    return req->begin(req->baton, 0, NULL);
}

static void test_rows(void **state)
{
    static vo_table_t obscore;
    apr_array_header_t *ids = apr_array_make(pool, 16, sizeof(char *));
    vo_out_mem_t mem;
    vo_out_t *out;
    vo_datalink_t *dl = start(&mem, &out, "votable");
    int i, nqueries = 0;

    (void)state;
    for (i = 0; i < 1000; ++i) {
        APR_ARRAY_PUSH(ids, const char *) = apr_psprintf(pool, "id-%d", i);
        APR_ARRAY_PUSH(ids, const char *) = "id-0";
    }
    rel.pg_schema = "d_1";
    rel.obscore = &obscore;
    assert_null(vo_datalink_rows(dl, ids, finds_nothing, &nqueries));
    rel.obscore = NULL;
    assert_null(vo_datalink_end(dl, VO_DONE_OK));
    assert_null(vo_out_flush(out));
    assert_int_equal(count(mem.data, "<TD>NotFoundFault: "), 1000);
    assert_in_range(nqueries, 1, 10);
}

static void test_words(void **state)
{
    static const struct {
        const char *asked, *told;
    } types[] = {
        {"votable", VO_DATALINK_TYPE},
        {VO_DATALINK_TYPE, VO_DATALINK_TYPE},
        {"text/xml", "text/xml"},
        {"application/x-votable+xml;serialization=BINARY2",
         "application/x-votable+xml;serialization=BINARY2;content=datalink"},
        {"json", "application/json"},
    };
    vo_err_t *err = vo_err_make(pool, VO_ERR_BUSY, "Come back.");
    const vo_tablefmt_t *fmt;
    const char *type;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(types) / sizeof(*types); ++i) {
        assert_null(vo_tablefmt_find(&fmt, &type, types[i].asked, pool));
        assert_string_equal(vo_datalink_media_type(fmt, type, pool),
                            types[i].told);
    }
    assert_string_equal(vo_datalink_error(err, pool),
                        "TransientFault: Come back.");
}

static void test_descriptors(void **state)
{
    vo_table_t obscore = {0};
    vo_column_t column = {.field = {.name = "obs_publisher_did"},
                          .table = &obscore};
    vo_field_t fields[2] = {{.name = "n"}, {.name = "x", .column = &column}};
    apr_array_header_t *to = apr_array_make(pool, 2, sizeof(vo_descriptor_t));
    const vo_descriptor_t *d;
    vo_descriptor_t soda;

    (void)state;
    assert_null(vo_datalink_column(&rel, 2, fields));
    rel.obscore = &obscore;
    assert_string_equal(vo_datalink_column(&rel, 2, fields), "x");
    assert_null(vo_datalink_column(&rel, 1, fields));
    rel.obscore = NULL;
    vo_datalink_descriptor(to, "http://h/vo", &rel, "x", pool);
    d = &APR_ARRAY_IDX(to, 0, vo_descriptor_t);
    assert_string_equal(d->access_url, "http://h/vo/datalink/d-1/links");
    assert_string_equal(d->params[0].column, "x");
    vo_datalink_soda(&soda, "http://h/vo", &rel, 1, "x", NULL, NULL, pool);
    assert_string_equal(soda.access_url, "http://h/vo/soda/d-1/async");
    assert_string_equal(soda.params[0].column, "x");
    assert_null(soda.params[0].value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image), cmocka_unit_test(test_link),
        cmocka_unit_test(test_csv),   cmocka_unit_test(test_rows),
        cmocka_unit_test(test_words), cmocka_unit_test(test_descriptors),
    };
    int rc;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return rc;
}
