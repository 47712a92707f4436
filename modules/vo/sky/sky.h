/* sky.h: the sky as a number line: cells, shapes, coverage, MOC algebra. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Concepts
 *
 * Cell numbers. HEALPix NESTED order 29 maps every ICRS direction to an
 * integer hpx in [0, SKY_HPX_END). Nearby directions share leading bits, so a
 * region of sky is a short sorted list of half-open ranges of integers.
 *
 * Shapes. A sky_shape_t is one contiguous, relocatable, immutable block (no
 * inner pointers): copy it with memcpy(dst, shape, sky_shape_size(shape)) to
 * any address aligned to 8 bytes. Every boundary belongs to its shape.
 *
 * Coverage. sky_coverage() turns a shape into at most BUDGET ranges that hold
 * all of it, each marked interior (no test needed) or border.
 *
 * Angles are degrees, ICRS; right ascension is taken modulo 360, declination
 * must lie in [-90, 90]. Areas are square degrees. The library keeps no
 * state, does no I/O, and is safe to call from many threads.
 */

#ifndef SKY_H
#define SKY_H

#include <stddef.h>
#include <stdint.h>

#define SKY_ORDER 29                               /* deepest order */
#define SKY_HPX_END ((int64_t)12 << 58)            /* cells at order 29 */
#define SKY_MAX_VERTICES 100000                    /* of one polygon */
#define SKY_MAX_DEPTH 8                            /* of nested unions */

/* ---- memory and errors ------------------------------------------------ */

typedef struct {
    void *(*alloc)(void *baton, size_t size); /* 8-byte aligned; NULL: none */
    void *baton;                              /* given to alloc */
} sky_alloc_t;

enum {
    SKY_OK = 0,
    SKY_ERR_VALUE,      /* a number outside its allowed range */
    SKY_ERR_SYNTAX,     /* text that does not parse */
    SKY_ERR_UNSUPPORTED,/* well formed, but of a kind not offered */
    SKY_ERR_MEMORY      /* alloc returned NULL */
};

typedef struct {
    int code;           /* SKY_ERR_... */
    int position;       /* byte offset into parsed text, -1 if none */
    char text[160];     /* sentence naming the value and what is allowed */
} sky_err_t;

/* ---- ranges ----------------------------------------------------------- */

typedef struct {
    int64_t lo;         /* first cell number */
    int64_t hi;         /* one past the last */
    int is_border;      /* 0: all of it inside the shape */
} sky_range_t;

/* A range of a MOC: [lo, hi) at order 29. */
typedef struct {
    int64_t lo;
    int64_t hi;
} sky_span_t;

/* ---- cells ------------------------------------------------------------ */

/* The order-29 cell of a direction, or -1 if RA_DEG is not finite or DEC_DEG
 * is outside [-90, 90]. */
int64_t sky_hpx(double ra_deg, double dec_deg);

/* The same at ORDER in [0, 29]; -1 also for another order. */
int64_t sky_hpx_at(int order, double ra_deg, double dec_deg);

/* The centre of an order-29 cell; NaN for a number outside the sky. */
void sky_hpx_center(int64_t hpx, double *ra_deg, double *dec_deg);

/* The centre of cell IPIX of ORDER; returns 0, or -1 if there is none. */
int sky_cell_center(int order, int64_t ipix, double *ra_deg, double *dec_deg);

/* The corners of a cell, south, east, north, west, as ra, dec pairs in
 * RADEC[8]; returns 0, or -1 if there is no such cell. */
int sky_cell_corners(int order, int64_t ipix, double radec[8]);

/* Largest distance in degrees from a cell's centre to its corners, or -1. */
double sky_cell_radius(int order, int64_t ipix);

/* ---- angles ----------------------------------------------------------- */

/* Great-circle distance, accurate from 0 to 180 degrees. */
double sky_distance(double ra1_deg, double dec1_deg,
                    double ra2_deg, double dec2_deg);

/* Position angle in [0, 360) of point 2 seen from point 1, north through
 * east; 0 when the points coincide. */
double sky_bearing(double ra1_deg, double dec1_deg,
                   double ra2_deg, double dec2_deg);

