/* mod_siap_v2.c: Simple Image Access 2.0. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_siap_int.h"

#include <apr_strings.h>

#include "xml/vo_vosi.h"

static const char *query_url(request_rec *r, const vo_release_t *rel)
{
    return apr_pstrcat(r->pool,
                       siap_fns.service_url(r, &siap_v2, rel, NULL),
                       "/query", NULL);
}

/* --- the service ---------------------------------------------------------- */

static vo_err_t *capabilities(vo_out_t *out, request_rec *r,
                              const vo_release_t *rel,
                              const vo_table_t *table, const char *url)
{
    (void)table;
    VO_TRY(vo_out_puts(out, " <capability standardID=\"" VO_SIA2_STANDARD_ID
                       "\">\n  <interface xsi:type=\"vs:ParamHTTP\""
                       " role=\"std\" version=\"2.0\">\n"
                       "   <accessURL use=\"full\">"));
    VO_TRY(vo_out_xml(out, url, strlen(url)));
    VO_TRY(vo_out_puts(out, "/query</accessURL>\n"));
    VO_TRY(vo_vosi_security(out, siap_fns.security_method(r, rel)));
    return vo_out_puts(out, "   <queryType>GET</queryType>\n"
                       "   <queryType>POST</queryType>\n"
                       "   <resultType>application/x-votable+xml</resultType>"
                       "\n  </interface>\n </capability>\n");
}

static const char *const standard_ids[] = {VO_SIA2_STANDARD_ID, NULL};

const vo_service_t siap_v2 = {
    .name = "siap2",
    .segment = "siap2",
    .title = "Simple Image Access 2",
    .standard_ids = standard_ids,
    .serves = siap_serves,
    .capabilities = capabilities,
};

/* --- a search ------------------------------------------------------------- */

typedef struct search_t {
    vo_sql_req_t req;
    vo_tabledoc_t doc;
    vo_stream_t stream;
} search_t;

static vo_err_t *prepare(search_t *s, request_rec *r, const vo_release_t *rel)
{
    siap_conf_t conf = siap_conf(r);
    const char *url = query_url(r, rel);
    const vo_dali_params_t *params;
    apr_int64_t maxrec;
    int nfields;

    VO_TRY(siap_fns.params(&params, r));
    VO_TRY(siap_params(&s->stream.fmt, &s->stream.media_type, &maxrec, r,
                       params));
    VO_TRY(vo_sia2_request(&s->req, &nfields, &s->stream.fields, rel, params,
                           maxrec, r->pool));
    s->req.timeout_ms = conf.timeout * 1000;
    siap_describe(&s->doc, r, rel, url, VO_SIA2_STANDARD_ID, params, nfields,
                  s->stream.fields,
                  vo_sia2_self(url, rel, siap_options(r, rel), conf.max_rec,
                               r->pool));
    s->doc.name = rel->obscore->tap_name;
    s->doc.description = rel->obscore->description;
    s->doc.media_type = s->stream.media_type;
    s->stream.req = &s->req;
    s->stream.doc = &s->doc;
    s->stream.is_overflow = !maxrec; /* DALI 1.1, 3.4.4: there may be more */
    s->stream.worded = vo_sia2_fault;
    return NULL;
}

int siap_v2_search(request_rec *r, const vo_release_t *rel)
{
    search_t s;
    vo_err_t *err;

    memset(&s, 0, sizeof(s));
    err = prepare(&s, r, rel);
    return err ? siap_fns.respond_error(r, s.stream.fmt,
                                        vo_sia2_fault(err, r->pool))
               : siap_fns.stream(r, &s.stream);
}
