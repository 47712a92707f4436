/* voctl_demo_tables.c: columns and rows of the example releases. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_demo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "vo_num.h"

#define NOT_DETECTED 99.0
#define FIRST_TILE 85001
#define SIGMA_MIN 1.0 /* fainter than this is not detected */
#define A12 "12"
#define LN10_04 0.921034 /* ln(10) / 2.5 */

/* ---- cells ----------------------------------------------------------------*/

static void begin(demo_row_t *row)
{
    row->buf.len = 0;
    row->n = 0;
    vo_buf_room(&row->buf, 8192);
}

/* Note the cell written from byte START, behind its length. */
static void cell(demo_row_t *row, size_t start)
{
    row->cells[row->n].len = voctl_get32(row->buf.data + start);
    row->cells[row->n++].data = row->buf.data + start + 4;
}

static void put_int(demo_row_t *row, int value)
{
    size_t start = row->buf.len;

    vo_buf_put32(&row->buf, 4);
    vo_buf_put32(&row->buf, value);
    cell(row, start);
}

static void put_long(demo_row_t *row, int64_t value)
{
    size_t start = row->buf.len;

    vo_buf_put32(&row->buf, 8);
    vo_buf_put64(&row->buf, value);
    cell(row, start);
}

static void put_double(demo_row_t *row, double value)
{
    size_t start = row->buf.len;

    vo_buf_put_double(&row->buf, value);
    cell(row, start);
}

static void put_float(demo_row_t *row, double value)
{
    size_t start = row->buf.len;

    vo_buf_put_float(&row->buf, (float)value);
    cell(row, start);
}

static void put_text(demo_row_t *row, const char *text)
{
    size_t start = row->buf.len;

    vo_buf_put_cell(&row->buf, text, (int)strlen(text));
    cell(row, start);
}

/* The head of an array of one value a filter. */
static size_t put_array(demo_row_t *row, unsigned elem, int width)
{
    size_t start = row->buf.len;

    vo_buf_put32(&row->buf, 20 + TRUTH_FILTERS * (4 + width));
    vo_buf_put32(&row->buf, 1);
    vo_buf_put32(&row->buf, 0);
    vo_buf_put32(&row->buf, (int32_t)elem);
    vo_buf_put32(&row->buf, TRUTH_FILTERS);
    vo_buf_put32(&row->buf, 1);
    return start;
}

static void put_floats(demo_row_t *row, const double *values)
{
    size_t start = put_array(row, OID_FLOAT4, 4);
    int k;

    for (k = 0; k < TRUTH_FILTERS; ++k) {
        vo_buf_put_float(&row->buf, (float)values[k]);
    }
    cell(row, start);
}

static void put_shorts(demo_row_t *row, const int *values)
{
    size_t start = put_array(row, OID_INT2, 2);
    int k;

    for (k = 0; k < TRUTH_FILTERS; ++k) {
        vo_buf_put32(&row->buf, 2);
        vo_buf_put16(&row->buf, values[k]);
    }
    cell(row, start);
}

/* ---- magnitudes -----------------------------------------------------------*/

static int is_detected(double flux, double err)
{
    return flux > SIGMA_MIN * err;
}

static double mag(double flux, double err)
{
    return is_detected(flux, err) ? truth_mag(flux) : NOT_DETECTED;
}

static double mag_err(double flux, double err)
{
    return is_detected(flux, err) ? err / flux / LN10_04 : NOT_DETECTED;
}

static void put_mags(demo_row_t *row, const double *flux, const double *err)
{
    double m[TRUTH_FILTERS], e[TRUTH_FILTERS];
    int k;

    for (k = 0; k < TRUTH_FILTERS; ++k) {
        m[k] = mag(flux[k], err[k]);
        e[k] = mag_err(flux[k], err[k]);
    }
    put_floats(row, m);
    put_floats(row, e);
}

