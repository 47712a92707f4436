/* vo_adql_suggest.c: what went wrong, and what was probably meant. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "adql/adql.h"

/* ---- did you mean ----------------------------------------------------- */

#define MAX_WORD 64

/* Edit distance without regard to case (a swap of neighbours counts one), at
 * most LIMIT + 1. */
static int edits(const char *x, const char *y, int limit)
{
    int row[3][MAX_WORD + 1];
    int nx = (int)strlen(x), ny = (int)strlen(y);
    int i, j;

    if (nx > MAX_WORD || ny > MAX_WORD || nx - ny > limit
        || ny - nx > limit) {
        return limit + 1;
    }
    for (j = 0; j <= ny; ++j) {
        row[0][j] = j;
    }
    for (i = 1; i <= nx; ++i) {
        int *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        int best = i;

        now[0] = i;
        for (j = 1; j <= ny; ++j) {
            int is_same = apr_tolower(x[i - 1]) == apr_tolower(y[j - 1]);
            int d = up[j - 1] + !is_same;

            d = up[j] + 1 < d ? up[j] + 1 : d;
            d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
            if (i > 1 && j > 1
                && apr_tolower(x[i - 1]) == apr_tolower(y[j - 2])
                && apr_tolower(x[i - 2]) == apr_tolower(y[j - 1])
                && up2[j - 2] + 1 < d) {
                d = up2[j - 2] + 1;
            }
            now[j] = d;
            best = d < best ? d : best;
        }
        if (best > limit) {
            return limit + 1;
        }
    }
    return row[nx % 3][ny];
}

static int contains_folded(const char *hay, const char *needle)
{
    size_t n = strlen(needle);

    for (; *hay; ++hay) {
        if (!strncasecmp(hay, needle, n)) {
            return 1;
        }
    }
    return 0;
}

const char *adql_nearest(adql_ctx_t *c, const char *word, int n,
                         const char *(*get)(void *baton, int i), void *baton)
{
    int len = (int)strlen(word);
    int limit = len <= 3 ? 1 : len <= 6 ? 2 : 3;
    int best = limit + 1;
    const char *found = NULL;
    int i;

    (void)c;
    if (n > 20000 || len > MAX_WORD) {
        return NULL;
    }
    for (i = 0; i < n; ++i) {
        const char *candidate = get(baton, i);
        int d = candidate ? edits(word, candidate, best - 1) : best;

        if (d < best) {
            best = d;
            found = candidate;
        }
    }
    for (i = 0; !found && len >= 4 && i < n; ++i) {
        const char *candidate = get(baton, i);

        if (candidate && contains_folded(candidate, word)) {
            found = candidate;
        }
    }
    return found;
}

/* ---- syntax ----------------------------------------------------------- */

static const char *snippet(adql_ctx_t *c, const adql_tok_t *tok)
{
    int n = tok->end - tok->off;

    if (n > 40) {
        return apr_psprintf(c->pool, "%.37s...", c->text + tok->off);
    }
    return apr_pstrmemdup(c->pool, c->text + tok->off, (apr_size_t)n);
}

/* A keyword glued to what follows, as in FROMdemo.x: its length, or 0. */
static size_t glued(const char *word)
{
    static const char *const keys[] = {
        "SELECT", "DISTINCT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER",
        "JOIN", "UNION", "EXCEPT", "INTERSECT", "BETWEEN", "OFFSET", "TOP"
    };
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(*keys); ++i) {
        size_t n = strlen(keys[i]);

        if (!strncasecmp(word, keys[i], n) && word[n]) {
            return n;
        }
    }
    return 0;
}

static int is_word(const adql_tok_t *tok, const char *word)
{
    return tok->text && !tok->op && !strcasecmp(tok->text, word);
}

