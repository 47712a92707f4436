/* vo_votable_parts.c: the elements of VOTable documents but FIELD and TABLE. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.4 (REC 2019-10-21), DataLink 1.1 section 4 */
#include <apr_cstr.h>

#include "vo_votable.h"

/* Line breaks and tabs in attributes become blanks (XML 1.0 section 3.3.3)
 * unless written as references; a query needs them. */
vo_err_t *vo_vot_attr(vo_out_t *out, const char *name, const char *value)
{
    const char *end;

    if (!value) {
        return NULL;
    }
    VO_TRY(vo_out_puts(out, " "));
    VO_TRY(vo_out_puts(out, name));
    VO_TRY(vo_out_puts(out, "=\""));
    while (*(end = value + strcspn(value, "\n\r\t"))) {
        VO_TRY(vo_out_xml(out, value, (apr_size_t)(end - value)));
        VO_TRY(vo_out_printf(out, "&#%d;", *end));
        value = end + 1;
    }
    VO_TRY(vo_out_xml(out, value, strlen(value)));
    return vo_out_puts(out, "\"");
}

vo_err_t *vo_vot_description(vo_out_t *out, const char *text)
{
    if (!text || !*text) {
        return NULL;
    }
    VO_TRY(vo_out_puts(out, "<DESCRIPTION>"));
    VO_TRY(vo_out_xml(out, text, strlen(text)));
    return vo_out_puts(out, "</DESCRIPTION>\n");
}

vo_err_t *vo_vot_info(vo_out_t *out, const vo_info_t *info)
{
    VO_TRY(vo_out_puts(out, "<INFO"));
    VO_TRY(vo_vot_attr(out, "ID", info->id));
    VO_TRY(vo_vot_attr(out, "name", info->name));
    VO_TRY(vo_vot_attr(out, "value", info->value ? info->value : ""));
    VO_TRY(vo_vot_attr(out, "ucd", info->ucd));
    if (!info->text) {
        return vo_out_puts(out, "/>\n");
    }
    VO_TRY(vo_out_puts(out, ">"));
    VO_TRY(vo_out_xml(out, info->text, strlen(info->text)));
    return vo_out_puts(out, "</INFO>\n");
}

vo_err_t *vo_vot_status(vo_out_t *out, const char *value, const char *text)
{
    vo_info_t info = {"QUERY_STATUS", value, text, NULL, NULL};

    return vo_vot_info(out, &info);
}

/* The XML ID of a column of the document, or NULL. */
static const char *id_of_column(const vo_writer_t *w, const char *column)
{
    int i;

    for (i = 0; i < w->doc->nfields; ++i) {
        if (!apr_cstr_casecmp(w->doc->fields[i].name, column)) {
            return w->ids[i];
        }
    }
    return NULL;
}

vo_err_t *vo_vot_group(const vo_writer_t *w, const vo_group_t *group)
{
    vo_out_t *out = w->out;
    int i, n = 0;

    for (i = 0; i < group->ncolumns; ++i) {
        const char *id = id_of_column(w, group->columns[i]);

        if (!id) {
            continue;
        }
        if (!n++) {
            VO_TRY(vo_out_puts(out, "<GROUP"));
            VO_TRY(vo_vot_attr(out, "name", group->name));
            VO_TRY(vo_vot_attr(out, "ucd", group->ucd));
            VO_TRY(vo_vot_attr(out, "utype", group->utype));
            VO_TRY(vo_out_puts(out, ">\n"));
            VO_TRY(vo_vot_description(out, group->description));
        }
        VO_TRY(vo_out_puts(out, "<FIELDref"));
        VO_TRY(vo_vot_attr(out, "ref", id));
        VO_TRY(vo_out_puts(out, "/>\n"));
    }
    return n ? vo_out_puts(out, "</GROUP>\n") : NULL;
}

/* --- parameters and service descriptors ---------------------------------- */

static vo_err_t *put_value(vo_out_t *out, const char *element,
                           const char *value)
{
    if (!value) {
        return NULL;
    }
    VO_TRY(vo_out_printf(out, "<%s", element));
    VO_TRY(vo_vot_attr(out, "value", value));
    return vo_out_puts(out, "/>\n");
}

