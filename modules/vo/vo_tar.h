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

/* The end of the archive. */
vo_err_t *vo_tar_end(vo_out_t *out);

#endif