static void put_fluxes(demo_row_t *row, const double *flux, const double *err)
{
    double e[TRUTH_FILTERS];
    int k;

    for (k = 0; k < TRUTH_FILTERS; ++k) {
        e[k] = err[k] / fabs(flux[k]);
    }
    put_floats(row, flux);
    put_floats(row, e);
}

/* ---- tiles and objects ----------------------------------------------------*/

/* The filter's own number is added to the tile's; the reference filter has
 * number 1, so its image names the tile. */
int demo_image_id(int tile, int filter)
{
    return FIRST_TILE + tile * TRUTH_FILTERS
           + truth_filters[filter].filter_id - 1;
}

int demo_tile_id(int tile)
{
    return demo_image_id(tile, TRUTH_REFERENCE);
}

void demo_image_name(char *name, size_t size, int tile, int filter)
{
    snprintf(name, size, "demo-%02d-%s_swp", tile + 1,
             truth_filters[filter].name);
}

/* Go on to the next object seen on a tile; 0 at the end of the last tile. */
static int next_seen(demo_state_t *s)
{
    for (; s->tile < TRUTH_TILES; ++s->tile) {
        while (s->object < s->truth->nobjects) {
            if (truth_see(s->truth, s->tile, s->object++, &s->seen)) {
                ++s->number;
                return 1;
            }
        }
        s->object = 0;
        s->number = 0;
    }
    return 0;
}

static const truth_object_t *object(const demo_state_t *s)
{
    return &s->truth->objects[s->object - 1];
}

static void begin_object(demo_state_t *s)
{
    begin(&s->row);
    put_int(&s->row, demo_tile_id(s->tile));
    put_int(&s->row, s->number);
}

#define KEY_COLUMNS                                                           \
    { "TILE_ID", OID_INT4, NULL, NULL, "meta.id;obs.field",                   \
      "Identifier of the reference image the object was detected on", NULL }, \
    { "NUMBER", OID_INT4, NULL, NULL, "meta.id",                              \
      "Number of the object on its tile", NULL }
#define END { NULL, 0, NULL, NULL, NULL, NULL, NULL }
#define TO_OBJECT(id)                                                         \
    { id, "TILE_ID,NUMBER", "demo.MagABDualObj", "TILE_ID,NUMBER",            \
      "The object in the main catalogue" }
#define NO_KEY { NULL, NULL, NULL, NULL, NULL }

/* ---- Filter ---------------------------------------------------------------*/

static const demo_column_t filter_columns[] = {
    { "filter_id", OID_INT4, NULL, NULL, "meta.id;instr.filter;meta.main",
      "Identifier of the filter", NULL },
    { "name", OID_TEXT, "*", NULL, "meta.id;instr.filter",
      "Name of the filter", NULL },
    { "array_position", OID_INT4, NULL, NULL, "meta.number",
      "Place of the filter in array columns, from 1", NULL },
    { "wavelength", OID_FLOAT4, NULL, "Angstrom", "em.wl.central",
      "Central wavelength", NULL },
    { "width", OID_FLOAT4, NULL, "Angstrom", "instr.bandwidth",
      "Full width at half maximum", NULL },
    { "color", OID_TEXT, "7", NULL, "meta.code",
      "Colour for plots, as in HTML", NULL },
    END
};

static int filter_next(demo_state_t *s)
{
    const truth_filter_t *f = &truth_filters[s->filter];

    if (s->filter == TRUTH_FILTERS) {
        return 0;
    }
    begin(&s->row);
    put_int(&s->row, f->filter_id);
    put_text(&s->row, f->name);
    put_int(&s->row, ++s->filter);
    put_float(&s->row, f->wavelength);
    put_float(&s->row, f->width);
    put_text(&s->row, f->color);
    return 1;
}

/* ---- TileImage ------------------------------------------------------------*/

