/* voctl_imgstore.c: voctl images: roots, images and footprints stored. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "vo_num.h"
#include "vo_sql.h"
#include "voctl_images.h"
#include "voctl_imgstore.h"

#define OURS VOCTL_IMG_OURS
#define LOCK_TRIES 20

#define GONE OURS "the file is gone"

/* --- statements ---------------------------------------------------------- */

vo_err_t *voctl_img_sql(PGresult **out, voctl_imgjob_t *job, const char *name,
                        const char *sql, int n, const char *const *params,
                        apr_pool_t *pool)
{
    apr_pool_t *whole = job->ctl->pool;
    PGconn *conn = job->ctl->conn;
    PGresult *res;

    if (!job->prepared) {
        job->prepared = apr_hash_make(whole);
    }
    if (!apr_hash_get(job->prepared, name, APR_HASH_KEY_STRING)) {
        res = PQprepare(conn, name, sql, n, NULL);
        if (PQresultStatus(res) != PGRES_COMMAND_OK) {
            vo_err_t *err = voctl_pg_error(conn, res, name, whole);

            PQclear(res);
            return err;
        }
        PQclear(res);
        apr_hash_set(job->prepared, apr_pstrdup(whole, name),
                     APR_HASH_KEY_STRING, "");
    }
    res = PQexecPrepared(conn, name, n, params, NULL, NULL, 0);
    if (PQresultStatus(res) != PGRES_COMMAND_OK
        && PQresultStatus(res) != PGRES_TUPLES_OK) {
        vo_err_t *err = voctl_pg_error(conn, res, "The database refuses",
                                       whole);

        PQclear(res);
        return err;
    }
    apr_pool_cleanup_register(pool, res, voctl_img_clear,
                              apr_pool_cleanup_null);
    if (out) {
        *out = res;
    }
    return NULL;
}

apr_status_t voctl_img_clear(void *res)
{
    PQclear(res);
    return APR_SUCCESS;
}

const char *voctl_img_int(apr_int64_t v, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, v);
}

vo_err_t *voctl_img_flush(voctl_imgjob_t *job)
{
    if (job->ctl->is_dry_run) {
        return NULL;
    }
    VO_TRY(voctl_exec(job->ctl, "COMMIT"));
    return voctl_begin(job->ctl);
}

/* --- the release --------------------------------------------------------- */

static vo_err_t *read_filters(voctl_imgjob_t *job)
{
    apr_pool_t *pool = job->ctl->pool;
    vo_filter_t *filters;
    PGresult *res;
    int i;

    VO_TRY(voctl_query(&res, job->ctl, "SELECT name, filter_id, wavelength,"
                       " width FROM vo.filter WHERE survey = $1", 1,
                       &job->survey, pool));
    job->nfilters = PQntuples(res);
    job->filters = filters = apr_pcalloc(pool, sizeof(*filters)
                                                   * (size_t)job->nfilters);
    for (i = 0; i < job->nfilters; ++i) {
        filters[i].name = PQgetvalue(res, i, 0);
        filters[i].filter_id = (int)strtol(PQgetvalue(res, i, 1), NULL, 10);
        filters[i].wavelength = filters[i].width = NAN;
        vo_num_to_double(PQgetvalue(res, i, 2), PQgetlength(res, i, 2),
                         &filters[i].wavelength);
        vo_num_to_double(PQgetvalue(res, i, 3), PQgetlength(res, i, 3),
                         &filters[i].width);
    }
    return NULL;
}

/* PostgreSQL keeps the lock of a run that ended for a moment. */
static vo_err_t *lock(voctl_imgjob_t *job)
{
    apr_pool_t *pool = job->ctl->pool;
    PGresult *res;
    int i;

    for (i = 0; i < LOCK_TRIES; ++i) {
        VO_TRY(voctl_query(&res, job->ctl, "SELECT pg_try_advisory_lock("
                           "hashtext('voctl images'), hashtext($1))", 1,
                           &job->release, pool));
        if (*PQgetvalue(res, 0, 0) == 't') {
            return NULL;
        }
        apr_sleep(apr_time_from_msec(100));
    }
    return vo_err_make(pool, VO_ERR_BUSY, "Another voctl images works on %s.",
                       job->release);
}

