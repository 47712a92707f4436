/* vo_datalink_object.c: the links of spectra of catalogue objects. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_datalink_int.h"

#include <string.h>

#include <apr_strings.h>

#include "../image/vo_image_url.h"
#include "../ssap/vo_spectrum.h"
#include "../ssap/vo_ssap.h"
#include "../table/vo_wire.h"
#include "../vo_num.h"

#define CUTOUT_RADIUS 0.005 /* degrees: 18 arcsec */

/* --- finding ------------------------------------------------------------- */

/* The spectra of SPEC among IDS into OBJECTS, by place. */
static vo_err_t *find_kind(vo_object_t *objects, vo_datalink_t *dl,
                           const apr_array_header_t *ids,
                           const vo_photospec_t *spec, vo_image_run_t *run,
                           void *baton, apr_pool_t *pool)
{
    apr_array_header_t *rows = apr_array_make(pool, ids->nelts,
                                              sizeof(const char **));
    apr_array_header_t *places = apr_array_make(pool, ids->nelts, sizeof(int));
    apr_array_header_t *spectra;
    int i;

    for (i = 0; i < ids->nelts; ++i) {
        const vo_photospec_t *of;
        const char **row;

        if (vo_photospec_parse(&of, &row, dl->rel,
                               APR_ARRAY_IDX(ids, i, const char *), pool)
            && of == spec) {
            APR_ARRAY_PUSH(rows, const char **) = row;
            APR_ARRAY_PUSH(places, int) = i;
        }
    }
    VO_TRY(vo_photospec_find(&spectra, dl->rel, spec, rows, run, baton, pool));
    for (i = 0; i < spectra->nelts; ++i) {
        const vo_spectrum_t *s = &APR_ARRAY_IDX(spectra, i, vo_spectrum_t);

        if (s->did) {
            objects[APR_ARRAY_IDX(places, i, int)].spectrum = s;
        }
    }
    return NULL;
}

typedef struct around_t {
    vo_object_t *objects;
    apr_array_header_t *places; /* int: of the positions asked for */
    apr_pool_t *pool;
} around_t;

