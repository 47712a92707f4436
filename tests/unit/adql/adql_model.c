/* adql_model.c: a small published release for the tests of the translator. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql_model.h"

#include <string.h>

#include <apr_strings.h>

typedef struct col_t {
    const char *name, *datatype, *arraysize, *pg, *unit, *ucd, *xtype;
} col_t;

static vo_table_t *add_table(vo_meta_t *meta, vo_release_t *rel,
                             const char *schema, const char *name,
                             const char *pg_schema, const col_t *cols)
{
    char *pg = apr_pstrdup(meta->pool, name), *p;
    vo_table_t *t;

    for (p = pg; *p; ++p) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    t = vo_release_add_table(meta, rel, schema, name, pg_schema, pg);
    for (; cols->name; ++cols) {
        char *low = apr_pstrdup(meta->pool, cols->name);
        vo_column_t *col;

        for (p = low; *p; ++p) {
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
        }
        col = vo_table_add_column(meta, t, cols->name,
                                  (vo_type_e)vo_type_parse(cols->datatype),
                                  cols->arraysize, low, cols->pg);
        col->field.unit = cols->unit;
        col->field.ucd = cols->ucd;
        col->field.xtype = cols->xtype;
        col->field.description = apr_pstrcat(meta->pool, "About ",
                                             cols->name, NULL);
    }
    return t;
}

static void add_position(vo_table_t *t, const char *ra, const char *dec)
{
    t->ra = vo_table_column(t, ra);
    t->dec = vo_table_column(t, dec);
    t->pg_hpx = "hpx";
}

static const col_t objects[] = {
    {"TILE_ID", "int", NULL, "integer", NULL, "meta.id;obs", NULL},
    {"NUMBER", "int", NULL, "integer", NULL, "meta.id", NULL},
    {"ALPHA_J2000", "double", NULL, "double precision", "deg",
     "pos.eq.ra;meta.main", NULL},
    {"DELTA_J2000", "double", NULL, "double precision", "deg",
     "pos.eq.dec;meta.main", NULL},
    {"CLASS_STAR", "float", NULL, "real", NULL, "src.class.starGalaxy", NULL},
    {"FLAGS", "short", "12", "smallint[]", NULL, "meta.code.qual", NULL},
    {"MAG_AUTO", "float", "12", "real[]", "mag", "phot.mag", NULL},
    {"MAG_ERR_AUTO", "float", "12", "real[]", "mag", "stat.error;phot.mag",
     NULL},
    {"FLUX", "double", "12", "double precision[]", "mJy", "phot.flux", NULL},
    {"NAME", "char", "*", "character varying(20)", NULL, "meta.id", NULL},
    {"PMRA", "float", NULL, "real", "mas/yr", "pos.pm", NULL},
    {"IS_GOOD", "boolean", NULL, "boolean", NULL, "meta.code", NULL},
    {"OBSERVED", "char", "*", "timestamp without time zone", NULL,
     "time.epoch", "timestamp"},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

static const col_t gaia[] = {
    {"tile_id", "int", NULL, "integer", NULL, NULL, NULL},
    {"number", "int", NULL, "integer", NULL, NULL, NULL},
    {"Source", "long", NULL, "bigint", NULL, "meta.id;meta.main", NULL},
    {"ra", "double", NULL, "double precision", "deg", "pos.eq.ra", NULL},
    {"dec", "double", NULL, "double precision", "deg", "pos.eq.dec", NULL},
    {"Gmag", "double", NULL, "double precision", "mag", "phot.mag", NULL},
    {"err", "double", NULL, "double precision", "deg", "stat.error", NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

static const col_t tiles[] = {
    {"tile_id", "int", NULL, "integer", NULL, "meta.id", NULL},
    {"filter_id", "int", NULL, "integer", NULL, NULL, NULL},
    {"name", "char", "*", "text", NULL, "meta.id", NULL},
    {"ra", "double", NULL, "double precision", "deg", "pos.eq.ra", NULL},
    {"dec", "double", NULL, "double precision", "deg", "pos.eq.dec", NULL},
    {"fwhmg", "float", NULL, "real", "arcsec", "instr.obsty.seeing", NULL},
    {"s_region", "char", "*", "sky_region", NULL, "pos.outline;obs",
     "adql:REGION"},
    {"center", "double", "2", "double precision[]", "deg", "pos", "point"},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

static const col_t filters[] = {
    {"filter_id", "int", NULL, "integer", NULL, NULL, NULL},
    {"name", "char", "*", "text", NULL, NULL, NULL},
    {"wavelength", "double", NULL, "double precision", "Angstrom",
     "em.wl.effective", NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

static const col_t tap_tables[] = {
    {"schema_name", "char", "*", "text", NULL, NULL, NULL},
    {"table_name", "char", "*", "text", NULL, NULL, NULL},
    {"table_type", "char", "*", "text", NULL, NULL, NULL},
    {"description", "char", "*", "text", NULL, NULL, NULL},
    {"table_index", "int", NULL, "integer", NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

static const col_t tap_columns[] = {
    {"table_name", "char", "*", "text", NULL, NULL, NULL},
    {"column_name", "char", "*", "text", NULL, NULL, NULL},
    {"datatype", "char", "*", "text", NULL, NULL, NULL},
    {"arraysize", "char", "*", "text", NULL, NULL, NULL},
    {"size", "int", NULL, "integer", NULL, NULL, NULL},
    {"description", "char", "*", "text", NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

/* db.tab and test.tab, for queries of other parsers' tests; no index */
static const col_t tab[] = {
    {"RA", "double", NULL, "double precision", "deg", NULL, NULL},
    {"dec", "double", NULL, "double precision", "deg", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

static const col_t upload[] = {
    {"id", "int", NULL, "integer", NULL, NULL, NULL},
    {"ra", "double", NULL, "double precision", "deg", NULL, NULL},
    {"dec", "double", NULL, "double precision", "deg", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL}
};

void adql_model(vo_adql_env_t *env, apr_pool_t *pool)
{
    static const char *const names[] = {
        "uJAVA", "J0378", "J0395", "J0410", "J0430", "gSDSS", "J0515",
        "rSDSS", "J0660", "iSDSS", "J0861", "zSDSS"
    };
    vo_meta_t *meta = vo_meta_create(pool);
    vo_release_t *rel = vo_meta_add_release(meta, "demo-dr1");
    vo_meta_t *other = vo_meta_create(pool);
    vo_release_t *uploads = vo_meta_add_release(other, "uploads");
    const vo_table_t **extra = apr_palloc(pool, sizeof(*extra));
    vo_table_t *t;
    int i;

    t = add_table(meta, rel, "demo", "MagABDualObj", "demo_dr1", objects);
    add_position(t, "ALPHA_J2000", "DELTA_J2000");
    t->nrows = 200000;
    t = add_table(meta, rel, "demo", "xmatch_gaia", "demo_dr1", gaia);
    add_position(t, "ra", "dec");
    t->nrows = 1000;
    t = add_table(meta, rel, "demo", "TileImage", "demo_dr1", tiles);
    add_position(t, "ra", "dec");
    t->nrows = 50;
    add_table(meta, rel, "demo", "Filter", "demo_dr1", filters);
    add_table(meta, rel, "TAP_SCHEMA", "tables", "tap", tap_tables);
    add_table(meta, rel, "TAP_SCHEMA", "columns", "tap", tap_columns);
    add_table(meta, rel, "db", "tab", "db", tab);
    add_table(meta, rel, "test", "tab", "test", tab);
    for (i = 0; i < 12; ++i) { /* filter numbers follow another order */
        vo_filter_t *f = vo_release_add_filter(meta, rel, "jplus", names[i],
                                               1 + (i * 5) % 12, i + 1);

        if (i) { /* nothing is known of the first */
            f->wavelength = 3500 + 500.5 * i;
            f->width = 100 + i;
        }
    }
    extra[0] = add_table(other, uploads, "TAP_UPLOAD", "mine", "pg_temp",
                         upload);
    memset(env, 0, sizeof(*env));
    env->release = rel;
    env->nextra = 1;
    env->extra = extra;
    env->maxrec = -1;
    env->version = 21;
}
