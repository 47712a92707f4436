/* voctl_images.c: voctl images: files become data products of a release. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_images.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "voctl_imgpack.h"
#include "voctl_imgstore.h"

#define BATCH 200 /* files a transaction, or what so long takes: */
#define BATCH_TIME apr_time_from_sec(10)

const apr_getopt_option_t voctl_images_options[] = {
    { "meta", 256, 1, "FILE  keyword map: what differs from the default" },
    { "print-map", 257, 0, "print the default keyword map" },
    { "catalogues", 258, 0, "register the published tables, too" },
    { "rescan", 259, 0, "read files that did not change, too" },
    { "no-checksum", 260, 0, "keep no sha256 of the files: faster" },
    { "moved-from", 269, 1, "DIR0  the files of DIR lay below DIR0, which "
                            "was a root" },
    { "jobs", 261, 1, "N  worker processes; default: one a processor" },
    { "flag", 262, 1, "PATTERN  take images out of searches (* and ? fit "
                      "anything, in path, identifier or observation)" },
    { "unflag", 263, 1, "PATTERN  bring them back" },
    { "comment", 264, 1, "TEXT  why, with --flag" },
    { "recompress", 265, 0, "first make square tiles of plain or "
                            "row-compressed images" },
    { "tile", 266, 1, "N  pixels a side of a tile, default 100" },
    { "quantize", 267, 1, "Q  floating-point pixels in steps of noise/Q; "
                          "0: exactly; default 16" },
    { "keep", 268, 0, "keep the original as NAME.orig" },
    { NULL, 0, 0, NULL },
};

const char voctl_images_details[] =
    "FITS files below each DIR are read: images (TAN, TPV, SIP, ZPN and all\n"
    "other projections of the standard), tile-compressed or gzipped, one\n"
    "entry for each HDU with an image; cubes, spectra, event lists, OIFITS.\n"
    "Footprint, times, filter, quality come from the headers by a keyword\n"
    "map. Weights, masks, PSFs and pictures are found by their names and\n"
    "belong to the image of the same name. Run it again at any time: files\n"
    "that did not change are skipped, those that are gone are flagged and\n"
    "vanish from searches, and so are those that cannot be read: these are\n"
    "listed and make the exit status 1 (FITS files that hold nothing of the\n"
    "kind are listed, too, but do not). DIR must be readable for httpd; it,\n"
    "or a folder above it that was given before, is the root of the paths in\n"
    "identifiers. When all of it moves, say so with --moved-from, and\n"
    "identifiers stay.\n\n"
    "A keyword map has sections [image], [coadd], [single] with lines such as\n"
    "  exptime = TEXPOSED, EXPTIME      the first keyword that is there\n"
    "  fwhm = FWHMPIX*scale, SEEING     times pixel scale, or a number\n"
    "  facility = 'OAJ'                 a text\n"
    "  tile_id = path:([0-9]+)_         a part of the path\n"
    "sections [weight], [mask], [psf] ... with names of files, and [filters]\n"
    "with lines such as  R = rSDSS. --print-map prints all of the default.\n\n"
    "--recompress writes FITS files anew in square Rice tiles, from which\n"
    "cutouts are fast: whole numbers exactly, floating-point pixels quantised\n"
    "with dither (--quantize 0: exactly, by GZIP), with checksums. The new\n"
    "file has .fz at its end and takes the original's place once its pixels\n"
    "were compared; identifiers stay.";

/* --- options ------------------------------------------------------------- */

static vo_err_t *read_options(voctl_imgjob_t *job)
{
    voctl_t *ctl = job->ctl;
    apr_int64_t n;

    VO_TRY(voctl_opt_int(&n, ctl, "jobs", sysconf(_SC_NPROCESSORS_ONLN), 1,
                         64));
    job->nworkers = (int)n;
    job->has_checksums = !voctl_opt(ctl, "no-checksum");
    job->is_forced = voctl_opt(ctl, "rescan") != NULL;
    job->roots = apr_array_make(ctl->pool, 2, sizeof(voctl_imgroot_t));
    job->files = apr_array_make(ctl->pool, 256, sizeof(voctl_imgfile_t));
    return voctl_imgmap_read(&job->map, voctl_opt(ctl, "meta"), ctl->pool);
}

static vo_err_t *change_flags(voctl_imgjob_t *job)
{
    static const char *const names[] = {"flag", "unflag"};
    const char *comment = voctl_opt(job->ctl, "comment");
    int is_valid, i, n;

    for (is_valid = 0; is_valid < 2; ++is_valid) {
        const apr_array_header_t *all = voctl_opts(job->ctl, names[is_valid]);

        for (i = 0; i < all->nelts; ++i) {
            const char *pattern = APR_ARRAY_IDX(all, i, const char *);

            VO_TRY(voctl_img_flag(&n, job, pattern, is_valid,
                                  is_valid ? NULL : comment));
            if (!n) {
                return vo_err_make(job->ctl->pool, VO_ERR_NOTFOUND,
                                   "%s: no image or product fits \"%s\".",
                                   job->release, pattern);
            }
            voctl_say(job->ctl, "%s: %d %s", job->release, n,
                      is_valid ? "valid again" : "flagged");
        }
    }
    return NULL;
}

