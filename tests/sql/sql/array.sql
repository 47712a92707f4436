-- array: arithmetic on arrays
SELECT arr_sum('{1,2,NULL,4}'::real[]), arr_avg('{1,2,NULL,3}'::real[]),
       arr_min('{3,NULL,2}'::float8[]), arr_max('{3,NULL,2}'::float8[]),
       arr_count('{3,NULL,2}'::real[]);
-- as SQL's own aggregates say
SELECT arr_sum(a) = sum(v) AS s, abs(arr_avg(a) - avg(v)) < 1e-12 AS a,
       abs(arr_stddev(a) - stddev(v)) < 1e-12 AS d, arr_min(a) = min(v) AS lo,
       arr_max(a) = max(v) AS hi, arr_count(a) = count(v) AS n
FROM (SELECT array_agg(sin(i)) AS a FROM generate_series(1, 100) i) x, unnest(a) v GROUP BY a;
SELECT arr_sum('{}'::real[]), arr_sum('{NULL}'::real[]), arr_stddev('{1}'::real[]), arr_count('{}'::real[]);
SELECT arr_add('{1,2}'::real[], '{10,20}'::real[]), arr_sub('{1,2}'::real[], '{10,20}'::real[]),
       arr_mul('{1,2}'::real[], '{10,20}'::real[]), arr_div('{1,2}'::real[], '{10,20}'::real[]);
SELECT arr_add('{1,2}'::real[], 0.5), arr_sub(10, '{1,2}'::real[]), arr_mul('{1,NULL}'::float8[], 3),
       arr_div(1, '{2,4}'::float8[]), arr_neg('{1,NULL,-2}'::real[]);
SELECT arr_dot('{1,2,3}'::real[], '{4,5,6}'::float8[]), arr_dot('{1,NULL}'::real[], '{4,5}'::real[]),
       arr_dot('{}'::real[], '{}'::real[]);
SELECT pg_typeof(arr_add('{1}'::real[], '{1}'::real[])), pg_typeof(arr_add('{1}'::real[], '{1}'::float8[])),
       pg_typeof(arr_add('{1}'::real[], 1)), pg_typeof(arr_sum('{1}'::real[])), pg_typeof(arr_mul('{1}'::int[], '{2}'::real[])),
       pg_typeof(arr_dot('{1}'::real[], '{1}'::real[]));
SELECT arr_sum('{1,2}'::int2[]), arr_avg('{1,2}'::int4[]), arr_add('{1,2}'::int8[], '{3,4}'::int4[]), arr_div('{1,2}'::int4[], 4);
SELECT arr_add('{1,NULL,3}'::real[], '{NULL,2,3}'::real[]), arr_add('{}'::real[], '{}'::real[]);
SELECT arr_sum(NULL::real[]), arr_add(NULL::real[], '{1}'::real[]), arr_add('{1}'::real[], NULL::float8);
SELECT arr_sum('{1,NaN}'::real[]), arr_max('{NaN,1}'::real[]), arr_min('{NaN,1}'::real[]);
SELECT (arr_sub(mag, arr_avg(mag)))[2] FROM (VALUES ('{1,2,6}'::real[])) t(mag);
-- a slice that is not at 1, and results that are
SELECT arr_add(('{1,2,3,4}'::real[])[2:3], 1), arr_sum(('[5:6]={1,2}'::real[]));
SELECT arr_add('{1,2}'::real[], '{1}'::real[]);
SELECT arr_dot('{1,2}'::real[], '{1}'::real[]);
SELECT arr_div('{1,2}'::real[], '{1,0}'::real[]);
SELECT arr_sum('{{1,2},{3,4}}'::real[]);
