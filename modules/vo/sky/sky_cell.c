/* sky_cell.c: how a cell lies to a shape: outside, inside, on the border. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* All tests may say BORDER too often, never OUT or IN wrongly: a cell is taken
 * as the quadrangle of great circles through its corners, and every threshold
 * is moved by the largest distance between that and its true edges. */

#include "sky_int.h"

#include <math.h>

#define MARGIN 1e-14            /* radians, for rounding of cell numbers */

/* Radius in [0, pi / 2]; HPX is the cell of the centre at order 29. */
static int cell_disc(const double c[3], int64_t hpx, double radius_rad,
                     const sky_cell_t *cell)
{
    double chord = 2.0 * sin(0.5 * radius_rad), m = cell->sag + MARGIN;
    double in = chord - m, out2 = (chord + m) * (chord + m), d2[4];
    double sine = sin(radius_rad) + m;
    int i, inside = 0, seen = 0;

    for (i = 0; i < 4; i++) {
        d2[i] = sky_chord2(c, cell->v[i]);
        inside += in > 0.0 && d2[i] <= in * in;
    }
    if (inside == 4) {
        return SKY_IN;
    }
    if (inside > 0
        || hpx >> (2 * (SKY_ORDER - cell->order)) == cell->ipix) {
        return SKY_BORDER;
    }
    for (i = 0; i < 4; i++) {
        if (d2[i] <= out2) {
            return SKY_BORDER;
        }
    }
    for (i = 0; i < 4; i++) {
        const double *a = cell->v[i], *b = cell->v[(i + 1) & 3];
        double d[3] = { b[0] - a[0], b[1] - a[1], b[2] - a[2] };
        double n[3], t[3], s;

        sky_cross(a, d, n);
        s = sky_dot(n, c);
        if (s > 0.0) {
            continue;
        }
        seen = 1;
        sky_cross(n, c, t);
        if (sky_dot(t, a) <= 0.0 && sky_dot(t, b) >= 0.0
            && s * s <= sine * sine * sky_dot(n, n)
            && (sky_dot(c, a) > 0.0 || radius_rad > 1.0)) {
            return SKY_BORDER;
        }
    }
    return seen ? SKY_OUT : SKY_BORDER;
}

int sky_cell_circle(const double c[3], int64_t hpx, double radius_rad,
                    const sky_cell_t *cell)
{
    double opp[3], ra, dec;
    int rc;

    if (radius_rad <= SKY_PI / 2) {
        return cell_disc(c, hpx, radius_rad, cell);
    }
    /* the rest of the sky is a smaller disc around the antipode */
    opp[0] = -c[0];
    opp[1] = -c[1];
    opp[2] = -c[2];
    if (radius_rad >= SKY_PI) {
        return SKY_IN;
    }
    sky_vec_radec(opp, &ra, &dec);
    rc = cell_disc(opp, sky_hpx(ra, dec), SKY_PI - radius_rad, cell);
    return rc == SKY_OUT ? SKY_IN : rc == SKY_IN ? SKY_OUT : SKY_BORDER;
}

static int cell_polygon(const sky_shape_t *s, const sky_cell_t *cell)
{
    const double *v = sky_poly_vertex(s), *n = sky_poly_normal(s);
    double side[4][3], m = cell->sag + MARGIN;
    uint32_t i, j;
    int k;

    for (k = 0; k < 4; k++) {
        sky_edge_normal(cell->v[k], cell->v[(k + 1) & 3], side[k]);
    }
    for (i = 0; i < s->n; i++) {
        const double *a = v + 3 * i, *e = n + 3 * i, *b;
        int apart = 0, above = 0, below = 0;

        j = i + 1 < s->n ? i + 1 : 0;
        b = v + 3 * j;
        for (k = 0; k < 4 && !apart; k++) {
            apart = sky_dot(side[k], a) < -m && sky_dot(side[k], b) < -m;
        }
        if (apart) {
            continue;
        }
        for (k = 0; k < 4; k++) {
            double d = sky_dot(e, cell->v[k]);

            above += d > m;
            below += d < -m;
        }
        if (above != 4 && below != 4) {
            return SKY_BORDER;
        }
    }
    return sky_poly_has(s, cell->v[0]) ? SKY_IN : SKY_OUT;
}

static int cell_range(const sky_shape_t *s, const sky_cell_t *cell)
{
    double w, e, south, north, lon1 = s->d[0], lon2 = s->d[1];
    double eps = 1e-12;
    int turn, meets = 0, within = 0;

    sky_cell_lonlat(cell, &w, &e, &south, &north);
    if (north < s->d[2] - eps || south > s->d[3] + eps) {
        return SKY_OUT;
    }
    for (turn = -360; turn <= 360; turn += 360) {
        meets |= w + turn <= lon2 + eps && e + turn >= lon1 - eps;
        within |= w + turn >= lon1 + eps && e + turn <= lon2 - eps;
    }
    if (lon2 - lon1 >= 360.0) {
        meets = within = 1;
    }
    if (!meets) {
        /* a pole belongs to every longitude */
        return (north > 90.0 - eps && s->d[3] > 90.0 - eps)
               || (south < -90.0 + eps && s->d[2] < -90.0 + eps)
               ? SKY_BORDER : SKY_OUT;
    }
    return within && south >= s->d[2] + (s->d[2] > -90.0 ? eps : -eps)
           && north <= s->d[3] - (s->d[3] < 90.0 ? eps : -eps)
           ? SKY_IN : SKY_BORDER;
}

static int cell_moc(const sky_shape_t *s, const sky_cell_t *cell)
{
    const sky_span_t *spans = (const sky_span_t *)s->d;
    int shift = 2 * (SKY_ORDER - cell->order);
    int64_t lo = cell->ipix << shift, hi = (cell->ipix + 1) << shift;
    uint32_t a = 0, b = s->n;

    while (a < b) {             /* the first span that ends after lo */
        uint32_t mid = a + (b - a) / 2;

        if (spans[mid].hi > lo) {
            b = mid;
        }
        else {
            a = mid + 1;
        }
    }
    if (a == s->n || spans[a].lo >= hi) {
        return SKY_OUT;
    }
    return spans[a].lo <= lo && spans[a].hi >= hi ? SKY_IN : SKY_BORDER;
}

int sky_cell_test(const sky_shape_t *s, const sky_cell_t *cell)
{
    int i, rc, best = SKY_OUT;
    int64_t hpx;

    switch (s->kind) {
    case SKY_POINT:
        hpx = sky_hpx(s->d[0], s->d[1]);
        return hpx >> (2 * (SKY_ORDER - cell->order)) == cell->ipix
               ? SKY_BORDER : SKY_OUT;
    case SKY_CIRCLE:
        return sky_cell_circle(s->cap, sky_hpx(s->d[0], s->d[1]),
                               s->cap[3], cell);
    case SKY_POLYGON:
    case SKY_BOX:
        return cell_polygon(s, cell);
    case SKY_RANGE:
        return cell_range(s, cell);
    case SKY_MOC:
        return cell_moc(s, cell);
    default:
        for (i = 0; i < (int)s->n; i++) {
            rc = sky_cell_test(sky_shape_member(s, i), cell);
            if (rc == SKY_IN) {
                return SKY_IN;
            }
            best = rc == SKY_BORDER ? rc : best;
        }
        return best;
    }
}
