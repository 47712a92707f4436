/* voctl_check.c: voctl check: is everything a release needs there and valid. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl.h"

#include <string.h>

#include <apr_strings.h>

#include "adql/vo_adql.h"
#include "meta/vo_meta_load.h"
#include "vo_sql.h"
#include "voctl_check.h"
#include "voctl_examples.h"
#include "voctl_photospec.h"
#include "voctl_plan.h"

/* Each check is a query of problems, one text a row; $1 is the release. The
 * tables of a release that are not the service's own: */
#define TABLES                                                                \
    " vo.tap_tables t JOIN vo.release r USING (release_id) "
#define WHERE_OWN                                                             \
    " WHERE t.release_id = $1 AND t.schema_name <> 'TAP_SCHEMA' "
#define REGCLASS " to_regclass(format('%I.%I', t.pg_schema, t.pg_table)) "

/* What VOUnits 1.0 knows, with SI prefixes where they are allowed. */
#define UNIT_WORD                                                             \
    "((da|[yzafpnumcdhkMGTPEZY])?(m|s|A|K|mol|cd|g|rad|sr|Hz|N|Pa|J|W|C|V|S|" \
    "F|Wb|T|H|lm|lx|Ohm|a|yr|u|eV|Ry|D|barn|R|G|pc|bit|byte|B|pix|pixel|"     \
    "arcsec|mag|Jy|erg|adu|ct|count|photon|ph|vox|voxel|bin|beam|solMass|"    \
    "solLum|solRad|Sun|lyr|chan|electron)|min|h|d|deg|arcmin|mas|uas|AU|au|"  \
    "Angstrom|angstrom|Ba|cy|%|dex|dB)"
#define UNIT_FACTOR "\\(?" UNIT_WORD "(\\*\\*(\\(?[-+]?[0-9./]+\\)?))?\\)?"

