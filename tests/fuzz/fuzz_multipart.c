/* fuzz_multipart.c: bodies in pieces must read as bodies at once. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "dali/vo_dali_multipart.h"
#include "dali/vo_dali_upload.h"

static apr_pool_t *pool;

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

/* The parameters of the body, NULL for an error; pieces are as long as the
 * bytes of the body say, or all at once. */
static vo_dali_params_t *read_body(const uint8_t *data, size_t size,
                                   int in_pieces, apr_pool_t *request)
{
    vo_dali_params_t *params = vo_dali_params_create(request);
    vo_dali_multipart_t *m;
    size_t at = 0;

    must(!vo_dali_multipart_begin(&m, params,
                                  "multipart/form-data; boundary=B", 4096,
                                  4096));
    while (at < size) {
        size_t n = in_pieces ? 1 + data[at] % 9 : size;

        n = n < size - at ? n : size - at;
        if (vo_dali_multipart_feed(m, (const char *)data + at, n)) {
            return NULL;
        }
        at += n;
    }
    return vo_dali_multipart_end(m) ? NULL : params;
}

static void compare(const vo_dali_param_t *a, const vo_dali_param_t *b)
{
    char x[4096], y[4096];

    must(!strcmp(a->name, b->name) && a->is_file == b->is_file);
    must(a->len == b->len && !strcmp(a->value, b->value));
    if (a->is_file) {
        must(pread(a->fd, x, sizeof(x), 0) == (ssize_t)a->len);
        must(pread(b->fd, y, sizeof(y), 0) == (ssize_t)b->len);
        must(!memcmp(x, y, a->len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vo_dali_params_t *once, *pieces;
    apr_array_header_t *uploads;
    apr_pool_t *request;
    int i;

    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    apr_pool_create(&request, pool);
    once = read_body(data, size, 0, request);
    pieces = read_body(data, size, 1, request);
    must(!once == !pieces);
    if (once) {
        must(once->nparams == pieces->nparams);
        for (i = 0; i < once->nparams; ++i) {
            compare(&once->params[i], &pieces->params[i]);
        }
        if (!vo_dali_uploads(&uploads, once, request)) {
            for (i = 0; i < uploads->nelts; ++i) {
                const vo_dali_upload_t *up = &APR_ARRAY_IDX(uploads, i,
                                                            vo_dali_upload_t);

                must(*up->name && (up->fd >= 0) == !up->url);
            }
        }
    }
    apr_pool_destroy(request);
    return 0;
}
