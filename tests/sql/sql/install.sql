-- install: the extension in a schema of its own, found by search_path alone
CREATE SCHEMA sky;
CREATE EXTENSION pgsky SCHEMA sky;
SET search_path = sky;
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
WHERE extname = 'pgsky';
SELECT sky_point(10, 20);
-- every function belongs to it and none is left with default volatility
SELECT count(*) > 250 AS many,
       count(*) FILTER (WHERE provolatile = 'v') AS volatile,
       count(*) FILTER (WHERE proparallel = 'u') AS unsafe
FROM pg_proc WHERE pronamespace = 'sky'::regnamespace;
-- moved, its functions still find each other
ALTER EXTENSION pgsky SET SCHEMA public;
SET search_path = public;
SELECT sky_coverage('circle 10 20 1', 2) @> sky_hpx(10, 20) AS covered;
