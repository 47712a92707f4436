/* vo_adql_func.c: the one table of functions: what they take, give, become. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/*
 * Argument letters: f number, given to SQL as double; n number as it is; N that
 * or an array of numbers;
 * i integer; s string; L string literal; t timestamp (or its text); a numeric
 * array; p point; G any geometry; m MOC; * anything. The last letter repeats.
 * Result letters: d double, i int, l long, s string; 1 as the first argument,
 * 3 as the third; e real or double after the array's elements; E doubles,
 * I ints in an array; S sum, M modulus, C the common type of all; P point,
 * O MOC; g: by the geometry checker.
 * Templates: %1 ... arguments; %0 the whole distinct list of an aggregate.
 */
#define GEO "features-adqlgeo"
#define STR "features-adql-string"
#define UDF "features-udf"

#define EPOCHS "ra DOUBLE, dec DOUBLE, parallax DOUBLE, pmra DOUBLE, pmdec " \
    "DOUBLE, radial_velocity DOUBLE, ref_epoch DOUBLE, out_epoch DOUBLE"

/* a/b.c is three words, not the name of a file */
#define WORDS(text) "regexp_replace(" text ", '[^[:alnum:]]+', ' ', 'g')"

const adql_func_t adql_funcs[] = {
    /* mathematics, mandatory */
    {"abs", 1, 1, "n", "1", "abs(%1)", 0, "=", NULL, NULL, NULL},
    {"ceiling", 1, 1, "f", "d", "ceil(%1)", 0, "=", NULL, NULL, NULL},
    {"degrees", 1, 1, "f", "d", "degrees(%1)", 0, "deg", NULL, NULL, NULL},
    {"exp", 1, 1, "f", "d", "exp(%1)", 0, NULL, NULL, NULL, NULL},
    {"floor", 1, 1, "f", "d", "floor(%1)", 0, "=", NULL, NULL, NULL},
    {"log", 1, 1, "f", "d", "ln(%1)", 0, NULL, NULL, NULL, NULL},
    {"log10", 1, 1, "f", "d", "log(%1)", 0, NULL, NULL, NULL, NULL},
    {"mod", 2, 2, "nn", "M", NULL, F_SPECIAL, NULL, NULL, NULL, NULL},
    {"pi", 0, 0, "", "d", "pi()", 0, NULL, NULL, NULL, NULL},
    {"power", 2, 2, "ff", "d", "power(%1, %2)", 0, NULL, NULL, NULL, NULL},
    {"radians", 1, 1, "f", "d", "radians(%1)", 0, "rad", NULL, NULL, NULL},
    {"sqrt", 1, 1, "f", "d", "sqrt(%1)", 0, NULL, NULL, NULL, NULL},
    {"rand", 0, 1, "i", "d", NULL, F_SPECIAL, NULL, NULL, NULL, NULL},
    {"round", 1, 2, "fi", "d", NULL, F_SPECIAL, "=", NULL, NULL, NULL},
    {"truncate", 1, 2, "fi", "d", NULL, F_SPECIAL, "=", NULL, NULL, NULL},
    {"acos", 1, 1, "f", "d", "acos(%1)", 0, "rad", NULL, NULL, NULL},
    {"asin", 1, 1, "f", "d", "asin(%1)", 0, "rad", NULL, NULL, NULL},
    {"atan", 1, 1, "f", "d", "atan(%1)", 0, "rad", NULL, NULL, NULL},
    {"atan2", 2, 2, "ff", "d", "atan2(%1, %2)", 0, "rad", NULL, NULL, NULL},
    {"cos", 1, 1, "f", "d", "cos(%1)", 0, NULL, NULL, NULL, NULL},
    {"sin", 1, 1, "f", "d", "sin(%1)", 0, NULL, NULL, NULL, NULL},
    {"tan", 1, 1, "f", "d", "tan(%1)", 0, NULL, NULL, NULL, NULL},
    {"cot", 1, 1, "f", "d", "adql_cot(%1)", 0, NULL, NULL, NULL, NULL},
    /* aggregates, mandatory */
    {"count", 1, 1, "*", "l", "count(%0)", F_AGG, NULL, NULL, NULL, NULL},
    {"sum", 1, 1, "n", "S", NULL, F_AGG | F_SPECIAL, "=", NULL, NULL, NULL},
    {"avg", 1, 1, "f", "d", "avg(%0)", F_AGG, "=", NULL, NULL, NULL},
    {"min", 1, 1, "o", "1", "min(%0)", F_AGG, "=", NULL, NULL, NULL},
    {"max", 1, 1, "o", "1", "max(%0)", F_AGG, "=", NULL, NULL, NULL},
    /* geometry */
    {"area", 1, 1, "g", "g", NULL, F_GEOM, "deg**2", GEO, NULL, NULL},
    {"box", 3, 5, "g", "g", NULL, F_GEOM | F_CONSTRUCTOR, NULL, GEO, NULL,
     NULL},
    {"centroid", 1, 1, "g", "g", NULL, F_GEOM, NULL, GEO, NULL, NULL},
    {"circle", 2, 4, "g", "g", NULL, F_GEOM | F_CONSTRUCTOR, NULL, GEO, NULL,
     NULL},
    {"contains", 2, 2, "g", "g", NULL, F_GEOM, NULL, GEO, NULL, NULL},
    {"coord1", 1, 1, "g", "g", NULL, F_GEOM, "deg", GEO, NULL, NULL},
    {"coord2", 1, 1, "g", "g", NULL, F_GEOM, "deg", GEO, NULL, NULL},
    {"coordsys", 1, 1, "g", "g", NULL, F_GEOM, NULL, GEO, NULL, NULL},
    {"distance", 2, 4, "g", "g", NULL, F_GEOM, "deg", GEO, NULL, NULL},
    {"intersects", 2, 2, "g", "g", NULL, F_GEOM, NULL, GEO, NULL, NULL},
    {"point", 2, 3, "g", "g", NULL, F_GEOM | F_CONSTRUCTOR, NULL, GEO, NULL,
     "Geometries are in ICRS. A coordinate system given first is FK4 (B1950), "
     "GALACTIC, ECLIPTIC or SUPER_GALACTIC, from which it is turned to ICRS; "
     "FK5 and J2000 are taken as ICRS."},
    {"polygon", 3, -1, "g", "g", NULL, F_GEOM | F_CONSTRUCTOR, NULL, GEO,
     NULL, NULL},
    {"region", 1, 1, "g", "g", NULL, F_GEOM | F_CONSTRUCTOR, NULL, GEO, NULL,
     NULL},
    /* strings, conditions, units */
    {"lower", 1, 1, "s", "s", "lower(%1)", 0, NULL, STR, NULL, NULL},
    {"upper", 1, 1, "s", "s", "upper(%1)", 0, NULL, STR, NULL, NULL},
    /* not announced: its feature id is younger than validators in use */
    {"coalesce", 1, -1, "*", "C", NULL, F_SPECIAL, "=", NULL, NULL, NULL},
    {"in_unit", 2, 2, "Ns", "d", NULL, F_SPECIAL, NULL, "features-adql-unit",
     NULL, NULL},
    /* flags: the language has no operators for bits */
    {"bitwise_and", 2, 2, "ii", "l", "((%1)::bigint & (%2)::bigint)", 0, NULL,
     UDF, "bitwise_and(a BIGINT, b BIGINT) -> BIGINT",
     "The bits that are in both a and b: bitwise_and(flags, 4) = 4."},
    {"bitwise_or", 2, 2, "ii", "l", "((%1)::bigint | (%2)::bigint)", 0, NULL,
     UDF, "bitwise_or(a BIGINT, b BIGINT) -> BIGINT",
     "The bits that are in a or b."},
    {"bitwise_xor", 2, 2, "ii", "l", "((%1)::bigint # (%2)::bigint)", 0, NULL,
     UDF, "bitwise_xor(a BIGINT, b BIGINT) -> BIGINT",
     "The bits that are in one of a and b, but not in both."},
    {"bitwise_not", 1, 1, "i", "l", "(~ (%1)::bigint)", 0, NULL, UDF,
     "bitwise_not(a BIGINT) -> BIGINT", "The bits that are not in a."},
    /* arrays: IVOA wiki ADQLVectorMath */
    {"arr_avg", 1, 1, "a", "e", "arr_avg(%1)", F_ARRAY, "=", UDF,
     "arr_avg(arr DOUBLE ARRAY) -> DOUBLE",
     "The mean of the elements of an array that are not NULL."},
    {"arr_max", 1, 1, "a", "e", "arr_max(%1)", F_ARRAY, "=", UDF,
     "arr_max(arr DOUBLE ARRAY) -> DOUBLE",
     "The largest element of an array."},
    {"arr_min", 1, 1, "a", "e", "arr_min(%1)", F_ARRAY, "=", UDF,
     "arr_min(arr DOUBLE ARRAY) -> DOUBLE",
     "The smallest element of an array."},
    {"arr_sum", 1, 1, "a", "e", "arr_sum(%1)", F_ARRAY, "=", UDF,
     "arr_sum(arr DOUBLE ARRAY) -> DOUBLE",
     "The sum of the elements of an array that are not NULL."},
    {"arr_stddev", 1, 1, "a", "e", "arr_stddev(%1)", F_ARRAY, "=", UDF,
     "arr_stddev(arr DOUBLE ARRAY) -> DOUBLE",
     "The standard deviation of the elements of an array."},
    {"arr_count", 1, 1, "a", "i", "arr_count(%1)", F_ARRAY, NULL, UDF,
     "arr_count(arr DOUBLE ARRAY) -> INTEGER",
     "The number of elements of an array that are not NULL."},
    {"arr_dot", 2, 2, "aa", "d", "arr_dot(%1, %2)", F_ARRAY, NULL, UDF,
     "arr_dot(a DOUBLE ARRAY, b DOUBLE ARRAY) -> DOUBLE",
     "The scalar product of two arrays of one length."},
    {"arr_map", 2, 2, "*a", "g", NULL, F_ARRAY | F_SPECIAL, NULL, UDF,
     "arr_map(expr DOUBLE, arr DOUBLE ARRAY) -> DOUBLE ARRAY",
     "An array of what expr is for each element of arr, which is called x in "
     "it: arr_map(POWER(10, -0.4 * x), mag)."},
    /* MOCs */
    {"moc", 1, 2, "*", "O", NULL, F_SPECIAL, NULL, UDF,
     "moc(hpxOrder INTEGER, region GEOMETRY) -> MOC",
     "The coverage map of all HEALPix cells of an order that a region "
     "touches; also ('3/1-4 ...'), a literal. CONTAINS, INTERSECTS and AREA "
     "take it."},
    {"moc_agg", 2, 2, "ip", "O", NULL, F_AGG | F_SPECIAL, NULL, UDF,
     "moc_agg(hpxOrder INTEGER, p POINT) -> MOC",
     "An aggregate: the coverage map of the positions of a group."},
    {"moc_union", 2, 2, "mm", "O", "sky_moc_union(%1, %2)", 0, NULL, UDF,
     "moc_union(a MOC, b MOC) -> MOC", "What is in a or b."},
    {"moc_intersect", 2, 2, "mm", "O", "sky_moc_intersect(%1, %2)", 0, NULL,
     UDF, "moc_intersect(a MOC, b MOC) -> MOC", "What is in both a and b."},
    {"moc_minus", 2, 2, "mm", "O", "sky_moc_minus(%1, %2)", 0, NULL, UDF,
     "moc_minus(a MOC, b MOC) -> MOC", "What is in a and not in b."},
    {"moc_union_agg", 1, 1, "m", "O", "sky_moc_union_agg(%1)", F_AGG, NULL,
     UDF, "moc_union_agg(m MOC) -> MOC",
     "An aggregate: the union of the coverage maps of a group."},
    /* IVOA UDF catalogue 1.2 */
    {"ivo_healpix_index", 2, 3, "g", "l", NULL, F_GEOM, NULL, UDF,
     "ivo_healpix_index(hpxOrder INTEGER, long DOUBLE, lat DOUBLE) -> BIGINT",
     "The HEALPix cell, nested scheme, of an order from 0 to 29 that holds a "
     "position given in degrees; also (hpxOrder INTEGER, p POINT)."},
    {"ivo_healpix_center", 2, 2, "ii", "P",
     "sky_hpx_center((%1)::integer, (%2)::bigint)", 0, NULL, UDF,
     "ivo_healpix_center(hpxOrder INTEGER, hpxIndex BIGINT) -> POINT",
     "The centre of a HEALPix cell of the nested scheme."},
    {"ivo_hasword", 2, 2, "ss", "i",
     "(to_tsvector('simple', " WORDS("%1") ") @@ plainto_tsquery('simple', "
     WORDS("%2") "))::integer", 0, NULL, UDF,
     "ivo_hasword(haystack TEXT, needle TEXT) -> INTEGER",
     "1 if all words of needle are in haystack, without regard to case, "
     "else 0."},
    {"ivo_nocasematch", 2, 2, "ss", "i",
     "(%1 ILIKE %2 ESCAPE '')::integer", 0, NULL, UDF,
     "ivo_nocasematch(value TEXT, pattern TEXT) -> INTEGER",
     "1 if value matches pattern (as in LIKE) without regard to case, else "
     "0."},
    {"ivo_hashlist_has", 2, 2, "ss", "i",
     "(strpos(%2, '#') = 0 AND lower(%2) = ANY "
     "(string_to_array(lower(%1), '#')))::integer", 0, NULL, UDF,
     "ivo_hashlist_has(hashlist TEXT, item TEXT) -> INTEGER",
     "1 if item is one of the words of hashlist, which are separated by #, "
     "without regard to case; else 0."},
    {"ivo_string_agg", 2, 2, "*s", "s", "string_agg(%0::text, %2)", F_AGG,
     NULL, UDF, "ivo_string_agg(expression TEXT, delimiter TEXT) -> TEXT",
     "An aggregate: the strings of a group joined by delimiter."},
    {"ivo_interval_overlaps", 4, 4, "nnnn", "i",
     "(%1 <= %2 AND %3 <= %4 AND %1 <= %4 AND %3 <= %2)::integer", 0, NULL,
     UDF,
     "ivo_interval_overlaps(l1 NUMERIC, h1 NUMERIC, l2 NUMERIC, h2 NUMERIC) "
     "-> INTEGER",
     "1 if the interval from l1 to h1 shares a point with that from l2 to "
     "h2, else 0."},
    {"ivo_to_jd", 1, 1, "t", "d",
     "(extract(epoch FROM %1)::float8 / 86400 + 2440587.5::float8)", 0, "d",
     UDF, "ivo_to_jd(d TIMESTAMP) -> DOUBLE",
     "The Julian date of a timestamp."},
    {"ivo_to_mjd", 1, 1, "t", "d",
     "(extract(epoch FROM %1)::float8 / 86400 + 40587)", 0, "d", UDF,
     "ivo_to_mjd(d TIMESTAMP) -> DOUBLE",
     "The modified Julian date of a timestamp."},
    {"ivo_normal_random", 2, 2, "ff", "d",
     "(%1 + %2 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))", 0,
     NULL, UDF, "ivo_normal_random(mu DOUBLE, sigma DOUBLE) -> DOUBLE",
     "A random number of the normal distribution with mean mu and standard "
     "deviation sigma."},
    {"ivo_epoch_prop_pos", 8, 8, "f", "P",
     "sky_epoch_prop_pos(%1, %2, %3, %4, %5, %6, %7, %8)", 0, NULL, UDF,
     "ivo_epoch_prop_pos(" EPOCHS ") -> POINT",
     "Where a star is at out_epoch (Julian years), having moved straight "
     "through space since ref_epoch; in deg, mas, mas/yr (pmra with cos dec) "
     "and km/s. Unknown parallax and motions may be NULL."},
    {"ivo_epoch_prop", 8, 8, "f", "E",
     "sky_epoch_prop(%1, %2, %3, %4, %5, %6, %7, %8)", 0, NULL, UDF,
     "ivo_epoch_prop(" EPOCHS ") -> DOUBLE ARRAY",
     "The six parameters of a star at out_epoch, as in ivo_epoch_prop_pos."},
    {"ivo_geom_transform", 3, 3, "LLG", "3", "sky_transform(%1, %2, %3)", 0,
     NULL, UDF,
     "ivo_geom_transform(from_sys TEXT, to_sys TEXT, geo GEOMETRY) -> "
     "GEOMETRY",
     "A geometry turned from one reference frame to another: ICRS, FK5 "
     "(J2000), FK4 (B1950), GALACTIC, ECLIPTIC (J2000), SUPER_GALACTIC."},
    {"ivo_histogram", 4, 4, "fffi", "I",
     "adql_histogram(%0, %2, %3, (%4)::integer)", F_AGG, NULL, UDF,
     "ivo_histogram(val DOUBLE, lower DOUBLE, upper DOUBLE, nbins INTEGER) "
     "-> INTEGER ARRAY",
     "An aggregate: how many values are below lower (or NULL), in each of "
     "nbins bins, and from upper on."},
    {"ivo_hms_to_degrees", 1, 1, "s", "d", "sky_hms(%1)", 0, "deg", UDF,
     "ivo_hms_to_degrees(hms TEXT) -> DOUBLE",
     "Degrees of hours, minutes and seconds: '3:34:45.4', '033445.4', "
     "'3h34m45.4s'; NULL for other text."},
    {"ivo_dms_to_degrees", 1, 1, "s", "d", "sky_dms(%1)", 0, "deg", UDF,
     "ivo_dms_to_degrees(dms TEXT) -> DOUBLE",
     "Degrees of degrees, minutes and seconds: '-0:15:0', '-001500', "
     "'-0d15m0s'; NULL for other text."},
    {"ivo_simbadpoint", 1, 1, "L", "P", NULL, F_NAMES, NULL, UDF,
     "ivo_simbadpoint(identifier TEXT) -> POINT",
     "Where the object called identifier (a literal) is, as a name service "
     "tells."},
    /* what DaCHS has and no note describes */
    {"gavo_match", 2, 2, "ss", "i", "(%2 ~ %1)::integer", 0, NULL, UDF,
     "gavo_match(pattern TEXT, string TEXT) -> INTEGER",
     "1 if the POSIX regular expression pattern matches anything in string, "
     "else 0."},
    {"gavo_getauthority", 1, 1, "s", "s",
     "substring(%1 from '^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)')", 0, NULL,
     UDF, "gavo_getauthority(ivoid TEXT) -> TEXT",
     "The authority of an IVOA identifier or another URI."},
    {"gavo_urlescape", 1, 1, "s", "s", "adql_urlescape(%1)", 0, NULL, UDF,
     "gavo_urlescape(s TEXT) -> TEXT", "s with percent-encoding."},
    {"gavo_apply_pm", 5, 5, "f", "P",
     "sky_epoch_prop_pos(%1, %2, NULL, %3 * 3600000::float8, "
     "%4 * 3600000::float8, NULL, 0, %5)", 0, NULL, UDF,
     "gavo_apply_pm(ra DOUBLE, dec DOUBLE, pmra DOUBLE, pmde DOUBLE, epdist "
     "DOUBLE) -> POINT",
     "Where a star is after epdist years, by its proper motion in deg/yr "
     "(pmra with cos dec) alone; ivo_epoch_prop_pos knows more."},
    {NULL, 0, 0, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL}
};