/* Degrees of text from TEXT to END: "1:2:3.4", "010203.4" and "1h2m3.4s" (hours
 * of 15 degrees, up to 24), or "1d2m3.4s" with a sign before it if wanted;
 * blanks around, either case; NaN for other text. After the catalogue of
 * user-defined functions 1.2, ivo_hms_to_degrees and ivo_dms_to_degrees. */
double sky_hms_degrees(const char *text, const char *end);
double sky_dms_degrees(const char *text, const char *end);

/* ---- epochs ------------------------------------------------------------ */

/* ra, dec (degrees), parallax (mas), proper motions in ra (times cos dec) and
 * dec (mas/yr), radial velocity (km/s) */
#define SKY_ASTROMETRY 6

/* OUT is IN after YEARS Julian years of straight motion through space, without
 * the light's travel time (ESA SP-1200, section 1.5.5). NaN for an unknown
 * parallax is infinitely far, for another unknown 0; then OUT's parallax and
 * radial velocity are NaN. Returns 0, or -1 for impossible values. */
int sky_epoch_prop(const double in[SKY_ASTROMETRY], double years,
                   double out[SKY_ASTROMETRY]);

/* ---- shapes ----------------------------------------------------------- */

typedef struct sky_shape_t sky_shape_t;

enum {
    SKY_POINT = 1,
    SKY_CIRCLE,
    SKY_POLYGON,        /* great-circle edges; the smaller side is inside */
    SKY_BOX,            /* kept as a polygon; remembers that it was a box */
    SKY_RANGE,          /* between two meridians and two parallels */
    SKY_MOC,
    SKY_UNION
};

/* All constructors return a block from A, or NULL with ERR filled (ERR may be
 * NULL). Nothing else is kept or freed. */

sky_shape_t *sky_make_point(const sky_alloc_t *a, double ra_deg,
                            double dec_deg, sky_err_t *err);

/* Radius in [0, 180] degrees (DALI 1.1 section 3.3.6 asks for > 0; 0 is the
 * useful limit and accepted). */
sky_shape_t *sky_make_circle(const sky_alloc_t *a, double ra_deg,
                             double dec_deg, double radius_deg,
                             sky_err_t *err);

/* N >= 3 vertices as ra, dec pairs, closed implicitly (a repeated last vertex
 * is dropped), any winding: of the two parts of the sphere the smaller one is
 * inside. Consecutive vertices must be less than 180 degrees apart. Self-
 * crossing polygons follow the even-odd rule. */
sky_shape_t *sky_make_polygon(const sky_alloc_t *a, int n,
                              const double *radec_deg, sky_err_t *err);

/* ADQL 2.1 BOX: a cross with arms of half the width and height along the
 * axes at the centre, sides great circles at right angles to the arms.
 * Width and height in (0, 180). */
sky_shape_t *sky_make_box(const sky_alloc_t *a, double ra_deg, double dec_deg,
                          double width_deg, double height_deg,
                          sky_err_t *err);

/* DALI range: lon1..lon2 eastwards (lon1 > lon2 crosses RA 0; a span of 360
 * or more is every longitude), lat1 <= lat2 in [-90, 90]. */
sky_shape_t *sky_make_range(const sky_alloc_t *a, double lon1_deg,
                            double lon2_deg, double lat1_deg,
                            double lat2_deg, sky_err_t *err);

/* N spans, any order, may overlap; ORDER in [0, 29] is the MOC order that is
 * kept for text output (29 if in doubt; deepened when the spans need it). */
sky_shape_t *sky_make_moc(const sky_alloc_t *a, int n,
                          const sky_span_t *spans, int order,
                          sky_err_t *err);

/* N >= 1 shapes; unions inside are flattened. */
sky_shape_t *sky_make_union(const sky_alloc_t *a, int n,
                            const sky_shape_t *const *shapes,
                            sky_err_t *err);

size_t sky_shape_size(const sky_shape_t *shape);    /* bytes of the block */
int sky_shape_kind(const sky_shape_t *shape);       /* SKY_POINT ... */
int sky_shape_is_polygon(const sky_shape_t *shape); /* polygon or box */

/* The defining numbers in degrees, inside the block: point 2, circle 3,
 * polygon and box 2 per vertex, range 4; NULL and 0 for MOC and union. */
const double *sky_shape_numbers(const sky_shape_t *shape, int *count);

