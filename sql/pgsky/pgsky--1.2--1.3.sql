-- pgsky--1.2--1.3.sql: sessions that give way to others.
-- SPDX-License-Identifier: GPL-3.0-or-later
\echo Use "ALTER EXTENSION pgsky UPDATE" to load this file. \quit

CREATE FUNCTION sky_nice(nice int4) RETURNS bool
    AS 'MODULE_PATHNAME', 'pgsky_nice'
    LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION sky_nice(int4) IS
    'makes this session''s processes give way to others, from 0 to 19 (nice), '
    'until it ends; false: call again, the kernel did not take it yet';
