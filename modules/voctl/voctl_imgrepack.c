/* voctl_imgrepack.c: voctl images: --recompress over all files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "vo_num.h"
#include "voctl_imgpack.h"

typedef struct repack_t {
    voctl_imgjob_t *job;
    voctl_pack_t pack;
    voctl_progress_t *progress;
    int nall, ndone, npacked;
    double before, after; /* bytes */
} repack_t;

static double size_of(const char *name)
{
    struct stat st;

    return stat(name, &st) ? 0 : (double)st.st_size;
}

static const char *name_of(const repack_t *r, int item, apr_pool_t *pool)
{
    return voctl_img_name(r->job, &APR_ARRAY_IDX(r->job->files, item,
                                                 voctl_imgfile_t), pool);
}

static vo_err_t *work(void *baton, int item, voctl_answer_t *answer,
                      apr_pool_t *pool)
{
    const repack_t *r = baton;
    const char *name = name_of(r, item, pool), *v[2], *to;
    double before = size_of(name);
    vo_err_t *err = voctl_img_pack(&to, name, &r->pack, pool);

    if (err) {
        return voctl_img_one_sentence(err, name, pool);
    }
    v[0] = to ? voctl_img_number(before, pool) : NULL;
    v[1] = to ? voctl_img_number(size_of(to), pool) : NULL;
    voctl_answer_add(answer, 2, v);
    return NULL;
}

static double number(const char *text)
{
    double v = 0;

    vo_num_to_double(text, (int)strlen(text), &v);
    return v;
}

static vo_err_t *take(void *baton, int item,
                      const apr_array_header_t *records, const char *failed,
                      apr_pool_t *pool)
{
    repack_t *r = baton;

    if (failed) {
        /* what cannot be read at all is told when it is registered */
        voctl_progress_end(r->progress);
        fprintf(stderr, "voctl: %s: not recompressed: %s\n",
                name_of(r, item, pool), failed);
        ++r->job->nnotpacked;
    }
    else if (APR_ARRAY_IDX(records, 0, voctl_record_t).values[0]) {
        const char **v = APR_ARRAY_IDX(records, 0, voctl_record_t).values;

        ++r->npacked;
        r->before += number(v[0]);
        r->after += number(v[1]);
    }
    ++r->ndone;
    voctl_progress(r->progress, r->ndone, r->nall, r->ndone);
    return NULL;
}

/* Pictures and tables have no tiles. */
static int is_fits(const voctl_imgfile_t *file, apr_pool_t *pool)
{
    const char *ending;

    voctl_img_stem(file->path, &ending, pool);
    return !strncasecmp(ending, ".f", 2);
}

static vo_err_t *read_options(repack_t *r)
{
    const char *q = voctl_opt(r->job->ctl, "quantize");
    apr_int64_t tile;

    VO_TRY(voctl_opt_int(&tile, r->job->ctl, "tile", 100, 16, 4096));
    r->pack.tile = (int)tile;
    r->pack.quantize = 16;
    r->pack.is_kept = voctl_opt(r->job->ctl, "keep") != NULL;
    if (q && (!vo_num_to_double(q, (int)strlen(q), &r->pack.quantize)
              || !(r->pack.quantize >= 0 && r->pack.quantize <= 1000))) {
        return vo_err_make(r->job->ctl->pool, VO_ERR_USAGE, "--quantize %s: a"
                           " number from 0 to 1000 is expected.", q);
    }
    return NULL;
}

vo_err_t *voctl_img_recompress(voctl_imgjob_t *job)
{
    repack_t r = {job, {0, 0, 0}, NULL, 0, 0, 0, 0, 0};
    apr_pool_t *pool = job->ctl->pool;
    int *items = apr_palloc(pool, sizeof(*items)
                                      * (size_t)(job->files->nelts + 1));
    vo_err_t *err;
    int i;

    VO_TRY(read_options(&r));
    for (i = 0; i < job->files->nelts; ++i) {
        if (is_fits(&APR_ARRAY_IDX(job->files, i, voctl_imgfile_t), pool)) {
            items[r.nall++] = i;
        }
    }
    if (job->ctl->is_dry_run || !r.nall) {
        voctl_say(job->ctl, "%s: %d FITS files would be looked at and"
                  " recompressed if need be", job->release, r.nall);
        return NULL;
    }
    r.progress = voctl_progress_start(job->ctl, "Recompressing");
    voctl_progress_of(r.progress, "files");
    err = voctl_work(job->ctl, job->nworkers, r.nall, items, work, take, &r);
    voctl_progress_end(r.progress);
    VO_TRY(err);
    voctl_say(job->ctl, "%s: %d of %d FITS files recompressed, %.1f to %.1f"
              " MB", job->release, r.npacked, r.nall, r.before / 1e6,
              r.after / 1e6);
    return NULL;
}
