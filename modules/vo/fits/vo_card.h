/* vo_card.h: single header cards; for what writes headers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_CARD_H
#define VO_CARD_H

/* Write text, cut to 80 characters and filled with blanks, to CARD, which gets
 * no NUL. */
void vo_card_put(char *card, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
