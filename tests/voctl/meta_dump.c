/* meta_dump.c: print the snapshot of vo_meta_load as JSON, for the tests. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include <apr_general.h>

#include "meta/vo_meta_load.h"

static void quoted(const char *value)
{
    putchar('"');
    for (; *value; ++value) {
        if (*value == '"' || *value == '\\') {
            putchar('\\');
        }
        putchar(*value);
    }
    putchar('"');
}

static void text(const char *name, const char *value)
{
    printf(", \"%s\": ", name);
    if (value) {
        quoted(value);
    }
    else {
        printf("null");
    }
}

static void number(const char *name, double value)
{
    if (isnan(value)) {
        printf(", \"%s\": null", name);
    }
    else {
        printf(", \"%s\": %.17g", name, value);
    }
}

static void names(const char *name, int n, const char **values)
{
    int i;

    printf(", \"%s\": [null", name);
    for (i = 0; i < n; ++i) {
        printf(", ");
        quoted(values[i]);
    }
    putchar(']');
}

static void print_table(const vo_table_t *t)
{
    int i;

    printf("{\"index\": %d", t->index);
    text("schema", t->schema);
    text("name", t->name);
    text("tap_name", t->tap_name);
    text("type", t->type);
    text("description", t->description);
    text("pg_schema", t->pg_schema);
    text("pg_table", t->pg_table);
    text("pg_hpx", t->pg_hpx);
    text("ra", t->ra ? t->ra->field.name : NULL);
    text("dec", t->dec ? t->dec->field.name : NULL);
    text("id", t->id ? t->id->field.name : NULL);
    number("epoch", t->epoch);
    number("nrows", (double)t->nrows);
    number("is_cone", t->is_cone);
    for (i = 0; i < t->ngroups; ++i) {
        text("group", t->groups[i].name);
        names("group_columns", t->groups[i].ncolumns, t->groups[i].columns);
    }
    printf(", \"columns\": [null");
    for (i = 0; i < t->ncolumns; ++i) {
        const vo_column_t *c = t->columns[i];

        printf(", {\"index\": %d, \"size\": %d, \"oid\": %u, \"flags\":"
               " [%d, %d, %d]", c->index, c->field.size, c->field.pg_oid,
               c->is_indexed, c->is_principal, c->is_std);
        text("name", c->field.name);
        text("adql_name", c->adql_name);
        text("datatype", vo_type_name(c->field.type));
        text("arraysize", c->field.arraysize);
        text("xtype", c->field.xtype);
        text("unit", c->field.unit);
        text("ucd", c->field.ucd);
        text("utype", c->field.utype);
        text("description", c->field.description);
        text("pg_column", c->pg_column);
        text("pg_type", c->pg_type);
        number("min", c->min);
        number("max", c->max);
        number("fill", c->fill);
        putchar('}');
    }
    printf("]}\n");
}

static void print_release(const vo_release_t *r)
{
    int i;

    printf("{\"state\": %d, \"embargo\": %.0f", r->state,
           (double)r->embargo_until);
    text("id", r->id);
    text("survey", r->survey);
    text("title", r->title);
    text("doi", r->doi);
    text("reader_group", r->reader_group);
    text("reader_role", r->reader_role);
    printf(", \"keys\": [null");
    for (i = 0; i < r->nkeys; ++i) {
        printf(", {\"n\": %d", r->keys[i].ncolumns);
        text("id", r->keys[i].id);
        text("from", r->keys[i].from_table);
        text("target", r->keys[i].target_table);
        names("from_columns", r->keys[i].ncolumns, r->keys[i].from_columns);
        names("target_columns", r->keys[i].ncolumns,
              r->keys[i].target_columns);
        putchar('}');
    }
    printf("], \"filters\": [null");
    for (i = 0; i < r->nfilters; ++i) {
        printf(", [\"%s\", %d, %d]", r->filters[i].name,
               r->filters[i].position, r->filters[i].filter_id);
    }
    printf("], \"schemas\": [null");
    for (i = 0; i < r->nschemas; ++i) {
        printf(", \"%s\"", r->schemas[i]->name);
    }
    printf("], \"tables\": [null");
    for (i = 0; i < r->ntables; ++i) {
        printf(", ");
        print_table(r->tables[i]);
    }
    printf("]}\n");
}

int main(int argc, const char *const *argv)
{
    apr_pool_t *pool;
    vo_meta_t *meta = NULL;
    apr_int64_t serial = -1;
    PGconn *conn;
    vo_err_t *err;
    int i;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    conn = PQconnectdb(argc > 1 ? argv[1] : "");
    err = vo_meta_load(&meta, conn, pool);
    if (!err) {
        err = vo_meta_serial(&serial, conn, pool);
    }
    if (err) {
        fprintf(stderr, "%s\n", vo_err_private(err, pool));
    }
    else {
        printf("{\"serial\": %.0f, \"now\": %.0f, \"idle\": %d, \"releases\":"
               " [null", (double)meta->serial, (double)serial,
               PQtransactionStatus(conn) == PQTRANS_IDLE);
        for (i = 0; i < meta->nreleases; ++i) {
            printf(", ");
            print_release(meta->releases[i]);
        }
        printf("]}\n");
    }
    PQfinish(conn);
    apr_terminate();
    return err != NULL;
}
