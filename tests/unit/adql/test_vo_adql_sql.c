/* test_vo_adql_sql.c: the SQL written, its parameters and its fields. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "adql/vo_adql.h"
#include "adql_model.h"

static apr_pool_t *pool;
static vo_adql_env_t env;

static vo_adql_result_t *translate(const char *adql)
{
    vo_adql_result_t *res = NULL;
    vo_err_t *err = vo_adql_translate(&res, adql, &env, pool, pool);

    if (err) {
        print_message("%s\n%s\n", adql, vo_err_public(err, pool));
    }
    assert_null(err);
    assert_non_null(res);
    return res;
}

/* The SQL with its parameters put in: {oid text}. */
static const char *filled(const vo_adql_result_t *res)
{
    const char *p;
    char *out = apr_pstrdup(pool, "");

    for (p = res->sql; *p; ) {
        size_t n = strcspn(p, "$");

        out = apr_pstrcat(pool, out, apr_pstrmemdup(pool, p, n), NULL);
        p += n;
        if (*p == '$') {
            char *end;
            long i = strtol(p + 1, &end, 10);

            assert_in_range(i, 1, res->nparams);
            out = apr_psprintf(pool, "%s{%u %s}", out,
                               res->param_oids[i - 1], res->params[i - 1]);
            p = end;
        }
    }
    return out;
}

/* The shapes that everything else is made of. What they give is compared with
 * brute force elsewhere (run_semantics.py); here it is the form: literals are
 * parameters with their types, names are quoted, a cross-match is driven by
 * the ranges around each row. */