static const demo_column_t tile_columns[] = {
    { "tile_id", OID_INT4, NULL, NULL, "meta.id;meta.main",
      "Identifier of the image", NULL },
    { "ref_tile_id", OID_INT4, NULL, NULL, "meta.id;obs.field",
      "Identifier of the image of the same field in the detection filter",
      NULL },
    { "filter_id", OID_INT4, NULL, NULL, "meta.id;instr.filter",
      "Filter of the image", NULL },
    { "name", OID_TEXT, "*", NULL, "meta.id;meta.file", "Name of the image",
      NULL },
    { "ra", OID_FLOAT8, NULL, "deg", "pos.eq.ra;meta.main",
      "Right ascension of the centre, ICRS", NULL },
    { "dec", OID_FLOAT8, NULL, "deg", "pos.eq.dec;meta.main",
      "Declination of the centre, ICRS", NULL },
    { "fwhmg", OID_FLOAT4, NULL, "arcsec", "instr.obsty.seeing",
      "FWHM of stars by a Gaussian fit", NULL },
    { "fwhmb", OID_FLOAT4, NULL, "arcsec", "instr.obsty.seeing",
      "FWHM of stars by a Moffat fit", NULL },
    { "fwhmg_error", OID_FLOAT4, NULL, "arcsec",
      "stat.error;instr.obsty.seeing", "Error of fwhmg", NULL },
    { "depth3arc5s", OID_FLOAT4, NULL, "mag", "phot.mag;stat.max",
      "AB magnitude of 5 sigma in an aperture of 3 arcsec", NULL },
    { "zeropoint", OID_FLOAT4, NULL, "mag", "phot.mag;arith.zp",
      "AB magnitude of one count per second", NULL },
    { "exptime", OID_FLOAT4, NULL, "s", "time.duration;obs.exposure",
      "Exposure time, all exposures", NULL },
    { "ncombine", OID_INT4, NULL, NULL, "meta.number;obs.exposure",
      "Number of exposures", NULL },
    { "pixscale", OID_FLOAT4, NULL, "arcsec", "instr.scale;instr.pixel",
      "Width of a pixel", NULL },
    { "naxis1", OID_INT4, NULL, "pixel", "meta.number;instr.pixel",
      "Width of the image", NULL },
    { "naxis2", OID_INT4, NULL, "pixel", "meta.number;instr.pixel",
      "Height of the image", NULL },
    { "date_obs", OID_TIMESTAMP, "*", NULL, "time.start;obs.exposure",
      "Start of the first exposure, UTC", "timestamp" },
    { "s_region", OID_TEXT, "*", NULL, "pos.outline;obs.field",
      "Outline of the image, ICRS", "adql:REGION" },
    END
};

/* PostgreSQL counts microseconds from 2000-01-01, which is MJD 51544. */
static void put_mjd(demo_row_t *row, double mjd)
{
    put_long(row, (int64_t)floor((mjd - 51544) * 86400 + 0.5) * 1000000);
}

static void put_outline(demo_row_t *row, const truth_t *truth, int tile)
{
    double radec[8];
    char text[256], num[VO_NUM_SIZE];
    size_t n = (size_t)snprintf(text, sizeof(text), "POLYGON ICRS");
    int k;

    truth_corners(truth, tile, radec);
    for (k = 0; k < 8; ++k) {
        vo_num_from_double(num, floor(radec[k] * 1e7 + 0.5) / 1e7);
        n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", num);
    }
    put_text(row, text);
}

static int tile_next(demo_state_t *s)
{
    const truth_tile_t *tile;
    demo_row_t *row = &s->row;
    char name[64];
    int k = s->filter;

    if (k == TRUTH_FILTERS) {
        k = s->filter = 0;
        ++s->tile;
    }
    if (s->tile == TRUTH_TILES) {
        return 0;
    }
    ++s->filter;
    tile = &s->truth->tiles[s->tile];
    demo_image_name(name, sizeof(name), s->tile, k);
    begin(row);
    put_int(row, demo_image_id(s->tile, k));
    put_int(row, demo_tile_id(s->tile));
    put_int(row, truth_filters[k].filter_id);
    put_text(row, name);
    put_double(row, tile->ra);
    put_double(row, tile->dec);
    put_float(row, tile->fwhm[k]);
    put_float(row, tile->fwhm[k] * 1.04);
    put_float(row, tile->fwhm[k] * 0.03);
    /* 5 times the noise of the sky on a circle of 3 arcsec */
    put_float(row, truth_mag(5 * tile->sky[k] * sqrt(M_PI * 1.5 * 1.5)));
    put_float(row, tile->zeropoint[k]);
    put_float(row, truth_filters[k].exptime);
    put_int(row, TRUTH_EXPOSURES);
    put_float(row, s->truth->pixel);
    put_int(row, s->truth->naxis);
    put_int(row, s->truth->naxis);
    put_mjd(row, tile->mjd[k]);
    put_outline(row, s->truth, s->tile);
    return 1;
}

