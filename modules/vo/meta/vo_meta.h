/* vo_meta.h: releases, tables and columns as the publisher described them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_META_H
#define VO_META_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "../vo_err.h"

/*
 * A vo_meta_t is one immutable snapshot of everything published: built once
 * (from PostgreSQL by vo_meta_load, or by hand in tests), then only read, from
 * any number of threads. Names are kept as published; look-ups fold ASCII case.
 * All pointers live in the snapshot's pool. Strings that are absent are NULL.
 */

/* VOTable datatypes, the vocabulary of TAP_SCHEMA. */
typedef enum {
    VO_TYPE_BOOLEAN,
    VO_TYPE_UBYTE,   /* unsignedByte */
    VO_TYPE_SHORT,
    VO_TYPE_INT,
    VO_TYPE_LONG,
    VO_TYPE_CHAR,    /* text is char with an arraysize */
    VO_TYPE_UNICODE, /* unicodeChar */
    VO_TYPE_FLOAT,
    VO_TYPE_DOUBLE
} vo_type_e;

#define VO_SCALAR 0      /* arraysize absent */
#define VO_VARIABLE (-1) /* arraysize "*" or "n*" */

/* What VOTable has and PostgreSQL has not. */
typedef enum {
    VO_AS_IS,
    VO_AS_BIT,     /* bit; kept as boolean */
    VO_AS_COMPLEX  /* floatComplex, doubleComplex; kept as pairs, the arraysize
                      having a "2x" more */
} vo_as_e;

/* What a column of a result or of a table is called and means. */
typedef struct vo_field_t {
    const char *name;        /* exact case */
    vo_type_e type;          /* of one element */
    int size;                /* VO_SCALAR, n elements, or VO_VARIABLE */
    const char *arraysize;   /* as in VOTable: NULL, "12", "*", "16*" */
    const char *xtype;       /* "timestamp", "point", "circle", ... */
    const char *unit;        /* VOUnit */
    const char *ucd;         /* UCD1+ */
    const char *utype;
    const char *description;
    const char *null_value;  /* VALUES null, for readers; else NULL */
    unsigned pg_oid;         /* PostgreSQL type the cells come in; 0 unknown */
    const char *ref;         /* ID of a COOSYS or TIMESYS element, or NULL */
    vo_as_e as;              /* which datatype VOTable writes */
    const struct vo_column_t *column; /* published column it is, or is made
                                of, keeping its meaning; or NULL */
} vo_field_t;

typedef struct vo_table_t vo_table_t;

typedef struct vo_column_t {
    vo_field_t field;       /* name, type and meaning */
    const char *adql_name;  /* as in TAP_SCHEMA: quoted where a query must */
    const char *pg_column;  /* name in PostgreSQL, unquoted */
    const char *pg_type;    /* "real[]", "sky_region", ...: format_type() */
    int is_indexed, is_principal, is_std; /* TAP_SCHEMA flags */
    double min, max;        /* of all elements when loaded; NaN unknown */
    double fill;            /* fraction of rows not null; NaN unknown */
    const char *timesys;    /* time frame, as vo_timesys_parse reads it */
    const char *system, *equinox, *epoch; /* frame of positions, as COOSYS of an
                               uploaded table says; NULL: that of the release */
    int index;              /* position in the table, from 0 */
    vo_table_t *table;
} vo_column_t;

typedef struct vo_key_t {
    const char *id;
    const char *from_table, *target_table; /* TAP names, qualified */
    const char *description, *utype;
    int ncolumns;
    const char **from_columns, **target_columns; /* as in TAP_SCHEMA */
} vo_key_t;

typedef struct vo_group_t { /* a VOTable GROUP of a table's columns */
    const char *name, *description, *ucd, *utype;
    int ncolumns;
    const char **columns;
} vo_group_t;