static const struct {
    const char *adql, *sql;
} golden[] = {
    {"SELECT * FROM filter",
     "SELECT t0.\"filter_id\" AS \"filter_id\", t0.\"name\" AS \"name\", "
     "t0.\"wavelength\" AS \"wavelength\" FROM \"demo_dr1\".\"filter\" AS "
     "t0"},
    {"SELECT TOP 3 NAME AS \"a\"\"b\" FROM Demo.FILTER WHERE name = 'it''s' "
     "AND filter_id = -3",
     "SELECT t0.\"name\" AS \"a\"\"b\" FROM \"demo_dr1\".\"filter\" AS t0 "
     "WHERE ((t0.\"name\" = {25 it's}) AND (t0.\"filter_id\" = {23 -3})) "
     "LIMIT 3"},
    {"SELECT 1, 3000000000, 2.5, 1e3, 'x' FROM filter",
     "SELECT {23 1} AS \"col1\", {20 3000000000} AS \"col2\", {701 2.5} AS "
     "\"col3\", {701 1e3} AS \"col4\", {25 x} AS \"col5\" FROM "
     "\"demo_dr1\".\"filter\" AS t0"},
    {"SELECT filter_id + 1 AS n, count(*) FROM filter GROUP BY filter_id + 1 "
     "HAVING count(*) > 1 ORDER BY n DESC OFFSET 4",
     "SELECT (t0.\"filter_id\" + {23 1}) AS \"n\", count(*) AS \"count\" "
     "FROM \"demo_dr1\".\"filter\" AS t0 GROUP BY (t0.\"filter_id\" + {23 1})"
     " HAVING (count(*) > {23 1}) ORDER BY 1 DESC OFFSET 4"},
    {"SELECT mag_auto[jplus::rSDSS] - mag_auto[1] AS c FROM magabdualobj",
     "SELECT (t0.\"mag_auto\"[8] - t0.\"mag_auto\"[1]) AS \"c\" FROM "
     "\"demo_dr1\".\"magabdualobj\" AS t0"},
    {"SELECT mag_auto - 2 FROM magabdualobj",
     "SELECT arr_sub(t0.\"mag_auto\", {701 2}) AS \"col1\" FROM "
     "\"demo_dr1\".\"magabdualobj\" AS t0"},
    {"SELECT name FROM filter WHERE filter_id IN (1, 2) AND name IN ('a', "
     "'b\"c\\') AND wavelength IN (1, 2)",
     "SELECT t0.\"name\" AS \"name\" FROM \"demo_dr1\".\"filter\" AS t0 WHERE"
     " ((t0.\"filter_id\" = ANY ({1007 {1,2}})) AND (t0.\"name\" = ANY "
     "({1009 {\"a\",\"b\\\"c\\\\\"}})) AND (t0.\"wavelength\" = ANY ({1022 "
     "{1,2}})))"},
    {"SELECT name FROM filter WHERE name LIKE 'a\\%' OR name NOT ILIKE name",
     "SELECT t0.\"name\" AS \"name\" FROM \"demo_dr1\".\"filter\" AS t0 WHERE"
     " ((t0.\"name\" LIKE {25 a\\\\%}) OR (t0.\"name\" NOT ILIKE t0.\"name\" "
     "ESCAPE ''))"},
    {"SELECT name FROM magabdualobj",
     "SELECT (t0.\"name\")::text AS \"NAME\" FROM "
     "\"demo_dr1\".\"magabdualobj\" AS t0"},
    {"SELECT number FROM magabdualobj WHERE observed >= '2020-01-02' AND "
     "is_good = 1",
     "SELECT t0.\"number\" AS \"NUMBER\" FROM \"demo_dr1\".\"magabdualobj\" "
     "AS t0 WHERE ((t0.\"observed\" >= {1114 2020-01-02}) AND "
     "((t0.\"is_good\")::integer = {23 1}))"},
    /* derived tables and WITH */
    {"SELECT q.n FROM (SELECT name AS n, filter_id FROM filter) AS q WHERE "
     "q.filter_id > 2",
     "SELECT t1.c1 AS \"n\" FROM (SELECT t0.\"name\" AS c1, "
     "t0.\"filter_id\" AS c2 FROM \"demo_dr1\".\"filter\" AS t0) AS t1 WHERE "
     "(t1.c2 > {23 2})"},
    {"WITH q AS (SELECT name FROM filter) SELECT a.name FROM q AS a",
     "WITH w0 AS (SELECT t0.\"name\" AS c1 FROM \"demo_dr1\".\"filter\" AS "
     "t0) SELECT t1.c1 AS \"name\" FROM w0 AS t1"},
    {"SELECT filter_id FROM filter UNION ALL SELECT source FROM xmatch_gaia "
     "ORDER BY 1",
     "(SELECT (t0.\"filter_id\")::bigint AS \"filter_id\" FROM "
     "\"demo_dr1\".\"filter\" AS t0) UNION ALL (SELECT t1.\"source\" AS "
     "\"Source\" FROM \"demo_dr1\".\"xmatch_gaia\" AS t1) ORDER BY 1"},
    /* joins */
    {"SELECT a.name FROM filter AS a NATURAL JOIN tileimage AS b",
     "SELECT t0.\"name\" AS \"name\" FROM \"demo_dr1\".\"filter\" AS t0 JOIN "
     "\"demo_dr1\".\"tileimage\" AS t1 ON ((t0.\"filter_id\" = "
     "t1.\"filter_id\") AND (t0.\"name\" = t1.\"name\"))"},
    {"SELECT f.filter_id, g.number FROM filter AS f FULL JOIN (SELECT number "
     "FROM xmatch_gaia) AS g ON f.filter_id < g.number",
     "SELECT t0.\"filter_id\" AS \"filter_id\", t2.c1 AS \"number\" FROM "
     "LATERAL (SELECT t0.\"filter_id\" AS r0_0, t0.\"name\" AS r0_1, "
     "t0.\"wavelength\" AS r0_2, t2.\"c1\" AS r2_0 FROM \"demo_dr1\"."
     "\"filter\" AS t0 LEFT JOIN (SELECT t1.\"number\" AS c1 FROM \"demo_dr1\"."
     "\"xmatch_gaia\" AS t1) AS t2 ON (t0.\"filter_id\" < t2.c1) UNION ALL "
     "SELECT NULL, NULL, NULL, t2.\"c1\" FROM (SELECT t1.\"number\" AS c1 "
     "FROM \"demo_dr1\".\"xmatch_gaia\" AS t1) AS t2 WHERE NOT EXISTS "
     "(SELECT FROM \"demo_dr1\".\"filter\" AS t0 WHERE (t0.\"filter_id\" < "
     "t2.c1))) AS j0 CROSS JOIN LATERAL (SELECT j0.r0_0 AS \"filter_id\", "
     "j0.r0_1 AS \"name\", j0.r0_2 AS \"wavelength\") AS t0 CROSS JOIN "
     "LATERAL (SELECT j0.r2_0 AS \"c1\") AS t2"},
    {"SELECT u.x, u.place FROM magabdualobj AS m LEFT JOIN UNNEST(m.flags) AS "
     "u (x)",
     "SELECT t1.c1 AS \"x\", t1.c2 AS \"place\" FROM \"demo_dr1\"."
     "\"magabdualobj\" AS t0 LEFT JOIN LATERAL (SELECT u_.v1 AS c1, "
     "u_.n::integer AS c2, ({1009 {\"uJAVA\",\"J0378\",\"J0395\",\"J0410\","
     "\"J0430\",\"gSDSS\",\"J0515\",\"rSDSS\",\"J0660\",\"iSDSS\",\"J0861\","
     "\"zSDSS\"}})[u_.n::integer] AS c3, ({1007 {1,6,11,4,9,2,7,12,5,10,3,8}}"
     ")[u_.n::integer] AS c4, ({1022 {NULL,4000.5,4501,5001.5,5502,6002.5,"
     "6503,7003.5,7504,8004.5,8505,9005.5}})[u_.n::integer] AS c5, ({1022 "
     "{NULL,101,102,103,104,105,106,107,108,109,110,111}})[u_.n::integer] AS "
     "c6 FROM unnest(t0.\"flags\") WITH ORDINALITY AS u_(v1, n)) AS t1 ON "
     "true"},
    {"SELECT arr_map(x - 1, mag_auto) FROM magabdualobj",
     "SELECT (SELECT ARRAY(SELECT (t1.c1 - {701 1}) FROM unnest(a_.v) AS "
     "t1(c1)) FROM (SELECT t0.\"mag_auto\" AS v) AS a_ WHERE a_.v IS NOT "
     "NULL) AS \"arr_map\" FROM \"demo_dr1\".\"magabdualobj\" AS t0"},
    {"SELECT moc_agg(6, POINT(ra, dec)) FROM tileimage",
     "SELECT substr(sky_dali_text(sky_region(sky_moc_agg(t0.\"hpx\", "
     "({23 6})::integer))), 5) AS \"moc_agg\" FROM \"demo_dr1\"."
     "\"tileimage\" AS t0"},
    {"SELECT POINT('ECLIPTIC', wavelength, 2) FROM filter",
     "SELECT sky_dali(sky_transform('ECLIPTIC', 'ICRS', sky_point("
     "t0.\"wavelength\", {701 2}))) AS \"point\" FROM \"demo_dr1\"."
     "\"filter\" AS t0"},
    {"SELECT tile_id FROM xmatch_gaia FULL JOIN tileimage USING (tile_id)",
     "SELECT COALESCE(t0.\"tile_id\", t1.\"tile_id\") AS \"tile_id\" FROM "
     "\"demo_dr1\".\"xmatch_gaia\" AS t0 FULL JOIN \"demo_dr1\".\"tileimage\""
     " AS t1 ON (t0.\"tile_id\" = t1.\"tile_id\")"},
    /* geometry */
    {"SELECT name FROM tileimage WHERE 1=CONTAINS(POINT(10, 20), s_region)",
     "SELECT t0.\"name\" AS \"name\" FROM \"demo_dr1\".\"tileimage\" AS t0 "
     "WHERE sky_contains({0 POSITION ICRS 10 20}::sky_region, "
     "t0.\"s_region\")"},
    {"SELECT name FROM tileimage WHERE 0=INTERSECTS(CIRCLE(1, 2, 3), "
     "s_region)",
     "SELECT t0.\"name\" AS \"name\" FROM \"demo_dr1\".\"tileimage\" AS t0 "
     "WHERE (NOT sky_intersects({0 CIRCLE ICRS 1 2 3}::sky_region, "
     "t0.\"s_region\"))"},
    {"SELECT s_region, center, POINT(ra, dec) AS p FROM tileimage",
     "SELECT sky_stcs(t0.\"s_region\") AS \"s_region\", t0.\"center\" AS "
     "\"center\", sky_dali(sky_point(t0.\"ra\", t0.\"dec\")) AS \"p\" FROM "
     "\"demo_dr1\".\"tileimage\" AS t0"},
    {"SELECT a.number FROM xmatch_gaia AS b JOIN magabdualobj AS a ON "
     "1=CONTAINS(POINT(a.alpha_j2000, a.delta_j2000), CIRCLE(b.ra, b.dec, "
     "1/3600.))",
     "SELECT t1.\"number\" AS \"NUMBER\" FROM \"demo_dr1\".\"xmatch_gaia\" "
     "AS t0, LATERAL (SELECT b_.* FROM sky_ranges(t0.\"ra\", t0.\"dec\", "
     "{701 0.0002777777777777778}) AS r_(lo, hi) JOIN "
     "\"demo_dr1\".\"magabdualobj\" AS b_ ON sky_hpx_in(b_.\"hpx\", r_.lo, "
     "r_.hi)) AS t1 WHERE (sky_distance(t1.\"alpha_j2000\", "
     "t1.\"delta_j2000\", t0.\"ra\", t0.\"dec\") <= {701 "
     "0.0002777777777777778})"},
    /* the larger table is looked up, whatever the order of FROM */
    {"SELECT a.number FROM magabdualobj AS a, xmatch_gaia AS b WHERE "
     "DISTANCE(POINT(b.ra, b.dec), POINT(a.alpha_j2000, a.delta_j2000)) < "
     "b.err",
     "SELECT t0.\"number\" AS \"NUMBER\" FROM \"demo_dr1\".\"xmatch_gaia\" "
     "AS t1, LATERAL (SELECT b_.* FROM sky_ranges(t1.\"ra\", t1.\"dec\", "
     "t1.\"err\") AS r_(lo, hi) JOIN \"demo_dr1\".\"magabdualobj\" AS b_ ON "
     "sky_hpx_in(b_.\"hpx\", r_.lo, r_.hi)) AS t0 WHERE "
     "(sky_distance(t1.\"ra\", t1.\"dec\", t0.\"alpha_j2000\", "
     "t0.\"delta_j2000\") < t1.\"err\")"},
    {"SELECT u.id, a.number FROM TAP_UPLOAD.mine AS u LEFT JOIN magabdualobj "
     "AS a ON DISTANCE(u.ra, u.dec, a.alpha_j2000, a.delta_j2000) < 0.001",
     "SELECT t0.\"id\" AS \"id\", t1.\"number\" AS \"NUMBER\" FROM "
     "\"pg_temp\".\"mine\" AS t0 LEFT JOIN LATERAL (SELECT b_.* FROM "
     "sky_ranges(t0.\"ra\", t0.\"dec\", {701 0.001}) AS r_(lo, hi) JOIN "
     "\"demo_dr1\".\"magabdualobj\" AS b_ ON sky_hpx_in(b_.\"hpx\", r_.lo, "
     "r_.hi)) AS t1 ON (sky_distance(t0.\"ra\", t0.\"dec\", "
     "t1.\"alpha_j2000\", t1.\"delta_j2000\") < {701 0.001})"}
};

