/* voctl_main.c: the operator's tool: verbs, options, help. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

static vo_err_t *help(voctl_t *ctl, int argc, const char *const *argv);
static vo_err_t *version(voctl_t *ctl, int argc, const char *const *argv);

/* Options without a letter get codes above any letter: only names matter. */
static const apr_getopt_option_t common_options[] = {
    { "dsn", 'd', 1, "CONNINFO  database, as libpq writes it (or VO_DSN)" },
    { "dry-run", 'n', 0, "say what would be done, change nothing" },
    { "quiet", 'q', 0, "say nothing but errors" },
    { "help", 'h', 0, "help on the verb" },
    { NULL, 0, 0, NULL },
};
static const apr_getopt_option_t no_options[] = { { NULL, 0, 0, NULL } };

const voctl_verb_t voctl_verbs[] = {
    { "init", "", "set the database up, or bring it up to date",
      "Needs a superuser (or who may create roles and extension pgsky).\n"
      "Running it again is always safe.", 0, 0, no_options, voctl_init },
    { "release add", "RELEASE", "make a release: staged, readable by nobody",
      "Needs who may create roles: a release has its own reader role. All\n"
      "else, loading too, the login vo_loader can do.", 1, 1,
      voctl_release_options, voctl_release_add },
    { "release set", "RELEASE", "change what is said of a release", NULL, 1, 1,
      voctl_release_options, voctl_release_set },
    { "release list", "", "list the releases", NULL, 0, 0, no_options,
      voctl_release_list },
    { "release open", "RELEASE", "publish it for everybody",
      "With --embargo, from that day on; until then it stays private.",
      1, 1, voctl_release_options, voctl_release_open },
    { "release private", "RELEASE", "publish it for --reader-group only", NULL,
      1, 1, voctl_release_options, voctl_release_private },
    { "release stage", "RELEASE", "take it back into preparation", NULL, 1, 1,
      no_options, voctl_release_stage },
    { "release retire", "RELEASE", "withdraw it; its data stay", NULL, 1, 1,
      no_options, voctl_release_retire },
    { "filters", "SURVEY FILE.csv", "load the filters of a survey",
      "Columns: name, position (place in arrays, from 1), filter_id; also\n"
      "wavelength, width (Angstrom), color (#rrggbb), svo_id. The file holds\n"
      "all filters of the survey: those not in it are taken away.",
      2, 2, no_options, voctl_filters },
    { "load", "RELEASE TABLE FILE...",
      "load FITS, VOTable or CSV files as one table",
      "The metadata file of --meta looks like this (all of it optional):\n"
      "  [table]\n  description = ...   utype, title, epoch likewise\n"
      "  [column MAG_AUTO]\n  name = MAG   unit, ucd, utype, xtype,\n"
      "  description, principal = 1, skip = 1, type = sky_region likewise\n"
      "  timesys = UTC TOPOCENTER   time scale and place, with an origin for\n"
      "                             numbers: TDB BARYCENTER MJD-origin\n"
      "  [key KEYNAME]\n  from = tile_id, filter_id\n"
      "  target = demo.TileImage\n  to = tile_id, filter_id\n"
      "  description = ...", 3, -1, voctl_load_options, voctl_load_verb },
    { "examples", "RELEASE FILE.adql",
      "load the example queries that a release shows",
      "The file looks like this; comments before a query describe it, an\n"
      "empty one begins a new paragraph:\n"
      "  -- example cone: Objects around a position\n"
      "  -- Those within 0.1 degree.\n"
      "  SELECT * FROM demo.Stars\n"
      "  WHERE 1 = CONTAINS(POINT(ra, dec), CIRCLE(10, 20, 0.1))\n"
      "It holds all examples of the release: those not in it are taken away.\n"
      "Each must be a query of the release.",
      2, 2, no_options, voctl_examples },
    { "photospec", "RELEASE NAME",
      "serve array columns of a table as spectra, one per row",
      "For instance (the ids of a row make the identifier of its spectrum):\n"
      "  voctl photospec demo-dr1 auto --table demo.FNuDualObj\n"
      "    --ids TILE_ID,NUMBER --flux FLUX_AUTO --error FLUX_RELERR_AUTO\n"
      "    --relative --title \"AUTO aperture\" --aperture 4\n"
      "Filters (voctl filters) need wavelength and width. The table may be\n"
      "loaded anew later. --remove takes the spectra away.", 2, 2,
      voctl_photospec_options, voctl_photospec },
    { "images", "RELEASE DIR...",
      "register images and other files as data products",
      voctl_images_details, 0, -1, voctl_images_options, voctl_images },
    { "check", "[RELEASE...]",
      "is everything a release needs there and valid", NULL, 0, -1,
      voctl_check_options, voctl_check },
    { "demo", "", "make the example releases demo-dr1 and tycho2", NULL, 0, 0,
      voctl_demo_options, voctl_demo },
    { "help", "[VERB]", "this text, or more about a verb", NULL, 0, 2,
      no_options, help },
    { "version", "", "print the version", NULL, 0, 0, no_options, version },
    { NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

static void print_options(const apr_getopt_option_t *o)
{
    for (; o->name; ++o) {
        if (o->has_arg) { /* the description begins with what it takes */
            size_t n = strcspn(o->description, " ");

            printf("  --%s %.*s%*s%s\n", o->name, (int)n, o->description,
                   (int)(strlen(o->name) + n < 24
                             ? 24 - strlen(o->name) - n : 1), "",
                   o->description + n + strspn(o->description + n, " "));
        }
        else {
            printf("  --%-25s%s\n", o->name, o->description);
        }
    }
}

static void print_verb(const voctl_verb_t *v)
{
    printf("voctl %s%s%s [options]\n  %s\n", v->name, *v->args ? " " : "",
           v->args, v->summary);
    if (v->details) {
        printf("\n%s\n", v->details);
    }
    puts("\nOptions:");
    print_options(v->options);
    print_options(common_options);
}

/* The verb that ARGV begins with, of one or two words; *USED says how many. */
static const voctl_verb_t *find_verb(int argc, const char *const *argv,
                                     int *used)
{
    const voctl_verb_t *v;

    for (v = voctl_verbs; v->name; ++v) {
        const char *blank = strchr(v->name, ' ');
        size_t n = blank ? (size_t)(blank - v->name) : strlen(v->name);

        if (argc > 0 && strlen(argv[0]) == n && !strncmp(argv[0], v->name, n)
            && (!blank || (argc > 1 && !strcmp(argv[1], blank + 1)))) {
            *used = blank ? 2 : 1;
            return v;
        }
    }
    return NULL;
}

static vo_err_t *help(voctl_t *ctl, int argc, const char *const *argv)
{
    const voctl_verb_t *v;
    int used;

    if (argc > 0) {
        v = find_verb(argc, argv, &used);
        if (v) {
            print_verb(v);
            return NULL;
        }
        if (strcmp(argv[0], "release")) {
            return vo_err_make(ctl->pool, VO_ERR_USAGE,
                               "There is no verb \"%s\".", argv[0]);
        }
    }
    puts("voctl [--dsn CONNINFO] VERB ...\n"
         "The operator's tool of mod_vo.\n\nVerbs:");
    for (v = voctl_verbs; v->name; ++v) {
        printf("  %-16s %-22s %s\n", v->name, v->args, v->summary);
    }
    puts("\nOptions of all verbs:");
    print_options(common_options);
    puts("\nExit status: 0 done, 1 failed (or `check` found something), 2 "
         "wrong usage.");
    return NULL;
}

static vo_err_t *version(voctl_t *ctl, int argc, const char *const *argv)
{
    (void)ctl;
    (void)argc;
    (void)argv;
    puts("voctl (mod_vo) " VOCTL_VERSION);
    return NULL;
}

const apr_array_header_t *voctl_opts(const voctl_t *ctl, const char *name)
{
    apr_array_header_t *values = apr_hash_get(ctl->options, name,
                                              APR_HASH_KEY_STRING);

    if (!values) {
        values = apr_array_make(ctl->pool, 1, sizeof(const char *));
    }
    return values;
}

const char *voctl_opt(const voctl_t *ctl, const char *name)
{
    const apr_array_header_t *values = voctl_opts(ctl, name);

    return values->nelts
               ? APR_ARRAY_IDX(values, values->nelts - 1, const char *) : NULL;
}

vo_err_t *voctl_opt_int(apr_int64_t *value, const voctl_t *ctl,
                        const char *name, apr_int64_t other, apr_int64_t lo,
                        apr_int64_t hi)
{
    const char *text = voctl_opt(ctl, name);
    char *end;

    *value = other;
    if (text) {
        *value = apr_strtoi64(text, &end, 10);
        if (end == text || *end || *value < lo || *value > hi) {
            return vo_err_make(ctl->pool, VO_ERR_USAGE,
                               "--%s %s: a whole number from %" APR_INT64_T_FMT
                               " to %" APR_INT64_T_FMT " is expected.", name,
                               text, lo, hi);
        }
    }
    return NULL;
}

apr_array_header_t *voctl_split(const char *list, apr_pool_t *pool)
{
    apr_array_header_t *parts = apr_array_make(pool, 4, sizeof(const char *));

    while (list && *list) {
        size_t n = strcspn(list, ",");
        size_t first = strspn(list, " \t");
        size_t last = n;

        while (last > first && strchr(" \t", list[last - 1])) {
            --last;
        }
        if (last > first) {
            APR_ARRAY_PUSH(parts, const char *)
                = apr_pstrmemdup(pool, list + first, last - first);
        }
        list += n + (list[n] == ',');
    }
    return parts;
}

static void keep_option(voctl_t *ctl, const apr_getopt_option_t *options,
                        int code, const char *arg)
{
    const apr_getopt_option_t *o;

    for (o = options; o->name; ++o) {
        if (o->optch == code) {
            apr_array_header_t *values = apr_hash_get(
                ctl->options, o->name, APR_HASH_KEY_STRING);

            if (!values) {
                values = apr_array_make(ctl->pool, 2, sizeof(const char *));
                apr_hash_set(ctl->options, o->name, APR_HASH_KEY_STRING,
                             values);
            }
            APR_ARRAY_PUSH(values, const char *) = arg ? arg : "";
        }
    }
}

/* Read options into ctl->options up to the end, or to the first word that is
 * none when VERB_ONLY. Returns the index of that word, -1 on wrong usage. */
static int read_options(voctl_t *ctl, const apr_getopt_option_t *options,
                        int argc, const char *const *argv, int is_interleaved)
{
    apr_getopt_t *os;
    apr_status_t rv;
    const char *arg;
    int code;

    apr_getopt_init(&os, ctl->pool, argc, argv);
    os->interleave = is_interleaved;
    while ((rv = apr_getopt_long(os, options, &code, &arg)) == APR_SUCCESS) {
        keep_option(ctl, options, code, arg);
    }
    memcpy((void *)argv, os->argv, sizeof(*argv) * (size_t)argc);
    return rv == APR_EOF ? os->ind : -1;
}

static const apr_getopt_option_t *join_options(voctl_t *ctl,
                                               const apr_getopt_option_t *a,
                                               const apr_getopt_option_t *b)
{
    apr_array_header_t *all = apr_array_make(ctl->pool, 40, sizeof(*a));

    for (; a->name; ++a) {
        APR_ARRAY_PUSH(all, apr_getopt_option_t) = *a;
    }
    for (;; ++b) {
        APR_ARRAY_PUSH(all, apr_getopt_option_t) = *b;
        if (!b->name) {
            return (const apr_getopt_option_t *)all->elts;
        }
    }
}

static int usage_error(const char *problem, const voctl_verb_t *v)
{
    fprintf(stderr, "voctl: %s\n", problem);
    fprintf(stderr, v ? "Usage: voctl %s %s [options]; see voctl help %s\n"
                      : "Usage: voctl VERB ...; see voctl help\n",
            v ? v->name : "", v ? v->args : "", v ? v->name : "");
    return EXIT_USAGE;
}

static int run(voctl_t *ctl, int argc, const char *const *argv)
{
    const voctl_verb_t *v;
    const char *env = getenv("VO_DSN");
    int at = read_options(ctl, common_options, argc, argv, 0);
    int used;
    vo_err_t *err;

    if (at < 0) {
        return EXIT_USAGE; /* apr_getopt has said why */
    }
    argc -= at;
    argv += at;
    if (argc == 0) {
        if (voctl_opt(ctl, "help")) {
            help(ctl, 0, NULL);
            return EXIT_OK;
        }
        return usage_error("a verb is missing", NULL);
    }
    v = find_verb(argc, argv, &used);
    if (!v) {
        return usage_error(apr_psprintf(ctl->pool,
                                        "there is no verb \"%s%s%s\"",
                                        argv[0], argc > 1 ? " " : "",
                                        argc > 1 ? argv[1] : ""), NULL);
    }
    argc -= used - 1; /* getopt skips the first word */
    argv += used - 1;
    at = read_options(ctl, join_options(ctl, v->options, common_options), argc,
                      argv, 1);
    if (at < 0) {
        return EXIT_USAGE;
    }
    argc -= at;
    argv += at;
    if (voctl_opt(ctl, "help")) {
        print_verb(v);
        return EXIT_OK;
    }
    if (argc < v->min_args || (v->max_args >= 0 && argc > v->max_args)) {
        return usage_error(argc < v->min_args ? "something is missing"
                                              : "too many words", v);
    }
    ctl->dsn = voctl_opt(ctl, "dsn") ? voctl_opt(ctl, "dsn") : env ? env : "";
    ctl->is_dry_run = voctl_opt(ctl, "dry-run") != NULL;
    ctl->is_quiet = voctl_opt(ctl, "quiet") != NULL;
    err = v->run(ctl, argc, argv);
    if (err) {
        fflush(stdout);
        fprintf(stderr, "voctl: %s\n", vo_err_private(err, ctl->pool));
        return err->kind == VO_ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
    }
    return EXIT_OK;
}

int main(int argc, const char *const *argv)
{
    voctl_t ctl = { 0 };
    const char **words;
    int rc;

    if (apr_initialize() != APR_SUCCESS) {
        return EXIT_FAILED;
    }
    apr_pool_create(&ctl.pool, NULL);
    ctl.options = apr_hash_make(ctl.pool);
    words = apr_pmemdup(ctl.pool, argv, sizeof(*argv) * (size_t)(argc + 1));
    rc = run(&ctl, argc, words);
    apr_terminate(); /* destroys the pool: the connection closes */
    return rc;
}
