/* voctl_render.c: the demo's images: what there is to do, who does it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_atomic.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <fitsio.h>
#include <fitsio2.h>

#define VERSION 3            /* another when the files change their looks */
#define LOOK_INTERVAL apr_time_from_msec(100)
#define SINGLES_TILE 0       /* the tile whose exposures are there too */

/* The filters of which they are. */
static const char *const singles[] = { "gSDSS", "rSDSS", "iSDSS", NULL };

/* Red, green, blue. */
static const char *const colours[3] = { "iSDSS", "rSDSS", "gSDSS" };

typedef struct render_t {
    voctl_t *ctl;
    const truth_t *truth;
    const char *dir;
    int ntiles;
    vo_err_t *(*work)(const struct render_t *r, int unit, apr_pool_t *pool);
    apr_uint32_t nunits;
    volatile apr_uint32_t next, done; /* the unit to begin; finished ones */
} render_t;

typedef struct worker_t {
    render_t *render;
    apr_pool_t *pool;
    apr_thread_t *thread;
    vo_err_t *err;
} worker_t;

/* ---- files ----------------------------------------------------------------*/

static const char *path(const render_t *r, const render_frame_t *f,
                        const char *ending, apr_pool_t *pool)
{
    return apr_pstrcat(pool, r->dir, "/", render_tile_name(f->tile, pool), "/",
                       render_frame_name(f, pool), ending, NULL);
}

/* Files get their names when they are complete. */
static int is_there(const char *name, apr_pool_t *pool)
{
    apr_finfo_t info;

    return apr_stat(&info, name, APR_FINFO_TYPE | APR_FINFO_SIZE, pool)
               == APR_SUCCESS && info.filetype == APR_REG && info.size > 0;
}

static const struct {
    render_kind_e kind;
    const char *ending;
} fits_files[] = {
    { RENDER_SCIENCE, ".fits.fz" },
    { RENDER_WEIGHT, ".weight.fits.fz" },
    { RENDER_MASK, ".mask.fits.fz" },
};

#define FITS_FILES (int)(sizeof(fits_files) / sizeof(*fits_files))
#define PSF_ENDING ".psf.fits"
#define PREVIEW_ENDING ".jpg"

static int has_singles(const render_frame_t *f)
{
    int i;

    for (i = 0; f->tile == SINGLES_TILE && singles[i]; ++i) {
        if (!strcmp(truth_filters[f->filter].name, singles[i])) {
            return 1;
        }
    }
    return 0;
}

/* Is everything of the frame there? */
static int is_complete(const render_t *r, const render_frame_t *f,
                       apr_pool_t *pool)
{
    int i;

    for (i = 0; i < FITS_FILES; ++i) {
        if (!is_there(path(r, f, fits_files[i].ending, pool), pool)) {
            return 0;
        }
    }
    return is_there(path(r, f, PREVIEW_ENDING, pool), pool)
           && (f->exposure >= 0
               || is_there(path(r, f, PSF_ENDING, pool), pool));
}

/* ---- a tile in a filter ---------------------------------------------------*/

static vo_err_t *write_frame(const render_t *r, const render_frame_t *f,
                             const paint_image_t *image, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < FITS_FILES; ++i) {
        VO_TRY(render_fits(path(r, f, fits_files[i].ending, pool), f,
                           fits_files[i].kind, image, pool));
    }
    if (f->exposure < 0) {
        VO_TRY(render_fits_psf(path(r, f, PSF_ENDING, pool), f, pool));
    }
    return render_preview(path(r, f, PREVIEW_ENDING, pool), f, image, pool);
}

/* From counts/s to the counts that a single exposure has. */
static void count(const render_frame_t *f, paint_image_t *image)
{
    double t = render_exptime(f);
    size_t i, n = (size_t)f->truth->naxis * (size_t)f->truth->naxis;

    for (i = 0; i < n; ++i) {
        image->pixels[i] *= (float)t;
        image->weights[i] /= (float)(t * t);
    }
}

/* The frames that hang on the light of one tile and filter. */
static vo_err_t *expose(const render_t *r, render_frame_t *f,
                        const paint_t *paint, paint_image_t *image,
                        apr_pool_t *pool)
{
    int last = has_singles(f) ? TRUTH_EXPOSURES : 0;

    for (f->exposure = -1; f->exposure < last; ++f->exposure) {
        if (is_complete(r, f, pool)) {
            continue;
        }
        if (!(f->exposure < 0 ? paint_coadd(paint, image)
                              : paint_exposure(paint, f->exposure, image))) {
            return vo_err_make(pool, VO_ERR_FAULT, "No memory for an image.");
        }
        if (f->exposure >= 0) {
            count(f, image);
        }
        VO_TRY(write_frame(r, f, image, pool));
    }
    return NULL;
}

