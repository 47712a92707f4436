/* vo_upload.c: a file from outside as a table of one transaction. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_upload.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <apr_strings.h>

#include "adql/vo_adql.h"
#include "sky/sky.h"
#include "table/vo_position.h"
#include "table/vo_table.h"
#include "table/vo_wire.h"
#include "vo_copy.h"
#include "vo_sql.h"

#define MAX_COLUMNS 1000 /* PostgreSQL's own limit depends on their types */
#define HPX "hpx"
#define CHUNK 65536

struct vo_upload_t {
    const char *name;
    int fd;
    apr_int64_t max_rows;
    vo_reader_t *reader;      /* at its first row, or NULL */
    const vo_tableinfo_t *info; /* of the reader opened last */
    vo_table_t *table;
    int ra, dec;              /* columns, -1 without position */
    apr_pool_t *pool;
};

/* --- what the file holds ---------------------------------------- */

static vo_err_t *open_reader(vo_upload_t *up)
{
    vo_reader_opts_t opts = {0};
    const char *path = apr_psprintf(up->pool, "/proc/self/fd/%d", up->fd);

    opts.name = apr_psprintf(up->pool, "Uploaded table %s", up->name);
    opts.is_exact = 1;
    VO_TRY(vo_reader_open(&up->reader, path, &opts, up->pool));
    up->info = vo_reader_info(up->reader);
    return NULL;
}

static vo_err_t *check_columns(const vo_upload_t *up)
{
    const vo_tableinfo_t *info = up->info;
    apr_hash_t *seen = apr_hash_make(up->pool);
    int i;

    if (info->nfields < 1 || info->nfields > MAX_COLUMNS) {
        return vo_err_make(up->pool, VO_ERR_USAGE,
                           "Uploaded table %s has %d columns; 1 to %d are "
                           "possible.", up->name, info->nfields, MAX_COLUMNS);
    }
    for (i = 0; i < info->nfields; ++i) {
        const char *name = info->fields[i].name;

        if (apr_hash_get(seen, name, APR_HASH_KEY_STRING)) {
            return vo_err_make(up->pool, VO_ERR_USAGE,
                               "Uploaded table %s has two columns called "
                               "\"%.60s\".", up->name, name);
        }
        apr_hash_set(seen, name, APR_HASH_KEY_STRING, name);
    }
    return NULL;
}

/* The COOSYS of FIELD: what it refers to, else the first of the file; NULL when
 * the file has none. */
static const vo_coosys_t *coosys_of(const vo_upload_t *up,
                                    const vo_field_t *field)
{
    const vo_tableinfo_t *info = up->info;
    int i;

    for (i = 0; field->ref && i < info->ncoosys; ++i) {
        if (!strcmp(info->coosys[i].id, field->ref)) {
            return &info->coosys[i];
        }
    }
    return info->ncoosys ? &info->coosys[0] : NULL;
}

/* Take over what FIELD's COOSYS and TIMESYS say, which stay behind. */
static void set_frame(vo_column_t *col, const vo_upload_t *up,
                      const vo_field_t *field)
{
    const vo_tableinfo_t *info = up->info;
    const vo_coosys_t *sys = coosys_of(up, field);
    int i;

    if (sys) {
        col->system = sys->system;
        col->equinox = sys->equinox;
        col->epoch = sys->epoch;
    }
    for (i = 0; field->ref && i < info->ntimesys; ++i) {
        const vo_timesys_t *t = &info->timesys[i];

        if (!strcmp(t->id, field->ref)) {
            col->timesys = apr_pstrcat(up->pool, t->timescale, " ",
                                       t->refposition,
                                       t->timeorigin ? " " : "",
                                       t->timeorigin ? t->timeorigin : "",
                                       NULL);
        }
    }
    col->field.ref = NULL; /* it is made anew for each result */
    col->field.column = col->system || col->timesys ? col : NULL;
}

