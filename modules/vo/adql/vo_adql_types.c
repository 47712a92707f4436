/* vo_adql_types.c: PostgreSQL types of columns and what VOTable calls them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <stdio.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* The one table of types the SQL may deliver. */
static const struct {
    unsigned oid, element;  /* element of an array type, else 0 */
    adql_class_e cls;
    vo_type_e vo;
    int size;
    const char *name;       /* in SQL */
} types[] = {
    {OID_BOOL, 0, T_BOOL, VO_TYPE_BOOLEAN, VO_SCALAR, "boolean"},
    {OID_INT2, 0, T_INT, VO_TYPE_SHORT, VO_SCALAR, "smallint"},
    {OID_INT4, 0, T_INT, VO_TYPE_INT, VO_SCALAR, "integer"},
    {OID_INT8, 0, T_INT, VO_TYPE_LONG, VO_SCALAR, "bigint"},
    {OID_FLOAT4, 0, T_REAL, VO_TYPE_FLOAT, VO_SCALAR, "real"},
    {OID_FLOAT8, 0, T_REAL, VO_TYPE_DOUBLE, VO_SCALAR, "double precision"},
    {OID_TEXT, 0, T_TEXT, VO_TYPE_CHAR, VO_VARIABLE, "text"},
    {OID_TIMESTAMP, 0, T_TIME, VO_TYPE_CHAR, VO_VARIABLE, "timestamp"},
    {OID_BYTEA, 0, T_OTHER, VO_TYPE_UBYTE, VO_VARIABLE, "bytea"},
    {OID_BOOL_A, OID_BOOL, T_ARRAY, VO_TYPE_BOOLEAN, VO_VARIABLE,
     "boolean[]"},
    {OID_INT2_A, OID_INT2, T_ARRAY, VO_TYPE_SHORT, VO_VARIABLE,
     "smallint[]"},
    {OID_INT4_A, OID_INT4, T_ARRAY, VO_TYPE_INT, VO_VARIABLE, "integer[]"},
    {OID_INT8_A, OID_INT8, T_ARRAY, VO_TYPE_LONG, VO_VARIABLE, "bigint[]"},
    {OID_FLOAT4_A, OID_FLOAT4, T_ARRAY, VO_TYPE_FLOAT, VO_VARIABLE,
     "real[]"},
    {OID_FLOAT8_A, OID_FLOAT8, T_ARRAY, VO_TYPE_DOUBLE, VO_VARIABLE,
     "double precision[]"},
    {OID_TEXT_A, OID_TEXT, T_OTHER, VO_TYPE_CHAR, VO_VARIABLE, "text[]"}
};

#define NTYPES (sizeof(types) / sizeof(*types))

void adql_set_type(adql_type_t *ty, unsigned oid)
{
    size_t i;

    memset(ty, 0, sizeof(*ty));
    for (i = 0; i < NTYPES; ++i) {
        if (types[i].oid == oid) {
            ty->oid = oid;
            ty->cls = types[i].cls;
            ty->vo = types[i].vo;
            ty->size = types[i].size;
            ty->arraysize = ty->size == VO_SCALAR ? NULL : "*";
            return;
        }
    }
}

const char *adql_oid_name(unsigned oid)
{
    size_t i;

    for (i = 0; i < NTYPES; ++i) {
        if (types[i].oid == oid) {
            return types[i].name;
        }
    }
    return "text";
}

unsigned adql_element_oid(unsigned array_oid)
{
    size_t i;

    for (i = 0; i < NTYPES; ++i) {
        if (types[i].oid == array_oid) {
            return types[i].element;
        }
    }
    return 0;
}

unsigned adql_array_oid(unsigned element_oid)
{
    size_t i;

    for (i = 0; i < NTYPES; ++i) {
        if (types[i].element == element_oid) {
            return types[i].oid;
        }
    }
    return 0;
}

/* The numeric type that holds both. */
unsigned adql_wider(unsigned x, unsigned y)
{
    static const unsigned order[] = {
        OID_INT2, OID_INT4, OID_INT8, OID_FLOAT4, OID_FLOAT8
    };
    int i, ix = -1, iy = -1;

    for (i = 0; i < 5; ++i) {
        ix = order[i] == x ? i : ix;
        iy = order[i] == y ? i : iy;
    }
    if (ix < 0 || iy < 0) {
        return x;
    }
    if (ix == iy) {
        return x;
    }
    /* an integer beside a real: double, as PostgreSQL's operators do */
    if ((ix < 3) != (iy < 3)) {
        return OID_FLOAT8;
    }
    return order[ix > iy ? ix : iy];
}

