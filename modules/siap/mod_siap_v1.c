/* mod_siap_v1.c: Simple Image Access 1.0. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_siap_int.h"

#include <apr_strings.h>

#include "siap/vo_sia1.h"
#include "vo_num.h"

/* Section 4.2: "text/xml"; what a client asks for by RESPONSEFORMAT it gets. */
#define MEDIA_TYPE "text/xml"
#define TEST_SIZE 0.01 /* degrees */

/* --- the service ---------------------------------------------------------- */

/* The centre of an image, so that the test query finds something. */
static vo_err_t *take_position(void *baton, const vo_cell_t *cells,
                               int nfields)
{
    vo_sia1_cap_t *cap = baton;

    if (nfields == 2 && cells[0].len > 0 && cells[1].len > 0) {
        vo_num_to_double(cells[0].data, cells[0].len, &cap->test_ra);
        vo_num_to_double(cells[1].data, cells[1].len, &cap->test_dec);
    }
    return NULL;
}

static vo_err_t *ignore_begin(void *baton, int nfields, const unsigned *oids)
{
    (void)baton;
    (void)nfields;
    (void)oids;
    return NULL;
}

/* The document must come even when the database does not. */
static vo_err_t *capabilities(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel,
                              const vo_table_t *table, const char *url)
{
    vo_sia1_cap_t cap = {0};
    vo_sql_req_t req = {0};
    vo_sql_done_t done;
    vo_err_t *err;

    (void)table;
    req.role = rel->reader_role;
    req.timeout_ms = 2000;
    req.is_small = 1;
    req.sql = vo_sia1_sample_sql(rel, r->pool);
    req.max_rows = 1;
    req.begin = ignore_begin;
    req.row = take_position;
    req.baton = &cap;
    err = siap_fns.query(r, &req, &done);
    if (err) {
        siap_fns.log_error(r, err);
    }
    cap.url = apr_pstrcat(r->pool, url, "?", NULL);
    cap.description = apr_psprintf(r->pool, "Images of %s",
                                   rel->title ? rel->title : rel->id);
    cap.max_records = siap_conf(r).max_rec;
    cap.test_size = TEST_SIZE;
    cap.security = siap_fns.security_method(r, rel);
    return vo_sia1_capability(out, &cap);
}

static const char *const standard_ids[] = {VO_SIA1_STANDARD_ID, NULL};

const vo_service_t siap_v1 = {
    .name = "siap",
    .segment = "siap",
    .title = "Simple Image Access",
    .standard_ids = standard_ids,
    .serves = siap_serves,
    .capabilities = capabilities,
};

/* --- a search ------------------------------------------------------------- */

typedef struct search_t {
    vo_sia1_query_t query;
    vo_sql_req_t req;
    vo_tabledoc_t doc;
    vo_stream_t stream;
} search_t;

static int answer_error(request_rec *r, const vo_err_t *err)
{
    static const vo_old_error_t old = {0, MEDIA_TYPE};

    return siap_fns.respond_old_error(r, &old, err);
}

static vo_err_t *prepare(search_t *s, request_rec *r, const vo_release_t *rel)
{
    const vo_dali_params_t *params;
    const char *format;
    apr_int64_t maxrec;
    int nfields;

    VO_TRY(siap_fns.params(&params, r));
    VO_TRY(siap_params(&s->stream.fmt, &s->stream.media_type, &maxrec, r,
                       params));
    VO_TRY(vo_dali_param_one(&format, params, "RESPONSEFORMAT"));
    if (!format || !*format) {
        s->stream.media_type = MEDIA_TYPE;
    }
    VO_TRY(vo_sia1_read(&s->query, params, r->pool));
    vo_sia1_fields(&nfields, &s->stream.fields, rel, s->query.verb, r->pool);
    if (s->query.is_metadata) {
        s->doc.params = vo_sia1_inputs(&s->doc.nparams, r->pool);
    }
    else {
        VO_TRY(vo_sia1_request(&s->req, rel, &s->query, maxrec, r->pool));
    }
    s->req.timeout_ms = siap_conf(r).timeout * 1000;
    siap_describe(&s->doc, r, rel,
                  siap_fns.service_url(r, &siap_v1, rel, NULL),
                  VO_SIA1_STANDARD_ID, params, nfields, s->stream.fields,
                  NULL);
    s->doc.name = "images";
    s->doc.media_type = s->stream.media_type;
    s->stream.req = &s->req;
    s->stream.doc = &s->doc;
    s->stream.is_overflow = !maxrec;
    s->stream.answer_error = answer_error;
    return NULL;
}

/* FORMAT=METADATA (section 6.1): the columns, and no row. */
static int answer_metadata(search_t *s, request_rec *r)
{
    vo_out_t *out = siap_fns.response_begin(r, s->stream.media_type);
    vo_writer_t *writer = vo_writer_create(s->stream.fmt, &s->doc, out,
                                           r->pool);
    vo_err_t *err = writer->fmt->begin(writer);

    if (!err) {
        err = writer->fmt->end(writer, VO_DONE_OK);
    }
    return err ? siap_fns.respond_error(r, NULL, err)
               : siap_fns.response_end(r, out);
}

int siap_v1_search(request_rec *r, const vo_release_t *rel)
{
    search_t s;
    vo_err_t *err;

    memset(&s, 0, sizeof(s));
    err = prepare(&s, r, rel);
    if (err) {
        return answer_error(r, err);
    }
    return s.query.is_metadata ? answer_metadata(&s, r)
                               : siap_fns.stream(r, &s.stream);
}
