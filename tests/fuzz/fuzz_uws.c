/* fuzz_uws.c: paths, values and forms of jobs, and the documents they fill. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input is lines: a path, a time, a count, then two forms. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <libxml/parser.h>

#include "uws/vo_uws.h"

static apr_pool_t *pool;

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

static const char *next_line(char **rest)
{
    char *line = *rest, *end = line + strcspn(line, "\n");

    *rest = *end ? end + 1 : end;
    *end = '\0';
    return line;
}

static int is_repeatable(const char *name)
{
    return !strcasecmp(name, "UPLOAD");
}

/* A path means the list, or a job, with nothing of it lost. */
static void try_path(const char *rest, apr_pool_t *request)
{
    vo_uws_path_t path;
    vo_err_t *err = vo_uws_path(&path, rest, request);

    if (err) {
        must(err->http == 404);
        return;
    }
    must((path.what == VO_UWS_LIST) == !*rest);
    must((path.what == VO_UWS_LIST) == !path.id);
    must(!path.id || (!strchr(path.id, '/')
                      && !strncmp(path.id, rest, strlen(path.id))));
    must(!path.child || path.what == VO_UWS_PARAMETERS
         || path.what == VO_UWS_RESULTS);
    must(!path.child
         || (*path.child
             && !strcmp(path.child, rest + strlen(rest)
                                        - strlen(path.child))));
}

/* A time is refused or becomes one that reads as itself. */
static void try_time(const char *text, apr_pool_t *request)
{
    const char *once, *twice;

    if (!vo_uws_time(&once, "DESTRUCTION", text, request)) {
        must(strlen(once) == 24 && once[23] == 'Z');
        must(!vo_uws_time(&twice, "DESTRUCTION", once, request));
        must(!strcmp(once, twice));
    }
}

static void parse(vo_out_t *out, const vo_out_mem_t *mem)
{
    xmlDocPtr doc;

    must(!vo_out_flush(out));
    doc = xmlReadMemory(mem->data, (int)mem->len, NULL, NULL,
                        XML_PARSE_NONET | XML_PARSE_NOERROR
                            | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
    must(doc != NULL);
    xmlFreeDoc(doc);
}

/* The documents of a job with these parameters are well-formed. */
static void try_documents(const char *form, const char *run_id,
                          apr_pool_t *request)
{
    vo_dali_params_t *params = vo_dali_params_create(request);
    vo_job_t job = {0};
    vo_out_mem_t mem;
    vo_out_t *out;

    must(!vo_dali_params_add_form(params, form, strlen(form)));
    job.id = "0123456789abcdef0123456789abcdef";
    job.run_id = vo_dali_clean_text(request, run_id);
    job.owner = job.run_id;
    job.phase = VO_PHASE_ERROR;
    job.error_text = job.run_id;
    job.created = job.destruction = "2026-11-20T12:00:00.000Z";
    memset(&mem, 0, sizeof(mem));
    out = vo_out_to_memory(&mem, request);
    must(!vo_uws_put_job(out, &job, params, "http://h/async/x"));
    parse(out, &mem);
    memset(&mem, 0, sizeof(mem));
    out = vo_out_to_memory(&mem, request);
    must(!vo_uws_put_list_head(out, 1));
    must(!vo_uws_put_list_job(out, &job, "http://h/async"));
    must(!vo_uws_put_list_tail(out));
    parse(out, &mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const controls[] = {"PHASE", "ACTION", NULL};
    vo_dali_params_t *first, *second;
    const char *path, *form, *merged;
    vo_uws_filter_t filter;
    apr_pool_t *request;
    char *rest;
    int n;

    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    apr_pool_create(&request, pool);
    rest = apr_pstrmemdup(request, (const char *)data, size);
    path = next_line(&rest);
    try_path(path, request);
    try_time(next_line(&rest), request);
    if (!vo_uws_count(&n, "WAIT", next_line(&rest), -1, request)) {
        must(n >= -1);
    }
    first = vo_dali_params_create(request);
    second = vo_dali_params_create(request);
    form = next_line(&rest);
    if (!vo_dali_params_add_form(first, form, strlen(form))
        && !vo_dali_params_add_form(second, rest, strlen(rest))) {
        if (!vo_uws_filter(&filter, first, request)) {
            must(filter.phases < 1u << VO_PHASE_COUNT && filter.last >= 0);
        }
        if (!vo_uws_form_merge(&merged, "", first, is_repeatable, controls,
                               request)
            && !vo_uws_form_merge(&merged, merged, second, is_repeatable,
                                  controls, request)) {
            try_documents(merged, path, request);
        }
    }
    apr_pool_destroy(request);
    return 0;
}
