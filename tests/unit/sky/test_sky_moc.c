/* test_sky_moc.c: set algebra of MOCs against plain bit sets, and text. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_test.h"

#define CELLS 768               /* order 3 */
#define UNIT (SKY_HPX_END / CELLS)

static int random_moc(unsigned char bit[CELLS], sky_span_t *span)
{
    int i, n = 0, value = 0;
    double density = uniform();

    for (i = 0; i < CELLS; i++) {
        if (uniform() < 0.3) {
            value = uniform() < density;
        }
        bit[i] = (unsigned char)value;
        if (value) {
            span[n].lo = i * UNIT;
            span[n++].hi = (i + 1) * UNIT;
        }
    }
    /* in any order, some twice */
    for (i = 0; i < n; i++) {
        int k = (int)(uniform() * n);
        sky_span_t swap = span[i];

        span[i] = span[k];
        span[k] = swap;
    }
    if (n > 0) {
        span[n] = span[0];
        n++;
    }
    return sky_moc_normalize(span, n);
}

static void same(const sky_span_t *span, int n, const unsigned char *want)
{
    int i;

    for (i = 0; i < n; i++) {
        assert_true(span[i].lo < span[i].hi);
        assert_true(i == 0 || span[i].lo > span[i - 1].hi);
    }
    for (i = 0; i < CELLS; i++) {
        assert_int_equal(sky_moc_has(span, n, i * UNIT), want[i]);
        assert_int_equal(sky_moc_has(span, n, (i + 1) * UNIT - 1), want[i]);
    }
}

static void algebra_is_that_of_sets(void **state)
{
    static sky_span_t x[CELLS + 1], y[CELLS + 1], out[2 * CELLS + 2];
    unsigned char a[CELLS], b[CELLS], want[CELLS];
    int t, i, nx, ny, count;

    (void)state;
    for (t = 0; t < 500; t++) {
        nx = random_moc(a, x);
        ny = random_moc(b, y);
        same(x, nx, a);
        for (i = 0; i < CELLS; i++) {
            want[i] = a[i] | b[i];
        }
        same(out, sky_moc_or(x, nx, y, ny, out), want);
        for (i = 0; i < CELLS; i++) {
            want[i] = a[i] & b[i];
        }
        same(out, sky_moc_and(x, nx, y, ny, out), want);
        for (i = 0; i < CELLS; i++) {
            want[i] = a[i] ^ b[i];
        }
        same(out, sky_moc_xor(x, nx, y, ny, out), want);
        for (i = 0; i < CELLS; i++) {
            want[i] = a[i] & !b[i];
        }
        same(out, sky_moc_difference(x, nx, y, ny, out), want);
        for (i = count = 0; i < CELLS; i++) {
            want[i] = !a[i];
            count += a[i];
        }
        same(out, sky_moc_not(x, nx, out), want);
        assert_near(sky_moc_area(x, nx), 41252.96124941928 * count / CELLS,
                    1e-9);
        for (i = 0; i < CELLS; i++) {
            int p = i / 16 * 16, k;

            for (want[i] = 0, k = p; k < p + 16; k++) {
                want[i] |= a[k];
            }
        }
        same(out, sky_moc_degrade(x, nx, 1, out), want);
    }
}

static void bad_spans_are_refused(void **state)
{
    sky_span_t reversed = { 5, 4 }, below = { -1, 4 };
    sky_span_t above = { 0, SKY_HPX_END + 1 }, empty = { 7, 7 };

    (void)state;
    assert_int_equal(sky_moc_normalize(&reversed, 1), -1);
    assert_int_equal(sky_moc_normalize(&below, 1), -1);
    assert_int_equal(sky_moc_normalize(&above, 1), -1);
    assert_int_equal(sky_moc_normalize(&empty, 1), 0);
}

static void text_is(const char *in, const char *ascii, const char *json)
{
    sky_span_t *span;
    sky_err_t err;
    int order, n = sky_moc_parse(&heap, in, &span, &order, &err);

    if (n < 0) {
        fail_msg("%s: %s", in, err.text);
    }
    assert_string_equal(sky_moc_format(&heap, span, n, order), ascii);
    assert_string_equal(sky_moc_format_json(&heap, span, n, order), json);
}

static void text_forms(void **state)
{
    (void)state;
    /* the standard's example, MOC 2.0 section 4.3.2 */
    text_is("1/1 2 4 2/12-14 21 23 25 8/", "1/1-2 4 2/12-14 21 23 25 8/",
            "{\"1\":[1,2,4],\"2\":[12,13,14,21,23,25],\"8\":[]}");
    text_is("{\"1\":[1,2,4],\"2\":[12,13,14,21,23,25],\"8\":[]}",
            "1/1-2 4 2/12-14 21 23 25 8/",
            "{\"1\":[1,2,4],\"2\":[12,13,14,21,23,25],\"8\":[]}");
    /* complete siblings become their parent, order is kept */
    text_is("2/0-3 5,6", "1/0 2/5-6", "{\"1\":[0],\"2\":[5,6]}");
    text_is("1/0-3", "0/0 1/", "{\"0\":[0],\"1\":[]}");
    text_is("s29/101", "29/101", "{\"29\":[101]}");
    text_is("0/0-11", "0/0-11",
            "{\"0\":[0,1,2,3,4,5,6,7,8,9,10,11]}");
    text_is("8/", "8/", "{\"8\":[]}");
    text_is("{}", "0/", "{\"0\":[]}");
    text_is("{ \"s\" : {\"3\": [ 1 , 2 ] } }", "3/1-2", "{\"3\":[1,2]}");
    text_is("3/3 10 4/16-18 22 5/19-20 17/222 28/123456789 29/",
            "3/3 10 4/16-18 22 5/19-20 17/222 28/123456789 29/",
            "{\"3\":[3,10],\"4\":[16,17,18,22],\"5\":[19,20],"
            "\"17\":[222],\"28\":[123456789],\"29\":[]}");
    text_is("5/8-10\r\n42-46 54 6/4500 8/45", "5/8-10 42-46 54 6/4500 8/45",
            "{\"5\":[8,9,10,42,43,44,45,46,54],\"6\":[4500],\"8\":[45]}");
}

