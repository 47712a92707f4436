/* mod_vo_conf.h: directives that take a whole number, in every module. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_VO_CONF_H
#define MOD_VO_CONF_H

#include <string.h>

#include <apr_strings.h>
#include <http_config.h>

#include "mod_vo.h"
#include "vo_num.h"

/* The number of a directive: an int at OFFSET in the per-directory record,
 * unset as VO_UNSET. */
typedef struct vo_conf_int_t {
    apr_size_t offset;
    int min, max;
    const char *what; /* "rows", "seconds" ... */
} vo_conf_int_t;

/* The function of AP_INIT_TAKE1, whose third argument is VO_CONF_INT of the
 * directive's vo_conf_int_t. */
static inline const char *vo_conf_set_int(cmd_parms *cmd, void *dir,
                                          const char *arg)
{
    const vo_conf_int_t *conf = cmd->info;
    int64_t v;

    if (!vo_num_to_int64(arg, (int)strlen(arg), &v) || v < conf->min
        || v > conf->max) {
        return apr_psprintf(cmd->pool, "%s: \"%s\" is not a number of %s from"
                            " %d to %d", cmd->cmd->name, arg, conf->what,
                            conf->min, conf->max);
    }
    *(int *)(void *)((char *)dir + conf->offset) = (int)v;
    return NULL;
}

/* httpd keeps this argument without const, and does not write there. */
#define VO_CONF_INT(conf) ((void *)(apr_uintptr_t)&(conf))

/* VALUE, or OTHER where nothing was set. */
static inline int vo_conf_or(int value, int other)
{
    return value == VO_UNSET ? other : value;
}

#endif
