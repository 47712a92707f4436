/* vo_ssap_self.c: what a spectrum search says of itself. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSAP 1.1 section 4.3 (metadata query); SimpleDALRegExt 1.1 section 3.3 */
#include "vo_ssap.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "../vo_num.h"
#include "../xml/vo_vosi.h"
#include "../xml/vo_xml.h"

#define TEXT VO_TYPE_CHAR, "*"
#define DOUBLE VO_TYPE_DOUBLE, NULL
#define INT VO_TYPE_INT, NULL

static const char *const formats[] = {
    "all", "compliant", "native", "graphic", "votable", "fits", "xml",
    "metadata", "application/x-votable+xml", "application/fits", NULL
};
static const char *const calibs[] = {"absolute", "relative", "normalized",
                                     "any", NULL};
static const char *const requests[] = {"queryData", NULL};

/* Every parameter the reader in vo_ssap_query.c knows. */
static const vo_param_t inputs[] = {
    {"INPUT:REQUEST", TEXT, .value = "queryData", .options = requests,
     .description = "The operation; there is only this one"},
    {"INPUT:VERSION", TEXT, .description = "Version of the protocol, 1.1"},
    {"INPUT:POS", TEXT, .unit = "deg", .ucd = "pos.eq",
     .description = "Centre: right ascension and declination with a comma"
                    " between, ICRS"},
    {"INPUT:SIZE", DOUBLE, .unit = "deg", .ucd = "phys.angSize", .min = "0",
     .max = "360", .description = "Diameter of the region around POS"},
    {"INPUT:BAND", TEXT, .unit = "m", .ucd = "em.wl",
     .description = "Wavelengths in vacuum: a value, ranges a/b, or the names"
                    " of filters"},
    {"INPUT:TIME", TEXT, .ucd = "time.epoch",
     .description = "When it was observed: times or ranges, ISO 8601, UTC"},
    {"INPUT:FORMAT", TEXT, .value = "all", .ucd = "meta.code.mime",
     .options = formats, .description = "Formats of the spectra wanted"},
    {"INPUT:SPECRP", DOUBLE, .ucd = "spect.resolution",
     .description = "Least resolving power"},
    {"INPUT:TARGETNAME", TEXT, .ucd = "meta.id;src",
     .description = "Names of objects as in target_name"},
    {"INPUT:PUBDID", TEXT, .ucd = "meta.ref.url;meta.curation",
     .description = "Identifiers of spectra"},
    {"INPUT:CREATORDID", TEXT, .ucd = "meta.id",
     .description = "The same here"},
    {"INPUT:COLLECTION", TEXT,
     .description = "How the name of the collection begins"},
    {"INPUT:FLUXCALIB", TEXT, .options = calibs,
     .description = "Calibration of flux densities; here absolute"},
    {"INPUT:WAVECALIB", TEXT, .options = calibs,
     .description = "Calibration of wavelengths; here absolute"},
    {"INPUT:MTIME", TEXT, .ucd = "time;meta.dataset",
     .description = "When spectra were changed, ISO 8601"},
    {"INPUT:TOP", INT, .min = "1",
     .description = "So many of the nearest, nearest first"},
    {"INPUT:MAXREC", INT, .min = "0",
     .description = "Number of rows at most"},
};
#define NINPUTS ((int)(sizeof(inputs) / sizeof(*inputs)))

static const char *whole(apr_int64_t value, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_int64(buf, value);
    return buf;
}

static const char *number(double value, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_double(buf, value);
    return buf;
}

const vo_param_t *vo_ssap_inputs(int *n, const vo_ssap_limits_t *limits,
                                 apr_pool_t *pool)
{
    vo_param_t *own = apr_pmemdup(pool, inputs, sizeof(inputs));
    int i;

    for (i = 0; i < NINPUTS; ++i) {
        if (!strcmp(own[i].name, "INPUT:SIZE")) {
            own[i].value = number(limits->default_size, pool);
        }
        if (!strcmp(own[i].name, "INPUT:MAXREC")) {
            own[i].value = whole(limits->default_maxrec, pool);
            own[i].max = whole(limits->maxrec, pool);
        }
    }
    *n = NINPUTS;
    return own;
}

