/* vo_ssap_sql.c: the columns of a spectrum search, and its SQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSAP 1.1 section 4.2 */
#include "vo_ssap.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "../scs/vo_cone.h"
#include "../table/vo_wire.h"
#include "../vo_num.h"
#include "vo_spectrum.h"

#define NCONE 7      /* parameters of vo_cone_request */
#define SSA "ssa:"

/* --- columns ------------------------------------------------------------- */

typedef enum {
    C_SCORE,
    C_ASSOC_TYPE,
    C_ASSOC_ID,
    C_ASSOC_KEY,
    C_URL,
    C_FORMAT,
    C_SIZE,
    C_MODEL,
    C_TYPE,
    C_LENGTH,
    C_SPECTRAL_SI,
    C_FLUX_SI,
    C_TITLE,
    C_CREATOR,
    C_COLLECTION,
    C_CREATOR_DID,
    C_DATE,
    C_VERSION,
    C_SOURCE,
    C_CREATION,
    C_PUBLISHER,
    C_DID,
    C_REFERENCE,
    C_RIGHTS,
    C_TARGET,
    C_RA,
    C_DEC,
    C_TARGET_POS,
    C_FRAME,
    C_FLUX_UCD,
    C_FLUX_UNIT,
    C_SPECTRAL_UCD,
    C_SPECTRAL_UNIT,
    C_POS,
    C_APERTURE,
    C_TIME,
    C_TIME_EXTENT,
    C_TIME_START,
    C_TIME_STOP,
    C_SPECTRAL,
    C_SPECTRAL_EXTENT,
    C_SPECTRAL_START,
    C_SPECTRAL_STOP,
    C_FLUX_CALIB,
    C_SPECTRAL_CALIB,
    C_RESOLUTION,
    C_RES_POWER,
    C_POS_CALIB,
    C_COUNT
} column_e;

#define TEXT VO_TYPE_CHAR, VO_VARIABLE, "*"
#define DOUBLE VO_TYPE_DOUBLE, VO_SCALAR, NULL
#define FLOAT VO_TYPE_FLOAT, VO_SCALAR, NULL
#define LONG VO_TYPE_LONG, VO_SCALAR, NULL
#define RADEC VO_TYPE_DOUBLE, 2, "2"
#define COVERAGE(axis) SSA "Char." axis "Axis.Coverage."

