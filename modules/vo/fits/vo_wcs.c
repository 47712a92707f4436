/* vo_wcs.c: world coordinates of FITS images, by wcslib. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_wcs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <wcslib/dis.h>
#include <wcslib/wcs.h>
#include <wcslib/wcsfix.h>
#include <wcslib/wcshdr.h>
#include <wcslib/wcsmath.h>

#include "vo_frame.h"

#define CARD 80
#define MAX_CARDS 1000 /* that speak of coordinates */
#define CHUNK 256      /* points that go to wcslib at a time */
#define MAX_AXES 9
#define MAX_TEXT 40   /* characters of a text, of a number */
#define MAX_NUMBER 40

struct vo_wcs_t {
    struct wcsprm prm;   /* of the two celestial axes */
    int is_made;         /* prm must be freed */
    vo_wcs_info_t info;
    vo_frame_t frame;
};

/* --- the cards ----------------------------------------------------------- */

/*
 * wcslib is shown cards that were taken apart and put together again, and only
 * those that matter: a hostile header (a text without its closing quote, say)
 * makes wcslib 7.12 write beyond its buffers.
 */
typedef enum { IS_NUMBER, IS_COUNT, IS_TEXT } value_e; /* count: 0 to 9 */

typedef struct wanted_t {
    const char *name;
    value_e value;
    int nindexes; /* numbers behind the name */
    int max;      /* of these */
} wanted_t;

static const wanted_t wanted[] = {
    {"CTYPE", IS_TEXT, 1, MAX_AXES},    {"CUNIT", IS_TEXT, 1, MAX_AXES},
    {"CRPIX", IS_NUMBER, 1, MAX_AXES},  {"CRVAL", IS_NUMBER, 1, MAX_AXES},
    {"CDELT", IS_NUMBER, 1, MAX_AXES},  {"CROTA", IS_NUMBER, 1, MAX_AXES},
    {"CD", IS_NUMBER, 2, MAX_AXES},     {"PC", IS_NUMBER, 2, MAX_AXES},
    {"PV", IS_NUMBER, 2, 39},           {"A_", IS_NUMBER, 2, 9},
    {"B_", IS_NUMBER, 2, 9},            {"AP_", IS_NUMBER, 2, 9},
    {"BP_", IS_NUMBER, 2, 9},           {"A_ORDER", IS_COUNT, 0, 0},
    {"B_ORDER", IS_COUNT, 0, 0},       {"AP_ORDER", IS_COUNT, 0, 0},
    {"BP_ORDER", IS_COUNT, 0, 0},      {"NAXIS", IS_COUNT, 0, 0},
    {"WCSAXES", IS_COUNT, 0, 0},       {"LONPOLE", IS_NUMBER, 0, 0},
    {"LATPOLE", IS_NUMBER, 0, 0},       {"RADESYS", IS_TEXT, 0, 0},
    {"RADECSYS", IS_TEXT, 0, 0},        {"EQUINOX", IS_NUMBER, 0, 0},
    {"EPOCH", IS_NUMBER, 0, 0},         {"MJD-OBS", IS_NUMBER, 0, 0},
    {"DATE-OBS", IS_TEXT, 0, 0},
};

/* The keyword of CARD, at most 8 characters, in KEY. */
static void card_key(char key[9], const char *card)
{
    int n = 0;

    while (n < 8 && card[n] != ' ' && card[n] != '=' && card[n]) {
        key[n] = card[n];
        ++n;
    }
    key[n] = '\0';
}

/* REST is INDEXES numbers from 0 to MAX with "_" between them. */
static int has_indexes(const char *rest, int indexes, int max)
{
    while (indexes--) {
        int value = 0;

        if (!apr_isdigit(*rest)) {
            return 0;
        }
        while (apr_isdigit(*rest) && value <= max) {
            value = 10 * value + *rest++ - '0';
        }
        if (value > max || (indexes && *rest++ != '_')) {
            return 0;
        }
    }
    return !*rest;
}

