/* vo_fetch.c: a file from an address that the operator allows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_fetch.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>
#include <arpa/inet.h>
#include <curl/curl.h>

#include "dali/vo_dali_multipart.h"

#define MAX_REDIRECTS 5
#define CONNECT_S 10L

typedef struct fetch_t {
    int fd;
    const vo_fetch_rules_t *rules;
    const char *url;      /* asked now */
    int is_literal;       /* its host is an address of the list */
    int is_refused;       /* its address is private */
    apr_off_t size;
    vo_err_t *err;        /* of writing */
    apr_pool_t *pool;
} fetch_t;

/* --- who may be asked ---------------------------------------- */

int vo_fetch_is_allowed(const vo_fetch_rules_t *rules, const char *host)
{
    apr_size_t len = strlen(host);
    int i;

    for (i = 0; rules->hosts && i < rules->hosts->nelts; ++i) {
        const char *one = APR_ARRAY_IDX(rules->hosts, i, const char *);
        apr_size_t n = strlen(one);

        if (!strcasecmp(one, host)
            || (one[0] == '*' && len > n - 1
                && !strcasecmp(host + len - (n - 1), one + 1))) {
            return 1;
        }
    }
    return 0;
}

/* IANA's registries of special-purpose addresses, and multicast. */
static int is_private4(const unsigned char *a)
{
    return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224
           || (a[0] == 100 && (a[1] & 0xC0) == 64)
           || (a[0] == 169 && a[1] == 254)
           || (a[0] == 172 && (a[1] & 0xF0) == 16)
           || (a[0] == 192 && a[1] == 168)
           || (a[0] == 192 && a[1] == 0 && a[2] == 0)
           || (a[0] == 198 && (a[1] & 0xFE) == 18);
}

int vo_fetch_is_private(const void *sa)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0,
                                             0, 0, 0, 0, 0xFF, 0xFF};
    const unsigned char *a;

    if (((const struct sockaddr *)sa)->sa_family == AF_INET) {
        return is_private4((const unsigned char *)
                           &((const struct sockaddr_in *)sa)->sin_addr);
    }
    if (((const struct sockaddr *)sa)->sa_family != AF_INET6) {
        return 1;
    }
    a = ((const struct sockaddr_in6 *)sa)->sin6_addr.s6_addr;
    if (!memcmp(a, mapped, sizeof(mapped))) {
        return is_private4(a + 12);
    }
    return (a[0] & 0xE0) != 0x20       /* global unicast is 2000::/3, */
           || (a[0] == 0x20 && a[1] == 2); /* without what wraps IPv4 */
}

static vo_err_t *refused(fetch_t *f, const char *why)
{
    return vo_err_make(f->pool, VO_ERR_USAGE, "'%.200s' is not fetched: %s.",
                       f->url, why);
}

/* Take the URL apart and compare it with the list. */
static vo_err_t *check_url(fetch_t *f, const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *host = NULL, *user = NULL;
    unsigned char address[16];
    vo_err_t *err = NULL;

    f->url = apr_pstrdup(f->pool, url);
    if (!parts || curl_url_set(parts, CURLUPART_URL, url, 0)
        || curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0)
        || curl_url_get(parts, CURLUPART_HOST, &host, 0)) {
        err = refused(f, "it is no URL");
    }
    else if (strcmp(scheme, "http") && strcmp(scheme, "https")) {
        err = refused(f, "only http and https are");
    }
    else if (!curl_url_get(parts, CURLUPART_USER, &user, 0)) {
        err = refused(f, "it names a user");
    }
    else {
        apr_size_t n = strlen(host);
        const char *bare = *host == '[' && n > 2
                               ? apr_pstrmemdup(f->pool, host + 1, n - 2)
                               : host;

        if (!vo_fetch_is_allowed(f->rules, bare)) {
            err = refused(f, "its host is not among those this service "
                             "fetches from");
            err->hint = "Send the table in the request, as a part of a "
                        "multipart/form-data body: UPLOAD=name,param:part";
        }
        f->is_literal = inet_pton(AF_INET, bare, address) == 1
                        || inet_pton(AF_INET6, bare, address) == 1;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(parts);
    return err;
}