vo_err_t *voctl_img_begin(voctl_imgjob_t *job, const char *release)
{
    apr_pool_t *pool = job->ctl->pool;
    PGresult *res;

    job->release = release;
    VO_TRY(voctl_connect(job->ctl));
    VO_TRY(lock(job));
    VO_TRY(voctl_begin(job->ctl));
    VO_TRY(voctl_query(&res, job->ctl,
        "SELECT survey, pg_schema, to_regclass(format('%I.vo_image',"
        " pg_schema)) IS NOT NULL FROM vo.release WHERE release_id = $1", 1,
        &release, pool));
    if (!PQntuples(res)) {
        return vo_err_hint(pool, vo_err_make(pool, VO_ERR_NOTFOUND,
                                             "There is no release %s.",
                                             release),
                           "See voctl release list.");
    }
    job->survey = PQgetvalue(res, 0, 0);
    job->schema = vo_sql_ident(PQgetvalue(res, 0, 1), pool);
    if (*PQgetvalue(res, 0, 2) != 't') {
        VO_TRY(voctl_query(NULL, job->ctl, "SELECT vo.make_images($1)", 1,
                           &release, pool));
    }
    return read_filters(job);
}

/* FOLDER lies in ROOT: the rest of it without a slash, else NULL. */
static const char *rest_below(const char *root, const char *folder)
{
    size_t n = strlen(root);

    if (strncmp(root, folder, n) || (folder[n] && folder[n] != '/')) {
        return NULL;
    }
    return folder + n + (folder[n] == '/');
}

static int find_root(voctl_imgjob_t *job, const char *folder)
{
    int i;

    for (i = 0; i < job->roots->nelts; ++i) {
        if (rest_below(APR_ARRAY_IDX(job->roots, i, voctl_imgroot_t).path,
                       folder)) {
            return i;
        }
    }
    return -1;
}

static void add_root(voctl_imgjob_t *job, int id, const char *path)
{
    voctl_imgroot_t *root = apr_array_push(job->roots);

    root->id = id;
    root->path = path;
    root->below = apr_array_make(job->ctl->pool, 2, sizeof(const char *));
}

vo_err_t *voctl_img_roots(voctl_imgjob_t *job)
{
    PGresult *res;
    int i;

    VO_TRY(voctl_query(&res, job->ctl, "SELECT root_id, path FROM"
                       " vo.image_root WHERE release_id = $1 ORDER BY root_id",
                       1, &job->release, job->ctl->pool));
    for (i = 0; i < PQntuples(res); ++i) {
        add_root(job, (int)strtol(PQgetvalue(res, i, 0), NULL, 10),
                 PQgetvalue(res, i, 1));
    }
    return NULL;
}

vo_err_t *voctl_img_move_root(voctl_imgjob_t *job, const char *from,
                              const char *to)
{
    apr_pool_t *pool = job->ctl->pool;
    char *real = realpath(to, NULL);
    const char *params[3] = {job->release, from, NULL};
    size_t n = strlen(from);
    PGresult *res;

    if (!real) {
        return vo_err_make(pool, VO_ERR_USAGE, "There is no folder %s.", to);
    }
    params[1] = n > 1 && from[n - 1] == '/' ? apr_pstrmemdup(pool, from, n - 1)
                                            : from;
    params[2] = apr_pstrdup(pool, real);
    free(real);
    VO_TRY(voctl_query(&res, job->ctl,
        "UPDATE vo.image_root SET path = $3 WHERE (release_id, path) ="
        " ($1, $2) RETURNING 1", 3, params, pool));
    if (!PQntuples(res)) {
        VO_TRY(voctl_query(&res, job->ctl,
            "SELECT coalesce(string_agg(path, ', '), 'none') FROM"
            " vo.image_root WHERE release_id = $1", 1, params, pool));
        return vo_err_make(pool, VO_ERR_USAGE, "%s is no root of %s, these"
                           " are: %s.", from, job->release,
                           PQgetvalue(res, 0, 0));
    }
    return NULL;
}

