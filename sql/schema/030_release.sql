-- 030_release.sql: releases, filters of a survey, and the serial by which
-- caches see that something changed.
-- SPDX-License-Identifier: GPL-3.0-or-later

SET LOCAL ROLE vo_owner;

CREATE TABLE IF NOT EXISTS vo.meta_serial (
    serial bigint NOT NULL,
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO vo.meta_serial (serial) VALUES (1) ON CONFLICT DO NOTHING;

-- A row, not a sequence: the new number must become visible together with the
-- change it tells of, else a cache could keep the old state under it.
CREATE OR REPLACE FUNCTION vo.bump_meta_serial() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE vo.meta_serial SET serial = serial + 1;
    NOTIFY vo_meta;
    RETURN NULL;
END $$;

-- Make every change of TABLE_NAME, a table of schema vo, bump the serial.
CREATE OR REPLACE FUNCTION vo.watch(table_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER bump_meta_serial AFTER INSERT'
        ' OR UPDATE OR DELETE OR TRUNCATE ON vo.%I FOR EACH STATEMENT'
        ' EXECUTE FUNCTION vo.bump_meta_serial()', table_name);
END $$;

CREATE TABLE IF NOT EXISTS vo.release (
    release_id text PRIMARY KEY         -- in URLs: "demo-dr1"
        CHECK (release_id ~ '^[a-z0-9][a-z0-9._-]{0,47}$'),
    survey text NOT NULL                -- its TAP schema and filter set
        CHECK (survey ~ '^[A-Za-z][A-Za-z0-9_]{0,47}$'
               AND lower(survey) NOT IN ('tap_schema', 'tap_upload')),
    title text NOT NULL,
    description text,
    ivoid text,
    version text,
    state text NOT NULL DEFAULT 'staged'
        CHECK (state IN ('staged', 'private', 'public', 'retired')),
    embargo_until timestamptz,
    reader_group text,                  -- httpd group, for a private one
    reader_role text NOT NULL UNIQUE,   -- PostgreSQL role of its requests
    pg_schema text NOT NULL UNIQUE
        CHECK (pg_schema ~ '^[a-z0-9_]{1,48}$' AND pg_schema !~ '^pg_'
               AND pg_schema NOT IN ('vo', 'sky', 'public',
                                     'information_schema')),
    doi text,
    publisher text,
    creator text,
    contact_name text,
    contact_email text,
    reference_url text,
    rights text,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS vo.filter (
    survey text NOT NULL,
    name text NOT NULL,                 -- "rSDSS"
    filter_id integer NOT NULL,         -- the archive's own number
    position integer NOT NULL CHECK (position > 0), -- in arrays, from 1
    wavelength double precision,        -- effective, Angstrom
    width double precision,             -- FWHM, Angstrom
    color text,                         -- "#rrggbb"
    svo_id text,                        -- in the SVO filter service
    PRIMARY KEY (survey, name),
    UNIQUE (survey, filter_id),
    UNIQUE (survey, position) DEFERRABLE INITIALLY DEFERRED
);

SELECT vo.watch('release'), vo.watch('filter');
GRANT SELECT ON vo.meta_serial, vo.release, vo.filter TO vo_web;

RESET ROLE;

-- The role of a release's requests, and the right of the web login to take it
-- on. Run by who may create roles.
CREATE OR REPLACE FUNCTION vo.make_reader(reader text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF reader !~ '^vo_read_' THEN
        RAISE 'reader roles are called vo_read_...: "%"', reader;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', reader);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    IF NOT pg_has_role('vo_web', reader, 'MEMBER') THEN
        EXECUTE format('GRANT %I TO vo_web', reader);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA sky TO %I', reader);
END $$;
REVOKE ALL ON FUNCTION vo.make_reader(text) FROM PUBLIC;
ALTER FUNCTION vo.make_reader(text) OWNER TO vo_owner;