/* Spans of a MOC (sorted, disjoint, not touching), inside the block. */
const sky_span_t *sky_shape_spans(const sky_shape_t *shape, int *count);
int sky_shape_moc_order(const sky_shape_t *shape);

/* Members of a union, I in [0, count); others have one member: themselves. */
int sky_shape_member_count(const sky_shape_t *shape);
const sky_shape_t *sky_shape_member(const sky_shape_t *shape, int i);

/* A circle around the shape: unit vector and angular radius in radians. */
void sky_shape_cap(const sky_shape_t *shape, double center[3],
                   double *radius_rad);

/* Tight bounds in x, y, z on the unit sphere: min x, y, z, max x, y, z. */
void sky_shape_bounds(const sky_shape_t *shape, double bounds[6]);

/* ---- frames ----------------------------------------------------------- */

/* FK5 is of J2000, FK4 of B1950 without E-terms, ECLIPTIC of J2000. */
enum {
    SKY_ICRS, SKY_FK5, SKY_FK4, SKY_GALACTIC, SKY_ECLIPTIC,
    SKY_SUPER_GALACTIC,
    SKY_FRAMES          /* how many */
};

/* The frame called NAME (LEN bytes, any case; also J2000, B1950 and
 * GALACTIC_II), or -1; the name of one in the IVOA's vocabulary, or NULL. */
int sky_frame(const char *name, size_t len);
const char *sky_frame_name(int frame);

/* Turn a direction from one frame to another: a plain rotation. */
void sky_turn(int from, int to, double *lon_deg, double *lat_deg);

/* SHAPE, given in frame FROM, in frame TO; a box becomes a polygon. NULL with
 * ERR for a coordinate range or a MOC, which turn into nothing of their
 * kind. */
sky_shape_t *sky_transform(const sky_alloc_t *a, const sky_shape_t *shape,
                           int from, int to, sky_err_t *err);

/* ---- text ------------------------------------------------------------- */

/* DALI 1.1/1.2 text (point, circle, polygon, range, moc), STC-S (POSITION,
 * CIRCLE, POLYGON, BOX, POSITIONINTERVAL, ALLSKY, UNION with an optional
 * frame, reference position, flavor) and ASCII MOC. Case is ignored, commas
 * count as blanks. FK5 and J2000 are taken as ICRS, the other frames above are
 * turned. ERR->position is the byte where reading stopped. */
sky_shape_t *sky_parse(const sky_alloc_t *a, const char *text,
                       sky_err_t *err);

/* NUL-terminated text from A, shortest numbers that read back equal; NULL
 * when A has no memory. STC-S has no word for a MOC ("MOC 3/1-4"). In DALI
 * form unions read "union ( ... )", since DALI has none. */
char *sky_format_stcs(const sky_alloc_t *a, const sky_shape_t *shape);
char *sky_format_dali(const sky_alloc_t *a, const sky_shape_t *shape);

/* The shortest decimal text of V that reads back equal, always with a point
 * as decimal mark; BUF needs 32 bytes; returns the length. */
int sky_format_number(double v, char *buf);

/* Read a decimal number at TEXT (no NaN, no infinity, any locale) up to END;
 * returns the first byte after it, or NULL if there is none. */
const char *sky_parse_number(const char *text, const char *end, double *v);

/* ---- coverage --------------------------------------------------------- */

/* At most BUDGET (>= 1, cut to CAP) sorted, disjoint ranges that hold every
 * cell the shape touches. Returns their count, or -1 if memory ran out. */
int sky_coverage(const sky_shape_t *shape, int budget, sky_range_t *out,
                 int cap);

/* The same for a circle without making a shape; -1 also for bad values. */
int sky_circle_ranges(double ra_deg, double dec_deg, double radius_deg,
                      int budget, sky_range_t *out);

/* Few (1 to 4, rarely up to SKY_ROW_RANGES) ranges around one small circle,
 * as a join from row to row wants them: made for speed, not for tightness.
 * OUT needs SKY_ROW_RANGES places. Returns the count or -1 for bad values. */
#define SKY_ROW_RANGES 16
int sky_row_ranges(double ra_deg, double dec_deg, double radius_deg,
                   sky_range_t *out);

