/* voctl_imgrelate.c: voctl images: which file belongs to which image. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "vo_sql.h"
#include "voctl_images.h"
#include "voctl_imgstore.h"

/* A registered image, as far as files are related to it. */
typedef struct row_t {
    const char *id, *obs_id, *root, *stem, *hdu, *tile, *filter;
} row_t;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void add_row(apr_hash_t *to, const char *key, const row_t *row,
                    apr_pool_t *pool)
{
    apr_array_header_t *rows = apr_hash_get(to, key, APR_HASH_KEY_STRING);

    if (!rows) {
        rows = apr_array_make(pool, 1, sizeof(row_t));
        apr_hash_set(to, key, APR_HASH_KEY_STRING, rows);
    }
    APR_ARRAY_PUSH(rows, row_t) = *row;
}

static const char *stem_key(const char *root, const char *stem,
                            apr_pool_t *pool)
{
    return apr_pstrcat(pool, root, ":", stem, NULL);
}

/* Every image of the release that is there, by stem, base name, observation
 * and tile. */
static vo_err_t *read_rows(voctl_imgjob_t *job)
{
    apr_pool_t *pool = job->ctl->pool;
    PGresult *res;
    int i;

    job->by_stem = apr_hash_make(pool);
    job->by_base = apr_hash_make(pool);
    job->by_obs = apr_hash_make(pool);
    VO_TRY(voctl_query(&res, job->ctl, apr_pstrcat(pool,
        "SELECT image_id, obs_id, root_id, path, hdu, 'tile ' || tile_id,"
        " filter_name FROM ",
        job->schema, ".vo_image WHERE path IS NOT NULL AND (is_valid OR NOT"
        " coalesce(starts_with(comment, '" VOCTL_IMG_OURS "'), false)) ORDER"
        " BY path, hdu", NULL), 0, NULL, pool));
    for (i = 0; i < PQntuples(res); ++i) {
        row_t row;

        row.id = PQgetvalue(res, i, 0);
        row.obs_id = PQgetvalue(res, i, 1);
        row.root = PQgetvalue(res, i, 2);
        row.stem = voctl_img_stem(PQgetvalue(res, i, 3), NULL, pool);
        row.hdu = PQgetvalue(res, i, 4);
        row.tile = PQgetisnull(res, i, 5) ? NULL : PQgetvalue(res, i, 5);
        row.filter = PQgetvalue(res, i, 6);
        add_row(job->by_stem, stem_key(row.root, row.stem, pool), &row, pool);
        add_row(job->by_base, base_name(row.stem), &row, pool);
        add_row(job->by_obs, row.obs_id, &row, pool);
        if (row.tile) {
            add_row(job->by_obs, row.tile, &row, pool);
        }
    }
    return NULL;
}

/* Rows that are all of one file. */
static apr_array_header_t *of_one_file(apr_array_header_t *rows)
{
    int i;

    for (i = 1; rows && i < rows->nelts; ++i) {
        if (strcmp(APR_ARRAY_IDX(rows, i, row_t).stem,
                   APR_ARRAY_IDX(rows, 0, row_t).stem)
            || strcmp(APR_ARRAY_IDX(rows, i, row_t).root,
                      APR_ARRAY_IDX(rows, 0, row_t).root)) {
            return NULL;
        }
    }
    return rows;
}

/* The rows of observation OBS_ID in FILTER, if they are of one file. */
static apr_array_header_t *by_header(const voctl_imgjob_t *job,
                                     const char *obs_id, const char *filter,
                                     apr_pool_t *pool)
{
    apr_array_header_t *all = NULL, *rows = apr_array_make(pool, 2,
                                                           sizeof(row_t));
    int i;

    if (obs_id && filter) {
        all = apr_hash_get(job->by_obs, obs_id, APR_HASH_KEY_STRING);
    }
    for (i = 0; all && i < all->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(all, i, row_t).filter, filter)) {
            APR_ARRAY_PUSH(rows, row_t) = APR_ARRAY_IDX(all, i, row_t);
        }
    }
    return rows->nelts ? of_one_file(rows) : NULL;
}

/* The observation a picture of all its filters belongs to: one called like
 * the file, or of the tile the file's name tells. */