static const vo_field_t columns[C_COUNT] = {
    [C_SCORE] = {"score", FLOAT, .utype = SSA "Query.Score",
                 .description = "How near the position asked for: 1 is there"},
    [C_ASSOC_TYPE] = {"assoc_type", TEXT, .utype = SSA "Association.Type",
                      .description = "Rows that share assoc_id are the same "
                                     "spectrum in several formats"},
    [C_ASSOC_ID] = {"assoc_id", TEXT, .utype = SSA "Association.ID"},
    [C_ASSOC_KEY] = {"assoc_key", TEXT, .utype = SSA "Association.Key"},
    [C_URL] = {"access_url", TEXT, .ucd = "meta.ref.url",
               .utype = SSA "Access.Reference",
               .description = "Where to get the spectrum"},
    [C_FORMAT] = {"access_format", TEXT, .ucd = "meta.code.mime",
                  .utype = SSA "Access.Format",
                  .description = "Media type of the spectrum"},
    [C_SIZE] = {"access_estsize", LONG, .unit = "kbyte",
                .ucd = "phys.size;meta.file", .utype = SSA "Access.Size",
                .description = "Size of the spectrum, about"},
    [C_MODEL] = {"data_model", TEXT, .utype = SSA "Dataset.DataModel"},
    [C_TYPE] = {"dataset_type", TEXT, .utype = SSA "Dataset.Type"},
    [C_LENGTH] = {"length", LONG, .ucd = "meta.number",
                  .utype = SSA "Dataset.Length",
                  .description = "Number of points"},
    [C_SPECTRAL_SI] = {"spectral_si", TEXT, .utype = SSA "Dataset.SpectralSI",
                       .description = "Factor and dimension of wavelengths"},
    [C_FLUX_SI] = {"flux_si", TEXT, .utype = SSA "Dataset.FluxSI",
                   .description = "Factor and dimension of flux densities"},
    [C_TITLE] = {"title", TEXT, .ucd = "meta.title;meta.dataset",
                 .utype = SSA "DataID.Title"},
    [C_CREATOR] = {"creator", TEXT, .utype = SSA "DataID.Creator"},
    [C_COLLECTION] = {"collection", TEXT, .utype = SSA "DataID.Collection"},
    [C_CREATOR_DID] = {"creator_did", TEXT, .ucd = "meta.id",
                       .utype = SSA "DataID.CreatorDID"},
    [C_DATE] = {"date", TEXT, .xtype = "timestamp", .ucd = "time;meta.dataset",
                .utype = SSA "DataID.Date",
                .description = "Last change of the data"},
    [C_VERSION] = {"version", TEXT, .ucd = "meta.version;meta.dataset",
                   .utype = SSA "DataID.Version"},
    [C_SOURCE] = {"data_source", TEXT, .utype = SSA "DataID.DataSource"},
    [C_CREATION] = {"creation_type", TEXT, .utype = SSA "DataID.CreationType"},
    [C_PUBLISHER] = {"publisher", TEXT, .ucd = "meta.curation",
                     .utype = SSA "Curation.Publisher"},
    [C_DID] = {VO_SSAP_DID, TEXT, .ucd = "meta.ref.url;meta.curation",
               .utype = SSA "Curation.PublisherDID",
               .description = "Identifier of the spectrum"},
    [C_REFERENCE] = {"reference", TEXT, .ucd = "meta.bib.bibcode",
                     .utype = SSA "Curation.Reference"},
    [C_RIGHTS] = {"rights", TEXT, .utype = SSA "Curation.Rights"},
    [C_TARGET] = {"target_name", TEXT, .ucd = "meta.id;src",
                  .utype = SSA "Target.Name",
                  .description = "The object in its catalogue"},
    /* once more one by one, for clients that plot */
    [C_RA] = {"ra", DOUBLE, .unit = "deg", .ucd = "pos.eq.ra;meta.main",
              .ref = VO_SSAP_COOSYS,
              .description = "Right ascension of the object, ICRS"},
    [C_DEC] = {"dec", DOUBLE, .unit = "deg", .ucd = "pos.eq.dec;meta.main",
               .ref = VO_SSAP_COOSYS,
               .description = "Declination of the object, ICRS"},
    [C_TARGET_POS] = {"target_pos", RADEC, .unit = "deg", .ucd = "pos.eq;src",
                      .ref = VO_SSAP_COOSYS, .utype = SSA "Target.Pos"},
    [C_FRAME] = {"space_frame", TEXT,
                 .utype = SSA "CoordSys.SpaceFrame.Name"},
    [C_FLUX_UCD] = {"flux_ucd", TEXT, .ucd = "meta.ucd",
                    .utype = SSA "Char.FluxAxis.Ucd"},
    [C_FLUX_UNIT] = {"flux_unit", TEXT, .ucd = "meta.unit",
                     .utype = SSA "Char.FluxAxis.Unit"},
    [C_SPECTRAL_UCD] = {"spectral_ucd", TEXT, .ucd = "meta.ucd",
                        .utype = SSA "Char.SpectralAxis.Ucd"},
    [C_SPECTRAL_UNIT] = {"spectral_unit", TEXT, .ucd = "meta.unit",
                         .utype = SSA "Char.SpectralAxis.Unit"},
    [C_POS] = {"location", RADEC, .unit = "deg", .ucd = "pos.eq",
               .ref = VO_SSAP_COOSYS,
               .utype = COVERAGE("Spatial") "Location.Value",
               .description = "Right ascension and declination, ICRS"},
    [C_APERTURE] = {"aperture", DOUBLE, .unit = "deg",
                    .ucd = "phys.angSize;instr.fov",
                    .utype = COVERAGE("Spatial") "Bounds.Extent",
                    .description = "Diameter of what was measured, about"},
    [C_TIME] = {"time_location", DOUBLE, .unit = "d", .ucd = "time.epoch",
                .utype = COVERAGE("Time") "Location.Value",
                .description = "Middle of the observations, MJD"},
    [C_TIME_EXTENT] = {"time_extent", DOUBLE, .unit = "s",
                       .ucd = "time.duration",
                       .utype = COVERAGE("Time") "Bounds.Extent"},
    [C_TIME_START] = {"time_start", DOUBLE, .unit = "d",
                      .ucd = "time.start;obs.exposure",
                      .utype = COVERAGE("Time") "Bounds.Start"},
    [C_TIME_STOP] = {"time_stop", DOUBLE, .unit = "d",
                     .ucd = "time.end;obs.exposure",
                     .utype = COVERAGE("Time") "Bounds.Stop"},
    [C_SPECTRAL] = {"spectral_location", DOUBLE, .unit = "m",
                    .ucd = "em.wl;instr.bandpass",
                    .utype = COVERAGE("Spectral") "Location.Value"},
    [C_SPECTRAL_EXTENT] = {"spectral_extent", DOUBLE, .unit = "m",
                           .ucd = "em.wl;instr.bandwidth",
                           .utype = COVERAGE("Spectral") "Bounds.Extent"},
    [C_SPECTRAL_START] = {"spectral_start", DOUBLE, .unit = "m",
                          .ucd = "em.wl;stat.min",
                          .utype = COVERAGE("Spectral") "Bounds.Start"},
    [C_SPECTRAL_STOP] = {"spectral_stop", DOUBLE, .unit = "m",
                         .ucd = "em.wl;stat.max",
                         .utype = COVERAGE("Spectral") "Bounds.Stop"},
    [C_FLUX_CALIB] = {"flux_calibration", TEXT,
                      .utype = SSA "Char.FluxAxis.Calibration"},
    [C_SPECTRAL_CALIB] = {"spectral_calibration", TEXT,
                          .ucd = "meta.code.qual",
                          .utype = SSA "Char.SpectralAxis.Calibration"},
    [C_RESOLUTION] = {"spectral_resolution", DOUBLE, .unit = "m",
                      .ucd = "spect.resolution;em",
                      .utype = SSA "Char.SpectralAxis.Resolution",
                      .description = "Width of a filter, typically"},
    [C_RES_POWER] = {"res_power", FLOAT, .ucd = "spect.resolution",
                     .utype = SSA "Char.SpectralAxis.ResPower"},
    [C_POS_CALIB] = {"spatial_calibration", TEXT, .ucd = "meta.code.qual",
                     .utype = SSA "Char.SpatialAxis.Calibration"},
};

