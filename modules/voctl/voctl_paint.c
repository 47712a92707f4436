/* voctl_paint.c: pixels of the demo's images, from the truth of its sky. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_paint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "voctl_dice.h"

#define FAINT 0.002      /* of the noise: light below it is not drawn */
#define BLEEDING 0.1     /* share of the charge above saturation that runs */
#define BLEED_MAX 60     /* pixels up and down */
#define BAD_COLUMNS 4
#define ZIGGURAT 128

/* ---- light ----------------------------------------------------------------*/

typedef struct blob_t { /* an elliptical Gaussian on the canvas */
    double x, y, peak;
    double sxx, sxy, syy; /* covariance, pixel^2 */
} blob_t;

/* Along a row a Gaussian's values have ratios that themselves have a constant
 * ratio: two multiplications a pixel. */
static void draw_row(float *row, int width, double x, double s2, double peak,
                     double faint)
{
    double half = sqrt(2 * s2 * log(peak / faint));
    int i = (int)ceil(x - half), last = (int)floor(x + half);
    double dx, value, ratio, step = exp(-1 / s2);

    i = i < 0 ? 0 : i;
    last = last > width - 1 ? width - 1 : last;
    dx = i - x;
    value = peak * exp(-dx * dx / (2 * s2));
    ratio = exp(-(2 * dx + 1) / (2 * s2));
    for (; i <= last; ++i) {
        row[i] += (float)value;
        value *= ratio;
        ratio *= step;
    }
}

static void draw_blob(paint_t *p, const blob_t *b, double faint)
{
    double half, s2 = b->sxx - b->sxy * b->sxy / b->syy;
    int j, last;

    if (b->peak <= faint) {
        return;
    }
    half = sqrt(2 * b->syy * log(b->peak / faint));
    j = (int)ceil(b->y - half);
    last = (int)floor(b->y + half);
    j = j < 0 ? 0 : j;
    last = last > p->width - 1 ? p->width - 1 : last;
    for (; j <= last; ++j) {
        double dy = j - b->y;
        double peak = b->peak * exp(-dy * dy / (2 * b->syy));

        if (peak > faint) {
            draw_row(p->light + (size_t)j * (size_t)p->width, p->width,
                     b->x + b->sxy / b->syy * dy, s2, peak, faint);
        }
    }
}

static void draw_object(paint_t *p, const truth_object_t *o, double faint)
{
    const truth_tile_t *tile = &p->truth->tiles[p->tile];
    double counts = pow(10, 0.4 * (tile->zeropoint[p->filter]
                                   - o->mag[p->filter]));
    double reach = 30 * tile->fwhm[p->filter] + 20 * o->radius;
    double angle, ux, uy, scale = p->truth->pixel * p->truth->pixel;
    profile_part_t parts[PROFILE_MAX];
    blob_t b;
    int i, n;

    if (!truth_pixel(p->truth, p->tile, o->ra, o->dec, &b.x, &b.y)) {
        return;
    }
    b.x += p->margin - 1; /* on the canvas, from 0 */
    b.y += p->margin - 1;
    reach /= p->truth->pixel;
    if (!(b.x > -reach && b.x < p->width + reach && b.y > -reach
          && b.y < p->width + reach)) {
        return;
    }
    angle = truth_angle(p->truth, p->tile, o) * M_PI / 180;
    ux = -sin(angle);
    uy = cos(angle);
    n = profile_parts(truth_profile(o), o->radius, o->axis_ratio,
                      tile->fwhm[p->filter], parts);
    for (i = 0; i < n; ++i) {
        double major = parts[i].major / scale, minor = parts[i].minor / scale;

        b.sxx = major * ux * ux + minor * uy * uy;
        b.syy = major * uy * uy + minor * ux * ux;
        b.sxy = (major - minor) * ux * uy;
        b.peak = counts * parts[i].share / (2 * M_PI * sqrt(major * minor));
        draw_blob(p, &b, faint);
    }
}

