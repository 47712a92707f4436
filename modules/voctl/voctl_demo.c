/* voctl_demo.c: voctl demo: the example releases demo-dr1 and tycho2. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_demo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "vo_num.h"
#include "voctl_examples.h"
#include "voctl_filters.h"
#include "voctl_load.h"
#include "voctl_photospec.h"
#include "voctl_render.h"

#define DEFAULT_ROWS 100000
#define DEFAULT_SEED 20261120
#define PROBE_OBJECTS 4000  /* to learn how many objects make a row */
#define INVENTED_STARS 300000
#define DEMO_VERSION "1.1"  /* of both releases: another when the sky changes */
#define PIXEL_MIN 0.5
#define PIXEL_MAX 60.0

const apr_getopt_option_t voctl_demo_options[] = {
    { "rows", 256, 1, "N  objects in the main catalogue, about; default "
                      "100000" },
    { "seed", 257, 1, "N  another sky; default 20261120" },
    { "stars", 258, 1, "DIR  with index-tycho2-*.littleendian.fits; default "
                       "/usr/share/astrometry" },
    { "images", 260, 1, "DIR  make images of the sky there, and publish them" },
    { "pixel", 261, 1, "ARCSEC  of the images, 0.5 to 60; default 3.36: all "
                       "take 200 MB; 0.555 makes 9082 x 9082 pixels, 7 GB" },
    { "tiles", 262, 1, "N  images of so many tiles of the nine" },
    { "jobs", 263, 1, "N  images made at the same time; default: processors" },
    { "force", 259, 0, "make it anew even if it is there" },
    { NULL, 0, 0, NULL },
};

typedef struct demo_t {
    voctl_t *ctl;
    apr_int64_t size, seed;    /* as asked for */
    double pixel;              /* arcsec */
    apr_int64_t tiles, jobs;
    const char *images;        /* folder, absolute, or NULL */
    const char *description;   /* of demo-dr1 */
    truth_t *truth;
    voctl_tycho_t *tycho;
    int is_real;               /* the stars */
    const demo_table_t *table; /* being loaded */
    apr_int64_t rows;          /* expected, for the progress bar */
} demo_t;

/* ---- a table as a source of rows -----------------------------------------*/

typedef struct generator_t {
    demo_state_t state;
    const demo_table_t *table;
    apr_int64_t done, all;
} generator_t;

static const vo_tableinfo_t *table_info(const demo_table_t *table,
                                        apr_pool_t *pool)
{
    vo_tableinfo_t *info = apr_pcalloc(pool, sizeof(*info));
    int i;

    info->name = table->name;
    info->description = table->description;
    info->nrows = -1;
    while (table->columns[info->nfields].name) {
        ++info->nfields;
    }
    info->fields = apr_pcalloc(pool, sizeof(*info->fields)
                                         * (apr_size_t)info->nfields);
    for (i = 0; i < info->nfields; ++i) {
        const demo_column_t *c = &table->columns[i];
        const voctl_type_t *type = voctl_type(c->oid, NULL);
        vo_field_t *f = &info->fields[i];
        int is_vector = c->arraysize && type->is_number;

        f->name = c->name;
        f->type = type->type;
        f->arraysize = c->arraysize;
        f->size = vo_arraysize_parse(c->arraysize);
        f->unit = c->unit;
        f->ucd = c->ucd;
        f->xtype = c->xtype;
        f->description = c->description;
        f->pg_oid = is_vector ? type->array_oid : type->oid;
    }
    if (table->epoch > 0) {
        info->epoch = apr_psprintf(pool, "J%.1f", table->epoch);
        info->system = "ICRS";
    }
    return info;
}

static vo_err_t *generate(void *baton, const vo_cell_t **cells)
{
    generator_t *g = baton;

    *cells = g->table->next(&g->state) ? g->state.row.cells : NULL;
    ++g->done;
    return NULL;
}

static void generated(void *baton, apr_int64_t *done, apr_int64_t *all)
{
    const generator_t *g = baton;

    *done = g->done;
    *all = g->all;
}

static apr_status_t free_generator(void *baton)
{
    generator_t *g = baton;

    vo_buf_free(&g->state.row.buf);
    return APR_SUCCESS;
}

