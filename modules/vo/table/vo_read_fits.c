/* vo_read_fits.c: FITS binary tables. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FITS 4.0 section 7.3. Rows are read as raw bytes, many at a time: FITS and
 * PostgreSQL agree on the byte order, so most cells are copied. Files may be
 * compressed by gzip. */
#include <ctype.h>

#include <apr_strings.h>

#include "vo_read_fits.h"

#define CHUNK_BYTES 1048576

/* ---- the header ---- */

static const char *key_of(vo_reader_t *r, const char *name, int i)
{
    return apr_psprintf(r->pool, "%s%d", name, i + 1);
}

static const char *get_column_string(vo_reader_t *r, const char *name, int i)
{
    vo_fits_t *f = r->state;

    return vo_fits_cards_string(&f->head, key_of(r, name, i));
}

static void get_number(vo_reader_t *r, const char *name, int i, double *value)
{
    vo_fits_t *f = r->state;

    vo_fits_cards_double(&f->head, key_of(r, name, i), value);
}

static int letter_width(char letter)
{
    switch (letter) {
    case 'L':
    case 'B':
    case 'A':
    case 'X':
        return 1;
    case 'I':
        return 2;
    case 'J':
    case 'E':
        return 4;
    case 'K':
    case 'D':
    case 'C':
        return 8;
    case 'M':
        return 16;
    default:
        return 0;
    }
}

/* TFORM: [repeat]letter, or [repeat]P|Q letter(max); for text rAw. */
static vo_err_t *parse_form(vo_reader_t *r, vo_fcol_t *c, int i)
{
    const char *form = get_column_string(r, "TFORM", i), *p = form;

    if (!form) {
        return vo_file_error(r, "column %d has no TFORM", i + 1);
    }
    c->repeat = 1;
    if (isdigit((unsigned char)*p)) {
        c->repeat = 0;
        while (isdigit((unsigned char)*p) && c->repeat < INT32_MAX) {
            c->repeat = c->repeat * 10 + (*p++ - '0');
        }
    }
    if (*p == 'P' || *p == 'Q') {
        c->is_heap = *p++ == 'P' ? 8 : 16;
        if (c->repeat > 1) {
            return vo_file_error(r, "column %d has the impossible TFORM "
                                    "\"%s\"",
                                 i + 1, form);
        }
    }
    c->letter = *p ? *p++ : '?';
    c->width = letter_width(c->letter);
    if (!c->width || c->repeat >= INT32_MAX) {
        return vo_file_error(r, "column %d has the unknown TFORM \"%s\"",
                             i + 1, form);
    }
    if (c->letter == 'A' && !c->is_heap) {
        int width = 0;

        while (isdigit((unsigned char)*p) && width < 1000000) {
            width = width * 10 + (*p++ - '0');
        }
        c->width = width && width <= c->repeat ? width : (int)c->repeat;
    }
    return NULL;
}

static apr_size_t cell_bytes(const vo_fcol_t *c)
{
    apr_size_t n = (apr_size_t)c->repeat;

    if (c->is_heap) {
        return n * (apr_size_t)c->is_heap;
    }
    if (c->letter == 'X') {
        return (n + 7) / 8;
    }
    return c->letter == 'A' ? n : n * (apr_size_t)c->width;
}

/* "(2,3)" as "2x3"; for text the first axis is the width of a string. */
static const char *parse_dims(vo_reader_t *r, vo_fcol_t *c, int i)
{
    const char *dims = get_column_string(r, "TDIM", i);
    apr_int64_t product = 1;
    char *x, *p, *end;

    if (!dims || *dims != '(' || c->is_heap || !strchr(dims, ',')) {
        return NULL;
    }
    x = p = apr_pstrdup(r->pool, dims + 1);
    for (;; ++p) {
        apr_int64_t n = apr_strtoi64(p, &end, 10);

        if (end == p || n < 1 || n > INT32_MAX
            || (product *= n) > c->repeat) {
            return NULL;
        }
        p = end;
        if (*p == ')') {
            *p = '\0';
            break;
        }
        if (*p != ',') {
            return NULL;
        }
        *p = 'x';
    }
    if (product != c->repeat) {
        return NULL;
    }
    for (p = end = x; *p; ++p) { /* cfitsio writes blanks between */
        if (*p != ' ') {
            *end++ = *p;
        }
    }
    *end = '\0';
    if (c->letter == 'A') {
        c->width = (int)apr_strtoi64(x, NULL, 10);
    }
    return x;
}