const adql_alias_t adql_aliases[] = {
    {"gavo_histogram", "ivo_histogram"},
    {"gavo_mocintersect", "moc_intersect"},
    {"gavo_mocunion", "moc_union"},
    {"gavo_normal_random", "ivo_normal_random"},
    {"gavo_simbadpoint", "ivo_simbadpoint"},
    {"gavo_to_jd", "ivo_to_jd"},
    {"gavo_to_mjd", "ivo_to_mjd"},
    {"gavo_transform", "ivo_geom_transform"},
    {NULL, NULL}
};

const adql_func_t *adql_func_find(const char *name)
{
    const adql_func_t *f;
    const adql_alias_t *a;
    char low = (char)apr_tolower(*name);

    for (a = adql_aliases; low == 'g' && a->alias; ++a) {
        if (!strcasecmp(a->alias, name)) {
            name = a->name;
            low = *name;
            break;
        }
    }
    for (f = adql_funcs; f->name; ++f) {
        if (*f->name == low && !strcasecmp(f->name, name)) {
            return f;
        }
    }
    return NULL;
}

/* ---- checking --------------------------------------------------------- */

static void check_arg(adql_ctx_t *c, const adql_node_t *n, adql_node_t *arg,
                      char letter, int number)
{
    const char *need = NULL;
    adql_class_e cls = arg->ty.cls;

    if (c->err || cls == T_NULL || cls == T_NONE) {
        return;
    }
    switch (letter) {
    case 'f':
    case 'n':
        need = adql_is_number(&arg->ty) ? NULL : "a number";
        break;
    case 'N':
        need = adql_is_number(&arg->ty)
               || (cls == T_ARRAY && arg->ty.oid != OID_BOOL_A)
            ? NULL : "a number or an array of numbers";
        break;
    case 'i':
        need = cls == T_INT ? NULL : "an integer";
        break;
    case 's':
        need = cls == T_TEXT ? NULL : "a string";
        break;
    case 'L':
        need = arg->kind == N_STR ? NULL : "a string literal";
        break;
    case 'G':
        need = cls == T_GEOM ? NULL : "a geometry";
        break;
    case 'p':
        need = cls == T_GEOM && arg->ty.geom == G_POINT ? NULL : "a point";
        break;
    case 'm':
        need = cls == T_GEOM && arg->ty.geom == G_MOC ? NULL : "a MOC";
        break;
    case 't':
        if (cls == T_TEXT && arg->kind == N_STR) {
            const char *iso;

            if (adql_time_text(c, arg->text, &iso)) {
                adql_set_type(&arg->ty, OID_TIMESTAMP);
                cls = T_TIME;
            }
        }
        need = cls == T_TIME || (cls == T_TEXT && arg->kind != N_STR)
            ? NULL : "a timestamp";
        break;
    case 'a':
        need = cls == T_ARRAY && arg->ty.oid != OID_BOOL_A ? NULL
                                                        : "a numeric array";
        break;
    case 'o':
        need = adql_is_number(&arg->ty) || cls == T_TEXT || cls == T_TIME
            ? NULL : "a number, a string or a timestamp";
        break;
    default:
        break;
    }
    if (need) {
        adql_fail(c, arg->off, "Argument %d of %s is %s; it must be %s.",
                  number, n->text, adql_type_name(&arg->ty), need);
        if (cls == T_ARRAY) {
            adql_hint(c, "Take one element, as in name[1] or "
                      "name[survey::filter]%s.", n->func->flags & F_AGG
                      ? ", or arr_sum, arr_avg, arr_min, arr_max of it" : "");
        }
        else if (letter == 'm') {
            adql_hint(c, "MOC(order, region) or MOC('3/1-4 ...') makes one.");
        }
        else if (letter == 'p') {
            adql_hint(c, "Make one, as in POINT(ra, dec).");
        }
        else if (cls == T_TEXT && arg->kind == N_STR
                 && strchr("fni", letter)) {
            adql_hint(c, "Numbers are written without quotes.");
        }
    }
}