static vo_err_t *put_values(vo_out_t *out, const vo_param_t *param)
{
    const char *const *option;

    if (!param->min && !param->max && !param->options) {
        return NULL;
    }
    VO_TRY(vo_out_puts(out, "<VALUES>\n"));
    VO_TRY(put_value(out, "MIN", param->min));
    VO_TRY(put_value(out, "MAX", param->max));
    for (option = param->options; option && *option; ++option) {
        VO_TRY(put_value(out, "OPTION", *option));
    }
    return vo_out_puts(out, "</VALUES>\n");
}

vo_err_t *vo_vot_param(const vo_writer_t *w, const vo_param_t *param)
{
    vo_out_t *out = w->out;
    const char *ref = param->column ? id_of_column(w, param->column) : NULL;
    const char *value = param->value && !ref ? param->value : "";

    VO_TRY(vo_out_puts(out, "<PARAM"));
    VO_TRY(vo_vot_attr(out, "name", param->name));
    VO_TRY(vo_vot_attr(out, "datatype", vo_type_name(param->type)));
    VO_TRY(vo_vot_attr(out, "arraysize", param->arraysize));
    VO_TRY(vo_vot_attr(out, "xtype", param->xtype));
    VO_TRY(vo_vot_attr(out, "unit", param->unit));
    VO_TRY(vo_vot_attr(out, "ucd", param->ucd));
    VO_TRY(vo_vot_attr(out, "utype", param->utype));
    VO_TRY(vo_vot_attr(out, "ref", ref));
    VO_TRY(vo_vot_attr(out, "value", value));
    VO_TRY(vo_out_puts(out, ">\n"));
    VO_TRY(vo_vot_description(out, param->description));
    VO_TRY(put_values(out, param));
    return vo_out_puts(out, "</PARAM>\n");
}

/* A PARAM that says something of the service itself. */
static vo_err_t *put_said(const vo_writer_t *w, const char *name,
                          const char *value)
{
    vo_param_t param = {0};

    if (!value) {
        return NULL;
    }
    param.name = name;
    param.type = VO_TYPE_CHAR;
    param.arraysize = "*";
    param.value = value;
    return vo_vot_param(w, &param);
}

static int has_its_columns(const vo_writer_t *w, const vo_descriptor_t *d)
{
    int i;

    for (i = 0; i < d->nparams; ++i) {
        if (d->params[i].column && !id_of_column(w, d->params[i].column)) {
            return 0;
        }
    }
    return 1;
}

static vo_err_t *put_descriptor(const vo_writer_t *w, const vo_descriptor_t *d)
{
    vo_out_t *out = w->out;
    int i;

    VO_TRY(vo_out_puts(out, "<RESOURCE type=\"meta\""));
    VO_TRY(vo_vot_attr(out, "utype",
                       d->is_self ? "adhoc:this" : "adhoc:service"));
    VO_TRY(vo_vot_attr(out, "ID", d->id));
    VO_TRY(vo_vot_attr(out, "name", d->name));
    VO_TRY(vo_out_puts(out, ">\n"));
    VO_TRY(vo_vot_description(out, d->description));
    VO_TRY(put_said(w, "standardID", d->standard_id));
    VO_TRY(put_said(w, "accessURL", d->access_url));
    VO_TRY(put_said(w, "resourceIdentifier", d->resource_id));
    VO_TRY(put_said(w, "contentType", d->content_type));
    VO_TRY(put_said(w, "exampleURL", d->example_url));
    VO_TRY(vo_out_puts(out, "<GROUP name=\"inputParams\">\n"));
    for (i = 0; i < d->nparams; ++i) {
        VO_TRY(vo_vot_param(w, &d->params[i]));
    }
    return vo_out_puts(out, "</GROUP>\n</RESOURCE>\n");
}

vo_err_t *vo_vot_descriptors(const vo_writer_t *w)
{
    const vo_tabledoc_t *doc = w->doc;
    const vo_descriptor_t *d;
    int i;

    for (i = 0; i < doc->ndescriptors; ++i) {
        if (has_its_columns(w, &doc->descriptors[i])) {
            VO_TRY(put_descriptor(w, &doc->descriptors[i]));
        }
    }
    for (i = 0; doc->more_descriptors
                && (d = doc->more_descriptors(doc->more_baton, i)); ++i) {
        if (has_its_columns(w, d)) {
            VO_TRY(put_descriptor(w, d));
        }
    }
    return NULL;
}
