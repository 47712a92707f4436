/* fuzz_params.c: any form is read into text, or refused with a reason. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "dali/vo_dali_param.h"
#include "dali/vo_dali_upload.h"
#include "table/vo_table.h"
#include "uws/vo_uws.h"

static apr_pool_t *pool;

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

/* An error has a public text, which can be quoted in a document. */
static void must_tell(const vo_err_t *err, apr_pool_t *request)
{
    const char *text = vo_err_public(err, request);

    must(text && *text && err->http >= 400);
    text = vo_dali_clean_text(request, text);
    must(vo_dali_is_text(text, strlen(text)));
}

/* What is kept with a job reads as what was sent: names, values and order. */
static void round_trip(const vo_dali_params_t *params, apr_pool_t *request)
{
    vo_dali_params_t *again = vo_dali_params_create(request);
    const char *form = "";
    int i;

    for (i = 0; i < params->nparams; ++i) {
        form = vo_uws_form_add(form, params->params[i].name,
                               params->params[i].value, request);
    }
    must(!vo_dali_params_add_form(again, form, strlen(form)));
    must(again->nparams == params->nparams);
    for (i = 0; i < params->nparams; ++i) {
        must(!strcmp(again->params[i].name, params->params[i].name));
        must(!strcmp(again->params[i].value, params->params[i].value));
    }
}

/* Every reader of values on every parameter. */
static void read_values(const vo_dali_params_t *params, apr_pool_t *request)
{
    int i;

    for (i = 0; i < params->nparams; ++i) {
        const char *name = params->params[i].name, *value, *media_type;
        const vo_tablefmt_t *fmt = NULL;
        apr_int64_t n = 0;
        double x = 0;
        vo_err_t *err = vo_dali_param_one(&value, params, name);

        if (err) {
            must_tell(err, request);
        }
        else {
            must(value != NULL);
        }
        err = vo_dali_param_int(&n, params, name, -5, 1000, 7);
        err ? must_tell(err, request) : must(n >= -5 && n <= 1000);
        err = vo_dali_param_double(&x, NULL, params, name, -90, 90, 0);
        err ? must_tell(err, request)
            : must(isfinite(x) && x >= -90 && x <= 90);
        err = vo_tablefmt_find(&fmt, &media_type, params->params[i].value,
                               request);
        err ? must_tell(err, request) : must(fmt && media_type);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vo_dali_params_t *params;
    apr_array_header_t *uploads;
    apr_pool_t *request;
    vo_err_t *err;
    int i;

    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    apr_pool_create(&request, pool);
    params = vo_dali_params_create(request);
    err = vo_dali_params_add_form(params, (const char *)data, size);
    if (err) {
        must_tell(err, request);
    }
    else {
        for (i = 0; i < params->nparams; ++i) {
            const vo_dali_param_t *p = &params->params[i];

            must(vo_dali_is_text(p->name, strlen(p->name)));
            must(strlen(p->value) == p->len);
            must(vo_dali_is_text(p->value, p->len));
        }
        round_trip(params, request);
        if (params->nparams < 50) { /* the readers look at all for each */
            read_values(params, request);
        }
        err = vo_dali_uploads(&uploads, params, request);
        if (err) {
            must_tell(err, request);
        }
    }
    apr_pool_destroy(request);
    return 0;
}
