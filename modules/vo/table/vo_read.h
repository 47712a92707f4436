/* vo_read.h: what the readers share; private to modules/vo/table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_READ_H
#define VO_READ_H

#include <zlib.h>

#include "vo_table.h"
#include "vo_wire.h"

/* A longer cell is taken for a broken file; PostgreSQL could not hold much
 * more. */
#define VO_CELL_MAX (64 * 1024 * 1024)

/* One row being put together. Cells are appended in order; the buffer may move
 * while it grows, so pointers are made at the end. */
typedef struct vo_rowmake_t {
    char *buf;
    apr_size_t used, cap;
    vo_cell_t *cells;
    apr_size_t *starts;
    int n;
    apr_pool_t *pool;
} vo_rowmake_t;

void vo_row_init(vo_rowmake_t *row, int ncells, apr_pool_t *pool);
static inline void vo_row_restart(vo_rowmake_t *row)
{
    row->used = 0;
    row->n = 0;
}
/* Room for LEN more bytes of the cell being made. */
char *vo_row_space(vo_rowmake_t *row, apr_size_t len);
/* The next cell is the LEN bytes written at vo_row_space(), or NULL. */
void vo_row_add(vo_rowmake_t *row, apr_size_t len);
void vo_row_add_null(vo_rowmake_t *row);
/* All cells, valid until the row is restarted. */
const vo_cell_t *vo_row_cells(vo_rowmake_t *row);

/* A cell of text: bytes that are no UTF-8 are taken for ISO 8859-1, a NUL ends
 * the text. */
void vo_row_add_text(vo_rowmake_t *row, const char *text, apr_size_t len);

/* The head of a binary array of N elements of type OID at P; returns its
 * length. N 0 has no dimension. */
int vo_array_head(char *p, unsigned oid, int n, int has_null);
#define VO_ARRAY_HEAD 20

/* An ISO 8601 timestamp (blank or T, optional fraction, optional Z or zone, or
 * a date alone) as microseconds since 2000-01-01 UTC; 0 when it is none. */
int vo_parse_time(const char *text, int len, int64_t *usec);

/* What kind of file. */
typedef struct vo_readfmt_t {
    const char *name; /* "fits" */
    vo_err_t *(*open)(vo_reader_t *r);
    vo_err_t *(*next)(vo_reader_t *r, const vo_cell_t **cells);
    void (*progress)(const vo_reader_t *r, apr_off_t *done, apr_off_t *all);
    void (*close)(vo_reader_t *r);
} vo_readfmt_t;

extern const vo_readfmt_t vo_readfmt_fits, vo_readfmt_votable, vo_readfmt_csv,
    vo_readfmt_tsv;

struct vo_reader_t {
    const vo_readfmt_t *fmt;
    const char *path;
    vo_reader_opts_t opts;
    vo_tableinfo_t info;
    apr_int64_t nread;  /* rows handed out */
    vo_rowmake_t row;
    apr_off_t size;     /* of the file */
    int is_closed;
    void *state;
    apr_pool_t *pool;
};

/* What messages call the file. */
const char *vo_read_name(const vo_reader_t *r);

/* A usage error about the file as a whole. */
vo_err_t *vo_file_error(const vo_reader_t *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* One about the row being read and, unless negative, a column. */
vo_err_t *vo_row_error(const vo_reader_t *r, int column, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* PostgreSQL's type for a field (FIELD->type, size and xtype). */
unsigned vo_field_oid(const vo_field_t *field);
/* The type of one element of an array type, or OID itself. */
unsigned vo_element_oid(unsigned oid);

/* Open PATH as FITS for table HDU, used for FITS inside VOTable too. */
vo_err_t *vo_fits_attach(vo_reader_t *r, const char *path, int hdu);

/* Text and BINARY cells of VOTable. */
typedef enum {
    VO_ELEM_BOOL,
    VO_ELEM_BIT,
    VO_ELEM_INT,
    VO_ELEM_FLOAT, /* complex ones too, as pairs */
    VO_ELEM_CHAR,
    VO_ELEM_UNICODE
} vo_elem_e;

typedef struct vo_rcol_t {
    vo_elem_e elem;
    int width;          /* bytes of an element in BINARY */
    int n;              /* elements, 1 for scalars, -1 varying */
    int is_array;
    int item;           /* arrays of strings: characters of each */
    int is_whole;       /* they stay one text */
    int factor;         /* 2 for complex: numbers per declared element */
    unsigned oid;       /* of an element */
    int out_width;      /* bytes of an element in PostgreSQL */
    int is_time;
    int has_null;
    int64_t null, least, most;
} vo_rcol_t;

/* Complete FIELD, whose datatype word and arraysize are as in the file, and
 * describe it in COL; IS_EXACT as in vo_reader_opts_t. Returns 0 for an unknown
 * datatype or arraysize. */
int vo_rcol_make(vo_rcol_t *col, vo_field_t *field, const char *datatype,
                 int is_exact, apr_pool_t *pool);

/* Append the cell that this TD content is. Returns NULL or what is wrong. */
const char *vo_rcol_text(vo_rowmake_t *row, const vo_rcol_t *col,
                         const char *text, int len);

/* Append the cell at P in BINARY form, END being the end of what is there.
 * Returns the bytes taken, 0 when there are too few, -1 with *WHY for a cell
 * that is wrong. IS_NULL comes from BINARY2's flags. */
apr_ssize_t vo_rcol_binary(vo_rowmake_t *row, const vo_rcol_t *col,
                           const unsigned char *p, const unsigned char *end,
                           int is_null, const char **why);

#endif
