-- 070_example.sql: example queries of a release, for people and clients.
-- SPDX-License-Identifier: GPL-3.0-or-later

SET LOCAL ROLE vo_owner;

CREATE TABLE IF NOT EXISTS vo.example (
    release_id text NOT NULL REFERENCES vo.release ON DELETE CASCADE,
    example_id text NOT NULL            -- in the address: examples#ID
        CHECK (example_id ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
    place integer NOT NULL,             -- order in the document
    name text NOT NULL,                 -- one line
    description text,                   -- blank lines part paragraphs
    query text NOT NULL,                -- ADQL
    PRIMARY KEY (release_id, example_id)
);

SELECT vo.watch('example');
GRANT SELECT ON vo.example TO vo_web;

RESET ROLE;
