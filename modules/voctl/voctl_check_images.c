/* voctl_check_images.c: voctl check: data products and their files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "vo_sql.h"
#include "voctl_check.h"
#include "voctl_images.h"

const apr_getopt_option_t voctl_check_options[] = {
    { "checksum", 256, 0, "read every data file and compare its sha256" },
    { NULL, 0, 0, NULL },
};

/* Queries of problems as in voctl_check.c; %1$s is the schema, $1 the
 * release. */
static const struct {
    const char *title, *sql;
} checks[] = {
    { "images have footprints",
      "SELECT coalesce(path, link) || ': ' || CASE WHEN footprint_id IS NULL"
      " THEN 'no footprint' ELSE 'the footprint and its cells disagree' END"
      " FROM %1$s.vo_image LEFT JOIN %1$s.vo_footprint USING (footprint_id)"
      " WHERE $1 <> '' AND is_valid AND product_type IN ('image', 'cube') AND"
      " (footprint_id IS NULL OR sky_hpx(ra, \"dec\") IS NULL OR"
      " NOT sky_contains(sky_centroid(region), sky_region(cover)))" },
    { "identifiers are those of the release",
      "SELECT publisher_did FROM %1$s.vo_image JOIN vo.release ON release_id ="
      " $1 WHERE NOT starts_with(publisher_did, vo.did_base(release_id,"
      " ivoid))" },
    { "filters are those of the survey",
      "SELECT DISTINCT 'unknown: ' || filter_name FROM %1$s.vo_image i WHERE"
      " is_valid AND filter_name IS NOT NULL AND NOT EXISTS (SELECT FROM"
      " vo.filter f JOIN vo.release USING (survey) WHERE release_id = $1 AND"
      " f.name = filter_name AND f.filter_id = i.filter_id) AND EXISTS"
      " (SELECT FROM vo.filter JOIN vo.release USING (survey) WHERE"
      " release_id = $1)" },
    { "related files belong to images",
      "SELECT p.path || ': there is no image of ' || obs_id FROM"
      " %1$s.vo_product p WHERE $1 <> '' AND is_valid AND NOT EXISTS (SELECT"
      " FROM %1$s.vo_image i WHERE i.obs_id = p.obs_id)" },
};

static vo_err_t *check_rows(voctl_report_t *r, const char *schema)
{
    apr_array_header_t *problems;
    PGresult *res;
    size_t i;
    int row;

    for (i = 0; i < sizeof(checks) / sizeof(*checks); ++i) {
        const char *sql = checks[i].sql, *at;
        const char *text = "";

        while ((at = strstr(sql, "%1$s")) != NULL) {
            text = apr_pstrcat(r->pool, text,
                               apr_pstrmemdup(r->pool, sql,
                                              (apr_size_t)(at - sql)),
                               schema, NULL);
            sql = at + 4;
        }
        VO_TRY(voctl_query(&res, r->ctl, apr_pstrcat(r->pool, text, sql, NULL),
                           1, &r->release, r->pool));
        problems = apr_array_make(r->pool, 4, sizeof(const char *));
        for (row = 0; row < PQntuples(res); ++row) {
            APR_ARRAY_PUSH(problems, const char *) = PQgetvalue(res, row, 0);
        }
        voctl_check_tell(r, checks[i].title, problems);
    }
    return NULL;
}

/* --- files --------------------------------------------------------------- */

typedef struct files_t {
    voctl_report_t *report;
    PGresult *res; /* root path, path, size, checksum */
    apr_array_header_t *problems;
    voctl_progress_t *progress;
    int ndone, nall;
} files_t;

static const char *name_of(const PGresult *res, int row, apr_pool_t *pool)
{
    return apr_pstrcat(pool, PQgetvalue(res, row, 0), "/",
                       PQgetvalue(res, row, 1), NULL);
}

/* What is wrong with the file of ROW, without reading it; NULL: nothing. */
static const char *look_at(const PGresult *res, int row, apr_pool_t *pool)
{
    const char *name = name_of(res, row, pool);
    char size[32];
    struct stat st;

    if (PQgetisnull(res, row, 0)) {
        return apr_pstrcat(pool, PQgetvalue(res, row, 1),
                           ": its root is not registered", NULL);
    }
    if (lstat(name, &st)) {
        return apr_pstrcat(pool, name, ": ", strerror(errno), NULL);
    }
    if (!S_ISREG(st.st_mode) || access(name, R_OK)) {
        return apr_pstrcat(pool, name, ": not a file that can be read", NULL);
    }
    apr_snprintf(size, sizeof(size), "%" APR_INT64_T_FMT,
                 (apr_int64_t)st.st_size);
    return strcmp(size, PQgetvalue(res, row, 2))
               ? apr_pstrcat(pool, name, ": ", size, " bytes, registered with ",
                             PQgetvalue(res, row, 2), NULL)
               : NULL;
}

