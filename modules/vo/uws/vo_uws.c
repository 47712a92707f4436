/* vo_uws.c: phases of jobs, and the values clients send. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_uws.h"

#include <string.h>

#include <apr_general.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "../vo_num.h"

/* --- phases -------------------------------------------------------------- */

#define BIT(phase) (1U << VO_PHASE_##phase)
#define ANY_PHASE ((1U << VO_PHASE_COUNT) - 1)

/* UWS 1.1, section 2.1.3: where a job may go, by whose wish. */
static const struct {
    const char *name;
    unsigned by_client, by_server;
} phases[VO_PHASE_COUNT] = {
    [VO_PHASE_PENDING] = {"PENDING",
                          BIT(QUEUED) | BIT(EXECUTING) | BIT(HELD)
                              | BIT(ABORTED),
                          BIT(ERROR)},
    [VO_PHASE_QUEUED] = {"QUEUED", BIT(ABORTED),
                         BIT(EXECUTING) | BIT(ERROR) | BIT(ABORTED)},
    /* back to QUEUED: its worker died or the server is being stopped */
    [VO_PHASE_EXECUTING] = {"EXECUTING", BIT(ABORTED),
                            BIT(QUEUED) | BIT(COMPLETED) | BIT(ERROR)
                                | BIT(ABORTED) | BIT(SUSPENDED)},
    [VO_PHASE_COMPLETED] = {"COMPLETED", 0, BIT(ARCHIVED)},
    [VO_PHASE_ERROR] = {"ERROR", 0, BIT(ARCHIVED)},
    [VO_PHASE_ABORTED] = {"ABORTED", 0, BIT(ARCHIVED)},
    [VO_PHASE_UNKNOWN] = {"UNKNOWN", 0, ANY_PHASE & ~BIT(UNKNOWN)},
    [VO_PHASE_HELD] = {"HELD", BIT(QUEUED) | BIT(EXECUTING) | BIT(ABORTED), 0},
    [VO_PHASE_SUSPENDED] = {"SUSPENDED", BIT(ABORTED),
                            BIT(EXECUTING) | BIT(ERROR)},
    [VO_PHASE_ARCHIVED] = {"ARCHIVED", 0, 0},
};

const char *vo_phase_name(vo_phase_e phase)
{
    return phases[phase].name;
}

int vo_phase_parse(const char *word)
{
    int i;

    for (i = 0; i < VO_PHASE_COUNT; ++i) {
        if (!strcmp(phases[i].name, word)) {
            return i;
        }
    }
    return -1;
}

int vo_phase_may(vo_phase_e from, vo_phase_e to, vo_by_e by)
{
    unsigned to_any = by == VO_BY_CLIENT ? phases[from].by_client
                                         : phases[from].by_server;

    return (to_any >> to & 1) != 0;
}

const char *vo_phase_sources(vo_phase_e to, vo_by_e by, apr_pool_t *pool)
{
    const char *list = "{";
    int i;

    for (i = 0; i < VO_PHASE_COUNT; ++i) {
        if (vo_phase_may((vo_phase_e)i, to, by)) {
            list = apr_pstrcat(pool, list, list[1] ? "," : "", phases[i].name,
                               NULL);
        }
    }
    return apr_pstrcat(pool, list, "}", NULL);
}

int vo_phase_is_active(vo_phase_e phase)
{
    return phase == VO_PHASE_PENDING || phase == VO_PHASE_QUEUED
           || phase == VO_PHASE_EXECUTING;
}

int vo_phase_is_final(vo_phase_e phase)
{
    return phase == VO_PHASE_COMPLETED || phase == VO_PHASE_ERROR
           || phase == VO_PHASE_ABORTED || phase == VO_PHASE_ARCHIVED;
}

/* --- values -------------------------------------------------------------- */

/* Read exactly LEN digits at *P. */
static int digits(const char **p, int len, int *value)
{
    *value = 0;
    for (; len > 0; --len, ++*p) {
        if (!apr_isdigit(**p)) {
            return 0;
        }
        *value = 10 * *value + (**p - '0');
    }
    return 1;
}