static const wanted_t *find_wanted(const char *key)
{
    size_t i;

    for (i = 0; i < sizeof(wanted) / sizeof(*wanted); ++i) {
        size_t n = strlen(wanted[i].name);

        if (!strncmp(key, wanted[i].name, n)
            && has_indexes(key + n, wanted[i].nindexes, wanted[i].max)) {
            return &wanted[i];
        }
    }
    return NULL;
}

/* The length of the number at P, before END; 0 if there is none. */
static int number_length(const char *p, const char *end)
{
    const char *from = p;
    int ndigits = 0;

    p += p < end && (*p == '+' || *p == '-');
    for (; p < end && (apr_isdigit(*p) || *p == '.'); ++p) {
        ndigits += *p != '.';
    }
    if (ndigits && p + 1 < end && strchr("eEdD", *p)) {
        const char *digits = p + 1 + (p[1] == '+' || p[1] == '-');

        if (digits < end && apr_isdigit(*digits)) {
            for (p = digits; p < end && apr_isdigit(*p) && p < digits + 4;
                 ++p) {
            }
        }
    }
    return ndigits ? (int)(p - from) : 0;
}

/* Write to OUT what CARD says of WHAT, KEY; 0 when it says nothing useful, -1
 * when wcslib must not see it. */
static int rebuild(char *out, const char *card, const char *key,
                   const wanted_t *what)
{
    const char *p = card + 8, *end = card + CARD, *close;
    char value[CARD + 1];
    int n = 0;

    while (p < end && (*p == ' ' || *p == '=')) {
        ++p;
    }
    if (p < end && *p == '\'') { /* numbers in quotes happen */
        ++p;
        close = memchr(p, '\'', (size_t)(end - p));
        if (!close) {
            return 0;
        }
        end = close;
        while (p < end && *p == ' ' && what->value != IS_TEXT) {
            ++p;
        }
    }
    else if (what->value == IS_TEXT) {
        return 0;
    }
    if (what->value != IS_TEXT) {
        n = number_length(p, end);
        if (what->value == IS_COUNT && (n != 1 || !apr_isdigit(*p))) {
            return -1;
        }
        if (n == 0 || n > MAX_NUMBER) {
            return 0;
        }
    }
    else {
        for (n = 0; p + n < end; ++n) {
            if (!apr_isalnum(p[n]) && !strchr(" -_.:+/^*()", p[n])) {
                return 0;
            }
        }
        n = n > MAX_TEXT ? MAX_TEXT : n;
    }
    apr_snprintf(value, sizeof(value),
                 what->value == IS_TEXT ? "%-8s= '%-8.*s'" : "%-8s= %.*s",
                 key, n, p);
    memset(out, ' ', CARD);
    memcpy(out, value, strlen(value));
    return 1;
}

/* Make `RA---TAN' or `DEC--TAN' of CARD into what CODE says: "TPV" or
 * "TAN-SIP"; another value stays. */
static void rename_tan(char *card, const char *code)
{
    char *p = memchr(card, '\'', CARD);

    if (p && !strncmp(p + 6, "TAN", 3) && (p[9] == '\'' || p[9] == ' ')) {
        memset(p + 6, ' ', (size_t)(card + CARD - p - 6));
        memcpy(p + 6, code, strlen(code));
        p[6 + strlen(code)] = '\'';
    }
}

/* A PV card that means nothing to TAN but is of TPV: SCAMP wrote such. */
static int is_scamp(const char *key)
{
    return !strncmp(key, "PV2_", 4)
           || (!strncmp(key, "PV1_", 4) && (key[4] > '4' || key[5]));
}

/* Join what two conventions say; see vo_wcs_parse. */
static void reconcile(char *cards, int n, int has_sip, int has_scamp)
{
    int i;

    for (i = 0; i < n; ++i) {
        char *card = cards + (apr_size_t)i * CARD;
        int is_sip = card[1] == '_' || card[2] == '_';

        if (!strncmp(card, "CTYPE", 5) && (has_sip || has_scamp)) {
            rename_tan(card, has_sip ? "TAN-SIP" : "TPV");
        }
        else if (has_sip ? !strncmp(card, "PV", 2) : is_sip) {
            memset(card, ' ', CARD);
        }
    }
}