/* --- files --------------------------------------------------------------- */

typedef struct run_t {
    voctl_imgjob_t *job;
    voctl_progress_t *progress;
    int is_products; /* the second round */
    int ndone, nall;
    int nbatch;
    apr_time_t since; /* the last commit */
} run_t;

/* Something about one file, at once, whatever the progress bar shows. */
static void complain(run_t *run, const voctl_imgfile_t *file, const char *why)
{
    voctl_progress_end(run->progress);
    fprintf(stderr, "voctl: %s: %s\n",
            voctl_img_name(run->job, file, run->job->ctl->pool), why);
}

static vo_err_t *work(void *baton, int item, voctl_answer_t *answer,
                      apr_pool_t *pool)
{
    const voctl_imgjob_t *job = ((const run_t *)baton)->job;
    const voctl_imgfile_t *file = &APR_ARRAY_IDX(job->files, item,
                                                 voctl_imgfile_t);
    vo_err_t *err = voctl_img_read(job, file, answer, pool);

    return err ? voctl_img_one_sentence(err, voctl_img_name(job, file, pool),
                                        pool)
               : NULL;
}

/* The kind of a file all of whose images are products, else science. */
static int kind_of(const apr_array_header_t *records)
{
    int i, kind = VOCTL_IMG_SCIENCE;

    for (i = 1; i < records->nelts; ++i) {
        const voctl_record_t *r = &APR_ARRAY_IDX(records, i, voctl_record_t);

        if (r->n == IMG_VALUES) {
            kind = vo_product_kind_find(r->values[IMG_KIND]);
            if (kind < 0) {
                break;
            }
        }
    }
    return kind;
}

static vo_err_t *store(run_t *run, voctl_imgfile_t *file,
                       const apr_array_header_t *records, apr_pool_t *pool)
{
    int is_related = 1;

    if (!run->is_products) {
        file->kind = kind_of(records);
        return file->kind < 0 ? voctl_img_store(run->job, file, records, pool)
                              : NULL; /* its turn comes */
    }
    VO_TRY(voctl_img_store_product(&is_related, run->job, file, records,
                                   pool));
    if (!is_related) {
        ++run->job->nunrelated;
        complain(run, file, apr_pstrcat(
                     pool, "this ", vo_product_kinds[file->kind].name,
                     " belongs to no image that is registered", NULL));
    }
    return NULL;
}

/* A file that cannot be registered: broken, or sound but NOTHING for us. */
static vo_err_t *broken(run_t *run, const voctl_imgfile_t *file,
                        const char *why, int is_nothing, apr_pool_t *pool)
{
    if (is_nothing) {
        ++run->job->nother;
        voctl_progress_end(run->progress);
        voctl_say(run->job->ctl, "%s: not registered: %s",
                  voctl_img_name(run->job, file, pool), why);
    }
    else {
        ++run->job->nbroken;
        complain(run, file, why);
    }
    return voctl_img_flag_broken(run->job, file, why, pool);
}

/* What a worker found. What the database refuses is the fault of one file. */
static vo_err_t *take(void *baton, int item,
                      const apr_array_header_t *records, const char *failed,
                      apr_pool_t *pool)
{
    run_t *run = baton;
    voctl_imgfile_t *file = &APR_ARRAY_IDX(run->job->files, item,
                                           voctl_imgfile_t);
    vo_err_t *err;

    VO_TRY(voctl_exec(run->job->ctl, "SAVEPOINT file"));
    err = failed ? broken(run, file, failed,
                          records && APR_ARRAY_IDX(records, 0, voctl_record_t)
                                         .values[1], pool)
                 : store(run, file, records, pool);
    if (err) {
        if (PQstatus(run->job->ctl->conn) != CONNECTION_OK) {
            return err;
        }
        VO_TRY(voctl_exec(run->job->ctl, "ROLLBACK TO file"));
        run->job->footprints = NULL; /* some may not be stored now */
        VO_TRY(broken(run, file, vo_err_private(err, pool), 0, pool));
    }
    VO_TRY(voctl_exec(run->job->ctl, "RELEASE file"));
    ++run->ndone;
    voctl_progress(run->progress, run->ndone, run->nall, run->ndone);
    if (++run->nbatch == BATCH || apr_time_now() - run->since > BATCH_TIME) {
        run->nbatch = 0;
        run->since = apr_time_now();
        VO_TRY(voctl_img_flush(run->job));
    }
    return NULL;
}

