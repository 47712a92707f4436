/* table_tool.c: writers and readers by hand, for test_formats.py. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_tool write FORMAT [ok|overflow|error] [VERSION|scs] < SPEC > DOCUMENT
 * table_tool error FORMAT|scs MESSAGE > DOCUMENT
 * table_tool find VALUE                         format and media type
 * table_tool read FILE [FORMAT [TABLE]]         what a reader says, as lines
 *
 * SPEC is lines of tab-separated words, "-" for absent:
 *   table NAME DESCRIPTION
 *   coosys ID SYSTEM EPOCH
 *   timesys ID ORIGIN SCALE POSITION
 *   link HREF ROLE TITLE
 *   info NAME VALUE TEXT
 *   group NAME DESCRIPTION COLUMN...
 *   descriptor ID NAME DESCRIPTION URL STANDARD TYPE    then its params:
 *   param NAME DATATYPE ARRAYSIZE VALUE COLUMN MIN MAX OPTION...
 *   field NAME DATATYPE ARRAYSIZE OID XTYPE UNIT UCD DESCRIPTION REF NULL
 *   row CELL...                 cells in hexadecimal, "-" NULL, "." empty
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "table/vo_table.h"

#define MAX_WORDS 1024

static vo_err_t *to_stdout(void *baton, const char *data, apr_size_t len)
{
    (void)baton;
    fwrite(data, 1, len, stdout);
    return NULL;
}

static int complain(const vo_err_t *err, apr_pool_t *pool)
{
    fflush(stdout);
    fprintf(stderr, "%s\n", vo_err_private(err, pool));
    return 1;
}

static char *word_or_null(char *word)
{
    return !word || !strcmp(word, "-") ? NULL : word;
}

static int split(char *line, char **words)
{
    int n = 0;

    while (line && n < MAX_WORDS) {
        words[n++] = line;
        line = strchr(line, '\t');
        if (line) {
            *line++ = '\0';
        }
    }
    return n;
}

static int nibble(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void unhex(vo_cell_t *cell, char *word)
{
    int i, n = (int)strlen(word) / 2;

    cell->data = word;
    cell->len = 0;
    if (!strcmp(word, "-")) {
        cell->len = -1;
    }
    else if (strcmp(word, ".")) {
        for (i = 0; i < n; ++i) {
            word[i] = (char)(nibble(word[2 * i]) << 4
                             | nibble(word[2 * i + 1]));
        }
        cell->len = n;
    }
}

typedef struct spec_t {
    vo_tabledoc_t doc;
    vo_field_t fields[MAX_WORDS];
    vo_info_t infos[16];
    vo_coosys_t coosys[4];
    vo_group_t groups[16];
    vo_timesys_t timesys[4];
    vo_doclink_t links[4];
    vo_descriptor_t descriptors[4];
    vo_param_t params[16];
    int nparams;
} spec_t;

static void add_descriptor(spec_t *spec, char **words)
{
    vo_descriptor_t *d = &spec->descriptors[spec->doc.ndescriptors++];

    d->id = word_or_null(words[1]);
    d->name = word_or_null(words[2]);
    d->description = word_or_null(words[3]);
    d->access_url = words[4];
    d->standard_id = word_or_null(words[5]);
    d->content_type = word_or_null(words[6]);
    d->params = &spec->params[spec->nparams];
}

static void add_param(spec_t *spec, char **words, int n, apr_pool_t *pool)
{
    vo_param_t *p = &spec->params[spec->nparams++];

    spec->descriptors[spec->doc.ndescriptors - 1].nparams++;
    p->name = words[1];
    p->type = (vo_type_e)vo_type_parse(words[2]);
    p->arraysize = word_or_null(words[3]);
    p->value = word_or_null(words[4]);
    p->column = word_or_null(words[5]);
    p->min = word_or_null(words[6]);
    p->max = word_or_null(words[7]);
    if (n > 8) {
        words[n] = NULL;
        p->options = apr_pmemdup(pool, words + 8,
                                 sizeof(*words) * (apr_size_t)(n - 7));
    }
}

static void add_line(spec_t *spec, char **words, int n, apr_pool_t *pool)
{
    vo_tabledoc_t *doc = &spec->doc;
    int i;

    for (i = n; i < 12; ++i) {
        words[i] = NULL;
    }
    if (!strcmp(words[0], "table")) {
        doc->name = word_or_null(words[1]);
        doc->description = word_or_null(words[2]);
    }
    else if (!strcmp(words[0], "coosys")) {
        vo_coosys_t *c = &spec->coosys[doc->ncoosys++];

        c->id = words[1];
        c->system = words[2];
        c->epoch = word_or_null(words[3]);
        c->refposition = "BARYCENTER";
    }
    else if (!strcmp(words[0], "timesys")) {
        vo_timesys_t *t = &spec->timesys[doc->ntimesys++];

        t->id = words[1];
        t->timeorigin = word_or_null(words[2]);
        t->timescale = words[3];
        t->refposition = words[4];
    }
    else if (!strcmp(words[0], "link")) {
        vo_doclink_t *l = &spec->links[doc->nlinks++];

        l->href = words[1];
        l->role = word_or_null(words[2]);
        l->title = word_or_null(words[3]);
    }
    else if (!strcmp(words[0], "info")) {
        vo_info_t *info = &spec->infos[doc->ninfos++];

        info->name = words[1];
        info->value = words[2];
        info->text = word_or_null(words[3]);
    }
    else if (!strcmp(words[0], "group")) {
        vo_group_t *g = &spec->groups[doc->ngroups++];

        g->name = words[1];
        g->description = word_or_null(words[2]);
        g->ncolumns = n - 3;
        g->columns = apr_palloc(pool, sizeof(char *) * (apr_size_t)n);
        for (i = 3; i < n; ++i) {
            g->columns[i - 3] = words[i];
        }
    }
    else if (!strcmp(words[0], "descriptor")) {
        add_descriptor(spec, words);
    }
    else if (!strcmp(words[0], "param")) {
        add_param(spec, words, n, pool);
    }
    else if (!strcmp(words[0], "field")) {
        vo_field_t *f = &spec->fields[doc->nfields++];

        f->name = words[1];
        f->type = (vo_type_e)vo_type_parse(words[2]);
        f->arraysize = word_or_null(words[3]);
        f->size = vo_arraysize_parse(f->arraysize);
        f->pg_oid = (unsigned)strtoul(words[4], NULL, 10);
        f->xtype = word_or_null(words[5]);
        f->unit = word_or_null(words[6]);
        f->ucd = word_or_null(words[7]);
        f->description = word_or_null(words[8]);
        f->ref = word_or_null(words[9]);
        f->null_value = word_or_null(words[10]);
    }
}

static vo_err_t *write_rows(spec_t *spec, vo_writer_t **writer,
                            const vo_tablefmt_t *fmt, apr_pool_t *pool)
{
    static char *words[MAX_WORDS + 12];
    vo_out_t *out = vo_out_create(to_stdout, NULL, pool);
    vo_cell_t *cells = NULL;
    size_t cap = 0;
    char *line = NULL;
    ssize_t len;

    *writer = vo_writer_create(fmt, &spec->doc, out, pool);
    while ((len = getline(&line, &cap, stdin)) > 0) {
        int i, n;

        line[len - 1] = '\0';
        if (strncmp(line, "row\t", 4)) {
            n = split(apr_pstrdup(pool, line), words);
            add_line(spec, words, n, pool);
            continue;
        }
        if (!cells) {
            VO_TRY(fmt->begin(*writer));
            cells = apr_palloc(pool, sizeof(*cells) * MAX_WORDS);
        }
        n = split(line, words);
        for (i = 1; i < n; ++i) {
            unhex(&cells[i - 1], words[i]);
        }
        VO_TRY(fmt->row(*writer, cells));
    }
    free(line);
    return cells ? NULL : fmt->begin(*writer);
}

static vo_err_t *write_document(int argc, char **argv, apr_pool_t *pool)
{
    spec_t *spec = apr_pcalloc(pool, sizeof(*spec));
    const vo_tablefmt_t *fmt;
    vo_writer_t *w;
    const char *how = argc > 3 ? argv[3] : "ok";

    spec->doc.fields = spec->fields;
    spec->doc.infos = spec->infos;
    spec->doc.coosys = spec->coosys;
    spec->doc.groups = spec->groups;
    spec->doc.timesys = spec->timesys;
    spec->doc.links = spec->links;
    spec->doc.descriptors = spec->descriptors;
    if (argc > 4) {
        spec->doc.is_scs = !strcmp(argv[4], "scs");
        spec->doc.version = spec->doc.is_scs ? NULL : argv[4];
    }
    VO_TRY(vo_tablefmt_find(&fmt, &spec->doc.media_type, argv[2], pool));
    VO_TRY(write_rows(spec, &w, fmt, pool));
    if (!strcmp(how, "error")) {
        VO_TRY(fmt->fail(w, vo_err_make(pool, VO_ERR_TIMEOUT,
                                        "The <query> took too long")));
    }
    else {
        VO_TRY(fmt->end(w, strcmp(how, "overflow") ? VO_DONE_OK
                                                   : VO_DONE_OVERFLOW));
    }
    return vo_out_flush(w->out);
}

static vo_err_t *write_error(char **argv, apr_pool_t *pool)
{
    vo_out_t *out = vo_out_create(to_stdout, NULL, pool);
    const vo_err_t *err = vo_err_make(pool, VO_ERR_USAGE, "%s", argv[3]);
    const vo_tablefmt_t *fmt = NULL;
    const char *type;

    if (!strcmp(argv[2], "scs")) {
        VO_TRY(vo_table_scs_error_doc(out, err, &type, pool));
    }
    else {
        VO_TRY(vo_tablefmt_find(&fmt, NULL, argv[2], pool));
        VO_TRY(vo_table_error_doc(out, fmt, err, &type, pool));
    }
    return vo_out_flush(out);
}

/* TEXT on one line, in POOL. */
static const char *show(const char *text, apr_pool_t *pool)
{
    char *copy, *p;

    if (!text || !*text) {
        return "-";
    }
    copy = apr_pstrdup(pool, text);
    for (p = copy; *p; ++p) {
        if (*p == '\n' || *p == '\t' || *p == '\r') {
            *p = ' ';
        }
    }
    return copy;
}

