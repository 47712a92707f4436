/* fuzz_adql.c: any bytes as a query: no crash, and promises kept. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "adql/adql_model.h"
#include "adql/vo_adql.h"

static apr_pool_t *pool;
static vo_adql_env_t env;

static void must(int is_true)
{
    if (!is_true) {
        abort();
    }
}

static void check_error(const vo_err_t *err, size_t len)
{
    must(err->text && *err->text);
    must(err->offset >= 0 && (size_t)err->offset <= len);
    must(err->kind == VO_ERR_USAGE || err->kind == VO_ERR_LIMIT);
}

/* Every parameter in the text exists, and there is no literal but numbers. */
static void check_sql(const vo_adql_result_t *res)
{
    const char *p;
    int is_quoted = 0, i;

    for (p = res->sql; *p; ++p) {
        if (*p == '"') {
            is_quoted = !is_quoted;
        }
        if (!is_quoted && *p == '$') {
            long n = strtol(p + 1, NULL, 10);

            must(n >= 1 && n <= res->nparams);
        }
        must(is_quoted || *p != ';');
    }
    must(!is_quoted);
    for (i = 0; i < res->nfields; ++i) {
        must(res->fields[i].name && *res->fields[i].name);
        must(res->fields[i].pg_oid != 0);
    }
}

/* A name service that knows every name but those that begin with x. */
static vo_err_t *resolve(void *baton, const char *name, double *ra,
                         double *dec, apr_pool_t *p)
{
    (void)baton;
    if (*name == 'x') {
        return vo_err_make(p, VO_ERR_USAGE, "There is no '%s'.", name);
    }
    *ra = (double)(strlen(name) % 360);
    *dec = (double)(*name % 90);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *request;
    vo_adql_result_t *res = NULL;
    const char *once, *twice;
    vo_err_t *err;
    char *text;

    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
        adql_model(&env, pool);
        env.maxrec = 100;
        env.resolve = resolve;
    }
    apr_pool_create(&request, pool);
    text = apr_pstrmemdup(request, (const char *)data, size);
    err = vo_adql_translate(&res, text, &env, request, request);
    if (err) {
        check_error(err, strlen(text));
    }
    else {
        check_sql(res);
    }
    if (!vo_adql_reprint(&once, text, request)) {
        must(!vo_adql_reprint(&twice, once, request));
        must(!strcmp(once, twice));
    }
    else {
        must(err != NULL);
    }
    apr_pool_destroy(request);
    return 0;
}
