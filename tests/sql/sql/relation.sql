-- relation: contains, intersects, by index and without
SELECT sky_contains(sky_point(10, 20), sky_circle(10, 19, 1)) AS rim,
       sky_point(10, 20) <@ sky_circle(10, 20, 1) AS within,
       sky_circle(10, 20, 1) @> sky_point(10, 20) AS has,
       sky_circle(10, 20, 1) && sky_circle(12, 20, 1) AS meets,
       sky_intersects('range 350 10 -5 5', 'circle 0 6.1 1') AS apart;
CREATE TABLE foot AS
SELECT i AS id, CASE i % 3
         WHEN 0 THEN sky_circle(ra, dec, 0.2 + i % 7)
         WHEN 1 THEN sky_box(ra, dec, 1 + i % 5, 1 + i % 3)
         ELSE sky_range(ra, ra + 3, least(dec, 87), least(dec, 87) + 2) END AS region
FROM (SELECT i, i * 137.50776405 AS ra, degrees(asin(2 * (i + 0.5) / 5000 - 1)) AS dec
      FROM generate_series(0, 4999) i) x;
CREATE TABLE probe (n int, p sky_region);
INSERT INTO probe VALUES (1, 'point 10 20'), (2, 'point 0 90'), (3, 'circle 359.9 0 3'),
    (4, 'polygon 350 -10 20 -5 10 30'), (5, 'range 0 360 88 90'), (6, 'circle 200 -60 0.01'),
    (7, 'union (circle 10 20 1 circle 50 -20 1)'), (8, 'moc 5/1000'), (9, 'circle 0 0 90');
-- answers without an index
SET enable_indexscan = off; SET enable_bitmapscan = off;
CREATE TEMP TABLE plain AS
SELECT n, array_agg(id ORDER BY id) FILTER (WHERE sky_contains(p, region)) AS has,
       array_agg(id ORDER BY id) FILTER (WHERE sky_contains(region, p)) AS within,
       array_agg(id ORDER BY id) FILTER (WHERE sky_intersects(region, p)) AS meets
FROM probe, foot GROUP BY n;
SELECT n, cardinality(has) AS has, cardinality(within) AS within, cardinality(meets) AS meets FROM plain ORDER BY n;
RESET enable_indexscan; RESET enable_bitmapscan;
CREATE INDEX foot_region ON foot USING gist (region);
INSERT INTO foot SELECT id + 5000, sky_circle(sky_ra(region), sky_dec(region), 0.01) FROM foot WHERE id < 1000;
DELETE FROM foot WHERE id >= 5000;
ANALYZE foot;
SET enable_seqscan = off;
SELECT n,
       (SELECT array_agg(id ORDER BY id) FROM foot WHERE sky_contains(p, region)) IS NOT DISTINCT FROM has AS has,
       (SELECT array_agg(id ORDER BY id) FROM foot WHERE sky_contains(region, p)) IS NOT DISTINCT FROM within AS within,
       (SELECT array_agg(id ORDER BY id) FROM foot WHERE sky_intersects(p, region)) IS NOT DISTINCT FROM meets AS meets,
       (SELECT array_agg(id ORDER BY id) FROM foot WHERE NOT sky_intersects(p, region)) IS NOT DISTINCT FROM
       (SELECT array_agg(id ORDER BY id) FROM foot WHERE id <> ALL (coalesce(meets, '{}'))) AS negated
FROM probe JOIN plain USING (n) ORDER BY n;
EXPLAIN (COSTS OFF) SELECT id FROM foot WHERE sky_contains(sky_point(10, 20), region);
RESET enable_seqscan;
SELECT id FROM foot WHERE sky_contains(region, NULL);
