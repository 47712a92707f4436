/* vo_stretch.c: pixel values to grey. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "../vo_num.h"
#include "vo_picture_int.h"

#define ZSCALE_SAMPLES 1000
#define ZSCALE_CONTRAST 0.25
#define ZSCALE_REJECT 2.5     /* sigma */
#define ZSCALE_ROUNDS 5
#define MOST_SAMPLES 1000000  /* values that percentages are taken of */

/* Indexed by vo_stretch_e. */
static const char *const stretches[] = {"asinh", "linear", "sqrt", "log"};

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

/* ---- reading ---------------------------------------------------------- */

static vo_err_t *parse_limits(vo_stretch_t *to, const char *text,
                              apr_pool_t *pool)
{
    apr_size_t len = strlen(text);
    const char *blank;

    if (!strcasecmp(text, "zscale") || !strcasecmp(text, "minmax")) {
        to->limits = text[0] == 'z' || text[0] == 'Z' ? VO_LIMITS_ZSCALE
                                                      : VO_LIMITS_MINMAX;
        return NULL;
    }
    if (len && text[len - 1] == '%'
        && vo_num_to_double(text, (int)len - 1, &to->percent)
        && to->percent > 0 && to->percent <= 100) {
        to->limits = VO_LIMITS_PERCENT;
        return NULL;
    }
    blank = strpbrk(text, " \t,");
    if (blank && vo_num_to_double(text, (int)(blank - text), &to->lo)
        && vo_num_to_double(blank + 1, (int)strlen(blank + 1), &to->hi)
        && isfinite(to->lo) && isfinite(to->hi) && to->lo < to->hi) {
        to->limits = VO_LIMITS_VALUES;
        return NULL;
    }
    return vo_err_make(pool, VO_ERR_USAGE, "LIMITS: \"%.40s\" is neither"
                       " zscale, minmax, a percentage such as 99.5%% nor two"
                       " numbers, the first the smaller one", text);
}

vo_err_t *vo_stretch_parse(vo_stretch_t *to, const char *stretch,
                           const char *limits, apr_pool_t *pool)
{
    int i = 0;

    memset(to, 0, sizeof(*to));
    to->percent = VO_STRETCH_PERCENT;
    if (stretch && *stretch) {
        while (i < COUNT(stretches) && strcasecmp(stretch, stretches[i])) {
            ++i;
        }
        if (i == COUNT(stretches)) {
            return vo_err_make(pool, VO_ERR_USAGE, "STRETCH: \"%.40s\" is none"
                               " of asinh, linear, sqrt, log", stretch);
        }
    }
    to->stretch = (vo_stretch_e)i;
    return limits && *limits ? parse_limits(to, limits, pool) : NULL;
}

/* ---- limits ----------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The K-th smallest (from 0) of N values, which are put in another order: the
 * smaller ones come before it. */
static float select_nth(float *v, apr_size_t n, apr_size_t k)
{
    apr_size_t lo = 0, hi = n - 1;

    while (lo < hi) {
        float pivot = v[lo + (hi - lo) / 2], t;
        apr_size_t i = lo, j = hi;

        for (;;) {
            while (v[i] < pivot) {
                ++i;
            }
            while (v[j] > pivot) {
                --j;
            }
            if (i >= j) {
                break;
            }
            t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (k <= j) {
            hi = j;
        }
        else {
            lo = j + 1;
        }
    }
    return v[k];
}

double vo_quantile(float *v, apr_size_t n, double part)
{
    double at = part * (double)(n - 1);
    apr_size_t k = (apr_size_t)at, i;
    double low = select_nth(v, n, k), next;

    if (k + 1 >= n) {
        return low;
    }
    next = v[k + 1];
    for (i = k + 2; i < n; ++i) {
        next = v[i] < next ? v[i] : next;
    }
    return low + (next - low) * (at - (double)k);
}

float *vo_finite_values(apr_size_t *count, const float *v, apr_size_t n,
                        apr_size_t most, apr_pool_t *pool)
{
    apr_size_t stride = n > most ? (n + most - 1) / most : 1, i, k = 0;
    float *to = apr_palloc(pool, (n / stride + 1) * sizeof(*to));

    for (i = 0; i < n; i += stride) {
        if (isfinite(v[i])) {
            to[k++] = v[i];
        }
    }
    *count = k;
    return to;
}

/* A line through the N values that are not bad, by least squares. */
static void fit_line(double *slope, double *base, const float *v,
                     const char *is_bad, int n)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, m = 0, d;
    int i;

    for (i = 0; i < n; ++i) {
        if (!is_bad[i]) {
            m += 1;
            sx += i;
            sy += v[i];
            sxx += (double)i * i;
            sxy += i * (double)v[i];
        }
    }
    d = m * sxx - sx * sx;
    *slope = d > 0 ? (m * sxy - sx * sy) / d : 0;
    *base = m > 0 ? (sy - *slope * sx) / m : 0;
}

/* Mark what is far from the line, and GROW values around it; returns how many
 * are good. */
static int reject(char *is_bad, char *scratch, const float *v, int n, int grow,
                  double slope, double base)
{
    double sum = 0, squares = 0, m = 0, limit;
    int i, k, good = 0;

    for (i = 0; i < n; ++i) {
        double flat = v[i] - (base + slope * i);

        if (!is_bad[i]) {
            sum += flat;
            squares += flat * flat;
            m += 1;
        }
    }
    limit = ZSCALE_REJECT
            * sqrt(fmax(0, squares / m - sum / m * (sum / m)));
    for (i = 0; i < n; ++i) {
        double flat = v[i] - (base + slope * i);

        scratch[i] = is_bad[i] || flat < -limit || flat > limit;
    }
    for (i = 0; i < n; ++i) {
        is_bad[i] = 0;
        for (k = i - grow / 2; k < i - grow / 2 + grow; ++k) {
            is_bad[i] |= k >= 0 && k < n && scratch[k];
        }
        good += !is_bad[i];
    }
    return good;
}