/* The MOC of SHAPE at ORDER: every cell of that order that the shape touches
 * (and perhaps one that it misses by no more than a hair), as a shape from A.
 * NULL with ERR when it would have more than SKY_MOC_CELLS spans or take more
 * than seconds. */
#define SKY_MOC_CELLS 1000000
sky_shape_t *sky_moc_of(const sky_alloc_t *a, const sky_shape_t *shape,
                        int order, sky_err_t *err);

/* ---- relations and measures ------------------------------------------- */

/* 1 if the direction is in the shape (boundary included), else 0. */
int sky_contains_point(const sky_shape_t *shape, double ra_deg,
                       double dec_deg);

/* 1 if every point of INNER is in OUTER. Exact to 1e-13 rad among points,
 * circles, polygons, boxes, ranges and among MOCs; where a MOC or a union of
 * overlapping parts meets another kind, to 1/256 of the cell or shape. */
int sky_contains(const sky_shape_t *outer, const sky_shape_t *inner);

/* 1 if the shapes have a point in common (same exactness). */
int sky_intersects(const sky_shape_t *a, const sky_shape_t *b);

/* Area in square degrees, 0 for a point; for unions overlaps count once (by
 * cells, to about 1e-3 when members overlap). */
double sky_area(const sky_shape_t *shape);

/* Centre of mass direction; returns 0, or -1 when there is none (an empty
 * MOC, or a shape balanced around the Earth such as all sky). */
int sky_centroid(const sky_shape_t *shape, double *ra_deg, double *dec_deg);

/* ---- MOC algebra ------------------------------------------------------ */

/* All work on sorted, disjoint spans in [0, SKY_HPX_END). OUT must not overlap
 * the inputs and needs room for the stated number of spans; results are
 * canonical (touching spans joined). Each returns the count written. */

/* Sort N spans in place, join overlaps, drop empty ones; -1 if one lies
 * outside the sky or is reversed. */
int sky_moc_normalize(sky_span_t *spans, int n);
int sky_moc_or(const sky_span_t *a, int na, const sky_span_t *b, int nb,
               sky_span_t *out);                    /* room na + nb */
int sky_moc_and(const sky_span_t *a, int na, const sky_span_t *b, int nb,
                sky_span_t *out);                   /* room na + nb */
int sky_moc_xor(const sky_span_t *a, int na, const sky_span_t *b, int nb,
                sky_span_t *out);                   /* room na + nb */
int sky_moc_difference(const sky_span_t *a, int na, const sky_span_t *b,
                       int nb, sky_span_t *out);    /* room na + nb */
int sky_moc_not(const sky_span_t *a, int na, sky_span_t *out); /* na + 1 */

/* Every touched cell of ORDER becomes full; room na. */
int sky_moc_degrade(const sky_span_t *a, int na, int order, sky_span_t *out);

/* The lowest order whose cells describe the spans exactly. */
int sky_moc_order(const sky_span_t *a, int na);
double sky_moc_area(const sky_span_t *a, int na);   /* square degrees */
int sky_moc_has(const sky_span_t *a, int na, int64_t hpx);

/* The canonical cells, ascending by cell number of order 29: calls FN with
 * order and index of each; a non-zero return stops and is returned. */
int sky_moc_cells(const sky_span_t *a, int na,
                  int (*fn)(void *baton, int order, int64_t ipix),
                  void *baton);

/* The cells at ORDER as indices (flatten); returns their number, writes at
 * most CAP of them to OUT. */
int64_t sky_moc_flatten(const sky_span_t *a, int na, int order,
                        int64_t *out, int64_t cap);

/* ASCII and JSON text of MOC 2.0 section 4.3; ORDER is the MOC order, written
 * as a trailing "order/" when no cell is that deep. From A, NUL-terminated. */
char *sky_moc_format(const sky_alloc_t *a, const sky_span_t *spans, int n,
                     int order);
char *sky_moc_format_json(const sky_alloc_t *a, const sky_span_t *spans,
                          int n, int order);

/* Read either text form (an "s" prefix is accepted, time MOCs are not).
 * Spans from A in *SPANS; returns their count or -1 with ERR. */
int sky_moc_parse(const sky_alloc_t *a, const char *text,
                  sky_span_t **spans, int *order, sky_err_t *err);

#endif /* SKY_H */