/* The wanted cards of the header, NUL-terminated, in POOL. */
static vo_err_t *choose_cards(char **out, int *nout, const char *cards,
                              int ncards, apr_pool_t *pool)
{
    char *at = apr_palloc(pool, (apr_size_t)MAX_CARDS * CARD + 1);
    int i, n = 0, has_sip = 0, has_scamp = 0, has_ctype = 0;
    char key[9];

    *out = at;
    for (i = 0; i < ncards; ++i) {
        const char *card = cards + (apr_size_t)i * CARD;
        const wanted_t *what;
        char *to = at + (apr_size_t)n * CARD;
        int is_useful;

        card_key(key, card);
        what = find_wanted(key);
        is_useful = what ? rebuild(to, card, key, what) : 0;
        if (is_useful < 0) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "%s of the header is not within 0 and 9.", key);
        }
        if (!is_useful) {
            continue;
        }
        if (!strncmp(to + 11, "RA---TNX", 8)
            || !strncmp(to + 11, "RA---ZPX", 8)) {
            return vo_err_make(pool, VO_ERR_USAGE,
                               "The projection %.3s of IRAF is not read; TPV,"
                               " SIP and those of the FITS standard are.",
                               to + 16);
        }
        if (++n == MAX_CARDS) {
            return vo_err_make(pool, VO_ERR_USAGE, "The header has more than"
                               " %d cards about coordinates.", MAX_CARDS);
        }
        has_sip |= !strcmp(key, "A_ORDER") || !strcmp(key, "B_ORDER");
        has_scamp |= is_scamp(key);
        has_ctype |= what == wanted;
    }
    if (!has_ctype) {
        return vo_err_make(pool, VO_ERR_NOTFOUND,
                           "The header has no celestial coordinates.");
    }
    reconcile(at, n, has_sip, has_scamp);
    at[(apr_size_t)n * CARD] = '\0';
    *nout = n;
    return NULL;
}

/* --- reading ------------------------------------------------------------- */

static apr_status_t free_wcs(void *data)
{
    vo_wcs_t *wcs = data;

    wcsfree(&wcs->prm);
    return APR_SUCCESS;
}

static vo_err_t *complain(apr_pool_t *pool, int status, const char *what)
{
    return vo_err_make(pool, VO_ERR_USAGE, "The coordinates of the header %s"
                       " (%s).", what,
                       status > 0 && status <= 14 ? wcs_errmsg[status]
                                                  : "no reason given");
}

/* What linset of wcslib 7.12 leaves behind when a matrix is singular. */
static void free_rest(struct linprm *lin)
{
    if (lin->flag == 0) {
        free(lin->piximg);
        free(lin->imgpix);
        lin->piximg = lin->imgpix = NULL;
    }
}

/* The two celestial axes of FROM into wcs->prm. */
static vo_err_t *take_axes(vo_wcs_t *wcs, struct wcsprm *from,
                           apr_pool_t *pool)
{
    int axes[MAX_AXES + 1] = {WCSSUB_CELESTIAL};
    int nsub = 1, status;

    if (from->naxis > MAX_AXES) {
        return vo_err_make(pool, VO_ERR_USAGE, "The header has %d axes of"
                           " coordinates; at most %d are read.", from->naxis,
                           MAX_AXES);
    }
    wcs->prm.flag = -1;
    status = wcssub(1, from, &nsub, axes, &wcs->prm);
    wcs->is_made = 1;
    if (status) {
        return complain(pool, status, "cannot be taken apart");
    }
    if (nsub != 2) {
        return vo_err_make(pool, VO_ERR_NOTFOUND,
                           "The header has no celestial coordinates.");
    }
    wcs->info.axis[0] = axes[0] - 1;
    wcs->info.axis[1] = axes[1] - 1;
    if (wcs->prm.nwtb) {
        return vo_err_make(pool, VO_ERR_USAGE, "Coordinates in a look-up table"
                           " (-TAB) are not read.");
    }
    unitfix(0, &wcs->prm);
    datfix(&wcs->prm);
    status = wcsset(&wcs->prm);
    if (!status) { /* AIPS's NCP, GLS */
        celfix(&wcs->prm);
        status = wcsset(&wcs->prm);
    }
    if (status) {
        free_rest(&wcs->prm.lin);
        return complain(pool, status, "make no sense");
    }
    return NULL;
}

