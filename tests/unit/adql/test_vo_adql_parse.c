/* test_vo_adql_parse.c: what is ADQL, what is not, and what is said then. */
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

#include "adql/vo_adql_ast.h"
#include "adql_model.h"

static apr_pool_t *pool;

/* Grammar only: none of these names exists anywhere. */
static const char *const accepted[] = {
    /* lexical rules */
    "SELECT x FROM y",
    "select X from Y",
    "SELECT x FROM y;",
    "\n\tSELECT\r\nx -- comment 'here\nFROM--another\n y--last",
    "SELECT \"a b\", \"c\"\"d\", \"SELECT\" FROM \"x y\"",
    "SELECT 'it''s', '', 'a' 'b' FROM y",
    "SELECT 12, 12., 12.3, .5, 1.2E-3, 1e5, 1.E+2 FROM y",
    "SELECT -1, +1, - - 1, 1-1, 1 - -1 FROM y",
    "SELECT x1y_2 FROM y_1",
    "SELECT 89x FROM y",
    "SELECT x from y where a='1'and b=2or c=3",
    /* select list */
    "SELECT * FROM y", "SELECT y.* FROM y", "SELECT s.y.*, * FROM s.y",
    "SELECT c.s.y.x FROM c.s.y", "SELECT x AS a, x b, x AS \"C d\" FROM y",
    "SELECT ALL x FROM y", "SELECT DISTINCT x, z FROM y",
    "SELECT TOP 10 x FROM y", "SELECT DISTINCT TOP 10 x FROM y",
    "SELECT ALL TOP 0 x FROM y", "SELECT NULL FROM y",
    "SELECT 'a' || b || 'c' FROM y", "SELECT (1+2)*3/4-5 FROM y",
    "SELECT COUNT(*), COUNT(DISTINCT x), SUM(ALL x), AVG(x*2) FROM y",
    "SELECT CASE WHEN a=1 THEN 2 END FROM y",
    "SELECT CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' ELSE 'z' END q FROM y",
    "SELECT (SELECT MAX(a) FROM z) FROM y",
    "SELECT ((SELECT a FROM z)) + 1 FROM y",
    /* from */
    "SELECT x FROM a, b c, d AS e", "SELECT x FROM a NATURAL JOIN b",
    "SELECT x FROM a JOIN b ON a.i=b.i",
    "SELECT x FROM a INNER JOIN b USING (i, j)",
    "SELECT x FROM a LEFT JOIN b ON a.i=b.i RIGHT OUTER JOIN c USING (k)",
    "SELECT x FROM a FULL OUTER JOIN b ON a.i=b.i AND a.j<b.j",
    "SELECT x FROM a NATURAL LEFT OUTER JOIN b",
    "SELECT x FROM (a JOIN b ON a.i=b.i)",
    "SELECT x FROM a, UNNEST(a.b) AS u", "SELECT x FROM a, UNNEST(a.b) u",
    "SELECT x FROM a JOIN Unnest(a.b, a.c[2:3] * 2) AS u (b, \"C d\")",
    "SELECT x FROM a LEFT JOIN UNNEST(a.b) u (v) ON u.v > 3, c",
    "SELECT arr_map(x * 2, a) FROM b",
    "SELECT x FROM a JOIN (b JOIN c ON b.i=c.i) ON a.i=b.i",
    "SELECT x FROM ((a JOIN b USING (i)) JOIN c USING (i)), d",
    "SELECT x FROM (SELECT * FROM y) AS z",
    "SELECT x FROM (SELECT * FROM y) z JOIN (SELECT 1 FROM y) w ON z.x=w.x",
    "SELECT x FROM (SELECT a FROM y UNION SELECT b FROM y) AS z",
    "SELECT x FROM ((SELECT a FROM y) UNION (SELECT b FROM y)) AS z",
    /* where */
    "SELECT x FROM y WHERE a=1 AND b<>2 OR NOT c<3 AND (d<=4 OR e>=5)",
    "SELECT x FROM y WHERE NOT NOT (a>1) AND b!=2",
    "SELECT x FROM y WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN 3 AND 4",
    "SELECT x FROM y WHERE a IN (1, 2) AND b NOT IN ('c')",
    "SELECT x FROM y WHERE a IN (SELECT b FROM z) AND c NOT IN (SELECT d "
    "FROM z UNION SELECT e FROM w)",
    "SELECT x FROM y WHERE a IN ((SELECT b FROM z))",
    "SELECT x FROM y WHERE a LIKE 'b%' OR a NOT LIKE c || '_'",
    "SELECT x FROM y WHERE a ILIKE 'b%' OR a NOT ILIKE 'c'",
    "SELECT x FROM y WHERE a IS NULL AND b+c IS NOT NULL",
    "SELECT x FROM y WHERE EXISTS (SELECT * FROM z WHERE z.a=y.a)",
    "SELECT x FROM y WHERE NOT EXISTS ((SELECT * FROM z))",
    "SELECT x FROM y WHERE ((a)) = ((b)) AND ((a=b))",
    "SELECT x FROM y WHERE (a+1)*2 > (b)",
    "SELECT x FROM y WHERE a = (SELECT MAX(b) FROM z)",
    /* groups, order, limits */
    "SELECT x, COUNT(*) FROM y GROUP BY x HAVING COUNT(*)>1 ORDER BY 2 DESC",
    "SELECT x FROM y GROUP BY x, y.z+1 ORDER BY x ASC, y.z*2, 1",
    "SELECT x FROM y ORDER BY a OFFSET 5", "SELECT x FROM y OFFSET 0",
    "SELECT TOP 5 x FROM y WHERE a=1 ORDER BY a DESC OFFSET 10",
    /* sets */
    "SELECT a FROM x UNION SELECT b FROM y",
    "SELECT a FROM x UNION ALL SELECT b FROM y EXCEPT SELECT c FROM z",
    "SELECT a FROM x INTERSECT ALL SELECT b FROM y ORDER BY 1 OFFSET 2",
    "(SELECT a FROM x ORDER BY a) UNION (SELECT TOP 3 b FROM y OFFSET 1)",
    "SELECT a FROM x UNION (SELECT b FROM y EXCEPT SELECT c FROM z)",
    "(SELECT a FROM x)", "((SELECT a FROM x)) ORDER BY 1",
    "(SELECT TOP 5 a FROM x ORDER BY a DESC) ORDER BY a",
    /* WITH */
    "WITH q AS (SELECT a FROM x) SELECT * FROM q",
    "WITH q AS (SELECT a FROM x), r AS (SELECT a FROM q) SELECT * FROM q, r",
    "WITH q AS (SELECT a FROM x UNION SELECT b FROM y) SELECT * FROM q UNION "
    "SELECT * FROM q",
    /* functions */
    "SELECT ABS(a), CEILING(a), DEGREES(a), EXP(a), FLOOR(a), LOG(a), "
    "LOG10(a), MOD(a, b), PI(), POWER(a, b), RADIANS(a), SQRT(a), RAND(), "
    "RAND(1), ROUND(a), ROUND(a, 2), TRUNCATE(a), TRUNCATE(a, -1) FROM y",
    "SELECT ACOS(a), ASIN(a), ATAN(a), ATAN2(a, b), COS(a), SIN(a), TAN(a), "
    "COT(a) FROM y",
    "SELECT LOWER(a), UPPER(a), COALESCE(a, b, 'c'), IN_UNIT(a, 'km') FROM y",
    "SELECT CAST(a AS INTEGER), CAST(a AS SMALLINT), CAST(a AS BIGINT), "
    "CAST(a AS REAL), CAST(a AS double precision), CAST(a AS CHAR(3)), "
    "CAST(a AS VARCHAR), CAST(a AS TIMESTAMP), CAST(a AS POINT), "
    "CAST(a AS CIRCLE), CAST(a AS POLYGON) FROM y",
    "SELECT abs ( a ) FROM y",
    /* geometry */
    "SELECT POINT(a, b), POINT('ICRS', a, b), POINT('', a, b), "
    "POINT(NULL, a, b) FROM y",
    "SELECT CIRCLE(a, b, 1), CIRCLE('ICRS', a, b, 1), CIRCLE(POINT(a, b), 1),"
    " CIRCLE('ICRS', POINT('ICRS', a, b), 1), CIRCLE(p, 1) FROM y",
    "SELECT BOX(a, b, 1, 2), BOX('ICRS', a, b, 1, 2), BOX(p, 1, 2) FROM y",
    "SELECT POLYGON(1,2, 3,4, 5,6), POLYGON('FK5', 1,2, 3,4, 5,6, 7,8), "
    "POLYGON(p, q, r), POLYGON(p, q, r, s), POLYGON('', p, q, r) FROM y",
    "SELECT REGION('Circle ICRS 1 2 3'), CENTROID(g), AREA(g), COORD1(p), "
    "COORD2(p), COORDSYS(g) FROM y",
    "SELECT x FROM y WHERE 1=CONTAINS(POINT(a,b), CIRCLE(1,2,3)) AND "
    "INTERSECTS(g, h)=0 AND DISTANCE(p, q) < 1 AND DISTANCE(1,2,3,4) > 5",
    /* arrays */
    "SELECT a[1], a[b+1], a[s::f], a[f], a[2:4], a[1][2], (a+b)[3] FROM y",
    "SELECT x FROM y WHERE a[jplus::rSDSS] - a[jplus::J0660] > 0",
    "SELECT arr_avg(a), arr_dot(a, b), arr_count(a[1:2]) FROM y"
};

