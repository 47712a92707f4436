/* voctl_examples.c: voctl examples: the queries a release shows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_examples.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "adql/vo_adql.h"
#include "meta/vo_meta_load.h"

#define MAX_FILE (1024 * 1024)
#define MARK "-- example "

/* --- the file ------------------------------------------------------------ */

typedef struct parser_t {
    const char *path;
    int line;
    vo_example_t *now;         /* being read, or NULL */
    apr_array_header_t *found; /* vo_example_t */
    apr_pool_t *pool;
} parser_t;

static vo_err_t *complain(const parser_t *p, const char *what)
{
    return vo_err_make(p->pool, VO_ERR_USAGE, "%s, line %d: %s.", p->path,
                       p->line, what);
}

#define SPACE " \t\r\n"

/* TEXT without space around it and without any of TAIL behind it. */
static const char *trimmed(const char *text, const char *tail,
                           apr_pool_t *pool)
{
    apr_size_t len;

    text += strspn(text, SPACE);
    len = strlen(text);
    while (len && strchr(tail, text[len - 1])) {
        --len;
    }
    return apr_pstrmemdup(pool, text, len);
}

static vo_err_t *end_example(parser_t *p)
{
    if (p->now) {
        p->now->query = trimmed(p->now->query, SPACE ";", p->pool);
        if (!*p->now->query) {
            return complain(p, apr_psprintf(p->pool,
                                            "example %s has no query",
                                            p->now->id));
        }
        if (p->now->description) {
            p->now->description = trimmed(p->now->description, SPACE,
                                           p->pool);
        }
    }
    return NULL;
}

/* "ID: name" begins an example. */
static vo_err_t *begin_example(parser_t *p, const char *title)
{
    const char *colon = strchr(title, ':');
    vo_example_t one = {0};
    apr_size_t len;
    int i;

    VO_TRY(end_example(p));
    len = colon ? (apr_size_t)(colon - title) : 0;
    one.id = apr_pstrmemdup(p->pool, title, len);
    one.name = colon ? trimmed(colon + 1, SPACE, p->pool) : "";
    one.query = "";
    if (!apr_isalpha(*one.id) || len > 64 || !*one.name
        || strspn(one.id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
                          "Z0123456789_-") != len) {
        return complain(p, "\"" MARK "ID: NAME\" is expected, ID being "
                           "letters, digits, '-' and '_', a letter first");
    }
    for (i = 0; i < p->found->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(p->found, i, vo_example_t).id, one.id)) {
            return complain(p, apr_psprintf(p->pool,
                                            "example %s is there already",
                                            one.id));
        }
    }
    p->now = apr_array_push(p->found);
    *p->now = one;
    return NULL;
}

/* Comments before the query are its description. */
static void add_line(parser_t *p, const char *line)
{
    vo_example_t *e = p->now;

    if (!*e->query && !strncmp(line, "--", 2)) {
        const char *words = trimmed(line + 2, SPACE, p->pool);

        e->description = !e->description ? words
                         : apr_pstrcat(p->pool, e->description, "\n", words,
                                       NULL);
    }
    else if (*e->query || *trimmed(line, SPACE, p->pool)) {
        e->query = apr_pstrcat(p->pool, e->query, line, "\n", NULL);
    }
}

vo_err_t *voctl_examples_parse(apr_array_header_t **examples, const char *path,
                               const char *text, apr_pool_t *pool)
{
    parser_t p = {path, 0, NULL, NULL, pool};

    p.found = apr_array_make(pool, 16, sizeof(vo_example_t));
    while (*text) {
        apr_size_t len = strcspn(text, "\n");
        const char *line = apr_pstrmemdup(pool, text, len);

        ++p.line;
        text += len + (text[len] == '\n');
        if (!strncmp(line, MARK, strlen(MARK))) {
            VO_TRY(begin_example(&p, line + strlen(MARK)));
        }
        else if (p.now) {
            add_line(&p, line);
        }
        else if (*trimmed(line, SPACE, pool) && strncmp(line, "--", 2)) {
            return complain(&p, "\"" MARK "ID: NAME\" is expected before the "
                                "first query");
        }
    }
    VO_TRY(end_example(&p));
    *examples = p.found;
    return NULL;
}