static void golden_sql(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(golden) / sizeof(*golden); ++i) {
        assert_string_equal(filled(translate(golden[i].adql)),
                            golden[i].sql);
    }
}

/* All spellings of one cone are the same SQL; it is ranges of the index. */
static void cones(void **state)
{
    static const char *const same[] = {
        "1=CONTAINS(POINT(ra, dec), CIRCLE(10, 20, 0.1))",
        "CONTAINS(POINT(ra, dec), CIRCLE(10, 20, 0.1))=1",
        "CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 10, 20, 0.1))<>0",
        "0!=CONTAINS(POINT('', ra, dec), CIRCLE(POINT(10, 20), 0.1))",
        "1=INTERSECTS(CIRCLE(10, 20, 0.1), POINT(t.ra, TILEIMAGE.dec))",
        "DISTANCE(POINT(ra, dec), POINT(10, 20)) <= 0.1",
        "0.1 >= DISTANCE(POINT(10, 20), POINT(ra, dec))",
        "DISTANCE(ra, dec, 5*2, 40/2.0) <= 1/10.",
        "CONTAINS(POINT(ra, dec), CIRCLE(CENTROID(CIRCLE(10, 20, 3)), "
        "0.2*0.5)) > 0"
    };
    const char *first = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(same) / sizeof(*same); ++i) {
        const char *adql = apr_pstrcat(
            pool, "SELECT name FROM tileimage WHERE ", same[i], NULL);
        const char *got;

        if (i == 4) {
            adql = "SELECT name FROM tileimage WHERE 1=INTERSECTS("
                   "CIRCLE(10, 20, 0.1), POINT(ra, TILEIMAGE.dec))";
        }
        got = filled(translate(adql));
        got = strstr(got, "(t0.\"hpx\" >=") ? got : "no ranges";
        /* the order of the arguments of sky_distance is free */
        got = apr_pstrmemdup(pool, got, strcspn(got, "s") == 0 ? 1
                             : (size_t)(strstr(got, "sky_distance") - got));
        first = first ? first : got;
        assert_string_equal(got, first);
    }
    assert_null(strstr(translate("SELECT name FROM tileimage WHERE "
                                 "1=CONTAINS(POINT(dec, ra), "
                                 "CIRCLE(10, 20, 0.1))")->sql, "hpx"));
    /* through subqueries, but not through groups */
    assert_non_null(strstr(translate(
        "SELECT q.name FROM (SELECT * FROM tileimage WHERE tile_id > 3) AS q "
        "WHERE 1=CONTAINS(POINT(q.ra, q.dec), CIRCLE(1, 1, 1))")->sql,
        "t1.h1 >= $"));
    assert_non_null(strstr(translate(
        "WITH q AS (SELECT ra AS x, dec AS y FROM tileimage), r AS (SELECT * "
        "FROM q) SELECT 1 FROM r WHERE DISTANCE(r.x, r.y, 1, 1) < 2")->sql,
        "t0.\"hpx\" AS h1"));
    assert_null(strstr(translate(
        "SELECT 1 FROM (SELECT ra, dec FROM tileimage GROUP BY ra, dec) AS q "
        "WHERE DISTANCE(q.ra, q.dec, 1, 1) < 2")->sql, "hpx"));
    /* an index is also used for polygons, and for the cone within OR */
    assert_non_null(strstr(translate(
        "SELECT name FROM tileimage WHERE name='a' OR 1=CONTAINS("
        "POINT(ra, dec), POLYGON(1,1, 2,1, 2,2))")->sql, "\"hpx\" >= $"));
    assert_non_null(strstr(translate(
        "SELECT name FROM tileimage WHERE 0=CONTAINS(POINT(ra, dec), "
        "CIRCLE(1, 1, 1))")->sql, "(NOT (("));
}

