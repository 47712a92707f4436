/* vo_picture.h: pictures for people made from pixel values. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_PICTURE_H
#define VO_PICTURE_H

#include "../vo_out.h"

/* A picture: rows from the top, HEIGHT of them, WIDTH pixels of NCOLORS bytes
 * (1 grey, 3 red, green, blue). */
typedef struct vo_picture_t {
    int width, height, ncolors;
    unsigned char *pixels;
} vo_picture_t;

/* ---- grey ------------------------------------------------------------- */

/*
 * A pixel value v becomes x = (v - lo) / (hi - lo), cut to 0 .. 1, and that a
 * grey of 255 f(x); NaN is black. f is, as in astropy.visualization,
 *   linear  x
 *   sqrt    sqrt(x)
 *   log     log(1 + 1000 x) / log(1001)
 *   asinh   asinh(10 x) / asinh(10)
 */
typedef enum {
    VO_STRETCH_ASINH,
    VO_STRETCH_LINEAR,
    VO_STRETCH_SQRT,
    VO_STRETCH_LOG
} vo_stretch_e;

/*
 * Where lo and hi come from:
 *   percent  the values that PERCENT of the pixels lie between, as many being
 *            below as above
 *   zscale   IRAF's algorithm: 1000 pixels, a contrast of 0.25
 *   minmax   the least and the greatest value
 *   values   as given
 */
typedef enum {
    VO_LIMITS_PERCENT,
    VO_LIMITS_ZSCALE,
    VO_LIMITS_MINMAX,
    VO_LIMITS_VALUES
} vo_limits_e;

typedef struct vo_stretch_t {
    vo_stretch_e stretch;
    vo_limits_e limits;
    double percent; /* 0 .. 100 */
    double lo, hi;  /* of VO_LIMITS_VALUES */
} vo_stretch_t;

#define VO_STRETCH_PERCENT 99.5

/* Read "asinh", "linear", "sqrt" or "log" and "zscale", "minmax", "99.5%" or
 * "LO HI"; NULL or "" are asinh and 99.5%. Usage errors name the parameters
 * STRETCH and LIMITS. */
vo_err_t *vo_stretch_parse(vo_stretch_t *to, const char *stretch,
                           const char *limits, apr_pool_t *pool);

/* Find lo and hi for N values; 0 and 1 when none is finite. */
void vo_stretch_limits(double *lo, double *hi, const vo_stretch_t *stretch,
                       const float *v, apr_size_t n, apr_pool_t *scratch);

/* The picture in POOL of NX x NY values, rows from the bottom as in FITS. */
vo_picture_t *vo_picture_grey(const float *v, int nx, int ny,
                              const vo_stretch_t *stretch, apr_pool_t *pool);

/* ---- colour ----------------------------------------------------------- */

/*
 * Lupton et al. 2004 (PASP 116, 133): of the red, green and blue values, less
 * the background of each and times its factor, the mean I is stretched, and
 * each is multiplied with F(I) / I, so that a bright star keeps its colour:
 *   F(I) = 25.5 asinh(Q I / s) / asinh(Q / 10)
 * cut to the largest of the three being 255. s, the value at which asinh begins
 * to bend, is that many times the noise of I which makes the noise visible,
 * over ALPHA. astropy's make_lupton_rgb is the same with stretch = s.
 */
typedef struct vo_lupton_t {
    double q;          /* softening, above 0; 8 is usual */
    double alpha;      /* brightness, above 0; 1 is usual */
    double stretch;    /* s itself; 0: found from the noise */
    double factor[3];  /* of red, green and blue */
    double background[3]; /* NaN: the median of the values */
} vo_lupton_t;

#define VO_LUPTON_DEFAULT                                                     \
    {8, 1, 0, {1, 1, 1}, {NAN, NAN, NAN}}

/* The picture in POOL of three images of NX x NY values, rows from the
 * bottom. */
vo_picture_t *vo_picture_rgb(const float *const rgb[3], int nx, int ny,
                             const vo_lupton_t *lupton, apr_pool_t *pool);

/* The usual factors of three filters: FACTOR[i] brings images to the same flux
 * by their zero points (AB magnitude of pixel value 1; NaN: unknown, all are
 * taken for equal) and makes up for the red light of most of what shines by
 * wavelength^-1.5 (metres; NaN: unknown). The middle one's is 1. */
void vo_lupton_balance(double factor[3], const double zero_point[3],
                       const double wavelength[3]);

/* ---- shaping and writing ---------------------------------------------- */

/* PICTURE in another size: averaged where it shrinks, interpolated where it
 * grows. */
vo_picture_t *vo_picture_resize(const vo_picture_t *picture, int width,
                                int height, apr_pool_t *pool);

/* Put N pictures side by side in rows of COLUMNS, each in a cell of WIDTH x
 * HEIGHT with a border of one pixel; grey and colour may be mixed. */
vo_picture_t *vo_picture_sheet(const vo_picture_t *const *pictures, int n,
                               int columns, int width, int height,
                               apr_pool_t *pool);

vo_err_t *vo_picture_png(vo_out_t *out, const vo_picture_t *picture,
                         apr_pool_t *scratch);
/* QUALITY 1 to 100; 90 is usual. */
vo_err_t *vo_picture_jpeg(vo_out_t *out, const vo_picture_t *picture,
                          int quality, apr_pool_t *scratch);

#endif
