/* sky_parse.c: reading shapes from DALI and STC-S text. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* DALI 1.1 section 3.3 and its 1.2 draft for "shape"; STC-S 1.33 as far as
 * TAP 1.0 section 6 uses it. */

#include "sky_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const sky_alloc_t *a;
    const char *text;
    const char *p;
    const char *end;
    sky_err_t *err;
    int frame;                  /* SKY_ICRS ... */
    int depth;
} parser_t;

static sky_shape_t *read_shape(parser_t *q);

static void at_position(parser_t *q, const char *p)
{
    if (q->err != NULL) {
        q->err->position = (int)(p - q->text);
    }
}

static int is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

static int is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip(parser_t *q)
{
    while (q->p < q->end && is_blank(*q->p)) {
        q->p++;
    }
}

/* The word at the reading point, without taking it; its length, or 0. */
static size_t word_length(parser_t *q)
{
    size_t n = 0;

    skip(q);
    if (q->p < q->end && is_letter(*q->p)) {
        while (q->p + n < q->end
               && (is_letter(q->p[n]) || (q->p[n] >= '0'
                                          && q->p[n] <= '9'))) {
            n++;
        }
    }
    return n;
}

static int word_is(parser_t *q, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(q->p, name, len) == 0;
}

static int word_in(parser_t *q, size_t len, const char *const *names)
{
    int i;

    for (i = 0; names[i] != NULL; i++) {
        if (word_is(q, len, names[i])) {
            return i;
        }
    }
    return -1;
}

/* Frame, reference position and flavor, in this order, each optional. */
static int read_frame(parser_t *q)
{
    static const char *const others[] = { "GEO_C", "GEO_D", "UNKNOWNFRAME",
                                          NULL };
    static const char *const positions[] = {
        "GEOCENTER", "BARYCENTER", "HELIOCENTER", "TOPOCENTER", "LSR", "LSRK",
        "LSRD", "GALACTIC_CENTER", "LOCAL_GROUP_CENTER", "RELOCATABLE",
        "UNKNOWNREFPOS", NULL
    };
    static const char *const flavors[] = { "SPHERICAL2", "SPHER2",
                                           "UNKNOWNFLAVOR", NULL };
    size_t len = word_length(q);
    int i, frame;

    i = word_in(q, len, others);
    if (len > 0 && (i == 0 || i == 1)) {
        sky_fail(q->err, SKY_ERR_UNSUPPORTED, "frame %s is not offered; use "
                 "ICRS, FK5, FK4, GALACTIC or ECLIPTIC", others[i]);
        at_position(q, q->p);
        return -1;
    }
    frame = sky_frame(q->p, len);
    if (len > 0 && (i == 2 || frame >= 0)) {
        q->frame = i == 2 || frame == SKY_FK5 ? SKY_ICRS : frame;
        q->p += len;
        len = word_length(q);
    }
    if (len > 0 && word_in(q, len, positions) >= 0) {
        q->p += len;
        len = word_length(q);
    }
    if (len > 0 && word_in(q, len, flavors) >= 0) {
        q->p += len;
    }
    return 0;
}

static int read_number(parser_t *q, double *v)
{
    const char *next;

    skip(q);
    next = sky_parse_number(q->p, q->end, v);
    if (next == NULL || (next < q->end && !is_blank(*next) && *next != ')')) {
        sky_fail(q->err, SKY_ERR_SYNTAX, "region text, byte %ld: a number is "
                 "expected", (long)(q->p - q->text));
        at_position(q, q->p);
        return -1;
    }
    q->p = next;
    return 0;
}