static void show_info(const vo_tableinfo_t *info, apr_pool_t *pool)
{
    int i, j;

    printf("table\t%s\t%s\t%lld\n", show(info->name, pool),
           show(info->description, pool), (long long)info->nrows);
    printf("coosys\t%s\t%s\n", show(info->system, pool),
           show(info->epoch, pool));
    for (i = 0; i < info->nparams; ++i) {
        printf("param\t%s\t%s\n", show(info->params[i].name, pool),
               show(info->params[i].value, pool));
    }
    for (i = 0; i < info->nfields; ++i) {
        const vo_field_t *f = &info->fields[i];

        printf("field\t%s\t%s\t%s\t%u\t%s\t%s\t%s\t%s\t%s\t%s\n",
               show(f->name, pool), vo_type_name(f->type),
               show(f->arraysize, pool), f->pg_oid, show(f->xtype, pool),
               show(f->unit, pool), show(f->ucd, pool),
               show(f->description, pool), show(f->utype, pool),
               show(f->null_value, pool));
    }
    for (i = 0; i < info->ngroups; ++i) {
        printf("group\t%s\t%s", show(info->groups[i].name, pool),
               show(info->groups[i].description, pool));
        for (j = 0; j < info->groups[i].ncolumns; ++j) {
            printf("\t%s", show(info->groups[i].columns[j], pool));
        }
        putchar('\n');
    }
}