vo_err_t *voctl_img_root(int *root, const char **below, voctl_imgjob_t *job,
                         const char *folder)
{
    apr_pool_t *pool = job->ctl->pool;
    char *real = realpath(folder, NULL);
    const char *params[3];
    PGresult *res;

    if (!real) {
        return vo_err_make(pool, VO_ERR_USAGE, "There is no folder %s.",
                           folder);
    }
    folder = apr_pstrdup(pool, real);
    free(real);
    if (!job->roots->nelts) {
        VO_TRY(voctl_img_roots(job));
    }
    *root = find_root(job, folder);
    if (*root < 0) {
        params[0] = job->release;
        params[1] = folder;
        VO_TRY(voctl_query(&res, job->ctl,
            "INSERT INTO vo.image_root (release_id, root_id, path) SELECT $1,"
            " coalesce(max(root_id), 0) + 1, $2 FROM vo.image_root WHERE"
            " release_id = $1 RETURNING root_id", 2, params, pool));
        add_root(job, (int)strtol(PQgetvalue(res, 0, 0), NULL, 10), folder);
        *root = job->roots->nelts - 1;
    }
    *below = rest_below(APR_ARRAY_IDX(job->roots, *root,
                                      voctl_imgroot_t).path, folder);
    return NULL;
}

/* --- what is registered -------------------------------------------------- */

typedef struct known_t {
    const char *root, *path, *size, *mtime;
    int is_ours; /* flagged by us: look again */
    int is_seen; /* the file is there */
} known_t;

static const char *key_of(const char *root, const char *path,
                          apr_pool_t *pool)
{
    return apr_pstrcat(pool, root, "/", path, NULL);
}

/* PATH lies in a folder of ROOT that was scanned. */
static int is_scanned(const voctl_imgroot_t *root, const char *path)
{
    int i;

    for (i = 0; i < root->below->nelts; ++i) {
        const char *below = APR_ARRAY_IDX(root->below, i, const char *);

        if (!*below || rest_below(below, path)) {
            return 1;
        }
    }
    return 0;
}

static const voctl_imgroot_t *root_by_id(const voctl_imgjob_t *job,
                                         const char *id)
{
    int i;

    for (i = 0; i < job->roots->nelts; ++i) {
        const voctl_imgroot_t *root = &APR_ARRAY_IDX(job->roots, i,
                                                     voctl_imgroot_t);

        if (root->id == (int)strtol(id, NULL, 10)) {
            return root;
        }
    }
    return NULL;
}

static vo_err_t *flag_gone(voctl_imgjob_t *job, const known_t *known,
                           apr_pool_t *pool)
{
    const char *params[2] = {known->root, known->path};
    const char *set = " SET is_valid = false, comment = '" GONE "' WHERE"
                      " root_id = $1::integer AND path = $2 AND is_valid";

    ++job->nvanished;
    VO_TRY(voctl_query(NULL, job->ctl, apr_pstrcat(pool,
        "UPDATE ", job->schema, ".vo_image", set, NULL), 2, params, pool));
    return voctl_query(NULL, job->ctl, apr_pstrcat(pool,
        "UPDATE ", job->schema, ".vo_product", set, NULL), 2, params, pool);
}

