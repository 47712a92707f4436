/* vo_vosi.h: the documents of VOSI 1.1, written from the model. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_VOSI_H
#define VO_VOSI_H

#include "../meta/vo_meta.h"
#include "../vo_err.h"
#include "../vo_out.h"

/*
 * Availability, capabilities and tables (VOSI 1.1, REC 2017-05-24). Nothing
 * here knows a request or a database. Every function appends to OUT, ends its
 * lines, and returns what OUT returns. A capabilities document is begun, gets
 * one capability after the other, each from who knows it, and is ended.
 */

/* ---- availability (VOSI 1.1, section 5) ------------------------------- */

typedef struct vo_vosi_avail_t {
    int is_available;      /* can the service do its work now */
    apr_time_t up_since;   /* 0 = not said */
    apr_time_t down_at;    /* planned, 0 = none */
    apr_time_t back_at;    /* expected return, 0 = unknown */
    const char *note;      /* for people, or NULL */
} vo_vosi_avail_t;

vo_err_t *vo_vosi_availability(vo_out_t *out, const vo_vosi_avail_t *avail);

/* ---- capabilities (VOSI 1.1, section 4) ------------------------------- */

#define VO_VOSI_CAPABILITIES "ivo://ivoa.net/std/VOSI#capabilities"
#define VO_VOSI_AVAILABILITY "ivo://ivoa.net/std/VOSI#availability"
#define VO_VOSI_TABLES "ivo://ivoa.net/std/VOSI#tables-1.1"
#define VO_VOSI_EXAMPLES "ivo://ivoa.net/std/DALI#examples"
#define VO_VOSI_CONE "ivo://ivoa.net/std/ConeSearch"

/* The root element, declaring the prefixes vosi, vr, vs and xsi; its children
 * are unqualified. An extension declares its own prefix on its capability. */
vo_err_t *vo_vosi_caps_begin(vo_out_t *out);
vo_err_t *vo_vosi_caps_end(vo_out_t *out);

/* How one signs in (VOResource 1.1, section 2.2.2), behind the accessURL of an
 * interface; ID NULL: one need not, and nothing is written. One method per
 * interface is what both schemas of capabilities allow. */
vo_err_t *vo_vosi_security(vo_out_t *out, const char *id);

/* The VOSI endpoints below BASE, which has no slash at its end; tables only if
 * HAS_TABLES. SECURITY (see vo_vosi_security) is told of the tables alone:
 * capabilities and availability never have one (VOSI 1.1, section 2). */
vo_err_t *vo_vosi_cap_self(vo_out_t *out, const char *base, int has_tables,
                           const char *security);

/* The DALI examples at URL, a page for people (vr:WebBrowser). */
vo_err_t *vo_vosi_cap_examples(vo_out_t *out, const char *url,
                               const char *security);

/* A cone search (SCS 1.03, section 3): a capability of type cs:ConeSearch. */
typedef struct vo_vosi_cone_t {
    const char *url;          /* complete, ends in ? or & */
    const char *description;  /* or NULL */
    double max_sr_deg;        /* largest radius; 180 = no limit */
    apr_int64_t max_records;  /* rows of one answer at most */
    /* a request that finds something */
    double test_ra_deg, test_dec_deg, test_sr_deg;
    const char *security;     /* as for vo_vosi_security */
} vo_vosi_cone_t;

vo_err_t *vo_vosi_cap_cone(vo_out_t *out, const vo_vosi_cone_t *cone);

/* ---- tables (VOSI 1.1, section 6; VODataService 1.1) ------------------ */

typedef enum {
    VO_VOSI_MIN,    /* detail=min: no columns, no foreign keys */
    VO_VOSI_MAX,
    VO_VOSI_TAPPLUS /* MAX with the attribute without which astroquery's TapPlus
                     * (up to 0.4.6) reads no column; not in the schema */
} vo_vosi_detail_e;

/* A tableset of the tables of REL, TAP_SCHEMA included; ONLY not NULL: of that
 * table alone. */
vo_err_t *vo_vosi_tableset(vo_out_t *out, const vo_release_t *rel,
                           const vo_table_t *only, vo_vosi_detail_e detail);

/* One table in full, as the root element. */
vo_err_t *vo_vosi_table(vo_out_t *out, const vo_release_t *rel,
                        const vo_table_t *table);

/* The table printed as NAME (already percent-decoded) in a tableset, by exact
 * match before a match without regard to case, or NULL. */
const vo_table_t *vo_vosi_find_table(const vo_release_t *rel,
                                     const char *name);

#endif