/* TZERO and TSCAL: the unsigned conventions of section 5.2.5, or a scale. */
static void parse_scale(vo_reader_t *r, vo_fcol_t *c, int i)
{
    vo_fits_t *f = r->state;

    c->scale = 1;
    get_number(r, "TSCAL", i, &c->scale);
    get_number(r, "TZERO", i, &c->zero);
    if (strchr("BIJK", c->letter)) {
        c->has_null = vo_fits_cards_int(&f->head, key_of(r, "TNULL", i),
                                        &c->null);
    }
    if (c->scale == 1 && c->zero == 0) {
        return;
    }
    if (!strchr("BIJKED", c->letter)) {
        return;
    }
    c->is_scaled = 1;
    if (c->scale != 1) {
        return;
    }
    if (c->letter == 'B' && c->zero == -128) {
        c->add = (apr_uint64_t)-128;
        c->is_scaled = 0;
    }
    else if ((c->letter == 'I' && c->zero == 32768)
             || (c->letter == 'J' && c->zero == 2147483648.0)) {
        c->add = (apr_uint64_t)c->zero;
        c->is_scaled = 0;
    }
    else if (c->letter == 'K' && c->zero == 9223372036854775808.0) {
        c->is_unsigned64 = 1;
        c->is_scaled = 0;
    }
}

static vo_type_e type_of(const vo_fcol_t *c)
{
    if (c->is_scaled) {
        return VO_TYPE_DOUBLE;
    }
    switch (c->letter) {
    case 'L':
    case 'X':
        return VO_TYPE_BOOLEAN;
    case 'B':
        return c->add ? VO_TYPE_SHORT : VO_TYPE_UBYTE;
    case 'I':
        return c->add ? VO_TYPE_INT : VO_TYPE_SHORT;
    case 'J':
        return c->add ? VO_TYPE_LONG : VO_TYPE_INT;
    case 'K':
        return VO_TYPE_LONG;
    case 'A':
        return VO_TYPE_CHAR;
    case 'E':
    case 'C':
        return VO_TYPE_FLOAT;
    default:
        return VO_TYPE_DOUBLE;
    }
}

static void settle_shape(vo_reader_t *r, const vo_fcol_t *c, vo_field_t *field,
                         const char *dims)
{
    int is_complex = c->letter == 'C' || c->letter == 'M';

    field->type = type_of(c);
    if (c->is_heap) {
        field->arraysize = is_complex ? "2x*" : "*";
    }
    else if (c->letter == 'A') {
        field->arraysize = dims ? dims
                           : c->width < c->repeat
                               ? apr_psprintf(r->pool, "%dx%d", c->width,
                                              (int)c->repeat / c->width)
                               : apr_itoa(r->pool, (int)c->repeat);
        if (c->repeat == 0) {
            field->arraysize = "*";
        }
    }
    else if (is_complex) {
        field->arraysize = apr_psprintf(r->pool, c->repeat == 1 ? "2" : "2x%d",
                                        (int)c->repeat);
    }
    else if (dims || c->repeat != 1) {
        field->arraysize = dims ? dims : apr_itoa(r->pool, (int)c->repeat);
        if (c->repeat == 0) {
            field->arraysize = "*";
        }
    }
    field->size = vo_arraysize_parse(field->arraysize);
}

static vo_err_t *read_column(vo_reader_t *r, int i)
{
    vo_fits_t *f = r->state;
    vo_fcol_t *c = &f->cols[i];
    vo_field_t *field = &r->info.fields[i];
    const char *dims;

    VO_TRY(parse_form(r, c, i));
    dims = parse_dims(r, c, i);
    parse_scale(r, c, i);
    c->offset = f->row_bytes;
    f->row_bytes += cell_bytes(c);
    field->name = get_column_string(r, "TTYPE", i);
    if (!field->name) {
        field->name = apr_psprintf(r->pool, "col%d", i + 1);
    }
    settle_shape(r, c, field, dims);
    field->unit = get_column_string(r, "TUNIT", i);
    field->ucd = get_column_string(r, "TUCD", i);
    field->utype = get_column_string(r, "TUTYP", i);
    field->xtype = get_column_string(r, "TXTYP", i);
    field->description = get_column_string(r, "TCOMM", i);
    if (c->has_null && !c->is_scaled) {
        field->null_value = apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                                         c->null + (apr_int64_t)c->add);
    }
    field->pg_oid = vo_field_oid(field);
    if (r->opts.is_exact) {
        field->as = c->letter == 'X'                         ? VO_AS_BIT
                    : c->letter == 'C' || c->letter == 'M' ? VO_AS_COMPLEX
                                                             : VO_AS_IS;
        c->is_whole = field->pg_oid == VO_OID_TEXT_ARRAY && !c->is_heap;
        field->pg_oid = c->is_whole ? VO_OID_TEXT : field->pg_oid;
    }
    return NULL;
}

