/* voctl_plan.c: what a file's columns become in the archive. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_plan.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "adql/vo_adql.h"
#include "table/vo_position.h"
#include "table/vo_tabledoc.h"
#include "vo_num.h"
#include "voctl_fold.h"

#define PG_NAME_MAX 63

const char *voctl_pg_name(const char *name, apr_pool_t *pool)
{
    static const char *const system_columns[] = {
        "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "oid",
    };
    const char *out = voctl_fold_case(name, pool);
    size_t i;

    for (i = 0; i < sizeof(system_columns) / sizeof(*system_columns); ++i) {
        if (!strcmp(out, system_columns[i])) {
            return apr_pstrcat(pool, out, "_", NULL);
        }
    }
    if (strlen(out) > PG_NAME_MAX) { /* cut, with a hash of the whole */
        unsigned hash = 5381;
        const char *p;
        int n = PG_NAME_MAX - 9;

        for (p = out; *p; ++p) {
            hash = hash * 33 + (unsigned char)*p;
        }
        while (((unsigned char)out[n] & 0xC0) == 0x80) {
            --n; /* not inside a character */
        }
        return apr_psprintf(pool, "%.*s_%08x", n, out, hash);
    }
    return out;
}

int voctl_plan_find(const voctl_plan_t *plan, const char *name)
{
    int i;

    for (i = 0; i < plan->ncolumns; ++i) {
        if (!strcasecmp(plan->columns[i].field.name, name)) {
            return i;
        }
    }
    return -1;
}

/* ---- columns of the files ------------------------------------------------*/

static int find_field(const vo_tableinfo_t *info, const char *name)
{
    int i;

    for (i = 0; i < info->nfields; ++i) {
        if (!strcasecmp(info->fields[i].name, name)) {
            return i;
        }
    }
    return -1;
}

/* Give COL the type TYPE (an array of it when IS_ARRAY). */
static void set_type(voctl_column_t *col, const voctl_type_t *type,
                     int is_array)
{
    col->oid = is_array ? type->array_oid : type->oid;
    if (type->type == VO_TYPE_CHAR && !is_array) {
        col->field.arraysize = "*";
    }
    else if (!is_array && type->oid != OID_BYTEA) {
        col->field.arraysize = NULL;
    }
    col->field.size = vo_arraysize_parse(col->field.arraysize);
    col->field.type = type->type;
    col->field.pg_oid = col->oid;
}

static vo_err_t *first_file(voctl_plan_t *plan, const vo_tableinfo_t *info,
                            const char *file, apr_pool_t *pool)
{
    int i;

    plan->ncolumns = info->nfields;
    plan->columns = apr_pcalloc(pool, sizeof(*plan->columns)
                                          * (size_t)(info->nfields + 1));
    for (i = 0; i < info->nfields; ++i) {
        voctl_column_t *col = &plan->columns[i];

        col->field = info->fields[i];
        col->oid = col->field.pg_oid;
        col->nsources = 1;
        col->sources = apr_pmemdup(pool, &col->field.name, sizeof(char *));
        if (!voctl_type(col->oid, NULL)) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "%s: column %s is of a type that cannot be "
                               "stored.", file, col->field.name);
        }
        if (find_field(info, col->field.name) != i) {
            return vo_err_hint(pool,
                vo_err_make(pool, VO_ERR_USAGE,
                            "%s: two columns are called %s; queries do not "
                            "tell names apart by case.", file,
                            col->field.name),
                "Rename one in the file, or leave it out.");
        }
    }
    if (plan->ncolumns == 0) {
        return vo_err_make(pool, VO_ERR_USAGE, "%s has no columns.", file);
    }
    return NULL;
}

