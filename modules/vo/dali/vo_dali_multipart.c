/* vo_dali_multipart.c: reading multipart/form-data as it arrives, RFC 7578. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_dali_multipart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#define MAX_BOUNDARY 70 /* RFC 2046, section 5.1.1 */
#define WINDOW 65536    /* bytes looked at together; also the longest line of
                           a part's header */

typedef enum {
    AT_PREAMBLE,
    AT_BOUNDARY, /* just behind it */
    AT_HEADER,
    AT_CONTENT,
    AT_END
} state_e;

struct vo_dali_multipart_t {
    vo_dali_params_t *params;
    state_e state;
    const char *delim;      /* CRLF, two hyphens, the boundary */
    apr_size_t dlen;
    char *window;           /* bytes not yet understood */
    apr_size_t used;
    apr_off_t max_text, max_files, text, files; /* bytes */
    /* the part being read */
    vo_dali_param_t part;
    char *value;            /* of a text */
    apr_size_t len, cap;
};

/* --- temporary files ----------------------------------------------------- */

static apr_status_t close_file(void *data)
{
    close((int)(apr_uintptr_t)data);
    return APR_SUCCESS;
}

vo_err_t *vo_dali_temp_file(int *fd, apr_pool_t *pool)
{
    const char *dir = "/tmp";
    char *path;

    apr_temp_dir_get(&dir, pool);
    *fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd < 0) { /* not every file system can */
        path = apr_pstrcat(pool, dir, "/mod_vo-XXXXXX", NULL);
        *fd = mkostemp(path, O_CLOEXEC);
        if (*fd < 0) {
            return vo_err_fault(pool, errno, "The upload cannot be kept.",
                                "no temporary file in %s", dir);
        }
        unlink(path);
    }
    apr_pool_cleanup_register(pool, (void *)(apr_uintptr_t)*fd, close_file,
                              apr_pool_cleanup_null);
    return NULL;
}

vo_err_t *vo_dali_temp_write(int fd, const char *data, apr_size_t len,
                             apr_pool_t *pool)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno != EINTR) {
            vo_err_t *err = vo_err_make(pool, VO_ERR_BUSY,
                                        "The upload cannot be kept now; try "
                                        "again later.");

            err->aprerr = errno;
            err->detail = "writing a temporary file";
            return err;
        }
        if (n > 0) {
            data += n;
            len -= (apr_size_t)n;
        }
    }
    return NULL;
}

/* --- headers ------------------------------------------------------------- */

/* The parameter NAME of a header's VALUE ('form-data; name="x"'), or NULL.
 * Quoted strings may hold backslash escapes (RFC 9110, section 5.6.4). */
static const char *header_param(apr_pool_t *pool, const char *value,
                                const char *name)
{
    apr_size_t nlen = strlen(name);
    const char *p = value + strcspn(value, ";");

    while (*p == ';') {
        const char *word;
        int is_it;
        char *out, *to;

        p += 1 + strspn(p + 1, " \t");
        word = p;
        p += strcspn(p, "=; \t");
        is_it = (apr_size_t)(p - word) == nlen
                && !strncasecmp(word, name, nlen);
        p += strspn(p, " \t");
        if (*p != '=') {
            p += strcspn(p, ";");
            continue;
        }
        p += 1 + strspn(p + 1, " \t");
        out = to = apr_palloc(pool, strlen(p) + 1);
        if (*p == '"') {
            for (++p; *p && *p != '"'; ++p) {
                if (*p == '\\' && (p[1] == '"' || p[1] == '\\')) {
                    ++p;
                }
                *to++ = *p;
            }
        }
        else {
            while (*p && !strchr("; \t", *p)) {
                *to++ = *p++;
            }
        }
        *to = '\0';
        if (is_it) {
            return out;
        }
        p += strcspn(p, ";");
    }
    return NULL;
}

static const char *find(const char *from, const char *end, const char *what,
                        apr_size_t len)
{
    while ((apr_size_t)(end - from) >= len) {
        const char *p = memchr(from, what[0],
                               (apr_size_t)(end - from) - len + 1);

        if (!p || !memcmp(p, what, len)) {
            return p;
        }
        from = p + 1;
    }
    return NULL;
}

