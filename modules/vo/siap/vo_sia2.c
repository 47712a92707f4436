/* vo_sia2.c: reading the parameters of SIA 2.0, making the SQL. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIA 2.0 (REC 2015-12-23), section 2.1 */
#include "vo_sia2.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../meta/vo_column_sql.h"
#include "../sky/sky.h"
#include "../vo_num.h"

#define OID_INT8 20u
#define OID_TEXT 25u
#define OID_FLOAT8 701u

/* A statement is kept on a connection only if it is likely to come again. */
#define MAX_NAMED_PARAMS 8

const vo_sia2_param_t vo_sia2_params[VO_SIA2_NPARAMS] = {
    {"POS", VO_SIA2_SHAPE, "s_region", NULL, 0,
     "Region the image meets: CIRCLE lon lat radius, RANGE lon1 lon2 lat1"
     " lat2 or POLYGON lon1 lat1 lon2 lat2 lon3 lat3 ...; ICRS, degrees"},
    {"BAND", VO_SIA2_OVERLAP, "em_min", "em_max", 0,
     "Wavelength or interval of wavelengths the image covers some of"},
    {"TIME", VO_SIA2_OVERLAP, "t_min", "t_max", 0,
     "Time or interval of time, MJD, the image covers some of"},
    {"POL", VO_SIA2_STATE, "pol_states", NULL, 0,
     "Polarisation state that was measured"},
    {"FOV", VO_SIA2_WITHIN, "s_fov", NULL, 0,
     "Interval that holds the diameter of the field of view"},
    {"SPATRES", VO_SIA2_WITHIN, "s_resolution", NULL, 0,
     "Interval that holds the spatial resolution"},
    {"SPECRP", VO_SIA2_WITHIN, "em_res_power", NULL, 0,
     "Interval that holds the spectral resolving power"},
    {"EXPTIME", VO_SIA2_WITHIN, "t_exptime", NULL, 0,
     "Interval that holds the exposure time"},
    {"TIMERES", VO_SIA2_WITHIN, "t_resolution", NULL, 0,
     "Interval that holds the resolution in time"},
    {"ID", VO_SIA2_IVOID, "obs_publisher_did", NULL, 0,
     "Identifier of the image, given by the publisher"},
    {"COLLECTION", VO_SIA2_TEXT, "obs_collection", NULL, 1,
     "Collection the image belongs to"},
    {"FACILITY", VO_SIA2_TEXT, "facility_name", NULL, 1,
     "Telescope or observatory"},
    {"INSTRUMENT", VO_SIA2_TEXT, "instrument_name", NULL, 1, "Instrument"},
    {"DPTYPE", VO_SIA2_TEXT, "dataproduct_type", NULL, 1,
     "Kind of data: image or cube"},
    {"CALIB", VO_SIA2_INT, "calib_level", NULL, 1,
     "Degree of calibration, from 0 (raw) to 4 (analysis product)"},
    {"TARGET", VO_SIA2_TEXT, "target_name", NULL, 0,
     "Object or field that was observed"},
    {"FORMAT", VO_SIA2_TEXT, "access_format", NULL, 1,
     "Media type of what access_url gives"},
};

const char *const vo_sia2_states[] = {
    "I",  "Q",  "U",  "V",  "RR", "LL",   "RL",   "LR",
    "XX", "YY", "XY", "YX", "POLI", "POLA", NULL,
};

/* The statement is gathered piece by piece. */
typedef struct builder_t {
    const vo_table_t *obscore;
    apr_array_header_t *where;  /* const char *: joined by AND */
    apr_array_header_t *values; /* const char * */
    apr_array_header_t *oids;   /* unsigned */
    int is_selective;           /* few rows are expected */
    apr_pool_t *pool;
} builder_t;

/* Add a parameter of the statement; the place that stands for it, "$1". */
static const char *add_value(builder_t *b, const char *value, unsigned oid)
{
    APR_ARRAY_PUSH(b->values, const char *) = value;
    APR_ARRAY_PUSH(b->oids, unsigned) = oid;
    return apr_psprintf(b->pool, "$%d", b->values->nelts);
}

