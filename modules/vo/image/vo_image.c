/* vo_image.c: finding the images of a release and what belongs to them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../vo_num.h"

#define DEFAULT_MAX 1000
#define MAX_PARAMS 8
#define LONG_OID 20
#define INT_OID 23
#define TEXT_OID 25
#define TEXTS_OID 1009
#define LONGS_OID 1016

const vo_product_kind_t vo_product_kinds[VO_PRODUCT_COUNT] = {
    [VO_PRODUCT_WEIGHT] = {"weight", "#weight", "Weight map"},
    [VO_PRODUCT_MASK] = {"mask", "#auxiliary", "Mask of bad pixels"},
    [VO_PRODUCT_NOISE] = {"noise", "#noise", "Noise map"},
    [VO_PRODUCT_PSF] = {"psf", "#auxiliary", "Point spread function"},
    [VO_PRODUCT_PREVIEW] = {"preview", "#preview", "Preview"},
    [VO_PRODUCT_THUMBNAIL] = {"thumbnail", "#thumbnail", "Thumbnail"},
    [VO_PRODUCT_RGB] = {"rgb", "#preview-image", "Colour picture"},
    [VO_PRODUCT_DOCUMENTATION] = {"documentation", "#documentation",
                                  "Documentation"},
    [VO_PRODUCT_AUXILIARY] = {"auxiliary", "#auxiliary", "Auxiliary file"},
};

int vo_product_kind_find(const char *name)
{
    int i;

    for (i = 0; i < VO_PRODUCT_COUNT; ++i) {
        if (!strcmp(vo_product_kinds[i].name, name)) {
            return i;
        }
    }
    return -1;
}

/* --- reading cells ------------------------------------------------------- */

static const char *text(const vo_cell_t *cell, apr_pool_t *pool)
{
    return cell->len < 0 ? NULL
                         : apr_pstrmemdup(pool, cell->data,
                                          (apr_size_t)cell->len);
}

static double number(const vo_cell_t *cell)
{
    double v = NAN;

    return cell->len > 0 && vo_num_to_double(cell->data, cell->len, &v) ? v
                                                                        : NAN;
}

static apr_int64_t whole(const vo_cell_t *cell)
{
    apr_int64_t v = -1;

    return cell->len > 0 && vo_num_to_int64(cell->data, cell->len, &v) ? v
                                                                       : -1;
}

/* The numbers of "{1,2}", at most MAX; their count. */
static int numbers(const vo_cell_t *cell, double *out, int max)
{
    int n = 0, at = 0, len = cell->len;

    while (n < max && at < len) {
        int from;

        while (at < len && strchr("{},", cell->data[at])) {
            ++at;
        }
        from = at;
        while (at < len && !strchr("{},", cell->data[at])) {
            ++at;
        }
        if (at > from && vo_num_to_double(cell->data + from, at - from,
                                          &out[n])) {
            ++n;
        }
    }
    return n;
}

/* --- images -------------------------------------------------------------- */

/* In the order in which read_image takes them. */
#define IMAGE_COLUMNS                                                         \
    "i.image_id, i.publisher_did, i.product_type, i.product_subtype,"         \
    " i.calib_level, i.collection, i.obs_id, i.tile_id, i.filter_name,"       \
    " i.filter_id, i.title, i.target_name, sky_dali_text(f.region), f.ra,"    \
    " f.dec, f.fov, i.naxis, i.scale, i.exptime, i.t_min, i.t_max, i.fwhm,"   \
    " i.depth, i.zero_point, i.em_min, i.em_max, i.o_ucd, i.o_unit,"          \
    " i.pol_states, i.facility, i.instrument, i.is_valid, i.comment,"         \
    " i.root_id, i.path, i.hdu, i.media_type, i.file_size, i.file_mtime,"     \
    " i.checksum, i.link"

typedef struct finder_t {
    apr_array_header_t *images;
    apr_pool_t *pool;
} finder_t;

