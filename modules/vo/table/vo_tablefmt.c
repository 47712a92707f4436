/* vo_tablefmt.c: the formats by name, writers, and error documents. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <apr_lib.h>
#include <apr_strings.h>

#include "vo_write.h"

/* The one list; capabilities and help texts come from it too. */
static const vo_tablefmt_t *const formats[] = {
    &vo_fmt_votable, &vo_fmt_binary2, &vo_fmt_binary, &vo_fmt_csv,
    &vo_fmt_tsv,     &vo_fmt_fits,    &vo_fmt_json,   &vo_fmt_html,
    &vo_fmt_text,    NULL,
};

const vo_tablefmt_t *const *vo_tablefmt_all(void)
{
    return formats;
}

/* A media type taken apart, folded to lower case without blanks. */
typedef struct asked_t {
    const char *base;          /* "text/csv" or a short name */
    const char *serialization; /* the parameters that matter, or NULL */
    const char *header;
    const char *version;
} asked_t;

static char *fold(const char *text, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, strlen(text) + 1), *p = out;

    for (; *text; ++text) {
        if (!apr_isspace(*text) && *text != '"') {
            *p++ = (char)apr_tolower(*text);
        }
    }
    *p = '\0';
    return out;
}

static asked_t take_apart(const char *value, apr_pool_t *pool)
{
    asked_t asked = {"", NULL, NULL, NULL};
    char *last, *part = apr_strtok(fold(value, pool), ";", &last);

    if (part) {
        asked.base = part;
        while ((part = apr_strtok(NULL, ";", &last))) {
            if (!strncmp(part, "serialization=", 14)) {
                asked.serialization = part + 14;
            }
            else if (!strncmp(part, "header=", 7)) {
                asked.header = part + 7;
            }
            else if (!strncmp(part, "version=", 8)) {
                asked.version = part + 8;
            }
        }
    }
    return asked;
}

static int is_known_as(const vo_tablefmt_t *fmt, const char *word)
{
    const char *const *alias;

    if (!strcmp(fmt->name, word)) {
        return 1;
    }
    for (alias = fmt->aliases; *alias; ++alias) {
        if (!strcmp(*alias, word)) {
            return 1;
        }
    }
    return 0;
}

static const vo_tablefmt_t *lookup(const char *word)
{
    const vo_tablefmt_t *const *fmt;

    for (fmt = formats; *fmt; ++fmt) {
        if (is_known_as(*fmt, word)) {
            return *fmt;
        }
    }
    return NULL;
}

/* The VOTable format with this serialisation word, or NULL. */
static const vo_tablefmt_t *serialized(const char *word)
{
    static const struct {
        const char *word;
        const vo_tablefmt_t *fmt;
    } known[] = {
        {"tabledata", &vo_fmt_votable}, {"td", &vo_fmt_votable},
        {"binary2", &vo_fmt_binary2},   {"b2", &vo_fmt_binary2},
        {"binary", &vo_fmt_binary},     {"b", &vo_fmt_binary},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(known) / sizeof(*known); ++i) {
        if (!strcmp(known[i].word, word)) {
            return known[i].fmt;
        }
    }
    return NULL;
}

static vo_err_t *unknown_format(const char *value, apr_pool_t *pool)
{
    const char *names = "";
    const vo_tablefmt_t *const *fmt;

    for (fmt = formats; *fmt; ++fmt) {
        names = apr_pstrcat(pool, names, *names ? ", " : "", (*fmt)->name,
                            NULL);
    }
    return vo_err_make(pool, VO_ERR_USAGE,
                       "Unknown RESPONSEFORMAT \"%.100s\"; allowed are %s, or "
                       "their media types",
                       value, names);
}

/* Add the version asked for to *TYPE: what is asked for is answered. */
static vo_err_t *add_version(const char **type, const char *version,
                             apr_pool_t *pool)
{
    int i;

    for (i = 0; vo_votable_versions[i]; ++i) {
        if (!strcmp(vo_votable_versions[i], version)) {
            *type = apr_pstrcat(pool, *type, ";version=", version, NULL);
            return NULL;
        }
    }
    return vo_err_make(pool, VO_ERR_USAGE,
                       "VOTable of version %.20s is not written here; it can "
                       "be 1.3, 1.4 or 1.5", version);
}

/* DALI 1.1, 3.4.3: who asks for a media type is answered with it, also where it
 * is one of several. HTML is never called XHTML, which it is not. */
static const char *as_asked(const vo_tablefmt_t *fmt, const char *base,
                            apr_pool_t *pool)
{
    apr_size_t len = strlen(base);

    if (!strchr(base, '/') || !strncmp(base, "votable/", 8)
        || !strcmp(base, "application/xhtml+xml")
        || (!strncmp(fmt->media_type, base, len)
            && (!fmt->media_type[len] || fmt->media_type[len] == ';'))) {
        return fmt->media_type;
    }
    return apr_pstrcat(pool, base,
                       !fmt->is_votable && !strncmp(base, "text/", 5)
                           ? ";charset=utf-8" : "", NULL);
}

