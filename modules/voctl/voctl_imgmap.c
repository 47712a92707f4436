/* voctl_imgmap.c: what headers and names of files say: the keyword map. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl_imgmap.h"

#include <math.h>
#include <regex.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "vo_num.h"
#include "voctl.h"
#include "voctl_metafile.h"

#define MAX_LINE 8192
#define MAX_NUMBERED 999

const char voctl_imgmap_default[] =
    "[image]\n"
    "# any of these makes a coadded image; others are single exposures\n"
    "coadd = COMBINET, OAJ PRO SWCMB1, NCOMBINE, IMCMB001,\n"
    "  path:(_swp|_coadd|_stack)\n"
    "target = OBJECT, TARGNAME\n"
    "filter = FILTER, FILTER1, FILTNAM, BAND\n"
    "exptime = TEXPOSED, TEXPSUM, EXPTIME, EXPOSURE, XPOSURE\n"
    "t_min = DATE-BEG, MJD-OBS, DATE-OBS\n"
    "t_max = DATE-END, MJD-END\n"
    "# arcsec\n"
    "fwhm = OAJ PRO FWHMMEAN, OAJ PRO FWHMSEXT, SEEING, PSF_FWHM, FWHM*scale\n"
    "# magnitudes, AB\n"
    "depth = OAJ PRO LIMMAG, MAGLIM, LIMMAG, DEPTH\n"
    "zero_point = OAJ PRO ZPT, MAGZERO, MAGZPT, MAGZP, ZPT, ZEROPNT\n"
    "unit = BUNIT\n"
    "ucd = 'phot.flux'\n"
    "facility = TELESCOP, OBSERVAT\n"
    "instrument = INSTRUME\n"
    "created = DATE\n"
    "# where there are no world coordinates, degrees: position and diameter\n"
    "ra = RA_TARG, RA_OBJ, RA_PNT, RA\n"
    "dec = DEC_TARG, DEC_OBJ, DEC_PNT, DEC\n"
    "aperture = APERTURE\n"
    "progenitors = OAJ PRO SWCMB#, IMCMB#\n"
    "# beside these: collection (default: the survey), title, em_min, em_max\n"
    "# (m), product_type (image, cube, spectrum ...), pol_states\n"
    "[coadd]\n"
    "subtype = 'coadd'\n"
    "calib_level = '3'\n"
    "obs_id = OBJECT, stem\n"
    "tile_id = TILE_ID, TILEID, OAJ PRO TILEID,\n"
    "  path:(^|/)(tile[_-]?)?([0-9]+)[_.-][^/]*$\n"
    "[single]\n"
    "subtype = 'single'\n"
    "calib_level = '2'\n"
    "obs_id = stem\n"
    "tile_id = TILE_ID, TILEID\n"
    "[weight]\n"
    "names = .weight, _weight, -weight, swpweight -> swp, .wht, _wht,\n"
    "  _oow_ -> _ooi_\n"
    "keywords = PRODTYPE=wtmap, OBSTYPE=weight\n"
    "extnames = WHT, WEIGHT, IVAR\n"
    "[mask]\n"
    "names = .mask, _mask, -mask, .flag, _flag, _ood_ -> _ooi_\n"
    "keywords = PRODTYPE=dqmask, OBSTYPE=mask\n"
    "extnames = MASK, DQ, BPM, FLAG\n"
    "[noise]\n"
    "names = .rms, _rms, .sigma, _sigma, .noise, _noise, .err, _err, .var,\n"
    "  _var\n"
    "extnames = ERR, ERROR, RMS, SIGMA, VAR, VARIANCE\n"
    "[psf]\n"
    "names = .psf, _psf, -psf\n"
    "extnames = PSF, PSF_DATA\n"
    "[thumbnail]\n"
    "names = .thumb, _thumb, .thumbnail, _thumbnail, _small\n"
    "[rgb]\n"
    "names = .rgb, _rgb, -rgb, .color, _color, .colour, _colour, _irg\n"
    "[preview]\n"
    "# any other picture with the name of an image\n"
    "names = .preview, _preview\n"
    "[documentation]\n"
    "names = .readme, _readme\n"
    "[auxiliary]\n"
    "names = .aux, _aux\n"
    "[ignore]\n"
    "names = .cat, _cat, .ldac, .segmentation, _segmentation\n"
    "[filters]\n";

struct voctl_imgmap_t {
    apr_hash_t *sections; /* name -> apr_hash_t of key -> value */
};