static void check_aggregate(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    const adql_node_t *arg;

    if (q->in_clause == CL_WHERE || q->in_clause == CL_FROM
        || q->in_clause == CL_GROUP) {
        adql_fail(c, n->off, "The aggregate function %s cannot stand in %s.",
                  n->text, q->in_clause == CL_WHERE ? "WHERE"
                  : q->in_clause == CL_GROUP ? "GROUP BY" : "a join");
        if (q->in_clause == CL_WHERE) {
            adql_hint(c, "Conditions on aggregates stand in HAVING.");
        }
    }
    for (arg = n->list; arg && !c->err; arg = arg->next) {
        if (arg->has_agg) {
            adql_fail(c, n->off, "Aggregate functions cannot be nested.");
        }
    }
    q->is_agg = 1;
    n->has_agg = 1;
}

static void in_unit(adql_ctx_t *c, adql_node_t *n)
{
    adql_node_t *to = n->list->next;
    const char *from, *why = NULL;
    double factor, back;

    if (to->kind != N_STR) {
        adql_fail(c, to->off, "The unit of IN_UNIT is a string literal.");
        return;
    }
    if (!*to->text || !adql_unit_is_known(to->text, &why, c->pool)) {
        adql_fail(c, to->off, "'%s' is not a unit%s%s.", to->text,
                  why ? ": " : "", why ? why : "");
        adql_hint(c, "Units are written as in VOUnits: deg, mas/yr, km.s**-1, "
                  "Jy, 10**3.m.");
        return;
    }
    from = adql_infer_unit(c, n->list);
    if (!from || !*from) {
        adql_fail(c, n->list->off, "IN_UNIT needs a value with a unit; this "
                  "one has none.");
        return;
    }
    if (adql_unit_factor(from, to->text, &factor, &why, c->pool)) {
        adql_fail(c, to->off, "The unit '%s' does not convert to '%s'%s%s.",
                  from, to->text, why ? ": " : "", why ? why : "");
        return;
    }
    n->unit = to->text;
    n->ucd = n->list->ucd;
    /* by 10 rather than times 0.1, which is not exact */
    n->op = factor < 1 && !adql_unit_factor(to->text, from, &back, &why,
                                            c->pool)
            && back == floor(back) && back < 1e15 ? OP_DIV : OP_MUL;
    n->alias.text = apr_psprintf(c->pool, "%.17g", n->op == OP_DIV ? back
                                                                 : factor);
    if (n->list->ty.cls == T_ARRAY) { /* the array times the number */
        n->kind = N_BIN;
        n->a = n->list;
        n->b = adql_node(c, N_NUM, n->off, n->end);
        n->b->text = n->alias.text;
        adql_set_type(&n->b->ty, OID_FLOAT8);
        n->list = NULL;
        adql_check_array_bin(c, n);
    }
}