/* How PostgreSQL's types are called, and their oids. */
static const char *pg_type(const vo_field_t *f, unsigned *oid)
{
    *oid = f->type == VO_TYPE_CHAR    ? (unsigned)VO_OID_TEXT
           : f->type == VO_TYPE_LONG  ? (unsigned)VO_OID_INT8
           : f->type == VO_TYPE_FLOAT ? (unsigned)VO_OID_FLOAT4
           : f->size == 2             ? (unsigned)VO_OID_FLOAT8_ARRAY
                                      : (unsigned)VO_OID_FLOAT8;
    return vo_pgtype(*oid)->name;
}

vo_field_t *vo_ssap_fields(int *n, apr_pool_t *pool)
{
    vo_field_t *fields = apr_pmemdup(pool, columns, sizeof(columns));
    int i;

    for (i = 0; i < C_COUNT; ++i) {
        pg_type(&fields[i], &fields[i].pg_oid);
    }
    *n = C_COUNT;
    return fields;
}

/* --- what is the same for all spectra of a kind -------------------------- */

static const char *number(double value, apr_pool_t *pool)
{
    char *buf;

    if (!isfinite(value)) {
        return NULL;
    }
    buf = apr_palloc(pool, VO_NUM_SIZE);
    vo_num_from_double(buf, value);
    return buf;
}

