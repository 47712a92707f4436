-- pgsky--1.0.sql: cells, regions, ranges, relations, their index.
-- SPDX-License-Identifier: GPL-3.0-or-later
\echo Use "CREATE EXTENSION pgsky" to load this file. \quit

-- ---- the type -----------------------------------------------------------

CREATE TYPE sky_region;
CREATE FUNCTION sky_region_in(cstring) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_in_text'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_region_out(sky_region) RETURNS cstring
    AS 'MODULE_PATHNAME', 'pgsky_out_text'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_region_recv(internal) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_region_send(sky_region) RETURNS bytea
    AS 'MODULE_PATHNAME', 'pgsky_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE TYPE sky_region (
    INPUT = sky_region_in, OUTPUT = sky_region_out,
    RECEIVE = sky_region_recv, SEND = sky_region_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE sky_region IS
    'point, circle, polygon, range, MOC or union on the sky (ICRS, degrees)';

-- ---- the number line ----------------------------------------------------

CREATE FUNCTION sky_hpx(ra float8, "dec" float8) RETURNS int8
    AS 'MODULE_PATHNAME', 'pgsky_hpx'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_hpx("order" int4, ra float8, "dec" float8) RETURNS int8
    AS 'MODULE_PATHNAME', 'pgsky_hpx_at'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_hpx_center("order" int4, cell int8) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_hpx_center'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

CREATE FUNCTION sky_distance(ra1 float8, dec1 float8, ra2 float8, dec2 float8)
    RETURNS float8 AS 'MODULE_PATHNAME', 'pgsky_distance'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_distance(a sky_region, b sky_region) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_distance_regions'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION sky_distance(sky_region, sky_region) IS
    'between points; of other regions their centres are taken';
CREATE FUNCTION sky_bearing(ra1 float8, dec1 float8, ra2 float8, dec2 float8)
    RETURNS float8 AS 'MODULE_PATHNAME', 'pgsky_bearing'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

-- ---- making regions -----------------------------------------------------

CREATE FUNCTION sky_region(text) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_from_text'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION sky_point(ra float8, "dec" float8) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_point'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_point(float8[]) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_point_array'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_circle(ra float8, "dec" float8, radius float8)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_circle'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_circle(center sky_region, radius float8)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_circle_at'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_circle(float8[]) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_circle_array'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_polygon(VARIADIC radec float8[]) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_polygon'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION sky_polygon(VARIADIC points sky_region[]) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_polygon_points'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION sky_box(ra float8, "dec" float8, width float8, height float8)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_box'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION sky_box(center sky_region, width float8, height float8)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_box_at'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION sky_range(lon1 float8, lon2 float8, lat1 float8, lat2 float8)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_range'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_union(VARIADIC regions sky_region[]) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_union'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

CREATE FUNCTION sky_cast_point(text) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_cast_point'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
CREATE FUNCTION sky_cast_circle(text) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_cast_circle'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
CREATE FUNCTION sky_cast_polygon(text) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_cast_polygon'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

-- ---- looking into regions -----------------------------------------------

CREATE FUNCTION sky_dali(sky_region) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'pgsky_dali'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION sky_stcs(sky_region) RETURNS text
    AS 'MODULE_PATHNAME', 'pgsky_stcs'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_dali_text(sky_region) RETURNS text
    AS 'MODULE_PATHNAME', 'pgsky_dali_text'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_ra(sky_region) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_ra'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_dec(sky_region) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_dec'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
CREATE FUNCTION sky_centroid(sky_region) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_centroid'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION sky_area(sky_region) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_area'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

-- ---- ranges -------------------------------------------------------------

CREATE FUNCTION sky_coverage(region sky_region, budget int4 DEFAULT 32)
    RETURNS int8multirange AS 'MODULE_PATHNAME', 'pgsky_coverage'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

CREATE FUNCTION sky_ranges_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_ranges_support'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_ranges(ra float8, "dec" float8, radius float8,
                           OUT lo int8, OUT hi int8)
    RETURNS SETOF record AS 'MODULE_PATHNAME', 'pgsky_ranges'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 2
    SUPPORT sky_ranges_support;
COMMENT ON FUNCTION sky_ranges(float8, float8, float8) IS
    'few ranges that hold a small circle: for joins from row to row';
CREATE FUNCTION sky_ranges(region sky_region, budget int4 DEFAULT 16,
                           OUT lo int8, OUT hi int8, OUT is_border bool)
    RETURNS SETOF record AS 'MODULE_PATHNAME', 'pgsky_ranges_region'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 16;

CREATE FUNCTION sky_hpx_in_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_hpx_in_support'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_hpx_in(hpx int8, lo int8, hi int8) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_hpx_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1
    SUPPORT sky_hpx_in_support;
COMMENT ON FUNCTION sky_hpx_in(int8, int8, int8) IS
    'lo <= hpx < hi, which a B-tree on hpx answers';