static void coalesce(adql_ctx_t *c, adql_node_t *n)
{
    adql_node_t *arg;
    const char *iso;

    n->ty = n->list->ty;
    for (arg = n->list->next; arg && !c->err; arg = arg->next) {
        if (n->ty.cls == T_TIME && arg->kind == N_STR
            && adql_time_text(c, arg->text, &iso)) {
            adql_set_type(&arg->ty, OID_TIMESTAMP);
        }
        if (adql_unite(&n->ty, &arg->ty)) {
            adql_fail(c, arg->off, "The arguments of COALESCE have different "
                      "types: %s, then %s.", adql_type_name(&n->ty),
                      adql_type_name(&arg->ty));
        }
    }
}

static void result_type(adql_ctx_t *c, adql_node_t *n)
{
    const adql_node_t *first = n->list;
    unsigned oid = OID_FLOAT8;

    switch (*n->func->result) {
    case 'i':
        oid = OID_INT4;
        break;
    case 'l':
        oid = OID_INT8;
        break;
    case 's':
        oid = OID_TEXT;
        break;
    case '1':
        if (first->ty.cls != T_NULL) {
            n->ty = first->ty;
            return;
        }
        break;
    case 'S':
        oid = first->ty.cls == T_INT ? OID_INT8 : OID_FLOAT8;
        break;
    case 'M':
        if (first->ty.cls == T_INT && first->next->ty.cls == T_INT) {
            oid = adql_wider(first->ty.oid, first->next->ty.oid);
        }
        break;
    case 'e':
        oid = first->ty.oid == OID_FLOAT4_A ? OID_FLOAT4 : OID_FLOAT8;
        break;
    case 'C':
        coalesce(c, n);
        return;
    case 'P':
    case 'O':
        adql_set_type(&n->ty, OID_TEXT);
        n->ty.cls = T_GEOM;
        n->ty.geom = *n->func->result == 'P' ? G_POINT : G_MOC;
        return;
    case '3':
        adql_set_type(&n->ty, OID_TEXT);
        n->ty.cls = T_GEOM;
        n->ty.geom = first->next->next->ty.cls == T_GEOM
            ? first->next->next->ty.geom : G_REGION;
        return;
    case 'E':
        adql_set_type(&n->ty, OID_FLOAT8_A);
        n->ty.size = 6;
        n->ty.arraysize = "6";
        return;
    case 'I':
        oid = OID_INT4_A;
        break;
    default:
        break;
    }
    adql_set_type(&n->ty, oid);
}