/* Factor and dimension of a unit of Jy: SSAP 1.1 section 2.5.2. */
static const char *flux_si(const vo_photospec_t *spec, apr_pool_t *pool)
{
    return apr_psprintf(pool, "10-%d MT-2",
                        26 - (int)lrint(log10(vo_photospec_jansky(spec))));
}

/* VALUES[C_COUNT]; those of a row or format are left NULL. */
static void set_constants(const char **values, const vo_release_t *rel,
                          const vo_photospec_t *spec, apr_pool_t *pool)
{
    char *date = apr_palloc(pool, 20);
    vo_specrange_t r;
    apr_time_exp_t t;

    vo_photospec_range(&r, rel, spec, pool);
    memset(values, 0, C_COUNT * sizeof(*values));
    values[C_ASSOC_TYPE] = "MultiFormat";
    values[C_ASSOC_KEY] = "@Access.Format";
    values[C_MODEL] = "Spectrum-1.0";
    values[C_TYPE] = "Spectrum";
    values[C_LENGTH] = apr_itoa(pool, r.n);
    values[C_SPECTRAL_SI] = "10-10 L";
    values[C_FLUX_SI] = flux_si(spec, pool);
    values[C_CREATOR] = rel->creator;
    values[C_COLLECTION] = rel->title ? rel->title : rel->id;
    if (rel->updated && apr_time_exp_gmt(&t, rel->updated) == APR_SUCCESS) {
        /* the day: pyvo reads no time with a T */
        apr_snprintf(date, 20, "%04d-%02d-%02d", t.tm_year + 1900,
                     t.tm_mon + 1, t.tm_mday);
        values[C_DATE] = date;
    }
    values[C_VERSION] = rel->version;
    values[C_SOURCE] = "survey";
    values[C_CREATION] = "catalogExtraction";
    values[C_PUBLISHER] = rel->publisher ? rel->publisher : rel->id;
    values[C_REFERENCE] = rel->doi ? rel->doi : rel->reference_url;
    values[C_RIGHTS] = vo_release_is_open(rel, apr_time_now())
                           ? "public" : "proprietary";
    values[C_FRAME] = "ICRS";
    values[C_FLUX_UCD] = "phot.flux.density;em.freq";
    values[C_FLUX_UNIT] = vo_photospec_unit(spec);
    values[C_SPECTRAL_UCD] = "em.wl";
    values[C_SPECTRAL_UNIT] = "Angstrom";
    values[C_APERTURE] = number(spec->aperture / 3600, pool);
    values[C_TIME] = number((spec->t_min + spec->t_max) / 2, pool);
    values[C_TIME_EXTENT] = number((spec->t_max - spec->t_min) * 86400, pool);
    values[C_TIME_START] = number(spec->t_min, pool);
    values[C_TIME_STOP] = number(spec->t_max, pool);
    values[C_SPECTRAL] = number((r.lo + r.hi) / 2, pool);
    values[C_SPECTRAL_EXTENT] = number(r.hi - r.lo, pool);
    values[C_SPECTRAL_START] = number(r.lo, pool);
    values[C_SPECTRAL_STOP] = number(r.hi, pool);
    values[C_FLUX_CALIB] = values[C_SPECTRAL_CALIB] = "ABSOLUTE";
    values[C_POS_CALIB] = "ABSOLUTE";
    values[C_RESOLUTION] = number(r.width, pool);
    values[C_RES_POWER] = number(r.res_power, pool);
}

