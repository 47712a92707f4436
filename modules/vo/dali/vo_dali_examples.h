/* vo_dali_examples.h: the document of example queries, DALI 1.1 section 2.3. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_DALI_EXAMPLES_H
#define VO_DALI_EXAMPLES_H

#include "../meta/vo_meta.h"
#include "../vo_out.h"

#define VO_DALI_EXAMPLES_TYPE "application/xhtml+xml"

/* Write the examples of REL as XHTML with RDFa Lite, in the vocabulary of
 * DALI-examples and TAP: name, query and the tables it reads. A release for
 * which the operator has given none shows some that follow from its tables. One
 * whose query is not one here (a table of it is gone) is left out; *NLEFT_OUT
 * (may be NULL) tells how many those are. SYNC_URL is where queries are sent.
 * SCRATCH is for temporary data. */
vo_err_t *vo_dali_examples(vo_out_t *out, const vo_release_t *rel,
                           const char *sync_url, int *nleft_out,
                           apr_pool_t *scratch);

#endif