static int is_date(int year, int month, int day)
{
    static const char days[] = {31, 28, 31, 30, 31, 30,
                                31, 31, 30, 31, 30, 31};
    int is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return year >= 1 && month >= 1 && month <= 12 && day >= 1
           && day <= days[month - 1] + (month == 2 && is_leap);
}

/* ".fff" of any length as milliseconds. */
static int fraction(const char **p, int *ms)
{
    int scale = 100;

    *ms = 0;
    if (**p != '.') {
        return 1;
    }
    ++*p;
    if (!apr_isdigit(**p)) {
        return 0;
    }
    for (; apr_isdigit(**p); ++*p) {
        *ms += (**p - '0') * scale;
        scale /= 10;
    }
    return 1;
}

static int scan_time(const char *p, int t[7])
{
    memset(t, 0, 7 * sizeof(*t));
    if (!digits(&p, 4, &t[0]) || *p++ != '-' || !digits(&p, 2, &t[1])
        || *p++ != '-' || !digits(&p, 2, &t[2]) || !is_date(t[0], t[1], t[2])) {
        return 0;
    }
    if (*p == 'T' || *p == ' ') {
        ++p;
        if (!digits(&p, 2, &t[3]) || *p++ != ':' || !digits(&p, 2, &t[4])
            || *p++ != ':' || !digits(&p, 2, &t[5]) || !fraction(&p, &t[6])
            || t[3] > 23 || t[4] > 59 || t[5] > 59) {
            return 0;
        }
    }
    p += *p == 'Z';
    return !*p;
}

vo_err_t *vo_uws_time(const char **time, const char *name, const char *text,
                      apr_pool_t *pool)
{
    int t[7];

    if (!scan_time(text, t)) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "%s '%.60s' is not a UTC time such as "
                           "2026-11-20T12:00:00Z.", name, text);
    }
    *time = apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t[0],
                         t[1], t[2], t[3], t[4], t[5], t[6]);
    return NULL;
}

vo_err_t *vo_uws_count(int *value, const char *name, const char *text, int min,
                       apr_pool_t *pool)
{
    const char *p = text + (*text == '+' || *text == ' ');
    int64_t n;

    if (*p && strspn(p, "0123456789") == strlen(p)
        && !vo_num_to_int64(p, (int)strlen(p), &n)) {
        n = APR_INT32_MAX; /* a number there is, if larger than any we have */
    }
    else if (strpbrk(text, "xX")
             || !vo_num_to_int64(text, (int)strlen(text), &n) || n < min) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "%s '%.60s' is not a whole number of at least %d.",
                           name, text, min);
    }
    *value = n > APR_INT32_MAX ? APR_INT32_MAX : (int)n;
    return NULL;
}

vo_err_t *vo_uws_no_phase(const char *phase, apr_pool_t *pool)
{
    vo_err_t *err = vo_err_make(pool, VO_ERR_USAGE,
                                "PHASE '%.40s' is not a phase of a job.",
                                phase);
    const char *list = phases[0].name;
    int i;

    for (i = 1; i < VO_PHASE_COUNT; ++i) {
        list = apr_pstrcat(pool, list, i < VO_PHASE_COUNT - 1 ? ", " : " and ",
                           phases[i].name, NULL);
    }
    err->hint = apr_pstrcat(pool, "There are ", list,
                            !strcmp(phase, "RUN")
                                ? "; a job is made by POST." : ".", NULL);
    return err;
}

vo_err_t *vo_uws_filter(vo_uws_filter_t *filter,
                        const vo_dali_params_t *params, apr_pool_t *pool)
{
    const char *text;
    int i;

    filter->phases = 0;
    filter->after = NULL;
    filter->last = 0;
    for (i = 0; (text = vo_dali_param_nth(params, "PHASE", i)) != NULL; ++i) {
        int phase = vo_phase_parse(text);

        if (phase < 0 && *text) {
            return vo_uws_no_phase(text, pool);
        }
        filter->phases |= phase < 0 ? 0 : 1U << phase;
    }
    if (!filter->phases) {
        filter->phases = ANY_PHASE & ~BIT(ARCHIVED);
    }
    VO_TRY(vo_dali_param_one(&text, params, "AFTER"));
    if (text && *text) {
        VO_TRY(vo_uws_time(&filter->after, "AFTER", text, pool));
    }
    VO_TRY(vo_dali_param_one(&text, params, "LAST"));
    if (text && *text) {
        VO_TRY(vo_uws_count(&filter->last, "LAST", text, 1, pool));
    }
    return NULL;
}

