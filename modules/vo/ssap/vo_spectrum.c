/* vo_spectrum.c: a spectrum as a table, VOTable first of all. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spectrum Data Model 1.1 (REC 2012-02-10), section 8 */
#include "vo_spectrum.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "../image/vo_image_url.h"
#include "../table/vo_wire.h"
#include "../vo_num.h"

#define SPEC "spec:Spectrum."
#define DATA SPEC "Data."
#define C_ANGSTROM 2.99792458e18 /* speed of light, Angstrom/s */
#define JANSKY 1e-23             /* erg s-1 cm-2 Hz-1 */
#define SVO "http://svo2.cab.inta-csic.es/theory/fps/fps.php?ID="

enum {
    COL_WAVE,
    COL_WIDTH,
    COL_LOW,
    COL_HIGH,
    COL_FLUX,
    COL_ERROR,
    COL_LIMIT,
    COL_FLAGS,
    COL_FLAMBDA,
    COL_FLAMBDA_ERROR,
    COL_FILTER,
    COL_SVO,
    COL_CURVE,
    COL_COUNT
};

#define TEXT VO_TYPE_CHAR, VO_VARIABLE, "*"
#define NUMBER VO_TYPE_DOUBLE, VO_SCALAR, NULL
#define FLAMBDA_UNIT "erg.s**-1.cm**-2.Angstrom**-1"

static const vo_field_t columns[COL_COUNT] = {
    [COL_WAVE] = {"wavelength", NUMBER, .unit = "Angstrom", .ucd = "em.wl",
                  .utype = DATA "SpectralAxis.Value",
                  .description = "Effective wavelength of the filter"},
    [COL_WIDTH] = {"bandwidth", NUMBER, .unit = "Angstrom",
                   .ucd = "em.wl;spect.binSize",
                   .utype = DATA "SpectralAxis.Accuracy.BinSize",
                   .description = "Full width of the filter at half maximum"},
    [COL_LOW] = {"wavelength_min", NUMBER, .unit = "Angstrom",
                 .ucd = "em.wl;stat.min",
                 .utype = DATA "SpectralAxis.Accuracy.BinLow",
                 .description = "Where the filter begins"},
    [COL_HIGH] = {"wavelength_max", NUMBER, .unit = "Angstrom",
                  .ucd = "em.wl;stat.max",
                  .utype = DATA "SpectralAxis.Accuracy.BinHigh",
                  .description = "Where the filter ends"},
    [COL_FLUX] = {"flux", NUMBER, .ucd = "phot.flux.density;em.freq",
                  .utype = DATA "FluxAxis.Value",
                  .description = "Flux density per frequency; where "
                                 "upper_limit is true, the most there is"},
    [COL_ERROR] = {"flux_error", NUMBER,
                   .ucd = "stat.error;phot.flux.density;em.freq",
                   .utype = DATA "FluxAxis.Accuracy.StatError",
                   .description = "Error of flux, one sigma"},
    [COL_LIMIT] = {"upper_limit", VO_TYPE_BOOLEAN, VO_SCALAR, NULL,
                   .ucd = "meta.code",
                   .description = "Nothing was detected in the filter"},
    [COL_FLAGS] = {"quality", VO_TYPE_INT, VO_SCALAR, NULL,
                   .ucd = "meta.code.qual;phot.flux.density",
                   .utype = DATA "FluxAxis.Quality",
                   .description = "Flags of the catalogue, 0 is good"},
    [COL_FLAMBDA] = {"flux_lambda", NUMBER, .unit = FLAMBDA_UNIT,
                     .ucd = "phot.flux.density;em.wl",
                     .description = "Flux density per wavelength"},
    [COL_FLAMBDA_ERROR] = {"flux_lambda_error", NUMBER, .unit = FLAMBDA_UNIT,
                           .ucd = "stat.error;phot.flux.density;em.wl",
                           .description = "Error of flux_lambda, one sigma"},
    [COL_FILTER] = {"filter", TEXT, .ucd = "meta.id;instr.filter",
                    .description = "Name of the filter"},
    [COL_SVO] = {"svo_id", TEXT, .ucd = "meta.id;instr.filter",
                 .description = "Identifier of the filter at the SVO Filter "
                                "Profile Service"},
    [COL_CURVE] = {"filter_curve", TEXT, .ucd = "meta.ref.url",
                   .description = "Transmission curve of the filter"},
};