/* ---- MagABDualObj ---------------------------------------------------------*/

static const demo_column_t dual_columns[] = {
    KEY_COLUMNS,
    { "ALPHA_J2000", OID_FLOAT8, NULL, "deg", "pos.eq.ra;meta.main",
      "Right ascension, ICRS", NULL },
    { "DELTA_J2000", OID_FLOAT8, NULL, "deg", "pos.eq.dec;meta.main",
      "Declination, ICRS", NULL },
    { "X_IMAGE", OID_FLOAT4, NULL, "pix", "pos.cartesian.x;instr.det",
      "Position on the reference image along x, from 1", NULL },
    { "Y_IMAGE", OID_FLOAT4, NULL, "pix", "pos.cartesian.y;instr.det",
      "Position on the reference image along y, from 1", NULL },
    { "CLASS_STAR", OID_FLOAT4, NULL, NULL, "src.class.starGalaxy",
      "Star or galaxy by shape: 1 is a star, 0 a galaxy", NULL },
    { "FWHM_WORLD", OID_FLOAT4, NULL, "arcsec", "phys.angSize",
      "FWHM assuming a Gaussian core", NULL },
    { "A_WORLD", OID_FLOAT4, NULL, "deg", "phys.angSize.smajAxis",
      "Spread (rms) of the light along the major axis", NULL },
    { "B_WORLD", OID_FLOAT4, NULL, "deg", "phys.angSize.sminAxis",
      "Spread (rms) of the light along the minor axis", NULL },
    { "THETA_J2000", OID_FLOAT4, NULL, "deg", "pos.posAng",
      "Angle of the major axis, from north through east", NULL },
    { "FLAGS", OID_INT2, A12, NULL, "meta.code.qual",
      "SExtractor flags in each filter: 1 crowded, 4 saturated", NULL },
    { "MASK_FLAGS", OID_INT2, A12, NULL, "meta.code",
      "1 near the edge of the image, in each filter", NULL },
    { "MAG_AUTO", OID_FLOAT4, A12, "mag", "phot.mag;em.opt",
      "AB magnitude in each filter, Kron-like aperture; 99 not detected",
      NULL },
    { "MAG_ERR_AUTO", OID_FLOAT4, A12, "mag", "stat.error;phot.mag;em.opt",
      "Error of MAG_AUTO; 99 not detected", NULL },
    { "MAG_PSFCOR", OID_FLOAT4, A12, "mag", "phot.mag;em.opt",
      "AB magnitude in each filter, corrected for the PSF; 99 not detected",
      NULL },
    { "MAG_ERR_PSFCOR", OID_FLOAT4, A12, "mag", "stat.error;phot.mag;em.opt",
      "Error of MAG_PSFCOR; 99 not detected", NULL },
    { "MAG_APER_3_0", OID_FLOAT4, A12, "mag", "phot.mag;em.opt",
      "AB magnitude in each filter within 3 arcsec; 99 not detected", NULL },
    { "MAG_ERR_APER_3_0", OID_FLOAT4, A12, "mag", "stat.error;phot.mag;em.opt",
      "Error of MAG_APER_3_0; 99 not detected", NULL },
    END
};

