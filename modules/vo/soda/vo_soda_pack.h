/* vo_soda_pack.h: many cutouts in one archive, with a manifest. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SODA_PACK_H
#define VO_SODA_PACK_H

#include "../vo_tar.h"
#include "vo_soda.h"

/*
 * A tar archive (VO_PACK_TAR) with a file for each cut that has one, called by
 * its number among the inputs and by its tile ("00017_tile-101_r.fits"), and at
 * the end "manifest.csv" with a row for each input, in their order:
 *   input     number of the input, from 1
 *   id        identifier of the image, as asked for or as found
 *   region    as asked for
 *   status    ok, outside (the region is not on the image), missing (there is
 *             no such image, or none that may be seen), error
 *   file      in the archive
 *   message   what is wrong
 * Or one file of FITS (VO_PACK_MEF) with extensions for each cut, whose names
 * begin with the number of the input ("00017_r"), and a table MANIFEST with the
 * same columns at its end; "file" is then how the names begin.
 */
typedef enum { VO_PACK_TAR, VO_PACK_MEF } vo_pack_e;

typedef enum {
    VO_PACK_OK,
    VO_PACK_OUTSIDE,
    VO_PACK_MISSING,
    VO_PACK_ERROR
} vo_pack_status_e;

typedef struct vo_soda_pack_t vo_soda_pack_t;

/* Begin an archive of KIND on OUT; TIME is when its files are said to have
 * changed. LOG is told of every cut that failed. */
typedef void vo_soda_log_t(void *baton, const vo_err_t *err);
vo_soda_pack_t *vo_soda_pack_create(vo_out_t *out, vo_pack_e kind,
                                    apr_time_t time,
                                    vo_soda_log_t *log, void *baton,
                                    apr_pool_t *pool);

/* Take over the files that an attempt which died had put into the archive open
 * in FD, before the first cut; their inputs are not cut again. Nothing for
 * VO_PACK_MEF. */
vo_err_t *vo_soda_pack_resume(vo_soda_pack_t *pack, int fd);

/* Make CUT of the input with number INPUT, from 0, and add its file; inputs may
 * come in any order, each once. What is wrong with it alone goes into the
 * manifest; an error is one of the archive. FILES are kept open (or NULL). */
vo_err_t *vo_soda_pack_cut(vo_soda_pack_t *pack, int input,
                           const vo_soda_cut_t *cut, const vo_soda_how_t *how,
                           const vo_release_t *rel,
                           const vo_soda_limits_t *limits,
                           vo_soda_files_t *files);

/* Say of the input what became of it, without a file. */
void vo_soda_pack_note(vo_soda_pack_t *pack, int input, const char *id,
                       const char *region, vo_pack_status_e status,
                       const char *message);

/* The manifest and the end of the archive. */
vo_err_t *vo_soda_pack_end(vo_soda_pack_t *pack);

#endif
