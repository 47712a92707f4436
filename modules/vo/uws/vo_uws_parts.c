/* vo_uws_parts.c: several results of a job in one file. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_uws.h"

#include <string.h>

#include <apr_strings.h>

#include "../vo_num.h"

#define WHOLE "result"

const char *vo_uws_parts_text(const apr_array_header_t *parts,
                              apr_pool_t *pool)
{
    apr_size_t room = 1;
    char *text, *p;
    int i;

    for (i = 0; i < parts->nelts; ++i) {
        const vo_job_part_t *part = &APR_ARRAY_IDX(parts, i, vo_job_part_t);

        room += strlen(part->name) + strlen(part->media_type) + 32;
    }
    text = p = apr_palloc(pool, room);
    *p = '\0';
    for (i = 0; i < parts->nelts; ++i) {
        const vo_job_part_t *part = &APR_ARRAY_IDX(parts, i, vo_job_part_t);

        p += apr_snprintf(p, room - (apr_size_t)(p - text),
                          "%s\t%s\t%" APR_INT64_T_FMT "\n", part->name,
                          part->media_type, part->size);
    }
    return text;
}

/* The word at *P up to END, which is skipped. */
static const char *word(const char **p, char end, apr_pool_t *pool)
{
    const char *start = *p, *stop = strchr(start, end);

    if (!stop) {
        return NULL;
    }
    *p = stop + 1;
    return apr_pstrmemdup(pool, start, (apr_size_t)(stop - start));
}

int vo_uws_parts_next(vo_job_part_t *part, const char **text,
                      apr_pool_t *pool)
{
    const char *size;
    int64_t n;

    part->offset += part->size;
    part->name = word(text, '\t', pool);
    part->media_type = part->name ? word(text, '\t', pool) : NULL;
    size = part->media_type ? word(text, '\n', pool) : NULL;
    if (!size || !vo_num_to_int64(size, (int)strlen(size), &n) || n < 0) {
        return 0;
    }
    part->size = n;
    return 1;
}

int vo_uws_part_find(vo_job_part_t *part, const vo_job_t *job,
                     const char *name, apr_pool_t *pool)
{
    const char *text = job->result_parts;

    memset(part, 0, sizeof(*part));
    if (job->phase != VO_PHASE_COMPLETED || !job->result_file) {
        return 0;
    }
    if (!text) {
        part->name = WHOLE;
        part->media_type = job->result_type;
        part->size = job->result_size;
        return !strcmp(name, WHOLE);
    }
    while (vo_uws_parts_next(part, &text, pool)) {
        if (!strcmp(part->name, name)) {
            return 1;
        }
    }
    return 0;
}
