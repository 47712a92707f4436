-- 040_tap_schema.sql: what is published per release: TAP_SCHEMA 1.1 and the
-- columns that say where it is stored.
-- SPDX-License-Identifier: GPL-3.0-or-later

SET LOCAL ROLE vo_owner;

-- Names are the publisher's; table_name is qualified, and both it and
-- column_name are quoted where a query would have to quote them (TAP 1.1,
-- section 4.2 and 4.3).
CREATE TABLE IF NOT EXISTS vo.tap_schemas (
    release_id text NOT NULL REFERENCES vo.release ON DELETE CASCADE,
    schema_name text NOT NULL,
    utype text,
    description text,
    schema_index integer,
    PRIMARY KEY (release_id, schema_name)
);

CREATE TABLE IF NOT EXISTS vo.tap_tables (
    release_id text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    table_type text NOT NULL DEFAULT 'table'
        CHECK (table_type IN ('table', 'view')),
    utype text,
    description text,
    table_index integer,
    pg_schema text NOT NULL,
    pg_table text NOT NULL,
    nrows bigint,
    ra_column text,                     -- column_name of the position,
    dec_column text,                    -- degrees, ICRS
    id_column text,                     -- column_name of the identifier
    hpx_column text,                    -- in PostgreSQL; not published
    epoch double precision,             -- Julian year of the position
    is_cone boolean NOT NULL DEFAULT false,
    PRIMARY KEY (release_id, table_name),
    FOREIGN KEY (release_id, schema_name) REFERENCES vo.tap_schemas
        ON DELETE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS tap_tables_folded
    ON vo.tap_tables (release_id, lower(table_name));

CREATE TABLE IF NOT EXISTS vo.tap_columns (
    release_id text NOT NULL,
    table_name text NOT NULL,
    column_name text NOT NULL,
    datatype text NOT NULL,             -- VOTable's words
    arraysize text,
    xtype text,
    size integer,
    description text,
    utype text,
    unit text,
    ucd text,
    indexed integer NOT NULL DEFAULT 0 CHECK (indexed IN (0, 1)),
    principal integer NOT NULL DEFAULT 0 CHECK (principal IN (0, 1)),
    std integer NOT NULL DEFAULT 0 CHECK (std IN (0, 1)),
    column_index integer NOT NULL,
    pg_column text NOT NULL,
    pg_type text NOT NULL,              -- as format_type() prints it
    min double precision,               -- of all elements
    max double precision,
    fill double precision,              -- fraction of rows not null
    PRIMARY KEY (release_id, table_name, column_name),
    FOREIGN KEY (release_id, table_name) REFERENCES vo.tap_tables
        ON DELETE CASCADE
);

-- Time scale, place and origin of a column of times: "UTC TOPOCENTER" or
-- "TDB BARYCENTER MJD-origin"; not part of TAP_SCHEMA.
ALTER TABLE vo.tap_columns ADD COLUMN IF NOT EXISTS timesys text;

CREATE TABLE IF NOT EXISTS vo.tap_keys (
    release_id text NOT NULL,
    key_id text NOT NULL,
    from_table text NOT NULL,
    target_table text NOT NULL,
    description text,
    utype text,
    PRIMARY KEY (release_id, key_id),
    FOREIGN KEY (release_id, from_table) REFERENCES vo.tap_tables
        ON DELETE CASCADE,
    FOREIGN KEY (release_id, target_table) REFERENCES vo.tap_tables
        ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS vo.tap_key_columns (
    release_id text NOT NULL,
    key_id text NOT NULL,
    from_column text NOT NULL,
    target_column text NOT NULL,
    place integer NOT NULL DEFAULT 0,   -- order within the key
    PRIMARY KEY (release_id, key_id, from_column),
    FOREIGN KEY (release_id, key_id) REFERENCES vo.tap_keys ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS vo.tap_groups (
    release_id text NOT NULL,
    table_name text NOT NULL,
    group_index integer NOT NULL,
    name text,
    description text,
    ucd text,
    utype text,
    columns text[] NOT NULL,            -- column_names
    PRIMARY KEY (release_id, table_name, group_index),
    FOREIGN KEY (release_id, table_name) REFERENCES vo.tap_tables
        ON DELETE CASCADE
);

SELECT vo.watch(t) FROM unnest(ARRAY['tap_schemas', 'tap_tables',
    'tap_columns', 'tap_keys', 'tap_key_columns', 'tap_groups']) AS t;
GRANT SELECT ON vo.tap_schemas, vo.tap_tables, vo.tap_columns, vo.tap_keys,
    vo.tap_key_columns, vo.tap_groups TO vo_web;

-- TAP_SCHEMA's own columns: one row per column of TAP 1.1, section 4.
CREATE OR REPLACE VIEW vo.tap_schema_self (table_index, stem, table_description,
    column_index, column_name, datatype, arraysize, principal, description) AS
VALUES
(0, 'schemas', 'Schemas of this service', 0, 'schema_name', 'char', '*', 1,
 'Name of the schema'),
(0, 'schemas', '', 1, 'utype', 'char', '*', 0, 'Role in a data model'),
(0, 'schemas', '', 2, 'description', 'char', '*', 1, 'What the schema holds'),
(0, 'schemas', '', 3, 'schema_index', 'int', NULL, 0,
 'Recommended order of schemas'),
(1, 'tables', 'Tables of this service', 0, 'schema_name', 'char', '*', 1,
 'Schema the table belongs to'),
(1, 'tables', '', 1, 'table_name', 'char', '*', 1,
 'Name of the table as a query writes it'),
(1, 'tables', '', 2, 'table_type', 'char', '*', 0, 'table or view'),
(1, 'tables', '', 3, 'utype', 'char', '*', 0, 'Role in a data model'),
(1, 'tables', '', 4, 'description', 'char', '*', 1, 'What the table holds'),
(1, 'tables', '', 5, 'table_index', 'int', NULL, 0,
 'Recommended order of tables'),
(2, 'columns', 'Columns of the tables', 0, 'table_name', 'char', '*', 1,
 'Table the column belongs to'),
(2, 'columns', '', 1, 'column_name', 'char', '*', 1,
 'Name of the column as a query writes it'),
(2, 'columns', '', 2, 'datatype', 'char', '*', 1, 'Datatype, as in VOTable'),
(2, 'columns', '', 3, 'arraysize', 'char', '*', 0, 'Arraysize, as in VOTable'),
(2, 'columns', '', 4, 'xtype', 'char', '*', 0, 'Extended type, as in DALI'),
(2, 'columns', '', 5, '"size"', 'int', NULL, 0,
 'Length of a one-dimensional array of fixed length'),
(2, 'columns', '', 6, 'description', 'char', '*', 1, 'What the column holds'),
(2, 'columns', '', 7, 'utype', 'char', '*', 0, 'Role in a data model'),
(2, 'columns', '', 8, 'unit', 'char', '*', 1, 'Unit, as in VOUnits'),
(2, 'columns', '', 9, 'ucd', 'char', '*', 1, 'Kind of quantity, UCD1+'),
(2, 'columns', '', 10, 'indexed', 'int', NULL, 0,
 '1 when the column is indexed, else 0'),
(2, 'columns', '', 11, 'principal', 'int', NULL, 0,
 '1 when the column matters most, else 0'),
(2, 'columns', '', 12, 'std', 'int', NULL, 0,
 '1 when a standard defines the column, else 0'),
(2, 'columns', '', 13, 'column_index', 'int', NULL, 0,
 'Recommended order of columns'),
(3, 'keys', 'Foreign keys between the tables', 0, 'key_id', 'char', '*', 1,
 'Identifier of the key'),
(3, 'keys', '', 1, 'from_table', 'char', '*', 1, 'Table that refers'),
(3, 'keys', '', 2, 'target_table', 'char', '*', 1, 'Table referred to'),
(3, 'keys', '', 3, 'description', 'char', '*', 1, 'What the key is for'),
(3, 'keys', '', 4, 'utype', 'char', '*', 0, 'Role in a data model'),
(4, 'key_columns', 'Columns of the foreign keys', 0, 'key_id', 'char', '*', 1,
 'Key the pair belongs to'),
(4, 'key_columns', '', 1, 'from_column', 'char', '*', 1,
 'Column of the table that refers'),
(4, 'key_columns', '', 2, 'target_column', 'char', '*', 1,
 'Column of the table referred to');

-- Make or renew all that a release owns from its row in vo.release: schema,
-- TAP_SCHEMA views of just its rows, their description, the reader's grants.
CREATE OR REPLACE FUNCTION vo.make_release(id text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    rel vo.release;
    part record;
BEGIN
    SELECT * INTO STRICT rel FROM vo.release WHERE release_id = id;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', rel.pg_schema);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', rel.pg_schema,
                   rel.reader_role);
    FOR part IN
        SELECT stem, string_agg(column_name, ', ' ORDER BY column_index)
                   AS columns
          FROM vo.tap_schema_self GROUP BY stem
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %I.%I AS SELECT %s FROM vo.%I'
                       ' WHERE release_id = %L', rel.pg_schema,
                       'tap_' || part.stem, part.columns, 'tap_' || part.stem,
                       id);
        EXECUTE format('GRANT SELECT ON %I.%I TO %I', rel.pg_schema,
                       'tap_' || part.stem, rel.reader_role);
    END LOOP;

    INSERT INTO vo.tap_schemas (release_id, schema_name, schema_index,
                                description)
    VALUES (id, rel.survey, 0, rel.title) ON CONFLICT DO NOTHING;
    DELETE FROM vo.tap_schemas
     WHERE release_id = id AND schema_name = 'TAP_SCHEMA';
    INSERT INTO vo.tap_schemas (release_id, schema_name, schema_index,
                                description)
    VALUES (id, 'TAP_SCHEMA', 1000, 'The tables of this service');
    INSERT INTO vo.tap_tables (release_id, schema_name, table_name, description,
                               table_index, pg_schema, pg_table)
    SELECT id, 'TAP_SCHEMA', 'TAP_SCHEMA.' || stem, table_description,
           table_index, rel.pg_schema, 'tap_' || stem
      FROM vo.tap_schema_self WHERE column_index = 0;
    INSERT INTO vo.tap_columns (release_id, table_name, column_name, datatype,
                                arraysize, description, principal, std,
                                column_index, pg_column, pg_type)
    SELECT id, 'TAP_SCHEMA.' || stem, column_name, datatype, arraysize,
           description, principal, 1, column_index, trim('"' FROM column_name),
           CASE datatype WHEN 'int' THEN 'integer' ELSE 'text' END
      FROM vo.tap_schema_self;
    INSERT INTO vo.tap_keys (release_id, key_id, from_table, target_table,
                             description)
    SELECT id, 'tap_schema_' || k, 'TAP_SCHEMA.' || f, 'TAP_SCHEMA.' || t, d
      FROM (VALUES
        ('1', 'tables', 'schemas', 'Schema of a table'),
        ('2', 'columns', 'tables', 'Table of a column'),
        ('3', 'keys', 'tables', 'Table a key starts from'),
        ('4', 'keys', 'tables', 'Table a key refers to'),
        ('5', 'key_columns', 'keys', 'Key of a pair of columns')
      ) AS v(k, f, t, d);
    INSERT INTO vo.tap_key_columns (release_id, key_id, from_column,
                                    target_column)
    SELECT id, 'tap_schema_' || k, f, t FROM (VALUES
        ('1', 'schema_name', 'schema_name'),
        ('2', 'table_name', 'table_name'),
        ('3', 'from_table', 'table_name'),
        ('4', 'target_table', 'table_name'),
        ('5', 'key_id', 'key_id')) AS v(k, f, t);
END $$;

-- A newer version of this file reaches the releases that exist already.
SELECT vo.make_release(release_id) FROM vo.release;

RESET ROLE;
