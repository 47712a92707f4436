/* vo_position.h: which columns of a table are its position. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_POSITION_H
#define VO_POSITION_H

#include "vo_table.h"

/* Find the right ascension and the declination, numbers in degrees, among N
 * FIELDS with their pg_oid set: by the UCD of the main position, by usual
 * names, then by the UCD of a position if there is one only. *RA and *DEC are
 * -1 when there are none. */
void vo_position_guess(int *ra, int *dec, const vo_field_t *fields, int n);

/* Is FIELD a scalar number whose unit is degrees, or not given? */
int vo_position_is_degrees(const vo_field_t *field);

/* Are positions in SYSTEM, the word of a COOSYS, good enough for ICRS? NULL and
 * "" are taken for it. */
int vo_position_is_icrs(const char *system);

#endif