static const char *projection(const struct wcsprm *prm, apr_pool_t *pool)
{
    if (strlen(prm->ctype[prm->lng]) > 8
        && !strcmp(prm->ctype[prm->lng] + 8, "-SIP")) {
        return "SIP";
    }
    return prm->lin.dispre || prm->lin.disseq ? "TPV"
                                  : apr_pstrdup(pool, prm->cel.prj.code);
}

static vo_err_t *set_info(vo_wcs_t *wcs, apr_pool_t *pool)
{
    struct wcsprm *prm = &wcs->prm;
    vo_wcs_info_t *info = &wcs->info;
    int i, j;

    if (prm->lng < 0 || prm->lat < 0 || !*prm->cel.prj.code) {
        return vo_err_make(pool, VO_ERR_USAGE, "CTYPE %s, %s is no celestial"
                           " projection of the FITS standard.", prm->ctype[0],
                           prm->ctype[1]);
    }
    if (vo_frame_set(&wcs->frame, prm->lngtyp, prm->radesys,
                     undefined(prm->equinox) ? NAN : prm->equinox,
                     undefined(prm->mjdobs) ? NAN : prm->mjdobs)) {
        return vo_err_make(pool, VO_ERR_USAGE, "The frame of CTYPE %s, RADESYS"
                           " \"%s\" is not known.", prm->ctype[prm->lng],
                           prm->radesys);
    }
    info->projection = projection(prm, pool);
    info->is_distorted = prm->lin.dispre || prm->lin.disseq;
    info->frame = wcs->frame.name;
    info->equinox = wcs->frame.equinox;
    for (i = 0; i < 2; ++i) {
        int row = i ? prm->lat : prm->lng;

        info->crpix[i] = prm->crpix[i];
        info->crval[i] = prm->crval[row];
        for (j = 0; j < 2; ++j) {
            info->cd[2 * i + j] = prm->lin.cdelt[row]
                                  * prm->lin.pc[2 * row + j];
        }
    }
    return NULL;
}

vo_err_t *vo_wcs_parse(vo_wcs_t **out, const char *cards, int ncards,
                       apr_pool_t *pool)
{
    vo_wcs_t *wcs = apr_pcalloc(pool, sizeof(*wcs));
    struct wcsprm *all = NULL;
    int n = 0, nrejected, nall = 0, status;
    apr_pool_t *scratch;
    vo_err_t *err;
    char *chosen;

    apr_pool_create(&scratch, pool);
    err = choose_cards(&chosen, &n, cards, ncards, scratch);
    if (err) {
        return err; /* it lives in scratch, which lives in pool */
    }
    status = wcspih(chosen, n, WCSHDR_all, 0, &nrejected, &nall, &all);
    apr_pool_destroy(scratch);
    if (status || !nall) {
        wcsvfree(&nall, &all);
        return status ? complain(pool, status, "cannot be read")
                      : vo_err_make(pool, VO_ERR_NOTFOUND, "The header has no"
                                    " celestial coordinates.");
    }
    err = take_axes(wcs, &all[0], pool);
    wcsvfree(&nall, &all);
    if (wcs->is_made) {
        apr_pool_cleanup_register(pool, wcs, free_wcs, apr_pool_cleanup_null);
    }
    VO_TRY(err);
    VO_TRY(set_info(wcs, pool));
    *out = wcs;
    return NULL;
}

