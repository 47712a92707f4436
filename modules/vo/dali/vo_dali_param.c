/* vo_dali_param.c: decoding and reading the parameters of a request. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_dali_param.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"

#define MAX_PARAMS 20000

vo_dali_params_t *vo_dali_params_create(apr_pool_t *pool)
{
    vo_dali_params_t *params = apr_pcalloc(pool, sizeof(*params));

    params->pool = pool;
    return params;
}

vo_err_t *vo_dali_params_new(vo_dali_params_t *params,
                             vo_dali_param_t **added)
{
    if (params->nparams == MAX_PARAMS) {
        return vo_err_make(params->pool, VO_ERR_LIMIT,
                           "There are more than %d parameters.", MAX_PARAMS);
    }
    if (params->nparams == params->cap) {
        int cap = params->cap ? 2 * params->cap : 16;
        vo_dali_param_t *grown = apr_palloc(params->pool,
                                            (size_t)cap * sizeof(*grown));

        if (params->nparams) {
            memcpy(grown, params->params,
                   (size_t)params->nparams * sizeof(*grown));
        }
        params->params = grown;
        params->cap = cap;
    }
    *added = &params->params[params->nparams++];
    memset(*added, 0, sizeof(**added));
    (*added)->fd = -1;
    return NULL;
}

/* --- application/x-www-form-urlencoded ----------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Length of the UTF-8 character at P (up to END), 0 when there is none:
 * overlong forms, surrogates and values beyond U+10FFFF are none. */
static int utf8_len(const unsigned char *p, const unsigned char *end)
{
    int n = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
    int i;

    if (!n || *p > 0xF4 || end - p < n) {
        return 0;
    }
    for (i = 1; i < n; ++i) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xED && p[1] > 0x9F)
        || (*p == 0xF0 && p[1] < 0x90) || (*p == 0xF4 && p[1] > 0x8F)) {
        return 0;
    }
    return n;
}

int vo_dali_is_text(const char *value, apr_size_t len)
{
    const unsigned char *p = (const unsigned char *)value;
    const unsigned char *end = p + len;

    while (p < end) {
        int n = *p ? utf8_len(p, end) : 0;

        if (!n) {
            return 0;
        }
        p += n;
    }
    return 1;
}

const char *vo_dali_clean_text(apr_pool_t *pool, const char *text)
{
    apr_size_t len = strlen(text);
    char *copy;
    unsigned char *p, *end;

    if (vo_dali_is_text(text, len)) {
        return text;
    }
    copy = apr_pstrmemdup(pool, text, len);
    p = (unsigned char *)copy;
    end = p + len;
    while (p < end) {
        int n = utf8_len(p, end);

        if (!n) {
            *p = '?';
            n = 1;
        }
        p += n;
    }
    return copy;
}

/* A name fit for an error message: it is the client's own text. */
static const char *shown(apr_pool_t *pool, const char *name)
{
    char *copy = apr_pstrndup(pool, name, 40);
    char *p;

    for (p = copy; *p; ++p) {
        if (!apr_isalnum(*p) && *p != '_' && *p != '-' && *p != '.') {
            *p = '?';
        }
    }
    return copy;
}

vo_err_t *vo_dali_not_text(vo_dali_params_t *params, const char *name)
{
    return vo_err_make(params->pool, VO_ERR_USAGE,
                       "The parameter %s is not valid UTF-8 text.",
                       shown(params->pool, name));
}

/* Decode LEN bytes at TEXT; NULL for a bad %xx. */
static char *decode(apr_pool_t *pool, const char *text, apr_size_t len,
                    apr_size_t *out_len)
{
    char *out = apr_palloc(pool, len + 1);
    char *to = out;
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        if (text[i] == '+') {
            *to++ = ' ';
        }
        else if (text[i] == '%') {
            int hi = len - i > 2 ? hex(text[i + 1]) : -1;
            int lo = hi >= 0 ? hex(text[i + 2]) : -1;

            if (lo < 0) {
                return NULL;
            }
            *to++ = (char)(hi * 16 + lo);
            i += 2;
        }
        else {
            *to++ = text[i];
        }
    }
    *to = '\0';
    *out_len = (apr_size_t)(to - out);
    return out;
}

static vo_err_t *add_pair(vo_dali_params_t *params, const char *pair,
                          apr_size_t len)
{
    const char *eq = memchr(pair, '=', len);
    apr_size_t name_raw = eq ? (apr_size_t)(eq - pair) : len;
    apr_size_t name_len, value_len = 0;
    const char *name = decode(params->pool, pair, name_raw, &name_len);
    const char *value = "";
    vo_dali_param_t *param;

    if (name && eq) {
        value = decode(params->pool, eq + 1, len - name_raw - 1, &value_len);
    }
    if (!name || !value) {
        const char *whose = apr_pstrndup(params->pool, pair, name_raw);
        vo_err_t *err = vo_err_make(params->pool, VO_ERR_USAGE,
                                    "The parameter %s holds a '%%' that is not "
                                    "followed by two hexadecimal digits.",
                                    shown(params->pool, whose));

        err->hint = "Write a percent sign as %25.";
        return err;
    }
    if (!vo_dali_is_text(name, name_len)
        || !vo_dali_is_text(value, value_len)) {
        return vo_dali_not_text(params, name);
    }
    VO_TRY(vo_dali_params_new(params, &param));
    param->name = name;
    param->value = value;
    param->len = value_len;
    return NULL;
}