/* Cut the light at SATURATE; some of the charge above it runs along the
 * column. */
static void saturate(paint_t *p, float limit)
{
    size_t width = (size_t)p->width;
    int x, y, k;

    for (x = 0; x < p->width; ++x) {
        for (y = 0; y < p->width; ++y) {
            float *light = p->light + (size_t)y * width + x;
            int first = y, run;
            double above = 0;

            if (*light < limit || p->full[(size_t)y * width + (size_t)x]) {
                continue;
            }
            for (; y < p->width && *light >= limit; ++y, light += width) {
                above += *light / limit - 1;
            }
            run = (int)(BLEEDING * above / 2);
            run = run > BLEED_MAX ? BLEED_MAX : run;
            for (k = first - run; k < y + run; ++k) {
                if (k >= 0 && k < p->width) {
                    p->light[(size_t)k * width + (size_t)x] = limit;
                    p->full[(size_t)k * width + (size_t)x] = 1;
                }
            }
            y += run;
        }
    }
}

int paint_light(paint_t *p, const truth_t *truth, int tile, int filter)
{
    const truth_tile_t *t = &truth->tiles[tile];
    double count = truth_flux(t->zeropoint[filter]);
    double faint = FAINT * t->sky[filter] * truth->pixel / count;
    size_t n;
    int i;

    memset(p, 0, sizeof(*p));
    p->truth = truth;
    p->tile = tile;
    p->filter = filter;
    p->margin = truth_edge(truth);
    p->width = truth->naxis + 2 * p->margin;
    n = (size_t)p->width * (size_t)p->width;
    p->light = calloc(n, sizeof(*p->light));
    p->full = calloc(n, 1);
    if (!p->light || !p->full) {
        return 0;
    }
    for (i = 0; i < truth->nobjects; ++i) {
        const truth_object_t *o = &truth->objects[i];

        if (fabs(o->dec - t->dec) < TRUTH_TILE_WIDTH) { /* cheap first */
            draw_object(p, o, faint);
        }
    }
    saturate(p, (float)t->saturate[filter]);
    return 1;
}

void paint_free(paint_t *p)
{
    free(p->light);
    free(p->full);
    p->light = NULL;
    p->full = NULL;
}

/* ---- noise ----------------------------------------------------------------*/

/* The ziggurat of Marsaglia and Tsang in Doornik's form (2005). */
typedef struct ziggurat_t {
    double x[ZIGGURAT + 1], ratio[ZIGGURAT];
} ziggurat_t;

#define ZIGGURAT_TAIL 3.442619855899
#define ZIGGURAT_AREA 9.91256303526217e-3

static void ziggurat_make(ziggurat_t *z)
{
    double f = exp(-0.5 * ZIGGURAT_TAIL * ZIGGURAT_TAIL);
    int i;

    z->x[0] = ZIGGURAT_AREA / f;
    z->x[1] = ZIGGURAT_TAIL;
    z->x[ZIGGURAT] = 0;
    for (i = 2; i < ZIGGURAT; ++i) {
        z->x[i] = sqrt(-2 * log(ZIGGURAT_AREA / z->x[i - 1] + f));
        f = exp(-0.5 * z->x[i] * z->x[i]);
    }
    for (i = 0; i < ZIGGURAT; ++i) {
        z->ratio[i] = z->x[i + 1] / z->x[i];
    }
}

