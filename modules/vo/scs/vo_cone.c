/* vo_cone.c: the columns and the SQL of a cone search. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_cone.h"

#include <strings.h>

#include <apr_sha1.h>
#include <apr_strings.h>

#include "../meta/vo_column_sql.h"
#include "../sky/sky.h"
#include "../vo_num.h"

/* Measured on 10^6 rows, radii 0.01 to 1 degree: with 4, 8, 16, 32 ranges a
 * query takes 0.12, 0.06, 0.09, 0.15 ms, covering included. Fewer read more
 * rows that the exact test rejects, more cost more than they save. The same
 * ranges as an OR of comparisons take 0.09 (4) to 0.4 ms (32). */
#define CONE_RANGES 8

/* A centre or radius typed in decimals may miss a row on the boundary by the
 * last bit; this is 0.4 nano-arcseconds. */
#define CONE_SLACK_DEG 1e-13

#define OID_INT8 20u
#define OID_TEXT 25u
#define OID_FLOAT8 701u
#define OID_BOOL_ARRAY 1000u
#define OID_INT8_ARRAY 1016u

#define UCD1_ID "ID_MAIN"
#define UCD1_RA "POS_EQ_RA_MAIN"
#define UCD1_DEC "POS_EQ_DEC_MAIN"

int vo_cone_serves(const vo_table_t *table)
{
    return table->is_cone && table->ra && table->dec && table->pg_hpx
           && table->pg_table;
}

/* ---- columns ---------------------------------------------------------- */

/* The select list is gathered piece by piece. */
typedef struct builder_t {
    const vo_table_t *table;
    apr_array_header_t *list;   /* const char *: expressions */
    apr_array_header_t *fields; /* vo_field_t */
    apr_pool_t *pool;
} builder_t;

static const char *column_sql(const builder_t *b, const char *pg_column)
{
    return apr_pstrcat(b->pool, "t.", vo_sql_ident(pg_column, b->pool), NULL);
}

static void add(builder_t *b, const vo_field_t *field, const char *sql)
{
    APR_ARRAY_PUSH(b->fields, vo_field_t) = *field;
    APR_ARRAY_PUSH(b->list, const char *) = sql;
}

static void add_position(builder_t *b, const vo_column_t *column,
                         const char *ucd, const char *coosys_id)
{
    vo_field_t f = column->field;
    const char *sql = column_sql(b, column->pg_column);

    if (f.pg_oid != OID_FLOAT8) {
        sql = apr_pstrcat(b->pool, sql, "::float8", NULL);
    }
    f.type = VO_TYPE_DOUBLE;
    f.size = VO_SCALAR;
    f.arraysize = NULL;
    f.null_value = NULL;
    f.pg_oid = OID_FLOAT8;
    f.unit = "deg";
    f.ucd = ucd;
    f.ref = coosys_id;
    add(b, &f, sql);
}

/* Is UCD, in whatever case, WORD or WORD and more words? */
static int ucd_begins(const char *ucd, const char *word)
{
    size_t len = strlen(word);

    return ucd && !strncasecmp(ucd, word, len)
           && (!ucd[len] || ucd[len] == ';');
}

/* 2 for a column that is or belongs to the main identifier, 1 for one that is
 * or belongs to some identifier, else 0. */
static int id_rank(const vo_field_t *f)
{
    size_t len = f->ucd ? strlen(f->ucd) : 0;

    if (!ucd_begins(f->ucd, "meta.id") && !ucd_begins(f->ucd, "meta.id.part")) {
        return 0;
    }
    if (f->size != VO_SCALAR && f->type != VO_TYPE_CHAR) {
        return 0;
    }
    return len > 10 && !strcasecmp(f->ucd + len - 10, ";meta.main") ? 2 : 1;
}

static void as_text(vo_field_t *f)
{
    f->type = VO_TYPE_CHAR;
    f->size = VO_VARIABLE;
    f->arraysize = "*";
    f->pg_oid = OID_TEXT;
    f->unit = NULL;
    f->null_value = NULL;
    f->xtype = NULL;
}