/* Is TOK, or the DOUBLE before it, a type of other dialects? */
static int is_cast_type(const adql_ctx_t *c, int tk, const adql_tok_t *tok)
{
    static const char *const types[] = {
        "NUMERIC", "DECIMAL", "CHARACTER", "BOOLEAN", "TEXT", "STRING", "DATE",
        "TIME", "BIT", "LONG", "SHORT", "NVARCHAR", "INTERVAL", "FLOAT4",
        "FLOAT8", "INT2", "INT4", "INT8", "DATETIME", "UNSIGNED"
    };
    size_t i;

    if (c->prev_tk == TK_DOUBLE && tk != TK_PRECISION) {
        return 1;
    }
    for (i = 0; c->prev_tk == TK_AS && i < sizeof(types) / sizeof(*types);
         ++i) {
        if (is_word(tok, types[i])) {
            return c->open > 0;
        }
    }
    return 0;
}

/* Advice about words of other dialects and usual slips; 1 if given. */
static int known_slip(adql_ctx_t *c, int tk, const adql_tok_t *tok)
{
    static const struct {
        const char *word, *advice;
    } slips[] = {
        {"LIMIT", "ADQL limits rows with TOP: SELECT TOP n ..."},
        {"FETCH", "ADQL limits rows with TOP: SELECT TOP n ..."},
        {"CROSS", "Write a comma between the tables for a cross product."},
        {"INSERT", "Only queries are accepted: SELECT ..."},
        {"UPDATE", "Only queries are accepted: SELECT ..."},
        {"DELETE", "Only queries are accepted: SELECT ..."},
        {"DROP", "Only queries are accepted: SELECT ..."},
        {"CREATE", "Only queries are accepted: SELECT ..."},
        {"ALTER", "Only queries are accepted: SELECT ..."},
        {"EXEC", "Only queries are accepted: SELECT ..."},
        {"MINUS", "The set operator is called EXCEPT."},
        {"ESCAPE", "LIKE has no ESCAPE clause in ADQL."},
        {"REGEXP", "Use LIKE or ILIKE with % and _."},
        {"RLIKE", "Use LIKE or ILIKE with % and _."},
        {"ISNULL", "Write IS NULL."},
        {"NOTNULL", "Write IS NOT NULL."},
        {"SUBSTRING", "ADQL 2.1 has no SUBSTRING."},
        {"EXTRACT", "ADQL 2.1 has no EXTRACT."},
        {"NULLIF", "ADQL 2.1 has no NULLIF."},
        {"TRUE", "ADQL has no boolean literals; compare with 1 or 'true'."},
        {"FALSE", "ADQL has no boolean literals; compare with 0 or 'false'."},
        {"FLOAT", "CAST knows REAL and DOUBLE PRECISION."},
        {"INT", "CAST knows SMALLINT, INTEGER and BIGINT."},
        {"RECURSIVE", "WITH cannot be recursive in ADQL."},
        {"ALL", "Compare with one value, as in (SELECT MAX(x) FROM ...)."},
        {"ANY", "Use IN or EXISTS with a subquery."},
        {"SOME", "Use IN or EXISTS with a subquery."}
    };
    size_t i;

    if (is_cast_type(c, tk, tok)) {
        adql_hint(c, "CAST knows SMALLINT, INTEGER, BIGINT, REAL, DOUBLE "
                  "PRECISION, CHAR(n), VARCHAR(n), TIMESTAMP, POINT, CIRCLE "
                  "and POLYGON.");
        return 1;
    }
    for (i = 0; i < sizeof(slips) / sizeof(*slips); ++i) {
        if (is_word(tok, slips[i].word)) {
            adql_hint(c, "%s", slips[i].advice);
            return 1;
        }
        if (is_word(&c->prev, slips[i].word) && c->prev_tk == TK_IDENT) {
            adql_hint(c, "%s", slips[i].advice);
            return 1;
        }
    }
    if (tk == TK_IDENT && glued(tok->text)) {
        size_t n = glued(tok->text);

        adql_hint(c, "A space is missing: %.*s %s", (int)n, tok->text,
                  tok->text + n);
        return 1;
    }
    if (c->prev_tk == TK_IDENT && glued(c->prev.text)) {
        size_t n = glued(c->prev.text);

        c->err = NULL;
        adql_fail(c, c->prev.off, "The word '%s' does not fit here.",
                  snippet(c, &c->prev));
        adql_hint(c, "A space is missing: %.*s %s", (int)n, c->prev.text,
                  c->prev.text + n);
        return 1;
    }
    return 0;
}