/* --- SQL ----------------------------------------------------------------- */

typedef struct builder_t {
    apr_array_header_t *params; /* const char * */
    apr_array_header_t *oids;   /* unsigned */
    const vo_ssap_query_t *query;
    const vo_release_t *rel;
    const char *url;
    apr_pool_t *pool;
} builder_t;

/* The next parameter: "$9". */
static const char *param(builder_t *b, const char *value, unsigned oid)
{
    APR_ARRAY_PUSH(b->params, const char *) = value;
    APR_ARRAY_PUSH(b->oids, unsigned) = oid;
    return apr_psprintf(b->pool, "$%d", b->params->nelts);
}

/* The ids of row t joined by SEPARATOR, as they stand in a DID if IS_DID. */
static const char *joined_ids(const builder_t *b, const vo_photospec_t *spec,
                              const char *separator, int is_did)
{
    static const char *const codes[][2] = { /* '%' first */
        {"%", "%25"}, {" ", "%20"}, {"+", "%2B"}, {"&", "%26"}, {"#", "%23"},
        {"=", "%3D"}, {"\"", "%22"}, {"<", "%3C"}, {">", "%3E"},
    };
    const char *sql = "";
    size_t i;
    int k;

    for (k = 0; k < spec->nids; ++k) {
        const char *id = apr_psprintf(b->pool, "t.i%d::text", k);

        for (i = 0; is_did && vo_photospec_is_text(spec->ids[k])
                    && i < sizeof(codes) / sizeof(*codes); ++i) {
            id = apr_psprintf(b->pool, "replace(%s, '%s', '%s')", id,
                              codes[i][0], codes[i][1]);
        }
        sql = apr_pstrcat(b->pool, sql, ", ", id, NULL);
    }
    return apr_psprintf(b->pool, "concat_ws('%s'%s)", separator, sql);
}

/* Those rows t(ra, dec, i0, ...) that are looked for. */
static const char *rows_sql(builder_t *b, const vo_photospec_t *spec,
                            const apr_array_header_t *rows)
{
    const vo_table_t *table = spec->table;
    const char *ra = vo_sql_ident(table->ra->pg_column, b->pool);
    const char *dec = vo_sql_ident(table->dec->pg_column, b->pool);
    const char *list = apr_pstrcat(b->pool, "SELECT t.", ra,
                                   "::float8 AS ra, t.", dec,
                                   "::float8 AS dec", NULL);
    const char **values;
    unsigned *oids;
    int k, first;

    for (k = 0; k < spec->nids; ++k) {
        list = apr_psprintf(b->pool, "%s, t.%s AS i%d", list,
                            vo_sql_ident(spec->ids[k]->pg_column, b->pool), k);
    }
    if (!rows) {
        return apr_pstrcat(b->pool, list, vo_cone_from_sql(table, b->pool),
                           NULL);
    }
    values = apr_palloc(b->pool, sizeof(*values) * (apr_size_t)spec->nids);
    oids = apr_palloc(b->pool, sizeof(*oids) * (apr_size_t)spec->nids);
    vo_photospec_id_params(values, oids, spec, rows, b->pool);
    first = b->params->nelts + 1;
    for (k = 0; k < spec->nids; ++k) {
        param(b, values[k], oids[k]);
    }
    return apr_pstrcat(b->pool, list, " FROM ",
                       vo_photospec_id_sql(spec, first, b->pool),
                       " WHERE sky_distance(t.", ra, ", t.", dec,
                       ", $4::float8, $5::float8) <= $6::float8", NULL);
}

