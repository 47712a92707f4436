-- 060_upload.sql: tables that come with a query: who may make them, and where
-- those of asynchronous jobs wait.
-- SPDX-License-Identifier: GPL-3.0-or-later

-- The web login takes this role on for as long as it stores an upload in a
-- temporary table, and may do nothing else with it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vo_upload') THEN
        BEGIN
            CREATE ROLE vo_upload NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    IF NOT pg_has_role('vo_web', 'vo_upload', 'MEMBER') THEN
        GRANT vo_upload TO vo_web;
    END IF;
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO vo_upload',
                   current_database());
END $$;

SET LOCAL ROLE vo_owner;

-- The parts of the request that made a job or changed its parameters, in
-- pieces, until the job is forgotten.
CREATE TABLE IF NOT EXISTS vo.job_upload (
    job_id text NOT NULL REFERENCES vo.job ON DELETE CASCADE,
    part text NOT NULL,
    piece integer NOT NULL CHECK (piece >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (job_id, part, piece)
);
-- what clients send is often compressed, and is read once
ALTER TABLE vo.job_upload ALTER COLUMN bytes SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, DELETE ON vo.job_upload TO vo_web;

RESET ROLE;
