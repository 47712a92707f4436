/* voctl_demo.h: the tables of the example releases. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_DEMO_H
#define VOCTL_DEMO_H

#include "voctl_conv.h"
#include "voctl_truth.h"
#include "voctl_tycho.h"

/* Cells of a row under construction. */
typedef struct demo_row_t {
    vo_buf_t buf;   /* roomy enough never to move within a row */
    vo_cell_t cells[40];
    int n;
} demo_row_t;

/* Where a table's generator stands. */
typedef struct demo_state_t {
    const truth_t *truth;
    const voctl_tycho_t *tycho; /* NULL: none */
    int tile, object, number;   /* number: of the object on its tile */
    int filter;                 /* position, from 0 */
    int has_seen;               /* SEEN belongs to tile and object */
    truth_seen_t seen;
    demo_row_t row;
} demo_state_t;

typedef struct demo_column_t {
    const char *name;
    unsigned oid;
    const char *arraysize, *unit, *ucd, *description;
    const char *xtype;
} demo_column_t;

typedef struct demo_key_t { /* a foreign key: columns "a,b" to target's */
    const char *id, *from, *target, *to, *description;
} demo_key_t;

typedef struct demo_table_t {
    const char *name, *description;
    const demo_column_t *columns; /* ended by a NULL name */
    int (*next)(demo_state_t *s); /* make a row; 0 at the end */
    const char *key;              /* unique columns, "a,b" */
    const char *indexes[3];
    const char *id;               /* main identifier, or NULL */
    const char *region;           /* column stored as sky_region, or NULL */
    demo_key_t keys[3];
    int is_cone;
    double epoch;
} demo_table_t;

/* Number of the image of tile TILE in filter FILTER (both from 0), of the tile
 * (that of its image in the reference filter), and the image's name. */
int demo_image_id(int tile, int filter);
int demo_tile_id(int tile);
void demo_image_name(char *name, size_t size, int tile, int filter);

/* Ended by a NULL name; the order is that of loading. */
extern const demo_table_t demo_tables[];
extern const demo_table_t demo_tycho_tables[];

#endif