static curl_socket_t open_socket(void *baton, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
    fetch_t *f = baton;

    (void)purpose;
    if (!f->is_literal && vo_fetch_is_private(&to->addr)) {
        f->is_refused = 1;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* --- the transfer ---------------------------------------- */

static vo_err_t *too_large(fetch_t *f)
{
    vo_err_t *err = vo_err_make(f->pool, VO_ERR_LIMIT,
                                "'%.200s' is too large: the uploaded tables of "
                                "a request may have at most the %"
                                APR_OFF_T_FMT " bytes left.", f->url,
                                f->rules->max_bytes);

    err->http = 413;
    return err;
}

static size_t take(char *data, size_t one, size_t n, void *baton)
{
    fetch_t *f = baton;
    size_t len = one * n;

    f->size += (apr_off_t)len;
    f->err = f->size > f->rules->max_bytes
                 ? too_large(f)
                 : vo_dali_temp_write(f->fd, data, len, f->pool);
    return f->err ? len + 1 : len; /* another number stops the transfer */
}

static int set_options(CURL *curl, fetch_t *f, long ms)
{
    return !curl_easy_setopt(curl, CURLOPT_URL, f->url)
           && !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https")
           && !curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L)
           && !curl_easy_setopt(curl, CURLOPT_PROXY, "")
           && !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L)
           && !curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S)
           && !curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms)
           && !curl_easy_setopt(curl, CURLOPT_USERAGENT, "mod_vo")
           && !curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket)
           && !curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, f)
           && !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take)
           && !curl_easy_setopt(curl, CURLOPT_WRITEDATA, f);
}

/* One request; *NEXT is where it points to, or NULL. */
static vo_err_t *get(CURL *curl, fetch_t *f, long ms, const char **next)
{
    char *location = NULL;
    long status = 0;
    CURLcode rc;

    *next = NULL;
    if (!set_options(curl, f, ms)) {
        return vo_err_fault(f->pool, APR_EGENERAL,
                            "The upload cannot be fetched.",
                            "libcurl takes no options");
    }
    rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
    if (f->err) {
        return f->err;
    }
    if (f->is_refused) {
        return refused(f, "its host is in a private network");
    }
    if (rc) {
        return refused(f, curl_easy_strerror(rc));
    }
    if (status / 100 == 3 && location) {
        *next = apr_pstrdup(f->pool, location);
        return NULL;
    }
    return status == 200 ? NULL
                         : refused(f, apr_psprintf(f->pool,
                                                   "its server answers %ld",
                                                   status));
}

static vo_err_t *follow(CURL *curl, fetch_t *f, const char *url)
{
    apr_time_t until = apr_time_now() + apr_time_from_sec(f->rules->timeout_s);
    const char *next = url;
    int i;

    for (i = 0; i <= MAX_REDIRECTS; ++i) {
        apr_int64_t ms = apr_time_as_msec(until - apr_time_now());

        VO_TRY(check_url(f, next));
        VO_TRY(get(curl, f, ms > 1 ? (long)ms : 1, &next));
        if (!next) {
            return NULL;
        }
        if (ftruncate(f->fd, lseek(f->fd, -f->size, SEEK_CUR))) {
            return vo_err_fault(f->pool, APR_EGENERAL,
                                "The upload cannot be kept.", "ftruncate");
        }
        f->size = 0;
    }
    return refused(f, "there are too many redirections");
}

vo_err_t *vo_fetch(int fd, apr_off_t *size, const char *url,
                   const vo_fetch_rules_t *rules, apr_pool_t *pool)
{
    fetch_t f = {0};
    CURL *curl = curl_easy_init();
    vo_err_t *err;

    if (!curl) {
        return vo_err_fault(pool, APR_ENOMEM, "The upload cannot be fetched.",
                            "libcurl cannot be initialised");
    }
    f.fd = fd;
    f.rules = rules;
    f.pool = pool;
    err = follow(curl, &f, url);
    curl_easy_cleanup(curl);
    *size = f.size;
    return err;
}