static int dual_next(demo_state_t *s)
{
    demo_row_t *row = &s->row;
    const truth_seen_t *seen = &s->seen;

    if (!next_seen(s)) {
        return 0;
    }
    begin_object(s);
    put_double(row, seen->ra);
    put_double(row, seen->dec);
    put_float(row, seen->x);
    put_float(row, seen->y);
    put_float(row, seen->class_star);
    put_float(row, seen->fwhm);
    put_float(row, seen->major / 3600);
    put_float(row, seen->minor / 3600);
    put_float(row, seen->angle);
    put_shorts(row, seen->flags);
    put_shorts(row, seen->mask);
    put_mags(row, seen->flux, seen->flux_err);
    put_mags(row, seen->psf, seen->psf_err);
    put_mags(row, seen->aper, seen->aper_err);
    return 1;
}

/* ---- FNuDualObj -----------------------------------------------------------*/

static const demo_column_t fnu_columns[] = {
    KEY_COLUMNS,
    { "ALPHA_J2000", OID_FLOAT8, NULL, "deg", "pos.eq.ra;meta.main",
      "Right ascension, ICRS", NULL },
    { "DELTA_J2000", OID_FLOAT8, NULL, "deg", "pos.eq.dec;meta.main",
      "Declination, ICRS", NULL },
    { "FLUX_AUTO", OID_FLOAT4, A12, "uJy", "phot.flux.density;em.opt",
      "Flux density per frequency in each filter, Kron-like aperture", NULL },
    { "FLUX_RELERR_AUTO", OID_FLOAT4, A12, NULL,
      "stat.error;phot.flux.density;em.opt", "Relative error of FLUX_AUTO",
      NULL },
    { "FLUX_PSFCOR", OID_FLOAT4, A12, "uJy", "phot.flux.density;em.opt",
      "Flux density per frequency in each filter, corrected for the PSF",
      NULL },
    { "FLUX_RELERR_PSFCOR", OID_FLOAT4, A12, NULL,
      "stat.error;phot.flux.density;em.opt", "Relative error of FLUX_PSFCOR",
      NULL },
    { "FLUX_APER_3_0", OID_FLOAT4, A12, "uJy", "phot.flux.density;em.opt",
      "Flux density per frequency in each filter within 3 arcsec", NULL },
    { "FLUX_RELERR_APER_3_0", OID_FLOAT4, A12, NULL,
      "stat.error;phot.flux.density;em.opt",
      "Relative error of FLUX_APER_3_0", NULL },
    END
};

static int fnu_next(demo_state_t *s)
{
    const truth_seen_t *seen = &s->seen;

    if (!next_seen(s)) {
        return 0;
    }
    begin_object(s);
    put_double(&s->row, seen->ra);
    put_double(&s->row, seen->dec);
    put_fluxes(&s->row, seen->flux, seen->flux_err);
    put_fluxes(&s->row, seen->psf, seen->psf_err);
    put_fluxes(&s->row, seen->aper, seen->aper_err);
    return 1;
}

/* ---- MagABSingleObj -------------------------------------------------------*/

static const demo_column_t single_columns[] = {
    KEY_COLUMNS,
    { "FILTER_ID", OID_INT4, NULL, NULL, "meta.id;instr.filter",
      "Filter of the measurement", NULL },
    { "ALPHA_J2000", OID_FLOAT8, NULL, "deg", "pos.eq.ra;meta.main",
      "Right ascension, ICRS", NULL },
    { "DELTA_J2000", OID_FLOAT8, NULL, "deg", "pos.eq.dec;meta.main",
      "Declination, ICRS", NULL },
    { "MAG_AUTO", OID_FLOAT4, NULL, "mag", "phot.mag;em.opt",
      "AB magnitude, Kron-like aperture", NULL },
    { "MAG_ERR_AUTO", OID_FLOAT4, NULL, "mag", "stat.error;phot.mag;em.opt",
      "Error of MAG_AUTO", NULL },
    { "FLAGS", OID_INT2, NULL, NULL, "meta.code.qual",
      "SExtractor flags: 1 crowded, 4 saturated", NULL },
    END
};

