-- plan: the queries the ADQL translator writes use the indexes
CREATE TABLE obj AS
SELECT sky_hpx(ra, dec) AS hpx, i AS id, ra, dec
FROM (SELECT i, ((i * 137.50776405) - 360 * floor(i * 137.50776405 / 360))::float8 AS ra,
             degrees(asin(2 * (i + 0.5) / 200000 - 1)) AS dec
      FROM generate_series(0, 199999) i) x ORDER BY 1;
CREATE INDEX obj_hpx ON obj (hpx);
CREATE TABLE near AS SELECT id, ra + 0.0001 AS ra, dec FROM obj WHERE id % 100 = 0;
VACUUM ANALYZE obj; VACUUM ANALYZE near;
-- a cone as constant ranges
EXPLAIN (COSTS OFF) SELECT id FROM obj
WHERE hpx >= 1397554045693984768 AND hpx < 1397804734345117696
   OR (hpx >= 1400628280205246464 AND hpx < 1400826192298246144 AND sky_distance(ra, dec, 10, 20) <= 1);
EXPLAIN (COSTS OFF) SELECT id FROM obj WHERE sky_hpx_in(hpx, 1397554045693984768, 1397804734345117696);
-- ranges as parameters, whatever their number
PREPARE cone(int8[], int8[]) AS
SELECT id FROM unnest($1, $2) r(lo, hi) JOIN obj ON sky_hpx_in(hpx, r.lo, r.hi);
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE cone('{1}', '{2}');
RESET plan_cache_mode;
-- row to row
EXPLAIN (COSTS OFF) SELECT a.id, b.id FROM near a
JOIN LATERAL (SELECT b_.* FROM sky_ranges(a.ra, a.dec, 1 / 3600.0) r
              JOIN obj b_ ON sky_hpx_in(b_.hpx, r.lo, r.hi)) b
ON sky_distance(a.ra, a.dec, b.ra, b.dec) <= 1 / 3600.0;
EXPLAIN (COSTS OFF) SELECT a.id, b.id FROM near a
LEFT JOIN LATERAL (SELECT b_.* FROM sky_ranges(a.ra, a.dec, 1 / 3600.0) r
              JOIN obj b_ ON sky_hpx_in(b_.hpx, r.lo, r.hi)) b
ON sky_distance(a.ra, a.dec, b.ra, b.dec) <= 1 / 3600.0;
SELECT count(*), count(b.id), count(*) FILTER (WHERE a.id = b.id) FROM near a
LEFT JOIN LATERAL (SELECT b_.* FROM sky_ranges(a.ra, a.dec, 1 / 3600.0) r
              JOIN obj b_ ON sky_hpx_in(b_.hpx, r.lo, r.hi)) b
ON sky_distance(a.ra, a.dec, b.ra, b.dec) <= 1 / 3600.0;
-- the same pairs as by brute force, at a radius where rows have several
SELECT (SELECT count(*) FROM near a, sky_ranges(a.ra, a.dec, 0.7) r JOIN obj b ON sky_hpx_in(b.hpx, r.lo, r.hi)
        WHERE a.id % 5000 = 0 AND sky_distance(a.ra, a.dec, b.ra, b.dec) <= 0.7)
     = (SELECT count(*) FROM near a, obj b
        WHERE a.id % 5000 = 0 AND sky_distance(a.ra, a.dec, b.ra, b.dec) <= 0.7) AS same;
-- a footprint column: function calls, both argument orders, joins
CREATE TABLE tile AS SELECT id, sky_box(ra, least(greatest(dec, -85), 85), 1.4, 1.4) AS s_region FROM obj WHERE id % 20 = 0;
CREATE INDEX tile_region ON tile USING gist (s_region);
VACUUM ANALYZE tile;
EXPLAIN (COSTS OFF) SELECT id FROM tile WHERE sky_contains(sky_point(10, 20), s_region);
EXPLAIN (COSTS OFF) SELECT id FROM tile WHERE sky_contains(s_region, sky_circle(10, 20, 3));
EXPLAIN (COSTS OFF) SELECT id FROM tile WHERE sky_intersects(sky_circle(10, 20, 1), s_region);
EXPLAIN (COSTS OFF) SELECT id FROM tile WHERE s_region && sky_circle(10, 20, 1);
EXPLAIN (COSTS OFF) SELECT n.id, t.id FROM near n JOIN tile t ON sky_contains(sky_point(n.ra, n.dec), t.s_region) WHERE n.id < 1000;
PREPARE foot(float8, float8) AS SELECT id FROM tile WHERE sky_contains(sky_point($1, $2), s_region);
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE foot(10, 20);
-- estimates follow the size of the region
CREATE FUNCTION estimate(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan->0->'Plan'->>'Plan Rows';
END $$;
SELECT estimate('SELECT * FROM obj WHERE sky_in(ra, dec, ''circle 10 20 1'')') BETWEEN 5 AND 50 AS one_degree,
       estimate('SELECT * FROM obj WHERE sky_in(ra, dec, ''circle 10 20 60'')') BETWEEN 40000 AND 60000 AS sixty,
       estimate('SELECT * FROM tile WHERE sky_intersects(s_region, ''circle 10 20 90'')') BETWEEN 4000 AND 6000 AS half_sky;
