/* voctl_copy.c: rows of the sources to the staging table, by COPY BINARY. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_load.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "sky/sky.h"

#define PARTS 1000000  /* of the progress of one source */
#define POOL_ROWS 4096 /* after so many the scratch pool is cleared */

typedef struct copier_t {
    voctl_t *ctl;
    voctl_target_t *t;
    const voctl_source_t *source;
    vo_copy_t out;
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

    cell.len = voctl_get32(c->out.buf.data + at);
    cell.data = c->out.buf.data + at + 4;
    return voctl_cell_number(&cell, OID_FLOAT8);
}

static vo_err_t *put_hpx(copier_t *c, size_t ra_at, size_t dec_at)
{
    const voctl_plan_t *plan = c->t->plan;
    double ra = written(c, ra_at), dec = written(c, dec_at);

    if (isnan(ra) || isnan(dec)) {
        vo_buf_put32(&c->out.buf, -1);
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
    vo_buf_put32(&c->out.buf, 8);
    vo_buf_put64(&c->out.buf, sky_hpx(ra, dec));
    return NULL;
}

static vo_err_t *put_row(copier_t *c, const vo_cell_t *cells)
{
    voctl_plan_t *plan = c->t->plan;
    size_t ra_at = 0, dec_at = 0;
    int i, j;

    vo_buf_put16(&c->out.buf, c->nfields);
    for (i = 0; i < plan->ncolumns; ++i) {
        voctl_column_t *col = &plan->columns[i];
        const char *problem;

        if (i == plan->ra) {
            ra_at = c->out.buf.len;
        }
        if (i == plan->dec) {
            dec_at = c->out.buf.len;
        }
        if (!col->elem) {
            const vo_cell_t *cell = &cells[c->at[i][0]];

            if (!strcmp(col->pg_type, "sky_region")) {
                VO_TRY(check_region(c, col, cell));
            }
            problem = voctl_convert(&c->out.buf, cell, c->from[i][0], col->oid,
                                    &col->stats, c->pool);
        }
        else {
            for (j = 0; j < col->nsources; ++j) {
                c->cells[j] = c->at[i][j] < 0 ? NULL : &cells[c->at[i][j]];
            }
            problem = voctl_fold(&c->out.buf, col->nsources, c->cells,
                                 c->from[i], col->elem, &col->stats,
                                 c->pool);
        }
        if (problem) {
            return bad_cell(c, col->field.name, problem);
        }
    }
    return plan->hpx ? put_hpx(c, ra_at, dec_at) : NULL;
}

static vo_err_t *copy_source(copier_t *c, int i, voctl_progress_t *progress)
{
    const voctl_load_t *load = c->t->load;
    voctl_source_t source;
    const vo_cell_t *cells;
    apr_int64_t done = 0, all = 0;
    int is_sent;

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
        VO_TRY(vo_copy_flush(&c->out, &is_sent));
        if (is_sent) {
            source.progress(source.baton, &done, &all);
        }
        if (c->row % POOL_ROWS == 0) {
            apr_pool_clear(c->scratch);
        }
        /* a file counts as one part, however long it is */
        voctl_progress(progress, all > 0 ? PARTS * i + PARTS * done / all : 0,
                       all > 0 ? PARTS * load->nsources : 0, c->t->nrows);
    }
    return NULL;
}

static vo_err_t *copy_all(copier_t *c, voctl_progress_t *progress)
{
    int i;

    for (i = 0; i < c->t->load->nsources; ++i) {
        apr_pool_create(&c->pool, c->ctl->pool);
        VO_TRY(copy_source(c, i, progress));
        apr_pool_destroy(c->pool);
        c->pool = c->ctl->pool;
    }
    return NULL;
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
    c.out.conn = ctl->is_dry_run ? NULL : ctl->conn;
    c.out.error = voctl_pg_error;
    c.out.pool = ctl->pool;
    VO_TRY(vo_copy_begin(&c.out, voctl_ddl_copy(t, ctl->pool)));
    err = copy_all(&c, progress);
    c.pool = ctl->pool;
    return vo_copy_end(&c.out, err);
}
