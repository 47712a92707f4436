/* vo_soda_pack.h: many cutouts in one archive, with a manifest. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SODA_PACK_H
#define VO_SODA_PACK_H

#include "../vo_tar.h"
#include "vo_soda.h"

/*
 * A tar archive with a file for each cut that has one, called by its number
 * among the inputs and by its tile ("00017_tile-101_r.fits"), and at the end
 * "manifest.csv" with a row for each input, in their order:
 *   input     number of the input, from 1
 *   id        identifier of the image, as asked for or as found
 *   region    as asked for
 *   status    ok, outside (the region is not on the image), private, missing
 *             (there is no such image), error
 *   file      in the archive
 *   message   what is wrong
 */
typedef enum {
    VO_PACK_OK,
    VO_PACK_OUTSIDE,
    VO_PACK_PRIVATE,
    VO_PACK_MISSING,
    VO_PACK_ERROR
} vo_pack_status_e;

typedef struct vo_soda_pack_t vo_soda_pack_t;

/* Begin an archive on OUT; TIME is when its files are said to have changed. LOG
 * is told of every cut that failed. */
typedef void vo_soda_log_t(void *baton, const vo_err_t *err);
vo_soda_pack_t *vo_soda_pack_create(vo_out_t *out, apr_time_t time,
                                    vo_soda_log_t *log, void *baton,
                                    apr_pool_t *pool);

/* Make CUT, the next input, and add its file. What is wrong with it alone goes
 * into the manifest; an error is one of the archive. */
vo_err_t *vo_soda_pack_cut(vo_soda_pack_t *pack, const vo_soda_cut_t *cut,
                           const vo_soda_how_t *how, const vo_release_t *rel,
                           const vo_soda_limits_t *limits);

/* The same for the input with number INPUT, from 0; they may come in any
 * order, each once. */
vo_err_t *vo_soda_pack_input(vo_soda_pack_t *pack, int input,
                             const vo_soda_cut_t *cut,
                             const vo_soda_how_t *how, const vo_release_t *rel,
                             const vo_soda_limits_t *limits);

/* Say of the input what became of it, without a file. */
void vo_soda_pack_note(vo_soda_pack_t *pack, int input, const char *id,
                       const char *region, vo_pack_status_e status,
                       const char *message);

/* The manifest and the end of the archive. */
vo_err_t *vo_soda_pack_end(vo_soda_pack_t *pack);

#endif