static vo_err_t *read_known(apr_hash_t *all, voctl_imgjob_t *job,
                            apr_pool_t *pool)
{
    PGresult *res;
    int i;

    VO_TRY(voctl_query(&res, job->ctl, apr_pstrcat(pool,
        "SELECT root_id, path, file_size, file_mtime,"
        " coalesce(starts_with(comment, '" OURS "'), false) FROM ",
        job->schema, ".vo_image WHERE path IS NOT NULL UNION SELECT root_id,"
        " path, file_size, file_mtime, coalesce(starts_with(comment, '" OURS
        "'), false) FROM ", job->schema, ".vo_product ORDER BY 5 DESC", NULL),
        0, NULL, pool));
    for (i = 0; i < PQntuples(res); ++i) {
        known_t *known = apr_pcalloc(pool, sizeof(*known));

        known->root = PQgetvalue(res, i, 0);
        known->path = PQgetvalue(res, i, 1);
        known->size = PQgetvalue(res, i, 2);
        known->mtime = PQgetvalue(res, i, 3);
        known->is_ours = *PQgetvalue(res, i, 4) == 't';
        apr_hash_set(all, key_of(known->root, known->path, pool),
                     APR_HASH_KEY_STRING, known);
    }
    return NULL;
}

static int is_same(const known_t *known, const voctl_imgfile_t *file)
{
    apr_int64_t size = -1;
    double mtime = NAN;
    int64_t v;

    if (vo_num_to_int64(known->size, (int)strlen(known->size), &v)) {
        size = v;
    }
    vo_num_to_double(known->mtime, (int)strlen(known->mtime), &mtime);
    return size == file->size && fabs(mtime - file->mtime) < 1e-6;
}

vo_err_t *voctl_img_compare(voctl_imgjob_t *job)
{
    apr_hash_index_t *hi;
    apr_pool_t *pool;
    apr_hash_t *all;
    int i;

    apr_pool_create(&pool, job->ctl->pool);
    all = apr_hash_make(pool);
    VO_TRY(read_known(all, job, pool));
    for (i = 0; i < job->files->nelts; ++i) {
        voctl_imgfile_t *file = &APR_ARRAY_IDX(job->files, i,
                                               voctl_imgfile_t);
        known_t *known = apr_hash_get(
            all, key_of(voctl_img_int(APR_ARRAY_IDX(job->roots, file->root,
                                                    voctl_imgroot_t).id,
                                      pool), file->path, pool),
            APR_HASH_KEY_STRING);

        if (known) {
            known->is_seen = 1;
            file->is_known = !job->is_forced && !known->is_ours
                             && is_same(known, file);
            job->nunchanged += file->is_known;
        }
    }
    for (hi = apr_hash_first(pool, all); hi; hi = apr_hash_next(hi)) {
        const known_t *known = apr_hash_this_val(hi);
        const voctl_imgroot_t *root = root_by_id(job, known->root);

        if (!known->is_seen && !known->is_ours && root
            && is_scanned(root, known->path)) {
            VO_TRY(flag_gone(job, known, pool));
        }
    }
    apr_pool_destroy(pool);
    return NULL;
}

/* --- footprints ---------------------------------------------------------- */

static vo_err_t *read_footprints(voctl_imgjob_t *job)
{
    apr_pool_t *pool = job->ctl->pool;
    PGresult *res;
    int i;

    job->footprints = apr_hash_make(pool);
    VO_TRY(voctl_query(&res, job->ctl, apr_pstrcat(pool,
        "SELECT sky_dali_text(region), footprint_id FROM ", job->schema,
        ".vo_footprint", NULL), 0, NULL, pool));
    for (i = 0; i < PQntuples(res); ++i) {
        apr_hash_set(job->footprints, PQgetvalue(res, i, 0),
                     APR_HASH_KEY_STRING, PQgetvalue(res, i, 1));
    }
    return NULL;
}