static const char *const fields[] = {
    "coadd", "collection", "obs_id", "tile_id", "filter", "title", "target",
    "exptime", "t_min", "t_max", "fwhm", "depth", "zero_point", "unit", "ucd",
    "facility", "instrument", "created", "calib_level", "subtype", "em_min",
    "em_max", "ra", "dec", "aperture", "progenitors", "product_type",
    "pol_states", NULL,
};
static const char *const file_keys[] = {"names", "keywords", "extnames", NULL};

/* --- reading ------------------------------------------------------------- */

typedef struct parser_t {
    voctl_imgmap_t *map;
    const char *name;           /* of the file */
    int line;
    apr_hash_t *section;
    const char *const *allowed; /* keys; NULL: any */
    const char *key;            /* the last one */
    apr_pool_t *pool;
} parser_t;

static vo_err_t *complain(const parser_t *p, const char *what,
                          const char *word)
{
    return vo_err_make(p->pool, VO_ERR_USAGE, "%s, line %d: %s \"%s\"",
                       p->name, p->line, what, word);
}

static int is_among(const char *const *words, const char *word)
{
    for (; *words; ++words) {
        if (!strcmp(*words, word)) {
            return 1;
        }
    }
    return 0;
}

static char *trim(char *s)
{
    size_t n;

    s += strspn(s, " \t");
    n = strlen(s);
    while (n && strchr(" \t\r\n", s[n - 1])) {
        s[--n] = '\0';
    }
    return s;
}

static vo_err_t *begin_section(parser_t *p, char *line)
{
    char *end = strchr(line, ']'), *name;

    if (!end || end[1]) {
        return complain(p, "a section looks like [coadd], not", line);
    }
    *end = '\0';
    name = trim(line + 1);
    p->key = NULL;
    if (!strcmp(name, "image") || !strcmp(name, "coadd")
        || !strcmp(name, "single")) {
        p->allowed = fields;
    }
    else if (!strcmp(name, "filters")) {
        p->allowed = NULL;
    }
    else if (!strcmp(name, "ignore") || vo_product_kind_find(name) >= 0) {
        p->allowed = file_keys;
    }
    else {
        return complain(p, "there is no section", name);
    }
    p->section = apr_hash_get(p->map->sections, name, APR_HASH_KEY_STRING);
    if (!p->section) {
        p->section = apr_hash_make(p->pool);
        apr_hash_set(p->map->sections, apr_pstrdup(p->pool, name),
                     APR_HASH_KEY_STRING, p->section);
    }
    return NULL;
}

/* An expression that does not compile is seen here, not at the first file. */
static vo_err_t *check_sources(const parser_t *p, const char *value)
{
    apr_array_header_t *sources = voctl_split(value, p->pool);
    int i;

    for (i = 0; i < sources->nelts && p->allowed == fields; ++i) {
        const char *source = APR_ARRAY_IDX(sources, i, const char *);
        regex_t re;

        if (!strncmp(source, "path:", 5)) {
            if (regcomp(&re, source + 5, REG_EXTENDED)) {
                return complain(p, "this is no regular expression:",
                                source + 5);
            }
            regfree(&re);
        }
    }
    return NULL;
}

static vo_err_t *read_line(parser_t *p, char *line)
{
    char *equals, *value;

    if (p->key && (*line == ' ' || *line == '\t') && *trim(line)) {
        value = apr_pstrcat(p->pool, (const char *)apr_hash_get(
                                p->section, p->key, APR_HASH_KEY_STRING),
                            " ", trim(line), NULL);
        apr_hash_set(p->section, p->key, APR_HASH_KEY_STRING, value);
        return check_sources(p, value);
    }
    line = trim(line);
    if (!*line || *line == '#' || *line == ';') {
        return NULL;
    }
    if (*line == '[') {
        return begin_section(p, line);
    }
    equals = strchr(line, '=');
    if (!equals || !p->section) {
        return complain(p, equals ? "a section such as [image] must come before"
                                  : "\"key = value\" is expected, not", line);
    }
    *equals = '\0';
    value = apr_pstrdup(p->pool, trim(equals + 1));
    line = trim(line);
    if (p->allowed && !is_among(p->allowed, line)) {
        return complain(p, "the section has no key", line);
    }
    p->key = apr_pstrdup(p->pool, line);
    apr_hash_set(p->section, p->key, APR_HASH_KEY_STRING, value);
    return check_sources(p, value);
}