static const char *add_number(builder_t *b, double value)
{
    char *text = apr_palloc(b->pool, VO_NUM_SIZE);

    vo_num_from_double(text, value);
    return add_value(b, text, OID_FLOAT8);
}

/* The start of what the client sent, for messages. */
static const char *quoted(const char *text, apr_pool_t *pool)
{
    apr_size_t len = 57;

    if (strlen(text) <= 60) {
        return text;
    }
    while (((unsigned char)text[len] & 0xC0) == 0x80) {
        --len; /* not in the middle of a character */
    }
    return apr_pstrcat(pool, apr_pstrmemdup(pool, text, len), "...", NULL);
}

static vo_err_t *bad_value(builder_t *b, const vo_sia2_param_t *param,
                           const char *text, const char *wanted)
{
    return vo_err_make(b->pool, VO_ERR_USAGE, "%s must be %s; it is '%s'.",
                       param->name, wanted, quoted(text, b->pool));
}

/* --- numbers and shapes --------------------------------------------------- */

/* The numbers in TEXT, separated by blanks, or NULL when something else is
 * there. Infinities are numbers here. */
static apr_array_header_t *numbers(const char *text, apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 8, sizeof(double));

    for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
        int len = (int)strcspn(text, " \t");
        double value;

        if (!vo_num_to_double(text, len, &value) || isnan(value)) {
            return NULL;
        }
        APR_ARRAY_PUSH(found, double) = value;
        text += len;
    }
    return found;
}

/* One number, or two of which the first is not larger (SIA 2.0, section 2.1:
 * both ends belong to it). */
static vo_err_t *interval(double ends[2], builder_t *b,
                          const vo_sia2_param_t *param, const char *text)
{
    apr_array_header_t *found = numbers(text, b->pool);

    if (!found || found->nelts < 1 || found->nelts > 2) {
        return bad_value(b, param, text, "a number or an interval, two numbers"
                         " separated by a blank, -Inf and +Inf for open ends");
    }
    ends[0] = APR_ARRAY_IDX(found, 0, double);
    ends[1] = APR_ARRAY_IDX(found, found->nelts - 1, double);
    return ends[0] <= ends[1]
               ? NULL
               : bad_value(b, param, text,
                           "an interval from a smaller to a larger number");
}

static void *from_pool(void *baton, size_t size)
{
    return apr_palloc(baton, size);
}

/* Infinite limits of a RANGE are the ends of the axis. */
static void bound_range(double range[4])
{
    static const double least[4] = {0, 0, -90, -90};
    static const double most[4] = {360, 360, 90, 90};
    int i;

    for (i = 0; i < 4; ++i) {
        if (isinf(range[i])) {
            range[i] = range[i] < 0 ? least[i] : most[i];
        }
    }
}

/* Is every longitude and latitude of N pairs one? */
static int on_sky(const double *lonlat, int npairs)
{
    int i;

    for (i = 0; i < npairs; ++i) {
        if (!(lonlat[2 * i] >= 0 && lonlat[2 * i] <= 360)
            || !(fabs(lonlat[2 * i + 1]) <= 90)) {
            return 0;
        }
    }
    return 1;
}

static sky_shape_t *make_circle(const sky_alloc_t *a, int n, double *v,
                                sky_err_t *err)
{
    (void)n;
    return sky_make_circle(a, v[0], v[1], v[2], err);
}

static sky_shape_t *make_range(const sky_alloc_t *a, int n, double *v,
                               sky_err_t *err)
{
    (void)n;
    return sky_make_range(a, v[0], v[1], v[2], v[3], err);
}

static sky_shape_t *make_polygon(const sky_alloc_t *a, int n, double *v,
                                 sky_err_t *err)
{
    return sky_make_polygon(a, n / 2, v, err);
}

/* Shapes of POS (section 2.1.1). */
static const struct {
    const char *word;
    int least, most;   /* how many numbers */
    int npairs;        /* pairs of longitude and latitude; 0: all */
    sky_shape_t *(*make)(const sky_alloc_t *a, int n, double *v,
                         sky_err_t *err);
    const char *form;
} shapes[] = {
    {"CIRCLE", 3, 3, 1, make_circle, "CIRCLE longitude latitude radius"},
    {"RANGE", 4, 4, -1, make_range,
     "RANGE longitude1 longitude2 latitude1 latitude2"},
    {"POLYGON", 6, 2 * SKY_MAX_VERTICES, 0, make_polygon,
     "POLYGON longitude1 latitude1 longitude2 latitude2 longitude3 latitude3"
     " ..."},
};
#define NSHAPES (sizeof(shapes) / sizeof(shapes[0]))

