/* vo_soda.h: what is cut from which images, and how; SODA 1.0 and ours. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SODA_H
#define VO_SODA_H

#include <apr_tables.h>

#include "../dali/vo_dali_param.h"
#include "../fits/vo_cutout.h"
#include "../fits/vo_picture.h"
#include "../image/vo_image.h"
#include "vo_soda_param.h"

/*
 * A request names images, regions and bands; every combination is a cut, and
 * every cut becomes one file. The same steps serve SODA, the direct downloads
 * and jobs:
 *   vo_soda_parse  parameters to a vo_soda_query_t
 *   vo_soda_plan   images are looked up, cuts are made of the combinations
 *   vo_soda_read   one cut: files are opened, pixels are read
 *   vo_soda_write  the file that it becomes
 */

/* Pixels a picture may have in each direction. */
#define VO_SODA_MAX_SIZE 5000

typedef enum { VO_SODA_FITS, VO_SODA_PNG, VO_SODA_JPEG } vo_soda_format_e;
typedef enum {
    VO_LAYOUT_MEF,  /* an extension for each */
    VO_LAYOUT_CUBE, /* planes with a wavelength each */
    VO_LAYOUT_SHEET /* a picture of all */
} vo_layout_e;

/* How a cutout is to look, wherever it is. */
typedef struct vo_soda_how_t {
    vo_soda_format_e format;
    const char *filters;      /* "all", a list, or NULL: only the image named */
    vo_layout_e layout;
    int has_weight, has_mask; /* with these */
    vo_stretch_t stretch;
    const char *rgb;          /* three filters, "" for the usual ones; NULL:
                                 no colour */
    vo_lupton_t lupton;
    int has_balance;          /* lupton.factor was given */
    int sizex, sizey;         /* of pictures; 0: as the cutout */
} vo_soda_how_t;

#define VO_SODA_HOW_DEFAULT                                                   \
    {VO_SODA_FITS, NULL, VO_LAYOUT_MEF, 0, 0,                                 \
     {0, 0, VO_STRETCH_PERCENT, 0, 0},                                        \
     NULL, VO_LUPTON_DEFAULT, 0, 0, 0}

typedef struct vo_band_t {
    double lo, hi; /* m */
} vo_band_t;

typedef struct vo_soda_query_t {
    apr_array_header_t *ids;     /* const char * */
    apr_array_header_t *regions; /* vo_region_t; empty: the whole image */
    apr_array_header_t *bands;   /* vo_band_t; empty: all */
    vo_soda_how_t how;
} vo_soda_query_t;

/* What a service allows. */
typedef struct vo_soda_limits_t {
    apr_int64_t max_pixels; /* of a cut, all its images together */
    int max_cuts;           /* of a request */
    /* Asked, if it is there, before NPIXELS are read, which live as long as
     * POOL: it may wait until there is room, or refuse (VO_ERR_BUSY). */
    vo_err_t *(*admit)(void *baton, apr_int64_t npixels, apr_pool_t *pool);
    void *baton;
} vo_soda_limits_t;

typedef struct vo_soda_cut_t {
    const char *id;              /* as it was asked for */
    const vo_image_t *image;     /* the one named; NULL: there is none */
    const vo_image_t **images;   /* those to be cut: it, or filters of its
                                    tile */
    int nimages;
    const vo_region_t *region;
    const vo_band_t *band;       /* NULL: all wavelengths */
    const char *name;            /* of the file, without ".fits" */
} vo_soda_cut_t;

/* Read the parameters that say how a cutout looks; FORMAT is used when they do
 * not name one. */
vo_err_t *vo_soda_parse_how(vo_soda_how_t *how, const vo_dali_params_t *params,
                            vo_soda_format_e format, apr_pool_t *pool);

/* Read a request. Usage errors name the parameter and what is allowed; more
 * than LIMITS->max_cuts combinations are a VO_ERR_LIMIT. */