/* Formats as a table f(type, word, size). */
static const char *formats_sql(builder_t *b)
{
    apr_array_header_t *lists[3];
    int i, k;

    for (k = 0; k < 3; ++k) {
        lists[k] = apr_array_make(b->pool, VO_SSAP_NFORMATS,
                                  sizeof(const char *));
    }
    for (i = 0; i < VO_SSAP_NFORMATS; ++i) {
        if (b->query->formats & (1U << i)) {
            const vo_ssap_format_t *f = &vo_ssap_formats[i];

            APR_ARRAY_PUSH(lists[0], const char *) = f->media_type;
            APR_ARRAY_PUSH(lists[1], const char *) = f->word;
            APR_ARRAY_PUSH(lists[2], const char *) = apr_itoa(b->pool,
                                                              f->estimate);
        }
    }
    return apr_pstrcat(
        b->pool, "unnest(",
        param(b, vo_sql_array(lists[0], b->pool), VO_OID_TEXT_ARRAY),
        "::text[], ",
        param(b, vo_sql_array(lists[1], b->pool), VO_OID_TEXT_ARRAY),
        "::text[], ",
        param(b, vo_sql_array(lists[2], b->pool), VO_OID_INT8_ARRAY),
        "::int8[]) AS f(type, word, size)", NULL);
}

static void set_expressions(const char **sql, builder_t *b,
                            const vo_photospec_t *spec)
{
    const char *prefix = vo_photospec_prefix(b->rel, spec, b->pool);
    const char *title = vo_spectrum_title(spec, "\x1f", b->pool);
    const char *target = joined_ids(b, spec, "-", 0), *did;
    const char *mark = strchr(title, '\x1f');

    did = apr_pstrcat(b->pool, "(", param(b, prefix, VO_OID_TEXT), "::text || ",
                      joined_ids(b, spec, "/", 1), ")", NULL);
    sql[C_SCORE] = b->query->has_pos
        ? "(1 / (1 + 3600 * sky_distance(t.ra, t.dec, $4::float8,"
          " $5::float8)))::float4"
        : "1::float4";
    sql[C_ASSOC_ID] = sql[C_DID] = sql[C_CREATOR_DID] = did;
    /* a DID needs no more encoding in an address but of % */
    sql[C_URL] = apr_pstrcat(
        b->pool, "(",
        param(b, apr_pstrcat(b->pool, b->url, "/spectrum?ID=", NULL),
              VO_OID_TEXT),
        "::text || replace(", did, ", '%', '%25') || '&FORMAT=' || f.word)",
        NULL);
    sql[C_FORMAT] = "f.type";
    sql[C_SIZE] = "f.size";
    sql[C_TITLE] = apr_pstrcat(
        b->pool, "(",
        param(b, apr_pstrmemdup(b->pool, title, (apr_size_t)(mark - title)),
              VO_OID_TEXT), "::text || ", target, " || ",
        param(b, mark + 1, VO_OID_TEXT), "::text)", NULL);
    sql[C_TARGET] = target;
    sql[C_RA] = "t.ra";
    sql[C_DEC] = "t.dec";
    sql[C_TARGET_POS] = sql[C_POS] = "ARRAY[t.ra, t.dec]";
}

/* SELECT of the spectra of one kind. */
static const char *select_sql(builder_t *b, const vo_photospec_t *spec,
                              const apr_array_header_t *rows)
{
    const char *values[C_COUNT], *sql[C_COUNT] = {NULL}, *list = "";
    int i;

    set_constants(values, b->rel, spec, b->pool);
    set_expressions(sql, b, spec);
    for (i = 0; i < C_COUNT; ++i) {
        unsigned oid;
        const char *type = pg_type(&columns[i], &oid);

        if (!sql[i]) {
            sql[i] = apr_pstrcat(b->pool, param(b, values[i], oid), "::", type,
                                 NULL);
        }
        list = apr_psprintf(b->pool, "%s%s%s AS c%d", list, i ? ", " : "",
                            sql[i], i);
    }
    return apr_pstrcat(b->pool, "SELECT ", list, " FROM (",
                       rows_sql(b, spec, rows), ") AS t CROSS JOIN ",
                       formats_sql(b), NULL);
}

/* --- which ---------------------------------------------------------------- */