struct vo_table_t {
    const char *schema;    /* TAP schema: "demo" */
    const char *name;      /* without schema: "MagABDualObj" */
    const char *tap_name;  /* as in TAP_SCHEMA: "demo.MagABDualObj" */
    const char *type;      /* "table" or "view" */
    const char *description, *utype;
    const char *pg_schema, *pg_table; /* in PostgreSQL, unquoted */
    apr_int64_t nrows;     /* estimate, -1 unknown */
    int index;             /* table_index */
    int ncolumns;
    vo_column_t **columns; /* in column_index order */
    /* position columns, or NULL for tables without a position */
    const vo_column_t *ra, *dec; /* degrees, ICRS, double */
    const vo_column_t *id;       /* main identifier, or NULL */
    const char *pg_hpx;          /* bigint order-29 column, or NULL */
    double epoch;                /* Julian year of the positions, 0 unknown */
    int is_cone;                 /* published by cone search */
    int ngroups;
    vo_group_t *groups;
    apr_hash_t *by_name;   /* folded name -> vo_column_t * */
};

typedef struct vo_schema_t {
    const char *name, *description, *utype;
    int index;
    int ntables;
    vo_table_t **tables;
} vo_schema_t;

typedef struct vo_filter_t {
    const char *survey;   /* "jplus" */
    const char *name;     /* "rSDSS" */
    int filter_id;        /* the archive's own number */
    int position;         /* place in array columns, from 1 */
    double wavelength, width; /* effective, FWHM: Angstrom; NaN unknown */
    const char *color;    /* "#rrggbb" or NULL */
    const char *svo_id;   /* identifier of the SVO filter service or NULL */
} vo_filter_t;

typedef struct vo_photospec_t { /* array columns served as spectra */
    const char *name;         /* in identifiers: "auto" */
    const char *title;        /* what was measured, or NULL */
    const vo_table_t *table;  /* with a position and an hpx column */
    int nids;
    const vo_column_t **ids;  /* together they tell a row: integers, texts */
    const vo_column_t *value; /* one element per filter, at its position */
    const vo_column_t *error; /* or NULL */
    const vo_column_t *flags; /* or NULL */
    int is_mag;               /* AB magnitudes, else flux per frequency */
    int is_relative;          /* errors are a fraction of the value */
    int nlimits;
    double *limits;           /* AB magnitudes by position, NaN unknown */
    double aperture;          /* arcsec, NaN unknown */
    double t_min, t_max;      /* of the observations, MJD; NaN unknown */
} vo_photospec_t;

typedef struct vo_example_t { /* a query the operator shows */
    const char *id;          /* an XML name */
    const char *name;        /* one line */
    const char *description; /* blank lines part paragraphs; or NULL */
    const char *query;       /* ADQL */
} vo_example_t;

typedef enum {
    VO_STATE_STAGED,
    VO_STATE_PRIVATE,
    VO_STATE_PUBLIC,
    VO_STATE_RETIRED
} vo_state_e;

typedef struct vo_root_t { /* a folder of data files */
    int id;
    const char *path;     /* absolute, without a slash at its end */
} vo_root_t;

typedef struct vo_release_t {
    const char *id;          /* in URLs: "demo-dr1" */
    const char *survey, *title, *description, *ivoid, *version, *doi;
    const char *publisher, *creator, *contact_name, *contact_email;
    const char *reference_url, *rights;
    vo_state_e state;
    apr_time_t embargo_until; /* 0 = none */
    const char *reader_group; /* httpd group that may read a private one */
    const char *reader_role;  /* PostgreSQL role of its requests */
    const char *pg_schema;    /* in PostgreSQL, unquoted */
    apr_time_t updated;       /* last change of data or metadata */
    int nschemas;
    vo_schema_t **schemas;    /* TAP_SCHEMA included */
    int ntables;
    vo_table_t **tables;      /* all, in schema and table order */
    int nkeys;
    vo_key_t *keys;
    int nfilters;
    vo_filter_t *filters;     /* of the surveys this release names */
    int nroots;
    vo_root_t *roots;         /* where its data files lie, by id */
    const vo_table_t *obscore; /* ivoa.obscore, or NULL: it has no images */
    int nphotospecs;
    vo_photospec_t *photospecs; /* in the operator's order */
    int nexamples;
    vo_example_t *examples;   /* in the operator's order */
    apr_hash_t *by_name;      /* folded "schema.table" -> vo_table_t * */
} vo_release_t;

