/* vo_soda_bulk.h: cutouts around a list of positions. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SODA_BULK_H
#define VO_SODA_BULK_H

#include "vo_soda_pack.h"

/*
 * Positions come from a table of any format the readers know; its columns of
 * position are found by vo_position.h. Each is cut from the tile whose centre
 * is nearest among those that show it. The positions of a tile are done
 * together, its files being opened once.
 */
typedef struct vo_soda_bulk_t {
    const vo_release_t *rel;
    vo_soda_how_t how;         /* filters: all, when none was said */
    double width, height;      /* degrees of a cutout; 0: */
    int nx, ny;                /* pixels of a cutout */
    vo_pack_e pack;
    vo_soda_limits_t limits;
    int max;                   /* positions */
    int earlier;               /* archive of an attempt that died, or -1 */
    vo_image_run_t *run;       /* queries */
    void *run_baton;
    int (*is_stopped)(void *baton, int ndone); /* asked for each position */
    vo_soda_log_t *log;
    void *baton;               /* of both */
    /* filled in here */
    apr_array_header_t *inputs;
    apr_pool_t *pool;
} vo_soda_bulk_t;

/* Read the parameters into BULK, whose other members are set or zero. */
vo_err_t *vo_soda_bulk_parse(vo_soda_bulk_t *bulk,
                             const vo_dali_params_t *params,
                             apr_pool_t *pool);

/* Read the positions from the table in PATH, which messages call NAME. Usage
 * errors for a table without positions; VO_ERR_LIMIT for too many, or for more
 * than MAX_BYTES once unpacked. */
vo_err_t *vo_soda_bulk_read(vo_soda_bulk_t *bulk, const char *path,
                            const char *name, apr_off_t max_bytes);

/* Find the tiles, cut, and write the archive. VO_ERR_GONE when it was
 * stopped. */
vo_err_t *vo_soda_bulk_write(vo_soda_bulk_t *bulk, vo_out_t *out);

/* The media type of the archive. */
const char *vo_soda_bulk_type(const vo_soda_bulk_t *bulk);

#endif
