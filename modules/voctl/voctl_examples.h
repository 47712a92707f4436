/* voctl_examples.h: example queries of a release, from a file or the demo. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_EXAMPLES_H
#define VOCTL_EXAMPLES_H

#include "meta/vo_meta.h"
#include "voctl.h"

/* Read TEXT, of the file PATH, into *EXAMPLES, an array of vo_example_t in POOL
 * (see voctl help examples). Errors name the line. */
vo_err_t *voctl_examples_parse(apr_array_header_t **examples, const char *path,
                               const char *text, apr_pool_t *pool);

/* Make EXAMPLES the ones of RELEASE, within a transaction; a query that is not
 * one of the release is an error naming the example. */
vo_err_t *voctl_examples_put(voctl_t *ctl, const char *release,
                             const apr_array_header_t *examples);

/* Push to PROBLEMS (texts, in POOL) those of REL that are no queries of it. */
void voctl_examples_check(apr_array_header_t *problems,
                          const vo_release_t *rel, apr_pool_t *pool);

/* Those of the demo's releases, in the same form. */
extern const char voctl_demo_examples[], voctl_tycho_examples[];

#endif
