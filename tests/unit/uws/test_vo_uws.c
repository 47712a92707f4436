/* test_vo_uws.c: phases, values, forms and documents of jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "uws/vo_uws.h"

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
    apr_pool_destroy(pool);
    xmlCleanupParser();
    apr_terminate();
    return 0;
}

/* --- phases -------------------------------------------------------------- */

static void test_words(void **state)
{
    static const char *const words[] = {
        "PENDING", "QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED",
        "UNKNOWN", "HELD", "SUSPENDED", "ARCHIVED"};
    int i;

    (void)state;
    assert_int_equal(VO_PHASE_COUNT, 10);
    for (i = 0; i < VO_PHASE_COUNT; ++i) {
        assert_string_equal(vo_phase_name((vo_phase_e)i), words[i]);
        assert_int_equal(vo_phase_parse(words[i]), i);
    }
    assert_int_equal(vo_phase_parse("pending"), -1);
    assert_int_equal(vo_phase_parse(""), -1);
    assert_int_equal(vo_phase_parse("RUN"), -1);
}

/* The rows of UWS 1.1's state diagram that clients meet, spelled out. */
static void test_moves(void **state)
{
    (void)state;
    assert_string_equal(vo_phase_sources(VO_PHASE_QUEUED, VO_BY_CLIENT, pool),
                        "{PENDING,HELD}");
    assert_string_equal(vo_phase_sources(VO_PHASE_ABORTED, VO_BY_CLIENT, pool),
                        "{PENDING,QUEUED,EXECUTING,HELD,SUSPENDED}");
    assert_string_equal(vo_phase_sources(VO_PHASE_COMPLETED, VO_BY_SERVER,
                                         pool),
                        "{EXECUTING,UNKNOWN}");
    assert_string_equal(vo_phase_sources(VO_PHASE_COMPLETED, VO_BY_CLIENT,
                                         pool),
                        "{}");
    assert_false(vo_phase_may(VO_PHASE_COMPLETED, VO_PHASE_QUEUED,
                              VO_BY_CLIENT));
    assert_false(vo_phase_may(VO_PHASE_ABORTED, VO_PHASE_ABORTED,
                              VO_BY_CLIENT));
    assert_true(vo_phase_may(VO_PHASE_EXECUTING, VO_PHASE_QUEUED,
                             VO_BY_SERVER));
    assert_false(vo_phase_may(VO_PHASE_EXECUTING, VO_PHASE_QUEUED,
                              VO_BY_CLIENT));
}

static void test_ends(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < VO_PHASE_COUNT; ++i) {
        vo_phase_e phase = (vo_phase_e)i;

        assert_false(vo_phase_is_active(phase) && vo_phase_is_final(phase));
        if (vo_phase_is_final(phase)) { /* nothing brings it back */
            int to;

            for (to = 0; to < VO_PHASE_COUNT; ++to) {
                assert_false(vo_phase_may(phase, (vo_phase_e)to,
                                          VO_BY_CLIENT));
            }
        }
    }
    assert_true(vo_phase_is_active(VO_PHASE_PENDING));
    assert_false(vo_phase_is_active(VO_PHASE_HELD));
    assert_false(vo_phase_is_active(VO_PHASE_SUSPENDED));
}

/* --- values -------------------------------------------------------------- */

static void test_time(void **state)
{
    static const struct {
        const char *text, *time;
    } good[] = {
        {"2026-11-20T12:00:00Z", "2026-11-20T12:00:00.000Z"},
        {"2026-11-20T12:00:00", "2026-11-20T12:00:00.000Z"},
        {"2026-11-20T23:59:59.1234567Z", "2026-11-20T23:59:59.123Z"},
        {"2026-11-20 12:00:00", "2026-11-20T12:00:00.000Z"},
        {"2024-02-29", "2024-02-29T00:00:00.000Z"},
    };
    static const char *const bad[] = {
        "", "tomorrow", "2026-13-01", "2026-02-29", "2026-11-31",
        "2026-11-20T24:00:00", "2026-11-20T12:60:00", "2026-11-20T12:00",
        "2026-11-20T12:00:00+01:00", "2026-11-20T12:00:00.", "26-11-20",
        "2026-11-20Zx", "2026-11-20T12:00:00Z'; DROP TABLE vo.job",
        "0000-01-01",
    };
    const char *time;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); ++i) {
        assert_null(vo_uws_time(&time, "AFTER", good[i].text, pool));
        assert_string_equal(time, good[i].time);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        vo_err_t *err = vo_uws_time(&time, "AFTER", bad[i], pool);

        assert_non_null(err);
        assert_int_equal(err->http, 400);
        assert_non_null(strstr(err->text, "AFTER"));
    }
}

