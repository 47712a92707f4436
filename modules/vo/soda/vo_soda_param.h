/* vo_soda_param.h: the parameters of SODA, standard ones and ours. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SODA_PARAM_H
#define VO_SODA_PARAM_H

/*
 * One table: the service reads its parameters by it, the service descriptors
 * of DataLink and of search results are written from it. The first are those of
 * SODA 1.0, section 3; the others are ours, of datatype char even where they
 * are single numbers: a PARAM must have a value, and pyvo 1.4 fails on one
 * number that is empty. Names are compared without regard to case.
 */
typedef enum {
    VO_SODA_ID,
    VO_SODA_CIRCLE,
    VO_SODA_POLYGON,
    VO_SODA_POS,
    VO_SODA_BAND,
    VO_SODA_FORMAT,
    VO_SODA_FILTERS,
    VO_SODA_LAYOUT,
    VO_SODA_WEIGHT,
    VO_SODA_MASK,
    VO_SODA_STRETCH,
    VO_SODA_LIMITS,
    VO_SODA_RGB,
    VO_SODA_Q,
    VO_SODA_ALPHA,
    VO_SODA_BALANCE,
    VO_SODA_SIZEX,
    VO_SODA_SIZEY,
    VO_SODA_COUNT
} vo_soda_param_e;

typedef struct vo_soda_param_t {
    const char *name;
    const char *alias;         /* another name that is understood, or NULL */
    const char *ucd, *unit;    /* NULL: none */
    const char *datatype, *arraysize, *xtype; /* of VOTable; NULL: none */
    const char *description;   /* a sentence for people */
    int is_standard;           /* defined by SODA 1.0 */
    int is_repeatable;         /* every combination is a result of its own */
    const char *const *options; /* the words allowed, NULL-ended; NULL: any */
} vo_soda_param_t;

/* Indexed by vo_soda_param_e. */
extern const vo_soda_param_t vo_soda_params[VO_SODA_COUNT];

/* Those of a job that cuts around a list of positions, besides the ones above
 * that tell how a cutout looks. */
typedef enum {
    VO_BULK_UPLOAD,
    VO_BULK_JOB,
    VO_BULK_WIDTH,
    VO_BULK_HEIGHT,
    VO_BULK_PIXELS,
    VO_BULK_PACK,
    VO_BULK_COUNT
} vo_bulk_param_e;
extern const vo_soda_param_t vo_bulk_params[VO_BULK_COUNT];

/* The parameter called NAME, by name or alias in any case, or -1. */
int vo_soda_param_find(const char *name);

#endif
