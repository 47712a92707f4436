/* test_voctl_conv.c: cells from one PostgreSQL type to another. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include <apr_general.h>

#include "../../../modules/voctl/voctl_conv.h"

static apr_pool_t *pool;

/* The bytes HEX of a cell of type FROM become, as type TO, the bytes WANT;
 * WANT NULL: refused; "-": NULL. */
typedef struct case_t {
    unsigned from;
    const char *hex;
    unsigned to;
    const char *want;
} case_t;

static int unhex(const char *hex, char *out)
{
    int n = 0;
    unsigned byte;

    for (; *hex; hex += 2) {
        byte = (unsigned)((hex[0] <= '9' ? hex[0] - '0' : hex[0] - 'a' + 10)
                              << 4
                          | (hex[1] <= '9' ? hex[1] - '0'
                                           : hex[1] - 'a' + 10));
        out[n++] = (char)byte;
    }
    return n;
}

static void conversions(void **state)
{
    static const case_t cases[] = {
        { OID_INT2, "8000", OID_INT4, "ffff8000" },
        { OID_INT2, "7fff", OID_INT8, "0000000000007fff" },
        { OID_INT4, "ffffffff", OID_INT2, "ffff" },
        { OID_INT4, "00008000", OID_INT2, NULL },
        { OID_INT4, "ffff7fff", OID_INT2, NULL },
        { OID_INT8, "7fffffffffffffff", OID_INT8, "7fffffffffffffff" },
        { OID_INT8, "0000000080000000", OID_INT4, NULL },
        { OID_INT4, "00000001", OID_FLOAT8, "3ff0000000000000" },
        { OID_INT8, "0020000000000001", OID_FLOAT8, "4340000000000000" },
        { OID_FLOAT4, "3fc00000", OID_FLOAT8, "3ff8000000000000" },
        { OID_FLOAT8, "3ff8000000000000", OID_FLOAT4, "3fc00000" },
        { OID_FLOAT8, "7fe0000000000000", OID_FLOAT4, NULL }, /* 9e307 */
        { OID_FLOAT8, "7ff0000000000000", OID_FLOAT4, "7f800000" },
        { OID_FLOAT8, "4008000000000000", OID_INT2, "0003" },
        { OID_FLOAT8, "3ff8000000000000", OID_INT4, NULL }, /* 1.5 */
        { OID_FLOAT8, "43e0000000000000", OID_INT8, NULL }, /* 2^63 */
        { OID_FLOAT8, "c3e0000000000000", OID_INT8, "8000000000000000" },
        { OID_FLOAT8, "7ff8000000000000", OID_INT4, "-" }, /* NaN */
        { OID_TEXT, "3132", OID_INT4, "0000000c" },
        { OID_TEXT, "2d312e35", OID_FLOAT8, "bff8000000000000" },
        { OID_TEXT, "2020", OID_FLOAT8, "-" },
        { OID_TEXT, "61", OID_FLOAT8, NULL },
        { OID_TEXT, "312e35", OID_INT4, NULL },
        { OID_INT4, "fffffff6", OID_TEXT, "2d3130" },
        { OID_FLOAT8, "3fb999999999999a", OID_TEXT, "302e31" },
        { OID_BOOL, "01", OID_BOOL, "01" },
        { OID_BOOL, "01", OID_INT4, NULL },
        { OID_FLOAT8, "3ff0000000000000", OID_BOOL, NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        const case_t *c = &cases[i];
        vo_buf_t buf = { 0 };
        char in[64], want[64];
        vo_cell_t cell = { in, unhex(c->hex, in) };
        const char *problem = voctl_convert(&buf, &cell, c->from, c->to, NULL,
                                            pool);

        if (!c->want) {
            assert_non_null(problem);
        }
        else if (*c->want == '-') {
            assert_null(problem);
            assert_int_equal(buf.len, 4);
            assert_int_equal(voctl_get32(buf.data), -1);
        }
        else {
            int n = unhex(c->want, want);

            assert_null(problem);
            assert_int_equal(buf.len, n + 4);
            assert_int_equal(voctl_get32(buf.data), n);
            assert_memory_equal(buf.data + 4, want, (size_t)n);
        }
        vo_buf_free(&buf);
    }
}

static void null_stays_null(void **state)
{
    vo_buf_t buf = { 0 };
    voctl_stats_t stats;
    vo_cell_t null = { NULL, -1 };

    (void)state;
    voctl_stats_init(&stats);
    assert_null(voctl_convert(&buf, &null, OID_INT4, OID_FLOAT8, &stats,
                              pool));
    assert_null(voctl_convert(&buf, &null, 1021, 1021, &stats, pool));
    assert_int_equal(buf.len, 8);
    assert_int_equal(voctl_get32(buf.data), -1);
    assert_int_equal(stats.nfilled, 0);
    assert_true(isnan(stats.min) && isnan(stats.max));
    vo_buf_free(&buf);
}

static void common_types(void **state)
{
    const voctl_type_t *i2 = voctl_type_named("smallint");
    const voctl_type_t *i4 = voctl_type_named("integer");
    const voctl_type_t *f4 = voctl_type_named("real");
    const voctl_type_t *f8 = voctl_type_named("double precision");
    const voctl_type_t *text = voctl_type_named("text");
    int is_array;

    (void)state;
    assert_ptr_equal(voctl_type_common(i2, i4), i4);
    assert_ptr_equal(voctl_type_common(f4, f4), f4);
    assert_ptr_equal(voctl_type_common(i2, f4), f8);
    assert_ptr_equal(voctl_type_common(f4, f8), f8);
    assert_null(voctl_type_common(text, f8));
    assert_ptr_equal(voctl_type_common(text, text), text);
    assert_ptr_equal(voctl_type(1021, &is_array), f4);
    assert_true(is_array);
    assert_null(voctl_type(0, NULL));
    assert_null(voctl_type(600, NULL));
}

/* Two filters of three: 1.5 (real) and 2 (integer) at places 3 and 1. */
static void folding(void **state)
{
    static const char want[] = "\0\0\0\1\0\0\0\1\0\0\2\275\0\0\0\3\0\0\0\1"
                               "\0\0\0\10\100\0\0\0\0\0\0\0"
                               "\377\377\377\377"
                               "\0\0\0\10\77\370\0\0\0\0\0\0";
    vo_cell_t real = { "\77\300\0\0", 4 }, integer = { "\0\0\0\2", 4 };
    vo_cell_t null = { NULL, -1 };
    const vo_cell_t *cells[] = { &integer, NULL, &real };
    const vo_cell_t *nulls[] = { &null, NULL, NULL };
    const unsigned from[] = { OID_INT4, 0, OID_FLOAT4 };
    vo_buf_t buf = { 0 };
    voctl_stats_t stats;

    (void)state;
    voctl_stats_init(&stats);
    assert_null(voctl_fold(&buf, 3, cells, from, OID_FLOAT8, &stats, pool));
    assert_int_equal(buf.len, 4 + sizeof(want) - 1);
    assert_int_equal(voctl_get32(buf.data), sizeof(want) - 1);
    assert_memory_equal(buf.data + 4, want, sizeof(want) - 1);
    assert_true(stats.min == 1.5 && stats.max == 2 && stats.nfilled == 1);
    buf.len = 0;
    assert_null(voctl_fold(&buf, 3, nulls, from, OID_FLOAT8, &stats, pool));
    assert_int_equal(buf.len, 4);
    assert_int_equal(voctl_get32(buf.data), -1);
    assert_int_equal(stats.nfilled, 1);
    vo_buf_free(&buf);
}

static void statistics_of_arrays(void **state)
{
    vo_cell_t nan = { "\177\300\0\0", 4 }, two = { "\100\0\0\0", 4 };
    const vo_cell_t *cells[] = { &nan, &two };
    const unsigned from[] = { OID_FLOAT4, OID_FLOAT4 };
    vo_buf_t buf = { 0 }, out = { 0 };
    voctl_stats_t stats;
    vo_cell_t array;

    (void)state;
    voctl_stats_init(&stats);
    assert_null(voctl_fold(&buf, 2, cells, from, OID_FLOAT4, &stats, pool));
    array.len = voctl_get32(buf.data);
    array.data = buf.data + 4;
    voctl_stats_init(&stats);
    assert_null(voctl_convert(&out, &array, 1021, 1022, &stats, pool));
    assert_true(stats.min == 2 && stats.max == 2 && stats.nfilled == 1);
    assert_int_equal(voctl_get32(out.data), 20 + 2 * 12);
    assert_int_equal(voctl_get32(out.data + 12), OID_FLOAT8);
    assert_int_equal(out.len, 4 + 20 + 2 * 12);
    vo_buf_free(&buf);
    vo_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions),
        cmocka_unit_test(null_stays_null),
        cmocka_unit_test(common_types),
        cmocka_unit_test(folding),
        cmocka_unit_test(statistics_of_arrays),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