vo_err_t *vo_dali_params_add_form(vo_dali_params_t *params, const char *text,
                                  apr_size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const char *amp = memchr(text, '&', (apr_size_t)(end - text));
        const char *stop = amp ? amp : end;

        if (stop > text) {
            VO_TRY(add_pair(params, text, (apr_size_t)(stop - text)));
        }
        text = stop + 1;
    }
    return NULL;
}

/* --- reading ------------------------------------------------------------- */

const char *vo_dali_param_nth(const vo_dali_params_t *params, const char *name,
                              int i)
{
    int k;

    for (k = 0; k < params->nparams; ++k) {
        const vo_dali_param_t *param = &params->params[k];

        if (!param->is_file && !strcasecmp(param->name, name) && i-- == 0) {
            return param->value;
        }
    }
    return NULL;
}

apr_array_header_t *vo_dali_param_all(const vo_dali_params_t *params,
                                      const char *name)
{
    apr_array_header_t *values = apr_array_make(params->pool, 16,
                                                sizeof(const char *));
    int k;

    for (k = 0; k < params->nparams; ++k) {
        const vo_dali_param_t *param = &params->params[k];

        if (!param->is_file && !strcasecmp(param->name, name)) {
            APR_ARRAY_PUSH(values, const char *) = param->value;
        }
    }
    return values;
}

vo_err_t *vo_dali_param_one(const char **value, const vo_dali_params_t *params,
                            const char *name)
{
    *value = vo_dali_param_nth(params, name, 0);
    if (*value && vo_dali_param_nth(params, name, 1)) {
        return vo_err_make(params->pool, VO_ERR_USAGE,
                           "The parameter %s may be given only once.", name);
    }
    return NULL;
}

const vo_dali_param_t *vo_dali_param_file(const vo_dali_params_t *params,
                                          const char *name)
{
    int k;

    for (k = 0; k < params->nparams; ++k) {
        if (params->params[k].is_file
            && !strcmp(params->params[k].name, name)) {
            return &params->params[k];
        }
    }
    return NULL;
}

/* The client's text in a message, shortened. */
static const char *quoted(apr_pool_t *pool, const char *value)
{
    apr_size_t len = 57;

    if (strlen(value) <= 60) {
        return value;
    }
    while (((unsigned char)value[len] & 0xC0) == 0x80) {
        --len; /* not in the middle of a character */
    }
    return apr_pstrcat(pool, apr_pstrndup(pool, value, len), "...", NULL);
}

vo_err_t *vo_dali_param_int(apr_int64_t *value, const vo_dali_params_t *params,
                            const char *name, apr_int64_t min, apr_int64_t max,
                            apr_int64_t deflt)
{
    const char *text;
    int64_t number;
    const char *p;

    *value = deflt;
    VO_TRY(vo_dali_param_one(&text, params, name));
    if (!text || !*text) {
        return NULL;
    }
    p = text + (*text == '-' || *text == '+' || *text == ' ');
    if (max == APR_INT64_MAX && *p && strspn(p, "0123456789") == strlen(p)
        && *text != '-' && !vo_num_to_int64(p, (int)strlen(p), &number)) {
        number = max; /* a number there is, if larger than any we have */
    }
    else if (strspn(p, "0123456789") != strlen(p)
             || !vo_num_to_int64(text, (int)strlen(text), &number)
             || number < min || number > max) {
        const char *range = max == APR_INT64_MAX
                                ? apr_psprintf(params->pool,
                                               "at least %" APR_INT64_T_FMT,
                                               min)
                                : apr_psprintf(params->pool,
                                               "from %" APR_INT64_T_FMT
                                               " to %" APR_INT64_T_FMT,
                                               min, max);

        return vo_err_make(params->pool, VO_ERR_USAGE,
                           "%s must be an integer, %s; it is '%s'.", name,
                           range, quoted(params->pool, text));
    }
    *value = number;
    return NULL;
}

vo_err_t *vo_dali_param_double(double *value, int *is_set,
                               const vo_dali_params_t *params,
                               const char *name, double min, double max,
                               double deflt)
{
    const char *text;
    double number;

    *value = deflt;
    if (is_set) {
        *is_set = 0;
    }
    VO_TRY(vo_dali_param_one(&text, params, name));
    if (!text || !*text) {
        return NULL;
    }
    if (!vo_num_to_double(text, (int)strlen(text), &number)
        || !isfinite(number)) {
        return vo_err_make(params->pool, VO_ERR_USAGE,
                           "%s must be a decimal number; it is '%s'.", name,
                           quoted(params->pool, text));
    }
    if (number < min || number > max) {
        char from[VO_NUM_SIZE], to[VO_NUM_SIZE];

        vo_num_from_double(from, min);
        vo_num_from_double(to, max);
        return vo_err_make(params->pool, VO_ERR_USAGE,
                           "%s must be from %s to %s; it is '%s'.", name, from,
                           to, quoted(params->pool, text));
    }
    *value = number;
    if (is_set) {
        *is_set = 1;
    }
    return NULL;
}