static void read_file(vo_imgfile_t *file, const vo_cell_t *c,
                      apr_pool_t *pool)
{
    file->root_id = (int)whole(&c[0]);
    file->path = text(&c[1], pool);
    file->hdu = (int)whole(&c[2]);
    file->media_type = text(&c[3], pool);
    file->size = whole(&c[4]);
    file->mtime = number(&c[5]);
    file->checksum = text(&c[6], pool);
}

static vo_err_t *read_image(void *baton, const vo_cell_t *c, int nfields)
{
    const finder_t *finder = baton;
    apr_pool_t *pool = finder->pool;
    vo_image_t *image = apr_array_push(finder->images);
    double lengths[4];
    int i;

    (void)nfields;
    image->id = whole(&c[0]);
    image->did = text(&c[1], pool);
    image->product_type = text(&c[2], pool);
    image->subtype = text(&c[3], pool);
    image->calib_level = (int)whole(&c[4]);
    image->collection = text(&c[5], pool);
    image->obs_id = text(&c[6], pool);
    image->tile_id = whole(&c[7]);
    image->filter_name = text(&c[8], pool);
    image->filter_id = (int)whole(&c[9]);
    image->title = text(&c[10], pool);
    image->target_name = text(&c[11], pool);
    image->region = text(&c[12], pool);
    image->ra = number(&c[13]);
    image->dec = number(&c[14]);
    image->fov = number(&c[15]);
    image->naxes = numbers(&c[16], lengths, 4);
    for (i = 0; i < image->naxes; ++i) {
        image->naxis[i] = (int)lengths[i];
    }
    image->scale[0] = image->scale[1] = NAN;
    numbers(&c[17], image->scale, 2);
    image->exptime = number(&c[18]);
    image->t_min = number(&c[19]);
    image->t_max = number(&c[20]);
    image->fwhm = number(&c[21]);
    image->depth = number(&c[22]);
    image->zero_point = number(&c[23]);
    image->em_min = number(&c[24]);
    image->em_max = number(&c[25]);
    image->o_ucd = text(&c[26], pool);
    image->o_unit = text(&c[27], pool);
    image->pol_states = text(&c[28], pool);
    image->facility = text(&c[29], pool);
    image->instrument = text(&c[30], pool);
    image->is_valid = c[31].len == 1 && *c[31].data == 't';
    image->comment = text(&c[32], pool);
    read_file(&image->file, &c[33], pool);
    image->link = text(&c[40], pool);
    return NULL;
}

/* --- what belongs to them ------------------------------------------------ */

/* Products come before progenitors, in the order they are to have. */
#define EXTRA_SQL                                                             \
    "SELECT 0, i.image_id, p.product_id, p.kind, p.description, p.root_id,"   \
    " p.path, p.hdu, p.media_type, p.file_size, p.file_mtime, p.checksum"     \
    " FROM %s.vo_image i JOIN %s.vo_product p ON p.obs_id = i.obs_id"         \
    " AND coalesce(p.image_id = i.image_id, true)"                            \
    " WHERE i.image_id = ANY($1) AND p.is_valid"                              \
    " UNION ALL SELECT 1, g.image_id, NULL, coalesce(i.publisher_did,"        \
    " g.name), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"                \
    " FROM %s.vo_progenitor g LEFT JOIN %s.vo_image i"                        \
    " ON i.image_id = g.progenitor_id AND i.is_valid"                         \
    " WHERE g.image_id = ANY($1) ORDER BY 1, 2, 3, 4"

static int by_kind(const void *av, const void *bv)
{
    const vo_product_t *a = av, *b = bv;

    return a->kind != b->kind ? (int)a->kind - (int)b->kind
                              : (a->id > b->id) - (a->id < b->id);
}

/* Append a zeroed element of SIZE bytes to the N at AT, whose room doubles
 * whenever N is a power of two. */
static void *append(void *at, int n, apr_size_t size, apr_pool_t *pool)
{
    char *room = at;

    if (!(n & (n - 1))) {
        room = apr_pcalloc(pool, size * (n ? 2 * (apr_size_t)n : 1));
        if (n) {
            memcpy(room, at, size * (apr_size_t)n);
        }
    }
    return room;
}

