/* voctl_init.c: voctl init: apply the numbered SQL files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_sha1.h>
#include <apr_strings.h>

#define MAX_SQL_FILE (4 * 1024 * 1024)

/* Where the SQL files are: below VO_SHARE, beside an installed voctl
 * (bin/../share/mod_vo), or in the tree it was built in (build/bin). */
static vo_err_t *find_schema_dir(const char **dir, apr_pool_t *pool)
{
    static const char *const places[] = {
        "/../share/mod_vo/schema", "/../../sql/schema",
    };
    const char *share = getenv("VO_SHARE");
    char *exe = realpath("/proc/self/exe", NULL);
    apr_finfo_t info;
    size_t i;

    if (share) {
        free(exe);
        *dir = apr_pstrcat(pool, share, "/schema", NULL);
        return NULL;
    }
    for (i = 0; exe && i < sizeof(places) / sizeof(*places); ++i) {
        const char *slash = strrchr(exe, '/');

        *dir = apr_pstrcat(pool, apr_pstrmemdup(pool, exe,
                                                (apr_size_t)(slash - exe)),
                           places[i], NULL);
        if (apr_stat(&info, *dir, APR_FINFO_TYPE, pool) == APR_SUCCESS) {
            free(exe);
            return NULL;
        }
    }
    free(exe);
    return vo_err_make(pool, VO_ERR_FAULT,
                       "The SQL files of the schema are not found; say where "
                       "with VO_SHARE.");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names NNN_*.sql in DIR, in order. */
static vo_err_t *list_files(apr_array_header_t **names, const char *dir,
                            apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_dir_t *d;
    apr_status_t rv = apr_dir_open(&d, dir, pool);

    if (rv != APR_SUCCESS) {
        vo_err_t *err = vo_err_make(pool, VO_ERR_FAULT, "Cannot read %s", dir);

        err->aprerr = rv;
        return err;
    }
    *names = apr_array_make(pool, 16, sizeof(const char *));
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        size_t n = strlen(info.name);

        if (n > 8 && strspn(info.name, "0123456789") == 3
            && info.name[3] == '_' && !strcmp(info.name + n - 4, ".sql")) {
            APR_ARRAY_PUSH(*names, const char *) = apr_pstrdup(pool,
                                                               info.name);
        }
    }
    apr_dir_close(d);
    if ((*names)->nelts == 0) {
        return vo_err_make(pool, VO_ERR_FAULT, "No SQL files in %s.", dir);
    }
    qsort((*names)->elts, (size_t)(*names)->nelts, sizeof(const char *),
          by_name);
    return NULL;
}

static vo_err_t *read_file(const char **text, const char *path,
                           apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, MAX_SQL_FILE + 1);
    apr_size_t n = 0;
    apr_file_t *f;
    apr_status_t rv = apr_file_open(&f, path, APR_READ, 0, pool);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(f, buf, MAX_SQL_FILE, &n);
        apr_file_close(f);
    }
    if (rv != APR_EOF) { /* the end must come before the limit */
        vo_err_t *err = vo_err_make(pool, VO_ERR_FAULT, "Cannot read %s", path);

        err->aprerr = rv;
        return err;
    }
    buf[n] = '\0';
    *text = buf;
    return NULL;
}

static const char *digest(const char *text, apr_pool_t *pool)
{
    unsigned char sha[APR_SHA1_DIGESTSIZE];
    char *hex = apr_palloc(pool, 2 * sizeof(sha) + 1);
    apr_sha1_ctx_t ctx;
    size_t i;

    apr_sha1_init(&ctx);
    apr_sha1_update(&ctx, text, (unsigned)strlen(text));
    apr_sha1_final(sha, &ctx);
    for (i = 0; i < sizeof(sha); ++i) {
        apr_snprintf(hex + 2 * i, 3, "%02x", sha[i]);
    }
    return hex;
}

static vo_err_t *apply(voctl_t *ctl, const char *dir, const char *name,
                       apr_pool_t *scratch)
{
    const char *params[2];
    const char *text;
    PGresult *res;
    vo_err_t *err;

    VO_TRY(read_file(&text, apr_pstrcat(scratch, dir, "/", name, NULL),
                     scratch));
    err = voctl_exec(ctl, text);
    if (err) {
        err->detail = NULL; /* the whole file */
        if (strstr(err->text, "pgsky")) {
            vo_err_hint(ctl->pool, err, "Install the extension pgsky on the "
                                        "database's machine (make install).");
        }
        return vo_err_wrap(ctl->pool, err, "%s", name);
    }
    params[0] = name;
    params[1] = digest(text, scratch);
    VO_TRY(voctl_query(&res, ctl,
        "INSERT INTO vo.schema_version (file, digest) VALUES ($1, $2)"
        " ON CONFLICT (file) DO UPDATE SET digest = excluded.digest,"
        " applied = now() WHERE schema_version.digest <> excluded.digest"
        " RETURNING 1", 2, params, scratch));
    voctl_say(ctl, "%s: %s", name, PQntuples(res) ? "applied" : "unchanged");
    return NULL;
}

static vo_err_t *apply_all(voctl_t *ctl)
{
    apr_array_header_t *names;
    apr_pool_t *scratch;
    const char *dir = NULL;
    int i;

    VO_TRY(find_schema_dir(&dir, ctl->pool));
    VO_TRY(list_files(&names, dir, ctl->pool));
    VO_TRY(voctl_connect(ctl));
    VO_TRY(voctl_exec(ctl, "BEGIN"));
    /* two of us at once would meet in the catalogues */
    VO_TRY(voctl_exec(ctl, "SELECT pg_advisory_xact_lock("
                           "hashtext('mod_vo init'))"));
    apr_pool_create(&scratch, ctl->pool);
    for (i = 0; i < names->nelts; ++i) {
        VO_TRY(apply(ctl, dir, APR_ARRAY_IDX(names, i, const char *),
                     scratch));
        apr_pool_clear(scratch);
    }
    return voctl_commit(ctl);
}

vo_err_t *voctl_init(voctl_t *ctl, int argc, const char *const *argv)
{
    (void)argc;
    (void)argv;
    return voctl_abort(ctl, apply_all(ctl));
}
