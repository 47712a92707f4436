/* vo_adql_ast.h: the tree of a query and what the checker adds to it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_ADQL_AST_H
#define VO_ADQL_AST_H

#include "vo_adql.h"

/*
 * One context per translation; all nodes live in its pool. The first error is
 * kept (c->err) and everything after it is harmless: functions go on with
 * neutral types and the caller looks at c->err at the end.
 */
typedef struct adql_ctx_t adql_ctx_t;
typedef struct adql_node_t adql_node_t;
typedef struct adql_query_t adql_query_t;
typedef struct adql_tref_t adql_tref_t;
typedef struct adql_rv_t adql_rv_t;
typedef struct adql_func_t adql_func_t;

#define ADQL_MAX_BYTES (1024 * 1024)
#define ADQL_MAX_DEPTH 400    /* of one expression */
#define ADQL_MAX_NESTING 100  /* of queries inside queries */
#define ADQL_MAX_PARAMS 65000 /* PostgreSQL's own limit is 65535 */
#define ADQL_MAX_TABLES 1000  /* in FROM, all subqueries together */
#define ADQL_MAX_CTES 100     /* of WITH */
#define ADQL_MAX_OUTPUTS 1600 /* PostgreSQL's own limit is 1664 */

/* PostgreSQL's built-in type numbers (pg_type.dat), fixed for ever. */
enum {
    OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21,
    OID_INT4 = 23, OID_TEXT = 25, OID_FLOAT4 = 700, OID_FLOAT8 = 701,
    OID_BOOL_A = 1000, OID_INT2_A = 1005, OID_INT4_A = 1007,
    OID_TEXT_A = 1009, OID_INT8_A = 1016, OID_FLOAT4_A = 1021,
    OID_FLOAT8_A = 1022, OID_TIMESTAMP = 1114
};

/* ---- tokens and names ------------------------------------------------- */

typedef struct adql_tok_t {
    int off, end;     /* bytes [off, end) of the text */
    const char *text; /* names and strings without quotes; else NULL */
    int op;           /* operator, or 1 for a delimited name */
} adql_tok_t;

typedef struct adql_name_t {
    int n;                /* parts in use */
    adql_tok_t part[4];   /* catalogue, schema, table, column */
} adql_name_t;

enum { OP_EQ = 1, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
       OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_CAT };

/* ---- expressions ------------------------------------------------------ */

typedef enum {
    N_NUM, N_STR, N_NULL,
    N_COL,      /* name; after checking rv and colno */
    N_FUNC,     /* text, args in list; is_star, is_distinct */
    N_BIN,      /* op, a, b */
    N_NEG, N_POS, /* a */
    N_ELEM,     /* a [ b ] or a [ survey::filter ] (name) */
    N_SLICE,    /* a [ b : c ] */
    N_CAST,     /* a, text = type word, len */
    N_CASE,     /* a or NULL, list of N_WHEN, b = ELSE or NULL */
    N_WHEN,     /* a THEN b */
    N_SUBQ,     /* query as a value */
    N_MERGED,   /* column of a NATURAL or USING full join: COALESCE(a, b) */
    /* conditions */
    N_AND, N_OR,  /* list */
    N_NOT,        /* a */
    N_CMP,        /* op, a, b */
    N_BETWEEN,    /* a, b, c, is_not */
    N_IN,         /* a, list, is_not */
    N_INSUB,      /* a, query, is_not */
    N_LIKE,       /* a, b, is_not; op 1 = ILIKE */
    N_ISNULL,     /* a, is_not */
    N_EXISTS,     /* query */
    /* parts of clauses */
    N_STAR,       /* * or name.* (name.n > 0) */
    N_ITEM,       /* a AS alias */
    N_ORDER       /* a, op 1 = DESC */
} adql_kind_e;

/* What kind of value an expression is. */
typedef enum {
    T_NONE,   /* not known: an error was met */
    T_NULL, T_BOOL, T_INT, T_REAL, T_TEXT, T_TIME, T_GEOM, T_ARRAY, T_OTHER,
    T_COND    /* true or false: a condition, not a value */
} adql_class_e;

typedef enum {
    G_NONE, G_POINT, G_CIRCLE, G_POLYGON, G_REGION, G_MOC
} adql_geom_e;