static const struct {
    const char *title, *sql;
} checks[] = {
    { "it has tables and a title",
      "SELECT 'no table is published' FROM vo.release r WHERE release_id = $1"
      " AND NOT EXISTS (SELECT FROM" TABLES WHERE_OWN ")"
      " UNION ALL SELECT 'the title is only its name' FROM vo.release"
      " WHERE release_id = $1 AND title = release_id" },
    { "somebody may read it",
      "SELECT 'it is private and has no group of readers: httpd hides it from"
      " everybody (voctl release set --reader-group)' FROM vo.release"
      " WHERE release_id = $1 AND state = 'private'"
      " AND coalesce(trim(reader_group), '') = ''" },
    { "every table is stored",
      "SELECT table_name || ': ' || t.pg_schema || '.' || pg_table ||"
      " ' does not exist' FROM vo.tap_tables t WHERE release_id = $1 AND"
      REGCLASS "IS NULL" },
    { "columns and types agree",
      "SELECT format('%s.%s: %s', table_name, column_name, CASE"
      " WHEN a.attname IS NULL THEN 'no such column is stored' ELSE"
      " format('stored as %s, described as %s', format_type(a.atttypid, -1),"
      " pg_type) END) FROM vo.tap_columns c JOIN vo.tap_tables t USING"
      " (release_id, table_name) LEFT JOIN pg_attribute a ON a.attrelid ="
      REGCLASS "AND a.attname = c.pg_column AND NOT a.attisdropped"
      " WHERE release_id = $1 AND" REGCLASS "IS NOT NULL"
      " AND format_type(a.atttypid, -1) IS DISTINCT FROM pg_type"
      " UNION ALL SELECT table_name || ': no columns are described' FROM"
      " vo.tap_tables t WHERE release_id = $1 AND NOT EXISTS (SELECT FROM"
      " vo.tap_columns c WHERE (c.release_id, c.table_name) ="
      " (t.release_id, t.table_name))" },
    { "its reader can read it",
      "SELECT format('%s may not read %s', reader_role, table_name) FROM" TABLES
      "WHERE release_id = $1 AND" REGCLASS "IS NOT NULL AND"
      " NOT (has_schema_privilege(reader_role, t.pg_schema, 'USAGE') AND"
      " has_table_privilege(reader_role," REGCLASS ", 'SELECT'))"
      " UNION ALL SELECT format('vo_web may not become %s', reader_role) FROM"
      " vo.release WHERE release_id = $1 AND"
      " NOT pg_has_role('vo_web', reader_role, 'MEMBER')"
      " UNION ALL SELECT format('%s may not use schema sky', reader_role) FROM"
      " vo.release WHERE release_id = $1 AND"
      " NOT has_schema_privilege(reader_role, 'sky', 'USAGE')" },
    { "its reader can read nothing else, nor write",
      "SELECT format('%s may read %s.%s', reader_role, n.nspname, c.relname)"
      " FROM vo.release r, pg_class c JOIN pg_namespace n ON"
      " n.oid = c.relnamespace WHERE release_id = $1 AND c.relkind IN"
      " ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN (r.pg_schema,"
      " 'pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'"
      " AND has_schema_privilege(reader_role, n.oid, 'USAGE')"
      " AND has_table_privilege(reader_role, c.oid, 'SELECT')"
      " UNION ALL SELECT format('%s may write %s', reader_role,"
      " c.oid::regclass)"
      " FROM vo.release r JOIN pg_class c ON c.relnamespace ="
      " to_regnamespace(quote_ident(pg_schema)) WHERE release_id = $1 AND"
      " has_table_privilege(reader_role, c.oid, 'INSERT, UPDATE, DELETE,"
      " TRUNCATE')"
      " UNION ALL SELECT format('%s may create in schema %s', reader_role,"
      " nspname) FROM vo.release r, pg_namespace n WHERE release_id = $1 AND"
      " nspname NOT LIKE 'pg\\_%' AND"
      " has_schema_privilege(reader_role, n.oid, 'CREATE')"
      " UNION ALL SELECT format('%s belongs to %s', reader_role, g.rolname)"
      " FROM vo.release r, pg_roles g WHERE release_id = $1 AND g.rolname <>"
      " reader_role AND pg_has_role(reader_role, g.oid, 'MEMBER')" },
    { "positions are described",
      "SELECT format('%s: %s', t.table_name, CASE WHEN c.column_name IS NULL"
      " THEN"
      " 'a column of its position is not published' ELSE c.column_name ||"
      " ' is not in degrees, double precision' END) FROM vo.tap_tables t"
      " CROSS JOIN LATERAL (VALUES (ra_column), (dec_column)) AS p(name)"
      " LEFT JOIN vo.tap_columns c ON (c.release_id, c.table_name,"
      " c.column_name) = (t.release_id, t.table_name, p.name)"
      " WHERE t.release_id = $1 AND p.name IS NOT NULL AND (c.column_name IS"
      " NULL OR c.pg_type <> 'double precision' OR c.unit IS DISTINCT FROM"
      " 'deg')"
      " UNION ALL SELECT table_name || ': cone search without a position' FROM"
      " vo.tap_tables WHERE release_id = $1 AND is_cone AND"
      " (ra_column IS NULL OR dec_column IS NULL OR hpx_column IS NULL)" },
    { "indexes are there",
      "SELECT format('%s: no index on %s', table_name, c.name) FROM"
      " vo.tap_tables"
      " t CROSS JOIN LATERAL (SELECT hpx_column WHERE hpx_column IS NOT NULL"
      " UNION SELECT pg_column FROM vo.tap_columns k WHERE (k.release_id,"
      " k.table_name) = (t.release_id, t.table_name) AND indexed = 1 AND"
      " column_name NOT IN (coalesce(ra_column, ''), coalesce(dec_column, ''))"
      " ) AS c(name)" WHERE_OWN "AND table_type <> 'view' AND" REGCLASS
      "IS NOT NULL AND NOT EXISTS"
      " (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = indrelid"
      " AND a.attnum = indkey[0] WHERE indrelid =" REGCLASS
      " AND indisvalid AND a.attname = c.name)" },
    { "statistics are there",
      "SELECT format('%s: described with %s rows, stored with about %s',"
      " table_name, coalesce(nrows::text, 'unknown'), reltuples::bigint)"
      " FROM vo.tap_tables t JOIN pg_class p ON p.oid =" REGCLASS WHERE_OWN
      "AND table_type <> 'view' AND (nrows IS NULL OR"
      " abs(reltuples - nrows) > 10 + 0.1 * nrows)" },
    { "UCDs are well formed",
      "SELECT format('%s.%s: %s', table_name, column_name, ucd)"
      " FROM vo.tap_columns WHERE release_id = $1 AND ucd !~"
      " '^(arith|em|instr|meta|obs|phot|phys|pos|spect|src|stat|time)"
      "(\\.[A-Za-z][A-Za-z0-9-]*)*(;(arith|em|instr|meta|obs|phot|phys|pos|"
      "spect|src|stat|time)(\\.[A-Za-z][A-Za-z0-9-]*)*)*$'" },
    { "units are VOUnits",
      "SELECT format('%s.%s: %s', table_name, column_name, unit)"
      " FROM vo.tap_columns WHERE release_id = $1 AND unit !~ '^(10(\\*\\*"
      "[-+]?[0-9]+)? ?|[0-9.]+(e[-+]?[0-9]+)? ?)?" UNIT_FACTOR
      "([./ *]" UNIT_FACTOR ")*$' AND unit !~ '^(log|ln|sqrt|exp)\\(.*\\)$'" },
    { "keys refer to columns",
      "SELECT format('key %s: %s', key_id, x.column_name) FROM vo.tap_keys k"
      " JOIN vo.tap_key_columns USING (release_id, key_id) CROSS JOIN LATERAL"
      " (VALUES (from_table, from_column), (target_table, target_column))"
      " AS x(table_name, column_name) WHERE release_id = $1 AND NOT EXISTS"
      " (SELECT FROM vo.tap_columns c WHERE c.release_id = k.release_id AND"
      " c.table_name = x.table_name AND c.column_name = x.column_name)" },
};