static void equal_values_share_a_parameter(void **state)
{
    vo_adql_result_t *res = translate(
        "SELECT 5, 5, 5.0, '5' FROM filter WHERE filter_id <> 5");

    (void)state;
    assert_int_equal(res->nparams, 3);
    res = translate(apr_pstrcat(
        pool, "SELECT 1 FROM filter WHERE name LIKE '", "a", "' OR name LIKE "
        "'a'", NULL));
    assert_int_equal(res->nparams, 2);
}

static void row_limits(void **state)
{
    vo_adql_env_t saved = env;

    (void)state;
    env.maxrec = 10;
    assert_non_null(strstr(translate("SELECT name FROM filter")->sql,
                           " LIMIT 11"));
    assert_non_null(strstr(translate("SELECT TOP 5 name FROM filter")->sql,
                           " LIMIT 5"));
    assert_non_null(strstr(translate("SELECT TOP 50 name FROM filter")->sql,
                           " LIMIT 11"));
    assert_non_null(strstr(translate("SELECT name FROM filter UNION SELECT "
                                     "TOP 3 name FROM filter")->sql,
                           " LIMIT 3) LIMIT 11"));
    assert_int_equal(translate("SELECT TOP 50 name FROM filter")->top, 50);
    assert_int_equal(translate("SELECT TOP 0 name FROM filter")->top, 0);
    assert_int_equal(translate("SELECT name FROM filter")->top, -1);
    env.maxrec = 0;
    assert_non_null(strstr(translate("SELECT name FROM filter")->sql,
                           " LIMIT 1"));
    env.maxrec = -1;
    assert_null(strstr(translate("SELECT name FROM filter")->sql, "LIMIT"));
    env = saved;
}

