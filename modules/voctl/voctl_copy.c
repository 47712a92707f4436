/* voctl_copy.c: rows of the sources to the staging table, by COPY BINARY. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_load.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "sky/sky.h"

#define SEND_SIZE (256 * 1024)
#define POOL_ROWS 4096 /* after so many the scratch pool is cleared */

typedef struct copier_t {
    voctl_t *ctl;
    voctl_target_t *t;
    const voctl_source_t *source;
    voctl_buf_t buf;
    int nfields;             /* of the staging table */
    int **at;                /* column, source of it -> field, -1 none */
    unsigned **from;         /* and its type */
    const vo_cell_t **cells; /* of one folded column */
    apr_int64_t row;         /* in this source, from 1 */
    apr_pool_t *pool, *scratch;
} copier_t;

static vo_err_t *bad_cell(const copier_t *c, const char *column,
                          const char *problem)
{
    return vo_err_make(c->pool, VO_ERR_USAGE,
                       "%s, row %" APR_INT64_T_FMT ", column %s: %s",
                       c->source->name, c->row, column, problem);
}

/* Find where in the source's rows each column comes from. */
static vo_err_t *map_fields(copier_t *c)
{
    const voctl_plan_t *plan = c->t->plan;
    const vo_tableinfo_t *info = c->source->info;
    int i, j, k, widest = 1;

    c->at = apr_palloc(c->pool, sizeof(*c->at) * (size_t)plan->ncolumns);
    c->from = apr_palloc(c->pool, sizeof(*c->from) * (size_t)plan->ncolumns);
    for (i = 0; i < plan->ncolumns; ++i) {
        const voctl_column_t *col = &plan->columns[i];

        widest = col->nsources > widest ? col->nsources : widest;
        c->at[i] = apr_palloc(c->pool, sizeof(int) * (size_t)col->nsources);
        c->from[i] = apr_pcalloc(c->pool,
                                 sizeof(unsigned) * (size_t)col->nsources);
        for (j = 0; j < col->nsources; ++j) {
            c->at[i][j] = -1;
            for (k = 0; col->sources[j] && k < info->nfields; ++k) {
                if (!strcasecmp(info->fields[k].name, col->sources[j])) {
                    c->at[i][j] = k;
                    c->from[i][j] = info->fields[k].pg_oid;
                    break;
                }
            }
        }
    }
    c->cells = apr_palloc(c->pool, sizeof(*c->cells) * (size_t)widest);
    return NULL;
}

static void *sky_alloc(void *pool, size_t size)
{
    return apr_palloc(pool, size);
}

static vo_err_t *check_region(const copier_t *c, const voctl_column_t *col,
                              const vo_cell_t *cell)
{
    sky_alloc_t alloc = { sky_alloc, c->scratch };
    sky_err_t err;

    if (cell->len >= 0
        && !sky_parse(&alloc, apr_pstrmemdup(c->scratch, cell->data,
                                             (apr_size_t)cell->len), &err)) {
        return bad_cell(c, col->field.name, err.text);
    }
    return NULL;
}

/* The number just written at byte AT of the buffer (length first); NaN for
 * NULL. */
static double written(const copier_t *c, size_t at)
{
    vo_cell_t cell;

    cell.len = voctl_get32(c->buf.data + at);
    cell.data = c->buf.data + at + 4;
    return voctl_cell_number(&cell, OID_FLOAT8);
}

static vo_err_t *put_hpx(copier_t *c, size_t ra_at, size_t dec_at)
{
    const voctl_plan_t *plan = c->t->plan;
    double ra = written(c, ra_at), dec = written(c, dec_at);

    if (isnan(ra) || isnan(dec)) {
        voctl_put32(&c->buf, -1);
        return NULL;
    }
    if (!(ra >= -180 && ra <= 360)) {
        return bad_cell(c, plan->columns[plan->ra].field.name,
                        apr_psprintf(c->pool, "%.10g is no right ascension "
                                              "in degrees.", ra));
    }
    if (!(dec >= -90 && dec <= 90)) {
        return bad_cell(c, plan->columns[plan->dec].field.name,
                        apr_psprintf(c->pool, "%.10g is no declination in "
                                              "degrees.", dec));
    }
    voctl_put32(&c->buf, 8);
    voctl_put64(&c->buf, sky_hpx(ra, dec));
    return NULL;
}

