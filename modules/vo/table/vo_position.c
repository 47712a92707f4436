/* vo_position.c: which columns of a table are its position. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_position.h"

#include <strings.h>

#include "vo_wire.h"

/* Usual names of positions in degrees, J2000 or ICRS. */
static const char *const names[][2] = {
    { "ra", "dec" }, { "alpha_j2000", "delta_j2000" }, { "raj2000", "dej2000" },
    { "raj2000", "decj2000" }, { "_raj2000", "_dej2000" },
    { "ra_icrs", "de_icrs" }, { "ra_icrs", "dec_icrs" },
    { "_ra_icrs", "_de_icrs" }, { "ra_j2000", "dec_j2000" },
    { "alphawin_j2000", "deltawin_j2000" }, { "radeg", "dedeg" },
    { "ra_deg", "dec_deg" }, { "_ra", "_de" }, { "s_ra", "s_dec" },
};

/* The only column with UCD, in any case; -1 for none or several. */
static int with_ucd(const vo_field_t *fields, int n, const char *ucd)
{
    int i, at = -1;

    for (i = 0; i < n; ++i) {
        if (fields[i].ucd && !strcasecmp(fields[i].ucd, ucd)) {
            if (at >= 0) {
                return -1;
            }
            at = i;
        }
    }
    return at;
}

static int with_name(const vo_field_t *fields, int n, const char *name)
{
    int i;

    for (i = 0; i < n; ++i) {
        if (fields[i].name && !strcasecmp(fields[i].name, name)) {
            return i;
        }
    }
    return -1;
}

int vo_position_is_degrees(const vo_field_t *field)
{
    static const char *const units[] = { "deg", "degree", "degrees", "degr" };
    size_t i;

    switch (field->pg_oid) {
    case VO_OID_INT2:
    case VO_OID_INT4:
    case VO_OID_INT8:
    case VO_OID_FLOAT4:
    case VO_OID_FLOAT8:
        break;
    default:
        return 0;
    }
    if (!field->unit || !*field->unit) {
        return 1;
    }
    for (i = 0; i < sizeof(units) / sizeof(*units); ++i) {
        if (!strcasecmp(field->unit, units[i])) {
            return 1;
        }
    }
    return 0;
}

int vo_position_is_icrs(const char *system)
{
    static const char *const systems[] = {
        "ICRS", "FK5", "eq_FK5", "ICRF", "BARYCENTRIC",
    };
    size_t i;

    for (i = 0; system && *system && i < sizeof(systems) / sizeof(*systems);
         ++i) {
        if (!strcasecmp(system, systems[i])) {
            return 1;
        }
    }
    return !system || !*system;
}

void vo_position_guess(int *ra, int *dec, const vo_field_t *fields, int n)
{
    static const char *const ucds[][2] = {
        { "pos.eq.ra;meta.main", "pos.eq.dec;meta.main" },
        { "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN" },
        { "pos.eq.ra", "pos.eq.dec" },
    };
    const size_t nnames = sizeof(names) / sizeof(*names);
    size_t i;

    for (i = 0; i < nnames + 3; ++i) { /* two UCDs, the names, a UCD */
        if (i < 2 || i == nnames + 2) {
            const char *const *ucd = ucds[i < 2 ? i : 2];

            *ra = with_ucd(fields, n, ucd[0]);
            *dec = with_ucd(fields, n, ucd[1]);
        }
        else {
            *ra = with_name(fields, n, names[i - 2][0]);
            *dec = with_name(fields, n, names[i - 2][1]);
        }
        if (*ra >= 0 && *dec >= 0 && vo_position_is_degrees(&fields[*ra])
            && vo_position_is_degrees(&fields[*dec])) {
            return;
        }
    }
    *ra = *dec = -1;
}
