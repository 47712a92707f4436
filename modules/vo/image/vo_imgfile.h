/* vo_imgfile.h: opening a registered file, and nothing else, below a root. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_IMGFILE_H
#define VO_IMGFILE_H

#include "vo_image.h"

/*
 * Open FILE of REL for reading. The path is resolved by the kernel below the
 * root (openat2, or else by checking where it leads) and cannot leave it,
 * neither by ".." nor by a symbolic link. The file must be regular and have the
 * size it was registered with: else it was changed behind the archive's back,
 * and what is known of it may be false.
 *
 * *FD is closed with POOL; *NAME (may be NULL) is a name under which other
 * libraries can open the same file as long as *FD is open. *MTIME (may be
 * NULL) is its time of change, for ETag and Last-Modified.
 * Errors: VO_ERR_FAULT, naming the path only in the private text.
 */
vo_err_t *vo_imgfile_open(int *fd, const char **name, apr_time_t *mtime,
                          const vo_release_t *rel, const vo_imgfile_t *file,
                          apr_pool_t *pool);

/* The last part of FILE's path, for Content-Disposition. */
const char *vo_imgfile_name(const vo_imgfile_t *file);

#endif