const char *vo_spectrum_title(const vo_photospec_t *spec, const char *target,
                              apr_pool_t *pool)
{
    return apr_pstrcat(pool, "Photo-spectrum of ", target, ", ",
                       spec->title ? spec->title : spec->name, NULL);
}

const char *vo_spectrum_url(const char *base, const vo_release_t *rel,
                            const char *did, const char *format,
                            apr_pool_t *pool)
{
    return apr_pstrcat(pool, base, "/ssap/", rel->id, "/spectrum?ID=",
                       vo_image_url_value(did, pool), "&FORMAT=", format,
                       NULL);
}

double vo_spectrum_per_wavelength(const vo_photospec_t *spec,
                                  const vo_filter_t *filter, double flux)
{
    return flux * vo_photospec_jansky(spec) * JANSKY * C_ANGSTROM
           / (filter->wavelength * filter->wavelength);
}

/* --- what is said of it -------------------------------------------------- */

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

static const char *pair(double a, double b, apr_pool_t *pool)
{
    return apr_pstrcat(pool, number(a, pool), " ", number(b, pool), NULL);
}

/* Add a PARAM unless there is no VALUE; UNIT NULL: a text. */
static void say(apr_array_header_t *to, const char *name, const char *utype,
                const char *ucd, const char *unit, const char *value)
{
    vo_param_t *param;

    if (!value || !*value) {
        return;
    }
    param = apr_array_push(to);
    memset(param, 0, sizeof(*param));
    param->name = name;
    param->utype = utype;
    param->ucd = ucd;
    param->unit = unit;
    param->value = value;
    param->type = unit ? VO_TYPE_DOUBLE : VO_TYPE_CHAR;
    param->arraysize = !unit ? "*" : strchr(value, ' ') ? "2" : NULL;
}

static void say_origin(apr_array_header_t *p, const vo_release_t *rel,
                       const vo_spectrum_t *s, apr_pool_t *pool)
{
    say(p, "DataModel", SPEC "DataModel", NULL, NULL, "Spectrum-1.0");
    say(p, "Type", SPEC "Type", NULL, NULL, "Spectrum");
    say(p, "Title", SPEC "DataID.Title", "meta.title;meta.dataset", NULL,
        vo_spectrum_title(s->spec, s->target, pool));
    say(p, "Creator", SPEC "DataID.Creator", NULL, NULL, rel->creator);
    say(p, "Collection", SPEC "DataID.Collection", NULL, NULL,
        rel->title ? rel->title : rel->id);
    say(p, "Version", SPEC "DataID.Version", "meta.version;meta.dataset", NULL,
        rel->version);
    say(p, "DataSource", SPEC "DataID.DataSource", NULL, NULL, "survey");
    say(p, "CreationType", SPEC "DataID.CreationType", NULL, NULL,
        "catalogExtraction");
    say(p, "Publisher", SPEC "Curation.Publisher", "meta.curation", NULL,
        rel->publisher ? rel->publisher : rel->id);
    say(p, "PublisherDID", SPEC "Curation.PublisherDID",
        "meta.ref.url;meta.curation", NULL, s->did);
    say(p, "Reference", SPEC "Curation.Reference", "meta.bib.bibcode", NULL,
        rel->doi ? rel->doi : rel->reference_url);
    say(p, "Rights", SPEC "Curation.Rights", NULL, NULL, rel->rights);
    say(p, "Target", SPEC "Target.Name", "meta.id;src", NULL, s->target);
    say(p, "TargetPos", SPEC "Target.Pos", "pos.eq;src", "deg",
        pair(s->ra, s->dec, pool));
    say(p, "SpaceFrame", SPEC "CoordSys.SpaceFrame.Name", NULL, NULL, "ICRS");
}