/* --- forms --------------------------------------------------------------- */

static const char *encode(const char *text, apr_pool_t *pool)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(pool, 3 * strlen(text) + 1);
    char *to = out;

    for (; *text; ++text) {
        unsigned char c = (unsigned char)*text;

        if ((c < 0x80 && apr_isalnum(c)) || strchr("-_.~", c)) {
            *to++ = (char)c;
        }
        else {
            *to++ = '%';
            *to++ = hex[c >> 4];
            *to++ = hex[c & 15];
        }
    }
    *to = '\0';
    return out;
}

const char *vo_uws_form_add(const char *form, const char *name,
                            const char *value, apr_pool_t *pool)
{
    return apr_pstrcat(pool, form, *form ? "&" : "", encode(name, pool), "=",
                       encode(value, pool), NULL);
}

/* Is P taken into the form? */
static int is_kept(const vo_dali_param_t *p, const char *const *controls)
{
    for (; *controls; ++controls) {
        if (!strcasecmp(p->name, *controls)) {
            return 0;
        }
    }
    return !p->is_file && *p->name;
}

/* The first of POSTED that has the name of P and is kept. */
static const vo_dali_param_t *same_name(const vo_dali_params_t *posted,
                                        const char *name,
                                        const char *const *controls)
{
    int i;

    for (i = 0; i < posted->nparams; ++i) {
        const vo_dali_param_t *p = &posted->params[i];

        if (!strcasecmp(p->name, name) && is_kept(p, controls)) {
            return p;
        }
    }
    return NULL;
}

static void add(apr_array_header_t *parts, const vo_dali_param_t *p,
                apr_pool_t *pool)
{
    APR_ARRAY_PUSH(parts, const char *) = vo_uws_form_add("", p->name,
                                                          p->value, pool);
}

vo_err_t *vo_uws_form_merge(const char **merged, const char *form,
                            const vo_dali_params_t *posted,
                            int (*is_repeatable)(const char *name),
                            const char *const *controls, apr_pool_t *pool)
{
    vo_dali_params_t *old = vo_dali_params_create(pool);
    apr_array_header_t *parts = apr_array_make(pool, 16, sizeof(char *));
    int i;

    VO_TRY(vo_dali_params_add_form(old, form, strlen(form)));
    for (i = 0; i < old->nparams; ++i) {
        const vo_dali_param_t *p = &old->params[i];
        const vo_dali_param_t *now = same_name(posted, p->name, controls);

        add(parts, now && !(is_repeatable && is_repeatable(p->name)) ? now : p,
            pool);
    }
    for (i = 0; i < posted->nparams; ++i) {
        const vo_dali_param_t *p = &posted->params[i];

        if (!is_kept(p, controls)) {
            continue;
        }
        if (is_repeatable && is_repeatable(p->name)) {
            add(parts, p, pool);
            continue;
        }
        if (same_name(posted, p->name, controls) != p) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "The parameter %.60s may be given only once.",
                               p->name);
        }
        if (!vo_dali_param_nth(old, p->name, 0)) {
            add(parts, p, pool);
        }
    }
    *merged = apr_array_pstrcat(pool, parts, '&');
    return NULL;
}

/* --- identifiers --------------------------------------------------------- */

#define ID_BYTES 16

vo_err_t *vo_uws_new_id(const char **id, apr_pool_t *pool)
{
    unsigned char random[ID_BYTES];
    char *text = apr_palloc(pool, 2 * ID_BYTES + 1);
    apr_status_t rv = apr_generate_random_bytes(random, ID_BYTES);
    int i;

    if (rv != APR_SUCCESS) {
        return vo_err_fault(pool, rv, "The job could not be made.",
                            "no random bytes");
    }
    for (i = 0; i < ID_BYTES; ++i) {
        apr_snprintf(text + 2 * i, 3, "%02x", random[i]);
    }
    *id = text;
    return NULL;
}

int vo_uws_is_id(const char *id)
{
    return strlen(id) == 2 * ID_BYTES
           && strspn(id, "0123456789abcdef") == 2 * ID_BYTES;
}