static void accepts(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(accepted) / sizeof(*accepted); ++i) {
        vo_err_t *err = vo_adql_parse_only(accepted[i], 21, pool);

        if (err) {
            print_message("%s\n%s\n", accepted[i],
                          vo_err_public(err, pool));
        }
        assert_null(err);
    }
}

/* text -> tree -> text -> tree gives the same tree, and the same text. */
static void round_trips(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(accepted) / sizeof(*accepted); ++i) {
        adql_ctx_t first, second, broken;
        const char *text;

        adql_ctx_init(&first, accepted[i], 21, NULL, pool);
        assert_int_equal(adql_parse(&first), 0);
        text = adql_reprint_query(&first, first.query);
        adql_ctx_init(&second, text, 21, NULL, pool);
        if (adql_parse(&second)
            || !adql_same_query(first.query, second.query)) {
            print_message("%s\n%s\n", accepted[i], text);
            fail();
        }
        assert_string_equal(adql_reprint_query(&second, second.query), text);
        /* and the comparison sees a difference */
        adql_ctx_init(&broken,
                      apr_pstrcat(pool, "SELECT TOP 77 q FROM w", NULL), 21,
                      NULL, pool);
        assert_int_equal(adql_parse(&broken), 0);
        assert_false(adql_same_query(first.query, broken.query));
    }
}

