/* fuzz_siap.c: any form asks for images, or is refused with a reason. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "siap/vo_sia1.h"
#include "siap/vo_sia2.h"
#include "sky/sky.h"

static apr_pool_t *pool;
static vo_release_t *rel;

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

static void make_release(void)
{
    vo_meta_t *meta = vo_meta_create(pool);
    vo_table_t *t;
    int i;

    rel = vo_meta_add_release(meta, "a-dr1");
    rel->pg_schema = "a";
    rel->reader_role = "r";
    t = vo_release_add_table(meta, rel, "ivoa", "obscore", "a", "o");
    for (i = 0; i < VO_SIA2_NPARAMS; ++i) {
        vo_table_add_column(meta, t, vo_sia2_params[i].column, VO_TYPE_CHAR,
                            "*", vo_sia2_params[i].column, "text");
        if (vo_sia2_params[i].upper) {
            vo_table_add_column(meta, t, vo_sia2_params[i].upper,
                                VO_TYPE_CHAR, "*", vo_sia2_params[i].upper,
                                "text");
        }
    }
    rel->obscore = t;
}

static void must_tell(const vo_err_t *err, apr_pool_t *request)
{
    must(*vo_err_public(err, request) && err->http >= 400
         && err->kind != VO_ERR_FAULT);
}

static void *from_pool(void *baton, size_t size)
{
    return apr_palloc(baton, size);
}

/* The SQL has as many places as values, nothing the client wrote ("zz" is in
 * no text of ours), and regions that PostgreSQL will read. */
static void check(const vo_sql_req_t *req, apr_pool_t *request)
{
    sky_alloc_t alloc = {from_pool, NULL};
    int i;

    alloc.baton = request;
    must(!strstr(req->sql, "zz"));
    must(!strstr(req->sql, apr_psprintf(request, "$%d", req->nparams + 1)));
    for (i = 0; i < req->nparams; ++i) {
        const char *value = req->params[i];
        sky_err_t why;

        if (value && req->param_oids[i] == 25
            && strstr(req->sql, apr_psprintf(request, "sky_region($%d)",
                                             i + 1))) {
            must(sky_parse(&alloc, value, &why) != NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vo_dali_params_t *params;
    vo_sia1_query_t query;
    vo_field_t *fields;
    apr_pool_t *request;
    vo_sql_req_t req = {0};
    vo_err_t *err;
    int n;

    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
        make_release();
    }
    apr_pool_create(&request, pool);
    params = vo_dali_params_create(request);
    if (!vo_dali_params_add_form(params, (const char *)data, size)) {
        err = vo_sia2_request(&req, &n, &fields, rel, params, 5, request);
        err ? must_tell(err, request) : check(&req, request);
        memset(&req, 0, sizeof(req));
        err = vo_sia1_read(&query, params, request);
        if (!err && !query.is_metadata) {
            err = vo_sia1_request(&req, rel, &query, 5, request);
            err ? must_tell(err, request) : check(&req, request);
        }
        else if (err) {
            must_tell(err, request);
        }
    }
    apr_pool_destroy(request);
    return 0;
}
