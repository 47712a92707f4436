/* mod_ssap_int.h: shared between the files of mod_ssap. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_SSAP_INT_H
#define MOD_SSAP_INT_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "mod_vo_fns.h"
#include "ssap/vo_ssap.h"

extern module ssap_module;

/* The settings of a request, defaults filled in. */
typedef struct ssap_conf_t {
    vo_ssap_limits_t limits;
    int timeout; /* s */
} ssap_conf_t;
ssap_conf_t ssap_conf(request_rec *r);

void *ssap_create_dir(apr_pool_t *pool, char *path);
void *ssap_merge_dir(apr_pool_t *pool, void *outer, void *inner);
extern const command_rec ssap_commands[];

#endif
