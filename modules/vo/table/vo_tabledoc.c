/* vo_tabledoc.c: what a result says besides its rows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOTable 1.4 sections 3.1 to 3.6; IVOA note Data Origin in the VO */
#include "vo_tabledoc.h"

#include <string.h>

#include <apr_strings.h>

#include "../vo_num.h"

/* --- frames of positions ------------------------------------------------- */

static int begins(const char *text, const char *const *words)
{
    for (; text && *words; ++words) {
        if (!strncasecmp(text, *words, strlen(*words))) {
            return 1;
        }
    }
    return 0;
}

/* Is FIELD a coordinate of the frame its column came with, not of ICRS? */
static int has_own_frame(const vo_field_t *field)
{
    static const struct {
        const char *ucd, *system;
    } known[] = {{"pos.galactic", "gal"}, {"pos.ecliptic", "ecl"},
                 {"pos.supergalactic", "super"}};
    const char *system = field->column ? field->column->system : NULL;
    apr_size_t i;

    for (i = 0; system && field->ucd && i < sizeof(known) / sizeof(known[0]);
         ++i) {
        if (!strncasecmp(field->ucd, known[i].ucd, strlen(known[i].ucd))
            && !strncasecmp(system, known[i].system,
                            strlen(known[i].system))) {
            return 1;
        }
    }
    return 0;
}

static int has_frame(const vo_field_t *field)
{
    static const char *const ucds[] = {"pos.eq", "pos.pm", "pos.outline",
                                       "POS_EQ_", NULL};
    static const char *const xtypes[] = {"adql:REGION", "adql:POINT", "point",
                                         "circle", "polygon", "shape", NULL};

    return begins(field->ucd, ucds) || begins(field->xtype, xtypes)
           || has_own_frame(field);
}

/* On which epoch do all positions agree that come from tables? 0: on none. */
static double common_epoch(const vo_tabledoc_t *doc)
{
    double epoch = -1;
    int i;

    for (i = 0; i < doc->nfields; ++i) {
        const vo_column_t *c = doc->fields[i].column;

        if (c && c->table->ra && !c->system) {
            epoch = epoch < 0 || epoch == c->table->epoch ? c->table->epoch
                                                          : 0;
        }
    }
    return epoch > 0 ? epoch : 0;
}

static int are_equal(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* The frame of a field of column C, or of none: that of the release, with EPOCH
 * (0: none), if the column does not come with its own. */
static vo_coosys_t frame_of(const vo_column_t *c, double epoch,
                            apr_pool_t *pool)
{
    vo_coosys_t one = {0};

    one.system = "ICRS";
    one.refposition = "BARYCENTER";
    if (c && c->system) {
        one.system = c->system;
        one.equinox = c->equinox;
        one.epoch = c->epoch;
        one.refposition = NULL;
    }
    else if (epoch > 0) {
        one.epoch = apr_psprintf(pool, "J%.10g", epoch);
    }
    return one;
}

/* The ID of a frame like ONE, which is added to FOUND if it is new. */
static const char *frame_id(apr_array_header_t *found, vo_coosys_t *one,
                            apr_pool_t *pool)
{
    const char *stem = !strcmp(one->system, "ICRS") ? "ICRS" : "FRAME";
    int j;

    for (j = 0; j < found->nelts; ++j) {
        const vo_coosys_t *old = &APR_ARRAY_IDX(found, j, vo_coosys_t);

        if (!strcmp(old->system, one->system)
            && are_equal(old->equinox, one->equinox)
            && are_equal(old->epoch, one->epoch)) {
            return old->id;
        }
    }
    one->id = j ? apr_psprintf(pool, "%s_%d", stem, j + 1) : stem;
    APR_ARRAY_PUSH(found, vo_coosys_t) = *one;
    return one->id;
}

static void set_frames(vo_tabledoc_t *doc, vo_field_t *fields,
                       apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 2, sizeof(vo_coosys_t));
    double common = common_epoch(doc);
    int i;

    for (i = 0; i < doc->nfields; ++i) {
        const vo_column_t *c = fields[i].column;
        vo_coosys_t one;

        fields[i].ref = NULL;
        if (has_frame(&fields[i])) {
            one = frame_of(c, c && c->table->ra ? c->table->epoch : common,
                           pool);
            fields[i].ref = frame_id(found, &one, pool);
        }
    }
    doc->ncoosys = found->nelts;
    doc->coosys = (const vo_coosys_t *)found->elts;
}

