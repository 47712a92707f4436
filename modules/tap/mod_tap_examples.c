/* mod_tap_examples.c: /examples, the queries an operator shows. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_tap_int.h"

#include <apr_strings.h>
#include <http_log.h>

#include "dali/vo_dali_examples.h"

APLOG_USE_MODULE(tap);

int tap_examples(request_rec *r, const vo_release_t *rel)
{
    const char *url = tap_fns.service_url(r, &tap_service, rel, NULL);
    vo_out_t *out = tap_fns.response_begin(r, VO_DALI_EXAMPLES_TYPE);
    int n = 0;
    vo_err_t *err = vo_dali_examples(out, rel,
                                     apr_pstrcat(r->pool, url, "/sync", NULL),
                                     &n, r->pool);

    if (err) {
        return tap_fns.respond_error(r, NULL, err);
    }
    if (n) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      VOLOGNO(1112) "%d of %d examples are no queries of this "
                      "release any more: run voctl check %s",
                      n, rel->nexamples, rel->id);
    }
    return tap_fns.response_end(r, out);
}
