/* vo_num.h: numbers to text and back, whatever the locale. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_NUM_H
#define VO_NUM_H

#include <stdint.h>

/* Room for any number written by these functions, with its NUL. */
#define VO_NUM_SIZE 32

/* Write VALUE to BUF as the shortest decimal text that reads back as the same
 * double (float for the second); NaN, Infinity and -Infinity are spelled so,
 * as PostgreSQL does. Returns the length; BUF is NUL-terminated. */
int vo_num_from_double(char buf[VO_NUM_SIZE], double value);
int vo_num_from_float(char buf[VO_NUM_SIZE], float value);

/* Write VALUE to BUF in decimal. Returns the length. */
int vo_num_from_int64(char buf[VO_NUM_SIZE], int64_t value);

/* Read the LEN bytes at TEXT, all of them, as a decimal number, correctly
 * rounded; blanks around it are skipped, NaN, Inf and Infinity are known in any
 * case and with a sign. Hexadecimal is refused. Returns 1, or 0 for anything
 * else, *VALUE then being unchanged. A value too large becomes an infinity. */
int vo_num_to_double(const char *text, int len, double *value);

/* The same for an integer of 64 bits: an optional sign and decimal digits, or
 * 0x and hexadecimal digits (VOTable 1.4, section 6: a bit pattern for the
 * widest type). Returns 0 when it does not fit. */
int vo_num_to_int64(const char *text, int len, int64_t *value);

#endif