static void say_axes(apr_array_header_t *p, const vo_release_t *rel,
                     const vo_spectrum_t *s, apr_pool_t *pool)
{
    const vo_photospec_t *spec = s->spec;
    vo_specrange_t r;

    vo_photospec_range(&r, rel, spec, pool);
    say(p, "FluxUcd", SPEC "Char.FluxAxis.Ucd", "meta.ucd", NULL,
        columns[COL_FLUX].ucd);
    say(p, "FluxUnit", SPEC "Char.FluxAxis.Unit", "meta.unit", NULL,
        vo_photospec_unit(spec));
    say(p, "FluxCalibration", SPEC "Char.FluxAxis.Calibration",
        "meta.code.qual", NULL, "ABSOLUTE");
    say(p, "SpectralUcd", SPEC "Char.SpectralAxis.Ucd", "meta.ucd", NULL,
        columns[COL_WAVE].ucd);
    say(p, "SpectralUnit", SPEC "Char.SpectralAxis.Unit", "meta.unit", NULL,
        columns[COL_WAVE].unit);
    say(p, "SpectralCalibration", SPEC "Char.SpectralAxis.Calibration",
        "meta.code.qual", NULL, "ABSOLUTE");
    say(p, "SpectralLocation", SPEC "Char.SpectralAxis.Coverage.Location.Value",
        "em.wl;instr.bandpass", "m", number((r.lo + r.hi) / 2, pool));
    say(p, "SpectralExtent", SPEC "Char.SpectralAxis.Coverage.Bounds.Extent",
        "em.wl;instr.bandwidth", "m", number(r.hi - r.lo, pool));
    say(p, "SpectralStart", SPEC "Char.SpectralAxis.Coverage.Bounds.Start",
        "em.wl;stat.min", "m", number(r.lo, pool));
    say(p, "SpectralStop", SPEC "Char.SpectralAxis.Coverage.Bounds.Stop",
        "em.wl;stat.max", "m", number(r.hi, pool));
    say(p, "SpatialLocation", SPEC "Char.SpatialAxis.Coverage.Location.Value",
        "pos.eq", "deg", pair(s->ra, s->dec, pool));
    say(p, "SpatialExtent", SPEC "Char.SpatialAxis.Coverage.Bounds.Extent",
        "phys.angSize;instr.fov", "deg", number(spec->aperture / 3600, pool));
    say(p, "TimeLocation", SPEC "Char.TimeAxis.Coverage.Location.Value",
        "time.epoch;obs", "d",
        number((spec->t_min + spec->t_max) / 2, pool));
    say(p, "TimeExtent", SPEC "Char.TimeAxis.Coverage.Bounds.Extent",
        "time.duration;obs", "s",
        number((spec->t_max - spec->t_min) * 86400, pool));
    say(p, "TimeStart", SPEC "Char.TimeAxis.Coverage.Bounds.Start",
        "time.start;obs", "d", number(spec->t_min, pool));
    say(p, "TimeStop", SPEC "Char.TimeAxis.Coverage.Bounds.Stop",
        "time.end;obs", "d", number(spec->t_max, pool));
}

/* --- rows ---------------------------------------------------------------- */

typedef struct row_t {
    vo_cell_t cells[COL_COUNT];
    char bufs[COL_COUNT][VO_NUM_SIZE];
    int is_binary;
} row_t;

static void put_number(row_t *row, int col, double value)
{
    vo_cell_t *cell = &row->cells[col];

    cell->data = row->bufs[col];
    if (!isfinite(value)) {
        cell->len = -1;
    }
    else if (row->is_binary) {
        uint64_t bits;

        memcpy(&bits, &value, sizeof(bits));
        vo_put64(row->bufs[col], bits);
        cell->len = 8;
    }
    else {
        cell->len = vo_num_from_double(row->bufs[col], value);
    }
}