static vo_err_t *next_file(voctl_plan_t *plan, const vo_tableinfo_t *info,
                           const char *file, const char *first,
                           apr_pool_t *pool)
{
    int i, at;

    for (i = 0; i < info->nfields; ++i) {
        if (voctl_plan_find(plan, info->fields[i].name) < 0) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "%s has a column %s, %s has none.", file,
                               info->fields[i].name, first);
        }
    }
    for (i = 0; i < plan->ncolumns; ++i) {
        voctl_column_t *col = &plan->columns[i];
        const voctl_type_t *mine, *its, *both;
        int mine_array, its_array;

        at = find_field(info, col->field.name);
        if (at < 0) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "%s has a column %s, %s has none.", first,
                               col->field.name, file);
        }
        if (info->fields[at].pg_oid == col->oid) {
            continue;
        }
        mine = voctl_type(col->oid, &mine_array);
        its = voctl_type(info->fields[at].pg_oid, &its_array);
        both = its ? voctl_type_common(mine, its) : NULL;
        if (!both || mine_array != its_array) {
            return vo_err_hint(pool,
                vo_err_make(pool, VO_ERR_USAGE,
                            "Column %s is %s%s in %s, but %s%s in %s.",
                            col->field.name, mine->pg_name,
                            mine_array ? "[]" : "", first,
                            its ? its->pg_name : "of an unknown type",
                            its_array ? "[]" : "", file),
                "The metadata file may give its type.");
        }
        set_type(col, both, mine_array);
    }
    return NULL;
}

/* ---- what the metadata file says -----------------------------------------*/

static vo_err_t *override_type(voctl_column_t *col, const char *word,
                               apr_pool_t *pool)
{
    const voctl_type_t *type;
    int is_array;

    if (!strcmp(word, "sky_region")) {
        if (col->oid != OID_TEXT && col->oid != OID_VARCHAR) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "Column %s: a sky_region is made from text "
                               "(STC-S or DALI).", col->field.name);
        }
        col->pg_type = "sky_region";
        return NULL;
    }
    type = voctl_type_named(word);
    voctl_type(col->oid, &is_array);
    if (!type || (is_array && !type->array_oid)) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "Column %s: type %s is not known; use smallint, "
                           "integer, bigint, real, double precision, text or "
                           "sky_region.", col->field.name, word);
    }
    set_type(col, type, is_array);
    return NULL;
}

/* Apply the section of column NAME to COL. */
static vo_err_t *apply_section(voctl_column_t *col, const char *name,
                               const voctl_metafile_t *meta, apr_pool_t *pool)
{
    const struct {
        const char *key, **field;
    } texts[] = {
        { "name", &col->field.name }, { "unit", &col->field.unit },
        { "ucd", &col->field.ucd }, { "utype", &col->field.utype },
        { "xtype", &col->field.xtype },
        { "description", &col->field.description },
        { "timesys", &col->timesys },
    };
    vo_timesys_t timesys;
    vo_err_t *err;
    const char *value;
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); ++i) {
        value = voctl_metafile_get(meta, name, texts[i].key, pool);
        if (value) {
            *texts[i].field = *value ? value : NULL;
        }
    }
    if (!col->field.name) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "%s: column %s cannot have an empty name.",
                           meta->path, name);
    }
    if (col->timesys
        && (err = vo_timesys_parse(&timesys, col->timesys, pool))) {
        return vo_err_hint(pool, vo_err_wrap(pool, err,
                                             "%s: column %s: %s", meta->path,
                                             name, err->text), "%s",
                           err->hint);
    }
    value = voctl_metafile_get(meta, name, "principal", pool);
    col->is_principal = value ? *value == '1' : col->is_principal;
    value = voctl_metafile_get(meta, name, "std", pool);
    col->is_std = value ? *value == '1' : col->is_std;
    value = voctl_metafile_get(meta, name, "type", pool);
    return value ? override_type(col, value, pool) : NULL;
}

static int is_set(const voctl_metafile_t *meta, const char *name,
                  const char *key, apr_pool_t *pool)
{
    const char *value = voctl_metafile_get(meta, name, key, pool);

    return value && *value == '1';
}

