/* sky_test.h: what the tests of the sky library share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#ifndef SKY_TEST_H
#define SKY_TEST_H

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sky/sky.h"

#define RAD (3.14159265358979323846 / 180.0)

/* Blocks of one test, freed together. */
static void *test_block[4096];
static int test_blocks;

static void *test_take(void *baton, size_t size)
{
    void *p = malloc(size);

    (void)baton;
    if (test_blocks == 4096) {
        fail_msg("too many blocks: call free_all() in the loop");
    }
    return test_block[test_blocks++] = p;
}

static const sky_alloc_t heap = { test_take, NULL };

static int free_all(void **state)
{
    (void)state;
    while (test_blocks > 0) {
        free(test_block[--test_blocks]);
    }
    return 0;
}

/* A generator of our own, so that a failure repeats everywhere. */
static uint64_t test_seed = 1;

static inline double uniform(void)
{
    test_seed ^= test_seed << 13;
    test_seed ^= test_seed >> 7;
    test_seed ^= test_seed << 17;
    return (double)(test_seed >> 11) / 9007199254740992.0;
}

static inline double uniform_in(double lo, double hi)
{
    return lo + (hi - lo) * uniform();
}

static inline void any_direction(double *ra, double *dec)
{
    *ra = 360.0 * uniform();
    *dec = asin(2.0 * uniform() - 1.0) / RAD;
}

/* The direction at DIST degrees from RA, DEC towards the bearing PA. */
static inline void offset(double ra, double dec, double dist, double pa,
                          double *ra2, double *dec2)
{
    double s = sin(dist * RAD), c = cos(dist * RAD);
    double sd = sin(dec * RAD), cd = cos(dec * RAD);
    double z = sd * c + cd * s * cos(pa * RAD);
    double y = s * sin(pa * RAD), x = c * cd - s * sd * cos(pa * RAD);

    *dec2 = atan2(z, hypot(x, y)) / RAD;
    *ra2 = ra + atan2(y, x) / RAD;
}

static inline const sky_shape_t *shape(const char *text)
{
    sky_err_t err;
    const sky_shape_t *s = sky_parse(&heap, text, &err);

    if (s == NULL) {
        fail_msg("%s: %s", text, err.text);
    }
    return s;
}

#define assert_near(a, b, eps) near_(a, b, eps, #a, __FILE__, __LINE__)
static inline void near_(double a, double b, double eps, const char *what,
                         const char *file, int line)
{
    if (!(fabs(a - b) <= eps)) {
        print_error("%s = %.17g, not %.17g within %g\n", what, a, b, eps);
        _fail(file, line);
    }
}

/* A file of the shared test data, or NULL with a line that says so. */
static inline FILE *test_data(const char *name)
{
    const char *dir = getenv("VO_TEST_DATA");
    char path[1024];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir != NULL ? dir
             : "../shared/data", name);
    f = fopen(path, "r");
    if (f == NULL) {
        print_message("          (no %s: set VO_TEST_DATA to run on it)\n",
                      path);
    }
    return f;
}

#endif /* SKY_TEST_H */