static int is_text(const vo_field_t *f)
{
    return f->type == VO_TYPE_CHAR && f->size != VO_SCALAR;
}

static void add_id(builder_t *b)
{
    const vo_table_t *t = b->table;
    const char *sql = NULL, *names = "";
    vo_field_t f;
    int i, best = 1;

    if (t->id) {
        f = t->id->field;
        sql = column_sql(b, t->id->pg_column);
        if (!is_text(&f)) {
            sql = apr_pstrcat(b->pool, sql, "::text", NULL);
            as_text(&f);
        }
        f.ucd = UCD1_ID;
        add(b, &f, sql);
        return;
    }
    for (i = 0; i < t->ncolumns; ++i) {
        if (id_rank(&t->columns[i]->field) > best) {
            best = 2;
        }
    }
    for (i = 0; i < t->ncolumns; ++i) {
        const vo_column_t *c = t->columns[i];

        if (id_rank(&c->field) == best) {
            sql = apr_pstrcat(b->pool, sql ? sql : "concat_ws('-'", ", ",
                              column_sql(b, c->pg_column), NULL);
            names = apr_pstrcat(b->pool, names, *names ? "-" : "",
                                c->field.name, NULL);
        }
    }
    memset(&f, 0, sizeof(f));
    as_text(&f);
    f.ucd = UCD1_ID;
    f.name = vo_table_column(t, "id") ? "cone_id" : "id";
    if (sql) {
        f.description = apr_psprintf(b->pool, "Identifier, made of %s", names);
        add(b, &f, apr_pstrcat(b->pool, sql, ")", NULL));
    }
    else {
        f.description = "HEALPix cell (order 29, nested) of the position";
        add(b, &f, apr_pstrcat(b->pool, column_sql(b, t->pg_hpx), "::text",
                               NULL));
    }
}

/* Any other column. What claims to be one of the three main ones is not. */
static void add_column(builder_t *b, const vo_column_t *column)
{
    static const char *const claims[][2] = {
        { "meta.id;meta.main", "meta.id" },
        { "pos.eq.ra;meta.main", "pos.eq.ra" },
        { "pos.eq.dec;meta.main", "pos.eq.dec" },
        { UCD1_ID, "meta.id" },
        { UCD1_RA, "pos.eq.ra" },
        { UCD1_DEC, "pos.eq.dec" }
    };
    vo_field_t f;
    const char *sql = vo_column_output(&f, column, "t", b->pool);
    size_t i;

    for (i = 0; f.ucd && i < sizeof(claims) / sizeof(claims[0]); ++i) {
        if (!strcasecmp(f.ucd, claims[i][0])) {
            f.ucd = claims[i][1];
        }
    }
    add(b, &f, sql);
}

static int has_principal(const vo_table_t *t)
{
    int i;

    for (i = 0; i < t->ncolumns; ++i) {
        if (t->columns[i]->is_principal) {
            return 1;
        }
    }
    return 0;
}

/* A name that stands for this very text and these types. */
static const char *digest_name(const vo_cone_t *cone, apr_pool_t *pool)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    char hex[2 * APR_SHA1_DIGESTSIZE + 1];
    apr_sha1_ctx_t ctx;
    int i;

    apr_sha1_init(&ctx);
    apr_sha1_update_binary(&ctx, (const unsigned char *)cone->sql,
                           (unsigned)strlen(cone->sql));
    for (i = 0; i < cone->nfields; ++i) {
        apr_sha1_update_binary(&ctx,
                               (const unsigned char *)&cone->fields[i].pg_oid,
                               sizeof(cone->fields[i].pg_oid));
    }
    apr_sha1_final(digest, &ctx);
    for (i = 0; i < APR_SHA1_DIGESTSIZE; ++i) {
        apr_snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    return apr_pstrcat(pool, "cone_", hex, NULL);
}

