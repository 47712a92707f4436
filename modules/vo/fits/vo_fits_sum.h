/* vo_fits_sum.h: the checksums of FITS. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FITS_SUM_H
#define VO_FITS_SUM_H

#include <apr.h>

/* FITS 4.0, section 4.4.2.7 and appendix J. SUM continued by LEN bytes at DATA,
 * a multiple of 4; begin with 0. */
apr_uint32_t vo_fits_sum(apr_uint32_t sum, const void *data, apr_size_t len);

/* The 16 characters that make an HDU whose sum is SUM (with CHECKSUM being
 * sixteen zeros) sum up to -0; TEXT gets a NUL too. */
void vo_fits_sum_encode(char text[17], apr_uint32_t sum);

#endif