static void put_int(row_t *row, int col, int value)
{
    vo_cell_t *cell = &row->cells[col];

    cell->data = row->bufs[col];
    if (row->is_binary) {
        vo_put32(row->bufs[col], (uint32_t)value);
        cell->len = 4;
    }
    else {
        cell->len = vo_num_from_int64(row->bufs[col], value);
    }
}

static void put_bool(row_t *row, int col, int value)
{
    row->cells[col].data = row->is_binary ? (value ? "\1" : "\0")
                                          : (value ? "t" : "f");
    row->cells[col].len = 1;
}

static void put_text(row_t *row, int col, const char *text)
{
    row->cells[col].data = text;
    row->cells[col].len = text ? (int)strlen(text) : -1;
}

static void fill_row(row_t *row, const vo_photospec_t *spec,
                     const vo_specpoint_t *p, apr_pool_t *pool)
{
    const vo_filter_t *f = p->filter;

    put_number(row, COL_WAVE, f->wavelength);
    put_number(row, COL_WIDTH, f->width);
    put_number(row, COL_LOW, f->wavelength - f->width / 2);
    put_number(row, COL_HIGH, f->wavelength + f->width / 2);
    put_number(row, COL_FLUX, p->flux);
    put_number(row, COL_ERROR, p->error);
    put_bool(row, COL_LIMIT, p->is_limit);
    put_int(row, COL_FLAGS, p->flags);
    if (p->flags < 0) {
        row->cells[COL_FLAGS].len = -1;
    }
    put_number(row, COL_FLAMBDA, vo_spectrum_per_wavelength(spec, f, p->flux));
    put_number(row, COL_FLAMBDA_ERROR,
               vo_spectrum_per_wavelength(spec, f, p->error));
    put_text(row, COL_FILTER, f->name);
    put_text(row, COL_SVO, f->svo_id);
    put_text(row, COL_CURVE,
             f->svo_id ? apr_pstrcat(pool, SVO,
                                     vo_image_url_value(f->svo_id, pool), NULL)
                       : NULL);
}

vo_err_t *vo_spectrum_table(vo_out_t *out, const vo_release_t *rel,
                            const vo_spectrum_t *spectrum,
                            const vo_tablefmt_t *fmt, const char *media_type,
                            apr_pool_t *pool)
{
    apr_array_header_t *params = apr_array_make(pool, 40, sizeof(vo_param_t));
    vo_field_t *fields = apr_pmemdup(pool, columns, sizeof(columns));
    vo_tabledoc_t doc = {0};
    vo_writer_t *writer;
    row_t row;
    int i;

    for (i = 0; i < COL_COUNT; ++i) {
        fields[i].pg_oid = fields[i].type == VO_TYPE_DOUBLE ? VO_OID_FLOAT8
                           : fields[i].type == VO_TYPE_INT  ? VO_OID_INT4
                           : fields[i].type == VO_TYPE_BOOLEAN ? VO_OID_BOOL
                                                               : VO_OID_TEXT;
    }
    fields[COL_FLUX].unit = vo_photospec_unit(spectrum->spec);
    fields[COL_ERROR].unit = fields[COL_FLUX].unit;
    say_origin(params, rel, spectrum, pool);
    say_axes(params, rel, spectrum, pool);
    doc.name = "spectrum";
    doc.utype = "spec:Spectrum";
    doc.description = vo_spectrum_title(spectrum->spec, spectrum->target,
                                        pool);
    doc.nfields = COL_COUNT;
    doc.fields = fields;
    doc.nparams = params->nelts;
    doc.params = (const vo_param_t *)params->elts;
    doc.media_type = media_type;
    writer = vo_writer_create(fmt, &doc, out, pool);
    VO_TRY(fmt->begin(writer));
    row.is_binary = fmt->is_binary;
    for (i = 0; i < spectrum->npoints; ++i) {
        fill_row(&row, spectrum->spec, &spectrum->points[i], pool);
        VO_TRY(fmt->row(writer, row.cells));
    }
    return fmt->end(writer, VO_DONE_OK);
}
