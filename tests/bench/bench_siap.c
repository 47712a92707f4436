/* bench_siap.c: SIA 2.0 searches as libpq alone does them, and their URLs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <libpq-fe.h>

#include "meta/vo_meta_load.h"
#include "siap/vo_sia2.h"

#define RELEASE "bench"

static apr_pool_t *pool;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_siap: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The I-th of the positions everybody is asked for, well inside of what
 * bench_siap.sh covers. */
static void make_position(int i, double *ra, double *dec)
{
    if (!i) {
        srand(20261126);
    }
    *ra = 122 + 96.0 * rand() / RAND_MAX;
    *dec = asin(0.2 + 0.44 * rand() / RAND_MAX) * 57.29577951308232;
}

/* What asks for the I-th circle by each protocol, as a path. */
static void urls(const char *kind, double radius, int n)
{
    int i;

    for (i = 0; i < n; ++i) {
        double ra, dec;

        make_position(i, &ra, &dec);
        if (!strcmp(kind, "siap2")) {
            printf("/vo/siap2/" RELEASE "/query?POS=CIRCLE+%.6f+%.6f+%g\n",
                   ra, dec, radius);
        }
        else if (!strcmp(kind, "siap")) {
            printf("/vo/siap/" RELEASE "?POS=%.6f,%.6f&SIZE=%g&FORMAT="
                   "image/fits\n", ra, dec, 2 * radius);
        }
        else {
            printf("/vo/tap/" RELEASE "/sync?LANG=ADQL&QUERY=SELECT+*+FROM"
                   "+ivoa.obscore+WHERE+INTERSECTS(s_region,CIRCLE(%.6f,%.6f"
                   ",%g))=1\n", ra, dec, radius);
        }
    }
}

/* N searches with the statement prepared, as one client would at best: the
 * median in milliseconds, and rows on average. */
static void loop_libpq(const char *dsn, double radius, int n)
{
    PGconn *conn = PQconnectdb(dsn);
    double *times = apr_palloc(pool, sizeof(*times) * (size_t)n);
    const vo_release_t *rel;
    const char *name = NULL;
    vo_meta_t *meta;
    long rows = 0;
    int i;

    if (PQstatus(conn) != CONNECTION_OK || vo_meta_load(&meta, conn, pool)) {
        die("database", PQerrorMessage(conn));
    }
    rel = vo_meta_release(meta, RELEASE);
    if (!rel || !rel->obscore) {
        die("release", "there is none");
    }
    PQclear(PQexec(conn, apr_psprintf(pool, "SET ROLE %s; SET jit = off;"
                                      " SET vo.base_url = 'http://x/vo'",
                                      rel->reader_role)));
    for (i = -20; i < n; ++i) {
        vo_dali_params_t *params = vo_dali_params_create(pool);
        vo_sql_req_t req = {0};
        vo_field_t *fields;
        const char *form;
        double ra, dec, start;
        PGresult *res;
        int nfields;

        make_position(i < 0 ? 0 : i, &ra, &dec);
        form = apr_psprintf(pool, "POS=CIRCLE+%.6f+%.6f+%g", ra, dec, radius);
        if (vo_dali_params_add_form(params, form, strlen(form))
            || vo_sia2_request(&req, &nfields, &fields, rel, params, 100000,
                               pool)) {
            die("request", form);
        }
        if (!name) {
            name = req.prepare_name;
            res = PQprepare(conn, name, req.sql, req.nparams, req.param_oids);
            if (PQresultStatus(res) != PGRES_COMMAND_OK) {
                die("prepare", PQerrorMessage(conn));
            }
            PQclear(res);
        }
        start = now();
        res = PQexecPrepared(conn, name, req.nparams, req.params, NULL, NULL,
                             0);
        if (PQresultStatus(res) != PGRES_TUPLES_OK) {
            die("query", PQerrorMessage(conn));
        }
        if (i >= 0) {
            times[i] = 1e3 * (now() - start);
            rows += PQntuples(res);
        }
        PQclear(res);
    }
    PQfinish(conn);
    qsort(times, (size_t)n, sizeof(*times), by_value);
    printf("%.3f %.0f\n", times[n / 2], (double)rows / n);
}

int main(int argc, char **argv)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (argc == 5 && !strcmp(argv[1], "libpq")) {
        loop_libpq(argv[2], atof(argv[3]), atoi(argv[4]));
    }
    else if (argc == 5 && !strcmp(argv[1], "urls")) {
        urls(argv[2], atof(argv[3]), atoi(argv[4]));
    }
    else {
        fprintf(stderr, "usage: bench_siap libpq DSN RADIUS N |"
                        " urls siap2|siap|tap RADIUS N\n");
        return 2;
    }
    return 0;
}