vo_err_t *vo_soda_parse(vo_soda_query_t *query, const vo_dali_params_t *params,
                        const vo_soda_limits_t *limits, apr_pool_t *pool);

/* Look the images up with RUN (vo_image.h) and combine: *CUTS is an array of
 * vo_soda_cut_t. A cut whose image is not there has a NULL image; one whose
 * band no image is in has no images. */
vo_err_t *vo_soda_plan(apr_array_header_t **cuts, const vo_soda_query_t *query,
                       const vo_release_t *rel, vo_image_run_t *run,
                       void *baton, apr_pool_t *pool);

/* The images of FOUND (one tile's, ordered by wavelength) that HOW wants beside
 * IMAGE, into CUT. Usage errors tell the filters there are. */
vo_err_t *vo_soda_choose(vo_soda_cut_t *cut, const vo_soda_how_t *how,
                         const apr_array_header_t *found, apr_pool_t *pool);

/* --- making one ----------------------------------------------------------- */

/* An image of a cut and what was read of it. */
typedef struct vo_soda_piece_t {
    const vo_image_t *image;
    const vo_fitsimg_t *fits;
    vo_cutout_t *cut, *weight, *mask; /* NULL: none */
} vo_soda_piece_t;

typedef struct vo_soda_made_t {
    const vo_soda_cut_t *cut;
    const vo_soda_how_t *how;
    vo_soda_piece_t *pieces;
    int npieces;            /* 0: nothing overlaps */
    apr_int64_t max_pixels; /* of a picture made of them */
    const char *media_type; /* of the file */
    const char *filename;   /* with its suffix */
} vo_soda_made_t;

/* Files that are kept open, with what is known of them, for the next cuts. */
typedef struct vo_soda_files_t vo_soda_files_t;
vo_soda_files_t *vo_soda_files_create(apr_pool_t *pool);
/* Close all of them: what was read from them must not be used any more. */
void vo_soda_files_close(vo_soda_files_t *files);

/* Read what CUT has (image not NULL) into POOL. The files are kept in FILES;
 * NULL: they are closed with POOL. No overlap is no error: npieces is 0.
 * VO_ERR_LIMIT when there is too much. */
vo_err_t *vo_soda_read(vo_soda_made_t *made, const vo_soda_cut_t *cut,
                       const vo_soda_how_t *how, const vo_release_t *rel,
                       const vo_soda_limits_t *limits, vo_soda_files_t *files,
                       apr_pool_t *pool);

/* Write the file; what was read is used up. */
vo_err_t *vo_soda_write(vo_out_t *out, vo_soda_made_t *made,
                        apr_pool_t *pool);

/* The same as extensions of a file of FITS that is being written, one for each
 * image, weight and mask; their names begin with PREFIX. */
vo_err_t *vo_soda_write_extensions(vo_out_t *out, vo_soda_made_t *made,
                                   const char *prefix, apr_pool_t *pool);

/* A name for files made of TEXT: of letters, digits and a few signs. */
const char *vo_soda_file_name(const char *text, apr_pool_t *pool);

/* A picture in POOL of a whole tile, small: of the three images of CUT in
 * colour or of its first in grey, MOST pixels at most in each direction.
 * VO_ERR_LIMIT when the images have more than MAX_PIXELS pixels. */
vo_err_t *vo_soda_preview(vo_picture_t **picture, const vo_soda_cut_t *cut,
                          const vo_soda_how_t *how, const vo_release_t *rel,
                          int most, apr_int64_t max_pixels, apr_pool_t *pool);

/* Three images of FOUND that make a usual colour picture: broad filters nearest
 * to 760, 620 and 480 nm. 0 when there are not three. */
int vo_soda_usual_rgb(const vo_image_t *rgb[3],
                      const apr_array_header_t *found);

/* --- errors --------------------------------------------------------------- */

/* ERR as SODA 1.0, section 4.2 has it: a label, ": ", the public sentence, in
 * POOL. */
const char *vo_soda_error(const vo_err_t *err, apr_pool_t *pool);

#endif
