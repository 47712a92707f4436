/* vo_vosi.c: availability and capabilities documents. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_vosi.h"

#include "../vo_num.h"
#include "vo_xml.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/* ---- availability ----------------------------------------------------- */

static vo_err_t *put_time(vo_out_t *out, const char *name, apr_time_t when)
{
    apr_time_exp_t t;

    if (!when || apr_time_exp_gmt(&t, when) != APR_SUCCESS) {
        return NULL;
    }
    return vo_out_printf(out, " <vosi:%s>%04d-%02d-%02dT%02d:%02d:%02dZ"
                         "</vosi:%s>\n", name, t.tm_year + 1900, t.tm_mon + 1,
                         t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, name);
}

vo_err_t *vo_vosi_availability(vo_out_t *out, const vo_vosi_avail_t *avail)
{
    /* Here every child is qualified, unlike in the other two documents. */
    VO_TRY(vo_out_puts(out, XML_HEAD "<vosi:availability xmlns:vosi=\""
                       "http://www.ivoa.net/xml/VOSIAvailability/v1.0\">\n"));
    VO_TRY(vo_xml_elem(out, 1, "vosi:available",
                       avail->is_available ? "true" : "false"));
    VO_TRY(put_time(out, "upSince", avail->up_since));
    VO_TRY(put_time(out, "downAt", avail->down_at));
    VO_TRY(put_time(out, "backAt", avail->back_at));
    VO_TRY(vo_xml_elem(out, 1, "vosi:note", avail->note));
    return vo_out_puts(out, "</vosi:availability>\n");
}

/* ---- capabilities ----------------------------------------------------- */

vo_err_t *vo_vosi_caps_begin(vo_out_t *out)
{
    return vo_out_puts(
        out, XML_HEAD "<vosi:capabilities"
        " xmlns:vosi=\"http://www.ivoa.net/xml/VOSICapabilities/v1.0\"\n"
        "    xmlns:vr=\"http://www.ivoa.net/xml/VOResource/v1.0\"\n"
        "    xmlns:vs=\"http://www.ivoa.net/xml/VODataService/v1.1\"\n"
        "    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n");
}

vo_err_t *vo_vosi_caps_end(vo_out_t *out)
{
    return vo_out_puts(out, "</vosi:capabilities>\n");
}

vo_err_t *vo_vosi_security(vo_out_t *out, const char *id)
{
    return id ? vo_out_printf(out, "   <securityMethod standardID=\"%s\"/>\n",
                              id)
              : NULL;
}

static vo_err_t *put_endpoint(vo_out_t *out, const char *standard_id,
                              const char *interface, const char *base,
                              const char *segment, const char *security)
{
    VO_TRY(vo_out_printf(out, " <capability standardID=\"%s\">\n"
                         "  <interface xsi:type=\"%s\" role=\"std\">\n"
                         "   <accessURL use=\"full\">", standard_id,
                         interface));
    VO_TRY(vo_out_xml(out, base, strlen(base)));
    VO_TRY(vo_out_printf(out, "%s</accessURL>\n", segment));
    VO_TRY(vo_vosi_security(out, security));
    return vo_out_puts(out, "  </interface>\n </capability>\n");
}

vo_err_t *vo_vosi_cap_self(vo_out_t *out, const char *base, int has_tables,
                           const char *security)
{
    VO_TRY(put_endpoint(out, VO_VOSI_CAPABILITIES, "vs:ParamHTTP", base,
                        "/capabilities", NULL));
    VO_TRY(put_endpoint(out, VO_VOSI_AVAILABILITY, "vs:ParamHTTP", base,
                        "/availability", NULL));
    return has_tables ? put_endpoint(out, VO_VOSI_TABLES, "vs:ParamHTTP",
                                     base, "/tables", security)
                      : NULL;
}

vo_err_t *vo_vosi_cap_examples(vo_out_t *out, const char *url,
                               const char *security)
{
    return put_endpoint(out, VO_VOSI_EXAMPLES, "vr:WebBrowser", url, "",
                        security);
}