typedef struct want_t {
    const char *expr, *name, *datatype, *arraysize, *xtype, *unit, *ucd;
    unsigned oid;
} want_t;

/* FROM tileimage t, magabdualobj m */
static const want_t fields[] = {
    {"m.number", "NUMBER", "int", NULL, NULL, NULL, "meta.id", 23},
    {"m.Number AS nUm", "nUm", "int", NULL, NULL, NULL, "meta.id", 23},
    {"m.name", "NAME", "char", "*", NULL, NULL, "meta.id", 25},
    {"m.mag_auto", "MAG_AUTO", "float", "12", NULL, "mag", "phot.mag", 1021},
    {"m.mag_auto[3]", "MAG_AUTO_3", "float", NULL, NULL, "mag", "phot.mag",
     700},
    {"m.mag_auto[jplus::rSDSS]", "MAG_AUTO_rSDSS", "float", NULL, NULL, "mag",
     "phot.mag", 700},
    {"m.mag_auto[2:4]", "col1", "float", "3", NULL, "mag", "phot.mag", 1021},
    {"m.mag_auto + m.mag_auto", "col1", "float", "12", NULL, "mag", NULL,
     1021},
    {"m.mag_auto * m.flux", "col1", "double", "12", NULL, NULL, NULL, 1022},
    {"m.flags", "FLAGS", "short", "12", NULL, NULL, "meta.code.qual", 1005},
    {"m.flags[1] + m.number", "col1", "int", NULL, NULL, NULL, NULL, 23},
    {"m.observed", "OBSERVED", "char", "*", "timestamp", NULL, "time.epoch",
     1114},
    {"m.is_good", "IS_GOOD", "boolean", NULL, NULL, NULL, "meta.code", 16},
    {"1", "col1", "int", NULL, NULL, NULL, NULL, 23},
    {"1.5", "col1", "double", NULL, NULL, NULL, NULL, 701},
    {"3000000000", "col1", "long", NULL, NULL, NULL, NULL, 20},
    {"'x'", "col1", "char", "*", NULL, NULL, NULL, 25},
    {"NULL", "col1", "char", "*", NULL, NULL, NULL, 25},
    {"m.number / 2", "col1", "int", NULL, NULL, NULL, NULL, 23},
    {"m.number * 2.0", "col1", "double", NULL, NULL, NULL, NULL, 701},
    {"m.class_star * 2", "col1", "double", NULL, NULL, NULL, NULL, 701},
    {"m.pmra - m.pmra", "col1", "float", NULL, NULL, "mas/yr", NULL, 700},
    {"abs(m.pmra)", "abs", "float", NULL, NULL, "mas/yr", "pos.pm", 700},
    {"SQRT(m.number)", "sqrt", "double", NULL, NULL, NULL, NULL, 701},
    {"mod(m.number, 2)", "mod", "int", NULL, NULL, NULL, NULL, 23},
    {"degrees(1)", "degrees", "double", NULL, NULL, "deg", NULL, 701},
    {"in_unit(m.pmra, 'deg/yr')", "in_unit", "double", NULL, NULL, "deg/yr",
     "pos.pm", 701},
    {"lower(m.name) || 'x'", "col1", "char", "*", NULL, NULL, NULL, 25},
    {"CAST(m.number AS BIGINT)", "col1", "long", NULL, NULL, NULL, "meta.id",
     20},
    {"CAST(m.number AS VARCHAR(5)) AS v", "v", "char", "5*", NULL, NULL,
     "meta.id", 25},
    {"CAST(m.number AS CHAR(5)) AS v", "v", "char", "5", NULL, NULL,
     "meta.id", 25},
    {"coalesce(m.pmra, 0)", "coalesce", "double", NULL, NULL, "mas/yr",
     "pos.pm", 701},
    {"CASE WHEN m.number=1 THEN 1 ELSE 2.5 END", "col1", "double", NULL, NULL,
     NULL, NULL, 701},
    {"POINT(t.ra, t.dec)", "point", "double", "2", "point", NULL, NULL, 1022},
    {"CIRCLE(t.ra, t.dec, 1)", "circle", "double", "3", "circle", NULL, NULL,
     1022},
    {"POLYGON(1,2,3,4,5,6) AS g", "g", "double", "*", "polygon", NULL, NULL,
     1022},
    {"BOX(1,2,3,4)", "box", "double", "*", "polygon", NULL, NULL, 1022},
    {"t.s_region", "s_region", "char", "*", "adql:REGION", NULL,
     "pos.outline;obs", 25},
    {"t.center", "center", "double", "2", "point", "deg", "pos", 1022},
    {"DISTANCE(t.ra, t.dec, 1, 2)", "distance", "double", NULL, NULL, "deg",
     "pos.angDistance", 701},
    {"AREA(t.s_region)", "area", "double", NULL, NULL, "deg**2", NULL, 701},
    {"CONTAINS(POINT(1,2), t.s_region) AS inside", "inside", "int", NULL,
     NULL, NULL, NULL, 23},
    {"arr_avg(m.flux)", "arr_avg", "double", NULL, NULL, "mJy", "phot.flux",
     701},
    {"arr_max(m.mag_auto)", "arr_max", "float", NULL, NULL, "mag", "phot.mag",
     700},
    {"arr_count(m.flags)", "arr_count", "int", NULL, NULL, NULL, NULL, 23}
};