const vo_wcs_info_t *vo_wcs_info(const vo_wcs_t *wcs)
{
    return &wcs->info;
}

/* --- points -------------------------------------------------------------- */

/* STATUS of wcsp2s or wcss2p with STAT for each of N points: which have a
 * result. */
static int is_good(int status, const int *stat, int i)
{
    return status == 0 || ((status == 8 || status == 9) && !stat[i]);
}

int vo_wcs_to_sky(vo_wcs_t *wcs, int n, const double *pixels, double *radec)
{
    double intermediate[2 * CHUNK], phi[CHUNK], theta[CHUNK];
    double world[2 * CHUNK];
    int stat[CHUNK], nbad = 0, lng = wcs->prm.lng, lat = wcs->prm.lat;

    while (n > 0) {
        int i, m = n < CHUNK ? n : CHUNK;
        int status = wcsp2s(&wcs->prm, m, 2, pixels, intermediate, phi, theta,
                            world, stat);

        for (i = 0; i < m; ++i) {
            double *at = radec + 2 * i;

            at[0] = world[2 * i + lng];
            at[1] = world[2 * i + lat];
            if (!is_good(status, stat, i) || !isfinite(at[0])
                || !isfinite(at[1])) {
                at[0] = at[1] = NAN;
                ++nbad;
            }
            else if (wcs->frame.is_icrs) {
                at[0] -= 360 * floor(at[0] / 360);
                at[0] = at[0] >= 360 ? 0 : at[0];
            }
            else {
                vo_frame_to_icrs(&wcs->frame, &at[0], &at[1]);
            }
        }
        n -= m;
        pixels += 2 * m;
        radec += 2 * m;
    }
    return nbad;
}

/* A distortion's inverse is found by iteration, and may end anywhere: PIXELS
 * must lead back to WORLD. */
static int leads_back(vo_wcs_t *wcs, const double *pixels, const double *world)
{
    double intermediate[2], phi[1], theta[1], again[2];
    int stat[1], lng = wcs->prm.lng, lat = wcs->prm.lat;
    double dlon, dlat;

    if (wcsp2s(&wcs->prm, 1, 2, pixels, intermediate, phi, theta, again,
               stat)) {
        return 0;
    }
    dlat = again[lat] - world[lat];
    dlon = remainder(again[lng] - world[lng], 360)
           * cos(world[lat] * (3.14159265358979323846 / 180));
    return hypot(dlon, dlat) < 1e-8;
}

int vo_wcs_to_pixels(vo_wcs_t *wcs, int n, const double *radec, double *pixels)
{
    double world[2 * CHUNK], phi[CHUNK], theta[CHUNK];
    double intermediate[2 * CHUNK], found[2 * CHUNK];
    int stat[CHUNK], nbad = 0, lng = wcs->prm.lng, lat = wcs->prm.lat;

    while (n > 0) {
        int i, status, m = n < CHUNK ? n : CHUNK;

        for (i = 0; i < m; ++i) {
            double lon = radec[2 * i], y = radec[2 * i + 1];

            if (!wcs->frame.is_icrs) {
                vo_frame_from_icrs(&wcs->frame, &lon, &y);
            }
            world[2 * i + lng] = lon;
            world[2 * i + lat] = y;
        }
        status = wcss2p(&wcs->prm, m, 2, world, phi, theta, intermediate,
                        found, stat);
        for (i = 0; i < m; ++i) {
            double *at = pixels + 2 * i;

            at[0] = found[2 * i];
            at[1] = found[2 * i + 1];
            if (!is_good(status, stat, i) || !isfinite(at[0])
                || !isfinite(at[1])
                || (wcs->info.is_distorted
                    && !leads_back(wcs, at, world + 2 * i))) {
                at[0] = at[1] = NAN;
                ++nbad;
            }
        }
        n -= m;
        radec += 2 * m;
        pixels += 2 * m;
    }
    return nbad;
}
