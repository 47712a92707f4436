/* fuzz_votable.c: any bytes as a table file: VOTable, CSV or FITS. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader looks at the content to choose, so every format is reached. Each
 * row it hands out must have cells of sane lengths, all of whose bytes are
 * touched; an error must carry a message. What was read as an upload is written
 * again in both binary serialisations. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <libxml/xmlerror.h>

#include "table/vo_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* cfitsio asks for what a header says and copes with being refused. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void be_quiet(void *ctx, const char *fmt, ...)
{
    (void)ctx;
    (void)fmt;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    apr_initialize();
    xmlSetGenericErrorFunc(NULL, be_quiet);
    return 0;
}

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* Read all bytes, for the sanitizer to see. */
static void touch(const vo_cell_t *cell)
{
    const volatile char *p = cell->data;
    int i;

    check(cell->len >= -1);
    for (i = 0; i < cell->len; ++i) {
        (void)p[i];
    }
}

static vo_err_t *to_nowhere(void *baton, const char *data, apr_size_t len)
{
    (void)baton;
    (void)data;
    (void)len;
    return NULL;
}

/* A writer of what INFO describes; NULL when there can be none. */
static vo_writer_t *writer(const vo_tableinfo_t *info, const char *format,
                           apr_pool_t *pool)
{
    vo_tabledoc_t *doc = apr_pcalloc(pool, sizeof(*doc));
    const vo_tablefmt_t *fmt;
    vo_writer_t *w;

    doc->nfields = info->nfields;
    doc->fields = info->fields;
    check(!vo_tablefmt_find(&fmt, NULL, format, pool));
    w = vo_writer_create(fmt, doc, vo_out_create(to_nowhere, NULL, pool), pool);
    return fmt->begin(w) ? NULL : w;
}

static vo_err_t *read_all(const char *path, int is_exact, apr_pool_t *pool)
{
    vo_reader_opts_t opts = {.max_bytes = 4 << 20, .is_exact = is_exact};
    static const char *const formats[2] = {"votable/b", "votable/b2"};
    vo_writer_t *to[2] = {NULL, NULL};
    const vo_tableinfo_t *info;
    const vo_cell_t *cells;
    vo_reader_t *reader;
    apr_off_t done, all;
    int i, nrows = 0;

    VO_TRY(vo_reader_open(&reader, path, &opts, pool));
    info = vo_reader_info(reader);
    check(info->nfields > 0 && info->fields != NULL);
    for (i = 0; i < info->nfields; ++i) {
        check(info->fields[i].name && *info->fields[i].name);
        check(info->fields[i].pg_oid != 0);
    }
    for (i = 0; is_exact && i < 2; ++i) {
        to[i] = writer(info, formats[i], pool);
    }
    for (;;) {
        VO_TRY(vo_reader_next(reader, &cells));
        if (!cells || ++nrows > 20000) {
            break;
        }
        for (i = 0; i < info->nfields; ++i) {
            touch(&cells[i]);
        }
        for (i = 0; i < 2; ++i) {
            if (to[i] && to[i]->fmt->row(to[i], cells)) {
                to[i] = NULL;
            }
        }
    }
    vo_reader_progress(reader, &done, &all);
    vo_reader_close(reader);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool;
    vo_err_t *err;
    int fd = memfd_create("table", 0);

    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    apr_pool_create(&pool, NULL);
    err = read_all(apr_psprintf(pool, "/proc/self/fd/%d", fd), 0, pool);
    check(!err || *vo_err_public(err, pool));
    err = read_all(apr_psprintf(pool, "/proc/self/fd/%d", fd), 1, pool);
    check(!err || *vo_err_public(err, pool));
    apr_pool_destroy(pool);
    close(fd);
    return 0;
}