static void result_meaning(adql_ctx_t *c, adql_node_t *n)
{
    const char *stat = !strcmp(n->func->name, "min") ? "stat.min"
        : !strcmp(n->func->name, "max") ? "stat.max"
        : !strcmp(n->func->name, "avg") ? "stat.mean" : NULL;

    if (n->func->unit && *n->func->unit != '=') {
        n->unit = n->func->unit;
    }
    else if (n->func->unit && n->list) {
        n->unit = n->list->unit;
        n->ucd = n->list->ucd;
    }
    if (stat && n->list->ucd) {
        n->ucd = apr_pstrcat(c->pool, n->list->ucd, ";", stat, NULL);
    }
    if (!strcmp(n->func->name, "count")) {
        n->ucd = "meta.number";
    }
}

void adql_check_func(adql_ctx_t *c, adql_query_t *q, adql_node_t *n)
{
    const adql_func_t *f = n->func;
    const char *letter = f->args;
    adql_node_t *arg;
    int number = 0;

    if (!strcmp(f->name, "arr_map")) {
        adql_check_map(c, q, n);
        return;
    }
    for (arg = n->list; arg && !c->err; arg = arg->next) {
        adql_check_value(c, q, arg);
        n->has_agg |= arg->has_agg;
    }
    if (c->err) {
        return;
    }
    if (f->flags & F_AGG) {
        check_aggregate(c, q, n);
    }
    if (f->flags & F_GEOM) {
        adql_check_geom_func(c, q, n);
        return;
    }
    for (arg = n->list; arg; arg = arg->next) {
        check_arg(c, n, arg, *letter, ++number);
        letter += letter[0] && letter[1];
    }
    if (c->err) {
        return;
    }
    if (n->is_distinct && n->list->ty.cls == T_GEOM) {
        adql_fail(c, n->list->off, "DISTINCT does not work on geometries.");
    }
    result_type(c, n);
    result_meaning(c, n);
    if (!strcmp(f->name, "in_unit")) {
        in_unit(c, n);
    }
    else {
        adql_check_special(c, n);
    }
}

