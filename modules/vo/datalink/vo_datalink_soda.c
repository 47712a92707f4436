/* vo_datalink_soda.c: service descriptors, of links and of cutouts. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DataLink 1.1 section 4; SODA 1.0 section 5 */
#include "vo_datalink.h"

#include <string.h>

#include <apr_strings.h>

#include "../image/vo_image_url.h"
#include "../soda/vo_soda_param.h"
#include "../vo_num.h"

#define OBSCORE_DID "obs_publisher_did"

const vo_soda_service_t vo_soda_services[2] = {
    {"sync", VO_DATALINK_SYNC, "soda-sync", "Cut out a part, at once"},
    {"async", VO_DATALINK_ASYNC, "soda-async", "Cut out parts, as a job"},
};

/* --- links --------------------------------------------------------------- */

const char *vo_datalink_column(const vo_release_t *rel, int nfields,
                               const vo_field_t *fields)
{
    int i;

    for (i = 0; i < nfields; ++i) {
        const vo_column_t *column = fields[i].column;

        if (column && rel->obscore && column->table == rel->obscore
            && !strcmp(column->field.name, OBSCORE_DID)) {
            return fields[i].name;
        }
    }
    return NULL;
}

void vo_datalink_descriptor(apr_array_header_t *to, const char *base,
                            const vo_release_t *rel, const char *column,
                            apr_pool_t *pool)
{
    vo_descriptor_t *d = apr_array_push(to);
    vo_param_t *id = apr_pcalloc(pool, sizeof(*id));

    id->name = "ID";
    id->type = VO_TYPE_CHAR;
    id->arraysize = "*";
    id->ucd = "meta.id;meta.main";
    id->description = "Publisher DID of the dataset";
    id->column = column;
    memset(d, 0, sizeof(*d));
    d->name = "links";
    d->description = "Everything there is for a dataset: file, weight, mask,"
                     " preview, cutouts ...";
    d->access_url = apr_pstrcat(pool, base, "/datalink/", rel->id, "/links",
                                NULL);
    d->standard_id = VO_DATALINK_ID;
    d->content_type = VO_DATALINK_TYPE;
    d->nparams = 1;
    d->params = id;
}

/* --- cutouts ------------------------------------------------------------- */

static const char *number(double value, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_double(buf, value);
    return buf;
}

/* REGION without its first word if that is WORD, else NULL. */
static const char *shape_of(const char *region, const char *word)
{
    size_t len = strlen(word);

    return region && !strncasecmp(region, word, len) && region[len] == ' '
               ? region + len + 1 : NULL;
}

/* The parameter WHICH, and what it may be for a dataset of LIMITS. */
static void set_param(vo_param_t *param, int which,
                      const vo_soda_ranges_t *limits, apr_pool_t *pool)
{
    const vo_soda_param_t *from = &vo_soda_params[which];

    memset(param, 0, sizeof(*param));
    param->name = from->name;
    param->type = (vo_type_e)vo_type_parse(from->datatype);
    param->arraysize = from->arraysize;
    param->xtype = from->xtype;
    param->unit = from->unit;
    param->ucd = from->ucd;
    param->description = from->description;
    param->options = from->options;
    /* pyvo (1.2) stumbles over a floating-point scalar without a value */
    param->value = which == VO_SODA_Q ? "8" : which == VO_SODA_ALPHA ? "1"
                                                                     : NULL;
    if (!limits) {
        return;
    }
    if (which == VO_SODA_CIRCLE && limits->fov > 0) {
        param->max = apr_pstrcat(pool, number(limits->ra, pool), " ",
                                 number(limits->dec, pool), " ",
                                 number(limits->fov / 2, pool), NULL);
    }
    else if (which == VO_SODA_POLYGON) {
        param->max = shape_of(limits->region, "polygon");
    }
    else if (which == VO_SODA_BAND && limits->em_max > 0) {
        param->min = number(limits->em_min, pool);
        param->max = number(limits->em_max, pool);
    }
}

void vo_datalink_soda(vo_descriptor_t *d, const char *base,
                      const vo_release_t *rel, int service, const char *column,
                      const vo_soda_ranges_t *limits, const char *id,
                      apr_pool_t *pool)
{
    const vo_soda_service_t *s = &vo_soda_services[service];
    vo_param_t *params = apr_palloc(pool, VO_SODA_COUNT * sizeof(*params));
    int i;

    for (i = 0; i < VO_SODA_COUNT; ++i) {
        set_param(&params[i], i, limits, pool);
    }
    if (limits) {
        params[VO_SODA_ID].value = limits->did;
    }
    else {
        params[VO_SODA_ID].column = column;
    }
    memset(d, 0, sizeof(*d));
    d->id = id;
    d->name = id ? id : s->id; /* validators want names to differ */
    d->description = s->description;
    d->access_url = vo_image_soda_url(base, rel, s->path, pool);
    d->standard_id = s->standard_id;
    d->content_type = service ? NULL : "image/fits";
    d->nparams = VO_SODA_COUNT;
    d->params = params;
}