static int is_clause(int tk)
{
    return tk == TK_FROM || tk == TK_WHERE || tk == TK_GROUP
           || tk == TK_HAVING || tk == TK_ORDER || tk == TK_UNION
           || tk == TK_EXCEPT || tk == TK_INTERSECT || tk == TK_OFFSET;
}

static int is_structural(int tk)
{
    return is_clause(tk) || tk == TK_SELECT || tk == TK_WITH || tk == TK_AND
           || tk == TK_OR || tk == TK_NOT || tk == TK_AS || tk == TK_ON
           || tk == TK_JOIN || tk == TK_BY || tk == TK_LEFT
           || tk == TK_RIGHT || tk == TK_FULL || tk == TK_INNER
           || tk == TK_NATURAL || tk == TK_USING || tk == TK_BETWEEN
           || tk == TK_IN || tk == TK_LIKE || tk == TK_ILIKE || tk == TK_IS;
}

/* The place where a name may stand? */
static int after_name_place(int tk)
{
    return tk == TK_COMMA || tk == TK_SELECT || tk == TK_FROM || tk == TK_AS
           || tk == TK_DOT || tk == TK_BY || tk == TK_WHERE || tk == TK_AND
           || tk == TK_OR || tk == TK_ON || tk == TK_LP || tk == TK_JOIN
           || tk == TK_CMP || tk == TK_DISTINCT || tk == TK_NOT
           || tk == TK_PLUS || tk == TK_MINUS || tk == TK_STAR
           || tk == TK_SLASH || tk == TK_UINT || tk == TK_IDENT
           || tk == TK_QIDENT;
}

static void reserved_name(adql_ctx_t *c, const adql_tok_t *tok)
{
    adql_fail(c, tok->off, "'%s' is a reserved word of ADQL and cannot be a "
              "plain name.", tok->text);
    if (!known_slip(c, 0, tok)) {
        adql_hint(c, "If it is a name, put it in double quotes: \"%s\".",
                  tok->text);
    }
}

static void at_end(adql_ctx_t *c)
{
    int off = c->prev.end;

    if (c->prev_tk == 0) {
        adql_fail(c, 0, "The query is empty.");
        return;
    }
    if (c->in_from && c->prev_tk == TK_RP && c->subq_end == c->prev.end) {
        adql_fail(c, off, "A subquery in FROM needs a name.");
        adql_hint(c, "Write ( SELECT ... ) AS name.");
        return;
    }
    adql_fail(c, off, "The query ends too early, after '%s'.",
              snippet(c, &c->prev));
    if (c->open > 0) {
        adql_hint(c, "A parenthesis is not closed.");
    }
    else if (!known_slip(c, 0, &c->prev) && c->prev_tk == TK_FUNC) {
        adql_hint(c, "'%s' is the name of a function and needs ( ); as a "
                  "name it must stand in double quotes.", c->prev.text);
    }
}