static adql_geom_e geometry_of(const char *xtype)
{
    if (!xtype) {
        return G_NONE;
    }
    if (!strcasecmp(xtype, "point") || !strcasecmp(xtype, "adql:POINT")) {
        return G_POINT;
    }
    if (!strcasecmp(xtype, "circle")) {
        return G_CIRCLE;
    }
    if (!strcasecmp(xtype, "polygon")) {
        return G_POLYGON;
    }
    if (!strcasecmp(xtype, "adql:REGION") || !strcasecmp(xtype, "shape")
        || !strcasecmp(xtype, "region")
        || !strcasecmp(xtype, "multipolygon")) {
        return G_REGION;
    }
    if (!strcasecmp(xtype, "moc")) {
        return G_MOC;
    }
    return G_NONE;
}

/* What SQL yields for a column as the printer writes it: types outside the
 * table above are cast to one in it (see print_column). */
void adql_column_type(adql_type_t *ty, const vo_column_t *col)
{
    static const struct {
        const char *name;
        unsigned oid;
    } names[] = {
        {"double precision", OID_FLOAT8}, {"real", OID_FLOAT4},
        {"integer", OID_INT4}, {"bigint", OID_INT8},
        {"smallint", OID_INT2}, {"boolean", OID_BOOL}, {"text", OID_TEXT},
        {"bytea", OID_BYTEA},
        {"timestamp without time zone", OID_TIMESTAMP},
        {"timestamp with time zone", OID_TIMESTAMP},
        {"date", OID_TIMESTAMP}, {"timestamp", OID_TIMESTAMP},
        {"real[]", OID_FLOAT4_A}, {"double precision[]", OID_FLOAT8_A},
        {"smallint[]", OID_INT2_A}, {"integer[]", OID_INT4_A},
        {"bigint[]", OID_INT8_A}, {"boolean[]", OID_BOOL_A},
        {"text[]", OID_TEXT_A},
        {"float4", OID_FLOAT4}, {"float8", OID_FLOAT8}, {"int2", OID_INT2},
        {"int4", OID_INT4}, {"int8", OID_INT8}, {"bool", OID_BOOL}
    };
    const char *pg = col->pg_type ? col->pg_type : "text";
    adql_geom_e geom = geometry_of(col->field.xtype);
    size_t i;

    if (!strcmp(pg, "sky_region")) {
        adql_set_type(ty, OID_TEXT);
        ty->cls = T_GEOM;
        ty->geom = geom == G_NONE ? G_REGION : geom;
        return;
    }
    for (i = 0; i < sizeof(names) / sizeof(*names); ++i) {
        if (!strcmp(pg, names[i].name)) {
            adql_set_type(ty, names[i].oid);
            break;
        }
    }
    if (!ty->oid) {
        adql_set_type(ty, !strncmp(pg, "numeric", 7) ? OID_FLOAT8 : OID_TEXT);
    }
    if (geom != G_NONE && (ty->cls == T_TEXT
                           || (geom != G_MOC
                               && (ty->oid == OID_FLOAT8_A
                                   || ty->oid == OID_FLOAT4_A)))) {
        ty->cls = T_GEOM;
        ty->geom = geom;
    }
    if (ty->size != VO_SCALAR) { /* as published: "12", "16*" */
        ty->size = col->field.size == VO_SCALAR ? VO_VARIABLE
                                                : col->field.size;
        ty->arraysize = col->field.arraysize ? col->field.arraysize : "*";
    }
    if (ty->cls == T_TEXT && col->field.type == VO_TYPE_UNICODE) {
        ty->vo = VO_TYPE_UNICODE;
    }
    if (ty->oid == OID_INT2 && col->field.type == VO_TYPE_UBYTE) {
        ty->vo = VO_TYPE_UBYTE;
    }
    if (ty->oid == OID_INT2_A && col->field.type == VO_TYPE_UBYTE) {
        ty->vo = VO_TYPE_UBYTE;
    }
}