static vo_err_t *bad_shape(const char *text, const char *why, size_t i,
                           apr_pool_t *pool)
{
    vo_err_t *err = vo_err_make(pool, VO_ERR_USAGE, "POS is '%s': %s.",
                                quoted(text, pool), why);

    return i < NSHAPES
               ? vo_err_hint(pool, err, "It is written %s, in degrees, ICRS,"
                             " separated by blanks.", shapes[i].form)
               : vo_err_hint(pool, err, "A region is written %s, %s or %s, in"
                             " degrees, ICRS, separated by blanks.",
                             shapes[0].form, shapes[1].form, shapes[2].form);
}

/* The region TEXT says, as PostgreSQL's sky_region() reads it. */
static vo_err_t *shape_text(const char **region, const char *text,
                            apr_pool_t *pool)
{
    const char *word = text + strspn(text, " \t");
    apr_size_t len = strcspn(word, " \t"), i;
    sky_alloc_t alloc = {from_pool, pool};
    apr_array_header_t *found;
    sky_shape_t *shape;
    sky_err_t why;
    double *v;
    int n, is_range;

    *region = NULL;
    for (i = 0; i < NSHAPES; ++i) {
        if (strlen(shapes[i].word) == len
            && !strncasecmp(shapes[i].word, word, len)) {
            break;
        }
    }
    if (i == NSHAPES) {
        return bad_shape(text, "it begins with no shape there is", i, pool);
    }
    found = numbers(word + len, pool);
    if (!found || found->nelts < shapes[i].least
        || found->nelts > shapes[i].most
        || (!shapes[i].npairs && found->nelts % 2)) {
        return bad_shape(text, found ? "the number of numbers is wrong"
                                     : "it holds what is not a number",
                         i, pool);
    }
    v = (double *)found->elts;
    n = found->nelts;
    is_range = shapes[i].npairs < 0;
    if (is_range) {
        double corners[4];

        bound_range(v);
        corners[0] = v[0];
        corners[1] = v[2];
        corners[2] = v[1];
        corners[3] = v[3];
        n = on_sky(corners, 2) ? n : 0;
    }
    else {
        n = on_sky(v, shapes[i].npairs ? shapes[i].npairs : n / 2) ? n : 0;
    }
    if (!n) {
        return bad_shape(text, "longitudes are from 0 to 360, latitudes from"
                         " -90 to 90", i, pool);
    }
    shape = shapes[i].make(&alloc, n, v, &why);
    if (!shape) {
        return bad_shape(text, apr_pstrdup(pool, why.text), i, pool);
    }
    *region = sky_format_dali(&alloc, shape);
    return NULL;
}

/* --- conditions by kind --------------------------------------------------- */

/* The condition that one value TEXT of PARAM makes; LOWER and UPPER are its
 * columns. */
typedef vo_err_t *condition_fn_t(const char **sql, builder_t *b,
                                 const vo_sia2_param_t *param,
                                 const char *lower, const char *upper,
                                 const char *text);

static vo_err_t *on_shape(const char **sql, builder_t *b,
                          const vo_sia2_param_t *param, const char *lower,
                          const char *upper, const char *text)
{
    const char *region;

    (void)param;
    (void)upper;
    VO_TRY(shape_text(&region, text, b->pool));
    b->is_selective = 1;
    *sql = apr_pstrcat(b->pool, "sky_intersects(", lower, ", sky_region(",
                       add_value(b, region, OID_TEXT), "))", NULL);
    return NULL;
}

static vo_err_t *on_overlap(const char **sql, builder_t *b,
                            const vo_sia2_param_t *param, const char *lower,
                            const char *upper, const char *text)
{
    const char *from, *to;
    double ends[2];

    VO_TRY(interval(ends, b, param, text));
    from = add_number(b, ends[0]);
    to = add_number(b, ends[1]);
    *sql = apr_pstrcat(b->pool, "(", lower, " <= ", to, " AND ", upper, " >= ",
                       from, ")", NULL);
    return NULL;
}