void adql_syntax_error(adql_ctx_t *c, int tk, const adql_tok_t *tok)
{
    const adql_tok_t *prev = &c->prev;

    if (c->err) {
        return;
    }
    if (tk == 0) {
        at_end(c);
        return;
    }
    if (c->prev_tk == TK_SEMI) {
        adql_fail(c, tok->off, "There is text after the semicolon.");
        adql_hint(c, "One query at a time.");
    }
    else if (c->prev_tk == 0 && tk != TK_SELECT) {
        adql_fail(c, tok->off, "A query begins with SELECT or WITH, not "
                  "with '%s'.", snippet(c, tok));
        if (!known_slip(c, tk, tok)) {
            const char *const first[] = {"SELECT", "WITH"};

            if (tok->text && (edits(tok->text, first[0], 2) <= 2)) {
                adql_hint(c, "Did you mean SELECT?");
            }
        }
    }
    else if (tk == TK_WITH) {
        adql_fail(c, tok->off, "WITH is allowed only at the very beginning "
                  "of a query.");
        adql_hint(c, "Move it before the first SELECT.");
    }
    else if (c->in_from && c->prev_tk == TK_RP
             && c->subq_end == prev->end) {
        adql_fail(c, prev->end, "A subquery in FROM needs a name.");
        adql_hint(c, "Write ( SELECT ... ) AS name.");
    }
    else if ((c->prev_tk == TK_TOP || c->prev_tk == TK_OFFSET)) {
        adql_fail(c, tok->off, "%s takes an unsigned whole number, not "
                  "'%s'.", c->prev_tk == TK_TOP ? "TOP" : "OFFSET",
                  snippet(c, tok));
    }
    else if (c->prev2_tk == TK_TOP && tk == TK_DISTINCT) {
        adql_fail(c, tok->off, "DISTINCT stands before TOP.");
        adql_hint(c, "Write SELECT DISTINCT TOP n ...");
    }
    else if ((c->prev_tk == TK_RESERVED || c->prev_tk == TK_FUNC
              || c->prev_tk == TK_TYPE)
             && after_name_place(c->prev2_tk) && tk != TK_LP) {
        if (c->prev_tk == TK_FUNC) {
            adql_fail(c, prev->off, "'%s' is the name of a function and "
                      "needs its arguments in ( ).", prev->text);
            adql_hint(c, "If it is the name of a column or table, put it in "
                      "double quotes: \"%s\".", prev->text);
        }
        else {
            reserved_name(c, prev);
        }
    }
    else if (tk == TK_RESERVED || (tk == TK_TYPE)
             || (tk == TK_FUNC && (c->prev_tk == TK_AS || c->prev_tk == TK_DOT
                                   || c->prev_tk == TK_FROM
                                   || c->prev_tk == TK_JOIN))) {
        reserved_name(c, tok);
    }
    else if (is_clause(tk) && (c->prev_tk == TK_COMMA)) {
        adql_fail(c, prev->off, "There is a comma too many before %s.",
                  snippet(c, tok));
    }
    else if (tk == TK_CMP && (c->prev_tk == TK_CMP)) {
        adql_fail(c, tok->off, "Two comparison operators follow one "
                  "another: '%s' and '%s'.", snippet(c, prev),
                  snippet(c, tok));
    }
    else if (is_structural(tk) && after_name_place(c->prev_tk)
             && c->prev_tk != TK_UINT && c->prev_tk != TK_IDENT
             && c->prev_tk != TK_QIDENT && c->prev_tk != TK_STAR) {
        adql_fail(c, tok->off, "Something is missing between '%s' and '%s'.",
                  snippet(c, prev), snippet(c, tok));
        if (c->prev_tk == TK_AS || c->prev_tk == TK_DOT) {
            adql_hint(c, "If %s is meant as a name, put it in double "
                      "quotes.", snippet(c, tok));
        }
    }
    else if ((c->prev_tk == TK_AS || c->prev_tk == TK_DOT) && tok->text
             && !tok->op && tk != TK_IDENT && tk != TK_STRING) {
        reserved_name(c, tok); /* AS top */
    }
    else {
        adql_fail(c, tok->off, "'%s' does not fit here, after '%s'.",
                  snippet(c, tok), snippet(c, prev));
        if (c->prev_tk == TK_GROUP || c->prev_tk == TK_ORDER) {
            adql_hint(c, "Write %s BY.", c->prev_tk == TK_GROUP ? "GROUP"
                                                                : "ORDER");
        }
        else if (tk == TK_LP && c->prev2_tk == TK_WITH) {
            adql_hint(c, "WITH takes no list of columns; name them inside, "
                      "as in SELECT x AS name.");
        }
        else if (tk == TK_RP && c->open <= 0) {
            adql_hint(c, "There is no opening parenthesis for it.");
        }
        else if (!known_slip(c, tk, tok) && tk == TK_STRING
            && (c->prev_tk == TK_AS || c->prev_tk == TK_DOT
                || c->prev_tk == TK_FROM)) {
            adql_hint(c, "Names stand in double quotes, strings in single "
                      "ones.");
        }
    }
}