/* Keywords that describe the data rather than the file's structure. */
static void read_keywords(vo_reader_t *r)
{
    vo_fits_t *f = r->state;
    vo_info_t *params = apr_pcalloc(r->pool,
                                    sizeof(*params)
                                        * ((apr_size_t)f->head.ncards + 1));
    int i;

    for (i = 0; i < f->head.ncards; ++i) {
        const char *key = vo_fits_cards_keyword(&f->head, i);
        const char *value = key ? vo_fits_cards_string(&f->head, key) : NULL;

        if (value) {
            params[r->info.nparams].name = key;
            params[r->info.nparams++].value = value;
        }
    }
    r->info.params = params;
    r->info.system = vo_fits_cards_string(&f->head, "RADESYS");
}

static vo_err_t *read_header(vo_reader_t *r)
{
    vo_fits_t *f = r->state;
    apr_int64_t naxis1 = -1, naxis2 = -1, pcount = 0, fields = -1, bitpix = 0;
    apr_int64_t gap;
    int n, i;

    vo_fits_cards_int(&f->head, "NAXIS1", &naxis1);
    vo_fits_cards_int(&f->head, "NAXIS2", &naxis2);
    vo_fits_cards_int(&f->head, "PCOUNT", &pcount);
    vo_fits_cards_int(&f->head, "TFIELDS", &fields);
    vo_fits_cards_int(&f->head, "BITPIX", &bitpix);
    if (naxis1 < 0 || naxis2 < 0 || pcount < 0 || fields < 0 || fields > 999
        || bitpix != 8) {
        return vo_file_error(r, "the table's header is broken: NAXIS1, "
                                "NAXIS2, PCOUNT, TFIELDS or BITPIX");
    }
    if (!fields) {
        return vo_file_error(r, "the table has no columns");
    }
    n = (int)fields;
    r->info.nfields = n;
    r->info.fields = apr_pcalloc(r->pool, sizeof(vo_field_t)
                                              * ((apr_size_t)n + 1));
    f->cols = apr_pcalloc(r->pool, sizeof(vo_fcol_t) * ((apr_size_t)n + 1));
    for (i = 0; i < n; ++i) {
        VO_TRY(read_column(r, i));
    }
    if (f->row_bytes != (apr_size_t)naxis1) {
        return vo_file_error(r, "the columns need %lu bytes per row, NAXIS1 "
                                "says %" APR_INT64_T_FMT,
                             (unsigned long)f->row_bytes, naxis1);
    }
    if (naxis1 > VO_CELL_MAX) {
        return vo_file_error(r, "a row has %" APR_INT64_T_FMT " bytes",
                             naxis1);
    }
    r->info.nrows = f->nrows = naxis2;
    r->info.name = vo_fits_cards_string(&f->head, "EXTNAME");
    gap = naxis1 * naxis2;
    vo_fits_cards_int(&f->head, "THEAP", &gap);
    f->heap_start = f->data_start + gap;
    f->heap_bytes = naxis1 * naxis2 + pcount - gap;
    if (gap < naxis1 * naxis2 || f->heap_bytes < 0) {
        return vo_file_error(r, "THEAP points outside the table");
    }
    f->chunk_rows = naxis1 ? CHUNK_BYTES / naxis1 : 1000;
    f->chunk_rows = f->chunk_rows ? f->chunk_rows : 1;
    f->chunk = apr_palloc(r->pool,
                          (apr_size_t)f->chunk_rows * f->row_bytes + 1);
    read_keywords(r);
    return NULL;
}

/* ---- the reader ---- */

static vo_err_t *fill(vo_reader_t *r)
{
    vo_fits_t *f = r->state;
    apr_int64_t n = f->nrows - f->chunk_end;
    apr_size_t bytes;

    n = n < f->chunk_rows ? n : f->chunk_rows;
    bytes = (apr_size_t)n * f->row_bytes;
    if (gzread(f->file, f->chunk, (unsigned)bytes) != (int)bytes) {
        return vo_file_error(r, "rows from %" APR_INT64_T_FMT " on cannot be "
                                "read, the file may be cut off",
                             (apr_int64_t)(f->chunk_end + 1));
    }
    f->chunk_at = f->chunk_end;
    f->chunk_end += n;
    return NULL;
}

