/* vo_picture_int.h: shared by the files that make pictures. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_PICTURE_INT_H
#define VO_PICTURE_INT_H

#include "vo_picture.h"

/* A black picture in POOL. */
vo_picture_t *vo_picture_make(int width, int height, int ncolors,
                              apr_pool_t *pool);

/* The finite ones of N values, at most MOST, taken at equal distances. */
float *vo_finite_values(apr_size_t *count, const float *v, apr_size_t n,
                        apr_size_t most, apr_pool_t *pool);

/* The value below which PART (0 to 1) of N > 0 values lie, interpolated; their
 * order changes. */
double vo_quantile(float *v, apr_size_t n, double part);

#endif