static void test_count(void **state)
{
    static const char *const bad[] = {"", "x", "1.5", "-1", "-2147483648",
                                      "1 2", "1e3", "0x10", "0xab0456789"};
    static const char *const beyond[] = {
        "2147483648", " 2147483648\t", "+2147483648", " 4294967297",
        "+4294967297",
        "99999999999999999999999", "+99999999999999999999999"};
    int n;
    size_t i;

    (void)state;
    assert_null(vo_uws_count(&n, "EXECUTIONDURATION", "2147483647", 0, pool));
    assert_int_equal(n, 2147483647);
    /* more than there can be is as long as can be, not wrong */
    for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); ++i) {
        assert_null(vo_uws_count(&n, "WAIT", beyond[i], -1, pool));
        assert_int_equal(n, 2147483647);
    }
    assert_null(vo_uws_count(&n, "WAIT", "-1", -1, pool));
    assert_int_equal(n, -1);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        assert_non_null(vo_uws_count(&n, "LAST", bad[i], 0, pool));
    }
    assert_non_null(vo_uws_count(&n, "LAST", "0", 1, pool));
}

static vo_dali_params_t *form(const char *text)
{
    vo_dali_params_t *params = vo_dali_params_create(pool);

    assert_null(vo_dali_params_add_form(params, text, strlen(text)));
    return params;
}

static void test_filter(void **state)
{
    vo_uws_filter_t f;

    (void)state;
    assert_null(vo_uws_filter(&f, form(""), pool));
    assert_int_equal(f.phases, 0x1FF); /* all but ARCHIVED, the last */
    assert_null(f.after);
    assert_int_equal(f.last, 0);
    assert_null(vo_uws_filter(&f, form("phase=ERROR&PHASE=ARCHIVED&last=3"
                                       "&AFTER=2026-01-01"), pool));
    assert_int_equal(f.phases, 1 << 4 | 1 << 9);
    assert_string_equal(f.after, "2026-01-01T00:00:00.000Z");
    assert_int_equal(f.last, 3);
    assert_non_null(vo_uws_filter(&f, form("PHASE=BAD"), pool));
    assert_non_null(vo_uws_filter(&f, form("AFTER=BAD"), pool));
    assert_non_null(vo_uws_filter(&f, form("LAST=0"), pool));
    assert_non_null(vo_uws_filter(&f, form("LAST=-3"), pool));
    assert_non_null(vo_uws_filter(&f, form("LAST=1&LAST=2"), pool));
}

/* --- forms --------------------------------------------------------------- */

static void test_form_round_trip(void **state)
{
    static const char odd[] = "a&b=c d+e%41\n\"<\xC3\xA9>\x7F~";
    const char *text = vo_uws_form_add("", "N & M", odd, pool);
    vo_dali_params_t *params;

    (void)state;
    text = vo_uws_form_add(text, "EMPTY", "", pool);
    params = form(text);
    assert_int_equal(params->nparams, 2);
    assert_string_equal(params->params[0].name, "N & M");
    assert_string_equal(params->params[0].value, odd);
    assert_string_equal(params->params[1].value, "");
}

static int is_upload(const char *name)
{
    return !strcasecmp(name, "UPLOAD");
}

static const char *merge(const char *old, const char *posted)
{
    static const char *const controls[] = {"PHASE", "ACTION", NULL};
    const char *merged;

    return vo_uws_form_merge(&merged, old, form(posted), is_upload, controls,
                             pool)
               ? NULL
               : merged;
}

static void test_form_merge(void **state)
{
    (void)state;
    assert_string_equal(merge("", ""), "");
    assert_string_equal(merge("", "LANG=ADQL&PHASE=RUN&QUERY=a%20b"),
                        "LANG=ADQL&QUERY=a%20b");
    /* replaced in its place, whatever the case of its name */
    assert_string_equal(merge("runid=one&LANG=ADQL", "RUNID=two"),
                        "RUNID=two&LANG=ADQL");
    assert_string_equal(merge("UPLOAD=a%2Cb", "upload=c%2Cd&x=1"),
                        "UPLOAD=a%2Cb&upload=c%2Cd&x=1");
    assert_string_equal(merge("a=1", "phase=RUN&action=DELETE"), "a=1");
    assert_null(merge("", "RUNID=one&runid=one"));
}