typedef struct adql_type_t {
    adql_class_e cls;
    adql_geom_e geom;   /* of T_GEOM */
    unsigned oid;       /* PostgreSQL type the SQL yields */
    vo_type_e vo;       /* VOTable type of an element */
    int size;           /* VO_SCALAR, n, VO_VARIABLE */
    const char *arraysize;
} adql_type_t;

struct adql_node_t {
    adql_kind_e kind;
    int off, end;          /* bytes of the text */
    short op, depth;
    unsigned char is_not, is_distinct, is_star, is_paren;
    unsigned char has_agg; /* an aggregate of this level is inside */
    int len;               /* N_CAST: length or -1; N_FUNC: number of args */
    const char *text;
    adql_node_t *a, *b, *c;
    adql_node_t *list, *tail, *next;
    adql_name_t *name;     /* column, or survey::filter */
    adql_tok_t alias;
    adql_query_t *query;
    /* set by the checker */
    adql_type_t ty;
    const vo_field_t *meta;    /* column whose meaning the value keeps */
    const char *unit, *ucd;    /* NULL = none or unknown */
    adql_rv_t *rv;             /* N_COL; of arr_map: x */
    int colno;
    const adql_func_t *func;   /* N_FUNC */
};

typedef struct adql_list_t { /* grammar's open list */
    adql_node_t *first, *last;
    int n;
} adql_list_t;

/* ---- tables in FROM --------------------------------------------------- */

typedef enum {
    R_TABLE, R_SUB, R_JOIN,
    R_UNNEST /* name ( args ) AS alias ( names ) */
} adql_tref_e;
typedef enum { J_INNER, J_LEFT, J_RIGHT, J_FULL } adql_join_e;

/* One named column of a FROM tree, as SELECT * would give it. */
typedef struct adql_scol_t {
    const char *name;
    adql_node_t *node; /* resolved N_COL or N_MERGED */
} adql_scol_t;

typedef struct adql_scols_t {
    int n;
    adql_scol_t *col;
} adql_scols_t;

struct adql_tref_t {
    adql_tref_e kind;
    int off, end;
    short depth;
    adql_name_t *name;          /* R_TABLE, R_UNNEST */
    adql_query_t *query;        /* R_SUB */
    adql_tok_t alias;           /* text NULL = none */
    adql_join_e join;
    int is_natural;
    adql_tref_t *left, *right;  /* R_JOIN */
    adql_node_t *on;
    adql_node_t *using_list;    /* N_COL nodes */
    adql_node_t *args;          /* R_UNNEST */
    adql_node_t *names;         /* R_UNNEST: N_COL nodes, or NULL */
    adql_tref_t *next, *tail;   /* comma; the first knows the last */
    /* set by the checker */
    adql_rv_t *rv;
    int rv_lo, rv_hi;           /* ids [lo, hi) inside */
    adql_scols_t *cols;
    int is_merging;             /* a NATURAL or USING join is inside */
};

typedef struct adql_cte_t adql_cte_t;
struct adql_cte_t {
    adql_tok_t name;
    adql_query_t *query;
    int id;                     /* printed as w<id> */
    adql_cte_t *next, *tail;    /* the first knows the last */
};

/* A range variable: something in FROM that columns are taken from. */
struct adql_rv_t {
    int id;                     /* printed as t<id>, unique in the text */
    const char *name;           /* alias or table name */
    int is_quoted;
    const char *schema;         /* of a table without alias, else NULL */
    const vo_table_t *table;    /* base table, or NULL */
    adql_query_t *query;        /* derived table or CTE; of UNNEST and arr_map
                                 * one with nothing but its columns */
    const adql_cte_t *cte;
    adql_query_t *owner;        /* the SELECT it belongs to */
    adql_rv_t *next;
};

/* ---- queries ---------------------------------------------------------- */

/* One column of a query's result. */
typedef struct adql_out_t {
    const char *name;           /* as the user sees it, unique */
    adql_node_t *expr;          /* of the (leftmost) SELECT */
    adql_type_t ty;             /* after uniting set operands */
    short is_named;             /* by the user or by a column */
    short is_text;              /* a geometry that passes on as text, since
                                 * DISTINCT and UNION compare */
} adql_out_t;

