/* voctl_images.h: voctl images: what its parts share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_IMAGES_H
#define VOCTL_IMAGES_H

#include "meta/vo_meta.h"
#include "voctl.h"
#include "voctl_imgmap.h"

/*
 * Folders are walked (voctl_imgwalk.c), files read by worker processes
 * (voctl_imgwork.c runs them, voctl_imgread.c is what they do), and what they
 * say is written to the tables of the release (voctl_imgstore.c), a batch at a
 * time, so that a run that was killed goes on where it stood.
 */

/* What is known of an image and written to vo_image, as text for PostgreSQL:
 * columns of voctl_image_columns, then what makes its footprint. */
enum {
    IMG_PRODUCT_TYPE, IMG_SUBTYPE, IMG_CALIB_LEVEL, IMG_COLLECTION, IMG_OBS_ID,
    IMG_TILE_ID, IMG_FILTER, IMG_FILTER_ID, IMG_TITLE, IMG_TARGET, IMG_NAXIS,
    IMG_SCALE, IMG_PROJECTION, IMG_CRPIX, IMG_CRVAL, IMG_CD, IMG_FRAME,
    IMG_EQUINOX, IMG_EXPTIME, IMG_T_MIN, IMG_T_MAX, IMG_T_RESOLUTION,
    IMG_T_XEL, IMG_FWHM,
    IMG_DEPTH, IMG_ZERO_POINT, IMG_EM_MIN, IMG_EM_MAX, IMG_EM_RES_POWER,
    IMG_EM_XEL, IMG_UCD, IMG_UNIT, IMG_POL_STATES, IMG_POL_XEL, IMG_FACILITY,
    IMG_INSTRUMENT, IMG_CREATED, IMG_MEDIA_TYPE, IMG_HDU,
    IMG_COLUMNS,                /* end of the columns */
    IMG_REGION = IMG_COLUMNS,   /* DALI text */
    IMG_COVER,                  /* int8multirange */
    IMG_RA, IMG_DEC, IMG_FOV,
    IMG_KIND,                   /* "science" or a kind of product */
    IMG_VALUES
};
typedef struct voctl_image_column_t {
    const char *name, *type;
} voctl_image_column_t;
extern const voctl_image_column_t voctl_image_columns[IMG_COLUMNS];

/* A file below a root. */
typedef struct voctl_imgfile_t {
    int root;               /* index of job->roots */
    const char *path;       /* relative */
    const char *stem;       /* of the image it belongs to, or its own */
    int kind;               /* vo_product_e or VOCTL_IMG_SCIENCE */
    apr_int64_t size;
    double mtime;
    int is_known;           /* registered, and not changed since */
} voctl_imgfile_t;

typedef struct voctl_imgroot_t {
    int id;                 /* root_id; 0: not stored yet (dry run) */
    const char *path;       /* absolute */
    apr_array_header_t *below; /* const char *: scanned folders, "" or "a/b" */
} voctl_imgroot_t;

typedef struct voctl_imgjob_t {
    voctl_t *ctl;
    const char *release, *survey, *schema; /* schema: quoted */
    voctl_imgmap_t *map;
    int nfilters;
    const vo_filter_t *filters;
    apr_array_header_t *roots; /* voctl_imgroot_t */
    apr_array_header_t *files; /* voctl_imgfile_t */
    int nworkers;
    int has_checksums;
    int is_forced;             /* read files that did not change, too */
    apr_hash_t *prepared, *footprints, *by_stem, *by_base, *by_obs;
    /* counts */
    int nunchanged, nimages, nproducts, nbroken, nvanished, nother, nunrelated,
        nnotpacked;
} voctl_imgjob_t;

/* ---- walking ------------------------------------------------------------ */

/* Add the files below FOLDER of root ROOT (an index) to job->files, in order
 * of their names. Files of no interest are counted in job->nother. */
vo_err_t *voctl_img_walk(voctl_imgjob_t *job, int root, const char *folder);

/* ---- workers ------------------------------------------------------------ */

/* What a worker answers: records of texts. */
typedef struct voctl_record_t {
    int n;
    const char **values; /* may be NULL */
} voctl_record_t;
typedef struct voctl_answer_t voctl_answer_t;
void voctl_answer_add(voctl_answer_t *answer, int n,
                      const char *const *values);

/* Work on ITEM, in a worker. An error is its answer. */
typedef vo_err_t *voctl_work_do_t(void *baton, int item,
                                  voctl_answer_t *answer, apr_pool_t *pool);
/* Take the answer to ITEM: records, or what FAILED; then the one record there
 * is, if any, has a second value that is not NULL for VO_ERR_NOTFOUND. */
typedef vo_err_t *voctl_work_take_t(void *baton, int item,
                                    const apr_array_header_t *records,
                                    const char *failed, apr_pool_t *pool);

/* Have NWORKERS processes work on the N ITEMS. A worker that crashes or takes
 * longer than an hour is replaced, and its item has failed. */