vo_err_t *vo_tablefmt_find(const vo_tablefmt_t **fmt, const char **media_type,
                           const char *value, apr_pool_t *pool)
{
    asked_t asked = take_apart(value ? value : "", pool);
    const vo_tablefmt_t *found;
    const char *type;

    found = *asked.base ? lookup(asked.base) : formats[0];
    if (found && found->is_votable && asked.serialization) {
        found = serialized(asked.serialization);
    }
    if (!found) {
        return unknown_format(value, pool);
    }
    type = as_asked(found, asked.base, pool);
    if (!strcmp(asked.base, "xml")) {
        type = "text/xml";
    }
    else if (found == &vo_fmt_votable && asked.serialization
             && type == found->media_type) {
        type = "application/x-votable+xml;serialization=TABLEDATA";
    }
    else if (found == &vo_fmt_csv && asked.header) {
        if (!strcmp(asked.header, "absent")) {
            type = "text/csv;charset=utf-8;header=absent";
        }
        else if (strcmp(asked.header, "present")) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "Unknown parameter header=%.40s of text/csv; "
                               "allowed are present and absent",
                               asked.header);
        }
    }
    if (found->is_votable && asked.version) {
        VO_TRY(add_version(&type, asked.version, pool));
    }
    *fmt = found;
    if (media_type) {
        *media_type = type;
    }
    return NULL;
}

vo_writer_t *vo_writer_create(const vo_tablefmt_t *fmt,
                              const vo_tabledoc_t *doc, vo_out_t *out,
                              apr_pool_t *pool)
{
    vo_writer_t *w = apr_pcalloc(pool, sizeof(*w));

    w->fmt = fmt;
    w->doc = doc;
    w->out = out;
    w->pool = pool;
    return w;
}

/* Does TEXT begin with a word such as "UsageFault:", as SIA, SODA and DataLink
 * want their messages to begin? */
static int names_fault(const char *text)
{
    apr_size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz");

    return len > 5 && text[len] == ':' && !strncmp(text + len - 5, "Fault", 5);
}

static vo_err_t *plain_error(vo_out_t *out, const vo_err_t *err,
                             apr_pool_t *pool)
{
    const char *text = vo_err_public(err, pool);

    VO_TRY(vo_out_puts(out, names_fault(text) ? "" : "ERROR: "));
    VO_TRY(vo_out_puts(out, text));
    return vo_out_puts(out, "\n");
}

vo_err_t *vo_table_error_doc(vo_out_t *out, const vo_tablefmt_t *fmt,
                             const vo_err_t *err, const char **media_type,
                             apr_pool_t *pool)
{
    if (fmt && !fmt->is_votable) {
        *media_type = "text/plain;charset=utf-8";
        return plain_error(out, err, pool);
    }
    *media_type = "application/x-votable+xml";
    return vo_votable_error(out, err, 0, pool);
}

vo_err_t *vo_table_scs_error_doc(vo_out_t *out, const vo_err_t *err,
                                 const char **media_type, apr_pool_t *pool)
{
    *media_type = "text/xml";
    return vo_votable_error(out, err, 1, pool);
}

vo_err_t *vo_rowbuf_begin(vo_rowbuf_t *row, apr_size_t len, char **p)
{
    if (len <= VO_OUT_SIZE) {
        VO_TRY(vo_out_reserve(row->out, len, &row->start));
    }
    else {
        if (len > row->big_cap) {
            row->big_cap = 2 * len;
            row->big = apr_palloc(row->pool, row->big_cap);
        }
        row->start = row->big;
    }
    *p = row->start;
    return NULL;
}

vo_err_t *vo_rowbuf_end(vo_rowbuf_t *row, char *p)
{
    apr_size_t len = (apr_size_t)(p - row->start);

    if (row->start == row->big) {
        return vo_out_write(row->out, row->big, len);
    }
    vo_out_commit(row->out, len);
    return NULL;
}

vo_err_t *vo_cell_error(const vo_writer_t *w, int column, const char *reason)
{
    return vo_err_fault(
        w->pool, APR_EINVAL,
        "A value cannot be written in the format asked for",
        "row %" APR_INT64_T_FMT ", column \"%s\", format %s: %s",
        (apr_int64_t)(w->nrows + 1), w->doc->fields[column].name, w->fmt->name,
        reason ? reason : "the cell is malformed");
}

vo_shape_t vo_shape(const vo_field_t *field, apr_pool_t *pool)
{
    vo_shape_t shape = {field->type, field->size, field->arraysize};
    const vo_pgtype_t *pg = vo_pgtype(field->pg_oid);

    if (vo_type_is_text(field->type)) {
        /* Text without a size is no single character, and lists of strings
         * are written as one string. */
        if ((field->size == VO_SCALAR && field->pg_oid != VO_OID_CHAR)
            || pg->element) {
            shape.size = VO_VARIABLE;
            shape.arraysize = "*";
            shape.type = pg->element ? VO_TYPE_CHAR : shape.type;
        }
    }
    if (shape.size > 0 && !shape.arraysize) {
        shape.arraysize = apr_itoa(pool, shape.size);
    }
    else if (shape.size == VO_VARIABLE && !shape.arraysize) {
        shape.arraysize = "*";
    }
    else if (shape.size == VO_SCALAR) {
        shape.arraysize = NULL;
    }
    return shape;
}

vo_shape_t *vo_shapes(const vo_tabledoc_t *doc, apr_pool_t *pool)
{
    vo_shape_t *shapes = apr_pcalloc(pool, (apr_size_t)doc->nfields
                                               * sizeof(*shapes));
    int i;

    for (i = 0; i < doc->nfields; ++i) {
        shapes[i] = vo_shape(&doc->fields[i], pool);
    }
    return shapes;
}
