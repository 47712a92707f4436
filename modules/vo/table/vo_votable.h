/* vo_votable.h: elements of VOTable documents; private to modules/vo/table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_VOTABLE_H
#define VO_VOTABLE_H

#include "vo_write.h"

/* Write an attribute, its value escaped; VALUE NULL: none. */
vo_err_t *vo_vot_attr(vo_out_t *out, const char *name, const char *value);

/* Write a DESCRIPTION; TEXT NULL or empty: none. */
vo_err_t *vo_vot_description(vo_out_t *out, const char *text);

vo_err_t *vo_vot_info(vo_out_t *out, const vo_info_t *info);

vo_err_t *vo_vot_param(const vo_writer_t *w, const vo_param_t *param);

/* INFO QUERY_STATUS; TEXT is the message or NULL. */
vo_err_t *vo_vot_status(vo_out_t *out, const char *value, const char *text);

/* A GROUP with those of its columns that W has; none: nothing. */
vo_err_t *vo_vot_group(const vo_writer_t *w, const vo_group_t *group);

/* A RESOURCE for each descriptor of W's document, after its table. */
vo_err_t *vo_vot_descriptors(const vo_writer_t *w);

#endif