static int single_next(demo_state_t *s)
{
    demo_row_t *row = &s->row;
    const truth_seen_t *seen = &s->seen;
    int k;

    for (;;) {
        if (!s->has_seen || s->filter == TRUTH_FILTERS) {
            s->filter = 0;
            s->has_seen = next_seen(s);
            if (!s->has_seen) {
                return 0;
            }
        }
        k = s->filter++;
        if (seen->flux[k] > 5 * seen->flux_err[k]) {
            break;
        }
    }
    begin_object(s);
    put_int(row, truth_filters[k].filter_id);
    put_double(row, seen->ra);
    put_double(row, seen->dec);
    put_float(row, mag(seen->flux[k], seen->flux_err[k]));
    put_float(row, mag_err(seen->flux[k], seen->flux_err[k]));
    vo_buf_put32(&row->buf, 2);
    vo_buf_put16(&row->buf, seen->flags[k]);
    cell(row, row->buf.len - 6);
    return 1;
}

/* ---- value-added tables ---------------------------------------------------*/

static const demo_column_t photoz_columns[] = {
    KEY_COLUMNS,
    { "PHOTOZ", OID_FLOAT4, NULL, NULL, "src.redshift.phot",
      "Photometric redshift", NULL },
    { "PHOTOZ_ERR", OID_FLOAT4, NULL, NULL, "stat.error;src.redshift.phot",
      "Error of PHOTOZ", NULL },
    { "ODDS", OID_FLOAT4, NULL, NULL, "stat.probability",
      "Probability that the redshift is right within 0.05", NULL },
    END
};

static int photoz_next(demo_state_t *s)
{
    do {
        if (!next_seen(s)) {
            return 0;
        }
    } while (s->seen.prob_star > 0.8); /* stars get none */
    begin_object(s);
    put_float(&s->row, s->seen.photoz);
    put_float(&s->row, s->seen.photoz_err);
    put_float(&s->row, s->seen.odds);
    return 1;
}

static const demo_column_t class_columns[] = {
    KEY_COLUMNS,
    { "TOTAL_PROB_STAR", OID_FLOAT4, NULL, NULL,
      "stat.probability;src.class.starGalaxy",
      "Probability of being a star", NULL },
    { "TOTAL_PROB_GAL", OID_FLOAT4, NULL, NULL,
      "stat.probability;src.class.starGalaxy",
      "Probability of being a galaxy", NULL },
    END
};

static int class_next(demo_state_t *s)
{
    if (!next_seen(s)) {
        return 0;
    }
    begin_object(s);
    put_float(&s->row, s->seen.prob_star);
    put_float(&s->row, 1 - s->seen.prob_star);
    return 1;
}

static const demo_column_t xmatch_columns[] = {
    KEY_COLUMNS,
    { "Source", OID_INT8, NULL, NULL, "meta.id.cross",
      "Identifier of the star in release tycho2", NULL },
    { "AngDist", OID_FLOAT4, NULL, "arcsec", "pos.angDistance",
      "Distance of the star from the object", NULL },
    { "VTmag", OID_FLOAT4, NULL, "mag", "phot.mag;em.opt.V",
      "Magnitude of the star in the Tycho V band", NULL },
    END
};

static int xmatch_next(demo_state_t *s)
{
    const truth_object_t *o;
    double dra, ddec;

    do {
        if (!next_seen(s)) {
            return 0;
        }
        o = object(s);
    } while (o->source == 0);
    dra = (s->seen.ra - o->ra) * cos(o->dec * M_PI / 180);
    ddec = s->seen.dec - o->dec;
    begin_object(s);
    put_long(&s->row, o->source);
    put_float(&s->row, 3600 * hypot(dra, ddec));
    put_float(&s->row, o->mag[TRUTH_REFERENCE]);
    return 1;
}

/* ---- the stars ------------------------------------------------------------*/

