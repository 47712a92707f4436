/* vo_soda_bulk.c: cutouts around a list of positions. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_soda_bulk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "../table/vo_position.h"
#include "../table/vo_wire.h"
#include "../vo_num.h"

#define BATCH 1000        /* positions of one query */
#define MAX_SIDE 10.0     /* degrees */
#define MAX_PIXELS 20000  /* in each direction */
#define FLOATS_OID 1022   /* float8[] */

/* One position, and the tile it is on. */
typedef struct input_t {
    double ra, dec;       /* NaN: none was given */
    int number;           /* from 0 */
    int has_tile;
    apr_int64_t tile;
    const char *subtype;  /* of the tile's images, or NULL */
} input_t;

/* ---- parameters ------------------------------------------------------- */

static const char *name_of(vo_bulk_param_e p)
{
    return vo_bulk_params[p].name;
}

static vo_err_t *side_of(double *to, const vo_dali_params_t *params,
                         vo_bulk_param_e p)
{
    return vo_dali_param_double(to, NULL, params, name_of(p), 1e-6, MAX_SIDE,
                                0);
}

/* "51" or "51x41". */
static vo_err_t *read_pixels(vo_soda_bulk_t *bulk, const char *text,
                             apr_pool_t *pool)
{
    const char *x = strpbrk(text, "xX");
    int64_t nx = 0, ny = 0;
    int len = x ? (int)(x - text) : (int)strlen(text);

    if (!vo_num_to_int64(text, len, &nx)
        || !vo_num_to_int64(x ? x + 1 : text,
                            x ? (int)strlen(x + 1) : len, &ny)
        || nx < 1 || ny < 1 || nx > MAX_PIXELS || ny > MAX_PIXELS) {
        return vo_err_make(pool, VO_ERR_USAGE, "PIXELS: \"%.40s\" is not a"
                           " number of pixels such as 51 or 51x41, from 1 to"
                           " %d", text, MAX_PIXELS);
    }
    bulk->nx = (int)nx;
    bulk->ny = (int)ny;
    return NULL;
}

vo_err_t *vo_soda_bulk_parse(vo_soda_bulk_t *bulk,
                             const vo_dali_params_t *params, apr_pool_t *pool)
{
    const char *pixels, *pack;

    bulk->pool = pool;
    bulk->inputs = apr_array_make(pool, BATCH, sizeof(input_t));
    VO_TRY(vo_soda_parse_how(&bulk->how, params, VO_SODA_FITS, pool));
    VO_TRY(side_of(&bulk->width, params, VO_BULK_WIDTH));
    VO_TRY(side_of(&bulk->height, params, VO_BULK_HEIGHT));
    VO_TRY(vo_dali_param_one(&pixels, params, name_of(VO_BULK_PIXELS)));
    VO_TRY(vo_dali_param_one(&pack, params, name_of(VO_BULK_PACK)));
    if (bulk->height <= 0) {
        bulk->height = bulk->width;
    }
    if (pixels && *pixels) {
        if (bulk->width > 0) {
            return vo_err_make(pool, VO_ERR_USAGE, "PIXELS and WIDTH cannot"
                               " both be given");
        }
        VO_TRY(read_pixels(bulk, pixels, pool));
    }
    else if (bulk->width <= 0) {
        return vo_err_make(pool, VO_ERR_USAGE, "WIDTH is missing; it is the"
                           " width of the cutouts in degrees (or PIXELS, such"
                           " as 51)");
    }
    bulk->pack = VO_PACK_TAR;
    if (pack && *pack && strcasecmp(pack, "tar")) {
        if (strcasecmp(pack, "mef")) {
            return vo_err_make(pool, VO_ERR_USAGE, "PACK: \"%.40s\" is neither"
                               " tar nor mef", pack);
        }
        bulk->pack = VO_PACK_MEF;
        if (bulk->how.format != VO_SODA_FITS
            || bulk->how.layout != VO_LAYOUT_MEF) {
            return vo_err_make(pool, VO_ERR_USAGE, "PACK: pictures and cubes"
                               " are packed as tar only");
        }
    }
    if (!bulk->how.filters && !bulk->how.rgb) {
        bulk->how.filters = "all";
    }
    return NULL;
}

