/* vo_spectrum_fits.c: a spectrum as FITS: one row of vector columns. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spectrum Data Model 1.1 section 9; FITS 4.0 section 7.3 */
#include "vo_spectrum.h"

#include <string.h>

#include <apr_strings.h>

#include "../table/vo_fits_head.h"
#include "../table/vo_wire.h"

/* --- columns ------------------------------------------------------------- */

typedef enum { WAVE, WIDTH, FLUX, ERROR, LIMIT, QUALITY, FLAMBDA,
               FLAMBDA_ERROR, FILTER, NCOLUMNS } column_e;

static const struct {
    const char *name;
    char form;        /* D, L, J; A: as wide as the longest name */
    const char *unit; /* "": that of the flux */
    const char *ucd, *utype;
} columns[NCOLUMNS] = {
    [WAVE] = {"WAVE", 'D', "Angstrom", "em.wl",
              "Spectrum.Data.SpectralAxis.Value"},
    [WIDTH] = {"WIDTH", 'D', "Angstrom", "em.wl;spect.binSize",
               "Spectrum.Data.SpectralAxis.Accuracy.BinSize"},
    [FLUX] = {"FLUX", 'D', "", "phot.flux.density;em.freq",
              "Spectrum.Data.FluxAxis.Value"},
    [ERROR] = {"ERR", 'D', "", "stat.error;phot.flux.density;em.freq",
               "Spectrum.Data.FluxAxis.Accuracy.StatError"},
    [LIMIT] = {"LIMIT", 'L', NULL, "meta.code", NULL},
    [QUALITY] = {"QUALITY", 'J', NULL, "meta.code.qual;phot.flux.density",
                 "Spectrum.Data.FluxAxis.Quality"},
    [FLAMBDA] = {"FLAMBDA", 'D', "erg s-1 cm-2 Angstrom-1",
                 "phot.flux.density;em.wl", NULL},
    [FLAMBDA_ERROR] = {"FLAMBDA_ERR", 'D', "erg s-1 cm-2 Angstrom-1",
                       "stat.error;phot.flux.density;em.wl", NULL},
    [FILTER] = {"FILTER", 'A', NULL, "meta.id;instr.filter", NULL},
};

#define NO_QUALITY (-1)

static int width_of(char form, int name_width)
{
    return form == 'D' ? 8 : form == 'J' ? 4 : form == 'L' ? 1 : name_width;
}

static int widest_name(const vo_spectrum_t *s)
{
    int i, widest = 1;

    for (i = 0; i < s->npoints; ++i) {
        int len = (int)strlen(s->points[i].filter->name);

        widest = len > widest ? len : widest;
    }
    return widest;
}

static vo_err_t *put_column_cards(vo_fits_head_t *h, const vo_spectrum_t *s,
                                  int i, int name_width, apr_pool_t *pool)
{
    int is_text = columns[i].form == 'A', k = i + 1;
    const char *unit = columns[i].unit;

#define KEY(stem) apr_psprintf(pool, stem "%d", k)
    VO_TRY(vo_fits_string(h, KEY("TTYPE"), columns[i].name, NULL));
    VO_TRY(vo_fits_string(h, KEY("TFORM"),
                          apr_psprintf(pool, "%d%c",
                                       s->npoints * (is_text ? name_width : 1),
                                       columns[i].form), NULL));
    if (is_text) {
        VO_TRY(vo_fits_string(h, KEY("TDIM"),
                              apr_psprintf(pool, "(%d,%d)", name_width,
                                           s->npoints), NULL));
    }
    if (columns[i].form == 'J') {
        VO_TRY(vo_fits_int(h, KEY("TNULL"), NO_QUALITY, NULL));
    }
    VO_TRY(vo_fits_string(h, KEY("TUNIT"),
                          unit && !*unit ? vo_photospec_unit(s->spec) : unit,
                          NULL));
    VO_TRY(vo_fits_string(h, KEY("TUCD"), columns[i].ucd, NULL));
    return vo_fits_string(h, KEY("TUTYP"), columns[i].utype, NULL);
#undef KEY
}

/* --- header -------------------------------------------------------------- */

/* Keywords of section 9 of the data model. */
static vo_err_t *put_about(vo_fits_head_t *h, const vo_release_t *rel,
                           const vo_spectrum_t *s, apr_pool_t *pool)
{
    const vo_photospec_t *spec = s->spec;
    vo_specrange_t r;
    size_t i;

    vo_photospec_range(&r, rel, spec, pool);
    {
        const struct {
            const char *key, *value, *comment;
        } texts[] = {
            {"EXTNAME", "SPECTRUM", NULL},
            {"VOCLASS", "SPECTRUM 1.00", "VO data model"},
            {"VOPUB", rel->publisher ? rel->publisher : rel->id, NULL},
            {"DS_IDPUB", s->did, NULL},
            {"TITLE", vo_spectrum_title(spec, s->target, pool), NULL},
            {"AUTHOR", rel->creator, NULL},
            {"COLLECT1", rel->title ? rel->title : rel->id, NULL},
            {"DSSOURCE", "survey", NULL},
            {"OBJECT", s->target, NULL},
            {"RADESYS", "ICRS", NULL},
            {"SPECCAL", "ABSOLUTE", NULL},
            {"FLUX_CAL", "ABSOLUTE", NULL},
        };
        const struct {
            const char *key;
            double value;
            const char *comment;
        } numbers[] = {
            {"RA", s->ra, "[deg]"},
            {"DEC", s->dec, "[deg]"},
            {"APERTURE", spec->aperture / 3600, "[deg]"},
            {"TMID", (spec->t_min + spec->t_max) / 2, "[d] MJD"},
            {"TELAPSE", (spec->t_max - spec->t_min) * 86400, "[s]"},
            {"TSTART", spec->t_min, "[d] MJD"},
            {"TSTOP", spec->t_max, "[d] MJD"},
            {"SPEC_VAL", (r.lo + r.hi) / 2 * 1e10, "[Angstrom]"},
            {"SPEC_BW", (r.hi - r.lo) * 1e10, "[Angstrom]"},
            {"TDMIN1", r.lo * 1e10, "[Angstrom]"},
            {"TDMAX1", r.hi * 1e10, "[Angstrom]"},
        };

        for (i = 0; i < sizeof(texts) / sizeof(*texts); ++i) {
            VO_TRY(vo_fits_string(h, texts[i].key, texts[i].value,
                                  texts[i].comment));
        }
        for (i = 0; i < sizeof(numbers) / sizeof(*numbers); ++i) {
            VO_TRY(vo_fits_double(h, numbers[i].key, numbers[i].value,
                                  numbers[i].comment));
        }
    }
    return NULL;
}

