/* vo_adql_words.c: the reserved words of ADQL 2.1 (section 2.1.3). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "adql/adql.h"

/* Sorted, for the binary search. */
static const struct {
    const char *word;
    int tk;
} words[] = {
    {"ABS", TK_FUNC}, {"ABSOLUTE", TK_RESERVED}, {"ACOS", TK_FUNC},
    {"ACTION", TK_RESERVED}, {"ADD", TK_RESERVED}, {"ALL", TK_ALL},
    {"ALLOCATE", TK_RESERVED}, {"ALTER", TK_RESERVED}, {"AND", TK_AND},
    {"ANY", TK_RESERVED}, {"ARE", TK_RESERVED}, {"AREA", TK_FUNC},
    {"AS", TK_AS}, {"ASC", TK_ASC}, {"ASIN", TK_FUNC},
    {"ASSERTION", TK_RESERVED}, {"AT", TK_RESERVED}, {"ATAN", TK_FUNC},
    {"ATAN2", TK_FUNC}, {"AUTHORIZATION", TK_RESERVED}, {"AVG", TK_FUNC},
    {"BEGIN", TK_RESERVED}, {"BETWEEN", TK_BETWEEN}, {"BIGINT", TK_TYPE},
    {"BIT", TK_RESERVED}, {"BIT_LENGTH", TK_RESERVED}, {"BOTH", TK_RESERVED},
    {"BOX", TK_FUNC}, {"BY", TK_BY}, {"CASCADE", TK_RESERVED},
    {"CASCADED", TK_RESERVED}, {"CASE", TK_CASE}, {"CAST", TK_CAST},
    {"CATALOG", TK_RESERVED}, {"CEILING", TK_FUNC}, {"CENTROID", TK_FUNC},
    {"CHAR", TK_TYPE}, {"CHARACTER", TK_RESERVED},
    {"CHARACTER_LENGTH", TK_RESERVED}, {"CHAR_LENGTH", TK_RESERVED},
    {"CHECK", TK_RESERVED}, {"CIRCLE", TK_FUNC}, {"CLOSE", TK_RESERVED},
    {"COALESCE", TK_FUNC}, {"COLLATE", TK_RESERVED},
    {"COLLATION", TK_RESERVED}, {"COLUMN", TK_RESERVED},
    {"COMMIT", TK_RESERVED}, {"CONNECT", TK_RESERVED},
    {"CONNECTION", TK_RESERVED}, {"CONSTRAINT", TK_RESERVED},
    {"CONSTRAINTS", TK_RESERVED}, {"CONTAINS", TK_FUNC},
    {"CONTINUE", TK_RESERVED}, {"CONVERT", TK_RESERVED}, {"COORD1", TK_FUNC},
    {"COORD2", TK_FUNC}, {"COORDSYS", TK_FUNC}, {"CORRESPONDING", TK_RESERVED},
    {"COS", TK_FUNC}, {"COT", TK_FUNC}, {"COUNT", TK_FUNC},
    {"CREATE", TK_RESERVED}, {"CROSS", TK_RESERVED}, {"CURRENT", TK_RESERVED},
    {"CURRENT_DATE", TK_RESERVED}, {"CURRENT_TIME", TK_RESERVED},
    {"CURRENT_TIMESTAMP", TK_RESERVED}, {"CURRENT_USER", TK_RESERVED},
    {"CURSOR", TK_RESERVED}, {"DATE", TK_RESERVED}, {"DAY", TK_RESERVED},
    {"DEALLOCATE", TK_RESERVED}, {"DECIMAL", TK_RESERVED},
    {"DECLARE", TK_RESERVED}, {"DEFAULT", TK_RESERVED},
    {"DEFERRABLE", TK_RESERVED}, {"DEFERRED", TK_RESERVED},
    {"DEGREES", TK_FUNC}, {"DELETE", TK_RESERVED}, {"DESC", TK_DESC},
    {"DESCRIBE", TK_RESERVED}, {"DESCRIPTOR", TK_RESERVED},
    {"DIAGNOSTICS", TK_RESERVED}, {"DISCONNECT", TK_RESERVED},
    {"DISTANCE", TK_FUNC}, {"DISTINCT", TK_DISTINCT}, {"DOMAIN", TK_RESERVED},
    {"DOUBLE", TK_DOUBLE}, {"DROP", TK_RESERVED}, {"ELSE", TK_ELSE},
    {"END", TK_END}, {"ESCAPE", TK_RESERVED}, {"EXCEPT", TK_EXCEPT},
    {"EXCEPTION", TK_RESERVED}, {"EXEC", TK_RESERVED},
    {"EXECUTE", TK_RESERVED}, {"EXISTS", TK_EXISTS}, {"EXP", TK_FUNC},
    {"EXTERNAL", TK_RESERVED}, {"EXTRACT", TK_RESERVED},
    {"FALSE", TK_RESERVED}, {"FETCH", TK_RESERVED}, {"FIRST", TK_RESERVED},
    {"FLOAT", TK_RESERVED}, {"FLOOR", TK_FUNC}, {"FOR", TK_RESERVED},
    {"FOREIGN", TK_RESERVED}, {"FOUND", TK_RESERVED}, {"FROM", TK_FROM},
    {"FULL", TK_FULL}, {"GET", TK_RESERVED}, {"GLOBAL", TK_RESERVED},
    {"GO", TK_RESERVED}, {"GOTO", TK_RESERVED}, {"GRANT", TK_RESERVED},
    {"GROUP", TK_GROUP}, {"HAVING", TK_HAVING}, {"HOUR", TK_RESERVED},
    {"IDENTITY", TK_RESERVED}, {"ILIKE", TK_ILIKE}, {"IMMEDIATE", TK_RESERVED},
    {"IN", TK_IN}, {"INDICATOR", TK_RESERVED}, {"INITIALLY", TK_RESERVED},
    {"INNER", TK_INNER}, {"INPUT", TK_RESERVED}, {"INSENSITIVE", TK_RESERVED},
    {"INSERT", TK_RESERVED}, {"INT", TK_RESERVED}, {"INTEGER", TK_TYPE},
    {"INTERSECT", TK_INTERSECT}, {"INTERSECTS", TK_FUNC},
    {"INTERVAL", TK_RESERVED}, {"INTO", TK_RESERVED}, {"IN_UNIT", TK_FUNC},
    {"IS", TK_IS}, {"ISOLATION", TK_RESERVED}, {"JOIN", TK_JOIN},
    {"KEY", TK_RESERVED}, {"LANGUAGE", TK_RESERVED}, {"LAST", TK_RESERVED},
    {"LEADING", TK_RESERVED}, {"LEFT", TK_LEFT}, {"LEVEL", TK_RESERVED},
    {"LIKE", TK_LIKE}, {"LOCAL", TK_RESERVED}, {"LOG", TK_FUNC},
    {"LOG10", TK_FUNC}, {"LOWER", TK_FUNC}, {"MATCH", TK_RESERVED},
    {"MAX", TK_FUNC}, {"MIN", TK_FUNC}, {"MINUTE", TK_RESERVED},
    {"MOD", TK_FUNC}, {"MODULE", TK_RESERVED}, {"MONTH", TK_RESERVED},
    {"NAMES", TK_RESERVED}, {"NATIONAL", TK_RESERVED}, {"NATURAL", TK_NATURAL},
    {"NCHAR", TK_RESERVED}, {"NEXT", TK_RESERVED}, {"NO", TK_RESERVED},
    {"NOT", TK_NOT}, {"NULL", TK_NULL}, {"NULLIF", TK_RESERVED},
    {"NUMERIC", TK_RESERVED}, {"OCTET_LENGTH", TK_RESERVED},
    {"OF", TK_RESERVED}, {"OFFSET", TK_OFFSET}, {"ON", TK_ON},
    {"ONLY", TK_RESERVED}, {"OPEN", TK_RESERVED}, {"OPTION", TK_RESERVED},
    {"OR", TK_OR}, {"ORDER", TK_ORDER}, {"OUTER", TK_OUTER},
    {"OUTPUT", TK_RESERVED}, {"OVERLAPS", TK_RESERVED}, {"PAD", TK_RESERVED},
    {"PARTIAL", TK_RESERVED}, {"PI", TK_FUNC}, {"POINT", TK_FUNC},
    {"POLYGON", TK_FUNC}, {"POSITION", TK_RESERVED}, {"POWER", TK_FUNC},
    {"PRECISION", TK_PRECISION}, {"PREPARE", TK_RESERVED},
    {"PRESERVE", TK_RESERVED}, {"PRIMARY", TK_RESERVED},
    {"PRIOR", TK_RESERVED}, {"PRIVILEGES", TK_RESERVED},
    {"PROCEDURE", TK_RESERVED}, {"PUBLIC", TK_RESERVED}, {"RADIANS", TK_FUNC},
    {"RAND", TK_FUNC}, {"READ", TK_RESERVED}, {"REAL", TK_TYPE},
    {"REFERENCES", TK_RESERVED}, {"REGION", TK_FUNC},
    {"RELATIVE", TK_RESERVED}, {"RESTRICT", TK_RESERVED},
    {"REVOKE", TK_RESERVED}, {"RIGHT", TK_RIGHT}, {"ROLLBACK", TK_RESERVED},
    {"ROUND", TK_FUNC}, {"ROWS", TK_RESERVED}, {"SCHEMA", TK_RESERVED},
    {"SCROLL", TK_RESERVED}, {"SECOND", TK_RESERVED}, {"SECTION", TK_RESERVED},
    {"SELECT", TK_SELECT}, {"SESSION", TK_RESERVED},
    {"SESSION_USER", TK_RESERVED}, {"SET", TK_RESERVED}, {"SIN", TK_FUNC},
    {"SIZE", TK_RESERVED}, {"SMALLINT", TK_TYPE}, {"SOME", TK_RESERVED},
    {"SPACE", TK_RESERVED}, {"SQL", TK_RESERVED}, {"SQLCODE", TK_RESERVED},
    {"SQLERROR", TK_RESERVED}, {"SQLSTATE", TK_RESERVED}, {"SQRT", TK_FUNC},
    {"SUBSTRING", TK_RESERVED}, {"SUM", TK_FUNC}, {"SYSTEM_USER", TK_RESERVED},
    {"TABLE", TK_RESERVED}, {"TAN", TK_FUNC}, {"TEMPORARY", TK_RESERVED},
    {"THEN", TK_THEN}, {"TIME", TK_RESERVED}, {"TIMESTAMP", TK_TYPE},
    {"TIMEZONE_HOUR", TK_RESERVED}, {"TIMEZONE_MINUTE", TK_RESERVED},
    {"TO", TK_RESERVED}, {"TOP", TK_TOP}, {"TRAILING", TK_RESERVED},
    {"TRANSACTION", TK_RESERVED}, {"TRANSLATE", TK_RESERVED},
    {"TRANSLATION", TK_RESERVED}, {"TRIM", TK_RESERVED}, {"TRUE", TK_RESERVED},
    {"TRUNCATE", TK_FUNC}, {"UNION", TK_UNION}, {"UNIQUE", TK_RESERVED},
    {"UNKNOWN", TK_RESERVED}, {"UPDATE", TK_RESERVED}, {"UPPER", TK_FUNC},
    {"USAGE", TK_RESERVED}, {"USER", TK_RESERVED}, {"USING", TK_USING},
    {"VALUE", TK_RESERVED}, {"VALUES", TK_RESERVED}, {"VARCHAR", TK_TYPE},
    {"VARYING", TK_RESERVED}, {"VIEW", TK_RESERVED}, {"WHEN", TK_WHEN},
    {"WHENEVER", TK_RESERVED}, {"WHERE", TK_WHERE}, {"WITH", TK_WITH},
    {"WORK", TK_RESERVED}, {"WRITE", TK_RESERVED}, {"YEAR", TK_RESERVED},
    {"ZONE", TK_RESERVED},
};

