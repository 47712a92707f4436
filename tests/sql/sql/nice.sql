-- nice: sessions that give way; truth is what the kernel says of the process
CREATE FUNCTION kernel_nice() RETURNS int LANGUAGE sql PARALLEL SAFE AS $$
SELECT split_part(regexp_replace(pg_read_file('/proc/self/stat'), '^.*\) ', ''), ' ', 17)::int $$;
-- of the session; NULL where the kernel does not schedule by session
CREATE FUNCTION kernel_group() RETURNS int LANGUAGE sql AS $$
SELECT substring(pg_read_file('/proc/self/autogroup', 0, 100, true) FROM 'nice (-?\d+)')::int $$;
CREATE FUNCTION insist(nice int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 100 LOOP
        IF sky_nice(nice) THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;
SELECT kernel_nice(), coalesce(kernel_group(), 0) AS in_group;
SELECT insist(7);
SELECT kernel_nice(), coalesce(kernel_group(), 7) AS in_group;
SHOW pgsky.nice;
-- it only grows, whatever becomes of the setting
SELECT sky_nice(3);
SET pgsky.nice = 3;
RESET pgsky.nice;
BEGIN;
SELECT insist(9);
ROLLBACK;
SHOW pgsky.nice;
SELECT kernel_nice();
SELECT sky_nice(20);
SELECT sky_nice(-1);
SELECT sky_nice(NULL);
-- parallel workers are processes of their own
SELECT insist(11);
SET force_parallel_mode = on;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE TABLE many AS SELECT i FROM generate_series(1, 1000) i;
EXPLAIN (COSTS OFF) SELECT DISTINCT kernel_nice() FROM many;
SELECT DISTINCT kernel_nice() FROM many;
RESET force_parallel_mode;
-- and a new session is as any other
\c
SELECT kernel_nice();