static void precedence_survives(void **state)
{
    static const char *const pairs[][2] = {
        {"SELECT x FROM y WHERE a=1 OR b=2 AND c=3",
         "SELECT x FROM y WHERE (a=1 OR b=2) AND c=3"},
        {"SELECT x FROM y WHERE NOT a=1 AND b=2",
         "SELECT x FROM y WHERE NOT (a=1 AND b=2)"},
        {"SELECT 1-2-3 FROM y", "SELECT 1-(2-3) FROM y"},
        {"SELECT 1+2*3 FROM y", "SELECT (1+2)*3 FROM y"},
        {"SELECT -a+b FROM y", "SELECT -(a+b) FROM y"},
        {"SELECT a FROM x UNION SELECT b FROM y INTERSECT SELECT c FROM z",
         "(SELECT a FROM x UNION SELECT b FROM y) INTERSECT SELECT c FROM z"},
        {"SELECT a FROM x EXCEPT SELECT b FROM y UNION SELECT c FROM z",
         "SELECT a FROM x EXCEPT (SELECT b FROM y UNION SELECT c FROM z)"},
        {"SELECT a FROM x UNION SELECT b FROM y ORDER BY 1",
         "SELECT a FROM x UNION (SELECT b FROM y ORDER BY 1)"}
    };
    /* each left one equals its explicit form */
    static const char *const equal[][2] = {
        {"SELECT x FROM y WHERE a=1 OR b=2 AND c=3",
         "SELECT x FROM y WHERE a=1 OR (b=2 AND c=3)"},
        {"SELECT 1-2-3 FROM y", "SELECT (1-2)-3 FROM y"},
        {"SELECT a FROM x UNION SELECT b FROM y INTERSECT SELECT c FROM z",
         "SELECT a FROM x UNION (SELECT b FROM y INTERSECT SELECT c FROM z)"},
        {"SELECT a FROM x EXCEPT SELECT b FROM y UNION SELECT c FROM z",
         "(SELECT a FROM x EXCEPT SELECT b FROM y) UNION SELECT c FROM z"}
    };
    adql_ctx_t x, y;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(*pairs); ++i) {
        adql_ctx_init(&x, pairs[i][0], 21, NULL, pool);
        adql_ctx_init(&y, pairs[i][1], 21, NULL, pool);
        assert_int_equal(adql_parse(&x) | adql_parse(&y), 0);
        assert_false(adql_same_query(x.query, y.query));
    }
    for (i = 0; i < sizeof(equal) / sizeof(*equal); ++i) {
        adql_ctx_init(&x, equal[i][0], 21, NULL, pool);
        adql_ctx_init(&y, equal[i][1], 21, NULL, pool);
        assert_int_equal(adql_parse(&x) | adql_parse(&y), 0);
        assert_true(adql_same_query(x.query, y.query));
    }
}

typedef struct reject_t {
    const char *adql;
    int offset;       /* of the first byte of what is wrong */
    const char *says; /* in the text or the hint */
} reject_t;