static vo_err_t *render_unit(const render_t *r, int unit, apr_pool_t *pool)
{
    render_frame_t f = { r->truth, unit / TRUTH_FILTERS, unit % TRUTH_FILTERS,
                         -1 };
    size_t n = (size_t)r->truth->naxis * (size_t)r->truth->naxis;
    paint_image_t image = { NULL, NULL, NULL };
    paint_t paint = { 0 };
    vo_err_t *err = NULL;
    int is_done = is_complete(r, &f, pool);

    for (f.exposure = 0; is_done && has_singles(&f)
                         && f.exposure < TRUTH_EXPOSURES; ++f.exposure) {
        is_done = is_complete(r, &f, pool);
    }
    if (is_done) {
        return NULL;
    }
    image.pixels = malloc(n * sizeof(*image.pixels));
    image.weights = malloc(n * sizeof(*image.weights));
    image.mask = malloc(n * sizeof(*image.mask));
    if (image.pixels && image.weights && image.mask
        && paint_light(&paint, r->truth, f.tile, f.filter)) {
        err = expose(r, &f, &paint, &image, pool);
    }
    else {
        err = vo_err_make(pool, VO_ERR_FAULT, "No memory for an image of %d x "
                          "%d pixels.", r->truth->naxis, r->truth->naxis);
    }
    paint_free(&paint);
    free(image.pixels);
    free(image.weights);
    free(image.mask);
    return err;
}

/* ---- a tile in colour -----------------------------------------------------*/

static vo_err_t *render_colour(const render_t *r, int tile, apr_pool_t *pool)
{
    const char *name = render_tile_name(tile, pool);
    const char *to = apr_pstrcat(pool, r->dir, "/", name, "/", name,
                                 ".rgb.jpg", NULL);
    render_frame_t rgb[3];
    const char *files[3];
    int i;

    for (i = 0; i < 3; ++i) {
        rgb[i].truth = r->truth;
        rgb[i].tile = tile;
        rgb[i].exposure = -1;
        rgb[i].filter = 0;
        while (strcmp(truth_filters[rgb[i].filter].name, colours[i])) {
            ++rgb[i].filter;
        }
        files[i] = path(r, &rgb[i], fits_files[0].ending, pool);
    }
    return is_there(to, pool) ? NULL : render_rgb(to, rgb, files, pool);
}

