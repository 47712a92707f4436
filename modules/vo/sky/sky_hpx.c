/* sky_hpx.c: HEALPix NESTED cells: numbers, places, corners. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Gorski et al. 2005, ApJ 622, 759: section 5 for the projection. Numbers of
 * directions come from libchealpix; corners are computed here, since the
 * library offers centres only. */

#include "sky_int.h"

#include <math.h>

#include <chealpix.h>

/* Ring of the southernmost corner and longitude of each base cell, in units
 * of the face side and of 45 degrees. */
static const double face_ring[12] = { 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4 };
static const double face_lon[12] = { 1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7 };

static uint32_t squeeze(uint64_t v)
{
    v &= UINT64_C(0x5555555555555555);
    v = (v | v >> 1) & UINT64_C(0x3333333333333333);
    v = (v | v >> 2) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    v = (v | v >> 4) & UINT64_C(0x00ff00ff00ff00ff);
    v = (v | v >> 8) & UINT64_C(0x0000ffff0000ffff);
    return (uint32_t)(v | v >> 16);
}

static uint64_t spread(uint32_t x)
{
    uint64_t v = x;

    v = (v | v << 16) & UINT64_C(0x0000ffff0000ffff);
    v = (v | v << 8) & UINT64_C(0x00ff00ff00ff00ff);
    v = (v | v << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    v = (v | v << 2) & UINT64_C(0x3333333333333333);
    return (v | v << 1) & UINT64_C(0x5555555555555555);
}

int64_t sky_xy_pix(int order, int face, uint32_t x, uint32_t y)
{
    return ((int64_t)face << (2 * order)) + (int64_t)spread(x)
           + (int64_t)(spread(y) << 1);
}

void sky_pix_xy(int order, int64_t ipix, int *face, uint32_t *x, uint32_t *y)
{
    uint64_t in = (uint64_t)ipix & ((UINT64_C(1) << (2 * order)) - 1);

    *face = (int)(ipix >> (2 * order));
    *x = squeeze(in);
    *y = squeeze(in >> 1);
}

int64_t sky_hpx_at(int order, double ra_deg, double dec_deg)
{
    int64_t ipix;

    if (order < 0 || order > SKY_ORDER || !isfinite(ra_deg)
        || !(dec_deg >= -90.0 && dec_deg <= 90.0)) {
        return -1;
    }
    /* always by way of order 29, so that a cell holds exactly its children */
    ang2pix_nest64((int64_t)1 << SKY_ORDER, SKY_PI / 2 - dec_deg * SKY_RAD,
                   sky_wrap360(ra_deg) * SKY_RAD, &ipix);
    return ipix >> (2 * (SKY_ORDER - order));
}

int64_t sky_hpx(double ra_deg, double dec_deg)
{
    return sky_hpx_at(SKY_ORDER, ra_deg, dec_deg);
}

static int is_cell(int order, int64_t ipix)
{
    return order >= 0 && order <= SKY_ORDER && ipix >= 0
           && ipix < (int64_t)12 << (2 * order);
}

int sky_cell_center(int order, int64_t ipix, double *ra_deg, double *dec_deg)
{
    uint32_t x, y;
    int face;
    double v[3], side = ldexp(1.0, -order);

    if (!is_cell(order, ipix)) {
        *ra_deg = *dec_deg = NAN;
        return -1;
    }
    sky_pix_xy(order, ipix, &face, &x, &y);
    sky_face_vec(face, (x + 0.5) * side, (y + 0.5) * side, v);
    sky_vec_radec(v, ra_deg, dec_deg);
    return 0;
}

void sky_hpx_center(int64_t hpx, double *ra_deg, double *dec_deg)
{
    sky_cell_center(SKY_ORDER, hpx, ra_deg, dec_deg);
}

int sky_cell_corners(int order, int64_t ipix, double radec[8])
{
    sky_cell_t cell;
    int i;

    if (!is_cell(order, ipix)) {
        return -1;
    }
    sky_cell_make(&cell, order, ipix);
    for (i = 0; i < 4; i++) {
        sky_vec_radec(cell.v[i], &radec[2 * i], &radec[2 * i + 1]);
    }
    return 0;
}

double sky_cell_radius(int order, int64_t ipix)
{
    sky_cell_t cell;
    double ra, dec, c[3], max = 0.0;
    int i;

    if (sky_cell_center(order, ipix, &ra, &dec) != 0) {
        return -1.0;
    }
    sky_cell_make(&cell, order, ipix);
    sky_vec(ra, dec, c);
    for (i = 0; i < 4; i++) {
        double d = sky_angle(c, cell.v[i]) / SKY_RAD;

        max = d > max ? d : max;
    }
    return max;
}

/* The direction at x, y in [0, 1] of a face: from its southern corner, x to
 * the north-east, y to the north-west. */
void sky_face_vec(int face, double x, double y, double v[3])
{
    double jr = face_ring[face] - x - y, nr, z, sth, phi, t, s, c;

    if (jr < 1.0) {
        /* northern cap; written so that the other coordinate stays exact */
        nr = face < 4 ? (1.0 - x) + (1.0 - y) : jr;
        t = nr * nr / 3.0;
        z = 1.0 - t;
        sth = sqrt(t * (2.0 - t));
    }
    else if (jr > 3.0) {
        nr = face > 7 ? x + y : 4.0 - jr;
        t = nr * nr / 3.0;
        z = t - 1.0;
        sth = sqrt(t * (2.0 - t));
    }
    else {
        nr = 1.0;
        z = (2.0 - jr) * (2.0 / 3.0);
        sth = sqrt((1.0 - z) * (1.0 + z));
    }
    t = nr > 0.0 ? (x - y) / nr : 0.0;
    phi = (SKY_PI / 4.0) * (face_lon[face] + t);
    sincos(phi, &s, &c);
    v[0] = sth * c;
    v[1] = sth * s;
    v[2] = z;
}

/* How far the edges of a cell stray from great circles: the curvature grows
 * towards the poles with the inverse of the distance to them. The factor was
 * found by measuring cells of all orders and is checked by a unit test. */
static double cell_sag(int order, int face, uint32_t x, uint32_t y)
{
    double side = ldexp(1.0, -order), nr = 1.0;
    double jr = face_ring[face] - (x + 0.5) * side - (y + 0.5) * side;

    if (jr < 1.0) {
        nr = jr;
    }
    else if (jr > 3.0) {
        nr = 4.0 - jr;
    }
    nr = nr > side ? nr : side;
    return 0.25 * side * side / nr + 1e-15;
}

void sky_cell_make_xy(sky_cell_t *cell, int order, int face, uint32_t x,
                      uint32_t y)
{
    double side = ldexp(1.0, -order);
    double x0 = x * side, x1 = (x + 1.0) * side;
    double y0 = y * side, y1 = (y + 1.0) * side;

    cell->order = order;
    cell->face = face;
    cell->x = x;
    cell->y = y;
    cell->ipix = sky_xy_pix(order, face, x, y);
    cell->sag = cell_sag(order, face, x, y);
    sky_face_vec(face, x0, y0, cell->v[0]);
    sky_face_vec(face, x1, y0, cell->v[1]);
    sky_face_vec(face, x1, y1, cell->v[2]);
    sky_face_vec(face, x0, y1, cell->v[3]);
}

void sky_cell_make(sky_cell_t *cell, int order, int64_t ipix)
{
    uint32_t x, y;
    int face;

    sky_pix_xy(order, ipix, &face, &x, &y);
    sky_cell_make_xy(cell, order, face, x, y);
}

static void copy3(double to[3], const double from[3])
{
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
}

void sky_cell_split(const sky_cell_t *cell, sky_cell_t child[4])
{
    double g[3][3][3];          /* corners of the children: g[y][x] */
    double side = ldexp(1.0, -cell->order - 1);
    int i, ix, iy;

    copy3(g[0][0], cell->v[0]);
    copy3(g[0][2], cell->v[1]);
    copy3(g[2][2], cell->v[2]);
    copy3(g[2][0], cell->v[3]);
    for (i = 1; i < 8; i += 2) {
        sky_face_vec(cell->face, (2.0 * cell->x + i % 3) * side,
                     (2.0 * cell->y + i / 3) * side, g[i / 3][i % 3]);
    }
    sky_face_vec(cell->face, (2.0 * cell->x + 1.0) * side,
                 (2.0 * cell->y + 1.0) * side, g[1][1]);
    for (i = 0; i < 4; i++) {
        ix = i & 1;
        iy = i >> 1;
        child[i].order = cell->order + 1;
        child[i].face = cell->face;
        child[i].x = 2 * cell->x + (uint32_t)ix;
        child[i].y = 2 * cell->y + (uint32_t)iy;
        child[i].ipix = 4 * cell->ipix + i;
        child[i].sag = cell_sag(child[i].order, cell->face, child[i].x,
                                child[i].y);
        copy3(child[i].v[0], g[iy][ix]);
        copy3(child[i].v[1], g[iy][ix + 1]);
        copy3(child[i].v[2], g[iy + 1][ix + 1]);
        copy3(child[i].v[3], g[iy + 1][ix]);
    }
}

/* The exact extent of a cell in longitude (west may be negative, never above
 * east) and latitude: both are reached at its corners. */
void sky_cell_lonlat(const sky_cell_t *cell, double *west_deg,
                     double *east_deg, double *south_deg, double *north_deg)
{
    double side = ldexp(1.0, -cell->order), lon[2];
    int i;

    for (i = 0; i < 2; i++) {
        double x = (cell->x + (i == 1)) * side;
        double y = (cell->y + (i == 0)) * side;
        double jr = face_ring[cell->face] - x - y, nr = 1.0;

        if (jr < 1.0) {
            nr = jr;
        }
        else if (jr > 3.0) {
            nr = 4.0 - jr;
        }
        /* at a pole every longitude of the face is met */
        lon[i] = nr > 0.0 ? (x - y) / nr : (i == 0 ? -1.0 : 1.0);
        if (lon[i] < -1.0 && nr < 1.0) {
            lon[i] = -1.0;
        }
        if (lon[i] > 1.0 && nr < 1.0) {
            lon[i] = 1.0;
        }
        lon[i] = 45.0 * (face_lon[cell->face] + lon[i]);
    }
    *west_deg = lon[0];
    *east_deg = lon[1];
    *south_deg = atan2(cell->v[0][2], hypot(cell->v[0][0], cell->v[0][1]))
                 / SKY_RAD;
    *north_deg = atan2(cell->v[2][2], hypot(cell->v[2][0], cell->v[2][1]))
                 / SKY_RAD;
}
