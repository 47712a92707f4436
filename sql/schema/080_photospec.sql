-- 080_photospec.sql: which array columns of a release are served as spectra.
-- SPDX-License-Identifier: GPL-3.0-or-later

SET LOCAL ROLE vo_owner;

-- A row makes a spectrum of every row of a table: its array column has one
-- measurement per filter, at the filter's position. Tables and columns are
-- named as in vo.tap_columns but are not tied to it: a table that is loaded
-- anew keeps its spectra, and while one of them is missing there are none.
CREATE TABLE IF NOT EXISTS vo.photospec (
    release_id text NOT NULL REFERENCES vo.release ON DELETE CASCADE,
    name text NOT NULL                  -- in identifiers: "auto"
        CHECK (name ~ '^[a-z][a-z0-9_]{0,31}$'),
    place integer NOT NULL DEFAULT 0,   -- order among those of the release
    title text,                         -- what was measured, for people
    table_name text NOT NULL,           -- with a position
    id_columns text[] NOT NULL,         -- together they tell a row
    kind text NOT NULL CHECK (kind IN ('flux', 'mag')),
    value_column text NOT NULL,         -- flux density per frequency in the
                                        -- unit of the column, or AB magnitude
    error_column text,                  -- in the same unit
    is_relative boolean NOT NULL DEFAULT false, -- or as a fraction of it
    flag_column text,
    limits double precision[],          -- AB magnitudes above which nothing is
                                        -- detected, one per filter
    aperture double precision,          -- arcsec, about
    t_min double precision,             -- of the observations, MJD
    t_max double precision,
    PRIMARY KEY (release_id, name)
);

SELECT vo.watch('photospec');
GRANT SELECT ON vo.photospec TO vo_web;

RESET ROLE;