typedef voctl_report_t report_t;

void voctl_check_tell(report_t *r, const char *title,
                      const apr_array_header_t *problems)
{
    int i;

    voctl_say(r->ctl, "  %-4s %s", problems->nelts ? "FAIL" : "ok", title);
    for (i = 0; i < problems->nelts; ++i) {
        const char *text = APR_ARRAY_IDX(problems, i, const char *);

        if (i == 20) {
            voctl_say(r->ctl, "         and %d more", problems->nelts - i);
            break;
        }
        voctl_say(r->ctl, "         %s", text);
    }
    r->nproblems += problems->nelts;
}

static apr_array_header_t *no_problems(const report_t *r)
{
    return apr_array_make(r->pool, 4, sizeof(const char *));
}

static vo_err_t *check_sql(report_t *r, size_t i)
{
    apr_array_header_t *problems = no_problems(r);
    PGresult *res;
    int row;

    VO_TRY(voctl_query(&res, r->ctl, checks[i].sql, 1, &r->release, r->pool));
    for (row = 0; row < PQntuples(res); ++row) {
        APR_ARRAY_PUSH(problems, const char *) = PQgetvalue(res, row, 0);
    }
    voctl_check_tell(r, checks[i].title, problems);
    return NULL;
}

/* Names are stored as a query must write them. */
static vo_err_t *check_names(report_t *r)
{
    apr_array_header_t *problems = no_problems(r);
    PGresult *res;
    int row;

    VO_TRY(voctl_query(&res, r->ctl,
        "SELECT table_name, column_name, replace(trim('\"' FROM column_name),"
        " '\"\"', '\"') FROM vo.tap_columns WHERE release_id = $1"
        " ORDER BY table_name, column_index", 1, &r->release, r->pool));
    for (row = 0; row < PQntuples(res); ++row) {
        const char *stored = PQgetvalue(res, row, 1);

        if (strcmp(stored, vo_adql_name(PQgetvalue(res, row, 2),
                                           r->pool))) {
            APR_ARRAY_PUSH(problems, const char *)
                = apr_pstrcat(r->pool, PQgetvalue(res, row, 0), ".", stored,
                              *stored == '"' ? " needs no quotes"
                                             : " needs quotes in a query",
                              NULL);
        }
    }
    voctl_check_tell(r, "names are as a query writes them", problems);
    return NULL;
}

/* Cell numbers on a sample of pages, and the order of rows on the disk. */
static vo_err_t *check_hpx(report_t *r)
{
    apr_array_header_t *wrong = no_problems(r), *unordered = no_problems(r);
    apr_pool_t *pool = r->pool;
    PGresult *tables, *res;
    int row;

    VO_TRY(voctl_query(&tables, r->ctl,
        "SELECT t.table_name, t.pg_schema, pg_table, hpx_column, a.pg_column,"
        " d.pg_column, least(100, greatest(1, 2e6 / (1 + coalesce(nrows, 0))))"
        " FROM vo.tap_tables t JOIN vo.tap_columns a ON (a.release_id,"
        " a.table_name, a.column_name) = (t.release_id, t.table_name,"
        " ra_column) JOIN vo.tap_columns d ON (d.release_id, d.table_name,"
        " d.column_name) = (t.release_id, t.table_name, dec_column)"
        WHERE_OWN "AND hpx_column IS NOT NULL AND" REGCLASS "IS NOT NULL"
        " AND EXISTS (SELECT FROM pg_attribute WHERE attrelid =" REGCLASS
        " AND attname = hpx_column)", 1, &r->release, pool));
    for (row = 0; row < PQntuples(tables); ++row) {
        const char *name = PQgetvalue(tables, row, 0);
        const char *hpx = vo_sql_ident(PQgetvalue(tables, row, 3), pool);

        VO_TRY(voctl_query(&res, r->ctl, apr_pstrcat(pool,
            "SELECT count(*) FILTER (WHERE hpx IS DISTINCT FROM want),"
            " count(*) FILTER (WHERE hpx < before), count(*) FROM (SELECT ",
            hpx, " AS hpx, CASE WHEN ra <> 'NaN' AND dec <> 'NaN' THEN"
            " sky_hpx(ra, dec) END AS want, lag(", hpx,
            ") OVER (ORDER BY place)"
            " AS before FROM (SELECT ", hpx, ", ctid AS place, ",
            vo_sql_ident(PQgetvalue(tables, row, 4), pool), " AS ra, ",
            vo_sql_ident(PQgetvalue(tables, row, 5), pool), " AS dec FROM ",
            vo_sql_ident(PQgetvalue(tables, row, 1), pool), ".",
            vo_sql_ident(PQgetvalue(tables, row, 2), pool),
            " TABLESAMPLE SYSTEM (", PQgetvalue(tables, row, 6), ")) s) q",
            NULL), 0, NULL, pool));
        if (strcmp(PQgetvalue(res, 0, 0), "0")) {
            APR_ARRAY_PUSH(wrong, const char *) = apr_psprintf(
                pool, "%s: %s of %s rows", name, PQgetvalue(res, 0, 0),
                PQgetvalue(res, 0, 2));
        }
        if (strcmp(PQgetvalue(res, 0, 1), "0")) {
            APR_ARRAY_PUSH(unordered, const char *) = apr_psprintf(
                pool, "%s: %s of %s rows come too late", name,
                PQgetvalue(res, 0, 1), PQgetvalue(res, 0, 2));
        }
    }
    voctl_check_tell(
        r, "cell numbers are those of the positions (on a sample)", wrong);
    voctl_check_tell(
        r, "rows are stored in the order of the cells (on a sample)",
        unordered);
    return NULL;
}

