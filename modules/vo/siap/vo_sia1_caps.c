/* vo_sia1_caps.c: how a SIAP 1.0 service is described for the registry. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SimpleDALRegExt 1.1, section 3.2 */
#include "vo_sia1.h"

#include <string.h>

#include "../vo_num.h"
#include "../xml/vo_vosi.h"
#include "../xml/vo_xml.h"

static vo_err_t *put_number(vo_out_t *out, int indent, const char *name,
                            double value)
{
    char buf[VO_NUM_SIZE];

    vo_num_from_double(buf, value);
    return vo_xml_elem(out, indent, name, buf);
}

static vo_err_t *put_pair(vo_out_t *out, const char *name, double lon,
                          double lat)
{
    VO_TRY(vo_out_printf(out, "   <%s>\n", name));
    VO_TRY(put_number(out, 4, "long", lon));
    VO_TRY(put_number(out, 4, "lat", lat));
    return vo_out_printf(out, "   </%s>\n", name);
}

/* POS and SIZE must be given, the rest may. */
static vo_err_t *put_params(vo_out_t *out, apr_pool_t *pool)
{
    const vo_param_t *inputs;
    int i, n;

    inputs = vo_sia1_inputs(&n, pool);
    for (i = 0; i < n; ++i) {
        const vo_param_t *p = &inputs[i];
        const char *type = p->type == VO_TYPE_CHAR  ? "string"
                           : p->type == VO_TYPE_INT ? "integer"
                                                    : "real";

        VO_TRY(vo_out_printf(out, "   <param use=\"%s\" std=\"%s\">\n",
                             i < 2 ? "required" : "optional",
                             strcmp(p->name, "INPUT:MODE") ? "true"
                                                           : "false"));
        VO_TRY(vo_xml_elem(out, 4, "name", p->name + strlen("INPUT:")));
        VO_TRY(vo_xml_elem(out, 4, "description", p->description));
        VO_TRY(vo_xml_elem(out, 4, "unit", p->unit));
        VO_TRY(vo_xml_elem(out, 4, "ucd", p->ucd));
        VO_TRY(vo_out_printf(out, "    <dataType%s>%s</dataType>\n   "
                             "</param>\n",
                             p->arraysize && p->type != VO_TYPE_CHAR
                                 ? " arraysize=\"2\"" : "", type));
    }
    return NULL;
}

vo_err_t *vo_sia1_capability(vo_out_t *out, const vo_sia1_cap_t *cap)
{
    char buf[VO_NUM_SIZE];

    VO_TRY(vo_out_puts(out, " <capability xmlns:sia=\""
                       "http://www.ivoa.net/xml/SIA/v1.1\""
                       " xsi:type=\"sia:SimpleImageAccess\""
                       " standardID=\"" VO_SIA1_STANDARD_ID "\">\n"));
    VO_TRY(vo_xml_elem(out, 2, "description", cap->description));
    VO_TRY(vo_out_puts(out, "  <interface xsi:type=\"vs:ParamHTTP\""
                       " role=\"std\">\n   <accessURL use=\"base\">"));
    VO_TRY(vo_out_xml(out, cap->url, strlen(cap->url)));
    VO_TRY(vo_out_puts(out, "</accessURL>\n"));
    VO_TRY(vo_vosi_security(out, cap->security));
    VO_TRY(vo_out_puts(out, "   <queryType>GET</queryType>\n"
                       "   <resultType>application/x-votable+xml"
                       "</resultType>\n"));
    VO_TRY(put_params(out, out->pool));
    VO_TRY(vo_out_puts(out, "  </interface>\n"));
    VO_TRY(vo_xml_elem(out, 2, "imageServiceType", "Atlas"));
    vo_num_from_int64(buf, cap->max_records);
    VO_TRY(vo_xml_elem(out, 2, "maxRecords", buf));
    VO_TRY(vo_out_puts(out, "  <testQuery>\n"));
    VO_TRY(put_pair(out, "pos", cap->test_ra, cap->test_dec));
    VO_TRY(put_pair(out, "size", cap->test_size, cap->test_size));
    return vo_out_puts(out, "  </testQuery>\n </capability>\n");
}