/* Images first; what belongs to them in a second round. */
static vo_err_t *read_files(voctl_imgjob_t *job, int is_products)
{
    run_t run = {job, NULL, is_products, 0, 0, 0, apr_time_now()};
    int *items = apr_palloc(job->ctl->pool, sizeof(*items)
                                            * (size_t)(job->files->nelts + 1));
    vo_err_t *err;
    int i;

    for (i = 0; i < job->files->nelts; ++i) {
        const voctl_imgfile_t *file = &APR_ARRAY_IDX(job->files, i,
                                                     voctl_imgfile_t);

        if (!file->is_known && (file->kind >= 0) == is_products) {
            items[run.nall++] = i;
        }
    }
    if (!run.nall) {
        return NULL;
    }
    run.progress = voctl_progress_start(job->ctl, is_products
                                                      ? "Related files"
                                                      : "Images");
    voctl_progress_of(run.progress, "files");
    err = voctl_work(job->ctl, job->nworkers, run.nall, items, work, take,
                     &run);
    voctl_progress_end(run.progress);
    return err ? err : voctl_img_flush(job);
}

static vo_err_t *walk(voctl_imgjob_t *job, int n, const char *const *folders)
{
    int i, root;

    for (i = 0; i < n; ++i) {
        voctl_imgroot_t *r;
        const char *below;

        VO_TRY(voctl_img_root(&root, &below, job, folders[i]));
        r = &APR_ARRAY_IDX(job->roots, root, voctl_imgroot_t);
        APR_ARRAY_PUSH(r->below, const char *) = below;
        VO_TRY(voctl_img_walk(job, root, below));
    }
    return NULL;
}

/* --- the verb ------------------------------------------------------------ */

static void report(const voctl_imgjob_t *job)
{
    voctl_say(job->ctl, "%s: %d data product%s and %d related file%s"
              " registered, %d file%s unchanged, %d gone, %d broken,"
              " %d related to nothing, %d of no interest%s", job->release,
              job->nimages, job->nimages == 1 ? "" : "s", job->nproducts,
              job->nproducts == 1 ? "" : "s", job->nunchanged,
              job->nunchanged == 1 ? "" : "s", job->nvanished, job->nbroken,
              job->nunrelated, job->nother,
              job->ctl->is_dry_run ? " (dry run: nothing changed)" : "");
}

static vo_err_t *register_all(voctl_imgjob_t *job, int n,
                              const char *const *folders)
{
    const char *from = voctl_opt(job->ctl, "moved-from");

    VO_TRY(change_flags(job));
    if (from && n != 1) {
        return vo_err_make(job->ctl->pool, VO_ERR_USAGE,
                           "--moved-from goes with one folder.");
    }
    if (from) {
        VO_TRY(voctl_img_move_root(job, from, folders[0]));
    }
    VO_TRY(walk(job, n, folders));
    if (n && voctl_opt(job->ctl, "recompress")) {
        VO_TRY(voctl_img_recompress(job));
        apr_array_clear(job->files); /* names are others now */
        job->nother = job->nbroken = 0;
        VO_TRY(walk(job, n, folders));
    }
    if (n) {
        VO_TRY(voctl_img_compare(job));
        VO_TRY(voctl_img_flush(job));
        VO_TRY(read_files(job, 0));
        VO_TRY(read_files(job, 1));
    }
    if (voctl_opt(job->ctl, "catalogues")) {
        VO_TRY(voctl_img_catalogues(job));
    }
    VO_TRY(voctl_img_finish(job));
    VO_TRY(voctl_commit(job->ctl));
    if (n || voctl_opt(job->ctl, "catalogues")) {
        report(job);
    }
    if (job->nbroken || job->nnotpacked) {
        int bad = job->nbroken ? job->nbroken : job->nnotpacked;

        return vo_err_make(job->ctl->pool, VO_ERR_FAULT, "%d file%s could not"
                           " be %s.", bad, bad == 1 ? "" : "s",
                           job->nbroken ? "registered" : "recompressed");
    }
    return NULL;
}

vo_err_t *voctl_images_register(voctl_t *ctl, const char *release, int n,
                                const char *const *folders)
{
    voctl_imgjob_t job;

    memset(&job, 0, sizeof(job));
    job.ctl = ctl;
    VO_TRY(read_options(&job));
    VO_TRY(voctl_img_begin(&job, release));
    return voctl_abort(ctl, register_all(&job, n, folders));
}

vo_err_t *voctl_images(voctl_t *ctl, int argc, const char *const *argv)
{
    if (voctl_opt(ctl, "print-map")) {
        fputs(voctl_imgmap_default, stdout);
        return NULL;
    }
    if (argc < 1) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE,
                           "Say which release, and folders of files.");
    }
    if (argc == 1 && !voctl_opt(ctl, "flag") && !voctl_opt(ctl, "unflag")
        && !voctl_opt(ctl, "catalogues")) {
        return vo_err_make(ctl->pool, VO_ERR_USAGE, "Say which folders, or"
                           " --catalogues, --flag or --unflag.");
    }
    return voctl_abort(ctl, voctl_images_register(ctl, argv[0], argc - 1,
                                                  argv + 1));
}
