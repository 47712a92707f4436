/* sky_cover_moc.c: from a shape to its MOC of a given order. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <stdlib.h>

#define MAX_WORK 200000000      /* some seconds */
#define DOUBT 5                 /* orders below one in question */

/* Spans as the walk finds them, in ascending order. */
typedef struct {
    const sky_shape_t *shape;
    int order;
    int n, room;
    int64_t work;               /* done so far, in about 10 ns each */
    sky_span_t *span;
    int code;                   /* why it stopped, or SKY_OK */
} walk_t;

static int grow(walk_t *w)
{
    int room = w->room ? 2 * w->room : 256;
    sky_span_t *span;

    if (w->n == SKY_MOC_CELLS) {
        w->code = SKY_ERR_VALUE;
        return -1;
    }
    span = realloc(w->span, (size_t)room * sizeof(*span));
    if (span == NULL) {
        w->code = SKY_ERR_MEMORY;
        return -1;
    }
    w->span = span;
    w->room = room;
    return 0;
}

static int add(walk_t *w, const sky_cell_t *cell)
{
    int shift = 2 * (SKY_ORDER - cell->order);
    int64_t lo = cell->ipix << shift, hi = (cell->ipix + 1) << shift;

    if (w->n > 0 && w->span[w->n - 1].hi == lo) {
        w->span[w->n - 1].hi = hi;
        return 0;
    }
    if ((w->n == w->room || w->n == SKY_MOC_CELLS) && grow(w) != 0) {
        return -1;
    }
    w->span[w->n].lo = lo;
    w->span[w->n++].hi = hi;
    return 0;
}

static int test(walk_t *w, const sky_cell_t *cell)
{
    w->work += 4 + w->shape->size / 32;
    if (w->work > MAX_WORK) {
        w->code = SKY_ERR_VALUE;
    }
    return sky_cell_test(w->shape, cell);
}

/* A cell's edges are no arcs, so a large one may be called border in vain; its
 * grandchildren know better. */
static int is_touched(walk_t *w, const sky_cell_t *cell, int depth)
{
    sky_cell_t child[4];
    int i;

    if (depth == 0 || cell->order == SKY_ORDER) {
        return 1;
    }
    sky_cell_split(cell, child);
    for (i = 0; i < 4 && w->code == SKY_OK; i++) {
        int what = test(w, &child[i]);

        if (what == SKY_IN
            || (what == SKY_BORDER && is_touched(w, &child[i], depth - 1))) {
            return 1;
        }
    }
    return 0;
}

/* At most SKY_ORDER deep. */
static int walk(walk_t *w, const sky_cell_t *cell)
{
    int i, what = test(w, cell);
    sky_cell_t child[4];

    if (w->code != SKY_OK) {
        return -1;
    }
    if (what == SKY_OUT) {
        return 0;
    }
    if (what == SKY_IN) {
        return add(w, cell);
    }
    if (cell->order == w->order) {
        return is_touched(w, cell, DOUBT) ? add(w, cell) : 0;
    }
    sky_cell_split(cell, child);
    for (i = 0; i < 4; i++) {
        if (walk(w, &child[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

sky_shape_t *sky_moc_of(const sky_alloc_t *a, const sky_shape_t *shape,
                        int order, sky_err_t *err)
{
    walk_t w = { 0 };
    sky_shape_t *s = NULL;
    sky_cell_t cell;
    int i;

    if (order < 0 || order > SKY_ORDER) {
        sky_fail(err, SKY_ERR_VALUE, "MOC order %d is outside [0, 29]",
                 order);
        return NULL;
    }
    w.shape = shape;
    w.order = order;
    for (i = 0; i < 12 && w.code == SKY_OK; i++) {
        sky_cell_make(&cell, 0, i);
        walk(&w, &cell);
    }
    if (w.code == SKY_OK) {
        s = sky_make_moc(a, w.n, w.span, order, err);
    }
    else if (w.code == SKY_ERR_MEMORY) {
        sky_fail(err, SKY_ERR_MEMORY, "no memory for a MOC");
    }
    else {
        sky_fail(err, SKY_ERR_VALUE, "the MOC of this shape at order %d is "
                 "too large; a lower order is needed", order);
    }
    free(w.span);
    return s;
}