/* IRAF's zscale, as astropy has it. */
static void zscale(double *lo, double *hi, const float *v, apr_size_t n,
                   apr_pool_t *pool)
{
    apr_size_t stride = n / ZSCALE_SAMPLES;
    float s[ZSCALE_SAMPLES];
    char is_bad[ZSCALE_SAMPLES] = {0}, scratch[ZSCALE_SAMPLES];
    double slope = 0, base, median;
    int m = 0, good, last, least, middle, i;

    (void)pool;
    stride = stride ? stride : 1;
    for (m = 0; m < ZSCALE_SAMPLES && (apr_size_t)m * stride < n; ++m) {
        s[m] = v[(apr_size_t)m * stride];
    }
    qsort(s, (size_t)m, sizeof(*s), compare);
    *lo = s[0];
    *hi = s[m - 1];
    least = m / 2 > 5 ? m / 2 : 5;
    good = m;
    last = m + 1;
    for (i = 0; i < ZSCALE_ROUNDS && good < last && good >= least; ++i) {
        fit_line(&slope, &base, s, is_bad, m);
        last = good;
        good = reject(is_bad, scratch, s, m, m / 100 > 1 ? m / 100 : 1, slope,
                      base);
    }
    if (good < least) {
        return;
    }
    slope /= ZSCALE_CONTRAST;
    middle = (m - 1) / 2;
    median = m % 2 ? s[m / 2] : ((double)s[m / 2 - 1] + s[m / 2]) / 2;
    *lo = fmax(*lo, median - (middle - 1) * slope);
    *hi = fmin(*hi, median + (m - middle) * slope);
}

void vo_stretch_limits(double *lo, double *hi, const vo_stretch_t *stretch,
                       const float *v, apr_size_t n, apr_pool_t *scratch)
{
    apr_size_t m, i;
    float *values;

    *lo = stretch->lo;
    *hi = stretch->hi;
    if (stretch->limits == VO_LIMITS_VALUES) {
        return;
    }
    values = vo_finite_values(&m, v, n,
                              stretch->limits == VO_LIMITS_PERCENT
                                  ? MOST_SAMPLES : n, scratch);
    *lo = 0;
    *hi = 1;
    if (!m) {
        return;
    }
    if (stretch->limits == VO_LIMITS_ZSCALE) {
        zscale(lo, hi, values, m, scratch);
    }
    else if (stretch->limits == VO_LIMITS_PERCENT) {
        *lo = vo_quantile(values, m, (100 - stretch->percent) / 200);
        *hi = vo_quantile(values, m, (100 + stretch->percent) / 200);
    }
    else {
        *lo = *hi = values[0];
        for (i = 1; i < m; ++i) {
            *lo = values[i] < *lo ? values[i] : *lo;
            *hi = values[i] > *hi ? values[i] : *hi;
        }
    }
    if (!(*hi > *lo)) {
        *hi = *lo + 1;
    }
}

/* ---- grey ------------------------------------------------------------- */

#define STEPS 4096

/* The greys of STEPS + 1 values of x from 0 to 1. */
static void make_table(unsigned char *table, vo_stretch_e stretch)
{
    int i;

    for (i = 0; i <= STEPS; ++i) {
        double x = (double)i / STEPS, y;

        switch (stretch) {
        case VO_STRETCH_LINEAR:
            y = x;
            break;
        case VO_STRETCH_SQRT:
            y = sqrt(x);
            break;
        case VO_STRETCH_LOG:
            y = log1p(1000 * x) / log(1001);
            break;
        default:
            y = asinh(10 * x) / asinh(10);
            break;
        }
        table[i] = (unsigned char)(255 * y + 0.5);
    }
}

vo_picture_t *vo_picture_make(int width, int height, int ncolors,
                              apr_pool_t *pool)
{
    vo_picture_t *p = apr_palloc(pool, sizeof(*p));

    p->width = width;
    p->height = height;
    p->ncolors = ncolors;
    p->pixels = apr_pcalloc(pool, (apr_size_t)width * (apr_size_t)height
                                      * (apr_size_t)ncolors);
    return p;
}

vo_picture_t *vo_picture_grey(const float *v, int nx, int ny,
                              const vo_stretch_t *stretch, apr_pool_t *pool)
{
    vo_picture_t *p = vo_picture_make(nx, ny, 1, pool);
    unsigned char table[STEPS + 1];
    double lo, hi;
    int x, y;

    vo_stretch_limits(&lo, &hi, stretch, v, (apr_size_t)nx * (apr_size_t)ny,
                      pool);
    make_table(table, stretch->stretch);
    for (y = 0; y < ny; ++y) {
        const float *from = v + (apr_size_t)(ny - 1 - y) * (apr_size_t)nx;
        unsigned char *to = p->pixels + (apr_size_t)y * (apr_size_t)nx;

        for (x = 0; x < nx; ++x) {
            double f = (from[x] - lo) / (hi - lo);

            to[x] = f >= 1 ? table[STEPS]
                    : f > 0 ? table[(int)(f * STEPS + 0.5)]
                            : f <= 0 ? table[0] : 0;
        }
    }
    return p;
}
