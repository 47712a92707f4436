/* vo_picture.c: colour pictures, sizes, sheets. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lupton et al. 2004, PASP 116, 133 */
#include <math.h>
#include <string.h>

#include "vo_picture_int.h"

#define SAMPLES 200000    /* values the background and noise are found from */
#define NOISE_STEPS 14.0  /* s is so many times the noise, at alpha 1 */
#define REDDENING (-1.5)  /* exponent of the wavelength in the usual balance */
#define SPREAD 1.4826     /* sigma over the median absolute deviation */

/* ---- colour ----------------------------------------------------------- */

/* Median and noise of N values. */
static void background(double *median, double *sigma, const float *v,
                       apr_size_t n, apr_pool_t *pool)
{
    apr_size_t m, i;
    float *values = vo_finite_values(&m, v, n, SAMPLES, pool);

    *median = 0;
    *sigma = 1;
    if (!m) {
        return;
    }
    *median = vo_quantile(values, m, 0.5);
    for (i = 0; i < m; ++i) {
        values[i] = fabsf(values[i] - (float)*median);
    }
    *sigma = SPREAD * vo_quantile(values, m, 0.5);
}

void vo_lupton_balance(double factor[3], const double zero_point[3],
                       const double wavelength[3])
{
    int i, has_zero = 1, has_wave = 1;

    for (i = 0; i < 3; ++i) {
        has_zero = has_zero && isfinite(zero_point[i]);
        has_wave = has_wave && wavelength[i] > 0 && isfinite(wavelength[i]);
    }
    for (i = 0; i < 3; ++i) {
        factor[i] = 1;
        if (has_zero) {
            factor[i] *= pow(10, -0.4 * (zero_point[i] - zero_point[1]));
        }
        if (has_wave) {
            factor[i] *= pow(wavelength[i] / wavelength[1], REDDENING);
        }
    }
}

/* 255 at most, the largest of the three keeping its share. */
static void put_colour(unsigned char *to, const double c[3])
{
    double most = c[0] > c[1] ? c[0] : c[1];
    double scale;
    int k;

    most = c[2] > most ? c[2] : most;
    scale = most >= 255 ? 255 / most : 1;
    for (k = 0; k < 3; ++k) {
        double v = c[k] * scale;

        to[k] = v > 0 ? (unsigned char)v : 0;
    }
}

vo_picture_t *vo_picture_rgb(const float *const rgb[3], int nx, int ny,
                             const vo_lupton_t *lupton, apr_pool_t *pool)
{
    vo_picture_t *p = vo_picture_make(nx, ny, 3, pool);
    apr_size_t n = (apr_size_t)nx * (apr_size_t)ny, i;
    double base[3], sigma, noise = 0, s = lupton->stretch, slope, soften;
    int k, x, y;

    for (k = 0; k < 3; ++k) {
        double median;

        background(&median, &sigma, rgb[k], n, pool);
        base[k] = isnan(lupton->background[k]) ? median
                                               : lupton->background[k];
        noise += sigma * lupton->factor[k] * sigma * lupton->factor[k];
    }
    noise = sqrt(noise) / 3;
    if (!(s > 0)) {
        s = noise > 0 ? NOISE_STEPS * noise / lupton->alpha : 1;
    }
    slope = 25.5 / asinh(0.1 * lupton->q);
    soften = lupton->q / s;
    for (y = 0; y < ny; ++y) {
        unsigned char *to = p->pixels + (apr_size_t)y * (apr_size_t)nx * 3;

        i = (apr_size_t)(ny - 1 - y) * (apr_size_t)nx;
        for (x = 0; x < nx; ++x, ++i, to += 3) {
            double c[3], mean = 0, f;

            for (k = 0; k < 3; ++k) {
                c[k] = (rgb[k][i] - base[k]) * lupton->factor[k];
                c[k] = isfinite(c[k]) ? c[k] : 0;
                mean += c[k] / 3;
            }
            f = mean > 0 ? asinh(mean * soften) * slope / mean : 0;
            for (k = 0; k < 3; ++k) {
                c[k] *= f;
            }
            put_colour(to, c);
        }
    }
    return p;
}

/* ---- sizes ------------------------------------------------------------ */

