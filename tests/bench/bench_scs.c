/* bench_scs.c: cones as SQL scripts, and loops over libpq and over HTTP. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <libpq-fe.h>

#include "scs/vo_cone.h"
#include "sky/sky.h"

#define NCONES 100

static apr_pool_t *pool;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_scs: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *t, int n)
{
    qsort(t, (size_t)n, sizeof(*t), by_value);
    return t[n / 2];
}

/* The table bench_scs.sh makes. */
static vo_table_t *make_table(void)
{
    static const struct {
        const char *name, *arraysize, *pg_type;
        vo_type_e type;
        unsigned oid;
    } columns[] = {
        { "object_id", NULL, "bigint", VO_TYPE_LONG, 20 },
        { "ra", NULL, "double precision", VO_TYPE_DOUBLE, 701 },
        { "dec", NULL, "double precision", VO_TYPE_DOUBLE, 701 },
        { "mag", NULL, "real", VO_TYPE_FLOAT, 700 },
        { "mag_err", NULL, "real", VO_TYPE_FLOAT, 700 },
        { "class_star", NULL, "real", VO_TYPE_FLOAT, 700 },
        { "flags", NULL, "integer", VO_TYPE_INT, 23 },
        { "name", "*", "text", VO_TYPE_CHAR, 25 }
    };
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "bench");
    vo_table_t *t;
    size_t i;

    vo_release_add_schema(meta, rel, "bench");
    t = vo_release_add_table(meta, rel, "bench", "Stars", "bench", "stars");
    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); ++i) {
        vo_column_t *c = vo_table_add_column(
            meta, t, columns[i].name, columns[i].type, columns[i].arraysize,
            columns[i].name, columns[i].pg_type);

        c->field.pg_oid = columns[i].oid;
    }
    t->id = t->columns[0];
    t->ra = t->columns[1];
    t->dec = t->columns[2];
    t->pg_hpx = "hpx";
    t->is_cone = 1;
    return t;
}

/* The I-th of the cones everybody is asked for. */
static void make_cone(int i, double *ra, double *dec)
{
    if (!i) {
        srand(20261120);
    }
    *ra = 360.0 * rand() / RAND_MAX;
    *dec = asin(2.0 * rand() / RAND_MAX - 1) * 57.29577951308232;
}

static vo_sql_req_t *request(const vo_cone_t *cone, double ra, double dec,
                             double sr)
{
    vo_sql_req_t *req = apr_pcalloc(pool, sizeof(*req));

    if (vo_cone_request(req, cone, ra, dec, sr, 100000, pool)) {
        die("cone", "cannot be covered");
    }
    return req;
}

/* REQ's SQL with its parameters written in. */
static const char *inlined(const vo_sql_req_t *req)
{
    const char *p, *sql = "";

    for (p = req->sql; *p; ++p) {
        if (*p == '$' && p[1] >= '1' && p[1] <= '9') {
            sql = apr_pstrcat(pool, sql, "'", req->params[p[1] - '1'], "'",
                              NULL);
            ++p;
        }
        else {
            const char one[2] = { *p, '\0' };

            sql = apr_pstrcat(pool, sql, one, NULL);
        }
    }
    return sql;
}

/* The other way to write it: comparisons joined by OR. */
static const char *as_or(const vo_cone_t *cone, double ra, double dec,
                         double sr, int budget)
{
    const char *from = strstr(cone->sql, " FROM "), *sql;
    sky_range_t ranges[64];
    int i, n = sky_circle_ranges(ra, dec, sr, budget, ranges);

    sql = apr_psprintf(pool, "%.*s FROM bench.stars AS t WHERE (",
                       (int)(from - cone->sql), cone->sql);
    for (i = 0; i < n; ++i) {
        sql = apr_psprintf(pool, "%s%s(t.hpx >= %" APR_INT64_T_FMT
                           " AND t.hpx < %" APR_INT64_T_FMT ")", sql,
                           i ? " OR " : "", ranges[i].lo, ranges[i].hi);
    }
    return apr_psprintf(pool, "%s) AND sky_distance(t.ra, t.dec, %.17g, %.17g)"
                        " <= %.17g LIMIT 100001", sql, ra, dec, sr);
}

static void put(const char *dir, const char *kind, int i, const char *text)
{
    const char *path = apr_psprintf(pool, "%s/%s%03d.sql", dir, kind, i);
    FILE *f = fopen(path, "w");

    if (!f || fprintf(f, "%s;\n", text) < 0 || fclose(f)) {
        die(path, strerror(errno));
    }
}

/* scripts DIR SR: pgbench scripts, and the queries of the URLs. */
static void scripts(const char *dir, double sr)
{
    vo_cone_t *cone = vo_cone_make(make_table(), 3, NULL, pool);
    FILE *urls = fopen(apr_pstrcat(pool, dir, "/urls", NULL), "w");
    double ra, dec;
    int i;

    if (!urls) {
        die(dir, strerror(errno));
    }
    for (i = 0; i < NCONES; ++i) {
        make_cone(i, &ra, &dec);
        put(dir, "ranges", i, inlined(request(cone, ra, dec, sr)));
        put(dir, "or", i, as_or(cone, ra, dec, sr, 4));
        fprintf(urls, "/vo/cone/bench/Stars?RA=%.17g&DEC=%.17g&SR=%g&VERB=3\n",
                ra, dec, sr);
    }
    if (fclose(urls)) {
        die(dir, strerror(errno));
    }
}

