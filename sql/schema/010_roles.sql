-- 010_roles.sql: schema vo, its owner, the loader, the web login, and what
-- everybody is no longer allowed to do in this database.
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- Every file here can be run again at any time; `voctl init` runs them in order
-- in one transaction and records them in vo.schema_version.

-- Roles belong to the cluster, so another database may be making them too.
DO $$
DECLARE
    role record;
BEGIN
    FOR role IN SELECT * FROM (VALUES
        ('vo_owner', 'NOLOGIN'),
        ('vo_loader', 'LOGIN'),
        ('vo_web', 'LOGIN NOINHERIT')) AS r(name, options)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role.name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I %s', role.name, role.options);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role('vo_loader', 'vo_owner', 'MEMBER') THEN
        GRANT vo_owner TO vo_loader;
    END IF;
    IF NOT pg_has_role(session_user, 'vo_owner', 'MEMBER') THEN
        EXECUTE format('GRANT vo_owner TO %I', session_user);
    END IF;
END $$;

-- Nobody may connect, make temporary tables or see schema public unless told.
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC',
                   current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO vo_web, vo_loader',
                   current_database());
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I'
                   ' TO vo_owner', current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- Large objects need no schema, so they would be a way to store something.
DO $$
DECLARE
    f regprocedure;
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RETURN;
    END IF;
    FOR f IN SELECT oid FROM pg_proc
              WHERE pronamespace = 'pg_catalog'::regnamespace
                AND (proname LIKE 'lo\_%' OR proname IN ('loread', 'lowrite'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;

CREATE SCHEMA IF NOT EXISTS vo AUTHORIZATION vo_owner;
GRANT USAGE ON SCHEMA vo TO vo_web;

SET LOCAL ROLE vo_owner;

CREATE TABLE IF NOT EXISTS vo.schema_version (
    file text PRIMARY KEY,
    digest text NOT NULL,   -- of the file's text, SHA-1
    applied timestamptz NOT NULL DEFAULT now()
);

RESET ROLE;