/* SET_PAREN: a query in parentheses with an order of its own outside */
enum { SET_NONE, SET_UNION, SET_EXCEPT, SET_INTERSECT, SET_PAREN };

struct adql_query_t {
    int off, end;
    short depth;
    short is_checked;            /* names and types are done */
    int set_op, is_all;          /* SET_NONE: a SELECT */
    adql_query_t *left, *right;
    adql_cte_t *ctes;
    int is_distinct;
    apr_int64_t top, offset;     /* -1 = none */
    adql_node_t *items, *where, *group, *having, *order;
    adql_tref_t *from;
    int is_paren;
    /* set by the checker */
    adql_query_t *parent;        /* whose columns are visible too, or NULL */
    adql_rv_t *rvs, *rvs_tail;
    int rv_lo, rv_hi;            /* ids visible just now: [lo, hi) */
    int nout;
    adql_out_t *out;
    int is_agg;                  /* grouped, or an aggregate is used */
    int is_merging;
    int in_clause;               /* CL_...: where checking is just now */
    int is_scope;                /* no query of its own: where x is known */
    int is_grouping;             /* what is printed stands beside its groups:
                                  * there is no column of cells */
    int nhidden;                 /* cell columns for outer conditions, h1 ... */
    struct adql_hidden_t *hidden;
};

/* The cell column of RV, when a query passes its position on: HPX as in
 * adql_point_t. */
typedef struct adql_hidden_t {
    adql_rv_t *rv;
    int hpx;
} adql_hidden_t;

enum { CL_SELECT, CL_FROM, CL_WHERE, CL_GROUP, CL_HAVING, CL_ORDER };

/* ---- the context ------------------------------------------------------ */

typedef struct adql_param_t {
    unsigned oid;
    const char *text;
} adql_param_t;

struct adql_ctx_t {
    apr_pool_t *pool;
    const char *text;
    int len, version;
    const vo_adql_env_t *env;    /* NULL when only parsing */
    vo_err_t *err;
    adql_query_t *query;         /* result of the parser */
    int subq_end;                /* end of the last ( query ), for hints */
    int in_from;                 /* last clause word seen was FROM or JOIN */
    int open;                    /* parentheses not yet closed */
    adql_tok_t prev, prev2;      /* tokens before the present one */
    int prev_tk, prev2_tk;
    int next_rv, next_cte;
    adql_cte_t *ctes;
    int nquery;                  /* queries open just now */
    int nnames;                  /* resolved by the network so far */
    /* printing */
    char *sql;
    size_t sql_len, sql_size;
    adql_param_t *params;
    int nparams, params_size;
    int *param_slots;            /* hash of params, 0 = free */
    int nslots;
    int nfull;                   /* FULL JOINs open that are spelled out */
    adql_query_t *grouped;       /* the query open that is_grouping */
    double cone_area;            /* smallest constant shape used, or -1 */
    apr_array_header_t *tables;  /* const vo_table_t *: what it reads */
};