/* The footprint of V: one there is, or a new one. */
static vo_err_t *footprint_of(const char **id, voctl_imgjob_t *job,
                              const char *const *v, apr_pool_t *pool)
{
    const char *params[5];
    PGresult *res;

    *id = NULL;
    if (!v[IMG_REGION]) {
        return NULL;
    }
    if (!job->footprints) {
        VO_TRY(read_footprints(job));
    }
    *id = apr_hash_get(job->footprints, v[IMG_REGION], APR_HASH_KEY_STRING);
    if (*id) {
        return NULL;
    }
    params[0] = v[IMG_REGION];
    params[1] = v[IMG_COVER];
    params[2] = v[IMG_RA];
    params[3] = v[IMG_DEC];
    params[4] = v[IMG_FOV];
    VO_TRY(voctl_img_sql(&res, job, "footprint", apr_pstrcat(pool,
        "INSERT INTO ", job->schema, ".vo_footprint (region, cover, ra,"
        " \"dec\", fov) VALUES (sky_region($1::text), $2::int8multirange,"
        " $3::float8, $4::float8, $5::float8) RETURNING footprint_id", NULL),
        5, params, pool));
    *id = apr_pstrdup(job->ctl->pool, PQgetvalue(res, 0, 0));
    apr_hash_set(job->footprints, apr_pstrdup(job->ctl->pool, v[IMG_REGION]),
                 APR_HASH_KEY_STRING, *id);
    return NULL;
}

/* --- images -------------------------------------------------------------- */

enum { P_RELEASE, P_ROOT, P_PATH, P_PART, P_FOOTPRINT, P_SIZE, P_MTIME,
       P_CHECKSUM, P_COLUMNS, P_COUNT = P_COLUMNS + IMG_COLUMNS };

/* Columns that come with the file, in the order of P_... */
static const char *const file_columns[P_COLUMNS] = {
    NULL, "root_id", "path", NULL, "footprint_id", "file_size", "file_mtime",
    "checksum"};
static const char *const file_types[P_COLUMNS] = {
    "text", "integer", "text", "text", "bigint", "bigint", "double precision",
    "text"};

/* A flag of ours goes when the file is read again. */
#define UNFLAG(t)                                                             \
    " is_valid = " t ".is_valid OR coalesce(starts_with(" t ".comment, '"     \
    OURS "'), false), comment = CASE WHEN starts_with(" t ".comment, '" OURS  \
    "') THEN NULL ELSE " t ".comment END"

static const char *insert_sql(const voctl_imgjob_t *job, apr_pool_t *pool)
{
    const char *names = "publisher_did", *values, *sets = "";
    int i;

    values = "vo.did_base($1, (SELECT ivoid FROM vo.release WHERE release_id"
             " = $1)) || vo.did_path($2, $3) || $4";
    for (i = 0; i < P_COUNT; ++i) {
        const char *name = i < P_COLUMNS
                               ? file_columns[i]
                               : voctl_image_columns[i - P_COLUMNS].name;
        const char *type = i < P_COLUMNS
                               ? file_types[i]
                               : voctl_image_columns[i - P_COLUMNS].type;

        if (name) {
            names = apr_pstrcat(pool, names, ", ", name, NULL);
            values = apr_psprintf(pool, "%s, $%d::%s", values, i + 1, type);
            sets = apr_pstrcat(pool, sets, name, " = EXCLUDED.", name, ", ",
                               NULL);
        }
    }
    return apr_pstrcat(pool, "INSERT INTO ", job->schema, ".vo_image AS t (",
                       names, ") SELECT ", values, " ON CONFLICT (root_id,"
                       " path, hdu) DO UPDATE SET ", sets, "publisher_did ="
                       " EXCLUDED.publisher_did, changed = now(),"
                       UNFLAG("t") " RETURNING image_id", NULL);
}

/* Parameters that name FILE. */
static void file_params(const char **params, const voctl_imgjob_t *job,
                        const voctl_imgfile_t *file, const char *checksum,
                        apr_pool_t *pool)
{
    params[P_RELEASE] = job->release;
    params[P_ROOT] = voctl_img_int(APR_ARRAY_IDX(job->roots, file->root,
                                                 voctl_imgroot_t).id, pool);
    params[P_PATH] = file->path;
    params[P_SIZE] = voctl_img_int(file->size, pool);
    params[P_MTIME] = voctl_img_number(file->mtime, pool);
    params[P_CHECKSUM] = checksum;
}

