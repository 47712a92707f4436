/* vo_region.h: regions of the sky on the pixels of an image. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_REGION_H
#define VO_REGION_H

#include "../sky/sky.h"
#include "vo_wcs.h"

/* What is cut out. */
typedef enum {
    VO_REGION_ALL,     /* the whole image */
    VO_REGION_CIRCLE,
    VO_REGION_POLYGON, /* great circles between its corners */
    VO_REGION_RANGE,   /* of longitude and latitude */
    VO_REGION_BOX      /* pixels along the axes of the image */
} vo_region_e;

typedef struct vo_region_t {
    vo_region_e kind;
    const char *text;         /* as it was asked for, or NULL */
    const sky_shape_t *shape; /* circle, polygon, range */
    double ra, dec;           /* of a box: its centre, ICRS degrees */
    double width, height;     /* degrees along the axes of the image; 0: */
    int nx, ny;               /* in pixels, where width is 0 */
} vo_region_t;

/* Pixels from 0; nx 0: none. */
typedef struct vo_box_t {
    apr_int64_t x, y, nx, ny;
    int is_clipped; /* the region goes on beyond the image */
} vo_box_t;

/*
 * Read the value of one of SODA's parameters (DALI 1.1, section 3.3): CIRCLE
 * "ra dec radius", POLYGON "ra dec ra dec ra dec ...", POS "CIRCLE ...",
 * "RANGE lon1 lon2 lat1 lat2" with -Inf and +Inf, "POLYGON ...". NAME is one of
 * these three. A radius of 0 or less is a usage error as all else that is
 * wrong.
 */
vo_err_t *vo_region_parse(vo_region_t *region, const char *name,
                          const char *text, apr_pool_t *pool);

/*
 * The pixels of an NX x NY image that REGION touches, the smallest box of them.
 * A pixel reaches half a pixel from its centre. For a box given by its centre
 * the number of pixels is its size over that of the pixel at the reference
 * pixel, rounded, and where it begins is that of astropy's Cutout2D; what is
 * outside of the image is cut off. SCRATCH is for what is needed meanwhile.
 */
vo_err_t *vo_region_on_image(vo_box_t *box, const vo_region_t *region,
                             vo_wcs_t *wcs, apr_int64_t nx, apr_int64_t ny,
                             apr_pool_t *scratch);

/* Set INSIDE[i], one for each pixel of BOX in rows, to whether its centre is in
 * REGION (a polygon or any other); returns how many are not. */
apr_int64_t vo_region_mask(unsigned char *inside, const vo_region_t *region,
                           vo_wcs_t *wcs, const vo_box_t *box,
                           apr_pool_t *scratch);

#endif
