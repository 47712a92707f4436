/* vo_sia1.c: the columns and the SQL of SIAP 1.0 searches. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIAP 1.0 (REC 2009-11-11), section 4.2 */
#include "vo_sia1.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "../vo_num.h"

#define OID_INT8 20u
#define OID_INT4 23u
#define OID_TEXT 25u
#define OID_FLOAT8 701u
#define OID_INT4_ARRAY 1007u
#define OID_TEXT_ARRAY 1009u
#define OID_FLOAT8_ARRAY 1022u

/* Parameters of the statement, the same in every form of it:
 * $1 region, $2 media types (NULL: all), $3 formats of one image at most (NULL:
 * all), $4 rows, $5 the query of a cutout's address that names the region
 * (NULL: there is nothing to cut), $6 to $9 centre, width and height of
 * cutouts, $10 the release. i is vo_image, f vo_footprint, a the form in which
 * the row offers the image. */
#define NPARAMS 10

#define URL_BASE "current_setting('vo.base_url', true)"
#define URL_DID "replace(i.publisher_did, '%', '%25')"
#define CUTOUT_URL URL_BASE " || '/soda/' || $10 || '/sync?ID=' || " URL_DID   \
    " || $5"

/* Width of a cutout of $8 x $9 degrees in pixels along an axis: the corners
 * turned and scaled by the inverse of the CD matrix. */
#define DET "nullif(abs(i.cd[1] * i.cd[4] - i.cd[2] * i.cd[3]), 0)"
#define CUT_NAXIS1 "least(i.naxis[1], ceil((abs(i.cd[4]) * $8 + abs(i.cd[2])"  \
    " * $9) / " DET ")::int)"
#define CUT_NAXIS2 "least(i.naxis[2], ceil((abs(i.cd[3]) * $8 + abs(i.cd[1])"  \
    " * $9) / " DET ")::int)"

/* The columns: at which VERB, and what they are of whole images and of cutouts
 * (NULL: the same). */
