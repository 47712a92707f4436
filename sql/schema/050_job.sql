-- 050_job.sql: asynchronous jobs (UWS 1.1), written by httpd and its workers.
-- SPDX-License-Identifier: GPL-3.0-or-later

SET LOCAL ROLE vo_owner;

-- Times of a job's life are told by PostgreSQL alone, so that several httpd
-- hosts need not agree on the time. A job is executed by who set `worker` and
-- moves `lease` forward; past it anybody may take the job again.
CREATE TABLE IF NOT EXISTS vo.job (
    job_id text PRIMARY KEY             -- unguessable: 128 random bits
        CHECK (job_id ~ '^[0-9a-f]{32}$'),
    service text NOT NULL,              -- "tap"
    release_id text NOT NULL,           -- no reference: history outlives it
    owner text,                         -- authenticated user, null: anybody
    client text NOT NULL,               -- whose limits count
    is_public boolean NOT NULL DEFAULT false,
    run_id text,                        -- RUNID
    form text NOT NULL DEFAULT '',      -- parameters, urlencoded in order
    settings text NOT NULL DEFAULT '',  -- of the service when it was made,
                                        -- urlencoded
    phase text NOT NULL DEFAULT 'PENDING'
        CHECK (phase IN ('PENDING', 'QUEUED', 'EXECUTING', 'COMPLETED',
                         'ERROR', 'ABORTED', 'UNKNOWN', 'HELD', 'SUSPENDED',
                         'ARCHIVED')),
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    queued timestamptz,
    not_before timestamptz,             -- after a failure: not at once again
    started timestamptz,
    ended timestamptz,
    destruction timestamptz NOT NULL,
    duration integer NOT NULL CHECK (duration >= 0), -- s
    attempts integer NOT NULL DEFAULT 0,
    worker text,
    lease timestamptz,
    forecast_rows bigint,               -- planner's estimate; -1: none
    forecast_s double precision,
    nrows bigint NOT NULL DEFAULT 0,    -- written so far
    result_file text,                   -- name below VOResultDir
    result_type text,                   -- media type
    result_size bigint,
    result_parts text,                  -- several results in one file: name,
                                        -- media type and size of each, with
                                        -- tabs, a line each, in order
    error_text text,
    is_transient boolean NOT NULL DEFAULT false
);

ALTER TABLE vo.job ADD COLUMN IF NOT EXISTS result_parts text;

CREATE INDEX IF NOT EXISTS job_work ON vo.job (queued)
    WHERE phase IN ('QUEUED', 'EXECUTING');
CREATE INDEX IF NOT EXISTS job_client ON vo.job (client)
    WHERE phase IN ('PENDING', 'QUEUED', 'EXECUTING');
CREATE INDEX IF NOT EXISTS job_turn ON vo.job (client, started);
CREATE INDEX IF NOT EXISTS job_owner ON vo.job (owner, created);
CREATE INDEX IF NOT EXISTS job_destruction ON vo.job (destruction);

-- The columns of a job change with each step of its life.
ALTER TABLE vo.job SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

GRANT SELECT, INSERT, UPDATE, DELETE ON vo.job TO vo_web;

RESET ROLE;