static vo_err_t *broken(const vo_dali_multipart_t *m, const char *why)
{
    return vo_err_make(m->params->pool, VO_ERR_USAGE,
                       "The multipart/form-data body cannot be read: %s.",
                       why);
}

vo_err_t *vo_dali_multipart_begin(vo_dali_multipart_t **multipart,
                                  vo_dali_params_t *params,
                                  const char *content_type,
                                  apr_off_t max_text, apr_off_t max_files)
{
    apr_pool_t *pool = params->pool;
    vo_dali_multipart_t *m = apr_pcalloc(pool, sizeof(*m));
    const char *boundary = header_param(pool, content_type, "boundary");

    m->params = params;
    if (!boundary || !*boundary || strlen(boundary) > MAX_BOUNDARY) {
        return broken(m, "its Content-Type has no usable boundary");
    }
    m->delim = apr_pstrcat(pool, "\r\n--", boundary, NULL);
    m->dlen = strlen(m->delim);
    m->max_text = max_text;
    m->max_files = max_files;
    m->window = apr_palloc(pool, WINDOW);
    memcpy(m->window, "\r\n", 2); /* the first boundary may come at once */
    m->used = 2;
    *multipart = m;
    return NULL;
}

/* One line of a part's header. */
static void read_header(vo_dali_multipart_t *m, const char *line)
{
    apr_pool_t *pool = m->params->pool;

    if (!strncasecmp(line, "Content-Disposition:", 20)) {
        m->part.name = header_param(pool, line + 20, "name");
        m->part.filename = header_param(pool, line + 20, "filename");
    }
    else if (!strncasecmp(line, "Content-Type:", 13)) {
        m->part.media_type = line + 13 + strspn(line + 13, " \t");
    }
}

static vo_err_t *begin_content(vo_dali_multipart_t *m)
{
    if (!m->part.name) {
        return broken(m, "a part has no name in its Content-Disposition");
    }
    if (!vo_dali_is_text(m->part.name, strlen(m->part.name))) {
        return vo_dali_not_text(m->params, m->part.name);
    }
    m->part.is_file = m->part.filename != NULL;
    if (m->part.is_file && m->max_files > 0) {
        VO_TRY(vo_dali_temp_file(&m->part.fd, m->params->pool));
    }
    m->len = 0;
    m->state = AT_CONTENT;
    return NULL;
}

/* --- content ------------------------------------------------------------- */

static vo_err_t *count(const vo_dali_multipart_t *m, apr_off_t *sum,
                       apr_size_t more, apr_off_t most, const char *what)
{
    vo_err_t *err;

    *sum += (apr_off_t)more;
    if (*sum <= most) {
        return NULL;
    }
    err = vo_err_make(m->params->pool, VO_ERR_LIMIT,
                      "%s of a request may have at most %" APR_OFF_T_FMT
                      " bytes.", what, most);
    err->http = 413;
    return err;
}

static vo_err_t *add_content(vo_dali_multipart_t *m, const char *data,
                             apr_size_t len)
{
    if (m->part.is_file && m->max_files > 0) {
        VO_TRY(count(m, &m->files, len, m->max_files, "The uploaded tables"));
        m->part.len += len;
        return vo_dali_temp_write(m->part.fd, data, len, m->params->pool);
    }
    VO_TRY(count(m, &m->text, len, m->max_text, "The parameters"));
    if (m->part.is_file) {
        m->part.len += len;
        return NULL;
    }
    if (m->cap - m->len < len + 1 || !m->cap) {
        apr_size_t cap = 2 * (m->len + len) + 64;
        char *grown = apr_palloc(m->params->pool, cap);

        if (m->len) {
            memcpy(grown, m->value, m->len);
        }
        m->value = grown;
        m->cap = cap;
    }
    memcpy(m->value + m->len, data, len);
    m->len += len;
    return NULL;
}