static vo_err_t *put_primary(vo_fits_head_t *h)
{
    VO_TRY(vo_fits_true(h, "SIMPLE", "conforms to FITS"));
    VO_TRY(vo_fits_int(h, "BITPIX", 8, NULL));
    VO_TRY(vo_fits_int(h, "NAXIS", 0, NULL));
    VO_TRY(vo_fits_true(h, "EXTEND", "the spectrum is in the extension"));
    return vo_fits_head_end(h);
}

static vo_err_t *put_head(vo_fits_head_t *h, const vo_release_t *rel,
                          const vo_spectrum_t *s, int name_width,
                          apr_pool_t *pool)
{
    int i, bytes = 0;

    for (i = 0; i < NCOLUMNS; ++i) {
        bytes += s->npoints * width_of(columns[i].form, name_width);
    }
    VO_TRY(vo_fits_string(h, "XTENSION", "BINTABLE", NULL));
    VO_TRY(vo_fits_int(h, "BITPIX", 8, NULL));
    VO_TRY(vo_fits_int(h, "NAXIS", 2, NULL));
    VO_TRY(vo_fits_int(h, "NAXIS1", bytes, NULL));
    VO_TRY(vo_fits_int(h, "NAXIS2", 1, NULL));
    VO_TRY(vo_fits_int(h, "PCOUNT", 0, NULL));
    VO_TRY(vo_fits_int(h, "GCOUNT", 1, NULL));
    VO_TRY(vo_fits_int(h, "TFIELDS", NCOLUMNS, NULL));
    for (i = 0; i < NCOLUMNS; ++i) {
        VO_TRY(put_column_cards(h, s, i, name_width, pool));
    }
    VO_TRY(put_about(h, rel, s, pool));
    return vo_fits_head_end(h);
}

/* --- data ---------------------------------------------------------------- */

static double value_of(const vo_spectrum_t *s, const vo_specpoint_t *p,
                       int column)
{
    const vo_filter_t *f = p->filter;

    switch (column) {
    case WAVE:
        return f->wavelength;
    case WIDTH:
        return f->width;
    case FLUX:
        return p->flux;
    case ERROR:
        return p->error;
    case FLAMBDA:
        return vo_spectrum_per_wavelength(s->spec, f, p->flux);
    default:
        return vo_spectrum_per_wavelength(s->spec, f, p->error);
    }
}

static vo_err_t *put_value(vo_out_t *out, const vo_spectrum_t *s,
                           const vo_specpoint_t *p, int column, int name_width)
{
    char buf[8];
    double value;
    uint64_t bits;
    const char *name = p->filter->name;
    int i;

    switch (columns[column].form) {
    case 'L':
        return vo_out_puts(out, p->is_limit ? "T" : "F");
    case 'J':
        vo_put32(buf, (uint32_t)(p->flags < 0 ? NO_QUALITY : p->flags));
        return vo_out_write(out, buf, 4);
    case 'A':
        for (i = 0; i < name_width; ++i) {
            VO_TRY(vo_out_write(out, *name ? name : " ", 1));
            name += *name != '\0';
        }
        return NULL;
    default:
        value = value_of(s, p, column);
        memcpy(&bits, &value, sizeof(bits));
        vo_put64(buf, bits);
        return vo_out_write(out, buf, 8);
    }
}

vo_err_t *vo_spectrum_fits(vo_out_t *out, const vo_release_t *rel,
                           const vo_spectrum_t *spectrum, apr_pool_t *pool)
{
    int name_width = widest_name(spectrum), column, i;
    apr_off_t start = out->total;
    vo_fits_head_t primary, head;

    vo_fits_head_init(&primary, pool);
    VO_TRY(put_primary(&primary));
    VO_TRY(vo_out_write(out, primary.mem.data, primary.mem.len));
    vo_fits_head_init(&head, pool);
    VO_TRY(put_head(&head, rel, spectrum, name_width, pool));
    VO_TRY(vo_out_write(out, head.mem.data, head.mem.len));
    for (column = 0; column < NCOLUMNS; ++column) {
        for (i = 0; i < spectrum->npoints; ++i) {
            VO_TRY(put_value(out, spectrum, &spectrum->points[i], column,
                             name_width));
        }
    }
    while ((out->total - start) % VO_FITS_BLOCK) {
        VO_TRY(vo_out_write(out, "", 1));
    }
    return NULL;
}
