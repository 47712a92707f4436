/* vo_read_votable.h: the VOTable reader's state; private to vo/table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_READ_VOTABLE_H
#define VO_READ_VOTABLE_H

#include <apr_file_io.h>
#include <apr_tables.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include "vo_base64.h"
#include "vo_read.h"

#define VO_VOT_FIELDS 4096
#define VO_VOT_FRAMES 100 /* COOSYS, TIMESYS: more are not kept */

typedef enum {
    VO_IN_NOTHING,
    VO_IN_TABLEDATA,
    VO_IN_BINARY,
    VO_IN_BINARY2,
    VO_IN_FITS
} vo_vdata_e;

typedef struct vo_bytes_t { /* grows in the reader's pool */
    char *data;
    apr_size_t used, cap;
} vo_bytes_t;

typedef struct vo_vgroup_t {
    vo_group_t group;
    const char **refs; /* IDs until the fields are known */
    int nrefs;
} vo_vgroup_t;

typedef struct vo_vot_t {
    vo_reader_t *r;
    gzFile file;
    xmlParserCtxtPtr parser;
    apr_off_t total;
    int is_eof;
    vo_err_t *err;        /* what a callback found wrong */
    /* where we are */
    int ntables;          /* TABLE elements seen */
    int is_in_table, is_done; /* in, behind the wanted one */
    int is_ready;         /* its fields are complete */
    vo_vdata_e data;
    int in_td, in_stream, in_tr;
    int is_gzipped;
    /* text being collected */
    vo_bytes_t text;
    int wants_text;
    const char **text_goes; /* DESCRIPTION of what */
    const char *status;     /* QUERY_STATUS ERROR: its text is awaited */
    /* the table */
    vo_field_t *fields;
    vo_rcol_t *cols;
    const char **ids;
    int nfields, cap;
    vo_field_t *field;    /* the FIELD we are in */
    const char *datatype; /* its word */
    vo_vgroup_t *groups;
    int ngroups, group_cap;
    int group_depth;
    apr_array_header_t *params;
    const char *coosys_id; /* the first one */
    apr_array_header_t *coosys, *timesys; /* all, vo_coosys_t, vo_timesys_t */
    int extnum;
    /* rows of TABLEDATA waiting: cells as (length, bytes) */
    vo_bytes_t rows;
    apr_size_t at;
    int ncells;
    apr_int64_t nrows, nhanded; /* parsed, handed out */
    vo_rowmake_t cell;
    /* BINARY waiting */
    vo_bytes_t bin;
    apr_size_t bin_at;
    vo_unbase64_t unbase64;
    vo_bytes_t packed; /* gzip before it is inflated */
    apr_size_t packed_at;
    z_stream inflate;
    int is_inflating, is_inflated;
    /* FITS */
    apr_file_t *fits_file;
    char *fits_path;
    void *fits; /* the state of the FITS reader */
} vo_vot_t;

/* Room for LEN more bytes in B. */
void *vo_bytes_space(vo_reader_t *r, vo_bytes_t *b, apr_size_t len);

/* The callbacks that fill a vo_vot_t, which is their context. */
void vo_vot_handlers(xmlSAXHandler *sax);

/* Turn the groups' IDs into names, once all columns are known. */
void vo_vot_groups(vo_vot_t *v);

#endif