static const demo_column_t star_columns[] = {
    { "Source", OID_INT8, NULL, NULL, "meta.id;meta.main",
      "Number of the star in the file it was taken from, from 1", NULL },
    { "RAJ2000", OID_FLOAT8, NULL, "deg", "pos.eq.ra;meta.main",
      "Right ascension, ICRS, epoch J2000", NULL },
    { "DEJ2000", OID_FLOAT8, NULL, "deg", "pos.eq.dec;meta.main",
      "Declination, ICRS, epoch J2000", NULL },
    { "VTmag", OID_FLOAT4, NULL, "mag", "phot.mag;em.opt.V",
      "Magnitude in the Tycho V band", NULL },
    END
};

static int star_next(demo_state_t *s)
{
    voctl_tycho_star_t star;
    demo_row_t *row = &s->row;

    if (s->object == s->tycho->n) {
        return 0;
    }
    voctl_tycho_star(s->tycho, s->object++, &star);
    begin(row);
    put_long(row, s->object);
    put_double(row, star.ra);
    put_double(row, star.dec);
    put_float(row, star.mag);
    return 1;
}

/* ---- all of them ----------------------------------------------------------*/

const demo_table_t demo_tables[] = {
    { "Filter", "The filters of the survey", filter_columns, filter_next,
      "filter_id", { NULL }, "filter_id", NULL, { NO_KEY }, 0, 0 },
    { "TileImage", "The images, one per tile and filter", tile_columns,
      tile_next, "tile_id", { "ref_tile_id", "filter_id", NULL }, "tile_id",
      "s_region",
      { { "tileimage_filter", "filter_id", "demo.Filter", "filter_id",
          "Filter of the image" }, NO_KEY }, 1, 2000 },
    { "MagABDualObj", "Objects detected in rSDSS: AB magnitudes in every "
                      "filter, arrays in order of wavelength",
      dual_columns, dual_next, "TILE_ID,NUMBER", { NULL }, NULL, NULL,
      { { "magabdualobj_tile", "TILE_ID", "demo.TileImage", "tile_id",
          "Image the object was detected on" }, NO_KEY }, 1, 2000 },
    { "FNuDualObj", "Objects detected in rSDSS: flux densities in every "
                    "filter, arrays in order of wavelength",
      fnu_columns, fnu_next, "TILE_ID,NUMBER", { NULL }, NULL, NULL,
      { TO_OBJECT("fnudualobj_object"), NO_KEY }, 1, 2000 },
    { "MagABSingleObj", "Detections at 5 sigma, one row per object and "
                        "filter", single_columns, single_next,
      "TILE_ID,NUMBER,FILTER_ID", { NULL }, NULL, NULL,
      { TO_OBJECT("magabsingleobj_object"),
        { "magabsingleobj_filter", "FILTER_ID", "demo.Filter", "filter_id",
          "Filter of the measurement" }, NO_KEY }, 1, 2000 },
    { "PhotoZLephare", "Photometric redshifts of what is probably no star",
      photoz_columns, photoz_next, "TILE_ID,NUMBER", { NULL }, NULL, NULL,
      { TO_OBJECT("photozlephare_object"), NO_KEY }, 0, 0 },
    { "StarGalClass", "Stars and galaxies told apart", class_columns,
      class_next, "TILE_ID,NUMBER", { NULL }, NULL, NULL,
      { TO_OBJECT("stargalclass_object"), NO_KEY }, 0, 0 },
    { "xmatch_tycho2", "Objects that are Tycho-2 stars", xmatch_columns,
      xmatch_next, "TILE_ID,NUMBER", { "Source", NULL }, NULL, NULL,
      { TO_OBJECT("xmatch_tycho2_object"), NO_KEY }, 0, 0 },
    { NULL, NULL, NULL, NULL, NULL, { NULL }, NULL, NULL, { NO_KEY }, 0, 0 },
};

const demo_table_t demo_tycho_tables[] = {
    { "Stars", "Tycho-2 stars: the brightest ten of every square degree or "
               "so, as the index files of astrometry.net hold them",
      star_columns, star_next, "Source", { NULL }, "Source", NULL, { NO_KEY },
      1, 2000 },
    { NULL, NULL, NULL, NULL, NULL, { NULL }, NULL, NULL, { NO_KEY }, 0, 0 },
};