static void text_errors_name_the_place(void **state)
{
    static const struct {
        const char *text;
        int position;
    } bad[] = {
        { "", 0 }, { "1", 1 }, { "1 2/3", 1 }, { "30/1", 2 },
        { "0/12", 4 }, { "1/5-3", 5 }, { "1/a", 2 }, { "1/1-", 4 },
        { "1/1x", 3 }, { "t61/1", 0 }, { "3/99999999999999999999", 20 },
        { "{\"1\":[1", 7 }, { "{\"1\":1}", 5 }, { "{\"1\":[1]}x", 9 },
        { "{\"31\":[1]}", 4 }, { "{\"1\":[1 2]}", 8 }, { "-1/2", 0 }
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sky_span_t *span;
        sky_err_t err;
        int order;

        if (sky_moc_parse(&heap, bad[i].text, &span, &order, &err) != -1) {
            fail_msg("%s was accepted", bad[i].text);
        }
        assert_int_equal(err.code, SKY_ERR_SYNTAX);
        if (err.position != bad[i].position) {
            fail_msg("%s: position %d, %s", bad[i].text, err.position,
                     err.text);
        }
    }
}

static void round_trips_and_flat_lists(void **state)
{
    static sky_span_t x[CELLS + 1];
    static int64_t cell[CELLS];
    unsigned char a[CELLS];
    int t, i, n, m, order;

    (void)state;
    for (t = 0; t < 100; t++) {
        sky_span_t *back;
        int64_t flat, want = 0, k = 0;

        n = random_moc(a, x);
        m = sky_moc_parse(&heap, sky_moc_format(&heap, x, n, 9), &back,
                          &order, NULL);
        assert_int_equal(m, n);
        assert_int_equal(order, 9);
        assert_memory_equal(back, x, (size_t)n * sizeof(*x));
        m = sky_moc_parse(&heap, sky_moc_format_json(&heap, x, n, 9), &back,
                          &order, NULL);
        assert_int_equal(m, n);
        assert_memory_equal(back, x, (size_t)n * sizeof(*x));
        flat = sky_moc_flatten(x, n, 3, cell, CELLS);
        for (i = 0; i < CELLS; i++) {
            want += a[i];
            if (a[i]) {
                assert_true(cell[k++] == i);
            }
        }
        assert_true(flat == want);
        assert_true(n == 0 || sky_moc_order(x, n) <= 3);
        free_all(NULL);
    }
    x[0].lo = 5;
    x[0].hi = 6;
    x[1].lo = 7;
    x[1].hi = 9;
    assert_int_equal(sky_moc_order(x, 2), 29);
    /* two spans in one coarse cell are one flat cell */
    assert_int_equal(sky_moc_flatten(x, 2, 10, cell, 10), 1);
    assert_int_equal(sky_moc_flatten(x, 2, 28, cell, 10), 2);
}

static char *slurp(const char *name)
{
    FILE *f = test_data(name);
    char *text;
    size_t n;

    if (f == NULL) {
        return NULL;
    }
    text = test_take(NULL, 1 << 20);
    n = fread(text, 1, (1 << 20) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

/* What the CDS tools say about a real survey (moc/operations.json). */
static void glimpse(void **state)
{
    char *text = slurp("moc/glimpse.moc.json");
    char *other = slurp("moc/glimpse_not.moc.json");
    sky_span_t *a, *b, *out;
    int na, nb, order, n, k;

    (void)state;
    if (text == NULL || other == NULL) {
        skip();
        return;
    }
    na = sky_moc_parse(&heap, text, &a, &order, NULL);
    nb = sky_moc_parse(&heap, other, &b, &k, NULL);
    assert_true(na > 0 && nb > 0);
    assert_int_equal(order, 9);
    assert_near(sky_moc_area(a, na), 1287.385, 1e-3);
    assert_near(sky_moc_area(b, nb), 39965.577, 1e-3);
    out = malloc((size_t)(na + nb + 1) * sizeof(*out));
    n = sky_moc_not(a, na, out);
    assert_int_equal(n, nb);
    assert_memory_equal(out, b, (size_t)nb * sizeof(*b));
    n = sky_moc_degrade(a, na, 0, out);
    assert_string_equal(sky_moc_format(&heap, out, n, 0), "0/0 3 5 7 9-10");
    n = sky_moc_or(a, na, b, nb, out);
    assert_string_equal(sky_moc_format(&heap, out, n, 9), "0/0-11 9/");
    n = sky_moc_and(a, na, b, nb, out);
    assert_string_equal(sky_moc_format(&heap, out, n, 9), "9/");
    n = sky_moc_difference(a, na, a, na, out);
    assert_int_equal(n, 0);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(algebra_is_that_of_sets),
        cmocka_unit_test(bad_spans_are_refused),
        cmocka_unit_test(text_forms),
        cmocka_unit_test(text_errors_name_the_place),
        cmocka_unit_test(round_trips_and_flat_lists),
        cmocka_unit_test(glimpse)
    };

    return cmocka_run_group_tests(tests, NULL, free_all);
}