/* Against the model: names are looked up too. */
static const reject_t rejected[] = {
    {"", 0, "empty"},
    {"SELECT", 6, "ends too early"},
    {"SELECT name FROM", 16, "ends too early"},
    {"SELEC name FROM filter", 0, "SELECT"},
    {"DROP TABLE filter", 0, "Only queries"},
    {"INSERT INTO filter VALUES (1)", 0, "Only queries"},
    {"SELECT name FROM filter; DROP TABLE filter", 25, "One query"},
    {"SELECT name FROM filter; SELECT name FROM filter", 25, "semicolon"},
    {"SELECT * FROMdemo.TileImage", 9, "A space is missing: FROM demo"},
    {"SELECT name, FROM filter", 11, "comma"},
    {"SELECT name FROM filter WHERE", 29, "ends too early"},
    {"SELECT name FROM filter WHERE name == 'r'", 35, "single ="},
    {"SELECT name FROM filter WHERE name = \"rSDSS\"", 37, "'rSDSS'"},
    {"SELECT \xe2\x80\x98x\xe2\x80\x99 FROM filter", 7, "curly"},
    {"SELECT name FROM filter WHERE name = \xe2\x80\x9cr\xe2\x80\x9d", 37,
     "straight"},
    {"SELECT name\xc2\xa0" "FROM filter", 11, "no-break"},
    {"SELECT n\xc3\xa4me FROM filter", 8, "ASCII"},
    {"SELECT _name FROM filter", 7, "underscore"},
    {"SELECT `name` FROM filter", 7, "double quotes"},
    {"SELECT 5 % 3 FROM filter", 9, "MOD"},
    {"SELECT 5 ^ 3 FROM filter", 9, "POWER"},
    {"SELECT 0xFF FROM filter", 7, "hexadecimal"},
    {"SELECT 'name FROM filter", 7, "not closed"},
    {"SELECT \"name FROM filter", 7, "not closed"},
    {"SELECT name /* all */ FROM filter", 12, "begins with --"},
    {"SELECT name FROM filter LIMIT 5", 30, "TOP"},
    {"SELECT name FROM filter ORDER BY name LIMIT 5", 38, "TOP"},
    {"SELECT TOP -3 name FROM filter", 11, "unsigned"},
    {"SELECT TOP 99999999999999999999 name FROM filter", 11, "larger"},
    {"SELECT TOP 2 DISTINCT name FROM filter", 13, "before TOP"},
    {"SELECT name FROM filter OFFSET 1.5", 31, "unsigned"},
    {"SELECT size FROM TAP_SCHEMA.columns", 7, "\"size\""},
    {"SELECT name AS date FROM filter", 15, "\"date\""},
    {"SELECT distance FROM filter", 7, "\"distance\""},
    {"SELECT name FROM filter CROSS JOIN tileimage", 24, "comma"},
    {"SELECT name AS top FROM filter", 15, "\"top\""},
    {"SELECT f.case FROM filter f", 9, "\"case\""},
    {"SELECT CAST(1 AS DOUBLE) FROM filter", 23, "DOUBLE PRECISION"},
    {"SELECT CAST(1 AS NUMERIC) FROM filter", 17, "CAST knows SMALLINT"},
    {"SELECT CAST(1 AS BOOLEAN) FROM filter", 17, "CAST knows SMALLINT"},
    {"SELECT name FROM filter WHERE filter_id & 4 = 4", 40, "bitwise_and"},
    {"SELECT bit_and(1, 2) FROM filter", 7, "bitwise_and"},
    {"WITH RECURSIVE a AS (SELECT name FROM filter) SELECT name FROM a", 15,
     "recursive"},
    {"WITH a (x) AS (SELECT name FROM filter) SELECT x FROM a", 7,
     "name them inside"},
    {"SELECT REGION(name) FROM filter", 14, "string literal"},
    {"SELECT name FROM filter WHERE 1 > ALL (SELECT 1 FROM filter)", 34,
     "Compare with one value"},
    {"SELECT stddev(filter_id) FROM filter", 7, "AVG(x*x)"},
    {"SELECT * FROM (SELECT * FROM filter)", 36, "needs a name"},
    {"SELECT * FROM (SELECT * FROM filter) WHERE 1=1", 36, "needs a name"},
    {"SELECT * FROM filter a JOIN filter b", 28, "no condition"},
    {"SELECT * FROM filter GROUP name", 27, "GROUP BY"},
    {"SELECT (name FROM filter", 13, "does not fit"},
    {"SELECT name FROM filter WHERE (name = 'r'", 41, "not closed"},
    {"SELECT * FROM (WITH a AS (SELECT * FROM filter) SELECT * FROM a) AS b",
     15, "very beginning"},
    {"SELECT name FROM filter WHERE name IN ()", 39, "does not fit"},
    {"SELECT name FROM filter WHERE name LIKE 'a' ESCAPE '!'", 44, "ESCAPE"},
    {"SELECT name FROM filter WHERE EXISTS name", 37, "does not fit"},
    {"SELECT CAST(name AS FLOAT) FROM filter", 20, "DOUBLE PRECISION"},
    {"SELECT a.b.c.d.e FROM filter", 15, "four parts"},
    /* conditions and values */
    {"SELECT name FROM filter WHERE name", 30, "condition is needed"},
    {"SELECT name = 'r' FROM filter", 7, "value is needed"},
    {"SELECT ra FROM tileimage WHERE CONTAINS(POINT(ra,dec),CIRCLE(1,2,3))",
     31, "1=CONTAINS"},
    {"SELECT ra FROM tileimage WHERE DISTANCE(ra,dec,1,2)", 31, "< radius"},
    /* names */
    {"SELECT name FROM filtr", 17, "demo.Filter"},
    {"SELECT name FROM demo.fliter", 17, "demo.Filter"},
    {"SELECT name FROM pg_class", 17, "no table"},
    {"SELECT name FROM pg_catalog.pg_class", 17, "no table"},
    {"SELECT name FROM demo_dr1.filter", 17, "no table"},
    {"SELECT name FROM \"FILTER\"", 17, "no table"},
    {"SELECT wavelenght FROM filter", 7, "wavelength"},
    {"SELECT \"Name\" FROM filter", 7, "Did you mean name"},
    {"SELECT f.nam FROM filter f", 9, "name"},
    {"SELECT g.name FROM filter AS f", 7, "f?"},
    {"SELECT filter.name FROM filter AS f", 7, "not a table"},
    {"SELECT hpx FROM tileimage", 7, "no column"},
    {"SELECT name FROM filter, tileimage", 7, "Filter.name"},
    {"SELECT f.name FROM filter f, tileimage f", 19, "different names"},
    {"SELECT 1 FROM filter, filter", 14, "different names"},
    {"SELECT ra, number AS n FROM xmatch_gaia WHERE n > 3", 46, "repeat"},
    {"SELECT tile_id, COUNT(*) AS n FROM tileimage GROUP BY tile_id HAVING "
     "n > 1", 69, "in HAVING; repeat"},
    {"SELECT ra AS n FROM tileimage ORDER BY n + 1", 39, "of ORDER BY; repeat"},
    {"SELECT ra AS n, n + 1 FROM tileimage", 16, "SELECT itself; repeat"},
    {"SELECT sqr(2) FROM filter", 7, "sqrt"},
    {"SELECT ceil(2) FROM filter", 7, "CEILING"},
    {"SELECT pg_sleep(2) FROM filter", 7, "no function"},
    {"SELECT abs() FROM filter", 7, "1 argument,"},
    {"SELECT power(2) FROM filter", 7, "2 arguments"},
    {"SELECT lower(DISTINCT name) FROM filter", 7, "aggregate"},
    {"SELECT sum(*) FROM filter", 7, "COUNT"},
    {"SELECT filter_id FROM filter AS a JOIN tileimage AS b USING (ra)", 61,
     "left has no 'ra'"},
    {"SELECT a.tile_id FROM filter f JOIN tileimage b ON a.tile_id=1", 51,
     "not a table"},
    {"SELECT f.name FROM filter f, (SELECT * FROM tileimage t WHERE t.name = "
     "f.name) AS x", 71, "not a table"},
    /* types */
    {"SELECT name FROM filter WHERE name = 3", 37, "makes no sense"},
    {"SELECT name FROM filter WHERE filter_id = '3'", 42, "without quotes"},
    {"SELECT name FROM filter WHERE name IN ('a', 3)", 44, "makes no sense"},
    {"SELECT name FROM filter WHERE filter_id BETWEEN 1 AND 'b'", 54,
     "makes no sense"},
    {"SELECT name FROM filter WHERE filter_id LIKE '3'", 30, "strings"},
    {"SELECT name + 1 FROM filter", 7, "Arithmetic"},
    {"SELECT '3' * 2 FROM filter", 7, "without quotes"},
    {"SELECT -name FROM filter", 8, "number"},
    {"SELECT sqrt(name) FROM filter", 12, "must be a number"},
    {"SELECT sum(name) FROM filter", 11, "must be a number"},
    {"SELECT coalesce(name, 1) FROM filter", 22, "different types"},
    {"SELECT CAST(mag_auto AS INTEGER) FROM magabdualobj", 12, "array"},
    {"SELECT CAST(3 AS TIMESTAMP) FROM filter", 12, "TIMESTAMP"},
    {"SELECT 1 FROM magabdualobj WHERE observed < '2020-02-30'", 44,
     "not a timestamp"},
    {"SELECT 1 FROM magabdualobj WHERE is_good = 'maybe'", 43, "'true'"},
    {"SELECT 1e999 FROM filter", 7, "does not fit"},
    {"SELECT CASE WHEN name='a' THEN 1 ELSE 'b' END FROM filter", 38,
     "another type"},
    {"SELECT (SELECT name, filter_id FROM filter) FROM filter", 8,
     "one column"},
    {"SELECT name FROM filter WHERE name IN (SELECT name, 1 FROM filter)",
     39, "one column"},
    /* groups, order, sets */
    {"SELECT name, count(*) FROM filter", 7, "GROUP BY"},
    {"SELECT name FROM filter GROUP BY filter_id", 7, "GROUP BY"},
    {"SELECT count(*) FROM filter WHERE count(*) > 1", 34, "HAVING"},
    {"SELECT max(count(*)) FROM filter", 7, "nested"},
    {"SELECT count(*) FROM filter GROUP BY max(name)", 37, "GROUP BY"},
    {"SELECT name FROM filter ORDER BY 2", 33, "no column number 2"},
    {"SELECT name FROM filter ORDER BY 0", 33, "no column number 0"},
    {"SELECT DISTINCT name FROM filter ORDER BY wavelength", 42, "DISTINCT"},
    {"SELECT s_region FROM tileimage ORDER BY s_region", 40, "ordered"},
    {"SELECT name FROM filter UNION SELECT name, 1 FROM filter", 30,
     "1 and 2"},
    {"SELECT name FROM filter UNION SELECT filter_id FROM filter", 37,
     "on the left"},
    {"SELECT name FROM filter UNION SELECT name FROM tileimage ORDER BY ra",
     66, "no column 'ra'"},
    {"WITH a AS (SELECT name FROM filter), a AS (SELECT name FROM filter) "
     "SELECT * FROM a", 37, "twice"},
    {"WITH a AS (SELECT name FROM b), b AS (SELECT name FROM filter) SELECT "
     "* FROM a", 28, "no table"},
    /* geometry */
    {"SELECT POINT('GALACTIK', 1, 2) FROM filter", 13, "GALACTIC"},
    {"SELECT CIRCLE('GALACTIC', POINT(1, 2), 3) FROM filter", 14,
     "POINT('GALACTIC', lon, lat)"},
    {"SELECT POLYGON('FK4', POINT(1, 2), POINT(2, 2), POINT(2, 3)) FROM "
     "filter", 15, "made of points"},
    {"SELECT ivo_geom_transform('galactic', 'ICRS', POINT(1, 2)) FROM filter",
     26, "GALACTIC"},
    {"SELECT ivo_geom_transform('FK4', name, POINT(1, 2)) FROM filter", 33,
     "string literal"},
    {"SELECT ivo_geom_transform('FK4', 'FK5', 3) FROM filter", 40,
     "a geometry"},
    {"SELECT ivo_geom_transform('FK4', 'FK5', MOC('1/2')) FROM filter", 40,
     "cannot be turned"},
    {"SELECT ivo_simbadpoint('M31') FROM filter", 7, "does not resolve"},
    {"SELECT gavo_simbadpoint('M31') FROM filter", 7, "does not resolve"},
    {"SELECT gavo_to_mjt('2000-01-01') FROM filter", 7, "gavo_to_mjd"},
    {"SELECT ivo_epoch_prop_po(1, 2) FROM filter", 7, "ivo_epoch_prop_pos"},
    {"SELECT moc('3/768') FROM filter", 7, "not possible"},
    {"SELECT moc('circle 1 2 3') FROM filter", 7, "not possible"},
    {"SELECT moc(name) FROM filter", 11, "a literal"},
    {"SELECT moc(30, POINT(1, 2)) FROM filter", 11, "[0, 29]"},
    {"SELECT moc(3, 'x') FROM filter", 14, "geometry"},
    {"SELECT moc_union(CIRCLE(1, 2, 3), MOC('1/2')) FROM filter", 17,
     "MOC(order, region)"},
    {"SELECT moc_agg(3, CIRCLE(1, 2, 3)) FROM filter", 18, "a point"},
    {"SELECT name FROM filter WHERE 1=CONTAINS(POINT(1, 2), moc_agg(3, POINT("
     "1, 2)))", 54, "HAVING"},
    {"SELECT POINT(1, 91) FROM filter", 16, "[-90, 90]"},
    {"SELECT CIRCLE(1, 2, -3) FROM filter", 20, "[0, 180]"},
    {"SELECT CIRCLE(1, 2, 200) FROM filter", 20, "[0, 180]"},
    {"SELECT CIRCLE(1, 2) FROM filter", 7, "CIRCLE(lon, lat, radius)"},
    {"SELECT POLYGON(1, 2, 3, 4) FROM filter", 7, "POLYGON(lon1"},
    {"SELECT POLYGON(1, 2, 3, 4, 5, 6, 7) FROM filter", 7, "POLYGON(lon1"},
    {"SELECT BOX(1, 2, 3) FROM filter", 7, "BOX("},
    {"SELECT REGION('Circle ICRS 1') FROM filter", 7, "not possible"},
    {"SELECT AREA(1) FROM filter", 12, "geometry"},
    {"SELECT COORD1(CIRCLE(1,2,3)) FROM filter", 14, "point"},
    {"SELECT DISTANCE(1, 2, 3) FROM filter", 7, "4 numbers"},
    {"SELECT 1 FROM tileimage WHERE s_region = s_region", 30, "CONTAINS"},
    {"SELECT POINT(1, 2) || 'x' FROM filter", 7, "strings"},
    {"SELECT POINT(name, 2) FROM filter", 13, "number of degrees"},
    {"SELECT 1 FROM tileimage WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(1, 2, "
     "1/3600))", 70, "1/3600.0"},
    {"SELECT 1 FROM tileimage WHERE DISTANCE(ra, dec, 1, 2) < 5/60", 56,
     "1/3600.0"},
    /* arrays */
    {"SELECT mag_auto[13] FROM magabdualobj", 16, "1 to 12"},
    {"SELECT mag_auto[0] FROM magabdualobj", 16, "1 to 12"},
    {"SELECT mag_auto[jplus::rSDS] FROM magabdualobj", 23, "rSDSS"},
    {"SELECT mag_auto[sdss::r] FROM magabdualobj", 16, "jplus"},
    {"SELECT mag_auto[nofilter] FROM magabdualobj", 16, "no filter"},
    {"SELECT mag_auto[1.5] FROM magabdualobj", 16, "integer"},
    {"SELECT mag_auto[5:2] FROM magabdualobj", 16, "empty"},
    {"SELECT number[1] FROM magabdualobj", 7, "array"},
    {"SELECT 1 FROM magabdualobj WHERE mag_auto < 20", 33, "name[1]"},
    {"SELECT mag_auto + mag_err_auto[1:3] FROM magabdualobj", 18, "lengths"},
    {"SELECT mag_auto + name FROM magabdualobj", 18, "numbers"},
    {"SELECT max(mag_auto) FROM magabdualobj", 11, "arr_max"},
    {"SELECT arr_max(number) FROM magabdualobj", 15, "array"},
    {"SELECT arr_map(x, number) FROM magabdualobj", 18, "array"},
    {"SELECT arr_map(y, mag_auto) FROM magabdualobj", 15, "no column 'y'"},
    {"SELECT arr_map(pmar + x, mag_auto) FROM magabdualobj", 15, "PMRA"},
    {"SELECT arr_map(x || '', mag_auto) FROM magabdualobj", 15, "a number"},
    {"SELECT arr_map(sum(x), mag_auto) FROM magabdualobj", 15, "aggregate"},
    {"SELECT arr_map((SELECT 1 FROM filter), mag_auto) FROM magabdualobj", 16,
     "subquery"},
    {"SELECT x, arr_map(x, mag_auto) FROM magabdualobj", 7, "no column 'x'"},
    {"SELECT 1 FROM magabdualobj AS m, UNNEST(m.mag_auto)", 51,
     "needs a name"},
    {"SELECT 1 FROM magabdualobj AS m, UNEST(m.mag_auto) AS u", 33,
     "UNNEST(array"},
    {"SELECT 1 FROM magabdualobj AS m, UNNEST(m.number) AS u", 40, "arrays"},
    {"SELECT 1 FROM magabdualobj AS m, UNNEST(m.flux) AS u(a, b)", 56,
     "more names"},
    {"SELECT 1 FROM UNNEST(m.flux) AS u, magabdualobj AS m", 21,
     "not a table"},
    {"SELECT 1 FROM magabdualobj AS m RIGHT JOIN UNNEST(m.flux) AS u ON "
     "u.place=1", 43, "LEFT JOIN"},
    {"SELECT 1 FROM magabdualobj AS m FULL JOIN UNNEST(m.flux) AS u ON "
     "u.place=1", 42, "LEFT JOIN"},
    {"SELECT u.filter FROM magabdualobj AS m, UNNEST(m.flux[1:3]) AS u", 9,
     "no column 'filter'"},
    {"SELECT count(*) FROM magabdualobj AS m, UNNEST(sum(m.flux)) AS u", 47,
     "cannot stand in a join"},
    {"SELECT FLUX FROM magabdualobj AS m, UNNEST(m.flux) AS u", 7,
     "m.FLUX or u.FLUX"},
    {"SELECT 1 FROM magabdualobj m, (SELECT * FROM UNNEST(m.flux) u) AS q",
     52, "not a table"},
    /* units */
    {"SELECT in_unit(wavelength, 's') FROM filter", 27, "does not convert"},
    {"SELECT in_unit(wavelength, 'cubit') FROM filter", 27, "not known"},
    {"SELECT in_unit(wavelength, '') FROM filter", 27, "not a unit"},
    {"SELECT in_unit(filter_id, 'm') FROM filter", 15, "has none"},
    {"SELECT in_unit(3, 'm') FROM filter", 15, "has none"}
};