static void test_ids(void **state)
{
    const char *a, *b;

    (void)state;
    assert_null(vo_uws_new_id(&a, pool));
    assert_null(vo_uws_new_id(&b, pool));
    assert_true(vo_uws_is_id(a));
    assert_string_not_equal(a, b);
    assert_false(vo_uws_is_id(""));
    assert_false(vo_uws_is_id(apr_pstrcat(pool, a, "0", NULL)));
    assert_false(vo_uws_is_id("0123456789abcdef0123456789abcdeF"));
    assert_false(vo_uws_is_id("../../../../../../../etc/passwd0"));
}

/* --- documents ----------------------------------------------------------- */

static vo_job_t some_job(void)
{
    vo_job_t job = {0};

    job.id = "0123456789abcdef0123456789abcdef";
    job.service = "tap";
    job.release = "demo-dr1";
    job.phase = VO_PHASE_PENDING;
    job.created = "2026-11-20T12:00:00.000Z";
    job.destruction = "2026-11-27T12:00:00.000Z";
    job.duration = 600;
    job.forecast_rows = -1;
    job.forecast_s = -1;
    return job;
}

static xmlDocPtr parse(vo_out_t *out, vo_out_mem_t *mem)
{
    xmlDocPtr doc;

    assert_null(vo_out_flush(out));
    doc = xmlReadMemory(mem->data, (int)mem->len, "job.xml", NULL, 0);
    assert_non_null(doc);
    return doc;
}

/* The string value of XPATH, in the pool. */
static const char *value(xmlDocPtr doc, const char *xpath)
{
    xmlXPathContextPtr ctx = xmlXPathNewContext(doc);
    xmlXPathObjectPtr found;
    const char *text;
    xmlChar *s;

    xmlXPathRegisterNs(ctx, BAD_CAST "u",
                       BAD_CAST "http://www.ivoa.net/xml/UWS/v1.0");
    xmlXPathRegisterNs(ctx, BAD_CAST "l",
                       BAD_CAST "http://www.w3.org/1999/xlink");
    xmlXPathRegisterNs(
        ctx, BAD_CAST "i",
        BAD_CAST "http://www.w3.org/2001/XMLSchema-instance");
    found = xmlXPathEvalExpression(BAD_CAST xpath, ctx);
    assert_non_null(found);
    s = xmlXPathCastToString(found);
    text = apr_pstrdup(pool, (const char *)s);
    xmlFree(s);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(ctx);
    return text;
}

/* The element names of a job in the order of the schema (appendix A). */
static const char *const order[] = {
    "jobId", "runId", "ownerId", "phase", "quote", "creationTime", "startTime",
    "endTime", "executionDuration", "destruction", "parameters", "results",
    "errorSummary", "jobInfo"};

static void test_job_pending(void **state)
{
    vo_job_t job = some_job();
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);
    xmlDocPtr doc;

    (void)state;
    assert_null(vo_uws_put_job(out, &job, form("LANG=ADQL&QUERY=a%3Cb%26c"),
                               "http://h/vo/tap/demo-dr1/async/0123"));
    doc = parse(out, &mem);
    assert_string_equal(value(doc, "/u:job/@version"), "1.1");
    assert_string_equal(value(doc, "/u:job/u:jobId"), job.id);
    assert_string_equal(value(doc, "count(/u:job/u:runId)"), "0");
    assert_string_equal(value(doc, "/u:job/u:ownerId/@i:nil"), "true");
    assert_string_equal(value(doc, "/u:job/u:ownerId"), "");
    assert_string_equal(value(doc, "/u:job/u:quote/@i:nil"), "true");
    assert_string_equal(value(doc, "/u:job/u:startTime/@i:nil"), "true");
    assert_string_equal(value(doc, "/u:job/u:executionDuration"), "600");
    assert_string_equal(value(doc, "//u:parameter[@id='QUERY']"), "a<b&c");
    assert_string_equal(value(doc, "count(//u:result)"), "0");
    assert_string_equal(value(doc, "count(//u:errorSummary)"), "0");
    xmlFreeDoc(doc);
}

