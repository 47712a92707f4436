/* sky_text.c: shapes and numbers to text (DALI, STC-S). */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 32

/* Fraction bits of numbers the quick way takes, at most: ten times a fraction
 * of so many and one more fits 64 bits. */
#define QUICK_BITS 59

/*
 * Decimals of most coordinates, 1/128 <= |V| < 512, in integers: digits of the
 * fraction until what is left is less than half of the last bit (Steele and
 * White 1990, "fixed-point fraction printout"). Returns the length, 0 for other
 * numbers; powers of two have another number nearer below than above.
 */
static int quick_number(double v, char *buf)
{
    const uint64_t hidden = (uint64_t)1 << 52;
    uint64_t bits, mantissa, one, rest, half_bit = 1;
    int shift, whole, i, n = 0, len = 0;
    char digits[24];

    memcpy(&bits, &v, sizeof(bits));
    shift = 52 + 1023 - (int)(bits >> 52 & 0x7ff);
    mantissa = bits & (hidden - 1);
    if (shift > QUICK_BITS || shift < 44 || mantissa == 0) {
        return 0;
    }
    mantissa |= hidden;
    whole = (int)(mantissa >> shift);
    one = (uint64_t)2 << shift;
    rest = mantissa << 1 & (one - 1);
    while (rest >= half_bit && one - rest >= half_bit) {
        rest *= 10;
        half_bit *= 10;
        digits[n++] = (char)('0' + (rest >> (shift + 1)));
        rest &= one - 1;
    }
    if (one - rest < half_bit && (rest >= half_bit || rest > one / 2)) {
        for (i = n; i > 0 && ++digits[i - 1] > '9'; i--) {
            digits[i - 1] = '0';
        }
        whole += i == 0;
    }
    while (n > 0 && digits[n - 1] == '0') {
        n--;
    }
    if (bits >> 63) {
        buf[len++] = '-';
    }
    if (whole >= 100) {
        buf[len++] = (char)('0' + whole / 100);
    }
    if (whole >= 10) {
        buf[len++] = (char)('0' + whole / 10 % 10);
    }
    buf[len++] = (char)('0' + whole % 10);
    if (n > 0) {
        buf[len++] = '.';
        memcpy(buf + len, digits, (size_t)n);
        len += n;
    }
    buf[len] = '\0';
    return len;
}

int sky_format_number(double v, char *buf)
{
    const char *point = localeconv()->decimal_point;
    size_t plen = strlen(point);
    int digits, len = quick_number(v, buf);
    char *at;

    if (len > 0) {
        return len;
    }
    if (v == 0.0) {
        v = 0.0;                /* no minus before zero */
    }
    for (digits = 15; digits <= 17; digits++) {
        len = snprintf(buf, NUMBER_MAX, "%.*g", digits, v);
        if (strtod(buf, NULL) == v) {
            break;
        }
    }
    if (plen > 0 && strcmp(point, ".") != 0) {
        at = strstr(buf, point);
        if (at != NULL) {
            *at = '.';
            memmove(at + 1, at + plen, strlen(at + plen) + 1);
            len -= (int)plen - 1;
        }
    }
    return len;
}

/* BIG < 2^53 and |EXP10| <= 22: both are exact, one rounding is left. */
static double scale10(uint64_t big, int exp10)
{
    static const double ten[23] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
        1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    return exp10 < 0 ? (double)big / ten[-exp10] : (double)big * ten[exp10];
}

/* The long way: the C library's, told its own decimal mark. */
static int slow_number(const char *text, size_t len, double *v)
{
    const char *point = localeconv()->decimal_point, *dot;
    char buf[128], *end;
    size_t plen = strlen(point), at;

    if (len + plen >= sizeof(buf)) {
        return -1;
    }
    memcpy(buf, text, len);
    buf[len] = '\0';
    dot = memchr(buf, '.', len);
    if (dot != NULL && strcmp(point, ".") != 0) {
        at = (size_t)(dot - buf);
        memmove(buf + at + plen, buf + at + 1, len - at);
        memcpy(buf + at, point, plen);
    }
    *v = strtod(buf, &end);
    return *end == '\0' && isfinite(*v) ? 0 : -1;
}

static int is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

const char *sky_parse_number(const char *text, const char *end, double *v)
{
    const char *p = text;
    uint64_t big = 0;
    int digits = 0, exp10 = 0, seen = 0, is_neg = 0, e = 0, eneg = 0;

    if (p < end && (*p == '+' || *p == '-')) {
        is_neg = *p++ == '-';
    }
    for (; is_digit(p, end); p++, seen = 1) {
        if (digits < 19) {
            big = big * 10 + (uint64_t)(*p - '0');
            digits += big > 0;
        }
        else {
            digits = 99;
        }
    }
    if (p < end && *p == '.') {
        for (p++; is_digit(p, end); p++, seen = 1) {
            if (digits < 19) {
                big = big * 10 + (uint64_t)(*p - '0');
                digits += big > 0;
                exp10--;
            }
            else {
                digits = 99;
            }
        }
    }
    if (!seen) {
        return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *q = p + 1;

        if (q < end && (*q == '+' || *q == '-')) {
            eneg = *q++ == '-';
        }
        if (is_digit(q, end)) {
            for (; is_digit(q, end); q++) {
                e = e < 10000 ? e * 10 + (*q - '0') : e;
            }
            p = q;
            exp10 += eneg ? -e : e;
        }
    }
    if (digits < 19 && big < UINT64_C(1) << 53 && exp10 >= -22
        && exp10 <= 22) {
        *v = scale10(big, exp10);
        if (is_neg) {
            *v = -*v;
        }
        return p;
    }
    return slow_number(text, (size_t)(p - text), v) == 0 ? p : NULL;
}

