-- upgrade: from the first version to the present one, data kept
DROP EXTENSION pgsky;
DROP SCHEMA sky;
CREATE EXTENSION pgsky VERSION '1.0';
SELECT extversion FROM pg_extension WHERE extname = 'pgsky';
CREATE TABLE kept AS
SELECT i, sky_circle(i, 10, 0.5) AS region FROM generate_series(0, 359) i;
CREATE INDEX ON kept USING gist (region);
SELECT to_regprocedure('sky_moc(text)') IS NULL AS is_old;
ALTER EXTENSION pgsky UPDATE;
SELECT extversion = (SELECT default_version FROM pg_available_extensions
                     WHERE name = 'pgsky') AS is_current
FROM pg_extension WHERE extname = 'pgsky';
SELECT sky_moc_area(sky_moc('0/0-11'))::numeric(12, 4);
SET enable_seqscan = off;
SELECT array_agg(i ORDER BY i) FROM kept WHERE sky_contains(sky_point(20.3, 10), region);
CREATE TEMP TABLE upgraded AS
SELECT pg_describe_object(classid, objid, objsubid) AS what
FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgsky');
-- the same objects as a fresh installation
DROP TABLE kept;
DROP EXTENSION pgsky;
CREATE EXTENSION pgsky;
CREATE TEMP TABLE fresh AS
SELECT pg_describe_object(classid, objid, objsubid) AS what
FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgsky');
(TABLE upgraded EXCEPT TABLE fresh) UNION ALL (TABLE fresh EXCEPT TABLE upgraded);
-- every version on disk leads to the present one
SELECT source, target FROM pg_extension_update_paths('pgsky')
WHERE target = (SELECT default_version FROM pg_available_extensions
                WHERE name = 'pgsky') AND path IS NULL;
