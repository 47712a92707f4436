/* vo_resolve.c: the position of an object by its name, from a name service. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_resolve.h"

#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "dali/vo_dali_multipart.h"
#include "sky/sky.h"
#include "vo_fetch.h"

#define MAX_BYTES 65536
#define TIMEOUT_S 5

/* The host in TEMPLATE, without brackets; "" if there is none. */
static const char *host_of(const char *template, apr_pool_t *pool)
{
    const char *p = strstr(template, "://");

    p = p ? p + 3 : "";
    if (*p == '[') {
        return apr_pstrmemdup(pool, p + 1, strcspn(p + 1, "]"));
    }
    return apr_pstrmemdup(pool, p, strcspn(p, ":/?#"));
}

const char *vo_resolve_check(const char *template, apr_pool_t *pool)
{
    const char *place = strstr(template, "%s");
    const char *host = host_of(template, pool);

    if (strncasecmp(template, "http://", 7)
        && strncasecmp(template, "https://", 8)) {
        return "it must begin with http:// or https://";
    }
    if (!*host || strchr(host, '@') || strchr(host, '%')) {
        return "it must name a host";
    }
    if (!place || strstr(place + 2, "%s")) {
        return "it must hold %s once, where the name goes";
    }
    return NULL;
}

/* NAME with all but the unreserved characters of RFC 3986 encoded. */
static const char *encoded(const char *name, apr_pool_t *pool)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(pool, 3 * strlen(name) + 1), *w = out;
    const unsigned char *p;

    for (p = (const unsigned char *)name; *p; ++p) {
        if (*p < 128 && (apr_isalnum(*p) || strchr("-._~", *p))) {
            *w++ = (char)*p;
            continue;
        }
        *w++ = '%';
        *w++ = hex[*p >> 4];
        *w++ = hex[*p & 15];
    }
    *w = '\0';
    return out;
}

/* The number behind MARK at or after *P, up to END; *P goes behind it. */
static int number_after(const char **p, const char *end, const char *mark,
                        double *v)
{
    const char *at = *mark ? strstr(*p, mark) : *p;

    if (!at) {
        return -1;
    }
    at += strlen(mark);
    while (at < end && apr_isspace(*at)) {
        ++at;
    }
    at += *at == '+';
    at = sky_parse_number(at, end, v);
    if (!at) {
        return -1;
    }
    *p = at;
    return 0;
}

int vo_resolve_read(const char *answer, double *ra, double *dec)
{
    static const char *const marks[][2] = {
        {"%J ", ""}, {"<jradeg>", "<jdedeg>"}
    };
    const char *end = answer + strlen(answer);
    size_t i;

    for (i = 0; i < sizeof(marks) / sizeof(*marks); ++i) {
        const char *p = answer;

        if (!number_after(&p, end, marks[i][0], ra)
            && !number_after(&p, end, marks[i][1], dec)
            && *ra >= 0 && *ra <= 360 && *dec >= -90 && *dec <= 90) {
            return 0;
        }
    }
    return -1;
}

static vo_err_t *ask(char *answer, const char *url, const char *host,
                     apr_pool_t *pool)
{
    vo_fetch_rules_t rules = {NULL, MAX_BYTES - 1, TIMEOUT_S};
    apr_array_header_t *hosts = apr_array_make(pool, 1, sizeof(char *));
    apr_off_t size = 0, got = 0;
    int fd;

    APR_ARRAY_PUSH(hosts, const char *) = host;
    rules.hosts = hosts;
    VO_TRY(vo_dali_temp_file(&fd, pool));
    VO_TRY(vo_fetch(fd, &size, url, &rules, pool));
    while (got < size) {
        ssize_t n = pread(fd, answer + got, (size_t)(size - got), got);

        if (n <= 0) {
            return vo_err_fault(pool, APR_EGENERAL, "The answer is lost.",
                                "pread");
        }
        got += n;
    }
    answer[got] = '\0';
    return NULL;
}

vo_err_t *vo_resolve(const char *template, const char *name, double *ra,
                     double *dec, apr_pool_t *pool)
{
    const char *place = strstr(template, "%s");
    const char *url = apr_pstrcat(pool,
                                  apr_pstrmemdup(pool, template,
                                                 (apr_size_t)(place
                                                              - template)),
                                  encoded(name, pool), place + 2, NULL);
    char *answer = apr_palloc(pool, MAX_BYTES);
    vo_err_t *err = ask(answer, url, host_of(template, pool), pool);

    if (err) {
        vo_err_t *told = vo_err_make(pool, VO_ERR_BUSY,
                                     "The position of '%.200s' could not be "
                                     "asked for: the name service does not "
                                     "answer.", name);

        told->detail = vo_err_private(err, pool);
        return told;
    }
    if (vo_resolve_read(answer, ra, dec)) {
        return vo_err_make(pool, VO_ERR_USAGE, "The name service knows no "
                           "object '%.200s'.", name);
    }
    return NULL;
}