/* ---- workers --------------------------------------------------------------*/

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *baton)
{
    worker_t *w = baton;
    render_t *r = w->render;

    while (!w->err) {
        apr_uint32_t unit = apr_atomic_inc32(&r->next);
        apr_pool_t *pool;

        if (unit >= r->nunits) {
            break;
        }
        apr_pool_create(&pool, w->pool);
        w->err = r->work(r, (int)unit, pool);
        if (w->err) { /* POOL is kept for it; the others stop too */
            apr_atomic_set32(&r->next, r->nunits);
            break;
        }
        apr_pool_destroy(pool);
        apr_atomic_inc32(&r->done);
    }
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* Do all units with so many workers, in any order; the first error. */
static vo_err_t *run(render_t *r, int jobs, const char *what)
{
    apr_pool_t *pool = r->ctl->pool;
    worker_t *workers = apr_pcalloc(pool, sizeof(*workers)
                                              * (apr_size_t)jobs);
    voctl_progress_t *progress = voctl_progress_start(r->ctl, what);
    vo_err_t *err = NULL;
    apr_status_t rv = APR_SUCCESS, ignored;
    int i, n;

    voctl_progress_of(progress, "images");
    apr_atomic_set32(&r->next, 0);
    apr_atomic_set32(&r->done, 0);
    for (n = 0; n < jobs && rv == APR_SUCCESS; ++n) {
        workers[n].render = r;
        apr_pool_create(&workers[n].pool, pool);
        rv = apr_thread_create(&workers[n].thread, NULL, work, &workers[n],
                               workers[n].pool);
    }
    if (rv != APR_SUCCESS) {
        --n;
        apr_atomic_set32(&r->next, r->nunits);
        err = vo_err_fault(pool, rv, "Cannot start a thread.", "%d", n);
    }
    while (apr_atomic_read32(&r->next) < r->nunits) {
        apr_uint32_t done = apr_atomic_read32(&r->done);

        voctl_progress(progress, done, r->nunits, done);
        apr_sleep(LOOK_INTERVAL);
    }
    for (i = 0; i < n; ++i) {
        apr_thread_join(&ignored, workers[i].thread);
        err = err ? err : workers[i].err;
    }
    voctl_progress_end(progress);
    return err;
}

/* ---- which sky ------------------------------------------------------------*/

/* FNV-1a. */
static apr_uint64_t digest(apr_uint64_t h, const void *data, size_t len)
{
    const unsigned char *p = data;
    size_t i;

    for (i = 0; i < len; ++i) {
        h = (h ^ p[i]) * 0x100000001b3u;
    }
    return h;
}

/* What the images show, as the file SKY has it. */
static const char *describe(const truth_t *truth, apr_pool_t *pool)
{
    apr_uint64_t h = digest(0xcbf29ce484222325u, truth->tiles,
                            sizeof(truth->tiles));

    h = digest(h, truth->objects, sizeof(*truth->objects)
                                      * (size_t)truth->nobjects);
    return apr_psprintf(pool, "format %d, seed %" APR_UINT64_T_FMT ", %d "
                        "objects, pixel %.17g arcsec, sky %016"
                        APR_UINT64_T_HEX_FMT "\n", VERSION,
                        (apr_uint64_t)truth->seed, truth->nobjects,
                        truth->pixel, h);
}

/* Remove the files of a tile's folder: they are ours by its name. */
static vo_err_t *empty(const char *dir, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_dir_t *d;
    apr_status_t rv;

    if (apr_dir_open(&d, dir, pool) != APR_SUCCESS) {
        return NULL; /* not there */
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        if (!strncmp(info.name, "demo-", 5)) {
            const char *name = apr_pstrcat(pool, dir, "/", info.name, NULL);

            rv = apr_file_remove(name, pool);
            if (rv != APR_SUCCESS) {
                return vo_err_fault(pool, rv, "Cannot remove an old image.",
                                    "%s", name);
            }
        }
    }
    apr_dir_close(d);
    return NULL;
}

static vo_err_t *write_text(const char *name, const char *text,
                            apr_pool_t *pool)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, name, APR_FOPEN_WRITE
                                    | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE,
                                    APR_FPROT_OS_DEFAULT, pool);

    if (rv == APR_SUCCESS) {
        rv = apr_file_write_full(file, text, strlen(text), NULL);
        apr_file_close(file);
    }
    return rv == APR_SUCCESS
               ? NULL : vo_err_fault(pool, rv, "Cannot write a file.", "%s",
                                     name);
}

/* Make the folders ready; files of another sky go. */
static vo_err_t *prepare(const render_t *r)
{
    apr_pool_t *pool = r->ctl->pool;
    const char *name = apr_pstrcat(pool, r->dir, "/SKY", NULL);
    const char *text = describe(r->truth, pool);
    apr_size_t len = strlen(text) + 1;
    char *old = apr_pcalloc(pool, len + 1);
    apr_file_t *file;
    int t, is_same = 0;

    if (apr_file_open(&file, name, APR_FOPEN_READ, 0, pool) == APR_SUCCESS) {
        apr_file_read_full(file, old, len, &len);
        apr_file_close(file);
        is_same = !strcmp(old, text);
    }
    for (t = 0; t < TRUTH_TILES; ++t) {
        const char *dir = apr_pstrcat(pool, r->dir, "/",
                                      render_tile_name(t, pool), NULL);
        apr_status_t rv;

        if (!is_same) {
            VO_TRY(empty(dir, pool));
        }
        if (t >= r->ntiles) {
            continue;
        }
        rv = apr_dir_make_recursive(dir, APR_FPROT_OS_DEFAULT, pool);
        if (rv != APR_SUCCESS) {
            return vo_err_fault(pool, rv, "Cannot make a folder.", "%s", dir);
        }
    }
    return is_same ? NULL : write_text(name, text, pool);
}

vo_err_t *voctl_render(voctl_t *ctl, const truth_t *truth, const char *dir,
                       int ntiles, int jobs)
{
    render_t r = { ctl, truth, dir, ntiles, render_unit,
                   (apr_uint32_t)(ntiles * TRUTH_FILTERS), 0, 0 };

    jobs = fits_is_reentrant() ? jobs : 1;
    /* cfitsio makes its table of dithers when it is first used, and lets other
     * threads see it before it is filled: images would differ by chance. */
    if (fits_init_randoms()) {
        return vo_err_fault(ctl->pool, APR_ENOMEM, "There is no memory.",
                            "cfitsio's random numbers");
    }
    VO_TRY(prepare(&r));
    VO_TRY(run(&r, jobs, "rendering"));
    r.work = render_colour;
    r.nunits = (apr_uint32_t)ntiles;
    return run(&r, jobs, "in colour");
}