/* libpq DSN SR N: median ms of the prepared statement. */
static void loop_libpq(const char *dsn, double sr, int n)
{
    PGconn *conn = PQconnectdb(dsn);
    vo_cone_t *cone = vo_cone_make(make_table(), 3, NULL, pool);
    vo_sql_req_t *reqs[NCONES];
    double *t = malloc((size_t)n * sizeof(*t));
    long rows = 0;
    PGresult *res;
    int i;

    if (!t || PQstatus(conn) != CONNECTION_OK) {
        die("connect", PQerrorMessage(conn));
    }
    PQclear(PQexec(conn, "SET jit = off; SET ROLE vo_read_bench"));
    for (i = 0; i < NCONES; ++i) {
        double ra, dec;

        make_cone(i, &ra, &dec);
        reqs[i] = request(cone, ra, dec, sr);
    }
    res = PQprepare(conn, "c", reqs[0]->sql, reqs[0]->nparams,
                    reqs[0]->param_oids);
    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        die("prepare", PQerrorMessage(conn));
    }
    PQclear(res);
    for (i = 0; i < n; ++i) {
        const vo_sql_req_t *req = reqs[i % NCONES];
        double start = now();

        res = PQexecPrepared(conn, "c", req->nparams, req->params, NULL, NULL,
                             0);
        t[i] = now() - start;
        if (PQresultStatus(res) != PGRES_TUPLES_OK) {
            die("query", PQerrorMessage(conn));
        }
        rows += PQntuples(res);
        PQclear(res);
    }
    printf("%.4f %.2f\n", 1e3 * median(t, n), (double)rows / n);
    PQfinish(conn);
    free(t);
}

/* ---- HTTP ------------------------------------------------------------- */

static int open_tcp(const char *port)
{
    struct addrinfo *addr;
    int fd, one = 1;

    if (getaddrinfo("127.0.0.1", port, NULL, &addr)
        || (fd = socket(addr->ai_family, SOCK_STREAM, 0)) < 0
        || connect(fd, addr->ai_addr, addr->ai_addrlen)) {
        die("127.0.0.1", strerror(errno));
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    freeaddrinfo(addr);
    return fd;
}

/* One GET; returns the length of the body (with the lengths of its chunks, if
 * it has such), -1 when the server closed. */
static long get(int fd, const char *path)
{
    static char buf[1 << 20];
    char ask[1024];
    size_t have = 0, want = 0, head = 0;
    int is_chunked = 0;
    long length = -1;
    int n = snprintf(ask, sizeof(ask), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
                     path);

    if (write(fd, ask, (size_t)n) != n) {
        return -1;
    }
    while (!want || have < want) {
        ssize_t got = read(fd, buf + have, sizeof(buf) - 1 - have);
        char *end, *p;

        if (got <= 0) {
            return -1;
        }
        have += (size_t)got;
        buf[have] = '\0';
        if (!want && !is_chunked && (end = strstr(buf, "\r\n\r\n"))) {
            p = strcasestr(buf, "Content-Length:");
            is_chunked = !p || p > end;
            head = (size_t)(end + 4 - buf);
            if (strncmp(buf, "HTTP/1.1 200", 12)) {
                die(path, buf);
            }
            length = is_chunked ? 0 : strtol(p + 15, NULL, 10);
            want = is_chunked ? 0 : head + (size_t)length;
        }
        if (is_chunked && have >= head + 5
            && !memcmp(buf + have - 5, "0\r\n\r\n", 5)) {
            return (long)(have - head);
        }
    }
    return length;
}

/* http PORT URLS N: median ms and mean length of the answers. */
static void loop_http(const char *port, const char *urls, int n)
{
    char *paths[NCONES];
    char line[1024];
    double *t = malloc((size_t)n * sizeof(*t)), bytes = 0;
    FILE *f = fopen(urls, "r");
    int i, fd = open_tcp(port), npaths = 0;

    if (!f || !t) {
        die(urls, strerror(errno));
    }
    while (npaths < NCONES && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        paths[npaths++] = apr_pstrdup(pool, line);
    }
    fclose(f);
    for (i = 0; i < n; ++i) {
        double start = now();
        long len = get(fd, paths[i % npaths]);

        if (len < 0) { /* the server's keep-alive limit */
            close(fd);
            fd = open_tcp(port);
            start = now();
            len = get(fd, paths[i % npaths]);
        }
        t[i] = now() - start;
        bytes += (double)len;
    }
    close(fd);
    printf("%.4f %.0f\n", 1e3 * median(t, n), bytes / n);
    free(t);
}

int main(int argc, char **argv)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (argc == 4 && !strcmp(argv[1], "scripts")) {
        scripts(argv[2], strtod(argv[3], NULL));
    }
    else if (argc == 5 && !strcmp(argv[1], "libpq")) {
        loop_libpq(argv[2], strtod(argv[3], NULL), atoi(argv[4]));
    }
    else if (argc == 5 && !strcmp(argv[1], "http")) {
        loop_http(argv[2], argv[3], atoi(argv[4]));
    }
    else {
        fprintf(stderr, "usage: bench_scs scripts DIR SR | libpq DSN SR N |"
                        " http PORT URLS N\n");
        return 2;
    }
    apr_terminate();
    return 0;
}