static void check_field(const vo_field_t *f, const want_t *w)
{
    const char *got = apr_psprintf(
        pool, "%s %s [%s] %s %s %s %u", f->name, vo_type_name(f->type),
        f->arraysize ? f->arraysize : "", f->xtype ? f->xtype : "-",
        f->unit ? f->unit : "-", f->ucd ? f->ucd : "-", f->pg_oid);

    assert_string_equal(got, apr_psprintf(
        pool, "%s %s [%s] %s %s %s %u", w->name, w->datatype,
        w->arraysize ? w->arraysize : "", w->xtype ? w->xtype : "-",
        w->unit ? w->unit : "-", w->ucd ? w->ucd : "-", w->oid));
    assert_int_equal(f->size, vo_arraysize_parse(f->arraysize));
}

/* Alone, and through a derived table: meaning flows. */
static void field_metadata(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(fields) / sizeof(*fields); ++i) {
        const char *inner = apr_pstrcat(
            pool, "SELECT ", fields[i].expr, " FROM tileimage AS t, "
            "magabdualobj AS m", NULL);
        vo_adql_result_t *res = translate(inner);

        assert_int_equal(res->nfields, 1);
        check_field(&res->fields[0], &fields[i]);
        res = translate(apr_pstrcat(pool, "SELECT * FROM (", inner, ") AS q",
                                    NULL));
        check_field(&res->fields[0], &fields[i]);
        res = translate(apr_pstrcat(pool, "WITH q AS (", inner, ") SELECT "
                                    "q.* FROM q", NULL));
        check_field(&res->fields[0], &fields[i]);
    }
    assert_string_equal(translate("SELECT number FROM magabdualobj")
                        ->fields[0].description, "About NUMBER");
}