/* The parameters again, as VODataService has them. */
static vo_err_t *put_params(vo_out_t *out)
{
    int i;

    for (i = 0; i < NINPUTS; ++i) {
        const vo_param_t *p = &inputs[i];

        VO_TRY(vo_out_puts(out, "   <param use=\"optional\" std=\"true\">\n"));
        VO_TRY(vo_xml_elem(out, 4, "name", p->name + strlen("INPUT:")));
        VO_TRY(vo_xml_elem(out, 4, "description", p->description));
        VO_TRY(vo_xml_elem(out, 4, "unit", p->unit));
        VO_TRY(vo_xml_elem(out, 4, "ucd", p->ucd));
        VO_TRY(vo_xml_elem(out, 4, "dataType",
                           p->type == VO_TYPE_DOUBLE ? "real"
                           : p->type == VO_TYPE_INT  ? "integer"
                                                     : "string"));
        VO_TRY(vo_out_puts(out, "   </param>\n"));
    }
    return NULL;
}

vo_err_t *vo_ssap_capability(vo_out_t *out, const char *url,
                             const char *security,
                             const vo_ssap_limits_t *limits, double ra,
                             double dec, apr_pool_t *pool)
{
    VO_TRY(vo_out_puts(out, " <capability xmlns:ssap=\""
                       "http://www.ivoa.net/xml/SSA/v1.1\""
                       " xsi:type=\"ssap:SimpleSpectralAccess\""
                       " standardID=\"" VO_SSAP_STANDARD_ID "\">\n"
                       "  <interface xsi:type=\"vs:ParamHTTP\" role=\"std\""
                       " version=\"1.1\">\n"
                       "   <accessURL use=\"base\">"));
    VO_TRY(vo_out_xml(out, url, strlen(url)));
    VO_TRY(vo_out_puts(out, "?</accessURL>\n"));
    VO_TRY(vo_vosi_security(out, security));
    VO_TRY(vo_out_puts(out, "   <queryType>GET</queryType>\n"
                       "   <resultType>application/x-votable+xml"
                       "</resultType>\n"));
    VO_TRY(put_params(out));
    VO_TRY(vo_out_puts(out, "  </interface>\n"
                       "  <complianceLevel>full</complianceLevel>\n"
                       "  <dataSource>survey</dataSource>\n"
                       "  <creationType>catalogExtraction</creationType>\n"
                       "  <supportedFrame>ICRS</supportedFrame>\n"
                       "  <maxSearchRadius>180</maxSearchRadius>\n"));
    VO_TRY(vo_xml_elem(out, 2, "maxRecords", whole(limits->maxrec, pool)));
    VO_TRY(vo_xml_elem(out, 2, "defaultMaxRecords",
                       whole(limits->default_maxrec, pool)));
    if (isfinite(ra)) {
        VO_TRY(vo_out_puts(out, "  <testQuery>\n   <pos>\n"));
        VO_TRY(vo_xml_elem(out, 4, "long", number(ra, pool)));
        VO_TRY(vo_xml_elem(out, 4, "lat", number(dec, pool)));
        VO_TRY(vo_xml_elem(out, 4, "refframe", "ICRS"));
        VO_TRY(vo_out_puts(out, "   </pos>\n"));
        VO_TRY(vo_xml_elem(out, 3, "size", "0.01"));
        VO_TRY(vo_xml_elem(out, 3, "queryDataCmd",
                           apr_pstrcat(pool, "REQUEST=queryData&POS=",
                                       number(ra, pool), ",",
                                       number(dec, pool), "&SIZE=0.01",
                                       NULL)));
        VO_TRY(vo_out_puts(out, "  </testQuery>\n"));
    }
    return vo_out_puts(out, " </capability>\n");
}