vo_err_t *voctl_work(voctl_t *ctl, int nworkers, int n, const int *items,
                     voctl_work_do_t *work, voctl_work_take_t *take,
                     void *baton);

/* ---- reading, in a worker ----------------------------------------------- */

/*
 * Read FILE. Records: first {checksum}; then, of a science file, one of
 * IMG_VALUES values for each image or other data product, each followed by its
 * progenitors, {name}; of a product one {hdu, media type, obs_id, filter} for
 * each part.
 */
vo_err_t *voctl_img_read(const voctl_imgjob_t *job,
                         const voctl_imgfile_t *file, voctl_answer_t *answer,
                         apr_pool_t *pool);

/* "sha256:..." of the file called NAME. */
vo_err_t *voctl_img_checksum(const char **text, const char *name,
                             apr_pool_t *pool);

/* ERR about the file called NAME as one sentence without that name. */
vo_err_t *voctl_img_one_sentence(const vo_err_t *err, const char *name,
                                 apr_pool_t *pool);

/* The absolute name of FILE. */
const char *voctl_img_name(const voctl_imgjob_t *job,
                           const voctl_imgfile_t *file, apr_pool_t *pool);

/* Footprint of V from a shape or from an image; see voctl_imgshape.c. */
struct vo_wcs_t;
vo_err_t *voctl_img_outline(const char **v, struct vo_wcs_t *wcs, int nx,
                            int ny, apr_pool_t *pool);
vo_err_t *voctl_img_circle(const char **v, double ra, double dec,
                           double radius, apr_pool_t *pool);

/* What V has from its header and file name: all that is no geometry. */
void voctl_img_describe(const char **v, const voctl_imgjob_t *job,
                        voctl_imghead_t *head, apr_pool_t *pool);

/* TEXT with '?' for control characters and what is not UTF-8, so that the
 * database takes it; NULL for NULL. */
const char *voctl_img_text(const char *text, apr_pool_t *pool);

/* Numbers as texts in POOL; NULL for NaN. */
const char *voctl_img_number(double v, apr_pool_t *pool);
const char *voctl_img_numbers(const double *v, int n, apr_pool_t *pool);

/* A circle where the header of an image without coordinates says that it was
 * taken, if it does. */
vo_err_t *voctl_img_place(const char **v, const voctl_imgjob_t *job,
                          const voctl_imghead_t *head, apr_pool_t *pool);

/* Fill V from the tables of a FITS file: visibilities, spectra, events.
 * *FOUND is 0 when there is nothing of the kind. */
struct vo_fitsfile_t;
vo_err_t *voctl_img_table(int *found, const char **v,
                          const voctl_imgjob_t *job, const char *name,
                          struct vo_fitsfile_t *file, voctl_imghead_t *head,
                          apr_pool_t *pool);

/* ---- the database ------------------------------------------------------- */

/* Look the release up, lock it against other runs, make its tables if need
 * be. Begins a transaction, as every function below expects. */
vo_err_t *voctl_img_begin(voctl_imgjob_t *job, const char *release);

/* Add the root of FOLDER: one there is, or a new one. *BELOW is where in it
 * the folder lies, *ROOT its index in job->roots. */
vo_err_t *voctl_img_root(int *root, const char **below, voctl_imgjob_t *job,
                         const char *folder);

/* The files below root FROM lie below the folder TO now. */
vo_err_t *voctl_img_move_root(voctl_imgjob_t *job, const char *from,
                              const char *to);

/* Mark the files that are registered and did not change; flag what is gone. */
vo_err_t *voctl_img_compare(voctl_imgjob_t *job);

/* Store what a worker says of FILE, flag what could not be read. */
vo_err_t *voctl_img_store(voctl_imgjob_t *job, const voctl_imgfile_t *file,
                          const apr_array_header_t *records,
                          apr_pool_t *pool);
vo_err_t *voctl_img_flag_broken(voctl_imgjob_t *job,
                                const voctl_imgfile_t *file,
                                const char *reason, apr_pool_t *pool);
/* The same of a product, once all images are stored. *IS_RELATED is 0 when
 * there is no image it belongs to. */
vo_err_t *voctl_img_store_product(int *is_related, voctl_imgjob_t *job,
                                  const voctl_imgfile_t *file,
                                  const apr_array_header_t *records,
                                  apr_pool_t *pool);
/* COMMIT and BEGIN, but not on a dry run. */
vo_err_t *voctl_img_flush(voctl_imgjob_t *job);

/* Relate progenitors, widen the times of coadds, analyze. */
vo_err_t *voctl_img_finish(voctl_imgjob_t *job);

/* Register the published tables as measurements. */
vo_err_t *voctl_img_catalogues(voctl_imgjob_t *job);

/* Set or clear the flag of images whose path, DID or obs_id fits PATTERN
 * (* and ?); *N is how many. */
vo_err_t *voctl_img_flag(int *n, voctl_imgjob_t *job, const char *pattern,
                         int is_valid, const char *comment);

#endif
