/* voctl_photospec.h: which array columns are served as spectra. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_PHOTOSPEC_H
#define VOCTL_PHOTOSPEC_H

#include "meta/vo_meta.h"
#include "voctl.h"

/* A row of vo.photospec, texts as they go there; NULL: none. */
typedef struct voctl_photospec_t {
    const char *name, *title;
    const char *table;         /* "demo.FNuDualObj" */
    const char *ids;           /* columns with commas between */
    const char *kind;          /* "flux" or "mag" */
    const char *value, *error, *flags; /* columns */
    int is_relative;
    const char *limits;        /* numbers with commas between */
    const char *aperture;      /* arcsec */
    const char *t_min, *t_max; /* MJD */
} voctl_photospec_t;

/* Store SPEC for RELEASE in place of one of the same name, after checking that
 * table and columns are there and can make a spectrum; a transaction of its
 * own. */
vo_err_t *voctl_photospec_put(voctl_t *ctl, const char *release,
                              const voctl_photospec_t *spec);

/* Push to PROBLEMS (texts, in POOL) those marked in RELEASE that cannot be
 * served: REL is what httpd makes of it. */
vo_err_t *voctl_photospec_check(apr_array_header_t *problems, voctl_t *ctl,
                                const char *release, const vo_release_t *rel,
                                apr_pool_t *pool);

#endif
