/* voctl_truth.h: the made-up sky of the demo: what is there, what is seen. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_TRUTH_H
#define VOCTL_TRUTH_H

#include <stdint.h>

#include "voctl_profile.h"

/*
 * A field of 3 x 3 overlapping tiles holds stars (blackbodies, a few of them
 * real ones at their real places) and galaxies (an old and a young population
 * with emission lines, redshifted). Everything follows from a seed: the same
 * seed and size give the same sky, the same measurements and the same pixels.
 *
 * The telescope's pixel is free: the blur of the stars grows with it, so that
 * images are always well sampled, and the exposures with the blur, so that
 * stars are found to the same magnitude. Plain C: no I/O, no state.
 */
#define TRUTH_FILTERS 12
#define TRUTH_TILES 9
#define TRUTH_TILE_WIDTH 1.4       /* degrees on the sky */
#define TRUTH_TILE_STEP 1.3
#define TRUTH_RA 150.0             /* centre of the field */
#define TRUTH_DEC 32.0
#define TRUTH_PIXEL 3.36          /* arcsec, unless said; T80Cam has 0.555 */
#define TRUTH_EXPOSURES 3          /* of a tile in a filter */
#define TRUTH_READOUT 15           /* s between them */
#define TRUTH_REFERENCE 7          /* rSDSS, in truth_filters */

typedef struct truth_filter_t {
    const char *name;
    int filter_id;
    double wavelength, width;      /* Angstrom */
    const char *color;
    double depth;                  /* AB, 5 sigma for a star */
    double exptime;                /* s */
} truth_filter_t;

/* In order of wavelength: array positions 1 to TRUTH_FILTERS. */
extern const truth_filter_t truth_filters[TRUTH_FILTERS];

typedef struct truth_star_t { /* a real star */
    int64_t source;
    double ra, dec;           /* degrees */
    double mag;               /* V */
} truth_star_t;

typedef struct truth_object_t {
    double ra, dec;                /* degrees, ICRS */
    int64_t source;                /* of the real star, else 0 */
    int is_galaxy;
    double temperature;            /* K: star, or old stars of the galaxy */
    double redshift;               /* 0 for stars */
    double young;                  /* share of young stars at 5500 A rest */
    double line_width;             /* H alpha equivalent width, A, rest */
    double radius;                 /* half light, arcsec; 0: point source */
    double axis_ratio, angle;      /* b/a; degrees, north through east */
    double mag[TRUTH_FILTERS];     /* true AB magnitudes, whole object */
} truth_object_t;

typedef struct truth_tile_t {
    double ra, dec;                /* centre, degrees */
    double depth[TRUTH_FILTERS];   /* AB, 5 sigma for a star */
    double fwhm[TRUTH_FILTERS];    /* of the PSF, pixel and all; arcsec */
    double zeropoint[TRUTH_FILTERS]; /* AB magnitude of a count per second */
    double sky[TRUTH_FILTERS];     /* noise in 1 arcsec^2, microjansky */
    double gain[TRUTH_FILTERS];    /* electrons in a count per second */
    double saturate[TRUTH_FILTERS]; /* counts per second */
    double mjd[TRUTH_FILTERS];     /* start of the exposures */
} truth_tile_t;

typedef struct truth_t {
    uint64_t seed;
    double pixel;                  /* arcsec */
    int naxis;                     /* pixels of a tile along each axis */
    int nobjects;
    truth_object_t *objects;
    truth_tile_t tiles[TRUTH_TILES];
} truth_t;

/* What the pipeline measures of an object on a tile. Fluxes are f_nu in
 * microjansky. */
typedef struct truth_seen_t {
    double ra, dec;
    double x, y;                   /* pixels, from 1 */
    double flux[TRUTH_FILTERS], flux_err[TRUTH_FILTERS]; /* AUTO */
    double psf[TRUTH_FILTERS], psf_err[TRUTH_FILTERS];
    double aper[TRUTH_FILTERS], aper_err[TRUTH_FILTERS]; /* 3 arcsec */
    int flags[TRUTH_FILTERS];      /* SExtractor's: 4 saturated, 1 crowded */
    int mask[TRUTH_FILTERS];       /* 1: near the edge */
    double fwhm, class_star;
    double major, minor, angle;    /* rms, arcsec; degrees as above */
    double photoz, photoz_err, odds;
    double prob_star;
} truth_seen_t;

/* Make a sky of NOBJECTS objects, the first NSTARS of them real, seen with
 * pixels of PIXEL arcsec. NULL when there is no memory. */
truth_t *truth_create(uint64_t seed, double pixel, int nobjects, int nstars,
                      const truth_star_t *stars);
void truth_free(truth_t *truth);

/* Is the direction inside the field? */
int truth_in_field(double ra, double dec);

/* Measure object I on tile T. Returns 0 when it is not on the tile or not
 * detected in the reference filter. */
int truth_see(const truth_t *truth, int t, int i, truth_seen_t *seen);

/* Corners of the images of tile T as ra, dec pairs, in order around it. */
void truth_corners(const truth_t *truth, int t, double radec[8]);

/* Where the direction is on the images of tile T: pixels, from 1. Returns 0
 * when it is on the other half of the sky. */
int truth_pixel(const truth_t *truth, int t, double ra, double dec, double *x,
                double *y);

/* Width of the border of an image that not all exposures cover, pixels. */
int truth_edge(const truth_t *truth);

/* What the object looks like: the kind of its profile, and the angle of its
 * major axis on the images of tile T, degrees from up (+y) to the left. */
profile_e truth_profile(const truth_object_t *o);
double truth_angle(const truth_t *truth, int t, const truth_object_t *o);

/* AB magnitude of a flux in microjansky (must be positive), and back. */
double truth_mag(double flux);
double truth_flux(double mag);

#endif
