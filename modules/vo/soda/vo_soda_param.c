/* vo_soda_param.c: the parameters of SODA, standard ones and ours. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SODA 1.0 section 3 */
#include "vo_soda_param.h"

#include <string.h>
#include <strings.h>

static const char *const formats[] = {"image/fits", "image/png", "image/jpeg",
                                      NULL};
static const char *const layouts[] = {"mef", "cube", "sheet", NULL};
static const char *const stretches[] = {"asinh", "linear", "sqrt", "log",
                                        NULL};
static const char *const switches[] = {"0", "1", NULL};

const vo_soda_param_t vo_soda_params[VO_SODA_COUNT] = {
    [VO_SODA_ID] = {"ID", NULL, "meta.ref.url;meta.curation", NULL, "char",
                    "*", NULL, "Publisher DID of the image", 1, 1, NULL},
    [VO_SODA_CIRCLE] = {"CIRCLE", NULL, "pos.outline;obs", "deg", "double",
                        "3", "circle",
                        "Circle to cut around: longitude, latitude, radius; "
                        "ICRS", 1, 1, NULL},
    [VO_SODA_POLYGON] = {"POLYGON", NULL, "pos.outline;obs", "deg", "double",
                         "*", "polygon",
                         "Polygon to cut out, its corners; pixels outside of "
                         "it are blank; ICRS", 1, 1, NULL},
    [VO_SODA_POS] = {"POS", NULL, "pos.outline;obs", NULL, "char", "*", NULL,
                     "Region to cut out: CIRCLE, RANGE or POLYGON and its "
                     "numbers in degrees; ICRS", 1, 1, NULL},
    [VO_SODA_BAND] = {"BAND", NULL, "em.wl;stat.interval", "m", "double", "2",
                      "interval", "Wavelengths of interest", 1, 1, NULL},
    [VO_SODA_FORMAT] = {"RESPONSEFORMAT", "FORMAT", "meta.code.mime", NULL,
                        "char", "*", NULL, "Format of the cutout; default "
                        "image/fits", 1, 0, formats},
    [VO_SODA_FILTERS] = {"FILTERS", NULL, "meta.id;instr.filter", NULL, "char",
                         "*", NULL, "Filters of the same tile that are cut in "
                         "one go: all, or a list of names or numbers", 0, 0,
                         NULL},
    [VO_SODA_LAYOUT] = {"LAYOUT", NULL, "meta.code", NULL, "char", "*", NULL,
                        "How several filters are put together: an extension "
                        "each (mef), a cube with a wavelength axis, or a "
                        "picture of all of them (sheet); default mef, of "
                        "pictures sheet", 0, 0, layouts},
    [VO_SODA_WEIGHT] = {"WEIGHT", NULL, "meta.code", NULL, "char", "*", NULL,
                        "1: with the weight map as an extension", 0, 0,
                        switches},
    [VO_SODA_MASK] = {"MASK", NULL, "meta.code", NULL, "char", "*", NULL,
                      "1: with the mask as an extension", 0, 0, switches},
    [VO_SODA_STRETCH] = {"STRETCH", NULL, "meta.code", NULL, "char", "*", NULL,
                         "How pixel values become grey in pictures; default "
                         "asinh", 0, 0, stretches},
    [VO_SODA_LIMITS] = {"LIMITS", NULL, "meta.code", NULL, "char", "*", NULL,
                        "Pixel values that become black and white: zscale, "
                        "minmax, a percentage of the pixels such as 99.5%, or "
                        "two numbers; default 99.5%", 0, 0, NULL},
    [VO_SODA_RGB] = {"RGB", NULL, "meta.id;instr.filter", NULL, "char", "*",
                     NULL, "Three filters, names or numbers, that become red, "
                     "green and blue (Lupton et al. 2004)", 0, 0, NULL},
    [VO_SODA_Q] = {"Q", NULL, "arith.factor", NULL, "char", "*", NULL,
                   "Colour pictures: softening of asinh; the larger, the less "
                   "do bright parts saturate; default 8", 0, 0, NULL},
    [VO_SODA_ALPHA] = {"ALPHA", NULL, "arith.factor", NULL, "char", "*",
                       NULL, "Colour pictures: brightness of faint parts, a "
                       "factor on the one found from the noise; default 1", 0,
                       0, NULL},
    [VO_SODA_BALANCE] = {"BALANCE", NULL, "arith.factor", NULL, "double", "3",
                         NULL, "Colour pictures: factors of red, green and "
                         "blue; default by zero points and "
                         "wavelengths", 0, 0,
                         NULL},
    [VO_SODA_SIZEX] = {"SIZEX", NULL, "meta.number", "pixel", "char",
                       "*", NULL, "Width of the picture; default that of the "
                       "cutout", 0, 0, NULL},
    [VO_SODA_SIZEY] = {"SIZEY", NULL, "meta.number", "pixel", "char",
                       "*", NULL, "Height of the picture; default that of the "
                       "cutout", 0, 0, NULL},
};

static const char *const packs[] = {"tar", "mef", NULL};

const vo_soda_param_t vo_bulk_params[VO_BULK_COUNT] = {
    [VO_BULK_UPLOAD] = {"UPLOAD", NULL, "meta.ref.url", NULL, "char", "*",
                        NULL, "A table of positions to cut around, as DALI has"
                        " it: name,param:part", 0, 0, NULL},
    [VO_BULK_JOB] = {"JOB", NULL, "meta.id", NULL, "char", "*", NULL,
                     "A finished TAP job of yours with this release, whose "
                     "result is the table of positions", 0, 0, NULL},
    [VO_BULK_WIDTH] = {"WIDTH", NULL, "phys.angSize", "deg", "double", NULL,
                       NULL, "Width of the cutouts along the image", 0, 0,
                       NULL},
    [VO_BULK_HEIGHT] = {"HEIGHT", NULL, "phys.angSize", "deg", "double", NULL,
                        NULL, "Height of the cutouts; default WIDTH", 0, 0,
                        NULL},
    [VO_BULK_PIXELS] = {"PIXELS", NULL, "meta.number", "pixel", "char", "*",
                        NULL, "Instead of WIDTH and HEIGHT: pixels in both "
                        "directions, 51 or 51x41", 0, 0, NULL},
    [VO_BULK_PACK] = {"PACK", NULL, "meta.code", NULL, "char", "*", NULL,
                      "An archive with a file for each position (tar, the "
                      "default), or one FITS file with extensions for each "
                      "(mef); both with a manifest", 0, 0, packs},
};

int vo_soda_param_find(const char *name)
{
    int i;

    for (i = 0; i < VO_SODA_COUNT; ++i) {
        const vo_soda_param_t *p = &vo_soda_params[i];

        if (!strcasecmp(p->name, name)
            || (p->alias && !strcasecmp(p->alias, name))) {
            return i;
        }
    }
    return -1;
}
