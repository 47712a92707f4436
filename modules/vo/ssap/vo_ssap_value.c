/* vo_ssap_value.c: numbers, times and ranges in the parameters of SSAP. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSAP 1.1 section 8.7 */
#include "vo_ssap.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../table/vo_wire.h"
#include "../vo_num.h"

#define MJD_2000 51544.0 /* of 2000-01-01 */
#define BEFORE 1e-9      /* days: a period does not hold its end */

/* --- ranges -------------------------------------------------------------- */

static vo_err_t *bad_value(const char *name, const char *value,
                           apr_pool_t *pool)
{
    return vo_err_make(pool, VO_ERR_USAGE,
                       "%s has the value \"%.60s\", which is not known; it can"
                       " be a value, a range a/b, a/ or /b, or a list of these"
                       " with commas between.", name, value);
}

static int read_range(vo_ssap_range_t *range, char *text,
                      vo_ssap_value_fn_t *read, const void *baton)
{
    char *slash = strchr(text, '/');
    double unused;

    if (!slash) {
        return read(baton, text, &range->lo, &range->hi);
    }
    *slash = '\0';
    range->lo = -INFINITY;
    range->hi = INFINITY;
    if ((*text && !read(baton, text, &range->lo, &unused))
        || (slash[1] && !read(baton, slash + 1, &unused, &range->hi))) {
        return 0;
    }
    return range->lo <= range->hi;
}

vo_err_t *vo_ssap_ranges(apr_array_header_t **ranges, const char **qualifier,
                         const char *name, const char *text,
                         vo_ssap_value_fn_t *read, const void *baton,
                         apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text), *semicolon = strchr(copy, ';');
    char *part = copy;

    *ranges = apr_array_make(pool, 4, sizeof(vo_ssap_range_t));
    *qualifier = semicolon ? semicolon + 1 : NULL;
    if (semicolon) {
        *semicolon = '\0';
    }
    while (part) {
        char *comma = strchr(part, ',');
        const char *shown;

        if (comma) {
            *comma = '\0';
        }
        shown = apr_pstrdup(pool, part);
        if (!read_range(apr_array_push(*ranges), part, read, baton)) {
            return bad_value(name, shown, pool);
        }
        part = comma ? comma + 1 : NULL;
    }
    return NULL;
}

int vo_ssap_meets(const apr_array_header_t *ranges, double lo, double hi)
{
    int i;

    for (i = 0; ranges && i < ranges->nelts; ++i) {
        const vo_ssap_range_t *r = &APR_ARRAY_IDX(ranges, i, vo_ssap_range_t);

        if (lo <= r->hi && hi >= r->lo) {
            return 1;
        }
    }
    return !ranges;
}

/* --- times --------------------------------------------------------------- */

/* N digits at *P as a number, moving *P on; -1 when there are fewer. */
static int digits(const char **p, int n)
{
    int v = 0;

    for (; n > 0; --n, ++*p) {
        if (!apr_isdigit(**p)) {
            return -1;
        }
        v = 10 * v + (**p - '0');
    }
    return v;
}

static double mjd_of(int year, int month, int day)
{
    return MJD_2000 + (double)vo_wire_day_number(year, month, day);
}

/* The next part, if MARK stands before it: 1 read, 0 there is none, -1 bad. */
static int next_part(const char **p, char mark, int *value, int least,
                     int most)
{
    if (**p != mark) {
        return 0;
    }
    ++*p;
    *value = digits(p, 2);
    return *value >= least && *value <= most ? 1 : -1;
}

static int days_in(int year, int month)
{
    return (int)(mjd_of(month == 12 ? year + 1 : year,
                        month == 12 ? 1 : month + 1, 1)
                 - mjd_of(year, month, 1));
}

/* Seconds "SS[.s...]" at *P. */
static int read_seconds(const char **p, double *seconds)
{
    const char *from = *p;

    if (digits(p, 2) < 0) {
        return 0;
    }
    if (**p == '.') {
        for (++*p; apr_isdigit(**p); ++*p) {
        }
    }
    return vo_num_to_double(from, (int)(*p - from), seconds) && *seconds < 61;
}

int vo_ssap_time(const void *unused, const char *text, double *lo, double *hi)
{
    int year, month = 1, day = 1, hour = 0, minute = 0, rc;
    const char *p = text;
    double seconds;

    (void)unused;
    year = digits(&p, 4);
    if (year < 0) {
        return 0;
    }
    rc = next_part(&p, '-', &month, 1, 12);
    if (rc <= 0) {
        *lo = mjd_of(year, 1, 1);
        *hi = mjd_of(year + 1, 1, 1) - BEFORE;
        return !rc && !*p;
    }
    *lo = mjd_of(year, month, 1);
    rc = next_part(&p, '-', &day, 1, days_in(year, month));
    if (rc <= 0) {
        *hi = *lo + days_in(year, month) - BEFORE;
        return !rc && !*p;
    }
    *lo += day - 1;
    rc = next_part(&p, 'T', &hour, 0, 23);
    if (rc <= 0) {
        *hi = *lo + 1 - BEFORE;
        return !rc && !*p;
    }
    *lo += hour / 24.0;
    rc = next_part(&p, ':', &minute, 0, 59);
    if (rc <= 0) {
        *hi = *lo + 1 / 24.0 - BEFORE;
        return !rc && (!*p || !strcmp(p, "Z"));
    }
    *lo += minute / 1440.0;
    *hi = *lo + 1 / 1440.0 - BEFORE;
    if (*p == ':') {
        ++p;
        if (!read_seconds(&p, &seconds)) {
            return 0;
        }
        *lo += seconds / 86400;
        *hi = *lo;
    }
    return !*p || !strcmp(p, "Z");
}
