/* vo_xml.c: elements and attributes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_xml.h"

vo_err_t *vo_xml_elem(vo_out_t *out, int indent, const char *name,
                      const char *text)
{
    if (!text || !*text) {
        return NULL;
    }
    VO_TRY(vo_out_printf(out, "%*s<%s>", indent, "", name));
    VO_TRY(vo_out_xml(out, text, strlen(text)));
    return vo_out_printf(out, "</%s>\n", name);
}

vo_err_t *vo_xml_attr(vo_out_t *out, const char *name, const char *value)
{
    if (!value) {
        return NULL;
    }
    VO_TRY(vo_out_printf(out, " %s=\"", name));
    VO_TRY(vo_out_xml(out, value, strlen(value)));
    return vo_out_puts(out, "\"");
}

vo_err_t *vo_xml_put(vo_out_t *out, const char *before, const char *text,
                     const char *after)
{
    VO_TRY(vo_out_puts(out, before));
    if (text) {
        VO_TRY(vo_out_xml(out, text, strlen(text)));
    }
    return vo_out_puts(out, after);
}
