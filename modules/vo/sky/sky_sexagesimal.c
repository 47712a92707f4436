/* sky_sexagesimal.c: hours or degrees, minutes and seconds of text. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <math.h>

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_same_letter(char c, char lower)
{
    return c == lower || c == lower - 'a' + 'A';
}

/* One or more digits, at most WIDTH of them, as a number; NULL if none. */
static const char *digits(const char *p, const char *end, int width, int *v)
{
    int n = 0;

    *v = 0;
    while (p < end && is_digit(*p) && n < width) {
        *v = *v * 10 + (*p++ - '0');
        n++;
    }
    return n > 0 ? p : NULL;
}

/* Seconds may have a fraction. */
static const char *seconds(const char *p, const char *end, double *v)
{
    const char *q = p;

    while (q < end && (is_digit(*q) || *q == '.')) {
        q++;
    }
    return q > p && is_digit(*p) && sky_parse_number(p, q, v) == q ? q : NULL;
}

/* "1:2:3.4", "010203.4" or, with UNIT 'h', "1h2m3.4s", as FIRST * 3600 +
 * minutes * 60 + seconds; -1 for other text. */
static double read_three(const char *p, const char *end, char unit)
{
    int first, minutes, n = 0;
    double s;
    const char *q = digits(p, end, 6, &first);

    while (p + n < end && is_digit(p[n])) {
        n++;
    }
    if (q != NULL && n == 6) { /* two digits each */
        minutes = first / 100 % 100;
        first /= 10000;
        q = seconds(p + 4, end, &s);
    }
    else if (q != NULL && q < end && (*q == ':' || is_same_letter(*q, unit))) {
        int is_colon = *q == ':';

        q = digits(q + 1, end, 2, &minutes);
        if (q == NULL || q == end
            || (is_colon ? *q != ':' : !is_same_letter(*q, 'm'))) {
            return -1.0;
        }
        q = seconds(q + 1, end, &s);
        if (q != NULL && !is_colon) {
            q = q < end && is_same_letter(*q, 's') ? q + 1 : NULL;
        }
    }
    else {
        return -1.0;
    }
    if (q != end || minutes > 59 || !(s < 60.0)) {
        return -1.0;
    }
    return first * 3600.0 + minutes * 60.0 + s;
}

static void trim(const char **p, const char **end)
{
    while (*p < *end && **p == ' ') {
        ++*p;
    }
    while (*end > *p && (*end)[-1] == ' ') {
        --*end;
    }
}

double sky_hms_degrees(const char *text, const char *end)
{
    double v;

    trim(&text, &end);
    v = read_three(text, end, 'h');
    return v >= 0.0 && v <= 86400.0 ? v / 240.0 : NAN;
}

double sky_dms_degrees(const char *text, const char *end)
{
    double v, sign = 1.0;

    trim(&text, &end);
    if (text < end && (*text == '-' || *text == '+')) {
        sign = *text++ == '-' ? -1.0 : 1.0;
    }
    v = read_three(text, end, 'd');
    return v >= 0.0 && v <= 360.0 * 3600.0 ? sign * v / 3600.0 : NAN;
}
