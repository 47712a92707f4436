/* vo_adql_unit.c: units as in VOUnits 1.1, for IN_UNIT. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* Powers of: m, g, s, A, K, mol, cd, rad, mag, dex, photon, count, electron,
 * adu, bit, pixel, voxel, beam, bin, channel. What is counted does not convert
 * to what is counted otherwise: a photon is no electron. */
enum { NDIM = 20 };

typedef struct unit_t {
    double factor;
    double dim[NDIM];
} unit_t;

#define PI 3.14159265358979323846

enum { ALONE, SI, BINARY /* and SI */ }; /* prefixes a unit takes */

static const struct {
    const char *name;
    double factor;
    signed char dim[NDIM];
    int prefixes;
} units[] = {
    {"m", 1, {1}, SI},
    {"g", 1, {0, 1}, SI},
    {"s", 1, {0, 0, 1}, SI},
    {"A", 1, {0, 0, 0, 1}, SI},
    {"K", 1, {0, 0, 0, 0, 1}, SI},
    {"mol", 1, {0, 0, 0, 0, 0, 1}, SI},
    {"cd", 1, {0, 0, 0, 0, 0, 0, 1}, SI},
    {"rad", 1, {0, 0, 0, 0, 0, 0, 0, 1}, SI},
    {"sr", 1, {0, 0, 0, 0, 0, 0, 0, 2}, SI},
    {"mag", 1, {[8] = 1}, SI},
    {"photon", 1, {[10] = 1}, SI},
    {"ph", 1, {[10] = 1}, SI},
    {"count", 1, {[11] = 1}, SI},
    {"ct", 1, {[11] = 1}, SI},
    {"electron", 1, {[12] = 1}, ALONE},
    {"adu", 1, {[13] = 1}, SI},
    {"bit", 1, {[14] = 1}, BINARY},
    {"byte", 8, {[14] = 1}, BINARY},
    {"B", 8, {[14] = 1}, BINARY},
    {"deg", PI / 180, {0, 0, 0, 0, 0, 0, 0, 1}, SI},
    {"arcmin", PI / 10800, {0, 0, 0, 0, 0, 0, 0, 1}, SI},
    {"arcsec", PI / 648000, {0, 0, 0, 0, 0, 0, 0, 1}, SI},
    {"mas", PI / 648000e3, {0, 0, 0, 0, 0, 0, 0, 1}, ALONE},
    {"uas", PI / 648000e6, {0, 0, 0, 0, 0, 0, 0, 1}, ALONE},
    {"min", 60, {0, 0, 1}, SI},
    {"h", 3600, {0, 0, 1}, SI},
    {"d", 86400, {0, 0, 1}, SI},
    {"a", 31557600, {0, 0, 1}, SI},
    {"yr", 31557600, {0, 0, 1}, SI},
    {"cy", 3155760000.0, {0, 0, 1}, ALONE},
    {"Ba", 31556925.9746784, {0, 0, 1}, ALONE},
    {"ta", 31556925.216, {0, 0, 1}, ALONE},
    {"Hz", 1, {0, 0, -1}, SI},
    {"N", 1e3, {1, 1, -2}, SI},
    {"J", 1e3, {2, 1, -2}, SI},
    {"W", 1e3, {2, 1, -3}, SI},
    {"Pa", 1e3, {-1, 1, -2}, SI},
    {"C", 1, {0, 0, 1, 1}, SI},
    {"V", 1e3, {2, 1, -3, -1}, SI},
    {"Ohm", 1e3, {2, 1, -3, -2}, SI},
    {"S", 1e-3, {-2, -1, 3, 2}, SI},
    {"F", 1e-3, {-2, -1, 4, 2}, SI},
    {"Wb", 1e3, {2, 1, -2, -1}, SI},
    {"T", 1e3, {0, 1, -2, -1}, SI},
    {"H", 1e3, {2, 1, -2, -2}, SI},
    {"lm", 1, {0, 0, 0, 0, 0, 0, 1, 2}, SI},
    {"lx", 1, {-2, 0, 0, 0, 0, 0, 1, 2}, SI},
    {"eV", 1.602176634e-16, {2, 1, -2}, SI},
    {"erg", 1e-4, {2, 1, -2}, SI},
    {"Ry", 2.1798723611035e-15, {2, 1, -2}, SI},
    {"Jy", 1e-23, {0, 1, -2}, SI},
    {"R", 1e10 / (4 * PI), {-2, 0, -1, 0, 0, 0, 0, -2, 0, 0, 1}, SI},
    {"G", 1e-1, {0, 1, -2, -1}, SI},
    {"barn", 1e-28, {2}, SI},
    {"Angstrom", 1e-10, {1}, ALONE},
    {"angstrom", 1e-10, {1}, ALONE},
    {"AU", 149597870700.0, {1}, ALONE},
    {"au", 149597870700.0, {1}, ALONE},
    {"pc", 3.0856775814913673e16, {1}, SI},
    {"lyr", 9460730472580800.0, {1}, SI},
    {"solMass", 1.988409870698051e33, {0, 1}, SI},
    {"Msun", 1.988409870698051e33, {0, 1}, ALONE},
    {"solRad", 695700000.0, {1}, SI},
    {"Rsun", 695700000.0, {1}, ALONE},
    {"solLum", 3.828e29, {2, 1, -3}, SI},
    {"Lsun", 3.828e29, {2, 1, -3}, ALONE},
    {"u", 1.66053906660e-24, {0, 1}, SI},
    {"D", 3.33564e-30, {1, 0, 1, 1}, SI},
    {"pix", 1, {[15] = 1}, SI},
    {"pixel", 1, {[15] = 1}, SI},
    {"voxel", 1, {[16] = 1}, SI},
    {"beam", 1, {[17] = 1}, SI},
    {"bin", 1, {[18] = 1}, SI},
    {"chan", 1, {[19] = 1}, SI},
    {"%", 0.01, {0}, ALONE},
    {"dex", 1, {[9] = 1}, ALONE},
    {"dB", 0.1, {[9] = 1}, ALONE}
};

