/* sky_cover.c: from a shape to few ranges of cell numbers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Start from the few cells around the shape, split those on its border level
 * by level until there are some more runs of cells than wanted, then close the
 * gaps that add least.
 */

#include "sky_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STACK_ITEMS 320

typedef struct {
    int64_t lo;
    int64_t hi;
    int is_border;
    int cell;                   /* of a border item: place in the pool */
} item_t;

typedef struct {
    item_t *item[2];
    sky_cell_t *cell[2];
    int64_t *cost;
    int cap;
} work_t;

/* What is being covered; a circle keeps the cell of its centre. */
typedef struct {
    const sky_shape_t *shape;
    int64_t hpx;
} target_t;

static int test(const target_t *t, const sky_cell_t *cell)
{
    if (t->shape->kind == SKY_CIRCLE) {
        return sky_cell_circle(t->shape->cap, t->hpx, t->shape->cap[3],
                               cell);
    }
    return sky_cell_test(t->shape, cell);
}

/* The cells to start from: those a circle can touch. In face coordinates no
 * direction changes faster than 1.5 per radian (Gorski et al. 2005, eq. 4-9
 * differentiated), which bounds its square there. */
static int start_cells(const double c[3], double radius_rad,
                       sky_cell_t cell[12])
{
    double b = 1.5 * radius_rad + 1e-8, ra, dec, side, x, y, s29;
    uint32_t ix, iy, x0, x1, y0, y1;
    int face, order, n = 0;

    if (b < 0.25) {
        sky_vec_radec(c, &ra, &dec);
        sky_pix_xy(SKY_ORDER, sky_hpx(ra, dec), &face, &ix, &iy);
        s29 = ldexp(1.0, -SKY_ORDER);
        x = ix * s29;
        y = iy * s29;
        if (x - b > 0.0 && y - b > 0.0 && x + b < 1.0 && y + b < 1.0) {
            order = (int)floor(-log2(2.0 * b));
            side = ldexp(1.0, order);
            x0 = (uint32_t)((x - b) * side);
            x1 = (uint32_t)((x + b) * side);
            y0 = (uint32_t)((y - b) * side);
            y1 = (uint32_t)((y + b) * side);
            for (iy = y0; iy <= y1; iy++) {
                for (ix = x0; ix <= x1; ix++) {
                    sky_cell_make_xy(&cell[n++], order, face, ix, iy);
                }
            }
            return n;
        }
    }
    for (n = 0; n < 12; n++) {
        sky_cell_make_xy(&cell[n], 0, n, 0, 0);
    }
    return 12;
}

/* Keep CELL unless it is outside; the pool of the level gets border ones. */
static void keep(work_t *w, int level, int *items, int *cells,
                 const sky_cell_t *cell, int state)
{
    int shift = 2 * (SKY_ORDER - cell->order);
    int64_t lo = cell->ipix << shift, hi = (cell->ipix + 1) << shift;
    item_t *last = *items > 0 ? &w->item[level][*items - 1] : NULL, *it;

    if (state == SKY_OUT) {
        return;
    }
    if (state == SKY_IN && last != NULL && !last->is_border
        && last->hi == lo) {
        last->hi = hi;
        return;
    }
    it = &w->item[level][(*items)++];
    it->lo = lo;
    it->hi = hi;
    it->is_border = state == SKY_BORDER;
    if (it->is_border) {
        it->cell = *cells;
        w->cell[level][(*cells)++] = *cell;
    }
}

static int count_runs(const item_t *item, int n)
{
    int i, runs = n > 0;

    for (i = 1; i < n; i++) {
        runs += item[i].lo != item[i - 1].hi;
    }
    return runs;
}