/* ---- names ------------------------------------------------------------ */

static const char *get_table(void *baton, int i)
{
    const adql_ctx_t *c = baton;
    const vo_release_t *rel = c->env->release;

    if (i < rel->ntables) {
        return rel->tables[i]->name;
    }
    i -= rel->ntables;
    if (i < rel->ntables) {
        return rel->tables[i]->tap_name;
    }
    return c->env->extra[i - rel->ntables]->tap_name;
}

static const char *name_text(adql_ctx_t *c, const adql_name_t *name)
{
    const char *text = name->part[0].text;
    int i;

    for (i = 1; i < name->n; ++i) {
        text = apr_pstrcat(c->pool, text, ".", name->part[i].text, NULL);
    }
    return text;
}

/* Which tables came with the query, or how they come. */
static const char *uploaded(adql_ctx_t *c)
{
    const char *list = "";
    int i;

    for (i = 0; i < c->env->nextra; ++i) {
        list = apr_pstrcat(c->pool, list, i ? ", " : "",
                           c->env->extra[i]->tap_name, NULL);
    }
    return i ? apr_pstrcat(c->pool, "Uploaded with the query: ", list, ".",
                           NULL)
             : "No table came with the query: UPLOAD=name,param:part names one "
               "that is a part of the request.";
}

void adql_no_table(adql_ctx_t *c, const adql_name_t *name)
{
    const char *text = name_text(c, name);
    const char *near;
    const vo_release_t *rel = c->env->release;
    int n = 2 * rel->ntables + c->env->nextra, i;

    adql_fail(c, name->part[0].off, "There is no table '%s'.", text);
    near = adql_nearest(c, text, n, get_table, c);
    /* TAP_UPLOAD left out, or not the right one behind it */
    for (i = 0; name->n == 1 && i < c->env->nextra; ++i) {
        if (!strcasecmp(c->env->extra[i]->name, text)) {
            near = c->env->extra[i]->tap_name;
        }
    }
    if (!near && name->n > 1) {
        near = adql_nearest(c, name->part[name->n - 1].text, n, get_table, c);
    }
    for (i = 0; near && i < rel->ntables; ++i) {
        if (near == rel->tables[i]->name) {
            near = rel->tables[i]->tap_name;
        }
    }
    if (near) {
        adql_hint(c, "Did you mean %s?", near);
    }
    else if (name->n == 2 && !strcasecmp(name->part[0].text, "TAP_UPLOAD")) {
        adql_hint(c, "%s", uploaded(c));
    }
    else {
        adql_hint(c, "SELECT table_name FROM TAP_SCHEMA.tables lists them.");
    }
}

typedef struct cand_t {
    adql_query_t *q;
    const adql_rv_t *only;
} cand_t;

/* The I-th column of all tables in view. */
static const char *get_column(void *baton, int i)
{
    const cand_t *cand = baton;
    const adql_rv_t *rv;

    if (cand->only) {
        return adql_rv_col(cand->only, i);
    }
    for (rv = cand->q->rvs; rv; rv = rv->next) {
        int n = adql_rv_ncols(rv);

        if (i < n) {
            return adql_rv_col(rv, i);
        }
        i -= n;
    }
    return NULL;
}