static void test_job_whole(void **state)
{
    vo_job_t job = some_job();
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);
    xmlDocPtr doc;
    xmlNodePtr node;
    size_t i = 0;

    (void)state;
    job.phase = VO_PHASE_ERROR;
    job.owner = "o'wner & co";
    job.run_id = "run <1>";
    job.started = "2026-11-20T12:00:01.000Z";
    job.ended = "2026-11-20T12:00:03.000Z";
    job.quote = "2026-11-20T12:00:02.000Z";
    job.error_text = "division by <zero>";
    job.forecast_rows = 12;
    job.forecast_s = 1.5;
    job.nrows = 100;
    job.elapsed_s = 2;
    job.attempts = 1;
    assert_null(vo_uws_put_job(out, &job, form("OWNER=me&QUEUE=long"),
                               "http://h/a"));
    doc = parse(out, &mem);
    for (node = xmlDocGetRootElement(doc)->children; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE) {
            assert_true(i < sizeof(order) / sizeof(order[0]));
            assert_string_equal((const char *)node->name, order[i++]);
        }
    }
    assert_int_equal(i, sizeof(order) / sizeof(order[0]));
    assert_string_equal(value(doc, "/u:job/u:ownerId"), "o'wner & co");
    assert_string_equal(value(doc, "count(/u:job/u:ownerId/@i:nil)"), "0");
    assert_string_equal(value(doc, "/u:job/u:runId"), "run <1>");
    assert_string_equal(value(doc, "//u:errorSummary/@type"), "fatal");
    assert_string_equal(value(doc, "//u:errorSummary/@hasDetail"), "true");
    assert_string_equal(value(doc, "//u:message"), "division by <zero>");
    assert_string_equal(value(doc, "//u:jobInfo/label"), "me");
    assert_string_equal(value(doc, "//u:jobInfo/queue"), "long");
    assert_string_equal(value(doc, "//u:jobInfo/rows"), "100");
    assert_string_equal(value(doc, "//u:jobInfo/rowsPerSecond"), "50");
    assert_string_equal(value(doc, "//u:jobInfo/estimatedRows"), "12");
    xmlFreeDoc(doc);
}

static void test_job_result(void **state)
{
    vo_job_t job = some_job();
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);
    xmlDocPtr doc;

    (void)state;
    job.phase = VO_PHASE_COMPLETED;
    job.result_file = "f";
    job.result_type = "text/csv;header=present";
    job.result_size = 5000000000;
    assert_null(vo_uws_put_results(out, &job, "http://h/a/j"));
    doc = parse(out, &mem);
    assert_string_equal(value(doc, "/u:results/u:result/@id"), "result");
    assert_string_equal(value(doc, "//u:result/@size"), "5000000000");
    assert_string_equal(value(doc, "//u:result/@mime-type"),
                        "text/csv;header=present");
    assert_string_equal(value(doc, "//u:result/@l:href"),
                        "http://h/a/j/results/result");
    xmlFreeDoc(doc);
}

static void test_list(void **state)
{
    vo_job_t job = some_job();
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);
    xmlDocPtr doc;

    (void)state;
    job.run_id = "a&b";
    assert_null(vo_uws_put_list_head(out, 0));
    assert_null(vo_uws_put_list_job(out, &job, "http://h/async"));
    assert_null(vo_uws_put_list_tail(out));
    doc = parse(out, &mem);
    assert_string_equal(value(doc, "/u:jobs/@version"), "1.1");
    assert_string_equal(value(doc, "/u:jobs/u:jobref/@id"), job.id);
    assert_string_equal(value(doc, "//u:jobref/@l:href"),
                        "http://h/async/0123456789abcdef0123456789abcdef");
    assert_string_equal(value(doc, "//u:jobref/u:phase"), "PENDING");
    assert_string_equal(value(doc, "//u:jobref/u:runId"), "a&b");
    assert_string_equal(value(doc, "//u:jobref/u:creationTime"), job.created);
    xmlFreeDoc(doc);
}

/* --- paths --------------------------------------------------------------- */

