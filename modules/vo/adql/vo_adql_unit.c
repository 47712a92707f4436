/* vo_adql_unit.c: units as in VOUnits 1.1, for IN_UNIT. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* Powers of: m, g, s, A, K, mol, cd, rad, mag, photon or count, bit. */
enum { NDIM = 11 };

typedef struct unit_t {
    double factor;
    double dim[NDIM];
} unit_t;

#define PI 3.14159265358979323846

/* is_prefixed: takes SI prefixes. */
static const struct {
    const char *name;
    double factor;
    signed char dim[NDIM];
    int is_prefixed;
} units[] = {
    {"m", 1, {1}, 1},
    {"g", 1, {0, 1}, 1},
    {"s", 1, {0, 0, 1}, 1},
    {"A", 1, {0, 0, 0, 1}, 1},
    {"K", 1, {0, 0, 0, 0, 1}, 1},
    {"mol", 1, {0, 0, 0, 0, 0, 1}, 1},
    {"cd", 1, {0, 0, 0, 0, 0, 0, 1}, 1},
    {"rad", 1, {0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"sr", 1, {0, 0, 0, 0, 0, 0, 0, 2}, 1},
    {"mag", 1, {0, 0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"photon", 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0},
    {"ph", 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0},
    {"count", 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0},
    {"ct", 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0},
    {"electron", 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0},
    {"adu", 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"bit", 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"byte", 8, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"B", 8, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"deg", PI / 180, {0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"arcmin", PI / 10800, {0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"arcsec", PI / 648000, {0, 0, 0, 0, 0, 0, 0, 1}, 1},
    {"mas", PI / 648000e3, {0, 0, 0, 0, 0, 0, 0, 1}, 0},
    {"uas", PI / 648000e6, {0, 0, 0, 0, 0, 0, 0, 1}, 0},
    {"min", 60, {0, 0, 1}, 0},
    {"h", 3600, {0, 0, 1}, 0},
    {"d", 86400, {0, 0, 1}, 1},
    {"a", 31557600, {0, 0, 1}, 1},
    {"yr", 31557600, {0, 0, 1}, 1},
    {"cy", 3155760000.0, {0, 0, 1}, 0},
    {"Hz", 1, {0, 0, -1}, 1},
    {"N", 1e3, {1, 1, -2}, 1},
    {"J", 1e3, {2, 1, -2}, 1},
    {"W", 1e3, {2, 1, -3}, 1},
    {"Pa", 1e3, {-1, 1, -2}, 1},
    {"C", 1, {0, 0, 1, 1}, 1},
    {"V", 1e3, {2, 1, -3, -1}, 1},
    {"Ohm", 1e3, {2, 1, -3, -2}, 1},
    {"S", 1e-3, {-2, -1, 3, 2}, 1},
    {"F", 1e-3, {-2, -1, 4, 2}, 1},
    {"Wb", 1e3, {2, 1, -2, -1}, 1},
    {"T", 1e3, {0, 1, -2, -1}, 1},
    {"H", 1e3, {2, 1, -2, -2}, 1},
    {"lm", 1, {0, 0, 0, 0, 0, 0, 1, 2}, 1},
    {"lx", 1, {-2, 0, 0, 0, 0, 0, 1, 2}, 1},
    {"eV", 1.602176634e-16, {2, 1, -2}, 1},
    {"erg", 1e-4, {2, 1, -2}, 1},
    {"Ry", 2.1798723611035e-15, {2, 1, -2}, 1},
    {"Jy", 1e-23, {0, 1, -2}, 1},
    {"R", 1e10 / (4 * PI), {-2, 0, -1, 0, 0, 0, 0, -2, 0, 1}, 1},
    {"G", 1e-1, {0, 1, -2, -1}, 1},
    {"barn", 1e-28, {2}, 1},
    {"Angstrom", 1e-10, {1}, 0},
    {"angstrom", 1e-10, {1}, 0},
    {"AU", 149597870700.0, {1}, 0},
    {"au", 149597870700.0, {1}, 0},
    {"pc", 3.0856775814913673e16, {1}, 1},
    {"lyr", 9460730472580800.0, {1}, 1},
    {"solMass", 1.98841e33, {0, 1}, 0},
    {"Msun", 1.98841e33, {0, 1}, 0},
    {"solRad", 695700000.0, {1}, 0},
    {"Rsun", 695700000.0, {1}, 0},
    {"solLum", 3.828e29, {2, 1, -3}, 0},
    {"Lsun", 3.828e29, {2, 1, -3}, 0},
    {"u", 1.66053906660e-24, {0, 1}, 0},
    {"D", 3.33564e-30, {1, 0, 1, 1}, 0},
    {"pix", 1, {0}, 0},
    {"pixel", 1, {0}, 0},
    {"%", 0.01, {0}, 0},
    {"dex", 1, {0, 0, 0, 0, 0, 0, 0, 0, 1}, 0}
};

static const struct {
    const char *prefix;
    double factor;
} prefixes[] = {
    {"da", 1e1}, {"d", 1e-1}, {"h", 1e2}, {"c", 1e-2}, {"k", 1e3},
    {"m", 1e-3}, {"M", 1e6}, {"u", 1e-6}, {"G", 1e9}, {"n", 1e-9},
    {"T", 1e12}, {"p", 1e-12}, {"P", 1e15}, {"f", 1e-15}, {"E", 1e18},
    {"a", 1e-18}, {"Z", 1e21}, {"z", 1e-21}, {"Y", 1e24}, {"y", 1e-24}
};

static int find_unit(const char *word, size_t n, int needs_prefix,
                     double prefix, unit_t *u)
{
    size_t i;
    int k;

    for (i = 0; i < sizeof(units) / sizeof(*units); ++i) {
        if (strlen(units[i].name) == n && !strncmp(units[i].name, word, n)
            && (!needs_prefix || units[i].is_prefixed)) {
            u->factor = prefix * units[i].factor;
            for (k = 0; k < NDIM; ++k) {
                u->dim[k] = units[i].dim[k];
            }
            return 1;
        }
    }
    return 0;
}

static int word_unit(const char *word, size_t n, unit_t *u)
{
    size_t i;

    if (find_unit(word, n, 0, 1, u)) {
        return 1;
    }
    for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); ++i) {
        size_t len = strlen(prefixes[i].prefix);

        if (len < n && !strncmp(prefixes[i].prefix, word, len)
            && find_unit(word + len, n - len, 1, prefixes[i].factor, u)) {
            return 1;
        }
    }
    return 0;
}

static void to_power(unit_t *u, double power)
{
    int k;

    u->factor = pow(u->factor, power);
    for (k = 0; k < NDIM; ++k) {
        u->dim[k] *= power;
    }
}

static void multiply(unit_t *u, const unit_t *v, double power)
{
    int k;

    u->factor *= pow(v->factor, power);
    for (k = 0; k < NDIM; ++k) {
        u->dim[k] += power * v->dim[k];
    }
}

/* A signed number at *P, advancing: "2", "-1", "(1/2)", "1.5". */
static int number(const char **p, double *value)
{
    const char *s = *p;
    int is_paren = *s == '(', sign = 1;
    double v = 0, scale = 1;

    s += is_paren;
    if (*s == '-' || *s == '+') {
        sign = *s++ == '-' ? -1 : 1;
    }
    if (!apr_isdigit(*s)) {
        return 0;
    }
    for (; apr_isdigit(*s) && v < 1e6; ++s) {
        v = v * 10 + (*s - '0');
    }
    if (*s == '.' && apr_isdigit(s[1])) {
        for (++s; apr_isdigit(*s) && scale > 1e-9; ++s) {
            scale /= 10;
            v += scale * (*s - '0');
        }
    }
    if (is_paren) {
        if (*s == '/' && apr_isdigit(s[1])) {
            double below = 0;

            for (++s; apr_isdigit(*s) && below < 1e6; ++s) {
                below = below * 10 + (*s - '0');
            }
            if (below <= 0) {
                return 0;
            }
            v /= below;
        }
        if (*s++ != ')') {
            return 0;
        }
    }
    *value = sign * v;
    *p = s;
    return 1;
}

static int expression(const char **p, unit_t *u, const char **why,
                      apr_pool_t *pool, int depth);

static int term(const char **p, unit_t *u, const char **why,
                apr_pool_t *pool, int depth)
{
    const char *s = *p;
    double power;

    memset(u, 0, sizeof(*u));
    u->factor = 1;
    if (*s == '(') {
        ++s;
        if (depth > 20 || !expression(&s, u, why, pool, depth + 1)) {
            return 0;
        }
        if (*s++ != ')') {
            *why = "a parenthesis is not closed";
            return 0;
        }
    }
    else if (apr_isdigit(*s)) {
        if (!number(&s, &u->factor) || u->factor <= 0) {
            *why = "bad scale factor";
            return 0;
        }
    }
    else {
        const char *start = s;

        while (apr_isalpha(*s) || *s == '%') {
            ++s;
        }
        if (s - start == 4 && !strncmp(start, "sqrt", 4) && *s == '(') {
            ++s;
            if (depth > 20 || !expression(&s, u, why, pool, depth + 1)
                || *s++ != ')') {
                return 0;
            }
            to_power(u, 0.5);
        }
        else if (s == start || !word_unit(start, (size_t)(s - start), u)) {
            *why = apr_psprintf(pool, "'%.*s' is not known",
                                s == start ? 1 : (int)(s - start), start);
            return 0;
        }
    }
    if ((s[0] == '*' && s[1] == '*') || *s == '^'
        || apr_isdigit(*s) || *s == '-' || *s == '+') {
        s += *s == '^' ? 1 : *s == '*' ? 2 : 0;
        if (!number(&s, &power)) {
            *why = "bad exponent";
            return 0;
        }
        to_power(u, power);
    }
    *p = s;
    return 1;
}

static int expression(const char **p, unit_t *u, const char **why,
                      apr_pool_t *pool, int depth)
{
    const char *s = *p;
    double power = 1;
    unit_t one;

    memset(u, 0, sizeof(*u));
    u->factor = 1;
    if (*s == '/') { /* "/s" */
        power = -1;
        ++s;
    }
    for (;;) {
        int is_number = apr_isdigit(*s);

        if (!term(&s, &one, why, pool, depth)) {
            return 0;
        }
        multiply(u, &one, power);
        if (is_number && apr_isalpha(*s)) { /* "100m" */
            continue;
        }
        if (*s == '/') {
            power = -1;
        }
        else if (*s == '.' || *s == '*' || *s == ' ') {
            power = 1;
        }
        else {
            break;
        }
        ++s;
    }
    *p = s;
    return 1;
}

static int parse(const char *text, unit_t *u, const char **why,
                 apr_pool_t *pool)
{
    const char *p = text;

    *why = NULL;
    if (!*text) {
        return 0;
    }
    if (!expression(&p, u, why, pool, 0)) {
        return 0;
    }
    if (*p) {
        *why = apr_psprintf(pool, "'%s' is not understood", p);
        return 0;
    }
    return 1;
}

int adql_unit_is_known(const char *unit, const char **why, apr_pool_t *pool)
{
    unit_t u;

    return parse(unit, &u, why, pool);
}

int adql_unit_factor(const char *from, const char *to, double *factor,
                     const char **why, apr_pool_t *pool)
{
    unit_t x, y;
    int k;

    *why = NULL;
    if (!parse(from, &x, why, pool) || !parse(to, &y, why, pool)) {
        return -1;
    }
    for (k = 0; k < NDIM; ++k) {
        if (fabs(x.dim[k] - y.dim[k]) > 1e-9) {
            return -1;
        }
    }
    *factor = x.factor / y.factor;
    return isfinite(*factor) && *factor > 0 ? 0 : -1;
}

/* The unit of an expression from the units of its columns, or NULL. */
const char *adql_infer_unit(adql_ctx_t *c, const adql_node_t *n)
{
    const char *x, *y;
    double v;

    if (n->unit) {
        return n->unit;
    }
    switch (n->kind) {
    case N_NEG:
    case N_POS:
    case N_CAST:
    case N_ELEM:
        return adql_infer_unit(c, n->a);
    case N_BIN:
        x = adql_infer_unit(c, n->a);
        y = adql_infer_unit(c, n->b);
        if (n->op == OP_ADD || n->op == OP_SUB) {
            return x && y && !strcmp(x, y) ? x : NULL;
        }
        if (n->op == OP_MUL || n->op == OP_DIV) {
            /* a literal is a pure number */
            if (adql_fold(n->b, &v)) {
                return x;
            }
            if (adql_fold(n->a, &v) && y) {
                return n->op == OP_MUL ? y
                    : apr_pstrcat(c->pool, "1/(", y, ")", NULL);
            }
            if (x && y) {
                return apr_pstrcat(c->pool, "(", x, ")",
                                   n->op == OP_MUL ? "." : "/", "(", y, ")",
                                   NULL);
            }
        }
        return NULL;
    case N_FUNC:
        if (!n->list || !(x = adql_infer_unit(c, n->list))) {
            return NULL;
        }
        if (!strcmp(n->func->name, "sqrt")) {
            return apr_pstrcat(c->pool, "sqrt(", x, ")", NULL);
        }
        if (!strcmp(n->func->name, "power") && adql_fold(n->list->next, &v)
            && fabs(v) < 100) {
            return apr_psprintf(c->pool, "(%s)**%g", x, v);
        }
        return n->func->unit && *n->func->unit == '=' ? x : NULL;
    default:
        return NULL;
    }
}
