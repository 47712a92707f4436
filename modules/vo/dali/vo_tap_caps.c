/* vo_tap_caps.c: the TAPRegExt capability. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_tap_caps.h"

#include "../adql/vo_adql.h"
#include "../table/vo_table.h"
#include "../xml/vo_vosi.h"

#define TR_NS "http://www.ivoa.net/xml/TAPRegExt/v1.0"

/* <TAG>TEXT</TAG> */
static vo_err_t *element(vo_out_t *out, const char *tag, const char *text)
{
    VO_TRY(vo_out_printf(out, "<%s>", tag));
    VO_TRY(vo_out_xml(out, text, strlen(text)));
    return vo_out_printf(out, "</%s>\n", tag);
}

/* Is the type of FEATURES[i] named before it? */
static int is_repeated(const vo_adql_feature_t *features, int i)
{
    int k;

    for (k = 0; k < i; ++k) {
        if (!strcmp(features[k].type, features[i].type)) {
            return 1;
        }
    }
    return 0;
}

static vo_err_t *put_features(vo_out_t *out, int has_names,
                              apr_pool_t *scratch)
{
    const vo_adql_feature_t *features = vo_adql_features(has_names, scratch);
    int i, k;

    for (i = 0; features[i].type; ++i) {
        if (is_repeated(features, i)) {
            continue;
        }
        VO_TRY(vo_out_puts(out, "<languageFeatures type=\""));
        VO_TRY(vo_out_xml(out, features[i].type, strlen(features[i].type)));
        VO_TRY(vo_out_puts(out, "\">\n"));
        for (k = i; features[k].type; ++k) {
            if (strcmp(features[k].type, features[i].type)) {
                continue;
            }
            VO_TRY(vo_out_puts(out, "<feature>\n"));
            VO_TRY(element(out, "form", features[k].form));
            if (features[k].description) {
                VO_TRY(element(out, "description", features[k].description));
            }
            VO_TRY(vo_out_puts(out, "</feature>\n"));
        }
        VO_TRY(vo_out_puts(out, "</languageFeatures>\n"));
    }
    return NULL;
}

static vo_err_t *put_formats(vo_out_t *out)
{
    const vo_tablefmt_t *const *fmt;
    const char *const *alias;

    for (fmt = vo_tablefmt_all(); *fmt; ++fmt) {
        VO_TRY(vo_out_puts(out, "<outputFormat"));
        if ((*fmt)->ivoid) {
            VO_TRY(vo_out_printf(out, " ivo-id=\"%s\"", (*fmt)->ivoid));
        }
        VO_TRY(vo_out_puts(out, ">\n"));
        VO_TRY(element(out, "mime", (*fmt)->media_type));
        VO_TRY(element(out, "alias", (*fmt)->name));
        for (alias = (*fmt)->aliases; alias && *alias; ++alias) {
            if (strcmp(*alias, (*fmt)->name)
                && strcmp(*alias, (*fmt)->media_type)) {
                VO_TRY(element(out, "alias", *alias));
            }
        }
        VO_TRY(vo_out_puts(out, "</outputFormat>\n"));
    }
    return NULL;
}

/* Two times under TAG: not told where there is no limit. */
static vo_err_t *put_times(vo_out_t *out, const char *tag, int deflt, int hard)
{
    VO_TRY(vo_out_printf(out, "<%s>\n", tag));
    if (deflt) {
        VO_TRY(vo_out_printf(out, "<default>%d</default>\n", deflt));
    }
    if (hard) {
        VO_TRY(vo_out_printf(out, "<hard>%d</hard>\n", hard));
    }
    return vo_out_printf(out, "</%s>\n", tag);
}

vo_err_t *vo_tap_capability(vo_out_t *out, const char *url,
                            const vo_tap_limits_t *limits, apr_pool_t *scratch)
{
    static const char *const methods[] = {"inline", "http", "https"};
    int i;

    VO_TRY(vo_out_puts(out,
                       "<capability xmlns:tr=\"" TR_NS "\" "
                       "standardID=\"" VO_TAP_STANDARD_ID "\" "
                       "xsi:type=\"tr:TableAccess\">\n"
                       "<interface role=\"std\" version=\"1.1\" "
                       "xsi:type=\"vs:ParamHTTP\">\n"
                       "<accessURL use=\"base\">"));
    VO_TRY(vo_out_xml(out, url, strlen(url)));
    VO_TRY(vo_out_puts(out, "</accessURL>\n"));
    VO_TRY(vo_vosi_security(out, limits->security));
    VO_TRY(vo_out_puts(out, "</interface>\n"));
    if (limits->has_obscore) {
        VO_TRY(vo_out_puts(out, "<dataModel ivo-id=\"ivo://ivoa.net/std/ObsCore"
                           "#core-1.1\">ObsCore-1.1</dataModel>\n"));
    }
    VO_TRY(vo_out_puts(out,
                       "<language>\n<name>ADQL</name>\n"
                       "<version ivo-id=\"ivo://ivoa.net/std/ADQL#v2.0\">2.0"
                       "</version>\n"
                       "<version ivo-id=\"ivo://ivoa.net/std/ADQL#v2.1\">2.1"
                       "</version>\n"
                       "<description>Astronomical Data Query Language."
                       " Arrays as in the note ADQLVectorMath: elements"
                       " name[1] and name[survey::filter], slices name[2:4],"
                       " and + - * / on whole arrays, component by component."
                       " COALESCE is there too; validators older than"
                       " ADQL 2.1 do not know its feature."
                       "</description>\n"));
    VO_TRY(put_features(out, limits->has_names, scratch));
    VO_TRY(vo_out_puts(out, "</language>\n"));
    VO_TRY(put_formats(out));
    for (i = 0; limits->upload_bytes && i < 3; ++i) {
        VO_TRY(vo_out_printf(out, "<uploadMethod ivo-id=\"ivo://ivoa.net/std/"
                                  "TAPRegExt#upload-%s\"/>\n", methods[i]));
    }
    VO_TRY(put_times(out, "retentionPeriod", limits->retention,
                     limits->max_retention));
    VO_TRY(put_times(out, "executionDuration", limits->duration,
                     limits->max_duration));
    VO_TRY(vo_out_printf(
        out,
        "<outputLimit>\n"
        "<default unit=\"row\">%" APR_INT64_T_FMT "</default>\n"
        "<hard unit=\"row\">%" APR_INT64_T_FMT "</hard>\n"
        "</outputLimit>\n",
        limits->maxrec_default, limits->maxrec_hard));
    if (limits->upload_bytes) {
        /* both always apply; the schema has room for two numbers */
        VO_TRY(vo_out_printf(
            out,
            "<uploadLimit>\n"
            "<default unit=\"row\">%" APR_INT64_T_FMT "</default>\n"
            "<hard unit=\"byte\">%" APR_INT64_T_FMT "</hard>\n"
            "</uploadLimit>\n",
            limits->upload_rows, limits->upload_bytes));
    }
    return vo_out_puts(out, "</capability>\n");
}
