-- pgsky--1.0--1.1.sql: order, MOCs, arrays, ADQL's number functions.
-- SPDX-License-Identifier: GPL-3.0-or-later
\echo Use "ALTER EXTENSION pgsky UPDATE" to load this file. \quit

-- ---- equality and order, for DISTINCT, GROUP BY, UNION -------------------

CREATE FUNCTION sky_region_eq(sky_region, sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_eq'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_region_ne(sky_region, sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_ne'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_region_lt(sky_region, sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_lt'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_region_le(sky_region, sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_le'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_region_gt(sky_region, sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_gt'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_region_ge(sky_region, sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_ge'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_region_cmp(sky_region, sky_region) RETURNS int4
    AS 'MODULE_PATHNAME', 'pgsky_cmp'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_region_hash(sky_region) RETURNS int4
    AS 'MODULE_PATHNAME', 'pgsky_hash'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE OPERATOR = (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_region_eq,
    COMMUTATOR = =, NEGATOR = <>,
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR <> (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_region_ne,
    COMMUTATOR = <>, NEGATOR = =,
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR < (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_region_lt,
    COMMUTATOR = >, NEGATOR = >=,
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR <= (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_region_le,
    COMMUTATOR = >=, NEGATOR = >,
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR > (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_region_gt,
    COMMUTATOR = <, NEGATOR = <=,
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR >= (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_region_ge,
    COMMUTATOR = <=, NEGATOR = <,
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR CLASS sky_region_order DEFAULT FOR TYPE sky_region
    USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 sky_region_cmp(sky_region, sky_region);
CREATE OPERATOR CLASS sky_region_hash DEFAULT FOR TYPE sky_region
    USING hash AS
    OPERATOR 1 =, FUNCTION 1 sky_region_hash(sky_region);

-- ---- MOC ----------------------------------------------------------------

CREATE FUNCTION sky_region(int8multirange) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_from_multirange'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION sky_multirange(sky_region) RETURNS int8multirange
    AS 'MODULE_PATHNAME', 'pgsky_to_multirange'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
CREATE CAST (int8multirange AS sky_region)
    WITH FUNCTION sky_region(int8multirange);
CREATE CAST (sky_region AS int8multirange)
    WITH FUNCTION sky_multirange(sky_region);

CREATE FUNCTION sky_moc(text) RETURNS int8multirange
    AS 'MODULE_PATHNAME', 'pgsky_moc'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_text(int8multirange) RETURNS text
    AS 'MODULE_PATHNAME', 'pgsky_moc_text'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_text(int8multirange, "order" int4) RETURNS text
    AS 'MODULE_PATHNAME', 'pgsky_moc_text'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_json(int8multirange) RETURNS text
    AS 'MODULE_PATHNAME', 'pgsky_moc_json'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_degrade(int8multirange, "order" int4)
    RETURNS int8multirange AS 'MODULE_PATHNAME', 'pgsky_moc_degrade'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_not(int8multirange) RETURNS int8multirange
    AS 'MODULE_PATHNAME', 'pgsky_moc_not'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_area(int8multirange) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_moc_area'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

CREATE FUNCTION sky_moc_add(internal, int8, int4) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_moc_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION sky_moc_final(internal) RETURNS int8multirange
    AS 'MODULE_PATHNAME', 'pgsky_moc_final'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE sky_moc_agg(hpx int8, "order" int4) (
    SFUNC = sky_moc_add, STYPE = internal, FINALFUNC = sky_moc_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE sky_moc_agg(int8, int4) IS
    'the MOC of the given order of all cells seen';

-- ---- arrays -------------------------------------------------------------

-- One C function serves all element types; results are of the wider floating
-- type of the operands, whole numbers count as float8, a scalar does not widen.
DO $do$
DECLARE
    types text[] := '{int2, int4, int8, float4, float8}';
    f text;
    a text;
    b text;
    r text;
    kind text := 'LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5';
BEGIN
    FOREACH a IN ARRAY types LOOP
        r := CASE a WHEN 'float4' THEN 'float4' ELSE 'float8' END;
        FOREACH f IN ARRAY '{sum, avg, min, max, stddev}'::text[] LOOP
            EXECUTE format('CREATE FUNCTION arr_%s(%s[]) RETURNS %s AS '
                '''MODULE_PATHNAME'', ''pgsky_arr_%s'' %s', f, a, r, f, kind);
        END LOOP;
        EXECUTE format('CREATE FUNCTION arr_count(%s[]) RETURNS int4 AS '
            '''MODULE_PATHNAME'', ''pgsky_arr_count'' %s', a, kind);
        EXECUTE format('CREATE FUNCTION arr_neg(%s[]) RETURNS %s[] AS '
            '''MODULE_PATHNAME'', ''pgsky_arr_neg'' %s', a, r, kind);
        FOREACH f IN ARRAY '{add, sub, mul, div}'::text[] LOOP
            EXECUTE format('CREATE FUNCTION arr_%s(%s[], float8) '
                'RETURNS %s[] AS ''MODULE_PATHNAME'', '
                '''pgsky_arr_%s_number'' %s', f, a, r, f, kind);
            EXECUTE format('CREATE FUNCTION arr_%s(float8, %s[]) '
                'RETURNS %s[] AS ''MODULE_PATHNAME'', '
                '''pgsky_number_arr_%s'' %s', f, a, r, f, kind);
        END LOOP;
        FOREACH b IN ARRAY types LOOP
            r := CASE WHEN a = 'float4' AND b = 'float4' THEN 'float4'
                      ELSE 'float8' END;
            EXECUTE format('CREATE FUNCTION arr_dot(%s[], %s[]) '
                'RETURNS float8 AS ''MODULE_PATHNAME'', ''pgsky_arr_dot'' %s',
                a, b, kind);
            FOREACH f IN ARRAY '{add, sub, mul, div}'::text[] LOOP
                EXECUTE format('CREATE FUNCTION arr_%s(%s[], %s[]) '
                    'RETURNS %s[] AS ''MODULE_PATHNAME'', '
                    '''pgsky_arr_%s'' %s', f, a, b, r, f, kind);
            END LOOP;
        END LOOP;
    END LOOP;
END
$do$;

-- ---- ADQL's number functions --------------------------------------------

CREATE FUNCTION adql_round(float8, int4) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_round'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION adql_truncate(float8, int4) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_truncate'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION adql_mod(float8, float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_mod'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
CREATE FUNCTION adql_cot(float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_cot'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
CREATE FUNCTION adql_rand(seed int4) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_rand'
    LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 1;
