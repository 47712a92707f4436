/* mod_vo_stream.c: the rows of one query as the answer to a request. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

typedef struct stream_t {
    request_rec *r;
    const vo_stream_t *what;
    vo_out_t *out;       /* NULL before the first row is known to come */
    vo_writer_t *writer;
} stream_t;

static vo_err_t *begin(void *baton, int nfields, const unsigned *oids)
{
    stream_t *s = baton;
    const vo_stream_t *what = s->what;
    int i;

    if (nfields != what->doc->nfields) {
        return vo_err_fault(s->r->pool, APR_EGENERAL,
                            "The table is not as it is described",
                            "%d columns, %d expected", nfields,
                            what->doc->nfields);
    }
    for (i = 0; i < nfields; ++i) {
        what->fields[i].pg_oid = oids[i];
    }
    s->out = vo_response_begin(s->r, what->media_type);
    vo_name_table(s->r, what->fmt);
    s->writer = vo_writer_create(what->fmt, what->doc, s->out, s->r->pool);
    return what->fmt->begin(s->writer);
}

static vo_err_t *write_row(void *baton, const vo_cell_t *cells, int nfields)
{
    stream_t *s = baton;

    (void)nfields;
    return s->writer->fmt->row(s->writer, cells);
}

static const vo_err_t *worded(const vo_stream_t *what, const vo_err_t *err,
                              apr_pool_t *pool)
{
    return what->worded ? what->worded(err, pool) : err;
}

int vo_stream(request_rec *r, const vo_stream_t *what)
{
    stream_t s = {r, what, NULL, NULL};
    vo_sql_req_t req = *what->req;
    vo_sql_done_t done;
    vo_err_t *err;

    req.is_binary = what->fmt->is_binary;
    req.begin = begin;
    req.row = write_row;
    req.baton = &s;
    err = vo_query(r, &req, &done);
    if (!err) {
        err = what->fmt->end(s.writer, done.is_overflow || what->is_overflow
                                           ? VO_DONE_OVERFLOW
                                           : VO_DONE_OK);
    }
    if (!err) {
        return vo_response_end(r, s.out);
    }
    if (!s.out || !s.out->has_flushed || err->kind == VO_ERR_GONE) {
        return what->answer_error ? what->answer_error(r, err)
                                  : vo_respond_error(
                                        r, what->fmt,
                                        worded(what, err, r->pool));
    }
    if (!what->fmt->tells_failure
        || what->fmt->fail(s.writer, worded(what, err, r->pool))) {
        return vo_response_abort(r, s.out, err);
    }
    vo_log_error(r, err);
    return vo_response_end(r, s.out);
}