static double ziggurat_normal(const ziggurat_t *z, dice_t *dice)
{
    for (;;) {
        uint64_t bits = dice_roll(dice);
        int i = (int)(bits & (ZIGGURAT - 1));
        double u = (double)(int64_t)(bits & ~(uint64_t)0x7FF) * 0x1p-63;
        double x = u * z->x[i], f0, f1;

        if (fabs(u) < z->ratio[i]) {
            return x;
        }
        if (i == 0) {
            double y;

            do {
                x = log(1 - dice_uniform(dice)) / ZIGGURAT_TAIL;
                y = log(1 - dice_uniform(dice));
            } while (-2 * y < x * x);
            return u < 0 ? x - ZIGGURAT_TAIL : ZIGGURAT_TAIL - x;
        }
        f0 = exp(-0.5 * (z->x[i] * z->x[i] - x * x));
        f1 = exp(-0.5 * (z->x[i + 1] * z->x[i + 1] - x * x));
        if (f1 + dice_uniform(dice) * (f0 - f1) < 1) {
            return x;
        }
    }
}

/* ---- exposures ------------------------------------------------------------*/

enum { FOR_NOISE = 101, FOR_COLUMNS };

/* What an exposure has of a row of its own: noise and which columns work. */
typedef struct exposure_t {
    int dx, dy;
    char *works;  /* naxis */
    float *noise; /* naxis, mean 0, variance 1 */
} exposure_t;

typedef struct camera_t {
    const truth_t *truth;
    int tile, filter;
    ziggurat_t ziggurat;
    exposure_t exposures[TRUTH_EXPOSURES];
    void *memory;
} camera_t;

void paint_shift(const truth_t *truth, int exposure, int *dx, int *dy)
{
    int edge = truth_edge(truth);

    /* the first is centred, the others lie about it */
    *dx = exposure == 0 ? 0 : exposure == 1 ? edge : -edge;
    *dy = exposure == 0 ? 0 : exposure == 1 ? edge : -edge;
}

static int camera_make(camera_t *c, const paint_t *p)
{
    size_t n = (size_t)p->truth->naxis;
    dice_t dice = dice_for(p->truth->seed, FOR_COLUMNS, 0, 0);
    char *works;
    int e, k;

    c->truth = p->truth;
    c->tile = p->tile;
    c->filter = p->filter;
    c->memory = malloc(n * (1 + TRUTH_EXPOSURES * sizeof(float)));
    if (!c->memory) {
        return 0;
    }
    ziggurat_make(&c->ziggurat);
    works = (char *)c->memory + n * TRUTH_EXPOSURES * sizeof(float);
    memset(works, 1, n);
    for (k = 0; k < BAD_COLUMNS; ++k) { /* one detector: the same for all */
        works[(size_t)(dice_uniform(&dice) * (double)n)] = 0;
    }
    for (e = 0; e < TRUTH_EXPOSURES; ++e) {
        exposure_t *x = &c->exposures[e];

        paint_shift(p->truth, e, &x->dx, &x->dy);
        x->works = works;
        x->noise = (float *)c->memory + (size_t)e * n;
    }
    return 1;
}

/* Make the noise of row Y (from 0) of exposure E. */
static void expose_row(camera_t *c, int e, int y)
{
    uint64_t frame = (uint64_t)((c->tile * TRUTH_FILTERS + c->filter)
                                    * TRUTH_EXPOSURES + e);
    dice_t dice = dice_for(c->truth->seed, FOR_NOISE, frame, (uint64_t)y);
    float *noise = c->exposures[e].noise;
    int x;

    for (x = 0; x < c->truth->naxis; ++x) {
        noise[x] = (float)ziggurat_normal(&c->ziggurat, &dice);
    }
}

/* Variance of the sky and of a count of light in one exposure, (counts/s)^2
 * and counts/s: the coadd of all has the truth's. */
static void variances(const paint_t *p, double *sky, double *light)
{
    const truth_tile_t *tile = &p->truth->tiles[p->tile];
    double count = truth_flux(tile->zeropoint[p->filter]);

    *sky = TRUTH_EXPOSURES * pow(tile->sky[p->filter] * p->truth->pixel
                                 / count, 2);
    *light = TRUTH_EXPOSURES / tile->gain[p->filter];
}