/* ---- printing --------------------------------------------------------- */

static void print_arg(adql_ctx_t *c, const adql_node_t *n, int number)
{
    const adql_func_t *f = n->func;
    size_t last = strlen(f->args) - 1;
    char letter = f->args[(size_t)number < last ? (size_t)number : last];
    const adql_node_t *arg = n->list;
    int i;

    for (i = 0; arg && i < number; ++i) {
        arg = arg->next;
    }
    if (!arg) {
        return;
    }
    switch (letter) {
    case 'f':
        adql_print_as(c, arg, OID_FLOAT8);
        break;
    case 's':
    case 'L':
        adql_print_as(c, arg, OID_TEXT);
        break;
    case 't':
        adql_print_as(c, arg, OID_TIMESTAMP);
        break;
    case 'p':
    case 'G':
    case 'm':
        adql_print_geom(c, arg);
        break;
    case 'i':
        adql_print_as(c, arg, arg->ty.cls == T_NULL ? OID_INT4
                                                    : arg->ty.oid);
        break;
    default:
        if (arg->ty.cls == T_NULL) {
            adql_print_as(c, arg, letter == 'a' ? OID_FLOAT8_A
                          : letter == '*' ? OID_TEXT : OID_FLOAT8);
        }
        else {
            adql_print_expr(c, arg);
        }
    }
}