static vo_err_t *describe(vo_upload_t *up, int number)
{
    vo_meta_t *meta = vo_meta_create(up->pool);
    vo_release_t *rel = vo_meta_add_release(meta, "");
    const vo_tableinfo_t *info = up->info;
    vo_table_t *table;
    int i;

    table = vo_release_add_table(meta, rel, VO_UPLOAD_SCHEMA, up->name,
                                 "pg_temp",
                                 apr_psprintf(up->pool, "vo_upload_%d",
                                              number));
    table->description = info->description;
    table->nrows = info->nrows;
    for (i = 0; i < info->nfields; ++i) {
        const vo_field_t *field = &info->fields[i];
        const char *pg_type = vo_pgtype(field->pg_oid)->name;
        vo_column_t *col;

        /* names of ours: theirs may be long, alike or PostgreSQL's own */
        col = vo_table_add_column(meta, table, field->name, field->type,
                                  field->arraysize,
                                  apr_psprintf(up->pool, "c%d", i + 1),
                                  pg_type);
        col->field = *field;
        set_frame(col, up, field);
        col->adql_name = vo_adql_name(field->name, up->pool);
        col->is_principal = 1;
    }
    vo_position_guess(&up->ra, &up->dec, info->fields, info->nfields);
    if (up->ra >= 0
        && !vo_position_is_icrs(info->ncoosys
                                    ? table->columns[up->ra]->system
                                    : info->system)) {
        up->ra = up->dec = -1;
    }
    if (up->ra >= 0) {
        table->ra = table->columns[up->ra];
        table->dec = table->columns[up->dec];
        table->pg_hpx = HPX;
    }
    up->table = table;
    return NULL;
}

static vo_err_t *too_much(const vo_upload_t *up, apr_int64_t most,
                          const char *what)
{
    vo_err_t *err = vo_err_make(up->pool, VO_ERR_LIMIT,
                                "Uploaded table %s has more than %"
                                APR_INT64_T_FMT " %s, which is the limit of "
                                "this service.", up->name, most, what);

    err->http = 413;
    return err;
}

/* A few bytes of gzip can become very many: count before anything is done with
 * them. */
static vo_err_t *check_compressed(const vo_upload_t *up, apr_int64_t max_bytes)
{
    apr_int64_t total = 0;
    char *buf = apr_palloc(up->pool, CHUNK);
    vo_err_t *err = NULL;
    int fd = dup(up->fd), n = 0;
    gzFile file;

    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0 || !(file = gzdopen(fd, "rb"))) {
        if (fd >= 0) {
            close(fd);
        }
        return vo_err_fault(up->pool, errno, "The upload cannot be read.",
                            "no second descriptor of a temporary file");
    }
    while (!err && !gzdirect(file) && (n = gzread(file, buf, CHUNK)) > 0) {
        total += n;
        if (total > max_bytes) {
            err = too_much(up, max_bytes, "bytes");
        }
    }
    gzclose(file); /* what is broken, the reader tells better */
    return err;
}

vo_err_t *vo_upload_open(vo_upload_t **upload, const char *name, int fd,
                         int number, apr_int64_t max_bytes,
                         apr_int64_t max_rows, apr_pool_t *pool)
{
    vo_upload_t *up = apr_pcalloc(pool, sizeof(*up));

    up->name = apr_pstrdup(pool, name);
    up->fd = fd;
    up->max_rows = max_rows;
    up->ra = up->dec = -1;
    up->pool = pool;
    if (max_bytes > 0) {
        VO_TRY(check_compressed(up, max_bytes));
    }
    VO_TRY(open_reader(up));
    VO_TRY(check_columns(up));
    VO_TRY(describe(up, number));
    *upload = up;
    return NULL;
}

const vo_table_t *vo_upload_table(const vo_upload_t *upload)
{
    return upload->table;
}

/* --- the table in PostgreSQL ---------------------------------------- */

static const char *pg_name(const vo_upload_t *up)
{
    return apr_pstrcat(up->pool, "pg_temp.",
                       vo_sql_ident(up->table->pg_table, up->pool), NULL);
}

static vo_err_t *pg_error(PGconn *conn, const PGresult *res, const char *doing,
                          apr_pool_t *pool)
{
    const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
    const char *text = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY)
                           : NULL;
    vo_err_t *err;

    if (!state || !text || PQstatus(conn) == CONNECTION_BAD
        || !strncmp(state, "53", 2) || !strncmp(state, "57P", 3)) {
        err = vo_err_make(pool, VO_ERR_BUSY,
                          "The database is not available; try again later.");
    }
    else if (!strcmp(state, "57014")) {
        err = vo_err_make(pool, VO_ERR_TIMEOUT,
                          "Storing the uploaded table took too long and was "
                          "stopped.");
    }
    else if (!strncmp(state, "22", 2) || !strncmp(state, "54", 2)) {
        err = vo_err_make(pool, VO_ERR_USAGE,
                          "The uploaded table cannot be stored: %s.", text);
    }
    else {
        err = vo_err_make(pool, VO_ERR_FAULT,
                          "The uploaded table cannot be stored; this is a "
                          "fault of the service.");
    }
    err->detail = apr_psprintf(pool, "%s: SQLSTATE %s: %s", doing,
                               state ? state : "none",
                               text ? text : PQerrorMessage(conn));
    return err;
}

