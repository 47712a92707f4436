/* test_vo_err.c: places, hints and chains of errors; the output sink. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <apr_general.h>

#include "vo_err.h"
#include "vo_out.h"

static apr_pool_t *pool;

static void place_counts_characters(void **state)
{
    vo_err_t *err = vo_err_make(pool, VO_ERR_USAGE, "no %s", "column");

    (void)state;
    vo_err_at(err, "a\n\xC3\xA9\xC3\xA9x", 6);
    assert_int_equal(err->line, 2);
    assert_int_equal(err->column, 3);
    assert_string_equal(vo_err_public(err, pool),
                        "no column (line 2, column 3)");
    vo_err_hint(pool, err, "Did you mean %s?", "b");
    assert_string_equal(vo_err_public(err, pool),
                        "no column (line 2, column 3) Did you mean b?");
    assert_int_equal(err->http, 400);
}

static void private_text_stays_private(void **state)
{
    vo_err_t *err = vo_err_fault(pool, APR_ENOENT, "The table is not there",
                                 "relation %s", "secret");
    vo_err_t *outer = vo_err_wrap(pool, err, "Cone search failed");

    (void)state;
    assert_string_equal(vo_err_public(outer, pool), "Cone search failed");
    assert_non_null(strstr(vo_err_private(outer, pool), "secret"));
    assert_int_equal(outer->http, 500);
}

static void sink_keeps_until_full(void **state)
{
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);
    int i;

    (void)state;
    assert_null(vo_out_puts(out, "abc"));
    assert_int_equal(mem.len, 0);
    vo_out_discard(out);
    assert_int_equal(out->total, 0);
    assert_null(vo_out_xml(out, "a<b&\"c\"\x01>", 9));
    assert_null(vo_out_flush(out));
    assert_string_equal(mem.data,
                        "a&lt;b&amp;&quot;c&quot;\xEF\xBF\xBD&gt;");
    for (i = 0; i < 30000; ++i) {
        assert_null(vo_out_printf(out, "%05d,", i));
    }
    assert_null(vo_out_flush(out));
    assert_int_equal(out->total, (apr_off_t)mem.len);
    assert_memory_equal(mem.data + mem.len - 6, "29999,", 6);
}

/* U+FFFE and U+FFFF are UTF-8 but cannot be in XML 1.0 (section 2.2). */
static void xml_has_no_noncharacters(void **state)
{
    static const char text[] = "a\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD"
                               "\xEF\xBB\xBF\xEF\xBF";
    vo_out_mem_t mem;
    vo_out_t *out = vo_out_to_memory(&mem, pool);

    (void)state;
    assert_null(vo_out_xml(out, text, sizeof(text) - 1));
    assert_null(vo_out_flush(out));
    assert_string_equal(mem.data, "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                                  "\xEF\xBB\xBF\xEF\xBF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place_counts_characters),
        cmocka_unit_test(private_text_stays_private),
        cmocka_unit_test(sink_keeps_until_full),
        cmocka_unit_test(xml_has_no_noncharacters),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