static const struct {
    const char *prefix;
    double factor;
    int kind;
} prefixes[] = {
    {"da", 1e1, SI}, {"d", 1e-1, SI}, {"h", 1e2, SI}, {"c", 1e-2, SI},
    {"k", 1e3, SI}, {"m", 1e-3, SI}, {"M", 1e6, SI}, {"u", 1e-6, SI},
    {"G", 1e9, SI}, {"n", 1e-9, SI}, {"T", 1e12, SI}, {"p", 1e-12, SI},
    {"P", 1e15, SI}, {"f", 1e-15, SI}, {"E", 1e18, SI}, {"a", 1e-18, SI},
    {"Z", 1e21, SI}, {"z", 1e-21, SI}, {"Y", 1e24, SI}, {"y", 1e-24, SI},
    {"R", 1e27, SI}, {"r", 1e-27, SI}, {"Q", 1e30, SI}, {"q", 1e-30, SI},
    {"Ki", 1024.0, BINARY}, {"Mi", 1048576.0, BINARY},
    {"Gi", 1073741824.0, BINARY}, {"Ti", 1099511627776.0, BINARY},
    {"Pi", 1125899906842624.0, BINARY}, {"Ei", 1152921504606846976.0, BINARY},
    {"Zi", 1180591620717411303424.0, BINARY},
    {"Yi", 1208925819614629174706176.0, BINARY}
};

/* PREFIX is of the kind NEEDED; ALONE: none. */
static int find_unit(const char *word, size_t n, int needed, double prefix,
                     unit_t *u)
{
    size_t i;
    int k;

    for (i = 0; i < sizeof(units) / sizeof(*units); ++i) {
        if (strlen(units[i].name) == n && !strncmp(units[i].name, word, n)
            && units[i].prefixes >= needed) {
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

    if (find_unit(word, n, ALONE, 1, u)) {
        return 1;
    }
    for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); ++i) {
        size_t len = strlen(prefixes[i].prefix);

        if (len < n && !strncmp(prefixes[i].prefix, word, len)
            && find_unit(word + len, n - len, prefixes[i].kind,
                         prefixes[i].factor, u)) {
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

static const char *digits(const char *s)
{
    while (apr_isdigit(*s)) {
        ++s;
    }
    return s;
}

/* A number without sign at *P, advancing: "2", "1.5", "1.898E27". */
static int plain_number(const char **p, double *value)
{
    char buf[40];
    const char *s = digits(*p);

    if (s == *p) {
        return 0;
    }
    if (*s == '.' && apr_isdigit(s[1])) {
        s = digits(s + 1);
    }
    if (*s == 'e' || *s == 'E') {
        int sign = s[1] == '-' || s[1] == '+';

        s = apr_isdigit(s[1 + sign]) ? digits(s + 1 + sign) : s;
    }
    if ((size_t)(s - *p) >= sizeof(buf)) {
        return 0;
    }
    memcpy(buf, *p, (size_t)(s - *p));
    buf[s - *p] = '\0';
    *p = s;
    return adql_number(buf, value);
}

/* A signed number at *P, advancing: "2", "-1", "(1/2)", "1.5". */
static int number(const char **p, double *value)
{
    const char *s = *p;
    int is_paren = *s == '(', sign = 1;
    double below = 1;

    s += is_paren;
    if (*s == '-' || *s == '+') {
        sign = *s++ == '-' ? -1 : 1;
    }
    if (!plain_number(&s, value)) {
        return 0;
    }
    if (is_paren && *s == '/') {
        ++s;
        if (!plain_number(&s, &below) || below <= 0) {
            return 0;
        }
    }
    if (is_paren && *s++ != ')') {
        return 0;
    }
    *value *= sign / below;
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

/* Factors are quotients of rounded ones: 3600 where it is that but for the last
 * bits. */
static double whole(double factor)
{
    double near = rint(factor);

    return near >= 1 && fabs(factor - near) <= near * 1e-15 ? near : factor;
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
    *factor = whole(x.factor / y.factor);
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