static void aggregate_metadata(void **state)
{
    static const want_t wants[] = {
        {NULL, "count", "long", NULL, NULL, NULL, "meta.number", 20},
        {NULL, "sum", "long", NULL, NULL, NULL, "meta.id", 20},
        {NULL, "sum_2", "double", NULL, NULL, "mas/yr", "pos.pm", 701},
        {NULL, "avg", "double", NULL, NULL, NULL, "meta.id;stat.mean", 701},
        {NULL, "min", "char", "*", NULL, NULL, "meta.id;stat.min", 25},
        {NULL, "max", "float", NULL, NULL, "mas/yr", "pos.pm;stat.max", 700}
    };
    vo_adql_result_t *res = translate(
        "SELECT COUNT(*), SUM(number), SUM(pmra), AVG(number), MIN(name), "
        "MAX(pmra) FROM magabdualobj");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wants) / sizeof(*wants); ++i) {
        vo_field_t f = res->fields[i];

        if (i == 4) { /* MIN keeps the length of the column */
            assert_string_equal(f.arraysize, "*");
        }
        check_field(&f, &wants[i]);
    }
}

static void names_are_unique(void **state)
{
    vo_adql_result_t *res = translate(
        "SELECT a.tile_id, b.tile_id, b.tile_id AS TILE_ID_2, 1, 2 FROM "
        "tileimage a JOIN xmatch_gaia b ON a.tile_id = b.tile_id");
    int i, j;

    (void)state;
    assert_string_equal(res->fields[0].name, "tile_id");
    assert_string_equal(res->fields[1].name, "tile_id_2");
    for (i = 0; i < res->nfields; ++i) {
        for (j = 0; j < i; ++j) {
            assert_int_not_equal(strcasecmp(res->fields[i].name,
                                            res->fields[j].name), 0);
        }
    }
}

static void tables_read(void **state)
{
    vo_adql_result_t *res = translate(
        "SELECT 1 FROM filter a, filter b WHERE EXISTS (SELECT * FROM "
        "tileimage) AND 1 IN (SELECT table_index FROM tap_schema.tables)");

    (void)state;
    assert_int_equal(res->ntables, 3);
    assert_string_equal(res->tables[0]->tap_name, "demo.Filter");
    assert_string_equal(res->tables[1]->tap_name, "demo.TileImage");
    assert_string_equal(res->tables[2]->tap_name, "TAP_SCHEMA.tables");
}

