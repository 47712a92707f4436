-- pgsky--1.1--1.2.sql: frames, epochs, MOCs as regions, histograms.
-- SPDX-License-Identifier: GPL-3.0-or-later
\echo Use "ALTER EXTENSION pgsky UPDATE" to load this file. \quit

-- ---- frames, epochs, sexagesimal text ------------------------------------

CREATE FUNCTION sky_transform("from" text, "to" text, region sky_region)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION sky_transform(text, text, sky_region) IS
    'turned between ICRS, FK5, FK4, GALACTIC, ECLIPTIC and SUPER_GALACTIC';
CREATE FUNCTION sky_epoch_prop(ra float8, "dec" float8, parallax float8,
                               pmra float8, pmdec float8,
                               radial_velocity float8, ref_epoch float8,
                               out_epoch float8)
    RETURNS float8[] AS 'MODULE_PATHNAME', 'pgsky_epoch_prop'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION sky_epoch_prop_pos(ra float8, "dec" float8, parallax float8,
                                   pmra float8, pmdec float8,
                                   radial_velocity float8, ref_epoch float8,
                                   out_epoch float8)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_epoch_prop_pos'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION sky_epoch_prop_pos(float8, float8, float8, float8, float8,
                                       float8, float8, float8) IS
    'deg, mas, mas/yr, km/s, Julian years; unknown motions may be null';
CREATE FUNCTION sky_hms(text) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_hms'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
CREATE FUNCTION sky_dms(text) RETURNS float8
    AS 'MODULE_PATHNAME', 'pgsky_dms'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;

-- ---- MOC ----------------------------------------------------------------

CREATE FUNCTION sky_moc_of("order" int4, region sky_region)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_moc_of'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION sky_moc_of(int4, sky_region) IS
    'the MOC of all cells of an order that a region touches';
CREATE FUNCTION sky_moc_union(a sky_region, b sky_region) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_moc_union'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_intersect(a sky_region, b sky_region)
    RETURNS sky_region AS 'MODULE_PATHNAME', 'pgsky_moc_intersect'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE FUNCTION sky_moc_minus(a sky_region, b sky_region) RETURNS sky_region
    AS 'MODULE_PATHNAME', 'pgsky_moc_minus'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
CREATE AGGREGATE sky_moc_union_agg(moc sky_region) (
    SFUNC = sky_moc_union, STYPE = sky_region, COMBINEFUNC = sky_moc_union,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE sky_moc_union_agg(sky_region) IS
    'the union of all MOCs seen';

-- ---- ADQL ---------------------------------------------------------------

CREATE FUNCTION adql_histogram_add(internal, value float8, lower float8,
                                   upper float8, nbins int4)
    RETURNS internal AS 'MODULE_PATHNAME', 'pgsky_histogram_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION adql_histogram_final(internal) RETURNS int4[]
    AS 'MODULE_PATHNAME', 'pgsky_histogram_final'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE adql_histogram(value float8, lower float8, upper float8,
                                nbins int4) (
    SFUNC = adql_histogram_add, STYPE = internal,
    FINALFUNC = adql_histogram_final, PARALLEL = SAFE
);
CREATE FUNCTION adql_urlescape(text) RETURNS text
    AS 'MODULE_PATHNAME', 'pgsky_urlescape'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
