-- line: cells, distances, coverage, ranges
SELECT sky_hpx(10, 20), sky_hpx(370, 20), sky_hpx(13, 123.456, -67.89), sky_hpx(0, 0, 90);
SELECT sky_hpx(10, 91);
SELECT sky_hpx('NaN', 1);
SELECT sky_hpx(30, 1, 1);
SELECT sky_hpx_center(0, 4), sky_hpx_center(0, 12);
SELECT bool_and(sky_hpx(9, sky_ra(c), sky_dec(c)) = i) AS centres_are_inside
FROM (SELECT i, sky_hpx_center(9, i) AS c FROM generate_series(0, 3145727, 997) i) x;
SELECT sky_distance(10, 19, 370, 20), sky_distance(sky_point(0, 0), sky_point(90, 0)),
       sky_distance(0, 90, 0, -90), sky_bearing(10, 0, 11, 0);
SELECT sky_hpx(NULL, 1), sky_distance(1, NULL, 2, 3), sky_in(1, 2, NULL);
-- everything in a shape is in its coverage; ranges of any budget agree
CREATE TABLE spot AS
SELECT ((i * 137.50776405) - 360 * floor(i * 137.50776405 / 360))::float8 AS ra,
       degrees(asin(2 * (i + 0.5) / 20000 - 1)) AS dec
FROM generate_series(0, 19999) i;
CREATE TABLE target (region sky_region);
INSERT INTO target VALUES ('circle 10 20 8'), ('circle 0 90 5'), ('circle 200 -30 110'),
    ('polygon 350 -10 20 -5 10 30'), ('range 300 30 60 90'), ('box 45 41.8 20 30'),
    ('moc 2/1 5 7 3/99'), ('union (circle 10 20 3 circle 12 20 3 moc 0/3)');
SELECT region, count(*) FILTER (WHERE sky_in(ra, dec, region)) > 0 AS some,
       bool_and(sky_in(ra, dec, region) = sky_contains(sky_point(ra, dec), region)) AS one_answer,
       bool_and(sky_hpx(ra, dec) <@ c8 OR NOT sky_in(ra, dec, region)) AS covered8,
       bool_and(sky_hpx(ra, dec) <@ c64 OR NOT sky_in(ra, dec, region)) AS covered64,
       sky_moc_area(c64) <= sky_moc_area(c8) AS tighter
FROM (SELECT region, sky_coverage(region, 8) AS c8, sky_coverage(region, 64) AS c64
      FROM target OFFSET 0) t, spot GROUP BY region, c8, c64 ORDER BY region::text;
SELECT region, count(*) <= 16 AS few,
       range_agg(int8range(lo, hi)) = sky_coverage(region, 16) AS same
FROM target, sky_ranges(region) GROUP BY region ORDER BY region::text;
-- interior ranges need no test
SELECT bool_and(sky_in(ra, dec, region)) AS interior_is_inside, count(*) > 1000 AS many
FROM target, sky_ranges(region, 64) r, spot
WHERE NOT r.is_border AND sky_hpx_in(sky_hpx(ra, dec), r.lo, r.hi);
-- a row's own circle: few ranges, all of it
SELECT max(n) <= 4 AS few, bool_and(has) AS all_of_it
FROM (SELECT count(*) AS n, bool_or(sky_hpx_in(sky_hpx(ra + 0.0002 / cos(radians(dec)), dec), lo, hi)) AS has
      FROM spot, sky_ranges(ra, dec, 1 / 3600.0) GROUP BY ra, dec) x;
SELECT * FROM sky_ranges(10, 20, -1);
SELECT sky_coverage('circle 1 2 3', 0);
DROP TABLE spot, target;