-- The end of a range, an int8 under another name: the planner takes
-- "hpx >= $1 AND hpx < $2" with ends it does not know for 0.5 % of a table,
-- far too much for a range of cells, and then avoids the index. Operators of
-- their own carry an honest estimate into the cost of the index scan.
CREATE TYPE sky_bound;
CREATE FUNCTION sky_bound_in(cstring) RETURNS sky_bound
    AS 'int8in' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_bound_out(sky_bound) RETURNS cstring
    AS 'int8out' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE TYPE sky_bound (
    INPUT = sky_bound_in, OUTPUT = sky_bound_out, LIKE = int8
);
CREATE CAST (int8 AS sky_bound) WITHOUT FUNCTION;
CREATE FUNCTION sky_bound_sel(internal, oid, internal, int4) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_bound_sel'
    LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_bound_ge(int8, sky_bound) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_bound_ge'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_bound_lt(int8, sky_bound) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_bound_lt'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_bound_cmp(int8, sky_bound) RETURNS int4
    AS 'MODULE_PATHNAME', 'pgsky_bound_cmp'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OPERATOR >= (
    LEFTARG = int8, RIGHTARG = sky_bound, FUNCTION = sky_bound_ge,
    RESTRICT = sky_bound_sel
);
CREATE OPERATOR < (
    LEFTARG = int8, RIGHTARG = sky_bound, FUNCTION = sky_bound_lt,
    RESTRICT = sky_bound_sel
);
ALTER OPERATOR FAMILY integer_ops USING btree ADD
    OPERATOR 1 < (int8, sky_bound),
    OPERATOR 4 >= (int8, sky_bound),
    FUNCTION 1 (int8, sky_bound) sky_bound_cmp(int8, sky_bound);

-- ---- relations ----------------------------------------------------------

CREATE FUNCTION sky_contains_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_contains_support'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_intersects_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_intersects_support'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_in_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_in_support'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION sky_contains("inner" sky_region, "outer" sky_region)
    RETURNS bool AS 'MODULE_PATHNAME', 'pgsky_contains'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
    SUPPORT sky_contains_support;
CREATE FUNCTION sky_intersects(a sky_region, b sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_intersects'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
    SUPPORT sky_intersects_support;
CREATE FUNCTION sky_in(ra float8, "dec" float8, region sky_region)
    RETURNS bool AS 'MODULE_PATHNAME', 'pgsky_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
    SUPPORT sky_in_support;

CREATE FUNCTION sky_region_contains(sky_region, sky_region) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_contains_op'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_region_sel(internal, oid, internal, int4) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_sel'
    LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_region_join_sel(internal, oid, internal, int2, internal)
    RETURNS float8 AS 'MODULE_PATHNAME', 'pgsky_join_sel'
    LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE OPERATOR <@ (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_contains,
    COMMUTATOR = @>, RESTRICT = sky_region_sel, JOIN = sky_region_join_sel
);
CREATE OPERATOR @> (
    LEFTARG = sky_region, RIGHTARG = sky_region,
    FUNCTION = sky_region_contains, COMMUTATOR = <@,
    RESTRICT = sky_region_sel, JOIN = sky_region_join_sel
);
CREATE OPERATOR && (
    LEFTARG = sky_region, RIGHTARG = sky_region, FUNCTION = sky_intersects,
    COMMUTATOR = &&, RESTRICT = sky_region_sel, JOIN = sky_region_join_sel
);

-- ---- the index ----------------------------------------------------------

CREATE TYPE sky_key;
CREATE FUNCTION sky_key_in(cstring) RETURNS sky_key
    AS 'MODULE_PATHNAME', 'pgsky_key_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_key_out(sky_key) RETURNS cstring
    AS 'MODULE_PATHNAME', 'pgsky_key_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE TYPE sky_key (
    INPUT = sky_key_in, OUTPUT = sky_key_out, INTERNALLENGTH = 24,
    ALIGNMENT = int4
);
CREATE FUNCTION sky_gist_consistent(internal, sky_region, int2, oid, internal)
    RETURNS bool AS 'MODULE_PATHNAME', 'pgsky_gist_consistent'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_gist_union(internal, internal) RETURNS sky_key
    AS 'MODULE_PATHNAME', 'pgsky_gist_union'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_gist_compress(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_gist_compress'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_gist_penalty(internal, internal, internal)
    RETURNS internal AS 'MODULE_PATHNAME', 'pgsky_gist_penalty'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_gist_picksplit(internal, internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_gist_picksplit'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sky_gist_same(sky_key, sky_key, internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'pgsky_gist_same'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE OPERATOR CLASS sky_region_ops DEFAULT FOR TYPE sky_region USING gist AS
    OPERATOR 3 &&,
    OPERATOR 7 @>,
    OPERATOR 8 <@,
    FUNCTION 1 sky_gist_consistent(internal, sky_region, int2, oid, internal),
    FUNCTION 2 sky_gist_union(internal, internal),
    FUNCTION 3 sky_gist_compress(internal),
    FUNCTION 5 sky_gist_penalty(internal, internal, internal),
    FUNCTION 6 sky_gist_picksplit(internal, internal),
    FUNCTION 7 sky_gist_same(sky_key, sky_key, internal),
    STORAGE sky_key;
