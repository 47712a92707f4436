/* sky_moc.c: set algebra on sorted lists of cell ranges (MOC 2.0). */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <stdlib.h>

static int compare_span(const void *a, const void *b)
{
    const sky_span_t *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}

int sky_moc_normalize(sky_span_t *spans, int n)
{
    int i, m = 0, sorted = 1;

    for (i = 0; i < n; i++) {
        if (spans[i].lo < 0 || spans[i].hi > SKY_HPX_END
            || spans[i].lo > spans[i].hi) {
            return -1;
        }
        sorted &= i == 0 || spans[i - 1].lo <= spans[i].lo;
    }
    if (!sorted) {
        qsort(spans, (size_t)n, sizeof(spans[0]), compare_span);
    }
    for (i = 0; i < n; i++) {
        if (spans[i].lo == spans[i].hi) {
            continue;
        }
        if (m > 0 && spans[i].lo <= spans[m - 1].hi) {
            if (spans[i].hi > spans[m - 1].hi) {
                spans[m - 1].hi = spans[i].hi;
            }
            continue;
        }
        spans[m++] = spans[i];
    }
    return m;
}

/* Walk both lists; where the truth of TABLE[in a][in b] changes, a span of the
 * result begins or ends. */
static int combine(const sky_span_t *a, int na, const sky_span_t *b, int nb,
                   const unsigned char table[2][2], sky_span_t *out)
{
    int ia = 0, ib = 0, n = 0, in = 0;

    while (ia < 2 * na || ib < 2 * nb) {
        int64_t pa = ia < 2 * na ? (ia & 1 ? a[ia / 2].hi : a[ia / 2].lo)
                                 : INT64_MAX;
        int64_t pb = ib < 2 * nb ? (ib & 1 ? b[ib / 2].hi : b[ib / 2].lo)
                                 : INT64_MAX;
        int64_t p = pa < pb ? pa : pb;
        int now;

        ia += pa == p;
        ib += pb == p;
        now = table[ia & 1][ib & 1];
        if (now && !in) {
            out[n].lo = p;
        }
        else if (!now && in) {
            out[n++].hi = p;
        }
        in = now;
    }
    return n;
}

int sky_moc_or(const sky_span_t *a, int na, const sky_span_t *b, int nb,
               sky_span_t *out)
{
    static const unsigned char table[2][2] = { { 0, 1 }, { 1, 1 } };

    return combine(a, na, b, nb, table, out);
}

int sky_moc_and(const sky_span_t *a, int na, const sky_span_t *b, int nb,
                sky_span_t *out)
{
    static const unsigned char table[2][2] = { { 0, 0 }, { 0, 1 } };

    return combine(a, na, b, nb, table, out);
}

int sky_moc_xor(const sky_span_t *a, int na, const sky_span_t *b, int nb,
                sky_span_t *out)
{
    static const unsigned char table[2][2] = { { 0, 1 }, { 1, 0 } };

    return combine(a, na, b, nb, table, out);
}

int sky_moc_difference(const sky_span_t *a, int na, const sky_span_t *b,
                       int nb, sky_span_t *out)
{
    static const unsigned char table[2][2] = { { 0, 0 }, { 1, 0 } };

    return combine(a, na, b, nb, table, out);
}

int sky_moc_not(const sky_span_t *a, int na, sky_span_t *out)
{
    static const sky_span_t all = { 0, SKY_HPX_END };

    return sky_moc_difference(&all, 1, a, na, out);
}

int sky_moc_degrade(const sky_span_t *a, int na, int order, sky_span_t *out)
{
    int i, n = 0, shift = 2 * (SKY_ORDER - order);
    int64_t mask = ((int64_t)1 << shift) - 1;

    for (i = 0; i < na; i++) {
        int64_t lo = a[i].lo & ~mask, hi = (a[i].hi + mask) & ~mask;

        if (n > 0 && lo <= out[n - 1].hi) {
            out[n - 1].hi = hi;
            continue;
        }
        out[n].lo = lo;
        out[n++].hi = hi;
    }
    return n;
}

int sky_moc_order(const sky_span_t *a, int na)
{
    int64_t bits = 0;
    int i, order = SKY_ORDER;

    for (i = 0; i < na; i++) {
        bits |= a[i].lo | a[i].hi;
    }
    while (order > 0 && (bits & 3) == 0) {
        order--;
        bits >>= 2;
    }
    return order;
}

double sky_moc_area(const sky_span_t *a, int na)
{
    int64_t cells = 0;
    int i;

    for (i = 0; i < na; i++) {
        cells += a[i].hi - a[i].lo;
    }
    return (double)cells / (double)SKY_HPX_END
           * (4.0 * SKY_PI / (SKY_RAD * SKY_RAD));
}

int sky_moc_has(const sky_span_t *a, int na, int64_t hpx)
{
    int lo = 0, hi = na;

    while (lo < hi) {           /* the first span that ends after hpx */
        int mid = lo + (hi - lo) / 2;

        if (a[mid].hi > hpx) {
            hi = mid;
        }
        else {
            lo = mid + 1;
        }
    }
    return lo < na && hpx >= a[lo].lo;
}

int sky_moc_cells(const sky_span_t *a, int na,
                  int (*fn)(void *baton, int order, int64_t ipix),
                  void *baton)
{
    int i, rc;

    for (i = 0; i < na; i++) {
        int64_t lo = a[i].lo;

        while (lo < a[i].hi) {
            int shift = 0;

            /* the largest cell that begins here and fits */
            while (shift < 2 * SKY_ORDER
                   && (lo & (((int64_t)4 << shift) - 1)) == 0
                   && lo + ((int64_t)4 << shift) <= a[i].hi) {
                shift += 2;
            }
            rc = fn(baton, SKY_ORDER - shift / 2, lo >> shift);
            if (rc != 0) {
                return rc;
            }
            lo += (int64_t)1 << shift;
        }
    }
    return 0;
}

int64_t sky_moc_flatten(const sky_span_t *a, int na, int order, int64_t *out,
                        int64_t cap)
{
    int shift = 2 * (SKY_ORDER - order), i;
    int64_t mask = ((int64_t)1 << shift) - 1, n = 0, next = 0;

    for (i = 0; i < na; i++) {
        int64_t p = a[i].lo >> shift, end = (a[i].hi + mask) >> shift;

        if (p < next) {
            p = next;           /* two spans in one cell */
        }
        for (; p < end; p++, n++) {
            if (n < cap) {
                out[n] = p;
            }
        }
        next = end > next ? end : next;
    }
    return n;
}