static const struct {
    const char *name, *ucd;
    vo_type_e type;
    const char *arraysize, *unit;
    unsigned oid;
    int verb;
    const char *whole, *cut;
    const char *description;
} columns[] = {
    {"title", "VOX:Image_Title", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 0,
     "coalesce(i.title, i.obs_id)",
     "'Cutout of ' || coalesce(i.title, i.obs_id)", "Short description"},
    {"ra", "POS_EQ_RA_MAIN", VO_TYPE_DOUBLE, NULL, "deg", OID_FLOAT8, 0,
     "f.ra", "$6", "Right ascension of the centre, ICRS"},
    {"dec", "POS_EQ_DEC_MAIN", VO_TYPE_DOUBLE, NULL, "deg", OID_FLOAT8, 0,
     "f.dec", "$7", "Declination of the centre, ICRS"},
    {"naxes", "VOX:Image_Naxes", VO_TYPE_INT, NULL, NULL, OID_INT4, 0,
     "coalesce(cardinality(i.naxis), 2)", NULL, "Number of axes"},
    {"naxis", "VOX:Image_Naxis", VO_TYPE_INT, "*", "pixel", OID_INT4_ARRAY, 0,
     "i.naxis", "array[" CUT_NAXIS1 ", " CUT_NAXIS2 "] || i.naxis[3:]",
     "Length of each axis"},
    {"scale", "VOX:Image_Scale", VO_TYPE_DOUBLE, "*", "deg/pixel",
     OID_FLOAT8_ARRAY, 0, "i.scale", NULL, "Scale along both axes"},
    {"format", "VOX:Image_Format", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 0,
     "a.format", NULL, "Media type of what access_url gives"},
    {"access_url", "VOX:Image_AccessReference", VO_TYPE_CHAR, "*", NULL,
     OID_TEXT, 0,
     "CASE WHEN i.link IS NOT NULL THEN " URL_BASE " || '/' || i.link"
     " ELSE " URL_BASE " || '/siap/' || $10 || '/get_file?ID=' || " URL_DID
     " || coalesce('&PRODUCT=' || a.product_id, '') END",
     CUTOUT_URL " || CASE WHEN a.format = 'image/fits' THEN ''"
     " ELSE '&RESPONSEFORMAT=' || a.format END", "Where to get it"},
    {"instrument", "INST_ID", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 1,
     "i.instrument", NULL, "Instrument"},
    {"mjd_obs", "VOX:Image_MJDateObs", VO_TYPE_DOUBLE, NULL, "d", OID_FLOAT8,
     1, "(i.t_min + i.t_max) / 2", NULL, "Middle of the observation, MJD"},
    {"frame", "VOX:STC_CoordRefFrame", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 1,
     "i.frame", NULL, "Frame of the world coordinates"},
    {"equinox", "VOX:STC_CoordEquinox", VO_TYPE_DOUBLE, NULL, "yr",
     OID_FLOAT8, 1, "i.equinox", NULL, "Its equinox"},
    {"projection", "VOX:WCS_CoordProjection", VO_TYPE_CHAR, "3", NULL,
     OID_TEXT, 1, "i.projection", NULL, "Projection, as in CTYPE of FITS"},
    {"crpix", "VOX:WCS_CoordRefPixel", VO_TYPE_DOUBLE, "*", "pixel",
     OID_FLOAT8_ARRAY, 1, "i.crpix", "NULL::float8[]",
     "Reference pixel; (1, 1) is the middle of the first"},
    {"crval", "VOX:WCS_CoordRefValue", VO_TYPE_DOUBLE, "*", "deg",
     OID_FLOAT8_ARRAY, 1, "i.crval", NULL,
     "World coordinates of the reference pixel"},
    {"cd", "VOX:WCS_CDMatrix", VO_TYPE_DOUBLE, "*", "deg/pixel",
     OID_FLOAT8_ARRAY, 1, "i.cd", NULL, "CD1_1, CD1_2, CD2_1, CD2_2"},
    {"band", "VOX:BandPass_ID", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 1,
     "i.filter_name", NULL, "Name of the filter"},
    {"band_unit", "VOX:BandPass_Unit", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 1,
     "'meters'::text", NULL, "Unit of the wavelengths"},
    {"band_value", "VOX:BandPass_RefValue", VO_TYPE_DOUBLE, NULL, "m",
     OID_FLOAT8, 1, "(i.em_min + i.em_max) / 2", NULL, "Middle wavelength"},
    {"band_high", "VOX:BandPass_HiLimit", VO_TYPE_DOUBLE, NULL, "m",
     OID_FLOAT8, 1, "i.em_max", NULL, "Longest wavelength"},
    {"band_low", "VOX:BandPass_LoLimit", VO_TYPE_DOUBLE, NULL, "m",
     OID_FLOAT8, 1, "i.em_min", NULL, "Shortest wavelength"},
    {"pixflags", "VOX:Image_PixFlags", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 1,
     "CASE WHEN a.format = 'image/fits' THEN 'C' ELSE 'V' END", NULL,
     "C: pixels are the archive's; V: for looking at"},
    {"file_size", "VOX:Image_FileSize", VO_TYPE_INT, NULL, "byte", OID_INT4,
     1, "CASE WHEN a.file_size < 2147483648 THEN a.file_size END::int", NULL,
     "Size of the file"},
    {"cutout", "meta.ref.url", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 2,
     "CASE WHEN i.link IS NULL THEN " CUTOUT_URL " END", NULL,
     "Where to get the region that was searched, in FITS"},
    {"cutout_picture", "meta.ref.url", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 2,
     "CASE WHEN i.link IS NULL THEN " CUTOUT_URL
     " || '&RESPONSEFORMAT=image/png' END", NULL,
     "Where to get the region that was searched, as a picture"},
    {"obs_publisher_did", "meta.ref.ivoid", VO_TYPE_CHAR, "*", NULL, OID_TEXT,
     2, "i.publisher_did", NULL,
     "Identifier of the image, given by the publisher"},
    {"collection", "meta.id", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 2,
     "i.collection", NULL, "Collection the image belongs to"},
    {"obs_id", "meta.id", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 2, "i.obs_id",
     NULL, "Observation, shared by all of its products"},
    {"kind", "meta.code.class", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 2,
     "i.product_subtype", NULL,
     "Kind of image in the words of the archive: coadd, single ..."},
    {"exptime", "time.duration;obs.exposure", VO_TYPE_DOUBLE, NULL, "s",
     OID_FLOAT8, 2, "i.exptime", NULL, "Exposure time in all"},
    {"facility", "meta.id;instr.tel", VO_TYPE_CHAR, "*", NULL, OID_TEXT, 3,
     "i.facility", NULL, "Telescope or observatory"},
    {"calib_level", "meta.code;obs.calib", VO_TYPE_INT, NULL, NULL, OID_INT4,
     3, "i.calib_level", NULL, "Degree of calibration, from 0 to 4"},
    {"tile_id", "meta.id;obs.field", VO_TYPE_LONG, NULL, NULL, OID_INT8, 3,
     "i.tile_id", NULL, "Tile of the survey"},
    {"filter_id", "meta.id;instr.filter", VO_TYPE_INT, NULL, NULL, OID_INT4,
     3, "i.filter_id", NULL, "Number of the filter in the archive"},
    {"fwhm", "phys.angSize;instr.det.psf", VO_TYPE_DOUBLE, NULL, "arcsec",
     OID_FLOAT8, 3, "i.fwhm", NULL, "FWHM of point sources"},
    {"depth", "phot.mag;stat.max", VO_TYPE_DOUBLE, NULL, "mag", OID_FLOAT8, 3,
     "i.depth", NULL, "Magnitude limit of the image, AB"},
    {"zero_point", "phot.mag;arith.zp", VO_TYPE_DOUBLE, NULL, "mag",
     OID_FLOAT8, 3, "i.zero_point", NULL,
     "AB magnitude of one unit of pixel value"},
    {"s_region", "pos.outline;obs.field", VO_TYPE_CHAR, "*", NULL, OID_TEXT,
     3, "sky_stcs(f.region)", NULL, "Footprint"},
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Indexed by vo_sia1_intersect_e. */
static const char *const relations[] = {
    "sky_contains(sky_region($1), f.region)",
    "sky_contains(f.region, sky_region($1))",
    "sky_contains(sky_region($1), f.region)", /* $1 is the centre */
    "sky_intersects(f.region, sky_region($1))",
};

/* The forms in which an image is offered: whole, up to the schema and after it,
 * and cut. */
static const char whole_forms[] =
    "SELECT CASE WHEN i.media_type LIKE '%fits%' THEN 'image/fits'"
    " ELSE i.media_type END AS format, i.file_size, NULL::bigint AS product_id"
    " UNION ALL SELECT p.media_type, p.file_size, p.product_id FROM ";
static const char whole_forms_end[] =
    ".vo_product p WHERE p.image_id = i.image_id AND p.kind = 'preview'"
    " AND p.is_valid";
static const char cut_forms[] =
    "SELECT v.format, NULL::bigint AS file_size, NULL::bigint AS product_id"
    " FROM (VALUES ('image/fits'), ('image/png'), ('image/jpeg'))"
    " AS v(format) WHERE i.link IS NULL";

void vo_sia1_fields(int *nfields, vo_field_t **fields,
                    const vo_release_t *rel, int verb, apr_pool_t *pool)
{
    vo_field_t *made = apr_pcalloc(pool, NCOLUMNS * sizeof(*made));
    apr_size_t i;
    int n = 0;

    for (i = 0; i < NCOLUMNS; ++i) {
        vo_field_t *f = &made[n];

        if (columns[i].verb > verb) {
            continue;
        }
        ++n;
        f->name = columns[i].name;
        f->type = columns[i].type;
        f->arraysize = columns[i].arraysize;
        f->size = vo_arraysize_parse(f->arraysize);
        f->unit = columns[i].unit;
        f->ucd = columns[i].ucd;
        f->description = columns[i].description;
        f->pg_oid = columns[i].oid;
        /* what services can do with identifiers they can do with these */
        if (!strcmp(f->name, "obs_publisher_did")) {
            f->column = vo_table_column(rel->obscore, f->name);
        }
    }
    *nfields = n;
    *fields = made;
}

/* --- parameters of the statement ------------------------------------------ */

static const char *number(double value, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_double(text, value);
    return text;
}

/* What asks SODA for the region: &POS=RANGE ..., NULL when it has no area. */
static vo_err_t *cutout_query(const char **text, const vo_sia1_query_t *q,
                              apr_pool_t *pool)
{
    double ra = q->is_cutout ? q->cut_ra : q->ra;
    double dec = q->is_cutout ? q->cut_dec : q->dec;
    double width = q->is_cutout ? q->cut_width : q->width;
    double height = q->is_cutout ? q->cut_height : q->height;
    const char *region;
    char *p, *upper;

    *text = NULL;
    if (!(width > 0 && height > 0)) {
        return NULL;
    }
    VO_TRY(vo_sia1_region(&region, ra, dec, width, height, pool));
    if (strncmp(region, "range ", 6)) {
        /* over a pole: a circle around it all */
        double radius = fmin(sqrt(width * width + height * height) / 2, 180);

        region = apr_pstrcat(pool, "circle ", number(ra, pool), " ",
                             number(dec, pool), " ", number(radius, pool),
                             NULL);
    }
    upper = apr_pstrdup(pool, region);
    for (p = upper; *p >= 'a' && *p <= 'z'; ++p) {
        *p = (char)(*p - 'a' + 'A');
    }
    *text = "&POS=";
    for (p = upper; *p; ) {
        apr_size_t len = strcspn(p, " ");

        *text = apr_pstrcat(pool, *text, apr_pstrmemdup(pool, p, len),
                            p[len] ? "%20" : "", NULL);
        p += len + (p[len] != '\0');
    }
    return NULL;
}

vo_err_t *vo_sia1_request(vo_sql_req_t *req, const vo_release_t *rel,
                          const vo_sia1_query_t *q, apr_int64_t maxrec,
                          apr_pool_t *pool)
{
    static const unsigned oids[NPARAMS] = {
        OID_TEXT,   OID_TEXT_ARRAY, OID_INT8,   OID_INT8,   OID_TEXT,
        OID_FLOAT8, OID_FLOAT8,     OID_FLOAT8, OID_FLOAT8, OID_TEXT,
    };
    const char *schema = vo_sql_ident(rel->pg_schema, pool);
    const char **params = apr_pcalloc(pool, NPARAMS * sizeof(*params));
    apr_array_header_t *list = apr_array_make(pool, NCOLUMNS, sizeof(char *));
    char *limit = apr_palloc(pool, VO_NUM_SIZE);
    apr_size_t i;

    for (i = 0; i < NCOLUMNS; ++i) {
        if (columns[i].verb <= q->verb) {
            APR_ARRAY_PUSH(list, const char *) =
                q->is_cutout && columns[i].cut ? columns[i].cut
                                               : columns[i].whole;
        }
    }
    if (q->intersect == VO_SIA1_CENTER) {
        params[0] = apr_pstrcat(pool, "point ", number(q->ra, pool), " ",
                                number(q->dec, pool), NULL);
    }
    else {
        VO_TRY(vo_sia1_region(&params[0], q->ra, q->dec, q->width, q->height,
                              pool));
    }
    VO_TRY(cutout_query(&params[4], q, pool));
    vo_num_from_int64(limit, maxrec < APR_INT64_MAX ? maxrec + 1 : maxrec);
    params[1] = q->formats;
    params[2] = q->is_one_format ? "1" : NULL;
    params[3] = limit;
    params[5] = number(q->cut_ra, pool);
    params[6] = number(q->cut_dec, pool);
    params[7] = number(q->cut_width, pool);
    params[8] = number(q->cut_height, pool);
    params[9] = rel->id;
    req->sql = apr_pstrcat(
        pool, "SELECT ", apr_array_pstrcat(pool, list, ','), " FROM ", schema,
        ".vo_footprint f JOIN ", schema, ".vo_image i USING (footprint_id)"
        " CROSS JOIN LATERAL (SELECT * FROM (",
        q->is_cutout ? cut_forms
                     : apr_pstrcat(pool, whole_forms, schema, whole_forms_end,
                                   NULL),
        ") AS x WHERE $2 IS NULL OR x.format = ANY($2)"
        " ORDER BY array_position($2, x.format), x.product_id NULLS FIRST"
        " LIMIT $3) AS a WHERE i.is_valid"
        " AND i.product_type IN ('image', 'cube') AND ",
        relations[q->intersect], " LIMIT $4", NULL);
    req->prepare_name = vo_sql_name("sia1_", req->sql, pool);
    req->role = rel->reader_role;
    req->nparams = NPARAMS;
    req->params = params;
    req->param_oids = oids;
    req->max_rows = maxrec;
    req->is_small = 1;
    return NULL;
}

const char *vo_sia1_sample_sql(const vo_release_t *rel, apr_pool_t *pool)
{
    const char *schema = vo_sql_ident(rel->pg_schema, pool);

    return apr_pstrcat(pool, "SELECT f.ra, f.dec FROM ", schema,
                       ".vo_image i JOIN ", schema, ".vo_footprint f"
                       " USING (footprint_id) WHERE i.is_valid LIMIT 1", NULL);
}