static int read_numbers(parser_t *q, double *v, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        if (read_number(q, &v[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static sky_shape_t *make_point(parser_t *q)
{
    double v[2];

    if (read_frame(q) != 0 || read_numbers(q, v, 2) != 0) {
        return NULL;
    }
    if (fabs(v[1]) <= 90.0) {
        sky_turn(q->frame, SKY_ICRS, &v[0], &v[1]);
    }
    return sky_make_point(q->a, v[0], v[1], q->err);
}

static sky_shape_t *make_circle(parser_t *q)
{
    double v[3];

    if (read_frame(q) != 0 || read_numbers(q, v, 3) != 0) {
        return NULL;
    }
    if (fabs(v[1]) <= 90.0) {
        sky_turn(q->frame, SKY_ICRS, &v[0], &v[1]);
    }
    return sky_make_circle(q->a, v[0], v[1], v[2], q->err);
}

/* A shape in the frame read, in ICRS. */
static sky_shape_t *turned(parser_t *q, sky_shape_t *s)
{
    return s == NULL || q->frame == SKY_ICRS
               ? s : sky_transform(q->a, s, q->frame, SKY_ICRS, q->err);
}

static sky_shape_t *make_polygon(parser_t *q)
{
    const char *start;
    double *radec, skip_it;
    int n = 0, i;

    if (read_frame(q) != 0) {
        return NULL;
    }
    skip(q);
    start = q->p;
    for (;;) {
        skip(q);
        if (q->p >= q->end || *q->p == ')' || is_letter(*q->p)) {
            break;
        }
        if (read_number(q, &skip_it) != 0) {
            return NULL;
        }
        if (++n > 2 * SKY_MAX_VERTICES + 2) {
            break;
        }
    }
    if (n % 2 != 0 || n < 6) {
        sky_fail(q->err, SKY_ERR_SYNTAX, "region text, byte %ld: a polygon "
                 "of %d numbers; 3 or more pairs are needed",
                 (long)(start - q->text), n);
        at_position(q, start);
        return NULL;
    }
    radec = q->a->alloc(q->a->baton, (size_t)n * sizeof(double));
    if (radec == NULL) {
        sky_fail(q->err, SKY_ERR_MEMORY, "no memory for %d numbers", n);
        return NULL;
    }
    q->p = start;
    for (i = 0; i < n; i++) {
        if (read_number(q, &radec[i]) != 0) {
            return NULL;
        }
    }
    return turned(q, sky_make_polygon(q->a, n / 2, radec, q->err));
}

static sky_shape_t *make_box(parser_t *q)
{
    double v[4];

    if (read_frame(q) != 0 || read_numbers(q, v, 4) != 0) {
        return NULL;
    }
    return turned(q, sky_make_box(q->a, v[0], v[1], v[2], v[3], q->err));
}

static sky_shape_t *make_range(parser_t *q)
{
    double v[4];

    if (read_frame(q) != 0 || read_numbers(q, v, 4) != 0) {
        return NULL;
    }
    return turned(q, sky_make_range(q->a, v[0], v[1], v[2], v[3], q->err));
}

static sky_shape_t *make_interval(parser_t *q)
{
    double v[4];

    if (read_frame(q) != 0 || read_numbers(q, v, 4) != 0) {
        return NULL;
    }
    return turned(q, sky_make_range(q->a, v[0], v[2], v[1], v[3], q->err));
}

static sky_shape_t *make_allsky(parser_t *q)
{
    if (read_frame(q) != 0) {
        return NULL;
    }
    return sky_make_circle(q->a, 0.0, 0.0, 180.0, q->err);
}

/* A MOC reaches up to the next word or bracket. */
static sky_shape_t *make_moc(parser_t *q)
{
    const char *start;
    sky_span_t *spans;
    sky_shape_t *s;
    char *copy;
    int n, order;

    skip(q);
    start = q->p;
    while (q->p < q->end && *q->p != ')' && !is_letter(*q->p)) {
        q->p++;
    }
    copy = q->a->alloc(q->a->baton, (size_t)(q->p - start) + 1);
    if (copy == NULL) {
        sky_fail(q->err, SKY_ERR_MEMORY, "no memory for a MOC");
        return NULL;
    }
    memcpy(copy, start, (size_t)(q->p - start));
    copy[q->p - start] = '\0';
    n = sky_moc_parse(q->a, copy, &spans, &order, q->err);
    if (n < 0) {
        if (q->err != NULL && q->err->position >= 0) {
            q->err->position += (int)(start - q->text);
        }
        return NULL;
    }
    s = sky_make_moc(q->a, n, spans, order, q->err);
    return s;
}

static sky_shape_t *make_union(parser_t *q)
{
    const sky_shape_t **member = NULL;
    int n = 0, room = 0, outer;

    if (read_frame(q) != 0) {
        return NULL;
    }
    outer = q->frame;
    skip(q);
    if (q->p >= q->end || *q->p != '(') {
        sky_fail(q->err, SKY_ERR_SYNTAX, "region text, byte %ld: '(' is "
                 "expected after UNION", (long)(q->p - q->text));
        at_position(q, q->p);
        return NULL;
    }
    q->p++;
    if (++q->depth > SKY_MAX_DEPTH) {
        sky_fail(q->err, SKY_ERR_VALUE, "unions nested deeper than %d",
                 SKY_MAX_DEPTH);
        return NULL;
    }
    for (;;) {
        const sky_shape_t *s;

        skip(q);
        if (q->p < q->end && *q->p == ')') {
            q->p++;
            break;
        }
        q->frame = outer;
        s = read_shape(q);
        if (s == NULL) {
            return NULL;
        }
        if (n == room) {
            const sky_shape_t **more;

            room = room ? 2 * room : 8;
            more = q->a->alloc(q->a->baton,
                               (size_t)room * sizeof(*more));
            if (more == NULL) {
                sky_fail(q->err, SKY_ERR_MEMORY, "no memory for a union");
                return NULL;
            }
            if (n > 0) {
                memcpy(more, member, (size_t)n * sizeof(*more));
            }
            member = more;
        }
        member[n++] = s;
    }
    q->depth--;
    return sky_make_union(q->a, n, member, q->err);
}

static const struct {
    const char *word;
    sky_shape_t *(*make)(parser_t *q);  /* NULL: known but not offered */
} shapes[] = {
    { "POINT", make_point },
    { "POSITION", make_point },
    { "CIRCLE", make_circle },
    { "POLYGON", make_polygon },
    { "BOX", make_box },
    { "RANGE", make_range },
    { "POSITIONINTERVAL", make_interval },
    { "ALLSKY", make_allsky },
    { "MOC", make_moc },
    { "UNION", make_union },
    { "ELLIPSE", NULL },
    { "CONVEX", NULL },
    { "INTERSECTION", NULL },
    { "NOT", NULL },
    { "DIFFERENCE", NULL }
};

static sky_shape_t *read_shape(parser_t *q)
{
    size_t len = word_length(q), i;

    if (len == 0) {
        if (q->p < q->end && *q->p >= '0' && *q->p <= '9') {
            return make_moc(q);
        }
    }
    for (i = 0; len > 0 && i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (!word_is(q, len, shapes[i].word)) {
            continue;
        }
        if (shapes[i].make == NULL) {
            sky_fail(q->err, SKY_ERR_UNSUPPORTED, "%s regions are not "
                     "offered; use POINT, CIRCLE, POLYGON, BOX, RANGE, MOC "
                     "or UNION", shapes[i].word);
            at_position(q, q->p);
            return NULL;
        }
        q->p += len;
        return shapes[i].make(q);
    }
    sky_fail(q->err, SKY_ERR_SYNTAX, "region text, byte %ld: expected POINT, "
             "CIRCLE, POLYGON, BOX, RANGE, MOC or UNION",
             (long)(q->p - q->text));
    at_position(q, q->p);
    return NULL;
}

sky_shape_t *sky_parse(const sky_alloc_t *a, const char *text,
                       sky_err_t *err)
{
    parser_t q;
    sky_shape_t *s;
    size_t len;

    memset(&q, 0, sizeof(q));
    q.a = a;
    q.text = q.p = text;
    q.end = text + strlen(text);
    q.err = err;
    if (err != NULL) {
        err->position = -1;
    }
    s = read_shape(&q);
    if (s == NULL) {
        return NULL;
    }
    len = word_length(&q);
    if (word_is(&q, len, "unit")) {
        q.p += len;
        len = word_length(&q);
        if (!word_is(&q, len, "deg")) {
            sky_fail(err, SKY_ERR_UNSUPPORTED, "region text, byte %ld: the "
                     "only unit is deg", (long)(q.p - q.text));
            at_position(&q, q.p);
            return NULL;
        }
        q.p += len;
    }
    skip(&q);
    if (q.p != q.end) {
        sky_fail(err, SKY_ERR_SYNTAX, "region text, byte %ld: nothing more "
                 "is expected", (long)(q.p - q.text));
        at_position(&q, q.p);
        return NULL;
    }
    return s;
}
