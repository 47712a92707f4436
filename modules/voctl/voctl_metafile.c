/* voctl_metafile.c: the small text file that completes a table's metadata. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_metafile.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "voctl.h"

#define MAX_LINE 8192

static const char *const table_keys[] = {
    "description", "utype", "epoch", "ra", "dec", "id", NULL,
};
static const char *const column_keys[] = {
    "name", "type", "unit", "ucd", "utype", "xtype", "description",
    "principal", "std", "skip", "timesys", NULL,
};
static const char *const key_keys[] = {
    "from", "target", "to", "description", NULL,
};

typedef struct parser_t {
    voctl_metafile_t *meta;
    const char *const *allowed; /* keys of the section */
    apr_hash_t *section;        /* NULL before the first */
    const char *key;            /* the last one, for continuation */
    int line;
    apr_pool_t *pool;
} parser_t;

const char *voctl_fold_case(const char *text, apr_pool_t *pool)
{
    char *out = apr_pstrdup(pool, text);
    char *p;

    for (p = out; *p; ++p) {
        *p = (char)apr_tolower(*p);
    }
    return out;
}

static vo_err_t *complain(const parser_t *p, const char *what,
                          const char *word)
{
    return vo_err_make(p->pool, VO_ERR_USAGE, "%s, line %d: %s%s%s%s",
                       p->meta->path, p->line, what, *word ? " \"" : "", word,
                       *word ? "\"" : "");
}

static char *trim(char *s)
{
    size_t n;

    s += strspn(s, " \t");
    n = strlen(s);
    while (n && strchr(" \t\r\n", s[n - 1])) {
        s[--n] = '\0';
    }
    return s;
}

static vo_err_t *begin_section(parser_t *p, char *line)
{
    char *end = strchr(line, ']');
    char *name;

    if (!end || *trim(end + 1)) {
        return complain(p, "a section looks like [column NAME], not", line);
    }
    *end = '\0';
    name = line + 1 + strcspn(line + 1, " \t");
    if (*name) {
        *name++ = '\0';
    }
    name = trim(name);
    p->key = NULL;
    if (!strcmp(line + 1, "table") && !*name) {
        p->section = p->meta->table;
        p->allowed = table_keys;
    }
    else if (!strcmp(line + 1, "column") && *name) {
        p->section = apr_hash_make(p->pool);
        p->allowed = column_keys;
        apr_hash_set(p->meta->columns, voctl_fold_case(name, p->pool),
                     APR_HASH_KEY_STRING, p->section);
        APR_ARRAY_PUSH(p->meta->names, const char *)
            = apr_pstrdup(p->pool, name);
    }
    else if (!strcmp(line + 1, "key") && *name) {
        voctl_metakey_t *key = apr_array_push(p->meta->keys);

        memset(key, 0, sizeof(*key));
        key->id = apr_pstrdup(p->pool, name);
        p->section = NULL;
        p->allowed = key_keys;
    }
    else {
        return complain(p, "sections are [table], [column NAME] and [key ID], "
                           "not", line + 1);
    }
    return NULL;
}

static void set_key(parser_t *p, const char *name, const char *value)
{
    voctl_metakey_t *key = &APR_ARRAY_IDX(p->meta->keys,
                                          p->meta->keys->nelts - 1,
                                          voctl_metakey_t);

    switch (*name) {
    case 'f':
        key->from = voctl_split(value, p->pool);
        break;
    case 'd':
        key->description = value;
        break;
    default:
        if (name[1] == 'o') {
            key->to = voctl_split(value, p->pool);
        }
        else {
            key->target = value;
        }
    }
}

static vo_err_t *read_line(parser_t *p, char *line)
{
    const char *const *allowed;
    char *equals, *value;

    if (p->key && p->section && (*line == ' ' || *line == '\t')) {
        const char *before = apr_hash_get(p->section, p->key,
                                          APR_HASH_KEY_STRING);

        apr_hash_set(p->section, p->key, APR_HASH_KEY_STRING,
                     apr_pstrcat(p->pool, before, " ", trim(line), NULL));
        return NULL;
    }
    line = trim(line);
    if (!*line || *line == '#' || *line == ';') {
        return NULL;
    }
    if (*line == '[') {
        return begin_section(p, line);
    }
    equals = strchr(line, '=');
    if (!equals) {
        return complain(p, "\"key = value\" is expected, not", line);
    }
    if (!p->allowed) {
        return complain(p, "a section such as [table] must come first", "");
    }
    *equals = '\0';
    line = trim(line);
    value = apr_pstrdup(p->pool, trim(equals + 1));
    for (allowed = p->allowed; *allowed; ++allowed) {
        if (!strcmp(*allowed, line)) {
            p->key = *allowed;
            if (p->section) {
                apr_hash_set(p->section, *allowed, APR_HASH_KEY_STRING, value);
            }
            else {
                set_key(p, *allowed, value);
            }
            return NULL;
        }
    }
    return complain(p, "the section has no key", line);
}

static vo_err_t *check_keys(const voctl_metafile_t *meta, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < meta->keys->nelts; ++i) {
        const voctl_metakey_t *k = &APR_ARRAY_IDX(meta->keys, i,
                                                  voctl_metakey_t);

        if (!k->from || !k->to || !k->target
            || k->from->nelts != k->to->nelts || k->from->nelts == 0) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "%s: [key %s] needs from, target and to, with "
                               "as many columns in from as in to.", meta->path,
                               k->id);
        }
    }
    return NULL;
}

vo_err_t *voctl_metafile_read(voctl_metafile_t **out, const char *path,
                              apr_pool_t *pool)
{
    voctl_metafile_t *meta = apr_pcalloc(pool, sizeof(*meta));
    parser_t p = { meta, NULL, NULL, NULL, 0, pool };
    char line[MAX_LINE];
    apr_file_t *f;
    apr_status_t rv;

    meta->path = path;
    meta->table = apr_hash_make(pool);
    meta->columns = apr_hash_make(pool);
    meta->names = apr_array_make(pool, 8, sizeof(const char *));
    meta->keys = apr_array_make(pool, 2, sizeof(voctl_metakey_t));
    *out = meta;
    if (!path) {
        return NULL;
    }
    rv = apr_file_open(&f, path, APR_READ | APR_BUFFERED, 0, pool);
    while (rv == APR_SUCCESS
           && (rv = apr_file_gets(line, sizeof(line), f)) == APR_SUCCESS) {
        ++p.line;
        if (!strchr(line, '\n') && strlen(line) == sizeof(line) - 1) {
            return complain(&p, "the line is too long", "");
        }
        VO_TRY(read_line(&p, line));
    }
    if (rv != APR_EOF) {
        vo_err_t *err = vo_err_make(pool, VO_ERR_USAGE, "Cannot read %s", path);

        err->aprerr = rv;
        return err;
    }
    apr_file_close(f);
    return check_keys(meta, pool);
}

const char *voctl_metafile_get(const voctl_metafile_t *meta, const char *name,
                               const char *key, apr_pool_t *scratch)
{
    apr_hash_t *column = apr_hash_get(meta->columns,
                                      voctl_fold_case(name, scratch),
                                      APR_HASH_KEY_STRING);

    return column ? apr_hash_get(column, key, APR_HASH_KEY_STRING) : NULL;
}
