/* voctl_imgmap.h: what headers and names of files say: the keyword map. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_IMGMAP_H
#define VOCTL_IMGMAP_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "image/vo_image.h"
#include "table/vo_fits_cards.h"
#include "vo_err.h"

/*
 * A keyword map tells where each field of an image comes from and which files
 * belong to which. voctl_imgmap_default is one, complete and with comments;
 * a survey's own (--meta) says only what differs. Sections in brackets, then
 * "key = value" lines, '#' or ';' begins a comment line, a line that begins
 * with a blank continues the one before.
 *
 * [image] holds for all, [coadd] and [single] for one kind, and win. A value
 * is a list of sources, of which the first that says something counts:
 *   KEYWORD        of the header, HIERARCH ones without that word; of the
 *                  image's HDU, then of the primary; KEYWORD# is KEYWORD1,
 *                  KEYWORD2 ... (or 001 ...), for progenitors
 *   KEYWORD*2.5    times a number, KEYWORD*scale times the pixel's arcsec
 *   'text'         this text
 *   stem           the name of the file without folders and endings
 *   path:REGEX     the last group of a POSIX extended regular expression
 *                  matched against the path below the folder
 *
 * [weight], [mask] ... (the kinds of vo_product_kinds) and [ignore] tell the
 * files that belong to images: names = parts of file names (without endings)
 * which, taken away at the end, leave the name of the image; with "A -> B", A
 * is replaced by B anywhere. keywords = KEYWORD=VALUE; extnames = EXTNAMEs.
 *
 * [filters] translates what headers call filters: R = rSDSS.
 */
extern const char voctl_imgmap_default[];

typedef struct voctl_imgmap_t voctl_imgmap_t;

/* The default map, with what the file PATH (NULL: none) says. */
vo_err_t *voctl_imgmap_read(voctl_imgmap_t **map, const char *path,
                            apr_pool_t *pool);

/* What a field is asked of. */
typedef struct voctl_imghead_t {
    const vo_fits_cards_t *own, *primary;
    const char *path;    /* below the root */
    double scale;        /* arcsec per pixel, NaN when unknown */
    int is_coadd;
} voctl_imghead_t;

/* FIELD of the image, in POOL; NULL when nothing tells it. */
const char *voctl_imgmap_get(const voctl_imgmap_t *map,
                             const voctl_imghead_t *head, const char *field,
                             apr_pool_t *pool);

/* Every value of FIELD, const char *: of all sources, for progenitors. */
apr_array_header_t *voctl_imgmap_all(const voctl_imgmap_t *map,
                                     const voctl_imghead_t *head,
                                     const char *field, apr_pool_t *pool);

/* The survey's name of the filter a header calls NAME: by [filters], else
 * NAME itself. */
const char *voctl_imgmap_filter(const voctl_imgmap_t *map, const char *name);

/* Kinds of files, beside vo_product_e. */
enum { VOCTL_IMG_SCIENCE = -1, VOCTL_IMG_IGNORED = -2 };

/* The kind of the file at PATH by its name, and in *STEM the stem (path
 * without endings) of the image it belongs to, or its own. */
int voctl_imgmap_kind(const voctl_imgmap_t *map, const char *path,
                      const char **stem, apr_pool_t *pool);

/* The kind of an HDU by keywords and EXTNAME. */
int voctl_imgmap_hdu_kind(const voctl_imgmap_t *map,
                          const voctl_imghead_t *head, apr_pool_t *pool);

/* PATH without ".fits", ".fz", ".gz" and so on; *ENDING is what was cut. */
const char *voctl_img_stem(const char *path, const char **ending,
                           apr_pool_t *pool);

#endif