int adql_word(const char *word, size_t len)
{
    size_t lo = 0, hi = sizeof(words) / sizeof(*words);
    char up[32];
    size_t i;

    if (len >= sizeof(up)) {
        return 0;
    }
    for (i = 0; i < len; ++i) {
        up[i] = (char)apr_toupper(word[i]);
    }
    up[len] = '\0';
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int cmp = strcmp(up, words[mid].word);

        if (!cmp) {
            return words[mid].tk;
        }
        if (cmp < 0) {
            hi = mid;
        }
        else {
            lo = mid + 1;
        }
    }
    return 0;
}

int vo_adql_is_reserved(const char *word)
{
    return adql_word(word, strlen(word)) != 0;
}

const char *vo_adql_name(const char *name, apr_pool_t *pool)
{
    const char *p = name;
    char *out, *q;

    if (apr_isalpha(*p)) {
        while (apr_isalnum(*p) || *p == '_') {
            ++p;
        }
    }
    if (*name && !*p && !vo_adql_is_reserved(name)) {
        return name;
    }
    out = q = apr_palloc(pool, 2 * strlen(name) + 3);
    *q++ = '"';
    for (p = name; *p; ++p) {
        if (*p == '"') {
            *q++ = '"';
        }
        *q++ = *p;
    }
    *q++ = '"';
    *q = '\0';
    return out;
}
