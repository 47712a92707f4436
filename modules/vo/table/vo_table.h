/* vo_table.h: writing tables in every format, and reading them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_TABLE_H
#define VO_TABLE_H

#include "../meta/vo_meta.h"
#include "../vo_err.h"
#include "../vo_out.h"

/*
 * A writer turns rows of PostgreSQL cells into one document. Cells come as the
 * wire has them: text format or binary format (big-endian), as the format asks
 * (is_binary), so that writing is mostly copying. The life of a writer is
 * begin, row*, then end or fail. After fail the document is still well-formed
 * and says QUERY_STATUS ERROR where the format can.
 */
typedef struct vo_cell_t {
    const char *data; /* not NUL-terminated in binary; valid for one row() */
    int len;          /* -1: NULL */
} vo_cell_t;

typedef struct vo_info_t { /* an INFO element, or a header comment */
    const char *name, *value;
    const char *text; /* element content, or NULL */
    const char *ucd, *id;
} vo_info_t;

typedef struct vo_coosys_t {
    const char *id, *system, *epoch; /* "ICRS", "J2016.0" or NULL */
    const char *refposition;         /* "BARYCENTER" or NULL; from 1.5 on */
    const char *equinox;             /* "J2000" or NULL */
} vo_coosys_t;

typedef struct vo_timesys_t { /* from VOTable 1.4 on */
    const char *id, *timescale, *refposition;
    const char *timeorigin;          /* of numbers: "MJD-origin"; or NULL */
} vo_timesys_t;

typedef struct vo_doclink_t { /* LINK of the table; role, title may be NULL */
    const char *href, *role, *title;
} vo_doclink_t;

typedef struct vo_param_t { /* a PARAM element */
    const char *name;
    vo_type_e type;
    const char *arraysize;  /* NULL: scalar; texts need "*" */
    const char *xtype, *unit, *ucd, *utype, *description; /* or NULL */
    const char *value;      /* as in TABLEDATA; NULL: the user's to give */
    const char *column;     /* name of the column of the document that gives
                               the value in each row, or NULL */
    const char *min, *max;  /* VALUES, or NULL */
    const char *const *options; /* values there are, NULL-ended, or NULL */
} vo_param_t;

/* What a service can do with a row, or without one: a service descriptor
 * (DataLink 1.1, section 4), written behind the results. One that needs a
 * column the document has not is left out. Texts may be NULL but for
 * access_url. */
typedef struct vo_descriptor_t {
    const char *id;          /* XML ID, as a service_def names it */
    const char *name, *description;
    const char *access_url;
    const char *standard_id; /* IVOID */
    const char *resource_id; /* IVOID of the registered service */
    const char *content_type, *example_url;
    int is_self;             /* describes the service that answers: 4.4 there */
    int nparams;
    const vo_param_t *params; /* GROUP inputParams */
} vo_descriptor_t;

typedef struct vo_tabledoc_t { /* what the document says around the rows */
    const char *name, *description;  /* of the TABLE, or NULL */
    const char *resource_description;
    int nfields;
    const vo_field_t *fields;        /* pg_oid must be set before begin */
    int ninfos;
    const vo_info_t *infos;          /* after QUERY_STATUS */
    int nparams;
    const vo_param_t *params;        /* PARAMs of the RESOURCE, after these:
                                        what a service can be asked with */
    const char *utype;               /* of RESOURCE and TABLE: what the rows
                                        are an instance of, and PARAMS say the
                                        rest of (in the TABLE then); or NULL */
    int ncoosys;
    const vo_coosys_t *coosys;       /* fields refer to them by ref */
    int ntimesys;
    const vo_timesys_t *timesys;     /* likewise */
    int ngroups;
    const vo_group_t *groups;        /* column names of FIELDs */
    int nlinks;
    const vo_doclink_t *links;
    int ndescriptors;
    const vo_descriptor_t *descriptors;
    /* Further ones, too many to keep, or NULL: the I-th from 0, NULL at the
     * end. It is written before the next is asked for. Their IDs hold a "-",
     * as no column's does. */
    const vo_descriptor_t *(*more_descriptors)(void *baton, int i);
    void *more_baton;
    const char *version;             /* of VOTable; NULL: as media_type says,
                                        or 1.4 */
    const char *media_type;          /* as answered; CSV reads header=absent,
                                        VOTable version=1.5 */
    int is_scs;   /* cone search 1.03: no type="results" demands, see scs.md */
} vo_tabledoc_t;

typedef enum { VO_DONE_OK, VO_DONE_OVERFLOW } vo_done_e;

typedef struct vo_tablefmt_t vo_tablefmt_t;

typedef struct vo_writer_t {
    const vo_tablefmt_t *fmt;
    const vo_tabledoc_t *doc;
    vo_out_t *out;
    apr_int64_t nrows;  /* rows written so far */
    void *state;        /* of the format */
    const char *const *ids; /* XML IDs of the FIELDs; VOTable only */
    apr_pool_t *pool;   /* lives as long as the writer */
} vo_writer_t;

