/* adql_tool.c: translate queries from standard input, for tests by hand. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * adql_tool [-p | -r | -j] [QUERY]
 * Without a query: queries on standard input, each ended by a NUL byte.
 * -p parse only, -r print as ADQL again, -j one JSON object a query;
 * -f no queries: the forms of the functions announced, one a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "adql_model.h"

static void json_string(const char *s)
{
    if (!s) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *s; ++s) {
        if (*s == '"' || *s == '\\') {
            printf("\\%c", *s);
        }
        else if ((unsigned char)*s < 32) {
            printf("\\u%04x", (unsigned char)*s);
        }
        else {
            putchar(*s);
        }
    }
    putchar('"');
}

static void json_error(const vo_err_t *err)
{
    fputs("{\"error\": ", stdout);
    json_string(err->text);
    fputs(", \"hint\": ", stdout);
    json_string(err->hint);
    printf(", \"offset\": %d, \"line\": %d, \"column\": %d}\n", err->offset,
           err->line, err->column);
}

static void json_result(const vo_adql_result_t *res)
{
    int i;

    fputs("{\"sql\": ", stdout);
    json_string(res->sql);
    fputs(", \"params\": [", stdout);
    for (i = 0; i < res->nparams; ++i) {
        printf("%s[%u, ", i ? ", " : "", res->param_oids[i]);
        json_string(res->params[i]);
        putchar(']');
    }
    fputs("], \"fields\": [", stdout);
    for (i = 0; i < res->nfields; ++i) {
        const vo_field_t *f = &res->fields[i];

        fputs(i ? ", {\"name\": " : "{\"name\": ", stdout);
        json_string(f->name);
        printf(", \"datatype\": \"%s\", \"arraysize\": ",
               vo_type_name(f->type));
        json_string(f->arraysize);
        fputs(", \"xtype\": ", stdout);
        json_string(f->xtype);
        fputs(", \"unit\": ", stdout);
        json_string(f->unit);
        fputs(", \"ucd\": ", stdout);
        json_string(f->ucd);
        printf(", \"oid\": %u}", f->pg_oid);
    }
    fputs("], \"tables\": [", stdout);
    for (i = 0; i < res->ntables; ++i) {
        fputs(i ? ", " : "", stdout);
        json_string(res->tables[i]->tap_name);
    }
    printf("], \"small\": %d}\n", res->is_small);
}

static void show_result(const vo_adql_result_t *res)
{
    int i;

    printf("%s\n", res->sql);
    for (i = 0; i < res->nparams; ++i) {
        printf("  $%d (%u) %s\n", i + 1, res->param_oids[i], res->params[i]);
    }
    for (i = 0; i < res->nfields; ++i) {
        const vo_field_t *f = &res->fields[i];

        printf("  %s: %s[%s] oid %u, xtype %s, unit %s, ucd %s\n", f->name,
               vo_type_name(f->type), f->arraysize ? f->arraysize : "",
               f->pg_oid, f->xtype ? f->xtype : "-", f->unit ? f->unit : "-",
               f->ucd ? f->ucd : "-");
    }
}

static void one(const char *query, int mode, const vo_adql_env_t *env,
                apr_pool_t *parent)
{
    apr_pool_t *pool;
    vo_adql_result_t *res;
    const char *adql = NULL;
    vo_err_t *err;

    apr_pool_create(&pool, parent);
    err = mode == 'p' ? vo_adql_parse_only(query, 21, pool)
        : mode == 'r' ? vo_adql_reprint(&adql, query, pool)
        : vo_adql_translate(&res, query, env, pool, pool);
    if (err && (mode == 'j' || mode == 'p')) {
        json_error(err);
    }
    else if (err) {
        printf("error at %d: %s\n", err->offset,
               vo_err_public(err, pool));
    }
    else if (mode == 'p') {
        puts("{}");
    }
    else if (mode == 'r') {
        puts(adql);
    }
    else if (mode == 'j') {
        json_result(res);
    }
    else {
        show_result(res);
    }
    apr_pool_destroy(pool);
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    vo_adql_env_t env;
    int mode = 's', first = 1;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    adql_model(&env, pool);
    if (argc > 1 && argv[1][0] == '-' && strchr("prj", argv[1][1])) {
        mode = argv[1][1];
        first = 2;
    }
    if (argc > 1 && !strcmp(argv[1], "-f")) {
        const vo_adql_feature_t *f = vo_adql_features(0, pool);

        for (; f->type; ++f) {
            if (strstr(f->type, "features-udf")) {
                puts(f->form);
            }
        }
    }
    else if (argc > first) {
        one(argv[first], mode, &env, pool);
    }
    else {
        char *text = NULL;
        size_t len = 0, size = 0;
        int ch;

        while ((ch = getchar()) != EOF) {
            if (len + 1 >= size) {
                size = size ? 2 * size : 4096;
                text = realloc(text, size);
            }
            text[len++] = (char)ch;
            if (!ch) {
                one(text, mode, &env, pool);
                fflush(stdout);
                len = 0;
            }
        }
        free(text);
    }
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}