static vo_err_t *apply_meta(voctl_plan_t *plan, const voctl_planopts_t *opts,
                            apr_pool_t *pool)
{
    const voctl_metafile_t *meta = opts->meta;
    apr_hash_t *known = apr_hash_make(pool);
    int i, n = 0;

    for (i = 0; i < plan->ncolumns; ++i) {
        const char *name = plan->columns[i].field.name;

        apr_hash_set(known, voctl_fold_case(name, pool), APR_HASH_KEY_STRING,
                     name);
        if (is_set(meta, name, "skip", pool)) {
            continue;
        }
        plan->columns[n] = plan->columns[i];
        VO_TRY(apply_section(&plan->columns[n], name, meta, pool));
        ++n;
    }
    plan->ncolumns = n;
    if (opts->is_folding) {
        VO_TRY(voctl_fold_columns(plan, opts->nfilters, opts->filters, pool));
        for (i = 0; i < plan->ncolumns; ++i) {
            if (plan->columns[i].elem) {
                const char *name = plan->columns[i].field.name;

                apr_hash_set(known, voctl_fold_case(name, pool),
                             APR_HASH_KEY_STRING, name);
                VO_TRY(apply_section(&plan->columns[i], name, meta, pool));
                plan->columns[i].elem
                    = voctl_type(plan->columns[i].oid, NULL)->oid;
            }
        }
    }
    for (i = 0; i < meta->names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(meta->names, i, const char *);

        if (!apr_hash_get(known, voctl_fold_case(name, pool),
                          APR_HASH_KEY_STRING)) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "%s describes a column %s, which is not in the "
                               "data.", meta->path, name);
        }
    }
    return NULL;
}

/* ---- positions -----------------------------------------------------------*/

/* The only column with UCD, in any case; -1 for none or several. */
static int with_ucd(const voctl_plan_t *plan, const char *ucd)
{
    int i, at = -1;

    for (i = 0; i < plan->ncolumns; ++i) {
        const char *its = plan->columns[i].field.ucd;

        if (its && !strcasecmp(its, ucd)) {
            if (at >= 0) {
                return -1;
            }
            at = i;
        }
    }
    return at;
}

/* The columns as they will be, for vo_position.h. */
static vo_field_t as_field(const voctl_column_t *col)
{
    vo_field_t field = col->field;

    field.pg_oid = col->oid;
    return field;
}

static int is_degrees(const voctl_column_t *col)
{
    vo_field_t field = as_field(col);

    return vo_position_is_degrees(&field);
}

static void guess_position(voctl_plan_t *plan, apr_pool_t *pool)
{
    vo_field_t *fields = apr_palloc(pool, sizeof(*fields)
                                              * (size_t)(plan->ncolumns + 1));
    int i;

    for (i = 0; i < plan->ncolumns; ++i) {
        fields[i] = as_field(&plan->columns[i]);
    }
    vo_position_guess(&plan->ra, &plan->dec, fields, plan->ncolumns);
}

static vo_err_t *named_column(int *at, const voctl_plan_t *plan,
                              const char *name, const char *role,
                              apr_pool_t *pool)
{
    *at = voctl_plan_find(plan, name);
    if (*at < 0) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "There is no column %s to be the %s.", name, role);
    }
    return NULL;
}

/* Make the UCD of COL say that it is the main one of its kind. */
static void make_main(voctl_column_t *col, const char *ucd, apr_pool_t *pool)
{
    const char *its = col->field.ucd;

    if (!its || !*its || strchr(its, '_')) { /* none, or UCD1 */
        col->field.ucd = apr_pstrcat(pool, ucd, ";meta.main", NULL);
    }
    else if (!strstr(its, "meta.main")) {
        col->field.ucd = apr_pstrcat(pool, its, ";meta.main", NULL);
    }
}