static void rejects(void **state)
{
    vo_adql_env_t env;
    size_t i;
    int failed = 0;

    (void)state;
    adql_model(&env, pool);
    for (i = 0; i < sizeof(rejected) / sizeof(*rejected); ++i) {
        const reject_t *r = &rejected[i];
        vo_adql_result_t *res = NULL;
        vo_err_t *err = vo_adql_translate(&res, r->adql, &env, pool, pool);
        const char *text = err ? vo_err_public(err, pool) : "accepted";

        if (!err || err->offset != r->offset || !strstr(text, r->says)) {
            print_message("%s\n  wanted %d \"%s\"\n  got    %d \"%s\"\n",
                          r->adql, r->offset, r->says, err ? err->offset : -1,
                          text);
            ++failed;
            continue;
        }
        assert_int_equal(err->kind, VO_ERR_USAGE);
        assert_null(res);
    }
    assert_int_equal(failed, 0);
}

static void lines_and_columns(void **state)
{
    vo_adql_env_t env;
    vo_adql_result_t *res;
    vo_err_t *err;

    (void)state;
    adql_model(&env, pool);
    err = vo_adql_translate(&res, "SELECT name, '\xc3\xa9\xc3\xa9',\n  "
                            "wavelenth\nFROM filter", &env, pool, pool);
    assert_non_null(err);
    assert_int_equal(err->line, 2);
    assert_int_equal(err->column, 3);
    err = vo_adql_translate(&res, "SELECT '\xc3\xa9\xc3\xa9', wavelenth "
                            "FROM filter", &env, pool, pool);
    assert_int_equal(err->offset, 15);
    assert_int_equal(err->column, 14); /* characters, not bytes */
}

