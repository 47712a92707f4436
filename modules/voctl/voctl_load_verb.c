/* voctl_load_verb.c: voctl load: options and files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <apr_strings.h>

#include "voctl_load.h"

const apr_getopt_option_t voctl_load_options[] = {
    { "replace", 256, 0, "put it in the place of the table there is" },
    { "append", 257, 0, "add to the rows there are" },
    { "ra", 258, 1, "COLUMN  right ascension, degrees, ICRS" },
    { "dec", 259, 1, "COLUMN  declination, degrees, ICRS" },
    { "no-position", 260, 0, "take no columns for a position" },
    { "epoch", 261, 1, "YEAR  of the positions, e.g. 2016.0" },
    { "id", 262, 1, "COLUMN  main identifier" },
    { "key", 263, 1, "COL,COL  columns that together are unique" },
    { "index", 264, 1, "COL,COL  index these; may be repeated" },
    { "fold", 265, 0, "make one array column of NAME_<filter> columns" },
    { "meta", 266, 1, "FILE  metadata that complete those of the files" },
    { "description", 267, 1, "TEXT  of the table" },
    { "tap-name", 268, 1, "SCHEMA.TABLE  name in queries, default "
                          "SURVEY.TABLE" },
    { "cone", 269, 0, "cone search (the default when there is a position)" },
    { "no-cone", 270, 0, "no cone search" },
    { "format", 271, 1, "NAME  fits, votable, csv or tsv; default: look" },
    { "table", 272, 1, "N  which table of the files, from 1" },
    { NULL, 0, 0, NULL },
};

typedef struct files_t {
    const char *const *paths;
    vo_reader_opts_t opts;
} files_t;

static vo_err_t *next(void *reader, const vo_cell_t **cells)
{
    return vo_reader_next(reader, cells);
}

static void progress(void *reader, apr_int64_t *done, apr_int64_t *all)
{
    apr_off_t d, a;

    vo_reader_progress(reader, &d, &a);
    *done = d;
    *all = a;
}

static apr_status_t close_reader(void *reader)
{
    vo_reader_close(reader);
    return APR_SUCCESS;
}

static vo_err_t *open_file(voctl_source_t *source, void *baton, int i,
                           apr_pool_t *pool)
{
    const files_t *files = baton;
    vo_reader_t *reader;

    VO_TRY(vo_reader_open(&reader, files->paths[i], &files->opts, pool));
    apr_pool_cleanup_register(pool, reader, close_reader,
                              apr_pool_cleanup_null);
    source->name = files->paths[i];
    source->info = vo_reader_info(reader);
    source->next = next;
    source->progress = progress;
    source->baton = reader;
    return NULL;
}

/* A copy of INFO that outlives its reader; texts are in the reader's pool,
 * which stays. */
static const vo_tableinfo_t *keep_info(const vo_tableinfo_t *info,
                                       apr_pool_t *pool)
{
    return apr_pmemdup(pool, info, sizeof(*info));
}

/* Look at every file before any row is read, so that a wrong one is known at
 * once. */
static vo_err_t *look_at_files(voctl_load_t *load, files_t *files, int n,
                               apr_pool_t *pool)
{
    const vo_tableinfo_t **infos = apr_palloc(pool, sizeof(*infos)
                                                        * (size_t)n);
    int i;

    for (i = 0; i < n; ++i) {
        voctl_source_t source;

        /* the reader's pool stays for its texts; open files are few */
        VO_TRY(open_file(&source, files, i, pool));
        infos[i] = keep_info(source.info, pool);
        apr_pool_cleanup_run(pool, source.baton, close_reader);
    }
    load->nsources = n;
    load->infos = infos;
    load->names = files->paths;
    return NULL;
}

static vo_err_t *read_options(voctl_t *ctl, voctl_load_t *load,
                              files_t *files)
{
    const apr_array_header_t *indexes = voctl_opts(ctl, "index");
    voctl_metafile_t *meta;
    apr_int64_t table;
    int i;

    if (voctl_opt(ctl, "replace") && voctl_opt(ctl, "append")) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "--replace and --append exclude each other.");
    }
    load->mode = voctl_opt(ctl, "replace") ? VOCTL_REPLACE
                 : voctl_opt(ctl, "append") ? VOCTL_APPEND : VOCTL_NEW;
    load->is_cone = voctl_opt(ctl, "no-cone") ? 0
                    : voctl_opt(ctl, "cone") ? 1 : -1;
    load->index = -1;
    load->plan.ra = voctl_opt(ctl, "ra");
    load->plan.dec = voctl_opt(ctl, "dec");
    load->plan.id = voctl_opt(ctl, "id");
    load->plan.epoch = voctl_opt(ctl, "epoch");
    load->plan.description = voctl_opt(ctl, "description");
    load->plan.is_without_position = voctl_opt(ctl, "no-position") != NULL;
    load->plan.is_folding = voctl_opt(ctl, "fold") != NULL;
    VO_TRY(voctl_metafile_read(&meta, voctl_opt(ctl, "meta"), ctl->pool));
    load->plan.meta = meta;
    if (voctl_opt(ctl, "tap-name")) {
        load->table = voctl_opt(ctl, "tap-name");
    }
    if (voctl_opt(ctl, "key")) {
        load->key = voctl_split(voctl_opt(ctl, "key"), ctl->pool);
    }
    load->indexes = apr_array_make(ctl->pool, 4, sizeof(apr_array_header_t *));
    for (i = 0; i < indexes->nelts; ++i) {
        APR_ARRAY_PUSH(load->indexes, apr_array_header_t *)
            = voctl_split(APR_ARRAY_IDX(indexes, i, const char *), ctl->pool);
    }
    VO_TRY(voctl_opt_int(&table, ctl, "table", 1, 1, 10000));
    files->opts.table = (int)table - 1;
    files->opts.format = voctl_opt(ctl, "format");
    return NULL;
}

vo_err_t *voctl_load_verb(voctl_t *ctl, int argc, const char *const *argv)
{
    voctl_load_t load = { 0 };
    files_t files = { 0 };

    load.release = argv[0];
    load.table = argv[1];
    files.paths = argv + 2;
    VO_TRY(read_options(ctl, &load, &files));
    VO_TRY(look_at_files(&load, &files, argc - 2, ctl->pool));
    load.open = open_file;
    load.baton = &files;
    return voctl_load(ctl, &load);
}