struct vo_tablefmt_t {
    const char *name;           /* RESPONSEFORMAT short name: "csv" */
    const char *media_type;     /* Content-Type of the answer */
    const char *extension;      /* "csv" */
    const char *ivoid;          /* TAPRegExt output-* id, or NULL */
    const char *const *aliases; /* other accepted spellings, NULL-ended */
    int is_binary;              /* wants binary cells */
    int is_votable;             /* errors become VOTable documents */
    int tells_failure;          /* a late error or overflow can be told in the
                                   document; otherwise (CSV, TSV) fail() writes
                                   nothing and the connection must be broken */
    vo_err_t *(*begin)(vo_writer_t *w);
    vo_err_t *(*row)(vo_writer_t *w, const vo_cell_t *cells);
    vo_err_t *(*end)(vo_writer_t *w, vo_done_e done);
    vo_err_t *(*fail)(vo_writer_t *w, const vo_err_t *err);
};

/* Every format, NULL-ended, the default first. */
const vo_tablefmt_t *const *vo_tablefmt_all(void);

/* The format a client asks for: VALUE is a short name or a media type with
 * parameters in any case, order and spacing (dali.md, tap.md); NULL or "" is
 * the default. *MEDIA_TYPE (may be NULL) is the Content-Type to answer with:
 * the type asked for, e.g. text/xml. Returns a usage error naming the allowed
 * ones for anything else. */
vo_err_t *vo_tablefmt_find(const vo_tablefmt_t **fmt, const char **media_type,
                           const char *value, apr_pool_t *pool);

/* Make a writer in POOL; DOC and OUT must outlive it. The format's begin()
 * refuses a field whose pg_oid cannot become its datatype. */
vo_writer_t *vo_writer_create(const vo_tablefmt_t *fmt,
                              const vo_tabledoc_t *doc, vo_out_t *out,
                              apr_pool_t *pool);

/* A whole error document for the format: VOTable with QUERY_STATUS ERROR for
 * VOTable formats, plain text for the others; *MEDIA_TYPE is set. */
vo_err_t *vo_table_error_doc(vo_out_t *out, const vo_tablefmt_t *fmt,
                             const vo_err_t *err, const char **media_type,
                             apr_pool_t *pool);

/* The error document of cone search 1.03 (section 2.3): INFO name="Error" under
 * VOTABLE besides DALI's QUERY_STATUS, so that both generations of clients see
 * the message. *MEDIA_TYPE is set; the standard wants HTTP status 200. */
vo_err_t *vo_table_scs_error_doc(vo_out_t *out, const vo_err_t *err,
                                 const char **media_type, apr_pool_t *pool);

/*
 * A reader delivers the rows of a FITS BINTABLE, VOTable (every serialisation)
 * or CSV file, gzipped or not, as PostgreSQL binary cells, ready for COPY
 * BINARY. Memory does not grow with the number of rows.
 *
 * Types: short and unsignedByte are smallint, int integer, long bigint, float
 * real, double double precision, boolean and bit boolean, all else text; with
 * an arraysize the array type, flattened to one dimension, complex numbers as
 * pairs; xtype timestamp is timestamp; text with arraysize "8x*" is text[].
 * NULL: empty cells, VALUES null, TNULL, BINARY2's flags, logical 0, blank text
 * in FITS. A NaN stays a NaN.
 */
typedef struct vo_reader_t vo_reader_t;

typedef struct vo_reader_opts_t {
    const char *format;   /* "fits", "votable", "csv", "tsv"; NULL: look */
    int table;            /* which table of the file, from 0: first */
    apr_off_t max_bytes;  /* refuse more, 0 = no limit */
    int sniff_rows;       /* CSV rows read to find the types; 0 = all */
    const char *name;     /* what messages call the file; NULL: its path */
    int is_exact;         /* to be written again as it was: fields tell what
                             is bit or complex, and VOTable's arrays of strings
                             stay text, as their arraysize has it */
} vo_reader_opts_t;

typedef struct vo_tableinfo_t { /* what the file says of its table */
    const char *name, *description;
    int nfields;
    vo_field_t *fields;   /* pg_oid says what the cells are */
    int ngroups;
    vo_group_t *groups;
    apr_int64_t nrows;    /* -1 when the file does not say */
    int nparams;
    vo_info_t *params;    /* PARAM and INFO, FITS keywords that matter */
    const char *epoch, *system; /* of its first COOSYS, or NULL */
    int ncoosys;
    const vo_coosys_t *coosys;   /* all of VOTable's; fields refer to them */
    int ntimesys;
    const vo_timesys_t *timesys; /* likewise */
} vo_tableinfo_t;

/* Open PATH. Errors name the file, row and column. */
vo_err_t *vo_reader_open(vo_reader_t **reader, const char *path,
                         const vo_reader_opts_t *opts, apr_pool_t *pool);
const vo_tableinfo_t *vo_reader_info(const vo_reader_t *reader);
/* The next row: *CELLS has nfields binary cells, valid until the next call;
 * *CELLS NULL at the end. */
vo_err_t *vo_reader_next(vo_reader_t *reader, const vo_cell_t **cells);
/* Bytes read so far and in all (-1 unknown), for progress bars. */
void vo_reader_progress(const vo_reader_t *reader, apr_off_t *done,
                        apr_off_t *all);
void vo_reader_close(vo_reader_t *reader);

#endif