/* --- time frames --------------------------------------------------------- */

static int is_word(const char *text, apr_size_t len, const char *const *words)
{
    for (; *words; ++words) {
        if (strlen(*words) == len && !strncmp(*words, text, len)) {
            return 1;
        }
    }
    return 0;
}

static vo_err_t *not_a_frame(const char *text, apr_pool_t *pool)
{
    return vo_err_hint(pool, vo_err_make(pool, VO_ERR_USAGE,
                                         "'%.80s' is no time frame.", text),
        "It is a time scale (TAI, TT, UT, UTC, GPS, TCG, TCB, TDB, UNKNOWN), a "
        "place (TOPOCENTER, GEOCENTER, HELIOCENTER, BARYCENTER, EMBARYCENTER, "
        "UNKNOWN) and, for numbers of days, their origin (MJD-origin, "
        "JD-origin or a Julian date).");
}

vo_err_t *vo_timesys_parse(vo_timesys_t *timesys, const char *text,
                           apr_pool_t *pool)
{
    static const char *const scales[] = {"TAI", "TT", "UT", "UTC", "GPS",
                                         "TCG", "TCB", "TDB", "UNKNOWN", NULL};
    static const char *const places[] = {"TOPOCENTER", "GEOCENTER",
                                         "HELIOCENTER", "BARYCENTER",
                                         "EMBARYCENTER", "UNKNOWN", NULL};
    static const char *const origins[] = {"MJD-origin", "JD-origin", NULL};
    const char *words[3], *p = text;
    apr_size_t lens[3] = {0, 0, 0};
    double jd;
    int n;

    for (n = 0; *(p += strspn(p, " \t")); ++n) {
        if (n == 3) {
            return not_a_frame(text, pool);
        }
        words[n] = p;
        lens[n] = strcspn(p, " \t");
        p += lens[n];
    }
    if (n < 2 || !is_word(words[0], lens[0], scales)
        || !is_word(words[1], lens[1], places)
        || (n == 3 && !is_word(words[2], lens[2], origins)
            && !vo_num_to_double(words[2], (int)lens[2], &jd))) {
        return not_a_frame(text, pool);
    }
    memset(timesys, 0, sizeof(*timesys));
    timesys->timescale = apr_pstrmemdup(pool, words[0], lens[0]);
    timesys->refposition = apr_pstrmemdup(pool, words[1], lens[1]);
    timesys->timeorigin = n < 3 ? NULL
                                : apr_pstrmemdup(pool, words[2], lens[2]);
    return NULL;
}

static int is_same(const vo_timesys_t *a, const vo_timesys_t *b)
{
    return !strcmp(a->timescale, b->timescale)
           && !strcmp(a->refposition, b->refposition)
           && !a->timeorigin == !b->timeorigin
           && (!a->timeorigin || !strcmp(a->timeorigin, b->timeorigin));
}

static void set_times(vo_tabledoc_t *doc, vo_field_t *fields, apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 2, sizeof(vo_timesys_t));
    int i, j;

    for (i = 0; i < doc->nfields; ++i) {
        const vo_column_t *c = fields[i].column;
        vo_timesys_t one;

        if (!c || !c->timesys || vo_timesys_parse(&one, c->timesys, pool)) {
            continue;
        }
        for (j = 0; j < found->nelts
                    && !is_same(&APR_ARRAY_IDX(found, j, vo_timesys_t), &one);
             ++j) {
            continue;
        }
        if (j == found->nelts) {
            one.id = j ? apr_psprintf(pool, "TIME_%d", j + 1) : "TIME";
            APR_ARRAY_PUSH(found, vo_timesys_t) = one;
        }
        fields[i].ref = APR_ARRAY_IDX(found, j, vo_timesys_t).id;
    }
    doc->ntimesys = found->nelts;
    doc->timesys = (const vo_timesys_t *)found->elts;
}

/* --- groups and links ---------------------------------------------------- */

/* Push the group as far as its columns are in DOC, under the names they have
 * there. */