static vo_err_t *read_default(parser_t *p)
{
    char *text = apr_pstrdup(p->pool, voctl_imgmap_default);

    p->name = "the default map";
    while (*text) {
        char *end = strchr(text, '\n');

        *end = '\0';
        ++p->line;
        VO_TRY(read_line(p, text));
        text = end + 1;
    }
    return NULL;
}

vo_err_t *voctl_imgmap_read(voctl_imgmap_t **map, const char *path,
                            apr_pool_t *pool)
{
    parser_t p = {NULL, NULL, 0, NULL, NULL, NULL, pool};
    char line[MAX_LINE];
    apr_file_t *f;
    apr_status_t rv;

    p.map = apr_pcalloc(pool, sizeof(*p.map));
    p.map->sections = apr_hash_make(pool);
    *map = p.map;
    VO_TRY(read_default(&p));
    if (!path) {
        return NULL;
    }
    p.name = path;
    p.line = 0;
    p.section = NULL;
    p.key = NULL;
    rv = apr_file_open(&f, path, APR_READ | APR_BUFFERED, 0, pool);
    while (rv == APR_SUCCESS
           && (rv = apr_file_gets(line, sizeof(line), f)) == APR_SUCCESS) {
        ++p.line;
        if (!strchr(line, '\n') && strlen(line) == sizeof(line) - 1) {
            return complain(&p, "the line is too long:", "");
        }
        VO_TRY(read_line(&p, line));
    }
    if (rv != APR_EOF) {
        vo_err_t *err = vo_err_make(pool, VO_ERR_USAGE, "Cannot read %s",
                                    path);

        err->aprerr = rv;
        return err;
    }
    apr_file_close(f);
    return NULL;
}

/* --- values of headers --------------------------------------------------- */

/* The text behind "=" of CARD, of which REST characters are left. */
static const char *card_value(const char *p, const char *end, apr_pool_t *pool)
{
    const char *from;

    while (p < end && *p == ' ') {
        ++p;
    }
    if (p < end && *p == '\'') {
        from = ++p;
        while (p < end && *p != '\'') {
            ++p;
        }
    }
    else {
        from = p;
        while (p < end && *p != ' ' && *p != '/') {
            ++p;
        }
    }
    while (p > from && p[-1] == ' ') {
        --p;
    }
    return p > from ? apr_pstrmemdup(pool, from, (apr_size_t)(p - from))
                    : NULL;
}

/* The value of the HIERARCH card called KEY ("OAJ PRO FWHMMEAN"). */
static const char *hierarch(const vo_fits_cards_t *head, const char *key,
                            apr_pool_t *pool)
{
    size_t n = strlen(key);
    int i;

    for (i = 0; i < head->ncards; ++i) {
        const char *card = head->cards + i * VO_FITS_CARD;
        const char *end = card + VO_FITS_CARD, *p = card + 9;

        if (memcmp(card, "HIERARCH ", 9) || n > VO_FITS_CARD - 11
            || strncmp(p, key, n)) {
            continue;
        }
        for (p += n; p < end && *p == ' '; ++p) {
        }
        if (p < end && *p == '=') {
            return card_value(p + 1, end, pool);
        }
    }
    return NULL;
}

static const char *keyword(const voctl_imghead_t *head, const char *key,
                           apr_pool_t *pool)
{
    const vo_fits_cards_t *heads[2] = {head->own, head->primary};
    const char *value = NULL;
    int i;

    for (i = 0; i < 2 && !value; ++i) {
        if (heads[i]) {
            value = strlen(key) <= 8 && !strchr(key, ' ')
                        ? vo_fits_cards_string(heads[i], key)
                        : hierarch(heads[i], key, pool);
        }
    }
    return value;
}

/* Whether TEXT is a decimal number. */
static int to_number(const char *text, double *v)
{
    return vo_num_to_double(text, (int)strlen(text), v) && isfinite(*v);
}

/* VALUE times FACTOR ("scale" or a number); NULL when one is no number. */
static const char *scaled(const voctl_imghead_t *head, const char *value,
                          const char *factor, apr_pool_t *pool)
{
    char buf[VO_NUM_SIZE];
    double a, b = head->scale;

    if (!value || !to_number(value, &a)
        || (strcmp(factor, "scale") && !to_number(factor, &b)) || isnan(b)) {
        return NULL;
    }
    vo_num_from_double(buf, a * b);
    return apr_pstrdup(pool, buf);
}

