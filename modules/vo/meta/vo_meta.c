/* vo_meta.c: building and searching the snapshot of what is published. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_meta.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

static const char *const type_names[] = {
    [VO_TYPE_BOOLEAN] = "boolean", [VO_TYPE_UBYTE] = "unsignedByte",
    [VO_TYPE_SHORT] = "short",     [VO_TYPE_INT] = "int",
    [VO_TYPE_LONG] = "long",       [VO_TYPE_CHAR] = "char",
    [VO_TYPE_UNICODE] = "unicodeChar", [VO_TYPE_FLOAT] = "float",
    [VO_TYPE_DOUBLE] = "double",
};

const char *vo_type_name(vo_type_e type)
{
    return type_names[type];
}

int vo_type_parse(const char *word)
{
    size_t i;

    for (i = 0; word && i < sizeof(type_names) / sizeof(*type_names); ++i) {
        if (!strcmp(type_names[i], word)) {
            return (int)i;
        }
    }
    return -1;
}

int vo_arraysize_parse(const char *arraysize)
{
    long product = 1;
    const char *p = arraysize;

    if (!p || !*p) {
        return VO_SCALAR;
    }
    for (;;) {
        char *end;
        long n = strtol(p, &end, 10);

        if (end == p || *end == '*' || n <= 0 || product > INT_MAX / n) {
            return VO_VARIABLE;
        }
        product *= n;
        if (*end != 'x') {
            return (int)product;
        }
        p = end + 1;
    }
}

/* Fold ASCII letters to lower case into a new string. */
static const char *fold(apr_pool_t *pool, const char *text)
{
    char *out = apr_pstrdup(pool, text);
    char *p;

    for (p = out; *p; ++p) {
        *p = (char)apr_tolower(*p);
    }
    return out;
}

/* Look NAME up in a hash with folded keys, without allocating. */
static void *get_folded(apr_hash_t *hash, const char *a, const char *b)
{
    char key[256];
    size_t n = 0;

    for (; a && *a && n < sizeof(key) - 2; ++a) {
        key[n++] = (char)apr_tolower(*a);
    }
    if (a) {
        key[n++] = '.';
    }
    for (; *b && n < sizeof(key) - 1; ++b) {
        key[n++] = (char)apr_tolower(*b);
    }
    return *b ? NULL : apr_hash_get(hash, key, (apr_ssize_t)n);
}

const vo_release_t *vo_meta_release(const vo_meta_t *meta, const char *id)
{
    return apr_hash_get(meta->by_id, id, APR_HASH_KEY_STRING);
}

int vo_release_is_open(const vo_release_t *rel, apr_time_t when)
{
    return rel->state == VO_STATE_PUBLIC
           && (!rel->embargo_until || rel->embargo_until <= when);
}

const vo_table_t *vo_release_table(const vo_release_t *rel, const char *schema,
                                   const char *name, int *nfound)
{
    const vo_table_t *found = NULL;
    int i, n = 0;

    if (schema) {
        found = get_folded(rel->by_name, schema, name);
        n = found != NULL;
    }
    for (i = 0; !schema && i < rel->ntables; ++i) {
        if (!strcasecmp(rel->tables[i]->name, name)) {
            found = rel->tables[i];
            ++n;
        }
    }
    if (nfound) {
        *nfound = n;
    }
    return n == 1 ? found : NULL;
}

const vo_column_t *vo_table_column(const vo_table_t *table, const char *name)
{
    return get_folded(table->by_name, NULL, name);
}

const vo_filter_t *vo_release_filter(const vo_release_t *rel,
                                     const char *survey, const char *name)
{
    const vo_filter_t *found = NULL;
    int i;

    for (i = 0; i < rel->nfilters; ++i) {
        const vo_filter_t *f = &rel->filters[i];

        if (survey && strcasecmp(f->survey, survey)) {
            continue;
        }
        if (!strcmp(f->name, name)) {
            return f;
        }
        if (!found && !strcasecmp(f->name, name)) {
            found = f;
        }
    }
    return found;
}