static const char *observation_of(const voctl_imgjob_t *job,
                                  const voctl_imgfile_t *file,
                                  apr_pool_t *pool)
{
    voctl_imghead_t head = {NULL, NULL, file->path, NAN, 1};
    const char *base = base_name(file->stem), *tile;
    apr_array_header_t *rows = apr_hash_get(job->by_obs, base,
                                            APR_HASH_KEY_STRING);

    if (!rows) {
        head.path = file->path;
        tile = voctl_imgmap_get(job->map, &head, "tile_id", pool);
        rows = tile ? apr_hash_get(job->by_obs,
                                   apr_pstrcat(pool, "tile ", tile, NULL),
                                   APR_HASH_KEY_STRING)
                    : NULL;
    }
    if (!rows) { /* "101.png" */
        rows = apr_hash_get(job->by_obs, apr_pstrcat(pool, "tile ", base,
                                                     NULL),
                            APR_HASH_KEY_STRING);
    }
    return rows ? APR_ARRAY_IDX(rows, 0, row_t).obs_id : NULL;
}

/* The image part HDU of a file belongs to: of several the one in the same
 * HDU, else the one at the same place I. */
static const row_t *row_for(const apr_array_header_t *rows, const char *hdu,
                            int i)
{
    int k;

    if (rows->nelts == 1) {
        return i ? NULL : &APR_ARRAY_IDX(rows, 0, row_t);
    }
    for (k = 0; k < rows->nelts; ++k) {
        if (!strcmp(APR_ARRAY_IDX(rows, k, row_t).hdu, hdu)) {
            return &APR_ARRAY_IDX(rows, k, row_t);
        }
    }
    return i < rows->nelts ? &APR_ARRAY_IDX(rows, i, row_t) : NULL;
}

vo_err_t *voctl_img_store_product(int *is_related, voctl_imgjob_t *job,
                                  const voctl_imgfile_t *file,
                                  const apr_array_header_t *records,
                                  apr_pool_t *pool)
{
    const voctl_record_t *all = (const voctl_record_t *)records->elts;
    const char *checksum = all[0].values[0], *obs_id;
    apr_array_header_t *rows;
    int i;

    if (!job->by_stem) {
        VO_TRY(read_rows(job));
    }
    rows = apr_hash_get(job->by_stem,
                        stem_key(voctl_img_int(
                                     APR_ARRAY_IDX(job->roots, file->root,
                                                   voctl_imgroot_t).id, pool),
                                 file->stem, pool), APR_HASH_KEY_STRING);
    if (!rows) { /* weights often lie in another folder */
        rows = of_one_file(apr_hash_get(job->by_base, base_name(file->stem),
                                        APR_HASH_KEY_STRING));
    }
    if (!rows && records->nelts > 1) {
        rows = by_header(job, all[1].values[2], all[1].values[3], pool);
    }
    *is_related = rows != NULL;
    for (i = 1; rows && i < records->nelts; ++i) {
        const char *const *v = all[i].values;
        const row_t *row = row_for(rows, v[0], i - 1);

        if (row) {
            VO_TRY(voctl_img_put_product(job, file, file->kind, row->id,
                                         row->obs_id, v[0], v[1], checksum,
                                         pool));
        }
    }
    if (rows || file->kind < VO_PRODUCT_PREVIEW) {
        return NULL;
    }
    obs_id = observation_of(job, file, pool);
    if (!obs_id) {
        return NULL;
    }
    *is_related = 1;
    return voctl_img_put_product(job, file,
                                 file->kind == VO_PRODUCT_PREVIEW
                                     ? VO_PRODUCT_RGB : file->kind,
                                 NULL, obs_id, all[1].values[0],
                                 all[1].values[1], checksum, pool);
}

/* --- once all is stored -------------------------------------------------- */

/* The name of a file, or a name in a header, without folders and endings. */
#define STEM(t)                                                               \
    "regexp_replace(" t ", '^.*/|(\\.(fits?|fts|fz|gz|bz2))+$', '', 'gi')"