static int band_meets(const builder_t *b, const vo_photospec_t *spec)
{
    int i, n;
    const vo_filter_t **filters = vo_photospec_filters(&n, b->rel, spec,
                                                       b->pool);

    for (i = 0; i < n; ++i) {
        double half = filters[i]->width / 2;

        if (vo_ssap_meets(b->query->band,
                          (filters[i]->wavelength - half) * 1e-10,
                          (filters[i]->wavelength + half) * 1e-10)) {
            return 1;
        }
    }
    return 0;
}

static int is_wanted(const builder_t *b, const vo_photospec_t *spec)
{
    vo_specrange_t r;

    vo_photospec_range(&r, b->rel, spec, b->pool);
    return r.n > 0 && band_meets(b, spec)
           && vo_ssap_meets(b->query->time, spec->t_min, spec->t_max)
           && r.res_power >= b->query->specrp;
}

/* The rows of SPEC that identifiers or names ask for: NULL means any. */
static apr_array_header_t *asked_rows(const builder_t *b,
                                      const vo_photospec_t *spec)
{
    const vo_ssap_query_t *q = b->query;
    apr_array_header_t *rows;
    const apr_array_header_t *names = q->dids ? q->dids : q->targets;
    int i;

    if (!names) {
        return NULL;
    }
    rows = apr_array_make(b->pool, names->nelts, sizeof(const char **));
    for (i = 0; i < names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const vo_photospec_t *of = spec;
        const char **ids;

        if (q->dids ? vo_photospec_parse(&of, &ids, b->rel, name, b->pool)
                          && of == spec
                    : vo_photospec_target(&ids, spec, name, b->pool)) {
            APR_ARRAY_PUSH(rows, const char **) = ids;
        }
    }
    return rows;
}

vo_err_t *vo_ssap_request(vo_sql_req_t *req, const vo_ssap_query_t *query,
                          const vo_release_t *rel, const char *url,
                          apr_pool_t *pool)
{
    builder_t b = {NULL, NULL, query, rel, url, pool};
    apr_int64_t limit = query->maxrec + 1, most = query->maxrec;
    vo_cone_t cone = {0};
    const char *sql = NULL;
    char *text = apr_palloc(pool, VO_NUM_SIZE);
    int i;

    VO_TRY(vo_cone_request(req, &cone, query->ra, query->dec, query->radius,
                           query->maxrec, pool));
    if (query->top && query->top <= query->maxrec) {
        limit = most = query->top; /* what is left out was not asked for */
    }
    b.params = apr_array_make(pool, 64, sizeof(const char *));
    b.oids = apr_array_make(pool, 64, sizeof(unsigned));
    for (i = 0; i < NCONE; ++i) {
        param(&b, req->params[i], req->param_oids[i]);
    }
    vo_num_from_int64(text, limit);
    APR_ARRAY_IDX(b.params, NCONE - 1, const char *) = text;
    for (i = 0; i < rel->nphotospecs && !query->is_empty && query->formats;
         ++i) {
        const vo_photospec_t *spec = &rel->photospecs[i];
        apr_array_header_t *rows = asked_rows(&b, spec);

        if (is_wanted(&b, spec) && (!rows || rows->nelts)) {
            const char *one = select_sql(&b, spec, rows);

            sql = sql ? apr_pstrcat(pool, sql, " UNION ALL ", one, NULL) : one;
        }
    }
    if (sql) {
        sql = apr_psprintf(pool, "SELECT * FROM (%s) AS s%s LIMIT (SELECT"
                           " $%d::int8)", sql,
                           query->top ? " ORDER BY c0 DESC" : "", NCONE);
    }
    req->sql = sql;
    req->prepare_name = NULL;
    req->nparams = b.params->nelts;
    req->params = (const char *const *)b.params->elts;
    req->param_oids = (const unsigned *)b.oids->elts;
    req->max_rows = most;
    return NULL;
}
