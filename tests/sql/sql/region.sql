-- region: making, reading, writing, storing
SELECT 'circle 10 20 1'::sky_region, 'POSITION ICRS GEOCENTER 370 -20'::sky_region;
SELECT sky_region('UNION ICRS (CIRCLE 10 20 1 POLYGON 1 1 2 1 2 2)');
SELECT sky_point(-10, 20), sky_circle(10, 20, 1), sky_circle(sky_point(10, 20), 2);
SELECT sky_polygon(10, 10, 20, 10, 20, 20),
       sky_polygon(sky_point(10, 10), sky_point(20, 10), sky_point(20, 20));
SELECT sky_box(0, 0, 10, 10)::text = sky_box(sky_point(0, 0), 10, 10)::text AS same_box;
SELECT sky_range(350, 10, -5, 5);
SELECT sky_union(sky_point(1, 2), sky_circle(3, 4, 5));
SELECT sky_point(ARRAY[1, 2]::float8[]), sky_circle(ARRAY[1, 2, 3]::float8[]);
SELECT sky_cast_point('12.3 45.6'), sky_cast_circle('1 2 3'),
       sky_cast_polygon('1 1 2 1 2 2'), sky_cast_point('POSITION ICRS 1 2');
SELECT sky_dali(sky_point(1, 2)), sky_dali(sky_circle(1, 2, 3)),
       sky_dali(sky_polygon(1, 1, 2, 1, 2, 2)), sky_dali('moc 3/1'), sky_dali(NULL);
SELECT array_length(sky_dali(sky_box(10, 20, 3, 4)), 1) AS box_numbers;
SELECT sky_dali_text('CIRCLE ICRS 1 2 3'), sky_stcs('range 350 10 -5 5');
SELECT sky_ra(sky_point(10, 20)), sky_dec(sky_point(10, 20)),
       sky_ra('circle 10 20 1'), sky_centroid('circle 10 20 1');
SELECT sky_area('polygon 0 0 90 0 0 90')::numeric(12, 6) AS octant;
SELECT sky_centroid('moc 3/') IS NULL AS nothing, sky_ra('moc 0/0-11') IS NULL AS no_centre;
-- stored, compressed, read back
CREATE TABLE stored (id int, region sky_region);
INSERT INTO stored SELECT i, sky_circle(i, i / 5.0 - 36, 0.01 * i) FROM generate_series(0, 359) i;
INSERT INTO stored SELECT 1000, sky_polygon(VARIADIC array_agg(v ORDER BY i, k))
FROM (SELECT i, k, CASE k WHEN 0 THEN 10 + 5 * cos(radians(i))
                          ELSE 20 + 5 * sin(radians(i)) END AS v
      FROM generate_series(0, 359) i, generate_series(0, 1) k) x;
SELECT array_length(sky_dali(region), 1) AS numbers, sky_in(10, 20, region) AS has,
       sky_in(10, 26, region) AS has_not FROM stored WHERE id = 1000;
SELECT count(*) FROM stored WHERE region::text::sky_region::text <> region::text;
-- binary form
CREATE TEMP TABLE back (id int, region sky_region);
\copy stored TO 'region.bin' (FORMAT binary)
\copy back FROM 'region.bin' (FORMAT binary)
SELECT count(*) FROM stored s JOIN back b USING (id) WHERE s.region::text = b.region::text;
DROP TABLE stored;
-- the same region twice is one
SELECT count(DISTINCT r), count(*) FROM (VALUES (sky_circle(1, 2, 3)), ('CIRCLE ICRS 361 2 3'), (sky_circle(1, 2, 4))) t(r);
SELECT sky_circle(1, 2, 3) = 'circle 1 2 3' AS eq, sky_circle(1, 2, 3) <> sky_point(1, 2) AS ne;
SELECT r FROM (VALUES (sky_point(1, 2)), (sky_point(3, 4))) a(r) UNION SELECT sky_point(1, 2) ORDER BY 1;
-- refused, with the value named
SELECT sky_point(10, 95);
SELECT sky_circle(10, 20, 200);
SELECT sky_polygon(1, 2, 3);
SELECT sky_polygon(1, 2, 3, 4);
SELECT sky_polygon(1, 2, NULL, 4, 5, 6);
SELECT sky_box(1, 2, 0, 4);
SELECT sky_circle(sky_circle(1, 2, 3), 4);
SELECT sky_cast_point('circle 1 2 3');
SELECT sky_cast_point('1 2 3');
SELECT sky_region('ELLIPSE ICRS 1 2 3 4 5');
SELECT 'circle 1 2'::sky_region;
SELECT sky_point(ARRAY[1]::float8[]);
SELECT sky_union(VARIADIC '{}'::sky_region[]);
SELECT sky_polygon(0, 0, 180, 0, 90, 45);
