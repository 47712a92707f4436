-- number: ADQL's functions that PostgreSQL lacks
SELECT x::float8, n, adql_round(x, n), adql_truncate(x, n)
FROM (VALUES (1234.5678, 2), (1234.5678, 0), (1234.5678, -2), (-1234.5678, 2), (-1234.5678, -2),
             (1.005, 2), (-1.005, 2), (2.5, 0), (-2.5, 0), (0.1, 20), (1e300, 5), (1e300, -299),
             (99, -2), (49, -2), (0, 5), (1e-320, 3), (0.29, 2), (8.2, 1)) t(x, n);
SELECT adql_round('NaN', 1), adql_round('Infinity', -3), adql_truncate('-Infinity', 2), adql_round(1, -400), adql_round(1.5, 400);
SELECT adql_mod(7, 3), adql_mod(-7, 3), adql_mod(7, -3), adql_mod(7.5, 2);
SELECT adql_mod(1, 0);
SELECT abs(adql_cot(1) - 0.6420926159343306) < 1e-15 AS cot;
SELECT adql_cot(0);
-- a series per call site, the same for the same seed
SELECT count(DISTINCT r) AS distinct_numbers, min(r) >= 0 AND max(r) < 1 AS in_range
FROM (SELECT adql_rand(3) AS r FROM generate_series(1, 1000)) x;
SELECT (SELECT sum(r) FROM (SELECT adql_rand(3) AS r FROM generate_series(1, 10)) x)
     = (SELECT sum(r) FROM (SELECT adql_rand(3) AS r FROM generate_series(1, 10)) x) AS repeats;
