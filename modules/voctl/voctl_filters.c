/* voctl_filters.c: voctl filters: names and array positions of filters. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_filters.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "table/vo_table.h"
#include "vo_num.h"
#include "voctl_conv.h"

enum { NAME, POSITION, FILTER_ID, WAVELENGTH, WIDTH, COLOR, SVO_ID, NCOLUMNS };
static const char *const columns[NCOLUMNS] = {
    "name", "position", "filter_id", "wavelength", "width", "color", "svo_id",
};

typedef struct file_t {
    const char *path;
    vo_reader_t *reader;
    int at[NCOLUMNS]; /* field of the file, -1 none */
    apr_pool_t *pool;
} file_t;

static vo_err_t *find_columns(file_t *f)
{
    const vo_tableinfo_t *info = vo_reader_info(f->reader);
    int i, j;

    for (i = 0; i < NCOLUMNS; ++i) {
        f->at[i] = -1;
        for (j = 0; j < info->nfields; ++j) {
            if (!strcasecmp(info->fields[j].name, columns[i])
                || (i == COLOR
                    && !strcasecmp(info->fields[j].name, "colour"))) {
                f->at[i] = j;
            }
        }
        if (f->at[i] < 0 && i <= FILTER_ID) {
            return vo_err_make(f->pool, VO_ERR_USAGE,
                               "%s has no column %s; name, position and "
                               "filter_id are needed.", f->path, columns[i]);
        }
    }
    return NULL;
}

/* Column I of a row as text, NULL for NULL. */
static const char *text(const file_t *f, const vo_cell_t *cells, int i)
{
    vo_buf_t buf = { 0 };
    const char *out = NULL;
    int len;

    if (f->at[i] < 0) {
        return NULL;
    }
    voctl_convert(&buf, &cells[f->at[i]],
                  vo_reader_info(f->reader)->fields[f->at[i]].pg_oid, OID_TEXT,
                  NULL, f->pool);
    len = voctl_get32(buf.data);
    if (len > 0) {
        out = apr_pstrmemdup(f->pool, buf.data + 4, (apr_size_t)len);
    }
    vo_buf_free(&buf);
    return out;
}

static double number(const file_t *f, const vo_cell_t *cells, int i)
{
    return f->at[i] < 0 ? NAN : voctl_cell_number(
        &cells[f->at[i]], vo_reader_info(f->reader)->fields[f->at[i]].pg_oid);
}

static vo_err_t *read_row(vo_filter_t *filter, const file_t *f,
                          const vo_cell_t *cells, int row)
{
    double position = number(f, cells, POSITION);
    double id = number(f, cells, FILTER_ID);

    filter->name = text(f, cells, NAME);
    if (!filter->name) {
        return vo_err_make(f->pool, VO_ERR_USAGE,
                           "%s, row %d: a filter without a name.", f->path,
                           row);
    }
    if (!(position >= 1 && position <= 1000 && position == floor(position))
        || !(id >= INT32_MIN && id <= INT32_MAX && id == floor(id))) {
        return vo_err_make(f->pool, VO_ERR_USAGE,
                           "%s, row %d: position (from 1) and filter_id are "
                           "whole numbers.", f->path, row);
    }
    filter->position = (int)position;
    filter->filter_id = (int)id;
    filter->wavelength = number(f, cells, WAVELENGTH);
    filter->width = number(f, cells, WIDTH);
    filter->color = text(f, cells, COLOR);
    filter->svo_id = text(f, cells, SVO_ID);
    return NULL;
}

vo_err_t *voctl_filters_put(voctl_t *ctl, const char *survey, int n,
                            const vo_filter_t *filters)
{
    const char *params[8];
    int i;

    params[0] = survey;
    VO_TRY(voctl_query(NULL, ctl, "DELETE FROM vo.filter WHERE lower(survey)"
                                  " = lower($1)", 1, params, ctl->pool));
    for (i = 0; i < n; ++i) {
        const vo_filter_t *f = &filters[i];
        char *wavelength = apr_palloc(ctl->pool, VO_NUM_SIZE);
        char *width = apr_palloc(ctl->pool, VO_NUM_SIZE);
        vo_err_t *err;

        vo_num_from_double(wavelength, f->wavelength);
        vo_num_from_double(width, f->width);
        params[1] = f->name;
        params[2] = apr_itoa(ctl->pool, f->filter_id);
        params[3] = apr_itoa(ctl->pool, f->position);
        params[4] = isnan(f->wavelength) ? NULL : wavelength;
        params[5] = isnan(f->width) ? NULL : width;
        params[6] = f->color;
        params[7] = f->svo_id;
        err = voctl_query(NULL, ctl,
            "INSERT INTO vo.filter (survey, name, filter_id, position,"
            " wavelength, width, color, svo_id)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", 8, params, ctl->pool);
        if (err) {
            return vo_err_wrap(ctl->pool, err, "Filter %s", f->name);
        }
    }
    /* the same place twice is an error of now, not of COMMIT */
    return voctl_exec(ctl, "SET CONSTRAINTS ALL IMMEDIATE;"
                           "SET CONSTRAINTS ALL DEFERRED");
}

vo_err_t *voctl_filters_store(voctl_t *ctl, const char *survey,
                              const char *path)
{
    apr_array_header_t *filters = apr_array_make(ctl->pool, 16,
                                                 sizeof(vo_filter_t));
    vo_reader_opts_t opts = { 0 };
    file_t f = { path, NULL, { 0 }, ctl->pool };
    vo_filter_t *filter;
    const vo_cell_t *cells;
    vo_err_t *err;

    VO_TRY(vo_reader_open(&f.reader, path, &opts, ctl->pool));
    err = find_columns(&f);
    while (!err) {
        err = vo_reader_next(f.reader, &cells);
        if (err || !cells) {
            break;
        }
        filter = apr_array_push(filters);
        err = read_row(filter, &f, cells, filters->nelts);
    }
    vo_reader_close(f.reader);
    VO_TRY(err);
    if (filters->nelts == 0) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE, "%s holds no filter.",
                           path);
    }
    VO_TRY(voctl_filters_put(ctl, survey, filters->nelts,
                             (const vo_filter_t *)filters->elts));
    voctl_say(ctl, "%s: %d filters", survey, filters->nelts);
    return NULL;
}

static vo_err_t *store(voctl_t *ctl, const char *survey, const char *file)
{
    VO_TRY(voctl_begin(ctl));
    VO_TRY(voctl_filters_store(ctl, survey, file));
    return voctl_commit(ctl);
}

vo_err_t *voctl_filters(voctl_t *ctl, int argc, const char *const *argv)
{
    (void)argc;
    return voctl_abort(ctl, store(ctl, argv[0], argv[1]));
}