/* Append ITEM to the pointer array *LIST of *N, doubling as needed. */
static void append(apr_pool_t *pool, void ***list, int *n, void *item)
{
    if (!(*n & (*n - 1))) { /* full at every power of two */
        void **grown = apr_palloc(pool, sizeof(void *) * (*n ? *n * 2 : 1));

        if (*n) {
            memcpy(grown, *list, sizeof(void *) * *n);
        }
        *list = grown;
    }
    (*list)[(*n)++] = item;
}

/* The same for an array of structs of SIZE; returns the new, zeroed one. */
static void *append_struct(apr_pool_t *pool, void **list, int *n, size_t size)
{
    if (!(*n & (*n - 1))) {
        void *grown = apr_pcalloc(pool, size * (*n ? *n * 2 : 1));

        if (*n) {
            memcpy(grown, *list, size * *n);
        }
        *list = grown;
    }
    return (char *)*list + size * (*n)++;
}

static const char **copy_strings(apr_pool_t *pool, int n,
                                 const char *const *from)
{
    const char **out = apr_palloc(pool, sizeof(*out) * (n ? n : 1));
    int i;

    for (i = 0; i < n; ++i) {
        out[i] = apr_pstrdup(pool, from[i]);
    }
    return out;
}

vo_meta_t *vo_meta_create(apr_pool_t *pool)
{
    vo_meta_t *meta = apr_pcalloc(pool, sizeof(*meta));

    meta->pool = pool;
    meta->by_id = apr_hash_make(pool);
    return meta;
}

vo_release_t *vo_meta_add_release(vo_meta_t *meta, const char *id)
{
    vo_release_t *rel = apr_pcalloc(meta->pool, sizeof(*rel));

    rel->id = apr_pstrdup(meta->pool, id);
    rel->by_name = apr_hash_make(meta->pool);
    append(meta->pool, (void ***)&meta->releases, &meta->nreleases, rel);
    apr_hash_set(meta->by_id, rel->id, APR_HASH_KEY_STRING, rel);
    return rel;
}

vo_schema_t *vo_release_add_schema(vo_meta_t *meta, vo_release_t *rel,
                                   const char *name)
{
    vo_schema_t *schema;
    int i;

    for (i = 0; i < rel->nschemas; ++i) {
        if (!strcasecmp(rel->schemas[i]->name, name)) {
            return rel->schemas[i];
        }
    }
    schema = apr_pcalloc(meta->pool, sizeof(*schema));
    schema->name = apr_pstrdup(meta->pool, name);
    schema->index = rel->nschemas;
    append(meta->pool, (void ***)&rel->schemas, &rel->nschemas, schema);
    return schema;
}

vo_table_t *vo_release_add_table(vo_meta_t *meta, vo_release_t *rel,
                                 const char *schema, const char *name,
                                 const char *pg_schema, const char *pg_table)
{
    vo_schema_t *sch = vo_release_add_schema(meta, rel, schema);
    vo_table_t *table = apr_pcalloc(meta->pool, sizeof(*table));

    table->schema = sch->name;
    table->name = apr_pstrdup(meta->pool, name);
    table->tap_name = apr_pstrcat(meta->pool, sch->name, ".", name, NULL);
    table->type = "table";
    table->pg_schema = apr_pstrdup(meta->pool, pg_schema);
    table->pg_table = apr_pstrdup(meta->pool, pg_table);
    table->nrows = -1;
    table->index = sch->ntables;
    table->by_name = apr_hash_make(meta->pool);
    append(meta->pool, (void ***)&sch->tables, &sch->ntables, table);
    append(meta->pool, (void ***)&rel->tables, &rel->ntables, table);
    apr_hash_set(rel->by_name, fold(meta->pool, table->tap_name),
                 APR_HASH_KEY_STRING, table);
    return table;
}