static vo_err_t *on_within(const char **sql, builder_t *b,
                           const vo_sia2_param_t *param, const char *lower,
                           const char *upper, const char *text)
{
    const char *from, *to;
    double ends[2];

    (void)upper;
    VO_TRY(interval(ends, b, param, text));
    from = add_number(b, ends[0]);
    to = add_number(b, ends[1]);
    *sql = apr_pstrcat(b->pool, lower, " BETWEEN ", from, " AND ", to, NULL);
    return NULL;
}

static vo_err_t *on_state(const char **sql, builder_t *b,
                          const vo_sia2_param_t *param, const char *lower,
                          const char *upper, const char *text)
{
    const char *names = "";
    int i;

    (void)upper;
    for (i = 0; vo_sia2_states[i]; ++i) {
        if (!strcmp(vo_sia2_states[i], text)) {
            *sql = apr_pstrcat(
                b->pool, "strpos(", lower, ", ",
                add_value(b, apr_pstrcat(b->pool, "/", text, "/", NULL),
                          OID_TEXT),
                ") > 0", NULL);
            return NULL;
        }
        names = apr_pstrcat(b->pool, names, i ? ", " : "", vo_sia2_states[i],
                            NULL);
    }
    return bad_value(b, param, text,
                     apr_pstrcat(b->pool, "one of ", names, NULL));
}

static vo_err_t *on_ivoid(const char **sql, builder_t *b,
                          const vo_sia2_param_t *param, const char *lower,
                          const char *upper, const char *text)
{
    (void)param;
    (void)upper;
    b->is_selective = 1;
    *sql = apr_pstrcat(b->pool, "lower(", lower, ") = lower(",
                       add_value(b, text, OID_TEXT), ")", NULL);
    return NULL;
}

static vo_err_t *on_text(const char **sql, builder_t *b,
                         const vo_sia2_param_t *param, const char *lower,
                         const char *upper, const char *text)
{
    (void)param;
    (void)upper;
    *sql = apr_pstrcat(b->pool, lower, " = ", add_value(b, text, OID_TEXT),
                       NULL);
    return NULL;
}

static vo_err_t *on_int(const char **sql, builder_t *b,
                        const vo_sia2_param_t *param, const char *lower,
                        const char *upper, const char *text)
{
    int64_t value;

    (void)upper;
    if (strspn(text, "+-0123456789") != strlen(text)
        || !vo_num_to_int64(text, (int)strlen(text), &value)) {
        return bad_value(b, param, text, "an integer");
    }
    *sql = apr_pstrcat(b->pool, lower, " = ", add_value(b, text, OID_INT8),
                       NULL);
    return NULL;
}

/* Indexed by vo_sia2_kind_e. */
static condition_fn_t *const conditions[] = {
    on_shape, on_overlap, on_within, on_state, on_ivoid, on_text, on_int,
};

/* --- the statement -------------------------------------------------------- */

/* The column of ivoa.obscore called NAME. */
static vo_err_t *column_sql(const char **sql, builder_t *b, const char *name)
{
    const vo_column_t *column = vo_table_column(b->obscore, name);

    if (!column) {
        return vo_err_fault(b->pool, APR_EGENERAL,
                            "The images of this release are not described"
                            " well.", "ivoa.obscore has no column %s; run"
                            " voctl init", name);
    }
    *sql = vo_column_name(column, "o", b->pool);
    return NULL;
}

/* Add what all values of PARAM ask for. Empty ones are as if not given. */
static vo_err_t *add_condition(builder_t *b, const vo_sia2_param_t *param,
                               const vo_dali_params_t *params)
{
    apr_array_header_t *any = NULL;
    const char *lower = NULL, *upper = NULL, *text, *sql;
    int i;

    for (i = 0; (text = vo_dali_param_nth(params, param->name, i)); ++i) {
        if (!text[strspn(text, " \t")]) {
            continue;
        }
        if (!any) {
            any = apr_array_make(b->pool, 4, sizeof(char *));
            VO_TRY(column_sql(&lower, b, param->column));
            if (param->upper) {
                VO_TRY(column_sql(&upper, b, param->upper));
            }
        }
        VO_TRY(conditions[param->kind](&sql, b, param, lower, upper, text));
        APR_ARRAY_PUSH(any, const char *) = any->nelts
            ? apr_pstrcat(b->pool, " OR ", sql, NULL) : sql;
    }
    if (any) {
        sql = apr_array_pstrcat(b->pool, any, '\0');
        APR_ARRAY_PUSH(b->where, const char *) = any->nelts > 1
            ? apr_pstrcat(b->pool, "(", sql, ")", NULL) : sql;
    }
    return NULL;
}