static vo_err_t *put_row(copier_t *c, const vo_cell_t *cells)
{
    voctl_plan_t *plan = c->t->plan;
    size_t ra_at = 0, dec_at = 0;
    int i, j;

    voctl_put16(&c->buf, c->nfields);
    for (i = 0; i < plan->ncolumns; ++i) {
        voctl_column_t *col = &plan->columns[i];
        const char *problem;

        if (i == plan->ra) {
            ra_at = c->buf.len;
        }
        if (i == plan->dec) {
            dec_at = c->buf.len;
        }
        if (!col->elem) {
            const vo_cell_t *cell = &cells[c->at[i][0]];

            if (!strcmp(col->pg_type, "sky_region")) {
                VO_TRY(check_region(c, col, cell));
            }
            problem = voctl_convert(&c->buf, cell, c->from[i][0], col->oid,
                                    &col->stats, c->pool);
        }
        else {
            for (j = 0; j < col->nsources; ++j) {
                c->cells[j] = c->at[i][j] < 0 ? NULL : &cells[c->at[i][j]];
            }
            problem = voctl_fold(&c->buf, col->nsources, c->cells, c->from[i],
                                 col->elem, &col->stats, c->pool);
        }
        if (problem) {
            return bad_cell(c, col->field.name, problem);
        }
    }
    return plan->hpx ? put_hpx(c, ra_at, dec_at) : NULL;
}

static vo_err_t *flush(copier_t *c)
{
    if (!c->ctl->is_dry_run
        && PQputCopyData(c->ctl->conn, c->buf.data, (int)c->buf.len) != 1) {
        return voctl_pg_error(c->ctl->conn, NULL, "Sending rows",
                              c->pool);
    }
    c->buf.len = 0;
    return NULL;
}

static vo_err_t *copy_source(copier_t *c, int i, voctl_progress_t *progress)
{
    const voctl_load_t *load = c->t->load;
    voctl_source_t source;
    const vo_cell_t *cells;
    apr_int64_t done = 0, all = 0;

    VO_TRY(load->open(&source, load->baton, i, c->pool));
    c->source = &source;
    c->row = 0;
    VO_TRY(map_fields(c));
    for (;;) {
        VO_TRY(source.next(source.baton, &cells));
        if (!cells) {
            break;
        }
        ++c->row;
        ++c->t->nrows;
        VO_TRY(put_row(c, cells));
        if (c->buf.len >= SEND_SIZE) {
            VO_TRY(flush(c));
            source.progress(source.baton, &done, &all);
        }
        if (c->row % POOL_ROWS == 0) {
            apr_pool_clear(c->scratch);
        }
        voctl_progress(progress, done, load->nsources > 1 ? 0 : all,
                       c->t->nrows);
    }
    return NULL;
}

static vo_err_t *copy_all(copier_t *c, voctl_progress_t *progress)
{
    static const char signature[] = "PGCOPY\n\377\r\n";
    int i;

    voctl_put(&c->buf, signature, sizeof(signature)); /* its NUL belongs */
    voctl_put32(&c->buf, 0);                          /* flags */
    voctl_put32(&c->buf, 0);                          /* no extension */
    for (i = 0; i < c->t->load->nsources; ++i) {
        apr_pool_create(&c->pool, c->ctl->pool);
        VO_TRY(copy_source(c, i, progress));
        apr_pool_destroy(c->pool);
        c->pool = c->ctl->pool;
    }
    voctl_put16(&c->buf, -1);
    return flush(c);
}

static vo_err_t *start_copy(copier_t *c)
{
    PGconn *conn = c->ctl->conn;
    PGresult *res = PQexec(conn, voctl_ddl_copy(c->t, c->pool));
    vo_err_t *err = NULL;

    if (PQresultStatus(res) != PGRES_COPY_IN) {
        err = voctl_pg_error(conn, res, "Starting the copy", c->pool);
    }
    PQclear(res);
    return err;
}

/* Tell the server that all is sent, or that ERR happened here. */
static vo_err_t *end_copy(copier_t *c, vo_err_t *err)
{
    PGconn *conn = c->ctl->conn;
    PGresult *res;

    PQputCopyEnd(conn, err ? "the sender gave up" : NULL);
    while ((res = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(res) != PGRES_COMMAND_OK && !err) {
            err = voctl_pg_error(conn, res, "The database refuses the rows",
                                 c->pool);
        }
        PQclear(res);
    }
    return err;
}

vo_err_t *voctl_copy_rows(voctl_t *ctl, voctl_target_t *t,
                          voctl_progress_t *progress)
{
    copier_t c = { 0 };
    vo_err_t *err = NULL;

    c.ctl = ctl;
    c.t = t;
    c.pool = ctl->pool;
    c.nfields = t->plan->ncolumns + (t->plan->hpx != NULL);
    apr_pool_create(&c.scratch, ctl->pool);
    if (!ctl->is_dry_run) {
        err = start_copy(&c);
        if (err) {
            return err;
        }
    }
    err = copy_all(&c, progress);
    c.pool = ctl->pool;
    if (!ctl->is_dry_run) {
        err = end_copy(&c, err);
    }
    voctl_buf_free(&c.buf);
    return err;
}