int adql_is_number(const adql_type_t *ty)
{
    return ty->cls == T_INT || ty->cls == T_REAL;
}

const char *adql_type_name(const adql_type_t *ty)
{
    static const char *const geoms[] = {
        "a geometry", "a point", "a circle", "a polygon", "a region", "a MOC"
    };

    switch (ty->cls) {
    case T_NULL: return "NULL";
    case T_BOOL: return "a boolean";
    case T_INT: return "an integer";
    case T_REAL: return "a number";
    case T_TEXT: return "a string";
    case T_TIME: return "a timestamp";
    case T_GEOM: return geoms[ty->geom];
    case T_ARRAY: return "an array";
    case T_COND: return "a condition";
    default: return "of another type";
    }
}

/* One type for two values that meet in a column: 0, or -1 if there is none. */
int adql_unite(adql_type_t *into, const adql_type_t *other)
{
    if (other->cls == T_NULL || other->cls == T_NONE) {
        return 0;
    }
    if (into->cls == T_NULL || into->cls == T_NONE) {
        *into = *other;
        return 0;
    }
    if (adql_is_number(into) && adql_is_number(other)) {
        if (into->oid != other->oid) {
            adql_set_type(into, adql_wider(into->oid, other->oid));
        }
        return 0;
    }
    if (into->cls != other->cls) {
        return -1;
    }
    if (into->cls == T_ARRAY) {
        unsigned x = adql_element_oid(into->oid);
        unsigned y = adql_element_oid(other->oid);
        unsigned wide = x == y ? into->oid
                               : adql_array_oid(adql_wider(x, y));

        if (into->size != other->size) {
            into->size = VO_VARIABLE;
            into->arraysize = "*";
        }
        if (wide != into->oid) {
            adql_type_t ty;

            adql_set_type(&ty, wide);
            into->oid = wide;
            into->vo = ty.vo;
        }
        return 0;
    }
    if (into->cls == T_GEOM) {
        if (into->geom != other->geom) {
            into->geom = G_REGION;
        }
        return 0;
    }
    if (into->size != VO_SCALAR
        && (!into->arraysize || !other->arraysize
            || strcmp(into->arraysize, other->arraysize))) {
        into->size = VO_VARIABLE;
        into->arraysize = "*";
    }
    return 0;
}

/* Is TEXT a DALI timestamp (YYYY-MM-DD['T'hh:mm[:ss[.SSS]]['Z']], DALI 1.1
 * section 3.3.3)? Then *ISO is the form for PostgreSQL. */
int adql_time_text(adql_ctx_t *c, const char *text, const char **iso)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y, mo, d, h = 0, mi = 0, n = 0;
    double s = 0;
    const char *p = text;
    size_t i;

    for (i = 0; i < 10; ++i) {
        if (i == 4 || i == 7 ? p[i] != '-' : !apr_isdigit(p[i])) {
            return 0;
        }
    }
    if (sscanf(p, "%4d-%2d-%2d%n", &y, &mo, &d, &n) != 3 || n != 10 || y < 1
        || mo < 1 || mo > 12 || d < 1 || d > days[mo - 1]
        || (mo == 2 && d == 29 && (y % 4 || (!(y % 100) && y % 400)))) {
        return 0;
    }
    p += 10;
    if ((*p == 'T' || *p == ' ') && apr_isdigit(p[1])) {
        ++p;
        if (sscanf(p, "%2d:%2d%n", &h, &mi, &n) != 2 || n != 5) {
            return 0;
        }
        p += 5;
        if (*p == ':') {
            const char *start = ++p;

            if (!apr_isdigit(p[0]) || !apr_isdigit(p[1])) {
                return 0;
            }
            s = (p[0] - '0') * 10 + (p[1] - '0');
            for (p += 2; *p == '.' || apr_isdigit(*p); ++p) {
                if (*p == '.' && p != start + 2) {
                    return 0;
                }
            }
        }
    }
    if (*p == 'Z' || *p == 'z') {
        ++p;
    }
    if (*p || h > 23 || mi > 59 || s > 60) {
        return 0;
    }
    *iso = apr_pstrdup(c->pool, text);
    return 1;
}