static vo_err_t *open_generator(voctl_source_t *source, void *baton, int i,
                                apr_pool_t *pool)
{
    const demo_t *demo = baton;
    generator_t *g = apr_pcalloc(pool, sizeof(*g));

    (void)i;
    g->state.truth = demo->truth;
    g->state.tycho = demo->tycho;
    g->table = demo->table;
    g->all = demo->rows;
    apr_pool_cleanup_register(pool, g, free_generator, apr_pool_cleanup_null);
    source->name = demo->table->name;
    source->info = table_info(demo->table, pool);
    source->next = generate;
    source->progress = generated;
    source->baton = g;
    return NULL;
}

/* The foreign keys, the region column and time frames, as the metadata file
 * says them. */
static vo_err_t *table_meta(voctl_metafile_t **meta, const demo_table_t *table,
                            apr_pool_t *pool)
{
    const demo_column_t *c;
    const demo_key_t *k;

    VO_TRY(voctl_metafile_read(meta, NULL, pool));
    if (table->region) {
        apr_hash_t *column = apr_hash_make(pool);

        apr_hash_set(column, "type", APR_HASH_KEY_STRING, "sky_region");
        apr_hash_set((*meta)->columns, table->region, APR_HASH_KEY_STRING,
                     column);
    }
    for (c = table->columns; c->name; ++c) {
        if (c->oid == OID_TIMESTAMP) {
            apr_hash_t *column = apr_hash_make(pool);

            apr_hash_set(column, "timesys", APR_HASH_KEY_STRING,
                         "UTC TOPOCENTER");
            apr_hash_set((*meta)->columns, c->name, APR_HASH_KEY_STRING,
                         column);
        }
    }
    for (k = table->keys; k->id; ++k) {
        voctl_metakey_t *key = apr_array_push((*meta)->keys);

        key->id = k->id;
        key->description = k->description;
        key->target = k->target;
        key->from = voctl_split(k->from, pool);
        key->to = voctl_split(k->to, pool);
    }
    return NULL;
}

static vo_err_t *load_table(demo_t *demo, const char *release, int index,
                            const demo_table_t *table)
{
    apr_pool_t *pool = demo->ctl->pool;
    voctl_load_t load = { 0 };
    voctl_metafile_t *meta;
    const vo_tableinfo_t *info = table_info(table, pool);
    int i;

    demo->table = table;
    VO_TRY(table_meta(&meta, table, pool));
    load.release = release;
    load.table = table->name;
    load.mode = VOCTL_REPLACE;
    load.is_cone = table->is_cone;
    load.index = index;
    load.plan.meta = meta;
    load.plan.id = table->id;
    load.key = voctl_split(table->key, pool);
    load.indexes = apr_array_make(pool, 2, sizeof(apr_array_header_t *));
    for (i = 0; table->indexes[i]; ++i) {
        APR_ARRAY_PUSH(load.indexes, apr_array_header_t *)
            = voctl_split(table->indexes[i], pool);
    }
    load.nsources = 1;
    load.infos = &info;
    load.names = &table->name;
    load.open = open_generator;
    load.baton = demo;
    return voctl_load(demo->ctl, &load);
}

/* ---- the sky --------------------------------------------------------------*/

/* Objects needed for so many rows: tiles overlap, faint objects are missed. */
static int objects_for(const demo_t *demo)
{
    truth_t *probe = truth_create((uint64_t)demo->seed, demo->pixel,
                                  PROBE_OBJECTS, 0, NULL);
    truth_seen_t seen;
    int t, i, n = 0;

    for (t = 0; probe && t < TRUTH_TILES; ++t) {
        for (i = 0; i < probe->nobjects; ++i) {
            n += truth_see(probe, t, i, &seen);
        }
    }
    truth_free(probe);
    return n ? (int)((double)demo->size * PROBE_OBJECTS / n)
             : (int)demo->size;
}

static apr_status_t free_truth(void *truth)
{
    truth_free(truth);
    return APR_SUCCESS;
}