static vo_err_t *find_position(voctl_plan_t *plan,
                               const voctl_planopts_t *opts,
                               const char *system, apr_pool_t *pool)
{
    int i;

    if ((opts->ra == NULL) != (opts->dec == NULL)) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "A position needs both --ra and --dec.");
    }
    if (opts->is_without_position) {
        return NULL;
    }
    if (opts->ra) {
        VO_TRY(named_column(&plan->ra, plan, opts->ra, "right ascension",
                            pool));
        VO_TRY(named_column(&plan->dec, plan, opts->dec, "declination",
                            pool));
        for (i = 0; i < 2; ++i) {
            voctl_column_t *col = &plan->columns[i ? plan->dec : plan->ra];

            if (!is_degrees(col)) {
                return vo_err_make(pool, VO_ERR_USAGE,
                                   "Column %s (%s) is no number in degrees.",
                                   col->field.name,
                                   col->field.unit ? col->field.unit
                                                   : "no unit");
            }
        }
    }
    else {
        guess_position(plan, pool);
        if (plan->ra < 0) {
            return NULL;
        }
        if (!vo_position_is_icrs(system)) {
            return vo_err_hint(pool,
                vo_err_make(pool, VO_ERR_USAGE,
                            "The file says its positions are %s; ICRS is "
                            "needed.", system),
                "Name ICRS columns with --ra and --dec, or load it with "
                "--no-position.");
        }
    }
    for (i = 0; i < 2; ++i) {
        voctl_column_t *col = &plan->columns[i ? plan->dec : plan->ra];

        set_type(col, voctl_type(OID_FLOAT8, NULL), 0);
        make_main(col, i ? "pos.eq.dec" : "pos.eq.ra", pool);
        col->field.unit = "deg";
        col->is_principal = 1;
    }
    return NULL;
}

static vo_err_t *find_id(voctl_plan_t *plan, const voctl_planopts_t *opts,
                         apr_pool_t *pool)
{
    if (opts->id) {
        VO_TRY(named_column(&plan->id, plan, opts->id, "identifier", pool));
        make_main(&plan->columns[plan->id], "meta.id", pool);
    }
    else {
        plan->id = with_ucd(plan, "meta.id;meta.main");
        if (plan->id < 0) {
            plan->id = with_ucd(plan, "ID_MAIN");
        }
    }
    if (plan->id >= 0) {
        plan->columns[plan->id].is_principal = 1;
    }
    return NULL;
}

/* ---- names, types, groups ------------------------------------------------*/

static const char *free_name(const voctl_plan_t *plan, const char *wanted,
                             apr_pool_t *pool)
{
    int i;

    for (i = 0; i < plan->ncolumns; ++i) {
        if (plan->columns[i].pg_column
            && !strcmp(plan->columns[i].pg_column, wanted)) {
            return free_name(plan, apr_pstrcat(pool, wanted, "_", NULL), pool);
        }
    }
    return wanted;
}

static vo_err_t *finish_columns(voctl_plan_t *plan, apr_pool_t *pool)
{
    int i, is_array, is_small = plan->ncolumns <= 30;

    for (i = 0; i < plan->ncolumns; ++i) {
        voctl_column_t *col = &plan->columns[i];
        const voctl_type_t *type = voctl_type(col->oid, &is_array);

        if (voctl_plan_find(plan, col->field.name) != i) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "Two columns would be called %s.",
                               col->field.name);
        }
        col->adql_name = vo_adql_name(col->field.name, pool);
        col->pg_column = free_name(plan, voctl_pg_name(col->field.name, pool),
                                   pool);
        if (col->pg_type) { /* sky_region */
            col->field.xtype = col->field.xtype ? col->field.xtype
                                                : "adql:REGION";
        }
        else {
            col->pg_type = apr_pstrcat(pool, type->pg_name,
                                       is_array ? "[]" : "", NULL);
        }
        col->is_principal |= is_small;
        voctl_stats_init(&col->stats);
    }
    plan->hpx = plan->ra < 0 ? NULL : free_name(plan, "hpx", pool);
    return NULL;
}