vo_err_t *voctl_img_finish(voctl_imgjob_t *job)
{
    apr_pool_t *pool = job->ctl->pool;
    const char *s = job->schema;

    if (!job->nimages && !job->nproducts && !job->nvanished) {
        return NULL;
    }
    VO_TRY(voctl_exec(job->ctl, apr_pstrcat(pool,
        "UPDATE ", s, ".vo_progenitor g SET progenitor_id = i.id FROM"
        " (SELECT min(image_id) AS id, " STEM("path") " AS stem FROM ", s,
        ".vo_image WHERE path IS NOT NULL GROUP BY 2) i"
        " WHERE g.progenitor_id IS NULL AND g.image_id <> i.id AND i.stem = "
        STEM("g.name"), NULL)));
    VO_TRY(voctl_exec(job->ctl, apr_pstrcat(pool,
        "UPDATE ", s, ".vo_image i SET t_min = p.t_min, t_max = p.t_max FROM"
        " (SELECT g.image_id, min(o.t_min) AS t_min, max(o.t_max) AS t_max"
        " FROM ", s, ".vo_progenitor g LEFT JOIN ", s, ".vo_image o ON"
        " o.image_id = g.progenitor_id GROUP BY 1 HAVING bool_and(o.t_min IS"
        " NOT NULL)) p WHERE p.image_id = i.image_id AND (i.t_min, i.t_max)"
        " IS DISTINCT FROM (p.t_min, p.t_max)", NULL)));
    VO_TRY(voctl_exec(job->ctl, apr_pstrcat(pool,
        "DELETE FROM ", s, ".vo_footprint f WHERE NOT EXISTS (SELECT FROM ", s,
        ".vo_image i WHERE i.footprint_id = f.footprint_id)", NULL)));
    return voctl_exec(job->ctl, apr_pstrcat(pool,
        "ANALYZE ", s, ".vo_footprint, ", s, ".vo_image, ", s,
        ".vo_product, ", s, ".vo_progenitor", NULL));
}

/* --- catalogues ---------------------------------------------------------- */

/* Cells of a table of at most this order, found by skipping along its index:
 * one look-up for each cell, however many rows there are. */
#define CELLS                                                                 \
    "WITH RECURSIVE c(cell) AS ((SELECT %s >> 46 FROM %s.%s WHERE %s IS NOT"  \
    " NULL ORDER BY %s LIMIT 1) UNION ALL SELECT (SELECT %s >> 46 FROM %s.%s" \
    " WHERE %s >= (c.cell + 1) << 46 ORDER BY %s LIMIT 1) FROM c WHERE c.cell"\
    " IS NOT NULL) SELECT range_agg(int8range(cell << 46, (cell + 1) << 46))" \
    " FROM c WHERE cell IS NOT NULL"

static vo_err_t *table_cover(const char **cover, voctl_imgjob_t *job,
                             PGresult *tables, int row, apr_pool_t *pool)
{
    const char *schema = vo_sql_ident(PQgetvalue(tables, row, 2), pool);
    const char *table = vo_sql_ident(PQgetvalue(tables, row, 3), pool);
    const char *hpx;
    PGresult *res;

    *cover = NULL;
    if (PQgetisnull(tables, row, 4)) {
        return NULL;
    }
    hpx = vo_sql_ident(PQgetvalue(tables, row, 4), pool);
    VO_TRY(voctl_query(&res, job->ctl, apr_psprintf(pool, CELLS, hpx, schema,
                                                    table, hpx, hpx, hpx,
                                                    schema, table, hpx, hpx),
                       0, NULL, pool));
    *cover = PQgetisnull(res, 0, 0) ? NULL : PQgetvalue(res, 0, 0);
    return NULL;
}

