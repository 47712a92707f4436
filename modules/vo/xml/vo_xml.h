/* vo_xml.h: the small pieces every XML document is made of. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_XML_H
#define VO_XML_H

#include "../vo_err.h"
#include "../vo_out.h"

/* Append <NAME>TEXT</NAME> on a line of its own, indented by INDENT blanks,
 * TEXT (UTF-8) escaped; nothing at all when TEXT is NULL or empty, since
 * validators object to empty unit and ucd elements. */
vo_err_t *vo_xml_elem(vo_out_t *out, int indent, const char *name,
                      const char *text);

/* Append a blank and NAME="VALUE", escaped; nothing when VALUE is NULL. */
vo_err_t *vo_xml_attr(vo_out_t *out, const char *name, const char *value);

/* Append BEFORE, TEXT escaped (NULL: nothing), AFTER. */
vo_err_t *vo_xml_put(vo_out_t *out, const char *before, const char *text,
                     const char *after);

#endif
