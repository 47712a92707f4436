/* voctl_check.h: voctl check: what its parts share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_CHECK_H
#define VOCTL_CHECK_H

#include "meta/vo_meta.h"
#include "voctl.h"

typedef struct voctl_report_t {
    voctl_t *ctl;
    const char *release;
    const vo_meta_t *meta; /* as httpd sees it; NULL when it cannot */
    int nproblems;
    apr_pool_t *pool; /* of the release */
} voctl_report_t;

/* Print "ok" or "FAIL" and the first of PROBLEMS, texts; count them. */
void voctl_check_tell(voctl_report_t *r, const char *title,
                      const apr_array_header_t *problems);

/* The data products of the release, if it has any: rows and files. */
vo_err_t *voctl_check_images(voctl_report_t *r);

#endif