/* What the pixel I of N new ones is made of: places FROM .. TO of M old ones
 * (averaged), or between FROM and the next one at PART. */
typedef struct span_t {
    int from, to;
    double part;
} span_t;

static span_t span_of(int i, int n, int m)
{
    span_t s = {0, 0, 0};

    if (n < m) {
        s.from = (int)((double)i * m / n);
        s.to = (int)((double)(i + 1) * m / n) - 1;
        s.to = s.to < s.from ? s.from : s.to;
    }
    else {
        double at = (i + 0.5) * m / n - 0.5;

        at = at < 0 ? 0 : at > m - 1 ? m - 1 : at;
        s.from = (int)at;
        s.to = s.from + 1 < m ? s.from + 1 : s.from;
        s.part = at - s.from;
    }
    return s;
}

/* One number of the old picture's rows and columns in the spans. */
static double sample(const vo_picture_t *p, const span_t *sx, const span_t *sy,
                     int is_mean_x, int is_mean_y, int color)
{
    double sum = 0, weights = 0;
    int x, y;

    for (y = sy->from; y <= sy->to; ++y) {
        double wy = is_mean_y          ? 1
                    : y == sy->from ? 1 - sy->part
                                       : sy->part;

        if (sy->from == sy->to) {
            wy = 1;
        }
        for (x = sx->from; x <= sx->to; ++x) {
            double wx = is_mean_x          ? 1
                        : x == sx->from ? 1 - sx->part
                                           : sx->part;

            if (sx->from == sx->to) {
                wx = 1;
            }
            sum += wx * wy
                   * p->pixels[((apr_size_t)y * (apr_size_t)p->width
                                + (apr_size_t)x) * (apr_size_t)p->ncolors
                               + (apr_size_t)color];
            weights += wx * wy;
        }
    }
    return sum / weights;
}

vo_picture_t *vo_picture_resize(const vo_picture_t *picture, int width,
                                int height, apr_pool_t *pool)
{
    vo_picture_t *p = vo_picture_make(width, height, picture->ncolors, pool);
    unsigned char *to = p->pixels;
    int x, y, k;

    for (y = 0; y < height; ++y) {
        span_t sy = span_of(y, height, picture->height);

        for (x = 0; x < width; ++x) {
            span_t sx = span_of(x, width, picture->width);

            for (k = 0; k < p->ncolors; ++k) {
                *to++ = (unsigned char)(sample(picture, &sx, &sy,
                                               width < picture->width,
                                               height < picture->height, k)
                                        + 0.5);
            }
        }
    }
    return p;
}

vo_picture_t *vo_picture_sheet(const vo_picture_t *const *pictures, int n,
                               int columns, int width, int height,
                               apr_pool_t *pool)
{
    int rows = (n + columns - 1) / columns, ncolors = 1, i, x, y, k;
    vo_picture_t *p;

    for (i = 0; i < n; ++i) {
        ncolors = pictures[i]->ncolors > ncolors ? pictures[i]->ncolors
                                                 : ncolors;
    }
    p = vo_picture_make(columns * (width + 1) + 1, rows * (height + 1) + 1,
                        ncolors, pool);
    memset(p->pixels, 64, (apr_size_t)p->width * (apr_size_t)p->height
                              * (apr_size_t)ncolors);
    for (i = 0; i < n; ++i) {
        const vo_picture_t *from = pictures[i];

        if (from->width != width || from->height != height) {
            from = vo_picture_resize(from, width, height, pool);
        }
        for (y = 0; y < height; ++y) {
            unsigned char *to
                = p->pixels
                  + ((apr_size_t)(i / columns * (height + 1) + 1 + y)
                         * (apr_size_t)p->width
                     + (apr_size_t)(i % columns * (width + 1) + 1))
                        * (apr_size_t)ncolors;
            const unsigned char *at
                = from->pixels + (apr_size_t)y * (apr_size_t)width
                                     * (apr_size_t)from->ncolors;

            for (x = 0; x < width; ++x) {
                for (k = 0; k < ncolors; ++k) {
                    *to++ = at[from->ncolors == 1 ? 0 : k];
                }
                at += from->ncolors;
            }
        }
    }
    return p;
}