static vo_err_t *fits_next(vo_reader_t *r, const vo_cell_t **cells)
{
    vo_fits_t *f = r->state;
    const unsigned char *p;
    int i;

    *cells = NULL;
    if (r->nread >= f->nrows) {
        return NULL;
    }
    if (r->nread >= f->chunk_end) {
        VO_TRY(fill(r));
    }
    p = f->chunk + (apr_size_t)(r->nread - f->chunk_at) * f->row_bytes;
    vo_row_restart(&r->row);
    for (i = 0; i < r->info.nfields; ++i) {
        const vo_fcol_t *c = &f->cols[i];

        if (c->is_heap && c->repeat) {
            VO_TRY(vo_fits_heap(r, i, p + c->offset));
        }
        else if (c->letter == 'A') {
            vo_fits_text(r, i, p + c->offset, c->is_heap ? 0 : c->repeat);
        }
        else {
            VO_TRY(vo_fits_elements(r, i, p + c->offset,
                                    c->is_heap ? 0 : c->repeat));
        }
    }
    *cells = vo_row_cells(&r->row);
    return NULL;
}

/* A binary table to us: not an image in disguise (section 10.1). */
static int is_table(const vo_fits_cards_t *head, int *nascii)
{
    const char *type = vo_fits_cards_string(head, "XTENSION");
    const char *image = vo_fits_cards_string(head, "ZIMAGE");

    *nascii += type && !strcmp(type, "TABLE");
    return type && (!strcmp(type, "BINTABLE") || !strcmp(type, "A3DTABLE"))
           && !(image && *image == 'T');
}

/* Move to binary table number WANTED, or to HDU (from 0) if not negative. */
static vo_err_t *find_table(vo_reader_t *r, int wanted, int hdu)
{
    vo_fits_t *f = r->state;
    int i, got, found = 0, nascii = 0;
    apr_pool_t *pool;

    apr_pool_create(&pool, r->pool);
    for (i = 0;; ++i) {
        apr_int64_t bytes;

        apr_pool_clear(pool);
        got = vo_fits_cards_read(&f->head, f->file, i == 0,
                                 VO_FITS_CARDS_MAX, pool);
        if (!got) {
            break;
        }
        if (got < 0) {
            return vo_file_error(r, "the FITS header of HDU %d does not end, "
                                    "the file may be cut off",
                                 i);
        }
        bytes = vo_fits_cards_data(&f->head);
        if (bytes < 0) {
            return vo_file_error(r, "HDU %d has an impossible BITPIX, NAXIS "
                                    "or PCOUNT",
                                 i);
        }
        f->data_start = gztell(f->file);
        if (is_table(&f->head, &nascii)
            && (hdu < 0 ? found++ == wanted : i == hdu)) {
            return NULL;
        }
        if (gzseek(f->file, (z_off_t)(f->data_start + bytes), SEEK_SET) < 0) {
            break;
        }
    }
    if (hdu >= 0) {
        return vo_file_error(r, "HDU %d is no binary table", hdu);
    }
    return vo_file_error(r, "holds %d binary table%s%s; table %d was asked for",
                         found, found == 1 ? "" : "s",
                         nascii ? " (ASCII tables are not read)" : "",
                         wanted + 1);
}

vo_err_t *vo_fits_attach(vo_reader_t *r, const char *path, int hdu)
{
    vo_fits_t *f = apr_pcalloc(r->pool, sizeof(*f));

    r->state = f;
    f->file = gzopen(path, "rb");
    f->heap_file = gzopen(path, "rb");
    if (!f->file || !f->heap_file) {
        return vo_file_error(r, "cannot be opened");
    }
    gzbuffer(f->file, 262144);
    VO_TRY(find_table(r, r->opts.table, hdu));
    return read_header(r);
}

static vo_err_t *open_fits(vo_reader_t *r)
{
    return vo_fits_attach(r, r->path, -1);
}

static void fits_progress(const vo_reader_t *r, apr_off_t *done,
                          apr_off_t *all)
{
    const vo_fits_t *f = r->state;

    *done = (apr_off_t)r->nread * (apr_off_t)f->row_bytes;
    *all = (apr_off_t)f->nrows * (apr_off_t)f->row_bytes;
}

static void fits_close(vo_reader_t *r)
{
    vo_fits_t *f = r->state;

    if (f && f->file) {
        gzclose(f->file);
    }
    if (f && f->heap_file) {
        gzclose(f->heap_file);
    }
}

const vo_readfmt_t vo_readfmt_fits = {"fits", open_fits, fits_next,
                                      fits_progress, fits_close};