static vo_err_t *store_catalogue(voctl_imgjob_t *job, PGresult *tables,
                                 int row, apr_pool_t *pool)
{
    const char *params[7], *s = job->schema;
    PGresult *res;

    params[0] = job->release;
    params[1] = PQgetvalue(tables, row, 0);
    params[2] = PQgetvalue(tables, row, 1);
    params[3] = job->survey;
    params[4] = PQgetvalue(tables, row, 5);
    params[5] = NULL;
    VO_TRY(table_cover(&params[6], job, tables, row, pool));
    if (params[6]) {
        VO_TRY(voctl_query(&res, job->ctl, apr_pstrcat(pool,
            "INSERT INTO ", s, ".vo_footprint (region, cover, ra, \"dec\","
            " fov) SELECT r, c, coalesce(sky_ra(p), 0), coalesce(sky_dec(p),"
            " 0), least(360, 2 * sqrt(sky_area(r) / pi())) FROM (SELECT"
            " sky_region(c) AS r, c, sky_centroid(sky_region(c)) AS p FROM"
            " (VALUES ($1::int8multirange)) AS v(c)) AS q RETURNING"
            " footprint_id", NULL), 1, params + 6, pool));
        params[5] = PQgetvalue(res, 0, 0);
    }
    return voctl_query(NULL, job->ctl, apr_pstrcat(pool,
        "INSERT INTO ", s, ".vo_image AS t (publisher_did, product_type,"
        " product_subtype, calib_level, collection, obs_id, title,"
        " footprint_id, media_type, link) SELECT vo.did_base($1, (SELECT ivoid"
        " FROM vo.release WHERE release_id = $1)) || 'table:' ||"
        " vo.did_encode($2), 'measurements', 'table', 3, $4, $2,"
        " coalesce($3, $2), $6::bigint,"
        " 'application/x-votable+xml', $5 ON CONFLICT (publisher_did) DO"
        " UPDATE SET title = EXCLUDED.title, footprint_id ="
        " EXCLUDED.footprint_id, link = EXCLUDED.link, changed = now()", NULL),
        6, params, pool);
}

vo_err_t *voctl_img_catalogues(voctl_imgjob_t *job)
{
    apr_pool_t *pool = job->ctl->pool;
    PGresult *tables;
    int row;

    VO_TRY(voctl_query(&tables, job->ctl,
        "SELECT table_name, description, pg_schema, pg_table, hpx_column,"
        " 'tap/' || release_id || '/sync?LANG=ADQL&QUERY='"
        " || replace(vo.did_encode('SELECT * FROM ' || table_name), '%20',"
        " '+') FROM vo.tap_tables WHERE release_id = $1 AND schema_name NOT IN"
        " ('TAP_SCHEMA', 'ivoa') ORDER BY schema_name, table_index,"
        " table_name", 1, &job->release, pool));
    for (row = 0; row < PQntuples(tables); ++row) {
        VO_TRY(store_catalogue(job, tables, row, pool));
        ++job->nimages;
    }
    VO_TRY(voctl_query(NULL, job->ctl, apr_pstrcat(pool,
        "DELETE FROM ", job->schema, ".vo_image WHERE product_type ="
        " 'measurements' AND link IS NOT NULL AND obs_id NOT IN (SELECT"
        " table_name FROM vo.tap_tables WHERE release_id = $1)", NULL), 1,
        &job->release, pool));
    return NULL;
}

/* --- flags --------------------------------------------------------------- */

/* PATTERN of the shell as one of LIKE. */
static const char *like(const char *pattern, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, 2 * strlen(pattern) + 1), *p = out;

    for (; *pattern; ++pattern) {
        if (strchr("%_\\", *pattern)) {
            *p++ = '\\';
        }
        *p++ = *pattern == '*' ? '%' : *pattern == '?' ? '_' : *pattern;
    }
    *p = '\0';
    return out;
}

vo_err_t *voctl_img_flag(int *n, voctl_imgjob_t *job, const char *pattern,
                         int is_valid, const char *comment)
{
    apr_pool_t *pool = job->ctl->pool;
    const char *params[3] = {like(pattern, pool), is_valid ? "t" : "f",
                             comment};
    const char *s = job->schema;
    PGresult *res;

    VO_TRY(voctl_query(&res, job->ctl, apr_pstrcat(pool,
        "WITH i AS (UPDATE ", s, ".vo_image SET is_valid = $2::boolean,"
        " comment = $3, changed = now() WHERE path LIKE $1 OR publisher_did"
        " LIKE $1 OR obs_id LIKE $1 RETURNING 1), p AS (UPDATE ", s,
        ".vo_product SET is_valid = $2::boolean, comment = $3 WHERE path LIKE"
        " $1 RETURNING 1) SELECT (SELECT count(*) FROM i) + (SELECT count(*)"
        " FROM p)", NULL), 3, params, pool));
    *n = (int)strtol(PQgetvalue(res, 0, 0), NULL, 10);
    return NULL;
}