static vo_err_t *put_number(vo_out_t *out, int indent, const char *name,
                            double value)
{
    char buf[VO_NUM_SIZE];

    vo_num_from_double(buf, value);
    return vo_xml_elem(out, indent, name, buf);
}

/* Parameters of a cone search: name, required or optional, UCD, unit, type,
 * what for. */
static const struct {
    const char *name, *use, *ucd, *unit, *type, *text;
} cone_params[] = {
    { "RA", "required", "pos.eq.ra", "deg", "real",
      "Right ascension of the centre, ICRS" },
    { "DEC", "required", "pos.eq.dec", "deg", "real",
      "Declination of the centre, ICRS" },
    { "SR", "required", "phys.angSize", "deg", "real",
      "Radius of the cone" },
    { "VERB", "optional", NULL, NULL, "integer",
      "1 for few columns, 2 for the principal ones, 3 for all" },
    { "MAXREC", "optional", NULL, NULL, "integer",
      "Number of rows wanted at most" },
    { "RESPONSEFORMAT", "optional", NULL, NULL, "string",
      "Format of the answer" }
};

vo_err_t *vo_vosi_cap_cone(vo_out_t *out, const vo_vosi_cone_t *cone)
{
    char buf[VO_NUM_SIZE];
    size_t i;

    VO_TRY(vo_out_puts(out, " <capability xmlns:cs=\""
                       "http://www.ivoa.net/xml/ConeSearch/v1.0\""
                       " xsi:type=\"cs:ConeSearch\""
                       " standardID=\"" VO_VOSI_CONE "\">\n"));
    VO_TRY(vo_xml_elem(out, 2, "description", cone->description));
    VO_TRY(vo_out_puts(out, "  <interface xsi:type=\"vs:ParamHTTP\""
                       " role=\"std\">\n   <accessURL use=\"base\">"));
    VO_TRY(vo_out_xml(out, cone->url, strlen(cone->url)));
    VO_TRY(vo_out_puts(out, "</accessURL>\n"));
    VO_TRY(vo_vosi_security(out, cone->security));
    VO_TRY(vo_out_puts(out, "   <queryType>GET</queryType>\n"
                       "   <resultType>application/x-votable+xml"
                       "</resultType>\n"));
    for (i = 0; i < sizeof(cone_params) / sizeof(cone_params[0]); ++i) {
        VO_TRY(vo_out_printf(out, "   <param use=\"%s\" std=\"true\">\n",
                             cone_params[i].use));
        VO_TRY(vo_xml_elem(out, 4, "name", cone_params[i].name));
        VO_TRY(vo_xml_elem(out, 4, "description", cone_params[i].text));
        VO_TRY(vo_xml_elem(out, 4, "unit", cone_params[i].unit));
        VO_TRY(vo_xml_elem(out, 4, "ucd", cone_params[i].ucd));
        VO_TRY(vo_xml_elem(out, 4, "dataType", cone_params[i].type));
        VO_TRY(vo_out_puts(out, "   </param>\n"));
    }
    VO_TRY(vo_out_puts(out, "  </interface>\n"));
    /* All four are given: an older schema requires each, in this order. */
    VO_TRY(put_number(out, 2, "maxSR", cone->max_sr_deg));
    vo_num_from_int64(buf, cone->max_records);
    VO_TRY(vo_xml_elem(out, 2, "maxRecords", buf));
    VO_TRY(vo_xml_elem(out, 2, "verbosity", "true"));
    VO_TRY(vo_out_puts(out, "  <testQuery>\n"));
    VO_TRY(put_number(out, 3, "ra", cone->test_ra_deg));
    VO_TRY(put_number(out, 3, "dec", cone->test_dec_deg));
    VO_TRY(put_number(out, 3, "sr", cone->test_sr_deg));
    return vo_out_puts(out, "  </testQuery>\n </capability>\n");
}