static vo_err_t *make_sky(demo_t *demo)
{
    apr_pool_t *pool = demo->ctl->pool;
    truth_star_t *stars = apr_palloc(pool, sizeof(*stars)
                                               * (apr_size_t)demo->tycho->n);
    voctl_tycho_star_t star;
    int i, n = 0, nobjects = objects_for(demo);

    for (i = 0; i < demo->tycho->n; ++i) {
        voctl_tycho_star(demo->tycho, i, &star);
        if (truth_in_field(star.ra, star.dec)) {
            stars[n].source = i + 1; /* Stars.Source */
            stars[n].ra = star.ra;
            stars[n].dec = star.dec;
            stars[n++].mag = star.mag;
        }
    }
    n = n > nobjects ? nobjects : n;
    demo->truth = truth_create((uint64_t)demo->seed, demo->pixel, nobjects, n,
                               stars);
    if (!demo->truth) {
        return vo_err_make(pool, VO_ERR_FAULT, "No memory for %d objects.",
                           nobjects);
    }
    apr_pool_cleanup_register(pool, demo->truth, free_truth,
                              apr_pool_cleanup_null);
    voctl_say(demo->ctl, "sky of seed %" APR_INT64_T_FMT ": %d objects, %d of"
                         " them %s stars", demo->seed, nobjects, n,
              demo->is_real ? "real" : "invented");
    return NULL;
}

static vo_err_t *read_stars(demo_t *demo)
{
    voctl_t *ctl = demo->ctl;

    VO_TRY(voctl_tycho_read(&demo->tycho, voctl_opt(ctl, "stars"),
                            ctl->pool));
    demo->is_real = demo->tycho != NULL;
    if (demo->is_real) {
        voctl_say(ctl, "%s: %d stars", demo->tycho->file, demo->tycho->n);
    }
    else {
        demo->tycho = voctl_tycho_invent(INVENTED_STARS, (uint64_t)demo->seed,
                                         ctl->pool);
        voctl_say(ctl, "Debian's package astrometry-data-tycho2-10-19-"
                       "littleendian is not installed: %d invented stars take "
                       "the place of the real ones.", demo->tycho->n);
    }
    return NULL;
}

/* ---- releases -------------------------------------------------------------*/

static void set_option(voctl_t *ctl, const char *name, const char *value)
{
    apr_array_header_t *values = apr_array_make(ctl->pool, 1, sizeof(value));

    APR_ARRAY_PUSH(values, const char *) = value;
    apr_hash_set(ctl->options, name, APR_HASH_KEY_STRING, values);
}

/* The state of release ID; NULL when there is none. *IS_SAME tells whether it
 * is of this version and description. */
static vo_err_t *find_state(const char **state, int *is_same, voctl_t *ctl,
                            const char *id, const char *description)
{
    const char *params[3] = { id, DEMO_VERSION, description };
    PGresult *res;

    VO_TRY(voctl_query(&res, ctl, "SELECT state, (version, description)"
                                  " IS NOT DISTINCT FROM ($2, $3)"
                                  " FROM vo.release WHERE release_id = $1", 3,
                       params, ctl->pool));
    *state = PQntuples(res) ? PQgetvalue(res, 0, 0) : NULL;
    *is_same = *state && *PQgetvalue(res, 0, 1) == 't';
    return NULL;
}

static vo_err_t *begin_release(demo_t *demo, const char *id, const char *title,
                               const char *description)
{
    voctl_t *ctl = demo->ctl;
    const char *state;
    int ignored;

    VO_TRY(find_state(&state, &ignored, ctl, id, description));
    set_option(ctl, "title", title);
    set_option(ctl, "description", description);
    set_option(ctl, "ivoid", apr_pstrcat(ctl->pool, "ivo://example.org/", id,
                                         NULL));
    set_option(ctl, "release-version", DEMO_VERSION);
    set_option(ctl, "publisher", "Example Observatory");
    set_option(ctl, "creator", "mod_vo");
    set_option(ctl, "contact-name", "Archive operator");
    set_option(ctl, "contact-email", "operator@example.org");
    set_option(ctl, "reference-url", "http://example.org/");
    return state ? voctl_release_set(ctl, 1, &id)
                 : voctl_release_add(ctl, 1, &id);
}

static vo_err_t *put_filters(voctl_t *ctl)
{
    vo_filter_t filters[TRUTH_FILTERS];
    vo_err_t *err;
    int k;

    memset(filters, 0, sizeof(filters));
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        filters[k].name = truth_filters[k].name;
        filters[k].filter_id = truth_filters[k].filter_id;
        filters[k].position = k + 1;
        filters[k].wavelength = truth_filters[k].wavelength;
        filters[k].width = truth_filters[k].width;
        filters[k].color = truth_filters[k].color;
        filters[k].svo_id = apr_pstrcat(ctl->pool, "OAJ/JPLUS.",
                                        truth_filters[k].name, NULL);
    }
    VO_TRY(voctl_begin(ctl));
    err = voctl_filters_put(ctl, "demo", TRUTH_FILTERS, filters);
    return voctl_abort(ctl, err ? err : voctl_commit(ctl));
}