static vo_err_t *take_image(void *baton, const vo_cell_t *c, int nfields)
{
    around_t *a = baton;
    int64_t n;

    (void)nfields;
    if (vo_num_to_int64(c[0].data, c[0].len, &n) && n >= 1
        && n <= a->places->nelts) {
        a->objects[APR_ARRAY_IDX(a->places, n - 1, int)].image
            = apr_pstrmemdup(a->pool, c[1].data, (apr_size_t)c[1].len);
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

static const char *number(double value, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_double(buf, value);
    return buf;
}

/* Of each object an image it is on: a coadd if there is one, the one whose
 * centre is nearest. One query. */
static vo_err_t *find_images(vo_object_t *objects, int n, vo_datalink_t *dl,
                             vo_image_run_t *run, void *baton,
                             apr_pool_t *pool)
{
    static const unsigned oids[] = {VO_OID_FLOAT8_ARRAY, VO_OID_FLOAT8_ARRAY};
    const char *schema = vo_sql_ident(dl->rel->pg_schema, pool);
    apr_array_header_t *ra = apr_array_make(pool, n, sizeof(const char *));
    apr_array_header_t *dec = apr_array_make(pool, n, sizeof(const char *));
    around_t around = {objects, apr_array_make(pool, n, sizeof(int)), pool};
    const char *params[2];
    vo_sql_req_t req = {0};
    vo_sql_done_t done;
    int i;

    for (i = 0; i < n; ++i) {
        if (objects[i].spectrum) {
            APR_ARRAY_PUSH(ra, const char *)
                = number(objects[i].spectrum->ra, pool);
            APR_ARRAY_PUSH(dec, const char *)
                = number(objects[i].spectrum->dec, pool);
            APR_ARRAY_PUSH(around.places, int) = i;
        }
    }
    if (!ra->nelts || !dl->rel->obscore || !dl->has_soda) {
        return NULL;
    }
    params[0] = vo_sql_array(ra, pool);
    params[1] = vo_sql_array(dec, pool);
    req.role = dl->rel->reader_role;
    req.is_small = 1;
    req.sql = apr_pstrcat(
        pool, "SELECT k.n, i.publisher_did FROM unnest($1::float8[],"
        " $2::float8[]) WITH ORDINALITY AS k(ra, dec, n) CROSS JOIN LATERAL"
        " (SELECT i.publisher_did FROM ", schema, ".vo_footprint f JOIN ",
        schema, ".vo_image i USING (footprint_id) WHERE"
        " sky_contains(sky_point(k.ra, k.dec), f.region) AND i.is_valid AND"
        " i.product_type = 'image' AND i.root_id IS NOT NULL ORDER BY"
        " i.product_subtype IS DISTINCT FROM 'coadd',"
        " sky_distance(f.ra, f.dec, k.ra, k.dec), i.image_id LIMIT 1) AS i",
        NULL);
    req.nparams = 2;
    req.params = params;
    req.param_oids = oids;
    req.max_rows = -1;
    req.begin = ignore_begin;
    req.row = take_image;
    req.baton = &around;
    return run(baton, &req, &done);
}

vo_err_t *vo_datalink_objects(vo_object_t **objects, vo_datalink_t *dl,
                              const apr_array_header_t *ids,
                              vo_image_run_t *run, void *baton,
                              apr_pool_t *pool)
{
    int i;

    *objects = apr_pcalloc(pool, sizeof(**objects)
                                     * (apr_size_t)(ids->nelts + 1));
    for (i = 0; i < dl->rel->nphotospecs; ++i) {
        VO_TRY(find_kind(*objects, dl, ids, &dl->rel->photospecs[i], run,
                         baton, pool));
    }
    return find_images(*objects, ids->nelts, dl, run, baton, pool);
}

/* --- rows ---------------------------------------------------------------- */

static vo_err_t *put_cutout(vo_datalink_t *dl, const char *id,
                            const vo_object_t *object, apr_pool_t *scratch)
{
    const vo_spectrum_t *s = object->spectrum;
    vo_link_t link = {.semantics = "#cutout", .content_length = -1,
                      .content_type = "image/fits",
                      .content_qualifier = "#image",
                      .local_semantics = "cutout-object"};
    const char *circle = apr_pstrcat(scratch, number(s->ra, scratch), " ",
                                     number(s->dec, scratch), " ",
                                     number(CUTOUT_RADIUS, scratch), NULL);

    link.access_url = apr_pstrcat(
        scratch, vo_image_soda_url(dl->base, dl->rel, "sync", scratch),
        "?ID=", vo_image_url_value(object->image, scratch), "&CIRCLE=",
        vo_image_url_value(circle, scratch), "&FILTERS=all", NULL);
    link.description = "Images around the object in all filters";
    return vo_datalink_row(dl, id, &link);
}

vo_err_t *vo_datalink_object(vo_datalink_t *dl, const char *id,
                             const vo_object_t *object, apr_pool_t *scratch)
{
    const vo_spectrum_t *s = object->spectrum;
    vo_link_t link = {.semantics = "#this", .content_length = -1,
                      .content_qualifier = "#spectrum"};
    int i;

    link.description = vo_spectrum_title(s->spec, s->target, scratch);
    for (i = 0; i < VO_SSAP_NFORMATS; ++i) {
        const vo_ssap_format_t *f = &vo_ssap_formats[i];

        link.access_url = vo_spectrum_url(dl->base, dl->rel, s->did, f->word,
                                          scratch);
        link.content_type = f->media_type;
        link.local_semantics = apr_pstrcat(scratch, "spectrum-", f->word,
                                           NULL);
        VO_TRY(vo_datalink_row(dl, id, &link));
    }
    if (object->image) {
        VO_TRY(put_cutout(dl, id, object, scratch));
    }
    return vo_datalink_documentation(dl, id, scratch);
}