vo_column_t *vo_table_add_column(vo_meta_t *meta, vo_table_t *table,
                                 const char *name, vo_type_e type,
                                 const char *arraysize, const char *pg_column,
                                 const char *pg_type)
{
    vo_column_t *col = apr_pcalloc(meta->pool, sizeof(*col));

    col->field.name = apr_pstrdup(meta->pool, name);
    col->field.type = type;
    col->field.arraysize = arraysize && *arraysize
                               ? apr_pstrdup(meta->pool, arraysize) : NULL;
    col->field.size = vo_arraysize_parse(arraysize);
    col->field.column = col;
    col->adql_name = col->field.name;
    col->min = col->max = col->fill = NAN;
    col->pg_column = apr_pstrdup(meta->pool, pg_column);
    col->pg_type = apr_pstrdup(meta->pool, pg_type);
    col->index = table->ncolumns;
    col->table = table;
    append(meta->pool, (void ***)&table->columns, &table->ncolumns, col);
    apr_hash_set(table->by_name, fold(meta->pool, name), APR_HASH_KEY_STRING,
                 col);
    return col;
}

vo_filter_t *vo_release_add_filter(vo_meta_t *meta, vo_release_t *rel,
                                   const char *survey, const char *name,
                                   int filter_id, int position)
{
    vo_filter_t *f = append_struct(meta->pool, (void **)&rel->filters,
                                   &rel->nfilters, sizeof(*f));

    f->survey = apr_pstrdup(meta->pool, survey);
    f->name = apr_pstrdup(meta->pool, name);
    f->filter_id = filter_id;
    f->position = position;
    f->wavelength = NAN;
    f->width = NAN;
    return f;
}

vo_photospec_t *vo_release_add_photospec(vo_meta_t *meta, vo_release_t *rel,
                                         const char *name,
                                         const vo_table_t *table)
{
    vo_photospec_t *spec = append_struct(meta->pool, (void **)&rel->photospecs,
                                         &rel->nphotospecs, sizeof(*spec));

    spec->name = apr_pstrdup(meta->pool, name);
    spec->table = table;
    spec->aperture = NAN;
    spec->t_min = NAN;
    spec->t_max = NAN;
    return spec;
}

vo_example_t *vo_release_add_example(vo_meta_t *meta, vo_release_t *rel,
                                     const char *id, const char *name,
                                     const char *description,
                                     const char *query)
{
    vo_example_t *e = append_struct(meta->pool, (void **)&rel->examples,
                                    &rel->nexamples, sizeof(*e));

    e->id = apr_pstrdup(meta->pool, id);
    e->name = apr_pstrdup(meta->pool, name);
    e->description = apr_pstrdup(meta->pool, description);
    e->query = apr_pstrdup(meta->pool, query);
    return e;
}

vo_key_t *vo_release_add_key(vo_meta_t *meta, vo_release_t *rel,
                             const char *id, const char *from_table,
                             const char *target_table, int ncolumns,
                             const char *const *from_columns,
                             const char *const *target_columns)
{
    vo_key_t *key = append_struct(meta->pool, (void **)&rel->keys, &rel->nkeys,
                                  sizeof(*key));

    key->id = apr_pstrdup(meta->pool, id);
    key->from_table = apr_pstrdup(meta->pool, from_table);
    key->target_table = apr_pstrdup(meta->pool, target_table);
    key->ncolumns = ncolumns;
    key->from_columns = copy_strings(meta->pool, ncolumns, from_columns);
    key->target_columns = copy_strings(meta->pool, ncolumns, target_columns);
    return key;
}

vo_group_t *vo_table_add_group(vo_meta_t *meta, vo_table_t *table,
                               const char *name, int ncolumns,
                               const char *const *columns)
{
    vo_group_t *group = append_struct(meta->pool, (void **)&table->groups,
                                      &table->ngroups, sizeof(*group));

    group->name = name ? apr_pstrdup(meta->pool, name) : NULL;
    group->ncolumns = ncolumns;
    group->columns = copy_strings(meta->pool, ncolumns, columns);
    return group;
}