static vo_err_t *read_extra(void *baton, const vo_cell_t *c, int nfields)
{
    const finder_t *finder = baton;
    apr_int64_t id = whole(&c[1]);
    vo_image_t *image = NULL;
    const char *word = text(&c[3], finder->pool);
    int i, kind;

    (void)nfields;
    for (i = 0; i < finder->images->nelts && !image; ++i) {
        image = &APR_ARRAY_IDX(finder->images, i, vo_image_t);
        image = image->id == id ? image : NULL;
    }
    if (image && whole(&c[0]) == 1) {
        image->progenitors = append(image->progenitors, image->nprogenitors,
                                    sizeof(*image->progenitors),
                                    finder->pool);
        image->progenitors[image->nprogenitors++] = word;
        return NULL;
    }
    kind = word ? vo_product_kind_find(word) : -1;
    if (image && kind >= 0) {
        vo_product_t *product;

        image->products = append(image->products, image->nproducts,
                                 sizeof(*image->products), finder->pool);
        product = &image->products[image->nproducts++];
        memset(product, 0, sizeof(*product));
        product->id = whole(&c[2]);
        product->kind = (vo_product_e)kind;
        product->description = text(&c[4], finder->pool);
        read_file(&product->file, &c[5], finder->pool);
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

static vo_err_t *find_extras(finder_t *finder, const vo_release_t *rel,
                             vo_image_run_t *run, void *baton)
{
    static const unsigned oids[] = {LONGS_OID};
    apr_pool_t *pool = finder->pool;
    const char *schema = vo_sql_ident(rel->pg_schema, pool);
    const char *params[1];
    vo_sql_req_t req = {0};
    vo_sql_done_t done;
    apr_array_header_t *ids = apr_array_make(pool, 16, sizeof(const char *));
    int i;

    for (i = 0; i < finder->images->nelts; ++i) {
        APR_ARRAY_PUSH(ids, const char *) = apr_psprintf(
            pool, "%" APR_INT64_T_FMT,
            APR_ARRAY_IDX(finder->images, i, vo_image_t).id);
    }
    params[0] = apr_pstrcat(pool, "{", apr_array_pstrcat(pool, ids, ','), "}",
                            NULL);
    req.role = rel->reader_role;
    req.is_small = 1;
    req.sql = apr_psprintf(pool, EXTRA_SQL, schema, schema, schema, schema);
    req.prepare_name = apr_pstrcat(pool, "imgx_", rel->pg_schema, NULL);
    req.nparams = 1;
    req.params = params;
    req.param_oids = oids;
    req.max_rows = -1;
    req.begin = ignore_begin;
    req.row = read_extra;
    req.baton = finder;
    VO_TRY(run(baton, &req, &done));
    for (i = 0; i < finder->images->nelts; ++i) {
        vo_image_t *image = &APR_ARRAY_IDX(finder->images, i, vo_image_t);

        if (image->nproducts) {
            qsort(image->products, (size_t)image->nproducts,
                  sizeof(*image->products), by_kind);
        }
    }
    return NULL;
}

/* --- the search ---------------------------------------------------------- */

typedef struct clauses_t {
    const char *where;
    const char *params[MAX_PARAMS];
    unsigned oids[MAX_PARAMS];
    int n;
    unsigned mask; /* which clauses there are: part of the prepared name */
    int place;     /* of the clause that comes next */
    apr_pool_t *pool;
} clauses_t;

/* If there is a VALUE, add BEFORE, the next parameter, AFTER. */
static void clause(clauses_t *c, const char *before, const char *after,
                   unsigned oid, const char *value)
{
    if (value) {
        c->params[c->n] = value;
        c->oids[c->n++] = oid;
        c->where = apr_psprintf(c->pool, "%s AND %s$%d%s", c->where, before,
                                c->n, after);
        c->mask |= 1U << c->place;
    }
    ++c->place;
}

static const char *id_text(apr_int64_t id, apr_pool_t *pool)
{
    return id < 0 ? NULL : apr_psprintf(pool, "%" APR_INT64_T_FMT, id);
}

static const char *position_text(const vo_image_key_t *key, apr_pool_t *pool)
{
    char ra[VO_NUM_SIZE], dec[VO_NUM_SIZE];

    if (!key->has_position) {
        return NULL;
    }
    vo_num_from_double(ra, key->ra);
    vo_num_from_double(dec, key->dec);
    return apr_pstrcat(pool, "point ", ra, " ", dec, NULL);
}

vo_err_t *vo_image_find(apr_array_header_t **images, const vo_release_t *rel,
                        const vo_image_key_t *key, vo_image_run_t *run,
                        void *baton, apr_pool_t *pool)
{
    static const char near[] =
        "sky_distance(sky_point(f.ra, f.dec), sky_region($1)), ";
    finder_t finder = {NULL, pool};
    clauses_t c = {"", {NULL}, {0}, 0, 0, 0, pool};
    vo_sql_req_t req = {0};
    vo_sql_done_t done;
    const char *schema;

    finder.images = apr_array_make(pool, 16, sizeof(vo_image_t));
    *images = finder.images;
    if (!rel->obscore || (key->dids && !key->dids->nelts)) {
        return NULL;
    }
    schema = vo_sql_ident(rel->pg_schema, pool);
    clause(&c, "sky_contains(sky_region(", "), f.region)", TEXT_OID,
           position_text(key, pool));
    clause(&c, "i.publisher_did = ANY(", ")", TEXTS_OID,
           key->dids ? vo_sql_array(key->dids, pool) : NULL);
    clause(&c, apr_pstrcat(pool, "i.obs_id IN (SELECT obs_id FROM ", schema,
                           ".vo_image WHERE tile_id = ", NULL), ")",
           LONG_OID, id_text(key->tile_id, pool));
    clause(&c, "i.filter_id = ", "", INT_OID, id_text(key->filter_id, pool));
    clause(&c, "lower(i.filter_name) = lower(", ")", TEXT_OID,
           key->filter_name);
    clause(&c, "i.product_subtype = ", "", TEXT_OID, key->subtype);
    req.role = rel->reader_role;
    req.is_small = 1;
    req.sql = apr_pstrcat(pool, "SELECT " IMAGE_COLUMNS " FROM ", schema,
                          ".vo_image i LEFT JOIN ", schema,
                          ".vo_footprint f USING (footprint_id) WHERE ",
                          key->with_invalid ? "true" : "i.is_valid", c.where,
                          " ORDER BY ", key->has_position ? near : "",
                          "min(i.tile_id) OVER (PARTITION BY i.obs_id),"
                          " i.em_min + i.em_max, i.image_id", NULL);
    req.prepare_name = apr_psprintf(pool, "img%x_%s",
                                    c.mask << 1
                                        | (key->with_invalid ? 1U : 0U),
                                    rel->pg_schema);
    req.nparams = c.n;
    req.params = c.params;
    req.param_oids = c.oids;
    req.max_rows = key->max > 0 ? key->max : DEFAULT_MAX;
    req.begin = ignore_begin;
    req.row = read_image;
    req.baton = &finder;
    VO_TRY(run(baton, &req, &done));
    return finder.images->nelts && !key->is_bare
               ? find_extras(&finder, rel, run, baton) : NULL;
}

const vo_image_t *vo_image_by_did(const apr_array_header_t *images,
                                  const char *did)
{
    int pass, i;

    for (pass = 0; pass < 2; ++pass) {
        for (i = 0; i < images->nelts; ++i) {
            const vo_image_t *image = &APR_ARRAY_IDX(images, i, vo_image_t);

            if (pass ? !strcasecmp(image->did, did)
                     : !strcmp(image->did, did)) {
                return image;
            }
        }
    }
    return NULL;
}

const vo_product_t *vo_image_product(const vo_image_t *image,
                                     vo_product_e kind)
{
    int i;

    for (i = 0; i < image->nproducts; ++i) {
        if (image->products[i].kind == kind) {
            return &image->products[i];
        }
    }
    return NULL;
}
