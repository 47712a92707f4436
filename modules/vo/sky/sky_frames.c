/* sky_frames.c: reference frames, and shapes turned from one to another. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* The catalogue of user-defined functions (1.2, ivo_geom_transform) asks for
 * plain rotations, with the words of the IVOA vocabulary "refframe". */
static const struct {
    const char *name;
    double m[3][3];             /* to ICRS */
} frames[SKY_FRAMES] = {
    [SKY_ICRS] = { "ICRS",
      { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } } },
    /* J2000; the Hipparcos frame tie, Mignard and Froeschle (2000) */
    [SKY_FK5] = { "FK5",
      { { 0.9999999999999928, 0.0000001110223374, 0.0000000441180343 },
        { -0.0000001110223329, 0.9999999999999891, -0.0000000964779275 },
        { -0.0000000441180450, 0.0000000964779225, 0.9999999999999943 } } },
    /* B1950, without the E-terms of aberration; Murray (1989) */
    [SKY_FK4] = { "FK4",
      { { 0.9999256809514503, -0.0111813722038498, -0.0048589597052853 },
        { 0.0111813717538848, 0.9999374861373455, -0.0000272585320943 },
        { 0.0048589607407388, -0.0000270733285360, 0.9999881948140962 } } },
    /* of date B1950, taken to FK5: Reid and Brunthaler (2004), appendix */
    [SKY_GALACTIC] = { "GALACTIC",
      { { -0.0548756577125922, 0.4941094371927267, -0.8676661375596585 },
        { -0.8734370519556163, -0.4448297212232957, -0.1980763372730006 },
        { -0.4838350736167153, 0.7469821839866677, 0.4559838136873021 } } },
    /* mean ecliptic and equinox J2000, IAU 2006 with frame bias */
    [SKY_ECLIPTIC] = { "ECLIPTIC",
      { { 0.9999999999999942, 0.0000000328970042, -0.0000001020704472 },
        { -0.0000000707836903, 0.9174821299149585, -0.3977769994440431 },
        { 0.0000000805621398, 0.3977769994440479, 0.9174821299149555 } } },
    /* north pole at galactic 47.37, +6.32; zero at 137.37, 0 */
    [SKY_SUPER_GALACTIC] = { "SUPER_GALACTIC",
      { { 0.3750155557030316, -0.8983204377276134, 0.2288749093754364 },
        { 0.3413588718562476, -0.0957271002488506, -0.9350456902649072 },
        { 0.8618801851683193, 0.4287851600030201, 0.2707504994924462 } } }
};

/* Other words for them, as STC-S and ADQL 2.0 have them. */
static const struct {
    const char *name;
    int frame;
} others[] = {
    { "J2000", SKY_FK5 }, { "B1950", SKY_FK4 },
    { "GALACTIC_II", SKY_GALACTIC }
};

int sky_frame(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < SKY_FRAMES; i++) {
        if (strlen(frames[i].name) == len
            && strncasecmp(frames[i].name, name, len) == 0) {
            return (int)i;
        }
    }
    for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (strlen(others[i].name) == len
            && strncasecmp(others[i].name, name, len) == 0) {
            return others[i].frame;
        }
    }
    return -1;
}

const char *sky_frame_name(int frame)
{
    return frame >= 0 && frame < SKY_FRAMES ? frames[frame].name : NULL;
}

void sky_turn(int from, int to, double *lon_deg, double *lat_deg)
{
    double v[3], w[3];
    int i;

    if (from == to) {
        return;
    }
    sky_vec(*lon_deg, *lat_deg, v);
    for (i = 0; i < 3; i++) {
        w[i] = sky_dot(frames[from].m[i], v);
    }
    for (i = 0; i < 3; i++) { /* the other one's inverse: transposed */
        v[i] = frames[to].m[0][i] * w[0] + frames[to].m[1][i] * w[1]
               + frames[to].m[2][i] * w[2];
    }
    sky_vec_radec(v, lon_deg, lat_deg);
}

static sky_shape_t *turn_corners(const sky_alloc_t *a, const sky_shape_t *s,
                                 int from, int to, sky_err_t *err)
{
    int i, n;
    const double *d = sky_shape_numbers(s, &n);
    double *radec = a->alloc(a->baton, (size_t)n * sizeof(double));

    if (radec == NULL) {
        sky_fail(err, SKY_ERR_MEMORY, "no memory for %d numbers", n);
        return NULL;
    }
    for (i = 0; i < n; i += 2) {
        radec[i] = d[i];
        radec[i + 1] = d[i + 1];
        sky_turn(from, to, &radec[i], &radec[i + 1]);
    }
    return sky_make_polygon(a, n / 2, radec, err);
}

static sky_shape_t *turn_members(const sky_alloc_t *a, const sky_shape_t *s,
                                 int from, int to, sky_err_t *err)
{
    int i, n = sky_shape_member_count(s);
    const sky_shape_t **member = a->alloc(a->baton,
                                          (size_t)n * sizeof(*member));

    if (member == NULL) {
        sky_fail(err, SKY_ERR_MEMORY, "no memory for a union");
        return NULL;
    }
    for (i = 0; i < n; i++) {
        member[i] = sky_transform(a, sky_shape_member(s, i), from, to, err);
        if (member[i] == NULL) {
            return NULL;
        }
    }
    return sky_make_union(a, n, member, err);
}

sky_shape_t *sky_transform(const sky_alloc_t *a, const sky_shape_t *s,
                           int from, int to, sky_err_t *err)
{
    double lon, lat;

    if (from == to) {
        sky_shape_t *copy = a->alloc(a->baton, s->size);

        if (copy == NULL) {
            sky_fail(err, SKY_ERR_MEMORY, "no memory for a region");
            return NULL;
        }
        return memcpy(copy, s, s->size);
    }
    switch (s->kind) {
    case SKY_POINT:
    case SKY_CIRCLE:
        lon = s->d[0];
        lat = s->d[1];
        sky_turn(from, to, &lon, &lat);
        return s->kind == SKY_POINT
                   ? sky_make_point(a, lon, lat, err)
                   : sky_make_circle(a, lon, lat, s->d[2], err);
    case SKY_POLYGON:
    case SKY_BOX:
        return turn_corners(a, s, from, to, err);
    case SKY_UNION:
        return turn_members(a, s, from, to, err);
    default:
        sky_fail(err, SKY_ERR_UNSUPPORTED, "a %s cannot be turned from %s "
                 "to %s", s->kind == SKY_MOC ? "MOC" : "coordinate range",
                 frames[from].name, frames[to].name);
        return NULL;
    }
}