int paint_coadd(const paint_t *p, paint_image_t *image)
{
    int n = p->truth->naxis, x, y, e;
    float limit = (float)p->truth->tiles[p->tile].saturate[p->filter];
    double sky, light;
    camera_t c;

    if (!camera_make(&c, p)) {
        return 0;
    }
    variances(p, &sky, &light);
    for (y = 0; y < n; ++y) {
        size_t at = (size_t)y * (size_t)n;
        size_t canvas = (size_t)(y + p->margin) * (size_t)p->width
                        + (size_t)p->margin;
        int has[TRUTH_EXPOSURES];

        for (e = 0; e < TRUTH_EXPOSURES; ++e) {
            int row = y - c.exposures[e].dy;

            has[e] = row >= 0 && row < n;
            if (has[e]) {
                expose_row(&c, e, row);
            }
        }
        for (x = 0; x < n; ++x, ++at, ++canvas) {
            float noise = 0, value = p->light[canvas];
            int count = 0, mask = p->full[canvas] ? PAINT_SATURATED : 0;

            for (e = 0; e < TRUTH_EXPOSURES; ++e) {
                int column = x - c.exposures[e].dx;

                if (!has[e] || column < 0 || column >= n) {
                    mask |= PAINT_EDGE;
                }
                else if (!c.exposures[e].works[column]) {
                    mask |= PAINT_COLUMN;
                }
                else {
                    noise += c.exposures[e].noise[column];
                    ++count;
                }
            }
            noise *= sqrtf((float)sky + (float)light * value);
            value = count ? value + noise / (float)count : 0;
            image->pixels[at] = value < limit ? value : limit;
            image->weights[at] = (float)(count / sky);
            image->mask[at] = (short)mask;
        }
    }
    free(c.memory);
    return 1;
}

int paint_exposure(const paint_t *p, int e, paint_image_t *image)
{
    int n = p->truth->naxis, x, y;
    float limit = (float)p->truth->tiles[p->tile].saturate[p->filter];
    double sky, light;
    camera_t c;

    if (!camera_make(&c, p)) {
        return 0;
    }
    variances(p, &sky, &light);
    for (y = 0; y < n; ++y) {
        size_t at = (size_t)y * (size_t)n;
        size_t canvas = (size_t)(y + p->margin + c.exposures[e].dy)
                            * (size_t)p->width
                        + (size_t)(p->margin + c.exposures[e].dx);

        expose_row(&c, e, y);
        for (x = 0; x < n; ++x, ++at, ++canvas) {
            float value = p->light[canvas];
            int works = c.exposures[e].works[x];

            value += c.exposures[e].noise[x]
                     * sqrtf((float)sky + (float)light * value);
            value = value < limit ? value : limit;
            image->pixels[at] = works ? value : 0;
            image->weights[at] = works ? (float)(1 / sky) : 0;
            image->mask[at] = (short)((works ? 0 : PAINT_COLUMN)
                                      | (p->full[canvas] ? PAINT_SATURATED
                                                         : 0));
        }
    }
    free(c.memory);
    return 1;
}

void paint_psf(const truth_t *truth, int tile, int filter, int size,
               float *pixels)
{
    profile_part_t parts[PROFILE_MAX];
    double scale = truth->pixel * truth->pixel, sum = 0;
    int x, y, i, middle = size / 2;
    int n = profile_parts(PROFILE_POINT, 0, 1, truth->tiles[tile].fwhm[filter],
                          parts);

    for (y = 0; y < size; ++y) {
        for (x = 0; x < size; ++x) {
            double r2 = pow(x - middle, 2) + pow(y - middle, 2), value = 0;

            for (i = 0; i < n; ++i) {
                double variance = parts[i].major / scale;

                value += parts[i].share / variance
                         * exp(-r2 / (2 * variance));
            }
            pixels[y * size + x] = (float)value;
            sum += value;
        }
    }
    for (i = 0; i < size * size; ++i) {
        pixels[i] = (float)(pixels[i] / sum);
    }
}