static void add_group(apr_array_header_t *to, const vo_tabledoc_t *doc,
                      const vo_table_t *table, const vo_group_t *group,
                      apr_pool_t *pool)
{
    vo_group_t made = *group;
    int i, j;

    made.ncolumns = 0;
    made.columns = apr_palloc(pool, sizeof(*made.columns)
                                        * ((apr_size_t)group->ncolumns + 1));
    for (i = 0; i < group->ncolumns; ++i) {
        const vo_column_t *column = vo_table_column(table, group->columns[i]);

        for (j = 0; column && j < doc->nfields; ++j) {
            if (doc->fields[j].column == column) {
                made.columns[made.ncolumns++] = doc->fields[j].name;
                break;
            }
        }
    }
    if (made.ncolumns) {
        APR_ARRAY_PUSH(to, vo_group_t) = made;
    }
}

static void set_groups(vo_tabledoc_t *doc, apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 2, sizeof(vo_group_t));
    int i, j;

    for (i = 0; i < doc->nfields; ++i) {
        const vo_table_t *table = doc->fields[i].column
                                      ? doc->fields[i].column->table : NULL;

        /* each table once, where its first column is */
        for (j = 0; table && j < i; ++j) {
            if (doc->fields[j].column
                && doc->fields[j].column->table == table) {
                table = NULL;
            }
        }
        for (j = 0; table && j < table->ngroups; ++j) {
            add_group(found, doc, table, &table->groups[j], pool);
        }
    }
    doc->ngroups = found->nelts;
    doc->groups = (const vo_group_t *)found->elts;
}

static void set_links(vo_tabledoc_t *doc, const vo_release_t *rel,
                      apr_pool_t *pool)
{
    doc->nlinks = 0;
    if (rel->reference_url && *rel->reference_url) {
        vo_doclink_t *link = apr_pcalloc(pool, sizeof(*link));

        link->href = rel->reference_url;
        link->role = "doc";
        link->title = "About the release";
        doc->nlinks = 1;
        doc->links = link;
    }
}

void vo_tabledoc_describe(vo_tabledoc_t *doc, vo_field_t *fields,
                          const vo_release_t *rel, apr_pool_t *pool)
{
    set_frames(doc, fields, pool);
    set_times(doc, fields, pool);
    set_groups(doc, pool);
    set_links(doc, rel, pool);
}

/* --- origin of the data -------------------------------------------------- */

static const char *date_of(apr_time_t time, apr_pool_t *pool)
{
    apr_time_exp_t t;

    if (!time) {
        return NULL;
    }
    apr_time_exp_gmt(&t, time);
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d",
                        t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                        t.tm_min, t.tm_sec);
}

int vo_origin_infos(vo_info_t *infos, const vo_origin_t *origin,
                    apr_pool_t *pool)
{
    const vo_release_t *rel = origin->rel;
    int is_uri = rel->rights && strstr(rel->rights, "://") != NULL;
    const struct {
        const char *name, *value, *ucd, *text;
    } known[VO_ORIGIN_INFOS] = {
        {"standardID", origin->protocol, NULL, NULL},
        {"service_protocol", origin->protocol, NULL,
         "Protocol through which the data were retrieved"},
        {"server_software", origin->software, NULL, NULL},
        {"server", origin->server, NULL, NULL},
        {"request", origin->request, NULL, NULL},
        {"QUERY", origin->query, NULL, NULL},
        {"query", origin->query, NULL, NULL},
        {"request_date", date_of(origin->date, pool), NULL,
         "When the query was executed, UTC"},
        {"publisher", rel->publisher, NULL,
         "Data centre that produced this document"},
        {"contact", rel->contact_email ? rel->contact_email
                                       : rel->contact_name, NULL, NULL},
        {"ivoid", rel->ivoid, NULL, "Identifier of the data collection"},
        {"release", rel->id, NULL, NULL},
        {"resource_version", rel->version, NULL, NULL},
        {"creator", rel->creator, NULL, NULL},
        {"citation", rel->doi, "meta.bib",
         "Identifier by which the data can be cited"},
        {"reference_url", rel->reference_url, NULL, NULL},
        {is_uri ? "rights_uri" : "rights", rel->rights, NULL, NULL},
        {"last_update_date", date_of(rel->updated, pool), NULL, NULL},
    };
    int i, n = 0;

    for (i = 0; i < VO_ORIGIN_INFOS; ++i) {
        if (known[i].value && *known[i].value) {
            memset(&infos[n], 0, sizeof(infos[n]));
            infos[n].name = known[i].name;
            infos[n].value = known[i].value;
            infos[n].ucd = known[i].ucd;
            infos[n++].text = known[i].text;
        }
    }
    return n;
}