static void print_special(adql_ctx_t *c, const adql_node_t *n)
{
    const char *name = n->func->name;
    const adql_node_t *arg = n->list;

    if (!strcmp(name, "mod")) {
        unsigned oid = n->ty.oid;

        adql_put(c, n->ty.cls == T_INT ? "mod(" : "adql_mod(");
        adql_print_as(c, arg, oid);
        adql_put(c, ", ");
        adql_print_as(c, arg->next, oid);
    }
    else if (!strcmp(name, "rand")) {
        adql_put(c, arg ? "adql_rand(" : "random(");
        if (arg) {
            adql_print_as(c, arg, OID_INT4);
        }
    }
    else if (!strcmp(name, "round") || !strcmp(name, "truncate")) {
        int is_round = *name == 'r';

        /* PostgreSQL's own round() takes 2.5 to 2, ROUND(2.5, 0) is 3 */
        adql_put(c, is_round ? "adql_round(" : arg->next ? "adql_truncate("
                                                         : "trunc(");
        adql_print_as(c, arg, OID_FLOAT8);
        if (arg->next || is_round) {
            adql_put(c, ", ");
        }
        if (arg->next) {
            adql_print_as(c, arg->next, OID_INT4);
        }
        else if (is_round) {
            adql_put(c, "0");
        }
    }
    else if (!strcmp(name, "sum")) {
        adql_put(c, "sum(");
        adql_put(c, n->is_distinct ? "DISTINCT " : "");
        adql_print_as(c, arg, n->ty.oid == OID_INT8 ? arg->ty.oid
                                                    : OID_FLOAT8);
        adql_put(c, n->ty.oid == OID_INT8 ? ")::bigint" : ")");
        return;
    }
    else if (!strcmp(name, "in_unit")) {
        adql_put(c, "(");
        adql_print_as(c, arg, OID_FLOAT8);
        adql_put(c, n->op == OP_DIV ? " / " : " * ");
        adql_put_param(c, OID_FLOAT8, n->alias.text);
    }
    else { /* coalesce */
        adql_put(c, "COALESCE(");
        for (; arg; arg = arg->next) {
            if (n->ty.cls == T_GEOM) {
                adql_print_geom(c, arg);
            }
            else {
                adql_print_as(c, arg, n->ty.cls == T_NULL ? OID_TEXT
                                                          : n->ty.oid);
            }
            adql_put(c, arg->next ? ", " : "");
        }
    }
    adql_put(c, ")");
}

static void print_call(adql_ctx_t *c, const adql_node_t *n)
{
    const char *p;

    if (n->func->flags & F_GEOM) {
        adql_print_geom_func(c, n);
        return;
    }
    if (n->func->flags & F_SPECIAL) {
        if (!adql_print_udf(c, n)) {
            print_special(c, n);
        }
        return;
    }
    for (p = n->func->sql; *p; ++p) {
        if (*p != '%') {
            adql_putn(c, p, 1);
        }
        else if (*++p == '0') {
            adql_put(c, n->is_distinct ? "DISTINCT " : "");
            if (n->is_star) {
                adql_put(c, "*");
            }
            print_arg(c, n, 0);
        }
        else {
            print_arg(c, n, *p - '1');
        }
    }
}

void adql_print_func(adql_ctx_t *c, const adql_node_t *n)
{
    if (c->grouped && (n->func->flags & F_AGG)) { /* inside are rows again */
        adql_query_t *q = adql_grouping(c, NULL);

        print_call(c, n);
        adql_grouping(c, q);
    }
    else {
        print_call(c, n);
    }
}