const char *vo_cone_from_sql(const vo_table_t *table, apr_pool_t *pool)
{
    const char *hpx = vo_sql_ident(table->pg_hpx, pool);
    const char *ra = vo_sql_ident(table->ra->pg_column, pool);
    const char *dec = vo_sql_ident(table->dec->pg_column, pool);

    /* Parameters behind sub-selects look the same to the planner whatever they
     * are, so it settles on one plan and keeps it. */
    return apr_pstrcat(
        pool, " FROM unnest((SELECT $1::int8[]), (SELECT $2::int8[]),"
        " (SELECT $3::bool[])) AS r(lo, hi, border) JOIN ",
        vo_sql_ident(table->pg_schema, pool), ".",
        vo_sql_ident(table->pg_table, pool), " AS t ON sky_hpx_in(t.", hpx,
        ", r.lo, r.hi) WHERE (NOT r.border OR sky_distance(t.", ra, ", t.",
        dec, ", $4::float8, $5::float8) <= $6::float8)", NULL);
}

vo_cone_t *vo_cone_make(const vo_table_t *table, int verb,
                        const char *coosys_id, apr_pool_t *pool)
{
    vo_cone_t *cone = apr_pcalloc(pool, sizeof(*cone));
    int all = verb >= VO_CONE_MAX_VERB || !has_principal(table);
    builder_t b;
    int i;

    b.table = table;
    b.pool = pool;
    b.list = apr_array_make(pool, table->ncolumns + 1, sizeof(char *));
    b.fields = apr_array_make(pool, table->ncolumns + 1, sizeof(vo_field_t));
    add_id(&b);
    add_position(&b, table->ra, UCD1_RA, coosys_id);
    add_position(&b, table->dec, UCD1_DEC, coosys_id);
    cone->id = 0;
    cone->ra = 1;
    cone->dec = 2;
    for (i = 0; verb > VO_CONE_MIN_VERB && i < table->ncolumns; ++i) {
        const vo_column_t *c = table->columns[i];

        if (c != table->id && c != table->ra && c != table->dec
            && (all || c->is_principal)) {
            add_column(&b, c);
        }
    }
    cone->nfields = b.fields->nelts;
    cone->fields = (vo_field_t *)b.fields->elts;

    cone->sql = apr_pstrcat(pool, "SELECT ",
                            apr_array_pstrcat(pool, b.list, ','),
                            vo_cone_from_sql(table, pool),
                            " LIMIT (SELECT $7::int8)", NULL);
    cone->prepare_name = digest_name(cone, pool);
    return cone;
}

/* ---- parameters ------------------------------------------------------- */

static const char *number_param(double value, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_double(buf, value);
    return buf;
}

