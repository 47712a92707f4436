/* sky_int.h: what the files of the sky library share among themselves. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#ifndef SKY_INT_H
#define SKY_INT_H

#include "sky.h"

#define SKY_PI 3.14159265358979323846
#define SKY_RAD (SKY_PI / 180.0)                /* degrees to radians */
#define SKY_EPS 1e-13                           /* radians: "on the line" */

/* The block. Its payload, after the head, by kind:
 *   point    ra dec
 *   circle   ra dec radius
 *   polygon  radec[2n], then q[3], vertex[3n], normal[3n]
 *   range    lon1 lon2 lat1 lat2 (lon1 <= lon2 <= lon1 + 360)
 *   moc      n spans
 *   union    n blocks, one after the other
 */
struct sky_shape_t {
    uint32_t kind;              /* SKY_POINT ... */
    uint32_t size;              /* bytes of all, a multiple of 8 */
    uint32_t n;                 /* vertices, spans or members */
    uint32_t flags;             /* polygon: 1 if q is inside; moc: order */
    double cap[4];              /* bounding circle: unit vector, radius rad */
    double d[];                 /* payload */
};

/* A HEALPix cell on its way through the quadtree. */
typedef struct {
    int order;
    int face;
    uint32_t x;                 /* place in the face, 0 .. 2^order - 1 */
    uint32_t y;
    int64_t ipix;               /* NESTED index at order */
    double v[4][3];             /* corners south, east, north, west */
    double sag;                 /* edges stay this near (rad) to arcs */
} sky_cell_t;

enum { SKY_OUT, SKY_IN, SKY_BORDER };

/* What a relation is made of: arcs of circles with unit axis n at height
 * n.p = h, from angle 0 to T in the frame u, v. */
typedef struct {
    double n[3], u[3], v[3];
    double h;
    double s;                   /* radius of the circle, sqrt(1 - h^2) */
    double t;                   /* extent; 2 pi or more: the whole circle */
} sky_arc_t;

static inline double sky_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void sky_cross(const double a[3], const double b[3],
                             double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static inline double sky_chord2(const double a[3], const double b[3])
{
    double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
    return x * x + y * y + z * z;
}

/* sky_geom.c */
void sky_vec(double ra_deg, double dec_deg, double v[3]);
void sky_vec_radec(const double v[3], double *ra_deg, double *dec_deg);
double sky_norm(double v[3]);                   /* scales to 1, old length */
double sky_angle(const double a[3], const double b[3]);         /* rad */
void sky_axes(const double n[3], double u[3], double v[3]);
void sky_edge_normal(const double a[3], const double b[3], double n[3]);
double sky_arc_distance(const double p[3], const double a[3],
                        const double b[3], const double n[3]);
double sky_wrap360(double deg);

/* sky_hpx.c */
void sky_face_vec(int face, double x, double y, double v[3]);
int64_t sky_xy_pix(int order, int face, uint32_t x, uint32_t y);
void sky_pix_xy(int order, int64_t ipix, int *face, uint32_t *x, uint32_t *y);
void sky_cell_make(sky_cell_t *cell, int order, int64_t ipix);
void sky_cell_make_xy(sky_cell_t *cell, int order, int face, uint32_t x,
                      uint32_t y);
void sky_cell_split(const sky_cell_t *cell, sky_cell_t child[4]);
void sky_cell_lonlat(const sky_cell_t *cell, double *west_deg,
                     double *east_deg, double *south_deg, double *north_deg);

/* sky_poly.c */
int sky_poly_setup(struct sky_shape_t *s, sky_err_t *err);
int sky_poly_has(const sky_shape_t *s, const double p[3]);
int sky_poly_near(const sky_shape_t *s, const double p[3], double eps);
double sky_poly_area(const sky_shape_t *s);             /* steradian */
void sky_poly_moment(const sky_shape_t *s, double m[3]);
const double *sky_poly_vertex(const sky_shape_t *s);
const double *sky_poly_normal(const sky_shape_t *s);

/* sky_shape.c */
int sky_fail(sky_err_t *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int sky_has_vec(const sky_shape_t *s, const double p[3]);
int sky_near_boundary(const sky_shape_t *s, const double p[3], double eps);

/* sky_cell.c: SKY_OUT, SKY_IN or SKY_BORDER, never wrongly OUT or IN */
int sky_cell_test(const sky_shape_t *s, const sky_cell_t *cell);
int sky_cell_circle(const double c[3], int64_t hpx, double radius_rad,
                    const sky_cell_t *cell);

/* sky_arc.c */
int sky_arcs(const sky_shape_t *s, sky_arc_t *out, int cap);
void sky_arc_point(const sky_arc_t *arc, double t, double p[3]);
int sky_arc_meet(const sky_arc_t *a, const sky_arc_t *b, double t[6]);

#endif /* SKY_INT_H */