/* ---- shapes ----------------------------------------------------------- */

typedef struct {
    const char *point;
    const char *circle;
    const char *polygon;
    const char *range;
    const char *moc;
    const char *join;           /* of a union */
    const char *frame;          /* after the word */
    int is_corners;             /* range as both lower, then both upper */
} style_t;

static const style_t stcs = { "Position", "Circle", "Polygon",
                              "PositionInterval", "MOC", "Union", " ICRS",
                              1 };
static const style_t dali = { "point", "circle", "polygon", "range", "moc",
                              "union", "", 0 };

typedef struct {
    char *at;
    size_t len;
} out_t;

static void put(out_t *o, const char *text)
{
    size_t n = strlen(text);

    memcpy(o->at + o->len, text, n + 1);
    o->len += n;
}

static void put_number(out_t *o, double v)
{
    o->at[o->len++] = ' ';
    o->len += (size_t)sky_format_number(v, o->at + o->len);
}

/* Bytes that are enough for the text of a shape. */
static size_t room(const sky_shape_t *s)
{
    size_t need = 64;
    int i, n;

    sky_shape_numbers(s, &n);
    need += (size_t)n * (NUMBER_MAX + 1);
    if (s->kind == SKY_UNION) {
        for (i = 0; i < (int)s->n; i++) {
            need += room(sky_shape_member(s, i));
        }
    }
    return need;
}

static int write_moc(const sky_alloc_t *a, out_t *o, const sky_shape_t *s)
{
    int n;
    const sky_span_t *spans = sky_shape_spans(s, &n);
    char *text = sky_moc_format(a, spans, n, sky_shape_moc_order(s)), *more;

    if (text == NULL) {
        return -1;
    }
    /* the room kept for numbers does not hold a MOC: take new */
    more = a->alloc(a->baton, o->len + strlen(text) + 8);
    if (more == NULL) {
        return -1;
    }
    memcpy(more, o->at, o->len);
    o->at = more;
    o->at[o->len++] = ' ';
    put(o, text);
    return 0;
}

static int write_one(const sky_alloc_t *a, out_t *o, const sky_shape_t *s,
                     const style_t *style)
{
    static const int order[2][4] = { { 0, 1, 2, 3 }, { 0, 2, 1, 3 } };
    const char *word = "";
    int i, n;
    const double *d = sky_shape_numbers(s, &n);

    switch (s->kind) {
    case SKY_POINT:
        word = style->point;
        break;
    case SKY_CIRCLE:
        word = style->circle;
        break;
    case SKY_POLYGON:
    case SKY_BOX:
        word = style->polygon;
        break;
    case SKY_RANGE:
        word = style->range;
        break;
    case SKY_MOC:
        put(o, style->moc);
        return write_moc(a, o, s);
    default:
        break;
    }
    put(o, word);
    put(o, style->frame);
    for (i = 0; i < n; i++) {
        double v = d[s->kind == SKY_RANGE ? order[style->is_corners][i] : i];

        /* a range over longitude 0 is kept with its end above 360 */
        put_number(o, s->kind == SKY_RANGE && v > 360.0 ? v - 360.0 : v);
    }
    return 0;
}

/* A union that holds MOCs needs their text twice, which is rare and fine. */
static size_t moc_room(const sky_alloc_t *a, const sky_shape_t *s)
{
    size_t need = 0;
    int i, n;

    for (i = 0; i < sky_shape_member_count(s); i++) {
        const sky_shape_t *m = sky_shape_member(s, i);

        if (m->kind == SKY_MOC) {
            const sky_span_t *spans = sky_shape_spans(m, &n);
            char *text = sky_moc_format(a, spans, n, sky_shape_moc_order(m));

            need += text != NULL ? strlen(text) + 8 : 0;
        }
    }
    return need;
}

static char *format(const sky_alloc_t *a, const sky_shape_t *s,
                    const style_t *style)
{
    out_t o = { NULL, 0 };
    int i, n = sky_shape_member_count(s), is_union = s->kind == SKY_UNION;

    o.at = a->alloc(a->baton, room(s) + (is_union ? moc_room(a, s) : 0));
    if (o.at == NULL) {
        return NULL;
    }
    if (!is_union) {
        return write_one(a, &o, s, style) == 0 ? o.at : NULL;
    }
    put(&o, style->join);
    put(&o, style->frame);
    put(&o, " (");
    for (i = 0; i < n; i++) {
        const sky_shape_t *m = sky_shape_member(s, i);
        style_t inner = *style;

        inner.frame = "";       /* said once, outside */
        put(&o, i > 0 ? " " : "");
        if (m->kind == SKY_MOC) {
            int count;
            const sky_span_t *spans = sky_shape_spans(m, &count);
            char *text = sky_moc_format(a, spans, count,
                                        sky_shape_moc_order(m));

            if (text == NULL) {
                return NULL;
            }
            put(&o, style->moc);
            put(&o, " ");
            put(&o, text);
        }
        else if (write_one(a, &o, m, &inner) != 0) {
            return NULL;
        }
    }
    put(&o, ")");
    return o.at;
}

char *sky_format_stcs(const sky_alloc_t *a, const sky_shape_t *shape)
{
    return format(a, shape, &stcs);
}

char *sky_format_dali(const sky_alloc_t *a, const sky_shape_t *shape)
{
    return format(a, shape, &dali);
}