static vo_err_t *read_file(const char **text, const char *path,
                           apr_pool_t *pool)
{
    apr_file_t *file;
    apr_size_t len = MAX_FILE;
    char *buf = apr_palloc(pool, MAX_FILE + 1);
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ,
                                    APR_OS_DEFAULT, pool);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, buf, MAX_FILE, &len);
        apr_file_close(file);
    }
    if (rv == APR_SUCCESS) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "%s is longer than examples can be.", path);
    }
    if (!APR_STATUS_IS_EOF(rv)) {
        char reason[120];

        return vo_err_make(pool, VO_ERR_USAGE, "%s: %s", path,
                           apr_strerror(rv, reason, sizeof(reason)));
    }
    buf[len] = '\0';
    *text = buf;
    return NULL;
}

/* --- the database -------------------------------------------------------- */

/* The error of EXAMPLE's query on REL, or NULL. */
static vo_err_t *try_query(const vo_release_t *rel,
                           const vo_example_t *example, apr_pool_t *pool)
{
    vo_adql_env_t env = {.release = rel, .maxrec = -1, .version = 21};
    vo_adql_result_t *sql;

    return vo_adql_translate(&sql, example->query, &env, pool, pool);
}

/* What is published, as this transaction sees it. */
static vo_err_t *find_release(const vo_release_t **rel, voctl_t *ctl,
                              const char *release, apr_pool_t *pool)
{
    vo_meta_t *meta;

    VO_TRY(vo_meta_load(&meta, ctl->conn, pool));
    *rel = vo_meta_release(meta, release);
    return *rel ? NULL
                : vo_err_make(pool, VO_ERR_NOTFOUND,
                              "There is no release %s.", release);
}

vo_err_t *voctl_examples_put(voctl_t *ctl, const char *release,
                             const apr_array_header_t *examples)
{
    const vo_release_t *rel;
    const char *params[6];
    int i;

    VO_TRY(voctl_connect(ctl));
    VO_TRY(find_release(&rel, ctl, release, ctl->pool));
    VO_TRY(voctl_begin(ctl));
    params[0] = release;
    VO_TRY(voctl_query(NULL, ctl,
                       "DELETE FROM vo.example WHERE release_id = $1", 1,
                       params, ctl->pool));
    for (i = 0; i < examples->nelts; ++i) {
        const vo_example_t *e = &APR_ARRAY_IDX(examples, i, vo_example_t);
        vo_err_t *err = try_query(rel, e, ctl->pool);

        if (err) {
            return vo_err_make(ctl->pool, VO_ERR_USAGE, "Example %s: %s",
                               e->id, vo_err_public(err, ctl->pool));
        }
        params[1] = e->id;
        params[2] = apr_itoa(ctl->pool, i);
        params[3] = e->name;
        params[4] = e->description;
        params[5] = e->query;
        VO_TRY(voctl_query(NULL, ctl,
            "INSERT INTO vo.example (release_id, example_id, place, name,"
            " description, query) VALUES ($1, $2, $3, $4, $5, $6)", 6, params,
            ctl->pool));
    }
    VO_TRY(voctl_commit(ctl));
    voctl_say(ctl, "%s: %d examples", release, examples->nelts);
    return NULL;
}

void voctl_examples_check(apr_array_header_t *problems,
                          const vo_release_t *rel, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < rel->nexamples; ++i) {
        vo_err_t *err = try_query(rel, &rel->examples[i], pool);

        if (err) {
            APR_ARRAY_PUSH(problems, const char *)
                = apr_pstrcat(pool, rel->examples[i].id, ": ",
                              vo_err_public(err, pool), NULL);
        }
    }
}

vo_err_t *voctl_examples(voctl_t *ctl, int argc, const char *const *argv)
{
    apr_array_header_t *examples;
    const char *text = NULL;

    (void)argc;
    VO_TRY(read_file(&text, argv[1], ctl->pool));
    VO_TRY(voctl_examples_parse(&examples, argv[1], text, ctl->pool));
    return voctl_abort(ctl, voctl_examples_put(ctl, argv[0], examples));
}