static const char *select_list(vo_field_t **fields, const vo_table_t *obscore,
                               apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, obscore->ncolumns,
                                              sizeof(char *));
    int i;

    *fields = apr_pcalloc(pool, sizeof(**fields)
                                    * ((apr_size_t)obscore->ncolumns + 1));
    for (i = 0; i < obscore->ncolumns; ++i) {
        APR_ARRAY_PUSH(list, const char *) = vo_column_output(
            &(*fields)[i], obscore->columns[i], "o", pool);
    }
    return apr_array_pstrcat(pool, list, ',');
}

vo_err_t *vo_sia2_request(vo_sql_req_t *req, int *nfields,
                          vo_field_t **fields, const vo_release_t *rel,
                          const vo_dali_params_t *params, apr_int64_t maxrec,
                          apr_pool_t *pool)
{
    const vo_table_t *obscore = rel->obscore;
    char *limit = apr_palloc(pool, VO_NUM_SIZE);
    const char *type, *list, *where = "";
    builder_t b;
    int i;

    b.obscore = obscore;
    b.where = apr_array_make(pool, 8, sizeof(char *));
    b.values = apr_array_make(pool, 8, sizeof(char *));
    b.oids = apr_array_make(pool, 8, sizeof(unsigned));
    b.is_selective = 0;
    b.pool = pool;
    VO_TRY(column_sql(&type, &b, "dataproduct_type"));
    for (i = 0; i < VO_SIA2_NPARAMS; ++i) {
        VO_TRY(add_condition(&b, &vo_sia2_params[i], params));
    }
    for (i = 0; i < b.where->nelts; ++i) {
        where = apr_pstrcat(pool, where, " AND ",
                            APR_ARRAY_IDX(b.where, i, const char *), NULL);
    }
    list = select_list(fields, obscore, pool);
    *nfields = obscore->ncolumns;
    vo_num_from_int64(limit, maxrec < APR_INT64_MAX ? maxrec + 1 : maxrec);
    req->sql = apr_pstrcat(pool, "SELECT ", list, " FROM ",
                           vo_sql_ident(obscore->pg_schema, pool), ".",
                           vo_sql_ident(obscore->pg_table, pool),
                           " AS o WHERE ", type, " IN ('image', 'cube')",
                           where, " LIMIT ", add_value(&b, limit, OID_INT8),
                           NULL);
    /* Where many rows may come the best plan depends on the values. */
    if (b.is_selective && b.values->nelts <= MAX_NAMED_PARAMS) {
        req->prepare_name = vo_sql_name("sia2_", req->sql, pool);
    }
    req->role = rel->reader_role;
    req->nparams = b.values->nelts;
    req->params = (const char *const *)b.values->elts;
    req->param_oids = (const unsigned *)b.oids->elts;
    req->max_rows = maxrec;
    req->is_small = 1;
    return NULL;
}

/* --- errors --------------------------------------------------------------- */

const vo_err_t *vo_sia2_fault(const vo_err_t *err, apr_pool_t *pool)
{
    vo_err_t *said = apr_pmemdup(pool, err, sizeof(*err));
    const char *word;

    switch (err->kind) {
    case VO_ERR_USAGE:
    case VO_ERR_NOTFOUND:
    case VO_ERR_LIMIT:
        word = "UsageFault";
        break;
    case VO_ERR_BUSY:
    case VO_ERR_TIMEOUT:
        word = "TransientFault";
        break;
    case VO_ERR_FAULT:
        word = "FatalFault";
        break;
    default:
        word = "DefaultFault";
    }
    said->text = apr_pstrcat(pool, word, ": ", err->text, NULL);
    return said;
}