static const char *get_rv(void *baton, int i)
{
    const cand_t *cand = baton;
    const adql_rv_t *rv;

    for (rv = cand->q->rvs; rv && i > 0; rv = rv->next, --i) {
    }
    return rv ? rv->name : NULL;
}

static int is_alias_of(const adql_query_t *q, const char *word)
{
    const adql_node_t *item;

    for (item = q->items; item; item = item->next) {
        if (item->kind == N_ITEM && item->alias.text
            && !strcasecmp(item->alias.text, word)) {
            return 1;
        }
    }
    return 0;
}

/* Is there a table WORD in FROM that is out of view just now? */
static int hidden_rv(const adql_query_t *q, const char *word)
{
    const adql_rv_t *rv;

    for (rv = q->rvs; rv; rv = rv->next) {
        if ((rv->id < q->rv_lo || rv->id >= q->rv_hi)
            && !strcasecmp(rv->name, word)) {
            return 1;
        }
    }
    return 0;
}

void adql_no_column(adql_ctx_t *c, adql_query_t *q, adql_node_t *col)
{
    const adql_name_t *name = col->name;
    const adql_tok_t *last = &name->part[name->n - 1];
    cand_t cand = {q, NULL};
    const adql_rv_t *rv;
    const char *near;
    int n = 0, is_quoted = last->op;

    while (q->is_scope) {
        q = cand.q = q->parent;
    }
    if (name->n > 1) {
        cand.only = adql_find_rv(c, q, name, name->n - 1);
        if (!cand.only) {
            adql_name_t table = *name;
            int nrv = 0;

            --table.n;
            if (hidden_rv(q, table.part[table.n - 1].text)) {
                adql_fail(c, col->off, "Table '%s' is not part of this "
                          "JOIN; its ON sees only the tables it joins.",
                          name_text(c, &table));
                adql_hint(c, "JOIN binds tighter than the comma.");
                return;
            }
            adql_fail(c, col->off, "'%s' is not a table of this FROM.",
                      name_text(c, &table));
            for (rv = q->rvs; rv; rv = rv->next) {
                ++nrv;
            }
            near = adql_nearest(c, table.part[table.n - 1].text, nrv, get_rv,
                                &cand);
            if (near) {
                adql_hint(c, "Did you mean %s?", near);
            }
            return;
        }
        adql_fail(c, last->off, "Table '%s' has no column '%s'.",
                  cand.only->name, last->text);
        n = adql_rv_ncols(cand.only);
    }
    else {
        adql_fail(c, col->off, "There is no column '%s' in the tables of "
                  "FROM.", last->text);
        for (rv = q->rvs; rv; rv = rv->next) {
            n += adql_rv_ncols(rv);
        }
    }
    near = adql_nearest(c, last->text, n, get_column, &cand);
    if (name->n == 1 && is_alias_of(q, last->text)) {
        static const char *const clauses[] = {
            "in SELECT itself", "in FROM", "in WHERE",
            "inside an expression of GROUP BY", "in HAVING",
            "inside an expression of ORDER BY"
        };

        adql_hint(c, "Names given in SELECT are not known %s; repeat the "
                  "expression.", clauses[q->in_clause]);
    }
    else if (is_quoted && near && strcasecmp(near, last->text)) {
        adql_hint(c, "Strings stand in single quotes: '%s'. Or did you mean "
                  "the column %s?", last->text, near);
    }
    else if (is_quoted && near) {
        adql_hint(c, "Delimited names keep their case. Did you mean %s?",
                  near);
    }
    else if (is_quoted) {
        adql_hint(c, "Strings stand in single quotes: '%s'.", last->text);
    }
    else if (near) {
        adql_hint(c, "Did you mean %s?", near);
    }
}

static const char *get_func(void *baton, int i)
{
    const int *n = baton; /* functions proper */

    return i < *n ? adql_funcs[i].name : adql_aliases[i - *n].alias;
}

