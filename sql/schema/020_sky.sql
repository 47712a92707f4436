-- 020_sky.sql: the extension pgsky in schema sky, found without a prefix.
-- SPDX-License-Identifier: GPL-3.0-or-later

CREATE SCHEMA IF NOT EXISTS sky;
CREATE EXTENSION IF NOT EXISTS pgsky SCHEMA sky;
ALTER EXTENSION pgsky UPDATE;  -- to 1.3 (voctl init runs what has changed)
GRANT USAGE ON SCHEMA sky TO vo_owner, vo_web;

-- pg_catalog first: nothing in sky can stand in for a built-in function.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = pg_catalog, sky',
                   current_database());
END $$;