static int compare_cost(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Join neighbours of one kind. */
static int join_equal(item_t *item, int n)
{
    int i, m = 0;

    for (i = 0; i < n; i++) {
        if (m > 0 && item[m - 1].hi == item[i].lo
            && item[m - 1].is_border == item[i].is_border) {
            item[m - 1].hi = item[i].hi;
        }
        else {
            item[m++] = item[i];
        }
    }
    return m;
}

/* Join equal neighbours always, others as needed to come down to BUDGET:
 * cheapest first, where a gap costs its length and an interior range that
 * becomes border a part of its own. */
static int reduce(item_t *item, int n, int budget, int64_t *cost)
{
    int64_t limit = -1;
    int i, m = 0, equal = 0, drop;

    n = join_equal(item, n);
    drop = n - budget;
    if (drop <= 0) {
        return n;
    }
    for (i = 0; i + 1 < n; i++) {
        int64_t gap = item[i + 1].lo - item[i].hi;

        if (item[i].is_border != item[i + 1].is_border) {
            int in = item[i].is_border ? i + 1 : i;

            gap += (item[in].hi - item[in].lo) / 8;
        }
        cost[i] = cost[n + i] = gap;
    }
    qsort(cost + n, (size_t)(n - 1), sizeof(cost[0]), compare_cost);
    limit = cost[n + drop - 1];
    for (i = 0; i < drop; i++) {
        equal += cost[n + i] == limit;
    }
    for (i = 0, m = 0; i < n; i++) {
        int join = 0;

        if (i > 0) {
            join = cost[i - 1] < limit;
            if (cost[i - 1] == limit && equal > 0) {
                equal--;
                join = 1;
            }
        }
        if (!join) {
            item[m++] = item[i];
            continue;
        }
        item[m - 1].is_border |= item[i].is_border
                                 || item[m - 1].hi != item[i].lo;
        item[m - 1].hi = item[i].hi;
    }
    return join_equal(item, m);
}

/* Split until there are more than BUDGET runs (twice as many when it is large
 * and tightness counts for more than the time), or nothing to gain. */
static int refine(const target_t *t, int budget, work_t *w, item_t **result)
{
    sky_cell_t first[12], child[4];
    int level = 0, items = 0, cells = 0, i, k, n;
    int limit = budget > 16 ? 2 * budget : budget;

    n = start_cells(t->shape->cap, t->shape->cap[3], first);
    for (i = 0; i < n; i++) {
        keep(w, 0, &items, &cells, &first[i], test(t, &first[i]));
    }
    /* a square of cells around the start may come out of order */
    for (i = 1; i < items; i++) {
        for (k = i; k > 0 && w->item[0][k].lo < w->item[0][k - 1].lo; k--) {
            item_t swap = w->item[0][k];

            w->item[0][k] = w->item[0][k - 1];
            w->item[0][k - 1] = swap;
        }
    }
    while (cells > 0 && w->cell[level][0].order < SKY_ORDER
           && items + 4 * cells <= w->cap
           && count_runs(w->item[level], items) <= limit) {
        int next = 1 - level, old = items;
        int64_t border = 0, all = 0;

        items = cells = 0;
        for (i = 0; i < old; i++) {
            const item_t *it = &w->item[level][i];

            if (!it->is_border) {
                item_t *last = items > 0 ? &w->item[next][items - 1] : NULL;

                if (last != NULL && !last->is_border && last->hi == it->lo) {
                    last->hi = it->hi;
                }
                else {
                    w->item[next][items++] = *it;
                }
                continue;
            }
            sky_cell_split(&w->cell[level][it->cell], child);
            for (k = 0; k < 4; k++) {
                keep(w, next, &items, &cells, &child[k],
                     test(t, &child[k]));
            }
        }
        level = next;
        for (i = 0; i < items; i++) {
            int64_t len = w->item[level][i].hi - w->item[level][i].lo;

            all += len;
            border += w->item[level][i].is_border ? len : 0;
        }
        if (border < all / 64) {
            break;
        }
    }
    *result = w->item[level];
    return items;
}

static int moc_items(const sky_shape_t *s, item_t *item)
{
    int i, n;
    const sky_span_t *spans = sky_shape_spans(s, &n);

    for (i = 0; i < n; i++) {
        item[i].lo = spans[i].lo;
        item[i].hi = spans[i].hi;
        item[i].is_border = 0;
    }
    return n;
}

static int cover(const target_t *t, int budget, sky_range_t *out, work_t *w)
{
    item_t *item = w->item[0];
    int i, n;

    if (t->shape->kind == SKY_MOC) {
        n = moc_items(t->shape, item);
    }
    else {
        n = refine(t, budget, w, &item);
    }
    n = reduce(item, n, budget, w->cost);
    for (i = 0; i < n; i++) {
        out[i].lo = item[i].lo;
        out[i].hi = item[i].hi;
        out[i].is_border = item[i].is_border;
    }
    return n;
}

static int cover_small(const target_t *t, int budget, sky_range_t *out)
{
    item_t item[2 * STACK_ITEMS];
    sky_cell_t cell[2 * STACK_ITEMS];
    int64_t cost[2 * STACK_ITEMS];
    work_t w = { { item, item + STACK_ITEMS }, { cell, cell + STACK_ITEMS },
                 cost, STACK_ITEMS };

    return cover(t, budget, out, &w);
}

static int cover_large(const target_t *t, int budget, sky_range_t *out)
{
    size_t cap = 16 * (size_t)budget + STACK_ITEMS, cells = cap;
    work_t w;
    int n = -1;

    if (t->shape->kind == SKY_MOC) {
        cap = t->shape->n + 1;
        cells = 1;
    }
    w.item[0] = malloc(2 * cap * sizeof(item_t));
    w.cell[0] = malloc(2 * cells * sizeof(sky_cell_t));
    w.cost = malloc(2 * cap * sizeof(int64_t));
    if (w.item[0] != NULL && w.cell[0] != NULL && w.cost != NULL) {
        w.item[1] = w.item[0] + cap;
        w.cell[1] = w.cell[0] + cells;
        w.cap = (int)cap;
        n = cover(t, budget, out, &w);
    }
    free(w.item[0]);
    free(w.cell[0]);
    free(w.cost);
    return n;
}

int sky_coverage(const sky_shape_t *shape, int budget, sky_range_t *out,
                 int cap)
{
    target_t t;

    budget = budget < cap ? budget : cap;
    if (budget < 1) {
        return -1;
    }
    if (budget > 1 << 24) {
        budget = 1 << 24;
    }
    t.shape = shape;
    t.hpx = -1;
    if (shape->kind == SKY_POINT) {
        out[0].lo = sky_hpx(shape->d[0], shape->d[1]);
        out[0].hi = out[0].lo + 1;
        out[0].is_border = 1;
        return 1;
    }
    if (shape->kind == SKY_CIRCLE) {
        t.hpx = sky_hpx(shape->d[0], shape->d[1]);
    }
    if (budget <= 16 && shape->kind != SKY_MOC) {
        return cover_small(&t, budget, out);
    }
    return cover_large(&t, budget, out);
}

static void *give(void *baton, size_t size)
{
    return size <= 128 ? baton : NULL;
}

int sky_circle_ranges(double ra_deg, double dec_deg, double radius_deg,
                      int budget, sky_range_t *out)
{
    double room[16];
    sky_alloc_t a;
    sky_shape_t *s;

    a.alloc = give;
    a.baton = room;
    s = sky_make_circle(&a, ra_deg, dec_deg, radius_deg, NULL);
    return s != NULL ? sky_coverage(s, budget, out, budget) : -1;
}

/* Rows of a catalogue are seldom denser than a few per such cell (26 arcsec),
 * so a smaller one would only cost more ranges. */
#define ROW_ORDER 13

int sky_row_ranges(double ra_deg, double dec_deg, double radius_deg,
                   sky_range_t *out)
{
    double b, x, y, s29, side;
    int64_t hpx = sky_hpx(ra_deg, dec_deg), pix[4];
    uint32_t ix, iy, x0, x1, y0, y1;
    int face, order, shift, n = 0, m = 0, i, k;

    if (hpx < 0 || !(radius_deg >= 0.0 && radius_deg <= 180.0)) {
        return -1;
    }
    if (radius_deg > 0.02) {
        return sky_circle_ranges(ra_deg, dec_deg, radius_deg,
                                 SKY_ROW_RANGES, out);
    }
    /* as in start_cells(); between the polar caps the bound is 1.03 */
    b = fabs(dec_deg) + radius_deg < 41.8 ? 1.03 : 1.5;
    b = b * SKY_RAD * radius_deg + 1e-8;
    sky_pix_xy(SKY_ORDER, hpx, &face, &ix, &iy);
    s29 = ldexp(1.0, -SKY_ORDER);
    x = ix * s29;
    y = iy * s29;
    if (!(x - b > 0.0 && y - b > 0.0 && x + b < 1.0 && y + b < 1.0)) {
        return sky_circle_ranges(ra_deg, dec_deg, radius_deg, 4, out);
    }
    for (order = ROW_ORDER; ldexp(2.0 * b, order) > 1.0; order--) {
    }
    side = ldexp(1.0, order);
    shift = 2 * (SKY_ORDER - order);
    x0 = (uint32_t)((x - b) * side);
    x1 = (uint32_t)((x + b) * side);
    y0 = (uint32_t)((y - b) * side);
    y1 = (uint32_t)((y + b) * side);
    for (iy = y0; iy <= y1; iy++) {
        for (ix = x0; ix <= x1; ix++) {
            int64_t p = sky_xy_pix(order, face, ix, iy);

            for (k = n++; k > 0 && pix[k - 1] > p; k--) {
                pix[k] = pix[k - 1];
            }
            pix[k] = p;
        }
    }
    for (i = 0; i < n; i++) {
        if (m > 0 && out[m - 1].hi == pix[i] << shift) {
            out[m - 1].hi = (pix[i] + 1) << shift;
            continue;
        }
        out[m].lo = pix[i] << shift;
        out[m].hi = (pix[i] + 1) << shift;
        out[m++].is_border = 1;
    }
    return m;
}