const char *vo_soda_bulk_type(const vo_soda_bulk_t *bulk)
{
    return bulk->pack == VO_PACK_MEF ? "image/fits" : VO_TAR_TYPE;
}

/* ---- positions -------------------------------------------------------- */

static double number(const vo_field_t *field, const vo_cell_t *cell)
{
    double v;

    return cell->len >= 0
                   && vo_wire_double(&v, vo_pgtype(field->pg_oid)->kind,
                                     cell->data, cell->len)
               ? v
               : NAN;
}

vo_err_t *vo_soda_bulk_read(vo_soda_bulk_t *bulk, const char *path,
                            const char *name, apr_off_t max_bytes)
{
    vo_reader_opts_t opts = {0};
    const vo_tableinfo_t *info;
    const vo_cell_t *cells;
    vo_reader_t *reader;
    int ra, dec;

    opts.max_bytes = max_bytes;
    opts.name = name;
    VO_TRY(vo_reader_open(&reader, path, &opts, bulk->pool));
    info = vo_reader_info(reader);
    vo_position_guess(&ra, &dec, info->fields, info->nfields);
    if (ra < 0 || dec < 0) {
        vo_reader_close(reader);
        return vo_err_make(bulk->pool, VO_ERR_USAGE, "%s has no position: two"
                           " columns of degrees with UCD pos.eq.ra;meta.main"
                           " and pos.eq.dec;meta.main, or called ra and dec,"
                           " are looked for", name);
    }
    for (;;) {
        input_t *input;

        VO_TRY(vo_reader_next(reader, &cells));
        if (!cells) {
            break;
        }
        if (bulk->inputs->nelts == bulk->max) {
            vo_reader_close(reader);
            return vo_err_make(bulk->pool, VO_ERR_LIMIT, "%s has more than the"
                               " %d positions one job may have.", name,
                               bulk->max);
        }
        input = apr_array_push(bulk->inputs);
        memset(input, 0, sizeof(*input));
        input->number = bulk->inputs->nelts - 1;
        input->ra = number(&info->fields[ra], &cells[ra]);
        input->dec = number(&info->fields[dec], &cells[dec]);
        if (!(fabs(input->dec) <= 90) || !(fabs(input->ra) <= 360)) {
            input->ra = input->dec = NAN;
        }
    }
    vo_reader_close(reader);
    return NULL;
}

/* ---- tiles ------------------------------------------------------------ */

/* A batch of positions as an array for PostgreSQL. */
static const char *array_of(const input_t *inputs, int n, int is_dec,
                            apr_pool_t *pool)
{
    char *text = apr_palloc(pool, (apr_size_t)n * (VO_NUM_SIZE + 1) + 3);
    char *p = text;
    int i;

    *p++ = '{';
    for (i = 0; i < n; ++i) {
        double v = is_dec ? inputs[i].dec : inputs[i].ra;

        if (i) {
            *p++ = ',';
        }
        p += vo_num_from_double(p, isnan(v) ? 0 : v);
    }
    *p++ = '}';
    *p = '\0';
    return text;
}

typedef struct locating_t {
    input_t *inputs; /* of this batch */
    int n;
    apr_pool_t *pool;
} locating_t;

static vo_err_t *ignore_begin(void *baton, int nfields, const unsigned *oids)
{
    (void)baton;
    (void)nfields;
    (void)oids;
    return NULL;
}

static vo_err_t *take_tile(void *baton, const vo_cell_t *cells, int nfields)
{
    locating_t *l = baton;
    int64_t n, tile;

    (void)nfields;
    if (vo_num_to_int64(cells[0].data, cells[0].len, &n) && n >= 1
        && n <= l->n
        && vo_num_to_int64(cells[1].data, cells[1].len, &tile)) {
        input_t *input = &l->inputs[n - 1];

        input->has_tile = 1;
        input->tile = tile;
        input->subtype = cells[2].len < 0
                             ? NULL
                             : apr_pstrmemdup(l->pool, cells[2].data,
                                              (apr_size_t)cells[2].len);
    }
    return NULL;
}