static vo_err_t *end_part(vo_dali_multipart_t *m)
{
    vo_dali_param_t *param;

    if (!m->part.is_file) {
        if (!vo_dali_is_text(m->len ? m->value : "", m->len)) {
            return vo_dali_not_text(m->params, m->part.name);
        }
        m->part.value = m->len ? apr_pstrmemdup(m->params->pool, m->value,
                                                m->len)
                               : "";
        m->part.len = m->len;
    }
    VO_TRY(vo_dali_params_new(m->params, &param));
    *param = m->part;
    return NULL;
}

/* --- the body ------------------------------------------------------------ */

/* Understand what begins at P, up to END; *TAKEN bytes of it, 0 when more must
 * come first. */
static vo_err_t *step(vo_dali_multipart_t *m, const char *p, const char *end,
                      apr_size_t *taken)
{
    const char *q;

    *taken = 0;
    switch (m->state) {
    case AT_PREAMBLE:
    case AT_CONTENT:
        q = find(p, end, m->delim, m->dlen);
        if (!q && (apr_size_t)(end - p) < m->dlen) {
            return NULL;
        }
        *taken = q ? (apr_size_t)(q - p)
                   : (apr_size_t)(end - p) - m->dlen + 1;
        if (m->state == AT_CONTENT) {
            VO_TRY(add_content(m, p, *taken));
        }
        else {
            VO_TRY(count(m, &m->text, *taken, m->max_text,
                         "The parameters"));
        }
        if (q) {
            *taken += m->dlen;
            if (m->state == AT_CONTENT) {
                VO_TRY(end_part(m));
            }
            m->state = AT_BOUNDARY;
        }
        return NULL;
    case AT_BOUNDARY:
        for (q = p; q < end && (*q == ' ' || *q == '\t'); ++q) {
        }
        if (end - q < 2) {
            return NULL;
        }
        if (q == p && !memcmp(q, "--", 2)) {
            m->state = AT_END;
        }
        else if (memcmp(q, "\r\n", 2)) {
            return broken(m, "a line goes on behind its boundary");
        }
        else {
            memset(&m->part, 0, sizeof(m->part));
            m->part.value = "";
            m->part.fd = -1;
            m->state = AT_HEADER;
        }
        *taken = (apr_size_t)(q + 2 - p);
        return NULL;
    case AT_HEADER:
        q = find(p, end, "\r\n", 2);
        if (!q) {
            return NULL;
        }
        *taken = (apr_size_t)(q + 2 - p);
        VO_TRY(count(m, &m->text, *taken, m->max_text, "The parameters"));
        if (q == p) {
            return begin_content(m);
        }
        read_header(m, apr_pstrmemdup(m->params->pool, p,
                                      (apr_size_t)(q - p)));
        return NULL;
    default:
        *taken = (apr_size_t)(end - p); /* the epilogue is nobody's */
        return NULL;
    }
}

vo_err_t *vo_dali_multipart_feed(vo_dali_multipart_t *m, const char *data,
                                 apr_size_t len)
{
    while (len > 0) {
        apr_size_t n = WINDOW - m->used < len ? WINDOW - m->used : len;
        const char *p = m->window, *end;
        apr_size_t taken;

        if (!n) {
            return broken(m, "a line of a part's header is too long");
        }
        memcpy(m->window + m->used, data, n);
        m->used += n;
        data += n;
        len -= n;
        end = p + m->used;
        do {
            state_e before = m->state;

            VO_TRY(step(m, p, end, &taken));
            p += taken;
            if (!taken && m->state == before) {
                break;
            }
        } while (p < end);
        m->used = (apr_size_t)(end - p);
        memmove(m->window, p, m->used);
    }
    return NULL;
}

vo_err_t *vo_dali_multipart_end(vo_dali_multipart_t *m)
{
    switch (m->state) {
    case AT_END:
        return NULL;
    case AT_PREAMBLE:
        return broken(m, "its boundary does not occur");
    case AT_HEADER:
        return broken(m, "a part has no end of its header");
    default:
        return broken(m, "it ends before its last boundary");
    }
}
