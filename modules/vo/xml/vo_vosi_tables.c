/* vo_vosi_tables.c: the tables documents. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_vosi.h"

#include <strings.h>

#include "vo_xml.h"

#define NAMESPACES                                                            \
    " xmlns:vosi=\"http://www.ivoa.net/xml/VOSITables/v1.0\"\n"               \
    "    xmlns:vs=\"http://www.ivoa.net/xml/VODataService/v1.1\"\n"           \
    "    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

static vo_err_t *put_column(vo_out_t *out, const vo_column_t *column,
                            int is_primary, vo_vosi_detail_e detail)
{
    const vo_field_t *f = &column->field;

    VO_TRY(vo_out_printf(out, "   <column std=\"%s\"%s>\n",
                         column->is_std ? "true" : "false",
                         detail == VO_VOSI_TAPPLUS
                             ? " esatapplus:flags=\"0\"" : ""));
    VO_TRY(vo_xml_elem(out, 4, "name", column->adql_name));
    VO_TRY(vo_xml_elem(out, 4, "description", f->description));
    VO_TRY(vo_xml_elem(out, 4, "unit", f->unit));
    VO_TRY(vo_xml_elem(out, 4, "ucd", f->ucd));
    VO_TRY(vo_xml_elem(out, 4, "utype", f->utype));
    VO_TRY(vo_out_puts(out, "    <dataType xsi:type=\"vs:VOTableType\""));
    VO_TRY(vo_xml_attr(out, "arraysize", f->arraysize));
    VO_TRY(vo_xml_attr(out, "extendedType", f->xtype));
    VO_TRY(vo_out_printf(out, ">%s</dataType>\n", vo_type_name(f->type)));
    if (column->is_indexed) {
        VO_TRY(vo_out_puts(out, "    <flag>indexed</flag>\n"));
    }
    if (is_primary) {
        VO_TRY(vo_out_puts(out, "    <flag>primary</flag>\n"));
    }
    return vo_out_puts(out, "   </column>\n");
}

static vo_err_t *put_key(vo_out_t *out, const vo_key_t *key)
{
    int i;

    VO_TRY(vo_out_puts(out, "   <foreignKey>\n"));
    VO_TRY(vo_xml_elem(out, 4, "targetTable", key->target_table));
    for (i = 0; i < key->ncolumns; ++i) {
        VO_TRY(vo_out_puts(out, "    <fkColumn>\n"));
        VO_TRY(vo_xml_elem(out, 5, "fromColumn", key->from_columns[i]));
        VO_TRY(vo_xml_elem(out, 5, "targetColumn", key->target_columns[i]));
        VO_TRY(vo_out_puts(out, "    </fkColumn>\n"));
    }
    VO_TRY(vo_xml_elem(out, 4, "description", key->description));
    VO_TRY(vo_xml_elem(out, 4, "utype", key->utype));
    return vo_out_puts(out, "   </foreignKey>\n");
}

/* Is TARGET among the tables printed? A key to anywhere else is left out. */
static int has_target(const vo_release_t *rel, const vo_key_t *key,
                      const vo_table_t *only)
{
    int i;

    for (i = 0; i < rel->ntables; ++i) {
        if ((!only || rel->tables[i] == only)
            && !strcmp(rel->tables[i]->tap_name, key->target_table)) {
            return 1;
        }
    }
    return 0;
}

static vo_err_t *put_table(vo_out_t *out, const vo_release_t *rel,
                           const vo_table_t *table, const vo_table_t *only,
                           vo_vosi_detail_e detail)
{
    int i;

    VO_TRY(vo_xml_elem(out, 3, "name", table->tap_name));
    VO_TRY(vo_xml_elem(out, 3, "description", table->description));
    VO_TRY(vo_xml_elem(out, 3, "utype", table->utype));
    for (i = 0; detail != VO_VOSI_MIN && i < table->ncolumns; ++i) {
        VO_TRY(put_column(out, table->columns[i],
                          table->columns[i] == table->id, detail));
    }
    for (i = 0; detail != VO_VOSI_MIN && i < rel->nkeys; ++i) {
        if (!strcmp(rel->keys[i].from_table, table->tap_name)
            && has_target(rel, &rel->keys[i], only)) {
            VO_TRY(put_key(out, &rel->keys[i]));
        }
    }
    return NULL;
}

static vo_err_t *put_schema(vo_out_t *out, const vo_release_t *rel,
                            const vo_schema_t *schema, const vo_table_t *only,
                            vo_vosi_detail_e detail)
{
    int i;

    VO_TRY(vo_out_puts(out, " <schema>\n"));
    VO_TRY(vo_xml_elem(out, 2, "name", schema->name));
    VO_TRY(vo_xml_elem(out, 2, "description", schema->description));
    VO_TRY(vo_xml_elem(out, 2, "utype", schema->utype));
    for (i = 0; i < schema->ntables; ++i) {
        const vo_table_t *table = schema->tables[i];

        if (only && table != only) {
            continue;
        }
        VO_TRY(vo_out_puts(out, "  <table"));
        VO_TRY(vo_xml_attr(out, "type", table->type));
        VO_TRY(vo_out_puts(out, ">\n"));
        VO_TRY(put_table(out, rel, table, only, detail));
        VO_TRY(vo_out_puts(out, "  </table>\n"));
    }
    return vo_out_puts(out, " </schema>\n");
}

static int has_table(const vo_schema_t *schema, const vo_table_t *table)
{
    int i;

    for (i = 0; i < schema->ntables; ++i) {
        if (schema->tables[i] == table) {
            return 1;
        }
    }
    return 0;
}

vo_err_t *vo_vosi_tableset(vo_out_t *out, const vo_release_t *rel,
                           const vo_table_t *only, vo_vosi_detail_e detail)
{
    int i;

    VO_TRY(vo_out_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<vosi:tableset" NAMESPACES));
    if (detail == VO_VOSI_TAPPLUS) {
        VO_TRY(vo_out_puts(
            out, "\n    xmlns:esatapplus=\"http://esa.int/xml/EsaTapPlus\""));
    }
    VO_TRY(vo_out_puts(out, ">\n"));
    for (i = 0; i < rel->nschemas; ++i) {
        if (!only || has_table(rel->schemas[i], only)) {
            VO_TRY(put_schema(out, rel, rel->schemas[i], only, detail));
        }
    }
    return vo_out_puts(out, "</vosi:tableset>\n");
}

vo_err_t *vo_vosi_table(vo_out_t *out, const vo_release_t *rel,
                        const vo_table_t *table)
{
    VO_TRY(vo_out_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<vosi:table" NAMESPACES));
    VO_TRY(vo_xml_attr(out, "type", table->type));
    VO_TRY(vo_out_puts(out, ">\n"));
    VO_TRY(put_table(out, rel, table, NULL, VO_VOSI_MAX));
    return vo_out_puts(out, "</vosi:table>\n");
}

const vo_table_t *vo_vosi_find_table(const vo_release_t *rel, const char *name)
{
    int i;

    for (i = 0; i < rel->ntables; ++i) {
        if (!strcmp(rel->tables[i]->tap_name, name)) {
            return rel->tables[i];
        }
    }
    for (i = 0; i < rel->ntables; ++i) {
        if (!strcasecmp(rel->tables[i]->tap_name, name)) {
            return rel->tables[i];
        }
    }
    return NULL;
}