/* The tile of each position: of those that show it the best calibrated, and of
 * these the one whose centre is nearest. */
static vo_err_t *locate(vo_soda_bulk_t *bulk, int from, int n)
{
    static const unsigned oids[2] = {FLOATS_OID, FLOATS_OID};
    const char *schema = vo_sql_ident(bulk->rel->pg_schema, bulk->pool);
    locating_t l = {&APR_ARRAY_IDX(bulk->inputs, from, input_t), n,
                    bulk->pool};
    const char *params[2];
    vo_sql_req_t req;
    vo_sql_done_t done;

    memset(&req, 0, sizeof(req));
    params[0] = array_of(l.inputs, n, 0, bulk->pool);
    params[1] = array_of(l.inputs, n, 1, bulk->pool);
    req.role = bulk->rel->reader_role;
    req.sql = apr_pstrcat(
        bulk->pool,
        "SELECT DISTINCT ON (p.n) p.n, i.tile_id, i.product_subtype"
        " FROM unnest($1, $2) WITH ORDINALITY AS p(ra, \"dec\", n)"
        " JOIN ", schema, ".vo_footprint f"
        " ON sky_contains(sky_point(p.ra, p.\"dec\"), f.region)"
        " JOIN ", schema, ".vo_image i USING (footprint_id)"
        " WHERE i.is_valid AND i.tile_id >= 0"
        " ORDER BY p.n, i.calib_level DESC, sky_distance(sky_point(f.ra,"
        " f.\"dec\"), sky_point(p.ra, p.\"dec\")), i.tile_id", NULL);
    req.nparams = 2;
    req.params = params;
    req.param_oids = oids;
    req.is_small = 1;
    req.max_rows = -1;
    req.begin = ignore_begin;
    req.row = take_tile;
    req.baton = &l;
    return bulk->run(bulk->run_baton, &req, &done);
}

static int by_tile(const void *a, const void *b)
{
    const input_t *x = a, *y = b;
    int order;

    if (x->has_tile != y->has_tile) {
        return x->has_tile - y->has_tile;
    }
    if (x->tile != y->tile) {
        return x->tile < y->tile ? -1 : 1;
    }
    order = strcmp(x->subtype ? x->subtype : "", y->subtype ? y->subtype : "");
    return order ? order : x->number - y->number;
}

/* ---- cutting ---------------------------------------------------------- */

static const char *region_text(const vo_soda_bulk_t *bulk,
                               const input_t *input, apr_pool_t *pool)
{
    if (isnan(input->ra)) {
        return "";
    }
    return bulk->nx ? apr_psprintf(pool, "BOX %.8f %.8f %dx%d", input->ra,
                                   input->dec, bulk->nx, bulk->ny)
                    : apr_psprintf(pool, "BOX %.8f %.8f %g %g", input->ra,
                                   input->dec, bulk->width, bulk->height);
}

/* The images of the tile of INPUT that are wanted, into CUT. */
static vo_err_t *open_tile(vo_soda_cut_t *cut, vo_soda_bulk_t *bulk,
                           const input_t *input, apr_pool_t *pool)
{
    vo_image_key_t key = VO_IMAGE_KEY_ANY;
    apr_array_header_t *found;
    vo_err_t *err;

    memset(cut, 0, sizeof(*cut));
    key.tile_id = input->tile;
    key.subtype = input->subtype;
    key.is_bare = !bulk->how.has_weight && !bulk->how.has_mask;
    VO_TRY(vo_image_find(&found, bulk->rel, &key, bulk->run, bulk->run_baton,
                         pool));
    err = found->nelts ? vo_soda_choose(cut, &bulk->how, found, pool) : NULL;
    if (err) {
        cut->name = vo_err_public(err, pool); /* for the manifest */
        return NULL;
    }
    if (cut->nimages) {
        cut->image = cut->images[0];
        cut->id = cut->image->did;
        cut->name = vo_soda_file_name(
            apr_pstrcat(pool, cut->image->obs_id,
                        bulk->how.rgb        ? "_rgb"
                        : cut->nimages > 1 ? ""
                                             : "_",
                        !bulk->how.rgb && cut->nimages == 1
                                && cut->image->filter_name
                            ? cut->image->filter_name : "", NULL), pool);
    }
    return NULL;
}

