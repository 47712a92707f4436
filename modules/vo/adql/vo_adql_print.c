/* vo_adql_print.c: the checked tree as SQL text and parameters. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every literal becomes a parameter; equal ones share a number, so that
 * PostgreSQL sees equal expressions in SELECT and GROUP BY as equal. */
#include "adql/vo_adql_ast.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

/* ---- text ------------------------------------------------------------- */

void adql_putn(adql_ctx_t *c, const char *text, size_t n)
{
    if (!n) {
        return;
    }
    if (c->sql_len + n > c->sql_size) {
        size_t size = c->sql_size ? c->sql_size : 2048;
        char *grown;

        while (size < c->sql_len + n) {
            size *= 2;
        }
        grown = apr_palloc(c->pool, size);
        if (c->sql_len) {
            memcpy(grown, c->sql, c->sql_len);
        }
        c->sql = grown;
        c->sql_size = size;
    }
    memcpy(c->sql + c->sql_len, text, n);
    c->sql_len += n;
}

void adql_put(adql_ctx_t *c, const char *text)
{
    adql_putn(c, text, strlen(text));
}

void adql_putf(adql_ctx_t *c, const char *fmt, ...)
{
    char buf[160];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = apr_vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    adql_putn(c, buf, (size_t)n);
}

void adql_put_ident(adql_ctx_t *c, const char *name)
{
    const char *quote;

    adql_putn(c, "\"", 1);
    while ((quote = strchr(name, '"'))) {
        adql_putn(c, name, (size_t)(quote - name) + 1);
        adql_putn(c, "\"", 1);
        name = quote + 1;
    }
    adql_put(c, name);
    adql_putn(c, "\"", 1);
}

/* ---- parameters ------------------------------------------------------- */

static unsigned hash(unsigned oid, const char *text)
{
    unsigned h = 2166136261u ^ oid;

    for (; *text; ++text) {
        h = (h ^ (unsigned char)*text) * 16777619u;
    }
    return h;
}

static void rehash(adql_ctx_t *c)
{
    int i, n = c->nslots ? c->nslots * 2 : 64;

    c->param_slots = apr_pcalloc(c->pool, sizeof(int) * (size_t)n);
    c->nslots = n;
    for (i = 0; i < c->nparams; ++i) {
        unsigned h = hash(c->params[i].oid, c->params[i].text);

        while (c->param_slots[h & (unsigned)(n - 1)]) {
            ++h;
        }
        c->param_slots[h & (unsigned)(n - 1)] = i + 1;
    }
}

static int param_number(adql_ctx_t *c, unsigned oid, const char *text)
{
    unsigned h = hash(oid, text);
    int *slot;

    if (2 * c->nparams >= c->nslots) {
        rehash(c);
    }
    for (;; ++h) {
        slot = &c->param_slots[h & (unsigned)(c->nslots - 1)];
        if (!*slot) {
            break;
        }
        if (c->params[*slot - 1].oid == oid
            && !strcmp(c->params[*slot - 1].text, text)) {
            return *slot;
        }
    }
    if (c->nparams == ADQL_MAX_PARAMS) {
        adql_fail_kind(c, VO_ERR_LIMIT, 0, "The query has more than %d "
                       "different values.", ADQL_MAX_PARAMS);
        adql_hint(c, "Upload them as a table and join it.");
        return 1;
    }
    if (c->nparams == c->params_size) {
        int size = c->params_size ? 2 * c->params_size : 32;
        adql_param_t *grown = apr_palloc(c->pool,
                                         sizeof(*grown) * (size_t)size);

        if (c->nparams) {
            memcpy(grown, c->params, sizeof(*grown) * (size_t)c->nparams);
        }
        c->params = grown;
        c->params_size = size;
    }
    c->params[c->nparams].oid = oid;
    c->params[c->nparams].text = text;
    *slot = ++c->nparams;
    return c->nparams;
}