static vo_err_t *read_file(int argc, char **argv, apr_pool_t *pool)
{
    vo_reader_opts_t opts;
    vo_reader_t *reader;
    const vo_tableinfo_t *info;
    const vo_cell_t *cells;

    memset(&opts, 0, sizeof(opts));
    opts.format = argc > 3 ? word_or_null(argv[3]) : NULL;
    opts.table = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 0;
    VO_TRY(vo_reader_open(&reader, argv[2], &opts, pool));
    info = vo_reader_info(reader);
    show_info(info, pool);
    for (;;) {
        int i, j;

        VO_TRY(vo_reader_next(reader, &cells));
        if (!cells) {
            break;
        }
        printf("row");
        for (i = 0; i < info->nfields; ++i) {
            putchar('\t');
            if (cells[i].len <= 0) {
                putchar(cells[i].len < 0 ? '-' : '.');
            }
            for (j = 0; j < cells[i].len; ++j) {
                printf("%02x", (unsigned char)cells[i].data[j]);
            }
        }
        putchar('\n');
    }
    vo_reader_close(reader);
    return NULL;
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    vo_err_t *err = NULL;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (argc > 2 && !strcmp(argv[1], "write")) {
        err = write_document(argc, argv, pool);
    }
    else if (argc > 3 && !strcmp(argv[1], "error")) {
        err = write_error(argv, pool);
    }
    else if (argc > 2 && !strcmp(argv[1], "find")) {
        const vo_tablefmt_t *fmt;
        const char *type;

        err = vo_tablefmt_find(&fmt, &type, argv[2], pool);
        if (!err) {
            printf("%s\t%s\n", fmt->name, type);
        }
    }
    else if (argc > 2 && !strcmp(argv[1], "read")) {
        err = read_file(argc, argv, pool);
    }
    else {
        fprintf(stderr, "table_tool write|error|find|read ...\n");
        return 2;
    }
    return err ? complain(err, pool) : 0;
}