static vo_err_t *cut_one(vo_soda_bulk_t *bulk, vo_soda_pack_t *pack,
                         vo_soda_cut_t *cut, const input_t *input,
                         vo_soda_files_t *files, apr_pool_t *pool)
{
    vo_region_t region = {0};

    region.kind = VO_REGION_BOX;
    region.text = region_text(bulk, input, pool);
    region.ra = input->ra;
    region.dec = input->dec;
    region.width = bulk->width;
    region.height = bulk->height;
    region.nx = bulk->nx;
    region.ny = bulk->ny;
    cut->region = &region;
    if (!cut->image) {
        vo_soda_pack_note(pack, input->number, NULL, region.text,
                          VO_PACK_MISSING, cut->name);
        return NULL;
    }
    return vo_soda_pack_cut(pack, input->number, cut, &bulk->how, bulk->rel,
                            &bulk->limits, files);
}

/* Inputs of no tile: why not. */
static void note_lost(vo_soda_bulk_t *bulk, vo_soda_pack_t *pack,
                      const input_t *input, apr_pool_t *pool)
{
    int is_bad = isnan(input->ra);

    vo_soda_pack_note(pack, input->number, NULL,
                      region_text(bulk, input, pool),
                      is_bad ? VO_PACK_ERROR : VO_PACK_OUTSIDE,
                      is_bad ? "there is no position in this row"
                             : "no tile shows this position");
}

static vo_err_t *cut_all(vo_soda_bulk_t *bulk, vo_soda_pack_t *pack)
{
    vo_soda_files_t *files = vo_soda_files_create(bulk->pool);
    apr_pool_t *tile_pool, *scratch;
    const input_t *before = NULL;
    vo_soda_cut_t cut = {0};
    int i;

    apr_pool_create(&tile_pool, bulk->pool);
    apr_pool_create(&scratch, bulk->pool);
    for (i = 0; i < bulk->inputs->nelts; ++i) {
        const input_t *input = &APR_ARRAY_IDX(bulk->inputs, i, input_t);

        if (bulk->is_stopped(bulk->baton, i)) {
            return vo_err_make(bulk->pool, VO_ERR_GONE,
                               "The job was stopped.");
        }
        apr_pool_clear(scratch);
        if (!input->has_tile) {
            note_lost(bulk, pack, input, scratch);
            continue;
        }
        if (!before || before->tile != input->tile
            || strcmp(before->subtype ? before->subtype : "",
                      input->subtype ? input->subtype : "")) {
            vo_soda_files_close(files);
            apr_pool_clear(tile_pool);
            VO_TRY(open_tile(&cut, bulk, input, tile_pool));
        }
        before = input;
        VO_TRY(cut_one(bulk, pack, &cut, input, files, scratch));
    }
    return NULL;
}

vo_err_t *vo_soda_bulk_write(vo_soda_bulk_t *bulk, vo_out_t *out)
{
    vo_soda_pack_t *pack = vo_soda_pack_create(out, bulk->pack,
                                               apr_time_now(), bulk->log,
                                               bulk->baton, bulk->pool);
    int i, n = bulk->inputs->nelts;

    if (!n) {
        return vo_err_make(bulk->pool, VO_ERR_USAGE,
                           "The table of positions is empty.");
    }
    for (i = 0; i < n; i += BATCH) {
        VO_TRY(locate(bulk, i, n - i < BATCH ? n - i : BATCH));
        if (bulk->is_stopped(bulk->baton, 0)) {
            return vo_err_make(bulk->pool, VO_ERR_GONE,
                               "The job was stopped.");
        }
    }
    qsort(bulk->inputs->elts, (size_t)n, sizeof(input_t), by_tile);
    if (bulk->earlier >= 0) {
        VO_TRY(vo_soda_pack_resume(pack, bulk->earlier));
    }
    VO_TRY(cut_all(bulk, pack));
    return vo_soda_pack_end(pack);
}