/* Text of N times PIECE between HEAD and TAIL. */
static const char *repeated(const char *head, const char *piece, int n,
                            const char *tail)
{
    size_t len = strlen(piece);
    char *text = apr_palloc(pool, strlen(head) + len * (size_t)n
                            + strlen(tail) + 1);
    char *p = text;
    int i;

    memcpy(p, head, strlen(head));
    p += strlen(head);
    for (i = 0; i < n; ++i, p += len) {
        memcpy(p, piece, len);
    }
    memcpy(p, tail, strlen(tail) + 1);
    return text;
}

static void limits(void **state)
{
    static const struct {
        const char *head, *piece;
        int n;
        const char *tail;
        int is_fine;
    } cases[] = {
        {"SELECT ", "(", 150, "1", 0},
        {"SELECT 1", "+1", 300, " FROM filter", 1},
        {"SELECT 1", "+1", 100000, " FROM filter", 0},
        {"SELECT 1 FROM filter WHERE 1=1", " OR filter_id=7", 20000, "", 1},
        {"SELECT 1 FROM filter WHERE 1=1", " AND (1=1", 5000, "", 0},
        {"SELECT ", "- ", 200000, "1 FROM filter", 0},
        {"SELECT 1 FROM filter WHERE ", "NOT ", 100000, "1=1", 0},
        {"SELECT 1 FROM filter WHERE filter_id IN (1", ",2", 200000, ")", 1},
        {"SELECT 1 FROM filter", " UNION SELECT 1 FROM filter", 300, "", 1},
        {"SELECT 1 FROM filter", " UNION SELECT 1 FROM filter", 30000, "", 0},
        {"SELECT 1 FROM filter a", ", filter \"b\"", 60000, "", 0},
        {"", "(SELECT * FROM ", 20000, "", 0},
        {"", "SELECT 1 FROM filter WHERE EXISTS (", 5000, "", 0},
        {"SELECT ", "abs(", 50000, "1", 0},
        {"SELECT 1", ",1", 3000, " FROM filter", 0},
        {"SELECT a", "[1]", 50000, " FROM filter", 0},
        {"SELECT 1 FROM filter ORDER BY 1", ",1", 3000, "", 0},
        {"SELECT 1 FROM filter GROUP BY 1", ",1", 3000, "", 0},
        {"WITH a AS (SELECT 1 FROM filter)", ",\"b\" AS (SELECT 1 FROM "
         "filter)", 30000, " SELECT 1 FROM filter", 0},
        {"SELECT POLYGON(0,0", ",1,1,2,2", 20000, ") FROM filter", 1},
        {"SELECT 'a'", " 'b'", 90, " FROM filter", 1},
        {"SELECT 'a'", " 'b'", 200000, " FROM filter", 0},
        {"SELECT 1 FROM filter -- ", "x", 2000000, "", 0}
    };
    vo_adql_env_t env;
    size_t i;

    (void)state;
    adql_model(&env, pool);
    for (i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        vo_adql_result_t *res = NULL;
        vo_err_t *err = vo_adql_translate(
            &res, repeated(cases[i].head, cases[i].piece, cases[i].n,
                           cases[i].tail), &env, pool, pool);

        if ((err == NULL) != cases[i].is_fine) {
            print_message("%s%s... x %d: %s\n", cases[i].head,
                          cases[i].piece, cases[i].n,
                          err ? vo_err_public(err, pool) : "accepted");
            fail();
        }
    }
}

static void reserved_words(void **state)
{
    (void)state;
    assert_true(vo_adql_is_reserved("size"));
    assert_true(vo_adql_is_reserved("SELECT"));
    assert_true(vo_adql_is_reserved("In_Unit"));
    assert_true(vo_adql_is_reserved("zone"));
    assert_true(vo_adql_is_reserved("abs"));
    assert_false(vo_adql_is_reserved("number"));
    assert_false(vo_adql_is_reserved("limit"));
    assert_false(vo_adql_is_reserved("ra"));
    assert_false(vo_adql_is_reserved(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(precedence_survives),
        cmocka_unit_test(rejects),
        cmocka_unit_test(lines_and_columns),
        cmocka_unit_test(limits),
        cmocka_unit_test(reserved_words),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