/* What httpd reads of it all, and that the examples are still queries. */
static void check_examples(report_t *r)
{
    apr_array_header_t *problems = no_problems(r);

    if (!r->meta) {
        APR_ARRAY_PUSH(problems, const char *) = "its description cannot be "
                                                 "read";
    }
    else {
        voctl_examples_check(problems, vo_meta_release(r->meta, r->release),
                             r->pool);
    }
    voctl_check_tell(r, "the examples are queries", problems);
}

static vo_err_t *check_photospecs(report_t *r)
{
    apr_array_header_t *problems = no_problems(r);

    VO_TRY(voctl_photospec_check(
        problems, r->ctl, r->release,
        r->meta ? vo_meta_release(r->meta, r->release) : NULL, r->pool));
    voctl_check_tell(r, "array columns served as spectra are there",
                     problems);
    return NULL;
}

static vo_err_t *check_release(report_t *r)
{
    size_t i;

    voctl_say(r->ctl, "%s", r->release);
    for (i = 0; i < sizeof(checks) / sizeof(*checks); ++i) {
        VO_TRY(check_sql(r, i));
    }
    VO_TRY(check_names(r));
    VO_TRY(check_hpx(r));
    check_examples(r);
    VO_TRY(check_photospecs(r));
    return voctl_check_images(r);
}

static vo_err_t *check_all(voctl_t *ctl, int argc, const char *const *argv)
{
    report_t r = { ctl, NULL, NULL, 0, NULL };
    vo_meta_t *meta;
    PGresult *all;
    int row, i;

    VO_TRY(voctl_connect(ctl));
    r.meta = vo_meta_load(&meta, ctl->conn, ctl->pool) ? NULL : meta;
    VO_TRY(voctl_begin(ctl));
    VO_TRY(voctl_query(&all, ctl, "SELECT release_id FROM vo.release"
                                  " ORDER BY release_id", 0, NULL, ctl->pool));
    for (i = 0; i < argc; ++i) {
        for (row = 0; row < PQntuples(all); ++row) {
            if (!strcmp(PQgetvalue(all, row, 0), argv[i])) {
                break;
            }
        }
        if (row == PQntuples(all)) {
            return vo_err_make(ctl->pool, VO_ERR_NOTFOUND,
                               "There is no release %s.", argv[i]);
        }
    }
    for (row = 0; row < (argc ? argc : PQntuples(all)); ++row) {
        r.release = argc ? argv[row] : PQgetvalue(all, row, 0);
        apr_pool_create(&r.pool, ctl->pool);
        VO_TRY(check_release(&r));
        apr_pool_destroy(r.pool);
    }
    VO_TRY(voctl_exec(ctl, "ROLLBACK"));
    if (r.nproblems) {
        return vo_err_make(ctl->pool, VO_ERR_FAULT, "%d problem%s found.",
                           r.nproblems, r.nproblems == 1 ? "" : "s");
    }
    return NULL;
}

vo_err_t *voctl_check(voctl_t *ctl, int argc, const char *const *argv)
{
    return voctl_abort(ctl, check_all(ctl, argc, argv));
}