/* The last group of expression TEXT that takes part in a match with PATH. */
static const char *match(const char *text, const char *path, apr_pool_t *pool)
{
    regmatch_t groups[10];
    const char *value = NULL;
    regex_t re;
    int i;

    if (regcomp(&re, text, REG_EXTENDED)) {
        return NULL;
    }
    if (!regexec(&re, path, 10, groups, 0)) {
        for (i = 9; i >= 0 && !value; --i) {
            if (groups[i].rm_so >= 0) {
                value = apr_pstrmemdup(pool, path + groups[i].rm_so,
                                       (apr_size_t)(groups[i].rm_eo
                                                    - groups[i].rm_so));
            }
        }
    }
    regfree(&re);
    return value;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const char *source_value(const voctl_imghead_t *head,
                                const char *source, apr_pool_t *pool)
{
    const char *star;
    size_t n = strlen(source);

    if (*source == '\'') {
        return n > 2 ? apr_pstrmemdup(pool, source + 1, n - 2) : NULL;
    }
    if (!strcmp(source, "stem")) {
        return base_name(voctl_img_stem(head->path, NULL, pool));
    }
    if (!strncmp(source, "path:", 5)) {
        return match(source + 5, head->path, pool);
    }
    star = strchr(source, '*');
    if (star) {
        return scaled(head, keyword(head, apr_pstrmemdup(
                                        pool, source,
                                        (apr_size_t)(star - source)), pool),
                      star + 1, pool);
    }
    return keyword(head, source, pool);
}

static const char *sources_of(const voctl_imgmap_t *map,
                              const voctl_imghead_t *head, const char *field)
{
    const char *names[2] = {head->is_coadd ? "coadd" : "single", "image"};
    const char *value = NULL;
    int i;

    for (i = 0; i < 2 && !value; ++i) {
        apr_hash_t *section = apr_hash_get(map->sections, names[i],
                                           APR_HASH_KEY_STRING);

        value = section ? apr_hash_get(section, field, APR_HASH_KEY_STRING)
                        : NULL;
    }
    return value;
}

const char *voctl_imgmap_get(const voctl_imgmap_t *map,
                             const voctl_imghead_t *head, const char *field,
                             apr_pool_t *pool)
{
    apr_array_header_t *all = voctl_split(sources_of(map, head, field), pool);
    const char *value = NULL;
    int i;

    for (i = 0; i < all->nelts && !value; ++i) {
        value = source_value(head, APR_ARRAY_IDX(all, i, const char *), pool);
    }
    return value;
}

/* Add the values of KEY with its '#' replaced by 1, 2 ... or 001, 002 ... */
static void add_numbered(apr_array_header_t *values,
                         const voctl_imghead_t *head, const char *key,
                         apr_pool_t *pool)
{
    const char *value;
    int digits, i;

    for (digits = 1; digits <= 3; digits += 2) {
        for (i = 1; i <= MAX_NUMBERED; ++i) {
            value = keyword(head, apr_psprintf(pool, "%.*s%0*d",
                                               (int)strcspn(key, "#"), key,
                                               digits, i), pool);
            if (!value) {
                break;
            }
            APR_ARRAY_PUSH(values, const char *) = value;
        }
    }
}

apr_array_header_t *voctl_imgmap_all(const voctl_imgmap_t *map,
                                     const voctl_imghead_t *head,
                                     const char *field, apr_pool_t *pool)
{
    apr_array_header_t *all = voctl_split(sources_of(map, head, field), pool);
    apr_array_header_t *values = apr_array_make(pool, 8, sizeof(char *));
    int i;

    for (i = 0; i < all->nelts; ++i) {
        const char *source = APR_ARRAY_IDX(all, i, const char *), *value;

        if (strchr(source, '#')) {
            add_numbered(values, head, source, pool);
        }
        else if ((value = source_value(head, source, pool)) != NULL) {
            APR_ARRAY_PUSH(values, const char *) = value;
        }
    }
    return values;
}

const char *voctl_imgmap_filter(const voctl_imgmap_t *map, const char *name)
{
    apr_hash_t *filters = apr_hash_get(map->sections, "filters",
                                       APR_HASH_KEY_STRING);
    const char *value = filters ? apr_hash_get(filters, name,
                                               APR_HASH_KEY_STRING)
                                : NULL;

    return value ? value : name;
}

/* --- names of files ------------------------------------------------------ */

const char *voctl_img_stem(const char *path, const char **ending,
                           apr_pool_t *pool)
{
    static const char *const endings[] = {
        ".fits", ".fit", ".fts", ".fz", ".gz", ".bz2", ".oifits", ".png",
        ".jpg", ".jpeg", NULL};
    size_t n = strlen(path);
    int i;

    for (i = 0; endings[i]; ++i) {
        size_t len = strlen(endings[i]);

        if (n > len && !strncasecmp(path + n - len, endings[i], len)) {
            n -= len;
            i = -1; /* ".fits.fz" has two */
        }
    }
    if (ending) {
        *ending = path + n;
    }
    return apr_pstrmemdup(pool, path, n);
}

/* STEM without what NAME ("_weight" or "A -> B") says, or NULL when it does
 * not say that. */
static const char *without(const char *stem, const char *name,
                           apr_pool_t *pool)
{
    const char *arrow = strstr(name, "->"), *at;
    size_t n = strlen(stem), len = strlen(name);

    if (arrow) {
        char *from = trim(apr_pstrmemdup(pool, name,
                                         (apr_size_t)(arrow - name)));

        at = strstr(stem, from);
        return at && *from
                   ? apr_pstrcat(pool, apr_pstrmemdup(pool, stem,
                                                      (apr_size_t)(at - stem)),
                                 trim(apr_pstrdup(pool, arrow + 2)),
                                 at + strlen(from), NULL)
                   : NULL;
    }
    return n > len && stem[n - len - 1] != '/'
                   && !strcasecmp(stem + n - len, name)
               ? apr_pstrmemdup(pool, stem, n - len)
               : NULL;
}

/* The words KEY of the section for KIND. */
static apr_array_header_t *words_of(const voctl_imgmap_t *map, int kind,
                                    const char *key, apr_pool_t *pool)
{
    const char *name = kind == VOCTL_IMG_IGNORED ? "ignore"
                                                 : vo_product_kinds[kind].name;
    apr_hash_t *section = apr_hash_get(map->sections, name,
                                       APR_HASH_KEY_STRING);

    return voctl_split(section ? apr_hash_get(section, key,
                                              APR_HASH_KEY_STRING)
                               : NULL, pool);
}

static int is_picture(const char *ending)
{
    return !strncasecmp(ending, ".png", 4) || !strncasecmp(ending, ".jp", 3);
}

int voctl_imgmap_kind(const voctl_imgmap_t *map, const char *path,
                      const char **stem, apr_pool_t *pool)
{
    const char *ending, *own = voctl_img_stem(path, &ending, pool);
    int kind, i;

    for (kind = VOCTL_IMG_IGNORED; kind < VO_PRODUCT_COUNT; ++kind) {
        apr_array_header_t *names;

        if (kind == VOCTL_IMG_SCIENCE) {
            continue;
        }
        names = words_of(map, kind, "names", pool);
        for (i = 0; i < names->nelts; ++i) {
            *stem = without(own, APR_ARRAY_IDX(names, i, const char *), pool);
            if (*stem) {
                return kind;
            }
        }
    }
    *stem = own;
    return is_picture(ending) ? VO_PRODUCT_PREVIEW : VOCTL_IMG_SCIENCE;
}

int voctl_imgmap_hdu_kind(const voctl_imgmap_t *map,
                          const voctl_imghead_t *head, apr_pool_t *pool)
{
    const char *extname = vo_fits_cards_string(head->own, "EXTNAME");
    int kind, i;

    for (kind = 0; kind < VO_PRODUCT_COUNT; ++kind) {
        apr_array_header_t *words = words_of(map, kind, "extnames", pool);

        for (i = 0; extname && i < words->nelts; ++i) {
            if (!strcasecmp(extname, APR_ARRAY_IDX(words, i, const char *))) {
                return kind;
            }
        }
        words = words_of(map, kind, "keywords", pool);
        for (i = 0; i < words->nelts; ++i) {
            const char *word = APR_ARRAY_IDX(words, i, const char *);
            size_t n = strcspn(word, "=");
            const char *value = keyword(head, apr_pstrmemdup(pool, word, n),
                                        pool);

            if (value && word[n] && !strcasecmp(value, word + n + 1)) {
                return kind;
            }
        }
    }
    return VOCTL_IMG_SCIENCE;
}