static vo_err_t *sum(void *baton, int row, voctl_answer_t *answer,
                     apr_pool_t *pool)
{
    const files_t *files = baton;
    const char *checksum;

    VO_TRY(voctl_img_checksum(&checksum, name_of(files->res, row, pool),
                              pool));
    voctl_answer_add(answer, 1, &checksum);
    return NULL;
}

static vo_err_t *compare(void *baton, int row,
                         const apr_array_header_t *records,
                         const char *failed, apr_pool_t *pool)
{
    files_t *files = baton;
    const char *checksum = failed ? failed
                                  : APR_ARRAY_IDX(records, 0, voctl_record_t)
                                        .values[0];

    (void)pool;
    if (strcmp(checksum, PQgetvalue(files->res, row, 3))) {
        APR_ARRAY_PUSH(files->problems, const char *) = apr_pstrcat(
            files->report->pool,
            name_of(files->res, row, files->report->pool), ": ",
            failed ? failed : "not what was registered, by its checksum",
            NULL);
    }
    ++files->ndone;
    voctl_progress(files->progress, files->ndone, files->nall, files->ndone);
    return NULL;
}

static vo_err_t *check_sums(files_t *files, const int *rows)
{
    voctl_t *ctl = files->report->ctl;
    vo_err_t *err;

    files->problems = apr_array_make(files->report->pool, 4,
                                     sizeof(const char *));
    files->progress = voctl_progress_start(ctl, "Checksums");
    voctl_progress_of(files->progress, "files");
    err = voctl_work(ctl, (int)sysconf(_SC_NPROCESSORS_ONLN), files->nall,
                     rows, sum, compare, files);
    voctl_progress_end(files->progress);
    VO_TRY(err);
    voctl_check_tell(files->report, "checksums of data files agree",
                     files->problems);
    return NULL;
}

static vo_err_t *check_files(voctl_report_t *r, const char *schema)
{
    files_t files = {r, NULL, NULL, NULL, 0, 0};
    apr_pool_t *scratch;
    int row, *rows;

    VO_TRY(voctl_query(&files.res, r->ctl, apr_pstrcat(r->pool,
        "SELECT DISTINCT r.path, f.path, file_size, checksum FROM (SELECT"
        " root_id, path, file_size, checksum FROM ", schema, ".vo_image WHERE"
        " path IS NOT NULL AND is_valid UNION ALL SELECT root_id, path,"
        " file_size, checksum FROM ", schema, ".vo_product WHERE is_valid) f"
        " LEFT JOIN vo.image_root r ON (r.release_id, r.root_id) = ($1,"
        " f.root_id) ORDER BY 1, 2", NULL), 1, &r->release, r->pool));
    rows = apr_palloc(r->pool, sizeof(*rows)
                                   * (size_t)(PQntuples(files.res) + 1));
    files.problems = apr_array_make(r->pool, 4, sizeof(const char *));
    apr_pool_create(&scratch, r->pool);
    for (row = 0; row < PQntuples(files.res); ++row) {
        const char *problem = look_at(files.res, row, scratch);

        if (problem) {
            APR_ARRAY_PUSH(files.problems, const char *)
                = apr_pstrdup(r->pool, problem);
        }
        else if (!PQgetisnull(files.res, row, 3)) {
            rows[files.nall++] = row;
        }
        apr_pool_clear(scratch);
    }
    voctl_check_tell(r, "data files are there, with their sizes",
                     files.problems);
    return voctl_opt(r->ctl, "checksum") && files.nall
               ? check_sums(&files, rows) : NULL;
}

vo_err_t *voctl_check_images(voctl_report_t *r)
{
    PGresult *res;
    const char *schema;

    VO_TRY(voctl_query(&res, r->ctl,
        "SELECT pg_schema FROM vo.release WHERE release_id = $1 AND"
        " to_regclass(format('%I.vo_image', pg_schema)) IS NOT NULL", 1,
        &r->release, r->pool));
    if (!PQntuples(res)) {
        return NULL;
    }
    schema = vo_sql_ident(PQgetvalue(res, 0, 0), r->pool);
    VO_TRY(check_rows(r, schema));
    return check_files(r, schema);
}
