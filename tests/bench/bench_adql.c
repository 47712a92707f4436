/* bench_adql.c: how long parse, check and print of a query take. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <apr_general.h>

#include "adql/vo_adql.h"
#include "adql_model.h"

#define ROUNDS 4001

static const struct {
    const char *name, *adql;
} queries[] = {
    {"cone, 10 columns",
     "SELECT tile_id, number, alpha_j2000, delta_j2000, class_star, flags, "
     "mag_auto[jplus::rSDSS] AS r, mag_auto[jplus::gSDSS] AS g, "
     "mag_err_auto, name FROM demo.MagABDualObj WHERE 1=CONTAINS(POINT("
     "'ICRS', alpha_j2000, delta_j2000), CIRCLE('ICRS', 150.1, 2.2, 0.1)) "
     "AND mag_auto[jplus::rSDSS] < 21.5"},
    {"tiny", "SELECT TOP 1 number FROM demo.MagABDualObj"},
    {"cross-match",
     "SELECT a.number, b.source FROM xmatch_gaia AS b JOIN magabdualobj AS a "
     "ON DISTANCE(POINT(a.alpha_j2000, a.delta_j2000), POINT(b.ra, b.dec)) < "
     "1/3600. WHERE a.mag_auto[jplus::rSDSS] BETWEEN 15 AND 20"}
};

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

int main(void)
{
    apr_pool_t *pool, *request;
    vo_adql_env_t env;
    static double us[ROUNDS];
    size_t k;
    int i, is_slow = 0;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    apr_pool_create(&request, pool);
    adql_model(&env, pool);
    env.maxrec = 1000;
    for (k = 0; k < sizeof(queries) / sizeof(*queries); ++k) {
        for (i = 0; i < ROUNDS; ++i) {
            vo_adql_result_t *res;
            double start = now_us();

            if (vo_adql_translate(&res, queries[k].adql, &env, request,
                                  request)) {
                fprintf(stderr, "refused: %s\n", queries[k].adql);
                return 1;
            }
            us[i] = now_us() - start;
            apr_pool_clear(request);
        }
        qsort(us, ROUNDS, sizeof(*us), compare);
        printf("ADQL to SQL, %-18s median %6.1f us, 99 %% below %6.1f us\n",
               queries[k].name, us[ROUNDS / 2], us[ROUNDS * 99 / 100]);
        is_slow |= k == 0 && us[ROUNDS / 2] >= 100;
    }
    if (is_slow) {
        puts("too slow: the aim is below 100 us for the cone");
    }
    apr_pool_destroy(pool);
    apr_terminate();
    return is_slow;
}