/* The published name of what the file calls NAME, or NULL. */
static const char *published(const voctl_plan_t *plan, const char *name)
{
    int i, j;

    for (i = 0; i < plan->ncolumns; ++i) {
        for (j = 0; j < plan->columns[i].nsources; ++j) {
            const char *source = plan->columns[i].sources[j];

            if (source && !strcasecmp(source, name)) {
                return plan->columns[i].field.name;
            }
        }
    }
    return NULL;
}

static void take_groups(voctl_plan_t *plan, const vo_tableinfo_t *info,
                        apr_pool_t *pool)
{
    int i, j;

    plan->groups = apr_pcalloc(pool, sizeof(*plan->groups)
                                         * (size_t)(info->ngroups + 1));
    for (i = 0; i < info->ngroups; ++i) {
        vo_group_t *group = &plan->groups[plan->ngroups];
        const char *last = NULL;

        *group = info->groups[i];
        group->ncolumns = 0;
        group->columns = apr_palloc(pool, sizeof(char *) * (size_t)(
                                              info->groups[i].ncolumns + 1));
        for (j = 0; j < info->groups[i].ncolumns; ++j) {
            const char *name = published(plan, info->groups[i].columns[j]);

            if (name && name != last) { /* a folded one counts once */
                group->columns[group->ncolumns++] = name;
                last = name;
            }
        }
        plan->ngroups += group->ncolumns > 0;
    }
}

/* "J2000.0", "2016.0" as a number; 0 for anything else. */
static double parse_epoch(const char *text)
{
    double year;

    if (!text) {
        return 0;
    }
    text += *text == 'J';
    return vo_num_to_double(text, (int)strlen(text), &year)
                   && year > 1500 && year < 2500 ? year : 0;
}

vo_err_t *voctl_plan_make(voctl_plan_t **out, int nfiles,
                          const vo_tableinfo_t *const *infos,
                          const char *const *files,
                          const voctl_planopts_t *opts, apr_pool_t *pool)
{
    voctl_plan_t *plan = apr_pcalloc(pool, sizeof(*plan));
    apr_hash_t *table = opts->meta->table;
    voctl_planopts_t o = *opts;
    const char *epoch;
    int i;

    plan->ra = plan->dec = plan->id = -1;
    VO_TRY(first_file(plan, infos[0], files[0], pool));
    for (i = 1; i < nfiles; ++i) {
        VO_TRY(next_file(plan, infos[i], files[i], files[0], pool));
    }
    VO_TRY(apply_meta(plan, opts, pool));
#define OR_META(field, key)                                                   \
    if (!o.field) {                                                           \
        o.field = apr_hash_get(table, key, APR_HASH_KEY_STRING);              \
    }
    OR_META(ra, "ra")
    OR_META(dec, "dec")
    OR_META(id, "id")
    OR_META(epoch, "epoch")
    OR_META(description, "description")
#undef OR_META
    VO_TRY(find_position(plan, &o, infos[0]->system, pool));
    VO_TRY(find_id(plan, &o, pool));
    VO_TRY(finish_columns(plan, pool));
    take_groups(plan, infos[0], pool);
    plan->description = o.description ? o.description : infos[0]->description;
    plan->utype = apr_hash_get(table, "utype", APR_HASH_KEY_STRING);
    epoch = o.epoch ? o.epoch : infos[0]->epoch;
    plan->epoch = plan->ra < 0 ? 0 : parse_epoch(epoch);
    if (o.epoch && plan->ra >= 0 && plan->epoch == 0) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "Epoch %s: a Julian year such as 2016.0 is "
                           "expected.", o.epoch);
    }
    *out = plan;
    return NULL;
}