static vo_err_t *run(const vo_upload_t *up, PGconn *conn, const char *sql)
{
    PGresult *res = PQexec(conn, sql);
    vo_err_t *err = NULL;

    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        err = pg_error(conn, res, sql, up->pool);
    }
    PQclear(res);
    return err;
}

static vo_err_t *create(const vo_upload_t *up, PGconn *conn)
{
    apr_array_header_t *parts = apr_array_make(up->pool, 32,
                                               sizeof(const char *));
    int i;

    for (i = 0; i < up->table->ncolumns; ++i) {
        const vo_column_t *col = up->table->columns[i];

        APR_ARRAY_PUSH(parts, const char *)
            = apr_pstrcat(up->pool, vo_sql_ident(col->pg_column, up->pool),
                          " ", col->pg_type, NULL);
    }
    if (up->table->pg_hpx) {
        APR_ARRAY_PUSH(parts, const char *) = HPX " bigint";
    }
    return run(up, conn,
               apr_pstrcat(up->pool, "SET LOCAL ROLE vo_upload;"
                           " CREATE TEMPORARY TABLE ", pg_name(up), " (",
                           apr_array_pstrcat(up->pool, parts, ','),
                           ") ON COMMIT DROP", NULL));
}

/* The number in CELL, NaN for NULL. */
static double number(const vo_upload_t *up, const vo_cell_t *cells, int i)
{
    const vo_pgtype_t *type = vo_pgtype(up->info->fields[i].pg_oid);
    double value;

    return cells[i].len >= 0
                   && vo_wire_double(&value, type->kind, cells[i].data,
                                     cells[i].len)
               ? value : NAN;
}

static void put_row(const vo_upload_t *up, vo_buf_t *buf,
                    const vo_cell_t *cells)
{
    int i, n = up->table->ncolumns;

    vo_buf_put16(buf, n + (up->ra >= 0));
    for (i = 0; i < n; ++i) {
        vo_buf_put_cell(buf, cells[i].data, cells[i].len);
    }
    if (up->ra >= 0) {
        /* values that are no position stay what they are and match nothing */
        int64_t cell = sky_hpx(number(up, cells, up->ra),
                               number(up, cells, up->dec));

        if (cell < 0) {
            vo_buf_put32(buf, -1);
        }
        else {
            vo_buf_put32(buf, 8);
            vo_buf_put64(buf, cell);
        }
    }
}

static vo_err_t *copy_rows(const vo_upload_t *up, vo_copy_t *copy)
{
    apr_int64_t nrows = 0;
    const vo_cell_t *cells;

    for (;;) {
        VO_TRY(vo_reader_next(up->reader, &cells));
        if (!cells) {
            return NULL;
        }
        if (++nrows > up->max_rows && up->max_rows > 0) {
            return too_much(up, up->max_rows, "rows");
        }
        put_row(up, &copy->buf, cells);
        VO_TRY(vo_copy_flush(copy, NULL));
    }
}

static vo_err_t *fill(const vo_upload_t *up, PGconn *conn)
{
    vo_copy_t copy = {0};

    copy.conn = conn;
    copy.error = pg_error;
    copy.pool = up->pool;
    VO_TRY(vo_copy_begin(&copy, apr_pstrcat(up->pool, "COPY ", pg_name(up),
                                            " FROM STDIN (FORMAT binary)",
                                            NULL)));
    return vo_copy_end(&copy, copy_rows(up, &copy));
}

/* Small samples are enough for tables of this size. */
static vo_err_t *finish(const vo_upload_t *up, PGconn *conn, const char *role)
{
    const char *name = pg_name(up), *grant = "";
    const char *index = up->table->pg_hpx
                            ? apr_pstrcat(up->pool, "CREATE INDEX ON ", name,
                                          " (" HPX "); ", NULL)
                            : "";

    if (role) {
        grant = apr_pstrcat(up->pool, "; GRANT SELECT ON ", name, " TO ",
                            vo_sql_ident(role, up->pool), NULL);
    }
    return run(up, conn,
               apr_pstrcat(up->pool, index,
                           "SET LOCAL default_statistics_target = 10; "
                           "ANALYZE ", name, grant, NULL));
}

vo_err_t *vo_upload_store(vo_upload_t *up, PGconn *conn, const char *role)
{
    vo_err_t *err;

    if (!up->reader) {
        VO_TRY(open_reader(up));
    }
    VO_TRY(create(up, conn));
    err = fill(up, conn);
    vo_reader_close(up->reader);
    up->reader = NULL;
    VO_TRY(err);
    return finish(up, conn, role);
}
