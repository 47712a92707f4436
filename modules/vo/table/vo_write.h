/* vo_write.h: what the writers share; private to modules/vo/table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_WRITE_H
#define VO_WRITE_H

#include "vo_table.h"
#include "vo_wire.h"

/* The formats, one file each. */
extern const vo_tablefmt_t vo_fmt_votable, vo_fmt_binary, vo_fmt_binary2,
    vo_fmt_csv, vo_fmt_tsv, vo_fmt_fits, vo_fmt_json, vo_fmt_html, vo_fmt_text;

/*
 * Cells are written without bounds checks: a row first reserves the most its
 * cells can become, then every column's put function, chosen once at begin,
 * moves the write pointer on. A put function that cannot returns NULL and
 * leaves the reason with its row.
 */
typedef struct vo_rowbuf_t {
    vo_out_t *out;
    char *big;          /* for rows larger than the sink's buffer */
    apr_size_t big_cap;
    char *start;        /* where the row begins */
    const char *reason; /* why a put function returned NULL */
    apr_pool_t *pool;
} vo_rowbuf_t;

/* Make room for LEN bytes in one piece and set *P to it. */
vo_err_t *vo_rowbuf_begin(vo_rowbuf_t *row, apr_size_t len, char **p);
/* The row ends at P. */
vo_err_t *vo_rowbuf_end(vo_rowbuf_t *row, char *p);

/* The most a byte of a cell can grow to in any text format, and what a cell
 * needs besides. */
#define VO_TEXT_GROWTH 6
#define VO_TEXT_CELL 96

/* How a text format spells things. */
typedef struct vo_style_t {
    const char *nan, *plus_inf, *minus_inf;
    const char *null_int;   /* in an array; NULL: the column's VALUES null */
    const char *null_other; /* boolean or text inside an array */
    const char *open, *separator, *close; /* of an array of numbers */
    char quote;             /* around dates and other plain words, 0 none */
    int is_nested;          /* arrays of text become lists */
    int has_bits;           /* a field told to be bit has 0 and 1 */
    /* Escape LEN bytes of text to P, return the end. */
    char *(*text)(char *p, const char *text, int len);
} vo_style_t;

typedef struct vo_tcol_t vo_tcol_t;
struct vo_tcol_t {
    char *(*put)(const vo_tcol_t *col, char *p, const char *data, int len);
    const vo_style_t *style;
    const vo_field_t *field;
    vo_type_e type;
    vo_pg_kind_e kind;
    int is_bit;             /* of 0 and 1 */
    int size;               /* as the document declares it */
    int64_t least, most;    /* range, for integers that may not fit */
    const char *null;       /* NULL as an array element */
    int null_len;
    const char *null_cell;  /* VOTable: a fixed array of NULLs, or empty */
    int null_cell_len;
    vo_rowbuf_t *row;
};

/* Choose the put functions for all fields of the writer's document, in its
 * pool; *NEED is what a row reserves besides VO_TEXT_GROWTH times its bytes.
 * A fault names the first column that cannot be written. */
vo_err_t *vo_tcols_make(vo_tcol_t **cols, apr_size_t *need, vo_writer_t *w,
                        const vo_style_t *style, vo_rowbuf_t *row);

/* Bytes to reserve for these cells. */
static inline apr_size_t vo_row_room(const vo_cell_t *cells, int n,
                                     apr_size_t need)
{
    apr_size_t sum = 0;
    int i;

    for (i = 0; i < n; ++i) {
        sum += cells[i].len > 0 ? (apr_size_t)cells[i].len : 0;
    }
    return sum * VO_TEXT_GROWTH + need;
}

/* The fault for a cell of the current row that has no form. */
vo_err_t *vo_cell_error(const vo_writer_t *w, int column, const char *reason);

/* Text with & < > escaped and what XML 1.0 cannot hold replaced by U+FFFD, for
 * XML and HTML; P has room for VO_TEXT_GROWTH times LEN. Returns the end. */
char *vo_xml_text(char *p, const char *text, int len);

/* The declared shape of a field: what PostgreSQL's text types without an
 * arraysize, and arraysize 1, really are. */
typedef struct vo_shape_t {
    vo_type_e type;
    int size;              /* as vo_field_t */
    const char *arraysize; /* NULL for scalars */
} vo_shape_t;
vo_shape_t vo_shape(const vo_field_t *field, apr_pool_t *pool);

/* The magic value for a NULL integer of FIELD as TYPE. */
int64_t vo_null_int(const vo_field_t *field, vo_type_e type);

/*
 * Binary cells: the put functions write VOTable BINARY cells, which are FITS
 * cells too except that everything of variable length stands in its place
 * behind its count.
 */
typedef struct vo_bcol_t vo_bcol_t;
struct vo_bcol_t {
    char *(*put)(const vo_bcol_t *col, char *p, const char *data, int len);
    const vo_field_t *field;
    vo_shape_t shape;      /* as written */
    vo_pg_kind_e kind;
    int width;             /* of an element in the output */
    int in_width;          /* of an element on the wire, when fixed */
    int is_ascii;          /* FITS: other characters become '?' */
    int is_bit;            /* VOTable's bit: eight in a byte */
    int is_pairs;          /* complex: two numbers are one element */
    int64_t least, most;
    char null_el[8];       /* a NULL element, WIDTH bytes */
    char *null_cell;       /* the NULL cell */
    int null_len;
    vo_rowbuf_t *row;
};

typedef enum { VO_BIN_BINARY, VO_BIN_BINARY2, VO_BIN_FITS } vo_bin_e;

/* As vo_tcols_make; a row of cells needs VO_BIN_GROWTH times its bytes plus
 * *NEED. */
#define VO_BIN_GROWTH 6
vo_err_t *vo_bcols_make(vo_bcol_t **cols, apr_size_t *need, vo_writer_t *w,
                        vo_bin_e how, vo_rowbuf_t *row);

/* The versions of VOTable that are written, NULL-ended, and the usual one. */
extern const char *const vo_votable_versions[];
#define VO_VOTABLE_VERSION "1.4"

/* Parts of a VOTable document. */
typedef enum { VO_VOT_TABLEDATA, VO_VOT_BINARY, VO_VOT_BINARY2 } vo_vot_e;
/* Everything before the first row; SHAPES[nfields] are as written. */
vo_err_t *vo_votable_head(vo_writer_t *w, const vo_shape_t *shapes,
                          vo_vot_e how);
/* Everything behind the last row. ERR or an overflow is told after the
 * TABLE. */
vo_err_t *vo_votable_tail(vo_writer_t *w, vo_vot_e how, vo_done_e done,
                          const vo_err_t *err);
/* A document that only says ERR. */
vo_err_t *vo_votable_error(vo_out_t *out, const vo_err_t *err, int is_scs,
                           apr_pool_t *pool);

/* The shapes of all fields, for vo_votable_head. */
vo_shape_t *vo_shapes(const vo_tabledoc_t *doc, apr_pool_t *pool);

#endif