vo_err_t *vo_cone_request(vo_sql_req_t *req, const vo_cone_t *cone,
                          double ra_deg, double dec_deg, double radius_deg,
                          apr_int64_t maxrec, apr_pool_t *pool)
{
    static const unsigned oids[] = { OID_INT8_ARRAY, OID_INT8_ARRAY,
                                     OID_BOOL_ARRAY, OID_FLOAT8, OID_FLOAT8,
                                     OID_FLOAT8, OID_INT8 };
    sky_range_t ranges[CONE_RANGES];
    const char **params = apr_palloc(pool, 7 * sizeof(char *));
    char *lo = apr_palloc(pool, CONE_RANGES * (VO_NUM_SIZE + 1) + 3);
    char *hi = apr_palloc(pool, CONE_RANGES * (VO_NUM_SIZE + 1) + 3);
    char *border = apr_palloc(pool, CONE_RANGES * 2 + 3);
    char *limit = apr_palloc(pool, VO_NUM_SIZE);
    char *p = lo, *q = hi, *b = border;
    int i, n;

    radius_deg += CONE_SLACK_DEG;
    if (radius_deg > 180) {
        radius_deg = 180;
    }
    n = sky_circle_ranges(ra_deg, dec_deg, radius_deg, CONE_RANGES, ranges);
    if (n < 0) {
        return vo_err_fault(pool, APR_EGENERAL, "The cone cannot be covered",
                            "sky_circle_ranges(%.17g, %.17g, %.17g)", ra_deg,
                            dec_deg, radius_deg);
    }
    for (i = 0; i < n; ++i) {
        char mark = i ? ',' : '{';

        *p++ = *q++ = *b++ = mark;
        p += vo_num_from_int64(p, ranges[i].lo);
        q += vo_num_from_int64(q, ranges[i].hi);
        *b++ = ranges[i].is_border ? 't' : 'f';
    }
    if (!n) {
        *p++ = *q++ = *b++ = '{';
    }
    *p++ = *q++ = *b++ = '}';
    *p = *q = *b = '\0';
    vo_num_from_int64(limit, maxrec + 1);
    params[0] = lo;
    params[1] = hi;
    params[2] = border;
    params[3] = number_param(ra_deg, pool);
    params[4] = number_param(dec_deg, pool);
    params[5] = number_param(radius_deg, pool);
    params[6] = limit;
    req->sql = cone->sql;
    req->prepare_name = cone->prepare_name;
    req->nparams = 7;
    req->params = params;
    req->param_oids = oids;
    req->max_rows = maxrec;
    req->is_small = 1;
    return NULL;
}

const char *vo_cone_sample_sql(const vo_table_t *table, apr_pool_t *pool)
{
    const char *ra = vo_sql_ident(table->ra->pg_column, pool);
    const char *dec = vo_sql_ident(table->dec->pg_column, pool);

    return apr_pstrcat(pool, "SELECT ", ra, "::float8,", dec, "::float8 FROM ",
                       vo_sql_ident(table->pg_schema, pool), ".",
                       vo_sql_ident(table->pg_table, pool), " WHERE ",
                       vo_sql_ident(table->pg_hpx, pool),
                       " IS NOT NULL LIMIT 1", NULL);
}

/* ---- for rows of other results ---------------------------------------- */

/* The name under which COLUMN is among FIELDS, or NULL. */
static const char *called(const vo_column_t *column, int nfields,
                          const vo_field_t *fields)
{
    int i;

    for (i = 0; i < nfields; ++i) {
        if (fields[i].column == column) {
            return fields[i].name;
        }
    }
    return NULL;
}

void vo_cone_descriptor(apr_array_header_t *to, const vo_table_t *table,
                        int nfields, const vo_field_t *fields,
                        const char *url, apr_pool_t *pool)
{
    static const vo_param_t params[] = {
        {.name = "RA", .unit = "deg", .ucd = "pos.eq.ra",
         .description = "Right ascension of the centre, ICRS"},
        {.name = "DEC", .unit = "deg", .ucd = "pos.eq.dec",
         .description = "Declination of the centre, ICRS"},
        {.name = "SR", .unit = "deg", .ucd = "pos.angDistance",
         .description = "Radius of the cone", .min = "0", .max = "180"},
    };
    const char *ra = called(table->ra, nfields, fields);
    const char *dec = called(table->dec, nfields, fields);
    vo_descriptor_t *d;
    vo_param_t *own;
    int i;

    if (!ra || !dec) {
        return;
    }
    own = apr_pmemdup(pool, params, sizeof(params));
    for (i = 0; i < 3; ++i) {
        own[i].type = VO_TYPE_DOUBLE;
    }
    own[0].column = ra;
    own[1].column = dec;
    d = apr_array_push(to);
    memset(d, 0, sizeof(*d));
    d->name = apr_pstrcat(pool, "cone search of ", table->tap_name, NULL);
    d->description = apr_pstrcat(pool, "Rows of ", table->tap_name,
                                 " around the position of a row", NULL);
    d->access_url = url;
    d->standard_id = "ivo://ivoa.net/std/ConeSearch";
    d->content_type = "application/x-votable+xml";
    d->nparams = 3;
    d->params = own;
}