void adql_put_param(adql_ctx_t *c, unsigned oid, const char *text)
{
    char buf[16];
    char *p = buf + sizeof(buf);
    int n = param_number(c, oid, text);

    do {
        *--p = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    *--p = '$';
    adql_putn(c, p, (size_t)(buf + sizeof(buf) - p));
}

void adql_put_int8(adql_ctx_t *c, apr_int64_t value)
{
    char buf[24];
    char *p = buf + sizeof(buf);
    apr_uint64_t u = value < 0 ? 0 - (apr_uint64_t)value : (apr_uint64_t)value;

    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (value < 0) {
        *--p = '-';
    }
    adql_put_param(c, OID_INT8,
                   apr_pstrmemdup(c->pool, p,
                                  (apr_size_t)(buf + sizeof(buf) - p)));
}

void adql_put_double(adql_ctx_t *c, double value)
{
    adql_put_param(c, OID_FLOAT8, adql_format(c, value));
}

/* ---- values ----------------------------------------------------------- */

void adql_print_rv(adql_ctx_t *c, const adql_rv_t *rv)
{
    adql_putf(c, "t%d", rv->id);
}

/* A column; types that the rest does not know are cast on the way. */
static void print_column(adql_ctx_t *c, const adql_node_t *n)
{
    const vo_column_t *col;
    const char *pg, *after = "";

    if (!n->rv->table) {
        int is_text = n->rv->query->out[n->colno].is_text;

        adql_putf(c, is_text ? "(t%d.c%d)::sky_region" : "t%d.c%d",
                  n->rv->id, n->colno + 1);
        return;
    }
    col = n->rv->table->columns[n->colno];
    pg = col->pg_type ? col->pg_type : "text";
    if (n->ty.cls == T_TIME && strncmp(pg, "timestamp without", 17)
        && strcmp(pg, "timestamp")) {
        after = !strcmp(pg, "date") ? "::timestamp" : " AT TIME ZONE 'UTC'";
    }
    else if (!strncmp(pg, "numeric", 7)) {
        after = "::float8";
    }
    else if (n->ty.cls == T_TEXT && strcmp(pg, "text")
             && strncmp(pg, "character", 9)) {
        after = "::text";
    }
    adql_put(c, *after ? "(" : "");
    adql_print_rv(c, n->rv);
    adql_put(c, ".");
    adql_put_ident(c, col->pg_column);
    adql_put(c, after);
    adql_put(c, *after ? ")" : "");
}

static int is_literal(const adql_node_t *n)
{
    return n->kind == N_NUM || n->kind == N_STR
           || (n->kind == N_NEG && n->a->kind == N_NUM);
}

/* The text of a literal as a parameter. */
static const char *literal_text(adql_ctx_t *c, const adql_node_t *n)
{
    return n->kind == N_NEG ? apr_pstrcat(c->pool, "-", n->a->text, NULL)
                            : n->text;
}

/* Print N so that SQL gives type OID. */
void adql_print_as(adql_ctx_t *c, const adql_node_t *n, unsigned oid)
{
    if (n->ty.cls == T_NULL) {
        adql_putf(c, "NULL::%s", adql_oid_name(oid));
    }
    else if (is_literal(n) && oid != n->ty.oid
             && (oid == OID_FLOAT8 || oid == OID_INT8
                 || oid == OID_TIMESTAMP)
             && (n->ty.cls != T_REAL || oid == OID_FLOAT8)
             && (n->kind != N_STR || oid == OID_TIMESTAMP)) {
        adql_put_param(c, oid, literal_text(c, n));
    }
    else if (n->ty.oid == oid && n->ty.cls != T_GEOM) {
        adql_print_expr(c, n);
    }
    else if (n->ty.cls == T_TIME && oid == OID_TEXT) { /* as DALI has it */
        adql_put(c, "replace((");
        adql_print_expr(c, n);
        adql_put(c, ")::text, ' ', 'T')");
    }
    else {
        adql_put(c, "(");
        adql_print_expr(c, n);
        adql_putf(c, ")::%s", adql_oid_name(oid));
    }
}

static void print_cast(adql_ctx_t *c, const adql_node_t *n)
{
    if (n->ty.cls == T_GEOM) {
        adql_print_geom(c, n);
    }
    else if (n->ty.cls == T_TEXT && n->len > 0) {
        int is_fixed = !strcasecmp(n->text, "CHAR");

        /* the blanks of a fixed string are kept, unlike in character(n) */
        adql_put(c, is_fixed ? "rpad(" : "");
        adql_put(c, "left(");
        adql_print_as(c, n->a, OID_TEXT);
        adql_putf(c, is_fixed ? ", %d), %d)" : ", %d)", n->len, n->len);
    }
    else if (n->ty.cls == T_TEXT && n->a->ty.cls == T_GEOM) {
        adql_put(c, "sky_stcs(");
        adql_print_geom(c, n->a);
        adql_put(c, ")");
    }
    else if (n->a->ty.cls == T_BOOL && n->ty.oid != OID_INT4
             && n->ty.cls != T_TEXT) {
        adql_put(c, "((");
        adql_print_expr(c, n->a);
        adql_putf(c, ")::integer)::%s", adql_oid_name(n->ty.oid));
    }
    else {
        adql_put(c, "(");
        adql_print_as(c, n->a, n->ty.oid);
        adql_put(c, ")");
        if (n->ty.cls == T_TEXT) {
            adql_put(c, "::text");
        }
    }
}

/* One side of a comparison, given the other. */
static void print_beside(adql_ctx_t *c, const adql_node_t *n,
                         const adql_node_t *other)
{
    adql_class_e x = n->ty.cls, y = other->ty.cls;

    if (x == T_NULL) {
        adql_print_as(c, n, y == T_NULL || !other->ty.oid ? OID_TEXT
                                                          : other->ty.oid);
    }
    else if (x == T_TEXT && y == T_TIME) {
        adql_print_as(c, n, OID_TIMESTAMP);
    }
    else if (x == T_BOOL && y == T_INT) {
        adql_print_as(c, n, OID_INT4);
    }
    else if (x == T_INT && y == T_REAL && is_literal(n)) {
        adql_print_as(c, n, OID_FLOAT8);
    }
    else {
        adql_print_expr(c, n);
    }
}

static void print_binary(adql_ctx_t *c, const adql_node_t *n)
{
    static const char *const ops[] = {
        [OP_ADD] = " + ", [OP_SUB] = " - ", [OP_MUL] = " * ",
        [OP_DIV] = " / ", [OP_CAT] = " || "
    };
    const adql_node_t *side;
    int i;

    if (n->ty.cls == T_ARRAY) {
        adql_print_array_bin(c, n);
        return;
    }
    adql_put(c, "(");
    for (i = 0; i < 2; ++i) {
        side = i ? n->b : n->a;
        if (i) {
            adql_put(c, ops[n->op]);
        }
        if (n->op == OP_CAT) {
            adql_print_as(c, side, OID_TEXT);
        }
        else if (side->ty.cls == T_NULL
                 || (n->ty.cls == T_REAL && side->ty.cls == T_INT)) {
            adql_print_as(c, side, n->ty.oid);
        }
        else {
            adql_print_expr(c, side);
        }
    }
    adql_put(c, ")");
}

/* ---- groups ----------------------------------------------------------- */

/* In SELECT, HAVING and ORDER BY of a query with groups there are only what is
 * grouped by, and aggregates. An expression of GROUP BY is written there as it
 * is in GROUP BY, for PostgreSQL to know it again; what is made of grouped
 * columns has no column of cells. */
adql_query_t *adql_grouping(adql_ctx_t *c, adql_query_t *q)
{
    adql_query_t *before = c->grouped;

    if (before) {
        before->is_grouping = 0;
    }
    if (q) {
        q->is_grouping = 1;
    }
    c->grouped = q;
    return before;
}

static int is_group(const adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *g;

    for (g = c->grouped ? c->grouped->group : NULL; g; g = g->next) {
        if (g->kind != N_COL && adql_same(g, n)) {
            return 1;
        }
    }
    return 0;
}

/* Is an expression of GROUP BY, more than a column, part of N? */
int adql_has_group(const adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *k;

    if (!n || !c->grouped) {
        return 0;
    }
    if (is_group(c, n) || adql_has_group(c, n->a) || adql_has_group(c, n->b)
        || adql_has_group(c, n->c)) {
        return 1;
    }
    for (k = n->list; k; k = k->next) {
        if (adql_has_group(c, k)) {
            return 1;
        }
    }
    return 0;
}

/* ---- conditions ------------------------------------------------------- */

static void print_between(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *other = n->b->ty.cls == T_NULL ? n->c : n->b;

    if (adql_print_cell_cond(c, n)) {
        return;
    }
    if (n->c->ty.cls == T_REAL || n->c->ty.cls == T_TIME) {
        other = n->c;
    }
    adql_put(c, "(");
    print_beside(c, n->a, other);
    adql_put(c, n->is_not ? " NOT BETWEEN " : " BETWEEN ");
    print_beside(c, n->b, n->a);
    adql_put(c, " AND ");
    print_beside(c, n->c, n->a);
    adql_put(c, ")");
}

void adql_array_add(adql_ctx_t *c, adql_array_text_t *a, const char *piece,
                    int is_string)
{
    size_t need = 2 * strlen(piece) + 4;
    char *p;

    if (a->len + need > a->size) {
        size_t grown = 2 * (a->len + need);
        char *copy = apr_palloc(c->pool, grown);

        if (a->len) {
            memcpy(copy, a->text, a->len);
        }
        a->text = copy;
        a->size = grown;
    }
    p = a->text + a->len;
    *p++ = a->len ? ',' : '{';
    if (is_string) {
        *p++ = '"';
    }
    for (; *piece; ++piece) {
        if (is_string && (*piece == '"' || *piece == '\\')) {
            *p++ = '\\';
        }
        *p++ = *piece;
    }
    if (is_string) {
        *p++ = '"';
    }
    a->len = (size_t)(p - a->text);
}

const char *adql_array_end(adql_ctx_t *c, const adql_array_text_t *a)
{
    return apr_pstrcat(c->pool, a->len ? "" : "{",
                       apr_pstrmemdup(c->pool, a->text ? a->text : "",
                                      a->len), "}", NULL);
}

/* A list of literals becomes one array parameter; 0 if it is not such. */
static int print_in_array(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *p;
    unsigned oid = 0;
    adql_array_text_t array = {NULL, 0, 0};

    if (n->a->ty.cls != T_TEXT && !adql_is_number(&n->a->ty)) {
        return 0;
    }
    for (p = n->list; p; p = p->next) {
        if (!is_literal(p)) {
            return 0;
        }
        oid = !oid || p->kind == N_STR ? p->ty.oid
                                       : adql_wider(oid, p->ty.oid);
    }
    if (n->a->ty.cls == T_REAL) {
        oid = OID_FLOAT8;
    }
    for (p = n->list; p; p = p->next) {
        adql_array_add(c, &array, literal_text(c, p), p->kind == N_STR);
    }
    adql_put(c, "(");
    adql_print_expr(c, n->a);
    adql_put(c, n->is_not ? " <> ALL (" : " = ANY (");
    adql_put_param(c, oid == OID_TEXT ? OID_TEXT_A : adql_array_oid(oid),
                   adql_array_end(c, &array));
    adql_put(c, "))");
    return 1;
}

static void print_in(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *p;

    if (n->kind == N_IN
        && (adql_print_cell_cond(c, n) || print_in_array(c, n))) {
        return;
    }
    adql_put(c, "(");
    print_beside(c, n->a, n->kind == N_IN ? n->list : n->query->out[0].expr);
    adql_put(c, n->is_not ? " NOT IN (" : " IN (");
    for (p = n->list; p; p = p->next) {
        print_beside(c, p, n->a);
        adql_put(c, p->next ? ", " : "");
    }
    if (n->query) {
        adql_print_query(c, n->query, 0, -1);
    }
    adql_put(c, "))");
}

/* ADQL's LIKE has no escape character; a backslash stands for itself. */
static void print_like(adql_ctx_t *c, const adql_node_t *n)
{
    adql_put(c, "(");
    adql_print_as(c, n->a, OID_TEXT);
    adql_put(c, n->is_not ? " NOT" : "");
    adql_put(c, n->op ? " ILIKE " : " LIKE ");
    if (n->b->kind == N_STR) {
        const char *p;
        char *text = apr_palloc(c->pool, 2 * strlen(n->b->text) + 1);
        char *w = text;

        for (p = n->b->text; *p; ++p) {
            if (*p == '\\') {
                *w++ = '\\';
            }
            *w++ = *p;
        }
        *w = '\0';
        adql_put_param(c, OID_TEXT, text);
    }
    else {
        adql_print_as(c, n->b, OID_TEXT);
        adql_put(c, " ESCAPE ''");
    }
    adql_put(c, ")");
}

static void print_list(adql_ctx_t *c, const adql_node_t *n, const char *glue)
{
    const adql_node_t *p;

    adql_put(c, "(");
    for (p = n->list; p; p = p->next) {
        adql_print_expr(c, p);
        adql_put(c, p->next ? glue : "");
    }
    adql_put(c, ")");
}

static void print_compare(adql_ctx_t *c, const adql_node_t *n)
{
    static const char *const ops[] = {
        "", " = ", " <> ", " < ", " <= ", " > ", " >= "
    };
    adql_gpred_t g;

    if (!adql_has_group(c, n)) {
        if (adql_gpred(c, n, &g)) {
            adql_print_gpred(c, &g);
            return;
        }
        if (adql_print_cell_cond(c, n)) {
            return;
        }
    }
    adql_put(c, "(");
    print_beside(c, n->a, n->b);
    adql_put(c, ops[n->op]);
    print_beside(c, n->b, n->a);
    adql_put(c, ")");
}

static void print_case(adql_ctx_t *c, const adql_node_t *n)
{
    const adql_node_t *w;

    adql_put(c, "CASE");
    for (w = n->list; w; w = w->next) {
        adql_put(c, " WHEN ");
        if (n->a) { /* CASE x WHEN y: the comparison spelled out */
            print_beside(c, n->a, w->a);
            adql_put(c, " = ");
            print_beside(c, w->a, n->a);
        }
        else {
            adql_print_expr(c, w->a);
        }
        adql_put(c, " THEN ");
        if (n->ty.cls == T_GEOM) {
            adql_print_geom(c, w->b);
        }
        else {
            adql_print_as(c, w->b, n->ty.oid ? n->ty.oid : OID_TEXT);
        }
    }
    if (n->b) {
        adql_put(c, " ELSE ");
        if (n->ty.cls == T_GEOM) {
            adql_print_geom(c, n->b);
        }
        else {
            adql_print_as(c, n->b, n->ty.oid ? n->ty.oid : OID_TEXT);
        }
    }
    adql_put(c, " END");
}

static void print_any(adql_ctx_t *c, const adql_node_t *n)
{
    switch (n->kind) {
    case N_NUM:
    case N_STR:
        adql_put_param(c, n->ty.oid, n->text);
        break;
    case N_NULL:
        adql_put(c, "NULL");
        break;
    case N_COL:
        print_column(c, n);
        break;
    case N_FUNC:
        adql_print_func(c, n);
        break;
    case N_BIN:
        print_binary(c, n);
        break;
    case N_NEG:
        if (n->ty.cls == T_ARRAY) {
            adql_print_array_bin(c, n);
        }
        else if (is_literal(n)) {
            adql_put_param(c, n->ty.oid, literal_text(c, n));
        }
        else {
            adql_put(c, "(- ");
            adql_print_as(c, n->a, n->ty.oid);
            adql_put(c, ")");
        }
        break;
    case N_POS:
        if (n->ty.cls == T_ARRAY) {
            adql_print_array_bin(c, n);
        }
        else {
            adql_print_as(c, n->a, n->ty.oid);
        }
        break;
    case N_ELEM:
    case N_SLICE:
        adql_print_elem(c, n);
        break;
    case N_CAST:
        print_cast(c, n);
        break;
    case N_CASE:
        print_case(c, n);
        break;
    case N_MERGED:
        adql_put(c, "COALESCE(");
        adql_print_as(c, n->a, n->ty.oid);
        adql_put(c, ", ");
        adql_print_as(c, n->b, n->ty.oid);
        adql_put(c, ")");
        break;
    case N_SUBQ:
    case N_EXISTS:
        adql_put(c, n->kind == N_EXISTS ? "(EXISTS (" : "(");
        adql_print_query(c, n->query, 0, -1);
        adql_put(c, n->kind == N_EXISTS ? "))" : ")");
        break;
    case N_AND:
        print_list(c, n, " AND ");
        break;
    case N_OR:
        print_list(c, n, " OR ");
        break;
    case N_NOT:
        adql_put(c, "(NOT ");
        adql_print_expr(c, n->a);
        adql_put(c, ")");
        break;
    case N_CMP:
        print_compare(c, n);
        break;
    case N_BETWEEN:
        print_between(c, n);
        break;
    case N_IN:
    case N_INSUB:
        print_in(c, n);
        break;
    case N_LIKE:
        print_like(c, n);
        break;
    case N_ISNULL:
        adql_put(c, "(");
        adql_print_expr(c, n->a);
        adql_put(c, n->is_not ? " IS NOT NULL)" : " IS NULL)");
        break;
    default:
        break;
    }
}

void adql_print_expr(adql_ctx_t *c, const adql_node_t *n)
{
    if (is_group(c, n)) {
        adql_query_t *q = adql_grouping(c, NULL);

        print_any(c, n);
        adql_grouping(c, q);
    }
    else {
        print_any(c, n);
    }
}
