/* vo_tar.h: writing tar archives. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_TAR_H
#define VO_TAR_H

#include <apr_time.h>

#include "vo_out.h"

#define VO_TAR_TYPE "application/x-tar"

/* Add a file of LEN bytes at DATA, called NAME (ustar of POSIX.1; at most 100
 * bytes, longer ones are cut at their front), last changed at TIME. */
vo_err_t *vo_tar_file(vo_out_t *out, const char *name, const void *data,
                      apr_size_t len, apr_time_t time);

/*
 * Go on with an archive that was not finished: copy to OUT every whole file of
 * the one open in FD, in order, and tell TOLD its name (valid during the call);
 * what is cut off, or no archive at all, ends it quietly. A TOLD that returns 0
 * ends it too, before that file. Only errors of OUT are returned.
 */
typedef int vo_tar_told_t(void *baton, const char *name);
vo_err_t *vo_tar_salvage(vo_out_t *out, int fd, vo_tar_told_t *told,
                         void *baton);

/* The end of the archive. */
vo_err_t *vo_tar_end(vo_out_t *out);

#endif