typedef struct vo_meta_t {
    apr_int64_t serial;       /* changes when anything published changes */
    int nreleases;
    vo_release_t **releases;  /* in order of id */
    apr_hash_t *by_id;        /* release id -> vo_release_t * */
    apr_pool_t *pool;
} vo_meta_t;

/* Words of datatypes: "float" and back. vo_type_parse returns -1 for unknown
 * words. */
const char *vo_type_name(vo_type_e type);
int vo_type_parse(const char *word);

/* The element count in an arraysize text: VO_SCALAR for NULL or "", n for "n"
 * and the product for "2x3", VO_VARIABLE for "*" and "n*". */
int vo_arraysize_parse(const char *arraysize);

/* Release by id (exact), or NULL. */
const vo_release_t *vo_meta_release(const vo_meta_t *meta, const char *id);

/* Is REL public and past its embargo at the time WHEN? */
int vo_release_is_open(const vo_release_t *rel, apr_time_t when);

/* Table by schema and name without regard to ASCII case; SCHEMA NULL means any,
 * and then the name must be unambiguous: *nfound (may be NULL) tells how many
 * there are and NULL is returned unless it is one. */
const vo_table_t *vo_release_table(const vo_release_t *rel, const char *schema,
                                   const char *name, int *nfound);

/* Column without regard to ASCII case, or NULL. */
const vo_column_t *vo_table_column(const vo_table_t *table, const char *name);

/* Filter by survey ("jplus", NULL any; without regard to case) and name (exact,
 * then without case), or NULL. */
const vo_filter_t *vo_release_filter(const vo_release_t *rel,
                                     const char *survey, const char *name);

/* Building, by the loader and by tests. Every string is copied to the pool of
 * META. */
vo_meta_t *vo_meta_create(apr_pool_t *pool);
vo_release_t *vo_meta_add_release(vo_meta_t *meta, const char *id);
vo_schema_t *vo_release_add_schema(vo_meta_t *meta, vo_release_t *rel,
                                   const char *name);
vo_table_t *vo_release_add_table(vo_meta_t *meta, vo_release_t *rel,
                                 const char *schema, const char *name,
                                 const char *pg_schema, const char *pg_table);
/* PG_TYPE is what format_type() prints: "double precision", "real[]"... The
 * adql_name is NAME itself until the caller says otherwise. */
vo_column_t *vo_table_add_column(vo_meta_t *meta, vo_table_t *table,
                                 const char *name, vo_type_e type,
                                 const char *arraysize, const char *pg_column,
                                 const char *pg_type);
vo_filter_t *vo_release_add_filter(vo_meta_t *meta, vo_release_t *rel,
                                   const char *survey, const char *name,
                                   int filter_id, int position);
vo_key_t *vo_release_add_key(vo_meta_t *meta, vo_release_t *rel,
                             const char *id, const char *from_table,
                             const char *target_table, int ncolumns,
                             const char *const *from_columns,
                             const char *const *target_columns);
/* TABLE is one of the release's; the columns are the caller's to set. */
vo_photospec_t *vo_release_add_photospec(vo_meta_t *meta, vo_release_t *rel,
                                         const char *name,
                                         const vo_table_t *table);
vo_example_t *vo_release_add_example(vo_meta_t *meta, vo_release_t *rel,
                                     const char *id, const char *name,
                                     const char *description,
                                     const char *query);
vo_group_t *vo_table_add_group(vo_meta_t *meta, vo_table_t *table,
                               const char *name, int ncolumns,
                               const char *const *columns);

#endif
