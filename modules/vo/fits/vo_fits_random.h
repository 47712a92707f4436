/* vo_fits_random.h: the random numbers of dithered images; generated. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FITS_RANDOM_H
#define VO_FITS_RANDOM_H

#define VO_FITS_NRANDOM 10000

/* FITS 4.0, appendix I: the generator of Park and Miller from the seed 1. */
extern const float vo_fits_random[VO_FITS_NRANDOM];

#endif