static vo_err_t *load_tables(demo_t *demo, const char *release,
                             const demo_table_t *tables)
{
    int i;

    for (i = 0; tables[i].name; ++i) {
        VO_TRY(load_table(demo, release, i, &tables[i]));
    }
    return NULL;
}

static vo_err_t *put_examples(voctl_t *ctl, const char *release,
                              const char *text)
{
    apr_array_header_t *examples;

    VO_TRY(voctl_examples_parse(&examples, release, text, ctl->pool));
    return voctl_abort(ctl, voctl_examples_put(ctl, release, examples));
}

static const char *number(double value, apr_pool_t *pool)
{
    char *buf = apr_palloc(pool, VO_NUM_SIZE);

    vo_num_from_double(buf, value);
    return buf;
}

/* Both kinds there are: flux densities, and magnitudes with limits. */
static vo_err_t *put_photospecs(demo_t *demo, const char *release)
{
    apr_pool_t *pool = demo->ctl->pool;
    voctl_photospec_t auto_flux = {
        .name = "auto", .title = "AUTO aperture", .table = "demo.FNuDualObj",
        .ids = "TILE_ID,NUMBER", .kind = "flux", .value = "FLUX_AUTO",
        .error = "FLUX_RELERR_AUTO", .is_relative = 1, .aperture = "4",
    };
    voctl_photospec_t aper_mag = {
        .name = "aper3", .title = "3 arcsec aperture",
        .table = "demo.MagABDualObj", .ids = "TILE_ID,NUMBER", .kind = "mag",
        .value = "MAG_APER_3_0", .error = "MAG_ERR_APER_3_0",
        .flags = "FLAGS", .limits = "", .aperture = "3",
    };
    double first = demo->truth->tiles[0].mjd[0], last = first;
    int t, k;

    for (t = 0; t < TRUTH_TILES; ++t) {
        for (k = 0; k < TRUTH_FILTERS; ++k) {
            double mjd = demo->truth->tiles[t].mjd[k];

            first = mjd < first ? mjd : first;
            last = mjd > last ? mjd : last;
        }
    }
    for (k = 0; k < TRUTH_FILTERS; ++k) {
        aper_mag.limits = apr_pstrcat(pool, aper_mag.limits, k ? "," : "",
                                      number(truth_filters[k].depth, pool),
                                      NULL);
    }
    auto_flux.t_min = aper_mag.t_min = number(floor(first), pool);
    auto_flux.t_max = aper_mag.t_max = number(ceil(last), pool);
    VO_TRY(voctl_photospec_put(demo->ctl, release, &auto_flux));
    return voctl_photospec_put(demo->ctl, release, &aper_mag);
}

static vo_err_t *build(demo_t *demo)
{
    static const char *const ids[] = { "tycho2", "demo-dr1" };
    voctl_t *ctl = demo->ctl;

    VO_TRY(begin_release(demo, ids[0],
        demo->is_real ? "Tycho-2 stars" : "Invented stars",
        demo->is_real
            ? "Bright stars of the Tycho-2 catalogue (Hog et al. 2000) as "
              "Debian's package of astrometry.net index files holds them: an "
              "even selection over the sky, not the whole catalogue."
            : "A random star field: the package with the Tycho-2 stars was "
              "not installed."));
    demo->rows = demo->tycho->n;
    VO_TRY(load_tables(demo, ids[0], demo_tycho_tables));
    VO_TRY(put_examples(ctl, ids[0], voctl_tycho_examples));
    VO_TRY(voctl_release_open(ctl, 1, &ids[0]));
    VO_TRY(begin_release(demo, ids[1], "Example survey in 12 filters",
                         demo->description));
    VO_TRY(put_filters(ctl));
    demo->rows = demo->size;
    VO_TRY(load_tables(demo, ids[1], demo_tables));
    VO_TRY(put_examples(ctl, ids[1], voctl_demo_examples));
    VO_TRY(voctl_abort(ctl, put_photospecs(demo, ids[1])));
    return voctl_release_open(ctl, 1, &ids[1]);
}

/* ---- images ---------------------------------------------------------------*/

