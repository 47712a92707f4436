/* voctl_paint.h: pixels of the demo's images, from the truth of its sky. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_PAINT_H
#define VOCTL_PAINT_H

#include "voctl_truth.h"

/*
 * First the light that falls on a tile (paint_light), then what exposures make
 * of it: each is shifted by whole pixels, has noise of its own and loses the
 * same few columns of the detector; the coadd is the mean of the exposures
 * where they have something. Everything follows from the truth's seed. Plain
 * C: no I/O, no state; different images may be painted at the same time.
 */
#define PAINT_EDGE 1      /* mask: outside some exposure */
#define PAINT_COLUMN 2    /*       a bad column of some exposure */
#define PAINT_SATURATED 4 /*       saturated, or bled into */

typedef struct paint_t {
    const truth_t *truth;
    int tile, filter;
    int margin;           /* of the light around the tile, pixels */
    int width;            /* naxis + 2 margin */
    float *light;         /* counts/s without noise, width x width, from the
                           * bottom; saturated */
    unsigned char *full;  /* the same size: not 0 where saturated */
} paint_t;

/* Make the light of a tile in a filter. 0 when there is no memory. Free it
 * with paint_free in any case. */
int paint_light(paint_t *paint, const truth_t *truth, int tile, int filter);
void paint_free(paint_t *paint);

/* Shift of an exposure: pixel x of the tile is its pixel x - dx. */
void paint_shift(const truth_t *truth, int exposure, int *dx, int *dy);

/* An image of naxis x naxis pixels: PIXELS in counts/s, WEIGHTS 1/variance of
 * the sky (0: nothing known), MASK of PAINT_ bits. */
typedef struct paint_image_t {
    float *pixels, *weights;
    short *mask;
} paint_image_t;
/* The tile's coadd; needs memory for a few rows, 0 when there is none. */
int paint_coadd(const paint_t *paint, paint_image_t *image);
/* One exposure, in its own pixels; counts/s too. */
int paint_exposure(const paint_t *paint, int exposure, paint_image_t *image);

/* The PSF, SIZE x SIZE (odd) pixels around its centre, sum 1. */
void paint_psf(const truth_t *truth, int tile, int filter, int size,
               float *pixels);

#endif
