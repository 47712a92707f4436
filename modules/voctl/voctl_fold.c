/* voctl_fold.c: making one array column of the columns NAME_<filter>. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_fold.h"

#include <string.h>

#include <apr_strings.h>

/* The filter whose name NAME ends with, after an underscore, or NULL; the
 * exact case wins over any other. */
static const vo_filter_t *filter_of(const char *name, int nfilters,
                                    const vo_filter_t *filters)
{
    const vo_filter_t *found = NULL;
    int i;

    for (i = 0; i < nfilters; ++i) {
        size_t n = strlen(name), m = strlen(filters[i].name);
        const char *tail = name + n - m;

        if (n < m + 2 || tail[-1] != '_') {
            continue;
        }
        if (!strcmp(tail, filters[i].name)) {
            return &filters[i];
        }
        if (!found && !strcasecmp(tail, filters[i].name)) {
            found = &filters[i];
        }
    }
    return found;
}

/* The words that begin both A and B, words ending at ';'. */
static const char *common_ucd(const char *a, const char *b, apr_pool_t *pool)
{
    size_t i, end = 0;

    if (!a || !b) {
        return NULL;
    }
    for (i = 0; a[i] && a[i] == b[i]; ++i) {
        if (a[i] == ';') {
            end = i;
        }
    }
    if ((!a[i] || a[i] == ';') && (!b[i] || b[i] == ';')) {
        end = i;
    }
    return end ? apr_pstrmemdup(pool, a, end) : NULL;
}

static const char *general_text(const char *text, const char *filter,
                                apr_pool_t *pool)
{
    const char *at = text ? strstr(text, filter) : NULL;

    return at ? apr_pstrcat(pool, apr_pstrmemdup(pool, text,
                                                 (apr_size_t)(at - text)),
                            "each filter", at + strlen(filter), NULL)
              : text;
}

/* Take column COL, of filter F, into the array column ARRAY. */
static vo_err_t *absorb(voctl_column_t *array, const voctl_column_t *col,
                        const vo_filter_t *f, apr_pool_t *pool)
{
    const voctl_type_t *mine = voctl_type(array->elem, NULL), *both;
    const voctl_type_t *its = voctl_type(col->oid, NULL);

    if (array->sources[f->position - 1]) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "Columns %s and %s both belong to filter %s.",
                           array->sources[f->position - 1],
                           col->sources[0], f->name);
    }
    both = voctl_type_common(mine, its);
    if (!both) {
        return vo_err_make(pool, VO_ERR_USAGE,
                           "Column %s is %s; it cannot be folded with columns "
                           "that are %s.", col->field.name, its->pg_name,
                           mine->pg_name);
    }
    array->elem = both->oid;
    array->field.type = both->type;
    array->field.ucd = common_ucd(array->field.ucd, col->field.ucd, pool);
    array->sources[f->position - 1] = col->sources[0];
    return NULL;
}

/* Begin an array column at COL, named by the LEN first bytes of its name. */
static void begin(voctl_column_t *col, size_t len, int n,
                  const vo_filter_t *f, apr_pool_t *pool)
{
    const char *source = col->sources[0];

    col->field.name = apr_pstrmemdup(pool, col->field.name, len);
    col->field.description = general_text(col->field.description, f->name,
                                          pool);
    col->elem = col->oid;
    col->nsources = n;
    col->sources = apr_pcalloc(pool, sizeof(char *) * (size_t)n);
    col->sources[f->position - 1] = source;
}

/* May COL be an element: a number, not an array. */
static int is_foldable(const voctl_column_t *col)
{
    int is_array;

    return voctl_type(col->oid, &is_array)->is_number && !is_array
           && !col->pg_type;
}

/* The place of the column that a foldable column I belongs to; -1 when it has
 * no partner. */
static int partner_count(const voctl_plan_t *plan, int i, size_t len,
                         int nfilters, const vo_filter_t *filters)
{
    const char *name = plan->columns[i].field.name;
    int j, n = 0;

    for (j = 0; j < plan->ncolumns; ++j) {
        const char *other = plan->columns[j].field.name;
        const vo_filter_t *f = filter_of(other, nfilters, filters);

        n += f && is_foldable(&plan->columns[j])
             && strlen(other) - strlen(f->name) - 1 == len
             && !strncasecmp(name, other, len);
    }
    return n;
}

vo_err_t *voctl_fold_columns(voctl_plan_t *plan, int nfilters,
                             const vo_filter_t *filters, apr_pool_t *pool)
{
    voctl_column_t *old = plan->columns;
    voctl_plan_t all = *plan;
    int i, j, n = 0, max = 0;

    for (i = 0; i < nfilters; ++i) {
        max = filters[i].position > max ? filters[i].position : max;
    }
    if (max == 0) {
        return vo_err_hint(pool,
            vo_err_make(pool, VO_ERR_USAGE,
                        "--fold: the survey has no filters."),
            "Load them with voctl filters.");
    }
    plan->columns = apr_pcalloc(pool, sizeof(*old) * (size_t)(all.ncolumns));
    for (i = 0; i < all.ncolumns; ++i) {
        const vo_filter_t *f = is_foldable(&old[i])
                                   ? filter_of(old[i].field.name, nfilters,
                                               filters) : NULL;
        size_t len = f ? strlen(old[i].field.name) - strlen(f->name) - 1 : 0;

        if (!f || partner_count(&all, i, len, nfilters, filters) < 2) {
            plan->columns[n++] = old[i];
            continue;
        }
        for (j = 0; j < n; ++j) {
            if (plan->columns[j].elem
                && strlen(plan->columns[j].field.name) == len
                && !strncasecmp(plan->columns[j].field.name,
                                old[i].field.name, len)) {
                break;
            }
        }
        if (j < n) {
            VO_TRY(absorb(&plan->columns[j], &old[i], f, pool));
        }
        else {
            plan->columns[n] = old[i];
            begin(&plan->columns[n++], len, max, f, pool);
        }
    }
    plan->ncolumns = n;
    for (i = 0; i < n; ++i) {
        voctl_column_t *col = &plan->columns[i];

        if (col->elem) {
            col->oid = voctl_type(col->elem, NULL)->array_oid;
            col->field.pg_oid = col->oid;
            col->field.arraysize = apr_itoa(pool, max);
            col->field.size = max;
        }
    }
    return NULL;
}