/* An image that was gone and comes back under another name, compressed or in
 * another HDU: the row with its identifier is the one to renew. */
static vo_err_t *adopt(voctl_imgjob_t *job, const char *const *params,
                       const char *hdu, apr_pool_t *pool)
{
    const char *p[5] = {params[P_RELEASE], params[P_ROOT], params[P_PATH],
                        params[P_PART], hdu};
    PGresult *res;

    VO_TRY(voctl_img_sql(&res, job, "adopt", apr_pstrcat(pool,
        "UPDATE ", job->schema, ".vo_image SET path = $3, hdu = $5::integer"
        " WHERE publisher_did = vo.did_base($1, (SELECT ivoid FROM vo.release"
        " WHERE release_id = $1)) || vo.did_path($2::integer, $3) || $4 AND"
        " NOT is_valid AND (path, hdu) <> ($3, $5::integer)", NULL), 5, p,
        pool));
    if (!*params[P_PART] && job->nvanished && *PQcmdTuples(res) == '1') {
        --job->nvanished; /* it only moved */
    }
    return NULL;
}

static vo_err_t *store_image(const char **id, voctl_imgjob_t *job,
                             const voctl_imgfile_t *file,
                             const char *const *v, const char *checksum,
                             int part, apr_pool_t *pool)
{
    const char *params[P_COUNT];
    PGresult *res;
    vo_err_t *err;

    file_params(params, job, file, checksum, pool);
    params[P_PART] = part > 1 ? apr_psprintf(pool, ";%d", part) : "";
    VO_TRY(footprint_of(&params[P_FOOTPRINT], job, v, pool));
    memcpy(params + P_COLUMNS, v, sizeof(*v) * IMG_COLUMNS);
    VO_TRY(adopt(job, params, v[IMG_HDU], pool));
    err = voctl_img_sql(&res, job, "image", insert_sql(job, pool), P_COUNT,
                        params, pool);
    if (err && strstr(err->text, "publisher_did_key")) {
        return vo_err_make(job->ctl->pool, VO_ERR_USAGE, "Another file has"
                           " this image, compressed or not, and is"
                           " registered");
    }
    VO_TRY(err);
    *id = PQgetvalue(res, 0, 0);
    return voctl_img_sql(NULL, job, "forget", apr_pstrcat(pool,
        "DELETE FROM ", job->schema, ".vo_progenitor WHERE image_id ="
        " $1::bigint", NULL), 1, id, pool);
}

static vo_err_t *store_progenitor(voctl_imgjob_t *job, const char *image,
                                  const char *name, apr_pool_t *pool)
{
    const char *params[2] = {image, name};

    return voctl_img_sql(NULL, job, "progenitor", apr_pstrcat(pool,
        "INSERT INTO ", job->schema, ".vo_progenitor (image_id, name) VALUES"
        " ($1::bigint, $2) ON CONFLICT DO NOTHING", NULL), 2, params, pool);
}

/* HDUs of FILE that are registered but not among HDUS any more. */
static vo_err_t *flag_others(voctl_imgjob_t *job, const voctl_imgfile_t *file,
                             const char *hdus, const char *why,
                             apr_pool_t *pool)
{
    const char *params[4];

    params[0] = voctl_img_int(APR_ARRAY_IDX(job->roots, file->root,
                                            voctl_imgroot_t).id, pool);
    params[1] = file->path;
    params[2] = hdus;
    params[3] = apr_pstrcat(pool, OURS, why, NULL);
    VO_TRY(voctl_img_sql(NULL, job, "others", apr_pstrcat(pool,
        "UPDATE ", job->schema, ".vo_image SET is_valid = false, changed ="
        " now(), comment = $4 WHERE root_id = $1::integer AND path = $2 AND"
        " hdu <> ALL($3::integer[]) AND (is_valid OR starts_with(comment, '"
        OURS "'))", NULL), 4, params, pool));
    return voctl_img_sql(NULL, job, "otherproducts", apr_pstrcat(pool,
        "UPDATE ", job->schema, ".vo_product SET is_valid = false, comment ="
        " $4 WHERE root_id = $1::integer AND path = $2 AND hdu <>"
        " ALL($3::integer[]) AND (is_valid OR starts_with(comment, '" OURS
        "'))", NULL), 4, params, pool);
}