void adql_no_function(adql_ctx_t *c, adql_node_t *call)
{
    static const struct {
        const char *name, *advice;
    } known[] = {
        {"ln", "LOG is the natural logarithm."},
        {"ceil", "It is called CEILING."},
        {"trunc", "It is called TRUNCATE."},
        {"pow", "It is called POWER."},
        {"random", "It is called RAND."},
        {"ucase", "It is called UPPER."},
        {"lcase", "It is called LOWER."},
        {"isnull", "Write x IS NULL."},
        {"ifnull", "It is called COALESCE."},
        {"nvl", "It is called COALESCE."},
        {"concat", "Strings are joined by ||."},
        {"mean", "It is called AVG."},
        {"square", "Write POWER(x, 2)."},
        {"iif", "Write CASE WHEN ... THEN ... ELSE ... END."},
        {"if", "Write CASE WHEN ... THEN ... ELSE ... END."},
        {"greatest", "Write CASE WHEN a > b THEN a ELSE b END."},
        {"least", "Write CASE WHEN a < b THEN a ELSE b END."},
        {"stddev", "Write SQRT(AVG(x*x) - AVG(x)*AVG(x)); arr_stddev is for "
         "arrays."},
        {"variance", "Write AVG(x*x) - AVG(x)*AVG(x)."},
        {"string_agg", "It is called ivo_string_agg."},
        {"group_concat", "It is called ivo_string_agg."},
        {"bitand", "It is called bitwise_and."},
        {"bit_and", "It is called bitwise_and."}
    };
    const char *near;
    int n = 0, nalias = 0;
    size_t i;

    while (adql_funcs[n].name) {
        ++n;
    }
    while (adql_aliases[nalias].alias) {
        ++nalias;
    }
    adql_fail(c, call->off, "There is no function '%s'.", call->text);
    for (i = 0; i < sizeof(known) / sizeof(*known); ++i) {
        if (!strcasecmp(call->text, known[i].name)) {
            adql_hint(c, "%s", known[i].advice);
            return;
        }
    }
    near = adql_nearest(c, call->text, n + nalias, get_func, &n);
    if (near) {
        adql_hint(c, "Did you mean %s?", near);
    }
}

typedef struct filters_t {
    const vo_release_t *rel;
    const char *survey;
} filters_t;

static const char *get_filter(void *baton, int i)
{
    const filters_t *f = baton;
    const vo_filter_t *filter = &f->rel->filters[i];

    return f->survey && strcasecmp(f->survey, filter->survey) ? NULL
                                                              : filter->name;
}

void adql_no_filter(adql_ctx_t *c, adql_node_t *elem, const char *survey,
                    const char *name, int off)
{
    filters_t f;
    const char *near;
    const char *list = NULL;
    int i, n = c->env->release->nfilters;

    (void)elem;
    f.rel = c->env->release;
    f.survey = survey;
    for (i = 0; survey && i < n; ++i) {
        if (!strcasecmp(f.rel->filters[i].survey, survey)) {
            break;
        }
    }
    if (survey && i == n) {
        adql_fail(c, elem->name ? elem->name->part[0].off : off,
                  "There is no survey '%s' with filters here.", survey);
        if (n) {
            adql_hint(c, "Did you mean %s?", f.rel->filters[0].survey);
        }
        return;
    }
    adql_fail(c, off, "There is no filter '%s'.", name);
    near = adql_nearest(c, name, n, get_filter, &f);
    if (near) {
        adql_hint(c, "Did you mean %s?", near);
        return;
    }
    for (i = 0; i < n && i < 20; ++i) {
        const char *one = get_filter(&f, i);

        if (one) {
            list = list ? apr_pstrcat(c->pool, list, ", ", one, NULL) : one;
        }
    }
    if (list) {
        adql_hint(c, "There are: %s.", list);
    }
}
