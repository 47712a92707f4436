/* vo_uws_xml.c: the XML documents of jobs, UWS 1.1 appendix A. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_uws.h"

#include <string.h>

#include "../xml/vo_xml.h"

/* 1.1 keeps the namespace of 1.0. */
#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NAMESPACES                                                            \
    " xmlns:uws=\"http://www.ivoa.net/xml/UWS/v1.0\""                         \
    " xmlns:xlink=\"http://www.w3.org/1999/xlink\""                           \
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

/* <uws:TAG>TEXT</uws:TAG>, nil when TEXT is NULL. */
static vo_err_t *nillable(vo_out_t *out, const char *tag, const char *text)
{
    if (!text) {
        return vo_out_printf(out, "  <uws:%s xsi:nil=\"true\"/>\n", tag);
    }
    VO_TRY(vo_out_printf(out, "  <uws:%s>", tag));
    VO_TRY(vo_out_xml(out, text, strlen(text)));
    return vo_out_printf(out, "</uws:%s>\n", tag);
}

/* What was sent inline is told by its address: UWS 1.1, 2.2.3.1.1. */
static vo_err_t *put_reference(vo_out_t *out, const char *name,
                               const char *url)
{
    const char *segment = vo_uws_form_add("", "", name, out->pool) + 1;

    VO_TRY(vo_out_puts(out, "    <uws:parameter"));
    VO_TRY(vo_xml_attr(out, "id", name));
    VO_TRY(vo_out_puts(out, " byReference=\"true\">"));
    VO_TRY(vo_out_xml(out, url, strlen(url)));
    VO_TRY(vo_out_puts(out, "/parameters/"));
    VO_TRY(vo_out_puts(out, segment));
    return vo_out_puts(out, "</uws:parameter>\n");
}

static vo_err_t *put_parameters(vo_out_t *out, const vo_dali_params_t *params,
                                const char *url)
{
    int i;

    for (i = 0; i < params->nparams; ++i) {
        const vo_dali_param_t *p = &params->params[i];

        if (p->is_file) {
            VO_TRY(put_reference(out, p->name, url));
            continue;
        }
        VO_TRY(vo_out_puts(out, "    <uws:parameter"));
        VO_TRY(vo_xml_attr(out, "id", p->name));
        VO_TRY(vo_out_puts(out, ">"));
        VO_TRY(vo_out_xml(out, p->value, strlen(p->value)));
        VO_TRY(vo_out_puts(out, "</uws:parameter>\n"));
    }
    return NULL;
}

static vo_err_t *put_result(vo_out_t *out, const vo_job_part_t *part,
                            const char *url)
{
    VO_TRY(vo_out_printf(out, "    <uws:result id=\"%s\" size=\"%"
                         APR_INT64_T_FMT "\"", part->name, part->size));
    VO_TRY(vo_xml_attr(out, "mime-type", part->media_type));
    VO_TRY(vo_out_puts(out, " xlink:type=\"simple\" xlink:href=\""));
    VO_TRY(vo_out_xml(out, url, strlen(url)));
    return vo_out_printf(out, "/results/%s\"/>\n", part->name);
}

static vo_err_t *put_results(vo_out_t *out, const vo_job_t *job,
                             const char *url)
{
    const char *text = job->result_parts;
    vo_job_part_t part;

    if (!text) {
        return vo_uws_part_find(&part, job, "result", out->pool)
                   ? put_result(out, &part, url) : NULL;
    }
    memset(&part, 0, sizeof(part));
    while (job->phase == VO_PHASE_COMPLETED
           && vo_uws_parts_next(&part, &text, out->pool)) {
        VO_TRY(put_result(out, &part, url));
    }
    return NULL;
}

static vo_err_t *put_error(vo_out_t *out, const vo_job_t *job)
{
    if (!job->error_text) {
        return NULL;
    }
    VO_TRY(vo_out_printf(out, "  <uws:errorSummary type=\"%s\" "
                         "hasDetail=\"%s\">\n",
                         job->is_transient ? "transient" : "fatal",
                         job->phase == VO_PHASE_ERROR
                                 || job->phase == VO_PHASE_ABORTED
                             ? "true" : "false"));
    VO_TRY(vo_out_puts(out, "    <uws:message>"));
    VO_TRY(vo_out_xml(out, job->error_text, strlen(job->error_text)));
    return vo_out_puts(out, "</uws:message>\n  </uws:errorSummary>\n");
}

/* A value of jobInfo, whose content is any XML: ours is in no namespace. */
static vo_err_t *put_number(vo_out_t *out, const char *tag, double value)
{
    return vo_out_printf(out, "    <%s>%.6g</%s>\n", tag, value, tag);
}