/* vo_adql_ast.c */
void adql_fail(adql_ctx_t *c, int off, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void adql_fail_kind(adql_ctx_t *c, vo_err_kind_e kind, int off,
                    const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void adql_hint(adql_ctx_t *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
adql_node_t *adql_node(adql_ctx_t *c, adql_kind_e kind, int off, int end);
adql_node_t *adql_node_op(adql_ctx_t *c, adql_kind_e kind, int op,
                          adql_node_t *a, adql_node_t *b);
adql_node_t *adql_node_tok(adql_ctx_t *c, adql_kind_e kind,
                           const adql_tok_t *tok);
adql_node_t *adql_node_bool(adql_ctx_t *c, adql_kind_e kind, adql_node_t *a,
                            adql_node_t *b);
adql_node_t *adql_node_func(adql_ctx_t *c, const adql_tok_t *name,
                            adql_list_t *args, int end);
adql_list_t *adql_list_add(adql_ctx_t *c, adql_list_t *list,
                           adql_node_t *node);
adql_name_t *adql_name_add(adql_ctx_t *c, adql_name_t *name,
                           const adql_tok_t *tok);
adql_query_t *adql_query(adql_ctx_t *c, int off);
adql_query_t *adql_query_set(adql_ctx_t *c, int op, int is_all,
                             adql_query_t *left, adql_query_t *right);
adql_tref_t *adql_tref(adql_ctx_t *c, adql_tref_e kind, int off, int end);
adql_tref_t *adql_tref_join(adql_ctx_t *c, int join, adql_tref_t *left,
                            adql_tref_t *right);
apr_int64_t adql_count(adql_ctx_t *c, const adql_tok_t *tok,
                       const char *what);
int adql_same(const adql_node_t *x, const adql_node_t *y);
int adql_same_query(const adql_query_t *x, const adql_query_t *y);
int adql_parse(adql_ctx_t *c); /* 0 = c->query is set */
void adql_ctx_init(adql_ctx_t *c, const char *text, int version,
                   const vo_adql_env_t *env, apr_pool_t *pool);

/* adql.lemon */
void *adql_parser_new(adql_ctx_t *c);
void adql_parser_feed(void *parser, int tk, const adql_tok_t *tok);

/* vo_adql_lex.re: the next token's code (0 at the end), -1 after an error. */
int adql_lex(adql_ctx_t *c, int *pos, adql_tok_t *tok);

/* vo_adql_words.c: token code of a reserved word of LEN bytes, or 0. */
int adql_word(const char *word, size_t len);

/* vo_adql_suggest.c */
void adql_syntax_error(adql_ctx_t *c, int tk, const adql_tok_t *tok);
const char *adql_nearest(adql_ctx_t *c, const char *word, int n,
                         const char *(*get)(void *baton, int i),
                         void *baton);
void adql_no_table(adql_ctx_t *c, const adql_name_t *name);
void adql_no_column(adql_ctx_t *c, adql_query_t *q, adql_node_t *col);
void adql_no_function(adql_ctx_t *c, adql_node_t *call);
void adql_no_filter(adql_ctx_t *c, adql_node_t *elem, const char *survey,
                    const char *name, int off);

/* vo_adql_shape.c: what can be said without names (also after parsing only) */
void adql_shape_query(adql_ctx_t *c, adql_query_t *q);

/* vo_adql_scope.c */
void adql_bind_from(adql_ctx_t *c, adql_query_t *q);
int adql_resolve(adql_ctx_t *c, adql_query_t *q, adql_node_t *col);
adql_scols_t *adql_tref_cols(adql_ctx_t *c, adql_tref_t *t);
adql_node_t *adql_col_node(adql_ctx_t *c, adql_rv_t *rv, int colno, int off,
                           int end);
int adql_rv_ncols(const adql_rv_t *rv);
const char *adql_rv_col(const adql_rv_t *rv, int colno);
adql_rv_t *adql_find_rv(adql_ctx_t *c, adql_query_t *q,
                        const adql_name_t *name, int nparts);

/* vo_adql_query.c */
void adql_check_query(adql_ctx_t *c, adql_query_t *q, adql_query_t *parent);
void adql_check_fields(adql_ctx_t *c, adql_query_t *q,
                       vo_adql_result_t *res, apr_pool_t *result_pool);

/* vo_adql_check.c */
void adql_check_expr(adql_ctx_t *c, adql_query_t *q, adql_node_t *n);
void adql_check_value(adql_ctx_t *c, adql_query_t *q, adql_node_t *n);
void adql_check_cond(adql_ctx_t *c, adql_query_t *q, adql_node_t *n);
const char *adql_type_name(const adql_type_t *ty);
int adql_is_number(const adql_type_t *ty);
void adql_set_type(adql_type_t *ty, unsigned oid);
int adql_unite(adql_type_t *into, const adql_type_t *other);

/* vo_adql_types.c */
void adql_column_type(adql_type_t *ty, const vo_column_t *col);
unsigned adql_element_oid(unsigned array_oid);
unsigned adql_array_oid(unsigned element_oid);
const char *adql_oid_name(unsigned oid);
unsigned adql_wider(unsigned x, unsigned y);
int adql_time_text(adql_ctx_t *c, const char *text, const char **iso);

/* vo_adql_func.c */
struct adql_func_t {
    const char *name;      /* lower case */
    short min, max;        /* arguments; max -1 = any number */
    const char *args;      /* a class letter for each, the last repeats */
    const char *result;    /* result letter, see vo_adql_func.c */
    const char *sql;       /* template: %1 ... are the arguments */
    unsigned flags;
    const char *unit;      /* "=" keeps the argument's */
    const char *feature;   /* language feature, or NULL */
    const char *form;      /* as announced; NULL = NAME in upper case */
    const char *about;
};
enum {
    F_AGG = 1, F_GEOM = 2, F_ARRAY = 4, F_SPECIAL = 8, F_CONSTRUCTOR = 16,
    F_NAMES = 32 /* only where names are resolved */
};
/* Other names of functions, as TOPCAT and DaCHS users know them. */
typedef struct adql_alias_t {
    const char *alias, *name;
} adql_alias_t;
extern const adql_alias_t adql_aliases[];
extern const adql_func_t adql_funcs[];
const adql_func_t *adql_func_find(const char *name);
void adql_check_func(adql_ctx_t *c, adql_query_t *q, adql_node_t *n);
void adql_print_func(adql_ctx_t *c, const adql_node_t *n);

/* vo_adql_udf.c: what special functions ask for and print; 0 = not one */
void adql_check_special(adql_ctx_t *c, adql_node_t *n);
int adql_print_udf(adql_ctx_t *c, const adql_node_t *n);

/* vo_adql_unnest.c */
void adql_bind_unnest(adql_ctx_t *c, adql_query_t *q, adql_tref_t *t);
void adql_print_unnest(adql_ctx_t *c, const adql_tref_t *t);
void adql_check_map(adql_ctx_t *c, adql_query_t *q, adql_node_t *n);
void adql_print_map(adql_ctx_t *c, const adql_node_t *n);
/* A new range variable of Q in FROM's list, named NAME. */
adql_rv_t *adql_new_rv(adql_ctx_t *c, adql_query_t *q, const char *name,
                       int off);
void adql_add_out(adql_ctx_t *c, adql_query_t *q, const char *name,
                  adql_node_t *expr, int is_named);
const char *adql_default_name(adql_ctx_t *c, const adql_node_t *n,
                              int number, int *is_named);
void adql_unique_names(adql_ctx_t *c, adql_query_t *q);
int adql_has_query(const adql_node_t *n);

/* vo_adql_array.c */
void adql_check_elem(adql_ctx_t *c, adql_query_t *q, adql_node_t *n);
void adql_check_array_bin(adql_ctx_t *c, adql_node_t *n);
void adql_print_elem(adql_ctx_t *c, const adql_node_t *n);
void adql_print_array_bin(adql_ctx_t *c, const adql_node_t *n);

/* vo_adql_unit.c: multiply by *FACTOR to go from FROM to TO; 0 = fine */
int adql_unit_factor(const char *from, const char *to, double *factor,
                     const char **why, apr_pool_t *pool);
int adql_unit_is_known(const char *unit, const char **why, apr_pool_t *pool);
const char *adql_infer_unit(adql_ctx_t *c, const adql_node_t *n);

/* vo_adql_geom.c */
typedef struct adql_point_t {
    enum { P_CONST, P_PAIR, P_EXPR } how;
    double ra, dec;              /* P_CONST */
    const adql_node_t *lon, *lat; /* P_PAIR */
    adql_rv_t *rv;               /* P_PAIR that is RV's indexed position */
    int hpx;                     /* of RV: -1 the table's cell column, or the
                                  * number of the hidden column of its query */
    const adql_node_t *expr;     /* P_EXPR: a geometry */
} adql_point_t;

typedef struct adql_gpred_t {    /* a recognised geometry condition */
    enum { GP_NONE, GP_CONTAINS, GP_INTERSECTS, GP_DISTANCE } how;
    int is_negated;              /* true where the test is false */
    int op;                      /* GP_DISTANCE: OP_LT or OP_LE */
    const adql_node_t *x, *y;    /* inner and outer, or the two */
    adql_point_t p1, p2;         /* GP_DISTANCE; circles become this too */
    const adql_node_t *radius;   /* GP_DISTANCE */
    int has_radius;              /* RADIUS is a constant */
    double r;
} adql_gpred_t;

int adql_gpred(adql_ctx_t *c, const adql_node_t *n, adql_gpred_t *g);
int adql_is_distance(const adql_node_t *n);
int adql_flip(int op);  /* of a comparison whose sides change places */
void adql_pair(adql_ctx_t *c, const adql_node_t *lon, const adql_node_t *lat,
               adql_point_t *p);
void adql_print_gpred(adql_ctx_t *c, const adql_gpred_t *g);
int adql_fold(const adql_node_t *n, double *value);
int adql_point(adql_ctx_t *c, const adql_node_t *n, adql_point_t *p);
void adql_note_positions(adql_ctx_t *c, const adql_node_t *n);
void adql_print_geom(adql_ctx_t *c, const adql_node_t *n);
void adql_print_geom_func(adql_ctx_t *c, const adql_node_t *n);
void adql_print_geom_out(adql_ctx_t *c, const adql_node_t *n);
void adql_check_geom_func(adql_ctx_t *c, adql_query_t *q, adql_node_t *n);
void adql_print_lon(adql_ctx_t *c, const adql_point_t *p);
void adql_print_lat(adql_ctx_t *c, const adql_point_t *p);
const adql_node_t *adql_geom_arg(const adql_node_t *n, int i, int *nargs);
int adql_frame(const adql_node_t *n);

/* vo_adql_cover.c: constant shapes as ranges and text, via the sky library */
typedef struct adql_range_t {
    apr_int64_t lo, hi;
    int is_border;
} adql_range_t;
/* STC-S or DALI text of the constant geometry N, or NULL if it is not one;
 * an impossible shape is an error of C. */
const char *adql_const_shape(adql_ctx_t *c, const adql_node_t *n);
int adql_number(const char *text, double *value);
const char *adql_format(adql_ctx_t *c, double value);
int adql_cover_circle(adql_ctx_t *c, double ra, double dec, double r,
                      adql_range_t **ranges);
int adql_cover_shape(adql_ctx_t *c, const char *shape, adql_range_t **ranges);

/* vo_adql_zone.c */
void adql_print_boxes(adql_ctx_t *c, adql_query_t *q);
int adql_indexed_cell(adql_ctx_t *c, const adql_node_t *n, adql_point_t *p,
                      int *shift);
int adql_print_cell_cond(adql_ctx_t *c, const adql_node_t *n);

/* vo_adql_match.c */
int adql_print_from(adql_ctx_t *c, adql_query_t *q);

/* vo_adql_print.c */
void adql_put(adql_ctx_t *c, const char *text);
void adql_putn(adql_ctx_t *c, const char *text, size_t n);
void adql_putf(adql_ctx_t *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void adql_put_ident(adql_ctx_t *c, const char *name);
void adql_put_param(adql_ctx_t *c, unsigned oid, const char *text);
void adql_put_double(adql_ctx_t *c, double value);
void adql_put_int8(adql_ctx_t *c, apr_int64_t value);
void adql_print_expr(adql_ctx_t *c, const adql_node_t *n);
void adql_print_as(adql_ctx_t *c, const adql_node_t *n, unsigned oid);
void adql_print_query(adql_ctx_t *c, adql_query_t *q, int is_top,
                      apr_int64_t limit);
void adql_print_rv(adql_ctx_t *c, const adql_rv_t *rv);
/* The text of an array, written element by element from {NULL, 0, 0} on. */
typedef struct adql_array_text_t {
    char *text;
    size_t len, size;
} adql_array_text_t;
void adql_array_add(adql_ctx_t *c, adql_array_text_t *a, const char *piece,
                    int is_string);
const char *adql_array_end(adql_ctx_t *c, const adql_array_text_t *a);
void adql_print_hpx(adql_ctx_t *c, const adql_rv_t *rv, int hpx);
/* Q (NULL: none) begins to print what stands beside its groups, or what does
 * not; returns the query that did before, to go back to. */
adql_query_t *adql_grouping(adql_ctx_t *c, adql_query_t *q);
int adql_has_group(const adql_ctx_t *c, const adql_node_t *n);

/* vo_adql_reprint.c */
const char *adql_reprint_query(adql_ctx_t *c, const adql_query_t *q);

#endif