vo_err_t *voctl_img_flag_broken(voctl_imgjob_t *job,
                                const voctl_imgfile_t *file,
                                const char *reason, apr_pool_t *pool)
{
    return flag_others(job, file, "{}", reason, pool);
}

vo_err_t *voctl_img_put_product(voctl_imgjob_t *job,
                                const voctl_imgfile_t *file, int kind,
                                const char *image, const char *obs_id,
                                const char *hdu, const char *media_type,
                                const char *checksum, apr_pool_t *pool)
{
    const char *params[11];

    params[0] = image;
    params[1] = obs_id;
    params[2] = vo_product_kinds[kind].name;
    params[3] = voctl_img_int(APR_ARRAY_IDX(job->roots, file->root,
                                            voctl_imgroot_t).id, pool);
    params[4] = file->path;
    params[5] = hdu;
    params[6] = media_type;
    params[7] = voctl_img_int(file->size, pool);
    params[8] = voctl_img_number(file->mtime, pool);
    params[9] = checksum;
    ++job->nproducts;
    return voctl_img_sql(NULL, job, "product", apr_pstrcat(pool,
        "INSERT INTO ", job->schema, ".vo_product AS t (image_id, obs_id,"
        " kind, root_id, path, hdu, media_type, file_size, file_mtime,"
        " checksum) VALUES ($1::bigint, $2, $3, $4::integer, $5, $6::integer,"
        " $7, $8::bigint, $9::double precision, $10) ON CONFLICT (root_id,"
        " path, hdu) DO UPDATE SET image_id = EXCLUDED.image_id, obs_id ="
        " EXCLUDED.obs_id, kind = EXCLUDED.kind, media_type ="
        " EXCLUDED.media_type, file_size = EXCLUDED.file_size, file_mtime ="
        " EXCLUDED.file_mtime, checksum = EXCLUDED.checksum,"
        UNFLAG("t"), NULL), 10, params, pool);
}

/* The records of a science file; the first is its checksum. */
vo_err_t *voctl_img_store(voctl_imgjob_t *job, const voctl_imgfile_t *file,
                          const apr_array_header_t *records,
                          apr_pool_t *pool)
{
    const voctl_record_t *all = (const voctl_record_t *)records->elts;
    const char *checksum = all[0].values[0], *image = NULL, *obs_id = NULL;
    const char *hdus = "{";
    int i, part = 0;

    for (i = 1; i < records->nelts; ++i) {
        const char *const *v = all[i].values;
        int kind;

        if (all[i].n == 1) {
            VO_TRY(store_progenitor(job, image, v[0], pool));
            continue;
        }
        hdus = apr_pstrcat(pool, hdus, hdus[1] ? "," : "", v[IMG_HDU], NULL);
        kind = vo_product_kind_find(v[IMG_KIND]);
        if (kind < 0) {
            VO_TRY(store_image(&image, job, file, v, checksum, ++part, pool));
            obs_id = v[IMG_OBS_ID];
            ++job->nimages;
        }
        else if (image) {
            VO_TRY(voctl_img_put_product(job, file, kind, image, obs_id,
                                         v[IMG_HDU], "image/fits", checksum,
                                         pool));
        }
    }
    return flag_others(job, file, apr_pstrcat(pool, hdus, "}", NULL),
                       "the file has this HDU no more", pool);
}