static vo_err_t *make_images(demo_t *demo)
{
    VO_TRY(voctl_render(demo->ctl, demo->truth, demo->images,
                        (int)demo->tiles, (int)demo->jobs));
    set_option(demo->ctl, "catalogues", ""); /* its tables are products too */
    return voctl_images_register(demo->ctl, "demo-dr1", 1, &demo->images);
}

/* ---- the verb -------------------------------------------------------------*/

static vo_err_t *read_options(demo_t *demo)
{
    voctl_t *ctl = demo->ctl;
    const char *pixel = voctl_opt(ctl, "pixel");
    const char *images = voctl_opt(ctl, "images");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char *path, text[VO_NUM_SIZE];

    VO_TRY(voctl_opt_int(&demo->size, ctl, "rows", DEFAULT_ROWS, 100,
                         5000000));
    VO_TRY(voctl_opt_int(&demo->seed, ctl, "seed", DEFAULT_SEED, 0,
                         APR_INT64_MAX));
    VO_TRY(voctl_opt_int(&demo->tiles, ctl, "tiles", TRUTH_TILES, 1,
                         TRUTH_TILES));
    VO_TRY(voctl_opt_int(&demo->jobs, ctl, "jobs",
                         processors > 0 ? processors : 1, 1, 256));
    demo->pixel = TRUTH_PIXEL;
    if (pixel && (!vo_num_to_double(pixel, (int)strlen(pixel), &demo->pixel)
                  || !(demo->pixel >= PIXEL_MIN
                       && demo->pixel <= PIXEL_MAX))) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE, "--pixel %s: arcseconds "
                           "from %.1f to %.0f are expected.", pixel, PIXEL_MIN,
                           PIXEL_MAX);
    }
    if (images) {
        apr_status_t rv = apr_filepath_merge(&path, NULL, images, 0,
                                             ctl->pool);

        if (rv != APR_SUCCESS) {
            return vo_err_fault(ctl->pool, rv, "Cannot name a folder.", "%s",
                                images);
        }
        demo->images = path;
    }
    vo_num_from_double(text, demo->pixel);
    demo->description = apr_psprintf(ctl->pool,
        "A made-up survey in the 12 filters of J-PLUS: nine overlapping tiles "
        "with stars, a few of them real, and galaxies. Every number follows "
        "from a seed: %" APR_INT64_T_FMT ", for about %" APR_INT64_T_FMT
        " objects and pixels of %s arcsec.", demo->seed, demo->size, text);
    return NULL;
}

vo_err_t *voctl_demo(voctl_t *ctl, int argc, const char *const *argv)
{
    demo_t demo = { 0 };
    const char *state, *star_state;
    int is_there, is_same, ignored;

    (void)argc;
    (void)argv;
    demo.ctl = ctl;
    VO_TRY(read_options(&demo));
    VO_TRY(voctl_connect(ctl));
    VO_TRY(find_state(&state, &is_same, ctl, "demo-dr1", demo.description));
    VO_TRY(find_state(&star_state, &ignored, ctl, "tycho2", NULL));
    /* both are opened only when complete */
    is_there = state && !strcmp(state, "public") && star_state
               && !strcmp(star_state, "public") && !voctl_opt(ctl, "force");
    if (demo.images && !is_same) { /* images are made for this sky only */
        is_there = 0;
    }
    if (is_there) {
        voctl_say(ctl, "demo-dr1 and tycho2 are there already (--force makes "
                       "them anew).");
        if (!demo.images) {
            return NULL;
        }
    }
    if (ctl->is_dry_run) {
        voctl_say(ctl, "Would make %s%s.",
                  is_there ? "" : "releases tycho2 and demo-dr1",
                  !demo.images ? "" : is_there ? "images" : " with images");
        return NULL;
    }
    if (demo.images) { /* before the work: there may be no place for them */
        apr_status_t rv = apr_dir_make_recursive(
            demo.images, APR_FPROT_OS_DEFAULT, ctl->pool);

        if (rv != APR_SUCCESS) {
            return vo_err_fault(ctl->pool, rv, "Cannot make a folder.", "%s",
                                demo.images);
        }
    }
    VO_TRY(read_stars(&demo));
    VO_TRY(make_sky(&demo));
    if (!is_there) {
        VO_TRY(build(&demo));
    }
    return demo.images ? make_images(&demo) : NULL;
}