static vo_err_t *put_info(vo_out_t *out, const vo_job_t *job,
                          const vo_dali_params_t *params)
{
    VO_TRY(vo_out_puts(out, "  <uws:jobInfo>\n"));
    VO_TRY(vo_xml_elem(out, 4, "release", job->release));
    VO_TRY(vo_xml_elem(out, 4, "label", vo_dali_param_nth(params, "OWNER", 0)));
    VO_TRY(vo_xml_elem(out, 4, "queue", vo_dali_param_nth(params, "QUEUE", 0)));
    if (job->owner) {
        VO_TRY(vo_xml_elem(out, 4, "public", job->is_public ? "true"
                                                            : "false"));
    }
    if (job->forecast_rows >= 0 && job->forecast_s >= 0) {
        VO_TRY(vo_out_printf(out, "    <estimatedRows>%" APR_INT64_T_FMT
                             "</estimatedRows>\n", job->forecast_rows));
        VO_TRY(put_number(out, "estimatedSeconds", job->forecast_s));
    }
    if (job->started) {
        VO_TRY(vo_out_printf(out, "    <rows>%" APR_INT64_T_FMT "</rows>\n",
                             job->nrows));
        if (job->elapsed_s > 0) {
            VO_TRY(put_number(out, "rowsPerSecond",
                              (double)job->nrows / job->elapsed_s));
        }
        VO_TRY(vo_out_printf(out, "    <attempts>%d</attempts>\n",
                             job->attempts));
    }
    return vo_out_puts(out, "  </uws:jobInfo>\n");
}

vo_err_t *vo_uws_put_job(vo_out_t *out, const vo_job_t *job,
                         const vo_dali_params_t *params, const char *url)
{
    VO_TRY(vo_out_puts(out, XML_HEAD "<uws:job" NAMESPACES
                            " version=\"1.1\">\n"));
    VO_TRY(vo_xml_elem(out, 2, "uws:jobId", job->id));
    VO_TRY(vo_xml_elem(out, 2, "uws:runId", job->run_id));
    VO_TRY(nillable(out, "ownerId", job->owner));
    VO_TRY(vo_xml_elem(out, 2, "uws:phase", vo_phase_name(job->phase)));
    VO_TRY(nillable(out, "quote", job->quote));
    VO_TRY(vo_xml_elem(out, 2, "uws:creationTime", job->created));
    VO_TRY(nillable(out, "startTime", job->started));
    VO_TRY(nillable(out, "endTime", job->ended));
    VO_TRY(vo_out_printf(out, "  <uws:executionDuration>%d"
                         "</uws:executionDuration>\n", job->duration));
    VO_TRY(nillable(out, "destruction", job->destruction));
    VO_TRY(vo_out_puts(out, "  <uws:parameters>\n"));
    VO_TRY(put_parameters(out, params, url));
    VO_TRY(vo_out_puts(out, "  </uws:parameters>\n  <uws:results>\n"));
    VO_TRY(put_results(out, job, url));
    VO_TRY(vo_out_puts(out, "  </uws:results>\n"));
    VO_TRY(put_error(out, job));
    VO_TRY(put_info(out, job, params));
    return vo_out_puts(out, "</uws:job>\n");
}

vo_err_t *vo_uws_put_parameters(vo_out_t *out, const vo_dali_params_t *params,
                                const char *url)
{
    VO_TRY(vo_out_puts(out, XML_HEAD "<uws:parameters" NAMESPACES ">\n"));
    VO_TRY(put_parameters(out, params, url));
    return vo_out_puts(out, "</uws:parameters>\n");
}

vo_err_t *vo_uws_put_results(vo_out_t *out, const vo_job_t *job,
                             const char *url)
{
    VO_TRY(vo_out_puts(out, XML_HEAD "<uws:results" NAMESPACES ">\n"));
    VO_TRY(put_results(out, job, url));
    return vo_out_puts(out, "</uws:results>\n");
}

vo_err_t *vo_uws_put_list_head(vo_out_t *out, int has_user)
{
    VO_TRY(vo_out_puts(out, XML_HEAD));
    VO_TRY(vo_out_puts(out, has_user ? ""
                                     : "<!-- Jobs are listed to the user they "
                                       "belong to. One made without logging "
                                       "in is reached by its address. -->\n"));
    return vo_out_puts(out, "<uws:jobs" NAMESPACES " version=\"1.1\">\n");
}

vo_err_t *vo_uws_put_list_job(vo_out_t *out, const vo_job_t *job,
                              const char *jobs_url)
{
    VO_TRY(vo_out_puts(out, "<uws:jobref"));
    VO_TRY(vo_xml_attr(out, "id", job->id));
    VO_TRY(vo_out_puts(out, " xlink:type=\"simple\" xlink:href=\""));
    VO_TRY(vo_out_xml(out, jobs_url, strlen(jobs_url)));
    VO_TRY(vo_out_printf(out, "/%s\">\n", job->id));
    VO_TRY(vo_xml_elem(out, 2, "uws:phase", vo_phase_name(job->phase)));
    VO_TRY(vo_xml_elem(out, 2, "uws:runId", job->run_id));
    VO_TRY(vo_xml_elem(out, 2, "uws:ownerId", job->owner));
    VO_TRY(vo_xml_elem(out, 2, "uws:creationTime", job->created));
    return vo_out_puts(out, "</uws:jobref>\n");
}

vo_err_t *vo_uws_put_list_tail(vo_out_t *out)
{
    return vo_out_puts(out, "</uws:jobs>\n");
}
