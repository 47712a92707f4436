/* vo_num.c: numbers to text and back, whatever the locale. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_num.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The C locale: glibc hands out a constant object for it, so neither an
 * allocation nor shared state hides here. */
static double c_strtod(const char *text, char **end)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value;

    if (c == (locale_t)0) {
        *end = (char *)text;
        return 0.0;
    }
    value = strtod_l(text, end, c);
    freelocale(c);
    return value;
}

static int special(char *buf, double value)
{
    const char *word = isnan(value) ? "NaN"
                       : value > 0  ? "Infinity"
                                    : "-Infinity";
    size_t len = strlen(word);

    memcpy(buf, word, len + 1);
    return (int)len;
}

static int print_digits(char *buf, double value, int digits)
{
    int len = snprintf(buf, VO_NUM_SIZE, "%.*g", digits, value);
    char *comma = strchr(buf, ',');

    if (comma) { /* a locale with a decimal comma */
        *comma = '.';
    }
    return len;
}

int vo_num_from_double(char buf[VO_NUM_SIZE], double value)
{
    double back;
    int digits, len = 0;

    if (!isfinite(value)) {
        return special(buf, value);
    }
    for (digits = 15; digits <= 17; ++digits) {
        len = print_digits(buf, value, digits);
        if (vo_num_to_double(buf, len, &back) && back == value) {
            break;
        }
    }
    return len;
}

int vo_num_from_float(char buf[VO_NUM_SIZE], float value)
{
    double back;
    int digits, len = 0;

    if (!isfinite(value)) {
        return special(buf, (double)value);
    }
    for (digits = 6; digits <= 9; ++digits) {
        len = print_digits(buf, (double)value, digits);
        if (vo_num_to_double(buf, len, &back) && (float)back == value) {
            break;
        }
    }
    return len;
}

int vo_num_from_int64(char buf[VO_NUM_SIZE], int64_t value)
{
    char rev[VO_NUM_SIZE];
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int n = 0, len = 0;

    do {
        rev[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        buf[len++] = '-';
    }
    while (n) {
        buf[len++] = rev[--n];
    }
    buf[len] = '\0';
    return len;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(const char **text, int *len)
{
    while (*len > 0 && is_blank(**text)) {
        ++*text;
        --*len;
    }
    while (*len > 0 && is_blank((*text)[*len - 1])) {
        --*len;
    }
}

/* Names of what is not a number. */
static int to_special(const char *text, int len, double *value)
{
    int is_minus = *text == '-';

    if (*text == '-' || *text == '+') {
        ++text;
        --len;
    }
    if (len == 3 && !strncasecmp(text, "nan", 3)) {
        *value = NAN;
        return 1;
    }
    if ((len == 3 && !strncasecmp(text, "inf", 3))
        || (len == 8 && !strncasecmp(text, "infinity", 8))) {
        *value = is_minus ? -INFINITY : INFINITY;
        return 1;
    }
    return 0;
}

/* A decimal taken apart: digits before the 19th as an integer. */
typedef struct decimal_t {
    uint64_t digits;
    int ndigits;  /* significant ones */
    int exponent; /* of ten, of the last digit kept */
    int is_minus;
} decimal_t;

static int scan_decimal(const char *p, const char *end, decimal_t *d)
{
    int seen = 0, is_after_point = 0;

    memset(d, 0, sizeof(*d));
    if (p < end && (*p == '-' || *p == '+')) {
        d->is_minus = *p++ == '-';
    }
    for (; p < end; ++p) {
        if (*p == '.' && !is_after_point) {
            is_after_point = 1;
            continue;
        }
        if (*p < '0' || *p > '9') {
            break;
        }
        seen = 1;
        if (d->ndigits || *p != '0') {
            d->ndigits++;
        }
        if (d->ndigits <= 19) {
            d->digits = d->digits * 10 + (uint64_t)(*p - '0');
            d->exponent -= is_after_point;
        }
        else {
            d->exponent += !is_after_point;
        }
    }
    if (!seen) {
        return 0;
    }
    if (p < end && (*p == 'e' || *p == 'E' || *p == 'd' || *p == 'D')) {
        int is_minus = 0, e = 0;

        if (++p < end && (*p == '-' || *p == '+')) {
            is_minus = *p++ == '-';
        }
        if (p == end) {
            return 0;
        }
        for (; p < end && *p >= '0' && *p <= '9'; ++p) {
            if (e < 100000) {
                e = e * 10 + (*p - '0');
            }
        }
        d->exponent += is_minus ? -e : e;
    }
    return p == end;
}

int vo_num_to_double(const char *text, int len, double *value)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,
                                  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
                                  1e18, 1e19, 1e20, 1e21, 1e22};
    decimal_t d;

    trim(&text, &len);
    if (len <= 0) {
        return 0;
    }
    if (!scan_decimal(text, text + len, &d)) {
        return to_special(text, len, value);
    }
    if (!d.digits) {
        *value = d.is_minus ? -0.0 : 0.0;
        return 1;
    }
    /* Both operands are exact doubles, so one operation rounds rightly. */
    if (d.digits <= (UINT64_C(1) << 53) && d.ndigits <= 19
        && d.exponent >= -22 && d.exponent <= 22) {
        double v = (double)d.digits;

        v = d.exponent < 0 ? v / tens[-d.exponent] : v * tens[d.exponent];
        *value = d.is_minus ? -v : v;
        return 1;
    }
    else {
        char small[128], *copy = small, *end, *c;
        double v;

        if (len >= (int)sizeof(small) && !(copy = malloc((size_t)len + 1))) {
            return 0;
        }
        memcpy(copy, text, (size_t)len);
        copy[len] = '\0';
        for (c = copy; *c; ++c) { /* Fortran's exponent letter */
            if (*c == 'd' || *c == 'D') {
                *c = 'e';
            }
        }
        v = c_strtod(copy, &end);
        len = *end == '\0';
        if (copy != small) {
            free(copy);
        }
        if (len) {
            *value = v;
        }
        return len;
    }
}

static int to_hex(const char *p, const char *end, int is_minus, int64_t *value)
{
    uint64_t v = 0;

    if (p == end) {
        return 0;
    }
    for (; p < end; ++p) {
        int c = tolower((unsigned char)*p);

        if (!isxdigit(c) || v >> 60) {
            return 0;
        }
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    memcpy(value, &v, sizeof(v));
    if (is_minus) {
        if (v > (uint64_t)INT64_MAX) {
            return 0;
        }
        *value = -*value;
    }
    return 1;
}

int vo_num_to_int64(const char *text, int len, int64_t *value)
{
    const char *p, *end;
    uint64_t v = 0, most;
    int is_minus = 0;

    trim(&text, &len);
    p = text;
    end = text + (len > 0 ? len : 0);
    if (p < end && (*p == '-' || *p == '+')) {
        is_minus = *p++ == '-';
    }
    if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        return to_hex(p + 2, end, is_minus, value);
    }
    if (p == end) {
        return 0;
    }
    most = (uint64_t)INT64_MAX + (uint64_t)is_minus;
    for (; p < end; ++p) {
        unsigned digit = (unsigned)(*p - '0');

        if (digit > 9 || v > (most - digit) / 10) {
            return 0;
        }
        v = v * 10 + digit;
    }
    v = is_minus ? 0 - v : v;
    memcpy(value, &v, sizeof(v));
    return 1;
}