static void small_queries(void **state)
{
    (void)state;
    assert_true(translate("SELECT TOP 1 name FROM filter")->is_small);
    assert_true(translate("SELECT * FROM TAP_SCHEMA.tables")->is_small);
    assert_true(translate("SELECT name FROM tileimage WHERE DISTANCE(ra, dec,"
                          " 1, 2) < 0.1")->is_small);
    assert_false(translate("SELECT name FROM tileimage WHERE DISTANCE(ra, "
                           "dec, 1, 2) < 50")->is_small);
    assert_false(translate("SELECT count(*) FROM magabdualobj")->is_small);
    assert_false(translate("SELECT TOP 1 name FROM magabdualobj ORDER BY "
                           "class_star")->is_small);
}

/* What is announced has the form that TAPRegExt wants; that it runs is seen
 * elsewhere (run_semantics.py). Names only where they are resolved. */
static void features(void **state)
{
    const vo_adql_feature_t *f = vo_adql_features(1, pool);
    int n = 0, ngeo = 0, nudf = 0, nnames = 0;

    (void)state;
    for (; f->type; ++f) {
        nnames += strstr(f->form, "simbadpoint") != NULL;
    }
    assert_int_equal(nnames, 2);
    f = vo_adql_features(0, pool);
    for (; f->type; ++f, ++n) {
        assert_non_null(f->form);
        if (strstr(f->type, "features-adqlgeo")) {
            ++ngeo;
        }
        if (strstr(f->type, "features-udf")) {
            const char *paren = strchr(f->form, '(');
            const char *arrow = strstr(f->form, ") -> ");

            assert_null(strstr(f->form, "simbadpoint"));
            assert_non_null(f->description);
            assert_non_null(paren);
            assert_non_null(arrow);
            ++nudf;
        }
    }
    assert_int_equal(ngeo, 13);
    assert_true(nudf >= 40);
    assert_true(n >= 40);
}

static vo_err_t *resolve(void *baton, const char *name, double *ra,
                         double *dec, apr_pool_t *p)
{
    ++*(int *)baton;
    if (strcmp(name, "M 31")) {
        return vo_err_make(p, VO_ERR_USAGE, "There is no '%s'.", name);
    }
    *ra = 10.6847;
    *dec = -41.26875; /* south of it, for the sign */
    return NULL;
}

static void names_are_resolved(void **state)
{
    vo_adql_env_t with = env;
    vo_adql_result_t *res;
    vo_err_t *err;
    int i, asked = 0;
    const char *many = "SELECT 1";

    (void)state;
    with.resolve = resolve;
    with.resolve_baton = &asked;
    /* a constant position like any other: the index serves it */
    err = vo_adql_translate(&res, "SELECT name FROM tileimage WHERE DISTANCE("
                            "POINT(ra, dec), ivo_simbadpoint('M 31')) < 0.1",
                            &with, pool, pool);
    assert_null(err);
    assert_int_equal(asked, 1);
    assert_non_null(strstr(filled(res), "t0.\"hpx\" >= {20 "));
    assert_non_null(strstr(filled(res), "{701 10.6847}, {701 -41.26875}"));
    err = vo_adql_translate(&res, "SELECT gavo_simbadpoint('M 32') FROM "
                            "filter", &with, pool, pool);
    assert_non_null(err);
    assert_int_equal(err->offset, 24);
    assert_string_equal(err->text, "There is no 'M 32'.");
    err = vo_adql_translate(&res, "SELECT ivo_simbadpoint(name) FROM filter",
                            &with, pool, pool);
    assert_non_null(strstr(vo_err_public(err, pool), "string literal"));
    asked = 0; /* nothing is asked for a query that is wrong elsewhere */
    err = vo_adql_translate(&res, "SELECT nothing, ivo_simbadpoint('M 31') "
                            "FROM filter", &with, pool, pool);
    assert_non_null(err);
    assert_int_equal(asked, 0);
    for (i = 0; i < 11; ++i) {
        many = apr_pstrcat(pool, many, ", ivo_simbadpoint('M 31')", NULL);
    }
    err = vo_adql_translate(&res, apr_pstrcat(pool, many, " FROM filter",
                                              NULL), &with, pool, pool);
    assert_int_equal(err->kind, VO_ERR_LIMIT);
    assert_int_equal(asked, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_sql),
        cmocka_unit_test(cones),
        cmocka_unit_test(equal_values_share_a_parameter),
        cmocka_unit_test(row_limits),
        cmocka_unit_test(field_metadata),
        cmocka_unit_test(aggregate_metadata),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(tables_read),
        cmocka_unit_test(small_queries),
        cmocka_unit_test(features),
        cmocka_unit_test(names_are_resolved),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    adql_model(&env, pool);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
