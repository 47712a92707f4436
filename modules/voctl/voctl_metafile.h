/* voctl_metafile.h: the small text file that completes a table's metadata. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_METAFILE_H
#define VOCTL_METAFILE_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "vo_err.h"

/*
 * Sections in brackets, then "key = value" lines; '#' or ';' begins a comment
 * line. A line that begins with a blank continues the value before it.
 * [table]; [column NAME], NAME as in the file, in any case; [key ID]. Unknown
 * sections and keys are refused, so that a typing error is seen.
 */
typedef struct voctl_metakey_t { /* a foreign key */
    const char *id, *description, *target;
    apr_array_header_t *from, *to; /* column names */
} voctl_metakey_t;

typedef struct voctl_metafile_t {
    const char *path;
    apr_hash_t *table;         /* key -> value */
    apr_hash_t *columns;       /* folded name -> apr_hash_t of key -> value */
    apr_array_header_t *names; /* columns as written, const char * */
    apr_array_header_t *keys;  /* of voctl_metakey_t */
} voctl_metafile_t;

/* Read PATH; NULL gives an empty one. */
vo_err_t *voctl_metafile_read(voctl_metafile_t **meta, const char *path,
                              apr_pool_t *pool);

/* What the file says about KEY of column NAME, or NULL. */
const char *voctl_metafile_get(const voctl_metafile_t *meta, const char *name,
                               const char *key, apr_pool_t *scratch);

/* TEXT with its ASCII letters in lower case. */
const char *voctl_fold_case(const char *text, apr_pool_t *pool);

#endif