/* The table of UWS 1.1, section 2.2, and what is none of it. */
static void test_paths(void **state)
{
    static const struct {
        const char *rest;
        int what; /* -1: no resource */
        const char *id, *child;
    } cases[] = {
        {"", VO_UWS_LIST, NULL, NULL},
        {"x", VO_UWS_JOB, "x", NULL},
        {"x/", VO_UWS_JOB, "x", NULL},
        {"/", VO_UWS_JOB, "", NULL},
        {"x/phase", VO_UWS_PHASE, "x", NULL},
        {"x/phase/", VO_UWS_PHASE, "x", NULL},
        {"x/executionduration", VO_UWS_DURATION, "x", NULL},
        {"x/destruction", VO_UWS_DESTRUCTION, "x", NULL},
        {"x/quote", VO_UWS_QUOTE, "x", NULL},
        {"x/owner", VO_UWS_OWNER, "x", NULL},
        {"x/error", VO_UWS_ERROR, "x", NULL},
        {"x/parameters", VO_UWS_PARAMETERS, "x", NULL},
        {"x/parameters/QUERY", VO_UWS_PARAMETERS, "x", "QUERY"},
        {"x/results", VO_UWS_RESULTS, "x", NULL},
        {"x/results/result", VO_UWS_RESULTS, "x", "result"},
        {"x/results/a/b", VO_UWS_RESULTS, "x", "a/b"},
        {"x/phase/y", -1, NULL, NULL},
        {"x/phas", -1, NULL, NULL},
        {"x/phases", -1, NULL, NULL},
        {"x/PHASE", -1, NULL, NULL},
        {"x//", -1, NULL, NULL},
        {"x//phase", -1, NULL, NULL},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        vo_uws_path_t path;
        vo_err_t *err = vo_uws_path(&path, cases[i].rest, pool);

        if (cases[i].what < 0) {
            assert_non_null(err);
            assert_int_equal(err->kind, VO_ERR_NOTFOUND);
            continue;
        }
        assert_null(err);
        assert_int_equal(path.what, cases[i].what);
        assert_int_equal(!path.id, !cases[i].id);
        assert_int_equal(!path.child, !cases[i].child);
        if (path.id) {
            assert_string_equal(path.id, cases[i].id);
        }
        if (path.child) {
            assert_string_equal(path.child, cases[i].child);
        }
    }
}

/* Parts lie one behind the other; the text of none finds none. */
static void test_parts(void **state)
{
    apr_array_header_t *parts = apr_array_make(pool, 2,
                                               sizeof(vo_job_part_t));
    static const vo_job_part_t made[] = {
        {"cut1", "image/fits", 0, 5760}, {"cut2", "text/plain", 5760, 0},
        {"cut3", "image/png", 5760, APR_INT64_C(5000000000)}};
    vo_job_part_t part;
    vo_job_t job = {0};
    const char *text;
    int i;

    (void)state;
    for (i = 0; i < 3; ++i) {
        APR_ARRAY_PUSH(parts, vo_job_part_t) = made[i];
    }
    job.phase = VO_PHASE_COMPLETED;
    job.result_file = "x";
    job.result_parts = text = vo_uws_parts_text(parts, pool);
    memset(&part, 0, sizeof(part));
    for (i = 0; vo_uws_parts_next(&part, &text, pool); ++i) {
        assert_true(i < 3);
        assert_string_equal(part.name, made[i].name);
        assert_string_equal(part.media_type, made[i].media_type);
        assert_int_equal(part.offset, made[i].offset);
        assert_int_equal(part.size, made[i].size);
    }
    assert_int_equal(i, 3);
    assert_true(vo_uws_part_find(&part, &job, "cut3", pool));
    assert_int_equal(part.offset, 5760);
    assert_false(vo_uws_part_find(&part, &job, "result", pool));
    assert_false(vo_uws_part_find(&part, &job, "cut", pool));
    assert_false(vo_uws_part_find(&part, &job, "", pool));
    job.result_parts = NULL;
    job.result_type = "text/csv";
    job.result_size = 7;
    assert_true(vo_uws_part_find(&part, &job, "result", pool));
    assert_int_equal(part.size, 7);
    assert_int_equal(part.offset, 0);
    job.phase = VO_PHASE_EXECUTING;
    assert_false(vo_uws_part_find(&part, &job, "result", pool));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_form_round_trip),
        cmocka_unit_test(test_form_merge),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_job_pending),
        cmocka_unit_test(test_job_whole),
        cmocka_unit_test(test_job_result),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_parts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
